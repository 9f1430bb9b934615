"""What was handed in stays as it is, whichever page or program asks; what is still written may change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.bases import factories as make
from tests.governance.factories import College
from zhixing.bases.models import BasePlan, BaseRecognition, BenefitStatement, TermSummary
from zhixing.kernel import importing
from zhixing.kernel.sheet import sheet_for


def plan(home: College, state: str) -> BasePlan:
    approved = {"approved_on": date(2025, 9, 20)} if state == "approved" else {}
    return BasePlan.objects.create(unit=home.first, year=home.year, funds=100, status=state, **approved)


def summary(home: College, state: str) -> TermSummary:
    handed_in = {"submitted_on": date(2026, 3, 1)} if state != "draft" else {}
    return TermSummary.objects.create(major=make.major(home), term=make.terms(home)[0], status=state, **handed_in)


def statement(home: College, state: str) -> BenefitStatement:
    return BenefitStatement.objects.create(base=make.base(home), year=2025, status=state)


def recognition(home: College, state: str) -> BaseRecognition:
    major = make.major(home)
    return make.recognition(make.base(home, major), major, status=state)


@pytest.mark.parametrize(
    ("paper", "name", "kept", "open_one", "said"),
    [
        (plan, "base_plan", "approved", "draft", {"funds": "900"}),
        (summary, "term_summary", "submitted", "draft", {"results": "改写"}),
        (statement, "benefit_statement", "sent", "disputed", {"school_remark": "改写"}),
        (statement, "benefit_statement", "sent", "draft", {"year": 2024}),
        (recognition, "base_recognition", "applied", "growing", {"statement": "改写"}),
    ],
)
def test_what_is_handed_in_stays(
    client: Client, home: College, paper: Any, name: str, kept: str, open_one: str, said: dict[str, Any]
) -> None:
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    row = paper(home, kept)
    url = f"/api/v1/bases/{name}/{row.pk}"
    answer = client.patch(url, said, content_type="application/json")
    assert answer.status_code == 422
    type(row).objects.filter(pk=row.pk).update(
        status=open_one, **{field: None for field in ("approved_on", "submitted_on") if hasattr(row, field)}
    )
    assert client.patch(url, said, content_type="application/json").status_code == 200


def told(row: Any) -> dict[str, str]:
    """What tells a register which paper is meant."""
    match row:
        case BasePlan():
            return {"unit": row.unit.code, "year": row.year.code}
        case TermSummary():
            return {"major": row.major.code, "term": str(row.term)}
        case BenefitStatement():
            return {"base": row.base.code, "year": str(row.year)}
        case _:
            return {"base": row.base.code, "major": row.major.code, "level": "校级", "growing_since": "2024-09-01"}


@pytest.mark.parametrize(
    ("paper", "kept", "open_one", "field", "value"),
    [
        (plan, "approved", "draft", "content", "改写"),
        (summary, "submitted", "draft", "results", "改写"),
        (statement, "sent", "disputed", "school_remark", "改写"),
        (recognition, "applied", "growing", "statement", "改写"),
    ],
)
def test_a_register_changes_no_paper_that_is_handed_in(
    home: College, paper: Any, kept: str, open_one: str, field: str, value: str
) -> None:
    row, office = paper(home, kept), home.actor("office")
    sheet = sheet_for(type(row))
    assert sheet is not None
    cells = {str(sheet.column_label(name)): cell for name, cell in {**told(row), field: value}.items()}
    text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"

    def brought() -> list[str]:
        run, _reading = importing.start(sheet, text.encode(), "台账.csv", by=office)
        found = importing.preview(run, by=office).faults
        importing.commit(run, by=office)
        row.refresh_from_db()
        return [fault[3] for fault in found]

    assert brought() == ["handed_in"] and getattr(row, field) != value
    type(row).objects.filter(pk=row.pk).update(
        status=open_one, **{name: None for name in ("approved_on", "submitted_on") if hasattr(row, name)}
    )
    assert brought() == [] and getattr(row, field) == value
