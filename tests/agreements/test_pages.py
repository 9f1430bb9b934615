"""The pages that no sheet makes: previews, files, a new template, and a firm that confirms its data by a link."""

from __future__ import annotations

import io
import re
from datetime import date

import docx
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.agreements import makers
from tests.agreements.at_once import leave_at_once  # noqa: F401
from tests.factories import World
from zhixing.agreements import documents
from zhixing.agreements.models import Agreement, AgreementParty, Template
from zhixing.kernel.scope import SYSTEM

pytestmark = pytest.mark.django_db
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def word_file(*lines: str) -> SimpleUploadedFile:
    paper = docx.Document()
    for line in lines:
        paper.add_paragraph(line)
    made = io.BytesIO()
    paper.save(made)
    return SimpleUploadedFile("模板.docx", made.getvalue(), WORD)


def test_a_record_shows_where_it_stands_and_what_is_wrong(world: World, home: makers.College) -> None:
    record = makers.agreement(home)
    page = world.client("office").get(f"/agreements/agreement/{record.pk}/").content.decode()
    for words in ("王芳", "第八条", "须整改"):
        assert words in page
    assert "提交审批" in page and "可签署" not in page


def test_previews_are_paper_and_keep_nothing(world: World, home: makers.College) -> None:
    record = makers.ready(home)
    client = world.client("office")
    assert client.get(f"/agreements/agreement/{record.pk}/preview.pdf").content.startswith(b"%PDF-")
    word = client.get(f"/agreements/agreement/{record.pk}/preview.docx")
    assert docx.Document(io.BytesIO(word.content)).paragraphs[0].text == record.title
    assert client.get(f"/agreements/agreement/{record.pk}/preview.exe").status_code == 404
    assert not record.documents.exists() and not Template.objects.exists()


def test_the_text_is_written_on_the_page(world: World, home: makers.College) -> None:
    record = makers.agreement(home, "order_class")
    client, url = world.client("office"), f"/agreements/agreement/{record.pk}/act/contents/"
    assert "合作目标与任务" in client.get(url).content.decode()
    sent = {"content_goals": "为酒店群培养前厅管理人才", "detail_places": "40"}
    assert client.post(url, sent).status_code == 302
    record.refresh_from_db()
    assert record.contents["goals"] == "为酒店群培养前厅管理人才" and record.details["places"] == "40"


def test_a_document_is_made_and_fetched_as_it_was_made(world: World, home: makers.College) -> None:
    record = makers.ready(home)
    client = world.client("office")
    sent = {"kind": "draft", "format": "docx"}
    assert client.post(f"/agreements/agreement/{record.pk}/act/document/", sent).status_code == 302
    document = record.documents.get()
    fetched = b"".join(client.get(f"/agreements/agreement_document/{document.pk}/file/").streaming_content)
    assert fetched == document.bytes()
    assert world.client("nobody").get(f"/agreements/agreement_document/{document.pk}/file/").status_code == 403


def test_a_template_is_looked_at_first_and_then_put_in_force(world: World, home: makers.College) -> None:
    makers.ready(home)
    kind = makers.kind("framework")
    documents.ensure_template(kind)
    client, url = world.client("office"), f"/agreements/agreement_kind/{kind.pk}/template/"
    sent = {"title": "第二版", "effective_from": "2099-01-01"}
    shown = client.post(url, {**sent, "file": word_file("{{ title }}"), "preview": "1"})
    assert shown.content.startswith(b"%PDF-") and kind.templates.count() == 1
    wrong = client.post(url, {**sent, "file": word_file("{{ titel }}")})
    assert wrong.status_code == 422 and "titel" in wrong.content.decode()
    assert client.post(url, {**sent, "file": word_file("{{ title }}")}).status_code == 302
    assert kind.templates.get(version=2).effective_from == date(2099, 1, 1)
    assert world.client("teacher").get(url).status_code == 403


def test_a_firm_confirms_its_own_data_by_a_link_that_opening_does_not_use_up(
    world: World, home: makers.College
) -> None:
    from zhixing.agreements import actions

    record = makers.agreement(home)
    actions.ask(record, by=SYSTEM)
    party = AgreementParty.objects.get(agreement=record, role="enterprise")
    party.email = "li@example.com"
    party.save()
    page = world.client("office").post(f"/agreements/agreement_party/{party.pk}/act/link/").content.decode()
    link = re.search(r"/l/[\w-]+/", page)
    assert link and link[0] in mail.outbox[-1].body
    outside = Client()
    for _i in range(2):
        assert home.firm.name in outside.get(link[0]).content.decode()
    sent = {
        "uscc": party.uscc,
        "address": "海口市龙华区1号",
        "signatory": "李经理",
        "contact": "李经理",
        "phone": "13800000000",
        "email": "li@example.com",
        "confirmed_by": "李经理",
    }
    other = {**sent, "uscc": "91460100MA5T0A1B2C"}
    assert outside.post(link[0], other).status_code == 422
    assert outside.post(link[0], sent).status_code == 200
    party.refresh_from_db()
    assert (party.confirmed_by, party.address) == ("李经理", "海口市龙华区1号")
    assert outside.post(link[0], sent).status_code == 410


def test_what_was_approved_is_not_changed_on_the_edit_page(world: World, home: makers.College) -> None:
    record = makers.approved(home)
    client, url = world.client("office"), f"/agreements/agreement/{record.pk}/edit/"
    form = client.get(url).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    sent = {**sent, "title": "偷偷改名", "counterparty": home.firm.uscc, "owner": home.keeper.staff_number}
    answer = client.post(url, sent)
    assert answer.status_code == 422
    record.refresh_from_db()
    assert record.title == "校企合作协议" and record.status == Agreement.Status.APPROVED
