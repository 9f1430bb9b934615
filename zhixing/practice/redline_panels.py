"""Red lines on the pages of plans, posts, placements and findings: what stands, why, by which rows, and the cheapest mend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy

from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Role
from zhixing.practice import redline_queries as queries
from zhixing.practice import redline_words as wording
from zhixing.practice.models import Consent, Filing, Finding, Placement, PlanDocument, PlanDuty, Post, PracticePlan
from zhixing.practice.redline_facts import Hit, PlacementFacts, PlanFacts, Ref, Subject
from zhixing.practice.redline_gate import ORDER, State, Verdict
from zhixing.practice.redline_reading import JUDGED
from zhixing.practice.redline_rules import Rule, book, words
from zhixing.practice.redlines import Layer

LAYER_NAMES = dict(Layer.choices)
STAGE_NAMES = {
    "offer": gettext_lazy("before the offer"),
    "approve": gettext_lazy("before the post is opened"),
    "confirm": gettext_lazy("before the place is confirmed"),
    "sign": gettext_lazy("before the agreement is signed"),
    "start": gettext_lazy("before the start"),
    "grade": gettext_lazy("before the grade"),
}
CERTAINTY_NAMES = {
    "sourced": gettext_lazy("seen in a copy of the text"),
    "high": gettext_lazy("from memory, quite sure, to be verified"),
    "medium": gettext_lazy("from memory, fairly sure, to be verified"),
    "low": gettext_lazy("from memory, not sure, to be verified"),
    "own": gettext_lazy("a screening of our own"),
}
SEVERITY_NAMES = {
    "block": gettext_lazy("stops"),
    "filed": gettext_lazy("stops unless filed"),
    "warn": gettext_lazy("warns"),
    "info": gettext_lazy("kept by design"),
}
# The light of each state: a word and a form beside the colour.
TONES = {State.RED: "bad", State.WARN: "warn", State.TODO: "warn", State.PASSED: "info", State.KEPT: "ok"}
ICONS = {
    State.RED: "x-circle",
    State.WARN: "alert",
    State.TODO: "clock",
    State.PASSED: "signature",
    State.KEPT: "check",
}


@dataclass(frozen=True)
class Line:
    """One thing found, worded: the sentence, the mend and where it is done."""

    text: str
    mend: str
    url: str


@dataclass(frozen=True)
class Row:
    """One rule of one subject as a page shows it."""

    verdict: Verdict
    title: str
    cites: str
    layer: str
    due: str
    label: str
    tone: str
    icon: str
    lines: tuple[Line, ...]
    evidence: tuple[tuple[str, str], ...]
    subjects: tuple[tuple[str, str], ...]

    @property
    def rule(self) -> Rule:
        return self.verdict.rule


def _page(type_name: str, pk: int | None, page: str, actor: Actor, **query: Any) -> str:
    sheet = sheet_for(type_name)
    needed = {"edit": "change", "add": "add"}.get(page, "view")
    if sheet is None or not actor.can(type_name, needed) or (pk is None and page in ("edit", "detail")):
        return ""
    url = sheet.url(page, pk) if pk is not None else sheet.url(page)
    return f"{url}?{urlencode(query)}" if query else url


def ref_url(ref: Ref, actor: Actor) -> str:
    """The page of a record that shows something, for whoever may see such records."""
    return _page(ref.type, ref.id, "detail", actor)


def mend_url(hit: Hit, subject: Subject, actor: Actor) -> str:
    """Where the cheapest mend is done."""
    _text, target, page = wording.mend(hit.code)
    plan = subject if isinstance(subject, PlanFacts) else subject.plan
    post = None if isinstance(subject, PlanFacts) else subject.post if isinstance(subject, PlacementFacts) else subject
    placement = subject if isinstance(subject, PlacementFacts) else None
    match target:
        case "filing":
            return f"{reverse('redline-filings')}?plan={plan.id}" if actor.can(Filing, "add") else ""
        case "plan":
            return _page("practice.practice_plan", plan.id, page, actor)
        case "ready":
            return f"{reverse('practice-ready', args=[plan.id])}#duties" if actor.can(PracticePlan, "change") else ""
        case "incident":
            return _page("practice.incident", _id_of(hit, "practice.incident"), page, actor)
        case "grade_rule" | "complaint":
            return _page(f"practice.{target}", None, page, actor)
        case "document":
            return _page("practice.plan_document", None, "add", actor, plan=plan.id)
        case "post":
            return _page("practice.post", post.id, page, actor) if post else ""
        case "organisation":
            return _page("partners.organisation", post.organisation.id, page, actor) if post else ""
        case "inspection" if page == "add" and post:
            return _page("practice.inspection", None, "add", actor, organisation=post.organisation.id)
        case "inspection":
            return _page("practice.inspection", _id_of(hit, "practice.inspection"), "edit", actor)
        case "student":
            return _page("org.student", placement.student, page, actor) if placement else ""
        case "agreement" if placement and placement.agreement:
            return _page("agreements.agreement", placement.agreement.id, "detail", actor)
        case "policy":
            return _page("practice.insurance_policy", None, "list", actor)
        case "placement" | "agreement" if placement:
            return _page("practice.placement", placement.id, page, actor)
        case "placement":
            return _page("practice.practice_plan", plan.id, "edit", actor)
    return ""


def _id_of(hit: Hit, type_name: str) -> int | None:
    return next((ref.id for ref in hit.evidence if ref.type == type_name), None)


_CODED: dict[str, Any] = {
    "practice.consent": Consent.Party,
    "practice.plan_document": PlanDocument.Kind,
    "practice.plan_duty": PlanDuty.Duty,
}


def ref_label(ref: Ref) -> str:
    """What a record is called: what is kept as a code is worded."""
    coded = _CODED.get(ref.type)
    if coded is None or ref.label not in coded.values:
        return ref.label
    sheet = sheet_for(ref.type)
    return f"{sheet.label} · {coded(ref.label).label}" if sheet else str(coded(ref.label).label)


def row_of(verdict: Verdict, actor: Actor) -> Row:
    """A verdict worded and with its ways onward; no queries."""
    state = State(verdict.state)
    own = verdict.subject.ref
    # What it is about stands above already.
    seen = dict.fromkeys(ref for hit in verdict.hits for ref in hit.evidence if ref != own)
    return Row(
        verdict=verdict,
        title=words(verdict.rule.title),
        cites=verdict.rule.cites(),
        layer=str(LAYER_NAMES[verdict.rule.layer]),
        due=str(STAGE_NAMES[verdict.due]),
        label=str(state.label),
        tone=TONES[state],
        icon=ICONS[state],
        lines=tuple(
            Line(wording.say(hit.code, hit.values), wording.mend(hit.code)[0], mend_url(hit, verdict.subject, actor))
            for hit in verdict.hits
        ),
        evidence=tuple((ref_label(ref), ref_url(ref, actor)) for ref in seen),
        subjects=((own.label, ref_url(own, actor)),),
    )


def grouped(verdicts: Iterable[Verdict], actor: Actor) -> list[Row]:
    """Rows in which subjects of one kind with the same words of one rule stand together; no queries.

    What belongs to each alone, its evidence and the place of its mend, is on its own page.
    """
    groups: dict[Any, list[Verdict]] = {}
    for verdict in verdicts:
        passed = verdict.override.id if verdict.override else None
        key = (verdict.state, verdict.rule.id, verdict.rule.layer, verdict.kind, verdict.says, passed)
        groups.setdefault(key, []).append(verdict)
    rows = []
    for members in groups.values():
        row = row_of(members[0], actor)
        if len(members) > 1:
            same = {line.url for member in members for line in row_of(member, actor).lines} if row.lines else set()
            lines = row.lines if len(same) == 1 else tuple(replace(line, url="") for line in row.lines)
            subjects = tuple((item.subject.ref.label, ref_url(item.subject.ref, actor)) for item in members)
            row = replace(row, lines=lines, evidence=(), subjects=subjects)
        rows.append(row)
    return rows


def _panel(verdicts: Iterable[Verdict], actor: Actor, more: dict[str, Any]) -> str:
    rows = [row_of(verdict, actor) for verdict in verdicts]
    open_rows = sorted((row for row in rows if row.verdict.hits), key=lambda row: ORDER.index(row.verdict.state))
    counts = {state.value: sum(row.verdict.state == state for row in rows) for state in State}
    worst = open_rows[0].verdict.state if open_rows else State.KEPT.value
    context = {
        "rows": open_rows,
        "kept": [row for row in rows if not row.verdict.hits],
        "counts": counts,
        "light": {"red": "bad", "warn": "gold", "todo": "gold"}.get(worst, "ok"),
        "findings_url": _page("practice.finding", None, "list", actor, **more) if more else "",
        "rules_url": reverse("redline-rules"),
    }
    return render_to_string("practice/_redline_panel.html", context)


def of_placement(placement: Placement, actor: Actor) -> str:
    """Every red line of a placement, of its post and of its plan."""
    return _panel(queries.of_placements([placement]), actor, {"placement": placement.pk})


def of_post(post: Post, actor: Actor) -> str:
    """Every red line of a post and of its unit; those of its plan are on the plan's page."""
    rows = [verdict for verdict in queries.of_posts([post]) if verdict.kind == "post"]
    return _panel(rows, actor, {"post": post.pk})


def _fetched(url: str) -> str:
    """Judging reads every table that a rule asks: a record's page stands first, and fetches this part after it."""
    return render_to_string("practice/_redline_fetched.html", {"url": url})


def placement_panel(placement: Placement, actor: Actor) -> str:
    """Where a placement's red lines will stand; nothing for one that is over."""
    return _fetched(reverse("redline-placement", args=[placement.pk])) if placement.status in JUDGED else ""


def post_panel(post: Post, actor: Actor) -> str:
    """Where a post's red lines will stand."""
    return _fetched(reverse("redline-post", args=[post.pk]))


def plan_panel(plan: PracticePlan, actor: Actor) -> str:
    """How many findings stand at the plan, its posts and placements as last kept; the gate's page looks anew and has the rows."""
    standing = Finding.objects.filter(plan=plan, cleared_on=None, archived_at=None)
    unpassed = Q(override=None)
    counts = standing.aggregate(
        red=Count("pk", filter=unpassed & ~Q(severity="warn")),
        warn=Count("pk", filter=unpassed & Q(severity="warn")),
        passed=Count("pk", filter=~unpassed),
    )
    shown = (State.RED, State.WARN, State.PASSED)
    context = {
        "plan": plan,
        "states": [(state, counts[state.value], TONES[state], ICONS[state]) for state in shown],
        "url": reverse("redline-plan", args=[plan.pk]),
    }
    return render_to_string("practice/_redline_plan.html", context)


def finding_panel(finding: Finding, actor: Actor) -> str:
    """What a finding says in words, the rows that show it, and who may let it pass."""
    rule = book().named(finding.rule, finding.layer, finding.found_on)
    lines, evidence = [], {}
    for item in finding.detail:
        lines.append((wording.say(item["code"], item["values"]), wording.mend(item["code"])[0]))
        for ref in item["evidence"]:
            evidence[ref["type"], ref["id"]] = (ref_label(Ref(**ref)), ref_url(Ref(**ref), actor))
    context = {
        "finding": finding,
        "rule": rule,
        "title": words(rule.title) if rule else finding.rule,
        "note": words(rule.note) if rule else "",
        "lines": lines,
        "evidence": list(evidence.values()),
        "who": role_names(rule) if rule else [],
        "rules_url": reverse("redline-rules"),
    }
    return render_to_string("practice/_redline_finding.html", context)


def page_of(record: Any, actor: Actor) -> str:
    """The page of a record, for whoever may see its type."""
    return _page(type_key(record), record.pk, "detail", actor)


def role_names(rule: Rule) -> list[str]:
    """Who may let a rule pass."""
    return [str(Role(role).label) for role in rule.override]


def evidence_names(rule: Rule) -> list[str]:
    """The types of records that show whether a rule is kept."""
    sheets = [sheet_for(name) for name in rule.evidence]
    return [str(sheet.label) for sheet in sheets if sheet is not None]


_PARAMETERS = {
    "least_year": gettext_lazy("least year of study"),
    "least": gettext_lazy("least age"),
    "adult": gettext_lazy("age of an adult"),
    "codes": gettext_lazy("industry codes"),
    "look_at": gettext_lazy("industry codes to look at"),
    "keywords": gettext_lazy("words in a name"),
    "most": gettext_lazy("highest class"),
    "days_a_week": gettext_lazy("days a week"),
    "day": gettext_lazy("hours a day"),
    "week": gettext_lazy("hours a week"),
    "percent": gettext_lazy("percent"),
    "days": gettext_lazy("days at most"),
    "years": gettext_lazy("years back"),
    "usual_weeks": gettext_lazy("usual weeks"),
    "usual_tolerance": gettext_lazy("weeks off the usual"),
    "tolerance": gettext_lazy("weeks off the training plan"),
    "per_supervisor": gettext_lazy("students of a supervisor"),
    "per_mentor": gettext_lazy("students of a mentor"),
    "kinds": gettext_lazy("kinds of insurance"),
    "papers": gettext_lazy("papers"),
}


def numbers_of(rule: Rule) -> list[tuple[str, str]]:
    """The numbers and lists a rule sets, in words."""
    return [(str(_PARAMETERS.get(name, name)), wording.shown(name, value)) for name, value in rule.parameters.items()]
