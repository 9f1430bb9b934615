"""Builds the sample college in one transaction, or says why not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from zhixing.agreements import models as agreement_models
from zhixing.bases import models as base_models
from zhixing.cultivation import models as cultivation_models
from zhixing.governance import models as governance_models
from zhixing.industry_colleges import models as industry_college_models
from zhixing.kernel.models import ApprovalCase, ApprovalRoute, Event
from zhixing.kernel.scope import type_key
from zhixing.org import models as org_models
from zhixing.org import reference_data
from zhixing.partners import models as partner_models
from zhixing.practice import models as practice_models
from zhixing.sample import (
    agreements,
    apprenticeships,
    bases,
    college,
    college_facts,
    cooperation,
    cultivation,
    government,
    industry_colleges,
    partners,
    people,
    pipeline,
    practice,
    practice_running,
    redlines,
    story,
    task_books,
)
from zhixing.sample.governance import Governance
from zhixing.sample.plan import Plan, insert
from zhixing.sample.world import World

# What the college consists of, in the order in which it is counted and printed.
MODELS: tuple[type[models.Model], ...] = (
    org_models.School,
    org_models.AcademicYear,
    org_models.Term,
    org_models.Unit,
    org_models.UnitName,
    org_models.MajorGroup,
    org_models.Major,
    org_models.Cohort,
    org_models.Person,
    org_models.Teacher,
    org_models.Student,
    org_models.Membership,
    org_models.Delegation,
    org_models.User,
    partner_models.Organisation,
    partner_models.OrganisationName,
    partner_models.OrganisationTag,
    partner_models.Contact,
    partner_models.IndustryLink,
    partner_models.Activity,
    partner_models.Opportunity,
    partner_models.Need,
    partner_models.GovernmentPolicy,
    partner_models.SupportGrant,
    partner_models.DemandSurvey,
    partner_models.TechnologyNote,
    governance_models.Committee,
    governance_models.Seat,
    governance_models.Meeting,
    governance_models.Resolution,
    governance_models.TaskBook,
    governance_models.Task,
    governance_models.Milestone,
    governance_models.TaskAppraisal,
    industry_college_models.IndustryCollege,
    industry_college_models.CharterSection,
    industry_college_models.Seat,
    industry_college_models.CouncilMeeting,
    industry_college_models.ConstructionPlan,
    industry_college_models.PlanMilestone,
    industry_college_models.Check,
    industry_college_models.ResourceAllocation,
    industry_college_models.Area,
    industry_college_models.AreaPlan,
    industry_college_models.AreaOutput,
    cultivation_models.Post,
    cultivation_models.Ability,
    cultivation_models.TrainingPlan,
    cultivation_models.PlanSignature,
    cultivation_models.PlanCourse,
    cultivation_models.CourseChange,
    cultivation_models.EnterpriseProject,
    cultivation_models.ProjectUse,
    cultivation_models.SharedResource,
    cultivation_models.OrderClass,
    cultivation_models.OrderPost,
    cultivation_models.Applicant,
    cultivation_models.StudentRank,
    cultivation_models.FirmRank,
    cultivation_models.RosterEntry,
    cultivation_models.Hire,
    cultivation_models.FollowUp,
    cultivation_models.Apprenticeship,
    cultivation_models.EnrolmentPlan,
    cultivation_models.Candidate,
    cultivation_models.Apprentice,
    cultivation_models.MasterPair,
    cultivation_models.Rotation,
    cultivation_models.QualityReview,
    cultivation_models.CircumstanceChange,
    cultivation_models.Risk,
    cultivation_models.PlaybookStep,
    agreement_models.AgreementKind,
    agreement_models.Template,
    agreement_models.Agreement,
    agreement_models.AgreementParty,
    agreement_models.Obligation,
    agreement_models.AgreementDocument,
    agreement_models.SignatureRequest,
    base_models.Base,
    base_models.SafetyCheck,
    base_models.Contribution,
    base_models.BenefitStatement,
    base_models.Room,
    base_models.Booking,
    base_models.BaseUse,
    base_models.ResidentUnit,
    base_models.RevenueShare,
    base_models.Guide,
    base_models.PlaceCapacity,
    base_models.PracticeDemand,
    base_models.BasePlan,
    base_models.TermSummary,
    base_models.RecognitionCriterion,
    base_models.BaseRecognition,
    base_models.RecognitionReview,
    practice_models.PracticePlan,
    practice_models.PlanDocument,
    practice_models.PlanDuty,
    practice_models.Supervisor,
    practice_models.Post,
    practice_models.PostShare,
    practice_models.Inspection,
    practice_models.Filing,
    practice_models.Violation,
    practice_models.Preference,
    practice_models.Placement,
    practice_models.Consent,
    practice_models.InsurancePolicy,
    practice_models.PolicyCover,
    practice_models.SafetyQuestion,
    practice_models.SafetyTest,
    practice_models.Finding,
    practice_models.Override,
    practice_models.WeekEntry,
    practice_models.PresenceSignal,
    practice_models.PresenceWeek,
    practice_models.Visit,
    practice_models.Leave,
    practice_models.PlacementChange,
    practice_models.Incident,
    practice_models.IncidentReport,
    practice_models.Complaint,
    practice_models.Evaluation,
    practice_models.ArchivePaper,
    practice_models.Certificate,
    ApprovalRoute,
    ApprovalCase,
    Event,
)
# A database that holds any of these is in use: a sample among real records could not be told apart again.
_IN_USE = (org_models.School, org_models.Unit, org_models.Person, org_models.Student, partner_models.Organisation)


class Occupied(Exception):
    """The database holds other records; nothing was made."""


def make(scale: float, seed: int, today: date) -> tuple[dict[str, int], bool]:
    """Make the college, or leave it as it is when it is there already.

    Returns the counts by record type and whether anything was made. Raises Occupied when the database holds other
    records, or a sample college of another scale or seed.
    """
    with transaction.atomic():
        # Two runs at the same moment: the second waits here and then finds the college.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('zhixing.sample'))")
        there = made_before()
        if there is not None:
            if (there["scale"], there["seed"]) == (scale, seed):
                return counts(), False
            raise Occupied(
                _(
                    "A sample college of scale %(scale)s and seed %(seed)s is already here. "
                    "For another one use an empty database."
                )
                % {"scale": f"{there['scale']:g}", "seed": there["seed"]}
            )
        for model in _IN_USE:
            if model._default_manager.exists():
                raise Occupied(
                    _(
                        "This database already holds records (%(type)s). "
                        "The sample college is made in an empty database only."
                    )
                    % {"type": model._meta.verbose_name}
                )
        build(scale, seed, today)
        return counts(), True


def made_before() -> dict[str, Any] | None:
    """How the sample college in this database was made; None when there is none."""
    event = Event.objects.filter(record_type=type_key(org_models.School), data__has_key="sample").first()
    return event.data["sample"] if event else None


def counts() -> dict[str, int]:
    return {type_key(model): model._default_manager.count() for model in MODELS}


@transaction.atomic
def build(scale: float, seed: int, today: date) -> World:
    """Write the whole college. The order matters: each part builds upon those before."""
    plan, world = Plan(scale, seed, today), World()
    reference_data.load()
    college.make_calendar(plan, world)
    college.make_units(plan, world)
    people.make_staff(plan, world)
    people.make_teachers(plan, world)
    college.make_majors(plan, world)
    people.place_teachers(plan, world)
    people.make_students(plan, world, college.make_cohorts(plan, world))
    people.make_memberships(plan, world)
    people.make_accounts(plan, world)
    partners.make_partners(plan, world)
    cooperation.make_cooperation(plan, world)
    pipeline.make_opportunities(plan, world)
    pipeline.make_needs(plan, world)
    government.make_government(plan, world)
    Governance(plan, world).make()
    task_books.make_routes(plan)
    task_books.make_task_books(plan, world)
    industry_colleges.make_industry_colleges(plan, world)
    cultivation.make_cultivation(plan, world)
    apprenticeships.make_apprenticeships(plan, world)
    agreements.make_agreements(plan, world)
    bases.make_bases(plan, world)
    practice.make_practice(plan, world)
    practice_running.make_running(plan, world)
    redlines.make_overrides(plan, world)
    story.Story(plan, world).write()
    _sign(plan, world)
    _analyse(MODELS)
    return world


def _sign(plan: Plan, world: World) -> None:
    """Note on the school how its records were made: by this a second run knows them again."""
    assert world.school is not None
    insert(
        plan,
        [
            Event(
                record_type=type_key(world.school),
                record_id=world.school.pk,
                label=college_facts.SCHOOL_NAME,
                verb="created",
                actor_name="make-college",
                at=plan.at(plan.year_start(-3)),
                data={"sample": {"scale": plan.scale, "seed": plan.seed, "day": plan.today.isoformat()}},
            )
        ],
    )


def _analyse(tables: Iterable[type[models.Model]]) -> None:
    """Tell the planner about the new rows, or the first pages would be slow until it finds out by itself."""
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
