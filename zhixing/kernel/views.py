"""List and detail of any record type, with acts on many rows at once and the reveal of what is masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhixing.kernel import events, values
from zhixing.kernel.approval import panel
from zhixing.kernel.filtering import Listing, address
from zhixing.kernel.models import Record, SavedView
from zhixing.kernel.scope import Actor, RecordQuerySet
from zhixing.kernel.sheet import Action, Sheet, sheet_for, sheet_or_404
from zhixing.kernel.timeline import files_of, timeline
from zhixing.kernel.typed import wholes

PAGE = 50


def sheet_of(request: HttpRequest, domain: str, name: str, capability: str = "view") -> Sheet:
    """The sheet an address names, if the actor may use it at all."""
    sheet = sheet_or_404(f"{domain}.{name}")
    if not request.actor.can(sheet.model, capability):  # type: ignore[attr-defined]
        raise PermissionDenied(_("Your role does not include this."))
    return sheet


def record_of(sheet: Sheet, actor: Actor, pk: int, capability: str = "view") -> Record:
    """One record through the actor's scope; 404 hides what they may not see."""
    columns = tuple(name for name, field in sheet.fields.items() if not field.many_to_many)
    record = sheet.with_columns(sheet.rows(actor, capability), (*columns, *sheet.computed)).filter(pk=pk).first()
    if record is None:
        raise Http404(_("There is no such record, or it is not yours to see."))
    return record


# List ----------------------------------------------------------------------------------------------------------------------------------------


def _tabs(sheet: Sheet, listing: Listing) -> tuple[list[dict[str, Any]], int]:
    """Tabs with their counts, and the number of rows listed, in one query."""
    if not sheet.tabs:
        return [], listing.rows.count()
    choices = list(sheet.model._meta.get_field(sheet.tabs).flatchoices)
    grouped = listing.before_tab.order_by().values_list(sheet.tabs).annotate(count=Count("*"))
    found: dict[Any, int] = dict(grouped)
    total = sum(found.values())
    tabs = [
        {
            "label": _("All"),
            "url": listing.address(tab=None, page=None),
            "count": total,
            "active": not listing.tab,
        }
    ]
    for value, label in choices:
        count, active = found.get(value, 0), listing.tab == str(value)
        total = count if active else total
        if count or active:
            tabs.append(
                {"label": label, "url": listing.address(tab=value, page=None), "count": count, "active": active}
            )
    return [*tabs, *_marks(sheet, listing)], total


def _marks(sheet: Sheet, listing: Listing) -> list[dict[str, Any]]:
    """Beside the tabs the rows that need a look: how many of those listed, and the way to them."""
    found = []
    for name, count in listing.marked().items():
        active = listing.query.get(name) == "true"
        url = listing.address(**{name: None if active else "true", "tab": None, "page": None})
        if count or active:
            label = sheet.computed[name].label
            found.append({"label": label, "url": url, "count": count, "active": active, "tone": "gold"})
    return found


def _headings(sheet: Sheet, listing: Listing) -> list[dict[str, Any]]:
    order = {
        name.lstrip("-"): "desc" if name.startswith("-") else "asc"
        for name in listing.query.get("sort", "").split(",")
        if name
    }
    headings = []
    for path in listing.columns:
        state = order.get(path, "")
        field = sheet.field(path)
        fixed = field is not None and (field.many_to_many or getattr(field, "masked", False))
        sortable = path in sheet.all_columns and not fixed
        nxt = {"": path, "asc": f"-{path}", "desc": None}[state]
        headings.append(
            {
                "key": path,
                "label": sheet.column_label(path),
                "sorted": state,
                "sort_url": listing.address(sort=nxt, page=None) if sortable else "",
                "numeric": values.is_numeric(sheet, path),
                "css": "",
            }
        )
    return headings


def _active_filters(listing: Listing) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if listing.query.get("archived"):
        found.append(
            {"label": _("Archived"), "value": _("only archived"), "remove_url": listing.address(archived=None)}
        )
    if not listing.is_valid:
        return found
    for name, value in listing.filterset.form.cleaned_data.items():
        if value in (None, "", []) or (hasattr(value, "exists") and not listing.query.get(name)):
            continue
        filter_ = listing.filterset.filters[name]
        choices = dict(getattr(filter_.field, "choices", [])) if isinstance(value, list) else {}
        items = value if isinstance(value, list) or hasattr(value, "exists") else [value]
        words = "、".join(str(choices.get(item, item)) if choices else values.plain(item) for item in items)
        found.append(
            {"label": filter_.label, "value": words, "remove_url": listing.address(**{name: None, "page": None})}
        )
    return found


def page_numbers(page: Any, query: QueryDict) -> dict[str, Any]:
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "number": page.number,
        "num_pages": page.paginator.num_pages,
        "count": page.paginator.count,
        "start": page.start_index(),
        "end": page.end_index(),
        "prev_url": address(query, page=page.number - 1) if page.has_previous() else "",
        "next_url": address(query, page=page.number + 1) if page.has_next() else "",
        "pages": [
            {"n": n, "url": address(query, page=n) if n != "…" else "", "current": n == page.number} for n in numbers
        ],
    }


class _Counted(Paginator):
    """The pages of a listing that was already counted."""

    def __init__(self, listing: Listing, per_page: int, count: int):
        super().__init__((), per_page)
        self.listing, self.count = listing, count  # type: ignore[misc]

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        return Page(self.listing.page(start, start + self.per_page), number, self)


@require_GET
def list_page(request: HttpRequest, domain: str, name: str) -> HttpResponse:
    """Columns, filters in the address, sort, views, search, bulk actions, pages."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name)
    listing = Listing(sheet, actor, request.GET)
    tabs, count = _tabs(sheet, listing)
    page = _Counted(listing, PAGE, count).get_page(request.GET.get("page"))
    columns, bulk_actions = listing.columns, _bulk_actions(sheet, actor)
    row = _row(sheet, columns, bool(bulk_actions))
    rows = [row(record) for record in page.object_list]
    saved = SavedView.objects.filter(user_id=actor.user_id, record_type=sheet.key).order_by("name")
    clear = address(request.GET, **{key: None for key in request.GET if key not in {"columns", "sort", "tab"}})
    context = {
        "sheet": sheet,
        "tabs": tabs,
        # A panel of choices costs a query each: it is drawn when it is opened; until then the filters that are on are kept as they are.
        "filter_form": listing.filterset.form if "filters" in request.GET else None,
        "kept_filters": [(key, value) for key in listing.filterset.filters for value in request.GET.getlist(key)],
        "filters_url": listing.address(filters=1) if sheet.filters else "",
        "search_value": listing.words,
        "active_filters": _active_filters(listing),
        "keep_params": [
            (key, value)
            for key in ("tab", "sort", "columns", "archived")
            for value in request.GET.getlist(key)
            if value
        ],
        "clear_url": clear,
        "columns": _headings(sheet, listing),
        "all_columns": [
            {"key": path, "label": sheet.column_label(path), "on": path in columns}
            for path in (*sheet.all_columns, *sheet.parts())
        ],
        "rows": rows,
        "page": page_numbers(page, request.GET),
        "bulk_actions": bulk_actions,
        "bulk_url": sheet.url("bulk"),
        "can_add": actor.can(sheet.model, "add"),
        "can_import": actor.can(sheet.model, "import"),
        "can_export": actor.can(sheet.model, "export"),
        "add_url": sheet.url("add"),
        "import_url": sheet.url("import"),
        "export_urls": {
            kind: sheet.url("export", kind=kind) + listing.address(page=None) for kind in ("xlsx", "csv", "parquet")
        },
        "saved_views": [{"name": view.name, "url": f"?{view.query}", "pk": view.pk} for view in saved],
        "save_view_url": sheet.url("save-view"),
        "extra_links": [{"label": label, "icon": icon, "url": reverse(url)} for label, icon, url in sheet.links],
        "empty": {},
    }
    return render(request, "kernel/list.html", context)


_PICK = (
    '<td class="zx-table__pick"><label class="zx-pick"><input type="checkbox" class="form-check-input" name="pk" '
    'value="{}" data-pick x-on:change="update" aria-label="{}"></label></td>'
)


def _row(sheet: Sheet, columns: tuple[str, ...], pick: bool) -> Callable[[Record], SafeString]:
    """A record as a row of the list, with the box by which it is chosen. What is the same in every row is made once."""
    first, *rest = columns
    title, address = values.reader(sheet, first), sheet.addresses("detail")
    assert address is not None
    box = _PICK.format("{}", values.escape(_("Select"))) if pick else ""
    label = values.escape(sheet.column_label(first))
    # The first cell is the link to the record itself, so it holds plain words.
    head = f'<td class="zx-cell-main" data-label="{label}"><a class="zx-cell-title" href="'
    others = []
    for path in rest:
        css = "zx-num" if values.is_numeric(sheet, path) else ""
        opening = f'<td class="{css}" data-label="{values.escape(sheet.column_label(path))}">'
        others.append((opening, values.renderer(sheet, path)))

    def row(record: Record) -> SafeString:
        found = ["<tr>", box.format(record.pk)] if pick else ["<tr>"]
        found.append(f'{head}{address(record.pk)}">{values.escape(title(record) or str(record))}</a></td>')
        found += [f"{opening}{render(record)}</td>" for opening, render in others]
        return SafeString("".join([*found, "</tr>"]))

    return row


def _bulk_actions(sheet: Sheet, actor: Actor) -> list[dict[str, Any]]:
    """Actions for many rows at once: those that ask for nothing but a reason."""
    return [
        {
            "key": action.key,
            "label": action.label,
            "icon": action.icon,
            "danger": action.danger,
            "needs_comment": action.comment == "required",
        }
        for action in sheet.actions
        if action.bulk and action.form is None and actor.can(sheet.model, action.capability)
    ]


@require_POST
def bulk(request: HttpRequest, domain: str, name: str) -> HttpResponse:
    """One action on the chosen rows. Each row is done or refused by itself; the answer says which and why."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name)
    action = action_of(sheet, request.POST.get("action", ""))
    comment = request.POST.get("comment", "")
    back = redirect(request.META.get("HTTP_REFERER") or sheet.url("list"))
    if action.form is not None or not action.bulk:
        raise Http404
    done, refused = 0, []
    for record in sheet.rows(actor).filter(pk__in=wholes(request.POST.getlist("pk"))).order_by("pk"):
        try:
            if action.comment == "required" and not comment.strip():
                raise ValidationError(_("Say why: a reason is required."))
            action.run(record, by=actor, **({} if action.comment == "no" else {"comment": comment}))
            done += 1
        except (ValidationError, PermissionDenied) as error:
            words = "；".join(error.messages) if isinstance(error, ValidationError) else str(error)
            refused.append(f"{record}：{words}")
    if done:
        messages.success(request, _("“%(action)s” done for %(count)s.") % {"action": action.label, "count": done})
    if refused:
        messages.error(
            request, _("Refused for %(count)s: %(why)s") % {"count": len(refused), "why": "；".join(refused[:5])}
        )
    if not done and not refused:
        messages.error(request, _("Choose at least one row first."))
    return back


# Detail --------------------------------------------------------------------------------------------------------------------------------------


def action_of(sheet: Sheet, key: str) -> Action:
    for action in sheet.actions:
        if action.key == key:
            return action
    raise Http404


def _groups(sheet: Sheet, record: Record, reveal: bool) -> list[dict[str, Any]]:
    shown = sheet.groups or ((sheet.label, tuple(sheet.fields)),)
    groups = []
    for label, names in shown:
        fields = []
        for name in names:
            field = sheet.fields.get(name)
            if field is None:
                continue
            hidden = reveal and getattr(field, "masked", False) and getattr(record, name)
            fields.append(
                {
                    "label": field.verbose_name,
                    "html": values.html(sheet, record, name),
                    "masked_reveal_url": sheet.url("reveal", record.pk, field=name) if hidden else "",
                }
            )
        groups.append({"label": label, "fields": fields})
    if sheet.computed:
        counted = [
            {"label": column.label, "html": values.html(sheet, record, path), "masked_reveal_url": ""}
            for path, column in sheet.computed.items()
        ]
        groups.append({"label": _("In figures"), "fields": counted})
    return groups


# Of the lists that hang on a record, so many show their first rows; the others their number and the way there.
OPEN_LISTS, OPEN_ROWS = 4, 5


def _hanging(sheet: Sheet, record: Record, actor: Actor) -> list[tuple[Sheet, str, RecordQuerySet]]:
    """The lists that hang on a record and that this actor may open: the type, the path back, and the rows."""
    found = []
    for name in sheet.related:
        relation: Any = sheet.model._meta.get_field(name)
        target = sheet_for(relation.related_model)
        if target is None or not actor.can(target.model):
            continue
        path = (
            relation.field.name if hasattr(relation, "field") and relation.auto_created else relation.remote_field.name
        )
        found.append((target, path, target.rows(actor).filter(**{path: record}, archived_at=None)))
    return found


def _counts(record: Record, lists: list[tuple[Sheet, str, RecordQuerySet]]) -> list[int]:
    """How long each list is, in one query for all."""
    if not lists:
        return []
    numbers = [
        Coalesce(Subquery(rows.order_by().values(path).annotate(n=Count("pk", distinct=True)).values("n")[:1]), 0)
        for _target, path, rows in lists
    ]
    return list(type(record)._base_manager.filter(pk=record.pk).values_list(*numbers).first() or [0] * len(lists))


def _related(sheet: Sheet, record: Record, actor: Actor) -> list[dict[str, Any]]:
    """The lists that hang on a record with their numbers; the first that are not empty show their first rows."""
    lists, opened = [], 0
    hanging = _hanging(sheet, record, actor)
    for (target, path, rows), count in zip(hanging, _counts(record, hanging), strict=True):
        columns = tuple(column for column in target.columns if column.split("__")[0] != path)[:5]
        shown: list[Any] = []
        if count and opened < OPEN_LISTS:
            opened += 1
            shown = list(
                target.with_columns(rows, columns).order_by(*(target.model._meta.ordering or ("pk",)))[:OPEN_ROWS]
            )
        query = f"?{path}={record.pk}"
        lists.append(
            {
                "label": target.label_plural,
                "icon": target.icon,
                "count": count,
                "columns": [
                    {"label": target.column_label(column), "numeric": values.is_numeric(target, column)}
                    for column in columns
                ],
                "rows": [
                    {
                        "url": target.url("detail", item.pk),
                        "cells": [
                            values.Cell(
                                values.escape(values.text(target, item, column) or str(item))
                                if i == 0
                                else values.html(target, item, column),
                                str(target.column_label(column)),
                            )
                            for i, column in enumerate(columns)
                        ],
                    }
                    for item in shown
                ],
                "add_url": target.url("add") + query if actor.can(target.model, "add") else "",
                "all_url": target.url("list") + query,
            }
        )
    return lists


@require_GET
def detail(request: HttpRequest, domain: str, name: str, pk: int) -> HttpResponse:
    """Groups of fields, related lists, actions, timeline of events and field changes, files."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name)
    record = record_of(sheet, actor, pk)
    able = actor.able_on(record, "change", "delete", "reveal", *(action.capability for action in sheet.actions))
    may_change, may_delete = "change" in able, "delete" in able
    actions = [
        {
            "key": action.key,
            "label": action.label,
            "icon": action.icon,
            "primary": action.primary,
            "danger": action.danger,
            "url": action.page(record) if action.page else sheet.url("act", record.pk, key=action.key),
            "needs_form": bool(action.page or action.form or action.help) or action.comment != "no",
        }
        for action in sheet.actions
        if action.capability in able and action.available(record) and action.offered(record, actor)
    ]
    if record.archived_at and may_delete:
        actions.append(
            {
                "key": "restore",
                "label": _("Restore"),
                "icon": "refresh",
                "url": sheet.url("restore", pk),
                "needs_form": False,
            }
        )
    related = _related(sheet, record, actor)
    panels = [make(record, actor) for make in sheet.panels]
    context = {
        "sheet": sheet,
        "record": record,
        "record_title": str(record),
        "record_subtitle": sheet.label,
        "avatar_text": str(record)[:2],
        "badge_html": values.html(sheet, record, sheet.flow.field) if sheet.flow else "",
        "archived": record.archived_at,
        "meta": [{"icon": "clock", "text": _("Last changed %(when)s") % {"when": values.plain(record.updated_at)}}],
        "groups": _groups(sheet, record, "reveal" in able),
        "actions": actions,
        "related": [item for item in related if item["rows"]],
        "empty_related": [item for item in related if not item["rows"]],
        "timeline": timeline(sheet, record),
        "files": files_of(record, may_change),
        "upload_url": sheet.url("upload", pk) if may_change else "",
        "edit_url": sheet.url("edit", pk) if may_change else "",
        "delete_url": sheet.url("delete", pk) if may_delete else "",
        "approval": panel(record, actor),
        "first_panels": list(filter(None, panels[: sheet.first_panels])),
        "extra_panels": list(filter(None, panels[sheet.first_panels :])),
        "crumbs": [{"label": sheet.label_plural, "url": sheet.url("list")}, {"label": str(record), "url": ""}],
    }
    return render(request, "kernel/detail.html", context)


@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, domain: str, name: str, pk: int, field: str) -> HttpResponse:
    """Show one masked value to somebody who may see it, for a purpose they state; both are logged."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name, "reveal")
    record = record_of(sheet, actor, pk, "reveal")
    if not getattr(sheet.fields.get(field), "masked", False):
        raise Http404
    purpose = request.POST.get("purpose", "").strip()[:200]
    shown = request.method == "POST" and bool(purpose)
    if shown:
        events.log(record, "reveal", by=actor, comment=purpose, data={"fields": [field]})
    context = {
        "sheet": sheet,
        "record_title": str(record),
        "label": sheet.fields[field].verbose_name,
        "masked": values.text(sheet, record, field),
        "value": getattr(record, field) if shown else "",
        "purpose": purpose,
        "missing": request.method == "POST" and not shown,
        "cancel_url": sheet.url("detail", pk),
        "crumbs": [
            {"label": sheet.label_plural, "url": sheet.url("list")},
            {"label": str(record), "url": sheet.url("detail", pk)},
        ],
    }
    return render(request, "kernel/reveal.html", context, status=422 if context["missing"] else 200)
