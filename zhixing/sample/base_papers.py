"""Papers of the sample college's bases: plans, recognitions with experts, term summaries, yearly statements."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from zhixing.bases import criteria, statements, summaries
from zhixing.bases.models import (
    Base,
    BasePlan,
    BaseRecognition,
    BenefitStatement,
    RecognitionCriterion,
    RecognitionReview,
    TermSummary,
)
from zhixing.org.models import AcademicYear, Major
from zhixing.sample import base_words as words
from zhixing.sample import college_facts as facts
from zhixing.sample.plan import insert, weekday_before

if TYPE_CHECKING:
    from zhixing.sample.bases import Bases


class BasePapers:
    """Makes the papers that rest on the records of bases."""

    def __init__(self, of: Bases):
        self.of, self.plan, self.world = of, of.plan, of.world

    def make(self) -> None:
        self.make_plans()
        self.make_recognitions()
        self.make_summaries()
        self.make_statements()

    def make_plans(self) -> None:
        plan, world = self.plan, self.world
        rows = []
        for offset in (-3, -2, -1, 0):
            year = AcademicYear.objects.get(code=plan.year_code(offset))
            for number, code in enumerate(facts.COLLEGES):
                draft = offset == 0 and code == words.PLAN_DRAFT
                approved = min(weekday_before(plan.year_start(offset) + timedelta(days=18)), plan.ago(1))
                rows.append(
                    BasePlan(
                        unit=world.units[code],
                        year=year,
                        owner=world.secretaries[code],
                        new_bases=2 + number % 3,
                        new_places=60 + 20 * number,
                        demo_bases=1 + number % 2,
                        funds=Decimal(120_000 + 30_000 * number),
                        content=words.PLAN_CONTENT,
                        management="" if draft else words.PLAN_MANAGEMENT,
                        status="draft" if draft else "approved",
                        approved_on=None if draft else approved,
                    )
                )
        insert(plan, rows, lambda row: row.approved_on or plan.ago(20))

    def make_recognitions(self) -> None:
        """Most majors have one; some grow one, one is applied for, one public, one past its re-check, some have none."""
        plan, world = self.plan, self.world
        insert(
            plan,
            [
                RecognitionCriterion(
                    level=level,
                    measure=measure,
                    branch=branch,
                    minimum=minimum,
                    basis=basis,
                    holds_from=plan.year_start(-4),
                )
                for level, measure, branch, minimum, basis in words.CRITERIA
            ],
        )
        rows = []
        for number, (code, major) in enumerate(world.majors.items()):
            bases = [base for base in self.of.bases_of[major.pk] if base.status == Base.Status.IN_USE]
            if code in words.NONE_GROWN or not bases:
                continue
            rows.append(self._recognition(number, code, major, bases[0]))
        self.recognitions = insert(plan, rows, lambda row: max(row.growing_since, plan.year_start(-3)))
        reviews = []
        for row in self.recognitions:
            if row.status in ("applied", "public"):
                for at, (name, where) in enumerate(words.EXPERTS):
                    open_one = row.status == "applied" and at == 2
                    reviews.append(
                        RecognitionReview(
                            recognition=row,
                            expert=name,
                            organisation_name=where,
                            score=None if open_one else Decimal(84 + 3 * at),
                            opinion="" if open_one else "条件扎实，校企协同有效，建议认定",
                            reviewed_on=None if open_one else plan.ago(9 + at),
                        )
                    )
        insert(plan, reviews, lambda row: plan.ago(15))

    def _recognition(self, number: int, code: str, major: Major, base: Base) -> BaseRecognition:
        plan = self.plan
        row = BaseRecognition(
            base=base,
            major=major,
            level="province" if code == words.PROVINCE else "school",
            owner=major.leader,
            growing_since=plan.ago(200 + number),
            target_on=plan.year_end(),
        )
        if code in words.GROWING:
            row.statement = criteria.draft(row, plan.today)
            return row
        if code in (words.APPLIED, words.PUBLIC):
            row.statement = criteria.draft(row, plan.today)
            row.status, row.applied_on = "applied", plan.ago(30)
            told = criteria.facts(base, major, row.applied_on)
            row.figures = {key: figure.frozen() for key, figure in told.items() if figure.url}
            if code == words.PUBLIC:
                row.status, row.score = "public", Decimal("87.0")
                row.public_from, row.public_until = plan.ago(2), plan.ahead(5)
            return row
        recognised = weekday_before(plan.year_start(-2) + timedelta(days=100 + 9 * (number % 30)))
        if code == words.RECHECK_SOON:
            recognised = plan.ago(3 * 365 - 60)
        elif code == words.RECHECK_PAST:
            recognised = plan.ago(3 * 365 + 75)
        row.growing_since = recognised - timedelta(days=300)
        row.status, row.recognised_on = "recognised", recognised
        row.applied_on = recognised - timedelta(days=60)
        row.public_from, row.public_until = recognised - timedelta(days=14), recognised - timedelta(days=8)
        row.score = Decimal(85 + number % 9)
        row.number = f"海职院教〔{recognised.year}〕{20 + number}号"
        row.plaque = f"SF-{recognised.year}-{number + 1:02}"
        row.recheck_due = recognised + timedelta(days=3 * 365)
        return row

    def make_summaries(self) -> None:
        """For every term that is over; the last one lacks three and has one still in draft."""
        plan, world = self.plan, self.world
        if not self.of.past:
            return
        last = self.of.past[-1]
        rows = []
        for term in self.of.past[-6:]:
            for code, major in world.majors.items():
                if major.starts_on > term.starts_on or (term == last and code in words.NO_SUMMARY):
                    continue
                told = summaries.of(major, term) if term == last else []
                draft = term == last and code in words.SUMMARY_DRAFT
                text = summaries.draft(major, term, told) if term == last else _PLAIN
                handed_in = weekday_before(term.ends_on - timedelta(days=3 + int(code[:6]) % 12))
                rows.append(
                    TermSummary(
                        major=major,
                        term=term,
                        author=major.leader,
                        **text,
                        figures={} if draft else {figure.key: figure.frozen() for figure in told},
                        status="draft" if draft else "submitted" if term == last else "accepted",
                        submitted_on=None if draft else handed_in,
                    )
                )
        insert(plan, rows, lambda row: (row.submitted_on or last.ends_on) - timedelta(days=6))

    def make_statements(self) -> None:
        """Two years gone by: confirmed by both, but for one that waits, one disputed and one still a draft."""
        plan = self.plan
        year = plan.today.year - 1
        rows = []
        chosen = [*self.of.campus, *self.of.off_campus[:6]]
        for when in (year - 1, year):
            for number, base in enumerate(chosen):
                lines = statements.count(base, when)
                if base.organisation is None or not lines:
                    continue
                row = BenefitStatement(base=base, year=when, lines=lines, drawn_at=plan.at(date(when + 1, 1, 12)))
                row.status = (
                    {0: "sent", 1: "disputed", 3: "draft"}.get(number, "confirmed") if when == year else "confirmed"
                )
                if row.status != "draft":
                    row.school_confirmed_on = date(when + 1, 1, 15)
                    row.school_confirmed_by = base.manager.name if base.manager else ""
                if row.status == "confirmed":
                    row.firm_confirmed_on, row.firm_confirmed_by = date(when + 1, 1, 22), "企业联系人"
                if row.status == "disputed":
                    row.firm_remark = "培训人次与我司记录不一致，请核对下半年两期培训。"
                rows.append(row)
        insert(plan, rows, lambda row: min(date(row.year + 1, 1, 12), plan.ago(1)))


_PLAIN = {
    "overview": "本学期各基地运行平稳，按计划承担实训与实习任务。",
    "results": "校企双方按协议投入，岗位按期到位，学生评价良好。",
    "problems": "个别基地岗位容量偏紧，指导教师轮换较快。",
    "next_steps": "下学期提前两个月确认岗位，补充企业指导教师。",
}
