"""Every measure over a whole college: one statement for each period, and a value that is its rows'."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.policy.evidence import told_by_rows
from tests.sample.conftest import DAY
from zhixing.kernel import measures
from zhixing.org.calendar import academic_year
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.policy.models import Rule, Standing
from zhixing.sample.world import World

pytestmark = pytest.mark.django_db


def test_every_measure_is_one_statement_and_says_what_its_rows_say(college: World) -> None:
    load_packs()
    asked = set(measures.all())
    assert set(Rule.objects.filter(measure__in=asked).values_list("measure", flat=True)) == asked
    with CaptureQueriesContext(connection) as queries:
        assess(as_of=DAY, store=True)
    counting = [q["sql"] for q in queries if "unit_value" in q["sql"] or '"good"' in q["sql"]]
    # A rule of terms asks its measure once for each term.
    periods = (
        Standing.objects.filter(rule__measure__in=asked).order_by().values("rule__measure", "period_code").distinct()
    )
    assert len(counting) == len(periods)
    # What no record of the running year tells yet, the year before tells.
    assess(year=academic_year(DAY.replace(year=DAY.year - 1)).code, store=True)
    checked = set()
    for found in Standing.objects.filter(rule__measure__in=asked).select_related("rule__policy", "version"):
        if told_by_rows(found) and not found.is_roll_up:
            checked.add(found.rule.measure)
    assert checked == asked
