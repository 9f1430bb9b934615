"""Training plans with firms, the real projects used in them, and resources shared (四（三）1)."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Cohort, IndustryCode, Major, Person, Term, Unit
from zhixing.partners.models import Need, Organisation

_OF_PLAN = ("plan__author", "plan__major__leader", "plan__major__group__leader")


@tracked
class Post(Record):
    """岗位: a post in the trade that a major trains for, where it can be of one firm."""

    name = models.CharField(_("post"), max_length=80)
    major = models.ForeignKey(Major, models.PROTECT, related_name="posts", verbose_name=_("major"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("organisation")
    )
    industry = models.ForeignKey(
        IndustryCode, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("industry")
    )
    tasks = models.TextField(_("typical tasks"), blank=True)
    scope = Scope(units=("major__unit",), people=("major__leader", "major__group__leader"))
    lookup = ("name",)
    picked = True

    class Meta:
        verbose_name = _("post profile")
        verbose_name_plural = _("post profiles")
        ordering = ["major_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["major", "name", "organisation"],
                name="post_once",
                nulls_distinct=False,
                violation_error_message=_("This post is already recorded for the major."),
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Ability(Record):
    """能力: what a post asks of whoever holds it; courses teach it."""

    class Kind(models.TextChoices):
        SKILL = "skill", _("skill")
        KNOWLEDGE = "knowledge", _("knowledge")
        QUALITY = "quality", _("personal quality")

    name = models.CharField(_("ability"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SKILL)
    major = models.ForeignKey(Major, models.PROTECT, related_name="abilities", verbose_name=_("major"))
    posts = models.ManyToManyField(Post, related_name="abilities", blank=True, verbose_name=_("posts"))
    scope = Scope(units=("major__unit",), people=("major__leader", "major__group__leader"))
    lookup = ("name",)
    picked = True

    class Meta:
        verbose_name = _("ability")
        verbose_name_plural = _("abilities")
        ordering = ["major_id", "kind", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["major", "name"],
                name="ability_once",
                violation_error_message=_("This ability is already recorded for the major."),
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class TrainingPlan(Record):
    """人才培养方案: what a major teaches those who enter in a year, written with firms and signed by them (D-28)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        FIRM_REVIEW = "firm_review", _("with the firms")
        COMMITTEE = "committee", _("in approval")
        APPROVED = "approved", _("approved")
        REPLACED = "replaced", _("replaced")

    code = models.CharField(_("plan code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=160)
    major = models.ForeignKey(Major, models.PROTECT, related_name="training_plans", verbose_name=_("major"))
    entry_year = models.PositiveSmallIntegerField(_("entry year"))
    cohorts = models.ManyToManyField(Cohort, related_name="training_plans", blank=True, verbose_name=_("cohorts"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    organisations = models.ManyToManyField(
        Organisation, related_name="training_plans", blank=True, verbose_name=_("written with")
    )
    posts = models.ManyToManyField(Post, related_name="training_plans", blank=True, verbose_name=_("posts aimed at"))
    author = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="training_plans", verbose_name=_("written by")
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    change_reason = models.TextField(_("why it was changed"), blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("major__unit",), people=("author", "major__leader", "major__group__leader"))
    lookup = ("code", "title")
    picked = True
    flow = Flow(
        (
            Step("send", _("Send to the firms"), ("draft",), "firm_review", icon="send", primary=True),
            Step("recall", _("Take back"), ("firm_review",), "draft", icon="undo", comment="required"),
            Step(
                "submit", _("Submit for approval"), ("draft", "firm_review"), "committee", icon="upload", primary=True
            ),
            Step("approve", _("Approve"), ("committee",), "approved", icon="check", by_approval=True),
            Step(
                "send_back",
                _("Send back"),
                ("committee",),
                "draft",
                icon="sendback",
                comment="required",
                by_approval=True,
            ),
            Step(
                "replace", _("Replace by a new version"), ("approved",), "replaced", icon="refresh", comment="required"
            ),
        )
    )

    class Meta:
        verbose_name = _("training plan")
        verbose_name_plural = _("training plans")
        ordering = ["-entry_year", "major_id", "-version", "id"]
        constraints = [
            models.CheckConstraint(
                name="training_plan_entry_year",
                condition=Q(entry_year__range=(1950, 2100)),
                violation_error_message=_("The entry year has four digits."),
            ),
            models.CheckConstraint(
                name="training_plan_approved_has_date",
                condition=~Q(status__in=["approved", "replaced"]) | Q(approved_on__isnull=False),
                violation_error_message=_("An approved plan has the date of its approval."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def on_approved(self) -> None:
        """Called by the approval route within its last step: in force from today, and what changed is on record."""
        from zhixing.cultivation.actions import log_course_changes

        self.approved_on = timezone.localdate()
        log_course_changes(self)


@tracked
class PlanSignature(Record):
    """会签: a firm put its name under a training plan; the scan is in the record's files."""

    plan = models.ForeignKey(TrainingPlan, models.CASCADE, related_name="signatures", verbose_name=_("training plan"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="plan_signatures", verbose_name=_("organisation")
    )
    contact_name = models.CharField(_("signed by"), max_length=80)
    signed_on = models.DateField(pgettext_lazy("of a co-signature", "signed on"))
    agreement = models.ForeignKey(
        "agreements.Agreement",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="plan_signatures",
        verbose_name=_("agreement"),
    )
    opinion = models.TextField(_("opinion"), blank=True)
    scope = Scope(units=("plan__major__unit",), people=_OF_PLAN)
    lookup = ("contact_name",)
    title_needs = ("organisation",)

    class Meta:
        verbose_name = _("signature of a firm")
        verbose_name_plural = _("signatures of firms")
        ordering = ["-signed_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "organisation"],
                name="plan_signature_once",
                violation_error_message=_("This firm has already signed the plan."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.contact_name}"


@tracked
class PlanCourse(Record):
    """课程: one course of a training plan, which abilities it teaches, and the firm that built it too."""

    class Kind(models.TextChoices):
        PUBLIC = "public", _("public course")
        BASIC = "basic", _("basic course of the major")
        CORE = "core", _("core course of the major")
        EXTENSION = "extension", _("extension course of the major")
        PRACTICE = "practice", _("practice course")

    plan = models.ForeignKey(TrainingPlan, models.CASCADE, related_name="courses", verbose_name=_("training plan"))
    code = models.CharField(_("course code"), max_length=30)
    name = models.CharField(_("course"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CORE)
    term_number = models.PositiveSmallIntegerField(
        _("term of study"), default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    hours = models.PositiveIntegerField(_("hours"))
    practice_hours = models.PositiveIntegerField(_("practice hours"), default=0)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="plan_courses", verbose_name=_("built with")
    )
    abilities = models.ManyToManyField(Ability, related_name="courses", blank=True, verbose_name=_("abilities"))
    scope = Scope(units=("plan__major__unit",), people=_OF_PLAN)
    lookup = ("code", "name")
    picked = True

    class Meta:
        verbose_name = _("course of a plan")
        verbose_name_plural = _("courses of plans")
        ordering = ["plan_id", "term_number", "code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "code"],
                name="plan_course_code",
                violation_error_message=_("The plan already has a course of this code."),
            ),
            models.CheckConstraint(
                name="plan_course_practice",
                condition=Q(practice_hours__lte=F("hours")),
                violation_error_message=_("A course cannot have more practice hours than hours."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class CourseChange(Record):
    """课程调整: what a new version of a plan added, took out or changed, and why."""

    class Kind(models.TextChoices):
        ADDED = "added", pgettext_lazy("course", "added")
        REMOVED = "removed", pgettext_lazy("course", "removed")
        CHANGED = "changed", pgettext_lazy("course", "changed")

    plan = models.ForeignKey(TrainingPlan, models.CASCADE, related_name="changes", verbose_name=_("training plan"))
    course = models.ForeignKey(
        PlanCourse, models.SET_NULL, null=True, blank=True, related_name="changes", verbose_name=_("course of a plan")
    )
    course_name = models.CharField(_("course"), max_length=100)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    changed_on = models.DateField(_("changed on"))
    what = models.CharField(_("what was changed"), max_length=300, blank=True)
    reason = models.TextField(_("reason"))
    scope = Scope(units=("plan__major__unit",), people=_OF_PLAN)
    lookup = ("course_name",)

    class Meta:
        verbose_name = _("course change")
        verbose_name_plural = _("course changes")
        ordering = ["-changed_on", "plan_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "course_name", "kind", "changed_on"],
                name="course_change_once",
                violation_error_message=_("This change is already recorded."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.course_name} · {self.get_kind_display()}"


@tracked
class EnterpriseProject(Record):
    """企业真实项目: a firm's project brought into teaching. 三真 are three dated facts, each with its evidence (D-29)."""

    title = models.CharField(_("title"), max_length=160)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="enterprise_projects", verbose_name=_("organisation")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="enterprise_projects", verbose_name=_("college"))
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="enterprise_projects", verbose_name=_("led by")
    )
    need = models.ForeignKey(
        Need,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="enterprise_projects",
        verbose_name=_("from the need"),
    )
    product_version = models.CharField(_("product and version"), max_length=100, blank=True)
    hours = models.PositiveIntegerField(_("hours"), default=0)
    summary = models.TextField(_("summary"), blank=True)
    real_project_on = models.DateField(_("real project: since"), null=True, blank=True)
    real_project_evidence = models.CharField(_("real project: evidence"), max_length=200, blank=True)
    real_scene_on = models.DateField(_("real workplace: since"), null=True, blank=True)
    real_scene_evidence = models.CharField(_("real workplace: evidence"), max_length=200, blank=True)
    real_practice_on = models.DateField(_("real practice: since"), null=True, blank=True)
    real_practice_evidence = models.CharField(_("real practice: evidence"), max_length=200, blank=True)
    scope = Scope(units=("unit",), people=("owner",))
    lookup = ("title",)
    picked = True

    class Meta:
        verbose_name = _("enterprise project")
        verbose_name_plural = _("enterprise projects")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "title"],
                name="enterprise_project_once",
                violation_error_message=_("This project of the firm is already recorded."),
            ),
            *(
                models.CheckConstraint(
                    name=f"enterprise_project_{fact}",
                    condition=Q(**{f"{fact}_on__isnull": True}) | ~Q(**{f"{fact}_evidence": ""}),
                    violation_error_message=_(
                        "Whoever says a project, workplace or practice is real names the evidence."
                    ),
                )
                for fact in ("real_project", "real_scene", "real_practice")
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class ProjectUse(Record):
    """项目进课堂: an enterprise project used in a course, a term and a class, with its hours and students."""

    project = models.ForeignKey(
        EnterpriseProject, models.CASCADE, related_name="uses", verbose_name=_("enterprise project")
    )
    course = models.ForeignKey(PlanCourse, models.PROTECT, related_name="uses", verbose_name=_("course of a plan"))
    term = models.ForeignKey(Term, models.PROTECT, related_name="project_uses", verbose_name=_("term"))
    cohort = models.ForeignKey(
        Cohort, models.PROTECT, null=True, blank=True, related_name="project_uses", verbose_name=_("cohort")
    )
    order_class = models.ForeignKey(
        "cultivation.OrderClass",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="project_uses",
        verbose_name=_("order class"),
    )
    teacher = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="project_uses", verbose_name=_("teacher")
    )
    used_on = models.DateField(_("used on"))
    hours = models.PositiveIntegerField(_("hours"))
    students = models.PositiveIntegerField(_("number of students"), default=0)
    outcome = models.TextField(_("outcome"), blank=True)
    scope = Scope(units=("project__unit",), people=("teacher", "project__owner"))
    lookup = ("project__title",)
    title_needs = ("project", "course")

    class Meta:
        verbose_name = _("use of a project")
        verbose_name_plural = _("uses of projects")
        ordering = ["-used_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "course", "term", "cohort"],
                name="project_use_once",
                nulls_distinct=False,
                violation_error_message=_("This use of the project is already recorded."),
            ),
            models.CheckConstraint(
                name="project_use_hours",
                condition=Q(hours__gt=0),
                violation_error_message=_("A use of a project takes at least one hour."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} · {self.course}"


@tracked
class SharedResource(Record):
    """共建资源: a textbook, course, case or software made with a firm."""

    class Kind(models.TextChoices):
        TEXTBOOK = "textbook", _("textbook")
        COURSE = "course", pgettext_lazy("shared resource", "course")
        CASE = "case", _("teaching case")
        SOFTWARE = "software", _("software")

    class Level(models.TextChoices):
        SCHOOL = "school", _("school level")
        PROVINCE = "province", _("provincial level")
        NATION = "nation", _("national level")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("title"), max_length=160)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="shared_resources", verbose_name=_("made with")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="shared_resources", verbose_name=_("college"))
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="shared_resources", verbose_name=_("led by")
    )
    authors = models.CharField(_("authors"), max_length=200, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.SCHOOL)
    identifier = models.CharField(_("ISBN or number"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("unit",), people=("owner",))
    lookup = ("title",)

    class Meta:
        verbose_name = _("shared resource")
        verbose_name_plural = _("shared resources")
        ordering = ["-published_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "title", "organisation"],
                name="shared_resource_once",
                violation_error_message=_("This resource is already recorded."),
            )
        ]

    def __str__(self) -> str:
        return self.title
