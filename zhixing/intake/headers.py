"""Where the header of a register stands, what its columns mean, and which rows below it are data.

Registers kept by hand open with a title, a line "单位：万元", filling-in notes and merged cells, have headers in two
lines, and close with 合计, 备注 and signature lines. `find_header` finds the header by the column names that the
record type knows; `map_headers` gives each column its field, first from what the user chose the last time;
`data_rows` says which rows are data and why others are not.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from .cleaning import MONEY_UNITS, ReadError

SEARCH_ROWS = 60

Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


class HeaderText(NamedTuple):
    """A column name for comparison, and the unit its brackets gave: `unit` yuan per one for money, else None;
    `unit_text` as written."""

    text: str
    unit: int | None = None
    unit_text: str = ""


@dataclass(slots=True)
class HeaderGuess:
    """The header: `row_index` its last line (data start below), `first_row_index` its first, columns as (index, text
    as written).

    `score` counts how well it fits: 1 for each known column name, up to 1 for looking like a header. `unit` is the
    money unit that a line above the table gives ("单位：万元" → 10000).
    """

    row_index: int
    columns: list[tuple[int, str]]
    score: float
    first_row_index: int = 0
    unit: int | None = None
    known: int = 0


@dataclass(slots=True)
class ColumnMapping:
    """What one column means. `how`: remembered, exact, synonym, similar or None; `confidence` 0 to 1; `unit` as in
    `HeaderText`."""

    header: str
    column_index: int
    field: str | None
    how: str | None
    confidence: float
    unit: int | None = None


@dataclass(slots=True)
class DataRows:
    """The rows to import as (row index, cells), and those left out as (row index, reason).

    Reasons: blank, total, note, numbering (a line 1 2 3 … below the header), repeated_header, example.
    """

    rows: list[tuple[int, list[Any]]] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)


_MARKS = re.compile(r"[\s*※★☆▲△●#:：。\u200b-\u200f\u2060\ufeff'\"`]+|必填项?$")
_BRACKETS = re.compile(r"[(\[{【〔<《]([^()\[\]{}【】〔〕<>《》]*)[)\]}】〕>》]")
_UNIT = re.compile(
    r"(?:单位|计量单位)?[:：]?(人民币)?(元|千元|万元|百万元|亿元|yuan|%|％|人次?|人天|人日|天|日|周|月|年|个月?|学时|课时|小时|h|门|本|种|项|"
    r"家|台套?|台/?套|套|份|场|次|名|位|岁|分|平方米|㎡|m2|平米|平方公里|亩|公里|km|公斤|吨|学分|元/[月天人次年]|万元/年)"
)
_ADVICE = re.compile(
    r"必填|选填|可选|可空|非必|下拉|格式|如|例|请|填写|不填|勾选|yyyy|required|optional|e\.g|^是/否|逗号|顿号|多个"
)


@lru_cache(maxsize=4096)
def normalise_header(text: str) -> HeaderText:
    """`＊金额（万元）\\n` → text 金额, unit 10000. Marks, spaces, units and advice in brackets go; other brackets
    stay, as (…)."""
    plain = unicodedata.normalize("NFKC", str(text)).lower()
    unit, unit_text = None, ""

    def bracket(match: re.Match[str]) -> str:
        nonlocal unit, unit_text
        inner = re.sub(r"\s+", "", match[1])
        if (found := _UNIT.fullmatch(inner)) is not None:
            unit_text = found[2]
            unit = MONEY_UNITS.get(found[2], unit)
            return ""
        return "" if not inner or _ADVICE.search(inner) else f"({inner})"

    plain = _BRACKETS.sub(bracket, plain)
    plain = _MARKS.sub("", plain)
    if (tail := re.fullmatch(r"(.+?)[/_,、-](元|千元|万元|百万元|亿元|%)", plain)) is not None:
        plain, unit_text, unit = tail[1], tail[2], MONEY_UNITS.get(tail[2])
    return HeaderText(_MARKS.sub("", plain), unit, unit_text)


def _bare(text: str) -> str:
    return re.sub(r"\([^()]*\)", "", text)


def find_header(rows: Sequence[Sequence[Any]], known: Mapping[str, str], merged: Merged = ()) -> HeaderGuess:
    """The header among the first rows of a sheet.

    `known` maps normalised column names (see `normalise_header`) to fields; `merged` are the sheet's merged ranges,
    which make two-line headers certain. Raises `ReadError` (no_header) when the sheet is blank.
    """
    names = dict(known)
    for name, target in known.items():
        names.setdefault(_bare(name), target)
    best: HeaderGuess | None = None
    unit: int | None = None
    for index, row in enumerate(rows[:SEARCH_ROWS]):
        texts = _texts(row)
        if not texts:
            continue
        if (
            caption := re.search(r"单位[:：]\s*(?:人民币)?\s*(千元|万元|百万元|亿元|元)", " ".join(texts.values()))
        ) is not None:
            unit = MONEY_UNITS[caption[1]]
        guess = _score(texts, index, index, names, _like_header(texts, row, rows, index))
        if index + 1 < len(rows) and (joined := _join_lines(rows, index, merged, names)) is not None:
            double = _score(joined, index, index + 1, names, _like_header(joined, rows[index + 1], rows, index + 1))
            certain = any(a[0] == index and b[0] == index and b[1] > a[1] for a, b in merged)
            if double.known > guess.known or (certain and double.known >= guess.known and double.score >= guess.score):
                guess = double
        guess.unit = unit
        if best is None or guess.score > best.score + 1e-9:
            best = guess
    if best is None:
        raise ReadError(
            "no_header", _("No header was found: the sheet is blank. Put the column names in one row above the data.")
        )
    return best


def _texts(row: Sequence[Any]) -> dict[int, str]:
    return {index: text for index, cell in enumerate(row) if (text := str(cell).strip()) != ""}


def _score(texts: dict[int, str], first: int, last: int, names: Mapping[str, str], likeness: float) -> HeaderGuess:
    fields = set()
    for text in texts.values():
        name = normalise_header(text).text
        if (target := names.get(name) or names.get(_bare(name))) is not None:
            fields.add(target)
    return HeaderGuess(last, sorted(texts.items()), len(fields) + likeness, first, known=len(fields))


def _like_header(texts: dict[int, str], row: Sequence[Any], rows: Sequence[Sequence[Any]], index: int) -> float:
    """0 to just under 1: many short, different texts and no numbers, with rows as wide below."""
    values = list(texts.values())
    if any(len(text) > 60 for text in values) or any(
        not isinstance(row[i], str) for i in texts if i < len(row) and row[i] != ""
    ):
        short = 0.0
    else:
        short = sum(1 for text in values if len(text) <= 20 and not _NUMBER.fullmatch(text)) / len(values)
    different = len(set(values)) / len(values)
    below = [len(_texts(row)) for row in rows[index + 1 : index + 6]]
    widest = max([len(values), *below])
    return 0.99 * short * different * (len(values) / widest) * (1 if len(values) > 1 or widest == 1 else 0.3)


_NUMBER = re.compile(r"[\d.,，/\\\-年月日:%￥¥()（）]+")


def _join_lines(
    rows: Sequence[Sequence[Any]], index: int, merged: Merged, names: Mapping[str, str]
) -> dict[int, str] | None:
    """The columns of a header in two lines, or None if the next row cannot be its second line."""
    above, below = _texts(rows[index]), _texts(rows[index + 1])
    if (
        not below
        or len(above) < 2
        or any(not isinstance(rows[index + 1][i], str) or len(t) > 30 for i, t in below.items())
    ):
        return None
    spans: dict[int, str] = {}
    for (top, left), (_bottom, right) in merged:
        if top == index and right > left and left in above:
            spans.update(dict.fromkeys(range(left, right + 1), above[left]))
    filled = dict(above)
    parent, parent_has_child = "", False
    for column in range(max([*above, *below]) + 1):
        if column in above:
            parent, parent_has_child = above[column], column in below
        elif column in spans:
            filled[column] = spans[column]
        elif parent_has_child and column in below:
            # Without merged ranges (CSV): a blank above a filled cell belongs to the name to its left, if that has a
            # second line too.
            filled[column] = parent
    if not any(column not in above for column in filled) or not set(above) - set(below):
        return None
    if not spans and set(below) - set(filled):
        return None
    columns: dict[int, str] = {}
    for column in sorted({*filled, *below}):
        upper, lower = filled.get(column, ""), below.get(column, "")
        if not upper or not lower or upper == lower:
            columns[column] = upper or lower
            continue
        choices = (f"{upper}{lower}", lower, upper)
        columns[column] = next((text for text in choices if normalise_header(text).text in names), choices[0])
    return columns


_TOTAL = re.compile(r"(本页|本表|全部)?(合计|总计|小计|共计|累计|总和|总数)[:：]?(\(.*\))?|(grand)?(sub)?total:?|sum:?")
_NOTE = re.compile(
    r"(备注|注|注释|说明|填表说明|填报说明|填写说明|填表人|制表人?|审核人?|审批人?|负责人|复核人?|填报人|填报单位|填表日期|制表日期|"
    r"单位盖章|盖章|联系电话|日期|签字|签章)([(\[].*[)\]])?[:：].*|备注|(注|备注|说明)\d*[:：.、].*|\*+注.*"
)
_EXAMPLE = re.compile(r"(填写)?(示例|样例|例如?|范例)[:：]?.*|e\.?g\.?:?|example:?")


# The first characters of all that the three patterns match: few names begin so, and the close look is slow.
_SUSPECT = frozenset("合总小共累本全备注说填制审负复单盖联日签示样例范*＊（(tTgGsSeEＴＥ")


def data_rows(rows: Sequence[list[Any]], header: HeaderGuess) -> DataRows:
    """Tell the data below a header from what only looks like it. Nothing is left out without being reported."""
    found = DataRows()
    written = {text for _index, text in header.columns}
    numbering = True
    for index in range(header.row_index + 1, len(rows)):
        row = rows[index]
        cells = [
            cell for cell in row if cell != "" and cell is not None and not (isinstance(cell, str) and cell.isspace())
        ]
        if not cells:
            found.skipped.append((index, "blank"))
        elif (reason := _reason(cells, written, numbering)) is not None:
            found.skipped.append((index, reason))
        else:
            numbering = False
            found.rows.append((index, row))
    return found


def _reason(cells: list[Any], written: set[str], numbering: bool) -> str | None:
    for position, cell in enumerate(cells[:2]):
        if not isinstance(cell, str) or cell.lstrip()[:1] not in _SUSPECT or len(cell) > 1000:
            continue
        text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell)).lower()
        if _TOTAL.fullmatch(text):
            return "total"
        # Notes and signature lines fill few cells; a data row of a narrow register does not begin with "备注：".
        if (
            position == 0
            and len(cells) <= max(4, len(written) // 3)
            and len(cells) < len(written)
            and _NOTE.fullmatch(text)
        ):
            return "note"
        if position == 0 and len(text) <= 6 and _EXAMPLE.fullmatch(text):
            return "example"
    first = cells[0]
    if len(cells) > 1 and isinstance(first, str) and first.strip() in written:
        same = sum(1 for cell in cells if isinstance(cell, str) and cell.strip() in written)
        if same >= 2 and same >= 0.8 * len(cells):
            return "repeated_header"
    if numbering and len(cells) >= 3:
        digits = [re.sub(r"[()（）\s栏]", "", str(cell)).removesuffix(".0") for cell in cells]
        if all(text.isascii() and text.isdigit() for text in digits):
            numbers = [int(text) for text in digits]
            if numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1, 2):
                return "numbering"
    return None


def map_headers(
    headers: Iterable[tuple[int, str] | str],
    synonyms: Mapping[str, Sequence[str]],
    remembered: Mapping[str, str] | None = None,
) -> list[ColumnMapping]:
    """Give each column its field, each field at most once.

    `headers`: column texts, with their index or in order. `synonyms`: field → its names, the label on screen first.
    `remembered`: header (as written or normalised) → field the user chose the last time; '' means "leave out".
    Likeness below 0.72 is left for the user.
    """
    columns = [(index, item) if isinstance(item, str) else item for index, item in enumerate(headers)]
    parsed = {index: normalise_header(text) for index, text in columns}
    memory = {normalise_header(text).text: target for text, target in (remembered or {}).items()}
    exact: dict[str, str] = {}
    other: dict[str, str] = {}
    for target, texts in synonyms.items():
        for position, text in enumerate([*texts[:1], target, *texts[1:]]):
            (exact if position < 2 else other).setdefault(normalise_header(text).text, target)
    candidates: list[tuple[float, int, str, str]] = []
    ignored = set()
    for index, _text in columns:
        name = parsed[index].text
        if name in memory:
            if memory[name] in synonyms:
                candidates.append((2.0, index, memory[name], "remembered"))
                continue
            if memory[name] == "":
                ignored.add(index)
                continue
        if not name:
            continue
        if name in exact:
            candidates.append((1.0, index, exact[name], "exact"))
        if name in other:
            candidates.append((0.95, index, other[name], "synonym"))
        bare = _bare(name)
        if bare != name and bare in {**other, **exact}:
            candidates.append((0.9, index, exact.get(bare) or other[bare], "synonym"))
        for spelling, target in (*exact.items(), *other.items()):
            if (likeness := _likeness(name, spelling)) >= (0.72 if min(len(name), len(spelling)) > 3 else 0.8):
                candidates.append((min(likeness, 0.89), index, target, "similar"))
    # Best first; at equal confidence the column further left wins.
    candidates.sort(key=lambda candidate: (-candidate[0], candidate[1]))
    chosen: dict[int, tuple[str, str, float]] = {}
    used = set()
    for confidence, index, target, how in candidates:
        if index not in chosen and target not in used:
            chosen[index] = (target, how, min(confidence, 1.0))
            used.add(target)
    mappings = []
    for index, text in columns:
        if index in chosen:
            mappings.append(ColumnMapping(text, index, *chosen[index], parsed[index].unit))
        else:
            left_out = "remembered" if index in ignored else None
            mappings.append(ColumnMapping(text, index, None, left_out, 0.0, parsed[index].unit))
    return mappings


def _likeness(one: str, other: str) -> float:
    """0 to 1, the better of shared neighbouring letters (Dice) and longest common parts; cheap lengths first."""
    if one == other:
        return 1.0
    if not one or not other or min(len(one), len(other)) * 3 < max(len(one), len(other)):
        return 0.0
    pairs_one = {one[i : i + 2] for i in range(len(one) - 1)}
    pairs_other = {other[i : i + 2] for i in range(len(other) - 1)}
    dice = 2 * len(pairs_one & pairs_other) / ((len(pairs_one) + len(pairs_other)) or 1)
    return max(dice, difflib.SequenceMatcher(None, one, other, autojunk=False).ratio())
