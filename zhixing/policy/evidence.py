"""The rows behind a standing: the records counted, the parts it is rolled up from, or what was frozen with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from zhixing.kernel import measures
from zhixing.kernel.scope import type_key
from zhixing.org.calendar import Period
from zhixing.policy.engine import resolve_year
from zhixing.policy.models import Rule, RuleVersion, Standing
from zhixing.policy.periods import Year, asked
from zhixing.policy.storing import Finding

# A part that is excused, or to which the rule does not apply, is not counted in a roll-up.
_UNCOUNTED = ("not_applicable", "waived")


def window_of(rule: Rule, version: RuleVersion | None, period_code: str, year: Year) -> measures.Window | None:
    """The days that a rule looks at for one of its periods; None when the year does not ask it."""
    policy, plan = rule.policy, None
    if policy.plan_starts_on and policy.plan_ends_on:
        start, end = policy.plan_starts_on, policy.plan_ends_on
        plan = Period("plan_period", f"{start.year}-{end.year}", start, end)
    parameters = version.parameters if version else {}
    ahead = int(version.warn.get("terms_ahead", 0)) if version else 0
    for question in asked(rule.period, year, parameters, plan, ahead):
        if question.period.code == period_code:
            return question.window
    return None


def shown(rows: QuerySet) -> QuerySet:
    """Evidence rows with what their titles need, in a steady order."""
    needs = getattr(rows.model, "title_needs", ())
    return (rows.select_related(*needs) if needs else rows).order_by("pk")


def rows_of(standing: Standing) -> QuerySet | None:
    """The very rows behind one standing of a running year; None where nothing can be counted yet."""
    rule = standing.rule
    if standing.is_roll_up:
        parts = Standing.objects.filter(rule=rule, unit_scope=rule.applies_to, period_code=standing.period_code)
        parts = parts.exclude(state__in=_UNCOUNTED)
        if standing.unit_scope == "college":
            parts = parts.filter(unit_id=standing.unit_id)
        return parts.select_related("rule").order_by("unit_code", "pk")
    measure = measures.get(rule.measure)
    year, _today = resolve_year(standing.year, None)
    window = window_of(rule, standing.version, standing.period_code, year)
    if measure is None or window is None:
        return None
    parameters = standing.version.parameters if standing.version else {}
    return shown(measures.evidence(measure, window, parameters, standing.unit_key))


def frozen_rows(standing: Standing) -> list[dict[str, Any]]:
    """What counted when the year was closed: type, id and title of that day, with the record where it still is."""
    kept = (standing.frozen or {}).get("evidence", [])
    by_type: dict[str, list[int]] = defaultdict(list)
    for row in kept:
        by_type[row["type"]].append(row["id"])
    found: dict[tuple[str, int], Model] = {}
    for key, ids in by_type.items():
        model = model_of(key)
        if model is not None:
            rows = model._default_manager.filter(pk__in=ids)
            needs = getattr(model, "title_needs", ())
            found.update({(key, row.pk): row for row in (rows.select_related(*needs) if needs else rows)})
    return [{**row, "record": found.get((row["type"], row["id"]))} for row in kept]


def model_of(key: str) -> type[Model] | None:
    """The model of a record type's name; None when its domain is not there."""
    label, _dot, _name = key.partition(".")
    if label not in apps.app_configs:
        return None
    return next((model for model in apps.get_app_config(label).get_models() if type_key(model) == key), None)


def reference(row: Model) -> dict[str, Any]:
    """A record as evidence names it to machines."""
    return {"type": type_key(row), "id": row.pk, "label": str(row)}


class Evidence:
    """The evidence of many standings of a year: one statement for each rule and period, however many units."""

    def __init__(self, year: Year):
        self.year = year
        self._rules: dict[int, Rule] = {}
        self._versions: dict[int, RuleVersion] = {}
        self._rows: dict[tuple[int, str], Mapping[int, list[dict[str, Any]]]] = {}
        self._parts: dict[tuple[int, str], list[Standing]] = {}

    def prepare(self, rules: Iterable[int]) -> Evidence:
        """Read the rules with their versions at once."""
        wanted = set(rules)
        self._rules = {rule.pk: rule for rule in Rule.objects.filter(pk__in=wanted).select_related("policy")}
        self._versions = {version.pk: version for version in RuleVersion.objects.filter(rule_id__in=wanted)}
        return self

    def of(self, found: Finding | Standing) -> list[dict[str, Any]]:
        """What a standing rests on, as type, id and label."""
        rule_id = found.rule_id if isinstance(found, Standing) else found.applied.rule_id
        version_id = found.version_id if isinstance(found, Standing) else found.applied.version_id
        if isinstance(found, Standing) and found.frozen is not None:
            return found.frozen.get("evidence", [])
        rule = self._rules[rule_id]
        if found.unit_scope != rule.applies_to:
            return [reference(part) for part in self._parts_of(rule, found.period_code) if self._belongs(part, found)]
        key = (rule_id, found.period_code)
        if key not in self._rows:
            self._rows[key] = self._count(rule, self._versions.get(version_id or 0), found.period_code)
        return self._rows[key].get(found.unit_key, [])

    @staticmethod
    def _belongs(part: Standing, found: Finding | Standing) -> bool:
        return found.unit_scope == "school" or part.unit_id == found.unit_id

    def _parts_of(self, rule: Rule, period: str) -> list[Standing]:
        key = (rule.pk, period)
        if key not in self._parts:
            parts = Standing.objects.filter(rule=rule, unit_scope=rule.applies_to, period_code=period)
            parts = parts.exclude(state__in=_UNCOUNTED).select_related("rule")
            self._parts[key] = list(parts.order_by("unit_code", "pk"))
        return self._parts[key]

    def _count(self, rule: Rule, version: RuleVersion | None, period: str) -> Mapping[int, list[dict[str, Any]]]:
        measure = measures.get(rule.measure)
        window = window_of(rule, version, period, self.year)
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        if measure is not None and window is not None:
            for row in shown(measure.evidence(window, version.parameters if version else {})):
                found[row.unit_key].append(reference(row))
        return found
