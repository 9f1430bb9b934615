"""An incident's clock: who is told by when, told at once where the system can, and who is reminded when the time is over (I-35)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import CharField, Exists, Model, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from zhixing.kernel import gateways, links, notices
from zhixing.kernel.models import Notice
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.sheet import sheet_for
from zhixing.org.actors import holders
from zhixing.org.models import Role
from zhixing.practice.consent_actions import GUARDIAN
from zhixing.practice.running_cases import Incident, IncidentReport, Recipient, ReportDuty
from zhixing.practice.running_numbers import RunRule, in_force, number_on

NEW = gettext_noop("Incident: %(incident)s. Gravity: %(gravity)s. It happened at %(at)s.")
LATE = gettext_noop("%(recipient)s was to be told of “%(incident)s” by %(due)s and is not noted as told.")
_LATE_KEY = "incident_late:"
INSIDE = {
    Recipient.SUPERVISOR: (),
    Recipient.COLLEGE: (Role.DEAN, Role.SECRETARY),
    Recipient.OFFICE: (Role.OFFICE,),
    Recipient.LEADER: (Role.LEADER,),
}


def duties_of(severity: str, on: datetime) -> list[ReportDuty]:
    """Who must be told of an incident of this gravity, the most urgent first, by the numbers in force that day."""
    day = timezone.localtime(on).date()
    return list(in_force(ReportDuty, day).filter(severity=severity).order_by("minutes", "recipient"))


def users_for(incident: Incident, recipient: str) -> list[int]:
    """The accounts (ids) of the school's people behind a recipient, stand-ins among them; none for those outside."""
    placement = incident.placement
    if recipient == Recipient.SUPERVISOR:
        return list(_accounts().filter(person=placement.supervisor_id or 0).values_list("pk", flat=True))
    unit = placement.plan.major.unit_id if recipient == Recipient.COLLEGE else None
    return sorted({user for role in INSIDE.get(Recipient(recipient), ()) for user in holders(role, unit)})


def _accounts() -> Any:
    return get_user_model()._default_manager.filter(is_active=True)


def begin(incident: Incident) -> list[IncidentReport]:
    """Write the chain of an open incident and tell those inside at once; returns what is new of it. Safe to repeat.

    The clock runs from the moment the incident is known. A grave one may turn out to be graver: then the missing links
    are added. One that is entered when all is over has nobody to be told: it alarms no guardian afterwards.
    """
    if incident.status != Incident.Status.OPEN or incident.archived_at is not None:
        return []
    known = incident.created_at or timezone.now()
    there = set(incident.reports.values_list("recipient", flat=True))
    rows = [
        IncidentReport(incident=incident, recipient=duty.recipient, due_at=known + timedelta(minutes=duty.minutes))
        for duty in duties_of(incident.severity, known)
        if duty.recipient not in there
    ]
    for row in rows:
        row.save(force_insert=True)
        tell_inside(incident, row.recipient)
        if row.recipient == Recipient.GUARDIAN and tell_guardian(incident):
            # A message is not yet a word with somebody: the link of the chain stays open until they were spoken to.
            row.how = gettext("text message sent")
            row.save(update_fields=["how"])
    return rows


def incidents_changed(model: type[Model], keys: set[int]) -> None:
    """Begin the chain of what was written past `Incident.save`, as by a register. Told after each commit."""
    if model is Incident:
        for incident in Incident.objects.filter(pk__in=keys, status=Incident.Status.OPEN, archived_at=None):
            with transaction.atomic():
                # Two commits at once would else both write the chain.
                begin(Incident._base_manager.select_for_update(of=("self",)).get(pk=incident.pk))


def tell_guardian(incident: Incident) -> bool:
    """Send the guardian a text message with a link to where the child is and what happened; false without a telephone number."""
    student = incident.placement.student
    if not student.guardian_phone:
        return False
    name = student.guardian_name or student.name
    days = number_on(RunRule.Code.LINK_DAYS, timezone.localdate())
    # Marked by its incident: a link that the office hands out later takes nothing from it.
    mark = {"incident": incident.pk}
    url = links.issue(GUARDIAN, incident.placement, name=name, by=SYSTEM, days=days, data=mark)
    with translation.override(settings.LANGUAGE_CODE):
        text = gettext(
            "%(student)s: %(kind)s at the internship on %(at)s. The school is looking after it: %(link)s"
        ) % {
            "student": student.name,
            "kind": incident.get_kind_display(),
            "at": timezone.localtime(incident.happened_at).strftime("%m-%d %H:%M"),
            "link": url,
        }
    gateways.send(gateways.SMS, student.guardian_phone, "", text)
    return True


def tell_inside(incident: Incident, recipient: str) -> int:
    """Put the incident into the inbox of the school's people behind a recipient; returns how many are new."""
    sheet = sheet_for(Incident)
    params = {
        "incident": str(incident),
        "gravity": str(incident.get_severity_display()),
        "at": timezone.localtime(incident.happened_at).strftime("%Y-%m-%d %H:%M"),
    }
    url = sheet.url("detail", incident.pk) if sheet else ""
    return notices.send(users_for(incident, recipient), f"incident:{incident.pk}", NEW, params, url)


def remind(now: datetime) -> int:
    """Tell supervisor, college and office of each report whose time is over; returns how many notices are new."""
    late = IncidentReport.objects.filter(status="waiting", due_at__lt=now, archived_at=None)
    # Every ten minutes: who was told of it once is not looked for again.
    key = Concat(Value(_LATE_KEY), Cast(OuterRef("pk"), CharField()))
    late = late.exclude(Exists(Notice.objects.filter(key=key)))
    sent = 0
    sheet = sheet_for(Incident)
    rows = late.select_related(
        "incident__placement__student",
        "incident__placement__post__organisation",
        "incident__placement__plan__major__unit",
    ).order_by("due_at", "pk")
    above: _Above | None = None
    for row in rows:
        above = above or _Above()
        params = {
            "recipient": str(row.get_recipient_display()),
            "incident": str(row.incident),
            "due": timezone.localtime(row.due_at).strftime("%Y-%m-%d %H:%M"),
        }
        url = sheet.url("detail", row.incident_id) if sheet else ""
        sent += notices.send(above.users_of(row.incident), f"{_LATE_KEY}{row.pk}", LATE, params, url)
    return sent


class _Above:
    """Who stands above each incident: its supervisor, its college's heads and the office; each is looked up once."""

    def __init__(self) -> None:
        self.office = holders(Role.OFFICE)
        self.heads: dict[int, list[int]] = {}
        late = IncidentReport.objects.filter(status="waiting", archived_at=None)
        rows = _accounts().filter(person__in=late.values("incident__placement__supervisor"))
        self.supervisors: dict[int, int] = dict(rows.order_by().values_list("person", "pk"))

    def users_of(self, incident: Incident) -> list[int]:
        """The accounts (ids) of those above an incident."""
        placement = incident.placement
        unit = placement.plan.major.unit_id
        if unit not in self.heads:
            self.heads[unit] = [user for role in INSIDE[Recipient.COLLEGE] for user in holders(role, unit)]
        supervisor = self.supervisors.get(placement.supervisor_id or 0)
        return sorted({*self.office, *self.heads[unit], *((supervisor,) if supervisor else ())})
