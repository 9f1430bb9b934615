"""What the kernel derives from the sheets changes only when somebody means it to."""

from __future__ import annotations

import difflib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from zhixing.kernel.management.commands.describe import BASELINE, document
from zhixing.kernel.sheet import Sheet


def test_nothing_derived_has_changed_unnoticed() -> None:
    kept = BASELINE.read_text(encoding="utf-8") if BASELINE.is_file() else ""
    now = document()
    if kept != now:
        lines = difflib.unified_diff(kept.splitlines(), now.splitlines(), "baseline", "now", n=0, lineterm="")
        listed = "\n".join(line for _i, line in zip(range(40), lines, strict=False))
        pytest.fail(
            "Pages, columns, filters, steps or rights of some record type have changed. If that is meant, renew the baseline with\n"
            f"    python manage.py describe --write-baseline\nand commit it with the change.\n{listed}"
        )


def test_describe_says_what_the_role_table_says(sheet: Sheet) -> None:
    out = StringIO()
    call_command("describe", sheet.key, "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert found["type"] == sheet.key
    assert found["routes"]["detail"] == f"/{sheet.key.replace('.', '/')}/{{pk}}/"
    assert {field["name"] for field in found["fields"]} == set(sheet.fields)
    assert found["natural_key"], f"{sheet.key} has no natural key"
    assert all(found["capabilities"].values())


def test_an_unknown_type_is_refused_in_one_sentence() -> None:
    with pytest.raises(CommandError) as refused:
        call_command("describe", "no.such_type")
    assert refused.value.returncode == 2
    assert "org.unit" in str(refused.value)
