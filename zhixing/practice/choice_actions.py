"""Choices of both sides: students rank posts, firms rank students (双向选择)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel import changes, events
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import whole
from zhixing.org.models import Student
from zhixing.practice.placements import Placement, PostRanking, Preference
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import SHARE_COUNTS, Post, PostShare, open_posts


def open_to(student: Student) -> QuerySet:
    """Plans whose choices this student may make today."""
    today = timezone.localdate()
    rows = PracticePlan.objects.filter(
        status=PracticePlan.Status.CHOOSING, cohorts=student.cohort_id, archived_at=None, choose_until__gte=today
    )
    return rows.exclude(choose_from__gt=today)


def why_closed(plan: PracticePlan, student: Student) -> str:
    """Why the student may not choose in this plan now; empty where they may."""
    today = timezone.localdate()
    if plan.status != PracticePlan.Status.CHOOSING:
        return _("The choices of this plan are not open.")
    if plan.choose_from and today < plan.choose_from:
        return _("The choices open on %(day)s.") % {"day": plan.choose_from.isoformat()}
    if plan.choose_until and today > plan.choose_until:
        return _("The choices closed on %(day)s.") % {"day": plan.choose_until.isoformat()}
    if not plan.cohorts.filter(pk=student.cohort_id).exists():
        return _("This plan is not for your class.")
    placed = Placement.objects.filter(plan=plan, student=student, archived_at=None, status__in=Placement.LIVE)
    if placed.exists():
        return _("You already have a place in this plan.")
    return ""


def chosen(plan: PracticePlan, student: Student) -> list[int]:
    """The student's posts (ids) in this plan, the dearest first."""
    rows = Preference.objects.filter(plan=plan, student=student, archived_at=None)
    return list(rows.order_by("rank").values_list("post", flat=True))


def save_choices(student: Student, plan: PracticePlan, posts: Sequence[int], *, by: Actor) -> list[int]:
    """Replace the student's choices in a plan by these posts (ids), the dearest first; returns them.

    Raises FlowError when the choices are closed, ValidationError for too many, repeated or foreign posts.
    """
    refused = why_closed(plan, student)
    if refused:
        raise FlowError(refused, code="closed")
    wanted = list(posts)
    if len(set(wanted)) < len(wanted):
        raise ValidationError(_("The student has already chosen this post."), code="twice")
    if len(wanted) > plan.choices_limit:
        raise ValidationError(
            _("At most %(limit)s posts can be chosen."), code="too_many", params={"limit": plan.choices_limit}
        )
    if open_posts([plan.pk]).filter(pk__in=wanted).count() < len(wanted):
        raise ValidationError(_("A post you chose is not open to you any more. Load the page again."), code="post")
    with transaction.atomic():
        # Two windows of one student wait for one another here: the later one wins as a whole.
        Student._base_manager.select_for_update(of=("self",)).get(pk=student.pk)
        old = Preference.objects.filter(plan=plan, student=student)
        before = list(old.order_by("rank").values_list("post", flat=True))
        if before == wanted:
            return wanted
        touched = list(old.values_list("pk", flat=True))
        old.delete()
        made = Preference.objects.bulk_create(
            Preference(plan=plan, student=student, post_id=pk, rank=rank) for rank, pk in enumerate(wanted, 1)
        )
        changes.touched(Preference, [*touched, *(row.pk for row in made)])
    return wanted


def moved(order: list[int], move: str) -> list[int]:
    """The order after one tap: `add:7`, `up:7`, `down:7`, `out:7`; what cannot be done leaves it as it is."""
    verb, _colon, number = move.partition(":")
    pk, order = whole(number), list(order)
    if pk is None:
        return order
    if verb == "add" and pk not in order:
        return [*order, pk]
    if pk not in order:
        return order
    at = order.index(pk)
    if verb == "up" and at:
        order[at - 1], order[at] = order[at], order[at - 1]
    elif verb == "down" and at + 1 < len(order):
        order[at + 1], order[at] = order[at], order[at + 1]
    elif verb == "out":
        order.remove(pk)
    return order


# Firms --------------------------------------------------------------------------------------------------------------


def applicants(post: Post) -> QuerySet:
    """The students who chose a post and have no place yet."""
    return applicants_of([post])


def applicants_of(posts: Iterable[Post]) -> QuerySet:
    """The students who chose any of these posts and have no place in its plan yet."""
    placed = Placement.objects.filter(
        plan=OuterRef("plan"), student=OuterRef("student"), archived_at=None, status__in=Placement.LIVE
    )
    rows = Preference.objects.filter(~Exists(placed), post__in=[post.pk for post in posts], archived_at=None)
    return rows.select_related("student__cohort").order_by("rank", "student__number")


def to_rank() -> Q:
    """Posts whose places are still to be given out, by their own plan or by one that they are shared with."""
    waiting = (PracticePlan.Status.APPROVED, PracticePlan.Status.CHOOSING)
    shared = PostShare._base_manager.filter(SHARE_COUNTS, plan__status__in=waiting)
    return Q(plan__status__in=waiting) | Q(pk__in=shared.order_by().values("post"))


def rank_students(post: Post, ranking: Sequence[int], *, by: Actor) -> None:
    """Replace a firm's ranking for a post by these students (ids), the dearest first; whoever is left out is not wanted."""
    if not Post.objects.filter(to_rank(), pk=post.pk).exists():
        raise FlowError(_("The places of this plan are given out already."), code="closed")
    wanted = list(ranking)
    known = set(Preference.objects.filter(post=post, archived_at=None).values_list("student", flat=True))
    strangers = [pk for pk in wanted if pk not in known]
    if strangers or len(set(wanted)) < len(wanted):
        raise ValidationError(_("Who chose this post has changed. Look through it again."), code="changed")
    with transaction.atomic():
        Post._base_manager.select_for_update(of=("self",)).get(pk=post.pk)
        old = PostRanking.objects.filter(post=post)
        # Of a shared post one plan's places may be given out while another's are chosen: who is here stays named.
        here = Placement.objects.filter(post=post, archived_at=None, status__in=Placement.LIVE).order_by()
        stay = old.filter(student__in=here.values("student")).exclude(student__in=wanted)
        wanted += stay.order_by("rank").values_list("student", flat=True)
        touched: list[Any] = list(old.values_list("pk", flat=True))
        old.delete()
        made = PostRanking.objects.bulk_create(
            PostRanking(post=post, student_id=pk, rank=rank) for rank, pk in enumerate(wanted, 1)
        )
        changes.touched(PostRanking, [*touched, *(row.pk for row in made)])
        events.log(post, "firm_ranked", by=by, data={"students": wanted})
