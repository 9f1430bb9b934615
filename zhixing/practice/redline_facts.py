"""What the red lines look at: plain facts, read beforehand, so that a check is a function of them and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Ref:
    """A record that shows something: its type, its id and the words it is known by."""

    type: str
    id: int
    label: str

    def as_data(self) -> dict[str, Any]:
        return {"type": self.type, "id": self.id, "label": self.label}


@dataclass(slots=True)
class ViolationFacts:
    id: int
    kind: str
    found_on: date
    cleared_on: date | None
    source: str = ""

    @property
    def ref(self) -> Ref:
        return Ref("practice.violation", self.id, f"{self.found_on} {self.source}".strip())


@dataclass(slots=True)
class InspectionFacts:
    id: int
    inspected_on: date
    valid_until: date | None
    headings: frozenset[str]
    result: str

    @property
    def ref(self) -> Ref:
        return Ref("practice.inspection", self.id, str(self.inspected_on))


@dataclass(slots=True)
class FilingFacts:
    id: int
    number: str
    organisation: int
    unit: int
    plan: int | None
    subjects: frozenset[str]
    starts_on: date
    ends_on: date

    @property
    def ref(self) -> Ref:
        return Ref("practice.filing", self.id, self.number)


@dataclass(slots=True)
class OrganisationFacts:
    id: int
    name: str
    uscc: str = ""
    status: str = "active"
    status_reason: str = ""
    industry: str = ""
    region: str = ""
    staff: int | None = None
    violations: list[ViolationFacts] = field(default_factory=list)
    inspections: list[InspectionFacts] = field(default_factory=list)
    filings: list[FilingFacts] = field(default_factory=list)

    @property
    def ref(self) -> Ref:
        return Ref("partners.organisation", self.id, self.name)


@dataclass(slots=True)
class PlanFacts:
    id: int
    code: str
    title: str
    kind: str
    status: str
    major: str
    unit: int
    starts_on: date
    ends_on: date
    weeks: int
    published_on: date | None = None
    owner: int | None = None
    # Kind of document → day of issue, and its id.
    documents: dict[str, tuple[date, int]] = field(default_factory=dict)
    # Duty that a person of the school confirmed by name → the day, and the id of its record.
    duties: dict[str, tuple[date, int]] = field(default_factory=dict)
    # The days on which complaints came in that nobody has answered; whose they are is for the office alone.
    complaints: list[date] = field(default_factory=list)

    @property
    def subject(self) -> tuple[int, int | None, int | None]:
        return self.id, None, None

    @property
    def name(self) -> str:
        """How the command and the API name it."""
        return self.code

    @property
    def ref(self) -> Ref:
        return Ref("practice.practice_plan", self.id, self.title)


@dataclass(slots=True)
class PostFacts:
    """A post; hours, yuan and head-counts as its record has them."""

    id: int
    code: str
    title: str
    plan: PlanFacts
    organisation: OrganisationFacts
    status: str = "approved"
    source: str = "school"
    places: int = 1
    tasks: str = ""
    address: str = ""
    region: str = ""
    major_classes: tuple[str, ...] = ()
    mentor: int | None = None
    hours_day: Decimal | None = None
    hours_week: Decimal | None = None
    night_shift: bool = False
    overtime: bool = False
    rest_days: bool = False
    hazards: tuple[str, ...] = ()
    labour_class: int = 1
    barred_to_minors: bool = False
    barred_to_women: bool = False
    by_agent: bool = False
    fees: bool = False
    keeps_documents: bool = False
    independent: bool = True
    pay: Decimal | None = None
    same_post_wage: Decimal | None = None
    lowest_wage: Decimal | None = None
    pay_cycle_days: int = 30
    pay_in_money: bool = True
    pay_direct: bool = True
    staff_total: int | None = None
    staff_same_post: int | None = None
    # The stretch in which anybody is placed here; the plan's where nobody is yet.
    starts_on: date = date.min
    ends_on: date = date.min

    @property
    def subject(self) -> tuple[int, int | None, int | None]:
        return self.plan.id, self.id, None

    @property
    def name(self) -> str:
        return self.code

    @property
    def ref(self) -> Ref:
        return Ref("practice.post", self.id, f"{self.title} · {self.organisation.name}")

    @property
    def place_code(self) -> str:
        """The region of the workplace, else of the unit."""
        return self.region or self.organisation.region


@dataclass(slots=True)
class PartyFacts:
    role: str
    name: str
    organisation: int | None
    student: int | None


@dataclass(slots=True)
class AgreementFacts:
    id: int
    label: str
    kind: str
    status: str
    signed_on: date | None
    starts_on: date
    ends_on: date
    parties: list[PartyFacts] = field(default_factory=list)

    @property
    def ref(self) -> Ref:
        return Ref("agreements.agreement", self.id, self.label)


@dataclass(slots=True)
class ConsentFacts:
    id: int
    party: str
    status: str
    decided_on: date | None

    @property
    def ref(self) -> Ref:
        return Ref("practice.consent", self.id, self.party)


@dataclass(slots=True)
class CoverFacts:
    id: int
    number: str
    kind: str
    payer: str
    starts_on: date
    ends_on: date

    @property
    def ref(self) -> Ref:
        return Ref("practice.insurance_policy", self.id, self.number)


@dataclass(slots=True)
class SafetyFacts:
    id: int
    taken_on: date
    passed: bool
    score: Decimal

    @property
    def ref(self) -> Ref:
        return Ref("practice.safety_test", self.id, f"{self.taken_on} {self.score.normalize():f}")


@dataclass(slots=True)
class IncidentFacts:
    """Something that happened: who is still to be told of it though the time is over, and whether it is dealt with."""

    id: int
    kind: str
    day: date
    status: str
    untold: tuple[str, ...] = ()

    @property
    def ref(self) -> Ref:
        return Ref("practice.incident", self.id, f"{self.day} {self.kind}")


@dataclass(slots=True)
class PlacementFacts:
    id: int
    post: PostFacts
    student: int
    number: str
    student_name: str
    sex: str
    birth_date: date | None
    entry_year: int
    starts_on: date
    ends_on: date
    status: str = "confirmed"
    living: str = "school"
    supervisor: int | None = None
    mentor: int | None = None
    mentor_organisation: int | None = None
    agreement: AgreementFacts | None = None
    consents: dict[str, ConsentFacts] = field(default_factory=dict)
    covers: list[CoverFacts] = field(default_factory=list)
    tests: list[SafetyFacts] = field(default_factory=list)
    ended_on: date | None = None
    score: Decimal | None = None
    level: str = ""
    # Of whom there is an evaluation: firm, school, student.
    evaluated: frozenset[str] = frozenset()
    incidents: list[IncidentFacts] = field(default_factory=list)
    # The student's plan, where the post is another plan's and shared with it.
    own_plan: PlanFacts | None = None

    @property
    def plan(self) -> PlanFacts:
        return self.own_plan or self.post.plan

    @property
    def subject(self) -> tuple[int, int | None, int | None]:
        return self.plan.id, self.post.id, self.id

    @property
    def name(self) -> str:
        return f"{self.plan.code}/{self.number}"

    @property
    def ref(self) -> Ref:
        return Ref("practice.placement", self.id, f"{self.student_name} · {self.post.organisation.name}")


@dataclass(slots=True)
class OverrideFacts:
    """Who let a rule pass for a post or one placement, from when until when."""

    id: int
    rule: str
    post: int
    placement: int | None
    reason: str
    filing: str
    approver: str
    starts_on: date
    ends_on: date

    def as_data(self) -> dict[str, Any]:
        return {
            "approver": self.approver,
            "reason": self.reason,
            "filing": self.filing or None,
            "from": self.starts_on.isoformat(),
            "until": self.ends_on.isoformat(),
        }


class HeadCounts:
    """How many students are where at the same time, over all plans: the most on any one day of a stretch."""

    def __init__(self, rows: Iterable[tuple[int, str, date, date, int]] = ()):
        # By unit, and by unit and title of the post: (first day, last day, how many).
        self.by_unit: dict[int, list[tuple[date, date, int]]] = {}
        self.by_post: dict[tuple[int, str], list[tuple[date, date, int]]] = {}
        for organisation, title, starts_on, ends_on, count in rows:
            self.by_unit.setdefault(organisation, []).append((starts_on, ends_on, count))
            self.by_post.setdefault((organisation, plain(title)), []).append((starts_on, ends_on, count))

    def in_unit(self, organisation: int, starts_on: date, ends_on: date) -> int:
        return peak(self.by_unit.get(organisation, ()), starts_on, ends_on)

    def in_post(self, organisation: int, title: str, starts_on: date, ends_on: date) -> int:
        return peak(self.by_post.get((organisation, plain(title)), ()), starts_on, ends_on)


def plain(title: str) -> str:
    """A post's title as it is compared with others of the same unit."""
    return "".join(title.split()).casefold()


def peak(stretches: Iterable[tuple[date, date, int]], starts_on: date, ends_on: date) -> int:
    """The most that overlap on one day between two days, both counted."""
    steps: dict[date, int] = {}
    for first, last, count in stretches:
        if first > ends_on or last < starts_on:
            continue
        begin = max(first, starts_on)
        after = min(last, ends_on) + timedelta(days=1)
        steps[begin] = steps.get(begin, 0) + count
        steps[after] = steps.get(after, 0) - count
    most = here = 0
    for day in sorted(steps):
        here += steps[day]
        most = max(most, here)
    return most


@dataclass(slots=True)
class Calendar:
    """Working days: five a week, with the holidays on record and the weekend days worked to make up for them."""

    # Day → whether it is worked, for the days that are not as the week has them.
    exceptions: dict[date, bool] = field(default_factory=dict)
    # First day, last day and first calendar year of each academic year on record.
    years: list[tuple[date, date, int]] = field(default_factory=list)

    def is_rest(self, day: date) -> bool:
        worked = self.exceptions.get(day)
        return day.weekday() >= 5 if worked is None else not worked

    def rest_days(self, starts_on: date, ends_on: date) -> int:
        """Rest days and holidays between two days, both counted."""
        return sum(self.is_rest(day) for day in days(starts_on, ends_on))

    def holidays(self, starts_on: date, ends_on: date) -> int:
        """Holidays on record that lie between two days."""
        return sum(not worked for day, worked in self.exceptions.items() if starts_on <= day <= ends_on)

    def academic_year(self, day: date) -> int:
        """The calendar year in which the academic year of a day begins."""
        for first, last, year in self.years:
            if first <= day <= last:
                return year
        return day.year if day.month >= 9 else day.year - 1


def days(starts_on: date, ends_on: date) -> Iterator[date]:
    return (starts_on + timedelta(days=n) for n in range((ends_on - starts_on).days + 1))


@dataclass(slots=True)
class Context:
    """What belongs to no single subject: the day of asking, the calendar, the college's province, head-counts, loads."""

    on: date
    calendar: Calendar = field(default_factory=Calendar)
    # Two digits of GB/T 2260.
    province: str = ""
    # Unit → the unit above it.
    parents: dict[int, int | None] = field(default_factory=dict)
    heads: HeadCounts = field(default_factory=HeadCounts)
    # Person or contact → stretches with students, for the load on one day.
    supervisors: dict[int, list[tuple[date, date, int]]] = field(default_factory=dict)
    mentors: dict[int, list[tuple[date, date, int]]] = field(default_factory=dict)
    # Kind of paper → the ended placements (ids) that have it.
    archive: dict[str, set[int]] = field(default_factory=dict)
    # Weights and bounds of grades: first day, last day, code, number.
    grades: list[tuple[date, date | None, str, Decimal]] = field(default_factory=list)

    def grades_on(self, day: date) -> dict[str, Decimal]:
        """Weights and bounds of grades in force on a day, by code."""
        return {code: value for first, last, code, value in self.grades if first <= day <= (last or date.max)}

    def above(self, unit: int) -> set[int]:
        """A unit and all units it belongs to."""
        found: set[int] = set()
        at: int | None = unit
        while at is not None and at not in found:
            found.add(at)
            at = self.parents.get(at)
        return found


Subject = PlanFacts | PostFacts | PlacementFacts


@dataclass(slots=True)
class Facts:
    """All that was read for some plans, posts or placements."""

    context: Context
    plans: dict[int, PlanFacts] = field(default_factory=dict)
    posts: dict[int, PostFacts] = field(default_factory=dict)
    placements: dict[int, PlacementFacts] = field(default_factory=dict)
    overrides: list[OverrideFacts] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing a check found: its code with the numbers for the sentence, and the records that show it.

    `severity` and `due` are given only where this finding is lighter, or asked at another step, than its rule.
    """

    code: str
    values: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[Ref, ...] = ()
    severity: str = ""
    due: str = ""

    def as_data(self) -> dict[str, Any]:
        return {"code": self.code, "values": self.values, "evidence": [ref.as_data() for ref in self.evidence]}
