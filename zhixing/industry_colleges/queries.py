"""What pages, jobs, the policy and other rooms of the house ask about industry colleges."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from zhixing.industry_colleges.models import (
    AreaOutput,
    AreaPlan,
    CharterSection,
    ConstructionPlan,
    IndustryCollege,
    PlanMilestone,
    Seat,
)
from zhixing.kernel.models import File
from zhixing.kernel.scope import Actor, type_key
from zhixing.org.models import AcademicYear


def running(on: date, rows: QuerySet | None = None) -> QuerySet:
    """Industry colleges that run on a day: approved by then, founded, neither at their end nor archived."""
    colleges = IndustryCollege.objects.all() if rows is None else rows
    not_over = Q(ends_on=None) | Q(ends_on__gte=on)
    return colleges.filter(not_over, approved_on__lte=on, starts_on__lte=on, archived_at=None).exclude(
        status__in=[IndustryCollege.Status.PLANNED, IndustryCollege.Status.REVIEW]
    )


def ran_in(year: AcademicYear, actor: Actor) -> list[IndustryCollege]:
    """Colleges that an actor may see and that ran at any time of a year."""
    rows = IndustryCollege.objects.all().visible_to(actor).filter(archived_at=None, approved_on__lte=year.ends_on)
    rows = rows.filter(Q(ends_on=None) | Q(ends_on__gte=year.starts_on), starts_on__lte=year.ends_on)
    return list(rows.select_related("unit"))


def seated(on: date, rows: QuerySet | None = None) -> QuerySet:
    """Seats held on a day."""
    seats = Seat.objects.all() if rows is None else rows
    return seats.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on, archived_at=None)


def charter_in_force(on: date) -> QuerySet:
    """The signed parts of each college's charter in its latest version signed by a day."""
    signed = CharterSection.objects.filter(signed_on__lte=on, archived_at=None).exclude(text="")
    latest = signed.filter(college=OuterRef("college")).order_by().values("college").annotate(last=Max("version"))
    return signed.filter(version=Subquery(latest.values("last")[:1]))


def with_charter(on: date, parts: int) -> QuerySet:
    """The keys of the colleges whose charter in force on a day has at least so many of its parts."""
    counted = charter_in_force(on).order_by().values("college").annotate(present=Count("part", distinct=True))
    return counted.filter(present__gte=parts).values("college")


def proven() -> Q:
    """Outputs with proof: a file, an address, an activity or an agreement (四（二）2)."""
    files = File.objects.filter(record_type=type_key(AreaOutput), record_id=OuterRef("pk"))
    return ~Q(link="") | Q(activity__isnull=False) | Q(agreement__isnull=False) | Exists(files)


def late_milestones(on: date) -> QuerySet:
    """Milestones of plans in force that are past their day, the longest overdue first."""
    open_ones = PlanMilestone.objects.filter(done_on=None, archived_at=None, plan__archived_at=None)
    return open_ones.filter(plan__status=ConstructionPlan.Status.APPROVED, due__lt=on).order_by("due", "id")


def year_of(on: date) -> AcademicYear | None:
    """The academic year of a day."""
    return AcademicYear.objects.filter(starts_on__lte=on, ends_on__gte=on).first()


@dataclass(frozen=True)
class Cell:
    """One college in one area in one year: outputs planned, made, and proven."""

    planned: int = 0
    made: int = 0
    proven: int = 0

    def state(self, year_is_over: bool) -> str:
        """`proven`, `made` (nothing proves it), `planned` (nothing made yet), `missed` (planned in a year that is over,
        nothing made), or `nothing`."""
        if self.proven:
            return "proven"
        if self.made:
            return "made"
        if self.planned:
            return "missed" if year_is_over else "planned"
        return "nothing"


@dataclass(frozen=True)
class Board:
    """The cells of some colleges in a year, by (college, area)."""

    year: AcademicYear
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)

    def cell(self, college: int, area: int) -> Cell:
        return self.cells.get((college, area), Cell())


def board(year: AcademicYear, colleges: Collection[int], plans: QuerySet, outputs: QuerySet) -> Board:
    """Count plans and outputs (already cut to what the reader may see) of a year by college and area: two queries."""
    planned: dict[tuple[int, int], int] = {}
    wanted = plans.filter(year=year, college__in=colleges, archived_at=None)
    for college, area, number in wanted.order_by().values_list("college", "area").annotate(number=Sum("planned")):
        planned[college, area] = number
    made = outputs.filter(college__in=colleges, made_on__range=(year.starts_on, year.ends_on), archived_at=None)
    grouped = made.order_by().values("college", "area")
    counted = grouped.annotate(made=Count("pk"), good=Count("pk", filter=proven()))
    cells = {key: Cell(planned=number) for key, number in planned.items()}
    for row in counted:
        key = row["college"], row["area"]
        cells[key] = Cell(planned.get(key, 0), row["made"], row["good"])
    return Board(year, cells)


def plan_in_force(college: int, on: date) -> ConstructionPlan | None:
    """The approved construction plan of a college that holds on a day."""
    plans = ConstructionPlan.objects.filter(college=college, status=ConstructionPlan.Status.APPROVED, archived_at=None)
    return plans.filter(starts_on__lte=on, ends_on__gte=on).first()


def plans_of(college: int, year: AcademicYear) -> QuerySet[AreaPlan]:
    """A college's plans in the areas for a year, in the order of the areas."""
    rows = AreaPlan.objects.filter(college=college, year=year, archived_at=None)
    return rows.annotate(place=F("area__order")).order_by("place", "id")
