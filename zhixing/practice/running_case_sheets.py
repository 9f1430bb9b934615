"""How the cases of running placements look and are acted upon: leave, changes, incidents, complaints."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action
from zhixing.practice import models, running_forms, running_panels
from zhixing.practice import running_actions as actions
from zhixing.practice.running_columns import PLACED, SEARCH, STUDENT


class LeaveSheet(Sheet):
    model = models.Leave
    icon = "calendar"
    description = _("Who is away from the workplace, why, and who granted it.")
    columns = (
        "placement__student",
        "kind",
        "starts_on",
        "ends_on",
        "reason",
        "placement__post__organisation",
        "status",
    )
    filters = ("status", "kind", "starts_on", "ends_on", *PLACED, "placement__supervisor")
    tabs = "status"
    search = (*SEARCH, "reason")
    groups = ((pgettext_lazy("absence", "Leave"), ("placement", "kind", "starts_on", "ends_on", "reason", "status")),)
    actions = (
        flow_action(models.Leave.flow, "grant", actions.grant_leave),
        flow_action(models.Leave.flow, "refuse", actions.refuse_leave),
        flow_action(models.Leave.flow, "withdraw"),
    )
    natural_key = ("placement", "starts_on", "status")
    synonyms = {
        "placement": STUDENT,
        "kind": ("请假类型", "类型"),
        "starts_on": ("请假开始日期", "开始日期"),
        "ends_on": ("请假结束日期", "结束日期"),
        "reason": ("请假事由", "事由", "原因"),
        "status": ("状态",),
    }


class PlacementChangeSheet(Sheet):
    model = models.PlacementChange
    icon = "refresh"
    description = _("Changes of post and early ends: who asked, why, and what came of it.")
    columns = ("placement__student", "kind", "asked_by", "from_on", "new_post", "reason", "status")
    filters = ("status", "kind", "asked_by", "from_on", "new_post", *PLACED, "placement__supervisor")
    tabs = "status"
    search = (*SEARCH, "reason")
    groups = ((_("Change"), ("placement", "kind", "asked_by", "from_on", "new_post", "reason", "status")),)
    actions = (
        flow_action(models.PlacementChange.flow, "support"),
        flow_action(models.PlacementChange.flow, "grant", actions.grant_change),
        flow_action(models.PlacementChange.flow, "refuse", actions.refuse_change),
        flow_action(models.PlacementChange.flow, "withdraw"),
    )
    natural_key = ("placement", "kind", "from_on", "status")
    synonyms = {
        "placement": STUDENT,
        "kind": ("变更类型", "类型"),
        "asked_by": ("提出方", "申请方"),
        "from_on": ("变更日期", "生效日期"),
        "new_post": ("新岗位", "变更后岗位"),
        "reason": ("变更原因", "原因"),
        "status": ("状态",),
    }


def _untold() -> Any:
    rows = models.IncidentReport.objects.filter(incident=OuterRef("pk"), status="waiting", archived_at=None)
    counted = rows.order_by().values("incident").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class IncidentSheet(Sheet):
    model = models.Incident
    icon = "alert"
    description = _("What happened to whom, who was told within the time set for it, and what was done.")
    columns = (
        "placement__student",
        "kind",
        "severity",
        "happened_at",
        "untold",
        "placement__post__organisation",
        "status",
    )
    computed = {
        "untold": Computed(
            _("still to be told"),
            _untold(),
            rows=("practice.incident_report", "incident"),
            tone=lambda value: "bad" if value else "",
        )
    }
    filters = ("status", "kind", "severity", "happened_at", *PLACED, "placement__supervisor")
    tabs = "status"
    search = (*SEARCH, "text")
    groups = (
        (_("Incident"), ("placement", "kind", "severity", "happened_at", "place", "text", "reporter", "status")),
        (_("Dealt with"), ("measures", "closed_on")),
    )
    actions = (
        flow_action(models.Incident.flow, "handle", actions.handle_incident),
        Action(
            "worsen",
            _("Change the gravity"),
            actions.worsen_incident,
            icon="alert",
            form=running_forms.WorsenForm,
            comment="required",
            available=lambda incident: incident.status == "open",
        ),
        flow_action(models.Incident.flow, "close", actions.close_incident),
        flow_action(models.Incident.flow, "reopen"),
    )
    panels = (running_panels.incident_panel,)
    by_steps = frozenset({"closed_on"})
    natural_key = ("placement", "happened_at", "kind")
    synonyms = {
        "placement": STUDENT,
        "kind": ("事件类型", "类型"),
        "severity": ("严重程度", "等级"),
        "happened_at": ("发生时间", "时间"),
        "place": ("发生地点", "地点"),
        "text": ("事件经过", "经过"),
        "measures": ("处理措施", "措施"),
        "reporter": ("报告人",),
        "closed_on": ("结案日期",),
        "status": ("状态",),
    }


class IncidentReportSheet(Sheet):
    model = models.IncidentReport
    icon = "bell"
    description = _("The chain of an incident: who is to be told by when, and when they were.")
    columns = ("incident", "recipient", "due_at", "told_at", "how", "status")
    filters = (
        "status",
        "recipient",
        "due_at",
        "incident",
        "incident__severity",
        "incident__placement__plan__major__unit",
    )
    tabs = "status"
    search = ("incident__placement__student__name", "incident__placement__student__number", "how")
    groups = ((_("Report"), ("incident", "recipient", "due_at", "told_at", "how", "status")),)
    actions = (flow_action(models.IncidentReport.flow, "tell", actions.tell, form=running_forms.TellForm),)
    natural_key = ("incident", "recipient")
    not_imported = _(
        "An incident writes its own chain of reports when it is entered or brought in; who was told, when and how is noted on each."
    )


class ComplaintSheet(Sheet):
    model = models.Complaint
    icon = "message"
    description = _("Complaints, for the office alone.")
    columns = ("number", "subject", "source", "received_on", "answered_on", "status")
    filters = ("status", "subject", "source", "received_on", "answered_on")
    tabs = "status"
    search = ("number", "text", "answer")
    groups = (
        (_("Complaint"), ("number", "subject", "text", "received_on", "status")),
        (_("From"), ("source", "complainant", "name", "contact_phone", "placement")),
        (_("Answer"), ("answer", "answered_on")),
    )
    actions = (
        flow_action(models.Complaint.flow, "take"),
        flow_action(models.Complaint.flow, "answer", actions.answer_complaint, form=running_forms.AnswerForm),
    )
    by_steps = frozenset({"answer", "answered_on"})
    natural_key = ("number",)
    synonyms = {
        "number": ("投诉编号", "编号"),
        "complainant": ("投诉人工号", "投诉人"),
        "source": ("来源", "投诉来源"),
        "name": ("姓名", "投诉人姓名"),
        "contact_phone": ("联系电话", "电话"),
        "subject": ("投诉事项", "事项"),
        "text": ("投诉内容", "内容"),
        "received_on": ("受理日期", "收到日期"),
        "answer": ("答复内容", "答复"),
        "answered_on": ("答复日期",),
        "placement": ("学号", "学生"),
        "status": ("状态",),
    }
