"""The week on a phone whose network is cut and comes back: what was written without it arrives exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Windows, overflow
from tests.practice import running_place as here
from zhixing.org.models import User
from zhixing.practice.models import WeekEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> here.Place:
    """Students at work these weeks, by the real clock: a browser has its own."""
    from datetime import timedelta

    from django.utils import timezone

    today = timezone.localdate()
    return here.place(1, 1, starts_on=today - timedelta(days=20), ends_on=today + timedelta(days=60))


@pytest.mark.parametrize(("language", "mode"), [("zh-hans", "light"), ("en", "dark")])
def test_written_without_a_network_it_arrives_once(
    house: here.Place, windows: Windows, language: str, mode: str
) -> None:
    placement = house.placements[0]
    user = User.objects.get(person=placement.student.person)
    phone = windows.open(user, language=language, mode=mode, size=PHONE)
    phone.goto("/practice/week/")
    expect(phone.locator("[data-week-where]")).to_contain_text(placement.post.organisation.name)
    expect(phone.locator("html")).to_have_attribute("data-week-kept", "")
    assert overflow(phone) == ""

    phone.context.set_offline(True)
    phone.goto("/practice/week/")
    # The page from the phone's own memory: nobody's name in its frame, the firm from what the phone remembers.
    expect(phone.locator("[data-week-where]")).to_contain_text(placement.post.organisation.name)
    phone.check("[name=mood][value='4']", force=True)
    phone.fill("[name=hours]", "38")
    phone.fill("[name=text]", "在前厅学习夜审流程，独立完成三次交接")
    phone.click("button.run-big")
    expect(phone.locator("[data-week-queue] li")).to_have_count(1)
    assert overflow(phone) == "" and not WeekEntry.objects.exists()
    # Even when the page is opened anew it is still there.
    phone.reload()
    expect(phone.locator("[data-week-queue] li")).to_have_count(1)

    phone.context.set_offline(False)
    expect(phone.locator("[data-week-queue] li")).to_have_count(0)
    entry = WeekEntry.objects.get()
    assert entry.placement == placement and str(entry.hours) == "38.0" and "夜审" in entry.text
    # Sent again with the same number, as a lost answer would have it: still once.
    _send_again(phone, entry)
    phone.goto("/practice/week/")
    expect(phone.locator(".run-list li")).to_have_count(1)
    assert WeekEntry.objects.count() == 1
    _refused_once(phone, placement.pk)
    # Without a network a page cannot be had: that the browser says so is no fault of the page.
    windows.faults[:] = [fault for fault in windows.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def _send_again(phone: Any, entry: WeekEntry) -> None:
    week = {
        "client_id": str(entry.client_id),
        "placement": entry.placement_id,
        "monday": entry.monday.isoformat(),
        "hours": 38,
        "mood": 4,
        "text": entry.text,
        "written_at": entry.written_at.isoformat(),
    }
    told = phone.evaluate("week => ZxWeek.put(week).then(() => ZxWeek.send())", week)
    assert told["sent"][0]["fresh"] is False


def _refused_once(phone: Any, placement: int) -> None:
    """What the college refuses for good waits for its writer, whatever it is refused for; what it has no time for, for another turn."""
    for status, refused in ((413, 1), (404, 1), (429, 0), (408, 0), (503, 0)):
        told = phone.evaluate(
            """async ([status, placement]) => {
                const real = window.fetch, week = {client_id: crypto.randomUUID(), placement: placement};
                window.fetch = (url, more) => more && more.method === "POST"
                    ? Promise.resolve(new Response("", {status: status})) : real(url, more);
                await ZxWeek.put(week);
                const told = await ZxWeek.send();
                window.fetch = real;
                await ZxWeek.remove(week.client_id);
                return told;
            }""",
            [status, placement],
        )
        assert (len(told["refused"]), told["waiting"]) == (refused, 1 - refused), status
