"""Why somebody is where they are, in the reader's language: the codes of `solving.explain` as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext


@dataclass(frozen=True)
class Line:
    """One choice and what became of it."""

    rank: int
    post: str
    given: bool
    text: str


def summary(told: Mapping[str, Any]) -> str:
    """One sentence: which choice it is, or why there is no place."""
    if told.get("because") in BECAUSE:
        return str(BECAUSE[told["because"]])
    how, position = told.get("how", ""), told.get("position")
    if how == "none":
        return str(NONE.get(told.get("reason", ""), NONE["rules"]))
    if how == "locked":
        return _("This place was fixed before the places were given out.")
    if how == "forced":
        return _("The college decided on this place.")
    if how == "anywhere" or position is None:
        return _("This place lies outside the choices.")
    if int(position) == 1:
        return _("It is the first choice.")
    return _("It is choice number %(rank)s.") % {"rank": int(position)}


NONE = {
    "no_choices": gettext_lazy("No choices were handed in."),
    "barred": gettext_lazy(
        "None of the chosen posts can be given: each is barred by a rule or by the firm's own ranking."
    ),
    "full": gettext_lazy("All chosen posts that could be given are full."),
    "rules": gettext_lazy("What was left of the chosen posts could not be given within the rules of the allocation."),
}
BECAUSE = {
    "appeal": gettext_lazy("It was decided so on an appeal."),
    "room": gettext_lazy("It made room for an appeal that was granted; as few as possible had to move."),
    "lost": gettext_lazy("The earlier place is no longer to be had."),
    "minimum": gettext_lazy("Too few were left at the earlier post, so it is not opened."),
    "gain": gettext_lazy("A place became free."),
}
SIMPLE = {
    "given": gettext_lazy("Given."),
    "passed": gettext_lazy("Not needed: a dearer choice was given."),
    "gone": gettext_lazy("This post is not offered any more."),
    "closed": gettext_lazy("This post has no places to give."),
    "forbidden": gettext_lazy("A placement here was called off before, or it was decided so on an appeal."),
    "not_named": gettext_lazy("The firm did not name the student among those whom it would take."),
    "major": gettext_lazy("This post is not open to the student's plan."),
    "base_full": gettext_lazy("The firm takes no more students in all."),
    "team_full": gettext_lazy("The supervisors cannot look after more students."),
    "visits": gettext_lazy("The supervisors cannot visit one more firm."),
    "whole": gettext_lazy(
        "There was room, but with it others would have fared worse: minimums or the worst-off class weigh more."
    ),
    "dearer": gettext_lazy("There was room, but it is so much farther that the nearer place weighs more."),
}
MISSING = {
    "adult": gettext_lazy("of age"),
    "not_woman": gettext_lazy("work that the law bars to women"),
}


def of_choice(row: Mapping[str, Any]) -> str:
    """One sentence on one choice."""
    kind = row["code"]
    if kind == "full":
        return _full(row)
    if kind == "share":
        return _share(row)
    if kind == "minimum":
        return ngettext(
            "Not opened: it takes nobody unless %(number)s comes.",
            "Not opened: it takes nobody unless %(number)s come together.",
            int(row["minimum"]),
        ) % {"number": row["minimum"]}
    if kind == "requires":
        asked = _(", ").join(str(MISSING.get(item, item)) for item in row.get("missing", []))
        return _("A rule stands against it: %(rule)s.") % {"rule": asked}
    return str(SIMPLE.get(kind, SIMPLE["whole"]))


def _share(row: Mapping[str, Any]) -> str:
    places = row.get("places")
    if places is None:
        return _("What was left there is kept for students of other majors.")
    return ngettext(
        "The post takes %(number)s student of this major at most, and that place is taken.",
        "The post takes %(number)s students of this major at most, and those places are taken.",
        int(places),
    ) % {"number": places}


def _full(row: Mapping[str, Any]) -> str:
    places = int(row["places"])
    said = [
        ngettext("Full: its one place is taken", "Full: all %(number)s places are taken", places) % {"number": places}
    ]
    parts = []
    for position, count in row.get("by_position", {}).items():
        if position != "0":
            parts.append(
                pgettext("holders of a post", "%(count)s by their choice number %(rank)s")
                % {"count": count, "rank": position}
            )
    if parts:
        said.append(_(", ").join(parts))
    ahead = row.get("ahead")
    if ahead:
        said.append(_("the firm would rather have %(count)s of them") % {"count": ahead})
    return _("%(list)s.") % {"list": _(", ").join(said)}


def price(told: Mapping[str, Any]) -> str:
    """What the first choice would have cost the others; empty where that is not known or nothing was missed."""
    cost = told.get("price")
    if cost is None:
        return ""
    if cost <= 0.005:
        return _(
            "Your first choice would have cost nobody anything in sum: it was a tie, decided the same way every time."
        )
    return _(
        "To give you your first choice, all others together would have had to go down by %(steps)s choices more than you go up."
    ) % {"steps": f"{cost:.1f}"}


def lines(told: Mapping[str, Any], names: Mapping[int, str]) -> list[Line]:
    """Each choice with what became of it; `names` by post (id)."""
    return [
        Line(int(row["position"]), names.get(int(row["post"]), "—"), row["code"] == "given", of_choice(row))
        for row in told.get("choices", [])
    ]
