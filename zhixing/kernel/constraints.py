"""Rules that must never be false, in one line each: dates in order, no overlap in time, money not negative. The database holds them, people read them."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db.models import BaseConstraint, CheckConstraint, F, Func, Q
from django.utils.translation import gettext_lazy as _


class DateRange(Func):
    """The days from one field to another, both included; an empty end means open."""

    function = "daterange"
    output_field = DateRangeField()


def dates_in_order(name: str, start: str = "starts_on", end: str = "ends_on") -> CheckConstraint:
    return CheckConstraint(
        name=name,
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(start)}),
        violation_error_message=_("The end must not be before the beginning."),
    )


def not_negative(name: str, *fields: str) -> CheckConstraint:
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": 0})
    return CheckConstraint(name=name, condition=condition, violation_error_message=_("An amount must not be negative."))


def no_overlap(
    name: str, *same: str, start: str = "starts_on", end: str = "ends_on", message: Any, condition: Q | None = None
) -> ExclusionConstraint:
    """No two rows with the same values in `same` may share a day."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            (DateRange(start, end, RangeBoundary(inclusive_lower=True, inclusive_upper=True)), RangeOperators.OVERLAPS),
            *((field, RangeOperators.EQUAL) for field in same),
        ],
        condition=condition,
        violation_error_message=message,
    )


def days_of(constraint: BaseConstraint) -> tuple[str, str] | None:
    """The fields of the first and last day that a no-overlap rule compares; None for any other rule."""
    for expression, _operator in constraint.expressions if isinstance(constraint, ExclusionConstraint) else ():
        if isinstance(expression, DateRange):
            start, end = (source.name for source in expression.get_source_expressions()[:2])
            return start, end
    return None
