"""Risks: every signal on each side of its limits, opened once with its tasks, closed only when it is gone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cultivation.apprentices import TODAY, Place, place, stand_still
from zhixing.cultivation import risk_actions, risk_signals
from zhixing.cultivation.jobs import watch_risks
from zhixing.cultivation.models import (
    Apprenticeship,
    Candidate,
    EnrolmentPlan,
    Hire,
    MasterPair,
    OrderClass,
    PlaybookStep,
    QualityReview,
    Risk,
    RosterEntry,
)
from zhixing.governance.actions import finish_task
from zhixing.governance.models import Task
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Notice
from zhixing.kernel.scope import SYSTEM


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_still(monkeypatch)


@pytest.fixture
def here(db: None) -> Place:
    made = place()
    # Nothing is lacking: every place of the plan has its contract.
    for name in ("甲", "乙"):
        student = made.student(name)
        Candidate.objects.create(
            plan=made.plan, student=student, applied_on=TODAY, status="contracted", contracted_on=TODAY
        )
    return made


def found() -> dict[tuple[str, str], tuple[float, str]]:
    return {(item.kind, item.signal): (item.value, item.grade.value) for item in risk_signals.count(TODAY)}


def order_class(here: Place, **more: Any) -> OrderClass:
    values = {
        "code": "DD01",
        "name": "订单班",
        "organisation": here.programme.organisation,
        "major": here.major,
        "agreement": here.programme.agreement,
        "quota": 20,
        "starts_on": date(2025, 9, 1),
        "ends_on": date(2026, 6, 30),
        "status": "running",
        **more,
    }
    return OrderClass.objects.create(**values)


# Signals


def test_nothing_is_found_where_all_is_in_order(here: Place) -> None:
    order_class(here)
    assert found() == {}


@pytest.mark.parametrize(
    ("late", "grade"), [(0, None), (1, "low"), (2, "medium"), (3, "medium"), (4, "high"), (5, "high")]
)
def test_late_reviews_are_graded_by_their_number(here: Place, late: int, grade: str | None) -> None:
    people = [here.apprentice(f"人{n}") for n in range(late)]
    for person in people:
        here.review("firm", apprentice=person, due=TODAY - timedelta(days=1))
    here.review("school", due=TODAY)
    here.review("apprentice", due=TODAY - timedelta(days=1), done_on=TODAY, score=80)
    told = found().get(("apprenticeship", "late_reviews"))
    assert told == ((late, grade) if grade else None)


@pytest.mark.parametrize(("pairs", "grade"), [(2, None), (3, "low"), (4, "medium"), (6, "high")])
def test_a_master_beyond_the_limit_is_a_signal(here: Place, pairs: int, grade: str | None) -> None:
    master = here.master("张师傅")
    for n in range(pairs):
        MasterPair.objects.create(apprentice=here.apprentice(f"人{n}"), master=master, starts_on=date(2025, 9, 1))
    gone = here.apprentice("走", status="left", left_on=TODAY)
    MasterPair.objects.create(apprentice=gone, master=master, starts_on=date(2025, 9, 1), ends_on=date(2025, 10, 1))
    told = found().get(("apprenticeship", "mentor_overload"))
    assert told == ((pairs - 2, grade) if grade else None)


@pytest.mark.parametrize(("days", "grade"), [(0, None), (1, "medium"), (29, "medium"), (30, "high"), (90, "high")])
@pytest.mark.parametrize("kind", ["apprenticeship", "order_class"])
def test_an_agreement_that_ends_before_its_cooperation(here: Place, kind: str, days: int, grade: str | None) -> None:
    subject = here.programme if kind == "apprenticeship" else order_class(here)
    agreement = here.programme.agreement
    assert agreement is not None
    agreement.ended_on = subject.ends_on - timedelta(days=days)
    agreement.save()
    told = found().get((kind, "agreement_ends"))
    assert told == ((days, grade) if grade else None)


def test_no_agreement_covers_no_day(here: Place) -> None:
    Apprenticeship.objects.update(agreement=None)
    whole = (here.programme.ends_on - here.programme.starts_on).days
    assert found()["apprenticeship", "agreement_ends"] == (whole, "high")


def test_a_banned_firm_is_high_at_once(here: Place) -> None:
    order_class(here)
    firm = here.programme.organisation
    firm.status, firm.status_reason = "banned", "违规用工"
    firm.save()
    told = found()
    assert told["apprenticeship", "firm_banned"] == (1, "high") == told["order_class", "firm_banned"]


@pytest.mark.parametrize(
    ("there", "left", "grade"),
    [(4, 4, None), (11, 1, None), (10, 1, "low"), (5, 1, "medium"), (10, 3, "high")],
)
def test_drop_outs_are_a_share_and_few_people_say_nothing(
    here: Place, there: int, left: int, grade: str | None
) -> None:
    for n in range(there):
        gone = n < left
        here.apprentice(f"人{n}", status="left" if gone else "active", left_on=TODAY if gone else None)
    told = found().get(("apprenticeship", "drop_outs"))
    assert told == ((round(left * 100 / there, 1), grade) if grade else None)


def test_those_who_left_an_order_class_are_counted_too(here: Place) -> None:
    row = order_class(here)
    for n in range(5):
        RosterEntry.objects.create(
            order_class=row,
            student=here.student(f"人{n}"),
            joined_on=date(2025, 9, 1),
            left_on=TODAY if n == 0 else None,
            reason="转专业" if n == 0 else "",
        )
    assert found()["order_class", "drop_outs"] == (20, "medium")


@pytest.mark.parametrize(
    ("hired", "ended", "grade"),
    [(10, 91, None), (9, 91, "low"), (7, 91, "medium"), (5, 91, "high"), (5, 90, None)],
)
def test_hiring_under_promise_after_the_days_of_grace(here: Place, hired: int, ended: int, grade: str | None) -> None:
    row = order_class(here, status="finished", promised_posts=10, ends_on=TODAY - timedelta(days=ended))
    for n in range(hired):
        Hire.objects.create(
            order_class=row,
            student=here.student(f"人{n}"),
            organisation=row.organisation,
            position="装配工",
            hired_on=TODAY,
        )
    told = found().get(("order_class", "under_promise"))
    assert told == (((10 - hired) * 10, grade) if grade else None)


def test_places_of_the_joint_plan_without_a_contract(here: Place) -> None:
    EnrolmentPlan.objects.update(quota=4)
    assert found()["apprenticeship", "under_promise"] == (50, "high")


def test_each_signal_is_one_statement(here: Place) -> None:
    order_class(here)
    with CaptureQueriesContext(
        connection,
    ) as told:
        risk_signals.count(TODAY)
    assert len(told) == len(risk_signals.COUNTS)


def test_limits_hold_from_their_day() -> None:
    first = risk_signals.versions()[0]
    assert risk_signals.limits(date(2000, 1, 1)) is first
    assert [version.starts_on for version in risk_signals.versions()] == sorted(
        version.starts_on for version in risk_signals.versions()
    )


# The register


@pytest.fixture
def late(here: Place) -> QualityReview:
    return here.review("school", due=TODAY - timedelta(days=3))


def test_a_signal_opens_one_risk_with_its_tasks(here: Place, late: QualityReview) -> None:
    done = risk_actions.refresh_risks(TODAY)
    assert done.opened == 1
    risk = Risk.objects.get()
    assert (risk.signal, risk.grade, risk.value) == ("late_reviews", "low", 1)
    assert risk.owner == here.home.people["group_leader"]
    assert risk.due == TODAY + timedelta(days=60)
    steps = PlaybookStep.objects.filter(signal="late_reviews").order_by("order")
    tasks = list(risk.tasks.order_by("due"))
    assert [task.due for task in tasks] == [TODAY + timedelta(days=step.days) for step in steps]
    assert [task.owner for task in tasks] == [here.home.people["group_leader"], here.home.people["dean"]]
    again = risk_actions.refresh_risks(TODAY)
    assert (again.opened, again.updated, again.cleared) == (0, 0, 0)
    assert Task.objects.count() == len(tasks)


def test_a_risk_grows_with_what_is_counted(here: Place, late: QualityReview) -> None:
    risk_actions.refresh_risks(TODAY)
    for n in range(3):
        here.review("firm", apprentice=here.apprentice(f"人{n}"), due=TODAY - timedelta(days=1))
    assert risk_actions.refresh_risks(TODAY).updated == 1
    risk = Risk.objects.get()
    assert (risk.value, risk.grade) == (4, "high")
    assert risk.due == TODAY + timedelta(days=14)


def test_a_risk_is_closed_when_its_signal_and_its_tasks_are(here: Place, late: QualityReview) -> None:
    risk_actions.refresh_risks(TODAY)
    risk, dean = Risk.objects.get(), here.home.actor("dean")
    risk_actions.handle_risk(risk, by=dean, measures="约谈")
    with pytest.raises(FlowError) as refused:
        risk_actions.close_risk(risk, by=dean, comment="已处理")
    assert refused.value.code == "still_there"
    late.done_on, late.score = TODAY, 80
    late.save()
    assert risk_actions.refresh_risks(TODAY).cleared == 1
    with pytest.raises(FlowError) as refused:
        risk_actions.close_risk(risk, by=dean, comment="已处理")
    assert refused.value.code == "tasks_open"
    for task in risk.tasks.all():
        finish_task(task, by=SYSTEM)
    risk_actions.close_risk(risk, by=dean, comment="已处理")
    risk.refresh_from_db()
    assert (risk.status, risk.closed_on) == ("closed", TODAY)
    # A signal that comes back is a new risk, the old one stays closed.
    here.review("firm", due=TODAY - timedelta(days=1))
    assert risk_actions.refresh_risks(TODAY).opened == 1
    assert Risk.objects.count() == 2


def test_the_job_tells_the_owner_once_and_the_head_of_a_late_high_risk(here: Place) -> None:
    firm = here.programme.organisation
    firm.status, firm.status_reason = "banned", "违规用工"
    firm.save()
    assert watch_risks(TODAY) == 1
    assert watch_risks(TODAY) == 0
    assert Notice.objects.get().user == here.home.user("group_leader")
    watch_risks(TODAY + timedelta(days=14))
    assert Notice.objects.count() == 1
    watch_risks(TODAY + timedelta(days=15))
    told = set(Notice.objects.filter(key__startswith="risk_late").values_list("user__username", flat=True))
    assert told == {"group_leader", "dean"}


def test_the_database_grades(here: Place) -> None:
    grades = {}
    for probability in (1, 2, 3):
        for impact in (1, 2, 3):
            risk = Risk.objects.create(
                apprenticeship=here.programme,
                title="旁观",
                probability=probability,
                impact=impact,
                found_on=TODAY,
                due=TODAY,
            )
            risk.refresh_from_db()
            grades[probability, impact] = risk.grade
    for (probability, impact), grade in grades.items():
        product = probability * impact
        assert grade == ("high" if product >= 6 else "medium" if product >= 3 else "low")


def test_each_square_of_the_radar_opens_the_rows_counted(here: Place, late: QualityReview, client: Client) -> None:
    client.force_login(here.home.user("dean"))
    url = reverse("risk-rows", args=["apprenticeship", here.programme.pk, "late_reviews"])
    assert url in client.get(reverse("risk-radar")).content.decode()
    page = client.get(url)
    assert page.status_code == 200
    assert len(page.context["rows"]) == page.context["square"].value == 1
    for signal in risk_signals.COUNTS:
        assert client.get(reverse("risk-rows", args=["apprenticeship", here.programme.pk, signal])).status_code == 200
