"""One table: record type × role → what may be done, and how far it reaches.

Letters: v view, a add, c change, d delete or archive, x export, i import, p approve and other weighty steps, r reveal masked personal data.
Reach: all = the whole school, unit = the role's own unit and all below it, own = records in the person's own name.
What is not written here is not allowed.
"""

from __future__ import annotations

from typing import Any

from zhixing.kernel.scope import RoleTable

_READ_ALL = dict.fromkeys(
    (
        "office",
        "leader",
        "dean",
        "secretary",
        "group_leader",
        "teacher",
        "hr",
        "finance",
        "research",
        "employment",
        "reviewer",
        "auditor",
    ),
    "v:all",
)
_OFFICE_KEEPS = {
    **_READ_ALL,
    "office": "vacdxip:all",
    "leader": "vx:all",
    "dean": "v:all x:unit",
    "secretary": "v:all x:unit",
    "auditor": "vx:all",
}
_COLLEGE_KEEPS = {
    **_OFFICE_KEEPS,
    "dean": "v:all acdxip:unit",
    "secretary": "v:all acdxi:unit",
    "group_leader": "v:all acx:own",
}
# Partners belong to the whole school: a college may add one and change those it keeps.
_PARTNER = {
    **_OFFICE_KEEPS,
    "dean": "v:all ax:all cdip:unit",
    "secretary": "v:all ax:all cdi:unit",
    "group_leader": "va:all cx:unit",
    "teacher": "va:all",
    "employment": "vaxc:all",
    "research": "vaxc:all",
}
_SETTINGS = {**_READ_ALL, "office": "vacdxi:all", "system_admin": "vacdxi:all"}
_PEOPLE = {
    "office": "vacdxi:all r:all",
    "hr": "vacdxir:all",
    "system_admin": "vacx:all",
    "leader": "v:all",
    "dean": "v:all cxr:unit",
    "secretary": "v:all cxi:unit",
    "group_leader": "v:all",
    "teacher": "v:all",
    "finance": "v:all",
    "research": "v:all",
    "employment": "v:all",
    "auditor": "vx:all",
    "security_admin": "v:all",
}
_STUDENTS = {
    "office": "vacdxir:all",
    "leader": "v:all",
    "dean": "vcxir:unit",
    "secretary": "vacxir:unit",
    "group_leader": "vx:unit",
    "teacher": "v:own",
    "employment": "vx:all",
    "student": "v:own",
    "auditor": "v:all",
}
# The school founds, judges and closes an industry college; its own college builds it, whoever directs it may write.
_INDUSTRY_COLLEGE = {
    **_OFFICE_KEEPS,
    "leader": "vxp:all",
    "dean": "v:all acdxi:unit",
    "secretary": "v:all acdxi:unit",
    "group_leader": "v:all cx:own",
    "teacher": "v:all c:own",
}
_OF_INDUSTRY_COLLEGE = {**_COLLEGE_KEEPS, "teacher": "v:all ac:own"}

# What was promised is for those who keep it: a teacher sees the own college's agreements, a student the own.
_AGREEMENT = {**_COLLEGE_KEEPS, "teacher": "v:unit", "student": "v:own"}
# Papers and signatures are made by the acts upon an agreement, and nobody changes them afterwards.
_SIGNED_PAPER = {
    **_READ_ALL,
    "office": "vx:all",
    "leader": "vx:all",
    "dean": "v:all x:unit",
    "secretary": "v:all x:unit",
    "teacher": "v:unit",
    "student": "v:own",
    "auditor": "vx:all",
}

# Taught with firms: the college keeps plans and classes, their leaders those they lead; teachers enter what they used.
_TAUGHT = {**_COLLEGE_KEEPS, "group_leader": "v:all acx:own", "teacher": "v:all", "employment": "vx:all"}
# Who applies, is ranked, trained and hired: for those who run the class, and each student for themself.
_CHOSEN = {
    "office": "vacdxip:all",
    "leader": "v:all",
    "dean": "vacdxip:unit",
    "secretary": "vacdxi:unit",
    "group_leader": "vacx:unit",
    "teacher": "v:own",
    "employment": "vx:all",
    "student": "v:own",
    "auditor": "vx:all",
}
_HIRED = {**_CHOSEN, "employment": "vacxi:all"}
# What is decided about people, and by whom: not theirs to read.
_DECIDED = {role: cell for role, cell in _CHOSEN.items() if role != "student"}

# What practice is made of, for those who run it and look after its students.
_PRACTISED = {**_COLLEGE_KEEPS, "group_leader": "v:all acx:own", "teacher": "v:all"}
# Insurance has a college and no owner: whoever leads majors there reads it.
_INSURED = {
    "office": "vacdxip:all",
    "leader": "v:all",
    "dean": "vacdxip:unit",
    "secretary": "vacdxi:unit",
    "group_leader": "v:unit",
    "finance": "vx:all",
    "auditor": "vx:all",
}

# A college keeps its bases and its head approves them; whoever manages one writes what hangs on it.
_BASE = {**_COLLEGE_KEEPS, "group_leader": "v:all acx:own", "teacher": "v:all c:own", "employment": "vx:all"}
_OF_BASE = {**_COLLEGE_KEEPS, "group_leader": "v:all acx:own", "teacher": "v:all c:own"}
# The major applies; the office runs review, publicity and recognition.
_RECOGNISED = {
    **_OFFICE_KEEPS,
    "dean": "v:all acdxi:unit",
    "secretary": "v:all acdxi:unit",
    "group_leader": "v:all acx:own",
    "teacher": "v:all c:own",
}

# What happened to somebody is reported as it happens; what happened before this system comes from the offices' registers.
_REPORTED = {
    "office": "vacdxip:all",
    "leader": "v:all",
    "dean": "vacdxip:unit",
    "secretary": "vacdxi:unit",
    "group_leader": "vc:unit",
    "teacher": "v:own",
    "auditor": "vx:all",
}
# What students hand in and what the nights count: read, judged, and never rewritten.
_READ_AND_MARKED = {
    "office": "vxp:all",
    "leader": "v:all",
    "dean": "vxp:unit",
    "secretary": "vxp:unit",
    "group_leader": "v:unit",
    "teacher": "vp:own",
    "auditor": "vx:all",
}
# What was said or issued: to be read, and changed by nobody.
_SPOKEN = {
    "office": "vx:all",
    "leader": "v:all",
    "dean": "vx:unit",
    "secretary": "vx:unit",
    "group_leader": "v:unit",
    "teacher": "v:own",
    "employment": "vx:all",
    "student": "v:own",
    "auditor": "vx:all",
}

_STOPPED = {
    "office": "vxp:all",
    "leader": "vxp:all",
    "dean": "vxp:unit",
    "group_leader": "vx:own",
    "reviewer": "vx:all",
    "auditor": "vx:all",
}

ROLE_TABLE = RoleTable(
    {
        "org.school": _SETTINGS,
        "org.academic_year": _SETTINGS,
        "org.term": _SETTINGS,
        "org.unit": {**_SETTINGS, "student": "v:all"},
        "org.unit_name": _SETTINGS,
        "org.major_group": {
            **_OFFICE_KEEPS,
            "dean": "v:all cx:unit",
            "secretary": "v:all cx:unit",
            "group_leader": "v:all c:own",
        },
        "org.major": {
            **_OFFICE_KEEPS,
            "dean": "v:all cx:unit",
            "secretary": "v:all cx:unit",
            "group_leader": "v:all c:own",
        },
        "org.cohort": {**_COLLEGE_KEEPS, "group_leader": "v:all"},
        "org.person": _PEOPLE,
        "org.teacher": {**_PEOPLE, "dean": "v:all cxi:unit"},
        "org.student": _STUDENTS,
        "org.membership": {
            **_READ_ALL,
            "office": "vacdxi:all",
            "system_admin": "vacdxi:all",
            "security_admin": "v:all",
            "hr": "vx:all",
        },
        "org.delegation": {
            **_READ_ALL,
            "office": "vacdxi:all",
            "leader": "v:all acd:own",
            "dean": "v:all acd:own",
            "secretary": "v:all acd:own",
            "group_leader": "v:all acd:own",
        },
        "partners.organisation": _PARTNER,
        "partners.organisation_name": _PARTNER,
        "partners.organisation_tag": _PARTNER,
        "partners.contact": {
            **_PARTNER,
            "office": "vacdxir:all",
            "dean": "v:all a:all cdxir:unit",
            "secretary": "v:all a:all cdxir:unit",
        },
        "partners.industry_link": _COLLEGE_KEEPS,
        "partners.activity": {**_COLLEGE_KEEPS, "teacher": "v:all ac:own", "employment": "vacx:all"},
        "partners.opportunity": {**_COLLEGE_KEEPS, "teacher": "v:own"},
        "partners.need": {
            **_OFFICE_KEEPS,
            "dean": "va:all cdxip:unit",
            "secretary": "va:all cdxi:unit",
            "group_leader": "va:all cx:own",
            "teacher": "v:all c:own",
            "research": "vacx:all",
            "employment": "vacx:all",
        },
        "partners.government_policy": {**_OFFICE_KEEPS, "group_leader": "v:all c:own"},
        # A grant names no person, so a group leader reads it and does not keep it.
        "partners.support_grant": {**_COLLEGE_KEEPS, "group_leader": "v:all", "finance": "vx:all"},
        "partners.demand_survey": _COLLEGE_KEEPS,
        "partners.technology_note": {**_COLLEGE_KEEPS, "teacher": "v:all ac:own"},
        "governance.committee": _COLLEGE_KEEPS,
        "governance.seat": _COLLEGE_KEEPS,
        "governance.meeting": _COLLEGE_KEEPS,
        "governance.resolution": _COLLEGE_KEEPS,
        "governance.task_book": _COLLEGE_KEEPS,
        "governance.task": {
            **_COLLEGE_KEEPS,
            "teacher": "v:all c:own",
            "hr": "v:all c:own",
            "finance": "v:all c:own",
            "research": "v:all c:own",
        },
        "governance.milestone": {**_COLLEGE_KEEPS, "teacher": "v:all c:own"},
        "governance.task_appraisal": {**_COLLEGE_KEEPS, "group_leader": "v:all"},
        "industry_colleges.industry_college": _INDUSTRY_COLLEGE,
        "industry_colleges.charter_section": _OF_INDUSTRY_COLLEGE,
        "industry_colleges.seat": _COLLEGE_KEEPS,
        "industry_colleges.council_meeting": _OF_INDUSTRY_COLLEGE,
        "industry_colleges.construction_plan": _OF_INDUSTRY_COLLEGE,
        "industry_colleges.plan_milestone": _OF_INDUSTRY_COLLEGE,
        "industry_colleges.check": {
            **_INDUSTRY_COLLEGE,
            "dean": "v:all x:unit",
            "secretary": "v:all x:unit",
            "group_leader": "v:all",
            "teacher": "v:all",
        },
        "industry_colleges.resource_allocation": {**_COLLEGE_KEEPS, "finance": "vx:all"},
        "industry_colleges.area": {**_READ_ALL, "office": "vcxi:all", "system_admin": "vcxi:all"},
        "industry_colleges.area_plan": _OF_INDUSTRY_COLLEGE,
        "industry_colleges.area_output": {
            **_OF_INDUSTRY_COLLEGE,
            "research": "v:all ac:own",
            "employment": "v:all ac:own",
        },
        "agreements.agreement_kind": {**_READ_ALL, "office": "vacdxi:all", "student": "v:all"},
        # A version comes in with its Word file, on a page of its own, by whoever may change templates.
        "agreements.template": {**_READ_ALL, "office": "vcdx:all"},
        "agreements.agreement": _AGREEMENT,
        "agreements.agreement_party": {
            **_AGREEMENT,
            "office": "vacdxir:all",
            "dean": "v:all acdxir:unit",
            "secretary": "v:all acdxir:unit",
        },
        "agreements.obligation": {**_COLLEGE_KEEPS, "teacher": "v:own"},
        "agreements.agreement_document": _SIGNED_PAPER,
        "agreements.signature_request": {
            **_SIGNED_PAPER,
            "office": "vcxr:all",
            "dean": "v:all cxr:unit",
            "secretary": "v:all cxr:unit",
            "group_leader": "v:all c:own",
        },
        "agreements.signature": _SIGNED_PAPER,
        # Who may have to sign for the school; which papers follows from who approves them.
        "agreements.school_signature": {"office": "vp:all", "leader": "vp:all", "dean": "vp:unit"},
        "cultivation.training_plan": {**_TAUGHT, "teacher": "v:all c:own"},
        "cultivation.plan_signature": _TAUGHT,
        "cultivation.post": _TAUGHT,
        "cultivation.ability": _TAUGHT,
        "cultivation.plan_course": {**_TAUGHT, "teacher": "v:all ac:own"},
        "cultivation.course_change": _TAUGHT,
        "cultivation.enterprise_project": {**_TAUGHT, "teacher": "v:all ac:own"},
        "cultivation.project_use": {**_TAUGHT, "teacher": "v:all ac:own"},
        "cultivation.shared_resource": {**_TAUGHT, "teacher": "v:all ac:own"},
        "cultivation.order_class": {**_TAUGHT, "teacher": "v:all c:own"},
        "cultivation.order_post": _TAUGHT,
        "cultivation.applicant": _CHOSEN,
        "cultivation.own_choices": {"student": "va:own"},
        "cultivation.own_apprenticeship": {"student": "va:own"},
        "cultivation.student_rank": _CHOSEN,
        "cultivation.firm_rank": _DECIDED,
        "cultivation.roster_entry": {**_CHOSEN, "employment": "vcx:all"},
        "cultivation.hire": _HIRED,
        "cultivation.follow_up": {**_DECIDED, "employment": "vacxi:all"},
        "cultivation.apprenticeship": {**_TAUGHT, "teacher": "v:all c:own"},
        "cultivation.enrolment_plan": _TAUGHT,
        "cultivation.candidate": _CHOSEN,
        "cultivation.apprentice": _CHOSEN,
        "cultivation.master_pair": _CHOSEN,
        "cultivation.rotation": _CHOSEN,
        "cultivation.quality_review": {**_TAUGHT, "teacher": "v:all c:own"},
        "cultivation.circumstance_change": _DECIDED,
        "cultivation.risk": {**_TAUGHT, "teacher": "v:own c:own"},
        "cultivation.playbook_step": {**_READ_ALL, "office": "vacdxi:all"},
        # A student's own pages: where am I, what next.
        "practice.own_practice": {"student": "va:own"},
        "practice.practice_plan": _PRACTISED,
        # Who gives out places; of which plans follows from who may change them.
        "practice.allocation": {"office": "v:all", "dean": "v:unit", "secretary": "v:unit", "group_leader": "v:own"},
        "practice.plan_document": _PRACTISED,
        # Confirmed on the plan's own page, in the confirmer's name; the office may bring in signed sheets.
        "practice.plan_duty": {
            "office": "vdxi:all",
            "leader": "v:all",
            "dean": "v:all dx:unit",
            "secretary": "v:all x:unit",
            "group_leader": "v:all",
            "teacher": "v:all",
            "auditor": "vx:all",
        },
        "practice.supervisor": _PRACTISED,
        "practice.post": {**_PRACTISED, "student": "v:own"},
        # With whom a post is shared is seen where its places are looked at, and said by whoever keeps the post.
        "practice.post_share": _PRACTISED,
        "practice.inspection": {**_PRACTISED, "teacher": "v:all ac:own"},
        # Findings are written by the gate alone; who may approve them may let them pass, where the rule names their role.
        "practice.finding": {**_STOPPED, "secretary": "vx:unit", "teacher": "v:own"},
        "practice.override": {**_STOPPED, "secretary": "vx:unit"},
        "practice.filing": {**_COLLEGE_KEEPS, "group_leader": "v:all"},
        "practice.violation": {**_OFFICE_KEEPS, "dean": "v:all", "secretary": "v:all"},
        "practice.preference": _CHOSEN,
        "practice.post_ranking": _DECIDED,
        # Who supervises grades, evaluates and certifies; who goes where is decided by those who keep the register.
        "practice.placement": {**_CHOSEN, "secretary": "vacdxip:unit", "teacher": "vp:own"},
        "practice.consent": _CHOSEN,
        "practice.insurance_policy": _INSURED,
        "practice.policy_cover": {**_INSURED, "student": "v:own"},
        "practice.safety_question": {**_READ_ALL, "office": "vacdxi:all"},
        "practice.safety_test": _CHOSEN,
        "practice.own_week": {"student": "va:own"},
        "practice.week_entry": {**_READ_AND_MARKED, "office": "vxip:all", "student": "v:own"},
        "practice.presence_signal": {**_CHOSEN, "teacher": "vac:own"},
        "practice.presence_week": _READ_AND_MARKED,
        "practice.presence_weight": {**_READ_ALL, "office": "vacdxi:all"},
        "practice.visit": {**_DECIDED, "teacher": "vac:own"},
        "practice.leave": {**_CHOSEN, "teacher": "vcp:own", "student": "va:own"},
        "practice.placement_change": {**_CHOSEN, "teacher": "vc:own", "student": "va:own"},
        "practice.incident": {**_REPORTED, "teacher": "vac:own", "student": "v:own"},
        "practice.incident_report": {
            **_REPORTED,
            "office": "vacdxp:all",
            "dean": "vacdxp:unit",
            "secretary": "vacdx:unit",
            "teacher": "vc:own",
        },
        "practice.report_duty": {**_READ_ALL, "office": "vacdxi:all"},
        # For the office alone; whoever complained reads the own complaint and its answer.
        "practice.complaint": {"office": "vacxipr:all", "auditor": "v:all", "student": "v:own"},
        "practice.evaluation": {**_SPOKEN, "office": "vxi:all"},
        "practice.grade_rule": {**_READ_ALL, "office": "vacdxi:all"},
        "practice.run_rule": {**_READ_ALL, "office": "vacdxi:all"},
        # What was handed in stays as it was when the school looked at it.
        "practice.archive_paper": {**_CHOSEN, "teacher": "vac:own", "student": "va:own"},
        "practice.certificate": {**_SPOKEN, "office": "vxp:all", "dean": "vxp:unit"},
        "bases.base": _BASE,
        "bases.safety_check": _OF_BASE,
        # The assets office accepts what firms deliver and values it.
        "bases.contribution": {**_OF_BASE, "finance": "vxcp:all"},
        "bases.benefit_statement": {**_OF_BASE, "finance": "vx:all"},
        "bases.room": _OF_BASE,
        # Rooms are shared: whoever teaches books any of them, and cancels what is booked in the own name.
        "bases.booking": {**_COLLEGE_KEEPS, "group_leader": "va:all cx:own", "teacher": "va:all c:own"},
        "bases.base_use": {**_OF_BASE, "teacher": "v:all ac:own"},
        "bases.resident_unit": _OF_BASE,
        # Finance knows what came in.
        "bases.revenue_share": {**_OF_BASE, "finance": "vacx:all"},
        "bases.guide": {**_OF_BASE, "hr": "vx:all"},
        "bases.place_capacity": {**_OF_BASE, "employment": "vx:all"},
        "bases.practice_demand": {**_COLLEGE_KEEPS, "employment": "vx:all"},
        "bases.base_plan": _COLLEGE_KEEPS,
        "bases.term_summary": {**_COLLEGE_KEEPS, "group_leader": "v:all acx:own", "teacher": "v:all c:own"},
        "bases.base_recognition": _RECOGNISED,
        # What an expert thinks is for those who run the review, and each expert's own.
        "bases.recognition_review": {
            "office": "vacdxip:all",
            "leader": "v:all",
            "dean": "v:unit",
            "reviewer": "v:own",
            "auditor": "vx:all",
            "teacher": "v:own",
        },
        "bases.recognition_criterion": {**_READ_ALL, "office": "vacdxi:all"},
        "policy.policy": {**_READ_ALL, "office": "vx:all"},
        "policy.clause": _READ_ALL,
        "policy.duty": _READ_ALL,
        "policy.rule": {**_READ_ALL, "office": "vxp:all", "leader": "vxp:all"},
        "policy.rule_version": {**_READ_ALL, "office": "vxp:all", "leader": "vxp:all"},
        "policy.standing": {
            **_READ_ALL,
            "office": "vxp:all",
            "leader": "vx:all",
            "dean": "v:all x:unit",
            "auditor": "vx:all",
        },
        "policy.waiver": {**_READ_ALL, "office": "vaxp:all", "leader": "vxp:all", "dean": "v:all ax:unit"},
        "policy.acknowledgement": {
            **_READ_ALL,
            # Each unit signs for itself; the office may bring in sheets that were signed on paper.
            "office": "vxi:all a:unit",
            **dict.fromkeys(("dean", "secretary", "hr", "finance", "research", "employment"), "v:all a:unit"),
        },
        # The office and the school's leader close a year; what it would be by today's records is theirs to ask too.
        "policy.year_close": {
            **dict.fromkeys(("dean", "secretary", "reviewer"), "v:all"),
            "office": "vxp:all",
            "leader": "vxp:all",
            "auditor": "vx:all",
        },
        "policy.recount": {
            **dict.fromkeys(("dean", "secretary", "reviewer"), "v:all"),
            "office": "va:all",
            "leader": "va:all",
            "auditor": "v:all",
        },
        "insights.report": {
            "office": "va:all",
            "leader": "va:all",
            **dict.fromkeys(("dean", "secretary"), "va:unit"),
            **dict.fromkeys(("reviewer", "auditor"), "v:all"),
        },
        "kernel.event": {"office": "vx:all", "auditor": "vx:all", "audit_admin": "vx:all", "security_admin": "v:all"},
        "kernel.approval_route": {**_READ_ALL, "office": "vacdxi:all"},
    }
)


def role_name(role: str) -> Any:
    """The words for a role."""
    from zhixing.org.models import Role  # the table is installed before the models are ready

    return Role(role).label if role in Role.values else role
