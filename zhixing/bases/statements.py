"""校企互惠账单: what school and firm gave each other through a base in a calendar year, counted from records."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases import figures, queries
from zhixing.bases.figures import Figure, as_number, rows_url
from zhixing.bases.models import Base, BaseUse, BenefitStatement, Contribution, Guide, PlaceCapacity, RevenueShare, Use

SCHOOL, FIRM = "school", "firm"
_YUAN = _("yuan")
# Every line that a statement may have: its words and its unit.
LINES: dict[str, tuple[Any, Any]] = {
    "site": (pgettext_lazy("statement", "site"), _YUAN),
    "equipment": (pgettext_lazy("statement", "equipment"), _YUAN),
    "software": (pgettext_lazy("statement", "software"), _YUAN),
    "cash": (pgettext_lazy("statement", "cash"), _YUAN),
    "operation": (pgettext_lazy("statement", "operation"), _YUAN),
    "places": (pgettext_lazy("statement", "places for students"), ""),
    "guides": (pgettext_lazy("statement", "engineers who guided"), ""),
    "hires": (pgettext_lazy("statement", "students hired by the firm"), ""),
    "trained": (pgettext_lazy("statement", "people trained for the firm"), ""),
    "service_hours": (pgettext_lazy("statement", "hours of technical service"), ""),
    "certified": (pgettext_lazy("statement", "people certified"), ""),
    "income": (pgettext_lazy("statement", "income of the base"), _YUAN),
    "school_share": (pgettext_lazy("statement", "share of revenue that the school gets"), _YUAN),
    "firm_share": (pgettext_lazy("statement", "share of revenue that the firm keeps"), _YUAN),
}


def _line(key: str, value: Any, url: str) -> Figure:
    label, unit = LINES[key]
    return Figure(key, label, as_number(value), unit, url)


def _put_in(base: Base, year: int, party: str) -> list[Figure]:
    """What a party delivered in the year, by kind, as it was accepted."""
    rows = Contribution.objects.filter(
        base=base, party=party, delivered_on__year=year, accepted_on__isnull=False, archived_at=None
    )
    sums = dict(rows.order_by().values_list("kind").annotate(total=Sum("delivered_value")))
    span = {"delivered_on_from": date(year, 1, 1), "delivered_on_to": date(year, 12, 31)}
    return [
        _line(kind, sums[kind], rows_url(Contribution, base=base.pk, party=party, kind=kind, **span))
        for kind in Contribution.Kind.values
        if sums.get(kind)
    ]


def _used(base: Base, year: int, function: str) -> QuerySet[BaseUse]:
    return BaseUse.objects.filter(base=base, function=function, used_on__year=year, archived_at=None)


def _shared(base: Base, year: int, giver: str) -> Figure:
    """收益分成 of the year: the firm gives the school its part of what was earned in the base, and keeps the other."""
    rows = RevenueShare.objects.filter(resident__base=base, starts_on__year=year, archived_at=None)
    told = rows.aggregate(school=Sum("school_amount"), firm=Sum(F("revenue") - F("school_amount")))
    url = rows_url(
        RevenueShare, resident__base=base.pk, starts_on_from=date(year, 1, 1), starts_on_to=date(year, 12, 31)
    )
    return _line("school_share", told["school"], url) if giver == FIRM else _line("firm_share", told["firm"], url)


def given(base: Base, year: int, giver: str) -> list[Figure]:
    """The lines of one side; lines of nothing are left out."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    span = {"used_on_from": first, "used_on_to": last}

    def use_url(function: str) -> str:
        return rows_url(BaseUse, base=base.pk, function=function, **span)

    lines = [*_put_in(base, year, giver), _shared(base, year, giver)]
    if giver == FIRM:
        offered = queries.capacities((base.kind,)).filter(
            base=base, term__starts_on__lte=last, term__ends_on__gte=first
        )
        engineers = Guide.objects.filter(base=base, kind=Guide.Kind.ENGINEER, archived_at=None, starts_on__lte=last)
        engineers = engineers.exclude(ends_on__lt=first)
        lines += [
            _line(
                "places",
                offered.aggregate(total=Sum("places"))["total"],
                rows_url(PlaceCapacity, base=base.pk, term__starts_on_to=last, term__ends_on_from=first),
            ),
            _line("guides", engineers.count(), rows_url(Guide, base=base.pk, kind=Guide.Kind.ENGINEER)),
        ]
        if base.organisation is not None:
            # Kept by the domain of training with firms; the relation from the organisation is all that is asked of it.
            hires = base.organisation.hires.filter(hired_on__year=year, archived_at=None)
            lines.append(
                _line(
                    "hires",
                    hires.count(),
                    rows_url(hires.model, organisation=base.organisation_id, hired_on_from=first, hired_on_to=last),
                )
            )
    else:
        trained = _used(base, year, Use.TRAINING).aggregate(total=Sum("people"))["total"]
        service = _used(base, year, Use.SERVICE).aggregate(total=Sum("hours"))["total"]
        certified = _used(base, year, Use.CERTIFICATION).aggregate(total=Sum("people"))["total"]
        income = BaseUse.objects.filter(base=base, used_on__year=year, archived_at=None).aggregate(t=Sum("income"))["t"]
        lines += [
            _line("trained", trained, use_url(Use.TRAINING)),
            _line("service_hours", service, use_url(Use.SERVICE)),
            _line("certified", certified, use_url(Use.CERTIFICATION)),
            _line("income", income, rows_url(BaseUse, base=base.pk, **span)),
        ]
    lines += figures.added("statement", base=base, year=year, giver=giver)
    return [line for line in lines if line.value]


def count(base: Base, year: int) -> list[dict[str, Any]]:
    """The lines of both sides as they are kept in a statement."""
    return [
        {"giver": giver, "key": line.key, "label": "" if line.key in LINES else str(line.label), **line.frozen()}
        for giver in (FIRM, SCHOOL)
        for line in given(base, year, giver)
    ]


def sides(statement: BenefitStatement) -> dict[str, list[Figure]]:
    """The kept lines by who gave, with their words in the reader's language."""
    found: dict[str, list[Figure]] = {FIRM: [], SCHOOL: []}
    for kept in statement.lines:
        label, unit = LINES.get(kept["key"], (kept.get("label") or kept["key"], ""))
        found[kept["giver"]].append(Figure(kept["key"], label, kept["value"], unit, kept.get("url", "")))
    return found


def moved(statement: BenefitStatement) -> bool:
    """Whether the records say something else by now than what was drawn up."""
    now = {(line["giver"], line["key"]): line["value"] for line in count(statement.base, statement.year)}
    return now != {(line["giver"], line["key"]): line["value"] for line in statement.lines}


def worth(lines: list[Figure]) -> float:
    """The lines in yuan together; what a base earned was given by nobody."""
    return sum(line.value or 0 for line in lines if str(line.unit) == str(_YUAN) and line.key != "income")
