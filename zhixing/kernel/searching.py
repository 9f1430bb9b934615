"""Search over the names and codes of every record type that somebody may see."""

from __future__ import annotations

from zhixing.kernel.filtering import search
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet, sheets

SHORTEST = 2


def find_everywhere(actor: Actor, words: str, limit: int = 6) -> list[tuple[Sheet, list[Record]]]:
    """Up to `limit` records of each type in which every word occurs; two Chinese characters are enough."""
    if len(words) < SHORTEST:
        return []
    groups = []
    for sheet in sheets():
        if not actor.can(sheet.model) or not sheet.search_fields:
            continue
        rows = search(sheet.rows(actor).current(), sheet.search_fields, words)
        found = list(sheet.with_columns(rows, sheet.columns[:3]).order_by("pk")[:limit])
        if found:
            groups.append((sheet, found))
    return groups
