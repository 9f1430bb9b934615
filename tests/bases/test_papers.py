"""Summaries keep their numbers linked to rows; a demonstration base meets its criteria at every station."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from tests.bases import factories as make
from tests.bases.conftest import TODAY
from tests.governance.factories import College
from zhixing.bases import criteria, figures, paper_actions, summaries
from zhixing.bases.models import BaseRecognition, PlaceCapacity, RecognitionCriterion, RecognitionReview, TermSummary
from zhixing.org.models import Major, Term


@pytest.fixture
def major(home: College) -> Major:
    return make.major(home)


@pytest.fixture
def term(home: College, major: Major) -> Term:
    _autumn, spring, *_rest = make.terms(home)
    base = make.base(home, major, kind="off_campus")
    make.demand(major, spring, 40)
    make.places(base, major, spring, 30)
    make.use(base, major=major, day=date(2026, 3, 2), hours=Decimal(12), people=25)
    return spring


def test_the_first_text_names_numbers_and_the_page_links_them(home: College, major: Major, term: Term) -> None:
    leader = home.actor("group_leader")
    summary = paper_actions.begin_summary(major, term, by=leader)
    assert paper_actions.begin_summary(major, term, by=leader).pk == summary.pk
    told = summaries.figures_of(summary)
    assert {key: told[key].value for key in ("bases", "places", "students", "coverage", "hours", "people")} == {
        "bases": 1, "places": 30, "students": 40, "coverage": 75, "hours": 12, "people": 25,
    }  # fmt: skip
    assert "[[coverage]]" in summary.problems
    shown = figures.linked(summary.problems, told)
    assert ">75%</a>" in shown and f"major={major.pk}" in shown
    assert "<script>" not in figures.linked("<script>[[nothing]]", told)
    with pytest.raises(ValidationError):
        paper_actions.write_summary(summary, by=leader, overview="共有[[placs]]个岗位")


def test_handed_in_the_numbers_stay_and_sent_back_they_move_again(home: College, major: Major, term: Term) -> None:
    leader, dean = home.actor("group_leader"), home.actor("dean")
    summary = paper_actions.begin_summary(major, term, by=leader)
    paper_actions.submit_summary(summary, by=leader)
    make.use(make.base(home, major), major=major, day=date(2026, 3, 3), hours=Decimal(8))
    assert summaries.figures_of(summary)["hours"].value == 12
    with pytest.raises(ValidationError):
        paper_actions.write_summary(summary, by=leader, overview="改")
    paper_actions.return_summary(summary, by=dean, comment="补充")
    assert summaries.figures_of(summary)["hours"].value == 20


def test_a_summary_handed_in_counts_nothing_any_more(
    client: Client, home: College, major: Major, term: Term, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = home.actor("group_leader")
    summary = paper_actions.begin_summary(major, term, by=leader)
    paper_actions.submit_summary(summary, by=leader)
    frozen = {key: kept["value"] for key, kept in summary.figures.items()}
    PlaceCapacity.objects.all().delete()
    major.bases.get().delete()

    def counted(*_args: object, **_more: object) -> object:
        raise AssertionError("counted again")

    monkeypatch.setattr(summaries, "of", counted)
    # A number of which nothing was frozen is not made up: neither from today's rows nor as a name in brackets.
    del summary.figures["places"]
    summary.save()
    told = summaries.figures_of(summary)
    assert {key: figure.value for key, figure in told.items()} == {**frozen, "places": None}
    assert (told["hours"].label, told["hours"].words) == ("使用学时", "12")
    client.force_login(home.user("group_leader"), backend="zhixing.org.accounts.PersonBackend")
    for url in (f"/bases/summaries/{summary.pk}/", f"/bases/term_summary/{summary.pk}/"):
        shown = client.get(url).content.decode()
        assert ">12</a>" in shown and ">—</b>" in shown


def test_an_application_keeps_its_numbers_whatever_becomes_of_the_base(
    client: Client, home: College, major: Major, term: Term, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = home.actor("group_leader")
    base = major.bases.get()
    guide = make.guide(base, home)
    criterion("interns", 10)
    criterion("guides", 100)
    criterion("score", 80)
    paper_actions.grow(base, by=leader, major=major, level="school")
    row = BaseRecognition.objects.get()
    paper_actions.apply_for(row, by=leader)
    guide.delete()
    PlaceCapacity.objects.all().delete()
    assert criteria.facts(base, major, TODAY)["interns"].value == 0
    monkeypatch.setattr(criteria, "facts", lambda *_args, **_more: {})
    checks = {check.criterion.measure: check for check in criteria.check(row, TODAY)}
    assert (checks["interns"].figure.value, checks["guides"].met, checks["score"].met) == (30, True, False)
    client.force_login(home.user("office"), backend="zhixing.org.accounts.PersonBackend")
    assert ">30</a>" in client.get(f"/bases/base_recognition/{row.pk}/").content.decode()


def test_the_leader_hands_in_with_three_clicks(client: Client, home: College, major: Major, term: Term) -> None:
    client.force_login(home.user("group_leader"), backend="zhixing.org.accounts.PersonBackend")
    begun = client.post(f"/bases/summaries/?term={term.pk}", {"major": major.pk})
    page = client.get(begun.url)
    assert page.context["may_write"]
    said = {part: page.context["form"][part].value() for part in summaries.PARTS}
    assert client.post(begun.url, {**said, "do": "submit", "overview": ""}).status_code == 422
    assert client.post(begun.url, {**said, "do": "submit"}).status_code == 302
    assert TermSummary.objects.get().status == "submitted"
    assert client.post(begun.url, {**said, "do": "save"}).status_code == 403
    other = make.major(home, unit=home.second, leader=None, group=home.other_group)
    listed = {row["major"]: row["may_begin"] for row in client.get("/bases/summaries/").context["rows"]}
    assert listed == {major: True, other: False}


def criterion(measure: str, minimum: int, **more: object) -> None:
    values = {"level": "school", "holds_from": date(2023, 9, 1), **more}
    RecognitionCriterion.objects.create(measure=measure, minimum=minimum, **values)


def test_from_growing_to_the_plaque_and_its_recheck(home: College, major: Major, term: Term) -> None:
    leader, office = home.actor("group_leader"), home.actor("office")
    base = major.bases.get()
    criterion("years", 1)
    criterion("interns", 10, branch="science")
    criterion("interns", 99, branch="arts")
    criterion("interns", 500, branch="science", holds_from=date(2026, 9, 1))
    criterion("guides", 100)
    criterion("score", 80)
    paper_actions.grow(base, by=leader, major=major, level="school")
    row = BaseRecognition.objects.get()
    assert "[[interns]]" in row.statement
    with pytest.raises(ValidationError, match="持证"):
        paper_actions.apply_for(row, by=leader)
    guide = make.guide(base, home)
    paper_actions.apply_for(row, by=leader)
    assert row.figures["interns"]["value"] == 30
    assert paper_actions.invite(row, by=office, experts="甲，海南大学\n乙, 协会\n丙\n甲") == 3
    with pytest.raises(ValidationError):
        paper_actions.judge(row, by=office)
    for review, score in zip(RecognitionReview.objects.order_by("pk"), (70, 75, 80), strict=True):
        paper_actions.score(review, by=office, score=Decimal(score))
    paper_actions.judge(row, by=office)
    assert row.score == Decimal("75.0")
    with pytest.raises(ValidationError):  # below the score asked
        paper_actions.publish(row, by=office, public_from=TODAY, public_until=TODAY + timedelta(days=6))
    BaseRecognition.objects.update(score=Decimal(88))
    row.refresh_from_db()
    with pytest.raises(ValidationError):
        paper_actions.publish(row, by=office, public_from=TODAY, public_until=TODAY + timedelta(days=3))
    first = TODAY - timedelta(days=8)
    paper_actions.publish(row, by=office, public_from=first, public_until=first + timedelta(days=6))
    with pytest.raises(ValidationError):
        paper_actions.recognise(row, by=office, recognised_on=first, number="1号")
    paper_actions.recognise(row, by=office, recognised_on=TODAY, number="1号", plaque="SF-01")
    assert row.recheck_due == date(2029, 3, 10)
    guide.proof = ""
    guide.save()
    with pytest.raises(ValidationError):  # judged by the day, not by the application
        paper_actions.recheck(row, by=office, rechecked_on=TODAY)


def test_a_score_is_the_experts_own(home: College, major: Major, term: Term) -> None:
    row = make.recognition(major.bases.get(), major, status="applied")
    teacher = home.people["teacher"]
    own = RecognitionReview.objects.create(recognition=row, expert="陈老师", person=teacher)
    others = RecognitionReview.objects.create(recognition=row, expert="外校专家")
    actor = home.actor("teacher")
    paper_actions.score(own, by=actor, score=Decimal(90))
    with pytest.raises(ValidationError):
        paper_actions.score(others, by=actor, score=Decimal(90))


def test_the_board_tells_who_lacks_what(client: Client, home: College, major: Major, term: Term) -> None:
    criterion("guides", 100)
    make.recognition(major.bases.get(), major)
    bare = make.major(home)
    client.force_login(home.user("office"), backend="zhixing.org.accounts.PersonBackend")
    shown = client.get("/bases/demonstration/").context
    card = shown["lanes"][0]["cards"][0]
    assert (card["met"], card["checks"]) == (0, 1)
    assert [(item["major"], item["coming"]) for item in shown["bare"]] == [(major, True), (bare, False)]


def test_the_board_asks_the_criteria_only_of_what_it_shows(
    client: Client, home: College, major: Major, term: Term, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _n in range(12):
        make.recognition(make.base(home, major), major)
    asked: list[int] = []
    monkeypatch.setattr(criteria, "check", lambda row, *_args, **_more: asked.append(row.pk) or [])
    client.force_login(home.user("office"), backend="zhixing.org.accounts.PersonBackend")
    lane = client.get("/bases/demonstration/").context["lanes"][0]
    assert lane["number"] == 12 and [card["row"].pk for card in lane["cards"]] == asked and len(asked) == 10


def test_a_major_without_one_is_led_to_grow_its_nearest_base(
    client: Client, home: College, major: Major, term: Term
) -> None:
    criterion("guides", 100)
    first = major.bases.get()
    second = make.base(home, major, kind="off_campus")
    make.base(home, major, kind="teacher")
    make.guide(second, home)
    client.force_login(home.user("dean"), backend="zhixing.org.accounts.PersonBackend")

    def led_to() -> str:
        return client.get(f"/bases/demonstration/nearest/?major={major.pk}").headers["Location"]

    assert led_to() == f"/bases/base/{second.pk}/act/grow/?major={major.pk}"
    assert client.get(led_to()).context["form"]["major"].value() == str(major.pk)
    make.recognition(second, major)
    assert led_to() == f"/bases/base/{first.pk}/act/grow/?major={major.pk}"
    make.recognition(first, major)
    assert led_to() == "/bases/demonstration/"


def test_the_term_of_the_writer_is_known_by_its_code(client: Client, home: College, major: Major, term: Term) -> None:
    client.force_login(home.user("dean"), backend="zhixing.org.accounts.PersonBackend")
    autumn = Term.objects.get(number=1, year=term.year)
    assert client.get(f"/bases/summaries/?term={autumn}").context["term"] == autumn
    assert client.get("/bases/summaries/").context["term"] == term
