"""岗位余缺推演: places beside students, six terms ahead, by major and kind; and what would be if (D-40). Nothing here writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from zhixing.bases import queries
from zhixing.bases.demand import Key
from zhixing.bases.models import Base, PlaceCapacity, PracticeDemand, PracticeKind
from zhixing.org.models import Major, Term

# Below this many places a student a term ahead is at risk, below one it is short (R10).
SAFE, ENOUGH = 1.1, 1.0


@dataclass(frozen=True)
class WhatIf:
    """What is supposed: bases lost, a class more, other places at a base. Empty, it is what stands on record."""

    lost: frozenset[int] = frozenset()
    added: Mapping[Key, int] = field(default_factory=dict)
    # (base, major, kind) → places in every term shown.
    places: Mapping[tuple[int, int, str], int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.lost or self.added or self.places)


@dataclass(frozen=True)
class Cell:
    """One major in one term and kind of practice."""

    students: int
    places: int
    # The part of the places that nobody has recorded for this term yet: carried forward from the same term of a year before.
    assumed: int = 0
    estimated: bool = False

    @property
    def gap(self) -> int:
        return self.places - self.students

    @property
    def state(self) -> str:
        if not self.students:
            return "not_applicable"
        ratio = self.places / self.students
        return "unmet" if ratio < ENOUGH else "at_risk" if ratio < SAFE else "met"

    @property
    def icon(self) -> str:
        return f"st-{self.state}"


EMPTY = Cell(0, 0)


@dataclass(frozen=True)
class Board:
    """The cells by (major, term, kind), of record and supposed, over some terms."""

    terms: Sequence[Term]
    record: dict[Key, Cell]
    supposed: dict[Key, Cell]

    def cell(self, major: int, term: int, kind: str) -> Cell:
        return self.supposed.get((major, term, kind), EMPTY)

    def moved(self, major: int, term: int, kind: str) -> int:
        """How much the gap moves by what is supposed."""
        key = major, term, kind
        return self.supposed.get(key, EMPTY).gap - self.record.get(key, EMPTY).gap

    def short(self) -> list[tuple[Key, Cell]]:
        """The cells with fewer places than students, the nearest term first, the widest gap first."""
        place = {term.pk: i for i, term in enumerate(self.terms)}
        rows = [(key, cell) for key, cell in self.supposed.items() if cell.state == "unmet"]
        return sorted(rows, key=lambda row: (place[row[0][1]], row[1].gap, row[0][0]))


# (base, major, kind, term) → places, and whether they are assumed.
_Offered = dict[tuple[int, int, str, int], tuple[int, bool]]


def _offered(terms: Sequence[Term], rows: QuerySet[PlaceCapacity]) -> _Offered:
    """The places of every base for each term: recorded, or carried forward from the latest term of the same number."""
    last = terms[-1].ends_on
    fields = ("base_id", "major_id", "kind", "term_id", "term__number", "term__starts_on", "places", "base__ends_on")
    recorded: dict[tuple[int, int, str, int], int] = {}
    history: dict[tuple[int, int, str, int], list[tuple[object, int]]] = defaultdict(list)
    ends: dict[int, object] = {}
    known = rows.filter(term__starts_on__lte=last).order_by("term__starts_on", "pk")
    for base, major, kind, term, number, begins, places, until in known.values_list(*fields):
        recorded[base, major, kind, term] = places
        history[base, major, kind, number].append((begins, places))
        ends[base] = until
    found: _Offered = {}
    for base, major, kind, number in history:
        for term in terms:
            if term.number != number:
                continue
            key = base, major, kind, term.pk
            if key in recorded:
                found[key] = recorded[key], False
                continue
            closes = ends[base]
            before = [places for begins, places in history[base, major, kind, number] if begins < term.starts_on]  # type: ignore[operator]
            if before and (closes is None or closes >= term.ends_on):  # type: ignore[operator]
                found[key] = before[-1], True
    return found


def _summed(offered: _Offered) -> dict[Key, tuple[int, int]]:
    """Places and the assumed part of them by (major, term, kind)."""
    found: dict[Key, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (_base, major, kind, term), (places, assumed) in offered.items():
        total, guessed = found[major, term, kind]
        found[major, term, kind] = total + places, guessed + (places if assumed else 0)
    return found


def board(
    terms: Sequence[Term],
    majors: Sequence[int],
    what_if: WhatIf | None = None,
    capacities: QuerySet[PlaceCapacity] | None = None,
    demands: QuerySet[PracticeDemand] | None = None,
) -> Board:
    """Places beside students of some majors over some terms, of what the reader may see: two queries whatever the size."""
    if not terms:
        return Board(terms, {}, {})
    what_if = what_if or WhatIf()
    wanted = set(majors)
    rows = (capacities if capacities is not None else queries.capacities()).filter(major__in=wanted)
    asked = demands if demands is not None else PracticeDemand.objects.all()
    asked = asked.filter(term__in=[term.pk for term in terms], major__in=wanted, archived_at=None)
    fields = ("major_id", "term_id", "kind", "students", "source")
    students: dict[Key, tuple[int, bool]] = {
        (major, term, kind): (number, source == PracticeDemand.Source.ESTIMATED)
        for major, term, kind, number, source in asked.order_by().values_list(*fields)
    }
    offered = _offered(terms, rows)
    record = _cells(students, _summed(offered))
    if not what_if:
        return Board(terms, record, record)
    for key, more in what_if.added.items():
        if key[0] in wanted:
            before, guessed = students.get(key, (0, False))
            students[key] = before + more, guessed
    return Board(terms, record, _cells(students, _summed(_supposed(offered, what_if, terms, wanted))))


def _supposed(offered: _Offered, what_if: WhatIf, terms: Sequence[Term], majors: set[int]) -> _Offered:
    kept = {key: value for key, value in offered.items() if key[0] not in what_if.lost}
    for (base, major, kind), places in what_if.places.items():
        if base in what_if.lost or major not in majors:
            continue
        for term in terms:
            kept[base, major, kind, term.pk] = places, False
    return kept


def _cells(students: Mapping[Key, tuple[int, bool]], places: Mapping[Key, tuple[int, int]]) -> dict[Key, Cell]:
    found = {}
    for key in {*students, *places}:
        number, guessed = students.get(key, (0, False))
        total, assumed = places.get(key, (0, 0))
        found[key] = Cell(number, total, assumed, guessed)
    return found


def bases_behind(
    major: Major, term: Term, kind: str, capacities: QuerySet[PlaceCapacity], bases: QuerySet[Base]
) -> list[tuple[Base, int, bool]]:
    """Which bases the places of a cell come from, the largest first, and whether each is only assumed; of what the
    reader may see."""
    offered = _offered([term], capacities.filter(major=major, kind=kind))
    seen = bases.in_bulk({base for base, *_rest in offered})
    rows = [(seen[base], places, assumed) for (base, *_rest), (places, assumed) in offered.items() if base in seen]
    return sorted(rows, key=lambda row: (-row[1], row[0].code))


KINDS = tuple(PracticeKind.choices)
