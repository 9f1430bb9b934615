"""Tests that empty the database leave the next ones what the migrations brought in."""

import pytest

from zhixing.agreements.models import AgreementKind
from zhixing.kernel.models import ApprovalRoute

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("turn", [1, 2])
def test_what_the_migrations_brought_in_outlives_an_emptying(turn: int) -> None:
    assert ApprovalRoute.objects.exists() and AgreementKind.objects.exists()
