"""Who goes where (安排): choices of both sides, placements, and what must be there before anybody starts (I-16, I-21, I-25 – I-28)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.rules import moved
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person, Student, Unit
from zhixing.partners.models import Contact
from zhixing.practice.plans import OF_PLAN, PracticePlan
from zhixing.practice.posts import Post, shared_with


@tracked
class Preference(Record):
    """学生志愿: the posts a student would take, in order; 1 is the dearest."""

    plan = models.ForeignKey(PracticePlan, models.CASCADE, related_name="preferences", verbose_name=_("practice plan"))
    student = models.ForeignKey(Student, models.CASCADE, related_name="preferences", verbose_name=_("student"))
    post = models.ForeignKey(Post, models.CASCADE, related_name="preferences", verbose_name=_("internship post"))
    rank = models.PositiveSmallIntegerField(_("rank"), validators=[MinValueValidator(1), MaxValueValidator(20)])
    scope = Scope(units=("plan__major__unit",), people=("student__person", *OF_PLAN))
    lookup = ("student__number", "student__name")
    title_needs = ("student", "post__organisation")

    class Meta:
        verbose_name = _("student's choice")
        verbose_name_plural = _("students' choices")
        ordering = ["plan_id", "student_id", "rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "student", "rank"],
                name="preference_rank_once",
                violation_error_message=_("Two choices of a student cannot have the same rank."),
            ),
            models.UniqueConstraint(
                fields=["student", "post"],
                name="preference_post_once",
                violation_error_message=_("The student has already chosen this post."),
            ),
            models.CheckConstraint(
                name="preference_rank",
                condition=Q(rank__range=(1, 20)),
                violation_error_message=_("A rank is between 1 and 20."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.rank}"


@tracked
class PostRanking(Record):
    """企业志愿: the students a firm would take for a post, in order; 1 is the dearest."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="rankings", verbose_name=_("internship post"))
    student = models.ForeignKey(Student, models.CASCADE, related_name="post_rankings", verbose_name=_("student"))
    rank = models.PositiveSmallIntegerField(_("rank"), validators=[MinValueValidator(1)])
    scope = Scope(units=("post__plan__major__unit",), people=tuple(f"post__{path}" for path in OF_PLAN))
    lookup = ("student__number", "student__name")
    title_needs = ("student", "post__organisation")

    class Meta:
        verbose_name = _("firm's choice")
        verbose_name_plural = _("firms' choices")
        ordering = ["post_id", "rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "student"],
                name="post_ranking_once",
                violation_error_message=_("The firm has already ranked this student for the post."),
            ),
            models.CheckConstraint(
                name="post_ranking_rank",
                condition=Q(rank__gte=1),
                violation_error_message=_("Ranks begin with 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.rank}"


@tracked
class Placement(Record):
    """安排: one student at one post, from the proposal to the grade. Nobody is in two places at once."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        RUNNING = "running", pgettext_lazy("practice", "running")
        ENDED = "ended", pgettext_lazy("practice", "ended")
        GRADED = "graded", _("graded")
        BROKEN = "broken", _("ended early")
        CANCELLED = "cancelled", _("cancelled")

    class Living(models.TextChoices):
        SCHOOL = "school", _("on campus")
        UNIT = "unit", _("housing of the unit")
        HOME = "home", _("at home")
        ELSEWHERE = "elsewhere", _("elsewhere, on one's own")

    class Level(models.TextChoices):
        EXCELLENT = "excellent", pgettext_lazy("grade", "excellent")
        GOOD = "good", pgettext_lazy("grade", "good")
        PASS = "pass", pgettext_lazy("grade", "pass")
        FAIL = "fail", pgettext_lazy("grade", "fail")

    class Hired(models.TextChoices):
        UNKNOWN = "unknown", _("not known yet")
        HIRED = "hired", _("hired")
        NOT = "not", _("not hired")

    LIVE = ("proposed", "confirmed", "running")
    # Called off before the start, or ended early: no place is held by it.
    OFF = ("cancelled", "broken")

    plan = models.ForeignKey(PracticePlan, models.PROTECT, related_name="placements", verbose_name=_("practice plan"))
    student = models.ForeignKey(Student, models.PROTECT, related_name="placements", verbose_name=_("student"))
    post = models.ForeignKey(Post, models.PROTECT, related_name="placements", verbose_name=_("internship post"))
    supervisor = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="supervised", verbose_name=_("supervisor")
    )
    mentor = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="mentored", verbose_name=_("mentor")
    )
    agreement = models.ForeignKey(
        "agreements.Agreement",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="placements",
        verbose_name=_("agreement"),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    # The firm's own word that it takes this student.
    accepted_on = models.DateField(_("accepted by the firm on"), null=True, blank=True)
    living = models.CharField(_("lives"), max_length=10, choices=Living, default=Living.SCHOOL)
    # Which of the student's choices it is, and why this one: codes and numbers from the allocation, worded when shown.
    choice_rank = models.PositiveSmallIntegerField(_("rank among the choices"), null=True, blank=True, editable=False)
    reasons = models.JSONField(_("why this place"), default=dict, editable=False)
    # A locked placement stays where it is when the allocation is solved again.
    locked = models.BooleanField(_("locked"), default=False)
    lock_reason = models.CharField(_("why locked"), max_length=200, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end_reason = models.CharField(_("reason of the end"), max_length=300, blank=True)
    computed_score = models.DecimalField(
        _("computed score"), max_digits=4, decimal_places=1, null=True, blank=True, editable=False
    )
    score = models.DecimalField(
        _("score"),
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    score_reason = models.CharField(_("why the score differs"), max_length=300, blank=True)
    level = models.CharField(_("level"), max_length=10, choices=Level, blank=True)
    hired = models.CharField(_("hired afterwards"), max_length=8, choices=Hired, default=Hired.UNKNOWN)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("plan__major__unit",), people=("student__person", "supervisor", *OF_PLAN))
    lookup = ("student__number", "student__name")
    picked = True
    title_needs = ("student", "post__organisation")
    flow = Flow(
        (
            Step("confirm", _("Confirm the place"), ("proposed",), "confirmed", icon="check", primary=True),
            Step("start", _("Start"), ("confirmed",), "running", icon="flag", primary=True),
            Step("end", pgettext_lazy("practice", "End"), ("running",), "ended", icon="check", primary=True),
            Step("grade", _("Enter the grade"), ("ended",), "graded", capability="approve", icon="star", primary=True),
            Step(
                "break",
                _("End early"),
                ("confirmed", "running"),
                "broken",
                icon="logout",
                comment="required",
                danger=True,
            ),
            Step(
                "cancel", _("Cancel"), ("proposed", "confirmed"), "cancelled", icon="x", comment="required", danger=True
            ),
        )
    )

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["plan_id", "student_id", "id"]
        indexes = [
            models.Index(fields=["plan", "status"], name="placement_plan"),
            models.Index(fields=["post", "status"], name="placement_post"),
            models.Index(fields=["status", "starts_on", "ends_on"], name="placement_running"),
        ]
        constraints = [
            dates_in_order("placement_dates"),
            dates_in_order("placement_ended_dates", "starts_on", "ended_on"),
            not_negative("placement_score", "score", "computed_score"),
            models.UniqueConstraint(
                fields=["plan", "student"],
                condition=Q(status__in=["proposed", "confirmed", "running", "ended", "graded"], archived_at=None),
                name="placement_one_per_plan",
                violation_error_message=_("The student already has a place in this plan."),
            ),
            models.UniqueConstraint(
                fields=["student", "post", "starts_on"],
                name="placement_once",
                violation_error_message=_("The student is already placed at this post from this day."),
            ),
            models.CheckConstraint(
                name="placement_score_range",
                condition=Q(score=None) | Q(score__range=(0, 100)),
                violation_error_message=_("A score is between 0 and 100."),
            ),
            models.CheckConstraint(
                name="placement_ended_has_date",
                condition=~Q(status__in=["ended", "graded", "broken"]) | Q(ended_on__isnull=False),
                violation_error_message=_("What has ended has the day of its end."),
            ),
            models.CheckConstraint(
                name="placement_graded_has_score",
                condition=~Q(status="graded") | (Q(score__isnull=False) & ~Q(level="")),
                violation_error_message=_("A graded placement has score and level."),
            ),
            models.CheckConstraint(
                name="placement_lock_reason",
                condition=Q(locked=False) | ~Q(lock_reason=""),
                violation_error_message=_("Say why the placement is locked."),
            ),
        ]

    @classmethod
    def refusals(cls, rows: Sequence[Placement]) -> Iterator[tuple[Placement, ValidationError]]:
        """A place is at one of the plan's own posts, or at one that is shared with it. Who is placed stays when sharing ends."""
        asked = [row for row in moved(cls, rows, ("post_id", "plan_id")) if row.post_id and row.plan_id]
        home = dict(Post._base_manager.filter(pk__in={row.post_id for row in asked}).values_list("pk", "plan"))
        foreign = [row for row in asked if home.get(row.post_id, row.plan_id) != row.plan_id]
        shared = shared_with({row.post_id for row in foreign}, {row.plan_id for row in foreign})
        for row in foreign:
            if (row.post_id, row.plan_id) not in shared:
                yield row, ValidationError({"post": _("This post belongs to another plan.")})

    def __str__(self) -> str:
        return f"{self.student} · {self.post.organisation}"


OF_PLACEMENT = (
    "placement__student__person",
    "placement__supervisor",
    *(f"placement__{path}" for path in OF_PLAN),
)


@tracked
class Consent(Record):
    """知情同意: the student's or the guardian's word on an internship the school arranges, given by link or on paper (I-16)."""

    class Party(models.TextChoices):
        STUDENT = "student", _("student")
        GUARDIAN = "guardian", _("guardian")

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("consent", "waiting")
        GIVEN = "given", pgettext_lazy("consent", "given")
        REFUSED = "refused", pgettext_lazy("consent", "refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("consent", "withdrawn")

    placement = models.ForeignKey(Placement, models.CASCADE, related_name="consents", verbose_name=_("placement"))
    party = models.CharField(_("given by"), max_length=8, choices=Party)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80, blank=True)
    on_paper = models.BooleanField(_("on paper"), default=False)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    scope = Scope(units=("placement__plan__major__unit",), people=OF_PLACEMENT)
    lookup = ("placement__student__number", "placement__student__name")
    title_needs = ("placement__student",)
    flow = Flow(
        (
            Step("give", _("Consent"), ("waiting", "refused", "withdrawn"), "given", icon="check", primary=True),
            Step("refuse", _("Refuse"), ("waiting",), "refused", icon="x", comment="required", danger=True),
            Step("withdraw", _("Withdraw"), ("given",), "withdrawn", icon="sendback", comment="required", danger=True),
        )
    )

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["placement_id", "party"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "party"],
                name="consent_once",
                violation_error_message=_("This party's consent is already asked for."),
            ),
            models.CheckConstraint(
                name="consent_decided_has_date",
                condition=Q(status="waiting") | Q(decided_on__isnull=False),
                violation_error_message=_("A decision has its day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.get_party_display()}"


@tracked
class InsurancePolicy(Record):
    """实习责任保险单: an insurance of interns with its term; it covers whom its roster names (I-27)."""

    class Kind(models.TextChoices):
        LIABILITY = "liability", _("internship liability")
        ACCIDENT = "accident", _("accident")

    class Payer(models.TextChoices):
        SCHOOL = "school", _("the school")
        FIRM = "firm", _("the firm")
        STUDENT = "student", _("the student")

    number = models.CharField(_("policy number"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.LIABILITY)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="insurance_policies", verbose_name=_("college"))
    insurer = models.CharField(_("insurer"), max_length=120)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    payer = models.CharField(_("premium paid by"), max_length=8, choices=Payer, default=Payer.SCHOOL)
    premium = MoneyField(_("premium for each in yuan"), null=True, blank=True)
    students = models.ManyToManyField(
        Student, through="PolicyCover", related_name="insurance_policies", verbose_name=_("students covered")
    )
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("unit",), people=())
    lookup = ("number",)
    picked = True

    class Meta:
        verbose_name = _("insurance policy")
        verbose_name_plural = _("insurance policies")
        ordering = ["-starts_on", "number"]
        constraints = [
            dates_in_order("insurance_dates"),
            not_negative("insurance_premium", "premium"),
        ]

    def __str__(self) -> str:
        return self.number


@tracked
class PolicyCover(Record):
    """投保名单: one student on an insurance policy's roster."""

    policy = models.ForeignKey(
        InsurancePolicy, models.CASCADE, related_name="covers", verbose_name=_("insurance policy")
    )
    student = models.ForeignKey(Student, models.PROTECT, related_name="covers", verbose_name=_("student"))
    scope = Scope(units=("policy__unit",), people=("student__person",))
    lookup = ("student__number", "student__name")
    title_needs = ("student", "policy")

    class Meta:
        verbose_name = _("insured student")
        verbose_name_plural = _("insured students")
        ordering = ["policy_id", "student_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "student"],
                name="policy_cover_once",
                violation_error_message=_("The student is already on this policy's roster."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.policy}"


@tracked
class SafetyQuestion(Record):
    """安全教育试题: one question of the safety test, with its answers and the right one."""

    code = models.CharField(_("question code"), max_length=30, unique=True)
    text = models.CharField(_("question"), max_length=300)
    text_en = models.CharField(_("question in English"), max_length=300, blank=True)
    # One answer a line; the right one is named by its line, 1 the first.
    options = models.TextField(_("answers, one a line"))
    options_en = models.TextField(_("answers in English, one a line"), blank=True)
    answer = models.PositiveSmallIntegerField(_("number of the right answer"), validators=[MinValueValidator(1)])
    topic = models.CharField(_("topic"), max_length=60, blank=True)
    # Two digits of the national catalogue: asked of students of these majors only; empty, of everybody.
    major_class = models.CharField(_("class of majors"), max_length=2, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    scope = Scope()
    lookup = ("code", "text")

    class Meta:
        verbose_name = _("safety question")
        verbose_name_plural = _("safety questions")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="safety_question_answer",
                condition=Q(answer__gte=1),
                violation_error_message=_("The right answer is one of the lines, 1 the first."),
            )
        ]

    def __str__(self) -> str:
        return self.text


@tracked
class SafetyTest(Record):
    """岗前安全教育与考核: who was trained when, and whether the test was passed; without it nobody starts (I-26)."""

    plan = models.ForeignKey(PracticePlan, models.PROTECT, related_name="safety_tests", verbose_name=_("practice plan"))
    student = models.ForeignKey(Student, models.PROTECT, related_name="safety_tests", verbose_name=_("student"))
    taken_on = models.DateField(_("taken on"))
    # The same day may see a second try; the number keeps them apart.
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1, validators=[MinValueValidator(1)])
    score = models.DecimalField(
        _("score"), max_digits=4, decimal_places=1, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    pass_mark = models.DecimalField(_("pass mark"), max_digits=4, decimal_places=1, default=80)
    passed = models.GeneratedField(
        expression=models.Case(
            models.When(score__gte=F("pass_mark"), then=models.Value(True)), default=models.Value(False)
        ),
        output_field=models.BooleanField(),
        db_persist=True,
        verbose_name=_("passed"),
    )
    # What was asked and answered: {"code of the question": number of the answer given}.
    answers = models.JSONField(_("answers"), default=dict, editable=False)
    scope = Scope(units=("plan__major__unit",), people=("student__person", *OF_PLAN))
    lookup = ("student__number", "student__name")
    title_needs = ("student",)

    class Meta:
        verbose_name = _("safety test")
        verbose_name_plural = _("safety tests")
        ordering = ["-taken_on", "student_id", "-attempt"]
        indexes = [models.Index(fields=["student", "plan"], name="safety_test_student")]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "student", "attempt"],
                name="safety_test_attempt",
                violation_error_message=_("This attempt is already recorded."),
            ),
            models.CheckConstraint(
                name="safety_test_score",
                condition=Q(score__range=(0, 100)) & Q(pass_mark__range=(0, 100)) & Q(attempt__gte=1),
                violation_error_message=_("A score is between 0 and 100, and attempts begin with 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.score}"
