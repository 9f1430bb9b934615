"""What people do with industry colleges. Buttons, bulk, API and commands call these; each refuses with ValidationError.

Source: 四（二）1 (charter, council, construction, resources), 四（二）2 (ten areas).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.industry_colleges import queries
from zhixing.industry_colleges.models import (
    Area,
    AreaOutput,
    AreaPlan,
    CharterSection,
    Check,
    ConstructionPlan,
    IndustryCollege,
    PlanMilestone,
    Seat,
)
from zhixing.kernel import events
from zhixing.kernel.acting import add, changing
from zhixing.kernel.approval import submit
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import AcademicYear

_LEVELS = list(IndustryCollege.Level.values)


def _not_in_future(day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")


# The college: from plan to acceptance -----------------------------------------------------------------------------


def submit_college(college: IndustryCollege, *, by: Actor, comment: str = "") -> None:
    """Send an industry college for approval: it names the organisation that leads it with the school, and a director."""
    if college.lead_organisation_id is None or college.director_id is None:
        raise ValidationError(_("Name the lead organisation and the director first."), code="incomplete")
    submit(college, by=by, comment=comment)


def begin_to_build(college: IndustryCollege, *, by: Actor, comment: str = "") -> None:
    """Building begins with a construction plan in force (四（二）1)."""
    if not college.plans.filter(status=ConstructionPlan.Status.APPROVED, archived_at=None).exists():
        raise FlowError(_("Approve a construction plan first: building follows it."), code="no_plan")
    with step(college, "build", by=by, comment=comment):
        pass


def _record_check(college: IndustryCollege, kind: str, key: str, *, by: Actor, **said: Any) -> Check:
    """Keep what the experts found; the college moves on only when they passed it."""
    _not_in_future(said["held_on"])
    passed = said["verdict"] == Check.Verdict.PASSED
    comment, check = said.pop("comment", ""), Check(college=college, kind=kind, **said)
    with transaction.atomic():
        if passed:
            with step(college, key, by=by, comment=comment, verdict=check.verdict):
                pass
        else:
            with changing(
                college, key, by=by, comment=check.findings, capability="approve", verdict=check.verdict
            ) as row:
                if row.status not in IndustryCollege.flow[key].sources:  # type: ignore[index]
                    raise FlowError(_("This check is not due in the college's present state."), code="wrong_state")
        return add(check, by=by, follows=True)


def record_mid_check(
    college: IndustryCollege,
    *,
    by: Actor,
    held_on: date,
    experts: str,
    verdict: str,
    score: Decimal | None = None,
    findings: str = "",
    comment: str = "",
) -> Check:
    """中期检查: what experts found half way. Passed, the college goes on towards acceptance."""
    said = {"held_on": held_on, "experts": experts, "verdict": verdict, "score": score, "findings": findings}
    return _record_check(college, Check.Kind.MID, "mid_check", by=by, comment=comment, **said)


def record_acceptance(
    college: IndustryCollege,
    *,
    by: Actor,
    held_on: date,
    experts: str,
    verdict: str,
    score: Decimal | None = None,
    findings: str = "",
    comment: str = "",
) -> Check:
    """验收: what experts found at the end. It is passed only when every milestone of the plan in force is done."""
    if verdict == Check.Verdict.PASSED:
        waiting = PlanMilestone.objects.filter(
            plan__college=college, plan__status=ConstructionPlan.Status.APPROVED, done_on=None, archived_at=None
        )
        titles = list(waiting.order_by("due").values_list("title", flat=True))
        if titles:
            raise ValidationError(
                _("These milestones of the plan are not done: %(titles)s."),
                code="open_milestones",
                params={"titles": "；".join(titles)},
            )
    said = {"held_on": held_on, "experts": experts, "verdict": verdict, "score": score, "findings": findings}
    return _record_check(college, Check.Kind.ACCEPTANCE, "accept", by=by, comment=comment, **said)


def recognise(
    college: IndustryCollege,
    *,
    by: Actor,
    level: str,
    recognised_on: date,
    recognition_number: str = "",
    comment: str = "",
) -> None:
    """认定: the school, the province or the nation recognises a college; a level is never lowered this way."""
    _not_in_future(recognised_on)
    with changing(college, "recognise", by=by, comment=comment, capability="approve", level=level) as row:
        if row.approved_on is None or row.status == IndustryCollege.Status.CLOSED:
            raise FlowError(_("Only an industry college that runs can be recognised."), code="wrong_state")
        if _LEVELS.index(level) < _LEVELS.index(row.level):
            raise FlowError(_("It is already recognised at a higher level."), code="lower_level")
        row.level, row.recognised_on, row.recognition_number = level, recognised_on, recognition_number


def close(college: IndustryCollege, *, by: Actor, closed_on: date, comment: str = "") -> None:
    """End an industry college on a day, for a reason that stays on its page. It is judged until that day."""
    _not_in_future(closed_on)
    with step(college, "close", by=by, comment=comment, closed_on=closed_on.isoformat()) as row:
        row.ends_on, row.close_reason = closed_on, comment.strip()[:300]


# Charter and council ----------------------------------------------------------------------------------------------


def _lock(college: IndustryCollege) -> None:
    """Whoever numbers versions holds the college, so that two at the same moment do not make the same one."""
    IndustryCollege._base_manager.select_for_update(of=("self",)).get(pk=college.pk)


def new_charter(college: IndustryCollege, *, by: Actor, comment: str = "") -> list[CharterSection]:
    """Open the next version of the charter with its four parts, each with the text that held last."""
    if not by.can_on(college, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    with transaction.atomic():
        _lock(college)
        parts = college.charter_sections.filter(archived_at=None)
        if parts.filter(signed_on=None).exists():
            raise FlowError(_("A version of the charter is still to be signed."), code="open_version")
        last = college.charter_sections.aggregate(last=Max("version"))["last"] or 0
        texts = dict(parts.filter(version=last).values_list("part", "text"))
        made = [
            CharterSection(college=college, version=last + 1, part=part, text=texts.get(part, ""))
            for part in CharterSection.Part.values
        ]
        for section in made:
            add(section, by=by, comment=comment, follows=True)
    return made


def sign_charter(college: IndustryCollege, *, by: Actor, signed_on: date, comment: str = "") -> int:
    """Put the open version of the charter in force: all four parts have their text (四（二）1). Returns its number."""
    _not_in_future(signed_on)
    if not by.can_on(college, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    with transaction.atomic():
        _lock(college)
        waiting = college.charter_sections.filter(signed_on=None, archived_at=None)
        version = waiting.aggregate(last=Max("version"))["last"]
        if version is None:
            raise FlowError(_("There is no version of the charter to sign."), code="no_version")
        parts = {part.part: part for part in college.charter_sections.filter(version=version, archived_at=None)}
        lacking = [
            label for part, label in CharterSection.Part.choices if part not in parts or not parts[part].text.strip()
        ]
        if lacking:
            raise ValidationError(
                _("These parts of the charter have no text yet: %(parts)s."),
                code="incomplete",
                params={"parts": "、".join(str(label) for label in lacking)},
            )
        for part in parts.values():
            if part.signed_on is None:
                part.signed_on = signed_on
                part.save()
        data = {"version": version, "signed_on": signed_on.isoformat()}
        events.log(college, "sign_charter", by=by, comment=comment, data=data)
    return version


def end_seat(seat: Seat, *, by: Actor, ends_on: date, comment: str = "") -> None:
    """Let a seat end on a day, the last on which it counts."""
    with changing(seat, "end", by=by, comment=comment, ends_on=ends_on.isoformat()) as row:
        if row.ends_on and row.ends_on <= ends_on:
            raise FlowError(
                _("The seat already ends on %(day)s."), code="ended", params={"day": row.ends_on.isoformat()}
            )
        row.ends_on = ends_on


# Construction plan ------------------------------------------------------------------------------------------------


def submit_plan(plan: ConstructionPlan, *, by: Actor, comment: str = "") -> None:
    """Send a construction plan for approval: it says its goals and has milestones, each with an owner."""
    milestones = plan.milestones.filter(archived_at=None)
    if not plan.goals.strip() or not milestones.exists():
        raise ValidationError(_("A plan says its goals and has milestones."), code="empty")
    lacking = list(milestones.filter(owner=None).order_by("due").values_list("title", flat=True))
    if lacking:
        raise ValidationError(
            _("These milestones have no owner: %(titles)s."), code="incomplete", params={"titles": "；".join(lacking)}
        )
    submit(plan, by=by, comment=comment)


def new_plan_version(plan: ConstructionPlan, *, by: Actor, comment: str) -> ConstructionPlan:
    """Change an approved plan: a draft of the next version with its milestones. The old holds until the new is approved."""
    if not by.can_on(plan, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    if plan.status != ConstructionPlan.Status.APPROVED:
        raise FlowError(_("Only the plan in force is followed by a new version."), code="wrong_state")
    with transaction.atomic():
        _lock(plan.college)
        last = plan.college.plans.aggregate(last=Max("version"))["last"]
        following = ConstructionPlan(
            college=plan.college, version=last + 1, starts_on=plan.starts_on, ends_on=plan.ends_on, goals=plan.goals
        )
        add(following, by=by, comment=comment, follows=True)
        for old in plan.milestones.filter(archived_at=None).order_by("due", "pk"):
            kept = ("title", "due", "owner_id", "deliverable", "done_on")
            values = {name: getattr(old, name) for name in kept}
            add(PlanMilestone(plan=following, **values), by=by, follows=True)
    return following


def finish_milestone(milestone: PlanMilestone, *, by: Actor, done_on: date, comment: str = "") -> None:
    """Record a milestone as done on a day; only a plan in force has milestones to finish."""
    _not_in_future(done_on)
    if milestone.plan.status != ConstructionPlan.Status.APPROVED:
        raise FlowError(_("The plan is not in force."), code="wrong_state")
    with changing(milestone, "finish", by=by, comment=comment, done_on=done_on.isoformat()) as row:
        if row.done_on:
            raise FlowError(_("This milestone is already done."), code="done")
        row.done_on = done_on


# Ten areas --------------------------------------------------------------------------------------------------------


def record_output(
    college: IndustryCollege,
    *,
    by: Actor,
    area: Area,
    title: str,
    made_on: date,
    quantity: int = 1,
    measured_in: str = "",
    link: str = "",
    comment: str = "",
) -> str:
    """Record an output in an area; returns the address of its page, where its proof is added."""
    _not_in_future(made_on)
    output = AreaOutput(
        college=college,
        area=area,
        title=title,
        made_on=made_on,
        quantity=quantity,
        measured_in=measured_in,
        link=link,
        recorded_by_id=by.person_id,
    )
    add(output, by=by, comment=comment)
    sheet = sheet_for(AreaOutput)
    return sheet.url("detail", output.pk) if sheet else ""


def record_planned_output(plan: AreaPlan, *, by: Actor, **said: Any) -> str:
    """The same from an area's plan: college and area are known."""
    return record_output(plan.college, by=by, area=plan.area, **said)


def copy_area_plans(college: IndustryCollege, *, by: Actor, year: AcademicYear, comment: str = "") -> int:
    """Take the plans of the year before over into `year`, area by area; areas already planned stay. Returns how many."""
    if not by.can_on(college, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    before = AcademicYear.objects.filter(ends_on__lt=year.starts_on).order_by("-ends_on").first()
    old = list(queries.plans_of(college.pk, before)) if before else []
    if not old:
        raise FlowError(_("There are no plans of the year before to copy."), code="nothing")
    there = set(AreaPlan.objects.filter(college=college, year=year).values_list("area_id", flat=True))
    kept = ("college_id", "area_id", "goal", "planned", "owner_id")
    with transaction.atomic():
        made = [
            AreaPlan(year=year, **{name: getattr(plan, name) for name in kept})
            for plan in old
            if plan.area_id not in there
        ]
        for plan in made:
            add(plan, by=by, comment=comment, follows=True)
    return len(made)
