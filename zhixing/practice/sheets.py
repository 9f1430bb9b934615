"""The sheets of practice: plans, posts, who goes where, and what must be there before anybody starts."""

from zhixing.practice.placement_sheets import (
    ConsentSheet,
    InsurancePolicySheet,
    PlacementSheet,
    PolicyCoverSheet,
    PostRankingSheet,
    PreferenceSheet,
    SafetyQuestionSheet,
    SafetyTestSheet,
)
from zhixing.practice.plan_sheets import PlanDocumentSheet, PracticePlanSheet, SupervisorSheet
from zhixing.practice.post_sheets import FilingSheet, InspectionSheet, PostSheet, ViolationSheet

__all__ = [
    "ConsentSheet",
    "FilingSheet",
    "InspectionSheet",
    "InsurancePolicySheet",
    "PlacementSheet",
    "PlanDocumentSheet",
    "PolicyCoverSheet",
    "PostRankingSheet",
    "PostSheet",
    "PracticePlanSheet",
    "PreferenceSheet",
    "SafetyQuestionSheet",
    "SafetyTestSheet",
    "SupervisorSheet",
    "ViolationSheet",
]
