"""A record written into a text box by its title and code is found again by what was written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make
from zhixing.agreements.models import Agreement
from zhixing.kernel.forms import find_named, naming_words
from zhixing.org.models import Major, Student
from zhixing.partners.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Agreement, Major, Organisation, Student])
def test_what_is_written_is_found_again(model: Any) -> None:
    first, _second = make(model), make(model)
    assert find_named(model._default_manager.all(), naming_words(first)) == [first]


def test_a_title_that_holds_its_number_names_one_agreement_only() -> None:
    first = make(Agreement, number="DD-2026-01-001", title="订单班协议")
    make(Agreement, number="DD-2026-01-002", title="订单班协议")
    rows = Agreement.objects.all()
    assert find_named(rows, str(first)) == [first] and str(first) != first.number
    assert find_named(rows, "DD-2026-01-001 另一份协议") == []
    assert len(find_named(rows, "订单班协议")) == 2
