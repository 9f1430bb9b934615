"""A major, a firm and an order class that recruits, on a fixed day: Tuesday, 10 March 2026."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.factories import make
from zhixing.agreements.models import Agreement
from zhixing.cultivation.models import OrderClass, OrderPost, PlanCourse, TrainingPlan
from zhixing.kernel.models import ApprovalRoute
from zhixing.org.models import Cohort, Major, Student
from zhixing.partners.models import Organisation

TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def today(clock: Callable[[date], None]) -> date:
    clock(TODAY)
    return TODAY


class Room:
    """What the tests of this domain stand on; `students(n)` adds enrolled students of the major."""

    def __init__(self) -> None:
        self.major: Major = make(Major)
        self.firm: Organisation = make(Organisation, name="海口甲公司", kind="enterprise")
        self.cohort: Cohort = make(Cohort, major=self.major)

    def students(self, number: int, **more: Any) -> list[Student]:
        return [make(Student, cohort=self.cohort, **more) for _ in range(number)]

    def plan(self, **more: Any) -> TrainingPlan:
        plan = make(TrainingPlan, major=self.major, **more)
        make(PlanCourse, plan=plan, code="C1", name="接口开发", hours=64, practice_hours=32)
        return plan

    def order(self, posts: tuple[int, ...] = (2,), **more: Any) -> OrderClass:
        given = {"organisation": self.firm, "major": self.major, "quota": max(sum(posts), 1), "status": "recruiting"}
        row = make(OrderClass, **{**given, **more})
        for number, capacity in enumerate(posts):
            make(OrderPost, order_class=row, name=f"岗位{number}", capacity=capacity)
        return row

    def agreement(self, **more: Any) -> Agreement:
        given = {"counterparty": self.firm, "status": "in_force", "signed_on": date(2025, 3, 1)}
        return make(Agreement, **{**given, **more})


@pytest.fixture
def room(db: Any) -> Room:
    ApprovalRoute.objects.create(
        record_type="cultivation.training_plan",
        name="方案审批",
        effective_from=date(2024, 1, 1),
        stations=[{"role": "dean", "at": "own"}],
    )
    return Room()
