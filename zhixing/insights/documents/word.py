"""The report as a Word file: the same blocks in the same order, in the fonts that offices have."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from docx import Document as new_document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from zhixing.insights.documents.content import Document, Heading, Note, Paragraph, Signatures, Table

_RED = RGBColor(0xC8, 0x16, 0x1D)
_STATES = {
    "unmet": RGBColor(0xB5, 0x33, 0x2A),
    "at_risk": RGBColor(0x8A, 0x50, 0x08),
    "met": RGBColor(0x1F, 0x70, 0x4F),
}
_FANGSONG, _HEI, _KAI, _TITLE, _SONG = "仿宋", "黑体", "楷体", "方正小标宋简体", "宋体"
_CLOCK = datetime(2023, 12, 30)


def as_docx(document: Document) -> bytes:
    """Lay the document out for Word."""
    paper = new_document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )
    section.footer_distance = Mm(28)
    paper.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    normal = paper.styles["Normal"]
    normal.font.size = Pt(16)
    _font(normal, _FANGSONG)
    _head(paper, document)
    for block in document.blocks:
        match block:
            case Heading(level, text):
                _write(paper, text, font={1: _HEI, 2: _KAI}.get(level, _FANGSONG), keep=True)
            case Paragraph(text):
                _write(paper, text)
            case Table():
                _table(paper, block)
            case Note(lines):
                for line in lines:
                    _write(paper, line, font=_SONG, size=10.5, indent=False, line=16)
            case Signatures(parties):
                _signatures(paper, parties)
                _write(paper, document.date, align=WD_ALIGN_PARAGRAPH.RIGHT)
                _write(paper, "", size=12)
    core = paper.core_properties
    core.title, core.author, core.last_modified_by = " ".join(document.title), document.mark, document.mark
    core.created = core.modified = _CLOCK
    out = io.BytesIO()
    paper.save(out)
    return _without_clock(out.getvalue())


def _font(holder: Any, east: str, latin: str = "Times New Roman") -> None:
    holder.font.name = latin
    properties = holder.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.append(fonts)
    fonts.set(qn("w:eastAsia"), east)


def _write(
    holder: Any,
    text: str,
    *,
    font: str = _FANGSONG,
    size: float = 16,
    align: Any = None,
    indent: bool = True,
    keep: bool = False,
    colour: RGBColor | None = None,
    line: float | None = 28,
) -> Any:
    paragraph = holder.add_paragraph()
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    if line:
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    form.keep_with_next = keep
    if align is not None:
        paragraph.alignment = align
    elif indent:
        form.first_line_indent = Pt(2 * size)
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    _font(run, font)
    if colour is not None:
        run.font.color.rgb = colour
    return paragraph


def _head(paper: Any, document: Document) -> None:
    centre = WD_ALIGN_PARAGRAPH.CENTER
    wide = min(44.0, 430 / max(len(document.mark) * (0.55 if document.mark.isascii() else 1.0), 1))
    _write(paper, document.mark, font=_TITLE, size=round(wide), align=centre, colour=_RED, line=None)
    number = _write(paper, document.number, align=centre)
    border = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for key, value in {"val": "single", "sz": "12", "space": "8", "color": "C8161D"}.items():
        bottom.set(qn(f"w:{key}"), value)
    border.append(bottom)
    number._p.get_or_add_pPr().append(border)
    _write(paper, "", align=centre)
    for i, title in enumerate(document.title):
        last = i + 1 == len(document.title)
        _write(
            paper,
            title,
            font=_FANGSONG if last else _TITLE,
            size=16 if last else 22,
            align=centre,
            line=28 if last else 34,
        )
    _write(paper, "", align=centre)


def _page_number(paragraph: Any, align: Any) -> None:
    """— 1 —, outer edge (GB/T 9704-2012, 7.3.6): 4号 half-width 宋体."""
    paragraph.alignment = align
    for kind, text in (("text", "— "), ("begin", ""), ("code", "PAGE"), ("end", ""), ("text", " —")):
        run = paragraph.add_run(text if kind == "text" else "")
        run.font.size = Pt(14)
        _font(run, _SONG)
        if kind in {"begin", "end"}:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        elif kind == "code":
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = text
            run._r.append(code)


def _table(paper: Any, block: Table) -> None:
    table = paper.add_table(rows=1, cols=len(block.heads))
    table.style = "Table Grid"
    table.autofit = False
    total = sum(block.widths)
    widths = [Mm(156 * width / total) for width in block.widths]
    for cell, text in zip(table.rows[0].cells, block.heads, strict=True):
        _cell(cell, text, font=_HEI, align=WD_ALIGN_PARAGRAPH.CENTER)
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), "F2F2F2")
        cell._tc.get_or_add_tcPr().append(shade)
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for y, row in enumerate(block.rows):
        cells = table.add_row().cells
        for x, text in enumerate(row):
            colour = _STATES.get(block.states[y]) if x == block.state_column else None
            align = WD_ALIGN_PARAGRAPH.LEFT if x <= 1 else WD_ALIGN_PARAGRAPH.CENTER
            _cell(cells[x], text, font=_HEI if colour else _SONG, align=align, colour=colour)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
    _write(paper, "", size=8, line=12)


def _cell(cell: Any, text: str, *, font: str, align: Any, colour: RGBColor | None = None) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(text)
    run.font.size = Pt(10.5)
    _font(run, font)
    if colour is not None:
        run.font.color.rgb = colour


def _signatures(paper: Any, parties: tuple[str, ...]) -> None:
    _write(paper, "", size=12)
    table = paper.add_table(rows=2, cols=len(parties))
    for cell, party in zip(table.rows[0].cells, parties, strict=True):
        _cell(cell, f"{party}：" if not party.isascii() else f"{party}:", font=_FANGSONG, align=WD_ALIGN_PARAGRAPH.LEFT)
    for cell in table.rows[1].cells:
        _cell(cell, _("____-__-__"), font=_FANGSONG, align=WD_ALIGN_PARAGRAPH.RIGHT)
    _write(paper, "", size=12)


def _without_clock(content: bytes) -> bytes:
    """The same package with a fixed time in every entry: the same facts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _CLOCK.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
