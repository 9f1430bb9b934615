"""How plans, their documents and their supervisors look, are acted upon and are imported."""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action
from zhixing.practice import (
    duties,
    models,
    panels,
    plan_actions,
    post_actions,
    practice_forms,
    redline_panels,
    running_together,
)

_FLOW = models.PracticePlan.flow


class PracticePlanSheet(Sheet):
    model = models.PracticePlan
    icon = "target"
    description = _("Who practises when and to what end: from the plan over choices and places to the grade.")
    columns = (
        "title",
        "kind",
        "major",
        "year",
        "starts_on",
        "ends_on",
        "posts_count",
        "placements_count",
        "running_count",
        "status",
    )
    computed = {
        "posts_count": Computed(
            _("posts open"),
            number_of(models.Post, "plan", Q(status="approved")),
            rows=("practice.post", "plan"),
        ),
        "placements_count": Computed(
            _("placed"),
            number_of(models.Placement, "plan", ~Q(status__in=models.Placement.OFF)),
            rows=("practice.placement", "plan"),
        ),
        "running_count": Computed(
            _("in practice"),
            number_of(models.Placement, "plan", Q(status="running")),
            rows=("practice.placement", "plan"),
        ),
    }
    filters = ("kind", "status", "year", "major__unit", "major", "owner", "starts_on", "ends_on")
    tabs = "status"
    search = ("code", "title", "major__name")
    groups = (
        (_("Plan"), ("code", "title", "kind", "major", "year", "cohorts", "owner", "status")),
        (_("Time"), ("starts_on", "ends_on", "weeks", "duty_phone")),
        (_("Choices"), ("choose_from", "choose_until", "choices_limit")),
        (_("Safety test"), ("safety_pass_mark", "safety_questions", "safety_attempts")),
        (_("Aims and approval"), ("aims", "approved_on", "published_on", "note")),
    )
    related = ("supervisors", "posts", "placements")
    panels = (panels.plan_panel, redline_panels.plan_panel)
    actions = (
        flow_action(_FLOW, "submit", plan_actions.submit),
        Action(
            "copy_posts",
            _("Copy last year's posts"),
            plan_actions.copy_posts,
            icon="copy",
            bulk=False,
            available=lambda plan: plan.status in post_actions.OPEN_PLANS,
        ),
        Action(
            "offer_posts",
            _("Offer all drafts"),
            plan_actions.offer_posts,
            icon="upload",
            bulk=False,
            available=lambda plan: plan.status in post_actions.OPEN_PLANS,
        ),
        Action(
            "approve_posts",
            _("Open all offered posts"),
            plan_actions.approve_posts,
            capability="approve",
            icon="check-circle",
            bulk=False,
            available=plan_actions.before_start,
        ),
        Action(
            "publish_units",
            _("Publish the units"),
            plan_actions.publish_units,
            icon="eye",
            comment="optional",
            available=lambda plan: plan.published_on is None and plan_actions.before_start(plan),
        ),
        flow_action(_FLOW, "open", plan_actions.open_choices),
        flow_action(_FLOW, "allocate"),
        Action(
            "confirm_places",
            _("Confirm all places"),
            plan_actions.confirm_places,
            icon="check-circle",
            bulk=False,
            available=plan_actions.before_start,
        ),
        Action(
            "confirm_duty",
            _("Confirm a duty"),
            plan_actions.confirm_duty,
            icon="signature",
            form=practice_forms.DutyForm,
            bulk=False,
            available=lambda plan: plan_actions.before_start(plan) and duties.is_asked(plan),
        ),
        Action(
            "ask_consents",
            _("Ask students and guardians"),
            plan_actions.ask_consents,
            icon="mail",
            bulk=False,
            available=plan_actions.is_preparing_internship,
        ),
        Action(
            "paper_consents",
            _("Consents on paper"),
            plan_actions.paper_consents,
            icon="file",
            form=practice_forms.PaperPileForm,
            bulk=False,
            available=plan_actions.is_preparing_internship,
        ),
        Action(
            "make_agreements",
            _("Make the tripartite agreements"),
            plan_actions.make_agreements,
            icon="signature",
            bulk=False,
            available=plan_actions.is_preparing_internship,
        ),
        Action(
            "ask_signing",
            _("Ask all to sign"),
            plan_actions.ask_signing,
            icon="send",
            bulk=False,
            available=plan_actions.is_preparing_internship,
        ),
        Action(
            "remind",
            _("Remind all"),
            plan_actions.remind,
            icon="bell",
            available=plan_actions.before_start,
        ),
        flow_action(_FLOW, "start", plan_actions.start),
        Action(
            "start_ready",
            _("Start whoever is ready"),
            plan_actions.start_waiting,
            icon="flag",
            available=lambda plan: plan.status == models.PracticePlan.Status.RUNNING,
        ),
        Action(
            "end_places",
            _("End all whose last day has come"),
            running_together.end_places,
            icon="check",
            bulk=False,
            available=lambda plan: plan.status == models.PracticePlan.Status.RUNNING,
        ),
        Action(
            "accept_grades",
            _("Accept all computed grades"),
            running_together.accept_grades,
            capability="approve",
            icon="star",
            bulk=False,
            available=lambda plan: plan.status == models.PracticePlan.Status.RUNNING,
        ),
        flow_action(_FLOW, "end", plan_actions.end),
    )
    synonyms = {
        "code": ("计划编号", "实习计划编号", "编号"),
        "title": ("计划名称", "实习计划", "实践计划"),
        "kind": ("实践类型", "实习类型", "类型"),
        "kind=post": ("顶岗实习", "跟岗实习", "毕业实习"),
        "kind=visit": ("认知实习",),
        "major": ("专业", "专业代码", "专业名称"),
        "year": ("学年",),
        "owner": ("负责人", "计划负责人"),
        "starts_on": ("开始日期", "实习开始日期", "起始日期"),
        "ends_on": ("结束日期", "实习结束日期", "截止日期"),
        "weeks": ("周数", "计划周数", "实习周数"),
        "duty_phone": ("值班电话", "值班室电话"),
        "aims": ("实习目标", "目标", "教学目标"),
        "choose_from": ("志愿填报开始",),
        "choose_until": ("志愿填报截止",),
        "choices_limit": ("志愿数上限", "志愿个数"),
        "safety_pass_mark": ("安全考核合格线", "合格分数"),
        "safety_questions": ("安全考核题数",),
        "safety_attempts": ("安全考核次数",),
        "approved_on": ("批准日期", "审批日期"),
        "published_on": ("实习单位公示日期", "公示日期"),
        "status": ("状态",),
        "note": ("备注", "说明"),
    }


class PlanDocumentSheet(Sheet):
    model = models.PlanDocument
    icon = "file"
    description = _("The papers that must be there before anybody starts: rules, safety rules, emergency plan, scheme.")
    columns = ("title", "kind", "plan", "number", "issued_on")
    filters = ("kind", "plan", "plan__major__unit", "issued_on")
    tabs = "kind"
    search = ("title", "number", "plan__title")
    groups = ((_("Document"), ("plan", "kind", "title", "number", "issued_on", "note")),)
    natural_key = ("plan", "kind")
    synonyms = {
        "plan": ("实习计划", "计划编号"),
        "kind": ("文件类型", "类型"),
        "title": ("文件名称", "名称"),
        "number": ("文号", "文件编号"),
        "issued_on": ("印发日期", "发布日期"),
        "note": ("备注", "说明"),
    }


class PlanDutySheet(Sheet):
    model = models.PlanDuty
    icon = "signature"
    description = _(
        "What no record can show and a person of the school stands for by name: no force, joint grades, complaints."
    )
    columns = ("plan", "duty", "person", "confirmed_on", "phone", "email")
    filters = ("duty", "plan", "plan__major__unit", "person", "confirmed_on")
    tabs = "duty"
    search = ("plan__title", "plan__code", "person__name", "statement")
    groups = (
        (pgettext_lazy("practice", "Duty"), ("plan", "duty", "statement", "phone", "email", "person", "confirmed_on")),
    )
    natural_key = ("plan", "duty")
    synonyms = {
        "plan": ("实习计划", "计划编号"),
        "duty": ("责任事项", "事项"),
        "statement": ("落实情况", "说明"),
        "phone": ("投诉电话", "监督电话"),
        "email": ("投诉邮箱", "监督邮箱"),
        "person": ("确认人", "责任人", "工号"),
        "confirmed_on": ("确认日期",),
    }


class SupervisorSheet(Sheet):
    model = models.Supervisor
    icon = "user"
    description = _("Teachers who look after the students of a plan, and how many each may have.")
    columns = ("person", "person__unit", "plan", "limit", "students_count")
    computed = {
        "students_count": Computed(
            _("students looked after"),
            Coalesce(
                Subquery(
                    models.Placement.objects.filter(
                        plan=OuterRef("plan"),
                        supervisor=OuterRef("person"),
                        archived_at=None,
                        status__in=models.Placement.LIVE,
                    )
                    .order_by()
                    .values("plan")
                    .annotate(number=Count("pk"))
                    .values("number"),
                    output_field=IntegerField(),
                ),
                0,
            ),
        )
    }
    filters = ("plan", "plan__major__unit", "person", "plan__status")
    search = ("person__name", "person__staff_number", "plan__title")
    groups = ((_("Supervisor"), ("plan", "person", "limit", "work_phone", "note")),)
    natural_key = ("plan", "person")
    synonyms = {
        "plan": ("实习计划", "计划编号"),
        "person": ("校内指导教师", "指导教师", "教师", "工号"),
        "limit": ("指导人数上限", "最多指导人数", "学生数"),
        "work_phone": ("工作电话", "办公电话"),
        "note": ("备注", "说明"),
    }
