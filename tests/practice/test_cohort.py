"""A cohort of five hundred goes from the plan to the grades through what people and programs call, with refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.factories import make
from tests.practice import cohort_runs, cohort_signing
from tests.practice.cohort import BEGINS, ENDS, TODAY, Campus, csv
from zhixing.kernel import approval, importing
from zhixing.kernel.acting import changing
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import ApprovalStation, Notice
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Division
from zhixing.practice import (
    allocating,
    allocation_actions,
    choice_actions,
    consent_actions,
    insurance,
    placement_actions,
    plan_actions,
    post_actions,
    readiness,
    reminders,
)
from zhixing.practice.models import (
    Consent,
    InsurancePolicy,
    Placement,
    PlanDocument,
    Post,
    PracticePlan,
    Preference,
    SafetyTest,
)


@dataclass
class Calendar:
    """The day that the product takes for today."""

    day: date = TODAY


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calendar]:
    calendar = Calendar()
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_more: calendar.day)
    cache.clear()
    yield calendar
    cache.clear()


def brought(key: str, head: str, rows: list[str], by: Actor) -> Any:
    """A register brought in by somebody: counted, with its faults."""
    sheet = sheet_for(key)
    assert sheet is not None
    run, _reading = importing.start(sheet, csv(head, rows), f"{key}.csv", by=by)
    importing.preview(run, by=by)
    assert not run.faults, run.faults[:3]
    importing.commit(run, by=by)
    return run.counts


def analyse() -> None:
    """What autovacuum does in a real house: the planner learns what was just written."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def taken(post: Post) -> int:
    return post.placements.filter(status__in=Placement.LIVE).count()  # type: ignore[attr-defined]


def post_of(plan: PracticePlan, student: Any) -> int:
    """Where a student is placed now."""
    return plan.placements.get(student=student, status__in=Placement.LIVE).post_id


def link_to(url: str) -> str:
    return "/l/" + url.split("/l/")[1]


def lacking(plan: PracticePlan, red_lines: bool = False) -> dict[str, int]:
    """How many lack what; the red lines, which ask the most, only where they are meant."""
    found = readiness.missing(readiness.rows_of(plan), red_lines=red_lines)
    return dict(Counter(item.code for items in found.values() for item in items))


def test_five_hundred_from_plan_to_grade(db: Any, django_assert_max_num_queries: Any, today: Calendar) -> None:
    campus = Campus()
    dean, owner = campus.actor(campus.dean, "dean"), campus.actor(campus.owner, "group_leader")
    plan = _approved_plan(campus, owner, dean)
    _posts(campus, plan, owner, dean)
    _choices(campus, plan, owner)
    analyse()
    _placed(campus, plan, dean)
    analyse()
    _papers(campus, plan, owner, dean)

    # Nobody begins while anything is missing, and everybody's reason is said.
    with pytest.raises(FlowError) as refused:
        plan_actions.start(plan, by=dean)
    assert refused.value.code == "refused" and plan.status == PracticePlan.Status.ALLOCATED

    _insured_and_tested(campus, plan, dean)
    analyse()
    assert lacking(plan, red_lines=True) == {"consent_guardian": 1, "safety": 1}
    with django_assert_max_num_queries(150):
        plan_actions.start(plan, by=dean)
    assert plan.status == PracticePlan.Status.RUNNING
    assert plan.placements.filter(status="running").count() == 498

    late = plan.placements.get(status="confirmed", student=campus.students[499])
    with pytest.raises(FlowError, match="学生499"):
        placement_actions.start(late, by=dean)
    consent_actions.give(late.consents.get(party="guardian"), by=dean, name="家长499", on_paper=True)
    plan_actions.start_ready(plan, by=dean)
    assert plan.placements.filter(status="running").count() == 499
    told = reminders.remind_all(plan, by=dean)
    assert told["student"] == 0 and told["college"] == 1  # The two have no account; their owner is told.

    house = cohort_runs.Running(campus, plan)
    today.day = date(2026, 7, 10)
    cohort_runs.weeks(house)
    gone, moved = cohort_runs.cases(house)
    assert plan.placements.filter(status="running").count() == 498 and moved.student != gone.student
    today.day = date(2027, 1, 4)
    analyse()
    cohort_runs.to_the_grades(house, brought, django_assert_max_num_queries)


def _approved_plan(campus: Campus, owner: Actor, dean: Actor) -> PracticePlan:
    bare = make(PracticePlan, code="SX-0", major=campus.major, owner=campus.owner.person, choose_until=None)
    with pytest.raises(FlowError) as refused:
        plan_actions.submit(bare, by=owner)
    assert refused.value.code == "no_cohorts"
    plan = campus.plan()
    plan_actions.submit(plan, by=owner)
    with pytest.raises(FlowError):
        approval.approve(ApprovalStation.objects.get().pk, by=owner)
    approval.approve(ApprovalStation.objects.get().pk, by=dean)
    plan.refresh_from_db()
    assert plan.status == "approved" and plan.approved_on == TODAY
    for kind in PlanDocument.Kind.values:
        make(PlanDocument, plan=plan, kind=kind, issued_on=date(2026, 5, 1))
    return plan


def _posts(campus: Campus, plan: PracticePlan, owner: Actor, dean: Actor) -> None:
    with pytest.raises(FlowError) as refused:
        plan_actions.open_choices(plan, by=owner)
    assert refused.value.code == "no_posts"
    assert f"plan={plan.pk}" in plan_actions.copy_posts(plan, by=owner)
    with pytest.raises(FlowError):
        plan_actions.copy_posts(plan, by=owner)
    assert plan.posts.filter(status="draft", copied_from__isnull=False).count() == 60
    # One firm says by its link that a post has grown; the others' posts are offered by the college.
    firm, url = campus.firms[0], link_to(reminders.firm_link(campus.firms[0], by=owner, name="王经理"))
    post, other = plan.posts.filter(organisation=firm)[0], plan.posts.exclude(organisation=firm)[0]
    said = {
        "title": post.title,
        "places": 12,
        "tasks": "值守",
        "address": "海口",
        "hours_day": 8,
        "hours_week": 40,
        "pay": 2800,
    }
    assert Client().post(url, {**said, "do": f"offer:{other.pk}"}).status_code == 422
    assert Client().post(url, {**said, "do": f"offer:{post.pk}"}).status_code == 302
    post.refresh_from_db()
    assert (post.status, post.places) == ("offered", 12)
    # Ten hours a day do not open (I-11), and only who approves may open the others.
    long = plan.posts.filter(status="draft")[0]
    Post.objects.filter(pk=long.pk).update(hours_day=10)
    assert "status=offered" in plan_actions.offer_posts(plan, by=owner)
    with pytest.raises(FlowError):
        plan_actions.approve_posts(plan, by=owner)
    assert "status=offered" in plan_actions.approve_posts(plan, by=dean)
    long.refresh_from_db()
    with pytest.raises(ValidationError, match="I-11"):
        post_actions.approve(long, by=dean)
    assert plan.posts.filter(status="approved").count() == 59


def _choices(campus: Campus, plan: PracticePlan, owner: Actor) -> None:
    plan_actions.publish_units(plan, by=owner)
    plan_actions.open_choices(plan, by=owner)
    posts = list(plan.posts.filter(status="approved").values_list("pk", flat=True))
    student = campus.students[0]
    for wrong in (posts[:6], [posts[0], posts[0]], [campus.old[0].pk]):
        with pytest.raises(ValidationError):
            choice_actions.save_choices(student, plan, wrong, by=SYSTEM)
    for i, row in enumerate(campus.students[:40]):
        choice_actions.save_choices(row, plan, [posts[(i + j) % len(posts)] for j in range(3)], by=SYSTEM)
    assert Preference.objects.filter(plan=plan).count() == 120
    # The others filled in a form in class: more of them want the first posts than these can take.
    codes = dict(Post.objects.filter(pk__in=posts).values_list("pk", "code"))
    wishes = [
        f"{plan.code},{row.number},{codes[posts[at]]},{rank}"
        for i, row in enumerate(campus.students[40:], 40)
        for rank, at in enumerate(dict.fromkeys((i % 45, i % 45 + 7, 45 + i % 14, (i + 31) % 59)), 1)
    ]
    head = "计划编号,学号,岗位编号,志愿序号"
    brought("practice.preference", head, wishes, campus.actor(campus.dean, "dean"))
    post = Post.objects.get(pk=posts[0])
    people = list(choice_actions.applicants(post))
    choice_actions.rank_students(post, [row.student_id for row in reversed(people)], by=owner)
    assert list(post.rankings.values_list("student", flat=True)) == [row.student_id for row in reversed(people)]
    # A unit of the student's own: once approved the student is placed there, and chooses no more.
    lies, _made = Division.objects.get_or_create(code="460200", defaults={"name": "三亚市", "level": 2})
    unit = {"uscc": str(campus.firms[3].uscc), "firm": "", "title": "测试岗", "address": "三亚", "region": lies}
    hours = {"hours_day": 8, "hours_week": 40}
    found = post_actions.propose(campus.students[1], plan, by=SYSTEM, **unit, **hours)
    with pytest.raises(FlowError) as refused:
        post_actions.propose(campus.students[1], plan, by=SYSTEM, uscc="", firm="别家", title="岗", address="三亚")
    assert refused.value.code == "twice"
    post_actions.approve(found, by=campus.actor(campus.dean, "dean"))
    assert campus.students[1].placements.get().locked
    with pytest.raises(FlowError):
        choice_actions.save_choices(campus.students[1], plan, posts[:1], by=SYSTEM)


def _placed(campus: Campus, plan: PracticePlan, dean: Actor) -> None:
    (first,) = allocating.run(plan, ("optimal",), user=campus.dean.pk)
    with pytest.raises(FlowError):
        allocation_actions.adopt(first, by=campus.actor(campus.owner, "teacher"))
    # One more has chosen meanwhile: what was computed before no longer counts.
    posts = list(plan.posts.filter(status="approved", source="school").order_by("pk"))
    choice_actions.save_choices(campus.students[60], plan, [posts[2].pk], by=SYSTEM)
    with pytest.raises(FlowError) as refused:
        allocation_actions.adopt(first, by=dean)
    assert refused.value.code == "stale" and plan.placements.count() == 1
    (run,) = allocating.run(plan, ("optimal",), user=campus.dean.pk)
    assert allocation_actions.adopt(run, by=dean) == 500 and run.summary["unplaced"] == 0
    plan.refresh_from_db()
    assert plan.status == PracticePlan.Status.ALLOCATED
    assert plan.placements.filter(status="proposed", supervisor=None).count() <= 1
    chose = {row.student_id: row for row in plan.placements.filter(student__in=campus.students[:40])}
    assert sum(row.choice_rank in (1, 2, 3) for row in chose.values()) == 39  # The fortieth found an own unit.
    # An appeal: the student gets the post, as few as possible move, and the place is kept.
    asks = campus.students[70]
    full = max(posts, key=lambda post: (post.pk != post_of(plan, asks), taken(post)))
    given: dict[str, Any] = {"student": asks.pk, "post": full.pk, "wish": "give", "by": dean}
    with pytest.raises(ValidationError):
        allocation_actions.give_way(plan, **given, comment=" ")
    moves = allocation_actions.give_way(plan, **given, comment="企业指定")
    assert 1 <= len(moves) <= 3 and post_of(plan, asks) == full.pk
    assert plan.placements.get(student=asks).locked
    with changing(plan.placements.get(student=campus.students[1]), "changed", by=dean) as own:
        own.supervisor, own.mentor = campus.teachers[0], campus.mentors[3]
    # An eleventh student for ten places is refused by name of the post; the others are confirmed.
    full = next(post for post in posts if taken(post) == post.places)
    extra = plan.placements.exclude(post=full).filter(locked=False).order_by("-pk").first()
    assert extra is not None
    home = extra.post
    Placement.objects.filter(pk=extra.pk).update(post=full)
    plan_actions.confirm_places(plan, by=dean)
    assert plan.placements.filter(status="confirmed").count() == 499
    waiting = plan.placements.get(status="proposed")
    with pytest.raises(FlowError, match=str(full.title)):
        placement_actions.confirm(waiting, by=dean)
    Placement.objects.filter(pk=waiting.pk).update(post=home)
    waiting.refresh_from_db()
    placement_actions.confirm(waiting, by=dean)
    firm = campus.firms[0]
    url = link_to(reminders.firm_link(firm, by=dean, name="王经理"))
    page = Client().get(url)
    assert page.status_code == 200 and "13900000000" not in page.content.decode()
    shown = [row.pk for row in page.context["waiting"]][:8]
    stranger = plan.placements.exclude(post__organisation=firm)[0]
    assert Client().post(url, {"do": "accept", "shown": [*shown, stranger.pk]}).status_code == 302
    assert plan.placements.filter(accepted_on=TODAY).count() == len(shown)


def _papers(campus: Campus, plan: PracticePlan, owner: Actor, dean: Actor) -> None:
    before = lacking(plan)
    # Eight were taken by link; for the others the firm is asked, by the name of who speaks for it.
    assert before["accepted"] == 492
    (items,) = readiness.missing(readiness.rows_of(plan).filter(accepted_on=None)[:1]).values()
    (item,) = [item for item in items if item.code == "accepted"]
    assert item.holder == "firm" and item.who.startswith("师傅") and "公司" in item.who
    assert before["consent_guardian"] == 499 and before["agreement"] == 500 and before["insurance"] == 500
    consent_actions.ask_many(list(readiness.rows_of(plan).filter(student__in=campus.students[2:5])), by=dean)
    # A student says yes on the phone, a guardian by link: and one of them takes it back.
    client = campus.sign_in(campus.students[2])
    assert client.post("/practice/mine/", {"do": "give"}).status_code == 302
    guardian = Consent.objects.get(placement__student=campus.students[2], party="guardian")
    consent_actions.give(guardian, by=SYSTEM, name="家长2")
    with pytest.raises(FlowError):
        consent_actions.withdraw(guardian, by=SYSTEM)
    consent_actions.withdraw(guardian, by=SYSTEM, comment="太远", name="家长2")
    assert Notice.objects.filter(user=campus.owner, key__startswith="practice_consent_no").exists()
    numbers = " ".join(row.number for row in campus.students)
    with pytest.raises(ValidationError, match="99999"):
        plan_actions.paper_consents(plan, by=dean, party="student", decided_on=TODAY, numbers="99999")
    plan_actions.paper_consents(plan, by=dean, party="student", decided_on=TODAY, numbers=numbers)
    but_one = " ".join(row.number for row in campus.students[:499])
    plan_actions.paper_consents(plan, by=dean, party="guardian", decided_on=TODAY, numbers=but_one)
    assert lacking(plan).get("consent_student") is None and lacking(plan)["consent_guardian"] == 1
    # Most agreements were signed on paper and come as a register; the firm that took its students by link gets new ones.
    taken = set(plan.placements.filter(accepted_on=TODAY).values_list("pk", flat=True))
    rows = [
        f"SX-2026-{i},tripartite,三方协议{i},{campus.unit.code},{row.post.organisation.uscc},{row.student.number},{BEGINS},{ENDS},{TODAY},生效"
        for i, row in enumerate(readiness.rows_of(plan).exclude(pk__in=taken))
    ]
    head = "协议编号,协议类型,协议名称,承办单位,合作企业,学号,起始日期,截止日期,签订日期,状态"
    brought("agreements.agreement", head, rows, dean)
    parties = []
    for i, row in enumerate(readiness.rows_of(plan).exclude(pk__in=taken)):
        firm, student = row.post.organisation, row.student
        parties.append(f"SX-2026-{i},1,school,知行学院,,")
        parties.append(f"SX-2026-{i},2,enterprise,{firm.name},{firm.uscc},")
        parties.append(f"SX-2026-{i},3,student,{student.name},,{student.number}")
        if readiness.is_minor(row):
            parties.append(f"SX-2026-{i},4,guardian,{student.guardian_name},,")
    brought("agreements.agreement_party", "协议编号,序号,身份,名称,合作单位,学号", parties, dean)
    plan_actions.make_agreements(plan, by=dean)
    made = plan.placements.filter(pk__in=taken).select_related("agreement", "student", "post")
    assert {row.agreement.status for row in made if row.agreement} == {"approved"}
    assert all(row.agreement is not None and row.agreement.details["post"] == row.post.title for row in made)
    assert lacking(plan)["agreement"] == len(taken)
    cohort_signing.signed_by_all(campus, plan, list(made), dean)
    assert not {"agreement", "accepted"} & lacking(plan).keys()


def _insured_and_tested(campus: Campus, plan: PracticePlan, dean: Actor) -> None:
    given = {"unit": campus.unit, "kind": "liability", "payer": "school"}
    short = make(InsurancePolicy, number="B1", starts_on=BEGINS, ends_on=date(2026, 10, 31), premium=20, **given)
    dear = make(InsurancePolicy, number="B2", starts_on=BEGINS, ends_on=ENDS, premium=60, **given)
    make(InsurancePolicy, number="B3", starts_on=date(2026, 9, 1), ends_on=ENDS, premium=30, **given)
    rows = [f"B1,{row.number}" for row in campus.students[:300]] + [f"B2,{row.number}" for row in campus.students[300:]]
    brought("practice.policy_cover", "保单号,学号", rows, dean)
    placements = list(readiness.rows_of(plan))
    assert len(insurance.uncovered(placements)) == 300
    # The cheapest policy that holds the missing days, not the dearer one that holds all.
    ways = insurance.mend(placements).ways
    assert [(way.policy.number, len(way.students), way.cost) for way in ways if way.policy] == [("B3", 300, 9000)]
    insurance.cover_missing(InsurancePolicy.objects.get(number="B3"), by=dean)
    assert not insurance.uncovered(placements) and short.covers.count() == 300 and dear.covers.count() == 200
    # A student fails, then passes the test on the phone; the rest was tested in the lecture hall.
    client, url = campus.sign_in(campus.students[5]), f"/practice/mine/safety/{plan.pk}/"
    paper = client.get(url).context["paper"]
    right = {f"q-{item.code}": 1 + int(item.code[1:]) % 2 for item in paper.questions}
    wrong = {key: 3 - value for key, value in right.items()}
    assert client.post(url, {"token": paper.token, **wrong}).context["test"].passed is False
    assert client.post(url, {"token": paper.token, **right}).status_code == 422  # An attempt counts once.
    paper = client.get(url).context["paper"]
    right = {f"q-{item.code}": 1 + int(item.code[1:]) % 2 for item in paper.questions}
    assert client.post(url, {"token": paper.token, **right}).context["test"].passed is True
    rows = [f"{plan.code},{row.number},{TODAY},1,90" for row in campus.students[6:498] if row is not campus.students[5]]
    rows += [f"{plan.code},{row.number},{TODAY},1,90" for row in (*campus.students[:5], campus.students[499])]
    rows.append(f"{plan.code},{campus.students[498].number},{TODAY},1,40")
    brought("practice.safety_test", "计划编号,学号,考核日期,次数,得分", rows[:-2] + rows[-2:], dean)
    assert SafetyTest.objects.filter(plan=plan, passed=False).count() == 2
