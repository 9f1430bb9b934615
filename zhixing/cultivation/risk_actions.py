"""From a signal to a closed risk: found every morning, given to an owner with the play-book's tasks, closed by proof (D-32)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from zhixing.cultivation import risk_signals
from zhixing.cultivation.risks import Grade, PlaybookStep, Risk, Signal
from zhixing.governance.models import Task
from zhixing.governance.queries import living_tasks
from zhixing.kernel import events
from zhixing.kernel.acting import add
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.org.models import Membership, Person, Role, Unit

_GRADES = [Grade.LOW, Grade.MEDIUM, Grade.HIGH]
# What has happened and no record takes back: such a risk is closed once its play-book is done, and found again when the
# count has grown since.
LASTING = frozenset({Signal.DROP_OUTS})
# What a risk says it is; the count follows in the record's own field.
TITLES = {
    Signal.LATE_REVIEWS: gettext_noop("%(name)s: %(value)s reviews are late"),
    Signal.MENTOR_OVERLOAD: gettext_noop("%(name)s: a master has %(value)s apprentices too many"),
    Signal.AGREEMENT_ENDS: gettext_noop("%(name)s: the agreement leaves %(value)s days uncovered"),
    Signal.FIRM_BANNED: gettext_noop("%(name)s: the firm is banned"),
    Signal.DROP_OUTS: gettext_noop("%(name)s: %(value)s%% left before the end"),
    Signal.UNDER_PROMISE: gettext_noop("%(name)s: %(value)s%% of what was promised is lacking"),
}


# Whose it is ------------------------------------------------------------------------------------------------------


class Owners:
    """Who holds a role for a cooperation on a day: its own leaders first, then the college's, then the school's."""

    def __init__(self, on: date):
        rows = Membership.objects.filter(starts_on__lte=on, archived_at=None).exclude(ends_on__lt=on)
        self.at: dict[tuple[str, int], int] = {}
        self.parents = dict(Unit.objects.order_by().values_list("pk", "parent_id"))
        for role, unit, person in rows.order_by("-starts_on", "-pk").values_list("role", "unit_id", "person_id"):
            self.at[role, unit] = person

    def of(self, role: str, subject: risk_signals.Subject) -> Person | None:
        """The person who must act, or None where nobody holds the role."""
        major = subject.major
        own: dict[str, Any] = {
            Role.GROUP_LEADER: major.leader or (major.group.leader if major.group else None),
            Role.TEACHER: subject.owner,
        }
        if own.get(role):
            return own[role]
        for wanted in dict.fromkeys((role, Role.DEAN, Role.OFFICE)):
            unit: int | None = major.unit_id
            while unit is not None:
                if person := self.at.get((wanted, unit)):
                    return Person.objects.get(pk=person)
                unit = self.parents.get(unit)
            for (held, _unit), person in self.at.items():
                # Departments hold their roles at units of their own, beside the colleges.
                if held == wanted and held not in (Role.DEAN, Role.GROUP_LEADER):
                    return Person.objects.get(pk=person)
        return None


# Finding ----------------------------------------------------------------------------------------------------------


@dataclass
class Refreshed:
    """What one counting changed."""

    opened: int = 0
    updated: int = 0
    cleared: int = 0


def refresh_risks(on: date | None = None) -> Refreshed:
    """Count every signal and write what has changed: new risks with their tasks, other counts, signals that are gone.

    Each signal stands once at each cooperation as long as it is not closed. Nothing changes when run again, and two
    runs at the same moment follow one another.
    """
    day = on or timezone.localdate()
    done = Refreshed()
    with transaction.atomic(), override("zh-hans"):
        living = {
            _key(risk): risk
            for risk in Risk._base_manager.select_for_update(of=("self",))
            .filter(archived_at=None)
            .exclude(status=Risk.Status.CLOSED)
            .exclude(signal=Signal.OTHER)
        }
        found = {(item.kind, item.pk, item.signal): item for item in risk_signals.count(day)}
        owners: Owners | None = None
        subjects = _subjects(found)
        dealt_with = _dealt_with()
        for key, item in found.items():
            risk = living.get(key)
            if risk is None and item.value <= dealt_with.get(key, -1):
                continue
            if risk is None:
                owners = owners or Owners(day)
                done.opened += _open(item, subjects[key[:2]], owners, day)
            else:
                done.updated += _update(risk, item, subjects[key[:2]])
        for key, risk in living.items():
            if key not in found and risk.cleared_on is None:
                risk.cleared_on = day
                risk.save(update_fields=["cleared_on", "updated_at"])
                events.log(risk, "changed", by=SYSTEM, data={"cleared_on": day.isoformat()})
                done.cleared += 1
    return done


def _dealt_with() -> dict[tuple[str, int, str], float]:
    """The count at which a lasting signal was last closed, by cooperation and signal."""
    closed = Risk._base_manager.filter(signal__in=LASTING, status=Risk.Status.CLOSED, archived_at=None)
    return {_key(risk): float(risk.value or 0) for risk in closed.order_by("closed_on", "pk")}


def _key(risk: Risk) -> tuple[str, int, str]:
    kind = "apprenticeship" if risk.apprenticeship_id else "order_class"
    return kind, risk.apprenticeship_id or risk.order_class_id or 0, risk.signal


def _subjects(found: dict[tuple[str, int, str], risk_signals.Found]) -> dict[tuple[str, int], Any]:
    read: dict[tuple[str, int], Any] = {}
    for kind, model in risk_signals.KINDS.items():
        keys = {pk for of, pk, _signal in found if of == kind}
        rows = model._default_manager.filter(pk__in=keys).select_related(
            "major__leader", "major__group__leader", "owner"
        )
        read.update({(kind, row.pk): row for row in rows})
    return read


def _title(item: risk_signals.Found, subject: Any) -> str:
    value = f"{item.value:g}"
    return (_now(TITLES[Signal(item.signal)]) % {"name": subject.name, "value": value})[:200]


def _open(item: risk_signals.Found, subject: Any, owners: Owners, day: date) -> int:
    risk = Risk(
        signal=item.signal,
        title=_title(item, subject),
        probability=item.probability,
        impact=item.impact,
        value=Decimal(str(item.value)),
        found_on=day,
        owner=owners.of(Role.GROUP_LEADER, subject) or owners.of(Role.DEAN, subject),
        due=day + timedelta(days=risk_signals.limits(day).due_days[item.grade]),
        **{item.kind: subject},
    )
    add(risk, by=SYSTEM, follows=True)
    run_playbook(risk, owners=owners, grade=item.grade, by=SYSTEM)
    return 1


def _update(risk: Risk, item: risk_signals.Found, subject: Any) -> int:
    values = {
        "probability": item.probability,
        "impact": item.impact,
        "value": Decimal(str(item.value)),
        "title": _title(item, subject),
        "cleared_on": None,
    }
    changed = [name for name, value in values.items() if getattr(risk, name) != value]
    if not changed:
        return 0
    before = Grade(risk.grade)
    for name in changed:
        setattr(risk, name, values[name])
    # A risk that grew worse has less time than it had.
    days = risk_signals.limits(timezone.localdate()).due_days[item.grade]
    if _GRADES.index(item.grade) > _GRADES.index(before):
        risk.due = max(risk.found_on, min(risk.due, timezone.localdate() + timedelta(days=days)))
        changed.append("due")
    risk.save(update_fields=[*changed, "updated_at"])
    events.log(risk, "changed", by=SYSTEM, data={"value": f"{item.value:g}", "grade": item.grade.value})
    return 1


def run_playbook(risk: Risk, *, owners: Owners, grade: Grade, by: Actor) -> list[Task]:
    """Make the play-book's steps for a risk into tasks with owner and date; returns them."""
    subject, made = risk.subject, []
    reached = _GRADES[: _GRADES.index(grade) + 1]
    for item in PlaybookStep.objects.filter(signal=risk.signal, least__in=reached, archived_at=None).order_by("order"):
        task = Task(
            title=f"{item.title}（{subject.name}）"[:200],
            unit=subject.major.unit,
            owner=owners.of(item.role, subject),
            starts_on=risk.found_on,
            due=risk.found_on + timedelta(days=item.days),
            deliverable=item.deliverable,
            appraisal_method=_now("By the risk being closed"),
        )
        made.append(add(task, by=by, comment=risk.title, follows=True))
    risk.tasks.add(*made)
    return made


# Dealing with it --------------------------------------------------------------------------------------------------


def handle_risk(risk: Risk, *, by: Actor, measures: str, due: date | None = None, comment: str = "") -> None:
    """Take a risk in hand: say what is done. A risk that people reported gets its play-book now."""
    with transaction.atomic():
        with step(risk, "handle", by=by, comment=comment) as locked:
            locked.measures = measures
            if due is not None:
                if due > locked.due and not by.can_on(locked, "approve"):
                    raise ValidationError({"due": _("Only whoever closes risks may give more time.")})
                locked.due = due
        if not risk.tasks.exists():
            run_playbook(risk, owners=Owners(timezone.localdate()), grade=Grade(risk.grade), by=by)


def close_risk(risk: Risk, *, by: Actor, comment: str = "") -> None:
    """Close a risk: its signal is no longer counted, or has lasted and was taken in hand; no task of its play-book is open."""
    today = timezone.localdate()
    if risk.signal != Signal.OTHER:
        limit = risk_signals.limits(today).signals[risk.signal]
        kind, pk, signal = _key(risk)
        value = risk_signals.COUNTS[signal](today, limit).get((kind, pk), 0)
        lasts = signal in LASTING and risk.status == Risk.Status.HANDLED
        if limit.grade(value) is not None and not lasts:
            raise FlowError(
                _("The records still show it: %(signal)s, %(value)s."),
                code="still_there",
                params={"signal": risk.get_signal_display(), "value": f"{value:g}"},
            )
    waiting = living_tasks(risk.tasks.all()).count()
    if waiting:
        raise FlowError(
            _("%(number)s tasks of the play-book are still open."), code="tasks_open", params={"number": waiting}
        )
    with step(risk, "close", by=by, comment=comment) as locked:
        locked.closed_on = today
        locked.measures = locked.measures or comment


def reopen_risk(risk: Risk, *, by: Actor, comment: str = "") -> None:
    """Take a closed risk up again, with its reason."""
    with step(risk, "reopen", by=by, comment=comment) as locked:
        locked.closed_on = None
