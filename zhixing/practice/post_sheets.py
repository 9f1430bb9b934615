"""How posts, inspections of units, filings and violations look, are acted upon and are imported."""

from __future__ import annotations

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action
from zhixing.practice import models, post_actions, practice_forms, redline_panels

_FLOW = models.Post.flow
_TAKEN = number_of(models.Placement, "post", ~Q(status__in=models.Placement.OFF))


class PostSheet(Sheet):
    model = models.Post
    icon = "briefcase"
    description = _(
        "Places of work that firms offer or students found, with hours, pay and conditions as the rules ask."
    )
    columns = (
        "title",
        "organisation",
        "plan",
        "places",
        "taken_count",
        "chosen_count",
        "hours_day",
        "pay",
        "source",
        "status",
    )
    computed = {
        "taken_count": Computed(_("places taken"), _TAKEN, rows=("practice.placement", "post")),
        "free_count": Computed(_("places free"), F("places") - _TAKEN),
        "chosen_count": Computed(
            _("chosen by"), number_of(models.Preference, "post"), rows=("practice.preference", "post")
        ),
    }
    filters = (
        "status",
        "plan",
        "plan__year",
        "plan__major__unit",
        "plan__major",
        "organisation",
        "source",
        "region",
        "night_shift",
        "overtime",
        "rest_days",
        "housing",
    )
    tabs = "status"
    search = ("code", "title", "organisation__name", "organisation__uscc")
    groups = (
        (
            _("Post"),
            ("code", "title", "plan", "organisation", "source", "found_by", "copied_from", "mentor", "status"),
        ),
        (_("Places"), ("places", "minimum", "tasks", "requirements", "major_classes")),
        (_("Where"), ("address", "region", "longitude", "latitude", "housing", "meals")),
        (_("Hours"), ("hours_day", "hours_week", "night_shift", "overtime", "rest_days")),
        (_("Safety"), ("hazards", "labour_class", "barred_to_minors", "barred_to_women")),
        (
            _("Pay"),
            (
                "independent",
                "pay",
                "same_post_wage",
                "lowest_wage",
                "pay_cycle_days",
                "pay_in_money",
                "pay_direct",
                "fees",
                "keeps_documents",
                "by_agent",
            ),
        ),
        (_("Staff of the unit"), ("staff_total", "staff_same_post")),
        (_("Approval"), ("approved_on", "note")),
    )
    related = ("placements", "shares", "findings", "rankings", "copies")
    panels = (redline_panels.post_panel,)
    actions = (
        flow_action(_FLOW, "offer", post_actions.offer),
        flow_action(_FLOW, "approve", post_actions.approve),
        flow_action(_FLOW, "refuse"),
        flow_action(_FLOW, "withdraw"),
        flow_action(_FLOW, "close"),
        flow_action(_FLOW, "reopen", post_actions.reopen),
        Action(
            "firm_link",
            _("Link for the firm"),
            post_actions.hand_firm_link,
            icon="link",
            form=practice_forms.FirmLinkForm,
            bulk=False,
            available=lambda post: post.source == models.Post.Source.SCHOOL and post.archived_at is None,
        ),
    )
    synonyms = {
        "code": ("岗位编号", "编号"),
        "title": ("岗位", "岗位名称", "实习岗位"),
        "plan": ("实习计划", "计划编号"),
        "organisation": ("实习单位", "企业", "企业名称", "统一社会信用代码", "单位名称"),
        "source": ("岗位来源", "来源", "联系方式类型"),
        "source=school": ("学校安排", "集中安排", "集中实习"),
        "source=student": ("学生自主联系", "自主实习", "自行联系", "分散实习"),
        "found_by": ("联系学生", "学号"),
        "copied_from": ("复制自",),
        "mentor": ("企业导师", "企业指导教师", "企业指导人员"),
        "places": ("名额", "岗位数", "接收人数", "需求人数"),
        "minimum": ("最少人数", "开岗人数"),
        "tasks": ("工作内容", "实习内容", "岗位职责"),
        "requirements": ("岗位要求", "任职要求"),
        "major_classes": ("适用专业大类", "专业大类代码", "面向专业大类"),
        "address": ("实习地点", "工作地点", "地址"),
        "region": ("行政区划代码", "地区代码"),
        "longitude": ("经度",),
        "latitude": ("纬度",),
        "hours_day": ("每日工时", "日工作时长", "每天工作小时数"),
        "hours_week": ("每周工时", "周工作时长", "每周工作小时数"),
        "night_shift": ("是否夜班", "夜班"),
        "overtime": ("是否加班", "加班"),
        "rest_days": ("是否休息日上班", "休息日工作", "节假日工作"),
        "hazards": ("高危因素", "危险因素"),
        "labour_class": ("体力劳动强度", "劳动强度分级", "体力劳动强度分级"),
        "barred_to_minors": ("未成年工禁忌",),
        "barred_to_women": ("女工禁忌", "女职工禁忌"),
        "by_agent": ("是否通过中介", "中介"),
        "fees": ("是否收费", "收取费用"),
        "keeps_documents": ("扣押证件",),
        "independent": ("相对独立参与工作", "是否独立上岗"),
        "pay": ("实习报酬", "月报酬", "实习津贴", "月薪"),
        "same_post_wage": ("相同岗位工资", "同岗位工资"),
        "lowest_wage": ("最低档工资", "工资最低档标准"),
        "pay_cycle_days": ("发放周期", "报酬发放周期"),
        "pay_in_money": ("货币支付",),
        "pay_direct": ("直接支付学生", "支付给本人"),
        "staff_total": ("在岗职工总数", "职工总数"),
        "staff_same_post": ("同岗位职工数", "相同岗位职工数"),
        "housing": ("提供住宿", "是否提供住宿"),
        "meals": ("提供工作餐", "是否提供用餐"),
        "approved_on": ("审核日期", "批准日期"),
        "status": ("状态", "岗位状态"),
        "note": ("备注", "说明"),
    }


class PostShareSheet(Sheet):
    model = models.PostShare
    icon = "link"
    description = _(
        "Posts that take students of several plans, with the places kept for each and how many it gets at most."
    )
    columns = ("post", "post__plan", "plan", "plan__major__unit", "kept", "most", "taken_count")
    computed = {
        "taken_count": Computed(
            pgettext_lazy("post", "places taken by them"),
            Coalesce(
                Subquery(
                    models.Placement.objects.filter(post=OuterRef("post"), plan=OuterRef("plan"), archived_at=None)
                    .exclude(status__in=models.Placement.OFF)
                    .order_by()
                    .values("post")
                    .annotate(number=Count("pk"))
                    .values("number"),
                    output_field=IntegerField(),
                ),
                0,
            ),
        )
    }
    filters = ("plan", "plan__major__unit", "plan__year", "post", "post__plan", "post__organisation")
    search = ("post__code", "post__title", "post__organisation__name", "plan__code", "plan__title")
    groups = ((_("Shared post"), ("post", "plan", "kept", "most", "note")),)
    natural_key = ("post", "plan")
    synonyms = {
        "post": ("岗位编号", "岗位"),
        "plan": ("面向计划", "共享计划", "计划编号", "实习计划"),
        "kept": ("保留名额", "保底名额", "最少名额"),
        "most": ("最多名额", "名额上限"),
        "note": ("备注", "说明"),
    }


class InspectionSheet(Sheet):
    model = models.Inspection
    icon = "eye"
    description = _(
        "Visits to units before they take students, with a report on the nine headings of the national rules."
    )
    columns = ("organisation", "unit", "inspected_on", "valid_until", "inspector", "result")
    filters = ("result", "organisation", "unit", "inspector", "inspected_on", "valid_until")
    tabs = "result"
    search = ("organisation__name", "organisation__uscc", "inspector__name")
    groups = (
        (_("Inspection"), ("organisation", "unit", "inspected_on", "inspector", "valid_until")),
        (_("Report"), ("headings", "report", "result")),
    )
    natural_key = ("organisation", "unit", "inspected_on")
    synonyms = {
        "organisation": ("实习单位", "企业", "企业名称", "统一社会信用代码"),
        "unit": ("二级学院", "学院", "考察部门"),
        "inspected_on": ("考察日期", "日期"),
        "inspector": ("考察人", "考察教师"),
        "valid_until": ("有效期至", "有效期"),
        "headings": ("考察内容", "考察项目"),
        "report": ("考察报告", "评估报告", "报告"),
        "result": ("考察结论", "结论"),
    }


class FilingSheet(Sheet):
    model = models.Filing
    icon = "archive"
    description = _(
        "What the competent authority was told of beforehand: shifts, rest days, high risk, another province."
    )
    columns = ("number", "organisation", "subjects", "authority", "filed_on", "starts_on", "ends_on", "unit")
    filters = ("unit", "organisation", "plan", "filed_on", "starts_on", "ends_on")
    search = ("number", "organisation__name", "authority")
    groups = (
        (_("Filing"), ("number", "unit", "organisation", "plan", "subjects", "authority", "filed_on")),
        (_("For when and why"), ("starts_on", "ends_on", "reason")),
    )
    synonyms = {
        "number": ("备案号", "备案编号", "备案回执号"),
        "unit": ("二级学院", "学院"),
        "organisation": ("实习单位", "企业", "企业名称", "统一社会信用代码"),
        "plan": ("实习计划", "计划编号"),
        "subjects": ("备案事项", "事项"),
        "authority": ("备案部门", "受理部门", "主管部门"),
        "filed_on": ("备案日期",),
        "starts_on": ("开始日期", "起始日期"),
        "ends_on": ("结束日期", "截止日期"),
        "reason": ("备案理由", "理由", "说明"),
    }


class ViolationSheet(Sheet):
    model = models.Violation
    icon = "ban"
    description = _("Why a unit may not take students for a time: dishonesty, or a breach of safety law.")
    columns = ("organisation", "kind", "found_on", "cleared_on", "source")
    filters = ("kind", "organisation", "found_on", "cleared_on")
    tabs = "kind"
    search = ("organisation__name", "organisation__uscc", "source")
    groups = ((_("Violation"), ("organisation", "kind", "found_on", "cleared_on", "source", "text")),)
    natural_key = ("organisation", "kind", "found_on")
    synonyms = {
        "organisation": ("实习单位", "企业", "企业名称", "统一社会信用代码"),
        "kind": ("违法类型", "类型"),
        "found_on": ("认定日期", "处罚日期", "列入日期"),
        "cleared_on": ("移出日期", "修复日期"),
        "source": ("信息来源", "来源"),
        "text": ("违法事实", "内容"),
    }
