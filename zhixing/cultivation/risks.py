"""Risks of cooperation in training, and the play-book of what is done about each signal (四（三）2, D-32)."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.cultivation.apprenticeships import Apprenticeship
from zhixing.cultivation.order_classes import OrderClass
from zhixing.governance.models import Task
from zhixing.kernel.flow import Flow, Step
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person, Role


class Signal(models.TextChoices):
    """What is counted every morning; only the last is seen by people alone."""

    LATE_REVIEWS = "late_reviews", _("late reviews")
    MENTOR_OVERLOAD = "mentor_overload", _("overloaded masters")
    AGREEMENT_ENDS = "agreement_ends", _("agreement ends too early")
    FIRM_BANNED = "firm_banned", _("firm banned")
    DROP_OUTS = "drop_outs", _("drop-outs")
    UNDER_PROMISE = "under_promise", _("hiring under promise")
    OTHER = "other", _("other, seen by people")


class Grade(models.TextChoices):
    LOW = "low", pgettext_lazy("grade of a risk", "low")
    MEDIUM = "medium", pgettext_lazy("grade of a risk", "medium")
    HIGH = "high", pgettext_lazy("grade of a risk", "high")


# Probability × impact, each 1 to 3, from which a risk is of this grade.
GRADE_FROM = {Grade.HIGH: 6, Grade.MEDIUM: 3}


def _at_least(product: int) -> Q:
    """Factors of 1 to 3 whose product reaches a number."""
    one, two, three = (Q(probability=factor, impact__gte=-(-product // factor)) for factor in (1, 2, 3))
    return one | two | three


@tracked
class Risk(Record):
    """合作办学风险: a signal at a programme or an order class, graded, with an owner and the day by which it is dealt with.

    The grade is made by the database from probability and impact; both are set by the signal's limits, and typed only
    where people saw what no record tells.
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("risk", "open")
        HANDLED = "handled", _("being handled")
        CLOSED = "closed", pgettext_lazy("risk", "closed")

    apprenticeship = models.ForeignKey(
        Apprenticeship,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="risks",
        verbose_name=_("apprenticeship"),
    )
    order_class = models.ForeignKey(
        OrderClass, models.CASCADE, null=True, blank=True, related_name="risks", verbose_name=_("order class")
    )
    signal = models.CharField(_("signal"), max_length=16, choices=Signal, default=Signal.OTHER)
    title = models.CharField(_("what was found"), max_length=200)
    probability = models.PositiveSmallIntegerField(
        _("probability, 1 to 3"), validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    impact = models.PositiveSmallIntegerField(
        _("impact, 1 to 3"), validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    grade = models.GeneratedField(
        expression=Case(
            *(When(_at_least(product), then=Value(grade.value)) for grade, product in GRADE_FROM.items()),
            default=Value(Grade.LOW.value),
        ),
        output_field=models.CharField(max_length=6),
        db_persist=True,
        choices=Grade.choices,
        verbose_name=_("grade of the risk"),
    )
    # What the signal last counted: reviews, days, per cent, as the signal says.
    value = models.DecimalField(_("counted"), max_digits=8, decimal_places=1, null=True, blank=True, editable=False)
    found_on = models.DateField(_("found on"))
    cleared_on = models.DateField(_("no longer counted since"), null=True, blank=True, editable=False)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="risks", verbose_name=_("owner")
    )
    due = models.DateField(_("due"))
    measures = models.TextField(_("measures"), blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    tasks = models.ManyToManyField(
        Task, related_name="risks", blank=True, editable=False, verbose_name=_("tasks of the play-book")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    scope = Scope(
        units=("apprenticeship__major__unit", "order_class__major__unit"),
        people=("owner", "apprenticeship__owner", "order_class__owner"),
    )
    lookup = ("title",)
    picked = True
    flow = Flow(
        (
            Step("handle", _("Take in hand"), ("open",), "handled", icon="edit", primary=True),
            Step(
                "close",
                _("Close the risk"),
                ("open", "handled"),
                "closed",
                capability="approve",
                icon="check",
                comment="required",
            ),
            Step(
                "reopen",
                _("Reopen"),
                ("closed",),
                "open",
                capability="approve",
                icon="refresh",
                comment="required",
            ),
        )
    )

    class Meta:
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        ordering = ["due", "id"]
        indexes = [models.Index(fields=["status", "due"], name="risk_due")]
        constraints = [
            models.CheckConstraint(
                name="risk_of_one_cooperation",
                condition=Q(apprenticeship__isnull=False, order_class=None)
                | Q(apprenticeship=None, order_class__isnull=False),
                violation_error_message=_("A risk is that of one apprenticeship or of one order class."),
            ),
            models.CheckConstraint(
                name="risk_factors",
                condition=Q(probability__range=(1, 3), impact__range=(1, 3)),
                violation_error_message=_("Probability and impact run from 1 to 3."),
            ),
            models.CheckConstraint(
                name="risk_due_after_found",
                condition=Q(due__gte=F("found_on")),
                violation_error_message=_("A risk is due after it was found."),
            ),
            models.CheckConstraint(
                name="risk_closed_has_date",
                condition=Q(status="closed", closed_on__isnull=False) | (~Q(status="closed") & Q(closed_on=None)),
                violation_error_message=_("A closed risk has the day on which it was closed."),
            ),
            # Counted every morning, opened once.
            models.UniqueConstraint(
                fields=["apprenticeship", "order_class", "signal"],
                condition=~Q(status="closed") & ~Q(signal="other") & Q(archived_at=None),
                name="risk_one_living",
                nulls_distinct=False,
                violation_error_message=_("This signal already stands as an open risk here."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def subject(self) -> Apprenticeship | OrderClass:
        """The programme or order class at risk."""
        found = self.apprenticeship or self.order_class
        assert found is not None
        return found


@tracked
class PlaybookStep(Record):
    """处置预案: what is done when a signal is found, by whom and within how many days; becomes a task of the owner."""

    signal = models.CharField(_("signal"), max_length=16, choices=Signal)
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    title = models.CharField(_("what is done"), max_length=120)
    role = models.CharField(_("by whom"), max_length=20, choices=Role)
    days = models.PositiveSmallIntegerField(_("within days"), validators=[MinValueValidator(1)])
    least = models.CharField(_("from grade"), max_length=6, choices=Grade, default=Grade.LOW)
    deliverable = models.CharField(_("deliverable"), max_length=200, blank=True)
    lookup = ("title",)

    class Meta:
        verbose_name = _("step of the play-book")
        verbose_name_plural = _("play-book")
        ordering = ["signal", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["signal", "order"],
                name="playbook_step_order",
                violation_error_message=_("Another step of this signal has this place."),
            ),
            models.CheckConstraint(
                name="playbook_step_days",
                condition=Q(days__gte=1),
                violation_error_message=_("A step has at least one day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_signal_display()} · {self.order} · {self.title}"
