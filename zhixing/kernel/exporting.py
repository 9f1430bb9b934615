"""Exports stream: exactly the rows and columns of the screen, memory flat, and no cell ever starts a formula."""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import xlsxwriter
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


def rows(listing: Listing) -> Iterator[list[Any]]:
    """The cells of every row, as words in the reader's language; numbers stay numbers."""
    sheet = listing.sheet
    columns = [(path, values.is_numeric(sheet, path)) for path in listing.columns]
    for record in listing.fetch().iterator(chunk_size=_CHUNK):
        yield [_number(values.machine(sheet.field(path), record, path)) if numeric else values.text(sheet, record, path) for path, numeric in columns]


def _number(value: Any) -> Any:
    return None if value is None else float(value) if not isinstance(value, int) else value


def headings(listing: Listing) -> list[str]:
    return [str(listing.sheet.column_label(path)) for path in listing.columns]


def safe(value: Any) -> Any:
    """Text that a spreadsheet would run is made plain text."""
    return "'" + value if isinstance(value, str) and value[:1] in "=+-@\t\r" and not _is_number(value) else value


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
    book = xlsxwriter.Workbook(str(target), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
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
    count, batch = 0, []
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


def _table(batch: list[list[Any]], schema: pyarrow.Schema) -> pyarrow.Table:
    columns = zip(*batch, strict=True)
    return pyarrow.Table.from_arrays([pyarrow.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)


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


