"""How the registers of partners look, what may be done with them, and how they are imported."""

from __future__ import annotations

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action
from zhixing.partners import actions, forms, models, panels
from zhixing.partners.dates import DaysSince
from zhixing.partners.organisation_sheets import (
    ContactSheet,
    OrganisationNameSheet,
    OrganisationSheet,
    OrganisationTagSheet,
)

__all__ = [
    "ActivitySheet",
    "ContactSheet",
    "DemandSurveySheet",
    "GovernmentPolicySheet",
    "IndustryLinkSheet",
    "NeedSheet",
    "OpportunitySheet",
    "OrganisationNameSheet",
    "OrganisationSheet",
    "OrganisationTagSheet",
    "SupportGrantSheet",
    "TechnologyNoteSheet",
]

_HAS_PROOF = Case(When(~Q(minutes="") | ~Q(outcomes=""), then=Value(True)), default=Value(False))


class IndustryLinkSheet(Sheet):
    model = models.IndustryLink
    icon = "link"
    description = _("Each major group keeps one or two industry organisations in lasting contact (四（一）2).")
    columns = ("group", "organisation", "role", "starts_on", "ends_on", "days_left", "status", "group__unit")
    computed = {"days_left": Computed(_("days left"), DaysSince("ends_on") * -1)}
    filters = ("group", "group__unit", "organisation", "role", "status", "starts_on", "ends_on")
    tabs = "status"
    search = ("group__code", "group__name", "organisation__name", "organisation__uscc", "note")
    groups = (
        (_("Link"), ("group", "organisation", "role", "starts_on", "ends_on")),
        (_("State"), ("status", "note")),
    )
    natural_key = ("group", "organisation", "starts_on")
    actions = (
        flow_action(models.IndustryLink.flow, "submit", actions.submit_link),
        Action(
            "renew",
            _("Renew"),
            actions.renew_link,
            icon="refresh",
            comment="optional",
            form=forms.RenewLinkForm,
            bulk=False,
            available=lambda record: record.status == "approved" and record.ends_on is not None,
        ),
        Action(
            "end",
            _("End the link"),
            actions.end_link,
            icon="x",
            comment="required",
            form=forms.EndLinkForm,
            bulk=False,
            danger=True,
            available=lambda record: record.status == "approved",
        ),
    )
    synonyms = {
        "group": ("专业群", "专业群名称", "专业群代码"),
        "organisation": (
            "行业组织",
            "行业协会",
            "协会名称",
            "行业组织名称",
            "单位名称",
            "统一社会信用代码",
            "信用代码",
        ),
        "role": ("角色", "担任角色", "会员级别", "任职"),
        "starts_on": ("开始日期", "起始日期", "建立日期", "加入日期", "联系起始"),
        "ends_on": ("结束日期", "截止日期", "到期日期", "有效期至"),
        "status": ("状态", "审批状态"),
        "note": ("备注", "说明"),
    }


class ActivitySheet(Sheet):
    model = models.Activity
    icon = "activity"
    description = _("Association activities, visits for posts, negotiations, meetings and forums with partners.")
    columns = ("title", "kind", "held_on", "unit", "group", "organisations", "status", "proof", "follow_up_due")
    computed = {"proof": Computed(_("written proof"), _HAS_PROOF, numeric=False)}
    filters = (
        "kind",
        "unit",
        "group",
        "organisations",
        "held_on",
        "status",
        "follow_up_owner",
        "follow_up_due",
        "people",
    )
    tabs = "status"
    search = ("title", "place", "organisations__name", "minutes", "outcomes")
    groups = (
        (_("Activity"), ("title", "kind", "held_on", "place", "unit", "group", "status")),
        (_("Who took part"), ("organisations", "people")),
        (_("What came of it"), ("minutes", "outcomes")),
        (_("Follow-up"), ("follow_up", "follow_up_owner", "follow_up_due", "follow_up_done_on")),
    )
    natural_key = ("title", "held_on", "unit")
    depends = {"group": {"unit": "unit"}}
    actions = (
        flow_action(models.Activity.flow, "hold", actions.hold, form=forms.HoldForm),
        flow_action(models.Activity.flow, "reopen"),
        Action(
            "finish_follow_up",
            _("Follow-up done"),
            actions.finish_follow_up,
            icon="check-circle",
            comment="optional",
            form=forms.FollowUpForm,
            bulk=False,
            available=lambda record: bool(record.follow_up) and record.follow_up_done_on is None,
        ),
        flow_action(models.Activity.flow, "cancel"),
    )
    synonyms = {
        "title": ("活动名称", "名称", "主题", "活动主题", "会议名称", "活动"),
        "kind": ("活动类型", "类型", "活动类别", "形式"),
        "held_on": ("活动日期", "日期", "活动时间", "举办时间", "举办日期", "时间", "开展时间"),
        "place": ("地点", "活动地点", "举办地点"),
        "unit": ("学院", "二级学院", "组织单位", "承办单位", "参加学院", "部门", "牵头学院"),
        "group": ("专业群", "专业群名称", "参加专业群"),
        "minutes": ("纪要", "会议纪要", "活动纪要", "活动内容", "主要内容"),
        "outcomes": ("成果", "活动成果", "成效", "达成事项", "取得成效"),
        "follow_up": ("后续事项", "后续工作", "跟进事项", "待办事项"),
        "follow_up_owner": ("跟进人", "后续责任人", "责任人"),
        "follow_up_due": ("跟进期限", "完成期限", "后续期限", "完成时限"),
        "follow_up_done_on": ("跟进完成日期", "完成日期"),
        "status": ("状态", "活动状态"),
    }


class OpportunitySheet(Sheet):
    model = models.Opportunity
    icon = "target"
    description = _("Cooperation on its way through negotiation, implementation, supervision and follow-up (五（一）).")
    columns = ("title", "organisation", "unit", "owner", "stage", "days_in_stage", "expected_on", "value")
    computed = {"days_in_stage": Computed(_("days in this stage"), DaysSince("stage_since"))}
    filters = (
        "unit",
        "owner",
        "organisation",
        "organisation__kind",
        "stage",
        "stage_since",
        "opened_on",
        "expected_on",
        "value",
    )
    tabs = "stage"
    search = ("title", "organisation__name", "organisation__uscc", "agreement_number", "note")
    groups = (
        (_("Opportunity"), ("title", "organisation", "unit", "owner", "forms", "value")),
        (_("Stage"), ("stage", "stage_since", "opened_on", "expected_on")),
        (_("Gates"), ("intent", "agreement_number", "supervision")),
        (_("More"), ("note",)),
    )
    natural_key = ("organisation", "title")
    actions = (
        flow_action(models.Opportunity.flow, "implement", actions.implement, form=forms.ImplementForm),
        flow_action(models.Opportunity.flow, "supervise", actions.supervise, form=forms.SuperviseForm),
        flow_action(models.Opportunity.flow, "follow", actions.follow, form=forms.FollowForm),
        flow_action(models.Opportunity.flow, "close", actions.close_opportunity),
    )
    synonyms = {
        "title": ("项目名称", "合作项目", "名称", "合作事项", "意向名称", "合作名称"),
        "organisation": ("合作单位", "单位名称", "企业名称", "合作企业", "统一社会信用代码", "信用代码"),
        "unit": ("学院", "二级学院", "负责单位", "承办学院", "部门"),
        "owner": ("负责人", "项目负责人", "对接人", "经办人"),
        "stage": ("阶段", "当前阶段", "进展阶段", "合作阶段"),
        "stage_since": ("阶段起始日期", "进入阶段日期"),
        "opened_on": ("立项日期", "启动日期", "开始日期", "登记日期"),
        "expected_on": ("预计完成日期", "预期日期", "预计签约日期"),
        "value": ("预计金额", "合作金额", "金额", "预期价值"),
        "intent": ("合作意向", "意向内容", "意向"),
        "agreement_number": ("协议编号", "合同编号", "协议号"),
        "supervision": ("监管情况", "检查情况", "监管结论", "监管发现"),
        "note": ("备注", "说明"),
    }


class NeedSheet(Sheet):
    model = models.Need
    icon = "flag"
    description = _("What partners asked for; claimed by somebody of the college, then met or closed with a reason.")
    columns = (
        "title",
        "organisation",
        "kind",
        "number",
        "majors",
        "raised_on",
        "due",
        "days_left",
        "status",
        "claimed_by",
    )
    computed = {
        "days_left": Computed(
            _("days left"), Case(When(status__in=["open", "claimed"], then=DaysSince("due") * -1), default=None)
        )
    }
    filters = (
        "kind",
        "status",
        "organisation",
        "organisation__industry",
        "majors",
        "claimed_unit",
        "claimed_by",
        "raised_on",
        "due",
        "number",
    )
    tabs = "status"
    search = ("title", "detail", "organisation__name", "organisation__uscc", "result")
    groups = (
        (_("Need"), ("title", "organisation", "kind", "number", "majors", "raised_on", "due", "detail")),
        (_("Answer"), ("status", "claimed_by", "claimed_unit", "result")),
    )
    natural_key = ("organisation", "title", "raised_on")
    panels = (panels.need_matches,)
    actions = (
        flow_action(models.Need.flow, "claim", actions.claim, form=forms.ClaimForm),
        flow_action(models.Need.flow, "meet", actions.meet, form=forms.MeetForm),
        flow_action(models.Need.flow, "release", actions.release),
        flow_action(models.Need.flow, "close", actions.close_need),
    )
    synonyms = {
        "title": ("需求名称", "需求", "需求标题", "岗位名称", "名称", "需求事项"),
        "organisation": ("单位名称", "企业名称", "需求单位", "提出单位", "用人单位", "统一社会信用代码", "信用代码"),
        "kind": ("需求类型", "类型", "需求类别"),
        "number": ("需求人数", "人数", "招聘人数", "数量"),
        "raised_on": ("提出日期", "登记日期", "发布日期", "提出时间"),
        "due": ("截止日期", "期限", "需求期限", "到岗时间", "完成期限"),
        "detail": ("需求描述", "需求内容", "详情", "岗位要求", "具体要求", "说明"),
        "claimed_by": ("认领人", "对接人", "负责人"),
        "claimed_unit": ("认领学院", "认领部门", "对接学院", "认领单位"),
        "status": ("状态", "需求状态"),
        "result": ("结果", "完成情况", "办理结果", "对接结果"),
    }


class GovernmentPolicySheet(Sheet):
    model = models.GovernmentPolicy
    icon = "scales"
    description = _("Policies of government that the college may use; each is decided before its deadline (四（一）1).")
    columns = ("title", "number", "issuer", "issued_on", "deadline", "days_left", "money", "status", "owner")
    computed = {
        "days_left": Computed(_("days left"), Case(When(status="open", then=DaysSince("deadline") * -1), default=None))
    }
    filters = (
        "status",
        "issuer",
        "applies_to",
        "owner",
        "issued_on",
        "deadline",
        "effective_to",
        "money",
        "decided_on",
    )
    tabs = "status"
    search = ("title", "number", "issuer__name", "summary")
    groups = (
        (_("Government policy"), ("number", "title", "issuer", "issued_on", "effective_from", "effective_to")),
        (_("What it offers"), ("money", "deadline", "applies_to", "owner", "summary")),
        (_("Decision"), ("status", "decision_reason", "decided_on")),
    )
    related = ("grants",)
    natural_key = ("number",)
    actions = (
        flow_action(models.GovernmentPolicy.flow, "apply", actions.apply_policy, form=forms.DecisionForm),
        flow_action(models.GovernmentPolicy.flow, "ignore", actions.ignore_policy, form=forms.DecisionForm),
        flow_action(models.GovernmentPolicy.flow, "reopen", actions.reopen_policy),
    )
    synonyms = {
        "number": ("文号", "文件编号", "发文字号", "政策文号"),
        "title": ("政策名称", "文件名称", "标题", "名称", "政策标题"),
        "issuer": ("发文单位", "发文机关", "发布单位", "印发单位", "主管部门"),
        "issued_on": ("发文日期", "印发日期", "发布日期", "成文日期"),
        "effective_from": ("生效日期", "施行日期", "实施日期", "有效期起"),
        "effective_to": ("失效日期", "有效期至", "截止日期", "终止日期"),
        "deadline": ("申报截止", "申报截止日期", "申报期限", "截止时间"),
        "money": ("资助金额", "支持金额", "资金", "金额", "支持资金"),
        "owner": ("负责人", "经办人", "责任人"),
        "summary": ("摘要", "主要内容", "支持内容", "政策要点"),
        "status": ("申报决定", "决定", "状态", "是否申报"),
        "decision_reason": ("理由", "不申报理由", "决定理由", "原因"),
        "decided_on": ("决定日期", "研究日期"),
    }


class SupportGrantSheet(Sheet):
    model = models.SupportGrant
    icon = "money"
    description = _("Support won from government: money, land, posts or another guarantee (四（一）1).")
    columns = ("title", "grantor", "unit", "amount", "granted_on", "policy", "document")
    filters = ("unit", "grantor", "policy", "granted_on", "amount")
    search = ("title", "grantor__name", "document", "note")
    groups = (
        (_("Grant"), ("title", "grantor", "unit", "amount", "granted_on")),
        (_("Basis"), ("policy", "document", "note")),
    )
    natural_key = ("grantor", "title", "granted_on")
    synonyms = {
        "title": ("项目名称", "支持项目", "名称", "支持事项", "保障名称"),
        "grantor": ("支持单位", "拨款单位", "给予单位", "授予单位", "主管部门"),
        "policy": ("依据政策", "政策依据", "政策文号", "政策名称"),
        "unit": ("受益单位", "学院", "部门", "承担单位", "二级学院"),
        "amount": ("金额", "支持金额", "到账金额", "资助金额", "经费"),
        "granted_on": ("获批日期", "批准日期", "到账日期", "日期", "获批时间"),
        "document": ("文号", "批准文号", "批复文号"),
        "note": ("备注", "说明", "支持内容"),
    }


class DemandSurveySheet(Sheet):
    model = models.DemandSurvey
    icon = "search"
    description = _("What the region needs people for; a survey grows old, so its age is shown (四（一）1).")
    columns = ("title", "unit", "group", "surveyed_on", "age", "sample_size", "posts", "author")
    computed = {"age": Computed(_("age in days"), DaysSince("surveyed_on"))}
    filters = ("unit", "group", "author", "surveyed_on", "sample_size", "posts")
    search = ("title", "findings", "author__name")
    groups = (
        (_("Survey"), ("title", "unit", "group", "surveyed_on", "author")),
        (_("Findings"), ("sample_size", "posts", "findings")),
    )
    natural_key = ("unit", "title", "surveyed_on")
    depends = {"group": {"unit": "unit"}}
    synonyms = {
        "title": ("调研名称", "调研题目", "名称", "报告名称", "调研主题"),
        "unit": ("学院", "二级学院", "调研单位", "部门"),
        "group": ("专业群", "专业群名称"),
        "surveyed_on": ("调研日期", "调研时间", "日期", "完成日期"),
        "sample_size": ("调研企业数", "样本数", "调研单位数", "走访企业数"),
        "posts": ("岗位需求数", "需求岗位数", "岗位数", "需求人数"),
        "findings": ("调研结论", "结论", "主要发现", "调研结果"),
        "author": ("调研人", "负责人", "撰写人", "执笔人"),
    }


class TechnologyNoteSheet(Sheet):
    model = models.TechnologyNote
    icon = "bulb"
    description = _("Technical change seen in industry, and what teaching should make of it (四（一）1).")
    columns = ("title", "group", "organisation", "noted_on", "change", "author")
    filters = ("group", "group__unit", "organisation", "author", "noted_on")
    search = ("title", "change", "consequence", "organisation__name")
    groups = (
        (_("Technology note"), ("title", "group", "organisation", "noted_on", "author")),
        (_("Technical change"), ("change", "consequence")),
    )
    natural_key = ("group", "title", "noted_on")
    synonyms = {
        "title": ("技术名称", "标题", "名称", "技术主题"),
        "organisation": ("来源企业", "企业名称", "单位名称", "信用代码", "统一社会信用代码"),
        "group": ("专业群", "专业群名称"),
        "noted_on": ("记录日期", "日期", "登记日期"),
        "change": ("技术变化", "变化内容", "技术变革", "内容"),
        "consequence": ("教学改进建议", "对教学的影响", "建议", "教学建议"),
        "author": ("记录人", "登记人", "教师"),
    }
