"""Demonstration bases (示范基地): grown, applied for, judged by experts, made public, recognised, checked again (D-45)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.base import Base
from zhixing.bases.papers import stay
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Major, Person


class Level(models.TextChoices):
    """级别: who recognises."""

    SCHOOL = "school", pgettext_lazy("level", "school")
    PROVINCE = "province", pgettext_lazy("level", "province")
    NATION = "nation", pgettext_lazy("level", "nation")


@tracked
class RecognitionCriterion(Record):
    """认定标准: a number that a demonstration base of a level must reach; the college's or the province's data, not code."""

    class Measure(models.TextChoices):
        YEARS = "years", pgettext_lazy("criterion", "years in use")
        INTERNS = "interns", pgettext_lazy("criterion", "post-internship places a year")
        VALUE = "value", pgettext_lazy("criterion", "value accepted from the firm, in yuan")
        GUIDES = "guides", pgettext_lazy("criterion", "share of guides with proof, in percent")
        FUNCTIONS = "functions", pgettext_lazy("criterion", "functions used in twelve months")
        SAFETY = "safety", pgettext_lazy("criterion", "share of safety checks on time, in percent")
        SCORE = "score", pgettext_lazy("criterion", "mean score of the experts")

    class Branch(models.TextChoices):
        ANY = "", pgettext_lazy("criterion", "all majors")
        SCIENCE = "science", pgettext_lazy("criterion", "science and engineering")
        ARTS = "arts", pgettext_lazy("criterion", "humanities and arts")

    level = models.CharField(pgettext_lazy("of recognition", "level"), max_length=8, choices=Level)
    measure = models.CharField(pgettext_lazy("criterion", "what is measured"), max_length=9, choices=Measure)
    branch = models.CharField(
        pgettext_lazy("criterion", "for"), max_length=7, choices=Branch, blank=True, default=Branch.ANY
    )
    # A standard changes with its paper: the latest one that holds on a day counts.
    holds_from = models.DateField(pgettext_lazy("criterion", "holds from"))
    minimum = models.DecimalField(pgettext_lazy("criterion", "at least"), max_digits=14, decimal_places=2)
    basis = models.CharField(_("basis"), max_length=160, blank=True)
    lookup = ("basis",)

    class Meta:
        verbose_name = _("criterion of recognition")
        verbose_name_plural = _("criteria of recognition")
        ordering = ["level", "measure", "branch", "-holds_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["level", "measure", "branch", "holds_from"],
                name="recognition_criterion_once",
                violation_error_message=_("This criterion is already there."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} · {self.get_measure_display()}"


@tracked
class BaseRecognition(Record):
    """示范基地: a base on its way to being a demonstration base of one major, and its recognition with its dates."""

    class Status(models.TextChoices):
        GROWING = "growing", pgettext_lazy("of a recognition", "being grown")
        APPLIED = "applied", pgettext_lazy("of a recognition", "applied for")
        REVIEWED = "reviewed", pgettext_lazy("of a recognition", "judged by experts")
        PUBLIC = "public", pgettext_lazy("of a recognition", "made public")
        RECOGNISED = "recognised", pgettext_lazy("of a recognition", "recognised")
        REFUSED = "refused", pgettext_lazy("of a recognition", "not recognised")
        REVOKED = "revoked", pgettext_lazy("of a recognition", "revoked")

    base = models.ForeignKey(Base, models.PROTECT, related_name="recognitions", verbose_name=_("base"))
    major = models.ForeignKey(Major, models.PROTECT, related_name="base_recognitions", verbose_name=_("major"))
    level = models.CharField(
        pgettext_lazy("of recognition", "level"), max_length=8, choices=Level, default=Level.SCHOOL
    )
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="base_recognitions", verbose_name=_("owner")
    )
    growing_since = models.DateField(_("grown since"))
    target_on = models.DateField(_("to be recognised by"), null=True, blank=True)
    statement = models.TextField(_("application"), blank=True)
    # The numbers of the application as they were when it was handed in, each with the address of its rows.
    figures = models.JSONField(_("numbers"), default=dict, editable=False)
    applied_on = models.DateField(pgettext_lazy("of a recognition", "applied on"), null=True, blank=True)
    score = models.DecimalField(_("mean score"), max_digits=5, decimal_places=1, null=True, blank=True, editable=False)
    public_from = models.DateField(_("public from"), null=True, blank=True)
    public_until = models.DateField(_("public until"), null=True, blank=True)
    recognised_on = models.DateField(_("recognised on"), null=True, blank=True)
    number = models.CharField(_("number of the recognition"), max_length=80, blank=True)
    plaque = models.CharField(_("number of the plaque"), max_length=60, blank=True)
    # 三年复核: the day by which it is checked again, or it counts no longer.
    recheck_due = models.DateField(_("to be checked again by"), null=True, blank=True)
    rechecked_on = models.DateField(_("last checked again on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.GROWING)
    scope = Scope(
        units=("major__unit", "base__unit"), people=("major__leader", "owner", "base__manager", "major__group__leader")
    )
    lookup = ("base__code", "base__name")
    title_needs = ("base", "major")
    flow = Flow(
        (
            Step("apply", _("Apply for recognition"), ("growing",), "applied", icon="upload", primary=True),
            Step(
                "judge",
                _("Close the experts' review"),
                ("applied",),
                "reviewed",
                capability="approve",
                icon="check",
                primary=True,
            ),
            Step("send_back", _("Send back"), ("applied",), "growing", "approve", icon="sendback", comment="required"),
            Step("publish", _("Make public"), ("reviewed",), "public", "approve", icon="mail", primary=True),
            Step("recognise", _("Recognise"), ("public",), "recognised", "approve", icon="star", primary=True),
            Step(
                "refuse",
                pgettext_lazy("of a recognition", "Refuse"),
                ("reviewed", "public"),
                "refused",
                "approve",
                icon="x",
                comment="required",
                danger=True,
            ),
            Step(
                "recheck",
                pgettext_lazy("of a recognition", "Check passed again"),
                ("recognised",),
                "recognised",
                "approve",
                icon="refresh",
            ),
            Step(
                "revoke",
                pgettext_lazy("of a recognition", "Revoke"),
                ("recognised",),
                "revoked",
                "approve",
                icon="x",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("demonstration base")
        verbose_name_plural = _("demonstration bases")
        ordering = ["-growing_since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "major", "level", "growing_since"],
                name="base_recognition_key",
                violation_error_message=_("This recognition is already recorded."),
            ),
            models.UniqueConstraint(
                fields=["base", "major", "level"],
                condition=~Q(status__in=["refused", "revoked"]) & Q(archived_at=None),
                name="base_recognition_one_alive",
                violation_error_message=_("The base already is, or is becoming, a demonstration base of this level."),
            ),
            models.CheckConstraint(
                name="base_recognition_public_in_order",
                condition=Q(public_until=None) | Q(public_from__isnull=False, public_until__gte=F("public_from")),
                violation_error_message=_("The end must not be before the beginning."),
            ),
            models.CheckConstraint(
                name="base_recognition_recognised_has_dates",
                condition=~Q(status="recognised") | Q(recognised_on__isnull=False, recheck_due__isnull=False),
                violation_error_message=_("A recognition has its day and the day by which it is checked again."),
            ),
            models.CheckConstraint(
                name="base_recognition_dates_by_step",
                condition=Q(status__in=["recognised", "revoked"])
                | Q(recognised_on=None, recheck_due=None, rechecked_on=None),
                violation_error_message=_("Only what was recognised has the days of recognition and of its re-check."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base.name} · {self.major.name}"

    @classmethod
    def refusals(cls, rows: Sequence[BaseRecognition]) -> Iterator[tuple[BaseRecognition, ValidationError]]:
        """What was applied for stays, unless it is sent back."""
        words = _("The application is handed in and stays as it is.")
        return stay(cls, rows, ("base_id", "major_id", "level", "statement"), words, writable=("growing",))


@tracked
class RecognitionReview(Record):
    """专家评审: what one expert thinks of an application, with a score."""

    recognition = models.ForeignKey(
        BaseRecognition, models.CASCADE, related_name="reviews", verbose_name=_("demonstration base")
    )
    expert = models.CharField(_("expert"), max_length=80)
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="base_reviews",
        verbose_name=_("person of the school"),
    )
    organisation_name = models.CharField(_("expert's organisation"), max_length=120, blank=True)
    score = models.DecimalField(
        _("score"),
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    opinion = models.TextField(pgettext_lazy("of an expert", "opinion"), blank=True)
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True)
    scope = Scope(units=("recognition__major__unit",), people=("person",))
    lookup = ("expert",)

    class Meta:
        verbose_name = _("expert review")
        verbose_name_plural = _("expert reviews")
        ordering = ["recognition_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recognition", "expert"],
                name="recognition_review_once",
                violation_error_message=_("This expert is already asked."),
            ),
            models.CheckConstraint(
                name="recognition_review_score",
                condition=Q(score=None) | Q(score__range=(0, 100)),
                violation_error_message=_("A score is between 0 and 100."),
            ),
            models.CheckConstraint(
                name="recognition_review_done_has_score",
                condition=Q(reviewed_on=None) | Q(score__isnull=False),
                violation_error_message=_("A review that is done has a score."),
            ),
        ]

    def __str__(self) -> str:
        return self.expert
