"""Signing as it is seen on an agreement's page and on a request's own: with whom the ball is, since when, and what to press."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from zhixing.agreements import codes, signing
from zhixing.agreements.models import Agreement, AgreementDocument, SignatureRequest
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for

State, Channel = SignatureRequest.State, SignatureRequest.Channel


def _row(ask: SignatureRequest, actor: Actor, may_change: bool) -> dict[str, Any]:
    since = ask.closed_at if ask.state == State.SIGNED else ask.opened_at
    is_open = ask.state == State.OPEN and ask.agreement.status == Agreement.Status.SIGNING
    sheet = sheet_for(SignatureRequest)
    return {
        "ask": ask,
        "since": timezone.localtime(since) if since else None,
        "days": (timezone.now() - since).days if since and is_open else None,
        "is_open": is_open,
        "where": [codes.masked(channel, address) for channel, address in codes.ways(ask)],
        "sign_url": reverse("signing-inside", args=[ask.pk]) if is_open and signing.may_sign_inside(ask, actor) else "",
        "link_url": sheet.url("act", ask.pk, key="link")
        if sheet and is_open and may_change and ask.channel == Channel.LINK
        else "",
        "url": sheet.url("detail", ask.pk) if sheet and actor.can(SignatureRequest) else "",
    }


def signing_panel(agreement: Agreement, actor: Actor) -> str:
    """Everybody who was asked under the latest text, in order: who has signed, whose turn it is, and since when."""
    latest = (
        agreement.signature_requests.filter(archived_at=None)
        .order_by("-pk")
        .values_list("document_id", flat=True)
        .first()
    )
    if latest is None:
        return ""
    rows = list(
        agreement.signature_requests.filter(document=latest, archived_at=None)
        .select_related("agreement", "party__student", "document")
        .order_by("order", "id")
    )
    may_change = actor.can_on(agreement, "change")
    document = rows[0].document
    signed = document.derived.filter(kind=AgreementDocument.Kind.SIGNED, archived_at=None).order_by("-pk").first()
    context = {
        "agreement": agreement,
        "rows": [_row(row, actor, may_change) for row in rows],
        "text_url": reverse("agreement-file", args=[document.pk]) if actor.can(AgreementDocument) else "",
        "signed_url": reverse("agreement-file", args=[signed.pk]) if signed and actor.can(AgreementDocument) else "",
        "paper_out": any(row.channel == Channel.PAPER and row.state == State.OPEN for row in rows) and may_change,
    }
    return render_to_string("agreements/_signing_panel.html", context)
