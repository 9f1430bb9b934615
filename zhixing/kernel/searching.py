"""Search over the names and codes of every record type that somebody may see."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from zhixing.kernel.filtering import search
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet, sheets

SHORTEST = 2


@dataclass(frozen=True)
class Found:
    """The hits in one record type: the first `records` with what their `columns` show, and all `rows` to count."""

    sheet: Sheet
    columns: tuple[str, ...]
    records: list[Record]
    rows: QuerySet


def find_everywhere(actor: Actor, words: str, limit: int = 6) -> list[Found]:
    """Up to `limit` records of each type in which every word occurs; two Chinese characters are enough."""
    if len(words) < SHORTEST:
        return []
    groups = []
    for sheet in sheets():
        if not actor.can(sheet.model) or not sheet.search_fields:
            continue
        rows = search(sheet.rows(actor).current(), sheet.search_fields, words)
        columns = tuple(path for path in sheet.columns[:4] if path not in sheet.computed)
        records = list(sheet.with_columns(rows, columns).order_by("pk")[:limit])
        if records:
            groups.append(Found(sheet, columns, records, rows))
    return groups
