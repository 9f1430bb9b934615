"""What was stays what it was: a base's day of opening, and the scores of an application that went back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from tests.bases import factories as make
from tests.bases.conftest import TODAY
from tests.governance.factories import College
from zhixing.bases import actions, paper_actions, queries
from zhixing.bases.models import RecognitionReview


def test_a_base_in_use_is_not_closed_before_it_opened(home: College) -> None:
    base, dean = make.base(home), home.actor("dean")
    with pytest.raises(ValidationError, match="2024-09-01"):
        actions.close_base(base, by=dean, closed_on=date(2024, 8, 31), comment="撤销")
    base.refresh_from_db()
    assert (base.status, base.starts_on, base.ends_on) == ("in_use", make.BEGIN, None)
    actions.close_base(base, by=dean, closed_on=date(2026, 3, 1), comment="撤销")
    assert (base.status, base.starts_on) == ("closed", make.BEGIN)
    assert queries.in_use(date(2025, 5, 1)).filter(pk=base.pk).exists()


def test_a_base_that_never_opened_was_never_in_use(home: College) -> None:
    base = make.base(home, status="building", starts_on=date(2026, 2, 1))
    actions.close_base(base, by=home.actor("dean"), closed_on=TODAY, comment="停建")
    assert base.starts_on is None and not queries.in_use(TODAY).filter(pk=base.pk).exists()


def test_experts_judge_anew_what_was_sent_back(home: College) -> None:
    major = make.major(home)
    row = make.recognition(make.base(home, major), major, status="applied")
    office = home.actor("office")
    paper_actions.invite(row, by=office, experts="甲\n乙\n丙")
    for review in RecognitionReview.objects.all():
        paper_actions.score(review, by=office, score=Decimal(90), opinion="好")
    paper_actions.send_back(row, by=office, comment="补充材料")
    assert set(RecognitionReview.objects.values_list("score", "opinion", "reviewed_on")) == {(None, "", None)}
    paper_actions.apply_for(row, by=home.actor("group_leader"))
    with pytest.raises(ValidationError, match="甲"):
        paper_actions.judge(row, by=office)
