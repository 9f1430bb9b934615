"""The life of an apprenticeship: enrolling and hiring in one, masters, rotations, reviews, changes (四（三）2, D-31, D-33)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.cultivation.apprenticeships import (
    LEAST_AGE,
    Apprentice,
    Apprenticeship,
    Candidate,
    CircumstanceChange,
    EnrolmentPlan,
    MasterPair,
    QualityReview,
    Rotation,
    age_on,
)
from zhixing.kernel import approval, events
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.org.models import Student, Term
from zhixing.partners.models import Contact

# A term's reviews are due so many days before its last day, so that a late one can still be made in the term.
REVIEW_DAYS_BEFORE_END = 14


def _not_in_future(day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")


# Enrolling and hiring ---------------------------------------------------------------------------------------------


def recruit(programme: Apprenticeship, *, by: Actor, comment: str = "") -> None:
    """Let people apply: the agreement is in force and the joint plan approved."""
    if programme.agreement is None or programme.agreement.status != "in_force":
        raise FlowError(_("Recruiting rests on an agreement in force: name it first."), code="no_agreement")
    plans = programme.enrolment_plans.filter(status=EnrolmentPlan.Status.APPROVED, archived_at=None)
    if not plans.exists():
        raise FlowError(_("School and firm first agree on an enrolment plan, and it is approved."), code="no_plan")
    with step(programme, "recruit", by=by, comment=comment):
        pass


def submit_plan_of_enrolment(plan: EnrolmentPlan, *, by: Actor, comment: str = "") -> None:
    """Send a joint plan on its route; the firm has agreed before, and all plans fit into the programme's places."""
    if plan.firm_agreed_on is None:
        raise FlowError(_("Note the day on which the firm agreed: the plan is a joint one."), code="not_agreed")
    others = plan.programme.enrolment_plans.filter(archived_at=None).exclude(pk=plan.pk)
    total = plan.quota + sum(others.values_list("quota", flat=True))
    if total > plan.programme.quota:
        raise FlowError(
            _("The plans take %(total)s people, the programme has %(places)s places."),
            code="over_quota",
            params={"total": total, "places": plan.programme.quota},
        )
    approval.submit(plan, by=by, comment=comment)


def record_test(candidate: Candidate, *, by: Actor, score: Decimal, tested_on: date, comment: str = "") -> None:
    """Note the result of the joint test, 0 to 100."""
    _not_in_future(tested_on)
    with step(candidate, "test", by=by, comment=comment, score=str(score)) as locked:
        locked.score, locked.tested_on = score, tested_on


def make_offer(candidate: Candidate, *, by: Actor, comment: str = "") -> None:
    """Offer a place, which is a post at the same time. Never more offers than the plan has places."""
    with transaction.atomic():
        # Two offers for the last place wait for one another here.
        plan = EnrolmentPlan._base_manager.select_for_update(of=("self",)).get(pk=candidate.plan_id)
        if plan.status != EnrolmentPlan.Status.APPROVED:
            raise FlowError(_("Offers rest on an approved enrolment plan."), code="no_plan")
        taken = plan.candidates.filter(
            status__in=(Candidate.Status.OFFERED, Candidate.Status.CONTRACTED), archived_at=None
        ).count()
        if taken >= plan.quota:
            raise FlowError(
                _("All %(places)s places of the plan are offered."), code="full", params={"places": plan.quota}
            )
        with step(candidate, "offer", by=by, comment=comment) as locked:
            locked.offered_on = timezone.localdate()


def record_contract(
    candidate: Candidate,
    *,
    by: Actor,
    contracted_on: date,
    student: Student | None = None,
    agreement: object | None = None,
    joined_on: date | None = None,
    comment: str = "",
) -> Apprentice:
    """招生即招工: the offer becomes a contract, and the candidate an apprentice: student and employee in one.

    Nobody under 16; of whoever is 16 or 17 on joining the agreement names the guardian as its fourth party.
    """
    _not_in_future(contracted_on)
    person = student or candidate.student
    if person is None:
        raise ValidationError({"student": _("Name the student: the contract is signed after enrolment.")})
    programme = candidate.plan.programme
    joined = joined_on or max(programme.starts_on, contracted_on)
    _old_enough(person, joined, agreement)
    with transaction.atomic():
        with step(candidate, "contract", by=by, comment=comment, contracted_on=contracted_on.isoformat()) as locked:
            locked.student, locked.contracted_on = person, contracted_on
        apprentice = Apprentice(
            programme=programme,
            student=person,
            candidate=candidate,
            agreement=agreement,
            joined_on=joined,
            employed_on=contracted_on,
        )
        return add(apprentice, by=by, comment=comment, follows=True)


def _old_enough(student: Student, joined: date, agreement: object | None) -> None:
    if student.birth_date is None:
        raise FlowError(_("Enter the student's date of birth: it says whether the guardian signs too."), code="no_age")
    age = age_on(student.birth_date, joined)
    if age < LEAST_AGE:
        raise FlowError(_("Nobody under %(age)s becomes an apprentice."), code="too_young", params={"age": LEAST_AGE})
    if not Apprentice(student=student, joined_on=joined).needs_guardian:
        return
    parties = agreement.parties.filter(role="guardian", archived_at=None) if agreement is not None else None  # type: ignore[attr-defined]
    if parties is None or not parties.exists():
        raise FlowError(
            _("%(name)s is %(age)s: name the agreement in which the guardian is the fourth party."),
            code="no_guardian",
            params={"name": student.name, "age": age},
        )


# Running ----------------------------------------------------------------------------------------------------------


def start_programme(programme: Apprenticeship, *, by: Actor, comment: str = "") -> None:
    """Begin to train: the first day has come and there are apprentices."""
    if programme.starts_on > timezone.localdate():
        raise FlowError(
            _("The programme begins on %(day)s."), code="too_early", params={"day": programme.starts_on.isoformat()}
        )
    if not programme.apprentices.filter(status=Apprentice.Status.ACTIVE, archived_at=None).exists():
        raise FlowError(_("There is no apprentice yet."), code="empty")
    with step(programme, "start", by=by, comment=comment):
        pass


def finish_programme(programme: Apprenticeship, *, by: Actor, ends_on: date, comment: str = "") -> None:
    """Record the last day; no apprentice is left without an outcome."""
    _not_in_future(ends_on)
    with step(programme, "finish", by=by, comment=comment, ends_on=ends_on.isoformat()) as locked:
        still = locked.apprentices.filter(status__in=("active", "paused"), archived_at=None).count()
        if still:
            raise FlowError(
                _("%(number)s apprentices have neither finished nor left."), code="unfinished", params={"number": still}
            )
        if ends_on < locked.starts_on:
            raise ValidationError(_("The end must not be before the beginning."), code="dates")
        locked.ends_on = ends_on


def finish_apprentice(apprentice: Apprentice, *, by: Actor, left_on: date, comment: str = "") -> None:
    """Record that an apprentice has completed the programme."""
    _not_in_future(left_on)
    with step(apprentice, "finish", by=by, comment=comment, left_on=left_on.isoformat()) as locked:
        locked.left_on = left_on
        _end_pairs(locked, left_on)


def _end_pairs(apprentice: Apprentice, day: date) -> None:
    """Pairs and rotations do not outlive the apprenticeship."""
    for rows in (apprentice.masters.filter(archived_at=None), apprentice.rotations.filter(archived_at=None)):
        for row in rows.exclude(ends_on__lte=day).filter(starts_on__lte=day):
            row.ends_on = day
            row.save(update_fields=["ends_on", "updated_at"])


def _living(apprentice: Apprentice, by: Actor) -> Apprentice:
    """The apprentice, locked, if whoever acts may change it and it is still one."""
    if not by.can_on(apprentice, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    locked = Apprentice._base_manager.select_for_update(of=("self",)).get(pk=apprentice.pk)
    if locked.status not in (Apprentice.Status.ACTIVE, Apprentice.Status.PAUSED):
        raise FlowError(_("The apprenticeship is over."), code="wrong_state")
    return locked


def pair(apprentice: Apprentice, *, by: Actor, master: Contact, starts_on: date, comment: str = "") -> MasterPair:
    """师徒结对: give an apprentice a master of the firm; the one before ends on the day before.

    The master's contact is held while it is counted, so that of two pairs for the last place one is refused.
    """
    with transaction.atomic():
        locked = _living(apprentice, by)
        held = Contact._base_manager.select_for_update(of=("self",)).get(pk=master.pk)
        for before in locked.masters.filter(archived_at=None, starts_on__lt=starts_on).exclude(ends_on__lt=starts_on):
            before.ends_on = starts_on - timedelta(days=1)
            before.save(update_fields=["ends_on", "updated_at"])
            events.log(before, "changed", by=by, comment=comment)
        return add(
            MasterPair(apprentice=locked, master=held, starts_on=starts_on), by=by, comment=comment, follows=True
        )


def rotate(
    apprentice: Apprentice, *, by: Actor, post: str, starts_on: date, workplace: str = "", comment: str = ""
) -> Rotation:
    """轮岗: put an apprentice on the next post; the one before ends on the day before."""
    with transaction.atomic():
        locked = _living(apprentice, by)
        for before in locked.rotations.filter(archived_at=None, starts_on__lt=starts_on).exclude(ends_on__lt=starts_on):
            before.ends_on = starts_on - timedelta(days=1)
            before.save(update_fields=["ends_on", "updated_at"])
            events.log(before, "changed", by=by, comment=comment)
        row = Rotation(apprentice=locked, post=post, workplace=workplace, starts_on=starts_on)
        return add(row, by=by, comment=comment, follows=True)


# Reviews ----------------------------------------------------------------------------------------------------------


def plan_reviews(
    programme: Apprenticeship, *, by: Actor, term: Term, each: bool = False, comment: str = ""
) -> list[QualityReview]:
    """Put a term's reviews by school, firm and apprentices on record with the day by which each is due.

    `each`: of every apprentice by school and firm too, and by the apprentice: then all speak for themselves, and nobody
    for all of them. What is there already is left alone; returns what is new.
    """
    if not by.can_on(programme, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    if programme.status not in (Apprenticeship.Status.RUNNING, Apprenticeship.Status.PAUSED):
        raise FlowError(_("Reviews are made while the programme runs."), code="wrong_state")
    if term.ends_on < programme.starts_on or term.starts_on > programme.ends_on:
        raise FlowError(_("The programme does not run in this term."), code="wrong_term")
    due = review_day(programme, term)
    living = programme.apprentices.filter(status=Apprentice.Status.ACTIVE, archived_at=None).order_by("pk")
    people = list(living.values_list("pk", flat=True)) if each else []
    sides = QualityReview.Side.values
    wanted: list[tuple[int | None, str]] = [(None, side) for side in sides if side != "apprentice" or not people]
    wanted += [(pk, side) for pk in people for side in sides]
    with transaction.atomic():
        Apprenticeship._base_manager.select_for_update(of=("self",)).get(pk=programme.pk)
        there = set(programme.reviews.filter(term=term).values_list("apprentice_id", "side"))
        return [
            add(
                QualityReview(programme=programme, apprentice_id=pk, term=term, side=side, due=due),
                by=by,
                comment=comment,
                follows=True,
            )
            for pk, side in wanted
            if (pk, side) not in there
        ]


def review_day(programme: Apprenticeship, term: Term) -> date:
    """The day by which a term's reviews of a programme are due: some days before whichever of the two ends first."""
    return max(term.starts_on, min(term.ends_on, programme.ends_on) - timedelta(days=REVIEW_DAYS_BEFORE_END))


def review_own(
    apprentice: Apprentice, *, by: Actor, term: Term, score: Decimal, text: str = "", comment: str = ""
) -> QualityReview:
    """学徒评价: an apprentice says how the own apprenticeship goes; once a term, whether or not it was asked for.

    Raises FlowError for anybody else's apprenticeship, one that is over, or a term that does not run today.
    """
    if not by.can("cultivation.own_apprenticeship", "add") or by.person_id is None:
        raise FlowError(_("This page is for students."), code="forbidden")
    if apprentice.student.person_id != by.person_id:
        raise FlowError(_("You may not change this record."), code="forbidden")
    if not term.starts_on <= timezone.localdate() <= term.ends_on:
        raise FlowError(_("You review the term that runs."), code="wrong_term")
    with transaction.atomic():
        locked = Apprentice._base_manager.select_for_update(of=("self",)).get(pk=apprentice.pk)
        if locked.status not in (Apprentice.Status.ACTIVE, Apprentice.Status.PAUSED):
            raise FlowError(_("The apprenticeship is over."), code="wrong_state")
        side = QualityReview.Side.APPRENTICE
        review = locked.reviews.filter(term=term, side=side, archived_at=None).first()
        # The right to speak for oneself is not the right to change reviews.
        doer = by.as_system()
        if review is None:
            review = QualityReview(
                programme=locked.programme,
                apprentice=locked,
                term=term,
                side=side,
                due=review_day(locked.programme, term),
            )
            add(review, by=doer, follows=True)
        do_review(review, by=doer, score=score, text=text, reviewer=by.name, comment=comment)
    return review


def do_review(
    review: QualityReview,
    *,
    by: Actor,
    score: Decimal,
    done_on: date | None = None,
    text: str = "",
    reviewer: str = "",
    comment: str = "",
) -> None:
    """Record what was found, 0 to 100 with words; done once."""
    day = done_on or timezone.localdate()
    _not_in_future(day)
    with changing(review, "review", by=by, comment=comment, score=str(score)) as locked:
        if locked.done_on is not None:
            raise FlowError(
                _("This review was done on %(day)s."), code="done", params={"day": locked.done_on.isoformat()}
            )
        if score < 60 and not text.strip():
            raise ValidationError({"text": _("A score under 60 is explained in words.")})
        locked.done_on, locked.score, locked.text = day, score, text
        locked.reviewer = reviewer or by.name


# Changes of circumstances -----------------------------------------------------------------------------------------


def submit_change(change: CircumstanceChange, *, by: Actor, comment: str = "") -> None:
    """Send a change on its route, if it is still possible."""
    _possible(change)
    approval.submit(change, by=by, comment=comment)


def _possible(change: CircumstanceChange) -> None:
    subject = change.apprentice or change.programme
    living = {
        "pause": ("active", "running"),
        "resume": ("paused",),
        "move": ("active", "paused"),
        "stop": ("active", "paused", "running"),
    }[change.kind]
    if subject.status not in living:
        raise FlowError(
            _("“%(change)s” is not possible: “%(name)s” is “%(state)s”."),
            code="wrong_state",
            params={
                "change": change.get_kind_display(),
                "name": subject,
                "state": subject.get_status_display(),
            },
        )
    if change.kind == "move" and change.to_programme is not None and change.to_programme.status != "running":
        raise FlowError(_("The other programme does not run."), code="target_not_running")


def take_effect(change: CircumstanceChange) -> None:
    """Do what an approved change says, within the approval's transaction; what it decided is decided for all it touches."""
    _possible(change)
    why = change.reason
    if change.apprentice is not None:
        _change_apprentice(change, change.apprentice, why)
        return
    key = {"pause": "pause", "resume": "resume", "stop": "stop"}[change.kind]
    programme = change.programme
    with step(programme, key, by=SYSTEM, comment=why, approved=True, change=change.pk) as locked:
        if key == "stop":
            locked.ends_on = max(locked.starts_on, min(locked.ends_on, change.effective_on))
    states = {"pause": ("active",), "resume": ("paused",), "stop": ("active", "paused")}[change.kind]
    _all(change, programme.apprentices.filter(status__in=states, archived_at=None).order_by("pk"), why)


def _all(change: CircumstanceChange, apprentices: Iterable[Apprentice], why: str) -> None:
    for apprentice in apprentices:
        _change_apprentice(change, apprentice, why)


def _change_apprentice(change: CircumstanceChange, apprentice: Apprentice, why: str) -> None:
    key = {"pause": "pause", "resume": "resume", "move": "move", "stop": "leave"}[change.kind]
    with step(apprentice, key, by=SYSTEM, comment=why, approved=True, change=change.pk) as locked:
        if key in ("move", "leave"):
            locked.left_on = max(locked.joined_on, change.effective_on)
            _end_pairs(locked, locked.left_on)
    if key == "move":
        assert change.to_programme is not None
        new = Apprentice(
            programme=change.to_programme,
            student=apprentice.student,
            agreement=apprentice.agreement,
            joined_on=max(apprentice.joined_on, change.effective_on),
            employed_on=apprentice.employed_on,
        )
        add(new, by=SYSTEM, comment=why, follows=True)
