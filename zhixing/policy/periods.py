"""Which days a rule looks at: academic year, calendar year, term, rolling window or plan period, each rule its own."""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from zhixing.kernel.measures import Window
from zhixing.org.calendar import Period, calendar_year, rolling
from zhixing.org.models import Term
from zhixing.policy.pack import Due, MonthDay, Warn

_STEP_MONTHS = {"quarter": 3, "half_year": 6, "year": 12}
DEFAULT_WINDOW_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a rule: for which period, and which days its measure looks at."""

    period: Period
    window: Window
    # The day on which the verdict is told: what lacked when a period ended is called not met from the day after.
    told_on: date
    # The day from which a rule that looks ahead warns: the beginning of the term before.
    warn_from: date | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """An academic year as it is asked about on a day, with its terms and those of its neighbours in order."""

    period: Period
    as_of: date
    # Over by today's calendar: only what ended in it is still asked.
    past: bool
    terms: tuple[Period, ...] = ()
    # The day on which verdicts are told; `as_of` unless the year is past.
    told_on: date | None = None

    def ask(self, period: Period, window: Window | None = None, warn_from: date | None = None) -> Asked:
        """The question for one period of this year."""
        window = window or Window(period.starts_on, period.ends_on, min(self.as_of, period.ends_on))
        return Asked(period, window, self.told_on or self.as_of, warn_from)


def terms_around(period: Period) -> tuple[Period, ...]:
    """The recorded terms of an academic year and the two after it, in order: one query."""
    rows = (
        Term.objects.select_related("year")
        .filter(archived_at=None, ends_on__gte=period.starts_on, starts_on__lte=period.ends_on + timedelta(days=366))
        .order_by("starts_on")
    )
    return tuple(Period("term", str(row), row.starts_on, row.ends_on) for row in rows)


def asked(
    kind: str, year: Year, parameters: Mapping[str, Any], plan: Period | None = None, terms_ahead: int = 0
) -> list[Asked]:
    """The questions that a rule of period `kind` is asked for an academic year: mostly one, for terms one each."""
    own, as_of = year.period, year.as_of
    match kind:
        case "calendar_year":
            # The calendar year that ended in a past academic year; in the running one, that of the day.
            found = [calendar_year(own.starts_on if year.past else as_of)]
        case "term":
            return _terms(year, terms_ahead)
        case "plan_period":
            found = [plan or own]
        case "rolling":
            window = rolling(as_of, int(parameters.get("window_months", DEFAULT_WINDOW_MONTHS)))
            return [year.ask(own, Window(window.starts_on, window.ends_on, as_of))]
        case _:
            found = [own]
    return [year.ask(period) for period in found if not (year.past and period.ends_on > own.ends_on)]


def _terms(year: Year, ahead: int) -> list[Asked]:
    own = [term for term in year.terms if year.period.starts_on <= term.starts_on <= year.period.ends_on]
    if not own:
        # Without recorded terms the year itself is the one period in which the duty can be done.
        return [year.ask(year.period)]
    if year.past:
        chosen = own
    else:
        begun = [i for i, term in enumerate(year.terms) if term.starts_on <= year.as_of]
        now = begun[-1] if begun else 0
        chosen = list(year.terms[now : now + 1 + ahead])
    questions = []
    for term in chosen:
        place = year.terms.index(term) - ahead
        warn_from = year.terms[place].starts_on if ahead and place >= 0 else None
        questions.append(year.ask(term, warn_from=warn_from))
    return questions


def add_months(day: date, count: int) -> date:
    """The same day `count` months later; the last of the month where there is no such day."""
    years, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(years, month + 1, min(day.day, months.monthrange(years, month + 1)[1]))


def occurrences(day: MonthDay, starts_on: date, ends_on: date) -> list[date]:
    """A day of the year in every year of a period; 29 February is the 28th where there is none."""
    found = []
    for year in range(starts_on.year, ends_on.year + 1):
        last = months.monthrange(year, day.month)[1]
        candidate = date(year, day.month, min(day.day, last))
        if starts_on <= candidate <= ends_on:
            found.append(candidate)
    return found


def due_day(due: Due, period: Period, found_on: date | None, record_due: date | None) -> date | None:
    """The day by which a rule is to be met; None when nothing lacks or no record has a date."""
    plus = timedelta(days=due.days)
    if due.on is not None:
        days = occurrences(due.on, period.starts_on, period.ends_on)
        return days[0] + plus if days else period.ends_on + plus
    match due.at:
        case "period_start":
            return period.starts_on + plus
        case "period_end":
            return period.ends_on + plus
        case "found":
            return found_on + plus if found_on else None
    return record_due + plus if record_due else None


def warn_days(
    warn: Warn, period: Period, due: date | None, breaks_on: date | None, warn_from: date | None = None
) -> list[date]:
    """The days on which the holder is told, in order: before due day or end, after the start, on fixed days."""
    days: set[date] = set()
    if due is not None:
        days |= {due - timedelta(days=lead) for lead in warn.before_due_days}
    if breaks_on is not None:
        days |= {breaks_on - timedelta(days=lead) for lead in warn.before_end_days}
    days |= {period.starts_on + timedelta(days=lead) for lead in warn.after_start_days}
    for day in warn.on:
        days.update(occurrences(day, period.starts_on, period.ends_on))
    if warn.every:
        days |= set(_step_ends(period, _STEP_MONTHS[warn.every]))
    if warn_from is not None:
        days.add(warn_from)
    return sorted(days)


def _step_ends(period: Period, step: int) -> Sequence[date]:
    """The last day of every quarter, half-year or year counted from the period's first day."""
    ends, count = [], 1
    while True:
        last = add_months(period.starts_on, step * count) - timedelta(days=1)
        if last > period.ends_on:
            return ends
        ends.append(last)
        count += 1
