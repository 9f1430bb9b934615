"""The page on which a student brings papers from the phone, and how it is reached from the student's other pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import words
from zhixing.practice import running_api as api
from zhixing.practice import running_papers as papers
from zhixing.practice import running_queries as queries
from zhixing.practice import running_weeks as weeks
from zhixing.practice.placements import Placement
from zhixing.practice.running_results import ArchivePaper


def _kept(paper: ArchivePaper, what: str) -> str:
    """What became of a paper, as it is told to whoever brought it."""
    if papers.is_sign(paper):
        return _("It is in your archive. Your supervisor sees it.")
    if what in papers.SIGNS:
        return _("It is in your archive. There is already such a sign of this day, so that it adds none.")
    return _("It is in your archive.")


@require_http_methods(["GET", "POST"])
def papers_page(request: HttpRequest) -> HttpResponse:
    """我的材料 on a phone: what the archive has and lacks, and one form for pay slip, work, report, summary and proof."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    api.student(actor, "add" if request.method == "POST" else "view")
    placement = weeks.placement_of(actor)
    fault, today = "", timezone.localdate()
    what = request.POST.get("what") or request.GET.get("what", "")
    if request.method == "POST":
        try:
            if placement is None:
                raise ValidationError(_("No placement of yours runs."))
            paper = papers.bring(
                placement,
                by=actor,
                what=what,
                day=papers.day_said(request.POST.get("day", "")),
                files=request.FILES.getlist("files"),
                title=words(request.POST.get("title"), 160),
            )
            messages.success(request, _kept(paper, what))
            return redirect("practice-papers")
        except ValidationError as refused:
            fault = "；".join(refused.messages)
    context: dict[str, Any] = {
        "placement": placement,
        "mine": papers.mine(placement) if placement else None,
        "kinds": papers.Brought.choices,
        "what": what if what in papers.Brought.values else papers.Brought.PAY,
        "day": request.POST.get("day") or today.isoformat(),
        "today": today,
        "title": request.POST.get("title", ""),
        "most": papers.MOST_FILES,
        "fault": fault,
        "crumbs": [{"label": _("My practice"), "url": reverse("my-practice")}, {"label": _("My papers"), "url": ""}],
    }
    return render(request, "practice/papers.html", context, status=422 if fault else 200)


def own_panel(placement: Placement, actor: Actor) -> str:
    """On the student's own page: whom to call, how complete the archive is, and the way to bring what is missing."""
    if placement.status not in (Placement.Status.RUNNING, Placement.Status.ENDED):
        return ""
    context = {"mine": papers.mine(placement), "placement": placement, "contacts": queries.contacts_of(placement)}
    return render_to_string("practice/papers_panel.html", context)
