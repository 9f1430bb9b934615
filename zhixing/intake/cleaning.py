"""From what people type to what a record holds: one function per kind of column.

`clean(value, kind, **options)` returns the value and, where something was repaired or assumed, a note for the user;
or it raises a `CellFault` whose sentence says what is wrong and how to mend it. A blank cell is None for every kind
(multi: []). Import, forms and the API share these rules, so a value means the same wherever it enters.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _


class Fault(Exception):
    """Something the user can mend: a short `code` for machines and a sentence in the reader's language (`message`,
    also `str()`)."""

    def __init__(self, code: str, template: Any, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.template = template
        self.params = params

    @property
    def message(self) -> str:
        return str(self.template) % self.params if self.params else str(self.template)

    def __str__(self) -> str:
        return self.message


class ReadError(Fault):
    """A file that cannot be imported as it is. Codes: encrypted, empty, unknown_type, broken, too_big, macros,
    no_header."""


class CellFault(Fault):
    """A cell that cannot be taken as it is."""


class Note(NamedTuple):
    """What was repaired or assumed in a cell: `code` and a sentence (`str()`)."""

    code: str
    template: Any
    params: Mapping[str, Any] = {}

    def __str__(self) -> str:
        return str(self.template) % self.params if self.params else str(self.template)


class Cleaned(NamedTuple):
    """A value ready for the record, and what was repaired or assumed on the way, if anything."""

    value: Any
    note: Note | None = None


BLANK = Cleaned(None)

MONEY_UNITS = {"元": 1, "yuan": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}
_SUFFIXES = {
    **MONEY_UNITS,
    "元整": 1,
    "圆": 1,
    "块": 1,
    "rmb": 1,
    "cny": 1,
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "亿": 100_000_000,
}

# Full-width letters and digits and the wide space become ordinary; Chinese punctuation stays as typed.
_HALF = {code: code - 0xFEE0 for code in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]}
_HALF.update({0x3000: 0x20, 0xA0: 0x20})
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
    r"\ud800-\udfff\ufffe\uffff]"
)
_CJK = r"\u3400-\u9fff\U00020000-\U0003ffff"
# What needs no repair, and is most of any register: told apart at once, for the user waits while 100,000 rows are read.
_ORDINARY_TEXT = re.compile(r"[!-~\u4e00-\u9fff\u3001-\u301b（），。：；？！、·—]+")
_ORDINARY_NAME = re.compile(r"(?=.*[\u4e00-\u9fff])[0-9A-Za-z\u4e00-\u9fff（）·]+")
_ORDINARY_CODE = re.compile(r"[0-9A-Z]+")
_NOTHING = {"-", "--", "—", "——", "/", "\\", "无", "n/a", "na", "#n/a", "null", "none", "nil", "空", "暂无", "未填"}


def _string(value: Any) -> str:
    """The text a cell shows: whole floats without .0, dates as ISO, no invisible characters."""
    if isinstance(value, str):
        return _INVISIBLE.sub("", value).strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value == value and abs(value) < 1e15 and value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    return _INVISIBLE.sub("", str(value)).strip()


def _plain(value: Any) -> str:
    """For comparison and parsing: NFKC, no spaces."""
    return re.sub(r"\s+", "", _INVISIBLE.sub("", unicodedata.normalize("NFKC", _string(value))))


# Text


def _text(value: Any, *, max_length: int | None = None, multiline: bool = False, **_more: Any) -> Cleaned:
    if value.__class__ is str and _ORDINARY_TEXT.fullmatch(value):
        return _fitting(value, max_length)
    text = _string(value).translate(_HALF)
    if multiline:
        text = "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines()).strip()
    else:
        text = " ".join(text.split())
    return _fitting(text, max_length)


def _name(value: Any, *, max_length: int | None = None, **_more: Any) -> Cleaned:
    """Names of firms and people, in one spelling each: brackets beside Chinese are full-width as in the register of
    firms, dots in names are ·, and there is no space between Chinese characters."""
    if value.__class__ is str and _ORDINARY_NAME.fullmatch(value):
        return _fitting(value, max_length)
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _string(value)))
    text = re.sub(rf"(?<=[{_CJK})])\s+(?=[{_CJK}(])", "", " ".join(text.split()))
    text = re.sub(rf"(?<=[{_CJK}])[・•‧∙．.](?=[{_CJK}])", "·", text)
    if re.search(rf"[{_CJK}]", text):
        text = re.sub(r"\s*\(\s*", "（", text)
        text = re.sub(r"\s*\)\s*", "）", text)
    return _fitting(text.strip(), max_length)


def _fitting(text: str, max_length: int | None) -> Cleaned:
    if not text:
        return BLANK
    if max_length and len(text) > max_length:
        raise CellFault(
            "too_long",
            _("This is %(length)s characters long; at most %(limit)s fit. Shorten it."),
            length=len(text),
            limit=max_length,
        )
    return Cleaned(text)


PRECISION = _(
    "Excel kept only the first 15 digits of this number. Format the column as text and enter the whole number again."
)


def _exact(value: Any) -> str:
    """The text of a code, refusing numbers that Excel has already rounded."""
    if value.__class__ is str and _ORDINARY_CODE.fullmatch(value):
        return str(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) < 1e15:
        raise CellFault("precision_lost", PRECISION)
    text = _plain(value).lstrip("'`‘’′").replace("'", "").replace("’", "")
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", text) and not re.fullmatch(r"\d[eE]\d+", text):
        raise CellFault("precision_lost", PRECISION)
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def _code(
    value: Any,
    *,
    upper: bool = True,
    pattern: str | None = None,
    width: int | None = None,
    max_length: int | None = None,
    **_more: Any,
) -> Cleaned:
    text = _exact(value)
    text, note = (text.upper() if upper else text), None
    if width and text.isascii() and text.isdigit() and len(text) < width:
        # Excel drops the zeros in front of a number; a code of fixed width lets us put them back.
        text, note = (
            text.zfill(width),
            Note("zeros_restored", _("Zeros in front were restored: %(code)s."), {"code": text.zfill(width)}),
        )
    if text and pattern and not re.fullmatch(pattern, text):
        raise CellFault("bad_code", _("This is not a valid code. Check it against the code list."))
    return Cleaned(_fitting(text, max_length).value, note)


# Numbers

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_DIGITS.update({"壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9})
_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}


def chinese_number(text: str) -> int | None:
    """二十 → 20, 一百零五 → 105, 三万 → 30000, 二〇二四 → 2024; None for anything else."""
    if not text or any(letter not in _DIGITS and letter not in _PLACES and letter not in "万萬亿" for letter in text):
        return None
    if all(letter in _DIGITS for letter in text):
        return int("".join(str(_DIGITS[letter]) for letter in text)) if len(text) <= 18 else None
    total = section = digit = 0
    for letter in text:
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _PLACES:
            section += (digit or 1) * _PLACES[letter]
            digit = 0
        else:
            scale = 10_000 if letter in "万萬" else 100_000_000
            total, section, digit = (total + section + digit) * scale, 0, 0
    return total + section + digit


NOT_A_NUMBER = _("“%(value)s” is not a number. Enter digits only, such as 1200 or 12.5.")
_UNIT_WORDS = (
    "人次|人天|人日|人|名|个月|个|位|家|门|本|种|项|台套|台|套|场|次|学时|课时|小时|天|日|周|月|年|学分|分|岁|"
    "平方米|㎡|m2|亩|公里|km|份"
)


def _number(value: Any, unit: int | None = None) -> tuple[Decimal | None, Note | None]:
    if isinstance(value, bool | dt.date | dt.time | dt.timedelta):
        raise CellFault("not_a_number", NOT_A_NUMBER, value=_short(value))
    if isinstance(value, int | float | Decimal):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise CellFault("not_a_number", NOT_A_NUMBER, value=_short(value))
        return number * (unit or 1), None
    text = _plain(value).lower()
    if not text:
        return None, None
    if text in _NOTHING:
        return None, Note("read_as_blank", _("“%(value)s” was read as blank."), {"value": text})
    note: Note | None = None
    if text[0] in "约≈~":
        text, note = text[1:], Note("about", _("An approximate figure was taken as it stands."))
    text = re.sub(r"^(人民币|rmb|cny)?[¥$]?", "", text)
    negative = False
    if (brackets := re.fullmatch(r"\(([^()]+)\)(.*)", text)) is not None:
        text, negative = brackets[1] + brackets[2], True
    match = re.fullmatch(r"([+\-−]?)((?:\d[\d,]*)?(?:\.\d*)?(?:e[+-]?\d{1,2})?)(\D*)", text)
    if match and re.search(r"\d", match[2]):
        body, suffix = match[2], match[3]
        if "," in body and not re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d*)?", body):
            raise CellFault(
                "separators",
                _("The commas in “%(value)s” do not group by thousands. Enter the number without commas."),
                value=_short(value),
            )
        number = Decimal(body.replace(",", "").rstrip(".") or "0")
        negative = negative != (match[1] in ("-", "−") and match[1] != "")
    else:
        words = re.fullmatch(
            rf"([零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬]+)(元整?|圆整?|{_UNIT_WORDS})?", text
        )
        spelled = chinese_number(words[1]) if words else None
        if words is None or spelled is None:
            raise CellFault("not_a_number", NOT_A_NUMBER, value=_short(value))
        number, suffix, unit = Decimal(spelled), "", (1 if words[2] and words[2][0] in "元圆" else unit)
    if suffix in _SUFFIXES:
        number, unit = number * _SUFFIXES[suffix], 1
    elif suffix and not re.fullmatch(rf"(?:{_UNIT_WORDS})(/?[年月天次人周学期]+)?", suffix):
        raise CellFault("not_a_number", NOT_A_NUMBER, value=_short(value))
    return (-number if negative else number) * (unit or 1), note


def _within(number: Any, low: Any, high: Any) -> None:
    if low is not None and number < low:
        raise CellFault("too_small", _("The value must be at least %(limit)s."), limit=low)
    if high is not None and number > high:
        raise CellFault("too_large", _("The value must be at most %(limit)s."), limit=high)


def _integer(value: Any, *, min: Any = None, max: Any = None, unit: int | None = None, **_more: Any) -> Cleaned:
    number, note = _number(value, unit)
    if number is None:
        return Cleaned(None, note)
    if number.adjusted() > 18:
        raise CellFault("too_large", _("The value must be at most %(limit)s."), limit=10**18 if max is None else max)
    if number != number.to_integral_value():
        raise CellFault(
            "not_whole", _("“%(value)s” is not a whole number. Enter a count without decimals."), value=_short(value)
        )
    _within(number, min, max)
    return Cleaned(int(number), note)


def _decimal(
    value: Any,
    *,
    min: Any = None,
    max: Any = None,
    unit: int | None = None,
    places: int = 2,
    digits: int = 18,
    **_more: Any,
) -> Cleaned:
    """Money in yuan when `unit` (yuan per one, from the header) or the cell's own suffix says so; the cell's own
    suffix wins."""
    number, note = _number(value, unit)
    if number is None:
        return Cleaned(None, note)
    if number.adjusted() >= digits - places:
        raise CellFault("too_large", _("The number has too many digits. Check the unit of the column."))
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    # A float such as 12.299999999999999 is Excel's arithmetic, not what the user typed.
    if abs(rounded - number) > Decimal("1e-6"):
        note = Note("rounded", _("Rounded to %(places)s decimals."), {"places": places})
    _within(rounded, min, max)
    return Cleaned(rounded, note)


def _percent(value: Any, *, min: Any = 0, max: Any = 1, **_more: Any) -> Cleaned:
    """A share from 0 to 1: "85%" and 85 are 0.85, and so is 0.85, which is how Excel stores a cell that shows 85%."""
    text = _plain(value).lower()
    marked = text.endswith("%") or text.startswith("百分之")
    number, note = _number(text.rstrip("%").removeprefix("百分之") if marked else value)
    if number is None:
        return Cleaned(None, note)
    if marked:
        number /= 100
    elif abs(number) > 1:
        number, note = number / 100, Note("as_percent", _("Read as a percentage."))
    _within(number, min, max)
    return Cleaned(number.quantize(Decimal("0.000001")).normalize() + 0, note)


# Dates: see dates.py; choices and identifiers below


def _short(value: Any) -> str:
    text = _string(value)
    return text if len(text) <= 40 else text[:39] + "…"


_YES = {"是", "有", "对", "√", "✓", "✔", "☑", "y", "yes", "true", "t", "1", "1.0", "on", "已", "参加", "是的", "r", "v"}
_NO = {
    "否",
    "无",
    "没有",
    "不是",
    "错",
    "×",
    "✗",
    "✘",
    "☐",
    "x",
    "n",
    "no",
    "false",
    "f",
    "0",
    "0.0",
    "off",
    "未",
    "不",
    "-",
    "/",
    "—",
}


def _boolean(value: Any, **_more: Any) -> Cleaned:
    text = _plain(value).lower()
    # In Excel's Wingdings fonts R and √ look the same; a lone v or r is a tick typed by hand.
    if text in _YES:
        return Cleaned(True)
    if text in _NO:
        return Cleaned(False)
    raise CellFault("not_yes_no", _("“%(value)s” is neither yes nor no. Enter 是 or 否."), value=_short(value))


def choice_key(text: Any) -> str:
    """The form in which labels and codes of a choice are compared."""
    return re.sub(r"[\s\-_—·.。()（）、/]+", "", unicodedata.normalize("NFKC", _string(text)).casefold())


def _choice(value: Any, *, choices: Mapping[str, Any], **_more: Any) -> Cleaned:
    """`choices`: every label (Chinese, English) and code → value."""
    keyed = {choice_key(label): target for label, target in choices.items()}
    key = choice_key(value)
    if not key:
        return BLANK
    if key in keyed:
        return Cleaned(keyed[key])
    # "民营" for 民营企业, "国家级" for 国家, "01 民营企业" with its code before it: taken if only one choice can be
    # meant.
    for fits in (
        lambda label: len(key) >= 2 and label.startswith(key),
        lambda label: len(label) >= 2 and key.startswith(label) and len(key) - len(label) <= 2,
        lambda label: (
            len(label) >= 2
            and re.fullmatch(rf"[a-z]?\d{{0,3}}{re.escape(label)}|{re.escape(label)}[a-z]?\d{{0,3}}", key)
        ),
    ):
        found = [target for label, target in keyed.items() if label and fits(label)]
        if found and all(target == found[0] for target in found):
            return Cleaned(
                found[0],
                Note("near_choice", _("“%(value)s” was read as the choice it begins."), {"value": _short(value)}),
            )
    labels: dict[Any, str] = {}
    for label, target in choices.items():
        labels.setdefault(_hashable(target), label)
    shown = "、".join(list(labels.values())[:12]) + ("…" if len(labels) > 12 else "")
    raise CellFault(
        "not_a_choice", _("“%(value)s” is not one of the choices: %(choices)s."), value=_short(value), choices=shown
    )


def _hashable(value: Any) -> Any:
    return value if value.__hash__ else repr(value)


def _multi(value: Any, *, choices: Mapping[str, Any] | None = None, **_more: Any) -> Cleaned:
    values: list[Any] = []
    note = None
    for part in re.split(r"[、，,;；/\n\r|]+", _string(value)):
        if not part.strip() or (item := _choice(part, choices=choices) if choices else _text(part)).value is None:
            continue
        note = note or item.note
        if item.value not in values:
            values.append(item.value)
    return Cleaned(values, note)


_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def _phone(value: Any, *, area: str = "", **_more: Any) -> Cleaned:
    """Mobile as 11 digits, landline as 0898-65312345 or 0898-65312345-801, service numbers as digits, foreign as +…
    ."""
    if value.__class__ is str and _MOBILE.fullmatch(value):
        return Cleaned(value)
    text = re.sub(r"(电话|手机|tel|phone)?[:.]?", "", _exact(value).lower(), count=1)
    parts = re.split(r"[/、,;，；|或]", text)
    note = (
        Note("first_number", _("Only the first of several numbers was taken."))
        if len([p for p in parts if p]) > 1
        else None
    )
    text = next((part for part in parts if part), "")
    if not text:
        return BLANK
    text, _mark, extension = re.sub(r"(转|分机|ext\.?|#)", "x", text).partition("x")
    digits = re.sub(r"[\-—–\s().]", "", text)
    if digits.startswith(("+86", "0086")):
        digits = digits.removeprefix("+86").removeprefix("0086")
        digits = digits if re.fullmatch(r"1[3-9]\d{9}|[48]00\d{7}|0\d+", digits) else "0" + digits
    elif re.fullmatch(r"86(1[3-9]\d{9}|0\d{9,11})", digits):
        digits = digits[2:]
    tail = f"-{extension.strip('-')}" if extension.strip("-").isdigit() else ""
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return Cleaned(digits, note)
    if (dashed := re.fullmatch(r"\(?(0\d{2,3})\)?[-—–](\d{7,8})[-—–](\d{1,6})", text)) is not None:
        return Cleaned("-".join(dashed.groups()), note)
    # 010 and 02x have three digits and eight-digit numbers; all other area codes have four (numbering plan of the
    # ministry, 2017).
    if (line := re.fullmatch(r"(010|02\d)(\d{8})|(0[3-9]\d{2})(\d{7,8})", digits)) is not None:
        return Cleaned(f"{line[1] or line[3]}-{line[2] or line[4]}{tail}", note)
    if re.fullmatch(r"[2-8]\d{6,7}", digits) and not re.fullmatch(r"[48]00\d{4,5}", digits):
        if area:
            return Cleaned(
                f"{area}-{digits}{tail}", Note("area_added", _("The area code %(area)s was added."), {"area": area})
            )
        return Cleaned(f"{digits}{tail}", Note("no_area", _("The number has no area code.")))
    if re.fullmatch(r"[48]00\d{7}|1[02]\d{3,6}|9[56]\d{3,6}|\+\d{7,15}", digits):
        return Cleaned(digits + tail, note)
    if re.fullmatch(r"1\d*", digits) and len(digits) != 11 and len(digits) > 8:
        raise CellFault(
            "phone_length", _("A mobile number has 11 digits; this one has %(count)s. Check it."), count=len(digits)
        )
    raise CellFault(
        "bad_phone",
        _("This is not a telephone number. Enter 11 digits, or area code and number such as 0898-65312345."),
    )


def _email(value: Any, **_more: Any) -> Cleaned:
    text = re.sub(r"^mailto:", "", _plain(value), flags=re.I).rstrip("。.,;")
    if not text:
        return BLANK
    local, _at, domain = text.rpartition("@")
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    if not re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}", local) or not re.fullmatch(
        rf"(?:{label}\.)+[a-z][a-z0-9-]{{1,62}}", domain.lower()
    ):
        raise CellFault("bad_email", _("This is not an e-mail address. Enter one such as name@example.com."))
    return Cleaned(f"{local}@{domain.lower()}")


# The front door

Cleaner = Callable[..., Cleaned]


def _cleaners() -> dict[str, Cleaner]:
    # Dates and identifiers build on the helpers above, so they are fetched once these exist.
    from . import dates, identifiers, moments

    return {
        "text": _text, "name": _name, "code": _code, "integer": _integer, "decimal": _decimal, "percent": _percent,
        "boolean": _boolean, "choice": _choice, "multi": _multi, "phone": _phone, "email": _email,
        "date": dates.clean_date, "year": dates.clean_year, "year-range": dates.clean_year_range,
        "moment": moments.clean_moment,
        "uscc": identifiers.clean_uscc, "resident_id": identifiers.clean_resident_id,
    }  # fmt: skip


CLEANERS: dict[str, Cleaner] = {}


def clean(value: Any, kind: str, *, required: bool = False, **options: Any) -> Cleaned:
    """Clean one value.

    Kinds and their options: text (max_length, multiline), name (max_length), code (upper, pattern, width,
    max_length), integer and decimal (min, max, unit = yuan per one, places, digits), percent (a share 0–1), date
    (month = first|last, open_end, two_digit_year, date_1904, min, max), moment (date_1904), year, year-range (academic), boolean, choice
    and multi (choices: label → value), phone (area), uscc, resident_id (other_documents), email. `required` makes a
    blank a fault. Raises `CellFault`.
    """
    if not CLEANERS:
        CLEANERS.update(_cleaners())
    cleaner = CLEANERS[kind]
    if value is None or value == "" or (isinstance(value, str) and _looks_blank(value)):
        result = Cleaned([]) if kind == "multi" else BLANK
    else:
        result = cleaner(value, **options)
    if required and (result.value is None or result.value == []):
        raise CellFault("required", _("This must not be blank. Fill it in."))
    return result


def _looks_blank(text: str) -> bool:
    # Invisible characters are not printable, so ordinary text needs no closer look.
    return text.isspace() or (not text.isprintable() and not _string(text))


class ColumnCleaner:
    """Cleans a whole column, each different value once: in a register most values repeat."""

    def __init__(self, kind: str, options: dict[str, Any]) -> None:
        self.kind = kind
        self.options = options
        self.seen: dict[Any, Cleaned | CellFault] = {}

    def result(self, value: Any) -> Cleaned | CellFault:
        """The cleaned value, or the fault as a value; the quick way through many rows."""
        # 1, 1.0 and True are one key to a dict, but not one value.
        key = value if value.__class__ is str else (value.__class__, value)
        found = self.seen.get(key)
        if found is None:
            try:
                found = clean(value, self.kind, **self.options)
            except CellFault as fault:
                found = fault.with_traceback(None)
            if len(self.seen) < 100_000:
                self.seen[key] = found
        return found

    def __call__(self, value: Any) -> Cleaned:
        found = self.result(value)
        if isinstance(found, CellFault):
            raise CellFault(found.code, found.template, **found.params)
        return found


def column_cleaner(kind: str, **options: Any) -> ColumnCleaner:
    """A cleaner for one column; call it with a value, or use `.result` to get faults as values."""
    return ColumnCleaner(kind, options)
