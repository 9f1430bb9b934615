"""What an allocation came to: kept beside the plan until the next one, so that ways of allocating can be compared."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.practice.plans import PracticePlan

# Whose work this is: a row of the role table. What each may allocate is what they may change of plans.
TYPE = "practice.allocation"


class AllocationRun(models.Model):
    """One answer to "who gets which post": of one plan or of several together, in one mode. Seen by whoever may change them.

    `answer`: {student id: {"post": id or null, "how", "position", "km", "reason", "price", "choices": [{"post": id,
    "position", "code", …}]}}; codes as in `solving.explain`. `summary`: counts and means in plain numbers.
    """

    class Mode(models.TextChoices):
        OPTIMAL = "optimal", pgettext_lazy("allocation", "best for the whole")
        STABLE = "stable", pgettext_lazy("allocation", "stable by both sides' choices")
        FIRST_COME = "first", pgettext_lazy("allocation", "first come, first served")

    plans = models.ManyToManyField(PracticePlan, related_name="allocation_runs")
    # Which plans, as text: their ids in order. Of each set of plans one answer a mode is kept.
    key = models.TextField()
    mode = models.CharField(_("mode"), max_length=10, choices=Mode)
    summary = models.JSONField(default=dict)
    answer = models.JSONField(default=dict)
    # Of the facts it was made from: when they change, the answer is out of date and is not adopted.
    facts = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    adopted_at = models.DateTimeField(_("adopted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("allocation of places")
        verbose_name_plural = _("allocations of places")
        ordering = ["-made_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["key", "mode"], name="allocation_run_once")]

    def __str__(self) -> str:
        return f"{self.key} · {self.get_mode_display()}"


def key_of(plans: Iterable[PracticePlan]) -> str:
    """How a set of plans is named in `AllocationRun.key`."""
    return ",".join(str(pk) for pk in sorted(plan.pk for plan in plans))


def covered(plans: Iterable[PracticePlan]) -> QuerySet:
    """The answers all of whose plans are among these: what is adopted for these takes their place."""
    rows, keys = AllocationRun.plans.through.objects, [plan.pk for plan in plans]
    within = AllocationRun.objects.filter(pk__in=rows.filter(practiceplan__in=keys).values("allocationrun"))
    return within.exclude(pk__in=rows.exclude(practiceplan__in=keys).values("allocationrun"))


def adopted(plans: Iterable[PracticePlan]) -> AllocationRun | None:
    """The answer that was adopted last for any of these plans."""
    rows = AllocationRun.objects.filter(plans__in=list(plans)).exclude(adopted_at=None)
    return rows.order_by("-adopted_at", "-pk").first()
