"""Agreements, their parties and what each owes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements.papers import AgreementDocument, AgreementKind, PartyRole, Template
from zhixing.agreements.signatures import Signature, SignatureRequest, SigningCode
from zhixing.governance.models import Task
from zhixing.kernel.constraints import DateRange, dates_in_order, not_negative
from zhixing.kernel.fields import EncryptedTextField, MoneyField, UsccField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked, trigram
from zhixing.kernel.scope import Scope
from zhixing.org.models import Major, MajorGroup, Person, Student, Unit
from zhixing.partners.models import Organisation

__all__ = [
    "Agreement",
    "AgreementDocument",
    "AgreementKind",
    "AgreementParty",
    "Obligation",
    "PartyRole",
    "Signature",
    "SignatureRequest",
    "SigningCode",
    "Template",
]

# An agreement that was once signed by all; what is counted on a day is one of these whose term holds that day.
SIGNED = ("in_force", "ended", "terminated", "renewed", "replaced")
# What was signed and not broken off: only this carries what has still to begin.
UNBROKEN = ("in_force", "ended", "renewed", "replaced")


# Still on the editor's desk; later the text is settled: these are what it says.
OPEN = ("draft", "confirming")
TEXT = ("kind", "unit", "counterparty", "student", "starts_on", "ends_on", "amount", "title", "contents", "details")


@tracked
class Agreement(Record):
    """协议: what school and partners have promised each other (促进办法 art. 6, 8; 四（一）2), from draft to end."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        CONFIRMING = "confirming", _("being confirmed")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")
        SIGNING = "signing", _("being signed")
        IN_FORCE = "in_force", pgettext_lazy("of an agreement", "in force")
        ENDED = "ended", pgettext_lazy("of an agreement", "ended")
        TERMINATED = "terminated", _("terminated")
        RENEWED = "renewed", _("renewed")
        REPLACED = "replaced", _("replaced by an amendment")

    class Form(models.IntegerChoices):
        """促进办法 art. 6, shortened."""

        PROGRAMMES = 1, _("majors, standards and courses")
        TRAINING = 2, _("training plans, exchange of staff, internships")
        APPRENTICES = 3, pgettext_lazy("a form of cooperation", "apprenticeships")
        FOUNDING = 4, _("joint schools, bases and centres")
        STANDARDS = 5, _("standards of posts and quality")
        CONTESTS = 6, _("contests, pilot firms, culture and services")
        OTHER = 7, pgettext_lazy("form of cooperation", "other")

    kind = models.ForeignKey(AgreementKind, models.PROTECT, related_name="agreements", verbose_name=_("kind"))
    # Given on approval, without gaps by year and unit; null before, so that many drafts may wait for one.
    number = models.CharField(_("agreement number"), max_length=60, null=True, blank=True, unique=True)
    title = models.CharField(_("title"), max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="agreements", verbose_name=_("unit"))
    major_group = models.ForeignKey(
        MajorGroup, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("major group")
    )
    major = models.ForeignKey(
        Major, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("major")
    )
    # The other side; what else stands in the agreement is in its parties.
    counterparty = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("counterparty")
    )
    student = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("student")
    )
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="agreements_kept", verbose_name=_("handled by")
    )
    starts_on = models.DateField(pgettext_lazy("of an agreement", "term from"))
    ends_on = models.DateField(pgettext_lazy("of an agreement", "term until"))
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    # The day on which it really ended, where that was not the last day of its term.
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    amount = MoneyField(_("amount in yuan"), null=True, blank=True)
    forms = ArrayField(
        models.PositiveSmallIntegerField(choices=Form),
        verbose_name=_("forms of cooperation"),
        default=list,
        blank=True,
    )
    takes_interns = models.BooleanField(_("the firm takes interns"), default=False)
    # What the text says, by the kind's content codes, and the values of the kind's named fields.
    contents = models.JSONField(_("contents"), default=dict, editable=False)
    details = models.JSONField(_("named fields"), default=dict, editable=False)
    amends = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="amendments", verbose_name=_("amends")
    )
    renews = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="renewals", verbose_name=_("renews")
    )
    # Why another agreement of the same kind may stand beside this one at the same time.
    overlap_reason = models.CharField(_("reason for standing beside another"), max_length=200, blank=True)
    end_reason = models.CharField(_("reason of the end"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("unit",), people=("owner", "student__person", "major_group__leader"))
    lookup = ("number", "title")
    picked = True
    # The kind is on every page of an agreement; and a title of several columns is read back by its whole.
    title_needs = ("kind",)
    flow = Flow(
        (
            Step("ask", _("Ask the parties to confirm"), ("draft",), "confirming", icon="mail", primary=True),
            Step("withdraw", _("Back to draft"), ("confirming",), "draft", icon="sendback"),
            Step("submit", _("Submit for approval"), ("draft", "confirming"), "submitted", icon="upload", primary=True),
            Step("approve", _("Approve"), ("submitted",), "approved", icon="check", by_approval=True),
            Step(
                "send_back",
                _("Send back"),
                ("submitted",),
                "draft",
                icon="sendback",
                comment="required",
                by_approval=True,
            ),
            # Kinds that the office has cleared once for all: the template was approved, not each sheet of paper.
            Step("clear", _("Ready to sign"), ("draft", "confirming"), "approved", icon="check", primary=True),
            Step("sign", _("Start signing"), ("approved",), "signing", icon="edit", primary=True),
            Step(
                "return",
                _("Return to the editor"),
                ("approved", "signing"),
                "draft",
                icon="sendback",
                comment="required",
            ),
            Step("enforce", _("Put in force"), ("approved", "signing"), "in_force", icon="shield", primary=True),
            Step("replace", _("Replace by its amendment"), ("in_force",), "replaced", icon="refresh"),
            Step("follow", _("Close as renewed"), ("in_force", "ended"), "renewed", icon="refresh"),
            Step("end", pgettext_lazy("of an agreement", "End"), ("in_force",), "ended", icon="flag"),
            Step(
                "terminate",
                _("Terminate"),
                ("in_force",),
                "terminated",
                capability="approve",
                icon="x",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-starts_on", "-id"]
        indexes = [
            models.Index(fields=["status", "ends_on"], name="agreement_expiry"),
            models.Index(fields=["kind", "unit", "starts_on"], name="agreement_kind_unit"),
            trigram("agreement_title_trgm", "title"),
        ]
        constraints = [
            dates_in_order("agreement_dates"),
            dates_in_order("agreement_ended_dates", "starts_on", "ended_on"),
            not_negative("agreement_amount", "amount"),
            models.CheckConstraint(
                name="agreement_signed_has_date",
                condition=~Q(status__in=SIGNED) | Q(signed_on__isnull=False),
                violation_error_message=_("An agreement in force has the day on which it was signed."),
            ),
            models.CheckConstraint(
                name="agreement_terminated_has_reason",
                condition=~Q(status="terminated") | (~Q(end_reason="") & Q(ended_on__isnull=False)),
                violation_error_message=_("A terminated agreement has its reason and the day of its end."),
            ),
            models.CheckConstraint(
                name="agreement_not_its_own",
                condition=(Q(amends=None) | ~Q(amends=F("id"))) & (Q(renews=None) | ~Q(renews=F("id"))),
                violation_error_message=_("An agreement neither amends nor renews itself."),
            ),
            # What has no number yet is recognised by this, when a register is brought in as when a button is pressed twice.
            models.UniqueConstraint(
                fields=["kind", "unit", "counterparty", "student", "title", "starts_on"],
                name="agreement_draft_once",
                condition=Q(number=None, archived_at=None),
                nulls_distinct=False,
                violation_error_message=_(
                    "A draft of this kind, unit, partner, title and first day is already there. Open it, or name this one apart."
                ),
            ),
            ExclusionConstraint(
                name="agreement_no_overlap",
                expressions=[
                    (
                        DateRange("starts_on", "ends_on", RangeBoundary(inclusive_lower=True, inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                    ("kind", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("counterparty", RangeOperators.EQUAL),
                    # Every student has an own agreement with the same firm; without a student there is one.
                    (Coalesce(F("student"), Value(0)), RangeOperators.EQUAL),
                ],
                condition=Q(status="in_force", overlap_reason="", archived_at=None),
                violation_error_message=_(
                    "An agreement of this kind with this partner is already in force at that time. Amend or renew it, "
                    "or say why another may stand beside it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}" if self.number else self.title

    @classmethod
    def refusals(cls, rows: Sequence[Agreement]) -> Iterable[tuple[Agreement, ValidationError]]:
        """What was approved or signed stays as it was, whatever way a change comes: by form, program or register."""
        settled = cls._base_manager.filter(pk__in=[row.pk for row in rows if row.pk]).exclude(status__in=OPEN)
        known = {record.pk: record for record in settled}
        fields = [cls._meta.get_field(name) for name in TEXT]
        for row in rows:
            stands = known.get(row.pk, row)
            changed = [f for f in fields if f.value_from_object(row) != f.value_from_object(stands)]
            if changed:
                labels = "、".join(str(f.verbose_name) for f in changed)
                yield (
                    row,
                    ValidationError(
                        _(
                            "%(fields)s: what was approved or signed is not changed here. Make an amendment, or return the "
                            "agreement to the editor while it is not yet in force."
                        ),
                        "settled",
                        {"fields": labels},
                    ),
                )

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """The overlap rule rests on the state too: a form leaves it out, but it is known."""
        super().validate_constraints(exclude=set(exclude or ()) - {"status", "overlap_reason"})

    @property
    def last_day(self) -> date:
        """The day on which it ends, or ended."""
        return min(self.ended_on, self.ends_on) if self.ended_on else self.ends_on

    @classmethod
    def approval_sorts(cls) -> list[tuple[str, str]]:
        """The kinds that go through approval: a route may be for some of them alone."""
        return [(kind.code, str(kind)) for kind in AgreementKind.objects.filter(needs_approval=True, archived_at=None)]

    @property
    def approval_sort(self) -> str:
        """Routes of approval may be set for some kinds alone."""
        return self.kind.code

    def on_approved(self) -> None:
        """Called by the approval route within its last step: an approved agreement has its number."""
        from zhixing.agreements.actions import give_number

        give_number(self)


@tracked
class AgreementParty(Record):
    """签约方: who promises, and as what. Its data are confirmed by itself, and printed as they stand here."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="parties", verbose_name=_("agreement"))
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    role = models.CharField(pgettext_lazy("party to an agreement", "role"), max_length=12, choices=PartyRole)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agreement_parties",
        verbose_name=_("organisation"),
    )
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agreement_parties",
        verbose_name=_("person of the school"),
    )
    student = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="agreement_parties", verbose_name=_("student")
    )
    name = models.CharField(pgettext_lazy("of a party", "name"), max_length=200)
    uscc = UsccField(_("unified social credit code"))
    address = models.CharField(_("address"), max_length=200, blank=True)
    # Who signs for it: legal representative or whoever holds the power.
    signatory = models.CharField(_("signatory"), max_length=80, blank=True)
    signatory_position = models.CharField(_("signatory's position"), max_length=80, blank=True)
    contact = models.CharField(pgettext_lazy("of a party", "contact"), max_length=80, blank=True)
    phone = EncryptedTextField(_("phone"), blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True, editable=False)
    confirmed_by = models.CharField(_("confirmed by"), max_length=80, blank=True, editable=False)
    scope = Scope(
        units=("agreement__unit",),
        people=("agreement__owner", "agreement__student__person", "agreement__major_group__leader"),
    )
    lookup = ("name",)

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["agreement_id", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "order"],
                name="agreement_party_order",
                violation_error_message=_("Another party already has this place in the agreement."),
            ),
            models.CheckConstraint(
                name="agreement_party_organisation",
                condition=~Q(role__in=["enterprise", "association", "government", "park"])
                | Q(organisation__isnull=False),
                violation_error_message=_("This party is an organisation of the register: name it."),
            ),
            models.CheckConstraint(
                name="agreement_party_student",
                condition=~Q(role="student") | Q(student__isnull=False),
                violation_error_message=_("A student's place names the student."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.get_role_display()}"


@tracked
class Obligation(Record):
    """履约事项: what a party owes by when. It becomes a task of whoever sees to it at the school."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="obligations", verbose_name=_("agreement"))
    party_role = models.CharField(_("owed by"), max_length=12, choices=PartyRole)
    title = models.CharField(_("obligation"), max_length=160)
    due = models.DateField(_("due"))
    amount = MoneyField(_("amount in yuan"), null=True, blank=True)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="obligations", verbose_name=_("seen to by")
    )
    task = models.OneToOneField(
        Task,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="obligation",
        verbose_name=_("task"),
    )
    fulfilled_on = models.DateField(_("fulfilled on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(
        units=("agreement__unit",),
        people=("owner", "agreement__owner", "agreement__major_group__leader"),
    )
    lookup = ("title",)

    class Meta:
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        ordering = ["due", "id"]
        constraints = [
            not_negative("obligation_amount", "amount"),
            models.UniqueConstraint(
                fields=["agreement", "title", "due"],
                name="obligation_once",
                violation_error_message=_("This obligation is already recorded."),
            ),
        ]

    def __str__(self) -> str:
        return self.title
