"""Which insurance holds for which days of a student, and which days are left (I-27)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import QuerySet

from zhixing.practice.placements import InsurancePolicy, PolicyCover


def covers_of(student: int, first: date, last: date) -> QuerySet[PolicyCover]:
    """The places of a student (id) on rosters of policies that touch these days, with the policy, the earliest first."""
    rows = PolicyCover.objects.filter(
        student=student,
        policy__starts_on__lte=last,
        policy__ends_on__gte=first,
        archived_at=None,
        policy__archived_at=None,
    )
    return rows.select_related("policy").order_by("policy__starts_on", "pk")


def covered_days(students: Iterable[int]) -> dict[int, list[tuple[date, date]]]:
    """For which days each student's liability insurance holds, from the rosters of policies that the student does not pay."""
    covers = PolicyCover.objects.filter(
        student__in=list(students),
        archived_at=None,
        policy__archived_at=None,
        policy__kind=InsurancePolicy.Kind.LIABILITY,
    ).exclude(policy__payer=InsurancePolicy.Payer.STUDENT)
    spans: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for student, first, last in covers.values_list("student", "policy__starts_on", "policy__ends_on"):
        spans[student].append((first, last))
    return spans


def gaps_of(first: date, last: date, spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The days from `first` to `last` that none of the spans holds, as spans themselves; ends belong to a span."""
    gaps, at = [], first
    for begin, end in sorted(spans):
        if end < at:
            continue
        if begin > last:
            break
        if begin > at:
            gaps.append((at, begin - timedelta(days=1)))
        at = max(at, end + timedelta(days=1))
    if at <= last:
        gaps.append((at, last))
    return gaps
