"""Parts of a record's page that say more than its fields: coverage and map of a plan, the funnel of an order class."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from zhixing.cultivation import outside, queries
from zhixing.cultivation.models import Applicant, Hire, OrderClass, ProjectUse, RosterEntry, TrainingPlan
from zhixing.kernel import links
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for


def address(record: Any, actor: Actor) -> str:
    """Where a record's page is, for whoever may see records of its type."""
    sheet = sheet_for(type(record))
    return sheet.url("detail", record.pk) if sheet and actor.can(type(record)) else ""


def _list(model: type[Record], actor: Actor, query: str) -> str:
    sheet = sheet_for(model)
    return f"{sheet.url('list')}?{query}" if sheet and actor.can(model) else ""


def links_of(record: Record, purpose: str) -> list[dict[str, Any]]:
    """The links sent out for a record: to whom, until when, how often opened, and whether used."""
    return [
        {"link": link, "state": links.why_closed(link) or ("opened" if link.opened_count else "sent")}
        for link in links.of_record(record, purpose)[:6]
    ]


def plan_panel(plan: TrainingPlan, actor: Actor) -> str:
    """Signatures, what firms built, how far real projects reach into practice, and the way to the map."""
    may_ask = plan.status in ("firm_review", "committee", "approved") and actor.can_on(plan, "change")
    context = {
        "plan": plan,
        "firms": [{"firm": firm, "url": address(firm, actor)} for firm in queries.firms_of(plan)],
        "coverage": queries.coverage(plan),
        "map_url": reverse("plan-map", args=[plan.pk]),
        "uses_url": _list(ProjectUse, actor, f"course__plan={plan.pk}"),
        "ask_url": reverse("cultivation-ask", args=["plan", plan.pk]) if may_ask else "",
        "links": links_of(plan, outside.SIGN_PLAN) if may_ask else [],
    }
    return render_to_string("cultivation/plan_panel.html", context)


def class_panel(order_class: OrderClass, actor: Actor) -> str:
    """The funnel from need to hiring; every number opens its rows."""
    told = queries.funnel(order_class)
    need, agreement, plan = order_class.need, order_class.agreement, order_class.plan
    here = f"order_class={order_class.pk}"
    gates: list[dict[str, Any]] = [
        {
            "label": _("Need"),
            "number": told.needed,
            "text": str(need) if need else _("none named"),
            "url": address(need, actor) if need else "",
            "ok": need is not None,
        },
        {
            "label": _("Agreement"),
            "number": None,
            "text": f"{agreement} · {agreement.get_status_display()}" if agreement else _("none named"),
            "url": address(agreement, actor) if agreement else "",
            "ok": agreement is not None and agreement.status == "in_force",
        },
        {
            "label": _("Applicants"),
            "number": told.applied,
            "text": _("%(number)s ranked by the firm") % {"number": told.ranked},
            "url": _list(Applicant, actor, here),
            "ok": bool(told.applied),
        },
        {
            "label": _("Roster"),
            "number": told.stayed,
            "text": _("%(places)s places, %(left)s left")
            % {"places": order_class.quota, "left": told.roster - told.stayed},
            "url": _list(RosterEntry, actor, here),
            "ok": bool(told.stayed),
        },
        {
            "label": _("Hired"),
            "number": told.hired,
            "text": _("%(firm)s by the ordering firm, %(promised)s promised")
            % {"firm": told.hired_by_firm, "promised": order_class.promised_posts},
            "url": _list(Hire, actor, here),
            "ok": bool(told.hired) and told.hired_by_firm >= order_class.promised_posts,
        },
    ]
    widest = max([gate["number"] or 0 for gate in gates] + [order_class.quota, 1])
    signed = (
        plan is not None and plan.signatures.filter(organisation=order_class.organisation_id, archived_at=None).exists()
    )
    uses = queries.of_class_uses(order_class)
    may_ask = order_class.status == OrderClass.Status.RECRUITING and actor.can_on(order_class, "change")
    context = {
        "order_class": order_class,
        "gates": gates,
        "widest": widest,
        "rate": None if told.hire_rate is None else told.hire_rate * 100,
        "shows_rate": order_class.status in ("finished", "closed"),
        "plan": plan,
        "plan_url": address(plan, actor) if plan else "",
        "signed": signed,
        "uses": uses.count(),
        "uses_url": _list(ProjectUse, actor, here),
        "ask_url": reverse("cultivation-ask", args=["class", order_class.pk]) if may_ask and told.applied else "",
        "links": links_of(order_class, outside.RANK) if may_ask else [],
    }
    return render_to_string("cultivation/class_panel.html", context)
