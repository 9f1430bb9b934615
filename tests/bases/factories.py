"""A base and what hangs on it, in the small college of governance's tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from tests.governance.factories import College
from zhixing.bases.models import (
    Base,
    BaseRecognition,
    BaseUse,
    Contribution,
    Guide,
    PlaceCapacity,
    PracticeDemand,
    Room,
)
from zhixing.kernel.models import ApprovalRoute
from zhixing.org.models import AcademicYear, Cohort, Major, Student, Term

_numbers = count(1)
BEGIN = date(2024, 9, 1)
# 2025-2026 is the running year; the days of tests stand in its second term.
AUTUMN, SPRING = (date(2025, 9, 1), date(2026, 1, 18)), (date(2026, 2, 23), date(2026, 7, 12))


def terms(home: College, years: int = 3) -> list[Term]:
    """Both terms of the running year and of those after it, in order."""
    found = []
    for more in range(years):
        year = (
            home.year
            if not more
            else AcademicYear.objects.create(
                code=f"{2025 + more}-{2026 + more}",
                starts_on=date(2025 + more, 9, 1),
                ends_on=date(2026 + more, 8, 31),
            )
        )
        for number, (first, last) in enumerate((AUTUMN, SPRING), 1):
            moved = [day.replace(year=day.year + more) for day in (first, last)]
            found.append(Term.objects.create(year=year, number=number, starts_on=moved[0], ends_on=moved[1]))
    return found


def major(home: College, **more: Any) -> Major:
    number = next(_numbers)
    values = {
        "code": f"5102{number:02}",
        "name": f"软件技术{number}",
        "unit": home.first,
        "group": home.group,
        "leader": home.people["group_leader"],
        "starts_on": date(2020, 9, 1),
    }
    return Major.objects.create(**{**values, **more})


def cohort(of: Major, entry: int, students: int, status: str = "enrolled") -> Cohort:
    number = next(_numbers)
    made = Cohort.objects.create(code=f"B{number}", name=f"班{number}", major=of, entry_year=entry)
    Student.objects.bulk_create(
        Student(number=f"S{number:03}{n:04}", name=f"生{n}", cohort=made, status=status) for n in range(students)
    )
    return made


def base(home: College, *majors: Major, kind: str = "campus", **more: Any) -> Base:
    """One in use; on the campus with its mode, off it with the firm."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "code": f"JD{number:03}",
        "name": f"基地{number}",
        "kind": kind,
        "mode": "one_body" if kind == "campus" else "",
        "on_campus": kind == "campus",
        "organisation": home.firm,
        "unit": home.first,
        "manager": home.people["teacher"],
        "primary_major": majors[0] if majors else None,
        "starts_on": BEGIN,
        "status": "in_use",
    }
    made = Base.objects.create(**{**values, **more})
    made.majors.set(majors)
    return made


def contribution(of: Base, party: str = "firm", accepted: bool = True, **more: Any) -> Contribution:
    values: dict[str, Any] = {
        "party": party,
        "kind": "equipment",
        "title": f"设备{next(_numbers)}",
        "pledged_value": Decimal(100_000),
        "due": date(2026, 2, 1),
    }
    if accepted:
        values |= {
            "delivered_value": Decimal(100_000),
            "delivered_on": date(2026, 1, 20),
            "accepted_on": date(2026, 1, 25),
            "status": "accepted",
        }
    return Contribution.objects.create(base=of, **{**values, **more})


def use(of: Base, function: str = "teaching", day: date = date(2025, 11, 3), **more: Any) -> BaseUse:
    values = {"title": f"使用{next(_numbers)}", "hours": Decimal(8), "people": 20}
    return BaseUse.objects.create(base=of, function=function, used_on=day, **{**values, **more})


def guide(of: Base, home: College, kind: str = "engineer", proven: bool = True, **more: Any) -> Guide:
    values: dict[str, Any] = {"kind": kind, "starts_on": BEGIN}
    if kind == "teacher":
        values["person"] = home.people["teacher"]
    else:
        values |= {"name": f"工程师{next(_numbers)}", "organisation": home.firm}
    if proven:
        values |= {"proof": "证书", "proven_on": BEGIN}
    return Guide.objects.create(base=of, **{**values, **more})


def places(of: Base, of_major: Major, term: Term, number: int, kind: str = "post") -> PlaceCapacity:
    return PlaceCapacity.objects.create(base=of, major=of_major, term=term, kind=kind, places=number)


def demand(of_major: Major, term: Term, number: int, kind: str = "post") -> PracticeDemand:
    return PracticeDemand.objects.create(major=of_major, term=term, kind=kind, students=number)


def room(of: Base, **more: Any) -> Room:
    number = next(_numbers)
    values = {"code": f"R{number}", "name": f"实训室{number}", "kind": "training", "workplaces": 40}
    return Room.objects.create(base=of, **{**values, **more})


def recognition(of: Base, of_major: Major, **more: Any) -> BaseRecognition:
    values: dict[str, Any] = {"growing_since": date(2024, 9, 1), "statement": "申报"}
    if more.get("status") == "recognised":
        values |= {"recognised_on": date(2025, 1, 10), "recheck_due": date(2028, 1, 10)}
    return BaseRecognition.objects.create(base=of, major=of_major, **{**values, **more})


def route(record_type: str) -> ApprovalRoute:
    """The dean of the college's own unit agrees, nobody else."""
    return ApprovalRoute.objects.create(
        record_type=record_type,
        name="审批",
        effective_from=date(2020, 1, 1),
        stations=[{"role": "dean", "at": "own", "idle_days": 3, "escalate": "leader"}],
    )
