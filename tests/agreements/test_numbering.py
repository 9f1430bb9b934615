"""Agreements are numbered by year and unit without gaps or doubles, whoever comes at the same moment and whoever fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from tests.agreements import makers
from tests.factories import make
from zhixing.agreements import actions
from zhixing.agreements.models import Agreement
from zhixing.kernel.numbering import next_number
from zhixing.org.models import Unit

RACERS = 200


@pytest.mark.django_db(transaction=True)
def test_200_at_once_get_200_numbers_without_gap_or_double() -> None:
    home = makers.college()
    records = [
        Agreement(
            kind=makers.kind("framework" if i % 2 else "order_class"),
            title=f"协议{i}",
            unit=home.unit,
            starts_on=date(2026, 3, 1),
            ends_on=date(2029, 2, 28),
        )
        for i in range(RACERS)
    ]
    Agreement.objects.bulk_create(records)
    unit, failing = home.unit.code, {records[i].pk for i in range(0, RACERS, 20)}

    def number(pk: int) -> None:
        try:
            with transaction.atomic():
                record = Agreement.objects.select_for_update(of=("self",)).get(pk=pk)
                actions.give_number(record)
                record.save()
                if pk in failing:
                    raise RuntimeError
        except RuntimeError:
            pass
        finally:
            connection.close()

    # 200 threads, as many at once as the database lets in.
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(number, [record.pk for record in records]))
    given = [n for n in Agreement.objects.values_list("number", flat=True) if n]
    assert len(given) == RACERS - len(failing)
    tails = sorted(int(n.rpartition("-")[2]) for n in given)
    assert tails == list(range(1, RACERS - len(failing) + 1))
    assert {n.partition("-")[0] for n in given} == {"KJ", "DD"}
    assert all(f"-2026-{unit}-" in n for n in given)


def test_each_year_and_unit_counts_for_itself_and_passes_over_what_came_from_paper(home: makers.College) -> None:
    other = make(Unit, code="T02")
    makers.agreement(home, number="XH-2026-T01-001")
    first = makers.agreement(home, title="第二份")
    assert actions.give_number(first) == "KJ-2026-T01-002"
    first.save()
    assert actions.give_number(makers.agreement(home, title="外院", unit=other)) == "KJ-2026-T02-001"
    older = makers.agreement(home, title="去年", starts_on=date(2025, 3, 1), ends_on=date(2026, 2, 28))
    assert actions.give_number(older) == "KJ-2025-T01-001"


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_only_within_the_transaction_that_writes_it_down() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        next_number("nowhere")
