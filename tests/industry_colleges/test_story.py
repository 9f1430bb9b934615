"""An industry college from its plan to its acceptance, by programs alone; R05 and R06 turn on the way, and back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.cultivation.programs import Program, Stage, stage
from zhixing.industry_colleges import areas
from zhixing.industry_colleges.models import Area
from zhixing.partners.models import Organisation

COLLEGE, SECTION, SEAT = (
    "industry_colleges.industry_college",
    "industry_colleges.charter_section",
    "industry_colleges.seat",
)
PLAN, MILESTONE = "industry_colleges.construction_plan", "industry_colleges.plan_milestone"
AREA_PLAN, OUTPUT = "industry_colleges.area_plan", "industry_colleges.area_output"
PROOF = "https://www.example.edu.cn/proof/{}"


@pytest.fixture
def here(db: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = stage(monkeypatch, date(2025, 9, 10))
    areas.load(Area)
    return made


def founded(here: Stage) -> int:
    """Proposed by its own college and approved."""
    dean = here.dean
    row = dean.add(COLLEGE, code="CY01", name="数字产业学院", unit=here.home.first.pk, starts_on="2025-09-10")
    assert dean.act(COLLEGE, row, "submit", status=422)["detail"]  # who leads it is not named
    agreement = here.agreement("industry_college", here.day, date(2030, 8, 31))
    dean.change(
        COLLEGE,
        row,
        lead_organisation=here.firm.pk,
        director=here.home.people["teacher"].pk,
        agreement=agreement,
        majors=[here.major.pk],
    )
    dean.act(COLLEGE, row, "submit")
    dean.decide()
    assert dean.show(COLLEGE, row)["status"] == "approved"
    return row


def chartered(dean: Program, row: int) -> None:
    dean.act(COLLEGE, row, "new_charter")
    parts = dean.rows(SECTION, college=row, columns="part,text")
    assert {item["part"] for item in parts} == {"organisation", "goals", "operation", "safeguards"}
    for number, part in enumerate(parts):
        if not part["text"]:
            # Nothing is signed before all four parts have their text.
            assert dean.act(COLLEGE, row, "sign_charter", signed_on="2025-09-10", status=422)["detail"]
        dean.change(SECTION, part["id"], text=f"章程正文之{number + 1}")
    dean.act(COLLEGE, row, "sign_charter", signed_on="2025-09-10")


def seated(here: Stage, row: int) -> dict[str, int]:
    """The school, the firm and an association; their seats by party."""
    association = Organisation.objects.create(name="海南省软件行业协会", kind="association")
    base = {"college": row, "starts_on": "2025-09-10"}
    return {
        "school": here.dean.add(SEAT, party="school", person=here.home.people["dean"].pk, **base),
        "enterprise": here.dean.add(SEAT, party="enterprise", organisation=here.firm.pk, name="王总", **base),
        "association": here.dean.add(SEAT, party="association", organisation=association.pk, name="吴会长", **base),
    }


def test_from_the_charter_to_the_acceptance(here: Stage) -> None:
    dean, office, teacher = here.dean, here.office, here.program("teacher")
    row = founded(here)
    chartered(dean, row)
    seated(here, row)
    assert "方案" in dean.act(COLLEGE, row, "build", status=422)["detail"]
    plan = dean.add(PLAN, college=row, starts_on="2025-09-10", ends_on="2028-08-31")
    assert dean.act(PLAN, plan, "submit", status=422)["detail"]  # neither goals nor milestones
    dean.change(PLAN, plan, goals="三年建成省级产业学院")
    steps = [
        dean.add(MILESTONE, plan=plan, title=title, due=due, owner=here.home.people["teacher"].pk)
        for title, due in (("共建三门课程", "2026-06-30"), ("建成实训平台", "2027-06-30"))
    ]
    dean.act(PLAN, plan, "submit")
    dean.decide()
    assert dean.act(COLLEGE, row, "build")["status"] == "building"
    assert dean.call("patch", f"{Program.path(MILESTONE, steps[0])}", {"due": "2026-12-31"}, status=422)["errors"]

    here.move(date(2026, 7, 1))
    teacher.act(MILESTONE, steps[0], "finish", done_on="2026-06-28")
    said = {"held_on": "2026-07-01", "experts": "王教授、李总工", "score": "72"}
    assert dean.act(COLLEGE, row, "mid_check", verdict="passed", status=403, **said)  # nobody judges the own college
    assert office.act(COLLEGE, row, "mid_check", verdict="rework", status=422, **said)["errors"]["findings"]
    office.act(COLLEGE, row, "mid_check", verdict="rework", findings="企业设备未到位", **said)
    assert office.show(COLLEGE, row)["status"] == "building"
    here.move(date(2026, 9, 20))
    again = {"held_on": "2026-09-20", "experts": "王教授", "score": "86"}
    assert office.act(COLLEGE, row, "mid_check", verdict="passed", **again)["status"] == "mid_checked"

    here.move(date(2027, 6, 20))
    last = {"held_on": "2027-06-20", "experts": "专家组", "score": "93"}
    told = office.act(COLLEGE, row, "accept", verdict="passed", status=422, **last)
    assert "建成实训平台" in told["detail"]
    teacher.act(MILESTONE, steps[1], "finish", done_on="2027-06-18")
    assert office.act(COLLEGE, row, "accept", verdict="passed", **last)["status"] == "accepted"
    told = office.act(
        COLLEGE, row, "recognise", level="province", recognised_on="2027-06-20", recognition_number="琼教〔2027〕8号"
    )
    assert told["level"] == "province"
    checks = office.rows("industry_colleges.check", college=row, columns="kind,verdict", sort="held_on")
    assert [(item["kind"], item["verdict"]) for item in checks] == [
        ("mid", "rework"),
        ("mid", "passed"),
        ("acceptance", "passed"),
    ]


def test_ten_areas_are_planned_made_and_proven_and_each_cell_opens_its_rows(here: Stage) -> None:
    dean, row = here.dean, founded(here)
    year, later = here.years
    codes = {item["code"]: item["id"] for item in dean.rows("industry_colleges.area", columns="code")}
    assert len(codes) == 10
    plans = {
        code: dean.add(AREA_PLAN, college=row, area=pk, year=year.pk, goal="年度成果", planned=2)
        for code, pk in codes.items()
    }
    outputs = {}
    for code in ("majors", "courses"):
        dean.act(AREA_PLAN, plans[code], "record_output", title=f"成果{code}", made_on="2025-09-10", quantity=1)
        outputs[code] = dean.rows(OUTPUT, area=codes[code])[0]["id"]
    dean.change(OUTPUT, outputs["majors"], link=PROOF.format(1))
    told = dean.call("get", "industry_colleges/heatmap?year=2025-2026")["rows"]
    assert [item["name"] for item in told] == ["数字产业学院"]
    cells = {cell["area"]: cell for cell in told[0]["areas"]}
    states = {code: cells[code]["state"] for code in ("majors", "courses", "research")}
    assert states == {"majors": "proven", "courses": "made", "research": "planned"}
    for code, cell in cells.items():
        opened = dean.call("get", cell["rows"].removeprefix("/api/v1/"))
        assert opened["count"] == (cell["made"] if code in outputs else 1), code
    shown = dean.show(AREA_PLAN, plans["majors"])
    assert (shown["made_count"], shown["proven_count"]) == (1, 1)
    # Next year's plans are carried over once.
    dean.act(COLLEGE, row, "copy_area_plans", year=later.pk)
    assert len(dean.rows(AREA_PLAN, year=later.pk)) == 10
    here.move(date(2026, 9, 1))
    told = dean.call("get", "industry_colleges/heatmap?year=2025-2026")["rows"][0]["areas"]
    assert next(cell["state"] for cell in told if cell["area"] == "research") == "missed"
    dean.call("get", "industry_colleges/heatmap?year=1999-2000", status=404)


def test_R05_turns_green_with_the_sixth_proven_area_and_red_again(here: Stage) -> None:
    dean, row = here.dean, founded(here)
    here.judge()
    codes = [item["id"] for item in dean.rows("industry_colleges.area")]
    made = [
        dean.add(OUTPUT, college=row, area=area, title=f"成果{area}", made_on="2025-09-10", link=PROOF.format(area))
        for area in codes[:5]
    ]
    assert here.state("R05", "CY01") != "met"
    bare = dean.add(OUTPUT, college=row, area=codes[5], title="横向课题", made_on="2025-09-10")
    assert here.state("R05", "CY01") != "met"  # nothing proves it
    dean.change(OUTPUT, bare, link=PROOF.format(6))
    assert here.state("R05", "CY01") == "met"
    dean.change(OUTPUT, made[0], link="")
    assert here.state("R05", "CY01") != "met"
    # Another output in an area already proven adds nothing; one of last year neither.
    dean.add(OUTPUT, college=row, area=codes[1], title="又一项", made_on="2025-09-10", link=PROOF.format(7))
    dean.add(OUTPUT, college=row, area=codes[0], title="上学年", made_on="2025-08-30", link=PROOF.format(8))
    assert here.state("R05", "CY01") != "met"
    here.move(date(2026, 9, 2))
    here.judge("2025-2026")
    assert here.state("R05", "CY01") == "unmet"
    dean.change(OUTPUT, made[0], link=PROOF.format(9))
    here.judge("2025-2026")
    assert here.state("R05", "CY01") == "met"


def test_R06_turns_green_and_red_with_seats_and_charter(here: Stage) -> None:
    dean, row = here.dean, founded(here)
    here.judge()
    assert here.state("R06", "CY01") == "unmet"
    seats = seated(here, row)
    assert here.state("R06", "CY01") == "unmet"  # without a charter seats do not count
    chartered(dean, row)
    assert here.state("R06", "CY01") == "met"
    here.move(date(2025, 9, 20))
    dean.act(SEAT, seats["association"], "end", ends_on="2025-09-19", comment="换届")
    assert here.state("R06", "CY01") == "unmet"
    organisation = dean.show(SEAT, seats["association"])["organisation"]
    follows = {"college": row, "party": "association", "organisation": organisation, "name": "新会长"}
    dean.add(SEAT, starts_on="2025-09-20", **follows)
    assert here.state("R06", "CY01") == "met"
