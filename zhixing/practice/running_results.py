"""What comes of a placement: evaluations of both sides, the grade's rules, the archive and the certificate (I-30 – I-32, D-42)."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Actor, RecordQuerySet, Scope
from zhixing.practice.placements import OF_PLACEMENT, Placement
from zhixing.practice.running import NAMED, TITLE, UNITS
from zhixing.practice.running_numbers import Dated, dated


class EvaluationQuerySet(RecordQuerySet):
    """Neither side reads the other's word before its own is in: until then no person sees either."""

    def visible_to(self, actor: Actor, capability: str = "view") -> EvaluationQuerySet:
        rows = super().visible_to(actor, capability)
        return rows if actor.is_system or capability == "add" else rows.filter(shown=True)  # type: ignore[return-value]


def mark(label: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, validators=[MaxValueValidator(100)])


@tracked
class Evaluation(Record):
    """实习评价: four sliders and words. The firm says how the student is, the student how the place is, the school how it sees both."""

    class Side(models.TextChoices):
        FIRM = "firm", _("firm")
        STUDENT = "student", _("student")
        SCHOOL = "school", _("school")

    SCALES = ("culture", "skill", "process", "adaptability")

    placement = models.ForeignKey(Placement, models.CASCADE, related_name="evaluations", verbose_name=_("placement"))
    side = models.CharField(_("side"), max_length=8, choices=Side)
    culture = mark(_("culture of the firm"))
    skill = mark(_("skills"))
    process = mark(_("processes"))
    adaptability = mark(_("adaptability"))
    mean = models.GeneratedField(
        expression=(F("culture") + F("skill") + F("process") + F("adaptability")) / 4.0,
        output_field=models.FloatField(),
        db_persist=True,
        verbose_name=_("mean"),
    )
    text = models.TextField(_("in words"), blank=True)
    evaluator = models.CharField(_("evaluator"), max_length=80, blank=True)
    done_on = models.DateField(_("done on"))
    # Set when firm and student have both spoken, or the time for it is over.
    shown = models.BooleanField(_("open to both"), default=False, editable=False)
    objects = EvaluationQuerySet.as_manager()
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = NAMED
    title_needs = TITLE

    class Meta:
        verbose_name = _("practice evaluation")
        verbose_name_plural = _("practice evaluations")
        ordering = ["-done_on", "placement_id", "side"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "side"],
                name="practice_evaluation_once",
                violation_error_message=_("This side has already spoken."),
            ),
            models.CheckConstraint(
                name="practice_evaluation_marks",
                condition=Q(culture__lte=100) & Q(skill__lte=100) & Q(process__lte=100) & Q(adaptability__lte=100),
                violation_error_message=_("Marks are between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.get_side_display()}"


@tracked
class GradeRule(Dated):
    """成绩规则: the weight of a part of the grade, or the least score of a level, from a day on (I-30, I-31)."""

    class Code(models.TextChoices):
        FIRM = "firm", _("weight of the firm's evaluation")
        SCHOOL = "school", _("weight of the supervisor's evaluation")
        WEEKS = "weeks", _("weight of the weeks handed in")
        REPORT = "report", _("weight of the report and the papers")
        EXCELLENT = "excellent", _("least score of excellent")
        GOOD = "good", _("least score of good")
        PASS = "pass", _("least score of pass")

    code = models.CharField(_("rule"), max_length=10, choices=Code)
    value = models.DecimalField(
        _("number"), max_digits=4, decimal_places=1, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    lookup = ("code",)

    class Meta:
        verbose_name = _("grade rule")
        verbose_name_plural = _("grade rules")
        ordering = ["code", "-effective_from"]
        constraints = [
            *dated("grade_rule", "code", message=_("There is already such a rule from this day.")),
            models.CheckConstraint(
                name="grade_rule_value",
                condition=Q(value__range=(0, 100)),
                violation_error_message=_("The number is between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} · {self.value}"


class PaperKind(models.TextChoices):
    """The eight papers that a student's archive holds (I-32)."""

    AGREEMENT = "agreement", _("tripartite agreement")
    SCHEME = "scheme", _("internship scheme")
    REPORT = "report", _("internship report")
    RESULT = "result", _("result of the evaluation")
    JOURNAL = "journal", _("journal")
    VISITS = "visits", _("records of visits")
    SUMMARY = "summary", pgettext_lazy("paper", "summary")
    PROOF = "proof", _("supporting material")


@tracked
class ArchivePaper(Record):
    """实习档案材料: a paper of a student's archive that no record can stand for; its file hangs on it."""

    placement = models.ForeignKey(Placement, models.CASCADE, related_name="papers", verbose_name=_("placement"))
    kind = models.CharField(_("kind"), max_length=10, choices=PaperKind)
    title = models.CharField(_("title"), max_length=160)
    handed_on = models.DateField(_("handed in on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = ("title",)
    title_needs = TITLE

    class Meta:
        verbose_name = _("archive paper")
        verbose_name_plural = _("archive papers")
        ordering = ["placement_id", "kind", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "kind", "title"],
                name="archive_paper_once",
                violation_error_message=_("This paper is already in the archive."),
            )
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class Certificate(Record):
    """实习证明: a certificate whose QR anybody checks, without a network too; withdrawn it says so."""

    placement = models.OneToOneField(Placement, models.PROTECT, related_name="certificate", verbose_name=_("placement"))
    number = models.CharField(_("certificate number"), max_length=40, unique=True)
    code = models.CharField(_("verification code"), max_length=24, unique=True, editable=False)
    issued_on = models.DateField(pgettext_lazy("certificate", "issued on"))
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, editable=False)
    revoked_on = models.DateField(_("withdrawn on"), null=True, blank=True, editable=False)
    revoke_reason = models.CharField(_("why withdrawn"), max_length=300, blank=True, editable=False)
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = ("number",)
    title_needs = ("placement__student",)

    class Meta:
        verbose_name = pgettext_lazy("practice", "certificate")
        verbose_name_plural = pgettext_lazy("practice", "certificates")
        ordering = ["-issued_on", "number"]
        indexes = [models.Index(fields=["sha256"], name="practice_certificate_sha")]
        constraints = [
            models.CheckConstraint(
                name="practice_certificate_revoked",
                condition=Q(revoked_on=None) | ~Q(revoke_reason=""),
                violation_error_message=_("Say why the certificate is withdrawn."),
            )
        ]

    def __str__(self) -> str:
        return self.number
