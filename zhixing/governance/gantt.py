"""The time table (时间表) of tasks as a chart: every bar in exact days, drawn by the server without any script."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhixing.governance.models import Milestone, Task, TaskBook
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for

# More bars than this nobody reads; the page says so and asks for a filter.
MOST = 400
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Diamond:
    """A milestone on its day."""

    x: float
    title: str
    due: date
    done: bool
    late: bool


@dataclass(frozen=True)
class Bar:
    """One task. Positions are percent of the chart's width; `width` is None where the task has no day at all."""

    task: Task
    url: str
    x: float
    width: float | None
    filled: float
    state: str
    label: str
    diamonds: tuple[Diamond, ...] = ()


@dataclass(frozen=True)
class Group:
    """The bars of one task book, or of the tasks outside any."""

    title: str
    url: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Tick:
    """The first day of a month."""

    x: float
    label: str


@dataclass(frozen=True)
class Chart:
    """All that the template draws."""

    groups: list[Group]
    ticks: list[Tick]
    today: float | None
    starts_on: date
    ends_on: date
    shown: int
    total: int


class Scale:
    """Days to percent of the width, from the first to the last day, both whole."""

    def __init__(self, first: date, last: date):
        self.first, self.last = first, max(last, first)
        self.days = (self.last - self.first).days + 1

    def start_of(self, day: date) -> float:
        """Where a day begins, clipped to the chart."""
        return round(min(max((day - self.first).days / self.days, 0), 1) * 100, 3)

    def end_of(self, day: date) -> float:
        """Where a day ends, clipped to the chart."""
        return self.start_of(day + timedelta(days=1))

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def visible_tasks(actor: Actor) -> QuerySet:
    """The tasks an actor may see with all that a bar shows, in four queries whatever their number."""
    milestones = Milestone.objects.visible_to(actor).current().order_by("due", "pk")
    tasks = Task.objects.visible_to(actor).current().select_related("owner", "unit", "book__committee", "book__year")
    return tasks.prefetch_related(Prefetch("milestones", queryset=milestones, to_attr="shown_milestones"))


def chart(tasks: QuerySet, first: date | None = None, last: date | None = None) -> Chart:
    """Draw tasks between two days; without them, over all days that the tasks name."""
    total = tasks.count()
    rows = list(
        tasks.order_by(
            F("book__year__starts_on").desc(nulls_last=True), "book__committee_id", "book_id", "starts_on", "due", "pk"
        )[:MOST]
    )
    today = timezone.localdate()
    if first is None or last is None:
        first, last = _span(rows, today)
    scale = Scale(first, last)
    groups: dict[int | None, Group] = {}
    tasks_sheet, books_sheet = sheet_for(Task), sheet_for(TaskBook)
    for task in rows:
        group = groups.get(task.book_id)
        if group is None:
            url = books_sheet.url("detail", task.book_id) if books_sheet and task.book_id else ""
            group = Group(str(task.book) if task.book else _("Tasks outside a task book"), url)
            groups[task.book_id] = group
        group.bars.append(_bar(task, scale, today, tasks_sheet.url("detail", task.pk) if tasks_sheet else ""))
    return Chart(
        groups=list(groups.values()),
        ticks=list(_months(scale)),
        today=scale.start_of(today) if scale.holds(today) else None,
        starts_on=scale.first,
        ends_on=scale.last,
        shown=len(rows),
        total=total,
    )


def _span(rows: Iterable[Task], today: date) -> tuple[date, date]:
    days = [day for task in rows for day in (task.starts_on, task.due) if day]
    days += [milestone.due for task in rows for milestone in task.shown_milestones]  # type: ignore[attr-defined]
    first, last = min(days, default=today), max(days, default=today)
    return first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])


def _months(scale: Scale) -> Iterable[Tick]:
    day = scale.first.replace(day=1)
    step = 1 + scale.days // 500
    while day <= scale.last:
        if day >= scale.first:
            words = format_date(day, "Y-m" if day.month <= step or day == scale.first else "M")
            yield Tick(scale.start_of(day), words)
        months = day.month - 1 + step
        day = date(day.year + months // 12, months % 12 + 1, 1)


def state_of(task: Task, today: date) -> tuple[str, str]:
    """How a task stands on a day: a tone of the look, and the words that say so without colour."""
    if task.status == Task.Status.DONE:
        return "met", _("done on %(day)s") % {"day": task.done_on}
    if task.status == Task.Status.DROPPED:
        return "no_data", _("dropped")
    if task.due and task.due < today:
        return "unmet", _("late by %(days)s days") % {"days": (today - task.due).days}
    if task.due and task.due <= today + SOON:
        return "at_risk", _("due in %(days)s days") % {"days": (task.due - today).days}
    return "on_track", pgettext("work not done", "open")


def _bar(task: Task, scale: Scale, today: date, url: str) -> Bar:
    state, words = state_of(task, today)
    start = task.starts_on or task.due
    end = task.due or task.done_on or (max(today, start) if start else None)
    x, width = 0.0, None
    if start and end:
        x = scale.start_of(start)
        # A bar of one day must still be seen and clicked.
        width = max(round(scale.end_of(end) - x, 3), 0.4) if end >= scale.first and start <= scale.last else None
    diamonds = tuple(
        Diamond(
            scale.start_of(item.due),
            item.title,
            item.due,
            item.done_on is not None,
            item.done_on is None and item.due < today and task.status == Task.Status.OPEN,
        )
        for item in task.shown_milestones  # type: ignore[attr-defined]
        if scale.holds(item.due)
    )
    filled = round((width or 0) * task.progress / 100, 3)
    return Bar(task, url, x, width, filled, state, words, diamonds)


def book_panel(record: Any, actor: Actor) -> SafeString | str:
    """A task book's own chart on its page."""
    if not actor.can(Task):
        return ""
    year = record.year
    drawn = chart(visible_tasks(actor).filter(book=record), year.starts_on, year.ends_on)
    return render_to_string("governance/_gantt_panel.html", {"chart": drawn}) if drawn.total else ""
