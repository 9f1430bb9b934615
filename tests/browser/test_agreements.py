"""Agreements as people walk them: one from need to end at a desk, a minor's with the guardian on a phone, and one refused."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.agreements import makers
from tests.agreements.at_once import own_keys  # noqa: F401
from tests.agreements.papers import code_in_mail, last_link
from tests.browser.conftest import PHONE, Windows, overflow
from tests.browser.test_signing import draw
from tests.factories import World, make, valid_uscc
from zhixing.agreements import actions, seeding, signing
from zhixing.agreements.models import Agreement, Signature
from zhixing.kernel.models import ApprovalRoute
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import School, Student
from zhixing.partners.models import Contact, Organisation

pytestmark = pytest.mark.django_db(transaction=True)
DETAIL = "agreements", "agreement"


@pytest.fixture
def world(transactional_db: None) -> World:
    """Somebody in every role; the office and the firm know each other already."""
    made = World()
    seeding.load_kinds()
    make(School, name="海南海棠职业学院")
    firm = make(
        Organisation, name="海口椰风酒店管理有限公司", kind="enterprise", status="active", uscc=valid_uscc(1001)
    )
    make(Contact, organisation=firm, name="王总", role="signatory", position="总经理", phone="", email="w@example.com")
    stations = [{"role": "dean", "at": "own", "idle_days": 3}, {"role": "office", "at": "school", "idle_days": 3}]
    ApprovalRoute.objects.create(
        record_type="agreements.agreement", name="协议审批", effective_from=date(2020, 1, 1), stations=stations
    )
    return made


def press(page: Page, words: str) -> None:
    """One of a record's actions, from the row of buttons or from the menu behind it."""
    button = page.locator(".zx-ops :is(a, button)", has_text=re.compile(rf"^\s*{words}\s*$"))
    button.first.wait_for(state="attached")
    if not button.first.is_visible():
        page.locator(".zx-ops details.zx-drop > summary").first.click()
    button.first.click()


def confirm(page: Page) -> None:
    """Send what an action or a form asks for."""
    page.locator("form.zx-form").wait_for()
    page.locator("#main form .zx-btn--primary, main form .zx-btn--primary").last.click()


def code(page: Page) -> None:
    mail.outbox.clear()
    page.click("#code button[name=channel]")
    page.fill("#code-field", code_in_mail())
    page.press("#code-field", "Enter")
    expect(page.locator("#sign")).to_be_visible()


def sign_by_name(page: Page, name: str) -> None:
    page.check("input[value=typed]")
    page.fill("#sign-typed", name)
    page.check("input[name=agree]")
    page.click("#sign button.zx-btn--primary")


def test_a_framework_agreement_from_need_to_force_at_a_desk(windows: Windows, world: World) -> None:
    desk = windows.open(world.users["office"])
    desk.goto(reverse("add", args=DETAIL))
    desk.select_option("[name=kind]", label="校企合作框架协议")
    desk.fill("[name=title]", "椰风酒店校企合作框架协议")
    desk.select_option("[name=unit]", label="本学院")
    desk.fill("[name=counterparty]", valid_uscc(1001))
    today = timezone.localdate()
    desk.fill("[name=starts_on]", today.isoformat())
    desk.fill("[name=ends_on]", (today + timedelta(days=3 * 366)).isoformat())
    confirm(desk)
    expect(desk.locator("h1")).to_contain_text("椰风酒店校企合作框架协议")
    agreement = Agreement.objects.get()
    here = reverse("detail", args=[*DETAIL, agreement.pk])
    # The firm confirms its own data by a link that the office makes.
    press(desk, "请对方确认信息")
    confirm(desk)
    expect(desk.locator("#state")).to_contain_text("确认")
    party = agreement.parties.get(role="enterprise")
    desk.goto(reverse("act", args=["agreements", "agreement_party", party.pk, "link"]))
    confirm(desk)
    link = desk.locator("#handed").inner_text()
    firm = windows.open(size=PHONE)
    firm.goto("/l/" + link.partition("/l/")[2])
    firm.fill("[name=address]", "海口市龙华区 1 号")
    firm.fill("[name=confirmed_by]", "王总")
    assert overflow(firm) == ""
    firm.locator("form .zx-btn--primary").last.click()
    expect(firm.locator(".zx-out__end")).to_be_visible()
    # Approved by dean and office, it has its number.
    desk.goto(here)
    press(desk, "提交审批")
    confirm(desk)
    expect(desk.locator("#approval")).to_be_visible()
    for role in ("dean", "office"):
        inbox = windows.open(world.users[role])
        inbox.goto(reverse("inbox"))
        inbox.get_by_role("button", name="通过", exact=True).first.click()
        inbox.wait_for_load_state("networkidle")
    desk.goto(here)
    expect(desk.locator("h1")).to_contain_text(f"KJ-{today.year}-W1-001")
    # Sent for signature as the kind has it; the school's signer is named.
    press(desk, "发起签署")
    school = agreement.parties.get(role="school")
    desk.fill(f"[name=name_{school.pk}]", "符校长")
    mail.outbox.clear()
    confirm(desk)
    expect(desk.locator("#signing")).to_contain_text("待签署")
    firm.goto(last_link())
    code(firm)
    sign_by_name(firm, "王总")
    expect(firm.locator(".zx-out__end")).to_be_visible()
    leader = windows.open(world.users["leader"])
    ask = agreement.signature_requests.get(party=school)
    leader.goto(reverse("signing-inside", args=[ask.pk]))
    sign_by_name(leader, "符校长")
    leader.wait_for_load_state("networkidle")
    desk.goto(here)
    expect(desk.locator("main")).to_contain_text("生效中")
    expect(desk.get_by_role("link", name="签署件（PDF）")).to_be_visible()
    # And changed by an amendment, which leads to its draft.
    press(desk, "变更")
    desk.fill("[name=comment]", "增加实习岗位")
    confirm(desk)
    expect(desk.locator("h1")).to_contain_text("（变更1）")
    assert overflow(desk) == ""
    agreement.refresh_from_db()
    assert agreement.status == "in_force" and agreement.amendments.get().status == "draft"


def test_a_minor_and_the_guardian_sign_on_the_phone(windows: Windows, world: World) -> None:
    today = timezone.localdate()
    student = make(Student, unit=world.own, name="陈海", birth_date=date(today.year - 16, 1, 1), guardian_name="陈父")
    home: Any = makers.College(world.own, None, None, None, Organisation.objects.get(), None, student)  # type: ignore[arg-type]
    given = {"student": student, "owner": None, "major_group": None, "starts_on": today}
    agreement = makers.approved(home, "tripartite", **given, ends_on=today + timedelta(days=180), title="三方协议")
    mails = {"enterprise": "w@example.com", "student": "hai@example.com", "guardian": "fu@example.com"}
    signers = [
        signing.Signer(one.party, one.channel, one.order, one.name, mails.get(one.party.role, ""))
        for one in signing.signers_of(agreement)
    ]
    assert [one.party.role for one in signers] == ["enterprise", "student", "guardian", "school"]
    actions.start_signing(agreement, by=SYSTEM, signers=signers)
    for name, mode, language in (("王总", "light", "zh-hans"), ("陈海", "dark", "zh-hans"), ("陈父", "light", "en")):
        phone = windows.open(size=PHONE, mode=mode, language=language)
        phone.goto(last_link())
        expect(phone.locator("main")).to_contain_text(name)
        code(phone)
        assert overflow(phone) == ""
        if name == "陈父":
            draw(phone)
            phone.check("input[name=agree]")
            phone.click("#sign button.zx-btn--primary")
        else:
            sign_by_name(phone, name)
        expect(phone.locator(".zx-out__end")).to_be_visible()
        assert overflow(phone) == ""
    agreement.refresh_from_db()
    assert agreement.status == "signing"
    guardian = Signature.objects.get(name="陈父")
    assert guardian.method == "drawn" and guardian.request.party.role == "guardian"
    assert signing.broken_evidence(agreement) == []


def test_a_refusal_returns_to_its_editor_who_mends_the_text(windows: Windows, world: World) -> None:
    today = timezone.localdate()
    home: Any = makers.College(world.own, None, None, None, Organisation.objects.get(), None, None)  # type: ignore[arg-type]
    given = {"owner": world.people["secretary"], "major_group": None, "starts_on": today}
    agreement = makers.ready(home, "framework", **given, ends_on=today + timedelta(days=3 * 366))
    Agreement.objects.filter(pk=agreement.pk).update(status="approved", number="KJ-2026-W1-001")
    agreement.refresh_from_db()
    actions.start_signing(agreement, by=SYSTEM)
    first = last_link()
    phone = windows.open(size=PHONE)
    phone.goto(first)
    code(phone)
    phone.click("#refuse summary")
    phone.fill("#refuse-reason", "付款期限要改为三十日")
    phone.click("#refuse button.zx-btn--danger")
    expect(phone.locator(".zx-out__end")).to_be_visible()
    # The editor is told, reads why, mends the text and sends it round again: the paper is a new one.
    desk = windows.open(world.users["secretary"])
    desk.goto(reverse("notices"))
    expect(desk.locator("main")).to_contain_text("付款期限要改为三十日")
    here = reverse("detail", args=[*DETAIL, agreement.pk])
    desk.goto(here)
    expect(desk.locator("#signing")).to_contain_text("付款期限要改为三十日")
    desk.click("#contents a.zx-card__more")
    desk.fill("[name=content_term]", "付款期限为三十日。")
    confirm(desk)
    expect(desk.locator("#contents")).to_contain_text("付款期限为三十日。")
    press(desk, "提交审批")
    confirm(desk)
    expect(desk.locator("#approval")).to_be_visible()
    agreement.refresh_from_db()
    assert (agreement.status, agreement.number) == ("submitted", "KJ-2026-W1-001")
    windows.faults = [fault for fault in windows.faults if " 410 " not in fault]
    phone.goto(first)
    expect(phone.locator("main")).not_to_contain_text("#sign")
    windows.faults = [fault for fault in windows.faults if "410" not in fault]
