"""Small records for the tests of partners: each function makes one valid row and says only what the test needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from stdnum.cn import uscc

from zhixing.kernel.scope import Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import Major, MajorGroup, Membership, Person, Teacher, Unit, User
from zhixing.partners import models

START = date(2020, 1, 1)
_numbers = count(1)


@dataclass
class College:
    """One school, two colleges with a major group each, and who wears which hat; `actor("dean")` acts."""

    school: Unit
    first: Unit
    second: Unit
    group: MajorGroup
    other_group: MajorGroup
    people: dict[str, Person]

    def actor(self, name: str) -> Actor:
        return actor_for(User.objects.get(username=name))

    def user(self, name: str) -> User:
        return User.objects.get(username=name)


def person(name: str, unit: Unit, role: str) -> Person:
    made = Person.objects.create(name=name, staff_number=name, unit=unit)
    Membership.objects.create(person=made, role=role, unit=unit, starts_on=START)
    User.objects.create(username=name, person=made)
    return made


def college() -> College:
    school = Unit.objects.create(code="00", name="海南某职业学院", kind="school", starts_on=START)
    first = Unit.objects.create(code="01", name="信息工程学院", kind="college", parent=school, starts_on=START)
    second = Unit.objects.create(code="02", name="旅游学院", kind="college", parent=school, starts_on=START)
    people = {
        "office": person("office", school, "office"),
        "dean": person("dean", first, "dean"),
        "other_dean": person("other_dean", second, "dean"),
        "group_leader": person("group_leader", first, "group_leader"),
        "teacher": person("teacher", first, "teacher"),
    }
    return College(
        school=school,
        first=first,
        second=second,
        group=group("G1", first, leader=people["group_leader"]),
        other_group=group("G2", second),
        people=people,
    )


def group(code: str, unit: Unit, **more: Any) -> MajorGroup:
    return MajorGroup.objects.create(code=code, name=f"专业群{code}", unit=unit, starts_on=START, **more)


def major(unit: Unit, code: str, name: str, **more: Any) -> Major:
    return Major.objects.create(unit=unit, code=code, name=name, starts_on=START, **more)


def teacher(who: Person, taught: Major, **more: Any) -> Teacher:
    return Teacher.objects.create(person=who, unit=taught.unit, major=taught, starts_on=START, **more)


def code(number: int | None = None) -> str:
    """A valid unified social credit code."""
    body = f"9146000000{number or next(_numbers):07d}"
    return body + uscc.calc_check_digit(body)


def organisation(name: str, kind: str = "enterprise", **more: Any) -> models.Organisation:
    return models.Organisation.objects.create(name=name, kind=kind, **{"status": "active", **more})


def association(name: str = "海南省软件行业协会", **more: Any) -> models.Organisation:
    return organisation(name, "association", **more)


def link(of: MajorGroup, to: models.Organisation, starts: date, ends: date | None = None, **more: Any) -> Any:
    return models.IndustryLink.objects.create(group=of, organisation=to, starts_on=starts, ends_on=ends, **more)


def activity(of: MajorGroup | None, unit: Unit, held_on: date, *partners: models.Organisation, **more: Any) -> Any:
    given = {"title": f"活动{next(_numbers)}", "kind": "association", "status": "held", "minutes": "纪要", **more}
    made = models.Activity.objects.create(group=of, unit=unit, held_on=held_on, **given)
    made.organisations.set(partners)
    return made


def need(by: models.Organisation, title: str = "软件人才需求", **more: Any) -> models.Need:
    given = {"kind": "talent", "raised_on": date(2025, 9, 1), **more}
    return models.Need.objects.create(organisation=by, title=title, **given)


def opportunity(with_: models.Organisation, unit: Unit, owner: Person, **more: Any) -> models.Opportunity:
    given = {"title": f"合作{next(_numbers)}", **more}
    return models.Opportunity.objects.create(organisation=with_, unit=unit, owner=owner, **given)


def policy(issuer: models.Organisation, deadline: date | None, **more: Any) -> models.GovernmentPolicy:
    number = next(_numbers)
    given = {"issued_on": date(2025, 1, 5), "effective_from": date(2025, 1, 5), **more}
    return models.GovernmentPolicy.objects.create(
        number=f"琼府〔2025〕{number}号", title=f"支持政策{number}", issuer=issuer, deadline=deadline, **given
    )
