"""How the college's own registers look and are imported."""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.sheet import Computed, Sheet
from zhixing.org import models


class SchoolSheet(Sheet):
    model = models.School
    icon = "school"
    description = _("The school that runs this installation.")
    columns = ("code", "name", "short_name", "name_en")
    groups = ((_("School"), ("code", "name", "short_name", "name_en")),)
    synonyms = {"code": ("学校代码", "学校标识码"), "name": ("学校名称", "学校")}


class AcademicYearSheet(Sheet):
    model = models.AcademicYear
    icon = "calendar"
    description = _("Academic years with their days; terms hang on them.")
    columns = ("code", "starts_on", "ends_on", "closed_at")
    groups = ((_("Academic year"), ("code", "starts_on", "ends_on")),)
    related = ("terms", "task_books")
    synonyms = {"code": ("学年",), "starts_on": ("开始日期", "起始日期"), "ends_on": ("结束日期",)}


class TermSheet(Sheet):
    model = models.Term
    icon = "calendar"
    description = _("Terms with their first and last day.")
    columns = ("year", "number", "starts_on", "ends_on")
    filters = ("year",)
    search = ("year__code",)
    groups = ((_("Term"), ("year", "number", "starts_on", "ends_on")),)
    natural_key = ("year", "number")
    synonyms = {
        "year": ("学年",),
        "number": ("学期", "学期号"),
        "starts_on": ("开始日期", "开学日期"),
        "ends_on": ("结束日期", "放假日期"),
    }


class UnitSheet(Sheet):
    model = models.Unit
    icon = "building"
    description = _("The school, its colleges and departments; names and mergers keep their dates.")
    columns = ("code", "name", "kind", "parent", "majors_count", "teachers_count", "starts_on", "ends_on")
    computed = {
        "majors_count": Computed(_("majors"), Count("majors", distinct=True), rows=("org.major", "unit")),
        "teachers_count": Computed(_("teachers"), Count("teachers", distinct=True), rows=("org.teacher", "unit")),
    }
    filters = ("kind", "parent", "starts_on")
    tabs = "kind"
    search = ("code", "name", "short_name", "names__name")
    groups = (
        (_("Unit"), ("code", "name", "short_name", "kind", "parent", "region")),
        (_("In force"), ("starts_on", "ends_on", "merged_into")),
    )
    related = ("names", "major_groups", "majors", "memberships", "committees")
    synonyms = {
        "code": ("部门代码", "单位代码", "机构代码", "学院代码", "编号"),
        "name": ("部门名称", "单位名称", "机构名称", "学院名称", "部门", "学院"),
        "short_name": ("简称",),
        "kind": ("类别", "单位类别", "机构类别"),
        "parent": ("上级单位", "上级部门", "隶属单位"),
        "region": ("所在地", "所在市县", "校区所在地"),
        "starts_on": ("成立日期", "建立日期", "启用日期"),
        "ends_on": ("撤销日期", "停用日期"),
    }


class UnitNameSheet(Sheet):
    model = models.UnitName
    icon = "history"
    columns = ("unit", "name", "starts_on", "ends_on")
    filters = ("unit",)
    groups = ((_("Former name"), ("unit", "name", "starts_on", "ends_on")),)
    natural_key = ("unit", "starts_on")
    synonyms = {
        "unit": ("单位", "部门"),
        "name": ("曾用名", "名称"),
        "starts_on": ("启用日期", "开始日期"),
        "ends_on": ("停用日期", "结束日期"),
    }


class MajorGroupSheet(Sheet):
    model = models.MajorGroup
    icon = "link"
    description = _("Major groups: each keeps industry links and a steering committee.")
    columns = ("code", "name", "unit", "leader", "majors_count", "links_count", "starts_on", "ends_on")
    computed = {
        "majors_count": Computed(_("majors"), Count("majors", distinct=True), rows=("org.major", "group")),
        "links_count": Computed(
            _("industry links in force"),
            Count(
                "industry_links",
                filter=Q(industry_links__archived_at=None, industry_links__ends_on=None),
                distinct=True,
            ),
            rows=("partners.industry_link", "group"),
        ),
    }
    filters = ("unit", "starts_on")
    search = ("code", "name", "leader__name")
    groups = ((_("Major group"), ("code", "name", "unit", "leader")), (_("In force"), ("starts_on", "ends_on")))
    related = ("majors", "industry_links", "activities", "committees")
    synonyms = {
        "code": ("专业群代码", "专业群编号"),
        "name": ("专业群名称", "专业群"),
        "unit": ("所属学院", "二级学院", "学院"),
        "leader": ("带头人", "专业群带头人", "负责人"),
        "starts_on": ("组建日期", "建立日期"),
        "ends_on": ("撤销日期",),
    }


class MajorSheet(Sheet):
    model = models.Major
    icon = "cap"
    description = _("The majors taught, with their national codes as text.")
    columns = ("code", "name", "unit", "group", "leader", "years", "students_count")
    computed = {
        "students_count": Computed(
            _("students enrolled"),
            Count("cohorts__students", filter=Q(cohorts__students__status="enrolled")),
            rows=("org.student", "cohort__major"),
        )
    }
    filters = ("unit", "group", "starts_on")
    search = ("code", "name", "leader__name")
    groups = (
        (_("Major"), ("code", "name", "unit", "group", "leader", "years")),
        (_("In force"), ("starts_on", "ends_on")),
    )
    related = ("cohorts", "teachers", "needs")
    natural_key = ("code", "name")
    depends = {"group": {"unit": "unit"}}
    synonyms = {
        "code": ("专业代码", "专业编号", "专业号"),
        "name": ("专业名称", "专业", "招生专业"),
        "unit": ("所属学院", "二级学院", "学院", "系部"),
        "group": ("专业群", "所属专业群"),
        "leader": ("专业带头人", "专业负责人", "负责人"),
        "years": ("学制", "修业年限"),
        "starts_on": ("首次招生日期", "设置日期", "开设日期"),
        "ends_on": ("停招日期", "撤销日期"),
    }


class CohortSheet(Sheet):
    model = models.Cohort
    icon = "users"
    description = _("Cohorts of students by major and entry year.")
    columns = ("code", "name", "major", "major__unit", "entry_year", "adviser", "students_count")
    computed = {"students_count": Computed(_("students"), Count("students"), rows=("org.student", "cohort"))}
    filters = ("major__unit", "major", "entry_year")
    search = ("code", "name", "major__name")
    groups = ((_("Cohort"), ("code", "name", "major", "entry_year", "adviser", "graduates_on")),)
    related = ("students",)
    synonyms = {
        "code": ("班级代码", "班号", "班级编号"),
        "name": ("班级名称", "班级"),
        "major": ("专业", "专业名称", "专业代码"),
        "entry_year": ("入学年份", "年级"),
        "adviser": ("班主任", "辅导员"),
        "graduates_on": ("毕业日期", "预计毕业日期"),
    }


class PersonSheet(Sheet):
    model = models.Person
    icon = "user"
    description = _("People of the college; one person may hold many roles.")
    columns = ("staff_number", "name", "unit", "position", "phone", "email")
    filters = ("unit", "sex")
    search = ("staff_number", "name", "position")
    groups = (
        (_("Person"), ("staff_number", "name", "sex", "unit", "position")),
        (pgettext_lazy("ways to reach a person", "Contact"), ("email", "phone")),
    )
    related = ("memberships", "tasks", "seats", "opportunities")
    synonyms = {
        "staff_number": ("工号", "教工号", "职工号", "教职工号"),
        "name": ("姓名", "教师姓名"),
        "sex=1": ("男性",),
        "sex=2": ("女性",),
        "sex": ("性别",),
        "unit": ("部门", "所属部门", "学院", "单位"),
        "position": ("职务", "岗位"),
        "email": ("邮箱", "电子邮箱", "电子邮件"),
        "phone": ("电话", "手机", "手机号", "联系电话"),
    }


class TeacherSheet(Sheet):
    model = models.Teacher
    icon = "briefcase"
    description = _("Who teaches, full-time or part-time, professional or public courses.")
    columns = ("person__staff_number", "person", "unit", "major", "engagement", "subject", "title", "starts_on")
    filters = ("unit", "engagement", "subject", "title", "starts_on")
    search = ("person__staff_number", "person__name")
    groups = (
        (_("Teacher"), ("person", "unit", "major", "engagement", "subject", "title")),
        (_("Service"), ("starts_on", "ends_on")),
    )
    depends = {"major": {"unit": "unit"}}
    synonyms = {
        "person": ("工号", "教工号", "姓名", "教师"),
        "unit": ("部门", "所属学院", "学院"),
        "major": ("专业", "任教专业"),
        "engagement=full_time": ("专任", "专任教师", "是", "在编"),
        "engagement=part_time": ("兼职", "兼课", "外聘", "否"),
        "subject=professional": ("专业课", "专业课教师"),
        "subject=public": ("公共课", "公共课教师", "公共基础课"),
        "title=professor": ("教授", "正高级", "正高"),
        "title=associate": ("副教授", "副高级", "副高"),
        "title=lecturer": ("讲师", "中级"),
        "title=assistant": ("助教", "助理讲师", "初级"),
        "engagement": ("聘用类型", "教师类别", "是否专任"),
        "subject": ("课程类别", "教师类型"),
        "title": ("职称", "专业技术职务"),
        "starts_on": ("入职日期", "来校时间", "入校时间"),
        "ends_on": ("离职日期",),
    }


class StudentSheet(Sheet):
    model = models.Student
    icon = "users"
    description = _("Students with cohort and status; personal numbers are masked.")
    columns = ("number", "name", "sex", "cohort", "cohort__major", "status", "phone")
    filters = ("status", "cohort__major__unit", "cohort__major", "cohort", "cohort__entry_year", "birth_date")
    tabs = "status"
    search = ("number", "name")
    groups = (
        (_("Student"), ("number", "name", "sex", "cohort", "status", "birth_date", "entered_on")),
        (_("Personal data"), ("id_number", "phone", "guardian_name", "guardian_phone")),
    )
    synonyms = {
        "number": ("学号", "学生学号"),
        "name": ("姓名", "学生姓名"),
        "sex=1": ("男性",),
        "sex=2": ("女性",),
        "status=enrolled": ("在读", "在校", "在籍", "正常"),
        "status=suspended": ("休学",),
        "status=graduated": ("已毕业", "毕业"),
        "status=left": ("退学", "离校", "转出"),
        "sex": ("性别",),
        "cohort": ("班级", "班级名称", "所在班级", "专业班级"),
        "status": ("学籍状态", "状态", "在校状态"),
        "birth_date": ("出生日期", "出生年月"),
        "entered_on": ("入学日期", "入学时间"),
        "id_number": ("身份证号", "身份证号码", "证件号码"),
        "phone": ("电话", "手机", "手机号", "联系电话"),
        "guardian_name": ("监护人", "家长姓名", "监护人姓名"),
        "guardian_phone": ("监护人电话", "家长电话", "家长联系电话"),
    }


class MembershipSheet(Sheet):
    model = models.Membership
    icon = "key"
    description = _("Who holds which role where, from one day to another.")
    columns = ("person", "role", "unit", "starts_on", "ends_on")
    filters = ("role", "unit", "person", "starts_on")
    search = ("person__staff_number", "person__name")
    groups = ((_("Role held"), ("person", "role", "unit", "starts_on", "ends_on")),)
    natural_key = ("person", "role", "unit", "starts_on")
    synonyms = {
        "person": ("姓名", "工号", "人员"),
        "role": ("角色", "职务"),
        "unit": ("单位", "部门"),
        "starts_on": ("任职日期", "开始日期"),
        "ends_on": ("离任日期", "结束日期"),
    }


class DelegationSheet(Sheet):
    model = models.Delegation
    icon = "handshake"
    description = _("Who acts for whom, and until when.")
    columns = ("from_person", "to_person", "role", "starts_on", "ends_on", "reason")
    filters = ("role", "starts_on")
    search = ("from_person__name", "to_person__name")
    groups = ((_("Delegation"), ("from_person", "to_person", "role", "starts_on", "ends_on", "reason")),)
    natural_key = ("from_person", "to_person", "role", "starts_on")
    synonyms = {
        "from_person": ("委托人",),
        "to_person": ("受托人", "代理人"),
        "role": ("角色",),
        "starts_on": ("开始日期",),
        "ends_on": ("结束日期",),
        "reason": ("原因", "事由"),
    }
