"""Whom a rule judges, and who must act: the units of each scope in force on a day, and the holder of each standing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Model, Q

from zhixing.bases import queries as bases
from zhixing.bases.models import Base
from zhixing.cultivation import apprenticeship_queries as apprenticeships
from zhixing.cultivation import queries as cultivation
from zhixing.cultivation.models import Apprenticeship, OrderClass
from zhixing.governance.models import Committee
from zhixing.industry_colleges import queries as industry_colleges
from zhixing.industry_colleges.models import IndustryCollege
from zhixing.org.calendar import academic_year
from zhixing.org.models import Major, MajorGroup, Membership, Teacher, Term, Unit


@dataclass(frozen=True, slots=True)
class Judged:
    """A unit that a rule judges. `unit_id`: the college, or the school, it belongs to; `people`: leaders by role."""

    key: int
    code: str
    name: str
    unit_id: int
    people: dict[str, int] = field(default_factory=dict)


def _in_force(on: date) -> Q:
    return Q(archived_at=None, starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def _of_kind(kind: str) -> Callable[[date], list[Judged]]:
    def load(on: date) -> list[Judged]:
        rows = Unit.objects.filter(_in_force(on), kind=kind).order_by("code").values_list("pk", "code", "name")
        return [Judged(key, code, name, key) for key, code, name in rows]

    return load


def _people(**found: int | None) -> dict[str, int]:
    return {role: person for role, person in found.items() if person}


def _major_groups(on: date) -> list[Judged]:
    rows = (
        MajorGroup.objects.filter(_in_force(on))
        .order_by("code")
        .values_list("pk", "code", "name", "unit_id", "leader_id")
    )
    return [Judged(key, code, name, unit, _people(group_leader=leader)) for key, code, name, unit, leader in rows]


def _majors(on: date) -> list[Judged]:
    rows = Major.objects.filter(_in_force(on)).order_by("code", "name")
    fields = ("pk", "code", "name", "unit_id", "leader_id", "group__leader_id")
    return [
        Judged(key, code, name, unit, _people(major_leader=leader or head, group_leader=head))
        for key, code, name, unit, leader, head in rows.values_list(*fields)
    ]


def _committees(on: date) -> list[Judged]:
    # A steering committee is called by its major group's code: the group has one at a time.
    rows = Committee.objects.filter(_in_force(on), kind=Committee.Kind.STEERING).order_by("group__code", "pk")
    fields = ("pk", "group__code", "name", "unit_id", "group__leader_id", "secretary_id")
    return [
        Judged(key, code, name, unit, _people(group_leader=leader or secretary))
        for key, code, name, unit, leader, secretary in rows.values_list(*fields)
    ]


def _order_classes(on: date) -> list[Judged]:
    # A class is judged for the whole academic year in which it ran, also after its last day.
    rows = cultivation.ran(academic_year(on).starts_on, on).order_by("code")
    fields = ("pk", "code", "name", "major__unit_id", "major__leader_id", "major__group__leader_id", "owner_id")
    return [
        Judged(key, code, name, unit, _people(major_leader=leader or head or owner, group_leader=head))
        for key, code, name, unit, leader, head, owner in rows.values_list(*fields)
    ]


def _apprenticeships(on: date) -> list[Judged]:
    # Judged for the whole term in which it ran; in a holiday for the term before.
    term = Term.objects.filter(starts_on__lte=on).order_by("-starts_on").first()
    rows = apprenticeships.ran(term.starts_on if term else on, on).order_by("code")
    fields = ("pk", "code", "name", "major__unit_id", "major__leader_id", "major__group__leader_id", "owner_id")
    return [
        Judged(key, code, name, unit, _people(major_leader=leader or head or owner, group_leader=head))
        for key, code, name, unit, leader, head, owner in rows.values_list(*fields)
    ]


def _teachers(on: date) -> list[Judged]:
    rows = Teacher.objects.filter(_in_force(on), engagement=Teacher.Engagement.FULL_TIME)
    fields = ("pk", "person__staff_number", "person__name", "unit_id", "person_id")
    return [
        Judged(key, number or str(key), name, unit, {"teacher": person})
        for key, number, name, unit, person in rows.order_by("person__staff_number", "pk").values_list(*fields)
    ]


def _industry_colleges(on: date) -> list[Judged]:
    rows = industry_colleges.running(on).order_by("code").values_list("pk", "code", "name", "unit_id", "director_id")
    return [Judged(key, code, name, unit, _people(director=director)) for key, code, name, unit, director in rows]


def _bases(on: date) -> list[Judged]:
    # The policy asks input, functions and guides of the bases on the campus (四（四）1); those off it are counted by major.
    rows = bases.in_use(on).filter(kind=Base.Kind.CAMPUS).order_by("code")
    fields = ("pk", "code", "name", "unit_id", "primary_major__leader_id", "primary_major__group__leader_id")
    return [
        Judged(key, code, name, unit, _people(major_leader=leader or head, group_leader=head))
        for key, code, name, unit, leader, head in rows.values_list(*fields)
    ]


Loader = Callable[[date], list[Judged]]
# Scopes of domains that keep no records yet have no loader: their rules say so with one standing of the school.
_LOADERS: dict[str, tuple[Loader, type[Model]]] = {
    "school": (_of_kind("school"), Unit),
    "college": (_of_kind("college"), Unit),
    "major_group": (_major_groups, MajorGroup),
    "major": (_majors, Major),
    "committee": (_committees, Committee),
    "order_class": (_order_classes, OrderClass),
    "apprenticeship": (_apprenticeships, Apprenticeship),
    "teacher": (_teachers, Teacher),
    "industry_college": (_industry_colleges, IndustryCollege),
    "base": (_bases, Base),
}


def model_of(scope: str) -> type[Model] | None:
    """The record type of a scope's units; None while the domain keeps none."""
    found = _LOADERS.get(scope)
    return found[1] if found else None


def scopes() -> tuple[str, ...]:
    """Every scope whose units are records."""
    return tuple(_LOADERS)


def scopes_of(model: type[Model]) -> set[str]:
    """The scopes whose units are records of this type."""
    return {scope for scope, (_loader, kind) in _LOADERS.items() if kind is model}


class Units:
    """The units of every scope on one day, each scope read once."""

    def __init__(self, on: date):
        self.on = on
        self._found: dict[str, list[Judged]] = {}

    def of(self, scope: str) -> list[Judged]:
        """The units of a scope, by code; none when the scope's domain keeps no records yet."""
        if scope not in self._found:
            loader = _LOADERS.get(scope)
            self._found[scope] = loader[0](self.on) if loader else []
        return self._found[scope]

    @property
    def school(self) -> Judged | None:
        """The school itself: the root of the tree."""
        return next(iter(self.of("school")), None)


_OF_THE_SCHOOL = {"office", "leader", "hr", "finance", "research", "employment"}
# Whom a duty falls to when nobody wears the hat: the next above, at last the office, which runs cooperation (五（一）).
_NEXT = {
    "teacher": "dean",
    "major_leader": "group_leader",
    "group_leader": "dean",
    "secretary": "dean",
    "dean": "office",
    "leader": "office",
    "hr": "office",
    "finance": "office",
    "research": "office",
    "employment": "office",
}


class Holders:
    """Who wears which hat on a day: one query for all."""

    def __init__(self, on: date, roles: Collection[str] = (*_OF_THE_SCHOOL, "dean", "secretary")):
        rows = Membership.objects.filter(_in_force(on), role__in=roles).order_by("starts_on", "pk")
        self._at: dict[tuple[str, int], int] = {}
        self._anywhere: dict[str, int] = {}
        for role, unit, person in rows.values_list("role", "unit_id", "person_id"):
            self._at.setdefault((role, unit), person)
            self._anywhere.setdefault(role, person)

    def of(self, role: str, judged: Judged) -> int | None:
        """The one person who must act for a unit in a role, or whoever is next above."""
        seen: str | None = role
        while seen is not None:
            if seen in _OF_THE_SCHOOL:
                person = self._anywhere.get(seen)
            else:
                person = judged.people.get(seen) or self._at.get((seen, judged.unit_id))
            if person:
                return person
            seen = _NEXT.get(seen)
        return None
