"""What a student brings from the phone: it stands in the archive, and is a sign of presence once somebody has looked."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from tests.practice import running_place as here
from tests.practice.test_running_cases import ink
from tests.practice.test_running_weeks import client_of
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import File
from zhixing.practice import presence, running_actions, running_papers
from zhixing.practice.models import ArchivePaper, Placement, PresenceSignal, PresenceWeek, RunRule

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> here.Place:
    here.stand_still(monkeypatch)
    return here.place()


def picture(name: str = "工资条.png", more: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, base64.b64decode(ink().partition(",")[2]) + more, "image/png")


def send(client: Client, **given: Any) -> Any:
    said = {"what": "pay", "day": str(here.TODAY), "files": picture(), **given}
    return client.post(reverse("practice-papers"), said)


def evidence(placement: Any) -> int:
    presence.count_week(here.MONDAY)
    return PresenceWeek.objects.get(placement=placement, monday=here.MONDAY).score


def test_a_pay_slip_is_kept_counts_as_the_students_word_and_as_the_firms_once_looked_at(house: here.Place) -> None:
    placement = house.placements[0]
    client = client_of(placement.student.person)
    assert send(client).status_code == 302
    paper, signal = ArchivePaper.objects.get(), PresenceSignal.objects.get()
    assert (paper.kind, signal.kind, signal.paper, signal.paper_state) == ("proof", "pay", paper, "waiting")
    assert File.objects.get().record_id == paper.pk
    page = client.get(reverse("practice-papers"))
    assert page.context["mine"].complete == 12 and paper.title in page.content.decode()
    assert running_papers.mine(placement).brought[0]["state"] == "waiting"
    assert evidence(placement) == 30
    # With everything the student says otherwise it is still the student's share.
    for kind in ("code", "work"):
        for day in range(2):
            PresenceSignal.objects.create(placement=placement, kind=kind, day=here.MONDAY + timedelta(days=day))
    assert evidence(placement) == 40
    with pytest.raises(FlowError):
        running_papers.vouch(signal, by=house.student(placement))
    teacher = client_of(house.supervisor)
    assert [row.pk for row in teacher.get(reverse("practice-today")).context["day"].papers] == [signal.pk]
    assert paper.title in teacher.get(f"/practice/presence_signal/{signal.pk}/").content.decode()
    running_papers.vouch(signal, by=house.teacher)
    assert evidence(placement) == 70
    assert not teacher.get(reverse("practice-today")).context["day"].papers


def test_the_same_picture_twice_is_no_sign_and_what_does_not_count_is_gone(house: here.Place) -> None:
    first, second = house.placements[:2]
    for placement in (first, second):
        running_papers.bring(placement, by=house.student(placement), what="work", day=here.TODAY, files=[picture()])
    assert evidence(first) == evidence(second) == 0
    own = house.placements[2]
    running_papers.bring(own, by=house.student(own), what="work", day=here.TODAY, files=[picture(more=b"own")])
    assert evidence(own) == 15
    signal = PresenceSignal.objects.get(placement=own)
    running_papers.doubt(signal, by=house.teacher, comment="与岗位无关")
    assert evidence(own) == 0 and ArchivePaper.objects.filter(placement=own).exists()
    # It is told as what it is: looked at it was, but it does not count.
    client = client_of(own.student.person)
    page = client.get(reverse("practice-papers")).content.decode()
    assert "不予采信" in page and "已核看" not in page
    assert client.get("/api/v1/practice/my-papers").json()["brought"][0]["state"] == "doubted"
    assert "不予采信" in client_of(house.supervisor).get(f"/practice/presence_signal/{signal.pk}/").content.decode()
    # Whoever erred says so; the step without a reason is none.
    running_papers.vouch(signal, by=house.teacher)
    assert evidence(own) == 15
    with pytest.raises(FlowError):
        running_papers.doubt(signal, by=house.teacher)


def test_what_the_school_looked_at_stays_as_it_is(house: here.Place) -> None:
    placement = house.placements[0]
    student = house.student(placement)
    paper = running_papers.bring(placement, by=student, what="pay", day=here.TODAY, files=[picture()])
    running_papers.vouch(PresenceSignal.objects.get(), by=house.teacher)
    for capability in ("change", "delete"):
        assert not student.can_on(paper, capability)
    client, file = client_of(placement.student.person), File.objects.get()
    client.post(f"/practice/archive_paper/{paper.pk}/files/", {"files": picture("另一张.png", b"x")})
    client.post(reverse("file-remove", args=[file.pk]))
    assert list(File.objects.all()) == [file]
    # Without its paper nobody could say whose word the sign is.
    with pytest.raises(ProtectedError):
        paper.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        PresenceSignal.objects.update(paper=None)


@pytest.mark.parametrize("day", [here.TODAY - timedelta(days=9), here.TODAY - timedelta(days=2)])
def test_what_was_doubted_counts_on_no_other_day(house: here.Place, day: date) -> None:
    placement = house.placements[0]
    running_papers.bring(
        placement, by=house.student(placement), what="pay", day=here.TODAY - timedelta(days=2), files=[picture()]
    )
    running_papers.doubt(PresenceSignal.objects.get(), by=house.teacher, comment="他人的工资条")
    day = here.TODAY if day.isocalendar()[1] == here.TODAY.isocalendar()[1] else day
    running_papers.bring(placement, by=house.student(placement), what="pay", day=day, files=[picture()])
    monday = day - timedelta(days=day.weekday())
    presence.count_week(monday)
    assert PresenceWeek.objects.get(placement=placement, monday=monday).score == 0


def test_a_picture_is_known_again_wherever_it_stands_in_the_paper(house: here.Place) -> None:
    first, second, third = house.placements[:3]
    last = here.TODAY - timedelta(days=7)
    files = [picture(), picture("b.png", b"b")]
    running_papers.bring(first, by=house.student(first), what="work", day=last, files=files)
    running_papers.bring(second, by=house.student(second), what="work", day=here.TODAY, files=[picture("c.png", b"b")])
    files = [picture("d.png", b"d"), picture("e.png", b"b")]
    running_papers.bring(third, by=house.student(third), what="work", day=here.TODAY, files=files)
    assert evidence(second) == evidence(third) == 0


def test_a_second_sign_of_the_day_is_told_as_none(house: here.Place) -> None:
    client = client_of(house.placements[0].student.person)
    said = [
        [
            str(message)
            for message in get_messages(send(client, what=what, title=title, files=picture(more=more)).wsgi_request)
        ]
        for what, title, more in (("work", "一", b"1"), ("work", "二", b"2"), ("summary", "三", b"3"))
    ]
    assert PresenceSignal.objects.count() == 1 and ArchivePaper.objects.count() == 3
    assert ["指导教师" in words[-1] for words in said] == [True, False, False] and "当天" in said[1][-1]


def test_how_long_papers_are_taken_is_a_rule_and_told(house: here.Place) -> None:
    placement = house.placements[0]
    Placement.objects.filter(pk=placement.pk).update(status="ended", ended_on=here.TODAY - timedelta(days=10))
    client = client_of(placement.student.person)
    assert send(client).status_code == 302
    RunRule.objects.filter(code="papers_days").update(value=3)
    refused = send(client, files=picture(more=b"2"), title="迟交")
    assert refused.status_code == 422 and str(here.TODAY - timedelta(days=7)) in refused.context["fault"]


@pytest.mark.parametrize(
    "odd",
    [
        {"what": "x"},
        {"day": "2026-02-30"},
        {"day": str(here.TODAY + timedelta(days=1))},
        {"day": str(here.START - timedelta(days=1))},
        {"files": ""},
        {"files": SimpleUploadedFile("a.png", b"no picture at all", "image/png")},
    ],
)
def test_what_cannot_be_kept_is_told(house: here.Place, odd: dict[str, Any]) -> None:
    client = client_of(house.placements[0].student.person)
    answer = send(client, **odd)
    assert answer.status_code == 422 and answer.context["fault"] and not ArchivePaper.objects.exists()


def test_a_report_fills_its_place_in_the_archive_and_the_students_page_says_so(house: here.Place) -> None:
    placement = house.placements[0]
    client = client_of(placement.student.person)
    assert send(client, what="report", title="酒店前厅实习报告").status_code == 302
    assert ArchivePaper.objects.get().kind == "report" and not PresenceSignal.objects.exists()
    house.plan.duty_phone = "0898-65720000"
    house.plan.save()
    own = client.get(reverse("my-practice")).content.decode()
    assert "12%" in own and "tel:0898-65720000" in own
    assert client.get(reverse("practice-week")).status_code == 200
    running_actions.end_placement(placement, by=house.boss)
    assert send(client, what="summary").status_code == 302


def test_a_program_brings_papers_as_the_page_does(house: here.Place) -> None:
    placement = house.placements[0]
    client = client_of(placement.student.person)
    url = "/api/v1/practice/my-papers"
    said = {"what": "pay", "day": str(here.TODAY), "files": picture()}
    answer = client.post(url, said)
    assert answer.status_code == 200 and answer.json() == {"paper": ArchivePaper.objects.get().pk, "sign": True}
    told = client.get(url).json()
    assert told["complete"] == 12 and len(told["archive"]) == 8
    assert [(item["files"], item["state"]) for item in told["brought"]] == [(["工资条.png"], "waiting")]
    for wrong, where in (
        ({"day": "2026-02-30"}, "day"),
        ({"what": "photo"}, "what"),
        ({"files": ""}, "files"),
        ({"placement": "1"}, "placement"),
    ):
        refused = client.post(url, said | {"files": picture()} | wrong)
        assert refused.status_code == 422 and list(refused.json()["errors"]) == [where]
    assert ArchivePaper.objects.count() == 1
    assert client_of(house.supervisor).post(url, said | {"files": picture()}).status_code == 403
