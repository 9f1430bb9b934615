"""What an allocation rests on, read from the registers at once: of one plan, or of several together (D-41)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _

from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.org.models import Cohort, Person, Student
from zhixing.practice import ages
from zhixing.practice.placements import Placement, PostRanking, Preference
from zhixing.practice.plans import PracticeKind, PracticePlan, Supervisor
from zhixing.practice.posts import SHARE_COUNTS, Post, PostShare, offered_to
from zhixing.practice.solving.problem import Applicant, Choice, Point, Problem, Share, Team, Weights
from zhixing.practice.solving.problem import Post as Place
from zhixing.practice.solving.visits import split

Status = Placement.Status
# With whom students are compared where what the worst-off get counts as well.
MAJORS, CLASSES = "major", "class"


@dataclass(frozen=True)
class Facts:
    """What the allocation of some plans rests on: the problem, whose codes are ids as text, and the rows behind them."""

    plans: Mapping[int, PracticePlan]
    problem: Problem
    students: Mapping[int, Student]
    # By student (id): the plan (id) whose student they are here.
    plan_of: Mapping[int, int]
    posts: Mapping[int, Post]
    # Placements that may be moved: proposed and not locked.
    movable: Mapping[int, Placement]
    # Everybody's place today, by student: what an appeal starts from.
    today: Mapping[str, str]
    # By plan (id): how many of its students each supervisor may have.
    limits: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
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


def read(plans: PracticePlan | Iterable[PracticePlan], *, fair: str = "") -> Facts:
    """The facts of one plan, or of several together, in a number of queries that does not grow with students or posts.

    Students enrolled in the plans' cohorts; posts open to students of these plans; a place is fixed where it is locked
    or beyond a proposal; a pair once called off, broken or left on an appeal is not brought together again. Of a shared
    post what other plans hold or have kept for them is not there to give. The way counts from the school, for homes are
    not kept. `fair` is "major" or "class": what the worst-off of these gets on the mean counts beside the sum.
    Raises FlowError where a class is in two of the plans.
    """
    found = {
        plan.pk: plan for plan in sorted([plans] if isinstance(plans, PracticePlan) else plans, key=lambda row: row.pk)
    }
    students, plan_of = _students(found)
    of_plans = Placement.objects.filter(plan__in=found, archived_at=None)
    posts = {
        row.pk: row
        for row in Post.objects.filter(
            offered_to(found) | Q(pk__in=of_plans.order_by().values("post")), archived_at=None
        )
        .order_by("pk")
        .select_related("organisation")
    }
    placements = list(Placement.objects.filter(Q(plan__in=found) | Q(post__in=posts), archived_at=None).order_by("pk"))
    inside = [row for row in placements if plan_of.get(row.student_id) == row.plan_id]
    outside = [
        row for row in placements if plan_of.get(row.student_id) != row.plan_id and row.status not in Placement.OFF
    ]
    movable, fixed, forbidden, today, supervised = _standing(inside, posts)
    held = set(today.values()) | {code(row.post_id) for row in outside if row.plan_id in found}
    posts = {pk: row for pk, row in posts.items() if code(pk) in held or row.is_open}
    shares: dict[int, list[PostShare]] = {}
    for share in PostShare.objects.filter(SHARE_COUNTS, post__in=posts).order_by("pk"):
        shares.setdefault(share.post_id, []).append(share)
    choices, rankings = _wishes(found, posts)
    limits = _supervisors(found)
    teams = _teams(limits, plan_of, supervised)
    seen = _Seen(found, shares, rankings, inside, outside)
    problem = Problem(
        applicants=tuple(_applicant(row, found[plan_of[pk]], choices, teams, fair) for pk, row in students.items()),
        posts=tuple(seen.place(row) for row in posts.values()),
        teams=tuple(Team(code(plan), students=number) for plan, number in teams.items()),
        locked=frozenset(fixed),
        forbidden=frozenset(forbidden),
        weights=Weights(fairness=1.0 if fair else 0.0),
    )
    return Facts(found, problem, students, plan_of, posts, movable, today, limits, supervised)


def together(
    plan: PracticePlan, by: Actor, states: Iterable[str] = (PracticePlan.Status.ALLOCATED,)
) -> list[PracticePlan]:
    """A plan with those that shared posts link it to, in these states and the actor's to change.

    As it is, those whose proposals an appeal may touch: where nothing is allocated yet, an appeal gives out nothing. A plan
    with a class that one of them already has stays out: a student is asked for once.
    """
    others = PracticePlan.objects.filter(status__in=list(states), kind=plan.kind, archived_at=None)
    allowed = {row.pk: row for row in others.visible_to(by, "change").select_related("major")}  # type: ignore[attr-defined]
    pairs = PostShare.objects.filter(SHARE_COUNTS, post__archived_at=None).exclude(plan=F("post__plan"))
    links: dict[int, set[int]] = {}
    for one, other in pairs.filter(plan__kind=plan.kind).values_list("plan", "post__plan").distinct():
        links.setdefault(one, set()).add(other)
        links.setdefault(other, set()).add(one)
    classes: dict[int, set[int]] = {}
    through = PracticePlan.cohorts.through.objects.filter(practiceplan__in=[plan.pk, *allowed])
    for one, cohort in through.values_list("practiceplan", "cohort"):
        classes.setdefault(one, set()).add(cohort)
    found, waiting, taken = {plan.pk: plan}, [plan.pk], set(classes.get(plan.pk, ()))
    while waiting:
        for other in sorted(links.get(waiting.pop(), ())):
            if other in allowed and other not in found and taken.isdisjoint(classes.get(other, ())):
                found[other] = allowed[other]
                taken |= classes.get(other, set())
                waiting.append(other)
    return [found[pk] for pk in sorted(found)]


def _students(plans: Mapping[int, PracticePlan]) -> tuple[dict[int, Student], dict[int, int]]:
    """The enrolled students of the plans' cohorts, and whose plan each is."""
    of_cohort: dict[int, int] = {}
    for plan, cohort in PracticePlan.cohorts.through.objects.filter(practiceplan__in=plans).values_list(
        "practiceplan", "cohort"
    ):
        if of_cohort.setdefault(cohort, plan) != plan:
            name = Cohort.objects.get(pk=cohort)
            raise FlowError(_("“%(class)s” is in two of these plans.") % {"class": name}, code="two_plans")
    rows = Student.objects.filter(cohort__in=of_cohort, status=Student.Status.ENROLLED, archived_at=None)
    students = {row.pk: row for row in rows.order_by("pk")}
    return students, {pk: of_cohort[row.cohort_id] for pk, row in students.items()}


def _standing(placements: Sequence[Placement], posts: Mapping[int, Any]) -> tuple:
    movable: dict[int, Placement] = {}
    fixed, forbidden = set(), set()
    today: dict[str, str] = {}
    supervised: dict[str, str] = {}
    for row in placements:
        if row.post_id not in posts:
            continue
        pair = (code(row.student_id), code(row.post_id))
        if row.status in Placement.OFF:
            forbidden.add(pair)
            continue
        today[pair[0]] = pair[1]
        forbidden |= {(pair[0], code(post)) for post in row.reasons.get("left", ())}
        if _may_move(row):
            movable[row.student_id] = row
            continue
        fixed.add(pair)
        if row.supervisor_id:
            supervised[pair[0]] = code(row.supervisor_id)
    return movable, fixed, forbidden - fixed, today, supervised


def _may_move(placement: Placement) -> bool:
    return placement.status == Status.PROPOSED and not placement.locked


def _wishes(plans: Iterable[int], posts: Iterable[int]) -> tuple[dict[int, list[Choice]], dict[int, list[str]]]:
    """Students' choices and firms' rankings."""
    choices: dict[int, list[Choice]] = {}
    for student, post, rank in (
        Preference.objects.filter(plan__in=plans, archived_at=None)
        .order_by("student_id", "rank")
        .values_list("student_id", "post_id", "rank")
    ):
        choices.setdefault(student, []).append(Choice(code(post), rank))
    rankings: dict[int, list[str]] = {}
    for post, student in (
        PostRanking.objects.filter(post__in=posts, archived_at=None)
        .order_by("post_id", "rank", "student_id")
        .values_list("post_id", "student_id")
    ):
        rankings.setdefault(post, []).append(code(student))
    return choices, rankings


def _supervisors(plans: Mapping[int, PracticePlan]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {pk: {} for pk in plans}
    rows = Supervisor.objects.filter(plan__in=plans, archived_at=None).order_by("pk")
    for plan, person, limit in rows.values_list("plan_id", "person_id", "limit"):
        found[plan][code(person)] = limit
    return found


def _teams(
    limits: Mapping[int, Mapping[str, int]], plan_of: Mapping[int, int], supervised: Mapping[str, str]
) -> dict[int, int]:
    """How many students the supervisors of a plan take, for plans in which that is less than its students.

    A teacher of several of the plans takes no more in all than the largest of their numbers; who takes whom is divided
    beforehand, by need.
    """
    given: dict[int, Counter[str]] = {pk: Counter() for pk in limits}
    for student, teacher in supervised.items():
        given[plan_of[int(student)]][teacher] += 1
    need = Counter(plan_of.values())
    divided = split(need, limits, given)
    sums = {pk: sum(divided[pk].values()) for pk, of in limits.items() if of}
    return {pk: number for pk, number in sums.items() if number < need[pk]}


def _applicant(
    student: Student,
    plan: PracticePlan,
    choices: Mapping[int, list[Choice]],
    teams: Mapping[int, int],
    fair: str,
) -> Applicant:
    has = set()
    # What is not on record bars nobody here: the red lines ask again before the start.
    if not ages.is_minor(student.birth_date, plan.starts_on, plan.kind):
        has.add("adult")
    if student.sex != Person.Sex.FEMALE:
        has.add("not_woman")
    home = settings.ZHIXING.get("school_point")
    return Applicant(
        code=code(student.pk),
        choices=tuple(choices.get(student.pk, ())),
        major=code(plan.pk),
        group=code(plan.major_id if fair == MAJORS else student.cohort_id),
        home=Point(*map(float, home)) if home else None,
        has=frozenset(has),
        team=code(plan.pk) if plan.pk in teams else "",
        # A class visits, trains and competes together: whoever chose nothing goes where there is a place.
        anywhere=plan.kind != PracticeKind.POST,
    )


class _Seen:
    """Posts as the plans of a run see them: less what others hold, or have kept for them."""

    def __init__(
        self,
        plans: Mapping[int, PracticePlan],
        shares: Mapping[int, list[PostShare]],
        rankings: Mapping[int, list[str]],
        inside: Iterable[Placement],
        outside: Iterable[Placement],
    ) -> None:
        self.plans, self.shares, self.rankings = plans, shares, rankings
        self.others: dict[int, Counter[int]] = {}
        for row in outside:
            self.others.setdefault(row.post_id, Counter())[row.plan_id] += 1
        self.fixed = Counter(row.post_id for row in inside if row.status not in Placement.OFF and not _may_move(row))

    def place(self, post: Post) -> Place:
        asked = {"adult"} if post.barred_to_minors else set()
        if post.barred_to_women:
            asked.add("not_woman")
        others = self.others.get(post.pk, Counter())
        shares = self.shares.get(post.pk, [])
        elsewhere = sum(max(row.kept - others[row.plan_id], 0) for row in shares if row.plan_id not in self.plans)
        # Who is fixed is never too many.
        fixed = self.fixed[post.pk]
        capacity = max(post.places - others.total() - elsewhere, fixed) if post.is_open else fixed
        open_for = {post.plan_id, *(row.plan_id for row in shares)} & self.plans.keys()
        return Place(
            code=code(post.pk),
            capacity=capacity,
            minimum=max(post.minimum - others.total(), 0),
            ranking=tuple(self.rankings[post.pk]) if post.pk in self.rankings else None,
            base=code(post.organisation_id),
            at=Point(float(post.longitude), float(post.latitude))
            if post.longitude is not None and post.latitude is not None
            else None,
            # A post that somebody of these plans holds by an error of a register is open to none of them.
            majors=frozenset(map(code, open_for)) or frozenset({""}),
            requires=frozenset(asked),
            shares=tuple(
                Share(
                    code(row.plan_id),
                    max(row.kept - others[row.plan_id], 0),
                    None if row.most is None else max(row.most - others[row.plan_id], 0),
                )
                for row in shares
                if row.plan_id in self.plans and (row.kept or row.most is not None)
            ),
        )
