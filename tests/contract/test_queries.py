"""The number of queries does not grow with the rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import World, build, make
from zhixing.kernel.sheet import Sheet, sheet_for

# The session, the account and its hats are asked on every request; a list has 8 in all, a record's page 15.
LIST, DETAIL = 8, 15


@contextmanager
def counted() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as found:
        yield found


def asked(world: World, url: str) -> list[str]:
    """The statements of one page, for a role that sees the whole school; the first call fills what is remembered."""
    client = world.client("office")
    assert client.get(url).status_code == 200, url
    with counted() as found:
        client.get(url)
    return [query["sql"] for query in found.captured_queries]


# So many rows more than two: a question asked for each of them shows.
MANY = 200


def same(few: list[str], many: list[str], limit: int, where: str) -> None:
    listed = "\n".join(sql.split("FROM", 1)[-1][:110] for sql in many)
    assert len(few) == len(many), f"{where}: {len(few)} queries for 2 rows, {len(many)} for many:\n{listed}"
    assert len(many) <= limit, f"{where}: {len(many)} queries, not {limit}:\n{listed}"


def with_some(model: Any, world: World, count: int) -> None:
    """So many rows more; those that come along with what a row hangs on count too."""
    rows = model._base_manager.all()
    wanted = rows.count() + count
    while rows.count() < wanted:
        record = make(model, unit=world.own, full=True)
        for field in model._meta.many_to_many:
            if not getattr(record, field.name).exists():
                getattr(record, field.name).add(make(field.related_model, unit=world.own))


def with_many(model: Any, world: World) -> None:
    """More rows that point to what the last one points to, at once; where a rule forbids that, each with its own."""
    last = model._base_manager.order_by("-pk").first()
    relations = [f for f in model._meta.concrete_fields if f.is_relation and not f.unique]
    shared = {f.name: getattr(last, f.name) for f in relations if getattr(last, f.attname) is not None}
    placed = {"unit": shared.pop("unit", world.own), "person": shared.pop("person", None)}
    try:
        with transaction.atomic():
            rows = [build(model, full=True, **placed, **shared)[0] for _i in range(MANY)]
            model._base_manager.bulk_create(rows)
            for field in model._meta.many_to_many:
                pair = {field.m2m_reverse_field_name(): getattr(last, field.name).first()}
                through = field.remote_field.through
                through._base_manager.bulk_create(through(**{field.m2m_field_name(): row}, **pair) for row in rows)
    except DatabaseError:
        with_some(model, world, MANY)


def test_list_and_api_ask_as_often_for_many_rows_as_for_2(world: World, sheet: Sheet) -> None:
    domain, name = sheet.key.split(".")
    columns = ",".join(sheet.all_columns)
    addresses = {
        "list": (sheet.url("list"), LIST),
        "API": (f"/api/v1/{domain}/{name}?page_size=500", LIST),
        # All columns at once: one more query for each relation to many.
        "list, all columns": (f"{sheet.url('list')}?columns={columns}", LIST + len(sheet.model._meta.many_to_many)),
        "API, all columns": (f"/api/v1/{domain}/{name}?page_size=500&columns={columns}", LIST),
    }
    with_some(sheet.model, world, 2)
    few = {where: asked(world, url) for where, (url, _limit) in addresses.items()}
    with_many(sheet.model, world)
    for where, (url, limit) in addresses.items():
        same(few[where], asked(world, url), limit, f"{sheet.key} {where}")


def test_a_record_asks_as_often_with_many_hanging_on_it(world: World, sheet: Sheet) -> None:
    record = make(sheet.model, unit=world.own, full=True)
    url = sheet.url("detail", record.pk)
    _hang(sheet, record, world, 2)
    few = asked(world, url)
    _hang(sheet, record, world, 9)
    # Each relation to many asks for itself, and a panel of its own once or twice.
    limit = DETAIL + len(sheet.model._meta.many_to_many) + 2 * len(sheet.panels)
    same(few, asked(world, url), limit, f"{sheet.key} detail")


def _hang(sheet: Sheet, record: Any, world: World, count: int) -> None:
    """Rows in each list that a record's page shows."""
    for name in sheet.related:
        relation: Any = sheet.model._meta.get_field(name)
        target = relation.related_model
        if sheet_for(target) is None:
            continue
        many = relation.many_to_many
        for _i in range(count):
            if many:
                getattr(record, relation.get_accessor_name() if relation.auto_created else name).add(
                    make(target, unit=world.own)
                )
            else:
                values = {relation.field.name: record}
                make(
                    target, **{"unit": None if relation.field.name == "unit" else world.own, **values, **_apart(target)}
                )


_days = itertools.count(1)


def _apart(model: Any) -> dict[str, Any]:
    """Rows of one parent that must not be alike: types whose key has nothing of its own to tell them apart."""
    n = next(_days)
    day = date(1990, 1, 1) + timedelta(days=n)
    fields = {field.name: field for field in model._meta.concrete_fields}
    found: dict[str, Any] = {}
    if {"starts_on", "ends_on"} <= set(fields):
        found |= {"starts_on": day, "ends_on": day}
    if "version" in fields and "status" in fields:
        found |= {"version": n, "status": "replaced"}
    if isinstance(fields.get("number"), models.IntegerField):
        found |= {"number": n}
    if isinstance(fields.get("month"), models.IntegerField):
        found |= {"month": n}
    return found or {name: day for name, f in fields.items() if name.endswith(("ed_on", "effective_on")) and not f.null}
