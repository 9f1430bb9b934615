"""What the sample college's bases are made of, and what their story turns on; `docs/sample-college.md` tells it."""

from __future__ import annotations

from typing import NamedTuple

from zhixing.sample.college_facts import AGRICULTURE, BUSINESS, EDUCATION, ENGINEERING, INFORMATION, TOURISM


class Campus(NamedTuple):
    """A base on the campus: code, name, college, major group, mode, rooms."""

    code: str
    name: str
    unit: str
    group: str
    mode: str
    rooms: tuple[tuple[str, str, int], ...]


CAMPUS = (
    Campus(
        "JD-N01",
        "酒店与琼菜烹饪产教融合实训基地",
        TOURISM,
        "ZYQ02",
        "into_school",
        (("中餐烹饪实训室", "training", 48), ("西点烘焙车间", "workshop", 40), ("前厅客房实训室", "training", 45)),
    ),
    Campus(
        "JD-N02",
        "热带种苗产教融合实训基地",
        AGRICULTURE,
        "ZYQ04",
        "one_body",
        (("组培实验室", "laboratory", 40), ("智能温室", "workshop", 60)),
    ),
    Campus(
        "JD-N03",
        "智能制造产教融合实训基地",
        ENGINEERING,
        "ZYQ06",
        "into_school",
        (("数控加工车间", "workshop", 48), ("工业机器人实训室", "training", 40), ("虚拟调试实训室", "virtual", 50)),
    ),
    Campus(
        "JD-N04",
        "软件与大数据产教融合实训基地",
        INFORMATION,
        "ZYQ09",
        "into_school",
        (("软件工场", "workshop", 60), ("大数据实验室", "laboratory", 56), ("网络攻防实训室", "virtual", 50)),
    ),
    Campus(
        "JD-N05",
        "数智财税产教融合实训基地",
        BUSINESS,
        "ZYQ11",
        "into_firm",
        (("财税共享实训室", "training", 60), ("代理记账工坊", "workshop", 40)),
    ),
    Campus(
        "JD-N06",
        "托育与康养产教融合实训基地",
        EDUCATION,
        "ZYQ13",
        "one_body",
        (("托育实训室", "training", 45), ("康复护理实训室", "training", 40)),
    ),
    Campus(
        "JD-N07",
        "民航服务产教融合实训基地",
        TOURISM,
        "ZYQ03",
        "into_school",
        (("客舱模拟舱", "training", 40), ("值机安检实训室", "training", 48)),
    ),
    Campus(
        "JD-N08",
        "新能源汽车产教融合实训基地",
        ENGINEERING,
        "ZYQ07",
        "into_school",
        (("三电系统实训室", "training", 40), ("整车检测车间", "workshop", 36)),
    ),
)
# What each of them lacks; the others are in order.
LATE_DELIVERY = "JD-N02"  # R07: the firm's main equipment is past its day
IDLE = "JD-N03"  # a machine that nobody used for half a year
NO_CERTIFICATION = "JD-N03"  # R08: no skill certification this year
NO_PROOF = "JD-N04"  # R09: a teacher guides without certificate
ONE_SIDED = "JD-N05"  # R07: nothing of the school's is accepted yet
NO_GUIDES = "JD-N06"  # R09: nobody guides yet; opened this year
CONTRACT_OUT = "JD-N07"  # the operator's contract is not named
SAFETY_LATE = "JD-N08"  # a safety check past its day
OPENED_THIS_YEAR = ("JD-N06",)

# R10: places for a hundred students; any other major has 120 or more.
SHORT = {"460702": 0.7, "570102K": 0.8, "510204": 0.6}
JUST = {"540106": 1.04, "530302": 1.05, "510203": 1.02}
# R11: the plan of this year is still a draft.
PLAN_DRAFT = EDUCATION
# R12: no summary for the last term.
NO_SUMMARY = ("550106", "410401", "500211")
SUMMARY_DRAFT = ("560206",)
# R13.
PROVINCE = "540106"
RECHECK_SOON = "540105"
RECHECK_PAST = "410303"
GROWING = ("510209", "590302", "540112", "440106", "560206", "530605", "410105", "500409")
APPLIED = "510205"
PUBLIC = "530701"
NONE_GROWN = ("540110", "490104", "530802", "570201")

# Off the campus at scale 1; every major has one at least.
OFF_CAMPUS = 60
TEACHER_BASES = 4

USES = {
    "teaching": ("专业课程实训教学", "综合实训周", "生产性实训", "项目化教学"),
    "training": ("企业员工技能提升培训", "退役军人技能培训", "乡村振兴实用技术培训", "社区开放日培训"),
    "certification": ("职业技能等级认定", "1+X证书考核"),
    "service": ("企业技术咨询", "新产品试制", "检测服务"),
}
SCHOOL_INPUT = (("site", "校内场地及改造", 120), ("equipment", "基础教学设备", 85))
FIRM_INPUT = (
    ("equipment", "主要生产设备", 260),
    ("software", "行业应用软件", 60),
    ("cash", "共建专项资金", 80),
    ("operation", "经营管理投入", 45),
)
YEARLY_INPUT = "{year}年耗材与运行经费"
RESIDENTS = (("studio", "{firm}工作室"), ("platform", "{firm}研发平台"), ("production", "{firm}生产基地"))
CLOSE_REASON = "企业迁出，双方协商停用，投入已清算"
PLAN_CONTENT = (
    "本学年新增校外实践教学基地，补足岗位缺口专业的岗位实习容量；对排名靠后的基地实行退出；重点培育示范基地。"
)
PLAN_MANAGEMENT = "实行基地年度评估与动态进出，每学期更新岗位容量，校企双方按季度例会；安全检查半年一次。"
EXPERTS = (("符策海", "海南大学"), ("林道明", "海南省旅游和文化广电体育厅"), ("陈婉仪", "海口市酒店行业协会"))
# 另省办法的数：见任务书第四（四）2条说明；校级标准由学校自定。
CRITERIA = (
    ("school", "years", "", 1, "学校示范基地管理办法"),
    ("school", "interns", "", 10, "学校示范基地管理办法"),
    ("school", "guides", "", 100, "学校示范基地管理办法"),
    ("school", "score", "", 80, "学校示范基地管理办法"),
    ("province", "years", "", 3, "省级校外实践教学示范基地认定办法（参照）"),
    ("province", "interns", "science", 30, "省级校外实践教学示范基地认定办法（参照）"),
    ("province", "interns", "arts", 10, "省级校外实践教学示范基地认定办法（参照）"),
    ("province", "score", "", 85, "省级校外实践教学示范基地认定办法（参照）"),
)
# Hundred-metre coordinates of the places where partners sit, by the first four digits of their division.
PLACES = {"4601": ("110.331", "20.031"), "4602": ("109.512", "18.253"), "4604": ("109.581", "19.521")}
HOME_REGION = "460106"
