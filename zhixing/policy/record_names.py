"""Words for record types that duties name before the college can keep them: nothing in the policy is invisible."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Any] = {
    "policy.upstream": _("upstream papers"),
    "partners.community": _("communities of industry and education"),
    "cultivation.apprenticeship": _("apprenticeships"),
    "cultivation.enrolment_plan": _("joint enrolment plans"),
    "cultivation.quality_review": _("quality reviews"),
    "cultivation.risk": _("risks"),
    "bases.base": _("bases"),
    "bases.contribution": _("contributions to bases"),
    "bases.base_use": _("use of bases"),
    "bases.guide": _("guides at bases"),
    "bases.resident_unit": _("firms' units on campus"),
    "bases.booking": _("bookings of bases"),
    "bases.place_capacity": _("places at bases"),
    "bases.base_plan": _("base plans"),
    "bases.base_recognition": _("recognition of bases"),
    "bases.term_summary": _("term summaries"),
    "bases.benefit_statement": _("statements of benefit"),
    "practice.practice_plan": _("practice plans"),
    "practice.placement": _("placements"),
    "practice.evaluation": _("evaluations of practice"),
    "faculty.practice_segment": _("teachers' practice"),
    "faculty.dispatch": _("dispatches to firms"),
    "faculty.training_session": _("training of teachers"),
    "faculty.industry_teacher": _("industry teachers"),
    "faculty.team": _("teams"),
    "faculty.studio": _("studios"),
    "services.research_contract": _("research contracts"),
    "services.payment": _("payments of contracts"),
    "services.teaching_resource": _("teaching resources"),
    "services.training_programme": _("training programmes"),
    "services.brand": _("training brands"),
    "funding.budget_line": _("budget lines"),
    "funding.allocation": _("allocations"),
    "funding.expense": _("expenses"),
    "recognition.appraisal_scheme": _("appraisal schemes"),
    "recognition.appraisal": _("appraisals"),
    "recognition.award_round": _("award rounds"),
    "recognition.achievement": _("achievements"),
    "insights.coupling_run": _("coupling analyses"),
    "insights.major_adjustment": _("adjustments of majors"),
}


def name_of(key: str) -> str:
    """The words for a record type; its key when nobody has named it."""
    return str(NAMES.get(key, key))
