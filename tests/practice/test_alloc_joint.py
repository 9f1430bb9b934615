"""Plans that share posts are allocated together: one set of places, fair across majors, adopted for all or none."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make
from tests.practice.test_allocating import Room
from zhixing.kernel import progress
from zhixing.kernel.models import Event, Progress
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import AcademicYear, Cohort, Major, Person, Unit
from zhixing.practice import (
    allocating,
    allocation_actions,
    allocation_jobs,
    choice_actions,
    placement_actions,
    post_actions,
    redline_reading,
    redline_store,
)
from zhixing.practice.allocation_facts import read, together
from zhixing.practice.allocations import adopted
from zhixing.practice.models import (
    AllocationRun,
    Finding,
    Placement,
    Post,
    PostRanking,
    PostShare,
    PracticePlan,
    Preference,
    Supervisor,
)
from zhixing.practice.solving.visits import split


class Pair:
    """Two plans of one year in two colleges: posts p0 and p1 are the first one's, p0 is shared with the second; q0 is the second's."""

    def __init__(self, **share: Any) -> None:
        self.one = Room(students=4, posts=2, places=3)
        self.two = Room.__new__(Room)
        self.two.unit = make(Unit, kind="college")
        self.two.major = make(Major, unit=self.two.unit, name="电气自动化技术")
        self.two.cohort = make(Cohort, major=self.two.major)
        plan = self.one.plan
        self.two.plan = make(
            PracticePlan,
            code="SX-2",
            title="2026年电气岗位实习",
            kind=plan.kind,
            year=plan.year,
            major=self.two.major,
            status="choosing",
            approved_on=date(2026, 5, 1),
            starts_on=date(2026, 7, 1),
            ends_on=date(2026, 12, 31),
            choose_until=date(2026, 6, 1),
        )
        self.two.plan.cohorts.add(self.two.cohort)
        self.two.students = [self.two.student(i) for i in range(10, 13)]
        self.two.posts = [self.one.posts[0], self.two.post(20, places=1)]
        self.two.teachers = []
        Post.objects.update(major_classes=[])
        self.share = make(PostShare, post=self.one.posts[0], plan=self.two.plan, **{"kept": 0, "most": None, **share})

    @property
    def plans(self) -> list[PracticePlan]:
        return [self.one.plan, self.two.plan]

    def choose(self) -> None:
        """Everybody wants the shared post first, then what is their own."""
        for room in (self.one, self.two):
            for i in range(len(room.students)):
                room.choose(i, 0, 1)

    def run(self, mode: str = "optimal", fair: str = "") -> AllocationRun:
        return allocating.run(self.plans, (mode,), user=None, fair=fair)[0]

    def at_shared(self) -> Counter[str]:
        rows = Placement.objects.filter(post=self.one.posts[0], status__in=Placement.LIVE)
        return Counter(rows.values_list("plan__code", flat=True))

    def refresh(self) -> None:
        for plan in self.plans:
            plan.refresh_from_db()


@pytest.fixture
def pair(db: Any) -> Pair:
    pair = Pair()
    pair.choose()
    return pair


def test_one_set_of_places_serves_both_majors(pair: Pair) -> None:
    run = pair.run()
    assert run.summary["students"] == 7 and run.summary["placed"] == 7 and run.summary["optimal"]
    assert [row["students"] for row in run.summary["plans"]] == [4, 3]
    assert allocation_actions.adopt(run, by=SYSTEM) == 7
    # Three places at the shared post, three at the first plan's own, one at the second's.
    assert pair.at_shared() == {"SX-1": 1, "SX-2": 2}
    assert Counter(Placement.objects.values_list("plan__code", flat=True)) == {"SX-1": 4, "SX-2": 3}
    pair.refresh()
    assert {plan.status for plan in pair.plans} == {"allocated"}
    assert Event.objects.filter(record_type="practice.practice_plan", verb="allocate").count() == 2
    told = Placement.objects.filter(choice_rank=2).first()
    assert told is not None and told.reasons["choices"][0]["code"] == "full"


def test_alone_a_plan_takes_what_others_hold_and_keep_into_account(pair: Pair) -> None:
    PostShare.objects.update(kept=1)
    facts = read(pair.one.plan)
    shared = facts.problem.post[f"{pair.one.posts[0].pk:010d}"]
    assert shared.capacity == 2 and len(facts.problem.applicants) == 4
    allocation_actions.adopt(allocating.run(pair.one.plan, ("optimal",), user=None)[0], by=SYSTEM)
    assert pair.at_shared() == {"SX-1": 2}
    allocation_actions.adopt(allocating.run(pair.two.plan, ("optimal",), user=None)[0], by=SYSTEM)
    assert pair.at_shared() == {"SX-1": 2, "SX-2": 1}


def test_kept_and_most_hold_in_the_answer_and_where_places_are_confirmed(pair: Pair) -> None:
    PostShare.objects.update(kept=0, most=1)
    make(PostShare, post=pair.one.posts[0], plan=pair.one.plan, kept=1, most=2)
    run = pair.run()
    allocation_actions.adopt(run, by=SYSTEM)
    assert pair.at_shared() == {"SX-1": 2, "SX-2": 1} and run.summary["placed"] == 6
    left = next(told for told in run.answer.values() if told["post"] is None)
    assert (left["choices"][0]["code"], left["choices"][0].get("places")) in (("full", 3), ("share", 1))
    PostShare.objects.filter(plan=pair.one.plan).update(kept=3, most=None)
    rows = list(Placement.objects.filter(plan=pair.two.plan, post=pair.one.posts[0]))
    outcome = placement_actions.confirm_many(rows, by=SYSTEM)
    assert not outcome.done and list(outcome.refused) == [rows[0].pk]


def test_fairness_across_majors(pair: Pair) -> None:
    # Only the shared post is wanted: by number of heads the first plan would lose nothing by giving way, or take it all.
    Preference.objects.filter(rank=2).delete()
    PostRanking.objects.all().delete()
    run = pair.run(fair="major")
    of = {row["plan"]: row["placed"] / row["students"] for row in run.summary["plans"]}
    assert sorted(of.values()) == [1 / 4, 2 / 3] or sorted(of.values()) == [1 / 3, 2 / 4]
    assert run.summary["worst"][0] in (pair.one.major.pk, pair.two.major.pk)
    by_class = pair.run(fair="class")
    assert by_class.summary["worst"][0] in (pair.one.cohort.pk, pair.two.cohort.pk)


def test_what_one_plan_cannot_do_is_done_for_none(pair: Pair) -> None:
    run = pair.run()
    PracticePlan.objects.filter(pk=pair.two.plan.pk).update(status="running")
    with pytest.raises(ValidationError):
        allocation_actions.adopt(run, by=SYSTEM)
    assert not Placement.objects.exists()
    pair.refresh()
    assert pair.one.plan.status == "choosing"


def test_what_happens_in_the_other_plan_makes_an_answer_stale(pair: Pair) -> None:
    alone = allocating.run(pair.one.plan, ("optimal",), user=None)[0]
    allocation_actions.adopt(allocating.run(pair.two.plan, ("optimal",), user=None)[0], by=SYSTEM)
    with pytest.raises(ValidationError, match=r"allocate again|重新"):
        allocation_actions.adopt(alone, by=SYSTEM)


def test_plans_of_another_year_or_with_a_class_in_both_do_not_go_together(pair: Pair) -> None:
    pair.two.plan.cohorts.add(pair.one.cohort)
    with pytest.raises(ValidationError, match=r"two of these plans|两个"):
        read(pair.plans)
    pair.two.plan.cohorts.remove(pair.one.cohort)
    PracticePlan.objects.filter(pk=pair.two.plan.pk).update(kind="skill")
    pair.refresh()
    with pytest.raises(ValidationError):
        allocation_actions.refuse(pair.plans, SYSTEM)
    # Of another kind, what a register shared does not count.
    assert not PostShare.objects.filter(post__in=read(pair.two.plan).posts).exists()


def test_an_appeal_moves_students_of_the_other_plan_where_the_actor_may(pair: Pair) -> None:
    allocation_actions.adopt(pair.run(), by=SYSTEM)
    pair.refresh()
    loser = Placement.objects.filter(plan=pair.one.plan, choice_rank=2).first()
    assert loser is not None
    assert [plan.pk for plan in together(pair.one.plan, SYSTEM)] == [plan.pk for plan in pair.plans]
    moves = allocation_actions.give_way(
        pair.one.plan, student=loser.student_id, post=pair.one.posts[0].pk, wish="give", by=SYSTEM, comment="企业指定"
    )
    assert len(moves) == 2 and sum(pair.at_shared().values()) == 3
    # The dean of one college moves nobody of the other.
    dean = pair.one.sign_in(make(Person, unit=pair.one.unit), "dean")
    page = dean.get(reverse("practice-allocation", args=[pair.one.plan.pk]))
    assert [plan.pk for plan in together(pair.one.plan, page.wsgi_request.actor)] == [pair.one.plan.pk]


def test_an_appeal_gives_out_nothing_in_a_plan_that_is_not_allocated(pair: Pair) -> None:
    allocation_actions.adopt(allocating.run(pair.one.plan, ("optimal",), user=None)[0], by=SYSTEM)
    pair.refresh()
    assert [plan.pk for plan in together(pair.one.plan, SYSTEM)] == [pair.one.plan.pk]


def test_supervisors_of_both_plans_are_shared_out(pair: Pair) -> None:
    Supervisor.objects.all().delete()
    both, own = pair.one.teachers
    make(Supervisor, plan=pair.one.plan, person=both, limit=4)
    make(Supervisor, plan=pair.two.plan, person=both, limit=3)
    make(Supervisor, plan=pair.one.plan, person=own, limit=2)
    run = pair.run()
    # Four of both teachers' six places go to one plan, or fewer: never more than four students to one teacher in all.
    assert run.summary["placed"] == 6
    allocation_actions.adopt(run, by=SYSTEM)
    loads = Counter(Placement.objects.values_list("supervisor", flat=True))
    assert loads == {both.pk: 4, own.pk: 2}
    assert not Placement.objects.filter(plan=pair.two.plan, supervisor=own).exists()


def test_teachers_are_divided_by_need() -> None:
    limits = {1: {"a": 5, "b": 5}, 2: {"a": 5}}
    found = split({1: 5, 2: 5}, limits)
    assert found[2]["a"] == 5 and found[1] == {"a": 0, "b": 5}
    kept = split({1: 5, 2: 5}, limits, {1: {"a": 2}})
    assert kept[1]["a"] == 2 and kept[2]["a"] == 3 and kept[1]["b"] == 5
    assert split({1: 3}, {1: {"a": 7}}) == {1: {"a": 7}}


def test_facts_of_many_plans_take_as_many_queries_as_of_one(pair: Pair) -> None:
    with CaptureQueriesContext(connection) as one:
        read(pair.one.plan)
    with CaptureQueriesContext(connection) as both:
        read(pair.plans)
    assert len(one) == len(both) <= 8


def test_stable_by_both_sides_across_plans(pair: Pair) -> None:
    order = [*pair.two.students, *pair.one.students]
    for rank, student in enumerate(order, 1):
        make(PostRanking, post=pair.one.posts[0], student=student, rank=rank)
    run = pair.run("stable")
    assert {int(pk) for pk, told in run.answer.items() if told["post"] == pair.one.posts[0].pk} == {
        student.pk for student in pair.two.students
    }


def test_students_of_both_plans_choose_the_post_and_the_firm_ranks_all(pair: Pair) -> None:
    student = pair.two.students[0]
    PracticePlan.objects.update(choose_until=date(2999, 1, 1), starts_on=date(2999, 2, 1), ends_on=date(2999, 8, 1))
    pair.refresh()
    Preference.objects.filter(student=student).delete()
    assert choice_actions.save_choices(student, pair.two.plan, [pair.one.posts[0].pk], by=SYSTEM)
    with pytest.raises(ValidationError):
        choice_actions.save_choices(student, pair.two.plan, [pair.one.posts[1].pk], by=SYSTEM)
    allocation_actions.adopt(allocating.run(pair.one.plan, ("optimal",), user=None)[0], by=SYSTEM)
    post = Post.objects.select_related("plan").get(pk=pair.one.posts[0].pk)
    placed = pair.at_shared()["SX-1"]
    # The first plan's places are given out; the second's students are still to be ranked, and nobody's name is lost.
    for rank, row in enumerate(Placement.objects.filter(post=post), 1):
        make(PostRanking, post=post, student=row.student, rank=rank)
    choice_actions.rank_students(post, [student.pk], by=SYSTEM)
    assert post.rankings.count() == 1 + placed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plan": {"kind": "skill"}}, "plan"),
        ({"plan": {"starts_on": date(2027, 1, 1), "ends_on": date(2027, 2, 1)}}, "plan"),
        ({"post": {"major_classes": ["99"]}}, "plan"),
        ({"share": {"kept": 4}}, "kept"),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(pair: Pair, changes: dict[str, Any], field: str) -> None:
    PracticePlan.objects.filter(pk=pair.two.plan.pk).update(**changes.get("plan", {}))
    Post.objects.filter(pk=pair.one.posts[0].pk).update(**changes.get("post", {}))
    pair.share.delete()
    share = PostShare(post=pair.one.posts[0], plan=pair.two.plan, kept=changes.get("share", {}).get("kept", 0))
    with pytest.raises(ValidationError) as refused:
        share.full_clean()
    assert list(refused.value.message_dict) == [field]


# Page, command, program ---------------------------------------------------------------------------------------------


def office() -> Client:
    room = Room.__new__(Room)
    room.unit = make(Unit, kind="office")
    return room.sign_in(make(Person, unit=room.unit), "office")


def test_the_office_takes_plans_together_by_the_page(pair: Pair) -> None:
    client = office()
    url = reverse("practice-joint")
    assert "SX" not in client.get(url).content.decode() and "2026年电气岗位实习" in client.get(url).content.decode()
    query = f"{url}?plan={pair.one.plan.pk}&plan={pair.two.plan.pk}"
    assert client.get(query).status_code == 200
    assert client.post(query, {"do": "run", "fair": "major"}).status_code == 302
    assert AllocationRun.objects.filter(key=f"{pair.one.plan.pk},{pair.two.plan.pk}").count() == 3
    page = client.get(query).content.decode()
    assert "allocation-majors" in page and "电气自动化技术" in page
    assert client.post(query, {"do": "adopt", "mode": "optimal"}, follow=True).status_code == 200
    assert Placement.objects.count() == 7
    part = client.get(reverse("practice-allocation", args=[pair.two.plan.pk])).content.decode()
    assert "学生10" in part and "学生0" not in part.replace("学生10", "")
    why = pair.two.sign_in(pair.two.students[0].person, "student")
    assert why.get(reverse("practice-why", args=[pair.two.plan.pk])).status_code == 200
    assert client.get(f"{url}?plan={pair.one.plan.pk}").status_code == 302
    assert client.get(f"{url}?plan=99999999").status_code == 404


def test_a_dean_takes_only_plans_of_the_own_college(pair: Pair) -> None:
    dean = pair.one.sign_in(make(Person, unit=pair.one.unit), "dean")
    url = reverse("practice-joint")
    assert "2026年电气岗位实习" not in dean.get(url).content.decode()
    assert dean.get(f"{url}?plan={pair.one.plan.pk}&plan={pair.two.plan.pk}").status_code == 404
    body = json.dumps({"plans": ["SX-1", "SX-2"]})
    assert dean.post("/api/v1/practice/allocations", body, content_type="application/json").status_code == 404
    teacher = pair.one.sign_in(make(Person, unit=pair.one.unit), "teacher")
    assert teacher.get(url).status_code == 403


def test_a_program_allocates_and_adopts(pair: Pair) -> None:
    client = office()

    def ask(**body: Any) -> Any:
        return client.post("/api/v1/practice/allocations", json.dumps(body), content_type="application/json")

    job = ask(plans=["SX-1", "SX-2"], fair="major").json()
    assert job["state"] == "done" and client.get(job["job"]).status_code == 200
    found = client.get(f"/api/v1/practice/allocations/{job['id']}").json()
    assert len(found["assigned"]) == 7 and [row["plan"] for row in found["plans"]] == ["SX-1", "SX-2"]
    assert found["assigned"]["S0010"] in ("P0", "P20") and not found["adopted"]
    assert not Placement.objects.exists()
    # Who asked is told, and nobody else.
    assert office().get(f"/api/v1/practice/allocations/{job['id']}").status_code == 404
    for fault in ({"plans": []}, {"plans": ["SX-1"], "mode": "best"}, {"plans": ["SX-1"], "odd": 1}, {}):
        assert ask(**fault).status_code == 422, fault
    job = ask(plans=["SX-1", "SX-2"], adopt=True).json()
    assert Placement.objects.count() == 7
    assert client.get(f"/api/v1/practice/allocations/{job['id']}").json()["adopted"]
    PracticePlan.objects.filter(code="SX-2").update(status="running")
    assert ask(plans=["SX-1", "SX-2"], adopt=True).status_code == 422


def test_a_program_does_not_wait_for_an_answer(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "worker_alive", lambda: True)
    client = office()
    body = json.dumps({"plans": ["SX-1", "SX-2"]})
    answer = client.post("/api/v1/practice/allocations", body, content_type="application/json")
    assert answer.status_code == 202 and not AllocationRun.objects.exists()
    job = answer.json()
    found = client.get(f"/api/v1/practice/allocations/{job['id']}").json()
    assert found["state"] == "waiting" and "assigned" not in found
    allocation_jobs.allocate_named(job["id"], **_params(job["id"]))
    assert len(client.get(f"/api/v1/practice/allocations/{job['id']}").json()["assigned"]) == 7


def _params(job: int) -> dict[str, Any]:
    kept = Progress.objects.get(pk=job).params
    return {name: kept[name] for name in ("plans", "mode", "fair", "adopt", "comment", "user")}


def test_what_is_adopted_takes_the_place_of_what_it_covers(pair: Pair) -> None:
    alone = allocating.run(pair.one.plan, ("optimal",), user=None)[0]
    allocation_actions.adopt(alone, by=SYSTEM)
    allocation_actions.adopt(pair.run(), by=SYSTEM)
    alone.refresh_from_db()
    assert alone.adopted_at is None
    # The joint answer is gone when the plans are solved again: the older one does not come back as the one adopted.
    pair.run()
    assert adopted([pair.one.plan]) is None


def test_what_one_plan_adopts_alone_leaves_the_others_part(pair: Pair) -> None:
    joint = pair.run()
    allocation_actions.adopt(joint, by=SYSTEM)
    alone = allocating.run(pair.one.plan, ("optimal",), user=None)[0]
    allocation_actions.adopt(alone, by=SYSTEM)
    assert adopted([pair.one.plan]) == alone and adopted([pair.two.plan]) == joint


def test_an_appeal_leaves_out_a_linked_plan_with_the_same_class(pair: Pair) -> None:
    allocation_actions.adopt(pair.run(), by=SYSTEM)
    pair.refresh()
    pair.two.plan.cohorts.add(pair.one.cohort)
    assert together(pair.one.plan, SYSTEM) == [pair.one.plan]
    loser = Placement.objects.filter(plan=pair.one.plan, post=pair.one.posts[1]).first()
    assert loser is not None
    assert allocation_actions.give_way(
        pair.one.plan, student=loser.student_id, post=pair.one.posts[0].pk, wish="give", by=SYSTEM, comment="企业指定"
    )


def test_the_whole_is_led_to_only_for_who_may_change_all_of_it(pair: Pair) -> None:
    pair.run()
    whole = f"?plan={pair.one.plan.pk}&amp;plan={pair.two.plan.pk}"
    page = reverse("practice-allocation", args=[pair.one.plan.pk])
    assert whole in office().get(page).content.decode()
    dean = pair.one.sign_in(make(Person, unit=pair.one.unit), "dean").get(page).content.decode()
    assert "2026年电气岗位实习" in dean and whole not in dean


def test_the_command_allocates_plans_together(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("allocate", "--plan", "SX-1", "--plan", "SX-2", "--json", "--fair", "major")
    told = json.loads(capsys.readouterr().out)
    assert len(told["assigned"]) == 7 and [row["plan"] for row in told["plans"]] == ["SX-1", "SX-2"]
    call_command("allocate", "--plan", "SX-1", "--plan", "SX-2", "--commit")
    assert "SX-2: 3 of 3 placed" in capsys.readouterr().out and Placement.objects.count() == 7
    PracticePlan.objects.filter(code="SX-2").update(kind="skill")
    with pytest.raises(CommandError) as raised:
        call_command("allocate", "SX-1", "--plan", "SX-2", "--json")
    assert raised.value.returncode == 2


def test_red_lines_judge_a_student_by_the_own_plan(pair: Pair) -> None:
    PracticePlan.objects.update(kind="post")
    pair.refresh()
    allocation_actions.adopt(pair.run(), by=SYSTEM)
    row = Placement.objects.filter(plan=pair.two.plan, post=pair.one.posts[0]).first()
    assert row is not None
    facts = redline_reading.of_plans([pair.two.plan.pk], date(2026, 6, 1))
    assert facts.placements[row.pk].plan.code == "SX-2" and facts.placements[row.pk].post.plan.code == "SX-1"
    Placement.objects.filter(pk=row.pk).update(status="confirmed")
    assert set(facts.plans) == {pair.two.plan.pk} and set(facts.posts) == {pair.two.posts[1].pk}
    redline_store.refresh_plans([pair.two.plan.pk])
    redline_store.refresh_plans([pair.one.plan.pk])
    about = Finding.objects.filter(placement=row)
    assert about.exists() and set(about.values_list("plan__code", flat=True)) == {"SX-2"}
    # What is found of the post is found once, in the plan that keeps it.
    of_post = Finding.objects.filter(post=pair.one.posts[0], placement=None)
    assert set(of_post.values_list("plan__code", flat=True)) <= {"SX-1"}
    again = redline_store.refresh_placements([row.pk])
    assert not again.opened


def test_what_was_shared_last_year_is_shared_again(pair: Pair) -> None:
    PostShare.objects.update(kept=1, most=2)
    one, two = (
        make(
            PracticePlan,
            kind=plan.kind,
            major=plan.major,
            year=make(AcademicYear),
            status="draft",
            starts_on=date(2027, 7, 1),
            ends_on=date(2027, 12, 31),
        )
        for plan in pair.plans
    )
    PracticePlan.objects.filter(pk=two.pk).update(year=one.year)
    (copy,) = post_actions.copy_many([pair.one.posts[0]], one, by=SYSTEM)
    assert [(row.plan_id, row.kept, row.most) for row in copy.shares.all()] == [(two.pk, 1, 2)]
