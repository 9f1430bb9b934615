"""What happened between the college and its partners: industry links and activities."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from zhixing.org.models import MajorGroup, Person
from zhixing.partners.models import Activity, IndustryLink, Organisation
from zhixing.sample import college_facts as facts
from zhixing.sample import cooperation_words as words
from zhixing.sample.plan import Plan, insert, join, weekday_after
from zhixing.sample.world import World

_UNIT = {group.code: group.unit for group in facts.GROUPS}


def make_cooperation(plan: Plan, world: World) -> None:
    make_links(plan, world)
    _Diary(plan, world).write()


def make_links(plan: Plan, world: World) -> None:
    """Most groups keep one or two links; one keeps three, one's ends soon, one has none since last summer."""
    dice = plan.dice("links")
    role = IndustryLink.Role
    rows: list[IndustryLink] = []

    def link(code: str, which: int, first: date, last: date | None, note: str = "", status: str = "approved") -> None:
        rows.append(
            IndustryLink(
                group=world.groups[code],
                organisation=world.links_of[code][which],
                starts_on=first,
                ends_on=last,
                note=note,
                status=status,
                role=dice.choice((role.MEMBER, role.MEMBER, role.COUNCIL, role.VICE_CHAIR, role.PARTNER)),
            )
        )

    for group in facts.GROUPS:
        code = group.code
        if code == facts.NO_LINK:
            link(
                code,
                0,
                plan.year_start(-3),
                min(date(plan.year, 7, 15), plan.ago(1)),
                "三年期满，院系合并后未及时续签。",
            )
            link(code, 1, plan.ahead(18), None, "已与协会秘书处谈妥入会，待二级学院提交审批。", "draft")
        elif code == facts.LINK_ENDS:
            link(code, 0, plan.ahead(45) - timedelta(days=3 * 365), plan.ahead(45), "三年一签，到期须续签。")
            link(code, 1, plan.year_start(-3), plan.year_end(-2), "协会换届后未再续约。")
        elif code == facts.NO_COMMITTEE:
            link(code, 1, plan.year_start(), None, "专业群成立时由康养产业促进会发起联系。")
        else:
            number = 3 if code == facts.MANY_LINKS else min(len(world.links_of[code]), 2)
            for which in range(number):
                first = plan.within(dice, plan.year_start(-3), plan.year_end(-2))
                link(code, which, first, None if dice.random() < 0.6 else plan.ahead(dice.randint(300, 900)))
    insert(plan, rows, lambda row: min(row.starts_on, plan.ago(4)) if row.status == "approved" else plan.ago(9))


@dataclass
class _Entry:
    """An activity with those who took part, until both are written."""

    row: Activity
    organisations: list[Organisation] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


class _Diary:
    """All activities. An activity held has minutes; one to come stands on file as planned."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world = plan, world
        self.dice = plan.dice("activities")
        self.entries: list[_Entry] = []
        self.taken: set[tuple[str, date, str]] = set()

    def write(self) -> None:
        for offset in (-3, -2, -1, 0):
            for group in facts.GROUPS:
                if group.code != facts.NO_COMMITTEE or offset == 0:
                    self._association_year(group.code, offset)
            self._visits(offset)
            self._meetings(offset)
        self._coming()
        self._follow_ups()
        rows = insert(self.plan, [entry.row for entry in self.entries], self._entered)
        join(
            Activity.organisations.through,
            [(row.pk, o.pk) for row, e in zip(rows, self.entries, strict=True) for o in e.organisations],
        )
        join(
            Activity.people.through,
            [(row.pk, p.pk) for row, e in zip(rows, self.entries, strict=True) for p in e.people],
        )

    def _entered(self, row: Activity) -> date:
        """Planned ones, and those of the associations, are put on file ahead; visits are written down the day after."""
        if row.status != Activity.Status.HELD:
            return min(self.plan.ago(12), row.held_on - timedelta(days=20))
        return row.held_on + timedelta(days=-15 if row.kind == Activity.Kind.ASSOCIATION else 1)

    def _add(
        self,
        kind: str,
        title: str,
        day: date,
        unit: str,
        group: MajorGroup | None,
        organisations: list[Organisation],
        people: list[Person],
        *,
        place: str = "",
        status: str = "held",
        minutes: str = "",
        outcomes: str = "",
    ) -> _Entry | None:
        if (title, day, unit) in self.taken:
            return None
        self.taken.add((title, day, unit))
        row = Activity(
            title=title,
            kind=kind,
            held_on=day,
            place=place,
            unit=self.world.units[unit],
            group=group,
            status=status,
            minutes=minutes,
            outcomes=outcomes,
        )
        entry = _Entry(row, organisations, people)
        self.entries.append(entry)
        return entry

    def _association_year(self, code: str, offset: int) -> None:
        plan, dice, unit = self.plan, self.dice, _UNIT[code]
        if offset == -1 and code == facts.LAST_YEAR_NONE:
            return
        if offset == 0 and code in (*facts.PLANNED_ONLY, facts.NOTHING_PLANNED):
            return
        for number in range(1 if offset == 0 else dice.choice((1, 1, 2, 2, 3))):
            day = plan.in_term(dice, offset)
            if day is None:
                return
            minutes = "" if offset == 0 and code == facts.NO_MINUTES else dice.choice(words.ASSOCIATION_MINUTES)
            self._association(
                code,
                day,
                words.ASSOCIATION_TITLES[(offset + number + int(code[-2:])) % len(words.ASSOCIATION_TITLES)],
                minutes=minutes,
                unit=unit,
            )

    def _association(
        self, code: str, day: date, title: str, *, unit: str, minutes: str = "", status: str = "held"
    ) -> None:
        group, dice = self.world.groups[code], self.dice
        association = dice.choice(self.world.links_of[code][:2])
        people = [group.leader, *dice.sample(self.world.faculty[unit], 2)] if group.leader else []
        outcomes = dice.choice(words.ASSOCIATION_OUTCOMES) if minutes else ""
        self._add(
            Activity.Kind.ASSOCIATION,
            title.format(name=association.name, year=day.year),
            day,
            unit,
            group,
            [association],
            people,
            place=dice.choice(words.PLACES),
            status=status,
            minutes=minutes,
            outcomes=outcomes,
        )

    def _visits(self, offset: int) -> None:
        """访企拓岗 and negotiations: leaders, deans and teachers at firms."""
        plan, dice, world = self.plan, self.dice, self.world
        elapsed = max(0.0, min(1.0, (plan.today - plan.year_start(offset)).days / 330))
        for number in range(round(plan.times(150) * elapsed)):
            group = dice.choice(facts.GROUPS)
            day = plan.in_term(dice, offset)
            if day is None:
                return
            firm = dice.choice(world.firms_of[group.code])
            negotiation = number % 4 == 3
            head = world.deans[group.unit] if number % 3 else dice.choice(world.leaders)
            entry = self._add(
                Activity.Kind.NEGOTIATION if negotiation else Activity.Kind.VISIT,
                dice.choice(words.NEGOTIATION_TITLES if negotiation else words.VISIT_TITLES).format(
                    name=firm.short_name or firm.name
                ),
                day,
                group.unit,
                world.groups[group.code] if dice.random() < 0.7 else None,
                [firm],
                [head, *dice.sample(world.faculty[group.unit], dice.randint(1, 2))],
                place=firm.address[:60],
                minutes=dice.choice(words.NEGOTIATION_MINUTES if negotiation else words.VISIT_MINUTES),
                outcomes=dice.choice(words.VISIT_OUTCOMES).format(posts=dice.randint(3, 45))
                if dice.random() < 0.8
                else "",
            )
            if entry and dice.random() < 0.3:
                due = weekday_after(day + timedelta(days=dice.randint(14, 45)))
                done = (
                    plan.within(dice, day + timedelta(days=3), min(due + timedelta(days=6), plan.ago(1)))
                    if due < plan.ago(20)
                    else None
                )
                self._follow(entry, dice.choice(words.FOLLOW_UPS), dice.choice(entry.people[1:]), due, done)

    def _meetings(self, offset: int) -> None:
        plan, dice, world = self.plan, self.dice, self.world
        elapsed = max(0.0, min(1.0, (plan.today - plan.year_start(offset)).days / 330))
        for number in range(round(plan.times(28, least=6) * elapsed)):
            day = plan.in_term(dice, offset)
            if day is None:
                return
            forum = number % 4 == 0
            if number % 3 == 0:
                partner, unit = dice.choice(list(world.governments.values())), facts.OFFICE
                people = [dice.choice(world.leaders), *world.staff[facts.OFFICE][:2]]
            else:
                partner = dice.choice(world.parks)
                unit = partner.keeper.code if partner.keeper else facts.OFFICE
                people = [
                    world.deans.get(unit) or world.staff[facts.OFFICE][0],
                    *dice.sample(world.staff[facts.OFFICE], 2),
                ]
            titles = words.FORUM_TITLES if forum else words.MEETING_TITLES
            self._add(
                Activity.Kind.FORUM if forum else Activity.Kind.MEETING,
                dice.choice(titles).format(name=partner.name, year=day.year),
                day,
                unit,
                None,
                [partner],
                people,
                place=dice.choice(words.PLACES),
                minutes=dice.choice(words.MEETING_MINUTES),
                outcomes=dice.choice(words.MEETING_OUTCOMES) if dice.random() < 0.7 else "",
            )

    def _coming(self) -> None:
        """What is on file for the weeks ahead, one that should be recorded by now, and one that was called off."""
        plan, world = self.plan, self.world
        for number, code in enumerate(facts.PLANNED_ONLY):
            self._association(
                code, plan.ahead(9 + 12 * number), words.ASSOCIATION_TITLES[number], unit=_UNIT[code], status="planned"
            )
        self._association("ZYQ01", plan.ahead(33), words.ASSOCIATION_TITLES[3], unit=_UNIT["ZYQ01"], status="planned")
        firms = world.firms_of["ZYQ06"]
        for days, status, number in ((-11, "planned", 0), (6, "planned", 1), (14, "planned", 2), (-30, "cancelled", 3)):
            day = plan.ahead(days) if days > 0 else plan.ago(-days)
            firm = firms[number % len(firms)]
            self._add(
                Activity.Kind.VISIT,
                words.VISIT_TITLES[number % len(words.VISIT_TITLES)].format(name=firm.short_name),
                day,
                facts.ENGINEERING,
                world.groups["ZYQ06"],
                [firm],
                [world.deans[facts.ENGINEERING]],
                place=firm.address[:60],
                status=status,
            )

    def _follow_ups(self) -> None:
        """Eight follow-ups are past their date, three of them with the people who have a demo account."""
        plan, world, dice = self.plan, self.world, self.dice
        held = [
            e for e in self.entries if e.row.status == Activity.Status.HELD and e.row.kind != Activity.Kind.ASSOCIATION
        ]
        late = [e for e in held if plan.today - timedelta(days=95) <= e.row.held_on <= plan.ago(18)][:8]
        own = [e for e in late if e.row.unit.code == facts.INFORMATION]
        for number, entry in enumerate(own[:3] + [e for e in late if e not in own[:3]]):
            owner = (
                world.cast["dean" if number == 0 else "group_leader"] if entry in own[:3] else dice.choice(entry.people)
            )
            self._follow(entry, words.FOLLOW_UPS[number % len(words.FOLLOW_UPS)], owner, plan.ago(2 + number * 2), None)

    @staticmethod
    def _follow(entry: _Entry, what: str, owner: Person, due: date, done: date | None) -> None:
        row = entry.row
        row.follow_up, row.follow_up_owner, row.follow_up_due, row.follow_up_done_on = what, owner, due, done
