"""The operations of the API to read in the browser: by record type, with fields, filters and an example of each.

Made from the OpenAPI document, which is made from the sheets: nothing here is written twice.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhixing.kernel.api import api
from zhixing.kernel.openapi import ROOT, document
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import domains, sheets
from zhixing.kernel.views import sheet_of

_METHODS = ("get", "post", "patch", "put", "delete")
# The operations that belong to no record type, in the reader's words.
_COMMON = {
    "describe": gettext_lazy("Describe a record type"),
    "search": gettext_lazy("Search everything"),
    "inbox": gettext_lazy("What waits for my decision"),
    "decide": gettext_lazy("Approve, send back or delegate"),
    "take_import": gettext_lazy("Check a register, or import it"),
    "show_import": gettext_lazy("How far an import is"),
    "commit_import": gettext_lazy("Write the good rows of a checked register"),
    "undo_import": gettext_lazy("Take an import back"),
}
_BY_FORMAT = {
    "date": "2026-09-01",
    "date-time": "2026-09-01T08:00:00+08:00",
    "decimal": "1000.00",
    "binary": "@register.xlsx",
}
_BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "array": [1], "object": {}, "string": "…"}


@lru_cache(maxsize=4)
def _document(_language: str | None) -> dict[str, Any]:
    """The document in one language: it changes only with the program."""
    return document(api)


def _resolved(schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    return found["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def _kind(schema: dict[str, Any]) -> str:
    """A value's type in a word or two: `string (date)`, `integer or null`."""
    given = schema.get("type", "")
    kinds = given if isinstance(given, list) else [given] if given else []
    words = " | ".join(kinds) or _("id, code or name")
    return f"{words} ({schema['format']})" if schema.get("format") else words


def _example(schema: dict[str, Any]) -> Any:
    """A value that such a field would take."""
    if schema.get("enum"):
        return next((value for value in schema["enum"] if value not in ("", None)), None)
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    given = schema.get("type", "")
    kind = given[0] if isinstance(given, list) else given
    return _BY_TYPE.get(kind, 1)


def _fields(schema: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    whole = _resolved(schema, found)
    required = set(whole.get("required", ()))
    return [
        {
            "name": name,
            "kind": _kind(item),
            "text": item.get("description", ""),
            "required": name in required,
            "example": _example(item),
        }
        for name, item in whole.get("properties", {}).items()
    ]


def _answered(operation: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The good answer: its status and fields; of a list, the fields of its rows."""
    answers: dict[str, Any] = operation["responses"]
    status = next((code for code in answers if str(code).startswith("2")), "")
    told: dict[str, Any] = answers.get(status, {})
    schema = told.get("content", {}).get("application/json", {}).get("schema", {})
    fields = _fields(schema, found) if schema else []
    items = _resolved(schema, found).get("properties", {}).get("items", {}).get("items") if schema else None
    return {"status": status, "fields": fields, "rows": _fields(items, found) if items else []}


def _command(method: str, url: str, path: str, body: dict[str, Any], form: bool, filters: list[dict[str, Any]]) -> str:
    """The operation as a command line that may be copied."""
    address = url + path.replace("{id}", "1").replace("{type}", "org.major")
    if method == "get" and filters:
        address += "?page_size=50"
    lines = [f'curl -H "Authorization: Bearer $KEY" "{address}"']
    if method != "get":
        lines[0] = lines[0].replace("curl ", f"curl -X {method.upper()} ", 1)
    if form:
        lines += [f"-F '{name}={value}'" for name, value in body.items()]
    elif body:
        text = json.dumps(body, ensure_ascii=False, indent=2, default=str)
        lines += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _operation(path: str, method: str, operation: dict[str, Any], found: dict[str, Any], url: str) -> dict[str, Any]:
    """One operation as the page shows it."""
    contents = operation.get("requestBody", {}).get("content", {})
    form = "multipart/form-data" in contents
    fields = _fields(next(iter(contents.values()))["schema"], found) if contents else []
    shown = [field for field in fields if field["required"]] or fields[:3]
    parameters = [item for item in operation.get("parameters", []) if item["in"] == "query"]
    key = operation["operationId"]
    return {
        "key": key,
        "method": method.upper(),
        "path": path,
        "summary": _COMMON.get(key) or operation.get("summary", ""),
        # What the common operations do is said in the reader's words already.
        "text": "" if key in _COMMON else operation.get("description", ""),
        "parameters": [
            {"name": item["name"], "kind": _kind(item["schema"]), "text": item.get("description") or _enumerated(item)}
            for item in parameters
        ],
        "fields": fields,
        "answer": _answered(operation, found),
        "example": _command(method, url, path, {f["name"]: f["example"] for f in shown}, form, parameters),
    }


def _enumerated(parameter: dict[str, Any]) -> str:
    return "、".join(map(str, parameter["schema"].get("enum", ())))


def _operations(request: HttpRequest, paths: list[str]) -> list[dict[str, Any]]:
    found, url = _document(get_language()), request.build_absolute_uri("/").rstrip("/")
    return [
        _operation(path, method, found["paths"][path][method], found, url)
        for path in paths
        for method in _METHODS
        if method in found["paths"][path]
    ]


def _base(key: str) -> str:
    return f"{ROOT}/{key.replace('.', '/')}"


def _paths_of(key: str) -> list[str]:
    base = _base(key)
    return [path for path in _document(get_language())["paths"] if path == base or path.startswith(f"{base}/")]


def _crumbs(*more: str) -> list[dict[str, str]]:
    start = {"label": _("Operations for programs"), "url": reverse("api-docs") if more else ""}
    return [start, *({"label": label, "url": ""} for label in more)]


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The record types the reader may see, and the operations that belong to no record type."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    bases = tuple(_base(sheet.key) for sheet in sheets())
    paths = list(_document(get_language())["paths"])
    other = [path for path in paths if not any(path == base or path.startswith(f"{base}/") for base in bases)]
    groups = []
    for domain in domains():
        kinds = [sheet for sheet in (*domain.sheets, *domain.minor) if actor.can(sheet.model)]
        rows = [
            {
                "label": sheet.label_plural,
                "key": sheet.key,
                "text": sheet.description,
                "url": reverse("api-docs-type", args=sheet.key.split(".")),
            }
            for sheet in kinds
        ]
        own = [path for path in other if path.startswith(f"{ROOT}/{domain.key}/")] if kinds else []
        other = [path for path in other if not path.startswith(f"{ROOT}/{domain.key}/")]
        if rows:
            groups.append({"label": domain.label, "rows": rows, "operations": _operations(request, own)})
    context = {
        "groups": groups,
        "common": _operations(request, other),
        "root": request.build_absolute_uri(ROOT + "/"),
        "document_url": reverse("api:openapi"),
        "crumbs": _crumbs(),
    }
    return render(request, "kernel/api_docs.html", context)


@require_GET
def of_type(request: HttpRequest, domain: str, name: str) -> HttpResponse:
    """Every operation of one record type."""
    sheet = sheet_of(request, domain, name)
    context = {
        "sheet": sheet,
        "operations": _operations(request, _paths_of(sheet.key)),
        "crumbs": _crumbs(str(sheet.label_plural)),
    }
    return render(request, "kernel/api_docs_type.html", context)
