"""Files on any record: content-checked, hashed, and served only through the record's own permission."""

from __future__ import annotations

import hashlib
import zipfile
from typing import Any

import filetype
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhixing.kernel import changes, events
from zhixing.kernel.models import File, Record
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import sheet_or_404
from zhixing.kernel.views import record_of, sheet_of

# What a file may be, by its content; the ending must agree. Text has no signature and is checked by decoding.
KINDS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/heic": ("heic",),
    "video/mp4": ("mp4",),
    "application/zip": ("zip", "docx", "xlsx", "pptx", "ofd"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/msword": ("doc", "wps"),
    "application/vnd.ms-excel": ("xls", "et"),
    "application/vnd.ms-powerpoint": ("ppt", "dps"),
    "application/x-ole-storage": ("doc", "xls", "ppt", "wps", "et", "dps"),
}
TEXT = ("txt", "csv", "md")


def check(file: UploadedFile) -> tuple[str, str]:
    """The content type and SHA-256 of an upload; ValidationError says what is wrong with it and what to do."""
    name = file.name or ""
    ending = name.rpartition(".")[2].lower()
    limit = settings.ZHIXING["max_file_bytes"]
    if not file.size:
        raise ValidationError(_("“%(name)s” is empty.") % {"name": name})
    if file.size > limit:
        raise ValidationError(
            _("“%(name)s” is larger than %(mb)s MB. Split or compress it.")
            % {"name": name, "mb": limit // 1024 // 1024}
        )
    head = file.read(8192)
    digest = hashlib.sha256(head)
    for chunk in iter(lambda: file.read(1 << 20), b""):
        digest.update(chunk)
    file.seek(0)
    guess = filetype.guess(head)
    if guess is None and head.startswith(b"\xd0\xcf\x11\xe0"):
        mime = "application/x-ole-storage"
    elif guess is None and ending in TEXT and _is_text(head):
        return "text/plain", digest.hexdigest()
    elif guess is None:
        raise ValidationError(
            _("“%(name)s” is of a type that is not accepted. Use PDF, pictures, Word, Excel, PowerPoint or text.")
            % {"name": name}
        )
    else:
        mime = guess.mime
    if ending not in KINDS.get(mime, ()):
        raise ValidationError(
            _("“%(name)s” does not contain what its ending says (found %(mime)s). Save it again in the right format.")
            % {"name": name, "mime": mime}
        )
    if head.startswith(b"PK"):
        _no_macros(file, name)
    return mime, digest.hexdigest()


def _is_text(head: bytes) -> bool:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        try:
            text = head[: len(head) - len(head) % 4].decode(encoding, errors="strict" if len(head) < 8192 else "ignore")
        except UnicodeDecodeError:
            continue
        return "\x00" not in text
    return False


def _no_macros(file: Any, name: str) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            if any(entry.lower().endswith("vbaproject.bin") for entry in archive.namelist()):
                raise ValidationError(_("“%(name)s” contains macros. Save it without macros.") % {"name": name})
    except zipfile.BadZipFile as error:
        raise ValidationError(_("“%(name)s” is damaged: it cannot be opened.") % {"name": name}) from error
    finally:
        file.seek(0)


def attach(record: Record, file: UploadedFile, *, by: Actor) -> File:
    """Put a checked file on a record."""
    mime, digest = check(file)
    with transaction.atomic():
        kept = File.objects.create(
            record_type=type_key(record),
            record_id=record.pk,
            name=(file.name or "")[-255:],
            content=file,
            size=file.size or 0,
            mime=mime,
            sha256=digest,
            uploaded_by_id=by.user_id,
        )
        events.log(record, "file_added", by=by, comment=kept.name)
        # A file is evidence: what counts the record counts it anew.
        changes.touched(type(record), [record.pk])
    return kept


@require_POST
def upload(request: HttpRequest, domain: str, name: str, pk: int) -> HttpResponse:
    """Put files on a record, each checked by itself."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name)
    record = record_of(sheet, actor, pk, "change")
    for file in request.FILES.getlist("files") or request.FILES.getlist("file"):
        try:
            attach(record, file, by=actor)
            messages.success(request, _("“%(name)s” is kept.") % {"name": file.name})
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
    return redirect(sheet.url("detail", pk))


def _file_for(request: HttpRequest, pk: int, capability: str) -> tuple[File, Record]:
    file = get_object_or_404(File, pk=pk)
    sheet = sheet_or_404(file.record_type)
    return file, record_of(sheet, request.actor, file.record_id, capability)  # type: ignore[attr-defined]


@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """A file, as an attachment, to whoever may see its record."""
    file, _record = _file_for(request, pk, "view")
    try:
        response = FileResponse(file.content.open("rb"), as_attachment=True, filename=file.name, content_type=file.mime)
    except FileNotFoundError as error:
        raise Http404 from error
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file off a record; the event keeps its name and hash."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    file, record = _file_for(request, pk, "change")
    content = file.content
    with transaction.atomic():
        events.log(record, "file_removed", by=actor, comment=file.name, data={"sha256": file.sha256})
        file.delete()
        changes.touched(type(record), [record.pk])
        transaction.on_commit(lambda: content.delete(save=False))
    messages.success(request, _("“%(name)s” is removed.") % {"name": file.name})
    return redirect(sheet_or_404(type_key(record)).url("detail", record.pk))
