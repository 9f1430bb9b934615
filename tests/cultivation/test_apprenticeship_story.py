"""An apprenticeship from the joint plan to its end, by programs alone; R22 turns on the way, and back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.cultivation.programs import Stage, stage

PROGRAMME, APPRENTICE, REVIEW = "cultivation.apprenticeship", "cultivation.apprentice", "cultivation.quality_review"
PAIR, CHANGE, CANDIDATE = "cultivation.master_pair", "cultivation.circumstance_change", "cultivation.candidate"
BEGIN = date(2026, 2, 23)
SPRING_END = date(2026, 7, 12)
MARKS = {"guidance": 90, "post": 80, "care": 85, "treatment": 85}


@pytest.fixture
def here(db: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return stage(monkeypatch, date(2026, 2, 1))


def programme(here: Stage, quota: int = 3) -> tuple[int, int]:
    """Planned, agreed with the firm, and open to candidates; the programme and its joint plan."""
    dean = here.dean
    agreement = here.agreement("apprenticeship", here.day, date(2029, 7, 12))
    row = dean.add(
        PROGRAMME,
        code="XT2026",
        name="软件技术学徒班",
        major=here.major.pk,
        organisation=here.firm.pk,
        owner=here.home.people["group_leader"].pk,
        agreement=agreement,
        quota=quota,
        mentor_limit=2,
        starts_on=BEGIN.isoformat(),
        ends_on="2028-07-12",
    )
    assert "计划" in dean.act(PROGRAMME, row, "recruit", status=422)["detail"]
    plan = dean.add("cultivation.enrolment_plan", programme=row, year=2026, quota=quota)
    assert dean.act("cultivation.enrolment_plan", plan, "submit", status=422)["detail"]  # the firm has not agreed
    dean.change("cultivation.enrolment_plan", plan, firm_agreed_on="2026-01-28", published_on="2026-01-30")
    dean.act("cultivation.enrolment_plan", plan, "submit")
    assert dean.decide()["case_state"] == "approved"
    assert dean.act(PROGRAMME, row, "recruit")["status"] == "recruiting"
    return row, plan


def enrol(here: Stage, plan: int, name: str, score: int, **student: Any) -> int:
    """From the application to the contract that makes student and employee in one; the apprentice."""
    dean, person = here.dean, here.student(name, **student)
    row = dean.add(CANDIDATE, plan=plan, student=person.pk, name=name, applied_on="2026-02-01")
    dean.act(CANDIDATE, row, "test", score=score, tested_on=here.day.isoformat())
    dean.act(CANDIDATE, row, "offer")
    answer = dean.act(CANDIDATE, row, "contract", student=person.pk, contracted_on=here.day.isoformat())
    assert answer["status"] == "contracted"
    (apprentice,) = dean.rows(APPRENTICE, q=name)
    return apprentice["id"]


def running(here: Stage) -> tuple[int, list[int]]:
    row, plan = programme(here)
    people = [enrol(here, plan, name, score) for name, score in (("小林", 90), ("小王", 82), ("小符", 75))]
    here.student("小陈")
    late = here.dean.add(CANDIDATE, plan=plan, name="小陈", applied_on="2026-02-01")
    here.dean.act(CANDIDATE, late, "test", score=70, tested_on=here.day.isoformat())
    assert "3" in here.dean.act(CANDIDATE, late, "offer", status=422)["detail"]  # all places are offered
    assert here.dean.act(PROGRAMME, row, "start", status=422)["detail"]  # too early
    here.move(BEGIN)
    assert here.dean.act(PROGRAMME, row, "start")["status"] == "running"
    return row, people


def reviews(here: Stage, row: int, **filters: Any) -> list[dict[str, Any]]:
    return here.dean.rows(REVIEW, programme=row, columns="side,apprentice,due,done_on,score", page_size=100, **filters)


def test_from_the_joint_plan_to_the_end(here: Stage) -> None:
    row, (first, second, third) = running(here)
    dean, day = here.dean, BEGIN.isoformat()
    # Masters take no more than the programme allows.
    for person in (first, second):
        dean.act(APPRENTICE, person, "pair", master=here.master.pk, starts_on=day)
    assert "张师傅" in dean.act(APPRENTICE, third, "pair", master=here.master.pk, starts_on=day, status=422)["detail"]
    assert dean.call(
        "post", PAIR.replace(".", "/"), {"apprentice": third, "master": here.master.pk, "starts_on": day}, status=422
    )
    other = dean.add("partners.contact", organisation=here.firm.pk, name="李师傅", role="mentor")
    dean.act(APPRENTICE, third, "pair", master=other, starts_on=day)
    for person, post in ((first, "装配"), (second, "测试"), (third, "实施")):
        dean.act(APPRENTICE, person, "rotate", post=post, starts_on=day)
    here.move(date(2026, 4, 1))
    dean.act(APPRENTICE, first, "rotate", post="调试", starts_on="2026-04-01")
    posts = dean.rows("cultivation.rotation", apprentice=first, columns="post,ends_on", sort="starts_on")
    assert [(item["post"], item["ends_on"]) for item in posts] == [("装配", "2026-03-31"), ("调试", None)]

    # Each term all three sides review: school and firm of programme and apprentices, each apprentice for themself.
    term = here.years[0].terms.get(number=2).pk
    dean.act(PROGRAMME, row, "plan_reviews", term=term, each=True)
    planned = reviews(here, row)
    assert len(planned) == 2 + 3 * 3
    me = here.program("小林")
    (mine,) = me.call("get", "cultivation/my-apprenticeship")["items"]
    assert (mine["master"], mine["post"], mine["may_review"]) == ("张师傅", "调试", True)
    told = me.call("post", f"cultivation/my-apprenticeship/{mine['id']}/review", {"marks": MARKS, "text": "师傅很耐心"})
    assert told["items"][0]["score"] == "85.0"
    for item in planned:
        if item["side"] != "apprentice":
            dean.act(REVIEW, item["id"], "review", score="80", done_on="2026-04-01", reviewer="王总", text="合格")
    assert sum(item["done_on"] is None for item in reviews(here, row)) == 2  # the other two apprentices

    # A change of circumstances takes effect by approval, not by a button.
    change = dean.add(
        CHANGE, programme=row, apprentice=second, kind="pause", effective_on="2026-04-01", reason="因病休养两个月"
    )
    dean.act(CHANGE, change, "submit")
    assert dean.show(APPRENTICE, second)["status"] == "active"
    dean.decide("send_back", comment="请附诊断证明")
    dean.act(CHANGE, change, "submit")
    dean.decide()
    assert dean.show(APPRENTICE, second)["status"] == "paused"

    # Stopping needs its stop-loss plan, and ends all there is: people, pairs and posts.
    stop = {"programme": row, "kind": "stop", "effective_on": "2026-05-31", "reason": "企业迁出本省"}
    assert dean.call("post", CHANGE.replace(".", "/"), stop, status=422)["errors"]
    change = dean.add(CHANGE, **stop, stop_loss="学徒转入本校同专业班级，已修学分认定")
    dean.act(CHANGE, change, "submit")
    here.move(date(2026, 5, 31))
    dean.decide()
    assert dean.show(PROGRAMME, row)["status"] == "ended"
    assert {dean.show(APPRENTICE, pk)["status"] for pk in (first, second, third)} == {"left"}
    assert all(item["ends_on"] for item in dean.rows(PAIR, columns="ends_on"))
    assert me.call("get", "cultivation/my-apprenticeship")["items"][0]["may_review"] is False


def test_it_ends_when_every_apprentice_has_an_outcome(here: Stage) -> None:
    row, people = running(here)
    here.move(SPRING_END)
    assert here.dean.act(PROGRAMME, row, "finish", ends_on=SPRING_END.isoformat(), status=422)["detail"]
    for person in people:
        here.dean.act(APPRENTICE, person, "finish", left_on=SPRING_END.isoformat())
    assert here.dean.act(PROGRAMME, row, "finish", ends_on=SPRING_END.isoformat())["status"] == "ended"


def test_a_minor_needs_the_guardian_as_fourth_party(here: Stage) -> None:
    _row, plan = programme(here)
    person = here.student("小黎", birth_date=date(2009, 1, 1))
    row = here.dean.add(CANDIDATE, plan=plan, student=person.pk, applied_on="2026-02-01")
    here.dean.act(CANDIDATE, row, "test", score=88, tested_on=here.day.isoformat())
    here.dean.act(CANDIDATE, row, "offer")
    asked = {"student": person.pk, "contracted_on": here.day.isoformat()}
    assert "监护人" in here.dean.act(CANDIDATE, row, "contract", status=422, **asked)["detail"]
    # The school–firm agreement has no guardian; one to which the guardian is a party does.
    agreement = here.dean.show(PROGRAMME, here.dean.rows(PROGRAMME)[0]["id"])["agreement"]
    here.dean.act(CANDIDATE, row, "contract", status=422, agreement=agreement, **asked)
    here.dean.add("agreements.agreement_party", agreement=agreement, order=9, role="guardian", name="黎父")
    assert here.dean.act(CANDIDATE, row, "contract", agreement=agreement, **asked)["status"] == "contracted"


def test_R22_turns_green_and_red_by_real_records(here: Stage) -> None:
    row, _people = running(here)
    here.judge()
    dean, term = here.dean, here.years[0].terms.get(number=2)

    def state() -> str:
        return here.state("R22", "XT2026")

    assert state() not in {"met", "unmet"}  # the term is young
    dean.act(PROGRAMME, row, "plan_reviews", term=term.pk)
    planned = {item["side"]: item["id"] for item in reviews(here, row)}
    for side in ("school", "firm"):
        dean.act(REVIEW, planned[side], "review", score="86", done_on=here.day.isoformat(), text="按计划")
    assert state() != "met"
    # Nobody asked the apprentices in time.
    here.move(date(2026, 6, 29))
    here.judge()
    assert state() == "unmet"
    dean.act(REVIEW, planned["apprentice"], "review", score="84", done_on=here.day.isoformat(), text="满意")
    assert state() == "met"
    # A grave risk past its day turns it red, closing it green.
    risk = dean.add(
        "cultivation.risk",
        apprenticeship=row,
        signal="other",
        title="企业停产",
        probability=3,
        impact=3,
        found_on="2026-06-01",
        due="2026-06-20",
    )
    assert state() == "unmet"
    for step in dean.rows("governance.task", columns="status"):
        dean.act("governance.task", step["id"], "finish")
    dean.act("cultivation.risk", risk, "close", comment="企业已复产")
    assert state() == "met"
    # A review entered for the wrong programme is taken away.
    dean.call("delete", f"cultivation/quality_review/{planned['firm']}", status=204)
    assert state() != "met"
