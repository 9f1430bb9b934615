"""Imports: a register of organisations through the whole pipeline, against its bare reading and copying, and against
django-import-export."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import tablib
from django.db import connection
from import_export import fields, resources, widgets
from python_calamine import CalamineWorkbook

from benchmarks import data
from benchmarks.timing import Row, at_most, faster_than, in_turns, seconds
from zhixing.kernel import importing
from zhixing.kernel.models import Event, ImportChange, ImportRun
from zhixing.kernel.sheet import sheet_for
from zhixing.org.actors import actor_for
from zhixing.org.models import Division, IndustryCode, Unit
from zhixing.partners.models import Organisation

TABLE = Organisation._meta.db_table
FIELDS = (
    "uscc",
    "name",
    "kind",
    "nature",
    "size",
    "staff_count",
    "founded_on",
    "region",
    "industry",
    "keeper",
    "address",
)
COLUMNS = (
    "uscc, name, kind, nature, size, staff_count, founded_on, region_id, industry_id, keeper_id, address, "
    "short_name, status, status_reason, created_at, updated_at"
)


def empty() -> None:
    """The register without rows and without what earlier imports left."""
    with connection.cursor() as cursor:
        tables = (Organisation, Event, ImportChange, ImportRun)
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in tables)} CASCADE")


def ours(book: bytes) -> None:
    """Upload, mapping, cleaning, checks, duplicates, preview's counts, writing with history, events and undo."""
    actor = actor_for(data.college()["users"]["office"])
    run, _reading = importing.start(sheet_for("partners.organisation"), book, "register.xlsx", by=actor)
    found = importing.commit(run, by=actor)
    if found.counts["new"] != found.counts["rows"]:
        raise AssertionError(found.counts, found.faults[:3])


def ready(count: int) -> Iterator[tuple[Any, ...]]:
    """What the same rows are in the table's own terms."""
    units = dict(Unit.objects.values_list("name", "pk"))
    kinds = {str(label): value for value, label in Organisation.Kind.choices}
    natures = {str(label): value for value, label in Organisation.Nature.choices}
    sizes = {str(label): value for value, label in Organisation.Size.choices}
    for i, row in enumerate(data.register_rows(count)):
        code, name, kind, nature, size, staff, _day, region, industry, keeper, address = row
        day = data.day(i).isoformat()
        codes = kinds[kind], natures[nature], sizes[size]
        yield code, name, *codes, staff, day, region, industry, units[keeper], address, "", "lead", "", "now", "now"


def floor(book: bytes, rows: list[tuple[Any, ...]]) -> None:
    """Read the workbook, and copy the same rows, ready, into the register as it stands, with its indexes and checks:
    whoever keeps the register pays for those however the rows come in."""
    CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {TABLE} ({COLUMNS}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)


class _Label(widgets.Widget):
    """The words of a choice."""

    def __init__(self, choices: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.codes = {str(label): value for value, label in choices}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return self.codes[value]


class _Day(widgets.Widget):
    """A day in either of the register's two ways of writing."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return datetime.strptime(value, "%Y年%m月%d日" if "年" in value else "%Y-%m-%d").date()


class OrganisationResource(resources.ModelResource):
    """As its documentation says: declared fields, looked up by the code, validated, unchanged rows skipped."""

    uscc = fields.Field("uscc", data.HEADINGS[0])
    name = fields.Field("name", data.HEADINGS[1])
    kind = fields.Field("kind", data.HEADINGS[2], _Label(Organisation.Kind.choices))
    nature = fields.Field("nature", data.HEADINGS[3], _Label(Organisation.Nature.choices))
    size = fields.Field("size", data.HEADINGS[4], _Label(Organisation.Size.choices))
    staff_count = fields.Field("staff_count", data.HEADINGS[5], widgets.IntegerWidget())
    founded_on = fields.Field("founded_on", data.HEADINGS[6], _Day())
    region = fields.Field("region", data.HEADINGS[7], widgets.ForeignKeyWidget(Division, "code"))
    industry = fields.Field("industry", data.HEADINGS[8], widgets.ForeignKeyWidget(IndustryCode, "code"))
    keeper = fields.Field("keeper", data.HEADINGS[9], widgets.ForeignKeyWidget(Unit, "name"))
    address = fields.Field("address", data.HEADINGS[10])

    class Meta:
        model = Organisation
        fields = FIELDS
        import_id_fields = ("uscc",)
        clean_model_instances = True
        skip_unchanged = True
        use_transactions = True


def import_export(book: bytes) -> None:
    """django-import-export reads the workbook and imports it; the title row, which it does not know, is taken off."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()[1:]
    dataset = tablib.Dataset(*rows[1:], headers=rows[0])
    result = OrganisationResource().import_data(dataset, dry_run=False, raise_errors=True)
    if result.totals["new"] != len(rows) - 1:
        raise AssertionError(result.totals)


def measure(count: int, few: int, rounds: int) -> Iterator[Row]:
    data.college()
    book, rows = data.register(count), list(ready(count))

    def full() -> None:
        ours(book)

    def bare() -> None:
        floor(book, rows)

    mine, other = in_turns(full, bare, rounds=rounds, warm=0, before=empty)
    words = "validated, de-duplicated, events, undo"
    yield at_most("import", f"import of {count:,} rows, xlsx", "calamine read + COPY", mine, other, 4, words)
    small = data.register(few)
    mine = in_turns(lambda: ours(small), rounds=rounds, warm=0, before=empty)[0]
    empty()
    theirs = seconds(lambda: import_export(small))
    yield faster_than("import", f"import of {few:,} rows, xlsx", "django-import-export", mine, theirs, 10)
    empty()
