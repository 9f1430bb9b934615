"""Period arithmetic and verdicts, day by day: what hypothesis finds no way around."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhixing.kernel.measures import Window
from zhixing.org.calendar import Period
from zhixing.policy.pack import Due, MonthDay, Target, Warn
from zhixing.policy.periods import Asked, Year, add_months, asked, due_day, occurrences, warn_days
from zhixing.policy.verdicts import Part, judge, roll_up

YEAR = Period("school_year", "2025-2026", date(2025, 9, 1), date(2026, 8, 31))
TERMS = (
    Period("term", "2025-2026-1", date(2025, 9, 1), date(2026, 1, 18)),
    Period("term", "2025-2026-2", date(2026, 2, 24), date(2026, 7, 12)),
    Period("term", "2026-2027-1", date(2026, 9, 1), date(2027, 1, 17)),
)
days = st.dates(date(2015, 1, 1), date(2040, 12, 31))
STATES = {"met", "on_track", "at_risk", "unmet", "not_applicable", "no_data", "waived"}


def question(as_of: date, period: Period = YEAR) -> Asked:
    return Asked(period, Window(period.starts_on, period.ends_on, min(as_of, period.ends_on)), as_of)


def verdict(as_of: date, value: float | None, **more: object) -> str:
    values = {
        "evidence_count": int(bool(value)),
        "target": Target("at_least", 1),
        "warn": Warn(),
        "due": Due(at="period_end"),
        "empty": "unmet",
        "asked": question(as_of),
        **more,
    }
    return judge(value=value, **values).state  # type: ignore[arg-type]


# Periods ------------------------------------------------------------------------------------------------------------


@given(days, st.integers(-600, 600))
def test_months_add_up(day: date, count: int) -> None:
    there = add_months(day, count)
    assert (there.year * 12 + there.month) - (day.year * 12 + day.month) == count
    assert there.day <= day.day
    # Only a month too short for the day shortens it, and then to its very end.
    assert there.day == day.day or (there + timedelta(days=1)).day == 1


@given(days, st.integers(0, 2000), st.integers(1, 12), st.integers(1, 31))
def test_a_day_of_the_year_comes_once_a_year(start: date, length: int, month: int, number: int) -> None:
    end = start + timedelta(days=length)
    found = occurrences(MonthDay(month, number), start, end)
    assert found == sorted(set(found))
    assert all(start <= day <= end and day.month == month for day in found)
    assert length // 366 <= len(found) <= length // 365 + 1


@given(
    days,
    st.sampled_from(["now", "school_year", "calendar_year", "rolling", "plan_period", "at_close"]),
    st.integers(1, 120),
)
def test_every_question_lies_in_its_period(day: date, kind: str, months: int) -> None:
    first = day.year if day.month >= 9 else day.year - 1
    own = Period("school_year", f"{first}-{first + 1}", date(first, 9, 1), date(first + 1, 8, 31))
    plan = Period("plan_period", "plan", date(2010, 1, 1), date(2045, 12, 31))
    (found,) = asked(kind, Year(own, day, False), {"window_months": months}, plan)
    assert found.window.starts_on <= found.window.as_of <= found.window.ends_on
    assert found.window.as_of == day
    if kind == "rolling":
        assert found.window.ends_on == day
        assert add_months(found.window.starts_on - timedelta(days=1), months) <= day
    else:
        assert day in found.period


@given(days)
def test_a_past_year_asks_only_for_what_ended_in_it(day: date) -> None:
    past = Year(YEAR, YEAR.ends_on, True, TERMS, day)
    assert [q.period.code for q in asked("calendar_year", past, {})] == ["2025"]
    assert [q.period.code for q in asked("term", past, {})] == ["2025-2026-1", "2025-2026-2"]
    assert (
        asked("plan_period", past, {}, Period("plan_period", "2024-2028", date(2024, 1, 1), date(2028, 12, 31))) == []
    )
    assert all(q.window.as_of <= YEAR.ends_on for kind in ("now", "school_year", "term") for q in asked(kind, past, {}))


@pytest.mark.parametrize(
    ("day", "ahead", "codes"),
    [
        (date(2025, 9, 1), 0, ["2025-2026-1"]),
        (date(2026, 1, 18), 0, ["2025-2026-1"]),
        (date(2026, 2, 1), 0, ["2025-2026-1"]),
        (date(2026, 2, 24), 0, ["2025-2026-2"]),
        (date(2026, 7, 30), 0, ["2025-2026-2"]),
        (date(2026, 3, 1), 1, ["2025-2026-2", "2026-2027-1"]),
    ],
)
def test_terms_are_asked_one_by_one(day: date, ahead: int, codes: list[str]) -> None:
    found = asked("term", Year(YEAR, day, False, TERMS), {}, None, ahead)
    assert [q.period.code for q in found] == codes
    if ahead:
        assert found[1].warn_from == TERMS[1].starts_on


def test_without_recorded_terms_the_year_stands_in() -> None:
    (found,) = asked("term", Year(YEAR, date(2026, 3, 1), False), {})
    assert found.period == YEAR


# Due and warning days -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (Due(at="period_start"), date(2025, 9, 1)),
        (Due(at="period_end", days=10), date(2026, 9, 10)),
        (Due(on=MonthDay(9, 30)), date(2025, 9, 30)),
        (Due(on=MonthDay(2, 29)), date(2026, 2, 28)),
        (Due(at="found", days=30), date(2026, 4, 9)),
        (Due(at="record_deadline"), date(2026, 5, 1)),
        (Due(at="record_date", days=10), date(2026, 5, 11)),
    ],
)
def test_due_days(due: Due, expected: date) -> None:
    assert due_day(due, YEAR, date(2026, 3, 10), date(2026, 5, 1)) == expected


def test_warning_days() -> None:
    warn = Warn(
        before_due_days=(30, 7), before_end_days=(90,), after_start_days=(30,), on=(MonthDay(3, 1),), every="half_year"
    )
    assert warn_days(warn, YEAR, date(2026, 5, 31), date(2026, 6, 30)) == [
        date(2025, 10, 1),
        date(2026, 2, 28),
        date(2026, 3, 1),
        date(2026, 4, 1),
        date(2026, 5, 1),
        date(2026, 5, 24),
        date(2026, 8, 31),
    ]


# Verdicts -----------------------------------------------------------------------------------------------------------


@given(
    days,
    st.one_of(st.none(), st.floats(0, 5)),
    st.sampled_from(["at_least", "at_most"]),
    st.sampled_from(["unmet", "not_applicable", "no_data"]),
    st.sampled_from(["period_start", "period_end", "found", "record_deadline"]),
    st.one_of(st.none(), days),
    st.one_of(st.none(), days),
    st.booleans(),
)
def test_a_verdict_is_always_one_of_seven_and_agrees_with_itself(
    as_of: date,
    value: float | None,
    kind: str,
    empty: str,
    due: str,
    breaks_on: date | None,
    record_due: date | None,
    waived: bool,
) -> None:
    found = judge(
        value=value,
        evidence_count=int(bool(value)),
        target=Target(kind, 1),
        warn=Warn(before_due_days=(30,), before_end_days=(90,)),
        due=Due(at=due),
        empty=empty,
        asked=question(as_of),
        breaks_on=breaks_on,
        record_due=record_due,
        waived=waived,
    )
    assert found.state in STATES
    assert (found.state == "waived") == waived
    if found.state == "met":
        assert found.reached and found.found_on is None
    if found.state in {"unmet", "on_track"}:
        assert not found.reached and found.found_on is not None
    if found.state == "unmet" and due != "found":
        assert found.due is not None and found.due < as_of
    if found.reached:
        assert found.found_on is None


@given(st.integers(0, 800), st.integers(0, 800))
def test_time_alone_never_improves_a_lack(first: int, later: int) -> None:
    order = ["on_track", "at_risk", "unmet"]
    warn = Warn(before_due_days=(60,), on=(MonthDay(3, 1),))
    start = YEAR.starts_on
    earlier, after = (verdict(start + timedelta(days=n), 0, warn=warn) for n in sorted((first, later)))
    assert order.index(earlier) <= order.index(after)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 8, 1), "on_track"),
        (date(2026, 8, 24), "at_risk"),
        (date(2026, 8, 31), "at_risk"),
        (date(2026, 9, 1), "unmet"),
    ],
)
def test_the_due_day_itself_still_counts(day: date, expected: str) -> None:
    assert verdict(day, 0, warn=Warn(before_due_days=(7,))) == expected


def test_what_must_hold_at_any_time_is_not_met_from_the_day_it_lacks() -> None:
    assert verdict(date(2026, 3, 1), 0, due=Due(at="found", days=30)) == "unmet"


def test_near_the_edge_is_at_risk() -> None:
    warn = Warn(below=1.1)
    assert verdict(date(2026, 3, 1), 1.0, warn=warn) == "at_risk"
    assert verdict(date(2026, 3, 1), 1.1, warn=warn) == "met"


@pytest.mark.parametrize(
    ("how", "parts", "expected"),
    [
        ("share_met", [("met", True), ("unmet", False)], ("unmet", False, 0.5, 2)),
        ("share_met", [("met", True), ("at_risk", True)], ("at_risk", True, 1.0, 2)),
        ("share_met", [("met", True), ("waived", False), ("not_applicable", False)], ("met", True, 1.0, 1)),
        ("share_met", [("no_data", False), ("no_data", False)], ("no_data", False, None, 2)),
        ("share_met", [], ("not_applicable", False, None, 0)),
        ("share_met", [("waived", False)], ("waived", False, None, 0)),
        ("all_met", [("met", True), ("on_track", False)], ("on_track", False, 0.0, 2)),
        ("any_met", [("met", True), ("unmet", False)], ("met", True, 1.0, 2)),
        ("any_met", [("on_track", False), ("unmet", False)], ("on_track", False, 0.0, 2)),
    ],
)
def test_roll_ups(how: str, parts: list[tuple[str, bool]], expected: tuple[object, ...]) -> None:
    assert roll_up(how, [Part(*part) for part in parts], pending=False) == expected


def test_a_roll_up_of_nothing_that_is_not_kept_yet_says_so() -> None:
    assert roll_up("share_met", [], pending=True)[0] == "no_data"
