"""Councils, committees, what they decide and the tasks that follow."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order, no_overlap
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import AcademicYear, MajorGroup, Person, Unit
from zhixing.partners.models import Organisation


@tracked
class Committee(Record):
    """Who guides cooperation: the school's council (五（一）) or a major group's steering committee (四（一）3)."""

    class Kind(models.TextChoices):
        COUNCIL = "council", _("cooperation council")
        STEERING = "steering", _("steering committee")

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.STEERING)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="committees", verbose_name=_("unit"))
    group = models.ForeignKey(
        MajorGroup, models.PROTECT, null=True, blank=True, related_name="committees", verbose_name=_("major group")
    )
    charter = models.TextField(_("charter"), blank=True)
    starts_on = models.DateField(_("term from"))
    ends_on = models.DateField(_("term until"))
    secretary = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="committees_kept", verbose_name=_("secretary")
    )
    scope = Scope(units=("unit",), people=("secretary", "group__leader"))
    lookup = ("name",)

    class Meta:
        verbose_name = _("committee")
        verbose_name_plural = _("committees")
        ordering = ["kind", "name", "id"]
        constraints = [
            dates_in_order("committee_dates"),
            models.CheckConstraint(
                name="committee_steering_has_group",
                condition=Q(kind="council", group=None) | Q(kind="steering", group__isnull=False),
                violation_error_message=_("A steering committee belongs to a major group; a council does not."),
            ),
            no_overlap(
                "committee_one_per_group",
                "group",
                condition=Q(group__isnull=False),
                message=_("The major group already has a steering committee at that time."),
            ),
            models.UniqueConstraint(
                fields=["name", "starts_on"],
                name="committee_once",
                violation_error_message=_("This committee is already there."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Seat(Record):
    """A place on a committee, held by somebody of a party for a time, with a letter of appointment."""

    class Party(models.TextChoices):
        SCHOOL = "school", _("school")
        ENTERPRISE = "enterprise", _("enterprise")
        ASSOCIATION = "association", _("industry organisation")
        GOVERNMENT = "government", _("government")
        PARK = "park", _("park")

    committee = models.ForeignKey(Committee, models.CASCADE, related_name="seats", verbose_name=_("committee"))
    party = models.CharField(_("party"), max_length=12, choices=Party)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="seats", verbose_name=_("person of the school")
    )
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="seats", verbose_name=_("organisation")
    )
    position = models.CharField(_("position on the committee"), max_length=40, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    letter_number = models.CharField(_("letter of appointment"), max_length=60, blank=True)
    scope = Scope(units=("committee__unit",), people=("person", "committee__secretary", "committee__group__leader"))
    picked = True
    title_needs = ("person",)

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["committee_id", "party", "id"]
        constraints = [
            dates_in_order("seat_dates"),
            models.CheckConstraint(
                name="seat_names_somebody",
                condition=Q(party="school", person__isnull=False)
                | (~Q(party="school") & Q(organisation__isnull=False) & ~Q(name="")),
                violation_error_message=_(
                    "A seat of the school names its person; any other seat names the person and the organisation."
                ),
            ),
            models.UniqueConstraint(
                fields=["committee", "party", "person", "name", "starts_on"],
                name="seat_once",
                nulls_distinct=False,
                violation_error_message=_("This seat is already recorded."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.name if self.person else self.name} · {self.get_party_display()}"


class LetterNumber(models.Model):
    """The last letter of appointment of a year. Whoever issues the next holds this row, so none is skipped."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("letter number")
        verbose_name_plural = _("letter numbers")

    def __str__(self) -> str:
        return f"{self.year}-{self.last}"


@tracked
class Meeting(Record):
    """A meeting of a committee: agenda, attendance, minutes; its resolutions become tasks."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", pgettext_lazy("of a meeting", "held")
        CANCELLED = "cancelled", _("cancelled")

    committee = models.ForeignKey(Committee, models.CASCADE, related_name="meetings", verbose_name=_("committee"))
    title = models.CharField(_("title"), max_length=160)
    held_on = models.DateField(_("date"))
    place = models.CharField(_("place"), max_length=120, blank=True)
    agenda = models.TextField(_("agenda"), blank=True)
    minutes = models.TextField(_("minutes"), blank=True)
    attendees = models.ManyToManyField(Seat, related_name="meetings", blank=True, verbose_name=_("attendance"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    scope = Scope(units=("committee__unit",), people=("committee__secretary", "committee__group__leader"))
    lookup = ("title",)
    picked = True
    flow = Flow(
        (
            Step(
                "hold",
                pgettext_lazy("of a meeting", "Record as held"),
                ("planned",),
                "held",
                icon="check",
                primary=True,
            ),
            Step("cancel", _("Cancel"), ("planned",), "cancelled", icon="x", comment="required", danger=True),
        )
    )

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["-held_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "held_on", "title"],
                name="meeting_once",
                violation_error_message=_("This meeting is already recorded."),
            ),
            models.CheckConstraint(
                name="meeting_held_has_minutes",
                condition=~Q(status="held") | ~Q(minutes=""),
                violation_error_message=_("A meeting that was held needs its minutes."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class TaskBook(Record):
    """任务书: a committee's tasks of one academic year, issued in versions by approval (四（一）3)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("in approval")
        APPROVED = "approved", _("approved")
        REPLACED = "replaced", _("replaced")

    committee = models.ForeignKey(Committee, models.PROTECT, related_name="task_books", verbose_name=_("committee"))
    year = models.ForeignKey(AcademicYear, models.PROTECT, related_name="task_books", verbose_name=_("academic year"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    scope = Scope(units=("committee__unit",), people=("committee__secretary", "committee__group__leader"))
    lookup = ("committee__name",)
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
            Step(
                "replace", _("Replace by a new version"), ("approved",), "replaced", icon="refresh", comment="required"
            ),
        )
    )
    title_needs = ("committee", "year")

    class Meta:
        verbose_name = _("task book")
        verbose_name_plural = _("task books")
        ordering = ["-year__starts_on", "committee_id", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "year", "version"],
                name="task_book_version",
                violation_error_message=_("This version is already there."),
            ),
            models.UniqueConstraint(
                fields=["committee", "year"],
                condition=~Q(status="replaced"),
                name="task_book_one_current",
                violation_error_message=_("The committee already has a task book for this year."),
            ),
            models.CheckConstraint(
                name="task_book_approved_has_date",
                condition=~Q(status="approved") | Q(approved_on__isnull=False),
                violation_error_message=_("An approved task book has the date of its approval."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.committee} {self.year.code} v{self.version}"

    def on_approved(self) -> None:
        """Called by the approval route within its last step: the book is in force from today."""
        self.approved_on = timezone.localdate()


@tracked
class Resolution(Record):
    """What a meeting decided; open until its tasks are done."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("work not done", "open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="resolutions", verbose_name=_("meeting"))
    number = models.PositiveSmallIntegerField(pgettext_lazy("in a sequence", "number"))
    text = models.TextField(_("resolution"))
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    scope = Scope(
        units=("meeting__committee__unit",),
        people=("meeting__committee__secretary", "meeting__committee__group__leader"),
    )
    lookup = ("text",)
    picked = True
    flow = Flow(
        (
            Step("finish", _("Record as done"), ("open",), "done", icon="check", primary=True),
            Step("reopen", _("Reopen"), ("done", "dropped"), "open", icon="refresh", comment="required"),
            Step("drop", _("Drop"), ("open",), "dropped", icon="x", comment="required", danger=True),
        )
    )

    class Meta:
        verbose_name = _("resolution")
        verbose_name_plural = _("resolutions")
        ordering = ["meeting_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "number"],
                name="resolution_number",
                violation_error_message=_("This number is taken."),
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


@tracked
class Task(Record):
    """任务: a piece of work with owner, dates and deliverable. Late, it reaches its owner, then the owner's head."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("work not done", "open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    title = models.CharField(_("title"), max_length=200)
    book = models.ForeignKey(
        TaskBook, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("task book")
    )
    resolution = models.ForeignKey(
        Resolution, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("from the resolution")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="tasks", verbose_name=_("unit"))
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("owner")
    )
    starts_on = models.DateField(_("start"), null=True, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    deliverable = models.CharField(_("deliverable"), max_length=200, blank=True)
    progress = models.PositiveSmallIntegerField(_("progress in percent"), default=0)
    appraisal_method = models.CharField(_("how it is appraised"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    scope = Scope(units=("unit",), people=("owner", "book__committee__secretary", "book__committee__group__leader"))
    lookup = ("title",)
    picked = True
    flow = Flow(
        (
            Step("finish", _("Record as done"), ("open",), "done", icon="check", primary=True),
            Step("reopen", _("Reopen"), ("done", "dropped"), "open", icon="refresh", comment="required"),
            Step("drop", _("Drop"), ("open",), "dropped", icon="x", comment="required", danger=True),
        )
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due", "id"]
        indexes = [models.Index(fields=["status", "due"], name="task_due")]
        constraints = [
            dates_in_order("task_dates", "starts_on", "due"),
            models.CheckConstraint(
                name="task_progress",
                condition=Q(progress__lte=100),
                violation_error_message=_("Progress is between 0 and 100 percent."),
            ),
            models.CheckConstraint(
                name="task_done_has_date",
                condition=~Q(status="done") | Q(done_on__isnull=False),
                violation_error_message=_("A finished task has the day on which it was done."),
            ),
            models.UniqueConstraint(
                fields=["book", "title"],
                condition=Q(book__isnull=False),
                name="task_title_once",
                violation_error_message=_("The task book already has a task of this title."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class Milestone(Record):
    """A dated step on the way to a task's deliverable."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="milestones", verbose_name=_("task"))
    title = models.CharField(_("title"), max_length=120)
    due = models.DateField(_("due"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    scope = Scope(units=("task__unit",), people=("task__owner", "task__book__committee__group__leader"))
    lookup = ("title",)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["task_id", "due", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "title"],
                name="milestone_once",
                violation_error_message=_("This milestone is already there."),
            )
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class TaskAppraisal(Record):
    """考核: how well and how punctually a task was done, term by term or year by year (四（一）3)."""

    class Grade(models.TextChoices):
        EXCELLENT = "excellent", _("excellent")
        GOOD = "good", _("good")
        PASS = "pass", _("pass")
        FAIL = "fail", _("fail")

    task = models.ForeignKey(Task, models.CASCADE, related_name="appraisals", verbose_name=_("task"))
    appraised_on = models.DateField(_("appraised on"))
    grade = models.CharField(_("grade"), max_length=10, choices=Grade)
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=1)
    appraiser = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="appraisals_given", verbose_name=_("appraiser")
    )
    comment = models.TextField(_("comment"), blank=True)
    scope = Scope(units=("task__unit",), people=("task__owner", "appraiser", "task__book__committee__group__leader"))
    lookup = ("task__title",)
    title_needs = ("task",)

    class Meta:
        verbose_name = _("task appraisal")
        verbose_name_plural = _("task appraisals")
        ordering = ["-appraised_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "appraised_on"],
                name="task_appraisal_once",
                violation_error_message=_("The task was already appraised that day."),
            ),
            models.CheckConstraint(
                name="task_appraisal_score",
                condition=Q(score__range=(0, 100)),
                violation_error_message=_("A score is between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} · {self.get_grade_display()}"
