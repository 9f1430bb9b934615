"""An industry college for the tests, in the small college of governance's tests."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from tests.governance.factories import START, College
from zhixing.industry_colleges import areas
from zhixing.industry_colleges.models import (
    Area,
    AreaOutput,
    AreaPlan,
    CharterSection,
    ConstructionPlan,
    IndustryCollege,
    PlanMilestone,
    Seat,
)
from zhixing.kernel.models import ApprovalRoute
from zhixing.partners.models import Organisation

_numbers = count(1)
PROOF = "https://example.com/proof"


def industry_college(home: College, **more: Any) -> IndustryCollege:
    """One that runs: approved, with director and lead organisation, at the first college."""
    number = next(_numbers)
    values = {
        "code": f"CY{number:02d}",
        "name": f"数字产业学院{number}",
        "unit": home.first,
        "lead_organisation": home.firm,
        "director": home.people["teacher"],
        "starts_on": date(2024, 9, 1),
        "status": "building",
        "approved_on": date(2024, 9, 1),
    }
    return IndustryCollege.objects.create(**{**values, **more})


def area(code: str) -> Area:
    areas.load(Area)
    return Area.objects.get(code=code)


def all_areas() -> list[Area]:
    areas.load(Area)
    return list(Area.objects.all())


def output(college: IndustryCollege, where: Area | str = "majors", **more: Any) -> AreaOutput:
    place = area(where) if isinstance(where, str) else where
    values = {"title": f"成果{next(_numbers)}", "made_on": date(2025, 11, 3), "link": PROOF}
    return AreaOutput.objects.create(college=college, area=place, **{**values, **more})


def area_plan(college: IndustryCollege, home: College, where: Area | str = "majors", **more: Any) -> AreaPlan:
    place = area(where) if isinstance(where, str) else where
    return AreaPlan.objects.create(
        college=college, area=place, **{"year": home.year, "goal": "共建课程两门", "planned": 2, **more}
    )


def charter(college: IndustryCollege, lacking: str = "", **more: Any) -> list[CharterSection]:
    values = {"version": 1, "signed_on": date(2024, 10, 8), "text": "正文", **more}
    parts = [part for part in CharterSection.Part.values if part != lacking]
    return [CharterSection.objects.create(college=college, part=part, **values) for part in parts]


def seat(college: IndustryCollege, home: College, party: str = "enterprise", **more: Any) -> Seat:
    values: dict[str, Any] = {"party": party, "starts_on": date(2024, 9, 1)}
    if party == "school":
        values["person"] = home.people["dean"]
    else:
        kind = party if party in Organisation.Kind.values else "enterprise"
        number = next(_numbers)
        values |= {
            "organisation": Organisation.objects.create(name=f"单位{number}", kind=kind),
            "name": f"理事{number}",
        }
    return Seat.objects.create(college=college, **{**values, **more})


def plan(college: IndustryCollege, **more: Any) -> ConstructionPlan:
    values = {"starts_on": date(2024, 9, 1), "ends_on": date(2027, 8, 31), "goals": "建成区域一流", "status": "draft"}
    values |= more
    if values["status"] == "approved":
        values.setdefault("approved_on", date(2024, 9, 20))
    return ConstructionPlan.objects.create(college=college, **values)


def milestone(of: ConstructionPlan, home: College, **more: Any) -> PlanMilestone:
    values = {"title": f"节点{next(_numbers)}", "due": date(2026, 6, 30), "owner": home.people["teacher"], **more}
    return PlanMilestone.objects.create(plan=of, **values)


def route(record_type: str) -> ApprovalRoute:
    """The dean of the college's own unit agrees, nobody else."""
    return ApprovalRoute.objects.create(
        record_type=record_type,
        name="审批",
        effective_from=START,
        stations=[{"role": "dean", "at": "own", "idle_days": 3, "escalate": "leader"}],
    )
