"""One pass over a register: its headings understood, its cells cleaned and looked up, its rows laid beside what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import connection, models
from django.utils import translation
from django.utils.translation import gettext as _

from zhixing.intake.cleaning import CellFault, ReadError
from zhixing.intake.reading import (
    SheetData,
    Workbook,
    data_rows,
    filled_sheets,
    find_header,
    map_headers,
    normalise_header,
    open_workbook,
)
from zhixing.kernel import staging
from zhixing.kernel.cleaners import cleaner_for
from zhixing.kernel.fields import EncryptedTextField, UsccField, validate_uscc
from zhixing.kernel.forms import naming_words
from zhixing.kernel.lookups import look_up
from zhixing.kernel.models import HeaderMemory, ImportRun
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet

KEPT_FAULTS = 5000
Report = Callable[[int, int, str], None]


def silent(done: int, total: int, message: str) -> None:
    """For callers who do not watch."""


@dataclass
class Reading:
    """A file opened and understood as far as its headings."""

    book: Workbook
    page: SheetData
    header_row: int
    columns: list[dict[str, Any]]
    unit: int | None = None


@dataclass
class Column:
    index: int
    name: str
    field: models.Field
    header: str
    cleaner: Any
    unit: int | None = None


@dataclass
class Outcome:
    """What a pass over the file found."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[tuple[int, int | None, str, str, str]] = field(default_factory=list)
    ambiguous: list[dict[str, Any]] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)


# Reading and mapping ---------------------------------------------------------------------------------------------------------------------------


def spellings(sheet: Sheet) -> dict[str, list[str]]:
    """Every heading under which a field is known: its labels in both languages, its name, and the office's own words."""
    found: dict[str, list[str]] = {}
    for name, f in sheet.register_fields.items():
        labels: list[str] = []
        for language in (translation.get_language() or "zh-hans", "zh-hans", "en"):
            with translation.override(language):
                labels.append(str(f.verbose_name))
        found[name] = list(dict.fromkeys([*labels, name, *sheet.synonyms.get(name, ())]))
    return found


def known_headers(sheet: Sheet) -> dict[str, str]:
    return {normalise_header(text).text: name for name, texts in spellings(sheet).items() for text in texts}


def understand(sheet: Sheet, data: bytes, file_name: str, sheet_name: str = "") -> Reading:
    """Open a file, choose its page, find the header row, and propose a field for each column. Raises ReadError in words."""
    book = open_workbook(data, file_name)
    known = known_headers(sheet)
    pages = [page for page in filled_sheets(book) if not sheet_name or page.name == sheet_name]
    if not pages:
        raise ReadError("no_page", _("The file has no filled page of that name."))
    # The page whose headings this record type knows best: registers come with cover pages and lists of codes.
    page, header = max(
        ((p, find_header(p.rows, known, p.merged)) for p in pages), key=lambda pair: (pair[1].known, pair[1].score)
    )
    remembered = dict(HeaderMemory.objects.filter(record_type=sheet.key).values_list("header", "field"))
    columns: list[dict[str, Any]] = [
        {
            "header": m.header,
            "index": m.column_index,
            "field": m.field,
            "how": m.how,
            "confidence": round(m.confidence, 2),
            "unit": m.unit,
        }
        for m in map_headers(header.columns, spellings(sheet), remembered)
    ]
    for column in columns:
        column["samples"] = [
            str(row[column["index"]])
            for row in page.rows[header.row_index + 1 : header.row_index + 5]
            if column["index"] < len(row)
        ][:3]
    return Reading(book, page, header.row_index, columns, header.unit)


# The pass over the file ------------------------------------------------------------------------------------------------------------------------


def check_mapping(sheet: Sheet, mapping: dict[str, str]) -> None:
    """Raise ValidationError when columns so mapped cannot be a register of this type."""
    taken = [name for name in mapping.values() if name]
    mapped = set(taken)
    known = sheet.register_fields
    for name in taken:
        if name not in known:
            raise ValidationError(
                _("“%(name)s” is not a field of this register.") % {"name": name}, code="unknown_field"
            )
    if len(mapped) < len(taken):
        raise ValidationError(_("Two columns are mapped to the same field. Leave one out."), code="mapped_twice")
    if not sheet.key_fields:
        raise ValidationError(_("This register has no natural key and cannot be imported."), code="no_key")
    by_other = bool(sheet.other_key) and mapped >= set(sheet.other_key)
    for name in sheet.key_fields:
        if name not in mapped and not by_other:
            label = sheet.model._meta.get_field(name).verbose_name
            raise ValidationError(
                _("No column is mapped to “%(field)s”, by which records are recognised.") % {"field": label},
                code="key_missing",
            )
    for name, f in sheet.import_fields.items():
        if name not in mapped and not f.blank and not f.null and not f.has_default():
            raise ValidationError(
                _("No column is mapped to “%(field)s”, which every record needs.") % {"field": f.verbose_name},
                code="required_missing",
            )


def _columns(sheet: Sheet, run: ImportRun, reading: Reading) -> list[Column]:
    check_mapping(sheet, run.mapping)
    headers = {column["index"]: column for column in reading.columns}
    columns, fields = [], sheet.register_fields
    for index, name in sorted((int(index), name) for index, name in run.mapping.items() if name):
        f, found = fields[name], headers.get(index, {})
        unit = found.get("unit") or reading.unit
        cleaner = cleaner_for(sheet, f, unit, reading.book.date_1904)
        columns.append(Column(index, name, f, found.get("header", ""), cleaner, unit))
    return columns


def _checked_length(check: Any, column: Column) -> bool:
    """Whether a validator asks for no more than the length that the column's cleaner was given."""
    given = column.cleaner.options.get("max_length")
    return isinstance(check, MaxLengthValidator) and given is not None and given <= check.limit_value


def _complaints(checks: list[Any], value: Any) -> Iterator[str]:
    for check in checks:
        try:
            check(value)
        except ValidationError as error:
            yield from error.messages


class Pass:
    """One pass: rows → clean values → lookups → stage → faults and counts."""

    def __init__(self, sheet: Sheet, run: ImportRun, actor: Actor, report: Report):
        self.sheet, self.run, self.actor, self.report = sheet, run, actor, report
        report(0, 1, _("reading the file"))
        with run.content.open("rb") as file:
            self.reading = understand(sheet, file.read(), run.file_name, run.sheet_name)
        if run.header_row and run.header_row != self.reading.header_row:
            self.reading.header_row = run.header_row
        self.columns = _columns(sheet, run, self.reading)
        self.outcome = Outcome()
        self.bad: set[int] = set()

    def fault(self, row: int, column: Column | None, value: Any, code: str, message: str) -> None:
        self.bad.add(row)
        self.outcome.faults.append((row, column.index if column else None, str(value)[:100], code, message))

    def clean(self) -> tuple[list[int], list[list[Any]]]:
        """Row numbers and, column by column, their clean values."""
        header = find_header(self.reading.page.rows, known_headers(self.sheet), self.reading.page.merged)
        header.row_index = self.reading.header_row
        found = data_rows(self.reading.page.rows, header)
        numbers = [number for number, _cells in found.rows]
        self.total = len(numbers)
        self.outcome.counts["rows"] = self.total
        self.outcome.counts["skipped"] = sum(1 for _row, why in found.skipped if why != "blank")
        cells = [cells for _number, cells in found.rows]
        values = []
        for i, column in enumerate(self.columns):
            self.report(i, len(self.columns) + 3, str(column.field.verbose_name))
            index, result = column.index, column.cleaner.result
            raw = [row[index] if index < len(row) else "" for row in cells]
            cleaned = [result(value) for value in raw]
            out: list[Any] = [None] * len(raw)
            for j, item in enumerate(cleaned):
                if isinstance(item, CellFault):
                    self.fault(numbers[j], column, raw[j], item.code, str(item))
                else:
                    out[j] = item.value
            if column.name in self.sheet.spelled:
                out = self._spelled(column, numbers, raw)
            elif column.field.is_relation:
                out = self._relate(column, numbers, raw, out)
            else:
                self._validate(column, numbers, raw, out)
            values.append(out)
        return numbers, values

    def _spelled(self, column: Column, numbers: list[int], raw: list[Any]) -> list[Any]:
        """What the cells of a structured field say, as it was written: line ends and spaces in front mean something there."""
        read = self.sheet.spelled[column.name].read
        values: list[Any] = [None] * len(raw)
        for j, given in enumerate(raw):
            text = "" if given is None else str(given).replace("\r\n", "\n").strip("\r\n ")
            try:
                values[j] = read(text) if text else None
            except ValidationError as error:
                self.fault(numbers[j], column, given, "invalid", "；".join(error.messages))
        return values

    def _validate(self, column: Column, numbers: list[int], raw: list[Any], values: list[Any]) -> None:
        """The field's own validators, once for each different value; the cleaner has seen to length and code already."""
        seen_to = [validate_uscc] if isinstance(column.field, UsccField) else []
        checks = [
            check for check in column.field.validators if check not in seen_to and not _checked_length(check, column)
        ]
        if not checks:
            return
        verdicts: dict[Any, str] = {}
        for number, given, value in zip(numbers, raw, values, strict=True):
            if value in (None, ""):
                continue
            verdict = verdicts.get(value)
            if verdict is None:
                verdict = verdicts[value] = "；".join(_complaints(checks, value))
            if verdict:
                self.fault(number, column, given, "invalid", verdict)

    def _relate(self, column: Column, numbers: list[int], raw: list[Any], texts: list[Any]) -> list[Any]:
        model: type[models.Model] = column.field.related_model  # type: ignore[assignment]
        found = look_up(model, {text for text in texts if text}, self.actor)
        chosen = dict(self.run.choices.get(str(column.index), {}))
        label = model._meta.verbose_name
        asked: set[str] = set()
        values: list[Any] = []
        for number, given, text in zip(numbers, raw, texts, strict=True):
            keys = found.get(text, []) if text else []
            if not text:
                values.append(None)
            elif text in chosen and chosen[text] in keys:
                values.append(chosen[text])
            elif len(keys) == 1:
                values.append(keys[0])
            elif not keys:
                values.append(None)
                words = _("No %(type)s is called “%(value)s”. Correct it, or add the %(type)s first.") % {
                    "type": label,
                    "value": text,
                }
                self.fault(number, column, given, "unknown", words)
            else:
                values.append(None)
                if text not in asked:
                    asked.add(text)
                    options = [
                        {"pk": r.pk, "label": naming_words(r)}
                        for r in model._default_manager.filter(pk__in=keys).order_by("pk")[:20]
                    ]
                    self.outcome.ambiguous.append(
                        {
                            "column": column.index,
                            "field": str(column.field.verbose_name),
                            "text": text,
                            "options": options,
                        }
                    )
                words = _("“%(value)s” fits %(count)s records. Choose one above, or write its code.") % {
                    "value": text,
                    "count": len(keys),
                }
                self.fault(number, column, given, "ambiguous", words)
        return values

    def _repeated(self, numbers: list[int], values: list[list[Any]]) -> None:
        """Rows that name the same record twice: the first counts, the later are faults that say where the first stands."""
        first: dict[tuple[Any, ...], int] = {}
        known_by = (self.sheet.key_fields, self.sheet.other_key)
        keys = [(names, places) for names in known_by if (places := self._places(names))]
        for j, number in enumerate(numbers):
            if number in self.bad:
                continue
            for names, places in keys:
                key = tuple(values[i][j] for i in places)
                blank = [self.columns[i] for i, part in zip(places, key, strict=True) if part is None or part == ""]
                needed = [c for c in blank if not staging.optional_part(c.field, names)]
                if not needed and len(blank) < len(key):
                    break
            else:
                column = (needed or blank)[0]
                self.fault(
                    number,
                    column,
                    "",
                    "key_blank",
                    _("“%(field)s” must not be blank: records are recognised by it.")
                    % {"field": column.field.verbose_name},
                )
                continue
            key = (*names, *key)
            if key in first:
                shown = "、".join(str(part) for part in key[len(names) :])
                words = _("The same as row %(row)s: this row is a duplicate. Keep one.") % {"row": first[key] + 1}
                self.fault(number, self.columns[places[0]], shown, "duplicate", words)
            else:
                first[key] = number

    def _places(self, names: tuple[str, ...]) -> list[int]:
        """Where the columns of a key stand; nowhere when the file lacks one of them."""
        found = [i for i, column in enumerate(self.columns) if column.name in names]
        return found if len(found) == len(names) else []

    @property
    def _other_key(self) -> tuple[str, ...]:
        """By what rows are recognised whose natural key is blank; empty when the file does not bring all of it."""
        return self.sheet.other_key if self._places(self.sheet.other_key) else ()

    def run_through(self) -> tuple[staging.Stage, Outcome]:
        """Clean, stage, find faults, compare. Must run inside a transaction."""
        numbers, values = self.clean()
        self._repeated(numbers, values)
        self.report(len(self.columns), len(self.columns) + 3, _("comparing with the register"))
        frozen = self.sheet.stateful & {column.name for column in self.columns}
        prepared = {
            column.name: self._prepare(column, column_values)
            for column, column_values in zip(self.columns, values, strict=True)
        }
        merged = staging.in_one(prepared)
        stage = staging.Stage(
            self.sheet.model, tuple(prepared), self.sheet.key_fields, frozenset(frozen), self._other_key, merged
        )
        stage.fill(
            (number, *row) for number, *row in zip(numbers, *prepared.values(), strict=True) if number not in self.bad
        )
        self._same_in_the_clear(stage, numbers, values)
        self._may_change(stage)
        refused = list(stage.refused())
        named = {(number, code) for number, code, _message in refused}
        for number, code, message in (*refused, *(one for one in stage.faults() if one[:2] not in named)):
            self.fault(number, None, "", code, message)
        stage.drop(self.bad)
        counts = stage.compare()
        self.outcome.counts.update(counts, faulty=len(self.bad))
        self.outcome.faults.sort(key=lambda item: (item[0], item[1] if item[1] is not None else -1))
        return stage, self.outcome

    def _prepare(self, column: Column, values: list[Any]) -> list[Any]:
        f = column.field
        if column.name in self.sheet.spelled:
            return [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
        if isinstance(f, EncryptedTextField):
            return [f.get_prep_value(value) if value else value for value in values]
        return values

    def _same_in_the_clear(self, stage: staging.Stage, numbers: list[int], values: list[list[Any]]) -> None:
        secret = [(i, column) for i, column in enumerate(self.columns) if isinstance(column.field, EncryptedTextField)]
        if not secret:
            return
        old = stage.old_ciphertexts([column.name for _i, column in secret])
        if not old:
            return
        place = {number: j for j, number in enumerate(numbers)}
        for k, (i, column) in enumerate(secret):
            same = []
            for number, ciphers in old.items():
                clear = column.field.from_db_value(ciphers[k], None, None)  # type: ignore[attr-defined]
                if (clear or "") == (values[i][place[number]] or ""):
                    same.append((number, ciphers[k]))
            stage.put_back(column.name, same)

    def _may_change(self, stage: staging.Stage) -> None:
        """A row that would change a record outside the actor's reach is a fault; one that says what stands there already is none.

        Unless the record is out of sight, or a column is secret: whether a guess is right must not be told.
        """
        reach = self.actor.reach(self.sheet.model, "change")
        if reach.everything:
            return
        stage.compare()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT rowno, id, differs FROM {staging.STAGE} WHERE id IS NOT NULL")
            matched = cursor.fetchall()
        keys = {key for _number, key, _differs in matched}
        mine, seen = (
            set(self.sheet.rows(self.actor, capability).filter(pk__in=keys).values_list("pk", flat=True))
            for capability in ("change", "view")
        )
        if any(isinstance(column.field, EncryptedTextField) for column in self.columns):
            seen = set()
        for number, key, differs in matched:
            if key not in mine and (differs or key not in seen):
                self.fault(
                    number, None, "", "not_yours", _("This record belongs to another unit: you may not change it.")
                )
