"""The sentences of what the red lines find, and the cheapest mend of each, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhixing.agreements.models import Agreement
from zhixing.practice.duties import PlanDuty
from zhixing.practice.placements import InsurancePolicy, Placement
from zhixing.practice.plans import PlanDocument
from zhixing.practice.posts import Hazard, Inspection
from zhixing.practice.running_cases import Recipient
from zhixing.practice.running_results import Evaluation, PaperKind

# Codes of what was found → the sentence, with the names of its numbers.
SENTENCES: dict[str, Any] = {
    "first_year": _("In year of study %(value)s on the first day (entered in %(entry)s)."),
    "birth_unknown": _("The date of birth is not on record, so the age cannot be shown."),
    "too_young": _("%(value)s years old on the first day; the least is %(limit)s."),
    "minor_barred": _("%(value)s years old on the first day, and the work is barred to minors."),
    "minor_guardian": _("%(value)s years old on the first day, and the guardian is no party of the agreement."),
    "women_barred": _("The work is barred to women."),
    "sex_unknown": _("The work is barred to women, and the student's sex is not on record."),
    "venue_class": _("The unit's industry (%(industry)s) is entertainment for profit."),
    "venue_name": _("“%(word)s” in the name points to a place of entertainment."),
    "venue_look": _("The unit's industry (%(industry)s) is near to entertainment: have a look at what it is."),
    "agent_between": _("The post comes through an agent."),
    "agent_class": _("The unit's industry (%(industry)s) is the placing of labour."),
    "agent_name": _("“%(word)s” in the unit's name points to an agency."),
    "stranger_signs": _("The agreement has other parties than school, unit and student: %(names)s."),
    "labour_class": _("Physical labour of class %(value)s; class %(limit)s is the most."),
    "hazard_not_filed": _("High risk without a filing that covers the stretch: %(hazards)s."),
    "rest_days_not_filed": _(
        "Work on rest days without a filing that covers the stretch (%(rest_days)s rest days, %(holidays)s of them holidays)."
    ),
    "rest_days_by_hours": _(
        "By its hours %(week_days)s days a week are worked, without a filing for rest days that covers the stretch"
        " (%(rest_days)s rest days, %(holidays)s of them holidays)."
    ),
    "overtime_not_filed": _("Overtime without a filing that covers the stretch."),
    "night_not_filed": _("Night shifts without a filing that covers the stretch."),
    "hours_unknown": _("The hours a day and a week are not on record."),
    "hours_day": _("%(value)s hours a day are more than %(limit)s."),
    "hours_week": _("%(value)s hours a week are more than %(limit)s."),
    "share_unit": _("%(interns)s interns for %(staff)s staff of the unit are %(value)s%%, more than %(limit)s%%."),
    "share_unit_unknown": _("%(interns)s interns, and the staff of the unit is not on record."),
    "share_post": _(
        "%(interns)s interns for %(staff)s staff in this kind of post are %(value)s%%, more than %(limit)s%%."
    ),
    "share_post_unknown": _("%(interns)s interns, and the staff in this kind of post is not on record."),
    "tasks_unknown": _("The tasks are not described."),
    "classes_unknown": _("Which classes of majors the work belongs to is not on record."),
    "classes_differ": _("The work belongs to class of majors %(post)s, the plan's major to %(major)s."),
    "pay_unknown": _("The pay is not on record."),
    "pay_nothing": _("No pay at all is on record."),
    "wage_unknown": _("Neither the wage of the same post nor the lowest wage grade is on record."),
    "pay_low": _("%(value)s yuan a month are less than the %(limit)s that are the least."),
    "pay_cycle": _("Paid every %(value)s days; %(limit)s are the most."),
    "pay_in_kind": _("Not paid in money."),
    "pay_forwarded": _("Not paid to the student directly."),
    "fees": _("The unit asks for a deposit or fees."),
    "keeps_documents": _("The unit keeps identity papers."),
    "uscc_missing": _("The unit has no unified social credit code."),
    "banned": _("The unit is banned: %(reason)s"),
    "dishonest": _("Unlawful or dishonest by a record of %(day)s that is not cleared."),
    "unsafe": _("A violation of production safety on %(day)s, less than %(years)s years before the start."),
    "unsafe_since": _("A violation of production safety was found on %(day)s, after the start."),
    "inspection_none": _("The unit was not inspected on site before the start."),
    "inspection_outdated": _("The last inspection was valid until %(day)s only."),
    "inspection_unfit": _("The inspection of %(day)s found the unit not fit."),
    "inspection_mend": _("The inspection of %(day)s found the unit fit once mended: see that it was."),
    "inspection_headings": _("The report says nothing on: %(headings)s."),
    "region_unknown": _("The region of the workplace is not on record."),
    "province_not_filed": _("In another province (%(region)s) without a filing that covers the stretch."),
    "abroad_not_filed": _("Beyond the border (%(region)s) without a filing that covers the stretch."),
    "post_mentor_none": _("The post names no mentor yet."),
    "documents_lacking": _("The plan lacks: %(documents)s."),
    "document_late": _("%(document)s was issued on %(day)s, after the start."),
    "list_unpublished": _("The list of units is not published."),
    "list_late": _("The list of units was published on %(day)s, after the start."),
    "weeks_unusual": _("The training plan gives %(value)s weeks; %(usual)s are usual."),
    "weeks_differ": _("%(value)s weeks, and the training plan gives %(plan)s."),
    "consent_student_none": _("The student's consent was not asked for."),
    "consent_student_waiting": _("The student has not yet consented."),
    "consent_student_refused": _("The student refused or took the consent back (%(day)s)."),
    "consent_student_late": _("The student consented on %(day)s, after the start."),
    "consent_guardian_none": _("The guardian's consent was not asked for."),
    "consent_guardian_waiting": _("The guardian has not yet consented."),
    "consent_guardian_refused": _("The guardian refused or took the consent back (%(day)s)."),
    "consent_guardian_late": _("The guardian consented on %(day)s, after the start."),
    "agreement_none": _("There is no tripartite agreement."),
    "agreement_kind": _("The agreement is not a tripartite internship agreement."),
    "agreement_no_school": _("The school is no party of the agreement."),
    "agreement_no_unit": _("The unit of this post is no party of the agreement."),
    "agreement_no_student": _("This student is no party of the agreement."),
    "agreement_unsigned": _("The agreement is not signed by all (%(status)s)."),
    "agreement_late": _("The agreement was signed on %(day)s, after the start."),
    "agreement_short": _("The agreement runs from %(from)s until %(until)s and does not cover the placement."),
    "supervisor_none": _("No supervisor of the school is named."),
    "mentor_none": _("No mentor of the unit is named."),
    "mentor_elsewhere": _("The mentor is not of this unit."),
    "supervisor_load": _("The supervisor looks after %(value)s students at a time; %(limit)s are the most."),
    "mentor_load": _("The mentor has %(value)s students at a time; %(limit)s are the most."),
    "safety_none": _("No safety training and test."),
    "safety_failed": _("The safety test was not passed in %(tries)s tries."),
    "safety_late": _("The safety test was passed on %(day)s, not before the start."),
    "insurance_none": _("On no roster of a liability insurance."),
    "insurance_gap": _("Not insured from %(day)s on."),
    "insurance_charged": _("The premium is charged to the student."),
    "living_elsewhere": _("Lives elsewhere on their own without the guardian's consent."),
    "archive_lacking": _("%(value)s of %(of)s papers of the archive are there; lacking: %(papers)s."),
    "duty_open": _("Nobody has confirmed by name: %(duty)s."),
    "duty_late": _("Confirmed on %(day)s only, after the start: %(duty)s."),
    "weights_onesided": _("In the grade of the last day there is no weight for: %(sides)s."),
    "evaluation_lacking": _("Graded without the evaluation of: %(sides)s."),
    "levels_unset": _("For the last day no least score is set for: %(levels)s."),
    "levels_unordered": _("The least scores of %(levels)s do not lie one below the other."),
    "level_differs": _("A score of %(score)s is “%(wanted)s” by the rules of the last day, not “%(level)s”."),
    "complaints_waiting": _("%(value)s complaints have waited for an answer for more than %(limit)s days."),
    "incident_untold": _("Of the incident of %(day)s not told in time: %(recipients)s."),
    "incident_open": _("The incident of %(day)s has not been dealt with for more than %(limit)s days."),
}

# Codes, or their beginnings, → what mends it with the least effort, and where: a record type, with the page of it.
MENDS: dict[str, tuple[Any, str, str]] = {
    "first_year": (_("Place the student in a later year."), "placement", "detail"),
    "birth": (_("Enter the date of birth."), "student", "edit"),
    "too_young": (_("Let the placement begin after the birthday."), "placement", "edit"),
    "minor_barred": (_("Move the student to another post."), "placement", "edit"),
    "minor_guardian": (_("Add the guardian to the agreement."), "agreement", "detail"),
    "women": (_("Move the student to another post."), "placement", "edit"),
    "sex": (_("Enter the sex."), "student", "edit"),
    "venue_class": (_("Choose another unit."), "post", "detail"),
    "venue": (_("Enter the unit's industry code, or choose another unit."), "organisation", "edit"),
    "agent_between": (_("Agree with the unit itself."), "post", "edit"),
    "agent": (_("Enter the unit's industry code, or choose another unit."), "organisation", "edit"),
    "stranger": (_("Take the other parties out of the agreement."), "agreement", "detail"),
    "labour": (_("Agree on lighter work."), "post", "edit"),
    "hazard": (_("File it with the authority and enter the number."), "filing", "batch"),
    "rest_days": (_("File it with the authority and enter the number."), "filing", "batch"),
    "overtime": (_("File it with the authority and enter the number."), "filing", "batch"),
    "night": (_("File it with the authority and enter the number."), "filing", "batch"),
    "province": (_("File it with the authority and enter the number."), "filing", "batch"),
    "abroad": (_("File it with the authority and enter the number."), "filing", "batch"),
    "hours": (_("Agree on lawful hours and enter them."), "post", "edit"),
    "share_unit_unknown": (_("Enter the staff of the unit."), "post", "edit"),
    "share_post_unknown": (_("Enter the staff in this kind of post."), "post", "edit"),
    "share": (_("Offer fewer places, or let it pass with a reason."), "post", "edit"),
    "tasks": (_("Describe the tasks."), "post", "edit"),
    "classes_unknown": (_("Enter the classes of majors."), "post", "edit"),
    "classes": (_("Offer the post to a fitting major, or let it pass with a reason."), "post", "edit"),
    "pay_low": (_("Agree on more pay."), "post", "edit"),
    "pay": (_("Agree on the pay and enter it."), "post", "edit"),
    "wage": (_("Enter one of the two wages."), "post", "edit"),
    "fees": (_("Have the unit give up the charge."), "post", "edit"),
    "keeps": (_("Have the unit give the papers back."), "post", "edit"),
    "uscc": (_("Enter the code."), "organisation", "edit"),
    "banned": (_("Choose another unit."), "post", "detail"),
    "dishonest": (_("Choose another unit, or enter that the record was cleared."), "organisation", "detail"),
    "unsafe": (_("Choose another unit."), "post", "detail"),
    "inspection_headings": (_("Complete the report."), "inspection", "edit"),
    "inspection": (_("Inspect the unit and enter the report."), "inspection", "add"),
    "region": (_("Enter the region code of the workplace."), "post", "edit"),
    "post_mentor": (_("Name a mentor."), "post", "edit"),
    "document_late": (_("Let the plan begin after the papers are issued."), "plan", "edit"),
    "documents": (_("Add the papers to the plan."), "document", "add"),
    "list": (_("Publish the list and enter the day."), "plan", "edit"),
    "weeks": (_("Set the days by the training plan, or let it pass with a reason."), "placement", "edit"),
    "consent": (_("Ask for the consent by link, or record it from paper."), "placement", "detail"),
    "agreement_none": (_("Make the tripartite agreement."), "placement", "detail"),
    "agreement": (_("Complete the agreement and have it signed."), "agreement", "detail"),
    "supervisor": (_("Name a supervisor with room."), "placement", "edit"),
    "mentor": (_("Name a mentor of the unit with room."), "placement", "edit"),
    "safety": (_("Have the student take the safety test."), "placement", "detail"),
    "insurance_charged": (_("Let the school or the unit pay the premium."), "policy", "list"),
    "insurance": (_("Put the student on the roster of a policy that covers all days."), "policy", "list"),
    "living": (_("Ask for the guardian's consent, or offer housing."), "placement", "detail"),
    "archive": (_("Add the missing papers."), "placement", "detail"),
    "duty_open": (_("Confirm it by name on the start checklist."), "ready", "detail"),
    "duty_late": (_("Have it confirmed before the start next time."), "plan", "detail"),
    "weights": (_("Give both sides a weight in the grade rules."), "grade_rule", "list"),
    "levels": (_("Set the least scores in the grade rules."), "grade_rule", "list"),
    "evaluation": (_("Ask the side that is missing for its evaluation."), "placement", "detail"),
    "level_differs": (_("Look at the grade and its level again."), "placement", "detail"),
    "complaints": (_("The office answers the complaints."), "complaint", "list"),
    "incident": (_("Tell who is to be told, and note what was done."), "incident", "detail"),
}

_LABELS: dict[str, dict[str, Any]] = {
    "hazards": dict(Hazard.choices),
    "headings": dict(Inspection.Heading.choices),
    "documents": dict(PlanDocument.Kind.choices),
    "document": dict(PlanDocument.Kind.choices),
    "papers": dict(PaperKind.choices),
    "kinds": dict(InsurancePolicy.Kind.choices),
    "status": dict(Agreement.Status.choices),
    "duty": dict(PlanDuty.Duty.choices),
    "sides": dict(Evaluation.Side.choices),
    "levels": dict(Placement.Level.choices),
    "level": dict(Placement.Level.choices),
    "wanted": dict(Placement.Level.choices),
    "recipients": dict(Recipient.choices),
}


def _english() -> bool:
    return (get_language() or "").startswith("en")


def together(sentences: Iterable[str]) -> str:
    """Several sentences as one text."""
    return (" " if _english() else "").join(sentences)


def shown(name: str, value: Any) -> str:
    """A number, a code or a list of codes in words."""
    labels = _LABELS.get(name, {})
    if isinstance(value, list | tuple):
        return (", " if _english() else "、").join(str(labels.get(item, item)) for item in value)
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(labels.get(value, value))


def say(code: str, values: Mapping[str, Any]) -> str:
    """The sentence of what was found."""
    sentence = SENTENCES.get(code)
    if sentence is None:
        return code
    return str(sentence) % {name: shown(name, value) for name, value in values.items()}


def mend(code: str) -> tuple[str, str, str]:
    """What mends it with the least effort, and where: the words, the kind of record, the page."""
    best = max((known for known in MENDS if code.startswith(known)), key=len, default="")
    text, target, page = MENDS.get(best, ("", "", ""))
    return str(text), target, page
