"""What the texts of a register mean: records found by code first, then by name, then by title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import QuerySet

from zhixing.kernel.forms import candidates
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor

# As many values as one statement takes well.
_PART = 5000


def look_up(model: type[models.Model], texts: Iterable[str], actor: Actor) -> dict[str, list[Any]]:
    """The records that each text may mean, by code first, then by name; only records the actor may see.

    A text that means only records which were merged away stands for those that took their place.
    """
    wanted = {text for text in texts if text}
    rows = candidates(model, actor)
    if successor := getattr(model, "successor", ""):
        rows = rows.filter(**{successor: None})
    found = _by_paths(rows, wanted)
    unknown = wanted - found.keys()
    needs = getattr(model, "title_needs", ())
    if unknown and (needs or not issubclass(model, Record)):
        # An export writes titles: "张三（某公司）", "某委员会 2025-2026 v1", "I6510 软件开发". No one column holds them.
        titles: dict[str, set[Any]] = defaultdict(set)
        for row in (rows.select_related(*needs) if needs else rows).order_by().iterator(chunk_size=_PART):
            if (title := str(row)) in unknown:
                titles[title].add(row.pk)
        found.update({text: sorted(keys) for text, keys in titles.items()})
    if unknown := wanted - found.keys():
        found.update(_replaced(model, rows, unknown))
    return found


def _by_paths(rows: QuerySet, wanted: set[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for path in getattr(rows.model, "lookup", ("name",)):
        missing = [text for text in wanted if text not in found]
        if not missing:
            break
        hits: dict[str, set[Any]] = defaultdict(set)
        for start in range(0, len(missing), _PART):
            part = missing[start : start + _PART]
            for text, key in rows.filter(**{f"{path}__in": part}).values_list(path, "pk").order_by():
                hits[str(text)].add(key)
        found.update({text: sorted(keys) for text, keys in hits.items()})
    return found


def _replaced(model: type[models.Model], rows: QuerySet, wanted: set[str]) -> dict[str, list[Any]]:
    """The records in whose place others stand now, as those others: one step of the way a query."""
    successor = getattr(model, "successor", "")
    if not successor:
        return {}
    retired = _by_paths(model._base_manager.exclude(**{successor: None}), wanted)
    way: dict[Any, Any] = {}
    ends = {key for keys in retired.values() for key in keys}
    while ends:
        onward = model._base_manager.filter(pk__in=ends).exclude(**{successor: None}).values_list("pk", successor)
        way.update(onward)
        ends = {way[key] for key in ends if key in way} - way.keys()
    living = set(rows.filter(pk__in=way.values()).values_list("pk", flat=True))
    found: dict[str, list[Any]] = {}
    for text, keys in retired.items():
        last = set()
        for key in keys:
            while key in way:
                key = way[key]
            last.add(key)
        if last & living:
            found[text] = sorted(last & living)
    return found
