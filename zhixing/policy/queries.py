"""What the home page, the reports and other rooms ask the policy about. Every row passes through `visible_to`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet
from django.utils import timezone

from zhixing.kernel.scope import Actor
from zhixing.org.calendar import academic_year
from zhixing.policy.models import Standing, State

# A lack that somebody must mend, the most pressing first.
LACKING = (State.UNMET, State.AT_RISK)


def current_year() -> str:
    """The code of today's academic year."""
    return academic_year(timezone.localdate()).code


def years() -> list[str]:
    """Academic years that have standings, and today's; the latest first. One query."""
    found = set(Standing.objects.order_by().values_list("year", flat=True).distinct())
    return sorted(found | {current_year()}, reverse=True)


def standings(actor: Actor, year: str | None = None) -> QuerySet[Standing]:
    """The standings of a year that an actor may see, with what their titles need."""
    rows = Standing.objects.filter(year=year or current_year(), archived_at=None).visible_to(actor)
    return rows.select_related("rule", "unit", "holder").order_by("rule__policy_id", "rule__order", "unit_code", "pk")


def parts(rows: QuerySet[Standing]) -> QuerySet[Standing]:
    """Standings of the units that rules judge, without the roll-ups of colleges and school."""
    return rows.filter(unit_scope=F("rule__applies_to"))


def held_by(person_id: int, year: str | None = None) -> QuerySet[Standing]:
    """What a person must act on: not met or at risk, the nearest day first."""
    rows = Standing.objects.filter(holder_id=person_id, state__in=LACKING, frozen_at=None, archived_at=None)
    return parts(rows.filter(year=year or current_year())).select_related("rule").order_by("due", "rule__order", "pk")


def counts(actor: Actor, year: str | None = None) -> dict[str, int]:
    """How many judged units are in each state: one query."""
    rows = parts(Standing.objects.filter(year=year or current_year(), archived_at=None).visible_to(actor))
    found = dict(rows.order_by().values_list("state").annotate(number=Count("pk")))
    return {state.value: found.get(state.value, 0) for state in State}


def breaking(actor: Actor, year: str | None = None) -> QuerySet[Standing]:
    """What is met today and will not stay so: the first to break first."""
    rows = Standing.objects.filter(year=year or current_year(), breaks_on__isnull=False, reached=True, archived_at=None)
    return parts(rows.visible_to(actor)).select_related("rule", "unit", "holder").order_by("breaks_on", "pk")


def to_remind(actor: Actor, year: str | None = None) -> QuerySet[Standing]:
    """Every lack, and every thing about to break, that has a holder: whom the office reminds with one click."""
    rows = Standing.objects.filter(
        year=year or current_year(), state__in=LACKING, holder__isnull=False, frozen_at=None, archived_at=None
    )
    return parts(rows.visible_to(actor)).select_related("rule", "unit", "holder").order_by("due", "pk")


@dataclass(frozen=True)
class Score:
    """A college's weighted standing: points reached of those that its rules are worth, and how many rules count."""

    unit_id: int
    points: float
    possible: float
    rules: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.points / self.possible, 1) if self.possible else None


def scores(year: str | None = None, units: Iterable[int] | None = None) -> dict[int, Score]:
    """College (unit id) → score by the rules' weights; a rule not recorded or not applicable counts neither way.

    Points: weight × the share of parts that reach their target, as the college's standing says. One query.
    """
    rows = Standing.objects.filter(
        unit_scope="college", year=year or current_year(), version__isnull=False, archived_at=None
    ).exclude(state__in=[State.NO_DATA, State.NOT_APPLICABLE, State.WAIVED])
    if units is not None:
        rows = rows.filter(unit_id__in=list(units))
    totals: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
    fields = ("unit_id", "rule__applies_to", "value", "reached", "version__weight")
    for unit, scope, value, reached, weight in rows.order_by("pk").values_list(*fields):
        # A rule that judges the college itself is reached or not; a roll-up's value is the share already.
        share = float(reached) if scope == "college" else float(value or 0)
        totals[unit][0] += float(weight) * share
        totals[unit][1] += float(weight)
        totals[unit][2] += 1
    return {unit: Score(unit, points, possible, int(rules)) for unit, (points, possible, rules) in totals.items()}
