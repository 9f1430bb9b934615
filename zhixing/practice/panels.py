"""Parts of a record's page that say more than its fields: how far a plan is, and what a placement has and lacks."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.practice import allocation_words
from zhixing.practice.allocations import TYPE
from zhixing.practice.covers import covers_of
from zhixing.practice.placements import Consent, Placement
from zhixing.practice.plans import PracticePlan


def address(record: Any, actor: Actor) -> str:
    """Where a record's page is, for whoever may see records of its type."""
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet and actor.can(type(record)) else ""


def plan_steps(plan: PracticePlan) -> list[dict[str, str]]:
    """The way of a plan, with where it stands now."""
    order = [status for status in PracticePlan.Status if status != PracticePlan.Status.SUBMITTED]
    now = PracticePlan.Status.DRAFT if plan.status == PracticePlan.Status.SUBMITTED else plan.status
    at = order.index(PracticePlan.Status(now))
    return [
        {"label": str(status.label), "sub": "", "state": "done" if place < at else "now" if place == at else "todo"}
        for place, status in enumerate(order)
    ]


def plan_panel(plan: PracticePlan, actor: Actor) -> str:
    """Where the plan stands, how many are placed in which state, and the way to the start checklist."""
    rows = Placement.objects.filter(plan=plan, archived_at=None).visible_to(actor)  # type: ignore[attr-defined]
    counted = dict(rows.order_by().values_list("status").annotate(number=Count("pk")))
    sheet = sheet_for(Placement)
    listed = f"{sheet.url('list')}?plan={plan.pk}&status=" if sheet else ""
    context = {
        "plan": plan,
        "steps": plan_steps(plan),
        "counts": [
            {"label": status.label, "number": counted[status.value], "url": f"{listed}{status.value}"}
            for status in Placement.Status
            if counted.get(status.value)
        ],
        "allocation_url": reverse("practice-allocation", args=[plan.pk])
        if actor.can(TYPE) and actor.can_on(plan, "change")
        else "",
        "ready_url": reverse("practice-ready", args=[plan.pk]) if actor.can(PracticePlan) else "",
    }
    return render_to_string("practice/plan_panel.html", context)


# Why somebody is where they are: codes that the allocation and the college write, in words for whoever reads the placement.
def why(placement: Placement) -> str:
    """Why this place, in one sentence; empty where the record does not say."""
    code = placement.reasons.get("code", "")
    if code == "own_find":
        return _("The student found this unit, and the college approved it.")
    if code == "allocated":
        return allocation_words.summary(placement.reasons)
    if placement.choice_rank:
        return _("It is choice number %(rank)s.") % {"rank": placement.choice_rank}
    return ""


def placement_panel(placement: Placement, actor: Actor) -> str:
    """Consents and insurance of a placement, each with the way to its record."""
    consents = Consent.objects.filter(placement=placement, archived_at=None).visible_to(actor)  # type: ignore[attr-defined]
    covers = covers_of(placement.student_id, placement.starts_on, placement.ends_on).visible_to(actor)  # type: ignore[attr-defined]
    context = {
        "placement": placement,
        "consents": [{"row": row, "url": address(row, actor)} for row in consents.order_by("party")],
        "covers": [{"row": row, "url": address(row.policy, actor)} for row in covers[:5]],
        "why": why(placement),
    }
    return render_to_string("practice/placement_panel.html", context)
