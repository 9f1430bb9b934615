"""Numbers without gaps or doubles: whoever takes the next holds the series' row until their transaction ends."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from zhixing.kernel.models import NumberSeries


def next_number(series: str, is_taken: Callable[[int], bool] | None = None) -> int:
    """The next number of a series, e.g. `agreements:2026:05`, from 1.

    Call it inside the transaction that writes the number down: others who ask at the same moment wait until it ends,
    and a number taken by a transaction that fails goes back. `is_taken` names numbers that came in from elsewhere (a
    register kept on paper); they are passed over.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A number is taken inside the transaction that writes it down.")
    NumberSeries.objects.bulk_create([NumberSeries(key=series)], ignore_conflicts=True)
    counter = NumberSeries.objects.select_for_update().get(pk=series)
    counter.last += 1
    while is_taken is not None and is_taken(counter.last):
        counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last
