"""The page on which reports are made and fetched."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.insights import jobs, reports
from zhixing.insights.documents.facts import reportable
from zhixing.insights.models import Report
from zhixing.kernel import progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import whole
from zhixing.org.calendar import academic_year
from zhixing.org.models import Unit
from zhixing.policy.engine import AssessError
from zhixing.policy.models import Standing

LISTED = 40


class ReportForm(forms.Form):
    """Which unit, which year, which shape."""

    unit = forms.ChoiceField(label=gettext_lazy("unit"))
    year = forms.ChoiceField(label=gettext_lazy("academic year"))
    format = forms.ChoiceField(
        label=gettext_lazy("format"), choices=Report.Format.choices, initial="pdf", widget=forms.RadioSelect
    )

    def __init__(self, *args: object, units: list[Unit], years: list[str], **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["unit"].choices = [(str(unit.pk), unit.name) for unit in units]  # type: ignore[attr-defined]
        self.fields["year"].choices = [(year, year) for year in years]  # type: ignore[attr-defined]


def _years(actor: Actor, today: date) -> list[str]:
    """Academic years that were evaluated, the latest first."""
    rows = Standing.objects.visible_to(actor).order_by("-year").values_list("year", flat=True).distinct()
    return list(rows) or [academic_year(today).code]


@require_http_methods(["GET", "POST"])
def reports_page(request: HttpRequest) -> HttpResponse:
    """Choose unit, year and format; below, what was made. A college's is there at once, the school's is watched."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Report):
        raise PermissionDenied(_("Your role does not include this."))
    today = timezone.localdate()
    units = reportable(actor)
    form = ReportForm(
        request.POST or None, units=units, years=_years(actor, today), initial={"year": academic_year(today).code}
    )
    if request.method == "POST":
        if not actor.can(Report, "add"):
            raise PermissionDenied(_("Your role does not include this."))
        if form.is_valid():
            unit = next(one for one in units if str(one.pk) == form.cleaned_data["unit"])
            answer = _make(request, actor, unit, form.cleaned_data["year"], form.cleaned_data["format"])
            if answer is not None:
                return answer
    rows = Report.objects.visible_to(actor).filter(archived_at=None).select_related("unit", "made_by__person")
    context = {
        "form": form if units else None,
        "reports": rows.order_by("-created_at", "-pk")[:LISTED],
        "made": rows.filter(pk=whole(request.GET.get("made"))).first(),
    }
    return render(request, "insights/reports.html", context, status=422 if request.method == "POST" else 200)


def _make(request: HttpRequest, actor: Actor, unit: Unit, year: str, kind: str) -> HttpResponse | None:
    if unit.kind == Unit.Kind.SCHOOL:
        title = _("%(unit)s, %(year)s: assessment report (%(format)s)") % {
            "unit": unit.name,
            "year": year,
            "format": Report.Format(kind).label,
        }
        row = progress.start(
            "report", title, actor.user_id, jobs.make_report, unit=unit.pk, year=year, kind=kind, user=actor.user_id
        )
        return redirect(progress.url_of(row))
    try:
        report = reports.keep(reports.make(unit, year, kind, actor), kind, by=actor)
    except ValidationError as refused:
        messages.error(request, "；".join(refused.messages))
        return None
    except AssessError as refused:
        messages.error(request, str(refused))
        return None
    return redirect(f"{reverse('reports')}?made={report.pk}")


@require_GET
def report_file(request: HttpRequest, pk: int) -> FileResponse:
    """A report as it was made, to whoever may see its unit's."""
    report = get_object_or_404(Report.objects.visible_to(request.actor), pk=pk)  # type: ignore[attr-defined]
    try:
        content = report.content.open("rb")
    except FileNotFoundError as error:
        raise Http404(_("The file is no longer in the store.")) from error
    return FileResponse(content, as_attachment=True, filename=report.name, content_type=reports.MIMES[report.format])
