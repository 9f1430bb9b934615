"""The policy's counts over governance: every value is what its evidence rows say."""

from datetime import date
from typing import Any

import pytest

from tests.governance import factories
from tests.governance.factories import College
from zhixing.governance.indicators import COUNCIL, STEERING, TASK_BOOKS
from zhixing.governance.models import Committee, Meeting, Seat, Task, TaskBook
from zhixing.kernel import measures
from zhixing.kernel.measures import Measure, Window

DAY = date(2026, 3, 10)
YEAR = Window(date(2025, 9, 1), date(2026, 8, 31), DAY)


def value(measure: Measure, unit: int, window: Window = YEAR, **parameters: Any) -> float | None:
    """The value, checked against the evidence of the same unit counted by hand."""
    found = measures.values(measure, window, parameters).get(unit, measures.nothing(measure))
    rows = list(measures.evidence(measure, window, parameters, unit))
    assert found.evidence_count == len(rows)
    if measure.kind == "share":
        assert found.value == (sum(row.in_order for row in rows) / len(rows) if rows else None)
    else:
        assert found.value == len(rows)
    return found.value


def as_of(day: date) -> Window:
    return Window(YEAR.starts_on, YEAR.ends_on, day)


def test_all_measures_are_registered() -> None:
    for measure in (STEERING, TASK_BOOKS, COUNCIL):
        assert measures.get(measure.key) is measure


# R03


def test_external_seats_in_force_are_counted_by_major_group(home: College) -> None:
    body = factories.committee(home)
    factories.seat(body, home)
    factories.seat(body, home, name="协会", party="association")
    factories.seat(body, home, party="school", person=home.people["dean"], name="", organisation=None)
    factories.seat(body, home, name="政府", party="government")
    factories.seat(body, home, name="期满", ends_on=date(2026, 3, 9))
    factories.seat(body, home, name="未到", starts_on=date(2026, 3, 11))
    factories.seat(body, home, name="归档", archived_at="2026-03-01T00:00:00Z")
    factories.seat(factories.council(home), home)
    assert value(STEERING, home.group.pk) == 2
    assert value(STEERING, home.other_group.pk) == 0
    assert value(STEERING, home.group.pk, external_seats=2) == 2
    assert value(STEERING, home.group.pk, external_seats=3) == 0
    assert value(STEERING, home.group.pk, as_of(date(2027, 9, 1))) == 0


def test_a_committee_breaks_with_its_last_external_seat_or_its_term(home: College) -> None:
    body = factories.committee(home)
    factories.seat(body, home, ends_on=date(2026, 6, 30))
    assert measures.break_dates(STEERING, YEAR, {}, 1) == {home.group.pk: date(2026, 6, 30)}
    factories.seat(body, home, name="无期")
    assert measures.break_dates(STEERING, YEAR, {}, 1) == {home.group.pk: date(2027, 8, 31)}
    assert measures.break_dates(STEERING, YEAR, {}, 2) == {home.group.pk: date(2026, 6, 30)}


def test_a_committee_that_begins_later_mends(home: College) -> None:
    body = factories.committee(home, starts_on=date(2026, 4, 1))
    factories.seat(body, home, starts_on=date(2026, 4, 15))
    assert STEERING.mends is not None
    assert list(STEERING.mends(YEAR, {}).values_list("unit_key", "on")) == [(home.group.pk, date(2026, 4, 15))]


# R04


@pytest.fixture
def book(home: College) -> TaskBook:
    return factories.book(factories.committee(home), home, status="approved")


def test_the_share_of_tasks_complete_and_not_overdue(home: College, book: TaskBook) -> None:
    unit = book.committee_id
    assert value(TASK_BOOKS, unit) is None
    factories.task(home, "好", book=book)
    assert value(TASK_BOOKS, unit) == 1
    for number, lack in enumerate([{"owner": None}, {"starts_on": None}, {"due": None}, {"appraisal_method": ""}]):
        task = factories.task(home, f"缺{number}", book=book, **lack)
        assert value(TASK_BOOKS, unit) == 0.5
        task.delete()
    factories.task(home, "逾期", book=book, due=date(2026, 3, 9))
    assert value(TASK_BOOKS, unit) == 0.5
    factories.task(home, "放弃", book=book, due=date(2026, 3, 9), status="dropped")
    assert value(TASK_BOOKS, unit) == 0.5
    factories.task(home, "按时", book=book, due=date(2026, 3, 9), status="done", done_on=date(2026, 3, 1))
    assert value(TASK_BOOKS, unit) == pytest.approx(2 / 3)


def test_a_task_done_late_was_overdue_until_then(home: College, book: TaskBook) -> None:
    factories.task(home, book=book, due=date(2026, 3, 5), status="done", done_on=date(2026, 3, 8))
    assert value(TASK_BOOKS, book.committee_id, as_of(date(2026, 3, 7))) == 0
    assert value(TASK_BOOKS, book.committee_id) == 1


@pytest.mark.parametrize("status", ["draft", "submitted", "replaced"])
def test_only_an_approved_book_counts(home: College, status: str) -> None:
    book = factories.book(factories.committee(home), home, status=status)
    factories.task(home, book=book)
    assert value(TASK_BOOKS, book.committee_id) is None
    assert TASK_BOOKS.mends is not None
    waiting = list(TASK_BOOKS.mends(YEAR, {}).values_list("unit_key", "on"))
    assert waiting == ([] if status == "replaced" else [(book.committee_id, DAY)])


def test_last_years_book_says_nothing_about_this_year(home: College, book: TaskBook) -> None:
    factories.task(home, book=book)
    following = Window(date(2026, 9, 1), date(2027, 8, 31), date(2026, 10, 1))
    assert value(TASK_BOOKS, book.committee_id, following) is None


def test_the_next_task_due_is_the_date(home: College, book: TaskBook) -> None:
    factories.task(home, "一", book=book, due=date(2026, 5, 31))
    factories.task(home, "二", book=book, due=date(2026, 4, 30))
    factories.task(home, "完", book=book, due=date(2026, 3, 31), status="done", done_on=DAY)
    assert measures.due_dates(TASK_BOOKS, YEAR, {}) == {book.committee_id: date(2026, 4, 30)}


# R20


def test_council_meetings_with_minutes_count_for_the_school(home: College) -> None:
    body = factories.council(home, unit=home.first)
    factories.meeting(body, title="有纪要", status="held", minutes="议定。")
    factories.meeting(body, title="计划", held_on=date(2026, 6, 1))
    factories.meeting(body, title="取消", status="cancelled")
    factories.meeting(body, title="去年", status="held", minutes="议定。", held_on=date(2025, 8, 31))
    factories.meeting(factories.committee(home), status="held", minutes="议定。")
    assert value(COUNCIL, home.school.pk) == 1
    assert value(COUNCIL, home.school.pk, as_of(date(2026, 3, 1))) == 0
    assert COUNCIL.mends is not None
    assert list(COUNCIL.mends(YEAR, {}).values_list("unit_key", "on")) == [(home.school.pk, date(2026, 6, 1))]


# What a change touches


def test_a_change_touches_the_unit_it_left_and_the_one_it_joined(home: College, book: TaskBook) -> None:
    seat = factories.seat(book.committee, home)
    assert STEERING.units_touched(Seat, [seat.pk]) == {home.group.pk}
    assert STEERING.units_touched(Committee, [book.committee_id]) == {home.group.pk}
    other = factories.book(
        factories.committee(home, name="酒店", group=home.other_group, unit=home.second), home, status="approved"
    )
    task = factories.task(home, book=book)
    task.book = other
    task.save()
    assert TASK_BOOKS.units_touched(Task, [task.pk]) == {book.committee_id, other.committee_id}
    assert TASK_BOOKS.units_touched(TaskBook, [book.pk]) == {book.committee_id}
    assert COUNCIL.units_touched(Meeting, [1]) is None
