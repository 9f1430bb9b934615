"""The council, the steering committees, their meetings, and the task books that follow from them."""

from __future__ import annotations

import random
from datetime import date, timedelta

from zhixing.governance.models import Committee, LetterNumber, Meeting, Resolution, Seat, Task
from zhixing.org.models import Person, Unit
from zhixing.partners.models import Organisation
from zhixing.sample import college_facts as facts
from zhixing.sample import governance_words as words
from zhixing.sample.names import Names
from zhixing.sample.plan import Plan, insert, join
from zhixing.sample.world import World


class Governance:
    """Makes the committees and meetings; `task_books.py` makes what they decided on."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world = plan, world
        self.dice = plan.dice("governance")
        self.names = Names(plan.dice("members"))
        self.letters: dict[int, int] = {}

    def make(self) -> None:
        self.make_committees()
        self.make_seats()
        self.make_meetings()

    def make_committees(self) -> None:
        """One council; a steering committee for every group but the youngest. One's term ran out, one's ends soon."""
        plan, world = self.plan, self.world
        rows = [
            Committee(
                name=f"{facts.SCHOOL_NAME}校企合作理事会",
                kind=Committee.Kind.COUNCIL,
                unit=world.root,
                charter=words.COUNCIL_CHARTER,
                starts_on=plan.year_start(-3),
                ends_on=plan.year_end(1),
                secretary=world.cast["office"],
            )
        ]
        for group in facts.GROUPS:
            if group.code == facts.NO_COMMITTEE:
                continue
            ends = plan.year_end(1)
            if group.code == facts.COMMITTEE_EXPIRED:
                ends = plan.year_end(-1)
            elif group.code == facts.COMMITTEE_ENDS:
                ends = plan.ahead(60)
            rows.append(
                Committee(
                    name=f"{group.name}建设指导委员会",
                    kind=Committee.Kind.STEERING,
                    unit=world.units[group.unit],
                    group=world.groups[group.code],
                    charter=words.STEERING_CHARTER,
                    starts_on=plan.year_start(-3) + timedelta(days=15),
                    ends_on=ends,
                    secretary=world.secretaries[group.unit],
                )
            )
        rows = insert(plan, rows)
        world.council = rows[0]
        world.committees = {row.group.code: row for row in rows[1:] if row.group}

    def make_seats(self) -> None:
        """People of the school and, but for one committee, of industry and firms; each with a letter of appointment."""
        plan, world, dice = self.plan, self.world, self.dice
        party = Seat.Party
        rows: list[Seat] = []
        council = world.council
        assert council is not None
        associations, firms = (
            list(world.associations.values()),
            [f for f in world.firms if f.status == "active" and not f.parent_id],
        )
        places = [(party.GOVERNMENT, o) for o in list(world.governments.values())[:3]]
        places += [(party.PARK, o) for o in world.parks[:2]]
        places += [(party.ASSOCIATION, o) for o in dice.sample(associations, 3)]
        places += [(party.ENTERPRISE, o) for o in dice.sample(firms, 5)]
        for index, person in enumerate([*world.leaders[:3], world.staff[facts.OFFICE][0]]):
            rows.append(self._seat(council, party.SCHOOL, person=person, position="理事长" if index == 0 else "理事"))
        rows += [self._seat(council, which, organisation=o, position="理事") for which, o in places]
        for group in facts.GROUPS:
            committee = world.committees.get(group.code)
            if committee is None:
                continue
            staff: list[Person | None] = [
                world.groups[group.code].leader,
                world.deans[group.unit],
                *dice.sample(world.faculty[group.unit][2:], 2),
            ]
            for member, position in zip(dict.fromkeys(staff), words.POSITIONS, strict=False):
                rows.append(self._seat(committee, party.SCHOOL, person=member, position=position))
            outside = [(party.ASSOCIATION, o) for o in world.links_of[group.code][:1]]
            pool = world.firms_of[group.code]
            outside += [(party.ENTERPRISE, o) for o in dice.sample(pool, min(len(pool), 3))]
            for which, organisation in outside:
                # In one committee every member from outside has left and nobody took their places.
                ended = plan.year_end(-2) if group.code == facts.NO_EXTERNAL_SEAT else None
                rows.append(self._seat(committee, which, organisation=organisation, position="委员", ends_on=ended))
        self.seats = insert(plan, rows)
        LetterNumber.objects.bulk_create([LetterNumber(year=year, last=last) for year, last in self.letters.items()])

    def _seat(
        self,
        committee: Committee,
        party: str,
        *,
        position: str,
        person: Person | None = None,
        organisation: Organisation | None = None,
        ends_on: date | None = None,
    ) -> Seat:
        year = committee.starts_on.year
        self.letters[year] = self.letters.get(year, 0) + 1
        # Two places in a hundred never got their letter.
        letter = "" if self.dice.random() < 0.03 else words.LETTER.format(year=year, number=self.letters[year])
        return Seat(
            committee=committee,
            party=party,
            person=person,
            name="" if person else self.names.person(self.names.sex(0.65), older=True),
            organisation=organisation,
            position=position,
            starts_on=committee.starts_on,
            ends_on=ends_on or committee.ends_on,
            letter_number=letter,
        )

    def make_meetings(self) -> None:
        """Each body met every year; the council's meeting of this year stands on file and has still to be held."""
        plan, world, dice = self.plan, self.world, self.dice
        held, planned = Meeting.Status.HELD, Meeting.Status.PLANNED
        rows: list[Meeting] = []
        council = world.council
        assert council is not None

        def meeting(committee: Committee, title: str, day: date, agenda: str, minutes: str) -> None:
            place = (
                "学校行政楼三楼会议室"
                if committee is council
                else dice.choice(("学院会议室", "企业会议室", "线上会议"))
            )
            rows.append(
                Meeting(
                    committee=committee,
                    title=title,
                    held_on=day,
                    place=place,
                    agenda=agenda,
                    minutes=minutes,
                    status=held if minutes else planned,
                )
            )

        for offset in (-3, -2, -1):
            day = plan.terms(offset)[0][0] + timedelta(days=45)
            meeting(
                council,
                f"校企合作理事会{plan.year_code(offset)}学年全体会议",
                day,
                words.COUNCIL_AGENDA,
                words.COUNCIL_MINUTES,
            )
        meeting(council, f"校企合作理事会{plan.year_code()}学年全体会议", plan.ahead(16), words.COUNCIL_AGENDA, "")
        for code, committee in world.committees.items():
            for offset in (-3, -2, -1, 0):
                for term, (first, last) in enumerate(plan.terms(offset), 1):
                    day = plan.within(
                        dice, max(first + timedelta(days=10), committee.starts_on), last - timedelta(days=14)
                    )
                    if day > committee.ends_on or (term == 2 and dice.random() < 0.4):
                        continue
                    title = f"{committee.name}{plan.year_code(offset)}学年第{term}次会议"
                    if day < plan.today:
                        meeting(committee, title, day, words.STEERING_AGENDA, dice.choice(words.STEERING_MINUTES))
                    elif offset == 0 and day < plan.ahead(75) and code != facts.COMMITTEE_EXPIRED:
                        meeting(committee, title, day, words.STEERING_AGENDA, "")
        written = insert(plan, rows, lambda row: min(row.held_on - timedelta(days=8), plan.ago(5)))
        members: dict[int, list[Seat]] = {}
        for seat in self.seats:
            members.setdefault(seat.committee_id, []).append(seat)
        pairs = [
            (row.pk, seat.pk)
            for row in written
            if row.status == held
            for seat in members[row.committee_id]
            if (seat.ends_on is None or seat.ends_on >= row.held_on) and dice.random() < 0.86
        ]
        join(Meeting.attendees.through, pairs)
        self._make_resolutions([row for row in written if row.status == held])

    def _make_resolutions(self, meetings: list[Meeting]) -> None:
        """What was decided; those of the council became tasks of departments, a few of them late."""
        plan, world, dice = self.plan, self.world, self.dice
        status = Resolution.Status
        rows, council_texts = [], [text for text, *_rest in words.COUNCIL_RESOLUTIONS]
        for row in meetings:
            texts = (
                council_texts
                if row.committee is world.council
                else dice.sample(words.STEERING_RESOLUTIONS, dice.randint(1, 3))
            )
            age = (plan.today - row.held_on).days
            for number, text in enumerate(texts, 1):
                done = age > 300 or (age > 120 and dice.random() < 0.6)
                state = status.DROPPED if dice.random() < 0.03 else status.DONE if done else status.OPEN
                rows.append(Resolution(meeting=row, number=number, text=text, status=state))
        written = insert(plan, rows, lambda row: row.meeting.held_on)
        self._make_department_tasks([row for row in written if row.meeting.committee is world.council])

    def _make_department_tasks(self, resolutions: list[Resolution]) -> None:
        plan, world = self.plan, self.world
        heads: dict[str, tuple[Unit, Person]] = {
            code: (world.units[code], world.staff[code][2]) for code in facts.DEPARTMENTS
        }
        newest = max(row.meeting.held_on for row in resolutions)
        rows = []
        for resolution in resolutions:
            _text, code, title, deliverable = next(
                item for item in words.COUNCIL_RESOLUTIONS if item[0] == resolution.text
            )
            unit, person = heads[code]
            held = resolution.meeting.held_on
            due = held + timedelta(days=150 + 20 * resolution.number)
            current = held == newest
            if current:
                # Last year's: two are past their date, the others come due one after the other.
                due = plan.ago(9) if resolution.number in (1, 3) else plan.ahead(10 + 9 * resolution.number)
            rows.append(
                Task(
                    title=f"{title}（{resolution.meeting.held_on.year}）",
                    resolution=resolution,
                    unit=unit,
                    owner=person,
                    starts_on=held + timedelta(days=7),
                    due=max(due, held + timedelta(days=14)),
                    deliverable=deliverable,
                    progress=(30 + 10 * resolution.number) if current else 100,
                    appraisal_method="理事会下次会议听取汇报",
                    status=Task.Status.OPEN if current else Task.Status.DONE,
                    done_on=None if current else due - timedelta(days=resolution.number),
                )
            )
        insert(plan, rows, lambda row: row.starts_on)


def pick(dice: random.Random, people: list[Person]) -> Person:
    """Somebody of a college; its first people carry most of the work."""
    return dice.choice(people[: max(6, len(people) // 3)])
