"""Messy registers for the tests of the importer, made the way offices make them."""

from __future__ import annotations

import io
import random

import xlsxwriter
from stdnum.cn import uscc

HEADINGS = ("序号", "统一社会信用代码", "单位名称", "单位类别", "单位性质", "企业规模", "员工人数", "成立日期", "备注")
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FULL_WIDTH = str.maketrans(
    "0123456789ABCDEFGHJKLMNPQRTUWXY", "０１２３４５６７８９ＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＴＵＷＸＹ"
)


def code(number: int) -> str:
    """A valid unified social credit code, the same every time for the same number."""
    body = f"9146010{number % 10}MA{number:07d}"[:17]
    return body + uscc.calc_check_digit(body)


def wrong(valid: str) -> str:
    """The same code with a false check character."""
    return valid[:-1] + ALPHABET[(ALPHABET.index(valid[-1]) + 1) % 31]


def organisations(good: int, bad: int = 3, doubles: int = 2, seed: int = 7) -> bytes:
    """A register of organisations: title row, merged cells, a note above the header, full-width codes, dates of four kinds, a total line."""
    draw = random.Random(seed)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet("合作单位")
    page.merge_range(0, 0, 0, 8, "海南某职业学院校企合作单位登记表")
    page.merge_range(1, 0, 1, 4, "填报单位：校企合作科")
    page.write_row(3, 0, HEADINGS)
    rows = []
    for i in range(good):
        day = (
            f"20{10 + i % 14}.{i % 12 + 1}.{i % 28 + 1}" if i % 2 else f"20{10 + i % 14}年{i % 12 + 1}月{i % 28 + 1}日"
        )
        number = code(i)
        staff = f"{1000 + i:,}" if i % 3 else "１２０"
        rows.append(
            (
                number.translate(FULL_WIDTH) if i % 5 == 0 else number,
                f"海南第{i}号试验有限公司",
                "企业",
                "民营",
                "小型",
                staff,
                day,
                "",
            )
        )
    for i in range(bad):
        rows.insert(
            draw.randrange(1, len(rows)),
            (wrong(code(good + i)), f"海南错码{i}有限公司", "企业", "民营", "小型", 10, "2020-01-01", ""),
        )
    for i in range(doubles):
        rows.append(rows[[j for j, row in enumerate(rows) if "试验" in row[1]][i]])
    for i, row in enumerate(rows):
        page.write_number(4 + i, 0, i + 1)
        page.write_row(4 + i, 1, row)
    page.write(4 + len(rows), 0, "合计")
    page.write(4 + len(rows), 6, len(rows))
    book.close()
    return buffer.getvalue()
