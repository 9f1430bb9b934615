"""Posts (实习岗位) that firms offer, what is known of the firm, and what was filed with the authorities (I-05 – I-24, I-29)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked, trigram
from zhixing.kernel.rules import moved
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person, Student, Unit
from zhixing.partners.models import Contact, Organisation
from zhixing.practice.plans import OF_PLAN, PracticePlan


class Hazard(models.TextChoices):
    """What makes a post one of high risk (职业学校学生实习管理规定 art. 17)."""

    HEIGHT = "height", _("work at height")
    UNDERGROUND = "underground", _("work underground")
    RADIATION = "radiation", _("radiation")
    TOXIC = "toxic", _("toxic substances")
    EXPLOSIVE = "explosive", _("flammable or explosive")
    OTHER = "other", _("another high risk")


@tracked
class Post(Record):
    """实习岗位: places of one kind of work at a firm for a plan, offered by the firm or found by a student.

    Hours a day and a week, yuan a month, head-counts of the firm: what the red-line gate reads.
    """

    class Source(models.TextChoices):
        SCHOOL = "school", _("arranged by the school")
        STUDENT = "student", _("found by a student")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        OFFERED = "offered", _("offered by the firm")
        APPROVED = "approved", _("open to students")
        REFUSED = "refused", _("refused")
        CLOSED = "closed", pgettext_lazy("post", "closed")

    code = models.CharField(_("post code"), max_length=40, unique=True)
    title = models.CharField(pgettext_lazy("work", "post"), max_length=120)
    plan = models.ForeignKey(PracticePlan, models.PROTECT, related_name="posts", verbose_name=_("practice plan"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="practice_posts", verbose_name=_("internship unit")
    )
    source = models.CharField(_("found by"), max_length=8, choices=Source, default=Source.SCHOOL)
    found_by = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="posts_found", verbose_name=_("found by student")
    )
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="copies", verbose_name=_("copied from")
    )
    places = models.PositiveSmallIntegerField(_("places"), default=1, validators=[MinValueValidator(1)])
    # Fewer than these and the firm takes none: a team or a shift is filled or not opened.
    minimum = models.PositiveSmallIntegerField(_("places at least"), default=0)
    tasks = models.TextField(_("tasks"), blank=True)
    requirements = models.TextField(_("what is asked for"), blank=True)
    # Two digits of the national catalogue: the class of majors that the work belongs to.
    major_classes = ArrayField(
        models.CharField(max_length=2), verbose_name=_("classes of majors"), default=list, blank=True
    )
    address = models.CharField(_("workplace"), max_length=200, blank=True)
    region = models.CharField(_("region code"), max_length=6, blank=True)
    # Rounded to a hundredth of a degree (about a kilometre): enough for a distance, too little for a door.
    longitude = models.DecimalField(_("longitude"), max_digits=6, decimal_places=2, null=True, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=5, decimal_places=2, null=True, blank=True)
    mentor = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="practice_posts", verbose_name=_("mentor")
    )
    hours_day = models.DecimalField(
        _("hours a day"), max_digits=4, decimal_places=1, null=True, blank=True, validators=[MaxValueValidator(24)]
    )
    hours_week = models.DecimalField(
        _("hours a week"), max_digits=4, decimal_places=1, null=True, blank=True, validators=[MaxValueValidator(168)]
    )
    night_shift = models.BooleanField(_("night shift"), default=False)
    overtime = models.BooleanField(_("overtime"), default=False)
    rest_days = models.BooleanField(_("work on rest days or holidays"), default=False)
    hazards = ArrayField(
        models.CharField(max_length=12, choices=Hazard), verbose_name=_("hazards"), default=list, blank=True
    )
    labour_class = models.PositiveSmallIntegerField(
        _("class of physical labour"), default=1, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    barred_to_minors = models.BooleanField(_("work barred to minors"), default=False)
    barred_to_women = models.BooleanField(_("work barred to women"), default=False)
    by_agent = models.BooleanField(_("through an agent"), default=False)
    fees = models.BooleanField(_("asks for a deposit or fees"), default=False)
    keeps_documents = models.BooleanField(_("keeps identity papers"), default=False)
    independent = models.BooleanField(_("works rather independently"), default=True)
    pay = MoneyField(_("pay in yuan a month"), null=True, blank=True)
    same_post_wage = MoneyField(_("wage of the same post"), null=True, blank=True)
    lowest_wage = MoneyField(_("lowest wage grade"), null=True, blank=True)
    pay_cycle_days = models.PositiveSmallIntegerField(_("paid every so many days"), default=30)
    pay_in_money = models.BooleanField(_("paid in money"), default=True)
    pay_direct = models.BooleanField(_("paid to the student directly"), default=True)
    staff_total = models.PositiveIntegerField(_("staff of the unit"), null=True, blank=True)
    staff_same_post = models.PositiveIntegerField(_("staff in the same kind of post"), null=True, blank=True)
    housing = models.BooleanField(_("housing provided"), default=False)
    meals = models.BooleanField(_("meals provided"), default=False)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("plan__major__unit",), people=(*OF_PLAN, "found_by__person"))
    lookup = ("code", "title")
    picked = True
    title_needs = ("organisation",)
    flow = Flow(
        (
            Step("offer", _("Offer"), ("draft", "refused"), "offered", icon="upload", primary=True),
            Step(
                "approve",
                _("Open to students"),
                ("offered",),
                "approved",
                capability="approve",
                icon="check",
                primary=True,
            ),
            Step(
                "refuse",
                pgettext_lazy("post", "Refuse"),
                ("offered",),
                "refused",
                capability="approve",
                icon="x",
                comment="required",
                danger=True,
            ),
            Step("withdraw", _("Back to draft"), ("offered",), "draft", icon="sendback"),
            Step("close", _("Close the post"), ("approved",), "closed", icon="x", comment="required"),
            Step("reopen", _("Open again"), ("closed",), "approved", capability="approve", icon="refresh"),
        )
    )

    class Meta:
        verbose_name = _("internship post")
        verbose_name_plural = _("internship posts")
        ordering = ["plan_id", "organisation_id", "code"]
        indexes = [
            models.Index(fields=["plan", "status"], name="practice_post_plan"),
            trigram("practice_post_title_trgm", "title"),
        ]
        constraints = [
            not_negative("practice_post_pay", "pay", "same_post_wage", "lowest_wage"),
            models.CheckConstraint(
                name="practice_post_places",
                condition=Q(places__gte=1) & Q(minimum__lte=F("places")),
                violation_error_message=_("A post has at least one place, and no more at least than in all."),
            ),
            models.CheckConstraint(
                name="practice_post_hours",
                condition=(Q(hours_day=None) | Q(hours_day__range=(0, 24)))
                & (Q(hours_week=None) | Q(hours_week__range=(0, 168))),
                violation_error_message=_("A day has 24 hours and a week 168."),
            ),
            models.CheckConstraint(
                name="practice_post_labour_class",
                condition=Q(labour_class__range=(1, 4)),
                violation_error_message=_("Physical labour is graded in classes 1 to 4."),
            ),
            models.CheckConstraint(
                name="practice_post_found_by",
                condition=(Q(source="student") & Q(found_by__isnull=False)) | (Q(source="school") & Q(found_by=None)),
                violation_error_message=_("A post found by a student names the student, and only such a post does."),
            ),
            models.CheckConstraint(
                name="practice_post_approved_has_date",
                condition=~Q(status__in=["approved", "closed"]) | Q(approved_on__isnull=False),
                violation_error_message=_("A post open to students has the date of its approval."),
            ),
            models.CheckConstraint(
                name="practice_post_point",
                condition=(Q(longitude=None) & Q(latitude=None))
                | (Q(longitude__range=(-180, 180)) & Q(latitude__range=(-90, 90))),
                violation_error_message=_("Give longitude and latitude together, in degrees."),
            ),
        ]

    @classmethod
    def refusals(cls, rows: Sequence[Post]) -> Iterator[tuple[Post, ValidationError]]:
        """A post has at least the places that are kept for students of single plans."""
        asked = moved(cls, [row for row in rows if row.pk and row.places is not None], ("places",))
        shares = PostShare._base_manager.filter(post__in=[row.pk for row in asked], archived_at=None).order_by()
        kept = dict(shares.values_list("post").annotate(Sum("kept"))) if asked else {}
        for row in asked:
            if kept.get(row.pk, 0) > row.places:
                said = _("%(kept)s places of this post are kept for students of single plans: change that first.")
                yield row, ValidationError({"places": said % {"kept": kept[row.pk]}})

    @property
    def is_open(self) -> bool:
        """Whether students may choose it and be sent there by the school; see `OPEN`."""
        return self.status == Post.Status.APPROVED and self.source == Post.Source.SCHOOL and self.archived_at is None

    def __str__(self) -> str:
        return f"{self.title} · {self.organisation}"


# What students may choose and the school may give out; a unit that a student found is for that student alone.
OPEN = Q(status=Post.Status.APPROVED, source=Post.Source.SCHOOL, archived_at=None)


def open_posts(plans: Iterable[int]) -> QuerySet:
    """The posts that students of these plans (ids) may choose."""
    return Post.objects.filter(OPEN, offered_to(plans))


def offered_to(plans: Iterable[int]) -> Q:
    """Posts that students of these plans (ids) may be given: the plans' own, and those shared with one of them.

    A share counts where it makes sense: the same kind of practice, days in common, and a class of majors that the post
    names, where it names any. This is the one place that says so.
    """
    keys = list(plans)
    shared = PostShare._base_manager.filter(plan__in=keys).filter(SHARE_COUNTS)
    return Q(plan__in=keys) | Q(pk__in=shared.order_by().values("post"))


def shared_with(posts: Iterable[int], plans: Iterable[int]) -> set[tuple[int, int]]:
    """Which of these posts (ids) are shared with which of these plans (ids), where a share counts."""
    rows = PostShare._base_manager.filter(SHARE_COUNTS, post__in=list(posts), plan__in=list(plans))
    return set(rows.order_by().values_list("post", "plan"))


SHARE_COUNTS = (
    Q(archived_at=None, post__plan__kind=F("plan__kind"))
    & Q(post__plan__starts_on__lte=F("plan__ends_on"), post__plan__ends_on__gte=F("plan__starts_on"))
    & (
        Q(post__plan=F("plan"))
        | Q(post__source=Post.Source.SCHOOL)
        & (Q(post__major_classes=[]) | Q(post__major_classes__contains=[Left("plan__major__code", 2)]))
    )
)


@tracked
class PostShare(Record):
    """岗位共享: another plan whose students a post takes as well; or, of any plan, how many places are kept for it and how many it gets.

    A post is always open to its own plan; a share with that plan only says its numbers.
    """

    post = models.ForeignKey(Post, models.CASCADE, related_name="shares", verbose_name=_("internship post"))
    plan = models.ForeignKey(
        PracticePlan, models.PROTECT, related_name="post_shares", verbose_name=_("open to the students of")
    )
    kept = models.PositiveSmallIntegerField(
        _("places kept for them"), default=0, help_text=_("Given to nobody of another plan, even if they stay empty.")
    )
    most = models.PositiveSmallIntegerField(
        _("of them at most"), null=True, blank=True, help_text=_("Left empty: as many as the post has places.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    # Whoever keeps the post says with whom it is shared.
    scope = Scope(units=("post__plan__major__unit",), people=tuple(f"post__{path}" for path in OF_PLAN))
    lookup = ("post__code", "post__title")
    title_needs = ("post__organisation", "plan")

    class Meta:
        verbose_name = _("shared post")
        verbose_name_plural = _("shared posts")
        ordering = ["post_id", "plan_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "plan"],
                name="post_share_once",
                violation_error_message=_("The post is already shared with this plan."),
            ),
            models.CheckConstraint(
                name="post_share_numbers",
                condition=Q(most=None) | Q(most__gte=1, kept__lte=F("most")),
                violation_error_message=_("At most is one or more, and no fewer than are kept."),
            ),
        ]

    @classmethod
    def refusals(cls, rows: Sequence[PostShare]) -> Iterator[tuple[PostShare, ValidationError]]:
        """Both plans are of one kind and share days; the work belongs to the major; the numbers fit into the post.

        Two that were brought together once are not asked again, nor is a number that does not grow.
        """
        there = [row for row in rows if row.post_id and row.plan_id]
        posts = Post._base_manager.select_related("plan").in_bulk({row.post_id for row in there})
        paired = moved(cls, there, ("post_id", "plan_id"))
        plans = PracticePlan._base_manager.select_related("major").in_bulk({row.plan_id for row in paired})
        for row in paired:
            post, plan = posts.get(row.post_id), plans.get(row.plan_id)
            if post and plan and (fault := _unlike(post, plan)):
                yield row, ValidationError(dict([fault]))
        grown = [row for row in moved(cls, there, ("post_id", "kept")) if row.kept and row.archived_at is None]
        kept = _kept_by(grown, there)
        for row in grown:
            post = posts.get(row.post_id)
            if post is not None and kept[row.post_id] > post.places:
                said = _("%(kept)s places would be kept, but the post has %(places)s.")
                yield row, ValidationError({"kept": said % {"kept": kept[row.post_id], "places": post.places}})

    def __str__(self) -> str:
        return f"{self.post} · {self.plan}"


def _unlike(post: Post, plan: PracticePlan) -> tuple[str, Any] | None:
    """Why a post cannot be shared with a plan: the field that is wrong, and words; None where it can."""
    home = post.plan
    if plan == home:
        return None
    if post.source != Post.Source.SCHOOL:
        return "post", _("A post that a student found is for that student alone.")
    if plan.kind != home.kind:
        return "plan", _("The plan is of another kind of practice than the post's own.")
    if plan.starts_on > home.ends_on or plan.ends_on < home.starts_on:
        return "plan", _("The plan has no day in common with the post's own.")
    if post.major_classes and plan.major.code[:2] not in post.major_classes:
        return "plan", _("The post names other classes of majors than this plan's: change them first.")
    return None


def _kept_by(asked: Sequence[PostShare], rows: Sequence[PostShare]) -> Counter[int]:
    """How many places of each post asked about would be kept in all: by these rows, and by others on record."""
    posts, found = {row.post_id for row in asked}, Counter[int]()
    others = PostShare._base_manager.filter(post__in=posts, archived_at=None).exclude(
        pk__in=[row.pk for row in rows if row.pk]
    )
    for post, kept in others.order_by().values_list("post", "kept") if posts else ():
        found[post] += kept
    for row in rows:
        if row.post_id in posts and row.archived_at is None:
            found[row.post_id] += row.kept or 0
    return found


@tracked
class Inspection(Record):
    """实地考察评估: the visit to a unit before it takes students, with a written report on nine headings (I-23)."""

    class Heading(models.TextChoices):
        LICENCE = "licence", _("legal standing")
        HONESTY = "honesty", _("good faith")
        MANAGEMENT = "management", _("management")
        WORK = "work", _("nature and content of the posts")
        HOURS = "hours", _("working hours")
        WORKPLACE = "workplace", _("working environment")
        LIVING = "living", _("living environment")
        HEALTH = "health", _("health care")
        SAFETY = "safety", _("safety and protection")

    class Result(models.TextChoices):
        FIT = "fit", _("fit")
        MEND = "mend", _("fit once mended")
        UNFIT = "unfit", _("not fit")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="inspections", verbose_name=_("internship unit")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="inspections", verbose_name=_("college"))
    inspected_on = models.DateField(_("inspected on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    inspector = models.ForeignKey(Person, models.PROTECT, related_name="inspections", verbose_name=_("inspected by"))
    headings = ArrayField(
        models.CharField(max_length=12, choices=Heading),
        verbose_name=_("headings reported on"),
        default=list,
        blank=True,
    )
    report = models.TextField(_("report"))
    result = models.CharField(_("result"), max_length=6, choices=Result, default=Result.FIT)
    scope = Scope(units=("unit",), people=("inspector",))
    lookup = ("organisation__uscc", "organisation__name")
    title_needs = ("organisation",)

    class Meta:
        verbose_name = _("unit inspection")
        verbose_name_plural = _("unit inspections")
        ordering = ["-inspected_on", "id"]
        constraints = [
            dates_in_order("inspection_dates", "inspected_on", "valid_until"),
            models.UniqueConstraint(
                fields=["organisation", "unit", "inspected_on"],
                name="inspection_once",
                violation_error_message=_("The college already inspected this unit on that day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.inspected_on}"


@tracked
class Filing(Record):
    """备案: what the competent authority was told of beforehand: shifts, rest days, high-risk posts, another province (I-08 – I-10, I-29).

    One filing serves many students: a unit, its posts of one kind, a major, a stretch of time.
    """

    class Subject(models.TextChoices):
        HAZARD = "hazard", _("high-risk post")
        REST_DAYS = "rest_days", _("rest days and holidays")
        OVERTIME = "overtime", _("overtime")
        NIGHT = "night", _("night shift")
        SHARE = "share", _("share of interns")
        PROVINCE = "province", _("another province")
        ABROAD = "abroad", _("abroad")

    number = models.CharField(_("filing number"), max_length=80, unique=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="filings", verbose_name=_("college"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="filings", verbose_name=_("internship unit")
    )
    plan = models.ForeignKey(
        PracticePlan, models.PROTECT, null=True, blank=True, related_name="filings", verbose_name=_("practice plan")
    )
    subjects = ArrayField(models.CharField(max_length=10, choices=Subject), verbose_name=_("what was filed"))
    authority = models.CharField(_("filed with"), max_length=120)
    filed_on = models.DateField(_("filed on"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.TextField(_("reason"), blank=True)
    scope = Scope(units=("unit",), people=())
    lookup = ("number",)
    picked = True

    class Meta:
        verbose_name = _("filing")
        verbose_name_plural = _("filings")
        ordering = ["-filed_on", "id"]
        indexes = [models.Index(fields=["organisation", "starts_on", "ends_on"], name="filing_unit")]
        constraints = [
            dates_in_order("filing_dates"),
            models.CheckConstraint(
                name="filing_in_advance",
                condition=Q(filed_on__lte=F("starts_on")),
                violation_error_message=_("A filing is made before what it is for begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.number


@tracked
class Violation(Record):
    """违法失信或安全生产违法记录: why a unit may not take students for a time (I-22)."""

    class Kind(models.TextChoices):
        DISHONEST = "dishonest", _("unlawful or dishonest")
        SAFETY = "safety", _("safety of production")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="violations", verbose_name=_("internship unit")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    found_on = models.DateField(_("found on"))
    cleared_on = models.DateField(_("cleared on"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)
    text = models.TextField(_("what it says"), blank=True)
    scope = Scope()
    lookup = ("organisation__uscc", "organisation__name")
    title_needs = ("organisation",)

    class Meta:
        verbose_name = _("violation on record")
        verbose_name_plural = _("violations on record")
        ordering = ["-found_on", "id"]
        constraints = [
            dates_in_order("violation_dates", "found_on", "cleared_on"),
            models.UniqueConstraint(
                fields=["organisation", "kind", "found_on"],
                name="violation_once",
                violation_error_message=_("This violation is already on record."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.found_on}"
