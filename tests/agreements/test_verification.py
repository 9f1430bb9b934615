"""Verification: ours or not, changed or not, by file, by QR, by code, by command and off line; without personal data."""

from __future__ import annotations

import io
import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.agreements.papers import final_text, leader, request_of, started
from tests.factories import World
from zhixing.agreements import actions, chains, keys, pdf, rendering, sealing, signing, verification, views_verify
from zhixing.agreements.models import Agreement, AgreementDocument
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement(world: World) -> Agreement:
    """Signed by all, in force, sealed."""
    made = started(unit=world.own, title="海棠与椰风的合作")
    link = OutsideLink.objects.get()
    signing.sign(request_of(made, "enterprise"), by=SYSTEM, method="typed", name="王总", link=link)
    signing.sign(request_of(made, "school"), by=leader(world), method="typed", name="符校长")
    made.refresh_from_db()
    return made


def signed(agreement: Agreement) -> AgreementDocument:
    return agreement.documents.get(kind="signed")


def photograph(content: bytes, index: int = 0, longest: int = 2000, angle: float = 0) -> bytes:
    with rendering.opened(content) as document:
        picture = rendering.picture(document, index, longest)
    out = io.BytesIO()
    picture.convert("L").rotate(angle, expand=True, fillcolor=210).save(out, "JPEG", quality=70)
    return out.getvalue()


# Files --------------------------------------------------------------------------------------------------------------


def test_what_was_issued_is_ours_and_unchanged(agreement: Agreement) -> None:
    for document in (signed(agreement), final_text(agreement)):
        answer = verification.of_file(document.bytes())
        assert (answer.ours, answer.unchanged, answer.revoked, answer.how) == (True, True, False, "hash")
        assert (answer.number, answer.kind) == (agreement.number, "framework")
    assert verification.of_file(signed(agreement).bytes()).issued_on == agreement.signed_on


def test_a_changed_byte_anywhere_in_a_signed_pdf_is_reported(agreement: Agreement) -> None:
    whole = signed(agreement).bytes()
    named = 0
    places = list(range(7, len(whole), len(whole) // 23))
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 0x01
        answer = verification.of_file(bytes(changed))
        assert answer.unchanged is not True, f"a changed byte at {place} went unnoticed"
        named += answer.ours and answer.unchanged is False and answer.number == agreement.number
    # A byte may hit the very thing that names the agreement; nearly all must still be told whose paper was changed.
    assert named >= len(places) - 3


def test_what_was_added_behind_the_signature_is_reported(agreement: Agreement) -> None:
    whole = signed(agreement).bytes()
    for more in (b" ", b"\n% a comment\n"):
        answer = verification.of_file(whole + more)
        assert (answer.ours, answer.unchanged) == (True, False)
    page = pdf.as_pdf([{"kind": "title", "text": "补充条款"}], title="x", school="y", number="", code="AAAA-BBBB-CCCC")
    answer = verification.of_file(sealing.append(whole, page))
    assert (answer.ours, answer.unchanged) == (True, False)


def test_our_seal_vouches_for_a_file_that_the_database_has_lost(agreement: Agreement) -> None:
    whole = signed(agreement).bytes()
    AgreementDocument.objects.filter(kind="signed").update(sha256="0" * 64)
    answer = verification.of_file(whole)
    assert (answer.ours, answer.unchanged, answer.how) == (True, True, "signature")


def test_the_seal_of_another_college_is_not_ours(agreement: Agreement, settings: Any, tmp_path: Path) -> None:
    text = final_text(agreement).bytes()
    settings.HOME = tmp_path / "elsewhere"
    foreign = sealing.seal(text, school="别的学校", reason="x")
    settings.HOME = tmp_path
    seal = verification.seal_of(foreign)
    assert seal is not None and not seal.ours and not seal.intact
    # It holds our text, with a foreign signature behind it: not the file that we issued.
    answer = verification.of_file(foreign)
    assert (answer.ours, answer.unchanged) == (True, False)


@pytest.mark.parametrize("content", [b"%PDF-1.7 rubbish", b"", b"hello", b"%PDF-1.4\n%%EOF", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_paper_is_not_ours(content: bytes) -> None:
    assert verification.of_file(content) == verification.NOT_OURS


def test_a_pdf_from_elsewhere_is_not_ours(agreement: Agreement) -> None:
    other = pdf.as_pdf([{"kind": "title", "text": "合同"}], title="x", school="y", number="1", code="ABCD-EFGH-JKMN")
    assert not verification.of_file(other).ours


@pytest.mark.parametrize("angle", [0, 3, -90])
def test_a_photograph_names_its_agreement_but_not_whether_it_was_altered(agreement: Agreement, angle: float) -> None:
    answer = verification.of_file(photograph(final_text(agreement).bytes(), angle=angle))
    assert (answer.ours, answer.unchanged, answer.number) == (True, None, agreement.number)


def test_a_terminated_or_replaced_agreement_is_no_longer_valid(agreement: Agreement) -> None:
    chains.terminate(agreement, by=SYSTEM, ended_on=agreement.starts_on, comment="企业停业")
    answer = verification.of_file(signed(agreement).bytes())
    assert (answer.ours, answer.unchanged, answer.revoked) == (True, True, True)


def test_a_text_that_went_back_to_its_editor_is_withdrawn() -> None:
    agreement = started()
    assert not verification.of_file(final_text(agreement).bytes()).revoked
    actions.give_back(agreement, by=SYSTEM, comment="条款有误")
    assert verification.of_file(final_text(agreement).bytes()).revoked


# The statement ------------------------------------------------------------------------------------------------------


def test_the_statement_is_checked_with_nothing_but_the_public_key() -> None:
    said = sealing.Statement("7K3M-PQ9X-2RTV", "KJ-2026-05-012", "framework", "ab" * 12, date(2026, 3, 1))
    text = sealing.state(said)
    for key in (keys.public_key_text(), keys.public_key_pem()):
        assert sealing.verify_payload(text, key) == said
        assert sealing.verify_payload(f"https://example.edu.cn/v/{text}", key) == said
    other = Ed25519PrivateKey.generate().public_key()
    assert sealing.verify_payload(text, other) is None


def test_every_changed_character_of_a_statement_shows() -> None:
    said = sealing.Statement("7K3M-PQ9X-2RTV", "KJ-2026-05-012", "framework", "ab" * 12, date(2026, 3, 1))
    text, key = sealing.state(said), keys.public_key_text()
    for place, character in enumerate(text[:-1]):
        swapped = "B" if character == "A" else "A"
        assert sealing.verify_payload(text[:place] + swapped + text[place + 1 :], key) is None, place


@pytest.mark.parametrize(
    "text", ["", "ZX1", "ZX1..", "https://example.com", "x" * 5000, "ZX1." + "A" * 30 + "." + "A" * 86]
)
def test_what_is_no_statement_is_none(text: str) -> None:
    assert sealing.verify_payload(text, keys.public_key_text()) is None


def test_the_keys_are_made_once_and_stay(settings: Any, tmp_path: Path) -> None:
    first, signer = keys.public_key_text(), keys.signer("海南海棠职业学院").signing_cert
    assert keys.public_key_text() == first
    again = keys.signer("另一名称").signing_cert
    assert signer is not None and again is not None and again.dump() == signer.dump()
    assert (tmp_path / "cert" / "verify.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "cert" / "college.pem").stat().st_mode & 0o077 == 0
    assert [row.dump() for row in keys.certificates()] == [signer.dump()]


def test_a_configured_certificate_takes_the_place_of_the_own_one(settings: Any, tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    own = keys.signer("海南海棠职业学院").signing_cert
    pem = keys._new_certificate("校外认证机构签发")
    store = pkcs12.serialize_key_and_certificates(
        b"seal",
        serialization.load_pem_private_key(pem, password=None),  # type: ignore[arg-type]
        x509.load_pem_x509_certificate(pem),
        None,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "seal.p12").write_bytes(store)
    settings.ZHIXING = settings.ZHIXING | {
        "pdf_certificate": str(tmp_path / "seal.p12"),
        "pdf_certificate_password": "secret",
    }
    other = keys.signer("海南海棠职业学院").signing_cert
    assert own is not None and other is not None and other.dump() != own.dump()
    # What was sealed with the first is still ours.
    assert len(keys.certificates()) == 2
    settings.ZHIXING = settings.ZHIXING | {"pdf_certificate_password": "wrong"}
    keys._signer.cache_clear()
    with pytest.raises(keys.KeyFault):
        keys.signer("海南海棠职业学院")


# The page -----------------------------------------------------------------------------------------------------------


def ask(**data: Any) -> Any:
    return Client().post("/verify/", data)


def test_anybody_may_ask_and_is_told_nothing_about_any_person(agreement: Agreement) -> None:
    page = Client().get("/verify/")
    assert page.status_code == 200
    upload = SimpleUploadedFile("signed.pdf", signed(agreement).bytes(), "application/pdf")
    answers = [
        ask(file=upload),
        ask(text=signed(agreement).verify_code),
        Client().get(f"/v/{signed(agreement).verify_code}/2"),
    ]
    for answer in answers:
        text = answer.content.decode()
        assert answer.status_code == 200 and agreement.number in text
        for secret in ("王总", "符校长", "wang@example.com", "海南椰风", agreement.title):
            assert secret not in text
        assert "no-store" in answer.headers["Cache-Control"]


def test_the_page_tells_changed_from_foreign(agreement: Agreement) -> None:
    changed = signed(agreement).bytes() + b" "
    assert "is-bad" in ask(file=SimpleUploadedFile("a.pdf", changed)).content.decode()
    assert agreement.number in ask(file=SimpleUploadedFile("a.pdf", changed)).content.decode()
    foreign = ask(text="7K3M-PQ9X-2RTV").content.decode()
    assert "is-bad" in foreign and agreement.number not in foreign


@pytest.mark.parametrize("data", [{}, {"text": ""}])
def test_an_empty_question_is_answered_in_words(data: dict[str, str]) -> None:
    assert ask(**data).status_code == 422


def test_a_file_that_is_neither_pdf_nor_picture_is_refused() -> None:
    assert ask(file=SimpleUploadedFile("a.txt", b"hello")).status_code == 422
    assert ask(file=SimpleUploadedFile("a.pdf", b"hello")).status_code == 422


def test_the_page_is_slow_for_whoever_asks_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views_verify, "LOOKS", 3)
    assert [ask(text="7K3M-PQ9X-2RTV").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert Client().get("/verify/").status_code == 200


def test_the_statement_in_the_qr_leads_to_the_page(agreement: Agreement) -> None:
    found = sealing.STATEMENT.search(final_text(agreement).bytes().decode("latin-1"))
    assert found
    page = Client().get(f"/v/{found[0]}").content.decode()
    assert agreement.number in page and "is-good" in page
    forged = found[0][:-3] + ("AAA" if not found[0].endswith("AAA") else "BBB")
    assert "is-bad" in Client().get(f"/v/{forged}").content.decode()


def test_the_public_key_is_published() -> None:
    assert keys.public_key_text() in Client().get("/verify/public-key").content.decode()
    assert Client().get("/verify/public-key.pem").content.decode() == keys.public_key_pem()
    assert Client().get("/verify/public-key.svg").headers["Content-Type"] == "image/svg+xml"


# The verb -----------------------------------------------------------------------------------------------------------


def verify(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], int]:
    code = 0
    try:
        call_command("verify", str(path), "--json")
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    return json.loads(capsys.readouterr().out), code


def test_the_verb_says_it_in_json(agreement: Agreement, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(signed(agreement).bytes())
    assert verify(path, capsys) == (
        {
            "ours": True,
            "unchanged": True,
            "kind": "framework",
            "number": agreement.number,
            "issued_on": agreement.signed_on.isoformat() if agreement.signed_on else None,
            "revoked": False,
        },
        0,
    )
    path.write_bytes(signed(agreement).bytes()[:-1] + b"!")
    answer, code = verify(path, capsys)
    assert (answer["ours"], answer["unchanged"], code) == (True, False, 1)
    path.write_bytes(b"%PDF-1.4 other")
    answer, code = verify(path, capsys)
    assert (answer["ours"], code) == (False, 1)


def test_the_verb_refuses_a_bad_call(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    for path in (tmp_path / "missing.pdf", tmp_path / "empty.pdf", tmp_path):
        with pytest.raises(CommandError) as refused:
            call_command("verify", str(path), "--json")
        assert refused.value.returncode == 2


def test_hashes_in_the_register_are_those_of_the_files(agreement: Agreement) -> None:
    for document in agreement.documents.all():
        assert document.sha256 == sha256(document.bytes()).hexdigest()
