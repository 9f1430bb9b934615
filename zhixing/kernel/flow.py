"""A state changes in one place: `step()` locks the row, checks state, capability and scope, saves and logs the event, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from zhixing.kernel import events

if TYPE_CHECKING:
    from zhixing.kernel.models import Record
    from zhixing.kernel.scope import Actor


class FlowError(ValidationError):
    """A refused change of state, in words for the person who asked."""


@dataclass(frozen=True)
class Step:
    """One lawful change of state. `capability` is looked up in the role table; `comment` is no, optional or required.

    A step with `by_approval` is taken only by the approval route, never by a button.
    """

    key: str
    label: Any
    sources: tuple[str, ...]
    target: str
    capability: str = "change"
    icon: str = "chevron-right"
    comment: str = "optional"
    primary: bool = False
    danger: bool = False
    by_approval: bool = False


@dataclass(frozen=True)
class Flow:
    """The states of a record type and the steps between them."""

    steps: tuple[Step, ...]
    field: str = "status"

    def __getitem__(self, key: str) -> Step:
        for candidate in self.steps:
            if candidate.key == key:
                return candidate
        raise KeyError(key)

    def open_from(self, state: str) -> list[Step]:
        """The steps that a person may take from `state`."""
        return [item for item in self.steps if state in item.sources and not item.by_approval]


@contextmanager
def step(
    record: Record, key: str, *, by: Actor, comment: str = "", approved: bool = False, **data: Any
) -> Iterator[Record]:
    """Take step `key` on `record` for `by`.

    Yields the locked row: set further fields on it inside the block; it is saved with its new state when the block ends. `data` goes into
    the event. Raises FlowError, with nothing changed, when the state, the capability, the scope or a missing comment forbids it.
    """
    model = type(record)
    flow = model.flow
    assert flow is not None  # only types with a flow are stepped
    definition = flow[key]
    with transaction.atomic():
        locked = model._base_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
        if locked is None:
            raise FlowError(_("This record no longer exists."), code="gone")
        state = getattr(locked, flow.field)
        if state not in definition.sources:
            raise FlowError(
                _("“%(step)s” is not possible: the record is already “%(state)s”."),
                code="wrong_state",
                params={
                    "step": definition.label,
                    "state": locked._get_FIELD_display(model._meta.get_field(flow.field)),
                },
            )
        if definition.by_approval and not approved:
            raise FlowError(
                _("“%(step)s” is decided by the approval route."), code="by_approval", params={"step": definition.label}
            )
        if not approved and not by.can_on(locked, definition.capability):
            raise FlowError(
                _("You may not do “%(step)s” on this record."), code="forbidden", params={"step": definition.label}
            )
        if definition.comment == "required" and not comment.strip():
            raise FlowError(_("Say why: a reason is required."), code="comment_required")
        yield locked
        setattr(locked, flow.field, definition.target)
        locked.full_clean(validate_unique=False)
        locked.save()
        events.log(locked, key, by=by, comment=comment, data={"from": state, "to": definition.target, **data})
    # The caller's copy now tells the truth too.
    for field in model._meta.concrete_fields:
        setattr(record, field.attname, getattr(locked, field.attname))
