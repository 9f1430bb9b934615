"""A student's own apprenticeship: only the own, and one word about each term."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.cultivation.apprentices import TODAY, Place, place, stand_still
from zhixing.cultivation import apprenticeship_actions as actions
from zhixing.cultivation import marks
from zhixing.cultivation.models import Apprentice, MasterPair, QualityReview, Rotation

MARKS = {code: 70 for code, _label in marks.OF_APPRENTICE}


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_still(monkeypatch)


@pytest.fixture
def here(db: None) -> Place:
    return place()


@pytest.fixture
def me(here: Place) -> Apprentice:
    row = here.apprentice("小林")
    row.student.person = here.home.people["student"]
    row.student.save()
    MasterPair.objects.create(apprentice=row, master=here.master("张师傅"), starts_on=date(2025, 9, 1))
    Rotation.objects.create(apprentice=row, post="装配", starts_on=date(2025, 9, 1))
    return row


@pytest.fixture
def student(here: Place, client: Client) -> Client:
    client.force_login(here.home.user("student"))
    return client


def post(client: Client, pk: int, said: Any) -> Any:
    url = f"/api/v1/cultivation/my-apprenticeship/{pk}/review"
    return client.post(url, json.dumps(said), content_type="application/json")


def test_the_page_shows_the_own_and_nobody_elses(here: Place, me: Apprentice, student: Client) -> None:
    other = here.apprentice("小王")
    here.review("firm", apprentice=other)
    here.review("firm", apprentice=me, done_on=TODAY, score=55, text="上手慢")
    said = student.get(reverse("my-apprenticeship")).content.decode()
    assert "张师傅" in said and "装配" in said and "小王" not in said
    assert "上手慢" not in said  # what others say of an apprentice is for those who run the programme
    assert student.post(reverse("my-apprenticeship"), {"apprentice": other.pk}).status_code == 404
    assert post(student, other.pk, {"marks": MARKS}).status_code == 404


def test_one_word_about_each_term_asked_for_or_not(here: Place, me: Apprentice, student: Client) -> None:
    marks_of = {f"{code}-{me.pk}": 40 for code in MARKS}
    url = reverse("my-apprenticeship")
    assert student.post(url, {"apprentice": me.pk, **marks_of}).status_code == 422  # a low mean is explained
    answer = student.post(url, {"apprentice": me.pk, **marks_of, f"text-{me.pk}": "加班太多"})
    assert answer.status_code == 302
    review = QualityReview.objects.get(side="apprentice")
    assert (review.apprentice, review.score, review.due) == (me, 40, date(2026, 6, 28))
    assert "加班太多" in student.get(url).content.decode()
    assert student.post(url, {"apprentice": me.pk, f"text-{me.pk}": "再说一次"}).status_code == 422


def test_a_planned_review_is_the_one_that_is_made(here: Place, me: Apprentice, student: Client) -> None:
    dean = here.home.actor("dean")
    made = actions.plan_reviews(here.programme, by=dean, term=here.term, each=True)
    sides = sorted((row.apprentice_id is not None, row.side) for row in made)
    # Each speaks for themselves, so nobody speaks for all apprentices.
    assert sides == [(False, "firm"), (False, "school"), (True, "apprentice"), (True, "firm"), (True, "school")]
    assert post(student, me.pk, {"marks": {"guidance": 90}}).status_code == 422
    assert post(student, me.pk, {"marks": MARKS | {"guidance": 90}}).json()["items"][0]["score"] == "75.0"
    assert QualityReview.objects.get(side="apprentice").done_on == TODAY
    assert post(student, me.pk, {"marks": MARKS}).status_code == 422


def test_who_is_no_student_or_no_apprentice(here: Place, me: Apprentice, client: Client) -> None:
    client.force_login(here.home.user("dean"))
    assert client.get(reverse("my-apprenticeship")).status_code == 403
    client.force_login(here.home.user("student"))
    Apprentice.objects.update(status="left", left_on=TODAY)
    assert post(client, me.pk, {"marks": MARKS}).status_code == 409
    Apprentice.objects.all().delete()
    assert client.get(reverse("my-apprenticeship")).status_code == 200
