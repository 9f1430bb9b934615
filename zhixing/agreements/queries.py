"""What other rooms of the house, jobs and pages ask agreements about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.agreements.models import (
    SIGNED,
    Agreement,
    AgreementDocument,
    AgreementParty,
    PartyRole,
    Signature,
    SignatureRequest,
)
from zhixing.kernel.models import ApprovalCase, ApprovalStation, Event
from zhixing.kernel.scope import type_key

Status = Agreement.Status
# The last day less as many days as the kind says: from then on an agreement counts as expiring, and its keeper is told.
_NEAR = ExpressionWrapper(F("ends_on") - F("kind__expiring_days"), output_field=DateField())


# A signature recorded from paper without its scan, where the whole scan has not come since.
_WHOLE = AgreementDocument.objects.filter(
    source=OuterRef("request__document"), kind="scan", archived_at=None, data__whole=True
)
SCAN_MISSING = Exists(
    Signature.objects.filter(
        ~Exists(_WHOLE), request__agreement=OuterRef("pk"), method="paper", archived_at=None, evidence__scan=""
    )
)


def valid_on(day: date, rows: QuerySet | None = None) -> QuerySet:
    """Agreements that bound their parties on a day: signed, begun and not yet ended then (D-17).

    Asked of a past day the answer is that of the time, whatever has been ended, renewed or amended since.
    """
    agreements = Agreement.objects.all() if rows is None else rows
    open_then = Q(ended_on=None) | Q(ended_on__gte=day)
    return agreements.filter(
        open_then, status__in=SIGNED, signed_on__lte=day, starts_on__lte=day, ends_on__gte=day, archived_at=None
    )


def expiring(on: date, rows: QuerySet | None = None) -> QuerySet:
    """Agreements in force whose last day is as near as their kind says, and that nobody has renewed in writing yet; the nearest first."""
    agreements = Agreement.objects.all() if rows is None else rows
    near = agreements.filter(status=Status.IN_FORCE, archived_at=None, ends_on__gte=on).alias(near=_NEAR)
    near = near.filter(near__lte=on)
    following = Agreement.objects.filter(archived_at=None, signed_on__isnull=False, renews__isnull=False)
    return near.exclude(pk__in=following.values("renews")).order_by("ends_on", "id")


def notice_days(agreement: Agreement) -> list[int]:
    """How many days before the last its keeper is told: when it begins to expire, and at the steps of the settings after that."""
    first = agreement.kind.expiring_days
    return [first, *(days for days in settings.ZHIXING["agreement_notice_days"] if days < first)]


def without_scan(rows: QuerySet | None = None) -> QuerySet:
    """Signed agreements on paper of which no whole scan is kept: the evidence names who recorded them, the paper alone shows it."""
    agreements = Agreement.objects.all() if rows is None else rows
    return agreements.filter(SCAN_MISSING, archived_at=None)


def run_out(on: date) -> QuerySet:
    """Agreements still shown as in force whose last day is past."""
    return Agreement.objects.filter(status=Status.IN_FORCE, archived_at=None, ends_on__lt=on).order_by("ends_on", "id")


def with_partner(organisation_id: int, on: date | None = None) -> QuerySet:
    """Agreements with an organisation that are valid on a day (today), as counterparty or as any party."""
    parties = AgreementParty.objects.filter(organisation=organisation_id, archived_at=None)
    mine = Q(counterparty=organisation_id) | Q(pk__in=parties.values("agreement"))
    return valid_on(on or timezone.localdate()).filter(mine)


@dataclass(frozen=True)
class Ball:
    """With whom an agreement lies, and since when; `who` is empty where nobody has to do anything."""

    who: tuple[str, ...]
    since: datetime | None
    what: str


def ball(agreement: Agreement) -> Ball:
    """With whom the ball is and since when. At most two queries."""
    if agreement.status in (*SIGNED, Status.SUBMITTED) and agreement.status != Status.SUBMITTED:
        return Ball((), None, "")
    keeper = agreement.owner.name if agreement.owner else str(agreement.unit)
    if agreement.status == Status.CONFIRMING:
        waiting = agreement.parties.filter(confirmed_at=None, archived_at=None).exclude(role=PartyRole.SCHOOL)
        names = tuple(waiting.order_by("order").values_list("name", flat=True))
        if names:
            return Ball(names, _since(agreement), _("confirm their data"))
        return Ball((keeper,), _since(agreement), _("submit for approval"))
    if agreement.status == Status.SUBMITTED:
        station = ApprovalStation.objects.filter(
            case__record_type=type_key(agreement),
            case__record_id=agreement.pk,
            case__state=ApprovalCase.State.OPEN,
            state=ApprovalStation.State.PENDING,
        ).first()
        from zhixing.org.roles import role_name

        who = (str(role_name(station.role)),) if station else ()
        return Ball(who, station.reached_at if station else None, _("decide"))
    if agreement.status == Status.SIGNING:
        asked = agreement.signature_requests.filter(state=SignatureRequest.State.OPEN, archived_at=None)
        rows = list(asked.select_related("party").order_by("order", "id"))
        if rows:
            names = tuple(row.signer_name or row.party.name for row in rows)
            since = min((row.opened_at for row in rows if row.opened_at), default=None)
            return Ball(names, since, _("sign"))
        return Ball((keeper,), _since(agreement), _("put in force"))
    what = _("start signing") if agreement.status == Status.APPROVED else _("complete the draft")
    return Ball((keeper,), _since(agreement), what)


def _since(agreement: Agreement) -> datetime | None:
    """When the agreement last changed its state."""
    keys = [step.key for step in Agreement.flow.steps]
    rows = Event.objects.filter(record_type=type_key(agreement), record_id=agreement.pk, verb__in=[*keys, "created"])
    return rows.order_by("-at").values_list("at", flat=True).first()
