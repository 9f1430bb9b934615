"""Long work: noted, watched by its owner alone, done at once without a worker, told in a notice with one."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import World
from zhixing.kernel import jobs, progress
from zhixing.kernel.models import Notice, Progress


def noted(world: World, **params: object) -> Progress:
    return Progress.objects.create(user=world.users["office"], kind="test", title="样例作业", params=params)


def test_what_is_done_is_done_once(world: World) -> None:
    row = noted(world)
    with progress.running(row.pk) as report:
        assert report is not None
        report(1, 2, "一半")
        report.finish("/there/", "做完了")
    row.refresh_from_db()
    assert (row.state, row.url, row.message) == ("done", "/there/", "做完了")
    with progress.running(row.pk) as again:
        assert again is None


def test_work_that_says_nothing_more_is_done(world: World) -> None:
    row = noted(world)
    with progress.running(row.pk):
        pass
    row.refresh_from_db()
    assert row.state == "done"


def test_at_most_four_reports_a_second_are_written_and_the_last_always(world: World) -> None:
    row = noted(world)
    with progress.running(row.pk) as report:
        assert report is not None
        with CaptureQueriesContext(connection) as captured:
            for i in range(1, 1001):
                report(i, 1000, f"第{i}项")
        assert len(captured) <= 8
        row.refresh_from_db()
        assert row.done == 1000


def test_a_refusal_is_told_in_its_words(world: World) -> None:
    row = noted(world)
    with progress.running(row.pk):
        raise ValidationError("没有数据")
    row.refresh_from_db()
    assert (row.state, row.message) == ("failed", "没有数据")


def test_a_fault_is_told_without_its_secrets_and_reaches_the_log(world: World) -> None:
    row = noted(world)
    with pytest.raises(RuntimeError):
        with progress.running(row.pk):
            raise RuntimeError("password=1234")
    row.refresh_from_db()
    assert row.state == "failed" and "1234" not in row.message


def test_only_its_owner_watches_a_job(world: World) -> None:
    row = noted(world)
    assert world.client("office").get(reverse("job", args=[row.pk])).status_code == 200
    assert world.client("leader").get(reverse("job", args=[row.pk])).status_code == 404


def test_the_page_asks_again_until_the_work_is_done(world: World) -> None:
    row = noted(world)
    page = world.client("office").get(reverse("job", args=[row.pk])).content.decode()
    assert "every 1s" in page and "⟦undefined" not in page
    Progress.objects.filter(pk=row.pk).update(state="done", url="/there/")
    page = world.client("office").get(reverse("job", args=[row.pk])).content.decode()
    assert "every 1s" not in page and 'href="/there/"' in page


def test_without_a_worker_the_work_is_done_at_once(world: World) -> None:
    done = []

    def work(progress: int, what: str) -> None:
        done.append(what)

    row = progress.start("test", "样例", world.users["office"].pk, work, what="此刻")  # type: ignore[arg-type]
    assert done == ["此刻"] and row.params["background"] is False


def test_with_a_worker_the_work_is_queued_and_its_end_is_told(world: World) -> None:
    with patch.object(progress, "worker_alive", return_value=True), patch.object(jobs, "defer") as deferred:
        row = progress.start("test", "样例", world.users["office"].pk, jobs.mail_notices, what="稍后")
    deferred.assert_called_once_with(jobs.mail_notices, progress=row.pk, what="稍后")
    with progress.running(row.pk) as report:
        assert report is not None
        report.finish("/there/")
    assert Notice.objects.get(user=world.users["office"]).url == "/there/"
