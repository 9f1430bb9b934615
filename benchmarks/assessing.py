"""The evaluation of the policy over a large college, against the same aggregates as bare SQL through psql."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import data
from benchmarks.timing import Row, at_most, in_turns, seconds, within
from config import embedded
from zhixing.governance.models import Task
from zhixing.kernel import measures
from zhixing.partners.models import Activity, IndustryLink
from zhixing.policy import engine, loading
from zhixing.policy.engine import assess
from zhixing.policy.models import Rule
from zhixing.policy.refreshing import refresh
from zhixing.sample import build

# 5,000 firms, four activities a year with each, five years; fifty committees with eighty tasks a year.
ACTIVITIES, TASKS = 100_000, 20_000


def college(scale: float) -> None:
    """The sample college at that scale with the policy loaded, and five years' worth of activities and tasks.

    It needs an empty database, and so comes before the other measurements.
    """
    build.make(scale, 20231230, timezone.localdate())
    loading.load_packs()
    _multiply(Activity, ACTIVITIES)
    _multiply(Task, TASKS, "book_id")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO partners_activity_organisations (activity_id, organisation_id) SELECT a.id, o.id "
            "FROM partners_activity a JOIN LATERAL (SELECT id FROM partners_organisation WHERE kind = 'association' "
            "OFFSET a.id % 20 LIMIT 1) o ON true ON CONFLICT DO NOTHING"
        )
    data.vacuum()


def _multiply(model: type[models.Model], count: int, *needed: str) -> None:
    """Copies of a type's rows until there are `count`."""
    there = model._base_manager.count()
    if there >= count // 2:
        return
    fields = [f for f in model._meta.concrete_fields if not f.primary_key and not getattr(f, "generated", False)]
    names = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    # No two have the same title.
    copied = names.replace('"title"', "left(title, 180) || ' ' || n")
    where = " AND ".join(f"{name} IS NOT NULL" for name in needed) or "true"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {copied} FROM {model._meta.db_table}, "
            f"generate_series(1, %s) AS n WHERE {where}",
            [max(count // max(there, 1), 1)],
        )


def aggregates() -> list[str]:
    """The statements by which the engine asks the domains, as they reach the database."""
    asked: list[str] = []

    def noting(work: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **more: Any) -> Any:
            with CaptureQueriesContext(connection) as queries:
                found = work(*args, **more)
            asked.extend(query["sql"] for query in queries.captured_queries)
            return found

        return noted

    with (
        mock.patch.object(measures, "values", noting(measures.values)),
        mock.patch.object(measures, "break_dates", noting(measures.break_dates)),
        mock.patch.object(measures, "due_dates", noting(measures.due_dates)),
        mock.patch.object(engine._Evaluation, "_add_mends", staticmethod(noting(engine._Evaluation._add_mends))),
    ):
        assess(store=False)
    return asked


def psql(script: str) -> None:
    """Run statements through psql on the measurements' database, their rows thrown away."""
    settings = connection.settings_dict
    reach = {"PGHOST": settings["HOST"], "PGPORT": settings["PORT"], "PGUSER": settings["USER"]}
    environment = {**os.environ, **reach, "PGPASSWORD": settings["PASSWORD"], "PGDATABASE": settings["NAME"]}
    command = [shutil.which("psql", path=f"{embedded.programs()}{os.pathsep}{os.environ['PATH']}"), "-qtX", "-v"]
    subprocess.run(
        [*command, "ON_ERROR_STOP=1"], input=script, env=environment, stdout=subprocess.DEVNULL, text=True, check=True
    )


def measure(scale: float, rounds: int) -> Iterator[Row]:
    college(scale)
    assess()
    statements = aggregates()

    script = ";\n".join([*statements, ""])

    def bare() -> None:
        psql(script)

    ours, floor = in_turns(assess, bare, rounds=rounds)
    work = f"assess the whole college, {Rule.objects.count()} rules, {Activity.objects.count():,} activities"
    yield at_most("assess", work, f"the same {len(statements)} aggregates as bare SQL through psql", ours, floor, 2)
    link = IndustryLink.objects.order_by("pk").first()
    activity = Activity.objects.filter(group__isnull=False).order_by("pk").first()
    assert link is not None
    assert activity is not None
    for name, record in (("industry link", link), ("activity", activity)):
        refresh(type(record), {record.pk})
        taken = sorted(seconds(lambda record=record: refresh(type(record), {record.pk})) for _round in range(rounds))
        yield within("assess", f"reassess after one changed {name}", taken[len(taken) // 2] * 1000, 100, unit="ms")
