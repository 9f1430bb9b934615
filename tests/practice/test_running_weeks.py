"""A week arrives once, however often it is sent; only the student hands it in, and the supervisor reads it with one key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.practice import running_place as here
from zhixing.kernel.models import Event
from zhixing.org.models import User
from zhixing.practice import running_weeks as weeks
from zhixing.practice import workplace
from zhixing.practice.models import PresenceSignal, WeekEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    here.stand_still(monkeypatch)


@pytest.fixture
def house() -> here.Place:
    return here.place()


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(User.objects.get(person=person), backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def send(house: here.Place, given: dict[str, Any], who: Any = None) -> weeks.Handed:
    return weeks.hand_in(weeks.read(given, here.NOW), by=who or house.student(house.placements[0]))


def test_sent_three_times_is_there_once(house: here.Place) -> None:
    given = here.week(house.placements[0])
    first, second, third = (send(house, given) for _n in range(3))
    assert (first.fresh, second.fresh, third.fresh) == (True, False, False)
    assert first.entry == second.entry == third.entry
    assert WeekEntry.objects.count() == 1
    assert Event.objects.filter(record_type="practice.week_entry").count() == 1


def test_a_newer_version_takes_the_place_of_an_unread_week_and_an_older_one_does_not(house: here.Place) -> None:
    send(house, here.week(house.placements[0], text="第一次写的内容，还不完整"))
    later = (here.NOW + timedelta(minutes=0)).isoformat()
    early = (here.NOW - timedelta(hours=2)).isoformat()
    old = here.week(house.placements[0], text="更早写的", written_at=early)
    assert not send(house, old).fresh
    assert WeekEntry.objects.get().text.startswith("第一次")
    WeekEntry.objects.update(written_at=here.NOW - timedelta(hours=1))
    send(house, here.week(house.placements[0], text="改好了", written_at=later))
    entry = WeekEntry.objects.get()
    assert entry.text == "改好了" and entry.history.count() == 2  # type: ignore[attr-defined]
    from zhixing.practice.running_actions import praise_week

    praise_week(entry, by=house.teacher, comment="很好")
    with pytest.raises(ValidationError, match=r"already read|已经批阅|已批阅|已"):
        send(house, here.week(house.placements[0], text="再改一次", written_at=(here.NOW).isoformat()))


def test_nobody_hands_in_for_somebody_else(house: here.Place) -> None:
    other = house.student(house.placements[1])
    with pytest.raises(ValidationError) as refused:
        send(house, here.week(house.placements[0]), other)
    assert "placement" in refused.value.message_dict
    with pytest.raises(PermissionDenied):
        send(house, here.week(house.placements[0]), house.teacher)
    assert not WeekEntry.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hours": 169}, "hours"),
        ({"hours": "viele"}, "hours"),
        ({"mood": 6}, "mood"),
        ({"monday": "2026-03-10"}, "monday"),
        ({"monday": "2026-03-16"}, "monday"),
        ({"monday": "2026-01-05"}, "monday"),
        ({"client_id": "7"}, "client_id"),
        ({"text": "长" * 2001}, "text"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(house: here.Place, change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        send(house, here.week(house.placements[0], **change))
    assert field in refused.value.message_dict


def test_the_code_of_the_workplace_counts_once_a_day_and_a_wrong_one_is_told(house: here.Place) -> None:
    placement = house.placements[0]
    right = workplace.code_at(placement.post_id, here.NOW)
    assert send(house, here.week(placement, code=f"{right[:3]} {right[3:]}", device="phone-1")).code is True
    signal = PresenceSignal.objects.get()
    assert signal.kind == "code" and signal.day == here.TODAY and len(signal.device) == 64
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert send(house, here.week(house.placements[1], code=wrong), house.student(house.placements[1])).code is False
    assert PresenceSignal.objects.count() == 1
    # Written down without a network this morning, sent now: the code of then is the right one.
    then = here.NOW - timedelta(hours=30)
    old = here.week(
        house.placements[2], code=workplace.code_at(house.placements[2].post_id, then), written_at=then.isoformat()
    )
    assert send(house, old, house.student(house.placements[2])).code is True


def test_a_code_holds_as_long_as_its_week_may_be_handed_in(house: here.Place) -> None:
    placement = house.placements[0]
    for weeks_ago, right in ((3, True), (7, False)):
        then = here.NOW - timedelta(weeks=weeks_ago)
        code, monday = workplace.code_at(placement.post_id, then), here.MONDAY - timedelta(weeks=min(weeks_ago, 5))
        late = here.week(placement, monday, code=code, written_at=then.isoformat())
        assert send(house, late).code is right


def test_whoever_guesses_codes_is_not_listened_to(house: here.Place) -> None:
    placement = house.placements[0]
    right = workplace.code_at(placement.post_id, here.NOW)
    for n in range(workplace.TRIES_A_DAY):
        assert not workplace.fits(placement.post_id, f"{(int(right) + 1 + n) % 10**6:06d}", here.NOW, placement.pk)
    assert not workplace.fits(placement.post_id, right, here.NOW, placement.pk)
    assert workplace.fits(placement.post_id, right, here.NOW, house.placements[1].pk)


def test_a_location_is_rounded_before_it_is_kept(house: here.Place) -> None:
    send(house, here.week(house.placements[0], longitude=110.298437, latitude=20.023999))
    signal = PresenceSignal.objects.get(kind="place")
    assert (str(signal.longitude), str(signal.latitude)) == ("110.30", "20.02")


def test_handing_in_takes_a_couple_of_statements(house: here.Place) -> None:
    client = client_of(house.placements[0].student.person)
    given = here.week(house.placements[0], code="123456", longitude=110.3, latitude=20.0)
    with CaptureQueriesContext(
        connection,
    ) as made:
        answer = client.post(reverse("api:hand_in_week"), given, content_type="application/json")
    assert answer.status_code == 200 and answer.json()["fresh"] is True
    said = [query["sql"] for query in made if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    # Whose placement it is, and one that writes all; before it session, account, person, hats and the history's context.
    assert len([sql for sql in said if "practice_" in sql]) == 2
    assert len(said) <= 7, [sql[:150] for sql in said]


def test_the_api_says_no_in_words(house: here.Place) -> None:
    client = client_of(house.placements[0].student.person)
    answer = client.post(reverse("api:hand_in_week"), here.week(house.placements[1]), content_type="application/json")
    assert answer.status_code == 422 and "placement" in answer.json()["errors"]
    state = client.get(reverse("api:my_week")).json()
    assert state["placement"]["id"] == house.placements[0].pk and state["weeks"] == []


def test_the_page_works_as_a_plain_form_and_its_kept_form_names_nobody(house: here.Place) -> None:
    placement = house.placements[0]
    client = client_of(placement.student.person)
    page = client.get(reverse("practice-week")).content.decode()
    assert placement.post.organisation.name in page
    answer = client.post(reverse("practice-week"), here.week(placement))
    assert answer.status_code == 302 and WeekEntry.objects.get().placement_id == placement.pk
    shell = client.get(reverse("practice-week") + "?shell=1").content.decode()
    for word in (placement.student.name, placement.post.organisation.name, "第"):
        assert word not in shell
    worker = Client().get(reverse("practice-worker"))
    assert worker.status_code == 200 and b"?shell=1" in worker.content.replace(b"\\u003D", b"=").replace(
        b"\\u003F", b"?"
    )


def test_a_mood_that_is_none_is_told_and_breaks_nothing(house: here.Place) -> None:
    placement = house.placements[0]
    answer = client_of(placement.student.person).post(reverse("practice-week"), here.week(placement, mood="x"))
    assert answer.status_code == 422 and not WeekEntry.objects.exists()


def test_an_archive_leaves_by_a_button_and_not_by_an_address(house: here.Place) -> None:
    client, address = client_of(house.supervisor), reverse("practice-archive", args=[house.placements[0].pk])
    taken = Event.objects.filter(record_type="practice.placement", verb="exported")
    assert client.get(address).status_code == 200 and not taken.exists()
    assert client.post(address).headers["Content-Type"] == "application/zip" and taken.count() == 1


def test_the_stream_reads_one_after_the_other(house: here.Place) -> None:
    for placement in house.placements[:3]:
        send(house, here.week(placement), house.student(placement))
    client = client_of(house.supervisor)
    address = reverse("practice-journals")
    for verb, comment in (("read", ""), ("praise", "做得好"), ("talk", "电话聊聊")):
        entry = client.get(address).context["entry"]
        assert client.post(address, {"entry": entry.pk, "verb": verb, "comment": comment}).status_code == 302
        entry.refresh_from_db()
        assert entry.comment == comment and entry.read_by == house.supervisor
    assert client.get(address).context["entry"] is None
    assert sorted(WeekEntry.objects.values_list("status", flat=True)) == ["praised", "read", "talk"]
    # Another supervisor meets none of them.
    stranger = here._hat("别的老师", "teacher", house.college)
    assert client_of(stranger).get(address + "?all=1").context["waiting"] == 0
