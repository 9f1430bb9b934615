"""A small college for the tests of governance: one school, two colleges, two groups, and people with their hats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from zhixing.governance.models import Committee, Meeting, Resolution, Seat, Task, TaskBook
from zhixing.kernel.models import ApprovalRoute
from zhixing.kernel.scope import Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import AcademicYear, MajorGroup, Membership, Person, Unit, User
from zhixing.partners.models import Organisation

START = date(2020, 1, 1)


@dataclass
class College:
    """Everything a test needs by name; `actor("dean")` is the one who wears that hat at the first college."""

    school: Unit
    first: Unit
    second: Unit
    group: MajorGroup
    other_group: MajorGroup
    year: AcademicYear
    firm: Organisation
    people: dict[str, Person]

    def actor(self, name: str) -> Actor:
        return actor_for(User.objects.get(username=name))

    def user(self, name: str) -> User:
        return User.objects.get(username=name)


def person(name: str, unit: Unit, role: str, at: Unit | None = None) -> Person:
    made = Person.objects.create(name=name, staff_number=name, unit=unit, email=f"{name}@example.edu.cn")
    Membership.objects.create(person=made, role=role, unit=at or unit, starts_on=START)
    User.objects.create(username=name, person=made)
    return made


def college() -> College:
    school = Unit.objects.create(code="00", name="海南某职业学院", kind="school", starts_on=START)
    first = Unit.objects.create(code="01", name="信息工程学院", kind="college", parent=school, starts_on=START)
    second = Unit.objects.create(code="02", name="旅游学院", kind="college", parent=school, starts_on=START)
    people = {
        "office": person("office", school, "office"),
        "leader": person("leader", school, "leader"),
        "dean": person("dean", first, "dean"),
        "other_dean": person("other_dean", second, "dean"),
        "group_leader": person("group_leader", first, "group_leader"),
        "teacher": person("teacher", first, "teacher"),
        "auditor": person("auditor", school, "auditor"),
        "student": person("student", first, "student"),
    }
    return College(
        school=school,
        first=first,
        second=second,
        group=MajorGroup.objects.create(
            code="G1", name="软件技术专业群", unit=first, leader=people["group_leader"], starts_on=START
        ),
        other_group=MajorGroup.objects.create(code="G2", name="酒店管理专业群", unit=second, starts_on=START),
        year=AcademicYear.objects.create(code="2025-2026", starts_on=date(2025, 9, 1), ends_on=date(2026, 8, 31)),
        firm=Organisation.objects.create(name="海南甲科技有限公司", kind="enterprise", keeper=first),
        people=people,
    )


def committee(home: College, **more: Any) -> Committee:
    values = {
        "name": "软件技术专业群建设指导委员会",
        "unit": home.first,
        "group": home.group,
        "starts_on": date(2025, 9, 1),
        "ends_on": date(2027, 8, 31),
    }
    return Committee.objects.create(**{**values, **more})


def council(home: College, **more: Any) -> Committee:
    return committee(home, **{"name": "校企合作理事会", "kind": "council", "unit": home.school, "group": None, **more})


def seat(body: Committee, home: College, **more: Any) -> Seat:
    values = {"party": "enterprise", "name": "王工", "organisation": home.firm, "starts_on": body.starts_on}
    return Seat.objects.create(committee=body, **{**values, **more})


def meeting(body: Committee, **more: Any) -> Meeting:
    values = {"title": "第一次会议", "held_on": date(2026, 3, 2)}
    return Meeting.objects.create(committee=body, **{**values, **more})


def resolution(body: Committee, number: int = 1, **more: Any) -> Resolution:
    held = Meeting.objects.filter(committee=body, status="held").first()
    held = held or meeting(body, status="held", minutes="议定若干事项。")
    return Resolution.objects.create(meeting=held, number=number, text=f"走访企业 {number}", **more)


def task(home: College, title: str = "走访十家企业", **more: Any) -> Task:
    values = {
        "unit": home.first,
        "owner": home.people["teacher"],
        "starts_on": date(2026, 3, 2),
        "due": date(2026, 5, 31),
        "appraisal_method": "学期考核",
    }
    return Task.objects.create(title=title, **{**values, **more})


def book(body: Committee, home: College, **more: Any) -> TaskBook:
    if more.get("status") == "approved":
        more.setdefault("approved_on", date(2025, 9, 20))
    return TaskBook.objects.create(committee=body, **{"year": home.year, **more})


def approval_route() -> ApprovalRoute:
    """The dean of the committee's own college agrees, nobody else."""
    return ApprovalRoute.objects.create(
        record_type="governance.task_book",
        name="任务书审批",
        effective_from=START,
        stations=[{"role": "dean", "at": "own", "idle_days": 3, "escalate": "leader"}],
    )
