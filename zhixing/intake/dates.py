"""Dates as registers write them: 2024.9.1, 20240901, 2024年9月, Excel's day numbers, 长期.

What can only mean one day is repaired and noted; what could mean two is refused with a sentence. JY/T data standards
write YYYYMMDD.
"""

import calendar
import datetime as dt
import re
import unicodedata
from typing import Any

from django.utils.translation import gettext_lazy as _

from .cleaning import _NOTHING, BLANK, CellFault, Cleaned, Note, _plain, _short, _string, chinese_number

OPEN_END = {
    "至今",
    "今",
    "迄今",
    "现在",
    "长期",
    "长期有效",
    "永久",
    "无固定期限",
    "无期限",
    "不限",
    "present",
    "now",
    "open",
}
FIRST_YEAR, LAST_YEAR = 1900, 2200

NOT_A_DATE = _("“%(value)s” is not a date. Enter year, month and day such as 2024-09-01.")
_FULL = re.compile(r"(\d{4})([-./年])(\d{1,2})([-./月])(\d{1,2})[日号]?")
_MONTH = re.compile(r"(\d{4})[-./年](\d{1,2})月?份?")
_CHINESE = re.compile(
    r"([零〇一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月(?:([一二三四五六七八九十]{1,3})[日号])?"
)
_CLOCK = re.compile(r"(?:(?<=[日号])|(?<=\d)[T ]+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?$")


def clean_date(
    value: Any,
    *,
    month: str = "first",
    open_end: bool = False,
    two_digit_year: bool = False,
    date_1904: bool = False,
    min: dt.date | None = None,
    max: dt.date | None = None,
    **_more: Any,
) -> Cleaned:
    """A day. `month`: which day a month without a day stands for; `open_end`: 至今 and 长期 are None;
    `two_digit_year`: 24.9.1 is 2024, and a year more than ten ahead of today is of the last century; `date_1904`: the
    workbook counts days from 1904."""
    found = _parse(value, month, open_end, two_digit_year, date_1904)
    if found.value is not None:
        if min is not None and found.value < min:
            raise CellFault("too_early", _("The date must not be before %(limit)s."), limit=min.isoformat())
        if max is not None and found.value > max:
            raise CellFault("too_late", _("The date must not be after %(limit)s."), limit=max.isoformat())
    return found


def _parse(value: Any, month: str, open_end: bool, two_digit_year: bool, date_1904: bool) -> Cleaned:
    if isinstance(value, dt.datetime):
        return Cleaned(_day(value.year, value.month, value.day, value))
    if isinstance(value, dt.date):
        return Cleaned(_day(value.year, value.month, value.day, value))
    if isinstance(value, bool | dt.time | dt.timedelta):
        raise CellFault("not_a_date", NOT_A_DATE, value=_short(value))
    if isinstance(value, float) and not value.is_integer() and FIRST_YEAR <= value < LAST_YEAR:
        return _year_dot_month(value, month)
    text = _plain(value)
    if text.lower() in OPEN_END:
        if open_end:
            return Cleaned(None, Note("open_end", _("Read as “no end”.")))
        raise CellFault(
            "no_open_end", _("“%(value)s” is not a day. Enter the date on which it ends."), value=_short(value)
        )
    if text.lower() in _NOTHING:
        return Cleaned(None, Note("read_as_blank", _("“%(value)s” was read as blank."), {"value": text}))
    if not text:
        return BLANK
    text = _plain(_CLOCK.sub("", " ".join(unicodedata.normalize("NFKC", _string(value)).split())))
    text = re.sub(r"\((?:周|星期)?[一二三四五六日天]\)$|(?:周|星期)[一二三四五六日天]$", "", text)
    if (full := _FULL.fullmatch(text)) is not None:
        day = _day(int(full[1]), int(full[3]), int(full[5]), value)
        mixed = full[2] != full[4] and (full[2], full[4]) != ("年", "月")
        return Cleaned(
            day,
            Note("separators", _("Mixed separators; read as %(date)s."), {"date": day.isoformat()}) if mixed else None,
        )
    if (digits := re.fullmatch(r"(\d{4})(\d{2})(\d{2})?(?:\d{6})?", text)) is not None and FIRST_YEAR <= int(
        digits[1]
    ) < LAST_YEAR:
        if digits[3]:
            return Cleaned(_day(int(digits[1]), int(digits[2]), int(digits[3]), value))
        return _month_only(int(digits[1]), int(digits[2]), month, value)
    if (short := _MONTH.fullmatch(text)) is not None:
        return _month_only(int(short[1]), int(short[2]), month, value)
    if (chinese := _CHINESE.fullmatch(text)) is not None:
        numbers = [chinese_number(part) if part else None for part in chinese.groups()]
        year, number = numbers[0] or 0, numbers[1] or 0
        return Cleaned(_day(year, number, numbers[2], value)) if numbers[2] else _month_only(year, number, month, value)
    if (serial := re.fullmatch(r"(\d{5})(?:\.\d+)?", text)) is not None and 10_000 <= int(serial[1]) <= 80_000:
        start = dt.date(1904, 1, 1) if date_1904 else dt.date(1899, 12, 30)
        day = start + dt.timedelta(days=int(serial[1]))
        return Cleaned(day, Note("serial", _("Excel's day number; read as %(date)s."), {"date": day.isoformat()}))
    if (
        two_digit_year
        and (short := re.fullmatch(r"(\d{2})[-./年](\d{1,2})(?:[-./月](\d{1,2})[日号]?)?", text)) is not None
    ):
        century = 2000 if int(short[1]) <= dt.date.today().year % 100 + 10 else 1900
        if not short[3]:
            return _month_only(century + int(short[1]), int(short[2]), month, value)
        day = _day(century + int(short[1]), int(short[2]), int(short[3]), value)
        return Cleaned(day, Note("two_digit_year", _("Two-digit year; read as %(date)s."), {"date": day.isoformat()}))
    raise _refusal(text, value)


def _day(year: int, month: int, day: int, value: Any) -> dt.date:
    if not FIRST_YEAR <= year < LAST_YEAR:
        raise CellFault("year_range", _("The year %(year)s cannot be right. Check it."), year=year)
    if not 1 <= month <= 12:
        raise CellFault(
            "no_such_month",
            _("“%(value)s”: there is no month %(month)s. Check the date."),
            value=_short(value),
            month=month,
        )
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise CellFault(
            "no_such_day",
            _("“%(value)s”: that month has %(last)s days. Check the date."),
            value=_short(value),
            last=last,
        )
    return dt.date(year, month, day)


def _month_only(year: int, number: int, month: str, value: Any) -> Cleaned:
    day = _day(year, number, 1, value)
    if month == "last":
        day = day.replace(day=calendar.monthrange(year, number)[1])
    return Cleaned(day, Note("month_only", _("Only the month was given; read as %(date)s."), {"date": day.isoformat()}))


def _year_dot_month(value: float, month: str) -> Cleaned:
    """2024.9 typed into a cell becomes a number, and 2024.10 becomes 2024.1, which is January's too."""
    year, _dot, digits = repr(value).partition(".")
    if digits == "1":
        raise CellFault(
            "month_ambiguous",
            _("%(value)s may be January or October: Excel dropped a zero. Enter such as 2024-10."),
            value=repr(value),
        )
    if len(digits) > 2:
        raise CellFault("not_a_date", NOT_A_DATE, value=repr(value))
    return _month_only(int(year), int(digits), month, value)


def clean_year(value: Any, **_more: Any) -> Cleaned:
    """A year as a number: 2024, 2024年, 2024级, 2024届, or the year of a date."""
    if isinstance(value, dt.date):
        return Cleaned(value.year)
    text = _plain(value).removesuffix(".0")
    if (match := re.fullmatch(r"(\d{4})(?:年度?|级|届)?", text)) is not None and FIRST_YEAR <= int(
        match[1]
    ) < LAST_YEAR:
        return Cleaned(int(match[1]))
    if re.fullmatch(r"\d{2}(?:年度?|级|届)?", text):
        raise CellFault(
            "two_digit_year", _("“%(value)s”: enter the year with four digits, such as 2024."), value=_short(value)
        )
    raise CellFault("not_a_year", _("“%(value)s” is not a year. Enter four digits such as 2024."), value=_short(value))


def clean_year_range(value: Any, *, academic: bool = False, **_more: Any) -> Cleaned:
    """(first year, last year) of 2024-2025, 2024—2026年, 2024/2025学年; one year alone is both. With `academic` the
    last is the next."""
    text = re.sub(r"学年度?|年度?|届|级", "", _plain(value)).removesuffix(".0")
    match = re.fullmatch(r"(\d{4})(?:[-—–~/至到]{1,2}(\d{4}|\d{2}))?", text)
    if match is None:
        raise CellFault(
            "not_a_year_range", _("“%(value)s” is not a span of years. Enter such as 2024-2025."), value=_short(value)
        )
    first = int(match[1])
    last = (
        first + academic
        if not match[2]
        else int(match[2])
        if len(match[2]) == 4
        else first // 100 * 100 + int(match[2])
    )
    if not FIRST_YEAR <= first <= last < LAST_YEAR:
        raise CellFault(
            "years_order", _("“%(value)s”: the first year must not be after the last."), value=_short(value)
        )
    if academic and last != first + 1:
        raise CellFault(
            "not_an_academic_year",
            _("“%(value)s” is not one academic year. Enter such as 2024-2025."),
            value=_short(value),
        )
    return Cleaned((first, last))


def _refusal(text: str, value: Any) -> CellFault:
    if re.fullmatch(r"\d{5,}[-./年]\d{1,2}([-./月]\d{1,2}日?)?", text):
        return CellFault(
            "year_digits",
            _("The year in “%(value)s” has too many digits. Check it and enter such as 2026-07-02."),
            value=_short(value),
        )
    if re.fullmatch(r"\d{1,2}[-./]\d{1,2}[-./]\d{4}", text):
        return CellFault(
            "day_order",
            _("“%(value)s” could be read in two ways. Enter year, month and day such as 2024-09-01."),
            value=_short(value),
        )
    if re.fullmatch(r"\d{2}[-./年]\d{1,2}([-./月]\d{1,2}日?)?", text):
        return CellFault(
            "two_digit_year",
            _("The year in “%(value)s” has two digits. Enter all four such as 2024-09-01."),
            value=_short(value),
        )
    if re.fullmatch(r"\d{4}年?", text):
        return CellFault(
            "year_only",
            _("“%(value)s” is only a year. Enter month and day too, such as 2024-09-01."),
            value=_short(value),
        )
    return CellFault("not_a_date", NOT_A_DATE, value=_short(value))
