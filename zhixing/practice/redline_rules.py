"""The red lines as data: what a pack says, how it is read and checked, and how the layers lie over one another.

A pack is one YAML file of `redline_packs/`: the paper it stands for, its layer and its rules, each with article, severity,
numbers, the step by which it must be kept, who may let it pass, its days, and how sure we are of its wording. Which
check a rule runs is named, never programmed here. All rules of all layers in force on a day are asked; what the
stricter one finds stands, and says whose number it was.

Source: 职业学校学生实习管理规定 (教职成〔2021〕4号), 海南省职业学校学生实习管理实施细则 (2025).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhixing.intake.yaml_lines import Items, Section, YamlFault, read
from zhixing.intake.yaml_values import NO_DATE, Fault, PackErrors, Span, Text, ValueReader, join

FOLDER = Path(__file__).with_name("redline_packs")

LAYERS = ("nation", "province", "school", "college")
"""From the farthest to the nearest."""

SEVERITIES = ("info", "warn", "filed", "block")
"""From the lightest to the gravest; `filed` blocks unless the authority was told beforehand, `info` is no check."""

STAGES = ("offer", "approve", "confirm", "sign", "start", "grade")
"""The steps of a post and a placement, in their order; a rule must be kept from its own step on."""

SUBJECTS = ("plan", "post", "placement")
PRACTICES = ("visit", "skill", "post", "contest")
CERTAINTIES = ("sourced", "high", "medium", "low", "own")
"""How sure the wording is: seen in a copy of the text; from memory, more or less; a screening of our own."""

ROLES = ("office", "leader", "dean")
"""Who may be named to let a rule pass."""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """What a check asks for: the subjects it looks at, and its parameters by kind (number, words); optional ones end in `?`."""

    subjects: frozenset[str]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper a pack stands for. `complete`: its whole text was at hand when the rules were written."""

    code: str
    layer: str
    number: str
    title: Text
    issuer: Text
    issued: date
    effective: Span
    complete: bool
    note: Text | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One red line in one version of one layer."""

    id: str
    check: str
    title: Text
    article: Text
    severity: str
    due: str
    subjects: tuple[str, ...]
    practices: tuple[str, ...]
    parameters: Mapping[str, Any]
    evidence: tuple[str, ...]
    override: tuple[str, ...]
    effective: Span
    certainty: str
    paper: Paper
    note: Text | None = None
    # For a rule that no record can show: where the product keeps it.
    where: Text | None = None
    line: int = 0

    @property
    def layer(self) -> str:
        return self.paper.layer

    @property
    def machine(self) -> bool:
        """Whether records can show it; the others are kept by how the product works."""
        return self.severity != "info"

    def cites(self) -> str:
        """Paper and article in the reader's language: 教职成〔2021〕4号 第十六条."""
        return f"{self.paper.number or words(self.paper.title)} {words(self.article)}"


def words(text: Text | None) -> str:
    """A text of a pack in the reader's language; nothing for none."""
    return text.in_language(get_language() or "zh-hans") if text else ""


@dataclass(frozen=True, slots=True)
class Pack:
    """One paper with its rules."""

    paper: Paper
    rules: tuple[Rule, ...]


class Book:
    """All packs together: which rules hold on a day, for a subject and a kind of practice."""

    def __init__(self, packs: Iterable[Pack]):
        self.packs = sorted(packs, key=lambda pack: (LAYERS.index(pack.paper.layer), pack.paper.issued))
        self.rules = [rule for pack in self.packs for rule in pack.rules]
        self._cache: dict[tuple[date, str, str], list[Rule]] = {}

    def on(self, day: date, subject: str, practice: str) -> list[Rule]:
        """The rules in force on a day that a check can be run for, all layers, the farthest first."""
        key = (day, subject, practice)
        if key not in self._cache:
            self._cache[key] = [
                rule
                for rule in self.rules
                if rule.machine
                and subject in rule.subjects
                and practice in rule.practices
                and rule.effective.holds(day)
                and rule.paper.effective.holds(day)
            ]
        return self._cache[key]

    def in_force(self, day: date) -> list[Rule]:
        """Every rule of a day, in the order of their numbers, the farthest layer first."""
        held = [rule for rule in self.rules if rule.effective.holds(day) and rule.paper.effective.holds(day)]
        return sorted(held, key=lambda rule: rule.id)

    def named(self, rule_id: str, layer: str = "", day: date | None = None) -> Rule | None:
        """A rule by its number: of a layer and a day when they are given, else the nearest and latest."""
        rows = [rule for rule in self.rules if rule.id == rule_id and (not layer or rule.layer == layer)]
        held = [rule for rule in rows if day is not None and rule.effective.holds(day)] or rows
        return held[-1] if held else None


def stage_index(stage: str) -> int:
    """The place of a step in their order; -1 before the first."""
    return STAGES.index(stage) if stage else -1


def gravity(severity: str) -> int:
    """The heavier, the larger."""
    return SEVERITIES.index(severity)


# Reading ------------------------------------------------------------------------------------------------------------


def load(path: Path, checks: Mapping[str, CheckSpec], record_types: Collection[str]) -> Pack:
    """Read one pack and check it wholly. Raises PackErrors with every fault: file, line, field and what is wrong."""
    reader = ValueReader(path.name)
    try:
        content = read(path.read_text(encoding="utf-8-sig"))
    except YamlFault as fault:
        raise PackErrors([Fault(path.name, fault.line, "", fault.message)]) from fault
    except (OSError, UnicodeDecodeError) as error:
        raise PackErrors([Fault(path.name, 1, "", str(error))]) from error
    pack = _Reader(reader, checks, record_types).pack(content)
    if reader.faults:
        raise PackErrors(reader.faults)
    return pack


def load_all(folder: Path, checks: Mapping[str, CheckSpec], record_types: Collection[str]) -> Book:
    """Every pack of a folder. Raises PackErrors with the faults of all of them."""
    packs, faults = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            packs.append(load(path, checks, record_types))
        except PackErrors as errors:
            faults += errors.faults
    if faults:
        raise PackErrors(faults)
    return Book(packs)


@lru_cache(maxsize=1)
def book() -> Book:
    """The packs of this installation, read once."""
    from zhixing.practice.redline_checks import SPECS

    return load_all(FOLDER, SPECS, record_types())


def record_types() -> set[str]:
    """The types that a rule may name as its evidence."""
    from django.apps import apps

    from zhixing.kernel.models import Record
    from zhixing.kernel.scope import type_key

    return {type_key(model) for model in apps.get_models() if issubclass(model, Record)}


class _Reader:
    """Builds a pack from a file's sections."""

    def __init__(self, reader: ValueReader, checks: Mapping[str, CheckSpec], record_types: Collection[str]):
        self.r = reader
        self.checks = checks
        self.record_types = record_types

    def pack(self, content: Any) -> Pack:
        top = self.r.section(content, 1, "", "paper rules")
        paper = self._paper(top)
        rules = [self._rule(value, line, place, paper) for line, place, value in self.r.rows(top, "rules", "")]
        self._versions(rules)
        return Pack(paper, tuple(rules))

    def _paper(self, top: Section) -> Paper:
        section = self.r.section(
            top.get("paper", Section(top.line)),
            top.line_of("paper"),
            "paper",
            "code layer title issuer issued effective",
            "number complete note",
        )
        return Paper(
            code=self.r.word(section, "code", "paper"),
            layer=self.r.choice(section, "layer", "paper", LAYERS, default=LAYERS[0]),
            number=self.r.word(section, "number", "paper"),
            title=self.r.text(section, "title", "paper"),
            issuer=self.r.text(section, "issuer", "paper"),
            issued=self.r.day(section, "issued", "paper") or NO_DATE,
            effective=self.r.span(section, "effective", "paper") or Span(NO_DATE),
            complete=self.r.flag(section, "complete", "paper"),
            note=self._text(section, "note", "paper"),
            file=self.r.file,
        )

    def _text(self, section: Section, key: str, where: str) -> Text | None:
        return self.r.text(section, key, where) if section.get(key) is not None else None

    def _rule(self, value: Any, line: int, where: str, paper: Paper) -> Rule:
        section = self.r.section(
            value,
            line,
            where,
            "id title article severity certainty effective",
            "check due applies_to practices parameters evidence override note where",
        )
        rule = Rule(
            id=self.r.word(section, "id", where),
            check=self.r.word(section, "check", where),
            title=self.r.text(section, "title", where),
            article=self.r.text(section, "article", where),
            severity=self.r.choice(section, "severity", where, SEVERITIES, default="info"),
            due=self.r.choice(section, "due", where, STAGES, default="approve"),
            subjects=self._each(section, "applies_to", where, SUBJECTS),
            practices=self._each(section, "practices", where, PRACTICES) or ("post",),
            parameters=self._parameters(section, where),
            evidence=self._evidence(section, where),
            override=self._each(section, "override", where, ROLES),
            effective=self.r.span(section, "effective", where) or Span(NO_DATE),
            certainty=self.r.choice(section, "certainty", where, CERTAINTIES, default="low"),
            paper=paper,
            note=self._text(section, "note", where),
            where=self._text(section, "where", where),
            line=line,
        )
        if rule.machine:
            self._machine(section, rule, where)
        elif rule.where is None:
            self.r.fault(line, join(where, "where"), _("Say where this rule is kept: no record can show it."))
        if rule.effective.start < paper.effective.start:
            self.r.fault(
                section.line_of("effective"),
                f"{where}.effective.from",
                _("The rule would hold before its paper does."),
            )
        return rule

    def _each(self, section: Section, key: str, where: str, allowed: Collection[str]) -> tuple[str, ...]:
        found = self.r.words(section, key, where)
        for line, name in found:
            if name not in allowed:
                values = {"value": name, "allowed": ", ".join(sorted(allowed))}
                self.r.fault(line, join(where, key), _("“%(value)s” is unknown here; known are: %(allowed)s.") % values)
        return tuple(name for _line, name in found)

    def _evidence(self, section: Section, where: str) -> tuple[str, ...]:
        found = self.r.words(section, "evidence", where)
        for line, name in found:
            if name not in self.record_types:
                message = _("There is no record type “%(value)s”.") % {"value": name}
                self.r.fault(line, f"{where}.evidence", message)
        return tuple(name for _line, name in found)

    def _parameters(self, section: Section, where: str) -> dict[str, Any]:
        if section.get("parameters") is None:
            return {}
        place, line = f"{where}.parameters", section.line_of("parameters")
        value = section["parameters"]
        if not isinstance(value, Section):
            self.r.section(value, line, place)
            return {}
        for key, doubled_line in value.doubled:
            self.r.fault(doubled_line, f"{place}.{key}", _("This field is written twice."))
        return {key: tuple(entry) if isinstance(entry, Items) else entry for key, entry in value.items()}

    def _machine(self, section: Section, rule: Rule, where: str) -> None:
        """What a rule that records can show must say beside the rest."""
        for key in ("check", "due", "applies_to", "evidence"):
            if section.get(key) is None:
                self.r.fault(rule.line, join(where, key), _("This value is missing."))
        if not rule.check:
            return
        spec = self.checks.get(rule.check)
        if spec is None:
            message = _("There is no check “%(value)s”.") % {"value": rule.check}
            self.r.fault(section.line_of("check"), f"{where}.check", message)
            return
        for subject in rule.subjects:
            if subject in SUBJECTS and subject not in spec.subjects:
                values = {"check": rule.check, "value": subject}
                message = _("The check %(check)s does not look at “%(value)s”.") % values
                self.r.fault(section.line_of("applies_to"), f"{where}.applies_to", message)
        self._parameter_kinds(section, rule, spec, where)

    def _parameter_kinds(self, section: Section, rule: Rule, spec: CheckSpec, where: str) -> None:
        given = section.get("parameters")
        line = section.line_of("parameters")
        lines: Callable[[str], int] = given.line_of if isinstance(given, Section) else lambda key: line
        known = {name.rstrip("?"): kind for name, kind in spec.parameters.items()}
        for name in rule.parameters:
            if name not in known:
                message = _("The check %(check)s takes no such parameter.") % {"check": rule.check}
                self.r.fault(lines(name), f"{where}.parameters.{name}", message)
        for name, kind in spec.parameters.items():
            plain = name.rstrip("?")
            place = f"{where}.parameters.{plain}"
            value = rule.parameters.get(plain)
            if value is None:
                if not name.endswith("?"):
                    self.r.fault(line, place, _("This value is missing."))
            elif kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
                self.r.fault(lines(plain), place, _("A number that is not negative is expected here."))
            elif kind == "words" and not (
                isinstance(value, tuple) and all(isinstance(item, str) and item for item in value)
            ):
                self.r.fault(lines(plain), place, _("A list of texts is expected here."))

    def _versions(self, rules: list[Rule]) -> None:
        """A rule may stand several times in a pack, each time for other days."""
        for index, rule in enumerate(rules):
            for other in _overlapping(rule, rules[:index]):
                values = {"id": rule.id, "line": other.line}
                message = _("%(id)s already holds on these days, by line %(line)s.") % values
                self.r.fault(rule.line, f"rules.{rule.id}.effective", message)


def _overlapping(rule: Rule, before: list[Rule]) -> Iterator[Rule]:
    for other in before:
        if other.id != rule.id:
            continue
        first_ends, second_ends = other.effective.end or date.max, rule.effective.end or date.max
        if other.effective.start <= second_ends and rule.effective.start <= first_ends:
            yield other
