"""我的学徒培养: a student's own apprenticeship, and the review of the term that is the student's to make (D-31)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhixing.cultivation import marks
from zhixing.cultivation.apprenticeship_actions import review_day, review_own
from zhixing.cultivation.apprenticeships import Apprentice, MasterPair, QualityReview, Rotation
from zhixing.cultivation.panels import address
from zhixing.kernel.scope import Actor
from zhixing.org.models import Term

OWN = "cultivation.own_apprenticeship"
LIVING = (Apprentice.Status.ACTIVE, Apprentice.Status.PAUSED)


@dataclass(frozen=True)
class Own:
    """An apprenticeship as its apprentice sees it: who trains, on which posts, what is agreed, which reviews are made.

    Of other people's reviews only that they are made: what they say is for those who run the programme.
    """

    apprentice: Apprentice
    masters: list[MasterPair]
    rotations: list[Rotation]
    term: Term | None
    due: date | None
    own: QualityReview | None
    others: list[QualityReview]

    @property
    def master(self) -> MasterPair | None:
        """Who trains today."""
        return next((pair for pair in self.masters if _holds(pair)), None)

    @property
    def rotation(self) -> Rotation | None:
        """Where the apprentice works today."""
        return next((row for row in self.rotations if _holds(row)), None)

    @property
    def may_review(self) -> bool:
        """Whether the term's review is still to be made."""
        return (
            self.term is not None
            and self.apprentice.status in LIVING
            and (self.own is None or self.own.done_on is None)
        )


def _holds(row: Any) -> bool:
    today = timezone.localdate()
    return row.starts_on <= today and (row.ends_on is None or row.ends_on >= today)


def found(actor: Actor) -> list[Own]:
    """The actor's own apprenticeships, the latest first; empty for whoever is no apprentice."""
    if not actor.can(OWN) or actor.person_id is None:
        raise PermissionDenied(_("This page is for students."))
    today = timezone.localdate()
    term = (
        Term.objects.filter(starts_on__lte=today, ends_on__gte=today, archived_at=None).select_related("year").first()
    )
    rows = Apprentice.objects.filter(student__person=actor.person_id, archived_at=None).visible_to(actor)  # type: ignore[attr-defined]
    rows = rows.select_related(
        "programme__organisation", "programme__major", "programme__owner", "agreement", "student"
    )
    return [_own(row, term, actor) for row in rows.order_by("-joined_on", "-pk")]


def _own(row: Apprentice, term: Term | None, actor: Actor) -> Own:
    pairs = MasterPair.objects.filter(apprentice=row, archived_at=None).visible_to(actor)  # type: ignore[attr-defined]
    posts = Rotation.objects.filter(apprentice=row, archived_at=None).visible_to(actor)  # type: ignore[attr-defined]
    runs = (
        term if term and row.programme.starts_on <= term.ends_on and row.programme.ends_on >= term.starts_on else None
    )
    mine = Q(apprentice=row) | Q(apprentice=None) & ~Q(side=QualityReview.Side.APPRENTICE)
    reviews = (
        list(row.programme.reviews.filter(mine, term=runs, archived_at=None).order_by("side", "pk")) if runs else []
    )
    own = next((item for item in reviews if item.side == "apprentice" and item.apprentice_id == row.pk), None)
    return Own(
        apprentice=row,
        masters=list(pairs.select_related("master").order_by("-starts_on", "-pk")),
        rotations=list(posts.order_by("-starts_on", "-pk")),
        term=runs,
        due=own.due if own else review_day(row.programme, runs) if runs else None,
        own=own,
        others=[item for item in reviews if item is not own],
    )


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The student's page on a phone: where I learn, with whom, and my word about this term."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    mine, fault = found(actor), ""
    posted = request.POST.get("apprentice", "")
    cards = {item.apprentice.pk: marks.read(request.POST, item.apprentice.pk, marks.OF_APPRENTICE) for item in mine}
    if request.method == "POST":
        chosen = next((item for item in mine if str(item.apprentice.pk) == posted), None)
        if chosen is None or chosen.term is None:
            raise Http404
        card = cards[chosen.apprentice.pk]
        try:
            review_own(chosen.apprentice, by=actor, term=chosen.term, score=card.mean, text=card.words)
            messages.success(request, _("Your review of the term is with the college."))
            return redirect("my-apprenticeship")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context = {
        "items": [
            {
                "own": item,
                "card": cards[item.apprentice.pk],
                "agreement_url": address(item.apprentice.agreement, actor) if item.apprentice.agreement else "",
            }
            for item in mine
        ],
        "fault": fault,
        "today": timezone.localdate(),
        "crumbs": [{"label": _("My apprenticeship"), "url": ""}],
    }
    return render(request, "cultivation/own.html", context, status=422 if fault else 200)
