"""收益分成: what a firm's unit in a base earns, shared between school and firm by an agreed percent, period by period (四（四）1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ExtractYear, Round
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.ledger import shares_stay, told_years
from zhixing.bases.use import ResidentUnit
from zhixing.kernel.constraints import dates_in_order, no_overlap, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.rules import moved
from zhixing.kernel.scope import Scope


def quarter_before(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter before that of a day: for which income is usually shared."""
    last = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    return last.replace(month=last.month - 2, day=1), last


@tracked
class RevenueShare(Record):
    """收益分成: the income of a resident unit in a period and how much of it is the school's; the rest is the firm's.

    A period lies within a calendar year, whose statement counts it; when that statement is with the firm or confirmed,
    the shares of the year stay.
    """

    resident = models.ForeignKey(ResidentUnit, models.PROTECT, related_name="shares", verbose_name=_("resident unit"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    revenue = MoneyField(pgettext_lazy("of a resident unit", "income to be shared, in yuan"))
    school_percent = models.DecimalField(
        _("the school's share in percent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    school_amount = models.GeneratedField(
        expression=Round(F("revenue") * F("school_percent") / Decimal(100), precision=2),
        output_field=MoneyField(_("the school's share in yuan")),
        db_persist=True,
        verbose_name=_("the school's share in yuan"),
    )
    received_on = models.DateField(_("received by the school on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    scope = Scope(units=("resident__base__unit",), people=("resident__base__manager",))
    lookup = ("resident__name",)
    title_needs = ("resident",)

    class Meta:
        verbose_name = _("share of revenue")
        verbose_name_plural = _("shares of revenue")
        ordering = ["-starts_on", "resident_id", "id"]
        constraints = [
            dates_in_order("revenue_share_dates"),
            not_negative("revenue_share_amount", "revenue"),
            models.UniqueConstraint(
                fields=["resident", "starts_on"],
                name="revenue_share_once",
                violation_error_message=_("The share of this unit from that day is already recorded."),
            ),
            no_overlap(
                "revenue_share_no_overlap",
                "resident",
                message=_("Two shares of a unit must not share a day."),
                condition=Q(archived_at=None),
            ),
            models.CheckConstraint(
                name="revenue_share_percent",
                condition=Q(school_percent__range=(0, 100)),
                violation_error_message=_("A percentage is between 0 and 100."),
            ),
            models.CheckConstraint(
                name="revenue_share_within_year",
                condition=Q(starts_on__year=ExtractYear("ends_on")),
                violation_error_message=_(
                    "A period lies within one calendar year: the statement of the year counts it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resident.name} · {self.starts_on} – {self.ends_on}"

    @classmethod
    def refusals(cls, rows: Sequence[RevenueShare]) -> Iterator[tuple[RevenueShare, ValidationError]]:
        """Only what was earned is shared. What a year's statement told the firm stays: no share of that year comes, goes or
        changes afterwards."""
        fields = ("resident_id", "starts_on", "ends_on", "revenue", "school_percent")
        asked = [row for row in moved(cls, rows, fields) if row.resident_id and row.starts_on]
        there = cls.objects.filter(pk__in=[row.pk for row in asked if row.pk])
        before = {pk: (base, day.year) for pk, base, day in there.values_list("pk", "resident__base", "starts_on")}
        units = ResidentUnit.objects.filter(pk__in={row.resident_id for row in asked})
        base_of = dict(units.values_list("pk", "base_id"))
        bases = {*base_of.values(), *(base for base, _year in before.values())}
        told = told_years(bases)
        today = timezone.localdate()
        for row in asked:
            if row.ends_on and row.ends_on > today:
                yield row, ValidationError(_("The day must not be in the future."), code="future")
            of = {(base_of.get(row.resident_id), row.starts_on.year)} | (
                {before[row.pk]} if row.pk in before else set()
            )
            for _base, year in of & told:
                yield row, shares_stay(year)

    @classmethod
    def leavings(cls, rows: Iterable[RevenueShare]) -> Iterator[tuple[RevenueShare, ValidationError]]:
        """What a year's statement told the firm stays, and nothing archived comes back to it."""
        there = list(rows)
        units = ResidentUnit._base_manager.filter(pk__in={row.resident_id for row in there})
        base_of = dict(units.values_list("pk", "base_id"))
        told = told_years(set(base_of.values()))
        for row in there:
            if (base_of[row.resident_id], row.starts_on.year) in told:
                yield row, shares_stay(row.starts_on.year)
