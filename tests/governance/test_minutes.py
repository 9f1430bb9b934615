"""What is read out of minutes as offices write them."""

from datetime import date

import pytest

from zhixing.governance.minutes import proposed, read_line
from zhixing.org.models import Person

MINUTES = """时间：2026年3月2日
会议听取了专业群建设情况汇报。
决定调整两门课程的学时。
会议议定事项：
1. 走访10家企业
（二）、共建实训基地
3、修订人才培养方案
参会人员：
1. 王工
会议同意聘任李工为委员。
"""

PEOPLE = {"符晓": [Person(name="符晓")], "王伟": [Person(name="王伟"), Person(name="王伟")]}


def test_decisions_are_found_and_lists_of_people_are_not() -> None:
    assert proposed(MINUTES) == [
        "调整两门课程的学时。",
        "走访10家企业",
        "共建实训基地",
        "修订人才培养方案",
        "聘任李工为委员。",
    ]


@pytest.mark.parametrize("day", ["2026-06-30", "2026年6月30日前", "2026.6.30", "2026/06/30"])
def test_a_line_names_owner_day_and_deliverable_in_any_order(day: str) -> None:
    line = read_line(f"走访10家企业；成果：报告；完成时限：{day}; 责任人：符晓", lambda name: PEOPLE.get(name, []))
    assert (line.text, line.owner.name if line.owner else "", line.due, line.deliverable) == (
        "走访10家企业",
        "符晓",
        date(2026, 6, 30),
        "报告",
    )


@pytest.mark.parametrize(
    "line",
    [
        "责任人：符晓；时限：2026-06-30",
        "走访；责任人：符晓",
        "走访；责任人：无名；时限：2026-06-30",
        "走访；责任人：王伟；时限：2026-06-30",
        "走访；责任人：符晓；时限：2026-02-30",
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: str) -> None:
    with pytest.raises(ValueError, match=r"[“”]"):
        read_line(line, lambda name: PEOPLE.get(name, []))


def test_a_bare_decision_makes_no_task() -> None:
    line = read_line("通过专业群规划", lambda name: [])
    assert (line.text, line.owner, line.due) == ("通过专业群规划", None, None)
