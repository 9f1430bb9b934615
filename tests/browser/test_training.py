"""Three ways of training with a firm, each from the need to the end in a real browser; students and firms on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, overflow
from tests.browser.screens import Desk
from tests.cultivation import test_apprenticeship_story as apprenticeship
from tests.cultivation import test_order_class_story as order
from tests.industry_colleges import test_story as college
from zhixing.cultivation import follow_up_links
from zhixing.cultivation.models import Applicant, FollowUp, QualityReview, RosterEntry
from zhixing.industry_colleges import areas
from zhixing.industry_colleges.models import Area

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(windows: Windows, clock: Callable[[date], None]) -> Iterator[Callable[[date], Desk]]:
    """A desk on a day. A refused form is answered 422, and the browser's console says so: that is no fault."""
    yield lambda day: Desk(clock, day, windows)
    windows.faults[:] = [fault for fault in windows.faults if " 422 " not in fault]


def fits(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    assert overflow(page) == ""


def link_in_mail() -> str:
    return "/l/" + re.findall(r"/l/(\S+/)", mail.outbox[-1].body)[-1]


def test_an_order_class_from_the_need_to_the_last_follow_up(desk: Callable[[date], Desk]) -> None:
    here = desk(date(2026, 3, 10))
    row, posts, course = order.recruited(here)
    for name, wanted in (("小林", ["测试", "实施"]), ("小王", ["测试", "实施"])):
        here.student(name)
        phone = here.phone(name)
        phone.goto("/cultivation/choices/")
        for place, post in enumerate(wanted, 1):
            phone.select_option(f"select[name=choice{place}]", str(posts[post]))
        fits(phone)
        phone.click("#main form button.zx-btn--primary")
        expect(phone.locator(".cul-list")).to_contain_text("甲科技订单班")

    # The firm ranks by link, on a phone, without an account.
    page = here.dean.page
    page.goto(f"/cultivation/ask/class/{row}/")
    page.fill("input[name=email]", "wang@example.com")
    page.click("#main form button.zx-btn--primary")
    expect(page.locator("#made-link")).to_be_visible()
    firm = here.phone()
    firm.goto(link_in_mail())
    wanted = Applicant.objects.get(student__name="小王")
    firm.click(f"button[value='top:{wanted.pk}']")
    expect(firm.locator(".cul-rank li").first).to_contain_text("小王")
    fits(firm)
    firm.click("button[name=confirm]")
    expect(firm.locator(".zx-out__end")).to_be_visible()

    here.move(date(2026, 3, 15))
    here.dean.act(order.CLASS, row, "match", sure=True)
    named = dict(RosterEntry.objects.values_list("student__name", "post__name"))
    assert named == {"小王": "测试", "小林": "实施"}
    here.move(order.BEGIN)
    here.dean.act(order.CLASS, row, "start")
    order.taught(here, row, course)
    here.move(order.END)
    here.dean.act(order.CLASS, row, "finish", ends_on=order.END.isoformat())
    here.move(order.HIRED)
    hired = {"position": "测试工程师", "hired_on": order.HIRED.isoformat(), "wage": "5200"}
    for entry in RosterEntry.objects.all():
        here.dean.act("cultivation.roster_entry", entry.pk, "hire", **hired)

    # After three months the firm is asked by mail and answers on a phone, after six the college notes it.
    here.move(date(2026, 10, 1))
    follow_up_links.remind(here.day)
    firm.goto(link_in_mail())
    for card in firm.locator(".app-card").all():
        key = card.locator("input[name=hire]").input_value()
        for name, value in (("there", "yes"), ("fit", "5"), ("satisfaction", "4")):
            card.locator(f"label:has(input[name='{name}-{key}'][value='{value}'])").click()
    fits(firm)
    firm.click(".app-foot button")
    expect(firm.locator(".zx-out__end")).to_be_visible()
    assert FollowUp.objects.filter(month=3, still_there=True, fit=5).count() == 2
    here.move(date(2027, 1, 4))
    last = {"month": 6, "done_on": here.day.isoformat(), "still_there": True, "fit": 4, "satisfaction": 5}
    for hire in here.dean.rows(order.HIRE, order_class=row):
        here.dean.act(order.HIRE, hire["id"], "follow_up", **last)
    assert here.dean.act(order.CLASS, row, "close")["status"] == "closed"
    expect(here.dean.page.locator("#main")).to_contain_text("已归档")


def test_an_apprenticeship_from_the_joint_plan_to_the_stop(desk: Callable[[date], Desk]) -> None:
    here = desk(date(2026, 2, 1))
    dean = here.dean
    row, plan = apprenticeship.programme(here, quota=2)
    first, second = (apprenticeship.enrol(here, plan, name, 88) for name in ("小林", "小王"))
    here.move(apprenticeship.BEGIN)
    day = here.day.isoformat()
    dean.act(apprenticeship.PROGRAMME, row, "start")
    for person, post in ((first, "装配"), (second, "测试")):
        dean.act(apprenticeship.APPRENTICE, person, "pair", master=here.master.pk, starts_on=day)
        dean.act(apprenticeship.APPRENTICE, person, "rotate", post=post, starts_on=day)
    here.move(date(2026, 4, 1))
    term = here.years[0].terms.get(number=2).pk
    dean.act(apprenticeship.PROGRAMME, row, "plan_reviews", term=term, each=True)

    # The apprentice speaks on the own page, the master by link; both on a phone.
    phone = here.phone("小林")
    phone.goto("/cultivation/my-apprenticeship/")
    expect(phone.locator("#main")).to_contain_text("张师傅")
    phone.locator("input[type=range]").first.fill("95")
    phone.locator("textarea").fill("师傅很耐心")
    fits(phone)
    phone.click("#main form button.zx-btn--primary")
    expect(phone.locator(".own-said")).to_be_visible()
    fits(phone)
    assert QualityReview.objects.get(side="apprentice", done_on=here.day).text.startswith("师傅很耐心")
    page = dean.page
    page.goto(f"/cultivation/apprenticeships/{row}/ask/")
    page.select_option("select[name=master]", str(here.master.pk))
    page.fill("input[name=email]", "zhang@example.com")
    page.click("#main form button.zx-btn--primary")
    expect(page.locator("#made-link")).to_be_visible()
    master = here.phone()
    master.goto(link_in_mail())
    assert master.locator(".app-card").count() == 2
    fits(master)
    master.click(".app-foot button")
    expect(master.locator(".zx-out__end")).to_be_visible()
    page.goto(f"/cultivation/apprenticeship/{row}/")
    expect(page.locator("#main")).to_contain_text("张师傅")

    # One pauses, then the firm leaves: both are decided, and both take effect.
    pause = {"kind": "pause", "effective_on": day, "reason": "因病休养两个月"}
    change = dean.add(apprenticeship.CHANGE, programme=row, apprentice=second, **pause)
    dean.act(apprenticeship.CHANGE, change, "submit")
    dean.decide()
    assert dean.show(apprenticeship.APPRENTICE, second)["status"] == "paused"
    stop = {
        "kind": "stop",
        "effective_on": here.day.isoformat(),
        "reason": "企业迁出",
        "stop_loss": "转入本校同专业班级",
    }
    change = dean.add(apprenticeship.CHANGE, programme=row, **stop)
    dean.act(apprenticeship.CHANGE, change, "submit")
    dean.decide()
    assert dean.show(apprenticeship.PROGRAMME, row)["status"] == "ended"
    phone.goto("/cultivation/my-apprenticeship/")
    expect(phone.locator("form.own-form")).to_have_count(0)


def test_an_industry_college_from_the_charter_to_the_acceptance(desk: Callable[[date], Desk]) -> None:
    here = desk(date(2025, 9, 10))
    areas.load(Area)
    dean, office = here.dean, here.office
    row = college.founded(here)
    college.chartered(dean, row)
    college.seated(here, row)
    plan = dean.add(college.PLAN, college=row, starts_on="2025-09-10", ends_on="2028-08-31", goals="三年建成")
    owner = here.home.people["dean"].pk
    step = dean.add(college.MILESTONE, plan=plan, title="共建三门课程", due="2026-06-30", owner=owner)
    dean.act(college.PLAN, plan, "submit")
    dean.decide()
    dean.act(college.COLLEGE, row, "build")

    # A plan in an area, its output, its proof: the heat map says so, and its cell opens the rows.
    area = Area.objects.get(code="courses")
    dean.add(college.AREA_PLAN, college=row, area=area.pk, year=here.home.year.pk, goal="共建课程两门", planned=2)
    page = dean.page
    page.goto("/industry_colleges/heatmap/")
    cell = page.locator("a[href*='area_plan']").first
    cell.click()
    expect(page.locator("#zx-list tbody tr")).to_have_count(1)
    page.goto("/industry_colleges/heatmap/")
    output = dean.add(college.OUTPUT, college=row, area=area.pk, title="活页教材", made_on="2025-09-10")
    dean.change(college.OUTPUT, output, link="https://www.example.edu.cn/jc")
    page.goto("/industry_colleges/heatmap/")
    page.locator(f"a[href*='area_output/?'][href*='area={area.pk}&']").first.click()
    expect(page.locator("#zx-list tbody tr")).to_have_count(1)
    expect(page.locator("#zx-list")).to_contain_text("活页教材")

    here.move(date(2026, 7, 1))
    dean.act(college.MILESTONE, step, "finish", done_on="2026-06-28")
    said = {"held_on": "2026-07-01", "experts": "王教授", "score": "88"}
    office.act(college.COLLEGE, row, "mid_check", verdict="passed", **said)
    office.act(college.COLLEGE, row, "accept", verdict="passed", **said)
    expect(office.page.locator("#main")).to_contain_text("已验收")
