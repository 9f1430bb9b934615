"""Parts of pages that say more than fields: the gates, masters and reviews of a programme, its signals, and what a risk counts."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from zhixing.cultivation import apprenticeship_queries as queries
from zhixing.cultivation import radar, review_links, risk_signals
from zhixing.cultivation.apprenticeships import Apprentice, Apprenticeship, Candidate, MasterPair, QualityReview
from zhixing.cultivation.panels import address, links_of
from zhixing.cultivation.risks import Risk, Signal
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for

_LISTED = 50


def list_url(model: type[Record], actor: Actor, query: str) -> str:
    """The list of a type with filters, for whoever may see records of it."""
    sheet = sheet_for(model)
    return f"{sheet.url('list')}?{query}" if sheet and actor.can(model) else ""


def programme_panel(programme: Apprenticeship, actor: Actor) -> str:
    """From plan to contract, who trains how many, and each side's reviews term by term."""
    today, told = timezone.localdate(), queries.gates(programme)
    candidates = list_url(Candidate, actor, f"plan__programme={programme.pk}")
    apprentices = list_url(Apprentice, actor, f"programme={programme.pk}")
    reviews = list_url(QualityReview, actor, f"programme={programme.pk}")
    terms = queries.reviews_by_term(programme, today)
    awaited = any(side["side"] == "firm" and side["done"] < side["wanted"] for term in terms for side in term.sides)
    may_ask = programme.status in ("running", "paused") and actor.can_on(programme, "change")
    context = {
        "programme": programme,
        "gates": told,
        "widest": max(told.planned, told.applied, told.trained, 1),
        "candidates_url": candidates,
        "apprentices_url": apprentices,
        "loads": queries.loads(programme, today),
        "pairs_url": list_url(MasterPair, actor, f"apprentice__programme={programme.pk}"),
        "terms": terms,
        "reviews_url": reviews,
        "ask_url": reverse("apprenticeship-ask", args=[programme.pk]) if may_ask and awaited else "",
        "links": links_of(programme, review_links.REVIEW) if may_ask else [],
    }
    return render_to_string("cultivation/programme_panel.html", context)


def signals_panel(programme: Apprenticeship, actor: Actor) -> str:
    """The signals of one programme, as the last counting left them in the register of risks."""
    if not actor.can(Risk):
        return ""
    row = radar.on_file(programme, timezone.localdate())
    return render_to_string("cultivation/signals_panel.html", {"row": row})


def opened(rows: list[Any], actor: Actor) -> list[dict[str, Any]]:
    """Rows behind a signal, each with the way to its record, for whoever may see it."""
    return [
        {"row": row, "kind": row._meta.verbose_name, "url": address(row, actor) if actor.can_on(row, "view") else ""}
        for found in rows
        for row in found[:_LISTED]
        if actor.can_on(row, "view")
    ]


def risk_panel(risk: Risk, actor: Actor) -> str:
    """What the risk counts today, and how far its play-book is."""
    today = timezone.localdate()
    tasks = [
        {"task": task, "url": address(task, actor), "late": task.status == "open" and task.due and task.due < today}
        for task in risk.tasks.select_related("owner").order_by("due", "pk")
    ]
    counted = [] if risk.signal == Signal.OTHER else opened(risk_signals.rows(risk.signal, risk.subject, today), actor)
    context = {"risk": risk, "tasks": tasks, "rows": counted, "late": risk.status != "closed" and risk.due < today}
    return render_to_string("cultivation/risk_panel.html", context)
