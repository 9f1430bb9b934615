"""The red-line gate in a browser: a night shift stops a post's students; the filing is entered once; nothing stops them any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.factories import World
from tests.practice.redline_records import TODAY, practice
from zhixing.practice.models import Filing, Finding

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_a_stopped_post_to_the_filing_that_frees_it(windows: Any, clock: Callable[[date], None]) -> None:
    clock(TODAY)
    world = World()
    there = practice(3, world.own)
    there.post.night_shift = True
    there.post.save()
    # Saving it was enough: the finding stands without anybody asking.
    assert [(row.rule, row.post) for row in Finding.objects.filter(cleared_on=None)] == [("I-10", there.post)]
    page = windows.open(world.users["secretary"])
    page.goto(f"/practice/placement/{there.placements[0].pk}/")
    row = page.locator("#red-lines .red-row--bad")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("第十七条")
    row.locator(".red-row__mend a").click()
    page.check("input[name=row]")
    page.fill("input[name=number]", "琼教职备〔2026〕3号")
    page.fill("input[name=authority]", "省教育厅")
    page.click(".zx-form button.zx-btn--primary")
    expect(page.locator(".red-file")).to_have_count(0)
    assert (Filing.objects.get().subjects, Filing.objects.get().plan) == (["night"], there.plan)
    phone = windows.open(world.users["dean"], language="en", mode="dark", size=PHONE)
    phone.goto(f"/practice/redline/plan/{there.plan.pk}/")
    expect(phone.locator("#rows .red-row")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert not Finding.objects.filter(cleared_on=None).exists()
