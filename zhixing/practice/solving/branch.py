"""Minimums decided one by one: each post or base in doubt is shut, or filled; both are flows again, and exact."""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass

from zhixing.practice.solving.flow import Network
from zhixing.practice.solving.table import Group


@dataclass(frozen=True)
class Searched:
    """The best placement found, if any, its cost, and what no placement can undercut."""

    found: dict[str, str] | None
    cost: int
    bound: int

    @property
    def proven(self) -> bool:
        return self.found is not None and self.bound >= self.cost


def search(net: Network, costs: Sequence[int], penalty: int, seconds: float, known: int) -> Searched:
    """Best first: the cheapest open question is asked next, so the first answer without a question is the best.

    `known` is the cost of a placement already at hand: nothing as dear is looked at. Where a placement breaks no minimum
    it is allowed, else its worst-broken group is either shut or filled, and nothing allowed is lost between the two.
    """
    ends = time.perf_counter() + seconds
    root = net.solve(costs, penalty)
    assert root is not None
    number = 0
    Node = tuple[int, int, dict[str, str], frozenset[Group], frozenset[Group]]
    waiting: list[Node] = [(root[1], number, root[0], frozenset(), frozenset())]
    while waiting:
        bound, _number, found, shut, filled = heapq.heappop(waiting)
        broken = [(group, count) for group, count in net.table.broken_groups(found) if group not in filled]
        if not broken:
            return Searched(found, bound, bound)
        if time.perf_counter() > ends:
            return Searched(None, known, bound)
        group, _count = max(
            broken, key=lambda row: (min(row[1], row[0].minimum - row[1]), row[0].minimum, row[0].kind, row[0].code)
        )
        for more_shut, more_filled in ((shut | {group}, filled), (shut, filled | {group})):
            closed = {post for one in more_shut for post in one.posts}
            try:
                answer = net.solve(costs, penalty, closed, filled=more_filled)
            except OverflowError:
                # Thousands of students after an appeal: filling cannot be made dear enough.
                return Searched(None, known, bound)
            if answer is not None and answer[1] < known:
                number += 1
                heapq.heappush(waiting, (answer[1], number, answer[0], more_shut, more_filled))
    return Searched(None, known, known)
