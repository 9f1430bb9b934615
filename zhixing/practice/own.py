"""我的实习: a student's practice as the student sees it: where am I, what next, and the acts that are the student's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from zhixing.agreements.models import SignatureRequest
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.org.models import Student
from zhixing.practice import choice_actions, consent_actions, distance, duties, post_actions, readiness, safety
from zhixing.practice.covers import covers_of
from zhixing.practice.duties import PlanDuty
from zhixing.practice.panels import plan_steps, why
from zhixing.practice.placements import Consent, Placement, PolicyCover
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post, open_posts

OWN = "practice.own_practice"
# Parts that other rooms of practice add to the page: called with the student's placement, each returns HTML or nothing.
PANELS: list[Callable[[Placement, Actor], str]] = []


def student_of(actor: Actor, capability: str = "view") -> Student:
    """The student behind the actor; PermissionDenied for whoever is none, Http404 for an account without a student."""
    if not actor.can(OWN, capability) or actor.person_id is None:
        raise PermissionDenied(_("This page is for students."))
    found = (
        Student.objects.filter(person=actor.person_id, archived_at=None).select_related("cohort__major__unit").first()
    )
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Next:
    """The one thing to do next: a sentence and, where the student can do it, the button."""

    title: str
    text: str = ""
    url: str = ""
    label: str = ""
    icon: str = "arrow-right"


@dataclass
class Mine:
    """What the page shows."""

    student: Student
    plan: PracticePlan | None = None
    placement: Placement | None = None
    next: Next = field(default_factory=lambda: Next(""))
    steps: list[dict[str, str]] = field(default_factory=list)
    missing: list[readiness.Missing] = field(default_factory=list)
    consent: Consent | None = None
    covers: list[PolicyCover] = field(default_factory=list)
    why: str = ""
    proposal: Post | None = None
    past: list[Placement] = field(default_factory=list)
    may_propose: bool = False
    channel: PlanDuty | None = None


def plans_of(student: Student) -> Any:
    """The plans of the student's cohort that were approved, the latest first."""
    hidden = (PracticePlan.Status.DRAFT, PracticePlan.Status.SUBMITTED)
    rows = PracticePlan.objects.filter(cohorts=student.cohort_id, archived_at=None).exclude(status__in=hidden)
    return rows.select_related("major__unit", "owner").order_by("-starts_on", "-pk")


def plan_for(student: Student, pk: int) -> PracticePlan:
    found = plans_of(student).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def mine(student: Student, actor: Actor) -> Mine:
    """Everything about the student's practice: the placement that counts now, what is missing, what comes next."""
    rows = Placement.objects.filter(student=student, archived_at=None).visible_to(actor)  # type: ignore[attr-defined]
    placements = list(readiness.with_needs(rows).order_by("-starts_on", "-pk"))
    living = [row for row in placements if row.status in Placement.LIVE]
    plans = list(plans_of(student)[:6])
    current = living[0] if living else None
    over = (PracticePlan.Status.ENDED,)
    placed = {row.plan_id for row in placements if row.status not in Placement.OFF}
    waiting = [plan for plan in plans if plan.status not in over and plan.pk not in placed]
    # A plan that waits for the student's choice comes before a practice that is long over.
    plan = current.plan if current else waiting[0] if waiting else None
    if plan is None and placements:
        current = next((row for row in placements if row.status in ("ended", "graded")), None)
        plan = current.plan if current else None
    found = Mine(student, plan, current)
    found.past = [row for row in placements if row is not current and row.status in ("ended", "graded", "broken")]
    if plan is None:
        found.next = Next(_("No practice is planned for you yet."), _("When your college has a plan, it stands here."))
        return found
    found.steps = plan_steps(plan)[2:]
    found.proposal = (
        plan.posts.filter(found_by=student, archived_at=None).select_related("organisation").order_by("-pk").first()
    )
    found.channel = duties.channel_of(plan.pk)
    found.may_propose = post_actions.no_proposal(student, plan) is None
    if current is not None:
        _of_placement(found, current)
    else:
        found.next = _unplaced(found, plan)
    return found


def _of_placement(found: Mine, row: Placement) -> None:
    found.why = why(row)
    found.consent = Consent.objects.filter(placement=row, party=Consent.Party.STUDENT, archived_at=None).first()
    found.covers = list(covers_of(row.student_id, row.starts_on, row.ends_on)[:4])
    if row.status in (Placement.Status.PROPOSED, Placement.Status.CONFIRMED):
        found.missing = readiness.missing([row], red_lines=False)[row.pk]
    found.next = _placed(found, row)


def _unplaced(found: Mine, plan: PracticePlan) -> Next:
    if found.proposal is not None and found.proposal.status == Post.Status.OFFERED:
        return Next(
            _("Your college looks at the unit you proposed."),
            f"{found.proposal.organisation.name} · {found.proposal.title}",
        )
    if not choice_actions.why_closed(plan, found.student):
        made = len(choice_actions.chosen(plan, found.student))
        day = plan.choose_until.isoformat() if plan.choose_until else ""
        if made:
            return Next(
                _("You have chosen %(number)s posts.") % {"number": made},
                _("You may change them until %(day)s.") % {"day": day},
                reverse("practice-choose"),
                _("Look at my choices"),
                "sort",
            )
        return Next(
            _("Choose your posts"),
            _("Put up to %(number)s posts in order until %(day)s.") % {"number": plan.choices_limit, "day": day},
            reverse("practice-choose"),
            _("Choose"),
            "sort",
        )
    if plan.status == PracticePlan.Status.APPROVED:
        begins = plan.choose_from.isoformat() if plan.choose_from else ""
        text = _("The choices open on %(day)s.") % {"day": begins} if begins else ""
        return Next(_("Your practice is planned: %(plan)s") % {"plan": plan.title}, text)
    if plan.allocation_runs.exclude(adopted_at=None).exists():
        return Next(
            _("You have no place yet"),
            _("Your college is looking for one for you."),
            reverse("practice-why", args=[plan.pk]),
            _("What became of each choice"),
        )
    return Next(_("The places are being given out."), _("You are told as soon as yours is known."))


def _placed(found: Mine, row: Placement) -> Next:
    firm = row.post.organisation.name
    if row.status == Placement.Status.RUNNING:
        return Next(
            _("Your practice is running until %(day)s.") % {"day": row.ends_on.isoformat()},
            firm,
            _where("practice-week"),
            _("Hand in my week"),
            "check",
        )
    if row.status in (Placement.Status.ENDED, Placement.Status.GRADED):
        return Next(_("Your practice at %(firm)s is over.") % {"firm": firm}, str(row.get_level_display() or ""))
    if row.status == Placement.Status.PROPOSED:
        return Next(_("You are to go to %(firm)s.") % {"firm": firm}, _("The college still has to confirm the place."))
    lacking = {item.code: item for item in found.missing}
    if found.consent is not None and found.consent.status != Consent.Status.GIVEN and "consent_student" in lacking:
        return Next(_("Do you agree to your place?"), firm, "#consent", _("Read and decide"), "check")
    if "safety" in lacking:
        refused = safety.why_not(found.student, row.plan)
        if refused:
            return Next(_("The safety test is not passed."), refused)
        text = _("%(number)s questions, %(mark)s points to pass.") % {
            "number": row.plan.safety_questions,
            "mark": row.plan.safety_pass_mark,
        }
        return Next(
            _("Take the safety test"), text, reverse("practice-safety", args=[row.plan_id]), _("Begin"), "shield"
        )
    if (sign := _signature(row)) is not None:
        return Next(_("Sign your tripartite agreement"), firm, sign, _("Read and sign"), "signature")
    if found.missing:
        items = "、".join(dict.fromkeys(item.label for item in found.missing))
        return Next(_("You have done your part."), _("Still missing: %(items)s") % {"items": items})
    return Next(
        _("All is ready: you start on %(day)s.") % {"day": row.starts_on.isoformat()},
        firm,
    )


def _signature(row: Placement) -> str | None:
    """The page on which the student signs, while it waits for them."""
    if row.agreement_id is None:
        return None
    ask = SignatureRequest.objects.filter(
        agreement=row.agreement_id, party__role="student", state=SignatureRequest.State.OPEN, archived_at=None
    ).first()
    return reverse("signing-inside", args=[ask.pk]) if ask else None


def _where(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def decide(mine: Mine, what: str, reason: str, *, by: Actor) -> str:
    """The student's word on the placement: `give`, `refuse` or `withdraw`. Returns what is said back."""
    if mine.consent is None:
        raise Http404
    helper, name = by.as_system(), mine.student.name
    if what == "give":
        consent_actions.give(mine.consent, by=helper, name=name)
        return _("You have agreed. Thank you.")
    if what == "refuse":
        consent_actions.refuse(mine.consent, by=helper, comment=reason, name=name)
        return _("Your college knows that you do not agree. You may propose a unit of your own.")
    if what == "withdraw":
        consent_actions.withdraw(mine.consent, by=helper, comment=reason, name=name)
        return _("Your consent is withdrawn. Your college has been told.")
    raise FlowError(_("Choose what to decide."), code="unknown")


# Choices ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A post as a student chooses by it: how far, how many places, how many want it."""

    post: Post
    kilometres: int | None
    free: int
    wanted: int
    rank: int | None = None


def offers(plan: PracticePlan, order: list[int]) -> list[Offer]:
    """The posts open in a plan, the chosen first in their order, then the nearest. One query."""
    taken = Count(
        "placements",
        filter=Q(placements__archived_at=None, placements__status__in=Placement.LIVE),
        distinct=True,
    )
    first = Count("preferences", filter=Q(preferences__rank=1), distinct=True)
    found = []
    for post in open_posts([plan.pk]).select_related("organisation").annotate(taken=taken, firsts=first):
        rank = order.index(post.pk) + 1 if post.pk in order else None
        found.append(
            Offer(post, distance.from_school(post), max(0, post.places - post.taken), post.firsts, rank)  # type: ignore[attr-defined]
        )
    return sorted(
        found,
        key=lambda item: (
            item.rank is None,
            item.rank or 0,
            item.kilometres is None,
            item.kilometres or 0,
            item.post.title,
        ),
    )
