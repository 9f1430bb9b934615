"""Reports that were made: kept as they were, with the fingerprint of the standings they tell of."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.models import Record
from zhixing.kernel.scope import Scope
from zhixing.org.models import Unit


class Report(Record):
    """评估报告: the assessment of a college or the school for one academic year, as a file."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        WORD = "docx", "Word"
        EXCEL = "xlsx", "Excel"

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reports", verbose_name=_("unit"))
    year = models.CharField(_("academic year"), max_length=9)
    as_of = models.DateField(_("as of"))
    # Made from the frozen standings of a closed year.
    frozen = models.BooleanField(_("of a closed year"), default=False)
    format = models.CharField(_("format"), max_length=4, choices=Format)
    language = models.CharField(_("language"), max_length=10)
    number = models.CharField(_("report number"), max_length=60)
    standings_count = models.PositiveIntegerField(_("standings told"), default=0)
    standings_sha256 = models.CharField(_("fingerprint of the standings"), max_length=64)
    name = models.CharField(_("file name"), max_length=200)
    content = models.FileField(_("file"), upload_to="reports/%Y/", max_length=255)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    scope = Scope(units=("unit",))
    lookup = ("number", "unit__name")
    title_needs = ("unit",)

    class Meta:
        verbose_name = _("assessment report")
        verbose_name_plural = _("assessment reports")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}"
