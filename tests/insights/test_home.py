"""Home: for every role, within its queries, only what is the reader's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make
from tests.insights.conftest import Place
from zhixing.insights.mending import cheapest
from zhixing.kernel.models import ImportRun, Notice
from zhixing.org.actors import actor_for
from zhixing.org.calendar import monday_of
from zhixing.org.models import Cohort, Major, MajorGroup, Membership, Role, Student
from zhixing.partners.models import Activity, GovernmentPolicy, Need, SupportGrant
from zhixing.policy.engine import assess
from zhixing.policy.models import Acknowledgement, Standing
from zhixing.practice.models import Placement, WeekEntry

Commit = Callable[[], AbstractContextManager[None]]


def body(place: Place, role: str, path: str = "/") -> str:
    answer = place.client(role).get(path)
    assert answer.status_code == 200, answer.status_code
    text = answer.content.decode()
    assert "⟦undefined" not in text
    return text


def count(place: Place, role: str, path: str = "/") -> int:
    place.client(role).get(path)  # what is kept for an hour is kept now
    with CaptureQueriesContext(connection) as captured:
        assert place.client(role).get(path).status_code == 200
    return len(captured)


def fill(place: Place, kind: str, number: int) -> None:
    """`number` of everything that a home page shows."""
    teacher, leader = place.people["teacher"], place.people["group_leader"]
    for i in range(number):
        name = f"{kind}{i}"
        place.task(f"任务{name}", -1 - i % 40)
        MajorGroup.objects.create(code=name, name=f"群{name}", unit=place.own, leader=leader, starts_on=place.today)
        make(
            Activity,
            unit=place.own,
            title=f"活动{name}",
            follow_up="跟进",
            follow_up_owner=teacher,
            follow_up_due=place.today,
        )
        make(Need, title=f"需求{name}", kind="technique", status="open")
        make(SupportGrant, unit=place.own, title=f"资金{name}", granted_on=place.today)
        for role in ("teacher", "office"):
            Notice.objects.create(user=place.users[role], key=name, text="样例")
    assess()


@pytest.mark.parametrize("role", Role.values)
def test_home_opens_for_every_role_within_twenty_queries(place: Place, role: str) -> None:
    text = body(place, role)
    assert place.people[role].name in text
    assert count(place, role) <= 20


@pytest.mark.parametrize(
    "role", ["office", "leader", "dean", "group_leader", "teacher", "finance", "research", "auditor"]
)
def test_queries_do_not_grow_with_the_rows(place: Place, role: str) -> None:
    fill(place, "A", 2)
    few = count(place, role)
    fill(place, "B", 40)
    assert count(place, role) == few <= 20


def test_nobody_without_a_role_is_greeted_with_an_empty_desk(place: Place) -> None:
    assert "全部办结" in body(place, "nobody")


def test_home_is_for_the_signed_in_only(place: Place) -> None:
    answer = place.client("anonymous").get("/")
    assert answer.status_code == 302 and reverse("login") in answer["Location"]


def test_only_my_own_work_is_on_my_list(place: Place) -> None:
    teacher = place.people["teacher"]
    place.task("我的任务", 0)
    place.task("别人的任务", 0, "hr")
    place.task("已完成的任务", 0, status="done", done_on=place.today)
    make(
        Activity,
        unit=place.own,
        title="会后",
        follow_up="寄送文本",
        follow_up_owner=teacher,
        follow_up_due=place.today,
    )
    make(Need, title="已认领", status="claimed", claimed_by=teacher, claimed_unit=place.own)
    run = {"record_type": "org.unit", "file_name": "别人的文件.xlsx", "content": "x", "sha256": "0" * 64}
    ImportRun.objects.create(user=place.users["office"], **run)
    text = body(place, "teacher")
    for mine in ("我的任务", "寄送文本", "已认领"):
        assert mine in text
    for other in ("别人的任务", "已完成的任务", "别人的文件"):
        assert other not in text
    assert "别人的文件" in body(place, "office")


def test_the_late_come_first_and_each_line_leads_to_its_record(place: Place) -> None:
    late, soon = place.task("逾期任务甲", -3), place.task("将到任务乙", 3)
    text = body(place, "teacher")
    assert text.index("逾期任务甲") < text.index("将到任务乙")
    for task in (late, soon):
        assert f'href="/governance/task/{task.pk}/"' in text
        assert f'href="/governance/task/{task.pk}/act/progress/"' in text


def test_an_undecided_policy_waits_for_its_owner_else_for_the_office(place: Place) -> None:
    make(GovernmentPolicy, title="有主的政策", owner=place.people["group_leader"], status="open", deadline=place.today)
    make(GovernmentPolicy, title="无主的政策", owner=None, status="open", deadline=place.today)
    office, leader = body(place, "office"), body(place, "group_leader")
    assert "无主的政策" in office and "有主的政策" not in office
    assert "有主的政策" in leader and "无主的政策" not in leader


def test_a_dean_acknowledges_in_one_click(place: Place) -> None:
    text = body(place, "dean")
    policy = Standing.objects.select_related("rule").first().rule.policy  # type: ignore[union-attr]
    url = reverse("acknowledge", args=[policy.pk])
    assert f'action="{url}"' in text
    assert place.client("dean").post(url, {"unit": place.own.pk}).status_code == 302
    assert Acknowledgement.objects.filter(policy=policy, unit=place.own).exists()
    assert f'action="{url}"' not in body(place, "dean")


def test_ending_the_last_link_reaches_the_holder_and_renewing_it_takes_it_away(place: Place, commit: Commit) -> None:
    assert "R01" not in todo_of(body(place, "group_leader"))
    with commit():
        place.link.ends_on = place.today - timedelta(days=1)
        place.link.save()
    text = todo_of(body(place, "group_leader"))
    assert "R01" in text and "样例专业群" in text
    # One click to mend it: the form, told which group it is for.
    assert f"/partners/industry_link/add/?group={place.group.pk}" in text
    assert "R01" in body(place, "office")
    with commit():
        place.link.ends_on = place.today + timedelta(days=700)
        place.link.save()
    assert "R01" not in todo_of(body(place, "group_leader"))


def test_a_summary_and_a_demonstration_base_are_mended_where_they_are_written(place: Place) -> None:
    major = make(Major, unit=place.own, leader=place.people["group_leader"], starts_on=date(2020, 9, 1), ends_on=None)
    assess()
    actor = actor_for(place.users["office"])
    rows = Standing.objects.filter(unit_scope="major", unit_key=major.pk)
    summary, demonstration = (rows.filter(rule__code=code).first() for code in ("R12", "R13"))
    assert summary is not None and demonstration is not None
    assert cheapest(summary, actor).url == f"{reverse('term-summaries')}?term={summary.period_code}"
    assert cheapest(demonstration, actor).url == f"{reverse('demonstration-nearest')}?major={major.pk}"
    summary.forecast = {"mend": [{"type": "bases.term_summary", "id": 7, "label": "总结", "on": ""}]}
    assert cheapest(summary, actor).url == reverse("term-summary", args=[7])


def todo_of(text: str) -> str:
    """The part of the page that says what needs the reader."""
    start = text.index('id="todo"')
    return text[start : text.index("</section>", start)]


def test_reminding_all_tells_each_holder_once(place: Place) -> None:
    MajorGroup.objects.create(
        code="ZYQ2", name="无联系的群", unit=place.own, leader=place.people["group_leader"], starts_on=place.today
    )
    assess()
    assert reverse("home-remind") in body(place, "office")
    assert reverse("home-remind") not in body(place, "leader")
    before = Notice.objects.count()
    assert place.client("office").post(reverse("home-remind")).status_code == 302
    sent = Notice.objects.count() - before
    assert sent and Notice.objects.filter(user=place.users["group_leader"]).exists()
    place.client("office").post(reverse("home-remind"))
    assert Notice.objects.count() == before + sent
    assert place.client("teacher").post(reverse("home-remind")).status_code == 403


def test_a_student_sees_their_own_record_only(place: Place) -> None:
    major = Major.objects.create(code="510201", name="样例专业", unit=place.own, starts_on=place.today)
    cohort = Cohort.objects.create(code="C1", name="样例一班", major=major, entry_year=2025)
    Student.objects.create(number="S1", name="本人", cohort=cohort, person=place.people["student"])
    Student.objects.create(number="S2-OTHER", name="同学", cohort=cohort)
    text = body(place, "student")
    assert "S1" in text and "样例一班" in text
    assert "S2-OTHER" not in text and "R01" not in text


def test_somebody_with_two_hats_chooses_one(place: Place) -> None:
    Membership.objects.create(person=place.people["teacher"], role="dean", unit=place.own, starts_on=place.today)
    text = body(place, "teacher")
    assert 'href="?as=teacher"' in text and 'id="duties"' in text
    assert 'id="duties"' not in body(place, "teacher", "/?as=teacher")
    # A hat that is not theirs changes nothing.
    assert 'id="duties"' in body(place, "teacher", "/?as=office")


def test_a_dean_sees_the_own_college_only(place: Place) -> None:
    MajorGroup.objects.create(code="ZYQ9", name="邻院的群", unit=place.sibling, starts_on=place.today)
    assess()
    assert "邻院的群" in body(place, "office")
    assert "邻院的群" not in body(place, "dean")


@pytest.mark.parametrize(
    ("role", "status"), [("office", 200), ("leader", 200), ("auditor", 200), ("teacher", 403), ("student", 403)]
)
def test_who_may_open_the_overview(place: Place, role: str, status: int) -> None:
    assert place.client(role).get(reverse("overview")).status_code == status


def test_the_overview_tells_another_year(place: Place) -> None:
    text = body(place, "leader", reverse("overview"))
    assert place.year_code in text and "data-chart" in text
    assert count(place, "leader", reverse("overview")) <= 20


def test_every_number_has_exactly_its_rows_behind_it(place: Place) -> None:
    fill(place, "A", 3)
    place.client("office").get("/")
    answer = place.client("office").get("/")
    kpis = answer.context["top"][0]["kpis"]
    assert {kpi["label"] for kpi in kpis} == {"未达标", "预警", "达标", "逾期任务"}
    for kpi in kpis:
        behind = place.client("office").get(kpi["url"])
        assert "⟦undefined" not in behind.content.decode()
        assert behind.context["page"]["count"] == kpi["value"], kpi["label"]
    side = answer.context["side"]
    assert place.client("office").get(side["more"]).context["page"]["count"] == side["total"]


def test_the_rows_behind_a_number_cost_the_same_for_many(place: Place) -> None:
    few = count(place, "office", reverse("duty-rows"))
    fill(place, "A", 20)
    assert count(place, "office", reverse("duty-rows")) == few <= 12
    assert place.client("student").get(reverse("duty-rows")).status_code == 403
    assert place.client("office").get(reverse("duty-rows") + "?year=nonsense").status_code == 404


def test_an_evaluation_can_be_started_by_the_office_alone(place: Place) -> None:
    Standing.objects.all().delete()
    answer = place.client("office").post(reverse("assess-now"))
    assert answer.status_code == 302
    page = place.client("office").get(answer["Location"])
    assert "zx-job" in page.content.decode() and Standing.objects.exists()
    assert place.client("leader").get(answer["Location"]).status_code == 404
    assert place.client("teacher").post(reverse("assess-now")).status_code == 403


def test_practice_leads_its_student_and_its_supervisor_from_home(place: Place) -> None:
    student = make(Student, unit=place.own, person=place.people["student"])
    placement = make(
        Placement,
        unit=place.own,
        student=student,
        supervisor=place.people["teacher"],
        status="running",
        starts_on=place.today - timedelta(days=30),
        ends_on=place.today + timedelta(days=60),
    )
    week, stream = "提交本周周记", "篇周记待批阅"
    assert week in body(place, "student") and stream not in body(place, "teacher")
    make(WeekEntry, placement=placement, monday=monday_of(place.today), status="handed")
    # The week is in: nothing is left for the student until the next, and the supervisor has something to read.
    assert week not in body(place, "student") and stream in body(place, "teacher")
    assert count(place, "student") <= 20 and count(place, "teacher") <= 20
