"""Why: what became of each choice, in codes and numbers that the pages put into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhixing.practice.solving.problem import UNIT, Problem
from zhixing.practice.solving.solve import Result
from zhixing.practice.solving.table import Table


@dataclass(frozen=True)
class Why:
    """What became of one choice. Codes:

    given; passed (dearer ones were tried first and one was given); gone, closed, forbidden, major, requires, not_named
    (a rule keeps them apart; `detail["missing"]`); full (`detail`: places, `by_position` {position of the holders: how
    many}, and where the firm ranks, how many of them it would rather have: `ahead`); share (what is left of a shared post
    is kept for other majors, or `places` of this one are taken, the most it gets); base_full, team_full; minimum
    (kept shut, too few came together; `detail`: kind, code, minimum); visits (the teachers can visit no more bases);
    dearer (room was left, but way and wishes speak for what was given; `detail["by"]` in positions); whole (room was
    left, but the minimums, visits or majors together speak for something else).
    """

    post: str
    position: float
    code: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Explanation:
    """One applicant's. `how`: choice, locked, forced, anywhere, none; `km` from home; `reason` only for none:

    no_choices, barred (a rule forbids every choice), full (all that is allowed is taken), rules.
    """

    post: str | None
    how: str
    position: float | None
    km: float | None
    choices: tuple[Why, ...]
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "how": self.how,
            "position": self.position,
            "km": None if self.km is None else round(self.km, 1),
            "reason": self.reason,
            "choices": [
                {"post": why.post, "position": why.position, "code": why.code, **why.detail} for why in self.choices
            ],
        }


def explain(problem: Problem, result: Result) -> dict[str, Explanation]:
    """For every applicant, what became of each choice and why."""
    table = Table(problem)
    assigned = result.assigned
    bases, teams = table.heads(assigned)
    holders: dict[str, list[str]] = {}
    for who, at in assigned.items():
        holders.setdefault(at, []).append(who)
    counted = table.there(assigned)
    positions = {code: problem.positions(row) for code, row in problem.applicant.items()}
    group_of = {post: group for group in table.groups for post in group.posts}
    visited = {(table.team_of(who), table.base_of(at)) for who, at in assigned.items()}
    tours = Counter(team for team, _base in visited)

    def why(code: str, post_code: str, position: float) -> Why:
        applicant, post = problem.applicant[code], problem.post.get(post_code)
        given = assigned.get(code)
        if post_code == given:
            return Why(post_code, position, "given")
        if barred := problem.barred(applicant, post):
            return Why(post_code, position, barred[0], {"missing": list(barred[1])} if barred[1] else {})
        assert post is not None
        if given in positions[code] and position > positions[code][given]:
            return Why(post_code, position, "passed")
        there = holders.get(post_code, [])
        if len(there) >= post.capacity:
            by = Counter(positions[who].get(post_code, 0) for who in there)
            detail: dict[str, Any] = {
                "places": post.capacity,
                "by_position": {f"{at:g}": count for at, count in sorted(by.items())},
            }
            if (named := problem.named.get(post_code)) is not None:
                detail["ahead"] = sum(named.get(who, 0) < named[code] for who in there)
            return Why(post_code, position, "full", detail)
        if not post.has_room(counted[post_code], applicant.major):
            share = next((row for row in post.shares if row.major == applicant.major), None)
            most = share.most if share is not None else None
            capped = most is not None and counted[post_code][applicant.major] >= most
            return Why(post_code, position, "share", {"places": most} if capped else {})
        base, team = problem.base.get(post.base), problem.team.get(applicant.team)
        group = group_of.get(post_code)
        if group is not None and not any(holders.get(one) for one in group.posts):
            return Why(
                post_code, position, "minimum", {"kind": group.kind, "group": group.code, "minimum": group.minimum}
            )
        if base is not None and base.capacity is not None and bases[base.code] >= base.capacity:
            return Why(post_code, position, "base_full", {"places": base.capacity})
        if team is not None and given is None and team.students is not None and teams[team.code] >= team.students:
            return Why(post_code, position, "team_full", {"places": team.students})
        if team is not None and team.bases is not None and (team.code, post.base) not in visited:
            if tours[team.code] >= team.bases:
                return Why(post_code, position, "visits", {"bases": team.bases})
        if given is not None:
            own = problem.cost(applicant, post, position)
            got = problem.cost(applicant, problem.post[given], table.position(applicant, given))
            if own > got:
                return Why(post_code, position, "dearer", {"by": round((own - got) / UNIT, 2)})
        return Why(post_code, position, "whole")

    found = {}
    for code, applicant in problem.applicant.items():
        wanted = sorted(positions[code].items(), key=lambda row: (row[1], row[0]))
        choices = tuple(why(code, chosen, position) for chosen, position in wanted)
        post = assigned.get(code)
        how, reason = "none", ""
        if post is None:
            codes = {row.code for row in choices}
            barring = {"gone", "closed", "forbidden", "major", "requires", "not_named"}
            reason = (
                "no_choices"
                if not codes
                else "barred"
                if codes <= barring
                else "full"
                if codes <= barring | {"full", "share", "base_full", "team_full"}
                else "rules"
            )
        elif (code, post) in problem.forced:
            how = "forced"
        elif (code, post) in problem.locked:
            how = "locked"
        else:
            how = "choice" if post in positions[code] else "anywhere"
        km = problem.km(applicant, problem.post[post]) if post else None
        found[code] = Explanation(post, how, positions[code].get(post) if post else None, km, choices, reason)
    return found


def prices(problem: Problem, result: Result) -> dict[str, float]:
    """What it would cost all others together to give somebody the first choice, in positions; exact.

    Only for answers of the flow (`result.method == "flow"`), else nothing: where minimums or visits bind, `price` solves
    anew. Only those are told who miss a first choice that no rule bars. Whoever gives way takes the next best place of
    theirs, and so on until somebody fits in: the cheapest such chain is a shortest path.
    """
    if result.method != "flow" or result.mode != "optimal" or result.adjusted:
        return {}
    import numpy as np

    table = Table(problem)
    if table.team_room or table.shares:
        return {}
    assigned = {code: result.assigned[code] for code in table.free if code in result.assigned}
    # Nodes: posts, bases with a head-count, and the end: where one more fits in, or somebody goes without.
    number = {("post", code): i for i, code in enumerate(problem.post)}
    for code in table.base_room:
        number["base", code] = len(number)
    end = len(number)
    ways = np.full((end + 1, end + 1), np.inf)
    np.fill_diagonal(ways, 0.0)
    cost = {(pair.applicant, pair.post): pair.cost for pair in table.pairs}
    taken = Counter(assigned.values())
    heads, _teams = table.heads(assigned)

    def way(a: int, b: int, price: float) -> None:
        ways[a, b] = min(ways[a, b], price)

    for code, room in table.room.items():
        at, base = number["post", code], table.base_of(code)
        on = number.get(("base", base), end)
        if taken[code] < room:
            way(at, on, 0.0)
        if taken[code] and on != end:
            way(on, at, 0.0)
    for code, room in table.base_room.items():
        if heads[code] < room:
            way(number["base", code], end, 0.0)
    for pair in table.pairs:
        held = assigned.get(pair.applicant)
        if held is not None and held != pair.post:
            way(number["post", held], number["post", pair.post], pair.cost - cost[pair.applicant, held])
    for applicant, held in assigned.items():
        way(number["post", held], end, table.penalty - cost[applicant, held])
    for k in range(end + 1):
        np.minimum(ways, ways[:, k, None] + ways[None, k, :], out=ways)
    found: dict[str, float] = {}
    for code in table.free:
        wanted = problem.positions(problem.applicant[code])
        if not wanted:
            continue
        first = min(wanted, key=lambda post: (wanted[post], post))
        held = assigned.get(code)
        if first == held or (code, first) not in cost:
            continue
        own = cost[code, first] - (table.penalty if held is None else cost[code, held])
        ends = [end]
        if held is not None:
            # The place that is given up takes somebody in, and so does its base.
            ends.append(number["post", held])
            if ("base", table.base_of(held)) in number:
                ends.append(number["base", table.base_of(held)])
        start = number["post", first]
        rest = min(ways[start, to] for to in ends)
        # A place out of reach: somebody fixed holds it.
        if np.isfinite(rest):
            found[code] = float(own + rest) / UNIT
    return found
