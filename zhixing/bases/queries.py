"""What rules, pages, jobs and other rooms of the house ask about bases on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Expression, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from zhixing.bases.models import (
    Base,
    BaseRecognition,
    BaseUse,
    Booking,
    Contribution,
    Guide,
    Level,
    PlaceCapacity,
    SafetyCheck,
)
from zhixing.org.models import Term

_LEVELS = list(Level.values)


def in_use(on: date, rows: QuerySet | None = None) -> QuerySet[Base]:
    """Bases in use on a day, also of a past one: a base closed since then was in use before."""
    bases = Base.objects.all() if rows is None else rows
    still = Q(ends_on=None) | Q(ends_on__gte=on)
    used = (Base.Status.IN_USE, Base.Status.CLOSED)
    return bases.filter(still, status__in=used, starts_on__lte=on, archived_at=None)


# The ledger -------------------------------------------------------------------------------------------------------


def undelivered(on: date) -> QuerySet[Contribution]:
    """What was pledged and is not there after its day, the longest overdue first (D-35)."""
    rows = Contribution.objects.filter(status=Contribution.Status.PLEDGED, due__lt=on, archived_at=None)
    return rows.exclude(base__status=Base.Status.CLOSED).order_by("due", "id")


def idle_days() -> int:
    """After how many days without use equipment is called idle."""
    return int(settings.ZHIXING["idle_equipment_days"])


def _used_since(since: Any, on: Any) -> Q:
    """Whether something that stands in a room, or in the base at large, was used since a day."""
    span = (since, on)
    uses = BaseUse.objects.filter(base=OuterRef("base"), used_on__range=span, archived_at=None)
    booked = Booking.objects.filter(day__range=span, status=Booking.Status.BOOKED, archived_at=None)
    in_room = Exists(uses.filter(room=OuterRef("room"))) | Exists(booked.filter(room=OuterRef("room")))
    at_large = Exists(uses) | Exists(booked.filter(room__base=OuterRef("base")))
    return (Q(room__isnull=False) & Q(in_room)) | (Q(room=None) & Q(at_large))


def idle(on: date | Expression, rows: QuerySet | None = None) -> QuerySet[Contribution]:
    """Equipment and software accepted long ago whose room, or base where it has none, nobody used since (D-35).

    Counted from records of use and bookings, never typed. The day may be the database's own.
    """
    things = Contribution.objects.all() if rows is None else rows
    since: Any = on - timedelta(days=idle_days())  # type: ignore[operator]
    kinds = (Contribution.Kind.EQUIPMENT, Contribution.Kind.SOFTWARE)
    standing = things.filter(
        status=Contribution.Status.ACCEPTED, kind__in=kinds, accepted_on__lt=since, archived_at=None
    )
    return standing.filter(base__status=Base.Status.IN_USE).exclude(_used_since(since, on))


def book_value(thing: Contribution, on: date) -> float | None:
    """What a contribution is worth on a day, written off evenly over its years; None before it is delivered."""
    if thing.delivered_value is None or thing.delivered_on is None or thing.delivered_on > on:
        return None
    value = float(thing.delivered_value)
    if not thing.depreciation_years:
        return value
    gone = (on - thing.delivered_on).days / 365.25
    return max(0.0, round(value * (1 - gone / thing.depreciation_years), 2))


# Safety -----------------------------------------------------------------------------------------------------------


def overdue_checks(on: date) -> QuerySet[SafetyCheck]:
    """Safety checks past their day, of bases in use."""
    rows = SafetyCheck.objects.filter(done_on=None, due__lt=on, archived_at=None)
    return rows.filter(base__status=Base.Status.IN_USE).order_by("due", "id")


def unmended(on: date) -> QuerySet[SafetyCheck]:
    """Checks that found something which nobody has mended yet."""
    found = (SafetyCheck.Result.MEND, SafetyCheck.Result.STOPPED)
    return SafetyCheck.objects.filter(result__in=found, mended_on=None, done_on__lte=on, archived_at=None)


# Guides -----------------------------------------------------------------------------------------------------------


def guiding(on: date, rows: QuerySet | None = None) -> QuerySet[Guide]:
    """Guides in force on a day."""
    guides = Guide.objects.all() if rows is None else rows
    return guides.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on, archived_at=None)


def proven_guide(on: date) -> Q:
    """An engineer of the firm with a title, or a teacher with a training certificate, that holds on a day (D-38)."""
    fit = Q(kind__in=(Guide.Kind.ENGINEER, Guide.Kind.TEACHER)) & ~Q(proof="")
    return fit & Q(proven_on__lte=on) & (Q(valid_until=None) | Q(valid_until__gte=on))


# Places -----------------------------------------------------------------------------------------------------------

OFF_CAMPUS = (Base.Kind.OFF_CAMPUS,)


def capacities(kinds: Sequence[str] = OFF_CAMPUS) -> QuerySet[PlaceCapacity]:
    """Places of bases that are in use through the term they are offered in."""
    lasts = Q(base__ends_on=None) | Q(base__ends_on__gte=F("term__ends_on"))
    return PlaceCapacity.objects.filter(
        lasts,
        base__kind__in=kinds,
        base__status__in=(Base.Status.IN_USE, Base.Status.CLOSED),
        base__starts_on__lte=F("term__ends_on"),
        base__archived_at=None,
        archived_at=None,
    )


def places_for(kinds: Sequence[str] = OFF_CAMPUS) -> Coalesce:
    """The places recorded for a demand's major, term and kind of practice, as a subquery of the demand."""
    same = capacities(kinds).filter(major=OuterRef("major"), term=OuterRef("term"), kind=OuterRef("kind"))
    counted = same.order_by().values("major").annotate(total=Sum("places")).values("total")
    return Coalesce(Subquery(counted), 0)


def terms_from(on: date, number: int = 6) -> list[Term]:
    """The term of a day, or in a holiday the next one, and those after it: at most `number`."""
    rows = Term.objects.filter(ends_on__gte=on, archived_at=None).select_related("year").order_by("starts_on")
    return list(rows[:number])


# Recognition ------------------------------------------------------------------------------------------------------


def recognised(on: date, level: str = Level.SCHOOL) -> QuerySet[BaseRecognition]:
    """Recognitions of a level or above that hold on a day: recognised, not past their re-check, of a base in use (D-45)."""
    levels = _LEVELS[_LEVELS.index(level) :]
    rows = BaseRecognition.objects.filter(
        status=BaseRecognition.Status.RECOGNISED,
        level__in=levels,
        recognised_on__lte=on,
        recheck_due__gte=on,
        archived_at=None,
    )
    return rows.filter(base__in=in_use(on).values("pk"))
