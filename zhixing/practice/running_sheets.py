"""How what is seen of running placements looks, is acted upon and is imported: weeks, signs of presence, visits."""

from __future__ import annotations

from functools import cached_property

from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.sheet import Computed, Sheet, flow_action
from zhixing.practice import models, running_forms, running_panels, running_papers
from zhixing.practice import running_actions as actions
from zhixing.practice.running_columns import PLACED, SEARCH, STUDENT


class WeekEntrySheet(Sheet):
    model = models.WeekEntry
    icon = "book"
    description = _("What students hand in each week: hours, how it was, and a few words on what they did.")
    columns = ("placement__student", "monday", "hours", "mood", "text", "placement__post__organisation", "status")
    filters = ("status", "monday", "mood", "hours", *PLACED, "placement__supervisor")
    tabs = "status"
    search = (*SEARCH, "text")
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
        "placement": STUDENT,
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
    filters = ("kind", "day", "confirms", "paper_state", *PLACED)
    tabs = "kind"
    search = SEARCH
    groups = ((_("Signal"), ("placement", "kind", "day", "confirms", "note")),)
    panels = (running_panels.signal_panel,)
    actions = (
        flow_action(models.PresenceSignal.flow, "vouch", running_papers.vouch),
        flow_action(models.PresenceSignal.flow, "doubt", running_papers.doubt),
    )
    natural_key = ("placement", "kind", "day")
    synonyms = {
        "placement": STUDENT,
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


class PresenceWeekSheet(Sheet):
    model = models.PresenceWeek
    icon = "heatmap"
    description = _("The evidence of each week. A score only asks for a look; it takes nothing away from anybody.")
    columns = ("placement__student", "monday", "score", "excused", "placement__post__organisation", "status")
    filters = ("status", "monday", "score", "excused", *PLACED, "placement__supervisor")
    tabs = "status"
    search = SEARCH
    groups = ((pgettext_lazy("presence", "Evidence"), ("placement", "monday", "score", "excused", "status")),)
    actions = (
        flow_action(models.PresenceWeek.flow, "ask"),
        flow_action(models.PresenceWeek.flow, "confirm", actions.found_at_work),
        flow_action(models.PresenceWeek.flow, "doubt", actions.not_found),
    )
    panels = (running_panels.presence_panel,)
    natural_key = ("placement", "monday")
    synonyms = {
        "placement": STUDENT,
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
