"""The signed text: what was signed, a page that says who signed it, and the college's signature over both."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import pylopdf_fonts_zh_cn
import typst
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone, translation

from zhixing.agreements import documents, invitations, sealing
from zhixing.agreements.models import Agreement, AgreementDocument, Signature, SignatureRequest
from zhixing.kernel.scope import SYSTEM

TEMPLATE = Path(__file__).with_name("signatures.typ")
_lock = Lock()


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        str(TEMPLATE), font_paths=[str(Path(pylopdf_fonts_zh_cn.__file__).parent)], ignore_system_fonts=True
    )


def _row(signature: Signature) -> dict[str, Any]:
    request = signature.request
    image = None
    if signature.image:
        with signature.image.open("rb") as stored:
            image = list(stored.read())
    how = str(signature.get_method_display())
    sent_to = signature.evidence.get("code_sent_to")
    if sent_to:
        how += f" · 验证码 {sent_to}"
    return {
        "party": request.party.name,
        "role": str(request.party.get_role_display()),
        "name": signature.name,
        "at": f"{timezone.localtime(signature.at):%Y-%m-%d %H:%M}",
        "how": how,
        "image": image,
        "typed": signature.method == Signature.Method.TYPED,
        "mark": "纸质签署",
    }


def signatures_page(document: AgreementDocument, code: str) -> bytes:
    """The page behind the text: every signature under it, as PDF."""
    agreement = document.agreement
    rows = Signature.objects.filter(request__document=document).select_related("request__party").order_by("at", "pk")
    # Papers of the college are Chinese, whoever happens to sign last.
    with translation.override("zh-hans"):
        shown = [_row(signature) for signature in rows]
    data = {
        "title": agreement.title,
        "school": invitations.school_name(),
        "header": f"协议编号：{agreement.number}" if agreement.number else "",
        "code": code,
        "text_code": document.verify_code,
        "text_pages": document.pages,
        "text_sha256": document.sha256,
        "rows": shown,
        "last_hash": next((row.evidence.get("hash", "") for row in reversed(rows) if row.evidence.get("hash")), ""),
    }
    with _lock:
        return _compiler().compile(
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, timestamp=0, pdf_tags=False
        )


def unsealed() -> QuerySet[AgreementDocument]:
    """Final texts that all have signed and whose signed form is not made yet."""
    requests = SignatureRequest.objects.filter(document=OuterRef("pk"), archived_at=None)
    live = requests.filter(state__in=("waiting", "open"))
    made = AgreementDocument.objects.filter(source=OuterRef("pk"), kind=AgreementDocument.Kind.SIGNED)
    return (
        AgreementDocument.objects.filter(
            Exists(requests.filter(state="signed")),
            ~Exists(live),
            ~Exists(requests.filter(state__in=("refused", "void"))),
            ~Exists(made),
            kind=AgreementDocument.Kind.FINAL,
            archived_at=None,
        )
        .exclude(agreement__status=Agreement.Status.DRAFT)
        .order_by("pk")
    )


def make_signed(document: AgreementDocument) -> AgreementDocument | None:
    """Seal a text that all have signed and tell everybody; None where that is done already. Safe to repeat."""
    with transaction.atomic():
        Agreement._base_manager.select_for_update(of=("self",)).get(pk=document.agreement_id)
        if not unsealed().filter(pk=document.pk).exists():
            return None
        code, agreement, text = documents.new_code(), document.agreement, document.bytes()
        page = signatures_page(document, code)
        school = invitations.school_name()
        whole = sealing.append(text, page)
        last = max(document.signature_requests.filter(state="signed").values_list("signature__at", flat=True))
        whole = sealing.finish(
            whole,
            code=code,
            number=agreement.number or "",
            kind=agreement.kind.code,
            first=document.pages,
            issued_on=timezone.localtime(last).date(),
        )
        whole = sealing.seal(whole, school=school, reason=f"{agreement.number or ''} {agreement.title}".strip()[:100])
        signed = documents.store(
            agreement,
            whole,
            by=SYSTEM,
            kind=AgreementDocument.Kind.SIGNED,
            format=AgreementDocument.Format.PDF,
            name=document.name.replace(
                str(AgreementDocument.Kind.FINAL.label), str(AgreementDocument.Kind.SIGNED.label)
            ),
            template=document.template,
            code=code,
            source=document,
            pages=document.pages + documents.page_count(page),
        )
        invitations.send_signed(signed)
    return signed
