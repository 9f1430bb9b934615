"""What programs do with agreements beside the registers: what waits for the school's signature, and signing it together."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from zhixing.agreements import signing, together, together_jobs
from zhixing.kernel import progress
from zhixing.kernel.api import Refused, answer, body_of, known, takes
from zhixing.kernel.scope import Actor

_SIGN = takes(
    "requests",
    "typed",
    "agree",
    requests={"type": "array", "items": {"type": "integer"}},
    typed={"type": "string"},
    agree={"type": "boolean"},
)


def operations(router: Router) -> None:
    """`GET waiting-signatures` and `POST waiting-signatures`."""

    @router.get(
        "/agreements/waiting-signatures",
        operation_id="waiting_signatures",
        url_name="waiting_signatures",
        response={200: None},
    )
    def waiting(request: HttpRequest) -> HttpResponse:
        """待学校签署: the open requests that the caller may sign for the school."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if not actor.can(together.SCHOOL):
            raise PermissionDenied(_("Your role does not include this."))
        rows = together.waiting_for(actor).select_related("agreement__kind", "agreement__counterparty")
        return answer(
            {
                "items": [
                    {
                        "id": row.pk,
                        "agreement": row.agreement_id,
                        "number": row.agreement.number,
                        "title": row.agreement.title,
                        "kind": row.agreement.kind.code,
                        "counterparty": row.agreement.counterparty.name if row.agreement.counterparty else "",
                        "opened_at": row.opened_at,
                    }
                    for row in rows
                ],
                "consent": together.consent(),
            }
        )

    @router.post(
        "/agreements/waiting-signatures",
        operation_id="sign_together",
        url_name="sign_together",
        response={200: None},
        openapi_extra=_SIGN,
    )
    def sign(request: HttpRequest) -> HttpResponse:
        """批量签署: sign these requests for the school by the caller's own name; many are work that `job` names."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if not actor.can(together.SCHOOL, "approve"):
            raise PermissionDenied(_("Your role does not include this."))
        given = body_of(request)
        known(given, ("requests", "typed", "agree"))
        keys = given.get("requests")
        if not isinstance(keys, list) or not all(type(pk) is int and 0 < pk < 2**62 for pk in keys):
            raise Refused(422, {"requests": [{"message": _("Give the ids of the requests as a list.")}]})
        if given.get("agree") is not True:
            raise Refused(422, {"agree": [{"message": _("Tick that you have read the papers and agree.")}]})
        typed, keys = str(given.get("typed") or ""), sorted(set(keys))
        witness = signing.witness_of(request, together.consent())
        if len(keys) > together.AT_ONCE:
            together.refuse_name(typed, actor)
            row = together_jobs.sign_soon(keys, by=actor, typed=typed, witness=witness)
            return answer({"job": progress.url_of(row), "state": row.state, "message": row.message})
        found = together.sign_many(keys, by=actor, typed=typed, witness=witness)
        return answer({"done": found.done, "refused": found.refused})
