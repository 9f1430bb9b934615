"""An allocation solved, compared, and kept with everybody's reasons: of one plan, or of several together (D-41)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.kernel.flow import FlowError
from zhixing.kernel.typed import whole
from zhixing.practice.allocation_facts import Facts, code, read
from zhixing.practice.allocations import AllocationRun, key_of
from zhixing.practice.plans import PracticePlan
from zhixing.practice.solving.again import Again, solve_again
from zhixing.practice.solving.explain import explain, prices
from zhixing.practice.solving.problem import UNIT, Problem, ProblemError
from zhixing.practice.solving.solve import LIMIT, Result, allocate
from zhixing.practice.solving.table import Table
from zhixing.practice.solving.thumb import first_come

Mode = AllocationRun.Mode
NOT_STABLE = "not_stable"


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
        "plans": _by_plan(facts, result),
    }


def _by_plan(facts: Facts, result: Result) -> list[dict[str, Any]]:
    """How each plan's students fare, and each class among them.

    `mean` is what fairness compares: the mean position of those who chose, without a place one after the last choice.
    """
    problem = facts.problem
    rows: dict[int, dict[int, list[tuple[bool, float | None]]]] = {plan: {} for plan in facts.plans}
    for pk, student in facts.students.items():
        applicant = problem.applicant[code(pk)]
        post, beyond = result.assigned.get(applicant.code), problem.beyond(applicant)
        at = problem.positions(applicant).get(post or "", beyond) if applicant.choices else None
        rows[facts.plan_of[pk]].setdefault(student.cohort_id, []).append((post is not None, at))

    def figures(of: list[tuple[bool, float | None]]) -> dict[str, Any]:
        positions = [at for _placed, at in of if at is not None]
        return {
            "students": len(of),
            "placed": sum(placed for placed, _at in of),
            "first": sum(placed and at == 1 for placed, at in of),
            "mean": round(sum(positions) / len(positions), 3) if positions else None,
        }

    return [
        {
            "plan": plan,
            **figures([told for of in classes.values() for told in of]),
            "classes": [{"class": cohort, **figures(of)} for cohort, of in sorted(classes.items())],
        }
        for plan, classes in rows.items()
    ]


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


def keep(facts: Facts, problem: Problem, result: Result, *, user: int | None, fair: str) -> AllocationRun:
    """Keep an answer in place of the earlier one of the same plans and mode. Nothing is placed by it."""
    plans = list(facts.plans.values())
    with transaction.atomic():
        AllocationRun.objects.filter(key=key_of(plans), mode=result.mode).delete()
        run = AllocationRun.objects.create(
            key=key_of(plans),
            mode=result.mode,
            summary={**summary(facts, result), "fair": fair},
            answer=answer_of(problem, result),
            facts=facts.digest,
            made_by_id=user,
        )
        run.plans.set(plans)
    return run


def run(
    plans: PracticePlan | Iterable[PracticePlan],
    modes: tuple[str, ...],
    *,
    user: int | None,
    fair: str = "",
    report: Any = None,
) -> list[AllocationRun]:
    """Solve a plan, or several together, in each of these modes and keep the answers; nothing is placed yet.

    Of several modes the stable one is left out where the supervisors' numbers would bind: then none need exist.
    """
    facts = read(plans, fair=fair)
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
            AllocationRun.objects.filter(key=key_of(facts.plans.values()), mode=mode).delete()
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
            if barred and barred[0] in BARRED:
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
    "major": gettext_lazy("This post is not open to the student's plan."),
}


def problem_words(error: ProblemError, facts: Facts) -> str:
    """A contradiction in the facts as a sentence that names the post or the student."""
    parts = dict(error.parts)
    post = facts.posts.get(whole(parts.get("post")) or 0)
    if error.code == "too_many_fixed" and post is not None:
        return _("More students are fixed at “%(post)s” than it has places.") % {"post": post.title}
    if error.code == NOT_STABLE:
        return _(
            "A stable allocation would go beyond what the supervisors can look after: name more, or use the other mode."
        )
    return _("The plan's facts contradict one another (%(code)s).") % {"code": error.code}
