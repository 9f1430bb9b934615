"""Who must agree depends on the kind of agreement and its amount: routes are the college's data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.agreements import makers
from zhixing.agreements import actions
from zhixing.kernel.models import ApprovalRoute, ApprovalStation
from zhixing.kernel.scope import SYSTEM

pytestmark = pytest.mark.django_db


def route(role: str, *sorts: str, amount: int = 0) -> None:
    ApprovalRoute.objects.create(
        record_type="agreements.agreement",
        name=role,
        sorts=list(sorts),
        amount_from=amount,
        effective_from=date(2020, 1, 1),
        stations=[{"role": role, "at": "school", "idle_days": 3}],
    )


@pytest.mark.parametrize(
    ("kind", "amount", "role"),
    [
        ("framework", None, "office"),
        ("framework", 600_000, "leader"),
        ("research", 20_000, "research_office"),
        ("training", 20_000, "research_office"),
        # Its own routes come first, by their own thresholds.
        ("research", 600_000, "research_office"),
        ("research", 2_000_000, "finance"),
    ],
)
def test_the_route_is_that_of_kind_and_amount(home: makers.College, kind: str, amount: int | None, role: str) -> None:
    route("leader", amount=500_000)
    route("research_office", "research", "training")
    route("finance", "research", amount=1_000_000)
    record = makers.ready(home, kind, amount=None if amount is None else Decimal(amount))
    actions.submit(record, by=SYSTEM)
    assert ApprovalStation.objects.get(case__record_id=record.pk).role == role
