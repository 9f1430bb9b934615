"""What a firm does by link and a student on a phone."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from tests.cultivation.conftest import Room
from tests.cultivation.test_order_classes import choose
from tests.factories import make
from zhixing.cultivation import outside
from zhixing.cultivation.models import FirmRank, OrderClass, PlanSignature, TrainingPlan
from zhixing.kernel import links
from zhixing.kernel.models import Event, OutsideLink
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Student


def address(record: Any, purpose: str, room: Room) -> str:
    link = links.issue(purpose, record, name="王经理", by=SYSTEM, data={"organisation": room.firm.pk})
    return "/l/" + link.split("/l/")[1]


def asked(room: Room, number: int = 3) -> tuple[OrderClass, list[int], str]:
    row = room.order((2,))
    for student in room.students(number, phone="13800001111"):
        choose(student, row.order_posts.get())
    keys = list(row.applicants.order_by("pk").values_list("pk", flat=True))
    return row, keys, address(row, outside.RANK, room)


def test_a_firm_moves_applicants_by_taps_and_only_the_confirmation_writes(room: Room) -> None:
    row, keys, url = asked(room)
    client = Client()
    page = client.get(url)
    text = page.content.decode()
    assert page.status_code == 200 and row.name in text and "13800001111" not in text
    moved = client.post(url, {"order": keys, "move": f"top:{keys[2]}"})
    assert [item["row"].pk for item in moved.context["applicants"]] == [keys[2], keys[0], keys[1]]
    out = client.post(url, {"order": [keys[2], keys[0], keys[1]], "move": f"out:{keys[0]}"})
    assert [(item["row"].pk, item["place"]) for item in out.context["applicants"]] == [
        (keys[2], 1),
        (keys[1], 2),
        (keys[0], None),
    ]
    assert not FirmRank.objects.exists()
    data = {"order": [keys[2], keys[1], keys[0]], "declined": [keys[0]], "confirm": "1"}
    assert client.post(url, data).status_code == 200
    assert dict(FirmRank.objects.values_list("applicant", "rank")) == {keys[2]: 1, keys[1]: 2, keys[0]: None}
    assert FirmRank.objects.first().ranked_by == "王经理"  # type: ignore[union-attr]
    assert Event.objects.get(verb="firm_ranked").actor_name == "王经理"
    assert client.post(url, data).status_code == 410


def test_whoever_applied_meanwhile_is_not_lost(room: Room) -> None:
    row, keys, url = asked(room)
    (late,) = room.students(1)
    choose(late, row.order_posts.get())
    answer = Client().post(url, {"order": keys, "confirm": "1"})
    assert answer.status_code == 422 and not FirmRank.objects.exists()
    assert late.name in answer.content.decode()
    assert OutsideLink.objects.get().used_at is None


def test_a_class_that_no_longer_recruits_takes_no_ranking(room: Room) -> None:
    _row, keys, url = asked(room)
    OrderClass.objects.update(status="cancelled")
    assert Client().post(url, {"order": keys, "confirm": "1"}).status_code == 422
    assert not FirmRank.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_submissions_of_a_firm_one_is_written() -> None:
    room = Room()
    _row, keys, url = asked(room)
    start, seen = threading.Barrier(4), []

    def submit(order: list[int]) -> None:
        start.wait()
        try:
            seen.append(Client().post(url, {"order": order, "confirm": "1"}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=(keys if i % 2 else keys[::-1],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen)[0] == 200 and seen.count(200) == 1 and set(seen) <= {200, 410, 422}
    written = list(FirmRank.objects.order_by("rank").values_list("applicant", flat=True))
    assert written in (keys, keys[::-1]) and Event.objects.filter(verb="firm_ranked").count() == 1


def sent(room: Room) -> tuple[TrainingPlan, str]:
    plan = room.plan(status="firm_review")
    plan.organisations.set([room.firm])
    return plan, address(plan, outside.SIGN_PLAN, room)


def test_a_firm_reads_and_signs_a_plan(room: Room) -> None:
    plan, url = sent(room)
    page = Client().get(url)
    assert page.status_code == 200 and "接口开发" in page.content.decode()
    assert Client().post(url, {"do": "sign", "opinion": "同意"}).status_code == 200
    signature = PlanSignature.objects.get()
    assert (signature.organisation, signature.contact_name, signature.opinion) == (room.firm, "王经理", "同意")
    assert plan.signatures.count() == 1 and Client().get(url).status_code == 410


def test_a_firm_that_wants_changes_says_which_and_the_plan_goes_back(room: Room) -> None:
    plan, url = sent(room)
    assert Client().post(url, {"do": "return"}).status_code == 422
    assert Client().post(url, {"do": "return", "opinion": "加一门课"}).status_code == 200
    plan.refresh_from_db()
    assert plan.status == "draft" and not plan.signatures.exists()
    assert "加一门课" in Event.objects.get(verb="recall").comment


def test_the_college_asks_a_firm_by_mail_and_sees_what_became_of_it(
    room: Room, world: Any, django_capture_on_commit_callbacks: Any
) -> None:
    row, _keys, _url = asked(room)
    page = f"/cultivation/ask/class/{row.pk}/"
    assert world.client("student").get(page).status_code == 403
    data = {"organisation": room.firm.pk, "name": "李总", "email": "li@example.com", "days": 7}
    with django_capture_on_commit_callbacks(execute=True):
        answer = world.client("office").post(page, data)
    assert answer.status_code == 200 and answer.context["made"] in mail.outbox[0].body
    # The new link is for the same firm and page: the old one is closed.
    assert OutsideLink.objects.filter(revoked_at=None).count() == 1
    assert "李总" in world.client("office").get(page).content.decode()


def test_a_student_chooses_in_four_taps_and_sees_only_what_is_open_to_them(room: Room, world: Any) -> None:
    student = make(Student, cohort=room.cohort, person=world.people["student"])
    row, closed = room.order((2, 1)), room.order((1,), status="planned")
    a, b = row.order_posts.order_by("pk")
    client = world.client("student")
    page = client.get("/cultivation/choices/")
    assert page.status_code == 200 and row.name in page.content.decode() and closed.name not in page.content.decode()
    assert client.post("/cultivation/choices/", {"choice1": a.pk, "choice2": a.pk}).status_code == 422
    assert client.post("/cultivation/choices/", {"choice1": closed.order_posts.get().pk}).status_code == 422
    assert client.post("/cultivation/choices/", {"choice1": b.pk, "choice2": a.pk}).status_code == 302
    applicant = student.applications.get()
    assert list(applicant.choices.order_by("rank").values_list("post", flat=True)) == [b.pk, a.pk]
    assert world.client("teacher").get("/cultivation/choices/").status_code == 403
