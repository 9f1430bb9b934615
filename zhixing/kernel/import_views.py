"""The pages of an import: choose the file, match the columns, check, done; and the template to fill in."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhixing.intake.cleaning import ReadError
from zhixing.intake.reading import column_letters
from zhixing.kernel import import_jobs, import_pass, importing, progress
from zhixing.kernel.models import ImportRun
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet, sheet_or_404
from zhixing.kernel.typed import whole
from zhixing.kernel.views import PAGE, page_numbers

HOW = {
    "remembered": gettext_lazy("as last time"),
    "exact": gettext_lazy("same name"),
    "synonym": gettext_lazy("known name"),
    "similar": gettext_lazy("similar"),
}
KINDS = ("rows", "new", "changed", "same", "faulty")
LABELS = {
    "rows": gettext_lazy("rows read"),
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "same": gettext_lazy("same"),
    "faulty": gettext_lazy("faulty"),
}


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"))


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, domain: str, name: str) -> HttpResponse:
    """Step 1: take the file; a file that cannot be read is answered with one sentence."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_or_404(f"{domain}.{name}")
    importing.may_import(sheet, actor)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            importing.check_size(file.size)
            data = file.read()
            if import_jobs.too_long_to_read(data):
                run = importing.take_in(sheet, data, file.name, by=actor)
                return redirect(progress.next_page(import_jobs.set_going(run, "read", back=sheet.url("import"))))
            run, _reading = importing.start(sheet, data, file.name, by=actor)
            return redirect("import-run", run.pk)
        except ReadError as error:
            form.add_error("file", str(error))
    earlier = (
        ImportRun.objects.filter(record_type=sheet.key, user_id=actor.user_id)
        .select_related("user__person")
        .order_by("-created_at", "-pk")[:10]
    )
    runs = [
        {
            "url": reverse("import-run", args=[run.pk]),
            "name": run.file_name,
            "when": run.created_at,
            "who": run.user.get_full_name() if run.user else "",
            "rows": run.counts.get("rows", ""),
            "state": run.get_state_display(),
        }
        for run in earlier
    ]
    context = {
        "sheet": sheet,
        "form": form,
        "runs": runs,
        "template_url": sheet.url("import-template"),
        "cancel_url": sheet.url("list"),
        "crumbs": [{"label": sheet.label_plural, "url": sheet.url("list")}, {"label": _("Import"), "url": ""}],
    }
    return render(request, "kernel/import_upload.html", context, status=422 if form.errors else 200)


def _run(request: HttpRequest, pk: int) -> tuple[ImportRun, Sheet]:
    """A run belongs to whoever uploaded it."""
    run = get_object_or_404(ImportRun, pk=pk, user_id=request.actor.user_id)  # type: ignore[attr-defined]
    sheet = sheet_or_404(run.record_type)
    importing.may_import(sheet, request.actor)  # type: ignore[attr-defined]
    return run, sheet


@require_http_methods(["GET", "POST"])
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Steps 2 to 4 by the state of the run; matching again is always possible before the commit."""
    run, sheet = _run(request, pk)
    if run.state in {ImportRun.State.COMMITTED, ImportRun.State.UNDONE}:
        return _done(request, run, sheet)
    if (going := import_jobs.under_way(run)) is not None:
        if request.method == "POST" and request.POST.get("do") == "commit":
            return commit(request, pk)
        return redirect(progress.url_of(going))
    if run.state == ImportRun.State.FAILED:
        messages.error(request, run.message)
        return redirect(sheet.url("import"))
    if run.state == ImportRun.State.UPLOADED or request.GET.get("match"):
        return _match(request, run, sheet)
    return _check(request, run, sheet)


def _match(request: HttpRequest, run: ImportRun, sheet: Sheet) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not run.reading:
        # Its reading was cut off, or it was taken in before readings were kept.
        try:
            importing.read(run, by=actor)
        except ReadError as error:
            messages.error(request, str(error))
            return redirect(sheet.url("import"))
    found = run.reading["columns"]
    if request.method == "POST":
        mapping = {str(c["index"]): request.POST.get(f"column-{c['index']}", "") for c in found}
        run.mapping = {index: name for index, name in mapping.items() if name}
        try:
            import_pass.check_mapping(sheet, run.mapping)
            run.save(update_fields=["mapping"])
            to = _preview(run, actor)
            if request.POST.get("remember"):
                importing.remember(sheet, found, mapping)
            return to
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
    required = {
        n
        for n, f in sheet.import_fields.items()
        if (n in sheet.key_fields and not sheet.other_key) or not (f.blank or f.null or f.has_default())
    }
    choices = [{"key": n, "label": f.verbose_name, "required": n in required} for n, f in sheet.register_fields.items()]
    columns = [
        {
            "header": f"{column_letters(c['index'])} {c['header']}",
            "name": f"column-{c['index']}",
            "field": run.mapping.get(str(c["index"]), ""),
            "how": HOW.get(c["how"] or "", ""),
            "samples": c["samples"],
            "choices": choices,
        }
        for c in found
    ]
    taken = set(run.mapping.values())
    context = {
        "sheet": sheet,
        "file_name": run.file_name,
        "header_row": run.header_row + 1,
        "row_count": run.reading["rows"],
        "mapping": columns,
        "missing": [str(sheet.import_fields[n].verbose_name) for n in sorted(required - taken)],
        "cancel_url": sheet.url("import"),
    }
    return render(request, "kernel/import_map.html", context, status=422 if request.method == "POST" else 200)


def _preview(run: ImportRun, actor: Actor) -> HttpResponse:
    """Check the rows, a long register as work to be watched; to the page that shows it."""
    if import_jobs.is_large(run):
        back = f"{reverse('import-run', args=[run.pk])}?match=1"
        return redirect(progress.next_page(import_jobs.set_going(run, "check", back=back)))
    importing.preview(run, by=actor)
    return redirect("import-run", run.pk)


def _check(request: HttpRequest, run: ImportRun, sheet: Sheet) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        match request.POST.get("do"):
            case "cancel":
                return redirect(sheet.url("list"))
            case "resolve":
                run.choices = _chosen(request, run)
                run.save(update_fields=["choices"])
                return _preview(run, actor)
            case "commit":
                return commit(request, run.pk)
        raise Http404
    page = Paginator(run.faults, PAGE).get_page(request.GET.get("page"))
    errors = [
        {
            "row": row + 1,
            "column": column_letters(column) if column is not None else "",
            "value": value,
            "message": message,
        }
        for row, column, value, _code, message in page
    ]
    ambiguous = [
        {
            "column": item["field"],
            "value": item["text"],
            "rows": [
                row + 1
                for row, column, _v, code, _m in run.faults
                if code == "ambiguous" and column == item["column"] and _v == item["text"]
            ][:8],
            "name": f"choose-{i}",
            "choices": [
                {
                    "value": option["pk"],
                    "label": option["label"],
                    "selected": run.choices.get(str(item["column"]), {}).get(item["text"]) == option["pk"],
                }
                for option in item["options"]
            ],
        }
        for i, item in enumerate(run.counts.get("ambiguous", []))
    ]
    context = {
        "sheet": sheet,
        "file_name": run.file_name,
        "count_tabs": _count_tabs(run),
        "ambiguous": ambiguous,
        "errors": errors,
        "error_total": len(run.faults),
        "page": page_numbers(page, request.GET),
        "marked_url": reverse("import-marked", args=[run.pk]) if run.faults else "",
        "commit_count": run.counts.get("new", 0) + run.counts.get("changed", 0),
        "sample_rows": [],
        "crumbs": [
            {"label": sheet.label_plural, "url": sheet.url("list")},
            {"label": _("Match the columns"), "url": reverse("import-run", args=[run.pk]) + "?match=1"},
            {"label": _("Check"), "url": ""},
        ],
    }
    return render(request, "kernel/import_preview.html", context)


def _chosen(request: HttpRequest, run: ImportRun) -> dict[str, dict[str, int]]:
    chosen: dict[str, dict[str, int]] = {column: dict(texts) for column, texts in run.choices.items()}
    for i, item in enumerate(run.counts.get("ambiguous", [])):
        value = whole(request.POST.get(f"choose-{i}"))
        if value is not None and value in {option["pk"] for option in item["options"]}:
            chosen.setdefault(str(item["column"]), {})[item["text"]] = value
    return chosen


def _count_tabs(run: ImportRun) -> list[dict[str, Any]]:
    return [
        {"key": key, "label": LABELS[key], "count": run.counts.get(key, 0), "url": "", "active": False} for key in KINDS
    ]


@require_POST
def commit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the good rows, all or none."""
    run, _sheet = _run(request, pk)
    if import_jobs.is_large(run):
        back = reverse("import-run", args=[pk])
        try:
            return redirect(progress.next_page(import_jobs.set_going(run, "write", back=back)))
        except ValidationError as refused:
            messages.error(request, "；".join(refused.messages))
            going = import_jobs.under_way(run)
            return progress.show(request, going, status=409) if going else redirect("import-run", pk)
    try:
        importing.commit(run, by=request.actor)  # type: ignore[attr-defined]
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect("import-run", pk)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a finished import back; say what had to be kept and why."""
    run, _sheet = _run(request, pk)
    try:
        result = importing.undo(run, by=request.actor)  # type: ignore[attr-defined]
        messages.success(request, _("Undone: %(removed)s removed, %(restored)s restored.") % result)
        if result["kept"]:
            why = "；".join(sorted({item["why"] for item in result["kept"]}))
            messages.warning(
                request, _("%(count)s records stay: %(why)s.") % {"count": len(result["kept"]), "why": why}
            )
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect("import-run", pk)


def _done(request: HttpRequest, run: ImportRun, sheet: Sheet) -> HttpResponse:
    undone = run.state == ImportRun.State.UNDONE
    context = {
        "sheet": sheet,
        "file_name": run.file_name,
        "count_tabs": _count_tabs(run),
        "undone": undone,
        "kept": [],
        "list_url": sheet.url("list"),
        "marked_url": reverse("import-marked", args=[run.pk]) if run.faults else "",
        "undo_url": "" if undone else reverse("import-undo", args=[run.pk]),
        "crumbs": [{"label": sheet.label_plural, "url": sheet.url("list")}, {"label": _("Import"), "url": ""}],
    }
    return render(request, "kernel/import_done.html", context)


@require_GET
def marked(request: HttpRequest, pk: int) -> HttpResponse:
    """The user's own file with the faults marked."""
    run, _sheet = _run(request, pk)
    stem = run.file_name.rpartition(".")[0] or run.file_name
    return _workbook(importing.marked_copy(run), _("%(name)s, faults marked") % {"name": stem})


@require_GET
def template(request: HttpRequest, domain: str, name: str) -> HttpResponse:
    """An empty register with the right headings, the required ones marked, and lists to choose from."""
    sheet = sheet_or_404(f"{domain}.{name}")
    importing.may_import(sheet, request.actor)  # type: ignore[attr-defined]
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet(str(sheet.label_plural)[:31])
    head = book.add_format({"bold": True, "bg_color": "#e3f1f3", "border": 1})
    for i, (field_name, field) in enumerate(sheet.import_fields.items()):
        needed = field_name in sheet.key_fields and not sheet.other_key
        required = needed or not (field.blank or field.null or field.has_default())
        page.write_string(0, i, f"{field.verbose_name}{'*' if required else ''}", head)
        page.set_column(i, i, 18)
        labels = [str(label) for value, label in field.flatchoices if value != ""]
        if labels and len(",".join(labels)) < 250:
            page.data_validation(1, i, 5000, i, {"validate": "list", "source": labels, "error_type": "warning"})
    page.freeze_panes(1, 0)
    book.close()
    return _workbook(buffer.getvalue(), _("%(type)s template") % {"type": sheet.label_plural})


def _workbook(data: bytes, title: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{title}.xlsx") or ""
    return response
