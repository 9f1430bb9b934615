"""The cheapest way out of a lack: a record already on file that would mend it, else the form to add one, filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Sheet, sheet_for
from zhixing.policy.actions import standing_url
from zhixing.policy.models import Standing
from zhixing.policy.words import Words

# The record type that each kind of judged unit is.
_UNIT_TYPES = {
    "school": "org.unit",
    "college": "org.unit",
    "major_group": "org.major_group",
    "major": "org.major",
    "committee": "governance.committee",
    "teacher": "org.teacher",
}
# What else a form needs to know so that the record counts for the measure.
_PRESET = {"partners.industry_activities": {"kind": "association"}}


@dataclass(frozen=True)
class Mend:
    """What to do, where, and the words on the button."""

    text: str
    url: str
    label: str


def mends(standing: Standing, actor: Actor) -> list[Mend]:
    """Every way out, the cheapest first: no query."""
    found = []
    for row in standing.forecast.get("mend", []):
        sheet = sheet_for(row["type"])
        if sheet is None or not actor.can(sheet.model):
            continue
        words = {"record": row["label"], "day": row.get("on") or ""}
        text = (
            _("“%(record)s” is on file and would count from %(day)s.")
            if row.get("on")
            else _("“%(record)s” is on file and would count.")
        )
        found.append(Mend(text % words, sheet.url("detail", row["id"]), _("Complete it")))
    for option in standing.rule.mend:
        sheet = sheet_for(option["add"])
        if sheet is not None and actor.can(sheet.model, "add"):
            url = f"{sheet.url('add')}{query(proposed(sheet, standing))}"
            found.append(Mend(str(Words(option["text"])), url, _("Add %(type)s") % {"type": sheet.label}))
    return found


def cheapest(standing: Standing, actor: Actor) -> Mend:
    """The first way out; where there is none, the page of the standing, which says why."""
    found = mends(standing, actor)
    if found:
        return found[0]
    option = next(iter(standing.rule.mend), None)
    return Mend(str(Words(option["text"])) if option else "", standing_url(standing.pk), _("See why"))


def proposed(sheet: Sheet, standing: Standing) -> dict[str, Any]:
    """What the form can be filled with: the judged unit itself, its college, and what the measure looks for."""
    judged = _UNIT_TYPES.get(standing.unit_scope, "")
    given: dict[str, Any] = {}
    for name in sheet.form_fields:
        related = sheet.fields[name].related_model
        other = sheet_for(related) if related else None  # type: ignore[arg-type]
        if other is None:
            continue
        if other.key == judged:
            given.setdefault(name, standing.unit_key)
        elif name == "unit" and other.key == "org.unit":
            given[name] = standing.unit_id
    preset = _PRESET.get(standing.rule.measure, {})
    return {**given, **{name: value for name, value in preset.items() if name in sheet.fields}}


def query(given: dict[str, Any]) -> str:
    return f"?{urlencode(given)}" if given else ""
