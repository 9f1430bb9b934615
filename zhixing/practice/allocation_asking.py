"""An allocation asked for by name, as the command and programs do: of one plan, or of several together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zhixing.kernel.scope import Actor
from zhixing.practice import allocating, allocation_actions
from zhixing.practice.allocation_facts import read
from zhixing.practice.plans import PracticePlan
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
    plans = named(codes, by)
    if commit:
        allocation_actions.refuse(plans, by)
    else:
        allocation_actions.refuse_mixed(plans)
    facts = read(plans, fair=fair)
    result, problem = allocating.solve(facts, mode, seconds)
    if commit:
        run = allocating.keep(facts, problem, result, user=by.user_id, fair=fair)
        allocation_actions.adopt(run, by=by, comment=comment)
    answer = told(result, facts.number_of, facts.code_of)
    if len(plans) > 1:
        answer["plans"] = [
            {
                "plan": facts.plans[row["plan"]].code,
                **{name: row[name] for name in ("students", "placed", "first", "mean")},
            }
            for row in allocating.summary(facts, result)["plans"]
        ]
    return answer, result.optimal


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
