"""How the registers of training plans, their courses, projects and resources look, are acted upon and are imported."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, Model, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.cultivation import actions, models, panels, training_forms
from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action


def total_of(model: type[Model], path: str, value: str) -> Any:
    """The sum of `value` over unarchived rows of `model` that point here."""
    rows = model._default_manager.filter(**{path: OuterRef("pk"), "archived_at": None})
    added = rows.order_by().values(path).annotate(total=Sum(value)).values("total")
    return Coalesce(Subquery(added, output_field=IntegerField()), 0)


class TrainingPlanSheet(Sheet):
    model = models.TrainingPlan
    icon = "book"
    description = _(
        "What each major teaches those who enter in a year: in versions, written with firms and signed by them."
    )
    columns = (
        "code",
        "title",
        "major",
        "entry_year",
        "version",
        "status",
        "signatures_count",
        "courses_count",
        "built_count",
        "approved_on",
    )
    computed = {
        "signatures_count": Computed(
            _("signed by firms"),
            number_of(models.PlanSignature, "plan"),
            rows=("cultivation.plan_signature", "plan"),
        ),
        "courses_count": Computed(
            _("courses"), number_of(models.PlanCourse, "plan"), rows=("cultivation.plan_course", "plan")
        ),
        "built_count": Computed(
            _("built with firms"), number_of(models.PlanCourse, "plan", Q(organisation__isnull=False))
        ),
        "practice_hours": Computed(_("practice hours"), total_of(models.PlanCourse, "plan", "practice_hours")),
    }
    filters = ("status", "major__unit", "major", "entry_year", "organisations", "approved_on")
    tabs = "status"
    search = ("code", "title", "major__name", "organisations__name")
    groups = (
        (_("Training plan"), ("code", "title", "major", "entry_year", "cohorts", "version", "replaces", "status")),
        (_("Written with"), ("organisations", "posts", "author")),
        (_("Approval"), ("approved_on", "change_reason", "note")),
    )
    related = ("courses", "signatures", "changes", "order_classes")
    actions = (
        flow_action(models.TrainingPlan.flow, "send", actions.send_to_firms),
        Action(
            "sign",
            _("Record the firm's signature"),
            actions.record_signature,
            icon="signature",
            primary=True,
            form=training_forms.SignatureForm,
            available=lambda plan: plan.status in ("firm_review", "committee", "approved"),
        ),
        flow_action(models.TrainingPlan.flow, "recall"),
        flow_action(models.TrainingPlan.flow, "submit", actions.submit_plan),
        flow_action(models.TrainingPlan.flow, "replace", actions.new_version),
    )
    panels = (panels.plan_panel,)
    depends = {"cohorts": {"major": "major"}}
    synonyms = {
        "code": ("方案编号", "方案代码", "培养方案编号"),
        "title": ("方案名称", "培养方案名称", "培养方案"),
        "major": ("专业", "专业代码", "专业名称"),
        "entry_year": ("年级", "入学年份", "适用年级"),
        "version": ("版本", "版次"),
        "replaces": ("替代方案", "原方案编号"),
        "author": ("执笔人", "负责人", "编制人"),
        "status": ("状态", "审批状态"),
        "approved_on": ("批准日期", "审定日期", "发布日期"),
        "change_reason": ("修订原因", "调整说明"),
        "note": ("备注", "说明"),
    }


class PlanSignatureSheet(Sheet):
    model = models.PlanSignature
    icon = "signature"
    description = _("Which firm signed which training plan, when and by whom; the scan is among the record's files.")
    columns = ("organisation", "plan", "contact_name", "signed_on", "agreement")
    filters = ("plan", "plan__major__unit", "organisation", "signed_on")
    search = ("contact_name", "organisation__name", "plan__title")
    groups = (
        (
            pgettext_lazy("of a training plan", "Signature"),
            ("plan", "organisation", "contact_name", "signed_on", "agreement", "opinion"),
        ),
    )
    natural_key = ("plan", "organisation")
    synonyms = {
        "plan": ("培养方案", "方案编号", "方案名称"),
        "organisation": ("企业", "企业名称", "合作企业"),
        "contact_name": ("签署人", "企业签字人", "会签人"),
        "signed_on": ("签署日期", "会签日期", "签字日期"),
        "agreement": ("协议", "协议编号"),
        "opinion": ("企业意见", "会签意见"),
    }


class PostSheet(Sheet):
    model = models.Post
    icon = "briefcase"
    description = _("Posts that majors train for, with their typical tasks; where they can be, of one firm.")
    columns = ("name", "major", "organisation", "industry", "abilities_count")
    computed = {"abilities_count": Computed(_("abilities"), Count("abilities", distinct=True))}
    filters = ("major", "major__unit", "organisation", "industry")
    search = ("name", "major__name", "organisation__name")
    groups = ((_("Post"), ("name", "major", "organisation", "industry", "tasks")),)
    natural_key = ("major", "name", "organisation")
    synonyms = {
        "name": ("岗位", "岗位名称", "职业岗位"),
        "major": ("专业", "专业代码", "面向专业"),
        "organisation": ("企业", "企业名称"),
        "industry": ("行业", "行业代码", "所属行业"),
        "tasks": ("典型工作任务", "岗位职责"),
    }


class AbilitySheet(Sheet):
    model = models.Ability
    icon = "target"
    description = _("What the posts ask of people, and which courses teach it.")
    columns = ("name", "kind", "major", "posts_count", "courses_count")
    computed = {
        "posts_count": Computed(_("posts"), Count("posts", distinct=True)),
        "courses_count": Computed(_("courses"), Count("courses", distinct=True)),
    }
    filters = ("kind", "major", "major__unit", "posts")
    tabs = "kind"
    search = ("name", "major__name")
    groups = ((_("Ability"), ("name", "kind", "major", "posts")),)
    natural_key = ("major", "name")
    synonyms = {
        "name": ("能力", "职业能力", "能力要求"),
        "kind": ("类别", "能力类别"),
        "major": ("专业", "专业代码"),
    }


class PlanCourseSheet(Sheet):
    model = models.PlanCourse
    icon = "table"
    description = _(
        "The courses of training plans with hours, practice, the firm that built them too and the abilities they teach."
    )
    columns = ("code", "name", "plan", "kind", "term_number", "hours", "practice_hours", "organisation", "uses_count")
    computed = {
        "uses_count": Computed(
            _("uses of projects"), number_of(models.ProjectUse, "course"), rows=("cultivation.project_use", "course")
        )
    }
    filters = ("plan", "plan__status", "plan__major", "plan__major__unit", "kind", "organisation", "term_number")
    tabs = "kind"
    search = ("code", "name", "plan__title")
    groups = (
        (_("Course"), ("plan", "code", "name", "kind", "term_number", "hours", "practice_hours")),
        (_("Built with firms"), ("organisation", "abilities")),
    )
    related = ("uses", "changes")
    natural_key = ("plan", "code")
    form_base = training_forms.CourseForm
    synonyms = {
        "plan": ("培养方案", "方案编号", "方案名称"),
        "code": ("课程代码", "课程编号"),
        "name": ("课程名称", "课程"),
        "kind": ("课程类别", "课程性质", "课程类型"),
        "term_number": ("开课学期", "学期", "开设学期"),
        "hours": ("总学时", "学时"),
        "practice_hours": ("实践学时", "实训学时"),
        "organisation": ("共建企业", "合作企业", "共建单位"),
    }


class CourseChangeSheet(Sheet):
    model = models.CourseChange
    icon = "history"
    description = _("What new versions of training plans added, took out or changed, and why.")
    columns = ("course_name", "kind", "plan", "changed_on", "what", "reason")
    filters = ("kind", "plan", "plan__major__unit", "changed_on")
    tabs = "kind"
    search = ("course_name", "reason", "plan__title")
    groups = ((_("Course change"), ("plan", "course", "course_name", "kind", "changed_on", "what", "reason")),)
    natural_key = ("plan", "course_name", "kind", "changed_on")
    synonyms = {
        "plan": ("培养方案", "方案编号"),
        "course": ("课程代码",),
        "course_name": ("课程", "课程名称"),
        "kind": ("调整类型", "变更类型"),
        "changed_on": ("调整日期", "变更日期"),
        "what": ("调整内容", "变更内容"),
        "reason": ("调整原因", "变更原因"),
    }


class EnterpriseProjectSheet(Sheet):
    model = models.EnterpriseProject
    icon = "factory"
    description = _(
        "Projects of firms brought into teaching; real in project, workplace and practice, each with its evidence."
    )
    columns = (
        "title",
        "organisation",
        "unit",
        "hours",
        "real_project_on",
        "real_scene_on",
        "real_practice_on",
        "uses_count",
    )
    computed = {
        "uses_count": Computed(
            _("uses"), number_of(models.ProjectUse, "project"), rows=("cultivation.project_use", "project")
        )
    }
    filters = ("unit", "organisation", "owner", "need", "real_project_on", "real_scene_on", "real_practice_on")
    search = ("title", "organisation__name", "product_version", "summary")
    groups = (
        (
            _("Enterprise project"),
            ("title", "organisation", "unit", "owner", "need", "product_version", "hours", "summary"),
        ),
        (
            _("Real in three respects"),
            (
                "real_project_on",
                "real_project_evidence",
                "real_scene_on",
                "real_scene_evidence",
                "real_practice_on",
                "real_practice_evidence",
            ),
        ),
    )
    related = ("uses",)
    natural_key = ("organisation", "title")
    synonyms = {
        "title": ("项目名称", "企业项目", "真实项目"),
        "organisation": ("企业", "企业名称", "来源企业"),
        "unit": ("学院", "所属学院"),
        "owner": ("负责人", "项目负责人"),
        "need": ("来源需求", "需求"),
        "product_version": ("产品版本", "产品及版本"),
        "hours": ("学时", "项目学时"),
        "summary": ("简介", "项目简介"),
        "real_project_on": ("真企业项目日期", "真项目日期"),
        "real_project_evidence": ("真企业项目佐证",),
        "real_scene_on": ("真工作场景日期", "真场景日期"),
        "real_scene_evidence": ("真工作场景佐证",),
        "real_practice_on": ("真项目实践日期", "真实践日期"),
        "real_practice_evidence": ("真项目实践佐证",),
    }


class ProjectUseSheet(Sheet):
    model = models.ProjectUse
    icon = "activity"
    description = _("Which project was used in which course, term and class, for how many hours and students.")
    columns = ("project", "course", "course__plan", "term", "cohort", "hours", "students", "teacher", "used_on")
    filters = (
        "project",
        "course",
        "course__plan",
        "term",
        "cohort",
        "order_class",
        "teacher",
        "project__unit",
        "used_on",
    )
    search = ("project__title", "course__name", "cohort__name", "teacher__name")
    groups = (
        (_("Use"), ("project", "course", "term", "cohort", "order_class", "teacher")),
        (_("Extent"), ("used_on", "hours", "students", "outcome")),
    )
    natural_key = ("project", "course", "term", "cohort")
    synonyms = {
        "project": ("企业项目", "项目名称"),
        "course": ("课程", "课程代码", "课程名称"),
        "term": ("学期",),
        "cohort": ("班级", "使用班级"),
        "order_class": ("订单班", "订单班编号"),
        "teacher": ("教师", "任课教师", "工号"),
        "used_on": ("使用日期", "开始日期"),
        "hours": ("学时", "使用学时"),
        "students": ("学生数", "人数"),
        "outcome": ("成果", "使用效果"),
    }


class SharedResourceSheet(Sheet):
    model = models.SharedResource
    icon = "copy"
    description = _("Textbooks, courses, cases and software made with firms.")
    columns = ("title", "kind", "organisation", "unit", "level", "published_on", "owner")
    filters = ("kind", "level", "unit", "organisation", "published_on")
    tabs = "kind"
    search = ("title", "organisation__name", "authors", "identifier")
    groups = (
        (_("Shared resource"), ("kind", "title", "organisation", "unit", "owner", "authors")),
        (_("Publication"), ("published_on", "level", "identifier", "note")),
    )
    natural_key = ("kind", "title", "organisation")
    synonyms = {
        "kind": ("类别", "资源类型", "类型"),
        "title": ("名称", "资源名称", "教材名称"),
        "organisation": ("合作企业", "共建企业", "企业"),
        "unit": ("学院", "所属学院"),
        "owner": ("负责人", "主编"),
        "authors": ("作者", "编者", "参编人员"),
        "published_on": ("出版日期", "发布日期"),
        "level": ("级别", "等级"),
        "identifier": ("ISBN", "书号", "编号"),
        "note": ("备注", "说明"),
    }
