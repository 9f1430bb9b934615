"""The system checks find what a sheet gets wrong, and the sheets get nothing wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from zhixing.kernel import checks, scope
from zhixing.kernel.scope import RoleTable
from zhixing.kernel.sheet import Action, Computed, Sheet
from zhixing.org import models


def test_the_sheets_hold() -> None:
    found = checks.sheets_hold()
    assert not found, "\n".join(str(message) for message in found)


def faults_of(monkeypatch: pytest.MonkeyPatch, **attributes: Any) -> set[str]:
    """The faults of one sheet over majors with these attributes."""
    sheet = type("TriedSheet", (Sheet,), {"model": models.Major, "natural_key": ("code", "name"), **attributes})()
    monkeypatch.setattr(checks, "sheets", lambda: iter([sheet]))
    monkeypatch.setattr(scope, "_table", RoleTable({"org.major": {}}))
    return {message.id for message in checks.sheets_hold()}


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ({"columns": ("code", "no_such_column")}, "W001"),
        ({"filters": ("unit__no_such_field",)}, "W001"),
        ({"search": ("leader__nickname",)}, "W001"),
        ({"tabs": "kind"}, "W001"),
        ({"groups": (("", ("code", "colour")),)}, "W001"),
        ({"synonyms": {"colour": ("颜色",)}}, "W001"),
        ({"depends": {"group": {"unit": "colour"}}}, "W001"),
        ({"related": ("pupils",)}, "W002"),
        ({"computed": {"n": Computed(_("cohorts"), Count("cohorts"), rows=("org.cohort", "major"))}}, "W003"),
        ({"natural_key": ("name",)}, "W005"),
        ({"actions": (Action("go", "", print), Action("go", "", print))}, "W006"),
    ],
)
def test_a_fault_of_a_sheet_is_named(monkeypatch: pytest.MonkeyPatch, attributes: dict[str, Any], fault: str) -> None:
    assert f"zhixing.{fault}" in faults_of(monkeypatch, **attributes)


def test_a_right_sheet_has_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        faults_of(monkeypatch, columns=("code", "unit__name"), groups=(("", ("code", "name", "unit", "group")),))
        == set()
    )


def test_the_role_table_and_the_catalogue_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {key: {} for key in scope.role_table().rows if key != "org.unit"}
    monkeypatch.setattr(scope, "_table", RoleTable({**rows, "org.no_such_type": {}}))
    assert {message.id for message in checks.sheets_hold()} == {"zhixing.W009", "zhixing.W010"}
