"""What practice does is counted where bases are planned and told of: students due, term summaries, yearly statements."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from tests.bases import factories as make
from tests.factories import make as made
from tests.governance.factories import College
from zhixing.bases import demand, statements, summaries
from zhixing.bases.models import PracticeDemand
from zhixing.kernel import changes
from zhixing.kernel.approval import approve
from zhixing.kernel.models import ApprovalStation
from zhixing.org.models import Cohort, Major
from zhixing.practice import for_bases, plan_actions
from zhixing.practice.models import Placement, Post, PracticePlan


def plan(of: Major, home: College, *cohorts: Cohort, **more: Any) -> PracticePlan:
    values = {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 7, 3), "aims": "熟悉岗位", "kind": "post"}
    found: PracticePlan = made(
        PracticePlan, major=of, year=home.year, owner=home.people["group_leader"], **values | more
    )
    found.cohorts.set(cohorts)
    return found


def approved(of: PracticePlan, home: College) -> None:
    plan_actions.submit(of, by=home.actor("group_leader"))
    approve(ApprovalStation.objects.get(case__record_id=of.pk).pk, by=home.actor("dean"))


def saved(of: PracticePlan, *cohorts: Cohort) -> None:
    """As the form does it: the plan, then its cohorts, in one transaction; what follows the commit has been done."""
    connection.run_on_commit = []
    with TestCase.captureOnCommitCallbacks(execute=True):
        of.save()
        of.cohorts.set(cohorts)


def due(of: Major) -> dict[str, tuple[int, str]]:
    rows = PracticeDemand.objects.filter(major=of, kind="post").select_related("term__year")
    return {str(row.term): (row.students, row.source) for row in rows}


def test_an_approved_plan_says_who_is_due_and_its_cohorts_keep_it_right(home: College) -> None:
    terms = make.terms(home, 2)
    major = make.major(home)
    first, second, third = (make.cohort(major, 2023, number) for number in (30, 20, 7))
    make.cohort(major, 2023, 9, status="left")
    make.demand(major, terms[1], 99)
    make.route("practice.practice_plan")
    one = plan(major, home, first)
    assert due(major) == {"2025-2026-2": (99, "edited")}
    approved(one, home)
    assert due(major) == {"2025-2026-2": (30, "planned")}
    other = plan(major, home, first, second)  # who is in two plans is one student
    approved(other, home)
    assert due(major) == {"2025-2026-2": (50, "planned")}
    one.refresh_from_db()
    other.refresh_from_db()
    saved(one, first, third)
    assert due(major) == {"2025-2026-2": (57, "planned")}
    saved(other, first)
    assert due(major) == {"2025-2026-2": (37, "planned")}
    # What somebody enters after that stays, whatever becomes of the plan.
    PracticeDemand.objects.update(students=41, source="edited")
    saved(other, first, second)
    assert due(major) == {"2025-2026-2": (41, "edited")}


def test_a_plan_that_moves_takes_its_students_along(home: College) -> None:
    spring, later = make.terms(home, 2)[1:3]
    major = make.major(home)
    of = plan(major, home, make.cohort(major, 2023, 12), status="approved", approved_on=date(2026, 1, 9))
    saved(of, *of.cohorts.all())
    assert due(major) == {str(spring): (12, "planned")}
    of.starts_on, of.ends_on = later.starts_on, later.ends_on
    saved(of, *of.cohorts.all())
    found = due(major)
    assert found[str(later)] == (12, "planned") and found[str(spring)][1] != "planned"


def test_a_term_that_no_plan_fills_any_more_is_told_and_counted_in_one(
    home: College, monkeypatch: pytest.MonkeyPatch
) -> None:
    spring = make.terms(home, 1)[1]
    major = make.major(home)
    row = make.demand(major, spring, 12)
    PracticeDemand.objects.update(counted=12, source="planned")
    told: list[int] = []
    monkeypatch.setattr(changes, "touched", lambda model, keys: told.extend(keys) if model is PracticeDemand else None)
    demand.release(major.pk, "post", set())
    # Nobody is due by the classes either: the row still moved, and whoever listens (R10) hears of it.
    assert told == [row.pk] and due(major) == {str(spring): (0, "computed")}
    PracticeDemand.objects.update(students=12, counted=12, source="planned")

    def fails(*_args: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr(demand, "compute", fails)
    with pytest.raises(RuntimeError):
        demand.release(major.pk, "post", set())
    assert due(major) == {str(spring): (12, "planned")}


def test_a_practice_needs_places_in_the_terms_it_fills(home: College) -> None:
    autumn, spring, *later = make.terms(home, 2)

    def of(first: date, last: date) -> list[Any]:
        return for_bases.falls_in(first, last, [autumn, spring, *later])

    assert of(date(2025, 9, 1), date(2026, 7, 1)) == [autumn, spring]
    assert of(date(2025, 12, 29), date(2026, 6, 26)) == [spring]
    assert of(date(2026, 1, 1), date(2026, 1, 10)) == [autumn]
    assert of(date(2026, 7, 20), date(2026, 8, 20)) == later[:1]
    assert of(date(2030, 1, 1), date(2030, 2, 1)) == []


def placement(of: PracticePlan, post: Post, number: int, status: str, **more: Any) -> Placement:
    student = of.cohorts.get().students.order_by("pk")[number]
    values = {"starts_on": of.starts_on, "ends_on": of.ends_on}
    if status in ("ended", "graded", "broken"):
        values["ended_on"] = of.ends_on
    if status == "graded":
        more |= {"score": 80, "level": "good"}
    return Placement.objects.create(plan=of, post=post, student=student, status=status, **values, **more)


def test_summaries_and_statements_count_placements_and_hires_and_their_links_show_the_same(
    client: Client, home: College
) -> None:
    _autumn, spring = make.terms(home, 1)
    major = make.major(home)
    base = make.base(home, major, kind="off_campus")
    of = plan(major, home, make.cohort(major, 2023, 6), status="ended", approved_on=date(2026, 2, 1))
    here = made(Post, plan=of, organisation=home.firm, status="closed", approved_on=date(2026, 2, 1))
    elsewhere = made(Post, plan=of, status="closed", approved_on=date(2026, 2, 1))
    placement(of, here, 0, "graded", hired="hired")
    placement(of, here, 1, "running")
    placement(of, here, 2, "cancelled")
    placement(of, elsewhere, 3, "ended", hired="hired")
    placement(of, here, 4, "broken")
    told = []
    for paper, expected in (
        (lambda: for_bases.of_term(major, spring), {"placed": 3, "firms": 2, "kept": 2}),
        (lambda: for_bases.of_firm(base, 2026, "firm"), {"placed": 2, "kept": 1}),
    ):
        with CaptureQueriesContext(connection) as asked:
            found = paper()
        assert len(asked) == 1
        assert {figure.key: figure.value for figure in found} == expected
        told += [figure for figure in found if figure.key != "firms"]
    client.force_login(home.user("dean"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    for figure in told:
        rows = client.get(f"/api/v1/practice/placement{figure.url[figure.url.index('?') :]}").json()
        assert rows["count"] == figure.value, figure.url
    assert (
        for_bases.of_firm(base, 2026, "school")
        == []
        == for_bases.of_firm(make.base(home, organisation=None), 2026, "firm")
    )
    assert {figure.value for figure in for_bases.of_firm(base, 2025, "firm")} == {0}
    # Both papers ask by themselves.
    assert {figure.key for figure in summaries.of(major, spring)} >= {"placed", "firms", "kept"}
    assert "[[kept]]" in summaries.draft(major, spring)["results"]
    lines = {line["key"]: line["value"] for line in statements.count(base, 2026) if line["giver"] == "firm"}
    assert lines["placed"] == 2 and lines["kept"] == 1
