"""How the registers of apprenticeships look, are acted upon and are imported."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhixing.cultivation import apprenticeship_actions as actions
from zhixing.cultivation import apprenticeship_forms as forms
from zhixing.cultivation import apprenticeship_panels as panels
from zhixing.cultivation import apprenticeship_queries as queries
from zhixing.cultivation import apprenticeships as models
from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action

_LIVING = ("active", "paused")


class ApprenticeshipSheet(Sheet):
    model = models.Apprenticeship
    icon = "handshake"
    description = _("Programmes in which school and firm enrol, hire and train together, with masters and reviews.")
    columns = (
        "code",
        "name",
        "organisation",
        "major",
        "status",
        "quota",
        "apprentices_count",
        "mentor_limit",
        "starts_on",
        "ends_on",
    )
    computed = {
        "apprentices_count": Computed(
            _("apprentices"),
            number_of(models.Apprentice, "programme"),
            rows=("cultivation.apprentice", "programme"),
        ),
        "reviews_count": Computed(
            _("reviews"),
            number_of(models.QualityReview, "programme"),
            rows=("cultivation.quality_review", "programme"),
        ),
    }
    filters = ("status", "major__unit", "major", "organisation", "owner", "cohort", "starts_on", "ends_on")
    tabs = "status"
    search = ("code", "name", "organisation__name", "major__name")
    groups = (
        (_("Apprenticeship"), ("code", "name", "organisation", "major", "cohort", "owner", "status")),
        (_("Agreement and places"), ("agreement", "quota", "mentor_limit")),
        (_("Time"), ("starts_on", "ends_on", "note")),
    )
    related = ("enrolment_plans", "apprentices", "reviews", "changes", "risks")
    actions = (
        flow_action(models.Apprenticeship.flow, "recruit", actions.recruit),
        flow_action(models.Apprenticeship.flow, "start", actions.start_programme),
        Action(
            "plan_reviews",
            _("Plan the term's reviews"),
            actions.plan_reviews,
            icon="calendar",
            form=forms.PlanReviewsForm,
            available=lambda programme: programme.status in ("running", "paused"),
        ),
        flow_action(models.Apprenticeship.flow, "finish", actions.finish_programme, form=forms.EndForm),
    )
    panels = (panels.programme_panel, panels.signals_panel)
    synonyms = {
        "code": ("项目编号", "学徒制编号", "编号"),
        "name": ("项目名称", "学徒制项目", "名称"),
        "organisation": ("企业", "企业名称", "合作企业"),
        "major": ("专业", "专业代码", "专业名称"),
        "owner": ("负责人", "项目负责人"),
        "agreement": ("协议", "协议编号"),
        "cohort": ("班级", "学徒班"),
        "quota": ("计划人数", "名额"),
        "mentor_limit": ("每名师傅最多带徒人数", "带徒上限"),
        "starts_on": ("开始日期",),
        "ends_on": ("结束日期",),
        "status": ("状态",),
        "note": ("备注", "说明"),
    }


class EnrolmentPlanSheet(Sheet):
    model = models.EnrolmentPlan
    icon = "report"
    description = _(
        "How many a programme enrols and hires in a year, agreed by school and firm; and how many came of it."
    )
    columns = (
        "programme",
        "year",
        "quota",
        "candidates_count",
        "contracts_count",
        "status",
        "firm_agreed_on",
        "approved_on",
    )
    computed = {
        "candidates_count": Computed(
            _("candidates"), number_of(models.Candidate, "plan"), rows=("cultivation.candidate", "plan")
        ),
        "contracts_count": Computed(_("contracts"), number_of(models.Candidate, "plan", Q(status="contracted"))),
    }
    filters = ("status", "year", "programme", "programme__organisation", "programme__major__unit")
    tabs = "status"
    search = ("programme__name", "programme__code", "programme__organisation__name")
    groups = (
        (_("Joint enrolment plan"), ("programme", "year", "quota", "status")),
        (_("Decided"), ("firm_agreed_on", "published_on", "approved_on", "note")),
    )
    related = ("candidates",)
    actions = (flow_action(models.EnrolmentPlan.flow, "submit", actions.submit_plan_of_enrolment),)
    natural_key = ("programme", "year")
    synonyms = {
        "programme": ("学徒制项目", "项目", "项目编号"),
        "year": ("年份", "招生年份", "年度"),
        "quota": ("计划人数", "招生招工人数", "名额"),
        "firm_agreed_on": ("企业确认日期", "企业同意日期"),
        "published_on": ("公布日期", "公示日期"),
        "approved_on": ("批准日期", "审批日期"),
        "status": ("状态",),
        "note": ("备注", "说明"),
    }


class CandidateSheet(Sheet):
    model = models.Candidate
    icon = "user"
    description = _(
        "Who applied for a programme: test, offer, and the contract that makes student and employee in one."
    )
    columns = ("name", "student", "plan", "status", "score", "tested_on", "offered_on", "contracted_on")
    filters = ("status", "plan", "plan__programme", "plan__programme__major__unit", "applied_on", "score")
    tabs = "status"
    search = ("name", "student__name", "student__number", "plan__programme__name")
    groups = (
        (_("Candidate"), ("plan", "student", "name", "applied_on", "status")),
        (_("From the test to the contract"), ("tested_on", "score", "offered_on", "contracted_on", "note")),
    )
    actions = (
        flow_action(models.Candidate.flow, "test", actions.record_test, form=forms.TestForm),
        flow_action(models.Candidate.flow, "offer", actions.make_offer),
        flow_action(models.Candidate.flow, "contract", actions.record_contract, form=forms.ContractForm),
        flow_action(models.Candidate.flow, "decline"),
    )
    natural_key = ("plan", "student", "name")
    synonyms = {
        "plan": ("招生招工计划", "计划", "项目编号"),
        "student": ("学号", "学生"),
        "name": ("姓名", "考生姓名"),
        "applied_on": ("报名日期", "申请日期"),
        "tested_on": ("考核日期", "测试日期"),
        "score": ("考核成绩", "测试成绩", "成绩"),
        "offered_on": ("录用通知日期", "拟录取日期"),
        "contracted_on": ("签约日期", "合同签订日期"),
        "status": ("状态",),
        "note": ("备注", "说明"),
    }


class ApprenticeSheet(Sheet):
    model = models.Apprentice
    icon = "users"
    description = _("Students who are at the same time apprentices of the firm, with masters and posts.")
    columns = ("student", "student__number", "programme", "status", "joined_on", "employed_on", "left_on", "parties")
    computed = {
        "parties": Computed(_("parties to sign"), queries.parties_to_sign()),
        "rotations_count": Computed(
            _("rotations"), number_of(models.Rotation, "apprentice"), rows=("cultivation.rotation", "apprentice")
        ),
    }
    filters = ("status", "programme", "programme__organisation", "programme__major__unit", "joined_on", "left_on")
    tabs = "status"
    search = ("student__name", "student__number", "programme__name")
    groups = (
        (_("Apprentice"), ("programme", "student", "status")),
        (_("Two in one: student and employee"), ("agreement", "joined_on", "employed_on", "left_on", "note")),
    )
    related = ("masters", "rotations", "reviews", "changes")
    actions = (
        Action(
            "pair",
            _("Give a master"),
            actions.pair,
            icon="handshake",
            primary=True,
            form=forms.PairForm,
            available=lambda apprentice: apprentice.status in _LIVING,
        ),
        Action(
            "rotate",
            _("Next post"),
            actions.rotate,
            icon="refresh",
            form=forms.RotateForm,
            available=lambda apprentice: apprentice.status in _LIVING,
        ),
        flow_action(models.Apprentice.flow, "finish", actions.finish_apprentice, form=forms.FinishApprenticeForm),
    )
    natural_key = ("programme", "student", "joined_on")
    synonyms = {
        "programme": ("学徒制项目", "项目", "项目编号"),
        "student": ("学号", "学生", "姓名"),
        "agreement": ("学徒协议", "协议编号"),
        "joined_on": ("入项日期", "进入项目日期"),
        "employed_on": ("企业录用日期", "招工日期"),
        "left_on": ("离开日期", "结束日期"),
        "status": ("状态",),
        "note": ("备注", "说明"),
    }


class MasterPairSheet(Sheet):
    model = models.MasterPair
    icon = "handshake"
    description = _("Which master trains which apprentice, from when to when; nobody beyond the programme's limit.")
    columns = ("apprentice", "master", "apprentice__programme", "starts_on", "ends_on")
    filters = ("apprentice__programme", "apprentice", "master", "apprentice__programme__major__unit", "starts_on")
    search = ("apprentice__student__name", "apprentice__student__number", "master__name")
    groups = ((_("Master and apprentice"), ("apprentice", "master", "starts_on", "ends_on", "note")),)
    natural_key = ("apprentice", "starts_on")
    synonyms = {
        "apprentice": ("学号", "学徒", "姓名"),
        "master": ("师傅", "企业导师", "师傅姓名"),
        "starts_on": ("开始日期", "结对日期"),
        "ends_on": ("结束日期",),
        "note": ("备注", "说明"),
    }


class RotationSheet(Sheet):
    model = models.Rotation
    icon = "refresh"
    description = _("The posts apprentices work on, one after the other.")
    columns = ("apprentice", "apprentice__programme", "post", "workplace", "starts_on", "ends_on")
    filters = ("apprentice__programme", "apprentice", "apprentice__programme__major__unit", "starts_on", "ends_on")
    search = ("apprentice__student__name", "apprentice__student__number", "post", "workplace")
    groups = ((_("Rotation"), ("apprentice", "post", "workplace", "starts_on", "ends_on", "note")),)
    natural_key = ("apprentice", "starts_on")
    synonyms = {
        "apprentice": ("学号", "学徒", "姓名"),
        "post": ("岗位", "轮岗岗位"),
        "workplace": ("工作地点", "部门"),
        "starts_on": ("开始日期",),
        "ends_on": ("结束日期",),
        "note": ("备注", "说明"),
    }


class QualityReviewSheet(Sheet):
    model = models.QualityReview
    icon = "star"
    description = _("What school, firm and apprentices say of a programme or an apprentice, term by term.")
    columns = ("programme", "apprentice", "term", "side", "due", "done_on", "score", "reviewer")
    filters = ("side", "programme", "programme__major__unit", "term", "apprentice", "due", "done_on", "score")
    tabs = "side"
    search = ("programme__name", "programme__code", "apprentice__student__name", "reviewer")
    groups = (
        (_("Review"), ("programme", "apprentice", "term", "side", "due")),
        (_("Outcome"), ("done_on", "score", "reviewer", "text")),
    )
    actions = (
        Action(
            "review",
            _("Record the review"),
            actions.do_review,
            icon="star",
            primary=True,
            form=forms.ReviewForm,
            available=lambda review: review.done_on is None,
        ),
    )
    natural_key = ("programme", "apprentice", "term", "side")
    synonyms = {
        "programme": ("学徒制项目", "项目", "项目编号"),
        "apprentice": ("学徒", "学号"),
        "term": ("学期",),
        "side": ("评价方", "评价主体"),
        "due": ("应完成日期", "截止日期"),
        "done_on": ("完成日期", "评价日期"),
        "score": ("评分", "得分", "分数"),
        "reviewer": ("评价人",),
        "text": ("评语", "评价意见"),
    }


class CircumstanceChangeSheet(Sheet):
    model = models.CircumstanceChange
    icon = "alert"
    description = _("Pausing, moving and stopping: why, decided by whom, and what becomes of the apprentices.")
    columns = ("programme", "apprentice", "kind", "effective_on", "status", "approved_on")
    filters = ("status", "kind", "programme", "programme__major__unit", "effective_on")
    tabs = "status"
    search = ("programme__name", "apprentice__student__name", "reason")
    groups = (
        (_("Change"), ("programme", "apprentice", "kind", "to_programme", "effective_on", "status")),
        (_("Why, and what then"), ("reason", "stop_loss", "asked_by", "approved_on")),
    )
    actions = (flow_action(models.CircumstanceChange.flow, "submit", actions.submit_change),)
    natural_key = ("programme", "apprentice", "kind", "effective_on")
    synonyms = {
        "programme": ("学徒制项目", "项目", "项目编号"),
        "apprentice": ("学徒", "学号"),
        "kind": ("变更类型", "类型"),
        "to_programme": ("转入项目",),
        "effective_on": ("生效日期",),
        "reason": ("变更原因", "原因"),
        "stop_loss": ("止损方案",),
        "asked_by": ("申请人",),
        "approved_on": ("批准日期",),
        "status": ("状态",),
    }
