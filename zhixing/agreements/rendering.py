"""PDFs as pictures, for phones that cannot show a PDF in a page, and for reading QR codes.

PDFium must not be entered by two threads of a process at once: everything here takes turns.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import pypdfium2
from PIL import Image

turn = Lock()


class Unreadable(ValueError):
    """The file is no PDF that can be read: damaged, encrypted, or something else."""


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """A PDF, for whoever's turn it is."""
    with turn:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise Unreadable from error
        try:
            yield document
        finally:
            document.close()


def picture(document: Any, index: int, longest: int, grey: bool = False) -> Image.Image:
    """One page of an open PDF, its longer side `longest` pixels, however large the paper claims to be."""
    try:
        page = document[index]
        width, height = page.get_size()
        scale = longest / max(width, height, 1)
        bitmap = page.render(scale=scale, grayscale=grey)
        image = bitmap.to_pil().copy()
        bitmap.close()
        page.close()
        return image
    except pypdfium2.PdfiumError as error:
        raise Unreadable from error


def page_png(content: bytes, index: int, longest: int = 1600) -> bytes | None:
    """One page as PNG; None where there is no such page."""
    with opened(content) as document:
        if not 0 <= index < len(document):
            return None
        image = picture(document, index, longest)
    out = io.BytesIO()
    # Sixteen greys and the few colours of a seal: a page of text is a quarter of its size.
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(out, "PNG", optimize=False)
    return out.getvalue()
