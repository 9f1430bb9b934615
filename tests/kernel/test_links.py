"""Links for people without an account: opened as often as they like, used once, and telling nothing when closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client
from django.utils import timezone

from tests.factories import World, make
from zhixing.kernel import links
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Event, OutsideLink
from zhixing.kernel.scope import SYSTEM
from zhixing.partners.models import Need

PURPOSE = "tests.confirm_need"


def page(request: HttpRequest, link: OutsideLink, record: Any) -> HttpResponse:
    if request.method == "POST":
        with links.consume(link):
            Need.objects.filter(pk=record.pk).update(result="confirmed")
    return render(request, "kernel/outside_done.html", {"done_text": record.title})


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(links._pages, PURPOSE, page)
    cache.clear()
    yield
    cache.clear()


def path_of(address: str) -> str:
    return "/l/" + address.split("/l/")[1]


@pytest.fixture
def need(world: World) -> Need:
    return make(Need)


def issue(need: Need, **more: Any) -> str:
    return path_of(links.issue(PURPOSE, need, name="王经理", by=SYSTEM, **more))


def test_only_the_digest_is_kept(need: Need) -> None:
    token = issue(need).strip("/").split("/")[1]
    kept = OutsideLink.objects.get()
    assert kept.digest == links.digest_of(token) != token
    assert token not in str(list(Event.objects.values()))


def test_opening_uses_nothing_up_and_confirming_does(need: Need) -> None:
    address, client = issue(need), Client()
    for _time in range(3):
        assert client.get(address).status_code == 200
    assert client.head(address).status_code == 200
    link = OutsideLink.objects.get()
    assert (link.opened_count, link.used_at) == (4, None)
    assert client.post(address).status_code == 200
    link.refresh_from_db()
    need.refresh_from_db()
    assert link.used_at is not None and need.result == "confirmed"
    again = client.get(address)
    assert again.status_code == 410
    assert need.title not in again.content.decode()


def test_a_link_opens_without_an_account_and_stays_out_of_caches(need: Need) -> None:
    answer = Client().get(issue(need))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.headers["X-Robots-Tag"]


@pytest.mark.parametrize("how", ["expired", "revoked", "archived"])
def test_a_closed_link_says_so_and_shows_nothing(need: Need, how: str) -> None:
    address = issue(need)
    if how == "expired":
        OutsideLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "revoked":
        assert links.revoke(links.of_record(need, PURPOSE)) == 1
    else:
        Need.objects.update(archived_at=timezone.now())
    for answer in (Client().get(address), Client().post(address)):
        assert answer.status_code == 410
        assert need.title not in answer.content.decode()
    need.refresh_from_db()
    assert need.result == ""


def test_a_new_link_stops_the_lost_one_but_not_another_firms(need: Need) -> None:
    first, other = issue(need, data={"organisation": 1}), issue(need, data={"organisation": 2})
    second = issue(need, data={"organisation": 1})
    client = Client()
    assert [client.get(address).status_code for address in (first, other, second)] == [410, 200, 200]


def test_unknown_tokens_are_slowed_down_without_hurting_anybody_else(need: Need) -> None:
    client, address = Client(), issue(need)
    answers = [client.get(f"/l/{'x' * 40}{n}/").status_code for n in range(links.MISSES + 2)]
    assert answers[0] == 404 and answers[-1] == 429
    assert client.get(address).status_code == 200


def test_one_link_cannot_be_opened_without_end(need: Need, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "OPENINGS", 3)
    address, client = issue(need), Client()
    assert [client.get(address).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert OutsideLink.objects.get().opened_count == 3


def test_work_that_fails_leaves_the_link_alive(need: Need) -> None:
    issue(need)
    link = OutsideLink.objects.get()
    with pytest.raises(RuntimeError), links.consume(link):
        raise RuntimeError
    link.refresh_from_db()
    assert link.used_at is None


def test_a_purpose_has_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError):
        links.register(PURPOSE, lambda request, link, record: HttpResponse())
    with pytest.raises(ValueError):
        links.issue("tests.nothing", Need(pk=1), name="x", by=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_confirm_at_once_one_gets_through() -> None:
    issue(make(Need))
    link = OutsideLink.objects.get()
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def confirm() -> None:
        start.wait()
        try:
            with links.consume(OutsideLink(pk=link.pk)):
                outcomes.append("in")
        except FlowError as refused:
            outcomes.append(refused.code or "")
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", *["used"] * 7]
