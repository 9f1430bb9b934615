"""The policy pack: the real one loads whole, every kind of fault is told with its line, and layers lie right."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zhixing.policy
from zhixing.intake.yaml_values import Fault, MonthDay, PackErrors
from zhixing.policy.pack import MeasureSpec, Pack, Target, merge
from zhixing.policy.pack_loading import load

PACK = Path(zhixing.policy.__file__).parent / "packs" / "hncvc-2023-89.yaml"
MEASURES = {
    "partners.industry_links": MeasureSpec(["major_group"]),
    "partners.industry_activities": MeasureSpec(["major_group"]),
    "partners.government_policies": MeasureSpec(["school"]),
    "governance.steering_committees": MeasureSpec(["major_group"], ["external_seats"]),
    "governance.task_books": MeasureSpec(["committee"]),
    "governance.council_meetings": MeasureSpec(["school"]),
    "industry_colleges.cooperation_areas": MeasureSpec(["industry_college"]),
    "industry_colleges.seated_parties": MeasureSpec(["industry_college"], ["charter_parts"]),
    "cultivation.training_models": MeasureSpec(["college"]),
    "cultivation.apprenticeship_reviews": MeasureSpec(["apprenticeship"]),
    "cultivation.joint_training_plans": MeasureSpec(["order_class"]),
    "bases.two_party_contributions": MeasureSpec(["base"], ["kind", "delivered_share"]),
    "bases.functions_used": MeasureSpec(["base"], ["kind"]),
    "bases.qualified_guides": MeasureSpec(["base"], ["kind"]),
    "bases.places_per_student": MeasureSpec(["major"], ["base_kinds"]),
    "bases.base_plans": MeasureSpec(["college"]),
    "bases.term_summaries": MeasureSpec(["major"]),
    "bases.demonstration_bases": MeasureSpec(["major"], ["level"]),
}
RECORD_TYPES = {
    *(f"partners.{name}" for name in ("organisation", "industry_link", "activity", "opportunity", "need")),
    *(f"partners.{name}" for name in ("government_policy", "support_grant", "demand_survey", "technology_note")),
    *(f"governance.{name}" for name in ("committee", "seat", "meeting", "resolution")),
    *(f"governance.{name}" for name in ("task_book", "task", "task_appraisal")),
    *(f"industry_colleges.{name}" for name in ("industry_college", "charter_section", "seat", "council_meeting")),
    *(f"industry_colleges.{name}" for name in ("construction_plan", "plan_milestone", "check", "resource_allocation")),
    *(f"industry_colleges.{name}" for name in ("area_plan", "area_output")),
    *(f"agreements.{name}" for name in ("agreement", "obligation")),
    *(f"cultivation.{name}" for name in ("training_plan", "enterprise_project", "order_class", "follow_up")),
    *(f"cultivation.{name}" for name in ("apprenticeship", "enrolment_plan", "quality_review", "risk")),
    *(f"bases.{name}" for name in ("base", "contribution", "base_use", "guide", "resident_unit", "booking")),
    *(f"bases.{name}" for name in ("place_capacity", "base_plan", "term_summary", "base_recognition")),
    "bases.benefit_statement",
}

SMALL = """\
policy:
  code: small-1
  number: 教务〔2024〕1号
  level: college
  status: in_force
  title: {zh-hans: 小文件, en: A small paper}
  issuer: {zh-hans: 教务处, en: The office}
  issued: 2024-01-01
  effective: {from: 2024-02-01}
expects: {duties: 1, rules: 1, weight: 5}
pending_records: [agreements.agreement]
questions:
  - id: Q01
    title: {zh-hans: 问, en: Asked}
    text: {zh-hans: 问什么, en: What is asked}
    default: {zh-hans: 先这样, en: Until told}
clauses:
  - number: 四
    title: {zh-hans: 任务, en: Work}
    summary: {zh-hans: 任务, en: Work}
  - number: 四（一）
    title: {zh-hans: 平台, en: Platform}
    summary: {zh-hans: 平台, en: Platform}
  - number: 四（一）2
    title: {zh-hans: 行业组织, en: Industry}
    summary: {zh-hans: 行业组织, en: Industry}
duties:
  - id: D-01
    clause: 四（一）2
    title: {zh-hans: 联系, en: Link}
    text: {zh-hans: 联系行业组织, en: Link with industry}
    owner: group_leader
    cadence: continuous
    records: [partners.industry_link, agreements.agreement]
    deadline: {on: "09-30"}
    rules: [R01]
    questions: [Q01]
rules:
  - id: R01
    duty: D-01
    title: {zh-hans: 联系, en: Links}
    scope: major_group
    measure: partners.industry_links
    parameters: {role: member}
    target: {at_least: 1}
    full_mark: 2
    period: now
    roll_up: {college: share_met}
    warn: {before_end_days: [90], on: ["03-01"]}
    weight: 5
    holder: group_leader
    due: {at: found, days: 30}
    effective: {from: 2024-02-01}
    basis: [上位文件]
    mend:
      - add: partners.industry_link
        text: {zh-hans: 登记一个, en: Add one}
"""
SMALL_MEASURES = {"partners.industry_links": MeasureSpec(["major_group"], ["role"])}


@pytest.fixture
def load_text(tmp_path: Path) -> Callable[..., Pack]:
    def load_it(text: str, **kwargs: object) -> Pack:
        path = tmp_path / "pack.yaml"
        path.write_text(text, encoding="utf-8")
        given: dict[str, object] = {"measures": SMALL_MEASURES, "record_types": RECORD_TYPES, **kwargs}
        return load(path, **given)  # type: ignore[arg-type]

    return load_it


@pytest.fixture(scope="module")
def real() -> Pack:
    return load(PACK, measures=MEASURES, record_types=RECORD_TYPES)


def faults_of(load_it: Callable[..., Pack], text: str, **kwargs: object) -> list[Fault]:
    with pytest.raises(PackErrors) as caught:
        load_it(text, **kwargs)
    return caught.value.faults


# The real pack


def test_the_pack_holds_the_whole_policy(real: Pack) -> None:
    assert [duty.id for duty in real.duties] == [f"D-{n:02d}" for n in range(1, 65)]
    assert {rule.id for rule in real.rules} == {f"R{n:02d}" for n in range(1, 29)}
    assert len(real.clauses) == 36
    assert len(real.questions) == 14
    assert real.number == "教务〔2023〕89号"
    assert real.issued == date(2023, 12, 30)
    assert real.effective.start == date(2024, 1, 1)


def test_every_working_clause_carries_a_duty(real: Pack) -> None:
    headings = {clause.parent for clause in real.clauses}
    served = {duty.clause for duty in real.duties}
    assert {c.number for c in real.clauses if c.number not in headings} - served == set()


def test_rules_that_cannot_be_counted_yet_say_so(real: Pack) -> None:
    assert {rule.id for rule in real.rules if not rule.pending} == {
        "R01",
        "R02",
        "R03",
        "R04",
        "R05",
        "R06",
        "R07",
        "R08",
        "R09",
        "R10",
        "R11",
        "R12",
        "R13",
        "R20",
        "R21",
        "R22",
        "R23",
        "R28",
    }
    assert {rule.measure for rule in real.rules if not rule.pending} == set(MEASURES)


def test_every_rule_names_a_mend_and_a_due_date(real: Pack) -> None:
    for rule in real.rules:
        assert rule.mend, rule.id
        assert rule.due.at or rule.due.on, rule.id


def test_numbers_of_the_policy(real: Pack) -> None:
    links = real.rule("R01").latest
    assert (links.target, links.full_mark) == (Target("at_least", 1), 2)
    practice = real.rule("R14").latest
    assert practice.target == Target("at_least", 180)
    assert practice.parameters == {"window_months": 60, "count": "calendar_day", "days_per_month": 30}
    assert practice.warn.before_due_days == (730, 365, 180)
    assert real.rule("R02").latest.warn.on == (MonthDay(3, 1),)
    assert real.duty("D-44").deadline.on == MonthDay(9, 30)  # type: ignore[union-attr]
    assert real.rule("R10").latest.warn.below == 1.1
    assert real.clause_of(real.rule("R12")).number == "四（四）2"
    assert sum(rule.latest.weight for rule in real.rules) == 100


def test_the_plan_that_ran_out_is_known(real: Pack) -> None:
    lapsed = [paper.code for paper in real.upstream if paper.lapsed(date(2026, 1, 1))]
    assert lapsed == ["empowerment-2023"]
    assert not any(paper.lapsed(date(2025, 12, 31)) for paper in real.upstream)


def test_texts_are_in_their_language(real: Pack) -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    rows = [*real.clauses, *real.duties, *real.rules, *real.questions]
    assert [row for row in rows if han.search(row.title.en) or not han.search(row.title.zh_hans)] == []


# The small pack: one change, one fault, on its line


def test_the_small_pack_is_right(load_text: Callable[..., Pack]) -> None:
    pack = load_text(SMALL)
    assert pack.clause("四（一）2").parent == "四（一）"
    assert [clause.depth for clause in pack.clauses] == [0, 1, 2]
    assert pack.rules[0].title.in_language("en") == "Links"
    assert pack.rules[0].title.in_language("zh-hans") == "联系"
    assert pack.rules[0].mend[0].add == "partners.industry_link"
    with pytest.raises(KeyError):
        pack.rule("R99")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        pytest.param("  level: college", "  level: galaxy", "policy.level", id="unknown level"),
        pytest.param("  status: in_force", "  status: maybe", "policy.status", id="unknown status"),
        pytest.param("  code: small-1", "  code: Small 1", "policy.code", id="code badly written"),
        pytest.param("issued: 2024-01-01", "issued: in January", "policy.issued", id="not a date"),
        pytest.param(
            "effective: {from: 2024-02-01}\nexp",
            "effective: {from: 2023-02-01}\nexp",
            "policy.effective.from",
            id="applies before issue",
        ),
        pytest.param(
            "effective: {from: 2024-02-01}\n    basis",
            "effective: {from: 2024-02-01, to: 2024-01-31}\n    basis",
            "rules.R01.effective.to",
            id="ends before it begins",
        ),
        pytest.param(
            "title: {zh-hans: 小文件, en: A small paper}",
            "title: {zh-hans: 小文件}",
            "policy.title.en",
            id="no English title",
        ),
        pytest.param(
            "title: {zh-hans: 联系, en: Links}", "title: {en: Links}", "rules.R01.title.zh-hans", id="no Chinese title"
        ),
        pytest.param("    cadence: continuous", "    cadense: continuous", "duties.D-01.cadense", id="unknown field"),
        pytest.param("    cadence: continuous", "    cadence: hourly", "duties.D-01.cadence", id="unknown cadence"),
        pytest.param("    owner: group_leader", "    owner: janitor", "duties.D-01.owner", id="unknown role of owner"),
        pytest.param(
            "    holder: group_leader", "    holder: janitor", "rules.R01.holder", id="unknown role of holder"
        ),
        pytest.param("    clause: 四（一）2", "    clause: 四（九）9", "duties.D-01.clause", id="unknown clause"),
        pytest.param("  - number: 四\n", "  - number: 五\n", "clauses.四（一）", id="clause without the one above"),
        pytest.param("  - number: 四\n", "  - number: 4.1\n", "clauses.4.1.number", id="clause badly numbered"),
        pytest.param(
            "[partners.industry_link, agreements",
            "[partners.industry_lynk, agreements",
            "duties.D-01.records",
            id="unknown record type",
        ),
        pytest.param(
            "- add: partners.industry_link", "- add: partners.nothing", "rules.R01.mend.0.add", id="unknown type to add"
        ),
        pytest.param(
            "[agreements.agreement]\n", "[agreements.agreement, a.b]\n", "pending_records", id="pending type unused"
        ),
        pytest.param("    questions: [Q01]", "    questions: [Q09]", "duties.D-01.questions", id="unknown question"),
        pytest.param('deadline: {on: "09-30"}', 'deadline: {on: "09-31"}', "duties.D-01.deadline.on", id="no such day"),
        pytest.param(
            'deadline: {on: "09-30"}', 'deadline: {on: "09-30", at: found}', "duties.D-01.deadline", id="two deadlines"
        ),
        pytest.param("due: {at: found, days: 30}", "due: {at: someday}", "rules.R01.due.at", id="unknown due point"),
        pytest.param(
            "due: {at: found, days: 30}", "due: {at: found, days: 1.5}", "rules.R01.due.days", id="half a day"
        ),
        pytest.param("    duty: D-01", "    duty: D-77", "rules.R01.duty", id="unknown duty"),
        pytest.param("    scope: major_group", "    scope: planet", "rules.R01.scope", id="unknown scope"),
        pytest.param("    scope: major_group", "    scope: school", "rules.R01.scope", id="measure not for this scope"),
        pytest.param(
            "measure: partners.industry_links", "measure: partners.lynx", "rules.R01.measure", id="unknown measure"
        ),
        pytest.param("{role: member}", "{rôle: member}", "rules.R01.parameters.rôle", id="unknown parameter"),
        pytest.param("{role: member}", "{role: {a: b}}", "rules.R01.parameters.role", id="parameter not plain"),
        pytest.param("{at_least: 1}", "{at_least: one}", "rules.R01.target.at_least", id="target not a number"),
        pytest.param("{at_least: 1}", "{at_least: 1, at_most: 3}", "rules.R01.target", id="two targets"),
        pytest.param("{at_least: 1}", "{share: 1.5}", "rules.R01.target.share", id="share above one"),
        pytest.param("{at_least: 1}", "{all: false}", "rules.R01.target.all", id="all but false"),
        pytest.param("full_mark: 2", "full_mark: 0", "rules.R01.full_mark", id="full mark below target"),
        pytest.param("period: now", "period: whenever", "rules.R01.period", id="unknown period"),
        pytest.param("{college: share_met}", "{college: average}", "rules.R01.roll_up.college", id="unknown roll-up"),
        pytest.param(
            "{college: share_met}", "{planet: share_met}", "rules.R01.roll_up.planet", id="unknown unit of roll-up"
        ),
        pytest.param(
            "before_end_days: [90]", "before_end_days: [-1]", "rules.R01.warn.before_end_days", id="negative days"
        ),
        pytest.param("before_end_days: [90]", "before_end_days: 90", "rules.R01.warn.before_end_days", id="not a list"),
        pytest.param("    basis: [上位文件]", "    basis: [上位文件, 上位文件]", "rules.R01.basis", id="listed twice"),
        pytest.param("    basis: [上位文件]", "    pending: perhaps", "rules.R01.pending", id="not true or false"),
        pytest.param(
            "    rules: [R01]\n", "    rules: [R01, R02]\n", "duties.D-01.rules", id="duty names unknown rule"
        ),
        pytest.param("expects: {duties: 1,", "expects: {duties: 2,", "expects.duties", id="a duty missing"),
        pytest.param(
            "expects: {duties: 1, rules: 1,", "expects: {duties: 1, rules: 0,", "expects.rules", id="a rule too many"
        ),
        pytest.param("    weight: 5", "    weight: 4", "expects.weight", id="weights do not add up"),
        pytest.param("    period: now", "    scope: school", "rules.R01.scope", id="field written twice"),
    ],
)
def test_each_fault_names_its_field_and_line(load_text: Callable[..., Pack], old: str, new: str, field: str) -> None:
    assert SMALL.count(old) == 1, "the change must be at one place"
    text = SMALL.replace(old, new)
    faults = faults_of(load_text, text)
    assert field in [fault.field for fault in faults]
    fault = next(fault for fault in faults if fault.field == field)
    assert fault.file == "pack.yaml"
    assert fault.message
    blamed = text.splitlines()[fault.line - 1]
    entry = {"duties.D-01": "- id: D-01", "rules.R01": "- id: R01"}.get(".".join(field.split(".")[:2]), "")
    assert set(re.findall(r"[\w.-]+", new)) & set(re.findall(r"[\w.-]+", blamed)) or entry in blamed


def test_fault_line_is_exact(load_text: Callable[..., Pack]) -> None:
    text = SMALL.replace("    scope: major_group", "    scope: planet")
    (fault,) = faults_of(load_text, text)
    assert text.splitlines()[fault.line - 1] == "    scope: planet"
    assert str(fault).startswith(f"pack.yaml:{fault.line}: rules.R01.scope: ")


def test_negative_weight(load_text: Callable[..., Pack]) -> None:
    assert "rules.R01.weight" in [f.field for f in faults_of(load_text, SMALL.replace("weight: 5\n", "weight: -5\n"))]


@pytest.mark.parametrize("block", ["duties", "rules", "clauses", "questions"])
def test_an_id_used_twice(load_text: Callable[..., Pack], block: str) -> None:
    lines = SMALL.splitlines(keepends=True)
    start = lines.index(f"{block}:\n") + 1
    end = next((n for n in range(start, len(lines)) if not lines[n].startswith(" ")), len(lines))
    if block == "clauses":
        end = start + 3
    doubled = "".join(lines[:end] + lines[start:end] + lines[end:])
    assert end + 1 in [fault.line for fault in faults_of(load_text, doubled)]


def test_a_missing_value_is_told(load_text: Callable[..., Pack]) -> None:
    without = SMALL.replace("    clause: 四（一）2\n", "")
    (fault,) = faults_of(load_text, without)
    assert (fault.field, without.splitlines()[fault.line - 1]) == ("duties.D-01.clause", "  - id: D-01")


def test_a_rule_its_duty_does_not_know(load_text: Callable[..., Pack]) -> None:
    assert [f.field for f in faults_of(load_text, SMALL.replace("    rules: [R01]\n", ""))] == ["rules.R01.duty"]


def test_all_faults_are_told_at_once(load_text: Callable[..., Pack]) -> None:
    text = SMALL.replace("scope: major_group", "scope: planet").replace("cadence: continuous", "cadence: hourly")
    text = text.replace("level: college", "level: galaxy")
    faults = faults_of(load_text, text)
    assert [f.field for f in faults] == ["policy.level", "duties.D-01.cadence", "rules.R01.scope"]
    assert [f.line for f in faults] == sorted(f.line for f in faults)


def test_a_pending_measure_need_not_be_registered(load_text: Callable[..., Pack]) -> None:
    pack = load_text(SMALL.replace("    basis: [上位文件]\n", "    pending: true\n"), measures={})
    assert pack.rule("R01").pending


def test_plain_names_of_measures_are_enough(load_text: Callable[..., Pack]) -> None:
    assert load_text(SMALL, measures={"partners.industry_links"}).rules


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("policy: {code: [\n", 2),
        ("policy: &anchor {}\nclauses: *anchor\n", 1),
        ("policy: {}\nclauses: []\nissued: 2024-02-30\n", 3),
        ("policy: !!python/object/apply:os.system [ls]\n", 1),
        ("", 1),
        ("- a list\n", 1),
    ],
)
def test_what_is_no_pack_is_told_with_its_line(load_text: Callable[..., Pack], text: str, line: int) -> None:
    assert line in [fault.line for fault in faults_of(load_text, text)]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "gbk.yaml"
    path.write_bytes("policy: 教务处".encode("gb18030"))
    with pytest.raises(PackErrors):
        load(path, measures={}, record_types=())


def test_on_and_no_are_words(load_text: Callable[..., Pack]) -> None:
    pack = load_text(SMALL.replace("en: Links}", "en: no}"))
    assert pack.rule("R01").title.en == "no"
    assert pack.rule("R01").latest.warn.on == (MonthDay(3, 1),)


# Versions and layers


VERSIONS = """\
    versions:
      - effective: {from: 2026-03-01}
        target: {at_least: 2}
"""


def test_a_changed_number_is_a_version_from_its_date(load_text: Callable[..., Pack]) -> None:
    rule = load_text(SMALL + VERSIONS).rule("R01")
    assert rule.on(date(2024, 1, 31)) is None
    assert rule.on(date(2026, 2, 28)).target.value == 1  # type: ignore[union-attr]
    assert rule.on(date(2026, 3, 1)).target.value == 2  # type: ignore[union-attr]
    assert rule.latest.weight == 5
    assert rule.versions[0].effective.end == date(2026, 2, 28)


def test_versions_must_follow_one_another(load_text: Callable[..., Pack]) -> None:
    text = SMALL + VERSIONS.replace("2026-03-01", "2024-02-01")
    (fault,) = faults_of(load_text, text)
    assert fault.field == "rules.R01.versions.0.effective.from"
    assert "2024-02-01" in text.splitlines()[fault.line - 1]


@given(st.lists(st.integers(min_value=1, max_value=900), min_size=1, max_size=5), st.integers(-10, 5000))
def test_one_version_at_most_holds_on_any_day(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[int], day: int
) -> None:
    start = date(2024, 2, 1)
    text, begin = SMALL + "    versions:\n", start
    for number, gap in enumerate(gaps):
        begin += timedelta(days=gap)
        text += f"      - effective: {{from: {begin}}}\n        target: {{at_least: {number % 2 + 1}}}\n"
    path = tmp_path_factory.mktemp("versions") / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    rule = load(path, measures=SMALL_MEASURES, record_types=RECORD_TYPES).rule("R01")
    asked = start + timedelta(days=day)
    assert sum(version.effective.holds(asked) for version in rule.versions) == (1 if day >= 0 else 0)


def layer(load_it: Callable[..., Pack], level: str, target: str, parameters: str = "{role: member}") -> Pack:
    text = SMALL.replace("level: college", f"level: {level}").replace("code: small-1", f"code: {level}-1")
    return load_it(
        text.replace("{at_least: 1}", target).replace("    full_mark: 2\n", "").replace("{role: member}", parameters)
    )


TODAY = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("national", "college", "winner"),
    [
        ("{at_least: 2}", "{at_least: 1}", "national"),
        ("{at_least: 1}", "{at_least: 2}", "college"),
        ("{at_least: 1}", "{at_least: 1}", "college"),
        ("{at_most: 2}", "{at_most: 3}", "national"),
        ("{at_most: 3}", "{at_most: 2}", "college"),
        ("{all: true}", "{share: 0.8}", "national"),
        ("{share: 0.8}", "{all: true}", "college"),
    ],
)
def test_the_stricter_rule_applies(load_text: Callable[..., Pack], national: str, college: str, winner: str) -> None:
    layers = [layer(load_text, "college", college), layer(load_text, "national", national)]
    (applied,) = merge(layers, TODAY)
    assert applied.level == winner
    assert applied.policy == f"{winner}-1"
    assert [other.level for other in applied.outdone] == [{"national": "college", "college": "national"}[winner]]


def test_four_layers_keep_all_they_outdo(load_text: Callable[..., Pack]) -> None:
    targets = {"national": 2, "province": 4, "school": 1, "college": 3}
    (applied,) = merge([layer(load_text, level, f"{{at_least: {n}}}") for level, n in targets.items()], TODAY)
    assert applied.level == "province"
    assert {other.level: other.target.value for other in applied.outdone} == {"national": 2, "school": 1, "college": 3}


@pytest.mark.parametrize(
    "college",
    [("{at_most: 3}", "{role: member}"), ("{at_least: 1}", "{role: leader}"), ("{all: true}", "{role: member}")],
)
def test_what_cannot_be_compared_applies_side_by_side(load_text: Callable[..., Pack], college: tuple[str, str]) -> None:
    layers = [layer(load_text, "college", *college), layer(load_text, "national", "{at_least: 2}")]
    assert [applied.level for applied in merge(layers, TODAY)] == ["national", "college"]


def test_a_layer_not_in_force_says_nothing(load_text: Callable[..., Pack]) -> None:
    strict, mild = layer(load_text, "national", "{at_least: 5}"), layer(load_text, "college", "{at_least: 1}")
    assert merge([strict, mild], date(2024, 1, 31)) == []
    repealed = load_text(
        SMALL.replace("status: in_force", "status: repealed").replace("{at_least: 1}", "{at_least: 2}")
    )
    assert [a.version.target.value for a in merge([repealed, mild], TODAY)] == [1]


@given(st.sampled_from(["at_least", "at_most", "share"]), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_whoever_meets_the_stricter_meets_both(kind: str, one: float, two: float, value: float) -> None:
    strict, mild = Target(kind, one), Target(kind, two)
    if strict.stricter_than(mild) and strict.met_by(value):
        assert mild.met_by(value)
    assert not (strict.stricter_than(mild) and mild.stricter_than(strict))
