"""The import of a messy register: the preview tells exactly what the commit does, twice is once, and it can be undone."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World
from tests.kernel import registers
from tests.kernel.registers import code
from zhixing.kernel import importing
from zhixing.kernel.fields import validate_uscc
from zhixing.kernel.models import Event, ImportRun
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.actors import actor_for
from zhixing.org.models import Unit
from zhixing.partners.models import Contact, Organisation

pytestmark = pytest.mark.django_db

KEY = "partners.organisation"


def bring(data: bytes, by: Actor = SYSTEM, name: str = "登记表.xlsx") -> ImportRun:
    run, _reading = importing.start(sheet_for(KEY), data, name, by=by)
    return run


def csv(*lines: tuple[str, ...]) -> bytes:
    return "\n".join(",".join(line) for line in lines).encode()


def test_preview_tells_exactly_what_is_in_the_file():
    run = bring(registers.organisations(200))
    outcome = importing.preview(run, by=SYSTEM)
    assert outcome.counts["rows"] == 205
    assert (outcome.counts["new"], outcome.counts["changed"], outcome.counts["same"], outcome.counts["faulty"]) == (
        200,
        0,
        0,
        5,
    )
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
    run = bring(
        csv(
            ("统一社会信用代码", "单位名称", "类别", "合作状态", "状态说明"),
            (code(1), "海南甲公司", "enterprise", "banned", ""),
            (code(2), "海南乙公司", "enterprise", "banned", "拖欠学生报酬"),
        ),
        name="登记.csv",
    )
    outcome = importing.preview(run, by=SYSTEM)
    assert (outcome.counts["new"], outcome.counts["faulty"]) == (1, 1)
    ((row, _column, _value, fault, message),) = outcome.faults
    assert (row, fault) == (1, "organisation_banned_has_reason")
    constraint = next(c for c in Organisation._meta.constraints if c.name == fault)
    assert message == str(constraint.get_violation_error_message())


def test_the_marked_copy_shows_each_fault_in_its_cell():
    run = bring(registers.organisations(20))
    importing.preview(run, by=SYSTEM)
    book = openpyxl.load_workbook(io.BytesIO(importing.marked_copy(run)))
    page = book.active
    marked = [row for row in page.iter_rows(min_row=5) if row[page.max_column - 1].value]
    assert len(marked) == 5


def test_without_a_required_column_the_file_is_refused_in_words():
    run = bring(registers.organisations(3))
    run.mapping = {index: name for index, name in run.mapping.items() if name != "name"}
    with pytest.raises(ValidationError) as refused:
        importing.preview(run, by=SYSTEM)
    assert refused.value.code == "required_missing"


def test_nobody_imports_without_the_capability():
    with pytest.raises(PermissionDenied):
        bring(registers.organisations(3), by=Actor(user_id=None, person_id=None, name="nobody"))


def test_the_file_page_refuses_what_is_no_register(world: World):
    answer = world.client("office").post(
        reverse("import", kwargs={"domain": "partners", "name": "organisation"}),
        {"file": io.BytesIO(b"\x00\x01\x02 not a table")},
    )
    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


def test_a_name_that_fits_two_records_is_asked_about_and_the_answer_is_kept():
    start = date(2020, 9, 1)
    first, second = (
        Unit.objects.create(code=f"Q{i}", name="旅游学院", kind="college", starts_on=start) for i in range(2)
    )
    run = bring(
        csv(("统一社会信用代码", "单位名称", "类别", "归口学院"), (code(1), "海南甲公司", "enterprise", "旅游学院")),
        name="登记.csv",
    )
    outcome = importing.preview(run, by=SYSTEM)
    assert [fault[3] for fault in outcome.faults] == ["ambiguous"]
    (question,) = outcome.ambiguous
    assert {option["pk"] for option in question["options"]} == {first.pk, second.pk}
    run.choices = {str(question["column"]): {"旅游学院": second.pk}}
    run.save()
    importing.commit(run, by=SYSTEM)
    assert Organisation.objects.get().keeper == second


def test_a_dean_neither_changes_what_another_unit_keeps_nor_gives_it_away(world: World):
    mine = Organisation.objects.create(uscc=code(1), name="海南甲公司", kind="enterprise", keeper=world.own)
    foreign = Organisation.objects.create(uscc=code(2), name="海南乙公司", kind="enterprise", keeper=world.sibling)
    dean = actor_for(world.users["dean"])
    heads = ("统一社会信用代码", "单位名称", "类别", "归口学院", "地址")
    run = bring(
        csv(
            heads, (code(1), mine.name, "enterprise", "W1", "海口"), (code(2), foreign.name, "enterprise", "W2", "海口")
        ),
        by=dean,
        name="登记.csv",
    )
    outcome = importing.preview(run, by=dean)
    assert [(fault[0], fault[3]) for fault in outcome.faults] == [(2, "not_yours")]
    importing.commit(run, by=dean)
    foreign.refresh_from_db()
    assert foreign.address == ""
    given_away = bring(csv(heads, (code(1), mine.name, "enterprise", "W2", "海口")), by=dean, name="登记.csv")
    with pytest.raises(ValidationError):
        importing.commit(given_away, by=dean)
    mine.refresh_from_db()
    assert mine.keeper == world.own


def test_a_chosen_heading_is_remembered():
    data = csv(
        ("统一社会信用代码", "单位名称", "类别", "老板说的那一栏"),
        (code(1), "海南甲公司", "enterprise", "海口市某路1号"),
    )
    run, reading = importing.start(sheet_for(KEY), data, "登记.csv", by=SYSTEM)
    assert "3" not in run.mapping
    importing.remember(sheet_for(KEY), reading.columns, {**run.mapping, "3": "address"})
    again, _reading = importing.start(sheet_for(KEY), data, "登记.csv", by=SYSTEM)
    assert again.mapping["3"] == "address"
    importing.commit(again, by=SYSTEM)
    assert Organisation.objects.get().address == "海口市某路1号"


def test_personal_data_that_stays_the_same_is_no_change_though_its_cipher_text_differs():
    data = csv(("单位名称", "姓名", "角色", "手机号"), (code(1), "符海燕", "liaison", "13800001234"))
    Organisation.objects.create(uscc=code(1), name="海南甲公司", kind="enterprise")
    role = str(next(value for value, _label in Contact._meta.get_field("role").flatchoices))
    data = data.replace(b"liaison", role.encode())
    contacts = sheet_for("partners.contact")
    first, _reading = importing.start(contacts, data, "联系人.csv", by=SYSTEM)
    importing.commit(first, by=SYSTEM)
    second, _reading = importing.start(contacts, data, "联系人.csv", by=SYSTEM)
    assert importing.commit(second, by=SYSTEM).counts["same"] == 1
    third, _reading = importing.start(contacts, data.replace(b"1234", b"4321"), "联系人.csv", by=SYSTEM)
    assert importing.commit(third, by=SYSTEM).counts["changed"] == 1
    assert Contact.objects.get().phone == "13800004321"


def test_history_and_events_of_an_import_tell_what_it_changed():
    importing.commit(bring(registers.organisations(3, bad=0, doubles=0)), by=SYSTEM)
    Organisation.objects.filter(uscc=code(1)).update(staff_count=1)
    before = Organisation.objects.get(uscc=code(1)).history.count()
    run = bring(registers.organisations(3, bad=0, doubles=0))
    importing.commit(run, by=SYSTEM)
    record = Organisation.objects.get(uscc=code(1))
    assert record.history.count() == before + 1
    assert record.history.order_by("-pgh_id").first().staff_count == 1
    assert Event.objects.get(record_id=record.pk, data__run=run.pk).verb == "imported"


rows_of_a_register = st.lists(
    st.tuples(
        st.integers(0, 12),  # which organisation; small, so that rows repeat
        st.booleans(),  # whether its code is wrong
        st.integers(0, 3),  # which staff count
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=st.sets(st.integers(0, 12)), rows=rows_of_a_register)
def test_any_register_previews_as_it_commits_and_twice_is_once(there: set[int], rows: list[tuple[int, bool, int]]):
    """Every row of the file is new, changed, the same or faulty, and the register holds afterwards what the first good row of each said."""
    with transaction.atomic():
        Organisation.objects.bulk_create(
            Organisation(uscc=code(i), name=f"海南{i}公司", kind="enterprise", staff_count=0) for i in sorted(there)
        )
        wanted: dict[int, int] = {}
        for i, is_bad, staff in rows:
            if not is_bad:
                wanted.setdefault(i, staff)
        lines = [
            (registers.wrong(code(i)) if is_bad else code(i), f"海南{i}公司", "enterprise", str(staff))
            for i, is_bad, staff in rows
        ]
        data = csv(("统一社会信用代码", "单位名称", "类别", "员工人数"), *lines)
        counts = importing.preview(bring(data, name="登记.csv"), by=SYSTEM).counts
        assert counts["new"] == len(wanted.keys() - there)
        assert counts["changed"] == sum(1 for i in wanted.keys() & there if wanted[i] != 0)
        assert counts["new"] + counts["changed"] + counts["same"] + counts["faulty"] == counts["rows"] == len(rows)
        done = importing.commit(bring(data, name="登记.csv"), by=SYSTEM).counts
        assert {key: done[key] for key in ("new", "changed", "same", "faulty")} == {
            key: counts[key] for key in ("new", "changed", "same", "faulty")
        }
        held = dict(Organisation.objects.values_list("uscc", "staff_count"))
        assert held == {code(i): wanted.get(i, 0) for i in there | wanted.keys()}
        again = importing.commit(bring(data, name="登记.csv"), by=SYSTEM).counts
        assert (again["new"], again["changed"]) == (0, 0)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("given", "valid"),
    [("N2460106MF00000013", True), (code(7), True), (registers.wrong(code(7)), False), ("123", False)],
)
def test_a_form_and_a_register_agree_on_what_a_code_is(given: str, valid: bool):
    """Rural collectives, whom colleges of agriculture work with, have codes that begin with N."""
    if valid:
        validate_uscc(given)
    else:
        with pytest.raises(ValidationError):
            validate_uscc(given)
    outcome = importing.preview(
        bring(csv(("统一社会信用代码", "单位名称", "类别"), (given, "海南甲公司", "enterprise")), name="登记.csv"),
        by=SYSTEM,
    )
    assert outcome.counts["new"] == int(valid)
