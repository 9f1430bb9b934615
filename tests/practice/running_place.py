"""A college with students at work in firms, on Wednesday, 11 March 2026; what a test of running placements stands on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.utils import timezone

from tests.factories import make
from zhixing.kernel.scope import Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import Cohort, Major, MajorGroup, Membership, Person, Student, Unit, User
from zhixing.partners.models import Contact, Organisation
from zhixing.practice import running_seeding
from zhixing.practice.models import Placement, PracticePlan

TODAY = date(2026, 3, 11)
MONDAY = date(2026, 3, 9)
NOW = datetime(2026, 3, 11, 9, 30, tzinfo=timezone.get_fixed_timezone(480))
START, END = date(2025, 12, 29), date(2026, 6, 26)


@dataclass
class Place:
    """What a test needs by name."""

    college: Unit
    plan: PracticePlan
    cohort: Cohort
    firms: list[Organisation]
    posts: list[Any]
    mentors: list[Contact]
    supervisor: Person
    dean: Person
    office: Person
    placements: list[Placement] = field(default_factory=list)

    def actor(self, person: Person) -> Actor:
        return actor_for(User.objects.get(person=person))

    def student(self, placement: Placement) -> Actor:
        return self.actor(placement.student.person)  # type: ignore[arg-type]

    @property
    def teacher(self) -> Actor:
        return self.actor(self.supervisor)

    @property
    def boss(self) -> Actor:
        return self.actor(self.dean)


def _hat(name: str, role: str, unit: Unit) -> Person:
    person = make(Person, name=name, unit=unit)
    User.objects.create(username=f"u{person.pk}", person=person)
    Membership.objects.create(person=person, role=role, unit=unit, starts_on=date(2020, 9, 1))
    return person


def place(number: int = 4, firms: int = 2, **placement: Any) -> Place:
    """`number` students at work at `firms` firms, with an account each; the numbers that the product ships are there."""
    # A test that commits empties all tables behind itself, the shipped numbers too.
    running_seeding.load(apps)
    school = make(Unit, kind="school", name="学校")
    college = make(Unit, kind="college", name="旅游学院", parent=school)
    major = make(Major, name="酒店管理", unit=college, group=make(MajorGroup, unit=college, leader=None), leader=None)
    cohort = make(Cohort, name="酒管2301", major=major, entry_year=2023)
    plan = make(
        PracticePlan,
        code="SX-2026",
        title="酒管岗位实习",
        major=major,
        starts_on=START,
        ends_on=END,
        status="running",
        approved_on=date(2025, 11, 1),
        owner=None,
    )
    supervisor = _hat("周老师", "teacher", college)
    made = Place(
        college=college,
        plan=plan,
        cohort=cohort,
        firms=[make(Organisation, name=f"海口{n}号酒店", kind="enterprise") for n in range(firms)],
        posts=[],
        mentors=[],
        supervisor=supervisor,
        dean=_hat("林院长", "dean", college),
        office=_hat("教务处陈", "office", school),
    )
    for n, firm in enumerate(made.firms):
        mentor = make(Contact, organisation=firm, name=f"导师{n}", role="mentor")
        made.mentors.append(mentor)
        made.posts.append(
            make(
                apps.get_model("practice", "Post"),
                title="前厅",
                plan=plan,
                organisation=firm,
                mentor=mentor,
                places=max(number, 1) + 5,
                status="approved",
                approved_on=date(2025, 11, 5),
                longitude="110.30",
                latitude=f"20.0{n % 10}",
            )
        )
    people = Person.objects.bulk_create(
        Person(name=f"学生{n}", staff_number=f"X{n:05d}", unit=college) for n in range(number)
    )
    User.objects.bulk_create(User(username=f"x{n:05d}", person=person) for n, person in enumerate(people))
    Membership.objects.bulk_create(
        Membership(person=person, role="student", unit=college, starts_on=date(2023, 9, 1)) for person in people
    )
    students = Student.objects.bulk_create(
        Student(number=f"2301{n:05d}", name=person.name, cohort=cohort, person=person, guardian_name=f"家长{n}")
        for n, person in enumerate(people)
    )
    values = {"status": "running", "starts_on": START, "ends_on": END, **placement}
    made.placements = Placement.objects.bulk_create(
        Placement(
            plan=plan,
            student=student,
            post=made.posts[n % firms],
            mentor=made.mentors[n % firms],
            supervisor=supervisor,
            **values,
        )
        for n, student in enumerate(students)
    )
    return made


def stand_still(monkeypatch: Any, moment: datetime = NOW) -> None:
    """The clock stands: what the product takes for now and today."""
    monkeypatch.setattr(timezone, "now", lambda: moment)
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_more: moment.date())
    cache.clear()


def week(placement: Placement, monday: date | str = MONDAY, **more: Any) -> dict[str, Any]:
    """A week as a phone sends it."""
    return {
        "placement": placement.pk,
        "monday": str(monday),
        "hours": 40,
        "mood": 4,
        "text": f"在前厅学习接待流程，完成第{placement.pk}号任务 {monday}",
        "client_id": str(uuid.uuid4()),
        "written_at": NOW.isoformat(),
        **more,
    }


def mondays(until: date = MONDAY) -> list[date]:
    """The Mondays of the placement up to a day, the first first."""
    found, day = [], START
    while day <= until:
        found.append(day)
        day += timedelta(days=7)
    return found
