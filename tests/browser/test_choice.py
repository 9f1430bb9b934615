"""On a phone: a student puts posts in order by taps that are saved at once; a guardian reads, consents and takes it back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Windows, overflow
from tests.practice.cohort import Campus
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Membership, User
from zhixing.practice import consent_actions, post_actions
from zhixing.practice.models import Consent, Placement, PracticePlan, Preference

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campus() -> Campus:
    return Campus(size=3, firms=3, posts_each=1)


def plan_of(campus: Campus, **more: Any) -> PracticePlan:
    """A plan by the real clock: a browser has its own."""
    today = timezone.localdate()
    begins = today + timedelta(days=30)
    dates = {"starts_on": begins, "ends_on": begins + timedelta(days=180), "choose_until": today + timedelta(days=5)}
    plan = campus.plan(approved_on=date(2020, 1, 1), **dates, **more)
    post_actions.copy_many(post_actions.last_posts(campus.last), plan, by=SYSTEM)
    plan.posts.update(status="approved", approved_on=date(2020, 1, 1))
    return plan


@pytest.mark.parametrize(("language", "mode"), [("zh-hans", "light"), ("en", "dark")])
def test_a_student_chooses_by_taps(campus: Campus, windows: Windows, language: str, mode: str) -> None:
    plan = plan_of(campus, status="choosing")
    student = campus.students[0]
    user = User.objects.create(username="student", person=student.person)
    Membership.objects.create(person=student.person, role="student", unit=campus.unit, starts_on=date(2020, 1, 1))
    phone = windows.open(user, language=language, mode=mode, size=PHONE)
    phone.goto("/practice/mine/")
    phone.click(".pra-next a")
    expect(phone.locator(".pra-add")).to_have_count(3)
    assert overflow(phone) == ""
    phone.locator(".pra-add").first.click()
    expect(phone.locator("ol.pra-rank li")).to_have_count(1)
    phone.locator(".pra-add").first.click()
    expect(phone.locator("ol.pra-rank li")).to_have_count(2)
    order = list(Preference.objects.filter(student=student).order_by("rank").values_list("post", flat=True))
    phone.click(f"button[value='up:{order[1]}']")
    expect(phone.locator("ol.pra-rank li").first).to_have_id(f"p{order[1]}")
    now = Preference.objects.filter(student=student, plan=plan).order_by("rank").values_list("post", flat=True)
    assert list(now) == order[::-1]
    # What was tapped is there after a reload, and the page says what comes next.
    phone.goto("/practice/mine/")
    expect(phone.locator("#next")).to_contain_text("2")
    assert overflow(phone) == ""


def test_a_guardian_consents_by_link_and_takes_it_back(campus: Campus, windows: Windows) -> None:
    plan = plan_of(campus, status="allocated")
    placement = Placement.objects.create(
        plan=plan,
        student=campus.students[0],
        post=plan.posts.all()[0],
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        status="confirmed",
    )
    consent_actions.prepare([placement], by=SYSTEM)
    address = consent_actions.guardian_link(placement, by=SYSTEM)
    phone = windows.open(size=PHONE)
    phone.goto("/l/" + address.split("/l/")[1])
    assert overflow(phone) == ""
    expect(phone.locator("#consent")).to_contain_text(placement.post.organisation.name)
    phone.click("button[value=give]")
    expect(phone.locator("#consent .zx-tag--ok")).to_be_visible()
    consent = Consent.objects.get(placement=placement, party="guardian")
    assert (consent.status, consent.name, consent.on_paper) == ("given", "家长0", False)
    phone.click("#consent summary")
    phone.fill("#consent textarea", "身体原因")
    phone.click("button[value=withdraw]")
    expect(phone.locator("#consent .zx-tag--bad")).to_be_visible()
    consent.refresh_from_db()
    assert (consent.status, consent.reason) == ("withdrawn", "身体原因")
