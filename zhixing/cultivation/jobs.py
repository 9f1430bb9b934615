"""Daily: signals are counted, new risks opened with their tasks, and a high risk past its day reaches the owner's head;
follow-ups that fall due are told and asked."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from zhixing.cultivation import follow_up_links
from zhixing.cultivation.risk_actions import refresh_risks
from zhixing.cultivation.risks import Grade, Risk
from zhixing.governance.queries import Heads
from zhixing.kernel import notices
from zhixing.kernel.sheet import sheet_for

NEW = gettext_noop("New risk: %(risk)s. It is to be dealt with by %(due)s.")
LATE = gettext_noop("The high risk “%(risk)s” was to be closed by %(due)s and is still open.")


def watch_risks(on: date) -> int:
    """Count the signals of a day and send what is new to whom it concerns; returns how many notices are new. Safe to repeat."""
    refresh_risks(on)
    sheet, heads, sent = sheet_for(Risk), Heads(on), 0
    living = Risk.objects.filter(archived_at=None).exclude(status=Risk.Status.CLOSED)
    rows = living.select_related("apprenticeship__major", "order_class__major").order_by("pk")
    for risk in rows:
        url = sheet.url("detail", risk.pk) if sheet else ""
        unit = risk.subject.major.unit_id
        params = {"risk": risk.title, "due": risk.due.isoformat()}
        if risk.found_on == on:
            people = [risk.owner_id] if risk.owner_id else heads.of(unit)
            sent += notices.send_to_people(people, f"risk:{risk.pk}:{risk.found_on}", NEW, params, url)
        if risk.due < on and risk.grade == Grade.HIGH:
            above = [*heads.of(unit, risk.owner_id), *([risk.owner_id] if risk.owner_id else [])]
            sent += notices.send_to_people(above, f"risk_late:{risk.pk}:{risk.due}", LATE, params, url)
    return sent


# The queue's clock is UTC: seven in the morning in China, before the day's reminders.
@app.periodic(cron="0 23 * * *")
@app.task(queue="default", queueing_lock="watch_risks")
def watch_risks_daily(timestamp: int = 0) -> int:
    """Every morning before work."""
    return watch_risks(timezone.localdate())


# Half an hour later: half past seven in the morning in China.
@app.periodic(cron="30 23 * * *")
@app.task(queue="default", queueing_lock="remind_follow_ups")
def remind_follow_ups_daily(timestamp: int = 0) -> int:
    """Every morning before work."""
    return follow_up_links.remind(timezone.localdate())
