"""How the contract tests call a page or an operation, and what they ask of every answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

# A data block is not run; anything else between script tags, or in an on…= attribute, is stopped by the content policy.
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:ld\+)?json\")[^>]*>", re.I)
HANDLER = re.compile(r"<[a-z][^<>]*?\s(on[a-z]+|hx-on[:\w-]*)\s*=\s*[\"']", re.I)
WRITES = re.compile(r"^\s*(?:WITH\b.*?\b)?(INSERT|UPDATE|DELETE|COPY|MERGE)\b", re.I | re.S)
# What a GET may write: the session, and the log of who took an export.
HARMLESS = re.compile(r'"?(django_session|axes_\w+)"?')
EXPORT_LOG = re.compile(r'"kernel_event"')


class Writes(list[str]):
    """Statements that changed something."""

    def __call__(self, execute: Callable, sql: Any, params: Any, many: bool, context: Any) -> Any:
        words = sql if isinstance(sql, str) else str(sql)
        if WRITES.match(words) and not HARMLESS.search(words.split("SET", 1)[0][:200]):
            self.append(words[:200])
        return execute(sql, params, many, context)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def look_over(response: HttpResponse, where: str) -> None:
    """No undefined variable, no inline script, no inline handler."""
    if response.streaming or "html" not in response.headers.get("Content-Type", ""):
        return
    body = response.content.decode()
    assert "⟦undefined" not in body, f"{where}: undefined template variable: {body[body.index('⟦undefined') :][:80]}"
    script = INLINE_SCRIPT.search(body)
    assert script is None, f"{where}: inline script: {script[0] if script else ''}"
    handler = HANDLER.search(body)
    assert handler is None, f"{where}: inline handler: {handler[0][-120:] if handler else ''}"


def visit(
    client: Client, method: str, url: str, *, data: Any = None, json: bool = False, may_log: bool = False
) -> HttpResponse:
    """One request; whatever it wrote is rolled back, and a GET must not have written."""
    writes = Writes()
    where = f"{method} {url}"
    kwargs: dict[str, Any] = {"content_type": "application/json"} if json else {}
    with undone(), connection.execute_wrapper(writes):
        response = getattr(client, method.lower())(url, data if data is not None else {}, **kwargs)
        if response.streaming:
            b"".join(response.streaming_content)
    if method == "GET":
        wrong = [sql for sql in writes if not (may_log and EXPORT_LOG.search(sql))]
        assert not wrong, f"{where} writes: {wrong[0]}"
    look_over(response, where)
    return response
