"""年度封存: the standings of a year are frozen with their thresholds and evidence, under one fingerprint over all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel import events
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.org.models import AcademicYear
from zhixing.policy import storing
from zhixing.policy.engine import AssessError, assess, resolve_year
from zhixing.policy.evidence import Evidence
from zhixing.policy.models import Rule, RuleVersion, Standing, YearClose

Progress = Callable[[int, int, str], None]

_FREEZE = """
UPDATE policy_standing SET frozen_at = %(now)s, frozen = given.frozen
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given(id bigint, frozen jsonb)
WHERE policy_standing.id = given.id AND policy_standing.frozen_at IS NULL
"""


@dataclass(frozen=True)
class Closed:
    """A closed year: how many standings are frozen, and the fingerprint over all of them."""

    year: str
    frozen: int
    hash: str


def close_year(code: str, *, by: Actor = SYSTEM, progress: Progress | None = None) -> Closed:
    """Freeze the standings of an academic year that is over: each with its thresholds and the ids of its evidence.

    A close that was cut off is taken up where it stopped; closing a closed year again only repeats its fingerprint.
    Raises AssessError for a year that is not one, has no standings, or is not over.
    """
    if not by.can(YearClose, "approve"):
        raise PermissionDenied(_("You may not close a year."))
    year, _today = resolve_year(code, None)
    if not year.past:
        raise AssessError(
            _("The academic year %(year)s is not over yet; it ends on %(day)s.")
            % {"year": code, "day": year.period.ends_on}
        )
    done = YearClose.objects.filter(year=year.period.code, closed_at__isnull=False).first()
    if done is not None:
        return Closed(done.year, done.frozen_count, done.hash)
    close, new = YearClose.objects.get_or_create(year=year.period.code, defaults={"ends_on": year.period.ends_on})
    if new or not Standing.objects.filter(year=close.year, frozen_at__isnull=False).exists():
        # The last count of the year; once the first standing is frozen, no other is counted anew.
        assess(year=close.year, progress=progress)
    rules = list(
        Standing.objects.filter(year=close.year, period_ends_on__lte=close.ends_on)
        .order_by("rule__policy__issued_on", "rule__order")
        .values_list("rule_id", flat=True)
        .distinct()
    )
    rules = list(dict.fromkeys(rules))
    if not rules:
        close.delete()
        raise AssessError(_("There is nothing to close: the academic year %(year)s has no standings.") % {"year": code})
    evidence = Evidence(year).prepare(rules)
    for i, rule in enumerate(rules):
        if progress:
            progress(i, len(rules), str(rule))
        _freeze_rule(rule, close, evidence)
    return _seal(close, by)


def _freeze_rule(rule_id: int, close: YearClose, evidence: Evidence) -> None:
    """Freeze all standings of one rule, in one transaction; what is frozen already stays as it is."""
    with transaction.atomic():
        storing.lock()
        standings = Standing.objects.filter(
            rule_id=rule_id, year=close.year, period_ends_on__lte=close.ends_on, frozen_at=None
        )
        waiting = list(standings.select_related("rule__policy", "version").order_by("pk"))
        if not waiting:
            return
        rows = [{"id": standing.pk, "frozen": _kept(standing, evidence)} for standing in waiting]
        with connection.cursor() as cursor:
            cursor.execute(_FREEZE, {"rows": json.dumps(rows, ensure_ascii=False), "now": timezone.now()})


def _kept(standing: Standing, evidence: Evidence) -> dict[str, Any]:
    return {"thresholds": thresholds(standing.rule, standing.version), "evidence": evidence.of(standing)}


def thresholds(rule: Rule, version: RuleVersion | None) -> dict[str, Any]:
    """The numbers a verdict was given by: what next year's rule can no longer change."""
    if version is None:
        return {}
    return {
        "policy": rule.policy.number,
        "rule": rule.code,
        "title": dict(rule.title),
        "measure": rule.measure,
        "target": version.target,
        "full_mark": None if version.full_mark is None else str(version.full_mark),
        "parameters": version.parameters,
        "warn": version.warn,
        "weight": str(version.weight),
        "from": version.starts_on.isoformat(),
    }


def _seal(close: YearClose, by: Actor) -> Closed:
    with transaction.atomic():
        close = YearClose.objects.select_for_update().get(pk=close.pk)
        if close.closed_at is None:
            count, digest = fingerprint(close.year)
            close.frozen_count, close.hash = count, digest
            close.closed_at, close.closed_by = timezone.now(), by.name
            close.save()
            AcademicYear.objects.filter(code=close.year, closed_at=None).update(closed_at=close.closed_at)
            events.log(close, "closed", by=by, data={"frozen": count, "sha256": digest})
    return Closed(close.year, close.frozen_count, close.hash)


def fingerprint(year: str) -> tuple[int, str]:
    """Number and SHA-256 of the frozen standings of a year: one line of canonical JSON each, in a fixed order."""
    digest, count = hashlib.sha256(), 0
    rows = Standing.objects.filter(year=year, frozen_at__isnull=False).select_related("rule__policy", "version")
    for standing in rows.order_by("rule__policy__code", "rule__code", "unit_scope", "unit_key", "period_code").iterator(
        2000
    ):
        digest.update(line_of(standing))
        count += 1
    return count, digest.hexdigest()


def line_of(standing: Standing) -> bytes:
    """One frozen standing as it goes into the fingerprint."""
    kept = {
        "policy": standing.rule.policy.code,
        "rule": standing.rule.code,
        "scope": standing.unit_scope,
        "unit": standing.unit_key,
        "unit_code": standing.unit_code,
        "unit_name": standing.unit_name,
        "period": standing.period_code,
        "value": None if standing.value is None else str(standing.value.normalize()),
        "target": None if standing.target is None else str(standing.target.normalize()),
        "state": standing.state,
        "frozen": standing.frozen,
    }
    return (json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def holds(year: str) -> bool:
    """Whether a closed year's standings are still those that were frozen."""
    close = YearClose.objects.filter(year=year, closed_at__isnull=False).first()
    if close is None:
        raise ValidationError(_("The academic year %(year)s is not closed."), params={"year": year})
    return fingerprint(year) == (close.frozen_count, close.hash)
