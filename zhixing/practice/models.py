"""The records of practice: plans, posts, placements and the red lines they keep."""

from zhixing.practice.allocations import AllocationRun
from zhixing.practice.duties import PlanDuty
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
from zhixing.practice.posts import Filing, Hazard, Inspection, Post, PostShare, Violation
from zhixing.practice.redlines import Finding, Override, Severity
from zhixing.practice.running import (
    PresenceSignal,
    PresenceWeek,
    PresenceWeight,
    SignalKind,
    Visit,
    WeekEntry,
    Witness,
)
from zhixing.practice.running_cases import Complaint, Incident, IncidentReport, Leave, PlacementChange, ReportDuty
from zhixing.practice.running_numbers import RunRule
from zhixing.practice.running_results import ArchivePaper, Certificate, Evaluation, GradeRule, PaperKind

__all__ = [
    "AllocationRun",
    "ArchivePaper",
    "Certificate",
    "Complaint",
    "Consent",
    "Evaluation",
    "Filing",
    "Finding",
    "GradeRule",
    "Hazard",
    "Incident",
    "IncidentReport",
    "Inspection",
    "InsurancePolicy",
    "Leave",
    "Override",
    "PaperKind",
    "Placement",
    "PlacementChange",
    "PlanDocument",
    "PlanDuty",
    "PolicyCover",
    "Post",
    "PostRanking",
    "PostShare",
    "PracticeKind",
    "PracticePlan",
    "Preference",
    "PresenceSignal",
    "PresenceWeek",
    "PresenceWeight",
    "ReportDuty",
    "RunRule",
    "SafetyQuestion",
    "SafetyTest",
    "Severity",
    "SignalKind",
    "Supervisor",
    "Violation",
    "Visit",
    "WeekEntry",
    "Witness",
]
