"""Tells listeners which records changed, after the commit: the policy engine re-counts just the units they touch.

This is a list of functions, not business logic by signals: whoever writes rows says so here (`Record.save`, imports, bulk actions), and each
listener must be safe to run twice.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from django.db.models import Model

logger = logging.getLogger(__name__)
Listener = Callable[["type[Model]", "set[int]"], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call `listener(model, primary_keys)` once after each commit that changed rows of `model`."""
    if listener not in _listeners:
        _listeners.append(listener)


def touched(model: type[Model], keys: Iterable[int]) -> None:
    """Note that these rows were written in the current transaction."""
    if not _listeners:
        return
    pending: dict[type[Model], set[int]] | None = getattr(connection, "_zx_pending", None)
    # A rolled-back transaction leaves its notes behind with the callbacks Django dropped: start anew when ours is gone.
    if pending is None or not any(run is _flush for _sids, run, *_rest in connection.run_on_commit):
        pending = defaultdict(set)
        connection._zx_pending = pending  # type: ignore[attr-defined]
        pending[model].update(keys)
        transaction.on_commit(_flush)
    else:
        pending[model].update(keys)


def _flush() -> None:
    pending = getattr(connection, "_zx_pending", None) or {}
    connection._zx_pending = None  # type: ignore[attr-defined]
    for model, keys in pending.items():
        for listener in _listeners:
            try:
                listener(model, keys)
            except Exception:  # The write stands; the nightly run mends what a listener missed.
                logger.exception("listener %s failed for %s", listener, model)
