"""What scripts rely on: the JSON of assess, its exit codes, and one sentence for a fault."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from tests.factories import make as record
from tests.policy import factories as make
from tests.policy.conftest import TODAY
from zhixing.bases.models import Base
from zhixing.industry_colleges.models import IndustryCollege
from zhixing.policy.models import Standing

KEYS = [
    "rule",
    "clause",
    "scope",
    "unit",
    "unit_name",
    "period",
    "value",
    "target",
    "state",
    "evidence_count",
    "due",
    "forecast",
]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    call_command("assess", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_rows_have_just_the_agreed_fields(college: make.College, capsys: pytest.CaptureFixture[str]) -> None:
    make.link(college.groups[0], ends_on=TODAY + timedelta(days=5))
    rows = run(capsys)
    assert [list(row) for row in rows if list(row) != KEYS] == []
    assert len(rows) == Standing.objects.count()
    (found,) = [row for row in rows if row["rule"] == "R01" and row["unit"] == "ZYQ000"]
    assert found == {
        "rule": "R01",
        "clause": "四（一）2",
        "scope": "major_group",
        "unit": "ZYQ000",
        "unit_name": "专业群0",
        "period": "2025-2026",
        "value": 1,
        "target": 1,
        "state": "at_risk",
        "evidence_count": 1,
        "due": str(TODAY + timedelta(days=5)),
        "forecast": {"breaks_on": str(TODAY + timedelta(days=5)), "lost_on": None, "mend": []},
    }


def test_real_characters_and_evidence(college: make.College, capsys: pytest.CaptureFixture[str]) -> None:
    link = make.link(college.groups[0])
    call_command("assess", "--rule", "R01", "--evidence", "--json")
    text = capsys.readouterr().out
    assert "专业群0" in text and "\\u" not in text
    by_unit = {row["unit"]: row for row in json.loads(text)}
    assert by_unit["ZYQ000"]["evidence"] == [{"type": "partners.industry_link", "id": link.pk, "label": str(link)}]
    assert by_unit["ZYQ001"]["evidence"] == []
    assert [row["type"] for row in by_unit["HNCVC"]["evidence"]] == ["policy.standing"] * 2
    for row in by_unit.values():
        assert len(row["evidence"]) == row["evidence_count"]


def test_a_day_a_year_a_unit(college: make.College, capsys: pytest.CaptureFixture[str]) -> None:
    make.link(college.groups[0], ends_on=TODAY + timedelta(days=5))
    assert [
        row["state"]
        for row in run(capsys, "--rule", "R01", "--unit", "ZYQ000", "--as-of", str(TODAY + timedelta(days=6)))
    ] == ["unmet"]
    assert not Standing.objects.exists()
    past = run(capsys, "--year", "2024-2025", "--rule", "R02", "--unit", "XY01")
    assert {(row["unit"], row["period"], row["state"]) for row in past} == {
        ("ZYQ000", "2024-2025", "unmet"),
        ("XY01", "2024-2025", "unmet"),
    }
    assert {row["rule"] for row in run(capsys, "--policy", "hncvc-2023-89", "--unit", "HNCVC")} >= {"R20", "R28", "R01"}


def test_bases_and_industry_colleges_are_units_too(college: make.College, capsys: pytest.CaptureFixture[str]) -> None:
    unit = college.groups[0].unit
    since = TODAY - timedelta(days=400)
    record(Base, code="JD9", kind="campus", unit=unit, status="in_use", starts_on=since, ends_on=None)
    record(IndustryCollege, code="CY9", unit=unit, status="building", approved_on=since, starts_on=since, ends_on=None)
    for code, rule in (("JD9", "R08"), ("CY9", "R05")):
        rows = run(capsys, "--unit", code)
        assert {row["unit"] for row in rows} == {code} and rule in {row["rule"] for row in rows}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rule", "R99"],
        ["--unit", "NOWHERE"],
        ["--policy", "nothing"],
        ["--year", "25-26"],
        ["--as-of", "1.3.2026"],
        ["--as-of", "2026-02-30"],
        ["--year", "2024-2025", "--as-of", "2026-03-01"],
        ["--year", "2030-2031"],
    ],
)
def test_a_bad_call_says_one_sentence_and_changes_nothing(
    college: make.College, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("assess", *arguments, "--json")
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert capsys.readouterr().out == ""
    assert not Standing.objects.exists()


def test_without_a_policy_it_says_what_to_do(db: None) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("assess", "--json")
    assert refused.value.returncode == 2 and "load-policy" in str(refused.value)


def test_the_scoreboard_is_readable(college: make.College, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("assess")
    text = capsys.readouterr().out
    assert "R01 专业群联系行业组织" in text and "R28" in text
    assert str(Standing.objects.count()) in text


def test_a_faulty_pack_is_refused_whole(
    college: make.College, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "bad.yaml"  # type: ignore[operator]
    pack.write_text("policy: {code: bad}\n", encoding="utf-8")
    with pytest.raises(CommandError) as refused:
        call_command("load-policy", str(pack), "--json")
    assert refused.value.returncode == 2
    assert json.loads(capsys.readouterr().out)["faults"]
