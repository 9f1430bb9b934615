"""Daily: a milestone of a construction plan that is late reaches its owner and the college's director, each step once."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from zhixing.industry_colleges import queries
from zhixing.kernel import notices
from zhixing.kernel.sheet import sheet_for

LATE = gettext_noop("The milestone “%(milestone)s” of %(college)s was due on %(due)s and is %(days)s days late.")


def remind_late_milestones(on: date) -> int:
    """Send the reminders that late milestones have earned by `on`; returns how many notices are new.

    Each day in `late_task_days` that the lateness has reached earns the owner one notice; the last of them, and any
    where nobody owns the milestone, the director too. A day on which nothing ran is made up for with the furthest step
    only. Safe to repeat.
    """
    days = sorted(settings.ZHIXING["late_task_days"])
    sheet = sheet_for("industry_colleges.plan_milestone")
    sent = 0
    for milestone in queries.late_milestones(on).select_related("plan__college"):
        late = (on - milestone.due).days
        reached = [day for day in days if day <= late]
        if not reached:
            continue
        college = milestone.plan.college
        people = {milestone.owner_id}
        if reached[-1] == days[-1] or milestone.owner_id is None:
            people.add(college.director_id)
        key = f"milestone_late:{milestone.pk}:{milestone.due}:{reached[-1]}"
        params = {
            "milestone": milestone.title,
            "college": college.name,
            "due": milestone.due.isoformat(),
            "days": late,
        }
        url = sheet.url("detail", milestone.pk) if sheet else ""
        sent += notices.send_to_people(people - {None}, key, LATE, params, url)
    return sent


# The queue's clock is UTC: half past seven in the morning in China.
@app.periodic(cron="30 23 * * *")
@app.task(queue="default", queueing_lock="remind_late_milestones")
def remind_late_milestones_daily(timestamp: int = 0) -> int:
    """Every morning before work."""
    return remind_late_milestones(timezone.localdate())
