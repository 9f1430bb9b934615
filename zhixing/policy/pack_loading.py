"""Reads a policy pack and says everything that is wrong with it at once, each fault with file, line and field.

The writer of a pack is a person of the teaching affairs office with a text editor. So a load never stops at the first
fault, never guesses, and leaves everything as it was when there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from zhixing.intake.yaml_lines import Items, Section, YamlFault, read
from zhixing.intake.yaml_values import NO_DATE, Fault, PackErrors, Span, ValueReader, join

from . import pack as model
from .pack import (
    Clause,
    Due,
    Duty,
    MeasureSpec,
    Mend,
    Pack,
    Question,
    Rule,
    RuleVersion,
    Target,
    Upstream,
    Warn,
)

_NUMERAL = "[一二三四五六七八九十]+"
_CLAUSE = re.compile(rf"^(?:文头|(?P<part>{_NUMERAL})(?P<head>（{_NUMERAL}）)?(?P<item>[1-9]\d*)?)$")
_MEASURE = re.compile(r"^[a-z_]+\.[a-z_0-9]+$")
_DUTY_ID = re.compile(r"^D-\d{2,3}$")
_RULE_ID = re.compile(r"^R\d{2,3}$")
_QUESTION_ID = re.compile(r"^Q\d{2,3}$")
_CODE = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_Part = TypeVar("_Part")


def load(
    path: Path,
    *,
    measures: Mapping[str, MeasureSpec] | Collection[str],
    record_types: Collection[str],
    scopes: Collection[str] = model.SCOPES,
    roles: Collection[str] = model.ROLES,
) -> Pack:
    """Reads one pack and checks it wholly before anything is built on it.

    ``measures``: the registered measures; given with their :class:`MeasureSpec`, scopes and parameters are checked too.
    ``record_types``: the types of the catalogue (``partners.industry_link``).

    A rule may name a measure nobody registered only when it says ``pending: true``; a duty may name a record type that
    is not in the catalogue only when the pack lists it under ``pending_records``. Raises :class:`PackErrors` with every
    fault.
    """
    reader = ValueReader(path.name)
    try:
        content = read(path.read_text(encoding="utf-8-sig"))
    except YamlFault as fault:
        raise PackErrors([Fault(path.name, fault.line, "", fault.message)]) from fault
    except (OSError, UnicodeDecodeError) as error:
        raise PackErrors([Fault(path.name, 1, "", str(error))]) from error
    pack = _PackReader(reader, measures, set(record_types), scopes, roles).pack(content)
    if reader.faults:
        raise PackErrors(reader.faults)
    return pack


class _PackReader:
    """Builds a pack from a file's sections and checks what its parts say of one another."""

    def __init__(
        self,
        reader: ValueReader,
        measures: Mapping[str, MeasureSpec] | Collection[str],
        record_types: set[str],
        scopes: Collection[str],
        roles: Collection[str],
    ) -> None:
        self.r = reader
        self.measures = measures
        self.record_types = record_types
        self.scopes = scopes
        self.roles = roles
        self.pending_records: frozenset[str] = frozenset()
        self.named_records: set[str] = set()

    def pack(self, content: Any) -> Pack:
        top = self.r.section(content, 1, "", "policy clauses duties rules", "expects pending_records questions")
        pending = self.r.words(top, "pending_records", "")
        self.pending_records = frozenset(name for _line, name in pending)
        policy = self.r.section(
            top.get("policy", Section(top.line)),
            top.line_of("policy"),
            "policy",
            "code number level status title issuer issued effective",
            "effective_note plan_period upstream",
        )
        pack = Pack(
            code=self.r.word(policy, "code", "policy", _CODE),
            number=self.r.word(policy, "number", "policy"),
            level=self.r.choice(policy, "level", "policy", model.LEVELS),
            status=self.r.choice(policy, "status", "policy", model.STATUSES),
            title=self.r.text(policy, "title", "policy"),
            issuer=self.r.text(policy, "issuer", "policy"),
            issued=self.r.day(policy, "issued", "policy") or NO_DATE,
            effective=self.r.span(policy, "effective", "policy") or Span(NO_DATE),
            effective_note=self.r.text(policy, "effective_note", "policy") if "effective_note" in policy else None,
            plan_period=self.r.span(policy, "plan_period", "policy"),
            upstream=self._each(policy, "upstream", "policy", self._upstream),
            questions=self._each(top, "questions", "", self._question),
            clauses=self._each(top, "clauses", "", self._clause),
            duties=self._each(top, "duties", "", self._duty),
            rules=self._each(top, "rules", "", self._rule),
            pending_records=self.pending_records,
            file=self.r.file,
        )
        if pack.effective.start is not NO_DATE and pack.effective.start < pack.issued:
            self.r.fault(
                policy.line_of("effective"), "policy.effective.from", _("The policy would apply before it was issued.")
            )
        self._cross_check(top, pack)
        for line, name in pending:
            if name not in self.named_records:
                self.r.fault(line, "pending_records", _("No duty or rule names “%(value)s”.") % {"value": name})
        return pack

    def _each(
        self, section: Section, key: str, where: str, build: Callable[[Any, int, str], _Part]
    ) -> tuple[_Part, ...]:
        """Every entry of a list built; an entry whose id, number or code came before is a fault."""
        parts: list[_Part] = []
        seen: set[str] = set()
        for line, place, value in self.r.rows(section, key, where):
            if place in seen:
                self.r.fault(line, place, _("This one is in the list twice."))
            seen.add(place)
            parts.append(build(value, line, place))
        return tuple(parts)

    def _upstream(self, value: Any, line: int, where: str) -> Upstream:
        section = self.r.section(value, line, where, "code title issuer issued", "number expires checked note")
        issued, expires = self.r.day(section, "issued", where), self.r.day(section, "expires", where)
        if issued and expires and expires < issued:
            self.r.fault(section.line_of("expires"), f"{where}.expires", _("The last day lies before the first."))
        return Upstream(
            code=self.r.word(section, "code", where, _CODE),
            title=self.r.text(section, "title", where),
            issuer=self.r.text(section, "issuer", where),
            issued=issued or NO_DATE,
            number=self.r.word(section, "number", where),
            expires=expires,
            checked=self.r.flag(section, "checked", where),
            note=self.r.text(section, "note", where) if "note" in section else None,
        )

    def _question(self, value: Any, line: int, where: str) -> Question:
        section = self.r.section(value, line, where, "id title text default")
        return Question(
            id=self.r.word(section, "id", where, _QUESTION_ID),
            title=self.r.text(section, "title", where),
            text=self.r.text(section, "text", where),
            default=self.r.text(section, "default", where),
            line=line,
        )

    def _clause(self, value: Any, line: int, where: str) -> Clause:
        section = self.r.section(value, line, where, "number title summary")
        number = self.r.word(section, "number", where, _CLAUSE)
        return Clause(
            number=number,
            title=self.r.text(section, "title", where),
            summary=self.r.text(section, "summary", where),
            parent=_parent(number),
            line=line,
        )

    def _duty(self, value: Any, line: int, where: str) -> Duty:
        section = self.r.section(
            value, line, where, "id clause title text owner cadence records", "also deadline rules questions"
        )
        return Duty(
            id=self.r.word(section, "id", where, _DUTY_ID),
            clause=self.r.word(section, "clause", where),
            title=self.r.text(section, "title", where),
            text=self.r.text(section, "text", where),
            owner=self.r.choice(section, "owner", where, self.roles),
            cadence=self.r.choice(section, "cadence", where, model.CADENCES),
            records=tuple(
                self._record(*named, f"{where}.records") for named in self.r.words(section, "records", where)
            ),
            also=tuple(number for _line, number in self.r.words(section, "also", where)),
            deadline=self._due(section, "deadline", where),
            rules=tuple(rule for _line, rule in self.r.words(section, "rules", where)),
            questions=tuple(question for _line, question in self.r.words(section, "questions", where)),
            line=line,
        )

    def _record(self, line: int, name: str, where: str) -> str:
        self.named_records.add(name)
        if name and name not in self.record_types and name not in self.pending_records:
            self.r.fault(line, where, _("There is no record type “%(value)s”.") % {"value": name})
        return name

    def _due(self, section: Section, key: str, where: str) -> Due | None:
        if section.get(key) is None:
            return None
        place = join(where, key)
        line = section.line_of(key)
        value = self.r.section(section[key], line, place, optional="at on days")
        if ("at" in value) == ("on" in value):
            self.r.fault(line, place, _("Name either a day of the year or a point to count from."))
        days = self.r.number(value, "days", place, least=None, whole=True)
        return Due(
            at=self.r.choice(value, "at", place, model.DUE_POINTS) or None,
            on=self.r.month_day(value["on"], value.line_of("on"), f"{place}.on") if "on" in value else None,
            days=int(days or 0),
        )

    def _rule(self, value: Any, line: int, where: str) -> Rule:
        section = self.r.section(
            value,
            line,
            where,
            "id duty title scope measure target period holder due effective",
            "parameters full_mark roll_up warn weight basis mend empty pending versions",
        )
        rule = Rule(
            id=self.r.word(section, "id", where, _RULE_ID),
            duty=self.r.word(section, "duty", where),
            title=self.r.text(section, "title", where),
            scope=self.r.choice(section, "scope", where, self.scopes),
            measure=self.r.word(section, "measure", where, _MEASURE),
            period=self.r.choice(section, "period", where, model.PERIODS),
            holder=self.r.choice(section, "holder", where, self.roles),
            due=self._due(section, "due", where) or Due(),
            versions=self._versions(section, where),
            roll_up=self._roll_up(section, where),
            basis=tuple(paper for _line, paper in self.r.words(section, "basis", where)),
            mend=self._each(section, "mend", where, self._mend),
            empty=self.r.choice(section, "empty", where, model.EMPTY_MEANINGS, default="unmet"),
            pending=self.r.flag(section, "pending", where),
            line=line,
        )
        self._check_measure(section, rule, where)
        return rule

    def _check_measure(self, section: Section, rule: Rule, where: str) -> None:
        if not rule.measure:
            return
        if rule.measure not in self.measures:
            if not rule.pending:
                self.r.fault(
                    section.line_of("measure"),
                    f"{where}.measure",
                    _("There is no measure “%(value)s”.") % {"value": rule.measure},
                )
            return
        if not isinstance(self.measures, Mapping):
            return
        spec = self.measures[rule.measure]
        if rule.scope and rule.scope not in spec.scopes:
            values = {"measure": rule.measure, "value": rule.scope}
            message = _("The measure %(measure)s cannot be counted for “%(value)s”.") % values
            self.r.fault(section.line_of("scope"), f"{where}.scope", message)
        places = [(section, where)]
        places += [(value, place) for _line, place, value in self.r.rows(section, "versions", where)]
        for holder, place in places:
            parameters = holder.get("parameters") if isinstance(holder, Section) else None
            if not isinstance(parameters, Section):
                continue
            for name in parameters:
                if name not in spec.parameters:
                    message = _("The measure %(measure)s takes no such parameter.") % {"measure": rule.measure}
                    self.r.fault(parameters.line_of(name), f"{place}.parameters.{name}", message)

    def _versions(self, section: Section, where: str) -> tuple[RuleVersion, ...]:
        """The rule as first written and its later versions; each takes over what it does not change."""
        first = RuleVersion(
            effective=self.r.span(section, "effective", where) or Span(NO_DATE),
            target=self._target(section, where) or Target("at_least", 0),
            full_mark=self.r.number(section, "full_mark", where),
            parameters=self._parameters(section, where),
            warn=self._warn(section, where),
            weight=self.r.number(section, "weight", where) or 0,
        )
        versions = [first]
        for line, place, value in self.r.rows(section, "versions", where):
            changed = self.r.section(value, line, place, "effective", "target full_mark parameters warn weight")
            before = versions[-1]
            effective = self.r.span(changed, "effective", place)
            if effective is None:
                continue
            starts = before.effective.start
            if effective.start <= (before.effective.end or starts):
                message = _("This version begins before the one ahead of it has run its course.")
                self.r.fault(changed.line_of("effective"), f"{place}.effective.from", message)
                continue
            if before.effective.end is None:
                versions[-1] = replace(before, effective=Span(starts, model.day_before(effective.start)))
            weight, full_mark = self.r.number(changed, "weight", place), self.r.number(changed, "full_mark", place)
            versions.append(
                RuleVersion(
                    effective=effective,
                    target=self._target(changed, place) or before.target,
                    full_mark=before.full_mark if full_mark is None else full_mark,
                    parameters={**before.parameters, **self._parameters(changed, place)},
                    warn=self._warn(changed, place) if "warn" in changed else before.warn,
                    weight=before.weight if weight is None else weight,
                )
            )
        for version in versions:
            if version.full_mark is not None and not version.target.met_by(version.full_mark):
                message = _("What earns full marks would not even meet the target.")
                self.r.fault(section.line_of("full_mark"), f"{where}.full_mark", message)
        return tuple(versions)

    def _target(self, section: Section, where: str) -> Target | None:
        if section.get("target") is None:
            return None
        place = join(where, "target")
        line = section.line_of("target")
        value = self.r.section(section["target"], line, place, optional="at_least at_most share all")
        kinds = [kind for kind in value if kind in ("at_least", "at_most", "share", "all")]
        if len(kinds) != 1:
            self.r.fault(line, place, _("Name exactly one target: at_least, at_most, share or all."))
            return None
        kind = kinds[0]
        if kind == "all":
            if value["all"] is not True:
                self.r.fault(value.line_of("all"), f"{place}.all", _("The only value here is true."))
            return Target("all", 1.0)
        number = self.r.number(value, kind, place)
        if value[kind] is None:
            self.r.fault(value.line_of(kind), f"{place}.{kind}", _("A number is expected here."))
        if kind == "share" and number is not None and number > 1:
            self.r.fault(value.line_of(kind), f"{place}.share", _("A share lies between 0 and 1."))
        return None if number is None else Target(kind, number)

    def _parameters(self, section: Section, where: str) -> dict[str, Any]:
        if section.get("parameters") is None:
            return {}
        value = section["parameters"]
        place, line = join(where, "parameters"), section.line_of("parameters")
        if not isinstance(value, Section):
            self.r.section(value, line, place)
            return {}
        for key, doubled_line in value.doubled:
            self.r.fault(doubled_line, f"{place}.{key}", _("This field is written twice."))
        for key, parameter in value.items():
            if parameter is None or isinstance(parameter, Section):
                self.r.fault(value.line_of(key), f"{place}.{key}", _("A plain value or a list is expected here."))
        return {key: list(entry) if isinstance(entry, Items) else entry for key, entry in value.items()}

    def _warn(self, section: Section, where: str) -> Warn:
        if section.get("warn") is None:
            return Warn()
        place = join(where, "warn")
        known = "before_due_days before_end_days after_start_days on every below terms_ahead"
        value = self.r.section(section["warn"], section.line_of("warn"), place, optional=known)
        terms = self.r.number(value, "terms_ahead", place, whole=True)
        days = [self.r.month_day(day, line, f"{place}.on") for line, day in self.r.items(value, "on", place).numbered()]
        return Warn(
            before_due_days=self.r.day_counts(value, "before_due_days", place),
            before_end_days=self.r.day_counts(value, "before_end_days", place),
            after_start_days=self.r.day_counts(value, "after_start_days", place),
            on=tuple(day for day in days if day),
            every=self.r.choice(value, "every", place, model.WARN_EVERY) or None,
            below=self.r.number(value, "below", place),
            terms_ahead=int(terms or 0),
        )

    def _roll_up(self, section: Section, where: str) -> dict[str, str]:
        if section.get("roll_up") is None:
            return {}
        place = join(where, "roll_up")
        value = self.r.section(
            section["roll_up"], section.line_of("roll_up"), place, optional="school college major_group major"
        )
        return {unit: self.r.choice(value, unit, place, model.ROLL_UPS) for unit in value}

    def _mend(self, value: Any, line: int, where: str) -> Mend:
        section = self.r.section(value, line, where, "text add")
        add = self.r.word(section, "add", where)
        return Mend(self.r.text(section, "text", where), self._record(section.line_of("add"), add, f"{where}.add"))

    def _cross_check(self, top: Section, pack: Pack) -> None:
        """What no single entry can tell: whether the parts know one another and nothing is missing."""
        clauses = {clause.number for clause in pack.clauses}
        duties = {duty.id: duty for duty in pack.duties}
        rules = {rule.id: rule for rule in pack.rules}
        questions = {question.id for question in pack.questions}
        for clause in pack.clauses:
            if clause.parent and clause.parent not in clauses:
                message = _("The clause above it, “%(value)s”, is not in the pack.") % {"value": clause.parent}
                self.r.fault(clause.line, f"clauses.{clause.number}", message)
        for duty in pack.duties:
            self._known(duty.line, f"duties.{duty.id}.clause", (duty.clause,), clauses)
            self._known(duty.line, f"duties.{duty.id}.also", duty.also, clauses)
            self._known(duty.line, f"duties.{duty.id}.rules", duty.rules, rules)
            self._known(duty.line, f"duties.{duty.id}.questions", duty.questions, questions)
        for rule in pack.rules:
            self._known(rule.line, f"rules.{rule.id}.duty", (rule.duty,), duties)
            if rule.duty in duties and rule.id not in duties[rule.duty].rules:
                message = _("The duty %(duty)s does not name this rule.") % {"duty": rule.duty}
                self.r.fault(rule.line, f"rules.{rule.id}.duty", message)
        if "expects" in top:
            self._expect(top, pack)

    def _known(self, line: int, where: str, named: Collection[str], known: Collection[str]) -> None:
        for name in named:
            if name and name not in known:
                self.r.fault(line, where, _("The pack has no “%(value)s”.") % {"value": name})

    def _expect(self, top: Section, pack: Pack) -> None:
        expects = self.r.section(top["expects"], top.line_of("expects"), "expects", optional="duties rules weight")
        duties, rules = [duty.id for duty in pack.duties], [rule.id for rule in pack.rules]
        for key, shape, present in (("duties", "D-{:02d}", duties), ("rules", "R{:02d}", rules)):
            count = self.r.number(expects, key, "expects", whole=True)
            if count is None:
                continue
            wanted = {shape.format(index) for index in range(1, int(count) + 1)}
            missing, surplus = sorted(wanted - set(present)), sorted(set(present) - wanted)
            if missing:
                message = _("Missing: %(ids)s.") % {"ids": ", ".join(missing)}
                self.r.fault(expects.line_of(key), f"expects.{key}", message)
            if surplus:
                message = _("More than expected: %(ids)s.") % {"ids": ", ".join(surplus)}
                self.r.fault(expects.line_of(key), f"expects.{key}", message)
        weight = self.r.number(expects, "weight", "expects")
        total = sum(rule.latest.weight for rule in pack.rules)
        if weight is not None and abs(total - weight) > 1e-9:
            values = {"total": total, "weight": weight}
            message = _("The weights add up to %(total)g, not %(weight)g.") % values
            self.r.fault(expects.line_of("weight"), "expects.weight", message)


def _parent(number: str) -> str | None:
    """The clause above: 四（一） above 四（一）2, 四 above 四（一）."""
    match = _CLAUSE.match(number)
    if not match or not match["part"]:
        return None
    if match["item"]:
        return match["part"] + (match["head"] or "")
    return match["part"] if match["head"] else None
