"""Numbers, days and words from outside, read so that nothing typed breaks a page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.dateparse import parse_date

# Longer than any number that a page gives out; what is longer was typed by hand.
_DIGITS = 12


def whole(text: Any) -> int | None:
    """The whole number that a text is; None for what is none, such as “x”, “-1” or “²”."""
    given = "" if text is None else str(text)
    return int(given) if given.isdecimal() and len(given) <= _DIGITS else None


def wholes(texts: Iterable[Any]) -> list[int]:
    """The whole numbers among several texts, in their order."""
    return [number for number in map(whole, texts) if number is not None]


def day(text: Any) -> date | None:
    """The day that a text names as 2026-02-28; None for what is none, such as “2026-02-30”."""
    try:
        return parse_date(str(text or ""))
    except ValueError:
        return None


def words(text: Any, most: int) -> str:
    """What somebody typed, cut to `most` characters and without zero bytes, which no text of the database holds."""
    return str(text or "").replace("\0", "")[:most]
