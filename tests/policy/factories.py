"""A small college for the policy's tests: two colleges, their groups, people with hats, associations, committees."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from zhixing.governance.models import Committee, Seat, Task, TaskBook
from zhixing.kernel.scope import Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import AcademicYear, MajorGroup, Membership, Person, Unit, User
from zhixing.partners.models import Activity, IndustryLink, Organisation

SINCE = date(2020, 9, 1)
_numbers = count(1)
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def uscc(number: int) -> str:
    """A unified social credit code with a true check character."""
    body = f"51460000{number:09d}"
    total = sum(_CODE.index(char) * weight for char, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CODE[(31 - total % 31) % 31]


def person(name: str, unit: Unit | None = None, **more: Any) -> Person:
    return Person.objects.create(name=name, staff_number=f"P{next(_numbers):05d}", unit=unit, **more)


def hat(owner: Person, role: str, unit: Unit, **more: Any) -> Membership:
    return Membership.objects.create(person=owner, role=role, unit=unit, **{"starts_on": SINCE, **more})


def account(owner: Person) -> User:
    return User.objects.create_user(
        username=f"user-{owner.staff_number}", person=owner, email=f"{owner.staff_number}@example.com"
    )


def association(name: str = "", **more: Any) -> Organisation:
    number = next(_numbers)
    values = {"kind": Organisation.Kind.ASSOCIATION, "status": Organisation.Status.ACTIVE, **more}
    return Organisation.objects.create(uscc=uscc(number), name=name or f"协会{number}", **values)


def link(
    group: MajorGroup, starts_on: date = date(2024, 1, 1), ends_on: date | None = None, **more: Any
) -> IndustryLink:
    return IndustryLink.objects.create(
        group=group, organisation=association(), starts_on=starts_on, ends_on=ends_on, **more
    )


def activity(group: MajorGroup, held_on: date, **more: Any) -> Activity:
    values = {
        "kind": Activity.Kind.ASSOCIATION,
        "status": Activity.Status.HELD,
        "minutes": "纪要",
        "title": f"活动{next(_numbers)}",
        **more,
    }
    return Activity.objects.create(held_on=held_on, unit=group.unit, group=group, **values)


def committee(
    group: MajorGroup, starts_on: date = date(2024, 1, 1), ends_on: date = date(2030, 1, 1), seats: int = 1
) -> Committee:
    made = Committee.objects.create(
        name=f"{group.name}委员会{next(_numbers)}", unit=group.unit, group=group, starts_on=starts_on, ends_on=ends_on
    )
    for i in range(seats):
        Seat.objects.create(
            committee=made,
            party=Seat.Party.ENTERPRISE,
            name=f"委员{i}",
            organisation=association(kind="enterprise"),
            starts_on=starts_on,
        )
    return made


def task_book(of: Committee, year: AcademicYear, **more: Any) -> TaskBook:
    values = {"status": TaskBook.Status.APPROVED, "approved_on": year.starts_on, **more}
    return TaskBook.objects.create(committee=of, year=year, **values)


def task(book: TaskBook, **more: Any) -> Task:
    values = {"starts_on": book.year.starts_on, "due": book.year.ends_on, "appraisal_method": "年度考核", **more}
    return Task.objects.create(title=f"任务{next(_numbers)}", book=book, unit=book.committee.unit, **values)


@dataclass
class College:
    """The whole, by handy names."""

    school: Unit
    colleges: list[Unit]
    groups: list[MajorGroup]
    people: dict[str, Person]
    years: dict[str, AcademicYear] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        owner = self.people[name]
        user = User.objects.filter(person=owner).first() or account(owner)
        return actor_for(user)

    def user(self, name: str) -> User:
        owner = self.people[name]
        return User.objects.filter(person=owner).first() or account(owner)


def college(groups: int = 2) -> College:
    """Two colleges with `groups` major groups in all, a dean each, an office, a leader, and the years around today."""
    years = {
        f"{first}-{first + 1}": AcademicYear.objects.create(
            code=f"{first}-{first + 1}", starts_on=date(first, 9, 1), ends_on=date(first + 1, 8, 31)
        )
        for first in range(2023, 2027)
    }
    school = Unit.objects.create(code="HNCVC", name="示范职业技术学院", kind=Unit.Kind.SCHOOL, starts_on=SINCE)
    units = [
        Unit.objects.create(code=f"XY0{i}", name=f"{name}学院", kind=Unit.Kind.COLLEGE, parent=school, starts_on=SINCE)
        for i, name in enumerate(("信息", "商贸"), 1)
    ]
    people = {
        "office": person("王教务", school),
        "leader": person("李校长", school),
        "dean0": person("陈院长", units[0]),
        "dean1": person("林院长", units[1]),
        "teacher": person("周老师", units[0]),
    }
    hat(people["office"], "office", school)
    hat(people["leader"], "leader", school)
    hat(people["dean0"], "dean", units[0])
    hat(people["dean1"], "dean", units[1])
    hat(people["teacher"], "teacher", units[0])
    made = []
    for i in range(groups):
        unit = units[i % 2]
        people[f"head{i}"] = person(f"带头人{i}", unit)
        hat(people[f"head{i}"], "group_leader", unit)
        made.append(
            MajorGroup.objects.create(
                code=f"ZYQ{i:03d}", name=f"专业群{i}", unit=unit, leader=people[f"head{i}"], starts_on=SINCE
            )
        )
    return College(school, units, made, people, years)
