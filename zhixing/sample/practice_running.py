"""Placements as they run: ten weeks of journals and evidence, visits, leaves, incidents; and what last year's came to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from zhixing.kernel import filing
from zhixing.kernel.scope import SYSTEM
from zhixing.org.calendar import monday_of
from zhixing.practice import certificates, presence, running_incidents
from zhixing.practice.models import (
    ArchivePaper,
    Complaint,
    Evaluation,
    Incident,
    IncidentReport,
    Leave,
    PaperKind,
    Placement,
    PlacementChange,
    PresenceSignal,
    Supervisor,
    Visit,
    WeekEntry,
)
from zhixing.sample import practice_words as words
from zhixing.sample.plan import Plan, insert, join
from zhixing.sample.world import World

# Of last year's placements each so many-th keeps all its weeks and papers; the others keep what was said of them.
WHOLE = 12


def make_running(plan: Plan, world: World) -> None:
    """All of it; the order matters: the evidence is counted from the signals."""
    Running(plan, world).make()


class Running:
    """Writes what happened on placements, a statement for each kind."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world, self.dice = plan, world, plan.dice("running")
        rows = Placement.objects.select_related("student", "post__organisation", "plan__major__unit", "supervisor")
        self.running = list(rows.filter(status="running").order_by("pk"))
        self.graded = list(rows.filter(status="graded").order_by("pk"))
        self.today_monday = monday_of(plan.today)

    def make(self) -> None:
        self.cast()
        self.weeks()
        self.signals()
        self.slips()
        self.visits()
        self.cases()
        self.incidents()
        self.results()
        for back in (3, 2, 1):
            presence.count_week(self.today_monday - timedelta(weeks=back))
        presence.pick(self.today_monday - timedelta(weeks=1))
        for placement in self.graded[:2]:
            if placement.level != "fail":
                certificates.issue(placement, by=SYSTEM)

    def cast(self) -> None:
        """Whoever signs in as a teacher looks after a few students of the own college."""
        teacher = self.world.cast["teacher"]
        own = [row for row in self.running if row.plan.major.unit_id == teacher.unit_id] or self.running
        mine = own[:9]
        for row in mine:
            row.supervisor = teacher
        Placement.objects.filter(pk__in=[row.pk for row in mine]).update(supervisor=teacher)
        there = set(Supervisor.objects.filter(person=teacher).values_list("plan", flat=True))
        insert(
            self.plan,
            [
                Supervisor(plan_id=pk, person=teacher, limit=20, work_phone=f"{words.OFFICE}11")
                for pk in sorted({row.plan_id for row in mine} - there)
            ],
        )

    # Weeks -------------------------------------------------------------------------------------------------------------

    def mondays(self, first: date, last: date) -> list[date]:
        return [monday_of(first) + timedelta(weeks=n) for n in range((last - monday_of(first)).days // 7 + 1)]

    def text(self, placement: Placement) -> str:
        done, learnt = self.dice.choice(words.WEEK_DONE), self.dice.choice(words.WEEK_LEARNT)
        return f"{done % {'post': placement.post.title.removesuffix('岗'), 'number': self.dice.randint(3, 80)}}，{learnt}。"

    def entry(self, placement: Placement, monday: date, status: str, text: str = "") -> WeekEntry:
        written = datetime.combine(
            monday + timedelta(days=self.dice.choice((4, 4, 5, 6))),
            time(self.dice.randint(17, 21), self.dice.randint(0, 59)),
        )
        read = status != "handed"
        return WeekEntry(
            placement=placement,
            monday=monday,
            hours=self.dice.choice((40, 40, 40, 38, 36, 42)),
            mood=self.dice.choices((1, 2, 3, 4, 5), (1, 4, 22, 50, 23))[0],
            text=text or self.text(placement),
            client_id=uuid.UUID(int=self.dice.getrandbits(128), version=4),
            written_at=timezone.make_aware(written),
            status=status,
            comment=self.dice.choice(words.WEEK_COMMENTS) if status in ("praised", "talk") else "",
            read_by=placement.supervisor if read else None,
            read_at=self.plan.at(monday + timedelta(days=8)) if read else None,
        )

    def weeks(self) -> None:
        rows = []
        last = self.today_monday - timedelta(weeks=1)
        for n, placement in enumerate(self.running):
            copied = words.WEEK_COPIED if n % 97 in (40, 41, 42, 43) else ""
            for monday in self.mondays(placement.starts_on, last):
                if monday == last:
                    if n % 9 == 4:
                        continue  # Not handed in yet.
                    status = "handed"
                elif monday == last - timedelta(weeks=1) and n % 6 == 0:
                    status = "handed"
                else:
                    status = self.dice.choices(("read", "praised", "talk"), (88, 11, 1))[0]
                    if status == "talk" and monday < last - timedelta(weeks=2):
                        status = "read"
                rows.append(self.entry(placement, monday, status, copied))
        insert(self.plan, rows, lambda row: row.monday + timedelta(days=7))

    def signals(self) -> None:
        """Three weeks of evidence: most type the code, most mentors tap; a few share a phone, and there the words too."""
        rows = []
        for n, placement in enumerate(self.running):
            shared = n % 97 in (40, 41, 42, 43)
            device = presence.digest_of_device(f"sample-{n // 97 if shared else placement.student.number}")
            for back in (3, 2, 1):
                monday = self.today_monday - timedelta(weeks=back)
                if placement.starts_on > monday + timedelta(days=4):
                    continue
                if shared or self.dice.random() < 0.72:
                    day = monday + timedelta(days=self.dice.randint(0, 4))
                    rows.append(PresenceSignal(placement=placement, kind="code", day=day, device=device))
                if not shared and self.dice.random() < 0.86:
                    rows.append(PresenceSignal(placement=placement, kind="mentor", day=monday + timedelta(days=4)))
                if back == 2 and self.dice.random() < 0.3:
                    rows.append(PresenceSignal(placement=placement, kind="pay", day=monday + timedelta(days=2)))
        insert(self.plan, rows, lambda row: row.day)

    def slips(self) -> None:
        """Students of the supervisor who signs in brought their pay slips by phone; one of them is already looked at."""
        teacher = self.world.cast["teacher"]
        day = self.today_monday - timedelta(days=4)
        for n, placement in enumerate([row for row in self.running if row.supervisor_id == teacher.pk][:3]):
            text = words.SLIP.format(name=placement.student.name, month=f"{day:%Y-%m}", day=day)
            (paper,) = insert(
                self.plan,
                [ArchivePaper(placement=placement, kind="proof", title=f"工资条 {day:%Y-%m}", handed_on=day)],
                lambda row: row.handed_on,
            )
            file = filing.attach(paper, SimpleUploadedFile("工资条.txt", text.encode(), "text/plain"), by=SYSTEM)
            row = PresenceSignal(
                placement=placement,
                kind="pay",
                day=day,
                paper=paper,
                content=file.sha256,
                paper_state="waiting" if n else "vouched",
                note=paper.title,
            )
            insert(self.plan, [row], lambda row: row.day)

    # Visits and cases --------------------------------------------------------------------------------------------------

    def visits(self) -> None:
        at: dict[tuple[int, int], list[Placement]] = defaultdict(list)
        for placement in self.running:
            if placement.supervisor_id:
                at[placement.supervisor_id, placement.post.organisation_id].append(placement)
        rows, met = [], []
        for n, ((supervisor, firm), placements) in enumerate(at.items()):
            if n % 5 == 3:
                continue  # Nobody was there yet.
            planned = n % 5 == 1
            day = self.plan.ahead(3 + n % 6) if planned else self.plan.ago(5 + n % 40)
            done = not planned
            name = placements[0].mentor.name if placements[0].mentor else ""
            rows.append(
                Visit(
                    unit=placements[0].plan.major.unit,
                    supervisor_id=supervisor,
                    organisation_id=firm,
                    visited_on=max(day, placements[0].starts_on),
                    mode=self.dice.choices(("site", "phone", "video"), (7, 2, 1))[0],
                    minutes=self.dice.choice((40, 60, 90)) if done else None,
                    findings=self.dice.choice(words.VISIT_FINDINGS) if done else "",
                    problems=self.dice.choice(words.VISIT_PROBLEMS) if done and n % 4 == 0 else "",
                    follow_up="与企业导师沟通并于下周复核" if done and n % 4 == 0 else "",
                    follow_up_due=self.plan.ahead(5) if done and n % 4 == 0 else None,
                    mentor_name=name if done and n % 3 else "",
                    signed_at=self.plan.at(day) if done and n % 3 and name else None,
                    status="done" if done else "planned",
                )
            )
            met.append(placements)
        made = insert(self.plan, rows, lambda row: min(row.visited_on, self.plan.ago(1)))
        join(
            Visit.placements.through,
            [(row.pk, placement.pk) for row, group in zip(made, met, strict=True) for placement in group],
        )
        seen = [
            PresenceSignal(placement=placement, kind="visit" if row.mode == "site" else "call", day=row.visited_on)
            for row, group in zip(made, met, strict=True)
            if row.status == "done"
            for placement in group
        ]
        insert(self.plan, seen, lambda row: row.day)

    def cases(self) -> None:
        leaves, changes = [], []
        for n, placement in enumerate(self.running):
            if n % 23 == 7:
                asked = n % 46 == 7
                day = self.plan.ahead(1 + n % 5) if asked else self.plan.ago(10 + n % 30)
                leaves.append(
                    Leave(
                        placement=placement,
                        kind=self.dice.choice(("sick", "personal")),
                        starts_on=max(day, placement.starts_on),
                        ends_on=max(day, placement.starts_on) + timedelta(days=n % 3),
                        reason=self.dice.choice(words.LEAVE_REASONS),
                        status="asked" if asked else "granted",
                    )
                )
            if n % 151 == 60:
                changes.append(
                    PlacementChange(
                        placement=placement,
                        kind="end",
                        asked_by="student",
                        from_on=self.plan.ahead(10),
                        reason=self.dice.choice(words.CHANGE_REASONS),
                        status=("asked", "supported", "refused")[n // 151 % 3],
                    )
                )
        insert(self.plan, leaves, lambda row: min(row.starts_on, self.plan.ago(1)))
        insert(self.plan, changes, lambda row: self.plan.ago(2))
        complaints = [
            Complaint(
                number=f"TS-{self.plan.ago(days):%Y%m%d}-{code}",
                complainant=placement.student.person if source == "student" else None,
                placement=placement,
                source=source,
                name=placement.student.name if source == "student" else f"{placement.student.name}家长",
                subject=subject,
                text=text,
                received_on=self.plan.ago(days),
                answer=answer,
                answered_on=self.plan.ago(days - 4) if answer else None,
                status="answered" if answer else "received",
            )
            for placement, (code, source, subject, text, days, answer) in zip(
                self.running[3::31], words.COMPLAINTS, strict=False
            )
        ]
        insert(self.plan, complaints, lambda row: row.received_on)

    def incidents(self) -> None:
        """Three that were dealt with, and one of yesterday whose guardian nobody has called in time."""
        rows = [
            Incident(
                placement=placement,
                kind=kind,
                severity=severity,
                happened_at=self.plan.at(self.plan.ago(days)),
                place=placement.post.organisation.short_name or placement.post.organisation.name[:20],
                text=text,
                measures=measures,
                reporter=placement.supervisor.name if placement.supervisor else "",
                closed_on=self.plan.ago(days - 6) if status == "closed" else None,
                status=status,
            )
            for placement, (kind, severity, text, measures, days, status) in zip(
                self.running[2::17], words.INCIDENTS, strict=False
            )
        ]
        made = insert(self.plan, rows, lambda row: row.happened_at.date())
        chain = []
        for row in made:
            for duty in running_incidents.duties_of(row.severity, row.created_at):
                told = row.status != "open" or duty.recipient in ("supervisor", "college", "office")
                due = row.created_at + timedelta(minutes=duty.minutes)
                chain.append(
                    IncidentReport(
                        incident=row,
                        recipient=duty.recipient,
                        due_at=due,
                        told_at=due - timedelta(minutes=duty.minutes // 3) if told else None,
                        how="电话" if told else "",
                        status="told" if told else "waiting",
                    )
                )
        insert(self.plan, chain, lambda row: row.incident.happened_at.date())

    # Last year ---------------------------------------------------------------------------------------------------------

    def results(self) -> None:
        """What was said of last year's placements; of some all weeks and papers, so that the grade follows from them."""
        said, weeks, papers = [], [], []
        for n, placement in enumerate(self.graded):
            score, last = float(placement.score or 0), placement.ended_on or placement.ends_on
            whole = n % WHOLE == 0
            # With all weeks and papers 30 of 100 are given; firm and school bring the rest.
            mean = min(max(round((score - 30) / 0.7), 0), 100)
            for side, day, level in (("firm", 3, mean), ("school", 6, mean), ("student", 5, self.dice.randint(62, 96))):
                marks = self.marks(level)
                said.append(
                    Evaluation(
                        placement=placement,
                        side=side,
                        text=words.SAID[side][n % len(words.SAID[side])],
                        evaluator=self.evaluator(placement, side),
                        done_on=last + timedelta(days=day),
                        shown=True,
                        **dict(zip(Evaluation.SCALES, marks, strict=True)),
                    )
                )
            if whole:
                weeks += [
                    self.entry(placement, monday, "read") for monday in self.mondays(placement.starts_on, last)[:26]
                ]
                papers += [
                    ArchivePaper(
                        placement=placement,
                        kind=kind,
                        title=f"{placement.student.name}{PaperKind(kind).label}",
                        handed_on=last + timedelta(days=2),
                    )
                    for kind in ("report", "summary", "proof")
                ]
        insert(self.plan, said, lambda row: row.done_on)
        insert(self.plan, weeks, lambda row: row.monday + timedelta(days=7))
        insert(self.plan, papers, lambda row: row.handed_on)

    def marks(self, mean: int) -> list[int]:
        """Four marks about a mean that they keep to exactly."""
        a, b = (min(self.dice.randint(0, 6), mean, 100 - mean) for _n in range(2))
        return [mean + a, mean - a, mean - b, mean + b]

    @staticmethod
    def evaluator(placement: Placement, side: str) -> str:
        if side == "student":
            return placement.student.name
        person: Any = placement.supervisor if side == "school" else placement.mentor
        return person.name if person else ""
