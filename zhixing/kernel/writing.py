"""Adding, changing, archiving and deleting a record on behalf of somebody: always visible afterwards, always with an event, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import psycopg.errors
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.kernel import changes, events
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet


def save(sheet: Sheet, record: Record, *, by: Actor, write: Callable[[], Any], changed: Iterable[str] = ()) -> Record:
    """Run `write()` (which saves `record`), then look the row up again through the actor's scope; roll back when it is not there.

    Raises PermissionDenied without the capability, ValidationError in words when the database refuses or the row would leave the actor's reach.
    """
    is_new = record.pk is None
    capability = "add" if is_new else "change"
    if not (by.can(sheet.model, capability) if is_new else by.can_on(record, capability)):
        raise PermissionDenied(_("You may not change this record."))
    try:
        with transaction.atomic():
            write()
            if not sheet.rows(by, capability).filter(pk=record.pk).exists():
                raise ValidationError(
                    _("This record would belong to a unit outside your reach. Choose a unit or owner of your own."),
                    code="out_of_reach",
                )
            events.log(
                record, "created" if is_new else "changed", by=by, data={"fields": sorted(changed)} if changed else None
            )
    except IntegrityError as error:
        if is_new:
            record.pk = None
        raise readable(sheet.model, error) from error
    except ValidationError:
        if is_new:
            record.pk = None
        raise
    return record


def readable(model: type[models.Model], error: IntegrityError) -> ValidationError:
    """The database's refusal in the words that the constraint carries."""
    cause = error.__cause__
    name = cause.diag.constraint_name if isinstance(cause, psycopg.errors.IntegrityError) else None
    for constraint in model._meta.constraints:
        if constraint.name == name:
            return ValidationError(constraint.get_violation_error_message(), code=name)
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return ValidationError(_("A record with these values already exists."), code="unique")
    if isinstance(cause, psycopg.errors.ForeignKeyViolation):
        return ValidationError(_("A record that this one refers to no longer exists."), code="reference")
    return ValidationError(
        _("The database refused these values: %(why)s"), code="integrity", params={"why": str(error).splitlines()[0]}
    )


def hanging_on(sheet: Sheet, record: Record) -> list[tuple[models.ForeignObjectRel, int, bool]]:
    """What refers to a record: (relation, number of rows, whether it forbids deletion)."""
    found = []
    for relation in record._meta.related_objects:
        target = relation.related_model
        if (
            target is None
            or target._meta.app_label == "pghistory"
            or hasattr(target, "pgh_id")
            or relation.many_to_many
        ):
            continue
        on_delete = getattr(relation, "on_delete", None)
        if on_delete is models.DO_NOTHING:
            continue
        count = target._base_manager.filter(**{relation.field.name: record}).count()
        if count:
            found.append((relation, count, on_delete is models.PROTECT))
    return found


def _refuse_leaving(record: Record) -> None:
    for _row, error in type(record).leavings([record]):
        raise error


def remove(sheet: Sheet, record: Record, *, by: Actor, comment: str = "") -> None:
    """Delete a record that nothing hangs on; ValidationError names what does."""
    if not by.can_on(record, "delete"):
        raise PermissionDenied(_("You may not delete this record."))
    _refuse_leaving(record)
    blockers = [(relation, count) for relation, count, forbids in hanging_on(sheet, record) if forbids]
    if blockers:
        names = "、".join(f"{relation.related_model._meta.verbose_name_plural} {count}" for relation, count in blockers)
        raise ValidationError(
            _("Other records hang on this one: %(names)s. Archive it instead."), code="in_use", params={"names": names}
        )
    try:
        with transaction.atomic():
            events.log(record, "deleted", by=by, comment=comment)
            record.delete()
    except (models.ProtectedError, models.RestrictedError) as error:
        raise ValidationError(_("Other records hang on this one. Archive it instead."), code="in_use") from error


def set_archived(sheet: Sheet, record: Record, archived: bool, *, by: Actor, comment: str = "") -> None:
    """Put a record away, or bring it back: it keeps its history and what refers to it, but leaves lists and choices.

    Raises PermissionDenied without the right, ValidationError in words when the record must stay, or when another has taken
    its place meanwhile.
    """
    if not by.can_on(record, "delete"):
        raise PermissionDenied(_("You may not archive this record."))
    _refuse_leaving(record)
    before, record.archived_at = record.archived_at, timezone.now() if archived else None
    try:
        with transaction.atomic():
            type(record)._base_manager.filter(pk=record.pk).update(
                archived_at=record.archived_at, updated_at=timezone.now()
            )
            events.log(record, "archived" if archived else "restored", by=by, comment=comment)
            changes.touched(type(record), [record.pk])
    except IntegrityError as error:
        record.archived_at = before
        raise readable(sheet.model, error) from error
