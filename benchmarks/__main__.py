"""`python -m benchmarks [name …]`: makes a database of its own, measures, prints, and drops it again."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.timing import Row, table


def _groups(args: argparse.Namespace) -> dict[str, Callable[[], Iterator[Row]]]:
    from benchmarks import allocating, assessing, exporting, importing, kills, listing, papers, weeks

    count, rounds = args.rows, args.rounds
    return {
        "assess": lambda: assessing.measure(args.scale, rounds * 3),
        "list": lambda: listing.measure(count, rounds * 5),
        "export": lambda: exporting.measure(count, rounds),
        "import": lambda: importing.measure(count, args.few, rounds),
        "papers": lambda: papers.measure(args.papers),
        "allocate": allocating.measure,
        "weeks": lambda: weeks.measure(args.weeks),
        "kills": lambda: kills.measure(args.kills),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        help="assess, list, export, import, papers, allocate, weeks, kills; without names all but kills",
    )
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the large registers")
    parser.add_argument("--few", type=int, default=5_000, help="rows for what is too slow for the large register")
    parser.add_argument("--scale", type=float, default=3.4, help="size of the sample college: 3.4 has 20,000 students")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the long measurements")
    parser.add_argument("--papers", type=int, default=1_000, help="agreements that are made as paper")
    parser.add_argument("--weeks", type=int, default=2_000, help="students who hand in their week")
    parser.add_argument("--kills", type=int, default=50, help="kills at random moments")
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    parser.add_argument("--keep", action="store_true", help="keep the database for the next run")
    args = parser.parse_args()

    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    import django

    django.setup()
    from django.db import connection
    from django.utils import translation

    groups = _groups(args)
    unknown = [name for name in args.names if name not in groups]
    if unknown:
        parser.error(f"no such measurement: {', '.join(unknown)}; there are {', '.join(groups)}")
    names = [name for name in groups if name in args.names] or [name for name in groups if name != "kills"]
    college = connection.settings_dict["NAME"]
    translation.activate("zh-hans")
    print("making the database …", file=sys.stderr)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=args.keep)
    rows: list[Row] = []
    # A failure of one measurement is told at the end; the others are printed first.
    failed: list[str] = []
    try:
        from zhixing.org import reference_data

        reference_data.load()
        for name in names:
            try:
                for row in groups[name]():
                    rows.append(row)
                    print(f"{name}: {row.work} … {'ok' if row.ok else 'MISSED'}", file=sys.stderr)
            except Exception:
                traceback.print_exc()
                failed.append(name)
    finally:
        connection.creation.destroy_test_db(college, verbosity=0, keepdb=args.keep)
    print(table(rows))
    if args.json:
        told = json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=1)
        args.json.write_text(told, encoding="utf-8")
    if failed:
        print(f"Not measured, because of an error: {', '.join(failed)}")
    return 0 if all(row.ok for row in rows) and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
