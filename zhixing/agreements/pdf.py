"""Agreements as PDF, set by typst from blocks of text: the same data give the same bytes on every machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import pylopdf_fonts_zh_cn
import qrcode
import typst
from django.conf import settings

TEMPLATE = Path(__file__).with_name("agreement.typ")
# The day stands in the text; a clock in the file would only make two copies of one agreement differ.
TIMESTAMP = int(datetime(2023, 12, 30, tzinfo=UTC).timestamp())
_lock = Lock()


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    """One compiler for the process: reading the fonts costs more than setting a page."""
    fonts = [str(Path(pylopdf_fonts_zh_cn.__file__).parent)]
    return typst.Compiler(str(TEMPLATE), font_paths=fonts, ignore_system_fonts=True)


def verify_url(code: str) -> str:
    """The address in the QR, where anybody may see whether a paper is ours and unchanged."""
    return f"{settings.ZHIXING['base_url'].rstrip('/')}/v/{code}/"


def qr_svg(text: str) -> str:
    """A QR as one SVG path, level M."""
    # A fixed mask is as readable as the best one and seven times as fast to draw.
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=1, mask_pattern=2)
    code.add_data(text)
    matrix = code.get_matrix()
    size = len(matrix)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'


def as_pdf(
    blocks: list[dict[str, Any]], *, title: str, school: str, number: str, code: str, mark: str = "", qr: bool = True
) -> bytes:
    """Set the blocks as A4 paper. `code` stands in the QR of every page; `mark` lies behind the text (草案, 预览).

    Without `qr` its place in the footer stays free: a final text gets one of its own on each page (`sealing.stamp`).
    """
    data = {
        "title": title,
        "school": school,
        "header": f"协议编号：{number}" if number else "",
        "qr": qr_svg(verify_url(code)) if qr else "",
        "code": code,
        # A paper that nobody can check names no code.
        "code_label": "验证码" if code else "",
        "code_hint": "扫描二维码或在验证页面输入验证码，可核验本文件真伪" if code else "",
        "mark": mark,
        "blocks": blocks,
    }
    # The compiler keeps its inputs between runs and is not made for two threads at once.
    with _lock:
        return _compiler().compile(
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, timestamp=TIMESTAMP, pdf_tags=False
        )
