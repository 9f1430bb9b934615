"""A firm's signatory who has only the link, on a phone: link, code, drawing, done; and the other ways out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.agreements.papers import code_in_mail, last_link, request_of, started
from zhixing.agreements.models import Signature

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[("zh-hans", "light"), ("en", "dark")], ids=["zh-light", "en-dark"])
def phone(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[Page]:
    """A phone of 390 px; it must show no fault in its console, beside a refused form, and ask nobody else for anything."""
    language, mode = request.param
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, base_url=live_server.url
    )
    context.add_cookies(
        [
            {"name": "zx_mode", "value": mode, "url": live_server.url},
            {"name": "django_language", "value": language, "url": live_server.url},
        ]
    )
    page, faults = context.new_page(), list[str]()
    page.on(
        "console", lambda said: faults.append(said.text) if said.type == "error" and " 422 " not in said.text else None
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((live_server.url, "data:", "blob:")) else faults.append(asked.url),
    )
    yield page
    context.close()
    assert faults == []


def fits(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def enter_code(page: Page) -> None:
    page.click("#code button[name=channel]")
    expect(page.locator("#code-field")).to_be_visible()
    fits(page)
    page.fill("#code-field", code_in_mail())
    page.press("#code-field", "Enter")
    expect(page.locator("#sign")).to_be_visible()


def draw(page: Page) -> None:
    pad = page.locator("[data-sign-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 140)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(box["x"] + 30 + step * 13, box["y"] + (60 if step % 2 else 140))
    page.mouse.up()


def test_link_code_draw_done(phone: Page) -> None:
    agreement = started(title="酒店管理与数字化运营专业群校企合作框架协议（2026—2030 年）")
    path = last_link()
    phone.goto(path)
    expect(phone.locator("h1")).to_have_text(agreement.title)
    picture = phone.locator(".zx-sign__pages img").first
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    fits(phone)
    enter_code(phone)
    phone.click("#refuse summary")
    phone.click("#delegate summary")
    fits(phone)
    phone.check("input[name=agree]")
    # Nothing drawn yet: told so, and nothing signed.
    phone.click("#sign button.zx-btn--primary")
    expect(phone.get_by_role("alert")).to_be_visible()
    assert not Signature.objects.exists()


def test_a_drawn_signature_arrives(phone: Page) -> None:
    agreement = started()
    phone.goto(last_link())
    enter_code(phone)
    draw(phone)
    phone.click("[data-sign-clear]")
    draw(phone)
    phone.check("input[name=agree]")
    phone.click("#sign button.zx-btn--primary")
    expect(phone.locator(".zx-out__end")).to_be_visible()
    fits(phone)
    signature = Signature.objects.get()
    assert signature.method == "drawn" and signature.image.size > 500
    assert request_of(agreement, "enterprise").state == "signed"
    assert request_of(agreement, "school").state == "open"


def test_a_typed_name_and_a_refusal(phone: Page) -> None:
    agreement = started()
    phone.goto(last_link())
    enter_code(phone)
    phone.check("input[value=typed]")
    expect(phone.locator("[data-sign-pad]")).to_be_hidden()
    phone.click("#refuse summary")
    phone.fill("#refuse-reason", "付款期限要改为三十日")
    phone.click("#refuse button.zx-btn--danger")
    expect(phone.locator(".zx-out__end")).to_be_visible()
    agreement.refresh_from_db()
    assert agreement.status == "draft"


def test_anybody_verifies_on_a_phone(phone: Page) -> None:
    agreement = started()
    document = agreement.documents.get(kind="final")
    phone.goto("/verify/")
    fits(phone)
    phone.set_input_files("#verify-file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": document.bytes()})
    phone.click("button.zx-btn--primary")
    expect(phone.locator("#answer .is-good")).to_be_visible()
    expect(phone.locator("#answer")).to_contain_text(agreement.number or "")
    fits(phone)
    phone.fill("#verify-text", "7K3M-PQ9X-2RTV")
    phone.click("button.zx-btn--primary")
    expect(phone.locator("#answer .is-bad")).to_be_visible()
    phone.goto("/verify/public-key")
    fits(phone)


def test_mails_are_in_the_college_own_language(phone: Page) -> None:
    started()
    assert re.search(r"[\u4e00-\u9fff]", mail.outbox[-1].subject)
    phone.goto(last_link())
    fits(phone)
