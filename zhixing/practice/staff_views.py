"""The start checklist of a plan: who lacks what and with whom it lies, and the buttons that mend it for all."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.practice import duties, insurance, papers, plan_actions, readiness
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan

PER_PAGE = 50
# What can be done for all from this page; each is an action of the plan.
ACTS = {
    "confirm_places": plan_actions.confirm_places,
    "ask_consents": plan_actions.ask_consents,
    "make_agreements": plan_actions.make_agreements,
    "ask_signing": plan_actions.ask_signing,
    "remind": plan_actions.remind,
    "start": plan_actions.start,
    "start_ready": plan_actions.start_waiting,
}
SAID = {
    "confirm_places": gettext_lazy("The places are confirmed."),
    "ask_consents": gettext_lazy("Students and guardians are asked."),
    "make_agreements": gettext_lazy("The agreements are made."),
    "ask_signing": gettext_lazy("Whoever signs first is asked."),
    "remind": gettext_lazy("All with whom something lies are reminded."),
    "start": gettext_lazy("Whoever was ready has started."),
    "start_ready": gettext_lazy("Whoever was ready has started."),
}


@require_http_methods(["GET", "POST"])
def ready_page(request: HttpRequest, plan: int) -> HttpResponse:
    """One page for a plan before it begins: counts of what is missing, each student's line, and the acts for all."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(PracticePlan):
        raise PermissionDenied(_("Your role does not include this."))
    rows = PracticePlan.objects.all().visible_to(actor)  # type: ignore[attr-defined]
    found = get_object_or_404(rows.select_related("major__unit", "owner"), pk=plan)
    may = actor.can_on(found, "change")
    if request.method == "POST":
        if not may:
            raise PermissionDenied(_("You may not change this record."))
        act = request.POST.get("do", "")
        if act not in ACTS:
            raise Http404
        try:
            where = ACTS[act](found, by=actor)
            if where != plan_actions.readiness_url(found):
                return redirect(where)
            messages.success(request, SAID[act])
        except ValidationError as refused:
            messages.error(request, "；".join(refused.messages))
        return redirect("practice-ready", found.pk)
    placements = readiness.visible_rows(found, actor)
    board = readiness.board(placements)
    only = request.GET.get("missing", "")
    lines = (
        [line for line in board.lines if line.ready] if only == "none" else board.lacking(only) if only else board.lines
    )
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    sheet, of_placement = sheet_for(PracticePlan), sheet_for(Placement)
    begun = sum(row.status == Placement.Status.RUNNING for row in placements)
    context: dict[str, Any] = {
        "plan": found,
        "plan_url": sheet.url("detail", found.pk) if sheet else "",
        "board": board,
        "only": only,
        "page_lines": [
            {"line": line, "url": of_placement.url("detail", line.placement.pk) if of_placement else ""}
            for line in page
        ],
        "page": page,
        "proposed": sum(row.status == Placement.Status.PROPOSED for row in placements),
        "confirmed": sum(row.status == Placement.Status.CONFIRMED for row in placements),
        "begun": begun,
        "mend": insurance.mend(placements) if only == "insurance" else None,
        "may": may,
        "to_sign": papers.to_sign(found).count(),
        "duties": duties.asked(found),
        "confirm_url": sheet.url("act", found.pk, key="confirm_duty") if sheet and may else "",
        "is_internship": plan_actions.is_preparing_internship(found),
        "running": found.status == PracticePlan.Status.RUNNING,
        "can_start": found.status in (PracticePlan.Status.APPROVED, PracticePlan.Status.ALLOCATED),
        "crumbs": [
            {"label": sheet.label_plural if sheet else "", "url": sheet.url("list") if sheet else ""},
            {"label": found.title, "url": sheet.url("detail", found.pk) if sheet else ""},
            {"label": _("Start checklist"), "url": ""},
        ],
    }
    return render(request, "practice/ready.html", context)
