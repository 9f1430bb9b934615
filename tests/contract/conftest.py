"""The records on which every record type is tried."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Placed, World, make
from zhixing.kernel.sheet import Sheet, sheets
from zhixing.org.models import Person, Role

ALL = list(sheets())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sheet" in metafunc.fixturenames:
        metafunc.parametrize("sheet", ALL, ids=lambda sheet: sheet.key)


@pytest.fixture
def placed(world: World, sheet: Sheet) -> list[Placed]:
    """One record in the roles' own unit, one in the sibling's, and one in the name of each role that reaches what is its own."""
    return place(world, sheet)


def place(world: World, sheet: Sheet, **more: Any) -> list[Placed]:
    model = sheet.model
    has_unit = bool(model.scope.units)  # type: ignore[attr-defined]
    found = [
        Placed(make(model, unit=world.own, **more), has_unit),
        Placed(make(model, unit=world.sibling, **more), False),
    ]
    for role in Role.values:
        if "own" in world_row(world, sheet, role).values():
            mine = (
                world.people[role]
                if model is Person
                else make(model, unit=world.sibling, person=world.people[role], **more)
            )
            found.append(Placed(mine, False, role))
    return found


def world_row(world: World, sheet: Sheet, role: str) -> dict[str, str]:
    from zhixing.kernel.scope import role_table

    return role_table().rows.get(sheet.key, {}).get(role, {})


def distinct_roles(world: World, sheet: Sheet) -> list[str]:
    """One role for each different row of the role table, and one that has none."""
    seen: dict[tuple, str] = {}
    for role in Role.values:
        row = world_row(world, sheet, role)
        # Whoever reaches records of their own is always tried: the records are theirs alone.
        seen.setdefault((tuple(sorted(row.items())), role if "own" in row.values() else ""), role)
    return [*seen.values(), "nobody"]
