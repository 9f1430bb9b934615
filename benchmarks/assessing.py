"""The evaluation of the policy over a large college, against the same aggregates as bare SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import data
from benchmarks.timing import Row, at_most, in_turns, seconds, within
from zhixing.governance.models import Task
from zhixing.kernel import measures
from zhixing.partners.models import Activity, IndustryLink
from zhixing.policy import loading
from zhixing.policy.engine import assess
from zhixing.policy.models import Rule
from zhixing.policy.refreshing import refresh
from zhixing.sample import build

ACTIVITIES, TASKS = 100_000, 50_000


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
    ):
        assess(store=False)
    return asked


def measure(scale: float, rounds: int) -> Iterator[Row]:
    college(scale)
    assess()
    statements = aggregates()

    def bare() -> None:
        with connection.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()

    ours, floor = in_turns(assess, bare, rounds=rounds)
    work = f"assess the whole college, {Rule.objects.count()} rules, {Activity.objects.count():,} activities"
    yield at_most("assess", work, f"the same {len(statements)} aggregates as bare SQL", ours, floor, 2)
    link = IndustryLink.objects.order_by("pk").first()
    activity = Activity.objects.filter(group__isnull=False).order_by("pk").first()
    assert link is not None
    assert activity is not None
    for name, record in (("industry link", link), ("activity", activity)):
        refresh(type(record), {record.pk})
        taken = sorted(seconds(lambda record=record: refresh(type(record), {record.pk})) for _round in range(rounds))
        yield within("assess", f"reassess after one changed {name}", taken[len(taken) // 2] * 1000, 100, unit="ms")
