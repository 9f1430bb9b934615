"""Places against students: what bases offer in a term, and how many students are due (D-40)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases.base import Base
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Major, Person, Term


class PracticeKind(models.TextChoices):
    """实践类型: the four kinds of practice at firms (四（四）2), of places as of plans."""

    VISIT = "visit", _("orientation placement")
    SKILL = "skill", _("skills training")
    POST = "post", _("post-level internship")
    CONTEST = "contest", _("skills contest")


@tracked
class PlaceCapacity(Record):
    """岗位容量: how many places a base has for a major in a term and kind of practice; refreshed every term (D-40)."""

    base = models.ForeignKey(Base, models.CASCADE, related_name="capacities", verbose_name=_("base"))
    major = models.ForeignKey(Major, models.PROTECT, related_name="place_capacities", verbose_name=_("major"))
    term = models.ForeignKey(Term, models.PROTECT, related_name="place_capacities", verbose_name=_("term"))
    kind = models.CharField(_("kind of practice"), max_length=7, choices=PracticeKind)
    places = models.PositiveIntegerField(pgettext_lazy("of a base", "places"))
    confirmed_on = models.DateField(pgettext_lazy("of places", "confirmed on"), null=True, blank=True)
    confirmed_by = models.CharField(pgettext_lazy("of places", "confirmed by"), max_length=80, blank=True)
    scope = Scope(units=("base__unit", "major__unit"), people=("base__manager", "major__leader"))
    lookup = ("base__code", "base__name")
    title_needs = ("base", "major", "term__year")

    class Meta:
        verbose_name = _("capacity of places")
        verbose_name_plural = _("capacity of places")
        ordering = ["-term__starts_on", "base_id", "major_id", "kind", "id"]
        indexes = [models.Index(fields=["major", "term", "kind"], name="place_capacity_major_term")]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "major", "term", "kind"],
                name="place_capacity_once",
                violation_error_message=_("The places of this base for the major, term and kind are already recorded."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.base.name} · {self.major.name} · {self.term} · {self.get_kind_display()}"


@tracked
class PracticeDemand(Record):
    """应实践学生: how many students of a major are due for a kind of practice in a term.

    Computed from cohorts by the pattern of studies; whoever knows better writes another number, which computing leaves.
    """

    class Source(models.TextChoices):
        COMPUTED = "computed", pgettext_lazy("of a number", "computed from cohorts")
        ESTIMATED = "estimated", pgettext_lazy("of a number", "estimated by the last intake")
        EDITED = "edited", pgettext_lazy("of a number", "entered")
        PLANNED = "planned", pgettext_lazy("of a number", "from the practice plans")

    major = models.ForeignKey(Major, models.PROTECT, related_name="practice_demands", verbose_name=_("major"))
    term = models.ForeignKey(Term, models.PROTECT, related_name="practice_demands", verbose_name=_("term"))
    kind = models.CharField(_("kind of practice"), max_length=7, choices=PracticeKind)
    students = models.PositiveIntegerField(_("students due"))
    # What the count or a plan wrote last: another number in `students` was entered by somebody, by whatever way.
    counted = models.PositiveIntegerField(_("students counted"), null=True, blank=True, editable=False)
    source = models.CharField(
        pgettext_lazy("of a number", "source"), max_length=9, choices=Source, default=Source.EDITED, editable=False
    )
    changed_by = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="practice_demands",
        verbose_name=_("entered by"),
        editable=False,
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    scope = Scope(units=("major__unit",), people=("major__leader", "major__group__leader"))
    lookup = ("major__code", "major__name")
    title_needs = ("major", "term__year")

    class Meta:
        verbose_name = _("students due for practice")
        verbose_name_plural = _("students due for practice")
        ordering = ["-term__starts_on", "major_id", "kind", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["major", "term", "kind"],
                name="practice_demand_once",
                violation_error_message=_("The students due in this major, term and kind are already recorded."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.major.name} · {self.term} · {self.get_kind_display()}"

    @property
    def entered(self) -> bool:
        """Whether a person gave the number: it then stays, whatever is counted."""
        return self.source == self.Source.EDITED or self.students != self.counted
