"""Moments as registers write them: a day with its time of day, in the college's own clock unless the cell names another.

What can only mean one moment is read; a day without a time, or a time that could mean two, is refused with a sentence.
"""

import datetime as dt
import re
import unicodedata
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .cleaning import _NOTHING, BLANK, CellFault, Cleaned, Note, _plain, _short, _string
from .dates import clean_date

NO_TIME = _("“%(value)s” has no time of day. Enter such as 2026-03-05 14:30.")
NO_SUCH_TIME = _("“%(value)s”: there is no such time of day. Enter such as 2026-03-05 14:30.")
TWO_TIMES = _("“%(value)s” could be read in two ways. Enter the hour from 0 to 23, such as 2026-03-05 14:30.")
_HALVES = "上午|下午|中午|凌晨|早上|早晨|清晨|傍晚|晚上|夜间|夜里"
_TAIL = re.compile(
    rf"(?:[T ]|(?<=[日号]))\s*(?P<half>{_HALVES}|am|pm|a\.m\.|p\.m\.)?\s*(?P<hour>\d{{1,2}})"
    r"(?:(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.\d+)?)?)|[点时](?:(?P<spoken>\d{1,2})分?|(?P<middle>半)|整)?"
    r"(?:(?P<seconds>\d{1,2})秒)?)\s*(?P<after>am|pm|a\.m\.|p\.m\.)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{8})(\d{2})(\d{2})(\d{2})?")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
# From which hour to which a word for a part of the day is plain, and what it adds to an hour below 12.
_PARTS = {
    "am": (0, 11, 0),
    "上午": (0, 11, 0),
    "早上": (0, 11, 0),
    "早晨": (0, 11, 0),
    "清晨": (0, 11, 0),
    "凌晨": (0, 6, 0),
    "中午": (11, 12, 0),
    "pm": (1, 11, 12),
    "下午": (1, 11, 12),
    "傍晚": (4, 9, 12),
    "晚上": (5, 11, 12),
    "夜间": (6, 11, 12),
    "夜里": (6, 11, 12),
}


def clean_moment(value: Any, *, date_1904: bool = False, **_more: Any) -> Cleaned:
    """A moment to the second, aware of its zone; `date_1904`: the workbook counts days from 1904."""
    if isinstance(value, dt.datetime):
        return Cleaned(_aware(_in_range(value), value))
    if isinstance(value, dt.date):
        raise CellFault("no_time", NO_TIME, value=_short(value))
    if isinstance(value, bool | dt.time | dt.timedelta):
        raise CellFault("not_a_moment", NO_TIME, value=_short(value))
    text = _plain(value)
    if text.lower() in _NOTHING:
        return Cleaned(None, Note("read_as_blank", _("“%(value)s” was read as blank."), {"value": text}))
    if not text:
        return BLANK
    if _SERIAL.fullmatch(text) and 10_000 <= float(text) < 80_000:
        return _serial(float(text), date_1904, value)
    words = " ".join(unicodedata.normalize("NFKC", _string(value)).split())
    if (compact := _COMPACT.fullmatch(text)) is not None:
        words = f"{compact[1]} {compact[2]}:{compact[3]}:{compact[4] or '00'}"
    found = _TAIL.search(words)
    if found is None:
        clean_date(value, date_1904=date_1904)
        raise CellFault("no_time", NO_TIME, value=_short(value))
    day = clean_date(words[: found.start()])
    if day.value is None or (day.note is not None and day.note.code in {"month_only", "serial"}):
        raise CellFault("no_time", NO_TIME, value=_short(value))
    moment = dt.datetime.combine(day.value, _time(found, value))
    zone = (found["zone"] or "").upper()
    if zone:
        moment = moment.replace(tzinfo=dt.datetime.strptime(zone.replace("Z", "+0000"), "%z").tzinfo)
    return Cleaned(_aware(moment, value), day.note)


def _time(found: re.Match[str], value: Any) -> dt.time:
    hour = int(found["hour"])
    minute = int(found["minute"] or found["spoken"] or (30 if found["middle"] else 0))
    second = int(found["second"] or found["seconds"] or 0)
    half = (found["half"] or found["after"] or "").lower().replace(".", "")
    if hour > 23 or minute > 59 or second > 59:
        raise CellFault("no_such_time", NO_SUCH_TIME, value=_short(value))
    if half:
        hour = _hour(half, hour, value)
    return dt.time(hour, minute, second)


def _hour(half: str, hour: int, value: Any) -> int:
    """The hour of the day that an hour of its half is."""
    first, last, more = _PARTS[half]
    if half == "中午" and hour in (1, 2):
        return hour + 12
    if half in ("下午", "pm") and hour == 12:
        return 12
    if (half == "凌晨" or half == "am") and hour == 12:
        return 0
    if first <= hour <= last:
        return hour + more
    if more and first + 12 <= hour <= last + 12:
        # 下午14:30: the hour says it already.
        return hour
    raise CellFault("hour_ambiguous", TWO_TIMES, value=_short(value))


def _serial(days: float, date_1904: bool, value: Any) -> Cleaned:
    """Excel's day number with the time as its fraction."""
    if days.is_integer():
        raise CellFault("no_time", NO_TIME, value=_short(value))
    start = dt.datetime(1904, 1, 1) if date_1904 else dt.datetime(1899, 12, 30)
    moment = start + dt.timedelta(seconds=round(days * 86_400))
    shown = moment.isoformat(" ", "minutes")
    note = Note("serial", _("Excel's day number; read as %(date)s."), {"date": shown})
    return Cleaned(_aware(moment, value), note)


def _in_range(moment: dt.datetime) -> dt.datetime:
    """The same moment to the second, rounded, in a year that can be right."""
    clean_date(moment)
    # A spreadsheet computes with fractions of a day: 14:29:59.999998 was typed as 14:30.
    return (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0)


def _aware(moment: dt.datetime, value: Any) -> dt.datetime:
    try:
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment.astimezone(dt.UTC)
    except (OverflowError, ValueError) as error:
        raise CellFault("no_such_time", NO_SUCH_TIME, value=_short(value)) from error
