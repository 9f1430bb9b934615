"""Assessment reports: the same content as PDF, Word and Excel; who may make them; frozen years; the same bytes for the same facts."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path

import openpyxl
import pypdf
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.translation import override
from docx import Document

from tests.factories import make
from tests.insights.conftest import Place
from zhixing.governance.models import TaskAppraisal
from zhixing.insights import figures, reports
from zhixing.insights.documents.facts import gather
from zhixing.insights.models import Report
from zhixing.kernel.models import Progress
from zhixing.kernel.scope import SYSTEM
from zhixing.policy.engine import assess
from zhixing.policy.models import Standing


@pytest.fixture
def red(place: Place) -> Place:
    """The group's only link has ended; one task is late, one was appraised."""
    place.link.ends_on = place.today - timedelta(days=1)
    place.link.save()
    late = place.task("逾期的调研任务", -1)
    make(TaskAppraisal, task=late, appraised_on=place.today, grade="good", score=88, appraiser=place.people["dean"])
    assess()
    return place


def squeeze(text: str) -> str:
    return "".join(text.split())


def pdf_text(content: bytes) -> str:
    return squeeze("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))


def docx_text(content: bytes) -> str:
    paper = Document(io.BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return squeeze("".join(p.text for p in paper.paragraphs) + "".join(cells))


def test_figures_read_as_people_say_them(red: Place) -> None:
    single = Standing.objects.select_related("rule", "version").get(
        rule__code="R01", unit_scope="major_group", year=red.year_code
    )
    rolled = Standing.objects.select_related("rule", "version").get(
        rule__code="R01", unit_scope="college", unit=red.own, year=red.year_code
    )
    assert (figures.value_words(single), figures.target_words(single)) == ("0", "≥1")
    assert (figures.value_words(rolled), figures.target_words(rolled)) == ("0%", "100%")


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_the_paper_tells_unit_rules_values_rows_and_what_would_mend_it(red: Place, kind: str) -> None:
    with override("zh-hans"):
        made = reports.make(red.own, None, kind, SYSTEM)
    text = pdf_text(made.content) if kind == "pdf" else docx_text(made.content)
    for words in (
        "海南样例职业学院",
        "本学院",
        "专业群联系行业组织",
        "样例专业群",
        "0/≥1",
        "未达标",
        "逾期的调研任务",
        "整改建议",
        "单位负责人（盖章）",
        red.people["group_leader"].name,
        made.facts.number,
    ):
        assert squeeze(words) in text, words
    assert made.facts.fingerprint in text
    assert red.sibling.name not in text


def test_a_link_that_ended_is_in_the_colleges_report_and_one_added_takes_it_out(red: Place) -> None:
    facts = gather(red.own, None, SYSTEM)
    assert [s.unit_name for s in facts.red if s.rule.code == "R01"] == ["样例专业群"]
    red.link.ends_on = red.today + timedelta(days=900)
    red.link.save()
    assess()
    facts = gather(red.own, None, SYSTEM)
    assert not [s for s in facts.red if s.rule.code == "R01"]
    (standing,) = [s for s in facts.parts if s.rule.code == "R01"]
    assert [row["id"] for row in facts.evidence[standing.pk]] == [red.link.pk]


def test_paper_and_word_file_tell_the_same_in_the_same_order(red: Place) -> None:
    with override("zh-hans"):
        texts = [
            pdf_text(reports.make(red.own, None, "pdf", SYSTEM).content),
            docx_text(reports.make(red.own, None, "docx", SYSTEM).content),
        ]
    for text in texts:
        places = [
            text.index(heading)
            for heading in (
                "一、基本情况",
                "二、条款达标情况",
                "三、未达标与预警事项",
                "四、趋势预判",
                "五、任务书执行情况",
                "六、任务考核情况",
            )
        ]
        assert places == sorted(places)


def test_the_report_speaks_the_readers_language(red: Place) -> None:
    with override("en"):
        text = pdf_text(reports.make(red.own, None, "pdf", SYSTEM).content)
    assert squeeze("Industry organisations") in text and squeeze("Not met") in text and "未达标" not in text


def test_the_workbook_holds_summary_standings_rows_and_tasks(red: Place) -> None:
    with override("zh-hans"):
        made = reports.make(red.own, None, "xlsx", SYSTEM)
    book = openpyxl.load_workbook(io.BytesIO(made.content))
    assert book.sheetnames == ["汇总", "达标情况", "佐证", "任务"]
    rows = [list(row) for row in book["达标情况"].iter_rows(values_only=True)]
    (r01,) = [row for row in rows if row[1] == "R01" and row[4] == "样例专业群"]
    assert r01[7] == 0 and r01[8] == 1 and r01[9] == "未达标"
    assert any(row[0] == "逾期的调研任务" for row in book["任务"].iter_rows(values_only=True))
    assert any(row[1] == made.facts.number for row in book["汇总"].iter_rows(values_only=True))


def test_the_workbook_never_holds_a_formula(red: Place) -> None:
    red.task('=HYPERLINK("https://example.com")', 0)
    book = openpyxl.load_workbook(io.BytesIO(reports.make(red.own, None, "xlsx", SYSTEM).content))
    types = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in types


@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx"])
def test_the_same_facts_give_the_same_bytes(red: Place, kind: str) -> None:
    assert reports.make(red.own, None, kind, SYSTEM).content == reports.make(red.own, None, kind, SYSTEM).content


def test_the_schools_report_holds_every_college(red: Place) -> None:
    text = pdf_text(reports.make(red.school, None, "pdf", SYSTEM).content)
    assert red.own.name in text and "样例专业群" in text


def test_a_closed_year_tells_its_frozen_standings(red: Place) -> None:
    from zhixing.policy.models import YearClose

    past = f"{red.year.starts_on.year - 1}-{red.year.starts_on.year}"
    assess(year=past)
    call_command("close-year", past, stdout=io.StringIO())
    before = gather(red.own, past, SYSTEM)
    red.link.delete()
    assess()
    after = gather(red.own, past, SYSTEM)
    assert after.frozen and after.closed_hash == YearClose.objects.get(year=past).hash
    assert after.fingerprint == before.fingerprint


# The page -----------------------------------------------------------------------------------------------------------


def order(place: Place, role: str, unit: object, kind: str = "pdf") -> object:
    return place.client(role).post(reverse("reports"), {"unit": unit.pk, "year": place.year_code, "format": kind})  # type: ignore[attr-defined]


def test_a_dean_makes_and_fetches_the_own_colleges_report(red: Place) -> None:
    answer = order(red, "dean", red.own)
    report = Report.objects.get()
    assert answer.status_code == 302 and f"made={report.pk}" in answer["Location"]  # type: ignore[attr-defined, index]
    page = red.client("dean").get(answer["Location"]).content.decode()  # type: ignore[index]
    assert report.number in page and "⟦undefined" not in page
    fetched = red.client("dean").get(reverse("report-file", args=[report.pk]))
    content = b"".join(fetched.streaming_content)
    assert hashlib.sha256(content).hexdigest() == report.sha256 and fetched["Content-Type"] == "application/pdf"
    assert "attachment" in fetched["Content-Disposition"]


def test_a_dean_reaches_no_other_colleges_report(red: Place) -> None:
    assert order(red, "dean", red.sibling).status_code == 422  # type: ignore[attr-defined]
    assert order(red, "dean", red.school).status_code == 422  # type: ignore[attr-defined]
    assert not Report.objects.exists()
    order(red, "office", red.sibling)
    foreign = Report.objects.get(unit=red.sibling)
    assert red.client("dean").get(reverse("report-file", args=[foreign.pk])).status_code == 404
    assert foreign.number not in red.client("dean").get(reverse("reports")).content.decode()


@pytest.mark.parametrize(
    ("role", "sees", "makes"),
    [
        ("office", True, True),
        ("leader", True, True),
        ("secretary", True, True),
        ("auditor", True, False),
        ("teacher", False, False),
        ("student", False, False),
    ],
)
def test_who_may_see_and_make_reports(red: Place, role: str, sees: bool, makes: bool) -> None:
    assert red.client(role).get(reverse("reports")).status_code == (200 if sees else 403)
    assert order(red, role, red.own, "xlsx").status_code == (302 if makes else 403)  # type: ignore[attr-defined]
    assert Report.objects.count() == int(makes)


def test_the_schools_report_is_watched_on_its_own_page(red: Place) -> None:
    answer = order(red, "office", red.school, "docx")
    row = Progress.objects.get()
    assert answer["Location"] == reverse("job", args=[row.pk])  # type: ignore[index]
    assert row.state == "done", row.message
    page = red.client("office").get(answer["Location"]).content.decode()  # type: ignore[index]
    assert f"made={Report.objects.get().pk}" in page


def test_the_list_of_reports_costs_the_same_for_many(red: Place, django_assert_max_num_queries: object) -> None:
    for _i in range(3):
        order(red, "office", red.own, "xlsx")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        red.client("office").get(reverse("reports"))


# The command --------------------------------------------------------------------------------------------------------


def test_the_command_writes_a_file_and_tells_what_it_holds(red: Place, tmp_path: Path) -> None:
    out, target = io.StringIO(), tmp_path / "report.pdf"
    call_command("report", unit=red.own.code, out=str(target), json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert told["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert told["unit"] == red.own.code and told["format"] == "pdf" and told["standings"] > 0


@pytest.mark.parametrize(
    "given",
    [
        {"unit": "W1", "out": "x.txt"},
        {"unit": "NONE", "out": "x.pdf"},
        {"unit": "W1", "out": "x.pdf", "year": "2025"},
        {"unit": "W1", "out": "/no/such/x.pdf"},
    ],
)
def test_a_bad_call_is_one_sentence_and_writes_nothing(red: Place, tmp_path: Path, given: dict[str, str]) -> None:
    target = given["out"] if given["out"].startswith("/") else str(tmp_path / given["out"])
    with pytest.raises(CommandError) as refused:
        call_command("report", **{**given, "out": target})
    assert refused.value.returncode == 2 and not list(tmp_path.iterdir())
