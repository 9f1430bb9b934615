"""What an assessment report tells: standings, the rows behind them, tasks and appraisals of one unit and year."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.governance.models import Task, TaskAppraisal
from zhixing.insights import figures
from zhixing.insights.models import Report
from zhixing.kernel.scope import Actor
from zhixing.org.calendar import Period
from zhixing.org.models import School, Unit
from zhixing.policy.engine import resolve_year
from zhixing.policy.evidence import Evidence
from zhixing.policy.models import Duty, Policy, Standing, YearClose


@dataclass
class Facts:
    """Everything the report says, read once; the documents only lay it out."""

    school: str
    unit: Unit
    year: Period
    as_of: date
    made_on: date
    # The fingerprint of the closed year, empty while the year runs.
    closed_hash: str
    policies: list[Policy]
    # The unit's own line of each rule, and below it the parts that the rules judge.
    own: list[Standing]
    parts: list[Standing]
    duties: list[Duty]
    tasks: list[Task]
    appraisals: list[TaskAppraisal]
    evidence: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    colleges: list[Standing] = field(default_factory=list)

    @property
    def is_school(self) -> bool:
        return self.unit.kind == Unit.Kind.SCHOOL

    @property
    def frozen(self) -> bool:
        return bool(self.closed_hash)

    @property
    def standings(self) -> list[Standing]:
        """Every standing the report tells, each once: the unit's own line first, then what was judged itself."""
        return list({standing.pk: standing for standing in (*self.own, *self.colleges, *self.parts)}.values())

    @property
    def counts(self) -> Counter[str]:
        """How many judged units are in which state: each duty counted once."""
        return Counter(standing.state for standing in self.parts)

    @property
    def red(self) -> list[Standing]:
        found = [standing for standing in self.parts if standing.state in figures.RED]
        return sorted(found, key=lambda s: (figures.ORDER.index(s.state), s.rule.order, s.unit_code, s.pk))

    @property
    def coming(self) -> list[Standing]:
        """What is met and will end, or is not yet met and has a day ahead; the nearest first."""
        found = [s for s in self.parts if (s.reached and s.breaks_on) or (s.state == "on_track" and s.due)]
        return sorted(
            found, key=lambda s: ((s.breaks_on if s.reached else s.due) or date.max, s.rule.order, s.unit_code, s.pk)
        )

    @property
    def late(self) -> list[Task]:
        """Tasks not done by their day, as it was on the day of the report."""
        return [
            task
            for task in self.tasks
            if task.due and task.due < self.as_of and (task.done_on is None or task.done_on > self.as_of)
        ]

    def overdue_days(self, task: Task) -> int:
        """Days since a task's due day; zero where it has none."""
        return (self.as_of - task.due).days if task.due else 0

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the standings told, one line of canonical JSON each, in the order of the report."""
        digest = hashlib.sha256()
        for standing in self.standings:
            line = [
                standing.rule.policy.code,
                standing.rule.code,
                standing.unit_scope,
                standing.unit_code,
                standing.period_code,
                figures.value_words(standing),
                figures.target_words(standing),
                standing.state,
                standing.evidence_count,
                standing.due.isoformat() if standing.due else None,
            ]
            digest.update((json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode())
        return digest.hexdigest()

    @property
    def number(self) -> str:
        """The report's own number: unit, year, eight digits of the fingerprint. The same facts, the same number."""
        return f"{self.unit.code}〔{self.year.code}〕{self.fingerprint[:8]}"


def reportable(actor: Actor) -> list[Unit]:
    """The units on which somebody may make a report: the school first, then the colleges by code. One query."""
    reach = actor.reach(Report, "add")
    rows = Unit.objects.filter(kind__in=(Unit.Kind.SCHOOL, Unit.Kind.COLLEGE), archived_at=None)
    if not reach.everything:
        rows = rows.filter(pk__in=reach.units)
    return sorted(rows.order_by("code"), key=lambda unit: unit.kind != Unit.Kind.SCHOOL)


def gather(unit: Unit, year_code: str | None, actor: Actor) -> Facts:
    """Read what the report of a unit tells about an academic year (the running one by default).

    A closed year tells its frozen standings. Raises ValidationError when nothing was evaluated, AssessError for a year
    that is none, PermissionDenied when the unit is not the actor's.
    """
    if not actor.is_system and unit.pk not in {one.pk for one in reportable(actor)}:
        raise PermissionDenied(_("You may not make a report of this unit."))
    year, _today = resolve_year(year_code, None)
    close = YearClose.objects.filter(year=year.period.code, closed_at__isnull=False).first()
    rows = Standing.objects.visible_to(actor).filter(year=year.period.code)
    if close is not None:
        rows = rows.filter(frozen_at__isnull=False)
    rows = rows.select_related("rule__policy", "rule__duty__clause", "version", "holder", "unit")
    rows = rows.order_by("rule__policy__issued_on", "rule__policy_id", "rule__order", "period_code", "unit_code", "pk")
    is_school = unit.kind == Unit.Kind.SCHOOL
    if not is_school:
        rows = rows.filter(unit_id=unit.pk)
    level = "school" if is_school else "college"
    standings = list(rows.filter(Q(unit_scope=level) | Q(unit_scope="college") | Q(unit_scope=F("rule__applies_to"))))
    if not standings:
        raise ValidationError(
            _("Nothing has been evaluated for %(year)s yet; evaluate the policy first."),
            params={"year": year.period.code},
        )
    tasks = Task.objects.visible_to(actor).filter(
        archived_at=None, due__range=(year.period.starts_on, year.period.ends_on)
    )
    tasks = tasks.exclude(status="dropped").exclude(book__status="replaced")
    appraisals = TaskAppraisal.objects.visible_to(actor).filter(
        archived_at=None, appraised_on__range=(year.period.starts_on, year.period.ends_on)
    )
    if not is_school:
        tasks, appraisals = tasks.filter(unit=unit), appraisals.filter(task__unit=unit)
    school = School.objects.order_by("pk").first()
    facts = Facts(
        school=school.name if school else str(unit),
        unit=unit,
        year=year.period,
        as_of=year.as_of,
        made_on=timezone.localdate(),
        closed_hash=close.hash if close else "",
        policies=list(Policy.objects.filter(pk__in={s.rule.policy_id for s in standings}).order_by("issued_on", "pk")),
        own=[s for s in standings if s.unit_scope == level],
        parts=[s for s in standings if not s.is_roll_up and s.state != "no_data"],
        duties=list(
            Duty.objects.filter(policy_id__in={s.rule.policy_id for s in standings})
            .select_related("clause")
            .order_by("policy_id", "order")
        ),
        tasks=list(tasks.select_related("owner", "unit").order_by("due", "pk")),
        appraisals=list(appraisals.select_related("task__unit", "appraiser").order_by("-appraised_on", "-pk")),
        colleges=[
            s for s in standings if is_school and s.is_roll_up and s.unit_scope == "college" and s.state != "no_data"
        ],
    )
    behind = Evidence(year).prepare({s.rule_id for s in standings})
    facts.evidence = {s.pk: behind.of(s) for s in facts.parts}
    return facts
