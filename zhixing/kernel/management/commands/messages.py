"""The words on the screen: collect them, compile their translations, and name those that are missing."""

import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import template

LOCALE = "zh_Hans"
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
Key = tuple[str | None, str]  # context, message id


@dataclass
class Message:
    """One text of an app: where it stands, and its plural if it counts something."""

    plural: str | None = None
    places: set[str] = field(default_factory=set)


def homes() -> list[Path]:
    """The folders of the product's own apps; of two translations of one text Django takes that of the first app."""
    return [Path(app.path) for app in apps.get_app_configs() if app.name.startswith("zhixing.")]


def _texts(path: Path) -> Iterator[tuple[Key, str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        source = template.templatize(source, origin=str(path))
    for _line, texts, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
        singular, plural = texts[:2] if isinstance(texts, tuple) else (texts, None)
        if singular:
            yield (context, singular), plural


def collect(home: Path) -> dict[Key, Message]:
    """Every text of an app's Python files and templates."""
    found: dict[Key, Message] = {}
    for path in sorted([*home.rglob("*.py"), *home.glob("templates/**/*.html")]):
        if "migrations" in path.parts:
            continue
        for key, plural in _texts(path):
            message = found.setdefault(key, Message(plural))
            message.places.add(path.relative_to(settings.ROOT).as_posix())
    return found


def po_path(home: Path) -> Path:
    return home / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def read(home: Path) -> Catalog:
    path = po_path(home)
    if path.is_file():
        with path.open("rb") as file:
            return read_po(file, locale=LOCALE)
    return Catalog(locale=LOCALE, project="zhixing", fuzzy=False)


def _done(message: Any) -> bool:
    words = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(words) and all(words) and not message.fuzzy


def translated(catalog: Catalog) -> dict[Key, Any]:
    """The finished translations of a catalogue."""
    return {(m.context, m.id[0] if isinstance(m.id, (list, tuple)) else m.id): m for m in catalog if m.id and _done(m)}


def compile_all() -> int:
    """Write each app's .mo beside its .po, where it is missing or older; returns how many."""
    count = 0
    for home in homes():
        source = po_path(home)
        target = source.with_suffix(".mo")
        if not source.is_file() or (target.is_file() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        # Another process may read the file meanwhile: it appears whole or not at all.
        draft = target.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("wb") as file:
            write_mo(file, read(home))
        draft.replace(target)
        count += 1
    return count


def faults() -> list[dict[str, str]]:
    """What a reader of Chinese would stumble over: texts without a translation, with two, or with other placeholders."""
    catalogs = {home: translated(read(home)) for home in homes()}
    found = []
    for home in catalogs:
        for key, message in collect(home).items():
            places = ", ".join(sorted(message.places))
            said = next((catalog[key] for catalog in catalogs.values() if key in catalog), None)
            if said is None:
                found.append({"app": home.name, "text": key[1], "fault": "no translation", "places": places})
                continue
            # One concept, one word: Django keeps one of them for every app. Another meaning needs a context.
            if any(key in catalog and catalog[key].string != said.string for catalog in catalogs.values()):
                found.append({"app": home.name, "text": key[1], "fault": "translated in two ways", "places": places})
            words = said.string if isinstance(said.string, (list, tuple)) else [said.string]
            wanted = set(PLACEHOLDER.findall(message.plural or key[1]))
            if any(set(PLACEHOLDER.findall(text)) != wanted for text in words):
                found.append({"app": home.name, "text": key[1], "fault": "placeholders differ", "places": places})
    return found


def extract_all() -> int:
    """Add to each app's .po the texts that no app translates yet, keeping translations; returns how many were added."""
    known = {key for home in homes() for key in translated(read(home))}
    left = 0
    for home in homes():
        catalog, texts = read(home), collect(home)
        for message in catalog:
            key = (message.context, message.id[0] if isinstance(message.id, (list, tuple)) else message.id)
            if message.id:
                message.locations = [(place, None) for place in sorted(texts[key].places)] if key in texts else []
        for key, text in texts.items():
            if key not in known and catalog.get(key[1], context=key[0]) is None:
                catalog.add(
                    (key[1], text.plural) if text.plural else key[1],
                    context=key[0],
                    locations=[(place, None) for place in sorted(text.places)],
                )
                left += 1
        if len(catalog):
            po_path(home).parent.mkdir(parents=True, exist_ok=True)
            with po_path(home).open("wb") as file:
                write_po(file, catalog, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return left


class Command(BaseCommand):
    help = "The texts of the screen: collect them, compile their translations, or name those that are missing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--extract", action="store_true", help="add new texts to each app's .po")
        how.add_argument("--compile", action="store_true", help="make each app's .mo")
        how.add_argument("--check", action="store_true", help="exit 1 when a text lacks its Chinese")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["compile"]:
            self.stdout.write(f"{compile_all()} catalogues compiled")
        elif options["extract"]:
            self.stdout.write(f"{extract_all()} texts added")
        else:
            found = faults()
            for fault in found:
                self.stdout.write(f"{fault['app']}: {fault['fault']}: {fault['text']!r} ({fault['places']})")
            if found:
                self.stderr.write(f"{len(found)} texts are not ready for a reader of Chinese")
                sys.exit(1)
