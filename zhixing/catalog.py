"""The whole system on one page: the domains in menu order, each with its sheets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from zhixing.agreements import api as agreements_api
from zhixing.agreements import sheets as agreements
from zhixing.bases import sheets as bases
from zhixing.cultivation import api as cultivation_api
from zhixing.cultivation import sheets as cultivation
from zhixing.governance import sheets as governance
from zhixing.industry_colleges import api as industry_colleges_api
from zhixing.industry_colleges import sheets as industry_colleges
from zhixing.kernel.sheet import Domain
from zhixing.org import sheets as org
from zhixing.org.approval_routes import ApprovalRouteSheet
from zhixing.partners import sheets as partners
from zhixing.policy import sheets as policy
from zhixing.practice import api as practice_api
from zhixing.practice import sheets as practice

DOMAINS = (
    # No heading: what everybody opens first stands alone at the top of the menu.
    Domain(
        "insights",
        "",
        "home",
        (),
        pages=(
            (_("Home"), "home", "home"),
            (_("Overview"), "report", "overview", "insights.report"),
            (_("Assessment reports"), "print", "reports", "insights.report"),
        ),
    ),
    Domain(
        "policy",
        _("Policy"),
        "scales",
        (
            policy.StandingSheet(),
            policy.RuleSheet(),
            policy.PolicySheet(),
            policy.WaiverSheet(),
            policy.AcknowledgementSheet(),
        ),
        pages=(
            (_("Clauses and standings"), "heatmap", "clauses"),
            (_("Yearly close"), "lock", "year-closes", "policy.year_close"),
        ),
        minor=(policy.RuleVersionSheet(),),
    ),
    Domain(
        "partners",
        _("Partners"),
        "handshake",
        (
            partners.OrganisationSheet(),
            partners.IndustryLinkSheet(),
            partners.ActivitySheet(),
            partners.OpportunitySheet(),
            partners.NeedSheet(),
            partners.GovernmentPolicySheet(),
            partners.SupportGrantSheet(),
            partners.DemandSurveySheet(),
            partners.TechnologyNoteSheet(),
            partners.ContactSheet(),
        ),
        minor=(partners.OrganisationNameSheet(), partners.OrganisationTagSheet()),
    ),
    Domain(
        "governance",
        _("Governance"),
        "gavel",
        (governance.CommitteeSheet(), governance.MeetingSheet(), governance.TaskBookSheet(), governance.TaskSheet()),
        minor=(
            governance.SeatSheet(),
            governance.ResolutionSheet(),
            governance.MilestoneSheet(),
            governance.TaskAppraisalSheet(),
        ),
    ),
    Domain(
        "agreements",
        _("Agreements"),
        "signature",
        (
            agreements.AgreementSheet(),
            agreements.ObligationSheet(),
            agreements.AgreementDocumentSheet(),
            agreements.TemplateSheet(),
            agreements.AgreementKindSheet(),
        ),
        pages=((_("For the school to sign"), "signature", "signing-waiting", "agreements.school_signature"),),
        minor=(agreements.AgreementPartySheet(), agreements.SignatureRequestSheet(), agreements.SignatureSheet()),
        operations=agreements_api.operations,
    ),
    Domain(
        "industry_colleges",
        _("Industry colleges"),
        "school",
        (
            industry_colleges.IndustryCollegeSheet(),
            industry_colleges.ConstructionPlanSheet(),
            industry_colleges.AreaPlanSheet(),
            industry_colleges.AreaOutputSheet(),
            industry_colleges.ResourceAllocationSheet(),
        ),
        pages=((_("Ten-area heat map"), "heatmap", "industry-college-heatmap", "industry_colleges.industry_college"),),
        operations=industry_colleges_api.operations,
        minor=(
            industry_colleges.CharterSectionSheet(),
            industry_colleges.SeatSheet(),
            industry_colleges.CouncilMeetingSheet(),
            industry_colleges.PlanMilestoneSheet(),
            industry_colleges.CheckSheet(),
            industry_colleges.AreaSheet(),
        ),
    ),
    Domain(
        "cultivation",
        _("Cultivation"),
        "cap",
        (
            cultivation.OrderClassSheet(),
            cultivation.ApprenticeshipSheet(),
            cultivation.ApprenticeSheet(),
            cultivation.TrainingPlanSheet(),
            cultivation.EnterpriseProjectSheet(),
            cultivation.ProjectUseSheet(),
            cultivation.SharedResourceSheet(),
            cultivation.HireSheet(),
            cultivation.QualityReviewSheet(),
            cultivation.RiskSheet(),
        ),
        # A student's own pages; everybody else meets choices and apprentices in the registers.
        pages=(
            (_("Risk radar"), "heatmap", "risk-radar", "cultivation.risk"),
            (_("My choices"), "check-circle", "my-choices", "cultivation.own_choices"),
            (_("My apprenticeship"), "handshake", "my-apprenticeship", "cultivation.own_apprenticeship"),
        ),
        operations=cultivation_api.operations,
        minor=(
            cultivation.PlanSignatureSheet(),
            cultivation.PostSheet(),
            cultivation.AbilitySheet(),
            cultivation.PlanCourseSheet(),
            cultivation.CourseChangeSheet(),
            cultivation.OrderPostSheet(),
            cultivation.ApplicantSheet(),
            cultivation.StudentRankSheet(),
            cultivation.FirmRankSheet(),
            cultivation.RosterEntrySheet(),
            cultivation.FollowUpSheet(),
            cultivation.EnrolmentPlanSheet(),
            cultivation.CandidateSheet(),
            cultivation.MasterPairSheet(),
            cultivation.RotationSheet(),
            cultivation.CircumstanceChangeSheet(),
            cultivation.PlaybookStepSheet(),
        ),
    ),
    Domain(
        "practice",
        _("Practice"),
        "briefcase",
        (
            practice.PracticePlanSheet(),
            practice.PostSheet(),
            practice.PlacementSheet(),
            practice.ConsentSheet(),
            practice.InsurancePolicySheet(),
            practice.InspectionSheet(),
            practice.FilingSheet(),
            practice.FindingSheet(),
            practice.OverrideSheet(),
            practice.ViolationSheet(),
            practice.WeekEntrySheet(),
            practice.PresenceWeekSheet(),
            practice.VisitSheet(),
            practice.LeaveSheet(),
            practice.PlacementChangeSheet(),
            practice.IncidentSheet(),
            practice.ComplaintSheet(),
            practice.EvaluationSheet(),
            practice.CertificateSheet(),
            practice.SafetyQuestionSheet(),
        ),
        # A student's own week, and a supervisor's day; everybody else meets them in the registers.
        pages=(
            (_("My practice"), "briefcase", "my-practice", "practice.own_practice"),
            (_("My week"), "book", "practice-week", "practice.own_week"),
            (_("Who needs me today"), "bell", "practice-today", "practice.presence_week"),
            (_("Joint allocation"), "users", "practice-joint", "practice.allocation"),
            (_("Filings to be made"), "upload", "redline-filings", "practice.filing"),
            (_("Red-line rules"), "book", "redline-rules"),
        ),
        operations=practice_api.operations,
        minor=(
            practice.PresenceSignalSheet(),
            practice.PresenceWeightSheet(),
            practice.IncidentReportSheet(),
            practice.ReportDutySheet(),
            practice.GradeRuleSheet(),
            practice.RunRuleSheet(),
            practice.ArchivePaperSheet(),
            practice.PlanDocumentSheet(),
            practice.PlanDutySheet(),
            practice.SupervisorSheet(),
            practice.PostShareSheet(),
            practice.PreferenceSheet(),
            practice.PostRankingSheet(),
            practice.PolicyCoverSheet(),
            practice.SafetyTestSheet(),
        ),
    ),
    Domain(
        "bases",
        _("Bases"),
        "base",
        (
            bases.BaseSheet(),
            bases.ContributionSheet(),
            bases.BaseUseSheet(),
            bases.BookingSheet(),
            bases.PlaceCapacitySheet(),
            bases.BasePlanSheet(),
            bases.TermSummarySheet(),
            bases.BaseRecognitionSheet(),
            bases.BenefitStatementSheet(),
        ),
        pages=(
            (_("Places and students"), "chart", "place-planner", "bases.practice_demand"),
            (_("Calendar of rooms"), "calendar", "booking-calendar", "bases.booking"),
        ),
        minor=(
            bases.GuideSheet(),
            bases.RoomSheet(),
            bases.ResidentUnitSheet(),
            bases.RevenueShareSheet(),
            bases.SafetyCheckSheet(),
            bases.PracticeDemandSheet(),
            bases.RecognitionReviewSheet(),
            bases.RecognitionCriterionSheet(),
        ),
    ),
    Domain(
        "org",
        _("College and people"),
        "building",
        (
            org.UnitSheet(),
            org.MajorGroupSheet(),
            org.MajorSheet(),
            org.CohortSheet(),
            org.PersonSheet(),
            org.TeacherSheet(),
            org.StudentSheet(),
            org.MembershipSheet(),
            org.DelegationSheet(),
            ApprovalRouteSheet(),
            org.AcademicYearSheet(),
        ),
        minor=(org.SchoolSheet(), org.TermSheet(), org.UnitNameSheet()),
    ),
)
