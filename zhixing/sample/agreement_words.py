"""What the sample college's agreements are called and what they promise."""

from __future__ import annotations

from zhixing.agreements.models import Agreement

Status = Agreement.Status

# How many of each kind at scale 1; order classes, industry colleges and associations come with their own records.
NUMBERS = {
    "framework": 34,
    "order_class": 6,
    "apprenticeship": 9,
    "campus_base": 8,
    "off_campus_base": 42,
    "teacher_practice": 16,
    "research": 14,
    "training": 12,
    "industry_teacher": 12,
}
STUDENT_NUMBERS = {"tripartite": 22, "apprentice": 10}

TITLES = {
    "framework": "与{firm}校企合作框架协议",
    "association": "与{firm}合作协议",
    "order_class": "{firm}订单班培养协议（{group}）",
    "apprenticeship": "与{firm}现代学徒制合作协议（{group}）",
    "apprentice": "{student}学徒培养协议（{firm}）",
    "campus_base": "与{firm}共建{group}校内实训基地协议",
    "off_campus_base": "{firm}校外实践教学基地协议",
    "teacher_practice": "与{firm}教师企业实践协议（{group}）",
    "research": "与{firm}技术服务协议（{group}）",
    "training": "{firm}员工职业培训协议",
    "industry_teacher": "{firm}产业教师聘任协议（{group}）",
    "tripartite": "{student}岗位实习三方协议（{firm}）",
}
DETAILS = {
    "interns": (12, 20, 30, 40, 60),
    "places": (25, 30, 35, 40),
    "posts": (20, 25, 30),
    "site": ("校本部实训楼三层", "海口市龙华区厂区", "三亚市海棠区门店", "文昌市基地园区"),
    "area": (180, 320, 560, 900),
    "hours": (16, 24, 32, 48),
    "trainees": (40, 60, 120, 200),
    "post": ("前厅接待", "种苗繁育", "设备维护", "前端开发", "会计助理", "仓储调度"),
    "hours_day": (7, 8),
    "hours_week": (35, 40),
    "pay": (2200, 2600, 3000, 3400),
    "pay_day": (10, 15, 20),
    "board": ("企业提供食宿", "企业提供工作餐，宿舍自理"),
    "insurance": ("ZRX2025460100118", "ZRX2026460100207"),
}
# Owed by whom, what, and how many days after the first.
OBLIGATIONS = {
    "framework": (("school", "召开年度校企会商会议", 330), ("enterprise", "报送年度岗位与用人需求", 300)),
    "association": (("association", "发布行业人才需求报告", 270), ("school", "参加协会年会并通报合作进展", 330)),
    "industry_college": (("enterprise", "首期设备与软件投入到位", 150), ("school", "场地改造完成并交付使用", 120)),
    "order_class": (("enterprise", "发放企业奖学金", 240), ("enterprise", "公布录用岗位名单", 600)),
    "apprenticeship": (("enterprise", "选派企业师傅并登记备案", 45), ("school", "完成学徒学期考核", 180)),
    "campus_base": (("enterprise", "首批设备进场验收", 120),),
    "off_campus_base": (("enterprise", "落实本批次实习岗位", 90), ("school", "提交基地运行学期总结", 210)),
    "research": (("enterprise", "支付首期技术服务费", 30), ("school", "提交中期研究报告", 180)),
    "training": (("school", "完成培训并提交结业材料", 200), ("enterprise", "支付培训费", 230)),
}
BROKEN_OFF = (
    "企业经营困难停产，双方协商终止。",
    "企业未按约定提供实习岗位，经催告仍未履行。",
    "合作项目调整，双方协商一致提前终止。",
    "企业搬迁出岛，无法继续履行。",
)
AMENDED = (
    "增加实习岗位数量。",
    "调整设备投入清单和到位时间。",
    "变更企业联系人与付款节点。",
    "增加合作专业。",
)
EXPERTS = ("陈海明", "林志强", "符秀英", "王建国", "吴文彬")
ON_THEIR_WAY = (
    ("framework", Status.DRAFT),
    ("research", Status.DRAFT),
    ("off_campus_base", Status.DRAFT),
    ("framework", Status.CONFIRMING),
    ("order_class", Status.CONFIRMING),
    ("campus_base", Status.SUBMITTED),
    ("training", Status.SUBMITTED),
    ("framework", Status.APPROVED),
    ("off_campus_base", Status.APPROVED),
    ("apprenticeship", Status.SIGNING),
    ("framework", Status.SIGNING),
    ("industry_teacher", Status.SIGNING),
)
