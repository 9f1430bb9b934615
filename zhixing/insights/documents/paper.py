"""The report as PDF, composed by typst with fonts from a wheel: the same facts give the same bytes everywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst
from django.utils.translation import gettext as _

from zhixing.insights.documents.content import Document, Heading, Note, Paragraph, Signatures, Table

TEMPLATE = Path(__file__).with_name("report.typ")
# The day and the number stand in the text; a clock in the file would only make two copies of one report differ.
_TIMESTAMP = int(datetime(2023, 12, 30, tzinfo=UTC).timestamp())


def _as_data(block: Any) -> dict[str, Any]:
    match block:
        case Heading(level, text):
            return {"kind": "heading", "level": level, "text": text}
        case Paragraph(text):
            return {"kind": "paragraph", "text": text}
        case Table():
            return {
                "kind": "table",
                "heads": block.heads,
                "rows": block.rows,
                "widths": block.widths,
                "states": block.states,
                "state_column": block.state_column,
            }
        case Note(lines):
            return {"kind": "note", "lines": lines}
        case Signatures(parties):
            return {"kind": "signatures", "parties": parties}
    raise TypeError(type(block).__name__)


def as_pdf(document: Document) -> bytes:
    """Lay the document out as official paper."""
    data = {
        "mark": document.mark,
        "number": document.number,
        "title": document.title,
        "date": document.date,
        "language": "en" if document.language.startswith("en") else "zh-hans",
        # The blanks beside year, month and day that a signatory fills in.
        "signing": _("____-__-__"),
        "blocks": [_as_data(block) for block in document.blocks],
    }
    return typst.compile(
        str(TEMPLATE),
        font_paths=[str(Path(pylopdf_fonts_zh_cn.__file__).parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=_TIMESTAMP,
    )
