"""What people do with agreements. Buttons, bulk, API and commands call these; each refuses in words.

Source: 促进办法 art. 6–8 (forms and contents of an agreement), 四（一）2 (agreements are kept and renewed).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.agreements import checks, documents
from zhixing.agreements.models import (
    OPEN,
    Agreement,
    AgreementDocument,
    AgreementKind,
    AgreementParty,
    Obligation,
    PartyRole,
    SignatureRequest,
)
from zhixing.governance import actions as governance
from zhixing.governance.models import Task
from zhixing.kernel import approval, changes
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import Record
from zhixing.kernel.numbering import next_number
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.writing import readable
from zhixing.org.models import School

if TYPE_CHECKING:
    from zhixing.agreements.signing import Signer

Status = Agreement.Status
State = SignatureRequest.State

NUMBER = "{prefix}-{year}-{unit}-{number:03d}"


def address_of(record: Record) -> str:
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet else ""


def needs(agreement: Agreement, *states: str) -> None:
    if agreement.status not in states:
        raise FlowError(
            _("This is not possible while the agreement is “%(state)s”."),
            code="wrong_state",
            params={"state": agreement.get_status_display()},
        )


# Numbers ---------------------------------------------------------------------------------------------------------


def give_number(agreement: Agreement) -> str:
    """Number an agreement that has none, e.g. DD-2026-T01-012; without gaps or doubles for each year and unit.

    The year is that of the first day of its term. Works on the row that the caller holds locked and saves.
    """
    if not agreement.number:
        year, unit = agreement.starts_on.year, agreement.unit.code

        def is_taken(number: int) -> bool:
            tail = f"-{year}-{unit}-{number:03d}"
            return Agreement._base_manager.filter(number__endswith=tail).exists()

        number = next_number(f"agreements:{year}:{unit}", is_taken)
        agreement.number = NUMBER.format(prefix=agreement.kind.prefix, year=year, unit=unit, number=number)
    return agreement.number


# Writing ---------------------------------------------------------------------------------------------------------


def write_contents(agreement: Agreement, *, by: Actor, comment: str = "", **values: Any) -> None:
    """Write what the text says: `content_goals`, `detail_places` and so on, by the kind's codes; the rest stays."""
    with changing(agreement, "contents", by=by, comment=comment) as locked:
        needs(locked, *OPEN)
        contents, details = dict(locked.contents), dict(locked.details)
        for spec in locked.kind.contents:
            if f"content_{spec['code']}" in values:
                contents[spec["code"]] = str(values[f"content_{spec['code']}"] or "").strip()
        for spec in locked.kind.details:
            if f"detail_{spec['code']}" in values:
                value = values[f"detail_{spec['code']}"]
                details[spec["code"]] = value if isinstance(value, bool) or value is None else str(value)
        locked.contents, locked.details = contents, details


def first_wording(agreement: Agreement) -> dict[str, str]:
    """The wording that the kind proposes, under what the agreement already says."""
    proposed = {spec["code"]: spec.get("text", "") for spec in agreement.kind.contents}
    return {**proposed, **{code: text for code, text in agreement.contents.items() if text}}


def prepare(agreement: Agreement, *, by: Actor, comment: str = "") -> None:
    """Fill in what is known: the parties that the kind asks for, and the proposed wording where nothing is written."""
    with changing(agreement, "prepare", by=by, comment=comment) as locked:
        needs(locked, *OPEN)
        locked.contents = first_wording(locked)
        if not locked.takes_interns:
            locked.takes_interns = locked.kind.takes_interns
        _fill_parties(locked, by=by)


def _fill_parties(agreement: Agreement, *, by: Actor) -> None:
    there = list(agreement.parties.filter(archived_at=None))
    roles = [role for role in agreement.kind.roles if role not in {party.role for party in there}]
    student = agreement.student
    if student is not None and student.birth_date is not None and "student" in agreement.kind.roles:
        adult = checks.age_on(student.birth_date, agreement.starts_on) >= checks.adult_age(
            agreement.kind.code, agreement.starts_on
        )
        if not adult and not any(party.role == PartyRole.GUARDIAN for party in there):
            roles.append(PartyRole.GUARDIAN)
    order = max((party.order for party in there), default=0)
    for role in roles:
        party = _proposed(agreement, role)
        if party is not None:
            order += 1
            party.order = order
            add(party, by=by, follows=True)


def _proposed(agreement: Agreement, role: str) -> AgreementParty | None:
    """A party as the registers know it; None where nobody is known for the role."""
    party = AgreementParty(agreement=agreement, role=role)
    firm, student = agreement.counterparty, agreement.student
    if role == PartyRole.SCHOOL:
        school = School.objects.order_by("pk").first()
        if school is None:
            return None
        party.name, party.confirmed_at = school.name, timezone.now()
        if agreement.owner:
            party.contact, party.email, party.confirmed_by = (
                agreement.owner.name,
                agreement.owner.email,
                agreement.owner.name,
            )
    elif role in checks.ORGANISATIONS:
        if firm is None:
            return None
        party.organisation, party.name, party.uscc, party.address = firm, firm.name, firm.uscc, firm.address
        contacts = list(firm.contacts.filter(archived_at=None).order_by("pk"))
        signs = next((row for row in contacts if row.role == row.Role.SIGNATORY), None)
        if signs is not None:
            party.signatory, party.signatory_position = signs.name, signs.position
        if contacts:
            known = signs or contacts[0]
            party.contact, party.phone, party.email = known.name, known.phone or "", known.email
    elif role in (PartyRole.STUDENT, PartyRole.GUARDIAN):
        if student is None or (role == PartyRole.GUARDIAN and not student.guardian_name):
            return None
        party.student = student
        is_student = role == PartyRole.STUDENT
        party.name = student.name if is_student else student.guardian_name
        party.phone = (student.phone if is_student else student.guardian_phone) or ""
        party.signatory = party.name
    else:
        return None
    return party


# On the way ------------------------------------------------------------------------------------------------------


def _to_confirm(agreement: Agreement) -> list[AgreementParty]:
    """Organisations that have not yet said that their data are right."""
    rows = agreement.parties.filter(confirmed_at=None, archived_at=None, role__in=checks.ORGANISATIONS)
    return list(rows.order_by("order"))


def ask(agreement: Agreement, *, by: Actor, comment: str = "") -> None:
    """Let the other side confirm its own data before anybody approves them."""
    with transaction.atomic():
        prepare(agreement, by=by)
        if not _to_confirm(agreement):
            raise FlowError(_("Nobody has data to confirm: name the counterparty first."), code="nobody")
        with step(agreement, "ask", by=by, comment=comment):
            pass


def confirm(party: AgreementParty, *, by: Actor, comment: str = "", name: str = "", **values: Any) -> None:
    """A party's data are right: said by itself through its link (`name` is who said it), or on paper to the clerk."""
    with changing(party, "confirm", by=by, comment=comment) as locked:
        needs(locked.agreement, *OPEN)
        for field_name, value in values.items():
            setattr(locked, field_name, value)
        locked.confirmed_at = timezone.now()
        locked.confirmed_by = (name or by.name)[:80]


def _ready(agreement: Agreement) -> None:
    """Refuse what is not complete: findings that block, or organisations that have not confirmed their data."""
    checks.refuse_blocked(agreement)
    waiting = _to_confirm(agreement)
    if waiting:
        raise FlowError(
            _("Not yet confirmed: %(names)s. Send the link, or record the confirmation on paper."),
            code="unconfirmed",
            params={"names": "、".join(party.name for party in waiting)},
        )


def submit(agreement: Agreement, *, by: Actor, comment: str = "") -> None:
    """Send an agreement on its approval route; it is complete, and the other side has confirmed its data."""
    if not agreement.kind.needs_approval:
        raise FlowError(_("This kind of agreement needs no approval: press “Ready to sign”."), code="no_approval")
    _ready(agreement)
    approval.submit(agreement, by=by, amount=agreement.amount, comment=comment)


def clear(agreement: Agreement, *, by: Actor, comment: str = "") -> None:
    """Make an agreement ready to sign whose kind was cleared with its template, not sheet by sheet; it gets its number."""
    if agreement.kind.needs_approval:
        raise FlowError(_("This kind of agreement goes through approval."), code="needs_approval")
    _ready(agreement)
    with step(agreement, "clear", by=by, comment=comment) as locked:
        give_number(locked)


def final_document(agreement: Agreement, *, by: Actor) -> AgreementDocument:
    """The text that is signed: made once, and again only after the agreement went back to its editor."""
    returned = _last(agreement, ("return", "send_back"))
    found = agreement.documents.filter(kind=AgreementDocument.Kind.FINAL, format="pdf", archived_at=None)
    if returned is not None:
        found = found.filter(created_at__gt=returned)
    return found.order_by("-created_at").first() or documents.make_document(
        agreement, by=by, kind=AgreementDocument.Kind.FINAL
    )


def _last(agreement: Agreement, verbs: tuple[str, ...]) -> Any:
    from zhixing.kernel.models import Event
    from zhixing.kernel.scope import type_key

    rows = Event.objects.filter(record_type=type_key(agreement), record_id=agreement.pk, verb__in=verbs)
    return rows.order_by("-at").values_list("at", flat=True).first()


def start_signing(
    agreement: Agreement, *, by: Actor, comment: str = "", signers: list[Signer] | None = None, due: date | None = None
) -> None:
    """Make the final text and ask the signers to sign it: `signers` as named, else those of the kind, in its order."""
    from zhixing.agreements import signing  # signing itself puts agreements in force

    with transaction.atomic():
        checks.refuse_blocked(agreement)
        with step(agreement, "sign", by=by, comment=comment):
            pass
        document = final_document(agreement, by=by)
        signing.start(agreement, document, by=by, signers=signers, due=due)


def give_back(agreement: Agreement, *, by: Actor, comment: str = "") -> None:
    """Return an agreement to its editor: what was asked is void, its number stays with it."""
    with transaction.atomic():
        with step(agreement, "return", by=by, comment=comment):
            pass
        void_requests(agreement, comment)


def void_requests(agreement: Agreement, reason: str) -> int:
    """Nobody need sign any more; returns how many were still asked or waiting."""
    now = timezone.now()
    rows = agreement.signature_requests.filter(state__in=(State.WAITING, State.OPEN))
    keys = list(rows.values_list("pk", flat=True))
    from zhixing.agreements import signing

    signing.revoke_links(agreement)
    SignatureRequest._base_manager.filter(pk__in=keys).update(state=State.VOID, closed_at=now, reason=reason)
    changes.touched(SignatureRequest, keys)
    return len(keys)


def _not_in_future(day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")


# In force --------------------------------------------------------------------------------------------------------


def unsigned(agreement: Agreement) -> list[str]:
    """Parties of the kind's signers that have not signed the last final text."""
    document = agreement.documents.filter(kind=AgreementDocument.Kind.FINAL, archived_at=None).order_by("-pk").first()
    signers = {signer["role"] for signer in agreement.kind.signers}
    parties = agreement.parties.filter(archived_at=None, role__in=signers)
    if document is not None:
        signed = document.signature_requests.filter(state=State.SIGNED, archived_at=None)
        delegated = signed.values("party")
        parties = parties.exclude(pk__in=delegated)
    return list(parties.order_by("order").values_list("name", flat=True))


def enforce(agreement: Agreement, *, by: Actor, signed_on: date | None = None, comment: str = "") -> None:
    """Put a signed agreement in force: what it amends is replaced, what it renews is closed, obligations become tasks."""
    day = signed_on or timezone.localdate()
    _not_in_future(day)
    lacking = unsigned(agreement)
    if lacking:
        raise FlowError(_("Not yet signed by: %(names)s."), code="unsigned", params={"names": "、".join(lacking)})
    try:
        with transaction.atomic():
            _follow(agreement, by=by)
            with step(agreement, "enforce", by=by, comment=comment, signed_on=day.isoformat()) as locked:
                locked.signed_on = day
                give_number(locked)
            make_tasks(agreement, by=by)
    except IntegrityError as error:
        raise readable(Agreement, error) from error


def _follow(agreement: Agreement, *, by: Actor) -> None:
    """What the agreement comes after gives way to it: the amended at once, the renewed when its time is over."""
    old = agreement.amends
    if old is not None and old.status == Status.IN_FORCE:
        last = max(old.starts_on, agreement.starts_on - timedelta(days=1))
        with step(old, "replace", by=by.as_system(), because=agreement.pk) as locked:
            locked.ended_on = min(last, locked.ends_on)
            locked.end_reason = (_("Replaced by %(title)s.") % {"title": agreement.title})[:300]
    old = agreement.renews
    if old is not None and old.status == Status.IN_FORCE and old.ends_on >= agreement.starts_on:
        # The new term begins before the old one is over: from its first day only the new one counts.
        with step(old, "follow", by=by.as_system(), because=agreement.pk) as locked:
            locked.ended_on = max(old.starts_on, agreement.starts_on - timedelta(days=1))


def make_tasks(agreement: Agreement, *, by: Actor) -> int:
    """Every obligation that nobody works on yet becomes a task of its owner, or of the agreement's; returns how many."""
    rows = agreement.obligations.filter(task=None, fulfilled_on=None, archived_at=None).order_by("due", "id")
    for obligation in rows:
        task = Task(
            title=f"{obligation.title}（{agreement.title}）"[:200],
            unit=agreement.unit,
            owner=obligation.owner or agreement.owner,
            starts_on=min(timezone.localdate(), obligation.due),
            due=obligation.due,
            deliverable=_("Proof of fulfilment"),
            appraisal_method=_("By the agreement"),
        )
        add(task, by=by, comment=str(agreement), follows=True)
        obligation.task = task
        obligation.save()
    return len(rows)


def fulfil(obligation: Obligation, *, by: Actor, fulfilled_on: date | None = None, comment: str = "") -> None:
    """An obligation is met; its task is done with it."""
    day = fulfilled_on or timezone.localdate()
    _not_in_future(day)
    with changing(obligation, "fulfil", by=by, comment=comment) as locked:
        if locked.fulfilled_on is not None:
            raise FlowError(_("This obligation is already met."), code="wrong_state")
        locked.fulfilled_on = day
        if locked.task is not None and locked.task.status == Task.Status.OPEN:
            governance.finish_task(locked.task, by=by.as_system(), done_on=day, comment=comment)


# Kinds and their wording -----------------------------------------------------------------------------------------


def change_kind(
    kind: AgreementKind,
    *,
    by: Actor,
    roles: list[str],
    contents: list[dict[str, Any]],
    details: list[dict[str, Any]],
    comment: str = "",
) -> None:
    """Change what a kind asks for; agreements that are already approved or signed keep their text."""
    with changing(kind, "asks", by=by, comment=comment) as locked:
        locked.roles, locked.contents, locked.details = roles, contents, details
        signers = [signer for signer in locked.signers if signer["role"] in {*roles, PartyRole.GUARDIAN}]
        there = {signer["role"] for signer in signers}
        signers += [{"role": role, "channel": "link"} for role in roles if role not in there]
        locked.signers = signers
        if not locked.checks:
            locked.checks = ["parties", "contents", "uscc", "banned", "dates"]


def take_shipped(kind: AgreementKind, *, by: Actor, comment: str = "") -> str:
    """Make the wording that Zhixing ships the kind's next version, in force from today. Returns its page."""
    current = documents.template_in_force(kind)
    today = timezone.localdate()
    first = today if current is None or current.effective_from < today else current.effective_from + timedelta(days=1)
    template = documents.add_template(
        kind, documents.shipped_content(kind), title=kind.name, effective_from=first, note=comment, by=by
    )
    return address_of(template)
