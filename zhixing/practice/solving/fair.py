"""Fairness across majors: what the worst-off major gets on the mean counts beside the sum over all."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from zhixing.practice.solving import flow, mip, thumb
from zhixing.practice.solving.problem import UNIT, Applicant, Problem
from zhixing.practice.solving.table import Table

ROUNDS = 60
# Above this many pairs branch and bound proves nothing in a minute; the bound of the flow is told instead.
PROVABLE = 30_000


def group_of(applicant: Applicant) -> str:
    """With whom somebody is compared: their group, else their major."""
    return applicant.group or applicant.major


@dataclass(frozen=True)
class Means:
    """The mean position of each major (or whatever is compared): of those who chose, without a place one after the last."""

    sizes: Mapping[str, int]
    # Of whom is fixed, and of everybody else as if left out.
    constant: Mapping[str, float]

    @classmethod
    def of(cls, table: Table) -> Means:
        sizes: dict[str, int] = {}
        constant: dict[str, float] = {}
        for code, applicant in table.problem.applicant.items():
            # Whoever wants nothing fares neither well nor badly.
            if not applicant.choices:
                continue
            group = group_of(applicant)
            sizes[group] = sizes.get(group, 0) + 1
            post = table.fixed.get(code)
            at = table.position(applicant, post) if post else table.problem.beyond(applicant)
            constant[group] = constant.get(group, 0.0) + at
        return cls(sizes, {major: constant[major] / size for major, size in sizes.items()})

    def after(self, table: Table, found: Mapping[str, str]) -> dict[str, float]:
        """Each major's mean with these placements of the free applicants."""
        means = dict(self.constant)
        for code, post in found.items():
            applicant = table.problem.applicant[code]
            if not applicant.choices:
                continue
            gain = table.position(applicant, post) - table.problem.beyond(applicant)
            group = group_of(applicant)
            means[group] += gain / self.sizes[group]
        return means


def weight(problem: Problem) -> float:
    """What one position of the worst-off major's mean counts, in thousandths of a position."""
    return problem.weights.fairness * len(problem.applicant) * UNIT


def worst(table: Table, assigned: Mapping[str, str]) -> tuple[str, float] | None:
    """The major with the highest mean position, where majors are told at all."""
    free = {code: post for code, post in assigned.items() if code not in table.fixed}
    means = Means.of(table).after(table, free)
    if set(means) <= {""}:
        return None
    major = max(sorted(means), key=lambda code: means[code])
    return major, means[major]


def solve(table: Table, seconds: float) -> tuple[dict[str, str], float, str, bool]:
    """The placement with the least sum of cost and of the worst major's mean times everybody's number.

    Each round makes the majors that fare badly dearer to disappoint and asks the flow again; every round gives a
    placement and a bound that none can undercut (Lagrangian duality). Small problems are then proven by branch and
    bound. Answers placement, bound in thousandths, method, whether proven.
    """
    ends = time.perf_counter() + seconds
    problem = table.problem
    means = Means.of(table)
    heavy = weight(problem)
    plain = [pair.cost for pair in table.pairs]
    price = {(pair.applicant, pair.post): pair.cost for pair in table.pairs}
    majors = [group_of(problem.applicant[pair.applicant]) for pair in table.pairs]
    gains = [pair.position - problem.beyond(problem.applicant[pair.applicant]) for pair in table.pairs]
    share = {major: 1 / len(means.sizes) for major in means.sizes}
    best: tuple[float, dict[str, str]] | None = None
    bound = -math.inf

    def cost_of(found: Mapping[str, str]) -> float:
        cost = sum(price[row] for row in found.items()) + table.penalty * (len(table.free) - len(found))
        return cost + heavy * max(means.after(table, found).values())

    def dearer() -> list[int]:
        factor = {major: heavy * part / means.sizes[major] for major, part in share.items()}
        return [round(cost + factor[m] * gain) for cost, m, gain in zip(plain, majors, gains, strict=True)]

    net = flow.Network(table)
    for turn in range(ROUNDS):
        answer = net.solve(dearer(), table.penalty)
        assert answer is not None
        found, total = answer
        # Half a thousandth a head was lost in rounding.
        low = total - 0.5 * len(table.free) + heavy * sum(share[m] * means.constant[m] for m in share)
        bound = max(bound, low)
        if table.keeps_rules(found) and (best is None or cost_of(found) < best[0]):
            best = cost_of(found), found
        if (best is not None and best[0] - bound < 1) or time.perf_counter() > ends - seconds / 2:
            break
        now = means.after(table, found)
        top = max(now.values())
        spread = max(top - min(now.values()), 1e-9)
        step = 2.0 / math.sqrt(turn + 1)
        share = {major: max(part, 1e-9) * math.exp(step * (now[major] - top) / spread) for major, part in share.items()}
        whole = sum(share.values())
        share = {major: part / whole for major, part in share.items()}
    if best is None:
        costs = dearer()
        found = thumb.mend(table, lambda closed, cut: net.place(costs, table.penalty, closed, cut))
        best = cost_of(found), found
    if best[0] - bound >= 1 and len(table.pairs) <= PROVABLE:
        rows: dict[str, dict[int, float]] = {}
        for i, (major, gain) in enumerate(zip(majors, gains, strict=True)):
            rows.setdefault(major, {})[i] = gain / means.sizes[major]
        worst_of = mip.Worst(heavy / UNIT, {m: (means.constant[m], rows.get(m, {})) for m in means.sizes})
        solved = mip.solve(table, plain, table.penalty, ends, best[1], worst_of)
        if math.isfinite(solved.bound):
            bound = max(bound, solved.bound)
        if solved.found is not None and table.keeps_rules(solved.found) and cost_of(solved.found) <= best[0]:
            return solved.found, min(bound, cost_of(solved.found)), "branch and bound", solved.proven
    return best[1], min(bound, best[0]), "flow by turns", best[0] - bound < 1
