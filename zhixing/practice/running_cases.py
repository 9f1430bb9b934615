"""What happens on a placement that somebody must deal with: leave, change, incident, complaint (I-34, I-35)."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import DateRange, dates_in_order
from zhixing.kernel.fields import EncryptedTextField
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person
from zhixing.practice.placements import OF_PLACEMENT, Placement
from zhixing.practice.posts import Post
from zhixing.practice.running import NAMED, TITLE, UNITS
from zhixing.practice.running_numbers import Dated, dated


class NoOverlapWhile(ExclusionConstraint):
    """No two rows share a day while a condition holds; a form that does not carry the condition's fields leaves it to the database."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        needed = {child[0].split("__")[0] for child in self.condition.children if isinstance(child, tuple)}  # type: ignore[union-attr]
        if not needed & set(exclude or ()):
            super().validate(model, instance, exclude=exclude, using=using)

    def deconstruct(self) -> Any:
        _path, args, kwargs = super().deconstruct()
        # To the database it is an exclusion like any other.
        return "django.contrib.postgres.constraints.ExclusionConstraint", args, kwargs


@tracked
class Leave(Record):
    """实习请假: days on which a student is away from the workplace, asked for beforehand."""

    class Kind(models.TextChoices):
        SICK = "sick", _("illness")
        PERSONAL = "personal", _("personal reasons")
        SCHOOL = "school", _("called back by the school")

    class Status(models.TextChoices):
        ASKED = "asked", _("asked for")
        GRANTED = "granted", pgettext_lazy("leave", "granted")
        REFUSED = "refused", pgettext_lazy("leave", "refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("leave", "withdrawn")

    placement = models.ForeignKey(Placement, models.PROTECT, related_name="leaves", verbose_name=_("placement"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PERSONAL)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=300)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ASKED)
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = NAMED
    title_needs = TITLE
    flow = Flow(
        (
            Step(
                "grant",
                pgettext_lazy("leave", "Grant"),
                ("asked",),
                "granted",
                capability="approve",
                icon="check",
                primary=True,
            ),
            Step(
                "refuse",
                _("Refuse"),
                ("asked",),
                "refused",
                capability="approve",
                icon="x",
                comment="required",
                danger=True,
            ),
            # Whoever may ask may take it back.
            Step("withdraw", _("Withdraw"), ("asked", "granted"), "withdrawn", capability="add", icon="sendback"),
        )
    )

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")
        ordering = ["-starts_on", "id"]
        indexes = [models.Index(fields=["status", "starts_on"], name="practice_leave_open")]
        constraints = [
            dates_in_order("practice_leave_dates"),
            models.UniqueConstraint(
                fields=["placement", "starts_on", "status"],
                name="practice_leave_once",
                # What was refused or taken back may be asked for again, and refused again.
                condition=Q(status__in=["asked", "granted"]),
                violation_error_message=_("This leave is already on record."),
            ),
            NoOverlapWhile(
                name="practice_leave_overlap",
                expressions=[
                    (
                        DateRange("starts_on", "ends_on", RangeBoundary(inclusive_lower=True, inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                    ("placement", RangeOperators.EQUAL),
                ],
                condition=Q(status__in=["asked", "granted"]),
                violation_error_message=_("There is already a leave on one of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.starts_on}"


@tracked
class PlacementChange(Record):
    """实习变更: another post, or an end before its day. The student may start it; granting it carries it out."""

    class Kind(models.TextChoices):
        MOVE = "move", _("another post")
        END = "end", _("early end")

    class Asker(models.TextChoices):
        STUDENT = "student", _("student")
        SCHOOL = "school", _("school")
        FIRM = "firm", _("firm")

    class Status(models.TextChoices):
        ASKED = "asked", _("asked for")
        SUPPORTED = "supported", _("supported by the supervisor")
        GRANTED = "granted", pgettext_lazy("change", "granted")
        REFUSED = "refused", pgettext_lazy("change", "refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("change", "withdrawn")

    placement = models.ForeignKey(
        Placement, models.PROTECT, related_name="placement_changes", verbose_name=_("placement")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.END)
    asked_by = models.CharField(
        pgettext_lazy("change", "asked for by"), max_length=8, choices=Asker, default=Asker.STUDENT
    )
    from_on = models.DateField(_("from"))
    new_post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="changes_to", verbose_name=_("new post")
    )
    reason = models.CharField(_("reason"), max_length=500)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ASKED)
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = NAMED
    title_needs = TITLE
    flow = Flow(
        (
            Step("support", _("Support"), ("asked",), "supported", icon="check"),
            Step(
                "grant",
                _("Grant and carry out"),
                ("asked", "supported"),
                "granted",
                capability="approve",
                icon="check-circle",
                primary=True,
            ),
            Step(
                "refuse",
                _("Refuse"),
                ("asked", "supported"),
                "refused",
                capability="approve",
                icon="x",
                comment="required",
                danger=True,
            ),
            Step("withdraw", _("Withdraw"), ("asked", "supported"), "withdrawn", capability="add", icon="sendback"),
        )
    )

    class Meta:
        verbose_name = _("change of placement")
        verbose_name_plural = _("changes of placement")
        ordering = ["-from_on", "id"]
        indexes = [models.Index(fields=["status", "from_on"], name="placement_change_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "kind", "from_on"],
                name="placement_change_once",
                condition=Q(status__in=["asked", "supported", "granted"]),
                violation_error_message=_("This change is already asked for."),
            ),
            models.CheckConstraint(
                name="placement_change_post",
                condition=Q(kind="end") | Q(new_post__isnull=False),
                violation_error_message=_("Name the new post."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.get_kind_display()}"


class Severity(models.TextChoices):
    LIGHT = "light", pgettext_lazy("incident", "light")
    SERIOUS = "serious", pgettext_lazy("incident", "serious")
    GRAVE = "grave", pgettext_lazy("incident", "grave")


class Recipient(models.TextChoices):
    """Who is told of an incident; inside by notice, outside by whoever reports and ticks it off."""

    SUPERVISOR = "supervisor", _("supervisor")
    COLLEGE = "college", _("college dean and secretary")
    OFFICE = "office", _("academic affairs office")
    GUARDIAN = "guardian", _("guardian")
    LEADER = "leader", _("school leader")
    INSURER = "insurer", _("insurer")
    AUTHORITY = "authority", _("competent authority")


@tracked
class ReportDuty(Dated):
    """报告时限: who must be told of an incident of this gravity, within how many minutes of its being known (I-35)."""

    severity = models.CharField(_("gravity"), max_length=8, choices=Severity)
    recipient = models.CharField(_("to be told"), max_length=12, choices=Recipient)
    minutes = models.PositiveIntegerField(_("within minutes"), validators=[MaxValueValidator(60 * 24 * 30)])
    lookup = ("recipient",)

    class Meta:
        verbose_name = _("duty to report")
        verbose_name_plural = _("duties to report")
        ordering = ["severity", "minutes", "recipient"]
        constraints = dated(
            "report_duty", "severity", "recipient", message=_("There is already such a duty from this day.")
        )

    def __str__(self) -> str:
        return f"{self.get_severity_display()} · {self.get_recipient_display()}"


@tracked
class Incident(Record):
    """实习突发事件: what happened to whom, and a clock for each who must be told."""

    class Kind(models.TextChoices):
        INJURY = "injury", _("injury")
        ILLNESS = "illness", _("sudden illness")
        TRAFFIC = "traffic", _("traffic accident")
        MISSING = "missing", _("out of contact")
        RIGHTS = "rights", _("rights infringed")
        OTHER = "other", pgettext_lazy("incident", "other")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("incident", "open")
        HANDLED = "handled", _("dealt with")
        CLOSED = "closed", pgettext_lazy("incident", "closed")

    placement = models.ForeignKey(Placement, models.PROTECT, related_name="incidents", verbose_name=_("placement"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.OTHER)
    severity = models.CharField(_("gravity"), max_length=8, choices=Severity, default=Severity.LIGHT)
    happened_at = models.DateTimeField(_("happened at"), default=timezone.now)
    place = models.CharField(pgettext_lazy("spot", "place"), max_length=120, blank=True)
    text = models.TextField(_("what happened"))
    measures = models.TextField(_("measures"), blank=True)
    reporter = models.CharField(_("reported by"), max_length=80, blank=True)
    closed_on = models.DateField(pgettext_lazy("incident", "closed on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = NAMED
    title_needs = TITLE
    flow = Flow(
        (
            Step("handle", _("Dealt with"), ("open",), "handled", icon="check", primary=True, comment="required"),
            Step(
                "close",
                pgettext_lazy("incident", "Close"),
                ("handled",),
                "closed",
                capability="approve",
                icon="check-circle",
                primary=True,
            ),
            Step(
                "reopen",
                pgettext_lazy("incident", "Open again"),
                ("handled", "closed"),
                "open",
                icon="refresh",
                comment="required",
            ),
        )
    )

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-happened_at", "id"]
        indexes = [models.Index(fields=["status", "-happened_at"], name="incident_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "happened_at", "kind"],
                name="incident_once",
                violation_error_message=_("This incident is already reported."),
            ),
            models.CheckConstraint(
                name="incident_closed_has_date",
                condition=~Q(status="closed") | Q(closed_on__isnull=False),
                violation_error_message=_("What is closed has the day of its closing."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.get_kind_display()}"

    def save(self, *args: object, **kwargs: object) -> None:
        """With an incident its chain of reports begins; it grows with an incident that turns out graver or is opened again."""
        from zhixing.practice.running_incidents import begin

        super().save(*args, **kwargs)
        begin(self)


@tracked
class IncidentReport(Record):
    """事件报告: one of the chain: who is to be told by when, and when and how they were."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("report", "to be told")
        TOLD = "told", pgettext_lazy("report", "told")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="reports", verbose_name=_("incident"))
    recipient = models.CharField(_("to be told"), max_length=12, choices=Recipient)
    due_at = models.DateTimeField(pgettext_lazy("deadline", "by"))
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)
    how = models.CharField(_("told how"), max_length=160, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    scope = Scope(
        units=tuple(f"incident__{path}" for path in UNITS), people=tuple(f"incident__{path}" for path in OF_PLACEMENT)
    )
    lookup = tuple(f"incident__{path}" for path in NAMED)
    title_needs = ("incident__placement__student",)
    flow = Flow((Step("tell", _("Told"), ("waiting",), "told", icon="check", primary=True),))

    class Meta:
        verbose_name = _("report of an incident")
        verbose_name_plural = _("reports of incidents")
        ordering = ["incident_id", "due_at", "recipient"]
        indexes = [models.Index(fields=["status", "due_at"], name="incident_report_late")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "recipient"],
                name="incident_report_once",
                violation_error_message=_("This recipient is already in the chain."),
            ),
            models.CheckConstraint(
                name="incident_report_told",
                condition=~Q(status="told") | Q(told_at__isnull=False),
                violation_error_message=_("What was told has its moment."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident.placement.student} · {self.get_recipient_display()}"


def complaint_number() -> str:
    """A number that tells nothing, for whoever asks later: TS-20260310-7KQ4."""
    letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return f"TS-{timezone.localdate():%Y%m%d}-" + "".join(secrets.choice(letters) for _i in range(4))


@tracked
class Complaint(Record):
    """投诉举报: for the office alone, whoever it is about; answered in writing (I-17, I-34)."""

    class Source(models.TextChoices):
        STUDENT = "student", _("student")
        GUARDIAN = "guardian", _("guardian")
        OTHER = "other", _("somebody else")

    class Subject(models.TextChoices):
        PAY = "pay", _("pay")
        FEES = "fees", _("fees or deposits")
        HOURS = "hours", _("hours and rest")
        SAFETY = "safety", pgettext_lazy("complaint", "safety")
        CONDUCT = "conduct", _("conduct of people")
        WORK = "work", _("work unlike the major")
        OTHER = "other", pgettext_lazy("complaint", "other")

    class Status(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("complaint", "received")
        HANDLING = "handling", _("being looked into")
        ANSWERED = "answered", pgettext_lazy("complaint", "answered")

    number = models.CharField(_("complaint number"), max_length=24, unique=True, default=complaint_number)
    complainant = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="complaints", verbose_name=_("complainant")
    )
    placement = models.ForeignKey(
        Placement, models.SET_NULL, null=True, blank=True, related_name="complaints", verbose_name=_("placement")
    )
    source = models.CharField(_("from"), max_length=10, choices=Source, default=Source.STUDENT)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80, blank=True)
    contact_phone = EncryptedTextField(_("phone"), blank=True)
    subject = models.CharField(_("about"), max_length=8, choices=Subject, default=Subject.OTHER)
    text = models.TextField(_("complaint"))
    received_on = models.DateField(_("received on"), default=timezone.localdate)
    answer = models.TextField(pgettext_lazy("complaint", "answer"), blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RECEIVED)
    scope = Scope(people=("complainant",))
    lookup = ("number",)
    flow = Flow(
        (
            Step("take", _("Look into it"), ("received",), "handling", capability="approve", icon="search"),
            Step(
                "answer",
                pgettext_lazy("complaint", "Answer"),
                ("received", "handling"),
                "answered",
                capability="approve",
                icon="check",
                primary=True,
            ),
        )
    )

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        ordering = ["-received_on", "number"]
        constraints = [
            models.CheckConstraint(
                name="complaint_answered",
                condition=~Q(status="answered") | (Q(answered_on__isnull=False) & ~Q(answer="")),
                violation_error_message=_("An answered complaint has an answer and its day."),
            )
        ]

    def __str__(self) -> str:
        return self.number
