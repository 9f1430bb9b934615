"""What a standing says must be what its evidence rows say."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from zhixing.kernel import measures
from zhixing.policy.evidence import rows_of
from zhixing.policy.models import Standing


def told_by_rows(found: Standing) -> list[Any]:
    """The rows behind a standing; fails where its value or their number is another than theirs."""
    shown = rows_of(found)
    assert shown is not None
    rows, measure = list(shown), measures.get(found.rule.measure)
    assert len(rows) == found.evidence_count, str(found)
    if found.is_roll_up:
        expected = sum(row.reached for row in rows) / len(rows) if rows else None
    elif measure.kind == "share":
        expected = sum(row.in_order for row in rows) / len(rows) if rows else None
    elif isinstance(measure.value, Count) and not measure.value.distinct:
        expected = len(rows)
    else:
        expected = float(shown.aggregate(value=measure.value)["value"] or 0)
    told = None if found.value is None else float(found.value)
    assert told == (expected if expected is None else round(expected, 4)), str(found)
    return rows
