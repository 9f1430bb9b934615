"""The college itself: calendar, units with their past, major groups, majors, classes."""

from __future__ import annotations

from datetime import date

from zhixing.org.models import (
    AcademicYear,
    Cohort,
    Division,
    Major,
    MajorGroup,
    NationalMajor,
    School,
    Term,
    Unit,
    UnitName,
)
from zhixing.sample import college_facts as facts
from zhixing.sample.plan import Plan, insert
from zhixing.sample.world import World

STUDENTS = 6000
CLASS_SIZE = 48


def make_calendar(plan: Plan, world: World) -> None:
    """Three academic years gone by, and the running one; the next is set in spring."""
    offsets = [-3, -2, -1, 0]
    rows = [
        AcademicYear(code=plan.year_code(n), starts_on=plan.year_start(n), ends_on=plan.year_end(n)) for n in offsets
    ]
    world.years = dict(zip(offsets, insert(plan, rows), strict=True))
    insert(
        plan,
        [
            Term(year=world.years[offset], number=number, starts_on=first, ends_on=last)
            for offset in offsets
            for number, (first, last) in enumerate(plan.terms(offset), 1)
        ],
    )


def make_units(plan: Plan, world: World) -> None:
    """The unit tree; two years ago the college of arts was merged into that of information, which got a new name."""
    kind = Unit.Kind
    world.school = insert(
        plan,
        [
            School(
                code=facts.SCHOOL_CODE,
                name=facts.SCHOOL_NAME,
                name_en=facts.SCHOOL_NAME_EN,
                short_name=facts.SCHOOL_SHORT,
            )
        ],
    )[0]
    root = Unit(
        code="HZY",
        name=facts.SCHOOL_NAME,
        short_name=facts.SCHOOL_SHORT,
        kind=kind.SCHOOL,
        region=Division.objects.filter(pk=facts.SCHOOL_REGION).first(),
        starts_on=date(2000, 3, 1),
    )
    world.root = insert(plan, [root])[0]
    founded = date(2008, 9, 1)
    rows = [
        Unit(code=code, name=name, short_name=short, kind=kind.COLLEGE, parent=root, starts_on=founded)
        for code, (name, short) in facts.COLLEGES.items()
    ]
    rows += [
        Unit(code=code, name=name, short_name=short, kind=kind.DEPARTMENT, parent=root, starts_on=date(2003, 9, 1))
        for code, (name, short, *_rest) in facts.DEPARTMENTS.items()
    ]
    world.units = {unit.code: unit for unit in insert(plan, rows)}
    merged_on = plan.year_end(-3)
    arts = Unit(
        code=facts.ARTS,
        name="艺术设计学院",
        short_name="艺术学院",
        kind=kind.COLLEGE,
        parent=root,
        starts_on=date(2010, 9, 1),
        ends_on=merged_on,
        merged_into=world.units[facts.INFORMATION],
    )
    insert(plan, [arts])
    past = (
        (world.units[facts.INFORMATION], "计算机与通信学院", founded, date(2016, 8, 31)),
        (world.units[facts.INFORMATION], "信息技术学院", date(2016, 9, 1), merged_on),
        (world.units[facts.TOURISM], "旅游管理学院", founded, date(2019, 8, 31)),
        (world.units[facts.ENGINEERING], "机电与汽车工程学院", founded, date(2020, 8, 31)),
        (world.units[facts.QUALITY], "教学督导室", date(2003, 9, 1), date(2017, 12, 31)),
        (arts, "艺术系", date(2010, 9, 1), date(2013, 8, 31)),
    )
    insert(plan, [UnitName(unit=unit, name=name, starts_on=first, ends_on=last) for unit, name, first, last in past])


def make_majors(plan: Plan, world: World) -> None:
    """Major groups and majors; leaders are known by now. The youngest group was founded this year."""
    rows = []
    for group in facts.GROUPS:
        starts = plan.year_start() if group.code == facts.NO_COMMITTEE else plan.year_start(-5)
        unit = world.units[group.unit]
        rows.append(
            MajorGroup(
                code=group.code, name=group.name, unit=unit, leader=world.faculty[group.unit].pop(0), starts_on=starts
            )
        )
    world.groups = {row.code: row for row in insert(plan, rows)}
    names = dict(NationalMajor.objects.values_list("code", "name"))
    dice = plan.dice("majors")
    majors = []
    for group in facts.GROUPS:
        people = world.faculty[group.unit]
        for code, _weight in group.majors:
            first = plan.year_start(-1) if code in facts.NEW_MAJORS else date(plan.year - dice.randint(5, 20), 9, 1)
            majors.append(
                Major(
                    code=code,
                    name=names[code],
                    unit=world.units[group.unit],
                    group=world.groups[group.code],
                    leader=people.pop(0),
                    starts_on=first,
                )
            )
    world.majors = {row.code: row for row in insert(plan, majors)}


def make_cohorts(plan: Plan, world: World) -> dict[int, int]:
    """Classes of four entry years, the oldest graduated last summer. Returns the size of each class by its key."""
    weights = {code: weight for group in facts.GROUPS for code, weight in group.majors}
    slots = [
        (code, offset)
        for code in world.majors
        for offset in (-3, -2, -1, 0)
        if code not in facts.NEW_MAJORS or offset >= -1
    ]
    sizes = _shares(plan.times(STUDENTS), [weights[code] for code, _offset in slots])
    advisers = plan.dice("advisers")
    rows, heads = [], []
    for (code, offset), size in zip(slots, sizes, strict=True):
        if not size:
            continue
        major = world.majors[code]
        unit = major.unit.code
        classes = -(-size // CLASS_SIZE)
        for number, head in enumerate(_shares(size, [1] * classes), 1):
            entry = plan.year + offset
            rows.append(
                Cohort(
                    code=f"{entry}{code}{number:02}",
                    name=f"{entry % 100}级{major.name}{number}班",
                    major=major,
                    entry_year=entry,
                    adviser=advisers.choice(world.faculty[unit]),
                    graduates_on=date(entry + 3, 6, 30),
                )
            )
            heads.append(head)
    world.cohorts = insert(plan, rows, lambda row: max(date(row.entry_year, 8, 25), plan.year_start(-3)))
    return {row.pk: head for row, head in zip(world.cohorts, heads, strict=True)}


def _shares(total: int, weights: list[int]) -> list[int]:
    """Share out `total` by weight so that nothing is lost in rounding."""
    shares, given, weight_given, whole = [], 0, 0, sum(weights)
    for weight in weights:
        weight_given += weight
        share = round(total * weight_given / whole) - given
        shares.append(share)
        given += share
    return shares
