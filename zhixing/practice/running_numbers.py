"""The numbers by which running placements are looked after: records with a day and a source, not lines of code.

What the office has not yet set, or has ended without setting it anew, is taken from the shipped file: a college is never
without a number.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.constraints import no_overlap
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope

D = TypeVar("D", bound="Dated")

NUMBERS = Path(__file__).with_name("running.yaml")


class Dated(Record):
    """A number of the office's own that holds from a day on, and says where it comes from: an article, a decision of the school."""

    source = models.CharField(_("source"), max_length=300, blank=True)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("until"), null=True, blank=True)
    scope = Scope()

    class Meta:
        abstract = True


def dated(prefix: str, *same: str, message: Any) -> list[models.BaseConstraint]:
    """Of those that are the same in `same` one begins on a day (else `message`), and one is in force on it."""
    return [
        models.UniqueConstraint(
            fields=[*same, "effective_from"], name=f"{prefix}_from", violation_error_message=message
        ),
        no_overlap(
            f"{prefix}_overlap",
            *same,
            start="effective_from",
            end="effective_to",
            message=_("At this time another number is in force: end it first."),
        ),
    ]


def in_force(model: type[D], day: date) -> models.QuerySet[D]:
    """The rows of a dated register that hold on a day."""
    return model._default_manager.filter(
        Q(effective_to=None) | Q(effective_to__gte=day), effective_from__lte=day, archived_at=None
    )


@tracked
class RunRule(Dated):
    """实习过程规则: a number by which running placements are looked after, from a day on, and where it comes from."""

    class Code(models.TextChoices):
        VISIT_DAYS = "visit_days", _("a firm is visited at least every … days")
        LOOKS = "looks", _("students whom a supervisor is asked to look at, a week")
        LATE_WEEKS = "late_weeks", _("weeks back that may still be handed in")
        AWAY_DAYS = "away_days", _("working days of leave from which a week is excused")
        EVALUATE_DAYS = "evaluate", _("days before the end from which the mentor is asked to evaluate")
        SILENT_DAYS = "silent_days", _("days after the end until one side's evaluation is opened alone")
        LOCATION_DAYS = "location", _("days that a rounded location is kept")
        NEAR_KM = "near_km", _("kilometres from the workplace within which a location counts")
        LEAST_WORDS = "least_words", _("characters from which words count as work")
        MEMORY_WEEKS = "memory", _("weeks back in which the same words are looked for")
        LINK_DAYS = "link_days", _("days that the link in a message about an incident holds")
        PAPERS_DAYS = "papers_days", _("days after the end until which students bring papers")
        NEW_DAYS = "new_days", _("first days of a placement in which a look is worth more")
        SEEN_WEEKS = "seen_weeks", _("weeks in which a look just taken makes another worth less")

    code = models.CharField(_("rule"), max_length=12, choices=Code)
    value = models.DecimalField(
        _("number"), max_digits=5, decimal_places=1, validators=[MinValueValidator(0), MaxValueValidator(1000)]
    )
    lookup = ("code",)

    class Meta:
        verbose_name = _("rule of running placements")
        verbose_name_plural = _("rules of running placements")
        ordering = ["code", "-effective_from"]
        constraints = [
            *dated("run_rule", "code", message=_("There is already such a rule from this day.")),
            models.CheckConstraint(
                name="run_rule_value",
                condition=Q(value__range=(0, 1000)),
                violation_error_message=_("The number is between 0 and 1,000."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} · {self.value}"


@lru_cache(maxsize=1)
def shipped() -> dict[str, Any]:
    """What the product ships: weights, duties, grades and rules, each with its source."""
    return yaml.safe_load(NUMBERS.read_text(encoding="utf-8"))


def shipped_on(code: str) -> Decimal:
    """The number that the product ships for a code."""
    return next(Decimal(str(row["value"])) for row in shipped()["rules"] if row["code"] == code)


def numbers_on(day: date) -> dict[str, Decimal]:
    """The numbers in force on a day, by code; one query."""
    found = {row["code"]: shipped_on(row["code"]) for row in shipped()["rules"]}
    return found | dict(in_force(RunRule, day).values_list("code", "value"))


def number_on(code: str, day: date) -> int:
    """One whole number in force on a day."""
    return int(numbers_on(day)[code])
