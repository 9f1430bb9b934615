"""What other rooms of the house, jobs and pages ask governance about."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from zhixing.governance.models import Committee, Meeting, Resolution, Task, TaskBook
from zhixing.org.models import Membership, Role, Unit


def living_tasks(rows: QuerySet | None = None) -> QuerySet:
    """Tasks that still bind somebody: open, not archived, and not left behind in a replaced version of a task book."""
    tasks = Task.objects.all() if rows is None else rows
    return tasks.filter(status=Task.Status.OPEN, archived_at=None).exclude(book__status=TaskBook.Status.REPLACED)


def late_tasks(on: date, rows: QuerySet | None = None) -> QuerySet:
    """Living tasks whose due day is past on `on`, the longest overdue first."""
    return living_tasks(rows).filter(due__lt=on).order_by("due", "id")


def tasks_due_soon(on: date, days: int = 14, rows: QuerySet | None = None) -> QuerySet:
    """Living tasks due on `on` or within the `days` after it, the next first."""
    return living_tasks(rows).filter(due__range=(on, on + timedelta(days=days))).order_by("due", "id")


def open_resolutions(rows: QuerySet | None = None) -> QuerySet:
    """Resolutions not yet carried out, the oldest meeting first (D-19: resolutions open or closed)."""
    resolutions = Resolution.objects.all() if rows is None else rows
    still_open = resolutions.filter(status=Resolution.Status.OPEN, archived_at=None)
    return still_open.order_by("meeting__held_on", "number", "id")


def last_meeting_age(on: date, rows: QuerySet | None = None) -> dict[int, int | None]:
    """For each committee in force on `on`: days since it last met; None when it has not met (D-19). One query."""
    committees = Committee.objects.all() if rows is None else rows
    held = Q(meetings__status=Meeting.Status.HELD, meetings__held_on__lte=on, meetings__archived_at=None)
    found = (
        committees.filter(starts_on__lte=on, ends_on__gte=on, archived_at=None)
        .annotate(last_met=Max("meetings__held_on", filter=held))
        .order_by()
        .values_list("pk", "last_met")
    )
    return {pk: (on - last).days if last else None for pk, last in found}


class Heads:
    """Who stands above whom on a day, read once for many askers: the dean of a unit, else of the next unit above that
    has one; a school leader where the line of deans ends. Nobody is their own head.
    """

    def __init__(self, on: date | None = None):
        day = on or timezone.localdate()
        self.parents = dict(Unit.objects.order_by().values_list("pk", "parent_id"))
        self.held: dict[int, list[int]] = {}
        heads = (
            Membership.objects.filter(role__in=[Role.DEAN, Role.LEADER], starts_on__lte=day, archived_at=None)
            .filter(Q(ends_on=None) | Q(ends_on__gte=day))
            .order_by("pk")
        )
        for unit, person in heads.values_list("unit_id", "person_id"):
            self.held.setdefault(unit, []).append(person)

    def of(self, unit_id: int | None, person_id: int | None = None) -> list[int]:
        """The heads (ids of persons) of a person of a unit; empty where nobody is recorded."""
        seen: set[int] = set()
        while unit_id is not None and unit_id not in seen:
            seen.add(unit_id)
            above = [head for head in self.held.get(unit_id, ()) if head != person_id]
            if above:
                return above
            unit_id = self.parents.get(unit_id)
        return []
