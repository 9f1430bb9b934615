"""认识实习, 技能实训 and 技能竞赛 go from the plan to the grade as an internship at a post does, with less paper: no agreement,
no consent and no insurance is asked of them unless a red line asks for it."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.factories import make
from tests.practice.cohort import TODAY, Campus
from tests.practice.cohort_runs import Running
from zhixing.kernel import approval
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import ApprovalStation
from zhixing.practice import (
    allocating,
    allocation_actions,
    plan_actions,
    post_actions,
    readiness,
    running_grades,
    running_papers,
    running_together,
    running_weeks,
)
from zhixing.practice import running_actions as actions
from zhixing.practice.models import Consent, Evaluation, PlanDocument, Post, SafetyTest

pytestmark = pytest.mark.django_db

BEGINS = date(2026, 7, 6)
LASTS = {"visit": 1, "skill": 12, "contest": 3}


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    calendar = [TODAY]
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_more: calendar[0])
    cache.clear()
    return calendar


def marks(number: int) -> dict[str, int]:
    return dict.fromkeys(Evaluation.SCALES, number)


@pytest.mark.parametrize("kind", list(LASTS))
def test_each_kind_goes_from_plan_to_grade(kind: str, today: list[date], settings: Any, tmp_path: Any) -> None:
    campus = Campus(size=3, firms=1, posts_each=0)
    dean, owner = campus.actor(campus.dean, "dean"), campus.actor(campus.owner, "group_leader")
    ends = BEGINS + timedelta(days=LASTS[kind] - 1)
    plan = campus.plan(
        code=f"SX-{kind}", title=f"{kind} 2026", kind=kind, starts_on=BEGINS, ends_on=ends, weeks=1, choose_until=None
    )
    plan_actions.submit(plan, by=owner)
    approval.approve(ApprovalStation.objects.get().pk, by=dean)
    plan.refresh_from_db()
    for paper in ("scheme", "safety"):
        make(PlanDocument, plan=plan, kind=paper, issued_on=date(2026, 5, 1))
    # A place without pay, mentor or a wage to compare with: it is no work.
    post = make(
        Post,
        code=f"P-{kind}",
        title="参观学习",
        plan=plan,
        organisation=campus.firms[0],
        mentor=None,
        places=5,
        tasks="参观机房，听讲解",
        address="海口市龙华区",
        region="460106",
        pay=None,
        same_post_wage=None,
        status="draft",
        approved_on=None,
        major_classes=["51"],
    )
    post_actions.offer(post, by=owner)
    post_actions.approve(post, by=dean)

    (run,) = allocating.run(plan, ("optimal",), user=campus.dean.pk)
    assert allocation_actions.adopt(run, by=dean) == 3
    plan.refresh_from_db()
    plan_actions.confirm_places(plan, by=dean)
    assert not Consent.objects.filter(placement__plan=plan).exists()
    lacking = readiness.missing(readiness.rows_of(plan))
    assert {item.code for items in lacking.values() for item in items} == {"safety"}
    with pytest.raises(FlowError):
        plan_actions.start(plan, by=dean)
    for student in campus.students:
        make(SafetyTest, plan=plan, student=student, attempt=1, score=100, taken_on=TODAY)
    plan_actions.start(plan, by=dean)
    assert plan.placements.filter(status="running").count() == 3

    house = Running(campus, plan)
    today[0] = BEGINS
    now = datetime(2026, 7, 6, 18, 0, tzinfo=timezone.get_fixed_timezone(480))
    rows = list(plan.placements.filter(status="running").select_related("student", "post__organisation", "supervisor"))
    for row in rows:
        said = {
            "placement": row.pk,
            "monday": str(BEGINS),
            "hours": 6,
            "mood": 4,
            "text": f"{row.student.number} 参观收获",
        }
        week = running_weeks.read({**said, "client_id": str(uuid.uuid4()), "written_at": now.isoformat()}, now)
        running_weeks.hand_in(week, by=house.student(row.student))
        report = SimpleUploadedFile("报告.txt", "收获".encode(), "text/plain")
        running_papers.bring(row, by=house.student(row.student), what="report", day=BEGINS, files=[report])
    today[0] = ends + timedelta(days=1)
    running_together.end_places(plan, by=dean)
    for row in plan.placements.filter(status="ended"):
        actions.evaluate(row, "school", by=house.teacher(row), marks=marks(90))
    # Nobody at the firm guides them: its word is not waited for, and counts where it is there.
    first = plan.placements.filter(status="ended").order_by("pk")[0]
    assert running_grades.compute([first])[first.pk].missing == ()
    actions.evaluate(first, "firm", by=dean, marks=marks(70), evaluator="接待人")
    assert "status=graded" in running_together.accept_grades(plan, by=dean)
    graded = plan.placements.filter(status="graded").order_by("pk")
    assert graded.count() == 3 and graded[0].score < graded[1].score
    plan_actions.end(plan, by=dean)
    assert plan.status == "ended"
