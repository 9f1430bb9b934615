"""A college for each test, a fixed day to stand on (Tuesday, 10 March 2026), and a folder of its own for papers."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.agreements import makers

TODAY = date(2026, 3, 10)


@pytest.fixture
def today(clock: Callable[[date], None]) -> date:
    clock(TODAY)
    return TODAY


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    stored = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "default": stored}


@pytest.fixture
def home(db: Any) -> makers.College:
    return makers.college()
