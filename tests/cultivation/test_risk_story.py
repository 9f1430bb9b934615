"""Each signal fires by real records, is opened with owner and dated tasks, and is cleared by real records; by programs alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.cultivation import test_apprenticeship_story as apprentices
from tests.cultivation.programs import Stage, stage
from tests.cultivation.test_apprenticeship_story import APPRENTICE, PROGRAMME, REVIEW
from zhixing.cultivation import radar
from zhixing.cultivation.jobs import watch_risks
from zhixing.cultivation.models import Apprenticeship, OrderClass, PlaybookStep
from zhixing.cultivation.risks import Signal

RISK, TASK = "cultivation.risk", "governance.task"
Heal = Callable[[], None]


@pytest.fixture
def here(db: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return stage(monkeypatch, date(2026, 2, 1), policy=False)


def late_reviews(here: Stage) -> tuple[str, int, Heal]:
    row, _people = apprentices.running(here)
    here.dean.act(PROGRAMME, row, "plan_reviews", term=here.years[0].terms.get(number=2).pk)
    here.move(date(2026, 6, 29))

    def heal() -> None:
        for item in here.dean.rows(REVIEW, programme=row):
            here.dean.act(REVIEW, item["id"], "review", score="80", done_on=here.day.isoformat(), text="已补评")

    return "medium", row, heal


def mentor_overload(here: Stage) -> tuple[str, int, Heal]:
    row, (first, second, _third) = apprentices.running(here)
    for person in (first, second):
        here.dean.act(APPRENTICE, person, "pair", master=here.master.pk, starts_on=here.day.isoformat())
    here.dean.change(PROGRAMME, row, mentor_limit=1)  # the firm takes the limit down

    def heal() -> None:
        here.move(here.day + timedelta(days=1))
        other = here.dean.add("partners.contact", organisation=here.firm.pk, name="李师傅", role="mentor")
        here.dean.act(APPRENTICE, second, "pair", master=other, starts_on=here.day.isoformat())

    return "low", row, heal


def agreement_ends(here: Stage) -> tuple[str, int, Heal]:
    row, _people = apprentices.running(here)
    agreement = here.dean.show(PROGRAMME, row)["agreement"]
    ended = {"ended_on": here.day.isoformat(), "comment": "企业重组"}
    here.dean.act("agreements.agreement", agreement, "terminate", **ended)

    def heal() -> None:
        here.move(here.day + timedelta(days=1))
        following = here.agreement("apprenticeship", here.day, date(2029, 7, 12))
        here.dean.change(PROGRAMME, row, agreement=following)

    return "high", row, heal


def firm_banned(here: Stage) -> tuple[str, int, Heal]:
    row, _people = apprentices.running(here)
    here.office.act("partners.organisation", here.firm.pk, "ban", comment="违规用工")
    return (
        "high",
        row,
        lambda: here.office.act("partners.organisation", here.firm.pk, "lift_ban", comment="已整改") and None,
    )


def drop_outs(here: Stage) -> tuple[str, int, Heal]:
    row, plan = apprentices.programme(here, quota=5)
    people = [apprentices.enrol(here, plan, f"人{n}", 80) for n in range(5)]
    here.move(apprentices.BEGIN)
    here.dean.act(PROGRAMME, row, "start")
    leaves = {"kind": "stop", "effective_on": here.day.isoformat(), "reason": "参军", "stop_loss": "保留学籍"}
    change = here.dean.add(apprentices.CHANGE, programme=row, apprentice=people[0], **leaves)
    here.dean.act(apprentices.CHANGE, change, "submit")
    here.dean.decide()

    def heal() -> None:
        here.move(apprentices.SPRING_END)
        for person in people[1:]:
            here.dean.act(APPRENTICE, person, "finish", left_on=here.day.isoformat())
        here.dean.act(PROGRAMME, row, "finish", ends_on=here.day.isoformat())

    return "medium", row, heal


def under_promise(here: Stage) -> tuple[str, int, Heal]:
    row, plan = apprentices.programme(here, quota=2)
    apprentices.enrol(here, plan, "小林", 88)
    here.move(apprentices.BEGIN)
    here.dean.act(PROGRAMME, row, "start")

    def heal() -> None:
        apprentices.enrol(here, plan, "小王", 70)

    return "high", row, heal


SIGNALS = (late_reviews, mentor_overload, agreement_ends, firm_banned, drop_outs, under_promise)


def test_every_counted_signal_has_its_story() -> None:
    assert {story.__name__ for story in SIGNALS} == set(Signal.values) - {Signal.OTHER}


def square(here: Stage, row: int, signal: str) -> radar.Square:
    drawn = radar.row_of(Apprenticeship.objects.get(pk=row), here.day)
    return next(item for item in drawn.squares if item.signal == signal)


@pytest.mark.parametrize("story", SIGNALS, ids=lambda story: story.__name__)
def test_from_the_signal_to_the_closed_risk(here: Stage, story: Callable[[Stage], tuple[str, int, Heal]]) -> None:
    signal, dean = story.__name__, here.dean
    grade, row, heal = story(here)
    watch_risks(here.day)
    (risk,) = dean.rows(RISK, signal=signal, apprenticeship=row, columns="grade,owner,due,found_on")
    assert risk["grade"] == grade and risk["owner"] == here.home.people["group_leader"].pk
    drawn = square(here, row, signal)
    assert (drawn.grade, drawn.risk.pk if drawn.risk else None) == (grade, risk["id"])
    tasks = dean.rows(TASK, columns="owner,due,status", page_size=100, q="软件技术学徒班")
    order = ["low", "medium", "high"]
    steps = [
        step for step in PlaybookStep.objects.filter(signal=signal) if order.index(step.least) <= order.index(grade)
    ]
    wanted = sorted((here.day + timedelta(days=step.days)).isoformat() for step in steps)
    assert sorted(task["due"] for task in tasks) == wanted and all(task["owner"] for task in tasks)

    dean.act(RISK, risk["id"], "handle", measures="已约谈企业并商定整改")
    assert dean.act(RISK, risk["id"], "close", comment="处理完毕", status=422)["detail"]
    heal()
    watch_risks(here.day)
    assert not square(here, row, signal).grade
    assert dean.show(RISK, risk["id"])["status"] == "handled"
    for task in tasks:
        here.office.act(TASK, task["id"], "finish")
    assert dean.act(RISK, risk["id"], "close", comment="处理完毕")["status"] == "closed"
    watch_risks(here.day)
    assert [item["id"] for item in dean.rows(RISK, signal=signal, apprenticeship=row)] == [risk["id"]]


def test_what_cannot_be_undone_is_closed_by_its_play_book_and_found_again_when_it_grows(here: Stage) -> None:
    _grade, row, _heal = drop_outs(here)
    dean = here.dean
    watch_risks(here.day)
    (risk,) = dean.rows(RISK, signal="drop_outs")
    for task in dean.rows(TASK, page_size=100):
        here.office.act(TASK, task["id"], "finish")
    assert dean.act(RISK, risk["id"], "close", comment="已补录", status=422)  # nobody has taken it in hand
    dean.act(RISK, risk["id"], "handle", measures="逐一家访，企业改善住宿")
    assert dean.act(RISK, risk["id"], "close", comment="措施已落实")["status"] == "closed"
    watch_risks(here.day)
    assert len(dean.rows(RISK, signal="drop_outs")) == 1
    (person, *_others) = dean.rows(APPRENTICE, programme=row, status="active")
    leaves = {"kind": "stop", "effective_on": here.day.isoformat(), "reason": "转学", "stop_loss": "学分认定"}
    change = dean.add(apprentices.CHANGE, programme=row, apprentice=person["id"], **leaves)
    dean.act(apprentices.CHANGE, change, "submit")
    dean.decide()
    watch_risks(here.day)
    told = dean.rows(RISK, signal="drop_outs", columns="grade,status,value", sort="id")
    assert sorted((item["status"], item["grade"]) for item in told) == [("closed", "medium"), ("open", "high")]


def test_what_is_counted_is_not_typed(here: Stage) -> None:
    _grade, row, _heal = under_promise(here)
    dean = here.dean
    values = {"apprenticeship": row, "title": "手填", "probability": 1, "impact": 1, "due": "2026-12-31"}
    path = RISK.replace(".", "/")
    told = dean.call("post", path, {"signal": "drop_outs", "found_on": here.day.isoformat(), **values}, status=422)
    assert list(told["errors"]) == ["signal"]
    watch_risks(here.day)
    (risk,) = dean.rows(RISK, signal="under_promise")
    for name, value in (("probability", 1), ("title", "没事"), ("signal", "other")):
        assert list(dean.call("patch", f"{path}/{risk['id']}", {name: value}, status=422)["errors"]) == [name]
    dean.change(RISK, risk["id"], owner=here.home.people["dean"].pk)


def test_hiring_under_promise_of_an_order_class(here: Stage) -> None:
    """The class's own side of the same signal: promised, not hired after the days of grace, then hired."""
    row = here.dean.add(
        "cultivation.order_class",
        code="DD1",
        name="订单班",
        organisation=here.firm.pk,
        major=here.major.pk,
        quota=2,
        promised_posts=1,
        starts_on="2025-03-01",
        ends_on="2025-10-31",
    )
    # Kept in a register until now: its state comes with the register.
    OrderClass.objects.update(status="finished")
    student = here.student("小林")
    entry = here.dean.add("cultivation.roster_entry", order_class=row, student=student.pk, joined_on="2025-03-01")
    watch_risks(here.day)
    (risk,) = here.dean.rows(RISK, order_class=row, columns="signal,grade")
    assert (risk["signal"], risk["grade"]) == ("under_promise", "high")
    hired = {"organisation": here.firm.pk, "position": "测试", "hired_on": here.day.isoformat()}
    here.dean.act("cultivation.roster_entry", entry, "hire", **hired)
    watch_risks(here.day)
    assert here.dean.show(RISK, risk["id"])["actions"]
    assert here.dean.rows(RISK, order_class=row, columns="cleared_on")[0]["cleared_on"] is not None
