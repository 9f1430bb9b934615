"""Plans and placements as people name them, and what the red lines say of them: for the command and the API alike."""

from __future__ import annotations

from typing import Any

from zhixing.kernel.scope import Actor
from zhixing.practice import redline_queries as queries
from zhixing.practice.models import Placement, PracticePlan
from zhixing.practice.redline_gate import ORDER, Verdict
from zhixing.practice.redline_reading import JUDGED


class Unknown(ValueError):
    """No plan or placement that this actor may see is called so."""


def named(name: str, actor: Actor) -> tuple[list[int], list[int]]:
    """The plans (ids) and placements (ids) that a name means.

    A plan by its code; a placement as PLAN/STUDENT, the plan's code and the student's number; a student's number alone
    for all their placements that are judged. Raises Unknown.
    """
    if actor.can(PracticePlan):
        plans = PracticePlan.objects.visible_to(actor).filter(code=name, archived_at=None)
        if found := list(plans.order_by("pk").values_list("pk", flat=True)):
            return found, []
    plan, _slash, number = name.rpartition("/")
    rows = Placement.objects.visible_to(actor).filter(student__number=number, archived_at=None, status__in=JUDGED)
    if plan:
        rows = rows.filter(plan__code=plan)
    placements = list(rows.order_by("pk").values_list("pk", flat=True))
    if not placements:
        raise Unknown(name)
    return [], placements


def told(names: list[str], actor: Actor) -> list[Verdict]:
    """Everything found about the plans and placements of these names, the worst first; nothing twice."""
    plans: list[int] = []
    placements: list[int] = []
    for name in names:
        found = named(name, actor)
        plans += found[0]
        placements += found[1]
    verdicts: dict[Any, Verdict] = {}
    for row in queries.of_plans(plans) if plans else ():
        verdicts[row.key] = row
    for row in queries.of_placements(placements) if placements else ():
        verdicts.setdefault(row.key, row)
    rows = [row for row in verdicts.values() if row.hits]
    return sorted(rows, key=lambda row: (ORDER.index(row.state), row.rule.id, row.subject.name))
