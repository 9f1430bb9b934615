"""The checks of placements behind the red lines: one student at one post, judged by the days it lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from zhixing.agreements.checks import age_on
from zhixing.agreements.models import UNBROKEN
from zhixing.org.models import Person
from zhixing.practice.covers import gaps_of
from zhixing.practice.redline_facts import Context, Hit, PlacementFacts, peak

Parameters = Mapping[str, Any]
Check = Callable[[Any, Parameters, Context], Iterator[Hit]]
_SCHOOL, _STUDENT, _GUARDIAN = "school", "student", "guardian"


def age_at_start(placement: PlacementFacts) -> int | None:
    """Full years of age on the first day; None where the birth date is not on record."""
    return None if placement.birth_date is None else age_on(placement.birth_date, placement.starts_on)


def grade_at(placement: PlacementFacts, day: date, context: Context) -> int:
    """The year of study on a day: from the year of entry and the academic year, never from a class's name."""
    return context.calendar.academic_year(day) - placement.entry_year + 1


def first_year(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    grade = grade_at(placement, placement.starts_on, context)
    if grade < parameters["least_year"]:
        yield Hit("first_year", {"value": grade, "entry": placement.entry_year}, (placement.ref,))


def age(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    years = age_at_start(placement)
    if years is None:
        yield Hit("birth_unknown", {}, (placement.ref,))
    elif years < parameters["least"]:
        yield Hit("too_young", {"value": years, "limit": parameters["least"]}, (placement.ref,))


def minor(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Under the age of an adult: no listed work, and the guardian is a party who signs."""
    years = age_at_start(placement)
    if years is None or years >= parameters["adult"]:
        return
    if placement.post.barred_to_minors:
        yield Hit("minor_barred", {"value": years}, (placement.post.ref,))
    agreement = placement.agreement
    if agreement is not None and not any(party.role == _GUARDIAN for party in agreement.parties):
        yield Hit("minor_guardian", {"value": years}, (agreement.ref,), due="sign")


def women(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    if not placement.post.barred_to_women:
        return
    if placement.sex == Person.Sex.FEMALE:
        yield Hit("women_barred", {}, (placement.post.ref,))
    elif placement.sex != Person.Sex.MALE:
        yield Hit("sex_unknown", {}, (placement.ref,))


def third_parties(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """School, unit and student sign, with a guardian where there is one, and nobody else."""
    agreement = placement.agreement
    if agreement is None:
        return
    strangers = [
        party.name
        for party in agreement.parties
        if party.role not in (_SCHOOL, _STUDENT, _GUARDIAN) and party.organisation != placement.post.organisation.id
    ]
    if strangers:
        yield Hit("stranger_signs", {"names": strangers}, (agreement.ref,), due="sign")


def length(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Its weeks against those of the training plan."""
    weeks = round(((placement.ends_on - placement.starts_on).days + 1) / 7, 1)
    wanted = placement.plan.weeks
    if abs(weeks - wanted) > parameters["tolerance"]:
        yield Hit("weeks_differ", {"value": weeks, "plan": wanted}, (placement.ref, placement.plan.ref))


def consent(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Of both, where the school arranges it; refused or taken back is no consent."""
    if placement.post.source != "school":
        return
    for party in ("student", "guardian"):
        given = placement.consents.get(party)
        if given is None:
            yield Hit(f"consent_{party}_none", {}, (placement.ref,))
        elif given.status in ("refused", "withdrawn"):
            yield Hit(f"consent_{party}_refused", {"day": str(given.decided_on)}, (given.ref,))
        elif given.status != "given":
            yield Hit(f"consent_{party}_waiting", {}, (given.ref,))
        elif given.decided_on is not None and given.decided_on > placement.starts_on:
            yield Hit(f"consent_{party}_late", {"day": given.decided_on.isoformat()}, (given.ref,))


def agreement(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Signed by the three of this very placement, before its first day, for all its days."""
    paper = placement.agreement
    if paper is None:
        yield Hit("agreement_none", {}, (placement.ref,))
        return
    evidence = (paper.ref,)
    if paper.kind != "tripartite":
        yield Hit("agreement_kind", {}, evidence)
    parties = paper.parties
    if not any(party.role == _SCHOOL for party in parties):
        yield Hit("agreement_no_school", {}, evidence, due="sign")
    if not any(party.organisation == placement.post.organisation.id for party in parties):
        yield Hit("agreement_no_unit", {}, evidence, due="sign")
    if not any(party.role == _STUDENT and party.student == placement.student for party in parties):
        yield Hit("agreement_no_student", {}, evidence, due="sign")
    if paper.status not in UNBROKEN or paper.signed_on is None:
        yield Hit("agreement_unsigned", {"status": paper.status}, evidence)
    elif paper.signed_on > placement.starts_on:
        yield Hit("agreement_late", {"day": paper.signed_on.isoformat()}, evidence)
    if paper.starts_on > placement.starts_on or paper.ends_on < placement.ends_on:
        values = {"from": paper.starts_on.isoformat(), "until": paper.ends_on.isoformat()}
        yield Hit("agreement_short", values, evidence)


def guides(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """One of the school and one of the unit, by name; how many students each has is for the college to limit."""
    if placement.supervisor is None:
        yield Hit("supervisor_none", {}, (placement.ref,))
    if placement.mentor is None:
        yield Hit("mentor_none", {}, (placement.ref,))
    elif placement.mentor_organisation != placement.post.organisation.id:
        yield Hit("mentor_elsewhere", {}, (placement.ref,))
    for name, person, loads in (
        ("supervisor", placement.supervisor, context.supervisors),
        ("mentor", placement.mentor, context.mentors),
    ):
        limit = parameters.get(f"per_{name}")
        if limit is None or person is None:
            continue
        most = peak(loads.get(person, ()), placement.starts_on, placement.ends_on)
        if most > limit:
            yield Hit(f"{name}_load", {"value": most, "limit": limit}, (placement.ref,))


def safety(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Trained and passed before the first day, not on it."""
    passed = [test for test in placement.tests if test.passed]
    if not placement.tests:
        yield Hit("safety_none", {}, (placement.ref,))
    elif not passed:
        yield Hit("safety_failed", {"tries": len(placement.tests)}, tuple(test.ref for test in placement.tests))
    elif all(test.taken_on >= placement.starts_on for test in passed):
        first = min(passed, key=lambda test: test.taken_on)
        yield Hit("safety_late", {"day": first.taken_on.isoformat()}, (first.ref,))


def insurance(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Liability insurance over every day, and nobody charges the student for it."""
    liability = [cover for cover in placement.covers if cover.kind in parameters["kinds"]]
    evidence = tuple(cover.ref for cover in liability) or (placement.ref,)
    if not liability:
        yield Hit("insurance_none", {}, evidence)
        return
    spans = [(cover.starts_on, cover.ends_on) for cover in liability]
    for first, _last in gaps_of(placement.starts_on, placement.ends_on, spans)[:1]:
        yield Hit("insurance_gap", {"day": first.isoformat()}, evidence)
    charged = [cover for cover in liability if cover.payer == "student"]
    if charged:
        yield Hit("insurance_charged", {}, tuple(cover.ref for cover in charged))


def living(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Elsewhere on one's own needs the guardian's word."""
    if placement.living != "elsewhere":
        return
    given = placement.consents.get("guardian")
    if given is None or given.status != "given":
        yield Hit("living_elsewhere", {}, (given.ref if given else placement.ref,))


def archive(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """The papers of a finished internship; a kind that nobody keeps here yet is not asked for."""
    if placement.status not in ("ended", "graded"):
        return
    kept = [kind for kind in parameters["papers"] if kind in context.archive]
    lacking = [kind for kind in kept if placement.id not in context.archive[kind]]
    if lacking:
        values = {"papers": lacking, "value": len(kept) - len(lacking), "of": len(kept)}
        yield Hit("archive_lacking", values, (placement.ref,))


def joint(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """A grade that was given rests on the word of both sides."""
    if placement.status != "graded":
        return
    silent = [side for side in ("firm", "school") if side not in placement.evaluated]
    if silent:
        yield Hit("evaluation_lacking", {"sides": silent}, (placement.ref,), due="grade")


def level(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """A grade's level is the one of its score."""
    if placement.status != "graded" or placement.score is None:
        return
    bounds = context.grades_on(placement.ended_on or placement.ends_on)
    names = [name for name in parameters["levels"] if name in bounds]
    wanted = next((name for name in names if placement.score >= bounds[name]), "fail")
    if names and placement.level != wanted:
        values = {"score": float(placement.score), "level": placement.level, "wanted": wanted}
        yield Hit("level_differs", values, (placement.ref,), due="grade")


def incidents(placement: PlacementFacts, parameters: Parameters, context: Context) -> Iterator[Hit]:
    """Whoever is to be told of an incident is told in time, and it does not lie undealt with."""
    for item in placement.incidents:
        if item.untold:
            yield Hit("incident_untold", {"day": item.day.isoformat(), "recipients": list(item.untold)}, (item.ref,))
        if item.status == "open" and (context.on - item.day).days > parameters["days"]:
            values = {"day": item.day.isoformat(), "limit": parameters["days"]}
            yield Hit("incident_open", values, (item.ref,))


# The checks by name, with what a rule may set; `?` marks what it may leave out.
PLACEMENT_CHECKS: dict[str, tuple[Check, dict[str, str]]] = {
    "first_year": (first_year, {"least_year": "number"}),
    "age": (age, {"least": "number"}),
    "minor": (minor, {"adult": "number"}),
    "women": (women, {}),
    "agent": (third_parties, {}),
    "length": (length, {}),
    "consent": (consent, {}),
    "agreement": (agreement, {}),
    "guides": (guides, {}),
    "safety": (safety, {}),
    "insurance": (insurance, {"kinds": "words"}),
    "living": (living, {}),
    "archive": (archive, {"papers": "words"}),
    "joint": (joint, {}),
    "levels": (level, {"levels": "words"}),
    "incidents": (incidents, {"days": "number"}),
}
