"""What a firm's master does by link, without an account: says how the apprentices are, with sliders and in words (D-31)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.cultivation import apprenticeship_queries as queries
from zhixing.cultivation import marks
from zhixing.cultivation.apprenticeship_actions import do_review
from zhixing.cultivation.apprenticeships import Apprenticeship
from zhixing.kernel import links
from zhixing.kernel.models import OutsideLink

REVIEW = "cultivation.review"


def register() -> None:
    """Make the page behind the link known."""
    links.register(REVIEW, review)


def review(request: HttpRequest, link: OutsideLink, programme: Apprenticeship) -> HttpResponse:
    """The reviews that the firm owes, on one page of a phone; all of them are sent together."""
    waiting = list(queries.awaited_of_firm(programme, link.data.get("master")))
    cards, fault = [(row, marks.read(request.POST, row.pk, marks.OF_MASTER)) for row in waiting], ""
    if request.method == "POST":
        try:
            if not cards:
                raise ValidationError(_("There is nothing to review any more."), code="nothing")
            if {str(row.pk) for row in waiting} != set(request.POST.getlist("review")):
                raise ValidationError(_("What is to be reviewed has changed meanwhile. Look through it again."))
            with links.consume(link):
                for row, card in cards:
                    do_review(
                        row,
                        by=links.actor_of(link),
                        score=card.mean,
                        text=card.words,
                        reviewer=link.name,
                        done_on=timezone.localdate(),
                    )
            text = _("Thank you: %(number)s reviews are with the college.") % {"number": len(cards)}
            return render(request, "kernel/outside_done.html", {"done_text": text})
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "link": link,
        "programme": programme,
        "cards": [{"row": row, "card": card} for row, card in cards],
        "fault": fault,
    }
    return render(request, "cultivation/outside_review.html", context, status=422 if fault else 200)
