"""What signers and keepers are told: who is asked, reminded, or has refused, and by which link."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from zhixing.agreements import actions, codes
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementParty, PartyRole, SignatureRequest
from zhixing.governance.queries import Heads
from zhixing.kernel import gateways, links, notices
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import SYSTEM, Actor, type_key
from zhixing.kernel.sheet import Handed, sheet_for
from zhixing.org.actors import holders
from zhixing.org.models import Role, School, User

CONFIRM = "agreements.confirm"
SIGN = "agreements.sign"
COPY = "agreements.copy"
TYPE = type_key(SignatureRequest)
Channel = SignatureRequest.Channel
# The signed paper may be fetched for so long; afterwards the college sends it on request.
COPY_DAYS = 90

ASKED = gettext_noop("“%(title)s” waits for your signature.")
STILL = gettext_noop("“%(title)s” still waits for your signature, since %(since)s.")
REFUSED = gettext_noop("%(who)s did not sign “%(title)s”: %(reason)s. It is back with you as a draft.")
STUCK = gettext_noop("“%(title)s” is signed by all but cannot be put in force: %(why)s")
SIGNED = gettext_noop("“%(title)s” is signed by all and in force.")


def school_name() -> str:
    return School.objects.order_by("pk").values_list("name", flat=True).first() or ""


def address_of(agreement: Agreement) -> str:
    sheet = sheet_for(Agreement)
    return sheet.url("detail", agreement.pk) if sheet else ""


def link_for(request: SignatureRequest, *, by: Actor, replace: bool = True) -> str:
    """A link for the signer's own page; with `replace` those before it are closed."""
    days = settings.ZHIXING["signing_days"]
    return links.issue(SIGN, request, name=request.signer_name, by=by, days=days, replace=replace)


def _to_signer(request: SignatureRequest, subject: str, lines: list[str]) -> None:
    """One message by the first way there is; a text message says all in one breath."""
    for channel, address in codes.ways(request)[:1]:
        short = channel == gateways.SMS
        gateways.send(channel, address, subject, " ".join(lines) if short else "\n\n".join(lines))


def _by_link(request: SignatureRequest, agreement: Agreement, *, by: Actor, again: int = 0) -> None:
    # Links sent before stay good beside a reminder's: whoever opens the first mail must not find it closed.
    address = link_for(request, by=by, replace=not again)
    with translation.override(settings.LANGUAGE_CODE):
        title = {"title": agreement.title[:60], "school": school_name(), "name": request.signer_name}
        if again:
            subject = _("Still waiting for your signature: %(title)s") % title
            text = _("%(name)s, “%(title)s” with %(school)s still waits for your signature.") % title
        else:
            subject = _("Please sign: %(title)s") % title
            text = _("%(name)s, %(school)s asks you to sign “%(title)s”.") % title
        _to_signer(request, subject, [text, _("No account is needed. Your personal link, do not pass it on:"), address])


def people_inside(request: SignatureRequest, agreement: Agreement) -> list[int]:
    """Persons (ids) who may give this signature after signing in."""
    party = request.party
    if party.person_id is not None:
        return [party.person_id]
    if party.role == PartyRole.STUDENT and party.student is not None:
        return [party.student.person_id] if party.student.person_id else []
    # Whoever stands in for a leader may sign, and so is told.
    leaders = User.objects.filter(pk__in=holders(Role.LEADER), person__isnull=False)
    return sorted(set(leaders.values_list("person", flat=True)))


def invite(request: SignatureRequest, agreement: Agreement, *, by: Actor) -> None:
    """Tell a signer that it is their turn; on paper there is nobody to tell: the clerk sees it on the agreement's page."""
    if request.channel == Channel.LINK:
        _by_link(request, agreement, by=by)
    elif request.channel == Channel.INSIDE:
        people = people_inside(request, agreement)
        notices.send_to_people(people, f"sign:{request.pk}", ASKED, {"title": agreement.title}, address_of(agreement))


def remind(request: SignatureRequest, number: int) -> None:
    """Ask once more; `number` counts the reminders."""
    agreement = request.agreement
    if request.channel == Channel.LINK:
        _by_link(request, agreement, by=SYSTEM, again=number)
        return
    since = timezone.localtime(request.opened_at).date().isoformat() if request.opened_at else ""
    params = {"title": agreement.title, "since": since}
    people = people_inside(request, agreement)
    notices.send_to_people(people, f"sign:{request.pk}:{number}", STILL, params, address_of(agreement))


def _keepers(agreement: Agreement) -> list[int]:
    """Whoever handles the agreement; without a name, the head of its unit."""
    return [agreement.owner_id] if agreement.owner_id else Heads().of(agreement.unit_id)


def link_to_confirm(party: AgreementParty, *, by: Actor, comment: str = "") -> Handed:
    """The link by which a party confirms its own data, mailed where there is an address; a new one closes the old one."""
    if not by.can_on(party, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    agreement = party.agreement
    if party.role == PartyRole.SCHOOL or party.confirmed_at is not None or agreement.status not in actions.OPEN:
        raise FlowError(_("There is nothing to confirm any more."), code="wrong_state")
    with transaction.atomic():
        address = links.issue(CONFIRM, party, name=party.contact or party.name, by=by)
        if party.email:
            with translation.override(settings.LANGUAGE_CODE):
                subject = _("Please confirm the data of %(name)s") % {"name": party.name}
                lines = [
                    _("The college is preparing the agreement “%(title)s” with you.") % {"title": agreement.title},
                    _("Please look at your own data and confirm them. No account is needed:"),
                    address,
                ]
                gateways.send(gateways.EMAIL, party.email, subject, "\n\n".join(lines))
    once = _("It is shown only now; a new one closes the old one.")
    if party.email:
        return Handed(address, _("The link was mailed to %(email)s.") % {"email": party.email} + " " + once)
    return Handed(address, _("No mail was sent. Pass the link on yourself.") + " " + once)


def tell_keeper_refused(agreement: Agreement, request: SignatureRequest, reason: str) -> None:
    params = {"who": request.signer_name, "title": agreement.title, "reason": reason[:300]}
    notices.send_to_people(_keepers(agreement), f"sign_refused:{request.pk}", REFUSED, params, address_of(agreement))


def tell_keeper_stuck(agreement: Agreement, why: str) -> None:
    key = f"sign_stuck:{agreement.pk}:{timezone.now():%Y%m%d%H%M%S}"
    params = {"title": agreement.title, "why": why[:300]}
    notices.send_to_people(_keepers(agreement), key, STUCK, params, address_of(agreement))


def send_signed(document: AgreementDocument) -> int:
    """Tell everybody that the signed paper is there; signers by link get one to fetch it. Returns how many by link."""
    agreement = document.agreement
    key, params = f"signed:{document.pk}", {"title": agreement.title}
    notices.send_to_people(_keepers(agreement), key, SIGNED, params, address_of(agreement))
    if document.source_id is None:
        return 0
    told = 0
    rows = SignatureRequest.objects.filter(document=document.source_id, state="signed", channel=Channel.LINK)
    for request in rows.order_by("pk"):
        address = links.issue(COPY, request, name=request.signer_name, by=SYSTEM, days=COPY_DAYS)
        with translation.override(settings.LANGUAGE_CODE):
            words = {"title": agreement.title[:60], "days": COPY_DAYS}
            subject = _("Signed by all: %(title)s") % words
            text = _("“%(title)s” is signed by all. For %(days)s days you can fetch the signed paper here:") % words
            _to_signer(request, subject, [text, address])
        told += 1
    return told
