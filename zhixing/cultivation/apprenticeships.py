"""Modern apprenticeships (现代学徒制): whom school and firm enrol and hire together, who trains them, and how well (四（三）2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order, no_overlap
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Cohort, Major, Person, Student, Term
from zhixing.partners.models import Contact, Organisation

_LED = ("owner", "major__leader", "major__group__leader")
_OF_PROGRAMME = tuple(f"programme__{path}" for path in _LED)
_OF_APPRENTICE = ("apprentice__student__person", *(f"apprentice__{path}" for path in _OF_PROGRAMME))
ADULT_AGE, LEAST_AGE = 18, 16


def age_on(born: date, day: date) -> int:
    """Full years of age on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@tracked
class Apprenticeship(Record):
    """学徒制项目: school and firm train apprentices of a major together, under an agreement and with a limit for each master."""

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("apprenticeship", "planned")
        RECRUITING = "recruiting", _("recruiting")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        ENDED = "ended", pgettext_lazy("apprenticeship", "ended")

    code = models.CharField(_("programme code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    major = models.ForeignKey(Major, models.PROTECT, related_name="apprenticeships", verbose_name=_("major"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="apprenticeships", verbose_name=_("training firm")
    )
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="apprenticeships", verbose_name=_("led by")
    )
    agreement = models.ForeignKey(
        "agreements.Agreement",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="apprenticeships",
        verbose_name=_("agreement"),
    )
    cohort = models.ForeignKey(
        Cohort, models.PROTECT, null=True, blank=True, related_name="apprenticeships", verbose_name=_("cohort")
    )
    quota = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    mentor_limit = models.PositiveSmallIntegerField(
        _("apprentices for one master at most"), default=3, validators=[MinValueValidator(1)]
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PLANNED)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("major__unit",), people=_LED)
    lookup = ("code", "name")
    picked = True
    flow = Flow(
        (
            Step("recruit", _("Open recruiting"), ("planned",), "recruiting", icon="users", primary=True),
            Step("start", _("Start the programme"), ("recruiting",), "running", icon="flag", primary=True),
            # Pausing, resuming and stopping are changes of circumstances: decided, not pressed.
            Step("pause", _("Pause"), ("running",), "paused", icon="clock", by_approval=True),
            Step("resume", _("Resume"), ("paused",), "running", icon="refresh", by_approval=True),
            Step("stop", _("Stop"), ("running", "paused"), "ended", icon="x", by_approval=True),
            Step("finish", _("End the programme"), ("running",), "ended", icon="check"),
        )
    )

    class Meta:
        verbose_name = _("apprenticeship")
        verbose_name_plural = _("apprenticeships")
        ordering = ["-starts_on", "code"]
        indexes = [models.Index(fields=["status", "starts_on", "ends_on"], name="apprenticeship_running")]
        constraints = [
            dates_in_order("apprenticeship_dates"),
            models.CheckConstraint(
                name="apprenticeship_quota",
                condition=Q(quota__gte=1) & Q(mentor_limit__gte=1),
                violation_error_message=_("A programme has at least one place, and a master takes at least one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class EnrolmentPlan(Record):
    """联合招生招工计划: how many a programme enrols and hires in a year, agreed by school and firm (D-33)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")

    programme = models.ForeignKey(
        Apprenticeship, models.CASCADE, related_name="enrolment_plans", verbose_name=_("apprenticeship")
    )
    year = models.PositiveSmallIntegerField(_("entry year"))
    quota = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    firm_agreed_on = models.DateField(_("agreed by the firm on"), null=True, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("programme__major__unit",), people=_OF_PROGRAMME)
    lookup = ("programme__code", "programme__name")
    picked = True
    title_needs = ("programme",)
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
        verbose_name = _("joint enrolment plan")
        verbose_name_plural = _("joint enrolment plans")
        ordering = ["-year", "programme_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "year"],
                name="enrolment_plan_once",
                violation_error_message=_("The programme already has an enrolment plan for this year."),
            ),
            models.CheckConstraint(
                name="enrolment_plan_year",
                condition=Q(year__range=(1950, 2100)) & Q(quota__gte=1),
                violation_error_message=_("The entry year has four digits, and the plan at least one place."),
            ),
            models.CheckConstraint(
                name="enrolment_plan_approved_has_date",
                condition=~Q(status="approved") | Q(approved_on__isnull=False),
                violation_error_message=_("An approved plan has the date of its approval."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme} · {self.year}"

    def on_approved(self) -> None:
        """Called by the approval route within its last step."""
        self.approved_on = timezone.localdate()


@tracked
class Candidate(Record):
    """招生招工对象: who applied, how the joint test went, and whether the offer became a contract (招生即招工)."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("applied")
        TESTED = "tested", _("tested")
        OFFERED = "offered", _("offered")
        CONTRACTED = "contracted", _("contracted")
        DECLINED = "declined", _("declined")

    plan = models.ForeignKey(
        EnrolmentPlan, models.PROTECT, related_name="candidates", verbose_name=_("joint enrolment plan")
    )
    # Before enrolment there is only a name; whoever signs the contract is a student.
    student = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="candidacies", verbose_name=_("student")
    )
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80, blank=True)
    applied_on = models.DateField(_("applied on"))
    tested_on = models.DateField(_("tested on"), null=True, blank=True)
    score = models.DecimalField(_("test score"), max_digits=5, decimal_places=1, null=True, blank=True)
    offered_on = models.DateField(_("offered on"), null=True, blank=True)
    contracted_on = models.DateField(_("contract signed on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.APPLIED)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(
        units=("plan__programme__major__unit",),
        people=("student__person", *(f"plan__{path}" for path in _OF_PROGRAMME)),
    )
    lookup = ("student__number", "student__name", "name")
    picked = True
    title_needs = ("student",)
    flow = Flow(
        (
            Step("test", _("Record the test"), ("applied",), "tested", icon="edit", primary=True),
            Step("offer", _("Make the offer"), ("tested",), "offered", icon="mail", primary=True),
            Step("contract", _("Record the contract"), ("offered",), "contracted", icon="signature", primary=True),
            Step(
                "decline",
                _("Decline"),
                ("applied", "tested", "offered"),
                "declined",
                icon="x",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["plan_id", "applied_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="candidate_is_somebody",
                condition=Q(student__isnull=False) | ~Q(name=""),
                violation_error_message=_("Name the student, or the person who is not yet one."),
            ),
            models.UniqueConstraint(
                fields=["plan", "student"],
                name="candidate_once",
                violation_error_message=_("The student is already a candidate of this plan."),
            ),
            models.CheckConstraint(
                name="candidate_score",
                condition=Q(score=None) | Q(score__range=(0, 100)),
                violation_error_message=_("A score is between 0 and 100."),
            ),
            models.CheckConstraint(
                name="candidate_contract_of_student",
                condition=~Q(status="contracted") | (Q(student__isnull=False) & Q(contracted_on__isnull=False)),
                violation_error_message=_("A contract names the student and the day on which it was signed."),
            ),
        ]

    def __str__(self) -> str:
        return self.student.name if self.student else self.name


@tracked
class Apprentice(Record):
    """学徒: a student who is at the same time the firm's apprentice (双重身份). Under 18 the guardian signs as the fourth party."""

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("apprentice", "active")
        PAUSED = "paused", _("paused")
        MOVED = "moved", pgettext_lazy("apprentice", "moved")
        LEFT = "left", pgettext_lazy("apprentice", "left")
        FINISHED = "finished", _("finished")

    programme = models.ForeignKey(
        Apprenticeship, models.PROTECT, related_name="apprentices", verbose_name=_("apprenticeship")
    )
    student = models.ForeignKey(Student, models.PROTECT, related_name="apprentices", verbose_name=_("student"))
    candidate = models.OneToOneField(
        Candidate,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="apprentice",
        verbose_name=_("candidate"),
    )
    agreement = models.ForeignKey(
        "agreements.Agreement",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="apprentices",
        verbose_name=_("agreement with the apprentice"),
    )
    joined_on = models.DateField(_("joined on"))
    employed_on = models.DateField(_("hired by the firm on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("programme__major__unit",), people=("student__person", *_OF_PROGRAMME))
    lookup = ("student__number", "student__name")
    picked = True
    title_needs = ("student",)
    flow = Flow(
        (
            Step("pause", _("Pause"), ("active",), "paused", icon="clock", by_approval=True),
            Step("resume", _("Resume"), ("paused",), "active", icon="refresh", by_approval=True),
            Step("move", _("Move"), ("active", "paused"), "moved", icon="chevron-right", by_approval=True),
            Step("leave", _("Leave"), ("active", "paused"), "left", icon="logout", by_approval=True),
            Step("finish", _("Record as finished"), ("active",), "finished", icon="check", primary=True),
        )
    )

    class Meta:
        verbose_name = _("apprentice")
        verbose_name_plural = _("apprentices")
        ordering = ["programme_id", "student_id"]
        constraints = [
            dates_in_order("apprentice_dates", "joined_on", "left_on"),
            models.UniqueConstraint(
                fields=["programme", "student", "joined_on"],
                name="apprentice_once",
                violation_error_message=_("The student already is an apprentice of this programme."),
            ),
            models.UniqueConstraint(
                fields=["student"],
                condition=Q(status__in=["active", "paused"], archived_at=None),
                name="apprentice_one_programme",
                violation_error_message=_("The student is an apprentice already: nobody is in two programmes at once."),
            ),
            models.CheckConstraint(
                name="apprentice_gone_has_date",
                condition=~Q(status__in=["moved", "left", "finished"]) | Q(left_on__isnull=False),
                violation_error_message=_("Who has moved, left or finished has the day of it."),
            ),
        ]

    def __str__(self) -> str:
        return self.student.name

    @property
    def needs_guardian(self) -> bool:
        """Whether the apprentice was 16 or 17 on joining, so that the guardian signs too (四方协议)."""
        born = self.student.birth_date
        return born is not None and LEAST_AGE <= age_on(born, self.joined_on) < ADULT_AGE


def busiest(spans: Iterable[tuple[date, date | None]], first: date, last: date | None) -> int:
    """The most spans that hold one day together, among days from `first` to `last` (None: without end)."""
    known = [(begin, end or date.max) for begin, end in spans]
    days = {first, *(begin for begin, _end in known if first <= begin <= (last or date.max))}
    return max(sum(begin <= day <= end for begin, end in known) for day in days)


@tracked
class MasterPair(Record):
    """师徒结对: which master of the firm trains an apprentice, from when to when; one at a time, within the master's limit."""

    apprentice = models.ForeignKey(Apprentice, models.CASCADE, related_name="masters", verbose_name=_("apprentice"))
    master = models.ForeignKey(Contact, models.PROTECT, related_name="apprentices", verbose_name=_("master"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("apprentice__programme__major__unit",), people=_OF_APPRENTICE)
    lookup = ("apprentice__student__number", "apprentice__student__name")
    title_needs = ("apprentice__student", "master__organisation")

    class Meta:
        verbose_name = _("master and apprentice")
        verbose_name_plural = _("masters and apprentices")
        ordering = ["-starts_on", "id"]
        constraints = [
            dates_in_order("master_pair_dates"),
            no_overlap(
                "master_pair_no_overlap",
                "apprentice",
                condition=Q(archived_at=None),
                message=_("The apprentice already has a master at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.master.name} → {self.apprentice}"

    def clean(self) -> None:
        """The master is of the training firm, and has no more apprentices than the programme allows on any day."""
        super().clean()
        if self.apprentice_id is None or self.master_id is None or self.starts_on is None:
            return
        programme = self.apprentice.programme
        if self.master.organisation_id != programme.organisation_id:
            raise ValidationError({"master": _("The master works for the firm of the programme.")})
        others = MasterPair.objects.filter(master=self.master_id, archived_at=None).exclude(pk=self.pk)
        others = others.filter(Q(ends_on=None) | Q(ends_on__gte=self.starts_on))
        if self.ends_on is not None:
            others = others.filter(starts_on__lte=self.ends_on)
        load = busiest(others.values_list("starts_on", "ends_on"), self.starts_on, self.ends_on)
        if load >= programme.mentor_limit:
            raise ValidationError(
                {
                    "master": ValidationError(
                        _("%(master)s already trains %(load)s apprentices; the programme allows %(limit)s."),
                        code="overload",
                        params={"master": self.master.name, "load": load, "limit": programme.mentor_limit},
                    )
                }
            )


@tracked
class Rotation(Record):
    """轮岗: the posts an apprentice works on, one after the other."""

    apprentice = models.ForeignKey(Apprentice, models.CASCADE, related_name="rotations", verbose_name=_("apprentice"))
    post = models.CharField(_("post"), max_length=80)
    workplace = models.CharField(_("workplace"), max_length=120, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("apprentice__programme__major__unit",), people=_OF_APPRENTICE)
    lookup = ("post",)
    title_needs = ("apprentice__student",)

    class Meta:
        verbose_name = _("rotation")
        verbose_name_plural = _("rotations")
        ordering = ["-starts_on", "id"]
        constraints = [
            dates_in_order("rotation_dates"),
            no_overlap(
                "rotation_no_overlap",
                "apprentice",
                condition=Q(archived_at=None),
                message=_("The apprentice works on another post at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.apprentice} · {self.post}"


@tracked
class QualityReview(Record):
    """质量评价: what school, firm or apprentice says of a programme, or of one apprentice, in a term (D-31)."""

    class Side(models.TextChoices):
        SCHOOL = "school", pgettext_lazy("side of a review", "school")
        FIRM = "firm", pgettext_lazy("side of a review", "firm")
        APPRENTICE = "apprentice", pgettext_lazy("side of a review", "apprentice")

    programme = models.ForeignKey(
        Apprenticeship, models.CASCADE, related_name="reviews", verbose_name=_("apprenticeship")
    )
    # None: of the programme as a whole.
    apprentice = models.ForeignKey(
        Apprentice, models.CASCADE, null=True, blank=True, related_name="reviews", verbose_name=_("apprentice")
    )
    term = models.ForeignKey(Term, models.PROTECT, related_name="quality_reviews", verbose_name=_("term"))
    side = models.CharField(_("side"), max_length=10, choices=Side)
    due = models.DateField(_("due"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    score = models.DecimalField(
        _("score"),
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    reviewer = models.CharField(_("reviewer"), max_length=80, blank=True)
    text = models.TextField(_("in words"), blank=True)
    scope = Scope(units=("programme__major__unit",), people=_OF_PROGRAMME)
    lookup = ("programme__code", "programme__name")
    title_needs = ("programme", "term__year", "apprentice__student")

    class Meta:
        verbose_name = _("quality review")
        verbose_name_plural = _("quality reviews")
        ordering = ["-due", "programme_id", "side", "id"]
        indexes = [models.Index(fields=["programme", "due"], name="quality_review_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "apprentice", "term", "side"],
                name="quality_review_once",
                nulls_distinct=False,
                violation_error_message=_("This review is already recorded for the term."),
            ),
            models.CheckConstraint(
                name="quality_review_done_has_score",
                condition=Q(done_on=None, score=None) | Q(done_on__isnull=False, score__isnull=False),
                violation_error_message=_("A review that is done has a score, and one that is not has none."),
            ),
            models.CheckConstraint(
                name="quality_review_score",
                condition=Q(score=None) | Q(score__range=(0, 100)),
                violation_error_message=_("A score is between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.apprentice or self.programme} · {self.term} · {self.get_side_display()}"

    def clean(self) -> None:
        super().clean()
        if self.apprentice_id and self.programme_id and self.apprentice.programme_id != self.programme_id:
            raise ValidationError({"apprentice": _("This apprentice belongs to another programme.")})


@tracked
class CircumstanceChange(Record):
    """变更与止损: pausing, moving or stopping, of one apprentice or of a whole programme, decided with its plan (D-32)."""

    class Kind(models.TextChoices):
        PAUSE = "pause", _("pause")
        RESUME = "resume", _("resume")
        MOVE = "move", _("move to another programme")
        STOP = "stop", _("stop")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")

    programme = models.ForeignKey(
        Apprenticeship, models.PROTECT, related_name="changes", verbose_name=_("apprenticeship")
    )
    # None: the whole programme.
    apprentice = models.ForeignKey(
        Apprentice, models.PROTECT, null=True, blank=True, related_name="changes", verbose_name=_("apprentice")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    to_programme = models.ForeignKey(
        Apprenticeship, models.PROTECT, null=True, blank=True, related_name="arrivals", verbose_name=_("moves to")
    )
    effective_on = models.DateField(_("takes effect on"))
    reason = models.TextField(_("reason"))
    stop_loss = models.TextField(_("stop-loss plan"), blank=True)
    asked_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked for by")
    )
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    scope = Scope(units=("programme__major__unit",), people=("asked_by", *_OF_PROGRAMME))
    lookup = ("programme__code", "programme__name")
    title_needs = ("programme", "apprentice__student")
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
        verbose_name = _("change of circumstances")
        verbose_name_plural = _("changes of circumstances")
        ordering = ["-effective_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "apprentice", "kind", "effective_on"],
                nulls_distinct=False,
                name="circumstance_change_once",
                violation_error_message=_("This change is already recorded."),
            ),
            models.CheckConstraint(
                name="circumstance_move_has_target",
                condition=~Q(kind="move")
                | (Q(apprentice__isnull=False, to_programme__isnull=False) & ~Q(to_programme=F("programme"))),
                violation_error_message=_("A move names the apprentice and another programme."),
            ),
            models.CheckConstraint(
                name="circumstance_stop_has_plan",
                condition=~Q(kind="stop") | ~Q(stop_loss=""),
                violation_error_message=_("Stopping needs its stop-loss plan: what becomes of the apprentices."),
            ),
            models.CheckConstraint(
                name="circumstance_approved_has_date",
                condition=~Q(status="approved") | Q(approved_on__isnull=False),
                violation_error_message=_("An approved change has the date of its approval."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.apprentice or self.programme} · {self.get_kind_display()}"

    def clean(self) -> None:
        super().clean()
        if self.apprentice_id and self.programme_id and self.apprentice.programme_id != self.programme_id:
            raise ValidationError({"apprentice": _("This apprentice belongs to another programme.")})

    def on_approved(self) -> None:
        """Called by the approval route within its last step: what was decided takes effect."""
        from zhixing.cultivation.apprenticeship_actions import take_effect

        self.approved_on = timezone.localdate()
        take_effect(self)
