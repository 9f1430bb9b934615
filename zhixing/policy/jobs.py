"""Daily: the standings of the day, and the reminders of the rules' days, each once. On demand: closing and recounting a year."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from zhixing.kernel import progress as watching
from zhixing.org.actors import actor_for
from zhixing.org.calendar import Period
from zhixing.org.models import User
from zhixing.policy import actions, closing, recounting
from zhixing.policy.engine import AssessError, assess, open_years, resolve_year
from zhixing.policy.models import Recount, Standing, State
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


_REFUSALS = (AssessError, PermissionDenied)


@app.task(queue="default")
def close_year_now(progress: int, year: str, user: int) -> None:
    """Close a year for a user (id); cut off and run again, it is taken up where it stopped."""
    with watching.running(progress, refusals=_REFUSALS) as report:
        if report is None:
            return
        by = actor_for(User.objects.select_related("person").get(pk=user))
        closed = closing.close_year(year, by=by, progress=report)
        words = _("%(frozen)s standings frozen, SHA-256 %(hash)s…") % {
            "frozen": closed.frozen,
            "hash": closed.hash[:16],
        }
        report.finish(reverse("year-close", args=[year]), words)


@app.task(queue="default")
def recount_now(progress: int, name: str, year: str, user: int) -> None:
    """Count a closed year anew under a name for a user (id); run again after its end, it finds what it kept."""
    with watching.running(progress, refusals=_REFUSALS) as report:
        if report is None:
            return
        found = Recount.objects.filter(name=name, year=year).first()
        if found is None:
            by = actor_for(User.objects.select_related("person").get(pk=user))
            found = recounting.recount(name, year, by=by, progress=report)
        report.finish(reverse("recount", args=[found.pk]))
