"""投保核对: who is not insured for all days of the practice, and the cheapest way to mend it (I-27)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from zhixing.kernel import changes, events
from zhixing.kernel.acting import changing
from zhixing.kernel.flow import FlowError
from zhixing.kernel.scope import Actor
from zhixing.org.models import Student
from zhixing.practice import readiness
from zhixing.practice.covers import covered_days, gaps_of
from zhixing.practice.placements import InsurancePolicy, Placement, PolicyCover


@dataclass(frozen=True)
class Way:
    """One way to insure some students: a policy whose roster takes them, and what it costs; or a new policy for given days."""

    policy: InsurancePolicy | None
    students: list[Student]
    starts_on: date
    ends_on: date
    cost: Decimal | None


@dataclass
class Mend:
    """What it takes until everybody is insured: rosters first, then one new policy for all who are left."""

    ways: list[Way] = field(default_factory=list)

    @property
    def students(self) -> int:
        return sum(len(way.students) for way in self.ways)


def uncovered(placements: Iterable[Placement]) -> dict[int, list[tuple[date, date]]]:
    """The days without liability insurance of each placement that has any: id → spans."""
    rows = list(placements)
    spans = covered_days({row.student_id for row in rows})
    gaps = {row.pk: gaps_of(row.starts_on, row.ends_on, spans.get(row.student_id, [])) for row in rows}
    return {pk: days for pk, days in gaps.items() if days}


def mend(placements: Sequence[Placement]) -> Mend:
    """The cheapest mend: put each student on the roster of the cheapest policy that holds their missing days, else one new policy.

    Policies of the students' own college that the student does not pay; the premium of each is what the policy says.
    """
    gaps = uncovered(placements)
    lacking = [row for row in placements if row.pk in gaps]
    found = Mend()
    if not lacking:
        return found
    units = {row.plan.major.unit_id for row in lacking}
    policies = list(
        InsurancePolicy.objects.filter(unit__in=units, kind=InsurancePolicy.Kind.LIABILITY, archived_at=None).exclude(
            payer=InsurancePolicy.Payer.STUDENT
        )
    )
    policies.sort(key=lambda policy: (policy.premium is None, policy.premium or 0, policy.pk))
    on_roster: dict[int, list[Student]] = {}
    rest: list[Placement] = []
    for row in lacking:
        first, last = gaps[row.pk][0][0], gaps[row.pk][-1][1]
        fits = next(
            (
                policy
                for policy in policies
                if policy.unit_id == row.plan.major.unit_id and policy.starts_on <= first and policy.ends_on >= last
            ),
            None,
        )
        if fits is None:
            rest.append(row)
        else:
            on_roster.setdefault(fits.pk, []).append(row.student)
    for policy in policies:
        students = on_roster.get(policy.pk, [])
        if students:
            cost = policy.premium * len(students) if policy.premium is not None else None
            found.ways.append(Way(policy, students, policy.starts_on, policy.ends_on, cost))
    if rest:
        first = min(gaps[row.pk][0][0] for row in rest)
        last = max(gaps[row.pk][-1][1] for row in rest)
        found.ways.append(Way(None, [row.student for row in rest], first, last, None))
    return found


def numbers_in(words: str) -> list[str]:
    """Student numbers as people paste them: lines, spaces, commas of either script; each once."""
    for mark in "，,；;、":
        words = words.replace(mark, " ")
    return list(dict.fromkeys(words.split()))


def enrol(policy: InsurancePolicy, *, by: Actor, numbers: str, comment: str = "") -> int:
    """Put students on a policy's roster by their numbers, one a line; those who are on it already stay. Returns how many are new.

    Raises ValidationError naming numbers that no student has.
    """
    wanted = numbers_in(numbers)
    students = {row.number: row for row in Student.objects.filter(number__in=wanted, archived_at=None)}
    unknown = [number for number in wanted if number not in students]
    if unknown:
        raise ValidationError(
            _("No student has these numbers: %(numbers)s."), code="unknown", params={"numbers": "、".join(unknown[:10])}
        )
    if not wanted:
        raise FlowError(_("Give the numbers of the students."), code="empty")
    return cover(policy, students.values(), by=by, comment=comment)


def cover(policy: InsurancePolicy, students: Iterable[Student], *, by: Actor, comment: str = "") -> int:
    """Put students on a policy's roster; returns how many are new."""
    with transaction.atomic(), changing(policy, "roster", by=by, comment=comment):
        there = set(policy.covers.values_list("student", flat=True))
        made = PolicyCover.objects.bulk_create(
            [PolicyCover(policy=policy, student=student) for student in students if student.pk not in there]
        )
        events.log_many(made, "created", by=by, comment=comment)
        changes.touched(PolicyCover, [row.pk for row in made])
    return len(made)


def cover_missing(policy: InsurancePolicy, *, by: Actor, comment: str = "") -> None:
    """Put everybody of the college on the roster whose missing days this policy holds (the cheapest mend, one click)."""
    rows = Placement.objects.filter(
        plan__major__unit=policy.unit_id,
        archived_at=None,
        status__in=Placement.LIVE,
        plan__kind="post",
        starts_on__lte=policy.ends_on,
        ends_on__gte=policy.starts_on,
    )
    placements = list(readiness.with_needs(rows))
    gaps = uncovered(placements)
    fits = [
        row.student
        for row in placements
        if row.pk in gaps and policy.starts_on <= gaps[row.pk][0][0] and policy.ends_on >= gaps[row.pk][-1][1]
    ]
    if not fits:
        raise FlowError(_("Nobody lacks days that this policy holds."), code="nobody")
    cover(policy, {student.pk: student for student in fits}.values(), by=by, comment=comment)
