"""岗前安全教育考核: a test drawn from the bank for each student, taken on the phone, with a mark to reach (I-26).

What was drawn travels in a signed form, so that nothing is stored before an answer comes, and an answer counts once: the
number of the attempt is part of what is signed, and the register has each attempt of a student once.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhixing.kernel.acting import add
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.org.models import Student
from zhixing.practice.placements import SafetyQuestion, SafetyTest
from zhixing.practice.plans import PracticePlan

_SALT = "practice.safety"
# A test lies open for so many seconds, then it is drawn anew.
OPEN_FOR = 2 * 3600


@dataclass(frozen=True)
class Asked:
    """One question of a test as it is shown."""

    code: str
    text: str
    options: list[tuple[int, str]]


@dataclass(frozen=True)
class Paper:
    """A drawn test: its questions, what is signed of them, and which attempt it is."""

    questions: list[Asked]
    token: str
    attempt: int
    left: int


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def shown(question: SafetyQuestion) -> Asked:
    """A question in the reader's language; where it has no English, in Chinese."""
    english = (get_language() or "").startswith("en") and question.text_en
    options = _lines(question.options_en) if english and question.options_en else _lines(question.options)
    return Asked(question.code, question.text_en if english else question.text, list(enumerate(options, 1)))


def attempts(student: Student, plan: PracticePlan) -> list[SafetyTest]:
    return list(SafetyTest.objects.filter(student=student, plan=plan, archived_at=None).order_by("attempt"))


def passed(student: Student, plan: PracticePlan) -> bool:
    """Whether the student has passed the plan's test."""
    return SafetyTest.objects.filter(student=student, plan=plan, passed=True, archived_at=None).exists()


def why_not(student: Student, plan: PracticePlan) -> str:
    """Why the student cannot take the test now; empty where they can."""
    if not plan.cohorts.filter(pk=student.cohort_id).exists():
        return _("This plan is not for your class.")
    if plan.status in (PracticePlan.Status.DRAFT, PracticePlan.Status.SUBMITTED, PracticePlan.Status.ENDED):
        return _("The safety test of this plan is not open.")
    taken = attempts(student, plan)
    if any(test.passed for test in taken):
        return _("You have passed the safety test.")
    if len(taken) >= plan.safety_attempts:
        return _("All %(number)s attempts are used up: speak to your supervisor.") % {"number": plan.safety_attempts}
    return ""


def draw(student: Student, plan: PracticePlan, chance: random.Random | None = None) -> Paper:
    """Draw a test for a student: those of the major's class and those for everybody, in an order of chance."""
    refused = why_not(student, plan)
    if refused:
        raise FlowError(refused, code="closed")
    bank = SafetyQuestion.objects.filter(is_active=True, archived_at=None, major_class__in=("", plan.major.code[:2]))
    rows = list(bank.order_by("code"))
    if not rows:
        raise FlowError(_("The bank of safety questions is empty."), code="empty")
    picked = (chance or random.SystemRandom()).sample(rows, min(plan.safety_questions, len(rows)))
    attempt = len(attempts(student, plan)) + 1
    signed = {"plan": plan.pk, "student": student.pk, "attempt": attempt, "codes": [row.code for row in picked]}
    return Paper(
        [shown(row) for row in picked],
        signing.dumps(signed, salt=_SALT),
        attempt,
        plan.safety_attempts - attempt,
    )


def read(token: str, student: Student, plan: PracticePlan) -> dict[str, Any]:
    """What was drawn, from the signed form; ValidationError where it is not this student's or has run out."""
    try:
        signed = signing.loads(token, salt=_SALT, max_age=OPEN_FOR)
    except signing.BadSignature as error:
        raise ValidationError(_("The test has run out: begin again."), code="expired") from error
    if signed.get("plan") != plan.pk or signed.get("student") != student.pk:
        raise ValidationError(_("This test was drawn for somebody else."), code="foreign")
    return signed


def redraw(token: str, student: Student, plan: PracticePlan) -> Paper:
    """The test of a signed form as it was drawn; ValidationError where it has run out or was handed in."""
    signed = read(token, student, plan)
    if SafetyTest.objects.filter(plan=plan, student=student, attempt=signed["attempt"]).exists():
        raise ValidationError(_("This attempt is already recorded."), code="twice")
    bank = {row.code: row for row in SafetyQuestion.objects.filter(code__in=signed["codes"])}
    asked = [shown(bank[code]) for code in signed["codes"] if code in bank]
    return Paper(asked, token, signed["attempt"], plan.safety_attempts - signed["attempt"])


def hand_in(
    student: Student, plan: PracticePlan, token: str, answers: Mapping[str, int], *, by: Actor
) -> tuple[SafetyTest, list[Asked]]:
    """Mark a test: 100 points over its questions. Returns the attempt and the questions that were answered wrong.

    Raises ValidationError for a question left open or an attempt handed in before.
    """
    signed = read(token, student, plan)
    refused = why_not(student, plan)
    if refused:
        raise FlowError(refused, code="closed")
    bank = {row.code: row for row in SafetyQuestion.objects.filter(code__in=signed["codes"])}
    asked = [bank[code] for code in signed["codes"] if code in bank]
    unanswered = [row for row in asked if row.code not in answers]
    if unanswered:
        raise ValidationError(
            _("%(number)s questions are still open."), code="open", params={"number": len(unanswered)}
        )
    wrong = [row for row in asked if answers[row.code] != row.answer]
    score = Decimal(100 * (len(asked) - len(wrong))) / max(1, len(asked))
    test = SafetyTest(
        plan=plan,
        student=student,
        taken_on=timezone.localdate(),
        attempt=signed["attempt"],
        score=round(score, 1),
        pass_mark=plan.safety_pass_mark,
        answers={row.code: answers[row.code] for row in asked},
    )
    add(test, by=by.as_system(), follows=True)
    test.refresh_from_db()
    return test, [shown(row) for row in wrong]
