"""What a firm's master does by link, without an account: says how the apprentices are, with sliders and in words (D-31)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.cultivation import apprenticeship_queries as queries
from zhixing.cultivation.apprenticeship_actions import do_review
from zhixing.cultivation.apprenticeships import Apprenticeship
from zhixing.kernel import links
from zhixing.kernel.models import OutsideLink

REVIEW = "cultivation.review"
# What a master looks at; the score is the mean of the four.
CRITERIA = (
    ("skill", gettext_lazy("Skill at the post")),
    ("attitude", gettext_lazy("Attitude and diligence")),
    ("safety", gettext_lazy("Safety and discipline")),
    ("team", gettext_lazy("Working with others")),
)
_FIRST = 80


def register() -> None:
    """Make the page behind the link known."""
    links.register(REVIEW, review)


def review(request: HttpRequest, link: OutsideLink, programme: Apprenticeship) -> HttpResponse:
    """The reviews that the firm owes, on one page of a phone; all of them are sent together."""
    waiting = list(queries.awaited_of_firm(programme, link.data.get("master")))
    cards, fault = [_card(request, row) for row in waiting], ""
    if request.method == "POST":
        try:
            if not cards:
                raise ValidationError(_("There is nothing to review any more."), code="nothing")
            if {str(row.pk) for row in waiting} != set(request.POST.getlist("review")):
                raise ValidationError(_("What is to be reviewed has changed meanwhile. Look through it again."))
            with links.consume(link):
                for card in cards:
                    do_review(
                        card["row"],
                        by=links.actor_of(link),
                        score=_mean(card),
                        text=_words(card),
                        reviewer=link.name,
                        done_on=timezone.localdate(),
                    )
            text = _("Thank you: %(number)s reviews are with the college.") % {"number": len(cards)}
            return render(request, "kernel/outside_done.html", {"done_text": text})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {"link": link, "programme": programme, "cards": cards, "fault": fault}
    return render(request, "cultivation/outside_review.html", context, status=422 if fault else 200)


def _card(request: HttpRequest, row: object) -> dict:
    """One review with its sliders, as posted or at their first place."""
    pk = row.pk  # type: ignore[attr-defined]
    marks = []
    for code, label in CRITERIA:
        name = f"{code}-{pk}"
        try:
            value = int(Decimal(request.POST.get(name, str(_FIRST))))
        except InvalidOperation:
            value = _FIRST
        marks.append({"name": name, "label": label, "value": min(100, max(0, value))})
    return {"row": row, "marks": marks, "text": request.POST.get(f"text-{pk}", "").strip()[:2000]}


def _mean(card: dict) -> Decimal:
    marks = [mark["value"] for mark in card["marks"]]
    return round(Decimal(sum(marks)) / len(marks), 1)


def _words(card: dict) -> str:
    """The words, and below them the mark of each criterion: the score can be understood later."""
    told = "；".join(f"{mark['label']} {mark['value']}" for mark in card["marks"])
    # A low score is explained in words: marks alone do not explain it.
    return f"{card['text']}\n{told}" if card["text"] else ("" if _mean(card) < 60 else told)
