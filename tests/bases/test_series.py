"""A room week by week through a term: what is taken is told first, all is booked or nothing, and cancelled as one or by the day."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from tests.bases import factories as make
from tests.governance import factories as governance
from tests.governance.factories import College
from zhixing.bases import actions, series
from zhixing.bases.models import Base, Booking, Room
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import role_table
from zhixing.org.models import Holiday, Term

# Fridays of weeks 3 to 12 of the spring term, which began on Monday, 23 February; today is Tuesday of week 3.
FRIDAYS = {"weekday": 5, "first_week": 2, "last_week": 12, "first_period": 3, "last_period": 4}
WHAT = {"function": "teaching", "purpose": "数控实训"}
TAKEN, FEAST = date(2026, 3, 20), date(2026, 5, 1)


@pytest.fixture
def spring(home: College) -> Term:
    Holiday.objects.create(day=FEAST, name="劳动节", is_workday=False)
    return make.terms(home)[1]


@pytest.fixture
def room(home: College) -> Room:
    return make.room(make.base(home))


def ask(home: College, room: Room, term: Term, who: str = "teacher", **more: Any) -> str:
    return series.book_weekly(room, by=home.actor(who), **{"term": term, **FRIDAYS, **WHAT, **more})


def booked() -> list[date]:
    return list(Booking.objects.filter(status="booked").order_by("day").values_list("day", flat=True))


def take_one(home: College, room: Room) -> Booking:
    return actions.book(
        room, by=home.actor("dean"), day=TAKEN, first_period=4, last_period=5, function="training", purpose="企业培训"
    )


def test_weeks_are_counted_as_timetables_do(home: College, room: Room, spring: Term) -> None:
    asked = series.Weekly(spring, 5, 2, 7, series.Rhythm.ODD)
    assert asked.days() == [(3, date(2026, 3, 13)), (5, date(2026, 3, 27)), (7, date(2026, 4, 10))]
    assert len(series.Weekly(spring, 7).days()) == 20 and series.Weekly(spring, 7).days()[-1][1] == spring.ends_on


def test_all_days_but_holidays_and_past_ones_are_booked(home: College, room: Room, spring: Term) -> None:
    ask(home, room, spring)
    # Week 2 is over, the first of May is a holiday.
    assert booked() == [day for _week, day in series.Weekly(spring, 5, 3, 12).days() if day != FEAST]
    assert Booking.objects.values("series").distinct().count() == 1


def test_of_a_series_that_meets_another_booking_nothing_is_booked_until_its_days_are_left_out(
    home: College, room: Room, spring: Term
) -> None:
    held = take_one(home, room)
    with pytest.raises(ValidationError) as refused:
        ask(home, room, spring)
    told = refused.value.messages
    assert "1/9" in told[0] and all(word in told[1] for word in ("2026-03-20", "4–5", "企业培训", "dean"))
    assert booked() == [TAKEN]
    ask(home, room, spring, without=[TAKEN])
    assert len(booked()) == 9 and Booking.objects.get(day=TAKEN) == held


def test_the_page_tells_first_and_books_what_is_free(client: Client, home: College, room: Room, spring: Term) -> None:
    take_one(home, room)
    client.force_login(home.user("teacher"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    url = f"/bases/rooms/{room.pk}/weekly/"
    asked = {"term": spring.pk, **FRIDAYS, **WHAT, "rhythm": "every"}
    looked = client.post(url, {**asked, "do": "look"})
    assert booked() == [TAKEN]
    assert {name: looked.context[name] for name in ("free", "hindered", "off")} == {"free": 8, "hindered": 1, "off": 1}
    shown = looked.content.decode()
    assert "企业培训" in shown and "劳动节" in shown
    # What was taken while somebody looked is told, and nothing is booked behind their back.
    late = actions.book(
        room, by=home.actor("dean"), day=date(2026, 4, 3), first_period=3, last_period=3, function="service", purpose="抢修"
    )  # fmt: skip
    sent = {**asked, "without": looked.context["leave_out"], "do": "book"}
    again = client.post(url, sent)
    assert again.status_code == 422 and "抢修" in again.content.decode() and len(booked()) == 2
    made = client.post(url, {**sent, "without": again.context["leave_out"]})
    assert made.status_code == 302 and len(booked()) == 9
    assert client.get(made.url).context["page"]["count"] == 7
    assert Booking.objects.exclude(day__in=(TAKEN, late.day)).first().booked_by == home.people["teacher"]


def test_who_may_not_see_a_booking_is_only_told_that_the_room_is_taken(
    client: Client, home: College, room: Room, spring: Term, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_one(home, room)
    Base.objects.update(manager=home.people["dean"])
    monkeypatch.setitem(role_table().rows["bases.booking"], "teacher", {"view": "own", "add": "all"})
    client.force_login(home.user("teacher"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    looked = client.post(
        f"/bases/rooms/{room.pk}/weekly/", {"term": spring.pk, **FRIDAYS, **WHAT, "rhythm": "every", "do": "look"}
    )
    assert looked.context["hindered"] == 1 and "企业培训" not in looked.content.decode()
    for asked in (lambda: ask(home, room, spring), lambda: actions.book(
        room, by=home.actor("teacher"), day=TAKEN, first_period=5, last_period=6, function="service", purpose="维修"
    )):  # fmt: skip
        with pytest.raises(ValidationError) as refused:
            asked()
        told = "".join(refused.value.messages)
        assert "2026-03-20" in told and "企业培训" not in told and home.people["dean"].name not in told


def test_who_may_not_book_learns_nothing_of_the_days(
    home: College, room: Room, spring: Term, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_one(home, room)
    monkeypatch.setitem(role_table().rows["bases.booking"], "teacher", {"view": "all"})
    with pytest.raises(FlowError) as refused:
        ask(home, room, spring)
    assert refused.value.code == "forbidden" and "2026" not in "".join(refused.value.messages)


def test_a_program_books_a_series_too(client: Client, home: College, room: Room, spring: Term) -> None:
    take_one(home, room)
    client.force_login(home.user("teacher"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    url = f"/api/v1/bases/room/{room.pk}/act/book_weekly"
    asked = {"term": spring.pk, **FRIDAYS, **WHAT}
    refused = client.post(url, asked, content_type="application/json")
    assert refused.status_code == 422 and "2026-03-20" in refused.content.decode() and booked() == [TAKEN]
    odd = client.post(url, {**asked, "without": ["2026-13-01"]}, content_type="application/json")
    assert odd.status_code == 422
    made = client.post(url, {**asked, "without": ["2026-03-20"]}, content_type="application/json")
    assert made.status_code == 200 and len(booked()) == 9
    found = client.get("/api/v1/bases/booking", {"series": Booking.objects.exclude(series="").first().series}).json()
    assert found["count"] == 8


def test_a_series_is_cancelled_as_one_or_by_the_day_and_may_be_booked_again(
    client: Client, home: College, room: Room, spring: Term
) -> None:
    ask(home, room, spring)
    first, second, *_rest = Booking.objects.order_by("day")
    client.force_login(home.user("teacher"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.post(f"/bases/booking/{second.pk}/act/cancel/").status_code == 302
    assert len(booked()) == 8
    # A day that is past stays; nobody cancels another's series.
    Booking.objects.filter(pk=first.pk).update(day=date(2026, 3, 6))
    with pytest.raises(ValidationError):
        series.cancel_series(first, by=home.actor("group_leader"))
    answer = client.post(f"/api/v1/bases/booking/{first.pk}/act/cancel_series", {}, content_type="application/json")
    assert answer.status_code == 200 and booked() == [date(2026, 3, 6)]
    # What was given up is there for the next, also under the same name.
    ask(home, room, spring, who="dean")
    assert len(booked()) == 10 and Booking.objects.filter(booked_by=home.people["dean"]).count() == 9


@pytest.mark.django_db(transaction=True)
def test_of_two_series_at_the_same_moment_one_is_booked_whole() -> None:
    home = governance.college()
    spring = make.terms(home)[1]
    room = make.room(make.base(home))
    start = threading.Barrier(2)
    answers: list[object] = []

    def run(who: str, lesson: int) -> None:
        start.wait()
        try:
            answers.append(
                ask(home, Room.objects.get(pk=room.pk), spring, who, first_period=lesson, last_period=lesson + 1)
            )
        except ValidationError as refused:
            answers.append(refused)
        finally:
            connection.close()

    hands = [threading.Thread(target=run, args=asked) for asked in (("dean", 3), ("teacher", 4))]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    refused = [answer for answer in answers if isinstance(answer, ValidationError)]
    assert len(refused) == 1 and len(answers) == 2
    holder = Booking.objects.first().booked_by
    assert holder.name in "".join(refused[0].messages)
    assert len(booked()) == 10 and not Booking.objects.exclude(booked_by=holder).exists()
