"""What the product's commands share: `--json`, progress on a terminal, and three exit codes."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.module_loading import import_string

from zhixing.kernel.scope import SYSTEM, Actor


class BadCall(CommandError):
    """A bad call or bad input: one sentence on standard error, exit 2, nothing done."""

    def __init__(self, sentence: str):
        super().__init__(sentence, returncode=2)


def actor_named(name: str | None) -> Actor:
    """The actor behind an account name; the system itself without one."""
    if not name:
        return SYSTEM
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        raise BadCall(f"There is no active account {name!r}.")
    return actor_behind(user)


def actor_behind(user: Any) -> Actor:
    """The actor behind an account, with the hats of today."""
    return import_string("zhixing.org.actors.actor_for")(user)


class Verb(BaseCommand):
    """A command that answers in words, or with `--json` in one document; exit 0 done, 1 done with faults, 2 bad call."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def work(self, **options: Any) -> tuple[Any, int]:
        """Do it; return the answer and the exit code."""
        raise NotImplementedError

    def say(self, result: Any) -> None:
        """Print the answer in words."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.pop("json")
        answer, code = self.work(**{key: value for key, value in options.items() if key not in _DJANGO})
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, cls=DjangoJSONEncoder))
        else:
            self.say(answer)
        if code:
            sys.exit(code)

    def progress(self, done: int, total: int, message: str) -> None:
        """A line that is overwritten, on a terminal only: pipes and logs stay clean."""
        if sys.stderr.isatty():
            width = 24
            filled = width * done // max(total, 1)
            end = "\n" if done >= total else ""
            sys.stderr.write(f"\r\033[K[{'█' * filled}{'·' * (width - filled)}] {done}/{total} {message}{end}")
            sys.stderr.flush()


_DJANGO = {"verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks"}
