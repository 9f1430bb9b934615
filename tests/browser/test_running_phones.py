"""What mentors, guardians, supervisors and students do on their phones while a practice runs, one hand and 390 pixels wide."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Windows, overflow
from tests.factories import make
from tests.practice import running_place as here
from tests.practice.test_running_cases import ink
from zhixing.kernel.models import File
from zhixing.org.calendar import monday_of
from zhixing.org.models import User
from zhixing.practice import running_actions as actions
from zhixing.practice import running_links
from zhixing.practice.models import (
    ArchivePaper,
    Complaint,
    PresenceSignal,
    SafetyQuestion,
    SafetyTest,
    Supervisor,
    Visit,
    WeekEntry,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> here.Place:
    """Students at work these weeks, by the real clock, with a week handed in and a visit written up but not signed."""
    today = timezone.localdate()
    made = here.place(2, 1, starts_on=today - timedelta(days=40), ends_on=today + timedelta(days=60))
    for placement in made.placements:
        monday = monday_of(today) - timedelta(days=7)
        make(WeekEntry, placement=placement, monday=monday, hours=39, text="在前厅学习夜审流程，独立完成三次交接")
    return made


def path_of(handed: Any) -> str:
    return "/l/" + handed.value.rsplit("/l/", 1)[1]


def draw(page: Page) -> None:
    """A name with a finger."""
    field = page.locator("[data-sign-pad]")
    field.evaluate("field => field.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = field.bounding_box()
    assert box is not None
    x, y = box["x"] + 40, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for n in range(1, 12):
        page.mouse.move(x + n * 18, y + (-20 if n % 2 else 20))
    page.mouse.up()


def on_phone(windows: Windows, person: Any, language: str, mode: str) -> Page:
    return windows.open(User.objects.get(person=person), language=language, mode=mode, size=PHONE)


def test_a_mentor_signs_a_visit_confirms_the_week_and_takes_the_letter(house: here.Place, windows: Windows) -> None:
    visit = actions.start_visit(
        house.firms[0], by=house.teacher, visited_on=timezone.localdate(), mode="site", placements=house.placements
    )
    actions.record_visit(visit, by=house.teacher, findings="两名同学在岗，带教到位", follow_up="下月安排轮岗")
    phone = windows.open(size=PHONE)
    phone.goto(path_of(running_links.mentor_link(house.placements[0], by=house.teacher, name="导师0", days=90)))
    expect(phone.locator("#sign + *, [data-sign]").first).to_be_visible()
    assert overflow(phone) == ""
    draw(phone)
    phone.click("[data-sign] button.zx-btn--primary")
    expect(phone.locator("[role=status]").first).to_be_visible()
    visit.refresh_from_db()
    assert visit.signed_at is not None and File.objects.filter(name="signature.png").exists()
    phone.click("form:has([name=shown]) button.run-big")
    expect(phone.locator("#week ~ .zx-tag--ok")).to_be_visible()
    assert PresenceSignal.objects.filter(kind="mentor").count() == 2
    with phone.expect_download() as coming:
        phone.click("a[href='?letter=1']")
    assert coming.value.path().read_bytes().startswith(b"%PDF")
    assert overflow(phone) == ""


def test_a_guardian_calls_and_raises_a_worry(house: here.Place, windows: Windows) -> None:
    placement, plan = house.placements[0], house.plan
    plan.duty_phone = "0898-65720000"
    plan.save()
    make(Supervisor, plan=plan, person=house.supervisor, work_phone="0898-65721111")
    actions.report_incident(placement, by=house.teacher, kind="illness", severity="serious", text="发热，已就医")
    phone = windows.open(language="en", mode="dark", size=PHONE)
    phone.goto(path_of(running_links.guardian_link(placement, by=house.teacher, name="家长0", days=90)))
    expect(phone.locator(".run-calls a").first).to_have_attribute("href", "tel:0898-65721111")
    assert overflow(phone) == ""
    phone.click("summary:has-text('worry')")
    phone.fill("[name=text]", "经常加班到十点")
    phone.click("form:has([name=subject]) button.zx-btn--primary")
    expect(phone.locator("#main")).to_contain_text(Complaint.objects.get().number)


def test_a_supervisor_goes_round_writes_up_has_it_signed_and_reads_the_journals(
    house: here.Place, windows: Windows
) -> None:
    actions.ask_leave(
        house.placements[1],
        by=house.student(house.placements[1]),
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate(),
        kind="sick",
        reason="发烧",
    )
    phone = on_phone(windows, house.supervisor, "zh-hans", "light")
    phone.goto("/practice/today/")
    assert overflow(phone) == ""
    phone.click("button[name=mode][value=site]")
    phone.fill("[name=findings]", "在岗，宿舍整洁")
    assert overflow(phone) == ""
    phone.click("button.run-big")
    draw(phone)
    phone.click("[data-sign] button.zx-btn--primary")
    expect(phone.locator(".zx-out__end")).to_contain_text("导师0")
    assert Visit.objects.get().signed_at is not None and overflow(phone) == ""
    assert "undefined" not in phone.content()
    phone.goto("/practice/journals/")
    assert overflow(phone) == ""
    for left in (1, 0):
        phone.click("[data-stream] [data-key='2']")
        phone.wait_for_load_state()
        assert WeekEntry.objects.filter(status="handed").count() == left


def test_a_student_takes_the_safety_test_and_brings_a_pay_slip(house: here.Place, windows: Windows) -> None:
    placement, plan = house.placements[0], house.plan
    SafetyQuestion.objects.bulk_create(
        SafetyQuestion(code=f"Q{n}", text=f"进入厨房第{n}步先做什么？", options="看清出口\n直接操作", answer=1)
        for n in range(3)
    )
    type(plan).objects.filter(pk=plan.pk).update(safety_questions=3)
    plan.cohorts.add(house.cohort)
    phone = on_phone(windows, placement.student.person, "en", "dark")
    phone.goto(f"/practice/mine/safety/{plan.pk}/")
    assert overflow(phone) == ""
    for answer in phone.locator("input[type=radio][value='1']").all():
        answer.check(force=True)
    phone.click("#main form button.zx-btn--primary")
    phone.wait_for_load_state()
    assert SafetyTest.objects.get().passed and overflow(phone) == ""
    phone.goto("/practice/mine/")
    assert overflow(phone) == ""
    phone.click("a[href$='?what=pay']")
    slip = base64.b64decode(ink().partition(",")[2])
    phone.set_input_files("[name=files]", {"name": "slip.png", "mimeType": "image/png", "buffer": slip})
    assert overflow(phone) == ""
    phone.click("button.run-big")
    expect(phone.locator("section:has(#brought) li")).to_contain_text(ArchivePaper.objects.get().title)
    assert ArchivePaper.objects.get().placement == placement and PresenceSignal.objects.get().kind == "pay"
