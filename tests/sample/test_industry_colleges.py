"""What the docs tell of the sample college's industry colleges is what the policy engine finds."""

from __future__ import annotations

import pytest

from tests.sample.conftest import DAY
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.sample import industry_college_words as words
from zhixing.sample.world import World

pytestmark = pytest.mark.django_db


def test_industry_colleges_come_out_as_told(college: World) -> None:
    load_packs()
    found = assess(as_of=DAY)
    of: dict[str, dict[str, tuple]] = {"R05": {}, "R06": {}}
    for row in found.findings:
        if row.applied.rule.id in of and row.unit_scope == "industry_college":
            of[row.applied.rule.id][row.unit_code] = (row.state, row.value)
    assert of["R05"] == {
        "CY01": ("met", 8),
        "CY02": ("met", 6),
        "CY03": ("on_track", 4),
        "CY04": ("on_track", 5),
        "CY05": ("on_track", 2),
    }
    unmet = {code: value for code, (state, value) in of["R06"].items() if state != "met"}
    assert unmet == {words.LACKS_PARTY: 2, words.LACKS_PART: 0}
