"""Numbers that stay linked to the rows they were counted from: in term summaries, applications and statements.

A figure is a key, a value and the address of its rows. Texts name a figure by its key in brackets, `[[places]]`; the page
puts the number there, as a link. When a paper is handed in its figures are frozen with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.templatetags.zx import number

_TOKEN = re.compile(r"\[\[([a-z_]+)\]\]")


@dataclass(frozen=True)
class Figure:
    """A number with its words and the address of the rows behind it."""

    key: str
    label: Any
    # None: a paper of the past that was brought in without this number.
    value: float | None
    unit: Any = ""
    url: str = ""

    @property
    def words(self) -> str:
        return "—" if self.value is None else f"{number(self.value)}{self.unit}"

    def frozen(self) -> dict[str, Any]:
        """What is kept of it in a paper that is handed in: enough to show it again without counting anything."""
        return {"value": float(self.value or 0), "url": self.url, "label": str(self.label), "unit": str(self.unit)}


def rows_url(model: type[Model], **filters: Any) -> str:
    """The list of a record type, cut to the rows that were counted; a filter of several values is a list of them."""
    sheet = sheet_for(model)
    return f"{sheet.url('list')}?{urlencode(filters, doseq=True)}" if sheet else ""


def as_number(value: Any) -> float:
    """A sum as a number; nothing summed is zero."""
    return float(value or 0)


def thaw(
    frozen: Mapping[str, Mapping[str, Any]], words: Mapping[str, tuple[Any, Any]], texts: Iterable[str] = ()
) -> dict[str, Figure]:
    """The numbers of a paper that was handed in, by key: what was frozen with it and nothing else, never counted again.

    `words` are label and unit of known keys in the reader's language; others keep the label they were frozen with. A
    number that `texts` name and that was never frozen is unknown, and says so.
    """
    found = {}
    for key, kept in frozen.items():
        label, unit = words.get(key, (kept.get("label") or key, kept.get("unit", "")))
        found[key] = Figure(key, label, kept["value"], unit, kept.get("url", ""))
    for key in (key for text in texts for key in tokens(text)):
        found.setdefault(key, Figure(key, words.get(key, (key, ""))[0], None))
    return found


def tokens(text: str) -> list[str]:
    """The keys a text names, in order."""
    return _TOKEN.findall(text)


def linked(text: str, figures: Mapping[str, Figure]) -> SafeString:
    """A text as the page shows it: paragraphs, each number a link to its rows."""
    shown = []
    for paragraph in filter(None, (line.strip() for line in text.splitlines())):
        parts: list[Any] = []
        last = 0
        for found in _TOKEN.finditer(paragraph):
            parts.append(format_html("{}", paragraph[last : found.start()]))
            figure = figures.get(found[1])
            if figure is None:
                parts.append(format_html("{}", found[0]))
            elif figure.url:
                parts.append(
                    format_html('<a class="zx-num" href="{}" title="{}">{}</a>', figure.url, figure.label, figure.words)
                )
            else:
                parts.append(format_html('<b title="{}">{}</b>', figure.label, figure.words))
            last = found.end()
        parts.append(format_html("{}", paragraph[last:]))
        shown.append(format_html("<p>{}</p>", mark_safe("".join(parts))))  # each part is escaped above
    return mark_safe("".join(shown))


# A room of the house above adds numbers of its own: practice says how many students were placed (`register`).
Counter = Callable[..., Iterable[Figure]]
_counters: dict[str, list[Counter]] = {}


def register(paper: str, counter: Counter) -> None:
    """Let `counter(**about)` add figures to a kind of paper: `summary` (major, term), `statement` (base, year, giver)."""
    if counter not in _counters.setdefault(paper, []):
        _counters[paper].append(counter)


def added(paper: str, **about: Any) -> list[Figure]:
    """What others have to say in a paper."""
    return [figure for counter in _counters.get(paper, []) for figure in counter(**about)]
