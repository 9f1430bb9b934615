"""What the rules ask of an agreement. The rules, with articles and dates, are in `rules.yaml`; here each is tested.

A finding that blocks stops submission and signing; a warning asks for attention. A signed agreement is judged by the
rules of the day on which it was signed: a later rule turns no old agreement red.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhixing.agreements.models import Agreement, AgreementParty, PartyRole
from zhixing.agreements.wording import months_of
from zhixing.partners.models import Organisation

RULES = Path(__file__).with_name("rules.yaml")
ORGANISATIONS = (PartyRole.ENTERPRISE, PartyRole.ASSOCIATION, PartyRole.GOVERNMENT, PartyRole.PARK)


def in_language(words: dict[str, str]) -> str:
    """One of the languages of a text kept as data."""
    return words["en"] if (get_language() or "").startswith("en") and words.get("en") else words["zh-hans"]


@dataclass(frozen=True)
class Rule:
    """One rule in one version: what it rests on, how heavy it is, and when it holds."""

    code: str
    source: dict[str, str]
    article: dict[str, str]
    severity: str
    starts_on: date
    ends_on: date | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    kinds_except: frozenset[str] = frozenset()

    def holds(self, kind: str, on: date) -> bool:
        if (self.kinds and kind not in self.kinds) or kind in self.kinds_except:
            return False
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as a rule asks, with the rule's article in the reader's language."""

    code: str
    severity: str
    message: str
    article: str

    @property
    def blocks(self) -> bool:
        return self.severity == "block"


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    data = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return tuple(
        Rule(
            code=spec["code"],
            source=data["sources"][spec["source"]],
            article=spec["article"],
            severity=spec["severity"],
            starts_on=spec["effective"]["from"],
            ends_on=spec["effective"].get("to"),
            parameters=spec.get("parameters", {}),
            kinds=frozenset(spec.get("kinds", ())),
            kinds_except=frozenset(spec.get("kinds_except", ())),
        )
        for spec in data["rules"]
    )


@dataclass
class Facts:
    """What the tests look at, read once."""

    agreement: Agreement
    parties: Sequence[AgreementParty]
    today: date

    def organisations(self) -> list[Organisation]:
        found = {p.organisation.pk: p.organisation for p in self.parties if p.organisation}
        if self.agreement.counterparty:
            found.setdefault(self.agreement.counterparty.pk, self.agreement.counterparty)
        return list(found.values())


Test = Callable[[Facts, dict[str, Any]], Iterator[str]]


def _parties(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    there = {party.role for party in facts.parties}
    lacking = [str(PartyRole(role).label) for role in facts.agreement.kind.roles if role not in there]
    if lacking:
        yield _("Parties are missing: %(names)s.") % {"names": "、".join(lacking)}


def _contents(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    written = facts.agreement.contents
    lacking = [
        in_language(spec["name"])
        for spec in facts.agreement.kind.contents
        if not str(written.get(spec["code"], "")).strip()
    ]
    if lacking:
        yield _("The text does not yet say: %(names)s.") % {"names": "；".join(lacking)}


def _interns_term(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    agreement = facts.agreement
    months = months_of(agreement.starts_on, agreement.ends_on)
    if agreement.takes_interns and months < parameters["months"]:
        yield _("The firm takes interns, and the term is %(months)s months: at least %(least)s are asked for.") % {
            "months": months,
            "least": parameters["months"],
        }


def age_on(birth: date, day: date) -> int:
    """Full years of age on a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def adult_age(kind: str, day: date) -> int:
    """From how many full years of age a student signs without a guardian, by the rule of the day; else 民法典 art. 17."""
    held = [rule.parameters["adult"] for rule in rules() if rule.code == "minor" and rule.holds(kind, day)]
    return int(held[-1]) if held else 18


def _minor(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    agreement = facts.agreement
    if agreement.student is None:
        return
    birth = agreement.student.birth_date
    if birth is None:
        yield _("The student's date of birth is not recorded, so the age cannot be checked.")
        return
    age = age_on(birth, agreement.starts_on)
    if age < parameters["least"]:
        yield _("The student is %(age)s years old on the first day; the least age is %(least)s.") % {
            "age": age,
            "least": parameters["least"],
        }
    elif age < parameters["adult"] and not any(party.role == PartyRole.GUARDIAN for party in facts.parties):
        yield _("The student is %(age)s years old on the first day: the guardian is a fourth party and signs too.") % {
            "age": age
        }


def _banned(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    for organisation in facts.organisations():
        if organisation.status == Organisation.Status.BANNED:
            yield _("%(name)s is banned: %(reason)s") % {
                "name": organisation.name,
                "reason": organisation.status_reason,
            }


def _uscc(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    for party in facts.parties:
        if party.role in ORGANISATIONS and not party.uscc:
            yield _("The unified social credit code of %(name)s is missing.") % {"name": party.name}


def number_of(value: Any) -> Decimal | None:
    """A number out of a named field; None where none is written."""
    try:
        return Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None


def _hours(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    details = facts.agreement.details
    day, week = number_of(details.get("hours_day")), number_of(details.get("hours_week"))
    if day is not None and day > parameters["day"]:
        yield _("%(hours)s hours a day are more than %(most)s.") % {"hours": day, "most": parameters["day"]}
    if week is not None and week > parameters["week"]:
        yield _("%(hours)s hours a week are more than %(most)s.") % {"hours": week, "most": parameters["week"]}
    if details.get("night_shift") and not str(details.get("filing") or "").strip():
        yield _("Night shifts need the filing number of the competent authority.")


def _major(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    if facts.agreement.major_id is None and facts.agreement.major_group_id is None:
        yield _("No major or major group is named.")


def _amount(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    if facts.agreement.amount is None:
        yield _("No amount is written.")


def _dates(facts: Facts, parameters: dict[str, Any]) -> Iterator[str]:
    agreement = facts.agreement
    months = months_of(agreement.starts_on, agreement.ends_on)
    if months > parameters["months"]:
        yield _("A term of %(months)s months is unusually long.") % {"months": months}
    if agreement.signed_on is None and agreement.ends_on < facts.today:
        yield _("The term is already over.")


TESTS: dict[str, Test] = {
    "parties": _parties,
    "contents": _contents,
    "interns_term": _interns_term,
    "minor": _minor,
    "banned": _banned,
    "uscc": _uscc,
    "hours": _hours,
    "major": _major,
    "amount": _amount,
    "dates": _dates,
}


# What other domains find in an agreement that is not yet signed, such as what its internship must not be.
Gate = Callable[[Agreement], list[Finding]]
_gates: list[Gate] = []


def add_gate(gate: Gate) -> None:
    """Have `gate` asked beside the rules: what it blocks is neither submitted nor signed."""
    if gate not in _gates:
        _gates.append(gate)


def findings(agreement: Agreement, on: date | None = None) -> list[Finding]:
    """All that the rules find in an agreement, the blocking first. Two queries, and those of the gates."""
    today = timezone.localdate()
    day = on or agreement.signed_on or today
    parties = agreement.parties.filter(archived_at=None).select_related("organisation").order_by("order")
    facts = Facts(agreement, list(parties), today)
    found = []
    for rule in rules():
        if rule.code in agreement.kind.checks and rule.holds(agreement.kind.code, day):
            article = f"{in_language(rule.source)} {in_language(rule.article)}"
            for message in TESTS[rule.code](facts, rule.parameters):
                found.append(Finding(rule.code, rule.severity, message, article))
    if agreement.signed_on is None:
        found += [item for gate in _gates for item in gate(agreement)]
    return sorted(found, key=lambda item: not item.blocks)


def refuse_blocked(agreement: Agreement) -> None:
    """Raise ValidationError with every finding that blocks."""
    blocking = [item for item in findings(agreement) if item.blocks]
    if blocking:
        raise ValidationError(
            [ValidationError(f"{item.message}（{item.article}）", code=item.code) for item in blocking]
        )
