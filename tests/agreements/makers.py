"""Agreements for tests: a college with a firm, an association, a student, and drafts that lack nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.factories import make, valid_uscc
from zhixing.agreements import actions, on_paper, seeding
from zhixing.agreements.models import Agreement, AgreementKind, AgreementParty
from zhixing.kernel.models import ApprovalRoute
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Major, MajorGroup, Person, School, Student, Unit
from zhixing.partners.models import Organisation


@dataclass
class College:
    unit: Unit
    group: MajorGroup
    major: Major
    keeper: Person
    firm: Organisation
    association: Organisation
    student: Student


def college() -> College:
    seeding.load_kinds()
    make(School, name="海南职业技术学院")
    unit = make(Unit, code="T01", name="旅游学院")
    keeper = make(Person, name="王芳", unit=unit)
    group = make(MajorGroup, unit=unit, leader=keeper)
    major = make(Major, unit=unit, group=group)
    firm = make(
        Organisation, name="海口椰风酒店管理有限公司", kind="enterprise", status="active", uscc=valid_uscc(1001)
    )
    association = make(Organisation, name="海南省旅游协会", kind="association", status="active", uscc=valid_uscc(1002))
    student = make(Student, unit=unit, birth_date=date(2005, 5, 1), guardian_name="陈父")
    ApprovalRoute.objects.create(
        record_type="agreements.agreement",
        name="协议审批",
        effective_from=date(2020, 1, 1),
        stations=[{"role": "office", "at": "school", "idle_days": 3}],
    )
    return College(unit, group, major, keeper, firm, association, student)


def kind(code: str) -> AgreementKind:
    return AgreementKind.objects.get(code=code)


def agreement(home: College, code: str = "framework", **given: Any) -> Agreement:
    values: dict[str, Any] = {
        "kind": kind(code),
        "title": "校企合作协议",
        "unit": home.unit,
        "major_group": home.group,
        "counterparty": home.firm,
        "owner": home.keeper,
        "starts_on": date(2026, 3, 1),
        "ends_on": date(2029, 2, 28),
    }
    record = Agreement(**{**values, **given})
    record.save()
    return record


def ready(home: College, code: str = "framework", **given: Any) -> Agreement:
    """A draft that can be submitted: parties, text and confirmation are there."""
    record = agreement(home, code, **given)
    actions.prepare(record, by=SYSTEM)
    for party in AgreementParty.objects.filter(agreement=record, confirmed_at=None):
        actions.confirm(party, by=SYSTEM, name="李经理")
    return record


def approved(home: College, code: str = "framework", **given: Any) -> Agreement:
    record = ready(home, code, **given)
    if record.kind.needs_approval:
        actions.submit(record, by=SYSTEM)
        from zhixing.kernel import approval
        from zhixing.kernel.models import ApprovalStation
        from zhixing.kernel.scope import Actor, Grant

        office = Actor(name="教务处", grants=(Grant("office", frozenset()),))
        station = ApprovalStation.objects.get(case__record_id=record.pk, state="pending")
        approval.approve(station.pk, by=office)
    else:
        actions.clear(record, by=SYSTEM)
    record.refresh_from_db()
    return record


def in_force(home: College, code: str = "framework", signed_on: date = date(2026, 3, 1), **given: Any) -> Agreement:
    record = approved(home, code, **given)
    on_paper.record_all(record, by=SYSTEM, signed_on=signed_on)
    record.refresh_from_db()
    return record
