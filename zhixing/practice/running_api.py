"""What programs, and the page on a student's phone, do beside the registers: hand in a week, evaluate, complain (D-41, D-42)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.kernel.api import Refused, answer, body_of, known, takes
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import words
from zhixing.practice import running_actions as actions
from zhixing.practice import running_papers as papers
from zhixing.practice import running_weeks as weeks
from zhixing.practice.placements import Placement
from zhixing.practice.running_cases import Complaint
from zhixing.practice.running_results import Evaluation

_FIELDS = (
    "placement",
    "monday",
    "hours",
    "mood",
    "text",
    "client_id",
    "written_at",
    "code",
    "device",
    "longitude",
    "latitude",
)


_WEEK = takes(
    placement={"type": "integer"},
    monday={"type": "string", "format": "date"},
    hours={"type": "number"},
    mood={"type": "integer"},
    text={"type": "string"},
    client_id={"type": "string", "format": "uuid"},
    written_at={"type": "string", "format": "date-time"},
    code={"type": "string"},
    device={"type": "string"},
    longitude={"type": ["number", "null"]},
    latitude={"type": ["number", "null"]},
)
_EVALUATION = takes(
    placement={"type": "integer"},
    text={"type": "string"},
    **{scale: {"type": "integer"} for scale in Evaluation.SCALES},
)
_PAPER: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "what": {"type": "string", "enum": papers.Brought.values},
                        "day": {"type": "string", "format": "date"},
                        "title": {"type": "string"},
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                    "required": ["what", "day", "files"],
                }
            }
        },
    }
}
_COMPLAINT = takes(
    placement={"type": ["integer", "null"]},
    subject={"type": "string"},
    text={"type": "string"},
    phone={"type": "string"},
)


def own(actor: Actor, pk: Any) -> Placement:
    """A placement of the caller's own; 404 when it is somebody else's."""
    rows = Placement.objects.filter(student__person=actor.person_id or 0, archived_at=None)
    found = rows.filter(pk=pk).select_related("student", "post__organisation").first() if isinstance(pk, int) else None
    if found is None:
        raise Http404
    return found


def student(actor: Actor, capability: str) -> None:
    if not actor.can(weeks.OWN, capability) or actor.person_id is None:
        raise PermissionDenied(_("This page is for students."))


def refuse(error: ValidationError) -> Refused:
    """The refusal with its words at each field."""
    if hasattr(error, "error_dict"):
        fields = {name: [{"message": text} for text in texts] for name, texts in error.message_dict.items()}
        return Refused(422, fields)
    return Refused(422, {"__all__": [{"message": text} for text in error.messages]})


def operations(router: Router) -> None:
    """`my-week`, `my-papers`, `my-evaluation` and `my-complaint`."""

    @router.get("/practice/my-week", operation_id="my_week", url_name="my_week", response={200: None})
    def my_week(request: HttpRequest) -> HttpResponse:
        """The caller's running placement and its last weeks; what a phone keeps for when there is no network."""
        return answer(weeks.state_of(weeks.placement_of(request.actor)))  # type: ignore[attr-defined]

    @router.post(
        "/practice/my-week",
        operation_id="hand_in_week",
        url_name="hand_in_week",
        response={200: None},
        openapi_extra=_WEEK,
    )
    def hand_in(request: HttpRequest) -> HttpResponse:
        """Hand in a week. `client_id` is made by the sender: what is sent again with the same is there once."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student(actor, "add")
        given = body_of(request)
        known(given, _FIELDS)
        try:
            kept = weeks.hand_in(weeks.read(given, timezone.now()), by=actor)
        except ValidationError as error:
            raise refuse(error) from error
        return answer({"entry": kept.entry, "fresh": kept.fresh, "code": kept.code})

    @router.get("/practice/my-papers", operation_id="my_papers", url_name="my_papers", response={200: None})
    def my_papers(request: HttpRequest) -> HttpResponse:
        """What the archive of the caller's placement holds of each kind, and what the caller brought, the latest first."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student(actor, "view")
        placement = weeks.placement_of(actor)
        mine = papers.mine(placement) if placement else None
        brought = [
            {
                "id": item["row"].pk,
                "title": item["row"].title,
                "day": item["row"].handed_on,
                "files": [file.name for file in item["files"]],
                # Only pay slips and pieces of work are signs of presence: waiting, vouched or doubted; of others this is null.
                "state": item["state"] or None,
            }
            for item in (mine.brought if mine else ())
        ]
        held = [{"label": str(one["label"]), "held": one["found"]} for one in (mine.papers if mine else ())]
        return answer({"archive": held, "complete": mine.complete if mine else None, "brought": brought})

    @router.post(
        "/practice/my-papers",
        operation_id="bring_paper",
        url_name="bring_paper",
        response={200: None},
        openapi_extra=_PAPER,
    )
    def bring_paper(request: HttpRequest) -> HttpResponse:
        """Bring a pay slip, a piece of work or a paper of the archive, as one to six pictures or files."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student(actor, "add")
        known(request.POST.dict(), ("what", "day", "title"))
        placement = weeks.placement_of(actor)
        try:
            if placement is None:
                raise ValidationError(_("No placement of yours runs."))
            row = papers.bring(
                placement,
                by=actor,
                what=request.POST.get("what", ""),
                day=papers.day_said(request.POST.get("day", "")),
                files=request.FILES.getlist("files"),
                title=words(request.POST.get("title"), 160),
            )
        except ValidationError as error:
            raise refuse(error) from error
        return answer({"paper": row.pk, "sign": papers.is_sign(row)})

    @router.post(
        "/practice/my-evaluation",
        operation_id="evaluate_own",
        url_name="evaluate_own",
        response={200: None},
        openapi_extra=_EVALUATION,
    )
    def my_evaluation(request: HttpRequest) -> HttpResponse:
        """The caller's word about the own placement: four marks from 0 to 100, and words."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student(actor, "add")
        given = body_of(request)
        known(given, ("placement", "text", *Evaluation.SCALES))
        placement = own(actor, given.get("placement"))
        marks = {name: given[name] for name in Evaluation.SCALES if isinstance(given.get(name), int)}
        try:
            row = actions.evaluate(placement, "student", by=actor, marks=marks, text=words(given.get("text"), 2000))
        except ValidationError as error:
            raise refuse(error) from error
        return answer({"evaluation": row.pk})

    @router.post(
        "/practice/my-complaint",
        operation_id="complain",
        url_name="complain",
        response={200: None},
        openapi_extra=_COMPLAINT,
    )
    def my_complaint(request: HttpRequest) -> HttpResponse:
        """A complaint, for the office alone."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        student(actor, "add")
        given = body_of(request)
        known(given, ("placement", "subject", "text", "phone"))
        placement = own(actor, given["placement"]) if given.get("placement") is not None else None
        subject = given.get("subject")
        if subject not in Complaint.Subject.values:
            raise Refused(422, {"subject": [{"message": _("Say what it is about.")}]})
        try:
            row = actions.complain(
                by=actor,
                subject=subject,
                text=words(given.get("text"), 2000),
                placement=placement,
                contact_phone=words(given.get("phone"), 40),
            )
        except ValidationError as error:
            raise refuse(error) from error
        return answer({"number": row.number})
