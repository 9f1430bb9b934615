"""A record changed: only the rules that count its type, and only the units it touches, are counted again."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from zhixing.kernel import measures
from zhixing.org.models import Membership
from zhixing.policy.models import Rule, RuleVersion, Standing, Waiver
from zhixing.policy.units import scopes_of

if TYPE_CHECKING:
    from django.db.models import Model

# Written by the engine itself, or of no consequence for a verdict.
_SILENT = (Standing,)


def refresh(model: type[Model], keys: set[int]) -> None:
    """Bring the standings up to date after rows of `model` were written: in every year that is still open."""
    from zhixing.policy.engine import assess, open_years

    if model in _SILENT:
        return
    touched = _touched(model, keys)
    if not touched:
        return
    for year in (None, *open_years()):
        for units, rules in touched.items():
            assess(year=year, rules=rules, keys=None if units is None else set(units))


def _touched(model: type[Model], keys: set[int]) -> dict[frozenset[int] | None, set[int]]:
    """Units (None for all) → ids of the rules to be asked again about them."""
    found: dict[frozenset[int] | None, set[int]] = defaultdict(set)
    if model is Waiver:
        found[None].update(Waiver.objects.filter(pk__in=keys).values_list("rule_id", flat=True))
        return dict(found)
    if model is Rule:
        return {None: set(keys)}
    if model is RuleVersion:
        found[None].update(RuleVersion.objects.filter(pk__in=keys).values_list("rule_id", flat=True))
        return dict(found)
    scopes = scopes_of(model)
    if model is Membership or scopes & {"school", "college"}:
        # Who holds what, or the tree itself, has changed: every rule may have another holder or another roll-up.
        rules = set(Rule.objects.values_list("pk", flat=True))
        return {None: rules} if rules else {}
    counting = {key: measure for key, measure in measures.all().items() if model in measure.sources}
    if not counting and not scopes:
        return {}
    rows = Rule.objects.filter(archived_at=None).values_list("pk", "measure", "applies_to")
    for pk, measure_key, scope in rows:
        if scope in scopes:
            found[frozenset(keys)].add(pk)
        measure = counting.get(measure_key)
        if measure is not None:
            units = measure.units_touched(model, keys)
            found[None if units is None else frozenset(units)].add(pk)
    found.pop(frozenset(), None)
    return dict(found)
