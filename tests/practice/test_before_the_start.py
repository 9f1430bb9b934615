"""Before a practice begins: places called off, units that are outcasts, units of a student's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.factories import make
from tests.practice.cohort import BEGINS, ENDS, TODAY, Campus
from tests.practice.test_redline_rules import layered
from zhixing.agreements import actions as agreements
from zhixing.agreements import together
from zhixing.agreements.models import SignatureRequest
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import OutsideLink, Progress
from zhixing.kernel.scope import SYSTEM
from zhixing.partners.models import Organisation
from zhixing.practice import ages, panels, papers, placement_actions, plan_actions, post_actions
from zhixing.practice.covers import covered_days, covers_of
from zhixing.practice.models import InsurancePolicy, Placement, PolicyCover, Post, PracticePlan


@pytest.fixture(autouse=True)
def today(clock: Callable[[date], None]) -> date:
    clock(TODAY)
    return TODAY


def placed(plan: PracticePlan, campus: Campus, number: int = 0, **values: Any) -> Placement:
    """A confirmed placement of the student of this number."""
    given = {"post": plan.posts.order_by("pk")[number], "supervisor": campus.teachers[0], **values}
    return Placement.objects.create(
        plan=plan,
        student=campus.students[number],
        mentor=given["post"].mentor,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        status="confirmed",
        **given,
    )


@pytest.mark.parametrize("act", [placement_actions.cancel, placement_actions.decline_by_firm])
def test_who_is_called_off_is_asked_to_sign_no_more(campus: Campus, act: Any) -> None:
    row = placed(campus.with_posts("allocated"), campus, accepted_on=TODAY)
    placement_actions.make_agreement(row, by=SYSTEM)
    paper = row.agreement
    assert paper is not None
    agreements.start_signing(paper, by=SYSTEM)
    open_links = OutsideLink.objects.filter(revoked_at=None, used_at=None)
    assert paper.signature_requests.exclude(state="void").exists() and open_links.exists()
    act(row, by=campus.actor(campus.dean, "dean"), comment="名额取消")
    paper.refresh_from_db()
    assert paper.status == "draft" and not paper.signature_requests.exclude(state="void").exists()
    assert not open_links.exists()


def test_a_paper_that_another_living_place_shares_is_signed_on(campus: Campus) -> None:
    plan = campus.with_posts("allocated")
    row = placed(plan, campus, accepted_on=TODAY)
    placement_actions.make_agreement(row, by=SYSTEM)
    assert row.agreement is not None
    agreements.start_signing(row.agreement, by=SYSTEM)
    placed(plan, campus, 1, agreement=row.agreement)
    placement_actions.cancel(row, by=SYSTEM, comment="名额取消")
    row.agreement.refresh_from_db()
    assert row.agreement.status == "signing"


@pytest.mark.parametrize("status", ["banned", "merged"])
def test_no_way_leads_to_a_unit_that_may_take_no_students(campus: Campus, status: str) -> None:
    plan, firm = campus.with_posts("allocated"), campus.firms[0]
    closed, offered, other = plan.posts.order_by("pk")
    Post.objects.filter(pk__in=[offered.pk, other.pk]).update(status="offered", organisation=firm)
    Post.objects.filter(pk=closed.pk).update(status="closed", organisation=firm)
    Organisation.objects.filter(pk=firm.pk).update(
        status=status, status_reason="欺诈", merged_into=campus.firms[1] if status == "merged" else None
    )
    closed, offered, other = plan.posts.select_related("organisation").order_by("pk")
    for act, post in ((post_actions.reopen, closed), (post_actions.approve, offered)):
        with pytest.raises(FlowError) as refused:
            act(post, by=SYSTEM)
        assert refused.value.code == "banned" and firm.name in str(refused.value)
    assert firm.name in post_actions.approve_many([other], by=SYSTEM).refused[other.pk]
    unit: dict[str, Any] = {"uscc": str(firm.uscc), "firm": "", "title": "岗", "address": "海口"}
    if status == "merged":
        assert post_actions.propose(campus.students[0], plan, by=SYSTEM, **unit).organisation == campus.firms[1]
        return
    with pytest.raises(FlowError) as refused:
        post_actions.propose(campus.students[0], plan, by=SYSTEM, **unit)
    assert refused.value.code == "banned"


def test_whoever_has_a_place_proposes_no_unit_and_nobody_states_hours_for_them(campus: Campus) -> None:
    plan = campus.with_posts("allocated")
    unit: dict[str, Any] = {"uscc": str(campus.firms[0].uscc), "firm": "", "title": "岗", "address": "海口"}
    row = placed(plan, campus)
    with pytest.raises(FlowError) as refused:
        post_actions.propose(campus.students[0], plan, by=SYSTEM, **unit)
    assert refused.value.code == "placed"
    placement_actions.cancel(row, by=SYSTEM, comment="名额取消")
    post = post_actions.propose(campus.students[0], plan, by=SYSTEM, **unit)
    assert (post.hours_day, post.hours_week) == (None, None)
    with pytest.raises(ValidationError, match="I-11"):
        post_actions.approve(post, by=SYSTEM)


def test_of_age_is_whoever_the_strictest_rule_of_the_first_day_calls_so(monkeypatch: pytest.MonkeyPatch) -> None:
    born, day = date(2008, 7, 2), date(2026, 7, 1)
    assert ages.is_minor(born, day, "post") and not ages.is_minor(date(2008, 7, 1), day, "post")
    assert not ages.is_minor(None, day, "post")
    monkeypatch.setattr(ages, "book", lambda: layered(("school", "I-03", {"parameters": {"adult": 20}})))
    assert ages.adult_age(day, "post") == 20 and ages.is_minor(date(2007, 1, 1), day, "post")
    # Before the regulation of 2021 no pack says anything: the civil code does.
    assert ages.adult_age(date(2020, 7, 1), "post") == 18


def test_a_policy_that_was_taken_off_insures_nobody_anywhere(campus: Campus) -> None:
    row = placed(campus.with_posts("allocated"), campus)
    given = {"unit": campus.unit, "kind": "liability", "payer": "school", "starts_on": BEGINS}
    policy = make(InsurancePolicy, number="B-OLD", ends_on=ENDS, **given)
    make(PolicyCover, policy=policy, student=row.student)
    student = campus.students[0]
    assert [item.policy for item in covers_of(student.pk, BEGINS, ENDS)] == [policy]
    assert papers.details_of(row)["insurance"] == "B-OLD" and "B-OLD" in panels.placement_panel(row, SYSTEM)
    InsurancePolicy.objects.filter(pk=policy.pk).update(archived_at=timezone.now())
    assert not covers_of(student.pk, BEGINS, ENDS) and covered_days([student.pk]) == {}
    assert "insurance" not in papers.details_of(row) and "B-OLD" not in panels.placement_panel(row, SYSTEM)


def test_a_cohort_is_asked_to_sign_as_work_that_is_watched(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = campus.with_posts("allocated")
    rows = [placed(plan, campus, number, accepted_on=TODAY) for number in range(2)]
    for row in rows:
        placement_actions.make_agreement(row, by=SYSTEM)
    campus.sign_in(campus.students[0])
    dean, owner = campus.actor(campus.dean, "dean"), campus.actor(campus.owner, "teacher")
    with pytest.raises(FlowError) as refused:
        plan_actions.ask_signing(plan, by=owner)
    assert refused.value.code == "forbidden"
    monkeypatch.setattr(together, "AT_ONCE", 1)
    assert plan_actions.ask_signing(plan, by=dean) == plan_actions.readiness_url(plan)
    (job,) = Progress.objects.filter(kind="sign", user=campus.dean)
    assert (job.state, job.done) == ("done", 2)
    # Whoever has an account signs on their own page, the other by a link.
    asked = SignatureRequest.objects.filter(party__role="student").order_by("agreement__placements")
    assert list(asked.values_list("channel", flat=True)) == ["inside", "link"]
    with pytest.raises(FlowError):
        plan_actions.ask_signing(plan, by=dean)
