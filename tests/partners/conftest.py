import pytest

from tests.partners import factories


@pytest.fixture
def place(db: None) -> factories.College:
    """A small college of its own for each test."""
    return factories.college()
