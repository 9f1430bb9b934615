"""The gate's own pages: a plan's matrix of rules, the rules in both languages, and filings made in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.kernel import typed
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.typed import whole
from zhixing.practice import redline_actions as actions
from zhixing.practice import redline_panels as panels
from zhixing.practice import redline_queries as queries
from zhixing.practice.models import Filing, Finding, Override, Placement, Post, PracticePlan
from zhixing.practice.redline_forms import BatchFilingForm
from zhixing.practice.redline_gate import ORDER, State, Verdict
from zhixing.practice.redline_reading import living_plans
from zhixing.practice.redline_rules import Rule, book, words

_PER_PAGE = 40


@dataclass(frozen=True)
class Cell:
    state: State
    number: int
    tone: str
    query: str


@dataclass(frozen=True)
class Line:
    """One rule of the matrix: how many plans, posts or placements stand how."""

    rule: Rule
    title: str
    cites: str
    severity: str
    layers: str
    cells: tuple[Cell, ...]


def _visible(actor: Actor, model: type[Record], pk: int, *joined: str) -> Any:
    if not actor.can(model):
        raise PermissionDenied(_("Your role does not include this."))
    return get_object_or_404(model.objects.visible_to(actor).select_related(*joined), pk=pk)


def _matrix(verdicts: list[Verdict]) -> list[Line]:
    counts = Counter((row.rule.id, row.state) for row in verdicts)
    rules: dict[str, list[Rule]] = {}
    for row in verdicts:
        known = rules.setdefault(row.rule.id, [])
        if row.rule not in known:
            known.append(row.rule)
    return [
        Line(
            rule=applied[0],
            title=words(applied[0].title),
            cites="；".join(rule.cites() for rule in applied),
            severity=str(panels.SEVERITY_NAMES[applied[0].severity]),
            layers="、".join(str(panels.LAYER_NAMES[rule.layer]) for rule in applied),
            cells=tuple(
                Cell(state, counts[rule_id, state.value], panels.TONES[state], f"?rule={rule_id}&state={state.value}")
                for state in State
            ),
        )
        for rule_id, applied in sorted(rules.items())
    ]


@require_GET
def plan_page(request: HttpRequest, pk: int) -> HttpResponse:
    """实习红线闸: how a plan, its posts and its placements stand to every rule; each number opens its rows."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    plan = _visible(actor, PracticePlan, pk, "major__unit")
    verdicts = queries.of_plans([plan.pk])
    rule, state = request.GET.get("rule", ""), request.GET.get("state", "")
    wanted = {state} if state in State.values else {State.RED, State.WARN, State.TODO, State.PASSED}
    chosen = [row for row in verdicts if row.state in wanted and (not rule or row.rule.id == rule)]
    chosen.sort(key=lambda row: (ORDER.index(row.state), row.rule.id, row.kind, row.subject.id))
    page = Paginator(panels.grouped(chosen, actor), _PER_PAGE).get_page(request.GET.get("page"))
    stopped = {row.subject.id for row in verdicts if row.kind == "placement" and row.state == State.RED}
    placements = {row.subject.id for row in verdicts if row.kind == "placement"}
    sheet = sheet_for(PracticePlan)
    context = {
        "plan": plan,
        "plan_url": sheet.url("detail", plan.pk) if sheet else "",
        "lines": _matrix(verdicts),
        "states": [(item, panels.ICONS[item]) for item in State],
        "rows": list(page),
        "page": page,
        "query": f"?rule={rule}&state={state}&page=",
        "rule": rule,
        "state": State(state).label if state in State.values else "",
        "count": len(chosen),
        "stopped": len(stopped),
        "placements": len(placements),
        "passed": sum(row.state == State.PASSED for row in verdicts),
        "filings_url": f"{reverse('redline-filings')}?plan={plan.pk}" if actor.can(Filing, "add") else "",
        "findings_url": _list(Finding, actor, plan.pk, "plan"),
        "overrides_url": _list(Override, actor, plan.pk, "post__plan"),
        "crumbs": [
            {"label": sheet.label_plural if sheet else "", "url": sheet.url("list") if sheet else ""},
            {"label": str(plan), "url": sheet.url("detail", plan.pk) if sheet else ""},
            {"label": _("Red-line gate"), "url": ""},
        ],
    }
    return render(request, "practice/redline_plan.html", context)


@require_GET
def post_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A post's red lines; the post's own page fetches them from here."""
    return _of_one(request, _visible(request.actor, Post, pk, "organisation"), panels.of_post)  # type: ignore[attr-defined]


@require_GET
def placement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A placement's red lines; the placement's own page fetches them from here."""
    placement = _visible(request.actor, Placement, pk, "student", "post__organisation")  # type: ignore[attr-defined]
    return _of_one(request, placement, panels.of_placement)


def _of_one(request: HttpRequest, record: Post | Placement, panel: Callable[[Any, Actor], str]) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = sheet_for(type(record))
    url = panels.page_of(record, actor)
    crumbs = [
        {"label": sheet.label_plural if sheet else "", "url": sheet.url("list") if sheet else ""},
        {"label": str(record), "url": url},
        {"label": _("Red lines"), "url": ""},
    ]
    context = {"record": record, "url": url, "panel": panel(record, actor), "crumbs": crumbs}
    return render(request, "practice/redline_subject.html", context)


def _list(model: Any, actor: Actor, pk: int, path: str) -> str:
    sheet = sheet_for(model)
    return f"{sheet.url('list')}?{path}={pk}" if sheet and actor.can(model) else ""


@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    """红线规则: every rule of a day with its article, numbers, layer and how sure its wording is."""
    day: date = typed.day(request.GET.get("on")) or timezone.localdate()
    rules = book()
    rows = [
        {
            "rule": rule,
            "title": words(rule.title),
            "article": words(rule.article),
            "paper": rule.paper.number or words(rule.paper.title),
            "layer": panels.LAYER_NAMES[rule.layer],
            "severity": panels.SEVERITY_NAMES[rule.severity],
            "due": panels.STAGE_NAMES[rule.due] if rule.machine else "",
            "certainty": panels.CERTAINTY_NAMES[rule.certainty],
            "sure": rule.certainty == "sourced",
            "who": "、".join(panels.role_names(rule)),
            "numbers": panels.numbers_of(rule),
            "evidence": panels.evidence_names(rule),
            "note": words(rule.note),
            "where": words(rule.where),
        }
        for rule in rules.in_force(day)
    ]
    papers = [
        {
            "paper": pack.paper,
            "title": words(pack.paper.title),
            "issuer": words(pack.paper.issuer),
            "layer": panels.LAYER_NAMES[pack.paper.layer],
            "note": words(pack.paper.note),
            "rules": len(pack.rules),
        }
        for pack in rules.packs
    ]
    context = {
        "rows": rows,
        "papers": papers,
        "day": day,
        "unsure": sum(not row["sure"] for row in rows),
        "crumbs": [{"label": _("Red-line rules"), "url": ""}],
    }
    return render(request, "practice/redline_rules.html", context)


@require_http_methods(["GET", "POST"])
def filings_page(request: HttpRequest) -> HttpResponse:
    """成批备案: what is still to be filed, by unit; one answer of the authority entered for all that are ticked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    may = actor.can(Filing, "add")
    if not actor.can(Filing) or (request.method == "POST" and not may):
        raise PermissionDenied(_("Your role does not include this."))
    plans = PracticePlan.objects.visible_to(actor).filter(pk__in=living_plans(timezone.localdate()))
    plans = plans.select_related("major__unit").order_by("starts_on", "code")
    chosen = whole(request.GET.get("plan"))
    asked = plans if chosen is None else plans.filter(pk=chosen)
    rows = actions.to_file(list(asked))
    form = BatchFilingForm(request.POST or None)
    ticked = set(request.POST.getlist("row"))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.file_many([row for row in rows if row.key in ticked], by=actor, **form.cleaned_data)
            messages.success(request, _("%(number)s filings are on record.") % {"number": len(made)})
            return redirect(request.get_full_path())
        except ValidationError as refused:
            form.add_error(None, refused.messages)
    context = {
        "rows": [
            {
                "row": row,
                "subjects": [Filing.Subject(subject).label for subject in row.subjects],
                "posts": [(post.title, panels.page_of(post, actor)) for post in row.posts],
                "ticked": row.key in ticked,
            }
            for row in rows
        ],
        "form": form,
        "may": may,
        "plans": plans,
        "plan": chosen,
        "students": sum(row.students for row in rows),
        "crumbs": [{"label": _("Filings to be made"), "url": ""}],
    }
    return render(request, "practice/redline_filings.html", context, status=422 if form.is_bound else 200)
