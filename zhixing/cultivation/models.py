"""The records of cultivation: training plans and projects, order classes."""

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
    "CourseChange",
    "EnterpriseProject",
    "FirmRank",
    "FollowUp",
    "Hire",
    "OrderClass",
    "OrderPost",
    "PlanCourse",
    "PlanSignature",
    "Post",
    "ProjectUse",
    "RosterEntry",
    "SharedResource",
    "StudentRank",
    "TrainingPlan",
]
