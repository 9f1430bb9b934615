"""What makes a paper checkable: the QR on its pages, the signed statement in the first, the college's signature in the PDF.

Everything is added behind the bytes that are there (an incremental update, ISO 32000-1, 7.5.6). The text as it was frozen
is therefore still in the signed file, byte for byte, and its hash is what the statement in the QR says.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import Any

import qrcode
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.utils import timezone
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject
from pyhanko.sign import fields, signers

from zhixing.agreements import keys

MARK = "ZX1."
# What is found in a QR, an address or a file: the statement, and the address of one page.
STATEMENT = re.compile(r"ZX1\.[A-Za-z0-9_-]{20,400}\.[A-Za-z0-9_-]{86}")
PAGE = re.compile(r"/v/([A-Z0-9-]{6,24})/(\d{1,4})/?$", re.IGNORECASE)
_MM = 72 / 25.4
# The small QR stands in the footer, where `agreement.typ` leaves a gap for it; the large one in the margin, upper left.
_SMALL, _LEFT, _BOTTOM = 15 * _MM, 28 * _MM, 8 * _MM
_LARGE, _EDGE = 25 * _MM, 5 * _MM


# The statement ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """What the college says of a document, short enough for a QR: nothing about any person.

    `text_sha256` is the first 24 hexadecimal digits of the hash of the text as it was frozen.
    """

    code: str
    number: str
    kind: str
    text_sha256: str
    issued_on: date


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def state(statement: Statement) -> str:
    """The statement in signed form: `ZX1.` with what it says and 64 bytes of Ed25519 signature, both base64url."""
    digest = _b64(bytes.fromhex(statement.text_sha256))
    said = "|".join((statement.code, statement.number, statement.kind, digest, statement.issued_on.strftime("%Y%m%d")))
    body = MARK + _b64(said.encode())
    return f"{body}.{_b64(keys.statement_key().sign(body.encode()))}"


def verify_payload(text: str, public_key: str | Ed25519PublicKey) -> Statement | None:
    """What a QR's text says, if this key signed it; None when it is no statement or not of this key.

    Needs nothing but the public key: no network, no database. `text` may be the statement or an address that ends in it.
    """
    found = STATEMENT.search(text)
    if found is None:
        return None
    body, _dot, signature = found[0].rpartition(".")
    key = keys.public_key(public_key) if isinstance(public_key, str) else public_key
    try:
        key.verify(_unb64(signature), body.encode())
        code, number, kind, digest, day = _unb64(body.removeprefix(MARK)).decode().split("|")
        issued_on = date(int(day[:4]), int(day[4:6]), int(day[6:8]))
        return Statement(code, number, kind, _unb64(digest).hex(), issued_on)
    except (InvalidSignature, ValueError):
        return None


def address(tail: str) -> str:
    """Where a phone's camera leads: the verification page."""
    return f"{settings.ZHIXING['base_url'].rstrip('/')}/v/{tail}"


# On the page --------------------------------------------------------------------------------------------------------


def _modules(text: str, x: float, y: float, size: float) -> str:
    """A QR as PDF drawing: black runs on white, its lower left corner at x, y."""
    # A fixed mask is as readable as the best one, and finding that took three quarters of the time of a whole paper.
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2, mask_pattern=2)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    matrix = code.get_matrix()
    step = size / len(matrix)
    drawn = [f"1 g {x:.2f} {y:.2f} {size:.2f} {size:.2f} re f 0 g"]
    for row, line in enumerate(matrix):
        top = y + size - (row + 1) * step
        column = 0
        while column < len(line):
            end = column
            while end < len(line) and line[end]:
                end += 1
            if end > column:
                drawn.append(f"{x + column * step:.3f} {top:.3f} {(end - column) * step:.3f} {step:.3f} re")
            column = end + 1
    return "\n".join([*drawn, "f"])


def _size(page: Any) -> tuple[float, float, float, float]:
    """Left, bottom, right and top edge of a page in points."""
    box = page.get("/MediaBox") or page["/Parent"]["/MediaBox"]
    left, bottom, right, top = (float(edge) for edge in box)
    return left, bottom, right, top


def _mark_page(writer: Any, index: int, code: str, statement: str) -> None:
    page = writer.find_page_for_modification(index)[0].get_object()
    left, bottom, _right, top = _size(page)
    drawing = ["q", _modules(address(f"{code}/{index + 1}"), left + _LEFT, bottom + _BOTTOM, _SMALL)]
    if statement:
        drawing.append(_modules(address(statement), left + _EDGE, top - _EDGE - _LARGE, _LARGE))
        # Also as plain text, for whoever has the file and no camera.
        drawing.append(f"% {statement}")
    stream = generic.StreamObject(stream_data="\n".join([*drawing, "Q"]).encode())
    # Drawn first, under the text: a page may end with its coordinates moved.
    writer.add_stream_to_page(index, writer.add_object(stream), prepend=True)


def page_count(pdf: bytes) -> int:
    return int(PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"])


def stamp(pdf: bytes, code: str, statement: str = "", first: int = 0) -> bytes:
    """Put a QR with the code and the page's number on every page from `first` (0 the first), and the statement on that.

    The result begins with `pdf` itself, unchanged.
    """
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for index in range(first, int(writer.root["/Pages"]["/Count"])):
        _mark_page(writer, index, code, statement if index == first else "")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def finish(pdf: bytes, *, code: str, number: str, kind: str, first: int = 0, issued_on: date | None = None) -> bytes:
    """Make a set text checkable: its statement on the page `first`, its code and the page's number from there on."""
    digest = sha256(pdf).hexdigest()[:24]
    statement = state(Statement(code, number, kind, digest, issued_on or timezone.localdate())) if number else ""
    return stamp(pdf, code, statement, first)


def append(pdf: bytes, more: bytes) -> bytes:
    """Add the pages of `more` behind those of `pdf`; the result begins with `pdf` itself, unchanged."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    reader = PdfFileReader(BytesIO(more))
    for index in range(int(reader.root["/Pages"]["/Count"])):
        drawn = writer.import_page_as_xobject(reader, index)
        left, bottom, right, top = _size(reader.find_page_for_modification(index)[0].get_object())
        page = PageObject(
            contents=writer.add_object(generic.StreamObject(stream_data=b"/ZxPage Do")),
            media_box=[generic.FloatObject(edge) for edge in (left, bottom, right, top)],
            resources=generic.DictionaryObject(
                {pdf_name("/XObject"): generic.DictionaryObject({pdf_name("/ZxPage"): drawn})}
            ),
        )
        writer.insert_page(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


# The signature in the file ------------------------------------------------------------------------------------------


def seal(pdf: bytes, *, school: str, reason: str) -> bytes:
    """Sign a PDF for the college (PAdES B-B, ETSI EN 319 142-1), so that any reader shows a later change.

    It is certified: nothing may be added afterwards. Raises `keys.KeyFault` when the certificate cannot be used.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name="Zhixing",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    out = BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer=keys.signer(school), output=out, in_place=False
    )
    return out.getvalue()


def holds_text(pdf: bytes, text_sha256: str) -> bool:
    """Whether a file begins with the frozen text of which a statement speaks: one of its revisions has that hash."""
    digest = sha256()
    start = 0
    for end in re.finditer(rb"%%EOF[\r\n]{0,2}", pdf):
        digest.update(pdf[start : end.end()])
        start = end.end()
        if digest.hexdigest().startswith(text_sha256):
            return True
    return False


def canonical(data: Any) -> bytes:
    """The one spelling of evidence that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
