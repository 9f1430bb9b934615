"""How the registers of running placements look, are acted upon and are imported."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action
from zhixing.practice import (
    certificates,
    models,
    running_forms,
    running_grades,
    running_links,
    running_panels,
    running_papers,
)
from zhixing.practice import running_actions as actions

_PLACED = ("placement", "placement__plan", "placement__plan__major__unit", "placement__post__organisation")
_SEARCH = ("placement__student__name", "placement__student__number", "placement__post__organisation__name")
_PLACEMENT = ("学号", "学生", "姓名")


def _untold() -> Any:
    rows = models.IncidentReport.objects.filter(incident=OuterRef("pk"), status="waiting", archived_at=None)
    counted = rows.order_by().values("incident").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class WeekEntrySheet(Sheet):
    model = models.WeekEntry
    icon = "book"
    description = _("What students hand in each week: hours, how it was, and a few words on what they did.")
    columns = ("placement__student", "monday", "hours", "mood", "text", "placement__post__organisation", "status")
    filters = ("status", "monday", "mood", "hours", *_PLACED, "placement__supervisor")
    tabs = "status"
    search = (*_SEARCH, "text")
    groups = (
        (_("Week"), ("placement", "monday", "hours", "mood", "text")),
        (_("Read"), ("comment", "status")),
    )
    panels = (running_panels.week_panel,)
    actions = (
        flow_action(models.WeekEntry.flow, "read", actions.read_week),
        flow_action(models.WeekEntry.flow, "praise", actions.praise_week),
        flow_action(models.WeekEntry.flow, "talk", actions.talk_week),
    )
    natural_key = ("placement", "monday")
    synonyms = {
        "placement": _PLACEMENT,
        "monday": ("周次（周一）", "周一日期", "周"),
        "hours": ("工时", "工作小时", "本周工时"),
        "mood": ("感受", "本周感受"),
        "text": ("周记内容", "工作内容", "周记"),
        "comment": ("教师评语", "批语", "评语"),
        "status": ("状态", "批阅状态"),
    }


class PresenceSignalSheet(Sheet):
    model = models.PresenceSignal
    icon = "pin"
    description = _("Cheap signals that somebody was at work; there is no clocking in.")
    columns = ("placement__student", "day", "kind", "confirms", "placement__post__organisation", "note")
    filters = ("kind", "day", "confirms", "paper_state", *_PLACED)
    tabs = "kind"
    search = _SEARCH
    groups = ((_("Signal"), ("placement", "kind", "day", "confirms", "note")),)
    panels = (running_panels.signal_panel,)
    actions = (
        flow_action(models.PresenceSignal.flow, "vouch", running_papers.vouch),
        flow_action(models.PresenceSignal.flow, "doubt", running_papers.doubt),
    )
    natural_key = ("placement", "kind", "day")
    synonyms = {
        "placement": _PLACEMENT,
        "kind": ("证据类型", "类型"),
        "day": ("日期", "发生日期"),
        "confirms": ("是否在岗", "证实在岗"),
        "note": ("备注", "说明"),
    }

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        # Digests say nothing to a reader, and a location is there to be counted, not to be read.
        hidden = {"device", "content", "longitude", "latitude"}
        return tuple(name for name in super().all_columns if name not in hidden)


class PresenceWeightSheet(Sheet):
    model = models.PresenceWeight
    icon = "scales"
    description = _("What each kind of signal counts, from when to when.")
    columns = ("kind", "witness", "points", "most", "effective_from", "effective_to")
    filters = ("kind", "witness", "effective_from", "effective_to")
    groups = (
        (_("Weight"), ("kind", "witness", "points", "most", "source")),
        (_("In force"), ("effective_from", "effective_to")),
    )
    natural_key = ("kind", "effective_from")
    synonyms = {
        "kind": ("证据类型", "类型"),
        "witness": ("证明方", "证据来源"),
        "points": ("分值", "每次分值"),
        "most": ("每周上限", "该方上限"),
        "source": ("依据", "来源"),
        "effective_from": ("生效日期", "启用日期"),
        "effective_to": ("失效日期", "停用日期"),
    }


class PresenceWeekSheet(Sheet):
    model = models.PresenceWeek
    icon = "heatmap"
    description = _("The evidence of each week. A score only asks for a look; it takes nothing away from anybody.")
    columns = ("placement__student", "monday", "score", "excused", "placement__post__organisation", "status")
    filters = ("status", "monday", "score", "excused", *_PLACED, "placement__supervisor")
    tabs = "status"
    search = _SEARCH
    groups = ((pgettext_lazy("presence", "Evidence"), ("placement", "monday", "score", "excused", "status")),)
    actions = (
        flow_action(models.PresenceWeek.flow, "ask"),
        flow_action(models.PresenceWeek.flow, "confirm", actions.found_at_work),
        flow_action(models.PresenceWeek.flow, "doubt", actions.not_found),
    )
    panels = (running_panels.presence_panel,)
    natural_key = ("placement", "monday")
    synonyms = {
        "placement": _PLACEMENT,
        "monday": ("周次（周一）", "周一日期", "周"),
        "score": ("在岗证据分", "得分"),
        "excused": ("是否请假", "请假"),
        "status": ("状态", "核查状态"),
    }

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        # What a score is made of is told in words on its page; what a look is worth would tell whom to fear none from.
        return tuple(name for name in super().all_columns if name not in {"parts", "risk"})


class VisitSheet(Sheet):
    model = models.Visit
    icon = "flag"
    description = _("Supervisors at the units: route, students met, findings, photographs and the mentor's signature.")
    columns = ("organisation", "visited_on", "mode", "supervisor", "students_met", "signed_at", "status")
    computed = {
        "students_met": Computed(_("students met"), Count("placements", distinct=True)),
    }
    filters = ("status", "mode", "visited_on", "unit", "supervisor", "organisation", "follow_up_due")
    tabs = "status"
    search = ("organisation__name", "supervisor__name", "findings")
    groups = (
        (_("Visit"), ("organisation", "unit", "supervisor", "visited_on", "mode", "minutes", "placements", "status")),
        (_("Record"), ("findings", "problems", "follow_up", "follow_up_due")),
    )
    actions = (
        flow_action(models.Visit.flow, "record", actions.record_visit, form=running_forms.VisitForm),
        flow_action(models.Visit.flow, "cancel"),
    )
    panels = (running_panels.visit_panel,)
    natural_key = ("supervisor", "organisation", "visited_on")
    synonyms = {
        "organisation": ("实习单位", "企业名称", "单位"),
        "unit": ("学院", "二级学院"),
        "supervisor": ("巡访教师", "指导教师", "工号"),
        "visited_on": ("巡访日期", "走访日期", "日期"),
        "mode": ("巡访方式", "方式"),
        "minutes": ("时长（分钟）", "分钟"),
        "findings": ("巡访情况", "检查情况"),
        "problems": ("存在问题", "问题"),
        "follow_up": ("后续措施", "整改措施"),
        "follow_up_due": ("完成期限", "整改期限"),
        "status": ("状态",),
    }


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
    filters = ("status", "kind", "starts_on", "ends_on", *_PLACED, "placement__supervisor")
    tabs = "status"
    search = (*_SEARCH, "reason")
    groups = ((pgettext_lazy("absence", "Leave"), ("placement", "kind", "starts_on", "ends_on", "reason", "status")),)
    actions = (
        flow_action(models.Leave.flow, "grant", actions.grant_leave),
        flow_action(models.Leave.flow, "refuse", actions.refuse_leave),
        flow_action(models.Leave.flow, "withdraw"),
    )
    natural_key = ("placement", "starts_on", "status")
    synonyms = {
        "placement": _PLACEMENT,
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
    filters = ("status", "kind", "asked_by", "from_on", "new_post", *_PLACED, "placement__supervisor")
    tabs = "status"
    search = (*_SEARCH, "reason")
    groups = ((_("Change"), ("placement", "kind", "asked_by", "from_on", "new_post", "reason", "status")),)
    actions = (
        flow_action(models.PlacementChange.flow, "support"),
        flow_action(models.PlacementChange.flow, "grant", actions.grant_change),
        flow_action(models.PlacementChange.flow, "refuse", actions.refuse_change),
        flow_action(models.PlacementChange.flow, "withdraw"),
    )
    natural_key = ("placement", "kind", "from_on", "status")
    synonyms = {
        "placement": _PLACEMENT,
        "kind": ("变更类型", "类型"),
        "asked_by": ("提出方", "申请方"),
        "from_on": ("变更日期", "生效日期"),
        "new_post": ("新岗位", "变更后岗位"),
        "reason": ("变更原因", "原因"),
        "status": ("状态",),
    }


class ReportDutySheet(Sheet):
    model = models.ReportDuty
    icon = "clock"
    description = _("Who must be told of an incident, within how many minutes, by its gravity.")
    columns = ("severity", "recipient", "minutes", "effective_from", "effective_to")
    filters = ("severity", "recipient", "effective_from", "effective_to")
    tabs = "severity"
    groups = (
        (_("Duty"), ("severity", "recipient", "minutes", "source")),
        (_("In force"), ("effective_from", "effective_to")),
    )
    natural_key = ("severity", "recipient", "effective_from")
    synonyms = {
        "severity": ("严重程度", "等级"),
        "recipient": ("报告对象", "对象"),
        "minutes": ("时限（分钟）", "分钟"),
        "source": ("依据", "来源"),
        "effective_from": ("生效日期", "启用日期"),
        "effective_to": ("失效日期", "停用日期"),
    }


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
    filters = ("status", "kind", "severity", "happened_at", *_PLACED, "placement__supervisor")
    tabs = "status"
    search = (*_SEARCH, "text")
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
        "placement": _PLACEMENT,
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


class EvaluationSheet(Sheet):
    model = models.Evaluation
    icon = "star"
    description = _(
        "What firm, student and school say of a placement; firm and student read each other once both have spoken."
    )
    columns = ("placement__student", "side", "culture", "skill", "process", "adaptability", "mean", "done_on")
    filters = ("side", "done_on", "mean", *_PLACED, "placement__supervisor")
    tabs = "side"
    search = (*_SEARCH, "evaluator", "text")
    groups = (
        (_("Evaluation"), ("placement", "side", "evaluator", "done_on")),
        (_("Marks"), ("culture", "skill", "process", "adaptability", "text")),
    )
    natural_key = ("placement", "side")
    synonyms = {
        "placement": _PLACEMENT,
        "side": ("评价方", "评价主体"),
        "culture": ("企业文化", "文化认知"),
        "skill": ("岗位技能", "技能"),
        "process": ("工艺流程", "流程"),
        "adaptability": ("适应能力", "适应性"),
        "text": ("评语", "文字评价"),
        "evaluator": ("评价人",),
        "done_on": ("评价日期", "日期"),
    }


class GradeRuleSheet(Sheet):
    model = models.GradeRule
    icon = "scales"
    description = _("How a grade is computed: weights of its parts and least scores of its levels, from when to when.")
    columns = ("code", "value", "effective_from", "effective_to")
    filters = ("code", "effective_from", "effective_to")
    groups = (
        (_("Rule"), ("code", "value", "source")),
        (_("In force"), ("effective_from", "effective_to")),
    )
    natural_key = ("code", "effective_from")
    synonyms = {
        "code": ("规则", "项目"),
        "value": ("数值", "权重", "分数线"),
        "source": ("依据", "来源"),
        "effective_from": ("生效日期", "启用日期"),
        "effective_to": ("失效日期", "停用日期"),
    }


class RunRuleSheet(Sheet):
    model = models.RunRule
    icon = "scales"
    description = _("Numbers by which running placements are looked after, each with its source, from when to when.")
    columns = ("code", "value", "source", "effective_from", "effective_to")
    filters = ("code", "effective_from", "effective_to")
    groups = (
        (_("Rule"), ("code", "value", "source")),
        (_("In force"), ("effective_from", "effective_to")),
    )
    natural_key = ("code", "effective_from")
    synonyms = {
        "code": ("规则", "项目"),
        "value": ("数值",),
        "source": ("依据", "来源"),
        "effective_from": ("生效日期", "启用日期"),
        "effective_to": ("失效日期", "停用日期"),
    }


class ArchivePaperSheet(Sheet):
    model = models.ArchivePaper
    icon = "archive"
    description = _("Papers of students' archives that no record stands for, with their files.")
    columns = ("title", "kind", "placement__student", "placement__post__organisation", "handed_on")
    filters = ("kind", "handed_on", *_PLACED)
    tabs = "kind"
    search = ("title", *_SEARCH)
    groups = ((_("Archive paper"), ("placement", "kind", "title", "handed_on", "note")),)
    natural_key = ("placement", "kind", "title")
    synonyms = {
        "placement": _PLACEMENT,
        "kind": ("材料类型", "类型"),
        "title": ("材料名称", "名称"),
        "handed_on": ("提交日期", "日期"),
        "note": ("备注", "说明"),
    }


class CertificateSheet(Sheet):
    model = models.Certificate
    icon = "shield"
    description = _("Certificates of internships; anybody checks their QR, without a network too.")
    columns = ("number", "placement__student", "placement__post__organisation", "issued_on", "revoked_on")
    filters = ("issued_on", "revoked_on", *_PLACED)
    search = ("number", "code", *_SEARCH)
    groups = ((_("Certificate"), ("placement", "number", "issued_on")),)
    actions = (
        Action(
            "withdraw",
            _("Withdraw the certificate"),
            certificates.withdraw,
            capability="approve",
            icon="ban",
            comment="required",
            danger=True,
            available=lambda certificate: certificate.revoked_on is None,
        ),
    )
    panels = (running_panels.certificate_panel,)
    natural_key = ("number",)
    synonyms = {
        "placement": _PLACEMENT,
        "number": ("证书编号", "编号"),
        "issued_on": ("发证日期", "签发日期"),
    }


# What running adds to a placement's own page -------------------------------------------------------------------------


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

__all__ = [
    "PLACEMENT_ACTIONS",
    "PLACEMENT_PANELS",
    "PLACEMENT_RELATED",
    "ArchivePaperSheet",
    "CertificateSheet",
    "ComplaintSheet",
    "EvaluationSheet",
    "GradeRuleSheet",
    "IncidentReportSheet",
    "IncidentSheet",
    "LeaveSheet",
    "PlacementChangeSheet",
    "PresenceSignalSheet",
    "PresenceWeekSheet",
    "PresenceWeightSheet",
    "ReportDutySheet",
    "RunRuleSheet",
    "VisitSheet",
    "WeekEntrySheet",
]
