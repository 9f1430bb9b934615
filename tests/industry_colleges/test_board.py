"""The heat map counts what is planned, made and proven, opens just those rows, and the college's page says the same."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.governance.factories import College
from tests.industry_colleges import factories as make
from zhixing.industry_colleges import board
from zhixing.industry_colleges.models import AreaOutput, IndustryCollege, ResourceAllocation
from zhixing.industry_colleges.queries import Cell
from zhixing.kernel.sheet import domains
from zhixing.org.models import AcademicYear

PAGE = "/industry_colleges/heatmap/"


@pytest.fixture
def dean(home: College, client: Client) -> Client:
    client.force_login(home.user("dean"))
    return client


@pytest.mark.parametrize(
    ("cell", "over", "state"),
    [
        (Cell(0, 0, 0), False, "nothing"),
        (Cell(2, 0, 0), False, "planned"),
        (Cell(2, 0, 0), True, "missed"),
        (Cell(0, 1, 0), False, "made"),
        (Cell(2, 3, 1), True, "proven"),
    ],
)
def test_a_cell_is_in_one_state(cell: Cell, over: bool, state: str) -> None:
    assert cell.state(over) == state


def test_cells_count_the_year_and_open_their_rows(home: College, college: IndustryCollege, dean: Client) -> None:
    make.area_plan(college, home, "majors", planned=3)
    make.area_plan(college, home, "training")
    make.output(college, "majors")
    make.output(college, "majors", link="")
    make.output(college, "majors", made_on=date(2025, 8, 31))
    make.output(college, "courses", link="")
    other = make.industry_college(home, unit=home.second)
    make.output(other, "majors")
    rows = board.rows_of(home.year, [college, other], home.actor("dean"))
    squares = {square.area.code: square for square in rows[0].squares}
    assert len(squares) == 10
    assert squares["majors"].cell == Cell(3, 2, 1)
    assert {code: square.state for code, square in squares.items() if square.state != "nothing"} == {
        "majors": "proven",
        "training": "planned",
        "courses": "made",
    }
    assert (rows[0].proven, rows[1].proven) == (1, 1)
    response = dean.get(squares["majors"].url)
    assert response.status_code == 200
    shown = set(re.findall(r"/industry_colleges/area_output/(\d+)/", response.content.decode()))
    counted = AreaOutput.objects.filter(college=college, area__code="majors", made_on__gte="2025-09-01")
    assert shown == {str(pk) for pk in counted.values_list("pk", flat=True)}
    assert "/area_plan/" in squares["training"].url
    assert dean.get(squares["training"].url).status_code == 200


def test_the_page_shows_each_college_that_ran_that_year(home: College, college: IndustryCollege, dean: Client) -> None:
    make.all_areas()
    make.industry_college(home, name="未批准学院", status="planned", approved_on=None)
    make.industry_college(home, name="旧学院", status="closed", ends_on=date(2025, 8, 31), close_reason="到期")
    other = make.industry_college(home, unit=home.second)
    text = dean.get(PAGE).content.decode()
    assert college.name in text and other.name in text
    assert "未批准学院" not in text and "旧学院" not in text
    assert text.count("ic-tone--nothing") >= 20
    text = dean.get(PAGE, {"unit": home.second.pk}).content.decode()
    assert college.name not in text and other.name in text
    assert dean.get(PAGE, {"year": 999_999}).status_code == 200
    assert college.name not in dean.get(PAGE, {"year": 999_999}).content.decode()


def test_whoever_may_not_see_outputs_has_no_page(home: College, client: Client) -> None:
    client.force_login(home.user("student"))
    assert client.get(PAGE).status_code == 403


def test_the_board_asks_as_often_for_many_colleges(home: College, dean: Client) -> None:
    make.all_areas()

    def asked() -> int:
        dean.get(PAGE)
        with CaptureQueriesContext(connection) as found:
            assert dean.get(PAGE).status_code == 200
        return len(found)

    make.output(make.industry_college(home), "majors")
    few = asked()
    for _i in range(12):
        made = make.industry_college(home)
        make.output(made, "courses")
        make.area_plan(made, home, "contests")
    assert asked() == few


def test_a_colleges_page_shows_areas_charter_and_resources(
    home: College, college: IndustryCollege, dean: Client
) -> None:
    make.charter(college, lacking="safeguards")
    make.seat(college, home, "park")
    make.output(college, "majors")
    given: dict[str, Any] = {"college": college, "year": home.year, "kind": "equipment"}
    ResourceAllocation.objects.create(
        party="enterprise",
        organisation=home.firm,
        title="设备",
        value=3_000_000,
        delivered_on=date(2026, 1, 9),
        **given,
    )
    ResourceAllocation.objects.create(party="school", title="场地", value=1_000_000, **given)
    text = unescape(dean.get(f"/industry_colleges/industry_college/{college.pk}/").content.decode())
    assert 'id="areas"' in text and 'id="charter"' in text
    assert "75%" in text and "¥3,000,000.00" in text and "25%" in text
    charter = text[text.index('id="charter"') :]
    assert len(re.findall(r"zx-state--met", charter[: charter.index("</section>")])) == 3
    assert len(re.findall(r"zx-state--unmet", charter[: charter.index("</section>")])) == 1


def test_every_page_of_every_type_opens(home: College, college: IndustryCollege, dean: Client) -> None:
    AcademicYear.objects.create(code="2024-2025", starts_on=date(2024, 9, 1), ends_on=date(2025, 8, 31))
    plan = make.plan(college, status="approved")
    seat = make.seat(college, home)
    records = {
        "industry_college": college,
        "construction_plan": plan,
        "plan_milestone": make.milestone(plan, home),
        "seat": seat,
        "charter_section": make.charter(college)[0],
        "council_meeting": college.meetings.create(title="理事会", held_on=date(2026, 1, 8), minutes="纪要"),
        "check": college.checks.create(kind="mid", held_on=date(2026, 1, 8), experts="王", verdict="passed"),
        "resource_allocation": college.resources.create(
            year=home.year, party="school", kind="site", title="场地", value=1
        ),
        "area": make.area("majors"),
        "area_plan": make.area_plan(college, home),
        "area_output": make.output(college),
    }
    domain = next(domain for domain in domains() if domain.key == "industry_colleges")
    assert {sheet.key.split(".")[1] for sheet in (*domain.sheets, *domain.minor)} == set(records)
    for sheet in (*domain.sheets, *domain.minor):
        record = records[sheet.key.split(".")[1]]
        for page in (sheet.url("list"), sheet.url("detail", record.pk)):
            assert dean.get(page).status_code == 200, page
        for action in sheet.actions:
            if action.form is None or not action.available(record):
                continue
            wanted = 200 if home.actor("dean").can_on(record, action.capability) else 403
            assert dean.get(sheet.url("act", record.pk, key=action.key)).status_code == wanted, action.key


def test_an_output_is_recorded_from_a_cell(home: College, college: IndustryCollege, dean: Client) -> None:
    """Heat map, its plus, two fields, save: the fourth click lands on the output, where files are added."""
    area = make.area("contests")
    text = unescape(dean.get(PAGE).content.decode())
    add = f"/industry_colleges/area_output/add/?college={college.pk}&area={area.pk}"
    assert add in text
    form = dean.get(add)
    assert form.status_code == 200
    action = f"/industry_colleges/industry_college/{college.pk}/act/record_output/"
    assert dean.get(f"{action}?area={area.pk}").status_code == 200
    saved = dean.post(action, {"area": area.pk, "title": "省赛一等奖", "made_on": "2026-03-02", "quantity": 1})
    made = AreaOutput.objects.get()
    assert saved.status_code == 302 and saved["Location"] == f"/industry_colleges/area_output/{made.pk}/"
