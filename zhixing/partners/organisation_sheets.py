"""The register of organisations with names, tags and contacts: its look, its acts, its import."""

from __future__ import annotations

from django.db.models import Max, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action
from zhixing.partners import actions, forms, models, panels


class OrganisationSheet(Sheet):
    model = models.Organisation
    icon = "factory"
    description = _(
        "Governments, parks, schools, enterprises and associations that the college works with or hopes to."
    )
    columns = (
        "name",
        "uscc",
        "kind",
        "industry",
        "region",
        "size",
        "status",
        "keeper",
        "links_count",
        "activities_count",
        "last_activity",
        "needs_count",
    )
    computed = {
        "contacts_count": Computed(
            _("contacts"), number_of(models.Contact, "organisation"), rows=("partners.contact", "organisation")
        ),
        "links_count": Computed(
            _("industry links"),
            number_of(models.IndustryLink, "organisation"),
            rows=("partners.industry_link", "organisation"),
        ),
        "activities_count": Computed(
            _("activities"),
            number_of(models.Activity, "organisations"),
            rows=("partners.activity", "organisations"),
        ),
        "last_activity": Computed(
            _("last activity"),
            Subquery(
                models.Activity.objects.filter(organisations=OuterRef("pk"), archived_at=None, status="held")
                .order_by()
                .values("organisations")
                .annotate(last=Max("held_on"))
                .values("last")
            ),
            numeric=False,
        ),
        "opportunities_count": Computed(
            _("opportunities"),
            number_of(models.Opportunity, "organisation"),
            rows=("partners.opportunity", "organisation"),
        ),
        "needs_count": Computed(
            _("needs"), number_of(models.Need, "organisation"), rows=("partners.need", "organisation")
        ),
    }
    filters = (
        "status",
        "kind",
        "industry",
        "region",
        "size",
        "nature",
        "tags__tag",
        "tags__level",
        "keeper",
        "source",
        "parent",
        "founded_on",
    )
    tabs = "kind"
    search = ("name", "short_name", "uscc", "names__name", "names__uscc")
    groups = (
        (_("Organisation"), ("name", "short_name", "uscc", "kind", "nature", "parent")),
        (_("Profile"), ("industry", "size", "staff_count", "founded_on", "region", "address", "longitude", "latitude")),
        (_("Cooperation"), ("status", "status_reason", "keeper", "source")),
    )
    related = (
        "contacts",
        "tags",
        "industry_links",
        "activities",
        "opportunities",
        "needs",
        "seats",
        "issued_policies",
        "grants",
        "technology_notes",
        "branches",
        "introduced",
        "names",
    )
    form_base = forms.OrganisationForm
    panels = (panels.merges,)
    actions = (
        flow_action(models.Organisation.flow, "activate", actions.activate),
        flow_action(models.Organisation.flow, "rest", actions.rest),
        Action(
            "rename",
            _("Rename"),
            actions.rename,
            icon="edit",
            comment="optional",
            form=forms.RenameForm,
            bulk=False,
            available=lambda record: record.status != "merged",
        ),
        flow_action(models.Organisation.flow, "merge", actions.merge, form=forms.MergeForm, bulk=False),
        Action(
            "absorb",
            _("Merge another into this one"),
            actions.absorb,
            capability="approve",
            icon="merge",
            comment="optional",
            form=forms.AbsorbForm,
            bulk=False,
            available=lambda record: record.status != "merged" and record.archived_at is None,
        ),
        Action(
            "undo_merge",
            _("Undo the merge"),
            actions.undo_merge,
            capability="approve",
            icon="undo",
            comment="optional",
            bulk=False,
            primary=True,
            available=lambda record: record.status == "merged",
        ),
        flow_action(models.Organisation.flow, "ban", actions.ban),
        flow_action(models.Organisation.flow, "lift_ban", actions.lift_ban),
    )
    natural_key = ("uscc",)
    synonyms = {
        "kind=enterprise": ("公司", "工厂", "企业单位", "合作企业"),
        "kind=association": ("协会", "行业协会", "商会", "学会", "社会团体"),
        "kind=government": ("机关", "政府机关", "政府部门", "行政机关"),
        "kind=institution": ("事业", "事业单位", "医院", "科研院所"),
        "kind=park": ("产业园区", "开发区"),
        "kind=school": ("院校", "高校"),
        "nature=state": ("国有", "国企", "央企", "国有控股", "全民所有制"),
        "nature=private": ("民营", "私营", "民企", "私企", "民营企业"),
        "nature=foreign": ("外资", "外商投资", "中外合资", "合资", "港澳台资"),
        "nature=mixed": ("混合所有制", "混合"),
        "nature=public": ("机关", "事业单位", "公办"),
        "size=large": ("大型", "大型企业", "大"),
        "size=medium": ("中型", "中型企业", "中"),
        "size=small": ("小型", "小型企业", "小"),
        "size=micro": ("微型", "小微", "小微企业", "微型企业", "微"),
        "uscc": (
            "统一社会信用代码",
            "社会信用代码",
            "信用代码",
            "统一信用代码",
            "统一代码",
            "企业代码",
            "单位代码",
            "组织机构代码",
            "机构代码",
            "税号",
            "纳税人识别号",
        ),
        "name": (
            "单位名称",
            "企业名称",
            "公司名称",
            "机构名称",
            "名称",
            "单位全称",
            "企业全称",
            "合作单位",
            "合作企业",
            "合作企业名称",
            "合作单位名称",
            "协会名称",
            "用人单位",
            "单位",
        ),
        "short_name": ("简称", "单位简称", "企业简称", "公司简称"),
        "kind": ("单位类别", "类别", "单位类型", "合作方类型", "机构类型", "类型", "主体类型"),
        "nature": ("单位性质", "企业性质", "性质", "经济类型", "所有制性质", "注册类型"),
        "size": ("企业规模", "规模", "单位规模", "规模类型"),
        "industry": ("所属行业", "行业", "行业代码", "行业类别", "国民经济行业", "行业分类", "行业名称"),
        "region": ("所在地区", "所在市县", "地区", "市县", "所在地", "行政区划", "区划代码", "所在区县", "注册地"),
        "longitude": ("经度", "所在地经度"),
        "latitude": ("纬度", "所在地纬度"),
        "address": ("地址", "单位地址", "详细地址", "注册地址", "通讯地址", "办公地址", "企业地址"),
        "staff_count": ("员工人数", "职工人数", "从业人数", "人数", "员工数", "从业人员数", "在职人数"),
        "founded_on": ("成立日期", "成立时间", "注册日期", "注册时间", "创办时间"),
        "parent": ("上级单位", "母公司", "隶属单位", "总公司", "主管单位"),
        "source": ("引荐单位", "来源", "来源协会", "推荐单位", "介绍单位"),
        "keeper": ("归口部门", "归口学院", "对接学院", "负责学院", "牵头学院", "联系部门", "责任部门"),
        "status": ("合作状态", "状态"),
        "status_reason": ("状态说明", "停用原因", "禁止原因", "原因"),
    }


class OrganisationNameSheet(Sheet):
    model = models.OrganisationName
    icon = "history"
    description = _("Names and codes that an organisation bore before; registers of that time still find it.")
    columns = ("name", "uscc", "organisation", "starts_on", "ends_on")
    filters = ("organisation", "ends_on")
    search = ("name", "uscc", "organisation__name")
    groups = ((_("Former name"), ("organisation", "name", "uscc", "starts_on", "ends_on")),)
    natural_key = ("organisation", "name")
    synonyms = {
        "organisation": ("现用名称", "现名称", "单位名称", "企业名称", "统一社会信用代码"),
        "name": ("曾用名", "曾用名称", "原名称", "原单位名称", "原企业名称"),
        "uscc": ("原统一社会信用代码", "原信用代码", "旧代码"),
        "starts_on": ("启用日期", "开始日期", "起始日期"),
        "ends_on": ("停用日期", "更名日期", "变更日期", "结束日期"),
    }


class OrganisationTagSheet(Sheet):
    model = models.OrganisationTag
    icon = "bookmark"
    description = _("Recognised qualities of partners: leading, key industry, integration-type, local specialty.")
    columns = ("organisation", "tag", "level", "starts_on", "ends_on", "document")
    filters = ("tag", "level", "organisation", "starts_on", "ends_on")
    tabs = "tag"
    search = ("organisation__name", "organisation__uscc", "document")
    groups = ((_("Tag"), ("organisation", "tag", "level", "starts_on", "ends_on", "document")),)
    natural_key = ("organisation", "tag", "level", "starts_on")
    synonyms = {
        "organisation": ("单位名称", "企业名称", "统一社会信用代码", "信用代码", "单位", "企业"),
        "tag": ("标签", "认定类型", "认定名称", "称号", "企业标签"),
        "level": ("级别", "认定级别", "层级", "等级"),
        "starts_on": ("认定日期", "认定时间", "开始日期", "起始日期"),
        "ends_on": ("有效期至", "到期日期", "截止日期", "结束日期"),
        "document": ("文号", "认定文号", "认定文件"),
    }


class ContactSheet(Sheet):
    model = models.Contact
    icon = "phone"
    description = _("People at partners whom the college talks to; phone numbers are masked.")
    columns = ("name", "organisation", "role", "position", "phone", "email", "delegate", "ends_on")
    filters = ("role", "organisation", "organisation__kind", "organisation__keeper", "ends_on")
    tabs = "role"
    search = ("name", "position", "organisation__name", "organisation__uscc", "email")
    groups = (
        (_("Contact person"), ("organisation", "name", "role", "position", "delegate")),
        (_("How to reach"), ("phone", "email")),
        (_("In force"), ("starts_on", "ends_on")),
    )
    natural_key = ("organisation", "name", "role")
    depends = {"delegate": {"organisation": "organisation"}}
    synonyms = {
        "organisation": ("单位名称", "企业名称", "所属单位", "工作单位", "统一社会信用代码", "信用代码", "单位"),
        "name": ("姓名", "联系人", "联系人姓名"),
        "role": ("角色", "联系人类型", "身份", "联系人角色"),
        "position": ("职务", "岗位", "职位"),
        "phone": ("电话", "手机", "手机号", "联系电话", "联系方式", "手机号码"),
        "email": ("邮箱", "电子邮箱", "电子邮件", "E-mail"),
        "delegate": ("代理人", "替补联系人", "备用联系人"),
        "starts_on": ("开始日期", "起始日期", "任职日期"),
        "ends_on": ("结束日期", "离任日期", "截止日期"),
    }
