"""What every test stands on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import hypothesis
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
    # How long a value takes to make says how busy the machine is, and nothing about the product.
    hypothesis.settings.register_profile(
        "zhixing", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("zhixing")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests first: few of them take long, and one that began last would be waited for by itself."""
    items.sort(key=lambda item: "tests/browser/" not in item.nodeid)


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
        self.college = connection.settings_dict["NAME"]

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
    # Where no test of the run asks for a database none is made: the college's own is nobody's to copy.
    if name != templates.college and not templates.exists():
        templates.keep(name)
    templates.close()


class _Seeds:
    """What the migrations brought in: kinds, routes, play-books, weights. A test that empties the database gets it back.

    Which tests come after such a one depends on how the files fall to the workers, so that each would else fail now and then.
    """

    def __init__(self, blocker: Any) -> None:
        self._blocker = blocker
        with blocker.unblock():
            self._rows = {table: self._copied(table) for table in self._tables(filled=True)}

    @staticmethod
    def _tables(filled: bool) -> list[str]:
        from django.apps import apps
        from django.db import connection

        models = apps.get_models(include_auto_created=True)
        names = sorted({model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy})
        with connection.cursor() as cursor:
            asked = " UNION ALL ".join(f"SELECT '{name}', EXISTS (SELECT FROM \"{name}\")" for name in names)
            cursor.execute(asked)
            return [name for name, some in cursor.fetchall() if some is filled]

    @staticmethod
    def _columns(table: str) -> str:
        """All columns but those that the database computes itself."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                [table],
            )
            return cursor.fetchone()[0]

    def _copied(self, table: str) -> tuple[str, bytes]:
        from django.db import connection

        columns = self._columns(table)
        with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) TO STDOUT') as copy:
            return columns, b"".join(bytes(chunk) for chunk in copy)

    def restore(self) -> None:
        from django.db import connection, transaction

        with self._blocker.unblock():
            empty = self._tables(filled=False)
            # Foreign keys are looked at when all is in.
            with transaction.atomic(), connection.cursor() as cursor:
                # A flush leaves the table of jobs alone, which is not the product's own.
                cursor.execute("DELETE FROM procrastinate_jobs")
                for table in empty:
                    if table in self._rows:
                        columns, rows = self._rows[table]
                        with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                            copy.write(rows)


_seeds: _Seeds | None = None


@pytest.fixture(scope="session", autouse=True)
def _seeds_kept(django_db_setup: None, django_db_modify_db_settings: _Templates, django_db_blocker: Any) -> None:
    from django.db import connection

    global _seeds
    if connection.settings_dict["NAME"] != django_db_modify_db_settings.college:
        _seeds = _Seeds(django_db_blocker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    result = yield
    if nextitem is None:  # The database is gone with the last test.
        return result
    mark = item.get_closest_marker("django_db")
    emptied = mark is not None and mark.kwargs.get("transaction")
    if _seeds is not None and (emptied or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))):
        _seeds.restore()
    return result


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[date], None]]:
    """Sets the day that the product takes for today; what was kept of another day is forgotten, also afterwards."""
    from django.core.cache import cache
    from django.utils import timezone

    def to(day: date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_args, **_more: day)
        cache.clear()

    yield to
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    """The college of `tests.factories`, within the test's own transaction."""
    return World()
