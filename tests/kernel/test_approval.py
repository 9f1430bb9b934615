"""Which route a record takes, and who may decide on the way: the role at the unit, its deputy, a delegate, the role above when it idles."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from tests.factories import World, make
from zhixing.governance.models import Committee, TaskBook
from zhixing.kernel import approval, jobs
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import ApprovalCase, ApprovalRoute, ApprovalStation, Event, Notice
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.org.actors import actor_for, holders
from zhixing.org.models import Delegation, Membership, Person, User

TYPE = "governance.task_book"
DEAN = {"role": "dean", "at": "own", "idle_days": 3, "escalate": "leader"}
OFFICE = {"role": "office", "at": "school", "idle_days": 5}


def route(name: str, *stations: dict[str, Any], **more: Any) -> ApprovalRoute:
    values = {"record_type": TYPE, "effective_from": date(2020, 1, 1), "stations": list(stations), **more}
    return ApprovalRoute.objects.create(name=name, **values)


def book(world: World) -> TaskBook:
    return make(TaskBook, committee=make(Committee, unit=world.own, kind="council"))


def actor(world: World, role: str, on: date | None = None) -> Actor:
    return actor_for(world.users[role], on)


def submitted(world: World, *stations: dict[str, Any]) -> ApprovalStation:
    """A book on its way, and the station that it waits at."""
    route("任务书", *(stations or (DEAN,)))
    case = approval.submit(book(world), by=SYSTEM)
    return ApprovalStation.objects.get(case=case, state="pending")


def code_of(refused: pytest.ExceptionInfo[ValidationError]) -> str:
    return str(refused.value.code)


# Which route -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_route_that_is_archived_or_names_nobody_is_not_taken() -> None:
    used = route("在用", DEAN)
    route("新立未定", effective_from=date(2024, 1, 1))
    route("已归档", OFFICE, effective_from=date(2025, 1, 1), archived_at=timezone.now())
    assert approval.route_for(TYPE) == used
    used.archived_at = timezone.now()
    used.save()
    assert approval.route_for(TYPE) is None


@pytest.mark.django_db
@pytest.mark.parametrize(("amount", "name"), [(None, "小额"), (99_999, "小额"), (100_000, "大额"), (900_000, "大额")])
def test_the_highest_threshold_that_the_amount_reaches_is_taken(amount: int | None, name: str) -> None:
    route("小额", DEAN)
    route("大额", OFFICE, amount_from=100_000)
    found = approval.route_for(TYPE, None if amount is None else Decimal(amount))
    assert found is not None and found.name == name


@pytest.mark.django_db
def test_a_sort_of_its_own_comes_first_and_a_route_outside_its_dates_never() -> None:
    general, special = route("一般", DEAN), route("专门", OFFICE, sorts=["research"])
    route("已过", OFFICE, effective_from=date(2021, 1, 1), effective_to=date(2021, 12, 31))
    route("未到", OFFICE, effective_from=date(2999, 1, 1))
    assert approval.route_for(TYPE, sort="research") == special
    assert approval.route_for(TYPE, sort="training") == approval.route_for(TYPE) == general


def test_without_a_route_nothing_is_submitted(world: World) -> None:
    route("无人", effective_from=date(2024, 1, 1))
    record = book(world)
    with pytest.raises(FlowError) as refused:
        approval.submit(record, by=SYSTEM)
    record.refresh_from_db()
    assert (code_of(refused), record.status, ApprovalCase.objects.count()) == ("no_route", "draft", 0)


# On the way ------------------------------------------------------------------------------------------------------


def test_station_by_station_and_only_whose_turn_it_is(world: World) -> None:
    first = submitted(world, DEAN, OFFICE)
    with pytest.raises(FlowError) as refused:
        approval.approve(first.pk, by=actor(world, "office"))
    assert code_of(refused) == "forbidden"
    approval.approve(first.pk, by=actor(world, "dean"))
    second = ApprovalStation.objects.get(state="pending")
    assert (second.role, TaskBook.objects.get().status) == ("office", "submitted")
    approval.approve(second.pk, by=actor(world, "office"))
    assert (TaskBook.objects.get().status, ApprovalCase.objects.get().state) == ("approved", "approved")
    with pytest.raises(FlowError) as late:
        approval.approve(first.pk, by=actor(world, "dean"))
    assert code_of(late) == "decided"


def test_sent_back_with_a_reason_and_submitted_anew(world: World) -> None:
    station = submitted(world, DEAN, OFFICE)
    with pytest.raises(ValidationError) as silent:
        approval.send_back(station.pk, by=actor(world, "dean"), comment="  ")
    assert code_of(silent) == "comment_required"
    approval.send_back(station.pk, by=actor(world, "dean"), comment="缺考核办法")
    record = TaskBook.objects.get()
    assert (record.status, ApprovalCase.objects.get().state) == ("draft", "sent_back")
    assert not approval.inbox(actor(world, "office")).exists(), "the later station is not asked any more"
    assert Event.objects.get(verb="send_back", record_id=record.pk).comment == "缺考核办法"
    again = approval.submit(record, by=SYSTEM)
    assert list(approval.inbox(actor(world, "dean")).values_list("case", flat=True)) == [again.pk]


def test_a_record_in_approval_is_not_submitted_twice(world: World) -> None:
    submitted(world)
    with pytest.raises(FlowError) as refused:
        approval.submit(TaskBook.objects.get(), by=SYSTEM)
    assert (code_of(refused), ApprovalCase.objects.count()) == ("wrong_state", 1)


# Idle ------------------------------------------------------------------------------------------------------------


def _waiting(world: World, hours: float, **more: Any) -> ApprovalStation:
    """A station that the book reached so many hours ago."""
    station = submitted(world, {**DEAN, **more})
    ApprovalStation.objects.filter(pk=station.pk).update(reached_at=timezone.now() - timedelta(hours=hours))
    return station


def test_what_waits_its_days_goes_up_once_and_those_above_are_told_once(world: World) -> None:
    station = _waiting(world, 3 * 24 + 1)
    elsewhere = make(Person, name="邻院领导")
    make(Membership, person=elsewhere, role="leader", unit=world.sibling, starts_on=date(2020, 1, 1), ends_on=None)
    User.objects.create(username="elsewhere", person=elsewhere)
    assert not approval.inbox(actor(world, "leader")).exists()
    assert (jobs.escalate_idle_daily(), jobs.escalate_idle_daily()) == (1, 0)
    told = Notice.objects.get()
    assert (told.user, told.url) == (world.users["leader"], station.case.url)
    assert station.case.label in told.message
    assert Event.objects.filter(verb="escalated", record_id=station.case.record_id).count() == 1
    assert approval.inbox(actor(world, "dean")).exists(), "the role itself may still decide"
    approval.approve(station.pk, by=actor(world, "leader"))
    assert TaskBook.objects.get().status == "approved"


@pytest.mark.parametrize(
    ("hours", "more", "up"),
    [
        (3 * 24 - 1, {}, 0),
        (6 * 24, {"idle_days": 7}, 0),
        (7 * 24 + 1, {"idle_days": 7}, 1),
        # A route that names nobody above leaves it where it is.
        (90 * 24, {"escalate": ""}, 0),
    ],
)
def test_not_before_the_days_of_the_route_and_only_to_whom_it_names(
    world: World, hours: int, more: dict[str, Any], up: int
) -> None:
    _waiting(world, hours, **more)
    assert jobs.escalate_idle_daily() == up == Notice.objects.count()


def test_what_is_decided_does_not_go_up(world: World) -> None:
    station = _waiting(world, 90 * 24)
    approval.approve(station.pk, by=actor(world, "dean"))
    assert jobs.escalate_idle_daily() == 0


def test_escalation_runs_every_day_by_itself() -> None:
    found = [
        task.cron for task in app.periodic_registry.periodic_tasks.values() if task.task is jobs.escalate_idle_daily
    ]
    assert len(found) == 1 and found[0].split()[2:] == ["*", "*", "*"]


# A deputy --------------------------------------------------------------------------------------------------------


def test_a_deputy_decides_for_the_role_within_the_dates_and_not_after(world: World) -> None:
    station = submitted(world)
    Delegation.objects.create(
        from_person=world.people["dean"],
        to_person=world.people["nobody"],
        role="dean",
        starts_on=date(2026, 3, 1),
        ends_on=date(2026, 3, 14),
        reason="出差",
    )
    dean, deputy = world.users["dean"].pk, world.users["nobody"].pk
    for day, lent in (
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), True),
        (date(2026, 3, 14), True),
        (date(2026, 3, 15), False),
    ):
        assert approval.inbox(actor(world, "nobody", day)).exists() is lent
        assert holders("dean", world.own.pk, day) == sorted([dean, deputy] if lent else [dean])
    with pytest.raises(FlowError) as late:
        approval.approve(station.pk, by=actor(world, "nobody", date(2026, 3, 15)))
    assert code_of(late) == "forbidden"
    approval.approve(station.pk, by=actor(world, "nobody", date(2026, 3, 14)))
    decided = ApprovalStation.objects.get()
    assert (decided.state, decided.decided_by) == ("approved", world.users["nobody"])


# Handed to a colleague -------------------------------------------------------------------------------------------


def test_a_decision_is_handed_on_by_its_page(world: World) -> None:
    station, client = submitted(world), world.client("dean")
    page = reverse("delegate", args=[station.pk])
    assert page in client.get(reverse("inbox")).content.decode()
    assert page in client.get(station.case.url).content.decode()
    assert client.get(page).status_code == 200
    answer = client.post(page, {"to": "W001", "comment": ""})
    assert answer.status_code == 422 and not ApprovalStation.objects.exclude(delegated_to=None).exists()
    colleague = world.users["secretary"]
    to = {"to": colleague.person.staff_number, "comment": "出差"}
    assert client.post(page, to).headers["Location"] == reverse("inbox")
    told = Notice.objects.get()
    assert (told.user, told.url) == (colleague, station.case.url)
    assert "出差" in told.message and station.case.label in told.message
    event = Event.objects.get(verb="delegated")
    assert (event.actor_id, event.comment, event.data) == (world.users["dean"].pk, "出差", {"to_user": colleague.pk})
    assert client.get(page).status_code == client.post(page, to).status_code == 404, "it is not the dean's any more"
    assert colleague.person.name in client.get(station.case.url).content.decode()
    approval.approve(station.pk, by=actor(world, "secretary"))
    assert ApprovalStation.objects.get().decided_by == colleague


def test_a_program_hands_a_decision_on_by_the_same_rules(world: World) -> None:
    station, client = submitted(world), world.client("dean")
    address = reverse("api:decide", args=[station.pk])

    def ask(to: str, comment: str = "出差") -> Any:
        return client.post(address, {"decision": "delegate", "to": to, "comment": comment}, "application/json")

    User.objects.filter(pk=world.users["hr"].pk).update(is_active=False)
    # Nobody, somebody who left, the asker, somebody who may not see the record; and nobody without a reason.
    for to, comment in (
        ("w-none", "出差"),
        ("w-hr", "出差"),
        ("w-dean", "出差"),
        ("w-student", "出差"),
        ("w-secretary", " "),
    ):
        assert ask(to, comment).status_code == 422, to
    assert not Notice.objects.exists()
    assert ask("w-secretary").status_code == 200
    assert ask("w-secretary").status_code == 403
    assert list(approval.inbox(actor(world, "secretary"))) == [station]
    assert Notice.objects.get().user == world.users["secretary"]
