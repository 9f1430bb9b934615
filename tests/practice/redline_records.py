"""Records that keep every red line: a plan, a hotel, a post and as many placements as asked, with all their papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps

from tests.factories import make
from zhixing.agreements.models import Agreement, AgreementKind, AgreementParty
from zhixing.org.models import AcademicYear, Cohort, Major, Person, School, Student, Unit
from zhixing.org.reference import Division, IndustryCode
from zhixing.partners.models import Contact, Organisation
from zhixing.practice import running_seeding
from zhixing.practice.models import (
    Consent,
    Inspection,
    InsurancePolicy,
    Placement,
    PlanDocument,
    PlanDuty,
    PolicyCover,
    Post,
    PracticePlan,
    SafetyTest,
)

TODAY = date(2026, 8, 25)
START, END = date(2026, 9, 1), date(2027, 2, 28)


@dataclass
class Practice:
    unit: Unit
    plan: PracticePlan
    post: Post
    organisation: Organisation
    placements: list[Placement]
    owner: Person


def practice(size: int = 2, unit: Unit | None = None) -> Practice:
    """A plan whose placements may all start next week."""
    unit = unit or make(Unit, name="旅游学院")
    School.objects.get_or_create(code="4146013875", defaults={"name": "海南职业技术学院"})
    year, _new = AcademicYear.objects.get_or_create(
        code="2026-2027", defaults={"starts_on": date(2026, 9, 1), "ends_on": date(2027, 8, 31)}
    )
    major = make(Major, code="540106", name="酒店管理", unit=unit, group=None, leader=None)
    owner = make(Person, name="周计划", unit=unit)
    region, _new = Division.objects.get_or_create(code="460100", defaults={"name": "海口市", "level": 2})
    industry, _new = IndustryCode.objects.get_or_create(code="6110", defaults={"name": "旅游饭店", "level": 4})
    hotel = make(
        Organisation,
        name="海口椰风酒店有限公司",
        kind="enterprise",
        status="active",
        region=region,
        industry=industry,
        staff_count=20 * size + 100,
    )
    mentor = make(Contact, organisation=hotel, name="许师傅", role="mentor")
    plan = make(
        PracticePlan,
        code="GN-2026",
        title="酒店管理岗位实习",
        major=major,
        year=year,
        owner=owner,
        starts_on=START,
        ends_on=END,
        weeks=26,
        approved_on=date(2026, 6, 1),
        published_on=date(2026, 6, 20),
        status="allocated",
    )
    for kind in PlanDocument.Kind.values:
        make(PlanDocument, plan=plan, kind=kind, title=kind, issued_on=date(2026, 6, 1))
    for duty in PlanDuty.Duty.values:
        make(PlanDuty, plan=plan, duty=duty, person=owner, phone="0898-65700000", confirmed_on=date(2026, 6, 1))
    running_seeding.load(apps)
    make(
        Inspection,
        organisation=hotel,
        unit=unit,
        inspector=owner,
        inspected_on=date(2026, 5, 1),
        headings=Inspection.Heading.values,
        report="合格",
        result="fit",
    )
    post = make(
        Post,
        code="GW-1",
        title="前厅接待",
        plan=plan,
        organisation=hotel,
        places=size,
        tasks="前厅接待与收银",
        major_classes=["54"],
        region="460100",
        mentor=mentor,
        hours_day=Decimal(8),
        hours_week=Decimal(40),
        pay=Decimal(2600),
        same_post_wage=Decimal(3000),
        lowest_wage=Decimal(2500),
        staff_total=20 * size + 100,
        staff_same_post=5 * size + 10,
        status="approved",
        approved_on=date(2026, 6, 10),
    )
    made = Practice(unit, plan, post, hotel, [], owner)
    add_placements(made, size, mentor)
    return made


def add_placements(to: Practice, size: int, mentor: Contact | None) -> list[Placement]:
    """More students at the post, each with consents, insurance, a passed test and a signed agreement."""
    already = Student.objects.count()
    cohort = Cohort.objects.filter(major=to.plan.major).first() or make(Cohort, major=to.plan.major, entry_year=2024)
    students = Student.objects.bulk_create(
        Student(
            number=f"2024{already + n:05d}",
            name=f"学生{already + n}",
            sex="2",
            cohort=cohort,
            birth_date=date(2005, 5, 5),
            guardian_name="家长",
        )
        for n in range(size)
    )
    kind = AgreementKind.objects.filter(code="tripartite").first() or make(
        AgreementKind, code="tripartite", prefix="SX", roles=["school", "enterprise", "student"], needs_approval=False
    )
    agreements = Agreement.objects.bulk_create(
        Agreement(
            kind=kind,
            number=f"SX-2026-{student.number}",
            title=f"三方协议 {student.number}",
            unit=to.unit,
            counterparty=to.organisation,
            student=student,
            starts_on=START,
            ends_on=END,
            signed_on=date(2026, 8, 20),
            status="in_force",
        )
        for student in students
    )
    parties = []
    for agreement, student in zip(agreements, students, strict=True):
        common: dict[str, Any] = {"agreement": agreement}
        parties += [
            AgreementParty(order=1, role="school", name="学校", **common),
            AgreementParty(order=2, role="enterprise", name="椰风", organisation=to.organisation, **common),
            AgreementParty(order=3, role="student", name=student.name, student=student, **common),
        ]
    AgreementParty.objects.bulk_create(parties)
    placements = Placement.objects.bulk_create(
        Placement(
            plan=to.plan,
            student=student,
            post=to.post,
            supervisor=to.owner,
            mentor=mentor,
            agreement=agreement,
            starts_on=START,
            ends_on=END,
            status="confirmed",
        )
        for student, agreement in zip(students, agreements, strict=True)
    )
    Consent.objects.bulk_create(
        Consent(placement=placement, party=party, status="given", decided_on=date(2026, 8, 1))
        for placement in placements
        for party in Consent.Party.values
    )
    policy = InsurancePolicy.objects.filter(unit=to.unit).first() or make(
        InsurancePolicy, unit=to.unit, number="BX-1", kind="liability", starts_on=START, ends_on=END
    )
    PolicyCover.objects.bulk_create(PolicyCover(policy=policy, student=student) for student in students)
    SafetyTest.objects.bulk_create(
        SafetyTest(plan=to.plan, student=student, taken_on=date(2026, 8, 10), score=95) for student in students
    )
    to.placements += placements
    return placements
