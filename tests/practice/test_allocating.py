"""A plan is allocated with a fixed number of queries, adopted whole or not at all, and everybody is told why."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from tests.factories import make
from zhixing.kernel.models import Event, Notice
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Cohort, Major, Membership, Person, Student, Unit, User
from zhixing.partners.models import Organisation
from zhixing.practice import allocating, allocation_actions, allocation_words
from zhixing.practice.allocation_facts import read
from zhixing.practice.models import AllocationRun, Placement, Post, PostRanking, PracticePlan, Preference, Supervisor
from zhixing.practice.solving.visits import share_out

HAIKOU, SANYA = ("110.33", "20.03"), ("109.51", "18.25")


class Room:
    """A plan in which students choose: posts p0, p1 … at firms of their own, two places each."""

    def __init__(self, students: int = 4, posts: int = 3, places: int = 2) -> None:
        self.unit = make(Unit, kind="college")
        self.major = make(Major, unit=self.unit)
        self.cohort = make(Cohort, major=self.major)
        self.plan = make(
            PracticePlan,
            code="SX-1",
            title="2026年岗位实习",
            major=self.major,
            status="choosing",
            approved_on=date(2026, 5, 1),
            starts_on=date(2026, 7, 1),
            ends_on=date(2026, 12, 31),
            choose_until=date(2026, 6, 1),
        )
        self.plan.cohorts.add(self.cohort)
        self.posts = [self.post(i, places=places) for i in range(posts)]
        self.students = [self.student(i) for i in range(students)]
        self.teachers = [make(Person, name=f"导师{i}", unit=self.unit) for i in range(2)]
        for teacher in self.teachers:
            make(Supervisor, plan=self.plan, person=teacher, limit=10)

    def post(self, number: int, **more: Any) -> Post:
        given = {
            "status": "approved",
            "approved_on": date(2026, 5, 1),
            "source": "school",
            "found_by": None,
            "minimum": 0,
        }
        firm = make(Organisation, name=f"第{number}公司", kind="enterprise")
        plain = {"barred_to_minors": False, "barred_to_women": False, "longitude": None, "latitude": None}
        made = {**given, **plain, "code": f"P{number}", "title": f"岗位{number}", **more}
        return make(Post, plan=self.plan, organisation=firm, **made)

    def student(self, number: int, **more: Any) -> Student:
        given = {
            "number": f"S{number:04}",
            "name": f"学生{number}",
            "birth_date": date(2005, 1, 1),
            "status": "enrolled",
        }
        person = make(Person, name=f"学生{number}")
        return make(Student, cohort=self.cohort, person=person, **{**given, **more})

    def choose(self, student: int, *posts: int) -> None:
        for rank, post in enumerate(posts, 1):
            make(Preference, plan=self.plan, student=self.students[student], post=self.posts[post], rank=rank)

    def run(self, mode: str = "optimal") -> AllocationRun:
        return allocating.run(self.plan, (mode,), user=None)[0]

    def adopt(self, mode: str = "optimal") -> int:
        return allocation_actions.adopt(self.run(mode), by=SYSTEM)

    def now(self) -> dict[int, int]:
        """Who is where: numbers of student and post."""
        rows = Placement.objects.filter(plan=self.plan, status__in=Placement.LIVE)
        posts = [post.pk for post in self.posts]
        return {self.students.index(row.student): posts.index(row.post_id) for row in rows}

    def sign_in(self, person: Person, role: str) -> Client:
        user = User.objects.create(username=f"u-{person.pk}", person=person)
        Membership.objects.create(person=person, role=role, unit=self.unit, starts_on=date(2020, 1, 1))
        client = Client()
        client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
        return client


@pytest.fixture
def room(db: Any) -> Room:
    room = Room()
    room.choose(0, 0, 1)
    room.choose(1, 0, 2)
    room.choose(2, 0, 1)
    return room


def test_the_facts_are_read_with_a_fixed_number_of_queries(room: Room) -> None:
    with CaptureQueriesContext(connection) as few:
        read(room.plan)
    room.students += [room.student(i) for i in range(10, 20)]
    room.posts += [room.post(i) for i in range(10, 15)]
    for i in range(4, 14):
        room.choose(i, 0, 3)
    with CaptureQueriesContext(connection) as many:
        facts = read(room.plan)
    assert len(facts.problem.applicants) == 14 and len(few) == len(many) <= 8


def test_an_answer_becomes_proposals_with_reasons_and_supervisors(room: Room) -> None:
    run = room.run()
    assert run.summary["placed"] == 3 and run.summary["by_position"] == {"1": 2, "2": 1} and run.summary["optimal"]
    assert not Placement.objects.exists()
    assert allocation_actions.adopt(run, by=SYSTEM) == 3
    room.plan.refresh_from_db()
    assert room.plan.status == "allocated"
    rows = {row.student_id: row for row in Placement.objects.all()}
    second = next(row for row in rows.values() if row.choice_rank == 2)
    assert second.status == "proposed" and second.supervisor in room.teachers
    told = second.reasons
    assert (told["code"], told["mode"], told["how"]) == ("allocated", "optimal", "choice")
    assert told["choices"][0]["code"] == "full" and told["choices"][0]["by_position"] == {"1": 2}
    assert told["price"] == 0
    assert Event.objects.filter(record_type="practice.placement", verb="proposed").count() == 3
    assert not Notice.objects.exists()  # Nobody of them has an account.


def test_two_adoptions_are_one(room: Room) -> None:
    room.adopt()
    first = room.now()
    room.adopt()
    assert room.now() == first and Placement.objects.count() == 3


def test_an_answer_from_other_facts_is_not_adopted(room: Room) -> None:
    run = room.run()
    room.choose(3, 2)
    with pytest.raises(ValidationError, match=r"allocate again|重新"):
        allocation_actions.adopt(run, by=SYSTEM)
    assert not Placement.objects.exists()
    room.plan.refresh_from_db()
    assert room.plan.status == "choosing"


def test_the_yardstick_is_not_adopted(room: Room) -> None:
    run = room.run("first")
    assert run.summary["placed"] == 3
    with pytest.raises(ValidationError):
        allocation_actions.adopt(run, by=SYSTEM)


def test_locked_and_confirmed_places_stay(room: Room) -> None:
    make(
        Placement,
        plan=room.plan,
        student=room.students[2],
        post=room.posts[1],
        starts_on=room.plan.starts_on,
        ends_on=room.plan.ends_on,
        status="confirmed",
    )
    room.adopt()
    kept = Placement.objects.get(student=room.students[2])
    assert (kept.post, kept.status, kept.reasons) == (room.posts[1], "confirmed", {})
    assert room.now() == {0: 0, 1: 0, 2: 1}
    # 1 is locked at its first choice; later 3 wants the same post and gets the second place there only if 0 gives way.
    allocation_actions.lock_many(
        [room.plan], [Placement.objects.get(student=room.students[1]).pk], by=SYSTEM, comment="导师要求"
    )
    room.choose(3, 0)
    room.plan.refresh_from_db()
    room.adopt()
    assert room.now() == {0: 1, 1: 0, 2: 1, 3: 0}


def test_what_was_called_off_is_not_proposed_again(room: Room) -> None:
    room.adopt()
    row = Placement.objects.get(student=room.students[0])
    Placement.objects.filter(pk=row.pk).update(status="cancelled")
    room.adopt()
    again = Placement.objects.get(student=room.students[0], status="proposed")
    assert again.post != row.post and again.reasons["choices"][row.choice_rank - 1]["code"] == "forbidden"


def test_minors_and_minimums_are_kept(room: Room) -> None:
    Post.objects.filter(pk=room.posts[0].pk).update(barred_to_minors=True)
    Post.objects.filter(pk=room.posts[2].pk).update(minimum=2)
    Student.objects.filter(pk=room.students[1].pk).update(birth_date=date(2009, 1, 1))
    run = room.run()
    told = run.answer[str(room.students[1].pk)]
    assert told["post"] is None
    assert [(row["code"], row.get("missing")) for row in told["choices"]] == [
        ("requires", ["adult"]),
        ("minimum", None),
    ]


def test_firms_rankings_decide_in_the_stable_mode(room: Room) -> None:
    for rank, student in enumerate((2, 1, 0), 1):
        make(PostRanking, post=room.posts[0], student=room.students[student], rank=rank)
    run = room.run("stable")
    post = {key: run.answer[str(row.pk)]["post"] for key, row in enumerate(room.students)}
    assert post == {0: room.posts[1].pk, 1: room.posts[0].pk, 2: room.posts[0].pk, 3: None}
    assert run.answer[str(room.students[0].pk)]["choices"][0]["ahead"] == 2


def test_supervisors_numbers_bind_and_leave_no_stable_way(room: Room) -> None:
    Supervisor.objects.filter(plan=room.plan).update(limit=1)
    runs = allocating.run(room.plan, ("optimal", "stable"), user=None)
    assert [run.mode for run in runs] == ["optimal"] and runs[0].summary["placed"] == 2
    codes = {row["code"] for told in runs[0].answer.values() if told["post"] is None for row in told["choices"]}
    assert codes == {"team_full"} or codes == {"full", "team_full"}
    with pytest.raises(ValidationError):
        room.run("stable")


def test_the_way_from_school_counts_where_it_is_known(room: Room, settings: Any) -> None:
    settings.ZHIXING = {**settings.ZHIXING, "school_point": (110.33, 20.03)}
    for post, point in ((room.posts[0], SANYA), (room.posts[1], HAIKOU), (room.posts[2], HAIKOU)):
        Post.objects.filter(pk=post.pk).update(longitude=point[0], latitude=point[1])
    run = room.run()
    # The first choice is 216 km away, which weighs more than one position.
    assert [run.answer[str(row.pk)]["position"] for row in room.students[:3]] == [2, 2, 2]
    assert run.summary["mean_km"] == 0 and run.answer[str(room.students[0].pk)]["choices"][0]["code"] == "dearer"


def test_supervisors_stay_within_their_number_and_few_visit_one_firm() -> None:
    students = {f"s{i}": "east" if i < 4 else "west" for i in range(7)}
    shared = share_out(students, {"a": 4, "b": 3})
    assert {shared[f"s{i}"] for i in range(4)} == {"a"} and {shared[f"s{i}"] for i in range(4, 7)} == {"b"}
    kept = share_out(students, {"a": 4, "b": 3}, {"s0": "b"})
    assert kept["s0"] == "b" and len(kept) == 7 and list(kept.values()).count("b") == 3
    assert len(share_out(students, {"a": 2})) == 2


# Appeals ------------------------------------------------------------------------------------------------------------


def test_an_appeal_moves_as_few_as_possible_and_says_why(room: Room) -> None:
    room.adopt()
    (loser,) = (key for key, post in room.now().items() if post != 0)
    moves = allocation_actions.give_way(
        room.plan,
        student=room.students[loser].pk,
        post=room.posts[0].pk,
        wish="give",
        by=SYSTEM,
        comment="企业指定",
    )
    assert len(moves) == 2 and room.now()[loser] == 0 and list(room.now().values()).count(0) == 2
    # The next allocation does not take it back.
    assert Placement.objects.get(student=room.students[loser], locked=True).lock_reason == "企业指定"
    moved = next(move for move in moves if move.because == "room")
    row = Placement.objects.get(student=int(moved.applicant), status="proposed")
    assert row.reasons["because"] == "room" and row.supervisor is not None
    with translation.override("en"):
        assert "made room for an appeal" in allocation_words.summary(row.reasons)
    assert Event.objects.filter(verb="appeal_granted").count() == 1
    untouched = Placement.objects.exclude(student__in=[int(move.applicant) for move in moves])
    assert all("because" not in other.reasons for other in untouched)


def test_an_appeal_after_the_facts_changed_is_refused(room: Room) -> None:
    room.adopt()
    (loser,) = (key for key, post in room.now().items() if post != 0)
    given = {"student": room.students[loser].pk, "post": room.posts[0].pk, "wish": "give", "by": SYSTEM}
    with pytest.raises(ValidationError):
        allocation_actions.give_way(room.plan, **given, comment="企业指定", expected="something else")
    with pytest.raises(ValidationError):
        allocation_actions.give_way(room.plan, **given, comment=" ")
    assert not Event.objects.filter(verb="appeal_granted").exists()


def test_whoever_leaves_a_post_makes_nobody_else_move(room: Room) -> None:
    room.adopt()
    before = room.now()
    allocation_actions.give_way(
        room.plan,
        student=room.students[1].pk,
        post=room.posts[before[1]].pk,
        wish="leave",
        by=SYSTEM,
        comment="距离太远",
    )
    after = room.now()
    assert after[1] != before[1]
    assert {key: post for key, post in after.items() if key != 1} == {k: p for k, p in before.items() if k != 1}
    # Nor is anybody sent back by the next allocation.
    room.plan.refresh_from_db()
    room.adopt()
    assert room.now()[1] != before[1]


def test_a_proposal_that_finds_no_place_is_withdrawn_and_may_come_back(room: Room) -> None:
    room.adopt()
    Post.objects.filter(pk__in=[post.pk for post in room.posts[1:]]).update(status="closed")
    room.plan.refresh_from_db()
    room.adopt()
    assert sorted(room.now().values()) == [0, 0] and Placement.objects.count() == 2
    assert Event.objects.filter(verb="proposal_withdrawn").count() == 1
    Post.objects.filter(pk__in=[post.pk for post in room.posts[1:]]).update(status="approved")
    room.adopt()
    assert len(room.now()) == 3


# Pages and command --------------------------------------------------------------------------------------------------


def test_the_college_runs_compares_adopts_and_hears_appeals(room: Room) -> None:
    client = room.sign_in(make(Person, unit=room.unit), "dean")
    url = reverse("practice-allocation", args=[room.plan.pk])
    assert client.get(url).status_code == 200
    done = client.post(url, {"do": "run"})
    assert done.status_code == 302 and set(room.plan.allocation_runs.values_list("mode", flat=True)) == {
        "optimal",
        "stable",
        "first",
    }
    page = client.get(url).content.decode()
    assert "allocation-chart" in page and "学生0" in page
    assert client.post(url, {"do": "adopt", "mode": "optimal"}, follow=True).status_code == 200
    assert len(room.now()) == 3
    page = client.get(url).content.decode()
    keys = re.findall(r'name="placement" value="(\d+)"', page)
    assert len(keys) == 3
    client.post(url, {"do": "lock", "placement": keys[:1], "comment": "导师要求"})
    assert Placement.objects.filter(locked=True).count() == 1
    client.post(url, {"do": "unlock", "placement": keys[:1]})
    (loser,) = (key for key, post in room.now().items() if post != 0)
    appeal = reverse("practice-appeal", args=[room.plan.pk, room.students[loser].pk])
    seen = client.get(appeal, {"post": room.posts[0].pk, "wish": "give"}).content.decode()
    expected = re.search(r'name="expected" value="([^"]*)"', seen)
    assert expected is not None
    given = {"post": room.posts[0].pk, "wish": "give", "expected": expected[1], "comment": "企业指定"}
    assert client.post(appeal, given).status_code == 302 and room.now()[loser] == 0
    # One who may only look finds no way in.
    other = room.sign_in(make(Person, unit=room.unit), "teacher")
    assert other.get(url).status_code in (403, 404)


def test_every_student_sees_why(room: Room) -> None:
    room.adopt()
    (loser,) = (key for key, post in room.now().items() if post != 0)
    url = reverse("practice-why", args=[room.plan.pk])
    client = room.sign_in(room.students[loser].person, "student")
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(url).content.decode()
    assert "Full: all 2 places are taken, 2 by their choice number 1." in page and "It was a tie" not in page
    none = room.sign_in(room.students[3].person, "student")
    none.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "No choices were handed in." in none.get(url).content.decode()
    assert url in none.get(reverse("my-practice")).content.decode()
    stranger = make(Student, person=make(Person), cohort=make(Cohort, major=room.major))
    assert room.sign_in(stranger.person, "student").get(url).status_code == 404


def test_the_command_allocates_a_plan_by_its_code(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("allocate", "SX-1", "--json")
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"assigned", "unassigned", "free", "objective", "optimal", "seconds"}
    assert told["assigned"].keys() == {"S0000", "S0001", "S0002"} and told["unassigned"] == ["S0003"]
    assert set(told["assigned"].values()) <= {"P0", "P1", "P2"} and sum(told["free"].values()) == 3
    assert not Placement.objects.exists() and not AllocationRun.objects.exists()
    call_command("allocate", "SX-1", "--commit", "--mode", "stable", "--json")
    assert Placement.objects.filter(status="proposed").count() == 3
    with pytest.raises(CommandError) as raised:
        call_command("allocate", "NONE", "--json")
    assert raised.value.returncode == 2
    with pytest.raises(CommandError):
        call_command("allocate", "--json")
