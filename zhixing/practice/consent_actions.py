"""知情同意: students and guardians are asked, say yes or no, and may take it back; by link, on the page or on paper (I-16)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from zhixing.agreements import invitations
from zhixing.kernel import changes, events, filing, gateways, links, notices
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Handed, sheet_for
from zhixing.practice.bulk import Outcome, step_many
from zhixing.practice.placements import Consent, Placement
from zhixing.practice.plans import PracticeKind

GUARDIAN = "practice.guardian"
Status, Party = Consent.Status, Consent.Party
ASK = gettext_noop("Your place for “%(plan)s” is at %(firm)s. Please say whether you agree.")
REFUSED = gettext_noop("%(who)s does not agree to the placement of %(student)s: %(reason)s")
WITHDRAWN = gettext_noop("%(who)s has withdrawn the consent for %(student)s: %(reason)s")


def prepare(placements: Iterable[Placement], *, by: Actor) -> list[Consent]:
    """Consents that wait for student and guardian of each internship, each once; returns the new ones."""
    keys = [row.pk for row in placements]
    locked = Placement._base_manager.select_for_update(of=("self",)).filter(pk__in=keys, plan__kind=PracticeKind.POST)
    with transaction.atomic():
        # Two who ask at the same moment wait here; the second finds everybody asked.
        rows = list(locked.select_related("student").order_by("pk"))
        there = set(Consent.objects.filter(placement__in=rows).values_list("placement", "party"))
        new = [
            Consent(placement=row, party=party, name=_name_of(row, party))
            for row in rows
            for party in Party.values
            if (row.pk, party) not in there
        ]
        Consent.objects.bulk_create(new, batch_size=1000)
        events.log_many(new, "created", by=by)
        changes.touched(Consent, [row.pk for row in new])
    return new


def _name_of(placement: Placement, party: str) -> str:
    student = placement.student
    return student.name if party == Party.STUDENT else student.guardian_name


# Asking -------------------------------------------------------------------------------------------------------------


def ask_many(placements: Sequence[Placement], *, by: Actor) -> int:
    """Ask everybody who has not answered: students by a notice, guardians by a text message with their link, once a day.

    Returns how many were asked. Guardians without a telephone stay on the list: their consent is taken on paper.
    """
    with transaction.atomic():
        prepare(placements, by=by)
        keys = [row.pk for row in placements]
        school, told = invitations.school_name(), _told_today(keys)
        waiting = Consent.objects.filter(
            placement__in=keys,
            status__in=(Status.WAITING, Status.WITHDRAWN),
            archived_at=None,
        ).select_related("placement__student", "placement__plan", "placement__post__organisation")
        asked = 0
        for consent in waiting.order_by("placement_id", "party"):
            if consent.party == Party.STUDENT:
                asked += _tell_student(consent)
            elif consent.placement_id not in told:
                asked += _tell_guardian(consent, school, by=by)
    return asked


def _told_today(placements: list[int]) -> set[int]:
    """Placements (ids) whose guardian was sent a good link today."""
    sent = links.sent_today(links.of_records(Placement, placements, GUARDIAN)).filter(revoked_at=None)
    return set(sent.values_list("record_id", flat=True))


def _tell_student(consent: Consent) -> int:
    placement = consent.placement
    if placement.student.person_id is None:
        return 0
    key = f"practice_consent:{consent.pk}:{timezone.localdate().isoformat()}"
    params = {"plan": placement.plan.title, "firm": placement.post.organisation.name}
    return notices.send_to_people([placement.student.person_id], key, ASK, params, reverse("my-practice"))


def link_days(placement: Placement) -> int:
    """A guardian's link lives until a month after the practice."""
    return max(30, (placement.ends_on - timezone.localdate()).days + 30)


def _tell_guardian(consent: Consent, school: str, *, by: Actor) -> int:
    placement = consent.placement
    phone = placement.student.guardian_phone
    if not phone:
        return 0
    address = guardian_link(placement, by=by)
    with translation.override(settings.LANGUAGE_CODE):
        words = {
            "school": school,
            "student": placement.student.name,
            "firm": placement.post.organisation.name,
            "link": address,
        }
        text = _("%(school)s: %(student)s is to practise at %(firm)s. Please read and decide: %(link)s") % words
    gateways.send(gateways.SMS, phone, "", text)
    return 1


def guardian_link(placement: Placement, *, by: Actor) -> str:
    """The guardian's page: place, insurance, contacts, consent. The link sent before to ask the same ends with this one."""
    name = placement.student.guardian_name or _("guardian of %(name)s") % {"name": placement.student.name}
    return links.issue(GUARDIAN, placement, name=name[:80], by=by, days=link_days(placement), data={"consent": True})


def hand_link(consent: Consent, *, by: Actor, comment: str = "") -> Handed:
    """A link for the guardian, to be sent by whatever way they read."""
    if consent.party != Party.GUARDIAN:
        raise FlowError(_("Students answer on their own page."), code="student")
    return Handed(
        guardian_link(consent.placement, by=by),
        _("Send this address to %(name)s alone. It is shown once.") % {"name": consent.name or _("the guardian")},
    )


def close_links(placement: Placement) -> int:
    """The guardian's links stop working; returns how many."""
    return links.revoke(OutsideLink.objects.filter(pk__in=links.of_record(placement, GUARDIAN).values("pk")))


# Answering ----------------------------------------------------------------------------------------------------------


def give(
    consent: Consent,
    *,
    by: Actor,
    comment: str = "",
    name: str = "",
    decided_on: date | None = None,
    on_paper: bool = False,
) -> None:
    """Yes. `name` is who said it; on paper, the day that stands on the sheet."""
    day = decided_on or timezone.localdate()
    if day > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")
    _needs_live(consent.placement)
    with step(consent, "give", by=by, comment=comment, on_paper=on_paper) as locked:
        locked.name = (name or locked.name or _name_of(consent.placement, consent.party))[:80]
        locked.decided_on, locked.on_paper, locked.reason = day, on_paper, ""


def record_paper(
    consent: Consent, *, by: Actor, name: str, decided_on: date, scan: UploadedFile | None = None, comment: str = ""
) -> None:
    """Note a consent signed on paper; its scan becomes a file of the consent, or nothing is noted at all."""
    with transaction.atomic():
        give(consent, by=by, comment=comment, name=name, decided_on=decided_on, on_paper=True)
        if scan:
            filing.attach(consent, scan, by=by)


def refuse(consent: Consent, *, by: Actor, comment: str = "", name: str = "") -> None:
    """No, with the reason: the student may then find an own unit (art. 13), and the college is told."""
    with transaction.atomic():
        with step(consent, "refuse", by=by, comment=comment) as locked:
            locked.name = (name or locked.name)[:80]
            locked.decided_on, locked.reason = timezone.localdate(), comment[:300]
        _tell_college(consent, REFUSED, comment)


def withdraw(consent: Consent, *, by: Actor, comment: str = "", name: str = "") -> None:
    """Take a consent back, at any time, with the reason; the college is told at once."""
    with transaction.atomic():
        with step(consent, "withdraw", by=by, comment=comment) as locked:
            locked.name = (name or locked.name)[:80]
            locked.decided_on, locked.reason = timezone.localdate(), comment[:300]
        _tell_college(consent, WITHDRAWN, comment)


def _needs_live(placement: Placement) -> None:
    if placement.status not in Placement.LIVE:
        raise FlowError(_("This placement is over."), code="wrong_state")


def _tell_college(consent: Consent, text: str, reason: str) -> None:
    placement = consent.placement
    people = {placement.plan.owner_id, placement.supervisor_id} - {None}
    sheet = sheet_for(Placement)
    url = sheet.url("detail", placement.pk) if sheet else ""
    who = consent.name or str(consent.get_party_display())
    params = {"who": who, "student": placement.student.name, "reason": reason[:300]}
    key = f"practice_consent_no:{consent.pk}:{timezone.now():%Y%m%d%H%M%S}"
    notices.send_to_people([pk for pk in people if pk], key, text, params, url)


def give_on_paper(consents: Sequence[Consent], *, by: Actor, decided_on: date, comment: str = "") -> Outcome:
    """A pile of signed sheets, all of one day, noted together."""
    if decided_on > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")

    def on_paper(row: Any) -> None:
        row.decided_on, row.on_paper, row.reason = decided_on, True, ""

    fields = ("decided_on", "on_paper", "reason")
    return step_many(consents, "give", by=by, comment=comment, each=on_paper, writes=fields).or_fail()


def signed_today(consent: Consent, *, by: Actor, comment: str = "") -> None:
    """A sheet that was signed in front of the clerk."""
    give(consent, by=by, comment=comment, on_paper=True)
