"""Grades (成绩): computed from what school and firm found, by weights that are data; exceptions are edited with a reason (I-30, I-31).

Presence is no part of it: whether somebody was there is the firm's discipline, not an academic result, and a score of
evidence alone never punishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.practice import running_archive
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticeKind, PracticePlan
from zhixing.practice.running_cases import Leave
from zhixing.practice.running_results import Evaluation, GradeRule, PaperKind

PARTS = ("firm", "school", "weeks", "report")
LEVELS = ("excellent", "good", "pass")


@dataclass(frozen=True)
class Grade:
    """A computed grade: each part from 0 to 100 (None while it is not there), the score, the level and what is missing."""

    parts: dict[str, Decimal | None]
    score: Decimal | None
    level: str
    missing: tuple[str, ...]


def rules_on(day: date) -> dict[str, Decimal]:
    """Weights and bounds in force on a day, by code."""
    return rules_of([day])[day]


def rules_of(days: Iterable[date]) -> dict[date, dict[str, Decimal]]:
    """Weights and bounds in force on each of these days, by code; one query for all."""
    rows = GradeRule.objects.filter(archived_at=None).order_by("effective_from")
    rules = list(rows.values_list("effective_from", "effective_to", "code", "value"))
    return {
        day: {code: value for first, last, code, value in rules if first <= day and (last is None or day <= last)}
        for day in set(days)
    }


def least_pass(day: date) -> Decimal:
    """The least mark or score that passes, by the rule in force on a day; 0 where there is none."""
    return rules_on(day).get("pass", Decimal(0))


def level_of(score: Decimal, rules: dict[str, Decimal]) -> str:
    """One of the four levels for a score."""
    for level in LEVELS:
        if level in rules and score >= rules[level]:
            return level
    return Placement.Level.FAIL


def weighed(
    parts: dict[str, Decimal | None], rules: dict[str, Decimal], asked: Iterable[str] = PARTS
) -> tuple[Decimal | None, tuple[str, ...]]:
    """The score of a grade's parts, one decimal, and the parts that are missing though they have a weight.

    Without all that are `asked` there is no score: a missing evaluation is asked for, not counted as nothing. A part
    that nobody is asked for counts where it is there, else its weight falls to the others.
    """
    asked = set(asked)
    counted = {
        name: rules[name] for name in PARTS if rules.get(name) and (name in asked or parts.get(name) is not None)
    }
    missing = tuple(name for name in counted if parts.get(name) is None)
    total = sum(counted.values(), Decimal(0))
    if missing or not total:
        return None, missing
    points = sum(((parts[name] or Decimal(0)) * weight for name, weight in counted.items()), Decimal(0))
    return (points / total).quantize(Decimal("0.1"), ROUND_HALF_UP), ()


def _asked(placement: Placement, kind: str) -> tuple[str, ...]:
    """The parts that a placement's grade waits for: a visit, a training or a contest without a mentor has no firm to ask."""
    if kind == PracticeKind.POST or placement.mentor_id is not None:
        return PARTS
    return tuple(name for name in PARTS if name != Evaluation.Side.FIRM)


def _mondays(placement: Placement) -> int:
    """The whole weeks of a placement, at least one."""
    last = placement.ended_on or placement.ends_on
    return max(((last - placement.starts_on).days + 1) // 7, 1)


def _weeks_away(leaves: Iterable[Leave]) -> int:
    return sum(((leave.ends_on - leave.starts_on) + timedelta(days=1)).days // 7 for leave in leaves)


def compute(placements: Iterable[Placement]) -> dict[int, Grade]:
    """The grades of placements, by id, with a fixed number of queries."""
    rows = list(placements)
    keys = [row.pk for row in rows]
    evaluations: dict[tuple[int, str], Decimal] = {
        (pk, side): Decimal(str(mean))
        for pk, side, mean in Evaluation._base_manager.filter(placement__in=keys, archived_at=None).values_list(
            "placement", "side", "mean"
        )
    }
    weeks = running_archive.weeks_handed(keys)
    leaves: dict[int, list[Leave]] = {}
    for leave in Leave.objects.filter(placement__in=keys, status="granted", archived_at=None):
        leaves.setdefault(leave.placement_id, []).append(leave)
    meters = running_archive.meters(rows, weeks)
    kinds = dict(PracticePlan.objects.filter(pk__in={row.plan_id for row in rows}).values_list("pk", "kind"))
    rules_by_day = rules_of(row.ended_on or row.ends_on for row in rows)
    found = {}
    for row in rows:
        due = max(_mondays(row) - _weeks_away(leaves.get(row.pk, [])), 1)
        handed = min(Decimal(weeks.get(row.pk, 0)) / due, Decimal(1)) * 100
        # The result itself is no paper that the student can lack.
        papers = [meters[row.pk][kind] for kind in (PaperKind.REPORT, PaperKind.SUMMARY, PaperKind.PROOF)]
        parts: dict[str, Decimal | None] = {
            "firm": evaluations.get((row.pk, "firm")),
            "school": evaluations.get((row.pk, "school")),
            "weeks": handed.quantize(Decimal("0.1")),
            "report": (Decimal(sum(bool(paper) for paper in papers)) / 3 * 100).quantize(Decimal("0.1")),
        }
        rules = rules_by_day[row.ended_on or row.ends_on]
        score, missing = weighed(parts, rules, _asked(row, kinds[row.plan_id]))
        found[row.pk] = Grade(parts, score, level_of(score, rules) if score is not None else "", missing)
    return found


_WORDS: dict[str, Any] = {
    "firm": _("the firm's evaluation"),
    "school": _("the supervisor's evaluation"),
    "weeks": _("the weeks"),
    "report": _("the report"),
}


def lacking(grade: Grade) -> str:
    """The names of what a grade without a score waits for."""
    return "、".join(str(_WORDS[name]) for name in grade.missing) or str(_("weights"))


def accept_grade(placement: Placement, *, by: Actor, comment: str = "") -> None:
    """Take the computed grade as it is."""
    grade = compute([placement])[placement.pk]
    if grade.score is None:
        params = {"names": lacking(grade)}
        raise FlowError(_("No grade can be computed without %(names)s."), code="missing", params=params)
    with step(placement, "grade", by=by, comment=comment, score=str(grade.score), level=grade.level) as locked:
        locked.computed_score = locked.score = grade.score
        locked.level, locked.score_reason = grade.level, ""


def edit_grade(placement: Placement, *, by: Actor, score: Decimal, score_reason: str, comment: str = "") -> None:
    """Give another grade than the computed one, and say why; both are kept."""
    if not score_reason.strip():
        raise FlowError(_("Say why the score differs."), code="comment_required")
    grade = compute([placement])[placement.pk]
    rules = rules_on(placement.ended_on or placement.ends_on)
    said = {"score": str(score), "computed": str(grade.score), "reason": score_reason}
    with step(placement, "grade", by=by, comment=comment, **said) as locked:
        locked.computed_score, locked.score = grade.score, score
        locked.level, locked.score_reason = level_of(score, rules), score_reason.strip()[:300]


def words_for(part: str) -> Any:
    """The words for a part of the grade."""
    return _WORDS[part]
