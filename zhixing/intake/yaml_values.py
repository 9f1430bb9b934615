"""Takes typed values out of a rule file's sections: texts, dates, numbers, choices, each fault with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from .yaml_lines import Items, Section


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the two languages of the screen."""

    zh_hans: str
    en: str

    def in_language(self, language: str) -> str:
        """The text for a language code such as ``zh-hans`` or ``en-gb``."""
        return self.en if language.lower().startswith("en") else self.zh_hans


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of every year, such as 30 September."""

    month: int
    day: int

    def __str__(self) -> str:
        return f"{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both counted; no last day means until further notice."""

    start: date
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day lies inside."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a pack: the file, the line (from 1), the field (rules.R14.target) and what is wrong."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class PackErrors(Exception):
    """All faults of a pack, in the order of its lines. Nothing was loaded."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults), key=lambda fault: (fault.file, fault.line, fault.field))
        super().__init__("\n".join(str(fault) for fault in self.faults))


NO_DATE = date.min
"""Stands in for a date that could not be read, so that the rest of the file is still checked."""

EMPTY_TEXT = Text("", "")

_LANGUAGES = ("zh-hans", "en")
_MONTH_DAY = re.compile(r"^(\d\d)-(\d\d)$")


class ValueReader:
    """Takes typed values out of sections and keeps the faults. After a fault a harmless value stands in."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, line: int, where: str, message: str) -> None:
        self.faults.append(Fault(self.file, line, where, message))

    def section(self, value: Any, line: int, where: str, required: str = "", optional: str = "") -> Section:
        """The value as a section holding all required and no unknown keys."""
        if not isinstance(value, Section):
            self.fault(line, where, _("A group of named values is expected here."))
            return Section(line)
        known = {*required.split(), *optional.split()}
        for key in required.split():
            if value.get(key) is None:
                self.fault(value.line, join(where, key), _("This value is missing."))
        for key in value:
            if key not in known:
                self.fault(value.line_of(key), join(where, key), _("Unknown field."))
        for key, doubled_line in value.doubled:
            self.fault(doubled_line, join(where, key), _("This field is written twice."))
        return value

    def rows(self, section: Section, key: str, where: str) -> list[tuple[int, str, Any]]:
        """The entries of a list of groups, each with line and place; the place names the entry's id when it has one."""
        items = self.items(section, key, where)
        found = []
        for index, (line, value) in enumerate(items.numbered()):
            name = index
            if isinstance(value, Section):
                name = next((value[k] for k in ("id", "number", "code") if value.get(k) is not None), index)
            found.append((line, f"{join(where, key)}.{name}", value))
        return found

    def items(self, section: Section, key: str, where: str) -> Items:
        value = section.get(key)
        if value is None:
            return Items(section.line)
        if not isinstance(value, Items):
            self.fault(section.line_of(key), join(where, key), _("A list is expected here."))
            return Items(section.line)
        return value

    def word(self, section: Section, key: str, where: str, shape: re.Pattern[str] | None = None) -> str:
        value = section.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(section.line_of(key), join(where, key), _("A text is expected here."))
            return ""
        if shape and not shape.match(value):
            message = _("“%(value)s” is not written as it should be.") % {"value": value}
            self.fault(section.line_of(key), join(where, key), message)
        return value.strip()

    def words(self, section: Section, key: str, where: str) -> list[tuple[int, str]]:
        """A list of texts with their lines; one written twice is a fault."""
        found: list[tuple[int, str]] = []
        for line, value in self.items(section, key, where).numbered():
            if not isinstance(value, str) or not value.strip():
                self.fault(line, join(where, key), _("A text is expected here."))
            elif value in (word for _line, word in found):
                self.fault(line, join(where, key), _("“%(value)s” is listed twice.") % {"value": value})
            else:
                found.append((line, value))
        return found

    def choice(self, section: Section, key: str, where: str, allowed: Collection[str], default: str = "") -> str:
        value = section.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or value not in allowed:
            values = {"value": value, "allowed": ", ".join(sorted(allowed))}
            message = _("“%(value)s” is unknown here; known are: %(allowed)s.") % values
            self.fault(section.line_of(key), join(where, key), message)
            return default
        return str(value)

    def text(self, section: Section, key: str, where: str) -> Text:
        if section.get(key) is None:
            return EMPTY_TEXT
        place = join(where, key)
        value = self.section(section[key], section.line_of(key), place, optional=" ".join(_LANGUAGES))
        for language in _LANGUAGES:
            if not isinstance(value.get(language), str) or not value[language].strip():
                self.fault(value.line_of(language), f"{place}.{language}", _("The text in this language is missing."))
                return EMPTY_TEXT
        return Text(value["zh-hans"].strip(), value["en"].strip())

    def day(self, section: Section, key: str, where: str) -> date | None:
        value = section.get(key)
        if value is None:
            return None
        if type(value) is not date:
            self.fault(section.line_of(key), join(where, key), _("A date such as 2024-01-01 is expected here."))
            return None
        return value

    def span(self, section: Section, key: str, where: str) -> Span | None:
        if section.get(key) is None:
            return None
        place = join(where, key)
        value = self.section(section[key], section.line_of(key), place, "from", "to")
        start, end = self.day(value, "from", place), self.day(value, "to", place)
        if start and end and end < start:
            self.fault(value.line_of("to"), f"{place}.to", _("The last day lies before the first."))
            end = None
        return Span(start or NO_DATE, end)

    def number(
        self, section: Section, key: str, where: str, least: float | None = 0, whole: bool = False
    ) -> float | None:
        value = section.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fault(section.line_of(key), join(where, key), _("A number is expected here."))
            return None
        if whole and value != int(value):
            self.fault(section.line_of(key), join(where, key), _("A whole number is expected here."))
            return None
        if least is not None and value < least:
            message = _("The number must not be below %(least)g.") % {"least": least}
            self.fault(section.line_of(key), join(where, key), message)
            return None
        return value

    def flag(self, section: Section, key: str, where: str) -> bool:
        value = section.get(key, False)
        if not isinstance(value, bool):
            self.fault(section.line_of(key), join(where, key), _("true or false is expected here."))
            return False
        return value

    def day_counts(self, section: Section, key: str, where: str) -> tuple[int, ...]:
        counts = []
        for line, value in self.items(section, key, where).numbered():
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                self.fault(line, join(where, key), _("A number of days is expected here."))
            else:
                counts.append(value)
        return tuple(counts)

    def month_day(self, value: Any, line: int, where: str) -> MonthDay | None:
        match = _MONTH_DAY.match(value) if isinstance(value, str) else None
        if match:
            try:
                leap = date(2024, int(match[1]), int(match[2]))
                return MonthDay(leap.month, leap.day)
            except ValueError:
                pass
        self.fault(line, where, _("A day of the year such as 09-30 is expected here."))
        return None


def join(where: str, key: str) -> str:
    """The place of a field inside another: rules.R14 and target make rules.R14.target."""
    return f"{where}.{key}" if where else key
