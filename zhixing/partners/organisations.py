"""The register of partners: organisations with their names, tags and contacts, and what was merged."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order, no_overlap
from zhixing.kernel.fields import EncryptedTextField, UsccField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked, trigram
from zhixing.kernel.scope import Scope
from zhixing.org.distance import degrees
from zhixing.org.models import Division, IndustryCode, Unit
from zhixing.partners.names import NormalisedName


@tracked
class Organisation(Record):
    """A partner, real or hoped for: one record for one organisation, whatever it is called this year (合作单位)."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("government")
        PARK = "park", _("park")
        SCHOOL = "school", _("school")
        ENTERPRISE = "enterprise", _("enterprise")
        ASSOCIATION = "association", _("industry organisation")
        INSTITUTION = "institution", _("public institution")

    class Nature(models.TextChoices):
        UNKNOWN = "", _("not recorded")
        STATE = "state", _("state-owned")
        PRIVATE = "private", _("private")
        FOREIGN = "foreign", _("foreign-invested")
        MIXED = "mixed", _("mixed ownership")
        PUBLIC = "public", _("public body")

    class Size(models.TextChoices):
        UNKNOWN = "", _("not recorded")
        LARGE = "large", _("large")
        MEDIUM = "medium", _("medium")
        SMALL = "small", _("small")
        MICRO = "micro", _("micro")

    class Status(models.TextChoices):
        LEAD = "lead", pgettext_lazy("partner", "lead")
        ACTIVE = "active", pgettext_lazy("partner", "active")
        DORMANT = "dormant", _("dormant")
        BANNED = "banned", _("banned")
        MERGED = "merged", _("merged")

    uscc = UsccField(_("unified social credit code"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    # What a duplicate would share: the database makes it from the name, so that no import can forget it.
    normalised_name = models.GeneratedField(
        verbose_name=_("normalised name"),
        expression=NormalisedName("name"),
        output_field=models.CharField(max_length=200),
        db_persist=True,
    )
    short_name = models.CharField(_("short name"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    nature = models.CharField(_("nature"), max_length=10, choices=Nature, blank=True, default=Nature.UNKNOWN)
    size = models.CharField(_("size"), max_length=10, choices=Size, blank=True, default=Size.UNKNOWN)
    industry = models.ForeignKey(
        IndustryCode, models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name=_("industry")
    )
    region = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name=_("region")
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    # Where its site lies: how near it is, is asked of these where they are known.
    longitude = degrees(_("longitude"), 180)
    latitude = degrees(_("latitude"), 90)
    staff_count = models.PositiveIntegerField(_("number of staff"), null=True, blank=True)
    founded_on = models.DateField(_("founded on"), null=True, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="branches", verbose_name=_("branch of")
    )
    source = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="introduced", verbose_name=_("introduced by")
    )
    keeper = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="kept_organisations", verbose_name=_("kept by")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.LEAD)
    status_reason = models.CharField(_("reason for the status"), max_length=200, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        editable=False,
        verbose_name=_("merged into"),
    )

    scope = Scope(units=("keeper",))
    lookup = ("uscc", "name", "short_name", "names__name", "names__uscc")
    successor = "merged_into"
    picked = True
    flow = Flow(
        (
            Step("activate", _("Make active"), ("lead", "dormant"), "active", icon="check", primary=True),
            Step("rest", _("Make dormant"), ("active",), "dormant", icon="clock", comment="required"),
            Step(
                "ban",
                _("Ban"),
                ("lead", "active", "dormant"),
                "banned",
                capability="approve",
                icon="shield",
                comment="required",
                danger=True,
            ),
            Step(
                "lift_ban",
                _("Lift the ban"),
                ("banned",),
                "dormant",
                capability="approve",
                icon="refresh",
                comment="required",
            ),
            Step(
                "merge",
                _("Merge into another"),
                ("lead", "active", "dormant", "banned"),
                "merged",
                capability="approve",
                icon="merge",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name", "id"]
        indexes = [
            trigram("organisation_name_trgm", "name", "short_name"),
            # The tabs of the list count by this alone, without a look at the rows.
            models.Index(fields=["kind", "status"], name="organisation_kind", condition=Q(archived_at=None)),
            # The order of the list: its first page is found without sorting the whole register.
            models.Index(fields=["name", "id"], name="organisation_in_order"),
            models.Index(fields=["normalised_name"], name="organisation_same_name"),
            trigram("organisation_like_name", "normalised_name"),
        ]
        constraints = [
            models.CheckConstraint(
                name="organisation_point_whole",
                condition=Q(longitude=None, latitude=None) | Q(longitude__isnull=False, latitude__isnull=False),
                violation_error_message=_("Give longitude and latitude together."),
            ),
            models.CheckConstraint(
                name="organisation_banned_has_reason",
                condition=~Q(status="banned") | ~Q(status_reason=""),
                violation_error_message=_("A banned organisation needs a reason."),
            ),
            models.CheckConstraint(
                name="organisation_not_its_own_branch",
                condition=Q(parent=None) | ~Q(parent=F("id")),
                violation_error_message=_("An organisation cannot be a branch of itself."),
            ),
            models.CheckConstraint(
                name="organisation_merged_has_target",
                condition=Q(status="merged", merged_into__isnull=False) | (~Q(status="merged") & Q(merged_into=None)),
                violation_error_message=_("A merged organisation names the one it was merged into."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class OrganisationName(Record):
    """A name, and perhaps a code, that the organisation bore for a time; registers of that time still find it."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="names", verbose_name=_("organisation"))
    name = models.CharField(_("name"), max_length=200)
    uscc = UsccField(_("former unified social credit code"))
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    scope = Scope(units=("organisation__keeper",))
    lookup = ("name", "uscc")

    class Meta:
        verbose_name = _("former name")
        verbose_name_plural = _("former names")
        ordering = ["organisation_id", "-ends_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="organisation_name_once",
                violation_error_message=_("This former name is already recorded."),
            ),
            dates_in_order("organisation_name_dates"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class OrganisationTag(Record):
    """A recognised quality of a partner: 龙头, 自贸港重点产业, 产教融合型企业, 地方特色; with level and dates."""

    class Tag(models.TextChoices):
        LEADING = "leading", _("leading enterprise")
        KEY_INDUSTRY = "key_industry", _("key industry of the free-trade port")
        INTEGRATION = "integration", _("integration-type enterprise")
        LOCAL = "local", _("local specialty industry")

    class Level(models.TextChoices):
        NATION = "nation", _("national")
        PROVINCE = "province", _("provincial")
        CITY = "city", _("city or county")
        SCHOOL = "school", _("school level")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="tags", verbose_name=_("organisation"))
    tag = models.CharField(_("tag"), max_length=14, choices=Tag)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    document = models.CharField(_("document number"), max_length=80, blank=True)
    scope = Scope(units=("organisation__keeper",))
    lookup = ("organisation__uscc", "organisation__name")

    class Meta:
        verbose_name = _("organisation tag")
        verbose_name_plural = _("organisation tags")
        ordering = ["organisation_id", "tag", "-starts_on"]
        constraints = [
            dates_in_order("organisation_tag_dates"),
            no_overlap(
                "organisation_tag_no_overlap",
                "organisation",
                "tag",
                "level",
                message=_("The organisation already has this tag at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_tag_display()} · {self.get_level_display()}"


@tracked
class Contact(Record):
    """Somebody at a partner whom the college talks to; never needs an account."""

    class Role(models.TextChoices):
        SIGNATORY = "signatory", _("signatory")
        HR = "hr", _("human resources")
        MENTOR = "mentor", _("mentor")
        TECHNICAL = "technical", _("technical lead")
        SECRETARIAT = "secretariat", _("secretariat")
        OTHER = "other", _("other")

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="contacts", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.OTHER)
    position = models.CharField(_("position"), max_length=80, blank=True)
    phone = EncryptedTextField(_("phone"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    delegate = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("deputy")
    )
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    scope = Scope(units=("organisation__keeper",))
    picked = True
    title_needs = ("organisation",)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["organisation_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name", "role"],
                name="contact_once",
                violation_error_message=_("This contact is already in the register."),
            ),
            dates_in_order("contact_dates"),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.organisation.name}）"


class MergeRecord(models.Model):
    """What one merge of two organisations did, step by step, so that `merging.undo_merge` can undo it exactly."""

    source = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("merged organisation"))
    target = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("merged into"))
    # In order: {do: "set", table, column, key, old, new} for a value changed, {do: "drop" | "add", table, key, row}
    # for a row removed or made; values and rows as the database writes them in JSON.
    moves = models.JSONField(_("what was changed"))
    comment = models.TextField(_("reason"), blank=True)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("merged by")
    )
    merged_at = models.DateTimeField(_("merged at"), auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("undone by")
    )
    undone_at = models.DateTimeField(_("undone at"), null=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-merged_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(undone_at=None),
                name="merge_once",
                violation_error_message=_("This organisation is already merged."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
