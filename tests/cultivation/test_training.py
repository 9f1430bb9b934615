"""Training plans to the firms, signed, approved, replaced; projects that reach into practice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tests.cultivation.conftest import TODAY, Room
from tests.cultivation.test_order_classes import refused
from tests.factories import make
from zhixing.cultivation import actions, queries
from zhixing.cultivation.models import (
    Ability,
    CourseChange,
    EnterpriseProject,
    PlanCourse,
    Post,
    ProjectUse,
    TrainingPlan,
)
from zhixing.kernel import approval
from zhixing.kernel.models import ApprovalStation
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.sheet import sheet_for
from zhixing.org.actors import actor_for
from zhixing.partners.models import Organisation

SIGNED = {"contact_name": "王总", "signed_on": TODAY}
REAL = {
    f"real_{fact}_{part}": value
    for fact in ("project", "scene", "practice")
    for part, value in (("on", TODAY), ("evidence", "委托书"))
}


def approve(plan: TrainingPlan, world: Any) -> None:
    station = ApprovalStation.objects.get(case__record_id=plan.pk, state="pending")
    approval.approve(station.pk, by=actor_for(world.users["dean"]))
    plan.refresh_from_db()


def test_a_plan_goes_to_its_firms_before_it_is_approved(room: Room, world: Any) -> None:
    room.major.unit = world.own
    room.major.save()
    plan = room.plan()
    refused("no_firm", actions.send_to_firms, plan)
    second = make(Organisation, kind="enterprise")
    plan.organisations.set([room.firm, second])
    refused("not_sent", actions.submit_plan, plan)
    refused("wrong_state", actions.record_signature, plan, organisation=room.firm, **SIGNED)
    actions.send_to_firms(plan, by=SYSTEM)
    actions.record_signature(plan, by=SYSTEM, organisation=room.firm, **SIGNED)
    refused("unsigned", actions.submit_plan, plan)
    refused("plan_signature_once", actions.record_signature, plan, organisation=room.firm, **SIGNED)
    actions.record_signature(plan, by=SYSTEM, organisation=second, **SIGNED)
    actions.submit_plan(plan, by=SYSTEM)
    approve(plan, world)
    assert (plan.status, plan.approved_on) == ("approved", TODAY)


def test_a_plan_without_courses_goes_nowhere_and_one_without_firms_straight_to_approval(room: Room) -> None:
    empty = make(TrainingPlan, major=room.major)
    refused("empty", actions.submit_plan, empty)
    plan = room.plan()
    actions.submit_plan(plan, by=SYSTEM)
    assert plan.status == "committee"


def test_a_text_that_changed_is_signed_anew(room: Room) -> None:
    plan = room.plan()
    plan.organisations.set([room.firm])
    actions.send_to_firms(plan, by=SYSTEM)
    actions.record_signature(plan, by=SYSTEM, organisation=room.firm, **SIGNED)
    TrainingPlan.objects.filter(pk=plan.pk).update(status="draft")
    plan.refresh_from_db()
    actions.send_to_firms(plan, by=SYSTEM)
    assert queries.plan_map(plan).abilities == 0 and not plan.signatures.exists()


def test_a_new_version_carries_on_and_says_what_changed(room: Room, world: Any) -> None:
    room.major.unit = world.own
    room.major.save()
    plan = room.plan(status="approved", approved_on=TODAY, code="PY2025-1")
    gone = make(PlanCourse, plan=plan, code="C2", name="旧课")
    ability = make(Ability, major=room.major)
    plan.courses.get(code="C1").abilities.add(ability)
    order = room.order(status="running", plan=plan)
    order.courses.set(plan.courses.all())
    refused("comment_required", actions.new_version, plan)
    following = actions.new_version(plan, by=SYSTEM, comment="企业会审")
    assert (following.code, following.version, plan.status) == ("PY2025-1-V2", 2, "replaced")
    assert set(following.courses.values_list("code", flat=True)) == {"C1", "C2"}
    assert list(following.courses.get(code="C1").abilities.all()) == [ability]
    following.courses.get(code=gone.code).delete()
    following.courses.filter(code="C1").update(practice_hours=48)
    make(PlanCourse, plan=following, code="C3", name="新课")
    actions.submit_plan(following, by=SYSTEM)
    approve(following, world)
    told = {(row.kind, row.course_name) for row in CourseChange.objects.filter(plan=following)}
    assert told == {("removed", "旧课"), ("changed", "接口开发"), ("added", "新课")}
    assert "32 → 48" in CourseChange.objects.get(kind="changed").what
    order.refresh_from_db()
    assert order.plan == following
    assert set(order.courses.values_list("plan", "code")) == {(following.pk, "C1")}


def test_courses_of_a_plan_in_force_are_not_edited(room: Room, world: Any) -> None:
    plan = room.plan(status="approved", approved_on=TODAY)
    course = plan.courses.get()
    address = sheet_for(PlanCourse).url("edit", course.pk)  # type: ignore[union-attr]
    data = {
        "plan": f"{plan.title} · {plan.code}",
        "code": "C1",
        "name": "改名",
        "kind": "core",
        "term_number": 1,
        "hours": 9,
    }
    answer = world.client("office").post(address, {**data, "practice_hours": 0})
    course.refresh_from_db()
    assert answer.status_code == 422 and course.name == "接口开发"
    TrainingPlan.objects.update(status="draft")
    assert world.client("office").post(address, {**data, "practice_hours": 0}).status_code == 302


def use(course: PlanCourse, **more: Any) -> ProjectUse:
    facts = more.pop("facts", REAL)
    project = more.pop("project", None) or make(EnterpriseProject, unit=course.plan.major.unit, **facts)
    return make(ProjectUse, course=course, project=project, **{"used_on": TODAY, "hours": 8, "cohort": None, **more})


def test_coverage_counts_real_projects_once_a_course(room: Room) -> None:
    plan = room.plan()
    course = plan.courses.get()
    first = use(course)
    use(course, project=first.project, hours=6)
    use(course, facts={**REAL, "real_scene_on": None, "real_scene_evidence": ""}, hours=20)
    told = queries.coverage(plan)
    assert (told.project_hours, told.practice_hours, told.share) == (8, 32, 0.25)


def test_the_map_finds_what_no_course_teaches(room: Room, world: Any) -> None:
    plan = room.plan()
    post = make(Post, major=room.major, name="后端工程师")
    taught, untaught = make(Ability, major=room.major), make(Ability, major=room.major)
    for ability in (taught, untaught):
        ability.posts.add(post)
    plan.posts.add(post)
    plan.courses.get().abilities.add(taught)
    other = make(PlanCourse, plan=plan, code="C9", name="体育")
    drawn = queries.plan_map(plan)
    assert (drawn.covered, drawn.abilities, drawn.share) == (1, 2, 0.5)
    told = queries.coverage(plan)
    assert (told.taught, told.asked, told.courses) == (1, 2, 2)
    assert drawn.unmapped_courses == [other]
    page = world.client("teacher").get(f"/cultivation/plans/{plan.pk}/map/")
    text = page.content.decode()
    assert page.status_code == 200 and "后端工程师" in text and untaught.name in text and "体育" in text


@pytest.mark.parametrize("fact", ["real_project", "real_scene", "real_practice"])
def test_a_claim_to_be_real_names_its_evidence(room: Room, fact: str) -> None:
    project = make(EnterpriseProject, unit=room.major.unit)
    setattr(project, f"{fact}_on", TODAY - timedelta(days=1))
    with pytest.raises(ValidationError):
        project.full_clean()
