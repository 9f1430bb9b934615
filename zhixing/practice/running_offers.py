"""What running adds to a placement's own page: related registers, panels and what can be done."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Action, flow_action
from zhixing.practice import certificates, models, running_forms, running_grades, running_links, running_panels
from zhixing.practice import running_actions as actions


def _runs(placement: Any) -> bool:
    return placement.status == "running"


def _over(placement: Any) -> bool:
    return placement.status == "ended"


def _asks(placement: Any, actor: Actor) -> bool:
    """Whoever is the student, or looks after the placement, is offered what a student may start."""
    if actor.person_id is not None and placement.student.person_id == actor.person_id:
        return True
    return bool(actor.able_on(placement, "change", "approve"))


PLACEMENT_RELATED = ("leaves", "placement_changes", "incidents")
PLACEMENT_PANELS = (running_panels.placement_panel,)
PLACEMENT_ACTIONS = (
    flow_action(models.Placement.flow, "end", actions.end_placement),
    flow_action(models.Placement.flow, "break", actions.break_placement),
    flow_action(models.Placement.flow, "grade", running_grades.accept_grade),
    Action(
        "edit_grade",
        _("Another grade"),
        running_grades.edit_grade,
        capability="approve",
        icon="edit",
        form=running_forms.EditGradeForm,
        available=_over,
    ),
    Action(
        "evaluate",
        _("Evaluate for the school"),
        running_panels.evaluate_for_school,
        capability="approve",
        icon="star",
        form=running_forms.EvaluateForm,
        available=lambda placement: placement.status in ("running", "ended"),
    ),
    Action(
        "certify",
        _("Issue the certificate"),
        certificates.issue,
        capability="approve",
        icon="shield",
        primary=True,
        available=lambda placement: placement.status == "graded" and placement.level != "fail",
    ),
    Action(
        "ask_leave",
        _("Ask for leave"),
        actions.ask_leave,
        capability="view",
        icon="calendar",
        form=running_forms.LeaveForm,
        available=_runs,
        offered=_asks,
    ),
    Action(
        "ask_change",
        _("Ask for a change or an early end"),
        actions.ask_change,
        capability="view",
        icon="refresh",
        form=running_forms.ChangeForm,
        available=_runs,
        offered=_asks,
    ),
    Action(
        "report_incident",
        _("Report an incident"),
        actions.report_incident,
        capability="view",
        icon="alert",
        form=running_forms.IncidentForm,
        available=lambda placement: placement.status in ("running", "ended"),
        offered=_asks,
    ),
    Action(
        "add_signal",
        _("Note a presence signal"),
        actions.add_signal,
        capability="approve",
        icon="pin",
        form=running_forms.SignalForm,
        available=_runs,
    ),
    Action(
        "mentor_link",
        _("Link for the mentor"),
        running_links.mentor_link,
        capability="approve",
        icon="link",
        form=running_forms.MentorLinkForm,
        available=lambda placement: placement.mentor_id is not None,
    ),
    Action(
        "guardian_link",
        _("Link for the guardian"),
        running_links.guardian_link,
        capability="approve",
        icon="link",
        form=running_forms.GuardianLinkForm,
    ),
    Action(
        "evaluation_link",
        _("Link for an evaluation"),
        running_links.evaluation_link,
        capability="approve",
        icon="star",
        form=running_forms.EvaluationLinkForm,
        available=lambda placement: placement.status in ("running", "ended"),
    ),
)
