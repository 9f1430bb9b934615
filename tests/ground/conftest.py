"""A home folder with a server of its own; the college's server is left alone."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="zx-", dir="/tmp"))
    monkeypatch.setenv("ZHIXING_HOME", str(folder / "home"))
    yield folder / "home"
    embedded.stop()
    record = folder / "home" / "place"
    if record.is_file():
        shutil.rmtree(record.read_text().strip())
    shutil.rmtree(folder)
