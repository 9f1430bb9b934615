"""Many agreements signed for the school in one go: whose they are, by which name, at once or as work that is watched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.agreements.papers import approved, request_of
from tests.factories import World, valid_uscc
from zhixing.agreements import actions, signing, together, together_jobs
from zhixing.agreements.models import Agreement, Signature, SignatureRequest
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Progress
from zhixing.kernel.scope import SYSTEM
from zhixing.org.actors import actor_for
from zhixing.org.models import Unit

pytestmark = pytest.mark.django_db
PAGE = "/agreements/signing/waiting/"


def waiting(unit: Unit, number: int, channel: str = "inside") -> list[SignatureRequest]:
    """So many agreements of a unit that wait for the school alone."""
    found = []
    for _n in range(number):
        more = SignatureRequest.objects.count()
        agreement = approved(unit=unit, firm=f"海南第{more}公司", uscc=valid_uscc(7000 + more), title=f"协议{more}")
        # The firm signed on paper before; here the school alone is asked.
        school = agreement.parties.get(role="school")
        actions.start_signing(
            agreement, by=SYSTEM, signers=[signing.Signer(school, channel, 1, "符校长", "fu@example.com")]
        )
        found.append(request_of(agreement, "school"))
    return found


def test_a_leader_signs_all_and_a_dean_the_own_college_s(world: World) -> None:
    own, foreign = waiting(world.own, 2), waiting(world.sibling, 1)
    waiting(world.own, 1, "paper")
    leader, dean = actor_for(world.users["leader"]), actor_for(world.users["dean"])
    assert set(together.waiting_for(leader)) == {*own, *foreign}
    assert set(together.waiting_for(dean)) == set(own)
    assert not together.waiting_for(actor_for(world.users["teacher"])) and not together.waiting_for(SYSTEM)
    with pytest.raises(ValidationError):
        together.sign_many([row.pk for row in own], by=dean, typed="别人")
    with pytest.raises(FlowError):
        together.sign_many([foreign[0].pk], by=dean, typed=dean.name)
    found = together.sign_many([row.pk for row in (*own, *foreign)], by=dean, typed=dean.name)
    assert (found.done, found.refused) == (2, {}) and Signature.objects.count() == 2
    for row in Signature.objects.all():
        assert (row.method, row.name) == ("typed", dean.name) and row.evidence["consent"] == together.consent()
    # Each agreement's own chain holds.
    assert not any(signing.broken_evidence(row.agreement) for row in own)


def test_the_page_ticks_all_and_signs_what_is_ticked(world: World) -> None:
    rows = waiting(world.own, 3)
    client, name = world.client("leader"), actor_for(world.users["leader"]).name
    page = client.get(PAGE).content.decode()
    assert page.count("data-pick ") == 3 and page.count(" checked") >= 3 and name in page
    given = {"pk": [row.pk for row in rows[:2]], "typed": name, "agree": "1"}
    assert client.post(PAGE, {**given, "agree": ""}).status_code == 422
    wrong = client.post(PAGE, {**given, "typed": "王"})
    assert wrong.status_code == 422 and [row["ticked"] for row in wrong.context["rows"]].count(True) == 2
    assert client.post(PAGE, {**given, "pk": ["²", "x"]}).status_code == 422
    assert client.post(PAGE, given, headers={"user-agent": "浏览器"}).status_code == 302
    assert Signature.objects.get(request=rows[0]).ip == "127.0.0.1"
    assert [row.pk for row in together.waiting_for(actor_for(world.users["leader"]))] == [rows[2].pk]
    # What was signed meanwhile is passed over; a request that is no more is nothing.
    assert client.post(PAGE, given).status_code == 422
    assert world.client("teacher").get(PAGE).status_code == 403


def test_many_are_work_that_is_watched_and_may_be_done_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "AT_ONCE", 1)
    rows = waiting(world.own, 3)
    agreement = rows[2].agreement
    actions.give_back(agreement, by=SYSTEM, comment="改期")
    client, name = world.client("leader"), actor_for(world.users["leader"]).name
    given = {"pk": [row.pk for row in rows], "typed": name, "agree": "1"}
    answer = client.post(PAGE, given)
    (job,) = Progress.objects.filter(kind="sign")
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("signing-waiting"))
    assert (job.state, job.done, job.total) == ("done", 2, 2) and "2" in job.message
    assert Signature.objects.count() == 2 and Signature.objects.first().ip == "127.0.0.1"  # type: ignore[union-attr]
    # A worker cut off behind the last paper tries again, finds nothing left, and has not failed.
    again = Progress.objects.create(kind="sign", title="再试", user=world.users["leader"], state="waiting")
    seen = {"ip": "", "forwarded": "", "user_agent": "", "consent": ""}
    keys = [row.pk for row in rows]
    together_jobs.sign_for_school(again.pk, keys, world.users["leader"].pk, name, seen)
    again.refresh_from_db()
    assert again.state == "done" and Signature.objects.count() == 2
    again.delete()
    # A wrong name is refused before anything is set going.
    assert client.post(PAGE, {**given, "typed": "王"}).status_code == 422 and Progress.objects.count() == 1


def test_programs_see_what_waits_and_sign_it(world: World) -> None:
    rows = waiting(world.own, 2)
    client, name = world.client("dean"), actor_for(world.users["dean"]).name
    url = "/api/v1/agreements/waiting-signatures"
    told = client.get(url).json()
    assert {item["id"] for item in told["items"]} == {row.pk for row in rows} and told["consent"]

    def post(**given: Any) -> Any:
        return client.post(
            url, json.dumps(given), content_type="application/json", headers={"X-Forwarded-For": "10.1.2.3"}
        )

    keys = [row.pk for row in rows]
    assert post(requests=keys, typed=name, agree=False).status_code == 422
    assert post(requests="1", typed=name, agree=True).status_code == 422
    assert post(requests=[True], typed=name, agree=True).status_code == 422
    assert post(requests=keys, typed=name, agree=True, more=1).status_code == 422
    assert post(requests=keys, typed=name, agree=True).json() == {"done": 2, "refused": {}}
    # Behind a proxy the evidence is the same as on the page.
    assert {row.evidence["forwarded"] for row in Signature.objects.all()} == {"10.1.2.3"}
    assert world.client("teacher").get(url).status_code == 403
    assert world.client("secretary").post(url, "{}", content_type="application/json").status_code == 403


def test_the_list_asks_as_much_for_twenty_as_for_two(world: World) -> None:
    client = world.client("leader")

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    rows = waiting(world.own, 2)
    asked()
    few = asked()
    document = rows[0].document
    for n in range(18):
        agreement = Agreement.objects.get(pk=rows[0].agreement_id)
        agreement.pk, agreement.number = None, f"XX-{n}"
        agreement.save(force_insert=True)
        party = rows[0].party
        party.pk, party.agreement = None, agreement
        party.save(force_insert=True)
        SignatureRequest.objects.create(
            agreement=agreement, document=document, party=party, order=1, channel="inside", state="open",
            opened_at=timezone.now(), signer_name="符校长",
        )  # fmt: skip
    assert len(client.get(PAGE).context["rows"]) == 20 and asked() == few


def test_asking_many_names_whoever_cannot_be_asked(world: World) -> None:
    good, bad = (
        approved(unit=world.own),
        approved(unit=world.own, firm="无联系公司", uscc=valid_uscc(7900), title="协议乙"),
    )
    bad.parties.filter(role="enterprise").update(email="", phone="")
    found = together.ask_many([good, bad], by=SYSTEM)
    assert found.done == 1 and list(found.refused) == [str(bad)] and str(bad) in found.words()
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.status, bad.status) == ("signing", "approved")
    with pytest.raises(FlowError):
        together.ask_many([good], by=SYSTEM)
