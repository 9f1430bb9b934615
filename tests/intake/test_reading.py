"""Header, columns and data rows of registers kept by hand, and a register handed back with its faults marked."""

import datetime as dt
import io
import zipfile
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from zhixing.intake import marking
from zhixing.intake.marking import mark_faults
from zhixing.intake.reading import ReadError, data_rows, find_header, map_headers, normalise_header, open_workbook

SYNONYMS = {
    "name": ["企业名称", "单位名称", "合作企业名称", "公司名称"],
    "uscc": ["统一社会信用代码", "信用代码", "社会信用代码"],
    "kind": ["企业性质", "单位性质"],
    "signed_on": ["签订日期", "签约时间", "签订时间"],
    "amount": ["合同金额", "金额"],
    "contact": ["联系人", "企业联系人"],
    "phone": ["联系电话", "手机"],
}
KNOWN = {normalise_header(text).text: field for field, texts in SYNONYMS.items() for text in texts}


@pytest.mark.parametrize(
    ("written", "text", "unit"),
    [
        ("＊金额（万元）", "金额", 10_000),
        ("合同金额(单位：元)", "合同金额", 1),
        ("金额/万元", "金额", 10_000),
        (" 企 业\n名 称※", "企业名称", None),
        ("企业名称（必填）", "企业名称", None),
        ("企业名称必填", "企业名称", None),
        ("签订日期（格式：2024-09-01）", "签订日期", None),
        ("学生数（人）", "学生数", None),
        ("企业名称（全称）", "企业名称(全称)", None),
        ("ＵＳＣＣ", "uscc", None),
        ("占比（%）", "占比", None),
    ],
)
def test_normalised_header(written: str, text: str, unit: int | None) -> None:
    found = normalise_header(written)
    assert (found.text, found.unit) == (text, unit)


HEADER = ["序号", "企业名称", "统一社会信用代码", "企业性质", "签订日期", "金额（万元）", "联系人", "联系电话"]


def record(number: int) -> list[Any]:
    code = f"9146010{number:011d}"
    return [number, f"海南第{number}有限公司", code, "民营", "2024.9.1", 1.5, "王某", "13800138000"]


BLANK_ROW = [""] * len(HEADER)
ABOVE = st.lists(
    st.sampled_from(
        [
            ["海南某职业技术学院校企合作企业一览表", *[""] * 7],
            [
                "填表说明：1. 企业名称填写全称；2. 统一社会信用代码为18位；3. 签订日期按年月日填写。",
                *[""] * 7,
            ],
            BLANK_ROW,
            ["填报单位：", "旅游学院", "", "", "", "", "单位：万元", ""],
            ["填表人", "李某", "", "联系电话", "13800138000", "", "", ""],
            ["", "", "", "2025-2026学年", "", "", "", ""],
        ]
    ),
    max_size=6,
)
BELOW = st.lists(
    st.sampled_from(
        [
            (["合计", "", "", "", "", 12.5, "", ""], "total"),
            (["", "总 计", "", "", "", 12.5, "", ""], "total"),
            (["备注：以上数据截至8月31日", *[""] * 7], "note"),
            (["注：本表一式两份", *[""] * 7], "note"),
            (["填表人：李某", "", "", "审核人：张某", "", "", "", ""], "note"),
            (BLANK_ROW, "blank"),
            (HEADER, "repeated_header"),
        ]
    ),
    max_size=5,
)


@given(above=ABOVE, below=BELOW, count=st.integers(1, 12), numbering=st.booleans(), order=st.permutations(range(8)))
def test_the_header_is_found_in_any_layout(
    above: Any, below: Any, count: int, numbering: bool, order: list[int]
) -> None:
    def ordered(row: list[Any]) -> list[Any]:
        return [row[i] for i in order]

    rows = [*above, ordered(HEADER)]
    expected_skips = []
    if numbering:
        expected_skips.append((len(rows), "numbering"))
        rows.append(list(range(1, 9)))
    first = len(rows)
    rows += [ordered(record(number)) for number in range(count)]
    for row, reason in below:
        expected_skips.append((len(rows), reason))
        rows.append(ordered(row) if row is HEADER else row)
    guess = find_header(rows, KNOWN)
    assert guess.row_index == len(above)
    assert guess.columns == list(enumerate(ordered(HEADER)))
    assert guess.unit == (10_000 if any("单位：万元" in row for row in above) else None)
    found = data_rows(rows, guess)
    assert [index for index, _row in found.rows] == list(range(first, first + count))
    assert found.skipped == expected_skips


@pytest.mark.parametrize("with_ranges", [True, False])
def test_a_header_in_two_lines(with_ranges: bool) -> None:
    rows = [
        ["校企合作登记表", "", "", "", "", ""],
        ["企业名称", "信用代码", "协议", "", "企业联系人", ""],
        ["", "", "签订日期", "金额", "联系人", "联系电话"],
        ["甲公司", "91460000MA5T00002J", "2024.9.1", "3", "王", "13800138000"],
    ]
    merged = [((1, 0), (2, 0)), ((1, 1), (2, 1)), ((1, 2), (1, 3)), ((1, 4), (1, 5)), ((0, 0), (0, 5))]
    guess = find_header(rows, KNOWN, merged if with_ranges else ())
    assert (guess.first_row_index, guess.row_index) == (1, 2)
    assert [text for _i, text in guess.columns] == ["企业名称", "信用代码", "签订日期", "金额", "联系人", "联系电话"]
    assert [index for index, _row in data_rows(rows, guess).rows] == [3]


def test_two_lines_whose_second_lines_repeat_are_told_apart_by_the_first() -> None:
    rows = [
        ["专业", "校内", "", "校外", ""],
        ["", "基地数", "工位数", "基地数", "工位数"],
        ["软件技术", "1", "2", "3", "4"],
    ]
    merged = [((0, 0), (1, 0)), ((0, 1), (0, 2)), ((0, 3), (0, 4))]
    guess = find_header(rows, {"专业": "major", "校内基地数": "inner", "校外工位数": "outer"}, merged)
    assert [text for _i, text in guess.columns] == ["专业", "校内基地数", "校内工位数", "校外基地数", "校外工位数"]


def test_an_unknown_header_is_still_the_first_row_that_looks_like_one() -> None:
    rows = [["某表"], ["甲列", "乙列", "丙列"], ["1", "2024-01-01", "3"], ["4", "2024-01-02", "6"]]
    assert find_header(rows, {}).row_index == 1
    with pytest.raises(ReadError) as caught:
        find_header([["", ""]], KNOWN)
    assert caught.value.code == "no_header"


def test_a_firm_whose_name_begins_like_a_note_is_data() -> None:
    rows = [
        HEADER,
        record(1),
        [2, "合计通科技有限公司", "x", "", "", "", "", ""],
        [3, "总计信息公司", "", "", "", "", "", ""],
    ]
    assert [index for index, _row in data_rows(rows, find_header(rows, KNOWN)).rows] == [1, 2, 3]


def test_mapping_of_columns() -> None:
    headers = ["序号", "单位名称（全称）", "统一社会信用代码*", "合同金额（万元）", "企业联系电话", "签订时间", "老板"]
    found = {m.header: m for m in map_headers(headers, SYNONYMS, {"老板": "contact", "序号": ""})}
    assert {header: (m.field, m.how) for header, m in found.items()} == {
        "序号": (None, "remembered"),
        "单位名称（全称）": ("name", "synonym"),
        "统一社会信用代码*": ("uscc", "exact"),
        "合同金额（万元）": ("amount", "exact"),
        "企业联系电话": ("phone", "similar"),
        "签订时间": ("signed_on", "synonym"),
        "老板": ("contact", "remembered"),
    }
    assert found["合同金额（万元）"].unit == 10_000
    assert 0.7 < found["企业联系电话"].confidence < 0.9


def test_a_field_is_mapped_once_and_the_better_column_wins() -> None:
    found = map_headers([(3, "公司名称"), (5, "企业名称")], SYNONYMS)
    assert [(m.column_index, m.field) for m in found] == [(3, None), (5, "name")]


@given(st.lists(st.text(max_size=20), max_size=10))
def test_any_header_texts_map_without_a_crash(headers: list[str]) -> None:
    fields = [m.field for m in map_headers(headers, SYNONYMS) if m.field]
    assert len(fields) == len(set(fields))


def source(kind: str) -> bytes:
    rows = [["企业名称", "日期"], ["=1+1 公司", dt.date(2024, 9, 1)], ["@cmd", "20206-7-2"]]
    if kind == "csv":
        return "\n".join(",".join(str(cell) for cell in row) for row in rows).encode("gb18030")
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet("登记表")
        bold = book.add_format({"bold": True})
        for index, row in enumerate(rows):
            page.write_row(index, 0, row)
        page.write(0, 0, "企业名称", bold)
        page.write_formula(3, 0, "=1+2", None, 3)
        page.write(3, 1, "甲")
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_marked_faults(kind: str) -> None:
    faults = [(2, 1, "年份多了一位"), (2, None, "=HYPERLINK(1)"), (1, 0, "名称有误")]
    name = "登记表" if kind == "xlsx" else "CSV"
    marked = mark_faults(source(kind), kind, name, 0, faults)
    page = openpyxl.load_workbook(io.BytesIO(marked)).worksheets[0]
    assert page["B3"].comment.text == "年份多了一位"
    assert page["B3"].fill.fgColor.rgb.endswith("FFE0DB")
    assert page["A2"].comment is not None
    assert page["A3"].comment is None
    assert page["C3"].value == "年份多了一位\n=HYPERLINK(1)"
    assert page["C1"].value
    # No text became a formula, the user's own formula and formatting are still there.
    assert (page["A2"].value, page["A2"].data_type) == ("=1+1 公司", "s")
    assert page["C3"].data_type == "s"
    assert kind == "csv" or page["A2"].quotePrefix
    if kind == "xlsx":
        assert page["A1"].font.b
        assert page["A4"].value == "=1+2"
    # The marked file can be mended and read again.
    again = open_workbook(marked)
    assert again.sheets[0].rows[2][1] == "20206-7-2"


def test_marks_are_limited_and_say_so() -> None:
    marked = mark_faults(source("xlsx"), "xlsx", "登记表", 0, [(1, 0, f"错误 {n}") for n in range(20)], limit=5)
    page = openpyxl.load_workbook(io.BytesIO(marked)).worksheets[0]
    assert page["C2"].value.count("\n") == 4
    assert "20" in page["C1"].value


@pytest.mark.parametrize("strict", [False, True])
def test_files_that_openpyxl_cannot_mark_are_written_anew(monkeypatch: pytest.MonkeyPatch, strict: bool) -> None:
    data = source("xlsx")
    if strict:
        # A Strict file: other namespaces, in which openpyxl sees no cell.
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                part = old.read(name).replace(
                    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
                )
                new.writestr(name, part)
        data = out.getvalue()
        assert len(open_workbook(data).sheets[0].rows) == 4
    else:
        monkeypatch.setattr(marking, "OWN_FILE_CELLS", 1)
    page = openpyxl.load_workbook(
        io.BytesIO(mark_faults(data, "xlsx", "登记表", 0, [(2, 1, "年份多了一位")]))
    ).worksheets[0]
    assert page["B3"].comment.text == "年份多了一位"
    assert page["B2"].value == dt.datetime(2024, 9, 1)
    assert (page["A2"].value, page["A2"].data_type) == ("=1+1 公司", "s")
    assert page["C3"].value == "年份多了一位"
