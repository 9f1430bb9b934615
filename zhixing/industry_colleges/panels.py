"""What the page of an industry college says beyond its fields: areas, charter and council, resources by party."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhixing.industry_colleges import board, queries
from zhixing.industry_colleges.models import (
    AreaOutput,
    CharterSection,
    IndustryCollege,
    Party,
    ResourceAllocation,
    Seat,
)
from zhixing.kernel.models import File
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import sheet_for


def _listing(model: type, **filters: Any) -> str:
    sheet = sheet_for(model)
    return f"{sheet.url('list')}?{'&'.join(f'{key}={value}' for key, value in filters.items())}" if sheet else ""


def outputs_of_plan(condition: Q | None = None) -> Any:
    """How many outputs of a plan's college and area fall into its year."""
    outputs = AreaOutput.objects.filter(
        condition or Q(),
        college=OuterRef("college"),
        area=OuterRef("area"),
        made_on__gte=OuterRef("year__starts_on"),
        made_on__lte=OuterRef("year__ends_on"),
        archived_at=None,
    )
    counted = outputs.order_by().values("college").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def number_of_proofs() -> Any:
    """How many things prove an output: its files, its address, its activity, its agreement."""
    files = File.objects.filter(record_type=type_key(AreaOutput), record_id=OuterRef("pk")).order_by()
    counted = files.values("record_id").annotate(number=Count("pk")).values("number")

    def one_if(condition: Q) -> Case:
        return Case(When(condition, then=Value(1)), default=Value(0))

    named = (~Q(link=""), Q(activity__isnull=False), Q(agreement__isnull=False))
    return sum((one_if(q) for q in named), Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def area_panel(college: IndustryCollege, actor: Actor) -> str:
    """The ten areas of this year: what is planned, made and proven, each opening its rows."""
    year = queries.year_of(timezone.localdate())
    if year is None or not actor.can(AreaOutput):
        return ""
    row = board.rows_of(year, [college], actor)[0]
    context = {"row": row, "year": year, "board_url": board.address(year), "legend": board.LEGEND}
    return render_to_string("industry_colleges/_areas.html", context)


def charter_panel(college: IndustryCollege, actor: Actor) -> str:
    """Which of the four parts of the charter are in force, and which kinds of party sit on the council (R06)."""
    if not (actor.can(CharterSection) and actor.can(Seat)):
        return ""
    today = timezone.localdate()
    seats = queries.seated(today, Seat.objects.filter(college=college).visible_to(actor))
    seated = dict(seats.order_by().values_list("party").annotate(number=Count("pk")))
    parts = list(
        CharterSection.objects.filter(college=college, archived_at=None)
        .visible_to(actor)
        .order_by("-version")
        .annotate(written=Case(When(text="", then=Value(False)), default=Value(True), output_field=BooleanField()))
        .values("pk", "part", "version", "signed_on", "written")
    )
    signed = [part for part in parts if part["signed_on"] and part["signed_on"] <= today]
    version = signed[0]["version"] if signed else None
    in_force = {part["part"]: part for part in signed if part["version"] == version and part["written"]}
    sheet = sheet_for(CharterSection)
    context = {
        "version": version,
        "waiting": next((part["version"] for part in parts if part["signed_on"] is None), None),
        "signed_on": signed[0]["signed_on"] if signed else None,
        "parts": [
            {
                "label": label,
                "state": "met" if part in in_force else "unmet",
                "words": pgettext("of a charter", "in force")
                if part in in_force
                else pgettext("of a charter", "missing"),
                "url": sheet.url("detail", in_force[part]["pk"]) if sheet and part in in_force else "",
            }
            for part, label in CharterSection.Part.choices
        ],
        "kinds": len(seated),
        "parties": [
            {
                "label": label,
                "number": seated.get(party, 0),
                "url": _listing(Seat, college=college.pk, party=party) if party in seated else "",
            }
            for party, label in Party.choices
        ],
        "parts_url": _listing(CharterSection, college=college.pk),
        "seats_url": _listing(Seat, college=college.pk),
    }
    return render_to_string("industry_colleges/_charter.html", context)


def resource_panel(college: IndustryCollege, actor: Actor) -> str:
    """Who brought what: value by party, delivered or still to come, with each party's share."""
    if not actor.can(ResourceAllocation):
        return ""
    rows = ResourceAllocation.objects.filter(college=college, archived_at=None).visible_to(actor)
    chart = _resource_chart(college, rows)
    return render_to_string("industry_colleges/_resources.html", {"chart": chart}) if chart else ""


def _resource_chart(college: IndustryCollege, rows: QuerySet) -> dict[str, Any] | None:
    today = timezone.localdate()
    totals = (
        rows.order_by()
        .values("party")
        .annotate(
            total=Sum("value"),
            here=Coalesce(Sum("value", filter=Q(delivered_on__lte=today)), Decimal(0)),
            kinds=ArrayAgg("kind", distinct=True),
        )
    )
    found = {row["party"]: row for row in totals}
    everything = sum(row["total"] for row in found.values())
    if not everything:
        return None
    kinds = dict(ResourceAllocation.Kind.choices)
    labels = [(party, str(label)) for party, label in Party.choices if party in found]
    series = []
    for name, colour, amount in (
        (pgettext("resource", "delivered"), "$c1", lambda row: row["here"]),
        (pgettext("resource", "still to come"), "$c4", lambda row: row["total"] - row["here"]),
    ):
        data = [
            {
                "value": float(round(amount(found[party]) / 10000, 2)),
                "url": _listing(ResourceAllocation, college=college.pk, party=party),
            }
            for party, _label in reversed(labels)
        ]
        series.append(
            {
                "type": "bar",
                "stack": "all",
                "name": name,
                "itemStyle": {"color": colour, "borderRadius": 2},
                "barMaxWidth": 22,
                "data": data,
            }
        )
    return {
        "id": "resources-by-party",
        "title": _("Resources by party, in 10,000 yuan"),
        "css": "zx-chart--low",
        "option": {
            "grid": {"left": 8, "right": 24, "top": 34, "bottom": 4, "containLabel": True},
            "legend": {"top": 0, "right": 0},
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
            "xAxis": {"type": "value"},
            "yAxis": {
                "type": "category",
                "data": [f"{label} {found[party]['total'] / everything:.0%}" for party, label in reversed(labels)],
            },
            "series": series,
        },
        "heads": [
            _("party"),
            _("share"),
            _("value in yuan"),
            pgettext("resource", "delivered"),
            _("kinds of resource"),
        ],
        "rows": [
            [
                label,
                f"{found[party]['total'] / everything:.0%}",
                f"¥{found[party]['total']:,.2f}",
                f"¥{found[party]['here']:,.2f}",
                "、".join(str(kinds[kind]) for kind in kinds if kind in found[party]["kinds"]),
            ]
            for party, label in labels
        ],
    }
