"""Leaves, changes, incidents with their clock, complaints, visits, evaluations, links: who may, who is told, what follows."""

from __future__ import annotations

import base64
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make
from tests.practice import running_place as here
from zhixing.insights.todo import items
from zhixing.kernel import changes, gateways, links
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import File, Notice
from zhixing.org.models import Delegation, User
from zhixing.practice import consent_actions, running_incidents, running_links, running_mentors
from zhixing.practice import running_actions as actions
from zhixing.practice.models import (
    Complaint,
    Evaluation,
    GradeRule,
    Incident,
    Placement,
    PlacementChange,
    PresenceSignal,
    Supervisor,
    Visit,
    WeekEntry,
)

pytestmark = pytest.mark.django_db
MINE = ("leave", "placement_change", "incident_report")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    here.stand_still(monkeypatch)


@pytest.fixture
def house() -> here.Place:
    return here.place()


def ink() -> str:
    """A drawn signature: a PNG of some noise."""
    size = 40
    rows = b"".join(b"\x00" + bytes((x * y * 37) % 251 for x in range(size)) for y in range(size))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = size.to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode()


def notices_of(person: Any) -> list[str]:
    return list(Notice.objects.filter(user__person=person).order_by("pk").values_list("key", flat=True))


def leave(house: here.Place, placement: Placement, **more: Any) -> Any:
    given = {
        "starts_on": here.TODAY,
        "ends_on": here.TODAY + timedelta(days=1),
        "kind": "sick",
        "reason": "发烧",
        **more,
    }
    return actions.ask_leave(placement, by=house.student(placement), **given)


def test_a_leave_is_asked_granted_and_told(house: here.Place) -> None:
    placement = house.placements[0]
    asked = leave(house, placement)
    assert notices_of(house.supervisor) == [f"leave:{asked.pk}"]
    with pytest.raises(ValidationError):
        leave(house, placement)
    with pytest.raises(FlowError):
        actions.grant_leave(asked, by=house.student(placement))
    actions.grant_leave(asked, by=house.teacher)
    assert notices_of(placement.student.person) == [f"leave:{asked.pk}:grant"]


def test_what_was_refused_or_taken_back_is_asked_again(house: here.Place) -> None:
    placement = house.placements[0]
    for _again in range(2):
        actions.refuse_leave(leave(house, placement), by=house.teacher, comment="岗位缺人")
    actions.grant_leave(leave(house, placement), by=house.teacher)
    for _again in range(2):
        change = actions.ask_change(
            placement, by=house.student(placement), kind="end", from_on=here.TODAY, reason="身体不适"
        )
        actions.refuse_change(change, by=house.boss, comment="请附证明")
    assert PlacementChange.objects.filter(placement=placement, status="refused").count() == 2


def test_nobody_asks_for_another_students_leave(house: here.Place) -> None:
    with pytest.raises(FlowError):
        actions.ask_leave(
            house.placements[0],
            by=house.student(house.placements[1]),
            starts_on=here.TODAY,
            ends_on=here.TODAY,
            kind="sick",
            reason="代请",
        )


def test_a_student_starts_an_early_end_and_granting_carries_it_out(house: here.Place) -> None:
    placement = house.placements[0]
    change = actions.ask_change(
        placement, by=house.student(placement), kind="end", from_on=here.TODAY, reason="身体不适，申请提前结束"
    )
    with pytest.raises(FlowError):
        actions.ask_change(placement, by=house.student(placement), kind="end", from_on=here.END, reason="再来")
    with pytest.raises(FlowError):
        actions.grant_change(change, by=house.teacher)
    actions.grant_change(change, by=house.boss)
    placement.refresh_from_db()
    assert placement.status == "broken" and placement.ended_on == here.TODAY - timedelta(days=1)
    assert "身体不适" in placement.end_reason


def test_a_move_takes_the_student_to_a_free_place_and_to_no_other(house: here.Place) -> None:
    placement, post = house.placements[0], house.posts[1]
    change = actions.ask_change(
        placement, by=house.student(placement), kind="move", from_on=here.TODAY, reason="专业不对口", new_post=post
    )
    type(post).objects.filter(pk=post.pk).update(places=2)
    with pytest.raises(FlowError):
        actions.grant_change(change, by=house.boss)
    placement.refresh_from_db()
    assert placement.status == "running" and PlacementChange.objects.get().status == "asked"
    type(post).objects.filter(pk=post.pk).update(places=3)
    made = actions.grant_change(PlacementChange.objects.get(), by=house.boss)
    assert made is not None and made.post_id == post.pk and made.status == "proposed" and made.starts_on == here.TODAY


def test_an_incident_starts_its_clock_and_tells_those_inside_at_once(house: here.Place) -> None:
    placement = house.placements[0]
    incident = actions.report_incident(
        placement, by=house.student(placement), kind="injury", severity="serious", text="手部划伤，已送医"
    )
    chain = {row.recipient: row.due_at for row in incident.reports.all()}  # type: ignore[attr-defined]
    assert list(chain) == ["supervisor", "college", "guardian", "office", "insurer"]
    assert chain["supervisor"] - incident.created_at == timedelta(minutes=30)
    for person in (house.supervisor, house.dean, house.office):
        assert notices_of(person) == [f"incident:{incident.pk}"]
    with pytest.raises(FlowError):
        actions.close_incident(incident, by=house.boss)


def test_the_clock_runs_out_and_says_so_once(house: here.Place) -> None:
    incident = actions.report_incident(
        house.placements[0], by=house.teacher, kind="missing", severity="grave", text="失联超过六小时"
    )
    assert running_incidents.remind(here.NOW) == 0
    late = here.NOW + timedelta(minutes=31)
    first = running_incidents.remind(late)
    # Supervisor, college, office and guardian are late by then; told to supervisor, dean and office each.
    assert first == 12 and running_incidents.remind(late) == 0
    for report in incident.reports.all():  # type: ignore[attr-defined]
        actions.tell(report, by=house.teacher, how="电话")
    assert running_incidents.remind(late + timedelta(days=9)) == 0
    actions.handle_incident(incident, by=house.teacher, comment="已找到，安全")
    actions.close_incident(incident, by=house.boss)
    incident.refresh_from_db()
    assert incident.closed_on == here.TODAY and "已找到" in incident.measures


def test_whoever_was_told_is_not_looked_for_again(house: here.Place, django_assert_num_queries: Any) -> None:
    for placement in house.placements:
        actions.report_incident(placement, by=house.teacher, kind="missing", severity="grave", text="失联超过六小时")
    late = here.NOW + timedelta(days=3)
    assert running_incidents.remind(late)
    with django_assert_num_queries(1):
        assert running_incidents.remind(late) == 0


def test_the_clock_looks_up_as_often_for_many_as_for_one(house: here.Place) -> None:
    asked = []
    for placement in (house.placements[:1], house.placements[1:]):
        for row in placement:
            actions.report_incident(row, by=house.teacher, kind="missing", severity="grave", text="失联超过六小时")
        with CaptureQueriesContext(connection) as made:
            assert running_incidents.remind(here.NOW + timedelta(days=3)) == 21 * len(placement)
        # Each notice puts its own mail into the queue: that writes, and looks nothing up.
        said = [query["sql"].lstrip() for query in made if "procrastinate" not in query["sql"]]
        asked.append([sql for sql in said if sql.upper().startswith("SELECT")])
    assert len(asked[0]) == len(asked[1]), asked


def test_the_guardian_gets_a_message_with_a_link_and_is_still_to_be_spoken_to(
    house: here.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(gateways, "send", lambda *said: sent.append(said))
    placement = house.placements[0]
    actions.report_incident(placement, by=house.teacher, kind="injury", severity="serious", text="扭伤")
    assert sent == []
    placement.student.guardian_phone = "13800001111"
    placement.student.save()
    incident = actions.report_incident(placement, by=house.teacher, kind="illness", severity="serious", text="发热")
    ((channel, address, _subject, text),) = sent
    assert (channel, address) == ("sms", "13800001111") and "学生0" in text
    assert Client().get(path_of(text[text.index("http") :])).status_code == 200
    report = incident.reports.get(recipient="guardian")  # type: ignore[attr-defined]
    assert report.status == "waiting" and report.how


def test_what_is_entered_when_all_is_over_alarms_nobody(house: here.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(gateways, "send", lambda *said: sent.append(said))
    placement = house.placements[0]
    placement.student.guardian_phone = "13800001111"
    placement.student.save()
    over = Incident(placement=placement, severity="serious", text="扭伤", status="closed", closed_on=here.TODAY)
    over.save()
    assert not over.reports.exists() and not sent  # type: ignore[attr-defined]


def test_an_incident_from_a_register_begins_its_chain_once(house: here.Place) -> None:
    # As an import writes: past `save`.
    Incident.objects.bulk_create([Incident(placement=house.placements[0], severity="light", text="头晕")])
    incident = Incident.objects.get()
    for _again in range(2):
        for listener in changes._listeners:
            listener(Incident, {incident.pk})
    assert incident.reports.count() == 2  # type: ignore[attr-defined]
    # As the form of the record writes: no button was pressed.
    incident.severity = "grave"
    incident.save()
    assert incident.reports.count() == 7  # type: ignore[attr-defined]


def test_a_second_guardians_link_ends_the_first_and_leaves_those_of_incident_and_consent(
    house: here.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    placement = house.placements[0]
    placement.student.guardian_phone = "13800001111"
    placement.student.save()
    messages: list[str] = []
    monkeypatch.setattr(gateways, "send", lambda _channel, _to, _title, text: messages.append(text))
    asked = path_of(consent_actions.guardian_link(placement, by=house.teacher))
    actions.report_incident(placement, by=house.teacher, kind="illness", severity="serious", text="发热")
    told = path_of(messages[0][messages[0].index("http") :])
    first, second = (
        path_of(running_links.guardian_link(placement, by=house.teacher, name="家长0", days=90).value)
        for _again in range(2)
    )
    assert {path: Client().get(path).status_code for path in (asked, told, first, second)} == {
        asked: 200,
        told: 200,
        first: 410,
        second: 200,
    }
    # A consent asked for again ends the link of the first asking, and nothing else.
    again = path_of(consent_actions.guardian_link(placement, by=house.teacher))
    assert [Client().get(path).status_code for path in (asked, told, second, again)] == [410, 200, 200, 200]


def test_what_turns_out_graver_tells_more(house: here.Place) -> None:
    incident = actions.report_incident(
        house.placements[0], by=house.teacher, kind="illness", severity="light", text="头晕"
    )
    assert incident.reports.count() == 2  # type: ignore[attr-defined]
    actions.worsen_incident(incident, by=house.teacher, severity="grave", comment="确诊")
    assert incident.reports.count() == 7  # type: ignore[attr-defined]


def test_whoever_stands_in_is_told_as_well(house: here.Place) -> None:
    stand_in = {"starts_on": here.TODAY, "ends_on": here.TODAY, "reason": "出差"}
    make(Delegation, from_person=house.office, to_person=house.supervisor, role="office", **stand_in)
    make(Delegation, from_person=house.dean, to_person=house.office, role="dean", **stand_in)
    placement = house.placements[0]
    row = actions.complain(by=house.student(placement), subject="conduct", text="主管言语不当", placement=placement)
    assert notices_of(house.supervisor) == [f"complaint:{row.pk}"]
    incident = actions.report_incident(placement, by=house.teacher, kind="illness", severity="light", text="头晕")
    assert f"incident:{incident.pk}" in notices_of(house.office)
    assert running_incidents.remind(here.NOW + timedelta(days=3)) == 3 * incident.reports.count()  # type: ignore[attr-defined]


def test_a_complaint_is_for_the_office_alone(house: here.Place) -> None:
    placement = house.placements[0]
    row = actions.complain(by=house.student(placement), subject="conduct", text="主管言语不当", placement=placement)
    assert notices_of(house.office) == [f"complaint:{row.pk}"] and notices_of(house.supervisor) == []
    seen = {
        name: Complaint.objects.all().visible_to(actor).exists()  # type: ignore[attr-defined]
        for name, actor in {
            "office": house.actor(house.office),
            "dean": house.boss,
            "teacher": house.teacher,
            "student": house.student(placement),
            "other": house.student(house.placements[1]),
        }.items()
    }
    assert seen == {"office": True, "dean": False, "teacher": False, "student": True, "other": False}
    actions.answer_complaint(row, by=house.actor(house.office), answer="已与企业沟通并更换主管")
    with pytest.raises(FlowError):
        actions.answer_complaint(row, by=house.actor(house.office), answer="再答")


def test_each_side_reads_the_other_once_both_have_spoken(house: here.Place) -> None:
    placement = house.placements[0]
    student, marks = house.student(placement), dict.fromkeys(Evaluation.SCALES, 85)
    actions.evaluate(placement, "firm", by=links_actor(), marks=marks, evaluator="导师0")
    assert not Evaluation.objects.all().visible_to(student).exists()  # type: ignore[attr-defined]
    assert not Evaluation.objects.all().visible_to(house.teacher).exists()  # type: ignore[attr-defined]
    with pytest.raises(ValidationError):
        actions.evaluate(placement, "firm", by=links_actor(), marks=marks)
    with pytest.raises(ValidationError, match="60"):
        actions.evaluate(placement, "student", by=student, marks={**marks, "skill": 40})
    actions.evaluate(placement, "student", by=student, marks={**marks, "skill": 40}, text="轮岗太少")
    assert Evaluation.objects.all().visible_to(student).count() == 2  # type: ignore[attr-defined]


def links_actor() -> Any:
    from zhixing.kernel.scope import Actor

    return Actor(name="导师0", is_system=True)


def test_which_mark_asks_for_words_is_the_colleges_rule(house: here.Place) -> None:
    GradeRule.objects.filter(code="pass").update(value=50)
    marks = dict.fromkeys(Evaluation.SCALES, 55)
    actions.evaluate(house.placements[0], "firm", by=links_actor(), marks=marks)
    with pytest.raises(ValidationError, match="50"):
        actions.evaluate(house.placements[1], "firm", by=links_actor(), marks={**marks, "skill": 49})


def test_a_visit_is_written_up_and_signed_once_on_the_spot(house: here.Place) -> None:
    client = Client()
    client.force_login(User.objects.get(person=house.supervisor), backend=settings.AUTHENTICATION_BACKENDS[-1])
    started = client.post(reverse("practice-visit-start"), {"organisation": house.firms[0].pk})
    visit = Visit.objects.get()
    assert started.headers["Location"] == reverse("practice-visit", args=[visit.pk])
    # Pressed twice it is the same visit.
    client.post(reverse("practice-visit-start"), {"organisation": house.firms[0].pk})
    address, met = reverse("practice-visit", args=[visit.pk]), [house.placements[0].pk]
    assert client.post(address, {"do": "sign", "name": "导师0", "ink": ink()}).status_code == 422
    assert client.post(address, {"do": "record", "mode": "site", "met": met, "findings": "岗位对口"}).status_code == 302
    assert client.post(address, {"do": "sign", "name": "导师0", "ink": "data:,"}).status_code == 422
    assert client.post(address, {"do": "sign", "name": "导师0", "ink": ink()}).status_code == 302
    assert client.post(address, {"do": "sign", "name": "导师0", "ink": ink()}).status_code == 422
    visit.refresh_from_db()
    assert visit.mentor_name == "导师0" and visit.status == "done"
    assert File.objects.get(record_type="practice.visit").mime == "image/png"
    assert PresenceSignal.objects.get(kind="visit").placement_id == met[0]


def test_a_visit_speaks_only_for_students_whom_the_visitor_may_see(house: here.Place) -> None:
    colleague = here._hat("吴老师", "teacher", house.college)
    theirs = house.placements[2]
    Placement.objects.filter(pk=theirs.pk).update(supervisor=colleague)
    mine = house.placements[0]
    visit = actions.start_visit(house.firms[0], by=house.teacher, visited_on=here.TODAY, mode="site", placements=[mine])
    actions.record_visit(visit, by=house.teacher, findings="岗位对口", placements=[mine.pk, theirs.pk])
    assert list(visit.placements.all()) == [mine]
    assert set(PresenceSignal.objects.filter(kind="visit").values_list("placement", flat=True)) == {mine.pk}


# By link -------------------------------------------------------------------------------------------------------------


def path_of(address: str) -> str:
    return address.removeprefix(settings.ZHIXING["base_url"].rstrip("/"))


def test_a_mentor_confirms_all_with_one_tap_week_after_week(house: here.Place) -> None:
    handed = running_links.mentor_link(house.placements[0], by=house.teacher, name="导师0", days=90)
    path, stranger = path_of(handed.value), Client()
    page = stranger.get(path)
    mine = [row.pk for row in house.placements if row.mentor_id == house.mentors[0].pk]
    assert [row["placement"].pk for row in page.context["waiting"]] == mine
    for _twice in range(2):
        assert stranger.post(path, {"do": "week", "shown": mine, "there": mine}).status_code == 302
    assert PresenceSignal.objects.filter(kind="mentor").count() == len(mine)
    # Another mentor's student is passed over, whatever is sent.
    other = next(row.pk for row in house.placements if row.mentor_id != house.mentors[0].pk)
    stranger.post(path, {"do": "week", "shown": [other], "there": [other]})
    assert not PresenceSignal.objects.filter(placement=other).exists()
    assert stranger.post(path, {"do": "problem", "placement": other, "text": "x"}).status_code == 422
    stranger.post(path, {"do": "problem", "placement": mine[0], "text": "两天未到岗", "kind": "missing", "urgent": "1"})
    assert Incident.objects.get().severity == "serious"
    code = stranger.get(path + "?code=1")
    assert code.status_code == 200 and code.context["posts"][0]["digits"].isdigit()


def visited(house: here.Place, placement: Placement, **more: Any) -> Visit:
    """A visit on the spot, written up and not yet signed."""
    visit = actions.start_visit(
        placement.post.organisation, by=house.teacher, visited_on=here.TODAY, mode="site", placements=[placement]
    )
    actions.record_visit(visit, by=house.teacher, findings="在岗，带教到位", **more)
    return visit


def test_a_mentor_signs_the_visits_to_the_own_students_and_no_others(house: here.Place) -> None:
    mine, theirs = house.placements[:2]
    visit, other = visited(house, mine), visited(house, theirs)
    path = path_of(running_links.mentor_link(mine, by=house.teacher, name="导师0", days=90).value)
    stranger = Client()
    assert [row.pk for row in stranger.get(path).context["visits"]] == [visit.pk]
    said = {"do": "sign", "visit": other.pk, "name": "导师0", "ink": ink()}
    assert stranger.post(path, said).status_code == 422
    assert stranger.post(path, {**said, "visit": visit.pk, "ink": ""}).status_code == 422
    assert stranger.post(path, {**said, "visit": visit.pk}).status_code == 302
    visit.refresh_from_db()
    other.refresh_from_db()
    assert visit.mentor_name == "导师0" and visit.signed_at is not None and other.signed_at is None
    assert File.objects.get(name="signature.png").record_id == visit.pk
    assert stranger.get(path).context["visits"] == []


def test_a_mentor_sees_hours_and_takes_the_letter_with_the_same_questions_for_many(
    house: here.Place, django_assert_num_queries: Any
) -> None:
    for placement in house.placements:
        for weeks in (1, 2):
            day = here.MONDAY - timedelta(weeks=weeks)
            make(WeekEntry, placement=placement, monday=day, hours=38 + weeks, status="read")
    with django_assert_num_queries(1):
        work = running_mentors.work_of(house.mentors[0], here.TODAY)
    assert (work.students, work.weeks, work.hours) == (2, 4, 158)
    path = path_of(running_links.mentor_link(house.placements[0], by=house.teacher, name="导师0", days=90).value)
    letter = Client().get(path + "?letter=1")
    assert letter.headers["Content-Type"] == "application/pdf" and letter.content.startswith(b"%PDF")
    told = running_mentors.work_of(house.mentors[0], here.START - timedelta(days=1))
    assert told.lines == []


def test_a_guardian_sees_whom_to_call_and_the_state_of_things(house: here.Place) -> None:
    placement = house.placements[0]
    house.plan.duty_phone = "0898-65720000"
    house.plan.save()
    make(Supervisor, plan=house.plan, person=house.supervisor, work_phone="0898-65721111")
    house.supervisor.phone = "13907550000"
    house.supervisor.save()
    path = path_of(running_links.guardian_link(placement, by=house.teacher, name="家长0", days=90).value)
    bare = questions(path)
    visited(house, placement)
    actions.grant_leave(leave(house, placement), by=house.teacher)
    make(WeekEntry, placement=placement, monday=here.MONDAY, hours=40)
    page = Client().get(path).content.decode()
    for word in ("0898-65720000", "0898-65721111", "2026-03-11", "2026-03-12"):
        assert word in page, word
    # What is the teacher's own stays with the school.
    assert "13907550000" not in page
    for kind in ("injury", "illness", "other"):
        actions.report_incident(placement, by=house.teacher, kind=kind, severity="serious", text="复查")
    assert questions(path) <= bare + 1


def questions(path: str) -> int:
    client = Client()
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_a_guardian_sees_where_and_what_happened_and_raises_a_worry(house: here.Place) -> None:
    placement = house.placements[0]
    actions.report_incident(placement, by=house.teacher, kind="injury", severity="serious", text="手部划伤")
    actions.report_incident(placement, by=house.teacher, kind="other", severity="light", text="迟到")
    path = path_of(running_links.guardian_link(placement, by=house.teacher, name="家长0", days=90).value)
    page = Client().get(path).content.decode()
    assert "手部划伤" in page and "迟到" not in page and placement.post.organisation.name in page
    assert Client().post(path, {"subject": "hours", "text": "经常加班"}).status_code == 200
    row = Complaint.objects.get()
    assert row.source == "guardian" and row.placement == placement and row.complainant is None


def test_an_evaluation_link_is_used_up_by_the_word_and_not_by_opening(house: here.Place) -> None:
    placement = house.placements[0]
    path = path_of(running_links.evaluation_link(placement, by=house.teacher, side="student", name="学生0").value)
    said = {f"{scale}-{placement.pk}": 90 for scale in Evaluation.SCALES}
    stranger = Client()
    assert stranger.get(path).status_code == stranger.get(path).status_code == 200
    assert stranger.post(path, {}).status_code == 422 and not Evaluation._base_manager.exists()
    assert stranger.post(path, said).status_code == 200
    assert stranger.get(path).status_code == 410
    assert links.of_record(placement, running_links.EVALUATE).get().used_at is not None


def test_an_evaluation_link_is_asked_for_by_a_button(house: here.Place) -> None:
    placement = house.placements[0]
    client = Client()
    client.force_login(User.objects.get(person=house.supervisor), backend=settings.AUTHENTICATION_BACKENDS[-1])
    address = f"/practice/placement/{placement.pk}/act/evaluation_link/"
    assert address in client.get(f"/practice/placement/{placement.pk}/").content.decode()
    answer = client.post(address, {"side": "firm", "name": "导师0", "days": "30"}, follow=True)
    assert links.of_record(placement, running_links.EVALUATE).count() == 1 and "/l/" in answer.content.decode()
    actions.evaluate(placement, "firm", by=links_actor(), marks=dict.fromkeys(Evaluation.SCALES, 85))
    with pytest.raises(FlowError):
        running_links.evaluation_link(placement, by=house.teacher, side="firm", name="导师0")


def test_the_supervisors_day_names_each_case_once(house: here.Place) -> None:
    asked = leave(house, house.placements[0])
    actions.report_incident(house.placements[1], by=house.teacher, kind="injury", severity="light", text="扭伤")
    client = Client()
    client.force_login(User.objects.get(person=house.supervisor), backend=settings.AUTHENTICATION_BACKENDS[-1])
    page = client.get(reverse("practice-today"))
    day = page.context["day"]
    assert [row.pk for row in day.leaves] == [asked.pk] and len(day.incidents) == 1 and len(day.reports) == 2
    assert len(day.missing) == 4 and day.students == 4
    stops = page.context["stops"]
    assert {stop.organisation for stop in stops} == set(house.firms) and stops[1].kilometres == pytest.approx(
        1.1, abs=0.1
    )
    make(
        Visit,
        supervisor=house.supervisor,
        organisation=stops[0].organisation,
        unit=house.college,
        visited_on=here.TODAY,
        status="done",
    )
    again = client.get(reverse("practice-today")).context["stops"]
    assert again[0].organisation != stops[0].organisation and not again[1].overdue


def test_home_tells_the_supervisor_with_the_click_that_settles_it(house: here.Place) -> None:
    asked = leave(house, house.placements[0])
    change = actions.ask_change(
        house.placements[1], by=house.student(house.placements[1]), kind="end", from_on=here.TODAY, reason="升学"
    )
    incident = actions.report_incident(
        house.placements[2], by=house.teacher, kind="injury", severity="light", text="扭伤"
    )
    waiting = {item.kind: item.act for item in items(house.teacher, "2025-2026") if item.kind[1:] in MINE}
    assert waiting == {
        "2leave": f"/practice/leave/{asked.pk}/act/grant/",
        "2placement_change": f"/practice/placement_change/{change.pk}/act/support/",
        "2incident_report": f"/practice/incident_report/{incident.reports.last().pk}/act/tell/",  # type: ignore[attr-defined]
    }
    assert not [item for item in items(house.student(house.placements[0]), "2025-2026") if item.kind[1:] in MINE]
