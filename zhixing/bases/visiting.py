"""访企清单: firms near enough and fitting that would close a gap of places, ranked, each with its reasons (D-40)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from zhixing.agreements import queries as agreements
from zhixing.agreements.models import Agreement
from zhixing.bases.models import Base
from zhixing.org.distance import between
from zhixing.org.models import IndustryCode, Major, NationalMajor, Unit
from zhixing.partners.industries import majors_for
from zhixing.partners.matching import city
from zhixing.partners.models import Need, Organisation

# What each reason weighs.
TRADE, ASKED, BASE, AGREEMENT, SAME_CITY, SAME_PROVINCE, KNOWN = 0.35, 0.3, 0.15, 0.15, 0.25, 0.1, 0.1
# Where both points are known their distance counts as the city, or as the province, would: up to so many kilometres.
CITY_KM, PROVINCE_KM = 60, 300
# A firm may take interns for no more than a tenth of its staff (实习管理规定 art. 13): more it cannot offer.
STAFF_SHARE = 0.1


@dataclass(frozen=True)
class Visit:
    """A firm worth a visit: how many places it may have, how well it fits, and why."""

    firm: Organisation
    score: float
    places: int | None
    reasons: tuple[str, ...]


def home_regions() -> set[str]:
    """Where the school is: the regions of its units, and of the bases on its campus."""
    units = Unit.objects.filter(region__isnull=False, archived_at=None).values_list("region", flat=True)
    bases = Base.objects.filter(on_campus=True, region__isnull=False, archived_at=None).values_list("region", flat=True)
    return set(units.order_by().union(bases.order_by()))


Point = tuple[float, float]


def home_points() -> list[Point]:
    """Where the school is on the map: its point in the settings, and the bases on its campus that have one."""
    there = Base.objects.filter(on_campus=True, longitude__isnull=False, latitude__isnull=False, archived_at=None)
    found = [(float(east), float(north)) for east, north in there.order_by("pk").values_list("longitude", "latitude")]
    return [*([settings.ZHIXING["school_point"]] if settings.ZHIXING.get("school_point") else []), *found]


def firms_for(
    major: Major, gap: int, on: date, firms: QuerySet[Organisation] | None = None, limit: int = 12
) -> list[Visit]:
    """Firms that could give places to a major, the best first, until they would close the gap, and at most `limit`.

    A firm fits by its trade (GB/T 4754 beside the major's division), by what it asked for, or by an agreement or base
    there is already; among those that fit the nearer comes first, by kilometres where the points of both are known (the
    firm's own, or that of a base it has), else by city and province. Banned firms and those that already give this major
    places do not stand in the list. `firms`: those that the reader may see. Only firms that fit are read, with a fixed
    number of queries.
    """
    homes, points = home_regions(), home_points()
    cities, provinces = {city(code) for code in homes}, {code[:2] for code in homes}
    entry = NationalMajor.objects.filter(code=major.code).first()
    division = entry.division if entry else ""
    codes = IndustryCode.objects.values_list("pk", flat=True) if division else ()
    trades = [code for code in codes if division in majors_for(code)]
    giving = Base.objects.filter(
        organisation=OuterRef("pk"), majors=major, status=Base.Status.IN_USE, kind=Base.Kind.OFF_CAMPUS
    )
    open_needs = Q(needs__kind=Need.Kind.TALENT, needs__status__in=(Need.Status.OPEN, Need.Status.CLAIMED))
    agreed = agreements.valid_on(on, Agreement.objects.filter(counterparty=OuterRef("pk")))
    sites = Base.objects.filter(
        organisation=OuterRef("pk"), on_campus=False, longitude__isnull=False, latitude__isnull=False, archived_at=None
    ).order_by("pk")
    known = Organisation.objects.all() if firms is None else firms
    rows = (
        known.filter(
            kind__in=(Organisation.Kind.ENTERPRISE, Organisation.Kind.INSTITUTION),
            status__in=(Organisation.Status.ACTIVE, Organisation.Status.LEAD, Organisation.Status.DORMANT),
            archived_at=None,
        )
        .exclude(Exists(giving))
        .annotate(
            asked=Sum("needs__number", filter=open_needs & Q(needs__majors=major)),
            asks=Count("needs", filter=open_needs & Q(needs__majors=major)),
            agreed=Exists(agreed),
            has_base=Exists(
                Base.objects.filter(organisation=OuterRef("pk"), archived_at=None).exclude(status=Base.Status.CLOSED)
            ),
            east=Coalesce("longitude", Subquery(sites.values("longitude")[:1])),
            north=Coalesce("latitude", Subquery(sites.values("latitude")[:1])),
        )
        .filter(Q(industry__in=trades) | Q(asks__gt=0))
        .select_related("region")
        .order_by("pk")
    )
    ranked = [_rate(firm, division, cities, provinces, points) for firm in rows]
    ranked.sort(key=lambda visit: (-visit.score, visit.firm.pk))
    return _enough(ranked, gap, limit)


def _rate(
    firm: Organisation, division: str, cities: set[str], provinces: set[str], points: Sequence[Point] = ()
) -> Visit:
    score, reasons = 0.0, []
    if division and division in majors_for(firm.industry_id):
        score += TRADE
        reasons.append(_("its trade takes people of %(division)s") % {"division": division})
    if firm.asks:
        score += ASKED
        reasons.append(
            _("asked for %(number)s people of this major") % {"number": firm.asked}
            if firm.asked
            else _("asked for people of this major")
        )
    if firm.has_base:
        score += BASE
        reasons.append(_("has a base for other majors already"))
    if firm.agreed:
        score += AGREEMENT
        reasons.append(_("an agreement is in force"))
    if firm.status == Organisation.Status.ACTIVE:
        score += KNOWN
    if points and firm.east is not None and firm.north is not None:
        apart = min(between(point, (float(firm.east), float(firm.north))) for point in points)
        score += SAME_CITY if apart <= CITY_KM else SAME_PROVINCE if apart <= PROVINCE_KM else 0
        # Of two as near by these rings the nearer comes first.
        score -= min(apart, PROVINCE_KM) / PROVINCE_KM / 100
        reasons.append(_("%(km)s km away") % {"km": round(apart)})
    elif firm.region_id:
        if city(firm.region_id) in cities:
            score += SAME_CITY
            reasons.append(_("in the same city: %(region)s") % {"region": firm.region.name})
        elif firm.region_id[:2] in provinces:
            score += SAME_PROVINCE
            reasons.append(_("in the province: %(region)s") % {"region": firm.region.name})
        else:
            reasons.append(_("outside the province: %(region)s") % {"region": firm.region.name})
    places = int(firm.staff_count * STAFF_SHARE) if firm.staff_count else None
    if places:
        reasons.append(
            _("%(staff)s staff, so %(places)s interns at most") % {"staff": firm.staff_count, "places": places}
        )
    return Visit(firm, round(score, 3), places, tuple(reasons))


def _enough(ranked: list[Visit], gap: int, limit: int) -> list[Visit]:
    """As many as would close the gap by what they may offer, three at least where there are as many."""
    chosen, total = [], 0
    for visit in ranked[:limit]:
        if total >= gap and len(chosen) >= 3:
            break
        chosen.append(visit)
        total += visit.places or 0
    return chosen
