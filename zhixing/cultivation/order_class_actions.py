"""The life of an order class: recruiting, the choice of both sides, running, hiring, following up (四（三）1, D-27, D-30)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.cultivation import queries
from zhixing.cultivation.matching import Place, match
from zhixing.cultivation.models import (
    Applicant,
    FirmRank,
    FollowUp,
    Hire,
    OrderClass,
    OrderPost,
    RosterEntry,
    StudentRank,
    TrainingPlan,
)
from zhixing.kernel import changes, events
from zhixing.kernel.acting import add, changing
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.org.models import Student
from zhixing.partners.models import Organisation

Status = OrderClass.Status


def _not_in_future(day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")


def _lock(keys: Sequence[int]) -> list[OrderClass]:
    """Classes held until the transaction ends, always taken in the same order so that nobody waits in a circle."""
    rows = OrderClass._base_manager.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    return list(rows)


def _recruiting(order_class: OrderClass) -> None:
    if order_class.status != Status.RECRUITING or order_class.archived_at is not None:
        raise FlowError(
            _("“%(name)s” does not recruit now: it is “%(state)s”."),
            code="not_recruiting",
            params={"name": order_class.name, "state": order_class.get_status_display()},
        )


# Recruiting -------------------------------------------------------------------------------------------------------


def open_recruiting(order_class: OrderClass, *, by: Actor, comment: str = "") -> None:
    """Let students apply: an agreement is in force, the posts are named, and they fit into the places."""
    agreement = order_class.agreement
    if agreement is None or agreement.status != "in_force":
        raise FlowError(_("Recruiting rests on an agreement in force: name it first."), code="no_agreement")
    places = order_class.order_posts.filter(archived_at=None).aggregate(places=Sum("capacity"))["places"]
    if not places:
        raise FlowError(_("Name the posts and how many people each takes first."), code="no_posts")
    if places > order_class.quota:
        raise FlowError(
            _("The posts take %(posts)s people, the class has %(places)s places."),
            code="over_quota",
            params={"posts": places, "places": order_class.quota},
        )
    with step(order_class, "recruit", by=by, comment=comment):
        pass


def save_choices(student: Student, posts: Sequence[OrderPost], *, by: Actor, statement: str = "") -> list[Applicant]:
    """学生填报志愿: write a student's choices, the most wanted first; they replace the earlier ones of classes that recruit.

    A class of which no post is chosen any more is withdrawn from. Raises FlowError for classes that do not recruit, or
    not this student.
    """
    if len({post.pk for post in posts}) != len(posts):
        raise ValidationError(_("Choose each post once."), code="twice")
    if student.status != Student.Status.ENROLLED:
        raise FlowError(_("Only enrolled students can apply."), code="not_enrolled")
    living = Q(order_class__status=Status.RECRUITING, order_class__archived_at=None)
    with transaction.atomic():
        earlier = Applicant.objects.filter(living, student=student, archived_at=None)
        wanted = {post.order_class_id for post in posts}
        classes = {row.pk: row for row in _lock(sorted(wanted | set(earlier.values_list("order_class_id", flat=True))))}
        allowed = set(queries.open_to(student).values_list("pk", flat=True))
        for key in wanted:
            _recruiting(classes[key])
            if key not in allowed:
                raise FlowError(
                    _("“%(name)s” is not open to you, or its time for applications is over."),
                    code="not_open",
                    params={"name": classes[key].name},
                )
        if RosterEntry.objects.filter(
            student=student, left_on=None, archived_at=None, order_class__status__in=(Status.MATCHED, Status.RUNNING)
        ).exists():
            raise FlowError(_("You already have a place in an order class."), code="has_place")
        # Earlier choices go together: their places would otherwise collide with the new ones.
        gone = StudentRank.objects.filter(applicant__in=earlier)
        changes.touched(StudentRank, list(gone.values_list("pk", flat=True)))
        gone.delete()
        applicants = {key: _applicant(classes[key], student, statement, by) for key in wanted}
        for row in earlier.exclude(order_class__in=wanted).exclude(status=Applicant.Status.WITHDRAWN):
            row.status = Applicant.Status.WITHDRAWN
            row.save(update_fields=["status", "updated_at"])
            events.log(row, "withdrawn", by=by)
        ranks = [
            StudentRank(applicant=applicants[post.order_class_id], post=post, rank=place)
            for place, post in enumerate(posts, 1)
        ]
        StudentRank.objects.bulk_create(ranks)
        changes.touched(StudentRank, [row.pk for row in ranks])
    return list(applicants.values())


def _applicant(order_class: OrderClass, student: Student, statement: str, by: Actor) -> Applicant:
    row = Applicant._base_manager.filter(order_class=order_class, student=student).first()
    if row is None:
        row = Applicant(order_class=order_class, student=student, applied_on=timezone.localdate(), statement=statement)
        return add(row, by=by, follows=True)
    row.statement, row.status, row.archived_at = statement or row.statement, Applicant.Status.APPLIED, None
    row.save()
    events.log(row, "applied", by=by)
    return row


def rank_applicants(
    order_class: OrderClass,
    *,
    by: Actor,
    ranking: Sequence[int],
    declined: Sequence[int] = (),
    ranked_by: str = "",
) -> None:
    """企业排序: write the firm's ranking (ids of applicants, the most wanted first) and whom it does not want.

    It replaces an earlier ranking as a whole. Everybody who has applied by now is in it, or it is refused.
    """
    if not by.can_on(order_class, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    with transaction.atomic():
        (locked,) = _lock([order_class.pk])
        _recruiting(locked)
        named = [*ranking, *declined]
        living = set(
            locked.applicants.filter(status=Applicant.Status.APPLIED, archived_at=None).values_list("pk", flat=True)
        )
        if len(named) != len(set(named)) or set(named) - living:
            raise ValidationError(
                _("The list of applicants has changed meanwhile. Open the page again."), code="changed"
            )
        if living - set(named):
            raise ValidationError(_("New applicants have come meanwhile. Open the page again."), code="incomplete")
        earlier = list(FirmRank.objects.filter(order_class=locked).values_list("pk", flat=True))
        FirmRank.objects.filter(pk__in=earlier).delete()
        places = {pk: place for place, pk in enumerate(ranking, 1)}
        rows = [
            FirmRank(
                order_class=locked,
                applicant_id=pk,
                rank=places.get(pk),
                ranked_by=ranked_by[:80],
                ranked_on=timezone.localdate(),
            )
            for pk in named
        ]
        FirmRank.objects.bulk_create(rows)
        changes.touched(FirmRank, [*earlier, *(row.pk for row in rows)])
        events.log(locked, "firm_ranked", by=by, data={"ranked": len(ranking), "declined": len(declined)})


# The match --------------------------------------------------------------------------------------------------------


def _ready(classes: Sequence[OrderClass], by: Actor) -> None:
    """Refuse a match that would not be final: a class that is not ours, still open, or not fully ranked."""
    for row in classes:
        # Rights first: what another college's class still lacks is not ours to be told.
        if not by.can_on(row, "change"):
            raise FlowError(
                _("Its applicants have also applied for “%(name)s”, which you may not match: ask its college."),
                code="joint_forbidden",
                params={"name": row.name},
            )
    for row in classes:
        _recruiting(row)
        if row.recruits_until and row.recruits_until >= timezone.localdate():
            raise FlowError(
                _("“%(name)s” takes applications until %(day)s."),
                code="still_open",
                params={"name": row.name, "day": row.recruits_until.isoformat()},
            )
        waiting = row.applicants.filter(status=Applicant.Status.APPLIED, archived_at=None)
        if not waiting.exists():
            raise FlowError(_("Nobody has applied for “%(name)s”."), code="no_applicants", params={"name": row.name})
        unranked = waiting.filter(firm_rank=None).count()
        if unranked:
            raise FlowError(
                _("The firm has not ranked %(number)s applicants of “%(name)s” yet."),
                code="unranked",
                params={"number": unranked, "name": row.name},
            )


def run_match(order_class: OrderClass, *, by: Actor, comment: str = "") -> None:
    """双选: match students and posts stably and write the roster.

    Classes that share applicants are matched in one go, or a student wanted by two would block a place. Who already has
    a place elsewhere is left out.
    """
    with transaction.atomic():
        keys = queries.joint_classes(order_class)
        classes = _lock(keys)
        _ready(classes, by)
        if queries.joint_classes(order_class) != keys:
            raise FlowError(_("Applications have changed at this very moment. Try again."), code="changed")
        applicants = list(
            Applicant._base_manager.filter(
                order_class__in=keys, status=Applicant.Status.APPLIED, archived_at=None
            ).order_by("student_id", "pk")
        )
        settled = set(
            RosterEntry.objects.filter(
                student__in=[row.student_id for row in applicants],
                left_on=None,
                archived_at=None,
                order_class__status__in=(Status.MATCHED, Status.RUNNING),
            ).values_list("student_id", flat=True)
        )
        found = _match(keys, settled)
        _write_roster(classes, applicants, found, by)
        with ExitStack() as steps:
            for row in classes:
                seated = sum(post.order_class_id == row.pk for post in found.values())
                steps.enter_context(
                    step(
                        row,
                        "match",
                        by=by,
                        comment=comment,
                        seated=seated,
                        together=[pk for pk in keys if pk != row.pk],
                    )
                )
    order_class.refresh_from_db()


def _match(keys: Sequence[int], settled: set[int]) -> dict[int, OrderPost]:
    """Student → post, over all posts of the classes."""
    living = {"archived_at": None, "applicant__status": Applicant.Status.APPLIED, "applicant__archived_at": None}
    posts = {row.pk: row for row in OrderPost.objects.filter(order_class__in=keys, archived_at=None).order_by("pk")}
    ranks = StudentRank.objects.filter(**living, post__in=posts).order_by("applicant__student_id", "rank", "pk")
    choices: dict[int, list[int]] = {}
    for student, post in ranks.values_list("applicant__student_id", "post_id"):
        if student not in settled:
            choices.setdefault(student, []).append(post)
    wanted: dict[int, list[int]] = {key: [] for key in keys}
    ranking = FirmRank.objects.filter(**living, order_class__in=keys, rank__isnull=False).order_by(
        "order_class", "rank"
    )
    for key, student in ranking.values_list("order_class_id", "applicant__student_id"):
        wanted[key].append(student)
    places = {pk: Place(post.capacity, wanted[post.order_class_id]) for pk, post in posts.items()}
    return {student: posts[pk] for student, pk in match(choices, places).items()}


def _write_roster(
    classes: Sequence[OrderClass], applicants: Sequence[Applicant], found: dict[int, OrderPost], by: Actor
) -> None:
    starts = {row.pk: row.starts_on for row in classes}
    for row in applicants:
        post = found.get(row.student_id)
        seated = post is not None and post.order_class_id == row.order_class_id
        row.status = Applicant.Status.MATCHED if seated else Applicant.Status.UNMATCHED
        row.save(update_fields=["status", "updated_at"])
        if seated:
            entry = RosterEntry(
                order_class_id=row.order_class_id,
                student_id=row.student_id,
                post=post,
                joined_on=starts[row.order_class_id],
            )
            add(entry, by=by, follows=True)


def undo_match(order_class: OrderClass, *, by: Actor, comment: str = "") -> None:
    """Take a match back before the class begins: the roster is emptied, applicants wait again, rankings stay."""
    with step(order_class, "reopen", by=by, comment=comment) as locked:
        for entry in locked.roster.all():
            events.log(entry, "deleted", by=by, comment=comment)
            entry.delete()
        for row in locked.applicants.filter(status__in=(Applicant.Status.MATCHED, Applicant.Status.UNMATCHED)):
            row.status = Applicant.Status.APPLIED
            row.save(update_fields=["status", "updated_at"])


# Running, hiring, following up ------------------------------------------------------------------------------------


def start_class(order_class: OrderClass, *, by: Actor, comment: str = "") -> None:
    """Begin to teach: the first day has come, the roster is not empty, and the training plan is approved."""
    if order_class.starts_on > timezone.localdate():
        raise FlowError(
            _("The class begins on %(day)s."), code="too_early", params={"day": order_class.starts_on.isoformat()}
        )
    if order_class.plan is None or order_class.plan.status != TrainingPlan.Status.APPROVED:
        raise FlowError(_("Name an approved training plan first: the class is taught by it."), code="no_plan")
    if not order_class.roster.filter(left_on=None, archived_at=None).exists():
        raise FlowError(_("Nobody is on the roster."), code="empty")
    with step(order_class, "start", by=by, comment=comment):
        pass


def leave(entry: RosterEntry, *, by: Actor, left_on: date, reason: str, comment: str = "") -> None:
    """Let a student leave the class before its end, with the reason."""
    _not_in_future(left_on)
    with changing(entry, "leave", by=by, comment=comment or reason) as locked:
        if locked.left_on is not None:
            raise FlowError(_("The student left on %(day)s."), code="left", params={"day": locked.left_on.isoformat()})
        if locked.order_class.status not in (Status.MATCHED, Status.RUNNING):
            raise FlowError(_("Nobody leaves a class that is over."), code="wrong_state")
        locked.left_on, locked.reason = left_on, reason


def finish_class(order_class: OrderClass, *, by: Actor, ends_on: date, comment: str = "") -> None:
    """Record the day on which the class ended; who is still on the roster has completed it."""
    _not_in_future(ends_on)
    with step(order_class, "finish", by=by, comment=comment, ends_on=ends_on.isoformat()) as locked:
        if ends_on < locked.starts_on:
            raise ValidationError(_("The end must not be before the beginning."), code="dates")
        locked.ends_on = ends_on


def hire(
    entry: RosterEntry,
    *,
    by: Actor,
    organisation: Organisation,
    position: str,
    hired_on: date,
    wage: Decimal | None = None,
    comment: str = "",
) -> Hire:
    """Record that somebody of the roster took up work, with the ordering firm or elsewhere."""
    _not_in_future(hired_on)
    if not by.can_on(entry, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    with transaction.atomic():
        locked = RosterEntry._base_manager.select_for_update(of=("self",)).get(pk=entry.pk)
        if locked.left_on is not None:
            raise FlowError(_("The student left the class and is not hired by the order."), code="left")
        if locked.order_class.status not in (Status.RUNNING, Status.FINISHED):
            raise FlowError(_("Hiring is recorded while the class runs or after it has finished."), code="wrong_state")
        row = Hire(
            order_class_id=locked.order_class_id,
            student_id=locked.student_id,
            organisation=organisation,
            position=position,
            hired_on=hired_on,
            wage=wage,
        )
        return add(row, by=by, comment=comment, follows=True)


def follow_up(
    hired: Hire,
    *,
    by: Actor,
    month: int,
    done_on: date,
    still_there: bool,
    fit: int | None = None,
    satisfaction: int | None = None,
    note: str = "",
    comment: str = "",
) -> FollowUp:
    """回访: record what was found three or six months after hiring, not before that day has come."""
    _not_in_future(done_on)
    if not by.can_on(hired, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    due = queries.due_day(hired, month)
    if done_on < due:
        raise FlowError(
            _("This follow-up can be made from %(day)s."), code="too_early", params={"day": due.isoformat()}
        )
    if still_there and (fit is None or satisfaction is None):
        raise ValidationError(
            _("Who is still there gets a mark for the post, and the firm says how satisfied it is."), code="marks"
        )
    row = FollowUp(
        hire=hired,
        month=month,
        done_on=done_on,
        still_there=still_there,
        fit=fit,
        satisfaction=satisfaction,
        note=note,
    )
    return add(row, by=by, comment=comment)


def close_class(order_class: OrderClass, *, by: Actor, comment: str = "") -> None:
    """Close the file of a finished class once no follow-up is outstanding."""
    waiting = _awaited(order_class)
    if waiting:
        raise FlowError(
            _("%(number)s follow-ups of this class are still to be made."),
            code="follow_ups",
            params={"number": waiting},
        )
    with step(order_class, "close", by=by, comment=comment):
        pass


def _awaited(order_class: OrderClass) -> int:
    """Hires without their last follow-up; who has gone is not asked again."""
    last = Q(follow_ups__month=FollowUp.Month.SIX) | Q(follow_ups__still_there=False)
    hires = order_class.hires.filter(archived_at=None)
    done = hires.filter(last, follow_ups__archived_at=None).distinct().count()
    return hires.count() - done
