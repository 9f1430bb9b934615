"""Medians of two sides taken in turns, and the table that they end in."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Row:
    """One line of the table. `ours` and `other` in seconds (or in what `unit` says); `ratio` as `must` compares it."""

    name: str
    work: str
    against: str
    ours: float
    other: float | None
    must: str
    ok: bool
    unit: str = "s"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.other if self.other else None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


def at_most(
    name: str, work: str, against: str, ours: float, other: float, times: float, note: str = "", unit: str = "s"
) -> Row:
    """Ours may take `times` the other's time."""
    return Row(name, work, against, ours, other, f"≤ {times:g} ×", ours <= times * other, unit, note)


def faster_than(name: str, work: str, against: str, ours: float, other: float, times: float, note: str = "") -> Row:
    """Ours must be `times` faster than the other."""
    return Row(name, work, against, ours, other, f"≥ {times:g} × faster", ours * times <= other, "s", note)


def within(name: str, work: str, ours: float, limit: float, note: str = "", unit: str = "s") -> Row:
    """Ours has a limit of its own."""
    return Row(name, work, "", ours, None, f"≤ {limit:g} {unit}", ours <= limit, unit, note)


def seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(
    *sides: Callable[[], Any], rounds: int, warm: int = 1, before: Callable[[], Any] = lambda: None
) -> list[float]:
    """The median seconds of each side, all sides once in every round, so that a busy machine is busy for all.

    `before` sets the scene for every single run and is not counted.
    """
    for _round in range(warm):
        for side in sides:
            before()
            side()
    taken: list[list[float]] = [[] for _side in sides]
    for _round in range(rounds):
        for side, found in zip(sides, taken, strict=True):
            before()
            found.append(seconds(side))
    return [statistics.median(found) for found in taken]


def _amount(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.0f} {unit}"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def table(rows: list[Row]) -> str:
    """The rows as a table for a terminal."""
    head = ("work", "ours", "other", "ratio", "must reach", "", "against")
    lines = [
        (
            row.work,
            _amount(row.ours, row.unit),
            _amount(row.other, row.unit) if row.other is not None else "—",
            _ratio(row),
            row.must,
            "ok" if row.ok else "MISSED",
            "; ".join(part for part in (row.against, row.note) if part),
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in (head, *lines)) for i in range(len(head) - 1)]
    shown = ([*(line[i].ljust(widths[i]) for i in range(len(widths))), line[-1]] for line in (head, *lines))
    return "\n".join("  ".join(cells) for cells in shown)


def _ratio(row: Row) -> str:
    if row.ratio is None:
        return "—"
    return f"{row.ratio:.2f} ×" if row.ratio >= 0.5 else f"1/{1 / row.ratio:.1f}"
