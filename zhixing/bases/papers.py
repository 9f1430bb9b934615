"""What papers have in common: once handed in, what they say stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError

from zhixing.kernel.models import Record

P = TypeVar("P", bound=Record)


def stay(
    model: type[P], papers: Sequence[P], fields: Sequence[str], words: Any, *, writable: Sequence[str]
) -> Iterator[tuple[P, ValidationError]]:
    """The papers with other values of `fields` (by column name) that stand in none of the `writable` states, each refused.

    For `Record.refusals`: one question for all. The state on record counts, so that the step that hands a paper in may
    still complete it.
    """
    keys = [paper.pk for paper in papers if paper.pk]
    handed_in = (
        model._base_manager.filter(pk__in=keys).exclude(status__in=writable) if keys else model._base_manager.none()
    )
    kept = {pk: tuple(values) for pk, *values in handed_in.values_list("pk", *fields)}
    for paper in papers:
        if paper.pk in kept and kept[paper.pk] != tuple(getattr(paper, name) for name in fields):
            yield paper, ValidationError(words, code="handed_in")
