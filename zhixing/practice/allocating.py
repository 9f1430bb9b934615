"""A plan's allocation: its facts read at once, solved, compared, and made into placements with their reasons (D-41)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.kernel.flow import FlowError
from zhixing.org.models import Person, Student
from zhixing.practice import ages
from zhixing.practice.allocations import AllocationRun
from zhixing.practice.placements import Placement, PostRanking, Preference
from zhixing.practice.plans import PracticePlan, Supervisor
from zhixing.practice.posts import Post
from zhixing.practice.solving.again import Again, solve_again
from zhixing.practice.solving.explain import explain, prices
from zhixing.practice.solving.problem import (
    UNIT,
    Applicant,
    Choice,
    Point,
    Problem,
    ProblemError,
    Team,
    Weights,
)
from zhixing.practice.solving.problem import (
    Post as Place,
)
from zhixing.practice.solving.solve import LIMIT, Result, allocate
from zhixing.practice.solving.table import Table
from zhixing.practice.solving.thumb import first_come

Mode = AllocationRun.Mode
Status = Placement.Status
OVER = (Status.CANCELLED, Status.BROKEN)
NOT_STABLE = "not_stable"


@dataclass(frozen=True)
class Facts:
    """What a plan's allocation rests on: the problem, whose codes are ids as text, and the rows behind them."""

    plan: PracticePlan
    problem: Problem
    students: Mapping[int, Student]
    posts: Mapping[int, Post]
    # Placements that may be moved: proposed and not locked.
    movable: Mapping[int, Placement]
    # Everybody's place today, by student: what an appeal starts from.
    today: Mapping[str, str]
    limits: Mapping[str, int] = field(default_factory=dict)
    supervised: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes when anything changes that the allocation rests on."""
        return hashlib.sha256(json.dumps(asdict(self.problem), default=sorted).encode()).hexdigest()

    def number_of(self, student: str) -> str:
        return self.students[int(student)].number

    def code_of(self, post: str) -> str:
        return self.posts[int(post)].code


def code(key: int) -> str:
    """An id as text that sorts like the number: equally good answers are told apart by the order of codes."""
    return f"{key:010d}"


def read(plan: PracticePlan, *, fair: bool = False) -> Facts:
    """A plan's facts in a number of queries that does not grow with students or posts.

    Students enrolled in the plan's cohorts; posts open to students; a place is fixed where it is locked or beyond a
    proposal; a pair once called off, broken or left on an appeal is not brought together again. The way counts from the school, for homes
    are not kept. With `fair` what the worst-off class gets on the mean counts beside the sum.
    """
    students = {
        row.pk: row
        for row in Student.objects.filter(
            cohort__in=plan.cohorts.all(), status=Student.Status.ENROLLED, archived_at=None
        ).order_by("pk")
    }
    placements = list(Placement.objects.filter(plan=plan, archived_at=None).order_by("pk"))
    held = {row.post_id for row in placements if row.status not in OVER}
    posts = {
        row.pk: row
        for row in plan.posts.filter(archived_at=None).order_by("pk").select_related("organisation")
        if row.pk in held or (row.status == Post.Status.APPROVED and row.source == Post.Source.SCHOOL)
    }
    choices: dict[int, list[Choice]] = {}
    for student, post, rank in (
        Preference.objects.filter(plan=plan, archived_at=None)
        .order_by("student_id", "rank")
        .values_list("student_id", "post_id", "rank")
    ):
        choices.setdefault(student, []).append(Choice(code(post), rank))
    rankings: dict[int, list[str]] = {}
    for post, student in (
        PostRanking.objects.filter(post__plan=plan, archived_at=None)
        .order_by("post_id", "rank", "student_id")
        .values_list("post_id", "student_id")
    ):
        rankings.setdefault(post, []).append(code(student))
    supervisors = dict(Supervisor.objects.filter(plan=plan, archived_at=None).values_list("person_id", "limit"))
    movable, fixed, forbidden, today, supervised = _standing(placements, students, posts)
    team = "" if not supervisors or sum(supervisors.values()) >= len(students) else "teachers"
    problem = Problem(
        applicants=tuple(_applicant(row, plan, choices.get(pk, []), team) for pk, row in students.items()),
        posts=tuple(_place(row, rankings, placements, students) for row in posts.values()),
        teams=(Team("teachers", students=sum(supervisors.values())),) if team else (),
        locked=frozenset(fixed),
        forbidden=frozenset(forbidden),
        weights=Weights(fairness=1.0 if fair else 0.0),
    )
    limits = {code(person): limit for person, limit in supervisors.items()}
    return Facts(plan, problem, students, posts, movable, today, limits, supervised)


def _standing(placements: list[Placement], students: Mapping[int, Any], posts: Mapping[int, Any]) -> tuple:
    movable: dict[int, Placement] = {}
    fixed, forbidden = set(), set()
    today: dict[str, str] = {}
    supervised: dict[str, str] = {}
    for row in placements:
        if row.student_id not in students or row.post_id not in posts:
            continue
        pair = (code(row.student_id), code(row.post_id))
        if row.status in OVER:
            forbidden.add(pair)
            continue
        today[pair[0]] = pair[1]
        forbidden |= {(pair[0], code(post)) for post in row.reasons.get("left", ())}
        if row.status == Status.PROPOSED and not row.locked:
            movable[row.student_id] = row
            continue
        fixed.add(pair)
        if row.supervisor_id:
            supervised[pair[0]] = code(row.supervisor_id)
    return movable, fixed, forbidden - fixed, today, supervised


def _applicant(student: Student, plan: PracticePlan, choices: list[Choice], team: str) -> Applicant:
    has = set()
    # What is not on record bars nobody here: the red lines ask again before the start.
    if not ages.is_minor(student.birth_date, plan.starts_on, plan.kind):
        has.add("adult")
    if student.sex != Person.Sex.FEMALE:
        has.add("not_woman")
    home = settings.ZHIXING.get("school_point")
    return Applicant(
        code=code(student.pk),
        choices=tuple(choices),
        major=code(student.cohort_id),
        home=Point(*map(float, home)) if home else None,
        has=frozenset(has),
        team=team,
    )


def _place(post: Post, rankings: Mapping[int, list[str]], placements: list[Placement], students: Any) -> Place:
    asked = {"adult"} if post.barred_to_minors else set()
    if post.barred_to_women:
        asked.add("not_woman")
    # Places held by students of no cohort of this plan are not there to give; who is fixed is never too many.
    outside = sum(
        row.post_id == post.pk and row.student_id not in students and row.status not in OVER for row in placements
    )
    fixed = sum(
        row.post_id == post.pk
        and row.student_id in students
        and (row.locked or row.status != Status.PROPOSED)
        and row.status not in OVER
        for row in placements
    )
    open_now = post.status == Post.Status.APPROVED and post.source == Post.Source.SCHOOL
    return Place(
        code=code(post.pk),
        capacity=max(post.places - outside, fixed) if open_now else fixed,
        minimum=post.minimum,
        ranking=tuple(rankings[post.pk]) if post.pk in rankings else None,
        base=code(post.organisation_id),
        at=Point(float(post.longitude), float(post.latitude))
        if post.longitude is not None and post.latitude is not None
        else None,
        requires=frozenset(asked),
    )


# Solving ------------------------------------------------------------------------------------------------------------


def solve(facts: Facts, mode: str, seconds: float = LIMIT) -> tuple[Result, Problem]:
    """The answer in one mode; "first" is what first come, first served would give, as a yardstick (by student number)."""
    problem = facts.problem
    if not problem.applicants:
        raise FlowError(_("No enrolled student belongs to the cohorts of this plan."), code="no_students")
    if not problem.posts:
        raise FlowError(_("No post is open to students yet."), code="no_posts")
    try:
        if mode != Mode.FIRST_COME:
            return allocate(problem, mode, seconds), problem
        table = Table(problem)
        numbers = sorted(table.free, key=lambda key: facts.students[int(key)].number)
        assigned = {**table.fixed, **first_come(table, numbers)}
    except ProblemError as error:
        raise FlowError(problem_words(error, facts), code=error.code) from error
    taken = Counter(assigned.values())
    room = {key: post.capacity - taken[key] for key, post in problem.post.items() if post.capacity > taken[key]}
    out = tuple(key for key in problem.applicant if key not in assigned)
    result = Result(mode, "first come", assigned, out, room, table.total(assigned) / UNIT, None, False, 0.0)
    return result, problem


def summary(facts: Facts, result: Result) -> dict[str, Any]:
    """The figures by which ways of allocating are compared; positions count the chosen posts alone, 1 the first."""
    problem, positions, ways = facts.problem, [], []
    outside = 0
    for student, post in result.assigned.items():
        applicant = problem.applicant[student]
        position = problem.positions(applicant).get(post)
        if position is None:
            outside += 1
        else:
            positions.append(int(position))
        km = problem.km(applicant, problem.post[post])
        if km is not None:
            ways.append(km)
    counted = Counter(positions)
    return {
        "students": len(problem.applicants),
        "placed": len(result.assigned),
        "unplaced": len(result.unassigned),
        "fixed": len(problem.fixed),
        "outside": outside,
        "places_free": sum(result.free.values()),
        "by_position": {str(at): counted[at] for at in sorted(counted)},
        "mean_position": round(sum(positions) / len(positions), 3) if positions else None,
        "mean_km": round(sum(ways) / len(ways), 1) if ways else None,
        "units": len({problem.post[post].base for post in result.assigned.values()}),
        "objective": result.objective,
        "bound": result.bound,
        "optimal": result.optimal,
        "method": result.method,
        "seconds": result.seconds,
        "worst": [int(result.worst_major[0]), round(result.worst_major[1], 3)] if result.worst_major else None,
    }


def answer_of(problem: Problem, result: Result) -> dict[str, Any]:
    """Everybody's place and reasons as they are kept: ids as keys."""
    dear = prices(problem, result)
    kept = {}
    for student, found in explain(problem, result).items():
        told = found.as_json()
        for row in told["choices"]:
            row["post"] = int(row["post"])
        told["post"] = int(found.post) if found.post else None
        told["price"] = round(dear[student], 2) if student in dear else None
        kept[str(int(student))] = told
    return kept


def keep(facts: Facts, problem: Problem, result: Result, *, user: int | None, fair: bool) -> AllocationRun:
    """Keep an answer in place of the earlier one of the same mode. Nothing is placed by it."""
    with transaction.atomic():
        AllocationRun.objects.filter(plan=facts.plan, mode=result.mode).delete()
        return AllocationRun.objects.create(
            plan=facts.plan,
            mode=result.mode,
            summary={**summary(facts, result), "fair": fair},
            answer=answer_of(problem, result),
            facts=facts.digest,
            made_by_id=user,
        )


def run(
    plan: PracticePlan, modes: tuple[str, ...], *, user: int | None, fair: bool = False, report: Any = None
) -> list[AllocationRun]:
    """Solve a plan in each of these modes and keep the answers; nothing is placed yet.

    Of several modes the stable one is left out where the supervisors' numbers would bind: then none need exist.
    """
    facts = read(plan, fair=fair)
    runs = []
    for number, mode in enumerate(modes):
        if report is not None:
            report(number, len(modes), str(Mode(mode).label))
        try:
            result, problem = solve(facts, mode)
        except FlowError as refused:
            if refused.code != NOT_STABLE or len(modes) == 1:
                raise
            # The other ways still stand beside one another.
            AllocationRun.objects.filter(plan=plan, mode=mode).delete()
            continue
        runs.append(keep(facts, problem, result, user=user, fair=fair))
    if report is not None:
        report(len(modes), len(modes), "")
    return runs


# Appeals ------------------------------------------------------------------------------------------------------------


def appeal(facts: Facts, student: int, post: int, wish: str) -> tuple[Again, Problem]:
    """The allocation nearest to today's in which the student gets this post (`wish` "give") or loses it ("leave").

    Raises FlowError where the student's place is fixed, or the post cannot be given.
    """
    who, what = code(student), code(post)
    if who not in facts.problem.applicant or what not in facts.problem.post:
        raise FlowError(_("This student or post is not part of the plan's allocation."), code="unknown")
    if who in facts.problem.fixed:
        raise FlowError(_("The student's place is locked or confirmed: unlock or cancel it first."), code="fixed")
    pair = frozenset({(who, what)})
    problem = facts.problem
    try:
        if wish == "give":
            place = problem.post[what]
            barred = problem.barred(problem.applicant[who], place)
            if barred and barred[0] in ("closed", "forbidden", "requires"):
                raise FlowError(BARRED[barred[0]], code=barred[0])
            problem = replace(problem, forced=problem.forced | pair)
        else:
            problem = replace(problem, forbidden=problem.forbidden | pair)
        return solve_again(problem, facts.today), problem
    except ProblemError as error:
        raise FlowError(problem_words(error, facts), code=error.code) from error


BARRED = {
    "closed": gettext_lazy("This post has no places."),
    "forbidden": gettext_lazy("The student was at this post before, and it was called off."),
    "requires": gettext_lazy("A rule keeps this student from this post."),
}


def problem_words(error: ProblemError, facts: Facts) -> str:
    """A contradiction in the facts as a sentence that names the post or the student."""
    parts = dict(error.parts)
    post = facts.posts.get(int(parts["post"])) if str(parts.get("post", "")).isdigit() else None
    if error.code == "too_many_fixed" and post is not None:
        return _("More students are fixed at “%(post)s” than it has places.") % {"post": post.title}
    if error.code == NOT_STABLE:
        return _(
            "A stable allocation would go beyond what the supervisors can look after: name more, or use the other mode."
        )
    return _("The plan's facts contradict one another (%(code)s).") % {"code": error.code}
