"""Every morning: what was pledged and is late, equipment that stands idle, safety checks past their day; each told once a step.

Also the students due are counted anew, so that the planner never looks at last month's classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from zhixing.bases import demand, queries
from zhixing.bases.models import Base
from zhixing.kernel import notices
from zhixing.kernel.models import Record
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Membership

LATE_DELIVERY = gettext_noop("“%(title)s” for %(base)s was to be delivered on %(due)s and is %(days)s days late.")
IDLE = gettext_noop("“%(title)s” at %(base)s has not been used for %(days)s days.")
LATE_CHECK = gettext_noop("The safety check of %(base)s was due on %(due)s and is %(days)s days late.")


def _deans(units: Iterable[int], on: date) -> dict[int, set[int]]:
    """The deans of some units, by unit: one query."""
    found: dict[int, set[int]] = {}
    rows = Membership.objects.filter(role="dean", unit__in=set(units), starts_on__lte=on, archived_at=None)
    for unit, person in rows.exclude(ends_on__lt=on).values_list("unit_id", "person_id"):
        found.setdefault(unit, set()).add(person)
    return found


def _people(base: Base, deans: dict[int, set[int]], with_dean: bool) -> set[int]:
    """Who keeps a base; its dean too where nobody does or the matter has gone on for long."""
    people = {base.manager_id} - {None}
    return people | deans.get(base.unit_id, set()) if with_dean or not people else people


def _url(record: Record) -> str:
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet else ""


def _remind_late(rows: list, on: date, days: list[int], name: str, text: str) -> int:
    """One notice for each step of lateness that a row has reached; a day on which nothing ran is made up for once."""
    deans = _deans([row.base.unit_id for row in rows], on)
    sent = 0
    for row in rows:
        late = (on - row.due).days
        reached = [step for step in sorted(days) if step <= late]
        if not reached:
            continue
        params = {
            "title": getattr(row, "title", ""),
            "base": row.base.name,
            "due": row.due.isoformat(),
            "days": late,
        }
        key = f"{name}:{row.pk}:{row.due}:{reached[-1]}"
        people = _people(row.base, deans, with_dean=reached[-1] == max(days))
        sent += notices.send_to_people(people, key, text, params, _url(row))
    return sent


def remind_undelivered(on: date) -> int:
    """Tell of pledges that are past their day (D-35); returns how many notices are new. Safe to repeat."""
    rows = list(queries.undelivered(on).select_related("base"))
    return _remind_late(rows, on, settings.ZHIXING["late_delivery_days"], "contribution_late", LATE_DELIVERY)


def remind_overdue_checks(on: date) -> int:
    """Tell of safety checks that are past their day; returns how many notices are new. Safe to repeat."""
    rows = list(queries.overdue_checks(on).select_related("base"))
    return _remind_late(rows, on, settings.ZHIXING["late_safety_days"], "safety_late", LATE_CHECK)


def remind_idle(on: date) -> int:
    """Tell of equipment that nobody uses, once for each spell of idleness; returns how many notices are new.

    A spell is known by the year and half-year in which it is told: what still stands idle then is told again.
    """
    rows = list(queries.idle(on).select_related("base"))
    deans = _deans([row.base.unit_id for row in rows], on)
    half = f"{on.year}-{1 if on.month <= 6 else 2}"
    sent = 0
    for row in rows:
        params = {"title": row.title, "base": row.base.name, "days": queries.idle_days()}
        people = _people(row.base, deans, with_dean=False)
        sent += notices.send_to_people(people, f"equipment_idle:{row.pk}:{half}", IDLE, params, _url(row))
    return sent


# The queue's clock is UTC: half past seven in the morning in China.
@app.periodic(cron="35 23 * * *")
@app.task(queue="default", queueing_lock="watch_bases")
def watch_bases_daily(timestamp: int = 0) -> int:
    """Every morning before work."""
    today = timezone.localdate()
    demand.compute(queries.terms_from(today))
    return remind_undelivered(today) + remind_overdue_checks(today) + remind_idle(today)
