"""What people type becomes what a record holds, or a sentence on how to mend it."""

import datetime as dt
import random
import re
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhixing.intake.cleaning import CLEANERS, CellFault, Fault, chinese_number, clean, column_cleaner
from zhixing.intake.identifiers import USCC_ALPHABET, identity_check_character, uscc_check_character

CHOICES = {
    "民营企业": "private",
    "Private": "private",
    "国有企业": "state",
    "国家": "national",
    "其他": "other",
    "02": "state",
}
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("text", {"max_length": 20}),
    ("text", {"multiline": True}),
    ("name", {}),
    ("code", {"width": 6}),
    ("code", {"pattern": r"[A-Z]+"}),
    ("integer", {}),
    ("integer", {"min": 0, "unit": 10_000}),
    ("decimal", {}),
    ("percent", {}),
    ("date", {}),
    ("date", {"open_end": True, "two_digit_year": True, "month": "last"}),
    ("moment", {}),
    ("year", {}),
    ("year-range", {"academic": True}),
    ("boolean", {}),
    ("choice", {"choices": CHOICES}),
    ("multi", {}),
    ("multi", {"choices": CHOICES}),
    ("phone", {"area": "0898"}),
    ("uscc", {}),
    ("resident_id", {"other_documents": True}),
    ("email", {}),
]
PLACEHOLDER = re.compile(r"%\([a-z]+\)s")
TYPED = st.text(
    alphabet="0123456789０１年月日.-/，,、；;（）()万元亿%％￥ＡXx 二十百千零+—至今长期有无是否@'\u200b\n\t",
    max_size=24,
)
ANY = st.one_of(
    st.text(max_size=40),
    TYPED,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.none(),
    st.decimals(),
)


@given(value=ANY, kind=st.sampled_from(KINDS))
def test_nothing_typed_can_crash_a_cleaner(value: Any, kind: tuple[str, dict[str, Any]]) -> None:
    try:
        found = clean(value, kind[0], **kind[1])
    except CellFault as fault:
        assert fault.code
        assert not PLACEHOLDER.search(str(fault))
        return
    if found.note is not None:
        assert not PLACEHOLDER.search(str(found.note))
    # What has been cleaned stays as it is when it is exported and imported again.
    if kind[0] in ("text", "name", "email", "uscc") and found.value:
        assert clean(found.value, kind[0], **kind[1]).value == found.value


def test_every_kind_is_tried() -> None:
    clean("", "text")
    assert {kind for kind, _options in KINDS} == set(CLEANERS)


def value(given_: Any, kind: str, **options: Any) -> Any:
    return clean(given_, kind, **options).value


def code(given_: Any, kind: str, **options: Any) -> str:
    with pytest.raises(CellFault) as caught:
        clean(given_, kind, **options)
    return caught.value.code


@pytest.mark.parametrize(
    ("typed", "kind", "expected"),
    [
        ("  ＡＢ　Ｃ１２３ ", "text", "AB C123"),
        ("教务〔2023〕89号，附件（一）", "text", "教务〔2023〕89号，附件（一）"),
        ("a\n b", "text", "a b"),
        (13800138000.0, "text", "13800138000"),
        (dt.datetime(2024, 9, 1), "text", "2024-09-01"),
        ("\u200b\ufeff ", "text", None),
        ("海南 (三亚) 旅游 有限公司", "name", "海南（三亚）旅游有限公司"),
        ("海南（三亚）旅游有限公司", "name", "海南（三亚）旅游有限公司"),
        ("买买提•艾力", "name", "买买提·艾力"),
        ("ABC  Co. (Sanya)", "name", "ABC Co. (Sanya)"),
        ("'460106", "code", "460106"),
        (460106.0, "code", "460106"),
        ("460106.0", "code", "460106"),
        (" 570102k ", "code", "570102K"),
        ("570\u200b102Ｋ", "code", "570102K"),
    ],
)
def test_text_names_and_codes(typed: Any, kind: str, expected: Any) -> None:
    assert value(typed, kind) == expected


def test_codes_get_back_their_zeros_and_lost_digits_are_noticed() -> None:
    found = clean(6012, "code", width=6)
    assert found.value == "006012"
    assert found.note is not None
    assert code(460106200503081000.0, "resident_id") == "precision_lost"
    assert code("4.60106E+17", "resident_id") == "precision_lost"
    assert code("9.14601E+17", "uscc") == "precision_lost"
    assert code("abcdef", "text", max_length=3) == "too_long"
    assert code("ab1", "code", pattern="[A-Z]+") == "bad_code"
    assert code("", "text", required=True) == "required"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1,234.50", "1234.50"),
        ("１２３４", "1234"),
        ("￥1,200.00", "1200"),
        ("12.5万元", "125000"),
        ("1.2亿", "120000000"),
        ("人民币3万元整", None),
        ("(1,200)", "-1200"),
        ("（500）", "-500"),
        ("-3.5", "-3.5"),
        ("二十", "20"),
        ("三万元", "30000"),
        ("约50万", "500000"),
        (12.299999999999999, "12.30"),
        (0.1 + 0.2, "0.30"),
        ("1200元", "1200"),
        (".5", "0.5"),
        ("+7", "7"),
    ],
)
def test_money(typed: Any, expected: str | None) -> None:
    if expected is None:
        assert code(typed, "decimal") == "not_a_number"
    else:
        assert value(typed, "decimal") == Decimal(expected)


def test_money_with_the_unit_of_its_header() -> None:
    assert value("12.5", "decimal", unit=10_000) == 125_000
    assert value(12.5, "decimal", unit=10_000) == 125_000
    assert value("12.5元", "decimal", unit=10_000) == Decimal("12.5")
    assert value("1.2亿", "decimal", unit=10_000) == 120_000_000
    assert value("—", "decimal") is None
    assert code("12元5角", "decimal") == "not_a_number"
    assert code("1,23", "decimal") == "separators"
    assert code("-1", "decimal", min=0) == "too_small"
    assert code(float("nan"), "decimal") == "not_a_number"
    assert code("1" * 30, "decimal") == "too_large"
    assert clean("1.239", "decimal").note is not None


def test_counts_and_shares() -> None:
    assert value("35人", "integer") == 35
    assert value("一百二十", "integer") == 120
    assert value(3.0, "integer") == 3
    assert code("3.5", "integer") == "not_whole"
    assert code(True, "integer") == "not_a_number"
    assert [chinese_number(text) for text in ("十", "二十一", "一百零五", "三万", "二〇二四", "一亿", "甲")] == [
        10,
        21,
        105,
        30_000,
        2024,
        100_000_000,
        None,
    ]
    assert [value(typed, "percent") for typed in ("85%", "８５％", 85, 0.85, "百分之八十五")] == [Decimal("0.85")] * 5
    assert value("100%", "percent") == 1
    assert code("120%", "percent") == "too_large"


FORMATS = [
    "{y}.{m}.{d}",
    "{y}/{m}/{d}",
    "{y}-{m:02}-{d:02}",
    "{y}{m:02}{d:02}",
    "{y}年{m}月{d}日",
    "{y} 年 {m} 月 {d} 日",
    "{y}-{m}.{d}",
    "{y}．{m}．{d}",
    "{y}-{m:02}-{d:02} 00:00:00",
    "{y}-{m}-{d} 8:30",
    "{y}-{m:02}-{d:02}T08:30:00Z",
    "{y}年{m}月{d}号",
    "{y}－{m}－{d}",
]


@given(day=st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)), form=st.sampled_from(FORMATS))
def test_a_day_is_read_in_every_form(day: dt.date, form: str) -> None:
    assert value(form.format(y=day.year, m=day.month, d=day.day), "date") == day


@given(
    st.text(alphabet="海南Aa1（）·()[]・ 、，.〔〕—E\u3000ｂ\u200b龥", min_size=1, max_size=8),
    st.sampled_from(["text", "name", "code"]),
)
def test_the_quick_way_for_ordinary_values_changes_nothing(typed: str, kind: str) -> None:
    # A blank behind the value sends it the long way round.
    assert clean(typed, kind) == clean(f" {typed} ", kind)


@given(day=st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)))
def test_excel_day_numbers(day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    assert value(serial, "date") == value(float(serial), "date") == value(str(serial), "date") == day
    assert value(serial - 1462, "date", date_1904=True) == day
    assert value(dt.datetime(day.year, day.month, day.day, 8), "date") == day


def test_dates_that_are_repaired_or_refused() -> None:
    assert clean("2026-6.29", "date").note is not None
    assert clean("2024年9月", "date")[0] == dt.date(2024, 9, 1)
    assert value("2024-9", "date", month="last") == dt.date(2024, 9, 30)
    assert value("202402", "date", month="last") == dt.date(2024, 2, 29)
    assert value(2024.9, "date") == dt.date(2024, 9, 1)
    assert value("二〇二四年九月一日", "date") == dt.date(2024, 9, 1)
    assert value("24.9.1", "date", two_digit_year=True) == dt.date(2024, 9, 1)
    assert value("98-9-1", "date", two_digit_year=True) == dt.date(1998, 9, 1)
    refused = {
        "20206-7-2": "year_digits",
        "24.9.1": "two_digit_year",
        "2024-2-30": "no_such_day",
        "2024-13-1": "no_such_month",
        "9/1/2024": "day_order",
        "2024": "year_only",
        "长期": "no_open_end",
        "不详": "not_a_date",
        "0024-01-01": "year_range",
    }
    assert {typed: code(typed, "date") for typed in refused} == refused
    assert code(2024.1, "date") == "month_ambiguous"
    for typed in ("至今", "长期", "无固定期限"):
        found = clean(typed, "date", open_end=True)
        assert found.value is None
        assert found.note is not None
    assert code("2024-9-1", "date", min=dt.date(2025, 1, 1)) == "too_early"
    assert code("2024-9-1", "date", max=dt.date(2024, 1, 1)) == "too_late"


def test_years() -> None:
    assert [value(typed, "year") for typed in ("2024级", 2024.0, "2024年", dt.date(2024, 9, 1))] == [2024] * 4
    assert code("24级", "year") == "two_digit_year"
    for typed in ("2024-2025学年", "2024—2025", "2024/2025", "2024-25学年度", "2024学年"):
        assert value(typed, "year-range", academic=True) == (2024, 2025)
    assert value("2024至2027年", "year-range") == (2024, 2027)
    assert code("2024-2026", "year-range", academic=True) == "not_an_academic_year"
    assert code("2026-2024", "year-range") == "years_order"


def test_yes_and_no_and_choices() -> None:
    assert all(value(typed, "boolean") is True for typed in ("是", "√", "有", "Y", "TRUE", "1", 1.0, True, "Ｙ"))
    assert all(value(typed, "boolean") is False for typed in ("否", "×", "无", "N", "0", 0.0, False, "没有"))
    assert code("也许", "boolean") == "not_yes_no"
    for typed in ("民营企业", " 民营 企业", "private", "ＰＲＩＶＡＴＥ", "民营", "01民营企业", "A-民营企业"):
        assert value(typed, "choice", choices=CHOICES) == "private", typed
    assert value(2.0, "choice", choices={"2": "b"}) == "b"
    assert value("国家级", "choice", choices=CHOICES) == "national"
    assert code("外星企业", "choice", choices=CHOICES) == "not_a_choice"
    # Two choices begin so: nothing is guessed.
    assert code("国", "choice", choices=CHOICES) == "not_a_choice"
    assert value("甲、乙，丙;甲\n丁", "multi") == ["甲", "乙", "丙", "丁"]
    assert value("民营/国有企业", "multi", choices=CHOICES) == ["private", "state"]
    assert value("", "multi") == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("138 0013 8000", "13800138000"),
        (13800138000.0, "13800138000"),
        ("+86-13800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("0898-65312345", "0898-65312345"),
        ("（0898）65312345", "0898-65312345"),
        ("089865312345", "0898-65312345"),
        ("01062345678", "010-62345678"),
        ("0898-65312345转801", "0898-65312345-801"),
        ("0898-65312345-801", "0898-65312345-801"),
        ("400-800-1234", "4008001234"),
        ("１３８００１３８０００", "13800138000"),
        ("13800138000/13900139000", "13800138000"),
        ("+85223456789", "+85223456789"),
        ("65312345", "65312345"),
    ],
)
def test_telephones(typed: Any, expected: str) -> None:
    assert value(typed, "phone") == expected


def test_wrong_telephones_and_mail() -> None:
    assert code("1380013800", "phone") == "phone_length"
    assert code("138001380001", "phone") == "phone_length"
    assert code("王某", "phone") == "bad_phone"
    assert value("65312345", "phone", area="0898") == "0898-65312345"
    assert value("ａ.b＠Example.COM。", "email") == "a.b@example.com"
    assert [code(typed, "email") for typed in ("a@b", "a.example.com", "a b@c..com")] == ["bad_email"] * 3


@pytest.mark.parametrize(
    "number",
    [
        "91350100M000100Y43",
        "9144030071526726XG",
        "91330100716105852F",
        "914403001922038216",
        "91460000MA5T00002J",
        "12460000MB0000000H",
        "91460100MA5TERT07U",
    ],
)
def test_published_social_credit_codes(number: str) -> None:
    assert value(number, "uscc") == number
    assert value(" " + number.lower()[:9] + " " + number[9:], "uscc") == number
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in number)
    assert value(wide, "uscc") == number


@given(st.text(alphabet=USCC_ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_in_a_social_credit_code_is_found(first: str, place: int, letter: str) -> None:
    number = first + uscc_check_character(first)
    assert value(number, "uscc") == number
    wrong = number[:place] + letter + number[place + 1 :]
    if wrong != number:
        assert code(wrong, "uscc") == "uscc_check"


def test_the_fault_of_a_social_credit_code_says_where() -> None:
    def fault(number: str) -> Fault:
        with pytest.raises(CellFault) as caught:
            clean(number, "uscc")
        return caught.value

    assert fault("91350100M000100Y4").params == {"count": 17}
    assert fault("9135O100M000100Y43").params == {"position": 5, "letter": "O", "hint": "0"}
    assert fault("91350100M000100Y44").params == {"expected": "3", "found": "4"}
    assert "“3”" in str(fault("91350100M000100Y44"))


def test_identity_numbers() -> None:
    for number in ("11010519491231002X", "460106200503081013", "460202200812310027"):
        assert value(number, "resident_id") == number
    assert value("11010519491231002x", "resident_id") == "11010519491231002X"
    for head in ("810000", "820000", "830000", "911344"):
        first = head + "19900101" + "001"
        assert value(first + identity_check_character(first), "resident_id")
    refused = {
        "110105194912310021": "id_check",
        "110105194913310029": "id_birth",
        "11010519491231002": "id_length",
        "110105491231002": "id_old",
        "1101051949123100XX": "id_letter",
        "E12345678": "id_length",
    }
    assert {number: code(number, "resident_id") for number in refused} == refused
    assert value("E12345678", "resident_id", other_documents=True) == "E12345678"
    assert value("H12345678", "resident_id", other_documents=True) == "H12345678"
    assert value("12345678", "resident_id", other_documents=True) == "12345678"


@given(
    st.dates(dt.date(1940, 1, 1), dt.date(2015, 1, 1)),
    st.integers(0, 999),
    st.integers(0, 17),
    st.sampled_from("0123456789"),
)
def test_one_wrong_digit_in_an_identity_number_is_found(born: dt.date, serial: int, place: int, digit: str) -> None:
    first = f"460106{born:%Y%m%d}{serial:03}"
    number = first + identity_check_character(first)
    assert value(number, "resident_id") == number
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        with pytest.raises(CellFault) as caught:
            clean(wrong, "resident_id")
        assert wrong not in str(caught.value)
        assert number[17] not in "X" or "X" not in str(caught.value).replace("digit or X", "")


def test_a_column_is_cleaned_once_for_each_value() -> None:
    column = column_cleaner("text")
    assert [column(item).value for item in (1, True, 1.0, "1")] == ["1", "TRUE", "1", "1"]
    faulty = column_cleaner("date")
    for _again in range(2):
        with pytest.raises(CellFault):
            faulty("20206-7-2")
    assert isinstance(faulty.result("20206-7-2"), CellFault)


def test_a_long_column_is_quick() -> None:
    random_ = random.Random(1)
    values = [f"2024.{random_.randint(1, 12)}.{random_.randint(1, 28)}" for _n in range(100_000)]
    result = column_cleaner("date").result
    start = time.perf_counter()
    for item in values:
        result(item)
    # About 20 ms; without the cache about 1 s.
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    "typed",
    [
        "2026-03-05 14:30",
        "2026-03-05 14:30:00",
        "2026年3月5日14时30分",
        "2026年3月5日 14点半",
        "2026/3/5 下午2:30",
        "2026/3/5 2:30 PM",
        "2026.3.5　下午２：３０",
        "2026年3月5日下午2点30分",
        "2026年3月5日下午14:30",
        "2026-03-05T14:30:00+08:00",
        "2026-03-05T06:30:00Z",
        "2026-03-05T06:30:00.000Z",
        "20260305 14:30",
        "20260305143000",
        "202603051430",
        "二〇二六年三月五日14:30",
        dt.datetime(2026, 3, 5, 14, 30),
        dt.datetime(2026, 3, 5, 14, 29, 59, 999_998),
        46086 + 14.5 / 24,
        str(46086 + 14.5 / 24),
    ],
)
def test_a_moment_is_read_in_every_form(typed: Any) -> None:
    found = value(typed, "moment")
    assert found == dt.datetime(2026, 3, 5, 6, 30, tzinfo=dt.UTC)
    assert value(46086 - 1462 + 14.5 / 24, "moment", date_1904=True) == found


def test_moments_that_are_refused() -> None:
    refused = {
        "2026-03-05": "no_time",
        "2026年3月 14:30": "no_time",
        "46086": "no_time",
        "46086 14:30": "no_time",
        "2026-03-05 25:00": "no_such_time",
        "2026-03-05 14:61": "no_such_time",
        "2026-02-30 14:30": "no_such_day",
        "26-3-5 14:30": "two_digit_year",
        "2026-03-05 上午12:30": "hour_ambiguous",
        "2026-03-05 晚上2点": "hour_ambiguous",
        "下午2:30": "not_a_date",
        "明天": "not_a_date",
    }
    assert {typed: code(typed, "moment") for typed in refused} == refused
    assert code(dt.date(2026, 3, 5), "moment") == "no_time"
    assert code(dt.time(14, 30), "moment") == "not_a_moment"
    assert value("—", "moment") is None


@given(moment=st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 12, 31)), clock=st.integers(0, 3))
def test_a_moment_written_in_four_ways_is_the_same(moment: dt.datetime, clock: int) -> None:
    moment = moment.replace(second=0, microsecond=0)
    half, hour = ("下午", moment.hour - 12) if moment.hour > 12 else ("", moment.hour)
    written = (
        f"{moment:%Y-%m-%d %H:%M}",
        f"{moment.year}年{moment.month}月{moment.day}日{half}{hour}时{moment.minute}分",
        f"{moment:%Y/%m/%d} {half} {hour}:{moment.minute:02}",
        f"{moment:%Y%m%d%H%M%S}",
    )[clock]
    assert value(written, "moment") == value(moment, "moment")
