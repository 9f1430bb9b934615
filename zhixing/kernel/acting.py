"""What actions of every domain do to rows beside changing a state: change under a lock, or add for somebody, with an event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import DeadlockDetected

from zhixing.kernel import events
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.writing import readable

R = TypeVar("R", bound=Record)


@contextmanager
def changing(
    record: R, verb: str, *, by: Actor, comment: str = "", capability: str = "change", **data: Any
) -> Iterator[R]:
    """A change that is not a change of state: lock the row, check the right, save, log `data`, all in one transaction.

    Yields the locked row. Raises FlowError when it is gone or out of reach, ValidationError when what was set is wrong.
    """
    with transaction.atomic():
        locked = type(record)._base_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
        if locked is None:
            raise FlowError(_("This record no longer exists."), code="gone")
        if not by.can_on(locked, capability):
            raise FlowError(_("You may not change this record."), code="forbidden")
        yield locked
        locked.full_clean(validate_unique=False)
        locked.save()
        events.log(locked, verb, by=by, comment=comment, data=data)
    # The caller's copy now tells the truth too.
    for field in record._meta.concrete_fields:
        setattr(record, field.attname, getattr(locked, field.attname))


def _insert(record: Record) -> None:
    """Write a new record. Of two that exclude each other and wait for one another the later is asked again, and told why not."""
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
        with transaction.atomic():
            record.save(force_insert=True)


def add(record: R, *, by: Actor, comment: str = "", follows: bool = False) -> R:
    """Write a new record for `by`, within their reach unless it `follows` from what they were allowed to do."""
    if not follows and not by.can(type(record), "add"):
        raise FlowError(_("You may not add a record of this type."), code="forbidden")
    record.full_clean(validate_unique=False, validate_constraints=False)
    with transaction.atomic():
        try:
            _insert(record)
        except IntegrityError as error:
            raise readable(type(record), error) from error
        rows = type(record)._default_manager.filter(pk=record.pk)
        if not follows and not rows.visible_to(by, "add").exists():  # type: ignore[attr-defined]
            raise FlowError(_("This record would belong to a unit outside your reach."), code="out_of_reach")
        events.log(record, "created", by=by, comment=comment)
    return record
