"""Marks by sliders: several things looked at, one score as their mean, and the words that explain it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

Criteria = Sequence[tuple[str, Any]]

# What a master looks at.
OF_MASTER: Criteria = (
    ("skill", _("Skill at the post")),
    ("attitude", _("Attitude and diligence")),
    ("safety", _("Safety and discipline")),
    ("team", _("Working with others")),
)
# What an apprentice looks at.
OF_APPRENTICE: Criteria = (
    ("guidance", _("Guidance by my master")),
    ("post", _("Posts and tasks fit what I learn")),
    ("care", _("Safety, hours and rest")),
    ("treatment", _("Pay and treatment as agreed")),
)
FIRST = 80
# A lower mean is explained in words.
LEAST = 60


@dataclass
class Card:
    """What is said about one review: a mark from 0 to 100 for each thing looked at, and words."""

    key: Any
    text: str = ""
    marks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def mean(self) -> Decimal:
        """The score: the mean of the marks, with one decimal."""
        values = [mark["value"] for mark in self.marks]
        return round(Decimal(sum(values)) / len(values), 1)

    @property
    def words(self) -> str:
        """The words, and below them the mark of each thing looked at: the score can be understood later."""
        told = "；".join(f"{mark['label']} {mark['value']}" for mark in self.marks)
        # Marks alone do not explain a low score.
        return f"{self.text}\n{told}" if self.text else ("" if self.mean < LEAST else told)


def read(posted: Mapping[str, Any], key: Any, criteria: Criteria) -> Card:
    """A card with its marks as posted under `<code>-<key>`, or at their first place."""
    marks = []
    for code, label in criteria:
        name = f"{code}-{key}"
        try:
            value = int(Decimal(str(posted.get(name, FIRST))))
        except (InvalidOperation, ValueError, OverflowError):
            value = FIRST
        marks.append({"name": name, "label": label, "value": min(100, max(0, value))})
    return Card(key, str(posted.get(f"text-{key}") or "").strip()[:2000], marks)
