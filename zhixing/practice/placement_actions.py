"""Placements until they begin: accepted by the firm, confirmed, started or called off (I-16 – I-28)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel import changes, events
from zhixing.kernel.acting import changing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.practice import consent_actions, gate, papers, readiness
from zhixing.practice.bulk import Outcome, step_many
from zhixing.practice.placements import Placement
from zhixing.practice.posts import SHARE_COUNTS, Post, PostShare
from zhixing.practice.solving.problem import Post as Place
from zhixing.practice.solving.problem import Share

Status = Placement.Status
# After it: then it is known whether the firm hires the student.
OVER = (Status.ENDED, Status.GRADED)


def _taken(posts: Iterable[int], without: Iterable[int]) -> dict[int, Counter[str]]:
    """How many firm places of each post are given to whose plan: confirmed or running, but for the placements named."""
    rows = Placement.objects.filter(
        post__in=list(posts), status__in=(Status.CONFIRMED, Status.RUNNING), archived_at=None
    ).exclude(pk__in=list(without))
    counted: dict[int, Counter[str]] = {pk: Counter() for pk in posts}
    for post, plan in rows.values_list("post", "plan"):
        counted[post][str(plan)] += 1
    return counted


def _rooms(posts: Mapping[int, Post]) -> dict[int, Place]:
    """The places of posts, with what is kept for whose students and how many each plan gets at most."""
    shares: dict[int, list[Share]] = {}
    for row in PostShare.objects.filter(SHARE_COUNTS, post__in=posts):
        shares.setdefault(row.post_id, []).append(Share(str(row.plan_id), row.kept, row.most))
    return {pk: Place(str(pk), post.places, shares=tuple(shares.get(pk, ()))) for pk, post in posts.items()}


def _most(room: Place, plan: int) -> int | None:
    """How many students of a plan (id) a post takes at most; None where nothing is said."""
    return next((share.most for share in room.shares if share.major == str(plan)), None)


def confirm_many(placements: Sequence[Placement], *, by: Actor, comment: str = "") -> Outcome:
    """Confirm places; no post gets more students than it has places, and closed posts get none."""
    keys = [row.pk for row in placements]
    with transaction.atomic():
        # Who confirms places of the same posts at the same moment waits here.
        posts = {
            post.pk: post
            for post in Post._base_manager.select_for_update(of=("self",))
            .filter(pk__in={row.post_id for row in placements})
            .order_by("pk")
        }
        taken, rooms = _taken(posts, keys), _rooms(posts)
        stopped = gate.blocking(placements, "confirm")
        refusals = {pk: "；".join(f"{words}（{rule}）" for rule, words in found) for pk, found in stopped.items()}
        for row in placements:
            post = posts[row.post_id]
            if row.pk in refusals:
                continue
            if post.status != Post.Status.APPROVED:
                refusals[row.pk] = _("The post “%(post)s” is not open.") % {"post": post.title}
            elif taken[post.pk].total() >= post.places:
                refusals[row.pk] = _("All %(places)s places of “%(post)s” are taken.") % {
                    "places": post.places,
                    "post": post.title,
                }
            elif (most := _most(rooms[post.pk], row.plan_id)) is not None and taken[post.pk][str(row.plan_id)] >= most:
                refusals[row.pk] = _(
                    "The plan's students have all %(most)s places of “%(post)s” that they may have."
                ) % {
                    "most": most,
                    "post": post.title,
                }
            elif not rooms[post.pk].has_room(taken[post.pk], str(row.plan_id)):
                refusals[row.pk] = _("What is left of “%(post)s” is kept for students of other plans.") % {
                    "post": post.title
                }
            elif row.status == Status.PROPOSED:
                taken[post.pk][str(row.plan_id)] += 1

        def give_mentor(row: Any) -> None:
            if row.mentor_id is None:
                row.mentor_id = posts[row.post_id].mentor_id

        outcome = step_many(
            placements, "confirm", by=by, comment=comment, refusals=refusals, each=give_mentor, writes=("mentor",)
        )
        consent_actions.prepare(outcome.done, by=by)
    return outcome


def confirm(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """Confirm one place; see `confirm_many`."""
    _one(confirm_many([placement], by=by, comment=comment), placement)


def start_many(placements: Sequence[Placement], *, by: Actor, comment: str = "") -> Outcome:
    """Start everybody who lacks nothing; whoever lacks something is refused with what it is (I-16 – I-33)."""
    rows = list(readiness.with_needs(Placement.objects.filter(pk__in=[row.pk for row in placements])))
    lacking = readiness.missing(rows)
    refusals = {
        row.pk: _("%(name)s lacks: %(items)s")
        % {"name": row.student.name, "items": "、".join(dict.fromkeys(item.label for item in lacking[row.pk]))}
        for row in rows
        if lacking[row.pk] and row.status == Status.CONFIRMED
    }
    return step_many(rows, "start", by=by, comment=comment, refusals=refusals)


def start(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """Start one student's practice; see `start_many`."""
    _one(start_many([placement], by=by, comment=comment), placement)


def _one(outcome: Outcome, placement: Placement) -> None:
    """One record's step told as `flow.step` tells it."""
    if outcome.refused:
        raise FlowError(next(iter(outcome.refused.values())), code="refused")
    if not outcome.done:
        raise FlowError(_("This record no longer exists."), code="gone")
    for field in placement._meta.concrete_fields:
        setattr(placement, field.attname, getattr(outcome.done[0], field.attname))


def make_agreement(placement: Placement, *, by: Actor, comment: str = "") -> str:
    """The tripartite agreement of one placement; returns its page."""
    outcome = papers.make_many([placement], by=by, comment=comment).or_fail()
    made = outcome.done[0].agreement
    sheet = sheet_for(type(made))
    return sheet.url("detail", made.pk) if sheet else ""


def cancel(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """Call a placement off before it begins: what was asked of student, guardian and signers is void."""
    with transaction.atomic():
        with step(placement, "cancel", by=by, comment=comment):
            pass
        consent_actions.close_links(placement)
        papers.call_off(placement, by=by, comment=comment)


# The firm's word ----------------------------------------------------------------------------------------------------


def accept_by_firm(placements: Sequence[Placement], *, by: Actor) -> int:
    """The firm takes these students; noted once, on the day. Returns how many were new."""
    keys = [row.pk for row in placements]
    today, now = timezone.localdate(), timezone.now()
    with transaction.atomic():
        rows = Placement._base_manager.select_for_update(of=("self",)).select_related(*Placement.title_needs)
        fresh = list(rows.filter(pk__in=keys, accepted_on=None, status__in=(Status.PROPOSED, Status.CONFIRMED)))
        for row in fresh:
            row.accepted_on, row.updated_at = today, now
        Placement._base_manager.bulk_update(fresh, ["accepted_on", "updated_at"])
        events.log_many(fresh, "firm_accepted", by=by)
        changes.touched(Placement, [row.pk for row in fresh])
    return len(fresh)


def decline_by_firm(placement: Placement, *, by: Actor, comment: str) -> None:
    """The firm does not take the student: the placement is called off, and the college places them anew."""
    cancel(placement, by=by, comment=comment)


def lives(placement: Placement, *, by: Actor, living: str, comment: str = "") -> None:
    """Where the student lives during the practice (I-28)."""
    with changing(placement, "lives", by=by, comment=comment, living=living) as locked:
        if locked.status not in Placement.LIVE:
            raise FlowError(_("This placement is over."), code="wrong_state")
        locked.living = living


def hired(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """The firm hired the student after the practice; what was said before is corrected by it (D-46)."""
    _hired(placement, Placement.Hired.HIRED, by=by, comment=comment)


def not_hired(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """The firm did not hire the student."""
    _hired(placement, Placement.Hired.NOT, by=by, comment=comment)


def _hired(placement: Placement, said: str, *, by: Actor, comment: str) -> None:
    with changing(placement, "hired" if said == Placement.Hired.HIRED else "not_hired", by=by, comment=comment) as row:
        if row.status not in OVER:
            raise FlowError(_("Whether the firm hired the student is known after the practice."), code="wrong_state")
        row.hired = said


def lock(placement: Placement, *, by: Actor, comment: str) -> None:
    """Keep the placement where it is when places are given out again; the reason is shown to whoever asks."""
    with changing(placement, "lock", by=by, comment=comment) as locked:
        if locked.status not in (Status.PROPOSED, Status.CONFIRMED):
            raise FlowError(_("Only a place that has not begun can be locked."), code="wrong_state")
        locked.locked, locked.lock_reason = True, comment[:200]


def unlock(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """Let the allocation move the placement again."""
    with changing(placement, "unlock", by=by, comment=comment) as locked:
        locked.locked, locked.lock_reason = False, ""
