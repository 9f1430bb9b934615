"""One-time codes: whoever holds a link shows that they also hold the address or the telephone it was made out to."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from zhixing.agreements.models import SignatureRequest, SigningCode
from zhixing.kernel import gateways
from zhixing.kernel.fields import mask
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import OutsideLink

DIGITS = 6
MINUTES = 10
# A code is guessed with a chance of 5 in a million; then another must be asked for, of which there are few.
TRIES = 5
PAUSE = timedelta(seconds=60)
SENDINGS = 6
WINDOW = timedelta(hours=1)


def masked(channel: str, address: str) -> str:
    """Enough of an address to recognise it: 138****5678, w***@example.com."""
    if channel == gateways.SMS:
        return mask(address)
    name, _at, host = address.partition("@")
    return f"{name[:1]}***@{host}"


def ways(request: SignatureRequest) -> list[tuple[str, str]]:
    """How a signer can be sent a code: (channel, address), the telephone first."""
    found = []
    if request.signer_phone:
        found.append((gateways.SMS, request.signer_phone))
    if request.signer_email:
        found.append((gateways.EMAIL, request.signer_email))
    return found


def _digest(link: OutsideLink, code: str) -> str:
    return salted_hmac("zhixing.agreements.codes", f"{link.pk}:{code}", algorithm="sha256").hexdigest()


def send(link: OutsideLink, request: SignatureRequest, channel: str) -> tuple[SigningCode, str]:
    """Send a fresh code by one of the signer's ways; the ones before it stop working. Returns it with its digits.

    Raises FlowError when this way is not the signer's, or codes were asked for too often.
    """
    address = dict(ways(request)).get(channel)
    if not address:
        raise FlowError(_("There is no such way to send you a code."), code="no_way")
    now = timezone.now()
    with transaction.atomic():
        # Whoever presses twice waits here, and is told to wait.
        OutsideLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        recent = list(link.codes.filter(sent_at__gt=now - WINDOW).order_by("-sent_at"))  # type: ignore[attr-defined]
        if recent and recent[0].sent_at > now - PAUSE:
            wait = int((recent[0].sent_at + PAUSE - now).total_seconds()) + 1
            raise FlowError(
                _("A code was just sent. Ask for another in %(seconds)s seconds."),
                code="pause",
                params={"seconds": wait},
            )
        if len(recent) >= SENDINGS:
            raise FlowError(_("Too many codes were asked for. Try again in an hour."), code="too_many")
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        link.codes.filter(verified_at=None, expires_at__gt=now).update(expires_at=now)  # type: ignore[attr-defined]
        kept = SigningCode.objects.create(
            link=link,
            digest=_digest(link, code),
            channel=channel,
            sent_to=masked(channel, address),
            sent_at=now,
            expires_at=now + timedelta(minutes=MINUTES),
        )
        text = _(
            "Your code to sign “%(title)s” is %(code)s. It is valid for %(minutes)s minutes. Give it to nobody."
        ) % {
            "title": request.agreement.title[:40],
            "code": code,
            "minutes": MINUTES,
        }
        gateways.send_code(channel, address, text)
    return kept, code


def check(link: OutsideLink, typed: str) -> SigningCode:
    """The code that was sent last, now entered; raises FlowError in words when it is wrong, too old or tried too often."""
    digits = "".join(character for character in typed if character.isdigit())
    with transaction.atomic():
        kept = SigningCode.objects.select_for_update(of=("self",)).filter(link=link).order_by("-sent_at", "-pk").first()
        refusal = _refusal(kept, link, digits, timezone.now())
        if kept is not None and refusal is None:
            kept.verified_at = timezone.now()
            kept.save(update_fields=["verified_at"])
    # The counted try must stay counted: the refusal is raised after the transaction.
    if refusal is not None or kept is None:
        raise refusal or FlowError(_("Ask for a code first."), code="no_code")
    return kept


def _refusal(kept: SigningCode | None, link: OutsideLink, digits: str, now: datetime) -> FlowError | None:
    if kept is None:
        return FlowError(_("Ask for a code first."), code="no_code")
    if kept.verified_at is not None or kept.expires_at <= now:
        return FlowError(_("This code is no longer valid. Ask for a new one."), code="expired")
    if kept.tries >= TRIES:
        return FlowError(_("This code was tried too often. Ask for a new one."), code="tries")
    if not constant_time_compare(kept.digest, _digest(link, digits)):
        kept.tries += 1
        kept.save(update_fields=["tries"])
        left = TRIES - kept.tries
        return FlowError(_("The code is not right. Tries left: %(left)s."), code="wrong", params={"left": left})
    return None
