"""Pages of agreements that a sheet does not make: previews and files, a new template, and a firm's own confirmation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.agreements import actions, documents
from zhixing.agreements.forms import ConfirmForm, TemplateForm
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementKind, AgreementParty, Template
from zhixing.kernel import filing, links
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_or_404
from zhixing.kernel.views import record_of

_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def _record(request: HttpRequest, key: str, pk: int, capability: str = "view") -> Any:
    """A record that the reader may see; 403 without the right at all, 404 where it is not theirs."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_or_404(key)
    if not actor.can(sheet.model, capability):
        raise PermissionDenied(_("Your role does not include this."))
    return record_of(sheet, actor, pk, capability)


def _paper(content: bytes, name: str, format: str) -> HttpResponse:
    response = HttpResponse(content, content_type=_TYPES[format])
    response.headers["Content-Disposition"] = (
        f'{"inline" if format == "pdf" else "attachment"}; filename="{name}.{format}"'
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_GET
def preview(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """What the paper would look like today, with the real data; nothing is kept."""
    agreement: Agreement = _record(request, "agreements.agreement", pk)
    if format not in _TYPES:
        raise Http404
    try:
        return _paper(documents.preview(agreement, format=format), f"preview-{pk}", format)
    except ValidationError as refused:
        messages.error(request, "；".join(refused.messages))
        return redirect(sheet_or_404("agreements.agreement").url("detail", pk))


@require_GET
def document_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A kept document, as it was made."""
    document: AgreementDocument = _record(request, "agreements.agreement_document", pk)
    if not document.file:
        raise Http404
    try:
        stored = document.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(stored, as_attachment=True, filename=document.name, content_type=_TYPES[document.format])
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
def template_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The Word file of a template, to write the next version from."""
    template: Template = _record(request, "agreements.template", pk)
    if not template.file:
        raise Http404
    return _paper(documents.content_of(template), f"{template.kind.code}-v{template.version}", "docx")


@require_GET
def shipped_template(request: HttpRequest, pk: int) -> HttpResponse:
    """The wording that Zhixing ships for a kind."""
    kind: AgreementKind = _record(request, "agreements.agreement_kind", pk)
    return _paper(documents.shipped_content(kind), f"{kind.code}", "docx")


@require_http_methods(["GET", "POST"])
def new_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload a new version of a kind's wording: look at it with a real agreement first, then put it in force."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Template, "change"):
        raise PermissionDenied(_("Your role does not include this."))
    kind: AgreementKind = _record(request, "agreements.agreement_kind", pk)
    form = TemplateForm(
        request.POST or None,
        request.FILES or None,
        initial={"title": kind.name, "effective_from": timezone.localdate()},
    )
    sheet = sheet_or_404("agreements.template")
    if request.method == "POST" and form.is_valid():
        try:
            filing.check(form.cleaned_data["file"])
            content = form.cleaned_data["file"].read()
            documents.checked_fields(kind, content)
            if "preview" in request.POST:
                sample = Agreement.objects.visible_to(actor).filter(kind=kind, archived_at=None).order_by("-pk").first()
                if sample is None:
                    raise ValidationError(_("There is no agreement of this kind yet to preview the template with."))
                return _paper(documents.preview(sample, content), "preview", "pdf")
            del form.cleaned_data["file"]
            template = documents.add_template(kind, content, by=actor, **form.cleaned_data)
            messages.success(request, _("Version %(version)s is kept.") % {"version": template.version})
            return redirect(sheet.url("detail", template.pk))
        except ValidationError as refused:
            form.add_error("file", refused.messages)
    crumbs = [
        {"label": sheet.label_plural, "url": sheet.url("list")},
        {"label": str(kind), "url": sheet_or_404("agreements.agreement_kind").url("detail", kind.pk)},
        {"label": _("New version"), "url": ""},
    ]
    names = sorted(documents.known_names(kind))
    current = documents.template_in_force(kind)
    context = {"form": form, "kind": kind, "current": current, "names": names, "crumbs": crumbs}
    return render(request, "agreements/template_new.html", context, status=422 if form.errors else 200)


# Confirming the own data -----------------------------------------------------------------------------------------


def confirm_page(request: HttpRequest, link: Any, party: AgreementParty) -> HttpResponse:
    """By its link a party sees its own data of this one agreement, corrects them and confirms."""
    form = ConfirmForm(request.POST or None, instance=party)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ConfirmForm.Meta.fields if name != "name"}
        try:
            with links.consume(link):
                fresh = AgreementParty.objects.get(pk=party.pk)
                actions.confirm(fresh, by=links.actor_of(link), name=form.cleaned_data["confirmed_by"], **values)
            return render(request, "kernel/outside_done.html", {"record": party})
        except ValidationError as refused:
            form.add_error(None, refused.messages)
    context = {"form": form, "party": party, "agreement": party.agreement}
    return render(request, "agreements/confirm.html", context, status=422 if form.errors else 200)
