"""One inbox for all approvals, and the decisions taken there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhixing.kernel import approval
from zhixing.kernel.forms import PickerField, candidates, comment_field
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
            "delegate_url": reverse("delegate", args=[station.pk]),
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
        "delegate_url": "",
    }


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or send back one decision; the loser of a race is told who was first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    decision, comment = request.POST.get("decision", ""), request.POST.get("comment", "")
    try:
        if decision == "approve":
            approval.approve(pk, by=actor, comment=comment)
            messages.success(request, _("Approved."))
        elif decision == "send_back":
            approval.send_back(pk, by=actor, comment=comment)
            messages.success(request, _("Sent back."))
        else:
            messages.error(request, _("Choose what to decide."))
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect("inbox")


class DelegateForm(forms.Form):
    """To whom, and why; of people only those whom the reader may see."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        person = get_user_model()._meta.get_field("person").related_model
        label = gettext_lazy("Who decides instead")
        self.fields["to"] = PickerField(candidates(person, actor), label=label)
        self.fields["comment"] = comment_field(required=True)


@require_http_methods(["GET", "POST"])
def delegate(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand one decision of mine to a colleague: pick the person, say why."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    station = get_object_or_404(approval.inbox(actor), pk=pk)
    form = DelegateForm(request.POST if request.method == "POST" else None, actor=actor)
    if request.method == "POST" and form.is_valid():
        to = get_user_model()._default_manager.filter(person=form.cleaned_data["to"]).first()
        try:
            approval.delegate(pk, by=actor, user_id=to.pk if to else 0, comment=form.cleaned_data["comment"])
        except ValidationError as refused:
            form.add_error(None if refused.code in {"gone", "decided", "forbidden"} else "to", refused.messages)
        else:
            messages.success(request, _("Delegated to %(name)s.") % {"name": form.cleaned_data["to"]})
            return redirect("inbox")
    context = {
        "action": {
            "label": _("Delegate"),
            "icon": "users",
            "help": _("This one decision only. They get a notice; the record keeps who handed it on and why."),
        },
        "record_title": station.case.label,
        "form": form,
        "cancel_url": station.case.url,
        "crumbs": [
            {"label": _("To do"), "url": reverse("inbox")},
            {"label": station.case.label, "url": station.case.url},
        ],
    }
    return render(request, "kernel/act.html", context, status=422 if form.errors else 200)


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
