"""The programs' way in, as the stories of training walk it: records are added, acted upon and read under `/api/v1` alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client, TestCase
from django.utils import timezone

from tests.factories import valid_uscc
from tests.governance import factories as governance
from zhixing.agreements.models import AgreementKind
from zhixing.agreements.seeding import load_kinds
from zhixing.kernel.models import ApprovalRoute
from zhixing.org.models import AcademicYear, Cohort, Major, Membership, Person, School, Student, Term, User
from zhixing.partners.models import Contact
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.policy.models import Standing

Clock = Callable[[date], None]


class Program:
    """Calls as one account; every answer that is not as expected fails with its words."""

    def __init__(self, user: User):
        self.client = Client(headers={"Accept-Language": "zh-hans"})
        self.client.force_login(user)

    def call(self, method: str, path: str, data: Any = None, *, status: int | tuple[int, ...] = 200) -> Any:
        """What is answered; what the commit sets off has been done by then."""
        wanted = status if isinstance(status, tuple) else (status,)
        connection.run_on_commit = []
        with TestCase.captureOnCommitCallbacks(execute=True):
            sent = {} if method == "get" else {"data": json.dumps(data or {}), "content_type": "application/json"}
            answer = getattr(self.client, method)(f"/api/v1/{path}", **sent)
        assert answer.status_code in wanted, f"{method} {path}: {answer.status_code} {answer.content.decode()}"
        return answer.json() if answer.content else None

    @staticmethod
    def path(kind: str, /, *rest: Any) -> str:
        return "/".join(map(str, (kind.replace(".", "/"), *rest)))

    def add(self, kind: str, /, **values: Any) -> int:
        return self.call("post", self.path(kind), values, status=201)["id"]

    def act(self, kind: str, pk: int, key: str, /, *, status: int | tuple[int, ...] = (200, 204), **asked: Any) -> Any:
        return self.call("post", self.path(kind, pk, "act", key), asked, status=status)

    def change(self, kind: str, pk: int, /, **values: Any) -> Any:
        return self.call("patch", self.path(kind, pk), values)

    def show(self, kind: str, pk: int) -> dict[str, Any]:
        return self.call("get", self.path(kind, pk))

    def rows(self, kind: str, /, **filters: Any) -> list[dict[str, Any]]:
        query = "&".join(f"{key}={value}" for key, value in filters.items())
        return self.call("get", f"{self.path(kind)}?{query}")["items"]

    def decide(self, decision: str = "approve", **more: Any) -> dict[str, Any]:
        """Decide what waits the longest."""
        (waiting, *_others) = self.call("get", "inbox")["items"]
        return self.call("post", f"inbox/{waiting['id']}", {"decision": decision, **more})


ROUTED = (
    "agreements.agreement",
    "cultivation.training_plan",
    "cultivation.enrolment_plan",
    "cultivation.circumstance_change",
    "industry_colleges.industry_college",
    "industry_colleges.construction_plan",
)


class Stage:
    """A college with a major, a firm that can be written to, the policy in force, and a day that can be moved."""

    def __init__(self, clock: Clock, day: date, policy: bool):
        self._clock = clock
        self.move(day)
        load_kinds()
        if policy:
            load_packs()
        self.home = governance.college()
        School.objects.create(code="4600000000", name="海南某职业学院", short_name="海职院")
        years = [
            self.home.year,
            AcademicYear.objects.create(code="2026-2027", starts_on=date(2026, 9, 1), ends_on=date(2027, 8, 31)),
        ]
        for year in years:
            first = year.starts_on.year
            Term.objects.create(year=year, number=1, starts_on=date(first, 9, 1), ends_on=date(first + 1, 1, 17))
            Term.objects.create(year=year, number=2, starts_on=date(first + 1, 2, 23), ends_on=date(first + 1, 7, 12))
        self.years = years
        self.major = Major.objects.create(
            code="510203",
            name="软件技术",
            unit=self.home.first,
            group=self.home.group,
            leader=self.home.people["group_leader"],
            starts_on=date(2020, 9, 1),
        )
        self.cohort = Cohort.objects.create(code="R2401", name="软件2401", major=self.major, entry_year=2024)
        self.firm = self.home.firm
        self.firm.uscc, self.firm.address, self.firm.status = valid_uscc(7), "海口市美兰区海棠路 8 号", "active"
        self.firm.save()
        Contact.objects.create(
            organisation=self.firm, name="王总", role="signatory", position="总经理", email="wang@example.com"
        )
        self.master = Contact.objects.create(organisation=self.firm, name="张师傅", role="mentor", position="高级技师")
        for record_type in ROUTED:
            ApprovalRoute.objects.create(
                record_type=record_type,
                name="审批",
                effective_from=date(2020, 1, 1),
                stations=[{"role": "dean", "at": "own", "idle_days": 3, "escalate": "leader"}],
            )
        self.dean, self.office = self.program("dean"), self.program("office")

    def move(self, day: date) -> None:
        """Another day comes."""
        self.day = day
        self._clock(day)
        cache.clear()

    def program(self, username: str) -> Program:
        return Program(self.home.user(username))

    def student(self, name: str, **more: Any) -> Student:
        """An enrolled student with an account that wears the student's hat."""
        person = Person.objects.create(name=name, unit=self.home.first)
        Membership.objects.create(person=person, role="student", unit=self.home.first, starts_on=date(2020, 1, 1))
        User.objects.create(username=name, person=person)
        values = {"number": f"S-{name}", "name": name, "cohort": self.cohort, "birth_date": date(2006, 1, 1), **more}
        return Student.objects.create(person=person, **values)

    def agreement(self, kind: str, starts_on: date, ends_on: date, **more: Any) -> int:
        """An agreement with the firm, from the draft to being in force, signed on paper today."""
        dean = self.dean
        pk = dean.add(
            "agreements.agreement",
            kind=AgreementKind.objects.get(code=kind).pk,
            title=f"{self.firm.name}协议{kind}",
            unit=self.home.first.pk,
            major=self.major.pk,
            counterparty=self.firm.pk,
            owner=self.home.people["group_leader"].pk,
            starts_on=starts_on.isoformat(),
            ends_on=ends_on.isoformat(),
            **more,
        )
        dean.act("agreements.agreement", pk, "prepare")
        for party in dean.rows("agreements.agreement_party", agreement=pk, columns="role,confirmed_at"):
            if party["confirmed_at"] is None:
                dean.act("agreements.agreement_party", party["id"], "confirm", comment="企业来函确认")
        dean.act("agreements.agreement", pk, "submit")
        dean.decide()
        dean.act("agreements.agreement", pk, "paper", signed_on=self.day.isoformat())
        assert dean.show("agreements.agreement", pk)["status"] == "in_force"
        return pk

    def training_plan(self, entry_year: int) -> tuple[int, int]:
        """A training plan written with the firm, signed by it and approved; the plan and its core course."""
        dean = self.dean
        pk = dean.add(
            "cultivation.training_plan",
            code=f"PY{entry_year}",
            title=f"{entry_year}级软件技术人才培养方案",
            major=self.major.pk,
            entry_year=entry_year,
            author=self.home.people["group_leader"].pk,
            organisations=[self.firm.pk],
        )
        course = dean.add(
            "cultivation.plan_course", plan=pk, code="C1", name="接口开发", kind="core", hours=64, practice_hours=32
        )
        dean.act("cultivation.training_plan", pk, "send")
        dean.act(
            "cultivation.training_plan",
            pk,
            "sign",
            organisation=self.firm.pk,
            contact_name="王总",
            signed_on=self.day.isoformat(),
        )
        dean.act("cultivation.training_plan", pk, "submit")
        dean.decide()
        assert dean.show("cultivation.training_plan", pk)["status"] == "approved"
        return pk, course

    def state(self, rule: str, unit: str, year: str = "2025-2026", term: str = "") -> str:
        """The state of a rule for a unit, as the policy's register tells it."""
        rows = Standing.objects.filter(rule__code=rule, unit_code=unit, year=year)
        return rows.get(**({"period_code": term} if term else {})).state

    def judge(self, year: str | None = None) -> None:
        """Count all rules anew, as every night, or those of a year that is over."""
        assess(year=year)


def stage(monkeypatch: Any, day: date, policy: bool = True) -> Stage:
    """A stage whose clock is the server's own; without the policy nothing is judged, and all is quicker."""
    today = {"day": day}
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_more: today["day"])
    return Stage(lambda moved: today.update(day=moved), day, policy)
