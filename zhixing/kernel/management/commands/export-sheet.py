"""Write the rows of a record type to a file: rows and columns as on the page, as somebody who may take them out."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.http import QueryDict

from zhixing.kernel import exporting
from zhixing.kernel.describing import LIST_PARAMETERS
from zhixing.kernel.filtering import Listing
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.verbs import actor_named


class Command(BaseCommand):
    help = "Write the rows of a record type to an .xlsx, .csv or .parquet file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("type", help="for example partners.organisation")
        parser.add_argument("out", help="a file that ends in .xlsx, .csv or .parquet")
        parser.add_argument("--as", dest="user", help="act as this account (default: the system)")
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="as in the list's address; repeatable; also columns, sort, q, tab",
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        sheet = sheet_for(options["type"])
        target = Path(options["out"])
        kind = target.suffix.lstrip(".").lower()
        if sheet is None:
            raise CommandError(f"There is no record type {options['type']!r}; `describe` lists them.", returncode=2)
        if kind not in exporting.KINDS:
            raise CommandError(f"{target.name} must end in .{', .'.join(exporting.KINDS)}.", returncode=2)
        if not target.absolute().parent.is_dir():
            raise CommandError(f"There is no folder {target.parent}.", returncode=2)
        actor = actor_named(options["user"])
        if not actor.can(sheet.model, "export"):
            raise CommandError(f"{options['user']} may not export {sheet.key}.", returncode=2)
        query = QueryDict(mutable=True)
        for pair in options["filter"]:
            key, found, value = pair.partition("=")
            if not found:
                raise CommandError(f"--filter {pair!r} is not KEY=VALUE.", returncode=2)
            query.appendlist(key, value)
        listing = Listing(sheet, actor, query, capability="export")
        unknown = set(query) - LIST_PARAMETERS - set(listing.filterset.filters)
        if unknown or not listing.is_valid:
            why = "; ".join(f"{key}: {' '.join(words)}" for key, words in listing.filterset.form.errors.items())
            known = ", ".join(sorted(listing.filterset.filters))
            raise CommandError(
                why or f"{sheet.key} has no filter {', '.join(sorted(unknown))}. There are: {known}", returncode=2
            )
        # The file appears whole or not at all.
        draft = target.with_name(f".{target.stem}.part{target.suffix}")
        try:
            with transaction.atomic():
                count = exporting.write(listing, kind, draft)
                exporting.record_export(sheet, listing, kind, count)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        answer = {"rows": count, "file": str(target), "sha256": exporting.sha256(target)}
        self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else f"{count} rows: {target}")
