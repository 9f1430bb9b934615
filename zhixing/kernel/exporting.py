"""Exports stream: exactly the rows and columns of the screen, memory flat, and no cell ever starts a formula."""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import xlsxwriter
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhixing.kernel import values
from zhixing.kernel.filtering import Listing
from zhixing.kernel.models import Event
from zhixing.kernel.sheet import Sheet
from zhixing.kernel.views import sheet_of

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_CHUNK = 2000


def rows(listing: Listing) -> Iterator[tuple[Any, ...]]:
    """The cells of every row, as words in the reader's language; numbers stay numbers.

    Bare values are fetched and turned column by column, a few thousand rows at a time: no record is built for a row.
    """
    sheet, columns = listing.sheet, listing.columns
    many = [path for path in columns if (field := sheet.field(path)) is not None and field.many_to_many]
    single = [path for path in columns if path not in many]
    turn: dict[str, Callable[[Sequence[Any]], list[Any]]] = {path: _turner(sheet, path) for path in columns}
    for chunk in _chunks(listing.bare(*single).iterator(chunk_size=_CHUNK)):
        keys, *found = zip(*chunk, strict=True)
        cells = {path: turn[path](given) for path, given in zip(single, found, strict=True)}
        cells.update((path, turn[path](_several(sheet, path, keys))) for path in many)
        yield from zip(*(cells[path] for path in columns), strict=True)


def _chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


def _several(sheet: Sheet, path: str, keys: Sequence[int]) -> list[list[int]]:
    """For each row the keys of the records that a column of many points to."""
    found: dict[int, list[int]] = {key: [] for key in keys}
    pairs = sheet.model._base_manager.filter(pk__in=keys, **{f"{path}__isnull": False}).order_by("pk", path)
    for key, target in pairs.values_list("pk", path):
        found[key].append(target)
    return list(found.values())


def _turner(sheet: Sheet, path: str) -> Callable[[Sequence[Any]], list[Any]]:
    """How a column's bare values become cells."""
    field = sheet.field(path)
    if values.is_numeric(sheet, path):
        return lambda given: [_number(value) for value in given]
    if field is not None and field.is_relation:
        titles = _Titles(field.related_model)  # type: ignore[arg-type]
        return titles.joined if field.many_to_many else titles.of
    if path in sheet.spelled:
        words = sheet.spelled[path].write
    else:
        words = values.plain if field is None else values.words_of(field)
    return lambda given: [words(value) for value in given]


class _Titles:
    """How the records of a type are called, asked once for each of them, and not kept without end."""

    def __init__(self, model: type[Model]):
        self.model = model
        self.known: dict[Any, str] = {}

    def of(self, keys: Iterable[Any]) -> list[str]:
        keys = list(keys)
        missing = {key for key in keys if key is not None and key not in self.known}
        if missing:
            if len(self.known) > 10 * _CHUNK:
                self.known = {key: self.known[key] for key in set(keys) & self.known.keys()}
            needs = getattr(self.model, "title_needs", ())
            records = self.model._base_manager.filter(pk__in=missing)
            self.known.update(
                (record.pk, str(record)) for record in (records.select_related(*needs) if needs else records)
            )
        return ["" if key is None else self.known.get(key, "") for key in keys]

    def joined(self, lists: Sequence[list[Any]]) -> list[str]:
        self.of({key for keys in lists for key in keys})
        return ["、".join(self.known.get(key, "") for key in keys) for keys in lists]


def _number(value: Any) -> Any:
    return None if value is None else float(value) if not isinstance(value, int) else value


def headings(listing: Listing) -> list[str]:
    return [str(listing.sheet.column_label(path)) for path in listing.columns]


def safe(value: Any) -> Any:
    """Text that a spreadsheet would run is made plain text."""
    return (
        "'" + value
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_number(value)
        else value
    )


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def write(listing: Listing, kind: str, target: Path) -> int:
    """Write the listing to a file; returns the number of rows."""
    return {"xlsx": _xlsx, "csv": _csv, "parquet": _parquet}[kind](listing, target)


def _xlsx(listing: Listing, target: Path) -> int:
    book = xlsxwriter.Workbook(
        str(target),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    page = book.add_worksheet(str(listing.sheet.label_plural)[:31])
    head = book.add_format({"bold": True, "bg_color": "#e3f1f3", "border": 1})
    names = headings(listing)
    for i, name in enumerate(names):
        page.set_column(i, i, min(max(len(name) * 2 + 4, 12), 40))
    page.write_row(0, 0, names, head)
    page.freeze_panes(1, 1)
    count = 0
    for count, row in enumerate(rows(listing), 1):
        for i, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    page.write_string(count, i, value)
            elif value is not None:
                page.write_number(count, i, value)
    if count:
        page.autofilter(0, 0, count, len(names) - 1)
    book.close()
    return count


def _csv(listing: Listing, target: Path) -> int:
    # The mark at the beginning lets Excel and WPS open Chinese text correctly.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings(listing))
        count = 0
        for count, row in enumerate(rows(listing), 1):  # noqa: B007
            writer.writerow([safe(value) for value in row])
    return count


def _parquet(listing: Listing, target: Path) -> int:
    sheet = listing.sheet
    kinds = [pyarrow.float64() if values.is_numeric(sheet, path) else pyarrow.string() for path in listing.columns]
    schema = pyarrow.schema([pyarrow.field(path, kind) for path, kind in zip(listing.columns, kinds, strict=True)])
    count = 0
    batch: list[tuple[Any, ...]] = []
    with pyarrow.parquet.ParquetWriter(target, schema) as writer:
        for row in rows(listing):
            batch.append(row)
            count += 1
            if len(batch) == _CHUNK:
                writer.write_table(_table(batch, schema))
                batch = []
        if batch:
            writer.write_table(_table(batch, schema))
    return count


def _table(batch: list[tuple[Any, ...]], schema: pyarrow.Schema) -> pyarrow.Table:
    columns = zip(*batch, strict=True)
    return pyarrow.Table.from_arrays(
        [pyarrow.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema
    )


def record_export(sheet: Sheet, listing: Listing, kind: str, count: int) -> None:
    """Who took which rows out, and how many: one event for the list, none of its content."""
    Event.objects.create(
        record_type=sheet.key,
        record_id=0,
        label=str(sheet.label_plural),
        verb="exported",
        actor_id=listing.actor.user_id,
        actor_name=listing.actor.name,
        data={"rows": count, "kind": kind, "query": listing.query.urlencode(), "columns": list(listing.columns)},
    )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@require_GET
def export_page(request: HttpRequest, domain: str, name: str, kind: str) -> HttpResponse:
    """The list on screen as a file."""
    if kind not in KINDS:
        raise Http404
    sheet = sheet_of(request, domain, name, "export")
    listing = Listing(sheet, request.actor, request.GET, capability="export")  # type: ignore[attr-defined]
    file = tempfile.NamedTemporaryFile(suffix=f".{kind}")  # noqa: SIM115  (closed by the response)
    count = write(listing, kind, Path(file.name))
    # A download is not a change of the register; the log of who took data out is the only write, and must not be skipped.
    record_export(sheet, listing, kind, count)
    title = _("%(type)s %(day)s") % {"type": sheet.label_plural, "day": timezone.localdate().isoformat()}
    return FileResponse(file, as_attachment=True, filename=f"{title}.{kind}", content_type=KINDS[kind])
