"""All that the kernel derives from a sheet, as one document: routes, columns, fields, actions, flow, who may do what."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import get_resolver

from zhixing.kernel.fields import EncryptedTextField, MoneyField, UsccField
from zhixing.kernel.filtering import filter_class
from zhixing.kernel.scope import SYSTEM, Scope, role_table, type_key
from zhixing.kernel.sheet import Sheet
from zhixing.kernel.values import is_numeric

PAGES = (
    "list add import import-template export bulk save-view detail edit delete restore act upload draft reveal".split()
)
OPERATIONS = (
    ("GET", ""),
    ("POST", ""),
    ("POST", "/act/{action}"),
    ("GET", "/{id}"),
    ("PATCH", "/{id}"),
    ("DELETE", "/{id}"),
    ("POST", "/{id}/act/{action}"),
)
# What every list's address may say besides its filters.
LIST_PARAMETERS = {"q", "sort", "columns", "page", "tab", "archived"}
_KINDS: tuple[tuple[type[models.Field], str], ...] = (
    (EncryptedTextField, "personal data"),
    (UsccField, "unified social credit code"),
    (MoneyField, "yuan"),
    (models.ManyToManyField, "records"),
    (models.ForeignKey, "record"),
    (models.BooleanField, "yes or no"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.DecimalField, "decimal"),
    (models.FloatField, "number"),
    (models.IntegerField, "whole number"),
    (models.EmailField, "e-mail"),
    (models.URLField, "address"),
    (models.JSONField, "JSON"),
    (models.TextField, "long text"),
    (models.CharField, "text"),
)


def kind_of(field: models.Field) -> str:
    """What a field holds, in a word."""
    if isinstance(field, models.GeneratedField):
        field = field.output_field or field
    if field.choices:
        return "choice"
    return next((word for kind, word in _KINDS if isinstance(field, kind)), type(field).__name__)


def route(sheet: Sheet, page: str) -> str:
    """A page's address with its open places in braces."""
    domain, name = sheet.key.split(".")
    ways, _pattern, _defaults, _converters = get_resolver().reverse_dict.getlist(page)[0]
    text, places = ways[0]
    return "/" + text % {**{place: f"{{{place}}}" for place in places}, "domain": domain, "name": name}


def _field(sheet: Sheet, name: str, field: models.Field) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "label": str(field.verbose_name),
        "kind": kind_of(field),
        "required": not (field.blank or field.null or field.has_default()),
    }
    if field.choices:
        found["choices"] = {str(value): str(label) for value, label in field.flatchoices}
    if field.is_relation:
        found["to"] = type_key(field.related_model)  # type: ignore[arg-type]
    if getattr(field, "max_length", None):
        found["max_length"] = field.max_length
    if getattr(field, "masked", False):
        found["masked"] = True
    if name in sheet.stateful:
        found["written_by"] = "steps"
    return found


def _constraints(sheet: Sheet) -> dict[str, str]:
    found = {}
    for constraint in sheet.model._meta.constraints:
        found[constraint.name] = str(constraint.get_violation_error_message())
    return dict(sorted(found.items()))


def describe(sheet: Sheet) -> dict[str, Any]:
    """Everything derived from one sheet, in the language in force."""
    model, flow = sheet.model, sheet.flow
    scope: Scope = getattr(model, "scope", Scope())
    filters = filter_class(sheet, SYSTEM).base_filters
    domain, name = sheet.key.split(".")
    rows = role_table().rows.get(sheet.key, {})
    return {
        "type": sheet.key,
        "label": str(sheet.label),
        "label_plural": str(sheet.label_plural),
        "description": str(sheet.description),
        "routes": {page: route(sheet, page) for page in PAGES},
        "operations": [f"{method} /api/v1/{domain}/{name}{rest}" for method, rest in OPERATIONS],
        "columns": [
            {
                "name": path,
                "label": str(sheet.column_label(path)),
                "shown": path in sheet.columns,
                "computed": path in sheet.computed,
                "numeric": is_numeric(sheet, path),
            }
            for path in sheet.all_columns
        ],
        "filters": {key: str(item.label) for key, item in filters.items()},
        "tabs": sheet.tabs,
        "search": list(sheet.search_fields),
        "fields": [_field(sheet, key, field) for key, field in sheet.fields.items()],
        "groups": [{"label": str(label), "fields": list(names)} for label, names in sheet.groups],
        "related": list(sheet.related),
        "actions": [
            {
                "key": action.key,
                "label": str(action.label),
                "capability": action.capability,
                "comment": action.comment,
                "bulk": action.bulk and action.form is None,
                "asks": list(getattr(action.form, "base_fields", {})),
            }
            for action in sheet.actions
        ],
        "flow": flow
        and {
            "field": flow.field,
            "steps": [
                {
                    "key": step.key,
                    "label": str(step.label),
                    "from": list(step.sources),
                    "to": step.target,
                    "capability": step.capability,
                    "comment": step.comment,
                    "by_approval": step.by_approval,
                }
                for step in flow.steps
            ],
        },
        "scope": {"units": list(scope.units), "people": list(scope.people)},
        "capabilities": {role: dict(sorted(cell.items())) for role, cell in sorted(rows.items())},
        "natural_key": list(sheet.key_fields),
        "other_key": list(sheet.other_key),
        "spelled": list(sheet.spelled),
        "not_imported": str(sheet.not_imported),
        "synonyms": {key: list(words) for key, words in sheet.synonyms.items()},
        "depends": {key: dict(terms) for key, terms in sheet.depends.items()},
        "constraints": _constraints(sheet),
    }
