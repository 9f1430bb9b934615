"""The five industry colleges of the sample college: council, charter, plan, resources, and three years in the ten areas."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from zhixing.industry_colleges import areas
from zhixing.industry_colleges.models import (
    Area,
    AreaOutput,
    AreaPlan,
    CharterSection,
    Check,
    ConstructionPlan,
    CouncilMeeting,
    IndustryCollege,
    PlanMilestone,
    ResourceAllocation,
    Seat,
)
from zhixing.org.models import Person
from zhixing.partners.models import Activity, Organisation
from zhixing.sample import industry_college_words as words
from zhixing.sample.names import Names
from zhixing.sample.plan import Plan, insert, join, weekday_before
from zhixing.sample.world import World

PROOF = "https://www.example.edu.cn/cyxy/{code}/{number}"


def make_industry_colleges(plan: Plan, world: World) -> None:
    """All of it; the order matters, each part builds upon those before."""
    IndustryColleges(plan, world).make()


class IndustryColleges:
    """Makes the colleges one part after another; the dice of each part are its own."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world = plan, world
        self.names = Names(plan.dice("industry college members"))
        self.facts = {fact.code: fact for fact in words.COLLEGES}
        # The newest was approved two months ago, whatever the day.
        self.founded = {
            fact.code: plan.ago(62) if fact.founded is None else plan.year_start(fact.founded) + timedelta(days=20)
            for fact in words.COLLEGES
        }
        self.last_day = plan.ago(1)

    def make(self) -> None:
        areas.load(Area)
        self.areas = list(Area.objects.order_by("order"))
        self.make_colleges()
        self.make_seats()
        self.make_charters()
        self.make_meetings()
        self.make_plans()
        self.make_checks()
        self.make_resources()
        self.make_area_plans()
        self.make_outputs()

    def years(self, code: str) -> list[int]:
        """The offsets of the academic years in which a college ran, at most the last three."""
        return [offset for offset in (-2, -1, 0) if self.plan.year_end(offset) >= self.founded[code]]

    def firms(self, code: str) -> list[Organisation]:
        """Firms of the trade of a college's major groups, the same ones each time."""
        found = [firm for group in self.facts[code].groups for firm in self.world.firms_of[group]]
        return found or self.world.firms

    def partner(self, code: str, party: str) -> Organisation:
        """Who acts for a kind of party in a college."""
        world = self.world
        number = int(code[-2:])
        if party == "enterprise":
            return self.firms(code)[0]
        if party == "association":
            return next((o for group in self.facts[code].groups for o in world.links_of[group]), None) or next(
                iter(world.associations.values())
            )
        pool = list(world.governments.values()) if party == "government" else world.parks
        return pool[number % len(pool)]

    def make_colleges(self) -> None:
        plan, world = self.plan, self.world
        rows = []
        for fact in words.COLLEGES:
            founded = self.founded[fact.code]
            group = world.groups[fact.groups[0]]
            is_province = fact.code == words.PROVINCE
            recognised = weekday_before(plan.year_end(-1) - timedelta(days=70)) if is_province else None
            rows.append(
                IndustryCollege(
                    code=fact.code,
                    name=fact.name,
                    unit=world.units[fact.unit],
                    lead_organisation=self.firms(fact.code)[0],
                    director=group.leader,
                    starts_on=founded,
                    status=fact.status,
                    approved_on=founded,
                    level="province" if is_province else "school",
                    recognised_on=recognised or (founded if fact.status != "approved" else None),
                    recognition_number=words.RECOGNITION.format(year=recognised.year) if recognised else "",
                )
            )
        rows = insert(plan, rows, lambda row: row.starts_on - timedelta(days=25))
        self.colleges = {row.code: row for row in rows}
        groups = [(row.pk, world.groups[code].pk) for row in rows for code in self.facts[row.code].groups]
        majors = [
            (row.pk, major.pk)
            for row in rows
            for major in world.majors.values()
            if major.group_id == world.groups[self.facts[row.code].groups[0]].pk
        ]
        join(IndustryCollege.groups.through, groups)
        join(IndustryCollege.majors.through, majors)

    def make_seats(self) -> None:
        """The school, the firms, and whoever else; in one college the association's seat ended with the last year."""
        plan, world = self.plan, self.world
        rows = []
        for code, college in self.colleges.items():
            people = [world.deans[college.unit.code], college.director]
            for person in dict.fromkeys(people):
                rows.append(self._seat(college, "school", person=person))
            for party in self.facts[code].parties:
                rows.append(self._seat(college, party, self.partner(code, party)))
            rows += [self._seat(college, "enterprise", firm, position="理事") for firm in self.firms(code)[1:3]]
            if code == words.LACKS_PARTY:
                ended = min(plan.year_end(-1), plan.ago(1))
                rows.append(self._seat(college, "association", self.partner(code, "association"), ends_on=ended))
        self.seats = insert(plan, rows)

    def _seat(
        self,
        college: IndustryCollege,
        party: str,
        organisation: Organisation | None = None,
        *,
        person: Person | None = None,
        position: str = "",
        ends_on: date | None = None,
    ) -> Seat:
        usual, duties = words.POSITIONS[party]
        return Seat(
            college=college,
            party=party,
            person=person,
            organisation=organisation,
            name="" if person else self.names.person(self.names.sex(0.65), older=True),
            position=position or usual,
            duties=duties,
            starts_on=college.starts_on,
            ends_on=ends_on,
        )

    def make_charters(self) -> None:
        """A signed charter each; one was signed without its safeguards, and the version that mends it is not written."""
        rows = []
        for code, college in self.colleges.items():
            signed = min(college.starts_on + timedelta(days=30), self.last_day)
            lacks = code == words.LACKS_PART
            for part, text in words.CHARTER.items():
                if not (lacks and part == "safeguards"):
                    rows.append(CharterSection(college=college, part=part, text=text, signed_on=signed))
                if lacks:
                    draft = "" if part == "safeguards" else text
                    rows.append(CharterSection(college=college, version=2, part=part, text=draft))
        insert(self.plan, rows, lambda row: row.college.starts_on if row.version == 1 else self.plan.ago(20))

    def make_meetings(self) -> None:
        """One meeting a year; the newest council has met once, to begin."""
        plan = self.plan
        dice = plan.dice("industry college meetings")
        present: list[list[int]] = []
        rows = []
        for code, college in self.colleges.items():
            for offset in self.years(code):
                first = max(plan.terms(offset)[0][0], college.starts_on)
                day = plan.within(dice, first + timedelta(days=5), first + timedelta(days=60))
                if day > self.last_day:
                    continue
                rows.append(
                    CouncilMeeting(
                        college=college,
                        title=words.AGENDA.format(year=plan.year_code(offset)),
                        held_on=day,
                        place=f"{college.name}会议室",
                        minutes=dice.choice(words.MINUTES),
                        resolutions=dice.choice(words.RESOLUTIONS),
                    )
                )
                seats = [seat for seat in self.seats if seat.college_id == college.pk]
                held = [seat for seat in seats if seat.ends_on is None or seat.ends_on >= day]
                present.append([seat.pk for seat in held if dice.random() < 0.85])
        rows = insert(plan, rows, lambda row: row.held_on)
        pairs = [(row.pk, seat) for row, seats in zip(rows, present, strict=True) for seat in seats]
        join(CouncilMeeting.attendees.through, pairs)

    def make_plans(self) -> None:
        """A plan of three years each, approved soon after the founding; the newest college's is still a draft."""
        plan, world = self.plan, self.world
        rows = []
        for code, college in self.colleges.items():
            is_new = code == words.NEW
            approved = weekday_before(college.starts_on + timedelta(days=24))
            rows.append(
                ConstructionPlan(
                    college=college,
                    starts_on=college.starts_on,
                    ends_on=college.starts_on + timedelta(days=3 * 365 + (250 if code != words.PROVINCE else 0)),
                    goals=words.GOALS,
                    status="draft" if is_new else "approved",
                    approved_on=None if is_new else approved,
                )
            )
        rows = insert(plan, rows)
        dice = plan.dice("industry college milestones")
        milestones = []
        for row in rows:
            span = (row.ends_on - row.starts_on).days
            people = [row.college.director, *world.faculty[row.college.unit.code][2:5]]
            for number, (title, deliverable, part) in enumerate(words.MILESTONES):
                due = weekday_before(row.starts_on + timedelta(days=round(span * part)))
                late = row.college.code == words.LACKS_PART and number == 3
                if late:
                    due = plan.ago(12)
                done = None
                if row.college.code == words.PROVINCE or (due <= self.last_day and not late):
                    done = min(due - timedelta(days=dice.randint(0, 12)), self.last_day)
                if row.status == "draft":
                    done = None
                    due = max(due, plan.ahead(20 + 30 * number))
                milestones.append(
                    PlanMilestone(
                        plan=row,
                        title=title,
                        due=due,
                        owner=people[number % len(people)],
                        deliverable=deliverable,
                        done_on=done,
                    )
                )
        insert(plan, milestones, lambda row: row.plan.starts_on)

    def make_checks(self) -> None:
        """Mid-term checks, one of them only at the second attempt, and one acceptance."""
        plan = self.plan
        rows = []

        def check(code: str, kind: str, day: date, score: int, verdict: str, findings: str) -> None:
            rows.append(
                Check(
                    college=self.colleges[code],
                    kind=kind,
                    held_on=weekday_before(min(day, self.last_day)),
                    experts=words.EXPERTS,
                    score=Decimal(score),
                    verdict=verdict,
                    findings=findings,
                )
            )

        spring = plan.year_end(-2)
        check(words.PROVINCE, "mid", spring - timedelta(days=130), 92, "passed", words.CHECK)
        check(words.PROVINCE, "acceptance", plan.year_end(-1) - timedelta(days=110), 94, "passed", words.CHECK)
        check(words.BEING_ACCEPTED, "mid", spring - timedelta(days=100), 71, "rework", words.REWORK)
        check(words.BEING_ACCEPTED, "mid", plan.year_end(-1) - timedelta(days=90), 86, "passed", words.CHECK)
        insert(plan, rows, lambda row: row.held_on)

    def make_resources(self) -> None:
        """What each party gives year by year; the firm's equipment of this year is still to come here and there."""
        plan, world = self.plan, self.world
        dice = plan.dice("industry college resources")
        rows = []
        for code, college in self.colleges.items():
            for offset in self.years(code):
                for party in ("school", *self.facts[code].parties):
                    for kind, title, worth, use in words.RESOURCES[party]:
                        if offset < 0 and dice.random() < 0.25:
                            continue
                        first = max(plan.year_start(offset), college.starts_on)
                        delivered = plan.within(dice, first, max(first, min(plan.year_end(offset), self.last_day)))
                        waits = offset == 0 and kind == "equipment" and code in (words.LACKS_PART, words.NEW)
                        rows.append(
                            ResourceAllocation(
                                college=college,
                                year=world.years[offset],
                                party=party,
                                organisation=None if party == "school" else self.partner(code, party),
                                kind=kind,
                                title=title,
                                value=Decimal(round(worth * dice.uniform(0.5, 1.1) / 1000) * 1000),
                                delivered_on=None if waits or delivered > self.last_day else delivered,
                                used_for=use,
                            )
                        )
        insert(plan, rows, lambda row: max(row.year.starts_on, row.college.starts_on))

    def make_area_plans(self) -> None:
        """Plans for each year and area; those of this year lack the areas the story says."""
        plan, world = self.plan, self.world
        rows = []
        for code, college in self.colleges.items():
            people = [college.director, *world.faculty[college.unit.code][1:6]]
            for offset in self.years(code):
                lacking = self.facts[code].unplanned if offset == 0 else 1
                for number, area in enumerate(self.areas[: len(self.areas) - lacking]):
                    goal, _number, titles = words.AREAS[area.code]
                    rows.append(
                        AreaPlan(
                            college=college,
                            area=area,
                            year=world.years[offset],
                            goal=goal,
                            planned=len(titles),
                            owner=people[number % len(people)],
                        )
                    )
        insert(plan, rows, lambda row: max(row.year.starts_on, row.college.starts_on))

    def make_outputs(self) -> None:
        """What came of it: nearly everything of past years is proven, this year as the story says."""
        plan = self.plan
        dice = plan.dice("industry college outputs")
        held: dict[int, list[Activity]] = {}
        for activity in Activity.objects.filter(status=Activity.Status.HELD).order_by("held_on", "pk"):
            if activity.group_id:
                held.setdefault(activity.group_id, []).append(activity)
        rows: list[AreaOutput] = []
        for code, college in self.colleges.items():
            fact = self.facts[code]
            group = self.world.groups[fact.groups[0]]
            people = [college.director, *self.world.faculty[college.unit.code][1:6]]
            for offset in self.years(code):
                first = max(plan.year_start(offset), college.starts_on)
                last = min(plan.year_end(offset), self.last_day)
                if first > last:
                    continue
                for place, area in enumerate(self.areas):
                    if offset == 0 and place >= fact.proven + fact.bare:
                        continue
                    if offset < 0 and place >= fact.proven + 1:
                        continue
                    is_bare = offset == 0 and place >= fact.proven
                    _goal, _planned, titles = words.AREAS[area.code]
                    some = titles if offset < 0 else titles[: 1 + (place + int(code[-2:])) % 2]
                    for title, quantity, measure in some:
                        day = plan.within(dice, first, last)
                        row = AreaOutput(
                            college=college,
                            area=area,
                            title=f"{title}（{plan.year_code(offset)}学年）",
                            made_on=day,
                            quantity=max(1, round(quantity * dice.uniform(0.7, 1.3))),
                            measured_in=measure,
                            recorded_by=people[place % len(people)],
                        )
                        proving = [a for a in held.get(group.pk, ()) if abs((a.held_on - day).days) < 40]
                        if not is_bare and proving and dice.random() < 0.3:
                            row.activity = dice.choice(proving)
                        elif not is_bare:
                            row.link = PROOF.format(code=code.lower(), number=len(rows) + 1)
                        rows.append(row)
        rows = insert(plan, rows, lambda row: row.made_on)
        pairs = []
        for row in rows:
            firms = self.firms(row.college.code)
            pairs += [(row.pk, firm.pk) for firm in dice.sample(firms, min(len(firms), 1 + dice.randrange(2)))]
        join(AreaOutput.parties.through, pairs)
