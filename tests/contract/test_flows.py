"""Every step of every flow × every role: taken by whoever may, logged, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.conftest import ALL, place
from tests.contract.visits import undone
from tests.factories import Placed, World, state_values
from zhixing.kernel.flow import FlowError, Step, step
from zhixing.kernel.models import Event
from zhixing.kernel.scope import type_key
from zhixing.kernel.sheet import Sheet
from zhixing.org.actors import actor_for
from zhixing.org.models import Role

WITH_FLOW = [sheet for sheet in ALL if sheet.flow]
STATES = pytest.mark.parametrize("flowing", WITH_FLOW, ids=lambda sheet: sheet.key)


def put(record: Any, sheet: Sheet, state: str) -> None:
    """Set the state as if steps had led there; full records satisfy what each state asks for."""
    field = sheet.flow.field  # type: ignore[union-attr]
    type(record)._base_manager.filter(pk=record.pk).update(**{field: state, **state_values(sheet.key, state)})
    record.refresh_from_db()


def reachable(sheet: Sheet) -> list[str]:
    """The states that some step leads from."""
    return sorted({state for item in sheet.flow.steps for state in item.sources})  # type: ignore[union-attr]


def take(record: Any, item: Step, actor: Any, **more: Any) -> str:
    """`done`, or the code of the refusal."""
    try:
        with step(record, item.key, by=actor, comment="核实", **more) as locked:
            for name, value in state_values(type_key(record), item.target).items():
                setattr(locked, name, value)
    except FlowError as refused:
        return refused.code or "refused"
    return "done"


@STATES
def test_every_step_for_every_role(world: World, flowing: Sheet) -> None:
    wrong = []
    field = flowing.flow.field  # type: ignore[union-attr]
    records: list[Placed] = place(world, flowing, full=True)
    for item in flowing.flow.steps:  # type: ignore[union-attr]
        for record in (placed.record for placed in records):
            put(record, flowing, item.sources[0])
        for role in (*Role.values, "nobody"):
            actor = actor_for(world.users[role])
            for placed in records:
                where = f"{item.key} by {role} on {placed}"
                may = world.allowed(flowing.key, role, item.capability, placed)
                wanted = "by_approval" if item.by_approval else "done" if may else "forbidden"
                with undone():
                    before = Event.objects.count()
                    got = take(placed.record, item, actor)
                    stored = getattr(type(placed.record)._base_manager.get(pk=placed.pk), field)
                    logged = list(Event.objects.order_by("-pk")[: Event.objects.count() - before])
                if got != wanted:
                    wrong.append(f"{where}: {got}, not {wanted}")
                elif stored != (item.target if got == "done" else item.sources[0]):
                    wrong.append(f"{where}: the state is {stored}")
                elif [event.verb for event in logged] != ([item.key] if got == "done" else []):
                    wrong.append(f"{where}: logged {[event.verb for event in logged]}")
                placed.record.refresh_from_db()
    assert not wrong, "\n".join(wrong[:20])


@STATES
def test_no_step_from_another_state(world: World, flowing: Sheet) -> None:
    """Not even the office takes a step from a state it does not lead from; the route neither."""
    (placed,) = place(world, flowing, full=True)[:1]
    office = actor_for(world.users["office"])
    flow = flowing.flow
    states = [value for value, _label in flowing.model._meta.get_field(flow.field).flatchoices]  # type: ignore[union-attr]
    for item in flow.steps:  # type: ignore[union-attr]
        for state in states:
            if state in item.sources or state not in {*reachable(flowing), item.target}:
                continue
            with undone():
                put(placed.record, flowing, state)
                assert take(placed.record, item, office, approved=True) == "wrong_state", f"{item.key} from {state}"
            placed.record.refresh_from_db()


@STATES
def test_a_required_reason_is_asked_for(world: World, flowing: Sheet) -> None:
    (placed,) = place(world, flowing, full=True)[:1]
    office = actor_for(world.users["office"])
    for item in flowing.flow.steps:  # type: ignore[union-attr]
        if item.comment != "required":
            continue
        with undone():
            put(placed.record, flowing, item.sources[0])
            with (
                pytest.raises(FlowError) as refused,
                step(placed.record, item.key, by=office, comment=" ", approved=True),
            ):
                pass
            assert refused.value.code == "comment_required"
        placed.record.refresh_from_db()


@STATES
def test_the_form_never_writes_the_state(world: World, flowing: Sheet) -> None:
    """Neither page nor API takes a state: it changes by steps alone."""
    field = flowing.flow.field  # type: ignore[union-attr]
    assert field not in flowing.form_fields
    roles = [role for role in Role.values if world.allowed(flowing.key, role, "change")]
    (placed,) = place(world, flowing, full=True)[:1]
    domain, name = flowing.key.split(".")
    for role in roles[:1]:
        answer = world.client(role).patch(
            f"/api/v1/{domain}/{name}/{placed.pk}",
            {field: flowing.flow.steps[0].target},
            content_type="application/json",  # type: ignore[union-attr]
        )
        assert answer.status_code in {404, 422}
