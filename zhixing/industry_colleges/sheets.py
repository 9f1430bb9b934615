"""How the registers of industry colleges look, are acted upon and are imported."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Model, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.industry_colleges import actions, forms, models, panels
from zhixing.industry_colleges.queries import proven
from zhixing.kernel.counting import number_of
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action

TODAY = TruncDate(Now())
_BOARD = ((_("Ten-area heat map"), "heatmap", "industry-college-heatmap"),)
_HELD_TODAY = Q(starts_on__lte=TODAY) & (Q(ends_on=None) | Q(ends_on__gte=TODAY))


def _last(model: type[Model], path: str, field: str) -> Any:
    rows = model._default_manager.filter(**{path: OuterRef("pk"), "archived_at": None}).order_by()
    return Subquery(rows.values(path).annotate(last=Max(field)).values("last"))


def _worth() -> Any:
    rows = models.ResourceAllocation.objects.filter(college=OuterRef("pk"), archived_at=None).order_by()
    return Subquery(
        rows.values("college").annotate(total=Sum("value")).values("total"), output_field=MoneyField(null=True)
    )


class IndustryCollegeSheet(Sheet):
    model = models.IndustryCollege
    icon = "school"
    description = _("Industry colleges from plan to acceptance, with charter, council, resources and the ten areas.")
    columns = ("name", "unit", "lead_organisation", "status", "level", "parties_count", "outputs_count", "last_met")
    computed = {
        "parties_count": Computed(
            _("kinds of party seated"),
            number_of(models.Seat, "college", _HELD_TODAY, "party"),
            rows=("industry_colleges.seat", "college"),
        ),
        "outputs_count": Computed(
            _("area outputs"),
            number_of(models.AreaOutput, "college"),
            rows=("industry_colleges.area_output", "college"),
        ),
        "last_met": Computed(_("council last met"), _last(models.CouncilMeeting, "college", "held_on"), numeric=False),
        "worth": Computed(_("resources in yuan"), _worth(), rows=("industry_colleges.resource_allocation", "college")),
    }
    filters = ("status", "level", "unit", "groups", "lead_organisation", "director", "starts_on", "ends_on")
    tabs = "status"
    search = ("code", "name", "lead_organisation__name", "director__name")
    groups = (
        (_("Industry college"), ("code", "name", "unit", "lead_organisation", "director", "status")),
        (_("Majors"), ("groups", "majors")),
        (_("Dates and agreement"), ("starts_on", "ends_on", "approved_on", "agreement")),
        (_("Recognition"), ("level", "recognised_on", "recognition_number")),
        (_("Notes"), ("close_reason", "note")),
    )
    related = (
        "plans",
        "seats",
        "area_plans",
        "area_outputs",
        "charter_sections",
        "meetings",
        "checks",
        "resources",
    )
    actions = (
        flow_action(models.IndustryCollege.flow, "submit", actions.submit_college),
        flow_action(models.IndustryCollege.flow, "build", actions.begin_to_build),
        flow_action(models.IndustryCollege.flow, "mid_check", actions.record_mid_check, form=forms.CheckForm),
        flow_action(models.IndustryCollege.flow, "accept", actions.record_acceptance, form=forms.CheckForm),
        Action(
            "record_output",
            _("Record an output"),
            actions.record_output,
            icon="plus",
            form=forms.OutputForm,
            bulk=False,
            available=lambda college: college.approved_on is not None and college.ends_on is None,
        ),
        Action(
            "copy_area_plans",
            _("Copy last year's area plans"),
            actions.copy_area_plans,
            icon="copy",
            form=forms.CopyPlansForm,
        ),
        Action("new_charter", _("Open a new version of the charter"), actions.new_charter, icon="book"),
        Action("sign_charter", _("Sign the charter"), actions.sign_charter, icon="signature", form=forms.SignForm),
        Action(
            "recognise",
            _("Record a recognition"),
            actions.recognise,
            capability="approve",
            icon="star",
            form=forms.RecogniseForm,
            bulk=False,
            available=lambda college: college.approved_on is not None and college.status != "closed",
        ),
        flow_action(models.IndustryCollege.flow, "close", actions.close, form=forms.CloseForm),
    )
    panels = (panels.area_panel, panels.charter_panel, panels.resource_panel)
    natural_key = ("code",)
    depends = {"groups": {"unit": "unit"}, "majors": {"unit": "unit"}}
    links = _BOARD
    synonyms = {
        "code": ("编号", "产业学院编号", "代码"),
        "name": ("产业学院名称", "名称", "产业学院"),
        "unit": ("所属学院", "依托学院", "牵头学院", "学院", "单位"),
        "lead_organisation": ("牵头企业", "共建企业", "合作企业", "牵头单位"),
        "director": ("院长", "负责人", "执行院长", "产业学院院长"),
        "agreement": ("合作协议", "协议编号", "协议"),
        "starts_on": ("成立日期", "成立时间", "设立日期"),
        "ends_on": ("截止日期", "终止日期", "运行至"),
        "status": ("状态", "建设状态", "建设阶段"),
        "approved_on": ("批准日期", "批复日期", "立项日期"),
        "level": ("级别", "认定级别", "建设级别"),
        "recognised_on": ("认定日期", "认定时间"),
        "recognition_number": ("认定文号", "批文号", "文号"),
        "close_reason": ("终止原因", "关闭原因"),
        "note": ("备注", "说明"),
    }


class CharterSectionSheet(Sheet):
    model = models.CharterSection
    icon = "book"
    description = _("The four things each charter regulates, version by version; a signed text stays as it is.")
    columns = ("part", "college", "version", "signed_on", "updated_at")
    filters = ("part", "college", "college__unit", "version", "signed_on")
    tabs = "part"
    search = ("college__name", "text")
    groups = ((_("Part of the charter"), ("college", "version", "part", "text", "signed_on")),)
    natural_key = ("college", "version", "part")
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "version": ("版本", "版次"),
        "part": ("章程内容", "条目", "部分"),
        "text": ("正文", "内容", "条文"),
        "signed_on": ("签署日期", "签订日期", "生效日期"),
    }


class SeatSheet(Sheet):
    model = models.Seat
    icon = "user"
    description = _("Who sits on an industry college's council for which party, with which rights and duties.")
    columns = ("person", "name", "college", "party", "organisation", "position", "starts_on", "ends_on")
    filters = ("party", "college", "college__unit", "organisation", "starts_on", "ends_on")
    tabs = "party"
    search = ("name", "person__name", "organisation__name", "college__name")
    groups = (
        (_("Seat"), ("college", "party", "person", "name", "organisation", "position", "duties")),
        (_("Time"), ("starts_on", "ends_on")),
    )
    actions = (
        Action(
            "end",
            _("End the seat"),
            actions.end_seat,
            icon="x",
            comment="required",
            form=forms.EndSeatForm,
            danger=True,
        ),
    )
    natural_key = ("college", "party", "person", "name", "starts_on")
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "party": ("主体类型", "所属方", "理事类别", "类别"),
        "person": ("工号", "校内理事", "校内人员"),
        "name": ("姓名", "理事姓名", "校外理事"),
        "organisation": ("工作单位", "单位名称", "所在单位", "企业名称"),
        "position": ("理事会职务", "职务", "担任职务"),
        "duties": ("权责", "职责", "分工"),
        "starts_on": ("任职日期", "聘任日期", "起始日期"),
        "ends_on": ("离任日期", "到期日期", "截止日期"),
    }


class CouncilMeetingSheet(Sheet):
    model = models.CouncilMeeting
    icon = "calendar"
    description = _("Meetings of the councils of industry colleges, at least one a year, with minutes and resolutions.")
    columns = ("title", "college", "held_on", "place", "attendees_count")
    computed = {"attendees_count": Computed(_("attended"), Count("attendees", distinct=True))}
    filters = ("college", "college__unit", "held_on")
    search = ("title", "college__name", "minutes", "resolutions")
    groups = (
        (_("Meeting"), ("college", "title", "held_on", "place", "attendees")),
        (_("Content"), ("minutes", "resolutions")),
    )
    natural_key = ("college", "held_on", "title")
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "title": ("会议名称", "会议主题", "名称"),
        "held_on": ("会议日期", "召开日期", "会议时间", "日期"),
        "place": ("会议地点", "地点"),
        "minutes": ("会议纪要", "纪要", "会议记录"),
        "resolutions": ("决议", "议定事项", "决议内容"),
    }


class ConstructionPlanSheet(Sheet):
    model = models.ConstructionPlan
    icon = "gantt"
    description = _("What an industry college builds over some years, in versions by approval.")
    columns = ("college", "version", "starts_on", "ends_on", "status", "milestones_done", "milestones_late")
    computed = {
        "milestones_count": Computed(
            _("milestones"),
            number_of(models.PlanMilestone, "plan"),
            rows=("industry_colleges.plan_milestone", "plan"),
        ),
        "milestones_done": Computed(
            _("milestones done"),
            number_of(models.PlanMilestone, "plan", Q(done_on__isnull=False)),
            rows=("industry_colleges.plan_milestone", "plan"),
        ),
        "milestones_late": Computed(
            _("milestones late"),
            number_of(models.PlanMilestone, "plan", Q(done_on=None, due__lt=TODAY)),
            rows=("industry_colleges.plan_milestone", "plan"),
        ),
    }
    filters = ("status", "college", "college__unit", "starts_on", "ends_on")
    tabs = "status"
    search = ("college__name", "college__code", "goals")
    groups = (
        (_("Construction plan"), ("college", "version", "starts_on", "ends_on", "status", "goals")),
        (_("Approval"), ("approved_on",)),
    )
    related = ("milestones",)
    actions = (
        flow_action(models.ConstructionPlan.flow, "submit", actions.submit_plan),
        Action(
            "new_version",
            _("Write a new version"),
            actions.new_plan_version,
            icon="refresh",
            comment="required",
            available=lambda plan: plan.status == models.ConstructionPlan.Status.APPROVED,
        ),
    )
    natural_key = ("college", "version")
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "version": ("版本", "版次"),
        "starts_on": ("建设起始日期", "开始日期", "起始日期"),
        "ends_on": ("建设截止日期", "结束日期", "截止日期"),
        "goals": ("建设目标", "目标任务", "建设内容"),
        "status": ("状态", "审批状态"),
        "approved_on": ("批准日期", "审批日期", "批复日期"),
    }


class PlanMilestoneSheet(Sheet):
    model = models.PlanMilestone
    icon = "flag"
    description = _("Dated steps of the construction plans, each with its owner and deliverable.")
    columns = ("title", "plan__college", "due", "owner", "done_on", "deliverable")
    filters = ("plan", "plan__college", "plan__college__unit", "plan__status", "owner", "due", "done_on")
    search = ("title", "owner__name", "deliverable", "plan__college__name")
    groups = ((_("Milestone"), ("plan", "title", "due", "owner", "deliverable", "done_on")),)
    actions = (
        Action(
            "finish",
            _("Record as done"),
            actions.finish_milestone,
            icon="check",
            primary=True,
            comment="optional",
            form=forms.FinishForm,
            available=lambda milestone: milestone.done_on is None,
        ),
    )
    natural_key = ("plan", "title")
    synonyms = {
        "plan": ("建设方案", "产业学院"),
        "title": ("里程碑", "节点名称", "建设任务", "阶段目标"),
        "due": ("计划日期", "节点日期", "完成时限"),
        "owner": ("责任人", "负责人"),
        "deliverable": ("成果形式", "预期成果", "交付成果"),
        "done_on": ("完成日期", "实际完成日期"),
    }


class CheckSheet(Sheet):
    model = models.Check
    icon = "check-circle"
    description = _("Mid-term checks and acceptances: experts, score, verdict and findings.")
    columns = ("college", "kind", "held_on", "experts", "score", "verdict")
    filters = ("kind", "verdict", "college", "college__unit", "held_on", "score")
    tabs = "kind"
    search = ("college__name", "experts", "findings")
    groups = (
        (
            pgettext_lazy("of an industry college", "Check"),
            ("college", "kind", "held_on", "experts", "score", "verdict", "findings"),
        ),
    )
    natural_key = ("college", "kind", "held_on")
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "kind": ("检查类型", "类别"),
        "held_on": ("检查日期", "验收日期", "日期"),
        "experts": ("专家", "专家组", "评审专家"),
        "score": ("得分", "评分", "分数"),
        "verdict": ("结论", "检查结论", "验收结论"),
        "findings": ("意见", "专家意见", "问题与整改意见"),
    }


class ResourceAllocationSheet(Sheet):
    model = models.ResourceAllocation
    icon = "money"
    description = _("What each party puts into an industry college, year by year, and what of it was delivered.")
    columns = ("title", "college", "year", "party", "organisation", "kind", "value", "delivered_on")
    filters = ("party", "kind", "college", "college__unit", "year", "organisation", "delivered_on", "value")
    tabs = "party"
    search = ("title", "college__name", "organisation__name")
    groups = (
        (_("Resource"), ("college", "year", "party", "organisation", "kind", "title", "value")),
        (_("Delivery and use"), ("delivered_on", "used_for", "note")),
    )
    natural_key = ("college", "year", "title")
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "year": ("学年",),
        "party": ("投入方", "投入主体", "主体类型"),
        "organisation": ("投入单位", "单位名称", "企业名称"),
        "kind": ("资源类别", "投入类别", "类别"),
        "title": ("资源名称", "投入内容", "名称"),
        "value": ("金额", "价值", "投入金额", "折合金额"),
        "delivered_on": ("到位日期", "到位时间", "交付日期"),
        "used_for": ("用途", "使用情况"),
        "note": ("备注", "说明"),
    }


class AreaSheet(Sheet):
    model = models.Area
    icon = "grid"
    description = _("The ten areas of cooperation: their codes are fixed, their names are the college's to word.")
    columns = ("name", "name_en", "code", "order")
    search = ("code", "name", "name_en")
    groups = ((_("Area of cooperation"), ("name", "name_en", "order")),)
    related = ("plans", "outputs")
    links = _BOARD
    # A register words them anew; the codes say which is which.
    natural_key = ("code",)
    synonyms = {
        "code": ("代码", "领域代码"),
        "name": ("合作领域", "领域名称", "名称"),
        "name_en": ("英文名称",),
        "order": ("顺序", "序号"),
    }


class AreaPlanSheet(Sheet):
    model = models.AreaPlan
    icon = "target"
    description = _("What each industry college means to yield in each of the ten areas in an academic year.")
    columns = ("college", "area", "year", "goal", "planned", "made_count", "proven_count", "owner")
    computed = {
        "made_count": Computed(_("outputs made"), panels.outputs_of_plan()),
        "proven_count": Computed(_("outputs proven"), panels.outputs_of_plan(proven())),
    }
    filters = ("year", "area", "college", "college__unit", "owner")
    search = ("college__name", "area__name", "goal", "owner__name")
    groups = ((_("Area plan"), ("college", "area", "year", "goal", "planned", "owner")),)
    actions = (
        Action(
            "record_output",
            _("Record an output"),
            actions.record_planned_output,
            icon="plus",
            primary=True,
            form=forms.PlannedOutputForm,
            bulk=False,
        ),
    )
    natural_key = ("college", "area", "year")
    links = _BOARD
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "area": ("合作领域", "领域"),
        "year": ("学年",),
        "goal": ("计划成果", "年度计划", "计划内容", "目标"),
        "planned": ("计划数", "计划成果数", "计划数量"),
        "owner": ("责任人", "负责人"),
    }


class AreaOutputSheet(Sheet):
    model = models.AreaOutput
    icon = "bulb"
    description = _("What came of the cooperation in the ten areas, with what proves it; only proven outputs count.")
    columns = ("title", "college", "area", "made_on", "quantity", "proofs", "recorded_by")
    computed = {"proofs": Computed(_("proofs"), panels.number_of_proofs())}
    filters = ("area", "college", "college__unit", "made_on", "parties", "recorded_by")
    search = ("title", "college__name", "area__name", "note")
    groups = (
        (_("Area output"), ("college", "area", "title", "made_on", "quantity", "measured_in", "parties")),
        (pgettext_lazy("of an output", "Proof"), ("link", "activity", "agreement")),
        (_("Notes"), ("recorded_by", "note")),
    )
    natural_key = ("college", "area", "made_on", "title")
    links = _BOARD
    synonyms = {
        "college": ("产业学院", "产业学院名称", "产业学院编号"),
        "area": ("合作领域", "领域"),
        "title": ("成果名称", "成果", "名称"),
        "made_on": ("完成日期", "取得日期", "成果日期", "日期"),
        "quantity": ("数量",),
        "measured_in": ("计量单位", "单位"),
        "link": ("佐证地址", "佐证链接", "链接"),
        "activity": ("佐证活动", "活动"),
        "agreement": ("佐证协议", "协议"),
        "recorded_by": ("登记人", "填报人", "工号"),
        "note": ("备注", "说明"),
    }
