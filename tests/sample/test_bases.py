"""What the docs tell of the sample college's bases is what the policy engine finds."""

from __future__ import annotations

import pytest

from tests.sample.conftest import DAY
from zhixing.bases import planner, queries
from zhixing.bases.models import BenefitStatement, TermSummary
from zhixing.org.models import Term
from zhixing.policy.engine import assess
from zhixing.policy.loading import load_packs
from zhixing.sample import base_words as words
from zhixing.sample.world import World

pytestmark = pytest.mark.django_db


def test_bases_come_out_as_told(college: World) -> None:
    load_packs()
    found: dict[str, dict[str, str]] = {}
    for row in assess(as_of=DAY).findings:
        if row.unit_scope in ("base", "major") or (row.applied.rule.id == "R11" and row.unit_scope == "college"):
            found.setdefault(row.applied.rule.id, {}).setdefault(row.unit_code, row.state)

    def lacking(rule: str) -> dict[str, str]:
        return {code: state for code, state in found[rule].items() if state != "met"}

    assert lacking("R07") == {words.LATE_DELIVERY: "on_track", words.ONE_SIDED: "on_track"}
    assert lacking("R08") == {words.NO_CERTIFICATION: "on_track", words.NO_GUIDES: "on_track"}
    assert lacking("R09") == {words.NO_PROOF: "unmet", words.NO_GUIDES: "unmet"}
    assert lacking("R11") == {words.PLAN_DRAFT: "unmet"}
    unmet = lacking("R13")
    assert {words.RECHECK_PAST, words.APPLIED, words.PUBLIC, *words.GROWING, *words.NONE_GROWN} <= set(unmet)
    assert found["R13"][words.RECHECK_SOON] == found["R13"][words.PROVINCE] == "met"


def test_places_look_six_terms_ahead_and_papers_are_there(college: World) -> None:
    terms = queries.terms_from(DAY)
    assert len(terms) == 6
    majors = {code: major.pk for code, major in college.majors.items()}
    board = planner.board(terms, list(majors.values()))
    short = {major for (major, _term, _kind), _cell in board.short()}
    assert {majors[code] for code in words.SHORT} <= short
    over = Term.objects.filter(ends_on__lt=DAY).order_by("-ends_on").first()
    last = TermSummary.objects.filter(term=over)
    assert not last.filter(major__code__in=words.NO_SUMMARY).exists() and last.filter(status="draft").count() == 1
    assert set(BenefitStatement.objects.values_list("status", flat=True)) == {"sent", "disputed", "draft", "confirmed"}
