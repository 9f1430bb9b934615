"""每周重复预约: a room for the same lessons of a weekday through a term, holidays left out; which days are free is told first (D-39)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.actions import take, visible
from zhixing.bases.figures import rows_url
from zhixing.bases.models import Booking, Room
from zhixing.bases.rooms import NO_OVERLAP, holders
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.org.models import Cohort, Holiday, Major, Term


class Rhythm(models.TextChoices):
    """单双周: in which weeks of the term."""

    EVERY = "every", pgettext_lazy("of weeks", "every week")
    ODD = "odd", pgettext_lazy("of weeks", "odd weeks")
    EVEN = "even", pgettext_lazy("of weeks", "even weeks")


@dataclass(frozen=True)
class Weekly:
    """What somebody asks for: a weekday (1 is Monday) in some weeks of a term, counted from its first day as timetables do."""

    term: Term
    weekday: int
    first_week: int = 1
    last_week: int | None = None
    rhythm: str = Rhythm.EVERY

    def days(self) -> list[tuple[int, date]]:
        """The weeks and days, in order."""
        first = self.term.starts_on
        day = first + timedelta(days=(self.weekday - 1 - first.weekday()) % 7)
        found = []
        while day <= self.term.ends_on:
            week = (day - first).days // 7 + 1
            within = self.first_week <= week and (self.last_week is None or week <= self.last_week)
            if within and (self.rhythm == Rhythm.EVERY or (week % 2 == 1) == (self.rhythm == Rhythm.ODD)):
                found.append((week, day))
            day += timedelta(days=7)
        return found


@dataclass
class Occasion:
    """One day of a series: free, or why not."""

    week: int
    row: Booking
    holiday: str = ""
    past: bool = False
    holder: Booking | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def day(self) -> date:
        return self.row.day

    @property
    def teaches(self) -> bool:
        """Whether there is anything to book that day at all."""
        return not (self.past or self.holiday)

    @property
    def free(self) -> bool:
        return self.teaches and self.holder is None and not self.faults


def occasions(asked: Weekly, room: Room, by: Actor, **said: Any) -> list[Occasion]:
    """The days of a series with what stands in their way: holidays, other bookings, the rules of the room. Nothing is written.

    `said` are the fields of the bookings. A fixed number of questions, whatever the number of weeks.
    """
    today = timezone.localdate()
    days = asked.days()
    off = dict(
        Holiday.objects.filter(day__in=[day for _week, day in days], is_workday=False).values_list("day", "name")
    )
    found = [
        Occasion(week, Booking(room=room, day=day, booked_by_id=by.person_id, **said), off.get(day, ""), day < today)
        for week, day in days
    ]
    open_ones = [one for one in found if one.teaches]
    rows = [one.row for one in open_ones]
    for at, holder in holders(rows).items():
        open_ones[at].holder = holder
    by_row = {id(one.row): one for one in open_ones}
    for row, error in Booking.refusals(rows):
        if error.code != NO_OVERLAP:
            by_row[id(row)].faults += error.messages
    return found


def book_weekly(
    room: Room,
    *,
    by: Actor,
    term: Term,
    weekday: int,
    first_period: int,
    last_period: int,
    function: str,
    purpose: str,
    first_week: int = 1,
    last_week: int | None = None,
    rhythm: str = Rhythm.EVERY,
    major: Major | None = None,
    cohort: Cohort | None = None,
    people: int = 0,
    without: Collection[date] = (),
    comment: str = "",
) -> str:
    """Book all days of a series that are still to come and no holidays, but for those in `without`: all of them or none.

    What is taken is told day by day, with who has it where that may be seen, so that whoever asked may ask again without
    those days. Returns the address of the bookings made. Raises FlowError without the right to book.
    """
    if not by.can(Booking, "add"):
        raise FlowError(_("You may not add a record of this type."), code="forbidden")
    said = {"first_period": first_period, "last_period": last_period, "function": function, "purpose": purpose,
            "major": major or (cohort.major if cohort else None), "cohort": cohort, "people": people,
            "series": uuid4().hex}  # fmt: skip
    found = occasions(Weekly(term, weekday, first_week, last_week, rhythm), room, by, **said)
    wanted = [one for one in found if one.teaches and one.day not in without]
    if not wanted:
        raise ValidationError(_("No day of these weeks is left to book."), code="no_days")
    refused = [one for one in wanted if not one.free]
    if refused:
        raise ValidationError([_summary(refused, wanted), *_reasons(refused, by)])
    with transaction.atomic():
        # In the order of days: of two series at once the second waits for the first, and neither for the other.
        for one in wanted:
            take(one.row, by=by, comment=comment)
    return rows_url(Booking, series=said["series"])


def _summary(refused: Sequence[Occasion], wanted: Sequence[Occasion]) -> ValidationError:
    return ValidationError(
        _("Nothing is booked: %(taken)s of %(all)s days cannot be had. Leave them out, or choose other lessons."),
        code="not_free",
        params={"taken": len(refused), "all": len(wanted)},
    )


def _reasons(refused: Sequence[Occasion], by: Actor) -> list[ValidationError]:
    found = []
    seen = visible([one.holder for one in refused if one.holder], by)
    for one in refused:
        if one.holder is not None:
            found.append(one.holder.taken(named=one.holder.pk in seen))
        if one.faults:
            found.append(ValidationError(f"{one.day.isoformat()}：{'；'.join(one.faults)}", code="refused"))
    return found


def coming(row: Booking, by: Actor) -> models.QuerySet[Booking]:
    """The days of a booking's series that are still to come and may be cancelled by somebody."""
    rows = Booking.objects.filter(
        series=row.series, status=Booking.Status.BOOKED, day__gte=timezone.localdate(), archived_at=None
    )
    return rows.exclude(series="").visible_to(by, "change").order_by("day", "pk")  # type: ignore[attr-defined]


def cancel_series(row: Booking, *, by: Actor, comment: str = "") -> None:
    """Cancel what is still to come of the series that a booking belongs to: all of it or, refused, none."""
    with transaction.atomic():
        rows = list(coming(row, by))
        if not rows:
            raise FlowError(_("Nothing of this series is still to come."), code="nothing")
        for one in rows:
            with step(one, "cancel", by=by, comment=comment):
                pass
    row.refresh_from_db()


def in_series(row: Booking) -> bool:
    """Whether a booking stands and belongs to a series."""
    return bool(row.series) and row.status == Booking.Status.BOOKED
