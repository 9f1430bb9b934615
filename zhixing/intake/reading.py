"""Reading a college's own registers: whatever file the office has, into rows of values, or one sentence on why not.

Files arrive as Excel of every age, WPS tables, CSV in three encodings, and web pages saved under the name .xls. The
type is told from the content, never from the name. Every file ends as a `Workbook` with at least one filled cell or
as a `ReadError` whose sentence tells the user what to do; nothing is read as "zero rows". Where the header stands and
what its columns mean is found in `headers.py`.
"""

import codecs
import csv
import gc
import io
import os
import pickle
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .cleaning import Fault, ReadError
from .headers import (
    ColumnMapping,
    DataRows,
    HeaderGuess,
    HeaderText,
    data_rows,
    find_header,
    map_headers,
    normalise_header,
)
from .html_tables import HtmlTables, Merged, Row

__all__ = [
    "ColumnMapping",
    "DataRows",
    "HeaderGuess",
    "HeaderText",
    "Limits",
    "ReadError",
    "SheetData",
    "Workbook",
    "column_letters",
    "data_rows",
    "filled_sheets",
    "find_header",
    "map_headers",
    "normalise_header",
    "open_workbook",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a register may be. `ZHIXING["import_limits"]` in the settings overrides any of these by name."""

    file_bytes: int = 60 << 20
    unpacked_bytes: int = 500 << 20
    ratio: int = 300
    rows: int = 200_000
    cells: int = 12_000_000

    @classmethod
    def current(cls) -> "Limits":
        """The limits of this installation."""
        return cls(**getattr(settings, "ZHIXING", {}).get("import_limits", {}))


@dataclass(slots=True)
class SheetData:
    """One sheet: rows from A1 on, so an index here is the row number on screen less one. Blank cells are ''."""

    name: str
    rows: list[Row]
    merged: Merged = field(default_factory=list)
    visible: bool = True


@dataclass(slots=True)
class Workbook:
    """A file that could be read. `kind`: xlsx, xls, et, csv, xlsb, ods or html. `warnings`: (code, sentence) the user
    should see."""

    kind: str
    sheets: list[SheetData]
    warnings: list[tuple[str, Any]] = field(default_factory=list)
    date_1904: bool = False


READ_SECONDS = 180

BROKEN = _(
    "The file is damaged and cannot be read. Open it in Excel or WPS, save it as a new .xlsx file and upload that."
)
ENCRYPTED = _(
    "The file is protected by a password. Open it, remove the password (File – Info – Protect), save and upload again."
)
EMPTY = _("The file holds no filled cell. Check that the right file was chosen and that it was saved.")
MACROS = _(
    "The file holds macros, which are not accepted. Save it as an ordinary Excel workbook (.xlsx) and upload that."
)
NOT_A_TABLE = _("This is not a table but %(what)s. Upload an Excel (.xlsx, .xls), WPS (.et) or CSV file.")
TOO_MANY_BYTES = _(
    "The file is too big: %(size)s MB, and at most %(limit)s MB are accepted. Split it and upload the parts."
)
TOO_MANY_ROWS = _("Sheet “%(sheet)s” has more than %(limit)s rows. Split it and upload the parts.")
STRAY_CELL = _(
    "Sheet “%(sheet)s” reaches to column %(column)s of row %(row)s, too far to read. "
    "Delete the stray cell or the empty rows and columns there, save and upload again."
)


def open_workbook(source: str | os.PathLike[str] | bytes, name: str = "", limits: Limits | None = None) -> Workbook:
    """Read a register that a user uploaded.

    `source` is a path or the bytes; `name` the name the user gave it, used only to tell WPS .et from .xls. Raises
    `ReadError`.
    """
    limits = limits or Limits.current()
    if not isinstance(source, bytes):
        name = name or os.fspath(source)
        if (size := Path(source).stat().st_size) > limits.file_bytes:
            raise _too_many_bytes(size, limits.file_bytes)
        source = Path(source).read_bytes()
    if len(source) > limits.file_bytes:
        raise _too_many_bytes(len(source), limits.file_bytes)
    if not source.strip(b"\0 \r\n\t"):
        raise ReadError("empty", EMPTY)
    if source[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        book = _open_zip(source, limits)
    elif source[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        book = _open_ole(source, name, limits)
    else:
        book = _open_text(source, limits)
    if not any(cell != "" for sheet in book.sheets for row in sheet.rows for cell in row):
        raise ReadError("empty", EMPTY)
    for sheet in book.sheets:
        # Rows below the last filled one are formatting, and count for nothing.
        while sheet.rows and not any(cell != "" for cell in sheet.rows[-1]):
            sheet.rows.pop()
        if (
            len(sheet.rows) > limits.rows
            and sum(1 for row in sheet.rows if any(cell != "" for cell in row)) > limits.rows
        ):
            raise ReadError("too_big", TOO_MANY_ROWS, sheet=sheet.name, limit=limits.rows)
    return book


def _too_many_bytes(size: int, limit: int) -> ReadError:
    return ReadError("too_big", TOO_MANY_BYTES, size=-(-size >> 20) or 1, limit=limit >> 20)


# Zipped formats


def _open_zip(data: bytes, limits: Limits) -> Workbook:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {info.filename: info for info in archive.infolist()}
            unpacked = sum(info.file_size for info in entries.values())
            if unpacked > limits.unpacked_bytes:
                raise _too_many_bytes(unpacked, limits.unpacked_bytes)
            for info in entries.values():
                if info.file_size > (20 << 20) and info.file_size > limits.ratio * max(info.compress_size, 1):
                    raise _too_many_bytes(info.file_size, limits.file_bytes)
            lower = {entry.lower().replace("\\", "/") for entry in entries}
            if any(entry.endswith("vbaproject.bin") or "/macrosheets/" in entry for entry in lower):
                raise ReadError("macros", MACROS)
            if "mimetype" in entries and archive.read("mimetype")[:60].startswith(
                b"application/vnd.oasis.opendocument.spread"
            ):
                if "META-INF/manifest.xml" in entries and b"encryption-data" in archive.read("META-INF/manifest.xml"):
                    raise ReadError("encrypted", ENCRYPTED)
                return Workbook("ods", _read_apart(data, limits))
            if any(entry.endswith("workbook.bin") for entry in lower):
                return Workbook("xlsb", _read_apart(data, limits), _link_warnings(lower))
            if "[content_types].xml" not in lower:
                raise ReadError("unknown_type", NOT_A_TABLE, what=_("a zip archive"))
            if any(entry.startswith(("word/", "ppt/")) for entry in lower):
                raise ReadError("unknown_type", NOT_A_TABLE, what=_("a Word or PowerPoint document"))
            return _open_xlsx(data, archive, entries, limits, _link_warnings(lower))
    except Fault:
        raise
    # A flipped byte in an archive surfaces as any of a dozen errors of zipfile and zlib; to the user all are one: a
    # damaged file.
    except Exception as error:
        raise ReadError("broken", BROKEN) from error


def _link_warnings(entries: set[str]) -> list[tuple[str, Any]]:
    if any("/externallinks/" in entry for entry in entries):
        return [("external_links", EXTERNAL_LINKS)]
    return []


EXTERNAL_LINKS = _("The file refers to other workbooks. The values last saved were read; the links were not followed.")


def _open_xlsx(
    data: bytes,
    archive: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    limits: Limits,
    warnings: list[tuple[str, Any]],
) -> Workbook:
    with _reading_apart(data, limits) as result:
        # The other process reads meanwhile; what is looked at here is what it cannot tell.
        filled, errors = False, 0
        for name, info in entries.items():
            if info.file_size < 60 or not name.lower().endswith(".xml"):
                continue
            with archive.open(info) as stream:
                head = stream.read(8192)
                if (
                    b"worksheet" not in head.replace(b"\0", b"")
                    or b"/content-types" in head
                    or b"Relationships" in head
                ):
                    continue
                xml = head + stream.read()
            sheet_filled, sheet_errors = _scan_sheet(xml, Path(name).stem, limits)
            filled, errors = filled or sheet_filled, errors + sheet_errors
        date_1904 = any(
            re.search(rb'date1904\s*=\s*"(?:1|true)"', archive.read(name))
            for name in entries
            if name.lower().endswith("/workbook.xml") and entries[name].file_size < (1 << 22)
        )
        sheets = result()
    if filled and not any(sheet.rows for sheet in sheets):
        raise ReadError("broken", BROKEN)
    if errors:
        warnings = [*warnings, ("error_cells", CellErrors(errors))]
    return Workbook("xlsx", sheets, warnings, date_1904)


class CellErrors:
    """A sentence with a count, put into the reader's language when it is shown."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __str__(self) -> str:
        return str(_("%(count)s cells hold an Excel error such as #N/A or #REF! and were read as blank.")) % {
            "count": self.count
        }


# A reference so far out that the box around all cells could be too large, or a cell written in an unusual way: look
# closely.
_FAR_OR_ODD = re.compile(rb'<c(?: r="(?:[A-Z]{3}|[C-Z][A-Z][0-9]{5}|[A-Z]{2}[0-9]{6})| (?!r=")|[\t\r\n>])')
_TOKEN = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])([^>]*)>")
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,3})([0-9]{0,7})[\"']")


def _scan_sheet(xml: bytes, name: str, limits: Limits) -> tuple[bool, int]:
    """(whether any cell is filled, how many hold an error); raises `ReadError` (too_big) where a stray cell stands.

    The reader lays a sheet out as one box from the first to the last filled cell, so one value in A1 and one in
    XFD1048576 are more than it can hold. Here the user is told which cell it is. The declared range proves nothing.
    """
    if b"\0" in xml[:200]:
        xml = xml.decode("utf-16", "replace").encode()
    filled = any(mark in xml for mark in (b"<v>", b"<v ", b":v>", b"<is>", b"<t>"))
    last = re.search(rb'\br="([0-9]{1,9})"', xml[xml.rfind(b"<row ") :][:400])
    plain = (
        b":c " not in xml
        and b":c>" not in xml
        and (not last or int(last[1]) <= limits.rows)
        and not _FAR_OR_ODD.search(xml)
    )
    if not plain:
        _measure(xml, name, limits)
    return filled, xml.count(b't="e"')


def _measure(xml: bytes, name: str, limits: Limits) -> None:
    row = column = far_row = far_column = filled_rows = 0
    seen = -1
    for token in _TOKEN.finditer(xml):
        reference = _REFERENCE.search(token[2])
        if token[1] == b"row":
            row, column = int(reference[2]) if reference and reference[2] else row + 1, 0
            continue
        if reference and reference[1] and reference[2]:
            row, column = int(reference[2]), _column_number(reference[1])
        else:
            column += 1
        if token[2].endswith(b"/"):
            continue
        far_row, far_column = max(far_row, row), max(far_column, column)
        if row != seen:
            seen, filled_rows = row, filled_rows + 1
    if filled_rows > limits.rows:
        raise ReadError("too_big", TOO_MANY_ROWS, sheet=name, limit=limits.rows)
    if far_row * far_column > limits.cells or far_column > 16384:
        raise ReadError("too_big", STRAY_CELL, sheet=name, row=far_row, column=column_letters(far_column - 1))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def column_letters(index: int) -> str:
    """The name of a column on screen: 0 → A, 26 → AA."""
    letters, index = "", index + 1
    while index > 0:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters or "A"


# Binary formats


def _open_ole(data: bytes, name: str, limits: Limits) -> Workbook:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            streams = {"/".join(path).lower() for path in ole.listdir()}
            if "encryptedpackage" in streams:
                raise ReadError("encrypted", ENCRYPTED)
            book = next((stream for stream in ("workbook", "book") if stream in streams), None)
            if book is None:
                what = _("a Word document") if "worddocument" in streams else _("another kind of document")
                raise ReadError("unknown_type", NOT_A_TABLE, what=what)
            if any(stream.startswith("_vba_project_cur/") for stream in streams):
                raise ReadError("macros", MACROS)
            links, date_1904 = _workbook_globals(ole.openstream(book).read(1 << 20))
    except Fault:
        raise
    # Like the archive above: any error of a damaged container is one message.
    except Exception as error:
        raise ReadError("broken", BROKEN) from error
    kind = "et" if name.lower().endswith((".et", ".ett")) else "xls"
    return Workbook(kind, _read_apart(data, limits), [("external_links", EXTERNAL_LINKS)] if links else [], date_1904)


def _workbook_globals(stream: bytes) -> tuple[bool, bool]:
    """(refers to other workbooks, counts days from 1904), from the records before the first sheet ([MS-XLS] 2.4.271
    and 2.4.77)."""
    links = date_1904 = False
    at = 0
    while at + 4 <= len(stream):
        record, size = int.from_bytes(stream[at : at + 2], "little"), int.from_bytes(stream[at + 2 : at + 4], "little")
        body = stream[at + 4 : at + 4 + size]
        if record == 0x0A:
            break
        # FILEPASS: what follows is enciphered.
        if record == 0x2F:
            raise ReadError("encrypted", ENCRYPTED)
        if record == 0x22:
            date_1904 = body[:1] == b"\x01"
        # 0x0401 marks the workbook itself and 0x3A01 an add-in; anything else is the name of another file.
        if record == 0x01AE and body[2:4] not in (b"\x01\x04", b"\x01\x3a"):
            links = True
        at += 4 + size
    return links, date_1904


@contextmanager
def _reading_apart(data: bytes, limits: Limits) -> Iterator[Callable[[], list[SheetData]]]:
    """Starts to read in another process (see `sandboxed_reader.py`); the function given waits for the sheets."""
    program = Path(__file__).with_name("sandboxed_reader.py")
    command = [sys.executable, "-I", str(program), str(limits.cells)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as child:

        def result() -> list[SheetData]:
            try:
                answer, _errors = child.communicate(timeout=READ_SECONDS)
                code, found = _loads(answer)
            except (subprocess.TimeoutExpired, pickle.UnpicklingError, EOFError, BrokenPipeError) as error:
                raise ReadError("broken", BROKEN) from error
            if code == "encrypted":
                raise ReadError("encrypted", ENCRYPTED)
            if code == "too_big":
                sheet, rows, columns = found
                raise ReadError("too_big", STRAY_CELL, sheet=sheet, row=rows, column=column_letters(columns - 1))
            if code != "ok":
                raise ReadError("broken", BROKEN)
            return [SheetData(name, rows, merged, visible) for name, visible, rows, merged in found]

        try:
            assert child.stdin is not None
            with suppress(BrokenPipeError):
                child.stdin.write(data)
                child.stdin.close()
            # communicate() would write and close again.
            child.stdin = None
            yield result
        finally:
            child.kill()


def _loads(answer: bytes) -> tuple[str, Any]:
    # A million new values at once would set the collector off again and again for nothing.
    collecting = gc.isenabled()
    gc.disable()
    try:
        code, found = pickle.loads(answer)
        return code, found
    finally:
        if collecting:
            gc.enable()


def _read_apart(data: bytes, limits: Limits) -> list[SheetData]:
    with _reading_apart(data, limits) as result:
        return result()


# Text formats

_SIGNATURES: tuple[tuple[bytes, Any], ...] = (
    (b"%PDF", _("a PDF document")),
    (b"\xff\xd8\xff", _("a picture")),
    (b"\x89PNG", _("a picture")),
    (b"GIF8", _("a picture")),
    (b"BM", _("a picture")),
    (b"Rar!", _("a compressed archive")),
    (b"7z\xbc\xaf", _("a compressed archive")),
    (b"\x1f\x8b", _("a compressed archive")),
    (b"{\\rtf", _("a text document (RTF)")),
    (b"MIME-Version:", _("a web archive (MHT) under the name of a table")),
)


def _open_text(data: bytes, limits: Limits) -> Workbook:
    for signature, what in _SIGNATURES:
        if data.startswith(signature) and (signature != b"BM" or b"\0" in data[:64]):
            raise ReadError("unknown_type", NOT_A_TABLE, what=what)
    text = _decode(data)
    if text is None or "\0" in text:
        raise ReadError("unknown_type", NOT_A_TABLE, what=_("a file of an unknown kind"))
    start = text[:4096].lower()
    if "urn:schemas-microsoft-com:office:spreadsheet" in start and "<html" not in start:
        raise ReadError(
            "unknown_type", NOT_A_TABLE, what=_("an XML table of Excel 2003, which must first be saved as .xlsx")
        )
    if re.match(r"\s*(<!doctype html|<html|<table|<meta|<head|<style|<\?xml[^>]*>\s*(<!doctype html|<html))", start):
        return _open_html(text, limits)
    if start.lstrip().startswith(("<?xml", "<svg")):
        raise ReadError("unknown_type", NOT_A_TABLE, what=_("an XML file"))
    return _open_csv(text, limits)


def _decode(data: bytes) -> str | None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in data[:2000]:
        # UTF-16 without a mark: the zero bytes of ASCII letters and commas stand all on one side.
        odd, even = data[1:2000:2].count(0), data[0:2000:2].count(0)
        encodings = ["utf-16-le"] if odd > 4 * even else ["utf-16-be"] if even > 4 * odd else []
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            if encoding == "utf-8-sig" and _damaged_utf8(data):
                raise ReadError("broken", WRONG_LETTERS) from None
            continue
        # Binary data often happens to be valid GB18030; text has next to no control characters.
        sample = text[:5000]
        if sum(1 for letter in sample if letter < " " and letter not in "\r\n\t\f\v") * 100 > len(sample):
            return None
        return text.lstrip("\ufeff")
    return None


def _damaged_utf8(data: bytes) -> bool:
    """Whether this was UTF-8 that lost a few bytes: read as GB18030 it would be nonsense that looks like Chinese."""
    if data.startswith(codecs.BOM_UTF8):
        return True
    letters = data.decode("utf-8", "replace")
    wide = sum(1 for letter in letters if letter > "\u00ff" and letter != "\ufffd")
    return letters.count("\ufffd") * 10 < wide


WRONG_LETTERS = _(
    "Some characters of the file are damaged. Open the original, save it as .xlsx or as CSV UTF-8 and upload that."
)


def _open_csv(text: str, limits: Limits) -> Workbook:
    rows: list[Row] = []
    try:
        # csv's own limit of 131,072 letters a field is kept: a longer field is an unclosed quotation mark.
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)):
            # Excel writes ="0123" to keep leading zeros.
            rows.append([cell[2:-1] if cell[:2] == '="' and cell[-1:] == '"' else cell for cell in row])
            if len(rows) > 2 * limits.rows:
                raise ReadError("too_big", TOO_MANY_ROWS, sheet="CSV", limit=limits.rows)
    except csv.Error as error:
        raise ReadError("broken", CSV_BROKEN, line=len(rows) + 1) from error
    return Workbook("csv", [SheetData("CSV", rows)])


CSV_BROKEN = _(
    "Line %(line)s of the CSV file cannot be read; a quotation mark may be missing its partner. "
    "Mend it and upload again."
)


def _delimiter(text: str) -> str:
    lines = [re.sub(r'"[^"]*"', "", line) for line in text[:20_000].splitlines()[:50] if line.strip()]
    best, best_score = ",", 0.0
    for candidate in (",", "\t", ";"):
        counts = [line.count(candidate) for line in lines]
        if any(counts):
            common = max(set(counts) - {0}, key=counts.count)
            score = counts.count(common) * (1 + common / 1000)
            if score > best_score:
                best, best_score = candidate, score
    return best


def _open_html(text: str, limits: Limits) -> Workbook:
    parser = HtmlTables(2 * limits.rows)
    try:
        parser.feed(text)
        parser.close()
    except OverflowError:
        raise ReadError("too_big", TOO_MANY_ROWS, sheet="HTML", limit=limits.rows) from None
    sheets = [
        SheetData(f"HTML {number}", rows, merged) for number, (rows, merged) in enumerate(parser.tables, 1) if rows
    ]
    if not sheets:
        raise ReadError("unknown_type", NOT_A_TABLE, what=_("a web page without a table"))
    return Workbook("html", sheets)


def filled_sheets(book: Workbook) -> Iterator[SheetData]:
    """The sheets that hold anything, visible ones first: the order in which to offer them for import."""
    filled = [sheet for sheet in book.sheets if sheet.rows]
    yield from sorted(filled, key=lambda sheet: not sheet.visible)
