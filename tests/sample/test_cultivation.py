"""The sample college's training with firms: all stories are told, and what the docs say of them is so."""

from __future__ import annotations

import pytest

from tests.sample.conftest import DAY
from zhixing.cultivation.models import EnterpriseProject, FollowUp, OrderClass, ProjectUse, QualityReview, Risk
from zhixing.cultivation.queries import due_day, follow_ups_due
from zhixing.industry_colleges.models import IndustryCollege
from zhixing.sample.world import World

pytestmark = pytest.mark.django_db


def test_every_state_of_an_order_class_and_every_grade_of_risk(college: World) -> None:
    assert set(OrderClass.objects.values_list("status", flat=True)) == set(OrderClass.Status.values)
    living = Risk.objects.exclude(status="closed")
    assert set(Risk.objects.values_list("status", flat=True)) == set(Risk.Status.values)
    assert {"low", "high"} <= set(living.values_list("grade", flat=True))
    handled = Risk.objects.get(status="handled")
    assert handled.measures and handled.tasks.filter(status="done").count() == 1


def test_projects_are_used_more_often_than_there_are_projects(college: World) -> None:
    assert ProjectUse.objects.count() > EnterpriseProject.objects.count()
    for use in ProjectUse.objects.select_related("term"):
        assert use.term.starts_on <= use.used_on <= min(use.term.ends_on, DAY)


def test_follow_ups_are_made_after_their_day_and_some_are_due(college: World) -> None:
    for row in FollowUp.objects.select_related("hire"):
        assert due_day(row.hire, row.month) <= row.done_on <= DAY
    assert list(follow_ups_due(DAY))


def test_industry_colleges_name_their_agreement_with_their_own_lead(college: World) -> None:
    for row in IndustryCollege.objects.select_related("agreement"):
        assert row.agreement is not None
        assert (row.agreement.kind.code, row.agreement.counterparty_id) == (
            "industry_college",
            row.lead_organisation_id,
        )


def test_reviews_are_of_terms_in_which_the_programme_ran(college: World) -> None:
    for row in QualityReview.objects.select_related("term", "programme"):
        assert row.term.ends_on >= row.programme.starts_on and row.term.starts_on <= row.programme.ends_on
