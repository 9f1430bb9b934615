"""How the dated numbers look by which running placements are looked after."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from zhixing.kernel.sheet import Sheet
from zhixing.practice import models

# What every such register has: from when to when its numbers hold, and where they come from.
IN_FORCE = (_("In force"), ("effective_from", "effective_to"))
DATES = {
    "source": ("依据", "来源"),
    "effective_from": ("生效日期", "启用日期"),
    "effective_to": ("失效日期", "停用日期"),
}


class PresenceWeightSheet(Sheet):
    model = models.PresenceWeight
    icon = "scales"
    description = _("What each kind of signal counts, from when to when.")
    columns = ("kind", "witness", "points", "most", "effective_from", "effective_to")
    filters = ("kind", "witness", "effective_from", "effective_to")
    groups = (
        (_("Weight"), ("kind", "witness", "points", "most", "source")),
        IN_FORCE,
    )
    natural_key = ("kind", "effective_from")
    synonyms = {
        "kind": ("证据类型", "类型"),
        "witness": ("证明方", "证据来源"),
        "points": ("分值", "每次分值"),
        "most": ("每周上限", "该方上限"),
        **DATES,
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
        IN_FORCE,
    )
    natural_key = ("severity", "recipient", "effective_from")
    synonyms = {
        "severity": ("严重程度", "等级"),
        "recipient": ("报告对象", "对象"),
        "minutes": ("时限（分钟）", "分钟"),
        **DATES,
    }


class GradeRuleSheet(Sheet):
    model = models.GradeRule
    icon = "scales"
    description = _("How a grade is computed: weights of its parts and least scores of its levels, from when to when.")
    columns = ("code", "value", "effective_from", "effective_to")
    filters = ("code", "effective_from", "effective_to")
    groups = (
        (_("Rule"), ("code", "value", "source")),
        IN_FORCE,
    )
    natural_key = ("code", "effective_from")
    synonyms = {
        "code": ("规则", "项目"),
        "value": ("数值", "权重", "分数线"),
        **DATES,
    }


class RunRuleSheet(Sheet):
    model = models.RunRule
    icon = "scales"
    description = _("Numbers by which running placements are looked after, each with its source, from when to when.")
    columns = ("code", "value", "source", "effective_from", "effective_to")
    filters = ("code", "effective_from", "effective_to")
    groups = (
        (_("Rule"), ("code", "value", "source")),
        IN_FORCE,
    )
    natural_key = ("code", "effective_from")
    synonyms = {
        "code": ("规则", "项目"),
        "value": ("数值",),
        **DATES,
    }
