"""The report as a workbook: summary, standings, the evidence rows behind them, tasks. Numbers stay numbers."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhixing.insights import figures
from zhixing.insights.documents.content import day_words, state_word
from zhixing.insights.documents.facts import Facts
from zhixing.kernel.sheet import sheet_for

_CLOCK = datetime(2023, 12, 30)
_COLOURS = {"unmet": "#b5332a", "at_risk": "#8a5008", "met": "#1f704f", "on_track": "#0b6a7f"}


def as_xlsx(facts: Facts) -> bytes:
    """Lay the facts out as four sheets."""
    out = io.BytesIO()
    # Text stays text: a title that begins with “=” is no formula, an address no link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": f"{facts.unit.name} {facts.year.code}", "author": facts.school, "created": _CLOCK})
    page = _Pages(book)
    _summary(page, facts)
    _standings(page, facts)
    _evidence(page, facts)
    _tasks(page, facts)
    book.close()
    return out.getvalue()


class _Pages:
    """Writes tables with a header that stays in sight and can be filtered."""

    def __init__(self, book: Any):
        self.book = book
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.head = book.add_format(
            {
                "bold": True,
                "bg_color": "#E3F1F3",
                "border": 1,
                "border_color": "#C6D4D8",
                "text_wrap": True,
                "valign": "vcenter",
            }
        )
        self.text = book.add_format({"valign": "top", "text_wrap": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
        self.share = book.add_format({"num_format": "0.0%", "valign": "top"})
        self.states = {
            state: book.add_format({"font_color": colour, "bold": True, "valign": "top"})
            for state, colour in _COLOURS.items()
        }

    def table(self, sheet: Any, top: int, heads: Iterable[tuple[str, int]], rows: Iterable[tuple[Any, ...]]) -> int:
        """Write a table; a cell may be a value or (value, format). Returns the row below."""
        columns = list(heads)
        for x, (label, width) in enumerate(columns):
            sheet.write_string(top, x, label, self.head)
            sheet.set_column(x, x, width)
        y = top
        for y, row in enumerate(rows, top + 1):
            for x, cell in enumerate(row):
                value, shape = cell if isinstance(cell, tuple) else (cell, None)
                self.cell(sheet, y, x, value, shape)
        sheet.autofilter(top, 0, max(y, top), len(columns) - 1)
        return y + 1

    def cell(self, sheet: Any, y: int, x: int, value: Any, shape: Any = None) -> None:
        if value is None:
            return
        if isinstance(value, date):
            sheet.write_datetime(y, x, datetime(value.year, value.month, value.day), shape or self.day)
        elif isinstance(value, str):
            sheet.write_string(y, x, value, shape or self.text)
        else:
            sheet.write_number(y, x, float(value), shape or self.text)


def _summary(page: _Pages, facts: Facts) -> None:
    sheet = page.book.add_worksheet(_("Summary"))
    sheet.write_string(
        0, 0, f"{facts.unit.name} · {_('Assessment report on industry–education integration')}", page.title
    )
    counts = facts.counts
    lines: list[tuple[str, Any]] = [
        (_("Report number"), facts.number),
        (_("Academic year"), facts.year.code),
        (_("Period"), f"{day_words(facts.year.starts_on)} – {day_words(facts.year.ends_on)}"),
        (_("Data as of"), facts.as_of),
        (_("Made on"), facts.made_on),
        (_("Year closed"), _("yes") if facts.frozen else _("no")),
        (pgettext("of a report", "Policy"), "；".join(str(policy) for policy in facts.policies)),
        *((state_word(state), counts[state]) for state in figures.ORDER if counts[state]),
        (_("Tasks due in the year"), len(facts.tasks)),
        (_("Tasks overdue"), len(facts.late)),
        (_("Fingerprint of the standings (SHA-256)"), facts.fingerprint),
        *([(_("Fingerprint of the closed year"), facts.closed_hash)] if facts.closed_hash else []),
    ]
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 76)
    for y, (label, value) in enumerate(lines, 2):
        sheet.write_string(y, 0, label, page.head)
        page.cell(sheet, y, 1, value)


def _standings(page: _Pages, facts: Facts) -> None:
    sheet = page.book.add_worksheet(_("Standings"))
    heads = (
        (_("Clause"), 12),
        (_("Rule"), 8),
        (_("Title"), 26),
        (_("Unit code"), 12),
        (_("Unit"), 28),
        (_("College"), 24),
        (_("Period"), 14),
        (_("Value reached"), 10),
        (_("Target"), 10),
        (_("State"), 10),
        (_("Evidence rows"), 10),
        (_("Holder"), 12),
        (_("Due"), 12),
        (_("Met until"), 12),
        (_("Reason for the state"), 44),
    )
    rows = []
    for s in facts.standings:
        shape = page.share if figures.is_share(s) else None
        rows.append(
            (
                s.rule.duty.clause.number,
                s.rule.code,
                str(s.rule.title),
                s.unit_code,
                s.unit_name,
                s.unit.name,
                s.period_code,
                (s.value, shape),
                (s.target, shape),
                (state_word(s.state), page.states.get(s.state)),
                s.evidence_count,
                s.holder.name if s.holder else None,
                s.due,
                s.breaks_on,
                figures.why(s) if s.state in ("unmet", "at_risk", "on_track") else "",
            )
        )
    page.table(sheet, 0, heads, rows)
    sheet.freeze_panes(1, 3)


def _evidence(page: _Pages, facts: Facts) -> None:
    sheet = page.book.add_worksheet(_("Evidence"))
    heads = (
        (_("Rule"), 8),
        (_("Unit code"), 12),
        (_("Unit"), 28),
        (_("Period"), 14),
        (_("State"), 10),
        (_("Record type"), 16),
        (_("Record"), 60),
        ("ID", 10),
    )
    rows = []
    for s in facts.parts:
        for item in facts.evidence.get(s.pk, []):
            kind = sheet_for(item["type"])
            label = str(kind.label) if kind else item["type"]
            rows.append(
                (
                    s.rule.code,
                    s.unit_code,
                    s.unit_name,
                    s.period_code,
                    (state_word(s.state), page.states.get(s.state)),
                    label,
                    item["label"],
                    item["id"],
                )
            )
    page.table(sheet, 0, heads, rows)
    sheet.freeze_panes(1, 0)


def _tasks(page: _Pages, facts: Facts) -> None:
    sheet = page.book.add_worksheet(_("Tasks"))
    heads = (
        (_("Task"), 44),
        (_("Unit"), 24),
        (_("Owner"), 12),
        (_("Start"), 12),
        (_("Due"), 12),
        (_("Progress %"), 10),
        (_("Done on"), 12),
        (_("Overdue days"), 10),
        (_("Deliverable"), 36),
    )
    late = {task.pk: facts.overdue_days(task) for task in facts.late}
    rows = [
        (
            t.title,
            t.unit.name,
            t.owner.name if t.owner else None,
            t.starts_on,
            t.due,
            t.progress,
            t.done_on,
            late.get(t.pk),
            t.deliverable,
        )
        for t in facts.tasks
    ]
    page.table(sheet, 0, heads, rows)
    sheet.freeze_panes(1, 1)
