"""What comes round: the plan for bases of each school year, the summary of each term (D-44, D-46)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.papers import stay
from zhixing.kernel.constraints import not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import AcademicYear, Major, Person, Term, Unit


@tracked
class BasePlan(Record):
    """基地建设规划: what a college means to do for its bases off the campus in a school year; approved by the end of September."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="base_plans", verbose_name=_("unit"))
    year = models.ForeignKey(AcademicYear, models.PROTECT, related_name="base_plans", verbose_name=_("academic year"))
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="base_plans", verbose_name=_("owner")
    )
    new_bases = models.PositiveSmallIntegerField(_("new bases"), default=0)
    new_places = models.PositiveIntegerField(_("new places"), default=0)
    demo_bases = models.PositiveSmallIntegerField(_("demonstration bases to grow"), default=0)
    funds = MoneyField(_("funds in yuan"), default=0)
    content = models.TextField(_("goals and measures"), blank=True)
    management = models.TextField(_("how bases are managed for good"), blank=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DRAFT)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    scope = Scope(units=("unit",), people=("owner",))
    lookup = ("unit__code", "unit__name")
    title_needs = ("unit", "year")
    flow = Flow(
        (
            Step("submit", _("Submit for approval"), ("draft",), "submitted", icon="upload", primary=True),
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
        )
    )

    class Meta:
        verbose_name = _("base plan")
        verbose_name_plural = _("base plans")
        ordering = ["-year__starts_on", "unit_id"]
        constraints = [
            not_negative("base_plan_funds", "funds"),
            models.UniqueConstraint(
                fields=["unit", "year"],
                name="base_plan_once",
                violation_error_message=_("The college already has a base plan for that year."),
            ),
            models.CheckConstraint(
                name="base_plan_approved_has_date",
                condition=~Q(status="approved") | Q(approved_on__isnull=False),
                violation_error_message=_("An approved base plan has the day of its approval."),
            ),
            models.CheckConstraint(
                name="base_plan_date_by_approval",
                condition=Q(status="approved") | Q(approved_on=None),
                violation_error_message=_("Only an approved base plan has the day of its approval."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit.name} · {self.year.code}"

    def on_approved(self) -> None:
        """Called by the approval route within its last step."""
        self.approved_on = timezone.localdate()

    @classmethod
    def refusals(cls, rows: Sequence[BasePlan]) -> Iterator[tuple[BasePlan, ValidationError]]:
        """What was approved stays: next year has a plan of its own."""
        fields = ("unit_id", "year_id", "new_bases", "new_places", "demo_bases", "funds", "content", "management")
        return stay(cls, rows, fields, _("The plan is approved and stays as it is."), writable=("draft", "submitted"))


@tracked
class TermSummary(Record):
    """学期末总结: how a major's bases did in a term. Written from data, then edited; its numbers stay linked to rows (D-46)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", pgettext_lazy("of a summary", "handed in")
        ACCEPTED = "accepted", pgettext_lazy("of a summary", "accepted")

    major = models.ForeignKey(Major, models.PROTECT, related_name="term_summaries", verbose_name=_("major"))
    term = models.ForeignKey(Term, models.PROTECT, related_name="term_summaries", verbose_name=_("term"))
    author = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="term_summaries", verbose_name=_("author")
    )
    # A number in the text is written as its name in brackets, [[places]]; the page shows it with its rows.
    overview = models.TextField(pgettext_lazy("of a summary", "how the bases ran"), blank=True)
    results = models.TextField(pgettext_lazy("of a summary", "what came of it"), blank=True)
    problems = models.TextField(pgettext_lazy("of a summary", "what went wrong"), blank=True)
    next_steps = models.TextField(pgettext_lazy("of a summary", "what comes next"), blank=True)
    # The numbers as they were when it was handed in, each with the address of its rows.
    figures = models.JSONField(_("numbers"), default=dict, editable=False)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DRAFT)
    submitted_on = models.DateField(_("handed in on"), null=True, blank=True)
    scope = Scope(units=("major__unit",), people=("major__leader", "author", "major__group__leader"))
    lookup = ("major__code", "major__name")
    title_needs = ("major", "term__year")
    flow = Flow(
        (
            Step(
                "submit", pgettext_lazy("of a summary", "Hand in"), ("draft",), "submitted", icon="upload", primary=True
            ),
            Step(
                "accept",
                pgettext_lazy("of a summary", "Accept"),
                ("submitted",),
                "accepted",
                capability="approve",
                icon="check-circle",
                primary=True,
            ),
            Step(
                "send_back",
                _("Send back"),
                ("submitted",),
                "draft",
                capability="approve",
                icon="sendback",
                comment="required",
            ),
        )
    )

    class Meta:
        verbose_name = _("term summary")
        verbose_name_plural = _("term summaries")
        ordering = ["-term__starts_on", "major_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["major", "term"],
                name="term_summary_once",
                violation_error_message=_("The major already has a summary for that term."),
            ),
            models.CheckConstraint(
                name="term_summary_submitted_has_date",
                condition=Q(status="draft") | Q(submitted_on__isnull=False),
                violation_error_message=_("A summary that is handed in has the day on which it was."),
            ),
            models.CheckConstraint(
                name="term_summary_date_by_step",
                condition=~Q(status="draft") | Q(submitted_on=None),
                violation_error_message=_("A draft has no day on which it was handed in."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.major.name} · {self.term}"

    @classmethod
    def refusals(cls, rows: Sequence[TermSummary]) -> Iterator[tuple[TermSummary, ValidationError]]:
        """What was handed in stays, unless it is sent back."""
        fields = ("major_id", "term_id", "overview", "results", "problems", "next_steps")
        return stay(cls, rows, fields, _("The summary is handed in and stays as it is."), writable=("draft",))
