"""The registers of papers: statements, plans, summaries, recognitions with their criteria and experts."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases import actions, forms, models, panels, paper_actions
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action

_BOARD = ((_("Demonstration bases"), "star", "demonstration-board"),)


class BenefitStatementSheet(Sheet):
    model = models.BenefitStatement
    icon = "scales"
    description = _(
        "What school and firm gave each other through a base in a year; made from records, confirmed by both."
    )
    columns = ("base", "base__organisation", "year", "status", "school_confirmed_on", "firm_confirmed_on")
    filters = ("status", "base", "base__unit", "base__organisation", "year")
    tabs = "status"
    search = ("base__name", "base__code", "base__organisation__name")
    groups = ((_("Benefit statement"), ("base", "year", "status", "school_remark")),)
    actions = (
        Action(
            "redraw",
            _("Count anew"),
            actions.redraw,
            icon="refresh",
            available=lambda row: row.status in ("draft", "disputed"),
        ),
        flow_action(models.BenefitStatement.flow, "send", actions.send_statement, form=forms.SendForm, bulk=False),
        Action(
            "ask_again",
            _("Make another link for the firm"),
            actions.ask_again,
            icon="send",
            form=forms.SendForm,
            bulk=False,
            available=lambda row: row.status == "sent",
        ),
        Action(
            "on_paper",
            _("Confirmed on paper"),
            actions.firm_confirmed_on_paper,
            icon="file",
            comment="optional",
            form=forms.OnPaperForm,
            bulk=False,
            available=lambda row: row.status == "sent",
        ),
        flow_action(models.BenefitStatement.flow, "reopen", actions.reopen_statement),
    )
    panels = (panels.statement_panel,)
    natural_key = ("base", "year")
    synonyms = {
        "base": ("基地", "基地名称", "基地编号"),
        "year": ("年度", "自然年", "年份"),
        "status": ("状态",),
        "school_remark": ("学校意见", "备注"),
    }


class BasePlanSheet(Sheet):
    model = models.BasePlan
    by_steps = frozenset({"approved_on"})
    icon = "target"
    description = _(
        "Each college's plan for its bases off the campus, every school year, approved by the end of September."
    )
    columns = ("unit", "year", "new_bases", "new_places", "demo_bases", "status", "approved_on")
    filters = ("status", "unit", "year", "owner", "approved_on")
    tabs = "status"
    search = ("unit__name", "content", "owner__name")
    groups = (
        (_("Base plan"), ("unit", "year", "owner", "status", "approved_on")),
        (_("Targets"), ("new_bases", "new_places", "demo_bases", "funds")),
        (pgettext_lazy("of a plan", "Content"), ("content", "management")),
    )
    actions = (
        flow_action(models.BasePlan.flow, "submit", actions.submit_plan),
        Action(
            "follow",
            _("Begin the plan of another year"),
            actions.follow_plan,
            icon="copy",
            form=forms.FollowPlanForm,
            bulk=False,
        ),
    )
    panels = (panels.plan_panel,)
    natural_key = ("unit", "year")
    synonyms = {
        "unit": ("学院", "二级学院", "所属学院"),
        "year": ("学年",),
        "owner": ("责任人", "负责人", "工号"),
        "new_bases": ("新增基地数", "计划新增基地"),
        "new_places": ("新增岗位数", "计划新增岗位"),
        "demo_bases": ("培育示范基地数", "示范基地培育"),
        "funds": ("经费", "经费预算", "经费（元）"),
        "content": ("建设目标与措施", "规划内容"),
        "management": ("管理机制", "长效机制"),
        "status": ("状态", "审批状态"),
        "approved_on": ("批准日期", "审批日期"),
    }


class TermSummarySheet(Sheet):
    model = models.TermSummary
    by_steps = frozenset({"submitted_on"})
    icon = "report"
    description = _("Each major's summary of its bases at the end of a term, written from data and then edited.")
    columns = ("major", "term", "author", "status", "submitted_on")
    filters = ("status", "major", "major__unit", "term", "author", "submitted_on")
    tabs = "status"
    search = ("major__name", "major__code", "overview", "results")
    groups = (
        (_("Term summary"), ("major", "term", "author", "status", "submitted_on")),
        (_("Text"), ("overview", "results", "problems", "next_steps")),
    )
    actions = (
        flow_action(models.TermSummary.flow, "submit", paper_actions.submit_summary),
        Action(
            "rewrite",
            _("Write from the records once more"),
            paper_actions.rewrite_summary,
            icon="refresh",
            available=paper_actions.unlocked,
        ),
        flow_action(models.TermSummary.flow, "accept"),
        flow_action(models.TermSummary.flow, "send_back", paper_actions.return_summary),
    )
    panels = (panels.summary_panel,)
    links = ((_("Summaries of a term"), "report", "term-summaries"),)
    natural_key = ("major", "term")
    synonyms = {
        "major": ("专业", "专业名称", "专业代码"),
        "term": ("学期",),
        "author": ("撰写人", "填报人", "工号"),
        "overview": ("运行情况", "基地运行概况"),
        "results": ("主要成效", "工作成效"),
        "problems": ("存在问题", "问题"),
        "next_steps": ("下一步计划", "改进措施"),
        "status": ("状态",),
        "submitted_on": ("提交日期", "报送日期"),
    }


def _reviews(condition: Any = None) -> Any:
    rows = models.RecognitionReview.objects.filter(condition or Q(), recognition=OuterRef("pk"), archived_at=None)
    counted = rows.order_by().values("recognition").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class BaseRecognitionSheet(Sheet):
    model = models.BaseRecognition
    by_steps = frozenset({"applied_on", "public_from", "public_until", "recognised_on", "recheck_due", "rechecked_on"})
    icon = "star"
    description = _("Demonstration bases: grown, applied for, judged, made public, recognised, checked again.")
    columns = ("base", "major", "level", "status", "score", "recognised_on", "recheck_due")
    computed = {
        "reviews_count": Computed(_("experts"), _reviews(), rows=("bases.recognition_review", "recognition")),
        "reviews_done": Computed(
            _("scored"), _reviews(Q(reviewed_on__isnull=False)), rows=("bases.recognition_review", "recognition")
        ),
    }
    filters = (
        "status",
        "level",
        "base",
        "major",
        "major__unit",
        "owner",
        "growing_since",
        "recognised_on",
        "recheck_due",
    )
    tabs = "status"
    search = ("base__name", "base__code", "major__name", "number", "plaque")
    groups = (
        (_("Demonstration base"), ("base", "major", "level", "owner", "growing_since", "target_on", "status")),
        (_("Application"), ("applied_on", "statement")),
        (_("Publicity"), ("public_from", "public_until")),
        (_("Recognition"), ("recognised_on", "number", "plaque", "recheck_due", "rechecked_on")),
    )
    related = ("reviews",)
    actions = (
        Action(
            "prefill",
            _("Write the application from the records"),
            paper_actions.prefill,
            icon="refresh",
            available=paper_actions.unlocked,
        ),
        flow_action(models.BaseRecognition.flow, "apply", paper_actions.apply_for),
        Action(
            "invite",
            _("Ask experts"),
            paper_actions.invite,
            capability="approve",
            icon="users",
            primary=True,
            form=forms.ExpertsForm,
            bulk=False,
            available=lambda row: row.status == "applied",
        ),
        flow_action(models.BaseRecognition.flow, "judge", paper_actions.judge),
        flow_action(models.BaseRecognition.flow, "send_back", paper_actions.send_back),
        flow_action(models.BaseRecognition.flow, "publish", paper_actions.publish, form=forms.PublishForm),
        flow_action(models.BaseRecognition.flow, "recognise", paper_actions.recognise, form=forms.RecogniseForm),
        flow_action(models.BaseRecognition.flow, "recheck", paper_actions.recheck, form=forms.RecheckForm),
        flow_action(models.BaseRecognition.flow, "refuse"),
        flow_action(models.BaseRecognition.flow, "revoke"),
    )
    panels = (panels.recognition_panel,)
    links = _BOARD
    natural_key = ("base", "major", "level", "growing_since")
    synonyms = {
        "base": ("基地", "基地名称", "基地编号"),
        "major": ("专业", "所属专业", "专业代码"),
        "level": ("级别", "认定级别"),
        "owner": ("负责人", "责任人", "工号"),
        "growing_since": ("培育起始日期", "培育日期"),
        "target_on": ("计划认定日期",),
        "statement": ("申报书", "申报材料"),
        "applied_on": ("申报日期",),
        "public_from": ("公示开始日期", "公示起"),
        "public_until": ("公示结束日期", "公示止"),
        "recognised_on": ("认定日期", "认定时间"),
        "number": ("认定文号", "文号"),
        "plaque": ("牌匾编号",),
        "recheck_due": ("复核到期日", "复核期限"),
        "rechecked_on": ("最近复核日期", "复核日期"),
        "status": ("状态",),
    }


class RecognitionReviewSheet(Sheet):
    model = models.RecognitionReview
    icon = "check-circle"
    description = _("What experts think of an application, each with a score.")
    columns = ("expert", "recognition", "person", "organisation_name", "score", "reviewed_on")
    filters = ("recognition", "recognition__status", "person", "reviewed_on", "score")
    search = ("expert", "organisation_name", "recognition__base__name", "opinion")
    groups = (
        (_("Expert review"), ("recognition", "expert", "person", "organisation_name")),
        (pgettext_lazy("of an expert", "Opinion"), ("score", "opinion", "reviewed_on")),
    )
    actions = (
        Action(
            "score",
            _("Enter the score"),
            paper_actions.score,
            icon="edit",
            primary=True,
            capability="view",
            form=forms.ScoreForm,
            bulk=False,
            available=paper_actions.is_open,
            offered=paper_actions.may_score,
        ),
        Action(
            "ask_expert",
            _("Make a link for the expert"),
            paper_actions.ask_expert,
            icon="send",
            form=forms.AskExpertForm,
            bulk=False,
            available=paper_actions.is_open,
        ),
    )
    natural_key = ("recognition", "expert")
    synonyms = {
        "recognition": ("示范基地", "申报基地"),
        "expert": ("专家姓名", "专家"),
        "person": ("工号", "校内人员"),
        "organisation_name": ("专家单位", "工作单位"),
        "score": ("得分", "评分"),
        "opinion": ("评审意见", "意见"),
        "reviewed_on": ("评审日期",),
    }


class RecognitionCriterionSheet(Sheet):
    model = models.RecognitionCriterion
    icon = "scales"
    description = _("The numbers that a demonstration base of a level must reach: edit them here.")
    columns = ("level", "measure", "branch", "minimum", "holds_from", "basis")
    filters = ("level", "measure", "branch", "minimum", "holds_from")
    tabs = "level"
    search = ("basis",)
    groups = ((_("Criterion of recognition"), ("level", "measure", "branch", "minimum", "holds_from", "basis")),)
    links = _BOARD
    natural_key = ("level", "measure", "branch", "holds_from")
    synonyms = {
        "level": ("级别", "认定级别"),
        "measure": ("指标", "认定指标"),
        "branch": ("专业类别", "适用专业"),
        "holds_from": ("施行日期", "起用日期"),
        "minimum": ("最低值", "标准", "不低于"),
        "basis": ("依据", "文件依据"),
    }
