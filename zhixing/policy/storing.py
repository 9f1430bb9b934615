"""Standings in and out of the database: read once, compared in memory, only what moved written, in one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Field, FloatField, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from zhixing.policy.models import Standing
from zhixing.policy.stored import Applied

# rule, scope of the unit, unit, period
Key = tuple[int, str, int, str]
_LOCK = 0x5A58_504F
_CONTENT = (
    "version_id",
    "unit_code",
    "unit_name",
    "unit_id",
    "holder_id",
    "year",
    "period_starts_on",
    "period_ends_on",
    "value",
    "target",
    "reached",
    "state",
    "evidence_count",
    "due",
    "breaks_on",
    "found_on",
    "forecast",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict, not yet written."""

    applied: Applied
    unit_scope: str
    unit_key: int
    unit_code: str
    unit_name: str
    unit_id: int
    holder_id: int | None
    year: str
    period_code: str
    period_starts_on: date
    period_ends_on: date
    value: float | None
    target: float | None
    reached: bool
    state: str
    evidence_count: int
    due: date | None
    breaks_on: date | None
    found_on: date | None
    mends: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> Key:
        return self.applied.rule_id, self.unit_scope, self.unit_key, self.period_code

    @property
    def rule_code(self) -> str:
        return self.applied.rule.id

    @property
    def clause_number(self) -> str:
        return self.applied.clause

    @property
    def lost_on(self) -> date | None:
        """The day on which a standing not yet met is lost, or was; see `Standing.lost_on`."""
        if self.reached or self.found_on is None:
            return None
        return self.found_on if self.applied.rule.due.at == "found" else self.due

    @property
    def forecast(self) -> dict[str, Any]:
        """What is to come: the last day met, or the day of the loss and the cheapest mends on record."""
        return forecast(self.breaks_on, self.lost_on, self.mends)

    @property
    def content(self) -> tuple[Any, ...]:
        return (
            self.applied.version_id,
            self.unit_code,
            self.unit_name,
            self.unit_id,
            self.holder_id,
            self.year,
            self.period_starts_on,
            self.period_ends_on,
            self.value,
            self.target,
            self.reached,
            self.state,
            self.evidence_count,
            self.due,
            self.breaks_on,
            self.found_on,
            self.forecast,
        )


def forecast(breaks_on: date | None, lost_on: date | None, mends: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "breaks_on": breaks_on.isoformat() if breaks_on else None,
        "lost_on": lost_on.isoformat() if lost_on else None,
        "mend": list(mends),
    }


@dataclass(frozen=True, slots=True)
class Stored:
    """One standing as it is on file."""

    pk: int
    frozen: bool
    content: tuple[Any, ...]

    @property
    def unit_id(self) -> int:
        return self.content[3]

    @property
    def value(self) -> float | None:
        return self.content[8]

    @property
    def reached(self) -> bool:
        return self.content[10]

    @property
    def state(self) -> str:
        return self.content[11]

    @property
    def evidence_count(self) -> int:
        return self.content[12]

    @property
    def due(self) -> date | None:
        return self.content[13]

    @property
    def breaks_on(self) -> date | None:
        return self.content[14]

    @property
    def found_on(self) -> date | None:
        return self.content[15]


def lock() -> None:
    """One writer at a time until the transaction ends: of two evaluations the later sees what the first wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def load(rules: Collection[int], periods: Collection[str]) -> dict[Key, Stored]:
    """The standings on file of these rules and periods: one query."""
    rows = Standing.objects.filter(rule_id__in=rules, period_code__in=periods).order_by()
    # There are as many standings as units and rules: the database makes floats of its decimals, and of the forecasts,
    # most of which say the same, each different one is read once.
    kinds: dict[str, Field] = {"value": FloatField(), "target": FloatField(), "forecast": TextField()}
    content = [Cast(name, kinds[name]) if name in kinds else name for name in _CONTENT]
    fields = ("rule_id", "unit_scope", "unit_key", "period_code", "pk", "frozen_at", *content)
    read = lru_cache(maxsize=None)(json.loads)
    return {
        row[:4]: Stored(row[4], row[5] is not None, (*row[6:-1], read(row[-1]))) for row in rows.values_list(*fields)
    }


_UPSERT = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(
        rule_id bigint, unit_scope text, unit_key bigint, period_code text, version_id bigint, unit_code text,
        unit_name text, unit_id bigint, holder_id bigint, year text, period_starts_on date, period_ends_on date,
        value numeric, target numeric, reached boolean, state text, evidence_count integer, due date, breaks_on date,
        found_on date, forecast jsonb, moved boolean)
), written AS (
    INSERT INTO policy_standing (
        rule_id, unit_scope, unit_key, period_code, version_id, unit_code, unit_name, unit_id, holder_id, year,
        period_starts_on, period_ends_on, value, target, reached, state, evidence_count, due, breaks_on, found_on,
        forecast, evaluated_at, created_at, updated_at)
    SELECT
        rule_id, unit_scope, unit_key, period_code, version_id, unit_code, unit_name, unit_id, holder_id, year,
        period_starts_on, period_ends_on, value, target, reached, state, evidence_count, due, breaks_on, found_on,
        forecast, %(now)s, %(now)s, %(now)s
    FROM given
    ON CONFLICT ON CONSTRAINT standing_once DO UPDATE SET
        version_id = excluded.version_id, unit_code = excluded.unit_code, unit_name = excluded.unit_name,
        unit_id = excluded.unit_id, holder_id = excluded.holder_id, year = excluded.year,
        period_starts_on = excluded.period_starts_on, period_ends_on = excluded.period_ends_on,
        value = excluded.value, target = excluded.target, reached = excluded.reached, state = excluded.state,
        evidence_count = excluded.evidence_count, due = excluded.due, breaks_on = excluded.breaks_on,
        found_on = excluded.found_on, forecast = excluded.forecast, evaluated_at = excluded.evaluated_at,
        updated_at = excluded.updated_at
    WHERE policy_standing.frozen_at IS NULL
    RETURNING id, rule_id, unit_scope, unit_key, period_code
), trend AS (
    INSERT INTO policy_standingchange (standing_id, "on", value, state)
    SELECT written.id, %(on)s, given.value, given.state
    FROM written JOIN given USING (rule_id, unit_scope, unit_key, period_code) WHERE given.moved
    ON CONFLICT ON CONSTRAINT standing_change_day DO UPDATE SET value = excluded.value, state = excluded.state
)
SELECT count(*) FROM written
"""


def save(found: dict[Key, Finding], before: dict[Key, Stored], on: date, gone: Iterable[Key]) -> int:
    """Write the findings that differ from what is on file, with a point of the trend where value or state moved.

    Standings of units no longer judged become not applicable; those that never said anything go. Returns how many
    standings were written; nothing is sent to the database when nothing moved. Closed years stay as they are.
    """
    rows = []
    for key, finding in found.items():
        stored = before.get(key)
        content = finding.content
        if stored is not None and (stored.frozen or stored.content == content):
            continue
        moved = stored is None or (stored.value, stored.state) != (finding.value, finding.state)
        rows.append(_row(key, content, moved))
    silent = []
    for key in gone:
        stored = before[key]
        if stored.state in {"no_data", "not_applicable"} and stored.evidence_count == 0:
            if stored.state == "no_data":
                silent.append(stored.pk)
            continue
        rows.append(_row(key, _no_longer(stored.content), True))
    if silent:
        Standing.objects.filter(pk__in=silent, frozen_at=None).delete()
    if not rows:
        return len(silent)
    with connection.cursor() as cursor:
        parameters = {"rows": json.dumps(rows, default=_json), "now": timezone.now(), "on": on}
        cursor.execute(_UPSERT, parameters)
        (written,) = cursor.fetchone()
    return written + len(silent)


def _row(key: Key, content: tuple[Any, ...], moved: bool) -> dict[str, Any]:
    row = dict(zip(("rule_id", "unit_scope", "unit_key", "period_code"), key, strict=True))
    row.update(zip(_CONTENT, content, strict=True))
    row["moved"] = moved
    return row


def _no_longer(content: tuple[Any, ...]) -> tuple[Any, ...]:
    row = dict(zip(_CONTENT, content, strict=True))
    row.update(
        value=None, reached=False, state="not_applicable", evidence_count=0, due=None, breaks_on=None, found_on=None
    )
    row["forecast"] = forecast(None, None, ())
    return tuple(row[name] for name in _CONTENT)


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
