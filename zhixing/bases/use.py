"""How bases are used: rooms and their bookings, use by the four functions, units of firms that moved in, guides."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.base import Base
from zhixing.kernel.constraints import dates_in_order, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Cohort, Major, Person
from zhixing.partners.models import Organisation

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
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.BOOKED)
    scope = Scope(units=("room__base__unit",), people=("booked_by", "room__base__manager"))
    lookup = ("purpose",)
    title_needs = ("room",)
    flow = Flow((Step("cancel", _("Cancel the booking"), ("booked",), "cancelled", icon="x", danger=True),))

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

    def validate_constraints(self, exclude: Any = None) -> None:
        """Whether a booking stands and is not archived is asked of the record itself, though no form shows either."""
        super().validate_constraints(exclude=set(exclude or ()) - {"status", "archived_at"})

    def get_constraints(self) -> Any:
        """Lessons out of order are told so; the database cannot be asked what such lessons overlap."""
        rules = super().get_constraints()
        first, last = self.first_period, self.last_period
        if first is None or last is None or last >= first:
            return rules
        return [(model, [one for one in own if not isinstance(one, ExclusionConstraint)]) for model, own in rules]


@tracked
class BaseUse(Record):
    """使用记录: what a base was used for on a day or over a month: hours, people, income, by function (D-36)."""

    base = models.ForeignKey(Base, models.CASCADE, related_name="uses", verbose_name=_("base"))
    room = models.ForeignKey(
        Room,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="uses",
        verbose_name=pgettext_lazy("of a base", "room"),
    )
    function = models.CharField(pgettext_lazy("of a base", "function"), max_length=13, choices=Use)
    used_on = models.DateField(_("date"))
    title = models.CharField(_("title"), max_length=160)
    major = models.ForeignKey(
        Major, models.PROTECT, null=True, blank=True, related_name="base_uses", verbose_name=_("major")
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="base_uses",
        verbose_name=pgettext_lazy("of the use of a base", "for"),
    )
    hours = models.DecimalField(_("hours"), max_digits=8, decimal_places=1)
    people = models.PositiveIntegerField(pgettext_lazy("a number", "people"))
    income = MoneyField(_("income in yuan"), default=0)
    recorded_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="base_uses", verbose_name=_("recorded by")
    )
    scope = Scope(units=("base__unit",), people=("recorded_by", "base__manager"))
    lookup = ("title",)

    class Meta:
        verbose_name = _("use of a base")
        verbose_name_plural = _("use of bases")
        ordering = ["-used_on", "-id"]
        indexes = [models.Index(fields=["base", "function", "used_on"], name="base_use_function")]
        constraints = [
            not_negative("base_use_amounts", "hours", "income"),
            models.UniqueConstraint(
                fields=["base", "function", "used_on", "title"],
                name="base_use_once",
                violation_error_message=_("This use is already recorded."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class ResidentUnit(Record):
    """入驻单元: a firm's studio, development platform or production that moved into a base (D-39)."""

    class Kind(models.TextChoices):
        STUDIO = "studio", _("studio of a firm")
        PLATFORM = "platform", _("development platform")
        PRODUCTION = "production", _("production base")

    base = models.ForeignKey(Base, models.CASCADE, related_name="residents", verbose_name=_("base"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=120)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="resident_units", verbose_name=_("organisation")
    )
    room = models.ForeignKey(
        Room,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="residents",
        verbose_name=pgettext_lazy("of a base", "room"),
    )
    head = models.CharField(_("head"), max_length=80, blank=True)
    starts_on = models.DateField(_("moved in on"))
    ends_on = models.DateField(_("moves out on"), null=True, blank=True)
    reviewed_on = models.DateField(_("last yearly review"), null=True, blank=True)
    review = models.TextField(_("outcome of the review"), blank=True)
    scope = Scope(units=("base__unit",), people=("base__manager",))
    lookup = ("name",)

    class Meta:
        verbose_name = _("resident unit")
        verbose_name_plural = _("resident units")
        ordering = ["base_id", "kind", "id"]
        constraints = [
            dates_in_order("resident_unit_dates"),
            models.UniqueConstraint(
                fields=["base", "name", "starts_on"],
                name="resident_unit_once",
                violation_error_message=_("This unit is already recorded at the base."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Guide(Record):
    """指导教师: who guides students at a base: an engineer of the firm, or a teacher trained for it, with proof (D-38)."""

    class Kind(models.TextChoices):
        TEACHER = "teacher", _("teacher of the school")
        ENGINEER = "engineer", _("engineer or technician of the firm")
        OTHER = "other", pgettext_lazy("guide", "somebody else")

    base = models.ForeignKey(Base, models.CASCADE, related_name="guides", verbose_name=_("base"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="guides_at",
        verbose_name=_("person of the school"),
    )
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="guides", verbose_name=_("organisation")
    )
    position = models.CharField(_("position"), max_length=80, blank=True)
    proof = models.CharField(
        pgettext_lazy("of a guide", "proof"),
        max_length=120,
        blank=True,
        help_text=_("For a teacher the training certificate, for an engineer the professional title."),
    )
    proof_number = models.CharField(_("number of the proof"), max_length=60, blank=True)
    proven_on = models.DateField(_("proof issued on"), null=True, blank=True)
    valid_until = models.DateField(_("proof valid until"), null=True, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    scope = Scope(units=("base__unit",), people=("person", "base__manager"))
    lookup = ("name", "person__name")
    title_needs = ("person",)

    class Meta:
        verbose_name = pgettext_lazy("of a base", "guide")
        verbose_name_plural = pgettext_lazy("of a base", "guides")
        ordering = ["base_id", "kind", "id"]
        constraints = [
            dates_in_order("guide_dates"),
            dates_in_order("guide_proof_dates", "proven_on", "valid_until"),
            models.UniqueConstraint(
                fields=["base", "person", "name", "starts_on"],
                nulls_distinct=False,
                name="guide_once",
                violation_error_message=_("This guide is already recorded at the base."),
            ),
            models.CheckConstraint(
                name="guide_names_somebody",
                condition=Q(kind="teacher", person__isnull=False)
                | (Q(kind="engineer", organisation__isnull=False) & ~Q(name=""))
                | (Q(kind="other") & ~Q(name="")),
                violation_error_message=_(
                    "A teacher is a person of the school; an engineer has name and firm; anybody else has a name."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.person.name if self.person else self.name
