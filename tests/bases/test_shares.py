"""What a unit of a firm earns in a base is shared and told in the statement of the year; things carry their number of the register of assets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from tests.bases import factories as make
from tests.governance.factories import College
from zhixing.bases import actions, statements
from zhixing.bases.models import BenefitStatement, Contribution, ResidentUnit, RevenueShare
from zhixing.kernel import importing
from zhixing.kernel.sheet import sheet_for

SUMMER = {"starts_on": date(2025, 7, 1), "ends_on": date(2025, 9, 30)}


@pytest.fixture
def unit(home: College) -> ResidentUnit:
    return ResidentUnit.objects.create(
        base=make.base(home), kind="production", name="生产性实训车间", organisation=home.firm,
        starts_on=date(2025, 1, 1), school_percent=Decimal(30),
    )  # fmt: skip


def share(home: College, unit: ResidentUnit, **more: Any) -> None:
    said = {**SUMMER, "revenue": Decimal("100000.05"), "school_percent": Decimal(30)}
    actions.share_revenue(unit, by=home.actor("dean"), **{**said, **more})


def test_the_statement_counts_both_parts_and_keeps_what_it_told(home: College, unit: ResidentUnit) -> None:
    share(home, unit)
    share(home, unit, starts_on=date(2025, 10, 1), ends_on=date(2025, 12, 31), revenue=Decimal(1000))
    share(home, unit, starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 28), revenue=Decimal(7))
    dean = home.actor("dean")
    actions.draw_up(unit.base, by=dean, year=2025)
    statement = BenefitStatement.objects.get()
    sides = {giver: {line.key: line.value for line in lines} for giver, lines in statements.sides(statement).items()}
    assert sides == {"firm": {"school_share": 30_300.02}, "school": {"firm_share": 70_700.03}}
    assert statements.worth(statements.sides(statement)["firm"]) == 30_300.02
    actions.send_statement(statement, by=dean, name="王经理")
    with pytest.raises(ValidationError, match="2025"):
        share(home, unit, starts_on=date(2025, 1, 1), ends_on=date(2025, 3, 31))
    first = RevenueShare.objects.get(starts_on=SUMMER["starts_on"])
    first.note = "已到账"
    first.full_clean()  # what changes no number may be noted
    first.starts_on, first.ends_on = date(2026, 3, 1), date(2026, 3, 5)
    with pytest.raises(ValidationError, match="2025"):
        first.full_clean()
    share(home, unit, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 9))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"school_percent": Decimal("100.5")}, "100"),
        ({"starts_on": date(2024, 12, 1)}, "自然年"),
        ({"ends_on": date(2026, 3, 11), "starts_on": date(2026, 3, 1)}, "晚于今天"),
        ({"starts_on": date(2025, 9, 30), "ends_on": date(2025, 10, 3)}, "同一天"),
    ],
)
def test_a_share_that_cannot_be_is_refused(
    client: Client, home: College, unit: ResidentUnit, said: dict[str, Any], words: str
) -> None:
    share(home, unit)
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    sent = {"resident": unit.pk, **SUMMER, "revenue": "5", "school_percent": "30", **said}
    answer = client.post(
        "/api/v1/bases/revenue_share", {name: str(value) for name, value in sent.items()}, content_type="application/json"
    )  # fmt: skip
    assert answer.status_code == 422 and words in answer.content.decode()
    assert RevenueShare.objects.count() == 1


def test_the_form_proposes_the_quarter_before_and_the_agreed_percent(
    client: Client, home: College, unit: ResidentUnit
) -> None:
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    url = f"/bases/resident_unit/{unit.pk}/act/share_revenue/"
    form = client.get(url).context["form"]
    told = {name: form[name].value() for name in ("starts_on", "ends_on", "school_percent")}
    assert told == {"starts_on": date(2025, 10, 1), "ends_on": date(2025, 12, 31), "school_percent": Decimal(30)}
    assert client.post(url, {**told, "revenue": "200"}).status_code == 302
    assert RevenueShare.objects.get().school_amount == 60


def test_one_asset_number_stands_once_and_finds_its_thing(client: Client, home: College) -> None:
    base = make.base(home)
    make.contribution(base, asset_number="ZC-2026-001")
    make.contribution(base), make.contribution(base)  # without one
    with pytest.raises(IntegrityError), transaction.atomic():
        make.contribution(base, asset_number="ZC-2026-001")
    sheet, office = sheet_for(Contribution), home.actor("office")
    assert sheet is not None
    head = "基地编号,投入方,类别,投入内容,承诺金额,到位期限,固定资产编号\n"
    rows = (
        f"{base.code},学校,设备,机床{n},100,2026-06-01,{number}\n" for n, number in enumerate(("ZC-2026-001", "ZC-9"))
    )
    run, _reading = importing.start(sheet, (head + "".join(rows)).encode(), "资产.csv", by=office)
    assert [fault[3] for fault in importing.preview(run, by=office).faults] == ["contribution_asset_once"]
    importing.commit(run, by=office)
    client.force_login(home.user("office"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    found = client.get("/api/v1/bases/contribution", {"q": "ZC-9"}).json()
    assert [row["title"] for row in found["items"]] == ["机床1"]
    exported = client.get("/bases/contribution/export.csv?q=ZC-9&columns=title,asset_number")
    assert "ZC-9" in b"".join(exported.streaming_content).decode()  # type: ignore[attr-defined]


def test_what_a_statement_told_is_neither_archived_nor_deleted_nor_moved(
    client: Client, home: College, unit: ResidentUnit
) -> None:
    share(home, unit)
    share(home, unit, starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 28))
    dean = home.actor("dean")
    actions.draw_up(unit.base, by=dean, year=2025)
    actions.send_statement(BenefitStatement.objects.get(), by=dean, name="王经理")
    told, later = RevenueShare.objects.order_by("starts_on")
    client.force_login(home.user("office"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    for more in ("", "?archive=1"):
        answer = client.delete(f"/api/v1/bases/revenue_share/{told.pk}{more}")
        assert answer.status_code == 422 and "2025" in answer.content.decode()
    for do in ("archive", "delete"):
        page = client.post(f"/bases/revenue_share/{told.pk}/delete/", {"do": do})
        assert page.status_code == 409 and "2025" in page.content.decode()
    url = f"/api/v1/bases/resident_unit/{unit.pk}"
    moved = client.patch(url, {"base": make.base(home).code}, content_type="application/json")
    assert moved.status_code == 422 and "2025" in moved.content.decode()
    assert client.patch(url, {"head": "李工"}, content_type="application/json").status_code == 200
    told.refresh_from_db()
    assert told.archived_at is None
    # Nor does the statement itself go away and let go of it.
    statement = f"/api/v1/bases/benefit_statement/{BenefitStatement.objects.get().pk}"
    for more in ("", "?archive=1"):
        answer = client.delete(f"{statement}{more}")
        assert answer.status_code == 422 and "企业" in answer.content.decode()
    # A year that no statement has told yet is still free.
    assert client.delete(f"/api/v1/bases/revenue_share/{later.pk}").status_code == 204


def test_what_is_archived_gives_its_days_free_and_comes_back_only_where_they_still_are(
    client: Client, home: College, unit: ResidentUnit
) -> None:
    share(home, unit)
    old = RevenueShare.objects.get()
    client.force_login(home.user("office"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.delete(f"/api/v1/bases/revenue_share/{old.pk}?archive=1").status_code == 204
    share(home, unit, starts_on=date(2025, 8, 1))
    back = client.post(f"/bases/revenue_share/{old.pk}/restore/", follow=True)
    assert back.status_code == 200 and "同一天" in back.content.decode()
    old.refresh_from_db()
    assert old.archived_at is not None
    RevenueShare.objects.exclude(pk=old.pk).delete()
    client.post(f"/bases/revenue_share/{old.pk}/restore/")
    old.refresh_from_db()
    assert old.archived_at is None


def test_an_import_is_undone_but_for_what_a_statement_told(home: College, unit: ResidentUnit) -> None:
    office, sheet = home.actor("office"), sheet_for(RevenueShare)
    assert sheet is not None
    text = (
        "入驻单元,起始日期,截止日期,分成收入,学校分成比例\n"
        f"{unit.name},2025-01-01,2025-03-31,1000,10\n"
        f"{unit.name},2026-01-01,2026-02-28,1000,10\n"
    )
    run, _reading = importing.start(sheet, text.encode(), "分成.csv", by=office)
    assert not importing.preview(run, by=office).faults
    importing.commit(run, by=office)
    dean = home.actor("dean")
    actions.draw_up(unit.base, by=dean, year=2025)
    actions.send_statement(BenefitStatement.objects.get(), by=dean, name="王经理")
    undone = importing.undo(run, by=office)
    told = RevenueShare.objects.get()
    assert undone["removed"] == 1 and told.starts_on.year == 2025
    assert [row["id"] for row in undone["kept"]] == [told.pk] and "2025" in undone["kept"][0]["why"]
