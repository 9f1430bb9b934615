"""The heat map of the ten areas: which industry college plans, makes and proves what in a year; every cell opens its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.industry_colleges import queries
from zhixing.industry_colleges.models import Area, AreaOutput, AreaPlan, IndustryCollege
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import AcademicYear

# What a cell says: the look's tone, and the words that say so without colour.
STATES: dict[str, tuple[str, Any]] = {
    "proven": ("met", pgettext_lazy("area cell", "proven")),
    "made": ("at_risk", _("made, not proven")),
    "planned": ("on_track", pgettext_lazy("area cell", "planned")),
    "missed": ("unmet", _("planned, nothing made")),
    "nothing": ("unmet", pgettext_lazy("area cell", "nothing")),
}
LEGEND = [{"state": state, "icon": f"st-{tone}", "label": label} for state, (tone, label) in STATES.items()]


@dataclass(frozen=True)
class Square:
    """One cell as it is drawn."""

    area: Area
    cell: queries.Cell
    state: str
    icon: str
    label: Any
    url: str
    # Where an output of this cell is recorded; empty for whoever may not.
    add_url: str


@dataclass(frozen=True)
class Row:
    """One industry college, its ten squares, and how many areas are proven."""

    college: IndustryCollege
    url: str
    squares: list[Square]
    proven: int


def address(year: AcademicYear | None = None) -> str:
    """Where the heat map of a year is."""
    base = reverse("industry-college-heatmap")
    return f"{base}?year={year.pk}" if year else base


def rows_of(year: AcademicYear, colleges: Sequence[IndustryCollege], actor: Actor) -> list[Row]:
    """The rows of some colleges for a year, of what the actor may see: three queries whatever their number."""
    areas = list(Area.objects.filter(archived_at=None))
    plans, outputs = AreaPlan.objects.all().visible_to(actor), AreaOutput.objects.all().visible_to(actor)
    found = queries.board(year, [college.pk for college in colleges], plans, outputs)
    sheets = [sheet_for(model) for model in (AreaOutput, AreaPlan, IndustryCollege)]
    output_list, plan_list, college_sheet = (sheet for sheet in sheets if sheet is not None)
    is_over = year.ends_on < timezone.localdate()
    span = f"made_on_from={year.starts_on:%Y-%m-%d}&made_on_to={year.ends_on:%Y-%m-%d}"
    may_add = actor.can(AreaOutput, "add")
    rows = []
    for college in colleges:
        squares = []
        for area in areas:
            cell = found.cell(college.pk, area.pk)
            state = cell.state(is_over)
            tone, label = STATES[state]
            key = f"college={college.pk}&area={area.pk}"
            url = f"{output_list.url('list')}?{key}&{span}"
            if not cell.made and cell.planned:
                url = f"{plan_list.url('list')}?{key}&year={year.pk}"
            add_url = f"{output_list.url('add')}?{key}" if may_add and not is_over else ""
            squares.append(Square(area, cell, state, f"st-{tone}", label, url, add_url))
        proven = sum(square.state == "proven" for square in squares)
        rows.append(Row(college, college_sheet.url("detail", college.pk), squares, proven))
    return rows
