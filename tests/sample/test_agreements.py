"""The sample college's agreements: of every kind and state, numbered without gaps, telling of ends, renewals and changes."""

from __future__ import annotations

from collections import defaultdict

from tests.sample.conftest import DAY
from zhixing.agreements import checks, queries
from zhixing.agreements.models import Agreement, AgreementKind, Obligation
from zhixing.sample.world import World

Status = Agreement.Status


def test_every_kind_and_every_state_is_there(college: World) -> None:
    kinds = set(Agreement.objects.values_list("kind__code", flat=True))
    assert kinds == set(AgreementKind.objects.values_list("code", flat=True))
    states = set(Agreement.objects.values_list("status", flat=True))
    assert states >= {Status.DRAFT, Status.IN_FORCE, Status.ENDED, Status.RENEWED, Status.TERMINATED, Status.REPLACED}


def test_numbers_have_no_gap_and_no_double(college: World) -> None:
    given: dict[tuple[str, str], list[int]] = defaultdict(list)
    prefixes = set(AgreementKind.objects.values_list("prefix", flat=True))
    for number in Agreement.objects.filter(number__isnull=False).values_list("number", flat=True):
        parts = number.split("-")
        if len(parts) == 4 and parts[0] in prefixes:
            given[parts[1], parts[2]].append(int(parts[3]))
    assert given
    for place, numbers in given.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), place


def test_some_end_soon_and_chains_hold_together(college: World) -> None:
    left = [(row.ends_on - DAY).days for row in queries.expiring(DAY)]
    assert [n for n in left if n <= 7] and [n for n in left if 7 < n <= 30] and [n for n in left if 30 < n <= 90]
    for row in Agreement.objects.filter(amends__isnull=False).select_related("amends"):
        assert row.amends is not None and row.amends.status == Status.REPLACED
        assert row.amends.ended_on is not None and row.amends.ended_on < row.starts_on
    assert Obligation.objects.filter(fulfilled_on=None, due__lt=DAY).exists()


def test_signed_agreements_hold_to_what_blocks(college: World) -> None:
    rows = Agreement.objects.filter(status=Status.IN_FORCE).select_related("kind", "student", "counterparty")
    # Order classes and apprenticeships bring their own, shorter papers.
    for row in rows.exclude(contents={})[:80]:
        assert not [item.code for item in checks.findings(row, on=DAY) if item.blocks], row
