"""What every part of the sample college is told: how large, by which dice, on which day; and how rows are written."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from django.db import models
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)
BATCH = 2000
# The first day of the lunar year: the two terms lie around it.
SPRING_FESTIVAL = {
    2019: (2, 5),
    2020: (1, 25),
    2021: (2, 12),
    2022: (2, 1),
    2023: (1, 22),
    2024: (2, 10),
    2025: (1, 29),
    2026: (2, 17),
    2027: (2, 6),
    2028: (1, 26),
    2029: (2, 13),
    2030: (2, 3),
    2031: (1, 23),
    2032: (2, 11),
    2033: (1, 31),
    2034: (2, 19),
    2035: (2, 8),
    2036: (1, 28),
    2037: (2, 15),
    2038: (2, 4),
    2039: (1, 24),
    2040: (2, 12),
}


@dataclass(frozen=True)
class Plan:
    """Scale 1 is a college of 6,000 students and 300 firms; units, groups and accounts are alike at every scale."""

    scale: float
    seed: int
    today: date

    def dice(self, part: str) -> random.Random:
        """The dice of one part, so that a change of one part leaves the others as they were."""
        return random.Random(f"{self.seed}:{part}")

    def times(self, number: int, least: int = 1) -> int:
        """`number` at scale 1, more or fewer at another."""
        return max(least, round(number * self.scale))

    @property
    def year(self) -> int:
        """The calendar year in which the running academic year began."""
        return self.today.year if self.today.month >= 9 else self.today.year - 1

    def year_start(self, offset: int = 0) -> date:
        return date(self.year + offset, 9, 1)

    def year_end(self, offset: int = 0) -> date:
        return date(self.year + offset + 1, 8, 31)

    def year_code(self, offset: int = 0) -> str:
        return f"{self.year + offset}-{self.year + offset + 1}"

    def terms(self, offset: int) -> list[tuple[date, date]]:
        """First and last day of both terms: at most twenty weeks each, with the Spring Festival between them."""
        first = monday_from(self.year_start(offset))
        after = self.year + offset + 1
        festival = date(after, *SPRING_FESTIVAL.get(after, (2, 5)))
        autumn_end = min(
            first + timedelta(weeks=20, days=-1), monday_from(festival - timedelta(days=14)) - timedelta(days=1)
        )
        spring = monday_from(festival + timedelta(days=10))
        return [(first, autumn_end), (spring, min(spring + timedelta(weeks=20, days=-1), date(after, 7, 19)))]

    def ago(self, days: int) -> date:
        """A weekday so many days ago, or the one before it."""
        return weekday_before(self.today - timedelta(days=days))

    def ahead(self, days: int) -> date:
        """A weekday in so many days, or the one after it."""
        return weekday_after(self.today + timedelta(days=days))

    def within(self, dice: random.Random, first: date, last: date) -> date:
        """A working day between two days; when there is none, the first day."""
        last = max(first, last)
        for _attempt in range(9):
            day = weekday_before(first + timedelta(days=dice.randint(0, (last - first).days)))
            if day >= first and not _festive(day):
                return day
        return min(weekday_after(first), last)

    def in_term(self, dice: random.Random, offset: int) -> date | None:
        """A working day in the terms of a year, never later than yesterday; None when the year has had none yet."""
        spans = [(first, min(last, self.today - timedelta(days=1))) for first, last in self.terms(offset)]
        spans = [(first, last) for first, last in spans if first < last]
        if not spans:
            return None
        return self.within(dice, *dice.choices(spans, [(last - first).days for first, last in spans])[0])

    def at(self, day: date, dice: random.Random | None = None) -> datetime:
        """A moment in the office hours of a day, and never in the future."""
        hour, minute = (dice.randint(8, 16), dice.randint(0, 59)) if dice else (9, 0)
        moment = datetime.combine(min(day, self.today - timedelta(days=1)), time(hour, minute))
        return timezone.make_aware(moment)


def _festive(day: date) -> bool:
    """The holidays that have their fixed days in the sun calendar: 元旦, 劳动节, 国庆节."""
    return (day.month, day.day) == (1, 1) or (day.month == 5 and day.day <= 5) or (day.month == 10 and day.day <= 7)


def monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def weekday_before(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def weekday_after(day: date) -> date:
    return day + timedelta(days=7 - day.weekday() if day.weekday() > 4 else 0)


@contextmanager
def _own_dates(model: type[models.Model]) -> Iterator[None]:
    """Let rows of `model` keep the moments they carry: history that is made up must not all have happened today."""
    fields = [
        f for f in model._meta.concrete_fields if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)
    ]
    before = [(f.auto_now, f.auto_now_add) for f in fields]  # type: ignore[attr-defined]
    try:
        for f in fields:
            f.auto_now = f.auto_now_add = False  # type: ignore[attr-defined]
        yield
    finally:
        for f, (now, now_add) in zip(fields, before, strict=True):
            f.auto_now, f.auto_now_add = now, now_add  # type: ignore[attr-defined]


def insert(plan: Plan, rows: Sequence[Row], made: Callable[[Row], date] | None = None) -> list[Row]:
    """Write rows of one type, one statement a batch. `made` says on which day each was entered (else its first day)."""
    if not rows:
        return []
    model = type(rows[0])
    dice = plan.dice(f"entered:{model.__name__}")
    for row in rows:
        if hasattr(row, "created_at"):
            row.created_at = row.updated_at = plan.at(made(row) if made else _first_day(plan, row), dice)
    with _own_dates(model):
        return model._default_manager.bulk_create(rows, batch_size=BATCH)


def _first_day(plan: Plan, row: models.Model) -> date:
    """What is older than the system was entered when it was put to use: in the first academic year it holds."""
    return max(getattr(row, "starts_on", None) or plan.year_start(-3), plan.year_start(-3))


def join(through: type[models.Model], pairs: Sequence[tuple[int, int]]) -> None:
    """Fill a many-to-many table from pairs of keys (this side, other side)."""
    first, second = [f.attname for f in through._meta.concrete_fields if f.is_relation]
    through._default_manager.bulk_create(
        [through(**{first: a, second: b}) for a, b in dict.fromkeys(pairs)], batch_size=5000
    )
