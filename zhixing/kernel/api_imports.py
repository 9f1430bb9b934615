"""Importing a register through the API: the same reading, checking and writing as on the page.

`POST imports` takes a file; without `commit` nothing is written. A register small enough is answered at once, a long
one with 202 and the address at which it is watched: `GET imports/{id}`.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.intake.cleaning import ReadError
from zhixing.intake.reading import column_letters
from zhixing.kernel import import_jobs, import_pass, importing
from zhixing.kernel.api import answer
from zhixing.kernel.models import ImportRun, Progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet, sheet_or_404

COUNTS = ("rows", "new", "changed", "same", "faulty")
# As many faults as one answer names; the marked copy on the page has them all.
NAMED = 500
_YES = {"1", "true", "yes"}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "type": {"type": "string"},
                        "file": {"type": "string", "format": "binary"},
                        "commit": {"type": "string", "enum": ["1"]},
                        "mapping": {"type": "string"},
                    },
                    "required": ["type", "file"],
                }
            }
        },
    }
}


def _told(run: ImportRun, job: Progress | None = None) -> dict[str, Any]:
    """An import as a program reads it: rows are numbered as on screen, columns lettered."""
    return {
        "id": run.pk,
        "type": run.record_type,
        "file": run.file_name,
        "state": run.state,
        **{key: run.counts.get(key) for key in COUNTS},
        "mapping": run.mapping,
        "errors": [
            {
                "row": row + 1,
                "column": column_letters(column) if column is not None else None,
                "value": value,
                "code": code,
                "message": message,
            }
            for row, column, value, code, message in run.faults[:NAMED]
        ],
        "message": run.message,
        "job": job and {"state": job.state, "done": job.done, "total": job.total, "message": job.message},
    }


def _given(request: HttpRequest) -> tuple[Sheet, Any, dict[str, str]]:
    """The record type, the file, and a mapping of headings that overrides what is found."""
    sheet = sheet_or_404(request.POST.get("type", ""))
    importing.may_import(sheet, request.actor)  # type: ignore[attr-defined]
    file = request.FILES.get("file")
    if file is None:
        raise ValidationError({"file": _("Send the register as “file”, in a form of several parts.")})
    try:
        mapping = json.loads(request.POST.get("mapping") or "{}")
    except ValueError:
        mapping = None
    if not isinstance(mapping, dict):
        raise ValidationError({"mapping": _("“mapping” must be a JSON object {heading: field}.")})
    return sheet, file, {str(heading): str(name) for heading, name in mapping.items()}


def _take(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet, file, mapping = _given(request)
    try:
        importing.check_size(file.size)
    except ReadError as error:
        raise ValidationError({"file": str(error)}) from error
    data = file.read()
    step = "write" if request.POST.get("commit", "").lower() in _YES else "check"
    if import_jobs.too_long_to_read(data) and not mapping:
        return _watched(importing.take_in(sheet, data, file.name, by=actor), step)
    try:
        run, reading = importing.start(sheet, data, file.name, by=actor)
    except ReadError as error:
        raise ValidationError({"file": str(error)}) from error
    for column in reading.columns:
        if column["header"] in mapping:
            run.mapping[str(column["index"])] = mapping[column["header"]]
    run.save(update_fields=["mapping"])
    import_pass.check_mapping(sheet, run.mapping)
    if import_jobs.is_large(run):
        return _watched(run, step)
    (importing.commit if step == "write" else importing.preview)(run, by=actor)
    return answer(_told(run))


def _watched(run: ImportRun, step: str) -> HttpResponse:
    job = import_jobs.set_going(run, step)
    run.refresh_from_db()
    going = job.state in {Progress.State.WAITING, Progress.State.RUNNING}
    response = answer(_told(run, job), 202 if going else 200)
    response.headers["Location"] = reverse("api:import", args=[run.pk])
    return response


def operations(router: Router) -> None:
    """`POST imports`, `GET imports/{id}`, and the two acts upon one."""

    def mine(request: HttpRequest, id: int) -> ImportRun:
        run = ImportRun.objects.filter(pk=id, user_id=request.actor.user_id).first()  # type: ignore[attr-defined]
        if run is None:
            raise Http404
        return run

    @router.post(
        "/imports", operation_id="take_import", url_name="imports", tags=["imports"], openapi_extra=_FILE,
        response={200: None, 202: None},
    )  # fmt: skip
    def take(request: HttpRequest) -> HttpResponse:
        """Check a register (xlsx, xls, csv, WPS), or with `commit=1` write its good rows; 202 when it is long."""
        return _take(request)

    @router.get(
        "/imports/{int:id}", operation_id="show_import", url_name="import", tags=["imports"], response={200: None}
    )
    def show(request: HttpRequest, id: int) -> HttpResponse:
        """How far an import of the caller's is, and what it found."""
        run = mine(request, id)
        jobs = Progress.objects.filter(kind="import", user_id=run.user_id, params__run=id)
        return answer(_told(run, jobs.order_by("-pk").first()))

    @router.post(
        "/imports/{int:id}/commit", operation_id="commit_import", url_name="import-commit", tags=["imports"],
        response={200: None, 202: None},
    )  # fmt: skip
    def commit(request: HttpRequest, id: int) -> HttpResponse:
        """Write the good rows of a register that was checked."""
        run = mine(request, id)
        if import_jobs.is_large(run):
            return _watched(run, "write")
        importing.commit(run, by=request.actor)  # type: ignore[attr-defined]
        return answer(_told(run))

    @router.post(
        "/imports/{int:id}/undo", operation_id="undo_import", url_name="import-undo", tags=["imports"],
        response={200: None},
    )  # fmt: skip
    def undo(request: HttpRequest, id: int) -> HttpResponse:
        """Take an import back: what it made is removed, what it changed is restored; what was touched since stays."""
        run = mine(request, id)
        return answer({**importing.undo(run, by=request.actor), "state": "undone"})  # type: ignore[attr-defined]
