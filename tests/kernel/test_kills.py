"""Nothing lost, nothing doubled: what a kill -9 in the middle of an import leaves, and what a race for a decision does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.kernel.killing import Ground, Killer

# The tests' own database is only copied from; pytest makes it for tests that say so.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def ground(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Ground]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        assert connection.settings_dict["NAME"] != "zhixing"
        made = Ground(connection.settings_dict)
    yield made
    made.close()


@pytest.fixture(scope="module")
def killer(ground: Ground) -> Killer:
    return Killer(ground, count=1500)


@pytest.mark.parametrize("what", ["process"] * 4 + ["server"] * 2)
def test_a_kill_in_the_middle_of_an_import_leaves_all_or_nothing(killer: Killer, what: str) -> None:
    found = killer.round(what)
    assert found.nothing or found.all, found


def test_of_two_hundred_decisions_at_one_moment_one_counts_and_every_other_is_told_so(ground: Ground) -> None:
    told = ground.ask("race", attempts=200, threads=40)
    codes = Counter(code for code, _words in told["results"])
    assert sum(codes.values()) == 200
    assert codes["approved"] + codes["sent_back"] == 1, codes
    assert set(codes) <= {"approved", "sent_back", "decided"}, codes
    assert all(words for code, words in told["results"] if code == "decided")
    was_approved = bool(codes["approved"])
    assert told["book"] == ("approved" if was_approved else "draft")
    assert told["station"] == told["case"] == ("approved" if was_approved else "sent_back")
    assert told["decisions"] == 1
