"""R21 and R22 turn by real records from red to green and back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.cultivation.apprentices import TERM, TODAY, Place, place, stand_still
from tests.governance.test_indicators import value
from zhixing.cultivation.indicators import MODELS, REVIEWS
from zhixing.cultivation.models import Apprenticeship, OrderClass, Risk
from zhixing.kernel import measures
from zhixing.kernel.measures import Window
from zhixing.policy.units import Units

YEAR = Window(date(2025, 9, 1), date(2026, 8, 31), TODAY)
SPRING = Window(*TERM, TODAY)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_still(monkeypatch)


@pytest.fixture
def here(db: None) -> Place:
    return place()


def test_an_apprenticeship_is_a_training_model_as_an_order_class_is(here: Place) -> None:
    college = here.home.first.pk
    Apprenticeship.objects.update(status="recruiting")
    assert value(MODELS, college, YEAR) == 0
    Apprenticeship.objects.update(status="running")
    assert value(MODELS, college, YEAR) == 1
    # A second form in the same major is still one major that trains with a firm.
    OrderClass.objects.create(
        code="DD1",
        name="订单班",
        organisation=here.home.firm,
        major=here.major,
        quota=5,
        starts_on=date(2025, 9, 1),
        ends_on=date(2026, 6, 30),
        status="running",
    )
    assert value(MODELS, college, YEAR) == 1
    Apprenticeship.objects.update(starts_on=date(2026, 9, 1))
    OrderClass.objects.update(status="cancelled")
    assert value(MODELS, college, YEAR) == 0
    assert value(MODELS, here.home.second.pk, YEAR) == 0


def test_reviews_by_all_sides_turn_a_programme_green(here: Place) -> None:
    unit = here.programme.pk
    assert value(REVIEWS, unit, SPRING) == 0
    assert measures.due_dates(REVIEWS, SPRING, {}) == {unit: TERM[1]}
    for side in ("school", "firm"):
        here.review(side, done_on=TODAY, score=80)
    last = here.review("apprentice")
    assert value(REVIEWS, unit, SPRING) == 0
    assert measures.due_dates(REVIEWS, SPRING, {}) == {unit: date(2026, 6, 28)}
    last.done_on, last.score = TODAY, 90
    last.save()
    assert value(REVIEWS, unit, SPRING) == 1
    # One more that nobody did in time, and it is red from the day after.
    late = here.review("firm", apprentice=here.apprentice("小林"), due=TODAY)
    assert value(REVIEWS, unit, SPRING) == 1
    tomorrow = Window(*TERM, TODAY + timedelta(days=1))
    assert value(REVIEWS, unit, tomorrow) == 0
    assert measures.due_dates(REVIEWS, tomorrow, {}) == {unit: TODAY}
    late.done_on, late.score = TODAY, 70
    late.save()
    assert value(REVIEWS, unit, tomorrow) == 1


def test_a_high_risk_past_its_day_turns_it_red_until_it_is_closed(here: Place) -> None:
    unit = here.programme.pk
    for side in ("school", "firm", "apprentice"):
        here.review(side, done_on=TODAY, score=80)
    risk = Risk.objects.create(
        apprenticeship=here.programme,
        title="企业停产",
        probability=3,
        impact=2,
        found_on=date(2026, 2, 1),
        due=TODAY,
    )
    assert value(REVIEWS, unit, SPRING) == 1
    late = Window(*TERM, TODAY + timedelta(days=1))
    assert value(REVIEWS, unit, late) == 0
    risk.impact = 1
    risk.save()
    assert value(REVIEWS, unit, late) == 1  # no longer high
    risk.impact = 3
    risk.save()
    assert value(REVIEWS, unit, late) == 0
    risk.status, risk.closed_on = "closed", TODAY + timedelta(days=1)
    risk.save()
    assert value(REVIEWS, unit, late) == 1


def test_a_programme_that_has_just_begun_is_not_judged_in_the_term_that_ends(here: Place) -> None:
    Apprenticeship.objects.update(starts_on=TERM[1] - timedelta(days=27))
    assert value(REVIEWS, here.programme.pk, Window(*TERM, TERM[1])) is None
    Apprenticeship.objects.update(starts_on=TERM[1] - timedelta(days=28))
    assert value(REVIEWS, here.programme.pk, Window(*TERM, TERM[1])) == 0


def test_programmes_are_judged_with_their_leader(here: Place) -> None:
    (judged,) = Units(TODAY).of("apprenticeship")
    assert (judged.code, judged.unit_id) == ("XT01", here.home.first.pk)
    Apprenticeship.objects.update(status="planned")
    assert Units(TODAY).of("apprenticeship") == []
