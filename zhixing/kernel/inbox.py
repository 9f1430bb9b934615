"""One inbox for all approvals, and the decisions taken there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhixing.kernel import approval
from zhixing.kernel.models import ApprovalCase
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for


@require_GET
def inbox_page(request: HttpRequest) -> HttpResponse:
    """What waits for my decision, and where my own submissions stand."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    waiting = [
        {
            "key": station.pk,
            "title": station.case.label,
            "kind": getattr(sheet_for(station.case.record_type), "label", station.case.record_type),
            "icon": getattr(sheet_for(station.case.record_type), "icon", "file"),
            "subtitle": station.case.submitted_by.get_full_name() if station.case.submitted_by else "",
            "since": station.reached_at,
            "due": (station.reached_at + timedelta(days=station.idle_days)).date() if station.reached_at else None,
            "url": station.case.url,
            "approve_url": reverse("decide", args=[station.pk]),
        }
        for station in approval.inbox(actor)[:200]
    ]
    groups = [{"label": _("Waiting for my decision"), "items": waiting, "can_bulk": len(waiting) > 1}]
    mine = [
        _mine(case)
        for case in ApprovalCase.objects.filter(submitted_by_id=actor.user_id)
        .prefetch_related("stations")
        .order_by("-submitted_at", "-pk")[:30]
    ]
    if mine:
        groups.append({"label": _("Submitted by me"), "items": mine, "can_bulk": False})
    groups = [group for group in groups if group["items"]]
    return render(request, "kernel/inbox.html", {"groups": groups, "bulk_url": reverse("decide-many")})


def _mine(case: ApprovalCase) -> dict[str, Any]:
    pending = next((station for station in case.stations.all() if station.state == "pending"), None)
    where = (
        _("with the %(role)s") % {"role": approval.role_name(pending.role)}
        if pending and case.state == "open"
        else case.get_state_display()
    )
    since = pending.reached_at if pending else case.closed_at
    return {
        "title": case.label,
        "kind": where,
        "icon": "upload",
        "subtitle": "",
        "since": since,
        "due": None,
        "url": case.url,
        "approve_url": "",
    }


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, send back or delegate one decision; the loser of a race is told who was first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    decision, comment = request.POST.get("decision", ""), request.POST.get("comment", "")
    try:
        if decision == "approve":
            approval.approve(pk, by=actor, comment=comment)
            messages.success(request, _("Approved."))
        elif decision == "send_back":
            approval.send_back(pk, by=actor, comment=comment)
            messages.success(request, _("Sent back."))
        elif decision == "delegate":
            user = get_user_model().objects.filter(username=request.POST.get("to", "").strip(), is_active=True).first()
            if user is None:
                raise ValidationError(_("There is no such account to delegate to."))
            approval.delegate(pk, by=actor, user_id=user.pk, comment=comment)
            messages.success(request, _("Delegated."))
        else:
            messages.error(request, _("Choose what to decide."))
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect("inbox")


@require_POST
def decide_many(request: HttpRequest) -> HttpResponse:
    """Approve a batch: each by itself, with one answer that says which were not possible."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    done, refused = 0, []
    for pk in request.POST.getlist("item"):
        try:
            approval.approve(int(pk), by=actor, comment=request.POST.get("comment", ""))
            done += 1
        except (ValidationError, ValueError) as error:
            refused.append("；".join(getattr(error, "messages", [str(error)])))
    if done:
        messages.success(request, _("%(count)s approved.") % {"count": done})
    if refused:
        messages.error(request, "；".join(refused[:5]))
    return redirect("inbox")
