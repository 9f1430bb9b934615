"""How the policy's commands speak: progress on a terminal, one sentence for a fault, one JSON document for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from zhixing.policy.models import Standing, State
from zhixing.policy.storing import Finding

_WIDTH = 24


def progress_bar() -> Callable[[int, int, str], None] | None:
    """A bar on standard error when it is a terminal; None when nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int, label: str) -> None:
        filled = _WIDTH * done // max(total, 1)
        sys.stderr.write(f"\r\x1b[K{'█' * filled}{'░' * (_WIDTH - filled)} {done}/{total} {label}")
        if done >= total:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return show


def day(text: str) -> date:
    """A day from the command line. Raises CommandError with exit code 2."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise CommandError(
            _("“%(text)s” is not a day; write one as 2026-03-01.") % {"text": text}, returncode=2
        ) from error


def row(found: Finding | Standing) -> dict[str, Any]:
    """A standing as `assess --json` prints it."""
    return {
        "rule": found.rule_code,
        "clause": found.clause_number,
        "scope": found.unit_scope,
        "unit": found.unit_code,
        "unit_name": found.unit_name,
        "period": found.period_code,
        "value": number(found.value),
        "target": number(found.target),
        "state": found.state,
        "evidence_count": found.evidence_count,
        "due": found.due.isoformat() if found.due else None,
        "forecast": found.forecast,
    }


def number(value: Any) -> int | float | None:
    """A value as a JSON number: whole where it is whole."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def as_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def width(text: str) -> int:
    """How many columns a text takes in a terminal: Chinese characters take two."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def pad(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def state_word(state: str) -> str:
    return str(State(state).label)
