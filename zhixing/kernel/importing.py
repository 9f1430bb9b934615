"""Bringing in a register: read, map, clean, look up, preview, commit in one transaction, undo.

The file is never trusted and never half taken: the preview says how many rows are new, changed, the same or faulty; the commit does exactly
that again under lock, and everything it did can be undone while nothing hangs on it. Twice is once, by the natural key of the record type.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.intake.cleaning import ReadError
from zhixing.intake.marking import mark_faults
from zhixing.intake.reading import normalise_header
from zhixing.kernel import changes, events, staging
from zhixing.kernel.import_pass import KEPT_FAULTS, Outcome, Pass, Reading, Report, silent, understand
from zhixing.kernel.models import HeaderMemory, ImportRun
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet, sheet_for
from zhixing.kernel.writing import readable


def start(sheet: Sheet, data: bytes, file_name: str, *, by: Actor, sheet_name: str = "") -> tuple[ImportRun, Reading]:
    """Take a file in and open it: propose a mapping, keep both. Raises ReadError with one sentence when it cannot be read."""
    run = _new_run(sheet, data, file_name, by, sheet_name)
    reading = _read(run, sheet, data)
    _keep(run, data)
    return run, reading


def take_in(sheet: Sheet, data: bytes, file_name: str, *, by: Actor) -> ImportRun:
    """Keep a file that is too large to be opened while somebody waits; `read` opens it."""
    run = _new_run(sheet, data, file_name, by)
    _keep(run, data)
    return run


def read(run: ImportRun, *, by: Actor) -> None:
    """Open a file that was taken in, and propose a mapping. One that cannot be read fails for good, with ReadError."""
    sheet = _sheet(run, by)
    with run.content.open("rb") as file:
        data = file.read()
    try:
        _read(run, sheet, data)
    except ReadError as error:
        run.state, run.message = ImportRun.State.FAILED, str(error)
        raise
    finally:
        run.save(update_fields=["state", "message", "sheet_name", "header_row", "mapping", "reading"])


def check_size(size: int) -> None:
    """Raise ReadError for a file of more bytes than the installation takes (`ZHIXING["max_upload_bytes"]`)."""
    limit = settings.ZHIXING["max_upload_bytes"]
    if size > limit:
        words = _(
            "The file has %(mb)s MB; more than %(limit)s MB are not taken. Split the register into several files."
        )
        raise ReadError("too_large", words % {"mb": -(-size // 2**20), "limit": limit // 2**20})


def may_import(sheet: Sheet, by: Actor) -> None:
    """Raise PermissionDenied, with the reason, where no register of this type is brought in or not by this role."""
    if sheet.not_imported:
        raise PermissionDenied(str(sheet.not_imported))
    if not by.can(sheet.model, "import"):
        raise PermissionDenied(_("Your role does not include importing this register."))


def _new_run(sheet: Sheet, data: bytes, file_name: str, by: Actor, sheet_name: str = "") -> ImportRun:
    may_import(sheet, by)
    check_size(len(data))
    digest = hashlib.sha256(data).hexdigest()
    return ImportRun(
        record_type=sheet.key, user_id=by.user_id, file_name=file_name[-255:], sha256=digest, sheet_name=sheet_name
    )


def _keep(run: ImportRun, data: bytes) -> None:
    run.content.save(run.file_name[-100:], ContentFile(data), save=False)
    run.save()


def _read(run: ImportRun, sheet: Sheet, data: bytes) -> Reading:
    reading = understand(sheet, data, run.file_name, run.sheet_name)
    run.sheet_name, run.header_row = reading.page.name, reading.header_row
    run.mapping = {str(column["index"]): column["field"] for column in reading.columns if column["field"]}
    run.reading = {"columns": reading.columns, "rows": max(len(reading.page.rows) - reading.header_row - 1, 0)}
    return reading


def remember(sheet: Sheet, columns: list[dict[str, Any]], mapping: dict[str, str]) -> None:
    """Keep what the person chose for each heading that was not certain anyway; next time it is offered."""
    memory = [
        HeaderMemory(
            record_type=sheet.key,
            header=normalise_header(column["header"]).text[:200],
            field=mapping.get(str(column["index"]), ""),
        )
        for column in columns
        if column["header"] and mapping.get(str(column["index"]), "") != (column["field"] or "")
    ]
    HeaderMemory.objects.bulk_create(
        memory, update_conflicts=True, unique_fields=["record_type", "header"], update_fields=["field"]
    )


def preview(run: ImportRun, *, by: Actor, report: Report = silent, keep: bool = True) -> Outcome:
    """Say what a commit would do. Nothing of the register is written; with `keep` the run remembers the result."""
    sheet = _sheet(run, by)
    with transaction.atomic():
        _stage, outcome = Pass(sheet, run, by, report).run_through()
        if keep:
            run.counts = {**outcome.counts, "ambiguous": outcome.ambiguous}
            run.faults = [list(item) for item in outcome.faults[:KEPT_FAULTS]]
            run.state = ImportRun.State.PREVIEWED
            run.save(update_fields=["counts", "faults", "state"])
    return outcome


def commit(run: ImportRun, *, by: Actor, report: Report = silent) -> Outcome:
    """Write the good rows, all or none, in one transaction. Raises ValidationError, with nothing written, when the register refuses."""
    sheet = _sheet(run, by)
    try:
        with transaction.atomic():
            locked = ImportRun.objects.select_for_update().get(pk=run.pk)
            if locked.state in {ImportRun.State.COMMITTED, ImportRun.State.UNDONE}:
                raise ValidationError(_("This file was already imported."), code="already")
            work = Pass(sheet, locked, by, report)
            stage, outcome = work.run_through()
            report(len(work.columns) + 1, len(work.columns) + 3, _("writing"))
            outcome.new, outcome.changed = stage.write(locked.pk, sheet.key, by.user_id, by.name)
            _still_mine(sheet, outcome, by)
            locked.counts = outcome.counts
            locked.faults = [list(item) for item in outcome.faults[:KEPT_FAULTS]]
            locked.state = ImportRun.State.COMMITTED
            locked.save(update_fields=["counts", "faults", "state"])
            with connection.cursor() as cursor:
                # The very moment that stands in the rows: an undo knows by it what was touched since.
                cursor.execute("UPDATE kernel_importrun SET committed_at = now() WHERE id = %s", [locked.pk])
            changes.touched(sheet.model, [*outcome.new, *outcome.changed])
    except IntegrityError as error:
        raise readable(sheet.model, error) from error
    run.refresh_from_db()
    return outcome


def _still_mine(sheet: Sheet, outcome: Outcome, by: Actor) -> None:
    # Where a role brings registers in but adds fewer or no single records, its right to import says how far it reaches.
    for keys, capabilities in ((outcome.new, ("add", "import")), (outcome.changed, ("change",))):
        if keys and not any(by.reach(sheet.model, capability).everything for capability in capabilities):
            seen = {
                pk
                for capability in capabilities
                for pk in sheet.rows(by, capability).filter(pk__in=keys).values_list("pk", flat=True)
            }
            if len(seen) < len(keys):
                raise ValidationError(
                    _(
                        "%(count)s rows would belong to units outside your reach. Take them out of the file, or ask the academic affairs office."
                    )
                    % {"count": len(keys) - len(seen)},
                    code="out_of_reach",
                )


def undo(run: ImportRun, *, by: Actor) -> dict[str, Any]:
    """Take an import back: what it made is removed, what it changed is restored; what was touched or used since is kept and named."""
    sheet = _sheet(run, by)
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != ImportRun.State.COMMITTED:
            raise ValidationError(_("Only a finished import can be undone."), code="not_committed")
        removed, restored, kept = staging.undo(sheet.model, locked.pk)
        locked.state, locked.undone_at = ImportRun.State.UNDONE, timezone.now()
        locked.save(update_fields=["state", "undone_at"])
        events.log_many(
            sheet.model._base_manager.filter(pk__in=restored), "import_undone", by=by, data={"run": locked.pk}
        )
        changes.touched(sheet.model, [*removed, *restored])
    run.refresh_from_db()
    return {"removed": len(removed), "restored": len(restored), "kept": [{"id": key, "why": why} for key, why in kept]}


def marked_copy(run: ImportRun) -> bytes:
    """The user's own file with the faults marked."""
    with run.content.open("rb") as file:
        data = file.read()
    faults = [(row, column, message) for row, column, _value, _code, message in run.faults]
    return mark_faults(data, run.file_name.rpartition(".")[2].lower(), run.sheet_name, run.header_row, faults)


def _sheet(run: ImportRun, by: Actor) -> Sheet:
    sheet = sheet_for(run.record_type)
    if sheet is None:
        raise PermissionDenied(_("Your role does not include importing this register."))
    may_import(sheet, by)
    return sheet
