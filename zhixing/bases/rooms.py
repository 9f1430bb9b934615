"""Rooms of bases and who has them when: bookings by lesson, one by one or week by week (D-39)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, models, transaction
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.base import Base
from zhixing.bases.rules import in_use_on
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.rules import moved
from zhixing.kernel.scope import Scope
from zhixing.org.models import Cohort, Major, Person

# 节次: a college's day in lessons of 45 minutes, the last in the evening.
LAST_PERIOD = 12


class Use(models.TextChoices):
    """四种功能: what a base is used for (四（四）1)."""

    TEACHING = "teaching", pgettext_lazy("use of a base", "teaching")
    TRAINING = "training", pgettext_lazy("use of a base", "training for society")
    CERTIFICATION = "certification", pgettext_lazy("use of a base", "skill certification")
    SERVICE = "service", pgettext_lazy("use of a base", "technical service")


class Periods(Func):
    """The lessons from one field to another, both included."""

    function = "int4range"
    output_field = IntegerRangeField()


def _period(label: object) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, validators=[MinValueValidator(1), MaxValueValidator(LAST_PERIOD)])


@tracked
class Room(Record):
    """实训室、车间: a room of a base that majors share and book (D-39)."""

    class Kind(models.TextChoices):
        TRAINING = "training", _("training room")
        WORKSHOP = "workshop", _("workshop")
        LABORATORY = "laboratory", _("laboratory")
        VIRTUAL = "virtual", _("virtual simulation room")

    base = models.ForeignKey(Base, models.CASCADE, related_name="rooms", verbose_name=_("base"))
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    workplaces = models.PositiveSmallIntegerField(_("workplaces"), default=0)
    place = models.CharField(_("place"), max_length=80, blank=True)
    shared = models.BooleanField(pgettext_lazy("of a room", "open to all majors"), default=True)
    scope = Scope(units=("base__unit",), people=("base__manager",))
    lookup = ("code", "name")
    picked = True

    class Meta:
        verbose_name = pgettext_lazy("of a base", "room")
        verbose_name_plural = pgettext_lazy("of a base", "rooms")
        ordering = ["base_id", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "code"],
                name="room_once",
                violation_error_message=_("The base already has a room with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Booking(Record):
    """预约: a room for some lessons of a day. Two bookings never share a lesson of a room: the database sees to it."""

    class Status(models.TextChoices):
        BOOKED = "booked", _("booked")
        CANCELLED = "cancelled", pgettext_lazy("of a booking", "cancelled")

    room = models.ForeignKey(
        Room, models.CASCADE, related_name="bookings", verbose_name=pgettext_lazy("of a base", "room")
    )
    day = models.DateField(_("date"))
    first_period = _period(_("first lesson"))
    last_period = _period(_("last lesson"))
    function = models.CharField(pgettext_lazy("of a base", "function"), max_length=13, choices=Use)
    purpose = models.CharField(_("purpose"), max_length=160)
    major = models.ForeignKey(
        Major, models.PROTECT, null=True, blank=True, related_name="bookings", verbose_name=_("major")
    )
    cohort = models.ForeignKey(
        Cohort, models.PROTECT, null=True, blank=True, related_name="bookings", verbose_name=_("cohort")
    )
    people = models.PositiveSmallIntegerField(pgettext_lazy("a number", "people"), default=0)
    booked_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="bookings", verbose_name=_("booked by")
    )
    # What was booked together, week by week, has one name; empty for a booking by itself.
    series = models.CharField(_("series"), max_length=32, blank=True, default="", editable=False, db_index=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.BOOKED)
    scope = Scope(units=("room__base__unit",), people=("booked_by", "room__base__manager"))
    lookup = ("purpose",)
    title_needs = ("room",)
    flow = Flow(
        (
            Step("cancel", _("Cancel the booking"), ("booked",), "cancelled", icon="x", danger=True),
            Step("renew", _("Book it again"), ("cancelled",), "booked", icon="refresh"),
        )
    )

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-day", "first_period", "id"]
        indexes = [models.Index(fields=["room", "day"], name="booking_room_day")]
        constraints = [
            models.CheckConstraint(
                name="booking_periods_in_order",
                condition=Q(last_period__gte=F("first_period")),
                violation_error_message=_("The last lesson must not be before the first."),
            ),
            models.UniqueConstraint(
                fields=["room", "day", "first_period", "purpose"],
                name="booking_once",
                violation_error_message=_("This booking is already recorded."),
            ),
            ExclusionConstraint(
                name="booking_no_overlap",
                expressions=[
                    (
                        Periods(
                            "first_period", "last_period", RangeBoundary(inclusive_lower=True, inclusive_upper=True)
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("room", RangeOperators.EQUAL),
                    ("day", RangeOperators.EQUAL),
                ],
                condition=Q(status="booked", archived_at=None),
                violation_error_message=_(
                    "The room is already booked in these lessons. Choose others, or another room."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room.name} · {self.day} · {self.first_period}–{self.last_period}"

    def lessons(self) -> str:
        """Its lessons in words: 3–4, or 5 alone."""
        first, last = self.first_period, self.last_period
        return f"{first}" if first == last else f"{first}–{last}"

    def taken(self, *, named: bool = True) -> ValidationError:
        """Why nobody else can have this room then, naming who has it to those who may see it."""
        if not named:
            words = _("The room is taken on %(day)s in the lessons asked for. Choose other lessons or another room.")
            return ValidationError(words, code=NO_OVERLAP, params={"day": self.day.isoformat()})
        holders = (self.booked_by, self.cohort, self.major)
        return ValidationError(
            _("The room is taken on %(day)s in lessons %(lessons)s: “%(purpose)s”, %(who)s. Choose other lessons or another room."),
            code=NO_OVERLAP,
            params={
                "day": self.day.isoformat(),
                "lessons": self.lessons(),
                "purpose": self.purpose,
                "who": next((holder.name for holder in holders if holder), self.get_function_display()),
            },
        )  # fmt: skip

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Of two who book the same lesson at the same moment the later is told who was quicker."""
        try:
            with transaction.atomic():
                # Whoever books a room waits for whoever is booking it: two that wait for each other's row would both be broken off.
                Room._base_manager.select_for_update(of=("self",), no_key=True).filter(pk=self.room_id).first()
                super().save(*args, **kwargs)
        except IntegrityError as error:
            holder = next(iter(holders([self]).values()), None)
            if holder is None:
                raise
            raise holder.taken() from error

    def get_constraints(self) -> Any:
        """Which booking is in the way is told by name (`refusals`): the database's own rule, which knows none, is the last word."""
        rules = super().get_constraints()
        return [(model, [rule for rule in own if not isinstance(rule, ExclusionConstraint)]) for model, own in rules]

    @classmethod
    def refusals(cls, rows: Sequence[Booking]) -> Iterator[tuple[Booking, ValidationError]]:
        """Who may book which room when: the base in use that day, a room for its own majors, no more people than workplaces,
        lessons that nobody has. What was booked once and does not move is not asked again."""
        standing = [row for row in rows if row.status == cls.Status.BOOKED and row.archived_at is None and row.room_id]
        fields = (*_PLACE, "major_id", "cohort_id", "people", "status")
        asked = [row for row in moved(cls, standing, fields) if row.day and row.first_period and row.last_period]
        rooms = Room.objects.select_related("base").in_bulk({row.room_id for row in asked})
        kept = [room.base_id for room in rooms.values() if not room.shared]
        own = (
            set(Base.majors.through.objects.filter(base__in=kept).values_list("base_id", "major_id")) if kept else set()
        )
        classes = {row.cohort_id for row in asked if kept and row.cohort_id}
        major_of = dict(Cohort.objects.filter(pk__in=classes).values_list("pk", "major_id")) if classes else {}
        held = holders(asked)
        for at, row in enumerate(asked):
            room = rooms.get(row.room_id)
            if room is None:
                continue
            if not in_use_on(room.base, row.day):
                words = _("The base is not in use on %(day)s.")
                yield row, ValidationError(words, code="not_in_use", params={"day": row.day.isoformat()})
            majors = {row.major_id, major_of.get(row.cohort_id)} - {None}
            if not room.shared and any((room.base_id, major) not in own for major in majors):
                yield row, ValidationError(_("This room is kept for the majors of its base."), code="not_shared")
            if room.workplaces and row.people > room.workplaces:
                words = _("The room has %(number)s workplaces.")
                yield row, ValidationError(words, code="too_many", params={"number": room.workplaces})
            if at in held:
                yield row, held[at].taken()


# What a booking takes.
_PLACE = ("room_id", "day", "first_period", "last_period")
NO_OVERLAP = "booking_no_overlap"


def holders(rows: Sequence[Booking]) -> dict[int, Booking]:
    """The bookings on record that stand in the way of `rows`, by the place of each in the sequence: one question for all.

    A booking is not in its own way, nor are `rows` in each other's.
    """
    if not rows:
        return {}
    days = [row.day for row in rows]
    there = (
        Booking.objects.filter(
            room__in={row.room_id for row in rows},
            day__range=(min(days), max(days)),
            status=Booking.Status.BOOKED,
            archived_at=None,
        )
        .exclude(pk__in=[row.pk for row in rows if row.pk])
        .select_related("booked_by", "cohort", "major")
        .order_by("first_period", "pk")
    )
    by_day: dict[tuple[int, Any], list[Booking]] = defaultdict(list)
    for one in there:
        by_day[one.room_id, one.day].append(one)
    found: dict[int, Booking] = {}
    for at, row in enumerate(rows):
        for one in by_day[row.room_id, row.day]:
            if one.first_period <= row.last_period and row.first_period <= one.last_period:
                found.setdefault(at, one)
    return found
