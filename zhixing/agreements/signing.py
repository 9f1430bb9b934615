"""Signing: any set of signers in any declared order, by link, inside or on paper, each exactly once.

Whoever changes anything holds the agreement's row first: of signing, refusing, handing on and returning at the same
moment one after the other gets through, and each sees what the one before did. A link is locked after the agreement.
"""

from __future__ import annotations

import base64
import binascii
import io
import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from zhixing.agreements import actions, codes, invitations, sealing
from zhixing.agreements.models import (
    Agreement,
    AgreementDocument,
    AgreementParty,
    PartyRole,
    Signature,
    SignatureRequest,
    SigningCode,
)
from zhixing.kernel import events, links
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Handed

logger = logging.getLogger(__name__)
State, Channel, Method = SignatureRequest.State, SignatureRequest.Channel, Signature.Method
LIVE = (State.WAITING, State.OPEN)
_MOST_INK_BYTES = 400_000


@dataclass(frozen=True)
class Signer:
    """One who is asked: for which party, by which channel, in which place (equal places sign side by side)."""

    party: AgreementParty
    channel: str
    order: int = 1
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Witness:
    """What was seen of a signing: network address, browser, the code that was entered, the sentence agreed to."""

    ip: str | None = None
    forwarded: str = ""
    user_agent: str = ""
    consent: str = ""
    code: SigningCode | None = None


def witness_of(request: HttpRequest, consent: str, code: SigningCode | None = None) -> Witness:
    """What is seen of whoever signs by this request, on a page or as a program."""
    return Witness(
        ip=request.META.get("REMOTE_ADDR") or None,
        forwarded=request.headers.get("X-Forwarded-For", "")[:200],
        user_agent=request.headers.get("User-Agent", "")[:300],
        consent=consent,
        code=code,
    )


# Asking -------------------------------------------------------------------------------------------------------------


def signers_of(agreement: Agreement) -> list[Signer]:
    """Whom the agreement's kind has sign, in its order, with what the parties' data say of them."""
    parties: dict[str, list[AgreementParty]] = {}
    for party in agreement.parties.filter(archived_at=None).order_by("order"):
        parties.setdefault(party.role, []).append(party)
    found = []
    for place, spec in enumerate(agreement.kind.signers, 1):
        for party in parties.get(spec["role"], ()):
            found.append(as_signer(party, spec["channel"], spec.get("order", place)))
    return found


def as_signer(party: AgreementParty, channel: str, order: int) -> Signer:
    """A party as it is asked when nobody says otherwise."""
    name = party.signatory or (party.person.name if party.person else "") or party.contact or party.name
    return Signer(party, channel, order, name, party.email, party.phone or "")


def _refuse_unreachable(signers: Iterable[Signer]) -> None:
    lost = [
        signer.party.name for signer in signers if signer.channel == Channel.LINK and not (signer.email or signer.phone)
    ]
    if lost:
        raise ValidationError(
            _("Signing by link needs an e-mail address or a phone for the code: %(names)s."),
            code="unreachable",
            params={"names": "、".join(lost)},
        )


def start(
    agreement: Agreement,
    document: AgreementDocument,
    *,
    by: Actor,
    signers: list[Signer] | None = None,
    due: date | None = None,
) -> list[SignatureRequest]:
    """Ask the signers for their signatures under `document`; those who come first are asked at once.

    Without `signers` the kind's are asked. Works in the caller's transaction, in which the agreement became “being
    signed”. Raises ValidationError when nobody signs, or a signer by link has neither address nor telephone.
    """
    asked = signers_of(agreement) if signers is None else signers
    if not asked:
        raise ValidationError(_("Nobody is to sign: add the parties first."), code="nobody")
    _refuse_unreachable(asked)
    made = []
    for signer in sorted(asked, key=lambda one: (one.order, one.party.order)):
        request = SignatureRequest(
            agreement=agreement,
            document=document,
            party=signer.party,
            order=signer.order,
            channel=signer.channel,
            signer_name=(signer.name or signer.party.name)[:80],
            signer_email=signer.email,
            signer_phone=signer.phone,
            due=due,
        )
        request.full_clean(validate_unique=False, validate_constraints=False)
        request.save()
        made.append(request)
    _open_next(agreement, document, by=by)
    return made


def _open_next(agreement: Agreement, document: AgreementDocument, *, by: Actor) -> None:
    """Ask those whose turn it is: the lowest place that is still live, all of it at once."""
    live = list(document.signature_requests.filter(state__in=LIVE, archived_at=None).order_by("order", "id"))
    if not live:
        return
    for request in live:
        if request.order == live[0].order and request.state == State.WAITING:
            request.state, request.opened_at = State.OPEN, timezone.now()
            request.save()
            invitations.invite(request, agreement, by=by)


# What the signer does -----------------------------------------------------------------------------------------------


def may_sign_inside(request: SignatureRequest, actor: Actor) -> bool:
    """Whether an account may sign here: the person named by the party, else, for the school, its leader or who approves."""
    party = request.party
    if actor.person_id is None:
        return False
    if party.person_id is not None:
        return party.person_id == actor.person_id
    if party.role == PartyRole.STUDENT and party.student is not None:
        return party.student.person_id == actor.person_id
    if party.role != PartyRole.SCHOOL:
        return False
    return "leader" in actor.roles or actor.can_on(request.agreement, "approve")


def lock(request: SignatureRequest) -> tuple[Agreement, SignatureRequest]:
    """The agreement's row first, then the request's: of all who press at once one gets through."""
    agreement = Agreement._base_manager.select_for_update(of=("self",)).get(pk=request.agreement_id)
    fresh = SignatureRequest._base_manager.select_for_update(of=("self",)).get(pk=request.pk)
    return agreement, fresh


def refuse_closed(agreement: Agreement, request: SignatureRequest) -> None:
    """Say in words why nothing can be done any more; an open request of an agreement being signed passes."""
    if request.state == State.SIGNED:
        at = timezone.localtime(request.closed_at) if request.closed_at else None
        raise FlowError(
            _("This was already signed on %(at)s. Nothing more is needed."),
            code="signed",
            params={"at": f"{at:%Y-%m-%d %H:%M}" if at else ""},
        )
    if request.state == State.DELEGATED:
        raise FlowError(_("This request was handed on to somebody else."), code="delegated")
    if request.state == State.WAITING:
        raise FlowError(_("It is not your turn yet: others sign before you."), code="waiting")
    if request.state != State.OPEN or agreement.status != Agreement.Status.SIGNING:
        raise FlowError(_("This request was withdrawn: the agreement went back to its editor."), code="withdrawn")


def _using(link: OutsideLink | None) -> AbstractContextManager[Any]:
    return links.consume(link) if link is not None else nullcontext()


def ink(data_url: str) -> bytes:
    """A drawn signature as PNG, from what the page's canvas sent; ValidationError when nothing was drawn."""
    head, _comma, body = data_url.partition(",")
    try:
        if head != "data:image/png;base64" or len(body) > _MOST_INK_BYTES:
            raise ValueError
        content = base64.b64decode(body, validate=True)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            if picture.width * picture.height > 4_000_000:
                raise ValueError
            drawn = picture.convert("RGBA")
    except (ValueError, binascii.Error, UnidentifiedImageError, OSError) as error:
        raise ValidationError(_("The drawn signature did not arrive. Please draw it again."), code="no_ink") from error
    # Ink is what is opaque and dark; a dot is no signature.
    box = drawn.getchannel("A").point(lambda alpha: 255 if alpha > 60 else 0).getbbox()
    if box is None or box[2] - box[0] < drawn.width * 0.08:
        raise ValidationError(_("Please draw your signature in the field."), code="no_ink")
    out = io.BytesIO()
    drawn.crop(box).save(out, "PNG", optimize=True)
    return out.getvalue()


def same_name(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def sign(
    request: SignatureRequest,
    *,
    by: Actor,
    method: str,
    name: str = "",
    image: bytes = b"",
    link: OutsideLink | None = None,
    witness: Witness | None = None,
) -> Signature:
    """Put one signature under the document, with its evidence, exactly once; the last one puts the agreement in force.

    `method` is drawn (with `image`, PNG) or typed (with `name`, as it stands in the request). By link, `witness` names
    the entered code. Raises FlowError in words when somebody was quicker or the request is closed.
    """
    with transaction.atomic():
        agreement, fresh = lock(request)
        refuse_closed(agreement, fresh)
        if link is None and not may_sign_inside(fresh, by):
            raise FlowError(_("This signature is not yours to give."), code="forbidden")
        # Who signs in the place of whoever was named signs inside with their own name.
        own = link is None and same_name(name, by.name)
        if method == Method.TYPED and not own and not same_name(name, fresh.signer_name):
            raise ValidationError(
                _("Type your name as it stands here: %(name)s."), code="name", params={"name": fresh.signer_name}
            )
        if method == Method.DRAWN and not image:
            raise ValidationError(_("Please draw your signature in the field."), code="no_ink")
        document = fresh.document
        if sha256(document.bytes()).hexdigest() != document.sha256:
            logger.error("document %s is no longer what was asked to be signed", document.pk)
            raise FlowError(
                _("The stored document was changed. Nothing was signed; the college was told."), code="changed"
            )
        with _using(link):
            signature = keep(agreement, fresh, by=by, method=method, name=name, image=image, link=link, witness=witness)
            close(fresh, State.SIGNED)
            events.log(
                agreement,
                "signature_given",
                by=by,
                data={"request": fresh.pk, "method": method, "party": fresh.party.name},
            )
            go_on(agreement, document, by=by)
        links.revoke(links.of_record(fresh, invitations.SIGN))
    request.refresh_from_db()
    return signature


def keep(
    agreement: Agreement,
    request: SignatureRequest,
    *,
    by: Actor,
    method: str,
    name: str = "",
    image: bytes = b"",
    link: OutsideLink | None = None,
    witness: Witness | None = None,
    at: datetime | None = None,
    more: dict[str, Any] | None = None,
) -> Signature:
    """Write one signature with its evidence, chained to the one before; works on rows that the caller holds locked."""
    seen = witness or Witness()
    moment = at or timezone.now()
    before = _of_agreement(agreement).last()
    evidence: dict[str, Any] = {
        "agreement": agreement.pk,
        "request": request.pk,
        "party": request.party.name,
        "role": request.party.role,
        "name": name or request.signer_name,
        "method": method,
        "at": moment.isoformat(),
        "ip": seen.ip,
        "forwarded": seen.forwarded,
        "user_agent": seen.user_agent,
        "consent": seen.consent,
        "document": request.document.verify_code,
        "document_sha256": request.document.sha256,
        "image_sha256": sha256(image).hexdigest() if image else "",
        "link": link.pk if link else None,
        "account": by.user_id,
        **(more or {}),
    }
    if seen.code is not None and seen.code.verified_at is not None:
        evidence |= {
            "code_sent_to": seen.code.sent_to,
            "code_sent_at": seen.code.sent_at.isoformat(),
            "code_verified_at": seen.code.verified_at.isoformat(),
        }
    # Each signature names the one before it: none can be taken out or changed without the rest telling.
    evidence["previous"] = before.evidence.get("hash", "") if before else ""
    evidence["hash"] = sha256(sealing.canonical(evidence)).hexdigest()
    signature = Signature(
        request=request,
        method=method,
        name=(name or request.signer_name)[:80],
        at=moment,
        ip=seen.ip,
        user_agent=seen.user_agent[:300],
        document_sha256=request.document.sha256,
        evidence=evidence,
    )
    if image:
        signature.image.save(f"{request.pk}.png", ContentFile(image), save=False)
    signature.save(force_insert=True)
    return signature


def _of_agreement(agreement: Agreement) -> QuerySet[Signature]:
    return Signature.objects.filter(request__agreement=agreement).order_by("pk")


def broken_evidence(agreement: Agreement) -> list[Signature]:
    """Signatures whose evidence, or whose place behind the one before, is no longer as it was written; empty is good."""
    broken, previous = [], ""
    for signature in _of_agreement(agreement):
        said = dict(signature.evidence)
        kept = said.pop("hash", "")
        whole = (
            sha256(sealing.canonical(said)).hexdigest() == kept
            and said.get("previous", "") == previous
            and said.get("document_sha256") == signature.document_sha256
            and said.get("name") == signature.name
        )
        if not whole:
            broken.append(signature)
        previous = kept
    return broken


def close(request: SignatureRequest, state: str, reason: str = "") -> None:
    """Nothing more is asked by this request."""
    request.state, request.closed_at, request.reason = state, timezone.now(), reason
    request.save()


def go_on(agreement: Agreement, document: AgreementDocument, *, by: Actor) -> None:
    """Ask the next; when nobody is left, the agreement comes into force and the signed text is sealed."""
    if document.signature_requests.filter(state__in=LIVE, archived_at=None).exists():
        _open_next(agreement, document, by=by)
        return
    moments = Signature.objects.filter(request__document=document).values_list("at", flat=True)
    last = max(timezone.localtime(moment).date() for moment in moments)
    try:
        with transaction.atomic():
            actions.enforce(agreement, by=by.as_system(), signed_on=last)
    except ValidationError as refused:
        # A signature that was given is not lost because the agreement cannot begin: its keeper is told why.
        invitations.tell_keeper_stuck(agreement, "；".join(refused.messages))
    from zhixing.agreements import jobs

    jobs.seal_soon(document)


def consent(request: SignatureRequest) -> str:
    """The sentence that a signer agrees to; kept with the signature as it was shown."""
    return _(
        "I have read “%(title)s”, I may sign it for %(party)s, and I agree that my electronic signature has the same "
        "effect as one on paper."
    ) % {"title": request.agreement.title, "party": request.party.name}


def sign_inside(request: SignatureRequest, *, by: Actor, typed: str, agree: bool = True) -> None:
    """Sign as somebody of the college does through a program: by the typed name, agreeing to the sentence."""
    if not agree:
        raise ValidationError(_("Tick that you have read the paper and agree."), code="consent")
    sign(request, by=by, method=Method.TYPED, name=typed.strip(), witness=Witness(consent=consent(request)))


def refuse_inside(request: SignatureRequest, *, by: Actor, comment: str = "") -> None:
    """Refuse as somebody of the college, with the reason."""
    refuse(request, by=by, reason=comment)


def refuse(
    request: SignatureRequest,
    *,
    by: Actor,
    reason: str,
    link: OutsideLink | None = None,
    witness: Witness | None = None,
) -> None:
    """A signer will not sign: the reason returns the agreement to its editor, and what others were asked is void."""
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Say why: a reason is required."), code="comment_required")
    with transaction.atomic():
        agreement, fresh = lock(request)
        refuse_closed(agreement, fresh)
        if link is None and not may_sign_inside(fresh, by):
            raise FlowError(_("This signature is not yours to give."), code="forbidden")
        with _using(link):
            close(fresh, State.REFUSED, reason)
            seen = witness or Witness()
            data = {"request": fresh.pk, "party": fresh.party.name, "ip": seen.ip, "user_agent": seen.user_agent[:300]}
            events.log(agreement, "signing_refused", by=by, comment=reason, data=data)
        # The link is used up by now, so that giving back, which closes all others, leaves it as it is.
        said = _("%(who)s did not sign: %(reason)s") % {"who": fresh.signer_name, "reason": reason}
        actions.give_back(agreement, by=by.as_system(), comment=said)
        invitations.tell_keeper_refused(agreement, fresh, reason)
    request.refresh_from_db()


def revoke_links(agreement: Agreement) -> int:
    """Close every link by which somebody was asked to sign this agreement; returns how many."""
    keys = agreement.signature_requests.values("pk")
    rows = OutsideLink.objects.filter(purpose=invitations.SIGN, record_type=invitations.TYPE, record_id__in=keys)
    return links.revoke(rows)


def delegate(
    request: SignatureRequest,
    *,
    by: Actor,
    name: str,
    email: str = "",
    phone: str = "",
    link: OutsideLink | None = None,
    comment: str = "",
) -> SignatureRequest:
    """Hand a request on to a colleague who may sign: they get a link of their own, the old one is closed, both on record."""
    if not name.strip() or not (email or phone):
        raise ValidationError(_("Name your colleague, with an e-mail address or a phone."), code="incomplete")
    with transaction.atomic():
        agreement, fresh = lock(request)
        refuse_closed(agreement, fresh)
        if link is None and not by.can_on(fresh, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        with _using(link):
            close(fresh, State.DELEGATED, comment)
            following = SignatureRequest(
                agreement=agreement,
                document=fresh.document,
                party=fresh.party,
                order=fresh.order,
                channel=Channel.LINK,
                state=State.OPEN,
                opened_at=timezone.now(),
                signer_name=name.strip()[:80],
                signer_email=email,
                signer_phone=phone,
                due=fresh.due,
                delegated_from=fresh,
            )
            following.full_clean(validate_unique=False, validate_constraints=False)
            following.save()
            data = {"from": fresh.signer_name, "to": following.signer_name, "request": following.pk}
            events.log(agreement, "signing_delegated", by=by, comment=comment, data=data)
            invitations.invite(following, agreement, by=by)
        links.revoke(links.of_record(fresh, invitations.SIGN))
    request.refresh_from_db()
    return following


# What the college does ----------------------------------------------------------------------------------------------


def change_channel(request: SignatureRequest, *, by: Actor, channel: str, comment: str = "") -> None:
    """Let one signer sign another way; mixed signing is as good as any."""
    with transaction.atomic():
        agreement, fresh = lock(request)
        if not by.can_on(fresh, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        if fresh.state not in LIVE:
            refuse_closed(agreement, fresh)
        if channel == Channel.LINK and not codes.ways(fresh):
            _refuse_unreachable([Signer(fresh.party, channel)])
        fresh.channel = channel
        fresh.full_clean(validate_unique=False)
        fresh.save()
        links.revoke(links.of_record(fresh, invitations.SIGN))
        events.log(agreement, "signing_channel", by=by, comment=comment, data={"request": fresh.pk, "channel": channel})
        if fresh.state == State.OPEN:
            invitations.invite(fresh, agreement, by=by)
    request.refresh_from_db()


def new_link(request: SignatureRequest, *, by: Actor, comment: str = "") -> Handed:
    """A fresh link for a signer who lost theirs, for the clerk to pass on; earlier ones are closed."""
    with transaction.atomic():
        agreement, fresh = lock(request)
        if not by.can_on(fresh, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        refuse_closed(agreement, fresh)
        if fresh.channel != Channel.LINK:
            raise FlowError(_("This signer does not sign by link."), code="channel")
        address = invitations.link_for(fresh, by=by)
    return Handed(
        address,
        _("Pass this link on to the signer only. It is shown only now; a new one closes the old one."),
    )


# Reminding ----------------------------------------------------------------------------------------------------------


def remind(on: date) -> int:
    """Remind signers who were asked and have not answered; returns how many were reminded. Safe to repeat.

    The gaps of `signing_reminder_days` count from the request, then from the last reminder; after the last gap nobody
    is asked again by machine. A reminder is claimed before it leaves, so that none goes out twice.
    """
    gaps = settings.ZHIXING["signing_reminder_days"]
    rows = SignatureRequest.objects.filter(
        state=State.OPEN, archived_at=None, reminders_sent__lt=len(gaps), agreement__status=Agreement.Status.SIGNING
    ).exclude(channel=Channel.PAPER)
    # What is asked of another day is noted at that day.
    moment = timezone.now() + (on - timezone.localdate())
    sent = 0
    for request in rows.select_related("agreement", "party", "document").order_by("pk"):
        since = request.last_reminded_at or request.opened_at
        number = request.reminders_sent
        if since is None or (on - timezone.localtime(since).date()).days < gaps[number]:
            continue
        with transaction.atomic():
            claimed = SignatureRequest.objects.filter(pk=request.pk, state=State.OPEN, reminders_sent=number)
            if claimed.update(reminders_sent=number + 1, last_reminded_at=moment):
                invitations.remind(request, number + 1)
                sent += 1
    return sent
