"""The three calendars: academic year, term, calendar year. Dates are records; the defaults hold only where no record does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from zhixing.org.models import AcademicYear, Term


@dataclass(frozen=True)
class Period:
    """A span of days with the name people give it; both ends included."""

    kind: str
    code: str
    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


def default_academic_year(day: date) -> Period:
    """1 September to 31 August, for a day no recorded academic year holds."""
    first = day.year if day.month >= 9 else day.year - 1
    return Period("school_year", f"{first}-{first + 1}", date(first, 9, 1), date(first + 1, 8, 31))


def academic_year(day: date) -> Period:
    """The academic year (学年) of a day."""
    found = AcademicYear.objects.filter(starts_on__lte=day, ends_on__gte=day).first()
    return Period("school_year", found.code, found.starts_on, found.ends_on) if found else default_academic_year(day)


def academic_year_of_code(code: str) -> Period:
    """The academic year named like `2025-2026`; ValueError when the name is not one."""
    found = AcademicYear.objects.filter(code=code).first()
    if found:
        return Period("school_year", found.code, found.starts_on, found.ends_on)
    first, _, second = code.partition("-")
    if not (first.isdecimal() and second.isdecimal() and len(first) == 4 and int(second) == int(first) + 1):
        raise ValueError(code)
    return default_academic_year(date(int(first), 9, 1))


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def calendar_year(day: date) -> Period:
    """自然年."""
    return Period("calendar_year", str(day.year), date(day.year, 1, 1), date(day.year, 12, 31))


def term(day: date) -> Period | None:
    """The term (学期) of a day; None in a holiday between terms or where no term is recorded."""
    found = Term.objects.select_related("year").filter(starts_on__lte=day, ends_on__gte=day).first()
    return Period("term", str(found), found.starts_on, found.ends_on) if found else None


def rolling(day: date, months: int) -> Period:
    """The window of `months` months that ends on `day`, that day included."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    month += 1
    last = (date(years + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    start = date(years, month, min(day.day, last)) + timedelta(days=1)
    return Period("rolling", f"{months}m@{day}", start, day)


def week_of_term(day: date) -> tuple[Term, int] | None:
    """The term of a day and the number of its week, counted from the term's first day."""
    found = Term.objects.select_related("year").filter(starts_on__lte=day, ends_on__gte=day).first()
    return (found, (day - found.starts_on).days // 7 + 1) if found else None
