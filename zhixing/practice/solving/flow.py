"""Places as water in pipes: the exact answer where only head-counts bind (min-cost flow, OR-tools)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from zhixing.practice.solving.table import Table


def available() -> bool:
    """Whether OR-tools is installed here."""
    try:
        import ortools.graph.python.min_cost_flow  # noqa: F401
    except ImportError:
        return False
    return True


def flow(
    table: Table,
    costs: Sequence[int],
    penalty: int,
    closed: Collection[str] = (),
    cut: Collection[tuple[str, str]] = (),
) -> tuple[dict[str, str], int]:
    """The cheapest placement of the free applicants, and its cost with `penalty` for everybody left out.

    `costs` are those of `table.pairs`. `closed` posts take nobody; a (team, base) that is `cut` is not visited. From the
    source a unit runs through its team, its applicant, a post and the post's base to the sink, or past all of them at
    the price of the penalty. The answer is exact; equally good answers are told apart by the order of codes, always the
    same way.
    """
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    net = SimpleMinCostFlow()
    numbers: dict[tuple[str, str], int] = {}

    def node(kind: str, code: str) -> int:
        return numbers.setdefault((kind, code), len(numbers))

    source, sink = node("end", "source"), node("end", "sink")
    add = net.add_arc_with_capacity_and_unit_cost
    count = len(table.free)
    add(source, sink, count, penalty)
    for team, room in table.team_room.items():
        add(source, node("team", team), room, 0)
    for applicant in table.free:
        team = table.team_of(applicant)
        add(node("team", team) if team in table.team_room else source, node("applicant", applicant), 1, 0)
    for base, room in table.base_room.items():
        add(node("base", base), sink, room, 0)
    for post, room in table.room.items():
        base = table.base_of(post)
        to = node("base", base) if base in table.base_room else sink
        add(node("post", post), to, 0 if post in closed else room, 0)
    arcs = []
    for pair, cost in zip(table.pairs, costs, strict=True):
        if cut and (table.team_of(pair.applicant), table.base_of(pair.post)) in cut:
            continue
        arcs.append((add(node("applicant", pair.applicant), node("post", pair.post), 1, cost), pair))
    net.set_node_supply(source, count)
    net.set_node_supply(sink, -count)
    status = net.solve()
    if status != net.OPTIMAL:
        raise ArithmeticError(f"min-cost flow ended with {status}")
    return {pair.applicant: pair.post for arc, pair in arcs if net.flow(arc)}, net.optimal_cost()
