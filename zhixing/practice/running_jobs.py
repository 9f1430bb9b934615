"""By night: the evidence of the week is counted, supervisors are asked to look at a few, locations are dropped; by the
hour: incidents whose clock has run out; by the day: evaluations whose time is over are opened, missing weeks are told."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from zhixing.kernel import notices
from zhixing.org.calendar import monday_of
from zhixing.practice import presence, running_incidents
from zhixing.practice.placements import Placement
from zhixing.practice.running import WeekEntry
from zhixing.practice.running_cases import Leave
from zhixing.practice.running_numbers import RunRule, number_on
from zhixing.practice.running_results import Evaluation

LOOK = gettext_noop("Please look whether these %(number)s of your students are at work (week of %(week)s): %(names)s.")
WEEK = gettext_noop("Your week of %(week)s is not handed in yet. It takes ten seconds.")


def count_and_ask(today: date) -> int:
    """Count this week and the one before, and ask for looks at the finished one; returns how many are newly asked."""
    monday = monday_of(today)
    presence.count_week(monday)
    last = monday - timedelta(days=7)
    presence.count_week(last)
    of: dict[int, list[str]] = {}
    asked = presence.pick(last)
    for row in asked:
        of.setdefault(row.placement.supervisor_id, []).append(row.placement.student.name)
    for supervisor, names in sorted(of.items()):
        params = {"number": len(names), "week": last.isoformat(), "names": "、".join(sorted(names))}
        notices.send_to_people([supervisor], f"look:{last}:{len(names)}", LOOK, params, reverse("practice-today"))
    return len(asked)


def remind_of_weeks(today: date) -> int:
    """Tell students whose last week is missing, once a week; returns how many notices are new."""
    last = monday_of(today) - timedelta(days=7)
    handed = WeekEntry.objects.filter(monday=last, archived_at=None).values("placement")
    away = Leave.objects.filter(status="granted", starts_on__lte=last, ends_on__gte=last + timedelta(days=4))
    late = Placement.objects.filter(
        status="running", starts_on__lte=last + timedelta(days=4), ends_on__gte=last, archived_at=None
    ).exclude(Q(pk__in=handed) | Q(pk__in=away.values("placement")))
    people = late.filter(student__person__isnull=False).values_list("student__person", flat=True)
    params = {"week": last.isoformat()}
    return notices.send_to_people(people, f"week:{last}", WEEK, params, reverse("practice-week"), mail=False)


def open_old_evaluations(today: date) -> int:
    """Show what one side said where the other has been silent for too long; returns how many were opened."""
    silent = timedelta(days=number_on(RunRule.Code.SILENT_DAYS, today))
    old = Evaluation._base_manager.filter(
        shown=False, placement__status__in=("ended", "graded", "broken"), archived_at=None
    ).filter(placement__ended_on__lt=today - silent)
    return old.update(shown=True)


# The queue's clock is UTC: three at night in China.
@app.periodic(cron="0 19 * * *")
@app.task(queue="default", queueing_lock="practice_night")
def practice_night(timestamp: int = 0) -> int:
    """Every night: count, ask, drop."""
    today = timezone.localdate()
    presence.drop_locations(today)
    open_old_evaluations(today)
    return count_and_ask(today)


# Tuesdays at eight in the morning in China.
@app.periodic(cron="0 0 * * 2")
@app.task(queue="default", queueing_lock="practice_weeks")
def practice_weeks(timestamp: int = 0) -> int:
    """Once a week: the weeks that are missing."""
    return remind_of_weeks(timezone.localdate())


@app.periodic(cron="*/10 * * * *")
@app.task(queue="default", queueing_lock="practice_incidents")
def practice_incidents(timestamp: int = 0) -> int:
    """Every ten minutes: reports whose time is over."""
    return running_incidents.remind(timezone.now())
