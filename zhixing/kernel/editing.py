"""Adding, editing, deleting, acting: the pages that write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhixing.kernel import values, writing
from zhixing.kernel.forms import SheetForm, comment_field, form_class
from zhixing.kernel.models import Draft, Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Action, Handed, Sheet, sheet_for
from zhixing.kernel.views import action_of, record_of, sheet_of


def _initial(sheet: Sheet, request: HttpRequest) -> dict[str, Any]:
    """What the address proposes: `?group=7` on an add page fills the field."""
    found: dict[str, Any] = {}
    for name, field in sheet.fields.items():
        given = request.GET.getlist(name)
        if given:
            found[name] = given if field.many_to_many else given[0]
        elif isinstance(field, models.DateField) and name in {
            "starts_on",
            "held_on",
            "raised_on",
            "opened_on",
            "noted_on",
            "appraised_on",
            "stage_since",
        }:
            found[name] = timezone.localdate()
    return found


def _draft(request: HttpRequest, sheet: Sheet, pk: int) -> Draft | None:
    return Draft.objects.filter(user_id=request.actor.user_id, record_type=sheet.key, record_id=pk).first()  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, domain: str, name: str, pk: int | None = None) -> HttpResponse:
    """One form for adding and editing: grouped, drafts saved by themselves, one error a field, never over somebody else's change."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name, "change" if pk else "add")
    record: Record = record_of(sheet, actor, pk, "change") if pk else sheet.model()  # type: ignore[assignment]
    make = form_class(sheet, actor)
    draft = None
    if request.method == "POST":
        form = make(request.POST, instance=record, sheet=sheet, actor=actor)
        if form.is_valid() and _save(sheet, form, actor):
            Draft.objects.filter(user_id=actor.user_id, record_type=sheet.key, record_id=pk or 0).delete()
            messages.success(request, _("“%(record)s” is saved.") % {"record": record})
            if "again" in request.POST:
                return redirect(sheet.url("add"))
            return redirect(sheet.url("detail", record.pk))
    else:
        draft = _draft(request, sheet, pk or 0)
        initial = None if pk else _initial(sheet, request)
        form = make(instance=record, initial={**(initial or {}), **_restorable(make, draft)}, sheet=sheet, actor=actor)
    title = str(record) if pk else _("Add %(type)s") % {"type": sheet.label}
    context = {
        "sheet": sheet,
        "form": form,
        "groups": form.groups(),
        "record_title": title,
        "is_new": pk is None,
        "draft_url": sheet.url("draft", pk or 0),
        "draft_restored_at": draft.saved_at if draft else None,
        "discard_draft_url": sheet.url("draft", pk or 0) + "?discard=1",
        "cancel_url": sheet.url("detail", pk) if pk else sheet.url("list"),
        "crumbs": [{"label": sheet.label_plural, "url": sheet.url("list")}, {"label": title, "url": ""}],
    }
    return render(request, "kernel/edit.html", context, status=422 if form.is_bound else 200)


def _restorable(make: type[SheetForm], draft: Draft | None) -> dict[str, Any]:
    if draft is None:
        return {}
    many = {name for name, field in make.base_fields.items() if isinstance(field, forms.ModelMultipleChoiceField)}
    return {
        name: value if name in many and not isinstance(make.base_fields[name].widget, forms.Textarea) else value[-1]
        for name, value in draft.data.items()
        if name in make.base_fields and name != "seen_version" and value
    }


def _save(sheet: Sheet, form: SheetForm, actor: Actor) -> bool:
    """Save through the actor's scope; a refusal lands on the form, nothing is kept."""
    try:
        writing.save(
            sheet,
            form.instance,
            by=actor,
            write=form.save,
            changed=[name for name in form.changed_data if name != "seen_version"],
        )
    except ValidationError as error:
        for field, reasons in (
            error.message_dict.items() if hasattr(error, "error_dict") else [(NON_FIELD_ERRORS, error.error_list)]
        ):
            form.add_error(field if field in form.fields else None, reasons)
        return False
    return True


@require_POST
def draft(request: HttpRequest, domain: str, name: str, pk: int) -> HttpResponse:
    """Keep what was typed so far, or throw it away."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name, "change" if pk else "add")
    if request.GET.get("discard"):
        Draft.objects.filter(user_id=actor.user_id, record_type=sheet.key, record_id=pk).delete()
        return redirect(sheet.url("edit", pk) if pk else sheet.url("add"))
    # Personal data is never kept in a draft in the clear.
    allowed = {field for field in sheet.form_fields if not getattr(sheet.fields[field], "masked", False)}
    data = {key: request.POST.getlist(key) for key in request.POST if key in allowed}
    Draft.objects.update_or_create(user_id=actor.user_id, record_type=sheet.key, record_id=pk, defaults={"data": data})
    return JsonResponse({"saved_at": timezone.localtime().strftime("%H:%M:%S")})


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, domain: str, name: str, pk: int) -> HttpResponse:
    """Say what hangs on the record; then delete it, archive it, or refuse."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name, "delete")
    record = record_of(sheet, actor, pk, "delete")
    hanging = writing.hanging_on(sheet, record)
    refused = False
    if request.method == "POST":
        comment = request.POST.get("comment", "")
        title = str(record)
        try:
            if request.POST.get("do") == "archive":
                writing.set_archived(sheet, record, True, by=actor, comment=comment)
                messages.success(request, _("“%(record)s” is archived.") % {"record": title})
            else:
                writing.remove(sheet, record, by=actor, comment=comment)
                messages.success(request, _("“%(record)s” is deleted.") % {"record": title})
            return redirect(sheet.url("list"))
        except ValidationError as error:
            refused = True
            messages.error(request, "；".join(error.messages))
    listed = []
    for relation, count, forbids in hanging:
        target = sheet_for(relation.related_model)  # type: ignore[arg-type]
        address = f"{target.url('list')}?{relation.field.name}={pk}" if target else ""
        listed.append(
            {
                "label": relation.related_model._meta.verbose_name_plural,
                "count": count,
                "url": address,
                "forbids": forbids,
            }
        )
    context = {
        "sheet": sheet,
        "record_title": str(record),
        "blockers": [item for item in listed if item["forbids"]],
        "goes_with_it": [item for item in listed if not item["forbids"]],
        "can_archive": record.archived_at is None,
        "can_delete": not any(item["forbids"] for item in listed),
        "cancel_url": sheet.url("detail", pk),
        "crumbs": [
            {"label": sheet.label_plural, "url": sheet.url("list")},
            {"label": str(record), "url": sheet.url("detail", pk)},
        ],
    }
    return render(request, "kernel/delete.html", context, status=409 if refused else 200)


@require_POST
def restore(request: HttpRequest, domain: str, name: str, pk: int) -> HttpResponse:
    """Bring an archived record back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name, "delete")
    record = record_of(sheet, actor, pk, "delete")
    try:
        writing.set_archived(sheet, record, False, by=actor)
        messages.success(request, _("“%(record)s” is back.") % {"record": record})
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(sheet.url("detail", pk))


def action_form(
    action: Action,
    record: Record,
    actor: Actor,
    data: Any = None,
    proposed: dict[str, str] | None = None,
    files: Any = None,
) -> forms.Form:
    """What an action asks: its own fields, filled with what the address proposes, and the reason where it wants one."""
    form = forms.Form(data)
    if action.form:
        form = action.form(data, files, record=record, actor=actor, initial=proposed or {})
    if action.comment != "no" and "comment" not in form.fields:
        form.fields["comment"] = comment_field(action.comment == "required")
    return form


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, domain: str, name: str, pk: int, key: str) -> HttpResponse:
    """One action on one record: asks what it needs, then does it or says why not."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_of(request, domain, name)
    action = action_of(sheet, key)
    record = record_of(sheet, actor, pk)
    if not actor.can_on(record, action.capability):
        raise PermissionDenied(_("You may not do “%(action)s” on this record.") % {"action": action.label})
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = action_form(action, record, actor, data, request.GET.dict(), files)
    if request.method == "POST":
        if form.is_valid():
            try:
                result = action.run(record, by=actor, **form.cleaned_data)
                if isinstance(result, Handed):
                    return _handed(request, sheet, action, record, result)
                messages.success(request, _("“%(action)s” is done.") % {"action": action.label})
                return redirect(
                    result if isinstance(result, str) and result.startswith("/") else sheet.url("detail", pk)
                )
            except ValidationError as refused:
                form.add_error(None, refused.messages)
    elif not action.available(record):
        raise Http404
    elif action.page is not None:
        return redirect(action.page(record))
    context = {
        "sheet": sheet,
        "action": action,
        "record": record,
        "record_title": str(record),
        "form": form,
        "state_html": values.html(sheet, record, sheet.flow.field) if sheet.flow else "",
        "cancel_url": sheet.url("detail", pk),
        "crumbs": [
            {"label": sheet.label_plural, "url": sheet.url("list")},
            {"label": str(record), "url": sheet.url("detail", pk)},
        ],
    }
    return render(request, "kernel/act.html", context, status=422 if request.method == "POST" else 200)


def _handed(request: HttpRequest, sheet: Sheet, action: Action, record: Record, handed: Handed) -> HttpResponse:
    """What an action handed over: on this page alone, and in no cache."""
    url = sheet.url("detail", record.pk)
    crumbs = [
        {"label": sheet.label_plural, "url": sheet.url("list")},
        {"label": str(record), "url": url},
        {"label": action.label, "url": ""},
    ]
    context = {"action": action, "record_title": str(record), "handed": handed, "back_url": url, "crumbs": crumbs}
    response = render(request, "kernel/handed.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response
