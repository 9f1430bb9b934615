"""How a field's value reads: in a cell, on a detail page, in an export, in the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Model
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhixing.kernel.fields import MoneyField, mask
from zhixing.kernel.sheet import Sheet, sheet_for

__all__ = ["Cell", "escape", "html", "is_numeric", "link", "machine", "plain", "text", "value_at"]

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
        value = getattr(value, name, None)
        if value is None:
            return None
    return value


def owner_of(record: Model, path: str) -> tuple[Any, str]:
    """The record that holds the last field of a path, and that field's name."""
    *hops, last = path.split("__")
    return (value_at(record, "__".join(hops)) if hops else record), last


def text(sheet: Sheet, record: Model, path: str, masked: bool = True) -> str:
    """A value as plain words in the reader's language."""
    field = sheet.field(path)
    if field is None:
        value = getattr(record, path, None)
        return plain(value)
    if field.many_to_many:
        return "、".join(str(item) for item in value_at(record, path).all())
    holder, name = owner_of(record, path)
    if holder is None:
        return ""
    value = getattr(holder, name)
    if field.choices:
        return str(getattr(holder, f"get_{name}_display")()) if value not in (None, "") else ""
    if getattr(field, "masked", False) and masked:
        return mask(value or "")
    if isinstance(field, MoneyField) and value is not None:
        return f"{value:,.2f}"
    return plain(value)


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


def html(sheet: Sheet, record: Model, path: str, masked: bool = True) -> SafeString:
    """A value as it stands on a page: states as badges, relations as links."""
    field = sheet.field(path)
    words = text(sheet, record, path, masked)
    if not words:
        return mark_safe('<span class="zx-none">—</span>')
    if field is None:
        computed = sheet.computed[path]
        target = sheet_for(computed.rows[0]) if computed.rows else None
        if target and computed.rows:
            return format_html('<a href="{}?{}={}">{}</a>', target.url("list"), computed.rows[1], record.pk, words)
        return format_html("{}", words)
    if field.many_to_many:
        return format_html_join("、", "{}", ((link(item),) for item in value_at(record, path).all()))
    holder, name = owner_of(record, path)
    if field.is_relation:
        return link(getattr(holder, name))
    flow = getattr(holder, "flow", None)
    if field.choices and flow and flow.field == name:
        state = getattr(holder, name)
        return format_html('<span class="zx-tag zx-tag--{}">{}</span>', TONES.get(state, "plain"), words)
    if isinstance(field, models.URLField):
        return format_html('<a href="{}" rel="noopener">{}</a>', words, words)
    if isinstance(field, models.TextField) and "\n" in words:
        return format_html('<span class="zx-prose">{}</span>', words)
    return format_html("{}", words)


def link(record: Model | None) -> SafeString:
    """A record as a link to its page; plain words where it has none."""
    if record is None:
        return mark_safe('<span class="zx-none">—</span>')
    sheet = sheet_for(type(record))
    if sheet is None:
        return format_html("{}", str(record))
    try:
        return format_html('<a href="{}">{}</a>', sheet.url("detail", record.pk), str(record))
    except NoReverseMatch:
        return format_html("{}", str(record))


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
    return isinstance(field, (models.IntegerField, models.DecimalField, models.FloatField)) and not field.choices and not field.is_relation
