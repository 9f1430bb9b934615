"""What the policy counts in industry colleges: R05 areas with proven outputs, R06 parties seated under a whole charter."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import (
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from zhixing.industry_colleges import queries
from zhixing.industry_colleges.models import AreaOutput, CharterSection, Seat
from zhixing.kernel import measures
from zhixing.kernel.measures import Measure, Parameters, Window, present_and_past

_FAR = date(9999, 12, 31)


def _colleges(model: type[Model], keys: Collection[int]) -> set[int] | None:
    return present_and_past(model, keys, "college_id") if model in (AreaOutput, Seat, CharterSection) else None


# R05 -------------------------------------------------------------------------------------------------------------


def _outputs(window: Window) -> QuerySet:
    """Outputs made in the window, of colleges that are judged."""
    rows = AreaOutput.objects.filter(made_on__range=(window.starts_on, window.known_until), archived_at=None)
    return rows.filter(area__archived_at=None).annotate(unit_key=F("college"))


def proven_outputs(window: Window, parameters: Parameters) -> QuerySet:
    """Outputs with proof; the value is in how many areas there is one at least."""
    return _outputs(window).filter(queries.proven())


def unproven_outputs(window: Window, parameters: Parameters) -> QuerySet:
    """Outputs on record that nothing proves, in areas without a proven one: they count from the day of their proof."""
    same = proven_outputs(window, parameters).filter(college=OuterRef("college"), area=OuterRef("area"))
    rows = _outputs(window).exclude(queries.proven()).exclude(Exists(same))
    return rows.annotate(on=Value(window.as_of, output_field=DateField()))


AREAS = Measure(
    key="industry_colleges.cooperation_areas",
    scope="industry_college",
    evidence=proven_outputs,
    value=Count("area", distinct=True),
    mends=unproven_outputs,
    sources=(AreaOutput,),
    units_touched=_colleges,
)

# R06 -------------------------------------------------------------------------------------------------------------


def seated_parties(window: Window, parameters: Parameters) -> QuerySet:
    """Seats held on the day, of colleges whose charter in force has its parts; the value is how many kinds of party.

    Seats without a whole charter do not count, so a college that lacks a part has no evidence and the value zero.
    """
    parts = int(parameters.get("charter_parts", len(CharterSection.Part.values)))
    rows = queries.seated(window.as_of).filter(college__in=queries.with_charter(window.as_of, parts))
    return rows.annotate(unit_key=F("college"))


def seated_parties_end(window: Window, parameters: Parameters) -> QuerySet:
    """One seat for each kind of party, with the day until which that kind stays seated: by its seat that holds longest,
    or by one that follows it without a gap."""
    last_day = Coalesce("ends_on", Value(_FAR), output_field=DateField())
    rows = seated_parties(window, parameters)
    same = Seat.objects.filter(college=OuterRef("college"), party=OuterRef("party"), archived_at=None)
    longest = queries.seated(window.as_of, same).annotate(last=last_day).order_by("-last", "pk").values("pk")[:1]
    rows = rows.filter(pk=Subquery(longest)).annotate(last=last_day)
    follows = Q(starts_on__lte=ExpressionWrapper(OuterRef("last") + timedelta(days=1), output_field=DateField()))
    until = same.filter(follows).annotate(until=last_day).order_by("-until").values("until")[:1]
    return rows.annotate(date=Subquery(until))


def seats_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Seats on file that begin later, of a kind of party that has none today."""
    today = queries.seated(window.as_of, Seat.objects.filter(college=OuterRef("college"), party=OuterRef("party")))
    rows = Seat.objects.filter(starts_on__gt=window.as_of, archived_at=None).exclude(Exists(today))
    return rows.annotate(unit_key=F("college"), on=F("starts_on"))


PARTIES = Measure(
    key="industry_colleges.seated_parties",
    scope="industry_college",
    evidence=seated_parties,
    value=Count("party", distinct=True),
    parameters=frozenset({"charter_parts"}),
    breaks_on=seated_parties_end,
    mends=seats_to_come,
    sources=(Seat, CharterSection),
    units_touched=_colleges,
)

MEASURES = (AREAS, PARTIES)


def register() -> None:
    """Make the measures of industry colleges known to the policy engine."""
    for measure in MEASURES:
        measures.register(measure)
