"""The records of cultivation: training plans and projects, order classes, apprenticeships, risks."""

from zhixing.cultivation.apprenticeships import (
    Apprentice,
    Apprenticeship,
    Candidate,
    CircumstanceChange,
    EnrolmentPlan,
    MasterPair,
    QualityReview,
    Rotation,
)
from zhixing.cultivation.order_classes import (
    Applicant,
    FirmRank,
    FollowUp,
    Hire,
    OrderClass,
    OrderPost,
    RosterEntry,
    StudentRank,
)
from zhixing.cultivation.risks import PlaybookStep, Risk
from zhixing.cultivation.training import (
    Ability,
    CourseChange,
    EnterpriseProject,
    PlanCourse,
    PlanSignature,
    Post,
    ProjectUse,
    SharedResource,
    TrainingPlan,
)

__all__ = [
    "Ability",
    "Applicant",
    "Apprentice",
    "Apprenticeship",
    "Candidate",
    "CircumstanceChange",
    "CourseChange",
    "EnrolmentPlan",
    "EnterpriseProject",
    "FirmRank",
    "FollowUp",
    "Hire",
    "MasterPair",
    "OrderClass",
    "OrderPost",
    "PlanCourse",
    "PlanSignature",
    "PlaybookStep",
    "Post",
    "ProjectUse",
    "QualityReview",
    "Risk",
    "RosterEntry",
    "Rotation",
    "SharedResource",
    "StudentRank",
    "TrainingPlan",
]
