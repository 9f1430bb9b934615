"""Measures (指标): what a rule counts, said by the domain that keeps the rows.

A measure is an evidence queryset and how to value it. The value is computed from the evidence, by the database, for all
units in one statement; so a verdict and the rows behind it cannot disagree. Domains register theirs in
`AppConfig.ready()`; the policy engine asks here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min, Model, Q, QuerySet

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Window:
    """The days a rule looks at, both ends counted, and the day on which it is asked.

    Rules that hold “now” look only at `as_of`.
    """

    starts_on: date
    ends_on: date
    as_of: date

    @property
    def known_until(self) -> date:
        """The last day of the window of which anything can be known on `as_of`."""
        return min(self.ends_on, self.as_of)


Rows = Callable[[Window, Parameters], QuerySet]


@dataclass(frozen=True)
class Measure:
    """One measure. `evidence` gives ordinary rows of one record type, each annotated with `unit_key`.

    `unit_key` is the primary key of the scope's own record: for `major_group` a major group, for `committee` a
    committee, and so on; for `school` and `college` it is the unit (`org.Unit`). A row belongs to one unit.

    kind "count": the value is `value` over the evidence rows of a unit, zero where it has none.
    kind "share": each row is also annotated with the boolean `in_order`; the value is the part in order, 0 to 1, and
    there is none (None) where nothing is to be counted.

    The three forecasts give rows annotated with `unit_key` and a date; any may be absent:
    - `breaks_on`: `date`, the last day on which a row counts, NULL when it has no end; rows that will count only later
      may be among them when `begins` says from when.
    - `mends`: records on file that would mend a lack, `on` the day from which they would.
    - `due_on`: `date`, the day by which a row not yet in order must be.

    `parameters` names what a rule may set. `sources` are the record types whose change can move the value;
    `units_touched(model, keys)` says for which units, None for all.
    """

    key: str
    scope: str
    evidence: Rows
    value: Any = field(default_factory=lambda: Count("pk"))
    kind: str = "count"
    parameters: frozenset[str] = frozenset()
    breaks_on: Rows | None = None
    mends: Rows | None = None
    due_on: Rows | None = None
    sources: tuple[type[Model], ...] = ()
    units_touched: Callable[[type[Model], Collection[int]], set[int] | None] = field(default=lambda model, keys: None)

    def __post_init__(self) -> None:
        if self.kind not in {"count", "share"}:
            raise ValueError(f"{self.key}: a measure is a count or a share, not {self.kind!r}")


@dataclass(frozen=True)
class Value:
    """What a measure found for one unit: the value and how many evidence rows it rests on."""

    value: float | None
    evidence_count: int


def values(
    measure: Measure, window: Window, parameters: Parameters | None = None, units: Collection[int] | None = None
) -> dict[int, Value]:
    """The value for every unit that has evidence, in one SQL statement; for any other unit see `nothing`."""
    rows = measure.evidence(window, parameters or {})
    if units is not None:
        rows = rows.filter(unit_key__in=units)
    # Where the key is the same for all rows the database makes one group even of none: such a group is no evidence.
    grouped = rows.order_by().values("unit_key")
    if measure.kind == "share":
        found = grouped.annotate(good=Count("pk", filter=Q(in_order=True)), counted=Count("pk"))
        return {row["unit_key"]: Value(row["good"] / row["counted"], row["counted"]) for row in found if row["counted"]}
    found = grouped.annotate(unit_value=measure.value, counted=Count("pk"))
    return {row["unit_key"]: Value(row["unit_value"], row["counted"]) for row in found if row["counted"]}


def nothing(measure: Measure) -> Value:
    """What a unit without evidence has: a count of zero, or no share at all."""
    return Value(None if measure.kind == "share" else 0, 0)


def evidence(measure: Measure, window: Window, parameters: Parameters | None, unit: int) -> QuerySet:
    """The very rows behind one unit's value."""
    return measure.evidence(window, parameters or {}).filter(unit_key=unit)


def break_dates(measure: Measure, window: Window, parameters: Parameters | None, at_least: float) -> dict[int, date]:
    """For each unit that will fall below `at_least` by rows coming to their end: the last day on which it is still met.

    Each row is taken to count one, as it does for links, committees and agreements. One SQL statement.
    """
    if measure.breaks_on is None or at_least < 1:
        return {}
    rows = measure.breaks_on(window, parameters or {}).order_by()
    spans: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in rows.values("unit_key", "date", *({"begins"} & set(rows.query.annotations))):
        spans[row["unit_key"]].append((row.get("begins") or date.min, row["date"] or date.max))
    broken = {}
    for unit, days in spans.items():
        if sum(begin <= window.as_of <= last for begin, last in days) < at_least:
            continue
        for end in sorted({end for _begin, end in days} - {date.max}):
            next_day = end + timedelta(days=1)
            if sum(begin <= next_day <= last for begin, last in days) < at_least:
                broken[unit] = end
                break
    return broken


def due_dates(measure: Measure, window: Window, parameters: Parameters | None) -> dict[int, date]:
    """For each unit the first day by which one of its rows must be in order."""
    if measure.due_on is None:
        return {}
    rows = measure.due_on(window, parameters or {}).order_by().values("unit_key")
    return dict(rows.annotate(first=Min("date")).exclude(first=None).values_list("unit_key", "first"))


def present_and_past(model: type[Model], keys: Collection[int], path: str) -> set[Any]:
    """What `path` points to from these rows now, and what it pointed to before.

    A moved or deleted row touches its old unit too. A path over relations (`committee__group_id`) follows the relations
    of today from the rows of the time.
    """
    found = set(model._base_manager.filter(pk__in=keys).values_list(path, flat=True))
    history: Any = model._meta.get_field("history").related_model
    first, _sep, rest = path.partition("__")
    column = model._meta.get_field(first)
    past = set(history.objects.filter(pgh_obj_id__in=keys).values_list(column.attname, flat=True))  # type: ignore[union-attr]
    if rest:
        past = set(column.related_model._base_manager.filter(pk__in=past).values_list(rest, flat=True))  # type: ignore[union-attr]
    return (found | past) - {None}


_registry: dict[str, Measure] = {}


def register(measure: Measure) -> Measure:
    """Make a measure known by its key, e.g. `partners.industry_links`; ValueError when the key is taken."""
    if _registry.get(measure.key, measure) is not measure:
        raise ValueError(f"two measures are called {measure.key}")
    _registry[measure.key] = measure
    return measure


def get(key: str) -> Measure | None:
    """The measure of a key; None when no domain knows it."""
    return _registry.get(key)


def all() -> dict[str, Measure]:
    """Every measure by its key."""
    return dict(_registry)
