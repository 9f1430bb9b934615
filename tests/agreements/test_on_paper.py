"""What is recorded from paper without its scan: chained like any signature, marked in the list, and asked for until it comes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests.agreements import makers
from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.agreements.papers import request_of, started
from tests.factories import World, valid_uscc
from zhixing.agreements import jobs, on_paper, queries, signing
from zhixing.agreements.models import Agreement, Signature
from zhixing.kernel.models import Notice
from zhixing.org.actors import actor_for

pytestmark = pytest.mark.django_db
LIST = "/agreements/agreement/"


def recorded(world: World) -> Agreement:
    """The firm's signature is on paper; the clerk says so and the scan is still to come."""
    agreement = started(unit=world.own, owner=world.people["secretary"])
    on_paper.record_all(agreement, by=actor_for(world.users["office"]), signed_on=timezone.localdate())
    agreement.refresh_from_db()
    return agreement


def test_the_evidence_is_chained_and_names_the_clerk(world: World) -> None:
    agreement = recorded(world)
    assert agreement.status == "in_force"
    first, second = Signature.objects.order_by("pk")
    for signature in (first, second):
        assert (signature.method, signature.evidence["scan"]) == ("paper", "")
        assert signature.evidence["recorded_by"] == world.people["office"].name
        assert signature.evidence["account"] == world.users["office"].pk
    assert second.evidence["previous"] == first.evidence["hash"]
    assert signing.broken_evidence(agreement) == []
    # Whoever puts another name there is found out.
    second.evidence["recorded_by"] = "别人"
    second.save()
    assert signing.broken_evidence(agreement) == [second]


def test_one_who_was_asked_by_link_signs_on_paper_and_the_next_is_asked(world: World) -> None:
    agreement = started(unit=world.own)
    firm = request_of(agreement, "enterprise")
    office = world.client("office")
    sent = {"signed_on": timezone.localdate().isoformat()}
    assert office.post(f"/agreements/signature_request/{firm.pk}/act/paper/", sent).status_code == 302
    firm.refresh_from_db()
    assert (firm.state, firm.channel) == ("signed", "paper")
    assert request_of(agreement, "school").state == "open"
    assert office.post(f"/agreements/signature_request/{firm.pk}/act/paper/", sent).status_code == 422
    assert Signature.objects.count() == 1


def test_the_list_marks_what_lacks_its_scan_and_its_keeper_is_asked_each_week(world: World) -> None:
    agreement, other = recorded(world), started(unit=world.own, uscc=valid_uscc(77), firm="另一家公司", title="另一份")
    office = world.client("office")
    page = office.get(LIST).content.decode()
    assert "scan_missing=true" in page and "缺扫描件" in page
    found = office.get("/api/v1/agreements/agreement", {"scan_missing": "true"}).json()
    assert [item["id"] for item in found["items"]] == [agreement.pk]
    found = office.get("/api/v1/agreements/agreement", {"scan_missing": "false"}).json()
    assert [item["id"] for item in found["items"]] == [other.pk]
    monday = date(2026, 3, 9)
    assert [jobs.ask_for_scans(monday + timedelta(days=days)) for days in (0, 1, 6, 7)] == [1, 0, 0, 1]
    keys = Notice.objects.filter(user=world.users["secretary"], key__startswith="agreement_scan:")
    assert keys.count() == 2
    # The whole scan comes, and all is quiet.
    document = agreement.documents.get(kind="final")
    document.derived.create(
        agreement=agreement, kind="scan", name="扫描件.pdf", sha256="0" * 64, verify_code="X", data={"whole": True}
    )
    assert not queries.without_scan().exists()
    assert jobs.ask_for_scans(monday + timedelta(days=14)) == 0
    assert "scan_missing=true" not in office.get(LIST).content.decode()


def test_each_kind_says_when_its_agreements_expire(world: World, home: makers.College, today: date) -> None:
    kind = makers.kind("framework")
    record = makers.in_force(home, ends_on=today + timedelta(days=60))
    office = world.client("office")
    near = {"expiring": "true"}
    assert list(queries.expiring(today)) == [record] and queries.notice_days(record) == [90, 30, 7]
    kind.expiring_days = 45
    kind.save()
    record = Agreement.objects.get(pk=record.pk)
    assert not queries.expiring(today).exists() and queries.notice_days(record) == [45, 30, 7]
    assert queries.expiring(today + timedelta(days=15)).exists()
    # The list stands on the database's own today.
    Agreement.objects.update(ends_on=timezone.now().date() + timedelta(days=44))
    page = office.get(LIST, near).content.decode()
    assert record.title in page and "zx-tag--gold" in page and "即将到期" in page
    kind.expiring_days = 30
    kind.save()
    assert record.title not in office.get(LIST, near).content.decode()
