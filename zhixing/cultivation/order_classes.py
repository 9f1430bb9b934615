"""Order classes (订单班): what a firm asked for, who chose whom, who was trained and hired (四（三）1, D-27, D-30)."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.cultivation.training import PlanCourse, Post, TrainingPlan
from zhixing.kernel.constraints import dates_in_order, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Major, Person, Student
from zhixing.partners.models import Need, Organisation

_OF_CLASS = ("order_class__owner", "order_class__major__leader", "order_class__major__group__leader")
_OF_STUDENT = ("student__person", *_OF_CLASS)
# States of a class in which it has begun.
BEGUN = ("running", "finished", "closed")


@tracked
class OrderClass(Record):
    """订单班: a firm orders people for posts; the class is taught to its order and ends in hiring."""

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("order class", "planned")
        RECRUITING = "recruiting", _("recruiting")
        MATCHED = "matched", _("matched")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        CLOSED = "closed", pgettext_lazy("order class", "closed")
        CANCELLED = "cancelled", _("cancelled")

    code = models.CharField(_("class code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="order_classes", verbose_name=_("ordering firm")
    )
    major = models.ForeignKey(Major, models.PROTECT, related_name="order_classes", verbose_name=_("major"))
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="order_classes", verbose_name=_("led by")
    )
    need = models.ForeignKey(
        Need, models.SET_NULL, null=True, blank=True, related_name="order_classes", verbose_name=_("from the need")
    )
    agreement = models.ForeignKey(
        "agreements.Agreement",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="order_classes",
        verbose_name=_("agreement"),
    )
    plan = models.ForeignKey(
        TrainingPlan,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="order_classes",
        verbose_name=_("training plan"),
    )
    courses = models.ManyToManyField(
        PlanCourse, related_name="order_classes", blank=True, verbose_name=_("tailored courses")
    )
    quota = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    promised_posts = models.PositiveSmallIntegerField(_("promised posts"), default=0)
    scholarship = MoneyField(_("scholarship in yuan"), null=True, blank=True)
    recruits_until = models.DateField(_("applications until"), null=True, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PLANNED)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("major__unit",), people=("owner", "major__leader", "major__group__leader"))
    lookup = ("code", "name")
    picked = True
    flow = Flow(
        (
            Step("recruit", _("Open recruiting"), ("planned",), "recruiting", icon="users", primary=True),
            Step("match", _("Match applicants and posts"), ("recruiting",), "matched", icon="merge", primary=True),
            Step(
                "reopen", _("Undo the match"), ("matched",), "recruiting", icon="undo", comment="required", danger=True
            ),
            Step("start", _("Start the class"), ("matched",), "running", icon="flag", primary=True),
            Step("finish", _("Finish the class"), ("running",), "finished", icon="check", primary=True),
            Step("close", _("Close the file"), ("finished",), "closed", icon="archive"),
            Step(
                "cancel",
                _("Cancel"),
                ("planned", "recruiting", "matched"),
                "cancelled",
                icon="x",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("order class")
        verbose_name_plural = _("order classes")
        ordering = ["-starts_on", "code"]
        indexes = [models.Index(fields=["status", "starts_on", "ends_on"], name="order_class_running")]
        constraints = [
            dates_in_order("order_class_dates"),
            not_negative("order_class_scholarship", "scholarship"),
            models.CheckConstraint(
                name="order_class_quota",
                condition=Q(quota__gte=1),
                violation_error_message=_("An order class has at least one place."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class OrderPost(Record):
    """订单岗位: a post of the order with the number of people the firm takes on it."""

    order_class = models.ForeignKey(
        OrderClass, models.CASCADE, related_name="order_posts", verbose_name=_("order class")
    )
    name = models.CharField(_("post"), max_length=80)
    post = models.ForeignKey(
        Post, models.SET_NULL, null=True, blank=True, related_name="order_posts", verbose_name=_("post profile")
    )
    capacity = models.PositiveSmallIntegerField(_("people wanted"), validators=[MinValueValidator(1)])
    wage = MoneyField(_("monthly wage in yuan"), null=True, blank=True)
    place = models.CharField(_("place of work"), max_length=80, blank=True)
    scope = Scope(units=("order_class__major__unit",), people=_OF_CLASS)
    lookup = ("name",)
    picked = True

    class Meta:
        verbose_name = _("post of an order")
        verbose_name_plural = _("posts of orders")
        ordering = ["order_class_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_class", "name"],
                name="order_post_once",
                violation_error_message=_("The class already has a post of this name."),
            ),
            models.CheckConstraint(
                name="order_post_capacity",
                condition=Q(capacity__gte=1),
                violation_error_message=_("A post takes at least one person."),
            ),
            not_negative("order_post_wage", "wage"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Applicant(Record):
    """报名: a student who wants into an order class; which posts, in which order, stands in the student's ranking."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("applied")
        MATCHED = "matched", _("matched")
        UNMATCHED = "unmatched", _("not matched")
        WITHDRAWN = "withdrawn", pgettext_lazy("of an applicant", "withdrawn")

    order_class = models.ForeignKey(
        OrderClass, models.CASCADE, related_name="applicants", verbose_name=_("order class")
    )
    student = models.ForeignKey(Student, models.PROTECT, related_name="applications", verbose_name=_("student"))
    applied_on = models.DateField(_("applied on"))
    statement = models.TextField(_("statement"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.APPLIED)
    scope = Scope(units=("order_class__major__unit",), people=_OF_STUDENT)
    lookup = ("student__number", "student__name")
    picked = True
    title_needs = ("student",)

    class Meta:
        verbose_name = _("applicant")
        verbose_name_plural = _("applicants")
        ordering = ["order_class_id", "applied_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_class", "student"],
                name="applicant_once",
                violation_error_message=_("The student has already applied for this class."),
            )
        ]

    def __str__(self) -> str:
        return self.student.name


@tracked
class StudentRank(Record):
    """学生志愿: a post the applicant wants, and as which choice; choices run over all classes applied for."""

    applicant = models.ForeignKey(Applicant, models.CASCADE, related_name="choices", verbose_name=_("applicant"))
    post = models.ForeignKey(OrderPost, models.CASCADE, related_name="choices", verbose_name=_("post of an order"))
    rank = models.PositiveSmallIntegerField(_("choice"), validators=[MinValueValidator(1)])
    scope = Scope(
        units=("applicant__order_class__major__unit",),
        people=(
            "applicant__student__person",
            "applicant__order_class__owner",
            "applicant__order_class__major__leader",
            "applicant__order_class__major__group__leader",
        ),
    )
    lookup = ("applicant__student__number",)
    title_needs = ("applicant__student", "post")

    class Meta:
        verbose_name = _("student's choice")
        verbose_name_plural = _("students' choices")
        ordering = ["applicant_id", "rank", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["applicant", "post"],
                name="student_rank_once",
                violation_error_message=_("The student has already chosen this post."),
            ),
            models.CheckConstraint(
                name="student_rank_positive",
                condition=Q(rank__gte=1),
                violation_error_message=_("The first choice is number 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.applicant} · {self.rank} · {self.post}"


@tracked
class FirmRank(Record):
    """企业排序: the place a firm gives an applicant; without a place the firm does not want them."""

    order_class = models.ForeignKey(
        OrderClass, models.CASCADE, related_name="firm_ranks", verbose_name=_("order class")
    )
    applicant = models.OneToOneField(Applicant, models.CASCADE, related_name="firm_rank", verbose_name=_("applicant"))
    rank = models.PositiveSmallIntegerField(_("place"), null=True, blank=True, validators=[MinValueValidator(1)])
    ranked_by = models.CharField(_("ranked by"), max_length=80, blank=True)
    ranked_on = models.DateField(_("ranked on"))
    scope = Scope(units=("order_class__major__unit",), people=_OF_CLASS)
    lookup = ("applicant__student__number",)
    title_needs = ("applicant__student",)

    class Meta:
        verbose_name = _("firm's ranking")
        verbose_name_plural = _("firms' rankings")
        ordering = ["order_class_id", "rank", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_class", "rank"],
                name="firm_rank_place",
                violation_error_message=_("Two applicants cannot share a place."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.applicant} · {self.rank or '—'}"


@tracked
class RosterEntry(Record):
    """花名册: a student of an order class, since when, and until when if they left before its end."""

    order_class = models.ForeignKey(OrderClass, models.CASCADE, related_name="roster", verbose_name=_("order class"))
    student = models.ForeignKey(Student, models.PROTECT, related_name="order_classes", verbose_name=_("student"))
    post = models.ForeignKey(
        OrderPost, models.SET_NULL, null=True, blank=True, related_name="roster", verbose_name=_("post of an order")
    )
    joined_on = models.DateField(_("joined on"))
    left_on = models.DateField(_("left on"), null=True, blank=True)
    reason = models.CharField(_("reason for leaving"), max_length=200, blank=True)
    scope = Scope(units=("order_class__major__unit",), people=_OF_STUDENT)
    lookup = ("student__number", "student__name")
    title_needs = ("student",)

    class Meta:
        verbose_name = _("roster entry")
        verbose_name_plural = _("roster")
        ordering = ["order_class_id", "student_id"]
        constraints = [
            dates_in_order("roster_entry_dates", "joined_on", "left_on"),
            models.UniqueConstraint(
                fields=["order_class", "student"],
                name="roster_entry_once",
                violation_error_message=_("The student is already on the roster of this class."),
            ),
            models.CheckConstraint(
                name="roster_entry_left_has_reason",
                condition=Q(left_on__isnull=True) | ~Q(reason=""),
                violation_error_message=_("Say why the student left."),
            ),
        ]

    def __str__(self) -> str:
        return self.student.name


@tracked
class Hire(Record):
    """录用: a student of the class took up work; with the ordering firm or elsewhere."""

    order_class = models.ForeignKey(OrderClass, models.CASCADE, related_name="hires", verbose_name=_("order class"))
    student = models.ForeignKey(Student, models.PROTECT, related_name="hires", verbose_name=_("student"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="hires", verbose_name=_("hired by"))
    position = models.CharField(_("position"), max_length=80)
    hired_on = models.DateField(_("hired on"))
    wage = MoneyField(_("monthly wage in yuan"), null=True, blank=True)
    scope = Scope(units=("order_class__major__unit",), people=_OF_STUDENT)
    lookup = ("student__number", "student__name")
    picked = True
    title_needs = ("student",)

    class Meta:
        verbose_name = _("hire")
        verbose_name_plural = _("hires")
        ordering = ["-hired_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_class", "student"],
                name="hire_once",
                violation_error_message=_("The student's hiring is already recorded."),
            ),
            not_negative("hire_wage", "wage"),
        ]

    def __str__(self) -> str:
        return self.student.name


@tracked
class FollowUp(Record):
    """回访: three and six months after hiring: still there, fit for the post, and is the firm satisfied (D-30)."""

    class Month(models.IntegerChoices):
        THREE = 3, _("after 3 months")
        SIX = 6, _("after 6 months")

    hire = models.ForeignKey(Hire, models.CASCADE, related_name="follow_ups", verbose_name=_("hire"))
    month = models.PositiveSmallIntegerField(pgettext_lazy("of a follow-up", "when"), choices=Month)
    done_on = models.DateField(_("asked on"))
    still_there = models.BooleanField(_("still there"))
    fit = models.PositiveSmallIntegerField(_("fit for the post, 1 to 5"), null=True, blank=True)
    satisfaction = models.PositiveSmallIntegerField(_("firm's satisfaction, 1 to 5"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(
        units=("hire__order_class__major__unit",),
        people=(
            "hire__order_class__owner",
            "hire__order_class__major__leader",
            "hire__order_class__major__group__leader",
        ),
    )
    lookup = ("hire__student__number",)
    title_needs = ("hire__student",)

    class Meta:
        verbose_name = _("follow-up of a hire")
        verbose_name_plural = _("follow-ups of hires")
        ordering = ["-done_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["hire", "month"],
                name="follow_up_once",
                violation_error_message=_("This follow-up is already recorded."),
            ),
            models.CheckConstraint(
                name="follow_up_scores",
                condition=(Q(fit=None) | Q(fit__range=(1, 5))) & (Q(satisfaction=None) | Q(satisfaction__range=(1, 5))),
                violation_error_message=_("Marks run from 1 to 5."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hire} · {self.get_month_display()}"
