"""Rules of thumb: an allowed placement when there is no solver, or not enough time to prove the best one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from zhixing.practice.solving.table import Table

Placing = Callable[[Collection[str], Collection[tuple[str, str]]], dict[str, str]]


def first_come(table: Table, order: Sequence[str]) -> dict[str, str]:
    """先到先得: one after the other takes the dearest post that still has room. What allocation is compared with."""
    there, bases, teams = table.there(table.fixed), dict(table.base_room), dict(table.team_room)
    wanted: dict[str, list[str]] = {}
    for pair in table.pairs:
        wanted.setdefault(pair.applicant, []).append(pair.post)
    found: dict[str, str] = {}
    for applicant in order:
        for post in wanted.get(applicant, ()):
            base, team, major = table.base_of(post), table.team_of(applicant), table.major_of(applicant)
            fits = table.problem.post[post].has_room(there[post], major)
            if fits and bases.get(base, 1) > 0 and teams.get(team, 1) > 0:
                found[applicant] = post
                there[post][major] += 1
                for left, key in ((bases, base), (teams, team)):
                    if key in left:
                        left[key] -= 1
                break
    return found


def greedy(
    table: Table, costs: Sequence[int], closed: Collection[str] = (), cut: Collection[tuple[str, str]] = ()
) -> dict[str, str]:
    """The cheapest pairs first; then whoever is left out is let in where somebody there can move on at the least cost."""
    allowed = [
        (cost, pair)
        for cost, pair in zip(costs, table.pairs, strict=True)
        if pair.post not in closed and (table.team_of(pair.applicant), table.base_of(pair.post)) not in cut
    ]
    allowed.sort(key=lambda row: (row[0], row[1].applicant, row[1].post))
    there, bases, teams = table.there(table.fixed), dict(table.base_room), dict(table.team_room)
    options: dict[str, list[tuple[int, str]]] = {}
    for cost, pair in allowed:
        options.setdefault(pair.applicant, []).append((cost, pair.post))
    found: dict[str, str] = {}

    def put(applicant: str, post: str | None) -> None:
        for at, by in ((found.pop(applicant, None), 1), (post, -1)):
            if at is not None:
                there[at][table.major_of(applicant)] -= by
                for left, key in ((bases, table.base_of(at)), (teams, table.team_of(applicant))):
                    if key in left:
                        left[key] += by
        if post is not None:
            found[applicant] = post

    def has_room(applicant: str, post: str) -> bool:
        return table.problem.post[post].has_room(there[post], table.major_of(applicant))

    def follows(applicant: str, post: str, leaver: str) -> bool:
        """Whether one fits in where another has left."""
        rest = there[post] - Counter([table.major_of(leaver)])
        return table.problem.post[post].has_room(rest, table.major_of(applicant))

    def fits(applicant: str, post: str) -> bool:
        return (
            has_room(applicant, post)
            and bases.get(table.base_of(post), 1) > 0
            and (applicant in found or teams.get(table.team_of(applicant), 1) > 0)
        )

    for _cost, pair in allowed:
        if pair.applicant not in found and fits(pair.applicant, pair.post):
            put(pair.applicant, pair.post)
    holders: dict[str, set[str]] = {}
    for applicant, post in found.items():
        holders.setdefault(post, set()).add(applicant)
    price = {(pair.applicant, pair.post): cost for cost, pair in allowed}
    for applicant in table.free:
        if applicant in found or teams.get(table.team_of(applicant), 1) <= 0:
            continue
        moves = []
        for own, post in options.get(applicant, ()):
            for holder in sorted(holders.get(post, ())):
                if not follows(applicant, post, holder):
                    continue
                for cost, other in options[holder]:
                    if other == post or not has_room(holder, other):
                        continue
                    # Within one base a move makes room for nobody if the base is full; to another it needs room there.
                    if bases.get(table.base_of(other), 1) > 0:
                        moves.append((own + cost - price[holder, post], holder, post, other))
                        break
        if moves:
            _cost, holder, post, other = min(moves)
            put(holder, other)
            put(applicant, post)
            holders[post] ^= {holder, applicant}
            holders.setdefault(other, set()).add(holder)
    return found


def mend(table: Table, place: Placing) -> dict[str, str]:
    """Place, close what would stay below its minimum or beyond a team's visits, and place again until all rules hold.

    The least filled is closed first, a tenth of the broken at a time; each round closes something, so it ends.
    """
    closed: set[str] = set()
    cut: set[tuple[str, str]] = set()
    while True:
        found = place(closed, cut)
        groups = sorted(
            table.broken_groups(found), key=lambda row: (row[1] / row[0].minimum, row[1], row[0].kind, row[0].code)
        )
        for group, _count in groups[: 1 + len(groups) // 10]:
            closed |= group.posts
        teams = table.broken_teams(found)
        for team, visits in teams.items():
            over = len(visits) - table.touring[team]
            for base, _count in sorted(visits.items(), key=lambda row: (row[1], row[0]))[: 1 + over // 4]:
                cut.add((team, base))
        if not groups and not teams:
            return found
