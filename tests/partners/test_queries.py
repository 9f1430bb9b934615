"""What grows old or lapses among partners."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.partners import factories as f
from zhixing.partners import queries
from zhixing.partners.models import DemandSurvey, Organisation

DAY = date(2026, 3, 10)
ONE = timedelta(days=1)


def test_policies_that_lapse(place: f.College) -> None:
    bureau = f.organisation("省教育厅", "government")
    past = f.policy(bureau, DAY - ONE)
    near = f.policy(bureau, DAY + 30 * ONE)
    f.policy(bureau, DAY + 31 * ONE)
    f.policy(bureau, None)
    f.policy(bureau, DAY, status="applied", decided_on=DAY)
    f.policy(bureau, DAY, archived_at=timezone.now())
    assert list(queries.lapsing(DAY)) == [past, near]
    assert list(queries.lapsing(DAY, within_days=29)) == [past]


def test_opportunities_that_stand_still(place: f.College, monkeypatch: pytest.MonkeyPatch) -> None:
    firm, owner = f.organisation("云帆"), place.people["dean"]
    old = f.opportunity(firm, place.first, owner, stage_since=DAY - 91 * ONE)
    f.opportunity(firm, place.first, owner, stage_since=DAY - 90 * ONE)
    f.opportunity(firm, place.first, owner, stage="implement", intent="x", stage_since=DAY - 91 * ONE)
    f.opportunity(firm, place.first, owner, stage="closed", stage_since=DAY - 900 * ONE)
    assert list(queries.stale_opportunities(DAY)) == [old]
    monkeypatch.setitem(settings.ZHIXING, "stage_days", {"implement": 30})
    assert queries.stale_opportunities(DAY).count() == 2


def test_only_the_newest_survey_can_be_old(place: f.College) -> None:
    def survey(title: str, on: date, **more: Any) -> DemandSurvey:
        given = {"unit": place.first, "findings": "缺人", **more}
        return DemandSurvey.objects.create(title=title, surveyed_on=on, **given)

    survey("2023 调研", DAY - 900 * ONE)
    assert queries.old_surveys(DAY).count() == 1
    newest = survey("2024 调研", DAY - 366 * ONE)
    assert list(queries.old_surveys(DAY)) == [newest]
    survey("2026 调研", DAY)
    assert queries.old_surveys(DAY).count() == 0


def test_partners_gone_quiet(place: f.College) -> None:
    long_ago = timezone.make_aware(datetime(2020, 1, 1))
    quiet, met, linked, asked, running, new, lead = (
        f.organisation(name) for name in ("静默", "来访", "联系", "需求", "合作", "新来", "线索")
    )
    Organisation.objects.exclude(pk=new.pk).update(created_at=long_ago)
    Organisation.objects.filter(pk=lead.pk).update(status="lead")
    f.activity(place.group, place.first, DAY - 364 * ONE, met)
    f.activity(place.group, place.first, DAY - 365 * ONE, quiet)
    f.link(place.group, linked, DAY - 500 * ONE)
    f.need(asked, raised_on=DAY)
    f.opportunity(running, place.first, place.people["dean"])
    assert list(queries.quiet(DAY)) == [quiet]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"status": "banned"}, "organisation_banned_has_reason"),
        ({"status": "merged"}, "organisation_merged_has_target"),
        ({"parent_id": "self"}, "organisation_not_its_own_branch"),
    ],
)
def test_rules_of_an_organisation_are_told_in_words(place: f.College, change: dict[str, Any], rule: str) -> None:
    firm = f.organisation("云帆")
    for name, value in change.items():
        setattr(firm, name, firm.pk if value == "self" else value)
    with pytest.raises(ValidationError) as refused:
        firm.full_clean()
    words = next(item for item in Organisation._meta.constraints if item.name == rule).violation_error_message
    assert str(words) in refused.value.messages


def test_days_out_of_order_are_told_before_any_overlap(place: f.College) -> None:
    made = f.link(place.group, f.association(), DAY)
    made.ends_on = DAY - ONE
    with pytest.raises(ValidationError) as refused:
        made.full_clean()
    assert len(refused.value.messages) == 1
