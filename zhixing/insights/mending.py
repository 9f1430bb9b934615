"""The cheapest way out of a lack: a record already on file that would mend it, else the form to add one, filled in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    "base": "bases.base",
}
# What else a form needs to know so that the record counts for the measure.
_PRESET = {"partners.industry_activities": {"kind": "association"}}


# Record types that are written on a page of their own, which reads from the records what a plain form would ask for:
# the words on the button, the page, and what it is told of the standing.
_BEGUN_ON: dict[str, tuple[Any, str, Callable[[Standing], dict[str, Any]]]] = {
    "bases.term_summary": (
        gettext_lazy("Write the summary"),
        "term-summaries",
        lambda standing: {"term": standing.period_code},
    ),
    "bases.base_recognition": (
        gettext_lazy("Grow a base"),
        "demonstration-nearest",
        lambda standing: {"major": standing.unit_key} if standing.unit_scope == "major" else {},
    ),
}
_KEPT_ON = {"bases.term_summary": "term-summary"}


@dataclass(frozen=True)
class Mend:
    """What to do, where, and the words on the button."""

    text: str
    url: str
    label: str


def cheapest(standing: Standing, actor: Actor) -> Mend:
    """What mends the lack most cheaply, and one click towards it; no query.

    A record on file that would count at once is to be completed. One that will count only later is named, and the form
    to add another is offered. Where the reader can do neither, the page of the standing says why it is so.
    """
    text, url, day = _on_file(standing, actor)
    if url and day <= timezone.localdate().isoformat():
        return Mend(text, url, _("Complete it"))
    for option in standing.rule.mend:
        sheet = sheet_for(option["add"])
        if sheet is not None and actor.can(sheet.model, "add"):
            if sheet.key in _BEGUN_ON:
                label, page, told = _BEGUN_ON[sheet.key]
                return Mend(text or str(Words(option["text"])), f"{reverse(page)}{query(told(standing))}", str(label))
            form = f"{sheet.url('add')}{query(proposed(sheet, standing))}"
            return Mend(text or str(Words(option["text"])), form, _("Add %(type)s") % {"type": sheet.label})
    if url:
        return Mend(text, url, _("See it"))
    option = next(iter(standing.rule.mend), None)
    return Mend(str(Words(option["text"])) if option else "", standing_url(standing.pk), _("See why"))


def _on_file(standing: Standing, actor: Actor) -> tuple[str, str, str]:
    """The nearest record on file that would mend the lack: words, address, and the day from which it would count."""
    for row in standing.forecast.get("mend", []):
        sheet = sheet_for(row["type"])
        if sheet is not None and actor.can(sheet.model):
            day = row.get("on") or ""
            later = day > timezone.localdate().isoformat()
            text = (
                _("“%(record)s” is on file and counts from %(day)s.")
                if later
                else _("“%(record)s” is on file and would count.")
            )
            page = _KEPT_ON.get(sheet.key)
            url = reverse(page, args=[row["id"]]) if page else sheet.url("detail", row["id"])
            return text % {"record": row["label"], "day": day}, url, day
    return "", "", ""


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
