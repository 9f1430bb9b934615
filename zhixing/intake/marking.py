"""Hand a register back with its faults marked: the user's own file, cells coloured, each with a comment, and a column
of sentences.

The user mends the marked cells and uploads the same file again.
"""

import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import pgettext_lazy

from .reading import SheetData, open_workbook

FILL = "FFE0DB"
HEADER_FILL = "C0392B"
TITLE = pgettext_lazy("in a marked file", "Faults")
OWN_FILE_CELLS = 300_000

Marks = dict[int, list[tuple[int | None, str]]]


def mark_faults(
    src_bytes: bytes,
    kind: str,
    sheet_name: str,
    header_row_index: int,
    faults: Iterable[tuple[int, int | None, Any]],
    limit: int = 5000,
) -> bytes:
    """An .xlsx with the faults marked.

    `faults`: (row index, column index or None for the whole row, sentence), counted from 0. At most `limit` are
    marked; the new column's header says when there are more. The user's own formatting stays where the file is an
    ordinary .xlsx of at most 300,000 cells; otherwise the values are written to a new one. Text that begins like a
    formula stays text.
    """
    marks: Marks = defaultdict(list)
    count = 0
    for row, column, message in faults:
        count += 1
        if count <= limit:
            marks[row].append((column, str(message)))
    title = str(TITLE)
    if count > limit:
        title = _g("Faults (the first %(limit)s of %(count)s)") % {"limit": limit, "count": count}
    book = open_workbook(src_bytes, f"register.{kind}")
    sheet = next((sheet for sheet in book.sheets if sheet.name == sheet_name), book.sheets[0])
    # openpyxl takes a minute and a gigabyte for what the copy below writes in seconds.
    if book.kind == "xlsx" and sum(len(row) for row in sheet.rows) <= OWN_FILE_CELLS:
        try:
            return _mark_own(src_bytes, sheet, header_row_index, marks, title)
        # openpyxl refuses many files that Excel opens, and with any error; the copy below then serves the user just
        # as well.
        except Exception:
            pass
    return _mark_copy(sheet, header_row_index, marks, title)


def _mark_own(data: bytes, sheet: SheetData, header_row_index: int, marks: Marks, title: str) -> bytes:
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book[sheet.name]
    # openpyxl reads nothing from Strict files and says nothing: compare with what was read.
    filled = next((r, c) for r, row in enumerate(sheet.rows) for c, cell in enumerate(row) if cell != "")
    if page.cell(filled[0] + 1, filled[1] + 1).value is None:
        raise ValueError("openpyxl does not see the cells")
    fill = PatternFill("solid", fgColor=FILL)
    last = max((len(row) for row in sheet.rows), default=0)
    head = page.cell(header_row_index + 1, last + 1, title)
    head.fill, head.font = PatternFill("solid", fgColor=HEADER_FILL), Font(color="FFFFFF", bold=True)
    page.column_dimensions[head.column_letter].width = 60
    for row, found in marks.items():
        cell = page.cell(row + 1, last + 1)
        cell.value = "\n".join(message for _column, message in found)
        cell.data_type, cell.fill = "s", fill
        for column, message in found:
            if column is None:
                continue
            faulty = page.cell(row + 1, column + 1)
            # Inside a merged range only its first cell may be written.
            if type(faulty).__name__ == "MergedCell":
                continue
            faulty.fill = fill
            earlier = f"{faulty.comment.text}\n" if faulty.comment else ""
            faulty.comment = Comment(f"{earlier}{message}"[:2000], "Zhixing", height=90, width=320)
    for cells in page.iter_rows():
        for cell in cells:
            # A string stays a string when the file is opened; the prefix keeps it one when the user edits the cell.
            if cell.data_type == "s" and str(cell.value)[:1] in ("=", "+", "-", "@", "\t", "\r"):
                cell.quotePrefix = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _mark_copy(sheet: SheetData, header_row_index: int, marks: Marks, title: str) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    page = book.add_worksheet()
    faulty, day = book.add_format({"bg_color": f"#{FILL}"}), book.add_format({"num_format": "yyyy-mm-dd"})
    faulty_day = book.add_format({"num_format": "yyyy-mm-dd", "bg_color": f"#{FILL}"})
    wrapped = book.add_format({"bg_color": f"#{FILL}", "text_wrap": True})
    head = book.add_format({"bg_color": f"#{HEADER_FILL}", "font_color": "#FFFFFF", "bold": True})
    last = max((len(row) for row in sheet.rows), default=0)
    page.set_column(last, last, 60)
    for index, row in enumerate(sheet.rows):
        found = marks.get(index, [])
        columns = {column for column, _message in found}
        for column, value in enumerate(row):
            _write(page, index, column, value, *((faulty, faulty_day) if column in columns else (None, day)))
        if index == header_row_index:
            page.write_string(index, last, title, head)
        if found:
            page.write_string(index, last, "\n".join(message for _column, message in found)[:32_000], wrapped)
            comments: dict[int, list[str]] = defaultdict(list)
            for place, message in found:
                if place is not None:
                    comments[place].append(message)
            for marked, messages in comments.items():
                page.write_comment(index, marked, "\n".join(messages)[:2000], {"author": "Zhixing", "x_scale": 2})
    book.close()
    return out.getvalue()


def _write(page: Any, row: int, column: int, value: Any, style: Any, day_style: Any) -> None:
    if value == "" or value is None:
        page.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, style)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, style)
    elif isinstance(value, dt.date) and value.year >= 1900:
        page.write_datetime(row, column, value, day_style)
    else:
        page.write_string(row, column, str(value)[:32_767], style)
