"""What people do in governance. Buttons, bulk, API and commands call these; each refuses with ValidationError in words.

Source: 四（一）3 (committee, task book, time table, owner, appraisal), 五（一） (council).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.governance import queries
from zhixing.governance.minutes import Line
from zhixing.governance.models import (
    Committee,
    LetterNumber,
    Meeting,
    Milestone,
    Resolution,
    Seat,
    Task,
    TaskAppraisal,
    TaskBook,
)
from zhixing.kernel import events
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.writing import readable
from zhixing.org.models import Person, Unit

R = TypeVar("R", bound=Record)

LETTER = "聘〔{year}〕{number}号"


@contextmanager
def _changing(record: R, verb: str, *, by: Actor, comment: str = "", capability: str = "change") -> Iterator[R]:
    """A change that is not a change of state: lock the row, check the right, save, log, all in one transaction."""
    with transaction.atomic():
        locked = type(record)._base_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
        if locked is None:
            raise FlowError(_("This record no longer exists."), code="gone")
        if not by.can_on(locked, capability):
            raise FlowError(_("You may not change this record."), code="forbidden")
        before = {field.attname: getattr(locked, field.attname) for field in locked._meta.concrete_fields}
        yield locked
        locked.full_clean(validate_unique=False)
        locked.save()
        changed = {name for name, value in before.items() if getattr(locked, name) != value}
        events.log(locked, verb, by=by, comment=comment, data={"fields": sorted(changed - {"updated_at"})})
    for field in record._meta.concrete_fields:
        setattr(record, field.attname, getattr(locked, field.attname))


def _add(record: R, *, by: Actor, comment: str = "", follows: bool = False) -> R:
    """Write a new record for `by`, within their reach unless it `follows` from what they were allowed to do."""
    if not follows and not by.can(type(record), "add"):
        raise FlowError(_("You may not add a record of this type."), code="forbidden")
    record.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError as error:
        raise readable(type(record), error) from error
    rows = type(record)._default_manager.filter(pk=record.pk)
    if not follows and not rows.visible_to(by, "add").exists():
        raise FlowError(_("This record would belong to a unit outside your reach."), code="out_of_reach")
    events.log(record, "created", by=by, comment=comment)
    return record


def _not_in_future(day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")


# Committees and seats --------------------------------------------------------------------------------------------


def issue_letter(seat: Seat, *, by: Actor, comment: str = "") -> str:
    """Give a seat its letter of appointment; returns its number, e.g. 聘〔2026〕12号.

    Numbers run without a gap from 1 in each calendar year: the year's row stays locked until the transaction ends, so
    whoever comes at the same moment waits, and a number taken by a transaction that fails goes back.
    """
    with _changing(seat, "letter_issued", by=by, comment=comment) as locked:
        if locked.letter_number:
            raise FlowError(
                _("This seat already has the letter %(number)s."),
                code="has_letter",
                params={"number": locked.letter_number},
            )
        year = timezone.localdate().year
        LetterNumber.objects.bulk_create([LetterNumber(year=year)], ignore_conflicts=True)
        counter = LetterNumber.objects.select_for_update().get(pk=year)
        counter.last += 1
        # Registers brought in may hold letters of this year that were numbered on paper.
        while Seat._base_manager.filter(letter_number=LETTER.format(year=year, number=counter.last)).exists():
            counter.last += 1
        counter.save()
        locked.letter_number = LETTER.format(year=year, number=counter.last)
    return seat.letter_number


def end_seat(seat: Seat, *, by: Actor, ends_on: date, comment: str = "") -> None:
    """Let a seat end on a day, the last on which it counts."""
    with _changing(seat, "ended", by=by, comment=comment) as locked:
        if locked.ends_on and locked.ends_on <= ends_on:
            raise FlowError(
                _("The seat already ends on %(day)s."), code="ended", params={"day": locked.ends_on.isoformat()}
            )
        locked.ends_on = ends_on


def renew_committee(committee: Committee, *, by: Actor, starts_on: date, ends_on: date, comment: str = "") -> Committee:
    """换届: open the committee's next term with the seats that were held to the end of the last.

    Letters of appointment are issued anew. A term that still runs ends on the day before. Returns the new committee.
    """
    if ends_on < starts_on:
        raise ValidationError(_("The end must not be before the beginning."), code="dates")
    with transaction.atomic():
        with _changing(committee, "renewed", by=by, comment=comment) as locked:
            if starts_on <= locked.starts_on:
                raise FlowError(_("A new term begins after the last one began."), code="too_early")
            locked.ends_on = min(locked.ends_on, starts_on - timedelta(days=1))
        last_day = committee.ends_on
        held = Q(ends_on=None) | Q(ends_on__gte=last_day)
        seats = list(committee.seats.filter(held, starts_on__lte=last_day, archived_at=None).order_by("pk"))
        kept = ("name", "kind", "unit_id", "group_id", "charter", "secretary_id")
        following = Committee(**{name: getattr(committee, name) for name in kept}, starts_on=starts_on, ends_on=ends_on)
        _add(following, by=by, comment=comment)
        for seat in seats:
            seat.ends_on = last_day
            seat.save(update_fields=["ends_on", "updated_at"])
        events.log_many(seats, "ended", by=by, comment=comment)
        for seat in seats:
            values = {
                name: getattr(seat, name) for name in ("party", "person_id", "name", "organisation_id", "position")
            }
            _add(Seat(committee=following, starts_on=starts_on, **values), by=by, follows=True)
    return following


# Meetings and what they decide -----------------------------------------------------------------------------------


def hold_meeting(
    meeting: Meeting,
    *,
    by: Actor,
    held_on: date,
    minutes: str,
    attendees: Iterable[Seat] = (),
    comment: str = "",
) -> None:
    """Record that a meeting was held: its day, minutes and who attended, each from a seat of its committee."""
    present = list(attendees)
    _not_in_future(held_on)
    if not minutes.strip():
        raise ValidationError(_("A meeting that was held needs its minutes."), code="minutes")
    if any(seat.committee_id != meeting.committee_id for seat in present):
        raise ValidationError(_("Only members of the meeting's own committee can attend it."), code="attendees")
    with step(meeting, "hold", by=by, comment=comment, attendees=len(present)) as locked:
        locked.held_on = held_on
        locked.minutes = minutes.strip()
        locked.attendees.set(present)


def _lock_meeting(pk: int) -> Meeting:
    """Resolutions are numbered one after another: whoever numbers them holds the meeting."""
    return Meeting._base_manager.select_for_update(of=("self",)).get(pk=pk)


def record_decisions(meeting: Meeting, *, by: Actor, lines: Sequence[Line], comment: str = "") -> list[Resolution]:
    """From minutes to tasks in one act: every line becomes a resolution, and a line that names somebody a task too."""
    if not by.can_on(meeting, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    made = []
    with transaction.atomic():
        locked = _lock_meeting(meeting.pk)
        if locked.status != Meeting.Status.HELD:
            raise FlowError(_("Only a meeting that was held has decided anything."), code="wrong_state")
        last = locked.resolutions.aggregate(last=Max("number"))["last"] or 0
        for number, line in enumerate(lines, start=last + 1):
            resolution = _add(Resolution(meeting=locked, number=number, text=line.text), by=by, comment=comment)
            made.append(resolution)
            if line.owner is not None:
                assign(
                    resolution,
                    by=by,
                    title=line.title,
                    owner=line.owner,
                    starts_on=locked.held_on,
                    due=line.due,
                    deliverable=line.deliverable,
                )
    return made


def assign(
    resolution: Resolution,
    *,
    by: Actor,
    title: str,
    owner: Person | None = None,
    unit: Unit | None = None,
    starts_on: date | None = None,
    due: date | None = None,
    deliverable: str = "",
    appraisal_method: str = "",
    book: TaskBook | None = None,
    comment: str = "",
) -> Task:
    """Make a task of a resolution. Its unit is the given one, else the owner's, else the committee's."""
    if not by.can_on(resolution, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    with transaction.atomic():
        locked = Resolution._base_manager.select_for_update(of=("self",)).get(pk=resolution.pk)
        if locked.status != Resolution.Status.OPEN:
            raise FlowError(_("The resolution is closed; reopen it first."), code="wrong_state")
        if book is not None and book.status != TaskBook.Status.DRAFT:
            raise FlowError(_("Tasks are added to a task book only while it is a draft."), code="book_closed")
        own = unit or (owner.unit if owner else None) or locked.meeting.committee.unit
        task = Task(
            title=title,
            resolution=locked,
            book=book,
            unit=own,
            owner=owner,
            starts_on=starts_on,
            due=due,
            deliverable=deliverable,
            appraisal_method=appraisal_method,
        )
        # A council spreads its tasks over all departments: the right over the resolution is enough.
        return _add(task, by=by, comment=comment, follows=True)


# Task books ------------------------------------------------------------------------------------------------------


def incomplete_tasks(book: TaskBook) -> list[Task]:
    """Tasks of a book that lack owner, start, due day or how they are appraised (四（一）3)."""
    lacking = Q(owner=None) | Q(starts_on=None) | Q(due=None) | Q(appraisal_method="")
    return list(book.tasks.filter(lacking, archived_at=None).exclude(status=Task.Status.DROPPED).order_by("due", "id"))


def submit_task_book(book: TaskBook, *, by: Actor, comment: str = "") -> None:
    """Send a task book for approval: it has tasks, and each names its owner, its dates and how it is appraised."""
    from zhixing.kernel import approval

    if not book.tasks.filter(archived_at=None).exists():
        raise ValidationError(_("A task book without tasks cannot be submitted."), code="empty")
    lacking = incomplete_tasks(book)
    if lacking:
        raise ValidationError(
            _("These tasks lack owner, start, due day or how they are appraised: %(tasks)s."),
            code="incomplete",
            params={"tasks": "；".join(task.title for task in lacking)},
        )
    approval.submit(book, by=by, comment=comment)


_CARRIED = (
    "title",
    "resolution_id",
    "unit_id",
    "owner_id",
    "starts_on",
    "due",
    "deliverable",
    "progress",
    "appraisal_method",
)


def new_version(book: TaskBook, *, by: Actor, comment: str = "") -> TaskBook:
    """Change an approved task book: it is replaced by a draft of the next version that carries on its open tasks.

    Tasks done or dropped stay in the old version as its record. Milestones go along.
    """
    with transaction.atomic():
        if not by.can_on(book, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        with step(book, "replace", by=by, comment=comment, version=book.version + 1):
            pass
        following = TaskBook(
            committee_id=book.committee_id, year_id=book.year_id, version=book.version + 1, note=book.note
        )
        _add(following, by=by, comment=comment, follows=True)
        tasks = book.tasks.filter(status=Task.Status.OPEN, archived_at=None).prefetch_related("milestones")
        for task in tasks.order_by("pk"):
            copy = Task(book=following, **{name: getattr(task, name) for name in _CARRIED})
            _add(copy, by=by, follows=True)
            for milestone in task.milestones.all():
                if milestone.archived_at is None:
                    same = {"title": milestone.title, "due": milestone.due, "done_on": milestone.done_on}
                    _add(Milestone(task=copy, **same), by=by, follows=True)
    return following


# Tasks -----------------------------------------------------------------------------------------------------------


def finish_task(task: Task, *, by: Actor, done_on: date | None = None, comment: str = "") -> None:
    """Record a task as done; when it was the last open one of its resolution, the resolution is done too."""
    day = done_on or timezone.localdate()
    _not_in_future(day)
    with transaction.atomic():
        with step(task, "finish", by=by, comment=comment, done_on=day.isoformat()) as locked:
            locked.done_on = day
            locked.progress = 100
        _follow_resolution(task, "finish", by=by)


def reopen_task(task: Task, *, by: Actor, comment: str = "") -> None:
    """Take a task up again, with its reason; its resolution is open again too."""
    with transaction.atomic():
        with step(task, "reopen", by=by, comment=comment) as locked:
            if locked.book_id and locked.book.status == TaskBook.Status.REPLACED:
                raise FlowError(_("The task belongs to a replaced version of its task book."), code="book_replaced")
            locked.done_on = None
            # Whatever is missing, it is not nothing: an open task is not wholly done.
            locked.progress = min(locked.progress, 99)
        _follow_resolution(task, "reopen", by=by)


def drop_task(task: Task, *, by: Actor, comment: str = "") -> None:
    """Give a task up, with its reason."""
    with transaction.atomic():
        with step(task, "drop", by=by, comment=comment):
            pass
        _follow_resolution(task, "finish", by=by)


def _follow_resolution(task: Task, key: str, *, by: Actor) -> None:
    """A resolution is open as long as its tasks are; whoever may close the task need not hold the resolution."""
    if task.resolution_id is None:
        return
    # Two people who finish the last two tasks at the same moment wait for one another here.
    resolution = Resolution._base_manager.select_for_update(of=("self",)).get(pk=task.resolution_id)
    tasks = Task._base_manager.filter(resolution=resolution, archived_at=None)
    is_open = queries.living_tasks(tasks).exists()
    was_done = tasks.filter(status=Task.Status.DONE).exists()
    status = resolution.status
    if (key == "finish" and status == Resolution.Status.OPEN and was_done and not is_open) or (
        key == "reopen" and status == Resolution.Status.DONE and is_open
    ):
        with step(resolution, key, by=by.as_system(), comment=str(task), because=task.pk):
            pass


def set_progress(task: Task, *, by: Actor, progress: int, comment: str = "") -> None:
    """Report how far a task is, 0 to 99 percent; the last percent is “done”, which has its own button."""
    if not 0 <= progress <= 99:
        raise ValidationError(
            _("Progress is between 0 and 99 percent; a finished task is recorded as done."), code="progress"
        )
    with _changing(task, "progress", by=by, comment=comment) as locked:
        if locked.status != Task.Status.OPEN:
            raise FlowError(_("Only an open task makes progress."), code="wrong_state")
        locked.progress = progress


def appraise_task(
    task: Task, *, by: Actor, grade: str, score: Decimal, appraised_on: date | None = None, comment: str = ""
) -> TaskAppraisal:
    """考核: judge a task that is done or whose time is up. Nobody appraises their own task."""
    day = appraised_on or timezone.localdate()
    _not_in_future(day)
    if not by.can_on(task, "approve"):
        raise FlowError(_("You may not appraise this task."), code="forbidden")
    if by.person_id is not None and task.owner_id == by.person_id:
        raise FlowError(_("Nobody appraises their own task."), code="own_task")
    if task.status != Task.Status.DONE and (task.due is None or task.due >= day):
        raise FlowError(_("A task is appraised when it is done or its time is up."), code="too_early")
    appraisal = TaskAppraisal(
        task=task, appraised_on=day, grade=grade, score=score, appraiser_id=by.person_id, comment=comment
    )
    with transaction.atomic():
        _add(appraisal, by=by)
        events.log(task, "appraised", by=by, comment=comment, data={"grade": grade, "score": str(score)})
    return appraisal
