"""The records of practice: plans, posts, placements and the red lines they keep."""

from zhixing.practice.placements import (
    Consent,
    InsurancePolicy,
    Placement,
    PolicyCover,
    PostRanking,
    Preference,
    SafetyQuestion,
    SafetyTest,
)
from zhixing.practice.plans import PlanDocument, PracticeKind, PracticePlan, Supervisor
from zhixing.practice.posts import Filing, Hazard, Inspection, Post, Violation
from zhixing.practice.redlines import Finding, Override, Severity

__all__ = [
    "Consent",
    "Filing",
    "Finding",
    "Hazard",
    "Inspection",
    "InsurancePolicy",
    "Override",
    "Placement",
    "PlanDocument",
    "PolicyCover",
    "Post",
    "PostRanking",
    "PracticeKind",
    "PracticePlan",
    "Preference",
    "SafetyQuestion",
    "SafetyTest",
    "Severity",
    "Supervisor",
    "Violation",
]
