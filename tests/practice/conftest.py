"""What several files of practice tests stand on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.practice.cohort import Campus


@pytest.fixture
def campus(db: Any) -> Campus:
    """Three students, three firms with a post each of last year."""
    return Campus(size=3, firms=3, posts_each=1)
