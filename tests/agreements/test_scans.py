"""Paper as an equal: piles of scans and photographs find their agreements, and whole papers are signatures."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from tests.agreements.at_once import leave_at_once, own_keys  # noqa: F401
from tests.agreements.papers import approved, final_text, leader, request_of, started
from tests.factories import World, valid_uscc
from zhixing.agreements import rendering, scans, signing
from zhixing.agreements.models import Agreement, AgreementDocument, Signature
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import SYSTEM
from zhixing.org.actors import actor_for

pytestmark = pytest.mark.django_db


def pictures(document: AgreementDocument, longest: int = 2200) -> list[Image.Image]:
    content = document.bytes()
    with rendering.opened(content) as opened:
        return [rendering.picture(opened, index, longest).convert("L") for index in range(len(opened))]


def jpeg(picture: Image.Image, name: str = "photo.jpg") -> SimpleUploadedFile:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=65)
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def scan_pdf(found: list[Image.Image], name: str = "scan.pdf") -> SimpleUploadedFile:
    """What a scanner makes: pictures in a PDF, a little askew, no text."""
    out = io.BytesIO()
    askew = [picture.rotate(0.7, fillcolor=245) for picture in found]
    askew[0].save(out, "PDF", save_all=True, append_images=askew[1:], resolution=180)
    return SimpleUploadedFile(name, out.getvalue(), "application/pdf")


def on_paper(agreement: Agreement | None = None, **given: Any) -> Agreement:
    """Both sides sign on paper, one after the other."""
    agreement = agreement or approved(**given)
    both = agreement.parties.order_by("-order")
    return started(
        agreement=agreement, signers=[signing.as_signer(party, "paper", n) for n, party in enumerate(both, 1)]
    )


def take_in(*files: SimpleUploadedFile, by: Any = SYSTEM, days_ago: int = 0) -> scans.Pile:
    return scans.take_in(files, by=by, signed_on=timezone.localdate() - timedelta(days=days_ago))


def test_a_mixed_pile_finds_its_agreements_in_any_order() -> None:
    first, second = on_paper(), on_paper(firm="三亚海湾免税品有限公司", uscc=valid_uscc(77))
    sheets = [*pictures(final_text(first)), *pictures(final_text(second))]
    foreign = Image.new("L", (1200, 1700), 255)
    pile = take_in(scan_pdf([foreign, *reversed(sheets)]), days_ago=2)
    assert {match.document.agreement_id for match in pile.matches} == {first.pk, second.pk}
    assert [(sheet.file, sheet.place, sheet.code) for sheet in pile.unmatched] == [("scan.pdf", 1, "")]
    for agreement in (first, second):
        agreement.refresh_from_db()
        assert agreement.status == "in_force"
        assert agreement.signed_on == timezone.localdate() - timedelta(days=2)
        signatures = Signature.objects.filter(request__agreement=agreement)
        assert {row.method for row in signatures} == {"paper"} and signatures.count() == 2
        scan = agreement.documents.get(kind="scan")
        assert {row.evidence["scan_sha256"] for row in signatures} == {scan.sha256}
        assert scan.source == final_text(agreement) and scan.pages == final_text(agreement).pages
        assert signing.broken_evidence(agreement) == []


def test_photographs_may_come_sideways_and_on_several_days() -> None:
    agreement = on_paper()
    sheets = pictures(final_text(agreement))
    assert len(sheets) > 1
    pile = take_in(jpeg(sheets[-1].rotate(90, expand=True)))
    (match,) = pile.matches
    assert match.lacking == list(range(1, len(sheets))) and not match.signed
    agreement.refresh_from_db()
    assert agreement.status == "signing" and not Signature.objects.exists()
    pile = take_in(*(jpeg(sheet.rotate(180), f"p{n}.jpg") for n, sheet in enumerate(sheets[:-1])))
    assert pile.matches[0].lacking == [] and len(pile.matches[0].signed) == 2
    agreement.refresh_from_db()
    assert agreement.status == "in_force"


def test_the_same_pile_twice_signs_once() -> None:
    agreement = on_paper()
    sheets = pictures(final_text(agreement))
    take_in(scan_pdf(sheets))
    again = take_in(scan_pdf(sheets))
    assert again.matches[0].signed == [] and not again.matches[0].refused
    assert Signature.objects.filter(request__agreement=agreement).count() == 2


def test_firm_on_paper_then_school_inside(world: World) -> None:
    agreement = approved(unit=world.own)
    school, firm = agreement.parties.order_by("order")
    started(agreement=agreement, signers=[signing.as_signer(firm, "paper", 1), signing.as_signer(school, "inside", 2)])
    take_in(scan_pdf(pictures(final_text(agreement))))
    agreement.refresh_from_db()
    assert agreement.status == "signing"
    assert (request_of(agreement, "enterprise").state, request_of(agreement, "school").state) == ("signed", "open")
    signing.sign(request_of(agreement, "school"), by=leader(world), method="typed", name="符校长")
    agreement.refresh_from_db()
    assert agreement.status == "in_force" and agreement.documents.filter(kind="signed").count() == 1


def test_paper_does_not_overtake_whoever_signs_by_link_before() -> None:
    agreement = approved()
    school, firm = agreement.parties.order_by("order")
    started(agreement=agreement, signers=[signing.as_signer(firm, "link", 1), signing.as_signer(school, "paper", 2)])
    pile = take_in(scan_pdf(pictures(final_text(agreement))))
    assert pile.matches[0].signed == []
    signing.sign(
        request_of(agreement, "enterprise"), by=SYSTEM, method="typed", name="王总", link=OutsideLink.objects.get()
    )
    assert request_of(agreement, "school").state == "open"


def test_pages_of_another_college_are_told_as_unmatched(world: World) -> None:
    agreement = on_paper(unit=world.sibling)
    pile = take_in(scan_pdf(pictures(final_text(agreement))), by=actor_for(world.users["secretary"]))
    assert not pile.matches and pile.unmatched
    agreement.refresh_from_db()
    assert agreement.status == "signing"


def test_what_cannot_be_opened_is_named_and_the_rest_is_taken() -> None:
    agreement = on_paper()
    broken = SimpleUploadedFile("broken.pdf", b"%PDF-1.7\nnothing more", "application/pdf")
    pile = take_in(broken, scan_pdf(pictures(final_text(agreement))))
    assert pile.unreadable == ["broken.pdf"] and len(pile.matches) == 1


def test_a_file_that_lies_about_its_type_is_refused() -> None:
    with pytest.raises(ValidationError):
        take_in(SimpleUploadedFile("scan.pdf", b"MZ\x90\x00 not a pdf", "application/pdf"))


def test_the_day_of_signing_is_not_in_the_future() -> None:
    agreement = on_paper()
    pile = take_in(scan_pdf(pictures(final_text(agreement))), days_ago=-1)
    assert pile.matches[0].refused and not Signature.objects.exists()


def test_the_page_sorts_an_upload(world: World) -> None:
    agreement = on_paper(unit=world.own)
    client = world.client("office")
    assert agreement.title in client.get("/agreements/signing/scans/").content.decode()
    data = {"scans": scan_pdf(pictures(final_text(agreement))), "signed_on": timezone.localdate().isoformat()}
    page = client.post("/agreements/signing/scans/", data)
    assert page.status_code == 200 and 'id="pile"' in page.content.decode()
    agreement.refresh_from_db()
    assert agreement.status == "in_force"
    assert world.client("student").get("/agreements/signing/scans/").status_code == 403
