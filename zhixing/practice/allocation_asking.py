"""An allocation asked for by name, as the command and programs do: of one plan, or of several together; its answer in codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zhixing.kernel.scope import Actor
from zhixing.org.models import Student
from zhixing.practice import allocating, allocation_actions
from zhixing.practice.allocation_facts import read
from zhixing.practice.allocations import AllocationRun
from zhixing.practice.plans import PracticePlan
from zhixing.practice.posts import Post
from zhixing.practice.solving.solve import LIMIT, Result


class Unknown(LookupError):
    """A plan that is not there, or not the actor's to allocate."""


def named(codes: Sequence[str], by: Actor) -> list[PracticePlan]:
    """The plans of these codes that the actor may change. Raises Unknown with the first that is none."""
    rows = PracticePlan.objects.filter(code__in=codes, archived_at=None).select_related("major")
    found = {plan.code: plan for plan in rows.visible_to(by, "change")}  # type: ignore[attr-defined]
    for code in codes:
        if code not in found:
            raise Unknown(code)
    return sorted(found.values(), key=lambda plan: plan.pk)


def ready(codes: Sequence[str], by: Actor, *, commit: bool) -> list[PracticePlan]:
    """These plans, where the actor may allocate them together. Raises Unknown, or ValidationError in words."""
    plans = named(codes, by)
    if commit:
        allocation_actions.refuse(plans, by)
    else:
        allocation_actions.refuse_mixed(plans)
    return plans


def decide(
    codes: Sequence[str],
    by: Actor,
    *,
    mode: str,
    fair: str = "",
    seconds: float = LIMIT,
    commit: bool = False,
    comment: str = "",
) -> tuple[dict[str, Any], bool]:
    """Who gets which post, in the codes that people see, and whether it is proven best; with `commit` it is adopted.

    Raises Unknown, or ValidationError where the plans may not be allocated (together), or not so.
    """
    plans = ready(codes, by, commit=commit)
    facts = read(plans, fair=fair)
    result, problem = allocating.solve(facts, mode, seconds)
    if commit:
        run = allocating.keep(facts, problem, result, user=by.user_id, fair=fair)
        allocation_actions.adopt(run, by=by, comment=comment)
    answer = told(result, facts.number_of, facts.code_of)
    if len(plans) > 1:
        answer["plans"] = _by_plan(plans, allocating.summary(facts, result))
    return answer, result.optimal


def _by_plan(plans: Sequence[PracticePlan], summary: dict[str, Any]) -> list[dict[str, Any]]:
    """How each plan fares, by its code."""
    codes = {plan.pk: plan.code for plan in plans}
    names = ("students", "placed", "first", "mean")
    return [{"plan": codes[row["plan"]], **{name: row[name] for name in names}} for row in summary["plans"]]


def kept(run: AllocationRun) -> dict[str, Any]:
    """An answer that was kept, in the codes that people see; `adopted` says whether it was made into placements."""
    places = {int(student): told["post"] for student, told in run.answer.items()}
    numbers = dict(Student.objects.filter(pk__in=places).values_list("pk", "number"))
    codes = dict(Post.objects.filter(pk__in=set(places.values()) - {None}).values_list("pk", "code"))
    return {
        "mode": run.mode,
        "made_at": run.made_at,
        "adopted": run.adopted_at is not None,
        "assigned": {numbers[who]: codes[post] for who, post in places.items() if who in numbers and post in codes},
        "unassigned": [numbers[who] for who, post in places.items() if who in numbers and post not in codes],
        "places_free": run.summary["places_free"],
        **{name: run.summary[name] for name in ("objective", "optimal", "seconds")},
        "plans": _by_plan(list(run.plans.all()), run.summary),
    }


def told(result: Result, student: Callable[[str], str] = str, post: Callable[[str], str] = str) -> dict[str, Any]:
    """The answer as the command prints it, in the codes that people see."""
    return {
        "assigned": {student(who): post(what) for who, what in result.assigned.items()},
        "unassigned": [student(who) for who in result.unassigned],
        "free": {post(what): places for what, places in result.free.items()},
        "objective": result.objective,
        "optimal": result.optimal,
        "seconds": result.seconds,
    }
