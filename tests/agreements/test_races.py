"""Many hands at one agreement at the same moment: every signature once, every loser told why, nothing half done."""

from __future__ import annotations

import base64
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.agreements.papers import approved, code_in_mail, ink, last_link, request_of, started
from zhixing.agreements import signing
from zhixing.agreements.models import Agreement, AgreementParty, Signature, SignatureRequest
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
# The server admits a hundred connections; all hands run, but not all hold one at the same moment.
_seats = threading.BoundedSemaphore(50)


def race(hands: list[Callable[[], Any]]) -> list[str]:
    """Let all begin together, each on a connection of its own; what each was told, "in" for those who got through."""
    outcomes = [""] * len(hands)
    start = threading.Barrier(len(hands))

    def run(place: int) -> None:
        start.wait()
        with _seats:
            try:
                outcomes[place] = str(hands[place]() or "in")
            except ValidationError as refused:
                outcomes[place] = refused.code or "refused"
            finally:
                connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(hands))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return outcomes


def by_link(ask: SignatureRequest) -> OutsideLink:
    return OutsideLink.objects.get(record_id=ask.pk, used_at=None, revoked_at=None)


def signing_hand(ask: SignatureRequest, link: OutsideLink) -> Callable[[], None]:
    def hand() -> None:
        fresh = SignatureRequest.objects.get(pk=ask.pk)
        signing.sign(fresh, by=SYSTEM, method="typed", name=ask.signer_name, link=OutsideLink.objects.get(pk=link.pk))

    return hand


def refusing_hand(ask: SignatureRequest, link: OutsideLink) -> Callable[[], None]:
    def hand() -> None:
        fresh = SignatureRequest.objects.get(pk=ask.pk)
        signing.refuse(fresh, by=SYSTEM, reason="条款要改", link=OutsideLink.objects.get(pk=link.pk))

    return hand


def side_by_side(agreement: Agreement) -> list[SignatureRequest]:
    """Everybody signs by link, nobody before another."""
    signers = [
        signing.Signer(party, "link", 1, party.signatory, email=f"s{party.order}@example.com")
        for party in agreement.parties.order_by("order")
    ]
    started(agreement=agreement, signers=signers)
    return list(agreement.signature_requests.order_by("pk"))


def test_two_hundred_signers_leave_one_signature_each() -> None:
    agreement = approved()
    AgreementParty.objects.bulk_create(
        AgreementParty(agreement=agreement, order=n, role="individual", name=f"签约人{n}", signatory=f"签约人{n}")
        for n in range(3, 201)
    )
    asks = side_by_side(agreement)
    assert len(asks) == 200
    links = {link.record_id: link for link in OutsideLink.objects.all()}
    # Each signs once, and every fifth presses twice at the same moment.
    hands = [signing_hand(ask, links[ask.pk]) for ask in asks]
    twice = [signing_hand(ask, links[ask.pk]) for ask in asks[::5]]
    outcomes = Counter(race(hands + twice))
    assert outcomes == {"in": 200, "signed": 40}
    signatures = Signature.objects.filter(request__agreement=agreement)
    assert Counter(signatures.values_list("request", flat=True)) == Counter(ask.pk for ask in asks)
    assert signing.broken_evidence(agreement) == []
    previous = [row.evidence["previous"] for row in signatures.order_by("pk")]
    assert len(set(previous)) == 200, "each signature stands behind another one"
    agreement.refresh_from_db()
    assert agreement.status == "in_force"
    assert agreement.documents.filter(kind="signed").count() == 1
    assert OutsideLink.objects.filter(purpose="agreements.sign", used_at=None, revoked_at=None).count() == 0


def test_one_link_pressed_by_many_at_once_signs_once_and_the_others_are_told() -> None:
    started()
    path, first = last_link(), Client()
    first.post(path, {"act": "code", "channel": "email"})
    first.post(path, {"act": "check", "code": code_in_mail()})
    drawn = "data:image/png;base64," + base64.b64encode(ink()).decode()

    def press() -> int:
        client = Client()
        client.cookies = first.cookies
        answer = client.post(path, {"act": "sign", "method": "drawn", "agree": "1", "ink": drawn})
        assert "王总" not in answer.content.decode() or answer.status_code == 200
        return answer.status_code

    outcomes = Counter(race([press] * 8))
    assert outcomes["200"] == 1
    assert set(outcomes) <= {"200", "409", "410"}
    assert Signature.objects.count() == 1


def test_of_signing_and_refusing_the_same_request_one_wins() -> None:
    for _round in range(4):
        agreement = approved(
            firm=f"公司{_round}", uscc="91460100MA5T0A1B2C" if _round == 0 else None, title=f"协议{_round}"
        )
        AgreementParty.objects.filter(agreement=agreement, role="enterprise").update(uscc="91460100MA5T0A1B2C")
        ask = side_by_side(agreement)[0]
        link = by_link(ask)
        hands = [signing_hand(ask, link), refusing_hand(ask, link)] * 3
        outcomes = race(hands)
        assert outcomes.count("in") == 1, outcomes
        ask.refresh_from_db()
        agreement.refresh_from_db()
        if ask.state == "signed":
            assert agreement.status == "signing" and Signature.objects.filter(request=ask).count() == 1
        else:
            assert (ask.state, agreement.status) == ("refused", "draft")
            assert not Signature.objects.filter(request__agreement=agreement).exists()
            assert set(agreement.signature_requests.exclude(pk=ask.pk).values_list("state", flat=True)) == {"void"}


def test_a_refusal_beside_many_signatures_ends_in_one_state() -> None:
    agreement = approved()
    AgreementParty.objects.bulk_create(
        AgreementParty(agreement=agreement, order=n, role="individual", name=f"签约人{n}", signatory=f"签约人{n}")
        for n in range(3, 13)
    )
    asks = side_by_side(agreement)
    refuser = request_of(agreement, "enterprise")
    links = {link.record_id: link for link in OutsideLink.objects.all()}
    hands = [signing_hand(ask, links[ask.pk]) for ask in asks if ask.pk != refuser.pk]
    hands.insert(len(hands) // 2, refusing_hand(refuser, links[refuser.pk]))
    outcomes = race(hands)
    agreement.refresh_from_db()
    assert agreement.status == "draft"
    states = Counter(agreement.signature_requests.values_list("state", flat=True))
    assert states["refused"] == 1 and states["open"] == 0
    assert states["signed"] == outcomes.count("in") - 1
    assert states["void"] == outcomes.count("withdrawn")
    assert states["signed"] == Signature.objects.count()
