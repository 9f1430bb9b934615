"""The heat map's page; its filters stand in the address, so that a view of it can be sent to somebody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from zhixing.industry_colleges import board, queries
from zhixing.industry_colleges.models import AreaOutput, IndustryCollege
from zhixing.kernel.forms import candidates
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import AcademicYear, Unit


class BoardFilter(forms.Form):
    """Which year and whose industry colleges; choices only from what the actor may see."""

    year = forms.ModelChoiceField(
        AcademicYear.objects.none(), label=gettext_lazy("academic year"), required=False, empty_label=None
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=gettext_lazy("unit"), required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["year"].queryset = candidates(AcademicYear, actor)
        with_colleges = IndustryCollege.objects.filter(archived_at=None).values("unit")
        fields["unit"].queryset = candidates(Unit, actor).filter(pk__in=with_colleges)


@require_GET
def heatmap(request: HttpRequest) -> HttpResponse:
    """Ten areas by industry college for an academic year; without a filter that of today (四（二）2)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not (actor.can(IndustryCollege) and actor.can(AreaOutput)):
        raise PermissionDenied(_("Your role does not include this."))
    asked = request.GET.copy()
    this_year = queries.year_of(timezone.localdate()) or AcademicYear.objects.first()
    if this_year and not asked.get("year"):
        asked["year"] = str(this_year.pk)
    form = BoardFilter(asked, actor=actor)
    year = form.cleaned_data.get("year") if form.is_valid() else None
    rows: list[board.Row] = []
    if year is not None:
        unit = form.cleaned_data.get("unit")
        colleges = [row for row in queries.ran_in(year, actor) if unit is None or row.unit_id == unit.pk]
        rows = board.rows_of(year, colleges, actor)
    sheet = sheet_for(IndustryCollege)
    context = {
        "form": form,
        "year": year,
        "rows": rows,
        "heads": [square.area for square in rows[0].squares] if rows else [],
        "legend": board.LEGEND,
        "empty": sum(square.state in {"nothing", "missed"} for row in rows for square in row.squares),
        "add_url": sheet.url("add") if sheet and actor.can(IndustryCollege, "add") else "",
        "crumbs": [
            {"label": capfirst(sheet.label_plural) if sheet else "", "url": sheet.url("list") if sheet else ""},
            {"label": _("Ten-area heat map"), "url": ""},
        ],
    }
    return render(request, "industry_colleges/heatmap.html", context)
