"""The end and the grades of a whole cohort at once: what a button does to one placement, for hundreds (I-30, I-31)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.practice import running_grades
from zhixing.practice.bulk import Outcome, step_many
from zhixing.practice.placements import Placement
from zhixing.practice.plans import PracticePlan

Status = Placement.Status


def end_many(placements: Sequence[Placement], *, by: Actor, comment: str = "") -> Outcome:
    """End placements today, or on their last day where that has passed; who does not run is refused by name of the state."""
    today = timezone.localdate()

    def over(row: Any) -> None:
        row.ended_on = max(min(row.ends_on, today), row.starts_on)

    return step_many(placements, "end", by=by, comment=comment, each=over, writes=("ended_on",))


def grade_many(placements: Sequence[Placement], *, by: Actor, comment: str = "") -> Outcome:
    """Take the computed grades as they are; whose grade lacks an evaluation is refused with what is missing."""
    keys = [row.pk for row in placements]
    with transaction.atomic():
        # What is computed here is what is written: nobody ends or grades these meanwhile.
        rows = list(Placement._base_manager.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
        grades = running_grades.compute(rows)
        refusals = {
            pk: _("No grade can be computed without %(names)s.") % {"names": running_grades.lacking(grade)}
            for pk, grade in grades.items()
            if grade.score is None
        }

        def graded(row: Any) -> None:
            grade = grades[row.pk]
            row.computed_score = row.score = grade.score
            row.level, row.score_reason = grade.level, ""

        fields = ("computed_score", "score", "level", "score_reason")
        return step_many(
            rows, "grade", by=by, comment=comment, refusals=refusals, each=graded, writes=fields, said=_said(grades)
        )


def _said(grades: dict[int, running_grades.Grade]) -> dict[int, dict[str, str]]:
    return {pk: {"score": str(grade.score), "level": grade.level} for pk, grade in grades.items()}


# A plan as a whole --------------------------------------------------------------------------------------------------


def _list(plan: PracticePlan, status: str) -> str:
    sheet = sheet_for(Placement)
    return f"{sheet.url('list')}?plan={plan.pk}&status={status}" if sheet else ""


def end_places(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """End the practice of everybody whose last day has come. Returns the list of the ended."""
    rows = plan.placements.filter(status=Status.RUNNING, ends_on__lte=timezone.localdate(), archived_at=None)
    found = list(rows)
    if not found:
        raise FlowError(_("Nobody's last day has come yet."), code="nobody")
    end_many(found, by=by, comment=comment).or_fail()
    return _list(plan, "ended")


def accept_grades(plan: PracticePlan, *, by: Actor, comment: str = "") -> str:
    """Take the computed grades of everybody whose practice has ended. Returns the list of those who lack one, or of the graded."""
    rows = list(plan.placements.filter(status=Status.ENDED, archived_at=None))
    if not rows:
        raise FlowError(_("Nobody of this plan waits for a grade."), code="nobody")
    outcome = grade_many(rows, by=by, comment=comment).or_fail()
    return _list(plan, "ended" if outcome.refused else "graded")
