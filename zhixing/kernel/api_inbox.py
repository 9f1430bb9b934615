"""The inbox for programs: what waits for the caller's decision, and deciding it, by the functions of the inbox's own page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.kernel import approval
from zhixing.kernel.api import answer, body_of, known, takes
from zhixing.kernel.models import ApprovalStation
from zhixing.kernel.scope import Actor

DECISIONS = ("approve", "send_back", "delegate")
_WORDS = {"type": "string"}
_SCHEMA = takes("decision", decision={"type": "string", "enum": list(DECISIONS)}, comment=_WORDS, to=_WORDS)


def _told(station: ApprovalStation) -> dict[str, Any]:
    """A station as a program reads it; `id` is what a decision names."""
    case = station.case
    return {
        "id": station.pk,
        "type": case.record_type,
        "record": case.record_id,
        "title": case.label,
        "role": station.role,
        "state": station.state,
        "case_state": case.state,
        "submitted_by": case.submitted_by.get_full_name() if case.submitted_by else "",
        "submitted_at": case.submitted_at,
        "reached_at": station.reached_at,
        "idle_days": station.idle_days,
    }


def _decide(pk: int, actor: Actor, given: dict[str, Any]) -> None:
    comment = str(given.get("comment") or "")
    match given.get("decision"):
        case "approve":
            approval.approve(pk, by=actor, comment=comment)
        case "send_back":
            approval.send_back(pk, by=actor, comment=comment)
        case "delegate":
            to = get_user_model()._default_manager.filter(username=str(given.get("to") or ""), is_active=True).first()
            if to is None:
                raise ValidationError({"to": _("There is no such account to delegate to.")})
            approval.delegate(pk, by=actor, user_id=to.pk, comment=comment)
        case _:
            raise ValidationError({"decision": _("Choose what to decide.")})


def operations(router: Router) -> None:
    """`GET inbox` and `POST inbox/{id}`."""

    @router.get("/inbox", operation_id="inbox", url_name="inbox", response={200: None}, tags=["inbox"])
    def inbox(request: HttpRequest) -> HttpResponse:
        """What waits for the caller's decision, the longest waiting first."""
        return answer({"items": [_told(station) for station in approval.inbox(request.actor)[:500]]})  # type: ignore[attr-defined]

    @router.post(
        "/inbox/{int:id}",
        operation_id="decide",
        url_name="decide",
        response={200: None},
        tags=["inbox"],
        openapi_extra=_SCHEMA,
    )
    def decide(request: HttpRequest, id: int) -> HttpResponse:
        """Approve, send back with a comment, or delegate to the account `to` with one."""
        if not ApprovalStation.objects.filter(pk=id).exists():
            raise Http404
        given = body_of(request)
        known(given, ("decision", "comment", "to"))
        _decide(id, request.actor, given)  # type: ignore[attr-defined]
        return answer(_told(ApprovalStation.objects.select_related("case__submitted_by__person").get(pk=id)))
