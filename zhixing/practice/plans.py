"""Practice plans (实践计划): who goes when, to what end, under which documents, and who of the school looks after them (D-41)."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.models import PracticeKind
from zhixing.kernel.constraints import dates_in_order
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import AcademicYear, Cohort, Major, Person


@tracked
class PracticePlan(Record):
    """实践计划: a practice of some cohorts of a major, with dates, aims and the rules of its allocation."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")
        CHOOSING = "choosing", _("students choose")
        ALLOCATED = "allocated", _("allocated")
        RUNNING = "running", pgettext_lazy("practice", "running")
        ENDED = "ended", pgettext_lazy("practice", "ended")

    code = models.CharField(pgettext_lazy("practice", "plan code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=160)
    kind = models.CharField(_("kind"), max_length=8, choices=PracticeKind, default=PracticeKind.POST)
    major = models.ForeignKey(Major, models.PROTECT, related_name="practice_plans", verbose_name=_("major"))
    year = models.ForeignKey(
        AcademicYear, models.PROTECT, related_name="practice_plans", verbose_name=_("academic year")
    )
    cohorts = models.ManyToManyField(Cohort, blank=True, related_name="practice_plans", verbose_name=_("cohorts"))
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="practice_plans", verbose_name=_("led by")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    # From the 人才培养方案: what the real dates are compared with.
    weeks = models.PositiveSmallIntegerField(
        _("weeks in the training plan"), validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    aims = models.TextField(_("aims"), blank=True)
    choose_from = models.DateField(_("choices open on"), null=True, blank=True)
    choose_until = models.DateField(_("choices close on"), null=True, blank=True)
    choices_limit = models.PositiveSmallIntegerField(
        _("choices at most"), default=5, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    # The safety test before the start (I-26): the mark to reach, how many questions are drawn, how often it may be taken.
    safety_pass_mark = models.PositiveSmallIntegerField(
        _("pass mark of the safety test"), default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    safety_questions = models.PositiveSmallIntegerField(
        _("questions of the safety test"), default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    safety_attempts = models.PositiveSmallIntegerField(
        _("attempts at the safety test"), default=5, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    duty_phone = models.CharField(_("duty phone"), max_length=40, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    published_on = models.DateField(_("units published on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("major__unit",), people=("owner", "major__leader", "major__group__leader"))
    lookup = ("code", "title")
    picked = True
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
            Step("open", _("Open for choices"), ("approved",), "choosing", icon="users", primary=True),
            Step("allocate", _("Confirm the allocation"), ("approved", "choosing"), "allocated", icon="check-circle"),
            Step("start", _("Start the practice"), ("approved", "allocated"), "running", icon="flag", primary=True),
            Step("end", _("End the practice"), ("running",), "ended", icon="check"),
        )
    )

    class Meta:
        verbose_name = _("practice plan")
        verbose_name_plural = _("practice plans")
        ordering = ["-starts_on", "code"]
        indexes = [models.Index(fields=["status", "starts_on", "ends_on"], name="practice_plan_running")]
        constraints = [
            dates_in_order("practice_plan_dates"),
            dates_in_order("practice_plan_choice_dates", "choose_from", "choose_until"),
            models.CheckConstraint(
                name="practice_plan_choices",
                condition=Q(choices_limit__range=(1, 20)) & Q(weeks__range=(1, 60)),
                violation_error_message=_("A plan has 1 to 20 choices and 1 to 60 weeks."),
            ),
            models.CheckConstraint(
                name="practice_plan_safety",
                condition=Q(safety_pass_mark__range=(1, 100))
                & Q(safety_questions__range=(1, 100))
                & Q(safety_attempts__range=(1, 50)),
                violation_error_message=_(
                    "A safety test has 1 to 100 questions, a pass mark of 1 to 100, 1 to 50 tries."
                ),
            ),
            models.CheckConstraint(
                name="practice_plan_choices_before_start",
                condition=Q(choose_until=None) | Q(choose_until__lte=F("starts_on")),
                violation_error_message=_("Choices close before the practice begins."),
            ),
            models.CheckConstraint(
                name="practice_plan_approved_has_date",
                condition=Q(status__in=["draft", "submitted"]) | Q(approved_on__isnull=False),
                violation_error_message=_("An approved plan has the date of its approval."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def on_approved(self) -> None:
        """Called by the approval route within its last step."""
        from zhixing.practice.for_bases import plan_demand

        self.approved_on = timezone.localdate()
        plan_demand(self)


OF_PLAN = ("plan__owner", "plan__major__leader", "plan__major__group__leader")


@tracked
class PlanDocument(Record):
    """A paper that must be there before anyone starts: rules, safety rules, emergency plan, scheme (I-33)."""

    class Kind(models.TextChoices):
        RULES = "rules", _("internship rules")
        SAFETY = "safety", _("safety rules")
        EMERGENCY = "emergency", _("emergency plan")
        SCHEME = "scheme", _("internship scheme")

    plan = models.ForeignKey(PracticePlan, models.CASCADE, related_name="documents", verbose_name=_("practice plan"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("title"), max_length=160)
    number = models.CharField(_("document number"), max_length=60, blank=True)
    issued_on = models.DateField(_("issued on"))
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("plan__major__unit",), people=OF_PLAN)
    lookup = ("title",)
    title_needs = ("plan",)

    class Meta:
        verbose_name = _("plan document")
        verbose_name_plural = _("plan documents")
        ordering = ["plan_id", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind"],
                name="plan_document_once",
                violation_error_message=_("The plan already has this document."),
            )
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class Supervisor(Record):
    """校内指导教师: a teacher of the school who looks after students of a plan, and how many at most (I-25)."""

    plan = models.ForeignKey(PracticePlan, models.CASCADE, related_name="supervisors", verbose_name=_("practice plan"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="supervised_plans", verbose_name=_("teacher"))
    limit = models.PositiveSmallIntegerField(_("students at most"), default=20, validators=[MinValueValidator(1)])
    # A number of the school's, for students and guardians; a teacher's own is in the register of people and goes nowhere.
    work_phone = models.CharField(_("work phone"), max_length=40, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("plan__major__unit",), people=("person", *OF_PLAN))
    lookup = ("person__staff_number", "person__name")
    title_needs = ("person",)

    class Meta:
        verbose_name = _("supervisor")
        verbose_name_plural = _("supervisors")
        ordering = ["plan_id", "person_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "person"],
                name="supervisor_once",
                violation_error_message=_("The teacher is already a supervisor of this plan."),
            ),
            models.CheckConstraint(
                name="supervisor_limit",
                condition=Q(limit__gte=1),
                violation_error_message=_("A supervisor looks after at least one student."),
            ),
        ]

    def __str__(self) -> str:
        return self.person.name
