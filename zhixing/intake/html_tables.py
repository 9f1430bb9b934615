"""Tables in web pages: what many campus systems hand out under the name .xls."""

import re
from html.parser import HTMLParser
from typing import Any

Row = list[Any]
Merged = list[tuple[tuple[int, int], tuple[int, int]]]


class HtmlTables(HTMLParser):
    """The outer tables of a page, with colspan and rowspan laid out: `tables` holds (rows, merged ranges) of each.

    Raises OverflowError where a table is longer than `max_rows`.
    """

    def __init__(self, max_rows: int) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[tuple[list[Row], Merged]] = []
        self.max_rows = max_rows
        self.depth = 0
        self.cell: list[str] | None = None
        self.span = (1, 1)
        self.taken: dict[tuple[int, int], bool] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append(([], []))
                self.taken = {}
        elif self.depth == 1 and tag == "tr":
            self._close_cell()
            self.tables[-1][0].append([])
            if len(self.tables[-1][0]) > self.max_rows:
                raise OverflowError(len(self.tables[-1][0]))
        elif self.depth == 1 and tag in ("td", "th"):
            self._close_cell()
            given = dict(attrs)
            self.span = (self._number(given.get("rowspan")), self._number(given.get("colspan")))
            self.cell = []
        elif tag == "br" and self.cell is not None:
            self.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            if self.depth == 1:
                self._close_cell()
            self.depth = max(0, self.depth - 1)
        elif self.depth == 1 and tag in ("td", "th", "tr"):
            self._close_cell()

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    @staticmethod
    def _number(text: str | None) -> int:
        return min(int(text), 500) if text and text.isascii() and text.isdigit() and int(text[:6]) else 1

    def _close_cell(self) -> None:
        if self.cell is None:
            return
        value, self.cell = re.sub(r"[ \t\r\f\xa0]+", " ", "".join(self.cell)).strip(), None
        rows, merged = self.tables[-1]
        if not rows:
            rows.append([])
        at = len(rows) - 1
        row = rows[-1]
        while (at, len(row)) in self.taken:
            row.append("")
        down, across = self.span
        if down > 1 or across > 1:
            merged.append(((at, len(row)), (at + down - 1, len(row) + across - 1)))
            self.taken.update({(at + i, len(row) + j): True for i in range(1, down) for j in range(across)})
        row.extend([value] + [""] * (across - 1))
