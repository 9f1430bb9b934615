"""One step for many records: one lock, one write and one insert of events, where a button would take them one by one.

Who refuses is left out and named, so that five hundred students do not wait for one. What is refused and why is the
same as in `kernel.flow.step`; database constraints are asked once for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel import changes, events
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.writing import readable


@dataclass
class Outcome:
    """Which records took the step, and why the others did not: id → reason in the reader's language."""

    done: list[Any] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    def or_fail(self) -> Outcome:
        """Raise FlowError with the first reasons where nothing at all was done."""
        if not self.done and self.refused:
            reasons = list(dict.fromkeys(self.refused.values()))[:5]
            raise FlowError("；".join(reasons), code="refused")
        return self


def step_many(
    records: Iterable[Record],
    key: str,
    *,
    by: Actor,
    comment: str = "",
    refusals: dict[int, str] | None = None,
    each: Callable[[Any], None] | None = None,
    writes: Sequence[str] = (),
    said: Mapping[int, Mapping[str, Any]] | None = None,
) -> Outcome:
    """Take step `key` on many records of one type; `each` sets the fields named in `writes` on the locked row.

    `refusals` says beforehand who may not, and why; `said` what the event of each (by id) tells besides. A number of statements that does not grow with the records.
    """
    rows = list(records)
    outcome = Outcome(refused=dict(refusals or {}))
    if not rows:
        return outcome
    model: Any = type(rows[0])
    definition, name = model.flow[key], model.flow.field
    wanted = [row.pk for row in rows if row.pk not in outcome.refused]
    try:
        with transaction.atomic():
            locked = model._base_manager.select_for_update(of=("self",)).select_related(*model.title_needs)
            found = list(locked.filter(pk__in=wanted).order_by("pk"))
            able = set(
                model._default_manager.filter(pk__in=wanted)
                .visible_to(by, definition.capability)
                .values_list("pk", flat=True)
            )
            for row in found:
                reason = _why_not(row, definition, name, able)
                if reason:
                    outcome.refused[row.pk] = reason
                    continue
                setattr(row, name, definition.target)
                row.updated_at = timezone.now()
                if each is not None:
                    each(row)
                outcome.done.append(row)
            if outcome.done:
                model._base_manager.bulk_update(outcome.done, [name, "updated_at", *writes], batch_size=500)
                data = {"to": definition.target, "together": len(outcome.done)}
                events.log_many(outcome.done, key, by=by, comment=comment, data=data, each=said)
                changes.touched(model, [row.pk for row in outcome.done])
    except IntegrityError as error:
        raise readable(model, error) from error
    return outcome


def _why_not(row: Any, definition: Any, name: str, able: set[int]) -> str:
    if getattr(row, name) not in definition.sources:
        words = {"step": definition.label, "state": row._get_FIELD_display(row._meta.get_field(name))}
        return _("“%(step)s” is not possible: the record is already “%(state)s”.") % words
    if row.pk not in able:
        return _("You may not do “%(step)s” on this record.") % {"step": definition.label}
    return ""
