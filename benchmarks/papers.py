"""Agreements as paper: tripartite agreements of a year's interns, made one by one with all that is kept of each."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection

from benchmarks import data
from benchmarks.timing import Row
from zhixing.agreements import actions, documents, seeding
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementKind, AgreementParty
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Cohort, Major, School, Student
from zhixing.partners.models import Organisation

MUST = 20
FIRST = date(2026, 3, 1)


def _interns(count: int) -> list[Agreement]:
    """That many tripartite agreements, each with its three parties and the kind's own wording."""
    seeding.load_kinds()
    kind = AgreementKind.objects.get(code="tripartite")
    unit = data.college()["units"][0]
    School.objects.get_or_create(code="0000000001", defaults={"name": "某职业技术学院"})
    firm, _new = Organisation.objects.get_or_create(uscc=data.code(9), defaults={"name": data.name(9)})
    major, _new = Major.objects.get_or_create(
        code="B90001", defaults={"name": "某专业", "unit": unit, "starts_on": FIRST}
    )
    cohort, _new = Cohort.objects.get_or_create(
        code="BC1", defaults={"name": "某班", "major": major, "entry_year": 2023}
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Agreement._meta.db_table}, {Student._meta.db_table} CASCADE")
    students = Student.objects.bulk_create(
        Student(number=f"BT{i:06d}", name=f"学生{i}", cohort=cohort, birth_date=date(2004, 1, 1)) for i in range(count)
    )
    values: dict[str, Any] = {
        "kind": kind,
        "unit": unit,
        "major": major,
        "counterparty": firm,
        "starts_on": FIRST,
        "ends_on": FIRST + timedelta(days=180),
        "details": {"post": "前厅接待", "hours_day": "8", "hours_week": "40", "pay": "3200", "pay_day": "15"},
        "status": "approved",
    }
    made = [
        Agreement(**values, number=f"SX-2026-B1-{i:04d}", title=f"{student.name}岗位实习三方协议", student=student)
        for i, student in enumerate(students, 1)
    ]
    for agreement in made:
        agreement.contents = actions.first_wording(agreement)
    rows = Agreement.objects.bulk_create(made)
    AgreementParty.objects.bulk_create(
        AgreementParty(agreement=row, order=order, role=role, **given)
        for row in rows
        for order, (role, given) in enumerate(
            (
                ("school", {"name": "某职业技术学院", "signatory": "校长"}),
                ("enterprise", {"name": firm.name, "organisation": firm, "uscc": firm.uscc, "signatory": "经理"}),
                ("student", {"name": row.student.name if row.student else "", "student": row.student}),
            ),
            1,
        )
    )
    return rows


def _speed(rows: list[Agreement], work: Callable[[Agreement], Any]) -> tuple[float, float]:
    """Papers a second of processor time, and by the clock. The first is not counted: it reads fonts and template."""
    work(rows[0])
    gc.collect()
    processor, clock = time.process_time(), time.perf_counter()
    for row in rows[1:]:
        work(row)
    number = len(rows) - 1
    return number / (time.process_time() - processor), number / (time.perf_counter() - clock)


def measure(count: int) -> Iterator[Row]:
    """Previews, which are only set, and final texts with their QR codes, hash, verification code, row and file."""
    rows = _interns(count)
    documents.ensure_template(rows[0].kind)
    final = AgreementDocument.Kind.FINAL
    sides: dict[str, Callable[[Agreement], Any]] = {
        "set as PDF": documents.preview,
        "made final: set, marked, hashed, kept": lambda row: documents.make_document(row, by=SYSTEM, kind=final),
    }
    try:
        for words, work in sides.items():
            processor, clock = _speed(rows, work)
            note = f"one core; {clock:.0f} by the clock"
            title = f"{count:,} tripartite agreements {words}"
            yield Row("papers", title, "", processor, None, f"≥ {MUST} /s", processor >= MUST, "/s", note)
    finally:
        for document in AgreementDocument.objects.filter(agreement__in=rows):
            document.file.delete(save=False)
