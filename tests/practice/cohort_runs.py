"""The running half of the cohort of five hundred: weeks, what goes wrong, the word of each side, and the grades."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.factories import make
from tests.practice.cohort import ENDS, Campus
from zhixing.agreements import on_paper
from zhixing.kernel.flow import FlowError
from zhixing.kernel.models import Event
from zhixing.kernel.scope import Actor
from zhixing.org.actors import actor_for
from zhixing.org.models import Membership, Person, Student, Term, User
from zhixing.practice import (
    consent_actions,
    for_bases,
    placement_actions,
    plan_actions,
    running_grades,
    running_seeding,
    running_together,
    running_weeks,
)
from zhixing.practice import running_actions as actions
from zhixing.practice.models import Evaluation, Placement, PracticePlan, WeekEntry

MONDAY = date(2026, 7, 6)
Brought = Callable[[str, str, list[str], Actor], Any]


class Running:
    """The people of a running plan: students with accounts, their supervisor, the office."""

    def __init__(self, campus: Campus, plan: PracticePlan):
        running_seeding.load(apps)
        self.campus, self.plan = campus, plan
        self.dean = campus.actor(campus.dean, "dean")
        people = [row.person for row in campus.students]
        there = set(User.objects.filter(person__in=people).values_list("person", flat=True))
        fresh = [row for row in campus.students if row.person_id not in there]
        User.objects.bulk_create(User(username=f"s{row.number}", person=row.person) for row in fresh)
        Membership.objects.bulk_create(
            Membership(person=row.person, role="student", unit=campus.unit, starts_on=date(2023, 9, 1)) for row in fresh
        )
        office = make(Person, name="教务处陈", unit=campus.unit)
        Membership.objects.create(person=office, role="office", unit=campus.unit, starts_on=date(2020, 1, 1))
        self.office = actor_for(User.objects.create(username="c-office", person=office))
        self.users = {row.person_id: row for row in User.objects.filter(person__in=people)}

    def student(self, student: Student) -> Actor:
        return actor_for(self.users[student.person_id])

    def teacher(self, placement: Placement) -> Actor:
        """The supervisor of a placement, with an account."""
        person = placement.supervisor
        assert person is not None
        user, _made = User.objects.get_or_create(username=f"t{person.pk}", person=person)
        Membership.objects.get_or_create(
            person=person, role="teacher", unit=self.campus.unit, defaults={"starts_on": date(2020, 1, 1)}
        )
        return actor_for(user)

    def placed(self, number: int) -> Placement:
        """The placement of the student of this number that is not over."""
        rows = self.plan.placements.select_related("student", "supervisor", "post__organisation", "plan")
        return rows.get(student=self.campus.students[number], status__in=("confirmed", "running", "ended", "proposed"))


def weeks(house: Running) -> None:
    """Everybody hands in a week from the own account, each tenth twice; a mentor confirms, supervisors read and talk."""
    now = datetime(2026, 7, 10, 18, 0, tzinfo=timezone.get_fixed_timezone(480))
    rows = list(house.plan.placements.filter(status="running").select_related("student"))
    for n, row in enumerate(rows):
        said = {"placement": row.pk, "monday": str(MONDAY), "hours": 40, "mood": 4, "text": f"值守第{n}号机房"}
        week = running_weeks.read({**said, "client_id": str(uuid.uuid4()), "written_at": now.isoformat()}, now)
        actor = house.student(row.student)
        assert running_weeks.hand_in(week, by=actor).fresh
        if n % 10 == 0:
            assert not running_weeks.hand_in(week, by=actor).fresh
    with pytest.raises(ValidationError):
        running_weeks.hand_in(week, by=house.student(rows[0].student))  # Another's placement is nobody's own.
    assert WeekEntry.objects.filter(placement__plan=house.plan).count() == len(rows) == 499
    mine = [row for row in rows if row.mentor_id == rows[0].mentor_id]
    assert rows[0].mentor is not None
    assert actions.confirm_week(rows[0].mentor, MONDAY, [row.pk for row in rows], by=house.dean) == len(mine)
    first, second = WeekEntry.objects.filter(placement__in=rows[:2]).select_related("placement__supervisor")
    actions.read_week(first, by=house.teacher(first.placement))
    with pytest.raises(FlowError):
        actions.read_week(first, by=house.teacher(first.placement))
    actions.talk_week(second, by=house.teacher(second.placement), comment="注意休息")


def cases(house: Running) -> tuple[Placement, Placement]:
    """A leave, an incident with its clock, an early end refused and granted, and a change of post up to its new start."""
    sick, hurt, gone, moved = (house.placed(number) for number in (20, 21, 22, 23))
    leave = actions.ask_leave(
        sick,
        by=house.student(sick.student),
        starts_on=MONDAY,
        ends_on=MONDAY + timedelta(6),
        kind="sick",
        reason="水痘",
    )
    with pytest.raises(FlowError):
        actions.grant_leave(leave, by=house.student(sick.student))
    actions.grant_leave(leave, by=house.teacher(sick))
    incident = actions.report_incident(
        hurt, by=house.student(hurt.student), kind="injury", severity="serious", text="触电"
    )
    with pytest.raises(FlowError) as refused:
        actions.close_incident(incident, by=house.dean)
    assert refused.value.code == "untold"
    for report in incident.reports.filter(status="waiting"):  # type: ignore[attr-defined]
        actions.tell(report, by=house.dean, how="电话")
    actions.handle_incident(incident, by=house.dean, comment="送医，已返岗")
    actions.close_incident(incident, by=house.dean)
    asked = {"by": house.student(gone.student), "kind": "end"}
    no = actions.ask_change(gone, reason="想回家", from_on=MONDAY, **asked)
    with pytest.raises(FlowError):
        actions.ask_change(gone, reason="再问一次", from_on=date(2026, 7, 13), **asked)
    actions.refuse_change(no, by=house.dean, comment="理由不足")
    yes = actions.ask_change(gone, reason="手术，附证明", from_on=date(2026, 7, 13), **asked)
    actions.grant_change(yes, by=house.dean)
    gone.refresh_from_db()
    assert gone.status == "broken"
    return gone, _moved(house, moved)


def _moved(house: Running, old: Placement) -> Placement:
    """A change of post: the new placement goes the way of all, and does not begin before its papers are there."""
    taken = Placement.LIVE
    free = next(
        post
        for post in house.plan.posts.filter(status="approved", source="school").exclude(pk=old.post_id).order_by("pk")
        if post.placements.filter(status__in=taken).count() < post.places
    )
    change = actions.ask_change(
        old, by=house.student(old.student), kind="move", from_on=date(2026, 7, 20), reason="企业搬迁", new_post=free
    )
    new = actions.grant_change(change, by=house.dean)
    assert new is not None and new.status == "proposed" and new.post == free
    placement_actions.confirm(new, by=house.dean)
    with pytest.raises(FlowError, match=old.student.name):
        placement_actions.start(new, by=house.dean)
    for consent in new.consents.all():  # type: ignore[attr-defined]
        consent_actions.give(consent, by=house.dean, name=consent.name, on_paper=True)
    placement_actions.accept_by_firm([new], by=house.dean)
    new.refresh_from_db()
    placement_actions.make_agreement(new, by=house.dean)
    new.refresh_from_db()
    assert new.agreement is not None
    on_paper.record_all(new.agreement, by=house.dean, signed_on=date(2026, 7, 10))
    placement_actions.start(new, by=house.dean)
    return new


def words(house: Running, brought: Brought) -> None:
    """What firms and supervisors say comes as registers; students say theirs from their accounts."""
    over = list(house.plan.placements.filter(status="ended").select_related("student").order_by("pk"))
    # Whoever had two places in the plan is no one student number: their words are entered on the record.
    twice = {row.student_id for row in house.plan.placements.filter(status="broken")}
    named = [row for row in over if row.student_id not in twice]
    head = "学号,评价方,企业文化,岗位技能,工艺流程,适应能力,评语,评价人,评价日期"
    marks = [95 - n % 40 for n, _row in enumerate(named)]
    day = ENDS.isoformat()
    brought(
        "practice.evaluation",
        head,
        [
            f"{row.student.number},{side},{mark},{mark},{mark},{mark},良好,{who},{day}"
            for side, who in (("firm", "师傅"), ("school", "导师"))
            # The last one's firm has not spoken yet.
            for row, mark in zip(named[:-1] if side == "firm" else named, marks, strict=False)
        ],
        house.office,
    )
    brought(
        "practice.archive_paper",
        "学号,材料类型,材料名称,提交日期",
        [f"{row.student.number},report,实习报告,{day}" for row in named],
        house.dean,
    )
    for row in over:
        if row.student_id in twice:
            for side in ("firm", "school"):
                actions.evaluate(row, side, by=house.dean, marks=dict.fromkeys(Evaluation.SCALES, 88))
    # Neither side reads the other before both have spoken.
    first = named[0]
    assert not Evaluation.objects.get(placement=first, side="firm").shown
    actions.evaluate(first, "student", by=house.student(first.student), marks=dict.fromkeys(Evaluation.SCALES, 90))
    with pytest.raises(ValidationError):
        actions.evaluate(first, "student", by=house.student(first.student), marks=dict.fromkeys(Evaluation.SCALES, 91))
    assert Evaluation.objects.filter(placement=first, shown=True).count() >= 2


def _hired(house: Running, brought: Brought, rows: list[Placement]) -> None:
    """Whether the firm hires: said on the record or by a register; corrected by saying the other."""
    Hired = Placement.Hired
    first, second, third, fourth = rows
    with pytest.raises(FlowError):
        placement_actions.hired(house.placed(498), by=house.dean)
    placement_actions.hired(first, by=house.dean)
    placement_actions.not_hired(second, by=house.dean, comment="升学")
    placement_actions.hired(second, by=house.dean, comment="未录取，回单位")
    head = "计划编号,学号,岗位编号,开始日期,结束日期,是否录用"
    brought(
        "practice.placement",
        head,
        [
            f"{house.plan.code},{row.student.number},{row.post.code},{row.starts_on},{row.ends_on},{said}"
            for row, said in ((third, Hired.HIRED.label), (fourth, Hired.NOT.label))
        ],
        house.dean,
    )
    kept = [Placement.objects.get(pk=row.pk).hired for row in rows]
    assert kept == ["hired", "hired", "hired", "not"]
    told = Event.objects.filter(record_type="practice.placement", record_id=second.pk, verb__in=("hired", "not_hired"))
    assert list(told.order_by("pk").values_list("verb", "comment")) == [
        ("not_hired", "升学"),
        ("hired", "未录取，回单位"),
    ]
    last = max(row.ends_on for row in rows)
    figures = {row.key: row.value for row in for_bases.of_term(house.plan.major, Term(starts_on=last, ends_on=last))}
    assert figures["kept"] == 3


def to_the_grades(house: Running, brought: Brought, few: Any) -> None:
    """The end for all together, the grades for all together; who lacks a word is named and waits."""
    plan, dean = house.plan, house.dean
    with few(60):
        running_together.end_places(plan, by=dean)
    assert not plan.placements.filter(status="running").exists()
    with pytest.raises(FlowError):
        running_together.end_places(plan, by=dean)
    ended = plan.placements.filter(status="ended")
    assert ended.count() == 498 and set(ended.values_list("ended_on", flat=True)) == {ENDS}
    with pytest.raises(FlowError):
        running_together.accept_grades(plan, by=dean)
    words(house, brought)
    worse = ended.order_by("pk")[1]
    running_grades.edit_grade(worse, by=dean, score=Decimal(55), score_reason="擅自离岗两周，经核实")
    with few(60):
        assert "status=ended" in running_together.accept_grades(plan, by=dean)
    left = plan.placements.get(status="ended")
    with pytest.raises(FlowError):
        running_together.accept_grades(plan, by=dean)
    actions.evaluate(left, "firm", by=dean, marks=dict.fromkeys(Evaluation.SCALES, 80), evaluator="师傅")
    assert "status=graded" in running_together.accept_grades(plan, by=dean)
    graded = plan.placements.filter(status="graded")
    assert graded.count() == 498 and {row.level for row in graded} == {"pass", "fail"}
    # Both evaluations are 95 and weigh 70 %; of 26 weeks one was handed in, of three papers one, 15 % each.
    assert graded.order_by("pk")[0].score == Decimal("72.1") and plan.placements.get(pk=worse.pk).level == "fail"
    # Together or alone, a grade is the same, and its event says it.
    alone = running_grades.compute(graded.exclude(pk=worse.pk))
    assert all(row.score == row.computed_score == alone[row.pk].score for row in graded.exclude(pk=worse.pk))
    said = Event.objects.get(record_type="practice.placement", record_id=left.pk, verb="grade").data
    left.refresh_from_db()
    assert said["score"] == str(left.score) and said["level"] == left.level
    _hired(house, brought, list(graded.select_related("student", "post").order_by("pk")[:4]))
    # The plan closes once the one who never began is called off.
    with pytest.raises(FlowError) as refused:
        plan_actions.end(plan, by=dean)
    assert refused.value.code == "running"
    placement_actions.cancel(house.placed(498), by=dean, comment="安全考核未通过")
    plan_actions.end(plan, by=dean)
    assert plan.status == "ended"
