"""What pages of running placements ask: a supervisor's day, the way round the firms, a mentor's students."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet

from zhixing.kernel.scope import Actor
from zhixing.org.calendar import monday_of
from zhixing.partners.models import Contact, Organisation
from zhixing.practice import running_papers
from zhixing.practice.distance import between
from zhixing.practice.placements import Placement
from zhixing.practice.plans import Supervisor
from zhixing.practice.running import PresenceSignal, PresenceWeek, SignalKind, Visit, WeekEntry
from zhixing.practice.running_cases import Incident, IncidentReport, Leave, PlacementChange
from zhixing.practice.running_numbers import RunRule, number_on

_SHOWN = 12


@dataclass
class Day:
    """What needs a supervisor today, the most urgent first; lists hold at most a dozen, counts all."""

    reports: list[IncidentReport] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)
    changes: list[PlacementChange] = field(default_factory=list)
    checks: list[PresenceWeek] = field(default_factory=list)
    papers: list[PresenceSignal] = field(default_factory=list)
    talks: list[WeekEntry] = field(default_factory=list)
    missing: list[Placement] = field(default_factory=list)
    unread: int = 0
    students: int = 0
    grades: int = 0
    visits: list[Visit] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        rows = (
            self.reports,
            self.incidents,
            self.leaves,
            self.changes,
            self.checks,
            self.papers,
            self.talks,
            self.missing,
        )
        return sum(len(row) for row in rows) + self.unread


def supervised(actor: Actor) -> Q:
    """The placements that a person looks after: as their supervisor."""
    return Q(placement__supervisor=actor.person_id or 0, placement__archived_at=None)


def day_of(actor: Actor, today: date) -> Day:
    """What needs this supervisor today; a fixed number of queries."""
    mine, shown = supervised(actor), ("placement__student", "placement__post__organisation")
    last = monday_of(today) - timedelta(days=7)
    running = Placement.objects.filter(supervisor=actor.person_id or 0, status="running", archived_at=None)
    handed = WeekEntry.objects.filter(monday=last, archived_at=None).values("placement")
    due = running.filter(starts_on__lte=last + timedelta(days=4), ends_on__gte=last).exclude(pk__in=handed)
    away = Leave.objects.filter(
        status="granted", starts_on__lte=last, ends_on__gte=last + timedelta(days=4), archived_at=None
    )
    open_reports = IncidentReport.objects.filter(
        status="waiting", archived_at=None, incident__placement__supervisor=actor.person_id or 0
    )
    entries = WeekEntry.objects.filter(mine, archived_at=None)
    return Day(
        reports=list(open_reports.select_related("incident__placement__student").order_by("due_at")[:_SHOWN]),
        incidents=list(
            Incident.objects.filter(mine, status="open", archived_at=None)
            .select_related(*shown)
            .order_by("-happened_at")[:_SHOWN]
        ),
        leaves=list(
            Leave.objects.filter(mine, status="asked", archived_at=None)
            .select_related(*shown)
            .order_by("starts_on")[:_SHOWN]
        ),
        changes=list(
            PlacementChange.objects.filter(mine, status="asked", archived_at=None)
            .select_related(*shown)
            .order_by("pk")[:_SHOWN]
        ),
        checks=list(
            PresenceWeek.objects.filter(mine, status="asked", archived_at=None)
            .select_related(*shown)
            .order_by("monday", "pk")[:_SHOWN]
        ),
        papers=list(running_papers.waiting(actor.person_id or 0)[:_SHOWN]),
        talks=list(entries.filter(status="talk").select_related(*shown).order_by("monday")[:_SHOWN]),
        missing=list(
            due.exclude(pk__in=away.values("placement"))
            .select_related("student", "post__organisation")
            .order_by("student__number")[:_SHOWN]
        ),
        unread=entries.filter(status="handed").count(),
        students=running.count(),
        grades=Placement.objects.filter(supervisor=actor.person_id or 0, status="ended", archived_at=None).count(),
        visits=list(
            Visit.objects.filter(supervisor=actor.person_id or 0, archived_at=None)
            .filter(
                Q(status="planned")
                | Q(status="done", signed_at=None, mode="site", visited_on__gte=today - timedelta(days=3))
            )
            .select_related("organisation")
            .order_by("visited_on")[:_SHOWN]
        ),
    )


@dataclass(frozen=True)
class Stop:
    """A firm on the way: who of the supervisor's is there, when it was last seen, how far it is from the stop before (km)."""

    organisation: Organisation
    placements: list[Placement]
    last: date | None
    overdue: bool
    kilometres: float | None
    address: str


def route_of(actor: Actor, today: date) -> list[Stop]:
    """The supervisor's firms in the order of a short way round: begins where nobody was for longest, then ever the nearest."""
    rows = Placement.objects.filter(supervisor=actor.person_id or 0, status="running", archived_at=None)
    at: dict[Organisation, list[Placement]] = defaultdict(list)
    for row in rows.select_related("student", "post__organisation").order_by("student__number"):
        at[row.post.organisation].append(row)
    every = number_on(RunRule.Code.VISIT_DAYS, today)
    seen = dict(
        Visit.objects.filter(supervisor=actor.person_id or 0, status="done", mode="site", archived_at=None)
        .values_list("organisation")
        .annotate(last=Max("visited_on"))
        .order_by()
    )
    points = {firm: _point_of(placements) for firm, placements in at.items()}
    waiting = sorted(at, key=lambda firm: (seen.get(firm.pk) or date.min, firm.name))
    stops: list[Stop] = []
    here: tuple[float, float] | None = None
    while waiting:
        near = [firm for firm in waiting if points[firm] is not None]
        firm = min(near, key=lambda f: between(here, points[f])) if here and near else waiting[0]  # type: ignore[arg-type]
        waiting.remove(firm)
        point, last = points[firm], seen.get(firm.pk)
        stops.append(
            Stop(
                organisation=firm,
                placements=at[firm],
                last=last,
                overdue=last is None or (today - last).days > every,
                kilometres=round(between(here, point), 1) if here and point else None,
                address=next((row.post.address for row in at[firm] if row.post.address), ""),
            )
        )
        here = point or here
    return stops


def _point_of(placements: list[Placement]) -> tuple[float, float] | None:
    for row in placements:
        if row.post.longitude is not None and row.post.latitude is not None:
            return float(row.post.longitude), float(row.post.latitude)
    return None


def unread_of(actor: Actor) -> QuerySet[WeekEntry]:
    """The weeks that an actor may read and nobody has read yet, the oldest first."""
    rows = WeekEntry.objects.all().visible_to(actor, "approve")  # type: ignore[attr-defined]
    return rows.filter(status="handed", archived_at=None).order_by("monday", "placement_id")


def of_mentor(mentor: Contact, monday: date) -> list[dict[str, Any]]:
    """A mentor's students of a week, and what the mentor already said of them."""
    rows = Placement.objects.filter(
        mentor=mentor, status__in=("running", "ended"), starts_on__lte=monday + timedelta(days=6), archived_at=None
    ).exclude(ended_on__lt=monday)
    said = dict(
        PresenceSignal.objects.filter(
            kind=SignalKind.MENTOR, day__range=(monday, monday + timedelta(days=6)), placement__mentor=mentor
        ).values_list("placement", "confirms")
    )
    placements = rows.select_related("student__cohort__major", "post", "supervisor").order_by("student__number")
    return [{"placement": row, "said": said.get(row.pk)} for row in placements]


@dataclass(frozen=True)
class Contacts:
    """Whom a student or a guardian calls: numbers of the school's, never a teacher's own."""

    supervisor: str
    duty: str


def contacts_of(placement: Placement) -> Contacts:
    """The work phone of a placement's supervisor in its plan, and the plan's duty phone; empty where none is given."""
    rows = Supervisor.objects.filter(plan=placement.plan_id, person=placement.supervisor_id or 0, archived_at=None)
    return Contacts(rows.values_list("work_phone", flat=True).first() or "", placement.plan.duty_phone)


def last_visit(placement: Placement) -> Visit | None:
    """The latest visit of the school in which the student was met."""
    rows = placement.visits.filter(status=Visit.Status.DONE, archived_at=None)  # type: ignore[attr-defined]
    return rows.order_by("-visited_on", "-pk").first()


def away_on(placement: Placement, day: date) -> Leave | None:
    """The granted leave that a day falls into."""
    rows = Leave.objects.filter(placement=placement, status=Leave.Status.GRANTED, archived_at=None)
    return rows.filter(starts_on__lte=day, ends_on__gte=day).first()


def weeks_of(placement: Placement) -> list[PresenceWeek]:
    """The evidence of a placement's weeks, the oldest first."""
    return list(PresenceWeek.objects.filter(placement=placement, archived_at=None).order_by("monday"))
