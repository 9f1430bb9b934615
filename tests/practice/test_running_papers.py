"""What a student brings from the phone: it stands in the archive, and is a sign of presence once somebody has looked."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.practice import running_place as here
from tests.practice.test_running_cases import ink
from tests.practice.test_running_weeks import client_of
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import File
from zhixing.practice import presence, running_actions, running_papers
from zhixing.practice.models import ArchivePaper, PresenceSignal, PresenceWeek

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
    assert (paper.kind, signal.kind, signal.paper, signal.vouched) == ("proof", "pay", paper, False)
    assert File.objects.get().record_id == paper.pk
    page = client.get(reverse("practice-papers"))
    assert page.context["mine"].complete == 12 and paper.title in page.content.decode()
    assert running_papers.mine(placement).brought[0]["sign"] is False
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
    running_papers.doubt(PresenceSignal.objects.get(placement=own), by=house.teacher, comment="与岗位无关")
    assert evidence(own) == 0 and ArchivePaper.objects.filter(placement=own).exists()


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
    assert answer.status_code == 200 and answer.json() == {"paper": ArchivePaper.objects.get().pk}
    told = client.get(url).json()
    assert told["complete"] == 12 and len(told["archive"]) == 8
    assert [(item["files"], item["looked_at"]) for item in told["brought"]] == [(["工资条.png"], False)]
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
