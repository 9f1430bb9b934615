"""How a field's value reads: in a cell, on a detail page, in an export, in the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape as escaped
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Model
from django.utils import timezone
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhixing.kernel.fields import MoneyField, mask
from zhixing.kernel.sheet import Sheet, sheet_for

__all__ = [
    "Cell",
    "escape",
    "html",
    "is_numeric",
    "link",
    "linker",
    "machine",
    "plain",
    "reader",
    "renderer",
    "text",
    "value_at",
    "words_of",
]

# Colours of states that many types share; any other state is neutral.
TONES = {
    **dict.fromkeys(("active", "approved", "held", "met", "done", "applied", "enrolled", "follow"), "ok"),
    **dict.fromkeys(("claimed", "implement", "supervise"), "p"),
    **dict.fromkeys(("submitted", "dormant", "suspended"), "gold"),
    **dict.fromkeys(("banned", "cancelled", "left"), "bad"),
}


def value_at(record: Model, path: str) -> Any:
    """Follow a path over relations; None where one is missing."""
    value: Any = record
    for name in path.split("__"):
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        if value is None:
            return None
    return value


def owner_of(record: Model, path: str) -> tuple[Any, str]:
    """The record that holds the last field of a path, and that field's name."""
    *hops, last = path.split("__")
    return (value_at(record, "__".join(hops)) if hops else record), last


def reader(sheet: Sheet, path: str, masked: bool = True) -> Callable[[Any], str]:
    """How a column reads as plain words in the reader's language; what its field decides is decided once, not for every row."""
    field = sheet.field(path)
    if field is None:
        counted = sheet.computed.get(path)
        # A sum of money reads as money does.
        money = isinstance(getattr(counted.expression if counted else None, "_output_field_or_none", None), MoneyField)
        words = words_of(MoneyField()) if money else plain
        return lambda record: words(getattr(record, path, None))
    if field.many_to_many:
        return lambda record: "、".join(str(item) for item in value_at(record, path).all())
    words = words_of(field, masked) if path not in sheet.spelled else sheet.spelled[path].write
    *hops, name = path.split("__")
    if hops:
        return lambda record: words(value_at(record, path))
    return lambda record: words(getattr(record, name))


def words_of(field: models.Field, masked: bool = True) -> Callable[[Any], str]:
    """How the values of a field read as plain words."""
    if field.choices:
        labels = {value: str(label) for value, label in field.flatchoices if value != ""}
        return lambda value: "" if value is None or value == "" else labels.get(value) or str(value)
    if isinstance(field, ArrayField) and field.base_field.choices:
        named = {value: str(label) for value, label in field.base_field.flatchoices}
        return lambda value: "、".join(named.get(item) or str(item) for item in value or ())
    if getattr(field, "masked", False) and masked:
        return lambda value: mask(value or "")
    if isinstance(field, MoneyField):
        return lambda value: plain(value) if value is None else f"{value:,.2f}"
    if not field.is_relation and isinstance(field, (models.CharField, models.IntegerField)):
        return lambda value: "" if value is None else str(value)
    return plain


def text(sheet: Sheet, record: Model, path: str, masked: bool = True) -> str:
    """A value as plain words in the reader's language."""
    return reader(sheet, path, masked)(record)


def plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case float() | Decimal():
            return f"{value:.2f}".rstrip("0").rstrip(".")
        case list() | tuple():
            return "、".join(plain(item) for item in value)
    return str(value)


NONE: SafeString = mark_safe('<span class="zx-none">—</span>')


def renderer(sheet: Sheet, path: str, masked: bool = True) -> Callable[[Any], SafeString]:
    """How a column stands on a page: states as badges, relations as links; what its field decides is decided once."""
    field = sheet.field(path)
    if field is not None and field.many_to_many:
        linked = linker(field.related_model)  # type: ignore[arg-type]
        return lambda record: (
            format_html_join("、", "{}", ((linked(item),) for item in value_at(record, path).all())) or NONE
        )
    if field is not None and field.is_relation:
        linked = linker(field.related_model)  # type: ignore[arg-type]
        return lambda record: linked(value_at(record, path))
    words, frame = reader(sheet, path, masked), _frame(sheet, field, path)

    def render(record: Any) -> SafeString:
        shown = words(record)
        return SafeString(frame(escaped(shown), record)) if shown else NONE

    return render


def _frame(sheet: Sheet, field: models.Field | None, path: str) -> Callable[[str, Any], str]:
    """What stands around the words of a column."""
    if field is None:
        computed = sheet.computed[path]
        target = sheet_for(computed.rows[0]) if computed.rows else None
        tone = computed.tone
        if tone is not None:
            return lambda words, record: (
                f'<span class="zx-tag zx-tag--{found}">{words}</span>' if (found := tone(record)) else words
            )
        if target and computed.rows:
            address = f"{escaped(target.url('list'))}?{computed.rows[1]}="
            return lambda words, record: f'<a href="{address}{record.pk}">{words}</a>'
        return lambda words, record: words
    flow = getattr(field.model, "flow", None)
    if field.choices and flow and flow.field == field.name:
        return lambda words, record: (
            f'<span class="zx-tag zx-tag--{TONES.get(value_at(record, path), "plain")}">{words}</span>'
        )
    if isinstance(field, models.URLField):
        return lambda words, record: f'<a href="{words}" rel="noopener">{words}</a>'
    if isinstance(field, models.TextField):
        return lambda words, record: f'<span class="zx-prose">{words}</span>' if "\n" in words else words
    return lambda words, record: words


def html(sheet: Sheet, record: Model, path: str, masked: bool = True) -> SafeString:
    """A value as it stands on a page: states as badges, relations as links."""
    return renderer(sheet, path, masked)(record)


def linker(model: type[Model]) -> Callable[[Model | None], SafeString]:
    """How records of a type are shown: as links to their pages; as plain words where they have none."""
    sheet = sheet_for(model)
    address = sheet.addresses("detail") if sheet else None
    if address is None:
        return lambda record: NONE if record is None else SafeString(escaped(str(record)))
    return lambda record: (
        NONE if record is None else SafeString(f'<a href="{address(record.pk)}">{escaped(str(record))}</a>')
    )


def link(record: Model | None) -> SafeString:
    """A record as a link to its page; plain words where it has none."""
    return NONE if record is None else linker(type(record))(record)


def machine(field: models.Field | None, record: Model, path: str, masked: bool = True) -> Any:
    """A value for programs: codes, not words; ISO dates; decimals as strings by the JSON encoder."""
    if field is not None and field.many_to_many:
        return [item.pk for item in value_at(record, path).all()]
    holder, name = owner_of(record, path)
    if holder is None:
        return None
    if field is not None and field.is_relation:
        return getattr(holder, field.attname)  # type: ignore[attr-defined]
    value = getattr(holder, name, None)
    return mask(value or "") if getattr(field, "masked", False) and masked else value


@dataclass(frozen=True)
class Cell:
    """One cell of a list."""

    html: SafeString
    label: str
    css: str = ""


def is_numeric(sheet: Sheet, path: str) -> bool:
    field = sheet.field(path)
    if field is None:
        return sheet.computed[path].numeric
    return (
        isinstance(field, (models.IntegerField, models.DecimalField, models.FloatField))
        and not field.choices
        and not field.is_relation
    )
