"""Who is asking: an account's hats of today, with those lent by delegation, in one query."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from zhixing.kernel.scope import Actor, Grant

if TYPE_CHECKING:
    from zhixing.org.models import User

# A delegation lends what the other holds today, in that role, at that unit; it cannot lend what was lent.
_HATS = """
WITH RECURSIVE hat AS (
    SELECT m.role, m.unit_id, NULL::bigint AS behalf FROM org_membership m
    WHERE m.person_id = %(person)s AND m.archived_at IS NULL AND m.starts_on <= %(day)s AND coalesce(m.ends_on, %(day)s) >= %(day)s
    UNION
    SELECT m.role, m.unit_id, d.from_person_id FROM org_delegation d
    JOIN org_membership m ON m.person_id = d.from_person_id AND m.role = d.role
    WHERE d.to_person_id = %(person)s AND d.archived_at IS NULL AND %(day)s BETWEEN d.starts_on AND d.ends_on
      AND m.archived_at IS NULL AND m.starts_on <= %(day)s AND coalesce(m.ends_on, %(day)s) >= %(day)s
), tree(root, id) AS (
    SELECT DISTINCT unit_id, unit_id FROM hat
    UNION
    SELECT t.root, u.id FROM tree t JOIN org_unit u ON u.parent_id = t.id
)
SELECT h.role, h.unit_id, h.behalf, t.id FROM hat h JOIN tree t ON t.root = h.unit_id
"""


def actor_for(user: User, on: date | None = None) -> Actor:
    """The actor behind `user` on a day (today by default)."""
    if not user.is_authenticated or not user.is_active:
        return Actor()
    if user.person_id is None:
        return Actor(user_id=user.pk, name=user.username)
    units: dict[tuple[str, int, int | None], set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_HATS, {"person": user.person_id, "day": on or timezone.localdate()})
        for role, unit, behalf, below in cursor.fetchall():
            units[role, unit, behalf].add(below)
    grants = tuple(Grant(role, frozenset(below), unit, behalf) for (role, unit, behalf), below in units.items())
    return Actor(user_id=user.pk, person_id=user.person_id, name=user.get_full_name(), grants=grants)


# Whoever holds the role at the unit or above it, and whoever stands in for them in it; without a unit, wherever they hold it.
_HOLDERS = """
WITH RECURSIVE above(id, parent_id) AS (
    SELECT id, parent_id FROM org_unit WHERE id = %(unit)s
    UNION
    SELECT u.id, u.parent_id FROM above a JOIN org_unit u ON u.id = a.parent_id
), held AS (
    SELECT m.person_id FROM org_membership m
    WHERE m.role = %(role)s AND m.archived_at IS NULL AND m.starts_on <= %(day)s AND coalesce(m.ends_on, %(day)s) >= %(day)s
      AND (%(unit)s::bigint IS NULL OR m.unit_id IN (SELECT id FROM above))
), wearing AS (
    SELECT person_id FROM held
    UNION
    SELECT d.to_person_id FROM org_delegation d JOIN held h ON h.person_id = d.from_person_id
    WHERE d.role = %(role)s AND d.archived_at IS NULL AND %(day)s BETWEEN d.starts_on AND d.ends_on
)
SELECT u.id FROM org_user u JOIN wearing w ON w.person_id = u.person_id WHERE u.is_active ORDER BY u.id
"""


def holders(role: str, unit_id: int | None = None, on: date | None = None) -> list[int]:
    """The accounts (ids) that `actor_for` gives a role on a day with reach over a unit; without one, anywhere."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, {"role": role, "unit": unit_id, "day": on or timezone.localdate()})
        return [row[0] for row in cursor.fetchall()]
