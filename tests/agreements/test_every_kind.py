"""Every kind of agreement from need to end, by what programs call: the same acts as the pages', and a signer's own link."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.factories import World, make, valid_uscc
from zhixing.agreements import seeding, signing
from zhixing.agreements.models import Agreement, AgreementDocument
from zhixing.governance.models import Task
from zhixing.org.models import Major, MajorGroup, School, Student
from zhixing.partners.models import Contact, Organisation

pytestmark = pytest.mark.django_db

MESSAGES: list[str] = []
KINDS = [values["code"] for values in seeding.shipped()]
# How the firm and the school sign, and what becomes of the agreement: every way meets several kinds.
WAYS = itertools.cycle([("link", "inside"), ("paper", "inside"), ("link", "paper")])
ENDS = itertools.cycle(["amend", "renew", "terminate"])
STORIES = [(kind, 20, *next(WAYS), next(ENDS)) for kind in KINDS]
# Under age the guardian signs as the fourth.
STORIES += [("apprentice", 17, "link", "inside", "renew"), ("tripartite", 16, "link", "inside", "terminate")]
# What is written into a kind's own named fields.
OWN = {
    "order_class": {"detail_places": "40", "detail_posts": "36"},
    "tripartite": {"detail_post": "前厅接待", "detail_hours_day": "8", "detail_hours_week": "40"},
}


class Phones:
    """What text messages say."""

    def send(self, address: str, text: str) -> None:
        MESSAGES.append(text)


@pytest.fixture(autouse=True)
def phones(settings: Any) -> None:
    MESSAGES.clear()
    sms = {**settings.ZHIXING["sms"], "backend": f"{__name__}.{Phones.__name__}"}
    settings.ZHIXING = {**settings.ZHIXING, "sms": sms}


class Programs:
    """What a program does in somebody's name."""

    def __init__(self, world: World) -> None:
        self.world = world

    def call(self, role: str, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        answer = getattr(self.world.client(role), method)(
            f"/api/v1/{path}", json.dumps(body) if method != "get" else body, content_type="application/json"
        )
        assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.content.decode()}"
        return answer.json()

    def add(self, name: str, /, **values: Any) -> dict[str, Any]:
        return self.call("office", "post", f"agreements/{name}", **values)

    def act(self, name: str, pk: int, key: str, role: str = "office", **values: Any) -> dict[str, Any]:
        return self.call(role, "post", f"agreements/{name}/{pk}/act/{key}", **values)

    def rows(self, name: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.world.client("office").get(f"/api/v1/agreements/{name}", {**query, "sort": "id"})
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()["items"]

    def decide(self, role: str, record: int) -> None:
        waiting = self.call(role, "get", "inbox")["items"]
        station = next(item for item in waiting if item["record"] == record)
        self.call(role, "post", f"inbox/{station['id']}", decision="approve")


def last_message(pattern: str) -> str:
    """The last of what mails and phones were sent that reads so."""
    said = [*(str(message.body) for message in mail.outbox), *MESSAGES]
    found = [match for text in said for match in re.findall(pattern, text)]
    assert found, said
    mail.outbox.clear()
    MESSAGES.clear()
    return found[-1]


def by_link(name: str) -> None:
    """Somebody who has only the link: opens it, asks for a code, enters it, types the own name."""
    path, outside = "/l/" + last_message(r"/l/([\w-]+/)"), Client()
    page = outside.get(path)
    assert page.status_code == 200 and name in page.content.decode()
    channel = re.findall(r'name="channel" value="(\w+)"', page.content.decode())[0]
    assert outside.post(path, {"act": "code", "channel": channel}).status_code == 302
    assert outside.post(path, {"act": "check", "code": last_message(r"\d{6}")}).status_code == 302
    signed = {"act": "sign", "method": "typed", "typed": name, "agree": "1"}
    assert outside.post(path, signed).status_code == 200


def need(world: World, kind: str, age: int) -> dict[str, Any]:
    """With whom the college wants an agreement, and about what."""
    seeding.load_kinds()
    make(School, name="海南海棠职业学院")
    role = "association" if kind == "association" else "enterprise"
    partner = make(
        Organisation, name="海口椰风酒店管理有限公司", kind=role, status="active", uscc=valid_uscc(1001), address="海口"
    )
    make(Contact, organisation=partner, name="王总", role="signatory", phone="", email="wang@example.com")
    first = timezone.localdate() - timedelta(days=3)
    group = make(MajorGroup, unit=world.own)
    values = {
        "kind": kind,
        "title": "合作协议",
        "unit": world.own.pk,
        "major_group": group.pk,
        "major": make(Major, unit=world.own, group=group).pk,
        "counterparty": partner.pk,
        "owner": world.people["secretary"].pk,
        "starts_on": first.isoformat(),
        "ends_on": (first + timedelta(days=3 * 366)).isoformat(),
        "amount": "120000.00",
        "forms": [1, 2],
    }
    if kind in ("apprentice", "tripartite"):
        student = make(
            Student,
            unit=world.own,
            person=world.people["student"],
            name="陈海",
            birth_date=date(first.year - age, 1, 1),
            phone="13800000001",
            guardian_name="陈父",
            guardian_phone="13800000002",
        )
        values |= {"student": student.pk, "ends_on": (first + timedelta(days=180)).isoformat()}
    return values


def confirmed_by_its_link(programs: Programs, agreement: int) -> None:
    for party in programs.rows("agreement_party", agreement=agreement, columns="role,confirmed_at,uscc,name"):
        if party["role"] not in ("enterprise", "association"):
            continue
        link = programs.act("agreement_party", party["id"], "link")["handed"]
        own = {"uscc": party["uscc"], "address": "海口市龙华区 1 号", "signatory": "王总", "contact": "王总"}
        own |= {"signatory_position": "总经理", "phone": "", "email": "wang@example.com", "confirmed_by": "王总"}
        assert Client().post("/l/" + link.rpartition("/l/")[2], own).status_code == 200
    mail.outbox.clear()


def signed_by_all(programs: Programs, agreement: int) -> list[str]:
    """Whoever is asked signs by the way that was agreed; returns the ways in order."""
    ways = []
    while asked := programs.rows("signature_request", agreement=agreement, state="open", columns="channel,signer_name"):
        request = asked[0]
        ways.append(request["channel"])
        if request["channel"] == "link":
            by_link(request["signer_name"])
        elif request["channel"] == "inside":
            programs.act("signature_request", request["id"], "sign", "leader", typed=request["signer_name"], agree=True)
        else:
            programs.act("signature_request", request["id"], "paper", signed_on=timezone.localdate().isoformat())
        assert len(ways) < 9
    return ways


@pytest.mark.parametrize(("kind", "age", "firm", "school", "end"), STORIES, ids=lambda value: str(value))
def test_from_need_to_end(world: World, kind: str, age: int, firm: str, school: str, end: str) -> None:
    programs = Programs(world)
    made = programs.add("agreement", **need(world, kind, age))
    pk = made["id"]
    assert made["status"] == "draft" and made["number"] is None
    if kind == "industry_teacher":
        programs.add("agreement_party", agreement=pk, order=9, role="individual", name="李工", email="li@example.com")
    # A kind's own named fields, where it has them; the wording that it proposes comes with the asking.
    programs.act("agreement", pk, "contents", **OWN.get(kind, {}))
    programs.act("agreement", pk, "ask")
    confirmed_by_its_link(programs, pk)
    owed = programs.add(
        "obligation",
        agreement=pk,
        party_role="school",
        title="年度会商",
        due=(timezone.localdate() + timedelta(days=60)).isoformat(),
    )
    # Approval by its route, or cleared where the kind was approved once for all.
    offered = programs.call("office", "get", f"agreements/agreement/{pk}")["actions"]
    assert ("submit" in offered) is (kind not in ("apprentice", "tripartite")) is ("clear" not in offered)
    if "submit" in offered:
        assert programs.act("agreement", pk, "submit")["status"] == "submitted"
        programs.decide("dean", pk)
        programs.decide("office", pk)
    else:
        programs.act("agreement", pk, "clear")
    approved = programs.call("office", "get", f"agreements/agreement/{pk}")
    assert approved["status"] == "approved"
    assert re.fullmatch(rf"[A-Z]+-{approved['starts_on'][:4]}-W1-001", approved["number"])
    programs.act("agreement", pk, "document", kind="draft", format="docx")
    # Signing by each: link, inside, paper.
    parties = programs.rows("agreement_party", agreement=pk, columns="role")
    channels = {
        f"channel_{party['id']}": {"school": school, "enterprise": firm, "association": firm}[party["role"]]
        for party in parties
        if party["role"] in ("school", "enterprise", "association")
    }
    names = {f"name_{party['id']}": "符校长" for party in parties if party["role"] == "school"}
    assert programs.act("agreement", pk, "sign", **channels, **names)["status"] == "signing"
    ways = signed_by_all(programs, pk)
    others = len(parties) - 2
    assert sorted(ways) == sorted([firm, school, *["link"] * others])
    assert others == {"apprentice": 1, "tripartite": 1, "industry_teacher": 1}.get(kind, 0) + (age < 18)
    in_force = programs.call("office", "get", f"agreements/agreement/{pk}")
    assert (in_force["status"], in_force["signed_on"]) == ("in_force", timezone.localdate().isoformat())
    assert in_force["scan_missing"] is ("paper" in ways)
    record = Agreement.objects.get(pk=pk)
    assert signing.broken_evidence(record) == []
    kinds = set(AgreementDocument.objects.filter(agreement=record).values_list("kind", flat=True))
    assert kinds == {"draft", "final", "signed"}
    # What is owed is a task, and done with it.
    task = Task.objects.get(obligation=owed["id"])
    programs.act("obligation", owed["id"], "fulfil", fulfilled_on=timezone.localdate().isoformat())
    task.refresh_from_db()
    assert task.status == Task.Status.DONE
    # Amended, renewed or ended.
    if end == "terminate":
        assert programs.act("agreement", pk, "terminate", comment="企业停业")["status"] == "terminated"
        return
    leads = programs.act("agreement", pk, end, **({"comment": "增加岗位"} if end == "amend" else {}))["next"]
    assert leads["type"] == "agreements.agreement"
    following = programs.call("office", "get", f"agreements/agreement/{leads['id']}")
    assert following["status"] == "draft" and following["amends" if end == "amend" else "renews"] == pk
