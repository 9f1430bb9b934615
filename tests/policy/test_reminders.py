"""Reminders: on the rule's days, to the one holder, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from tests.policy import factories as make
from tests.policy.conftest import TODAY
from zhixing.kernel.models import Event, Notice
from zhixing.policy import actions, queries
from zhixing.policy.engine import assess
from zhixing.policy.jobs import evaluate_and_remind
from zhixing.policy.models import Standing


@pytest.fixture
def held(college: make.College) -> make.College:
    for name in ("head0", "head1", "dean0", "dean1", "office", "leader"):
        college.user(name)
    return college


def told(rule: str, code: str) -> list[str]:
    standing = Standing.objects.get(rule__code=rule, unit_code=code, year="2025-2026")
    return sorted(Notice.objects.filter(key__startswith=f"standing:{standing.pk}:").values_list("key", flat=True))


def test_a_holder_is_told_on_the_rules_days_once_each(held: make.College, clock: Callable[[date], None]) -> None:
    clock(date(2026, 2, 20))
    evaluate_and_remind()
    assert told("R02", "ZYQ000") == []
    assert len(told("R01", "ZYQ000")) == 1
    clock(date(2026, 3, 1))
    evaluate_and_remind()
    evaluate_and_remind()
    assert [key.split(":")[2:] for key in told("R02", "ZYQ000")] == [["at_risk", "2026-03-01"]]
    # A day on which nothing ran is made up for.
    clock(date(2026, 3, 2))
    evaluate_and_remind()
    assert len(told("R02", "ZYQ000")) == 1
    assert len(told("R01", "ZYQ000")) == 1
    notice = Notice.objects.get(key__endswith="at_risk:2026-03-01", user=held.user("head0"), key__contains=":at_risk")
    assert "专业群0" in notice.message and "2026-08-31" in notice.message
    assert notice.url == actions.standing_url(Standing.objects.get(rule__code="R02", unit_code="ZYQ000").pk)


def test_what_is_about_to_end_is_told_ahead(held: make.College, clock: Callable[[date], None]) -> None:
    end = TODAY + timedelta(days=100)
    make.link(held.groups[0], ends_on=end)
    evaluate_and_remind()
    assert told("R01", "ZYQ000") == []
    clock(end - timedelta(days=90))
    evaluate_and_remind()
    assert [key.split(":")[2:] for key in told("R01", "ZYQ000")] == [["at_risk", str(end - timedelta(days=90))]]


def test_a_lack_is_told_when_found_and_when_its_day_is_there(held: make.College, clock: Callable[[date], None]) -> None:
    evaluate_and_remind()
    clock(TODAY + timedelta(days=30))
    evaluate_and_remind()
    assert [key.split(":")[2:] for key in told("R01", "ZYQ000")] == [
        ["unmet", str(TODAY)],
        ["unmet", str(TODAY + timedelta(days=30))],
    ]


def test_the_office_reminds_everybody_with_one_click(held: make.College) -> None:
    assess()
    browser = Client()
    browser.force_login(held.user("office"))
    answer = browser.post(reverse("remind-all"), {"next": reverse("clauses")})
    assert answer.status_code == 302 and answer.url == reverse("clauses")
    lacking = queries.to_remind(held.actor("office"))
    sent = Notice.objects.count()
    assert sent == lacking.count() > 4
    assert Event.objects.filter(verb="reminded").count() == sent
    browser.post(reverse("remind-all"))
    assert Notice.objects.count() == sent
    browser.force_login(held.user("dean0"))
    assert browser.post(reverse("remind-all")).status_code == 403


def test_one_standing_is_reminded_from_its_page(held: make.College) -> None:
    assess()
    standing = Standing.objects.get(rule__code="R01", unit_code="ZYQ001")
    browser = Client()
    browser.force_login(held.user("office"))
    assert browser.post(reverse("standing-remind", args=[standing.pk])).status_code == 302
    notice = Notice.objects.get()
    assert notice.user == held.user("head1")
    page = browser.get(reverse("standing", args=[standing.pk]))
    assert [row.pk for row in page.context["reminders"]] == [notice.pk]
    with pytest.raises(PermissionDenied):
        actions.remind([standing], by=held.actor("head1"))


def test_a_holders_list_and_the_counts(held: make.College) -> None:
    make.link(held.groups[0], ends_on=TODAY + timedelta(days=20))
    assess()
    mine = queries.held_by(held.people["head0"].pk)
    assert [(s.rule.code, s.state) for s in mine] == [("R01", "at_risk"), ("R02", "at_risk")]
    assert [s.unit_code for s in queries.breaking(held.actor("office"))] == ["ZYQ000"]
    counts = queries.counts(held.actor("office"))
    assert (
        counts["no_data"] > 0 and sum(counts.values()) == queries.parts(queries.standings(held.actor("office"))).count()
    )
    score = queries.scores()[held.colleges[0].pk]
    # R01 is reached, R02, R03, R11 and R21 are not, R04 does not apply: 5 of 23 points.
    assert (score.points, score.possible, score.percent) == (5, 23, 21.7)
