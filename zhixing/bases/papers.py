"""What papers have in common: once handed in, what they say stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError

from zhixing.kernel.models import Record


def stays(paper: Record, fields: Sequence[str], words: Any, *, writable: Sequence[str]) -> None:
    """Refuse other values of `fields` (by column name) unless the paper stands in one of the `writable` states.

    The state on record counts, so that the step that hands a paper in may still complete it. Raises ValidationError.
    """
    if paper.pk is None:
        return
    kept = type(paper)._base_manager.filter(pk=paper.pk).exclude(status__in=writable).values_list(*fields).first()
    if kept and kept != tuple(getattr(paper, name) for name in fields):
        raise ValidationError(words, code="handed_in")
