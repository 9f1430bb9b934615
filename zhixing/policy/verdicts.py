"""From a value to a verdict: one pure function for every rule, so that its boundaries can be tested day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from zhixing.policy.pack import Due, Target, Warn
from zhixing.policy.periods import Asked, due_day, warn_days


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a unit is told: the state, whether the target is reached today, by when, and since when something lacks."""

    state: str
    reached: bool
    due: date | None
    found_on: date | None


def judge(
    *,
    value: float | None,
    evidence_count: int,
    target: Target,
    warn: Warn,
    due: Due,
    empty: str,
    asked: Asked,
    breaks_on: date | None = None,
    record_due: date | None = None,
    found_before: date | None = None,
    waived: bool = False,
    pending: bool = False,
) -> Verdict:
    """Judge one unit.

    `found_before`: the day a lack was first found, while it lasts. A lack with a day still ahead is on track, at risk
    once a warning day has come; a lack whose day has passed is not met, and so is one of a rule that must hold at any
    time. What is met but about to end, or close to the edge, is at risk.
    """
    as_of, period = asked.window.as_of, asked.period
    if pending:
        return Verdict("no_data", False, None, None)
    reached = value is not None and target.met_by(value)
    if waived:
        return Verdict("waived", reached, None, None)
    if evidence_count == 0 and empty != "unmet":
        return Verdict(empty, False, None, None)
    if reached:
        until = breaks_on if due.at == "found" else due_day(due, period, None, record_due)
        return Verdict(_when_reached(value or 0, warn, as_of, breaks_on), True, until, None)
    found_on = found_before or as_of
    day = due_day(due, period, found_on, record_due)
    if due.at == "found":
        return Verdict("unmet", False, day, found_on)
    if day is not None and asked.told_on > day:
        return Verdict("unmet", False, day, found_on)
    warned = any(on <= asked.told_on for on in warn_days(warn, period, day, None, asked.warn_from))
    return Verdict("at_risk" if warned else "on_track", False, day, found_on)


def _when_reached(value: float, warn: Warn, as_of: date, breaks_on: date | None) -> str:
    if warn.below is not None and value < warn.below:
        return "at_risk"
    if breaks_on is not None and warn.before_end_days:
        if breaks_on <= as_of + timedelta(days=max(warn.before_end_days)):
            return "at_risk"
    return "met"


@dataclass(frozen=True, slots=True)
class Part:
    """What a roll-up looks at in a unit's part."""

    state: str
    reached: bool


def roll_up(how: str, parts: list[Part], pending: bool) -> tuple[str, bool, float | None, int]:
    """State, whether reached, value and number of parts counted of a unit made of parts.

    share_met: the part of the parts that reach their target. all_met and any_met: 1 or 0. Parts that are excused or to
    which the rule does not apply are not counted. The state is that of the worst part, for `any_met` of the best.
    """
    counted = [part for part in parts if part.state not in {"not_applicable", "waived"}]
    if not counted:
        if any(part.state == "waived" for part in parts):
            return "waived", False, None, 0
        return ("no_data" if pending else "not_applicable"), False, None, 0
    if all(part.state == "no_data" for part in counted):
        return "no_data", False, None, len(counted)
    good = sum(part.reached for part in counted)
    states = {part.state for part in counted}
    if how == "any_met":
        reached, value = good > 0, float(good > 0)
        order = ("met", "at_risk", "on_track", "unmet", "no_data")
        state = next(state for state in order if state in states)
        if reached and state != "met":
            state = "at_risk"
    else:
        reached = good == len(counted)
        value = good / len(counted) if how == "share_met" else float(reached)
        state = next(state for state in ("unmet", "at_risk", "no_data", "on_track", "met") if state in states)
    return state, reached, value, len(counted)
