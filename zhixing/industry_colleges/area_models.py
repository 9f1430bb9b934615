"""The ten areas of cooperation: what is planned in each for a year, and what came of it (四（二）2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhixing.agreements.models import Agreement
from zhixing.industry_colleges.areas import AREAS
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import AcademicYear, Person
from zhixing.partners.models import Activity, Organisation

_ADDRESS = re.compile(r"(https?://|/)\S+")


def is_address(value: str) -> None:
    """An address on the web, or of a record in this system. Raises ValidationError."""
    if not _ADDRESS.fullmatch(value):
        raise ValidationError(_("Give an address that begins with https:// or, for a record kept here, with /."))


@tracked
class Area(Record):
    """合作领域: one of the ten areas. Its code stays; its name is the college's to word."""

    code = models.SlugField(_("code"), max_length=30, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=40, unique=True)
    name_en = models.CharField(_("English name"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    lookup = ("code", "name", "name_en")

    class Meta:
        verbose_name = _("area of cooperation")
        verbose_name_plural = _("areas of cooperation")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name

    @classmethod
    def refusals(cls, rows: Sequence[Area]) -> Iterable[tuple[Area, ValidationError]]:
        """The policy names ten areas (四（二）2): a register words them anew and adds none."""
        known = {code for code, _name, _name_en in AREAS}
        for row in rows:
            if row.pk is None and row.code not in known:
                yield (
                    row,
                    ValidationError(
                        _("There are ten areas, and “%(code)s” is none of their codes."), "fixed", {"code": row.code}
                    ),
                )


@tracked
class AreaPlan(Record):
    """领域计划: what an industry college means to yield in an area in an academic year, and who sees to it."""

    college = models.ForeignKey(
        "industry_colleges.IndustryCollege",
        models.CASCADE,
        related_name="area_plans",
        verbose_name=_("industry college"),
    )
    area = models.ForeignKey(Area, models.PROTECT, related_name="plans", verbose_name=_("area of cooperation"))
    year = models.ForeignKey(AcademicYear, models.PROTECT, related_name="area_plans", verbose_name=_("academic year"))
    goal = models.TextField(_("planned outputs"))
    planned = models.PositiveSmallIntegerField(_("number of outputs planned"), default=1)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="area_plans", verbose_name=_("owner")
    )
    scope = Scope(units=("college__unit",), people=("owner", "college__director"))
    lookup = ("college__code",)
    title_needs = ("college", "area", "year")

    class Meta:
        verbose_name = _("area plan")
        verbose_name_plural = _("area plans")
        ordering = ["-year__starts_on", "college_id", "area__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["college", "area", "year"],
                name="area_plan_once",
                violation_error_message=_("This area already has a plan for that year."),
            ),
            models.CheckConstraint(
                name="area_plan_plans_something",
                condition=models.Q(planned__gte=1),
                violation_error_message=_("Plan one output at least."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.college} · {self.area} {self.year.code}"


@tracked
class AreaOutput(Record):
    """领域成果: something that came of the cooperation in an area, with what proves it.

    Proof is a file on the record, an address, an activity or an agreement of ours; only proven outputs count (R05).
    """

    college = models.ForeignKey(
        "industry_colleges.IndustryCollege",
        models.CASCADE,
        related_name="area_outputs",
        verbose_name=_("industry college"),
    )
    area = models.ForeignKey(Area, models.PROTECT, related_name="outputs", verbose_name=_("area of cooperation"))
    title = models.CharField(_("title"), max_length=200)
    made_on = models.DateField(_("date"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    measured_in = models.CharField(_("measured in"), max_length=20, blank=True)
    parties = models.ManyToManyField(
        Organisation, blank=True, related_name="area_outputs", verbose_name=_("organisations involved")
    )
    link = models.CharField(
        _("address of the proof"),
        max_length=300,
        blank=True,
        validators=[is_address],
        help_text=_("A page on the web (https://…) or a record kept here (/…)."),
    )
    activity = models.ForeignKey(
        Activity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="area_outputs",
        verbose_name=_("proving activity"),
    )
    agreement = models.ForeignKey(
        Agreement,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="area_outputs",
        verbose_name=_("proving agreement"),
    )
    recorded_by = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="area_outputs",
        verbose_name=_("recorded by"),
    )
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("college__unit",), people=("recorded_by", "college__director"))
    lookup = ("title",)

    class Meta:
        verbose_name = _("area output")
        verbose_name_plural = _("area outputs")
        ordering = ["-made_on", "-id"]
        indexes = [models.Index(fields=["college", "area", "made_on"], name="area_output_cell")]
        constraints = [
            models.UniqueConstraint(
                fields=["college", "area", "made_on", "title"],
                name="area_output_once",
                violation_error_message=_("This output is already on record."),
            )
        ]

    def __str__(self) -> str:
        return self.title
