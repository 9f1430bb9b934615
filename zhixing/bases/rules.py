"""Rules of bases that other records tell: a base is in use on a day; only what moves is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from zhixing.bases.base import Base
from zhixing.kernel.models import Record

R = TypeVar("R", bound=Record)


def in_use_on(base: Base, day: date) -> bool:
    """Whether a base was, or by what is known will be, in use on a day; one closed since was in use before."""
    used = base.status in (Base.Status.IN_USE, Base.Status.CLOSED)
    began = base.starts_on is not None and base.starts_on <= day
    return used and began and (base.ends_on is None or day <= base.ends_on)


def moved(model: type[R], rows: Sequence[R], fields: Sequence[str]) -> list[R]:
    """The new rows, and those that differ in `fields` (by column name) from what is on record: one question."""
    keys = [row.pk for row in rows if row.pk]
    kept = {pk: tuple(values) for pk, *values in model._base_manager.filter(pk__in=keys).values_list("pk", *fields)}
    return [row for row in rows if kept.get(row.pk) != tuple(getattr(row, name) for name in fields)]
