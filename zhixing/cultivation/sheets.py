"""The sheets of cultivation: training, order classes, apprenticeships, risks."""

from zhixing.cultivation.apprenticeship_sheets import (
    ApprenticeSheet,
    ApprenticeshipSheet,
    CandidateSheet,
    CircumstanceChangeSheet,
    EnrolmentPlanSheet,
    MasterPairSheet,
    QualityReviewSheet,
    RotationSheet,
)
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
from zhixing.cultivation.risk_sheets import PlaybookStepSheet, RiskSheet
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
    "ApprenticeSheet",
    "ApprenticeshipSheet",
    "CandidateSheet",
    "CircumstanceChangeSheet",
    "CourseChangeSheet",
    "EnrolmentPlanSheet",
    "EnterpriseProjectSheet",
    "FirmRankSheet",
    "FollowUpSheet",
    "HireSheet",
    "MasterPairSheet",
    "OrderClassSheet",
    "OrderPostSheet",
    "PlanCourseSheet",
    "PlanSignatureSheet",
    "PlaybookStepSheet",
    "PostSheet",
    "ProjectUseSheet",
    "QualityReviewSheet",
    "RiskSheet",
    "RosterEntrySheet",
    "RotationSheet",
    "SharedResourceSheet",
    "StudentRankSheet",
    "TrainingPlanSheet",
]
