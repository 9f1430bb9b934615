"""`import-sheet TYPE FILE`: bring in a register from the command line; without `--commit` nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandParser
from django.db import transaction

from zhixing.intake.cleaning import ReadError
from zhixing.intake.reading import column_letters
from zhixing.kernel import importing
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.verbs import BadCall, Verb, actor_named


class _NothingWritten(Exception):
    """Rolls a preview back, with the run it needed."""


class Command(Verb):
    help = "Import a register (xlsx, xls, csv, WPS). Prints what is new, changed, the same and faulty."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("type", help="the record type, such as partners.organisation")
        parser.add_argument("file", help="the register")
        parser.add_argument("--as", dest="user", help="the account on whose behalf; the system itself by default")
        parser.add_argument("--mapping", help="a JSON file {heading: field} that overrides what is found")
        parser.add_argument("--commit", action="store_true", help="write the good rows")
        parser.add_argument("--marked", metavar="OUT.xlsx", help="write a copy of the file with the faults marked")

    def work(
        self,
        type: str,
        file: str,
        user: str | None,
        mapping: str | None,
        commit: bool,
        marked: str | None,
        **_options: Any,
    ) -> tuple[Any, int]:
        sheet = sheet_for(type)
        if sheet is None:
            raise BadCall(f"there is no record type {type}")
        by = actor_named(user)
        try:
            data = Path(file).read_bytes()
            given = json.loads(Path(mapping).read_text(encoding="utf-8")) if mapping else {}
        except (OSError, ValueError) as error:
            raise BadCall(str(error)) from error
        answer: dict[str, Any] = {}
        try:
            with transaction.atomic():
                run, reading = importing.start(sheet, data, Path(file).name, by=by)
                headers = {str(column["index"]): column["header"] for column in reading.columns}
                for index, header in headers.items():
                    if header in given:
                        run.mapping[index] = given[header]
                run.save(update_fields=["mapping"])
                act = importing.commit if commit else importing.preview
                outcome = act(run, by=by, report=self.progress)
                if marked:
                    run.faults = [list(item) for item in outcome.faults]
                    Path(marked).write_bytes(importing.marked_copy(run))
                counts = outcome.counts
                answer = {
                    **{key: counts.get(key, 0) for key in ("rows", "new", "changed", "same", "faulty")},
                    "committed": commit,
                    "run": run.pk if commit else None,
                    "mapping": {headers.get(index, index): name for index, name in run.mapping.items() if name},
                    "errors": [
                        {
                            "row": row + 1,
                            "column": column_letters(column) if column is not None else None,
                            "value": value,
                            "code": code,
                            "message": message,
                        }
                        for row, column, value, code, message in outcome.faults
                    ],
                }
                if not commit:
                    run.content.delete(save=False)
                    raise _NothingWritten
        except _NothingWritten:
            pass
        except (ReadError, ValidationError, PermissionDenied) as error:
            raise BadCall("；".join(error.messages) if isinstance(error, ValidationError) else str(error)) from error
        return answer, 1 if answer["errors"] else 0

    def say(self, result: Any) -> None:
        counts = ", ".join(f"{key} {result[key]}" for key in ("rows", "new", "changed", "same", "faulty"))
        self.stdout.write(f"{counts}; {'written' if result['committed'] else 'nothing written'}")
        for error in result["errors"][:50]:
            self.stdout.write(f"  row {error['row']} {error['column'] or ''} {error['value']}: {error['message']}")
        if result["run"]:
            self.stdout.write(f"undo with: manage.py undo-import {result['run']}")
