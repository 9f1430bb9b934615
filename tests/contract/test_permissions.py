"""Nobody where they do not belong: every page and operation × every role × own unit, sibling unit, own name, and nobody at all."""

from __future__ import annotations

import pytest

from tests.contract.conftest import distinct_roles, world_row
from tests.contract.expectations import Call, calls
from tests.contract.visits import visit
from tests.factories import Placed, World
from zhixing.kernel.scope import CAPABILITIES
from zhixing.kernel.sheet import Sheet
from zhixing.org.actors import actor_for
from zhixing.org.models import Role


def expected(world: World, sheet: Sheet, role: str, call: Call, record: Placed | None) -> tuple[int, ...]:
    """The answer that follows from the role table."""
    if role == "anonymous":
        return (401,) if call.api else (302,)
    if not world.allowed(sheet.key, role, call.opens):
        return (403,)
    if call.record and not world.allowed(sheet.key, role, call.record, record):
        return (404,)
    if call.does and not world.allowed(sheet.key, role, call.does, record):
        return (403,)
    return call.good


def reach_of(world: World, sheet: Sheet, role: str, call: Call) -> tuple[str | None, ...]:
    """What the role table says of a role in all that a call asks for; whoever has records of their own is alike to nobody."""
    if role == "anonymous":
        return (role,)
    extents = tuple(
        world.extent(sheet.key, role, capability) for capability in (call.opens, call.record, call.does) if capability
    )
    return (*extents, role) if "own" in extents else extents


def tried_on(world: World, sheet: Sheet, role: str, placed: list[Placed]) -> list[Placed]:
    """The records that differ for a role: all are alike to whoever reaches everything or nothing, and the gate is tried on each below."""
    row = world_row(world, sheet, role)
    return placed[:1] if set(row.values()) <= {"all"} else [item for item in placed if item.holder in (None, role)]


def test_every_page_and_operation_for_every_role(world: World, sheet: Sheet, placed: list[Placed]) -> None:
    wrong, done = [], set()
    tried = calls(sheet)
    for role in (*distinct_roles(world, sheet), "anonymous"):
        client = world.client(role)
        for i, call in enumerate(tried):
            reach = reach_of(world, sheet, role, call)
            # To a call two roles are alike whose reach is the same in all it asks for; list and record show each role its own buttons.
            if (i, reach) in done and (call.name, call.method) not in {("list", "GET"), ("detail", "GET")}:
                continue
            done.add((i, reach))
            for record in tried_on(world, sheet, role, placed) if call.record else placed[:1]:
                url = call.url(sheet, record.pk)
                response = visit(
                    client,
                    call.method,
                    url,
                    data=call.data,
                    json=call.api and call.method != "GET",
                    may_log=call.name == "export",
                )
                wanted = expected(world, sheet, role, call, record)
                if response.status_code not in wanted:
                    wrong.append(f"{role} {call.method} {url} ({record}): {response.status_code}, not {wanted}")
                if (
                    role == "anonymous"
                    and response.status_code == 302
                    and not response.headers["Location"].startswith("/accounts/login/")
                ):
                    wrong.append(f"anonymous {url} leads to {response.headers['Location']}")
    assert not wrong, "\n".join(wrong[:20]) + f"\n{len(wrong)} in all"


def test_the_gate_lets_through_just_what_the_table_says(world: World, sheet: Sheet, placed: list[Placed]) -> None:
    """For all roles and capabilities, at the one place through which all rows go."""
    wrong = []
    for role in (*Role.values, "nobody"):
        actor = actor_for(world.users[role])
        for capability in CAPABILITIES.values():
            seen = set(sheet.rows(actor, capability).values_list("pk", flat=True))
            for record in placed:
                wanted = world.allowed(sheet.key, role, capability, record)
                if (record.pk in seen) != wanted or actor.can_on(record.record, capability) != wanted:
                    wrong.append(f"{role} {capability} {record}: {record.pk in seen}, not {wanted}")
            if actor.can(sheet.model, capability) != world.allowed(sheet.key, role, capability):
                wrong.append(f"{role} {capability}: {actor.can(sheet.model, capability)} at all")
    assert not wrong, "\n".join(wrong)


def test_lists_show_what_the_gate_lets_through(world: World, sheet: Sheet, placed: list[Placed]) -> None:
    """List, API and search give a role the rows of its reach and no other."""
    domain, name = sheet.key.split(".")
    for role in distinct_roles(world, sheet):
        if not world.allowed(sheet.key, role, "view"):
            continue
        answer = world.client(role).get(f"/api/v1/{domain}/{name}", {"page_size": 500}).json()
        ids = {item["id"] for item in answer["items"]}
        for record in placed:
            assert (record.pk in ids) == world.allowed(sheet.key, role, "view", record), f"{role}: {record}"
        assert answer["count"] == len(ids)


@pytest.mark.parametrize("role", [*Role.values, "nobody"])
def test_a_role_of_the_past_opens_nothing(world: World, role: str) -> None:
    from datetime import date

    from zhixing.org.models import Membership

    Membership.objects.filter(person=world.people[role]).update(ends_on=date(2020, 12, 31))
    actor = actor_for(world.users[role])
    assert not actor.roles and not actor.can("org.unit")
