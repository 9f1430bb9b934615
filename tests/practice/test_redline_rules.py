"""Every red line on both sides of its limit; layers and dates; what an override and a filing let pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.practice.redline_cases import END, ON, START, Case, Change, both, put
from zhixing.intake.yaml_values import PackErrors
from zhixing.practice import redline_rules, redline_words
from zhixing.practice.covers import gaps_of
from zhixing.practice.redline_actions import pack_faults
from zhixing.practice.redline_checks import FUNCTIONS, SPECS
from zhixing.practice.redline_facts import (
    CoverFacts,
    IncidentFacts,
    InspectionFacts,
    OverrideFacts,
    PartyFacts,
    SafetyFacts,
    peak,
)
from zhixing.practice.redline_gate import State, stops
from zhixing.practice.redline_rules import Book, Pack, book, load

DAY = timedelta(days=1)


def covers(*stretches: tuple[date, date], **more: Any) -> Change:
    rows = [CoverFacts(n, f"BX-{n}", "liability", "school", a, b) for n, (a, b) in enumerate(stretches)]
    return put("placement", covers=[replace(row, **more) for row in rows])


def consent(party: str, status: str, day: date | None = date(2025, 8, 10)) -> Change:
    return lambda case: (
        setattr(case.placement.consents[party], "status", status)
        or setattr(case.placement.consents[party], "decided_on", day)
    )


def paper(**values: Any) -> Change:
    def change(case: Case) -> None:
        for name, value in values.items():
            setattr(case.placement.agreement, name, value)

    return change


def party(*parties: PartyFacts) -> Change:
    return lambda case: case.placement.agreement.parties.extend(parties)


def without(role: str) -> Change:
    def change(case: Case) -> None:
        case.placement.agreement.parties = [row for row in case.placement.agreement.parties if row.role != role]

    return change


def visit(**values: Any) -> Change:
    return lambda case: case.unit.inspections.__setitem__(0, replace(case.unit.inspections[0], **values))


def archived(*kinds: str) -> Change:
    """An ended placement with these papers in its archive, where all eight kinds are kept."""

    def kept(case: Case) -> None:
        case.context.archive.update({kind: {9} if kind in kinds else set() for kind in ALL_PAPERS})

    return both(put("placement", status="ended"), kept)


def weights(**numbers: Any) -> Change:
    """Other weights and bounds of grades; the rest stay."""

    def change(case: Case) -> None:
        case.context.grades = [
            (first, last, code, Decimal(numbers.get(code, value))) for first, last, code, value in case.context.grades
        ]

    return change


def graded(score: Any, level: str, *sides: str) -> Change:
    return put("placement", status="graded", score=Decimal(score), level=level, evaluated=frozenset(sides))


def happened(day: date, **more: Any) -> Change:
    return put("placement", incidents=[IncidentFacts(61, "injury", day, **{"status": "open", **more})])


GUARDIAN = PartyFacts("guardian", "符大椰", None, None)
ALL_PAPERS = ("agreement", "scheme", "report", "result", "journal", "visits", "summary", "proof")

# Rule, what is changed, the codes it finds. With no code the case stands on the lawful side of the limit.
CASES: list[tuple[str, Change, list[str]]] = [
    ("I-01", put("placement", entry_year=2025), ["first_year"]),
    ("I-01", put("placement", entry_year=2024), []),
    ("I-02", put("placement", birth_date=date(2009, 9, 2)), ["too_young"]),
    ("I-02", put("placement", birth_date=date(2009, 9, 1)), []),
    ("I-02", put("placement", birth_date=None), ["birth_unknown"]),
    ("I-03", both(put("placement", birth_date=date(2007, 9, 2)), put("post", barred_to_minors=True), party(GUARDIAN)), ["minor_barred"]),
    ("I-03", put("placement", birth_date=date(2007, 9, 2)), ["minor_guardian"]),
    ("I-03", both(put("placement", birth_date=date(2007, 9, 2)), party(GUARDIAN)), []),
    ("I-03", both(put("placement", birth_date=date(2007, 9, 1)), put("post", barred_to_minors=True)), []),
    ("I-04", put("post", barred_to_women=True), ["women_barred"]),
    ("I-04", both(put("post", barred_to_women=True), put("placement", sex="1")), []),
    ("I-04", both(put("post", barred_to_women=True), put("placement", sex="0")), ["sex_unknown"]),
    ("I-05", put("unit", industry="9012"), ["venue_class"]),
    ("I-05", put("unit", industry="9020"), ["venue_look"]),
    ("I-05", put("unit", industry="8990"), []),
    ("I-05", put("unit", industry="", name="海口星光酒吧"), ["venue_name"]),
    ("I-05", put("unit", industry="", name="海口星光茶馆"), []),
    ("I-06", put("post", by_agent=True), ["agent_between"]),
    ("I-06", put("unit", industry="7263"), ["agent_class"]),
    ("I-06", put("unit", industry="7251"), []),
    ("I-06", put("unit", industry="", name="琼岛人力资源有限公司"), ["agent_name"]),
    ("I-06", party(PartyFacts("enterprise", "劳务公司", 77, None)), ["stranger_signs"]),
    ("I-06", party(GUARDIAN), []),
    ("I-07", put("post", labour_class=3), ["labour_class"]),
    ("I-07", put("post", labour_class=2), []),
    ("I-08", put("post", hazards=("height",)), ["hazard_not_filed"]),
    ("I-08", both(put("post", hazards=("height",)), lambda case: case.filing("hazard")), []),
    ("I-09", put("post", rest_days=True), ["rest_days_not_filed"]),
    ("I-09", both(put("post", rest_days=True), lambda case: case.filing("rest_days")), []),
    ("I-09", put("post", hours_day=Decimal("6"), hours_week=Decimal("36")), ["rest_days_by_hours"]),
    ("I-09", put("post", hours_day=Decimal("7"), hours_week=Decimal("35")), []),
    ("I-10", put("post", overtime=True, night_shift=True), ["overtime_not_filed", "night_not_filed"]),
    ("I-10", both(put("post", night_shift=True), lambda case: case.filing("night")), []),
    ("I-10", both(put("post", night_shift=True), lambda case: case.filing("night", ends_on=END - DAY)), ["night_not_filed"]),
    ("I-10", both(put("post", night_shift=True), lambda case: case.filing("night", starts_on=START + DAY)), ["night_not_filed"]),
    ("I-10", both(put("post", night_shift=True), lambda case: case.filing("night", plan=2)), ["night_not_filed"]),
    ("I-10", both(put("post", night_shift=True), lambda case: case.filing("night", unit=1)), []),
    ("I-10", both(put("post", night_shift=True), lambda case: case.filing("night", unit=12)), ["night_not_filed"]),
    ("I-11", put("post", hours_day=Decimal("8.5")), ["hours_day"]),
    ("I-11", put("post", hours_week=Decimal("40.5")), ["hours_week"]),
    ("I-11", put("post", hours_week=None), ["hours_unknown"]),
    ("I-11", put("post", hours_day=Decimal("8"), hours_week=Decimal("40")), []),
    ("I-12", lambda case: case.heads([(5, "前厅接待", START, END, 2), (5, "客房", START, END, 9)]), ["share_unit"]),
    ("I-12", lambda case: case.heads([(5, "前厅接待", START, END, 2), (5, "客房", START, END, 8)]), []),
    # Those of another plan count on the days they share, and a unit's own head-count stands in for the post's.
    ("I-12", lambda case: case.heads([(5, "前厅接待", START, END, 2), (5, "客房", END, END + DAY, 9)]), ["share_unit"]),
    ("I-12", lambda case: case.heads([(5, "前厅接待", START, END, 2), (5, "客房", END + DAY, END + DAY, 9)]), []),
    ("I-12", both(put("post", staff_total=None), put("unit", staff=20)), []),
    ("I-12", both(put("post", staff_total=None), put("unit", staff=19)), ["share_unit"]),
    ("I-12", both(put("post", staff_total=None), put("unit", staff=None)), ["share_unit_unknown"]),
    ("I-13", lambda case: case.heads([(5, "前厅 接待", START, END, 5)]), ["share_post"]),
    ("I-13", lambda case: case.heads([(5, "前厅 接待", START, END, 4)]), []),
    ("I-13", put("post", places=5), ["share_post"]),
    ("I-13", put("post", places=4), []),
    ("I-14", put("placement", ends_on=date(2026, 3, 22)), []),
    ("I-14", put("placement", ends_on=date(2026, 3, 23)), ["weeks_differ"]),
    ("I-14", put("plan", weeks=16), ["weeks_unusual", "weeks_differ"]),
    ("I-15", put("post", major_classes=("54",)), ["classes_differ"]),
    ("I-15", put("post", major_classes=("54", "53")), []),
    ("I-15", put("post", tasks=" "), ["tasks_unknown"]),
    ("I-16", consent("guardian", "waiting", None), ["consent_guardian_waiting"]),
    ("I-16", consent("guardian", "refused"), ["consent_guardian_refused"]),
    ("I-16", consent("student", "withdrawn"), ["consent_student_refused"]),
    ("I-16", consent("student", "given", START + DAY), ["consent_student_late"]),
    ("I-16", consent("student", "given", START), []),
    ("I-16", put("placement", consents={}), ["consent_student_none", "consent_guardian_none"]),
    ("I-16", both(put("placement", consents={}), put("post", source="student")), []),
    ("I-18", put("post", pay=Decimal("2399.99")), ["pay_low"]),
    ("I-18", put("post", pay=Decimal("2400")), []),
    ("I-18", put("post", pay=Decimal("2300"), lowest_wage=Decimal("2300")), []),
    ("I-18", put("post", pay=Decimal("2300"), lowest_wage=None), ["pay_low"]),
    ("I-18", put("post", same_post_wage=None, lowest_wage=None), ["wage_unknown"]),
    ("I-18", put("post", pay=Decimal("500"), independent=False), []),
    ("I-18", put("post", pay=Decimal("0"), independent=False), ["pay_nothing"]),
    ("I-19", put("post", pay_cycle_days=32), ["pay_cycle"]),
    ("I-19", put("post", pay_cycle_days=31), []),
    ("I-19", put("post", pay_in_money=False, pay_direct=False), ["pay_in_kind", "pay_forwarded"]),
    ("I-20", put("post", fees=True), ["fees"]),
    ("I-20", put("post", keeps_documents=True), ["keeps_documents"]),
    ("I-20", put("post", fees=False), []),
    ("I-21", put("placement", agreement=None), ["agreement_none"]),
    ("I-21", paper(status="signing", signed_on=None), ["agreement_unsigned"]),
    ("I-21", paper(signed_on=START + DAY), ["agreement_late"]),
    ("I-21", paper(signed_on=START), []),
    ("I-21", paper(ends_on=END - DAY), ["agreement_short"]),
    ("I-21", paper(starts_on=START + DAY), ["agreement_short"]),
    ("I-21", paper(kind="framework"), ["agreement_kind"]),
    ("I-21", without("school"), ["agreement_no_school"]),
    ("I-21", without("enterprise"), ["agreement_no_unit"]),
    ("I-21", without("student"), ["agreement_no_student"]),
    ("I-22", lambda case: case.violation("safety", date(2022, 9, 2)), ["unsafe"]),
    ("I-22", lambda case: case.violation("safety", date(2022, 9, 1)), []),
    ("I-22", lambda case: case.violation("safety", END), ["unsafe_since"]),
    ("I-22", lambda case: case.violation("safety", END + DAY), []),
    ("I-22", lambda case: case.violation("dishonest", date(2015, 1, 1)), ["dishonest"]),
    ("I-22", lambda case: case.violation("dishonest", date(2015, 1, 1), START), []),
    ("I-22", put("unit", status="banned", status_reason="欠薪"), ["banned"]),
    ("I-22", put("unit", uscc=""), ["uscc_missing"]),
    ("I-23", put("unit", inspections=[]), ["inspection_none"]),
    ("I-23", visit(inspected_on=START + DAY), ["inspection_none"]),
    ("I-23", visit(inspected_on=START), []),
    ("I-23", visit(valid_until=START - DAY), ["inspection_outdated"]),
    ("I-23", visit(valid_until=START), []),
    ("I-23", visit(result="unfit"), ["inspection_unfit"]),
    ("I-23", visit(result="mend"), ["inspection_mend"]),
    ("I-23", visit(headings=frozenset({"licence", "honesty", "management", "work", "hours", "workplace", "living", "health"})), ["inspection_headings"]),
    ("I-24", put("plan", published_on=None), ["list_unpublished"]),
    ("I-24", put("plan", published_on=START + DAY), ["list_late"]),
    ("I-24", put("plan", published_on=START), []),
    ("I-25", put("placement", supervisor=None), ["supervisor_none"]),
    ("I-25", put("placement", mentor=None), ["mentor_none"]),
    ("I-25", put("placement", mentor_organisation=6), ["mentor_elsewhere"]),
    ("I-25", put("post", mentor=None), ["post_mentor_none"]),
    ("I-25", put("post", mentor=4), []),
    ("I-26", put("placement", tests=[]), ["safety_none"]),
    ("I-26", put("placement", tests=[SafetyFacts(1, date(2025, 8, 30), False, Decimal(79))]), ["safety_failed"]),
    ("I-26", put("placement", tests=[SafetyFacts(1, START, True, Decimal(90))]), ["safety_late"]),
    ("I-26", put("placement", tests=[SafetyFacts(1, START - DAY, True, Decimal(80))]), []),
    ("I-27", put("placement", covers=[]), ["insurance_none"]),
    ("I-27", covers((START, END - DAY)), ["insurance_gap"]),
    ("I-27", covers((START + DAY, END)), ["insurance_gap"]),
    ("I-27", covers((START - DAY, END + DAY)), []),
    ("I-27", covers((START, date(2025, 12, 31)), (date(2026, 1, 1), END)), []),
    ("I-27", covers((START, date(2025, 12, 31)), (date(2026, 1, 2), END)), ["insurance_gap"]),
    ("I-27", covers((START, END), kind="accident"), ["insurance_none"]),
    ("I-27", covers((START, END), payer="student"), ["insurance_charged"]),
    ("I-28", both(put("placement", living="elsewhere"), consent("guardian", "refused")), ["living_elsewhere"]),
    ("I-28", put("placement", living="elsewhere"), []),
    ("I-29", put("post", region="440300"), ["province_not_filed"]),
    ("I-29", both(put("post", region="440300"), lambda case: case.filing("province")), []),
    ("I-29", put("post", region="460200"), []),
    ("I-29", both(put("post", region="820000"), lambda case: case.filing("province")), ["abroad_not_filed"]),
    ("I-29", both(put("post", region=""), put("unit", region="")), ["region_unknown"]),
    ("I-29", put("post", region=""), []),
    ("I-32", archived(*ALL_PAPERS), []),
    ("I-32", archived(*ALL_PAPERS[:-1]), ["archive_lacking"]),
    ("I-33", lambda case: case.plan.documents.pop("emergency"), ["documents_lacking"]),
    ("I-33", lambda case: case.plan.documents.update(rules=(START + DAY, 1)), ["document_late"]),
    ("I-33", lambda case: case.plan.documents.update(rules=(START, 1)), []),
    ("I-17", lambda case: case.plan.duties.pop("voluntary"), ["duty_open"]),
    ("I-17", lambda case: case.plan.duties.update(voluntary=(START + DAY, 1)), ["duty_late"]),
    ("I-17", lambda case: case.plan.duties.update(voluntary=(START, 1)), []),
    ("I-30", lambda case: case.plan.duties.pop("evaluation"), ["duty_open"]),
    ("I-30", weights(firm=0), ["weights_onesided"]),
    ("I-30", weights(firm=1, school=1), []),
    ("I-30", graded(85, "good", "firm"), ["evaluation_lacking"]),
    ("I-30", graded(85, "good", "student", "school"), ["evaluation_lacking"]),
    ("I-30", graded(85, "good", "firm", "school"), []),
    # Whose grade is still to come may wait for its words.
    ("I-30", put("placement", status="ended"), []),
    ("I-31", weights(good=90), ["levels_unordered"]),
    ("I-31", weights(good=Decimal("89.9")), []),
    ("I-31", lambda case: case.context.grades.pop(), ["levels_unset"]),
    ("I-31", graded(60, "fail", "firm", "school"), ["level_differs"]),
    ("I-31", graded("59.9", "pass", "firm", "school"), ["level_differs"]),
    ("I-31", graded("59.9", "fail", "firm", "school"), []),
    ("I-31", graded(60, "pass", "firm", "school"), []),
    ("I-31", graded(90, "excellent", "firm", "school"), []),
    ("I-34", lambda case: case.plan.duties.pop("complaints"), ["duty_open"]),
    ("I-34", put("plan", complaints=[ON - 16 * DAY, ON]), ["complaints_waiting"]),
    ("I-34", put("plan", complaints=[ON - 15 * DAY]), []),
    ("I-35", happened(ON, untold=("authority",)), ["incident_untold"]),
    ("I-35", happened(ON), []),
    ("I-35", happened(ON - 31 * DAY), ["incident_open"]),
    ("I-35", happened(ON - 30 * DAY), []),
    ("I-35", happened(ON - 99 * DAY, status="handled"), []),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "change", "codes"), CASES)
def test_on_both_sides_of_the_limit(rule: str, change: Change, codes: list[str]) -> None:
    case = Case()
    change(case)
    assert case.ask(rule) == codes


def test_the_lawful_case_keeps_every_rule() -> None:
    found = [(verdict.rule.id, verdict.says) for verdict in Case().verdicts("start") if verdict.hits]
    assert found == []


def test_every_machine_rule_has_a_case_on_both_sides() -> None:
    asked = {rule.id for rule in book().rules if rule.machine}
    for found in (True, False):
        assert {rule for rule, _change, codes in CASES if bool(codes) is found} == asked


def test_every_code_has_its_sentence_and_its_mend() -> None:
    codes = {code for _rule, _change, found in CASES for code in found} | {"pay_unknown", "classes_unknown"}
    for code in codes:
        assert code in redline_words.SENTENCES, code
        assert redline_words.mend(code)[0], code
    found = [
        hit.code for rule, change, _codes in CASES for case in [Case()] if not change(case) for hit in _hits(case, rule)
    ]
    assert set(found) <= set(redline_words.SENTENCES)


def _hits(case: Case, rule: str) -> list[Any]:
    rows = [hit for verdict in case.verdicts("grade") for hit in verdict.hits if verdict.rule.id == rule]
    for hit in rows:
        assert "%(" not in redline_words.say(hit.code, hit.values)
    return rows


def test_a_first_year_is_told_by_entry_and_academic_year_not_by_the_calendar() -> None:
    case = Case(date(2026, 3, 1), date(2026, 8, 31))
    case.placement.entry_year = 2025
    assert case.ask("I-01") == ["first_year"]
    case = Case(date(2026, 9, 1), date(2027, 2, 28))
    case.placement.entry_year = 2025
    assert case.ask("I-01") == []
    # The college's own first day of the year stands before the usual one.
    case = Case(date(2026, 8, 25), date(2027, 2, 20))
    case.placement.entry_year = 2025
    assert case.ask("I-01") == ["first_year"]
    case.context.calendar.years = [(date(2026, 8, 20), date(2027, 8, 19), 2026)]
    assert case.ask("I-01") == []


@given(
    birth=st.one_of(
        st.dates(date(2007, 1, 1), date(2014, 12, 31)), st.sampled_from([date(2008, 2, 29), date(2012, 2, 29)])
    ),
    away=st.integers(-1, 1),
    years=st.sampled_from([16, 18]),
)
def test_ages_around_the_birthday(birth: date, away: int, years: int) -> None:
    """Of age from the birthday on; whoever was born on 29 February waits for 1 March in a year without it."""
    try:
        birthday = birth.replace(year=birth.year + years)
    except ValueError:
        birthday = date(birth.year + years, 3, 1)
    start = birthday + timedelta(days=away)
    case = Case(start, start + timedelta(days=180))
    case.placement.birth_date, case.placement.entry_year = birth, 2000
    case.post.barred_to_minors = years == 18
    codes = case.ask("I-02" if years == 16 else "I-03")
    assert ("too_young" in codes or "minor_barred" in codes) is (away < 0)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), max_size=6), st.integers(0, 20), st.integers(0, 20))
def test_insurance_covers_exactly_the_days_that_some_policy_names(
    stretches: list[tuple[int, int]], first: int, length: int
) -> None:
    start, end = START + DAY * first, START + DAY * (first + length)
    rows = [(START + DAY * a, START + DAY * (a + n)) for a, n in stretches]
    bare = [
        start + DAY * n for n in range(length + 1) if not any(begin <= start + DAY * n <= last for begin, last in rows)
    ]
    gaps = gaps_of(start, end, rows)
    assert [begin + DAY * n for begin, last in gaps for n in range((last - begin).days + 1)] == bare


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10), st.integers(1, 5)), max_size=6),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_the_most_at_a_time_is_that_of_the_fullest_day(
    stretches: list[tuple[int, int, int]], first: int, length: int
) -> None:
    rows = [(START + DAY * a, START + DAY * (a + n), count) for a, n, count in stretches]
    days = [START + DAY * (first + n) for n in range(length + 1)]
    fullest = max(sum(count for a, b, count in rows if a <= day <= b) for day in days)
    assert peak(rows, days[0], days[-1]) == fullest


def test_rest_days_follow_the_calendar_of_holidays() -> None:
    case = Case()
    case.post.rest_days = True
    (hit,) = [hit for verdict in case.verdicts() for hit in verdict.hits if verdict.rule.id == "I-09"]
    # 181 days from Monday 1 September: 51 weekend days, one of them worked, two holidays on weekdays.
    assert (hit.values["rest_days"], hit.values["holidays"]) == (52, 2)


# Steps --------------------------------------------------------------------------------------------------------------


def test_what_is_due_later_is_to_be_done_and_stops_only_its_own_step() -> None:
    case = Case()
    case.context.on = date(2025, 6, 1)
    case.placement.tests = []
    (verdict,) = [row for row in case.verdicts() if row.rule.id == "I-26"]
    assert verdict.state == State.TODO
    assert not stops([verdict], "sign")
    assert stops([verdict], "start")
    case.context.on = START - DAY * 14
    (verdict,) = [row for row in case.verdicts() if row.rule.id == "I-26"]
    assert verdict.state == State.RED


def test_a_warning_stops_nothing_and_a_block_does() -> None:
    case = Case()
    case.post.pay = Decimal(1000)
    case.post.labour_class = 3
    states = {row.rule.id: row.state for row in case.verdicts() if row.hits}
    assert states == {"I-07": State.RED, "I-18": State.WARN}
    assert [row.rule.id for row in stops(case.verdicts(), "start")] == ["I-07"]


def test_a_name_that_the_industry_code_contradicts_only_warns() -> None:
    case = Case()
    case.unit.name, case.unit.industry = "海口酒吧设备制造有限公司", "3466"
    (verdict,) = [row for row in case.verdicts() if row.rule.id == "I-05"]
    assert (verdict.state, stops([verdict], "start")) == (State.WARN, [])
    case.unit.industry = ""
    assert [row.rule.id for row in stops(case.verdicts(), "start")] == ["I-05"]


# Overrides ----------------------------------------------------------------------------------------------------------


def override(rule: str, **values: Any) -> OverrideFacts:
    row = OverrideFacts(1, rule, 7, None, "企业扩建，年内增员", "", "处长", START, END)
    return replace(row, **values)


def test_an_override_lets_a_warning_pass_until_its_end() -> None:
    case = Case()
    case.post.places = 5
    case.overrides = [override("I-13")]
    (verdict,) = [row for row in case.verdicts() if row.rule.id == "I-13"]
    assert (verdict.state, verdict.as_data()["override"]["reason"]) == (State.PASSED, "企业扩建，年内增员")
    case.overrides = [override("I-13", ends_on=date(2025, 12, 31))]
    assert [row.state for row in case.verdicts() if row.rule.id == "I-13"] == [State.PASSED]
    case.context.on = date(2026, 1, 1)
    assert [row.state for row in case.verdicts() if row.rule.id == "I-13"] == [State.WARN]
    case.overrides = [override("I-13", post=8)]
    assert [row.state for row in case.verdicts() if row.rule.id == "I-13"] == [State.WARN]


def test_nobody_lets_a_rule_pass_that_names_nobody() -> None:
    case = Case()
    case.placement.birth_date = date(2010, 1, 1)
    case.overrides = [override("I-02")]
    assert [row.rule.id for row in stops(case.verdicts(), "confirm")] == ["I-02"]


def test_an_override_of_one_placement_is_no_other_ones() -> None:
    case = Case()
    case.placement.ends_on = END + DAY * 60
    case.overrides = [override("I-14", placement=10)]
    assert [row.state for row in case.verdicts() if row.rule.id == "I-14" and row.hits] == [State.WARN]
    case.overrides = [override("I-14", placement=9)]
    assert [row.state for row in case.verdicts() if row.rule.id == "I-14" and row.hits] == [State.PASSED]


# Layers and dates ---------------------------------------------------------------------------------------------------


def layered(*changes: tuple[str, str, dict[str, Any]]) -> Book:
    """The nation's rules and, by layer and rule, versions of other layers."""
    nation = next(pack for pack in book().packs if pack.paper.layer == "nation")
    packs = [nation]
    for layer, rule_id, values in changes:
        paper_ = replace(nation.paper, code=layer, layer=layer, number=f"{layer}-1")
        rule = next(rule for rule in nation.rules if rule.id == rule_id)
        packs.append(Pack(paper_, (replace(rule, paper=paper_, **values),)))
    return Book(packs)


def applied(case: Case, rules: Book, rule: str) -> list[tuple[str, str, str]]:
    return [(row.rule.layer, row.severity, row.state) for row in case.verdicts(rules=rules) if row.rule.id == rule]


def test_the_stricter_layer_wins_and_is_named() -> None:
    case = Case()
    case.post.places = 4  # a fifth of the staff: what the nation allows at most
    rules = layered(("school", "I-13", {"parameters": {"percent": 15}}))
    assert applied(case, rules, "I-13") == [("school", "warn", "warn")]
    case.post.places = 5  # both are broken: the nearer names its number
    assert applied(case, rules, "I-13") == [("school", "warn", "warn")]
    case.post.places = 3
    assert applied(case, rules, "I-13") == [("nation", "warn", "kept")]


def test_a_nearer_layer_cannot_loosen() -> None:
    case = Case()
    case.post.places = 5
    rules = layered(("school", "I-13", {"parameters": {"percent": 50}, "severity": "warn"}))
    assert applied(case, rules, "I-13") == [("nation", "warn", "warn")]
    case.post.labour_class = 3
    rules = layered(("province", "I-07", {"severity": "warn"}))
    assert applied(case, rules, "I-07") == [("nation", "block", "red")]


def test_a_province_may_turn_a_warning_into_a_block() -> None:
    case = Case()
    case.post.places = 5
    rules = layered(("province", "I-13", {"severity": "block", "override": ()}))
    case.overrides = [override("I-13")]
    assert applied(case, rules, "I-13") == [("province", "block", "red")]


def test_an_old_plan_keeps_the_rules_of_its_first_day() -> None:
    nation = book().named("I-11", "nation")
    assert nation is not None
    later = replace(nation.effective, start=date(2026, 1, 1))
    rules = layered(("school", "I-11", {"effective": later, "parameters": {"day": 7, "week": 35}}))
    old, new = Case(), Case(date(2026, 3, 1), date(2026, 8, 31))
    assert old.ask("I-11", rules=rules) == []
    assert new.ask("I-11", rules=rules) == ["hours_day", "hours_week"]


def test_before_the_regulation_of_2021_nothing_of_it_is_asked() -> None:
    case = Case(date(2021, 3, 1), date(2021, 8, 31))
    case.post.labour_class = 4
    assert [row.rule.id for row in case.verdicts("grade")] == []


def test_hainan_joins_from_its_own_day() -> None:
    before, after = Case(date(2025, 3, 3), date(2025, 8, 31)), Case()
    for case in (before, after):
        case.plan.weeks = 10
    layers = [[row.rule.layer for row in case.verdicts() if row.rule.id == "I-14"] for case in (before, after)]
    assert layers == [["nation", "nation"], ["province", "province"]]


def test_a_guide_s_load_is_limited_where_the_college_says_so() -> None:
    case = Case()
    case.context.supervisors = {21: [(START, END, 20)]}
    case.context.mentors = {3: [(START, END, 3), (END, END + DAY, 3)]}
    limits = {"per_supervisor": 20, "per_mentor": 5}
    rules = layered(("school", "I-25", {"parameters": limits, "subjects": ("placement",)}))
    assert case.ask("I-25", rules=rules) == ["mentor_load"]
    assert case.ask("I-25") == []


def test_every_check_is_used_by_a_rule() -> None:
    used = {(rule.check, subject) for rule in book().rules if rule.machine for subject in rule.subjects}
    assert used == set(FUNCTIONS)


def test_an_earlier_visit_that_is_still_valid_stands_for_a_later_one_that_ran_out() -> None:
    case = Case()
    case.unit.inspections.append(InspectionFacts(2, date(2025, 6, 1), date(2025, 7, 1), frozenset(), "fit"))
    assert case.ask("I-23") == []


# The packs as files -------------------------------------------------------------------------------------------------

PAPER = """
paper:
  code: test
  layer: school
  title: {zh-hans: 试, en: Test}
  issuer: {zh-hans: 试, en: Test}
  issued: 2024-01-01
  effective: {from: 2024-01-01}
rules:
"""
RULE = """  - id: I-11
    check: hours
    title: {zh-hans: 工时, en: Hours}
    article: {zh-hans: 第一条, en: art. 1}
    severity: block
    due: approve
    applies_to: [post]
    parameters: {day: 8, week: 40}
    evidence: [practice.post]
    effective: {from: 2024-01-01}
    certainty: sourced
"""


def faults(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    path = tmp_path / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackErrors) as refused:
        load(path, SPECS, {"practice.post"})
    assert all(fault.file == "pack.yaml" for fault in refused.value.faults)
    return [(fault.line, fault.field) for fault in refused.value.faults]


def test_a_sound_pack_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(PAPER + RULE, encoding="utf-8")
    pack = load(path, SPECS, {"practice.post"})
    assert (pack.rules[0].parameters, pack.rules[0].practices, pack.rules[0].override) == (
        {"day": 8, "week": 40},
        ("post",),
        (),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("check: hours", "check: hour", 11, "rules.I-11.check"),
        ("day: 8, week: 40", "day: 8", 17, "rules.I-11.parameters.week"),
        ("day: 8", "day: eight", 17, "rules.I-11.parameters.day"),
        ("day: 8", "day: -1", 17, "rules.I-11.parameters.day"),
        ("day: 8,", "day: 8, night: 1,", 17, "rules.I-11.parameters.night"),
        ("severity: block", "severity: heavy", 14, "rules.I-11.severity"),
        ("due: approve", "due: someday", 15, "rules.I-11.due"),
        ("applies_to: [post]", "applies_to: [placement]", 16, "rules.I-11.applies_to"),
        ("applies_to: [post]", "applies_to: [firm]", 16, "rules.I-11.applies_to"),
        ("evidence: [practice.post]", "evidence: [practice.wish]", 18, "rules.I-11.evidence"),
        ("{from: 2024-01-01}\n    certainty", "{from: 2023-01-01}\n    certainty", 19, "rules.I-11.effective.from"),
        ("certainty: sourced", "certainty: sure", 20, "rules.I-11.certainty"),
        ("    severity: block\n    due: approve\n", "    severity: info\n", 10, "rules.I-11.where"),
        ("en: Hours", "fr: Heures", 12, "rules.I-11.title.fr"),
        ("layer: school", "layer: town", 4, "paper.layer"),
        ("    certainty: sourced\n", "", 10, "rules.I-11.certainty"),
    ],
)
def test_a_fault_is_named_with_line_and_field(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    text = PAPER + RULE
    assert text.count(old) == 1, old
    assert (line, field) in faults(tmp_path, text.replace(old, new))


def test_two_versions_of_a_rule_share_no_day(tmp_path: Path) -> None:
    later = RULE.replace("{from: 2024-01-01}", "{from: 2025-01-01}")
    assert faults(tmp_path, PAPER + RULE + later) == [(21, "rules.I-11.effective")]
    first = RULE.replace("{from: 2024-01-01}", "{from: 2024-01-01, to: 2024-12-31}")
    path = tmp_path / "pack.yaml"
    path.write_text(PAPER + first + later, encoding="utf-8")
    held = Book([load(path, SPECS, {"practice.post"})])
    assert [rule.line for rule in held.on(date(2024, 12, 31), "post", "post")] == [10]
    assert [rule.line for rule in held.on(date(2025, 1, 1), "post", "post")] == [21]


def test_the_repealed_share_of_the_pay_on_probation_is_nowhere_a_rule() -> None:
    assert not any("试用" in words for rule in book().rules for words in (rule.title.zh_hans, rule.article.zh_hans))
    (pay,) = [rule for rule in book().rules if rule.check == "pay"]
    assert (pay.parameters, pay.severity) == ({"percent": 80}, "warn")
    shares = [rule for rule in book().rules if rule.check.startswith("share")]
    assert [(rule.severity, rule.parameters["percent"], bool(rule.override)) for rule in shares] == [
        ("warn", 10, True),
        ("warn", 20, True),
    ]


def test_every_one_of_the_thirty_five_is_in_the_nation_s_pack() -> None:
    nation = next(pack for pack in book().packs if pack.paper.layer == "nation")
    assert [rule.id for rule in nation.rules] == [f"I-{n:02d}" for n in range(1, 36)]
    assert all(rule.machine for rule in nation.rules)


def test_a_faulty_pack_stops_the_system_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pack_faults() == []
    (tmp_path / "college.yaml").write_text(PAPER + RULE.replace("check: hours", "check: hour"), encoding="utf-8")
    monkeypatch.setattr(redline_rules, "FOLDER", tmp_path)
    (fault,) = pack_faults()
    assert fault.msg.startswith("college.yaml:11: rules.I-11.check: ")
