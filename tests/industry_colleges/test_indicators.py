"""R05 and R06: every value is what its evidence rows say, and real records turn each rule from red to green and back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import TestCase

from tests.governance.factories import College
from tests.industry_colleges import factories as make
from tests.industry_colleges.conftest import TODAY
from zhixing.industry_colleges import actions
from zhixing.industry_colleges.indicators import AREAS, PARTIES
from zhixing.industry_colleges.models import IndustryCollege
from zhixing.kernel import filing, measures
from zhixing.kernel.measures import Measure, Window
from zhixing.kernel.models import File
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.policy.models import Standing
from zhixing.policy.units import Units

YEAR = Window(date(2025, 9, 1), date(2026, 8, 31), TODAY)


def value(measure: Measure, unit: int, window: Window = YEAR, **parameters: Any) -> float | None:
    """The value, checked against the same unit's evidence counted by hand."""
    found = measures.values(measure, window, parameters).get(unit, measures.nothing(measure))
    rows = list(measures.evidence(measure, window, parameters, unit))
    assert found.evidence_count == len(rows)
    assert found.value == len({row.area_id if measure is AREAS else row.party for row in rows})
    return found.value


def as_of(day: date) -> Window:
    return Window(YEAR.starts_on, YEAR.ends_on, day)


# R05


def test_areas_with_proof_are_counted_once_each(home: College, college: IndustryCollege) -> None:
    assert value(AREAS, college.pk) == 0
    make.output(college, "majors")
    make.output(college, "majors")
    assert value(AREAS, college.pk) == 1
    make.output(college, "courses", link="")
    make.output(college, "research", made_on=date(2025, 8, 31))
    make.output(college, "research", made_on=date(2026, 3, 11))
    make.output(college, "training", archived_at="2026-01-01T00:00:00Z")
    make.output(make.industry_college(home), "contests")
    assert value(AREAS, college.pk) == 1
    make.output(college, "contests", made_on=date(2025, 9, 1))
    make.output(college, "evaluation", made_on=TODAY)
    assert value(AREAS, college.pk) == 3
    assert value(AREAS, college.pk, as_of(date(2025, 9, 1))) == 1


def test_a_file_proves_and_an_unproven_output_is_the_mend(home: College, college: IndustryCollege) -> None:
    bare = make.output(college, "courses", link="")
    assert AREAS.mends is not None
    assert list(AREAS.mends(YEAR, {}).values_list("unit_key", "on")) == [(college.pk, TODAY)]
    File.objects.create(
        record_type="industry_colleges.area_output",
        record_id=bare.pk,
        name="证明.pdf",
        content=ContentFile(b"x", "proof.pdf"),
        size=1,
        mime="application/pdf",
        sha256="0" * 64,
    )
    assert value(AREAS, college.pk) == 1
    assert not AREAS.mends(YEAR, {}).exists()


# R06


@pytest.fixture
def whole(home: College, college: IndustryCollege) -> IndustryCollege:
    make.charter(college)
    for party in ("school", "enterprise", "association"):
        make.seat(college, home, party)
    return college


def test_kinds_of_party_are_counted_under_a_whole_charter(home: College, whole: IndustryCollege) -> None:
    assert value(PARTIES, whole.pk, charter_parts=4) == 3
    make.seat(whole, home, "enterprise")
    assert value(PARTIES, whole.pk, charter_parts=4) == 3
    make.seat(whole, home, "government", ends_on=TODAY - timedelta(days=1))
    make.seat(whole, home, "park", starts_on=TODAY + timedelta(days=1))
    assert value(PARTIES, whole.pk, charter_parts=4) == 3
    assert value(PARTIES, whole.pk, as_of(TODAY + timedelta(days=1)), charter_parts=4) == 4


@pytest.mark.parametrize("part", ["organisation", "goals", "operation", "safeguards"])
def test_without_one_part_of_the_charter_nothing_counts(home: College, college: IndustryCollege, part: str) -> None:
    make.charter(college, lacking=part)
    for party in ("school", "enterprise", "association"):
        make.seat(college, home, party)
    assert value(PARTIES, college.pk, charter_parts=4) == 0
    assert value(PARTIES, college.pk, charter_parts=3) == 3


def test_the_latest_signed_version_is_the_charter(home: College, whole: IndustryCollege) -> None:
    make.charter(whole, version=2, signed_on=None, lacking="goals")
    assert value(PARTIES, whole.pk, charter_parts=4) == 3
    whole.charter_sections.filter(version=2).update(signed_on=date(2026, 3, 1))
    assert value(PARTIES, whole.pk, charter_parts=4) == 0
    assert value(PARTIES, whole.pk, as_of(date(2026, 2, 28)), charter_parts=4) == 3


def test_it_breaks_when_the_last_seat_of_a_kind_ends_without_a_follower(home: College, whole: IndustryCollege) -> None:
    end = date(2026, 6, 30)
    seat = whole.seats.get(party="association")
    seat.ends_on = end
    seat.save()
    assert measures.break_dates(PARTIES, YEAR, {"charter_parts": 4}, 3) == {whole.pk: end}
    later = make.seat(whole, home, "association", starts_on=date(2026, 7, 2))
    assert measures.break_dates(PARTIES, YEAR, {"charter_parts": 4}, 3) == {whole.pk: end}
    later.starts_on = date(2026, 7, 1)
    later.save()
    assert measures.break_dates(PARTIES, YEAR, {"charter_parts": 4}, 3) == {}


def test_a_seat_of_a_missing_kind_on_file_mends(home: College, whole: IndustryCollege) -> None:
    assert PARTIES.mends is not None
    make.seat(whole, home, "enterprise", starts_on=date(2026, 4, 1))
    assert not PARTIES.mends(YEAR, {}).exists()
    make.seat(whole, home, "park", starts_on=date(2026, 4, 1))
    assert list(PARTIES.mends(YEAR, {}).values_list("unit_key", "on")) == [(whole.pk, date(2026, 4, 1))]


# Through the engine


def commit() -> Any:
    connection.run_on_commit = []
    return TestCase.captureOnCommitCallbacks(execute=True)


def state(rule: str, college: IndustryCollege) -> str:
    year = "2025-2026"
    return Standing.objects.get(rule__code=rule, unit_scope="industry_college", unit_code=college.code, year=year).state


def test_only_colleges_that_run_are_judged(home: College) -> None:
    runs = make.industry_college(home)
    make.industry_college(home, status="planned", approved_on=None)
    make.industry_college(home, status="closed", ends_on=date(2026, 3, 9), close_reason="企业迁出")
    make.industry_college(home, starts_on=date(2026, 4, 1))
    judged = Units(TODAY).of("industry_college")
    assert [(unit.key, unit.unit_id) for unit in judged] == [(runs.pk, home.first.pk)]
    assert len(Units(date(2026, 3, 9)).of("industry_college")) == 2


def test_R05_turns_green_with_the_sixth_proven_area_and_red_again(home: College, college: IndustryCollege) -> None:
    load_packs()
    areas = make.all_areas()
    for area in areas[:5]:
        make.output(college, area)
    bare = make.output(college, areas[5], link="")
    assess()
    assert state("R05", college) != "met"
    with commit():  # a file on the record is the proof
        file = SimpleUploadedFile("验收单.txt", "合格".encode())
        filing.attach(bare, file, by=home.actor("dean"))
    assert state("R05", college) == "met"
    found = Standing.objects.get(rule__code="R05", unit_code=college.code, year="2025-2026")
    assert (found.value, found.evidence_count) == (6, 6)
    with commit():
        college.area_outputs.filter(area=areas[0]).get().delete()
    assert state("R05", college) != "met"


def test_R06_turns_green_and_red_with_seats_and_charter(home: College, college: IndustryCollege) -> None:
    load_packs()
    dean = home.actor("dean")
    for party in ("school", "enterprise"):
        make.seat(college, home, party)
    for part in actions.new_charter(college, by=dean):
        part.text = "正文"
        part.save()
    assess()
    assert state("R06", college) == "unmet"
    with commit():
        seat = make.seat(college, home, "association")
    assert state("R06", college) == "unmet"
    with commit():
        actions.sign_charter(college, by=dean, signed_on=TODAY)
    assert state("R06", college) == "met"
    with commit():
        actions.end_seat(seat, by=dean, ends_on=TODAY - timedelta(days=1), comment="换届")
    assert state("R06", college) == "unmet"
