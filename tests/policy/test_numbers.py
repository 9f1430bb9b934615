"""A number is changed: a new version from its day, approved, with what was judged before left as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from tests.policy import factories as make
from tests.policy.conftest import TODAY
from zhixing.kernel import approval
from zhixing.policy import actions
from zhixing.policy.closing import close_year
from zhixing.policy.engine import assess
from zhixing.policy.loading import PACKS, load_packs
from zhixing.policy.models import Rule, RuleVersion, Standing


def decide(college: make.College, name: str = "leader") -> None:
    actor = college.actor(name)
    (station,) = approval.inbox(actor)
    approval.approve(station.pk, by=actor)


def propose(college: make.College, starts_on: date, target: int = 2, **more: Any) -> RuleVersion:
    rule = Rule.objects.get(code="R01")
    numbers = {"target": {"at_least": target}, **more}
    return actions.propose_version(
        rule, by=college.actor("office"), starts_on=starts_on, reason="更高要求", numbers=numbers
    )


def test_an_approved_number_holds_from_its_day(college: make.College, commit: Callable[..., Any]) -> None:
    make.link(college.groups[0])
    assess()
    first = RuleVersion.objects.get(rule__code="R01")
    version = propose(college, TODAY)
    assert version.status == "submitted"
    assess()
    assert Standing.objects.get(rule__code="R01", unit_code="ZYQ000").state == "met"
    with commit():
        decide(college)
    version.refresh_from_db()
    first.refresh_from_db()
    assert (version.status, version.ends_on) == ("approved", None)
    assert (first.status, first.ends_on, first.target) == ("approved", TODAY - timedelta(days=1), {"at_least": 1})
    found = Standing.objects.get(rule__code="R01", unit_code="ZYQ000")
    assert (found.state, found.target, found.version) == ("unmet", 2, version)
    # What stood before the day stands.
    assert assess(as_of=TODAY - timedelta(days=1), rule="R01", unit="ZYQ000").findings[0].state == "met"
    assert first.history.count() == 1


def test_versions_fit_between_one_another_and_replace_those_of_the_same_day(college: make.College) -> None:
    propose(college, date(2026, 9, 1))
    decide(college)
    propose(college, date(2026, 5, 1), target=3, full_mark=None)
    decide(college)
    propose(college, date(2026, 9, 1), target=4, full_mark=Decimal(5))
    decide(college)
    rows = RuleVersion.objects.filter(rule__code="R01", status="approved").order_by("starts_on")
    assert [(v.starts_on, v.ends_on, v.goal.value) for v in rows] == [
        (date(2024, 1, 1), date(2026, 4, 30), 1),
        (date(2026, 5, 1), date(2026, 8, 31), 3),
        (date(2026, 9, 1), None, 4),
    ]
    assert RuleVersion.objects.filter(rule__code="R01", status="replaced").count() == 1


def test_two_versions_never_hold_on_one_day(college: make.College) -> None:
    rule = Rule.objects.get(code="R01")
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleVersion.objects.create(rule=rule, target={"at_least": 2}, starts_on=TODAY, status="approved")


def test_a_closed_year_keeps_its_numbers(college: make.College) -> None:
    assess(year="2024-2025")
    close_year("2024-2025")
    with pytest.raises(ValidationError):
        propose(college, date(2025, 8, 31))
    with pytest.raises(ValidationError):
        propose(college, date(2023, 12, 1))
    propose(college, date(2025, 9, 1))
    decide(college)
    frozen = Standing.objects.get(rule__code="R01", unit_code="ZYQ000", year="2024-2025")
    assert frozen.frozen["thresholds"]["target"] == {"at_least": 1}


def test_only_the_office_and_the_leaders_propose(college: make.College) -> None:
    rule = Rule.objects.get(code="R01")
    with pytest.raises(PermissionDenied):
        actions.propose_version(rule, by=college.actor("dean0"), starts_on=TODAY, reason="x", numbers={})
    with pytest.raises(ValidationError):
        actions.propose_version(rule, by=college.actor("office"), starts_on=TODAY, reason=" ", numbers={})
    with pytest.raises(ValidationError):
        propose(college, TODAY, target=3, full_mark=Decimal(2))
    assert RuleVersion.objects.filter(rule=rule).count() == 1


def test_loading_the_pack_again_changes_nothing_and_keeps_what_was_edited(college: make.College, tmp_path: Any) -> None:
    assert load_packs()[0].changed == 0
    propose(college, TODAY)
    decide(college)
    pack = tmp_path / "pack.yaml"
    text = next(PACKS.glob("*.yaml")).read_text(encoding="utf-8")
    pack.write_text(text.replace("target: {at_least: 1}", "target: {at_least: 0}", 1), encoding="utf-8")
    loaded = load_packs([pack])[0]
    assert loaded.kept == ["R01"]
    current = actions.version_on(Rule.objects.get(code="R01"), TODAY)
    assert current is not None and current.target == {"at_least": 2}


def test_the_form_asks_for_the_rules_own_numbers(college: make.College) -> None:
    browser = Client()
    browser.force_login(college.user("office"))
    rule = Rule.objects.get(code="R14")
    url = reverse("rule-numbers", args=[rule.pk])
    form = browser.get(url).context["form"]
    assert {"target", "weight", "parameter_window_months", "parameter_days_per_month"} <= set(form.fields)
    data = {
        "starts_on": "2026-09-01",
        "target": "150",
        "weight": "9",
        "before_due_days": "700、300",
        "before_end_days": "",
        "parameter_window_months": "48",
        "parameter_days_per_month": "30",
        "reason": "试点",
    }
    assert browser.post(url, {**data, "before_due_days": "soon"}).status_code == 422
    assert browser.post(url, data).status_code == 302
    version = RuleVersion.objects.get(rule=rule, source="edit")
    assert (version.target, version.weight, version.status) == ({"at_least": 150}, 9, "submitted")
    assert version.warn == {"before_due_days": [700, 300]}
    assert version.parameters == {"window_months": 48, "count": "calendar_day", "days_per_month": 30}
    browser.force_login(college.user("dean0"))
    assert browser.get(url).status_code == 403
    page = browser.get(reverse("rule", args=[rule.pk]))
    assert [row["version"].source for row in page.context["versions"]] == ["edit", "pack"]
