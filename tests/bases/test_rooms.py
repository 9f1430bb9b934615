"""Two people book one workshop at once and one gets it; the calendar shows who has it and where it is free."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from tests.bases import factories as make
from tests.governance import factories as governance
from tests.governance.factories import College
from zhixing.bases import actions
from zhixing.bases.models import Booking, Room

DAY = date(2026, 3, 12)


def ask(home: College, room: Room, who: str = "dean", first: int = 3, last: int = 4, **more: Any) -> Booking:
    said = {
        "day": DAY,
        "first_period": first,
        "last_period": last,
        "function": "teaching",
        "purpose": f"课{who}{first}",
    }
    return actions.book(room, by=home.actor(who), **{**said, **more})


def test_no_lesson_is_booked_twice(home: College) -> None:
    room = make.room(make.base(home))
    booking = ask(home, room)
    with pytest.raises(ValidationError, match="已被预约"):
        ask(home, room, "teacher", 4, 6)
    ask(home, room, "teacher", 5, 6)
    ask(home, make.room(room.base), "teacher", 3, 4)
    ask(home, room, "teacher", 3, 4, day=date(2026, 3, 13))
    with pytest.raises(ValidationError):
        ask(home, room, first=8, last=7)
    with pytest.raises(ValidationError):
        ask(home, room, day=date(2026, 3, 9))
    with pytest.raises(ValidationError):
        ask(home, room, first=9, last=10, people=41)
    Booking.objects.filter(pk=booking.pk).update(status="cancelled")
    ask(home, room, "teacher", 3, 4)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_book_at_the_same_moment_one_gets_it() -> None:
    home = governance.college()
    room = make.room(make.base(home))
    start = threading.Barrier(2)
    answers: list[object] = []

    def run(who: str) -> None:
        start.wait()
        try:
            answers.append(ask(home, Room.objects.get(pk=room.pk), who))
        except ValidationError as refused:
            answers.append(refused)
        finally:
            connection.close()

    hands = [threading.Thread(target=run, args=(who,)) for who in ("dean", "teacher")]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(type(answer).__name__ for answer in answers) == ["Booking", "ValidationError"]
    refused = next(answer for answer in answers if isinstance(answer, ValidationError))
    held = Booking.objects.get()
    told = "".join(refused.messages)
    # Whoever was slower is told who has it, when and for what.
    assert all(words in told for words in (held.booked_by.name, held.purpose, "2026-03-12", "3–4"))
    assert Booking.objects.filter(status="booked").count() == 1


def test_the_week_shows_bookings_and_free_lessons(client: Client, home: College) -> None:
    major = make.major(home)
    room = make.room(make.base(home, major))
    booking = ask(home, room, major=major)
    client.force_login(home.user("teacher"), backend="zhixing.org.accounts.PersonBackend")
    shown = client.get("/bases/calendar/")
    lessons = shown.context["lessons"]
    third = [cell for cell in lessons[2]["cells"] if cell["booking"]]
    assert third[0]["booking"] == booking and third[0]["length"] == 2
    # The second lesson of a booking is part of the first one's cell.
    assert len(lessons[3]["cells"]) == 6
    assert shown.context["share"] == [{"name": major.name, "lessons": 2}]
    past = [cell for cell in lessons[0]["cells"] if cell["day"] < date(2026, 3, 10)]
    assert past and not any(cell["url"] for cell in past)
    free = next(cell["url"] for cell in lessons[0]["cells"] if cell["day"] == DAY)
    page = client.get(free)
    assert page.context["form"]["day"].value() == "2026-03-12"
    sent = client.post(free.split("?")[0], {"day": "2026-03-12", "first_period": 1, "last_period": 2,
                                            "function": "training", "purpose": "企业培训"})  # fmt: skip
    assert sent.status_code == 302 and Booking.objects.filter(first_period=1, booked_by=home.people["teacher"]).exists()
