"""After an agreement is in force: amended, renewed, terminated, ended; each of a chain keeps what it was.

Source: 四（一）2 (agreements are kept and renewed), 民法典 art. 543 (change), 557–563 (end).
"""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.agreements.actions import address_of, needs
from zhixing.agreements.models import Agreement, AgreementParty, Obligation, PartyRole
from zhixing.governance import actions as governance
from zhixing.governance.models import Task
from zhixing.kernel import events
from zhixing.kernel.acting import add
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor

Status = Agreement.Status
_PARTY = (
    "order",
    "role",
    "name",
    "uscc",
    "address",
    "signatory",
    "signatory_position",
    "contact",
    "phone",
    "email",
)


def _copied(agreement: Agreement, **changed: Any) -> Agreement:
    same = ("kind_id", "unit_id", "major_group_id", "major_id", "counterparty_id", "student_id", "owner_id", "amount")
    values = {name: getattr(agreement, name) for name in same}
    return Agreement(
        **values,
        forms=list(agreement.forms),
        takes_interns=agreement.takes_interns,
        contents=copy.deepcopy(agreement.contents),
        details=copy.deepcopy(agreement.details),
        overlap_reason=agreement.overlap_reason,
        **changed,
    )


def _copy_parties(old: Agreement, new: Agreement, *, by: Actor) -> None:
    same = (*_PARTY, "organisation_id", "person_id", "student_id")
    for party in old.parties.filter(archived_at=None).order_by("order"):
        fresh = AgreementParty(agreement=new, **{name: getattr(party, name) for name in same})
        if party.role == PartyRole.SCHOOL:
            fresh.confirmed_at, fresh.confirmed_by = party.confirmed_at, party.confirmed_by
        # The other side's data may have changed since: it looks at them again.
        add(fresh, by=by, follows=True)


def amend(agreement: Agreement, *, by: Actor, comment: str = "") -> str:
    """Change an agreement in force: a new draft with the same text, that replaces it once signed. Returns its page."""
    if not by.can_on(agreement, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    needs(agreement, Status.IN_FORCE)
    with transaction.atomic():
        number = Agreement.objects.filter(amends__isnull=False, title__startswith=_root(agreement).title).count() + 1
        today = timezone.localdate()
        new = _copied(
            agreement,
            title=_("%(title)s (amendment %(number)s)") % {"title": _root(agreement).title[:180], "number": number},
            starts_on=min(max(today, agreement.starts_on), agreement.ends_on),
            ends_on=agreement.ends_on,
            amends=agreement,
            note=comment,
        )
        add(new, by=by, comment=comment, follows=True)
        _copy_parties(agreement, new, by=by)
        for row in agreement.obligations.filter(fulfilled_on=None, archived_at=None):
            fresh = Obligation(
                agreement=new,
                party_role=row.party_role,
                title=row.title,
                due=row.due,
                amount=row.amount,
                owner_id=row.owner_id,
                note=row.note,
            )
            add(fresh, by=by, follows=True)
        events.log(agreement, "amend", by=by, comment=comment, data={"draft": new.pk})
    return address_of(new)


def _root(agreement: Agreement) -> Agreement:
    """The first agreement of a chain of amendments."""
    seen = {agreement.pk}
    while agreement.amends is not None and agreement.amends.pk not in seen:
        agreement = agreement.amends
        seen.add(agreement.pk)
    return agreement


def renew(
    agreement: Agreement, *, by: Actor, starts_on: date | None = None, ends_on: date | None = None, comment: str = ""
) -> str:
    """Go on after the term: a new draft with the same text that begins the day after. Returns its page."""
    if not by.can_on(agreement, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    needs(agreement, Status.IN_FORCE, Status.ENDED)
    first = starts_on or agreement.ends_on + timedelta(days=1)
    last = ends_on or _same_length(agreement, first)
    if last < first:
        raise ValidationError(_("The end must not be before the beginning."), code="dates")
    with transaction.atomic():
        new = _copied(
            agreement, title=_root(agreement).title, starts_on=first, ends_on=last, renews=agreement, note=comment
        )
        add(new, by=by, comment=comment, follows=True)
        _copy_parties(agreement, new, by=by)
        events.log(agreement, "renew", by=by, comment=comment, data={"draft": new.pk})
    return address_of(new)


def _same_length(agreement: Agreement, first: date) -> date:
    return first + (agreement.ends_on - agreement.starts_on)


def terminate(agreement: Agreement, *, by: Actor, ended_on: date | None = None, comment: str = "") -> None:
    """End an agreement before its time, with the reason; tasks that stand for what is no longer owed are given up."""
    day = ended_on or timezone.localdate()
    with transaction.atomic():
        with step(agreement, "terminate", by=by, comment=comment, ended_on=day.isoformat()) as locked:
            if not locked.starts_on <= day <= locked.ends_on:
                raise ValidationError(_("The day lies outside the term of the agreement."), code="outside_term")
            locked.ended_on, locked.end_reason = day, comment[:300]
        _drop_tasks(agreement, by=by, comment=comment)


def _drop_tasks(agreement: Agreement, *, by: Actor, comment: str) -> None:
    still = Q(obligation__agreement=agreement, status=Task.Status.OPEN)
    for task in Task.objects.filter(still, archived_at=None):
        governance.drop_task(task, by=by.as_system(), comment=comment)


def end(agreement: Agreement, *, by: Actor, comment: str = "") -> None:
    """Close an agreement whose term is over: renewed where a signed agreement follows it, ended otherwise."""
    if agreement.ends_on >= timezone.localdate():
        raise FlowError(_("Its term is not over yet. To end it earlier, terminate it with a reason."), code="too_early")
    followed = Agreement.objects.filter(renews=agreement, status=Status.IN_FORCE, archived_at=None).exists()
    with step(agreement, "follow" if followed else "end", by=by, comment=comment) as locked:
        locked.ended_on = locked.ends_on
