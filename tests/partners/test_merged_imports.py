"""Registers that still name an organisation which was merged into another mean that other."""

from __future__ import annotations

from tests.kernel.registers import code
from tests.partners import factories as f
from zhixing.kernel import importing
from zhixing.kernel.models import ImportRun
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.sheet import sheet_for
from zhixing.partners import merging
from zhixing.partners.models import Contact, Organisation

HEADINGS = "统一社会信用代码,单位名称,类别,员工人数,通讯地址"


def bring(key: str, *lines: str) -> ImportRun:
    run, _reading = importing.start(sheet_for(key), "\n".join(lines).encode(), "登记.csv", by=SYSTEM)  # type: ignore[arg-type]
    return run


def merged_twice() -> tuple[Organisation, Organisation, Organisation]:
    """第一 went into 第二, which went into 第三."""
    first, second, third = (
        f.organisation(name, uscc=code(number), short_name=short)
        for number, (name, short) in enumerate((("甲公司", "老甲"), ("乙公司", ""), ("丙公司", "")), start=1)
    )
    merging.merge(first, by=SYSTEM, into=second)
    merging.merge(second, by=SYSTEM, into=third)
    return first, second, third


def test_a_row_for_a_merged_firm_changes_the_one_it_went_into(place: f.College) -> None:
    first, _second, third = merged_twice()
    run = bring("partners.organisation", HEADINGS, f"{first.uscc},甲公司,enterprise,321,海口市美兰区")
    outcome = importing.preview(run, by=SYSTEM)
    assert (outcome.counts["new"], outcome.counts["changed"], outcome.counts["faulty"]) == (0, 1, 0)
    importing.commit(run, by=SYSTEM)
    first.refresh_from_db()
    third.refresh_from_db()
    assert (third.staff_count, third.address) == (321, "海口市美兰区")
    assert (third.name, third.uscc, third.short_name) == ("丙公司", code(3), "老甲"), "its own code and names stay"
    assert (first.status, first.staff_count) == ("merged", None)

    again = bring("partners.organisation", HEADINGS, f"{first.uscc},甲公司,enterprise,321,海口市美兰区")
    assert importing.preview(again, by=SYSTEM).counts["same"] == 1
    importing.undo(run, by=SYSTEM)
    third.refresh_from_db()
    assert third.staff_count is None


def test_two_rows_that_mean_one_firm_now_are_not_both_taken(place: f.College) -> None:
    first, second, third = merged_twice()
    run = bring(
        "partners.organisation",
        HEADINGS,
        f"{first.uscc},甲公司,enterprise,1,",
        f"{third.uscc},丙公司,enterprise,3,",
        f"{second.uscc},乙公司,enterprise,2,",
    )
    outcome = importing.commit(run, by=SYSTEM)
    assert [(fault[0], fault[3]) for fault in outcome.faults] == [(1, "duplicate"), (3, "duplicate")]
    third.refresh_from_db()
    assert third.staff_count == 3


def test_a_row_that_points_to_a_merged_firm_points_to_the_one_it_went_into(place: f.College) -> None:
    first, _second, third = merged_twice()
    # Under its code, its name, and a short name that no former name holds.
    Organisation.objects.filter(pk=third.pk).update(short_name="")
    for number, text in enumerate((first.uscc, "甲公司", "老甲")):
        run = bring("partners.contact", "单位,姓名,角色", f"{text},联系人{number},hr")
        assert importing.commit(run, by=SYSTEM).faults == []
        assert Contact.objects.get(name=f"联系人{number}").organisation == third
