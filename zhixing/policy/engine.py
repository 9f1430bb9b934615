"""The evaluation: every rule for every unit, one SQL statement a measure, and only what moved is written.

Source of the rules: the loaded packs; of the facts: the measures of the domains. A closed year is never touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel import measures
from zhixing.kernel.scope import type_key
from zhixing.org.calendar import Period, academic_year, academic_year_of_code
from zhixing.org.models import Unit
from zhixing.policy import storing
from zhixing.policy.models import Policy, Rule, Standing, Waiver, YearClose
from zhixing.policy.periods import Asked, Year, asked, terms_around
from zhixing.policy.stored import Applied, Rulebook
from zhixing.policy.storing import Finding, Key
from zhixing.policy.units import Holders, Judged, Units, scopes
from zhixing.policy.verdicts import Part, judge, roll_up

Progress = Callable[[int, int, str], None]
# How many records on file are kept as mends of one standing: the nearest ones.
_MENDS = 3


class AssessError(ValueError):
    """A call that names something that is not there: one sentence for whoever called."""


@dataclass
class Result:
    """What an evaluation found, in the order of the rules; `written` standings moved in the database."""

    year: Period
    as_of: date
    findings: list[Finding | Standing] = field(default_factory=list)
    written: int = 0
    stored: bool = False
    # The year is closed: these are its frozen standings.
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """A rule asked for one period."""

    applied: Applied
    asked: Asked


def resolve_year(code: str | None, as_of: date | None) -> tuple[Year, bool]:
    """The academic year asked for and whether the question is that of today: only today's answers are stored.

    Raises AssessError for a name that is not an academic year, or a day outside the year.
    """
    today = timezone.localdate()
    if code:
        try:
            period = academic_year_of_code(code)
        except ValueError as error:
            raise AssessError(
                _("“%(code)s” is not an academic year; write one as 2025-2026.") % {"code": code}
            ) from error
        if as_of and as_of not in period:
            raise AssessError(
                _("%(day)s does not lie in the academic year %(year)s.") % {"day": as_of, "year": period.code}
            )
        natural = min(today, period.ends_on)
        if period.starts_on > today and as_of is None:
            raise AssessError(_("The academic year %(year)s has not begun.") % {"year": period.code})
    else:
        period = academic_year(as_of or today)
        natural = min(today, period.ends_on)
    day = as_of or natural
    past = period.ends_on < today
    told_on = today if past and day == natural else day
    return Year(period, day, past, terms_around(period), told_on), day == natural


def open_years() -> list[str]:
    """Past academic years that have standings and are not closed: late records may still move them."""
    today = academic_year(timezone.localdate()).code
    closed = YearClose.objects.filter(closed_at__isnull=False).values("year")
    rows = Standing.objects.filter(frozen_at=None).exclude(year__in=closed).exclude(year__gte=today)
    return sorted(rows.order_by().values_list("year", flat=True).distinct())


def assess(
    policy: str | None = None,
    year: str | None = None,
    as_of: date | None = None,
    rule: str | None = None,
    unit: str | None = None,
    progress: Progress | None = None,
    store: bool | None = None,
    rules: Collection[int] | None = None,
    keys: Collection[int] | None = None,
    what_if: bool = False,
) -> Result:
    """Evaluate and store.

    `policy`, `rule`, `unit` are codes that people see (a college's code takes in all its parts); `year` an academic
    year, the running one by default; `as_of` another day, whose answers are told but not stored unless `store` says so.
    `rules` and `keys` (ids) narrow the work to the rules and units that a changed record touches.

    A closed year answers with its frozen standings; with `what_if` it is counted anew by today's records, and nothing
    is stored. Returns what was found for exactly what was asked. Raises AssessError with one sentence.
    """
    asked_year, is_today = resolve_year(year, as_of)
    if not what_if and is_closed(asked_year.period.code):
        return _frozen(asked_year, policy, rule, unit, rules, keys)
    store = (is_today if store is None else store) and not what_if
    if not store:
        return _run(asked_year, False, policy, rule, unit, progress, rules, keys)
    with transaction.atomic():
        storing.lock()
        return _run(asked_year, True, policy, rule, unit, progress, rules, keys)


def is_closed(year: str) -> bool:
    """Whether an academic year is closed: its standings do not move any more."""
    return YearClose.objects.filter(year=year, closed_at__isnull=False).exists()


def _frozen(
    year: Year,
    policy: str | None,
    rule: str | None,
    unit: str | None,
    rules: Collection[int] | None,
    keys: Collection[int] | None,
) -> Result:
    standings = Standing.objects.filter(year=year.period.code, frozen_at__isnull=False).select_related(
        "rule__duty__clause", "rule__policy"
    )
    _chosen([], policy, rule, None)
    if policy is not None:
        standings = standings.filter(rule__policy__code=policy)
    if rule is not None:
        standings = standings.filter(rule__code=rule)
    if rules is not None:
        standings = standings.filter(rule_id__in=rules)
    if keys is not None:
        standings = standings.filter(unit_key__in=keys)
    rows = list(
        standings.order_by("rule__policy__issued_on", "rule__order", "period_code", "unit_scope", "unit_code", "pk")
    )
    if unit is not None:
        wanted = _unit_ids(unit, Units(year.as_of))
        rows = [row for row in rows if wanted(row)]
    return Result(year.period, year.as_of, list(rows), frozen=True)


def _run(
    year: Year,
    store: bool,
    policy: str | None,
    rule: str | None,
    unit: str | None,
    progress: Progress | None,
    rules: Collection[int] | None,
    keys: Collection[int] | None,
) -> Result:
    applied = _chosen(Rulebook().on(year.as_of), policy, rule, rules)
    units = Units(year.as_of)
    chosen = _unit_ids(unit, units) if unit else None
    questions = [
        _Question(one, question)
        for one in applied
        for question in asked(one.rule.period, year, one.version.parameters, one.plan, one.version.warn.terms_ahead)
    ]
    before = storing.load({q.applied.rule_id for q in questions}, {q.asked.period.code for q in questions})
    run = _Evaluation(year, units, before, keys)
    for i, question in enumerate(questions):
        if progress:
            progress(i, len(questions), f"{question.applied.rule.id} {question.applied.rule.title.zh_hans}")
        run.evaluate(question)
    if progress:
        progress(len(questions), len(questions), "")
    result = Result(year.period, year.as_of, stored=store)
    if store:
        result.written = storing.save(run.found, before, year.as_of, run.gone() if keys is None else run.gone_of(keys))
    wanted = run.found.values() if chosen is None else [found for found in run.found.values() if chosen(found)]
    result.findings = sorted(wanted, key=_order)
    return result


_SCOPE_ORDER = {"college": 1, "school": 2}


def _order(found: Finding) -> tuple[Any, ...]:
    level = _SCOPE_ORDER.get(found.unit_scope, 0) if found.unit_scope != found.applied.rule.scope else 0
    return found.applied.policy_order, found.applied.order, found.period_code, level, found.unit_code, found.unit_key


def _chosen(applied: list[Applied], policy: str | None, rule: str | None, ids: Collection[int] | None) -> list[Applied]:
    if policy is not None:
        if not Policy.objects.filter(code=policy).exists():
            known = ", ".join(Policy.objects.order_by("code").values_list("code", flat=True)) or "—"
            raise AssessError(
                _("There is no policy “%(code)s”; loaded are: %(known)s.") % {"code": policy, "known": known}
            )
        applied = [one for one in applied if one.effective.policy == policy]
    if rule is not None:
        if not Rule.objects.filter(code=rule).exists():
            raise AssessError(_("There is no rule “%(code)s”.") % {"code": rule})
        applied = [one for one in applied if one.rule.id == rule]
    if ids is not None:
        applied = [one for one in applied if one.rule_id in ids]
    return applied


def _unit_ids(code: str, units: Units) -> Callable[[Finding | Standing], bool]:
    """Whether a standing is of the unit called `code`, or of a part of the college called so."""
    college = Unit.objects.filter(code=code).values_list("pk", flat=True).first()
    known = {judged.code for scope in scopes() for judged in units.of(scope)}
    if college is None and code not in known:
        raise AssessError(_("There is no unit “%(code)s”.") % {"code": code})
    is_school = any(judged.key == college for judged in units.of("school"))

    def wanted(found: Finding | Standing) -> bool:
        if found.unit_code == code:
            return True
        return college is not None and not is_school and found.unit_id == college

    return wanted


class _Evaluation:
    """One evaluation: findings by key, made measure by measure, then rolled up."""

    def __init__(self, year: Year, units: Units, before: dict[Key, storing.Stored], keys: Collection[int] | None):
        self.year, self.units, self.before, self.keys = year, units, before, keys
        self.found: dict[Key, Finding] = {}
        self.holders = Holders(year.as_of)
        self.waivers = _Waivers(year.as_of)
        self.asked_rules: set[tuple[int, str]] = set()
        # What is on file of the parts that are not asked again, for the roll-ups above them.
        self.parts: dict[tuple[int, str, str], dict[int, Finding | storing.Stored]] = defaultdict(dict)
        if keys is not None:
            for (rule, scope, key, period), stored in before.items():
                self.parts[rule, scope, period][key] = stored

    def evaluate(self, question: _Question) -> None:
        applied, period = question.applied, question.asked.period
        rule = applied.rule
        self.asked_rules.add((applied.rule_id, period.code))
        judged = self.units.of(rule.scope)
        if self.keys is not None:
            judged = [one for one in judged if one.key in self.keys]
        for found in self._judge(question, judged) if judged else ():
            self.found[found.key] = found
            self.parts[applied.rule_id, rule.scope, period.code][found.unit_key] = found
        for level in ("college", "school"):
            if level in rule.roll_up and level != rule.scope:
                self._roll_up(question, level)
        # A rule that judges nothing yet and rolls up to nobody is still answered for, by the school.
        if not self.units.of(rule.scope) and "school" not in rule.roll_up and self.units.school:
            self._add(question, self.units.school, "school", "no_data")

    def _judge(self, question: _Question, judged: list[Judged]) -> list[Finding]:
        applied, window = question.applied, question.asked.window
        rule, version = applied.rule, applied.version
        measure = measures.get(rule.measure)
        pending = measure is None
        values: dict[int, measures.Value] = {}
        breaks: dict[int, date] = {}
        dues: dict[int, date] = {}
        if measure is not None:
            keys = None if self.keys is None else [one.key for one in judged]
            values = measures.values(measure, window, version.parameters, keys)
            at_least = version.target.value if version.target.kind == "at_least" else 0
            breaks = measures.break_dates(measure, window, version.parameters, at_least)
            dues = measures.due_dates(measure, window, version.parameters)
        nothing = measures.nothing(measure) if measure else measures.Value(None, 0)
        findings = []
        for one in judged:
            key = (applied.rule_id, rule.scope, one.key, question.asked.period.code)
            before = self.before.get(key)
            value = values.get(one.key, nothing)
            number = None if value.value is None else round(float(value.value), 4)
            verdict = judge(
                value=number,
                evidence_count=value.evidence_count,
                target=version.target,
                warn=version.warn,
                due=rule.due,
                empty=rule.empty,
                asked=question.asked,
                breaks_on=breaks.get(one.key),
                record_due=dues.get(one.key),
                found_before=_lack_before(before, self.year.as_of),
                waived=self.waivers.hold(applied.rule_id, one),
                pending=pending,
            )
            findings.append(
                self._finding(
                    question,
                    one,
                    rule.scope,
                    value=number,
                    target=version.target.value,
                    state=verdict.state,
                    reached=verdict.reached,
                    evidence_count=value.evidence_count,
                    due=verdict.due,
                    breaks_on=breaks.get(one.key) if verdict.reached else None,
                    found_on=verdict.found_on,
                )
            )
        if measure is not None and measure.mends is not None:
            lacking = {found.unit_key for found in findings if found.found_on is not None}
            if lacking:
                self._add_mends(measure, question, findings, lacking)
        return findings

    @staticmethod
    def _add_mends(measure: measures.Measure, question: _Question, findings: list[Finding], lacking: set[int]) -> None:
        """The nearest records on file that would mend each lack, in one statement."""
        assert measure.mends is not None
        rows = measure.mends(question.asked.window, question.applied.version.parameters).filter(unit_key__in=lacking)
        needs = getattr(rows.model, "title_needs", ())
        rows = rows.select_related(*needs) if needs else rows
        nearest: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows.order_by("on", "pk"):
            kept = nearest[row.unit_key]
            if len(kept) < _MENDS:
                on = row.on.isoformat() if row.on else None
                kept.append({"type": type_key(row), "id": row.pk, "label": str(row)[:120], "on": on})
        for i, found in enumerate(findings):
            if found.unit_key in nearest:
                findings[i] = replace(found, mends=tuple(nearest[found.unit_key]))

    def _finding(self, question: _Question, judged: Judged, scope: str, **rest: Any) -> Finding:
        applied, period = question.applied, question.asked.period
        return Finding(
            applied=applied,
            unit_scope=scope,
            unit_key=judged.key,
            unit_code=judged.code,
            unit_name=judged.name,
            unit_id=judged.unit_id,
            holder_id=self.holders.of(applied.rule.holder, judged),
            year=self.year.period.code,
            period_code=period.code,
            period_starts_on=period.starts_on,
            period_ends_on=period.ends_on,
            **rest,
        )

    def _add(self, question: _Question, judged: Judged, scope: str, state: str, **rest: Any) -> None:
        blank: dict[str, Any] = {
            "value": None,
            "target": None,
            "reached": False,
            "evidence_count": 0,
            "due": None,
            "breaks_on": None,
            "found_on": None,
        }
        found = self._finding(question, judged, scope, state=state, **{**blank, **rest})
        self.found[found.key] = found

    def _roll_up(self, question: _Question, level: str) -> None:
        """The standings that units of `level` owe to their parts."""
        applied, period = question.applied, question.asked.period
        rule = applied.rule
        parts: dict[int, list[Finding | storing.Stored]] = defaultdict(list)
        school = self.units.school
        present = {one.key for one in self.units.of(rule.scope)}
        for key, part in self.parts[applied.rule_id, rule.scope, period.code].items():
            if key in present:
                parts[school.key if level == "school" and school else part.unit_id].append(part)
        for judged in self.units.of(level):
            own = parts.get(judged.key, [])
            pending = measures.get(rule.measure) is None
            how = rule.roll_up[level]
            state, reached, value, count = roll_up(how, [Part(p.state, p.reached) for p in own], pending)
            lacking = [p for p in own if p.found_on is not None]
            dues = [p.due for p in lacking if p.due is not None]
            ends = [p.breaks_on for p in own if p.breaks_on is not None]
            self._add(
                question,
                judged,
                level,
                state,
                value=None if value is None else round(value, 4),
                target=1.0,
                reached=reached,
                evidence_count=count,
                due=min(dues, default=None),
                breaks_on=min(ends, default=None) if reached else None,
                found_on=min((p.found_on for p in lacking if p.found_on), default=None),
            )

    def gone(self) -> list[Key]:
        """Standings on file of units judged no longer: a group that ended, a committee whose term is over."""
        return [
            key
            for key, stored in self.before.items()
            if key not in self.found and not stored.frozen and (key[0], key[3]) in self.asked_rules
        ]

    def gone_of(self, keys: Collection[int]) -> list[Key]:
        """The same, of the touched units only."""
        scopes = {found.applied.rule_id: found.applied.rule.scope for found in self.found.values()}
        return [key for key in self.gone() if key[2] in keys and key[1] == scopes.get(key[0], key[1])]


def _lack_before(stored: storing.Stored | None, as_of: date) -> date | None:
    if stored is None or stored.found_on is None:
        return None
    # An earlier day asked later must not be told of a lack found after it.
    return min(stored.found_on, as_of)


class _Waivers:
    """Approved waivers in force on a day: one query."""

    def __init__(self, on: date):
        rows = Waiver.objects.filter(
            archived_at=None, status=Waiver.Status.APPROVED, starts_on__lte=on, ends_on__gte=on
        ).order_by("pk")
        self._one: set[tuple[int, int]] = set()
        self._whole: set[tuple[int, int]] = set()
        for rule, key, unit in rows.values_list("rule_id", "unit_key", "unit_id"):
            if key is None:
                self._whole.add((rule, unit))
            else:
                self._one.add((rule, key))

    def hold(self, rule_id: int, judged: Judged) -> bool:
        return (rule_id, judged.key) in self._one or (rule_id, judged.unit_id) in self._whole
