"""The allocation by program: one plan, or several together (D-41)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.kernel.api import Refused, answer, body_of, known, takes
from zhixing.practice import allocation_asking as asking
from zhixing.practice.allocation_actions import TYPE
from zhixing.practice.allocation_facts import CLASSES, MAJORS

_MODES, _FAIR = ("optimal", "stable"), ("", MAJORS, CLASSES)
_TAKEN = takes(
    "plans",
    plans={"type": "array", "items": {"type": "string"}, "minItems": 1},
    mode={"type": "string", "enum": list(_MODES)},
    fair={"type": "string", "enum": list(_FAIR)},
    adopt={"type": "boolean"},
    comment={"type": "string"},
)


def operations(router: Router) -> None:
    """`allocations`."""

    @router.post(
        "/practice/allocations",
        operation_id="allocate",
        url_name="allocate",
        response={200: None},
        openapi_extra=_TAKEN,
    )
    def allocate(request: HttpRequest) -> HttpResponse:
        """Who gets which post in plans named by their codes; placed only with `adopt`. Several are allocated together."""
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.can(TYPE):
            raise PermissionDenied(_("Your role does not include this."))
        given = body_of(request)
        known(given, ("plans", "mode", "fair", "adopt", "comment"))
        asked = _asked(given)
        try:
            found, _optimal = asking.decide(asked.pop("plans"), actor, **asked)
        except asking.Unknown as unknown:
            raise Http404(_("There is no plan “%(name)s” that you may allocate.") % {"name": unknown}) from unknown
        except ValidationError as refused:
            raise Refused(422, {"": [{"message": text} for text in refused.messages]}) from refused
        return answer(found)


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
        "commit": given.get("adopt", False),
        "comment": comment,
    }
