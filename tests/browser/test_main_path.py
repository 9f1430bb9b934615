"""The main path as somebody walks it: a messy register comes in, a rule turns red and green again, the report carries it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta

import openpyxl
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Windows, overflow
from tests.kernel import registers
from tests.policy import factories as make
from zhixing.org.models import MajorGroup
from zhixing.partners.models import IndustryLink, Organisation
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.policy.models import Rule, Standing

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 10)
PASSWORD = "navigare-necesse-est"


@pytest.fixture
def college(transactional_db: None, clock: Callable[[date], None]) -> make.College:
    """A small college with the policy loaded and judged, on 10 March 2026."""
    clock(TODAY)
    made = make.college()
    load_packs()
    make.link(made.groups[1])
    make.activity(made.groups[0], TODAY)
    body = make.committee(made.groups[0])
    make.task(make.task_book(body, made.years["2025-2026"]), owner=made.people["head0"])
    assess()
    return made


def counts(page: Page) -> dict[str, int]:
    """The numbers above the preview, by kind."""
    found = {}
    for kind in ("rows", "new", "changed", "same", "faulty"):
        words = page.locator(f".zx-count--{kind} b").inner_text()
        found[kind] = int(words.replace(",", ""))
    return found


def bring(page: Page, data: bytes) -> None:
    """Upload a register and go on with the columns as they are proposed."""
    page.goto(reverse("import", args=["partners", "organisation"]))
    page.set_input_files("input[type=file]", {"name": "登记表.xlsx", "mimeType": "application/zip", "buffer": data})
    page.click("form[enctype] button.zx-btn--primary")
    page.wait_for_selector("select[name^=column-]")
    page.click("#main form .zx-btn--primary")
    page.wait_for_selector(".zx-count--new, .zx-count--same")


def test_a_messy_register_comes_in_and_a_second_time_changes_nothing(windows: Windows, college: make.College) -> None:
    user = college.user("office")
    user.set_password(PASSWORD)
    user.save()
    page = windows.open()
    page.goto("/")
    assert "/accounts/login/" in page.url
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", PASSWORD)
    page.click("form:has(input[type=password]) button.zx-btn--primary")
    expect(page.locator("h1")).to_contain_text("王教务")

    there = Organisation.objects.count()
    data = registers.organisations(300)
    bring(page, data)
    assert counts(page) == {"rows": 305, "new": 300, "changed": 0, "same": 0, "faulty": 5}
    assert Organisation.objects.count() == there
    with page.expect_download() as coming:
        page.click("a[href$='/marked/']")
    book = openpyxl.load_workbook(io.BytesIO(coming.value.path().read_bytes())).active
    marked = [row for row in book.iter_rows(min_row=5, values_only=True) if row[-1]]
    assert len(marked) == 5

    page.click("button[name=do][value=commit]")
    page.wait_for_selector("form[action$='/undo/']")
    assert counts(page)["new"] == 300
    assert Organisation.objects.count() == there + 300

    bring(page, data)
    assert counts(page) == {"rows": 305, "new": 0, "changed": 0, "same": 300, "faulty": 5}
    assert page.locator("button[name=do][value=commit]").count() == 0
    page.goto("/partners/organisation/?q=第7号试验")
    expect(page.locator("#zx-list tbody tr")).to_have_count(1)


def state_of(page: Page, rule: Rule, unit: str) -> str:
    """The state that a rule's page shows for a unit."""
    page.goto(reverse("rule", args=[rule.pk]))
    badge = page.locator("#units tr", has_text=unit).locator(".zx-state")
    classes = badge.first.get_attribute("class") or ""
    return next(name.removeprefix("zx-state--") for name in classes.split() if name.startswith("zx-state--"))


def reported(page: Page, group: MajorGroup, rule: str) -> tuple[object, ...]:
    """Value, target and state of a major group in its college's assessment report, made and fetched as a workbook."""
    page.goto(reverse("reports"))
    page.select_option("select[name=unit]", str(group.unit_id))
    page.check("input[name=format][value=xlsx]", force=True)
    page.click("#main form[method=post] button.zx-btn--primary")
    with page.expect_download() as coming:
        page.click("[role=status] a[href^='/reports/']")
    book = openpyxl.load_workbook(io.BytesIO(coming.value.path().read_bytes()))
    lines = book["达标情况"].iter_rows(values_only=True)
    (line,) = (line for line in lines if line[1] == rule and line[4] == group.name)
    return line[7:10]


def test_the_last_link_ends_and_the_rule_turns_red_a_new_one_turns_it_green(
    windows: Windows, college: make.College
) -> None:
    group, rule = college.groups[1], Rule.objects.get(code="R01")
    link = IndustryLink.objects.get(group=group)
    office, holder = windows.open(college.user("office")), windows.open(college.user("head1"))
    assert state_of(office, rule, group.name) == "met"
    standing = Standing.objects.get(rule=rule, unit_key=group.pk, unit_scope="major_group")
    mine = f".zx-todo a[href^='{reverse('standing', args=[standing.pk])}']"
    holder.goto("/")
    expect(holder.locator(mine)).to_have_count(0)

    office.goto(f"/partners/industry_link/{link.pk}/edit/")
    office.fill("input[name=ends_on]", (TODAY - timedelta(days=1)).isoformat())
    office.click("#main form[method=post] button.zx-btn--primary")
    office.wait_for_url(f"**/partners/industry_link/{link.pk}/")
    assert state_of(office, rule, group.name) == "unmet"
    holder.goto("/")
    expect(holder.locator(mine).first).to_be_visible()
    assert reported(office, group, "R01") == (0, 1, "未达标")

    partner = make.association("海南省软件行业协会")
    office.goto("/partners/industry_link/add/")
    office.select_option("select[name=group]", str(group.pk))
    office.fill("input[name=organisation]", partner.uscc or "")
    office.fill("input[name=starts_on]", TODAY.isoformat())
    office.click("#main form[method=post] button.zx-btn--primary")
    office.wait_for_url(lambda url: not url.endswith("/add/"))
    assert state_of(office, rule, group.name) == "met"
    holder.goto("/")
    expect(holder.locator(mine)).to_have_count(0)


def test_search_by_ctrl_k_the_other_language_and_the_dark_mode(windows: Windows, college: make.College) -> None:
    make.association("海南省人工智能学会")
    page = windows.open(college.user("office"))
    page.goto("/")
    page.keyboard.press("Control+k")
    page.locator("#zx-find input[name=q]").press_sequentially("智能", delay=30)
    hit = page.locator("#zx-find-hits a", has_text="海南省人工智能学会")
    expect(hit).to_be_visible()
    hit.click()
    expect(page.locator("h1")).to_contain_text("海南省人工智能学会")

    page.goto("/")
    page.click("summary:has(.zx-ava)")
    page.click("button[name=language][value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#zx-side")).to_contain_text("Organisations")

    page.click(".zx-top__wide summary")
    page.click(".zx-top__wide [data-zx-set-mode=dark]")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(",")[:3])) < 200, background


@pytest.mark.parametrize(("language", "mode"), [("zh-hans", "light"), ("en", "dark")])
def test_the_main_pages_fit_a_phone(windows: Windows, college: make.College, language: str, mode: str) -> None:
    partner = make.association("海南省现代服务业与数字经济高质量发展产教融合促进联合会")
    rule = Rule.objects.get(code="R01")
    standing = Standing.objects.filter(rule=rule, unit_scope="major_group").order_by("pk").first()
    assert standing is not None
    addresses = (
        "/",
        reverse("overview"),
        reverse("clauses"),
        reverse("rule", args=[rule.pk]),
        reverse("standing", args=[standing.pk]),
        reverse("reports"),
        "/partners/organisation/",
        f"/partners/organisation/{partner.pk}/",
        f"/partners/organisation/{partner.pk}/edit/",
        reverse("import", args=["partners", "organisation"]),
        reverse("inbox"),
        reverse("notices"),
        reverse("search") + "?q=海南",
        "/governance/task/",
    )
    page = windows.open(college.user("office"), language=language, mode=mode, size=PHONE)
    wide = {}
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert "⟦undefined" not in page.content(), address
        page.wait_for_load_state("networkidle")
        if found := overflow(page):
            wide[address] = found
    assert wide == {}
