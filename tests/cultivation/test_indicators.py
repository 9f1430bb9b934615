"""R21 and R23 turn from red to green and back by real records."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.cultivation.conftest import TODAY, Room
from tests.cultivation.test_training import REAL, use
from tests.factories import make
from zhixing.cultivation.indicators import JOINT_PLANS, MODELS
from zhixing.cultivation.models import OrderClass, PlanSignature
from zhixing.kernel import measures
from zhixing.kernel.measures import Window
from zhixing.policy.units import Units

YEAR = Window(date(2025, 9, 1), date(2026, 8, 31), TODAY)


def running(room: Room, **more: Any) -> OrderClass:
    given = {"status": "running", "starts_on": date(2025, 9, 8), "ends_on": date(2026, 6, 30)}
    return room.order(plan=room.plan(), **{**given, **more})


def test_a_college_has_a_training_model_while_a_class_ran_in_the_year(room: Room) -> None:
    unit = room.major.unit_id
    row = room.order(status="recruiting", starts_on=date(2026, 5, 1), ends_on=date(2027, 6, 30))
    assert measures.values(MODELS, YEAR) == {}
    (mend,) = MODELS.mends(YEAR, {})  # type: ignore[misc]
    assert (mend.unit_key, mend.on) == (unit, date(2026, 5, 1))
    OrderClass.objects.update(status="running", starts_on=date(2025, 9, 8))
    assert measures.values(MODELS, YEAR)[unit].value == 1
    assert list(measures.evidence(MODELS, YEAR, {}, unit)) == [room.major]
    OrderClass.objects.update(status="cancelled")
    assert measures.values(MODELS, YEAR) == {}
    assert MODELS.units_touched(OrderClass, [row.pk]) == {unit}


def test_a_joint_plan_is_signed_by_the_ordering_firm_and_taught_with_a_real_project(room: Room) -> None:
    row = running(room)
    assert row.plan is not None

    def value() -> float | None:
        return measures.values(JOINT_PLANS, YEAR)[row.pk].value

    assert value() == 0
    make(PlanSignature, plan=row.plan, signed_on=date(2025, 9, 1))  # another firm's
    project = use(row.plan.courses.get(), order_class=row).project
    assert value() == 0
    signature = make(PlanSignature, plan=row.plan, organisation=room.firm, signed_on=date(2025, 9, 1))
    assert value() == 1
    assert JOINT_PLANS.units_touched(PlanSignature, [signature.pk]) == {row.pk}
    assert JOINT_PLANS.units_touched(type(project), [project.pk]) == {row.pk}
    project.real_scene_on, project.real_scene_evidence = None, ""
    project.save()
    assert value() == 0
    assert measures.due_dates(JOINT_PLANS, YEAR, {}) == {row.pk: row.ends_on}
    project.real_scene_on, project.real_scene_evidence = REAL["real_scene_on"], "照片"
    project.save()
    assert value() == 1
    project.uses.update(used_on=date(2025, 8, 31))
    assert value() == 0  # last year's use does not count for this year
    project.uses.update(used_on=date(2026, 4, 1))
    assert value() == 0  # entered ahead: it mends, it does not count yet
    (mend,) = JOINT_PLANS.mends(YEAR, {})  # type: ignore[misc]
    assert (mend.unit_key, mend.on) == (row.pk, date(2026, 4, 1))


def test_another_class_of_the_plan_does_not_borrow_a_use_noted_for_one(room: Room) -> None:
    row = running(room)
    assert row.plan is not None
    other = room.order(status="running", plan=row.plan, starts_on=row.starts_on, ends_on=row.ends_on)
    make(PlanSignature, plan=row.plan, organisation=room.firm, signed_on=date(2025, 9, 1))
    use(row.plan.courses.get(), order_class=row)
    found = measures.values(JOINT_PLANS, YEAR)
    assert (found[row.pk].value, found[other.pk].value) == (1, 0)
    use(row.plan.courses.get())  # noted for no class: for all that are taught by the plan
    assert measures.values(JOINT_PLANS, YEAR)[other.pk].value == 1


def test_a_class_is_judged_in_each_year_in_which_it_ran(room: Room) -> None:
    row = running(room)
    planned = room.order(status="planned")
    for day, there in ((date(2025, 9, 1), False), (TODAY, True), (date(2026, 8, 31), True), (date(2026, 9, 1), False)):
        keys = {judged.key for judged in Units(day).of("order_class")}
        assert (row.pk in keys) == there and planned.pk not in keys
    (judged,) = Units(TODAY).of("order_class")
    assert (judged.code, judged.unit_id) == (row.code, room.major.unit_id)
