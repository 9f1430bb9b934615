"""`undo-import RUN`: take a finished import back."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from zhixing.kernel import importing
from zhixing.kernel.models import ImportRun
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.verbs import BadCall, Verb


class Command(Verb):
    help = (
        "Take an import back: what it made is removed, what it changed restored, what was used since is kept and named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("run", type=int, help="the number of the import")

    def work(self, run: int, **_options: Any) -> tuple[Any, int]:
        found = ImportRun.objects.filter(pk=run).first()
        if found is None:
            raise BadCall(f"there is no import {run}")
        try:
            return importing.undo(found, by=SYSTEM), 0
        except ValidationError as error:
            raise BadCall("；".join(error.messages)) from error

    def say(self, result: Any) -> None:
        self.stdout.write(f"removed {result['removed']}, restored {result['restored']}, kept {len(result['kept'])}")
        for item in result["kept"]:
            self.stdout.write(f"  kept {item['id']}: {item['why']}")
