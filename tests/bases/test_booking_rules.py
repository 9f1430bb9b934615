"""Who may book which room when, and what counts as use of a base: alike from form, program, register and button."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client

from tests.bases import factories as make
from tests.governance.factories import College
from zhixing.bases import actions
from zhixing.bases.models import Base, BaseUse, Booking, Room
from zhixing.kernel import importing
from zhixing.kernel.models import ImportRun
from zhixing.kernel.scope import type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Major

DAY = date(2026, 3, 12)
Way = Callable[[Client, College, type, dict[str, Any]], str]


def _sent(said: dict[str, Any]) -> dict[str, Any]:
    """Of long registers the code, as people type it; of others the choice."""
    return {
        name: value.code if getattr(value, "picked", False) else getattr(value, "pk", value)
        for name, value in said.items()
    }


def by_page(client: Client, _home: College, model: type, said: dict[str, Any]) -> str:
    """What the form answers; empty when the record is written."""
    answer = client.post(f"/{type_key(model).replace('.', '/')}/add/", _sent(said))
    return "" if answer.status_code == 302 else " ".join(map(str, answer.context["form"].errors.values()))


def by_program(client: Client, _home: College, model: type, said: dict[str, Any]) -> str:
    sent = {name: value.isoformat() if isinstance(value, date) else value for name, value in _sent(said).items()}
    answer = client.post(f"/api/v1/{type_key(model).replace('.', '/')}", sent, content_type="application/json")
    return "" if answer.status_code == 201 else str(answer.json())


def by_register(_client: Client, home: College, model: type, said: dict[str, Any]) -> str:
    sheet, office = sheet_for(model), home.actor("office")
    assert sheet is not None
    told = {
        str(sheet.column_label(name)): getattr(value, "code", None) or (value.name if hasattr(value, "name") else value)
        for name, value in said.items()
    }
    text = ",".join(told) + "\n" + ",".join(map(str, told.values())) + "\n"
    run, _reading = importing.start(sheet, text.encode(), "台账.csv", by=office)
    found = importing.preview(run, by=office)
    assert ImportRun.objects.get(pk=run.pk).counts["faulty"] == bool(found.faults)
    importing.commit(run, by=office)
    return " ".join(message for *_where, message in found.faults)


ALL_WAYS = pytest.mark.parametrize("way", [by_page, by_program, by_register])


@pytest.fixture
def own(home: College) -> Major:
    return make.major(home)


@pytest.fixture
def room(home: College, own: Major) -> Room:
    return make.room(make.base(home, own), shared=False, workplaces=30)


def booking(where: Room, **more: Any) -> dict[str, Any]:
    said = {
        "room": where,
        "day": DAY,
        "first_period": 3,
        "last_period": 4,
        "purpose": "机电实训",
        "function": "teaching",
    }
    return {**said, "people": 20, **more}


@ALL_WAYS
def test_a_booking_keeps_the_rules_whatever_way_it_comes(
    client: Client, home: College, own: Major, room: Room, way: Way
) -> None:
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    other = make.major(home)
    stranger = make.cohort(other, 2025, 0)
    closed = make.room(make.base(home, status="closed", ends_on=date(2026, 3, 1), close_reason="停用"))
    unopened = make.room(make.base(home, status="building", starts_on=date(2026, 1, 1)))
    refused = (
        ({"people": 31}, "30"),
        ({"last_period": 13}, "12"),
        ({"major": other}, "专业"),
        ({"cohort": stranger}, "专业"),
        ({"room": closed}, "2026-03-12"),
        ({"room": unopened}, "2026-03-12"),
        ({"day": date(2024, 8, 30)}, "2024-08-30"),
    )
    for values, words in refused:
        told = way(client, home, Booking, booking(room, **values))
        assert words in told, (values, told)
    assert not Booking.objects.exists()
    assert way(client, home, Booking, booking(room, major=own)) == ""
    Booking.objects.update(booked_by=home.people["teacher"])
    told = way(client, home, Booking, booking(room, first_period=4, purpose="抢占"))
    assert home.people["teacher"].name in told and "机电实训" in told and "3–4" in told
    # A register of the past brings what was booked at a base that has closed since.
    assert way(client, home, Booking, booking(closed, day=date(2026, 2, 27))) == ""
    assert Booking.objects.count() == 2


@ALL_WAYS
def test_a_use_keeps_the_rules_whatever_way_it_comes(client: Client, home: College, room: Room, way: Way) -> None:
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    base = room.base
    said = {"base": base, "function": "training", "used_on": date(2026, 3, 2), "title": "企业培训",
            "hours": Decimal(8), "people": 20, "income": 0}  # fmt: skip
    planned = make.base(home, status="proposed", starts_on=None)
    refused = (
        ({"used_on": date(2026, 3, 11)}, "晚于今天"),
        ({"used_on": date(2024, 8, 30)}, "2024-08-30"),
        ({"base": planned}, "2026-03-02"),
        ({"room": make.room(make.base(home))}, "另一个基地"),
    )
    for values, words in refused:
        told = way(client, home, BaseUse, {**said, **values})
        assert words in told, (values, told)
    assert not BaseUse.objects.exists()
    assert way(client, home, BaseUse, {**said, "room": room}) == ""
    with pytest.raises(ValidationError, match="2024-08-30"):
        actions.record_use(
            base,
            by=home.actor("dean"),
            function="training",
            used_on=date(2024, 8, 30),
            title="早",
            hours=Decimal(1),
            people=1,
        )


def test_a_day_that_is_past_is_booked_by_nobody_again(client: Client, home: College, room: Room) -> None:
    past = Booking.objects.create(**booking(room, day=date(2026, 3, 6)), status="cancelled")
    dean = home.actor("dean")
    with pytest.raises(ValidationError, match="已过"):
        actions.take(Booking(**booking(room, day=date(2026, 3, 6))), by=dean)
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    url = f"/api/v1/bases/booking/{past.pk}"
    assert client.post(f"{url}/act/renew", content_type="application/json").status_code == 422
    past.refresh_from_db()
    assert past.status == "cancelled"
    Booking.objects.update(day=DAY)
    assert client.post(f"{url}/act/renew", content_type="application/json").status_code == 200


def test_what_was_booked_once_may_be_cancelled_or_renamed_after_the_base_has_closed(
    client: Client, home: College, room: Room
) -> None:
    dean = home.actor("dean")
    held = actions.book(room, by=dean, day=DAY, first_period=1, last_period=2, function="teaching", purpose="实训")
    Base.objects.filter(pk=room.base_id).update(status="closed", ends_on=date(2026, 3, 1), close_reason="停用")
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    url = f"/api/v1/bases/booking/{held.pk}"
    assert client.patch(url, {"purpose": "改名"}, content_type="application/json").status_code == 200
    moved = client.patch(url, {"day": "2026-03-13"}, content_type="application/json")
    assert moved.status_code == 422 and "2026-03-13" in moved.content.decode()
    assert client.post(f"{url}/act/cancel", content_type="application/json").status_code == 200
    # Book it again: the rules are asked anew.
    assert client.post(f"{url}/act/renew", content_type="application/json").status_code == 422
