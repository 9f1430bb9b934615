"""A placement while it runs: the student's weeks, what speaks for their being there, and the supervisor's visits (I-30, I-32)."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person, Unit
from zhixing.partners.models import Organisation
from zhixing.practice.placements import OF_PLACEMENT, Placement
from zhixing.practice.running_numbers import Dated, dated

UNITS = ("placement__plan__major__unit",)
NAMED = ("placement__student__number", "placement__student__name")
TITLE = ("placement__student", "placement__post__organisation")


def is_monday(name: str) -> models.CheckConstraint:
    """Weeks are named by their Monday, so that a week is one row however it is written."""
    return models.CheckConstraint(
        name=name,
        condition=Q(monday__iso_week_day=1),
        violation_error_message=_("A week is named by its Monday."),
    )


@tracked
class WeekEntry(Record):
    """实习周记: the student's week in one line and a few words. Sent twice it is there once, by the phone's own id."""

    class Mood(models.IntegerChoices):
        BAD = 1, _("very hard")
        LOW = 2, _("hard")
        FAIR = 3, _("all right")
        GOOD = 4, pgettext_lazy("mood", "good")
        GREAT = 5, _("very good")

    class Status(models.TextChoices):
        HANDED = "handed", _("handed in")
        READ = "read", pgettext_lazy("journal", "read")
        PRAISED = "praised", pgettext_lazy("journal", "well done")
        TALK = "talk", _("to be talked over")

    placement = models.ForeignKey(Placement, models.PROTECT, related_name="weeks", verbose_name=_("placement"))
    monday = models.DateField(_("week of"))
    hours = models.DecimalField(
        _("hours worked"), max_digits=4, decimal_places=1, validators=[MinValueValidator(0), MaxValueValidator(168)]
    )
    mood = models.PositiveSmallIntegerField(_("how it was"), choices=Mood, default=Mood.FAIR)
    text = models.TextField(_("what was done"), max_length=2000, blank=True)
    # Made by the phone before anything is sent: what is sent again carries the same. Empty for weeks from a register.
    client_id = models.UUIDField(_("sent as"), null=True, blank=True, unique=True, editable=False)
    # By the phone's clock; without a network it lies before the day of arrival.
    written_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    comment = models.CharField(_("supervisor's word"), max_length=300, blank=True)
    read_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("read by"), editable=False
    )
    read_at = models.DateTimeField(_("read at"), null=True, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.HANDED)
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = NAMED
    title_needs = TITLE
    flow = Flow(
        (
            Step("read", _("Read"), ("handed", "talk"), "read", capability="approve", icon="check", primary=True),
            Step("praise", _("Well done"), ("handed",), "praised", capability="approve", icon="star"),
            Step("talk", _("Talk it over"), ("handed",), "talk", capability="approve", icon="alert"),
        )
    )

    class Meta:
        verbose_name = _("week entry")
        verbose_name_plural = _("week entries")
        ordering = ["-monday", "placement_id"]
        indexes = [models.Index(fields=["status", "monday"], name="week_entry_unread")]
        constraints = [
            is_monday("week_entry_monday"),
            models.UniqueConstraint(
                fields=["placement", "monday"],
                name="week_entry_once",
                violation_error_message=_("This week is already handed in."),
            ),
            models.CheckConstraint(
                name="week_entry_numbers",
                condition=Q(hours__range=(0, 168)) & Q(mood__range=(1, 5)),
                violation_error_message=_("A week has 168 hours, and a mood is between 1 and 5."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.monday}"


class SignalKind(models.TextChoices):
    """The cheap signals that somebody was at the workplace; clocking in is none of them."""

    CODE = "code", _("code of the workplace")
    PLACE = "place", _("rounded location")
    WORK = "work", _("work product")
    MENTOR = "mentor", _("mentor's word")
    PAY = "pay", _("pay slip")
    CALL = "call", _("call-back")
    VISIT = "visit", _("teacher's visit")


class Witness(models.TextChoices):
    """Who speaks: what one witness says ten times is still one witness."""

    STUDENT = "student", _("student")
    FIRM = "firm", _("firm")
    SCHOOL = "school", _("school")


@tracked
class PresenceSignal(Record):
    """在岗证据: one cheap sign that a student was at the workplace on a day; one of each kind a day."""

    class PaperState(models.TextChoices):
        """What the school says of a paper that the student brought; blank for signs of another kind."""

        WAITING = "waiting", _("to be looked at")
        VOUCHED = "vouched", _("looked at")
        DOUBTED = "doubted", _("does not count")

    placement = models.ForeignKey(Placement, models.PROTECT, related_name="signals", verbose_name=_("placement"))
    kind = models.CharField(_("kind"), max_length=8, choices=SignalKind)
    day = models.DateField(_("day"))
    # A call-back may find nobody, and a mentor may say that the student was not there.
    confirms = models.BooleanField(_("speaks for it"), default=True)
    # Digests of the phone and of the words: whoever lends both to a friend shares both.
    device = models.CharField(_("device"), max_length=64, blank=True, editable=False)
    content = models.CharField(_("digest of the content"), max_length=64, blank=True, editable=False)
    # Rounded to a hundredth of a degree, and emptied by a job after its days.
    longitude = models.DecimalField(_("longitude"), max_digits=6, decimal_places=2, null=True, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=5, decimal_places=2, null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    # The paper that a student brought; it stays as long as the sign does, else nobody could say whose word the sign is.
    paper = models.ForeignKey(
        "practice.ArchivePaper",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signals",
        verbose_name=_("archive paper"),
        editable=False,
    )
    # Until somebody of the school has looked at a paper, it is the student's own word.
    paper_state = models.CharField(
        _("what the student brought"), max_length=8, choices=PaperState, blank=True, default="", editable=False
    )
    scope = Scope(units=UNITS, people=OF_PLACEMENT)
    lookup = NAMED
    title_needs = TITLE
    flow = Flow(
        (
            # Whoever erred takes it back by the other step, so that both are in the log.
            Step("vouch", _("Looked at"), ("waiting", "doubted"), "vouched", icon="check", primary=True),
            Step("doubt", _("Does not count"), ("waiting", "vouched"), "doubted", icon="x", comment="required"),
        ),
        field="paper_state",
    )

    class Meta:
        verbose_name = _("presence signal")
        verbose_name_plural = _("presence signals")
        ordering = ["-day", "placement_id", "kind"]
        indexes = [
            models.Index(fields=["day", "device"], name="presence_signal_device"),
            # What was brought before is looked for by its digest, over all years.
            models.Index(fields=["content"], name="presence_signal_content", condition=~Q(content="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "kind", "day"],
                name="presence_signal_once",
                violation_error_message=_("There is already a signal of this kind on this day."),
            ),
            models.CheckConstraint(
                name="presence_signal_point",
                condition=(Q(longitude=None) & Q(latitude=None))
                | (Q(longitude__range=(-180, 180)) & Q(latitude__range=(-90, 90))),
                violation_error_message=_("Give longitude and latitude together, in degrees."),
            ),
            models.CheckConstraint(
                name="presence_signal_paper",
                condition=Q(paper=None, paper_state="") | Q(paper__isnull=False) & ~Q(paper_state=""),
                violation_error_message=_("A paper that a student brought waits, was looked at, or does not count."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.get_kind_display()}"


@tracked
class PresenceWeight(Dated):
    """证据权重: what one signal of a kind counts from a day on, and how much its witness can say at most in a week."""

    kind = models.CharField(_("kind"), max_length=8, choices=SignalKind)
    witness = models.CharField(_("witness"), max_length=8, choices=Witness)
    points = models.PositiveSmallIntegerField(_("points"), validators=[MaxValueValidator(100)])
    most = models.PositiveSmallIntegerField(_("witness at most"), validators=[MaxValueValidator(100)])
    lookup = ("kind",)

    class Meta:
        verbose_name = _("weight of a signal")
        verbose_name_plural = _("weights of signals")
        ordering = ["kind", "-effective_from"]
        constraints = [
            *dated("presence_weight", "kind", message=_("There is already a weight of this kind from this day.")),
            models.CheckConstraint(
                name="presence_weight_points",
                condition=Q(points__lte=100) & Q(most__lte=100),
                violation_error_message=_("Points are between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.points}"


@tracked
class PresenceWeek(Record):
    """在岗周评: what the signals of a week add up to. It can only ask for a look; what the look finds, a person writes."""

    class Status(models.TextChoices):
        SCORED = "scored", pgettext_lazy("presence", "counted")
        ASKED = "asked", _("to be checked")
        CONFIRMED = "confirmed", _("found at work")
        UNCLEAR = "unclear", _("not found at work")

    placement = models.ForeignKey(Placement, models.CASCADE, related_name="presence", verbose_name=_("placement"))
    monday = models.DateField(_("week of"))
    score = models.PositiveSmallIntegerField(pgettext_lazy("presence", "evidence"), validators=[MaxValueValidator(100)])
    # {"code": 25, "mentor": 40}: what each kind brought after copies were taken off.
    parts = models.JSONField(_("of which"), default=dict, editable=False)
    excused = models.BooleanField(_("on leave"), default=False)
    # Between 0 and 1: how much a look is worth; the draw is by chance in this proportion.
    risk = models.DecimalField(_("worth a look"), max_digits=4, decimal_places=3, default=0, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SCORED)
    scope = Scope(units=UNITS, people=(*(path for path in OF_PLACEMENT if "student" not in path),))
    lookup = NAMED
    title_needs = TITLE
    flow = Flow(
        (
            Step("ask", _("Ask for a check"), ("scored",), "asked", capability="approve", icon="search"),
            Step(
                "confirm",
                _("Found at work"),
                ("asked",),
                "confirmed",
                capability="approve",
                icon="check",
                primary=True,
            ),
            Step(
                "doubt",
                _("Not found at work"),
                ("asked",),
                "unclear",
                capability="approve",
                icon="alert",
                comment="required",
            ),
        )
    )

    class Meta:
        verbose_name = _("week of presence")
        verbose_name_plural = _("weeks of presence")
        ordering = ["-monday", "score", "placement_id"]
        indexes = [models.Index(fields=["status", "monday"], name="presence_week_asked")]
        constraints = [
            is_monday("presence_week_monday"),
            models.UniqueConstraint(
                fields=["placement", "monday"],
                name="presence_week_once",
                violation_error_message=_("This week is already counted."),
            ),
            models.CheckConstraint(
                name="presence_week_score",
                condition=Q(score__lte=100) & Q(risk__range=(0, 1)),
                violation_error_message=_("Points are between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement.student} · {self.monday}"


@tracked
class Visit(Record):
    """巡访: a supervisor at a unit, or on the telephone with it: whom it was about, what was found, and the mentor's signature."""

    class Mode(models.TextChoices):
        SITE = "site", _("on site")
        PHONE = "phone", _("by telephone")
        VIDEO = "video", _("by video")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        DONE = "done", pgettext_lazy("visit", "done")
        CANCELLED = "cancelled", pgettext_lazy("visit", "cancelled")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="practice_visits", verbose_name=_("college"))
    supervisor = models.ForeignKey(Person, models.PROTECT, related_name="practice_visits", verbose_name=_("supervisor"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="practice_visits", verbose_name=_("internship unit")
    )
    placements = models.ManyToManyField(Placement, blank=True, related_name="visits", verbose_name=_("students met"))
    visited_on = models.DateField(_("day of the visit"))
    mode = models.CharField(_("how"), max_length=6, choices=Mode, default=Mode.SITE)
    minutes = models.PositiveSmallIntegerField(pgettext_lazy("duration", "minutes"), null=True, blank=True)
    findings = models.TextField(pgettext_lazy("visit", "what was found"), blank=True)
    problems = models.TextField(_("problems"), blank=True)
    follow_up = models.CharField(_("what follows"), max_length=300, blank=True)
    follow_up_due = models.DateField(_("to be done by"), null=True, blank=True)
    mentor_name = models.CharField(_("signed by"), max_length=80, blank=True, editable=False)
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    scope = Scope(units=("unit",), people=("supervisor",))
    lookup = ("organisation__uscc", "organisation__name")
    title_needs = ("organisation",)
    flow = Flow(
        (
            Step("record", _("Record the visit"), ("planned",), "done", icon="check", primary=True),
            Step("cancel", _("Cancel the visit"), ("planned",), "cancelled", icon="x", comment="required"),
        )
    )

    class Meta:
        verbose_name = _("supervision visit")
        verbose_name_plural = _("supervision visits")
        ordering = ["-visited_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["supervisor", "organisation", "visited_on"],
                name="practice_visit_once",
                violation_error_message=_("This visit is already on record."),
            ),
            models.CheckConstraint(
                name="practice_visit_signed",
                condition=Q(signed_at=None) | ~Q(mentor_name=""),
                violation_error_message=_("A signature has a name."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.visited_on}"
