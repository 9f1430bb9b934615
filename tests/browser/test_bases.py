"""Bases in a browser: a leader supposes that a base is lost and finds firms; a firm confirms the year's statement on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.bases import factories as make
from tests.browser.conftest import PHONE
from tests.governance import factories as governance
from zhixing.bases import actions
from zhixing.bases.models import BenefitStatement, PlaceCapacity

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
