"""Keys of its own, an empty cache, and messages that leave at once; a test module of signing imports these two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.HOME = tmp_path
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def leave_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's own transaction never commits: what waits for that happens at once, unless the test commits for real."""
    mark = request.node.get_closest_marker("django_db")
    if mark is None or mark.kwargs.get("transaction"):
        return

    def at_once(work: Callable[[], Any], using: str | None = None, robust: bool = False) -> None:
        try:
            work()
        except Exception:
            if not robust:
                raise

    monkeypatch.setattr(transaction, "on_commit", at_once)
