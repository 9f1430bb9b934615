"""Bases of the sample college: eight on the campus, sixty off it, four for teachers, over three years; what they lack is told."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count

from zhixing.agreements.models import SIGNED, Agreement
from zhixing.bases import demand
from zhixing.bases.models import (
    Base,
    BaseUse,
    Booking,
    Contribution,
    Guide,
    PlaceCapacity,
    PracticeDemand,
    ResidentUnit,
    RevenueShare,
    Room,
    SafetyCheck,
)
from zhixing.bases.shares import quarter_before
from zhixing.org.calendar import monday_of
from zhixing.org.models import AcademicYear, Division, Major, Person, Student, Term
from zhixing.partners.models import Organisation
from zhixing.sample import base_words as words
from zhixing.sample import college_facts as facts
from zhixing.sample.base_papers import BasePapers
from zhixing.sample.governance import pick
from zhixing.sample.names import Names
from zhixing.sample.plan import Plan, insert, join, weekday_before
from zhixing.sample.world import World

_GROUPS = {group.code: group for group in facts.GROUPS}
_SLOTS = ((1, 2), (3, 4), (5, 6), (7, 8))


def _since(base: Base) -> date:
    """The day since when a base is in use: all of the sample's are, or were."""
    assert base.starts_on is not None
    return base.starts_on


def make_bases(plan: Plan, world: World) -> None:
    """All of it; the order matters, each part builds upon those before."""
    Bases(plan, world).make()


class Bases:
    """Makes bases one part after another; the dice of each part are its own."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world = plan, world
        self.majors_of = {group.code: [world.majors[code] for code, _weight in group.majors] for group in facts.GROUPS}
        self.regions = set(Division.objects.values_list("code", flat=True))

    def make(self) -> None:
        self.make_calendar()
        self.make_campus()
        self.make_off_campus()
        self.make_teacher_bases()
        self.make_rooms()
        self.make_contributions()
        self.make_guides()
        self.make_safety()
        self.make_uses()
        self.make_bookings()
        self.make_places()
        BasePapers(self).make()

    # Calendar and bases -----------------------------------------------------------------------------------------------

    def make_calendar(self) -> None:
        """The two coming years, so that places and students can be looked at six terms ahead."""
        plan = self.plan
        years = [
            AcademicYear(code=plan.year_code(n), starts_on=plan.year_start(n), ends_on=plan.year_end(n)) for n in (1, 2)
        ]
        coming = dict(zip((1, 2), insert(plan, years, lambda row: plan.year_start()), strict=True))
        terms = [
            Term(year=coming[offset], number=number, starts_on=first, ends_on=last)
            for offset in coming
            for number, (first, last) in enumerate(plan.terms(offset), 1)
        ]
        insert(plan, terms, lambda row: plan.year_start())
        self.terms = list(Term.objects.select_related("year").order_by("starts_on"))
        self.past = [term for term in self.terms if term.ends_on < plan.today]

    def make_campus(self) -> None:
        plan, world = self.plan, self.world
        kept = Agreement.objects.filter(kind__code="campus_base", status="in_force").order_by("number")
        agreements: dict[int | None, list[Agreement]] = defaultdict(list)
        for one in kept:
            agreements[one.major_group_id].append(one)
        rows = []
        for number, fact in enumerate(words.CAMPUS):
            group = world.groups[fact.group]
            standing = agreements[group.pk] or next(
                (own for own in agreements.values() if own and own[0].unit_id == group.unit_id), []
            )
            agreement = standing.pop(0) if standing and fact.code != words.CONTRACT_OUT else None
            firm = agreement.counterparty if agreement else world.firms_of[fact.group][0]
            opened = plan.year_start() if fact.code in words.OPENED_THIS_YEAR else plan.year_start(-3 - number % 2)
            rows.append(
                Base(
                    code=fact.code,
                    name=fact.name,
                    kind=Base.Kind.CAMPUS,
                    mode=fact.mode,
                    organisation=firm,
                    unit=world.units[fact.unit],
                    manager=pick(plan.dice(f"manager:{fact.code}"), world.faculty[fact.unit]),
                    primary_major=self.majors_of[fact.group][0],
                    on_campus=True,
                    site=f"实训楼{number + 1}号楼",
                    region_id=words.HOME_REGION if words.HOME_REGION in self.regions else None,
                    longitude=Decimal("110.331"),
                    latitude=Decimal("20.031"),
                    area=900 + 350 * number,
                    workplaces=sum(places for _name, _kind, places in fact.rooms),
                    agreement=agreement,
                    starts_on=opened,
                    status=Base.Status.IN_USE,
                )
            )
        self.campus = insert(plan, rows, lambda row: max(_since(row), plan.year_start(-3)))
        join(
            Base.majors.through,
            [
                (base.pk, major.pk)
                for base, fact in zip(self.campus, words.CAMPUS, strict=True)
                for major in self.majors_of[fact.group]
            ],
        )

    def make_off_campus(self) -> None:
        """First those whose agreement stands, then one at least for each major; two were closed."""
        plan, world = self.plan, self.world
        dice = plan.dice("off-campus bases")
        count: dict[int, int] = defaultdict(int)
        rows: list[tuple[Base, list[Major]]] = []
        taken: dict[tuple[str, int], int] = {}

        def add(group: str, firm: Organisation, agreement: Agreement | None, first: date, wanted: Major | None) -> None:
            there = taken.get((group, firm.pk))
            if there is not None:
                # Where firms are few, one base serves several majors.
                majors = rows[there][1]
                if wanted is not None and not count[wanted.pk] and wanted not in majors:
                    majors.append(wanted)
                    count[wanted.pk] += 1
                return
            taken[group, firm.pk] = len(rows)
            own = self.majors_of[group]
            major = wanted or min(own, key=lambda one: (count[one.pk], one.code))
            second = [one for one in own if one.pk != major.pk and dice.random() < 0.35][:1]
            for one in (major, *second):
                count[one.pk] += 1
            place = words.PLACES.get((firm.region_id or "")[:4])
            base = Base(
                code=f"JD-W{len(rows) + 1:03}",
                name=f"{firm.short_name or firm.name}{_GROUPS[group].name.removesuffix('专业群')}实践教学基地",
                kind=Base.Kind.OFF_CAMPUS,
                organisation=firm,
                unit=world.units[_GROUPS[group].unit],
                manager=pick(dice, world.faculty[_GROUPS[group].unit]),
                primary_major=major,
                region_id=firm.region_id,
                address=firm.address,
                longitude=Decimal(place[0]) if place else None,
                latitude=Decimal(place[1]) if place else None,
                agreement=agreement,
                starts_on=first,
                status=Base.Status.IN_USE,
            )
            rows.append((base, [major, *second]))

        signed = Agreement.objects.filter(
            kind__code="off_campus_base", status__in=SIGNED, counterparty__isnull=False, major_group__isnull=False
        ).select_related("counterparty__region", "major_group")
        for agreement in signed.filter(status="in_force").order_by("number", "pk"):
            add(agreement.major_group.code, agreement.counterparty, agreement, agreement.starts_on, None)
        number = 0
        wanted = plan.times(words.OFF_CAMPUS)
        for _round in range(3):
            for code, major in world.majors.items():
                if count[major.pk] and len(rows) >= wanted:
                    continue
                group = major.group.code
                firms = world.firms_of[group]
                firm = firms[number % len(firms)]
                number += 1
                add(group, firm, None, plan.within(dice, plan.year_start(-3), plan.year_end(-2)), world.majors[code])
        ended = plan.year_end(-1)
        for base, _majors in rows[-2:] if len(rows) > 50 else ():
            base.status, base.ends_on, base.close_reason = Base.Status.CLOSED, ended, words.CLOSE_REASON
        made = insert(plan, [base for base, _majors in rows], lambda row: max(_since(row), plan.year_start(-3)))
        join(
            Base.majors.through,
            [(base.pk, major.pk) for base, (_row, majors) in zip(made, rows, strict=True) for major in majors],
        )
        self.off_campus = made
        self.bases_of: dict[int, list[Base]] = defaultdict(list)
        for base, (_row, majors) in zip(made, rows, strict=True):
            for major in majors:
                self.bases_of[major.pk].append(base)

    def make_teacher_bases(self) -> None:
        """With firms large, middling and small (四（五）1)."""
        plan, world = self.plan, self.world
        by_size: dict[str, list[Organisation]] = defaultdict(list)
        for firm in world.firms:
            if firm.status == Organisation.Status.ACTIVE and firm.size:
                by_size[firm.size].append(firm)
        sizes = [size for size in ("large", "medium", "small", "micro") if by_size[size]]
        rows = []
        for number in range(min(words.TEACHER_BASES, len(sizes))):
            firm = by_size[sizes[number]][0]
            unit = list(facts.COLLEGES)[number]
            rows.append(
                Base(
                    code=f"JD-S{number + 1:02}",
                    name=f"{firm.short_name or firm.name}双师型教师培训基地",
                    kind=Base.Kind.TEACHER,
                    organisation=firm,
                    unit=world.units[unit],
                    manager=pick(plan.dice(f"teacher base {number}"), world.faculty[unit]),
                    region_id=firm.region_id,
                    starts_on=plan.year_start(-2),
                    status=Base.Status.IN_USE,
                )
            )
        self.teacher_bases = insert(plan, rows)

    # What hangs on them -----------------------------------------------------------------------------------------------

    def make_rooms(self) -> None:
        plan = self.plan
        rows = [
            Room(base=base, code=f"{base.code[-3:]}-{number}", name=name, kind=kind, workplaces=places, place=base.site)
            for base, fact in zip(self.campus, words.CAMPUS, strict=True)
            for number, (name, kind, places) in enumerate(fact.rooms, 1)
        ]
        self.rooms = insert(plan, rows)
        self.rooms_of: dict[int, list[Room]] = defaultdict(list)
        for room in self.rooms:
            self.rooms_of[room.base_id].append(room)
        residents = [
            ResidentUnit(
                base=base,
                # What the firm produces in the base is shared; a studio or a platform earns nothing.
                school_percent=Decimal(30) if words.RESIDENTS[number % 3][0] == "production" else None,
                kind=words.RESIDENTS[number % 3][0],
                name=words.RESIDENTS[number % 3][1].format(firm=base.organisation.short_name or base.organisation.name),
                organisation=base.organisation,
                room=self.rooms_of[base.pk][-1],
                starts_on=max(_since(base), plan.year_start(-2)),
                reviewed_on=plan.ago(120) if base.code not in words.OPENED_THIS_YEAR else None,
                review="运行正常，开放共享良好" if base.code not in words.OPENED_THIS_YEAR else "",
            )
            for number, base in enumerate(self.campus)
        ]
        self.make_shares(insert(plan, residents))

    def make_shares(self, residents: list[ResidentUnit]) -> None:
        """The income of production, quarter by quarter of the last two years; the last quarter's has not come in yet."""
        plan = self.plan
        rows = []
        for number, unit in enumerate(one for one in residents if one.school_percent is not None):
            before = plan.today
            for back in range(8):
                first, last = quarter_before(before)
                if first >= unit.starts_on:
                    rows.append(
                        RevenueShare(
                            resident=unit,
                            starts_on=first,
                            ends_on=last,
                            revenue=Decimal(60_000 + 12_500 * (number % 5) + 3_200 * ((back * 3 + number) % 7)),
                            school_percent=unit.school_percent,
                            received_on=weekday_before(last + timedelta(days=25)) if back else None,
                        )
                    )
                before = first
        insert(plan, rows, lambda row: min(row.ends_on + timedelta(days=10), plan.ago(1)))

    def make_contributions(self) -> None:
        """Both sides put in; one delivery is late, one base has nothing accepted of the school's, one machine is idle."""
        plan, world = self.plan, self.world
        assets = world.staff[facts.ASSETS][0]
        rows = []
        for number, base in enumerate(self.campus):
            room = self.rooms_of[base.pk][0]
            begun = max(_since(base), plan.year_start(-3))
            day = weekday_before(min(begun + timedelta(days=90), plan.ago(20)))
            for kind, title, value in words.SCHOOL_INPUT:
                row = self._input(base, "school", kind, title, value * (8 + number) * 1000, begun, day, assets)
                if base.code == words.ONE_SIDED:
                    row.status, row.accepted_on, row.accepted_by = "delivered", None, None
                rows.append(row)
            for kind, title, value in words.FIRM_INPUT:
                row = self._input(base, "firm", kind, title, value * (7 + number) * 1000, begun, day, assets)
                row.room = room if kind == "equipment" else None
                rows.append(row)
            for year in range(max(begun.year, plan.today.year - 2), plan.today.year + 1):
                day = weekday_before(date(year, 6, 30))
                if begun < day < plan.ago(20):
                    title = words.YEARLY_INPUT.format(year=year)
                    rows.append(self._input(base, "firm", "cash", title, 30_000 + 6_000 * number, begun, day, assets))
            if base.code == words.LATE_DELIVERY:
                late = self._input(
                    base, "firm", "equipment", "二期智能育苗生产线", 1_680_000, begun, plan.ago(75), None
                )
                late.status, late.delivered_on, late.delivered_value = "pledged", None, None
                late.pledged_on = plan.ago(300)
                rows.append(late)
            if base.code == words.IDLE:
                idle = self._input(
                    base, "firm", "equipment", "五轴联动加工中心", 2_350_000, begun, plan.ago(420), assets
                )
                idle.pledged_on, idle.room = plan.ago(500), self.rooms_of[base.pk][-1]
                rows.append(idle)
        for number, base in enumerate(self.off_campus[::3]):
            value = 60_000 + 15_000 * (number % 9)
            due = weekday_before(min(_since(base) + timedelta(days=60), plan.ago(30)))
            begun = min(_since(base), due)
            rows.append(self._input(base, "firm", "equipment", "实习工位与防护装备", value, begun, due, assets))
        for number, row in enumerate(rows, 1):
            if row.owned_by == "school" and row.kind in ("equipment", "software") and row.accepted_on:
                row.asset_number = f"ZC-{row.accepted_on.year}-{number:04}"
        insert(plan, rows, lambda row: max(row.pledged_on or row.due, plan.year_start(-3)))

    @staticmethod
    def _input(
        base: Base, party: str, kind: str, title: str, value: int, begun: date, due: date, accepted_by: Person | None
    ) -> Contribution:
        lasting = kind in ("equipment", "software")
        return Contribution(
            base=base,
            party=party,
            organisation=base.organisation if party == "firm" else None,
            kind=kind,
            title=title,
            pledged_value=Decimal(value),
            pledged_on=begun,
            due=due,
            delivered_value=Decimal(value),
            delivered_on=due,
            accepted_on=due + timedelta(days=7) if accepted_by else None,
            accepted_by=accepted_by,
            valued_by="发票与验收单",
            owned_by="firm" if party == "firm" and kind == "equipment" else "school",
            depreciation_years=8 if lasting else None,
            status="accepted" if accepted_by else "delivered",
        )

    def make_guides(self) -> None:
        """Engineers with titles and teachers with certificates; one teacher has none, one base nobody."""
        plan, world = self.plan, self.world
        dice = plan.dice("guides")
        names = Names(plan.dice("engineers"))
        rows = []
        for base in (*self.campus, *self.off_campus):
            if base.code == words.NO_GUIDES:
                continue
            on_campus = base.kind == Base.Kind.CAMPUS
            first = max(_since(base), plan.year_start(-3))
            for number in range(2 if on_campus else 1):
                rows.append(
                    Guide(
                        base=base,
                        kind=Guide.Kind.ENGINEER,
                        name=names.person(names.sex(0.6), older=True),
                        organisation=base.organisation,
                        position=("技术主管", "工程师")[number],
                        proof=("高级工程师", "工程师", "高级技师")[dice.randint(0, 2)],
                        proof_number=f"GC{base.code[3:]}{number}",
                        proven_on=date(first.year - 3, 6, 15),
                        starts_on=first,
                    )
                )
            people = dice.sample(world.faculty[base.unit.code], 2 if on_campus else 1)
            for number, person in enumerate(people):
                lacks = base.code == words.NO_PROOF and number == 0
                rows.append(
                    Guide(
                        base=base,
                        kind=Guide.Kind.TEACHER,
                        person=person,
                        position="专业教师",
                        proof="" if lacks else "企业业务培训合格证",
                        proof_number="" if lacks else f"PX{base.code[3:]}{number}",
                        proven_on=None if lacks else first,
                        starts_on=first,
                    )
                )
        insert(plan, rows)

    def make_safety(self) -> None:
        """On the campus every half-year, off it every year, done on time; one is late, one found something."""
        plan = self.plan
        rows = []
        for number, base in enumerate((*self.campus, *self.off_campus)):
            if base.status != Base.Status.IN_USE:
                continue
            step = 182 if base.kind == Base.Kind.CAMPUS else 365
            ahead = plan.ahead(20 + number % 90)
            if base.code == words.SAFETY_LATE:
                ahead = plan.ago(12)
            rows.append(SafetyCheck(base=base, due=ahead))
            due = ahead - timedelta(days=step)
            while due > max(_since(base), plan.year_start(-3)):
                done = weekday_before(due)
                row = SafetyCheck(base=base, due=due, done_on=done, result="passed", checked_by="保卫处、学院、企业")
                if base.code == words.LATE_DELIVERY and due == ahead - timedelta(days=step):
                    row.result, row.findings = "mend", "温室配电箱未上锁，灭火器两具过期"
                    row.mended_on = min(done + timedelta(days=9), plan.ago(1))
                rows.append(row)
                due -= timedelta(days=step)
        insert(plan, rows, lambda row: max(min(row.due - timedelta(days=60), plan.ago(2)), plan.year_start(-3)))

    def make_uses(self) -> None:
        """Month by month in the terms of three years; one base has no certification this year, the newest has taught only."""
        plan = self.plan
        dice = plan.dice("base uses")
        rows: list[BaseUse] = []
        seen: set[tuple[int, str, date, str]] = set()

        def add(base: Base, function: str, day: date, hours: int, people: int, income: int = 0) -> None:
            title = dice.choice(words.USES[function])
            if day < _since(base) or day >= plan.today or (base.pk, function, day, title) in seen:
                return
            seen.add((base.pk, function, day, title))
            majors = self.majors_of_base(base)
            room = dice.choice(self.rooms_of[base.pk]) if base.pk in self.rooms_of else None
            if base.code == words.IDLE and room is not None:
                room = self.rooms_of[base.pk][0]
            rows.append(
                BaseUse(
                    base=base,
                    room=room,
                    function=function,
                    used_on=day,
                    title=title,
                    major=dice.choice(majors) if function == "teaching" else None,
                    organisation=base.organisation if function in ("training", "service") else None,
                    hours=Decimal(hours),
                    people=people,
                    income=Decimal(income),
                    recorded_by=base.manager,
                )
            )

        for offset in (-2, -1, 0):
            for base in self.campus:
                new = base.code in words.OPENED_THIS_YEAR
                for first, last in plan.terms(offset):
                    day = first + timedelta(days=14)
                    while day < last:
                        add(base, "teaching", weekday_before(day), dice.randint(40, 120), dice.randint(40, 180))
                        day += timedelta(days=28)
                    middle = weekday_before(first + timedelta(days=24))
                    if not new:
                        people = dice.randint(20, 90)
                        add(base, "training", middle, dice.randint(16, 60), people, people * 300)
                        add(base, "service", middle + timedelta(days=5), dice.randint(8, 40), dice.randint(3, 12), 8000)
                        if base.code != words.NO_CERTIFICATION or offset != 0:
                            add(base, "certification", middle + timedelta(days=3), 16, dice.randint(20, 60), 6000)
            for base in self.off_campus[::2]:
                for first, last in plan.terms(offset):
                    day = plan.within(dice, first, last)
                    add(base, "teaching", day, dice.randint(8, 40), dice.randint(15, 60))
        self.uses = insert(plan, rows, lambda row: row.used_on)

    def majors_of_base(self, base: Base) -> list[Major]:
        fact = next((fact for fact in words.CAMPUS if fact.code == base.code), None)
        if fact is not None:
            return self.majors_of[fact.group]
        return [base.primary_major] if base.primary_major else list(self.world.majors.values())[:1]

    def make_bookings(self) -> None:
        """Four weeks around today, shared between the majors of the group; nothing in the room of the idle machine."""
        plan = self.plan
        dice = plan.dice("bookings")
        monday = monday_of(plan.today) - timedelta(days=7)
        rows = []
        for room in self.rooms:
            base = next(base for base in self.campus if base.pk == room.base_id)
            if base.code == words.IDLE and room == self.rooms_of[base.pk][-1]:
                continue
            majors = self.majors_of_base(base)
            for offset in range(28):
                day = monday + timedelta(days=offset)
                if day.weekday() > 4:
                    continue
                for first, last in _SLOTS:
                    if dice.random() > 0.42:
                        continue
                    major = dice.choice(majors)
                    function = dice.choices(("teaching", "training", "service"), (8, 1, 1))[0]
                    rows.append(
                        Booking(
                            room=room,
                            day=day,
                            first_period=first,
                            last_period=last,
                            function=function,
                            purpose=dice.choice(words.USES[function]),
                            major=major if function == "teaching" else None,
                            people=min(room.workplaces, dice.randint(20, 48)),
                            booked_by=pick(dice, self.world.faculty[base.unit.code]),
                        )
                    )
        insert(plan, rows, lambda row: min(row.day - timedelta(days=20), plan.ago(1)))

    # Places -----------------------------------------------------------------------------------------------------------

    def make_places(self) -> None:
        """Students due in every term on record, and places for those until the next term; later ones are still open."""
        plan = self.plan
        # Those who have graduated since were due in their time.
        counted = Student.objects.exclude(status__in=("left", "suspended")).values_list(
            "cohort__major_id", "cohort__entry_year"
        )
        classes = [
            demand.Intake(major, 3.0, entry, number)
            for major, entry, number in counted.order_by().annotate(number=Count("pk"))
        ]
        last: dict[int, demand.Intake] = {}
        for one in classes:
            if one.entry_year >= (last[one.major].entry_year if one.major in last else 0):
                last[one.major] = one
        for one in last.values():
            for year in range(one.entry_year + 1, plan.year + 3):
                classes.append(demand.Intake(one.major, one.years, year, one.students, estimated=True))
        due = demand.due(classes, self.terms)
        source = PracticeDemand.Source
        insert(
            plan,
            [
                PracticeDemand(
                    major_id=major,
                    term_id=term,
                    kind=kind,
                    students=number,
                    counted=number,
                    source=source.ESTIMATED if guessed else source.COMPUTED,
                )
                for (major, term, kind), (number, guessed) in sorted(due.items())
            ],
            lambda row: plan.ago(10),
        )
        running = next((n for n, term in enumerate(self.terms) if term.ends_on >= plan.today), len(self.terms) - 1)
        known = {term.pk: term for term in self.terms[: running + 2]}
        code_of = {major.pk: code for code, major in self.world.majors.items()}
        dice = plan.dice("places")
        rows = []
        for (major, term, kind), (number, _guessed) in sorted(due.items()):
            if term not in known:
                continue
            ends = known[term].ends_on
            bases = [
                base
                for base in self.bases_of[major]
                if _since(base) <= ends and (base.ends_on is None or base.ends_on >= ends)
            ]
            if not bases:
                continue
            code = code_of[major]
            ratio = words.SHORT.get(code) or words.JUST.get(code) or dice.uniform(1.18, 1.45)
            total = int(number * ratio) if code in words.SHORT else -(-int(number * ratio * 1000) // 1000)
            for at, base in enumerate(bases):
                share = total // len(bases) + (at < total % len(bases))
                rows.append(
                    PlaceCapacity(
                        base=base,
                        major_id=major,
                        term_id=term,
                        kind=kind,
                        places=share,
                        confirmed_on=max(known[term].starts_on - timedelta(days=20), _since(base))
                        if known[term].starts_on <= plan.today
                        else None,
                    )
                )
        insert(plan, rows, lambda row: min(known[row.term_id].starts_on - timedelta(days=30), plan.ago(3)))
