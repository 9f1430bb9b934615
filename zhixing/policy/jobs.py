"""Daily: the standings of the day, and the reminders of the rules' days, each once."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from procrastinate.contrib.django import app

from zhixing.org.calendar import Period
from zhixing.policy import actions
from zhixing.policy.engine import assess, open_years, resolve_year
from zhixing.policy.models import Standing, State
from zhixing.policy.periods import warn_days
from zhixing.policy.stored import warn_from

_OPEN = (State.ON_TRACK, State.AT_RISK, State.UNMET)


def reminder_day(standing: Standing, on: date) -> date | None:
    """The last day up to `on` on which the rule wants the holder told; None when none has come yet.

    A lack is told on the day it is found and on its due day too. A day on which nothing ran is made up for, with the
    furthest reminder only.
    """
    assert standing.version is not None
    period = Period(standing.rule.period, standing.period_code, standing.period_starts_on, standing.period_ends_on)
    due = None if standing.reached else standing.due
    days = warn_days(warn_from(standing.version.warn), period, due, standing.breaks_on)
    if standing.state == State.UNMET:
        days += [day for day in (standing.found_on, due) if day is not None]
    return max((day for day in days if day <= on), default=None)


def send_reminders(on: date) -> int:
    """Send what the rules' days call for by `on`; returns how many are new. Safe to repeat: each goes out once."""
    year = resolve_year(None, None)[0].period.code
    waiting = Standing.objects.filter(
        year=year, frozen_at=None, state__in=_OPEN, holder__isnull=False, version__isnull=False
    ).select_related("rule", "version")
    sent = 0
    for standing in waiting.order_by("pk"):
        # A roll-up is the business of those who hold its parts, and of their deans' pages.
        if standing.is_roll_up:
            continue
        day = reminder_day(standing, on)
        if day is not None:
            sent += actions.notify(standing, f"standing:{standing.pk}:{standing.state}:{day}")
    return sent


def evaluate_and_remind() -> int:
    """The day's work: the running year and every past one still open, then the reminders."""
    assess()
    for year in open_years():
        assess(year=year)
    return send_reminders(timezone.localdate())


# The queue's clock is UTC: six in the morning in China, before the other reminders.
@app.periodic(cron="0 22 * * *")
@app.task(queue="default", queueing_lock="evaluate_and_remind")
def evaluate_and_remind_daily(timestamp: int = 0) -> int:
    """Every morning before work."""
    return evaluate_and_remind()
