"""What every test stands on."""

from __future__ import annotations

import pytest

from tests.factories import World


def pytest_configure(config: pytest.Config) -> None:
    # Translations are built, not committed: tests see the words that readers see.
    from zhixing.kernel.management.commands.messages import compile_all

    compile_all()


@pytest.fixture
def world(db: None) -> World:
    """The college of `tests.factories`, within the test's own transaction."""
    return World()
