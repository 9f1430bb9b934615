"""Load the national reference tables: majors, industries, divisions, colleges, holidays. Safe to run again."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from zhixing.org import reference_data


class Command(BaseCommand):
    help = "Load the national reference tables from zhixing/org/data. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = reference_data.load()
        if options["json"]:
            self.stdout.write(json.dumps(counts, ensure_ascii=False))
            return
        for key, count in counts.items():
            self.stdout.write("{:10} {rows:6} rows, {new} new, {changed} changed".format(key, **count))
