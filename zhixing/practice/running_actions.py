"""What people do while a placement runs. Buttons, bulk, API, links and commands call these; each refuses in words."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from zhixing.kernel import events, filing, notices
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.actors import holders
from zhixing.org.models import Role
from zhixing.partners.models import Contact, Organisation
from zhixing.practice import running_grades
from zhixing.practice.placements import Placement
from zhixing.practice.posts import Post
from zhixing.practice.running import PresenceSignal, PresenceWeek, SignalKind, Visit, WeekEntry
from zhixing.practice.running_cases import Complaint, Incident, IncidentReport, Leave, PlacementChange
from zhixing.practice.running_results import Evaluation

ASKED = gettext_noop("%(name)s asks for leave from %(start)s to %(end)s.")
DECIDED = gettext_noop("Your leave from %(start)s to %(end)s: %(state)s.")
CHANGE = gettext_noop("%(name)s asks for a change of placement: %(kind)s.")
CHANGED = gettext_noop("Your change of placement (%(kind)s): %(state)s.")
COMPLAINT = gettext_noop("A complaint has come in: %(number)s.")
# A drawn signature is a small picture; more is none.
_MOST_INK = 400_000
_RUNNING = (Placement.Status.RUNNING,)


def _url(record: Any) -> str:
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet else ""


def _own(placement: Placement, by: Actor) -> None:
    """Only the student of a placement, or who acts for them by right, starts what is the student's to start."""
    if by.is_system or (by.person_id is not None and placement.student.person_id == by.person_id):
        return
    if not by.can_on(placement, "view"):
        raise FlowError(_("This is no placement of yours."), code="forbidden")


# Weeks ------------------------------------------------------------------------------------------------------------


def mark_week(entry: WeekEntry, verb: str, *, by: Actor, comment: str = "") -> None:
    """Read a week: `read`, `praise` or `talk`, with a word for the student if there is one."""
    with step(entry, verb, by=by, comment=comment) as locked:
        locked.read_by_id, locked.read_at = by.person_id, timezone.now()
        locked.comment = comment.strip()[:300]


def read_week(entry: WeekEntry, *, by: Actor, comment: str = "") -> None:
    mark_week(entry, "read", by=by, comment=comment)


def praise_week(entry: WeekEntry, *, by: Actor, comment: str = "") -> None:
    mark_week(entry, "praise", by=by, comment=comment)


def talk_week(entry: WeekEntry, *, by: Actor, comment: str = "") -> None:
    mark_week(entry, "talk", by=by, comment=comment)


def confirm_week(mentor: Contact, monday: date, present: list[int], *, by: Actor, absent: tuple[int, ...] = ()) -> int:
    """The mentor's one tap: who of their students was at work this week, and who was not; returns how many are new.

    A second tap on the same day changes nothing; students of other mentors are passed over.
    """
    sunday = monday + timedelta(days=6)
    day = min(max(timezone.localdate(), monday), sunday)
    mine = set(
        Placement.objects.filter(
            pk__in=[*present, *absent], mentor=mentor, status__in=("running", "ended"), archived_at=None
        ).values_list("pk", flat=True)
    )
    there = PresenceSignal.objects.filter(placement__in=mine, kind=SignalKind.MENTOR, day__range=(monday, sunday))
    mine -= set(there.values_list("placement", flat=True))
    rows = [
        PresenceSignal(placement_id=pk, kind=SignalKind.MENTOR, day=day, confirms=pk not in absent, note=by.name[:300])
        for pk in sorted(mine)
    ]
    with transaction.atomic():
        PresenceSignal.objects.bulk_create(rows, ignore_conflicts=True)
        if rows:
            events.log(
                mentor,
                "week_confirmed",
                by=by,
                data={
                    "week": monday.isoformat(),
                    "present": len(rows) - len(mine & set(absent)),
                    "absent": len(mine & set(absent)),
                },
            )
    return len(rows)


def add_signal(
    placement: Placement, kind: str, *, by: Actor, day: date | None = None, confirms: bool = True, note: str = ""
) -> PresenceSignal:
    """Note a signal that the office or a supervisor holds: a pay slip, a piece of work, a call-back."""
    row = PresenceSignal(
        placement=placement, kind=kind, day=day or timezone.localdate(), confirms=confirms, note=note[:300]
    )
    return add(row, by=by)


def _checked(row: PresenceWeek, verb: str, *, by: Actor, comment: str) -> None:
    """What a look found is itself a signal, of the school."""
    with transaction.atomic():
        with step(row, verb, by=by, comment=comment):
            pass
        day = min(timezone.localdate(), row.monday + timedelta(days=6))
        PresenceSignal.objects.bulk_create(
            [
                PresenceSignal(
                    placement_id=row.placement_id,
                    kind=SignalKind.CALL,
                    day=day,
                    confirms=verb == "confirm",
                    note=comment[:300],
                )
            ],
            ignore_conflicts=True,
        )


def found_at_work(row: PresenceWeek, *, by: Actor, comment: str = "") -> None:
    _checked(row, "confirm", by=by, comment=comment)


def not_found(row: PresenceWeek, *, by: Actor, comment: str = "") -> None:
    _checked(row, "doubt", by=by, comment=comment)


# Leave ------------------------------------------------------------------------------------------------------------


def ask_leave(
    placement: Placement, *, by: Actor, starts_on: date, ends_on: date, kind: str, reason: str, comment: str = ""
) -> Leave:
    """A student asks to be away; the supervisor is told."""
    _own(placement, by)
    if placement.status not in _RUNNING:
        raise FlowError(_("Only a running placement has leaves."), code="not_running")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    if ends_on < placement.starts_on or starts_on > placement.ends_on:
        raise ValidationError({"starts_on": _("These days lie outside the placement.")})
    leave = Leave(placement=placement, kind=kind, starts_on=starts_on, ends_on=ends_on, reason=reason.strip())
    leave.full_clean()
    with transaction.atomic():
        add(leave, by=by, comment=comment, follows=True)
        params = {"name": placement.student.name, "start": starts_on.isoformat(), "end": ends_on.isoformat()}
        notices.send_to_people([placement.supervisor_id], f"leave:{leave.pk}", ASKED, params, _url(leave))  # type: ignore[list-item]
    return leave


def _decide_leave(leave: Leave, verb: str, *, by: Actor, comment: str) -> None:
    with transaction.atomic():
        with step(leave, verb, by=by, comment=comment):
            pass
        params = {
            "start": leave.starts_on.isoformat(),
            "end": leave.ends_on.isoformat(),
            "state": str(leave.get_status_display()),
        }
        student = leave.placement.student.person_id
        notices.send_to_people([student] if student else [], f"leave:{leave.pk}:{verb}", DECIDED, params, _url(leave))


def grant_leave(leave: Leave, *, by: Actor, comment: str = "") -> None:
    _decide_leave(leave, "grant", by=by, comment=comment)


def refuse_leave(leave: Leave, *, by: Actor, comment: str = "") -> None:
    _decide_leave(leave, "refuse", by=by, comment=comment)


# Change and early end ---------------------------------------------------------------------------------------------


def ask_change(
    placement: Placement,
    *,
    by: Actor,
    kind: str,
    from_on: date,
    reason: str,
    new_post: Post | None = None,
    asked_by: str = PlacementChange.Asker.STUDENT,
    comment: str = "",
) -> PlacementChange:
    """Start a change of post or an early end; the student may start it as well as school or firm. The supervisor is told."""
    _own(placement, by)
    if placement.status not in _RUNNING:
        raise FlowError(_("Only a running placement is changed."), code="not_running")
    if placement.placement_changes.filter(status__in=("asked", "supported"), archived_at=None).exists():
        raise FlowError(_("A change of this placement is already on its way."), code="open")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    change = PlacementChange(
        placement=placement, kind=kind, from_on=from_on, reason=reason.strip(), new_post=new_post, asked_by=asked_by
    )
    change.full_clean()
    with transaction.atomic():
        add(change, by=by, comment=comment, follows=True)
        params = {"name": placement.student.name, "kind": str(change.get_kind_display())}
        notices.send_to_people([placement.supervisor_id], f"change:{change.pk}", CHANGE, params, _url(change))  # type: ignore[list-item]
    return change


def grant_change(change: PlacementChange, *, by: Actor, comment: str = "") -> Placement | None:
    """Grant a change and carry it out: the placement ends early; for a move a new one is proposed at the new post.

    The new placement goes the way of all placements: its red lines are looked at before it starts. Returns it.
    """
    follow = by.as_system()
    with transaction.atomic():
        with step(change, "grant", by=by, comment=comment):
            pass
        old = change.placement
        made = None
        if change.kind == PlacementChange.Kind.MOVE and change.new_post is not None:
            post = Post._base_manager.select_for_update(of=("self",)).get(pk=change.new_post_id)
            taken = post.placements.filter(status__in=Placement.LIVE, archived_at=None).count()
            if post.status != Post.Status.APPROVED or taken >= post.places:
                raise FlowError(_("The new post has no free place."), code="full")
        with step(old, "break", by=follow, comment=change.reason) as locked:
            locked.ended_on = max(change.from_on - timedelta(days=1), locked.starts_on)
            locked.end_reason = change.reason[:300]
        if change.kind == PlacementChange.Kind.MOVE and change.new_post is not None:
            made = add(
                Placement(
                    plan_id=old.plan_id,
                    student_id=old.student_id,
                    post=change.new_post,
                    supervisor_id=old.supervisor_id,
                    mentor=change.new_post.mentor,
                    starts_on=max(change.from_on, old.starts_on + timedelta(days=1)),
                    ends_on=max(old.ends_on, change.from_on),
                    living=old.living,
                    note=str(_("After a change of placement.")),
                ),
                by=follow,
                follows=True,
            )
        _tell_change(change)
    return made


def _tell_change(change: PlacementChange) -> None:
    student = change.placement.student.person_id
    params = {"kind": str(change.get_kind_display()), "state": str(change.get_status_display())}
    people = [student] if student else []
    notices.send_to_people(people, f"change:{change.pk}:{change.status}", CHANGED, params, _url(change))


def refuse_change(change: PlacementChange, *, by: Actor, comment: str = "") -> None:
    with transaction.atomic():
        with step(change, "refuse", by=by, comment=comment):
            pass
        _tell_change(change)


def end_placement(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """The practice is over: it ends today, or on its last day where that has passed."""
    with step(placement, "end", by=by, comment=comment) as locked:
        locked.ended_on = max(min(locked.ends_on, timezone.localdate()), locked.starts_on)


def break_placement(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """End a placement early without anybody having asked for it: the school's own decision, with its reason."""
    with step(placement, "break", by=by, comment=comment) as locked:
        locked.ended_on = max(min(locked.ends_on, timezone.localdate()), locked.starts_on)
        locked.end_reason = comment.strip()[:300]


# Incidents --------------------------------------------------------------------------------------------------------


def report_incident(
    placement: Placement,
    *,
    by: Actor,
    kind: str,
    severity: str,
    text: str,
    happened_at: datetime | None = None,
    place: str = "",
    comment: str = "",
) -> Incident:
    """Report what happened; with it the clock of each who must be told begins, and those inside are told at once."""
    _own(placement, by)
    if not text.strip():
        raise ValidationError({"text": _("Say what happened.")})
    at = happened_at or timezone.now()
    if at > timezone.now() + timedelta(minutes=10):
        raise ValidationError({"happened_at": _("This lies in the future.")})
    row = Incident(
        placement=placement,
        kind=kind,
        severity=severity,
        text=text.strip(),
        happened_at=at,
        place=place[:120],
        reporter=by.name[:80],
    )
    return add(row, by=by, comment=comment, follows=True)


def tell(report: IncidentReport, *, by: Actor, how: str = "", comment: str = "") -> None:
    """Note that one of the chain was told, and how."""
    with step(report, "tell", by=by, comment=comment, how=how) as locked:
        locked.told_at, locked.how = timezone.now(), how[:160]


def handle_incident(incident: Incident, *, by: Actor, comment: str = "") -> None:
    """Note what was done; the words become the incident's measures."""
    with step(incident, "handle", by=by, comment=comment) as locked:
        locked.measures = "\n".join(filter(None, (locked.measures, comment.strip())))


def close_incident(incident: Incident, *, by: Actor, comment: str = "") -> None:
    """Close an incident; nobody of the chain is left untold."""
    waiting = [row.get_recipient_display() for row in incident.reports.filter(status="waiting", archived_at=None)]
    if waiting:
        raise FlowError(
            _("Not yet told: %(names)s."), code="untold", params={"names": "、".join(str(name) for name in waiting)}
        )
    with step(incident, "close", by=by, comment=comment) as locked:
        locked.closed_on = timezone.localdate()


def worsen_incident(incident: Incident, *, by: Actor, severity: str, comment: str = "") -> None:
    """What looked light is graver: whoever else must be told is added to the chain."""
    with changing(incident, "severity_changed", by=by, comment=comment, severity=severity) as locked:
        locked.severity = severity


# Complaints -------------------------------------------------------------------------------------------------------


def complain(
    *,
    by: Actor,
    subject: str,
    text: str,
    placement: Placement | None = None,
    source: str = Complaint.Source.STUDENT,
    name: str = "",
    contact_phone: str = "",
) -> Complaint:
    """Bring a complaint before the office, and nobody else; its number tells the way back to the answer."""
    if not text.strip():
        raise ValidationError({"text": _("Say what it is about.")})
    row = Complaint(
        complainant_id=by.person_id,
        placement=placement,
        source=source,
        name=name or by.name,
        contact_phone=contact_phone,
        subject=subject,
        text=text.strip(),
    )
    with transaction.atomic():
        add(row, by=by, follows=True)
        notices.send(holders(Role.OFFICE), f"complaint:{row.pk}", COMPLAINT, {"number": row.number}, _url(row))
    return row


def answer_complaint(complaint: Complaint, *, by: Actor, answer: str, comment: str = "") -> None:
    with step(complaint, "answer", by=by, comment=comment) as locked:
        locked.answer, locked.answered_on = answer.strip(), timezone.localdate()


# Visits -----------------------------------------------------------------------------------------------------------


def record_visit(
    visit: Visit,
    *,
    by: Actor,
    findings: str,
    mode: str = "",
    minutes: int | None = None,
    problems: str = "",
    follow_up: str = "",
    follow_up_due: date | None = None,
    placements: list[int] | None = None,
    comment: str = "",
) -> None:
    """Write down a visit that was made; it speaks for the presence of each student met."""
    if not findings.strip():
        raise ValidationError({"findings": _("Say what was found.")})
    today = timezone.localdate()
    met = None
    if placements is not None:
        # A visit speaks for a student's presence: only for those whom the visitor may see, and only at this firm.
        there = Placement.objects.filter(pk__in=placements, post__organisation=visit.organisation_id, archived_at=None)
        met = list(there.visible_to(by))  # type: ignore[attr-defined]
    with transaction.atomic():
        with step(visit, "record", by=by, comment=comment) as locked:
            locked.findings, locked.problems = findings.strip(), problems.strip()
            locked.mode = mode or locked.mode
            locked.minutes, locked.follow_up, locked.follow_up_due = minutes, follow_up[:300], follow_up_due
            locked.visited_on = min(locked.visited_on, today)
        if met is not None:
            visit.placements.set(met)
        PresenceSignal.objects.bulk_create(
            [
                PresenceSignal(
                    placement_id=pk,
                    kind=SignalKind.VISIT if visit.mode == Visit.Mode.SITE else SignalKind.CALL,
                    day=visit.visited_on,
                    note=by.name[:300],
                )
                for pk in visit.placements.values_list("pk", flat=True)
            ],
            ignore_conflicts=True,
        )


def start_visit(
    organisation: Organisation, *, by: Actor, visited_on: date, mode: str, placements: list[Placement]
) -> Visit:
    """Put a visit on record before it is written up; its students are the visitor's own at the firm."""
    if not placements:
        raise ValidationError(_("Nobody of yours is there."), code="nobody")
    unit = placements[0].plan.major.unit
    visit = Visit(unit=unit, supervisor_id=by.person_id, organisation=organisation, visited_on=visited_on, mode=mode)
    with transaction.atomic():
        found = Visit.objects.filter(
            supervisor=by.person_id, organisation=organisation, visited_on=visited_on, archived_at=None
        ).first()
        visit = found or add(visit, by=by)
        visit.placements.add(*placements)
    return visit


def picture_of(ink: str) -> bytes:
    """The PNG behind a drawn signature (`data:image/png;base64,…`); ValidationError when there is none."""
    head, _comma, body = ink.partition(",")
    try:
        if head != "data:image/png;base64" or len(body) > _MOST_INK:
            raise ValueError
        content = base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValidationError(_("Draw the signature first."), code="ink") from error
    if len(content) < 200 or not content.startswith(b"\x89PNG"):
        raise ValidationError(_("Draw the signature first."), code="ink")
    return content


def sign_visit(visit: Visit, *, by: Actor, name: str, ink: str, comment: str = "") -> None:
    """The firm's mentor signs the record on the spot, on the supervisor's phone; it is signed once."""
    if not name.strip():
        raise ValidationError({"name": _("Say who signs.")})
    content = picture_of(ink)
    with transaction.atomic():
        with changing(visit, "signed", by=by, comment=comment, name=name) as locked:
            if locked.signed_at is not None:
                raise FlowError(_("This visit is already signed."), code="signed")
            if locked.status != Visit.Status.DONE:
                raise FlowError(_("Record the visit first."), code="not_done")
            locked.mentor_name, locked.signed_at = name.strip()[:80], timezone.now()
        filing.attach(visit, SimpleUploadedFile("signature.png", content, "image/png"), by=by)


def add_photo(visit: Visit, file: UploadedFile, *, by: Actor) -> None:
    """Put a photograph on a visit; only whoever may change it."""
    if not by.can_on(visit, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    filing.attach(visit, file, by=by)


# Evaluation -------------------------------------------------------------------------------------------------------


def evaluate(
    placement: Placement,
    side: str,
    *,
    by: Actor,
    marks: dict[str, int],
    text: str = "",
    evaluator: str = "",
) -> Evaluation:
    """One side's word, once: four marks from 0 to 100 and words. When firm and student have both spoken, both may read."""
    if placement.status not in ("running", "ended"):
        raise FlowError(_("Only a placement that runs or has ended is evaluated."), code="not_running")
    lacking = [scale for scale in Evaluation.SCALES if not 0 <= marks.get(scale, -1) <= 100]
    if lacking:
        raise ValidationError(_("Give a mark from 0 to 100 for each of the four."), code="marks")
    least = running_grades.least_pass(timezone.localdate())
    if min(marks.values()) < least and not text.strip():
        params = {"least": f"{least.normalize():f}"}
        raise ValidationError(_("Explain a mark under %(least)s in words."), code="words", params=params)
    row = Evaluation(
        placement=placement,
        side=side,
        text=text.strip(),
        evaluator=(evaluator or by.name)[:80],
        done_on=timezone.localdate(),
        # What the school says is said openly.
        shown=side == Evaluation.Side.SCHOOL,
        **{scale: marks[scale] for scale in Evaluation.SCALES},
    )
    with transaction.atomic():
        add(row, by=by, follows=True)
        open_evaluations([placement.pk])
    return row


def open_evaluations(placements: list[int]) -> int:
    """Show both sides' words where both are in; returns how many were opened."""
    opened = 0
    for pk in placements:
        both = Evaluation.objects.select_for_update().filter(
            placement=pk, side__in=("firm", "student"), archived_at=None
        )
        rows = list(both.order_by("pk"))
        if len(rows) == 2:
            opened += Evaluation.objects.filter(pk__in=[row.pk for row in rows], shown=False).update(shown=True)
    return opened
