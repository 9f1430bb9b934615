"""Facts for the red lines' tests: a placement that keeps every rule, from which each case departs in one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from zhixing.practice.duties import PlanDuty
from zhixing.practice.plans import PlanDocument
from zhixing.practice.posts import Inspection
from zhixing.practice.redline_facts import (
    AgreementFacts,
    Calendar,
    ConsentFacts,
    Context,
    CoverFacts,
    Facts,
    FilingFacts,
    HeadCounts,
    InspectionFacts,
    OrganisationFacts,
    PartyFacts,
    PlacementFacts,
    PlanFacts,
    PostFacts,
    SafetyFacts,
    ViolationFacts,
)
from zhixing.practice.redline_gate import State, Verdict, judge
from zhixing.practice.redline_rules import Book, book

START, END = date(2025, 9, 1), date(2026, 2, 28)
ON = date(2025, 8, 25)
GRADES = {"firm": 40, "school": 30, "weeks": 15, "report": 15, "excellent": 90, "good": 75, "pass": 60}
HOLIDAYS = {date(2025, 10, 1): False, date(2025, 10, 11): True, date(2026, 1, 1): False}


class Case:
    """One placement with its post, plan and unit, all as the rules ask. Change what the case is about, then `ask`."""

    def __init__(self, start: date = START, end: date = END) -> None:
        self.plan = PlanFacts(
            1, "GN-2025", "岗位实习", "post", "allocated", "530701", 10, start, end, 26, date(2025, 8, 1), None
        )
        self.plan.documents = {kind: (date(2025, 8, 1), n) for n, kind in enumerate(PlanDocument.Kind.values, 1)}
        self.plan.duties = {duty: (date(2025, 8, 1), n) for n, duty in enumerate(PlanDuty.Duty.values, 1)}
        self.unit = OrganisationFacts(
            5, "海口椰风酒店有限公司", "91460100MA00000018", "active", "", "6110", "460100", 100
        )
        self.unit.inspections = [
            InspectionFacts(1, date(2025, 5, 1), None, frozenset(Inspection.Heading.values), "fit")
        ]
        self.post = PostFacts(
            7,
            "GW-1",
            "前厅接待",
            self.plan,
            self.unit,
            places=2,
            tasks="前厅接待与收银",
            region="460100",
            major_classes=("53",),
            mentor=3,
            hours_day=Decimal(8),
            hours_week=Decimal(40),
            pay=Decimal(2400),
            same_post_wage=Decimal(3000),
            lowest_wage=Decimal(2500),
            staff_total=100,
            staff_same_post=20,
            starts_on=start,
            ends_on=end,
        )
        self.placement = PlacementFacts(
            9, self.post, 11, "2023001", "符小椰", "2", date(2005, 3, 1), 2023, start, end, "confirmed"
        )
        self.placement.supervisor, self.placement.mentor, self.placement.mentor_organisation = 21, 3, 5
        self.placement.agreement = AgreementFacts(
            31,
            "SX-2025-1",
            "tripartite",
            "in_force",
            date(2025, 8, 20),
            start,
            end,
            [
                PartyFacts("school", "学校", None, None),
                PartyFacts("enterprise", "椰风", 5, None),
                PartyFacts("student", "符小椰", None, 11),
            ],
        )
        self.placement.consents = {
            party: ConsentFacts(n, party, "given", date(2025, 8, 10)) for n, party in enumerate(("student", "guardian"))
        }
        self.placement.covers = [CoverFacts(1, "BX-1", "liability", "school", start, end)]
        self.placement.tests = [SafetyFacts(1, date(2025, 8, 30), True, Decimal(90))]
        self.context = Context(ON, Calendar(dict(HOLIDAYS)), "46", {10: 1, 1: None})
        self.context.grades = [(date(2021, 9, 1), None, code, Decimal(value)) for code, value in GRADES.items()]
        self.heads([(5, "前厅接待", start, end, 2)])
        self.overrides: list[Any] = []

    def heads(self, rows: list[tuple[int, str, date, date, int]]) -> None:
        self.context.heads = HeadCounts(rows)

    def filing(self, *subjects: str, **changes: Any) -> None:
        filing = FilingFacts(
            41, "琼教备〔2025〕7号", 5, 10, None, frozenset(subjects), self.post.starts_on, self.post.ends_on
        )
        self.unit.filings.append(replace(filing, **changes))

    def violation(self, kind: str, found_on: date, cleared_on: date | None = None) -> None:
        self.unit.violations.append(ViolationFacts(51, kind, found_on, cleared_on, "信用中国"))

    def verdicts(self, step: str = "", rules: Book | None = None) -> list[Verdict]:
        facts = Facts(
            self.context,
            {self.plan.id: self.plan},
            {self.post.id: self.post},
            {self.placement.id: self.placement},
            self.overrides,
        )
        return judge(facts, rules or book(), step)

    def ask(self, rule: str, step: str = "grade", rules: Book | None = None) -> list[str]:
        """The codes that a rule finds, in whatever of the three subjects."""
        return [
            hit.code
            for verdict in self.verdicts(step, rules)
            for hit in verdict.hits
            if verdict.rule.id == rule and verdict.state != State.KEPT
        ]


Change = Callable[[Case], object]


def put(target: str, **values: Any) -> Change:
    """A change of fields of a case's plan, unit, post or placement."""

    def change(case: Case) -> None:
        for name, value in values.items():
            setattr(getattr(case, target), name, value)

    return change


def both(*changes: Change) -> Change:
    def change(case: Case) -> None:
        for item in changes:
            item(case)

    return change
