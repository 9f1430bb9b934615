"""Business events: who did what to which record, and why. Written by the writer, in bulk too; field history comes from database triggers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zhixing.kernel.scope import type_key

if TYPE_CHECKING:
    from zhixing.kernel.models import Event, Record
    from zhixing.kernel.scope import Actor


def _event(record: Record, verb: str, by: Actor, comment: str, data: dict[str, Any] | None) -> Event:
    from zhixing.kernel.models import Event

    return Event(
        record_type=type_key(record),
        record_id=record.pk,
        label=str(record)[:200],
        verb=verb,
        actor_id=by.user_id,
        actor_name=by.name,
        comment=comment,
        data=data or {},
    )


def log(record: Record, verb: str, *, by: Actor, comment: str = "", data: dict[str, Any] | None = None) -> Event:
    """Write one event in the caller's transaction."""
    event = _event(record, verb, by, comment, data)
    event.save(force_insert=True)
    return event


def log_many(
    records: Iterable[Record],
    verb: str,
    *,
    by: Actor,
    comment: str = "",
    data: dict[str, Any] | None = None,
    each: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """Write one event for each record with one statement; `each` adds to the data of a record, by its id."""
    from zhixing.kernel.models import Event

    told = each or {}
    rows = [
        _event(record, verb, by, comment, {**(data or {}), **told.get(record.pk, {})} if told else data)
        for record in records
    ]
    Event.objects.bulk_create(rows, batch_size=2000)
