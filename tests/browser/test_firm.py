"""A firm on a phone, by its link alone: ranks who chose it, declines one with a reason, signs, and lets a colleague in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Windows, overflow
from tests.browser.test_choice import campus, plan_of  # noqa: F401
from tests.practice.cohort import Campus
from zhixing.agreements import actions as agreements
from zhixing.kernel.models import Event
from zhixing.kernel.scope import SYSTEM
from zhixing.practice import papers, reminders
from zhixing.practice.models import Placement, Preference

pytestmark = pytest.mark.django_db(transaction=True)


def _shot(page: Any, name: str) -> None:
    """A picture for whoever looks at the pages, where a folder for them is named."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("language", "mode"), [("zh-hans", "light")])
def test_a_firm_does_all_by_its_link(campus: Campus, windows: Windows, language: str, mode: str) -> None:  # noqa: F811
    old, plan = plan_of(campus, code="SX-A", status="allocated"), plan_of(campus, code="SX-B", status="choosing")
    firm = campus.firms[0]
    mine = old.posts.get(organisation=firm)
    for student in campus.students[:2]:
        Placement.objects.create(
            plan=old, student=student, post=mine, mentor=mine.mentor, supervisor=campus.teachers[0],
            starts_on=old.starts_on, ends_on=old.ends_on, status="confirmed",
        )  # fmt: skip
    taken, unwanted = Placement.objects.order_by("pk")
    Placement.objects.filter(pk=taken.pk).update(accepted_on=timezone.localdate())
    taken.refresh_from_db()
    paper = papers.make(taken, by=SYSTEM)
    agreements.start_signing(paper, by=SYSTEM)
    post = plan.posts.get(organisation=firm)
    for rank, student in enumerate(campus.students, 1):
        Preference.objects.create(plan=plan, student=student, post=post, rank=rank)
    url = "/l/" + reminders.firm_link(firm, by=SYSTEM, name="王经理").split("/l/")[1]
    phone = windows.open(size=PHONE, language=language, mode=mode)
    phone.goto(url)
    assert overflow(phone) == ""
    _shot(phone, "firm")
    # Ranking: the last comes first, tap by tap.
    last = campus.students[2]
    card = phone.locator(f"#post-{post.pk}")
    for _n in range(2):
        card.locator(f"button[value='up:{last.pk}']").click()
    expect(card.locator("li").first).to_contain_text(last.name)
    assert post.rankings.order_by("rank")[0].student_id == last.pk
    # Declining asks for the reason.
    phone.click(f"a[href='?decline={unwanted.pk}#d{unwanted.pk}']")
    phone.fill(f"#d{unwanted.pk} textarea", "人手已满")
    assert overflow(phone) == ""
    _shot(phone, "firm-decline")
    phone.click(f"#d{unwanted.pk} button")
    expect(phone.locator("#students")).to_have_count(0)
    unwanted.refresh_from_db()
    assert unwanted.status == "cancelled"
    # A colleague gets a link of their own.
    phone.click("a[href='?share=1#share']")
    phone.click("#share button[value=share]")
    expect(phone.locator("#share .zx-err").first).to_be_visible()
    assert overflow(phone) == ""
    _shot(phone, "firm-share")
    phone.fill("#share input[name=name]", "李主管")
    phone.fill("#share input[name=email]", "li@example.com")
    phone.click("#share button[value=share]")
    expect(phone.locator(".zx-note[role=status]")).to_contain_text("李主管")
    assert mail.outbox[-1].to == ["li@example.com"] and firm.name in mail.outbox[-1].body
    assert Event.objects.filter(record_id=firm.pk, verb=reminders.SHARED, actor_name="王经理").exists()
    # The paper leads to the signer's own page; and the colleague's link opens the same inbox.
    phone.click(f"button[value='sign:{paper.signature_requests.get(party__role='enterprise').pk}']")
    expect(phone.locator("h1")).to_contain_text(taken.student.name)
    assert overflow(phone) == ""
    colleague = windows.open(size=PHONE)
    colleague.goto("/l/" + mail.outbox[-1].body.split("/l/")[1].split()[0])
    expect(colleague.locator("main")).to_contain_text("李主管")
    # The form that was sent empty is the one refusal.
    windows.faults = [fault for fault in windows.faults if "422" not in fault]
