"""Print all that the kernel derived from a record type, or from every one."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from zhixing.kernel.describing import describe
from zhixing.kernel.sheet import sheet_for, sheets

BASELINE = Path(settings.ROOT) / "tests" / "baselines" / "describe.json"


def document() -> str:
    """What is derived from all sheets, in English, as the committed baseline keeps it: one line for each thing."""
    with translation.override("en"):
        found = {sheet.key: describe(sheet) for sheet in sorted(sheets(), key=lambda sheet: sheet.key)}
    types = [f"{_dump(key)}: {{\n{_attributes(attributes)}\n}}" for key, attributes in found.items()]
    return "{\n" + ",\n".join(types) + "\n}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _attributes(attributes: dict[str, Any]) -> str:
    lines = []
    for name, value in attributes.items():
        if isinstance(value, dict) and value:
            inside = [f"  {_dump(key)}: {_dump(item)}" for key, item in value.items()]
            lines.append(f" {_dump(name)}: {{\n{f',{chr(10)}'.join(inside)}\n }}")
        elif isinstance(value, list) and value and not _flat(value):
            lines.append(f" {_dump(name)}: [\n{f',{chr(10)}'.join('  ' + _dump(item) for item in value)}\n ]")
        else:
            lines.append(f" {_dump(name)}: {_dump(value)}")
    return ",\n".join(lines)


def _lines(value: Any, indent: int = 0) -> list[str]:
    pad = "  " * indent
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item and not _flat(item):
                lines += [f"{pad}{key}:", *_lines(item, indent + 1)]
            else:
                lines.append(f"{pad}{key}: {_words(item)}")
        return lines
    return [f"{pad}- {_words(item)}" for item in value]


def _flat(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(
            f"{key} {_words(item)}" for key, item in value.items() if item not in (None, "", False, [], {})
        )
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "-"
    return {True: "yes", False: "no", None: "-", "": "-"}.get(value, str(value))


class Command(BaseCommand):
    help = (
        "Print what the kernel derived from a record type: routes, columns, fields, actions, scope, flow, capabilities."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("type", nargs="?", help="for example partners.organisation; all types without it")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--write-baseline", action="store_true", help="renew tests/baselines/describe.json")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write_baseline"]:
            BASELINE.write_text(document(), encoding="utf-8")
            self.stderr.write(f"{BASELINE.relative_to(settings.ROOT)} is renewed: read its diff before committing it")
            return
        chosen = list(sheets())
        if options["type"]:
            sheet = sheet_for(options["type"])
            if sheet is None:
                known = ", ".join(sorted(item.key for item in chosen))
                raise CommandError(f"There is no record type {options['type']!r}. There are: {known}", returncode=2)
            chosen = [sheet]
        found = [describe(sheet) for sheet in chosen]
        if options["json"]:
            self.stdout.write(json.dumps(found[0] if options["type"] else found, ensure_ascii=False))
        else:
            self.stdout.write("\n\n".join("\n".join(_lines(item)) for item in found))
