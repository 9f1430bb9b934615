"""What the sample college is made of: units, major groups and majors, with the national codes of the catalogue."""

from __future__ import annotations

from typing import NamedTuple

SCHOOL_CODE = "4146011999"
SCHOOL_NAME = "海南职业技术学院"
SCHOOL_NAME_EN = "Hainan College of Vocation and Technique"
SCHOOL_SHORT = "海职院"
SCHOOL_REGION = "460105"  # 海口市秀英区

TOURISM, AGRICULTURE, ENGINEERING, INFORMATION, BUSINESS, EDUCATION = "T01", "T02", "T03", "T04", "T05", "T06"
ARTS = "T07"  # merged into INFORMATION two years ago
OFFICE, HR, FINANCE, ASSETS, RESEARCH, EMPLOYMENT, STUDENTS, QUALITY, PARTY, NETWORK = (
    f"B{n:02}" for n in range(1, 11)
)

COLLEGES = {
    TOURISM: ("旅游与民航学院", "旅游学院"),
    AGRICULTURE: ("热带农业技术学院", "农业学院"),
    ENGINEERING: ("工程技术学院", "工程学院"),
    INFORMATION: ("信息与数字创意学院", "信息学院"),
    BUSINESS: ("财经商贸学院", "财经学院"),
    EDUCATION: ("人文教育学院", "人文学院"),
}
# code: (name, short name, head, sections, number of people, role of its people)
DEPARTMENTS: dict[str, tuple[str, str, str, tuple[str, ...], int, str]] = {
    OFFICE: ("教务处", "教务处", "处长", ("校企合作科", "教学运行科", "实践教学科"), 8, "office"),
    HR: ("人事处", "人事处", "处长", ("师资科", "人事科"), 5, "hr"),
    FINANCE: ("财务处", "财务处", "处长", ("预算科", "会计科"), 5, "finance"),
    ASSETS: ("资产管理处", "资产处", "处长", ("实训设备科", "采购科"), 4, "finance"),
    RESEARCH: ("科研处", "科研处", "处长", ("科技服务科", "项目科"), 4, "research"),
    EMPLOYMENT: ("招生就业处", "招就处", "处长", ("就业指导科", "招生科"), 6, "employment"),
    STUDENTS: ("学生工作处", "学生处", "处长", ("学生管理科", "资助科"), 5, ""),
    QUALITY: ("质量管理与督导办公室", "质量办", "主任", ("督导科", "诊改科"), 4, ""),
    PARTY: ("党政办公室", "党政办", "主任", ("秘书科", "行政科"), 4, ""),
    NETWORK: ("网络信息中心", "信息中心", "主任", ("系统运维科", "数据治理科"), 4, ""),
}


class Group(NamedTuple):
    """A major group; majors as (national code, relative number of students)."""

    code: str
    name: str
    unit: str
    majors: tuple[tuple[str, int], ...]


GROUPS = (
    Group("ZYQ01", "智慧旅游专业群", TOURISM, (("540101", 5), ("540102", 3), ("540105", 2), ("540110", 2))),
    Group("ZYQ02", "酒店与琼菜烹饪专业群", TOURISM, (("540106", 6), ("540202", 5), ("540107", 2), ("540112", 3))),
    Group("ZYQ03", "民航服务专业群", TOURISM, (("500401", 3), ("500405", 4), ("500409", 3))),
    Group(
        "ZYQ04",
        "热带现代农业专业群",
        AGRICULTURE,
        (("410103", 3), ("410101", 2), ("410105", 3), ("410202", 3), ("490104", 3)),
    ),
    Group("ZYQ05", "畜牧水产专业群", AGRICULTURE, (("410303", 4), ("410301", 4), ("410401", 3))),
    Group("ZYQ06", "智能制造专业群", ENGINEERING, (("460301", 5), ("460305", 3), ("460306", 5))),
    Group("ZYQ07", "新能源汽车专业群", ENGINEERING, (("460702", 5), ("500211", 4))),
    Group("ZYQ08", "建筑工程专业群", ENGINEERING, (("440301", 4), ("440501", 4), ("440106", 3))),
    Group("ZYQ09", "软件与大数据专业群", INFORMATION, (("510203", 6), ("510205", 5), ("510202", 4), ("510209", 3))),
    Group("ZYQ10", "数字创意专业群", INFORMATION, (("510204", 5), ("550102", 4), ("550106", 3), ("560206", 2))),
    Group("ZYQ11", "财税服务专业群", BUSINESS, (("530302", 7), ("530301", 4))),
    Group("ZYQ12", "数字商贸与物流专业群", BUSINESS, (("530701", 5), ("530702", 3), ("530605", 3), ("530802", 4))),
    Group("ZYQ13", "学前教育与康养专业群", EDUCATION, (("570102K", 5), ("590302", 2), ("570201", 3))),
)
# First enrolled a year ago: a young major has fewer cohorts.
NEW_MAJORS = {"510209", "590302", "540110"}

# What the story turns on. `docs/sample-college.md` tells it; the tests hold it.
NO_LINK = "ZYQ10"  # R01 unmet: the only link ran out, a draft waits
LINK_ENDS = "ZYQ07"  # R01 at risk: the only link ends within 60 days
MANY_LINKS = "ZYQ04"  # three links: no fault
NO_MINUTES = "ZYQ11"  # R02: held this year, but without minutes
PLANNED_ONLY = ("ZYQ08", "ZYQ12", "ZYQ10")  # R02: an activity is planned and on file
NOTHING_PLANNED = "ZYQ13"  # R02: nothing held and nothing planned
LAST_YEAR_NONE = "ZYQ06"  # R02 of last year unmet
COMMITTEE_EXPIRED = "ZYQ08"  # R03 unmet
NO_EXTERNAL_SEAT = "ZYQ12"  # R03 unmet
COMMITTEE_ENDS = "ZYQ03"  # R03 at risk: the term ends within 90 days
NO_COMMITTEE = "ZYQ13"  # R03 unmet: a group founded this year
BOOK_DRAFT = "ZYQ10"  # R04: still a draft
BOOK_SUBMITTED = "ZYQ09"  # R04: waits for the dean and the office
TASKS_LATE = ("ZYQ07", "ZYQ12", "ZYQ02")  # R04: tasks past their date
TASKS_UNOWNED = ("ZYQ05", "ZYQ10")  # R04: tasks without an owner
