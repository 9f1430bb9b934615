"""R07 to R13: every value is what its evidence rows say, and real records turn each rule from red to green and back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from tests.bases import factories as make
from tests.bases.conftest import TODAY
from tests.governance.factories import College
from zhixing.bases import actions, paper_actions
from zhixing.bases.indicators import CONTRIBUTIONS, DEMONSTRATION, FUNCTIONS, GUIDES, MEASURES, PLACES, SUMMARIES
from zhixing.bases.models import BasePlan, TermSummary
from zhixing.kernel import measures
from zhixing.kernel.approval import approve
from zhixing.kernel.flow import step
from zhixing.kernel.measures import Measure, Window
from zhixing.kernel.models import ApprovalStation
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.policy.models import Standing
from zhixing.policy.units import Units

YEAR = Window(date(2025, 9, 1), date(2026, 8, 31), TODAY)
CALENDAR = Window(date(2026, 1, 1), date(2026, 12, 31), TODAY)
TERM = Window(*make.SPRING, TODAY)


def value(measure: Measure, unit: int, window: Window = YEAR, **parameters: Any) -> float | None:
    """The value, in one statement, checked against the same unit's evidence counted by hand."""
    with CaptureQueriesContext(connection) as asked:
        found = measures.values(measure, window, parameters).get(unit, measures.nothing(measure))
    assert len(asked) == 1
    rows = list(measures.evidence(measure, window, parameters, unit))
    assert found.evidence_count == len(rows)
    by_hand = {
        "count": lambda: len(rows),
        "share": lambda: sum(row.in_order for row in rows) / len(rows) if rows else None,
    }[measure.kind]
    expected = by_hand()
    if measure is FUNCTIONS:
        expected = len({row.function for row in rows})
    if measure is PLACES:
        expected = min((row.places / row.students for row in rows), default=0)
    assert found.value == pytest.approx(expected) if expected is not None else found.value is None
    return found.value


def test_input_of_one_side_or_less_than_pledged_is_not_in_order(home: College) -> None:
    base = make.base(home)
    assert value(CONTRIBUTIONS, base.pk, CALENDAR) is None
    make.contribution(base, "firm")
    assert value(CONTRIBUTIONS, base.pk, CALENDAR) == 0
    make.contribution(base, "school")
    assert value(CONTRIBUTIONS, base.pk, CALENDAR) == 1
    part = make.contribution(base, "firm", delivered_value=Decimal(90_000))
    assert value(CONTRIBUTIONS, base.pk, CALENDAR) == pytest.approx(2 / 3)
    assert value(CONTRIBUTIONS, base.pk, CALENDAR, delivered_share=0.9) == 1
    part.delete()
    # Due after the year, or settled before it: not asked of this year.
    make.contribution(base, "firm", accepted=False, due=date(2027, 1, 1))
    ended = {"settled_on": date(2025, 12, 31), "settlement": "退还", "due": date(2025, 2, 1)}
    make.contribution(base, "firm", status="settled", **ended)
    assert value(CONTRIBUTIONS, base.pk, CALENDAR) == 1


def test_functions_are_counted_once_each_within_the_year(home: College) -> None:
    base = make.base(home)
    make.use(base, "teaching")
    make.use(base, "teaching")
    make.use(base, "training", date(2025, 8, 31))
    make.use(base, "training", TODAY + timedelta(days=1))
    make.use(base, "service", people=0)
    make.use(make.base(home), "certification")
    assert value(FUNCTIONS, base.pk) == 1
    make.use(base, "certification", date(2025, 9, 1))
    assert value(FUNCTIONS, base.pk) == 2


def test_a_guide_is_proven_by_kind_and_by_day(home: College) -> None:
    base = make.base(home)
    assert value(GUIDES, base.pk) is None
    make.guide(base, home)
    assert value(GUIDES, base.pk) == 1
    make.guide(base, home, "other")
    assert value(GUIDES, base.pk) == 0.5
    make.guide(base, home, "teacher", valid_until=TODAY - timedelta(days=1))
    assert value(GUIDES, base.pk) == pytest.approx(1 / 3)
    make.guide(base, home, "engineer", proven=False, ends_on=TODAY - timedelta(days=1))
    assert value(GUIDES, base.pk) == pytest.approx(1 / 3)


def test_the_scarcest_kind_of_practice_decides(home: College) -> None:
    _autumn, spring, *_rest = make.terms(home)
    major = make.major(home)
    base = make.base(home, major, kind="off_campus")
    assert value(PLACES, major.pk, TERM) == 0
    make.demand(major, spring, 40)
    make.places(base, major, spring, 44)
    assert value(PLACES, major.pk, TERM) == pytest.approx(1.1)
    make.demand(major, spring, 40, "visit")
    make.places(base, major, spring, 100, "visit")
    assert value(PLACES, major.pk, TERM) == pytest.approx(1.1)
    # A base that is closed before the term's end, or stands on the campus, gives no places.
    base.ends_on, base.status, base.close_reason = date(2026, 7, 1), "closed", "停用"
    base.save()
    make.places(make.base(home, major), major, spring, 100)
    assert value(PLACES, major.pk, TERM) == 0
    assert value(PLACES, major.pk, TERM, base_kinds=["campus"]) == 0


def test_a_recognition_counts_by_level_and_until_its_recheck(home: College) -> None:
    major = make.major(home)
    base = make.base(home, major, kind="off_campus")
    row = make.recognition(base, major, status="recognised")
    assert value(DEMONSTRATION, major.pk, level="school") == 1
    assert value(DEMONSTRATION, major.pk, level="province") == 0
    assert measures.break_dates(DEMONSTRATION, YEAR, {}, 1) == {major.pk: row.recheck_due}
    row.recheck_due = TODAY - timedelta(days=1)
    row.save()
    assert value(DEMONSTRATION, major.pk) == 0


def test_a_summary_handed_in_late_counts_once_the_term_is_over(home: College) -> None:
    autumn, *_rest = make.terms(home)
    major = make.major(home)
    TermSummary.objects.create(major=major, term=autumn, status="submitted", submitted_on=date(2026, 2, 1))
    during = Window(*make.AUTUMN, date(2026, 1, 10))
    over = Window(*make.AUTUMN, make.AUTUMN[1])
    assert value(SUMMARIES, major.pk, during) == 0
    assert value(SUMMARIES, major.pk, over) == 1


def test_every_mend_says_whom_and_from_when(home: College) -> None:
    """Mends are asked by the engine alone; here each is asked once with all its records."""
    _autumn, spring, *_rest = make.terms(home)
    major = make.major(home)
    base = make.base(home, major)
    make.contribution(base, accepted=False, due=date(2026, 6, 1))
    make.base(home, major, kind="off_campus", status="building", starts_on=None)
    make.recognition(base, major, status="growing", target_on=date(2026, 6, 30))
    BasePlan.objects.create(unit=home.first, year=home.year)
    TermSummary.objects.create(major=major, term=spring)
    actions.book(
        make.room(base),
        by=home.actor("dean"),
        day=date(2026, 3, 20),
        first_period=1,
        last_period=2,
        function="service",
        purpose="检测",
    )
    windows = {CONTRIBUTIONS: CALENDAR, SUMMARIES: TERM}
    found = {}
    for measure in MEASURES:
        if measure.mends is not None:
            rows = measure.mends(windows.get(measure, YEAR), {})
            found[measure.key.split(".")[1]] = [(row.unit_key, row.on) for row in rows]
    assert found == {
        "two_party_contributions": [(base.pk, date(2026, 6, 1))],
        "functions_used": [(base.pk, date(2026, 3, 20))],
        "places_per_student": [(major.pk, TODAY)],
        "base_plans": [(home.first.pk, TODAY)],
        "term_summaries": [(major.pk, TODAY)],
        "demonstration_bases": [(major.pk, date(2026, 6, 30))],
    }


# Through the engine


def commit() -> Any:
    connection.run_on_commit = []
    return TestCase.captureOnCommitCallbacks(execute=True)


def state(rule: str, code: str, period: str | None = None) -> str:
    rows = Standing.objects.filter(rule__code=rule, unit_code=code, year="2025-2026").exclude(unit_scope="school")
    return (rows.filter(period_code=period) if period else rows).get().state


def test_only_campus_bases_in_use_are_judged(home: College) -> None:
    base = make.base(home)
    make.base(home, kind="off_campus")
    make.base(home, status="building", starts_on=None)
    closed = make.base(home, status="closed", ends_on=date(2026, 3, 9), close_reason="停用")
    assert [unit.key for unit in Units(TODAY).of("base")] == [base.pk]
    assert {unit.key for unit in Units(date(2026, 3, 9)).of("base")} == {base.pk, closed.pk}


def test_R07_by_delivery_acceptance_and_refusal(home: College) -> None:
    load_packs()
    base = make.base(home)
    make.contribution(base, "school")
    thing = make.contribution(base, "firm", accepted=False)
    assess()
    assert state("R07", base.code) == "on_track"
    dean = home.actor("dean")
    with commit():
        actions.deliver(thing, by=dean, delivered_on=TODAY, delivered_value=Decimal(100_000))
    assert state("R07", base.code) == "on_track"
    with commit():
        actions.accept(thing, by=dean, accepted_on=TODAY)
    assert state("R07", base.code) == "met"
    with commit():
        make.contribution(base, "firm", accepted=False)
    assert state("R07", base.code) == "on_track"


def test_R08_by_the_fourth_function(home: College) -> None:
    load_packs()
    base = make.base(home)
    for function in ("teaching", "training", "service"):
        make.use(base, function)
    assess()
    assert state("R08", base.code) != "met"
    said = {"function": "certification", "used_on": TODAY, "title": "鉴定", "hours": Decimal(8), "people": 30}
    with commit():
        use = actions.record_use(base, by=home.actor("dean"), **said)
    assert state("R08", base.code) == "met"
    with commit():
        use.delete()
    assert state("R08", base.code) != "met"


def test_R09_by_proof_and_its_end(home: College) -> None:
    load_packs()
    base = make.base(home)
    guide = make.guide(base, home, "teacher", proven=False)
    assess()
    assert state("R09", base.code) == "unmet"
    dean = home.actor("dean")
    with commit():
        actions.prove_guide(guide, by=dean, proof="培训合格证", proven_on=TODAY)
    assert state("R09", base.code) == "met"
    with commit():
        actions.end_guide(guide, by=dean, ends_on=TODAY - timedelta(days=1))
    assert state("R09", base.code) == "unmet"


def test_R10_by_places_and_by_losing_the_base(home: College) -> None:
    load_packs()
    _autumn, spring, *_rest = make.terms(home)
    major = make.major(home)
    base = make.base(home, major, kind="off_campus")
    make.demand(major, spring, 40)
    row = make.places(base, major, spring, 30)
    assess()
    assert state("R10", major.code, str(spring)) == "unmet"
    dean = home.actor("dean")
    with commit():
        actions.confirm_places(row, by=dean, places=42, confirmed_by="人事经理")
    assert state("R10", major.code, str(spring)) == "at_risk"  # 1.05: enough, but below 1.1
    with commit():
        actions.confirm_places(row, by=dean, places=48, confirmed_by="人事经理")
    assert state("R10", major.code, str(spring)) == "met"
    with commit():
        actions.close_base(base, by=dean, closed_on=TODAY, comment="企业迁出")
    assert state("R10", major.code, str(spring)) == "unmet"


def test_R11_by_the_approval_of_the_plan(home: College) -> None:
    load_packs()
    make.route("bases.base_plan")
    plan = BasePlan.objects.create(unit=home.first, year=home.year, content="新增基地", management="年度评估")
    assess()
    assert state("R11", home.first.code) == "unmet"
    dean = home.actor("dean")
    with commit():
        actions.submit_plan(plan, by=dean)
        approve(ApprovalStation.objects.get(state="pending").pk, by=dean)
    assert state("R11", home.first.code) == "met"
    with commit():
        BasePlan.objects.get(pk=plan.pk).delete()
    assert state("R11", home.first.code) == "unmet"


def test_R12_by_handing_in_and_sending_back(home: College) -> None:
    load_packs()
    _autumn, spring, *_rest = make.terms(home)
    major = make.major(home)
    assess()
    assert state("R12", major.code, str(spring)) == "on_track"
    dean, leader = home.actor("dean"), home.actor("group_leader")
    with commit():
        summary = paper_actions.begin_summary(major, spring, by=leader)
        paper_actions.submit_summary(summary, by=leader)
    assert state("R12", major.code, str(spring)) == "met"
    with commit():
        paper_actions.return_summary(summary, by=dean, comment="补充数据")
    assert state("R12", major.code, str(spring)) == "on_track"


def test_R13_by_recognition_and_revocation(home: College) -> None:
    load_packs()
    major = make.major(home)
    base = make.base(home, major, kind="off_campus")
    row = make.recognition(base, major, status="public", public_from=date(2026, 3, 1), public_until=date(2026, 3, 8))
    assess()
    assert state("R13", major.code) == "unmet"
    office = home.actor("office")
    with commit():
        paper_actions.recognise(row, by=office, recognised_on=TODAY, number="〔2026〕8号")
    assert row.recheck_due == date(2029, 3, 10)
    assert state("R13", major.code) == "met"
    with commit():
        with step(row, "revoke", by=office, comment="复核不合格"):
            pass
    assert state("R13", major.code) == "unmet"
