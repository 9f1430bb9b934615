"""Training with firms over three years: plans and their signatures, projects in courses, order classes from need to hiring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from zhixing.agreements import seeding
from zhixing.agreements.models import Agreement, AgreementKind, AgreementParty
from zhixing.cultivation.matching import Place, match
from zhixing.cultivation.models import (
    Ability,
    Applicant,
    CourseChange,
    EnterpriseProject,
    FirmRank,
    FollowUp,
    Hire,
    OrderClass,
    OrderPost,
    PlanCourse,
    PlanSignature,
    Post,
    ProjectUse,
    RosterEntry,
    SharedResource,
    StudentRank,
    TrainingPlan,
)
from zhixing.cultivation.queries import months_from
from zhixing.org.models import Major, Student, Term
from zhixing.partners.models import Need, Organisation
from zhixing.sample import college_facts as facts
from zhixing.sample import cultivation_words as words
from zhixing.sample.plan import Plan, insert, join, weekday_after
from zhixing.sample.world import World

_S, _P = OrderClass.Status, TrainingPlan.Status


@dataclass(frozen=True)
class Told:
    """One order class of the story: for the major, begun in the year of `offset`, for those entered in that of `entry`."""

    major: str
    offset: int
    entry: int
    state: str
    signed: bool = True
    # Without it no project of the firm has come into a course this year.
    taught: bool = True


# Three years, every state. One running class has a plan its firm never signed, another has used no real project yet.
CLASSES = (
    Told("540106", -3, -3, _S.CLOSED),
    Told("460702", -3, -3, _S.CLOSED),
    Told("510203", -2, -3, _S.CLOSED),
    Told("530302", -2, -3, _S.FINISHED),
    Told("500405", -1, -3, _S.FINISHED),
    Told("540202", -1, -3, _S.FINISHED),
    Told("550102", -1, -2, _S.RUNNING),
    Told("460301", -1, -2, _S.RUNNING),
    Told("530701", -1, -2, _S.RUNNING, signed=False),
    Told("510205", 0, -2, _S.RUNNING, taught=False),
    Told("410303", 0, -1, _S.MATCHED),
    Told("510204", 0, -1, _S.RECRUITING),
    Told("540101", 0, -1, _S.PLANNED),
    Told("440301", -1, -2, _S.CANCELLED),
)
_TRAINED = (_S.RUNNING, _S.FINISHED, _S.CLOSED)
_OVER = (_S.FINISHED, _S.CLOSED)
# Majors with a plan but no order class; the last two are on their way.
MORE_PLANS = (("410103", _P.APPROVED), ("440501", _P.APPROVED), ("570102K", _P.APPROVED), ("540110", _P.FIRM_REVIEW))
NEW_VERSIONS = ("540106", "510203")


class Cultivation:
    """Writes the domain; each step builds upon those before."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world, self.dice = plan, world, plan.dice("cultivation")
        self.plans: dict[str, TrainingPlan] = {}  # the version in force, by major
        self.courses: dict[int, list[PlanCourse]] = {}
        self.posts: dict[str, list[Post]] = {}
        self.abilities: dict[str, list[Ability]] = {}
        self.projects: list[EnterpriseProject] = []
        self.firms: dict[str, Organisation] = {}
        taken: set[int] = set()
        for code in [told.major for told in CLASSES] + [code for code, _state in MORE_PLANS]:
            self.firms[code] = self._firm(world.majors[code], taken)
            taken.add(self.firms[code].pk)

    def make(self) -> None:
        self.make_profiles()
        self.make_plans()
        self.make_projects()
        self.make_classes()
        self.make_resources()

    def _firm(self, major: Major, taken: set[int]) -> Organisation:
        """A firm of the trade, if there is one that no other class of the story has."""
        fitting = self.world.firms_of[major.group.code if major.group else ""]
        free = [firm for firm in fitting if firm.pk not in taken]
        # A tiny college knows fewer firms than it has classes: some order twice.
        others = [firm for firm in self.world.firms if firm.pk not in taken]
        return self.dice.choice(free or others or fitting)

    @staticmethod
    def _trade(major: Major) -> words.Trade:
        return words.TRADES[major.group.code if major.group else "ZYQ01"]

    # Posts, abilities, plans ---------------------------------------------------------------------------------------

    def make_profiles(self) -> None:
        """The posts of each major with a plan and what they ask: each post asks three to four of the abilities."""
        posts, abilities = [], []
        for code, firm in self.firms.items():
            major = self.world.majors[code]
            trade = self._trade(major)
            self.posts[code] = [
                Post(major=major, name=name, organisation=firm if i == 0 else None)
                for i, name in enumerate(trade.posts)
            ]
            kinds = ("skill", "skill", "skill", "knowledge", "quality")
            self.abilities[code] = [
                Ability(major=major, name=name, kind=kind) for name, kind in zip(trade.abilities, kinds, strict=True)
            ]
            posts += self.posts[code]
            abilities += self.abilities[code]
        insert(self.plan, posts)
        insert(self.plan, abilities)
        pairs = []
        for code, own in self.posts.items():
            for i, post in enumerate(own):
                asked = [self.abilities[code][(i + k) % 5] for k in range(3)]
                pairs += [(ability.pk, post.pk) for ability in asked]
        join(Ability.posts.through, pairs)

    def make_plans(self) -> None:
        """One plan for each major of the story; two in their second version, two still on their way."""
        rows = []
        for told in CLASSES:
            state = _P.DRAFT if told.state == _S.PLANNED else _P.APPROVED
            rows.append(self._plan(told.major, told.entry, state))
        rows += [self._plan(code, -1, state) for code, state in MORE_PLANS]
        old = [self._plan(code, -3, _P.REPLACED) for code in NEW_VERSIONS]
        for earlier in insert(self.plan, old, lambda row: row.approved_on):
            later = next(row for row in rows if row.major_id == earlier.major_id)
            later.code, later.version, later.replaces = f"{earlier.code}-V2", 2, earlier
            later.title = f"{earlier.title}（第2版）"
            later.change_reason = words.CHANGE_REASON
            later.approved_on = (earlier.approved_on or self.plan.ago(400)) + timedelta(days=280)
        insert(self.plan, rows, lambda row: row.approved_on or self.plan.ago(30))
        self.plans = {row.major.code: row for row in rows}
        self._fill(old + rows)
        self._sign_plans(old + rows)

    def _plan(self, code: str, entry: int, state: str) -> TrainingPlan:
        major, year = self.world.majors[code], self.plan.year + entry
        approved = state in (_P.APPROVED, _P.REPLACED)
        return TrainingPlan(
            code=f"PY{year}-{code}",
            title=f"{year}级{major.name}专业人才培养方案",
            major=major,
            entry_year=year,
            author=major.leader,
            status=state,
            approved_on=weekday_after(date(year, 6, 20)) if approved else None,
        )

    def _fill(self, rows: list[TrainingPlan]) -> None:
        """Courses, firms, classes and posts of each plan; the second version has one course more and longer practice."""
        courses: list[PlanCourse] = []
        for row in rows:
            code, firm = row.major.code, self.firms[row.major.code]
            own = [
                PlanCourse(
                    plan=row,
                    code=f"G{n:03}",
                    name=name,
                    kind=kind,
                    term_number=term,
                    hours=hours,
                    practice_hours=practice,
                )
                for n, (name, kind, term, hours, practice) in enumerate(words.COMMON, 1)
            ]
            names = self._trade(row.major).courses[: 5 if row.status == _P.REPLACED else 6]
            for n, name in enumerate(names, 1):
                hours = words.HOURS[(n + len(code)) % 4]
                practice = hours // 2 + (8 if row.version == 2 and n < 3 else 0)
                own.append(
                    PlanCourse(
                        plan=row,
                        code=f"{code[:4]}{n:02}",
                        name=name,
                        kind="core" if n < 6 else "extension",
                        term_number=min(5, n),
                        hours=hours,
                        practice_hours=practice,
                        organisation=firm if n in (3, 4, 6) else None,
                    )
                )
            self.courses[id(row)] = own
            courses += own
        insert(self.plan, courses, lambda course: course.plan.approved_on or self.plan.ago(30))
        by_row = {row: self.courses.pop(id(row)) for row in rows}
        self.courses = {row.pk: own for row, own in by_row.items()}
        taught = []
        for row in rows:
            core = [course for course in self.courses[row.pk] if course.kind in ("core", "extension")]
            for n, ability in enumerate(self.abilities[row.major.code]):
                # In plans on their way one ability has no course yet.
                if not (row.status != _P.APPROVED and n == 4):
                    taught += [(core[n].pk, ability.pk), (core[-1 - n].pk, ability.pk)]
        join(PlanCourse.abilities.through, taught)
        join(TrainingPlan.posts.through, [(row.pk, post.pk) for row in rows for post in self.posts[row.major.code]])
        join(
            TrainingPlan.cohorts.through,
            [
                (row.pk, cohort.pk)
                for row in rows
                for cohort in self.world.cohorts
                if cohort.major_id == row.major_id and cohort.entry_year == row.entry_year
            ],
        )
        self._note_changes(rows)

    def _note_changes(self, rows: list[TrainingPlan]) -> None:
        kinds, changes = CourseChange.Kind, []
        for row in rows:
            if row.replaces is None or row.approved_on is None:
                continue
            before = {course.code: course for course in self.courses[row.replaces.pk]}
            for course in self.courses[row.pk]:
                was = before.get(course.code)
                if was is not None and was.practice_hours == course.practice_hours:
                    continue
                what = f"实践学时: {was.practice_hours} → {course.practice_hours}" if was else ""
                changes.append(
                    CourseChange(
                        plan=row,
                        course=course,
                        course_name=course.name,
                        kind=kinds.CHANGED if was else kinds.ADDED,
                        changed_on=row.approved_on,
                        what=what,
                        reason=words.CHANGE_REASON,
                    )
                )
        insert(self.plan, changes, lambda change: change.changed_on)

    def _sign_plans(self, rows: list[TrainingPlan]) -> None:
        unsigned = {told.major for told in CLASSES if not told.signed}
        named = [row for row in rows if row.major.code not in unsigned]
        join(TrainingPlan.organisations.through, [(row.pk, self.firms[row.major.code].pk) for row in named])
        signed = [row for row in named if row.approved_on]
        insert(
            self.plan,
            [
                PlanSignature(
                    plan=row,
                    organisation=self.firms[row.major.code],
                    contact_name=self._contact(self.firms[row.major.code]),
                    signed_on=row.approved_on - timedelta(days=12),  # type: ignore[operator]
                    opinion=self.dice.choice(words.OPINION),
                )
                for row in signed
            ],
            lambda row: row.signed_on,
        )

    def _contact(self, firm: Organisation) -> str:
        contact = firm.contacts.order_by("pk").first()
        return contact.name if contact else "企业负责人"

    # Projects ------------------------------------------------------------------------------------------------------

    def make_projects(self) -> None:
        """Projects of firms of each trade; three in four are real in all three respects."""
        taken: set[tuple[int, str]] = set()
        for number in range(self.plan.times(60, least=26)):
            group = facts.GROUPS[number % len(facts.GROUPS)]
            majors = [code for code in self.firms if self.world.majors[code].group == self.world.groups[group.code]]
            # The ordering firms first: their classes are taught with their projects.
            firm = self.firms[majors[(number // 13) % len(majors)]] if majors and number < 39 else None
            firm = firm or self.dice.choice(self.world.firms_of[group.code])
            title = words.TRADES[group.code].projects[(number // 13) % 4]
            if (firm.pk, title) in taken:
                continue
            taken.add((firm.pk, title))
            since = self.plan.ago(self.dice.randint(320, 900))
            facts_known = 3 if number < 26 or self.dice.random() < 0.7 else self.dice.randint(1, 2)
            days = [since, since + timedelta(days=14), since + timedelta(days=30)]
            known = {
                name: (days[i], words.EVIDENCE[i]) if i < facts_known else (None, "")
                for i, name in enumerate(("real_project", "real_scene", "real_practice"))
            }
            self.projects.append(
                EnterpriseProject(
                    title=title,
                    organisation=firm,
                    unit=self.world.units[group.unit],
                    owner=self.dice.choice(self.world.faculty[group.unit]),
                    product_version=f"V{self.dice.randint(1, 4)}.{self.dice.randint(0, 9)}",
                    hours=self.dice.choice((16, 24, 32, 40)),
                    summary=f"来自{firm.short_name or firm.name}的真实任务，按企业交付标准实施。",
                    **{f"{name}_on": day for name, (day, _said) in known.items()},
                    **{f"{name}_evidence": said for name, (_day, said) in known.items()},
                )
            )
        insert(self.plan, self.projects, lambda row: row.real_project_on or self.plan.ago(100))

    def _use(self, rows: list[OrderClass]) -> None:
        """The order classes are taught with projects in each year they ran; other plans now and then."""
        terms = {(term.year.starts_on.year, term.number): term for term in Term.objects.select_related("year")}
        uses: list[ProjectUse] = []
        told_of = {told.major: told for told in CLASSES}
        for row in rows:
            told = told_of[row.major.code]
            if row.status not in _TRAINED or row.plan is None:
                continue
            for offset in range(told.offset, 1 if row.status == _S.RUNNING else 0):
                if offset == 0 and not told.taught:
                    continue
                uses += self._uses_in(row.plan, terms, offset, row)
        with_class = {row.plan_id for row in rows if row.status in _TRAINED}
        for plan in self.plans.values():
            if plan.status == _P.APPROVED and plan.pk not in with_class:
                for offset in (-1, 0):
                    uses += self._uses_in(plan, terms, offset, None)
        once = {(use.project_id, use.course_id, use.term_id): use for use in uses}
        insert(self.plan, list(once.values()), lambda use: use.used_on)

    def _uses_in(
        self, plan: TrainingPlan, terms: dict[tuple[int, int], Term], offset: int, row: OrderClass | None
    ) -> list[ProjectUse]:
        group = plan.major.group
        fitting = [
            p for p in self.projects if group and p.title in words.TRADES[group.code].projects and p.real_practice_on
        ]
        own = [p for p in fitting if p.organisation_id == self.firms[plan.major.code].pk]
        core = [course for course in self.courses[plan.pk] if course.kind == "core"]
        found = []
        for project in self.dice.sample(own or fitting, min(len(own or fitting), 3)):
            # What went well is done again in another course the term after.
            for number in (1,) if offset == 0 else self.dice.choice(((1,), (2,), (1, 2), (1, 2))):
                term = terms.get((self.plan.year + offset, number))
                if term is None:
                    continue
                last = min(term.ends_on - timedelta(days=14), self.plan.ago(2))
                first = term.starts_on + timedelta(days=14)
                if first > last:
                    continue
                found.append(
                    ProjectUse(
                        project=project,
                        course=self.dice.choice(core),
                        term=term,
                        order_class=row,
                        teacher=self.dice.choice(self.world.faculty[plan.major.unit.code]),
                        used_on=self.plan.within(self.dice, first, last),
                        hours=min(project.hours, 32),
                        students=self.dice.randint(18, 42),
                        outcome=self.dice.choice(words.OUTCOME),
                    )
                )
        return found

    # Order classes -------------------------------------------------------------------------------------------------

    def make_classes(self) -> None:
        rows, needs = [], []
        for number, told in enumerate(CLASSES, 1):
            major, firm = self.world.majors[told.major], self.firms[told.major]
            starts, ends = self._days(told)
            quota = self.dice.choice((20, 24, 30))
            short = firm.short_name or firm.name
            needs.append(self._need(told, major, firm, quota, starts))
            rows.append(
                OrderClass(
                    code=f"DD{starts.year}-{number:02}",
                    name=f"{short}{major.name}订单班",
                    organisation=firm,
                    major=major,
                    owner=major.leader,
                    plan=self.plans[told.major],
                    quota=quota,
                    promised_posts=quota - self.dice.choice((0, 4, 6)),
                    scholarship=self.dice.choice((None, 20_000, 50_000, 100_000)),
                    recruits_until=self._deadline(told, starts),
                    starts_on=starts,
                    ends_on=ends,
                    status=told.state,
                    note="企业年度招聘计划取消，协商终止开班。" if told.state == _S.CANCELLED else "",
                )
            )
        for row, need in zip(rows, insert(self.plan, needs, lambda need: need.raised_on), strict=True):
            row.need = need
        join(Need.majors.through, [(need.pk, row.major_id) for need, row in zip(needs, rows, strict=True)])
        self._agree(rows)
        insert(self.plan, rows, lambda row: min(row.starts_on - timedelta(days=110), self.plan.ago(6)))
        tailored = [
            (row.pk, course.pk)
            for row in rows
            for course in self.courses[self.plans[row.major.code].pk]
            if course.organisation_id
        ]
        join(OrderClass.courses.through, tailored)
        self._use(rows)
        self._choose(rows)

    def _days(self, told: Told) -> tuple[date, date]:
        """Order classes end when their students graduate; those to come begin in the next term or year."""
        graduation = date(self.plan.year + told.entry + 3, 6, 30)
        if told.state in (_S.MATCHED, _S.RECRUITING, _S.PLANNED):
            return self.plan.ahead({_S.MATCHED: 45, _S.RECRUITING: 95, _S.PLANNED: 120}[_S(told.state)]), graduation
        return self.plan.terms(told.offset)[0][0], graduation

    def _deadline(self, told: Told, starts: date) -> date | None:
        if told.state == _S.RECRUITING:
            return self.plan.ahead(18)
        if told.state == _S.PLANNED:
            return None
        return min(starts - timedelta(days=40), self.plan.ago(12))

    def _need(self, told: Told, major: Major, firm: Organisation, quota: int, starts: date) -> Need:
        status = Need.Status
        return Need(
            title=f"{firm.short_name or firm.name}订单培养{quota}名{major.name}人才",
            organisation=firm,
            kind=Need.Kind.TALENT,
            number=quota,
            raised_on=min(starts - timedelta(days=150), self.plan.ago(20)),
            due=starts,
            detail="按企业岗位标准联合制定方案，提供奖学金和带薪实习，合格者全部录用。",
            claimed_by=major.leader,
            claimed_unit=major.unit,
            status=status.MET if told.state in _OVER else status.CLAIMED,
            result="订单班已结业，毕业生按约录用。" if told.state in _OVER else "",
        )

    def _agree(self, rows: list[OrderClass]) -> None:
        """An agreement for each class that got as far as recruiting, signed by both sides on paper and kept."""
        kind = AgreementKind.objects.get(code="order_class")
        state = Agreement.Status
        agreements, ordered = [], set()
        for number, row in enumerate(rows, 1):
            if row.status == _S.PLANNED:
                continue
            signed = min(row.starts_on - timedelta(days=100), self.plan.ago(10))
            row.agreement = Agreement(
                kind=kind,
                number=f"海职院订单〔{signed.year}〕{number:02}号",
                title=f"{row.name}校企合作协议",
                unit=row.major.unit,
                major=row.major,
                major_group=row.major.group,
                counterparty=row.organisation,
                owner=row.owner,
                starts_on=signed,
                ends_on=max(row.ends_on, date(signed.year + 3, signed.month, min(signed.day, 28))),
                signed_on=signed,
                status=state.TERMINATED if row.status == _S.CANCELLED else state.IN_FORCE,
                ended_on=row.starts_on if row.status == _S.CANCELLED else None,
                end_reason="企业招聘计划取消，双方协商终止。" if row.status == _S.CANCELLED else "",
                takes_interns=True,
                overlap_reason="两个专业分别订立订单培养协议。" if row.organisation in ordered else "",
            )
            ordered.add(row.organisation)
            agreements.append(row.agreement)
        insert(self.plan, agreements, lambda agreement: agreement.starts_on)
        parties = []
        for agreement in agreements:
            firm = agreement.counterparty
            assert firm is not None
            parties += [
                AgreementParty(agreement=agreement, order=1, role="school", name=facts.SCHOOL_NAME),
                AgreementParty(
                    agreement=agreement,
                    order=2,
                    role="enterprise",
                    organisation=firm,
                    name=firm.name,
                    uscc=firm.uscc,
                    signatory=self._contact(firm),
                ),
            ]
        insert(self.plan, parties, lambda party: party.agreement.starts_on)

    def _choose(self, rows: list[OrderClass]) -> None:
        """Students apply and rank posts, firms rank them, and the match of the product itself fills the roster."""
        posts: dict[int, list[OrderPost]] = {}
        for row in rows:
            third = row.quota // 3
            numbers = (row.quota - 2 * third, third, third)
            posts[row.pk] = [
                OrderPost(
                    order_class=row,
                    name=profile.name,
                    post=profile,
                    capacity=number,
                    wage=Decimal(self.dice.choice((4200, 4500, 4800, 5200, 5600))),
                    place=self.dice.choice(("海口", "三亚", "儋州", "琼海", "澄迈")),
                )
                for profile, number in zip(self.posts[row.major.code], numbers, strict=True)
            ]
        insert(
            self.plan, [post for own in posts.values() for post in own], lambda post: post.order_class.created_at.date()
        )
        taken: set[int] = {self.world.signed_in_student.pk} if self.world.signed_in_student else set()
        for row, told in zip(rows, CLASSES, strict=True):
            if row.status == _S.PLANNED:
                continue
            students = self._students(row, told, taken)
            taken |= {student.pk for student in students}
            self._recruit(row, posts[row.pk], students)

    def _students(self, row: OrderClass, told: Told, taken: set[int]) -> list[Student]:
        year = self.plan.year + told.entry
        fitting = Student.objects.filter(cohort__major__group=row.major.group, cohort__entry_year=year)
        fitting = fitting.exclude(status=Student.Status.LEFT).exclude(pk__in=taken)
        # Its own major first, then those of its group.
        own = list(fitting.filter(cohort__major=row.major).order_by("number"))
        others = list(fitting.exclude(cohort__major=row.major).order_by("number"))
        self.dice.shuffle(own)
        self.dice.shuffle(others)
        return (own + others)[: row.quota + self.dice.randint(2, 8)]

    def _recruit(self, row: OrderClass, posts: list[OrderPost], students: list[Student]) -> None:
        last = row.recruits_until or row.starts_on
        opened = min(last - timedelta(days=25), self.plan.ago(8))
        applicants = [
            Applicant(
                order_class=row,
                student=student,
                applied_on=opened + timedelta(days=self.dice.randint(0, 6)),
                statement=self.dice.choice(words.STATEMENTS),
            )
            for student in students
        ]
        choices = {student.pk: self.dice.sample(posts, self.dice.randint(1, 3)) for student in students}
        ranked = row.status in (*_TRAINED, _S.MATCHED)
        wanted = self.dice.sample(students, len(students))
        unwanted = {student.pk for student in wanted[-2:]} if len(wanted) > 8 else set()
        order = [student.pk for student in wanted if student.pk not in unwanted]
        found: dict[int, OrderPost] = {}
        if ranked:
            by_pk = {post.pk: post for post in posts}
            chosen = {pk: [post.pk for post in own] for pk, own in choices.items()}
            found = {
                pk: by_pk[post] for pk, post in match(chosen, {p.pk: Place(p.capacity, order) for p in posts}).items()
            }
            for applicant in applicants:
                state = Applicant.Status
                applicant.status = state.MATCHED if applicant.student_id in found else state.UNMATCHED
        insert(self.plan, applicants, lambda applicant: applicant.applied_on)
        ranks = [
            StudentRank(applicant=applicant, post=post, rank=place)
            for applicant in applicants
            for place, post in enumerate(choices[applicant.student_id], 1)
        ]
        insert(self.plan, ranks, lambda rank: rank.applicant.applied_on)
        if ranked:
            self._firm_ranks(row, applicants, order)
            self._train(row, found)

    def _firm_ranks(self, row: OrderClass, applicants: list[Applicant], order: list[int]) -> None:
        place = {student: n for n, student in enumerate(order, 1)}
        who, day = self._contact(row.organisation), min(row.recruits_until or row.starts_on, self.plan.ago(5))
        insert(
            self.plan,
            [
                FirmRank(
                    order_class=row,
                    applicant=applicant,
                    rank=place.get(applicant.student_id),
                    ranked_by=who,
                    ranked_on=day,
                )
                for applicant in applicants
            ],
            lambda rank: rank.ranked_on,
        )

    def _train(self, row: OrderClass, found: dict[int, OrderPost]) -> None:
        """The roster; a few leave. Of a class that is over most were hired, and most of those were asked again."""
        entries = []
        for student, post in found.items():
            entry = RosterEntry(order_class=row, student_id=student, post=post, joined_on=row.starts_on)
            if row.status in _TRAINED and self.dice.random() < 0.05:
                left = min(row.starts_on + timedelta(days=self.dice.randint(40, 160)), self.plan.ago(3))
                if left >= row.starts_on:
                    entry.left_on, entry.reason = left, self.dice.choice(words.LEFT)
            entries.append(entry)
        insert(self.plan, entries, lambda entry: min(entry.joined_on, self.plan.ago(4)))
        if row.status in _OVER:
            self._hire(row, [entry for entry in entries if entry.left_on is None])

    def _hire(self, row: OrderClass, entries: list[RosterEntry]) -> None:
        """Classes whose file is closed were hired in winter, from their practice; the others at graduation."""
        closed = row.status == _S.CLOSED
        hires = []
        for entry in entries:
            if self.dice.random() > (0.92 if closed else 0.8):
                continue
            own = self.dice.random() < 0.9
            day = date(row.ends_on.year, 1, 10) + timedelta(days=self.dice.randint(0, 40)) if closed else None
            hires.append(
                Hire(
                    order_class=row,
                    student_id=entry.student_id,
                    organisation=row.organisation if own else self.dice.choice(self.world.firms),
                    position=entry.post.name if entry.post else "技术员",
                    hired_on=min(day or row.ends_on + timedelta(days=self.dice.randint(1, 20)), self.plan.ago(2)),
                    wage=entry.post.wage if entry.post else None,
                )
            )
        insert(self.plan, hires, lambda hire: hire.hired_on)
        asked = []
        for hire in hires:
            there = True
            for month in FollowUp.Month.values:
                due = months_from(hire.hired_on, month)
                day = due + timedelta(days=self.dice.randint(1, 12))
                # Of those who have just come due some still wait to be asked.
                if not there or day >= self.plan.today or (not closed and self.dice.random() < 0.3):
                    break
                there = self.dice.random() < 0.92
                asked.append(
                    FollowUp(
                        hire=hire,
                        month=month,
                        done_on=day,
                        still_there=there,
                        fit=self.dice.choice((3, 4, 4, 5, 5)) if there else None,
                        satisfaction=self.dice.choice((3, 4, 4, 5)) if there else None,
                    )
                )
        insert(self.plan, asked, lambda row: row.done_on)

    # Resources -----------------------------------------------------------------------------------------------------

    def make_resources(self) -> None:
        """A textbook, course, case or software made with the firm of each major."""
        level = SharedResource.Level
        rows = []
        for number, (code, firm) in enumerate(self.firms.items()):
            major = self.world.majors[code]
            trade, (kind, title) = self._trade(major), words.RESOURCES[number % 4]
            rows.append(
                SharedResource(
                    kind=kind,
                    title=title.format(course=trade.courses[number % 6], project=trade.projects[number % 4]),
                    organisation=firm,
                    unit=major.unit,
                    owner=major.leader,
                    authors=f"{major.leader}、{self._contact(firm)}",
                    published_on=self.plan.ago(60 + 55 * number),
                    level=level.PROVINCE if number % 6 == 0 else level.SCHOOL,
                )
            )
        insert(self.plan, rows, lambda row: row.published_on)


def make_cultivation(plan: Plan, world: World) -> None:
    """Write training plans, projects, order classes and shared resources."""
    seeding.load_kinds()
    Cultivation(plan, world).make()
