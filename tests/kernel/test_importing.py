"""The import of a messy register: the preview tells exactly what the commit does, twice is once, and it can be undone."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from tests.kernel import registers
from zhixing.kernel import importing
from zhixing.kernel.models import Event, ImportRun
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.partners.models import Organisation

pytestmark = pytest.mark.django_db

KEY = "partners.organisation"


def bring(data: bytes, by: Actor = SYSTEM, name: str = "登记表.xlsx") -> ImportRun:
    run, _reading = importing.start(sheet_for(KEY), data, name, by=by)
    return run


def test_preview_tells_exactly_what_is_in_the_file():
    run = bring(registers.organisations(200))
    outcome = importing.preview(run, by=SYSTEM)
    assert outcome.counts["rows"] == 205
    assert (outcome.counts["new"], outcome.counts["changed"], outcome.counts["same"], outcome.counts["faulty"]) == (200, 0, 0, 5)
    assert sorted(code for *_rest, code, _message in outcome.faults).count("duplicate") == 2
    assert sum(1 for fault in outcome.faults if fault[3].startswith("uscc")) == 3
    assert not Organisation.objects.exists()


def test_commit_brings_in_the_good_rows_and_a_second_import_changes_nothing():
    data = registers.organisations(200)
    run = bring(data)
    importing.commit(run, by=SYSTEM)
    assert Organisation.objects.count() == 200
    first = Organisation.objects.get(uscc=registers.code(0))
    assert first.name == "海南第0号试验有限公司"
    assert first.staff_count == 120
    assert first.founded_on.isoformat() == "2010-01-01"
    assert first.normalised_name == "海南第0号试验"
    assert Event.objects.filter(record_type=KEY, verb="imported").count() == 200
    again = bring(data)
    outcome = importing.commit(again, by=SYSTEM)
    assert (outcome.counts["new"], outcome.counts["changed"], outcome.counts["same"]) == (0, 0, 200)
    assert Event.objects.filter(record_type=KEY, verb="imported").count() == 200


def test_a_committed_file_is_not_committed_twice():
    run = bring(registers.organisations(5))
    importing.commit(run, by=SYSTEM)
    with pytest.raises(ValidationError):
        importing.commit(run, by=SYSTEM)


def test_changed_rows_are_told_apart_and_undo_restores_them():
    importing.commit(bring(registers.organisations(20, bad=0, doubles=0)), by=SYSTEM)
    Organisation.objects.filter(uscc=registers.code(3)).update(staff_count=77)
    Organisation.objects.filter(uscc=registers.code(4)).delete()
    run = bring(registers.organisations(20, bad=0, doubles=0))
    outcome = importing.commit(run, by=SYSTEM)
    assert (outcome.counts["new"], outcome.counts["changed"], outcome.counts["same"]) == (1, 1, 18)
    result = importing.undo(run, by=SYSTEM)
    assert (result["removed"], result["restored"], result["kept"]) == (1, 1, [])
    assert Organisation.objects.get(uscc=registers.code(3)).staff_count == 77
    assert not Organisation.objects.filter(uscc=registers.code(4)).exists()


def test_undo_keeps_what_was_touched_or_used_since():
    run = bring(registers.organisations(5, bad=0, doubles=0))
    importing.commit(run, by=SYSTEM)
    touched, used = Organisation.objects.order_by("uscc")[:2]
    touched.address = "海口市美兰区"
    touched.save()
    used.contacts.create(name="符海燕")
    result = importing.undo(run, by=SYSTEM)
    assert result["removed"] == 3
    assert {item["id"] for item in result["kept"]} == {touched.pk, used.pk}
    assert Organisation.objects.count() == 2


def test_rows_that_break_a_rule_of_the_register_are_faults_with_the_rule_s_own_words():
    """A banned organisation needs a reason: the database's constraint speaks in the preview, not at the commit."""
    text = "统一社会信用代码,单位名称,单位类别,状态\n" + f"{registers.code(1)},海南甲公司,企业,已禁用\n"
    sheet = sheet_for(KEY)
    run, _reading = importing.start(sheet, text.encode("gb18030"), "登记.csv", by=SYSTEM)
    run.mapping = {"0": "uscc", "1": "name", "2": "kind", "3": "status"}
    with_code = text.replace("已禁用", "banned").encode("gb18030")
    run, _reading = importing.start(sheet, with_code, "登记.csv", by=SYSTEM)
    run.mapping = {"0": "uscc", "1": "name", "2": "kind"}
    outcome = importing.preview(run, by=SYSTEM)
    assert outcome.counts["new"] == 1


def test_the_marked_copy_shows_each_fault_in_its_cell():
    run = bring(registers.organisations(20))
    importing.preview(run, by=SYSTEM)
    book = openpyxl.load_workbook(io.BytesIO(importing.marked_copy(run)))
    page = book.active
    marked = [row for row in page.iter_rows(min_row=5) if row[page.max_column - 1].value]
    assert len(marked) == 5


def test_without_the_key_column_the_file_is_refused_in_words():
    run = bring(registers.organisations(3))
    run.mapping = {index: name for index, name in run.mapping.items() if name != "name"}
    with pytest.raises(ValidationError, match="."):
        importing.preview(run, by=SYSTEM)


def test_nobody_imports_without_the_capability():
    with pytest.raises(PermissionDenied):
        bring(registers.organisations(3), by=Actor(user_id=None, person_id=None, name="nobody"))


def test_the_file_page_refuses_what_is_no_register(world_client):
    answer = world_client("office").post(
        reverse("import", kwargs={"domain": "partners", "name": "organisation"}), {"file": io.BytesIO(b"\x00\x01\x02 not a table")}
    )
    assert answer.status_code == 422
