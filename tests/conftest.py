"""What every test stands on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.factories import World

# Any number that nothing else locks.
_LOCK = 20231230
_PREFIX = "zx_template_"


def pytest_configure(config: pytest.Config) -> None:
    # Translations are built, not committed: tests see the words that readers see.
    from zhixing.kernel.management.commands.messages import compile_all

    compile_all()


def _fingerprint() -> str:
    """What a migrated database depends on: the migrations, ours and those of the installed packages."""
    from django.conf import settings

    found = hashlib.sha256()
    for path in sorted(Path(settings.ROOT, "zhixing").glob("*/migrations/*.py")):
        found.update(path.as_posix().encode() + path.read_bytes())
    for name in sorted(f"{item.metadata['Name']} {item.version}" for item in distributions()):
        found.update(name.encode())
    return found.hexdigest()[:16]


class _Templates:
    """A migrated database, kept beside the tests' own and copied: migrating takes half a minute, copying half a second."""

    def __init__(self) -> None:
        from django.db import connection

        params = {**connection.get_connection_params(), "dbname": "postgres"}
        self._server = psycopg.connect(
            **{key: value for key, value in params.items() if key in {"host", "port", "user", "password", "dbname"}},
            autocommit=True,
        )
        self.name = _PREFIX + _fingerprint()

    def lock(self) -> None:
        """Of the workers that start together one migrates, the others wait and copy."""
        self._server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])

    def exists(self) -> bool:
        return self._server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).fetchone() is not None

    def keep(self, source: str) -> None:
        """Keep a copy of a freshly migrated database; those of other migrations are of no more use."""
        for (old,) in self._server.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX]
        ).fetchall():
            self._server.execute(f'DROP DATABASE IF EXISTS "{old}"')
        self._server.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{source}"')

    def close(self) -> None:
        self._server.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[_Templates]:
    from django.db import connection

    templates = _Templates()
    templates.lock()
    if templates.exists():
        connection.settings_dict["TEST"]["TEMPLATE"] = templates.name
    yield templates


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_modify_db_settings: _Templates, django_db_blocker: Any) -> None:
    from django.db import connection

    templates = django_db_modify_db_settings
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        connection.close()
    if not templates.exists():
        templates.keep(name)
    templates.close()


@pytest.fixture
def world(db: None) -> World:
    """The college of `tests.factories`, within the test's own transaction."""
    return World()
