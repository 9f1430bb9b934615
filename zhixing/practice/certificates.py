"""Internship certificates (实习证明): a page with a statement in its QR that the college signed; checked without a network too.

The statement names number, kind and day and a hash of the certificate's text, and nothing about a person: whoever holds
the paper compares what it says with what they were shown.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

import pylopdf_fonts_zh_cn
import typst
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhixing.agreements import pdf, sealing, verification
from zhixing.agreements.documents import new_code
from zhixing.kernel import filing
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import File
from zhixing.kernel.numbering import next_number
from zhixing.kernel.scope import Actor, type_key
from zhixing.org.models import School
from zhixing.practice.placements import Placement
from zhixing.practice.running_results import Certificate, Evaluation

KIND = "practice_certificate"
TEMPLATE = Path(__file__).with_name("certificate.typ")
# Papers of the college are in its own language, whoever presses the button.
_LANGUAGE = "zh-hans"
_lock = Lock()


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    fonts = [str(Path(pylopdf_fonts_zh_cn.__file__).parent)]
    return typst.Compiler(str(TEMPLATE), font_paths=fonts, ignore_system_fonts=True)


def _words(certificate: Certificate) -> dict[str, Any]:
    """What the certificate says, in the college's language."""
    placement = certificate.placement
    school = School.objects.order_by("pk").first()
    with translation.override(_LANGUAGE):
        text = _(
            "This is to certify that %(name)s (student number %(number)s), of the major %(major)s, was an intern as "
            "“%(post)s” at %(firm)s from %(start)s to %(end)s and completed the internship with the result “%(level)s”."
        ) % {
            "name": placement.student.name,
            "number": placement.student.number,
            "major": placement.plan.major.name,
            "post": placement.post.title,
            "firm": placement.post.organisation.name,
            "start": _day(placement.starts_on),
            "end": _day(placement.ended_on or placement.ends_on),
            "level": placement.get_level_display(),
        }
        firm = Evaluation._base_manager.filter(placement=placement, side="firm", archived_at=None).first()
        scales = [str(Evaluation._meta.get_field(name).verbose_name) for name in Evaluation.SCALES]  # type: ignore[union-attr]
        return {
            "title": _("Internship certificate"),
            "school": school.name if school else "",
            "number_line": _("No. %(number)s") % {"number": certificate.number},
            "text": text,
            "heads": [*scales, pgettext("grade", "Score")],
            "values": [
                *(str(getattr(firm, name)) if firm else "—" for name in Evaluation.SCALES),
                f"{placement.score}",
            ],
            "day": _day(certificate.issued_on),
            "code_line": _("Verification code: %(code)s") % {"code": certificate.code},
            "hint": _(
                "Scan the QR to check whether this certificate is genuine; with the college's public key also without a network."
            ),
        }


def _day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def statement_of(certificate: Certificate, words: dict[str, Any]) -> sealing.Statement:
    """What the college signs of a certificate: number, kind, day and a hash of all it says."""
    said = json.dumps(words, ensure_ascii=False, sort_keys=True)
    return sealing.Statement(
        certificate.code, certificate.number, KIND, sha256(said.encode()).hexdigest()[:24], certificate.issued_on
    )


def as_pdf(certificate: Certificate) -> bytes:
    """Set the certificate as one page; the same certificate gives the same bytes."""
    words = _words(certificate)
    statement = sealing.state(statement_of(certificate, words))
    data = {**words, "statement": statement, "qr": pdf.qr_svg(sealing.address(statement))}
    with _lock:
        return _compiler().compile(
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, timestamp=pdf.TIMESTAMP, pdf_tags=False
        )


def issue(placement: Placement, *, by: Actor, comment: str = "") -> Certificate:
    """Issue the certificate of a graded placement that was not failed; it is issued once."""
    if placement.status != Placement.Status.GRADED:
        raise FlowError(_("A certificate follows the grade."), code="not_graded")
    if placement.level == Placement.Level.FAIL:
        raise FlowError(_("A failed internship has no certificate."), code="failed")
    if not by.can_on(placement, "approve"):
        raise FlowError(_("You may not issue certificates of this placement."), code="forbidden")
    if Certificate.objects.filter(placement=placement).exists():
        raise FlowError(_("The certificate is already issued."), code="issued")
    today = timezone.localdate()
    with transaction.atomic():
        number = next_number(
            f"practice.certificate:{today.year}",
            lambda n: Certificate.objects.filter(number=f"SX-{today.year}-{n:05d}").exists(),
        )
        certificate = Certificate(
            placement=placement, number=f"SX-{today.year}-{number:05d}", code=new_code(), issued_on=today
        )
        content = as_pdf(certificate)
        certificate.sha256 = sha256(content).hexdigest()
        add(certificate, by=by, comment=comment, follows=True)
        name = f"{certificate.number}.pdf"
        filing.attach(certificate, SimpleUploadedFile(name, content, "application/pdf"), by=by)
    return certificate


def withdraw(certificate: Certificate, *, by: Actor, comment: str = "") -> None:
    """Withdraw a certificate, with a reason; from then on whoever checks it is told so."""
    if not comment.strip():
        raise FlowError(_("Say why: a reason is required."), code="comment_required")
    with changing(certificate, "withdrawn", by=by, comment=comment, capability="approve") as locked:
        if locked.revoked_on is not None:
            raise FlowError(_("This certificate is already withdrawn."), code="withdrawn")
        locked.revoked_on, locked.revoke_reason = timezone.localdate(), comment.strip()[:300]


def file_of(certificate: Certificate) -> File | None:
    """The certificate's PDF as it was issued."""
    rows = File.objects.filter(record_type=type_key(certificate), record_id=certificate.pk, sha256=certificate.sha256)
    return rows.order_by("pk").first()


# Verified by anybody ------------------------------------------------------------------------------------------------


def _found(code: str, digest: str) -> verification.Answer | None:
    """What the page of verification, and the verb, say of a certificate; it names no person."""
    rows = Certificate.objects.filter(sha256=digest) if digest else Certificate.objects.filter(code=code)
    certificate = rows.first() if digest or code else None
    if certificate is None:
        return None
    return verification.Answer(
        ours=True,
        unchanged=True if digest else None,
        kind=KIND,
        number=certificate.number,
        issued_on=certificate.issued_on,
        revoked=certificate.revoked_on is not None or certificate.archived_at is not None,
        how="hash" if digest else "code",
    )


def register() -> None:
    """Make certificates known to the page of verification and to `manage.py verify`."""
    from django.utils.translation import gettext_lazy

    verification.also_ask(KIND, gettext_lazy("internship certificate"), _found)


__all__ = ["KIND", "as_pdf", "file_of", "issue", "register", "withdraw"]
