"""Every night: what the red lines find is kept, and whoever must mend it is told, once."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from zhixing.governance.queries import Heads
from zhixing.kernel import notices
from zhixing.practice import redline_store as store
from zhixing.practice.models import Finding, PracticePlan
from zhixing.practice.redline_reading import living_plans

NEW = gettext_noop("“%(plan)s”: %(stops)s new findings stop a post or a student, %(warns)s warn. Mend them in time.")
MINE = gettext_noop("“%(plan)s”: red lines newly stop %(students)s of the students you supervise.")
URGENT = gettext_noop("“%(plan)s” begins on %(day)s, and %(stops)s red-line findings still stop posts or students.")
# So many days before the first day the heads hear what still stands.
_URGENT_DAYS = 7


def watch(on: date) -> store.Refreshed:
    """Look at every plan that can still be mended, plan by plan, and tell what is new. Safe to repeat: nothing is told twice."""
    total = store.Refreshed([])
    for plan in living_plans(on):
        found = store.refresh_plans([plan], on)
        total.opened += found.opened
        total.updated += found.updated
        total.cleared += found.cleared
    tell(on)
    return total


def tell(on: date) -> int:
    """Send what was found on a day to the plan's owner, else its heads, and to supervisors; returns how many notices are new."""
    standing = Finding.objects.filter(cleared_on=None, override=None, archived_at=None)
    fields = ("plan", "placement__supervisor", "placement", "severity")
    plans: Counter[tuple[int, bool]] = Counter()
    students: dict[tuple[int, int], set[int]] = {}
    for plan, supervisor, placement, severity in standing.filter(found_on=on).order_by("pk").values_list(*fields):
        plans[plan, severity == "warn"] += 1
        if supervisor and severity != "warn":
            students.setdefault((plan, supervisor), set()).add(placement)
    urgent = standing.exclude(severity="warn").filter(
        plan__starts_on__range=(on, on + timedelta(days=_URGENT_DAYS)), plan__archived_at=None
    )
    late = Counter(urgent.order_by("pk").values_list("plan", flat=True))
    known = PracticePlan.objects.filter(pk__in={plan for plan, _warn in plans} | set(late)).select_related("major")
    rows, heads, sent = known.in_bulk(), Heads(on), 0
    for pk in {plan for plan, _warn in plans}:
        plan = rows[pk]
        people = [plan.owner_id] if plan.owner_id else heads.of(plan.major.unit_id)
        params = {"plan": plan.title, "stops": plans[pk, False], "warns": plans[pk, True]}
        sent += notices.send_to_people(people, f"redline:{pk}:{on}", NEW, params, _url(plan))
    for (pk, supervisor), placements in students.items():
        params = {"plan": rows[pk].title, "students": len(placements)}
        sent += notices.send_to_people([supervisor], f"redline_mine:{pk}:{on}", MINE, params, _url(rows[pk]))
    for pk, number in late.items():
        plan = rows[pk]
        params = {"plan": plan.title, "day": plan.starts_on.isoformat(), "stops": number}
        people = heads.of(plan.major.unit_id, plan.owner_id)
        sent += notices.send_to_people(people, f"redline_urgent:{pk}:{plan.starts_on}", URGENT, params, _url(plan))
    return sent


def _url(plan: PracticePlan) -> str:
    return reverse("redline-plan", args=[plan.pk])


# The queue's clock is UTC: three in the morning in China.
@app.periodic(cron="0 19 * * *")
@app.task(queue="default", queueing_lock="redline_nightly")
def redline_nightly(timestamp: int = 0) -> list[int]:
    """Every night; returns how many findings were opened, changed and cleared."""
    found = watch(timezone.localdate())
    return [len(found.opened), found.updated, found.cleared]
