"""Partners of the college and what happens with them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order, no_overlap, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Major, MajorGroup, Person, Unit
from zhixing.partners.organisations import Contact, MergeRecord, Organisation, OrganisationName, OrganisationTag

__all__ = [
    "Activity",
    "Contact",
    "DemandSurvey",
    "GovernmentPolicy",
    "IndustryLink",
    "MergeRecord",
    "Need",
    "Opportunity",
    "Organisation",
    "OrganisationName",
    "OrganisationTag",
    "SupportGrant",
    "TechnologyNote",
]


@tracked
class IndustryLink(Record):
    """A major group's lasting contact with an industry organisation (四（一）2: each group keeps one or two)."""

    class Role(models.TextChoices):
        MEMBER = "member", _("member")
        COUNCIL = "council", _("council member")
        VICE_CHAIR = "vice_chair", _("vice chair")
        PARTNER = "partner", _("partner")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")

    group = models.ForeignKey(MajorGroup, models.PROTECT, related_name="industry_links", verbose_name=_("major group"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="industry_links", verbose_name=_("industry organisation")
    )
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.MEMBER)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.APPROVED)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("group__unit",), people=("group__leader",))
    lookup = ("group__code", "group__name")
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
    title_needs = ("group", "organisation")

    class Meta:
        verbose_name = _("industry link")
        verbose_name_plural = _("industry links")
        ordering = ["group_id", "-starts_on", "id"]
        constraints = [
            dates_in_order("industry_link_dates"),
            no_overlap(
                "industry_link_no_overlap",
                "group",
                "organisation",
                message=_("The group is already linked with this organisation at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} ↔ {self.organisation}"


@tracked
class Activity(Record):
    """Something that happened, or will, with partners: association activity, visit, negotiation, meeting, forum."""

    class Kind(models.TextChoices):
        ASSOCIATION = "association", _("association activity")
        VISIT = "visit", _("visit for posts")
        NEGOTIATION = "negotiation", _("negotiation")
        MEETING = "meeting", _("meeting")
        FORUM = "forum", _("forum")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", _("held")
        CANCELLED = "cancelled", _("cancelled")

    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    held_on = models.DateField(_("date"))
    place = models.CharField(_("place"), max_length=120, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="activities", verbose_name=_("unit"))
    group = models.ForeignKey(
        MajorGroup, models.PROTECT, null=True, blank=True, related_name="activities", verbose_name=_("major group")
    )
    organisations = models.ManyToManyField(
        Organisation, related_name="activities", blank=True, verbose_name=_("organisations")
    )
    people = models.ManyToManyField(Person, related_name="activities", blank=True, verbose_name=_("people"))
    minutes = models.TextField(_("minutes"), blank=True)
    outcomes = models.TextField(_("outcomes"), blank=True)
    follow_up = models.CharField(_("follow-up"), max_length=200, blank=True)
    follow_up_owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="follow_ups", verbose_name=_("follow-up by")
    )
    follow_up_due = models.DateField(_("follow-up due"), null=True, blank=True)
    follow_up_done_on = models.DateField(_("follow-up done on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    scope = Scope(units=("unit", "group__unit"), people=("follow_up_owner", "people", "group__leader"))
    lookup = ("title",)
    picked = True
    flow = Flow(
        (
            Step("hold", _("Record as held"), ("planned",), "held", icon="check", primary=True),
            Step("cancel", _("Cancel"), ("planned",), "cancelled", icon="x", comment="required", danger=True),
            Step("reopen", _("Plan again"), ("cancelled",), "planned", icon="refresh"),
        )
    )

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-held_on", "-id"]
        indexes = [models.Index(fields=["group", "held_on"], name="activity_group_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["title", "held_on", "unit"],
                name="activity_once",
                violation_error_message=_("This activity is already recorded for that unit and day."),
            ),
            models.CheckConstraint(
                name="activity_follow_up_owned",
                condition=Q(follow_up="") | Q(follow_up_owner__isnull=False, follow_up_due__isnull=False),
                violation_error_message=_("A follow-up needs an owner and a date."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class Opportunity(Record):
    """A cooperation on its way through the four stages of 五（一）: 洽谈, 实施, 监管, 跟踪; each with its gate."""

    class Stage(models.TextChoices):
        NEGOTIATE = "negotiate", _("negotiation")
        IMPLEMENT = "implement", _("implementation")
        SUPERVISE = "supervise", _("supervision")
        FOLLOW = "follow", pgettext_lazy("stage", "follow-up")
        CLOSED = "closed", _("closed")

    title = models.CharField(_("title"), max_length=200)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="opportunities", verbose_name=_("organisation")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="opportunities", verbose_name=_("unit"))
    owner = models.ForeignKey(Person, models.PROTECT, related_name="opportunities", verbose_name=_("owner"))
    forms = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1)]),
        verbose_name=_("forms of cooperation"),
        default=list,
        blank=True,
    )
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.NEGOTIATE)
    stage_since = models.DateField(_("in this stage since"), default=timezone.localdate)
    opened_on = models.DateField(_("opened on"), default=timezone.localdate)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    value = MoneyField(_("expected value in yuan"), null=True, blank=True)
    # The gates: what must be on record before the next stage may begin.
    intent = models.TextField(_("agreed intent"), blank=True)
    agreement_number = models.CharField(_("agreement number"), max_length=60, blank=True)
    supervision = models.TextField(_("supervision findings"), blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("unit",), people=("owner",))
    lookup = ("title",)
    flow = Flow(
        (
            Step(
                "implement", _("Start implementation"), ("negotiate",), "implement", icon="chevron-right", primary=True
            ),
            Step("supervise", _("Start supervision"), ("implement",), "supervise", icon="eye", primary=True),
            Step("follow", _("Start follow-up"), ("supervise",), "follow", icon="target", primary=True),
            Step(
                "close",
                _("Close"),
                ("negotiate", "implement", "supervise", "follow"),
                "closed",
                icon="x",
                comment="required",
                danger=True,
            ),
        ),
        field="stage",
    )

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        ordering = ["-opened_on", "-id"]
        constraints = [
            not_negative("opportunity_value", "value"),
            models.UniqueConstraint(
                fields=["organisation", "title"],
                name="opportunity_once",
                violation_error_message=_("This opportunity is already recorded."),
            ),
            models.CheckConstraint(
                name="opportunity_gate_intent",
                condition=Q(stage__in=["negotiate", "closed"]) | ~Q(intent=""),
                violation_error_message=_("Implementation needs the agreed intent."),
            ),
            models.CheckConstraint(
                name="opportunity_gate_agreement",
                condition=Q(stage__in=["negotiate", "implement", "closed"]) | ~Q(agreement_number=""),
                violation_error_message=_("Supervision needs the number of the agreement."),
            ),
            models.CheckConstraint(
                name="opportunity_gate_supervision",
                condition=~Q(stage="follow") | ~Q(supervision=""),
                violation_error_message=_("Follow-up needs the findings of the supervision."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class Need(Record):
    """What a partner asked for: talent, technique, training, other.

    Claimed by somebody of the college, then met, or closed with a reason.
    """

    class Kind(models.TextChoices):
        TALENT = "talent", _("talent")
        TECHNIQUE = "technique", _("technique")
        TRAINING = "training", _("training")
        OTHER = "other", _("other")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("need", "open")
        CLAIMED = "claimed", _("claimed")
        MET = "met", pgettext_lazy("need", "met")
        CLOSED = "closed", _("closed")

    title = models.CharField(_("title"), max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="needs", verbose_name=_("organisation"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    majors = models.ManyToManyField(Major, related_name="needs", blank=True, verbose_name=_("majors"))
    number = models.PositiveIntegerField(_("number of people"), null=True, blank=True)
    raised_on = models.DateField(_("raised on"))
    due = models.DateField(_("by when"), null=True, blank=True)
    detail = models.TextField(_("detail"), blank=True)
    claimed_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="claimed_needs", verbose_name=_("claimed by")
    )
    claimed_unit = models.ForeignKey(
        Unit, models.SET_NULL, null=True, blank=True, related_name="claimed_needs", verbose_name=_("claiming unit")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    result = models.TextField(_("result"), blank=True)
    scope = Scope(units=("claimed_unit", "majors__unit"), people=("claimed_by",))
    lookup = ("title",)
    picked = True
    flow = Flow(
        (
            # Whoever may bring in needs may take one on, though it is in nobody's unit yet.
            Step("claim", _("Claim"), ("open",), "claimed", capability="add", icon="flag", primary=True),
            Step("release", _("Release"), ("claimed",), "open", icon="refresh", comment="required"),
            Step("meet", _("Record as met"), ("claimed",), "met", icon="check", primary=True),
            Step("close", _("Close"), ("open", "claimed"), "closed", icon="x", comment="required", danger=True),
        )
    )

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering = ["-raised_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "title", "raised_on"],
                name="need_once",
                violation_error_message=_("This need is already recorded."),
            ),
            models.CheckConstraint(
                name="need_claimed_by_somebody",
                condition=~Q(status__in=["claimed", "met"]) | Q(claimed_by__isnull=False),
                violation_error_message=_("A claimed need names who claimed it."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class GovernmentPolicy(Record):
    """A policy of government that the college may use (四（一）1, R28).

    To be decided by its deadline: apply, or not and why.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("undecided")
        APPLIED = "applied", _("applying")
        IGNORED = "ignored", _("not applying")

    number = models.CharField(_("document number"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="issued_policies", verbose_name=_("issuer"))
    issued_on = models.DateField(_("issued on"))
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("until"), null=True, blank=True)
    deadline = models.DateField(_("deadline to apply"), null=True, blank=True)
    money = MoneyField(_("money offered in yuan"), null=True, blank=True)
    applies_to = models.ManyToManyField(
        MajorGroup, related_name="government_policies", blank=True, verbose_name=_("applies to")
    )
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="owned_policies", verbose_name=_("owner")
    )
    summary = models.TextField(_("summary"), blank=True)
    status = models.CharField(_("decision"), max_length=8, choices=Status, default=Status.OPEN)
    decision_reason = models.CharField(pgettext_lazy("decision", "reason"), max_length=200, blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    scope = Scope(units=("applies_to__unit",), people=("owner",))
    lookup = ("number", "title")
    picked = True
    flow = Flow(
        (
            Step("apply", _("Decide to apply"), ("open", "ignored"), "applied", icon="check", primary=True),
            Step("ignore", _("Decide not to apply"), ("open", "applied"), "ignored", icon="x", comment="required"),
            Step("reopen", _("Decide anew"), ("applied", "ignored"), "open", icon="refresh", comment="required"),
        )
    )

    class Meta:
        verbose_name = _("government policy")
        verbose_name_plural = _("government policies")
        ordering = ["-issued_on", "-id"]
        constraints = [
            dates_in_order("government_policy_dates", "effective_from", "effective_to"),
            not_negative("government_policy_money", "money"),
            models.CheckConstraint(
                name="government_policy_ignored_has_reason",
                condition=~Q(status="ignored") | ~Q(decision_reason=""),
                violation_error_message=_("Say why the college does not apply."),
            ),
            models.CheckConstraint(
                name="government_policy_decided_has_date",
                condition=Q(status="open") | Q(decided_on__isnull=False),
                violation_error_message=_("A decision needs its date."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class SupportGrant(Record):
    """Support won: money, land, posts or another guarantee from government (四（一）1)."""

    title = models.CharField(_("title"), max_length=200)
    grantor = models.ForeignKey(Organisation, models.PROTECT, related_name="grants", verbose_name=_("given by"))
    policy = models.ForeignKey(
        GovernmentPolicy,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="grants",
        verbose_name=_("under the policy"),
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="grants", verbose_name=_("unit"))
    amount = MoneyField(_("amount in yuan"), default=0)
    granted_on = models.DateField(_("granted on"))
    document = models.CharField(_("document number"), max_length=80, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("unit",))
    lookup = ("title",)

    class Meta:
        verbose_name = _("support grant")
        verbose_name_plural = _("support grants")
        ordering = ["-granted_on", "-id"]
        constraints = [
            not_negative("support_grant_amount", "amount"),
            models.UniqueConstraint(
                fields=["grantor", "title", "granted_on"],
                name="support_grant_once",
                violation_error_message=_("This grant is already recorded."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class DemandSurvey(Record):
    """What the region needs people for, as found by a survey (四（一）1). A survey grows old: its age is shown."""

    title = models.CharField(_("title"), max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="surveys", verbose_name=_("unit"))
    group = models.ForeignKey(
        MajorGroup, models.SET_NULL, null=True, blank=True, related_name="surveys", verbose_name=_("major group")
    )
    surveyed_on = models.DateField(_("surveyed on"))
    sample_size = models.PositiveIntegerField(_("organisations asked"), default=0)
    posts = models.PositiveIntegerField(_("posts wanted"), default=0)
    findings = models.TextField(_("findings"))
    author = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="surveys", verbose_name=_("author")
    )
    scope = Scope(units=("unit",), people=("author",))
    lookup = ("title",)

    class Meta:
        verbose_name = _("demand survey")
        verbose_name_plural = _("demand surveys")
        ordering = ["-surveyed_on", "-id"]
        indexes = [GinIndex(fields=["title"], name="demand_survey_trgm", opclasses=["gin_trgm_ops"])]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "title", "surveyed_on"],
                name="demand_survey_once",
                violation_error_message=_("This survey is already recorded."),
            )
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class TechnologyNote(Record):
    """A technical change seen in an industry or a firm, and what teaching should make of it (四（一）1)."""

    title = models.CharField(_("title"), max_length=200)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="technology_notes", verbose_name=_("seen at")
    )
    group = models.ForeignKey(
        MajorGroup, models.PROTECT, related_name="technology_notes", verbose_name=_("major group")
    )
    noted_on = models.DateField(_("noted on"))
    change = models.TextField(_("what changes"))
    consequence = models.TextField(_("what teaching should change"), blank=True)
    author = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="technology_notes", verbose_name=_("author")
    )
    scope = Scope(units=("group__unit",), people=("author", "group__leader"))
    lookup = ("title",)

    class Meta:
        verbose_name = _("technology note")
        verbose_name_plural = _("technology notes")
        ordering = ["-noted_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "title", "noted_on"],
                name="technology_note_once",
                violation_error_message=_("This note is already recorded."),
            )
        ]

    def __str__(self) -> str:
        return self.title
