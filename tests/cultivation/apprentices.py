"""A programme with its agreement, plan, students and masters, on Tuesday, 10 March 2026."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from tests.factories import make
from tests.governance import factories as governance
from zhixing.agreements.models import Agreement, AgreementKind
from zhixing.cultivation.models import (
    Apprentice,
    Apprenticeship,
    Candidate,
    EnrolmentPlan,
    QualityReview,
)
from zhixing.kernel.models import ApprovalRoute
from zhixing.org.models import AcademicYear, Cohort, Major, Student, Term
from zhixing.partners.models import Contact

TODAY = date(2026, 3, 10)
TERM = (date(2026, 2, 23), date(2026, 7, 12))


@dataclass
class Place:
    """What a test needs by name."""

    home: governance.College
    major: Major
    cohort: Cohort
    term: Term
    programme: Apprenticeship
    plan: EnrolmentPlan

    def student(self, name: str, **more: Any) -> Student:
        values = {"number": f"S{name}", "name": name, "cohort": self.cohort, "birth_date": date(2006, 1, 1), **more}
        return Student.objects.create(**values)

    def apprentice(self, name: str, **more: Any) -> Apprentice:
        values = {"programme": self.programme, "joined_on": self.programme.starts_on, **more}
        return Apprentice.objects.create(student=self.student(name), **values)

    def master(self, name: str) -> Contact:
        return Contact.objects.create(organisation=self.programme.organisation, name=name, role="mentor")

    def candidate(self, name: str, **more: Any) -> Candidate:
        return Candidate.objects.create(**{"plan": self.plan, "name": name, "applied_on": date(2026, 1, 5), **more})

    def review(self, side: str, **more: Any) -> QualityReview:
        values = {"programme": self.programme, "term": self.term, "due": date(2026, 6, 28), **more}
        return QualityReview.objects.create(side=side, **values)


def place(**programme: Any) -> Place:
    # A test that commits empties all tables behind itself, the shipped play-book too.
    import_module("zhixing.cultivation.migrations.0003_playbook").load(apps, None)
    home = governance.college()
    year = AcademicYear.objects.filter(code="2025-2026").first() or make(
        AcademicYear, code="2025-2026", starts_on=date(2025, 9, 1), ends_on=date(2026, 8, 31)
    )
    term = Term.objects.create(year=year, number=2, starts_on=TERM[0], ends_on=TERM[1])
    major = Major.objects.create(
        code="510203", name="软件技术", unit=home.first, group=home.group, leader=None, starts_on=date(2020, 9, 1)
    )
    cohort = make(Cohort, code="R2501", name="软件2501", major=major, entry_year=2025)
    agreement = make(
        Agreement,
        kind=make(AgreementKind),
        title="学徒制协议",
        unit=home.first,
        counterparty=home.firm,
        status="in_force",
        starts_on=date(2025, 9, 1),
        ends_on=date(2028, 8, 31),
        signed_on=date(2025, 8, 20),
    )
    made = Apprenticeship.objects.create(
        **{
            "code": "XT01",
            "name": "软件学徒班",
            "major": major,
            "organisation": home.firm,
            "agreement": agreement,
            "quota": 10,
            "mentor_limit": 2,
            "starts_on": date(2025, 9, 1),
            "ends_on": date(2028, 6, 30),
            "status": "running",
            **programme,
        }
    )
    plan = EnrolmentPlan.objects.create(
        programme=made,
        year=2025,
        quota=2,
        status="approved",
        approved_on=date(2025, 5, 1),
        firm_agreed_on=date(2025, 4, 1),
    )
    return Place(home, major, cohort, term, made, plan)


def route(record_type: str) -> None:
    ApprovalRoute.objects.create(
        record_type=record_type,
        name="审批",
        effective_from=date(2020, 1, 1),
        stations=[{"role": "dean", "at": "own", "idle_days": 3, "escalate": "leader"}],
    )


def stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_more: TODAY)
