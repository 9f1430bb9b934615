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
from zhixing.practice.plan_sheets import PlanDocumentSheet, PlanDutySheet, PracticePlanSheet, SupervisorSheet
from zhixing.practice.post_sheets import FilingSheet, InspectionSheet, PostShareSheet, PostSheet, ViolationSheet
from zhixing.practice.redline_sheets import FindingSheet, OverrideSheet
from zhixing.practice.running_case_sheets import (
    ComplaintSheet,
    IncidentReportSheet,
    IncidentSheet,
    LeaveSheet,
    PlacementChangeSheet,
)
from zhixing.practice.running_result_sheets import ArchivePaperSheet, CertificateSheet, EvaluationSheet
from zhixing.practice.running_rule_sheets import GradeRuleSheet, PresenceWeightSheet, ReportDutySheet, RunRuleSheet
from zhixing.practice.running_sheets import PresenceSignalSheet, PresenceWeekSheet, VisitSheet, WeekEntrySheet

__all__ = [
    "ArchivePaperSheet",
    "CertificateSheet",
    "ComplaintSheet",
    "ConsentSheet",
    "EvaluationSheet",
    "FilingSheet",
    "FindingSheet",
    "GradeRuleSheet",
    "IncidentReportSheet",
    "IncidentSheet",
    "InspectionSheet",
    "InsurancePolicySheet",
    "LeaveSheet",
    "OverrideSheet",
    "PlacementChangeSheet",
    "PlacementSheet",
    "PlanDocumentSheet",
    "PlanDutySheet",
    "PolicyCoverSheet",
    "PostRankingSheet",
    "PostShareSheet",
    "PostSheet",
    "PracticePlanSheet",
    "PreferenceSheet",
    "PresenceSignalSheet",
    "PresenceWeekSheet",
    "PresenceWeightSheet",
    "ReportDutySheet",
    "RunRuleSheet",
    "SafetyQuestionSheet",
    "SafetyTestSheet",
    "SupervisorSheet",
    "ViolationSheet",
    "VisitSheet",
    "WeekEntrySheet",
]
