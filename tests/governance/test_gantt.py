"""The chart: only what the reader may see, the same number of queries for 2 tasks and 200, bars on their days."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.governance import factories
from tests.governance.factories import College
from zhixing.governance import gantt
from zhixing.governance.gantt import Scale


@pytest.fixture
def chart_page(home: College, client: Client) -> Any:
    def get(name: str, query: str = "") -> Any:
        client.force_login(home.user(name))
        return client.get(f"/governance/gantt/{query}")

    return get


def titles(response: Any) -> list[str]:
    return [bar.task.title for group in response.context["chart"].groups for bar in group.bars]


def test_the_number_of_queries_does_not_grow_with_the_tasks(home: College, chart_page: Any) -> None:
    body = factories.committee(home)
    book = factories.book(body, home, status="approved")

    def add(numbers: range) -> None:
        for number in numbers:
            task = factories.task(home, f"任务{number}", book=book if number % 2 else None)
            task.milestones.create(title="中期", due=date(2026, 4, 15))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert chart_page("teacher").status_code == 200
        return len(seen)

    add(range(2))
    chart_page("teacher")
    few = queries()
    add(range(2, 200))
    assert queries() == few
    assert chart_page("teacher").context["chart"].total == 200


def test_the_page_draws_bars_diamonds_today_and_a_table_for_screen_readers(home: College, chart_page: Any) -> None:
    book = factories.book(factories.committee(home), home, status="approved")
    late = factories.task(home, "逾期任务", book=book, due=date(2026, 3, 9), progress=50)
    late.milestones.create(title="中期检查", due=date(2026, 3, 5))
    words = chart_page("dean").content.decode().partition("<main")[2]
    assert "gov-bar--unmet" in words
    assert "gov-diamond--late" in words
    assert "gov-today" in words
    assert f'href="/governance/task/{late.pk}/"' in words
    assert '<div class="zx-sr"><table>' in words
    assert "⟦undefined" not in words


def test_those_without_the_right_see_nothing(chart_page: Any, home: College) -> None:
    factories.task(home)
    assert chart_page("student").status_code == 403


def test_filters_stand_in_the_address(home: College, chart_page: Any) -> None:
    body = factories.committee(home)
    old = factories.book(body, home, status="replaced")
    book = factories.book(body, home, status="approved", version=2)
    factories.task(home, "在册", book=book)
    factories.task(home, "旧版", book=old)
    factories.task(home, "来自决议", resolution=factories.resolution(body))
    factories.task(home, "别院", unit=home.second, status="done", done_on=date(2026, 3, 1))
    factories.task(home, "往年", starts_on=date(2024, 9, 1), due=date(2025, 6, 30))
    assert sorted(titles(chart_page("dean"))) == sorted(["在册", "来自决议", "别院"])
    assert sorted(titles(chart_page("dean", f"?committee={body.pk}"))) == sorted(["在册", "来自决议"])
    assert titles(chart_page("dean", f"?unit={home.second.pk}")) == ["别院"]
    assert titles(chart_page("dean", f"?book={old.pk}")) == ["旧版"]
    assert sorted(titles(chart_page("dean", "?open=on"))) == sorted(["在册", "来自决议", "往年"])
    assert titles(chart_page("dean", "?book=999999")) == []


def test_days_become_positions() -> None:
    scale = Scale(date(2026, 3, 1), date(2026, 3, 10))
    assert (scale.start_of(date(2026, 3, 1)), scale.end_of(date(2026, 3, 10))) == (0, 100)
    assert (scale.start_of(date(2026, 3, 6)), scale.end_of(date(2026, 3, 6))) == (50, 60)
    assert (scale.start_of(date(2020, 1, 1)), scale.end_of(date(2030, 1, 1))) == (0, 100)


def test_a_bar_covers_its_days_and_its_progress(home: College) -> None:
    factories.task(home, starts_on=date(2026, 3, 1), due=date(2026, 3, 10), progress=50)
    factories.task(home, "无日期", starts_on=None, due=None)
    drawn = gantt.chart(gantt.visible_tasks(home.actor("dean")), date(2026, 3, 1), date(2026, 3, 20))
    bars = {bar.task.title: bar for bar in drawn.groups[0].bars}
    assert (bars["走访十家企业"].x, bars["走访十家企业"].width, bars["走访十家企业"].filled) == (0, 50, 25)
    assert bars["无日期"].width is None
    assert drawn.today == 45


def test_a_task_books_page_carries_its_chart(home: College, client: Client) -> None:
    book = factories.book(factories.committee(home), home, status="approved")
    factories.task(home, "在册", book=book)
    client.force_login(home.user("dean"))
    words = client.get(f"/governance/task_book/{book.pk}/").content.decode()
    assert "gov-gantt" in words
    assert "在册" in words
