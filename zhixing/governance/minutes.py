"""Reading decisions out of minutes: which lines decide something, who shall do it, and by when.

A line reads like an office writes it: `走访10家企业；责任人：符晓；完成时限：2026-06-30；成果：调研报告`. All but the
decision itself may be missing; owner, day and deliverable may stand in any order and under any of their usual names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from zhixing.org.models import Person

_HEADING = re.compile(r"^(会议)?(决议|决定|议定)(事项|如下)?[：:]?$")
_NUMBERED = re.compile(r"^(?:决议)?[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）、.．：:]+\s*(?P<text>.+)$")
_DECIDES = re.compile(r"^(?:会议)?(?:决定|议定|同意|通过|原则同意|审议通过)[，,：:]?\s*(?P<text>.+)$")
_PART = re.compile(r"[；;|\t]+")
_OWNER = re.compile(r"^(?:责任人|负责人|牵头人|owner)\s*[：:]\s*(?P<value>.+)$", re.IGNORECASE)
_DUE = re.compile(r"^(?:完成时限|完成时间|截止日期|截止时间|时限|期限|due)\s*[：:]\s*(?P<value>.+)$", re.IGNORECASE)
_DELIVERABLE = re.compile(r"^(?:成果|交付成果|成果形式|deliverable)\s*[：:]\s*(?P<value>.+)$", re.IGNORECASE)
_DAY = re.compile(r"^(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?(?:前|之前)?$")


@dataclass(frozen=True)
class Line:
    """One decision: its words, and the task that follows where somebody is named."""

    text: str
    owner: Person | None = None
    due: date | None = None
    deliverable: str = ""

    @property
    def title(self) -> str:
        return self.text[:200]


def proposed(minutes: str) -> list[str]:
    """The lines of minutes that decide something: numbered under a heading 决议, or saying so themselves."""
    found, below = [], False
    for raw in minutes.splitlines():
        line = raw.strip()
        if not line:
            continue
        if _HEADING.match(line):
            below = True
            continue
        numbered, decides = _NUMBERED.match(line), _DECIDES.match(line)
        if below and numbered:
            found.append(numbered["text"].strip())
        elif decides:
            found.append(decides["text"].strip())
        elif line.startswith("决议") and numbered:
            found.append(numbered["text"].strip())
        else:
            below = below and not line.endswith(("：", ":"))
    return found


def read_line(line: str, find: Callable[[str], list[Person]]) -> Line:
    """One line as a decision; `find` looks a person up by name or staff number. ValueError says what cannot be read."""
    words: list[str] = []
    owner: Person | None = None
    due: date | None = None
    deliverable = ""
    for part in filter(None, (part.strip() for part in _PART.split(line))):
        if named := _OWNER.match(part):
            owner = _person(named["value"].strip(), find)
        elif timed := _DUE.match(part):
            due = _day(timed["value"].strip())
        elif made := _DELIVERABLE.match(part):
            deliverable = made["value"].strip()[:200]
        else:
            words.append(part)
    text = "；".join(words)
    if not text:
        raise ValueError(_("The line “%(line)s” decides nothing.") % {"line": line})
    if owner is not None and due is None:
        raise ValueError(_("The line “%(line)s” names somebody but no day.") % {"line": line})
    return Line(text, owner, due, deliverable)


def _person(name: str, find: Callable[[str], list[Person]]) -> Person:
    found = find(name)
    if not found:
        raise ValueError(_("Nobody is called “%(name)s”.") % {"name": name})
    if len(found) > 1:
        raise ValueError(_("Several people are called “%(name)s”: write the staff number.") % {"name": name})
    return found[0]


def _day(words: str) -> date:
    match = _DAY.match(words)
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(words)
    except ValueError:
        raise ValueError(_("“%(words)s” is not a day: write it as 2026-06-30.") % {"words": words}) from None
