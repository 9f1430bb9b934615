"""The programs' way in: for every record type the operations of its pages, by the same functions under the same rules.

Made from the sheets, under `/api/v1/`. JSON in UTF-8; decimals as strings, days and moments in ISO 8601, choices as
their codes, relations as ids, personal data masked. Refusals are `{detail, errors: {field: [words]}}` in the language of
`Accept-Language`: 400 not understood, 401 nobody, 403 not yours to do, 404 not there or not yours to see, 409 the
record's state forbids it, 422 values at fault.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, resolve
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError
from ninja.renderers import BaseRenderer
from pydantic_core import to_json

from zhixing.kernel import values, writing
from zhixing.kernel.api_access import Bearer, Session
from zhixing.kernel.describing import LIST_PARAMETERS, describe
from zhixing.kernel.fields import mask
from zhixing.kernel.filtering import Listing
from zhixing.kernel.flow import FlowError
from zhixing.kernel.forms import PickerField, PickerManyField, SheetForm, find_named, form_class
from zhixing.kernel.models import Record
from zhixing.kernel.openapi import document
from zhixing.kernel.scope import Actor
from zhixing.kernel.searching import find_everywhere
from zhixing.kernel.sheet import Action, Handed, Sheet, domains, sheet_or_404
from zhixing.kernel.typed import whole
from zhixing.kernel.views import action_of, record_of, sheet_of

PAGE_SIZE, LARGEST_PAGE = 50, 500
_LAST_PAGE = 10**9
_PAGING = {"page", "page_size", "titles"}
# Refusals that another state, not other values, would lift.
_CONFLICTS = {
    "stale",
    "in_use",
    "gone",
    "wrong_state",
    "by_approval",
    "decided",
    "open_case",
    "no_route",
    "already",
    "not_committed",
}


def _plain(value: Any) -> Any:
    """What the encoder does not know: texts that wait for the reader's language, and sets."""
    if isinstance(value, Promise):
        return str(value)
    return list(value) if isinstance(value, (set, frozenset, tuple)) else str(value)


def dumps(value: Any) -> bytes:
    return to_json(value, fallback=_plain, inf_nan_mode="null")


class _Json(BaseRenderer):
    media_type = "application/json"
    charset = "utf-8"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return dumps(data)


def answer(data: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(dumps(data), status=status, content_type="application/json; charset=utf-8")


# Reading ------------------------------------------------------------------------------------------------------------


def _whole(request: HttpRequest, name: str, default: int, largest: int) -> int:
    given = request.GET.get(name, "")
    if not given:
        return default
    number = whole(given)
    if number is None or not 1 <= number <= largest:
        raise HttpError(
            400,
            _("“%(name)s” must be a whole number from 1%(to)s.") % {"name": name, "to": f"–{largest}"},
        )
    return number


def listing_of(sheet: Sheet, request: HttpRequest) -> Listing:
    """The list its address asks for.

    Unlike a page, a program is told of a parameter that does not exist: it would otherwise get every row.
    """
    query = request.GET.copy()
    for name in _PAGING:
        query.pop(name, None)
    listing = Listing(sheet, request.actor, query)  # type: ignore[attr-defined]
    unknown = set(query) - LIST_PARAMETERS
    unknown -= set(listing.filterset.filters) if unknown else set()
    asked = [name for part in query.getlist("columns") for name in part.split(",") if name]
    wrong = [name for name in asked if not sheet.has_column(name)]
    if unknown or wrong:
        raise HttpError(
            400,
            _("“%(names)s” is no filter or column of this record type.")
            % {"names": "、".join(sorted({*unknown, *wrong}))},
        )
    if not listing.is_valid:
        raise Refused(422, listing.filterset.form.errors.get_json_data())
    return listing


def items_of(listing: Listing, start: int, stop: int) -> list[dict[str, Any]]:
    """The rows as values straight from the database: one query, with one more for each column of many."""
    sheet, columns = listing.sheet, listing.columns
    many = [path for path in columns if (field := sheet.field(path)) is not None and field.many_to_many]
    single = tuple(path for path in columns if path not in many)
    counted = dict.fromkeys((*single, *(name.lstrip("-") for name in listing.order)))
    rows = listing.rows.annotate(
        **{name: sheet.computed[name].expression for name in counted if name in sheet.computed}
    )
    found = [
        dict(zip(("id", *single), row, strict=True))
        for row in rows.order_by(*listing.order).values_list("pk", *single)[start:stop]
    ]
    for path in single:
        if getattr(sheet.field(path), "masked", False):
            for item in found:
                item[path] = mask(item[path] or "")
    for path in many:
        lists: dict[int, list[int]] = {item["id"]: [] for item in found}
        pairs = sheet.model._base_manager.filter(pk__in=lists, **{f"{path}__isnull": False}).order_by("pk", path)
        for key, target in pairs.values_list("pk", path):
            lists[key].append(target)
        for item in found:
            item[path] = lists[item["id"]]
    return found


def titles_of(sheet: Sheet, columns: Iterable[str], items: list[dict[str, Any]]) -> dict[str, dict[int, str]]:
    """How the records that the items point to are called, one query a relation."""
    titles: dict[str, dict[int, str]] = {}
    for path in columns:
        field = sheet.field(path)
        if field is None or not field.is_relation or field.related_model is None:
            continue
        keys = {
            key
            for item in items
            for key in (item[path] if isinstance(item[path], list) else [item[path]])
            if key is not None
        }
        rows = field.related_model._base_manager.filter(pk__in=keys).select_related(
            *getattr(field.related_model, "title_needs", ())
        )
        titles[path] = {row.pk: str(row) for row in rows}
    return titles


def record_data(sheet: Sheet, record: Record, actor: Actor) -> dict[str, Any]:
    """One record whole: its fields, what is counted about it, and the actions this caller may take now."""
    found: dict[str, Any] = {"id": record.pk, "title": str(record)}
    for name, field in sheet.fields.items():
        found[name] = values.machine(field, record, name)
    for name in sheet.computed:
        found[name] = getattr(record, name, None)
    for name in ("created_at", "updated_at", "archived_at"):
        found[name] = getattr(record, name)
    able = actor.able_on(record, *(action.capability for action in sheet.actions))
    found["actions"] = [
        action.key
        for action in sheet.actions
        if action.capability in able and action.available(record) and action.offered(record, actor)
    ]
    return found


def _shown(sheet: Sheet, pk: int, actor: Actor, status: int = 200, result: Any = None) -> HttpResponse:
    """The record as it stands now; nothing when the caller may no longer see it.

    `next` is where the action that was taken leads on, `handed` what it handed over, this once.
    """
    try:
        data = record_data(sheet, record_of(sheet, actor, pk), actor)
    except Http404:
        return HttpResponse(status=204)
    if isinstance(result, Handed):
        data["handed"] = result.value
    elif isinstance(result, str) and result.startswith("/"):
        data["next"] = _leads_to(result)
    return answer(data, status)


def _leads_to(address: str) -> dict[str, Any]:
    """A page's address, with type and id of the record whose page it is."""
    found: dict[str, Any] = {"url": address}
    try:
        named = resolve(address).kwargs
    except Http404:
        return found
    if {"domain", "name", "pk"} <= named.keys():
        found |= {"type": f"{named['domain']}.{named['name']}", "id": named["pk"]}
    return found


# Writing ------------------------------------------------------------------------------------------------------------


class Refused(Exception):
    """An answer that names what is at fault, field by field."""

    def __init__(self, status: int, errors: dict[str, Any], detail: str = ""):
        self.status, self.detail = status, detail
        self.errors = {
            ("" if name == NON_FIELD_ERRORS else name): [item["message"] for item in items]
            for name, items in errors.items()
        }


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent; 400 for anything else."""
    if not request.body:
        return {}
    try:
        given = json.loads(request.body)
    except (ValueError, UnicodeDecodeError) as error:
        raise HttpError(400, _("The body is not JSON.")) from error
    if not isinstance(given, dict):
        raise HttpError(400, _("The body must be a JSON object."))
    return given


def takes(*required: str, **properties: Any) -> dict[str, Any]:
    """What an operation takes by name, for its description (OpenAPI); nothing else is taken, and `required` must be."""
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def known(given: dict[str, Any], names: Iterable[str]) -> None:
    """Refuse what nobody asked for: a mistyped name must not be taken for a value left out."""
    words = _("There is no such field, or it is not yours to write.")
    unknown = {name: [{"message": words}] for name in given.keys() - set(names)}
    if unknown:
        raise Refused(422, unknown)


def _fill(form: forms.BaseForm, given: dict[str, Any]) -> None:
    """Give a form what a program sent: relations by id, or by code or name; lists as lists."""
    data = {}
    for name, field in list(form.fields.items()):
        value = given[name] if name in given else _as_sent(form.get_initial_for_field(field, name))
        if isinstance(field, (PickerManyField, PickerField)):
            several = isinstance(field, PickerManyField)
            asked = value if isinstance(value, list) else [] if value is None else [value]
            if all(isinstance(item, int) and not isinstance(item, bool) for item in asked):
                plain = forms.ModelMultipleChoiceField if several else forms.ModelChoiceField
                form.fields[name] = plain(field.queryset, required=field.required, label=field.label)
                data[name] = value
            else:
                data[name] = "\n".join(map(str, asked)) if several else value
        elif isinstance(field, forms.ModelChoiceField) and isinstance(value, str) and not value.isdecimal():
            found = find_named(field.queryset, value)
            data[name] = found[0].pk if len(found) == 1 else value
        else:
            data[name] = _as_typed(field, value)
    form.data, form.is_bound = data, True  # type: ignore[assignment]


def _as_typed(field: forms.Field, value: Any) -> Any:
    """A value as a page would send it: days and moments are written, structures in the field's own way."""
    if isinstance(field, (forms.DateField, forms.TimeField, forms.DateTimeField)) and isinstance(
        value, (bool, int, float)
    ):
        return str(value)
    structured = isinstance(value, (list, dict)) and not isinstance(field, forms.ModelChoiceField)
    return field.prepare_value(value) if structured else value


def _as_sent(value: Any) -> Any:
    """What a record holds already, as a program would send it."""
    return [item.pk for item in value] if isinstance(value, list) and value and isinstance(value[0], Record) else value


def _save(request: HttpRequest, sheet: Sheet, record: Record, given: dict[str, Any]) -> None:
    """The same form and the same writing as the page's."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    seen = given.pop("updated_at", None)
    form: SheetForm = form_class(sheet, actor)(instance=record, sheet=sheet, actor=actor)
    known(given, (name for name in form.fields if name != "seen_version"))
    _fill(form, given)
    form.data["seen_version"] = _version(seen)  # type: ignore[index]
    if not form.is_valid():
        stale = any(error.code == "stale" for error in form.non_field_errors().as_data())
        raise Refused(409 if stale else 422, form.errors.get_json_data())
    writing.save(sheet, form.instance, by=actor, write=form.save, changed=sorted(given))


def _version(seen: Any) -> str:
    """The moment a program read the record, as the form compares it."""
    return str(seen).replace("Z", "+00:00") if seen else ""


def _run(sheet: Sheet, action: Action, record: Record, actor: Actor, given: dict[str, Any]) -> Any:
    """Take an action with what it asks for and return where it leads; ValidationError or PermissionDenied when refused."""
    if not actor.can_on(record, action.capability):
        raise PermissionDenied(_("You may not do “%(action)s” on this record.") % {"action": action.label})
    form = action.form(None, record=record, actor=actor) if action.form else None
    asked = {} if action.comment == "no" else {"comment": str(given.get("comment") or "")}
    known(given, [*(form.fields if form else ()), *asked])
    if action.comment == "required" and not asked["comment"].strip():
        raise Refused(422, {"comment": [{"message": _("Say why: a reason is required.")}]})
    if form is not None:
        _fill(form, given)
        if not form.is_valid():
            raise Refused(422, form.errors.get_json_data())
        asked = {**form.cleaned_data, **asked}
    return action.run(record, by=actor, **asked)


# Operations ---------------------------------------------------------------------------------------------------------


def _operations(router: Router, sheet: Sheet) -> None:
    """The operations of one record type."""
    domain, name = sheet.key.split(".")
    base, tail = f"/{domain}/{name}", f"{domain}_{name}"

    def operation(method: str, path: str, verb: str) -> Callable[[Callable], Callable]:
        return getattr(router, method)(
            base + path, operation_id=f"{verb}_{tail}", url_name=f"{verb}_{tail}", response={200: None}
        )

    @operation("get", "", "list")
    def list_records(request: HttpRequest) -> HttpResponse:
        sheet_of(request, domain, name)
        page = _whole(request, "page", 1, _LAST_PAGE)
        size = _whole(request, "page_size", PAGE_SIZE, LARGEST_PAGE)
        listing = listing_of(sheet, request)
        items = items_of(listing, (page - 1) * size, page * size)
        # A short first page tells the count by itself.
        count = len(items) if page == 1 and len(items) < size else listing.rows.count()
        found: dict[str, Any] = {"items": items, "count": count, "page": page, "page_size": size}
        if request.GET.get("titles"):
            found["titles"] = titles_of(sheet, listing.columns, items)
        return answer(found)

    @operation("post", "", "add")
    def add(request: HttpRequest) -> HttpResponse:
        sheet_of(request, domain, name, "add")
        record: Record = sheet.model()  # type: ignore[assignment]
        _save(request, sheet, record, body_of(request))
        return _shown(sheet, record.pk, request.actor, 201)  # type: ignore[attr-defined]

    @operation("post", "/act/{action}", "bulk")
    def bulk(request: HttpRequest, action: str) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        sheet_of(request, domain, name)
        chosen, given = action_of(sheet, action), body_of(request)
        ids = given.pop("ids", None)
        if not isinstance(ids, list) or not all(isinstance(item, int) for item in ids):
            raise Refused(422, {"ids": [{"message": _("Give the ids of the records as a list.")}]})
        if not chosen.bulk or chosen.form is not None:
            raise Http404
        done, refused = [], []
        rows = {record.pk: record for record in sheet.rows(actor).filter(pk__in=ids).order_by("pk")}
        for pk in dict.fromkeys(ids):
            try:
                if pk not in rows:
                    raise Http404
                _run(sheet, chosen, rows[pk], actor, given)
                done.append(pk)
            except (Http404, PermissionDenied, ValidationError, Refused) as error:
                refused.append({"id": pk, **_refusal(error)[1]})
        return answer({"done": done, "refused": refused})

    @operation("get", "/{int:id}", "show")
    def show(request: HttpRequest, id: int) -> HttpResponse:
        sheet_of(request, domain, name)
        actor: Actor = request.actor  # type: ignore[attr-defined]
        return answer(record_data(sheet, record_of(sheet, actor, id), actor))

    @operation("patch", "/{int:id}", "change")
    def change(request: HttpRequest, id: int) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        sheet_of(request, domain, name, "change")
        _save(request, sheet, record_of(sheet, actor, id, "change"), body_of(request))
        return _shown(sheet, id, actor)

    @operation("delete", "/{int:id}", "delete")
    def delete(request: HttpRequest, id: int) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        sheet_of(request, domain, name, "delete")
        record = record_of(sheet, actor, id, "delete")
        comment = request.GET.get("comment", "")
        if request.GET.get("archive"):
            writing.set_archived(sheet, record, True, by=actor, comment=comment)
        else:
            writing.remove(sheet, record, by=actor, comment=comment)
        return HttpResponse(status=204)

    @operation("post", "/{int:id}/act/{action}", "act")
    def act(request: HttpRequest, id: int, action: str) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        sheet_of(request, domain, name)
        chosen = action_of(sheet, action)
        result = _run(sheet, chosen, record_of(sheet, actor, id), actor, body_of(request))
        return _shown(sheet, id, actor, result=result)


def _refusal(error: Exception) -> tuple[int, dict[str, Any]]:
    """Status and words of a refusal."""
    match error:
        case Refused():
            detail = error.detail or "；".join(dict.fromkeys(text for words in error.errors.values() for text in words))
            return error.status, {"detail": detail, "errors": error.errors}
        case ValidationError():
            code = getattr(error, "code", None) or next((item.code for item in getattr(error, "error_list", [])), "")
            status = 403 if isinstance(error, FlowError) and code == "forbidden" else 409 if code in _CONFLICTS else 422
            errors = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            return status, {"detail": "；".join(error.messages), "errors": errors}
        case PermissionDenied():
            return 403, {"detail": str(error) or _("Your role does not include this."), "errors": {}}
        case Http404():
            return 404, {"detail": _("There is no such record, or it is not yours to see."), "errors": {}}
        case AuthenticationError():
            return 401, {"detail": _("Sign in, or send a valid key: Authorization: Bearer …"), "errors": {}}
        case HttpError():
            return error.status_code, {"detail": str(error), "errors": {}}
    raise error


def _refuse(request: HttpRequest, error: Exception) -> HttpResponse:
    status, data = _refusal(error)
    response = answer(data, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _common(router: Router) -> None:
    @router.get("/describe/{type}", operation_id="describe", url_name="describe", response={200: None})
    def describe_type(request: HttpRequest, type: str) -> HttpResponse:
        sheet = sheet_or_404(type)
        return answer(describe(sheet_of(request, *sheet.key.split("."))))

    @router.get("/search", operation_id="search", url_name="search", response={200: None})
    def search(request: HttpRequest, q: str = "") -> HttpResponse:
        groups = find_everywhere(request.actor, q.strip())  # type: ignore[attr-defined]
        return answer(
            {
                "groups": [
                    {
                        "type": found.sheet.key,
                        "label": found.sheet.label_plural,
                        "hits": [{"id": record.pk, "title": str(record)} for record in found.records],
                    }
                    for found in groups
                ]
            }
        )

    @router.get("/openapi.json", operation_id="openapi", url_name="openapi", include_in_schema=False)
    def openapi(request: HttpRequest) -> HttpResponse:
        return answer(document(api))


api = NinjaAPI(
    title="知行 Zhixing",
    version="1",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    auth=[Bearer(), Session()],
    renderer=_Json(),
)


def urls() -> tuple[list[URLPattern], str, str]:
    """The operations of every sheet of the catalogue, for the URL configuration; made once."""
    from zhixing.kernel import api_imports, api_inbox

    for kind in (Refused, ValidationError, PermissionDenied, Http404, HttpError):
        api.add_exception_handler(kind, _refuse)
    common = Router()
    _common(common)
    api_inbox.operations(common)
    api_imports.operations(common)
    api.add_router("", common)
    for domain in domains():
        router = Router(tags=[domain.key])
        for sheet in (*domain.sheets, *domain.minor):
            _operations(router, sheet)
        if domain.operations is not None:
            domain.operations(router)
        api.add_router("", router)
    patterns, name, namespace = api.urls
    for pattern in patterns:
        # These answer for themselves who may come in: a program is told 401, not sent to a sign-in page.
        pattern.callback = login_not_required(pattern.callback)  # type: ignore[type-var]
    return patterns, name, namespace
