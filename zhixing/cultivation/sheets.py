"""The sheets of cultivation: training and order classes."""

from zhixing.cultivation.order_class_sheets import (
    ApplicantSheet,
    FirmRankSheet,
    FollowUpSheet,
    HireSheet,
    OrderClassSheet,
    OrderPostSheet,
    RosterEntrySheet,
    StudentRankSheet,
)
from zhixing.cultivation.training_sheets import (
    AbilitySheet,
    CourseChangeSheet,
    EnterpriseProjectSheet,
    PlanCourseSheet,
    PlanSignatureSheet,
    PostSheet,
    ProjectUseSheet,
    SharedResourceSheet,
    TrainingPlanSheet,
)

__all__ = [
    "AbilitySheet",
    "ApplicantSheet",
    "CourseChangeSheet",
    "EnterpriseProjectSheet",
    "FirmRankSheet",
    "FollowUpSheet",
    "HireSheet",
    "OrderClassSheet",
    "OrderPostSheet",
    "PlanCourseSheet",
    "PlanSignatureSheet",
    "PostSheet",
    "ProjectUseSheet",
    "RosterEntrySheet",
    "SharedResourceSheet",
    "StudentRankSheet",
    "TrainingPlanSheet",
]
