"""The guardian's word on the guardian's own page: read, then yes or no, and taken back whenever they wish (I-16)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from zhixing.kernel import links
from zhixing.kernel.models import OutsideLink
from zhixing.practice import consent_actions
from zhixing.practice.placements import Consent, Placement

ACTS = ("give", "refuse", "withdraw")


def of_guardian(placement: Placement) -> Consent | None:
    return Consent.objects.filter(placement=placement, party=Consent.Party.GUARDIAN, archived_at=None).first()


def act(request: HttpRequest, link: OutsideLink, placement: Placement) -> str:
    """Do what the guardian's button says; returns the act, empty where the form is about something else.

    The link stays alive: whoever consented may look again and may withdraw. Raises ValidationError with a refusal.
    """
    do = request.POST.get("do", "")
    if do not in ACTS:
        return ""
    consent = of_guardian(placement)
    if consent is None:
        raise ValidationError(_("The college has not asked for your consent yet."), code="not_asked")
    by, reason = links.actor_of(link), request.POST.get("reason", "")
    if do == "give":
        consent_actions.give(consent, by=by, name=link.name)
    elif do == "refuse":
        consent_actions.refuse(consent, by=by, comment=reason, name=link.name)
    else:
        consent_actions.withdraw(consent, by=by, comment=reason, name=link.name)
    return do


def card(request: HttpRequest, placement: Placement, fault: str = "") -> str:
    """The part of the page that asks, or says what was answered; nothing where nobody is asked."""
    consent = of_guardian(placement)
    if consent is None:
        return ""
    context: dict[str, Any] = {
        "consent": consent,
        "placement": placement,
        "reason": request.POST.get("reason", ""),
        "fault": fault if request.POST.get("do") in ACTS else "",
    }
    return render_to_string("practice/_consent.html", context, request=request)
