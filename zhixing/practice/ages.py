"""Who is of age when a practice begins: the one place that compares a date of birth with a rule (I-03)."""

from __future__ import annotations

from datetime import date

from zhixing.agreements.checks import age_on
from zhixing.practice.redline_rules import book

# 民法典 art. 17, for days and kinds of practice of which no pack says anything.
CIVIL = 18


def adult_age(day: date, practice: str) -> int:
    """From how many full years of age a student counts as grown up, by the strictest rule in force on the day."""
    rules = book().on(day, "placement", practice)
    return max((int(rule.parameters["adult"]) for rule in rules if "adult" in rule.parameters), default=CIVIL)


def is_minor(birth: date | None, day: date, practice: str) -> bool:
    """Whether a student is under age on the first day; an unknown birth counts as grown up, the red lines ask for it."""
    return birth is not None and age_on(birth, day) < adult_age(day, practice)
