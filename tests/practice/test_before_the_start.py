"""Before a practice begins: places called off, units that are outcasts, units of a student's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.practice.cohort import TODAY, Campus
from zhixing.agreements import actions as agreements
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import SYSTEM
from zhixing.practice import placement_actions, post_actions
from zhixing.practice.models import Placement, PracticePlan


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Iterator[date]:
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_more: TODAY)
    cache.clear()
    yield TODAY
    cache.clear()


@pytest.fixture
def campus(db: Any) -> Campus:
    return Campus(size=3, firms=3, posts_each=1)


def plan_of(campus: Campus, status: str = "allocated") -> PracticePlan:
    plan = campus.plan(status=status, approved_on=TODAY)
    post_actions.copy_many(post_actions.last_posts(campus.last), plan, by=SYSTEM)
    plan.posts.update(status="approved", approved_on=TODAY)
    return plan


def placed(plan: PracticePlan, campus: Campus, number: int = 0, **values: Any) -> Placement:
    """A confirmed placement of the student of this number."""
    given = {"post": plan.posts.order_by("pk")[number], "supervisor": campus.teachers[0], **values}
    return Placement.objects.create(
        plan=plan,
        student=campus.students[number],
        mentor=given["post"].mentor,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        status="confirmed",
        **given,
    )


@pytest.mark.parametrize("act", [placement_actions.cancel, placement_actions.decline_by_firm])
def test_who_is_called_off_is_asked_to_sign_no_more(campus: Campus, act: Any) -> None:
    row = placed(plan_of(campus), campus, accepted_on=TODAY)
    placement_actions.make_agreement(row, by=SYSTEM)
    paper = row.agreement
    assert paper is not None
    agreements.start_signing(paper, by=SYSTEM)
    open_links = OutsideLink.objects.filter(revoked_at=None, used_at=None)
    assert paper.signature_requests.exclude(state="void").exists() and open_links.exists()
    act(row, by=campus.actor(campus.dean, "dean"), comment="名额取消")
    paper.refresh_from_db()
    assert paper.status == "draft" and not paper.signature_requests.exclude(state="void").exists()
    assert not open_links.exists()


def test_a_paper_that_another_living_place_shares_is_signed_on(campus: Campus) -> None:
    plan = plan_of(campus)
    row = placed(plan, campus, accepted_on=TODAY)
    placement_actions.make_agreement(row, by=SYSTEM)
    assert row.agreement is not None
    agreements.start_signing(row.agreement, by=SYSTEM)
    placed(plan, campus, 1, agreement=row.agreement)
    placement_actions.cancel(row, by=SYSTEM, comment="名额取消")
    row.agreement.refresh_from_db()
    assert row.agreement.status == "signing"
