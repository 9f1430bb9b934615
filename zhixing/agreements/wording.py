"""What an agreement says, as plain data: the named fields of its template, in Chinese, ready to be printed and kept.

Templates name these: `title number kind unit major_group major starts_on ends_on months amount amount_words forms
takes_interns amends renews today copies`, lists `parties contents details obligations`, and by code `c.goals` (a content)
and `d.places` (a named field of the kind). `article()` counts the articles.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone, translation

from zhixing.agreements.models import Agreement, AgreementKind, AgreementParty
from zhixing.org.models import School

# 促进办法 art. 6: the seven forms of cooperation, shortened.
FORMS = {
    1: "合作设置专业、研发标准、开发课程教材",
    2: "合作制定培养或培训方案，人员互兼互聘、互相支持实习实训",
    3: "开展学徒制合作、联合招收学员、双主体育人",
    4: "合作办学，共建教学科研机构、实训基地和中心",
    5: "合作研发岗位规范和质量标准",
    6: "组织技能竞赛、产教融合型企业建设、文化传承和社会服务",
    7: "法律法规未禁止的其他合作",
}
LABELS = "甲乙丙丁戊己庚辛"
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
_COUNT = "零一二三四五六七八九十"


def ordinal(number: int) -> str:
    """1 to 999 as articles are counted: 一, 十, 十一, 二十一, 一百零五, 四百."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    head = f"{_COUNT[hundreds]}百" if hundreds else ""
    if tens:
        head += "十" if tens == 1 and not hundreds else f"{_COUNT[tens]}十"
    elif hundreds and ones:
        head += "零"
    return head + (_COUNT[ones] if ones else "")


def day_words(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def months_of(starts_on: date, ends_on: date) -> int:
    """Full months of a term whose last day counts: 2026-03-01 to 2029-02-28 are 36."""
    after = date.fromordinal(ends_on.toordinal() + 1)
    return (after.year - starts_on.year) * 12 + after.month - starts_on.month - (after.day < starts_on.day)


def amount_words(amount: Decimal | None) -> str:
    """An amount in the capital figures that money papers are written in: 12000.5 → 壹万贰仟元伍角整."""
    if amount is None:
        return ""
    cents = int((amount * 100).to_integral_value())
    yuan, cents = divmod(cents, 100)
    groups, rest = [], yuan
    while rest:
        rest, group = divmod(rest, 10_000)
        groups.append(group)
    words = ""
    for i in range(len(groups) - 1, -1, -1):
        if groups[i]:
            gap = bool(words) and (groups[i] < 1000 or words.endswith("零"))
            words = words.rstrip("零") + ("零" if gap else "") + _four(groups[i]) + _GROUPS[i]
        elif words and not words.endswith("零"):
            words += "零"
    words = (words.rstrip("零") or "零") + "元"
    jiao, fen = divmod(cents, 10)
    if not cents:
        return words + "整"
    words += f"{_DIGITS[jiao]}角" if jiao else "零"
    return words + (f"{_DIGITS[fen]}分" if fen else "整")


def _four(number: int) -> str:
    words = ""
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            words += _DIGITS[digit] + _PLACES[place]
        elif words and not words.endswith("零"):
            words += "零"
    return words.rstrip("零")


def _clean(value: Any) -> Any:
    """Text without the control characters that a document cannot hold."""
    return "".join(c for c in value if c >= " " or c == "\n") if isinstance(value, str) else value


def _party(party: AgreementParty, place: int) -> dict[str, Any]:
    shown = {
        "label": f"{LABELS[place % len(LABELS)]}方",
        "role": party.role,
        "role_name": str(party.get_role_display()),
        "name": party.name,
        "uscc": party.uscc or "",
        "address": party.address,
        "signatory": party.signatory,
        "signatory_position": party.signatory_position,
        "contact": party.contact,
        "phone": party.phone or "",
        "email": party.email,
        "student_number": party.student.number if party.student else "",
        "cohort": party.student.cohort.name if party.student else "",
    }
    return {name: _clean(value) for name, value in shown.items()}


def _detail(spec: dict[str, Any], value: Any) -> str:
    if value is None or value == "":
        return ""
    if spec["type"] == "bool":
        return "是" if value else "否"
    return str(_clean(str(value)))


def _reference(agreement: Agreement | None) -> dict[str, str] | None:
    if agreement is None:
        return None
    return {
        "number": agreement.number or "",
        "title": agreement.title,
        "signed_on": day_words(agreement.signed_on),
    }


def data_of(agreement: Agreement, today: date | None = None) -> dict[str, Any]:
    """Everything a template of this agreement may name; JSON types only."""
    kind: AgreementKind = agreement.kind
    with translation.override("zh-hans"):
        parties = list(agreement.parties.filter(archived_at=None).select_related("student__cohort").order_by("order"))
        shown_parties = [_party(party, place) for place, party in enumerate(parties)]
        labels: dict[str, str] = {}
        for row in shown_parties:
            labels.setdefault(row["role"], row["label"])
        contents = [
            {
                "code": spec["code"],
                "name": spec["name"]["zh-hans"],
                "text": _clean(agreement.contents.get(spec["code"], "")),
            }
            for spec in kind.contents
        ]
        details = [
            {
                "code": spec["code"],
                "name": spec["name"]["zh-hans"],
                "value": _detail(spec, agreement.details.get(spec["code"])),
            }
            for spec in kind.details
        ]
        obligations = [
            {
                "party": labels.get(row.party_role, str(row.get_party_role_display())),
                "title": _clean(row.title),
                "due": day_words(row.due),
                "amount": f"{row.amount:,.2f}" if row.amount is not None else "",
            }
            for row in agreement.obligations.filter(archived_at=None).order_by("due", "id")
        ]
        school = School.objects.order_by("pk").values_list("name", flat=True).first() or ""
        return {
            "title": _clean(agreement.title),
            "number": agreement.number or "",
            "kind": kind.name,
            "school": school,
            "unit": str(agreement.unit),
            "major_group": str(agreement.major_group) if agreement.major_group else "",
            "major": str(agreement.major) if agreement.major else "",
            "starts_on": day_words(agreement.starts_on),
            "ends_on": day_words(agreement.ends_on),
            "signed_on": day_words(agreement.signed_on),
            "months": months_of(agreement.starts_on, agreement.ends_on),
            "amount": f"{agreement.amount:,.2f}" if agreement.amount is not None else "",
            "amount_words": amount_words(agreement.amount),
            "forms": [FORMS[number] for number in agreement.forms if number in FORMS],
            "takes_interns": agreement.takes_interns,
            "amends": _reference(agreement.amends),
            "renews": _reference(agreement.renews),
            "today": day_words(today or timezone.localdate()),
            "copies": ordinal(len(parties) * 2 if parties else 4),
            "parties": shown_parties,
            "contents": [row for row in contents if row["text"]],
            "details": [row for row in details if row["value"]],
            "obligations": obligations,
            "c": {row["code"]: row["text"] for row in contents},
            "d": {row["code"]: row["value"] for row in details},
        }


TOP = frozenset(
    "title number kind school unit major_group major starts_on ends_on signed_on months amount amount_words forms "
    "takes_interns amends renews today copies parties contents details obligations c d article".split()
)


def known_names(kind: AgreementKind) -> frozenset[str]:
    """Every name that a template of this kind may use at its top, and `c.code`, `d.code`."""
    return TOP | {f"c.{spec['code']}" for spec in kind.contents} | {f"d.{spec['code']}" for spec in kind.details}
