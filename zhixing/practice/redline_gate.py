"""The gate: facts and rules in, verdicts out. What is found, whether it stops anything today, and who let it pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.practice import redline_words as wording
from zhixing.practice.redline_checks import run
from zhixing.practice.redline_facts import (
    Facts,
    Hit,
    OverrideFacts,
    PlacementFacts,
    PlanFacts,
    PostFacts,
    Subject,
)
from zhixing.practice.redline_rules import LAYERS, Book, Rule, gravity, stage_index

# So near its first day what must be there by then is no longer merely to be done.
NEAR_DAYS = 14


class State(TextChoices):
    """How a subject stands to a rule, the worst first."""

    RED = "red", _("stopped")
    WARN = "warn", pgettext_lazy("red line", "warning")
    TODO = "todo", _("to be done")
    PASSED = "passed", _("let pass")
    KEPT = "kept", _("kept")


ORDER = [state.value for state in State]


@dataclass(slots=True)
class Verdict:
    """What one rule says of one subject; without hits it is kept."""

    rule: Rule
    kind: str
    subject: Subject
    hits: tuple[Hit, ...]
    state: str
    severity: str
    due: str
    override: OverrideFacts | None = None

    @property
    def key(self) -> tuple[str, int, int | None, int | None]:
        """Rule and subject, as a finding on record is told apart."""
        return self.rule.id, *self.subject.subject

    @property
    def sentences(self) -> list[str]:
        """What was found, in the reader's language."""
        return [wording.say(hit.code, hit.values) for hit in self.hits]

    @property
    def says(self) -> str:
        return wording.together(self.sentences)

    @property
    def blocks(self) -> bool:
        """Whether it stops the step by which it is due."""
        return bool(self.hits) and self.override is None and self.severity in ("block", "filed")

    def as_data(self) -> dict[str, Any]:
        """As the command tells it."""
        seen = dict.fromkeys(ref for hit in self.hits for ref in hit.evidence)
        return {
            "rule": self.rule.id,
            "article": self.rule.cites(),
            "severity": self.severity,
            "subject": self.subject.name,
            "finding": self.says,
            "evidence": [ref.as_data() for ref in seen],
            "override": self.override.as_data() if self.override else None,
        }


def begins(subject: Subject) -> date:
    """The day whose rules a subject is judged by: the one on which it begins."""
    return subject.plan.starts_on if isinstance(subject, PostFacts) else subject.starts_on


def reached(subject: Subject, on: date) -> str:
    """The step that was taken last or comes next: what is due by then and lacks is red, what is due later is to be done."""
    near = (begins(subject) - on).days <= NEAR_DAYS
    if isinstance(subject, PlacementFacts):
        if subject.status == "confirmed":
            return "start" if near else "sign"
        return {"proposed": "confirm", "running": "start", "ended": "grade", "graded": "grade"}.get(subject.status, "")
    plan = subject.plan if isinstance(subject, PostFacts) else subject
    if plan.status in ("running", "ended") or (plan.status in ("approved", "choosing", "allocated") and near):
        of_plan = "start"
    else:
        of_plan = "confirm" if plan.status == "allocated" else "approve"
    if isinstance(subject, PlanFacts):
        return of_plan
    return of_plan if subject.status == "approved" else "approve"


def _state(rule: Rule, hit: Hit, step: str) -> tuple[str, str, str]:
    """State, severity and step of one hit."""
    severity, due = hit.severity or rule.severity, hit.due or rule.due
    if stage_index(due) > stage_index(step):
        return State.TODO, severity, due
    return (State.WARN if severity == "warn" else State.RED), severity, due


def _override(rule: Rule, subject: Subject, overrides: list[OverrideFacts], on: date) -> OverrideFacts | None:
    """Who let it pass, if anybody: for this placement or its whole post, on the day that counts."""
    if not rule.override or isinstance(subject, PlanFacts):
        return None
    day = min(max(on, subject.starts_on), subject.ends_on)
    for item in overrides:
        mine = item.placement is None or (isinstance(subject, PlacementFacts) and item.placement == subject.id)
        if item.rule == rule.id and mine and item.starts_on <= day <= item.ends_on:
            return item
    return None


def judge_one(
    subject: Subject, kind: str, facts: Facts, book: Book, overrides: list[OverrideFacts], step: str = ""
) -> Iterator[Verdict]:
    """Every rule's verdict on a subject; of several layers that find something the stricter one stands."""
    plan = subject if isinstance(subject, PlanFacts) else subject.plan
    on = facts.context.on
    at = max(step, reached(subject, on), key=stage_index)
    verdicts: dict[str, Verdict] = {}
    for rule in book.on(begins(subject), kind, plan.kind):
        hits = run(rule.check, kind, subject, rule.parameters, facts.context)
        if not hits:
            verdicts.setdefault(rule.id, Verdict(rule, kind, subject, (), State.KEPT, rule.severity, rule.due))
            continue
        judged = [(*_state(rule, hit, at), hit) for hit in hits]
        state = min((item[0] for item in judged), key=ORDER.index)
        severity = max((item[1] for item in judged), key=gravity)
        due = min((item[2] for item in judged), key=stage_index)
        found = Verdict(rule, kind, subject, tuple(hits), state, severity, due)
        found.override = _override(rule, subject, overrides, on)
        if found.override is not None:
            found.state = State.PASSED
        before = verdicts.get(rule.id)
        if before is None or _weight(found) >= _weight(before):
            verdicts[rule.id] = found
    yield from verdicts.values()


def _weight(verdict: Verdict) -> tuple[int, int, int]:
    """Which of two layers' verdicts stands: the worse, then the graver, then the nearer."""
    return -ORDER.index(verdict.state), gravity(verdict.severity), LAYERS.index(verdict.rule.layer)


def judge(facts: Facts, book: Book, step: str = "") -> list[Verdict]:
    """Every verdict on all subjects read: plans, posts, placements, each in the order of the rules.

    `step`: asked as if that step were about to be taken.
    """
    by_post: dict[int, list[OverrideFacts]] = {}
    for item in facts.overrides:
        by_post.setdefault(item.post, []).append(item)
    found: list[Verdict] = []
    for kind, subjects in _subjects(facts):
        for subject in subjects:
            post = subject.subject[1]
            verdicts = judge_one(subject, kind, facts, book, by_post.get(post, []) if post else [], step)
            found += sorted(verdicts, key=lambda verdict: verdict.rule.id)
    return found


def _subjects(facts: Facts) -> Iterator[tuple[str, Iterable[Subject]]]:
    yield "plan", facts.plans.values()
    yield "post", facts.posts.values()
    yield "placement", facts.placements.values()


def stops(verdicts: Iterable[Verdict], step: str) -> list[Verdict]:
    """Those that stop a step: not let pass, and due by then."""
    return [
        verdict
        for verdict in verdicts
        if verdict.blocks
        and any(
            (hit.severity or verdict.rule.severity) != "warn"
            and stage_index(hit.due or verdict.rule.due) <= stage_index(step)
            for hit in verdict.hits
        )
    ]
