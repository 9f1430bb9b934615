"""Each action of governance does what it says, and refuses, changing nothing, what must not be."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from tests.governance import factories
from tests.governance.factories import College
from zhixing.governance import actions
from zhixing.governance.minutes import Line
from zhixing.governance.models import Committee, Seat, Task, TaskAppraisal, TaskBook
from zhixing.kernel import approval
from zhixing.kernel.models import ApprovalStation, Event


def refused(code: str) -> "pytest.RaisesExc[ValidationError]":
    return pytest.raises(ValidationError, check=lambda error: error.code == code)


def verbs(record: object) -> list[str]:
    return list(Event.objects.filter(record_id=record.pk).order_by("pk").values_list("verb", flat=True))  # type: ignore[attr-defined]


# Meetings


def test_a_meeting_is_held_with_minutes_and_attendance(home: College) -> None:
    body = factories.committee(home)
    present = factories.seat(body, home)
    meeting = factories.meeting(body)
    actions.hold_meeting(
        meeting, by=home.actor("dean"), held_on=date(2026, 3, 3), minutes=" 议定两项。 ", attendees=[present]
    )
    meeting.refresh_from_db()
    assert (meeting.status, meeting.held_on, meeting.minutes) == ("held", date(2026, 3, 3), "议定两项。")
    assert list(meeting.attendees.all()) == [present]
    assert verbs(meeting) == ["hold"]


@pytest.mark.parametrize(
    ("actor", "day", "minutes", "code"),
    [
        ("dean", date(2026, 3, 3), "  ", "minutes"),
        ("dean", date(2026, 3, 11), "议定。", "future"),
        ("other_dean", date(2026, 3, 3), "议定。", "forbidden"),
        ("auditor", date(2026, 3, 3), "议定。", "forbidden"),
    ],
)
def test_a_meeting_is_not_held(home: College, actor: str, day: date, minutes: str, code: str) -> None:
    meeting = factories.meeting(factories.committee(home))
    with refused(code):
        actions.hold_meeting(meeting, by=home.actor(actor), held_on=day, minutes=minutes)
    meeting.refresh_from_db()
    assert meeting.status == "planned"
    assert verbs(meeting) == []


def test_nobody_attends_another_committees_meeting(home: College) -> None:
    stranger = factories.seat(factories.council(home), home)
    meeting = factories.meeting(factories.committee(home))
    with refused("attendees"):
        actions.hold_meeting(
            meeting, by=home.actor("dean"), held_on=date(2026, 3, 3), minutes="议定。", attendees=[stranger]
        )


def test_minutes_become_resolutions_and_tasks_in_one_act(home: College) -> None:
    meeting = factories.meeting(factories.committee(home), status="held", minutes="议定。")
    lines = [
        Line("通过专业群规划"),
        Line("走访十家企业", home.people["teacher"], date(2026, 6, 30), "调研报告"),
    ]
    made = actions.record_decisions(meeting, by=home.actor("dean"), lines=lines)
    assert [resolution.number for resolution in made] == [1, 2]
    task = Task.objects.get()
    assert (task.resolution, task.owner, task.unit) == (made[1], home.people["teacher"], home.first)
    assert (task.starts_on, task.due, task.deliverable) == (date(2026, 3, 2), date(2026, 6, 30), "调研报告")
    assert [r.number for r in actions.record_decisions(meeting, by=home.actor("dean"), lines=lines[:1])] == [3]


def test_a_line_that_cannot_become_a_task_leaves_no_resolution_behind(home: College) -> None:
    meeting = factories.meeting(factories.committee(home), status="held", minutes="议定。")
    lines = [Line("通过规划"), Line("走访企业", home.people["teacher"], date(2026, 1, 1))]
    with pytest.raises(ValidationError):
        actions.record_decisions(meeting, by=home.actor("dean"), lines=lines)
    assert not meeting.resolutions.exists()


def test_only_a_meeting_that_was_held_decides(home: College) -> None:
    meeting = factories.meeting(factories.committee(home))
    with refused("wrong_state"):
        actions.record_decisions(meeting, by=home.actor("dean"), lines=[Line("通过规划")])


# Resolutions and tasks


def test_the_council_gives_a_task_to_another_department(home: College) -> None:
    resolution = factories.resolution(factories.council(home))
    task = actions.assign(
        resolution,
        by=home.actor("office"),
        title="共建实训基地",
        owner=home.people["other_dean"],
        starts_on=date(2026, 3, 10),
        due=date(2026, 6, 30),
    )
    assert (task.unit, task.resolution) == (home.second, resolution)


def test_a_task_is_added_only_to_a_draft_and_to_an_open_resolution(home: College) -> None:
    body = factories.committee(home)
    resolution = factories.resolution(body)
    approved = factories.book(body, home, status="approved")
    with refused("book_closed"):
        actions.assign(resolution, by=home.actor("dean"), title="走访", book=approved)
    with refused("forbidden"):
        actions.assign(resolution, by=home.actor("teacher"), title="走访")
    with refused("wrong_state"):
        actions.assign(factories.resolution(body, 2, status="done"), by=home.actor("dean"), title="走访")
    assert not Task.objects.exists()


def test_the_last_task_done_closes_the_resolution_and_reopening_opens_it(home: College) -> None:
    resolution = factories.resolution(factories.committee(home))
    one, two = (factories.task(home, title, resolution=resolution) for title in ("走访一", "走访二"))
    teacher = home.actor("teacher")
    actions.finish_task(one, by=teacher, done_on=date(2026, 3, 9))
    resolution.refresh_from_db()
    assert (one.status, one.done_on, one.progress, resolution.status) == ("done", date(2026, 3, 9), 100, "open")
    actions.finish_task(two, by=teacher)
    resolution.refresh_from_db()
    assert (two.done_on, resolution.status) == (date(2026, 3, 10), "done")
    event = Event.objects.get(record_type="governance.resolution", verb="finish")
    assert event.actor_name == teacher.name
    actions.reopen_task(two, by=teacher, comment="报告未交")
    resolution.refresh_from_db()
    assert (two.status, two.done_on, two.progress, resolution.status) == ("open", None, 99, "open")


def test_a_resolution_whose_tasks_were_all_dropped_is_not_done(home: College) -> None:
    resolution = factories.resolution(factories.committee(home))
    task = factories.task(home, resolution=resolution)
    actions.drop_task(task, by=home.actor("dean"), comment="企业停业")
    resolution.refresh_from_db()
    assert (task.status, resolution.status) == ("dropped", "open")


def test_finishing_is_refused_to_strangers_twice_and_ahead_of_time(home: College) -> None:
    task = factories.task(home)
    with refused("forbidden"):
        actions.finish_task(task, by=home.actor("other_dean"))
    with refused("future"):
        actions.finish_task(task, by=home.actor("teacher"), done_on=date(2026, 3, 11))
    actions.finish_task(task, by=home.actor("teacher"))
    with refused("wrong_state"):
        actions.finish_task(task, by=home.actor("teacher"))


@pytest.mark.parametrize("act", [actions.drop_task, actions.reopen_task])
def test_dropping_and_reopening_need_a_reason(home: College, act: object) -> None:
    state = {"status": "done", "done_on": date(2026, 3, 1)} if act is actions.reopen_task else {}
    with refused("comment_required"):
        act(factories.task(home, **state), by=home.actor("dean"))  # type: ignore[operator]


def test_progress_is_reported_by_the_owner_and_logged(home: College) -> None:
    task = factories.task(home)
    actions.set_progress(task, by=home.actor("teacher"), progress=40, comment="已走访四家")
    assert task.progress == 40
    assert Event.objects.get(verb="progress").data == {"fields": ["progress"]}
    for progress in (-1, 100):
        with refused("progress"):
            actions.set_progress(task, by=home.actor("teacher"), progress=progress)
    with refused("forbidden"):
        actions.set_progress(task, by=home.actor("auditor"), progress=50)
    actions.finish_task(task, by=home.actor("teacher"))
    with refused("wrong_state"):
        actions.set_progress(task, by=home.actor("teacher"), progress=50)


def test_a_done_task_is_appraised_by_another(home: College) -> None:
    task = factories.task(home, status="done", done_on=date(2026, 3, 1))
    made = actions.appraise_task(task, by=home.actor("dean"), grade="good", score=Decimal("86.5"), comment="按期")
    assert (made.appraiser, made.appraised_on, made.score) == (home.people["dean"], date(2026, 3, 10), Decimal("86.5"))
    with refused("task_appraisal_once"):
        actions.appraise_task(task, by=home.actor("office"), grade="good", score=Decimal(80))
    assert TaskAppraisal.objects.count() == 1


def test_an_appraisal_is_refused(home: College) -> None:
    task = factories.task(home)
    with refused("too_early"):
        actions.appraise_task(task, by=home.actor("dean"), grade="good", score=Decimal(80))
    done = factories.task(home, "已完成", status="done", done_on=date(2026, 3, 1), owner=home.people["dean"])
    with refused("own_task"):
        actions.appraise_task(done, by=home.actor("dean"), grade="good", score=Decimal(80))
    with refused("forbidden"):
        actions.appraise_task(done, by=home.actor("other_dean"), grade="good", score=Decimal(80))
    with pytest.raises(ValidationError):
        actions.appraise_task(done, by=home.actor("office"), grade="good", score=Decimal(101))
    assert not TaskAppraisal.objects.exists()


def test_a_task_whose_time_is_up_is_appraised_though_it_is_not_done(home: College) -> None:
    task = factories.task(home, due=date(2026, 3, 9))
    assert actions.appraise_task(task, by=home.actor("dean"), grade="fail", score=Decimal(40)).pk


# Task books


def test_a_task_book_is_submitted_complete_and_approved_with_its_date(home: College) -> None:
    factories.approval_route()
    book = factories.book(factories.committee(home), home)
    group_leader = home.actor("group_leader")
    with refused("empty"):
        actions.submit_task_book(book, by=group_leader)
    task = factories.task(home, book=book, appraisal_method="")
    with refused("incomplete"):
        actions.submit_task_book(book, by=group_leader)
    task.appraisal_method = "学期考核"
    task.save()
    actions.submit_task_book(book, by=group_leader)
    assert book.status == "submitted"
    approval.approve(ApprovalStation.objects.get().pk, by=home.actor("dean"))
    book.refresh_from_db()
    assert (book.status, book.approved_on) == ("approved", date(2026, 3, 10))


def test_a_new_version_carries_on_open_tasks_and_leaves_the_old_one_as_it_was(home: College) -> None:
    old = factories.book(factories.committee(home), home, status="approved")
    resolution = factories.resolution(old.committee)
    running = factories.task(home, "走访", book=old, resolution=resolution, progress=30)
    running.milestones.create(title="中期", due=date(2026, 4, 15))
    factories.task(home, "已完成", book=old, status="done", done_on=date(2026, 1, 5))
    new = actions.new_version(old, by=home.actor("dean"), comment="增加任务")
    assert (old.status, new.status, new.version, new.approved_on) == ("replaced", "draft", 2, None)
    copy = new.tasks.get()
    assert (copy.title, copy.progress, copy.owner, copy.resolution) == ("走访", 30, running.owner, resolution)
    assert copy.milestones.get().title == "中期"
    assert old.tasks.count() == 2
    # The resolution waits for the copy, not for what the old version left open.
    actions.finish_task(copy, by=home.actor("teacher"))
    resolution.refresh_from_db()
    assert resolution.status == "done"


def test_a_new_version_is_all_or_nothing(home: College, monkeypatch: pytest.MonkeyPatch) -> None:
    old = factories.book(factories.committee(home), home, status="approved")
    factories.task(home, book=old)
    factories.book(old.committee, home, version=2, status="replaced")
    with refused("task_book_version"):
        actions.new_version(old, by=home.actor("dean"), comment="增加任务")
    assert TaskBook.objects.get(pk=old.pk).status == "approved"
    with refused("comment_required"):
        actions.new_version(old, by=home.actor("dean"))
    with refused("forbidden"):
        actions.new_version(old, by=home.actor("other_dean"), comment="增加任务")


# Seats and terms


def test_letters_are_numbered_from_one_and_pass_by_numbers_given_on_paper(home: College) -> None:
    body = factories.committee(home)
    factories.seat(body, home, name="旧委员", letter_number="聘〔2026〕2号")
    seats = [factories.seat(body, home, name=f"委员{number}") for number in range(2)]
    numbers = [actions.issue_letter(seat, by=home.actor("dean")) for seat in seats]
    assert numbers == ["聘〔2026〕1号", "聘〔2026〕3号"]
    with refused("has_letter"):
        actions.issue_letter(seats[0], by=home.actor("dean"))
    with refused("forbidden"):
        actions.issue_letter(factories.seat(body, home, name="新"), by=home.actor("other_dean"))


def test_a_seat_ends_once_and_not_before_it_began(home: College) -> None:
    seat = factories.seat(factories.committee(home), home)
    with pytest.raises(ValidationError):
        actions.end_seat(seat, by=home.actor("dean"), ends_on=date(2025, 8, 31))
    actions.end_seat(seat, by=home.actor("dean"), ends_on=date(2026, 3, 31), comment="调离")
    with refused("ended"):
        actions.end_seat(seat, by=home.actor("dean"), ends_on=date(2026, 4, 30))
    assert Seat.objects.get().ends_on == date(2026, 3, 31)


def test_a_new_term_copies_the_seats_held_to_the_end_and_shortens_a_running_term(home: College) -> None:
    old = factories.committee(home)
    factories.seat(old, home, name="留任", letter_number="聘〔2025〕1号")
    factories.seat(old, home, name="早退", ends_on=date(2026, 1, 1))
    new = actions.renew_committee(
        old, by=home.actor("dean"), starts_on=date(2026, 9, 1), ends_on=date(2029, 8, 31), comment="换届"
    )
    assert old.ends_on == date(2026, 8, 31)
    assert [(s.name, s.starts_on, s.ends_on, s.letter_number) for s in new.seats.all()] == [
        ("留任", date(2026, 9, 1), None, "")
    ]
    assert old.seats.get(name="留任").ends_on == date(2026, 8, 31)
    assert old.seats.get(name="早退").ends_on == date(2026, 1, 1)
    assert (new.group, new.kind, new.name) == (old.group, "steering", old.name)


def test_a_new_term_that_cannot_be_changes_nothing(home: College) -> None:
    old = factories.committee(home)
    factories.committee(home, name="下届", starts_on=date(2028, 9, 1), ends_on=date(2031, 8, 31))
    for start, end, code in (
        (date(2028, 1, 1), date(2027, 1, 1), "dates"),
        (date(2025, 9, 1), date(2027, 1, 1), "too_early"),
        (date(2027, 9, 1), date(2029, 1, 1), "committee_one_per_group"),
    ):
        with refused(code):
            actions.renew_committee(old, by=home.actor("dean"), starts_on=start, ends_on=end)
    with refused("forbidden"):
        actions.renew_committee(old, by=home.actor("other_dean"), starts_on=date(2027, 9, 1), ends_on=date(2028, 1, 1))
    assert Committee.objects.get(pk=old.pk).ends_on == date(2027, 8, 31)
    assert Committee.objects.count() == 2
