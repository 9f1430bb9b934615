"""The allocation by program: one plan, or several together (D-41)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.kernel import progress
from zhixing.kernel.api import Refused, answer, body_of, known, takes
from zhixing.kernel.models import Progress
from zhixing.practice import allocation_asking as asking
from zhixing.practice import allocation_jobs
from zhixing.practice.allocation_facts import CLASSES, MAJORS
from zhixing.practice.allocations import TYPE, AllocationRun, key_of
from zhixing.practice.plans import PracticePlan

_MODES, _FAIR = ("optimal", "stable"), ("", MAJORS, CLASSES)
_TAKEN = takes(
    "plans",
    plans={"type": "array", "items": {"type": "string"}, "minItems": 1},
    mode={"type": "string", "enum": list(_MODES)},
    fair={"type": "string", "enum": list(_FAIR)},
    adopt={"type": "boolean"},
    comment={"type": "string"},
)
# What this work is called among the jobs, and when it is not over.
KIND = "allocate_named"
GOING = (Progress.State.WAITING, Progress.State.RUNNING)


def operations(router: Router) -> None:
    """`allocations`."""

    @router.post(
        "/practice/allocations",
        operation_id="allocate",
        url_name="allocate",
        response={200: None, 202: None},
        openapi_extra=_TAKEN,
    )
    def allocate(request: HttpRequest) -> HttpResponse:
        """Find out who gets which post in plans named by their codes; placed only with `adopt`. Several are allocated together.

        It is work that `job` names and `id` asks about; 202 while it goes on.
        """
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.can(TYPE):
            raise PermissionDenied(_("Your role does not include this."))
        given = body_of(request)
        known(given, ("plans", "mode", "fair", "adopt", "comment"))
        asked = _asked(given)
        try:
            plans = asking.ready(asked.pop("plans"), actor, commit=asked["adopt"])
        except asking.Unknown as unknown:
            raise Http404(_("There is no plan “%(name)s” that you may allocate.") % {"name": unknown}) from unknown
        except ValidationError as refused:
            raise Refused(422, {"": [{"message": text} for text in refused.messages]}) from refused
        keys = [plan.pk for plan in plans]
        back = allocation_jobs.page_of(keys)
        job = allocation_jobs.allocate_named
        row = progress.start(
            KIND, _title(plans), actor.user_id, job, back=back, plans=keys, user=actor.user_id, **asked
        )
        return answer(_told(row), 202 if row.state in GOING else 200)

    @router.get(
        "/practice/allocations/{int:id}", operation_id="allocation", url_name="allocation", response={200: None}
    )
    def allocation(request: HttpRequest, id: int) -> HttpResponse:
        """How far an allocation is that the caller asked for, and once it is done who gets which post."""
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.can(TYPE):
            raise PermissionDenied(_("Your role does not include this."))
        row = Progress.objects.filter(kind=KIND, user_id=actor.user_id or 0, pk=id).first()
        if row is None:
            raise Http404
        told = _told(row)
        if row.state == Progress.State.DONE:
            plans = PracticePlan.objects.filter(pk__in=row.params["plans"]).visible_to(actor, "change")  # type: ignore[attr-defined]
            run = AllocationRun.objects.filter(key=key_of(plans), mode=row.params["mode"]).first()
            if run is None:
                raise Http404
            told |= asking.kept(run)
        return answer(told)


def _told(row: Progress) -> dict[str, Any]:
    """What is said of an allocation that goes on: its page, its state, how far it is."""
    names = ("state", "message", "done", "total")
    return {"id": row.pk, "job": progress.url_of(row), **{name: getattr(row, name) for name in names}}


def _title(plans: list[PracticePlan]) -> str:
    if len(plans) == 1:
        return _("Allocate “%(plan)s”") % {"plan": plans[0].title}
    return _("Allocate %(majors)s together") % {"majors": "、".join(plan.major.name for plan in plans)}


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, looked through; 422 names what is none of the values."""
    plans, comment = given.get("plans"), given.get("comment", "")
    faults = {}
    if not isinstance(plans, list) or not plans or not all(isinstance(code, str) for code in plans):
        faults["plans"] = _("Name the plans by their codes.")
    for name, values in (("mode", _MODES), ("fair", _FAIR)):
        if given.get(name, values[0]) not in values:
            faults[name] = _("One of: %(values)s.") % {"values": "、".join(value or "“”" for value in values)}
    if not isinstance(given.get("adopt", False), bool):
        faults["adopt"] = _("True or false.")
    if not isinstance(comment, str):
        faults["comment"] = _("Words are asked for.")
    if faults:
        raise Refused(422, {name: [{"message": text}] for name, text in faults.items()})
    return {
        "plans": plans,
        "mode": given.get("mode", "optimal"),
        "fair": given.get("fair", ""),
        "adopt": given.get("adopt", False),
        "comment": comment,
    }
