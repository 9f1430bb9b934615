"""The API's description (OpenAPI 3.1), made from the sheets in the reader's language."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import models
from django.utils.translation import gettext as _
from ninja import NinjaAPI

from zhixing.kernel.filtering import filter_class
from zhixing.kernel.scope import SYSTEM, type_key
from zhixing.kernel.sheet import Sheet, sheets

ROOT = "/api/v1"
_ERROR = {
    "type": "object",
    "properties": {
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
    "required": ["detail", "errors"],
}


def schema_name(sheet: Sheet) -> str:
    """`governance.seat` → `GovernanceSeat`: two domains may use one word."""
    return "".join(part.capitalize() for part in sheet.key.replace(".", "_").split("_"))


def _type_of(field: models.Field) -> dict[str, Any]:
    """The JSON type of a field's value."""
    if isinstance(field, models.GeneratedField):
        field = field.output_field or field
    match field:
        case models.ManyToManyField():
            return {"type": "array", "items": {"type": "integer"}}
        case models.ForeignKey() | models.AutoField():
            return _type_of(field.target_field) if isinstance(field, models.ForeignKey) else {"type": "integer"}
        case models.BooleanField():
            return {"type": "boolean"}
        case models.DateTimeField():
            return {"type": "string", "format": "date-time"}
        case models.DateField():
            return {"type": "string", "format": "date"}
        case models.DecimalField():
            return {"type": "string", "format": "decimal"}
        case models.IntegerField():
            return {"type": "integer"}
        case models.FloatField():
            return {"type": "number"}
        case models.CharField() | models.TextField():
            return {"type": "string"}
    return {"type": "array", "items": {}} if hasattr(field, "base_field") else {}


def field_schema(field: models.Field) -> dict[str, Any]:
    """One field as JSON Schema: its type, its choices as an enumeration with their words, its label."""
    found = _type_of(field)
    words = [str(field.verbose_name)]
    if field.choices:
        found["enum"] = [value for value, _label in field.flatchoices]
        if field.blank and isinstance(field, models.CharField) and "" not in found["enum"]:
            found["enum"].append("")
        words.append("；".join(f"{value} = {label}" for value, label in field.flatchoices if value != ""))
    if field.is_relation and field.related_model is not None:
        words.append(type_key(field.related_model))  # type: ignore[arg-type]
    if getattr(field, "masked", False):
        words.append(_("masked"))
    if isinstance(field, models.CharField) and field.max_length and not field.choices:
        found["maxLength"] = field.max_length
    if field.null and "type" in found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return {**found, "description": ". ".join(filter(None, words))}


def record_schema(sheet: Sheet, *, writing: bool) -> dict[str, Any]:
    """A record as it is given out, or as it is sent in."""
    names = sheet.form_fields if writing else tuple(sheet.fields)
    fields = {name: sheet.fields[name] for name in names}
    properties = {name: field_schema(field) for name, field in fields.items()}
    if writing:
        for name, field in fields.items():
            if field.is_relation:
                # Sent by id, or by the code or name that people use.
                properties[name] = {"description": properties[name]["description"]}
        required = [name for name, f in fields.items() if not (f.blank or f.null or f.has_default())]
        properties["updated_at"] = {
            "type": "string",
            "format": "date-time",
            "description": _("as read: a change by somebody else since then is refused with 409"),
        }
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    for name, column in sheet.computed.items():
        properties[name] = {"description": str(column.label)}
    for name in ("created_at", "updated_at", "archived_at"):
        properties[name] = field_schema(sheet.model._meta.get_field(name))  # type: ignore[arg-type]
    properties = {"id": {"type": "integer"}, "title": {"type": "string"}, **properties}
    properties["actions"] = {
        "type": "array",
        "items": {"type": "string", "enum": [action.key for action in sheet.actions]},
    }
    # Said by an action alone: where it leads on, and what it hands over this once.
    properties["next"] = {"type": "object"}
    properties["handed"] = {"type": "string"}
    return {"type": "object", "properties": properties, "required": ["id", "title"]}


def item_schema(sheet: Sheet) -> dict[str, Any]:
    """A row of a list: the columns asked for."""
    properties: dict[str, Any] = {"id": {"type": "integer"}}
    for path in sheet.all_columns:
        field = sheet.field(path)
        properties[path] = field_schema(field) if field is not None else {"description": str(sheet.column_label(path))}
        if field is not None and "__" in path and "type" in properties[path]:
            # A relation on the way may be missing.
            kind = properties[path]["type"]
            properties[path]["type"] = sorted({*(kind if isinstance(kind, list) else [kind]), "null"})
            if "enum" in properties[path]:
                properties[path]["enum"] = list(dict.fromkeys([*properties[path]["enum"], None]))
    return {"type": "object", "properties": properties, "required": ["id"]}


def _query(name: str, schema: dict[str, Any], description: Any = "", **more: Any) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "schema": schema, "description": str(description), **more}


def _filter(name: str, item: django_filters.Filter) -> dict[str, Any]:
    match item:
        case django_filters.ModelMultipleChoiceFilter():
            return _query(name, {"type": "array", "items": {"type": "integer"}}, item.label, explode=True)
        case django_filters.MultipleChoiceFilter():
            values = [value for value, _label in item.extra["choices"]]
            return _query(
                name, {"type": "array", "items": {"type": "string", "enum": values}}, item.label, explode=True
            )
        case django_filters.DateFilter():
            return _query(name, {"type": "string", "format": "date"}, item.label)
        case django_filters.NumberFilter():
            return _query(name, {"type": "number"}, item.label)
        case django_filters.BooleanFilter():
            return _query(name, {"type": "boolean"}, item.label)
    return _query(name, {"type": "string"}, item.label)


def list_parameters(sheet: Sheet) -> list[dict[str, Any]]:
    columns = "、".join(sheet.all_columns)
    found = [
        _query("page", {"type": "integer", "minimum": 1, "default": 1}),
        _query("page_size", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
        _query("columns", {"type": "string"}, columns),
        _query("sort", {"type": "string"}, _("columns, separated by commas; a minus turns the order")),
        _query("q", {"type": "string"}, _("words in names and codes")),
        _query("titles", {"type": "string", "enum": ["1"]}, _("give the names of related records too")),
        _query("archived", {"type": "string", "enum": ["1"]}, _("only archived")),
    ]
    if sheet.tabs:
        values = [value for value, _label in sheet.model._meta.get_field(sheet.tabs).flatchoices]  # type: ignore[union-attr]
        found.append(_query("tab", {"type": "string", "enum": values}, sheet.column_label(sheet.tabs)))
    return [*found, *(_filter(name, item) for name, item in filter_class(sheet, SYSTEM).base_filters.items())]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


_REFUSALS = {
    400: "not understood",
    401: "nobody",
    403: "not yours to do",
    404: "not there",
    409: "the state forbids it",
    422: "values at fault",
}


def _answers(good: int, schema: dict[str, Any] | None) -> dict[str, Any]:
    answers: dict[str, Any] = {str(good): {"description": "OK", **(_content(schema) if schema else {})}}
    for status, words in _REFUSALS.items():
        answers[str(status)] = {"description": words, **_content(_ref("Error"))}
    return answers


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, **_content(schema)}


def _action_body(ids: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {"comment": {"type": "string"}}
    if ids:
        properties["ids"] = {"type": "array", "items": {"type": "integer"}}
    return {"type": "object", "properties": properties, "required": ["ids"] if ids else []}


def _paths_of(sheet: Sheet, paths: dict[str, Any]) -> None:
    """Put what is known of a type into its operations."""
    domain, type_name = sheet.key.split(".")
    base, name, label = f"{ROOT}/{domain}/{type_name}", schema_name(sheet), str(sheet.label)
    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": _ref(f"{name}Item")},
            "count": {"type": "integer"},
            "page": {"type": "integer"},
            "page_size": {"type": "integer"},
            "titles": {"type": "object"},
        },
        "required": ["items", "count", "page", "page_size"],
    }
    bulk = {
        "type": "object",
        "properties": {
            "done": {"type": "array", "items": {"type": "integer"}},
            "refused": {"type": "array", "items": {"type": "object"}},
        },
    }
    actions = "；".join(f"{action.key} = {action.label}" for action in sheet.actions)
    told: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        (base, "get", _("%(type)s: list"), {"parameters": list_parameters(sheet), "responses": _answers(200, page)}),
        (
            base,
            "post",
            _("%(type)s: add"),
            {"requestBody": _body(_ref(f"{name}Input")), "responses": _answers(201, _ref(name))},
        ),
        (f"{base}/{{id}}", "get", _("%(type)s: one record"), {"responses": _answers(200, _ref(name))}),
        (
            f"{base}/{{id}}",
            "patch",
            _("%(type)s: change"),
            {"requestBody": _body(_ref(f"{name}Change")), "responses": _answers(200, _ref(name))},
        ),
        (
            f"{base}/{{id}}",
            "delete",
            _("%(type)s: delete, or archive"),
            {
                "query": [_query("archive", {"type": "string", "enum": ["1"]}), _query("comment", {"type": "string"})],
                "responses": _answers(204, None),
            },
        ),
        (
            f"{base}/{{id}}/act/{{action}}",
            "post",
            _("%(type)s: act"),
            {"requestBody": _body({"type": "object"}), "responses": _answers(200, _ref(name))},
        ),
        (
            f"{base}/act/{{action}}",
            "post",
            _("%(type)s: act on many"),
            {"requestBody": _body(_action_body(True)), "responses": _answers(200, bulk)},
        ),
    )
    for path, method, summary, more in told:
        operation = paths[path][method]
        operation["summary"] = summary % {"type": label}
        operation["parameters"] = [*operation["parameters"], *more.pop("query", []), *more.pop("parameters", [])]
        if "{action}" in path:
            operation["description"] = actions
        operation.update(more)


def document(api: NinjaAPI) -> dict[str, Any]:
    """The whole description."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=f"{ROOT}/".lstrip("/")))
    schemas: dict[str, Any] = {"Error": _ERROR}
    for sheet in sheets():
        name = schema_name(sheet)
        schemas[name] = record_schema(sheet, writing=False)
        schemas[f"{name}Item"] = item_schema(sheet)
        schemas[f"{name}Input"] = record_schema(sheet, writing=True)
        schemas[f"{name}Change"] = {**schemas[f"{name}Input"], "required": []}
        _paths_of(sheet, found["paths"])
    found["components"] = {**found["components"], "schemas": {**found["components"]["schemas"], **schemas}}
    return found
