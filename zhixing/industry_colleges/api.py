"""What programs read of industry colleges beside the registers: the ten-area heat map as numbers (四（二）2)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.industry_colleges import board, queries
from zhixing.industry_colleges.models import AreaOutput, IndustryCollege
from zhixing.kernel.api import answer
from zhixing.kernel.openapi import ROOT
from zhixing.kernel.scope import Actor
from zhixing.org.models import AcademicYear


def _cell(square: board.Square) -> dict[str, Any]:
    """One cell; `rows` is where the API lists the records that it counts."""
    path, _mark, query = square.url.partition("?")
    return {
        "area": square.area.code,
        "name": str(square.area),
        "state": square.state,
        "planned": square.cell.planned,
        "made": square.cell.made,
        "proven": square.cell.proven,
        "rows": f"{ROOT}{path.rstrip('/')}?{query}",
    }


def operations(router: Router) -> None:
    """`GET industry_colleges/heatmap`."""

    @router.get(
        "/industry_colleges/heatmap",
        operation_id="industry_college_heatmap",
        url_name="industry_college_heatmap",
        response={200: None},
    )
    def heatmap(request: HttpRequest, year: str = "") -> HttpResponse:
        """The ten areas of every industry college in an academic year (its code, e.g. 2025-2026; left out: today's)."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if not (actor.can(IndustryCollege) and actor.can(AreaOutput)):
            raise PermissionDenied(_("Your role does not include this."))
        asked = AcademicYear.objects.filter(code=year).first() if year else queries.year_of(timezone.localdate())
        if asked is None:
            raise Http404
        rows = board.rows_of(asked, queries.ran_in(asked, actor), actor)
        return answer(
            {
                "year": asked.code,
                "rows": [
                    {
                        "id": row.college.pk,
                        "name": row.college.name,
                        "proven": row.proven,
                        "areas": [_cell(square) for square in row.squares],
                    }
                    for row in rows
                ],
            }
        )
