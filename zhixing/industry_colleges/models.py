"""Industry colleges and all that is kept of them; what they do in the ten areas is in `area_models.py`."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements.models import Agreement
from zhixing.industry_colleges.area_models import Area, AreaOutput, AreaPlan
from zhixing.kernel import events
from zhixing.kernel.constraints import dates_in_order, not_negative
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import SYSTEM, Scope
from zhixing.org.models import AcademicYear, Major, MajorGroup, Person, Unit
from zhixing.partners.models import Organisation

__all__ = [
    "Area",
    "AreaOutput",
    "AreaPlan",
    "CharterSection",
    "Check",
    "ConstructionPlan",
    "CouncilMeeting",
    "IndustryCollege",
    "Party",
    "PlanMilestone",
    "ResourceAllocation",
    "Seat",
]


class Party(models.TextChoices):
    """主体类型: who acts as a subject of an industry college (四（二）1)."""

    SCHOOL = "school", _("school")
    ENTERPRISE = "enterprise", _("enterprise")
    ASSOCIATION = "association", _("industry organisation")
    GOVERNMENT = "government", _("government")
    PARK = "park", _("park")


@tracked
class IndustryCollege(Record):
    """产业学院: a college run together with industry, from its plan to its acceptance (四（二）1)."""

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("of an industry college", "planned")
        REVIEW = "review", pgettext_lazy("of an industry college", "in review")
        APPROVED = "approved", pgettext_lazy("of an industry college", "approved")
        BUILDING = "building", pgettext_lazy("of an industry college", "being built")
        MID_CHECKED = "mid_checked", pgettext_lazy("of an industry college", "mid-term check passed")
        ACCEPTED = "accepted", pgettext_lazy("of an industry college", "accepted")
        CLOSED = "closed", pgettext_lazy("of an industry college", "closed")

    class Level(models.TextChoices):
        SCHOOL = "school", pgettext_lazy("level", "school")
        PROVINCE = "province", pgettext_lazy("level", "province")
        NATION = "nation", pgettext_lazy("level", "nation")

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="industry_colleges", verbose_name=_("unit"))
    lead_organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="industry_colleges_led",
        verbose_name=_("lead organisation"),
    )
    director = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="industry_colleges_directed",
        verbose_name=pgettext_lazy("of an industry college", "director"),
    )
    groups = models.ManyToManyField(
        MajorGroup, blank=True, related_name="industry_colleges", verbose_name=_("major groups")
    )
    majors = models.ManyToManyField(Major, blank=True, related_name="industry_colleges", verbose_name=_("majors"))
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="industry_colleges",
        verbose_name=_("agreement"),
    )
    starts_on = models.DateField(_("founded on"))
    ends_on = models.DateField(_("runs until"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PLANNED)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    level = models.CharField(
        pgettext_lazy("of recognition", "level"), max_length=10, choices=Level, default=Level.SCHOOL
    )
    recognised_on = models.DateField(_("recognised on"), null=True, blank=True)
    recognition_number = models.CharField(_("number of the recognition"), max_length=80, blank=True)
    close_reason = models.CharField(_("reason for closing"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("unit",), people=("director",))
    lookup = ("code", "name")
    flow = Flow(
        (
            Step("submit", _("Submit for approval"), ("planned",), "review", icon="upload", primary=True),
            Step("approve", _("Approve"), ("review",), "approved", icon="check", by_approval=True),
            Step(
                "send_back",
                _("Send back"),
                ("review",),
                "planned",
                icon="sendback",
                comment="required",
                by_approval=True,
            ),
            Step("build", _("Begin to build"), ("approved",), "building", icon="flag", primary=True),
            Step(
                "mid_check",
                _("Record the mid-term check"),
                ("building",),
                "mid_checked",
                capability="approve",
                icon="check",
                primary=True,
            ),
            Step(
                "accept",
                _("Record the acceptance"),
                ("mid_checked",),
                "accepted",
                capability="approve",
                icon="check-circle",
                primary=True,
            ),
            Step(
                "close",
                pgettext_lazy("of an industry college", "Close"),
                ("planned", "approved", "building", "mid_checked", "accepted"),
                "closed",
                capability="approve",
                icon="x",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("industry college")
        verbose_name_plural = _("industry colleges")
        ordering = ["code"]
        constraints = [
            dates_in_order("industry_college_dates"),
            models.UniqueConstraint(
                fields=["name"],
                name="industry_college_name_once",
                violation_error_message=_("An industry college of this name is already there."),
            ),
            models.CheckConstraint(
                name="industry_college_approved_has_date",
                condition=Q(status__in=["planned", "review", "closed"]) | Q(approved_on__isnull=False),
                violation_error_message=_("An approved industry college has the day of its approval."),
            ),
            models.CheckConstraint(
                name="industry_college_recognised_has_date",
                condition=Q(level="school") | Q(recognised_on__isnull=False),
                violation_error_message=_("The level of a province or the nation has the day of its recognition."),
            ),
            models.CheckConstraint(
                name="industry_college_closed_has_reason",
                condition=~Q(status="closed") | (~Q(close_reason="") & Q(ends_on__isnull=False)),
                violation_error_message=_("A closed industry college has the day and the reason of its end."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def on_approved(self) -> None:
        """Called by the approval route within its last step."""
        self.approved_on = timezone.localdate()


@tracked
class CharterSection(Record):
    """章程: one of the four things that a charter regulates, in one version (四（二）1). Once signed, its text stays."""

    class Part(models.TextChoices):
        ORGANISATION = "organisation", _("organisation and duties")
        GOALS = "goals", _("goals and tasks")
        OPERATION = "operation", _("way of running")
        SAFEGUARDS = "safeguards", _("safeguards")

    college = models.ForeignKey(
        IndustryCollege, models.CASCADE, related_name="charter_sections", verbose_name=_("industry college")
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    part = models.CharField(pgettext_lazy("of a charter", "part"), max_length=14, choices=Part)
    text = models.TextField(pgettext_lazy("of a charter", "text"), blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    scope = Scope(units=("college__unit",), people=("college__director",))
    lookup = ("college__code",)
    title_needs = ("college",)

    class Meta:
        verbose_name = _("part of the charter")
        verbose_name_plural = _("parts of the charter")
        ordering = ["college_id", "-version", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["college", "version", "part"],
                name="charter_section_once",
                violation_error_message=_("This part of the charter is already there in this version."),
            ),
            models.CheckConstraint(
                name="charter_section_signed_has_text",
                condition=Q(signed_on=None) | ~Q(text=""),
                violation_error_message=_("A part without text cannot be signed."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.college} · {self.get_part_display()} v{self.version}"

    def clean(self) -> None:
        """A signed text is not changed but replaced by a new version."""
        if self.pk is None:
            return
        fields = ("college_id", "version", "part", "text")
        signed = CharterSection._base_manager.filter(pk=self.pk, signed_on__isnull=False).values_list(*fields).first()
        if signed and signed != tuple(getattr(self, name) for name in fields):
            raise ValidationError(_("This version is signed. Write a new version to change it."), code="signed")


@tracked
class Seat(Record):
    """席位: a place on the council of an industry college, held for a party for a time (四（二）1)."""

    college = models.ForeignKey(
        IndustryCollege, models.CASCADE, related_name="seats", verbose_name=_("industry college")
    )
    party = models.CharField(_("party"), max_length=12, choices=Party)
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="industry_college_seats",
        verbose_name=_("person of the school"),
    )
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="industry_college_seats",
        verbose_name=_("organisation"),
    )
    position = models.CharField(_("position on the council"), max_length=40, blank=True)
    duties = models.CharField(_("rights and duties"), max_length=300, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    scope = Scope(units=("college__unit",), people=("person", "college__director"))
    lookup = ("name",)
    picked = True
    title_needs = ("person",)

    class Meta:
        verbose_name = _("council seat")
        verbose_name_plural = _("council seats")
        ordering = ["college_id", "party", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["college", "party", "person", "name", "starts_on"],
                nulls_distinct=False,
                name="industry_college_seat_once",
                violation_error_message=_("This seat is already recorded."),
            ),
            dates_in_order("industry_college_seat_dates"),
            models.CheckConstraint(
                name="industry_college_seat_names_somebody",
                condition=Q(party="school", person__isnull=False)
                | (~Q(party="school") & Q(organisation__isnull=False) & ~Q(name="")),
                violation_error_message=_(
                    "A seat of the school names its person; any other seat names the person and the organisation."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.name if self.person else self.name} · {self.get_party_display()}"


@tracked
class CouncilMeeting(Record):
    """理事会会议: at least once a year the council meets; its minutes and what it resolved (四（二）1)."""

    college = models.ForeignKey(
        IndustryCollege, models.CASCADE, related_name="meetings", verbose_name=_("industry college")
    )
    title = models.CharField(_("title"), max_length=160)
    held_on = models.DateField(_("date"))
    place = models.CharField(_("place"), max_length=120, blank=True)
    minutes = models.TextField(_("minutes"))
    resolutions = models.TextField(_("resolutions"), blank=True)
    attendees = models.ManyToManyField(Seat, blank=True, related_name="meetings", verbose_name=_("attendance"))
    scope = Scope(units=("college__unit",), people=("college__director",))
    lookup = ("title",)

    class Meta:
        verbose_name = _("council meeting")
        verbose_name_plural = _("council meetings")
        ordering = ["-held_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["college", "held_on", "title"],
                name="council_meeting_once",
                violation_error_message=_("This meeting is already recorded."),
            )
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class ConstructionPlan(Record):
    """建设方案: tasks and path of an industry college over some years, in versions by approval (四（二）1)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")
        REPLACED = "replaced", _("replaced")

    college = models.ForeignKey(
        IndustryCollege, models.CASCADE, related_name="plans", verbose_name=_("industry college")
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    goals = models.TextField(_("goals and tasks"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    scope = Scope(units=("college__unit",), people=("college__director",))
    lookup = ("college__code",)
    title_needs = ("college",)
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
        verbose_name = _("construction plan")
        verbose_name_plural = _("construction plans")
        ordering = ["college_id", "-version"]
        constraints = [
            dates_in_order("construction_plan_dates"),
            models.UniqueConstraint(
                fields=["college", "version"],
                name="construction_plan_version",
                violation_error_message=_("This version is already there."),
            ),
            models.UniqueConstraint(
                fields=["college"],
                condition=Q(status="approved"),
                name="construction_plan_one_in_force",
                violation_error_message=_("The industry college already has a plan in force."),
            ),
            models.UniqueConstraint(
                fields=["college"],
                condition=Q(status__in=["draft", "submitted"]),
                name="construction_plan_one_on_its_way",
                violation_error_message=_("A new version of the plan is already being written."),
            ),
            models.CheckConstraint(
                name="construction_plan_approved_has_date",
                condition=~Q(status="approved") | Q(approved_on__isnull=False),
                violation_error_message=_("An approved plan has the day of its approval."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.college} · {_('construction plan')} v{self.version}"

    def on_approved(self) -> None:
        """Called by the approval route within its last step: this version takes the place of the one in force."""
        self.approved_on = timezone.localdate()
        plans = ConstructionPlan._base_manager.select_for_update().filter(college_id=self.college_id, status="approved")
        for before in plans:
            before.status = ConstructionPlan.Status.REPLACED
            before.save()
            events.log(before, "new_version", by=SYSTEM, comment=str(self), data={"from": "approved", "to": "replaced"})


@tracked
class PlanMilestone(Record):
    """里程碑: a dated step of a construction plan, with owner and deliverable. Late, it reaches its owner."""

    plan = models.ForeignKey(
        ConstructionPlan, models.CASCADE, related_name="milestones", verbose_name=_("construction plan")
    )
    title = models.CharField(_("title"), max_length=160)
    due = models.DateField(_("due"))
    owner = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="plan_milestones",
        verbose_name=_("owner"),
    )
    deliverable = models.CharField(_("deliverable"), max_length=200, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    scope = Scope(units=("plan__college__unit",), people=("owner", "plan__college__director"))
    lookup = ("title",)

    class Meta:
        verbose_name = _("milestone of the plan")
        verbose_name_plural = _("milestones of the plan")
        ordering = ["plan_id", "due", "id"]
        indexes = [models.Index(fields=["due"], condition=Q(done_on=None), name="plan_milestone_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "title"],
                name="plan_milestone_once",
                violation_error_message=_("This milestone is already there."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """What was approved is changed by a new version of the plan; who owns it and when it was done are not."""
        if self.pk is None or self.plan.status not in ("approved", "replaced"):
            return
        fields = ("plan_id", "title", "due", "deliverable")
        before = PlanMilestone._base_manager.filter(pk=self.pk).values_list(*fields).first()
        if before and before != tuple(getattr(self, name) for name in fields):
            raise ValidationError(
                _("The plan is approved. Write a new version of it to change its milestones."), code="approved"
            )


@tracked
class Check(Record):
    """中期检查、验收: what experts found when they judged how far an industry college has come."""

    class Kind(models.TextChoices):
        MID = "mid", _("mid-term check")
        ACCEPTANCE = "acceptance", pgettext_lazy("of an industry college", "acceptance")

    class Verdict(models.TextChoices):
        PASSED = "passed", pgettext_lazy("verdict", "passed")
        REWORK = "rework", pgettext_lazy("verdict", "to be reworked")
        FAILED = "failed", pgettext_lazy("verdict", "not passed")

    college = models.ForeignKey(
        IndustryCollege, models.CASCADE, related_name="checks", verbose_name=_("industry college")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    held_on = models.DateField(_("date"))
    experts = models.CharField(_("experts"), max_length=300)
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=1, null=True, blank=True)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    findings = models.TextField(pgettext_lazy("of a check", "findings"), blank=True)
    scope = Scope(units=("college__unit",), people=("college__director",))
    lookup = ("college__code",)
    title_needs = ("college",)

    class Meta:
        verbose_name = pgettext_lazy("of an industry college", "check")
        verbose_name_plural = pgettext_lazy("of an industry college", "checks")
        ordering = ["-held_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["college", "kind", "held_on"],
                name="check_once",
                violation_error_message=_("This check is already recorded."),
            ),
            models.CheckConstraint(
                name="check_score",
                condition=Q(score=None) | Q(score__range=(0, 100)),
                violation_error_message=_("A score is between 0 and 100."),
            ),
            models.CheckConstraint(
                name="check_says_what_is_wrong",
                condition=Q(verdict="passed") | ~Q(findings=""),
                violation_error_message=_("Whoever does not pass is told why: write the findings."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.college} · {self.get_kind_display()}"


@tracked
class ResourceAllocation(Record):
    """资源配置: what a party puts into an industry college in an academic year, and when it was delivered (四（二）1)."""

    class Kind(models.TextChoices):
        SITE = "site", pgettext_lazy("resource", "site")
        EQUIPMENT = "equipment", _("equipment")
        SOFTWARE = "software", _("software")
        CASH = "cash", _("cash")
        PEOPLE = "people", pgettext_lazy("resource", "people")
        OPERATION = "operation", pgettext_lazy("resource", "operation")

    college = models.ForeignKey(
        IndustryCollege, models.CASCADE, related_name="resources", verbose_name=_("industry college")
    )
    year = models.ForeignKey(
        AcademicYear, models.PROTECT, related_name="industry_college_resources", verbose_name=_("academic year")
    )
    party = models.CharField(_("party"), max_length=12, choices=Party)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="industry_college_resources",
        verbose_name=_("organisation"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("title"), max_length=160)
    value = MoneyField(_("value in yuan"))
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True)
    used_for = models.CharField(_("used for"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("college__unit",), people=("college__director",))
    lookup = ("title",)

    class Meta:
        verbose_name = _("resource allocation")
        verbose_name_plural = _("resource allocations")
        ordering = ["-year__starts_on", "college_id", "party", "id"]
        constraints = [
            not_negative("resource_allocation_value", "value"),
            models.CheckConstraint(
                name="resource_allocation_names_the_party",
                condition=Q(party="school", organisation=None) | (~Q(party="school") & Q(organisation__isnull=False)),
                violation_error_message=_("The school's own resources name no organisation; any other party's do."),
            ),
            models.UniqueConstraint(
                fields=["college", "year", "title"],
                name="resource_allocation_once",
                violation_error_message=_("This resource is already on record for that year."),
            ),
        ]

    def __str__(self) -> str:
        return self.title
