"""The gate over records: constant queries, what is kept of its findings, and every place where it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import World, make
from tests.practice.redline_records import END, START, TODAY, Practice, add_placements, practice
from zhixing.agreements import checks
from zhixing.kernel import changes
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Event, Notice
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import User
from zhixing.practice import consent_actions, duties
from zhixing.practice import redline_actions as actions
from zhixing.practice import redline_jobs as jobs
from zhixing.practice import redline_queries as queries
from zhixing.practice import redline_store as store
from zhixing.practice.models import (
    Complaint,
    Consent,
    Evaluation,
    Filing,
    Finding,
    Incident,
    Override,
    Placement,
    PolicyCover,
    Post,
    SafetyTest,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(clock: Callable[[date], None]) -> date:
    clock(TODAY)
    return TODAY


@pytest.fixture
def there(world: World) -> Practice:
    return practice(2, world.own)


def actor(world: World, role: str) -> Actor:
    return actor_for(world.users[role])


def committed() -> AbstractContextManager:
    """What a commit sets off runs at the end, as if the rows made so far had been committed before."""
    connection.run_on_commit = []
    return TestCase.captureOnCommitCallbacks(execute=True)


def open_rules() -> list[tuple[str, bool]]:
    rows = Finding.objects.filter(cleared_on=None).order_by("rule", "pk")
    return [(row.rule, row.override_id is not None) for row in rows]


def test_what_keeps_every_rule_may_start(there: Practice) -> None:
    assert queries.blocking(there.placements) == {}
    assert [row.says for row in queries.of_plans([there.plan.pk]) if row.hits] == []


def _queries(rows: list[Placement]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert queries.blocking(rows) == {}
    return len(seen)


def test_as_many_queries_for_ten_as_for_five_hundred(world: World) -> None:
    there = practice(10, world.own)
    few = _queries(there.placements)
    there.post.staff_total, there.post.staff_same_post = 10_000, 5_000
    there.post.save()
    add_placements(there, 490, there.post.mentor)
    assert _queries(there.placements) == few <= 25
    with CaptureQueriesContext(connection) as seen:
        assert [row.says for row in queries.of_plans([there.plan.pk]) if row.hits] == []
    assert len(seen) <= 25


def test_a_start_names_everything_that_lacks_with_its_article(there: Practice) -> None:
    first, second = there.placements
    Consent.objects.filter(placement=first, party="guardian").update(status="waiting", decided_on=None)
    PolicyCover.objects.filter(student=first.student).delete()
    SafetyTest.objects.filter(student=first.student).delete()
    with pytest.raises(ValidationError) as refused:
        queries.refuse(row for rows in queries.blocking([first, second]).values() for row in rows)
    told = refused.value.messages
    assert [message.rpartition("（")[2].split()[0] for message in told] == ["I-16", "I-26", "I-27"]
    assert all("教职成〔2021〕4号" in message for message in told)
    assert set(queries.blocking([first, second])) == {first.pk}
    assert not queries.blocking([first], "sign")


def test_a_post_s_and_a_plan_s_red_lines_stop_their_students(there: Practice) -> None:
    Post.objects.update(labour_class=3)
    there.plan.documents.filter(kind="emergency").delete()
    found = queries.blocking(there.placements)
    assert {rule.rule.id for rule in found[there.placements[1].pk]} == {"I-07", "I-33"}
    with pytest.raises(ValidationError, match="I-07"):
        queries.refuse_post(there.post)


def test_students_of_another_plan_count_at_the_same_unit(there: Practice) -> None:
    other = make(
        Placement,
        post=make(
            Post,
            organisation=there.organisation,
            title="客房",
            plan=make(type(there.plan), code="GN-X", starts_on=START, ends_on=END),
        ),
        starts_on=END,
        ends_on=END + timedelta(days=30),
        status="running",
    )
    Placement.objects.filter(pk=other.pk).update(plan=other.post.plan)
    Post.objects.filter(pk=there.post.pk).update(staff_total=20)
    of_post = [row for row in queries.of_posts([there.post]) if row.rule.id == "I-12"]
    assert [hit.values["interns"] for row in of_post for hit in row.hits] == [3]


# What is kept of it -------------------------------------------------------------------------------------------------


def test_findings_open_once_change_and_clear(there: Practice) -> None:
    Post.objects.filter(pk=there.post.pk).update(hours_day=10)
    first = store.refresh_plans([there.plan.pk])
    assert (len(first.opened), open_rules()) == (1, [("I-11", False)])
    again = store.refresh_plans([there.plan.pk])
    assert (again.opened, again.updated, again.cleared) == ([], 0, 0)
    Post.objects.filter(pk=there.post.pk).update(hours_day=9)
    assert store.refresh_plans([there.plan.pk]).updated == 1
    assert Finding.objects.get().detail[0]["values"]["value"] == 9
    Post.objects.filter(pk=there.post.pk).update(hours_day=8)
    assert store.refresh_plans([there.plan.pk]).cleared == 1
    assert Finding.objects.get().cleared_on == TODAY
    Post.objects.filter(pk=there.post.pk).update(hours_day=10)
    assert len(store.refresh_plans([there.plan.pk]).opened) == 1
    assert Finding.objects.count() == 2


def test_one_student_s_change_leaves_the_findings_of_others(there: Practice) -> None:
    SafetyTest.objects.all().delete()
    assert len(store.refresh_plans([there.plan.pk]).opened) == 2
    make(SafetyTest, plan=there.plan, student=there.placements[0].student, taken_on=date(2026, 8, 11), score=90)
    done = store.refresh_placements([there.placements[0].pk])
    assert (done.cleared, [row.placement_id for row in Finding.objects.filter(cleared_on=None)]) == (
        1,
        [there.placements[1].pk],
    )


def test_a_change_of_a_record_is_looked_at_at_once(there: Practice) -> None:
    assert store.refresh_touched in changes._listeners
    Post.objects.filter(pk=there.post.pk).update(night_shift=True)
    store.refresh_touched(Post, {there.post.pk})
    assert open_rules() == [("I-10", False)]
    filing = make(
        Filing,
        organisation=there.organisation,
        unit=there.unit,
        subjects=["night"],
        filed_on=TODAY,
        starts_on=START,
        ends_on=END,
    )
    store.refresh_touched(Filing, {filing.pk})
    assert open_rules() == []
    PolicyCover.objects.filter(student=there.placements[0].student).update(archived_at=timezone.now())
    store.refresh_touched(PolicyCover, set(PolicyCover.objects.values_list("pk", flat=True)))
    assert open_rules() == [("I-27", False)]
    student = there.placements[1].student
    type(student).objects.filter(pk=student.pk).update(birth_date=date(2011, 1, 1))
    store.refresh_touched(type(student), {student.pk})
    agreement = there.placements[1].agreement
    assert agreement is not None
    type(agreement).objects.filter(pk=agreement.pk).update(status="signing", signed_on=None)
    store.refresh_touched(type(agreement), {agreement.pk})
    assert {rule for rule, _passed in open_rules()} == {"I-02", "I-03", "I-21", "I-27"}


def test_the_night_tells_whom_it_concerns_once(there: Practice, world: World) -> None:
    for person in (there.owner,):
        User.objects.create(username="owner", person=person)
    Consent.objects.filter(placement=there.placements[0]).update(status="refused", decided_on=TODAY, reason="不去")
    done = jobs.watch(TODAY)
    assert len(done.opened) == 1
    sent = list(Notice.objects.order_by("pk").values_list("user__username", "params__stops", "params__students"))
    # The owner, who is also the supervisor, and the heads, for it is a week to the start.
    assert ("owner", 1, None) in sent and ("owner", None, 1) in sent and ("w-dean", 1, None) in sent
    before = Notice.objects.count()
    again = jobs.watch(TODAY)
    assert (again.opened, again.updated, again.cleared, Notice.objects.count()) == ([], 0, 0, before)


def test_looking_again_holds_no_row_that_others_write(there: Practice) -> None:
    """While hundreds of placements are judged nobody waits for a plan's, post's or placement's row."""
    SafetyTest.objects.filter(student=there.placements[0].student).delete()
    for look in (
        lambda: store.refresh_plans([there.plan.pk]),
        lambda: store.refresh_placements([there.placements[0].pk]),
    ):
        with CaptureQueriesContext(connection) as seen:
            look()
        said = [query["sql"] for query in seen]
        assert not any("FOR UPDATE" in sql for sql in said)
        # Two runs follow one another all the same, and nothing is deleted to be written again.
        assert sum("pg_advisory_xact_lock" in sql for sql in said) == 1 and not any(
            sql.startswith("DELETE") for sql in said
        )
    assert open_rules() == [("I-26", False)]


def test_a_plan_long_over_is_left_as_it_stands(there: Practice) -> None:
    SafetyTest.objects.all().delete()
    assert jobs.watch(END + timedelta(days=61)).opened == []


# Letting pass and filing --------------------------------------------------------------------------------------------


@pytest.fixture
def warned(there: Practice) -> Finding:
    Post.objects.filter(pk=there.post.pk).update(staff_same_post=5)
    store.refresh_plans([there.plan.pk])
    return Finding.objects.get()


def test_who_may_lets_pass_by_name_and_reason(warned: Finding, world: World) -> None:
    with pytest.raises(FlowError):
        actions.let_pass(warned, by=actor(world, "secretary"), reason="旺季", ends_on=END)
    with pytest.raises(FlowError):
        actions.let_pass(warned, by=actor(world, "leader"), reason="旺季", ends_on=END)
    with committed():
        actions.let_pass(warned, by=actor(world, "dean"), reason="企业年内扩编", ends_on=END)
    row = Override.objects.get()
    assert (row.approver, row.reason, row.starts_on, row.ends_on) == (world.people["dean"], "企业年内扩编", TODAY, END)
    assert open_rules() == [("I-13", True)]
    with committed():
        actions.end_override(row, by=actor(world, "dean"), comment="已增员")
    assert open_rules() == [("I-13", False)]


def test_what_must_be_kept_nobody_lets_pass(there: Practice, world: World) -> None:
    Post.objects.filter(pk=there.post.pk).update(fees=True)
    store.refresh_plans([there.plan.pk])
    with pytest.raises(FlowError, match="I-20"):
        actions.let_pass(Finding.objects.get(), by=actor(world, "office"), reason="x", ends_on=END)


def test_what_blocks_unless_filed_passes_only_with_a_filing_of_this_unit(there: Practice, world: World) -> None:
    Post.objects.filter(pk=there.post.pk).update(night_shift=True)
    store.refresh_plans([there.plan.pk])
    finding, office = Finding.objects.get(), actor(world, "office")
    with pytest.raises(ValidationError) as refused:
        actions.let_pass(finding, by=office, reason="补备案", ends_on=END)
    assert list(refused.value.message_dict) == ["filing"]
    with pytest.raises(ValidationError):
        actions.let_pass(finding, by=office, reason="补备案", ends_on=END, filing=make(Filing, subjects=["night"]))
    short = make(
        Filing,
        organisation=there.organisation,
        unit=there.unit,
        subjects=["night"],
        filed_on=TODAY,
        starts_on=START,
        ends_on=START,
    )
    actions.let_pass(finding, by=office, reason="续备已报", ends_on=END, filing=short)
    assert queries.blocking(there.placements) == {}


def test_one_answer_of_the_authority_is_filed_for_several_units(there: Practice, world: World) -> None:
    Post.objects.filter(pk=there.post.pk).update(night_shift=True, rest_days=True)
    second = make(
        Post,
        plan=there.plan,
        code="GW-2",
        title="地勤",
        status="approved",
        approved_on=TODAY,
        region="440300",
        hours_day=8,
        hours_week=40,
    )
    rows = actions.to_file([there.plan])
    assert [(row.organisation, row.subjects, row.students) for row in rows] == [
        (there.organisation, ("rest_days", "night"), 2),
        (second.organisation, ("province",), 0),
    ] or [row.students for row in rows] == [0, 2]
    store.refresh_plans([there.plan.pk])
    assert {rule for rule, _passed in open_rules()} >= {"I-09", "I-10", "I-29"}
    with committed(), CaptureQueriesContext(connection) as queries_made:
        made = actions.file_many(
            rows, by=actor(world, "secretary"), number="琼教职备〔2026〕12号", authority="省教育厅", filed_on=TODAY
        )
        locked = [row["sql"] for row in queries_made.captured_queries if "FOR UPDATE" in row["sql"]]
    # The plans are judged after the commit, so that nobody waits for it while the numbers are held.
    assert not [sql for sql in locked if "practice_practiceplan" in sql]
    assert not {rule for rule, _passed in open_rules()} & {"I-09", "I-10", "I-29"}
    assert [row.number for row in made] == ["琼教职备〔2026〕12号-1", "琼教职备〔2026〕12号-2"]
    assert actions.to_file([there.plan]) == []
    with pytest.raises(ValidationError):
        actions.file_many(rows, by=SYSTEM, number="晚", authority="省教育厅", filed_on=START + timedelta(days=1))


# Agreements ---------------------------------------------------------------------------------------------------------


def test_signing_is_refused_with_the_articles_named(there: Practice) -> None:
    placement = there.placements[0]
    agreement = placement.agreement
    assert agreement is not None
    type(agreement).objects.filter(pk=agreement.pk).update(status="approved", signed_on=None)
    agreement.refresh_from_db()
    assert [item for item in checks.findings(agreement) if item.code.startswith("I-")] == []
    Post.objects.filter(pk=there.post.pk).update(night_shift=True, pay=100)
    # What is due only by the start does not stop the signing.
    SafetyTest.objects.all().delete()
    found = [(item.code, item.blocks) for item in checks.findings(agreement) if item.code.startswith("I-")]
    assert found == [("I-10", True), ("I-18", False)]
    with pytest.raises(ValidationError, match="第十七条"):
        checks.refuse_blocked(agreement)


# Command, API and pages ---------------------------------------------------------------------------------------------


def run(*names: str) -> tuple[list[dict[str, Any]], int]:
    out = StringIO()
    try:
        call_command("redline", *names, "--json", stdout=out)
    except SystemExit as end:
        return json.loads(out.getvalue()), int(end.code or 0)
    return json.loads(out.getvalue()), 0


def test_the_command_answers_for_plans_and_placements(there: Practice) -> None:
    assert run("GN-2026") == ([], 0)
    SafetyTest.objects.filter(student=there.placements[0].student).delete()
    rows, code = run("GN-2026")
    assert code == 1
    (row,) = rows
    assert set(row) == {"rule", "article", "severity", "subject", "finding", "evidence", "override"}
    assert {key: row[key] for key in ("rule", "severity", "override")} == {
        "rule": "I-26",
        "severity": "block",
        "override": None,
    }
    name = f"GN-2026/{there.placements[0].student.number}"
    assert (row["subject"], "教职成〔2021〕4号" in row["article"]) == (name, True)
    assert row["evidence"] == [
        {"type": "practice.placement", "id": there.placements[0].pk, "label": str(there.placements[0])}
    ]
    assert run(name) == (rows, 1)
    assert run(f"GN-2026/{there.placements[1].student.number}") == ([], 0)
    with pytest.raises(CommandError) as refused:
        run("GN-2099")
    assert refused.value.returncode == 2


def test_the_pages_show_rows_articles_and_mends(there: Practice, world: World) -> None:
    Post.objects.filter(pk=there.post.pk).update(night_shift=True)
    client = world.client("secretary")
    page = client.get(f"/practice/redline/plan/{there.plan.pk}/").content.decode()
    assert "I-10" in page and "第十七条" in page and f"/practice/redline/filings/?plan={there.plan.pk}" in page
    kept = client.get(f"/practice/redline/plan/{there.plan.pk}/?rule=I-26&state=kept").content.decode()
    assert there.placements[0].student.name in kept
    # A record's page fetches its red lines from a page of their own.
    for record, name in ((there.placements[0], "placement"), (there.post, "post")):
        own = f"/practice/redline/{name}/{record.pk}/"
        assert f'hx-get="{own}"' in client.get(f"/practice/{name}/{record.pk}/").content.decode()
        detail = client.get(own).content.decode()
        assert "I-10" in detail and 'id="red-lines"' in detail
    rules = client.get("/practice/redline/rules/").content.decode()
    assert rules.count('<li id="nation-I-') + rules.count('<li id="province-I-') == 36 and "待核对" in rules
    assert 'id="nation-I-01"' not in client.get("/practice/redline/rules/?on=2021-01-01").content.decode()
    # A day that is none is today.
    odd = client.get("/practice/redline/rules/?on=2026-02-30").content.decode()
    assert odd.count('<li id="nation-I-') == rules.count('<li id="nation-I-')
    filed = client.post(
        "/practice/redline/filings/",
        {
            "row": f"{there.plan.pk}-{there.organisation.pk}",
            "number": "琼〔2026〕1号",
            "authority": "省教育厅",
            "filed_on": "2026-08-24",
        },
    )
    assert filed.status_code == 302
    assert Filing.objects.get().subjects == ["night"]
    assert world.client("reviewer").post("/practice/redline/filings/", {}).status_code == 403


def test_the_api_tells_only_what_may_be_seen(there: Practice, world: World) -> None:
    SafetyTest.objects.all().delete()
    items = world.client("office").get("/api/v1/practice/red-lines?of=GN-2026").json()["items"]
    assert [(row["rule"], row["state"], row["layer"]) for row in items] == [("I-26", "red", "nation")] * 2
    number = there.placements[0].student.number
    assert world.client("student").get(f"/api/v1/practice/red-lines?of=GN-2026/{number}").status_code == 404
    assert len(world.client("office").get("/api/v1/practice/red-line-rules").json()["items"]) == 36


def test_a_duty_is_confirmed_by_name_and_once_and_the_checklist_asks_for_it(world: World) -> None:
    there = practice(1, world.own)
    plan = there.plan
    plan.duties.filter(duty="complaints").delete()

    def found() -> list[str]:
        return [row.rule.id for row in queries.of_plans([plan.pk]) if row.hits]

    assert found() == ["I-34"] and queries.blocking(there.placements) == {}
    client, url = world.client("dean"), reverse("practice-ready", args=[plan.pk])
    page = client.get(url)
    assert [item["rule"] for item in page.context["duties"] if item["row"] is None] == ["I-34"]
    act = f"/practice/practice_plan/{plan.pk}/act/confirm_duty/"
    assert act in page.content.decode() and "I-34" in page.content.decode()
    given = {"duty": "complaints", "statement": "教务处专人接听"}
    assert client.post(act, given).status_code == 422 and found() == ["I-34"]
    assert client.post(act, {**given, "phone": "0898-65700000"}).status_code == 302
    row = plan.duties.get(duty="complaints")
    page = Client().get("/l/" + consent_actions.guardian_link(there.placements[0], by=SYSTEM).split("/l/")[1])
    assert "0898-65700000" in page.content.decode()
    assert row.person_id == actor(world, "dean").person_id and found() == []
    assert Event.objects.filter(record_type="practice.practice_plan", record_id=plan.pk, verb="duty_confirmed").exists()
    with pytest.raises(ValidationError):
        duties.confirm(plan, by=actor(world, "dean"), duty="complaints", phone="1")
    assert world.client("student").post(act, given).status_code in (403, 404)


def test_rules_of_what_happens_are_read_from_records(there: Practice) -> None:
    """Complaints, incidents, evaluations and levels: read from what is on record, on both sides."""
    first, _second = there.placements

    def found() -> list[tuple[str, str]]:
        return [(row.rule.id, row.says) for row in queries.of_plans([there.plan.pk], date(2026, 10, 1)) if row.hits]

    make(Complaint, placement=first, received_on=date(2026, 9, 16), status="received", text="拖欠", answer="")
    incident = make(Incident, placement=first, severity="serious", happened_at=timezone.now(), status="open")
    Incident.objects.update(status="handled")
    assert found() == []
    Complaint.objects.update(received_on=date(2026, 9, 15))
    incident.reports.filter(recipient="guardian").update(due_at=timezone.now() - timedelta(minutes=1))
    assert [rule for rule, _says in found()] == ["I-34", "I-35"] and "拖欠" not in str(found())
    incident.reports.update(status="told", told_at=timezone.now())
    Complaint.objects.update(status="answered", answer="已补发", answered_on=date(2026, 9, 20))
    assert found() == []
    Placement.objects.filter(pk=first.pk).update(status="graded", ended_on=END, score=80, level="pass")
    rules = {rule for rule, _says in found()}
    assert {"I-30", "I-31"} <= rules
    Placement.objects.filter(pk=first.pk).update(level="good")
    for side in ("firm", "school"):
        make(Evaluation, placement=first, side=side)
    assert not {"I-30", "I-31"} & {rule for rule, _says in found()}
