"""The two-party ledger (双方投入台账) and the yearly statement that both sides confirm (校企互惠账单)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.base import Base
from zhixing.bases.papers import stay
from zhixing.bases.rooms import Room
from zhixing.kernel.constraints import not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person
from zhixing.partners.models import Organisation


@tracked
class Contribution(Record):
    """投入: what one side puts into a base, from its pledge to the settlement when one side leaves (四（四）1)."""

    class Party(models.TextChoices):
        SCHOOL = "school", _("school")
        FIRM = "firm", pgettext_lazy("party", "firm")

    class Kind(models.TextChoices):
        SITE = "site", pgettext_lazy("resource", "site")
        EQUIPMENT = "equipment", _("equipment")
        SOFTWARE = "software", _("software")
        CASH = "cash", _("cash")
        OPERATION = "operation", pgettext_lazy("resource", "operation")

    class Owner(models.TextChoices):
        SCHOOL = "school", _("school")
        FIRM = "firm", pgettext_lazy("party", "firm")
        SHARED = "shared", pgettext_lazy("of property", "shared")

    class Status(models.TextChoices):
        PLEDGED = "pledged", pgettext_lazy("of a contribution", "pledged")
        DELIVERED = "delivered", pgettext_lazy("of a contribution", "delivered")
        ACCEPTED = "accepted", pgettext_lazy("of a contribution", "accepted")
        SETTLED = "settled", pgettext_lazy("of a contribution", "settled")

    base = models.ForeignKey(Base, models.CASCADE, related_name="contributions", verbose_name=_("base"))
    party = models.CharField(pgettext_lazy("of a contribution", "party"), max_length=6, choices=Party)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="base_contributions",
        verbose_name=_("organisation"),
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    title = models.CharField(_("title"), max_length=160)
    pledged_value = MoneyField(_("value pledged in yuan"))
    pledged_on = models.DateField(_("pledged on"), null=True, blank=True)
    due = models.DateField(pgettext_lazy("of a contribution", "to be delivered by"))
    delivered_value = MoneyField(_("value delivered in yuan"), null=True, blank=True)
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions_accepted",
        verbose_name=_("accepted by"),
    )
    valued_by = models.CharField(_("how it was valued"), max_length=200, blank=True)
    owned_by = models.CharField(
        _("property of"), max_length=6, choices=Owner, default=Owner.SCHOOL, help_text=_("Who owns it while it stands.")
    )
    # 固定资产编号: under which the thing stands in the school's register of assets.
    asset_number = models.CharField(_("asset number"), max_length=40, blank=True, default="")
    depreciation_years = models.PositiveSmallIntegerField(_("depreciated over years"), null=True, blank=True)
    room = models.ForeignKey(
        Room, models.SET_NULL, null=True, blank=True, related_name="equipment", verbose_name=_("stands in")
    )
    settled_on = models.DateField(_("settled on"), null=True, blank=True)
    settled_value = MoneyField(_("value settled in yuan"), null=True, blank=True)
    settlement = models.CharField(_("settlement"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.PLEDGED)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("base__unit",), people=("base__manager",))
    lookup = ("title",)
    picked = True
    flow = Flow(
        (
            Step("deliver", _("Record the delivery"), ("pledged",), "delivered", icon="download", primary=True),
            Step(
                "accept",
                pgettext_lazy("of a contribution", "Accept"),
                ("delivered",),
                "accepted",
                capability="approve",
                icon="check-circle",
                primary=True,
            ),
            Step(
                "refuse",
                pgettext_lazy("of a contribution", "Refuse"),
                ("delivered",),
                "pledged",
                capability="approve",
                icon="sendback",
                comment="required",
                danger=True,
            ),
            Step(
                "settle",
                pgettext_lazy("of a contribution", "Settle"),
                ("accepted",),
                "settled",
                capability="approve",
                icon="money",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering = ["base_id", "due", "id"]
        indexes = [models.Index(fields=["due"], condition=Q(status="pledged"), name="contribution_open")]
        constraints = [
            not_negative("contribution_values", "pledged_value", "delivered_value", "settled_value"),
            models.UniqueConstraint(
                fields=["base", "party", "title", "due"],
                name="contribution_once",
                violation_error_message=_("This contribution is already recorded."),
            ),
            models.UniqueConstraint(
                fields=["asset_number"],
                condition=~Q(asset_number=""),
                name="contribution_asset_once",
                violation_error_message=_("Another contribution already has this asset number."),
            ),
            models.CheckConstraint(
                name="contribution_school_names_no_firm",
                condition=Q(party="firm") | Q(organisation=None),
                violation_error_message=_("What the school puts in names no organisation."),
            ),
            models.CheckConstraint(
                name="contribution_delivered_has_value",
                condition=Q(status="pledged") | Q(delivered_on__isnull=False, delivered_value__isnull=False),
                violation_error_message=_("What is delivered has its day and its value."),
            ),
            models.CheckConstraint(
                name="contribution_accepted_has_day",
                condition=Q(status__in=["pledged", "delivered"])
                | Q(accepted_on__isnull=False, accepted_on__gte=F("delivered_on")),
                violation_error_message=_("What is accepted has the day of acceptance, not before its delivery."),
            ),
            models.CheckConstraint(
                name="contribution_pledged_is_not_delivered",
                condition=~Q(status="pledged") | Q(delivered_on=None, delivered_value=None),
                violation_error_message=_("What is only pledged has neither day nor value of a delivery."),
            ),
            models.CheckConstraint(
                name="contribution_day_of_acceptance_by_step",
                condition=Q(status__in=["accepted", "settled"]) | Q(accepted_on=None, accepted_by=None),
                violation_error_message=_("Only what is accepted has the day of acceptance and who accepted it."),
            ),
            models.CheckConstraint(
                name="contribution_settlement_by_step",
                condition=Q(status="settled") | Q(settled_on=None, settled_value=None, settlement=""),
                violation_error_message=_("Only what is settled has the day, the value and the words of a settlement."),
            ),
            models.CheckConstraint(
                name="contribution_settled_has_value",
                condition=~Q(status="settled") | (Q(settled_on__isnull=False) & ~Q(settlement="")),
                violation_error_message=_("A settlement has its day and says what was agreed."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class BenefitStatement(Record):
    """校企互惠账单: what each side gave and got through a base in a calendar year; confirmed by both, then it stays."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SENT = "sent", pgettext_lazy("of a statement", "waiting for the firm")
        CONFIRMED = "confirmed", pgettext_lazy("of a statement", "confirmed by both")
        DISPUTED = "disputed", pgettext_lazy("of a statement", "disputed")

    base = models.ForeignKey(Base, models.PROTECT, related_name="statements", verbose_name=_("base"))
    year = models.PositiveSmallIntegerField(_("calendar year"))
    # What was counted when it was drawn up: each line with its side, value and the rows behind it.
    lines = models.JSONField(_("lines"), default=list, editable=False)
    drawn_at = models.DateTimeField(_("drawn up"), null=True, blank=True, editable=False)
    school_remark = models.TextField(_("remark of the school"), blank=True)
    school_confirmed_on = models.DateField(_("confirmed by the school on"), null=True, blank=True, editable=False)
    school_confirmed_by = models.CharField(_("confirmed for the school by"), max_length=80, blank=True, editable=False)
    firm_remark = models.TextField(_("remark of the firm"), blank=True, editable=False)
    firm_confirmed_on = models.DateField(_("confirmed by the firm on"), null=True, blank=True, editable=False)
    firm_confirmed_by = models.CharField(_("confirmed for the firm by"), max_length=80, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DRAFT)
    scope = Scope(units=("base__unit",), people=("base__manager",))
    lookup = ("base__code", "base__name")
    title_needs = ("base",)
    flow = Flow(
        (
            Step("send", _("Confirm and send to the firm"), ("draft", "disputed"), "sent", icon="mail", primary=True),
            Step("confirm", _("The firm confirms"), ("sent",), "confirmed", icon="check-circle"),
            Step("dispute", _("The firm disagrees"), ("sent",), "disputed", icon="sendback", comment="required"),
            Step("reopen", _("Take back to draft"), ("sent", "disputed"), "draft", icon="refresh", comment="required"),
        )
    )

    class Meta:
        verbose_name = _("benefit statement")
        verbose_name_plural = _("benefit statements")
        ordering = ["-year", "base_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "year"],
                name="benefit_statement_once",
                violation_error_message=_("The statement of this base for that year is already there."),
            ),
            models.CheckConstraint(
                name="benefit_statement_year",
                condition=Q(year__range=(1990, 2100)),
                violation_error_message=_("The year has four digits."),
            ),
            models.CheckConstraint(
                name="benefit_statement_confirmed_by_both",
                condition=~Q(status="confirmed")
                | (Q(school_confirmed_on__isnull=False, firm_confirmed_on__isnull=False) & ~Q(firm_confirmed_by="")),
                violation_error_message=_("A confirmed statement has the day of both sides and who confirmed it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base.name} · {self.year}"

    @classmethod
    def refusals(cls, rows: Sequence[BenefitStatement]) -> Iterator[tuple[BenefitStatement, ValidationError]]:
        """What the firm has before it, or both have confirmed, stays."""
        kept = ("base_id", "year", "lines", "school_remark")
        return stay(cls, rows, kept, _WITH_THE_FIRM, writable=("draft", "disputed"))

    @classmethod
    def leavings(cls, rows: Iterable[BenefitStatement]) -> Iterator[tuple[BenefitStatement, ValidationError]]:
        """Archived or deleted, it would let go of the shares that it told."""
        for row in rows:
            if row.status in SETTLED and row.archived_at is None:
                yield row, ValidationError(_WITH_THE_FIRM, code="told")


# A statement that the firm has before it, or that both have confirmed.
SETTLED = (BenefitStatement.Status.SENT, BenefitStatement.Status.CONFIRMED)
_WITH_THE_FIRM = _("The statement is with the firm or confirmed: it stays as it is.")


def told_years(bases: Collection[int]) -> set[tuple[int, int]]:
    """Bases and years whose statement the firm has before it, or both have confirmed: one question for all."""
    kept = BenefitStatement.objects.filter(base__in=bases, status__in=SETTLED, archived_at=None)
    return set(kept.values_list("base_id", "year")) if bases else set()


def shares_stay(year: int) -> ValidationError:
    """Why the shares of revenue of a year no longer change."""
    words = _("The statement of %(year)s is with the firm or confirmed: its shares stay as they are.")
    return ValidationError(words, code="told", params={"year": year})
