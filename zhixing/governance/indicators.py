"""What the policy counts in governance: R03 steering committees, R04 task books, R20 meetings of the council."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import BooleanField, Case, Count, F, Model, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from zhixing.governance.models import Committee, Meeting, Seat, Task, TaskBook
from zhixing.kernel import measures
from zhixing.kernel.measures import Measure, Parameters, Window, present_and_past
from zhixing.org.models import Unit

# People from industry or firms (四（一）3); government and park are welcome but are not what the clause asks for.
EXTERNAL = (Seat.Party.ENTERPRISE, Seat.Party.ASSOCIATION)


def _in_force(window: Window, prefix: str = "") -> Q:
    day = window.as_of
    ends = Q(**{f"{prefix}ends_on__isnull": True}) | Q(**{f"{prefix}ends_on__gte": day})
    return ends & Q(**{f"{prefix}starts_on__lte": day, f"{prefix}archived_at": None})


# R03 -------------------------------------------------------------------------------------------------------------


def _external_seats() -> QuerySet:
    """Seats for people from industry or firms on steering committees, by major group."""
    rows = Seat.objects.filter(party__in=EXTERNAL, committee__kind=Committee.Kind.STEERING)
    return rows.filter(archived_at=None, committee__archived_at=None).annotate(unit_key=F("committee__group"))


def steering_seats(window: Window, parameters: Parameters) -> QuerySet:
    """External seats in force on the steering committee in force; none where they are fewer than `external_seats`."""
    rows = _external_seats().filter(_in_force(window), _in_force(window, "committee__"))
    asked = int(parameters.get("external_seats", 1))
    if asked > 1:
        enough = rows.order_by().values("committee").annotate(seats=Count("pk")).filter(seats__gte=asked)
        rows = rows.filter(committee__in=enough.values("committee"))
    return rows


def steering_seats_end(window: Window, parameters: Parameters) -> QuerySet:
    """A seat counts until it ends or its committee's term does, whichever comes first."""
    return steering_seats(window, parameters).annotate(date=Least("ends_on", "committee__ends_on"))


def steering_seats_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """External seats already recorded that begin later, or whose committee's term does."""
    begin = Greatest("starts_on", "committee__starts_on")
    return _external_seats().annotate(on=begin).filter(on__gt=window.as_of)


def _groups(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is Seat:
        return present_and_past(Seat, keys, "committee__group_id")
    return present_and_past(Committee, keys, "group_id") if model is Committee else None


STEERING = Measure(
    key="governance.steering_committees",
    scope="major_group",
    evidence=steering_seats,
    parameters=frozenset({"external_seats"}),
    breaks_on=steering_seats_end,
    mends=steering_seats_to_come,
    sources=(Committee, Seat),
    units_touched=_groups,
)


# R04 -------------------------------------------------------------------------------------------------------------


def _book_tasks(window: Window) -> QuerySet:
    """Tasks of the books of the window's academic year, those given up apart, by committee."""
    rows = Task.objects.filter(
        book__year__starts_on__range=(window.starts_on, window.ends_on), book__archived_at=None, archived_at=None
    )
    return rows.exclude(status=Task.Status.DROPPED).annotate(unit_key=F("book__committee"))


def task_book_tasks(window: Window, parameters: Parameters) -> QuerySet:
    """Every task of the approved book; in order when it has owner, start, due day and appraisal and is not overdue."""
    day = window.as_of
    complete = Q(owner__isnull=False, starts_on__isnull=False, due__isnull=False) & ~Q(appraisal_method="")
    # As it was on the day asked about: a task done later was still open then.
    overdue = Q(due__lt=day) & (Q(done_on=None) | Q(done_on__gt=day))
    in_order = Case(When(complete & ~overdue, then=Value(True)), default=Value(False), output_field=BooleanField())
    return _book_tasks(window).filter(book__status=TaskBook.Status.APPROVED).annotate(in_order=in_order)


def task_book_tasks_due(window: Window, parameters: Parameters) -> QuerySet:
    """Open tasks by the day on which they must be done; those without a day by the end of the year."""
    rows = task_book_tasks(window, parameters).filter(status=Task.Status.OPEN)
    return rows.annotate(date=Coalesce("due", Value(window.ends_on)))


def task_books_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Task books on their way: written or in approval, they count from today once approved."""
    waiting = (TaskBook.Status.DRAFT, TaskBook.Status.SUBMITTED)
    rows = TaskBook.objects.filter(year__starts_on__range=(window.starts_on, window.ends_on), archived_at=None)
    return rows.filter(status__in=waiting).annotate(unit_key=F("committee"), on=Value(window.as_of))


def _committees(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is Task:
        return present_and_past(Task, keys, "book__committee_id")
    return present_and_past(TaskBook, keys, "committee_id") if model is TaskBook else None


TASK_BOOKS = Measure(
    key="governance.task_books",
    scope="committee",
    kind="share",
    evidence=task_book_tasks,
    mends=task_books_to_come,
    due_on=task_book_tasks_due,
    sources=(Task, TaskBook),
    units_touched=_committees,
)


# R20 -------------------------------------------------------------------------------------------------------------


def _council_meetings() -> QuerySet:
    """Meetings of the council; they count for the school, whichever unit keeps the council's papers."""
    school = Unit.objects.filter(kind=Unit.Kind.SCHOOL).order_by("code").values("pk")[:1]
    rows = Meeting.objects.filter(committee__kind=Committee.Kind.COUNCIL, committee__archived_at=None, archived_at=None)
    return rows.annotate(unit_key=Coalesce(Subquery(school), F("committee__unit")))


def council_meetings(window: Window, parameters: Parameters) -> QuerySet:
    """Meetings held in the window with their minutes."""
    held = _council_meetings().filter(status=Meeting.Status.HELD, held_on__range=(window.starts_on, window.known_until))
    return held.exclude(minutes="")


def council_meetings_planned(window: Window, parameters: Parameters) -> QuerySet:
    """Meetings planned for the rest of the window."""
    first = max(window.starts_on, window.as_of)
    rows = _council_meetings().filter(status=Meeting.Status.PLANNED, held_on__range=(first, window.ends_on))
    return rows.annotate(on=F("held_on"))


COUNCIL = Measure(
    key="governance.council_meetings",
    scope="school",
    evidence=council_meetings,
    mends=council_meetings_planned,
    sources=(Committee, Meeting),
)

MEASURES = (STEERING, TASK_BOOKS, COUNCIL)


def register() -> None:
    """Make governance's measures known to the policy engine."""
    for measure in MEASURES:
        measures.register(measure)
