"""Agreements on the way to their signatures, made through the very acts that people use."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

from django.core import mail
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from tests.factories import make
from zhixing.agreements import actions, signing
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementKind, AgreementParty, SignatureRequest
from zhixing.agreements.seeding import load_kinds
from zhixing.kernel.links import digest_of
from zhixing.kernel.models import OutsideLink
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import School, Unit
from zhixing.partners.models import Organisation

BROWSER = "Mozilla/5.0 (tests)"


def kind(code: str = "framework") -> AgreementKind:
    load_kinds()
    return AgreementKind.objects.get(code=code)


def approved(unit: Unit | None = None, **given: Any) -> Agreement:
    """An agreement of school and firm, approved and numbered, whose firm can be reached by mail."""
    if not School.objects.exists():
        make(School, name="海南海棠职业学院")
    unit = unit or make(Unit, kind="college")
    firm = make(
        Organisation, name=given.pop("firm", "海南椰风酒店管理有限公司"), uscc=given.pop("uscc", "91460100MA5T0A1B2C")
    )
    today = timezone.localdate()
    values = {
        "kind": kind(),
        "title": "校企合作框架协议",
        "unit": unit,
        "counterparty": firm,
        "starts_on": today,
        "ends_on": date(today.year + 4, today.month, 1) + timedelta(days=27),
    } | given
    agreement = Agreement.objects.create(**values)
    AgreementParty.objects.create(
        agreement=agreement,
        order=1,
        role="school",
        name="海南海棠职业学院",
        signatory="符校长",
        confirmed_at=timezone.now(),
    )
    AgreementParty.objects.create(
        agreement=agreement,
        order=2,
        role="enterprise",
        organisation=firm,
        name=firm.name,
        uscc=firm.uscc,
        address="海口市美兰区海棠路 8 号",
        signatory="王总",
        signatory_position="总经理",
        email="wang@example.com",
        confirmed_at=timezone.now(),
    )
    agreement.contents = actions.first_wording(agreement)
    with transaction.atomic():
        actions.give_number(agreement)
        agreement.status = "approved"
        agreement.save()
    return agreement


def final_text(agreement: Agreement) -> AgreementDocument:
    return agreement.documents.get(kind="final")


def started(signers: list[signing.Signer] | None = None, **given: Any) -> Agreement:
    """An agreement that is being signed: firm first by link, then the school inside, unless said otherwise."""
    agreement = given.pop("agreement", None) or approved(**given)
    actions.start_signing(agreement, by=SYSTEM, signers=signers)
    agreement.refresh_from_db()
    return agreement


def request_of(agreement: Agreement, role: str) -> SignatureRequest:
    return agreement.signature_requests.filter(party__role=role).latest("pk")


def last_link() -> str:
    """The path of the link in the last mail."""
    return "/l/" + re.findall(r"/l/(\S+/)", mail.outbox[-1].body)[-1]


def link_of(path: str) -> OutsideLink:
    return OutsideLink.objects.get(digest=digest_of(path.strip("/").split("/")[1]))


def code_in_mail() -> str:
    return re.findall(r"\d{6}", mail.outbox[-1].body)[-1]


def ink() -> bytes:
    """A drawn signature as the canvas sends it, PNG on nothing."""
    picture = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(40, 150), (200, 40), (300, 160), (520, 60)], fill=(16, 33, 58, 255), width=6)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def leader(world: Any) -> Actor:
    return actor_for(world.users["leader"])
