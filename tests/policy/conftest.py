"""The policy's tests stand on one day, so that what they expect does not change with the calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date

import pytest
from django.db import connection
from django.test import TestCase

from tests.policy import factories
from zhixing.policy.loading import load_packs

TODAY = date(2026, 3, 10)


@pytest.fixture
def clock(clock: Callable[[date], None]) -> Callable[[date], None]:
    """Stands on the day of these tests until it is set."""
    clock(TODAY)
    return clock


@pytest.fixture
def college(db: None, clock: Callable[[date], None]) -> factories.College:
    """A small college with the first pack loaded, on 10 March 2026."""
    made = factories.college()
    load_packs()
    return made


@pytest.fixture
def commit(db: None) -> Callable[[], AbstractContextManager[None]]:
    """What is written inside the block is taken for committed: listeners hear of it, and of nothing before."""

    @contextmanager
    def block() -> Iterator[None]:
        connection.run_on_commit = []
        with TestCase.captureOnCommitCallbacks(execute=True):
            yield

    return block
