"""Kinds of agreement, their worded templates, and the documents made from them."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.constraints import dates_in_order
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope


class PartyRole(models.TextChoices):
    """As what a party stands in an agreement."""

    SCHOOL = "school", _("school")
    ENTERPRISE = "enterprise", _("enterprise")
    ASSOCIATION = "association", _("industry organisation")
    GOVERNMENT = "government", _("government")
    PARK = "park", _("park")
    STUDENT = "student", _("student")
    GUARDIAN = "guardian", _("guardian")
    INDIVIDUAL = "individual", pgettext_lazy("party to an agreement", "individual")


@tracked
class AgreementKind(Record):
    """A kind of agreement (协议类型) and what it asks for; data of the college, seeded from `kinds.yaml`."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120)
    prefix = models.CharField(_("prefix of the number"), max_length=8)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    # Party roles that must be there, e.g. ["school", "enterprise"].
    roles = models.JSONField(_("parties"), default=list, blank=True)
    # Who signs, in order: [{"role": "enterprise", "channel": "link"}, {"role": "school", "channel": "inside"}].
    signers = models.JSONField(_("signers in order"), default=list, blank=True)
    # What the text must contain: [{"code": "goals", "name": {"zh-hans": …, "en": …}, "text": default wording}].
    contents = models.JSONField(_("contents"), default=list, blank=True)
    # Named fields beyond those of every agreement: [{"code": "post", "name": {…}, "type": "text|number|date|bool"}].
    details = models.JSONField(_("named fields"), default=list, blank=True)
    # Codes of the rules in `rules.yaml` that are checked.
    checks = models.JSONField(_("checks"), default=list, blank=True)
    needs_approval = models.BooleanField(_("goes through approval"), default=True)
    takes_interns = models.BooleanField(_("the firm takes interns"), default=False)
    usual_months = models.PositiveSmallIntegerField(_("usual term in months"), default=36)
    # So long before its last day an agreement of this kind stands out as expiring, and its keeper is told first.
    expiring_days = models.PositiveSmallIntegerField(
        _("expiring, days before the last"), default=90, validators=[MaxValueValidator(730)]
    )
    is_active = models.BooleanField(_("in use"), default=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope()
    lookup = ("code", "name", "name_en")

    class Meta:
        verbose_name = _("kind of agreement")
        verbose_name_plural = _("kinds of agreement")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name


@tracked
class Template(Record):
    """协议模板: the wording of a kind in one version, a Word file with named fields and conditions; one is in force."""

    kind = models.ForeignKey(AgreementKind, models.PROTECT, related_name="templates", verbose_name=_("kind"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    title = models.CharField(_("title"), max_length=120)
    file = models.FileField(_("Word file"), upload_to="templates/%Y/", max_length=255, blank=True, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    # Names that the wording uses, in order of appearance: [{"name": "goals", "condition": false}].
    fields = models.JSONField(_("named fields"), default=list, editable=False)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("until"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope()
    lookup = ("kind__code", "title")
    title_needs = ("kind",)

    class Meta:
        verbose_name = _("agreement template")
        verbose_name_plural = _("agreement templates")
        ordering = ["kind_id", "-version"]
        constraints = [
            dates_in_order("template_dates", "effective_from", "effective_to"),
            models.UniqueConstraint(
                fields=["kind", "version"],
                name="template_version",
                violation_error_message=_("This version is already there."),
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(effective_to=None, archived_at=None),
                name="template_one_in_force",
                violation_error_message=_("Another version of this template is in force; end it first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"


@tracked
class AgreementDocument(Record):
    """A document of an agreement: made from a template with these very data, or scanned; never changed afterwards."""

    class Kind(models.TextChoices):
        DRAFT = "draft", _("draft")
        FINAL = "final", _("final text")
        SIGNED = "signed", _("signed text")
        SCAN = "scan", _("scan of the paper")

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        DOCX = "docx", "Word"

    agreement = models.ForeignKey(
        "agreements.Agreement", models.CASCADE, related_name="documents", verbose_name=_("agreement")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    format = models.CharField(_("format"), max_length=4, choices=Format, default=Format.PDF)
    template = models.ForeignKey(
        Template, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("template")
    )
    template_version = models.PositiveSmallIntegerField(_("template version"), null=True, blank=True)
    # Everything that was printed, so that the same document can be explained, and made again, at any time.
    data = models.JSONField(_("data"), default=dict, editable=False)
    file = models.FileField(_("file"), upload_to="agreements/%Y/%m/", max_length=255, blank=True, editable=False)
    name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    pages = models.PositiveSmallIntegerField(_("pages"), default=0)
    verify_code = models.CharField(_("verification code"), max_length=24, unique=True)
    # The document this one was made of: the scan of a final text, the signed form of it.
    source = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="derived", verbose_name=_("made from")
    )
    scope = Scope(
        units=("agreement__unit",),
        people=("agreement__owner", "agreement__major_group__leader", "agreement__student__person"),
    )
    lookup = ("verify_code", "name")

    class Meta:
        verbose_name = _("agreement document")
        verbose_name_plural = _("agreement documents")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["sha256"], name="agreement_document_sha")]

    def __str__(self) -> str:
        return self.name

    def bytes(self) -> Any:
        """The stored file's content."""
        with self.file.open("rb") as stored:
            return stored.read()
