"""How the registers of order classes look, are acted upon and are imported."""

from __future__ import annotations

from django.db.models import FloatField
from django.db.models.functions import Cast, NullIf, Round
from django.utils.translation import gettext_lazy as _

from zhixing.cultivation import actions, models, order_class_forms, panels, queries
from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action

_COUNTS = queries.roster_counts()
_FLOW = models.OrderClass.flow


class OrderClassSheet(Sheet):
    model = models.OrderClass
    icon = "cap"
    description = _("Classes that firms ordered: from the need over agreement and double choice to hiring.")
    columns = (
        "code",
        "name",
        "organisation",
        "major",
        "status",
        "quota",
        "applicants_count",
        "roster_count",
        "hired_count",
        "starts_on",
        "ends_on",
    )
    computed = {
        "applicants_count": Computed(
            _("applicants"),
            number_of(models.Applicant, "order_class"),
            rows=("cultivation.applicant", "order_class"),
        ),
        "roster_count": Computed(
            _("on the roster"), _COUNTS["stayed"], rows=("cultivation.roster_entry", "order_class")
        ),
        "hired_count": Computed(_("hired"), _COUNTS["hired"], rows=("cultivation.hire", "order_class")),
        "hire_rate": Computed(
            _("hire rate in percent"),
            Round(Cast(_COUNTS["hired"], FloatField()) * 100 / NullIf(Cast(_COUNTS["stayed"], FloatField()), 0.0), 1),
        ),
    }
    filters = ("status", "major__unit", "major", "organisation", "owner", "plan", "starts_on", "ends_on")
    tabs = "status"
    search = ("code", "name", "organisation__name", "major__name")
    groups = (
        (_("Order class"), ("code", "name", "organisation", "major", "owner", "status")),
        (_("From the need to the plan"), ("need", "agreement", "plan", "courses")),
        (_("Places"), ("quota", "promised_posts", "scholarship", "recruits_until")),
        (_("Time"), ("starts_on", "ends_on", "note")),
    )
    related = ("order_posts", "applicants", "roster", "hires", "project_uses")
    actions = (
        flow_action(_FLOW, "recruit", actions.open_recruiting),
        Action(
            "rank",
            _("Record the firm's ranking"),
            actions.rank_applicants,
            icon="sort",
            form=order_class_forms.RankForm,
            bulk=False,
            available=lambda order_class: order_class.status == models.OrderClass.Status.RECRUITING,
        ),
        flow_action(_FLOW, "match", actions.run_match, form=order_class_forms.MatchForm),
        flow_action(_FLOW, "start", actions.start_class),
        flow_action(_FLOW, "finish", actions.finish_class, form=order_class_forms.FinishForm),
        flow_action(_FLOW, "close", actions.close_class),
        flow_action(_FLOW, "reopen", actions.undo_match),
        flow_action(_FLOW, "cancel"),
    )
    panels = (panels.class_panel,)
    synonyms = {
        "code": ("订单班编号", "班级编号", "编号"),
        "name": ("订单班名称", "订单班", "班级名称"),
        "organisation": ("企业", "企业名称", "订单企业", "合作企业"),
        "major": ("专业", "专业代码", "专业名称"),
        "owner": ("负责人", "班主任"),
        "need": ("来源需求", "企业需求"),
        "agreement": ("协议", "协议编号"),
        "plan": ("培养方案", "方案编号"),
        "quota": ("计划人数", "名额", "招生人数"),
        "promised_posts": ("承诺岗位数", "承诺录用人数"),
        "scholarship": ("奖学金", "企业奖学金"),
        "recruits_until": ("报名截止", "报名截止日期"),
        "starts_on": ("开班日期", "开始日期"),
        "ends_on": ("结班日期", "结束日期"),
        "status": ("状态", "班级状态"),
        "note": ("备注", "说明"),
    }


class OrderPostSheet(Sheet):
    model = models.OrderPost
    icon = "briefcase"
    description = _("The posts of each order with the people the firm takes, wage and place.")
    columns = ("name", "order_class", "capacity", "wage", "place", "choices_count", "roster_count")
    computed = {
        "choices_count": Computed(
            _("chosen by"), number_of(models.StudentRank, "post"), rows=("cultivation.student_rank", "post")
        ),
        "roster_count": Computed(
            _("on the roster"), number_of(models.RosterEntry, "post"), rows=("cultivation.roster_entry", "post")
        ),
    }
    filters = ("order_class", "order_class__organisation", "order_class__status", "order_class__major__unit")
    search = ("name", "order_class__name", "order_class__organisation__name")
    groups = ((_("Post"), ("order_class", "name", "post", "capacity", "wage", "place")),)
    natural_key = ("order_class", "name")
    synonyms = {
        "order_class": ("订单班", "订单班编号"),
        "name": ("岗位", "岗位名称"),
        "post": ("岗位画像", "对应岗位"),
        "capacity": ("需求人数", "招收人数", "人数"),
        "wage": ("月薪", "薪资", "月工资"),
        "place": ("工作地点", "地点"),
    }


class ApplicantSheet(Sheet):
    model = models.Applicant
    icon = "user"
    description = _("Students who applied for order classes, and whether the match gave them a place.")
    columns = ("student", "student__number", "order_class", "applied_on", "firm_rank__rank", "status")
    filters = ("status", "order_class", "order_class__major__unit", "applied_on")
    tabs = "status"
    search = ("student__name", "student__number", "order_class__name")
    groups = ((_("Applicant"), ("order_class", "student", "applied_on", "statement", "status")),)
    related = ("choices",)
    natural_key = ("order_class", "student")
    synonyms = {
        "order_class": ("订单班", "订单班编号"),
        "student": ("学号", "学生", "姓名"),
        "applied_on": ("报名日期", "申请日期"),
        "statement": ("个人陈述", "自我介绍"),
        "status": ("状态", "录取状态"),
    }


class StudentRankSheet(Sheet):
    model = models.StudentRank
    icon = "sort"
    description = _("Which posts each applicant wants, in which order.")
    columns = ("applicant", "applicant__order_class", "rank", "post")
    filters = ("applicant__order_class", "post", "rank", "applicant__order_class__major__unit")
    search = ("applicant__student__name", "applicant__student__number", "post__name")
    groups = ((_("Choice"), ("applicant", "post", "rank")),)
    natural_key = ("applicant", "post")
    synonyms = {
        "applicant": ("学号", "学生", "报名学生"),
        "post": ("岗位", "志愿岗位"),
        "rank": ("志愿序号", "志愿顺序", "志愿"),
    }


class FirmRankSheet(Sheet):
    model = models.FirmRank
    icon = "sort"
    description = _("The order in which firms want the applicants; who has no place is not wanted.")
    columns = ("applicant", "order_class", "rank", "ranked_by", "ranked_on")
    filters = ("order_class", "order_class__organisation", "order_class__major__unit", "ranked_on")
    search = ("applicant__student__name", "applicant__student__number", "order_class__name")
    groups = ((_("Ranking"), ("order_class", "applicant", "rank", "ranked_by", "ranked_on")),)
    natural_key = ("order_class", "applicant")
    synonyms = {
        "order_class": ("订单班", "订单班编号"),
        "applicant": ("学号", "报名学生"),
        "rank": ("企业排序", "排序", "名次"),
        "ranked_by": ("排序人", "企业联系人"),
        "ranked_on": ("排序日期", "日期"),
    }


class RosterEntrySheet(Sheet):
    model = models.RosterEntry
    icon = "users"
    description = _("Who is in which order class, since when, and who left it.")
    columns = ("student", "student__number", "order_class", "post", "joined_on", "left_on", "reason")
    filters = ("order_class", "order_class__status", "order_class__major__unit", "post", "joined_on", "left_on")
    search = ("student__name", "student__number", "order_class__name")
    groups = (
        (_("Roster"), ("order_class", "student", "post", "joined_on")),
        (_("Leaving"), ("left_on", "reason")),
    )
    actions = (
        Action(
            "hire",
            _("Record the hiring"),
            actions.hire,
            icon="handshake",
            primary=True,
            form=order_class_forms.HireForm,
            available=lambda entry: entry.left_on is None,
        ),
        Action(
            "leave",
            _("Leave the class"),
            actions.leave,
            icon="logout",
            danger=True,
            form=order_class_forms.LeaveForm,
            available=lambda entry: entry.left_on is None,
        ),
    )
    natural_key = ("order_class", "student")
    synonyms = {
        "order_class": ("订单班", "订单班编号"),
        "student": ("学号", "学生", "姓名"),
        "post": ("岗位", "录取岗位"),
        "joined_on": ("入班日期", "进班日期"),
        "left_on": ("离班日期", "退班日期"),
        "reason": ("离班原因", "退班原因"),
    }


class HireSheet(Sheet):
    model = models.Hire
    icon = "handshake"
    description = _("Who of an order class took up work, where, as what and for how much.")
    columns = ("student", "order_class", "organisation", "position", "hired_on", "wage", "follow_ups_count")
    computed = {
        "follow_ups_count": Computed(
            _("follow-ups"), number_of(models.FollowUp, "hire"), rows=("cultivation.follow_up", "hire")
        )
    }
    filters = ("order_class", "organisation", "order_class__major__unit", "hired_on")
    search = ("student__name", "student__number", "organisation__name", "position")
    groups = ((_("Hire"), ("order_class", "student", "organisation", "position", "hired_on", "wage")),)
    related = ("follow_ups",)
    actions = (
        Action(
            "follow_up",
            _("Record a follow-up"),
            actions.follow_up,
            icon="phone",
            primary=True,
            form=order_class_forms.FollowUpForm,
            available=lambda hire: hire.archived_at is None,
        ),
    )
    natural_key = ("order_class", "student")
    synonyms = {
        "order_class": ("订单班", "订单班编号"),
        "student": ("学号", "学生", "姓名"),
        "organisation": ("录用单位", "就业单位", "企业"),
        "position": ("岗位", "职位"),
        "hired_on": ("录用日期", "入职日期"),
        "wage": ("月薪", "薪资"),
    }


class FollowUpSheet(Sheet):
    model = models.FollowUp
    icon = "phone"
    description = _("Three and six months after hiring: still there, fit for the post, and how satisfied the firm is.")
    columns = ("hire", "hire__order_class", "month", "done_on", "still_there", "fit", "satisfaction")
    filters = (
        "hire",
        "month",
        "still_there",
        "hire__order_class",
        "hire__organisation",
        "done_on",
        "fit",
        "satisfaction",
    )
    search = ("hire__student__name", "hire__student__number", "hire__organisation__name")
    groups = (
        (_("Follow-up"), ("hire", "month", "done_on", "still_there")),
        (_("Marks"), ("fit", "satisfaction", "note")),
    )
    natural_key = ("hire", "month")
    synonyms = {
        "hire": ("学号", "学生", "录用学生"),
        "month": ("回访节点", "回访时间", "跟踪节点"),
        "done_on": ("回访日期",),
        "still_there": ("是否在岗", "在岗"),
        "fit": ("岗位适应度", "胜任度"),
        "satisfaction": ("企业满意度", "满意度"),
        "note": ("备注", "说明"),
    }
