"""Papers: one wording for Word and PDF, kept with its version and data, and what a wrong template is told."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from datetime import date
from decimal import Decimal

import docx
import pytest
from django.core.exceptions import ValidationError

from tests.agreements import makers
from zhixing.agreements import documents, layout, pdf
from zhixing.agreements.models import AgreementDocument, AgreementKind, Template
from zhixing.agreements.wording import amount_words, data_of
from zhixing.kernel.scope import SYSTEM

pytestmark = pytest.mark.usefixtures("today")


def word_file(*lines: str) -> bytes:
    paper = docx.Document()
    for line in lines:
        paper.add_paragraph(line)
    made = io.BytesIO()
    paper.save(made)
    return made.getvalue()


def words_of(content: bytes) -> str:
    paper = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


def test_every_shipped_kind_has_a_template_that_says_all_it_must(home: makers.College) -> None:
    for kind in AgreementKind.objects.all():
        given = {"student": home.student} if "student" in kind.roles else {}
        if kind.code == "association":
            given["counterparty"] = home.association
        record = makers.ready(home, kind.code, title=kind.name, amount=Decimal("12000.50"), **given)
        text = "\n".join(
            block.get("text", "") for block in layout.blocks(documents.shipped_content(kind), data_of(record))
        )
        for spec in kind.contents:
            assert record.contents[spec["code"]].splitlines()[0] in text, f"{kind.code}: {spec['code']}"
        assert "2026年3月1日" in text and "36个月" in text and "壹万贰仟元伍角整" in text
        assert "{{" not in text and "{%" not in text and "None" not in text


def test_word_and_pdf_say_the_same(home: makers.College) -> None:
    record = makers.ready(home, counterparty=home.firm, note="", title="合作 <甲> & 乙")
    word = documents.preview(record, format="docx")
    said = words_of(word)
    for block in layout.blocks(documents.shipped_content(record.kind), data_of(record)):
        for piece in [block["text"]] if "text" in block else [cell for row in block["rows"] for cell in row]:
            assert piece in said
    assert documents.preview(record).startswith(b"%PDF-")


def test_a_document_keeps_version_data_hash_and_can_be_made_again(home: makers.College) -> None:
    record = makers.ready(home)
    made = documents.make_document(record, by=SYSTEM)
    content = made.bytes()
    assert made.sha256 == hashlib.sha256(content).hexdigest() and made.size == len(content) and made.pages >= 1
    assert (made.template.version, made.template_version) == (1, 1)
    assert len(made.verify_code) == 14
    record.title = "改了名字"
    record.save()
    kept = AgreementDocument.objects.get(pk=made.pk)
    assert kept.data["title"] == "校企合作协议"
    assert documents.again(kept) == content
    assert documents.make_document(record, by=SYSTEM).bytes() != content


def test_conditions_decide_whether_a_passage_stands(home: makers.College) -> None:
    record = makers.ready(home, takes_interns=False)
    plain = str(layout.blocks(documents.shipped_content(record.kind), data_of(record)))
    record.takes_interns = True
    with_interns = str(layout.blocks(documents.shipped_content(record.kind), data_of(record)))
    assert "实习学生权益保障" not in plain and "实习学生权益保障" in with_interns


def test_a_new_version_ends_the_one_before(home: makers.College) -> None:
    kind = makers.kind("framework")
    first = documents.ensure_template(kind)
    content = word_file("{{ title }}", "{%p if amount %}", "金额{{ amount }}元", "{%p endif %}", "{{ c.goals }}")
    with pytest.raises(ValidationError):
        documents.add_template(kind, content, title="第二版", effective_from=first.effective_from, by=SYSTEM)
    second = documents.add_template(kind, content, title="第二版", effective_from=date(2026, 4, 1), by=SYSTEM)
    first.refresh_from_db()
    assert (first.effective_to, second.version) == (date(2026, 3, 31), 2)
    assert documents.template_in_force(kind, date(2026, 3, 31)) == first
    assert documents.template_in_force(kind, date(2026, 4, 1)) == second
    assert {(f["name"], f["condition"]) for f in second.fields} == {
        ("title", False),
        ("amount", True),
        ("c.goals", False),
    }


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("{{ titel }}",), "unknown_field"),
        (("{{ c.nothing }}",), "unknown_field"),
        (("{%p if title %}",), "syntax"),
        (("{{ title",), "syntax"),
    ],
)
def test_a_wrong_template_is_refused_in_words(home: makers.College, lines: tuple[str, ...], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        documents.add_template(
            makers.kind("framework"), word_file(*lines), title="错", effective_from=date(2027, 1, 1), by=SYSTEM
        )
    assert refused.value.code == code
    assert not Template.objects.filter(title="错").exists()


def test_what_is_no_word_file_is_refused(home: makers.College) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "a")
    for content in (b"%PDF-1.7", packed.getvalue()):
        with pytest.raises(ValidationError) as refused:
            documents.checked_fields(makers.kind("framework"), content)
        assert refused.value.code == "not_word"


def test_a_template_cannot_reach_out_of_its_sandbox(home: makers.College) -> None:
    record = makers.ready(home)
    content = word_file("{{ title.__class__.__mro__ }}")
    with pytest.raises(ValidationError):
        documents.preview(record, content)
    with pytest.raises(ValidationError):
        documents.preview(record, content, format="docx")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("12000.50", "壹万贰仟元伍角整"),
        ("100001", "壹拾万零壹元整"),
        ("20300400", "贰仟零叁拾万零肆佰元整"),
        ("1000000.05", "壹佰万元零伍分"),
        ("10000000000", "壹佰亿元整"),
        ("1010", "壹仟零壹拾元整"),
    ],
)
def test_amounts_in_capital_figures(amount: str, words: str) -> None:
    assert amount_words(Decimal(amount)) == words


def test_twenty_papers_a_second_on_one_core(home: makers.College) -> None:
    """Processor time, not the clock: the machine may be busy with other things."""
    record = makers.ready(home, "order_class")
    content, data = documents.shipped_content(record.kind), data_of(record)
    pdf.as_pdf(layout.blocks(content, data), title="", school="", number="", code=documents.new_code())
    number, begun = 20, time.process_time()
    for i in range(number):
        data["title"] = f"第{i}号协议"
        pdf.as_pdf(
            layout.blocks(content, data), title=data["title"], school="", number=str(i), code=documents.new_code()
        )
    assert number / (time.process_time() - begun) >= 20
