"""Signatures on paper: told by the scan of the whole paper, or said by the clerk while the scan is still to come."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.agreements import actions, invitations, signing
from zhixing.agreements.models import Agreement, AgreementDocument, Signature, SignatureRequest
from zhixing.agreements.signing import LIVE, Channel, Method, State
from zhixing.kernel import events, links
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor


def _moment(signed_on: date) -> datetime:
    """Paper says the day, not the hour; ValidationError when the day is still to come."""
    if signed_on > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")
    return min(timezone.make_aware(datetime.combine(signed_on, time(12))), timezone.now())


def sign_on_paper(
    document: AgreementDocument, scan: AgreementDocument, *, by: Actor, signed_on: date, comment: str = ""
) -> list[SignatureRequest]:
    """The whole paper is back: those who sign on paper, and whose turn it is, have signed; returns their requests.

    Where one on paper follows another, both are on the same sheets. Whoever signs by link in between must do so first.
    """
    at = _moment(signed_on)
    signed: list[SignatureRequest] = []
    with transaction.atomic():
        agreement = Agreement._base_manager.select_for_update(of=("self",)).get(pk=document.agreement_id)
        if agreement.status != Agreement.Status.SIGNING:
            return signed
        more = {
            "scan": scan.verify_code,
            "scan_sha256": scan.sha256,
            "signed_on": signed_on.isoformat(),
            "recorded_by": by.name,
        }
        while True:
            turn = list(
                document.signature_requests.select_for_update(of=("self",))
                .filter(state=State.OPEN, channel=Channel.PAPER, archived_at=None)
                .order_by("order", "id")
            )
            if not turn or agreement.status != Agreement.Status.SIGNING:
                return signed
            for request in turn:
                signing.keep(agreement, request, by=by, method=Method.PAPER, at=at, more=more)
                signing.close(request, State.SIGNED)
                events.log(
                    agreement,
                    "signature_given",
                    by=by,
                    comment=comment,
                    data={"request": request.pk, "method": "paper", "scan": scan.pk},
                )
            signed += turn
            signing.go_on(agreement, document, by=by)


def _unscanned(by: Actor, signed_on: date) -> dict[str, Any]:
    """What the evidence says of a signature that only the clerk has seen: who says so, and that the scan is missing."""
    return {"scan": "", "scan_sha256": "", "signed_on": signed_on.isoformat(), "recorded_by": by.name}


def _record(
    agreement: Agreement, request: SignatureRequest, *, by: Actor, at: datetime, signed_on: date, comment: str
) -> Signature:
    request.channel = Channel.PAPER
    request.opened_at = request.opened_at or timezone.now()
    signing.close(request, State.SIGNED)
    signature = signing.keep(agreement, request, by=by, method=Method.PAPER, at=at, more=_unscanned(by, signed_on))
    links.revoke(links.of_record(request, invitations.SIGN))
    data = {"request": request.pk, "method": "paper", "party": request.party.name, "scan": None}
    events.log(agreement, "signature_given", by=by, comment=comment, data=data)
    return signature


def record_one(request: SignatureRequest, *, by: Actor, signed_on: date, comment: str = "") -> None:
    """Whoever was asked has signed on paper: chained like any other signature, its scan to follow."""
    at = _moment(signed_on)
    with transaction.atomic():
        agreement, fresh = signing.lock(request)
        signing.refuse_closed(agreement, fresh)
        if not by.can_on(fresh, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        _record(agreement, fresh, by=by, at=at, signed_on=signed_on, comment=comment)
        signing.go_on(agreement, fresh.document, by=by)
    request.refresh_from_db()


def record_all(agreement: Agreement, *, by: Actor, signed_on: date, comment: str = "") -> None:
    """Everybody who has not signed otherwise has signed on paper; then the agreement is in force.

    Each hangs in the same chain of evidence as every other signature, with who recorded it and that the scan is missing.
    """
    at = _moment(signed_on)
    with transaction.atomic():
        locked = Agreement._base_manager.select_for_update(of=("self",)).get(pk=agreement.pk)
        actions.needs(locked, Agreement.Status.APPROVED, Agreement.Status.SIGNING)
        if not by.can_on(locked, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        document = actions.final_document(locked, by=by)
        asked = document.signature_requests.filter(archived_at=None, state__in=(*LIVE, State.SIGNED))
        known = {request.party_id: request for request in asked.select_related("party")}
        for order, party in enumerate(locked.parties.filter(archived_at=None).order_by("order"), 1):
            request = known.get(party.pk) or SignatureRequest(
                agreement=locked,
                document=document,
                party=party,
                order=order,
                signer_name=(party.signatory or party.name)[:80],
            )
            if request.state != State.SIGNED:
                _record(locked, request, by=by, at=at, signed_on=signed_on, comment=comment)
        actions.enforce(agreement, by=by, signed_on=signed_on, comment=comment)
        from zhixing.agreements import jobs

        jobs.seal_soon(document)
