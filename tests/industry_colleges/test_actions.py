"""What people do with industry colleges: each act does what it says, once, for those who may, or says why not."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.governance.factories import College
from tests.industry_colleges import factories as make
from zhixing.industry_colleges import actions
from zhixing.industry_colleges.jobs import remind_late_milestones
from zhixing.industry_colleges.models import (
    AreaOutput,
    AreaPlan,
    CharterSection,
    Check,
    ConstructionPlan,
    IndustryCollege,
    Seat,
)
from zhixing.kernel import approval
from zhixing.kernel.models import Event, Notice
from zhixing.kernel.scope import Actor
from zhixing.org.models import AcademicYear

DAY = date(2026, 3, 2)


def last_event(record: object) -> Event:
    return Event.objects.filter(record_id=record.pk).order_by("-pk")[0]  # type: ignore[attr-defined]


def decide(actor: Actor) -> None:
    station = approval.inbox(actor).get()
    approval.approve(station.pk, by=actor)


def test_from_plan_to_acceptance(home: College) -> None:
    office, dean = home.actor("office"), home.actor("dean")
    college = make.industry_college(home, status="planned", approved_on=None, director=None)
    make.route("industry_colleges.industry_college")
    make.route("industry_colleges.construction_plan")
    with pytest.raises(ValidationError, match=r"院长|director"):
        actions.submit_college(college, by=dean)
    college.director = home.people["teacher"]
    college.save()
    actions.submit_college(college, by=dean)
    assert college.status == "review"
    decide(dean)
    college.refresh_from_db()
    assert (college.status, college.approved_on) == ("approved", date(2026, 3, 10))

    with pytest.raises(ValidationError):
        actions.begin_to_build(college, by=dean)
    plan = make.plan(college, goals="")
    with pytest.raises(ValidationError):
        actions.submit_plan(plan, by=dean)
    plan.goals = "三年建成"
    plan.save()
    step = make.milestone(plan, home, owner=None)
    with pytest.raises(ValidationError, match=step.title):
        actions.submit_plan(plan, by=dean)
    step.owner = home.people["teacher"]
    step.save()
    actions.submit_plan(plan, by=dean)
    decide(dean)
    plan.refresh_from_db()
    assert (plan.status, plan.approved_on) == ("approved", date(2026, 3, 10))
    actions.begin_to_build(college, by=dean)

    said = {"held_on": DAY, "experts": "王教授、李总工"}
    with pytest.raises(ValidationError):  # the college does not judge itself
        actions.record_mid_check(college, by=dean, verdict="passed", **said)
    assert not Check.objects.exists()
    actions.record_mid_check(college, by=office, verdict="rework", findings="企业投入未到位", **said)
    assert college.status == "building"
    actions.record_mid_check(college, by=office, verdict="passed", held_on=date(2026, 3, 9), experts="王教授")
    assert college.status == "mid_checked"
    assert list(Check.objects.order_by("held_on").values_list("verdict", flat=True)) == ["rework", "passed"]

    with pytest.raises(ValidationError, match=step.title):
        actions.record_acceptance(college, by=office, verdict="passed", **said)
    actions.finish_milestone(step, by=home.actor("teacher"), done_on=DAY)
    actions.record_acceptance(college, by=office, verdict="passed", score=91, **said)
    college.refresh_from_db()
    assert college.status == "accepted"


def test_a_verdict_that_is_not_passed_says_why(home: College, college: IndustryCollege) -> None:
    with pytest.raises(ValidationError):
        actions.record_mid_check(college, by=home.actor("office"), held_on=DAY, experts="王教授", verdict="failed")
    assert not Check.objects.exists()
    assert not Event.objects.filter(verb="mid_check").exists()


def test_acceptance_is_not_due_before_the_mid_term_check(home: College, college: IndustryCollege) -> None:
    for verdict in ("passed", "rework"):
        with pytest.raises(ValidationError):
            actions.record_acceptance(
                college, by=home.actor("office"), held_on=DAY, experts="王", verdict=verdict, findings="不足"
            )
    assert not Check.objects.exists()


def test_a_level_rises_and_never_falls(home: College, college: IndustryCollege) -> None:
    office = home.actor("office")
    actions.recognise(college, by=office, level="province", recognised_on=DAY, recognition_number="琼教〔2026〕8号")
    assert (college.level, college.recognised_on) == ("province", DAY)
    with pytest.raises(ValidationError):
        actions.recognise(college, by=office, level="school", recognised_on=DAY)
    with pytest.raises(ValidationError):
        actions.recognise(college, by=home.actor("dean"), level="nation", recognised_on=DAY)
    with pytest.raises(ValidationError):
        actions.recognise(college, by=office, level="nation", recognised_on=date(2026, 3, 11))
    college.refresh_from_db()
    assert college.level == "province"


def test_closing_needs_a_reason_and_keeps_it(home: College, college: IndustryCollege) -> None:
    office = home.actor("office")
    with pytest.raises(ValidationError):
        actions.close(college, by=office, closed_on=DAY)
    actions.close(college, by=office, closed_on=DAY, comment="企业迁出")
    assert (college.status, college.ends_on, college.close_reason) == ("closed", DAY, "企业迁出")
    with pytest.raises(ValidationError):
        actions.close(college, by=office, closed_on=DAY, comment="再次")


# Charter and council


def test_a_charter_is_signed_whole_and_then_stays(home: College, college: IndustryCollege) -> None:
    dean = home.actor("dean")
    parts = actions.new_charter(college, by=dean)
    assert {part.part for part in parts} == set(CharterSection.Part.values)
    with pytest.raises(ValidationError):  # one open version at a time
        actions.new_charter(college, by=dean)
    with pytest.raises(ValidationError):
        actions.sign_charter(college, by=dean, signed_on=DAY)
    for part in parts[:-1]:
        part.text = "第一条"
        part.save()
    with pytest.raises(ValidationError) as refused:
        actions.sign_charter(college, by=dean, signed_on=DAY)
    assert str(CharterSection.Part(parts[-1].part).label) in str(refused.value)
    parts[-1].text = "保障"
    parts[-1].save()
    assert actions.sign_charter(college, by=dean, signed_on=DAY) == 1
    assert set(CharterSection.objects.values_list("signed_on", flat=True)) == {DAY}
    signed = CharterSection.objects.first()
    assert signed is not None
    signed.full_clean()
    signed.text = "改动"
    with pytest.raises(ValidationError):
        signed.full_clean()
    following = actions.new_charter(college, by=dean)
    assert {(part.version, part.text) for part in following} == {(2, "第一条"), (2, "保障")}


def test_a_charter_of_another_college_is_out_of_reach(home: College, college: IndustryCollege) -> None:
    with pytest.raises(ValidationError):
        actions.new_charter(college, by=home.actor("other_dean"))
    assert not CharterSection.objects.exists()


def test_a_seat_ends_once(home: College, college: IndustryCollege) -> None:
    seat = make.seat(college, home)
    actions.end_seat(seat, by=home.actor("dean"), ends_on=DAY, comment="调离")
    assert seat.ends_on == DAY
    with pytest.raises(ValidationError):
        actions.end_seat(seat, by=home.actor("dean"), ends_on=date(2026, 3, 5))


@pytest.mark.parametrize("lacking", [{"person": None}, {"party": "enterprise", "name": "王工"}])
def test_a_seat_names_somebody(home: College, college: IndustryCollege, lacking: dict) -> None:
    values = {"party": "school", "person": home.people["dean"], "starts_on": DAY, **lacking}
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(college=college, **values)


# Construction plan


def test_a_new_version_takes_the_place_of_the_old_only_when_approved(home: College, college: IndustryCollege) -> None:
    dean = home.actor("dean")
    make.route("industry_colleges.construction_plan")
    first = make.plan(college, status="approved")
    make.milestone(first, home, title="挂牌", done_on=DAY)
    second = actions.new_plan_version(first, by=dean, comment="延期一年")
    assert (second.version, second.status) == (2, "draft")
    assert list(second.milestones.values_list("title", "done_on")) == [("挂牌", DAY)]
    first.refresh_from_db()
    assert first.status == "approved"
    with pytest.raises(ValidationError):
        actions.new_plan_version(first, by=dean, comment="又一版")
    actions.submit_plan(second, by=dean)
    decide(dean)
    statuses = dict(ConstructionPlan.objects.values_list("version", "status"))
    assert statuses == {1: "replaced", 2: "approved"}
    assert last_event(first).verb == "new_version"


def test_an_approved_milestone_is_finished_not_moved(home: College, college: IndustryCollege) -> None:
    step = make.milestone(make.plan(college, status="approved"), home)
    step.due = date(2026, 12, 31)
    with pytest.raises(ValidationError):
        step.full_clean()
    step.refresh_from_db()
    with pytest.raises(ValidationError):
        actions.finish_milestone(step, by=home.actor("teacher"), done_on=date(2026, 3, 11))
    actions.finish_milestone(step, by=home.actor("teacher"), done_on=DAY)
    with pytest.raises(ValidationError):
        actions.finish_milestone(step, by=home.actor("teacher"), done_on=DAY)


def test_late_milestones_reach_their_owner_then_the_director(home: College, college: IndustryCollege) -> None:
    college.director = home.people["dean"]
    college.save()
    plan = make.plan(college, status="approved")
    make.milestone(plan, home, title="实训室建成", due=date(2026, 3, 2))
    make.milestone(plan, home, title="已完成", due=date(2026, 3, 2), done_on=DAY)
    make.milestone(plan, home, title="未到期", due=date(2026, 3, 3))
    assert remind_late_milestones(date(2026, 3, 3)) == 1
    assert remind_late_milestones(date(2026, 3, 3)) == 0
    owner, director = home.user("teacher"), home.user("dean")
    assert list(Notice.objects.values_list("user", flat=True)) == [owner.pk]
    assert remind_late_milestones(date(2026, 3, 9)) == 3  # both steps of one, the first of the other
    assert Notice.objects.filter(user=director).count() == 1
    assert "实训室建成" in Notice.objects.filter(user=director).get().message


# Ten areas


def test_an_output_is_recorded_by_who_directs_or_keeps_the_college(home: College, college: IndustryCollege) -> None:
    said = {"area": make.area("research"), "title": "专利一项", "made_on": DAY}
    page = actions.record_output(college, by=home.actor("dean"), **said)
    made = AreaOutput.objects.get()
    assert page == f"/industry_colleges/area_output/{made.pk}/"
    assert made.recorded_by == home.people["dean"]
    with pytest.raises(ValidationError):  # the same again
        actions.record_output(college, by=home.actor("dean"), **said)
    with pytest.raises(ValidationError):
        actions.record_output(college, by=home.actor("other_dean"), **{**said, "title": "别家的"})
    with pytest.raises(ValidationError):
        actions.record_output(college, by=home.actor("dean"), **{**said, "made_on": date(2026, 3, 11)})
    with pytest.raises(ValidationError):
        actions.record_output(college, by=home.actor("dean"), **{**said, "title": "无址", "link": "随便写写"})
    assert AreaOutput.objects.count() == 1


def test_last_years_plans_are_copied_where_none_is_there(home: College, college: IndustryCollege) -> None:
    dean = home.actor("dean")
    following = AcademicYear.objects.create(code="2026-2027", starts_on=date(2026, 9, 1), ends_on=date(2027, 8, 31))
    with pytest.raises(ValidationError):
        actions.copy_area_plans(college, by=dean, year=home.year)
    make.area_plan(college, home, "majors", owner=home.people["teacher"])
    make.area_plan(college, home, "training", planned=4)
    make.area_plan(college, home, "training", year=following, goal="已有", planned=9)
    assert actions.copy_area_plans(college, by=dean, year=following) == 1
    assert actions.copy_area_plans(college, by=dean, year=following) == 0
    rows = AreaPlan.objects.filter(year=following).order_by("area__order").values_list("area__code", "planned", "owner")
    assert list(rows) == [("majors", 2, home.people["teacher"].pk), ("training", 9, None)]
    with pytest.raises(ValidationError):
        actions.copy_area_plans(college, by=home.actor("other_dean"), year=following)
