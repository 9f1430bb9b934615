"""The base itself and the checks of its safety."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements.models import Agreement
from zhixing.kernel.constraints import dates_in_order
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked, trigram
from zhixing.kernel.scope import Scope
from zhixing.org.distance import degrees
from zhixing.org.models import Division, Major, Person, Unit
from zhixing.partners.models import Organisation


@tracked
class Base(Record):
    """基地: a place where students or teachers practise, from its proposal to its end (四（四）1–2, 四（五）1)."""

    class Kind(models.TextChoices):
        CAMPUS = "campus", _("training base on the campus")
        OFF_CAMPUS = "off_campus", _("practice base off the campus")
        TEACHER = "teacher", _("training base for teachers")

    class Mode(models.TextChoices):
        NONE = "", _("none")
        INTO_FIRM = "into_firm", _("the school goes into the firm")
        INTO_SCHOOL = "into_school", _("the firm moves into the school")
        ONE_BODY = "one_body", _("school and firm in one")

    class Status(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("of a base", "proposed")
        BUILDING = "building", pgettext_lazy("of a base", "being built")
        IN_USE = "in_use", pgettext_lazy("of a base", "in use")
        CLOSED = "closed", pgettext_lazy("of a base", "closed")

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    mode = models.CharField(
        pgettext_lazy("of a base", "mode"), max_length=11, choices=Mode, blank=True, default=Mode.NONE
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="bases", verbose_name=_("organisation")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="bases", verbose_name=_("unit"))
    manager = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="bases_managed",
        verbose_name=pgettext_lazy("of a base", "manager"),
    )
    primary_major = models.ForeignKey(
        Major,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bases_of_its_own",
        verbose_name=_("primary major"),
    )
    majors = models.ManyToManyField(Major, blank=True, related_name="bases", verbose_name=_("majors served"))
    on_campus = models.BooleanField(_("on the campus"), default=False)
    site = models.CharField(pgettext_lazy("of a base", "site"), max_length=120, blank=True)
    region = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="bases", verbose_name=_("region")
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    longitude = degrees(_("longitude"), 180)
    latitude = degrees(_("latitude"), 90)
    area = models.PositiveIntegerField(_("area in m²"), null=True, blank=True)
    workplaces = models.PositiveIntegerField(_("workplaces"), null=True, blank=True)
    # Who runs the base: for one on the campus the firm does, under this contract (四（四）1).
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bases",
        verbose_name=_("contract with the operator"),
    )
    starts_on = models.DateField(pgettext_lazy("of a base", "in use since"), null=True, blank=True)
    ends_on = models.DateField(pgettext_lazy("of a base", "closed on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.PROPOSED)
    close_reason = models.CharField(pgettext_lazy("of a base", "reason for closing"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("unit",), people=("manager", "primary_major__leader"))
    lookup = ("code", "name")
    picked = True
    flow = Flow(
        (
            Step(
                "approve",
                pgettext_lazy("of a base", "Approve for building"),
                ("proposed",),
                "building",
                capability="approve",
                icon="check",
                primary=True,
            ),
            Step(
                "open",
                pgettext_lazy("of a base", "Put into use"),
                ("proposed", "building"),
                "in_use",
                capability="approve",
                icon="check-circle",
                primary=True,
            ),
            Step(
                "close",
                pgettext_lazy("of a base", "Close the base"),
                ("proposed", "building", "in_use"),
                "closed",
                capability="approve",
                icon="x",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("base")
        verbose_name_plural = _("bases")
        ordering = ["code"]
        indexes = [
            models.Index(fields=["kind", "status"], name="base_kind_status"),
            trigram("base_name_trgm", "name"),
        ]
        constraints = [
            dates_in_order("base_dates"),
            models.CheckConstraint(
                name="base_mode_of_campus",
                condition=Q(mode="") | Q(kind="campus"),
                violation_error_message=_("Only a base on the campus has a mode of building it together."),
            ),
            models.CheckConstraint(
                name="base_off_campus_names_organisation",
                condition=Q(kind="campus") | Q(organisation__isnull=False),
                violation_error_message=_("A base off the campus or for teachers names the organisation that has it."),
            ),
            models.CheckConstraint(
                name="base_in_use_has_date",
                condition=~Q(status="in_use") | Q(starts_on__isnull=False),
                violation_error_message=_("A base in use has the day since when."),
            ),
            models.CheckConstraint(
                name="base_closed_has_reason",
                condition=~Q(status="closed") | (~Q(close_reason="") & Q(ends_on__isnull=False)),
                violation_error_message=_("A closed base has the day and the reason of its end."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class SafetyCheck(Record):
    """安全检查: a check of a base's safety that is due on a day; open until it is done and what it found is mended (四（四）1)."""

    class Result(models.TextChoices):
        NONE = "", _("none")
        PASSED = "passed", pgettext_lazy("verdict", "passed")
        MEND = "mend", pgettext_lazy("of a safety check", "to be mended")
        STOPPED = "stopped", pgettext_lazy("of a safety check", "stopped")

    base = models.ForeignKey(Base, models.CASCADE, related_name="safety_checks", verbose_name=_("base"))
    due = models.DateField(_("due"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    checked_by = models.CharField(_("checked by"), max_length=120, blank=True)
    result = models.CharField(
        pgettext_lazy("of a safety check", "result"),
        max_length=8,
        choices=Result,
        blank=True,
        default=Result.NONE,
    )
    findings = models.TextField(pgettext_lazy("of a safety check", "findings"), blank=True)
    mended_on = models.DateField(_("mended on"), null=True, blank=True)
    scope = Scope(units=("base__unit",), people=("base__manager",))
    lookup = ("base__code", "base__name")
    title_needs = ("base",)

    class Meta:
        verbose_name = _("safety check")
        verbose_name_plural = _("safety checks")
        ordering = ["-due", "-id"]
        indexes = [models.Index(fields=["due"], condition=Q(done_on=None), name="safety_check_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "due"],
                name="safety_check_once",
                violation_error_message=_("A safety check of this base is already due on that day."),
            ),
            models.CheckConstraint(
                name="safety_check_done_has_result",
                condition=Q(done_on=None, result="") | (Q(done_on__isnull=False) & ~Q(result="")),
                violation_error_message=_("A check that is done has its day and its result."),
            ),
            models.CheckConstraint(
                name="safety_check_says_what_is_wrong",
                condition=Q(result__in=["", "passed"]) | ~Q(findings=""),
                violation_error_message=_("Say what the check found wrong."),
            ),
            models.CheckConstraint(
                name="safety_check_mended_after",
                condition=Q(mended_on=None) | Q(done_on__isnull=False, mended_on__gte=F("done_on")),
                violation_error_message=_("What a check found is mended after the check."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base.name} · {self.due}"
