"""How the registers of bases look, are acted upon and are imported; those of papers stand in `paper_sheets.py`."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, IntegerField, Model, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Now, TruncDate
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases import actions, forms, models, panels, queries, series
from zhixing.bases.paper_actions import grow
from zhixing.bases.paper_sheets import (
    BasePlanSheet,
    BaseRecognitionSheet,
    BenefitStatementSheet,
    RecognitionCriterionSheet,
    RecognitionReviewSheet,
    TermSummarySheet,
)
from zhixing.bases.place_sheets import PlaceCapacitySheet, PracticeDemandSheet
from zhixing.kernel.fields import MoneyField
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action

__all__ = [
    "BasePlanSheet",
    "BaseRecognitionSheet",
    "BaseSheet",
    "BaseUseSheet",
    "BenefitStatementSheet",
    "BookingSheet",
    "ContributionSheet",
    "GuideSheet",
    "PlaceCapacitySheet",
    "PracticeDemandSheet",
    "RecognitionCriterionSheet",
    "RecognitionReviewSheet",
    "ResidentUnitSheet",
    "RevenueShareSheet",
    "RoomSheet",
    "SafetyCheckSheet",
    "TermSummarySheet",
]

TODAY = TruncDate(Now())
_CALENDAR = (_("Calendar of rooms"), "calendar", "booking-calendar")
_PLANNER = (_("Places and students"), "chart", "place-planner")


def _rows(model: type[Model], condition: Any = None) -> Any:
    return model._default_manager.filter(condition or Q(), base=OuterRef("pk"), archived_at=None).order_by()


def _number_of(model: type[Model], condition: Any = None) -> Any:
    """How many unarchived rows of `model` point here: a count of its own, so that several do not multiply."""
    counted = _rows(model, condition).values("base").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _worth(party: str) -> Any:
    status = models.Contribution.Status
    rows = _rows(models.Contribution, Q(party=party, status__in=(status.ACCEPTED,)))
    total = rows.values("base").annotate(total=Sum("delivered_value")).values("total")
    return Coalesce(Subquery(total, output_field=MoneyField()), Value(0), output_field=MoneyField())


class BaseSheet(Sheet):
    model = models.Base
    icon = "base"
    description = _("Bases on the campus, off it and for teachers: from proposal to end, with what hangs on them.")
    columns = ("name", "kind", "unit", "organisation", "primary_major", "status", "firm_value", "recognitions_count")
    computed = {
        "firm_value": Computed(_("put in by the firm, in yuan"), _worth("firm"), rows=("bases.contribution", "base")),
        "school_value": Computed(
            _("put in by the school, in yuan"), _worth("school"), rows=("bases.contribution", "base")
        ),
        "guides_count": Computed(_("guides"), _number_of(models.Guide), rows=("bases.guide", "base")),
        "recognitions_count": Computed(
            _("recognitions in force"),
            _number_of(models.BaseRecognition, Q(status="recognised", recheck_due__gte=TODAY)),
            rows=("bases.base_recognition", "base"),
        ),
        "checks_overdue": Computed(
            _("safety checks overdue"),
            _number_of(models.SafetyCheck, Q(done_on=None, due__lt=TODAY)),
            rows=("bases.safety_check", "base"),
        ),
    }
    filters = (
        "kind",
        "status",
        "mode",
        "unit",
        "organisation",
        "primary_major",
        "majors",
        "region",
        "manager",
        "code",
        "starts_on",
        "ends_on",
    )
    tabs = "kind"
    search = ("code", "name", "organisation__name", "manager__name")
    groups = (
        (_("Base"), ("code", "name", "kind", "mode", "unit", "manager", "organisation", "status")),
        (_("Majors"), ("primary_major", "majors")),
        (
            _("Place"),
            ("on_campus", "site", "region", "address", "longitude", "latitude", "area", "workplaces"),
        ),
        (_("Dates and contract"), ("agreement", "starts_on", "ends_on")),
        (_("Notes"), ("close_reason", "note")),
    )
    related = (
        "contributions",
        "capacities",
        "uses",
        "guides",
        "rooms",
        "residents",
        "safety_checks",
        "recognitions",
        "statements",
    )
    actions = (
        flow_action(models.Base.flow, "approve"),
        flow_action(models.Base.flow, "open", actions.open_base, form=forms.OpenForm),
        Action(
            "record_use",
            _("Log a use"),
            actions.record_use,
            icon="plus",
            form=forms.UseForm,
            bulk=False,
            available=lambda base: base.status == models.Base.Status.IN_USE,
        ),
        Action(
            "copy_places",
            _("Copy the places into a term"),
            actions.copy_places,
            icon="copy",
            form=forms.CopyPlacesForm,
            available=lambda base: base.status == models.Base.Status.IN_USE,
        ),
        Action(
            "draw_up",
            _("Draw up the yearly statement"),
            actions.draw_up,
            icon="scales",
            form=forms.StatementForm,
            available=lambda base: base.organisation_id is not None,
        ),
        Action(
            "grow",
            _("Grow into a demonstration base"),
            grow,
            icon="star",
            form=forms.GrowForm,
            bulk=False,
            available=lambda base: base.status == models.Base.Status.IN_USE and base.kind != models.Base.Kind.TEACHER,
        ),
        flow_action(models.Base.flow, "close", actions.close_base, form=forms.CloseForm),
    )
    panels = (panels.base_panel, panels.ledger_panel)
    links = (_PLANNER, _CALENDAR, (_("Demonstration bases"), "star", "demonstration-board"))
    natural_key = ("code",)
    depends = {"primary_major": {"unit": "unit"}}
    synonyms = {
        "code": ("编号", "基地编号", "代码"),
        "name": ("基地名称", "名称", "实训基地名称"),
        "kind": ("基地类型", "类别", "类型"),
        "mode": ("共建模式", "建设模式"),
        "organisation": ("依托单位", "合作企业", "共建企业", "企业名称"),
        "unit": ("所属学院", "管理单位", "二级学院"),
        "manager": ("基地负责人", "负责人", "管理员"),
        "primary_major": ("主要面向专业", "面向专业", "适应专业"),
        "on_campus": ("是否校内", "校内"),
        "site": ("场所", "校内地点", "楼宇"),
        "region": ("所在地区", "行政区划"),
        "address": ("详细地址", "地址"),
        "longitude": ("经度",),
        "latitude": ("纬度",),
        "area": ("建筑面积", "面积", "面积（平方米）"),
        "workplaces": ("工位数", "工位数（个）"),
        "agreement": ("经营协议", "协议编号", "共建协议"),
        "starts_on": ("建立日期", "启用日期", "建立时间"),
        "ends_on": ("停用日期", "撤销日期"),
        "status": ("状态", "基地状态"),
        "close_reason": ("停用原因", "撤销原因"),
        "note": ("备注",),
    }


class SafetyCheckSheet(Sheet):
    model = models.SafetyCheck
    icon = "shield"
    description = _("Safety checks by the day they are due: done, passed, to be mended, mended.")
    columns = ("base", "due", "done_on", "result", "checked_by", "mended_on")
    filters = ("result", "base", "base__unit", "base__majors", "due", "done_on", "mended_on")
    tabs = "result"
    search = ("base__name", "base__code", "checked_by", "findings")
    groups = (
        (_("Safety check"), ("base", "due", "done_on", "checked_by", "result")),
        (pgettext_lazy("of a check", "Findings"), ("findings", "mended_on")),
    )
    actions = (
        Action(
            "record_check",
            _("Record the check"),
            actions.record_check,
            icon="check",
            primary=True,
            form=forms.CheckForm,
            available=lambda check: check.done_on is None,
        ),
        Action(
            "mend",
            _("Record as mended"),
            actions.mend,
            icon="check-circle",
            primary=True,
            comment="optional",
            form=forms.MendForm,
            available=lambda check: bool(check.findings) and check.done_on is not None and check.mended_on is None,
        ),
    )
    natural_key = ("base", "due")
    synonyms = {
        "base": ("基地", "基地名称", "基地编号"),
        "due": ("应检日期", "计划检查日期", "到期日期"),
        "done_on": ("检查日期", "实际检查日期"),
        "checked_by": ("检查人", "检查人员"),
        "result": ("检查结果", "结果"),
        "findings": ("存在问题", "隐患", "检查情况"),
        "mended_on": ("整改完成日期", "整改日期"),
    }


class ContributionSheet(Sheet):
    model = models.Contribution
    by_steps = frozenset(
        {"delivered_value", "delivered_on", "accepted_on", "accepted_by", "settled_on", "settled_value", "settlement"}
    )
    icon = "money"
    description = _("What both sides put into bases: pledge, delivery, acceptance, property, depreciation, settlement.")
    columns = ("title", "base", "party", "kind", "pledged_value", "delivered_value", "due", "status")
    computed = {
        "idle": Computed(
            _("idle"),
            Exists(queries.idle(TODAY, models.Contribution.objects.filter(pk=OuterRef("pk")))),
            numeric=False,
        ),
    }
    filters = (
        "party",
        "kind",
        "status",
        "base",
        "base__unit",
        "organisation",
        "owned_by",
        "asset_number",
        "due",
        "delivered_on",
        "accepted_on",
        "pledged_value",
        "idle",
    )
    tabs = "status"
    marks = ("idle",)
    search = ("title", "asset_number", "base__name", "base__code", "organisation__name")
    groups = (
        (_("Contribution"), ("base", "party", "organisation", "kind", "title", "room", "status")),
        (pgettext_lazy("of a contribution", "Pledge"), ("pledged_value", "pledged_on", "due")),
        (
            _("Delivery and acceptance"),
            ("delivered_value", "delivered_on", "accepted_on", "accepted_by", "valued_by"),
        ),
        (_("Property"), ("owned_by", "asset_number", "depreciation_years")),
        (_("Exit"), ("settled_on", "settled_value", "settlement", "note")),
    )
    actions = (
        flow_action(models.Contribution.flow, "deliver", actions.deliver, form=forms.DeliverForm),
        flow_action(models.Contribution.flow, "accept", actions.accept, form=forms.AcceptForm),
        flow_action(models.Contribution.flow, "refuse", actions.refuse),
        flow_action(models.Contribution.flow, "settle", actions.settle, form=forms.SettleForm),
    )
    panels = (panels.contribution_panel,)
    natural_key = ("base", "party", "title", "due")
    depends = {"room": {"base": "base"}}
    synonyms = {
        "base": ("基地", "基地名称", "基地编号"),
        "party": ("投入方", "投入主体"),
        "organisation": ("投入单位", "企业名称"),
        "kind": ("投入类别", "类别", "投入类型"),
        "title": ("投入内容", "名称", "设备名称"),
        "pledged_value": ("承诺金额", "承诺投入", "计划金额"),
        "pledged_on": ("承诺日期",),
        "due": ("到位期限", "应到位日期", "约定到位日期"),
        "delivered_value": ("到位金额", "实际到位", "到位价值"),
        "delivered_on": ("到位日期", "到位时间"),
        "accepted_on": ("验收日期",),
        "accepted_by": ("验收人", "验收人工号"),
        "valued_by": ("计价依据", "估值方式"),
        "owned_by": ("产权归属", "资产归属"),
        "asset_number": ("资产编号", "固定资产编号", "设备编号"),
        "depreciation_years": ("折旧年限", "折旧年限（年）"),
        "room": ("所在场室", "存放地点"),
        "settled_on": ("清算日期",),
        "settled_value": ("清算金额",),
        "settlement": ("清算约定", "退出处理"),
        "status": ("状态",),
        "note": ("备注",),
    }


def _hours_booked() -> Any:
    rows = models.Booking.objects.filter(room=OuterRef("pk"), status="booked", archived_at=None).order_by()
    lessons = F("last_period") - F("first_period") + 1
    return Coalesce(
        Subquery(rows.values("room").annotate(total=Sum(lessons)).values("total"), output_field=IntegerField()),
        0,
    )


class RoomSheet(Sheet):
    model = models.Room
    icon = "grid"
    description = _("Training rooms and workshops that majors share; each with its calendar.")
    columns = ("name", "code", "base", "kind", "workplaces", "shared", "lessons_booked")
    computed = {
        "lessons_booked": Computed(_("lessons booked"), _hours_booked(), rows=("bases.booking", "room")),
    }
    filters = ("kind", "base", "base__unit", "shared", "workplaces")
    tabs = "kind"
    search = ("code", "name", "base__name")
    groups = ((pgettext_lazy("of a base", "Room"), ("base", "code", "name", "kind", "workplaces", "place", "shared")),)
    related = ("bookings", "equipment", "residents")
    actions = (
        Action(
            "book",
            _("Book the room"),
            actions.book,
            # Whoever may book books any room they may see; the booking itself is asked for its own right.
            capability="view",
            icon="calendar",
            primary=True,
            form=forms.BookForm,
            bulk=False,
            offered=lambda room, actor: actor.can(models.Booking, "add"),
        ),
        Action(
            "book_weekly",
            _("Book it every week"),
            series.book_weekly,
            capability="view",
            icon="refresh",
            form=forms.WeeklyForm,
            bulk=False,
            offered=lambda room, actor: actor.can(models.Booking, "add"),
            page=lambda room: reverse("book-weekly", args=[room.pk]),
        ),
    )
    links = (_CALENDAR,)
    natural_key = ("base", "code")
    synonyms = {
        "base": ("基地", "所属基地", "基地编号"),
        "code": ("编号", "房间号", "场室编号"),
        "name": ("场室名称", "实训室名称", "名称"),
        "kind": ("场室类型", "类型"),
        "workplaces": ("工位数",),
        "place": ("地点", "位置"),
        "shared": ("是否共享", "对外共享"),
    }


class BookingSheet(Sheet):
    model = models.Booking
    icon = "calendar"
    description = _("Who has which room when; two bookings never share a lesson.")
    columns = ("purpose", "room", "room__base", "day", "first_period", "last_period", "major", "status")
    filters = (
        "status",
        "function",
        "room",
        "room__base",
        "room__base__unit",
        "major",
        "cohort",
        "booked_by",
        "day",
        "series",
    )
    tabs = "status"
    search = ("purpose", "room__name", "room__base__name", "booked_by__name")
    groups = (
        (_("Booking"), ("room", "day", "first_period", "last_period", "purpose", "function")),
        (_("For whom"), ("major", "cohort", "people", "booked_by", "status")),
    )
    actions = (
        flow_action(models.Booking.flow, "cancel"),
        Action(
            "cancel_series",
            _("Cancel the rest of the series"),
            series.cancel_series,
            icon="x",
            comment="optional",
            danger=True,
            bulk=False,
            available=series.in_series,
        ),
        flow_action(models.Booking.flow, "renew", actions.renew),
    )
    panels = (panels.booking_panel,)
    links = (_CALENDAR,)
    natural_key = ("room", "day", "first_period", "purpose")
    synonyms = {
        "room": ("场室", "实训室", "场室编号"),
        "day": ("日期", "使用日期", "预约日期"),
        "first_period": ("起始节次", "开始节次"),
        "last_period": ("结束节次", "截止节次"),
        "purpose": ("用途", "使用内容", "课程或项目"),
        "function": ("功能", "使用功能"),
        "major": ("专业", "使用专业"),
        "cohort": ("班级", "使用班级"),
        "people": ("人数", "使用人数"),
        "booked_by": ("预约人", "预约人工号"),
        "status": ("状态",),
    }


class BaseUseSheet(Sheet):
    model = models.BaseUse
    icon = "activity"
    description = _("Use of bases by the four functions: hours, people, income.")
    columns = ("title", "base", "function", "used_on", "hours", "people", "income", "major")
    filters = (
        "function",
        "base",
        "base__unit",
        "base__kind",
        "room",
        "major",
        "organisation",
        "recorded_by",
        "used_on",
        "people",
    )
    tabs = "function"
    search = ("title", "base__name", "base__code")
    groups = (
        (_("Use of a base"), ("base", "room", "function", "used_on", "title")),
        (_("How much"), ("hours", "people", "income")),
        (_("For whom"), ("major", "organisation", "recorded_by")),
    )
    depends = {"room": {"base": "base"}}
    natural_key = ("base", "function", "used_on", "title")
    synonyms = {
        "base": ("基地", "基地名称", "基地编号"),
        "room": ("场室", "实训室"),
        "function": ("功能", "使用功能", "用途类别"),
        "used_on": ("使用日期", "日期", "月份"),
        "title": ("使用内容", "项目名称", "内容"),
        "hours": ("学时", "时数", "使用时数"),
        "people": ("人数", "人次", "使用人数"),
        "income": ("收入", "收入（元）"),
        "major": ("专业", "使用专业"),
        "organisation": ("服务单位", "服务企业"),
        "recorded_by": ("登记人", "填报人"),
    }


class ResidentUnitSheet(Sheet):
    model = models.ResidentUnit
    icon = "factory"
    description = _("Studios, development platforms and production of firms in our bases, reviewed each year.")
    columns = ("name", "kind", "base", "organisation", "starts_on", "ends_on", "reviewed_on")
    filters = ("kind", "base", "base__unit", "organisation", "starts_on", "ends_on", "reviewed_on")
    tabs = "kind"
    search = ("name", "base__name", "organisation__name", "head")
    groups = (
        (_("Resident unit"), ("base", "kind", "name", "organisation", "head", "room", "school_percent")),
        (_("Time and review"), ("starts_on", "ends_on", "reviewed_on", "review")),
    )
    related = ("shares",)
    actions = (
        Action(
            "share_revenue",
            _("Record a share of revenue"),
            actions.share_revenue,
            icon="money",
            form=forms.ShareForm,
            bulk=False,
        ),
    )
    depends = {"room": {"base": "base"}}
    natural_key = ("base", "name", "starts_on")
    synonyms = {
        "base": ("基地", "入驻基地", "基地编号"),
        "kind": ("单元类型", "类型"),
        "name": ("单元名称", "名称", "工作室名称"),
        "organisation": ("企业名称", "入驻企业", "所属企业"),
        "room": ("场室", "入驻地点"),
        "head": ("负责人",),
        "school_percent": ("学校分成比例", "约定分成比例", "学校分成比例（%）"),
        "starts_on": ("入驻日期",),
        "ends_on": ("退出日期", "到期日期"),
        "reviewed_on": ("年度评估日期", "评估日期"),
        "review": ("评估意见", "评估情况"),
    }


class RevenueShareSheet(Sheet):
    model = models.RevenueShare
    icon = "money"
    description = _("Income of resident units, shared between school and firm by the agreed percent, period by period.")
    columns = ("resident", "resident__base", "starts_on", "ends_on", "revenue", "school_percent", "school_amount")
    filters = ("resident", "resident__base", "resident__base__unit", "starts_on", "ends_on", "received_on", "revenue")
    search = ("resident__name", "resident__base__name", "resident__organisation__name", "note")
    groups = (
        (_("Share of revenue"), ("resident", "starts_on", "ends_on", "revenue", "school_percent")),
        (_("Payment"), ("received_on", "note")),
    )
    natural_key = ("resident", "starts_on")
    synonyms = {
        "resident": ("入驻单元", "单元名称", "生产性基地"),
        "starts_on": ("起始日期", "分成期起"),
        "ends_on": ("截止日期", "分成期止"),
        "revenue": ("分成收入", "收入（元）", "营业收入"),
        "school_percent": ("学校分成比例", "学校分成比例（%）", "分成比例"),
        "received_on": ("到账日期", "学校到账日期"),
        "note": ("备注",),
    }


class GuideSheet(Sheet):
    model = models.Guide
    icon = "user"
    description = _("Guides at bases: engineers of the firm or trained teachers, each with proof.")
    columns = ("person", "name", "base", "kind", "organisation", "proof", "valid_until", "ends_on")
    filters = (
        "kind",
        "base",
        "base__unit",
        "organisation",
        "person",
        "proven_on",
        "valid_until",
        "starts_on",
        "ends_on",
    )
    tabs = "kind"
    search = ("name", "person__name", "base__name", "organisation__name", "proof")
    groups = (
        (pgettext_lazy("of a base", "Guide"), ("base", "kind", "person", "name", "organisation", "position")),
        (pgettext_lazy("of a guide", "Proof"), ("proof", "proof_number", "proven_on", "valid_until")),
        (_("Time"), ("starts_on", "ends_on")),
    )
    actions = (
        Action("prove", _("Record the proof"), actions.prove_guide, icon="check", primary=True, form=forms.ProofForm),
        Action("end", _("End the guidance"), actions.end_guide, icon="x", form=forms.EndForm, danger=True),
    )
    natural_key = ("base", "person", "name", "starts_on")
    synonyms = {
        "base": ("基地", "基地名称", "基地编号"),
        "kind": ("指导教师类型", "类别", "类型"),
        "person": ("工号", "校内教师"),
        "name": ("姓名", "指导教师姓名"),
        "organisation": ("工作单位", "企业名称"),
        "position": ("职务", "岗位"),
        "proof": ("证明材料", "培训证书", "职称证书"),
        "proof_number": ("证书编号",),
        "proven_on": ("发证日期", "取得日期"),
        "valid_until": ("有效期至",),
        "starts_on": ("聘任日期", "起始日期"),
        "ends_on": ("结束日期", "截止日期"),
    }
