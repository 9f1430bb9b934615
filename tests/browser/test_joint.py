"""The office takes two plans that share posts together: picks them, runs, compares the majors and adopts for both."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Windows, overflow
from tests.factories import make
from tests.practice.test_alloc_joint import Pair
from zhixing.org.models import Membership, Person, Unit, User
from zhixing.practice.models import Placement

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_plans_are_allocated_together(windows: Windows) -> None:
    pair = Pair()
    pair.choose()
    office = make(Unit, kind="office")
    user = User.objects.create(username="office", person=make(Person, unit=office))
    Membership.objects.create(person=user.person, role="office", unit=office, starts_on=date(2020, 1, 1))
    page = windows.open(user, language="en", mode="dark")
    page.goto("/practice/allocation/")
    # The plans that share a post are ticked beforehand.
    expect(page.locator("input[name=plan]:checked")).to_have_count(2)
    page.get_by_role("button", name="Take the picked plans together").first.click()
    page.get_by_role("button", name="Allocate", exact=True).click()
    expect(page.get_by_role("heading", name="How the majors fare")).to_be_visible()
    assert overflow(page) == ""
    page.get_by_role("button", name="Adopt").first.click()
    page.locator("dialog[open] button.zx-btn--primary").click()
    expect(page.locator(".zx-tag--ok")).to_contain_text("adopted")
    assert Placement.objects.filter(status="proposed").count() == 7
    phone = windows.open(user, language="zh-hans", mode="light", size=PHONE)
    phone.goto(f"/practice/plans/{pair.two.plan.pk}/allocation/")
    expect(phone.locator("#joint")).to_be_visible()
    expect(phone.locator("#students tbody tr")).to_have_count(3)
    assert overflow(phone) == ""
