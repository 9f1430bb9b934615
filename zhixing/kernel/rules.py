"""What rules that other records tell (`Record.refusals`) have in common: only what moves is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from zhixing.kernel.models import Record

R = TypeVar("R", bound=Record)


def moved(model: type[R], rows: Sequence[R], fields: Sequence[str]) -> list[R]:
    """The new rows, and those that differ in `fields` (by column name) from what is on record: one question."""
    keys = [row.pk for row in rows if row.pk]
    kept = {pk: tuple(values) for pk, *values in model._base_manager.filter(pk__in=keys).values_list("pk", *fields)}
    return [row for row in rows if kept.get(row.pk) != tuple(getattr(row, name) for name in fields)]
