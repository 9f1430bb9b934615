"""Apprenticeships over three years: enrolled and hired in one, masters, reviews, one stop-loss; and the risks the records show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from zhixing.agreements.models import Agreement, AgreementKind, AgreementParty
from zhixing.cultivation.apprenticeships import (
    Apprentice,
    Apprenticeship,
    Candidate,
    CircumstanceChange,
    EnrolmentPlan,
    MasterPair,
    QualityReview,
    Rotation,
)
from zhixing.cultivation.models import Applicant
from zhixing.cultivation.risk_actions import handle_risk, refresh_risks
from zhixing.cultivation.risks import Risk
from zhixing.governance.actions import finish_task
from zhixing.kernel.models import ApprovalRoute
from zhixing.kernel.scope import SYSTEM
from zhixing.org.models import Major, Student, Term
from zhixing.partners.models import Contact, Organisation
from zhixing.sample import college_facts as facts
from zhixing.sample.names import Names
from zhixing.sample.plan import Plan, insert, weekday_before
from zhixing.sample.world import World

_S = Apprenticeship.Status


@dataclass(frozen=True)
class Told:
    """One programme of the story: begun in the year of `offset`, with so many apprentices, and what is wrong with it."""

    group: str
    offset: int
    number: int
    wrong: str = ""


# Eight programmes, about 180 apprentices; four are in order, one has ended, one was stopped in good time.
PROGRAMMES = (
    Told("ZYQ01", -3, 24),
    Told("ZYQ02", -2, 26),
    Told("ZYQ03", -2, 24, "overload"),
    Told("ZYQ04", -1, 24, "late"),
    Told("ZYQ05", -1, 22, "agreement"),
    Told("ZYQ06", -1, 18, "stopped"),
    Told("ZYQ07", 0, 24),
    Told("ZYQ08", 0, 20, "gap"),
)
POSTS = ("跟岗认知", "基础操作岗", "专业技能岗", "独立上岗")
WORDS = (
    "能独立完成岗位任务，操作规范。",
    "学习主动，进步明显，建议加强沟通。",
    "遵守安全规程，团队协作良好。",
    "技能掌握扎实，需进一步提高效率。",
)
PROGRAMME_WORDS = (
    "课程与岗位衔接较好，建议增加企业真实任务。",
    "师傅带徒规范，过程记录完整。",
    "培养安排合理，轮岗按计划实施。",
)
_ROUTES = (
    ("cultivation.enrolment_plan", "联合招生招工计划审批", "office"),
    ("cultivation.circumstance_change", "学徒制变更与止损审批", "office"),
)
STOP_REASON = "企业生产线迁往省外，已无法继续提供培养岗位。"
OVERLOAD_MEASURES = "企业两周内增派一名技术师傅，学校教研室跟班检查，超额学徒重新结对。"
STOP_LOSS = "学徒全部转回原专业班级继续学业；企业按协议补发当月津贴，学校一个月内落实替代实习岗位。"


class Apprenticeships:
    """Writes the programmes; each step builds upon those before."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world, self.dice = plan, world, plan.dice("apprenticeships")
        self.names = Names(plan.dice("masters"))
        self.told: dict[int, Told] = {}
        self.apprentices: dict[int, list[Apprentice]] = {}
        # Whoever is of an order class is no apprentice, and the account's own student is kept free.
        self.taken = set(Applicant.objects.values_list("student_id", flat=True))
        if world.signed_in_student:
            self.taken.add(world.signed_in_student.pk)

    def make(self) -> None:
        self.make_routes()
        programmes = self.make_programmes()
        self.make_people(programmes)
        self.make_masters(programmes)
        self.make_rotations()
        self.make_reviews(programmes)
        self.make_changes(programmes)
        self.make_risks(programmes)

    def make_routes(self) -> None:
        rows = [
            ApprovalRoute(
                record_type=record_type,
                name=name,
                effective_from=self.plan.year_start(-3),
                stations=[
                    {"role": "dean", "at": "own", "idle_days": 3, "escalate": "office"},
                    {"role": role, "at": "school", "idle_days": 3, "escalate": "leader"},
                ],
            )
            for record_type, name, role in _ROUTES
        ]
        insert(self.plan, rows)

    # Programmes ----------------------------------------------------------------------------------------------------

    def make_programmes(self) -> list[Apprenticeship]:
        rows, used = [], set()
        for told in PROGRAMMES:
            firm = self._firm(told.group, used)
            used.add(firm.pk)
            major = self._major(told)
            year = self.plan.year + told.offset
            starts, ends = self.plan.terms(told.offset)[0][0], date(year + 3, 6, 30)
            number = self.plan.times(told.number, least=4)
            row = Apprenticeship(
                code=f"XT{year}-{major.code}",
                name=f"{firm.short_name or firm.name}{major.name}现代学徒制班",
                major=major,
                organisation=firm,
                owner=major.leader,
                quota=number + (number // 3 if told.wrong == "gap" else 0),
                mentor_limit=3,
                starts_on=starts,
                ends_on=ends,
                status=_S.RUNNING if ends >= self.plan.today else _S.ENDED,
            )
            if told.wrong == "stopped":
                row.status, row.ends_on = _S.ENDED, self.stopped_on
            rows.append(row)
        self._agree(rows)
        insert(self.plan, rows)
        self.told = {row.pk: told for row, told in zip(rows, PROGRAMMES, strict=True)}
        return rows

    @property
    def stopped_on(self) -> date:
        """The stop-loss came in the second term of its first year."""
        return min(self.plan.terms(-1)[1][0] + timedelta(days=45), self.plan.ago(30))

    def _firm(self, group: str, used: set[int]) -> Organisation:
        fitting = [firm for firm in self.world.firms_of[group] if firm.pk not in used]
        return self.dice.choice(fitting or [firm for firm in self.world.firms if firm.pk not in used])

    def _major(self, told: Told) -> Major:
        """The largest major of the group that trains by the year in question."""
        majors = [major for major in self.world.majors.values() if major.group == self.world.groups[told.group]]
        start = self.plan.year_start(told.offset)
        return next((m for m in majors if m.starts_on <= start and m.ends_on is None), majors[0])

    def _agree(self, rows: list[Apprenticeship]) -> None:
        """An agreement for each programme; that of one firm runs out long before the apprentices are done."""
        kind = AgreementKind.objects.get(code="apprenticeship")
        agreements = []
        for number, (row, told) in enumerate(zip(rows, PROGRAMMES, strict=True), 1):
            signed = weekday_before(row.starts_on - timedelta(days=90))
            last = date(row.starts_on.year + 3, 8, 31)
            row.agreement = Agreement(
                kind=kind,
                number=f"海职院学徒〔{signed.year}〕{number:02}号",
                title=f"{row.name}合作协议",
                unit=row.major.unit,
                major=row.major,
                major_group=row.major.group,
                counterparty=row.organisation,
                owner=row.owner,
                starts_on=signed,
                ends_on=last - timedelta(days=250) if told.wrong == "agreement" else last,
                signed_on=signed,
                status=Agreement.Status.IN_FORCE if last >= self.plan.today else Agreement.Status.ENDED,
            )
            if told.wrong == "stopped":
                row.agreement.status = Agreement.Status.TERMINATED
                row.agreement.ended_on, row.agreement.end_reason = row.ends_on, STOP_REASON
            agreements.append(row.agreement)
        insert(self.plan, agreements, lambda agreement: agreement.starts_on)
        insert(self.plan, [party for agreement in agreements for party in _parties(agreement)])

    # People --------------------------------------------------------------------------------------------------------

    def make_people(self, programmes: list[Apprenticeship]) -> None:
        """A joint plan for each, its candidates with their tests, and an apprentice for each contract."""
        plans = insert(
            self.plan,
            [
                EnrolmentPlan(
                    programme=row,
                    year=row.starts_on.year,
                    quota=row.quota,
                    firm_agreed_on=row.starts_on - timedelta(days=140),
                    published_on=row.starts_on - timedelta(days=110),
                    approved_on=row.starts_on - timedelta(days=120),
                    status=EnrolmentPlan.Status.APPROVED,
                )
                for row in programmes
            ],
            lambda row: row.firm_agreed_on or self.plan.today,
        )
        candidates: list[Candidate] = []
        for row, plan in zip(programmes, plans, strict=True):
            told = self.told[row.pk]
            for student in self._students(row, self.plan.times(told.number, least=4)):
                candidates.append(self._candidate(plan, row, student))
            for _extra in range(self.plan.times(3)):
                person = self.names.person(self.names.sex())
                candidates.append(
                    Candidate(
                        plan=plan,
                        name=person,
                        applied_on=row.starts_on - timedelta(days=70),
                        tested_on=row.starts_on - timedelta(days=40),
                        score=Decimal(self.dice.randint(38, 58)),
                        status=Candidate.Status.DECLINED,
                    )
                )
        insert(self.plan, candidates, lambda row: row.applied_on)
        self._apprentices(programmes, candidates)

    def _students(self, row: Apprenticeship, number: int) -> list[Student]:
        fitting = Student.objects.filter(cohort__major__group=row.major.group, cohort__entry_year=row.starts_on.year)
        fitting = fitting.exclude(pk__in=self.taken).exclude(status=Student.Status.LEFT).select_related("cohort")
        own = list(fitting.filter(cohort__major=row.major).order_by("number"))
        others = list(fitting.exclude(cohort__major=row.major).order_by("number"))
        found = (own + others)[:number]
        self.taken |= {student.pk for student in found}
        return found

    def _candidate(self, plan: EnrolmentPlan, row: Apprenticeship, student: Student) -> Candidate:
        return Candidate(
            plan=plan,
            student=student,
            name=student.name,
            applied_on=row.starts_on - timedelta(days=self.dice.randint(60, 80)),
            tested_on=row.starts_on - timedelta(days=40),
            score=Decimal(self.dice.randint(62, 96)),
            offered_on=row.starts_on - timedelta(days=25),
            contracted_on=row.starts_on,
            status=Candidate.Status.CONTRACTED,
        )

    def _apprentices(self, programmes: list[Apprenticeship], candidates: list[Candidate]) -> None:
        by_plan = {row.pk: row for row in programmes}
        rows = []
        for candidate in candidates:
            if candidate.student is None:
                continue
            programme = by_plan[candidate.plan.programme_id]
            rows.append(
                Apprentice(
                    programme=programme,
                    student=candidate.student,
                    candidate=candidate,
                    joined_on=programme.starts_on,
                    employed_on=candidate.contracted_on,
                )
            )
        state = Apprentice.Status
        for number, row in enumerate(rows):
            told = self.told[row.programme_id]
            if row.programme.status == _S.ENDED:
                row.status = state.LEFT if told.wrong == "stopped" else state.FINISHED
                row.left_on = row.programme.ends_on
            elif number % 31 == 30:
                row.status, row.left_on = state.LEFT, min(row.joined_on + timedelta(days=200), self.plan.ago(20))
                row.left_on = max(row.left_on, row.joined_on)
                row.note = "个人原因申请退出"
        minors = [row for row in rows if row.needs_guardian]
        self._four_parties(minors)
        for row in insert(self.plan, rows, lambda row: row.joined_on):
            self.apprentices.setdefault(row.programme_id, []).append(row)

    def _four_parties(self, minors: list[Apprentice]) -> None:
        """Of whoever was 16 or 17 on joining, an agreement that the guardian signed too."""
        kind = AgreementKind.objects.get(code="apprentice")
        for number, row in enumerate(minors, 1):
            programme = row.programme
            row.agreement = Agreement(
                kind=kind,
                number=f"海职院学徒〔{row.joined_on.year}〕S{number:03}号",
                title=f"{row.student.name}现代学徒制四方协议",
                unit=programme.major.unit,
                major=programme.major,
                major_group=programme.major.group,
                counterparty=programme.organisation,
                student=row.student,
                owner=programme.owner,
                starts_on=row.joined_on,
                ends_on=max(programme.ends_on, row.joined_on),
                signed_on=row.joined_on,
                status=Agreement.Status.IN_FORCE if row.status == "active" else Agreement.Status.ENDED,
            )
        insert(self.plan, [row.agreement for row in minors if row.agreement])
        parties = []
        for row in minors:
            assert row.agreement is not None
            parties += _parties(row.agreement)
            parties.append(
                AgreementParty(
                    agreement=row.agreement, order=3, role="student", student=row.student, name=row.student.name
                )
            )
            guardian = row.student.guardian_name or f"{row.student.name}的监护人"
            parties.append(AgreementParty(agreement=row.agreement, order=4, role="guardian", name=guardian))
        insert(self.plan, parties)

    # Masters and posts ---------------------------------------------------------------------------------------------

    def make_masters(self, programmes: list[Apprenticeship]) -> None:
        """Three apprentices for each master; in one programme two colleagues left and one master took their six over."""
        masters: dict[int, list[Contact]] = {}
        contacts = []
        for row in programmes:
            number = -(-len(self.apprentices.get(row.pk, [])) // 3)
            known = set(Contact.objects.filter(organisation=row.organisation).values_list("name", flat=True))
            own: list[Contact] = []
            while len(own) < number:
                name = self.names.person(self.names.sex(0.7), older=True)
                if name not in known:
                    known.add(name)
                    own.append(Contact(organisation=row.organisation, name=name, role="mentor", position="技术师傅"))
            masters[row.pk] = own
            contacts += own
        insert(self.plan, contacts)
        pairs = []
        for row in programmes:
            own = masters[row.pk]
            for place, apprentice in enumerate(self.apprentices.get(row.pk, [])):
                master = own[place // 3]
                ends = apprentice.left_on
                pairs.append(MasterPair(apprentice=apprentice, master=master, starts_on=row.starts_on, ends_on=ends))
                if self.told[row.pk].wrong == "overload" and place in (3, 4, 6) and ends is None and len(own) > 1:
                    pairs[-1].ends_on = self._taken_over - timedelta(days=1)
                    pairs.append(MasterPair(apprentice=apprentice, master=own[0], starts_on=self._taken_over))
        insert(self.plan, pairs, lambda pair: min(pair.starts_on, self.plan.today))

    @property
    def _taken_over(self) -> date:
        return self.plan.ago(40)

    def make_rotations(self) -> None:
        rows = []
        for apprentice in (row for own in self.apprentices.values() for row in own):
            last = apprentice.left_on or self.plan.today
            begin = apprentice.joined_on
            for number, post in enumerate(POSTS):
                end = begin + timedelta(days=(90, 150, 240, 600)[number])
                if begin > last:
                    break
                over = end < last
                rows.append(
                    Rotation(
                        apprentice=apprentice,
                        post=post,
                        workplace=("实训车间", "一线班组", "技术部", "项目组")[number],
                        starts_on=begin,
                        ends_on=end if over else apprentice.left_on,
                    )
                )
                begin = end + timedelta(days=1)
        insert(self.plan, rows, lambda row: row.starts_on)

    # Reviews -------------------------------------------------------------------------------------------------------

    def make_reviews(self, programmes: list[Apprenticeship]) -> None:
        """Three sides each term, and the firm's of every apprentice; one programme lags behind."""
        rows: list[QualityReview] = []
        terms = list(Term.objects.filter(starts_on__lte=self.plan.today).order_by("starts_on"))
        for row in programmes:
            for term in terms:
                if term.starts_on < row.starts_on - timedelta(days=14) or term.starts_on > row.ends_on:
                    continue
                rows += self._reviews_of(row, term)
        insert(self.plan, rows, lambda row: min(row.term.starts_on, self.plan.today))

    def _reviews_of(self, row: Apprenticeship, term: Term) -> list[QualityReview]:
        today, told = self.plan.today, self.told[row.pk]
        due = max(term.starts_on, min(term.ends_on, row.ends_on) - timedelta(days=14))
        running = term.starts_on <= today <= term.ends_on
        lags = told.wrong == "late" and term.ends_on >= today - timedelta(days=150)
        if lags and running:
            # The college wants the reviews of this programme early, since it lags behind.
            due = max(term.starts_on, min(due, today - timedelta(days=12)))
        found = [QualityReview(programme=row, term=term, side=side, due=due) for side in QualityReview.Side.values]
        if not running:
            living = [a for a in self.apprentices.get(row.pk, []) if a.left_on is None or a.left_on >= term.ends_on]
            found += [QualityReview(programme=row, apprentice=a, term=term, side="firm", due=due) for a in living]
        ahead = told.offset == 0 and told.wrong == "" and running
        for number, review in enumerate(found):
            left_open = lags and (review.side == "apprentice" or number % 9 == 8)
            if left_open or (due >= today and not ahead):
                continue
            review.done_on = min(weekday_before(due - timedelta(days=self.dice.randint(1, 10))), today)
            review.done_on = max(review.done_on, term.starts_on) if not ahead else self.plan.ago(1)
            review.score = Decimal(self.dice.randint(72, 96))
            review.text = self.dice.choice(WORDS if review.apprentice else PROGRAMME_WORDS)
            review.reviewer = self._reviewer(row, review)
        return found

    def _reviewer(self, row: Apprenticeship, review: QualityReview) -> str:
        if review.side == "school":
            return row.owner.name if row.owner else "教研室"
        if review.side == "apprentice":
            own = self.apprentices.get(row.pk)
            return own[0].student.name if own else ""
        return self.names.person("1", older=True)

    # Changes and risks ---------------------------------------------------------------------------------------------

    def make_changes(self, programmes: list[Apprenticeship]) -> None:
        rows = []
        for row in programmes:
            told = self.told[row.pk]
            if told.wrong == "stopped":
                rows.append(
                    CircumstanceChange(
                        programme=row,
                        kind="stop",
                        effective_on=row.ends_on,
                        reason=STOP_REASON,
                        stop_loss=STOP_LOSS,
                        asked_by=row.owner,
                        approved_on=row.ends_on - timedelta(days=5),
                        status=CircumstanceChange.Status.APPROVED,
                    )
                )
            elif told.wrong == "agreement" and self.apprentices.get(row.pk):
                rows.append(
                    CircumstanceChange(
                        programme=row,
                        apprentice=self.apprentices[row.pk][0],
                        kind="pause",
                        effective_on=self.plan.ahead(7),
                        reason="学徒因病需休养两个月。",
                        asked_by=row.owner,
                    )
                )
        insert(self.plan, rows, lambda row: min(row.effective_on - timedelta(days=12), self.plan.ago(3)))

    def make_risks(self, programmes: list[Apprenticeship]) -> None:
        """The stopped programme's risk was seen by people and closed; all others the records show by themselves."""
        stopped = next(row for row in programmes if self.told[row.pk].wrong == "stopped")
        insert(
            self.plan,
            [
                Risk(
                    apprenticeship=stopped,
                    signal="other",
                    title=f"{stopped.name}：企业拟迁出本省，培养岗位难以保证",
                    probability=3,
                    impact=3,
                    found_on=stopped.ends_on - timedelta(days=28),
                    owner=stopped.owner,
                    due=stopped.ends_on - timedelta(days=14),
                    measures=STOP_LOSS,
                    closed_on=stopped.ends_on,
                    status=Risk.Status.CLOSED,
                )
            ],
            lambda row: row.found_on,
        )
        # Counted some weeks ago and again today, as the daily run does: what has lasted has its days behind it.
        refresh_risks(self.plan.ago(18))
        refresh_risks(self.plan.today)
        self._take_in_hand()

    def _take_in_hand(self) -> None:
        """The overloaded master is being seen to: said what is done, and the first task of the play-book is finished."""
        risk = Risk.objects.filter(signal="mentor_overload", status=Risk.Status.OPEN).order_by("pk").first()
        if risk is None:
            return
        handle_risk(risk, by=SYSTEM, measures=OVERLOAD_MEASURES)
        task = risk.tasks.order_by("due", "pk").first()
        if task is not None:
            finish_task(task, by=SYSTEM, done_on=self.plan.ago(3))


def _parties(agreement: Agreement) -> list[AgreementParty]:
    firm = agreement.counterparty
    assert firm is not None
    contact = firm.contacts.order_by("pk").first()
    return [
        AgreementParty(agreement=agreement, order=1, role="school", name=facts.SCHOOL_NAME),
        AgreementParty(
            agreement=agreement,
            order=2,
            role="enterprise",
            organisation=firm,
            name=firm.name,
            uscc=firm.uscc,
            signatory=contact.name if contact else "",
        ),
    ]


def make_apprenticeships(plan: Plan, world: World) -> None:
    """Write the programmes with their people, and count the risks."""
    Apprenticeships(plan, world).make()
