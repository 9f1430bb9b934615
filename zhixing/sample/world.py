"""What has been made so far, for the parts that build upon it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from zhixing.governance.models import Committee
from zhixing.org.models import AcademicYear, Cohort, Major, MajorGroup, Person, School, Student, Teacher, Unit, User
from zhixing.partners.models import Organisation


@dataclass
class World:
    """Registers by the code or name under which the other parts ask for them."""

    school: School | None = None
    root: Unit | None = None
    units: dict[str, Unit] = field(default_factory=dict)
    years: dict[int, AcademicYear] = field(default_factory=dict)  # by offset: 0 is the running one
    groups: dict[str, MajorGroup] = field(default_factory=dict)
    majors: dict[str, Major] = field(default_factory=dict)
    cohorts: list[Cohort] = field(default_factory=list)
    teachers: list[Teacher] = field(default_factory=list)
    signed_in_student: Student | None = None
    # Role → the person who has its demo account.
    cast: dict[str, Person] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)  # by person
    staff: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))  # people of a unit, head first
    faculty: dict[str, list[Person]] = field(
        default_factory=lambda: defaultdict(list)
    )  # full-time teachers of a college
    leaders: list[Person] = field(default_factory=list)
    deans: dict[str, Person] = field(default_factory=dict)
    secretaries: dict[str, Person] = field(default_factory=dict)
    # Partners.
    associations: dict[str, Organisation] = field(default_factory=dict)  # by name
    links_of: dict[str, list[Organisation]] = field(
        default_factory=lambda: defaultdict(list)
    )  # associations fit for a group
    governments: dict[str, Organisation] = field(default_factory=dict)  # by name
    parks: list[Organisation] = field(default_factory=list)
    firms: list[Organisation] = field(default_factory=list)
    firms_of: dict[str, list[Organisation]] = field(
        default_factory=lambda: defaultdict(list)
    )  # active firms of a group's trade
    council: Committee | None = None
    committees: dict[str, Committee] = field(default_factory=dict)  # the latest of a group
