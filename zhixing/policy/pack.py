"""A policy as data: what a pack says, and how the packs of nation, province, school and college lie over one another.

A pack is one YAML file: a policy document, its clauses, the duties they lay on people, and the rules that check a duty
against the records. Loading (:mod:`zhixing.policy.pack_loading`) is free of the database.

Source: 教务〔2023〕89号; the words rule, measure and standing are those of ``docs/glossary.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from zhixing.intake.yaml_values import MonthDay, Span, Text

LEVELS = ("national", "province", "school", "college")
"""Who issued a policy, from the farthest to the nearest."""

STATUSES = ("trial", "in_force", "repealed")

PERIODS = ("now", "school_year", "calendar_year", "term", "rolling", "at_close", "at_start", "plan_period")
"""The calendar a rule counts by."""

CADENCES = ("once", "term", "school_year", "calendar_year", "rolling", "continuous")
"""How often a duty comes round."""

SCOPES = (
    "school",
    "college",
    "major_group",
    "major",
    "committee",
    "industry_college",
    "base",
    "teacher",
    "research_contract",
    "order_class",
    "apprenticeship",
    "industry_teacher",
    "studio",
)
"""What a rule can be about: one standing for each of these units."""

ROLES = (
    "office",
    "leader",
    "dean",
    "secretary",
    "group_leader",
    "major_leader",
    "teacher",
    "hr",
    "finance",
    "research",
    "employment",
)
"""Who owes a duty or must act on a standing."""

ROLL_UPS = ("share_met", "all_met", "any_met")
"""How the standings of a unit's parts make its own."""

DUE_POINTS = (
    "period_start",
    "period_end",
    "record_start",
    "record_date",
    "record_deadline",
    "record_close",
    "default_date",
    "found",
)
"""From where a due date counts: the period, the record, the day a rolling sum falls short, the day a lack was found."""

EMPTY_MEANINGS = ("unmet", "not_applicable", "no_data")
"""What it means when there is nothing to count."""

WARN_EVERY = ("quarter", "half_year", "year")

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Due:
    """When something must be done: a day of the year (``on``) or a point of period or record (``at``) plus days."""

    at: str | None = None
    on: MonthDay | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class Warn:
    """When the holder is told ahead. Lead times are days; several may stand together."""

    before_due_days: tuple[int, ...] = ()
    before_end_days: tuple[int, ...] = ()
    after_start_days: tuple[int, ...] = ()
    on: tuple[MonthDay, ...] = ()
    every: str | None = None
    below: float | None = None
    terms_ahead: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """What meets a rule.

    ``at_least`` and ``at_most`` compare the measure's value; ``share`` (0–1) and ``all`` (a share of 1) ask how much of
    what was counted is in order.
    """

    kind: str
    value: float

    def met_by(self, value: float) -> bool:
        """Whether a value reaches the target; for ``share`` and ``all`` the value is the share in order."""
        return value <= self.value if self.kind == "at_most" else value >= self.value

    def comparable(self, other: Target) -> bool:
        """Whether one of two targets can be called the stricter."""
        return _dimension(self) == _dimension(other)

    def stricter_than(self, other: Target) -> bool:
        """Whether whoever meets this one also meets the other, and not the other way round."""
        if not self.comparable(other):
            return False
        return self.value < other.value if self.kind == "at_most" else self.value > other.value

    def as_data(self) -> dict[str, Any]:
        """As it is written in a pack."""
        return {self.kind: True if self.kind == "all" else self.value}


def _dimension(target: Target) -> str:
    return "share" if target.kind == "all" else target.kind


@dataclass(frozen=True, slots=True)
class Mend:
    """The cheapest way to turn a standing green: one sentence, and the record type to add or complete."""

    text: Text
    add: str


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """The numbers of a rule from a date on. A change in mid-year is a new version; closed years keep theirs."""

    effective: Span
    target: Target
    full_mark: float | None
    parameters: Mapping[str, Any]
    warn: Warn
    weight: float


@dataclass(frozen=True, slots=True)
class Rule:
    """The machine check of a duty. ``empty`` says what it means that nothing was found to count."""

    id: str
    duty: str
    title: Text
    scope: str
    measure: str
    period: str
    holder: str
    due: Due
    versions: tuple[RuleVersion, ...]
    roll_up: Mapping[str, str] = field(default_factory=dict)
    basis: tuple[str, ...] = ()
    mend: tuple[Mend, ...] = ()
    empty: str = "unmet"
    pending: bool = False
    line: int = 0

    def on(self, day: date) -> RuleVersion | None:
        """The version in force on a day, if any."""
        return next((version for version in self.versions if version.effective.holds(day)), None)

    @property
    def latest(self) -> RuleVersion:
        """The version that comes last."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Clause:
    """A place in the policy, numbered as the paper numbers it (四（一）2), summed up in our own words."""

    number: str
    title: Text
    summary: Text
    parent: str | None
    line: int = 0

    @property
    def depth(self) -> int:
        """0 for 四, 1 for 四（一）, 2 for 四（一）2."""
        return 0 if self.parent is None else 1 + ("（" in self.parent)


@dataclass(frozen=True, slots=True)
class Duty:
    """What a clause obliges: who owes it, how often, which records show it, which rules check it."""

    id: str
    clause: str
    title: Text
    text: Text
    owner: str
    cadence: str
    records: tuple[str, ...]
    also: tuple[str, ...] = ()
    deadline: Due | None = None
    rules: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A silence or double meaning of the paper: what its owner is asked, and what holds until the answer."""

    id: str
    title: Text
    text: Text
    default: Text
    line: int = 0


@dataclass(frozen=True, slots=True)
class Upstream:
    """A higher paper that the policy rests on. ``checked``: number and date were compared with a published text."""

    code: str
    title: Text
    issuer: Text
    issued: date
    number: str = ""
    expires: date | None = None
    checked: bool = False
    note: Text | None = None

    def lapsed(self, on: date) -> bool:
        """Whether it had run out on a day."""
        return self.expires is not None and self.expires < on


@dataclass(frozen=True, slots=True)
class Pack:
    """One policy as data."""

    code: str
    number: str
    level: str
    status: str
    title: Text
    issuer: Text
    issued: date
    effective: Span
    effective_note: Text | None
    plan_period: Span | None
    upstream: tuple[Upstream, ...]
    questions: tuple[Question, ...]
    clauses: tuple[Clause, ...]
    duties: tuple[Duty, ...]
    rules: tuple[Rule, ...]
    pending_records: frozenset[str]
    file: str = ""

    def clause(self, number: str) -> Clause:
        """A clause by its number. Raises KeyError."""
        return _by("number", self.clauses, number)

    def duty(self, duty_id: str) -> Duty:
        """A duty by its id, such as D-14. Raises KeyError."""
        return _by("id", self.duties, duty_id)

    def rule(self, rule_id: str) -> Rule:
        """A rule by its id, such as R14. Raises KeyError."""
        return _by("id", self.rules, rule_id)

    def clause_of(self, rule: Rule) -> Clause:
        """The clause a rule serves, through its duty."""
        return self.clause(self.duty(rule.duty).clause)


def _by(attribute: str, rows: Iterable[_Row], wanted: str) -> _Row:
    for row in rows:
        if getattr(row, attribute) == wanted:
            return row
    raise KeyError(wanted)


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """What the loader needs to know of a registered measure: the scopes it can count for, the parameters it takes."""

    scopes: Collection[str]
    parameters: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Outdone:
    """A rule of another layer that asks the same and is no stricter."""

    policy: str
    level: str
    rule: str
    target: Target


@dataclass(frozen=True, slots=True)
class EffectiveRule:
    """A rule that applies on a day: its version then, the policy and layer it comes from, and the rules it outdoes."""

    policy: str
    level: str
    rule: Rule
    version: RuleVersion
    outdone: tuple[Outdone, ...] = ()


def merge(layers: Iterable[Pack], on: date) -> list[EffectiveRule]:
    """The rules that apply on a day when several packs lie over one another.

    Two rules ask the same when scope, measure, period, parameters and kind of target agree. The stricter one then
    applies, from whichever layer it comes: a college may ask more than the nation, never less. Between equals the
    nearest layer applies, for it names the college's own holder and reminders. Rules that cannot be compared all apply.

    Sorted by layer (national first) and the order inside the pack. Packs and rules not in force that day are left out.
    """
    winners: dict[tuple[Any, ...], EffectiveRule] = {}
    for pack in sorted(layers, key=lambda layer: LEVELS.index(layer.level)):
        if pack.status == "repealed" or not pack.effective.holds(on):
            continue
        for rule in pack.rules:
            version = rule.on(on)
            if version is None:
                continue
            candidate = EffectiveRule(pack.code, pack.level, rule, version)
            key = _same_question(rule, version)
            standing = winners.get(key)
            winners[key] = candidate if standing is None else _stricter(standing, candidate)
    return sorted(winners.values(), key=lambda effective: LEVELS.index(effective.level))


def _same_question(rule: Rule, version: RuleVersion) -> tuple[Any, ...]:
    parameters = tuple(sorted((name, repr(value)) for name, value in version.parameters.items()))
    return rule.scope, rule.measure, rule.period, parameters, _dimension(version.target)


def _stricter(farther: EffectiveRule, nearer: EffectiveRule) -> EffectiveRule:
    winner, loser = nearer, farther
    if farther.version.target.stricter_than(nearer.version.target):
        winner, loser = farther, nearer
    beaten = Outdone(loser.policy, loser.level, loser.rule.id, loser.version.target)
    return replace(winner, outdone=(*farther.outdone, *nearer.outdone, beaten))


def day_before(day: date) -> date:
    """The day on which the version before a new one ends."""
    return day - timedelta(days=1)
