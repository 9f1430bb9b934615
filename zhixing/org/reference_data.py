"""Brings the files of `data/` into the national reference tables: once, twice, after an edit, with the same result."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import models, transaction

from zhixing.org.reference import College, Division, Holiday, IndustryCode, NationalMajor

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True)
class Table:
    """One file and the table it fills: how each column's text becomes the field's value, the key column first."""

    key: str
    model: type[models.Model]
    columns: dict[str, Callable[[str], Any]]
    # Columns of the file whose field has another name.
    fields: dict[str, str]

    @property
    def names(self) -> list[str]:
        return [self.fields.get(column, column) for column in self.columns]

    def rows(self) -> list[tuple[Any, ...]]:
        with (DATA / f"{self.key}.csv").open(encoding="utf-8", newline="") as file:
            return [tuple(read(row[column]) for column, read in self.columns.items()) for row in csv.DictReader(file)]


def _code_or_none(text: str) -> str | None:
    return text or None


_TREE: dict[str, Callable[[str], Any]] = {"code": str, "name": str, "level": int, "parent": _code_or_none}
TABLES = (
    Table("majors", NationalMajor, dict.fromkeys(("code", "name", "level", "division", "category"), str), {}),
    Table("industry", IndustryCode, _TREE, {"parent": "parent_id"}),
    Table("divisions", Division, _TREE, {"parent": "parent_id"}),
    Table("colleges", College, dict.fromkeys(("code", "name", "province", "city", "level"), str), {}),
    Table("holidays", Holiday, {"day": date.fromisoformat, "is_workday": lambda text: text == "1", "name": str}, {}),
)


@transaction.atomic
def load() -> dict[str, dict[str, int]]:
    """Write what is new or changed in the files; rows that left a file stay, since records may refer to them.

    Returns for each table the number of `rows` in its file and how many of them were `new`, `changed` and the `same`.
    A second call writes nothing.
    """
    return {table.key: _load(table) for table in TABLES}


def _load(table: Table) -> dict[str, int]:
    names = table.names
    rows = table.rows()
    present = {row[0]: row for row in table.model._default_manager.values_list(*names)}
    differing = [row for row in rows if present.get(row[0]) != row]
    table.model._default_manager.bulk_create(
        [table.model(**dict(zip(names, row, strict=True))) for row in differing],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=names[:1],
        update_fields=[name.removesuffix("_id") for name in names[1:]],
    )
    new = sum(row[0] not in present for row in differing)
    return {"rows": len(rows), "new": new, "changed": len(differing) - new, "same": len(rows) - len(differing)}
