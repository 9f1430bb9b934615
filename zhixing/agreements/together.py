"""Many agreements at once: asked to be signed, and signed for the school in one go; each by itself, whoever is refused by name.

A cohort's tripartite agreements are some hundreds: what is a handful is done while the reader waits, the rest by a job.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhixing.agreements import actions, signing
from zhixing.agreements.models import Agreement, PartyRole, Signature, SignatureRequest
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.org.models import User

# In the role table: who may have to sign for the school. Which papers follows from who approves them.
SCHOOL = "agreements.school_signature"
# So many are done while the reader waits; more are work that a page watches.
AT_ONCE = 50
_NAMED = 20
Report = Callable[[int, int, str], None]


@dataclass
class Together:
    """How many were done, and why the others were not: the agreement's title → the reason."""

    done: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    def words(self) -> str:
        """What became of it in one line, with the first reasons."""
        said = _("%(done)s done, %(refused)s not") % {"done": self.done, "refused": len(self.refused)}
        reasons = [f"{name}：{reason}" for name, reason in list(self.refused.items())[:_NAMED]]
        return "；".join([said, *reasons])


def _each(rows: list[Any], do: Callable[[Any], Any], name: Callable[[Any], str], report: Report | None) -> Together:
    found = Together()
    for number, row in enumerate(rows, 1):
        try:
            do(row)
            found.done += 1
        except ValidationError as refused:
            found.refused[name(row)] = "；".join(refused.messages)
        if report is not None:
            report(number, len(rows), name(row))
    return found


# Asking -------------------------------------------------------------------------------------------------------------


def with_account(students: Collection[int]) -> set[int]:
    """The students (ids) who can sign in, and so sign inside."""
    rows = User.objects.filter(person__student__in=students, is_active=True)
    return set(rows.values_list("person__student", flat=True))


def signers_of(agreement: Agreement, inside: Collection[int]) -> list[signing.Signer]:
    """Whom the kind has sign; a student (id) of `inside` signs on their own page instead of by a link."""
    return [
        replace(signer, channel=signing.Channel.INSIDE)
        if signer.party.role == PartyRole.STUDENT and signer.party.student_id in inside
        else signer
        for signer in signing.signers_of(agreement)
    ]


def ask_many(
    agreements: Iterable[Agreement], *, by: Actor, comment: str = "", report: Report | None = None
) -> Together:
    """Start the signing of many agreements that are ready: their texts are made and whoever comes first is asked.

    What is being signed or signed already is passed over, so that the same may be asked again. Raises FlowError for none.
    """
    rows = [row for row in agreements if row.status == Agreement.Status.APPROVED]
    if not rows:
        raise FlowError(_("No agreement is ready to be signed."), code="nothing")
    inside = with_account({row.student_id for row in rows if row.student_id is not None})

    def start(row: Agreement) -> None:
        actions.start_signing(row, by=by, comment=comment, signers=signers_of(row, inside))

    return _each(rows, start, str, report)


# For the school -----------------------------------------------------------------------------------------------------


def waiting_for(actor: Actor) -> QuerySet[SignatureRequest]:
    """The open requests that wait for the school and that an actor may sign: named in them, leader, or who approves the agreement."""
    rows = SignatureRequest.objects.filter(
        party__role=PartyRole.SCHOOL,
        state=SignatureRequest.State.OPEN,
        agreement__status=Agreement.Status.SIGNING,
        archived_at=None,
    ).exclude(channel=signing.Channel.PAPER)
    if actor.person_id is None:
        return rows.none()
    mine = Q(party__person=actor.person_id)
    others = Q(party__person=None)
    if "leader" not in actor.roles:
        others &= Q(agreement__in=Agreement.objects.all().visible_to(actor, "approve"))  # type: ignore[attr-defined]
    return rows.filter(mine | others).order_by("agreement__kind__code", "agreement__counterparty__name", "pk")


def consent() -> str:
    """The sentence to which whoever signs many papers agrees, as it is shown and kept with each signature."""
    return _(
        "I have read the ticked papers, I may sign them for the school, and I agree that my electronic signature has the"
        " same effect as one on paper."
    )


def refuse_name(typed: str, by: Actor) -> None:
    """Raise ValidationError where the typed name is not the signer's own."""
    if not signing.same_name(typed, by.name):
        raise ValidationError(_("Type your name as it stands here: %(name)s."), code="name", params={"name": by.name})


def sign_many(
    requests: Collection[int],
    *,
    by: Actor,
    typed: str,
    witness: signing.Witness | None = None,
    report: Report | None = None,
) -> Together:
    """Sign many papers (ids of requests) for the school by one typed name: each a signature of its own with its evidence.

    Only what waits for the caller is signed; what was signed meanwhile is passed over. Raises FlowError for none,
    ValidationError where the name is not the caller's.
    """
    refuse_name(typed, by)
    rows = list(waiting_for(by).filter(pk__in=requests).select_related("agreement", "party", "document"))
    if not rows:
        raise FlowError(_("There is nothing to sign here any more."), code="nothing")
    seen = witness or signing.Witness(consent=consent())

    def sign(row: SignatureRequest) -> None:
        signing.sign(row, by=by, method=Signature.Method.TYPED, name=typed.strip(), witness=seen)

    return _each(rows, sign, lambda row: str(row.agreement), report)
