"""How choices, placements, consents, insurance and the safety test look, are acted upon and are imported."""

from __future__ import annotations

from functools import cached_property

from django.utils.translation import gettext_lazy as _

from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action
from zhixing.practice import (
    consent_actions,
    insurance,
    models,
    panels,
    placement_actions,
    practice_forms,
    redline_panels,
)
from zhixing.practice.running_offers import PLACEMENT_ACTIONS, PLACEMENT_PANELS, PLACEMENT_RELATED

_FLOW = models.Placement.flow
_CONSENT = models.Consent.flow


class PreferenceSheet(Sheet):
    model = models.Preference
    icon = "sort"
    description = _("Which posts each student would take, in which order.")
    columns = ("student", "student__number", "plan", "rank", "post")
    filters = ("plan", "plan__major__unit", "post", "post__organisation", "rank", "student__cohort")
    search = ("student__name", "student__number", "post__title", "post__organisation__name")
    groups = ((_("Choice"), ("plan", "student", "post", "rank")),)
    natural_key = ("student", "post")
    synonyms = {
        "plan": ("实习计划", "计划编号"),
        "student": ("学号", "学生", "姓名"),
        "post": ("岗位编号", "志愿岗位", "岗位"),
        "rank": ("志愿序号", "志愿顺序", "志愿"),
    }


class PostRankingSheet(Sheet):
    model = models.PostRanking
    icon = "sort"
    description = _("Which students each firm would take for a post, in which order.")
    columns = ("post", "rank", "student", "student__number")
    filters = ("post", "post__organisation", "post__plan", "post__plan__major__unit", "rank")
    search = ("student__name", "student__number", "post__title", "post__organisation__name")
    groups = ((_("Choice"), ("post", "student", "rank")),)
    natural_key = ("post", "student")
    synonyms = {
        "post": ("岗位编号", "岗位"),
        "student": ("学号", "学生", "姓名"),
        "rank": ("企业排序", "排序", "名次"),
    }


class PlacementSheet(Sheet):
    model = models.Placement
    icon = "pin"
    description = _("One student at one post, from the proposal to the grade.")
    columns = (
        "student",
        "student__number",
        "post",
        "plan",
        "supervisor",
        "mentor",
        "starts_on",
        "ends_on",
        "status",
    )
    filters = (
        "status",
        "plan",
        "plan__year",
        "plan__kind",
        "plan__major__unit",
        "plan__major",
        "post",
        "post__organisation",
        "student",
        "student__cohort",
        "supervisor",
        "agreement",
        "level",
        "hired",
        "living",
        "starts_on",
        "ends_on",
    )
    tabs = "status"
    search = ("student__name", "student__number", "post__title", "post__organisation__name")
    groups = (
        (_("Placement"), ("plan", "student", "post", "supervisor", "mentor", "agreement", "status")),
        (_("Time"), ("starts_on", "ends_on", "accepted_on", "living")),
        (_("Lock"), ("locked", "lock_reason")),
        (_("End and grade"), ("ended_on", "end_reason", "score", "score_reason", "level", "hired", "note")),
    )
    related = ("findings", *PLACEMENT_RELATED)
    actions = (
        flow_action(_FLOW, "confirm", placement_actions.confirm),
        flow_action(_FLOW, "start", placement_actions.start),
        flow_action(_FLOW, "cancel", placement_actions.cancel),
        Action(
            "agreement",
            _("Make the tripartite agreement"),
            placement_actions.make_agreement,
            icon="signature",
            available=lambda row: row.agreement_id is None and row.status == "confirmed",
        ),
        Action(
            "lives",
            _("Where the student lives"),
            placement_actions.lives,
            icon="home",
            form=practice_forms.LivesForm,
            bulk=False,
            available=lambda row: row.status in models.Placement.LIVE,
        ),
        Action(
            "lock",
            _("Lock the place"),
            placement_actions.lock,
            icon="lock",
            comment="required",
            available=lambda row: not row.locked and row.status in ("proposed", "confirmed"),
        ),
        Action(
            "unlock",
            _("Unlock the place"),
            placement_actions.unlock,
            icon="key",
            available=lambda row: row.locked and row.status in ("proposed", "confirmed"),
        ),
        *PLACEMENT_ACTIONS,
        Action(
            "hired",
            _("Hired by the firm"),
            placement_actions.hired,
            icon="check",
            comment="optional",
            available=lambda row: row.status in placement_actions.OVER and row.hired != models.Placement.Hired.HIRED,
        ),
        Action(
            "not_hired",
            _("Not hired by the firm"),
            placement_actions.not_hired,
            icon="x",
            comment="optional",
            available=lambda row: row.status in placement_actions.OVER and row.hired != models.Placement.Hired.NOT,
        ),
    )
    panels = (panels.placement_panel, *PLACEMENT_PANELS, redline_panels.placement_panel)
    natural_key = ("student", "post", "starts_on")
    synonyms = {
        "plan": ("实习计划", "计划编号"),
        "student": ("学号", "学生", "姓名"),
        "post": ("岗位编号", "实习岗位", "岗位"),
        "supervisor": ("校内指导教师", "指导教师", "工号"),
        "mentor": ("企业导师", "企业指导教师", "企业指导人员"),
        "agreement": ("三方协议编号", "协议编号"),
        "starts_on": ("实习开始日期", "开始日期"),
        "ends_on": ("实习结束日期", "结束日期"),
        "accepted_on": ("企业确认日期", "企业接收日期"),
        "living": ("住宿方式", "住宿"),
        "locked": ("锁定",),
        "lock_reason": ("锁定原因",),
        "ended_on": ("实际结束日期", "终止日期"),
        "end_reason": ("结束原因", "终止原因"),
        "score": ("实习成绩", "成绩", "分数"),
        "score_reason": ("成绩调整原因",),
        "level": ("等级", "成绩等级"),
        "hired": ("是否录用", "录用情况"),
        "status": ("状态", "实习状态"),
        "note": ("备注", "说明"),
    }

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        # Why this place was given is told in words on the record's page.
        return tuple(name for name in super().all_columns if name != "reasons")


class ConsentSheet(Sheet):
    model = models.Consent
    icon = "check-circle"
    description = _("What students and guardians say to an internship: given by link, on the page or on paper.")
    columns = ("placement", "placement__plan", "party", "name", "status", "decided_on", "on_paper")
    filters = (
        "status",
        "party",
        "placement",
        "placement__plan",
        "placement__plan__major__unit",
        "on_paper",
        "decided_on",
    )
    tabs = "status"
    search = ("placement__student__name", "placement__student__number", "name")
    groups = ((_("Consent"), ("placement", "party", "name", "on_paper", "decided_on", "reason", "status")),)
    actions = (
        flow_action(_CONSENT, "give", consent_actions.record_paper, form=practice_forms.PaperForm),
        flow_action(_CONSENT, "refuse", consent_actions.refuse),
        flow_action(_CONSENT, "withdraw", consent_actions.withdraw),
        Action(
            "signed_today",
            _("Signed on paper today"),
            consent_actions.signed_today,
            icon="check",
            available=lambda row: row.status == models.Consent.Status.WAITING,
        ),
        Action(
            "link",
            _("Link for the guardian"),
            consent_actions.hand_link,
            icon="link",
            bulk=False,
            available=lambda row: row.party == models.Consent.Party.GUARDIAN,
        ),
    )
    natural_key = ("placement", "party")
    synonyms = {
        "placement": ("学号", "学生", "安排"),
        "party": ("同意方", "签署人身份"),
        "party=guardian": ("家长", "监护人", "法定监护人"),
        "name": ("签署人", "签署人姓名"),
        "on_paper": ("纸质", "是否纸质"),
        "decided_on": ("签署日期", "同意日期"),
        "reason": ("原因", "理由"),
        "status": ("状态", "意见"),
    }


class InsurancePolicySheet(Sheet):
    model = models.InsurancePolicy
    icon = "shield"
    description = _("Insurance of interns with its term; it covers whom its roster names.")
    columns = ("number", "kind", "unit", "insurer", "starts_on", "ends_on", "covered_count", "payer")
    computed = {
        "covered_count": Computed(
            _("students covered"), number_of(models.PolicyCover, "policy"), rows=("practice.policy_cover", "policy")
        )
    }
    filters = ("kind", "unit", "payer", "starts_on", "ends_on")
    tabs = "kind"
    search = ("number", "insurer")
    groups = (
        (_("Insurance policy"), ("number", "kind", "unit", "insurer", "starts_on", "ends_on")),
        (_("Premium"), ("payer", "premium", "note")),
    )
    related = ("covers",)
    actions = (
        Action(
            "cover_missing",
            _("Insure whoever lacks these days"),
            insurance.cover_missing,
            icon="shield",
            primary=True,
            available=lambda policy: policy.kind == "liability" and policy.archived_at is None,
        ),
        Action(
            "enrol",
            _("Add to the roster"),
            insurance.enrol,
            icon="plus",
            form=practice_forms.EnrolForm,
            bulk=False,
            available=lambda policy: policy.archived_at is None,
        ),
    )
    synonyms = {
        "number": ("保单号", "保险单号", "保单编号"),
        "kind": ("险种", "保险类型"),
        "kind=liability": ("学生实习责任保险", "责任险"),
        "kind=accident": ("人身意外伤害保险", "意外险"),
        "unit": ("二级学院", "学院", "投保部门"),
        "insurer": ("保险公司", "承保公司"),
        "starts_on": ("保险起期", "起保日期", "生效日期"),
        "ends_on": ("保险止期", "终保日期", "到期日期"),
        "payer": ("缴费方", "保费承担方"),
        "premium": ("人均保费", "保费"),
        "note": ("备注", "说明"),
    }


class PolicyCoverSheet(Sheet):
    model = models.PolicyCover
    icon = "users"
    description = _("The rosters of insurance policies: which student is covered by which policy.")
    columns = ("student", "student__number", "policy", "policy__kind", "policy__starts_on", "policy__ends_on")
    filters = ("policy", "policy__unit", "policy__kind", "student", "student__cohort")
    search = ("student__name", "student__number", "policy__number")
    groups = ((_("Insured student"), ("policy", "student")),)
    natural_key = ("policy", "student")
    synonyms = {
        "policy": ("保单号", "保险单号"),
        "student": ("学号", "被保险人", "学生", "姓名"),
    }


class SafetyQuestionSheet(Sheet):
    model = models.SafetyQuestion
    icon = "book"
    description = _("The bank of questions from which the safety test before each internship is drawn.")
    columns = ("code", "text", "topic", "major_class", "is_active")
    filters = ("topic", "major_class", "is_active")
    search = ("code", "text")
    groups = (
        (_("Question"), ("code", "text", "options", "answer")),
        (_("In English"), ("text_en", "options_en")),
        (_("Use"), ("topic", "major_class", "is_active")),
    )
    synonyms = {
        "code": ("题号", "试题编号"),
        "text": ("题干", "题目"),
        "options": ("选项", "备选答案"),
        "answer": ("正确答案", "答案", "正确选项"),
        "text_en": ("英文题干",),
        "options_en": ("英文选项",),
        "topic": ("主题", "知识点"),
        "major_class": ("专业大类代码", "专业大类"),
        "is_active": ("启用", "是否启用"),
    }


class SafetyTestSheet(Sheet):
    model = models.SafetyTest
    icon = "shield"
    description = _("Who took the safety test before the internship, and who passed.")
    columns = ("student", "student__number", "plan", "taken_on", "attempt", "score", "passed")
    filters = ("plan", "plan__major__unit", "student", "student__cohort", "passed", "taken_on")
    search = ("student__name", "student__number", "plan__title")
    groups = ((_("Safety test"), ("plan", "student", "taken_on", "attempt", "score", "pass_mark")),)
    natural_key = ("plan", "student", "attempt")
    synonyms = {
        "plan": ("实习计划", "计划编号"),
        "student": ("学号", "学生", "姓名"),
        "taken_on": ("考核日期", "考试日期"),
        "attempt": ("次数", "第几次"),
        "score": ("成绩", "得分"),
        "pass_mark": ("合格线", "及格线"),
    }

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        # What was answered is kept as proof; the page of the test words it.
        return tuple(name for name in super().all_columns if name != "answers")
