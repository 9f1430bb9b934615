"""Signing: order, links, codes, evidence, refusing, handing on, reminders, paper; and the sealed text at the end."""

from __future__ import annotations

import base64
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.agreements.papers import (
    BROWSER,
    approved,
    code_in_mail,
    final_text,
    ink,
    last_link,
    leader,
    link_of,
    request_of,
    started,
)
from tests.factories import World
from zhixing.agreements import actions, codes, jobs, sealing, signing
from zhixing.agreements.models import Agreement, Signature, SignatureRequest, SigningCode
from zhixing.kernel import gateways
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Event, Notice, OutsideLink
from zhixing.kernel.scope import SYSTEM

pytestmark = pytest.mark.django_db


def enter_code(client: Client, path: str) -> None:
    assert client.post(path, {"act": "code", "channel": "email"}).status_code == 302
    assert client.post(path, {"act": "check", "code": code_in_mail()}).status_code == 302


def sign_by_link(client: Client, path: str, **more: Any) -> Any:
    data = {
        "act": "sign",
        "method": "drawn",
        "agree": "1",
        "ink": "data:image/png;base64," + base64.b64encode(ink()).decode(),
    }
    return client.post(path, data | more, headers={"user-agent": BROWSER})


# The whole way ------------------------------------------------------------------------------------------------------


def test_firm_by_link_then_school_inside_then_in_force(world: World) -> None:
    agreement = started(unit=world.own)
    firm, school = request_of(agreement, "enterprise"), request_of(agreement, "school")
    assert (firm.state, school.state) == ("open", "waiting")
    assert mail.outbox[-1].to == ["wang@example.com"]
    path, client = last_link(), Client()
    page = client.get(path).content.decode()
    assert agreement.title in page and "海南椰风酒店管理有限公司" in page and 'id="sign"' not in page
    enter_code(client, path)
    assert 'id="sign"' in client.get(path).content.decode()
    assert sign_by_link(client, path).status_code == 200
    signature = Signature.objects.get()
    assert (signature.method, signature.name, signature.ip, signature.user_agent) == (
        "drawn",
        "王总",
        "127.0.0.1",
        BROWSER,
    )
    assert signature.document_sha256 == sha256(final_text(agreement).bytes()).hexdigest()
    evidence = signature.evidence
    assert evidence["link"] == link_of(path).pk
    assert evidence["code_sent_to"] == "w***@example.com" and evidence["code_verified_at"]
    assert agreement.title in evidence["consent"]
    school.refresh_from_db()
    assert school.state == "open"
    assert Notice.objects.filter(user=world.users["leader"], key=f"sign:{school.pk}").exists()
    inside = world.client("leader")
    assert inside.get(f"/agreements/signing/{school.pk}/").status_code == 200
    answer = inside.post(f"/agreements/signing/{school.pk}/", {"method": "typed", "typed": "符校长", "agree": "1"})
    assert answer.status_code == 302
    agreement.refresh_from_db()
    assert (agreement.status, agreement.signed_on) == ("in_force", timezone.localdate())
    second = Signature.objects.latest("pk")
    assert second.evidence["previous"] == evidence["hash"]
    assert signing.broken_evidence(agreement) == []
    signed = agreement.documents.get(kind="signed")
    assert signed.source == final_text(agreement) and signed.sha256 == sha256(signed.bytes()).hexdigest()
    assert signed.pages == final_text(agreement).pages + 1
    assert signed.bytes().startswith(final_text(agreement).bytes())
    # The firm fetches the sealed paper by a link of its own, as often as it likes.
    copy = last_link()
    for _time in range(2):
        fetched = Client().get(copy, {"file": "pdf"})
        assert b"".join(fetched.streaming_content) == signed.bytes()  # type: ignore[attr-defined]


def test_opening_a_link_never_consumes_it_and_twice_sent_signs_once() -> None:
    started()
    path, client = last_link(), Client()
    for _time in range(3):
        client.get(path)
        client.get(path, {"page": "1"})
        client.head(path)
    assert link_of(path).used_at is None
    enter_code(client, path)
    assert sign_by_link(client, path).status_code == 200
    again = sign_by_link(client, path)
    assert again.status_code == 410
    assert Signature.objects.count() == 1


def test_the_paper_is_shown_as_pictures_and_fetched_as_pdf() -> None:
    agreement = started()
    path, client = last_link(), Client()
    picture = client.get(path, {"page": "1"})
    assert picture.headers["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    assert client.get(path, {"page": "99"}).status_code == 404
    assert client.get(path, {"page": "x"}).status_code == 404
    fetched = client.get(path, {"file": "pdf"})
    assert b"".join(fetched.streaming_content) == final_text(agreement).bytes()  # type: ignore[attr-defined]
    assert "attachment" in fetched.headers["Content-Disposition"]


def test_no_inline_script_or_style_on_the_signers_page() -> None:
    started()
    path, client = last_link(), Client()
    enter_code(client, path)
    page = client.get(path).content.decode()
    assert " onclick=" not in page and " style=" not in page and "<script>" not in page


# Codes --------------------------------------------------------------------------------------------------------------


def test_nothing_is_signed_refused_or_handed_on_without_the_code() -> None:
    agreement = started()
    path, client = last_link(), Client()
    for data in (
        {"act": "sign", "method": "typed", "typed": "王总", "agree": "1"},
        {"act": "refuse", "reason": "金额不对"},
        {"act": "delegate", "name": "李经理", "email": "li@example.com"},
    ):
        assert client.post(path, data).status_code == 422
    agreement.refresh_from_db()
    assert agreement.status == "signing" and not Signature.objects.exists()
    assert request_of(agreement, "enterprise").state == "open"


def test_a_code_counts_only_in_the_browser_in_which_it_was_entered() -> None:
    started()
    path, client = last_link(), Client()
    enter_code(client, path)
    assert sign_by_link(Client(), path).status_code == 422
    assert not Signature.objects.exists()


def test_wrong_codes_run_out_and_only_the_digest_is_kept() -> None:
    started()
    path, client = last_link(), Client()
    client.post(path, {"act": "code", "channel": "email"})
    right = code_in_mail()
    kept = SigningCode.objects.get()
    assert right not in str(SigningCode.objects.values().get())
    wrong = f"{(int(right) + 1) % 1000000:06d}"
    for _time in range(codes.TRIES):
        assert client.post(path, {"act": "check", "code": wrong}).status_code == 422
    assert client.post(path, {"act": "check", "code": right}).status_code == 422
    kept.refresh_from_db()
    assert kept.verified_at is None and kept.tries == codes.TRIES


def test_an_old_code_and_a_replaced_code_do_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    started()
    path, client = last_link(), Client()
    client.post(path, {"act": "code", "channel": "email"})
    first = code_in_mail()
    assert client.post(path, {"act": "code", "channel": "email"}).status_code == 422, "not again at once"
    monkeypatch.setattr(codes, "PAUSE", timedelta(0))
    client.post(path, {"act": "code", "channel": "email"})
    second = code_in_mail()
    if first != second:
        assert client.post(path, {"act": "check", "code": first}).status_code == 422
    SigningCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(path, {"act": "check", "code": second}).status_code == 422


def test_codes_are_not_sent_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    started()
    path, client = last_link(), Client()
    monkeypatch.setattr(codes, "PAUSE", timedelta(0))
    statuses = [client.post(path, {"act": "code", "channel": "email"}).status_code for _ in range(codes.SENDINGS + 2)]
    assert statuses == [302] * codes.SENDINGS + [422, 422]


def test_a_code_goes_only_to_the_signers_own_address() -> None:
    started()
    path, client = last_link(), Client()
    sent = len(mail.outbox)
    assert client.post(path, {"act": "code", "channel": "sms"}).status_code == 422
    assert client.post(path, {"act": "code", "channel": "pigeon"}).status_code == 422
    assert len(mail.outbox) == sent


# The signature ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"agree": ""},
        {"ink": ""},
        {"ink": "data:image/png;base64,AAAA"},
        {"method": "certificate"},
        {"method": "typed", "typed": "别人"},
    ],
)
def test_what_is_no_signature_is_refused_in_words(change: dict[str, str]) -> None:
    agreement = started()
    path, client = last_link(), Client()
    enter_code(client, path)
    answer = sign_by_link(client, path, **change)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert request_of(agreement, "enterprise").state == "open" and link_of(path).used_at is None


def test_a_typed_name_must_be_the_signers_own() -> None:
    agreement = started()
    ask = request_of(agreement, "enterprise")
    link = OutsideLink.objects.get()
    with pytest.raises(ValidationError):
        signing.sign(ask, by=SYSTEM, method="typed", name="王 总经理", link=link)
    signing.sign(ask, by=SYSTEM, method="typed", name=" 王总 ", link=link)
    assert Signature.objects.get().method == "typed"


def test_a_document_that_was_exchanged_cannot_be_signed() -> None:
    agreement = started()
    document = final_text(agreement)
    with document.file.open("wb") as stored:
        stored.write(b"%PDF-1.7 something else")
    with pytest.raises(FlowError) as refused:
        signing.sign(
            request_of(agreement, "enterprise"), by=SYSTEM, method="typed", name="王总", link=OutsideLink.objects.get()
        )
    assert refused.value.code == "changed"
    assert not Signature.objects.exists()


def test_changed_evidence_shows() -> None:
    agreement = started()
    signing.sign(
        request_of(agreement, "enterprise"), by=SYSTEM, method="typed", name="王总", link=OutsideLink.objects.get()
    )
    signature = Signature.objects.get()
    assert signing.broken_evidence(agreement) == []
    signature.evidence["ip"] = "10.0.0.1"
    signature.save()
    assert signing.broken_evidence(agreement) == [signature]


def test_only_the_leader_or_who_approves_signs_for_the_school(world: World) -> None:
    agreement = started(unit=world.own)
    signing.sign(
        request_of(agreement, "enterprise"), by=SYSTEM, method="typed", name="王总", link=OutsideLink.objects.get()
    )
    ask = request_of(agreement, "school")
    address = f"/agreements/signing/{ask.pk}/"
    for role in ("teacher", "secretary", "finance", "auditor"):
        assert world.client(role).get(address).status_code in (403, 404)
        world.client(role).post(address, {"method": "typed", "typed": "符校长", "agree": "1"})
    assert Client().get(address).status_code == 302
    ask.refresh_from_db()
    assert ask.state == "open"
    signing.sign(ask, by=leader(world), method="typed", name="符校长")
    ask.refresh_from_db()
    assert ask.state == "signed"


def test_nobody_signs_before_their_turn(world: World) -> None:
    agreement = started(unit=world.own)
    with pytest.raises(FlowError) as refused:
        signing.sign(request_of(agreement, "school"), by=leader(world), method="typed", name="符校长")
    assert refused.value.code == "waiting"


# Order --------------------------------------------------------------------------------------------------------------


def test_equal_places_are_asked_side_by_side_and_any_order_may_be_declared() -> None:
    agreement = approved()
    parties = {party.role: party for party in agreement.parties.all()}
    started(
        agreement=agreement,
        signers=[
            signing.Signer(parties["school"], "link", 1, "符校长", email="fu@example.com"),
            signing.Signer(parties["enterprise"], "link", 1, "王总", email="wang@example.com"),
        ],
    )
    assert set(agreement.signature_requests.values_list("state", flat=True)) == {"open"}
    assert {message.to[0] for message in mail.outbox} == {"fu@example.com", "wang@example.com"}


def test_a_signer_by_link_without_an_address_is_refused_and_nothing_started() -> None:
    agreement = approved()
    agreement.parties.filter(role="enterprise").update(email="")
    with pytest.raises(ValidationError) as refused:
        actions.start_signing(agreement, by=SYSTEM)
    assert "海南椰风酒店管理有限公司" in str(refused.value)
    agreement.refresh_from_db()
    assert agreement.status == "approved" and not SignatureRequest.objects.exists()


def test_the_form_asks_for_order_channel_and_address(world: World) -> None:
    agreement = approved(unit=world.own)
    address = f"/agreements/agreement/{agreement.pk}/act/sign/"
    client = world.client("office")
    school, firm = agreement.parties.order_by("order")
    page = client.get(address)
    assert page.status_code == 200 and f"order_{firm.pk}" in page.content.decode()
    # A row for each party, by its name and part, and the day below: five fields a party are no column.
    rows = page.context["form"].rows()
    assert [(row["label"], [field.name.split("_")[0] for field in row["fields"]]) for row in rows] == [
        (party.name, ["order", "channel", "name", "email", "phone"]) for party in (school, firm)
    ]
    assert page.content.decode().count('<fieldset class="zx-actrow">') == 2
    assert [field.name for field in page.context["form"].others()] == ["due", "comment"]
    data = {
        f"order_{school.pk}": "1", f"channel_{school.pk}": "paper", f"name_{school.pk}": "符校长",
        f"order_{firm.pk}": "2", f"channel_{firm.pk}": "link", f"name_{firm.pk}": "王总", f"phone_{firm.pk}": "not a phone",
    }  # fmt: skip
    assert client.post(address, data).status_code == 422
    assert client.post(address, data | {f"phone_{firm.pk}": "138 0000 1234"}).status_code == 302
    rows = dict(agreement.signature_requests.values_list("party__role", "state"))
    assert rows == {"school": "open", "enterprise": "waiting"}
    assert request_of(agreement, "enterprise").signer_phone == "13800001234"


# Refusing, handing on, changing the way -----------------------------------------------------------------------------


def test_a_refusal_needs_a_reason_and_returns_the_agreement_to_its_editor(world: World) -> None:
    agreement = started(unit=world.own, owner=world.people["secretary"])
    path, client = last_link(), Client()
    enter_code(client, path)
    assert client.post(path, {"act": "refuse", "reason": "  "}).status_code == 422
    assert client.post(path, {"act": "refuse", "reason": "第三条付款期限要改为三十日"}).status_code == 200
    agreement.refresh_from_db()
    assert agreement.status == "draft" and agreement.number
    ask = request_of(agreement, "enterprise")
    assert (ask.state, ask.reason) == ("refused", "第三条付款期限要改为三十日")
    assert request_of(agreement, "school").state == "void"
    assert "第三条付款期限" in Event.objects.get(record_id=agreement.pk, verb="return").comment
    assert Notice.objects.filter(user=world.users["secretary"], key=f"sign_refused:{ask.pk}").exists()
    assert client.get(path).status_code == 410
    # The second round has a text of its own, and the old link stays closed.
    Agreement.objects.filter(pk=agreement.pk).update(status="approved")
    agreement.refresh_from_db()
    started(agreement=agreement)
    assert agreement.documents.filter(kind="final").count() == 2
    assert request_of(agreement, "enterprise").document.pk == agreement.documents.filter(kind="final").latest("pk").pk
    assert client.get(path).status_code == 410


def test_handing_on_gives_the_colleague_a_link_and_closes_the_old_one() -> None:
    agreement = started()
    path, client = last_link(), Client()
    enter_code(client, path)
    assert client.post(path, {"act": "delegate", "name": "李经理"}).status_code == 422
    assert client.post(path, {"act": "delegate", "name": "李经理", "email": "li@example.com"}).status_code == 200
    first, second = agreement.signature_requests.filter(party__role="enterprise").order_by("pk")
    assert (first.state, second.state, second.delegated_from, second.signer_name) == (
        "delegated",
        "open",
        first,
        "李经理",
    )
    assert client.get(path).status_code == 410
    assert mail.outbox[-1].to == ["li@example.com"]
    fresh = last_link()
    enter_code(client, fresh)
    assert sign_by_link(client, fresh).status_code == 200
    assert Signature.objects.get().name == "李经理"
    assert Event.objects.filter(record_id=agreement.pk, verb="signing_delegated").count() == 1


def test_returning_the_agreement_closes_every_link() -> None:
    agreement = started()
    path = last_link()
    actions.give_back(agreement, by=SYSTEM, comment="条款有误")
    assert Client().get(path).status_code == 410
    with pytest.raises(FlowError):
        signing.sign(request_of(agreement, "enterprise"), by=SYSTEM, method="typed", name="王总", link=link_of(path))


def test_a_new_link_closes_the_lost_one(world: World) -> None:
    agreement = started(unit=world.own)
    lost, ask = last_link(), request_of(agreement, "enterprise")
    page = world.client("office").post(f"/agreements/signature_request/{ask.pk}/act/link/")
    assert page.status_code == 200 and "/l/" in page.content.decode() and "no-store" in page.headers["Cache-Control"]
    assert Client().get(lost).status_code == 410
    assert world.client("teacher").post(f"/agreements/signature_request/{ask.pk}/act/link/").status_code in (403, 404)


def test_a_signer_may_be_let_sign_on_paper_instead(world: World) -> None:
    agreement = started(unit=world.own)
    path, ask = last_link(), request_of(agreement, "enterprise")
    signing.change_channel(ask, by=SYSTEM, channel="paper", comment="对方要求纸质")
    assert ask.channel == "paper" and Client().get(path).status_code == 410
    with pytest.raises(ValidationError):
        signing.change_channel(request_of(agreement, "school"), by=SYSTEM, channel="link")


def test_a_last_signature_is_kept_though_the_agreement_cannot_begin(world: World) -> None:
    agreement = started(unit=world.own, owner=world.people["secretary"])
    other = approved(unit=world.own, firm="另一家", uscc=None)
    Agreement.objects.filter(pk=other.pk).update(
        counterparty=agreement.counterparty, status="in_force", signed_on=timezone.localdate()
    )
    signing.sign(
        request_of(agreement, "enterprise"),
        by=SYSTEM,
        method="typed",
        name="王总",
        link=OutsideLink.objects.latest("pk"),
    )
    signing.sign(request_of(agreement, "school"), by=leader(world), method="typed", name="符校长")
    agreement.refresh_from_db()
    assert Signature.objects.filter(request__agreement=agreement).count() == 2
    assert agreement.status == "signing"
    assert Notice.objects.filter(user=world.users["secretary"], key__startswith=f"sign_stuck:{agreement.pk}:").exists()


# Reminders ----------------------------------------------------------------------------------------------------------


def test_reminders_leave_after_three_two_and_one_days_and_then_no_more(world: World) -> None:
    agreement = started(unit=world.own)
    ask, today = request_of(agreement, "enterprise"), timezone.localdate()
    first_link = last_link()

    def at(days: int) -> int:
        return signing.remind(today + timedelta(days=days))

    assert [at(0), at(2)] == [0, 0]
    assert at(3) == 1 and at(3) == 0
    assert [at(4), at(5), at(5)] == [0, 1, 0]
    assert [at(6), at(6)] == [1, 0]
    assert [at(7), at(30), at(90)] == [0, 0, 0]
    ask.refresh_from_db()
    assert ask.reminders_sent == 3
    assert len(mail.outbox) == 4
    # Neither the first mail's link nor a reminder's is closed by the next.
    assert Client().get(first_link).status_code == 200 and Client().get(last_link()).status_code == 200


def test_nobody_is_reminded_who_need_not_sign(world: World) -> None:
    agreement = started(unit=world.own)
    later = timezone.localdate() + timedelta(days=10)
    signing.change_channel(request_of(agreement, "enterprise"), by=SYSTEM, channel="paper")
    assert signing.remind(later) == 0
    actions.give_back(agreement, by=SYSTEM, comment="条款有误")
    assert signing.remind(later) == 0


# With whom the ball is ----------------------------------------------------------------------------------------------


def test_both_pages_say_with_whom_the_ball_is_and_since_when(world: World) -> None:
    agreement = started(unit=world.own)
    SignatureRequest.objects.filter(party__role="enterprise").update(opened_at=timezone.now() - timedelta(days=4))
    page = world.client("office").get(f"/agreements/agreement/{agreement.pk}/").content.decode()
    assert "王总" in page and "4" in page and 'id="signing"' in page
    assert "王总" in Client().get(last_link()).content.decode()


def test_the_panel_offers_to_sign_only_to_whom_it_belongs(world: World) -> None:
    agreement = started(unit=world.own)
    signing.sign(
        request_of(agreement, "enterprise"), by=SYSTEM, method="typed", name="王总", link=OutsideLink.objects.get()
    )
    address = f"/agreements/signing/{request_of(agreement, 'school').pk}/"
    assert address in world.client("leader").get(f"/agreements/agreement/{agreement.pk}/").content.decode()
    assert address not in world.client("secretary").get(f"/agreements/agreement/{agreement.pk}/").content.decode()


# The sealed text ----------------------------------------------------------------------------------------------------


def test_the_final_text_carries_its_statement_and_begins_with_what_was_set() -> None:
    from zhixing.agreements import documents, keys

    agreement = started()
    document = final_text(agreement)
    found = sealing.STATEMENT.search(document.bytes().decode("latin-1"))
    assert found
    statement = sealing.verify_payload(found[0], keys.public_key_text())
    assert statement is not None
    assert (statement.code, statement.number, statement.kind) == (document.verify_code, agreement.number, "framework")
    assert document.bytes().startswith(documents.again(document))
    assert sealing.holds_text(document.bytes(), statement.text_sha256)


def test_sealing_twice_seals_once_and_what_failed_is_made_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = started(unit=world.own)
    signing.sign(
        request_of(agreement, "enterprise"), by=SYSTEM, method="typed", name="王总", link=OutsideLink.objects.get()
    )

    def broken(*_args: Any, **_kwargs: Any) -> bytes:
        raise RuntimeError("the certificate is locked away")

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "seal", broken)
        signing.sign(request_of(agreement, "school"), by=leader(world), method="typed", name="符校长")
    agreement.refresh_from_db()
    assert agreement.status == "in_force" and not agreement.documents.filter(kind="signed").exists()
    assert jobs.seal_what_is_left() == 1
    assert jobs.seal_what_is_left() == 0
    assert agreement.documents.filter(kind="signed").count() == 1


def test_messages_to_a_phone_go_through_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(gateways.Console, "send", lambda self, address, text: said.append((address, text)))
    agreement = approved()
    agreement.parties.filter(role="enterprise").update(email="")
    firm = agreement.parties.get(role="enterprise")
    firm.phone = "13800001234"
    firm.save()
    started(agreement=agreement)
    assert [address for address, _text in said] == ["13800001234"] and "/l/" in said[0][1]
