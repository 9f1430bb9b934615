"""A process that works on a college's own database on command, each piece of work in a child that may be killed.

One JSON document a line goes in, one comes out. Run by `tests.kernel.killing`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from typing import Any


def prepare(first: int, count: int) -> dict[str, Any]:
    """Take in a register of new organisations."""
    from tests.kernel.registers import code
    from zhixing.kernel import importing
    from zhixing.kernel.scope import SYSTEM
    from zhixing.kernel.sheet import sheet_for

    lines = ["统一社会信用代码,单位名称,类别"]
    lines += [f"{code(i)},海南第{i}号试验公司,enterprise" for i in range(first, first + count)]
    sheet = sheet_for("partners.organisation")
    run, _reading = importing.start(sheet, "\n".join(lines).encode(), "登记.csv", by=SYSTEM)  # type: ignore[arg-type]
    return {"run": run.pk}


def commit(run: int) -> dict[str, Any]:
    """Begin to write a register in a child; says which process it is."""
    from django.db import connections

    from zhixing.kernel import importing
    from zhixing.kernel.models import ImportRun
    from zhixing.kernel.scope import SYSTEM

    connections.close_all()
    child = os.fork()
    if child:
        return {"pid": child}
    try:
        # What a child says must not get into the answers.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        importing.commit(ImportRun.objects.get(pk=run), by=SYSTEM)
        os._exit(0)
    except BaseException:
        os._exit(1)


def wait(pid: int) -> dict[str, Any]:
    return {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}


def state(run: int, first: int, count: int) -> dict[str, Any]:
    """What is in the database of one register, all seen at one moment.

    A server process whose client was killed may still be on its way to the end of what it was told: it is waited for.
    """
    from django.db import connection, transaction

    from tests.kernel.registers import code
    from zhixing.kernel.models import Event, ImportChange, ImportRun
    from zhixing.partners.models import Organisation

    codes = [code(i) for i in range(first, first + count)]
    with connection.cursor() as cursor:
        others = 1
        while others:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            (others,) = cursor.fetchone()
            time.sleep(0.02 if others else 0)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = ImportRun.objects.get(pk=run)
        return {
            "state": found.state,
            "organisations": Organisation.objects.filter(uscc__in=codes).count(),
            "events": Event.objects.filter(data__run=run).count(),
            "changes": ImportChange.objects.filter(run=run).count(),
            "moment": found.committed_at is not None,
        }


def restart() -> dict[str, Any]:
    """Start the server again after it was killed."""
    from django.db import connections

    from config import embedded

    connections.close_all()
    embedded.ensure()
    return {}


def race(attempts: int, threads: int) -> dict[str, Any]:
    """Let many approve, and some send back, one and the same case at the same moment."""
    from django.db import connection

    from tests.governance import factories
    from zhixing.kernel import approval
    from zhixing.kernel.flow import FlowError
    from zhixing.kernel.models import ApprovalStation, Event
    from zhixing.kernel.scope import SYSTEM

    home = factories.college()
    factories.approval_route()
    book = factories.book(factories.committee(home), home)
    factories.task(home, book=book)
    approval.submit(book, by=SYSTEM)
    station = ApprovalStation.objects.get(state="pending")
    dean = home.actor("dean")
    results: list[tuple[str, str]] = []
    gate = threading.Barrier(threads)

    def decide(number: int) -> None:
        gate.wait()
        try:
            for i in range(attempts // threads):
                try:
                    if (number + i) % 4:
                        approval.approve(station.pk, by=dean)
                        results.append(("approved", ""))
                    else:
                        approval.send_back(station.pk, by=dean, comment="请补充考核办法。")
                        results.append(("sent_back", ""))
                except FlowError as error:
                    results.append((error.code or "", "；".join(error.messages)))
                except Exception as error:
                    results.append((type(error).__name__, str(error)))
        finally:
            connection.close()

    deciders = [threading.Thread(target=decide, args=(i,)) for i in range(threads)]
    for thread in deciders:
        thread.start()
    for thread in deciders:
        thread.join()
    book.refresh_from_db()
    station.refresh_from_db()
    verbs = Counter(Event.objects.filter(record_type="governance.task_book").values_list("verb", flat=True))
    return {
        "results": results,
        "book": book.status,
        "station": station.state,
        "case": station.case.state,
        "decisions": verbs["approve"] + verbs["send_back"],
    }


WORK = {work.__name__: work for work in (prepare, commit, wait, state, restart, race)}


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(WORK[asked.pop("do")](**asked)), flush=True)


if __name__ == "__main__":
    main()
