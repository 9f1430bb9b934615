"""Red lines that somebody let pass: shares of interns in one kind of post, by the dean's name and reason; one that has run out."""

from __future__ import annotations

from datetime import timedelta

from zhixing.org.models import Membership, Role
from zhixing.practice.models import Finding, Override
from zhixing.practice.redline_store import refresh_plans
from zhixing.sample.plan import Plan, insert
from zhixing.sample.world import World

# What deans write. Every third share that is too large is let pass; the others are still to be dealt with.
_REASONS = (
    "企业新开门店，本学期增配带教师傅两名，该岗位以实训为主，不占正式编制。",
    "旺季集中实践，单位已书面承诺每名师傅带教不超过三人，每周轮岗。",
    "该岗位近三年学生留用率高，企业年内扩编，月底前补足职工人数。",
)


def make_overrides(plan: Plan, world: World) -> None:
    """Overrides of findings that stand today, from some days before the start until the end of the practice."""
    standing = Finding.objects.filter(rule="I-13", cleared_on=None, plan__status="running")
    found = list(standing.select_related("plan__major", "post").order_by("plan__code", "pk"))[::3]
    deans: dict[int, int] = {}
    held = Membership.objects.filter(role=Role.DEAN, starts_on__lte=plan.today).exclude(ends_on__lt=plan.today)
    for unit, person in held.order_by("pk").values_list("unit", "person"):
        deans.setdefault(unit, person)
    rows = []
    for number, finding in enumerate(found):
        dean = deans.get(finding.plan.major.unit_id)
        if dean is None:
            continue
        ran_out = number == 1
        rows.append(
            Override(
                rule=finding.rule,
                post=finding.post,
                reason=_REASONS[number % len(_REASONS)],
                approver_id=dean,
                starts_on=finding.plan.starts_on - timedelta(days=12),
                ends_on=plan.ago(9) if ran_out else finding.plan.ends_on,
            )
        )
    insert(plan, rows)
    refresh_plans([finding.plan_id for finding in found], plan.today)
