"""How a standing's numbers read, the same on every page and in every report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from zhixing.policy.models import Standing

# What somebody must do something about.
RED = ("unmet", "at_risk")
# From the worst to the best: the order in which people want to read them.
ORDER = ("unmet", "at_risk", "on_track", "met", "waived", "no_data", "not_applicable")


def target_of(standing: Standing) -> dict[str, Any]:
    """The target as it was when the verdict was given: that of the close for a frozen standing."""
    kept = (standing.frozen or {}).get("thresholds", {}).get("target")
    if kept:
        return kept
    return standing.version.target if standing.version else {}


def is_share(standing: Standing) -> bool:
    """Whether the value is a part of a whole, to be read in percent."""
    if standing.is_roll_up:
        return True
    return next(iter(target_of(standing)), "") in {"share", "all"}


def plain_number(value: Any) -> str:
    text = f"{Decimal(str(value)):,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Any) -> str:
    return f"{plain_number(round(Decimal(str(value)) * 100, 1))}%"


def value_words(standing: Standing) -> str:
    """The value: `2`, `67%`, or a dash where nothing was counted."""
    if standing.value is None:
        return "—"
    return percent(standing.value) if is_share(standing) else plain_number(standing.value)


def target_words(standing: Standing) -> str:
    """The target: `≥1`, `≤3`, `≥80%`; a roll-up asks for all of its parts."""
    if standing.target is None:
        return "—"
    if standing.is_roll_up:
        return "100%"
    kind, value = next(iter(target_of(standing).items()), ("at_least", standing.target))
    if kind == "all":
        return "100%"
    if kind == "share":
        return f"≥{percent(value)}"
    return f"{'≤' if kind == 'at_most' else '≥'}{plain_number(value)}"


def why(standing: Standing) -> str:
    """One sentence on why a standing is as it is."""
    facts = {"value": value_words(standing), "target": target_words(standing), "count": standing.evidence_count}
    if standing.state == "at_risk" and standing.reached and standing.breaks_on:
        return _("Met today, but what counts ends on %(day)s.") % {"day": standing.breaks_on.isoformat()}
    if standing.state == "at_risk" and standing.reached:
        return _("Met, but close to the edge: %(value)s where %(target)s is asked.") % facts
    if standing.is_roll_up and not standing.reached and standing.value is not None:
        return _("%(value)s of its %(count)s parts reach the target.") % facts
    if not standing.evidence_count:
        return _("Nothing on record counts yet; %(target)s is asked.") % facts
    return _("%(value)s on record, %(target)s is asked.") % facts
