"""What is exported comes back the same: at once nothing changes, and after a loss the rows return as they were."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict

from tests import factories
from tests.contract.conftest import ALL
from tests.factories import World, make
from zhixing.kernel import exporting, importing
from zhixing.kernel.filtering import Listing
from zhixing.kernel.scope import SYSTEM, role_table
from zhixing.kernel.sheet import Sheet

IMPORTED = [sheet for sheet in ALL if any("import" in row for row in role_table().rows.get(sheet.key, {}).values())]


# What a register only words anew: a row of its own is refused.
ADDS_NONE = {"industry_colleges.area"}


def test_what_can_be_added_comes_from_a_register_or_says_why_not(world: World, sheet: Sheet) -> None:
    cells = role_table().rows.get(sheet.key, {}).values()
    adds, imports = (any(capability in cell for cell in cells) for capability in ("add", "import"))
    if sheet.not_imported:
        assert not imports, f"{sheet.key} comes from registers, and says why it does not: {sheet.not_imported}"
        page = world.client("office").get(sheet.url("import"))
        assert page.status_code == 403
        assert str(sheet.not_imported) in page.content.decode()
    else:
        assert imports or not adds, f"{sheet.key} can be added but not imported: name its reason in `not_imported`"


def columns_of(sheet: Sheet) -> tuple[str, ...]:
    """What a register can bring back: personal data leaves masked."""
    return tuple(name for name, field in sheet.import_fields.items() if not getattr(field, "masked", False))


def exported(sheet: Sheet, kind: str, folder: Path) -> bytes:
    target = folder / f"{sheet.key}.{kind}"
    exporting.write(Listing(sheet, SYSTEM, QueryDict(f"columns={','.join(columns_of(sheet))}")), kind, target)
    return target.read_bytes()


def stored(sheet: Sheet) -> list[tuple[Any, ...]]:
    names = [sheet.import_fields[name].attname for name in columns_of(sheet)]  # type: ignore[attr-defined]
    rows = sheet.model._base_manager.values_list(*names)
    return sorted((tuple(map(_as_told, row)) for row in rows), key=str)


def _as_told(value: Any) -> Any:
    """A register tells moments to the minute."""
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def brought(sheet: Sheet, data: bytes, kind: str) -> tuple[dict[str, int], list[Any]]:
    run, _reading = importing.start(sheet, data, f"{sheet.key}.{kind}", by=SYSTEM)
    importing.preview(run, by=SYSTEM)
    counts, faults = dict(run.counts), run.faults
    importing.commit(run, by=SYSTEM)
    return counts, faults


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("register", IMPORTED, ids=lambda sheet: sheet.key)
def test_export_then_import_gives_the_same_rows(
    world: World, register: Sheet, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Numbers from which the years of records become years that an office would write.
    monkeypatch.setattr(factories, "_numbers", itertools.count(1000))
    made = [make(register.model, unit=world.own, full=i > 0) for i in range(3)]
    data, before = exported(register, kind, tmp_path), stored(register)

    counts, faults = brought(register, data, kind)
    assert not faults, f"{register.key} finds fault with its own export: {faults[:3]}"
    assert (counts["new"], counts["changed"], counts["same"]) == (0, 0, len(before)), counts
    assert stored(register) == before

    for record in made:
        record.delete()
    counts, faults = brought(register, data, kind)
    if register.key in ADDS_NONE:
        assert [fault[3] for fault in faults] == ["fixed"] * 3
        return
    assert not faults, faults[:3]
    assert (counts["new"], counts["changed"]) == (3, 0), counts
    assert stored(register) == before
