"""Evidence of presence: honest students are believed, copies are not, nobody is punished by a number."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tests.practice import running_place as here
from zhixing.kernel.models import Event
from zhixing.practice import presence, running_actions, running_grades, running_jobs, running_weeks, workplace
from zhixing.practice.models import (
    GradeRule,
    Leave,
    Placement,
    PresenceSignal,
    PresenceWeek,
    PresenceWeight,
    RunRule,
    WeekEntry,
)
from zhixing.practice.presence import Sign, Weight, score
from zhixing.practice.running_numbers import number_on

WEIGHTS = {
    "code": Weight("student", 15, 40),
    "place": Weight("student", 3, 40),
    "work": Weight("student", 15, 40),
    "mentor": Weight("firm", 40, 50),
    "pay": Weight("firm", 30, 50),
    "call": Weight("school", 30, 60),
    "visit": Weight("school", 50, 60),
}
SIGNS = st.builds(
    Sign,
    kind=st.sampled_from([*WEIGHTS, "unknown"]),
    confirms=st.booleans(),
    crowd=st.integers(0, 6),
    copies=st.integers(0, 3),
)


@given(st.lists(SIGNS, max_size=30))
def test_a_score_is_between_0_and_100_and_its_parts_explain_it(signs: list[Sign]) -> None:
    points, parts = score(signs, WEIGHTS)
    assert 0 <= points <= 100 and set(parts) <= set(WEIGHTS)


@given(st.lists(SIGNS, max_size=12), st.integers(2, 9))
def test_the_student_alone_never_gets_beyond_the_students_share(signs: list[Sign], times: int) -> None:
    own = [sign for sign in signs if sign.kind in ("code", "place", "work")]
    assert score(own * times, WEIGHTS)[0] <= 40


@given(st.lists(SIGNS, max_size=12))
def test_one_more_phone_on_the_same_signals_never_makes_them_worth_more(signs: list[Sign]) -> None:
    good = [Sign(sign.kind, True, max(sign.crowd, 1), sign.copies) for sign in signs]
    shared = [Sign(sign.kind, True, sign.crowd + 1, sign.copies) for sign in good]
    assert score(shared, WEIGHTS)[0] <= score(good, WEIGHTS)[0]


@given(st.dictionaries(st.integers(1, 500), st.floats(0, 1), max_size=60), st.integers(0, 10))
def test_a_draw_takes_as_many_as_asked_and_never_whoever_is_excused(worth: dict[int, float], number: int) -> None:
    drawn = presence.draw(worth, here.MONDAY, number)
    assert len(drawn) == len(set(drawn)) == min(number, sum(value > 0 for value in worth.values()))
    assert all(worth[pk] > 0 for pk in drawn) and drawn == presence.draw(worth, here.MONDAY, number)


def test_whoever_has_little_evidence_is_drawn_more_often_and_nobody_is_certain() -> None:
    low, high = presence.risk_of(10, False, False, False, False), presence.risk_of(95, False, False, False, False)
    worth = {pk: low if pk <= 5 else high for pk in range(1, 51)}
    found: Counter[bool] = Counter()
    for n in range(200):
        found.update(pk <= 5 for pk in presence.draw(worth, here.MONDAY + timedelta(weeks=n), 2))
    assert found[True] > 4 * found[False] * 5 / 45
    assert found[False] > 0
    assert presence.risk_of(0, True, False, False, True) == 0


# In the register -----------------------------------------------------------------------------------------------------


@pytest.fixture
def house(db: Any, monkeypatch: pytest.MonkeyPatch) -> here.Place:
    here.stand_still(monkeypatch)
    return here.place(8)


def hand_in(house: here.Place, placement: Placement, **more: Any) -> None:
    running_weeks.hand_in(running_weeks.read(here.week(placement, **more), here.NOW), by=house.student(placement))


def evidence(placement: Placement) -> int:
    return PresenceWeek.objects.get(placement=placement, monday=here.MONDAY).score


def test_an_honest_student_scores_high_and_a_bot_low(house: here.Place) -> None:
    honest, *bots = house.placements[:6]
    code = {row.post_id: workplace.code_at(row.post_id, here.NOW) for row in house.placements}
    # Ten seconds: code, a line of words, on the own phone; and the mentor's tap.
    hand_in(house, honest, code=code[honest.post_id], device="own-phone")
    running_actions.confirm_week(honest.mentor, here.MONDAY, [honest.pk], by=house.teacher)
    # The bot: one phone speaks for five, with the code it was sent, a copied place and the same words, every day.
    for bot in bots:
        hand_in(
            house,
            bot,
            code=code[bot.post_id],
            device="bot",
            text="本周在岗实习，认真完成各项工作任务。",
            longitude=110.30,
            latitude=20.00,
        )
        PresenceSignal.objects.bulk_create(
            PresenceSignal(
                placement=bot,
                kind=kind,
                day=here.MONDAY + timedelta(days=n),
                device=presence.digest_of_device("bot"),
                longitude=Decimal("110.30"),
                latitude=Decimal("20.01"),
            )
            for kind in ("code", "place")
            for n in (0, 1, 3, 4)
        )
    presence.count_week(here.MONDAY)
    assert evidence(honest) >= 70
    assert max(evidence(bot) for bot in bots) <= 30
    # And words of one's own that were handed in before are no words either.
    last = here.MONDAY - timedelta(days=7)
    WeekEntry.objects.create(placement=honest, monday=last, hours=40, text=WeekEntry.objects.get(placement=honest).text)
    presence.count_week(here.MONDAY)
    assert "work" not in {k for k, v in PresenceWeek.objects.get(placement=honest).parts.items() if v > 0}


def test_a_place_far_from_the_workplace_counts_nothing(house: here.Place) -> None:
    near, far = house.placements[0], house.placements[2]
    hand_in(house, near, longitude=110.31, latitude=20.01)
    hand_in(house, far, longitude=116.40, latitude=39.90)
    presence.count_week(here.MONDAY)
    assert PresenceWeek.objects.get(placement=near).parts.get("place") == 3
    assert "place" not in PresenceWeek.objects.get(placement=far).parts


def test_a_mentor_who_says_no_weighs_against(house: here.Place) -> None:
    here_, away = house.placements[0], house.placements[2]
    for placement in (here_, away):
        hand_in(house, placement)
    running_actions.confirm_week(here_.mentor, here.MONDAY, [here_.pk], by=house.teacher, absent=(away.pk,))
    assert running_actions.confirm_week(here_.mentor, here.MONDAY, [here_.pk, away.pk], by=house.teacher) == 0
    presence.count_week(here.MONDAY)
    assert evidence(here_) == 55 and evidence(away) == 0


def test_a_score_only_asks_for_a_look_and_is_no_part_of_the_grade(house: here.Place) -> None:
    presence.count_week(here.MONDAY - timedelta(days=7))
    before = {row.pk: running_grades.compute([row])[row.pk] for row in house.placements}
    asked = running_jobs.count_and_ask(here.TODAY)
    # Two of this supervisor's, and nobody twice however often the night comes.
    assert asked == 2 and running_jobs.count_and_ask(here.TODAY) == 0
    for row in Placement.objects.all():
        assert row.status == "running" and row.score is None
        assert running_grades.compute([row])[row.pk] == before[row.pk]
    look = PresenceWeek.objects.filter(status="asked").order_by("pk").first()
    assert look is not None
    running_actions.found_at_work(look, by=house.teacher)
    assert PresenceSignal.objects.filter(placement=look.placement, kind="call", confirms=True).exists()
    with pytest.raises(Exception, match=r"."):
        running_actions.not_found(PresenceWeek.objects.filter(status="asked").get(), by=house.teacher)


def test_a_look_is_asked_of_somebody_and_leaves_its_event(house: here.Place) -> None:
    Placement.objects.filter(pk__in=[row.pk for row in house.placements[1:]]).update(supervisor=None)
    presence.count_week(here.MONDAY)
    (asked,) = presence.pick(here.MONDAY)
    assert asked.placement_id == house.placements[0].pk and asked.status == "asked"
    assert Event.objects.get(record_type="practice.presence_week", verb="ask").record_id == asked.pk


def test_a_night_without_news_writes_nothing(house: here.Place) -> None:
    hand_in(house, house.placements[0])
    for _night in range(2):
        presence.count_week(here.MONDAY)
    history = PresenceWeek.history.rel.related_model.objects  # type: ignore[attr-defined]
    assert PresenceWeek.objects.count() == len(house.placements) and history.count() == 0
    hand_in(house, house.placements[1])
    presence.count_week(here.MONDAY)
    assert history.get().placement_id == house.placements[1].pk


def test_whoever_is_on_leave_is_not_looked_for(house: here.Place) -> None:
    placement = house.placements[0]
    Leave.objects.create(
        placement=placement,
        starts_on=here.MONDAY,
        ends_on=here.MONDAY + timedelta(days=4),
        reason="病假",
        status="granted",
    )
    presence.count_week(here.MONDAY)
    week = PresenceWeek.objects.get(placement=placement)
    assert week.excused and week.risk == 0


def test_another_weight_counts_from_its_day_and_not_before(house: here.Place) -> None:
    old = PresenceWeight.objects.get(kind="work")
    old.effective_to = here.MONDAY - timedelta(days=1)
    old.save()
    PresenceWeight.objects.create(kind="work", witness="student", points=30, most=40, effective_from=here.MONDAY)
    last = here.MONDAY - timedelta(days=7)
    for monday in (last, here.MONDAY):
        hand_in(house, house.placements[0], monday=monday)
        presence.count_week(monday)
    scores = dict(PresenceWeek.objects.filter(placement=house.placements[0]).values_list("monday", "score"))
    assert scores == {last: 15, here.MONDAY: 30}


def rule(code: str, value: int) -> None:
    """From this Monday on another number is in force."""
    RunRule.objects.filter(code=code).update(effective_to=here.MONDAY - timedelta(days=1))
    RunRule.objects.create(code=code, value=value, source="教务处通知", effective_from=here.MONDAY)


def test_the_offices_numbers_hold_from_their_day_and_the_shipped_ones_where_it_has_none(house: here.Place) -> None:
    last = here.MONDAY - timedelta(days=7)
    assert set(RunRule.objects.values_list("code", flat=True)) == set(RunRule.Code.values)
    assert not RunRule.objects.filter(source="").exists() and not GradeRule.objects.filter(source="").exists()
    rule("looks", 3)
    rule("late_weeks", 1)
    for monday in (last, here.MONDAY):
        presence.count_week(monday)
    assert len(presence.pick(last)) == 2 and len(presence.pick(here.MONDAY)) == 3
    with pytest.raises(ValidationError, match="1"):
        hand_in(house, house.placements[0], monday=last - timedelta(days=7))
    hand_in(house, house.placements[0], monday=last)
    RunRule.objects.all().delete()
    assert number_on("looks", here.TODAY) == 2
    hand_in(house, house.placements[0], monday=last - timedelta(days=28))


def test_a_week_is_counted_by_the_numbers_of_its_monday(house: here.Place) -> None:
    hand_in(house, house.placements[0])
    RunRule.objects.filter(code="least_words").update(effective_to=here.MONDAY + timedelta(days=2))
    RunRule.objects.create(code="least_words", value=900, effective_from=here.MONDAY + timedelta(days=3))
    presence.count_week(here.MONDAY)
    assert evidence(house.placements[0]) == 15


def test_how_long_a_placement_is_new_and_a_look_is_remembered_are_rules(house: here.Place) -> None:
    placement = house.placements[0]
    PresenceWeek.objects.create(
        placement=placement, monday=here.MONDAY - timedelta(weeks=2), score=0, status="confirmed"
    )

    def risk() -> float:
        presence.count_week(here.MONDAY)
        return float(PresenceWeek.objects.get(placement=placement, monday=here.MONDAY).risk)

    assert risk() == presence.risk_of(0, False, False, True, False)
    rule("seen_weeks", 1)
    rule("new_days", 300)
    assert risk() == presence.risk_of(0, False, True, False, False)


def test_the_words_of_a_plan_are_read_once_while_somebody_reads(
    house: here.Place, django_assert_num_queries: Any
) -> None:
    text = "在前厅学习接待流程，完成三次夜审交接"
    for placement in house.placements[:3]:
        hand_in(house, placement, text=text)
    first, second = WeekEntry.objects.select_related("placement").order_by("pk")[:2]
    assert presence.same_words(first) == 2
    # The numbers in force, and no words of others.
    with django_assert_num_queries(1):
        assert presence.same_words(second) == 2


def test_what_a_student_brings_is_the_students_word_until_somebody_has_looked() -> None:
    slip = [Sign("code")] * 3 + [Sign("pay", own=True)] * 4
    assert score(slip, WEIGHTS)[0] == 40
    assert score([*slip[:3], Sign("pay")], WEIGHTS)[0] == 70


def test_locations_are_gone_after_their_days_from_the_history_too(house: here.Place) -> None:
    hand_in(house, house.placements[0], longitude=110.30, latitude=20.00)
    signal = PresenceSignal.objects.get(kind="place")
    signal.note = "改过"
    signal.save()
    assert presence.drop_locations(here.TODAY + timedelta(days=14)) == 0
    assert presence.drop_locations(here.TODAY + timedelta(days=15)) == 1
    signal.refresh_from_db()
    assert signal.longitude is None and signal.latitude is None
    assert not signal.history.filter(longitude__isnull=False).exists()  # type: ignore[attr-defined]


def test_counting_takes_a_fixed_number_of_questions(house: here.Place, django_assert_max_num_queries: Any) -> None:
    for placement in house.placements:
        hand_in(house, placement)
    with django_assert_max_num_queries(12):
        presence.count_week(here.MONDAY)
