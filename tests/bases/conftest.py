"""A small college for each test, and a fixed day to stand on: Tuesday, 10 March 2026."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.governance import factories as governance

TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def today(clock: Callable[[date], None]) -> date:
    clock(TODAY)
    return TODAY


@pytest.fixture
def home(db: Any) -> governance.College:
    return governance.college()
