"""Bases in a browser: what if a base is lost, a firm's statement, a room booked by the day and by the week, an expert's score, a term summary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.bases import factories as make
from tests.browser.conftest import PHONE, overflow
from tests.governance import factories as governance
from zhixing.bases import actions, paper_actions
from zhixing.bases.models import BenefitStatement, Booking, PlaceCapacity, RecognitionReview, TermSummary

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 10)


def test_suppose_that_a_base_is_lost_and_open_the_gap(windows: Any, clock: Callable[[date], None]) -> None:
    clock(TODAY)
    home = governance.college()
    terms = make.terms(home)
    major = make.major(home)
    base = make.base(home, major, kind="off_campus")
    make.demand(major, terms[1], 40)
    make.places(base, major, terms[1], 44)
    page = windows.open(home.user("dean"))
    page.goto("/bases/planner/")
    expect(page.locator(".ba-sq__a b").first).to_have_text("+4")
    page.click(".ba-what summary")
    page.select_option("select[name=lose]", str(base.pk))
    page.click(".ba-what .zx-btn--primary")
    expect(page.locator(".ba-sq.is-moved b").first).to_have_text("−40")
    assert PlaceCapacity.objects.get().places == 44
    page.locator(".ba-sq__a").first.click()
    expect(page.locator("#behind a")).to_have_text(base.name)


def test_a_firm_confirms_the_statement_on_a_phone(windows: Any, clock: Callable[[date], None]) -> None:
    clock(TODAY)
    home = governance.college()
    base = make.base(home)
    make.use(base, "training", people=60)
    actions.draw_up(base, by=home.actor("dean"), year=2025)
    statement = BenefitStatement.objects.get()
    link = actions.send_statement(statement, by=home.actor("dean"), name="王经理").value
    page = windows.open(size=PHONE, language="en", mode="dark")
    page.goto(link[link.index("/l/") :])
    expect(page.locator("h1")).to_have_text("Statement of 2025")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.fill("#remark", "Agreed")
    page.click("button[value=confirm]")
    expect(page.locator(".zx-out__end")).to_be_visible()
    statement.refresh_from_db()
    assert (statement.status, statement.firm_confirmed_by) == ("confirmed", "王经理")


def test_a_room_is_booked_on_the_calendar_and_week_by_week(windows: Any, clock: Callable[[date], None]) -> None:
    clock(TODAY)
    home = governance.college()
    make.terms(home)
    room = make.room(make.base(home))
    page = windows.open(home.user("teacher"))
    page.goto("/bases/calendar/")
    # Thursday, first lesson: somebody takes the same lessons while the form stands open.
    page.get_by_role("link", name="预约2026-03-12第1节", exact=True).click()
    page.fill("#id_purpose", "数控实训")
    taken = actions.book(
        room, by=home.actor("dean"), day=date(2026, 3, 12), first_period=2, last_period=3, function="training",
        purpose="企业培训",
    )  # fmt: skip
    page.click("form.zx-form .zx-btn--primary")
    refusal = page.locator(".zx-note--error")
    expect(refusal).to_contain_text("企业培训")
    expect(refusal).to_contain_text(taken.booked_by.name)
    windows.faults = [fault for fault in windows.faults if "422" not in fault]
    page.select_option("#id_first_period", "4")
    page.select_option("#id_last_period", "5")
    page.click("form.zx-form .zx-btn--primary")
    page.goto("/bases/calendar/")
    expect(page.locator(".ba-cal__taken")).to_have_count(2)
    assert overflow(page) == ""
    # The same room on Thursdays, on a phone: the taken day is told and left out.
    phone = windows.open(home.user("teacher"), size=PHONE, mode="dark")
    phone.goto(f"/bases/rooms/{room.pk}/weekly/?weekday=4&first_period=3&last_period=4&last_week=6")
    phone.fill("#id_purpose", "钳工实训")
    phone.click("button[value=look]")
    expect(phone.locator("#days a")).to_have_text(["企业培训"])
    assert overflow(phone) == ""
    phone.click("button[value=book]")
    expect(phone.locator(".zx-note, .zx-toast").first).to_be_visible()
    days = Booking.objects.exclude(series="").order_by("day").values_list("day", flat=True)
    assert list(days) == [date(2026, 3, 19), date(2026, 3, 26), date(2026, 4, 2)]


def test_an_expert_scores_an_application_by_link_on_a_phone(windows: Any, clock: Callable[[date], None]) -> None:
    clock(TODAY)
    home = governance.college()
    major = make.major(home)
    base = make.base(home, major)
    row = make.recognition(
        base, major, statement="申报基地已投入[[value]]。", figures={"value": {"value": 90000.0, "url": "/bases/"}}
    )
    type(row).objects.filter(pk=row.pk).update(status="applied", applied_on=TODAY)
    office = home.actor("office")
    row.refresh_from_db()
    paper_actions.invite(row, by=office, experts="李专家，海南大学")
    review = RecognitionReview.objects.get()
    link = paper_actions.ask_expert(review, by=office).value
    page = windows.open(size=PHONE)
    page.goto(link[link.index("/l/") :])
    expect(page.locator("#text")).to_contain_text("90,000元")
    expect(page.locator("#text a")).to_have_count(0)
    assert overflow(page) == ""
    page.fill("#id_score", "101")
    page.click("form .zx-btn--primary")
    expect(page.locator("form.ba-answer")).to_contain_text("100")
    windows.faults = [fault for fault in windows.faults if "422" not in fault]
    page.fill("#id_score", "91.5")
    page.fill("#id_opinion", "条件扎实，建议认定")
    page.click("form .zx-btn--primary")
    expect(page.locator(".zx-out__end")).to_be_visible()
    review.refresh_from_db()
    assert (float(review.score or 0), review.reviewed_on) == (91.5, TODAY)
    page.goto(link[link.index("/l/") :])
    expect(page.locator("form.ba-answer")).to_have_count(0)
    windows.faults = [fault for fault in windows.faults if "410" not in fault]


def test_a_summary_is_written_from_data_edited_and_handed_in(windows: Any, clock: Callable[[date], None]) -> None:
    clock(TODAY)
    home = governance.college()
    _autumn, spring, *_rest = make.terms(home)
    major = make.major(home)
    base = make.base(home, major, kind="off_campus")
    make.places(base, major, spring, 30)
    page = windows.open(home.user("group_leader"))
    page.goto("/bases/summaries/")
    page.click("button[name=major]")
    expect(page.locator("#reads a.zx-num").first).to_be_visible()
    page.fill("#id_results", "本学期提供岗位[[places]]个。")
    page.click("button[value=save]")
    expect(page.locator("#reads")).to_contain_text("本学期提供岗位30个。")
    assert overflow(page) == ""
    page.click("button[value=submit]")
    expect(page.locator("#write")).to_have_count(0)
    PlaceCapacity.objects.update(places=5)
    page.reload()
    expect(page.locator("#reads")).to_contain_text("本学期提供岗位30个。")
    assert TermSummary.objects.get().status == "submitted"
