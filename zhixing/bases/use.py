"""How bases are used: use by the four functions, units of firms that moved in, guides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.base import Base
from zhixing.bases.ledger import shares_stay, told_years
from zhixing.bases.rooms import Room, Use
from zhixing.bases.rules import in_use_on
from zhixing.kernel.constraints import dates_in_order, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.rules import moved
from zhixing.kernel.scope import Scope
from zhixing.org.models import Major, Person
from zhixing.partners.models import Organisation


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

    @classmethod
    def refusals(cls, rows: Sequence[BaseUse]) -> Iterator[tuple[BaseUse, ValidationError]]:
        """What was used, was: not in the future, of a base in use that day, in a room of that base."""
        asked = [row for row in moved(cls, rows, ("base_id", "room_id", "used_on")) if row.base_id and row.used_on]
        bases = Base.objects.in_bulk({row.base_id for row in asked})
        chosen = {row.room_id for row in asked if row.room_id}
        base_of = dict(Room.objects.filter(pk__in=chosen).values_list("pk", "base_id")) if chosen else {}
        today = timezone.localdate()
        for row in asked:
            base = bases.get(row.base_id)
            if row.used_on > today:
                yield row, ValidationError(_("The day must not be in the future."), code="future")
            elif base is not None and not in_use_on(base, row.used_on):
                words = _("The base is not in use on %(day)s.")
                yield row, ValidationError(words, code="not_in_use", params={"day": row.used_on.isoformat()})
            if row.room_id and base_of.get(row.room_id) != row.base_id:
                yield row, ValidationError(_("The room belongs to another base."), code="other_base")


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
    # What the contract says of its income; each share keeps the percent of its period.
    school_percent = models.DecimalField(
        _("the school's share agreed, in percent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
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

    @classmethod
    def refusals(cls, rows: Sequence[ResidentUnit]) -> Iterator[tuple[ResidentUnit, ValidationError]]:
        """A unit takes its shares of revenue along to no other base once the statement of one of the two has told them."""
        asked = {row.pk: row for row in moved(cls, rows, ("base_id",)) if row.pk and row.base_id}
        if not asked:
            return
        shares = cls._base_manager.filter(pk__in=asked, shares__isnull=False, shares__archived_at=None)
        held = sorted(set(shares.values_list("pk", "base_id", "shares__starts_on__year")))
        told = told_years({base for _pk, base, _year in held} | {row.base_id for row in asked.values()})
        for pk, base, year in held:
            if {(base, year), (asked[pk].base_id, year)} & told:
                yield asked[pk], shares_stay(year)


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
