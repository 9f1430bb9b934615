"""Signals of risk, each counted from the records by one SQL statement; their limits are dated data (`risk_limits.yaml`).

Nothing here is typed by anybody: a signal is what reviews, master pairs, agreements, partners, rosters and hires say on
a day. Source: 四（三）2 (风险管控), D-32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import yaml
from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from zhixing.cultivation.apprenticeships import (
    Apprentice,
    Apprenticeship,
    Candidate,
    EnrolmentPlan,
    MasterPair,
    QualityReview,
)
from zhixing.cultivation.order_classes import Hire, OrderClass, RosterEntry
from zhixing.cultivation.risks import GRADE_FROM, Grade, Risk, Signal

LIMITS = Path(__file__).with_name("risk_limits.yaml")
Subject = Apprenticeship | OrderClass
# (record type of the subject, its key): ("apprenticeship", 7) or ("order_class", 3).
Key = tuple[str, int]
Counted = dict[Key, float]
KINDS: dict[str, type[Model]] = {"apprenticeship": Apprenticeship, "order_class": OrderClass}


# Limits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """What a signal weighs: its impact, and from which counts on the probability is 1, 2, 3."""

    impact: int
    levels: tuple[float, float, float]
    people: int = 0
    days: int = 0

    def probability(self, value: float) -> int:
        """How many levels a count reaches, 0 to 3; 0 is no risk."""
        return sum(value >= level for level in self.levels)

    def grade(self, value: float) -> Grade | None:
        """The grade of a count; None below the first level."""
        product = self.probability(value) * self.impact
        return next((grade for grade, least in GRADE_FROM.items() if product >= least), Grade.LOW) if product else None


@dataclass(frozen=True)
class Limits:
    """The limits in force from a day."""

    starts_on: date
    signals: Mapping[str, Limit]
    due_days: Mapping[str, int]


@lru_cache(maxsize=1)
def versions() -> tuple[Limits, ...]:
    """Every version of the limits, the earliest first."""
    data = yaml.safe_load(LIMITS.read_text(encoding="utf-8"))
    found = [
        Limits(
            starts_on=item["from"],
            signals={
                code: Limit(**{**spec, "levels": tuple(spec["levels"])}) for code, spec in item["signals"].items()
            },
            due_days=item["due_days"],
        )
        for item in data["versions"]
    ]
    return tuple(sorted(found, key=lambda version: version.starts_on))


def limits(on: date) -> Limits:
    """The limits in force on a day; before the first version, the first."""
    known = versions()
    return next((version for version in reversed(known) if version.starts_on <= on), known[0])


# What is counted --------------------------------------------------------------------------------------------------

# Who can still be helped: what has ended is no risk any more.
LIVING_PROGRAMMES = Q(status__in=("recruiting", "running", "paused"), archived_at=None)
LIVING_CLASSES = Q(status__in=("recruiting", "matched", "running"), archived_at=None)
_SIGNED = ("in_force", "ended", "terminated", "renewed", "replaced")


def _programmes(prefix: str = "programme__") -> Q:
    return Q(**{f"{prefix}status__in": ("recruiting", "running", "paused"), f"{prefix}archived_at": None})


def late_review_rows(on: date) -> QuerySet[QualityReview]:
    """Reviews past their day that nobody has done."""
    return QualityReview.objects.filter(_programmes(), due__lt=on, done_on=None, archived_at=None)


def late_reviews(on: date, limit: Limit) -> Counted:
    rows = late_review_rows(on).order_by().values("programme").annotate(n=Count("pk"))
    return {("apprenticeship", pk): n for pk, n in rows.values_list("programme", "n")}


def _pairs(on: date) -> QuerySet[MasterPair]:
    return MasterPair.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on),
        starts_on__lte=on,
        archived_at=None,
        apprentice__status__in=("active", "paused"),
        apprentice__archived_at=None,
    )


def overloaded_rows(on: date) -> QuerySet[MasterPair]:
    """Pairs of masters who train more apprentices, in all programmes together, than the pair's programme allows."""
    load = _pairs(on).filter(master=OuterRef("master")).order_by().values("master").annotate(n=Count("pk")).values("n")
    rows = _pairs(on).filter(_programmes("apprentice__programme__"))
    rows = rows.annotate(load=Subquery(load, output_field=IntegerField()))
    return rows.filter(load__gt=F("apprentice__programme__mentor_limit"))


def mentor_overload(on: date, limit: Limit) -> Counted:
    rows = overloaded_rows(on).order_by().values("apprentice__programme")
    rows = rows.annotate(n=Max(F("load") - F("apprentice__programme__mentor_limit")))
    return {("apprenticeship", pk): n for pk, n in rows.values_list("apprentice__programme", "n")}


def _uncovered(rows: QuerySet, kind: str) -> QuerySet:
    """Those whose agreement does not reach their last day, with the day until which it does (none: the first day)."""
    until = Case(
        When(agreement__status__in=_SIGNED, then=Least("agreement__ends_on", "agreement__ended_on")),
        default=F("starts_on"),
        output_field=DateField(),
    )
    rows = rows.annotate(covered_until=until, kind=Value(kind)).filter(covered_until__lt=F("ends_on"))
    return rows.order_by()


def agreement_ends(on: date, limit: Limit) -> Counted:
    fields = ("kind", "pk", "ends_on", "covered_until")
    programmes = _uncovered(Apprenticeship.objects.filter(LIVING_PROGRAMMES), "apprenticeship").values_list(*fields)
    classes = _uncovered(OrderClass.objects.filter(LIVING_CLASSES), "order_class").values_list(*fields)
    return {(kind, pk): (last - until).days for kind, pk, last, until in programmes.union(classes, all=True)}


def firm_banned(on: date, limit: Limit) -> Counted:
    found = [
        model.objects.filter(living, organisation__status="banned")  # type: ignore[attr-defined]
        .order_by()
        .annotate(kind=Value(kind))
        .values_list("kind", "pk")
        for kind, model, living in (
            ("apprenticeship", Apprenticeship, LIVING_PROGRAMMES),
            ("order_class", OrderClass, LIVING_CLASSES),
        )
    ]
    return dict.fromkeys(found[0].union(found[1], all=True), 1)


def left_rows(kind: str) -> QuerySet:
    """Apprentices, or people of the roster, who left before the end."""
    if kind == "apprenticeship":
        return Apprentice.objects.filter(status="left", archived_at=None)
    return RosterEntry.objects.filter(left_on__isnull=False, archived_at=None)


def drop_outs(on: date, limit: Limit) -> Counted:
    there, living = Q(apprentices__archived_at=None), Q(roster__archived_at=None)
    programmes = Apprenticeship.objects.filter(LIVING_PROGRAMMES).annotate(
        kind=Value("apprenticeship"),
        # Whoever moved is still trained, elsewhere.
        all=Count("apprentices", filter=there & ~Q(apprentices__status="moved")),
        gone=Count("apprentices", filter=there & Q(apprentices__status="left", apprentices__left_on__lte=on)),
    )
    classes = OrderClass.objects.filter(LIVING_CLASSES).annotate(
        kind=Value("order_class"),
        all=Count("roster", filter=living),
        gone=Count("roster", filter=living & Q(roster__left_on__lte=on)),
    )
    counted = [
        rows.filter(gone__gt=0, all__gte=max(1, limit.people)).order_by().values_list("kind", "pk", "gone", "all")
        for rows in (programmes, classes)
    ]
    return {(kind, pk): gone * 100 / every for kind, pk, gone, every in counted[0].union(counted[1], all=True)}


def under_promise(on: date, limit: Limit) -> Counted:
    """Promised and kept: posts of the ordering firm after the class, contracts of a joint plan once the programme runs."""
    hired = Hire.objects.filter(
        order_class=OuterRef("pk"), organisation=OuterRef("organisation"), archived_at=None, hired_on__lte=on
    )
    classes = OrderClass.objects.filter(
        status="finished", archived_at=None, promised_posts__gt=0, ends_on__lt=on - timedelta(days=limit.days)
    ).annotate(kind=Value("order_class"), wanted=F("promised_posts"), kept=_number(hired, "order_class"))
    plans = EnrolmentPlan.objects.filter(programme=OuterRef("pk"), status="approved", archived_at=None)
    signed = Candidate.objects.filter(
        plan__programme=OuterRef("pk"), plan__status="approved", status="contracted", archived_at=None
    )
    programmes = Apprenticeship.objects.filter(status__in=("running", "paused"), archived_at=None).annotate(
        kind=Value("apprenticeship"),
        wanted=Coalesce(
            Subquery(plans.order_by().values("programme").annotate(n=Sum("quota")).values("n")),
            0,
            output_field=IntegerField(),
        ),
        kept=_number(signed, "plan__programme"),
    )
    counted = [
        rows.filter(wanted__gt=F("kept")).order_by().values_list("kind", "pk", "wanted", "kept")
        for rows in (programmes, classes)
    ]
    return {
        (kind, pk): (wanted - kept) * 100 / wanted for kind, pk, wanted, kept in counted[0].union(counted[1], all=True)
    }


def _number(rows: QuerySet, of: str) -> Coalesce:
    return Coalesce(
        Subquery(rows.order_by().values(of).annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0
    )


COUNTS: dict[str, Callable[[date, Limit], Counted]] = {
    Signal.LATE_REVIEWS: late_reviews,
    Signal.MENTOR_OVERLOAD: mentor_overload,
    Signal.AGREEMENT_ENDS: agreement_ends,
    Signal.FIRM_BANNED: firm_banned,
    Signal.DROP_OUTS: drop_outs,
    Signal.UNDER_PROMISE: under_promise,
}


@dataclass(frozen=True)
class Found:
    """One signal at one cooperation: its count and the grade it earns."""

    kind: str
    pk: int
    signal: str
    value: float
    probability: int
    impact: int
    grade: Grade


def count(on: date) -> list[Found]:
    """Every signal that reaches its first level on a day; one SQL statement for each of the six."""
    known, found = limits(on), []
    for signal, counted in COUNTS.items():
        limit = known.signals[signal]
        for (kind, pk), value in counted(on, limit).items():
            grade = limit.grade(value)
            if grade is not None:
                found.append(
                    Found(kind, pk, str(signal), round(value, 1), limit.probability(value), limit.impact, grade)
                )
    return found


def rows(signal: str, subject: Subject, on: date) -> list[QuerySet]:
    """The records behind a signal of one cooperation: what a cell of the radar opens."""
    programme = isinstance(subject, Apprenticeship)
    kind = "apprenticeship" if programme else "order_class"
    of = {"programme": subject.pk} if programme else {"order_class": subject.pk}
    match signal:
        case Signal.LATE_REVIEWS if programme:
            return [late_review_rows(on).filter(**of).select_related("programme", "term__year", "apprentice__student")]
        case Signal.MENTOR_OVERLOAD if programme:
            pairs = overloaded_rows(on).filter(apprentice__programme=subject.pk).order_by("-load", "master", "pk")
            return [pairs.select_related("master__organisation", "apprentice__student")]
        case Signal.AGREEMENT_ENDS:
            agreement = type(subject)._meta.get_field("agreement").related_model
            return [agreement._default_manager.filter(pk=subject.agreement_id)] if subject.agreement_id else []
        case Signal.FIRM_BANNED:
            firm = type(subject)._meta.get_field("organisation").related_model
            return [firm._default_manager.filter(pk=subject.organisation_id, status="banned")]
        case Signal.DROP_OUTS:
            return [left_rows(kind).filter(**of).select_related("student")]
        case Signal.UNDER_PROMISE if programme:
            return [EnrolmentPlan.objects.filter(programme=subject.pk, status="approved", archived_at=None)]
        case Signal.UNDER_PROMISE:
            return [Hire.objects.filter(**of, organisation=subject.organisation_id, archived_at=None)]
    return []


def high_and_late(on: date) -> Exists:
    """Whether a programme (the outer row) has, on a day, a high risk that was due before it and is not closed."""
    return Exists(
        Risk.objects.filter(
            Q(closed_on=None) | Q(closed_on__gt=on),
            apprenticeship=OuterRef("pk"),
            grade=Grade.HIGH,
            due__lt=on,
            archived_at=None,
        )
    )
