"""How the registers of risks and of the play-book look and are acted upon."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from zhixing.cultivation import apprenticeship_forms as forms
from zhixing.cultivation import apprenticeship_panels as panels
from zhixing.cultivation import risk_actions as actions
from zhixing.cultivation import risks as models
from zhixing.kernel.sheet import Sheet, flow_action


class RiskSheet(Sheet):
    model = models.Risk
    icon = "alert"
    description = _("What the records show to be going wrong, how grave it is, who sees to it and by when.")
    columns = ("title", "signal", "grade", "status", "value", "owner", "found_on", "due", "closed_on")
    filters = (
        "grade",
        "status",
        "signal",
        "owner",
        "apprenticeship",
        "order_class",
        "apprenticeship__major__unit",
        "found_on",
        "due",
    )
    tabs = "status"
    search = ("title", "apprenticeship__name", "order_class__name", "measures")
    groups = (
        (_("Risk"), ("apprenticeship", "order_class", "signal", "title", "probability", "impact", "status")),
        (_("Dealing with it"), ("found_on", "owner", "due", "measures", "closed_on")),
    )
    actions = (
        flow_action(models.Risk.flow, "handle", actions.handle_risk, form=forms.HandleForm),
        flow_action(models.Risk.flow, "close", actions.close_risk),
        flow_action(models.Risk.flow, "reopen", actions.reopen_risk),
    )
    panels = (panels.risk_panel,)
    form_base = forms.RiskForm
    natural_key = ("apprenticeship", "order_class", "signal", "found_on")
    synonyms = {
        "apprenticeship": ("学徒制项目", "项目编号"),
        "order_class": ("订单班", "订单班编号"),
        "signal": ("风险信号", "信号"),
        "title": ("风险描述", "风险名称"),
        "probability": ("可能性",),
        "impact": ("影响程度",),
        "found_on": ("发现日期",),
        "owner": ("责任人",),
        "due": ("处置期限", "截止日期"),
        "measures": ("处置措施", "措施"),
        "closed_on": ("关闭日期", "销号日期"),
        "status": ("状态",),
    }


class PlaybookStepSheet(Sheet):
    model = models.PlaybookStep
    icon = "task"
    description = _("What is done about each signal, by whom and within how many days; each step becomes a task.")
    columns = ("signal", "order", "title", "role", "days", "least", "deliverable")
    filters = ("signal", "role", "least")
    tabs = ""
    search = ("title", "deliverable")
    groups = ((_("Step"), ("signal", "order", "title", "role", "days", "least", "deliverable")),)
    natural_key = ("signal", "order")
    synonyms = {
        "signal": ("风险信号", "信号"),
        "order": ("顺序", "序号"),
        "title": ("处置措施", "措施"),
        "role": ("责任角色", "责任岗位"),
        "days": ("时限（天）", "天数"),
        "least": ("适用等级", "最低等级"),
        "deliverable": ("成果", "交付物"),
    }
