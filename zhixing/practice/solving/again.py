"""Once more after an appeal: nobody loses a place if it can be helped, as few as possible move, then the cheapest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from zhixing.practice.solving import fair
from zhixing.practice.solving.problem import UNIT, Choice, Problem
from zhixing.practice.solving.solve import LIMIT, Result, cheapest
from zhixing.practice.solving.table import Table


@dataclass(frozen=True)
class Move:
    """Somebody whose place changes. `because`: appeal (asked for it, or decided by the office), lost (the old place is no
    longer to be had), room (the place went to those in `to_whom`), gain (had no place before), minimum (the old post
    or base is not opened any more)."""

    applicant: str
    before: str | None
    after: str | None
    because: str
    to_whom: tuple[str, ...] = ()


@dataclass(frozen=True)
class Again:
    """The new allocation, who moves and why, and what it costs beyond the old one in positions."""

    result: Result
    moves: tuple[Move, ...]
    cost: float


def with_old(problem: Problem, old: Mapping[str, str]) -> Problem:
    """The problem with everybody's old place among what they may get, also where it was never chosen."""
    rows = []
    for applicant in problem.applicant.values():
        held = old.get(applicant.code)
        if held in problem.post and held not in problem.positions(applicant):
            extra = Choice(held, problem.beyond(applicant))
            applicant = replace(applicant, choices=(*applicant.choices, extra))
        rows.append(applicant)
    return replace(problem, applicants=tuple(rows))


def solve_again(problem: Problem, old: Mapping[str, str], seconds: float = LIMIT) -> Again:
    """The allocation nearest to `old` that the changed problem allows.

    The appeal is in the problem: a forced or forbidden pair, a post with fewer places, changed choices. In this order:
    as few as possible of those who had a place are left without; as few as possible move; the cost is least. Whoever
    had no place gets one where that moves nobody. Raises ProblemError.
    """
    began = time.perf_counter()
    wide = with_old(problem, old)
    table = Table(wide)
    # One more mover outweighs all costs, one more without a place outweighs all movers.
    penalty = max((pair.cost for pair in table.pairs), default=0) + 1
    dear = 2 * penalty
    mover = dear * (len(table.free) + 1)
    loser = mover * (len(table.free) + 1)
    costs = []
    for pair in table.pairs:
        held = old.get(pair.applicant)
        cost = pair.cost
        if held is not None:
            cost += (mover if pair.post != held else 0) - loser
        costs.append(cost)
    answer = cheapest(table, costs, penalty, seconds)
    assigned = {**table.fixed, **answer.found}
    taken = Counter(assigned.values())
    total = table.total(assigned)
    result = Result(
        mode="again",
        method=answer.method,
        assigned=dict(sorted(assigned.items())),
        unassigned=tuple(code for code in wide.applicant if code not in assigned),
        free={code: post.capacity - taken[code] for code, post in wide.post.items() if post.capacity > taken[code]},
        objective=total / UNIT,
        bound=None,
        optimal=answer.optimal,
        seconds=round(time.perf_counter() - began, 3),
        worst_major=fair.worst(table, assigned),
    )
    before = {code: post for code, post in old.items() if code in wide.applicant and post in wide.post}
    return Again(result, tuple(_moves(wide, table, old, assigned)), (total - table.total(before)) / UNIT)


def _moves(problem: Problem, table: Table, old: Mapping[str, str], assigned: Mapping[str, str]) -> list[Move]:
    newcomers: dict[str, list[str]] = {}
    for code, post in assigned.items():
        if old.get(code) != post:
            newcomers.setdefault(post, []).append(code)
    taken = Counter(assigned.values())
    groups = {post: group for group in table.groups for post in group.posts}
    moves = []
    for code in problem.applicant:
        held, now = old.get(code), assigned.get(code)
        if held == now:
            continue
        because, to_whom = "room", tuple(newcomers.get(held or "", ()))
        if held is None:
            because, to_whom = "gain", ()
        elif code in problem.fixed or (code, held) in problem.forbidden:
            because, to_whom = "appeal", ()
        elif held not in problem.post or problem.barred(problem.applicant[code], problem.post[held]):
            because, to_whom = "lost", ()
        elif not to_whom:
            because = "minimum" if held in groups and not taken[held] else "lost"
        moves.append(Move(code, held, now, because, to_whom))
    return moves
