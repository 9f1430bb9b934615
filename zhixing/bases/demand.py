"""How many students are due for practice in each term: counted from classes by the pattern of studies (D-40)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Count, F, Model, Q

from zhixing.bases.models import PracticeDemand, PracticeKind
from zhixing.kernel import changes
from zhixing.org.models import Cohort, Major, Student, Term

Source = PracticeDemand.Source
_PATTERN = Path(__file__).parent / "practice_terms.yaml"
# (major, term, kind)
Key = tuple[int, int, str]


@dataclass(frozen=True)
class Pattern:
    """When a kind of practice falls due in the course of studies."""

    kind: str
    term: int | None
    before_end: int | None
    share: float

    def falls_on(self, study_term: int, all_terms: int) -> bool:
        wanted = self.term if self.term is not None else all_terms - (self.before_end or 0)
        return study_term == wanted


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """The pattern of studies from its file."""
    rows = yaml.safe_load(_PATTERN.read_text(encoding="utf-8"))
    known = set(PracticeKind.values)
    for row in rows:
        if row["kind"] not in known:
            raise ValueError(f"{_PATTERN.name}: {row['kind']} is not a kind of practice")
    return tuple(Pattern(row["kind"], row.get("term"), row.get("before_end"), float(row["share"])) for row in rows)


@dataclass(frozen=True)
class Intake:
    """A class as the count sees it: of a major, begun in a year, so many students, on record or only estimated."""

    major: int
    years: float
    entry_year: int
    students: int
    estimated: bool = False


def intakes(last_entry: int, majors: Collection[int] | None = None) -> list[Intake]:
    """The classes on record with their enrolled students, and by the size of the last intake those still to come."""
    rows = Cohort.objects.filter(archived_at=None, major__archived_at=None, major__ends_on=None)
    if majors is not None:
        rows = rows.filter(major__in=majors)
    counted = rows.annotate(
        number=Count("students", filter=Q(students__status=Student.Status.ENROLLED, students__archived_at=None))
    )
    by_year: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    years: dict[int, float] = {}
    fields = ("major_id", "major__years", "entry_year", "number")
    for major, length, entry, number in counted.order_by().values_list(*fields):
        by_year[major][entry] += number
        years[major] = float(length)
    found = []
    for major, entries in by_year.items():
        for entry, number in entries.items():
            found.append(Intake(major, years[major], entry, number))
        last = max(entries)
        for entry in range(last + 1, last_entry + 1):
            found.append(Intake(major, years[major], entry, entries[last], estimated=True))
    return found


def due(classes: Iterable[Intake], terms: Sequence[Term]) -> dict[Key, tuple[int, bool]]:
    """Students due by (major, term, kind), and whether the number rests on an estimate. Terms come with their year."""
    found: dict[Key, tuple[int, bool]] = {}
    for one in classes:
        all_terms = round(one.years * 2)
        for term in terms:
            study_term = (term.year.starts_on.year - one.entry_year) * 2 + term.number
            if not 1 <= study_term <= all_terms or not one.students:
                continue
            for pattern in patterns():
                if pattern.falls_on(study_term, all_terms):
                    key = one.major, term.pk, pattern.kind
                    before, guessed = found.get(key, (0, False))
                    found[key] = before + math.ceil(one.students * pattern.share), guessed or one.estimated
    return found


def compute(terms: Sequence[Term], majors: Collection[int] | None = None) -> int:
    """Write the students due in these terms; numbers that people or plans gave stay. Returns how many rows moved.

    Doing it twice changes nothing. A number that rests on classes which are gone falls to zero, so that it is seen.
    """
    if not terms:
        return 0
    last_entry = max(term.year.starts_on.year for term in terms)
    wanted = due(intakes(last_entry, majors), terms)
    with transaction.atomic():
        rows = PracticeDemand.objects.select_for_update().filter(term__in=[term.pk for term in terms])
        if majors is not None:
            rows = rows.filter(major__in=majors)
        there = {(row.major_id, row.term_id, row.kind): row for row in rows}
        made = [
            PracticeDemand(
                major_id=key[0],
                term_id=key[1],
                kind=key[2],
                students=number,
                counted=number,
                source=_source(guessed),
            )
            for key, (number, guessed) in wanted.items()
            if key not in there
        ]
        changed = []
        for key, row in there.items():
            if row.entered or row.source == Source.PLANNED or row.archived_at is not None:
                continue
            number, guessed = wanted.get(key, (0, False))
            if (row.students, row.source) != (number, _source(guessed)):
                row.students, row.counted, row.source = number, number, _source(guessed)
                changed.append(row)
        PracticeDemand.objects.bulk_create(made, batch_size=2000)
        PracticeDemand.objects.bulk_update(changed, ["students", "counted", "source"], batch_size=2000)
        changes.touched(PracticeDemand, [row.pk for row in (*made, *changed)])
    return len(made) + len(changed)


def _source(guessed: bool) -> Any:
    return Source.ESTIMATED if guessed else Source.COMPUTED


def new_class(major: Major, entry_year: int, students: int, terms: Sequence[Term]) -> dict[Key, int]:
    """What a further class would add to the students due: for the planner's what-if, nothing is written."""
    one = Intake(major.pk, float(major.years), entry_year, students)
    return {key: number for key, (number, _guessed) in due([one], terms).items()}


def plan(major: int, term: int, kind: str, students: int, *, keep_edited: bool = False) -> None:
    """What a practice plan says is due takes the place of what was counted; what a person entered since may stay."""
    row, made = PracticeDemand.objects.get_or_create(
        major_id=major,
        term_id=term,
        kind=kind,
        defaults={"students": students, "counted": students, "source": Source.PLANNED},
    )
    if made or (keep_edited and row.entered):
        return
    if (row.students, row.counted, row.source) != (students, students, Source.PLANNED):
        row.students, row.counted, row.source = students, students, Source.PLANNED
        row.save(update_fields=["students", "counted", "source", "updated_at"])


def release(major: int, kind: str, planned: Collection[int]) -> None:
    """Terms in which no plan of a major and kind falls any more (`planned` are the others, by key) are counted again."""
    left = PracticeDemand.objects.filter(
        major=major, kind=kind, source=Source.PLANNED, students=F("counted"), archived_at=None
    )
    with transaction.atomic():
        rows = {row.pk: row.term_id for row in left.exclude(term__in=planned).select_for_update()}
        if rows:
            PracticeDemand.objects.filter(pk__in=rows).update(students=0, counted=0, source=Source.COMPUTED)
            # Also where the count finds nobody: then `compute` has nothing to move, and the change is told here.
            changes.touched(PracticeDemand, rows)
            compute(list(Term.objects.filter(pk__in=set(rows.values())).select_related("year")), [major])


def entered(model: type[Model], keys: set[int]) -> None:
    """A number that the page, a program or a register set stands as entered by somebody. Told after each commit."""
    if model is PracticeDemand:
        rows = PracticeDemand.objects.filter(pk__in=keys).exclude(source=Source.EDITED)
        rows.exclude(students=F("counted"), counted__isnull=False).update(source=Source.EDITED)
