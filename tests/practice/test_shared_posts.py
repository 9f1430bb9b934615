"""Who is placed at a shared post stays free to leave it; what is shared, kept and placed holds whatever way it comes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from tests.factories import make
from tests.practice.cohort import csv
from tests.practice.test_alloc_joint import Pair
from zhixing.kernel import importing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import Event, Record
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import AcademicYear, Person
from zhixing.practice import duties, placement_actions, plan_actions, post_actions, redline_store
from zhixing.practice.models import Placement, PlanDuty, PostShare, PracticePlan


@pytest.fixture
def pair(db: Any) -> Pair:
    return Pair()


def bring_in(model: type[Record], heads: list[str], rows: list[list[str]]) -> list[int]:
    """Bring in a register; returns the numbers of the rows that were refused."""
    sheet = sheet_for(model)
    assert sheet is not None
    run, _reading = importing.start(sheet, csv(",".join(heads), [",".join(row) for row in rows]), "台账.csv", by=SYSTEM)
    found = importing.preview(run, by=SYSTEM)
    importing.commit(run, by=SYSTEM)
    return sorted({fault[0] for fault in found.faults})


def placed(pair: Pair, student: int, status: str = "proposed") -> Placement:
    """A student of the second plan at the first one's post."""
    return make(
        Placement,
        plan=pair.two.plan,
        student=pair.two.students[student],
        post=pair.one.posts[0],
        starts_on=pair.two.plan.starts_on,
        ends_on=pair.two.plan.ends_on,
        status=status,
    )


def test_who_is_placed_is_led_on_when_the_share_counts_no_more(pair: Pair) -> None:
    proposed, confirmed, running = (
        placed(pair, at, status) for at, status in enumerate(("proposed", "confirmed", "running"))
    )
    PostShare.objects.update(archived_at=timezone.now())
    placement_actions.lock(proposed, by=SYSTEM, comment="企业指定")
    placement_actions.cancel(proposed, by=SYSTEM, comment="企业停工")
    placement_actions.lives(confirmed, by=SYSTEM, living="home")
    with step(running, "end", by=SYSTEM) as locked:
        locked.ended_on = date(2026, 12, 31)
    placement_actions.hired(running, by=SYSTEM)
    assert (proposed.status, running.status, running.hired) == ("cancelled", "ended", "hired")


def test_nobody_is_newly_placed_where_nothing_is_shared(pair: Pair) -> None:
    PostShare.objects.update(archived_at=timezone.now())
    row = placed(pair, 0)
    row.post = pair.two.posts[1]
    row.full_clean()
    row.save()
    row.post = pair.one.posts[0]
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert list(refused.value.message_dict) == ["post"]


def test_a_post_has_the_places_that_are_kept(pair: Pair) -> None:
    PostShare.objects.update(kept=2)
    post = pair.one.posts[0]
    post.places = 2
    post.full_clean()
    post.places = 1
    with pytest.raises(ValidationError) as refused:
        post.full_clean()
    assert list(refused.value.message_dict) == ["places"]


def test_a_register_of_shares_keeps_to_the_rules(pair: Pair) -> None:
    PracticePlan.objects.filter(pk=pair.two.plan.pk).update(kind="skill")
    other = make(PracticePlan, code="SX-3", kind=pair.one.plan.kind, year=pair.one.plan.year, major=pair.two.major,
                 starts_on=pair.one.plan.starts_on, ends_on=pair.one.plan.ends_on)  # fmt: skip
    rows = [["P1", "SX-2", "0"], ["P0", "SX-1", "2"], ["P0", other.code, "2"], ["P1", other.code, "1"]]
    faults = bring_in(PostShare, ["岗位编号", "面向计划", "保留名额"], rows)
    assert faults == [1, 2, 3]
    assert not PostShare.objects.filter(post=pair.one.posts[0], plan=other).exists()
    assert PostShare.objects.filter(post=pair.one.posts[1]).count() == 1


def test_a_register_of_placements_keeps_to_the_rules(pair: Pair) -> None:
    heads = ["计划编号", "学号", "岗位编号", "实习开始日期", "实习结束日期"]
    rows = [
        ["SX-2", "S0010", "P0", "2026-07-01", "2026-12-31"],
        ["SX-2", "S0011", "P1", "2026-07-01", "2026-12-31"],
        ["SX-1", "S0000", "P20", "2026-07-01", "2026-12-31"],
    ]
    faults = bring_in(Placement, heads, rows)
    assert faults == [2, 3]
    assert [(row.plan.code, row.post.code) for row in Placement.objects.all()] == [("SX-2", "P0")]


def test_one_plan_takes_the_place_of_two_of_a_major(pair: Pair) -> None:
    """Both of last year's plans of a major lead to its one plan of this year."""
    second = make(PracticePlan, code="SX-2B", kind=pair.one.plan.kind, year=pair.one.plan.year, major=pair.two.major,
                  starts_on=pair.one.plan.starts_on, ends_on=pair.one.plan.ends_on)  # fmt: skip
    PostShare.objects.update(kept=1, most=1)
    make(PostShare, post=pair.one.posts[0], plan=second, kept=1, most=1)
    year = make(AcademicYear)
    given = {"kind": pair.one.plan.kind, "year": year, "status": "draft", "starts_on": date(2027, 7, 1),
             "ends_on": date(2027, 12, 31)}  # fmt: skip
    one, heir = (make(PracticePlan, major=plan.major, **given) for plan in pair.plans)
    (copy,) = post_actions.copy_many([pair.one.posts[0]], one, by=SYSTEM)
    (share,) = copy.shares.all()
    assert (share.plan, share.kept, share.most) == (heir, 2, 2)
    assert Event.objects.filter(record_type="practice.post_share", record_id=share.pk, verb="copied").exists()


def test_a_share_that_makes_no_sense_any_more_is_not_copied(pair: Pair) -> None:
    year = make(AcademicYear)
    given = {"kind": pair.one.plan.kind, "year": year, "status": "draft"}
    one = make(PracticePlan, major=pair.one.major, starts_on=date(2027, 7, 1), ends_on=date(2027, 12, 31), **given)
    make(PracticePlan, major=pair.two.major, starts_on=date(2028, 2, 1), ends_on=date(2028, 6, 1), **given)
    (copy,) = post_actions.copy_many([pair.one.posts[0]], one, by=SYSTEM)
    assert not copy.shares.exists()


def test_who_has_the_most_is_told_so(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement_actions.gate, "blocking", lambda rows, step: {})
    PostShare.objects.update(most=1)
    rows = [placed(pair, at) for at in (0, 1)]
    outcome = placement_actions.confirm_many(rows, by=SYSTEM)
    assert len(outcome.done) == 1
    (said,) = outcome.refused.values()
    assert "最多" in said


def test_choices_open_only_for_posts_that_students_may_choose(pair: Pair) -> None:
    plan = pair.two.plan
    days = {"choose_until": date(2999, 1, 1), "starts_on": date(2999, 2, 1), "ends_on": date(2999, 8, 1)}
    PracticePlan.objects.filter(pk=plan.pk).update(status="approved", **days)
    plan.refresh_from_db()
    post = pair.two.posts[1]
    type(post).objects.filter(pk=post.pk).update(source="student", found_by=pair.two.students[0])
    with pytest.raises(ValidationError):
        plan_actions.open_choices(plan, by=SYSTEM)
    type(post).objects.filter(pk=post.pk).update(source="school", found_by=None)
    plan_actions.open_choices(plan, by=SYSTEM)


def test_what_changes_at_a_shared_post_is_looked_at_in_the_plans_of_its_students(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed(pair, 0, "confirmed")
    asked: list[list[int]] = []
    monkeypatch.setattr(redline_store, "refresh_plans", lambda plans, day: asked.append(sorted(plans)))
    post = pair.one.posts[0]
    redline_store.refresh_touched(type(post), {post.pk})
    redline_store.refresh_touched(type(post.organisation), {post.organisation_id})
    both = sorted(plan.pk for plan in pair.plans)
    assert asked == [both, both]


# Duties -------------------------------------------------------------------------------------------------------------


def test_a_duty_put_away_is_confirmed_anew_and_nothing_is_asked_when_all_are(pair: Pair) -> None:
    PracticePlan.objects.update(kind="post", status="approved")
    plan = PracticePlan.objects.get(pk=pair.one.plan.pk)
    dean = make(Person, unit=pair.one.unit)
    page = pair.one.sign_in(dean, "dean")
    by = Actor(person_id=dean.pk, is_system=True)
    for duty in PlanDuty.Duty.values:
        assert "/confirm_duty/" in page.get(f"/practice/practice_plan/{plan.pk}/").content.decode()
        row = duties.confirm(plan, by=by, duty=duty, phone="0898-65880000")
    assert "/confirm_duty/" not in page.get(f"/practice/practice_plan/{plan.pk}/").content.decode()
    with pytest.raises(ValidationError):
        duties.confirm(plan, by=by, duty=row.duty, phone="0898-65880000")
    PlanDuty.objects.filter(pk=row.pk).update(archived_at=timezone.now())
    assert duties.is_asked(plan)
    assert duties.confirm(plan, by=by, duty=row.duty, phone="0898-65880000").confirmed_on == timezone.localdate()


def test_where_no_agreement_is_ready_nothing_is_said_to_be_done(pair: Pair) -> None:
    with translation.override("en"), pytest.raises(FlowError, match="No agreement is ready to be signed"):
        plan_actions.ask_signing(pair.one.plan, by=SYSTEM)
