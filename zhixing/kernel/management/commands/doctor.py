"""What is wrong with this installation, and how to mend it."""

import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

EXTENSIONS = ("pg_trgm", "btree_gist")
ENOUGH_BYTES = 2_000_000_000
WORKER_SECONDS = 120
Finding = dict[str, Any]  # check: what was looked at; ok; mend: what to do, empty if nothing


def finding(check: str, ok: bool, mend: str) -> Finding:
    return {"check": check, "ok": bool(ok), "mend": "" if ok else mend}


def python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield finding(
        f"Python {version}", sys.version_info >= (3, 11), "Install Python 3.11 or newer, then run `make demo`."
    )


def database() -> Iterator[Finding]:
    if os.environ.get("DATABASE_URL"):
        mend = "Check DATABASE_URL, the server behind it and the way there."
    else:
        mend = "See the log in .zhixing/pg/log; `make stop` and a new start may help, or set DATABASE_URL."
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield finding(f"database reachable ({str(error).strip().splitlines()[0]})", False, mend)
        return
    yield finding("database reachable", True, mend)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int")
        version, number = cursor.fetchone()
        yield finding(f"PostgreSQL {version}", number >= 140000, "Move to PostgreSQL 14 or newer.")
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()"
        )
        encoding, ctype = cursor.fetchone()
        cursor.execute("SELECT extname FROM pg_extension")
        present = {row[0] for row in cursor.fetchall()}
        for name in EXTENSIONS:
            mend = f"As the database's owner or an administrator: CREATE EXTENSION {name};"
            yield finding(f"extension {name}", name in present, mend)
        recreate = "Make the database anew with encoding UTF8 and lc_ctype C.UTF-8, and restore a backup into it."
        if "pg_trgm" in present:
            cursor.execute("SELECT cardinality(show_trgm('学院'))")
            found = cursor.fetchone()[0] > 0
            yield finding(
                f"Chinese can be searched ({encoding}, lc_ctype {ctype})", found and encoding == "UTF8", recreate
            )
    yield from migrations()
    yield from worker()


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    check = "migrations applied" if not waiting else f"migrations applied ({waiting} are not)"
    yield finding(check, not waiting, "Run `python manage.py migrate` (after a backup).")


def worker() -> Iterator[Finding]:
    mend = "Start it: `make run` has one, or run `python manage.py procrastinate worker` as a service."
    try:
        heartbeat = apps.get_model("procrastinate", "ProcrastinateWorker").objects.order_by("-last_heartbeat").first()
    except (LookupError, DatabaseError):
        yield finding("worker seen (its table is missing)", False, "Run `python manage.py migrate`.")
        return
    recent = heartbeat and timezone.now() - heartbeat.last_heartbeat < timedelta(seconds=WORKER_SECONDS)
    yield finding("a worker was seen in the last two minutes", bool(recent), mend)


def messages() -> Iterator[Finding]:
    stale = []
    for config in apps.get_app_configs():
        source = Path(config.path, "locale", "zh_Hans", "LC_MESSAGES", "django.po")
        if not source.is_relative_to(settings.ROOT / "zhixing") or not source.is_file():
            continue
        compiled = source.with_suffix(".mo")
        if not compiled.is_file() or compiled.stat().st_mtime < source.stat().st_mtime:
            stale.append(config.label)
    check = "Chinese messages compiled" + (f" (not: {', '.join(stale)})" if stale else "")
    yield finding(check, not stale, "Run `python manage.py messages --compile`.")


def files() -> Iterator[Finding]:
    folder = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            ok = True
    except OSError:
        ok = False
    yield finding(
        f"files can be written to {folder}", ok, "Give the account that runs Zhixing the right to write there."
    )
    near = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(near).free
    mend = "Free some space: below 2 GB the database and backups are at risk."
    yield finding(f"disk space ({free / 1e9:.1f} GB free)", free >= ENOUGH_BYTES, mend)


def fonts() -> Iterator[Finding]:
    found = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    folder = Path(found.origin).parent if found and found.origin else None
    ok = folder is not None and any(p.suffix.lower() in {".ttf", ".otf", ".ttc"} for p in folder.rglob("*"))
    yield finding("Chinese fonts for documents", ok, "Run `make demo`: the package pylopdf-fonts-zh-cn is missing.")


def browser() -> Iterator[Finding]:
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    # Only the project's own tests need it, so its absence is no fault.
    yield finding(f"Chromium for the browser tests: {path or 'none, they are skipped'}", True, "")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (python, database, messages, files, fonts, browser)


class Command(BaseCommand):
    help = "Look over this installation: what is wrong and how to mend it. Exit 0: all well; 1: something is not."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="a list of {check, ok, mend}")

    def handle(self, *args: Any, **options: Any) -> None:
        findings: list[Finding] = []
        for check in CHECKS:
            try:
                findings.extend(check())
            except Exception as error:  # one broken check must not hide the others
                findings.append(finding(f"{check.__name__} ({error})", False, "Report this: the check itself failed."))
        if options["json"]:
            self.stdout.write(json.dumps(findings, ensure_ascii=False, indent=1))
        else:
            for one in findings:
                self.stdout.write(f"{'ok  ' if one['ok'] else 'BAD '} {one['check']}")
                if not one["ok"]:
                    self.stdout.write(f"     → {one['mend']}")
        if not all(one["ok"] for one in findings):
            sys.exit(1)
