"""Counts for columns: how many rows of another type point to a record."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, Model, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce


def number_of(model: type[Model], path: str, condition: Q | None = None, distinct: str = "pk") -> Any:
    """How many unarchived rows of `model` point here by `path`, or how many different `distinct` they name.

    A count of its own, so that several do not multiply.
    """
    rows = model._default_manager.filter(condition or Q(), **{path: OuterRef("pk"), "archived_at": None})
    counted = rows.order_by().values(path).annotate(number=Count(distinct, distinct=distinct != "pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
