"""The pages of governance open, ask what they must, and do what their buttons say."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.governance import factories
from tests.governance.factories import College
from zhixing.governance.models import Committee, Meeting, Resolution, Seat, Task, TaskAppraisal
from zhixing.governance.sheets import CommitteeSheet, TaskSheet
from zhixing.kernel.sheet import domains


@pytest.fixture
def full(home: College) -> dict[str, Any]:
    body = factories.committee(home, secretary=home.people["dean"])
    book = factories.book(body, home, status="approved")
    resolution = factories.resolution(body)
    task = factories.task(home, book=book, resolution=resolution)
    return {
        "committee": body,
        "seat": factories.seat(body, home),
        "meeting": resolution.meeting,
        "resolution": resolution,
        "task_book": book,
        "task": task,
        "milestone": task.milestones.create(title="中期", due=date(2026, 4, 1)),
        "task_appraisal": task.appraisals.create(appraised_on=date(2026, 3, 1), grade="good", score=85),
    }


@pytest.fixture
def dean(home: College, client: Client) -> Client:
    client.force_login(home.user("dean"))
    return client


def test_every_page_of_every_type_opens(full: dict[str, Any], dean: Client) -> None:
    domain = next(domain for domain in domains() if domain.key == "governance")
    seen = {sheet.key.split(".")[1] for sheet in (*domain.sheets, *domain.minor)}
    assert seen == set(full)
    for name, record in full.items():
        address = f"/governance/{name}/"
        pages = [address, f"{address}{record.pk}/", f"{address}add/", f"{address}{record.pk}/edit/"]
        assert {page: dean.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_every_action_that_is_offered_opens_or_acts(full: dict[str, Any], dean: Client) -> None:
    domain = next(domain for domain in domains() if domain.key == "governance")
    opened = 0
    for sheet in (*domain.sheets, *domain.minor):
        record = full[sheet.key.split(".")[1]]
        for action in sheet.actions:
            if action.form is not None and action.available(record):
                opened += 1
                assert dean.get(sheet.url("act", record.pk, key=action.key)).status_code == 200, action.key
    assert opened == 7


def test_counts_do_not_multiply_one_another(home: College, full: dict[str, Any], dean: Client) -> None:
    body = full["committee"]
    factories.seat(body, home, name="李工", party="association")
    factories.seat(body, home, name="期满", ends_on=date(2025, 10, 1))
    factories.seat(body, home, party="school", person=home.people["dean"], name="", organisation=None)
    factories.meeting(body, title="第二次", held_on=date(2026, 3, 9), status="held", minutes="议定。")
    sheet = CommitteeSheet()
    row = sheet.with_columns(Committee.objects.all(), (*sheet.columns, "open_resolutions")).get(pk=body.pk)
    assert (row.seats_count, row.external_count, row.last_met, row.open_resolutions) == (3, 2, date(2026, 3, 9), 1)
    task = TaskSheet().with_columns(Task.objects.all(), ("milestones_open", "appraisals_count")).get()
    assert (task.milestones_open, task.appraisals_count) == (1, 1)


def test_from_a_planned_meeting_to_an_appraised_task_by_the_buttons(home: College, dean: Client) -> None:
    body = factories.committee(home)
    member = factories.seat(body, home)
    meeting = factories.meeting(body)
    held = {"held_on": "2026-03-02", "minutes": "会议议定事项：\n1. 走访十家企业", "attendees": [member.pk]}
    assert dean.post(f"/governance/meeting/{meeting.pk}/act/hold/", held).status_code == 302
    assert Meeting.objects.get().status == "held"
    ask = dean.get(f"/governance/meeting/{meeting.pk}/act/decide/")
    assert "走访十家企业" in ask.content.decode()
    wrong = dean.post(
        f"/governance/meeting/{meeting.pk}/act/decide/", {"lines": "走访；责任人：无此人；时限：2026-06-30"}
    )
    assert wrong.status_code == 422
    assert not Resolution.objects.exists()
    right = {"lines": "走访十家企业；责任人：teacher；时限：2026-06-30\n通过规划"}
    assert dean.post(f"/governance/meeting/{meeting.pk}/act/decide/", right).status_code == 302
    first, second = Resolution.objects.order_by("number")
    more = {"title": "起草规划", "owner": "dean", "starts_on": "2026-03-10", "due": "2026-04-10"}
    assert dean.post(f"/governance/resolution/{second.pk}/act/assign/", more).status_code == 302
    task = Task.objects.get(resolution=first)
    assert dean.post(f"/governance/task/{task.pk}/act/progress/", {"progress": 60}).status_code == 302
    assert dean.post(f"/governance/task/{task.pk}/act/finish/", {"done_on": "2026-03-09"}).status_code == 302
    judged = {"appraised_on": "2026-03-10", "grade": "good", "score": "85", "comment": "按期"}
    assert dean.post(f"/governance/task/{task.pk}/act/appraise/", judged).status_code == 302
    first.refresh_from_db()
    assert (first.status, TaskAppraisal.objects.get().comment) == ("done", "按期")


def test_letters_are_issued_in_bulk(home: College, dean: Client) -> None:
    body = factories.committee(home)
    seats = [factories.seat(body, home, name=f"委员{number}") for number in range(3)]
    dean.post("/governance/seat/bulk/", {"action": "issue_letter", "pk": [seat.pk for seat in seats]})
    numbers = sorted(Seat.objects.values_list("letter_number", flat=True))
    assert numbers == [f"聘〔2026〕{number}号" for number in (1, 2, 3)]
