"""What other parts of practice, agreements, jobs and pages ask of the red lines: may this step be taken, and if not, why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone

from zhixing.agreements import checks
from zhixing.agreements.models import Agreement
from zhixing.practice import redline_gate as gate
from zhixing.practice import redline_reading as reading
from zhixing.practice.models import Placement, Post
from zhixing.practice.redline_facts import Facts
from zhixing.practice.redline_gate import Verdict
from zhixing.practice.redline_rules import Book, book


def _keys(rows: Iterable[Placement] | Iterable[Post] | Iterable[int]) -> list[int]:
    return [row if isinstance(row, int) else row.pk for row in rows]


def loads_asked(rules: Book) -> bool:
    """Whether any rule limits how many students a guide has; only then are the loads read."""
    return any("per_supervisor" in rule.parameters or "per_mentor" in rule.parameters for rule in rules.rules)


def of_plans(plans: Collection[int], on: date | None = None, rules: Book | None = None) -> list[Verdict]:
    """Every verdict on some plans (ids), their posts and placements."""
    rules = rules or book()
    return gate.judge(reading.of_plans(plans, on or timezone.localdate(), loads_asked(rules)), rules)


def of_posts(
    posts: Iterable[Post] | Iterable[int], step: str = "", on: date | None = None, rules: Book | None = None
) -> list[Verdict]:
    """Every verdict on some posts and their plans, as if `step` were about to be taken."""
    rules = rules or book()
    return gate.judge(reading.of_posts(_keys(posts), on or timezone.localdate()), rules, step)


def of_placements(
    placements: Iterable[Placement] | Iterable[int],
    step: str = "",
    on: date | None = None,
    rules: Book | None = None,
) -> list[Verdict]:
    """Every verdict on some placements, their posts and their plans, as if `step` were about to be taken."""
    rules = rules or book()
    facts = reading.of_placements(_keys(placements), on or timezone.localdate(), loads_asked(rules))
    return gate.judge(facts, rules, step)


def blocking(
    placements: Iterable[Placement] | Iterable[int],
    step: str = "start",
    on: date | None = None,
    rules: Book | None = None,
) -> dict[int, list[Verdict]]:
    """What stops each of these placements from a step: its own, its post's and its plan's; those that nothing stops are not there.

    A constant number of queries for any number of placements.
    """
    rules = rules or book()
    facts = reading.of_placements(_keys(placements), on or timezone.localdate(), loads_asked(rules))
    return by_placement(facts, gate.stops(gate.judge(facts, rules, step), step))


def by_placement(facts: Facts, verdicts: Iterable[Verdict]) -> dict[int, list[Verdict]]:
    """Verdicts by the placements they concern: a post's and a plan's concern all of theirs."""
    own: dict[tuple[str, int], list[Verdict]] = {}
    for verdict in verdicts:
        own.setdefault((verdict.kind, verdict.subject.id), []).append(verdict)
    found: dict[int, list[Verdict]] = {}
    for placement in facts.placements.values():
        places = (("plan", placement.plan.id), ("post", placement.post.id), ("placement", placement.id))
        rows = [verdict for place in places for verdict in own.get(place, ())]
        if rows:
            found[placement.id] = rows
    return found


def refuse(verdicts: Iterable[Verdict]) -> None:
    """Raise ValidationError with every verdict that blocks, each with its article; nothing is raised for none."""
    found = {(verdict.key, verdict.says): verdict for verdict in verdicts if verdict.blocks}
    if found:
        raise ValidationError(
            [
                ValidationError(f"{verdict.says}（{verdict.rule.id} {verdict.rule.cites()}）", code=verdict.rule.id)
                for verdict in found.values()
            ]
        )


def refuse_post(post: Post, step: str = "approve", on: date | None = None) -> None:
    """Refuse a post's step that a red line stops, with the articles named."""
    refuse(row for row in gate.stops(of_posts([post], step, on), step) if row.kind == "post")


def of_agreement(agreement: Agreement) -> list[checks.Finding]:
    """What the red lines say of the placements an agreement is for, by the step of signing."""
    if agreement.pk is None or agreement.kind.code != "tripartite":
        return []
    live = Placement.objects.filter(agreement=agreement, archived_at=None, status__in=reading.JUDGED)
    keys = list(live.order_by("pk").values_list("pk", flat=True))
    if not keys:
        return []
    rows = of_placements(keys, "sign")
    stopping = {id(row) for row in gate.stops(rows, "sign")}
    return [
        checks.Finding(
            code=row.rule.id,
            severity="block" if id(row) in stopping else "warn",
            message=row.says,
            article=f"{row.rule.id} {row.rule.cites()}",
        )
        for row in rows
        if id(row) in stopping or row.state == gate.State.WARN
    ]
