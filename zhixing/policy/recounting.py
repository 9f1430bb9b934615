"""重算: a closed year counted anew by today's records, named, kept apart, and laid beside what was frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from zhixing.kernel import events
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.policy.console import row
from zhixing.policy.engine import AssessError, Result, assess, is_closed
from zhixing.policy.models import Recount, Standing, State
from zhixing.policy.storing import Finding

Progress = Callable[[int, int, str], None]
# From the best to the worst; what no verdict is given on stands beside.
_RANK = {State.MET: 0, State.WAIVED: 0, State.ON_TRACK: 1, State.AT_RISK: 2, State.UNMET: 3}


def check(name: str, year: str) -> None:
    """Raise AssessError for a name that no recount can bear, or a year that is not closed, before anything is counted."""
    if not name.strip():
        raise AssessError(_("A recount needs a name."))
    if len(name) > 80:
        raise AssessError(_("The name of a recount is at most 80 characters long."))
    if Recount.objects.filter(name=name).exists():
        raise AssessError(_("There already is a recount called “%(name)s”.") % {"name": name})
    if not is_closed(year):
        raise AssessError(_("The academic year %(year)s is not closed.") % {"year": year})


def keep(name: str, result: Result, *, by: Actor = SYSTEM) -> Recount:
    """Keep what was counted, as `assess --json` prints it and with the unit's key, under a name."""
    check(name, result.year.code)
    rows = [_told(one) for one in result.findings]
    with transaction.atomic():
        found = Recount.objects.create(name=name, year=result.year.code, as_of=result.as_of, results=rows)
        events.log(found, "recounted", by=by, data={"year": found.year, "standings": len(rows)})
    return found


def recount(name: str, year: str, *, by: Actor = SYSTEM, progress: Progress | None = None) -> Recount:
    """Count a whole year anew by today's records and rules. No verdict moves. Raises AssessError, PermissionDenied."""
    if not by.can(Recount, "add"):
        raise PermissionDenied(_("You may not count a year anew."))
    check(name, year)
    result = assess(year=year, progress=progress, what_if=True)
    return keep(name, result, by=by)


@dataclass(frozen=True)
class Pair:
    """One unit under one rule: what was frozen, and what today's records say; None on the side that knows nothing of it."""

    closed: dict[str, Any] | None
    anew: dict[str, Any] | None

    @property
    def either(self) -> dict[str, Any]:
        return self.anew or self.closed or {}

    @property
    def change(self) -> str:
        """same, better, worse, or other: another value with the same state, or a verdict on one side only."""
        if self.closed is None or self.anew is None:
            return "other"
        old, new = (_RANK.get(State(side["state"])) for side in (self.closed, self.anew))
        if self.closed["state"] == self.anew["state"]:
            return "same" if self.closed["value"] == self.anew["value"] else "other"
        if old is None or new is None or old == new:
            return "other"
        return "better" if new < old else "worse"


def compare(found: Recount, actor: Actor) -> list[Pair]:
    """The frozen standings of the recount's year beside its results, in the order of the rules; only rules it counted."""
    frozen = Standing.objects.filter(year=found.year, frozen_at__isnull=False).visible_to(actor)
    frozen = frozen.select_related("rule__duty__clause").order_by(
        "rule__policy__issued_on", "rule__order", "unit_scope", "unit_code", "period_code", "pk"
    )
    # Recounts of earlier versions kept no keys of units: they are told apart by code and name.
    keyed = all("unit_key" in result for result in found.results)
    counted = {_key(result, keyed): result for result in found.results}
    rules = {result["rule"] for result in found.results}
    pairs = []
    for standing in frozen:
        if standing.rule_code in rules:
            told = _told(standing)
            pairs.append(Pair(told, counted.pop(_key(told, keyed), None)))
    if actor.reach(Standing, "view").everything:
        pairs += [Pair(None, result) for result in counted.values()]
    return pairs


def _told(found: Finding | Standing) -> dict[str, Any]:
    """A standing as a recount keeps it: the key finds its unit again under another name."""
    return {**row(found), "unit_key": found.unit_key}


def _key(told: dict[str, Any], keyed: bool) -> tuple[Any, ...]:
    """What makes two verdicts those of one unit under one rule: its key, for a unit may have been renamed since."""
    unit = (told["unit_key"],) if keyed else (told["unit"], told["unit_name"])
    return (told["rule"], told["scope"], told["period"], *unit)
