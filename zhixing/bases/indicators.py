"""What the policy counts in bases: R07 two-party input, R08 functions, R09 guides, R10 places, R11 plans, R12 summaries, R13 demonstration bases."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    FloatField,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest

from zhixing.bases import queries
from zhixing.bases.models import (
    Base,
    BasePlan,
    BaseRecognition,
    BaseUse,
    Booking,
    Contribution,
    Guide,
    Level,
    PlaceCapacity,
    PracticeDemand,
    TermSummary,
)
from zhixing.kernel import measures
from zhixing.kernel.measures import Measure, Parameters, Window, present_and_past

_KIND = frozenset({"kind"})


def _kind(parameters: Parameters) -> str:
    return str(parameters.get("kind", Base.Kind.CAMPUS))


def _ordered(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _bases(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is Base:
        return set(keys)
    if model is Booking:
        return present_and_past(Booking, keys, "room__base_id")
    return present_and_past(model, keys, "base_id") if model in (Contribution, BaseUse, Guide) else None


# R07 -------------------------------------------------------------------------------------------------------------


def _accepted(window: Window, party: str) -> Exists:
    """Whether the other side has put anything in that was accepted by the day."""
    rows = Contribution.objects.filter(base=OuterRef("base"), party=party, archived_at=None)
    return Exists(rows.filter(accepted_on__lte=window.as_of, delivered_value__gt=0))


def contributions(window: Window, parameters: Parameters) -> QuerySet:
    """All that was to be delivered by the end of the window and is not settled before it; in order when it was accepted
    at no less than the share asked of its pledge, and the other side has put in something that was accepted too."""
    share = float(parameters.get("delivered_share", 1.0))
    rows = Contribution.objects.filter(
        Q(settled_on=None) | Q(settled_on__gte=window.starts_on),
        Q(pledged_on=None) | Q(pledged_on__lte=window.as_of),
        base__kind=_kind(parameters),
        due__lte=window.ends_on,
        archived_at=None,
    )
    whole = Q(accepted_on__lte=window.as_of, delivered_value__gte=F("pledged_value") * Value(share))
    party = Contribution.Party
    both = Q(_accepted(window, party.SCHOOL)) & Q(_accepted(window, party.FIRM))
    return rows.annotate(unit_key=F("base"), in_order=_ordered(whole & both))


def contributions_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """What was delivered and waits for its acceptance counts at once; what is pledged, from the day it is to be there."""
    waiting = (Contribution.Status.PLEDGED, Contribution.Status.DELIVERED)
    rows = contributions(window, parameters).filter(status__in=waiting)
    here = When(status=Contribution.Status.DELIVERED, then=Value(window.as_of))
    return rows.annotate(on=Case(here, default=Greatest("due", Value(window.as_of))))


CONTRIBUTIONS = Measure(
    key="bases.two_party_contributions",
    scope="base",
    kind="share",
    evidence=contributions,
    mends=contributions_to_come,
    parameters=_KIND | {"delivered_share"},
    sources=(Base, Contribution),
    units_touched=_bases,
)


# R08 -------------------------------------------------------------------------------------------------------------


def uses(window: Window, parameters: Parameters) -> QuerySet:
    """What a base was used for in the window; the value is how many of the four functions are among it."""
    rows = BaseUse.objects.filter(used_on__range=(window.starts_on, window.known_until), archived_at=None)
    return rows.filter(base__kind=_kind(parameters), people__gt=0).annotate(unit_key=F("base"))


def uses_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Bookings ahead for a function that the base was not yet used for."""
    same = uses(window, parameters).filter(base=OuterRef("room__base"), function=OuterRef("function"))
    first = max(window.starts_on, window.as_of)
    rows = Booking.objects.filter(status=Booking.Status.BOOKED, day__range=(first, window.ends_on), archived_at=None)
    rows = rows.filter(room__base__kind=_kind(parameters)).exclude(Exists(same))
    return rows.annotate(unit_key=F("room__base"), on=F("day"))


FUNCTIONS = Measure(
    key="bases.functions_used",
    scope="base",
    evidence=uses,
    value=Count("function", distinct=True),
    mends=uses_to_come,
    parameters=_KIND,
    sources=(Base, BaseUse, Booking),
    units_touched=_bases,
)


# R09 -------------------------------------------------------------------------------------------------------------


def guides(window: Window, parameters: Parameters) -> QuerySet:
    """Guides of the day; in order is an engineer of the firm or a teacher, with a proof that holds."""
    rows = queries.guiding(window.as_of).filter(base__kind=_kind(parameters))
    return rows.annotate(unit_key=F("base"), in_order=_ordered(queries.proven_guide(window.as_of)))


GUIDES = Measure(
    key="bases.qualified_guides",
    scope="base",
    kind="share",
    evidence=guides,
    parameters=_KIND,
    sources=(Base, Guide),
    units_touched=_bases,
)


# R10 -------------------------------------------------------------------------------------------------------------


def _base_kinds(parameters: Parameters) -> tuple[str, ...]:
    return tuple(parameters.get("base_kinds") or queries.OFF_CAMPUS)


def demands(window: Window, parameters: Parameters) -> QuerySet:
    """The students due in the window's term, kind by kind, each with its places; the value is that of the scarcest kind,
    so that a surplus of visits does not hide a lack of posts."""
    rows = PracticeDemand.objects.filter(
        term__starts_on__range=(window.starts_on, window.ends_on), students__gt=0, archived_at=None
    )
    rows = rows.annotate(unit_key=F("major"), places=queries.places_for(_base_kinds(parameters)))
    return rows.annotate(ratio=Cast(F("places"), FloatField()) / Cast(F("students"), FloatField()))


def bases_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Bases for the major that are proposed or being built: once in use their places count."""
    rows = Base.objects.filter(
        status__in=(Base.Status.PROPOSED, Base.Status.BUILDING), kind__in=_base_kinds(parameters), archived_at=None
    )
    rows = rows.filter(majors__isnull=False).annotate(unit_key=F("majors"))
    return rows.annotate(on=Greatest(Coalesce("starts_on", Value(window.as_of)), Value(window.as_of)))


def _majors(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is Base:
        served = set(Base._base_manager.filter(pk__in=keys).values_list("majors", flat=True))
        offered = PlaceCapacity._base_manager.filter(base__in=keys).values_list("major_id", flat=True)
        recognised = BaseRecognition._base_manager.filter(base__in=keys).values_list("major_id", flat=True)
        return (served | set(offered) | set(recognised)) - {None}
    known = (PlaceCapacity, PracticeDemand, BaseRecognition, TermSummary)
    return present_and_past(model, keys, "major_id") if model in known else None


PLACES = Measure(
    key="bases.places_per_student",
    scope="major",
    evidence=demands,
    value=Min("ratio"),
    mends=bases_to_come,
    parameters=frozenset({"base_kinds"}),
    sources=(Base, PlaceCapacity, PracticeDemand),
    units_touched=_majors,
)


# R11 -------------------------------------------------------------------------------------------------------------


def _plans(window: Window) -> QuerySet:
    rows = BasePlan.objects.filter(year__starts_on__range=(window.starts_on, window.ends_on), archived_at=None)
    return rows.annotate(unit_key=F("unit"))


def base_plans(window: Window, parameters: Parameters) -> QuerySet:
    """The year's plan, once approved."""
    return _plans(window).filter(status=BasePlan.Status.APPROVED, approved_on__lte=window.as_of)


def base_plans_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Plans being written or in approval: they count from today once approved."""
    waiting = (BasePlan.Status.DRAFT, BasePlan.Status.SUBMITTED)
    return _plans(window).filter(status__in=waiting).annotate(on=Value(window.as_of))


def _colleges(model: type[Model], keys: Collection[int]) -> set[int] | None:
    return present_and_past(BasePlan, keys, "unit_id") if model is BasePlan else None


PLANS = Measure(
    key="bases.base_plans",
    scope="college",
    evidence=base_plans,
    mends=base_plans_to_come,
    sources=(BasePlan,),
    units_touched=_colleges,
)


# R12 -------------------------------------------------------------------------------------------------------------


def _summaries(window: Window) -> QuerySet:
    rows = TermSummary.objects.filter(term__starts_on__range=(window.starts_on, window.ends_on), archived_at=None)
    return rows.annotate(unit_key=F("major"))


def term_summaries(window: Window, parameters: Parameters) -> QuerySet:
    """Summaries handed in, those late too once the term is over: lateness is told by the day, not by denying the paper."""
    rows = _summaries(window).exclude(status=TermSummary.Status.DRAFT)
    return rows.filter(submitted_on__lte=window.as_of) if window.as_of < window.ends_on else rows


def term_summaries_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Drafts of summaries: they count from today once handed in."""
    return _summaries(window).filter(status=TermSummary.Status.DRAFT).annotate(on=Value(window.as_of))


SUMMARIES = Measure(
    key="bases.term_summaries",
    scope="major",
    evidence=term_summaries,
    mends=term_summaries_to_come,
    sources=(TermSummary,),
    units_touched=_majors,
)


# R13 -------------------------------------------------------------------------------------------------------------


def _level(parameters: Parameters) -> str:
    return str(parameters.get("level", Level.SCHOOL))


def demonstration_bases(window: Window, parameters: Parameters) -> QuerySet:
    """Bases recognised for the major at the level or above."""
    return queries.recognised(window.as_of, _level(parameters)).annotate(unit_key=F("major"))


def demonstration_bases_end(window: Window, parameters: Parameters) -> QuerySet:
    """A recognition counts until the day of its re-check, or until its base is closed."""
    last = Case(
        When(base__ends_on__lt=F("recheck_due"), then=F("base__ends_on")),
        default=F("recheck_due"),
    )
    return demonstration_bases(window, parameters).annotate(date=last)


def demonstration_bases_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Bases being grown, applied for, judged or made public: each with the day it is to be recognised by."""
    status = BaseRecognition.Status
    rows = BaseRecognition.objects.filter(
        status__in=(status.GROWING, status.APPLIED, status.REVIEWED, status.PUBLIC), archived_at=None
    )
    known = Coalesce("public_until", "target_on", Value(window.ends_on))
    return rows.annotate(unit_key=F("major"), on=Greatest(known, Value(window.as_of)))


DEMONSTRATION = Measure(
    key="bases.demonstration_bases",
    scope="major",
    evidence=demonstration_bases,
    breaks_on=demonstration_bases_end,
    mends=demonstration_bases_to_come,
    parameters=frozenset({"level"}),
    sources=(Base, BaseRecognition),
    units_touched=_majors,
)

MEASURES = (CONTRIBUTIONS, FUNCTIONS, GUIDES, PLACES, PLANS, SUMMARIES, DEMONSTRATION)


def register() -> None:
    """Make the measures of bases known to the policy engine."""
    for measure in MEASURES:
        measures.register(measure)
