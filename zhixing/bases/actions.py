"""What people do with bases, their ledger, safety, rooms and places. Buttons, bulk, API and commands call these.

Each refuses with ValidationError. Source: 四（四）1 (input, functions, guides), 四（四）2 (places, plans).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhixing.bases import demand, queries, statements
from zhixing.bases.models import (
    Base,
    BasePlan,
    BaseUse,
    BenefitStatement,
    Booking,
    Contribution,
    Guide,
    PlaceCapacity,
    PracticeDemand,
    ResidentUnit,
    RevenueShare,
    Room,
    SafetyCheck,
)
from zhixing.bases.rooms import holders
from zhixing.kernel import links
from zhixing.kernel.acting import add, changing
from zhixing.kernel.approval import submit
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Handed, sheet_for
from zhixing.org.models import AcademicYear, Cohort, Major, Term

# The purpose of the links by which firms confirm statements.
CONFIRM = "bases.confirm_statement"


def not_in_future(day: date) -> None:
    """Refuse a day that is still to come."""
    if day > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")


def _page(record: Any) -> str:
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet else ""


# The base ---------------------------------------------------------------------------------------------------------


def open_base(base: Base, *, by: Actor, starts_on: date, comment: str = "") -> None:
    """投入使用: a base on the campus names its mode; any base names the majors that it serves (四（四）1–2)."""
    not_in_future(starts_on)
    if base.kind == Base.Kind.CAMPUS and not base.mode:
        raise ValidationError(_("Say in which mode school and firm build the base."), code="no_mode")
    if base.kind != Base.Kind.TEACHER and not base.majors.exists():
        raise ValidationError(_("Name the majors that the base serves."), code="no_majors")
    with step(base, "open", by=by, comment=comment, starts_on=starts_on.isoformat()) as row:
        row.starts_on = starts_on


def close_base(base: Base, *, by: Actor, closed_on: date, comment: str = "") -> None:
    """Close a base on a day, for a reason; what was accepted and is not settled is told first.

    Since when it was in use stays; one that never was has no such day, planned or not.
    """
    not_in_future(closed_on)
    waiting = base.contributions.filter(
        status__in=(Contribution.Status.DELIVERED, Contribution.Status.ACCEPTED), archived_at=None
    )
    titles = list(waiting.order_by("due").values_list("title", flat=True)[:5])
    if titles:
        raise ValidationError(
            _("Settle first what was put in: %(titles)s."), code="unsettled", params={"titles": "；".join(titles)}
        )
    with step(base, "close", by=by, comment=comment, closed_on=closed_on.isoformat()) as row:
        if row.status != Base.Status.IN_USE:
            row.starts_on = None
        elif closed_on < row.starts_on:
            raise ValidationError(
                _("The base has been in use since %(day)s: it was not closed before."),
                code="before_use",
                params={"day": row.starts_on.isoformat()},
            )
        row.ends_on, row.close_reason = closed_on, comment.strip()[:300]


def record_use(
    base: Base,
    *,
    by: Actor,
    function: str,
    used_on: date,
    title: str,
    hours: Decimal,
    people: int,
    income: Decimal | None = None,
    major: Major | None = None,
    room: Room | None = None,
    comment: str = "",
) -> BaseUse:
    """Log what a base was used for (D-36)."""
    use = BaseUse(
        base=base,
        function=function,
        used_on=used_on,
        title=title,
        hours=hours,
        people=people,
        income=income or Decimal(0),
        major=major,
        room=room,
        recorded_by_id=by.person_id,
    )
    return add(use, by=by, comment=comment)


# The ledger -------------------------------------------------------------------------------------------------------


def deliver(thing: Contribution, *, by: Actor, delivered_on: date, delivered_value: Decimal, comment: str = "") -> None:
    """到位: what was pledged is there, with its value; it counts once it is accepted."""
    not_in_future(delivered_on)
    value = str(delivered_value)
    with step(thing, "deliver", by=by, comment=comment, delivered_on=delivered_on.isoformat(), value=value) as row:
        row.delivered_on, row.delivered_value = delivered_on, delivered_value


def accept(thing: Contribution, *, by: Actor, accepted_on: date, valued_by: str = "", comment: str = "") -> None:
    """验收: the school accepts what was delivered; who accepted it stays on record."""
    not_in_future(accepted_on)
    with step(thing, "accept", by=by, comment=comment, accepted_on=accepted_on.isoformat()) as row:
        row.accepted_on, row.accepted_by_id = accepted_on, by.person_id
        row.valued_by = valued_by.strip()[:200] or row.valued_by


def refuse(thing: Contribution, *, by: Actor, comment: str = "") -> None:
    """退回: what came is not what was pledged; the pledge stands."""
    with step(thing, "refuse", by=by, comment=comment) as row:
        row.delivered_on = row.delivered_value = None


def settle(
    thing: Contribution, *, by: Actor, settled_on: date, settled_value: Decimal | None = None, comment: str = ""
) -> None:
    """退出清算: one side leaves; what becomes of the thing is agreed and written down."""
    not_in_future(settled_on)
    with step(thing, "settle", by=by, comment=comment, settled_on=settled_on.isoformat()) as row:
        row.settled_on, row.settled_value, row.settlement = settled_on, settled_value, comment.strip()[:300]


def share_revenue(
    unit: ResidentUnit,
    *,
    by: Actor,
    starts_on: date,
    ends_on: date,
    revenue: Decimal,
    school_percent: Decimal,
    received_on: date | None = None,
    comment: str = "",
) -> None:
    """收益分成: record what a resident unit earned in a period and which percent of it is the school's."""
    share = RevenueShare(
        resident=unit,
        starts_on=starts_on,
        ends_on=ends_on,
        revenue=revenue,
        school_percent=school_percent,
        received_on=received_on,
    )
    add(share, by=by, comment=comment)


# Safety -----------------------------------------------------------------------------------------------------------


def record_check(
    check: SafetyCheck,
    *,
    by: Actor,
    done_on: date,
    result: str,
    checked_by: str,
    findings: str = "",
    next_due: date | None = None,
    comment: str = "",
) -> None:
    """Record what a safety check found, and when the next is due."""
    not_in_future(done_on)
    if next_due is not None and next_due <= done_on:
        raise ValidationError(_("The next check is due after this one."), code="next_before")
    with changing(check, "record_check", by=by, comment=comment, result=result, done_on=done_on.isoformat()) as row:
        if row.done_on:
            raise FlowError(_("This check is already done."), code="done")
        row.done_on, row.result, row.checked_by, row.findings = done_on, result, checked_by, findings.strip()
    if next_due is not None and not SafetyCheck.objects.filter(base=check.base_id, due=next_due).exists():
        add(SafetyCheck(base_id=check.base_id, due=next_due), by=by, follows=True)


def mend(check: SafetyCheck, *, by: Actor, mended_on: date, comment: str = "") -> None:
    """整改完成: what the check found is mended."""
    not_in_future(mended_on)
    with changing(check, "mend", by=by, comment=comment, mended_on=mended_on.isoformat()) as row:
        if row.result not in (SafetyCheck.Result.MEND, SafetyCheck.Result.STOPPED) or row.mended_on:
            raise FlowError(_("There is nothing to mend."), code="nothing")
        row.mended_on = mended_on


# Guides -----------------------------------------------------------------------------------------------------------


def prove_guide(
    guide: Guide,
    *,
    by: Actor,
    proof: str,
    proven_on: date,
    proof_number: str = "",
    valid_until: date | None = None,
    comment: str = "",
) -> None:
    """Record a guide's certificate or title (D-38)."""
    not_in_future(proven_on)
    with changing(guide, "prove", by=by, comment=comment, proof=proof, proven_on=proven_on.isoformat()) as row:
        row.proof, row.proof_number, row.proven_on, row.valid_until = proof, proof_number, proven_on, valid_until


def end_guide(guide: Guide, *, by: Actor, ends_on: date, comment: str = "") -> None:
    """Let a guide end on a day, the last on which they guide."""
    with changing(guide, "end", by=by, comment=comment, ends_on=ends_on.isoformat()) as row:
        row.ends_on = ends_on


# Rooms ------------------------------------------------------------------------------------------------------------


def book(
    room: Room,
    *,
    by: Actor,
    day: date,
    first_period: int,
    last_period: int,
    function: str,
    purpose: str,
    major: Major | None = None,
    cohort: Cohort | None = None,
    people: int = 0,
    comment: str = "",
) -> Booking:
    """Book a room for some lessons. Of two who ask for the same lesson at the same moment one gets it, the other is told
    who was quicker."""
    booking = Booking(
        room=room,
        day=day,
        first_period=first_period,
        last_period=last_period,
        function=function,
        purpose=purpose,
        major=major or (cohort.major if cohort else None),
        cohort=cohort,
        people=people,
        booked_by_id=by.person_id,
    )
    return take(booking, by=by, comment=comment)


def take(booking: Booking, *, by: Actor, comment: str = "") -> Booking:
    """Write a booking of a day to come; the very same one that was cancelled before is renewed for whoever books now.

    Who has the room already is named only to those who may see that booking.
    """
    _to_come(booking.day)
    try:
        return _taken(booking, by=by, comment=comment)
    except ValidationError as refused:
        holder = holders([booking]).get(0)
        if holder is None or visible([holder], by):
            raise
        raise holder.taken(named=False) from refused


def renew(booking: Booking, *, by: Actor, comment: str = "") -> None:
    """Book a cancelled booking again, unless its day is past."""
    _to_come(booking.day)
    with step(booking, "renew", by=by, comment=comment):
        pass


def visible(bookings: Sequence[Booking], by: Actor) -> set[int]:
    """Which of some bookings somebody may see, by id: one question for all."""
    rows = Booking.objects.filter(pk__in=[booking.pk for booking in bookings]).visible_to(by)  # type: ignore[attr-defined]
    return set(rows.values_list("pk", flat=True)) if bookings else set()


def _to_come(day: date) -> None:
    if day < timezone.localdate():
        raise ValidationError(_("That day is past."), code="past")


def _taken(booking: Booking, *, by: Actor, comment: str) -> Booking:
    twin = Booking.objects.filter(
        room=booking.room,
        day=booking.day,
        first_period=booking.first_period,
        purpose=booking.purpose,
        status=Booking.Status.CANCELLED,
        archived_at=None,
    ).first()
    if twin is None:
        return add(booking, by=by, comment=comment)
    if not by.can(Booking, "add"):
        raise FlowError(_("You may not add a record of this type."), code="forbidden")
    fields = ("last_period", "function", "major_id", "cohort_id", "people", "booked_by_id", "series")
    with transaction.atomic():
        # Whoever may book may also take up what somebody else gave up.
        with step(twin, "renew", by=by.as_system(), comment=comment) as row:
            for name in fields:
                setattr(row, name, getattr(booking, name))
        if not Booking.objects.filter(pk=twin.pk).visible_to(by, "add").exists():  # type: ignore[attr-defined]
            raise FlowError(_("This record would belong to a unit outside your reach."), code="out_of_reach")
    return twin


# Places -----------------------------------------------------------------------------------------------------------


def copy_places(base: Base, *, by: Actor, term: Term, comment: str = "") -> int:
    """Take a base's places of the same term a year before over into `term`; what is there stays. Returns how many.

    The numbers wait to be confirmed with the firm: a copied row has no day of confirmation.
    """
    if not by.can_on(base, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    old = PlaceCapacity.objects.filter(
        base=base, term__number=term.number, term__starts_on__lt=term.starts_on, archived_at=None
    )
    latest = old.order_by("-term__starts_on").values_list("term", flat=True).first()
    rows = list(old.filter(term=latest)) if latest else []
    if not rows:
        raise FlowError(_("There are no places of the year before to copy."), code="nothing")
    there = set(PlaceCapacity.objects.filter(base=base, term=term).values_list("major_id", "kind"))
    made = [
        PlaceCapacity(base=base, term=term, major_id=row.major_id, kind=row.kind, places=row.places)
        for row in rows
        if (row.major_id, row.kind) not in there
    ]
    with transaction.atomic():
        for row in made:
            add(row, by=by, comment=comment, follows=True)
    return len(made)


def confirm_places(row: PlaceCapacity, *, by: Actor, places: int, confirmed_by: str, comment: str = "") -> None:
    """The firm has confirmed how many places it has."""
    with changing(row, "confirm_places", by=by, comment=comment, places=places, confirmed_by=confirmed_by) as kept:
        kept.places, kept.confirmed_by, kept.confirmed_on = places, confirmed_by, timezone.localdate()


def compute_demand(*, by: Actor) -> int:
    """Count the students due anew over the terms ahead, for the majors that the actor may write. Returns rows moved."""
    if not by.can(PracticeDemand, "add"):
        raise FlowError(_("You may not add a record of this type."), code="forbidden")
    reach = by.reach(PracticeDemand, "add")
    rows = Major.objects.filter(archived_at=None)
    if not reach.everything:
        rows = rows.filter(unit__in=reach.units)
    terms = queries.terms_from(timezone.localdate())
    return demand.compute(terms, set(rows.values_list("pk", flat=True)))


def set_demand(row: PracticeDemand, *, by: Actor, students: int, note: str = "", comment: str = "") -> None:
    """Somebody knows better than the count: their number stays until it is counted again on purpose."""
    with changing(row, "set_demand", by=by, comment=comment, students=students) as kept:
        kept.students, kept.note, kept.source = students, note, PracticeDemand.Source.EDITED
        kept.changed_by_id = by.person_id


# The plan of the year ---------------------------------------------------------------------------------------------


def submit_plan(plan: BasePlan, *, by: Actor, comment: str = "") -> None:
    """Send a base plan for approval: it says what it means to do and how bases are managed for good (D-44)."""
    if not plan.content.strip() or not plan.management.strip():
        raise ValidationError(
            _("A plan says its goals and measures, and how bases are managed for good."), code="empty"
        )
    submit(plan, by=by, comment=comment)


def follow_plan(plan: BasePlan, *, by: Actor, year: AcademicYear, comment: str = "") -> str:
    """Begin the plan of another year from this one; returns the address of its page."""
    if BasePlan.objects.filter(unit=plan.unit_id, year=year).exists():
        raise ValidationError(_("The college already has a base plan for that year."), code="there")
    kept = ("unit_id", "owner_id", "new_bases", "new_places", "demo_bases", "funds", "content", "management")
    following = BasePlan(year=year, **{name: getattr(plan, name) for name in kept})
    return _page(add(following, by=by, comment=comment))


# The statement ----------------------------------------------------------------------------------------------------


def draw_up(base: Base, *, by: Actor, year: int, comment: str = "") -> str:
    """Draw up the statement of a year from records; returns the address of its page."""
    if base.organisation_id is None:
        raise ValidationError(_("The base has no organisation to give and take with."), code="no_organisation")
    if year > timezone.localdate().year:
        raise ValidationError(_("That year has not begun."), code="future")
    there = BenefitStatement.objects.filter(base=base, year=year).first()
    if there is not None:
        redraw(there, by=by, comment=comment)
        return _page(there)
    made = BenefitStatement(base=base, year=year, lines=statements.count(base, year), drawn_at=timezone.now())
    return _page(add(made, by=by, comment=comment))


def redraw(statement: BenefitStatement, *, by: Actor, comment: str = "") -> None:
    """Count a statement that is not yet confirmed anew; what the firm has before it does not change under its eyes."""
    with changing(statement, "redraw", by=by, comment=comment) as row:
        if row.status not in (BenefitStatement.Status.DRAFT, BenefitStatement.Status.DISPUTED):
            raise FlowError(_("The statement is with the firm or confirmed: it stays as it is."), code="wrong_state")
        row.lines, row.drawn_at = statements.count(row.base, row.year), timezone.now()


def send_statement(
    statement: BenefitStatement, *, by: Actor, name: str, email: str = "", days: int = 14, comment: str = ""
) -> Handed:
    """The school confirms its statement and lays it before somebody of the firm, who needs no account."""
    if not statement.lines:
        raise ValidationError(_("There is nothing in this statement yet. Draw it up first."), code="empty")
    with step(statement, "send", by=by, comment=comment, to=name) as row:
        row.school_confirmed_on, row.school_confirmed_by = timezone.localdate(), by.name
        row.firm_confirmed_on, row.firm_confirmed_by, row.firm_remark = None, "", ""
    return _hand(statement, by, name, email, days)


def ask_again(
    statement: BenefitStatement, *, by: Actor, name: str, email: str = "", days: int = 14, comment: str = ""
) -> Handed:
    """Another link for a statement that waits for the firm; the one before stops working."""
    if not by.can_on(statement, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    if statement.status != BenefitStatement.Status.SENT:
        raise FlowError(_("The statement does not wait for the firm."), code="wrong_state")
    return _hand(statement, by, name, email, days)


def _hand(statement: BenefitStatement, by: Actor, name: str, email: str, days: int) -> Handed:
    subject = gettext("Please confirm the statement of %(year)s: %(base)s") % {
        "year": statement.year,
        "base": statement.base.name,
    }
    return hand(CONFIRM, statement, subject, by=by, name=name, email=email, days=days)


def hand(purpose: str, record: Record, subject: str, *, by: Actor, name: str, email: str, days: int) -> Handed:
    """A link for somebody outside that is shown once, and mailed where an address is given."""
    link = links.issue(purpose, record, name=name, by=by, days=days)
    once = gettext("It is shown only this once; a new link makes this one useless.")
    if not email:
        return Handed(link, gettext("No mail was sent. Pass the link on yourself.") + " " + once)
    body = gettext("Dear %(name)s,\n\n%(subject)s:\n%(link)s\n\nThe link is meant for you alone.") % {
        "name": name,
        "subject": subject,
        "link": link,
    }
    transaction.on_commit(lambda: EmailMessage(subject, body, None, [email]).send())
    return Handed(link, gettext("The link was mailed to %(email)s.") % {"email": email} + " " + once)


def firm_confirms(statement: BenefitStatement, *, by: Actor, name: str, remark: str = "") -> None:
    """The firm confirms; from then on the statement proves what it says."""
    with step(statement, "confirm", by=by, comment=remark, name=name) as row:
        row.firm_confirmed_on, row.firm_confirmed_by, row.firm_remark = timezone.localdate(), name[:80], remark


def firm_disputes(statement: BenefitStatement, *, by: Actor, name: str, remark: str) -> None:
    """The firm says what is wrong; the statement goes back to the college."""
    with step(statement, "dispute", by=by, comment=remark, name=name) as row:
        row.firm_remark = remark


def firm_confirmed_on_paper(statement: BenefitStatement, *, by: Actor, name: str, comment: str = "") -> None:
    """The firm has signed on paper: whoever keeps the base enters for whom and attaches the scan."""
    if not by.can_on(statement, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    firm_confirms(statement, by=by, name=name, remark=comment)


def reopen_statement(statement: BenefitStatement, *, by: Actor, comment: str = "") -> None:
    """Take a statement back from the firm; its links stop working."""
    with step(statement, "reopen", by=by, comment=comment):
        links.revoke(links.of_record(statement, CONFIRM))
