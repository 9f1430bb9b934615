"""Questions about apprenticeships that pages, indicators and other rooms of the house ask."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Case, Count, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan

from zhixing.cultivation.apprenticeships import (
    ADULT_AGE,
    Apprentice,
    Apprenticeship,
    Candidate,
    EnrolmentPlan,
    MasterPair,
    QualityReview,
)

# States of a programme in which it has begun.
BEGUN = ("running", "paused", "ended")


def ran(first: date, last: date) -> QuerySet[Apprenticeship]:
    """Programmes that trained on some day between two."""
    return Apprenticeship.objects.filter(status__in=BEGUN, archived_at=None, starts_on__lte=last, ends_on__gte=first)


class _Age(Func):
    """Full years between a birthday and a later day."""

    template = "EXTRACT(YEAR FROM AGE(%(expressions)s))"
    output_field = IntegerField()


def parties_to_sign() -> Any:
    """How many parties sign for an apprentice: four when the guardian must, else three. Null while the age is unknown."""
    return Case(
        When(student__birth_date=None, then=Value(None)),
        When(LessThan(_Age(F("joined_on"), F("student__birth_date")), Value(ADULT_AGE)), then=Value(4)),
        default=Value(3),
        output_field=IntegerField(),
    )


@dataclass(frozen=True)
class Gates:
    """联合招生招工: how many of a programme came through each gate; the gap is what was planned and not contracted."""

    planned: int
    applied: int
    tested: int
    offered: int
    contracted: int
    trained: int
    left: int

    @property
    def gap(self) -> int:
        """Planned places without a contract."""
        return max(0, self.planned - self.contracted)


def _number(rows: QuerySet, of: str, value: Any = None) -> Coalesce:
    counted = rows.order_by().values(of).annotate(n=value or Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def gates(programme: Apprenticeship) -> Gates:
    """The gates of one programme, in one query."""
    plans = EnrolmentPlan.objects.filter(programme=OuterRef("pk"), status="approved", archived_at=None)
    candidates = Candidate.objects.filter(plan__programme=OuterRef("pk"), archived_at=None)
    people = Apprentice.objects.filter(programme=OuterRef("pk"), archived_at=None)
    of = "plan__programme"
    told = Apprenticeship.objects.filter(pk=programme.pk).annotate(
        planned=_number(plans, "programme", Sum("quota")),
        applied=_number(candidates, of),
        tested=_number(candidates.filter(score__isnull=False), of),
        offered=_number(candidates.filter(offered_on__isnull=False), of),
        contracted=_number(candidates.filter(status="contracted"), of),
        trained=_number(people.filter(status__in=("active", "paused", "finished")), "programme"),
        left=_number(people.filter(status="left"), "programme"),
    )
    names = tuple(field.name for field in fields(Gates))
    return Gates(**told.values(*names).get())


@dataclass(frozen=True)
class Load:
    """A master with the apprentices of today, in all programmes of the firm."""

    pk: int
    name: str
    apprentices: int
    limit: int

    @property
    def over(self) -> bool:
        return self.apprentices > self.limit


def loads(programme: Apprenticeship, on: date) -> list[Load]:
    """The masters of a programme and how many apprentices each has in all, the most loaded first."""
    pairs = MasterPair.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on),
        starts_on__lte=on,
        archived_at=None,
        apprentice__status__in=("active", "paused"),
    )
    here = pairs.filter(apprentice__programme=programme).values("master")
    rows = pairs.filter(master__in=here).order_by().values("master", "master__name").annotate(n=Count("pk"))
    return [
        Load(pk, name, number, programme.mentor_limit)
        for pk, name, number in rows.order_by("-n", "master__name").values_list("master", "master__name", "n")
    ]


@dataclass
class TermReviews:
    """A term's reviews of a programme: for each side how many are done, wanted and late, and the mean score."""

    pk: int
    name: str
    sides: list[dict[str, Any]]


def reviews_by_term(programme: Apprenticeship, on: date, terms: int = 6) -> list[TermReviews]:
    """The reviews of the latest terms, the newest first; one query."""
    found: dict[int, TermReviews] = {}
    places = {side: at for at, side in enumerate(QualityReview.Side.values)}
    rows = programme.reviews.filter(archived_at=None).order_by("-term__starts_on", "term_id", "due", "pk")
    columns = ("term_id", "term__year__code", "term__number", "side", "due", "done_on", "score")
    for term_id, year, number, side, due, done, score in rows.values_list(*columns):
        if term_id not in found:
            if len(found) == terms:
                break
            empty = [
                {"side": item.value, "label": item.label, "wanted": 0, "done": 0, "late": 0, "total": 0, "mean": None}
                for item in QualityReview.Side
            ]
            found[term_id] = TermReviews(term_id, f"{year}-{number}", empty)
        cell = found[term_id].sides[places[side]]
        cell["wanted"] += 1
        cell["done"] += done is not None
        cell["late"] += done is None and due < on
        cell["total"] += score or 0
        cell["mean"] = round(cell["total"] / cell["done"], 1) if cell["done"] else None
    return list(found.values())


def awaited_of_firm(programme: Apprenticeship, master: int | None = None) -> QuerySet[QualityReview]:
    """The firm's reviews still to be made, the first due first; of one master: those of the master's apprentices."""
    rows = programme.reviews.filter(side=QualityReview.Side.FIRM, done_on=None, archived_at=None)
    if master is not None:
        mine = MasterPair.objects.filter(master=master, archived_at=None, apprentice__programme=programme)
        rows = rows.filter(apprentice__in=mine.values("apprentice"))
    return rows.select_related("apprentice__student", "term__year").order_by("due", "apprentice__student__number", "pk")
