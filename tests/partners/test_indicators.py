"""R01, R02 and R28: the value is what the evidence rows say, on the edge days too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.partners import factories as f
from zhixing.kernel import measures
from zhixing.kernel.models import File
from zhixing.partners.models import Activity, IndustryLink

DAY = date(2026, 3, 10)
ONE = timedelta(days=1)
YEAR = measures.Window(date(2025, 9, 1), date(2026, 8, 31), DAY)
CALENDAR = measures.Window(date(2026, 1, 1), date(2026, 12, 31), DAY)
PAST = timezone.now()


def measure(key: str) -> measures.Measure:
    found = measures.get(f"partners.{key}")
    assert found is not None
    return found


def agrees(found: measures.Measure, window: measures.Window) -> dict[int, measures.Value]:
    """Value and evidence, each asked by itself, tell the same; the values of all units come in one statement."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        values = measures.values(found, window)
    assert len(queries) == 1
    by_unit: dict[int, list[Any]] = {}
    for row in found.evidence(window, {}):
        by_unit.setdefault(row.unit_key, []).append(row)
    assert set(by_unit) == set(values)
    for unit, rows in by_unit.items():
        expected = sum(row.in_order for row in rows) / len(rows) if found.kind == "share" else len(rows)
        assert values[unit] == measures.Value(expected, len(rows))
        assert {row.pk for row in measures.evidence(found, window, None, unit)} == {row.pk for row in rows}
    return values


@pytest.mark.parametrize(
    ("starts", "ends", "counts"),
    [
        (DAY, None, True),
        (DAY + ONE, None, False),
        (DAY - 30 * ONE, DAY, True),
        (DAY - 30 * ONE, DAY - ONE, False),
        (DAY - 30 * ONE, DAY + ONE, True),
    ],
)
def test_a_link_counts_from_its_first_to_its_last_day(
    place: f.College, starts: date, ends: date | None, counts: bool
) -> None:
    f.link(place.group, f.association(), starts, ends)
    found = agrees(measure("industry_links"), YEAR)
    assert found.get(place.group.pk, measures.nothing(measure("industry_links"))).value == int(counts)


@pytest.mark.parametrize(
    ("of_link", "of_partner"),
    [
        ({"status": "draft"}, {}),
        ({"status": "submitted"}, {}),
        ({"archived_at": PAST}, {}),
        ({}, {"archived_at": PAST}),
        ({}, {"status": "banned", "status_reason": "拖欠实习报酬"}),
        ({}, {"kind": "enterprise"}),
    ],
)
def test_a_link_does_not_count(place: f.College, of_link: dict[str, Any], of_partner: dict[str, Any]) -> None:
    partner = f.organisation("海南省软件行业协会", **{"kind": "association", **of_partner})
    f.link(place.group, partner, DAY - ONE, **of_link)
    assert agrees(measure("industry_links"), YEAR) == {}


def test_links_are_counted_for_each_group(place: f.College) -> None:
    first, second = f.association(), f.association("海南省旅游协会")
    f.link(place.group, first, DAY)
    f.link(place.group, second, DAY)
    f.link(place.other_group, second, DAY)
    values = agrees(measure("industry_links"), YEAR)
    assert (values[place.group.pk].value, values[place.other_group.pk].value) == (2, 1)
    assert list(measures.values(measure("industry_links"), YEAR, units=[place.group.pk])) == [place.group.pk]


def test_when_a_group_will_fall_short(place: f.College) -> None:
    first, second = f.association(), f.association("海南省旅游协会")
    f.link(place.group, first, DAY - ONE, DAY + 10 * ONE)
    found = measure("industry_links")
    assert measures.break_dates(found, YEAR, None, 1) == {place.group.pk: DAY + 10 * ONE}
    f.link(place.group, second, DAY - ONE, DAY + 20 * ONE)
    assert measures.break_dates(found, YEAR, None, 1) == {place.group.pk: DAY + 20 * ONE}
    assert measures.break_dates(found, YEAR, None, 2) == {place.group.pk: DAY + 10 * ONE}
    # The next term begins the day after: nothing breaks any more.
    f.link(place.group, first, DAY + 21 * ONE)
    assert measures.break_dates(found, YEAR, None, 1) == {}
    assert measures.break_dates(found, YEAR, None, 3) == {}


def test_links_on_file_that_would_mend(place: f.College) -> None:
    draft = f.link(place.group, f.association(), DAY - 5 * ONE, status="draft")
    later = f.link(place.group, f.association("海南省旅游协会"), DAY + 5 * ONE)
    f.link(place.group, f.association("海南省酒店协会"), DAY - 9 * ONE, DAY - ONE)
    assert measure("industry_links").mends is not None
    rows = measure("industry_links").mends(YEAR, {})  # type: ignore[misc]
    assert [(row.pk, row.on, row.unit_key) for row in rows] == [
        (draft.pk, DAY, place.group.pk),
        (later.pk, DAY + 5 * ONE, place.group.pk),
    ]


@pytest.mark.parametrize(
    ("held_on", "counts"),
    [
        (YEAR.starts_on, True),
        (YEAR.starts_on - ONE, False),
        (DAY, True),
        (DAY + ONE, False),
    ],
)
def test_an_activity_counts_in_its_academic_year_until_today(place: f.College, held_on: date, counts: bool) -> None:
    f.activity(place.group, place.first, held_on)
    assert agrees(measure("industry_activities"), YEAR) == ({place.group.pk: measures.Value(1, 1)} if counts else {})


def test_the_last_day_of_the_year_counts(place: f.College) -> None:
    f.activity(place.group, place.first, YEAR.ends_on)
    f.activity(place.group, place.first, YEAR.ends_on + ONE)
    later = measures.Window(YEAR.starts_on, YEAR.ends_on, YEAR.ends_on + 90 * ONE)
    assert agrees(measure("industry_activities"), later)[place.group.pk].value == 1


@pytest.mark.parametrize(
    ("more", "partner", "counts"),
    [
        ({"minutes": ""}, None, False),
        ({"minutes": "", "outcomes": "签订意向"}, None, True),
        ({"status": "planned"}, None, False),
        ({"status": "cancelled"}, None, False),
        ({"archived_at": PAST}, None, False),
        ({"kind": "forum"}, None, False),
        ({"kind": "forum"}, "enterprise", False),
        ({"kind": "forum"}, "association", True),
        ({"kind": "negotiation"}, "association", False),
    ],
)
def test_what_is_an_industry_activity(
    place: f.College, more: dict[str, Any], partner: str | None, counts: bool
) -> None:
    made = f.activity(place.group, place.first, DAY, **more)
    if partner:
        made.organisations.add(f.organisation("某单位", partner), f.organisation("另一单位", partner))
    assert bool(agrees(measure("industry_activities"), YEAR)) is counts


def test_a_file_proves_an_activity_and_a_later_ban_does_not_undo_it(place: f.College) -> None:
    made = f.activity(place.group, place.first, DAY, minutes="")
    made.organisations.add(f.association(status="banned", status_reason="违规收费"))
    found = measure("industry_activities")
    assert agrees(found, YEAR) == {}
    assert [row.pk for row in found.mends(YEAR, {})] == [made.pk]  # type: ignore[misc]
    File.objects.create(
        record_type="partners.activity", record_id=made.pk, name="照片.jpg", content=ContentFile(b"x", "p.jpg"), size=1
    )
    assert agrees(found, YEAR)[place.group.pk].value == 1


def test_policies_decided_by_their_deadline(place: f.College) -> None:
    bureau = f.organisation("海南省教育厅", "government")
    found = measure("government_policies")
    assert agrees(found, CALENDAR) == {}
    assert measures.nothing(found).value is None
    decided = {"status": "applied", "decided_on": DAY}
    in_time = f.policy(bureau, DAY, **decided)
    late = f.policy(bureau, DAY - ONE, **decided)
    waiting = f.policy(bureau, DAY + 20 * ONE)
    missed = f.policy(bureau, CALENDAR.starts_on)
    f.policy(bureau, CALENDAR.starts_on - ONE)
    f.policy(bureau, CALENDAR.ends_on + ONE)
    f.policy(bureau, None)
    f.policy(bureau, DAY, archived_at=PAST)
    values = agrees(found, CALENDAR)
    assert values == {place.school.pk: measures.Value(0.25, 4)}
    rows = {row.pk: row.in_order for row in found.evidence(CALENDAR, {})}
    assert rows == {in_time.pk: True, late.pk: False, waiting.pk: False, missed.pk: False}
    assert measures.due_dates(found, CALENDAR, None) == {place.school.pk: CALENDAR.starts_on}
    assert [row.pk for row in found.mends(CALENDAR, {})] == [waiting.pk]  # type: ignore[misc]


def test_a_decision_counts_only_once_it_is_made(place: f.College) -> None:
    f.policy(f.organisation("海南省教育厅", "government"), DAY + ONE, status="applied", decided_on=DAY + ONE)
    assert agrees(measure("government_policies"), CALENDAR)[place.school.pk].value == 0
    tomorrow = measures.Window(CALENDAR.starts_on, CALENDAR.ends_on, DAY + ONE)
    assert agrees(measure("government_policies"), tomorrow)[place.school.pk].value == 1


def test_which_groups_a_change_touches(place: f.College) -> None:
    partner = f.association()
    made = f.link(place.group, partner, DAY)
    held = f.activity(place.group, place.first, DAY, partner)
    links, activities = measure("industry_links"), measure("industry_activities")
    assert links.units_touched(type(partner), {partner.pk}) == {place.group.pk}
    assert activities.units_touched(type(partner), {partner.pk}) == {place.group.pk}
    made.group = place.other_group
    made.save()
    assert links.units_touched(IndustryLink, {made.pk}) == {place.group.pk, place.other_group.pk}
    key = held.pk
    held.delete()
    assert activities.units_touched(Activity, {key}) == {place.group.pk}
