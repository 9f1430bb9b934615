"""Five hundred students of a major, their firms and last year's posts, made with few statements."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.factories import make, valid_uscc
from zhixing.agreements.models import AgreementKind
from zhixing.agreements.seeding import load_kinds
from zhixing.kernel.models import ApprovalRoute
from zhixing.kernel.scope import SYSTEM, Actor, Grant
from zhixing.org.models import AcademicYear, Cohort, Major, Membership, Person, School, Student, Unit, User
from zhixing.partners.models import Contact, Organisation
from zhixing.practice import post_actions
from zhixing.practice.models import Inspection, Post, PracticePlan, SafetyQuestion, Supervisor

TODAY = date(2026, 6, 1)
BEGINS, ENDS = date(2026, 7, 1), date(2026, 12, 31)


class Campus:
    """A college with a dean, a major of `size` third-years, twenty firms with 3 posts each, and last year's plan."""

    def __init__(self, size: int = 500, firms: int = 20, posts_each: int = 3) -> None:
        make(School, name="知行学院", code="4146011999")
        self.unit: Unit = make(Unit, kind="college", name="信息学院")
        self.dean = self._person("dean", "院长")
        self.owner = self._person("group_leader", "带头人")
        self.major: Major = make(Major, code="510201", name="计算机应用技术", unit=self.unit, leader=self.owner.person)
        self.year = make(AcademicYear, code="2025-2026", starts_on=date(2025, 9, 1), ends_on=date(2026, 8, 31))
        self.cohort: Cohort = make(Cohort, major=self.major, entry_year=2023, name="计应2301")
        people = Person.objects.bulk_create(Person(name=f"学生{i}") for i in range(size))
        self.students = Student.objects.bulk_create(
            Student(
                number=f"2023{i:05d}",
                name=f"学生{i}",
                sex="1",
                cohort=self.cohort,
                # Three of the first hundred are seventeen when the practice begins.
                birth_date=date(2009, 5, 1) if i in (7, 8, 9) else date(2005, 3, 1),
                guardian_name=f"家长{i}",
                guardian_phone=f"138{i:08d}",
                phone=f"139{i:08d}",
                person=people[i],
            )
            for i in range(size)
        )
        self.teachers = [make(Person, name=f"导师{i}", unit=self.unit) for i in range(max(1, size // 20))]
        self.firms = [
            make(
                Organisation,
                name=f"海口第{i}公司",
                kind="enterprise",
                status="active",
                uscc=valid_uscc(5000 + i),
                staff_count=900,
            )
            for i in range(firms)
        ]
        self.mentors = [
            make(
                Contact, organisation=firm, name=f"师傅{i}", role="hr", email=f"hr{i}@example.com", phone=f"137{i:08d}"
            )
            for i, firm in enumerate(self.firms)
        ]
        for firm in self.firms:
            make(
                Inspection,
                organisation=firm,
                unit=self.unit,
                inspected_on=date(2026, 3, 1),
                inspector=self.owner.person,
                headings=list(Inspection.Heading.values),
                report="符合要求",
            )
        self.last = make(
            PracticePlan,
            code="SX-2025",
            title="2025年岗位实习",
            major=self.major,
            year=self.year,
            starts_on=date(2025, 7, 1),
            ends_on=date(2025, 12, 31),
            status="ended",
            approved_on=date(2025, 5, 1),
            choose_until=None,
        )
        self.old = [self._post(number, firms) for number in range(firms * posts_each)]
        SafetyQuestion.objects.bulk_create(
            SafetyQuestion(code=f"Q{i}", text=f"问题{i}", options="对\n错", answer=1 + i % 2) for i in range(20)
        )
        load_kinds()
        self.kind = AgreementKind.objects.get(code="tripartite")
        ApprovalRoute.objects.create(
            record_type="practice.practice_plan",
            name="实践计划",
            effective_from=date(2020, 1, 1),
            stations=[{"role": "dean", "at": "own", "idle_days": 3}],
        )

    def _post(self, number: int, firms: int) -> Post:
        firm = number % firms
        return make(
            Post,
            code=f"SX-2025-P{number:03d}",
            title=f"运维岗{number}",
            plan=self.last,
            organisation=self.firms[firm],
            mentor=self.mentors[firm],
            places=10,
            tasks="系统运维与值守",
            address="海口市龙华区",
            region="460106",
            longitude="110.33",
            latitude="20.03",
            hours_day=8,
            hours_week=40,
            pay=2600,
            same_post_wage=3000,
            staff_total=900,
            staff_same_post=200,
            major_classes=["51"],
            status="closed",
            approved_on=date(2025, 5, 10),
        )

    def _person(self, role: str, name: str) -> User:
        person = make(Person, name=name, unit=self.unit)
        Membership.objects.create(person=person, role=role, unit=self.unit, starts_on=date(2020, 1, 1))
        return User.objects.create(username=f"c-{role}", person=person)

    def actor(self, user: User, role: str) -> Actor:
        return Actor(
            user_id=user.pk,
            person_id=user.person_id,
            name=user.get_full_name(),
            grants=(Grant(role, frozenset({self.unit.pk}), self.unit.pk),),
        )

    def sign_in(self, student: Student) -> Any:
        """A browser signed in as a student."""
        from django.conf import settings
        from django.test import Client

        user, _made = User.objects.get_or_create(username=f"s{student.number}", person=student.person)
        Membership.objects.get_or_create(
            person=student.person, role="student", unit=self.unit, defaults={"starts_on": date(2020, 1, 1)}
        )
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    def plan(self, **more: Any) -> PracticePlan:
        given: dict[str, Any] = {
            "code": "SX-2026",
            "title": "2026年岗位实习",
            "major": self.major,
            "year": self.year,
            "owner": self.owner.person,
            "starts_on": BEGINS,
            "ends_on": ENDS,
            "weeks": 26,
            "choose_until": date(2026, 6, 20),
            "aims": "掌握岗位技能",
        }
        plan = make(PracticePlan, **{**given, **more})
        plan.cohorts.add(self.cohort)
        for teacher in self.teachers:
            make(Supervisor, plan=plan, person=teacher, limit=30)
        return plan

    def with_posts(self, status: str) -> PracticePlan:
        """A plan in this state, with last year's posts copied and approved."""
        plan = self.plan(status=status, approved_on=TODAY)
        post_actions.copy_many(post_actions.last_posts(self.last), plan, by=SYSTEM)
        plan.posts.update(status="approved", approved_on=TODAY)
        return plan


def csv(head: str, rows: list[str]) -> bytes:
    """A register as an office sends it."""
    return "\n".join([head, *rows]).encode("utf-8-sig")
