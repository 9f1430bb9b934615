"""An order class from the firm's need to the closed file, by programs alone; R21 and R23 turn on the way, and back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.cultivation.programs import Stage, stage
from zhixing.cultivation import follow_up_links

BEGIN, END, HIRED = date(2026, 3, 16), date(2026, 6, 30), date(2026, 7, 1)
CLASS, HIRE = "cultivation.order_class", "cultivation.hire"


@pytest.fixture
def here(db: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return stage(monkeypatch, date(2026, 3, 10))


def recruited(here: Stage) -> tuple[int, dict[str, int], int]:
    """From need, agreement and plan to a class that recruits; the class, its posts by name, and the core course."""
    dean, day = here.dean, here.day.isoformat()
    need = dean.add(
        "partners.need",
        title="订单培养软件测试人员",
        organisation=here.firm.pk,
        kind="talent",
        number=3,
        majors=[here.major.pk],
        raised_on=day,
    )
    leader = here.home.people["group_leader"].pk
    dean.act("partners.need", need, "claim", person=leader, unit=here.home.first.pk)
    values = {
        "code": "DD2026",
        "name": "甲科技订单班",
        "organisation": here.firm.pk,
        "major": here.major.pk,
        "owner": leader,
        "need": need,
        "quota": 3,
        "promised_posts": 2,
        "recruits_until": "2026-03-14",
        "starts_on": BEGIN.isoformat(),
        "ends_on": END.isoformat(),
    }
    row = dean.add(CLASS, **values)
    refused = dean.act(CLASS, row, "recruit", status=422)
    assert "协议" in refused["detail"]
    agreement = here.agreement("order_class", here.day, date(2029, 6, 30))
    plan, course = here.training_plan(2024)
    dean.change(CLASS, row, agreement=agreement, plan=plan, courses=[course])
    posts = {
        name: dean.add("cultivation.order_post", order_class=row, name=name, capacity=capacity, wage="5200")
        for name, capacity in (("测试", 1), ("实施", 2))
    }
    assert dean.act(CLASS, row, "recruit")["status"] == "recruiting"
    return row, posts, course


def chosen(here: Stage, posts: dict[str, int]) -> dict[str, int]:
    """Three students choose by their own accounts; their applications by name."""
    for name, wanted in (("小林", ["测试", "实施"]), ("小王", ["测试", "实施"]), ("小符", ["测试"])):
        here.student(name)
        told = here.program(name).call("get", "cultivation/my-choices")
        assert [post["name"] for post in told["classes"][0]["posts"]] == ["测试", "实施"]
        answer = here.program(name).call("post", "cultivation/my-choices", {"posts": [posts[post] for post in wanted]})
        assert [row["rank"] for row in answer["choices"]] == list(range(1, len(wanted) + 1))
    rows = here.dean.rows("cultivation.applicant", columns="student", titles=1)
    names = {row["id"]: here.dean.show("cultivation.applicant", row["id"])["title"] for row in rows}
    return {name: pk for pk, name in names.items()}


def matched(here: Stage) -> tuple[int, int]:
    """The class with its roster, and the core course."""
    row, posts, course = recruited(here)
    applications = chosen(here, posts)
    places = {f"place_{applications['小王']}": 1, f"place_{applications['小林']}": 2}
    here.dean.act(CLASS, row, "rank", ranked_by="王总", **places)
    assert here.dean.act(CLASS, row, "match", sure=True, status=422)["detail"]  # applications are still open
    here.move(date(2026, 3, 15))
    here.dean.act(CLASS, row, "match", sure=True)
    return row, course


def roster(here: Stage, row: int) -> dict[str, int]:
    entries = here.dean.rows("cultivation.roster_entry", order_class=row, columns="post")
    return {here.dean.show("cultivation.roster_entry", entry["id"])["title"]: entry["id"] for entry in entries}


def taught(here: Stage, row: int, course: int) -> tuple[int, int]:
    """A real project of the firm in the course; the project and its use."""
    days = {f"{name}_on": "2026-03-01" for name in ("real_project", "real_scene", "real_practice")}
    proofs = {f"{name}_evidence": "验收单" for name in ("real_project", "real_scene", "real_practice")}
    project = here.dean.add(
        "cultivation.enterprise_project",
        title="旅游平台接口测试",
        organisation=here.firm.pk,
        unit=here.home.first.pk,
        owner=here.home.people["teacher"].pk,
        hours=16,
        **days,
        **proofs,
    )
    term = here.years[0].terms.get(number=2)
    use = here.dean.add(
        "cultivation.project_use",
        project=project,
        course=course,
        term=term.pk,
        order_class=row,
        cohort=here.cohort.pk,
        used_on=here.day.isoformat(),
        hours=16,
        students=2,
    )
    return project, use


def test_from_need_to_the_closed_file(here: Stage) -> None:
    row, course = matched(here)
    dean = here.dean
    people = roster(here, row)
    # Both sides chose: whom the firm wanted most has the post both wanted; whom it did not name has none.
    posts = {name: dean.show("cultivation.roster_entry", pk)["post"] for name, pk in people.items()}
    named = {name: dean.show("cultivation.order_post", pk)["title"] for name, pk in posts.items()}
    assert named == {"小王": "测试", "小林": "实施"}
    assert dean.act(CLASS, row, "start", status=422)["detail"]
    here.move(BEGIN)
    assert dean.act(CLASS, row, "start")["status"] == "running"
    taught(here, row, course)
    here.move(END)
    assert dean.act(CLASS, row, "finish", ends_on=END.isoformat())["status"] == "finished"
    here.move(HIRED)
    for entry in people.values():
        dean.act(
            "cultivation.roster_entry",
            entry,
            "hire",
            organisation=here.firm.pk,
            position="测试工程师",
            hired_on=HIRED.isoformat(),
            wage="5200",
        )
    shown = dean.show(CLASS, row)
    assert (shown["applicants_count"], shown["roster_count"], shown["hired_count"]) == (3, 2, 2)
    first, second = (hire["id"] for hire in dean.rows(HIRE, order_class=row))
    said = {"still_there": True, "fit": 5, "satisfaction": 4}
    assert dean.act(HIRE, first, "follow_up", month=3, done_on=HIRED.isoformat(), status=422, **said)
    here.move(date(2026, 10, 1))
    assert follow_up_links.remind(here.day) == 2
    day = here.day.isoformat()
    dean.act(HIRE, first, "follow_up", month=3, done_on=day, **said)
    dean.act(HIRE, second, "follow_up", month=3, done_on=day, still_there=False)
    assert dean.act(CLASS, row, "close", status=422)["detail"]
    here.move(date(2027, 1, 4))
    assert follow_up_links.remind(here.day) == 1  # who has gone is not asked again
    dean.act(HIRE, first, "follow_up", month=6, done_on=here.day.isoformat(), **said)
    assert dean.act(CLASS, row, "close")["status"] == "closed"
    need = dean.show(CLASS, row)["need"]
    dean.act("partners.need", need, "meet", result="录用两人")
    assert dean.show("partners.need", need)["status"] == "met"


def test_R21_and_R23_turn_green_and_red_by_real_records(here: Stage) -> None:
    row, course = matched(here)
    dean, college = here.dean, here.home.first.code
    here.judge()
    assert here.state("R21", college) == "on_track"  # a class is on file that will begin in time
    here.move(BEGIN)
    dean.act(CLASS, row, "start")
    assert here.state("R21", college) == "met"
    # Signed by the firm, but nothing real is taught yet: there is time until the class ends.
    assert here.state("R23", "DD2026") not in {"met", "unmet"}
    project, _use = taught(here, row, course)
    assert here.state("R23", "DD2026") == "met"

    here.move(HIRED)  # the class is over: what is lacking now is red
    here.judge()
    dean.change("cultivation.enterprise_project", project, real_scene_on=None, real_scene_evidence="")
    assert here.state("R23", "DD2026") == "unmet"
    dean.change("cultivation.enterprise_project", project, real_scene_on="2026-03-01", real_scene_evidence="照片")
    assert here.state("R23", "DD2026") == "met"
    (signature,) = dean.rows("cultivation.plan_signature")
    dean.call("delete", f"cultivation/plan_signature/{signature['id']}", status=204)
    assert here.state("R23", "DD2026") == "unmet"
    plan = dean.show(CLASS, row)["plan"]
    again = {"organisation": here.firm.pk, "contact_name": "王总", "signed_on": here.day.isoformat()}
    dean.act("cultivation.training_plan", plan, "sign", **again)
    assert here.state("R23", "DD2026") == "met"

    # The year is over: the class was entered under the wrong year, and is put right.
    here.move(date(2026, 9, 2))
    dean.change(CLASS, row, starts_on="2026-09-07", ends_on="2027-06-30")
    here.judge("2025-2026")
    assert here.state("R21", college) == "unmet"
    dean.change(CLASS, row, starts_on=BEGIN.isoformat(), ends_on=END.isoformat())
    here.judge("2025-2026")
    assert here.state("R21", college) == "met"
    # A new year asks anew.
    here.judge()
    assert here.state("R21", college, "2026-2027") != "met"
