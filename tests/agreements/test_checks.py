"""Each rule on both sides of its limit, with the article it cites."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from tests.agreements import makers
from zhixing.agreements import actions, checks
from zhixing.agreements.models import AgreementParty
from zhixing.agreements.wording import months_of
from zhixing.kernel.scope import SYSTEM

pytestmark = pytest.mark.usefixtures("today")


def found(record: Any) -> dict[str, str]:
    return {item.code: item.severity for item in checks.findings(record)}


def test_a_complete_agreement_has_nothing_to_object_to(home: makers.College) -> None:
    assert found(makers.ready(home)) == {}
    assert found(makers.ready(home, "order_class", major=home.major)) == {}
    assert found(makers.ready(home, "tripartite", student=home.student)) == {}


def test_an_empty_draft_lacks_parties_and_contents_and_may_not_be_submitted(home: makers.College) -> None:
    record = makers.agreement(home)
    assert found(record) == {"parties": "block", "contents": "block"}
    with pytest.raises(ValidationError) as refused:
        actions.submit(record, by=SYSTEM)
    assert "第八条" in "".join(refused.value.messages)


def test_each_of_the_nine_contents_is_asked_for_with_article_15(home: makers.College) -> None:
    record = makers.ready(home, "tripartite", student=home.student)
    assert len([spec for spec in record.kind.contents if spec["code"].startswith("t")]) == 9
    for spec in record.kind.contents:
        text = record.contents[spec["code"]]
        record.contents[spec["code"]] = "  "
        (finding,) = checks.findings(record)
        assert finding.blocks and spec["name"]["zh-hans"] in finding.message and "第十五条" in finding.article
        record.contents[spec["code"]] = text


@pytest.mark.parametrize(("last", "warned"), [(date(2029, 2, 27), True), (date(2029, 2, 28), False)])
def test_a_firm_that_takes_interns_for_under_36_months_is_a_warning(
    home: makers.College, last: date, warned: bool
) -> None:
    record = makers.ready(home, "off_campus_base", ends_on=last)
    assert record.takes_interns
    assert found(record) == ({"interns_term": "warn"} if warned else {})
    actions.submit(record, by=SYSTEM)


@pytest.mark.parametrize(
    ("birth", "guardian", "blocked"),
    [
        (date(2010, 3, 2), True, True),  # 15 on the first day
        (date(2010, 3, 1), True, False),  # 16
        (date(2010, 3, 1), False, True),
        (date(2008, 3, 2), False, True),  # 17
        (date(2008, 3, 1), False, False),  # 18
    ],
)
def test_minors_are_16_at_least_and_their_guardian_is_a_fourth_party(
    home: makers.College, birth: date, guardian: bool, blocked: bool
) -> None:
    home.student.birth_date = birth
    home.student.save()
    record = makers.ready(home, "tripartite", student=home.student)
    if not guardian:
        AgreementParty.objects.filter(agreement=record, role="guardian").delete()
    assert found(record) == ({"minor": "block"} if blocked else {})


def test_a_minors_agreement_gets_the_guardian_by_itself(home: makers.College) -> None:
    home.student.birth_date = date(2009, 1, 1)
    home.student.save()
    record = makers.ready(home, "apprentice", student=home.student)
    assert list(record.parties.order_by("order").values_list("role", flat=True)) == [
        "school",
        "enterprise",
        "student",
        "guardian",
    ]


def test_a_banned_firm_and_a_missing_code_block(home: makers.College) -> None:
    record = makers.ready(home)
    record.parties.filter(role="enterprise").update(uscc=None)
    assert found(record) == {"uscc": "block"}
    record.parties.filter(role="enterprise").update(uscc=home.firm.uscc)
    home.firm.status, home.firm.status_reason = "banned", "拖欠实习报酬"
    home.firm.save()
    record = makers.Agreement.objects.get(pk=record.pk)
    (finding,) = checks.findings(record)
    assert finding.code == "banned" and "拖欠实习报酬" in finding.message


@pytest.mark.parametrize(
    ("details", "blocked"),
    [
        ({"hours_day": "8", "hours_week": "40"}, False),
        ({"hours_day": "8.5", "hours_week": "40"}, True),
        ({"hours_day": "8", "hours_week": "41"}, True),
        ({"night_shift": True}, True),
        ({"night_shift": True, "filing": "琼教备〔2026〕3号"}, False),
    ],
)
def test_working_hours(home: makers.College, details: dict[str, Any], blocked: bool) -> None:
    record = makers.ready(home, "tripartite", student=home.student)
    record.details = details
    assert found(record) == ({"hours": "block"} if blocked else {})


def test_a_later_rule_turns_no_old_agreement_red(home: makers.College) -> None:
    record = makers.agreement(home, "tripartite", student=home.student)
    assert found(record)["contents"] == "block"
    # Before the rules of 2021 nothing was asked by them.
    assert not any(item.code == "contents" for item in checks.findings(record, on=date(2021, 12, 30)))


def test_findings_are_said_in_the_readers_language(home: makers.College) -> None:
    record = makers.agreement(home)
    with translation.override("en"):
        assert any("art. 8" in item.article for item in checks.findings(record))


def test_months_count_the_last_day() -> None:
    assert months_of(date(2026, 3, 1), date(2029, 2, 28)) == 36
    assert months_of(date(2026, 3, 10), date(2026, 9, 9)) == 6
    assert months_of(date(2026, 3, 10), date(2026, 9, 8)) == 5
