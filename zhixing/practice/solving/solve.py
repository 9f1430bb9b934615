"""From the problem to who gets what: the exact answer in time, or the best found with how far it may be from the best."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from zhixing.practice.solving import branch, fair, flow, mip, thumb
from zhixing.practice.solving.problem import UNIT, Choice, Problem
from zhixing.practice.solving.stable import deferred
from zhixing.practice.solving.table import Table

LIMIT = 55.0


@dataclass(frozen=True)
class Result:
    """Who gets which post.

    `objective` is the cost of all placements in positions of a list of choices (1 the first), with kilometres and the
    firms' wishes by their weights, and what the worst-off major counts; the unplaced are not in it but in `unassigned`.
    `bound` is what no allocation that places as many can undercut; `optimal` says that the objective has reached it;
    `perhaps_more` is how many more might be placed, where that is not decided. `seconds` is time on the wall.
    """

    mode: str
    method: str
    assigned: Mapping[str, str]
    unassigned: tuple[str, ...]
    free: Mapping[str, int]
    objective: float
    bound: float | None
    optimal: bool
    seconds: float
    perhaps_more: int = 0
    closed: frozenset[str] = frozenset()
    # Placed by their own word "anywhere": outside their choices.
    adjusted: frozenset[str] = frozenset()
    worst_major: tuple[str, float] | None = field(default=None)


@dataclass(frozen=True)
class Answer:
    """What a solver says of the free applicants: in thousandths of a position, with penalties."""

    found: dict[str, str]
    bound: float | None
    method: str
    optimal: bool


def allocate(problem: Problem, mode: str = "optimal", seconds: float = LIMIT, must_rank: bool = False) -> Result:
    """Decide who gets which post. `mode` is "optimal" (the best for the whole) or "stable" (both sides' rankings).

    The same problem gives the same answer, whatever the order of its rows, unless the time runs out. Whoever takes any
    post ("anywhere") and got none is placed in a second round in what is left, nearest first. Raises ProblemError.
    """
    began = time.perf_counter()
    table = Table(problem)
    closed: set[str] = set()
    if mode == "stable":
        found, closed = deferred(table, must_rank)
        answer = Answer(found, None, "deferred acceptance", True)
    else:
        answer = best(table, seconds)
    assigned = {**table.fixed, **answer.found}
    adjusted: frozenset[str] = frozenset()
    again = replace(
        problem, locked=frozenset(assigned.items()), forced=frozenset(), applicants=_anywhere(problem, assigned)
    )
    optimal = answer.optimal
    if any(row.choices for row in again.applicants if row.code not in assigned):
        rest = best(Table(again), max(seconds - (time.perf_counter() - began), 1.0))
        adjusted = frozenset(rest.found)
        assigned.update(rest.found)
        optimal = optimal and rest.optimal
    taken = Counter(assigned.values())
    total = float(table.total(assigned))
    worst = fair.worst(table, assigned)
    if worst is not None:
        total += fair.weight(problem) * worst[1]
    bound, more = None, 0
    if answer.bound is not None:
        gap = value_of(table, answer) - answer.bound
        more = int(gap // table.penalty) if table.penalty else 0
        bound = (total - gap) / UNIT if more == 0 and not adjusted else None
    return Result(
        mode=mode,
        method=answer.method,
        assigned=dict(sorted(assigned.items())),
        unassigned=tuple(code for code in problem.applicant if code not in assigned),
        free={code: post.capacity - taken[code] for code, post in problem.post.items() if post.capacity > taken[code]},
        objective=total / UNIT,
        bound=bound,
        optimal=optimal,
        perhaps_more=more,
        seconds=round(time.perf_counter() - began, 3),
        closed=frozenset(closed),
        adjusted=adjusted,
        worst_major=worst,
    )


def best(table: Table, seconds: float) -> Answer:
    """The cheapest placement of the free applicants: by flow where that is enough, else by branch and bound."""
    if table.problem.weights.fairness and table.pairs and flow.available():
        return Answer(*fair.solve(table, seconds))
    return cheapest(table, [pair.cost for pair in table.pairs], table.penalty, seconds)


def cheapest(table: Table, costs: list[int], penalty: int, seconds: float) -> Answer:
    """The same for other costs of the pairs than the table's own."""
    ends = time.perf_counter() + seconds
    if not flow.available():
        found = thumb.mend(table, lambda closed, cut: thumb.greedy(table, costs, closed, cut))
        return Answer(found, None, "rules of thumb", False)
    net = flow.Network(table)
    root = net.solve(costs, penalty)
    assert root is not None
    found, total = root
    if table.keeps_rules(found):
        return Answer(found, total, "flow", True)
    # Head-counts alone break a minimum or a visiting limit: what they give is the bound, what mending gives is allowed.
    mended = thumb.mend(table, lambda closed, cut: net.place(costs, penalty, closed, cut))
    known = value(table, costs, penalty, mended)
    bound = float(total)
    if not table.touring:
        # Where minimums alone bind, shutting or filling each in doubt is quick; half the time is left for the other way.
        searched = branch.search(net, costs, penalty, (ends - time.perf_counter()) / 2, known)
        bound = max(bound, searched.bound)
        if searched.found is not None:
            return Answer(searched.found, searched.cost, "flow, branched", True)
    if bound < known:
        solved = mip.solve(table, costs, penalty, ends, mended)
        if math.isfinite(solved.bound):
            bound = max(bound, solved.bound)
        if solved.found is not None and table.keeps_rules(solved.found):
            reached = value(table, costs, penalty, solved.found)
            if reached <= known:
                optimal = solved.proven or bound > reached - 1
                return Answer(solved.found, min(bound, reached), "branch and bound", optimal)
    return Answer(mended, min(bound, known), "flow, mended", bound > known - 1)


def value(table: Table, costs: list[int], penalty: int, found: Mapping[str, str]) -> int:
    """The cost of a placement of the free applicants, with the penalty for those left out."""
    chosen = sum(cost for cost, pair in zip(costs, table.pairs, strict=True) if found.get(pair.applicant) == pair.post)
    return chosen + penalty * (len(table.free) - len(found))


def value_of(table: Table, answer: Answer) -> float:
    """The whole objective of an answer, as its bound counts it."""
    cost = float(value(table, [pair.cost for pair in table.pairs], table.penalty, answer.found))
    if table.problem.weights.fairness:
        cost += fair.weight(table.problem) * max(fair.Means.of(table).after(table, answer.found).values(), default=0.0)
    return cost


def _anywhere(problem: Problem, assigned: Mapping[str, str]) -> tuple:
    """The applicants for the second round: only those without a place who take any, with every fitting post."""
    rows = []
    for applicant in problem.applicant.values():
        choices: tuple[Choice, ...] = applicant.choices if applicant.code in assigned else ()
        if applicant.code not in assigned and applicant.anywhere:
            beyond = problem.beyond(applicant)
            choices = tuple(Choice(post.code, beyond) for post in problem.post.values() if post.capacity)
        rows.append(replace(applicant, choices=choices))
    return tuple(rows)
