"""The policy's pages: open to whom they should be, the same number of queries however many units, links to the rows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.policy import factories as make
from tests.policy.conftest import TODAY
from zhixing.org.models import MajorGroup
from zhixing.policy.engine import assess
from zhixing.policy.models import Acknowledgement, Duty, Policy, Rule, Standing, Waiver

READERS = ("office", "leader", "dean0", "dean1", "head0", "teacher")


@pytest.fixture
def judged(college: make.College) -> make.College:
    make.link(college.groups[0], ends_on=TODAY + timedelta(days=40))
    make.activity(college.groups[0], TODAY)
    body = make.committee(college.groups[0])
    book = make.task_book(body, college.years["2025-2026"])
    make.task(book, owner=college.people["head0"])
    make.task(book, owner=None)
    assess()
    return college


def client(college: make.College, name: str) -> Client:
    found = Client()
    found.force_login(college.user(name))
    return found


def pages() -> list[str]:
    rule = Rule.objects.get(code="R01")
    standings = Standing.objects.filter(rule__code__in=["R01", "R02", "R04", "R14", "R28"])
    return [
        reverse("clauses"),
        reverse("clauses") + "?state=unmet&unit=XY01&year=2025-2026",
        reverse("policy", args=[Policy.objects.get().pk]),
        *(reverse("rule", args=[row.pk]) for row in Rule.objects.filter(code__in=["R01", "R04", "R14", "R28"])),
        *(reverse("standing", args=[row.pk]) for row in standings),
        f"/policy/standing/?rule={rule.pk}&state=unmet&year=2025-2026",
        "/policy/rule/",
        "/policy/policy/",
        "/policy/waiver/",
        "/policy/acknowledgement/",
        "/policy/rule_version/",
    ]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", READERS)
def test_every_page_opens_for_every_reader(judged: make.College, name: str, language: str) -> None:
    browser = client(judged, name)
    browser.cookies["django_language"] = language
    for url in pages():
        answer = browser.get(url)
        assert answer.status_code == 200, url
        body = answer.content.decode()
        assert "⟦undefined" not in body, (url, re.findall(r"⟦undefined[^⟧]*⟧", body)[:3])
        assert " style=" not in body and "onclick" not in body, url


def test_nobody_without_a_role_gets_in(judged: make.College) -> None:
    judged.people["student"] = make.person("学生")
    browser = client(judged, "student")
    for url in pages():
        assert browser.get(url).status_code in {403, 404}, url
    assert Client().get(reverse("clauses")).status_code == 302


def test_the_clause_page_hides_nothing(judged: make.College) -> None:
    body = client(judged, "office").get(reverse("clauses")).content.decode()
    assert Duty.objects.count() == 64
    for duty in Duty.objects.all():
        assert f'id="{duty.code}"' in body
    for code in Rule.objects.values_list("code", flat=True):
        assert f">{code}</span>" in body
    assert "zx-heat__cell--unmet" in body and "zx-heat__cell--no_data" in body


def test_the_heat_map_is_narrowed_by_the_address(judged: make.College) -> None:
    browser = client(judged, "office")
    whole = browser.get(reverse("clauses"))
    assert [head["title"] for head in whole.context["heat"]["units"]] == ["信息学院", "商贸学院", "示范职业技术学院"]
    narrow = browser.get(reverse("clauses"), {"unit": "XY02", "state": "unmet"})
    assert [head["title"] for head in narrow.context["heat"]["units"]] == ["商贸学院", "示范职业技术学院"]
    shown = {row["rule"].code for row in narrow.context["heat"]["rows"]}
    assert "R01" in shown and "R28" not in shown
    cell = narrow.context["heat"]["rows"][0]["cells"][0]
    rows = browser.get(cell["url"])
    assert rows.status_code == 200


def test_each_number_above_the_clauses_opens_the_rows_it_counts(judged: make.College) -> None:
    browser = client(judged, "office")
    kpis = browser.get(reverse("clauses")).context["kpis"]
    assert sum(kpi["value"] for kpi in kpis) > 0
    for kpi in kpis:
        assert browser.get(kpi["url"]).context["page"]["count"] == kpi["value"], kpi["label"]


def test_a_standing_shows_its_rows_and_the_way_out(judged: make.College) -> None:
    other = judged.groups[1]
    planned = make.activity(other, TODAY + timedelta(days=20), status="planned", minutes="", title="产业论坛")
    assess()
    met = Standing.objects.get(rule__code="R01", unit_code="ZYQ000")
    browser = client(judged, "office")
    answer = browser.get(reverse("standing", args=[met.pk]))
    (row,) = answer.context["rows"]
    assert browser.get(row["url"]).status_code == 200
    assert str(TODAY + timedelta(days=40)) in answer.context["why"]
    lacking = Standing.objects.get(rule__code="R02", unit_code="ZYQ001")
    answer = browser.get(reverse("standing", args=[lacking.pk]))
    assert answer.context["on_file"][0]["url"].endswith(f"/activity/{planned.pk}/")
    (mend,) = answer.context["mends"]
    form = browser.get(mend["url"])
    assert f"group={other.pk}" in mend["url"] and form.status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_units(judged: make.College) -> None:
    browser = client(judged, "office")

    def count(url: str) -> int:
        browser.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(url).status_code == 200
        return len(queries)

    urls = [reverse("clauses"), reverse("rule", args=[Rule.objects.get(code="R01").pk])]
    school = Standing.objects.get(rule__code="R01", unit_scope="school")
    urls += [reverse("standing", args=[school.pk]), reverse("policy", args=[Policy.objects.get().pk])]
    before = {url: count(url) for url in urls}
    for i in range(30):
        group = MajorGroup.objects.create(
            code=f"N{i:03d}", name=f"新群{i}", unit=judged.colleges[i % 2], starts_on=make.SINCE
        )
        make.link(group, ends_on=TODAY + timedelta(days=i + 1))
    assess()
    assert {url: count(url) for url in urls} == before
    assert max(before.values()) <= 20, before


def test_units_acknowledge_for_themselves_only(judged: make.College) -> None:
    policy = Policy.objects.get()
    own, other = judged.colleges
    browser = client(judged, "dean0")
    url = reverse("acknowledge", args=[policy.pk])
    assert browser.post(url, {"unit": own.pk}).status_code == 302
    assert browser.post(url, {"unit": own.pk}).status_code == 302
    assert browser.post(url, {"unit": other.pk}).status_code == 403
    assert client(judged, "teacher").post(url, {"unit": own.pk}).status_code == 403
    noted = Acknowledgement.objects.get()
    assert (noted.unit, noted.person, noted.acknowledged_on) == (own, judged.people["dean0"], TODAY)
    page = browser.get(reverse("policy", args=[policy.pk]))
    assert page.context["noted_count"] == 1


def test_a_dean_asks_for_a_waiver_and_the_office_grants_it(judged: make.College) -> None:
    standing = Standing.objects.get(rule__code="R01", unit_code="ZYQ001")
    url = reverse("standing-waiver", args=[standing.pk])
    data = {"ends_on": "2026-06-30", "reason": "专业群新设，尚在联系行业组织"}
    assert client(judged, "dean0").post(url, data).status_code == 403
    assert client(judged, "dean1").post(url, data).status_code == 302
    waiver = Waiver.objects.get()
    assert (waiver.status, waiver.unit_key, waiver.requester) == (
        "requested",
        judged.groups[1].pk,
        judged.people["dean1"],
    )
    act = f"/policy/waiver/{waiver.pk}/act/approve/"
    assert client(judged, "dean1").post(act).status_code in {403, 404}
    assert client(judged, "office").post(act).status_code == 302
    waiver.refresh_from_db()
    assert (waiver.status, waiver.approver, waiver.decided_on) == ("approved", judged.people["office"], TODAY)
    assess()
    standing.refresh_from_db()
    assert standing.state == "waived"
