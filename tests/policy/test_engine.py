"""The evaluation: states at their boundaries, nothing written when nothing moved, one statement a measure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.policy import factories as make
from tests.policy.conftest import TODAY
from tests.policy.evidence import told_by_rows
from zhixing.governance.models import Committee, Meeting
from zhixing.kernel import measures
from zhixing.org.models import MajorGroup
from zhixing.partners.models import Activity, GovernmentPolicy, IndustryLink
from zhixing.policy.engine import AssessError, assess, resolve_year
from zhixing.policy.models import Rule, RuleVersion, Standing, StandingChange, Waiver

Clock = Callable[[date], None]


def standing(rule: str, code: str, scope: str | None = None, **more: object) -> Standing:
    rows = Standing.objects.filter(rule__code=rule, unit_code=code, **more)
    return (rows.filter(unit_scope=scope) if scope else rows).get()


def state(rule: str, code: str) -> str:
    return standing(rule, code).state


def test_every_rule_answers_for_every_unit(college: make.College) -> None:
    assess()
    assert set(Standing.objects.values_list("rule__code", flat=True)) == {f"R{n:02d}" for n in range(1, 29)}
    assert state("R01", "ZYQ000") == "unmet"
    assert Standing.objects.filter(rule__code="R01").count() == 2 + 2 + 1
    # Rules whose records are not kept yet say so, once for each of their units or once for the school.
    assert set(Standing.objects.filter(rule__pending=True).values_list("state", flat=True)) == {"no_data"}
    assert Standing.objects.filter(rule__code="R11", unit_scope="college").count() == 2
    assert Standing.objects.filter(rule__code="R06", unit_scope="school").count() == 1


def test_a_link_in_force_meets_R01_and_its_end_is_seen_coming(college: make.College, clock: Clock) -> None:
    group = college.groups[0]
    make.link(group, ends_on=TODAY + timedelta(days=91))
    assess()
    found = standing("R01", group.code)
    assert (found.state, found.value, found.evidence_count, found.breaks_on) == (
        "met",
        1,
        1,
        TODAY + timedelta(days=91),
    )
    clock(TODAY + timedelta(days=1))
    assess()
    assert state("R01", group.code) == "at_risk"
    clock(TODAY + timedelta(days=91))
    assess()
    assert state("R01", group.code) == "at_risk"
    clock(TODAY + timedelta(days=92))
    assess()
    found = standing("R01", group.code)
    assert (found.state, found.found_on, found.due) == (
        "unmet",
        TODAY + timedelta(days=92),
        TODAY + timedelta(days=122),
    )
    assert [c.state for c in found.changes.order_by("on")] == ["met", "at_risk", "unmet"]


def test_a_yearly_rule_is_on_track_then_at_risk_then_not_met(college: make.College, clock: Clock) -> None:
    code = college.groups[0].code
    for day, expected in (
        (date(2026, 2, 28), "on_track"),
        (date(2026, 3, 1), "at_risk"),
        (date(2026, 8, 31), "at_risk"),
    ):
        clock(day)
        assess()
        assert (day, standing("R02", code, year="2025-2026").state) == (day, expected)
    clock(date(2026, 9, 1))
    assess()
    assess(year="2025-2026")
    # The last day counts in full: only the close of a year that is over calls it not met.
    assert standing("R02", code, year="2026-2027").state == "on_track"
    assert standing("R02", code, year="2025-2026").state == "unmet"


def test_an_activity_without_proof_does_not_count_but_is_offered_as_mend(college: make.College) -> None:
    group = college.groups[0]
    bare = make.activity(group, date(2025, 11, 1), minutes="")
    assess()
    found = standing("R02", group.code)
    assert (found.state, found.value) == ("at_risk", 0)
    assert [(m["type"], m["id"]) for m in found.forecast["mend"]] == [("partners.activity", bare.pk)]
    Activity.objects.filter(pk=bare.pk).update(minutes="纪要")
    assess()
    assert state("R02", group.code) == "met"


def test_government_policies_are_decided_by_their_deadline(college: make.College, clock: Clock) -> None:
    assess()
    assert state("R28", college.school.code) == "not_applicable"
    GovernmentPolicy.objects.create(
        number="琼府〔2026〕1号",
        title="产教融合扶持",
        issuer=make.association(kind="government"),
        issued_on=date(2026, 1, 5),
        effective_from=date(2026, 1, 5),
        deadline=date(2026, 5, 31),
    )
    for day, expected in (
        (TODAY, "on_track"),
        (date(2026, 5, 1), "at_risk"),
        (date(2026, 5, 31), "at_risk"),
        (date(2026, 6, 1), "unmet"),
    ):
        clock(day)
        assess()
        assert (day, state("R28", college.school.code)) == (day, expected)
    found = standing("R28", college.school.code)
    assert (found.due, found.period_code, found.value) == (date(2026, 5, 31), "2026", 0)


def test_assessing_again_writes_nothing(college: make.College) -> None:
    make.link(college.groups[0], ends_on=TODAY + timedelta(days=30))
    make.activity(college.groups[1], date(2025, 12, 1))
    first = assess()
    assert first.written == Standing.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text FROM policy_standing ORDER BY id")
        before = cursor.fetchall()
        changes = StandingChange.objects.count()
        with CaptureQueriesContext(connection) as queries:
            assert assess().written == 0
        cursor.execute("SELECT id, xmin::text FROM policy_standing ORDER BY id")
        assert cursor.fetchall() == before
    assert StandingChange.objects.count() == changes
    assert not [q["sql"] for q in queries if q["sql"].lstrip().startswith(("INSERT", "UPDATE", "DELETE", "WITH given"))]


def test_the_number_of_statements_does_not_grow_with_the_units(college: make.College) -> None:
    for group in college.groups:
        make.link(group)
        make.committee(group)
    assess()
    with CaptureQueriesContext(connection) as few:
        assess()
    for i in range(40):
        group = MajorGroup.objects.create(
            code=f"NEW{i:03d}", name=f"新群{i}", unit=college.colleges[i % 2], starts_on=make.SINCE
        )
        make.link(group)
        make.committee(group)
    assess()
    with CaptureQueriesContext(connection) as many:
        assess()
    assert len(many) == len(few)
    counting = [q["sql"] for q in many if "unit_value" in q["sql"] or '"good"' in q["sql"]]
    # One for each measure; of a domain without any unit to judge nothing is asked (all are in `tests/sample/test_measures.py`).
    assert len(counting) == len([q for q in few if "unit_value" in q["sql"] or '"good"' in q["sql"]])
    assert 7 <= len(counting) <= len(measures.all())


def test_the_value_is_computed_from_the_evidence_rows(college: make.College) -> None:
    """What the standing says is what its rows say; for every other measure `tests/sample/test_measures.py` asks the same."""
    group, other = college.groups
    make.link(group)
    make.link(group, ends_on=TODAY)
    make.link(group, ends_on=TODAY - timedelta(days=1))
    make.activity(group, date(2025, 9, 1))
    make.activity(group, TODAY)
    make.activity(group, TODAY + timedelta(days=1), status="planned")
    body = make.committee(group, seats=2)
    make.committee(other, seats=0)
    book = make.task_book(body, college.years["2025-2026"])
    make.task(book, owner=college.people["head0"])
    make.task(book, owner=None)
    council = Committee.objects.create(
        name="理事会", kind="council", unit=college.school, starts_on=make.SINCE, ends_on=date(2030, 1, 1)
    )
    Meeting.objects.create(committee=council, title="年会", held_on=date(2025, 10, 10), minutes="纪要", status="held")
    for number, decided in (("1", date(2026, 2, 1)), ("2", None)):
        GovernmentPolicy.objects.create(
            number=number,
            title=number,
            issuer=make.association(kind="government"),
            issued_on=date(2026, 1, 1),
            effective_from=date(2026, 1, 1),
            deadline=date(2026, 6, 1),
            status="applied" if decided else "open",
            decided_on=decided,
        )
    assess()
    checked = set()
    for found in Standing.objects.filter(rule__measure__in=measures.all()).select_related("rule__policy", "version"):
        rows = told_by_rows(found)
        if rows and not found.is_roll_up:
            checked.add(found.rule.measure)
    assert {key for key in measures.all() if key.startswith(("partners.", "governance."))} <= checked
    assert standing("R01", group.code, "major_group").value == 2
    assert standing("R04", group.code, "committee").value == 0.5
    assert standing("R28", college.school.code).value == 0.5


def test_a_college_and_the_school_show_the_share_of_their_groups(college: make.College) -> None:
    make.link(college.groups[0])
    assess()
    assert (standing("R01", "XY01").value, state("R01", "XY01")) == (1, "met")
    assert (standing("R01", "XY02").value, state("R01", "XY02")) == (0, "unmet")
    whole = standing("R01", "HNCVC")
    assert (whole.value, whole.state, whole.evidence_count, whole.target) == (0.5, "unmet", 2, 1)


def test_each_standing_has_one_holder(college: make.College) -> None:
    assess()
    assert standing("R01", "ZYQ000").holder == college.people["head0"]
    assert standing("R03", "ZYQ001").holder == college.people["dean1"]
    assert standing("R20", "HNCVC").holder == college.people["leader"]
    # Nobody is of the finance office yet: the office that runs cooperation answers.
    assert standing("R16", "HNCVC").holder == college.people["office"]
    assert not Standing.objects.filter(holder=None).exists()


def test_a_group_that_ended_is_judged_no_more(college: make.College, clock: Clock) -> None:
    assess()
    MajorGroup.objects.filter(pk=college.groups[0].pk).update(ends_on=TODAY)
    clock(TODAY + timedelta(days=1))
    assess()
    found = standing("R01", "ZYQ000")
    assert (found.state, found.due, found.found_on) == ("not_applicable", None, None)
    assert standing("R01", "XY01").state == "not_applicable"
    assert assess().written == 0


def test_another_day_is_told_but_not_stored(college: make.College) -> None:
    make.link(college.groups[0], ends_on=TODAY + timedelta(days=10))
    assess()
    result = assess(as_of=TODAY + timedelta(days=11), rule="R01", unit="ZYQ000")
    assert [f.state for f in result.findings] == ["unmet"]
    assert not result.stored
    assert state("R01", "ZYQ000") == "at_risk"


def test_what_is_asked_for_narrows_the_answer(college: make.College) -> None:
    codes = {(f.rule_code, f.unit_code) for f in assess(rule="R01").findings}
    assert codes == {("R01", code) for code in ("ZYQ000", "ZYQ001", "XY01", "XY02", "HNCVC")}
    assert {f.unit_code for f in assess(rule="R01", unit="XY01").findings} == {"ZYQ000", "XY01"}
    assert {f.unit_code for f in assess(unit="HNCVC").findings} == {"HNCVC"}
    for wrong in ({"rule": "R99"}, {"unit": "nowhere"}, {"policy": "none"}, {"year": "2025"}, {"year": "2025-2027"}):
        with pytest.raises(AssessError):
            assess(**wrong)
    with pytest.raises(AssessError):
        resolve_year("2025-2026", date(2024, 1, 1))


def test_a_waiver_excuses_for_its_days(college: make.College, clock: Clock) -> None:
    group = college.groups[0]
    Waiver.objects.create(
        rule=Rule.objects.get(code="R01"),
        unit=group.unit,
        unit_key=group.pk,
        reason="新设专业群",
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=5),
        status="approved",
        decided_on=TODAY,
    )
    assess()
    assert state("R01", group.code) == "waived"
    assert state("R01", "XY01") == "waived"
    assert standing("R01", "HNCVC").evidence_count == 1
    clock(TODAY + timedelta(days=6))
    assess()
    assert state("R01", group.code) == "unmet"


def test_the_version_of_the_day_decides(college: make.College) -> None:
    group = college.groups[0]
    make.link(group)
    old = RuleVersion.objects.get(rule__code="R01")
    RuleVersion.objects.filter(pk=old.pk).update(ends_on=TODAY - timedelta(days=1))
    new = RuleVersion.objects.create(
        rule=old.rule,
        target={"at_least": 2},
        warn=old.warn,
        weight=5,
        starts_on=TODAY,
        status="approved",
        reason="更高要求",
    )
    assess()
    found = standing("R01", group.code)
    assert (found.state, found.target, found.version) == ("unmet", 2, new)
    earlier = assess(as_of=TODAY - timedelta(days=1), rule="R01", unit=group.code).findings[0]
    assert (earlier.state, earlier.target) == ("met", 1)


def test_a_frozen_standing_is_refused_by_the_database(college: make.College) -> None:
    assess()
    found = standing("R01", "ZYQ000")
    Standing.objects.filter(pk=found.pk).update(frozen_at="2026-03-10T00:00:00+08:00", frozen={})
    for change in (lambda: Standing.objects.filter(pk=found.pk).update(state="met"), lambda: found.delete()):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()
    IndustryLink.objects.all().delete()
    make.link(college.groups[0])
    assess()
    assert state("R01", "ZYQ000") == "unmet"
