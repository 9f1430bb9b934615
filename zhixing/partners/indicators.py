"""What R01, R02 and R28 count: links and activities with industry organisations, decisions on government policies."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Case, DateField, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Greatest

from zhixing.kernel.measures import Measure, Parameters, Window, present_and_past, register
from zhixing.kernel.models import File
from zhixing.kernel.scope import type_key
from zhixing.org.models import Unit
from zhixing.partners.models import Activity, GovernmentPolicy, IndustryLink, Organisation

# Activities in which an industry organisation takes part without having called them.
_OPEN_KINDS = (Activity.Kind.MEETING, Activity.Kind.FORUM, Activity.Kind.VISIT)


def _day(value: Any) -> Cast:
    return Cast(Value(value), DateField())


# R01 --------------------------------------------------------------------------------------------------------------


def _links(window: Window, parameters: Parameters) -> QuerySet:
    """Links of living industry organisations, whatever their state and dates."""
    return (
        IndustryLink.objects.filter(archived_at=None, organisation__kind=Organisation.Kind.ASSOCIATION)
        .filter(organisation__archived_at=None)
        .exclude(organisation__status__in=[Organisation.Status.BANNED, Organisation.Status.MERGED])
        .annotate(unit_key=F("group_id"))
    )


def links_in_force(window: Window, parameters: Parameters) -> QuerySet:
    """Approved links of each major group that are in force on the day asked (四（一）2)."""
    in_force = Q(ends_on=None) | Q(ends_on__gte=window.as_of)
    return _links(window, parameters).filter(in_force, status=IndustryLink.Status.APPROVED, starts_on__lte=window.as_of)


def link_ends(window: Window, parameters: Parameters) -> QuerySet:
    """First and last day of each approved link in force or to come: the next may carry on where one ends."""
    not_over = Q(ends_on=None) | Q(ends_on__gte=window.as_of)
    agreed = _links(window, parameters).filter(not_over, status=IndustryLink.Status.APPROVED)
    return agreed.annotate(begins=F("starts_on"), date=F("ends_on"))


def links_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Links on file that would count: drafted, in approval, or agreed from a later day."""
    not_over = Q(ends_on=None) | Q(ends_on__gte=window.as_of)
    pending = ~Q(status=IndustryLink.Status.APPROVED) | Q(starts_on__gt=window.as_of)
    return (
        _links(window, parameters)
        .filter(not_over, pending)
        .annotate(on=Greatest(F("starts_on"), _day(window.as_of)))
        .order_by("on", "pk")
    )


def _groups_of_links(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is IndustryLink:
        return present_and_past(IndustryLink, keys, "group_id")
    links = IndustryLink.objects.filter(organisation__in=keys)
    return present_and_past(IndustryLink, list(links.values_list("pk", flat=True)), "group_id")


# R02 --------------------------------------------------------------------------------------------------------------


def _industry_activities(window: Window, parameters: Parameters) -> QuerySet:
    """Activities of major groups with industry organisations in the window.

    One called by an association is one by its kind; a meeting, forum or visit is when an industry organisation took
    part. A partner banned later does not undo what was done with it.
    """
    partners = Activity.organisations.through.objects.filter(
        activity=OuterRef("pk"), organisation__kind=Organisation.Kind.ASSOCIATION
    )
    with_industry = Q(kind=Activity.Kind.ASSOCIATION) | Q(Exists(partners), kind__in=_OPEN_KINDS)
    return Activity.objects.filter(
        with_industry, archived_at=None, group__isnull=False, held_on__range=(window.starts_on, window.ends_on)
    ).annotate(unit_key=F("group_id"))


def _proof() -> Q:
    files = File.objects.filter(record_type=type_key(Activity), record_id=OuterRef("pk"))
    return ~Q(minutes="") | ~Q(outcomes="") | Q(Exists(files))


def activities_proved(window: Window, parameters: Parameters) -> QuerySet:
    """Activities held in the academic year up to the day asked, with minutes, outcomes or a file (四（一）2)."""
    return _industry_activities(window, parameters).filter(
        _proof(), status=Activity.Status.HELD, held_on__lte=window.as_of
    )


def activities_to_come(window: Window, parameters: Parameters) -> QuerySet:
    """Activities that would count: planned in the window, or held and still without proof."""
    unproved = Q(status=Activity.Status.HELD) & ~_proof()
    return (
        _industry_activities(window, parameters)
        .filter(Q(status=Activity.Status.PLANNED) | unproved)
        .annotate(on=Greatest(F("held_on"), _day(window.as_of)))
        .order_by("on", "pk")
    )


def _groups_of_activities(model: type[Model], keys: Collection[int]) -> set[int] | None:
    if model is Activity:
        return present_and_past(Activity, keys, "group_id")
    activities = Activity.objects.filter(organisations__in=keys)
    return set(activities.values_list("group_id", flat=True)) - {None}


# R28 --------------------------------------------------------------------------------------------------------------


def policies_due(window: Window, parameters: Parameters) -> QuerySet:
    """Government policies known on the day asked whose deadline falls in the calendar year (四（一）1).

    In order is one decided by its deadline, to apply or not; one without a decision is not, even while there is time
    left: `due_on` says until when.
    """
    decided = ~Q(status=GovernmentPolicy.Status.OPEN) & Q(decided_on__lte=window.as_of)
    in_time = decided & Q(decided_on__lte=F("deadline"))
    school = Unit.objects.filter(kind=Unit.Kind.SCHOOL, parent=None).order_by("pk").values("pk")[:1]
    return GovernmentPolicy.objects.filter(
        archived_at=None, issued_on__lte=window.as_of, deadline__range=(window.starts_on, window.ends_on)
    ).annotate(unit_key=Subquery(school), in_order=Case(When(in_time, then=Value(True)), default=Value(False)))


def policy_deadlines(window: Window, parameters: Parameters) -> QuerySet:
    return policies_due(window, parameters).filter(in_order=False).annotate(date=F("deadline"))


def policies_to_decide(window: Window, parameters: Parameters) -> QuerySet:
    """Policies that a decision today would still bring in order."""
    rows = policies_due(window, parameters).filter(in_order=False, deadline__gte=window.as_of)
    return rows.annotate(on=_day(window.as_of)).order_by("deadline", "pk")


MEASURES = (
    Measure(
        key="partners.industry_links",
        scope="major_group",
        evidence=links_in_force,
        breaks_on=link_ends,
        mends=links_to_come,
        sources=(IndustryLink, Organisation),
        units_touched=_groups_of_links,
    ),
    Measure(
        key="partners.industry_activities",
        scope="major_group",
        evidence=activities_proved,
        mends=activities_to_come,
        sources=(Activity, Organisation),
        units_touched=_groups_of_activities,
    ),
    Measure(
        key="partners.government_policies",
        scope="school",
        evidence=policies_due,
        kind="share",
        mends=policies_to_decide,
        due_on=policy_deadlines,
        sources=(GovernmentPolicy,),
    ),
)


def register_all() -> None:
    for measure in MEASURES:
        register(measure)
