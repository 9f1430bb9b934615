"""Daily: a late task reaches its owner, then the owner's head; each reminder once."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from zhixing.governance import queries
from zhixing.kernel import notices
from zhixing.kernel.sheet import sheet_for

LATE = gettext_noop("Your task “%(task)s” was due on %(due)s and is %(days)s days late.")
LATE_HEAD = gettext_noop("The task “%(task)s” of %(owner)s was due on %(due)s and is %(days)s days late.")
LATE_NOBODY = gettext_noop("The task “%(task)s” was due on %(due)s and is %(days)s days late; nobody owns it.")


def remind_late_tasks(on: date) -> int:
    """Send the reminders that late tasks have earned by `on`; returns how many notices are new.

    Each day in `late_task_days` that the lateness has reached earns the owner one notice; the last of them earns the
    owner's head one too. A task without an owner is its unit's head's business from the first. A day on which nothing
    ran is made up for with the furthest step only, and a date moved by agreement starts the count anew. Safe to repeat.
    """
    days = sorted(settings.ZHIXING["late_task_days"])
    if not days:
        return 0
    heads = queries.Heads(on)
    sheet = sheet_for("governance.task")
    sent = 0
    for task in queries.late_tasks(on).select_related("owner"):
        late = (on - task.due).days
        reached = [day for day in days if day <= late]
        if not reached:
            continue
        key = f"task_late:{task.pk}:{task.due}"
        url = sheet.url("detail", task.pk) if sheet else ""
        params = {"task": task.title, "due": task.due.isoformat(), "days": late}
        if task.owner is None:
            above = heads.of(task.unit_id)
            sent += notices.send_to_people(above, f"{key}:nobody:{reached[-1]}", LATE_NOBODY, params, url)
            continue
        sent += notices.send_to_people([task.owner_id], f"{key}:{reached[-1]}", LATE, params, url)
        if reached[-1] == days[-1]:
            above = heads.of(task.owner.unit_id or task.unit_id, task.owner_id)
            sent += notices.send_to_people(above, f"{key}:head", LATE_HEAD, {**params, "owner": task.owner.name}, url)
    return sent


# The queue's clock is UTC: half past seven in the morning in China.
@app.periodic(cron="30 23 * * *")
@app.task(queue="default", queueing_lock="remind_late_tasks")
def remind_late_tasks_daily(timestamp: int = 0) -> int:
    """Every morning before work."""
    return remind_late_tasks(timezone.localdate())
