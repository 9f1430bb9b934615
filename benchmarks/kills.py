"""Kills at random moments: rows are not of speed but of what was left, so each must be zero."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from django.db import connection

from benchmarks.timing import Row
from tests.kernel.killing import Ground, Killer


def measure(rounds: int) -> Iterator[Row]:
    ground = Ground(connection.settings_dict)
    try:
        killer = Killer(ground, count=3000)
        for what in ("process", "server"):
            found = []
            for i in range(rounds // 2):
                found.append(killer.round(what))
                print(f"kill {i + 1} of the {what}: {found[-1]}", file=sys.stderr)
            half = sum(1 for one in found if not (one.nothing or one.all))
            note = f"{sum(one.nothing for one in found)} left nothing, {sum(one.all for one in found)} left all"
            work = f"{len(found)} kills of the {what} during an import: half done"
            yield Row("kills", work, "", half, None, "0", half == 0, "imports", note)
        told = ground.ask("race", attempts=1000, threads=50)["results"]
        won = sum(1 for code, _words in told if code in {"approved", "sent_back"})
        silent = sum(
            1 for code, words in told if code not in {"approved", "sent_back"} and (code != "decided" or not words)
        )
        yield Row(
            "kills", "1,000 racing decisions on one case: that counted", "", won, None, "1", won == 1, "decisions"
        )
        yield Row("kills", "losers of the race without a clear answer", "", silent, None, "0", silent == 0, "decisions")
    finally:
        ground.close()
