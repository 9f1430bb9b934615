"""What a phone, a form or a program may send by mistake gets a sentence and never an error of the server."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.practice import running_place as here
from tests.practice.test_running_cases import path_of
from tests.practice.test_running_weeks import client_of
from zhixing.practice import running_links
from zhixing.practice.models import Evaluation, Visit

pytestmark = pytest.mark.django_db

# Not a number, a digit that is no number, too large for the database, not finite, a byte that text cannot hold, a day that is none.
ODD = ("x", "²", "9" * 30, "NaN", "a\x00b", "2026-02-30")
JSON = (None, True, 10**30, [], "NaN", "a\x00b", "0001-01-01T00:00:00+14:00")
FINE = {200, 302, 400, 404, 409, 410, 422}


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> here.Place:
    here.stand_still(monkeypatch)
    return here.place(2, 1)


def odd_answers(client: Client, address: str, good: dict[str, Any], values: tuple[Any, ...], **how: Any) -> list[str]:
    """What went wrong when each field in turn is odd; empty when each got a sentence."""
    client.raise_request_exception = False
    found = []
    for name in good:
        for value in values:
            answer = client.post(address, {**good, name: value}, **how)
            if answer.status_code not in FINE:
                found.append(f"{name}={value!r}: {answer.status_code}")
    return found


def test_a_week_with_an_odd_field(house: here.Place) -> None:
    placement = house.placements[0]
    good = here.week(placement, code="", device="", longitude="", latitude="", text="")
    client = client_of(placement.student.person)
    assert odd_answers(client, reverse("practice-week"), good, ODD) == []
    assert odd_answers(client, reverse("api:hand_in_week"), good, JSON, content_type="application/json") == []


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("ask_leave", {"kind": "sick", "starts_on": "2026-03-12", "ends_on": "2026-03-12", "reason": ""}),
        ("ask_change", {"kind": "move", "from_on": "2026-03-12", "new_post": "", "reason": ""}),
        (
            "report_incident",
            {"kind": "injury", "severity": "", "happened_at": "2026-03-11T08:00", "place": "", "text": ""},
        ),
        ("evaluate", {**dict.fromkeys(Evaluation.SCALES, "80"), "text": ""}),
        ("edit_grade", {"score": "80", "score_reason": "x"}),
    ],
)
def test_what_is_asked_of_a_placement(house: here.Place, key: str, good: dict[str, Any]) -> None:
    placement = house.placements[0]
    if key == "edit_grade":
        placement.status, placement.ended_on = "ended", here.TODAY
        placement.save()
    client = client_of(house.supervisor)
    page = f"/practice/placement/{placement.pk}/act/{key}/"
    assert odd_answers(client, page, good, ODD) == []
    api = f"/api/v1/practice/placement/{placement.pk}/act/{key}"
    assert odd_answers(client, api, good, JSON, content_type="application/json") == []


def test_a_visit_a_complaint_and_an_evaluation(house: here.Place) -> None:
    placement = house.placements[0]
    visit = Visit.objects.create(
        unit=house.college, supervisor=house.supervisor, organisation=house.firms[0], visited_on=here.TODAY
    )
    teacher, student = client_of(house.supervisor), client_of(placement.student.person)
    record = {
        "do": "record",
        "findings": "",
        "mode": "site",
        "minutes": "30",
        "met": "1",
        "problems": "",
        "follow_up": "",
    }
    assert odd_answers(teacher, reverse("practice-visit", args=[visit.pk]), record, ODD) == []
    sign = {"do": "sign", "name": "导师", "ink": ""}
    assert odd_answers(teacher, reverse("practice-visit", args=[visit.pk]), sign, ODD) == []
    assert odd_answers(teacher, reverse("practice-visit-start"), {"organisation": "1", "mode": "x"}, ODD) == []
    assert odd_answers(teacher, reverse("practice-journals"), {"entry": "1", "verb": "read", "comment": ""}, ODD) == []
    for given in ODD:
        assert teacher.get(reverse("practice-journals"), {"after": given}).status_code in FINE, given
        assert student.get(reverse("practice-week"), {"code": given}).status_code in FINE, given
    marks = {f"{scale}-{placement.pk}": "80" for scale in Evaluation.SCALES}
    said = {**marks, f"text-{placement.pk}": ""}
    assert odd_answers(student, reverse("practice-evaluate", args=[placement.pk]), said, ODD) == []
    assert odd_answers(student, reverse("practice-complain"), {"subject": "pay", "text": "", "phone": ""}, ODD) == []
    told = {"placement": placement.pk, "subject": "pay", "text": "加班", "phone": ""}
    assert odd_answers(student, reverse("api:complain"), told, JSON, content_type="application/json") == []
    spoken = {"placement": placement.pk, "text": "", **dict.fromkeys(Evaluation.SCALES, 80)}
    assert odd_answers(student, reverse("api:evaluate_own"), spoken, JSON, content_type="application/json") == []


def test_what_comes_by_link(house: here.Place) -> None:
    placement = house.placements[0]
    mentor = path_of(running_links.mentor_link(placement, by=house.teacher, name="导师0", days=90).value)
    guardian = path_of(running_links.guardian_link(placement, by=house.teacher, name="家长0", days=90).value)
    stranger = Client()
    week = {"do": "week", "shown": "1", "there": "1"}
    problem = {"do": "problem", "placement": str(placement.pk), "kind": "injury", "text": "x", "urgent": "1"}
    marks = {f"{scale}-{placement.pk}": "80" for scale in Evaluation.SCALES}
    spoken = {"do": "evaluate", "evaluate": str(placement.pk), f"text-{placement.pk}": "", **marks}
    for good in (week, problem, spoken):
        assert odd_answers(stranger, mentor, good, ODD) == []
    assert odd_answers(stranger, guardian, {"subject": "pay", "text": "", "phone": ""}, ODD) == []
