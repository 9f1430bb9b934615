"""What the sample college's industry colleges are, and the sentences of their charters, plans and outputs."""

from __future__ import annotations

from typing import NamedTuple

from zhixing.sample import college_facts as facts


class Facts(NamedTuple):
    """One industry college. `founded` is the offset of the academic year in which it was founded, None for just now."""

    code: str
    name: str
    unit: str
    groups: tuple[str, ...]
    status: str
    founded: int | None
    # Kinds of party on its council besides the school.
    parties: tuple[str, ...]
    # Areas with proven outputs this year, then with outputs that nothing proves yet, in the order of the clause.
    proven: int
    bare: int
    # Areas without a plan this year, counted from the last.
    unplanned: int


PROVINCE, BEING_ACCEPTED, LACKS_PARTY, LACKS_PART, NEW = "CY01", "CY02", "CY03", "CY04", "CY05"
COLLEGES = (
    Facts(
        PROVINCE,
        "热带高效农业产业学院",
        facts.AGRICULTURE,
        ("ZYQ04", "ZYQ05"),
        "accepted",
        -3,
        ("enterprise", "association", "government", "park"),
        8,
        1,
        0,
    ),
    Facts(
        BEING_ACCEPTED,
        "智慧旅游产业学院",
        facts.TOURISM,
        ("ZYQ01", "ZYQ02"),
        "mid_checked",
        -3,
        ("enterprise", "association", "park"),
        6,
        1,
        1,
    ),
    Facts(
        LACKS_PARTY, "数字创意产业学院", facts.INFORMATION, ("ZYQ10", "ZYQ09"), "building", -2, ("enterprise",), 4, 2, 2
    ),
    Facts(
        LACKS_PART,
        "新能源汽车产业学院",
        facts.ENGINEERING,
        ("ZYQ07", "ZYQ06"),
        "building",
        -2,
        ("enterprise", "association"),
        5,
        1,
        2,
    ),
    Facts(
        NEW,
        "康养服务产业学院",
        facts.EDUCATION,
        ("ZYQ13",),
        "approved",
        None,
        ("enterprise", "association", "government"),
        2,
        0,
        6,
    ),
)
RECOGNITION = "琼教职成〔{year}〕46号"
CHARTER = {
    "organisation": "产业学院设理事会，由学校、行业、企业等各方代表组成，理事长由学校委派，副理事长由牵头企业委派；理事会审议发展规划、年度计划"
    "和预算，任命院长，院长对理事会负责。",
    "goals": "对接海南自由贸易港重点产业，建成人才培养、技术服务、职业培训和创新创业一体的产教融合实体，三年内通过验收并争创省级示范性产业学院。",
    "operation": "实行理事会领导下的院长负责制，校企双主体共同制订培养方案、共建师资和基地、共管过程、共享成果；每学年至少召开一次理事会会议，重大"
    "事项由理事会议定。",
    "safeguards": "各方按协议投入场地、设备、资金和人员，投入与使用逐年登记；设专项经费并单独核算，对成效显著的单位和个人给予奖励。",
}
# What the new version of a charter says where the old one said nothing: not a word yet.
GOALS = (
    "建成集教学、培训、技术服务于一体的产业学院：完善治理结构和章程，校企共建课程不少于十门、实训基地不少于两个，"
    "互聘师资不少于二十人，年培训不少于五百人次，毕业生本地就业率不低于六成。"
)
# Title, deliverable, and at which part of the plan's time it is due.
MILESTONES = (
    ("成立理事会并通过章程", "章程与理事名单", 0.1),
    ("共同修订人才培养方案", "经企业签字的培养方案", 0.25),
    ("建成首批校企共建课程", "课程标准与教学资源", 0.45),
    ("共建实训场所投入使用", "设备清单与使用记录", 0.6),
    ("中期自评", "自评报告", 0.7),
    ("形成可推广的运行模式", "典型案例", 0.95),
)
AGENDA = "理事会{year}学年全体会议"
MINUTES = (
    "会议听取院长关于学年工作和经费使用的报告，审议下一学年领域计划；企业理事就课程更新和实习岗位提出意见，同意增加设备投入。",
    "会议审议建设方案执行情况，通报各方资源到位进度；议定由企业派出技术骨干承担两门课程，由学校提供场地并落实专项经费。",
    "会议研究十个领域的年度成果，要求尚无成果的领域在学期末前提出计划；讨论技能竞赛和招生就业合作安排。",
)
RESOLUTIONS = (
    "1. 同意学年工作报告；2. 通过下一学年领域计划；3. 企业设备投入于学期结束前到位。",
    "1. 调整建设方案里程碑责任人；2. 增聘企业导师四名；3. 资源投入按学年向理事会公布。",
)
POSITIONS = {
    "school": ("理事长", "组织制订发展规划，保障场地、师资和专项经费"),
    "enterprise": ("副理事长", "提供设备、岗位和技术骨干，参与培养方案制订"),
    "association": ("理事", "提供行业标准与岗位能力清单，组织评价和竞赛"),
    "government": ("理事", "指导产业对接，协调政策和项目支持"),
    "park": ("理事", "推荐入园企业，提供实践和创业场地"),
}
# Area: planned outputs of a year, how many, and titles of what came of it with number and measure.
AREAS: dict[str, tuple[str, int, tuple[tuple[str, int, str], ...]]] = {
    "party_building": (
        "校企党支部结对共建，开展主题党日活动",
        2,
        (("校企联合主题党日活动", 1, "次"), ("校企党支部结对共建协议", 1, "份")),
    ),
    "majors": (
        "校企共同修订专业人才培养方案，开展专业数字化升级",
        2,
        (("校企共同修订专业人才培养方案", 2, "份"), ("产业人才需求调研报告", 1, "份")),
    ),
    "courses": (
        "共建项目化课程和活页式教材",
        3,
        (("校企共建项目化课程", 2, "门"), ("活页式教材", 1, "本"), ("企业真实案例入课堂", 12, "个")),
    ),
    "teachers": (
        "互聘教师与技术骨干，教师到企业实践",
        4,
        (("企业技术骨干受聘产业教师", 4, "人"), ("专任教师企业实践", 6, "人")),
    ),
    "research": (
        "联合开展技术攻关，申报专利和横向课题",
        2,
        (("横向技术服务课题", 1, "项"), ("联合申报实用新型专利", 2, "项")),
    ),
    "training": (
        "面向企业职工和农村劳动力开展职业培训",
        200,
        (("企业职工岗位技能提升培训", 120, "人次"), ("职业技能等级认定", 86, "人次")),
    ),
    "entrepreneurship": (
        "共建创业孵化点，开展双创项目辅导",
        2,
        (("学生创业项目入驻孵化点", 3, "个"), ("创新创业大赛获奖项目", 1, "项")),
    ),
    "evaluation": (
        "引入企业标准开展教学质量评价",
        1,
        (("企业参与的课程质量评价报告", 1, "份"), ("毕业生岗位胜任度评价", 1, "份")),
    ),
    "contests": ("校企共办技能竞赛，指导学生参赛", 2, (("校企联合技能竞赛", 1, "场"), ("省级技能竞赛获奖", 3, "项"))),
    "enrolment_employment": (
        "订单招生与定向就业",
        40,
        (("订单班招生", 40, "人"), ("毕业生进入合作企业就业", 32, "人")),
    ),
}
# Kind, title, yuan, for what, by party.
RESOURCES: dict[str, tuple[tuple[str, str, int, str], ...]] = {
    "school": (
        ("site", "产业学院教学与研发用房", 860_000, "教学、研发与会议"),
        ("cash", "产业学院建设专项经费", 500_000, "课程建设和教师培养"),
    ),
    "enterprise": (
        ("equipment", "生产性实训设备", 1_280_000, "生产性实训"),
        ("software", "行业软件与教学平台授权", 260_000, "课程教学"),
        ("people", "企业导师派驻", 320_000, "课程教学与项目指导"),
    ),
    "association": (("operation", "行业标准与评价服务", 60_000, "技能评价"),),
    "government": (("cash", "产教融合专项补助", 300_000, "基地建设"),),
    "park": (("site", "园区实践与孵化场地", 180_000, "实践教学与创业孵化"),),
}
CHECK = "组织机构和章程健全，建设任务按期推进，企业投入基本到位；建议补强技术研发与双创教育两个领域的成果。"
REWORK = "企业设备投入尚未到位，共建课程数量不足，须在一学期内整改后复查。"
EXPERTS = "职业教育专家三人、行业专家两人"
