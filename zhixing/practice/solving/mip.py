"""Minimums and visiting limits decided exactly: a mixed-integer programme solved by HiGHS (through OR-tools)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from zhixing.practice.solving.problem import UNIT
from zhixing.practice.solving.table import Table


@dataclass(frozen=True)
class Solved:
    """What came of it: a placement, or none in the time given; `bound` is what no placement can undercut."""

    found: dict[str, str] | None
    bound: float
    proven: bool


@dataclass(frozen=True)
class Worst:
    """What the worst-off major counts for: a weight, and each major's mean as a constant and a part for each pair."""

    weight: float
    majors: Mapping[str, tuple[float, Mapping[int, float]]]


def solve(
    table: Table,
    costs: Sequence[int],
    penalty: int,
    ends: float,
    known: Mapping[str, str] | None = None,
    worst: Worst | None = None,
) -> Solved:
    """The cheapest placement of the free applicants that keeps minimums and visiting limits.

    `ends` is the moment (time.perf_counter) at which it stops; `known` is an allowed placement to start from. Costs are
    thousandths of a position; the solver works in positions, which its tolerances suit better.
    """
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    total = mathopt.fast_sum
    pairs = table.pairs
    takes = [model.add_binary_variable() for _pair in pairs]
    by_applicant: dict[str, list[int]] = {code: [] for code in table.free}
    by_post: dict[str, list[int]] = {}
    by_base: dict[str, list[int]] = {}
    by_team: dict[str, list[int]] = {}
    by_visit: dict[tuple[str, str], list[int]] = {}
    for i, pair in enumerate(pairs):
        base, team = table.base_of(pair.post), table.team_of(pair.applicant)
        by_applicant[pair.applicant].append(i)
        by_post.setdefault(pair.post, []).append(i)
        by_base.setdefault(base, []).append(i)
        by_team.setdefault(team, []).append(i)
        if team in table.touring and base not in table.toured(team):
            by_visit.setdefault((team, base), []).append(i)
    left_out = {code: model.add_variable(lb=0, ub=1) for code in table.free}
    for code, rows in by_applicant.items():
        model.add_linear_constraint(total([*(takes[i] for i in rows), left_out[code]]) == 1)
    for rows_of, rooms in ((by_post, table.room), (by_base, table.base_room), (by_team, table.team_room)):
        for code, rows in rows_of.items():
            if code in rooms and rooms[code] < len(rows):
                model.add_linear_constraint(total(takes[i] for i in rows) <= rooms[code])
    for code, shares in table.shares.items():
        by_major: dict[str, list[int]] = {}
        for i in by_post.get(code, ()):
            by_major.setdefault(table.major_of(pairs[i].applicant), []).append(i)
        besides = []
        for major, rows in by_major.items():
            kept, more = shares.of(major, table.room[code])
            besides.append(model.add_variable(lb=0, ub=more))
            model.add_linear_constraint(total(takes[i] for i in rows) - besides[-1] <= kept)
        model.add_linear_constraint(total(besides) <= shares.anybody)
    for group in table.groups:
        rows = [i for post in sorted(group.posts) for i in by_post.get(post, ())]
        most = min(len(rows), sum(table.room[post] for post in group.posts))
        opened = model.add_binary_variable()
        filled = total(takes[i] for i in rows)
        model.add_linear_constraint(filled - group.minimum * opened >= 0)
        model.add_linear_constraint(filled - most * opened <= 0)
    tours: dict[str, list[mathopt.Variable]] = {}
    for (team, _base), rows in by_visit.items():
        visited = model.add_binary_variable()
        tours.setdefault(team, []).append(visited)
        room = sum(table.room[post] for post in {pairs[i].post for i in rows})
        model.add_linear_constraint(total(takes[i] for i in rows) - min(len(rows), room) * visited <= 0)
    for team, visits in tours.items():
        model.add_linear_constraint(total(visits) <= table.touring[team])
    objective = [penalty / UNIT * total(left_out.values())]
    if worst is not None:
        mean = model.add_variable(lb=0)
        for constant, parts in worst.majors.values():
            model.add_linear_constraint(mean - total(part * takes[i] for i, part in parts.items()) >= constant)
        objective.append(worst.weight * mean)
    model.minimize(total([*objective, *(cost / UNIT * take for cost, take in zip(costs, takes, strict=True))]))
    hints = []
    if known is not None:
        start = {take: float(known.get(pair.applicant) == pair.post) for pair, take in zip(pairs, takes, strict=True)}
        hints.append(mathopt.SolutionHint(variable_values=start))
    answer = mathopt.solve(
        model,
        mathopt.SolverType.HIGHS,
        model_params=mathopt.ModelSolveParameters(solution_hints=hints),
        params=mathopt.SolveParameters(
            time_limit=timedelta(seconds=max(ends - time.perf_counter(), 0.1)),
            random_seed=1,
            relative_gap_tolerance=0.0,
            absolute_gap_tolerance=0.5 / UNIT,
        ),
    )
    bound = answer.termination.objective_bounds.dual_bound * UNIT
    if not answer.has_primal_feasible_solution():
        return Solved(None, bound, False)
    values = answer.variable_values(takes)
    found = {pair.applicant: pair.post for pair, value in zip(pairs, values, strict=True) if value > 0.5}
    return Solved(found, bound, answer.termination.reason == mathopt.TerminationReason.OPTIMAL)
