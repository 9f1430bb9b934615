"""Is this paper ours, and is it unchanged? Asked by anybody, answered without a word about any person.

Three witnesses, from the strongest: the hash of every file that was ever issued; the college's signature inside a signed
PDF; the statement in a QR, which says what a paper is but not whether a copy of it was altered.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from django.utils import timezone
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext

from zhixing.agreements import keys, rendering, scans, sealing
from zhixing.agreements.models import SIGNED, Agreement, AgreementDocument

logger = logging.getLogger(__name__)
_CODE = re.compile(r"(?:^|/v/|\s)([2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4})(?:/|\s|$)", re.IGNORECASE)
# The statement stands on the first page and on the page of signatures; more pages than these are not looked at.
_MOST_PAGES = 40
_LONGEST = 2340


@dataclass(frozen=True)
class Answer:
    """What can be said of a paper.

    `unchanged` is None where it cannot be told: a QR or a code says what a paper is, not whether a print was altered.
    `revoked` is true when the agreement was terminated or replaced, or this text was withdrawn before it was signed.
    `how` names the witness: hash, signature, statement, code, marks or nothing.
    """

    ours: bool
    unchanged: bool | None = None
    kind: str = ""
    number: str = ""
    issued_on: date | None = None
    revoked: bool = False
    how: str = "nothing"
    # Beyond the verb's answer, for the page: the state of the agreement and of the paper.
    status: str = ""
    paper: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    ended_on: date | None = None

    def brief(self) -> dict[str, Any]:
        """The answer of the verb `verify`."""
        said = asdict(self)
        return {name: said[name] for name in ("ours", "unchanged", "kind", "number", "issued_on", "revoked")}


NOT_OURS = Answer(False)

# Papers of other domains: how each finds one by its code, or by the hash of a file.
Lookup = Callable[[str, str], Answer | None]
_others: dict[str, tuple[Any, Lookup]] = {}


def also_ask(kind: str, label: Any, found: Lookup) -> None:
    """Make another domain's papers verifiable: `found(code, "")` and `found("", sha256)` answer for one of them or with None."""
    _others[kind] = (label, found)


def label_of(kind: str) -> Any:
    """The words for a kind of paper of another domain; empty for others."""
    return _others[kind][0] if kind in _others else ""


def _of_others(code: str = "", digest: str = "") -> Answer | None:
    answers = (found(code, digest) for _label, found in _others.values())
    return next((answer for answer in answers if answer is not None), None)


def _issued_on(document: AgreementDocument) -> date:
    if document.kind == AgreementDocument.Kind.SIGNED and document.agreement.signed_on:
        return document.agreement.signed_on
    return timezone.localtime(document.created_at).date()


def _withdrawn(document: AgreementDocument) -> bool:
    """Whether another text took this one's place: it went back to its editor, or a later one was signed."""
    if document.archived_at is not None:
        return True
    agreement = document.agreement
    text = document if document.kind == AgreementDocument.Kind.FINAL else document.source or document
    states = set(text.signature_requests.filter(archived_at=None).values_list("state", flat=True))
    if agreement.status in SIGNED:
        signed = agreement.signature_requests.filter(state="signed", archived_at=None).order_by("-pk").first()
        return signed is not None and signed.document_id != text.pk
    return bool(states & {"refused", "void"})


def _of_document(document: AgreementDocument, unchanged: bool | None, how: str) -> Answer:
    agreement: Agreement = document.agreement
    dead = agreement.status in (Agreement.Status.TERMINATED, Agreement.Status.REPLACED)
    signed = agreement.status in SIGNED
    return Answer(
        ours=True,
        unchanged=unchanged,
        kind=agreement.kind.code,
        number=agreement.number or "",
        issued_on=_issued_on(document),
        revoked=dead or agreement.archived_at is not None or _withdrawn(document),
        how=how,
        status=agreement.status,
        paper=document.kind,
        starts_on=agreement.starts_on if signed else None,
        ends_on=agreement.ends_on if signed else None,
        ended_on=agreement.ended_on if signed else None,
    )


def _documents() -> Any:
    return AgreementDocument.objects.select_related("agreement__kind", "source")


def of_code(code: str) -> Answer:
    """What stands behind a verification code as it is printed on every page."""
    document = _documents().filter(verify_code=code.strip().upper()).first()
    if document is not None:
        return _of_document(document, None, "code")
    return _of_others(code=code.strip().upper()) or NOT_OURS


def of_text(text: str) -> Answer:
    """What stands behind the text of a QR, an address or a typed code; the statement is checked with our own key."""
    statement = sealing.verify_payload(text, keys.statement_key().public_key())
    if statement is not None:
        document = _documents().filter(verify_code=statement.code).first()
        if document is not None:
            return _of_document(document, None, "statement")
        other = _of_others(code=statement.code)
        if other is not None:
            return replace(other, how="statement")
        # Our signature under a paper that the database does not know: of a time before a restore.
        return Answer(True, None, statement.kind, statement.number, statement.issued_on, False, "statement")
    if sealing.STATEMENT.search(text):
        return NOT_OURS
    found = _CODE.search(text)
    return of_code(found[1]) if found else NOT_OURS


@dataclass(frozen=True)
class Seal:
    """What the signature inside a PDF shows."""

    ours: bool
    intact: bool
    at: datetime | None = None


def seal_of(content: bytes) -> Seal | None:
    """The college's signature in a PDF, and whether it still covers every byte; None where the file has no signature."""
    try:
        found = PdfFileReader(BytesIO(content), strict=False).embedded_signatures
        if not found:
            return None
        signature = found[0]
        known = keys.certificates()
        mine = signature.signer_cert is not None and signature.signer_cert.dump() in {row.dump() for row in known}
        context = ValidationContext(trust_roots=known, allow_fetching=False)
        status = validate_pdf_signature(signature, context)
    except (PdfError, SigningError, SignatureValidationError, ValueError, TypeError, KeyError, IndexError, OSError):
        # A signature that cannot even be read, in a file that was ours or not: it covers nothing.
        return Seal(False, False)
    # Strict: whatever was added behind the signature, even by a reader's own program, makes it another file.
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    return Seal(mine, bool(mine and status.intact and status.valid and whole), status.signer_reported_dt)


def _marks(content: bytes) -> list[str]:
    """What the QR codes on the pages of a PDF or in a picture say, and the statement that stands in the file as text."""
    found = [match.decode() for match in re.findall(sealing.STATEMENT.pattern.encode(), content)]
    try:
        if content.startswith(b"%PDF"):
            with rendering.opened(content) as document:
                for index in range(min(len(document), _MOST_PAGES)):
                    found += scans.texts(rendering.picture(document, index, _LONGEST))
        else:
            found += scans.texts(scans.photograph(content))
    except rendering.Unreadable:
        logger.info("a file to verify could not be drawn")
    return found


def of_file(content: bytes) -> Answer:
    """What can be said of a file: a PDF as it was issued, a changed one, a scan or a photograph of a paper."""
    digest = sha256(content).hexdigest()
    document = _documents().filter(sha256=digest).order_by("-pk").first()
    if document is not None:
        return _of_document(document, True, "hash")
    other = _of_others(digest=digest)
    if other is not None:
        return other
    is_pdf = content.startswith(b"%PDF")
    seal = seal_of(content) if is_pdf else None
    answers = [answer for answer in map(of_text, dict.fromkeys(_marks(content))) if answer.ours]
    # The page of signatures speaks last and for the whole.
    best = next((answer for answer in reversed(answers) if answer.how == "statement"), answers[0] if answers else None)
    if best is not None:
        # A PDF that is not byte for byte one that we issued is a changed one, unless our own signature covers all of it.
        unchanged = (seal.intact if seal else False) if is_pdf and _is_digital(content) else None
        return Answer(**{**asdict(best), "unchanged": unchanged, "how": "signature" if unchanged else "marks"})
    if seal is not None and seal.ours:
        return Answer(True, seal.intact, how="signature", issued_on=seal.at.date() if seal.at else None)
    return NOT_OURS


def _is_digital(content: bytes) -> bool:
    """Whether a PDF stems from one of our files, rather than from a scanner: it carries our drawing instructions."""
    return (
        bool(sealing.STATEMENT.search(content.decode("latin-1")))
        or b"/ByteRange" in content
        or b"typst" in content.lower()
    )
