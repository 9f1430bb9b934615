"""The register of agreements brought in and out: drafts without a number, and what they say, column by column."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agreements import makers
from zhixing.agreements import spelling
from zhixing.agreements.models import Agreement, AgreementKind
from zhixing.kernel import exporting, importing
from zhixing.kernel.filtering import Listing
from zhixing.kernel.models import ImportRun
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.sheet import sheet_for

pytestmark = pytest.mark.django_db

SHEET = sheet_for("agreements.agreement")
COLUMNS = (
    "kind,number,title,unit,counterparty,student,starts_on,ends_on,status,"
    "contents__goals,contents__rights,details__places,details__posts,details__night_shift"
)


def exported(folder: Path, kind: str) -> bytes:
    assert SHEET is not None
    target = folder / f"agreements.{kind}"
    exporting.write(Listing(SHEET, SYSTEM, QueryDict(f"columns={COLUMNS}")), kind, target)
    return target.read_bytes()


def brought(data: bytes, name: str) -> ImportRun:
    assert SHEET is not None
    run, _reading = importing.start(SHEET, data, name, by=SYSTEM)
    importing.preview(run, by=SYSTEM)
    importing.commit(run, by=SYSTEM)
    return run


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return tuple(run.counts[name] for name in ("new", "changed", "same", "faulty"))  # type: ignore[return-value]


def stored() -> list[Any]:
    return list(
        Agreement.objects.order_by("title").values_list(
            "kind", "number", "title", "counterparty", "contents", "details"
        )
    )


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_drafts_leave_and_come_back_with_what_they_say(home: makers.College, tmp_path: Path, kind: str) -> None:
    words = {"goals": "培养前厅管理人才", "rights": "甲方选派教师。\n乙方提供岗位。"}
    makers.agreement(home, "order_class", title="订单班协议", contents=words, details={"places": "40", "posts": "36"})
    makers.agreement(home, "framework", title="框架协议", number="KJ-2026-T01-001", contents={"goals": "共建专业"})
    makers.agreement(
        home, "tripartite", title="三方协议", student=home.student, details={"night_shift": True, "post": "前厅"}
    )
    makers.agreement(home, "research", title="没有对方的草案", counterparty=None)
    data, before = exported(tmp_path, kind), stored()
    run = brought(data, f"agreements.{kind}")
    assert not run.faults, run.faults
    assert counts(run) == (0, 0, 4, 0)
    assert stored() == before
    # Lost and brought back; what the file does not hold (the post) is not invented.
    Agreement.objects.all().delete()
    run = brought(data, f"agreements.{kind}")
    assert not run.faults, run.faults
    assert counts(run) == (4, 0, 0, 0)
    returned = stored()
    tripartite = next(row for row in before if row[2] == "三方协议")
    assert tripartite[5] == {"night_shift": True, "post": "前厅"}
    tripartite[5].pop("post")
    assert returned == before
    importing.undo(run, by=SYSTEM)
    assert not Agreement.objects.exists()


def csv(*rows: str) -> bytes:
    return ("﻿" + "\n".join(rows)).encode()


HEAD = "协议类型,协议名称,承办单位,合作单位,学生,协议开始,协议截止,招生计划（人）"


def test_a_register_without_numbers_is_brought_once(home: makers.College) -> None:
    """No column of numbers at all: twice is once, a changed value changes the draft, a part left out stays."""
    row = f"order_class,订单班协议,旅游学院,{home.firm.name},,2026-03-01,2029-02-28,"
    assert counts(brought(csv(HEAD, row + "40"), "a.csv")) == (1, 0, 0, 0)
    draft = Agreement.objects.get()
    assert (draft.number, draft.status, draft.details) == (None, "draft", {"places": "40"})
    assert counts(brought(csv(HEAD, row + "40"), "b.csv")) == (0, 0, 1, 0)
    draft.details["posts"] = "36"
    draft.save()
    assert counts(brought(csv(HEAD, row + "45"), "c.csv")) == (0, 1, 0, 0)
    draft.refresh_from_db()
    assert draft.details == {"places": "45", "posts": "36"}
    # Approved meanwhile it keeps its number, and the same row still means it.
    Agreement.objects.update(number="DD-2026-T01-001", status="approved")
    assert counts(brought(csv(HEAD, row + "45"), "d.csv")) == (0, 0, 1, 0)
    assert Agreement.objects.get().number == "DD-2026-T01-001"


def test_what_was_approved_is_not_rewritten_by_its_number(home: makers.College) -> None:
    """Only an amendment changes the text; the same row again, and what is not of the text, is still taken."""
    agreement = makers.agreement(
        home, title="订单班协议", number="DD-2026-T01-001", status="approved", contents={"goals": "培养前厅人才"}
    )
    head = "协议编号,协议类型,协议名称,承办单位,合作单位,协议开始,协议截止,备注,合作目标与任务"
    row = f"DD-2026-T01-001,{agreement.kind.code},%s,旅游学院,{home.firm.name},{agreement.starts_on},%s,已归卷,%s"
    there = (agreement.title, agreement.ends_on, "培养前厅人才")
    assert counts(brought(csv(head, row % there), "a.csv")) == (0, 1, 0, 0)
    agreement.refresh_from_db()
    assert (agreement.note, agreement.title) == ("已归卷", "订单班协议")
    for changed in (("另一份协议", *there[1:]), (there[0], "2035-01-01", there[2]), (*there[:2], "改写的目标")):
        run = brought(csv(head, row % changed), "b.csv")
        assert counts(run) == (0, 0, 0, 1)
        assert run.faults[0][3] == "settled"
        assert "变更协议" in run.faults[0][4]
    agreement.refresh_from_db()
    assert (agreement.title, agreement.contents) == ("订单班协议", {"goals": "培养前厅人才"})
    # On the editor's desk again the register may word it anew.
    Agreement.objects.update(status="draft")
    assert counts(brought(csv(head, row % ("另一份协议", *there[1:])), "c.csv")) == (0, 1, 0, 0)


def test_a_kind_leaves_and_comes_back_with_all_it_asks_for(tmp_path: Path) -> None:
    sheet = sheet_for("agreements.agreement_kind")
    assert sheet is not None
    names = [field.name for field in AgreementKind._meta.concrete_fields if field.name in sheet.import_fields]
    before = list(AgreementKind.objects.order_by("code").values_list(*names))
    assert len(before) > 5
    assert all(row[names.index("contents")] for row in before)
    for kind, language in (("xlsx", "zh-hans"), ("csv", "en")):
        target = tmp_path / f"kinds.{kind}"
        with translation.override(language):
            exporting.write(Listing(sheet, SYSTEM, QueryDict(f"columns={','.join(names)}")), kind, target)
        run, _reading = importing.start(sheet, target.read_bytes(), target.name, by=SYSTEM)
        importing.commit(run, by=SYSTEM)
        assert not run.faults, run.faults
        assert counts(run) == (0, 0, len(before), 0)
    AgreementKind.objects.all().delete()
    run, _reading = importing.start(sheet, target.read_bytes(), target.name, by=SYSTEM)
    importing.commit(run, by=SYSTEM)
    assert counts(run) == (len(before), 0, 0, 0)
    assert list(AgreementKind.objects.order_by("code").values_list(*names)) == before
    importing.undo(run, by=SYSTEM)
    assert not AgreementKind.objects.exists()


_NAME = st.text("合作目标AaBb-（）", min_size=1, max_size=12).map(str.strip).filter(bool)
_WORDING = (
    st.lists(st.text("甲乙方负责：/； x1。", max_size=15).map(str.strip), max_size=4).map("\n".join).map(str.strip)
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(_NAME, _NAME, _WORDING), max_size=5))
def test_what_a_text_must_say_is_read_back_as_it_was_written(given_: list[tuple[str, str, str]]) -> None:
    contents = [
        {"code": f"part_{i}", "name": {"zh-hans": name, "en": english}, "text": text}
        for i, (name, english, text) in enumerate(given_)
    ]
    assert spelling.contents_from_words(spelling.contents_in_words(contents)) == contents


def test_what_is_not_understood_of_a_kind_is_named() -> None:
    for read, text in (
        (spelling.contents_from_words, "合作目标：无代码"),
        (spelling.contents_from_words, "a：目标：甲\na：任务：乙"),
        (spelling.details_from_words, "posts：岗位：数字"),
        (spelling.signers_from_words, "企业（传真）"),
        (spelling.roles_from_words, "学校、银行"),
        (spelling.checks_from_words, "parties、没有这条"),
    ):
        with pytest.raises(ValidationError):
            read(text)
    assert spelling.signers_from_words("企业；school (inside)") == [
        {"role": "enterprise", "channel": "link"},
        {"role": "school", "channel": "inside"},
    ]


def test_faults_are_named_row_by_row(home: makers.College) -> None:
    row = f"order_class,订单班协议,旅游学院,{home.firm.name},,2026-03-01,2029-02-28,"
    run = brought(csv(HEAD, row + "四十", row + "40", row + "41", row.replace("订单班协议", "") + "40"), "e.csv")
    assert [fault[3] for fault in run.faults] == ["invalid", "duplicate", "required"]
    assert Agreement.objects.get().details == {"places": "40"}


def test_two_drafts_are_not_the_same(home: makers.College) -> None:
    from zhixing.agreements import chains

    makers.in_force(home)
    old = Agreement.objects.get()
    chains.renew(old, by=SYSTEM, ends_on=date(2032, 2, 28))
    with pytest.raises(Exception, match="草案"):
        chains.renew(old, by=SYSTEM, ends_on=date(2032, 2, 28))
