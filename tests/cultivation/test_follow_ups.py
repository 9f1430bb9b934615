"""Follow-ups that fall due are told once, and asked of the firm once, by a link that a phone answers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, TestCase

from tests.cultivation.conftest import Room
from tests.factories import make
from zhixing.cultivation import follow_up_links
from zhixing.cultivation.models import FollowUp, Hire, OrderClass
from zhixing.kernel.models import Event, Notice, OutsideLink
from zhixing.org.models import Person, User
from zhixing.partners.models import Contact, Organisation

DUE = date(2026, 3, 1)


@pytest.fixture
def hired(room: Room) -> list[Hire]:
    owner = make(Person)
    User.objects.create(username="ban-zhu-ren", person=owner)
    row = room.order((2,), status="finished", owner=owner)
    other = make(Organisation, name="三亚乙公司")
    firms = [room.firm, room.firm, other]
    return [
        make(Hire, order_class=row, student=student, organisation=firm, hired_on=date(2025, 12, 1))
        for student, firm in zip(room.students(3), firms, strict=True)
    ]


def remind(on: date) -> int:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return follow_up_links.remind(on)


def contact(firm: Organisation, **more: Any) -> Contact:
    return Contact.objects.create(organisation=firm, **{"name": "林经理", "email": "lin@example.com", **more})


def path() -> str:
    return "/l/" + re.findall(r"/l/(\S+/)", mail.outbox[-1].body)[-1]


def test_each_is_told_once_and_each_firm_with_a_contact_asked_once(room: Room, hired: list[Hire]) -> None:
    contact(room.firm, role="signatory", name="王总", email="wang@example.com")
    contact(room.firm, role="hr")
    contact(room.firm, role="hr", name="旧人事", email="old@example.com", ends_on=date(2026, 1, 1))
    assert remind(DUE - timedelta(days=1)) == 0
    assert remind(DUE) == 3
    notice = Notice.objects.get()
    assert (notice.user.username, notice.params["number"], notice.params["month"]) == ("ban-zhu-ren", 3, 3)
    # The other firm has nobody to write to; who sees to the people of this one does.
    assert [letter.to for letter in mail.outbox if "/l/" in letter.body] == [["lin@example.com"]]
    assert OutsideLink.objects.get().data["hires"] == sorted(hire.pk for hire in hired[:2])
    assert remind(DUE) == remind(DUE + timedelta(days=40)) == 0
    assert (Notice.objects.count(), OutsideLink.objects.count()) == (1, 1)
    # A hire recorded late falls due by itself, the others are not told again.
    (student,) = room.students(1)
    make(Hire, order_class=hired[0].order_class, student=student, organisation=room.firm, hired_on=date(2025, 12, 1))
    assert remind(DUE + timedelta(days=41)) == 1
    # After six months each is told anew.
    assert remind(date(2026, 6, 1)) == 4
    assert Event.objects.filter(verb=follow_up_links.TOLD, data__month=6).count() == 4


def test_who_has_gone_or_was_asked_already_is_not_asked(room: Room, hired: list[Hire]) -> None:
    FollowUp.objects.create(hire=hired[0], month=3, done_on=DUE, still_there=False)
    FollowUp.objects.create(hire=hired[1], month=3, done_on=DUE, still_there=True, fit=4, satisfaction=4)
    assert remind(DUE) == 1
    assert remind(date(2026, 6, 1)) == 2  # the second after six months; the third, too, though nobody asked after three


def test_without_a_leader_the_college_is_told(room: Room, hired: list[Hire]) -> None:
    OrderClass.objects.update(owner=None)
    room.major.leader = make(Person)
    room.major.save()
    User.objects.create(username="leader", person=room.major.leader)
    remind(DUE)
    assert Notice.objects.get().user.username == "leader"


def test_the_firm_answers_by_link_and_its_answers_are_the_follow_ups(room: Room, hired: list[Hire]) -> None:
    contact(room.firm, role="hr")
    remind(DUE)
    client, url = Client(), path()
    page = client.get(url).content.decode()
    assert hired[0].student.name in page and hired[2].student.name not in page
    first, second = hired[:2]
    answers = {
        "hire": [str(first.pk), str(second.pk)],
        f"there-{first.pk}": "yes",
        f"fit-{first.pk}": "5",
        f"there-{second.pk}": "no",
        f"note-{second.pk}": "已回老家",
    }
    assert client.post(url, answers).status_code == 422  # how satisfied is it?
    assert not FollowUp.objects.exists()
    assert client.post(url, {**answers, f"satisfaction-{first.pk}": "4"}).status_code == 200
    told = {row.hire_id: (row.still_there, row.fit, row.satisfaction, row.note) for row in FollowUp.objects.all()}
    assert told == {first.pk: (True, 5, 4, ""), second.pk: (False, None, None, "已回老家")}
    assert Event.objects.filter(record_type="cultivation.follow_up", actor_name="林经理").count() == 2
    assert client.get(url).status_code == 410


def test_what_the_college_recorded_meanwhile_is_not_asked_of_the_firm(room: Room, hired: list[Hire]) -> None:
    contact(room.firm, role="hr")
    remind(DUE)
    client, url = Client(), path()
    answers = {"hire": [str(hire.pk) for hire in hired[:2]]} | {f"there-{hire.pk}": "no" for hire in hired[:2]}
    FollowUp.objects.create(hire=hired[0], month=3, done_on=DUE, still_there=False)
    assert client.post(url, answers).status_code == 422
    assert hired[0].student.name not in client.get(url).content.decode()
    assert FollowUp.objects.count() == 1
