"""What people do with a plan as a whole: approval, copying last year's posts, opening choices, starting everybody who is ready."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.agreements import together, together_jobs
from zhixing.kernel import approval, progress
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.practice import consent_actions, duties, papers, placement_actions, post_actions, readiness, reminders
from zhixing.practice.bulk import Outcome
from zhixing.practice.insurance import numbers_in
from zhixing.practice.placements import Consent, Placement
from zhixing.practice.plans import PracticeKind, PracticePlan
from zhixing.practice.posts import Post, open_posts

Status = PracticePlan.Status


def submit(plan: PracticePlan, *, by: Actor, comment: str = "") -> None:
    """Send a plan on its approval route; it says whose practice it is and what it is for (D-41)."""
    if not plan.cohorts.exists():
        raise FlowError(_("Name the cohorts whose practice this is."), code="no_cohorts")
    if not plan.aims.strip():
        raise FlowError(_("Say what the practice is for: the aims are empty."), code="no_aims")
    approval.submit(plan, by=by, comment=comment)


def earlier(plan: PracticePlan) -> PracticePlan | None:
    """The plan of the same major and kind before this one that had posts."""
    return earlier_many([plan]).get(plan.pk)


def earlier_many(plans: Collection[PracticePlan]) -> dict[int, PracticePlan]:
    """`earlier` for many plans, by id; one query for all."""
    rows = PracticePlan.objects.filter(major__in={plan.major_id for plan in plans}, archived_at=None)
    rows = rows.filter(posts__status__in=post_actions.LASTING).order_by("-starts_on", "-pk").distinct()
    last: dict[tuple[int, str], list[PracticePlan]] = defaultdict(list)
    for row in rows:
        last[row.major_id, row.kind].append(row)
    before = {
        plan.pk: next(
            (row for row in last[plan.major_id, plan.kind] if row.starts_on < plan.starts_on and row != plan), None
        )
        for plan in plans
    }
    return {pk: row for pk, row in before.items() if row is not None}


def copy_posts(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Take over the posts of the plan before: as drafts that firms confirm or the college offers. Returns their list.

    What a copy would breach today is said on the copy itself: a post is checked again before it opens.
    """
    _needs(plan, Status.DRAFT, Status.SUBMITTED, Status.APPROVED, Status.CHOOSING)
    if not by.can_on(plan, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    before = earlier(plan)
    if before is None:
        raise FlowError(_("There is no earlier plan of this major and kind with posts to copy."), code="nothing")
    made = post_actions.copy_many(post_actions.last_posts(before), plan, by=by, comment=comment)
    if not made:
        raise FlowError(_("All posts of “%(plan)s” are here already.") % {"plan": before.title}, code="nothing")
    return post_actions.list_of(plan, status="draft")


def offer_posts(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Offer every draft of a plan that says enough. Returns the list of what is still a draft, or of the offers."""
    rows = list(plan.posts.filter(status=Post.Status.DRAFT, archived_at=None).select_related("organisation"))
    if not rows:
        raise FlowError(_("There are no drafts of posts in this plan."), code="nothing")
    outcome = post_actions.offer_many(rows, by=by, comment=comment).or_fail()
    return post_actions.list_of(plan, status="draft" if outcome.refused else "offered")


def approve_posts(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Open every offered post that no red line stops. Returns the list of those that are stopped, or of the open ones."""
    rows = list(plan.posts.filter(status=Post.Status.OFFERED, archived_at=None).select_related("organisation"))
    if not rows:
        raise FlowError(_("No posts are offered in this plan."), code="nothing")
    outcome = post_actions.approve_many(rows, by=by, comment=comment).or_fail()
    return post_actions.list_of(plan, status="offered" if outcome.refused else "approved")


def open_choices(plan: PracticePlan, *, by: Actor, comment: str = "") -> None:
    """Let the students choose: there are posts open to them, and a last day."""
    if plan.choose_until is None:
        raise FlowError(_("Set the day on which the choices close."), code="no_date")
    if plan.choose_until < timezone.localdate():
        raise FlowError(_("The choices have closed already: set a later day."), code="past")
    if not open_posts([plan.pk]).exists():
        raise FlowError(_("No post is open to students yet."), code="no_posts")
    with step(plan, "open", by=by, comment=comment):
        pass
    reminders.choices_open(plan)


def publish_units(plan: PracticePlan, *, by: Actor, comment: str = "") -> None:
    """The list of units was decided by the school's Party committee and published today (I-24)."""
    from zhixing.kernel.acting import changing

    with changing(plan, "units_published", by=by, comment=comment) as locked:
        if locked.published_on is not None:
            raise FlowError(_("The units are already published."), code="wrong_state")
        locked.published_on = timezone.localdate()


def start(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Start the practice of everybody who is ready, and the plan with the first. Returns the checklist, which names the rest.

    Raises FlowError with the reasons where nobody is ready.
    """
    with transaction.atomic():
        started = start_ready(plan, by=by, comment=comment)
        if plan.status != Status.RUNNING:
            with step(plan, "start", by=by, comment=comment, started=len(started.done), not_ready=len(started.refused)):
                pass
    return readiness_url(plan)


def start_ready(plan: PracticePlan, *, by: Actor, comment: str = "") -> Outcome:
    """Start every confirmed placement of a plan that lacks nothing; the others are named with what they lack."""
    rows = list(readiness.rows_of(plan).exclude(status=Placement.Status.RUNNING))
    if not rows:
        raise FlowError(_("Nobody of this plan is waiting to start."), code="nobody")
    return placement_actions.start_many(rows, by=by, comment=comment).or_fail()


def start_waiting(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Start whoever became ready after the practice had begun. Returns the checklist."""
    start_ready(plan, by=by, comment=comment)
    return readiness_url(plan)


def end(plan: PracticePlan, *, by: Actor, comment: str = "") -> None:
    """Close a plan whose students are all through."""
    running = plan.placements.filter(status__in=Placement.LIVE, archived_at=None).count()
    if running:
        raise FlowError(
            _("%(number)s placements are not over yet: end or cancel them first."),
            code="running",
            params={"number": running},
        )
    with step(plan, "end", by=by, comment=comment):
        pass


def confirm_places(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Confirm every proposed placement of a plan, and ask students and guardians. Returns the checklist."""
    rows = list(plan.placements.filter(status=Placement.Status.PROPOSED, archived_at=None))
    if not rows:
        raise FlowError(_("Nothing is proposed in this plan."), code="nobody")
    placement_actions.confirm_many(rows, by=by, comment=comment).or_fail()
    return readiness_url(plan)


def make_agreements(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Tripartite agreements for all confirmed placements that have none: found in the register, else made. Returns the checklist."""
    rows = readiness.rows_of(plan).filter(agreement=None, status=Placement.Status.CONFIRMED)
    papers.make_many(list(rows), by=by, comment=comment).or_fail()
    return readiness_url(plan)


def ask_signing(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Ask everybody to sign the agreements of a plan that are ready. Returns the checklist, or the page of the work where they are many.

    Students with an account sign on their own page. Raises FlowError with the reasons where nothing could be asked.
    """
    if not by.can_on(plan, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    rows = papers.to_sign(plan)
    keys = list(rows.values_list("pk", flat=True))
    if len(keys) > together.AT_ONCE and by.user_id is not None:
        title = _("Ask for the signatures of “%(plan)s”") % {"plan": plan.title}
        return progress.next_page(together_jobs.ask_soon(keys, by=by, title=title, back=readiness_url(plan)))
    found = together.ask_many(rows, by=by, comment=comment)
    if not found.done:
        raise FlowError(found.words() if keys else _("No agreement is ready to be signed."), code="refused")
    return readiness_url(plan)


def confirm_duty(plan: PracticePlan, *, by: Actor, comment: str = "", **said: str) -> str:
    """Confirm by name what no record shows (I-17, I-30, I-34). Returns the checklist."""
    duties.confirm(plan, by=by, comment=comment, **said)
    return readiness_url(plan)


def ask_consents(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Ask every student and guardian who has not yet answered; guardians get their link by text message. Returns the checklist."""
    rows = list(readiness.rows_of(plan).filter(status=Placement.Status.CONFIRMED))
    if not rows:
        raise FlowError(_("Confirm the places first."), code="nobody")
    consent_actions.ask_many(rows, by=by)
    return readiness_url(plan)


def paper_consents(
    plan: PracticePlan, *, by: Actor, party: str, decided_on: date, numbers: str, comment: str = ""
) -> str:
    """Note a pile of consents signed on paper, by the students' numbers. Returns the checklist.

    Raises ValidationError naming numbers that have no confirmed place in this plan.
    """
    wanted = numbers_in(numbers)
    rows = {row.student.number: row for row in readiness.rows_of(plan).filter(student__number__in=wanted)}
    unknown = [number for number in wanted if number not in rows]
    if unknown or not wanted:
        raise ValidationError(
            _("These students have no place in this plan: %(numbers)s."),
            code="unknown",
            params={"numbers": "、".join(unknown[:10])},
        )
    with transaction.atomic():
        consent_actions.prepare(rows.values(), by=by)
        asked = Consent.objects.filter(placement__in=[row.pk for row in rows.values()], party=party, archived_at=None)
        consent_actions.give_on_paper(list(asked.exclude(status=Consent.Status.GIVEN)), by=by, decided_on=decided_on)
    return readiness_url(plan)


def remind(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Remind all with whom something lies, each once a day. Returns the checklist."""
    if not by.can_on(plan, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    reminders.remind_all(plan, by=by)
    return readiness_url(plan)


def readiness_url(plan: PracticePlan) -> str:
    from django.urls import reverse

    return reverse("practice-ready", args=[plan.pk])


def before_start(plan: PracticePlan) -> bool:
    """Whether the plan still prepares its students."""
    return plan.status in (Status.APPROVED, Status.CHOOSING, Status.ALLOCATED, Status.RUNNING)


def _needs(plan: PracticePlan, *states: Any) -> None:
    if plan.status not in states:
        raise FlowError(
            _("This is not possible while the plan is “%(state)s”."),
            code="wrong_state",
            params={"state": plan.get_status_display()},
        )


def is_preparing_internship(plan: PracticePlan) -> bool:
    return plan.kind == PracticeKind.POST and before_start(plan)
