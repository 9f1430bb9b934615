"""A cohort of a hundred from its weeks to its certificates, by public actions alone."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from tests.agreements.at_once import own_keys  # noqa: F401
from tests.factories import make
from tests.practice import running_place as here
from zhixing.agreements import keys, sealing, verification
from zhixing.kernel import filing
from zhixing.kernel.flow import FlowError
from zhixing.practice import certificates, presence, running_archive, running_grades, running_weeks
from zhixing.practice import running_actions as actions
from zhixing.practice.models import (
    ArchivePaper,
    Certificate,
    Evaluation,
    PaperKind,
    Placement,
    PlanDocument,
    PresenceWeek,
    WeekEntry,
)

pytestmark = pytest.mark.django_db

START, END = date(2026, 2, 16), date(2026, 3, 8)
MONDAYS = [START + timedelta(weeks=n) for n in range(3)]


def marks(number: int) -> dict[str, int]:
    return dict.fromkeys(Evaluation.SCALES, number)


def weeks_and_looks(house: here.Place) -> None:
    """Students hand in, mentors confirm, the supervisor reads, the night counts and asks."""
    for placement in house.placements:
        actor = house.student(placement)
        for monday in MONDAYS:
            running_weeks.hand_in(running_weeks.read(here.week(placement, monday), here.NOW), by=actor)
    for mentor in house.mentors:
        keys_ = [row.pk for row in house.placements if row.mentor_id == mentor.pk]
        assert actions.confirm_week(mentor, MONDAYS[0], keys_, by=house.teacher) == len(keys_)
    for n, entry in enumerate(WeekEntry.objects.filter(monday=MONDAYS[0]).order_by("pk")[:20]):
        (actions.talk_week if n == 0 else actions.read_week)(entry, by=house.teacher)
    assert presence.count_week(MONDAYS[0]) == 100
    assert PresenceWeek.objects.filter(monday=MONDAYS[0], score__gte=55).count() == 100
    (first, _second) = presence.pick(MONDAYS[0])
    actions.found_at_work(first, by=house.teacher)


def cases(house: here.Place) -> tuple[Placement, Placement]:
    """A leave, a change of post, an incident with its clock, and an early end that is refused and then granted."""
    sick, moved, hurt, gone = house.placements[:4]
    leave = actions.ask_leave(
        sick, by=house.student(sick), starts_on=START, ends_on=START + timedelta(days=6), kind="sick", reason="水痘"
    )
    actions.grant_leave(leave, by=house.teacher)
    change = actions.ask_change(
        moved, by=house.student(moved), kind="move", from_on=MONDAYS[2], reason="企业搬迁", new_post=house.posts[3]
    )
    new = actions.grant_change(change, by=house.boss)
    incident = actions.report_incident(hurt, by=house.student(hurt), kind="injury", severity="serious", text="烫伤")
    for report in incident.reports.all():  # type: ignore[attr-defined]
        actions.tell(report, by=house.teacher, how="电话")
    actions.handle_incident(incident, by=house.teacher, comment="送医，已返岗")
    actions.close_incident(incident, by=house.boss)
    no = actions.ask_change(gone, by=house.student(gone), kind="end", from_on=MONDAYS[1], reason="想回家")
    actions.refuse_change(no, by=house.boss, comment="理由不足")
    yes = actions.ask_change(gone, by=house.student(gone), kind="end", from_on=MONDAYS[2], reason="手术，附证明")
    actions.grant_change(yes, by=house.boss)
    gone.refresh_from_db()
    assert new is not None and new.status == "proposed" and gone.status == "broken"
    return moved, gone


def visits(house: here.Place) -> None:
    there = [row for row in house.placements if row.post.organisation == house.firms[0]]
    visit = actions.start_visit(house.firms[0], by=house.teacher, visited_on=here.TODAY, mode="site", placements=there)
    actions.record_visit(visit, by=house.teacher, findings="在岗，带教到位")


def papers(house: here.Place, placement: Placement) -> None:
    for kind in (PaperKind.REPORT, PaperKind.SUMMARY, PaperKind.PROOF):
        paper = make(ArchivePaper, placement=placement, kind=kind, title=str(PaperKind(kind).label))
        content = SimpleUploadedFile("报告.txt", "实习报告".encode(), "text/plain")
        filing.attach(paper, content, by=house.student(placement))


def test_from_the_first_week_to_the_certificate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_keys: Any) -> None:  # noqa: F811
    here.stand_still(monkeypatch)
    house = here.place(100, 4, starts_on=START, ends_on=END)
    make(PlanDocument, plan=house.plan, kind="scheme", title="实习方案")
    weeks_and_looks(house)
    moved, gone = cases(house)
    visits(house)
    over = list(Placement.objects.filter(status="running").select_related("student").order_by("pk"))
    assert len(over) == 98 and {moved.pk, gone.pk}.isdisjoint(row.pk for row in over)

    # The end, and three words about each: two of them sealed until both are in.
    graded = over[:12]
    for n, placement in enumerate(graded):
        actions.end_placement(placement, by=house.boss)
        with pytest.raises(FlowError):
            running_grades.accept_grade(placement, by=house.teacher)
        actions.evaluate(
            placement, "firm", by=house.teacher, marks=marks(95 - n * 5), text="依次递减", evaluator="导师"
        )
        actions.evaluate(placement, "student", by=house.student(placement), marks=marks(90))
        actions.evaluate(placement, "school", by=house.teacher, marks=marks(90 - n * 5), text="依次递减")
        papers(house, placement)
    computed = running_grades.compute(graded)
    # 95 of the firm × 40 %, 90 of the school × 30 %, all weeks, all papers.
    assert computed[graded[0].pk].score == Decimal("95.0")
    assert computed[graded[0].pk].level == "excellent"
    for placement in graded[:11]:
        running_grades.accept_grade(placement, by=house.teacher)
    with pytest.raises(FlowError):
        running_grades.edit_grade(graded[11], by=house.teacher, score=Decimal(55), score_reason=" ")
    running_grades.edit_grade(graded[11], by=house.teacher, score=Decimal("55"), score_reason="擅自离岗两周，经核实")
    failed = Placement.objects.get(pk=graded[11].pk)
    assert failed.level == "fail" and failed.computed_score != failed.score
    assert {row.level for row in Placement.objects.filter(status="graded")} >= {"excellent", "good", "pass", "fail"}

    # The archive: eight papers but for the agreement, which this college signed on paper.
    first = Placement.objects.select_related("student", "post__organisation", "plan__major", "agreement").get(
        pk=next(row.pk for row in graded if row.post.organisation == house.firms[0])
    )
    meter = running_archive.meters([first])[first.pk]
    assert [kind for kind, found in meter.items() if not found] == ["agreement"]
    assert running_archive.completeness(meter) == 88
    with zipfile.ZipFile(BytesIO(running_archive.as_zip(first))) as archive:
        names = archive.namelist()
        assert archive.testzip() is None and len(names) == 7
        assert sum(name.startswith("0") for name in names) == 6 and not any(".." in name for name in names)

    # The certificate: issued once, checked by anybody, on line and off.
    with pytest.raises(FlowError):
        certificates.issue(failed, by=house.boss)
    certificate = certificates.issue(first, by=house.boss)
    with pytest.raises(FlowError):
        certificates.issue(first, by=house.boss)
    file = certificates.file_of(certificate)
    assert file is not None
    with file.content.open("rb") as stored:
        content = stored.read()
    assert hashlib.sha256(content).hexdigest() == certificate.sha256
    assert verification.of_file(content).unchanged is True
    path = tmp_path / "certificate.pdf"
    path.write_bytes(content)
    told = StringIO()
    call_command("verify", str(path), "--json", stdout=told)
    assert json.loads(told.getvalue())["number"] == certificate.number
    changed = verification.of_file(content.replace(b"%%EOF", b"%%EOF "))
    assert changed.ours and changed.unchanged is False and changed.number == certificate.number
    statement = next(mark for mark in verification._marks(content) if sealing.STATEMENT.search(mark))
    # Nothing but the public key: no database, no network.
    said = sealing.verify_payload(statement, keys.public_key_text())
    assert said is not None and said.number == certificate.number and said.kind == certificates.KIND
    assert first.student.name not in statement
    page = Client().post("/verify/", {"text": statement}).content.decode()
    assert certificate.number in page and first.student.name not in page
    certificates.withdraw(certificate, by=house.boss, comment="姓名有误")
    assert verification.of_text(statement).revoked and verification.of_file(content).revoked
    assert Certificate.objects.get().revoked_on == here.TODAY
