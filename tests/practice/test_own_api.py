"""What programs do in a student's name before the practice, and what a plan's checklist tells them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.practice.cohort import TODAY, Campus
from zhixing.kernel.models import File
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Division
from zhixing.practice import consent_actions, redline_queries
from zhixing.practice.models import Consent, Placement, Post, Preference, SafetyTest

BASE = "/api/v1/practice/my-practice"


@pytest.fixture(autouse=True)
def today(clock: Callable[[date], None]) -> date:
    clock(TODAY)
    return TODAY


def send(client: Any, address: str, data: dict[str, Any]) -> Any:
    return client.post(f"{BASE}/{address}", data, content_type="application/json")


def test_choices_and_a_unit_of_ones_own(campus: Campus) -> None:
    plan = campus.with_posts("choosing")
    client = campus.sign_in(campus.students[0])
    offered = client.get(f"{BASE}/choices").json()
    assert [post["kilometres"] for post in offered["posts"]] == [5, 5, 5]
    keys = [post["id"] for post in offered["posts"]]
    assert send(client, "choices", {"posts": keys[:2]}).json()["chosen"] == keys[:2]
    assert send(client, "choices", {"posts": [keys[0], keys[0]]}).status_code == 422
    assert send(client, "choices", {"posts": "all"}).status_code == 422
    assert list(Preference.objects.order_by("rank").values_list("post", flat=True)) == keys[:2]
    for code, name in (("430100", "长沙市"), ("460200", "三亚市")):
        Division.objects.get_or_create(code=code, defaults={"name": name, "level": 2})
    unit = {"firm": "海口新公司", "title": "测试岗", "address": "天涯区", "region": "三亚市"}
    assert send(client, "unit", {**unit, "uscc": "91460100MA00000001"}).status_code == 422
    own = {**unit, "uscc": str(campus.firms[0].uscc)}
    for wrong in ("", "不存在市"):
        assert "region" in send(client, "unit", {**own, "region": wrong}).json()["errors"]
    told = send(client, "unit", own)
    assert told.status_code == 200 and told.json()["status"] == "offered"
    post = Post.objects.get(found_by=campus.students[0])
    assert (post.organisation, post.region) == (campus.firms[0], "460200")
    assert client.get(BASE).json()["may_propose"] is False
    # Another province is filed before anybody leaves (I-29): what the student picked is enough to see it.
    page = campus.sign_in(campus.students[1])
    said = {**own, "region": "长沙市 · 430100"}
    assert page.post("/practice/mine/unit/", {**said, "region": ""}).status_code == 422
    assert page.post("/practice/mine/unit/", said).status_code == 302
    away = Post.objects.get(found_by=campus.students[1])
    assert away.region == "430100"
    said_of = {
        row.subject.id: row.hits for row in redline_queries.of_posts([post, away], "start") if row.rule.id == "I-29"
    }
    assert [hit.code for hit in said_of[away.pk]] == ["province_not_filed"] and not said_of.get(post.pk)
    assert plan.posts.count() == 5


def test_consent_and_the_safety_test(campus: Campus) -> None:
    plan = campus.with_posts("allocated")
    row = Placement.objects.create(
        plan=plan,
        student=campus.students[0],
        post=plan.posts.all()[0],
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        status="confirmed",
    )
    consent_actions.prepare([row], by=SYSTEM)
    client = campus.sign_in(campus.students[0])
    other = campus.sign_in(campus.students[1])
    assert send(other, "consent", {"decision": "give"}).status_code == 404
    assert send(client, "consent", {"decision": "refuse"}).status_code in (409, 422)  # A reason is asked for.
    assert send(client, "consent", {"decision": "give"}).json()["consent"] == "given"
    assert Consent.objects.get(placement=row, party="student").name == campus.students[0].name
    paper = client.get(f"{BASE}/safety/{plan.pk}").json()
    assert len(paper["questions"]) == 10
    answers = {item["code"]: 1 + int(item["code"][1:]) % 2 for item in paper["questions"]}
    assert send(other, f"safety/{plan.pk}", {"token": paper["token"], "answers": answers}).status_code in (409, 422)
    assert send(client, f"safety/{plan.pk}", {"token": paper["token"] + "x", "answers": answers}).status_code in (
        409,
        422,
    )
    assert send(client, f"safety/{plan.pk}", {"token": paper["token"], "answers": answers}).json()["passed"] is True
    assert client.get(f"{BASE}/safety/{plan.pk}").status_code in (409, 422)
    assert SafetyTest.objects.get().score == 100
    # The college's own view of it; a student has none.
    assert client.get(f"/api/v1/practice/readiness/{plan.pk}").status_code == 403
    from django.conf import settings
    from django.test import Client

    dean = Client()
    dean.force_login(campus.dean, backend=settings.AUTHENTICATION_BACKENDS[-1])
    told = dean.get(f"/api/v1/practice/readiness/{plan.pk}").json()
    lacks = {item["code"] for item in told["items"][0]["missing"]}
    assert {"agreement", "insurance", "documents", "consent_guardian"} <= lacks and "consent_student" not in lacks
    page = dean.get(f"/practice/plans/{plan.pk}/ready/?missing=insurance")
    assert page.status_code == 200 and campus.students[0].name in page.content.decode()


def test_a_consent_on_paper_keeps_its_scan(campus: Campus) -> None:
    plan = campus.with_posts("allocated")
    post = plan.posts.order_by("pk")[0]
    row = Placement.objects.create(
        plan=plan, student=campus.students[0], post=post, starts_on=plan.starts_on, ends_on=plan.ends_on
    )
    consent_actions.prepare([row], by=SYSTEM)
    consent = Consent.objects.get(placement=row, party="guardian")
    client = Client()
    client.force_login(campus.dean, backend=settings.AUTHENTICATION_BACKENDS[-1])
    address = reverse("act", kwargs={"domain": "practice", "name": "consent", "pk": consent.pk, "key": "give"})
    said = {"name": "家长0", "decided_on": str(TODAY)}
    # What only calls itself a scan is refused, and the consent waits as before.
    fake = SimpleUploadedFile("scan.pdf", b"MZ no scan", "application/pdf")
    assert client.post(address, {**said, "scan": fake}).status_code == 422
    consent.refresh_from_db()
    assert consent.status == "waiting" and not File.objects.filter(record_type="practice.consent").exists()
    scan = SimpleUploadedFile("scan.pdf", b"%PDF-1.7\n" + b"0" * 300, "application/pdf")
    assert client.post(address, {**said, "scan": scan}).status_code == 302
    consent.refresh_from_db()
    kept = File.objects.get(record_type="practice.consent", record_id=consent.pk)
    assert (consent.status, consent.on_paper, consent.name, kept.mime) == ("given", True, "家长0", "application/pdf")
