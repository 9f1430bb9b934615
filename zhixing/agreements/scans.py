"""Paper that comes back: which pages of which agreement are in a pile of scans or photographs, told by their QR codes."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pypdfium2
import zxingcpp
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from zhixing.agreements import documents, on_paper, rendering, sealing
from zhixing.agreements.models import AgreementDocument, SignatureRequest
from zhixing.kernel import filing
from zhixing.kernel.scope import Actor

# A page of 200 dots an inch: the small QR has some three pixels a module.
_LONGEST = 2340
# More sheets at once keep the browser waiting for more than half a minute.
MOST_PAGES = 120
_MOST_PIXELS = 80_000_000


@dataclass(frozen=True)
class Sheet:
    """One page of an upload: the file and its place there, as JPEG, and what its QR says."""

    file: str
    place: int
    jpeg: bytes = field(repr=False)
    code: str = ""
    page: int = 0


@dataclass
class Match:
    """What the pile held of one document."""

    document: AgreementDocument
    pages: dict[int, Sheet]
    scan: AgreementDocument | None = None
    lacking: list[int] = field(default_factory=list)
    signed: list[SignatureRequest] = field(default_factory=list)
    refused: str = ""


@dataclass
class Pile:
    """What became of an upload."""

    matches: list[Match] = field(default_factory=list)
    # Pages without a QR of ours, and pages of papers that are not the reader's or not there any more.
    unmatched: list[Sheet] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def texts(image: Image.Image) -> list[str]:
    """What the QR codes in a picture say."""
    return [found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode) if found.text]


def page_of(found: Iterable[str]) -> tuple[str, int]:
    """The verification code and page that the QR codes of one sheet say; ("", 0) when none is ours."""
    for text in found:
        match = sealing.PAGE.search(text)
        if match:
            return match[1].upper(), int(match[2])
    return "", 0


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=82)
    return out.getvalue()


def photograph(content: bytes) -> Image.Image:
    """A photograph, upright and no larger than is needed; `rendering.Unreadable` when it is none."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise rendering.Unreadable
            upright = ImageOps.exif_transpose(image).convert("L" if image.mode in ("1", "L") else "RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise rendering.Unreadable from error
    upright.thumbnail((3600, 3600))
    return upright


def sheets_of(name: str, content: bytes) -> list[Sheet]:
    """The pages of one file, each with what its QR says; `rendering.Unreadable` when it is no PDF and no picture."""
    if not content.startswith(b"%PDF"):
        image = photograph(content)
        code, page = page_of(texts(image))
        return [Sheet(name, 1, _jpeg(image), code, page)]
    with rendering.opened(content) as document:
        if len(document) > MOST_PAGES:
            raise ValidationError(
                _("“%(name)s” has more than %(most)s pages. Split it."),
                code="too_many",
                params={"name": name, "most": MOST_PAGES},
            )
        found = []
        for index in range(len(document)):
            image = rendering.picture(document, index, _LONGEST)
            code, page = page_of(texts(image))
            found.append(Sheet(name, index + 1, _jpeg(image), code, page))
    return found


def _bound(pages: Iterable[Sheet]) -> bytes:
    """Sheets as one PDF, each as large as A4 allows."""
    with rendering.turn:
        bound = pypdfium2.PdfDocument.new()
        for sheet in pages:
            picture = pypdfium2.PdfImage.new(bound)
            picture.load_jpeg(io.BytesIO(sheet.jpeg), inline=True)
            width, height = picture.get_px_size()
            long, short = 841.89, 595.28
            paper = (short, long) if height >= width else (long, short)
            scale = min(paper[0] / width, paper[1] / height)
            picture.set_matrix(pypdfium2.PdfMatrix().scale(width * scale, height * scale))
            page = bound.new_page(width * scale, height * scale)
            page.insert_obj(picture)
            page.gen_content()
        out = io.BytesIO()
        bound.save(out)
        bound.close()
    return out.getvalue()


def _by_code(codes: Iterable[str], actor: Actor) -> dict[str, AgreementDocument]:
    """The final texts behind codes that the actor may see; a signed text stands for the one it was made of."""
    rows = AgreementDocument.objects.visible_to(actor).filter(
        verify_code__in=set(codes), kind=AgreementDocument.Kind.FINAL, archived_at=None
    )
    return {row.verify_code: row for row in rows.select_related("agreement__owner", "agreement__unit")}


def _known_pages(document: AgreementDocument) -> set[int]:
    scans = document.derived.filter(kind=AgreementDocument.Kind.SCAN, archived_at=None)
    return {int(page) for data in scans.values_list("data", flat=True) for page in data.get("pages", [])}


def take_in(files: Iterable[UploadedFile], *, by: Actor, signed_on: date) -> Pile:
    """Sort a pile of scans to their agreements; where a paper is whole, those who sign on paper have signed.

    Pages may come in any order, in several files, on several days. Raises ValidationError when a file must not be taken.
    """
    pile = Pile()
    sheets: list[Sheet] = []
    for file in files:
        filing.check(file)
        try:
            sheets += sheets_of(file.name or "", file.read())
        except rendering.Unreadable:
            pile.unreadable.append(file.name or "")
        if len(sheets) > MOST_PAGES:
            raise ValidationError(
                _("These are more than %(most)s pages. Upload them in several goes."),
                code="too_many",
                params={"most": MOST_PAGES},
            )
    known = _by_code((sheet.code for sheet in sheets if sheet.code), by)
    pages: dict[str, dict[int, Sheet]] = defaultdict(dict)
    for sheet in sheets:
        document = known.get(sheet.code)
        if document is None or not 1 <= sheet.page <= document.pages or not by.can_on(document.agreement, "change"):
            pile.unmatched.append(sheet)
        else:
            pages[sheet.code].setdefault(sheet.page, sheet)
    for code, found in pages.items():
        pile.matches.append(_keep(known[code], dict(sorted(found.items())), by=by, signed_on=signed_on))
    return pile


def _keep(document: AgreementDocument, pages: dict[int, Sheet], *, by: Actor, signed_on: date) -> Match:
    match = Match(document, pages)
    data: dict[str, Any] = {
        "pages": list(pages),
        "from": [f"{sheet.file}#{sheet.place}" for sheet in pages.values()],
        "signed_on": signed_on.isoformat(),
    }
    match.scan = documents.store(
        document.agreement,
        _bound(pages.values()),
        by=by,
        kind=AgreementDocument.Kind.SCAN,
        format=AgreementDocument.Format.PDF,
        name=f"{document.agreement.number or document.agreement.title}-{AgreementDocument.Kind.SCAN.label}.pdf",
        data=data,
        source=document,
        pages=len(pages),
    )
    match.lacking = sorted(set(range(1, document.pages + 1)) - _known_pages(document))
    if not match.lacking:
        # With this one every page is there: what was recorded without its scan has it now.
        match.scan.data = {**match.scan.data, "whole": True}
        match.scan.save(update_fields=["data", "updated_at"])
        try:
            match.signed = on_paper.sign_on_paper(document, match.scan, by=by, signed_on=signed_on)
        except ValidationError as refused:
            match.refused = "；".join(refused.messages)
    return match
