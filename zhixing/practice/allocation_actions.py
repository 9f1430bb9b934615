"""What people do with an allocation: adopt it, give way to an appeal. Each writes all its placements or none (D-41)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from zhixing.kernel import changes, events, notices
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.kernel.writing import readable
from zhixing.practice import allocating
from zhixing.practice.allocation_facts import Facts, code, read, together
from zhixing.practice.allocations import AllocationRun, covered
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post, offered_to
from zhixing.practice.solving.again import Move
from zhixing.practice.solving.visits import share_out, split

GIVEN_OUT = gettext_noop("The places of “%(plan)s” are given out: see yours, and why.")
MOVED = gettext_noop("Your place in “%(plan)s” has changed: see yours, and why.")
OPEN = (PracticePlan.Status.APPROVED, PracticePlan.Status.CHOOSING, PracticePlan.Status.ALLOCATED)
_WRITES = ["post", "mentor", "supervisor", "choice_rank", "reasons", "updated_at"]


def refuse(plans: Sequence[PracticePlan], by: Actor) -> None:
    """Raise FlowError where the actor may not allocate one of these plans, it is not the time, or they do not go together."""
    for plan in plans:
        if not by.can_on(plan, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        if plan.status not in OPEN:
            raise FlowError(
                _("“%(plan)s” cannot be allocated while it is “%(state)s”."),
                code="wrong_state",
                params={"plan": plan.title, "state": plan.get_status_display()},
            )
    refuse_mixed(plans)


def refuse_mixed(plans: Sequence[PracticePlan]) -> None:
    """Raise FlowError where plans are not of one kind and year."""
    if len({(plan.kind, plan.year_id) for plan in plans}) > 1:
        raise FlowError(_("Plans that are allocated together are of one kind and one year."), code="mixed")


def may_allocate(by: Actor) -> QuerySet:
    """The plans that the actor may allocate now."""
    rows = PracticePlan.objects.filter(status__in=OPEN, archived_at=None)
    return rows.visible_to(by, "change")  # type: ignore[attr-defined]


def adopt(run: AllocationRun, *, by: Actor, comment: str = "") -> int:
    """Make an answer into proposed placements, with the reasons of each; returns how many are placed.

    Proposals of before that are not locked are moved or called off. The answer must rest on the facts of now. Its plans
    go on to "allocated", all or none; students are told once.
    """
    if run.mode == AllocationRun.Mode.FIRST_COME:
        raise FlowError(_("First come, first served is shown for comparison only."), code="yardstick")
    with transaction.atomic():
        plans = _hold(run.plans.values_list("pk", flat=True), by)
        facts = read(plans, fair=run.summary.get("fair") or "")
        if facts.digest != run.facts:
            raise FlowError(_("Choices, posts or placements have changed since: allocate again."), code="stale")
        answer = {int(student): told for student, told in run.answer.items()}
        placed = write(facts, answer, run.mode, by=by, comment=comment)
        run.adopted_at = timezone.now()
        run.save(update_fields=["adopted_at"])
        covered(plans).exclude(pk=run.pk).update(adopted_at=None)
        for plan, part in zip(plans, run.summary["plans"], strict=True):
            data = {"mode": run.mode, "placed": part["placed"], "unplaced": part["students"] - part["placed"]}
            if plan.status != PracticePlan.Status.ALLOCATED:
                with step(plan, "allocate", by=by, comment=comment, **data):
                    pass
            else:
                events.log(plan, "allocated_again", by=by, comment=comment, data=data)
        _tell(facts, [int(row.code) for row in facts.problem.applicants], GIVEN_OUT, f"allocated:{run.pk}")
    return placed


def _hold(plans: Iterable[int], by: Actor) -> list[PracticePlan]:
    """These plans (ids) locked in order, with the posts that others take part in: who gives out the same places waits.

    Raises FlowError where one may not be allocated by the actor, or not now.
    """
    rows = PracticePlan._base_manager.select_for_update(of=("self",)).filter(pk__in=plans).select_related("major")
    found = list(rows.order_by("pk"))
    for plan in found:
        refuse([plan], by)
    shared = Post._base_manager.filter(offered_to([plan.pk for plan in found]), shares__isnull=False)
    list(Post._base_manager.select_for_update(of=("self",)).filter(pk__in=shared.values("pk")).order_by("pk"))
    return found


def give_way(
    plan: PracticePlan, *, student: int, post: int, wish: str, by: Actor, comment: str, expected: str = ""
) -> tuple[Move, ...]:
    """Grant an appeal: the student (id) gets this post (id), or leaves it, and as few others as possible move.

    Students of other plans move too where posts are shared, their places are given out and the actor may change their
    plan. `expected` is what the preview showed (`fingerprint`): when the facts have changed since, nothing is done.
    Returns who moved.
    """
    if not comment.strip():
        raise FlowError(_("Say why the appeal is granted."), code="no_reason")
    with transaction.atomic():
        plans = _hold([row.pk for row in together(plan, by)], by)
        facts = read(plans)
        again, problem = allocating.appeal(facts, student, post, wish)
        if expected and fingerprint(again.moves) != expected:
            raise FlowError(_("Something has changed since you looked: look again."), code="stale")
        moved = {int(move.applicant) for move in again.moves}
        answer = {
            int(key): told for key, told in allocating.answer_of(problem, again.result).items() if int(key) in moved
        }
        for move in again.moves:
            answer[int(move.applicant)]["because"] = move.because
        write(
            facts, answer, "again", by=by, comment=comment, only=moved, left={student: post} if wish == "leave" else {}
        )
        if wish == "give":
            # What an appeal was granted is not taken back by the next allocation.
            keys = Placement.objects.filter(plan=plan, student=student, status=Placement.Status.PROPOSED)
            lock_many([plan], list(keys.values_list("pk", flat=True)), by=by, comment=comment)
        touched = {facts.plan_of[pk] for pk in moved} | {plan.pk}
        data = {"student": student, "post": post, "wish": wish, "moved": sorted(moved)}
        events.log_many(
            [row for row in plans if row.pk in touched], "appeal_granted", by=by, comment=comment, data=data
        )
        _tell(facts, sorted(moved), MOVED, f"appeal:{plan.pk}:{timezone.now():%Y%m%d%H%M%S}")
    return again.moves


def fingerprint(moves: tuple[Move, ...]) -> str:
    """Names a set of moves, so that what is done is what was looked at."""
    return ";".join(f"{move.applicant}:{move.before or ''}:{move.after or ''}" for move in moves)


def write(
    facts: Facts,
    answer: Mapping[int, dict[str, Any]],
    mode: str,
    *,
    by: Actor,
    comment: str = "",
    only: set[int] | None = None,
    left: Mapping[int, int] | None = None,
) -> int:
    """Bring the plans' proposals into line with an answer; returns how many of their students have a place.

    With `only` all other proposals stay untouched. What is fixed is never written. A proposal that finds no place any
    more is withdrawn; one that its student `left` (student → post) is remembered, so that they are not sent back. A
    constant number of statements.
    """
    left = left or {}
    places = {student: int(told["post"]) for student, told in answer.items() if told["post"] is not None}
    fixed = {int(student) for student in facts.problem.fixed}
    wanted = {student: post for student, post in places.items() if student not in fixed or (only and student in only)}
    keys = [row.pk for row in facts.movable.values()]
    locked = {
        row.student_id: row
        for row in Placement._base_manager.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    }
    teachers = _supervisors(facts, {**_now(facts, only), **wanted}, keep=only is not None, moved=only or set())
    now = timezone.now()
    moved, made, called_off, withdrawn = [], [], [], []
    for student, post in wanted.items():
        row = locked.pop(student, None)
        fresh = row is None
        if row is None:
            plan = facts.plans[facts.plan_of[student]]
            row = Placement(plan=plan, student_id=student, starts_on=plan.starts_on, ends_on=plan.ends_on)
        told = answer[student]
        row.post_id = post
        row.mentor_id = facts.posts[post].mentor_id
        row.supervisor_id = teachers.get(student)
        position = told["position"]
        row.choice_rank = int(position) if position is not None else None
        # What was left on an appeal stays left, however often the plan is allocated again.
        away = [*row.reasons.get("left", []), *([left[student]] if student in left else [])]
        row.reasons = {"code": "allocated", "mode": mode, **told, **({"left": away} if away else {})}
        row.updated_at = now
        (made if fresh else moved).append(row)
    for student, row in locked.items():
        if only is None or student in only:
            row.status, row.updated_at = Placement.Status.CANCELLED, now
            (called_off if student in left else withdrawn).append(row)
    titled = Placement._base_manager.select_related(*Placement.title_needs)
    gone = [row.pk for row in withdrawn]
    events.log_many(list(titled.filter(pk__in=gone).order_by("pk")), "proposal_withdrawn", by=by, comment=comment)
    changes.touched(Placement, gone)
    try:
        with transaction.atomic():
            # What goes makes room before others move in.
            Placement._base_manager.filter(pk__in=gone).delete()
            Placement._base_manager.bulk_update(called_off, ["status", "updated_at"], batch_size=500)
            Placement._base_manager.bulk_update(moved, _WRITES, batch_size=500)
            Placement._base_manager.bulk_create(made, batch_size=500)
    except IntegrityError as error:
        raise readable(Placement, error) from error
    for verb, rows in (("moved", moved), ("proposed", made), ("cancel", called_off)):
        found = list(titled.filter(pk__in=[row.pk for row in rows]).order_by("pk"))
        events.log_many(found, verb, by=by, comment=comment, data={"mode": mode})
    changes.touched(Placement, [row.pk for row in (*moved, *made, *called_off)])
    return len({*wanted, *(fixed & facts.students.keys())})


def _now(facts: Facts, only: set[int] | None) -> dict[int, int]:
    """Who stays where they are: everybody but those who move, or the fixed alone."""
    rows = {int(student): int(post) for student, post in facts.today.items()}
    if only is None:
        return {student: post for student, post in rows.items() if code(student) in facts.problem.fixed}
    return {student: post for student, post in rows.items() if student not in only}


def _supervisors(facts: Facts, places: Mapping[int, int], *, keep: bool, moved: set[int]) -> dict[int, int]:
    """A supervisor for each student among those of their plan; who does not move keeps theirs."""
    given = dict(facts.supervised)
    if keep:
        for student, row in facts.movable.items():
            if student not in moved and row.supervisor_id:
                given[code(student)] = code(row.supervisor_id)
    at: dict[int, dict[str, str]] = {plan: {} for plan in facts.limits}
    for student, post in places.items():
        at[facts.plan_of[student]][code(student)] = str(facts.posts[post].organisation_id)
    held = {plan: Counter(given[student] for student in rows if student in given) for plan, rows in at.items()}
    limits = split({plan: len(rows) for plan, rows in at.items()}, facts.limits, held)
    shared: dict[str, str] = {}
    for plan, rows in at.items():
        shared |= share_out(rows, limits[plan], given)
    return {int(student): int(teacher) for student, teacher in shared.items()}


def _tell(facts: Facts, students: list[int], text: str, key: str) -> None:
    for plan in facts.plans.values():
        people = [facts.students[pk].person_id for pk in students if facts.plan_of[pk] == plan.pk]
        where = reverse("practice-why", args=[plan.pk])
        told = [person for person in people if person]
        notices.send_to_people(told, f"{key}:{plan.pk}", text, {"plan": plan.title}, url=where)


def lock_many(plans: Sequence[PracticePlan], placements: list[int], *, by: Actor, comment: str) -> int:
    """Keep these proposals (ids) of the plans where they are when they are allocated again; returns how many."""
    if not comment.strip():
        raise ValidationError(_("Say why the placement is locked."))
    with transaction.atomic():
        refuse(plans, by)
        rows = Placement._base_manager.select_for_update(of=("self",)).select_related(*Placement.title_needs)
        found = list(rows.filter(plan__in=plans, pk__in=placements, status=Placement.Status.PROPOSED, locked=False))
        for row in found:
            row.locked, row.lock_reason, row.updated_at = True, comment[:200], timezone.now()
        Placement._base_manager.bulk_update(found, ["locked", "lock_reason", "updated_at"])
        events.log_many(found, "lock", by=by, comment=comment)
        changes.touched(Placement, [row.pk for row in found])
    return len(found)


def unlock_many(plans: Sequence[PracticePlan], placements: list[int], *, by: Actor, comment: str = "") -> int:
    """Let the allocation move these proposals (ids) again; returns how many."""
    with transaction.atomic():
        refuse(plans, by)
        rows = Placement._base_manager.select_for_update(of=("self",)).select_related(*Placement.title_needs)
        found = list(rows.filter(plan__in=plans, pk__in=placements, status=Placement.Status.PROPOSED, locked=True))
        for row in found:
            row.locked, row.lock_reason, row.updated_at = False, "", timezone.now()
        Placement._base_manager.bulk_update(found, ["locked", "lock_reason", "updated_at"])
        events.log_many(found, "unlock", by=by, comment=comment)
        changes.touched(Placement, [row.pk for row in found])
    return len(found)
