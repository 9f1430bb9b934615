"""Who may see and do what: the one gate between rows and people.

A role table (installed once by `zhixing.org.roles`) says for each record type and role which capabilities it has and how far they reach:
the whole school, the person's own units, or the records in the person's own name. Nothing is granted by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import Model

CAPABILITIES = {
    "v": "view",
    "a": "add",
    "c": "change",
    "d": "delete",
    "x": "export",
    "i": "import",
    "p": "approve",
    "r": "reveal",
}


def type_key(model: type[Model] | Model) -> str:
    """The name of a record type everywhere: URL, API, role table, event log. `IndustryLink` → `partners.industry_link`."""
    options = model._meta
    return f"{options.app_label}.{re.sub(r'(?<!^)(?=[A-Z])', '_', options.object_name or '').lower()}"


@dataclass(frozen=True)
class Scope:
    """Where a record type keeps its unit and its people: field paths, as in a Django lookup."""

    units: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """How far one capability goes for one actor."""

    everything: bool = False
    units: frozenset[int] = frozenset()
    own: bool = False

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.everything or other.everything, self.units | other.units, self.own or other.own)

    def __bool__(self) -> bool:
        return self.everything or bool(self.units) or self.own


@dataclass(frozen=True)
class Grant:
    """One hat: a role held at a unit; `units` are the ids of that unit and all below it."""

    role: str
    units: frozenset[int]
    unit_id: int | None = None
    on_behalf_of: int | None = None


class RoleTable:
    """Record type × role → capability letters and reach, written as `"vx:all acdi:unit"`."""

    def __init__(self, rows: Mapping[str, Mapping[str, str]]):
        self.rows: dict[str, dict[str, dict[str, str]]] = {}
        for key, cells in rows.items():
            self.rows[key] = {role: self._parse(key, role, cell) for role, cell in cells.items()}

    @staticmethod
    def _parse(key: str, role: str, cell: str) -> dict[str, str]:
        reach: dict[str, str] = {}
        for part in cell.split():
            letters, _, extent = part.partition(":")
            if extent not in {"all", "unit", "own"} or set(letters) - set(CAPABILITIES):
                raise ValueError(f"role table, {key} × {role}: {part!r} is not letters:all|unit|own")
            for letter in letters:
                reach[CAPABILITIES[letter]] = extent
        return reach

    def extent(self, key: str, role: str, capability: str) -> str | None:
        return self.rows.get(key, {}).get(role, {}).get(capability)


_table = RoleTable({})


def install(table: RoleTable) -> None:
    """Make `table` the college's role table."""
    global _table
    _table = table


def role_table() -> RoleTable:
    return _table


@dataclass
class Actor:
    """The person behind a request, job or command, with every hat they wear today."""

    user_id: int | None = None
    person_id: int | None = None
    name: str = ""
    grants: tuple[Grant, ...] = ()
    is_system: bool = False
    _reach: dict[tuple[str, str], Reach] = field(default_factory=dict, repr=False)

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    @cached_property
    def unit_ids(self) -> frozenset[int]:
        """All units in which the actor holds any role, with those below."""
        return frozenset().union(*(grant.units for grant in self.grants)) if self.grants else frozenset()

    def as_system(self) -> Actor:
        """The same person with the right to what follows from an act they may do, though they hold no right over it.

        The log keeps their name: closing a signing, the task made of an agreement's obligation, an own page or link.
        """
        return Actor(user_id=self.user_id, person_id=self.person_id, name=self.name, is_system=True)

    def reach(self, record_type: type[Model] | str, capability: str = "view") -> Reach:
        """How far `capability` goes for this actor on this record type: the union over all hats."""
        key = record_type if isinstance(record_type, str) else type_key(record_type)
        cached = self._reach.get((key, capability))
        if cached is not None:
            return cached
        total = Reach(everything=self.is_system)
        for grant in self.grants:
            match _table.extent(key, grant.role, capability):
                case "all":
                    total |= Reach(everything=True)
                case "unit":
                    total |= Reach(units=grant.units)
                case "own":
                    total |= Reach(own=True)
        self._reach[key, capability] = total
        return total

    def can(self, record_type: type[Model] | str, capability: str = "view") -> bool:
        return bool(self.reach(record_type, capability))

    def can_on(self, record: Model, capability: str) -> bool:
        """Whether the actor has `capability` on this very row (one query, none when the reach is everything)."""
        return capability in self.able_on(record, capability)

    def able_on(self, record: Model, *capabilities: str) -> frozenset[str]:
        """Which of these capabilities the actor has on this very row: one query for each different reach among them."""
        reaches: dict[Reach, set[str]] = {}
        for capability in capabilities:
            reaches.setdefault(self.reach(type(record), capability), set()).add(capability)
        able: set[str] = set()
        for reach, names in reaches.items():
            if reach.everything:
                able |= names
            elif reach:
                rows = type(record)._default_manager.filter(pk=record.pk)
                able |= names if rows.visible_to(self, min(names)).exists() else set()  # type: ignore[attr-defined]
        return frozenset(able)


SYSTEM = Actor(name="system", is_system=True)


def is_many(model: type[Model], path: str) -> bool:
    for name in path.split("__"):
        relation = model._meta.get_field(name)
        if relation.many_to_many or relation.one_to_many:
            return True
        if relation.related_model is None:
            return False
        model = relation.related_model  # type: ignore[assignment]
    return False


class RecordQuerySet(models.QuerySet):
    """Every record's manager. `visible_to` is the only way rows reach a person."""

    def visible_to(self, actor: Actor, capability: str = "view") -> RecordQuerySet:
        """The rows on which `actor` has `capability`; none when nothing in the role table says so."""
        reach = actor.reach(self.model, capability)
        if reach.everything:
            return self
        condition = self._reach_condition(reach, actor)
        return self.filter(condition) if condition else self.none()

    def _reach_condition(self, reach: Reach, actor: Actor) -> Q:
        scope: Scope = getattr(self.model, "scope", Scope())
        condition = Q()
        if reach.units:
            condition |= self._any_of(scope.units, "in", reach.units)
        if reach.own and actor.person_id:
            condition |= self._any_of(scope.people, "exact", actor.person_id)
        return condition

    def _any_of(self, paths: Iterable[str], lookup: str, value: Any) -> Q:
        condition = Q()
        for path in paths:
            match = Q(**{f"{path}__{lookup}": value})
            if is_many(self.model, path):
                # A join over many rows would repeat the record: ask by subquery instead.
                match = Q(pk__in=self.model._base_manager.filter(match).order_by().values("pk"))
            condition |= match
        return condition

    def current(self) -> RecordQuerySet:
        """Rows that are not archived."""
        return self.filter(archived_at=None)
