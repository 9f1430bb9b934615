"""Rules in the database, read back into the words of a pack: so that layering and verdicts have one meaning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from zhixing.org.calendar import Period
from zhixing.policy import models
from zhixing.policy.pack import (
    Due,
    EffectiveRule,
    MonthDay,
    Pack,
    Rule,
    RuleVersion,
    Span,
    Target,
    Text,
    Warn,
    merge,
)

_NO_TEXT = Text("", "")


def due_as_data(due: Due) -> dict[str, Any]:
    """A due date as it is kept."""
    data: dict[str, Any] = {"on": str(due.on)} if due.on else {"at": due.at}
    return {**data, "days": due.days} if due.days else data


def due_from(data: dict[str, Any]) -> Due:
    return Due(at=data.get("at"), on=month_day(data["on"]) if data.get("on") else None, days=int(data.get("days", 0)))


def month_day(text: str) -> MonthDay:
    month, _dash, day = text.partition("-")
    return MonthDay(int(month), int(day))


def warn_as_data(warn: Warn) -> dict[str, Any]:
    """Warnings as they are kept: only what is set."""
    data = {
        "before_due_days": list(warn.before_due_days),
        "before_end_days": list(warn.before_end_days),
        "after_start_days": list(warn.after_start_days),
        "on": [str(day) for day in warn.on],
        "every": warn.every,
        "below": warn.below,
        "terms_ahead": warn.terms_ahead,
    }
    return {key: value for key, value in data.items() if value not in (None, [], 0)}


def warn_from(data: dict[str, Any]) -> Warn:
    return Warn(
        before_due_days=tuple(data.get("before_due_days", ())),
        before_end_days=tuple(data.get("before_end_days", ())),
        after_start_days=tuple(data.get("after_start_days", ())),
        on=tuple(month_day(day) for day in data.get("on", ())),
        every=data.get("every"),
        below=data.get("below"),
        terms_ahead=int(data.get("terms_ahead", 0)),
    )


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule that applies on a day, with its rows in the database."""

    effective: EffectiveRule
    rule_id: int
    version_id: int
    order: int
    clause: str
    policy_order: int
    plan: Period | None

    @property
    def rule(self) -> Rule:
        return self.effective.rule

    @property
    def version(self) -> RuleVersion:
        return self.effective.version


class Rulebook:
    """All policies with their rules and approved versions: three queries."""

    def __init__(self) -> None:
        versions: dict[int, list[models.RuleVersion]] = {}
        approved = models.RuleVersion.objects.filter(status=models.RuleVersion.Status.APPROVED, archived_at=None)
        for version in approved.order_by("rule_id", "starts_on"):
            versions.setdefault(version.rule_id, []).append(version)
        rules: dict[int, list[models.Rule]] = {}
        for rule in (
            models.Rule.objects.filter(archived_at=None).select_related("duty__clause").order_by("policy_id", "order")
        ):
            if rule.pk in versions:
                rules.setdefault(rule.policy_id, []).append(rule)
        self.policies = list(models.Policy.objects.filter(archived_at=None).order_by("issued_on", "pk"))
        self._rows: dict[tuple[str, str], models.Rule] = {}
        self._version_ids: dict[tuple[int, date], int] = {}
        self._packs = []
        for policy in self.policies:
            own = rules.get(policy.pk, [])
            for rule in own:
                self._rows[policy.code, rule.code] = rule
                self._version_ids.update({(rule.pk, version.starts_on): version.pk for version in versions[rule.pk]})
            self._packs.append(_pack(policy, [(rule, versions[rule.pk]) for rule in own]))

    def on(self, day: date) -> list[Applied]:
        """The rules that apply on a day, the stricter of two that ask the same; in the order of policies and rules."""
        places = {policy.code: i for i, policy in enumerate(self.policies)}
        plans = {policy.code: _plan(policy) for policy in self.policies}
        found = []
        for effective in merge(self._packs, day):
            row = self._rows[effective.policy, effective.rule.id]
            found.append(
                Applied(
                    effective,
                    row.pk,
                    self._version_ids[row.pk, effective.version.effective.start],
                    row.order,
                    row.duty.clause.number,
                    places[effective.policy],
                    plans[effective.policy],
                )
            )
        return sorted(found, key=lambda applied: (applied.policy_order, applied.order))

    def outdone(self, day: date) -> dict[tuple[str, str], EffectiveRule]:
        """(policy, rule) → the stricter rule of another layer that applies in its stead."""
        return {(beaten.policy, beaten.rule): winner for winner in merge(self._packs, day) for beaten in winner.outdone}


def _plan(policy: models.Policy) -> Period | None:
    start, end = policy.plan_starts_on, policy.plan_ends_on
    if not (start and end):
        return None
    return Period("plan_period", f"{start.year}-{end.year}", start, end)


def _pack(policy: models.Policy, rules: list[tuple[models.Rule, list[models.RuleVersion]]]) -> Pack:
    return Pack(
        code=policy.code,
        number=policy.number,
        level=policy.level,
        status=policy.status,
        title=_NO_TEXT,
        issuer=_NO_TEXT,
        issued=policy.issued_on,
        effective=Span(policy.starts_on, policy.ends_on),
        effective_note=None,
        plan_period=None,
        upstream=(),
        questions=(),
        clauses=(),
        duties=(),
        rules=tuple(_rule(rule, versions) for rule, versions in rules),
        pending_records=frozenset(),
    )


def _rule(rule: models.Rule, versions: list[models.RuleVersion]) -> Rule:
    return Rule(
        id=rule.code,
        duty=rule.duty.code,
        title=Text(rule.title.get("zh-hans", ""), rule.title.get("en", "")),
        scope=rule.applies_to,
        measure=rule.measure,
        period=rule.period,
        holder=rule.holder,
        due=due_from(rule.due),
        versions=tuple(_version(version) for version in versions),
        roll_up=rule.roll_up,
        empty=rule.empty,
        pending=rule.pending,
    )


def _version(version: models.RuleVersion) -> RuleVersion:
    target: Target = version.goal
    return RuleVersion(
        effective=Span(version.starts_on, version.ends_on),
        target=target,
        full_mark=float(version.full_mark) if version.full_mark is not None else None,
        parameters=version.parameters,
        warn=warn_from(version.warn),
        weight=float(version.weight),
    )
