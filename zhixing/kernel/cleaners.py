"""How the cells of a register's column become a field's values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import translation

from zhixing.intake.cleaning import column_cleaner
from zhixing.kernel.fields import EncryptedTextField, MoneyField, UsccField
from zhixing.kernel.sheet import Sheet


def by_words(choices: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """The values of choices by their labels in both languages and by themselves, which count before labels."""
    found: dict[str, Any] = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            found.update({str(label): value for value, label in choices})
    return {**found, **{str(value): value for value, _label in choices if value != ""}}


def _choices_of(sheet: Sheet, f: models.Field) -> dict[str, Any]:
    """Every word for a choice: its labels in both languages, its code, and the office's own words (`synonyms["nature=private"]`)."""
    found = by_words(f.flatchoices)
    for value, _label in f.flatchoices:
        found.update(dict.fromkeys(sheet.synonyms.get(f"{f.name}={value}", ()), value))
    return found


def cleaner_for(sheet: Sheet, f: models.Field, unit: int | None, date_1904: bool) -> Any:
    """How the cells of a column become this field's values."""
    required = not f.blank and not f.null and not f.has_default()
    options: dict[str, Any] = {"required": required}
    if f.is_relation:
        return column_cleaner("name", **options)
    if f.choices:
        return column_cleaner("choice", choices=_choices_of(sheet, f), **options)
    match f:
        case ArrayField():
            words = _choices_of(sheet, f.base_field) if f.base_field.choices else None
            return column_cleaner("multi", choices=words, **options)
        case UsccField():
            return column_cleaner("uscc", **options)
        case EncryptedTextField():
            return column_cleaner("resident_id" if "id_number" in f.name else "phone", **options)
        case models.EmailField():
            return column_cleaner("email", **options)
        case models.DateTimeField():
            return column_cleaner("moment", date_1904=date_1904, **options)
        case models.DateField():
            return column_cleaner("date", open_end=f.null, date_1904=date_1904, **options)
        case models.BooleanField():
            return column_cleaner("boolean", **options)
        case MoneyField() | models.DecimalField():
            return column_cleaner(
                "decimal", unit=unit if isinstance(f, MoneyField) else None, places=f.decimal_places, **options
            )
        case models.IntegerField():
            return column_cleaner("year" if f.name.endswith("year") else "integer", **options)
        case models.TextField():
            return column_cleaner("text", multiline=True, **options)
        case models.SlugField():
            # A code of machines: it is written as it stands.
            return column_cleaner("code", upper=False, max_length=f.max_length, **options)
        case models.CharField() if f.unique or f.name in {"code", "number", "staff_number"}:
            return column_cleaner("code", max_length=f.max_length, **options)
        case models.CharField() if "name" in f.name:
            return column_cleaner("name", max_length=f.max_length, **options)
    return column_cleaner("text", max_length=getattr(f, "max_length", None), **options)
