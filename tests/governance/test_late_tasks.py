"""A late task reaches its owner on the days set, then the owner's head, each once."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.governance import factories
from tests.governance.factories import College
from zhixing.governance import queries
from zhixing.governance.jobs import remind_late_tasks
from zhixing.kernel.models import Notice

DUE = date(2026, 3, 10)


def run(late: int) -> int:
    return remind_late_tasks(DUE + timedelta(days=late))


def received(home: College, name: str) -> int:
    return Notice.objects.filter(user=home.user(name)).count()


@pytest.fixture
def late(home: College) -> Any:
    return factories.task(home, due=DUE)


def test_owner_on_days_1_3_7_and_head_after_7_once_each(home: College, late: Any) -> None:
    sent = [run(days) for days in range(15) for _again in range(2)]
    assert sent[::2] == [0, 1, 0, 1, 0, 0, 0, 2, *([0] * 7)]
    assert not any(sent[1::2])
    assert (received(home, "teacher"), received(home, "dean"), received(home, "office")) == (3, 1, 0)
    notice = Notice.objects.filter(user=home.user("dean")).get()
    assert notice.url == f"/governance/task/{late.pk}/"
    assert "teacher" in notice.message


def test_a_day_on_which_nothing_ran_is_made_up_for_with_the_furthest_step_only(home: College, late: Any) -> None:
    assert run(5) == 1
    assert received(home, "teacher") == 1
    assert run(40) == 2


def test_the_days_are_a_setting(home: College, late: Any, settings: Any) -> None:
    settings.ZHIXING = {**settings.ZHIXING, "late_task_days": [2]}
    assert [run(1), run(2)] == [0, 2]
    settings.ZHIXING = {**settings.ZHIXING, "late_task_days": []}
    assert run(30) == 0


def test_a_moved_date_starts_the_count_anew(home: College, late: Any) -> None:
    run(1)
    late.due = DUE + timedelta(days=20)
    late.save()
    assert [run(7), run(21)] == [0, 1]


def test_a_deans_own_late_task_goes_to_the_leader_above(home: College) -> None:
    factories.task(home, due=DUE, owner=home.people["dean"])
    run(7)
    assert (received(home, "dean"), received(home, "leader")) == (1, 1)


def test_a_task_nobody_owns_is_the_heads_business_at_once(home: College) -> None:
    factories.task(home, due=DUE, owner=None)
    assert run(1) == 1
    assert received(home, "dean") == 1


def test_done_dropped_archived_and_replaced_tasks_remind_nobody(home: College) -> None:
    body = factories.committee(home)
    factories.task(home, "完成", due=DUE, status="done", done_on=DUE)
    factories.task(home, "放弃", due=DUE, status="dropped")
    factories.task(home, "归档", due=DUE, archived_at="2026-03-01T00:00:00Z")
    factories.task(home, "旧版", due=DUE, book=factories.book(body, home, status="replaced"))
    assert run(30) == 0


def test_queries_tell_late_soon_and_open(home: College, late: Any, today: date) -> None:
    soon = factories.task(home, "将到期", due=DUE + timedelta(days=14))
    factories.task(home, "远", due=DUE + timedelta(days=15))
    assert list(queries.late_tasks(DUE + timedelta(days=1))) == [late]
    assert list(queries.tasks_due_soon(DUE)) == [late, soon]
    body = factories.committee(home)
    resolution = factories.resolution(body)
    factories.resolution(body, 2, status="done")
    idle = factories.council(home)
    assert list(queries.open_resolutions()) == [resolution]
    assert queries.last_meeting_age(today) == {body.pk: 8, idle.pk: None}
