"""What is done with training plans: to the firms, signed by them, approved, replaced (四（三）1, D-28)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.cultivation.models import CourseChange, OrderClass, PlanCourse, PlanSignature, TrainingPlan
from zhixing.kernel import approval, changes
from zhixing.kernel.acting import add
from zhixing.kernel.flow import FlowError, step
from zhixing.kernel.scope import Actor
from zhixing.partners.models import Organisation

if TYPE_CHECKING:
    from zhixing.agreements.models import Agreement

Status = TrainingPlan.Status


def _has_courses(plan: TrainingPlan) -> None:
    if not plan.courses.filter(archived_at=None).exists():
        raise ValidationError(_("A training plan without courses goes nowhere: add its courses first."), code="empty")


def send_to_firms(plan: TrainingPlan, *, by: Actor, comment: str = "") -> None:
    """Hand a draft to the firms that write it. Earlier signatures stood under an earlier text and no longer count."""
    if not plan.organisations.exists():
        raise ValidationError(_("Name the firms that write the plan with you first."), code="no_firm")
    _has_courses(plan)
    with step(plan, "send", by=by, comment=comment) as locked:
        for signature in locked.signatures.all():
            signature.delete()


def unsigned(plan: TrainingPlan) -> list[Organisation]:
    """The firms named in a plan that have not signed it."""
    signed = plan.signatures.filter(archived_at=None).values("organisation")
    return list(plan.organisations.exclude(pk__in=signed).order_by("name"))


def submit_plan(plan: TrainingPlan, *, by: Actor, comment: str = "") -> None:
    """Send a plan for approval: it has courses, and every firm named in it has signed."""
    _has_courses(plan)
    missing = unsigned(plan)
    if missing and plan.status == Status.DRAFT:
        raise FlowError(_("Send the plan to the firms named in it first."), code="not_sent")
    if missing:
        raise FlowError(
            _("These firms have not signed yet: %(firms)s."),
            code="unsigned",
            params={"firms": "、".join(firm.name for firm in missing)},
        )
    approval.submit(plan, by=by, comment=comment)


def record_signature(
    plan: TrainingPlan,
    *,
    by: Actor,
    organisation: Organisation,
    contact_name: str,
    signed_on: date,
    agreement: Agreement | None = None,
    opinion: str = "",
    comment: str = "",
) -> PlanSignature:
    """Record that a firm put its name under a plan; a firm not named in it so far is named from now on.

    Of two who record the same firm at once one gets through.
    """
    if signed_on > timezone.localdate():
        raise ValidationError(_("The day must not be in the future."), code="future")
    if not by.can_on(plan, "change"):
        raise FlowError(_("You may not change this record."), code="forbidden")
    with transaction.atomic():
        locked = TrainingPlan._base_manager.select_for_update(of=("self",)).get(pk=plan.pk)
        if locked.status not in (Status.FIRM_REVIEW, Status.COMMITTEE, Status.APPROVED):
            raise FlowError(
                _("A plan that is “%(state)s” is not signed: send it to the firms first."),
                code="wrong_state",
                params={"state": locked.get_status_display()},
            )
        signature = PlanSignature(
            plan=locked,
            organisation=organisation,
            contact_name=contact_name.strip(),
            signed_on=signed_on,
            agreement=agreement,
            opinion=opinion,
        )
        add(signature, by=by, comment=comment, follows=True)
        locked.organisations.add(organisation)
    return signature


def _next_name(plan: TrainingPlan) -> tuple[str, str]:
    """Code and title of the next version: each tells it from the one it replaces."""
    number = plan.version + 1
    code, title = re.sub(r"-V[0-9]+$", "", plan.code), re.sub(r"（第[0-9]+版）$", "", plan.title)
    return f"{code}-V{number}", f"{title}（第{number}版）"


def new_version(plan: TrainingPlan, *, by: Actor, comment: str = "") -> TrainingPlan:
    """Change an approved plan: a draft of the next version carries on its courses, map, firms and classes.

    The old one stays readable as “replaced”, with its signatures. Returns the new version.
    """
    with transaction.atomic():
        if not by.can_on(plan, "change"):
            raise FlowError(_("You may not change this record."), code="forbidden")
        with step(plan, "replace", by=by, comment=comment, version=plan.version + 1):
            pass
        code, title = _next_name(plan)
        following = TrainingPlan(
            code=code,
            title=title,
            major_id=plan.major_id,
            entry_year=plan.entry_year,
            version=plan.version + 1,
            replaces=plan,
            author_id=plan.author_id,
            change_reason=comment,
            note=plan.note,
        )
        add(following, by=by, comment=comment, follows=True)
        for name in ("cohorts", "organisations", "posts"):
            getattr(following, name).set(getattr(plan, name).all())
        for course in plan.courses.filter(archived_at=None).prefetch_related("abilities").order_by("pk"):
            kept = ("code", "name", "kind", "term_number", "hours", "practice_hours", "organisation_id")
            copy = PlanCourse(plan=following, **{name: getattr(course, name) for name in kept})
            add(copy, by=by, follows=True)
            copy.abilities.set(course.abilities.all())
    return following


_COMPARED = ("name", "kind", "term_number", "hours", "practice_hours", "organisation")


def _changed(old: PlanCourse, new: PlanCourse) -> list[str]:
    """What a course became, in words: “hours: 48 → 64”."""
    said = []
    for name in _COMPARED:
        if getattr(old, name) != getattr(new, name):
            field = PlanCourse._meta.get_field(name)
            words = [
                str(course._get_FIELD_display(field) if field.choices else getattr(course, name) or "—")  # type: ignore[attr-defined]
                for course in (old, new)
            ]
            said.append(f"{field.verbose_name}: {' → '.join(words)}")  # type: ignore[union-attr]
    return said


def log_course_changes(plan: TrainingPlan) -> list[CourseChange]:
    """Note what a version changed against the one it replaces, and let living order classes follow to it.

    Called when the version is approved; nothing is typed that can be compared.
    """
    if plan.replaces is None:
        return []
    before = {course.code: course for course in plan.replaces.courses.select_related("organisation")}
    after = {course.code: course for course in plan.courses.filter(archived_at=None).select_related("organisation")}
    kinds, today = CourseChange.Kind, timezone.localdate()
    found: list[tuple[str, PlanCourse | None, str, list[str]]] = []
    for code, course in after.items():
        old = before.get(code)
        if old is None:
            found.append((kinds.ADDED, course, course.name, []))
        elif what := _changed(old, course):
            found.append((kinds.CHANGED, course, course.name, what))
    found += [(kinds.REMOVED, None, course.name, []) for code, course in before.items() if code not in after]
    made = [
        CourseChange(
            plan=plan,
            course=course,
            course_name=name,
            kind=kind,
            changed_on=today,
            what="；".join(what)[:300],
            reason=plan.change_reason or "—",
        )
        for kind, course, name, what in found
    ]
    written = CourseChange.objects.bulk_create(made)
    changes.touched(CourseChange, [row.pk for row in written])
    _carry_classes(plan, after)
    return written


def _carry_classes(plan: TrainingPlan, courses: dict[str, PlanCourse]) -> None:
    living = OrderClass.objects.filter(plan=plan.replaces, archived_at=None).exclude(
        status__in=(OrderClass.Status.FINISHED, OrderClass.Status.CLOSED, OrderClass.Status.CANCELLED)
    )
    for order_class in living.prefetch_related("courses"):
        tailored = [courses[course.code] for course in order_class.courses.all() if course.code in courses]
        order_class.plan = plan
        order_class.save(update_fields=["plan", "updated_at"])
        order_class.courses.set(tailored)
