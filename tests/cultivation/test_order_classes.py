"""An order class from recruiting to the closed file: every act, and every refusal in words."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from tests.cultivation.conftest import TODAY, Room
from tests.factories import make
from zhixing.cultivation import actions, queries
from zhixing.cultivation.models import Applicant, FirmRank, FollowUp, Hire, OrderClass, OrderPost, RosterEntry
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Event
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import Major, Student


def refused(code: str, act: Any, *given: Any, **more: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        act(*given, by=more.pop("by", SYSTEM), **more)
    assert caught.value.error_list[0].code == code, caught.value.messages
    assert all(caught.value.messages)


def choose(student: Student, *posts: OrderPost) -> None:
    actions.save_choices(student, posts, by=SYSTEM)


def rank(row: OrderClass, *students: Student, declined: tuple[Student, ...] = ()) -> None:
    key = {applicant.student_id: applicant.pk for applicant in row.applicants.all()}
    actions.rank_applicants(
        row,
        by=SYSTEM,
        ranking=[key[student.pk] for student in students],
        declined=[key[student.pk] for student in declined],
        ranked_by="王经理",
    )


def test_recruiting_needs_an_agreement_posts_and_places_that_fit(room: Room) -> None:
    row = room.order(posts=(), status="planned", quota=2)
    refused("no_agreement", actions.open_recruiting, row)
    row.agreement = room.agreement(status="draft")
    row.save()
    refused("no_agreement", actions.open_recruiting, row)
    row.agreement = room.agreement(starts_on=date(2026, 1, 1), signed_on=date(2026, 1, 1))
    row.save()
    refused("no_posts", actions.open_recruiting, row)
    make(OrderPost, order_class=row, name="钳工", capacity=3)
    refused("over_quota", actions.open_recruiting, row)
    OrderClass.objects.filter(pk=row.pk).update(quota=3)
    row.refresh_from_db()
    actions.open_recruiting(row, by=SYSTEM)
    assert row.status == "recruiting"
    refused("wrong_state", actions.open_recruiting, row)


def test_choices_replace_earlier_ones_and_withdraw_from_what_is_no_longer_chosen(room: Room) -> None:
    first, second = room.order((1, 1)), room.order((1,))
    (student,) = room.students(1)
    a, b = first.order_posts.order_by("pk")
    (c,) = second.order_posts.all()
    choose(student, a, c, b)
    told = [(r.post_id, r.rank) for applicant in student.applications.all() for r in applicant.choices.all()]
    assert sorted(told, key=lambda item: item[1]) == [(a.pk, 1), (c.pk, 2), (b.pk, 3)]
    choose(student, c)
    assert Applicant.objects.get(order_class=first).status == "withdrawn"
    assert Applicant.objects.get(order_class=second).choices.count() == 1
    choose(student, a)
    assert Applicant.objects.get(order_class=first).status == "applied"


def test_whom_a_class_is_not_for_cannot_apply(room: Room) -> None:
    row = room.order()
    (post,) = row.order_posts.all()
    stranger = make(Student)
    refused("not_open", actions.save_choices, stranger, [post])
    (left,) = room.students(1, status="left")
    refused("not_enrolled", actions.save_choices, left, [post])
    (student,) = room.students(1)
    refused("twice", actions.save_choices, student, [post, post])
    OrderClass.objects.update(recruits_until=TODAY - timedelta(days=1))
    refused("not_open", actions.save_choices, student, [post])
    OrderClass.objects.update(recruits_until=None, status="planned")
    refused("not_recruiting", actions.save_choices, student, [post])


def test_a_ranking_holds_everybody_who_applied_and_nobody_else(room: Room) -> None:
    row, other = room.order(), room.order()
    one, two = room.students(2)
    (post,) = row.order_posts.all()
    choose(one, post)
    choose(two, post)
    keys = list(row.applicants.order_by("pk").values_list("pk", flat=True))
    refused("incomplete", actions.rank_applicants, row, ranking=keys[:1])
    refused("changed", actions.rank_applicants, row, ranking=[*keys, keys[0]])
    refused("changed", actions.rank_applicants, other, ranking=keys)
    actions.rank_applicants(row, by=SYSTEM, ranking=keys[::-1])
    actions.rank_applicants(row, by=SYSTEM, ranking=keys[:1], declined=keys[1:])
    assert list(FirmRank.objects.order_by("applicant").values_list("rank", flat=True)) == [1, None]
    refused("forbidden", actions.rank_applicants, row, by=Actor(), ranking=keys)


def test_the_match_writes_the_roster_and_can_be_taken_back(room: Room) -> None:
    row = room.order((1, 1))
    best, second, third = room.students(3)
    a, b = row.order_posts.order_by("pk")
    choose(best, a, b)
    choose(second, a, b)
    choose(third, a)
    refused("unranked", actions.run_match, row)
    rank(row, best, second, declined=(third,))
    OrderClass.objects.update(recruits_until=TODAY)
    refused("still_open", actions.run_match, row)
    OrderClass.objects.update(recruits_until=TODAY - timedelta(days=1))
    actions.run_match(row, by=SYSTEM)
    assert row.status == "matched"
    assert dict(row.roster.values_list("student", "post")) == {best.pk: a.pk, second.pk: b.pk}
    assert dict(row.applicants.values_list("student", "status"))[third.pk] == "unmatched"
    assert Event.objects.get(verb="match").data["seated"] == 2
    refused("not_recruiting", actions.run_match, row)
    actions.undo_match(row, by=SYSTEM, comment="企业重新面试")
    assert not row.roster.exists() and row.status == "recruiting"
    assert set(row.applicants.values_list("status", flat=True)) == {"applied"}


def test_classes_that_share_applicants_are_matched_in_one_go(room: Room) -> None:
    first, second = room.order((1,)), room.order((1,))
    one, two = room.students(2)
    (p,), (q,) = first.order_posts.all(), second.order_posts.all()
    choose(one, p, q)
    choose(two, p)
    rank(first, two, one)
    assert queries.joint_classes(first) == sorted([first.pk, second.pk])
    refused("unranked", actions.run_match, first)
    rank(second, one)
    actions.run_match(first, by=SYSTEM)
    second.refresh_from_db()
    assert second.status == "matched"
    assert set(RosterEntry.objects.values_list("student", "post")) == {(two.pk, p.pk), (one.pk, q.pk)}


def test_who_may_not_match_a_joint_class_is_told_which(room: Room, world: Any) -> None:
    own = make(Major, unit=world.own, group=None)
    foreign = make(Major, unit=world.sibling, group=None)
    mine = room.order((1,), major=own)
    theirs = room.order((1,), major=foreign)
    (student,) = room.students(1)
    for row in (mine, theirs):
        make(Applicant, order_class=row, student=student)
    refused("joint_forbidden", actions.run_match, mine, by=actor_for(world.users["dean"]))
    mine.refresh_from_db()
    assert mine.status == "recruiting"


def running(room: Room) -> tuple[OrderClass, RosterEntry]:
    row = room.order((1,), status="matched", starts_on=TODAY, plan=room.plan(status="approved", approved_on=TODAY))
    (student,) = room.students(1)
    entry = make(RosterEntry, order_class=row, student=student, post=row.order_posts.get())
    actions.start_class(row, by=SYSTEM)
    return row, entry


def test_a_class_starts_on_its_day_by_an_approved_plan_with_somebody_in_it(room: Room) -> None:
    row = room.order((1,), status="matched", starts_on=TODAY + timedelta(days=1))
    refused("too_early", actions.start_class, row)
    row.starts_on, row.plan = TODAY, room.plan()
    row.save()
    refused("no_plan", actions.start_class, row)
    row.plan.status, row.plan.approved_on = "approved", TODAY
    row.plan.save()
    refused("empty", actions.start_class, row)


def test_from_hiring_to_the_closed_file(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    row, entry = running(room)
    refused("future", actions.finish_class, row, ends_on=TODAY + timedelta(days=1))
    refused("dates", actions.finish_class, row, ends_on=row.starts_on - timedelta(days=1))
    actions.finish_class(row, by=SYSTEM, ends_on=TODAY)
    hire = actions.hire(entry, by=SYSTEM, organisation=room.firm, position="钳工", hired_on=date(2026, 3, 1))
    refused("hire_once", actions.hire, entry, organisation=room.firm, position="钳工", hired_on=TODAY)
    told = queries.funnel(row)
    assert (told.stayed, told.hired, told.hired_by_firm, told.hire_rate) == (1, 1, 1, 1.0)
    refused("too_early", actions.follow_up, hire, month=3, done_on=TODAY, still_there=True, fit=4, satisfaction=4)
    refused("follow_ups", actions.close_class, row)
    assert list(queries.follow_ups_due(TODAY)) == []
    assert [(m, day) for _hire, m, day in queries.follow_ups_due(date(2026, 6, 1))] == [(3, date(2026, 6, 1))]
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_a, **_k: date(2026, 9, 2))
    refused("marks", actions.follow_up, hire, month=3, done_on=date(2026, 6, 2), still_there=True)
    actions.follow_up(hire, by=SYSTEM, month=3, done_on=date(2026, 6, 2), still_there=True, fit=5, satisfaction=4)
    refused("follow_ups", actions.close_class, row)
    actions.follow_up(hire, by=SYSTEM, month=6, done_on=date(2026, 9, 2), still_there=False)
    assert FollowUp.objects.count() == 2 and list(queries.follow_ups_due(date(2026, 12, 31))) == []
    actions.close_class(row, by=SYSTEM)
    assert row.status == "closed"


def test_who_left_is_neither_hired_nor_counted(room: Room) -> None:
    row, entry = running(room)
    actions.leave(entry, by=SYSTEM, left_on=TODAY, reason="参军入伍")
    refused("left", actions.leave, entry, left_on=TODAY, reason="再次")
    refused("left", actions.hire, entry, organisation=room.firm, position="钳工", hired_on=TODAY)
    make(Hire, order_class=row, student=entry.student, organisation=room.firm)
    told = queries.funnel(row)
    assert (told.roster, told.stayed, told.hired, told.hire_rate) == (1, 0, 0, None)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_match_at_once_one_writes_the_roster() -> None:
    room = Room()
    row = room.order((1,))
    (student,) = room.students(1)
    choose(student, row.order_posts.get())
    rank(row, student)
    start, outcomes = threading.Barrier(4), []

    def run() -> None:
        start.wait()
        try:
            actions.run_match(OrderClass.objects.get(pk=row.pk), by=SYSTEM)
            outcomes.append("done")
        except FlowError as refusal:
            outcomes.append(refusal.code or "")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("done") == 1 and set(outcomes) <= {"done", "not_recruiting", "changed"}
    assert RosterEntry.objects.count() == 1
