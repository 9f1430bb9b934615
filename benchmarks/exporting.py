"""Exports: the list's rows and columns as a workbook, against writing values that are ready."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter
from django.db import connection
from django.http import QueryDict

from benchmarks import data
from benchmarks.timing import Row, at_most, in_turns
from zhixing.kernel import exporting
from zhixing.kernel.filtering import Listing
from zhixing.kernel.sheet import sheet_for
from zhixing.org.actors import actor_for

# Writes the export in a process of its own and says how much memory it took at most.
APART = r"""
import json, os, re, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from pathlib import Path
from benchmarks.exporting import listing
from zhixing.kernel import exporting
few = exporting.write(listing(f"status=active&q={sys.argv[2]}"), "xlsx", Path(sys.argv[3]))
# What getrusage tells would count the process that started this one.
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
small = peak()
many = exporting.write(listing(), "xlsx", Path(sys.argv[3]))
print(json.dumps([few, small, many, peak()]))
"""


def listing(query: str = "") -> Listing:
    """The whole register of organisations as a dean sees it."""
    actor = actor_for(data.college()["users"]["dean"])
    return Listing(sheet_for("partners.organisation"), actor, QueryDict(query), capability="view")


def measure(count: int, rounds: int) -> Iterator[Row]:
    data.college()
    data.organisations(count)
    ready = list(exporting.rows(listing()))
    with tempfile.TemporaryDirectory() as folder:
        ours_at, floor_at = Path(folder, "ours.xlsx"), Path(folder, "floor.xlsx")

        def floor() -> None:
            book = xlsxwriter.Workbook(str(floor_at), {"constant_memory": True})
            page = book.add_worksheet()
            for i, row in enumerate(ready):
                page.write_row(i, 0, row)
            book.close()

        ours, bare = in_turns(lambda: exporting.write(listing(), "xlsx", ours_at), floor, rounds=rounds, warm=0)
        work = f"export of {count:,} rows to xlsx"
        yield at_most("export", work, "xlsxwriter, constant memory, of ready values", ours, bare, 1.5)
        name = connection.settings_dict["NAME"]
        command = [sys.executable, "-c", APART, name, data.TRADES[0], str(ours_at)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        few, small, many, large = json.loads(told)
        yield at_most(
            "export", f"peak memory of the export of {many:,} rows", f"of {few:,} rows", large, small, 1.15, unit="MB"
        )
