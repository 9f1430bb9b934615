"""What only steps may write: no form, program or register sets a day of acceptance or recognition by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client

from tests.bases import factories as make
from tests.governance.factories import College
from zhixing.bases.models import Base, BaseRecognition, Contribution
from zhixing.kernel import importing
from zhixing.kernel.models import ImportRun
from zhixing.kernel.sheet import sheet_for


def signed_in(client: Client, home: College, who: str) -> Client:
    client.force_login(home.user(who), backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def brought(home: College, model: Any, text: str) -> ImportRun:
    """A register as the office brings it: read, looked at, written."""
    sheet = sheet_for(model)
    assert sheet is not None
    run, _reading = importing.start(sheet, text.encode(), "台账.csv", by=home.actor("office"))
    importing.preview(run, by=home.actor("office"))
    return run


@pytest.mark.parametrize(
    "said",
    [
        {"accepted_on": "2026-02-01"},
        {"delivered_on": "2026-02-01", "delivered_value": "5"},
        {"settled_on": "2026-02-01"},
    ],
)
def test_who_may_change_a_contribution_cannot_accept_it_in_passing(
    client: Client, home: College, said: dict[str, str]
) -> None:
    pledged = make.contribution(make.base(home), accepted=False)
    url = f"/bases/contribution/{pledged.pk}/edit/"
    page = signed_in(client, home, "dean").get(url)
    assert page.status_code == 200 and not set(said) & set(page.context["form"].fields)
    answer = client.patch(f"/api/v1/bases/contribution/{pledged.pk}", said, content_type="application/json")
    assert answer.status_code == 422
    pledged.refresh_from_db()
    assert pledged.accepted_on is pledged.delivered_on is pledged.settled_on is None


@pytest.mark.parametrize(
    "said",
    [
        {"accepted_on": date(2026, 2, 1)},
        {"delivered_on": date(2026, 2, 1)},
        {"settlement": "归学校"},
        {
            "status": "delivered",
            "delivered_on": date(2026, 2, 1),
            "delivered_value": 5,
            "accepted_on": date(2026, 2, 2),
        },
    ],
)
def test_the_database_knows_no_acceptance_without_its_state(home: College, said: dict[str, Any]) -> None:
    base = make.base(home)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.contribution(base, accepted=False, **said)


def test_nor_a_recognition(client: Client, home: College) -> None:
    major = make.major(home)
    row = make.recognition(make.base(home, major), major)
    signed_in(client, home, "dean")
    said = {"recognised_on": "2026-02-01", "recheck_due": "2029-02-01"}
    answer = client.patch(f"/api/v1/bases/base_recognition/{row.pk}", said, content_type="application/json")
    assert answer.status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        BaseRecognition.objects.filter(pk=row.pk).update(recognised_on=date(2026, 2, 1), recheck_due=date(2029, 2, 1))


def test_a_register_of_the_past_brings_what_was_accepted_with_its_state(home: College) -> None:
    base: Base = make.base(home)
    head = "基地编号,投入方,类别,投入内容,承诺金额,到位期限,到位金额,到位日期,验收日期,状态\n"
    row = f"{base.code},企业,设备,{{}},100000,2024-06-01,100000,2024-05-20,2024-05-30,{{}}\n"
    run = brought(home, Contribution, head + row.format("老机床", "已验收") + row.format("新机床", "已承诺"))
    assert {fault[3] for fault in importing.preview(run, by=home.actor("office"), keep=False).faults} >= {
        "contribution_pledged_is_not_delivered"
    }
    importing.commit(run, by=home.actor("office"))
    assert list(Contribution.objects.values_list("title", "status", "accepted_on")) == [
        ("老机床", "accepted", date(2024, 5, 30))
    ]
    # On the record that is there a register moves no day of acceptance.
    again = brought(home, Contribution, (head + row.format("老机床", "已验收")).replace("2024-05-30", "2025-01-01"))
    importing.commit(again, by=home.actor("office"))
    assert Contribution.objects.get().accepted_on == date(2024, 5, 30)
