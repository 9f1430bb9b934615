"""双选: both sides rank, and nobody is left apart who would rather have one another."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from zhixing.cultivation.matching import Place, match
from zhixing.practice.solving.problem import ProblemError
from zhixing.practice.solving.table import Table


def rankings(table: Table, must_rank: bool) -> dict[str, list[str]]:
    """For each post those it may take, the dearest first.

    A post without a ranking leaves it to the school: who wants it more comes first, then who lives nearer, then by code.
    With `must_rank` such a post is refused: ProblemError("no_ranking").
    """
    problem = table.problem
    who: dict[str, list[tuple[float, float, str]]] = {code: [] for code in problem.post}
    for pair in table.pairs:
        applicant, post = problem.applicant[pair.applicant], problem.post[pair.post]
        named = problem.named.get(post.code)
        if named is None and must_rank:
            raise ProblemError("no_ranking", post=post.code)
        rank = named[applicant.code] if named is not None else pair.position
        who[post.code].append((rank, problem.km(applicant, post) or 0.0, applicant.code))
    return {code: [name for _rank, _km, name in sorted(rows)] for code, rows in who.items()}


def deferred(table: Table, must_rank: bool = False) -> tuple[dict[str, str], set[str]]:
    """The stable match that is best for every applicant, and the posts closed for it.

    Stable means with respect to the posts that stay open: with minimums no stable match need exist, so the least filled
    of what would stay below is closed and all is matched again. Head-counts of bases and teams are not part of a stable
    match; where they would bind, ProblemError("not_stable") names the base or team.
    """
    prefers = rankings(table, must_rank)
    choices: dict[str, list[str]] = {code: [] for code in table.free}
    for pair in table.pairs:
        choices[pair.applicant].append(pair.post)
    closed: set[str] = set()
    while True:
        places = {code: Place(0 if code in closed else table.room[code], ranking) for code, ranking in prefers.items()}
        found = _by_numbers(table, choices, places) if table.shares else match(choices, places)
        broken = table.broken_groups(found)
        if not broken:
            break
        group, _count = min(broken, key=lambda row: (row[1] / row[0].minimum, row[0].kind, row[0].code))
        closed |= group.posts
    bases, teams = table.heads(found)
    for code, room in table.base_room.items():
        if bases[code] > room:
            raise ProblemError("not_stable", kind="base", name=code, count=bases[code], room=room)
    for code, room in table.team_room.items():
        if teams[code] > room:
            raise ProblemError("not_stable", kind="team", name=code, count=teams[code], room=room)
    if broken_teams := table.broken_teams(found):
        code, visits = next(iter(broken_teams.items()))
        raise ProblemError("not_stable", kind="team", name=code, count=len(visits), room=table.touring[code])
    return found, closed


def _by_numbers(table: Table, choices: Mapping[str, list[str]], places: Mapping[str, Place[str]]) -> dict[str, str]:
    """The same match where posts keep places for majors or take no more than so many of one.

    Such a post takes, of all who ask, the dearest first as long as they fit in. Whom it refuses once it would refuse
    beside better ones too, so deferred acceptance still ends in a match in which no post would rather have somebody who
    would rather have it, and which is best for every applicant (Hatfield and Milgrom 2005).
    """
    rank = {code: {who: i for i, who in enumerate(place.ranking)} for code, place in places.items()}
    held: dict[str, list[str]] = {code: [] for code in places}
    seated = table.there(table.fixed)
    left = {who: deque(wanted) for who, wanted in choices.items()}
    free = deque(choices)
    while free:
        who = free.popleft()
        while left[who]:
            code = left[who].popleft()
            if not places[code].capacity:
                continue
            there, takes, refused = seated[code].copy(), [], []
            for one in sorted([*held[code], who], key=lambda name: rank[code][name]):
                major = table.major_of(one)
                if table.problem.post[code].has_room(there, major):
                    there[major] += 1
                    takes.append(one)
                else:
                    refused.append(one)
            held[code] = takes
            if who in takes:
                free.extend(refused)
                break
    return {who: code for code, takes in held.items() for who in takes}
