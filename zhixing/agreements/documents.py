"""Making documents: which template is in force, what was printed, and the file itself, kept with both for good."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from datetime import date
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from zhixing.agreements import layout, pdf, sealing, word
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementKind, Template
from zhixing.agreements.wording import data_of, known_names
from zhixing.kernel import events
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor

Kind, Format = AgreementDocument.Kind, AgreementDocument.Format
# Without letters and digits that are taken for one another on paper.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
MARKS = {Kind.DRAFT: "草案", Kind.FINAL: "", "preview": "预览"}
PREVIEW_CODE = "0000-0000-0000"


def new_code() -> str:
    """A verification code, e.g. 7K3M-PQ9X-2RTV: 59 bits, so that none can be guessed."""
    letters = "".join(secrets.choice(_ALPHABET) for _i in range(12))
    return "-".join(letters[i : i + 4] for i in range(0, 12, 4))


def page_count(content: bytes) -> int:
    """The pages of a PDF set here; 0 where they cannot be told."""
    return len(_PAGE.findall(content))


# Templates -------------------------------------------------------------------------------------------------------


def template_in_force(kind: AgreementKind, on: date | None = None) -> Template | None:
    """The version of a kind's template that is in force on a day."""
    day = on or timezone.localdate()
    rows = (
        kind.templates.filter(archived_at=None, effective_from__lte=day)
        .exclude(file="")
        .order_by("-effective_from", "-version")
    )
    return next((row for row in rows if row.effective_to is None or row.effective_to >= day), None)


def shipped_content(kind: AgreementKind) -> bytes:
    """The wording that Zhixing ships for a kind, as a Word file."""
    return _shipped(kind.code, json.dumps([kind.contents, kind.details]))


@lru_cache(maxsize=32)
def _shipped(code: str, asked: str) -> bytes:
    """Writing a Word file takes longer than setting the paper from it: the same file serves all previews of a kind."""
    contents, details = json.loads(asked)
    return word.shipped_template(code, contents, details)


def ensure_template(kind: AgreementKind) -> Template:
    """The template in force; where the college has none yet, the shipped one becomes its version 1."""
    found = template_in_force(kind)
    if found is not None:
        return found
    with transaction.atomic():
        # Two who make the first document of a kind at the same moment must not make two templates.
        AgreementKind.objects.select_for_update().get(pk=kind.pk)
        return template_in_force(kind) or add_template(
            kind, shipped_content(kind), title=kind.name, effective_from=timezone.localdate()
        )


def checked_fields(kind: AgreementKind, content: bytes) -> list[dict[str, Any]]:
    """The named fields of a Word file; ValidationError names those that this kind does not have."""
    fields = layout.named_fields(content)
    known = known_names(kind)
    unknown = [field["name"] for field in fields if field["name"] not in known]
    if unknown:
        raise ValidationError(
            _("This kind of agreement has no field named %(names)s. It has: %(known)s."),
            code="unknown_field",
            params={"names": "、".join(unknown), "known": "、".join(sorted(known))},
        )
    return fields


@transaction.atomic
def add_template(
    kind: AgreementKind, content: bytes, *, title: str, effective_from: date, note: str = "", by: Actor | None = None
) -> Template:
    """A new version of a kind's template; the one before ends the day before. Raises ValidationError in words."""
    if by is not None and not by.can(Template, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    fields = checked_fields(kind, content)
    AgreementKind.objects.select_for_update().get(pk=kind.pk)
    before = kind.templates.order_by("-version").first()
    current = kind.templates.filter(effective_to=None, archived_at=None).first()
    if current is not None:
        if effective_from <= current.effective_from:
            raise ValidationError(
                _("A new version comes into force after %(day)s, when the present one did."),
                code="too_early",
                params={"day": current.effective_from.isoformat()},
            )
        current.effective_to = date.fromordinal(effective_from.toordinal() - 1)
        current.save()
    template = Template(
        kind=kind,
        version=before.version + 1 if before else 1,
        title=title,
        sha256=hashlib.sha256(content).hexdigest(),
        fields=fields,
        effective_from=effective_from,
        note=note,
    )
    template.file.save(f"{kind.code}-v{template.version}.docx", ContentFile(content), save=False)
    template.save()
    if by is not None:
        events.log(template, "created", by=by, comment=note)
    return template


def content_of(template: Template) -> bytes:
    with template.file.open("rb") as stored:
        return stored.read()


# Documents -------------------------------------------------------------------------------------------------------


def preview(agreement: Agreement, content: bytes | None = None, format: str = Format.PDF) -> bytes:
    """What the document would look like today, with the real data; nothing is kept."""
    if content is None:
        template = template_in_force(agreement.kind)
        content = content_of(template) if template else shipped_content(agreement.kind)
    data = data_of(agreement)
    return _render(content, data, format, PREVIEW_CODE, MARKS["preview"])


def _render(content: bytes, data: dict[str, Any], format: str, code: str, mark: str, qr: bool = True) -> bytes:
    if format == Format.DOCX:
        return word.fill(content, data)
    blocks = layout.blocks(content, data)
    return pdf.as_pdf(
        blocks, title=data["title"], school=data["school"], number=data["number"], code=code, mark=mark, qr=qr
    )


def make_document(
    agreement: Agreement, *, by: Actor, kind: str = Kind.DRAFT, format: str = Format.PDF, comment: str = ""
) -> AgreementDocument:
    """Make and keep a document of an agreement as it stands: the template's version and the data stay with it."""
    if not by.can_on(agreement, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    template = ensure_template(agreement.kind)
    data = data_of(agreement)
    code = new_code()
    final = kind == Kind.FINAL and format == Format.PDF
    made = _render(content_of(template), data, format, code, MARKS.get(kind, ""), qr=not final)
    pages = page_count(made)
    if final:
        made = sealing.finish(made, code=code, number=agreement.number or "", kind=agreement.kind.code)
    label = str(Kind(kind).label)
    name = f"{agreement.number or agreement.kind.name}-{agreement.title}-{label}.{format}"
    return store(
        agreement,
        made,
        by=by,
        kind=kind,
        format=format,
        name=name,
        template=template,
        data=data,
        code=code,
        pages=pages,
        comment=comment,
    )


@transaction.atomic
def store(
    agreement: Agreement,
    content: bytes,
    *,
    by: Actor,
    kind: str,
    format: str,
    name: str,
    template: Template | None = None,
    data: dict[str, Any] | None = None,
    code: str = "",
    source: AgreementDocument | None = None,
    pages: int | None = None,
    comment: str = "",
) -> AgreementDocument:
    """Keep a file as a document of the agreement, with its hash; what is derived from another names it as `source`."""
    digest = hashlib.sha256(content).hexdigest()
    document = AgreementDocument(
        agreement=agreement,
        kind=kind,
        format=format,
        template=template,
        template_version=template.version if template else None,
        data=data or {},
        name=name[:200],
        sha256=digest,
        size=len(content),
        pages=page_count(content) if pages is None and format == Format.PDF else pages or 0,
        verify_code=code or new_code(),
        source=source,
    )
    document.file.save(f"{document.verify_code}.{format}", ContentFile(content), save=False)
    document.save()
    events.log(
        agreement,
        "document",
        by=by,
        comment=comment or get_valid_filename(document.name),
        data={"document": document.pk, "kind": kind, "format": format, "sha256": digest},
    )
    return document


def again(document: AgreementDocument) -> bytes:
    """The same document made once more from its template and data: byte for byte the same where both are still read alike.

    Of a final text it is what the kept file begins with, before the QR codes were put on.
    """
    if document.template is None:
        raise ValidationError(_("This document was not made from a template."), code="no_template")
    mark = MARKS.get(document.kind, "")
    qr = document.kind != Kind.FINAL
    return _render(content_of(document.template), document.data, document.format, document.verify_code, mark, qr=qr)
