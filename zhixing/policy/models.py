"""What the college is held to, and where each unit stands: policies, rules, standings, waivers, yearly closes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.constraints import dates_in_order, no_overlap
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person, Role, Unit
from zhixing.policy import pack
from zhixing.policy.words import Words, WordsField

SCOPE_LABELS = {
    "school": _("school"),
    "college": _("college"),
    "major_group": _("major group"),
    "major": _("major"),
    "committee": _("committee"),
    "industry_college": _("industry college"),
    "base": _("base"),
    "teacher": _("teacher"),
    "research_contract": _("research contract"),
    "order_class": _("order class"),
    "apprenticeship": _("apprenticeship"),
    "industry_teacher": _("industry teacher"),
    "studio": _("studio"),
}
PERIOD_LABELS = {
    "now": _("at any time"),
    "school_year": _("academic year"),
    "calendar_year": _("calendar year"),
    "term": _("term"),
    "rolling": _("rolling window"),
    "at_close": _("at close"),
    "at_start": _("at start"),
    "plan_period": _("plan period"),
}
CADENCE_LABELS = {
    "once": _("once"),
    "term": _("every term"),
    "school_year": _("every academic year"),
    "calendar_year": _("every calendar year"),
    "rolling": _("in a rolling window"),
    "continuous": _("continuously"),
}
# A pack speaks of the leader of a major; in the college that is somebody with the hat of a group leader.
ROLE_LABELS = {**{role.value: role.label for role in Role}, "major_leader": _("major leader")}


@tracked
class Policy(Record):
    """制度: a document with number, issuer and dates, loaded from a pack; its clauses, duties and rules hang on it."""

    class Level(models.TextChoices):
        NATIONAL = "national", _("national")
        PROVINCE = "province", _("province")
        SCHOOL = "school", _("school level")
        COLLEGE = "college", _("college level")

    class Status(models.TextChoices):
        TRIAL = "trial", _("on trial")
        IN_FORCE = "in_force", _("in force")
        REPEALED = "repealed", _("repealed")

    code = models.CharField(_("policy code"), max_length=60, unique=True)
    number = models.CharField(_("document number"), max_length=80)
    title = WordsField(_("title"))
    issuer = WordsField(_("issuer"))
    level = models.CharField(_("layer"), max_length=10, choices=Level)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    issued_on = models.DateField(_("issued on"))
    starts_on = models.DateField(_("in force from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    effective_note = WordsField(_("on its entry into force"), blank=True)
    plan_starts_on = models.DateField(_("plan period from"), null=True, blank=True)
    plan_ends_on = models.DateField(_("plan period until"), null=True, blank=True)
    # The higher papers it rests on and what its owner is asked, as the pack says them.
    upstream = models.JSONField(_("upstream basis"), default=list, blank=True)
    questions = models.JSONField(_("open questions"), default=list, blank=True)
    sha256 = models.CharField(_("fingerprint of the pack"), max_length=64, blank=True)
    loaded_at = models.DateTimeField(_("loaded"), null=True, blank=True)
    lookup = ("code", "number")

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["-issued_on", "code"]
        constraints = [
            dates_in_order("policy_dates"),
            dates_in_order("policy_plan_dates", "plan_starts_on", "plan_ends_on"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def lapsed(self, on: date) -> list[dict[str, Any]]:
        """The higher papers that had run out on a day: the office should review what rests on them."""
        return [paper for paper in self.upstream if paper.get("expires") and paper["expires"] < on.isoformat()]


class Clause(Record):
    """条款: a place in a policy, numbered as the paper numbers it, summed up in our own words."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="clauses", verbose_name=_("policy"))
    number = models.CharField(_("clause"), max_length=20)
    title = WordsField(_("title"))
    summary = WordsField(_("summary"))
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    order = models.PositiveSmallIntegerField(_("place in the paper"))
    lookup = ("number",)

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["policy_id", "order"]
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="clause_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Duty(Record):
    """条款任务: what a clause obliges: who owes it, how often, and which records show it."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="duties", verbose_name=_("policy"))
    clause = models.ForeignKey(Clause, models.CASCADE, related_name="duties", verbose_name=_("clause"))
    code = models.CharField(_("duty"), max_length=10)
    title = WordsField(_("title"))
    text = WordsField(_("what is owed"))
    owner = models.CharField(_("owner"), max_length=20, choices=list(ROLE_LABELS.items()))
    cadence = models.CharField(_("how often"), max_length=20, choices=list(CADENCE_LABELS.items()))
    records = ArrayField(models.CharField(max_length=80), verbose_name=_("records"), default=list, blank=True)
    rule_codes = ArrayField(models.CharField(max_length=10), verbose_name=_("rules"), default=list, blank=True)
    question_codes = ArrayField(
        models.CharField(max_length=10), verbose_name=_("open questions"), default=list, blank=True
    )
    order = models.PositiveSmallIntegerField(_("place in the paper"))
    lookup = ("code",)

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        ordering = ["policy_id", "order"]
        constraints = [models.UniqueConstraint(fields=["policy", "code"], name="duty_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Rule(Record):
    """规则: the machine check of a duty. Its numbers stand in its versions; everything here comes from the pack."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="rules", verbose_name=_("policy"))
    duty = models.ForeignKey(Duty, models.PROTECT, related_name="rules", verbose_name=_("duty"))
    code = models.CharField(_("rule"), max_length=10)
    title = WordsField(_("title"))
    # What the rule is about; not to be confused with `Record.scope`, which says who may see the row.
    applies_to = models.CharField(_("applies to"), max_length=20, choices=list(SCOPE_LABELS.items()))
    measure = models.CharField(_("measure"), max_length=80)
    period = models.CharField(_("period"), max_length=16, choices=list(PERIOD_LABELS.items()))
    holder = models.CharField(_("holder"), max_length=20, choices=list(ROLE_LABELS.items()))
    due = models.JSONField(_("due"), default=dict)
    roll_up = models.JSONField(_("roll-up"), default=dict, blank=True)
    basis = ArrayField(models.CharField(max_length=120), verbose_name=_("basis"), default=list, blank=True)
    mend = models.JSONField(_("mends"), default=list, blank=True)
    empty = models.CharField(_("when nothing is found"), max_length=16, default="unmet")
    pending = models.BooleanField(_("its records are not kept yet"), default=False)
    order = models.PositiveSmallIntegerField(_("place in the paper"))
    lookup = ("code",)
    title_needs = ()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["policy_id", "order"]
        constraints = [models.UniqueConstraint(fields=["policy", "code"], name="rule_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


@tracked
class RuleVersion(Record):
    """The numbers of a rule from one day on. A change is a new version from its day; closed years keep theirs."""

    class Source(models.TextChoices):
        PACK = "pack", _("pack")
        EDIT = "edit", _("changed here")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")
        REPLACED = "replaced", _("replaced")

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions", verbose_name=_("rule"))
    target = models.JSONField(_("target"))
    full_mark = models.DecimalField(_("full mark"), max_digits=14, decimal_places=4, null=True, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    warn = models.JSONField(_("warnings"), default=dict, blank=True)
    weight = models.DecimalField(_("weight"), max_digits=6, decimal_places=2, default=0)
    starts_on = models.DateField(_("in force from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    reason = models.TextField(_("reason for the change"), blank=True)
    source = models.CharField(_("source"), max_length=4, choices=Source, default=Source.EDIT)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    lookup = ("rule__code",)
    title_needs = ("rule",)
    flow = Flow(
        (
            Step(
                "submit",
                _("Submit for approval"),
                ("draft",),
                "submitted",
                capability="approve",
                icon="upload",
                primary=True,
            ),
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
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of a rule")
        ordering = ["rule_id", "-starts_on", "-id"]
        constraints = [
            dates_in_order("rule_version_dates"),
            no_overlap(
                "rule_version_no_overlap",
                "rule",
                condition=Q(status="approved"),
                message=_("Another version of this rule is in force on one of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} · {self.starts_on}"

    @property
    def goal(self) -> pack.Target:
        """The target as the verdicts use it."""
        ((kind, value),) = self.target.items()
        return pack.Target(kind, 1.0 if kind == "all" else float(value))

    def on_approved(self) -> None:
        """What holds once the route has agreed: the version before ends, and standings are counted anew."""
        from zhixing.policy.actions import put_in_force

        put_in_force(self)


class State(models.TextChoices):
    """The seven answers to: where do we stand?"""

    MET = "met", _("Met")
    ON_TRACK = "on_track", _("On track")
    AT_RISK = "at_risk", _("At risk")
    UNMET = "unmet", _("Not met")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    NO_DATA = "no_data", _("Not recorded")
    WAIVED = "waived", _("Waived")


class Standing(Record):
    """达标情况: rule × unit × period. Written by the engine alone; once frozen, the database refuses any change."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="standings", verbose_name=_("rule"))
    version = models.ForeignKey(
        RuleVersion, models.PROTECT, null=True, related_name="standings", verbose_name=_("version of the rule")
    )
    # The unit judged: a record of the type that `unit_scope` names. Its name is kept as it was at the time.
    unit_scope = models.CharField(_("kind of unit"), max_length=20, choices=list(SCOPE_LABELS.items()))
    unit_key = models.BigIntegerField(_("unit judged"))
    unit_code = models.CharField(_("code"), max_length=60)
    unit_name = models.CharField(_("unit judged"), max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="standings", verbose_name=_("college"))
    # A person who answered for something is archived, not deleted.
    holder = models.ForeignKey(Person, models.PROTECT, null=True, related_name="standings", verbose_name=_("holder"))
    year = models.CharField(_("academic year"), max_length=9)
    period_code = models.CharField(_("period"), max_length=20)
    period_starts_on = models.DateField(_("period from"))
    period_ends_on = models.DateField(_("period until"))
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=4, null=True)
    target = models.DecimalField(_("target"), max_digits=16, decimal_places=4, null=True)
    # Whether the value reaches the target today, whatever looms.
    reached = models.BooleanField(_("target reached"), default=False)
    state = models.CharField(_("state"), max_length=16, choices=State)
    evidence_count = models.PositiveIntegerField(_("evidence rows"), default=0)
    due = models.DateField(_("due"), null=True)
    breaks_on = models.DateField(_("last day met"), null=True)
    found_on = models.DateField(_("lack found on"), null=True)
    forecast = models.JSONField(_("forecast"), default=dict)
    evaluated_at = models.DateTimeField(_("last moved"))
    frozen_at = models.DateTimeField(_("frozen"), null=True)
    # At the close: the thresholds and the ids of the evidence rows.
    frozen = models.JSONField(_("what was frozen"), null=True)
    scope = Scope(units=("unit",), people=("holder",))
    lookup = ("unit_code", "unit_name", "rule__code")
    title_needs = ("rule",)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        ordering = ["-year", "rule__order", "unit_code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "unit_scope", "unit_key", "period_code"], name="standing_once"),
            models.CheckConstraint(name="standing_frozen_whole", condition=Q(frozen_at=None) | Q(frozen__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["year", "unit_scope"], name="standing_year"),
            models.Index(fields=["holder", "state"], name="standing_holder"),
            models.Index(fields=["unit", "year"], name="standing_unit"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="frozen_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__frozen_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} · {self.unit_name} · {self.period_code}"

    @property
    def rule_code(self) -> str:
        return self.rule.code

    @property
    def clause_number(self) -> str:
        return self.rule.duty.clause.number

    @property
    def lost_on(self) -> date | None:
        """The day on which a standing not yet met is lost, or was."""
        lost = self.forecast.get("lost_on")
        return date.fromisoformat(lost) if lost else None

    @property
    def percent(self) -> int | None:
        """A share as a whole percentage."""
        return None if self.value is None else round(float(self.value) * 100)

    @property
    def is_roll_up(self) -> bool:
        """Whether this standing is made from those of the unit's parts."""
        return self.unit_scope != self.rule.applies_to


class StandingChange(models.Model):
    """One point of a standing's trend; written only on days on which it moved."""

    standing = models.ForeignKey(Standing, models.CASCADE, related_name="changes", verbose_name=_("standing"))
    on = models.DateField(_("day"))
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=4, null=True)
    state = models.CharField(_("state"), max_length=16, choices=State)

    class Meta:
        verbose_name = _("change of a standing")
        ordering = ["standing_id", "on"]
        constraints = [models.UniqueConstraint(fields=["standing", "on"], name="standing_change_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.get_state_display()}"


@tracked
class Waiver(Record):
    """豁免: a unit is excused from a rule for a time and a reason, by somebody entitled to excuse."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("requested")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        REVOKED = "revoked", _("revoked")

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="waivers", verbose_name=_("rule"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="waivers", verbose_name=_("unit"))
    # One major group, teacher …; empty excuses all that the rule judges in the unit.
    unit_key = models.BigIntegerField(_("unit judged"), null=True, blank=True, editable=False)
    unit_name = models.CharField(_("unit judged"), max_length=200, blank=True, editable=False)
    reason = models.TextField(_("reason"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    requester = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="waivers_asked",
        verbose_name=_("requested by"),
    )
    approver = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="waivers_decided",
        verbose_name=_("decided by"),
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True, editable=False)
    scope = Scope(units=("unit",), people=("requester",))
    lookup = ("rule__code", "unit__name")
    title_needs = ("rule", "unit")
    flow = Flow(
        (
            Step(
                "approve",
                _("Approve the waiver"),
                ("requested",),
                "approved",
                capability="approve",
                icon="check",
                primary=True,
            ),
            Step(
                "reject",
                _("Reject the waiver"),
                ("requested",),
                "rejected",
                capability="approve",
                icon="x",
                comment="required",
                danger=True,
            ),
            Step(
                "revoke",
                _("Revoke the waiver"),
                ("approved",),
                "revoked",
                capability="approve",
                icon="undo",
                comment="required",
                danger=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        ordering = ["-starts_on", "-id"]
        constraints = [
            dates_in_order("waiver_dates"),
            models.UniqueConstraint(
                fields=["rule", "unit", "unit_key", "starts_on"],
                name="waiver_once",
                nulls_distinct=False,
                violation_error_message=_("This waiver is already recorded."),
            ),
            models.CheckConstraint(
                name="waiver_has_reason", condition=~Q(reason=""), violation_error_message=_("A waiver needs a reason.")
            ),
            models.CheckConstraint(
                name="waiver_decided_has_day",
                condition=Q(status="requested") | Q(decided_on__isnull=False),
                violation_error_message=_("A decision needs its date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} · {self.unit_name or self.unit.name}"


@tracked
class Acknowledgement(Record):
    """知悉签收: a unit has taken note of a policy, by somebody, on a day."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="acknowledgements", verbose_name=_("policy"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="acknowledgements", verbose_name=_("unit"))
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="acknowledgements", verbose_name=_("acknowledged by")
    )
    acknowledged_on = models.DateField(_("acknowledged on"))
    scope = Scope(units=("unit",), people=("person",))
    lookup = ("unit__code", "unit__name")
    title_needs = ("policy", "unit")

    class Meta:
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        ordering = ["-acknowledged_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "unit"],
                name="acknowledgement_once",
                violation_error_message=_("This unit has already acknowledged the policy."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy.number} · {self.unit}"


class YearClose(Record):
    """年度封存: the standings of an academic year with their thresholds and evidence, under one fingerprint."""

    year = models.CharField(_("academic year"), max_length=9, unique=True)
    ends_on = models.DateField(_("last day of the year"))
    frozen_count = models.PositiveIntegerField(_("standings frozen"), default=0)
    hash = models.CharField("SHA-256", max_length=64, blank=True)
    # Empty while the close is under way: a close that was cut off is taken up where it stopped.
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=80, blank=True)
    lookup = ("year",)

    class Meta:
        verbose_name = _("yearly close")
        verbose_name_plural = _("yearly closes")
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(name="year_close_hashed", condition=Q(closed_at=None) | ~Q(hash="")),
        ]

    def __str__(self) -> str:
        return self.year


class Recount(Record):
    """What a closed year would look like by today's records: named, kept apart, never the verdict."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    year = models.CharField(_("academic year"), max_length=9)
    as_of = models.DateField(_("as of"))
    results = models.JSONField(_("results"), default=list)
    lookup = ("name", "year")

    class Meta:
        verbose_name = _("recount")
        verbose_name_plural = _("recounts")
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name


__all__ = [
    "Acknowledgement",
    "Clause",
    "Duty",
    "Policy",
    "Recount",
    "Rule",
    "RuleVersion",
    "Standing",
    "StandingChange",
    "State",
    "Waiver",
    "Words",
    "YearClose",
]
