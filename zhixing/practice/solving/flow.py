"""Places as water in pipes: the exact answer where only head-counts bind (min-cost flow, OR-tools)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from zhixing.practice.solving.table import Group, Table


def available() -> bool:
    """Whether OR-tools is installed here."""
    try:
        import ortools.graph.python.min_cost_flow  # noqa: F401
    except ImportError:
        return False
    return True


class Network:
    """The pipes of a table, laid once and asked many times.

    From the source a unit runs through its team, its applicant, a post and the post's base to the sink, or past all of
    them at the price of the penalty. Into a shared post it runs by the places kept for its major or by anybody's.
    """

    def __init__(self, table: Table) -> None:
        import numpy as np

        self.table = table
        self._numbers: dict[tuple[str, str], int] = {}
        node = self._node
        self.source, self.sink = node("end", "source"), node("end", "sink")
        for applicant in table.free:
            node("applicant", applicant)
        self.tails = np.array([node("applicant", pair.applicant) for pair in table.pairs], dtype=np.int32)
        # A shared post is entered by a door for each major.
        self.doors: dict[tuple[str, str], int] = {}
        self.heads = np.array([self._into(pair.post, pair.applicant) for pair in table.pairs], dtype=np.int32)
        self.minimums = {(group.kind, group.code) for group in table.groups}

    def _node(self, kind: str, code: str) -> int:
        return self._numbers.setdefault((kind, code), len(self._numbers))

    def _into(self, post: str, applicant: str) -> int:
        if post not in self.table.shares:
            return self._node("post", post)
        major = self.table.major_of(applicant)
        return self.doors.setdefault((post, major), self._node(f"door of {post}", major))

    def solve(
        self,
        costs: Sequence[int],
        penalty: int,
        closed: Collection[str] = (),
        cut: Collection[tuple[str, str]] = (),
        filled: Collection[Group] = (),
    ) -> tuple[dict[str, str], int] | None:
        """The cheapest placement of the free applicants, and its cost with `penalty` for everybody left out.

        `costs` are those of the table's pairs. `closed` posts take nobody; a (team, base) that is `cut` is not visited;
        `filled` groups get their minimum, or the answer is None. Exact; equally good answers are told apart by the
        order of codes, always the same way.
        """
        import numpy as np
        from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

        table, node = self.table, self._node
        net = SimpleMinCostFlow()
        add = net.add_arc_with_capacity_and_unit_cost
        count = len(table.free)
        # So dear is a unit short of a minimum that no saving outweighs it.
        reward = (max(map(abs, costs), default=0) + penalty + 1) * (count + 1)
        least = {(group.kind, group.code): group.minimum for group in filled}
        full: list[tuple[int, int]] = []
        add(self.source, self.sink, count, penalty)
        for team, room in table.team_room.items():
            add(self.source, node("team", team), room, 0)
        for applicant in table.free:
            team = table.team_of(applicant)
            start = node("team", team) if team in table.team_room else self.source
            add(start, node("applicant", applicant), 1, 0)
        with_node = {*table.base_room, *(code for kind, code in self.minimums if kind == "base")}

        def out(key: tuple[str, str], to: int, room: int) -> None:
            minimum = least.get(key, 0)
            if minimum:
                full.append((add(node(*key), to, min(minimum, room), -reward), minimum))
            add(node(*key), to, max(room - minimum, 0), 0)

        for base in sorted(with_node):
            out(("base", base), self.sink, min(table.base_room.get(base, count), count))
        for post, room in table.room.items():
            base = table.base_of(post)
            out(("post", post), node("base", base) if base in with_node else self.sink, 0 if post in closed else room)
        for (post, major), door in self.doors.items():
            kept, beside = table.shares[post].of(major, table.room[post])
            add(door, node("post", post), kept, 0)
            add(door, node("anybody's", post), beside, 0)
        for post, shares in table.shares.items():
            add(node("anybody's", post), node("post", post), shares.anybody, 0)
        room_of = np.ones(len(table.pairs), dtype=np.int64)
        if cut:
            for i, pair in enumerate(table.pairs):
                room_of[i] = (table.team_of(pair.applicant), table.base_of(pair.post)) not in cut
        arcs: Any = net.add_arcs_with_capacity_and_unit_cost(
            self.tails, self.heads, room_of, np.array(costs, dtype=np.int64)
        )
        net.set_node_supply(self.source, count)
        net.set_node_supply(self.sink, -count)
        status = net.solve()
        if status == net.BAD_COST_RANGE:
            raise OverflowError("the costs are too large to be added up")
        if status != net.OPTIMAL:
            raise ArithmeticError(f"min-cost flow ended with {status}")
        if any(net.flow(arc) < minimum for arc, minimum in full):
            return None
        taken = np.nonzero(net.flows(arcs))[0] if len(table.pairs) else []
        found = {table.pairs[i].applicant: table.pairs[i].post for i in taken}
        return found, net.optimal_cost() + reward * sum(minimum for _arc, minimum in full)

    def place(
        self, costs: Sequence[int], penalty: int, closed: Collection[str] = (), cut: Collection[tuple[str, str]] = ()
    ) -> dict[str, str]:
        """The placement alone, without minimums that must be reached: there always is one."""
        answer = self.solve(costs, penalty, closed, cut)
        assert answer is not None
        return answer[0]
