"""Questions about training plans and order classes that pages, indicators and other rooms of the house ask."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from zhixing.cultivation.models import (
    Ability,
    Applicant,
    FollowUp,
    Hire,
    OrderClass,
    PlanCourse,
    PlanSignature,
    Post,
    ProjectUse,
    RosterEntry,
    TrainingPlan,
)
from zhixing.cultivation.order_classes import BEGUN
from zhixing.org.models import Student
from zhixing.partners.models import Organisation


def real(prefix: str) -> Q:
    """The condition that the project behind `prefix` is real: all three facts dated (真企业项目, 真工作场景, 真项目实践)."""
    names = ("real_project_on", "real_scene_on", "real_practice_on")
    return Q(**{f"{prefix}__{name}__isnull": False for name in names})


# Training plans ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """How far real projects reach into the practice of a plan (D-29); hours of teaching."""

    practice_hours: int
    project_hours: int
    courses: int
    co_built: int
    # Abilities that the posts of the plan ask, and those of them that a course teaches.
    asked: int
    taught: int

    @property
    def share(self) -> float | None:
        """Project hours as a part of practice hours, at most 1; None for a plan without practice."""
        return min(1.0, self.project_hours / self.practice_hours) if self.practice_hours else None


def real_uses(plan: Any) -> QuerySet:
    """Uses of real projects in the courses of a plan."""
    return ProjectUse.objects.filter(real("project"), course__plan=plan, archived_at=None, project__archived_at=None)


def _one(rows: QuerySet, value: Any) -> Any:
    """`value` over all of `rows` as a column of another query; 0 where there are none."""
    return Coalesce(Subquery(rows.order_by().values(all=Value(1)).annotate(n=value).values("n")), 0)


def coverage(plan: TrainingPlan) -> Coverage:
    """Project hours against practice hours, and abilities taught against those asked; two queries.

    Several classes doing the same project in a course are one use of it.
    """
    courses = PlanCourse.objects.filter(plan=plan, archived_at=None)
    asked = Ability.objects.filter(posts__training_plans=plan, posts__archived_at=None, archived_at=None)
    teaching = courses.filter(abilities=OuterRef("pk"))
    practice, number, built, wanted, taught = (
        TrainingPlan._base_manager.filter(pk=plan.pk)
        .values_list(
            _one(courses, Sum("practice_hours")),
            _one(courses, Count("pk")),
            _one(courses.exclude(organisation=None), Count("pk")),
            _one(asked, Count("pk", distinct=True)),
            _one(asked.filter(Exists(teaching)), Count("pk", distinct=True)),
        )
        .get()
    )
    best: dict[tuple[int, int], int] = {}
    for course, project, hours in real_uses(plan).values_list("course_id", "project_id", "hours"):
        best[course, project] = max(hours, best.get((course, project), 0))
    return Coverage(practice, sum(best.values()), number, built, wanted, taught)


@dataclass
class Taught:
    """An ability on the map, with the courses of the plan that teach it."""

    ability: Ability
    courses: list[PlanCourse] = field(default_factory=list)


@dataclass
class Aim:
    """A post on the map with the abilities it asks."""

    post: Post
    abilities: list[Taught] = field(default_factory=list)


@dataclass
class PlanMap:
    """岗位—能力—课程: what the posts ask, and which courses teach it."""

    aims: list[Aim]
    unmapped_courses: list[PlanCourse]
    abilities: int
    covered: int

    @property
    def share(self) -> float | None:
        """Abilities taught by a course, as a part of all that the posts ask."""
        return self.covered / self.abilities if self.abilities else None


def plan_map(plan: TrainingPlan) -> PlanMap:
    """The map of a plan, in four queries."""
    courses = list(plan.courses.filter(archived_at=None).prefetch_related("abilities").order_by("term_number", "code"))
    teaching: dict[int, list[PlanCourse]] = {}
    for course in courses:
        for ability in course.abilities.all():
            teaching.setdefault(ability.pk, []).append(course)
    posts = plan.posts.filter(archived_at=None).prefetch_related("abilities").order_by("name", "pk")
    aims = [
        Aim(post, [Taught(ability, teaching.get(ability.pk, [])) for ability in post.abilities.all()]) for post in posts
    ]
    asked = {taught.ability.pk: bool(taught.courses) for aim in aims for taught in aim.abilities}
    unmapped = [course for course in courses if not {a.pk for a in course.abilities.all()} & set(asked)]
    return PlanMap(aims, unmapped, len(asked), sum(asked.values()))


def firms_of(plan: TrainingPlan) -> QuerySet[Organisation]:
    """The firms named in a plan, with the name and day of their signature where they have signed; one query."""
    signed = PlanSignature.objects.filter(plan=plan, organisation=OuterRef("pk"), archived_at=None)
    return plan.organisations.order_by("name").annotate(
        signed_by=Subquery(signed.values("contact_name")[:1]), signed_on=Subquery(signed.values("signed_on")[:1])
    )


# Order classes ----------------------------------------------------------------------------------------------------


def ran(first: date, last: date) -> QuerySet[OrderClass]:
    """Order classes that ran on some day from `first` to `last`; a finished one ran until it ended."""
    return OrderClass.objects.filter(status__in=BEGUN, archived_at=None, starts_on__lte=last, ends_on__gte=first)


def signatures_of_class() -> QuerySet:
    """Signatures by which the ordering firm signed the plan of a class, for use under `Exists` over classes."""
    return PlanSignature.objects.filter(plan=OuterRef("plan"), organisation=OuterRef("organisation"), archived_at=None)


def of_class(uses: QuerySet) -> QuerySet:
    """Uses of projects that belong to a class, under `Exists`: noted for it, or for no class in a course of its plan."""
    return uses.filter(Q(order_class=OuterRef("pk")) | Q(order_class=None, course__plan=OuterRef("plan")))


def of_class_uses(order_class: OrderClass) -> QuerySet[ProjectUse]:
    """Uses of real projects that belong to one class."""
    own = Q(order_class=order_class) | Q(order_class=None, course__plan=order_class.plan_id or 0)
    return ProjectUse.objects.filter(own, real("project"), archived_at=None, project__archived_at=None)


@dataclass(frozen=True)
class Funnel:
    """From need to hiring: how many of an order class came through each gate."""

    needed: int | None
    applied: int
    ranked: int
    roster: int
    stayed: int
    hired: int
    hired_by_firm: int

    @property
    def hire_rate(self) -> float | None:
        """Hired as a part of those who stayed to the end (录用率); None while nobody can be counted."""
        return self.hired / self.stayed if self.stayed else None


def _count(rows: QuerySet, path: str = "order_class") -> Any:
    """How many of `rows` belong to the class of the outer query."""
    counted = rows.filter(**{path: OuterRef("pk")}, archived_at=None).order_by().values(path)
    return Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0)


def funnel(order_class: OrderClass) -> Funnel:
    """The funnel of one class, in one query. Who left the class was hired, if at all, outside the order."""
    applicants = Applicant.objects.exclude(status=Applicant.Status.WITHDRAWN)
    roster = RosterEntry.objects.all()
    stayed = Exists(
        RosterEntry.objects.filter(
            order_class=OuterRef("order_class"), student=OuterRef("student"), left_on=None, archived_at=None
        )
    )
    hires = Hire.objects.filter(stayed)
    told = OrderClass._base_manager.filter(pk=order_class.pk).values_list(
        "need__number",
        _count(applicants),
        _count(applicants.filter(firm_rank__rank__isnull=False)),
        _count(roster),
        _count(roster.filter(left_on=None)),
        _count(hires),
        _count(hires.filter(organisation=F("order_class__organisation"))),
    )
    return Funnel(*told.get())


def open_to(student: Student, on: date | None = None) -> QuerySet[OrderClass]:
    """The classes that recruit on a day and that a student may apply for: those of their major or its group."""
    day = on or timezone.localdate()
    major = student.cohort.major
    fitting = Q(major=major) | (Q(major__group=major.group_id) if major.group_id else Q(pk=None))
    rows = OrderClass.objects.filter(fitting, status=OrderClass.Status.RECRUITING, archived_at=None)
    return rows.filter(Q(recruits_until=None) | Q(recruits_until__gte=day)).order_by("starts_on", "code")


def waiting(order_class: OrderClass) -> QuerySet[Applicant]:
    """Who has applied for a class and waits for the firm's ranking and the match, in the order of applying."""
    rows = order_class.applicants.filter(status=Applicant.Status.APPLIED, archived_at=None)
    rows = rows.select_related("student__cohort", "firm_rank").prefetch_related("choices__post")
    return rows.order_by("applied_on", "pk")


def joint_classes(order_class: OrderClass) -> list[int]:
    """The classes still recruiting whose applicants overlap, directly or through others: they are matched together.

    Matched one after the other, a student wanted by both would hold up a place, and the match would not be stable.
    """
    rows = Applicant.objects.filter(
        status=Applicant.Status.APPLIED,
        archived_at=None,
        order_class__status=OrderClass.Status.RECRUITING,
        order_class__archived_at=None,
    )
    classes_of: dict[int, set[int]] = {}
    students_of: dict[int, set[int]] = {}
    for pk, student in rows.order_by().values_list("order_class_id", "student_id"):
        classes_of.setdefault(student, set()).add(pk)
        students_of.setdefault(pk, set()).add(student)
    found, ahead = {order_class.pk}, [order_class.pk]
    while ahead:
        for student in students_of.get(ahead.pop(), ()):
            new = classes_of[student] - found
            found |= new
            ahead += new
    return sorted(found)


def months_from(day: date, months: int) -> date:
    """The same day so many months later (or earlier), or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def due_day(hire: Hire, month: int) -> date:
    """The day from which a follow-up after so many months can be made."""
    return months_from(hire.hired_on, month)


def follow_ups_due(on: date | None = None, rows: QuerySet | None = None) -> Iterable[tuple[Hire, int, date]]:
    """Hires whose follow-up is due and not made: (hire, month, day it fell due), the longest overdue first (D-30)."""
    day = on or timezone.localdate()
    hires = (Hire.objects.all() if rows is None else rows).filter(archived_at=None)
    made = {
        month: Exists(FollowUp.objects.filter(hire=OuterRef("pk"), month=month, archived_at=None))
        for month in FollowUp.Month.values
    }
    # Who had gone after three months is not asked after six.
    gone = Exists(FollowUp.objects.filter(hire=OuterRef("pk"), still_there=False, archived_at=None))
    found = []
    for month, there in made.items():
        waiting = hires.filter(~there, ~gone, hired_on__lte=months_from(day, -month))
        found += [(hire, month, due_day(hire, month)) for hire in waiting.select_related("student", "organisation")]
    return sorted(found, key=lambda item: (item[2], item[0].pk))


def roster_counts() -> dict[str, Any]:
    """Expressions over order classes for their lists: those who stayed, and those of them who were hired."""
    stayed = (
        OrderClass.objects.filter(pk=OuterRef("pk"))
        .annotate(n=Count("roster", filter=Q(roster__left_on=None, roster__archived_at=None)))
        .values("n")
    )
    hired = (
        Hire.objects.filter(
            order_class=OuterRef("pk"),
            archived_at=None,
            student__order_classes__order_class=F("order_class"),
            student__order_classes__left_on=None,
        )
        .order_by()
        .values("order_class")
        .annotate(n=Count("pk", distinct=True))
        .values("n")
    )
    return {"stayed": Coalesce(Subquery(stayed), 0), "hired": Coalesce(Subquery(hired), 0)}
