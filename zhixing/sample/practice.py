"""Practice over three cohorts: last year's graded, this year's running or about to begin, the next choosing; and what they lack."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from zhixing.agreements.models import Agreement, AgreementKind, AgreementParty
from zhixing.kernel.models import ApprovalRoute, NumberSeries
from zhixing.org.models import Cohort, Major, Person, Student
from zhixing.partners.models import Contact, Organisation
from zhixing.practice.models import (
    Consent,
    Filing,
    Inspection,
    InsurancePolicy,
    Placement,
    PlanDocument,
    PlanDuty,
    PolicyCover,
    Post,
    PostShare,
    PracticePlan,
    Preference,
    SafetyQuestion,
    SafetyTest,
    Supervisor,
    Violation,
)
from zhixing.practice.readiness import is_minor
from zhixing.practice.redline_store import refresh_plans
from zhixing.sample import college_facts as facts
from zhixing.sample import practice_words as words
from zhixing.sample.governance import pick
from zhixing.sample.names import Names
from zhixing.sample.plan import Plan, insert, join
from zhixing.sample.world import World

_P, _S = PracticePlan.Status, Placement.Status
_TERM = timedelta(days=181)


@dataclass(frozen=True)
class Batch:
    """One way through practice: which entry year, when it begins, and how far it is."""

    code: str
    offset: int
    starts_on: date
    status: str
    groups: tuple[str, ...]
    kind: str = "post"


def make_practice(plan: Plan, world: World) -> None:
    """All of it; the order matters, each part builds upon those before."""
    Practice(plan, world).make()


class Practice:
    """Writes plans, posts and placements with what hangs on them, a statement for each kind and batch."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world, self.dice = plan, world, plan.dice("practice")
        self.names = Names(plan.dice("mentors of practice"))
        self.unit_of = {group.code: group.unit for group in facts.GROUPS}
        self.cohorts: dict[tuple[int, int], list[Cohort]] = defaultdict(list)
        for cohort in world.cohorts:
            self.cohorts[cohort.major_id, cohort.entry_year - plan.year].append(cohort)
        self.students: dict[int, list[Student]] = defaultdict(list)
        for student in Student.objects.exclude(status__in=("left", "suspended")).order_by("number"):
            self.students[student.cohort_id].append(student)
        self.mentors: dict[int, Contact] = {}
        self.plans: list[tuple[Batch, PracticePlan]] = []
        self.posts: dict[int, list[Post]] = defaultdict(list)
        self.shared: dict[int, list[Post]] = defaultdict(list)
        self.placements: list[Placement] = []

    def make(self) -> None:
        self.make_bank()
        self.make_plans()
        self.make_units()
        self.make_posts()
        self.make_shares()
        self.make_placements()
        self.make_consents()
        self.make_insurance()
        self.make_tests()
        self.make_choices()
        refresh_plans(
            [row.pk for batch, row in self.plans if batch.status in (_P.RUNNING, _P.ALLOCATED)], self.plan.today
        )

    # What stands before ------------------------------------------------------------------------------------------------

    def make_bank(self) -> None:
        rows = [
            SafetyQuestion(
                code=code,
                text=text,
                text_en=english,
                options=options,
                options_en=in_english,
                answer=answer,
                major_class=of,
            )
            for code, text, english, options, in_english, answer, of in words.QUESTIONS
        ]
        insert(self.plan, rows)
        stations = [
            {"role": "dean", "at": "own", "idle_days": 3, "escalate": "office"},
            {"role": "office", "at": "school", "idle_days": 3, "escalate": "leader"},
        ]
        route = ApprovalRoute(
            record_type="practice.practice_plan",
            name="实践计划审批",
            effective_from=self.plan.year_start(-3),
            stations=stations,
        )
        insert(self.plan, [route])

    def batches(self) -> list[Batch]:
        every = tuple(group.code for group in facts.GROUPS)
        first = tuple(code for code in every if code not in words.SECOND_BATCH)
        later = tuple(code for code in every if code not in words.CHOOSING)
        day = self.plan
        return [
            Batch("A", -3, day.ago(70 + 364), _P.ENDED, every),
            Batch("B", -2, day.ago(70), _P.RUNNING, first),
            Batch("C", -2, day.ahead(18), _P.ALLOCATED, words.SECOND_BATCH),
            Batch("D", -1, day.ahead(60), _P.CHOOSING, words.CHOOSING),
            Batch("E", -1, day.ahead(90), _P.APPROVED, later),
            Batch("F", -2, day.ahead(40), _P.CHOOSING, (facts.NO_LINK,), "skill"),
        ]

    def make_plans(self) -> None:
        rows = []
        for batch in self.batches():
            for code in batch.groups:
                group = self.world.groups[code]
                for number, major in enumerate(self._majors(code)):
                    if not self.cohorts[major.pk, batch.offset]:
                        continue
                    rows.append(
                        (batch, self._plan(batch, major, group.leader, draft=batch.code == "E" and number == 0))
                    )
        made = insert(self.plan, [row for _batch, row in rows], lambda row: row.starts_on - timedelta(days=120))
        self.plans = [(batch, row) for (batch, _row), row in zip(rows, made, strict=True)]
        pairs = [
            (row.pk, cohort.pk) for batch, row in self.plans for cohort in self.cohorts[row.major_id, batch.offset]
        ]
        join(PracticePlan.cohorts.through, pairs)
        papers, guides, duties = [], [], []
        for n, (batch, row) in enumerate(self.plans):
            duties += self._duties(row, prepares=row.status in (_P.APPROVED, _P.CHOOSING))
            if row.status in (_P.DRAFT, _P.APPROVED, _P.CHOOSING):
                continue
            for kind, title in zip(
                PlanDocument.Kind.values, ("管理办法", "安全管理规定", "应急预案", "实施方案"), strict=True
            ):
                papers.append(
                    PlanDocument(
                        plan=row,
                        kind=kind,
                        title=f"{row.major.name}岗位实习{title}",
                        number=f"教务〔{row.starts_on.year}〕{20 + n % 60}号",
                        issued_on=row.starts_on - timedelta(days=40),
                    )
                )
            size = sum(len(self.students[cohort.pk]) for cohort in self.cohorts[row.major_id, batch.offset])
            unit = row.major.unit.code
            for person in self.dice.sample(
                self.world.faculty[unit], min(len(self.world.faculty[unit]), 1 + size // 15)
            ):
                phone = f"{words.OFFICE}{20 + len(guides) % 70}"
                guides.append(Supervisor(plan=row, person=person, limit=20, work_phone=phone))
        insert(self.plan, papers, lambda paper: paper.issued_on)
        insert(self.plan, duties, lambda duty: duty.confirmed_on)
        insert(self.plan, guides)

    def _duties(self, row: PracticePlan, *, prepares: bool) -> list[PlanDuty]:
        """What the leader of the practice has confirmed by name; where it still prepares, the address for complaints is to come."""
        if row.kind != "post" or row.status == _P.DRAFT or row.owner_id is None:
            return []
        day = min(row.starts_on - timedelta(days=40), self.plan.ago(6))
        said = {**words.DUTIES, **({} if prepares else words.CHANNEL)}
        contact = {"phone": words.HOTLINE, "email": words.HOTMAIL}
        return [
            PlanDuty(
                plan=row,
                duty=duty,
                statement=statement,
                person=row.owner,
                confirmed_on=day,
                **(contact if duty in words.CHANNEL else {}),
            )
            for duty, statement in said.items()
        ]

    def _majors(self, group: str) -> list[Major]:
        return [major for major in self.world.majors.values() if major.group_id == self.world.groups[group].pk]

    def _plan(self, batch: Batch, major: Major, leader: Person | None, draft: bool) -> PracticePlan:
        starts = batch.starts_on
        skill = batch.kind == "skill"
        status = _P.DRAFT if draft else batch.status
        known = list(self.world.years.values())
        day = min(starts, max(item.ends_on for item in known))
        year = next(item for item in known if item.starts_on <= day <= item.ends_on)
        return PracticePlan(
            code=f"SX-{starts.year}-{major.code}-{batch.code}",
            title=f"{self.plan.year + batch.offset}级{major.name}{'技能实训' if skill else '岗位实习'}",
            kind=batch.kind,
            major=major,
            year=year,
            owner=leader,
            starts_on=starts,
            ends_on=starts + (timedelta(days=25) if skill else _TERM),
            weeks=4 if skill else 26,
            duty_phone=words.DUTY_PHONE,
            aims=words.AIMS,
            choose_from=self.plan.ago(6) if batch.status == _P.CHOOSING else starts - timedelta(days=45),
            choose_until=self.plan.ahead(9) if batch.status == _P.CHOOSING else starts - timedelta(days=30),
            approved_on=None if draft else min(starts - timedelta(days=75), self.plan.ago(8)),
            published_on=min(starts - timedelta(days=50), self.plan.ago(7))
            if status not in (_P.DRAFT, _P.APPROVED)
            else None,
            status=status,
        )

    def make_units(self) -> None:
        """The firms that take students, each with a mentor and a report of the visit before; filings and breaches."""
        used: dict[int, tuple[Organisation, str]] = {}
        for group in facts.GROUPS:
            for firm in self.world.firms_of[group.code] or self.world.firms[:12]:
                # Only a registered unit takes students (art. 2).
                if firm.uscc and firm.status == Organisation.Status.ACTIVE:
                    used.setdefault(firm.pk, (firm, group.code))
        self.used = used
        there = Contact.objects.filter(organisation__in=used, role=Contact.Role.MENTOR, archived_at=None)
        self.mentors = {row.organisation_id: row for row in there.order_by("-pk")}
        new = [
            Contact(
                organisation=firm,
                name=self.names.person(self.names.sex(0.6), older=True),
                role=Contact.Role.MENTOR,
                position="部门主管",
                phone=self.names.mobile(),
            )
            for pk, (firm, _group) in used.items()
            if pk not in self.mentors
        ]
        self.mentors |= {row.organisation_id: row for row in insert(self.plan, new)}
        visits, breaches = [], []
        for n, (firm, code) in enumerate(used.values()):
            unit = self.world.units[self.unit_of[code]]
            if n % 29 == 28:
                continue  # Nobody has been there yet.
            visits.append(
                Inspection(
                    organisation=firm,
                    unit=unit,
                    inspected_on=self.plan.ago(500 if n % 3 else 110),
                    valid_until=self.plan.ahead(400),
                    inspector=pick(self.dice, self.world.faculty[unit.code]),
                    headings=list(Inspection.Heading.values),
                    report=words.REPORT,
                )
            )
        breach = next((firm for firm, code in used.values() if code == words.FOUND_IN_BREACH), None)
        if breach is not None:
            breaches.append(
                Violation(
                    organisation=breach,
                    kind=Violation.Kind.SAFETY,
                    found_on=self.plan.ago(20),
                    source="海南省应急管理厅行政处罚公示",
                    text="未按规定对从业人员进行安全生产教育培训。",
                )
            )
        insert(self.plan, visits, lambda row: row.inspected_on)
        insert(self.plan, breaches, lambda row: row.found_on)

    # Posts and places --------------------------------------------------------------------------------------------------

    def make_posts(self) -> None:
        rows = []
        regions = [place[-1] for place in words.PLACES]
        for batch, plan in self.plans:
            if plan.status in (_P.DRAFT,):
                continue
            group = plan.major.group.code if plan.major.group else ""
            firms = [firm for firm, of in self.used.values() if of == group] or [
                firm for firm, _of in self.used.values()
            ]
            size = sum(len(self.students[cohort.pk]) for cohort in self.cohorts[plan.major_id, batch.offset])
            for number in range(1, max(3, -(-size // 5)) + 1):
                firm = firms[number % len(firms)]
                title, tasks, pay = words.POSTS[self.unit_of.get(group, "T01")][number % 4]
                region, east, north, town, _weight = self.dice.choices(words.PLACES, regions)[0]
                status = Post.Status.APPROVED
                if batch.status == _P.ENDED:
                    status = Post.Status.CLOSED
                elif plan.status == _P.APPROVED:
                    status = self.dice.choice((Post.Status.DRAFT, Post.Status.OFFERED, Post.Status.APPROVED))
                elif number == 2 and plan.status == _P.CHOOSING:
                    status = Post.Status.OFFERED
                open_ = status in (Post.Status.APPROVED, Post.Status.CLOSED)
                row = Post(
                    code=f"{plan.code}-P{number:03d}",
                    title=title,
                    plan=plan,
                    organisation=firm,
                    copied_from=None,
                    places=self.dice.choice((5, 6, 6, 8)),
                    tasks=tasks,
                    requirements="遵守安全规程，服从岗位管理",
                    major_classes=[plan.major.code[:2]],
                    address=f"{town}{firm.short_name or firm.name[:8]}",
                    region=region,
                    longitude=Decimal(east) + Decimal(self.dice.randint(-4, 4)) / 100,
                    latitude=Decimal(north) + Decimal(self.dice.randint(-4, 4)) / 100,
                    mentor=self.mentors.get(firm.pk),
                    hours_day=Decimal(8),
                    hours_week=Decimal(40),
                    night_shift=group == words.NIGHT_NOT_FILED and number == 1,
                    pay=Decimal(pay + self.dice.randint(-2, 4) * 100),
                    same_post_wage=Decimal(pay + 600),
                    lowest_wage=Decimal(2010),
                    staff_total=max(firm.staff_count or 0, 260) + 400,
                    staff_same_post=90 + size,
                    housing=self.dice.random() < 0.6,
                    meals=self.dice.random() < 0.7,
                    approved_on=min(plan.starts_on - timedelta(days=60), self.plan.ago(7)) if open_ else None,
                    status=status,
                )
                rows.append(row)
        for row in insert(self.plan, rows, lambda row: row.plan.starts_on - timedelta(days=90)):
            self.posts[row.plan_id].append(row)
        self._copied()
        nights = [row for row in rows if row.night_shift and row.plan.status == _P.ENDED]
        filings = [
            Filing(
                number=f"琼教实备〔{row.plan.starts_on.year}〕{n:03d}号",
                unit=row.plan.major.unit,
                organisation=row.organisation,
                plan=row.plan,
                subjects=["night"],
                authority=words.AUTHORITY,
                filed_on=row.plan.starts_on - timedelta(days=15),
                starts_on=row.plan.starts_on,
                ends_on=row.plan.ends_on,
                reason="民航地勤岗位须轮值夜班，属专业岗位特殊需要。",
            )
            for n, row in enumerate(nights, 1)
        ]
        insert(self.plan, filings, lambda row: row.filed_on)

    def _copied(self) -> None:
        before = {plan.major_id: plan.pk for batch, plan in self.plans if batch.code == "A"}
        changed = []
        for batch, plan in self.plans:
            if batch.code == "B" and plan.major_id in before:
                for old, new in zip(self.posts[before[plan.major_id]], self.posts[plan.pk], strict=False):
                    new.copied_from = old
                    changed.append(new)
        Post.objects.bulk_update(changed, ["copied_from"], batch_size=1000)

    def make_shares(self) -> None:
        """Two majors that choose these days share posts: the firms ask for people of either."""
        choosing = {plan.major.code: plan for batch, plan in self.plans if batch.status == _P.CHOOSING}
        pair = [choosing[code] for code in words.SHARING if code in choosing]
        rows = []
        for home, guest in ((pair[0], pair[1]), (pair[1], pair[0])) if len(pair) == 2 else ():
            posts = [post for post in self.posts[home.pk] if post.status == Post.Status.APPROVED]
            for n, post in enumerate(posts[: max(2, len(posts) // 4)]):
                kept, most = ((2, None), (0, 3), (0, None))[n % 3]
                rows.append(PostShare(post=post, plan=guest, kept=kept, most=most))
                self.shared[guest.pk].append(post)
        insert(self.plan, rows, lambda row: row.post.plan.starts_on - timedelta(days=85))

    def make_placements(self) -> None:
        guides: dict[int, list[int]] = defaultdict(list)
        for plan_id, person in Supervisor.objects.order_by("pk").values_list("plan", "person"):
            guides[plan_id].append(person)
        rows = []
        for batch, plan in self.plans:
            if batch.status not in (_P.ENDED, _P.RUNNING, _P.ALLOCATED):
                continue
            students = [row for cohort in self.cohorts[plan.major_id, batch.offset] for row in self.students[cohort.pk]]
            seats = [post for post in self.posts[plan.pk] for _place in range(post.places)]
            for n, (student, post) in enumerate(zip(students, seats, strict=False)):
                rows.append(self._placement(batch, plan, student, post, guides[plan.pk], n))
        # Their agreements first: so each placement is written once, with its agreement.
        self.make_agreements(rows)
        self.placements = insert(self.plan, rows, lambda row: row.starts_on - timedelta(days=25))

    def _placement(
        self, batch: Batch, plan: PracticePlan, student: Student, post: Post, guides: list[int], n: int
    ) -> Placement:
        row = Placement(
            plan=plan,
            student=student,
            post=post,
            supervisor_id=guides[n % len(guides)] if guides else None,
            mentor=post.mentor,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            accepted_on=min(plan.starts_on - timedelta(days=20), self.plan.ago(5)),
            living=Placement.Living.UNIT if post.housing else Placement.Living.SCHOOL,
            choice_rank=self.dice.choices((1, 2, 3, None), (6, 3, 1, 1))[0],
        )
        if batch.status == _P.ENDED:
            lot = self.dice.random()
            row.status, row.ended_on = _S.GRADED, plan.ends_on
            row.score = row.computed_score = Decimal(self.dice.randint(62, 97) if lot > 0.01 else 52)
            row.level = (
                "fail" if row.score < 60 else "pass" if row.score < 75 else "good" if row.score < 90 else "excellent"
            )
            row.hired = self.dice.choices(("hired", "not", "unknown"), (42, 48, 10))[0]
            if 0.01 < lot < 0.03:
                row.status, row.score, row.computed_score, row.level, row.hired = _S.BROKEN, None, None, "", "not"
                row.ended_on = plan.starts_on + timedelta(days=self.dice.randint(20, 120))
                row.end_reason = self.dice.choice(("专升本备考", "家庭原因", "岗位与专业不符，学生提出"))
        elif batch.status == _P.RUNNING:
            row.status = _S.RUNNING
        else:
            row.status = _S.CONFIRMED if n % 11 else _S.PROPOSED
            row.accepted_on = row.accepted_on if n % 3 else None
            row.supervisor_id = row.supervisor_id if n % 17 else None
        return row

    # What must be there ------------------------------------------------------------------------------------------------

    def make_consents(self) -> None:
        rows = []
        for n, row in enumerate(self.placements):
            if row.status == _S.PROPOSED:
                continue
            preparing = row.status == _S.CONFIRMED
            for party in Consent.Party.values:
                given = not (preparing and (n + (party == "guardian") * 2) % 5 == 0) and n % 61
                day = min(row.starts_on - timedelta(days=12), self.plan.ago(2))
                name = (
                    row.student.name if party == "student" else row.student.guardian_name or f"{row.student.name}家长"
                )
                rows.append(
                    Consent(
                        placement=row,
                        party=party,
                        name=name,
                        on_paper=bool(given) and n % 3 == 0,
                        decided_on=day if given else None,
                        status="given" if given else "waiting",
                    )
                )
        insert(self.plan, rows, lambda row: row.placement.starts_on - timedelta(days=20))

    def make_insurance(self) -> None:
        """A policy for each college and batch; one ends too early, and some of the second batch are not on it yet."""
        policies: dict[tuple[int, str], InsurancePolicy] = {}
        code_of = {plan.pk: batch.code for batch, plan in self.plans}
        for row in self.placements:
            unit, code = row.plan.major.unit, code_of[row.plan_id]
            if (unit.pk, code) not in policies:
                policies[unit.pk, code] = InsurancePolicy(
                    number=f"PZRX{row.starts_on.year}4601{unit.code}{code}{len(policies):03d}",
                    kind=InsurancePolicy.Kind.LIABILITY,
                    unit=unit,
                    insurer=words.INSURERS[len(policies) % 2],
                    starts_on=row.starts_on,
                    ends_on=row.ends_on + timedelta(days=30),
                    premium=Decimal(40),
                )
        short = self.unit_of[words.SHORT_INSURANCE]
        for (_unit, code), policy in policies.items():
            if policy.unit.code == short and code == "B":
                policy.ends_on = policy.starts_on + timedelta(days=120)
        insert(self.plan, list(policies.values()), lambda row: row.starts_on - timedelta(days=15))
        covers = [
            PolicyCover(policy=policies[row.plan.major.unit_id, code_of[row.plan_id]], student=row.student)
            for n, row in enumerate(self.placements)
            if row.status not in (_S.CONFIRMED, _S.PROPOSED) or n % 4
        ]
        insert(self.plan, covers, lambda row: row.policy.starts_on - timedelta(days=10))

    def make_tests(self) -> None:
        rows = []
        for n, row in enumerate(self.placements):
            if row.status == _S.PROPOSED or (row.status == _S.CONFIRMED and n % 3 == 0):
                continue
            day = min(row.starts_on - timedelta(days=8), self.plan.ago(1))
            if n % 9 == 0:
                rows.append(self._test(row, day - timedelta(days=2), 1, self.dice.choice((50, 60, 70))))
            rows.append(self._test(row, day, 1 + (n % 9 == 0), self.dice.choice((80, 90, 90, 100))))
        insert(self.plan, rows, lambda row: row.taken_on)

    @staticmethod
    def _test(row: Placement, day: date, attempt: int, score: int) -> SafetyTest:
        return SafetyTest(
            plan=row.plan, student=row.student, taken_on=day, attempt=attempt, score=Decimal(score), pass_mark=80
        )

    def make_agreements(self, placements: list[Placement]) -> None:
        """Tripartite agreements: of last year ended, of this year in force, of the second batch half of them ready to sign."""
        kind = AgreementKind.objects.get(code="tripartite")
        last = dict(NumberSeries.objects.filter(key__startswith="agreements:").values_list("key", "last"))
        wording = {spec["code"]: spec.get("text", "") for spec in kind.contents}
        # Some students have an agreement with the same firm from the register of agreements: two stretches may touch.
        held = set(Agreement.objects.filter(kind=kind).values_list("student_id", "counterparty_id"))
        rows, of = [], []
        for n, row in enumerate(placements):
            preparing = row.status in (_S.CONFIRMED, _S.PROPOSED)
            if row.status == _S.PROPOSED or (preparing and n % 2):
                continue
            unit = row.plan.major.unit
            key = f"agreements:{row.starts_on.year}:{unit.code}"
            last[key] = last.get(key, 0) + 1
            over = row.status in (_S.GRADED, _S.BROKEN)
            status = "approved" if preparing and n % 4 == 0 else "ended" if over else "in_force"
            rows.append(
                Agreement(
                    kind=kind,
                    number=f"{kind.prefix}-{row.starts_on.year}-{unit.code}-{last[key]:03d}",
                    title=f"{row.student.name}岗位实习三方协议",
                    unit=unit,
                    major=row.plan.major,
                    counterparty=row.post.organisation,
                    student=row.student,
                    owner=row.plan.owner,
                    starts_on=row.starts_on,
                    ends_on=row.ends_on,
                    signed_on=None
                    if status == "approved"
                    else min(row.starts_on - timedelta(days=10), self.plan.ago(2)),
                    ended_on=row.ended_on if over else None,
                    status=status,
                    overlap_reason="与同一单位的两段实习相衔接"
                    if (row.student_id, row.post.organisation_id) in held
                    else "",
                    contents=wording,
                    details={"post": row.post.title, "hours_day": "8", "hours_week": "40", "pay": str(row.post.pay)},
                )
            )
            of.append(row)
        made = insert(self.plan, rows, lambda row: row.starts_on - timedelta(days=18))
        for placement, agreement in zip(of, made, strict=True):
            placement.agreement = agreement
        parties = []
        for placement, agreement in zip(of, made, strict=True):
            firm, student = placement.post.organisation, placement.student
            at = self.plan.at(agreement.starts_on - timedelta(days=15))
            named = {"agreement": agreement, "confirmed_at": at, "confirmed_by": "线上确认"}
            parties += [
                AgreementParty(**named, order=1, role="school", name=facts.SCHOOL_NAME),
                AgreementParty(**named, order=2, role="enterprise", organisation=firm, name=firm.name, uscc=firm.uscc),
                AgreementParty(
                    **named, order=3, role="student", student=student, name=student.name, signatory=student.name
                ),
            ]
            if is_minor(placement):
                name = student.guardian_name or f"{student.name}家长"
                parties.append(
                    AgreementParty(**named, order=4, role="guardian", student=student, name=name, signatory=name)
                )
        insert(self.plan, parties, lambda row: row.agreement.starts_on - timedelta(days=18))
        NumberSeries.objects.bulk_create(
            [NumberSeries(key=key, last=number) for key, number in last.items()],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["last"],
        )

    def make_choices(self) -> None:
        """Two of three students have chosen already."""
        rows = []
        for batch, plan in self.plans:
            if batch.status != _P.CHOOSING or batch.kind != "post":
                continue
            open_posts = [post for post in self.posts[plan.pk] if post.status == Post.Status.APPROVED]
            students = [row for cohort in self.cohorts[plan.major_id, batch.offset] for row in self.students[cohort.pk]]
            for n, student in enumerate(students):
                if n % 3 == 0 or not open_posts:
                    continue
                wanted = self.dice.sample(open_posts, min(len(open_posts), self.dice.randint(2, 5)))
                if neighbours := self.shared[plan.pk]:
                    # What the neighbours offer is wanted most, by more than there are places.
                    wanted = [neighbours[n % 3 % len(neighbours)], *wanted[:4]]
                rows += [Preference(plan=plan, student=student, post=post, rank=i) for i, post in enumerate(wanted, 1)]
        insert(self.plan, rows, lambda row: self.plan.ago(3))
