"""About two hundred agreements of every kind over three years, with parties, obligations, chains and papers.

Most are in force; some end within the week, the month, the quarter; some ran out, were renewed, amended or broken off;
a dozen are still on their way. The register and its numbers have no gap.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from zhixing.agreements import documents, seeding
from zhixing.agreements.actions import NUMBER
from zhixing.agreements.models import SIGNED, Agreement, AgreementKind, AgreementParty, Obligation, SignatureRequest
from zhixing.agreements.wording import months_of
from zhixing.governance.models import Task
from zhixing.industry_colleges.models import IndustryCollege
from zhixing.kernel.approval import snapshot
from zhixing.kernel.models import ApprovalCase, ApprovalRoute, ApprovalStation, Event, NumberSeries
from zhixing.kernel.scope import SYSTEM, type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import MajorGroup, Person, Student
from zhixing.partners.models import Organisation
from zhixing.sample import agreement_words as words
from zhixing.sample import college_facts as facts
from zhixing.sample.governance import pick
from zhixing.sample.plan import Plan, insert
from zhixing.sample.world import World

Status = Agreement.Status
_UNIT = {group.code: group.unit for group in facts.GROUPS}


def make_agreements(plan: Plan, world: World) -> None:
    seeding.load_kinds()
    _Register(plan, world).write()


def _months_later(day: date, months: int) -> date:
    """The last day of a term of so many months: 2023-03-01 and 36 months give 2026-02-28."""
    month = day.month - 1 + months
    first = date(day.year + month // 12, month % 12 + 1, min(day.day, 28))
    return first - timedelta(days=1)


class _Register:
    """Writes all agreements, the older first, so that numbers run as they would have been given."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world = plan, world
        self.dice: random.Random = plan.dice("agreements")
        self.kinds = {kind.code: kind for kind in AgreementKind.objects.all()}
        self.rows: list[Agreement] = []
        self.colleges: list[tuple[Agreement, IndustryCollege]] = []
        # Kind, unit and partner of what is in force: two at a time need a reason.
        self.taken = {
            (kind, unit, partner)
            for kind, unit, partner in Agreement.objects.filter(status=Status.IN_FORCE).values_list(
                "kind__code", "unit", "counterparty"
            )
        }

    def write(self) -> None:
        self._associations()
        self._colleges()
        for code, number in words.NUMBERS.items():
            for _i in range(self.plan.times(number)):
                self._ordinary(code)
        self._students()
        self._ends_soon()
        self._breaks_off()
        self._renewals()
        self._amendments()
        self._on_their_way()
        self._number()
        self._insert()
        self._parties()
        self._obligations()
        self._tell()
        self._papers()

    # Who with whom ----------------------------------------------------------------------------------------------------

    def _group(self) -> MajorGroup:
        return self.world.groups[self.dice.choice(facts.GROUPS).code]

    def _keeper(self, group: MajorGroup) -> Person:
        return pick(self.dice, self.world.faculty[_UNIT[group.code]])

    def _firm(self, code: str, group: MajorGroup) -> Organisation | None:
        """A firm of the group's trade with which no agreement of this kind stands yet."""
        firms = self.world.firms_of[group.code]
        for firm in self.dice.sample(firms, min(len(firms), 12)):
            if firm.status == Organisation.Status.ACTIVE and (code, group.unit_id, firm.pk) not in self.taken:
                return firm
        return None

    def _add(
        self,
        code: str,
        group: MajorGroup,
        firm: Organisation | None,
        starts_on: date,
        months: int | None = None,
        *,
        student: Student | None = None,
        title: str = "",
    ) -> Agreement:
        kind = self.kinds[code]
        last = _months_later(starts_on, months or kind.usual_months)
        over = last < self.plan.today
        name = (firm.short_name or firm.name) if firm else facts.SCHOOL_SHORT
        row = Agreement(
            kind=kind,
            title=title or words.TITLES[code].format(firm=name, group=group.name.removesuffix("专业群")),
            unit=group.unit,
            major_group=group,
            major=self.dice.choice([m for m in self.world.majors.values() if m.group_id == group.pk]),
            counterparty=firm,
            student=student,
            owner=self._keeper(group),
            starts_on=starts_on,
            ends_on=last,
            signed_on=starts_on - timedelta(days=self.dice.randint(0, 9)),
            ended_on=last if over else None,
            status=Status.ENDED if over else Status.IN_FORCE,
            takes_interns=kind.takes_interns,
            forms=sorted(self.dice.sample(range(1, 7), self.dice.randint(1, 3))),
            contents={spec["code"]: spec["text"] for spec in kind.contents},
            details=self._details(code),
        )
        if code in ("research", "training", "industry_teacher") or self.dice.random() < 0.2:
            row.amount = Decimal(self.dice.randrange(2, 60) * 5000)
        if not over and firm is not None and student is None:
            self.taken.add((code, group.unit_id, firm.pk))
        self.rows.append(row)
        return row

    def _details(self, code: str) -> dict[str, str]:
        dice, known = self.dice, words.DETAILS
        shown = {}
        for spec in self.kinds[code].details:
            if spec["code"] in known:
                shown[spec["code"]] = str(dice.choice(known[spec["code"]]))
        return shown

    def _start(self) -> date:
        """A day of the last three years on which agreements are signed."""
        return self.plan.within(self.dice, self.plan.year_start(-3), self.plan.ago(20))

    # The register -----------------------------------------------------------------------------------------------------

    def _associations(self) -> None:
        """Each group's association: most in force, one ends soon, one ran out with nobody to renew it (D-17)."""
        seen = set()
        for number, fact in enumerate(facts.GROUPS):
            group = self.world.groups[fact.code]
            for association in self.world.links_of[fact.code][:1]:
                if (association.pk, group.unit_id) in seen:
                    continue
                seen.add((association.pk, group.unit_id))
                starts = self.plan.within(self.dice, self.plan.year_start(-2), self.plan.year_end(-1))
                starts = min(starts, self.plan.ago(30))
                if fact.code == facts.NO_LINK:
                    starts = self.plan.ago(3 * 365 + 120)
                elif number == 1:
                    starts = _back(self.plan.today + timedelta(days=52), 36)
                self._add("association", group, association, starts)

    def _colleges(self) -> None:
        for college in IndustryCollege.objects.select_related("lead_organisation", "unit").order_by("pk"):
            group = next((g for g in self.world.groups.values() if g.unit_id == college.unit_id), None)
            if group is None or college.starts_on > self.plan.today or college.lead_organisation is None:
                continue
            row = self._add(
                "industry_college",
                group,
                college.lead_organisation,
                college.starts_on,
                title=f"{college.name}共建协议",
            )
            self.colleges.append((row, college))

    def _ordinary(self, code: str) -> None:
        group = self._group()
        firm = self._firm(code, group)
        if firm is not None:
            months = 24 if code == "off_campus_base" and self.dice.random() < 0.15 else None
            self._add(code, group, firm, self._start(), months)

    def _students(self) -> None:
        """Tripartite and apprentices' agreements; the guardian of a minor signs as the fourth party."""
        fresh = Student.objects.filter(status=Student.Status.ENROLLED, birth_date__isnull=False)
        known = list(
            fresh.select_related("cohort__major__group").order_by("-cohort__entry_year", "number")[: 40 * 60 : 40]
        )
        groups = {group.pk: group for group in self.world.groups.values()}
        for code, number in words.STUDENT_NUMBERS.items():
            for _i in range(min(self.plan.times(number), len(known))):
                student = known.pop()
                group = groups.get(student.cohort.major.group_id)
                if group is None:
                    continue
                firm = self._firm(f"{code}:{student.pk}", group)
                if firm is None:
                    continue
                entered = date(student.cohort.entry_year, 9, 1)
                starts = max(self.plan.ago(self.dice.randint(20, 240)), entered + timedelta(days=200))
                starts = min(starts, self.plan.ago(15))
                row = self._add(
                    code,
                    group,
                    firm,
                    starts,
                    title=words.TITLES[code].format(student=student.name, firm=firm.short_name or firm.name),
                    student=student,
                )
                row.major = student.cohort.major

    def _of_age(self, *states: str, kinds: tuple[str, ...] = ()) -> list[Agreement]:
        return [
            row
            for row in self.rows
            if row.status in states
            and row.student is None
            and row.kind.code != "industry_college"
            and (not kinds or row.kind.code in kinds)
            and row.amends is None
            and row.renews is None
        ]

    def _ends_soon(self) -> None:
        """Some end within a week, a month, a quarter: their keepers have had the notices."""
        rows = self._of_age(Status.IN_FORCE, kinds=("framework", "off_campus_base", "order_class", "training"))
        for row, left in zip(
            self.dice.sample(rows, min(len(rows), 9)), (2, 5, 12, 19, 26, 41, 55, 68, 83), strict=False
        ):
            span = months_of(row.starts_on, row.ends_on)
            row.ends_on = self.plan.today + timedelta(days=left)
            row.starts_on = _back(row.ends_on, span)
            row.signed_on = row.starts_on - timedelta(days=3)

    def _breaks_off(self) -> None:
        rows = [row for row in self._of_age(Status.IN_FORCE) if (self.plan.today - row.starts_on).days > 200]
        for row, why in zip(self.dice.sample(rows, min(len(rows), 8)), words.BROKEN_OFF * 2, strict=False):
            row.status, row.end_reason = Status.TERMINATED, why
            row.ended_on = row.starts_on + (self.plan.today - row.starts_on) * 2 // 3

    def _renewals(self) -> None:
        rows = self._of_age(Status.ENDED)
        for row in rows[: max(2, len(rows) * 2 // 5)]:
            if (row.kind.code, row.unit_id, row.counterparty_id) in self.taken:
                continue
            following = self._follow(row, row.title, row.ends_on + timedelta(days=1), row.kind.usual_months)
            following.renews = row
            row.status = Status.RENEWED

    def _amendments(self) -> None:
        rows = [row for row in self._of_age(Status.IN_FORCE) if (self.plan.today - row.starts_on).days > 240]
        for place, row in enumerate(rows[: self.plan.times(8)]):
            day = row.starts_on + timedelta(days=120)
            following = self._follow(row, f"{row.title}（变更1）", day, 0)
            following.ends_on, following.amends = row.ends_on, row
            following.note = words.AMENDED[place % len(words.AMENDED)]
            row.status, row.ended_on = Status.REPLACED, day - timedelta(days=1)
            row.end_reason = f"由《{following.title}》替代。"
            if place == 0 and (self.plan.today - day).days > 100:
                # A chain of three.
                second = day + timedelta(days=90)
                last = self._follow(following, f"{row.title}（变更2）", second, 0)
                last.ends_on, last.amends, last.note = row.ends_on, following, words.AMENDED[-1]
                following.status, following.ended_on = Status.REPLACED, second - timedelta(days=1)
                following.end_reason = f"由《{last.title}》替代。"

    def _follow(self, row: Agreement, title: str, starts: date, months: int) -> Agreement:
        assert row.major_group is not None
        following = self._add(
            row.kind.code, row.major_group, row.counterparty, starts, months or 12, student=row.student, title=title
        )
        following.owner, following.major, following.amount = row.owner, row.major, row.amount
        following.forms, following.details = row.forms, row.details
        if months == 0:
            following.status, following.ended_on = Status.IN_FORCE, None
        return following

    def _on_their_way(self) -> None:
        """Drafts, what a firm has not yet confirmed, what waits for the dean, what is approved or being signed."""
        for code, state in words.ON_THEIR_WAY:
            group = self._group()
            firm = self._firm(code, group)
            if firm is None:
                continue
            row = self._add(code, group, firm, self.plan.ahead(self.dice.randint(10, 40)))
            row.status, row.signed_on, row.ended_on = state, None, None
            if state == Status.DRAFT:
                row.contents = dict(list(row.contents.items())[:2])

    def _number(self) -> None:
        """By year and unit, from 1, in the order of the first days; drafts have none."""
        last: dict[tuple[int, str], int] = defaultdict(int)
        numbered = (*SIGNED, Status.APPROVED, Status.SIGNING)
        for row in sorted(self.rows, key=lambda row: (row.starts_on, row.title)):
            if row.status in numbered:
                place = (row.starts_on.year, row.unit.code)
                last[place] += 1
                row.number = NUMBER.format(prefix=row.kind.prefix, year=place[0], unit=place[1], number=last[place])
        NumberSeries.objects.bulk_create(
            NumberSeries(key=f"agreements:{year}:{unit}", last=number) for (year, unit), number in last.items()
        )

    def _insert(self) -> None:
        """Write the register; what follows another names it once both have their keys."""
        chained = [(row, row.amends, row.renews) for row in self.rows if row.amends or row.renews]
        for row, _amends, _renews in chained:
            row.amends = row.renews = None
        insert(self.plan, self.rows, lambda row: row.signed_on or self.plan.ago(12))
        for row, amends, renews in chained:
            row.amends, row.renews = amends, renews
        Agreement.objects.bulk_update([row for row, _amends, _renews in chained], ["amends", "renews"])
        for row, college in self.colleges:
            if college.agreement_id is None:
                IndustryCollege.objects.filter(pk=college.pk).update(agreement=row)

    # What hangs on them -----------------------------------------------------------------------------------------------

    def _parties(self) -> None:
        contacts: dict[int, list] = defaultdict(list)
        firms = {row.counterparty_id for row in self.rows if row.counterparty_id}
        for firm in Organisation.objects.filter(pk__in=firms).prefetch_related("contacts"):
            contacts[firm.pk] = list(firm.contacts.all())
        parties = []
        for row in self.rows:
            for order, role in enumerate(self._roles(row), 1):
                party = AgreementParty(agreement=row, order=order, role=role)
                self._fill(party, contacts)
                if row.status not in (Status.DRAFT, Status.CONFIRMING) or role == "school":
                    party.confirmed_at = self._moment((row.signed_on or self.plan.ago(9)) - timedelta(days=6))
                    party.confirmed_by = party.contact or party.name
                parties.append(party)
        insert(self.plan, parties, lambda party: party.agreement.signed_on or self.plan.ago(12))

    def _roles(self, row: Agreement) -> list[str]:
        roles = list(row.kind.roles)
        birth = row.student.birth_date if row.student else None
        if birth is not None and (row.starts_on - birth).days < 18 * 365.25:
            roles.append("guardian")
        return roles

    def _fill(self, party: AgreementParty, contacts: dict[int, list]) -> None:
        row, firm, student = party.agreement, party.agreement.counterparty, party.agreement.student
        if party.role == "school":
            party.name, party.signatory, party.signatory_position = (
                facts.SCHOOL_NAME,
                self.world.leaders[0].name,
                "院长",
            )
            party.contact = row.owner.name if row.owner else ""
        elif party.role in ("student", "guardian") and student is not None:
            party.student = student
            party.name = student.name if party.role == "student" else student.guardian_name or f"{student.name}的监护人"
            party.signatory = party.name
        elif party.role == "individual":
            party.name = party.signatory = self.dice.choice(words.EXPERTS)
        elif firm is not None:
            party.organisation, party.name, party.uscc, party.address = firm, firm.name, firm.uscc, firm.address
            people = contacts[firm.pk]
            if people:
                signs = next((c for c in people if c.role == c.Role.SIGNATORY), people[0])
                party.signatory, party.signatory_position = signs.name, signs.position or "总经理"
                party.contact, party.email, party.phone = people[0].name, people[0].email, people[0].phone or ""

    def _moment(self, day: date) -> datetime:
        return timezone.make_aware(datetime.combine(min(day, self.plan.ago(1)), time(10, 30)))

    def _obligations(self) -> None:
        rows, tasks = [], []
        for row in self.rows:
            if row.status not in SIGNED or row.kind.code not in words.OBLIGATIONS or row.amends_id:
                continue
            for role, title, after in words.OBLIGATIONS[row.kind.code]:
                due = row.starts_on + timedelta(days=after)
                if due > row.last_day:
                    continue
                owed = Obligation(agreement=row, party_role=role, title=title, due=due, owner=row.owner)
                if due < self.plan.ago(3):
                    owed.fulfilled_on = due - timedelta(days=self.dice.randint(0, 12))
                elif row.status == Status.IN_FORCE and due > self.plan.ahead(5) and len(tasks) < 40:
                    owed.task = Task(
                        title=f"{title}（{row.title}）"[:200],
                        unit=row.unit,
                        owner=row.owner,
                        starts_on=min(self.plan.ago(10), due),
                        due=due,
                        deliverable="履约佐证材料",
                        appraisal_method="按协议约定",
                    )
                    tasks.append(owed.task)
                rows.append(owed)
        # The two that fell due last are overdue, and stand so in the register.
        past = [owed for owed in rows if owed.fulfilled_on and owed.agreement.status == Status.IN_FORCE]
        for owed in sorted(past, key=lambda owed: owed.due)[-2:]:
            owed.fulfilled_on = None
        insert(self.plan, tasks, lambda task: task.starts_on or self.plan.ago(10))
        for owed in rows:
            if owed.task is not None:
                owed.task_id = owed.task.pk
        insert(self.plan, rows, lambda owed: owed.agreement.signed_on or self.plan.ago(12))

    def _tell(self) -> None:
        """Who did what: drafted, approved, put in force, ended."""
        told = []
        for row in self.rows:
            start = row.signed_on or self.plan.ago(11)
            steps: list[tuple[str, date, str]] = [("created", start - timedelta(days=20), "")]
            if row.status not in (Status.DRAFT,):
                steps.append(("ask", start - timedelta(days=16), ""))
            if row.status in SIGNED:
                steps += [
                    ("submit", start - timedelta(days=11), ""),
                    ("approve", start - timedelta(days=5), "同意。"),
                    ("enforce", start, "纸质签署件已归档。"),
                ]
            end = row.ended_on or start
            closing = {
                Status.TERMINATED: "terminate",
                Status.ENDED: "end",
                Status.RENEWED: "follow",
                Status.REPLACED: "replace",
            }
            if row.status in closing:
                steps.append((closing[Status(row.status)], end, row.end_reason))
            if row.status == Status.APPROVED or row.status == Status.SIGNING:
                steps.append(("approve", self.plan.ago(6), "同意。"))
            for verb, day, why in steps:
                who = row.owner
                told.append(
                    Event(
                        record_type=type_key(row),
                        record_id=row.pk,
                        label=str(row)[:200],
                        verb=verb,
                        actor=self.world.users.get(who.pk) if who else None,
                        actor_name=who.name if who else "",
                        comment=why,
                        at=self.plan.at(day, self.dice),
                    )
                )
        insert(self.plan, told)

    def _papers(self) -> None:
        """Templates of all kinds; the final text of what is being signed, with its signers; approval for what waits."""
        for kind in self.kinds.values():
            documents.ensure_template(kind)
        for row in self.rows:
            if row.status == Status.SIGNING:
                self._ask(row)
            elif row.status == Status.SUBMITTED:
                self._submit(row)

    def _ask(self, row: Agreement) -> None:
        paper = documents.make_document(row, by=SYSTEM, kind="final")
        parties = {party.role: party for party in row.parties.all()}
        for order, signer in enumerate(row.kind.signers, 1):
            party = parties.get(signer["role"])
            if party is None:
                continue
            SignatureRequest.objects.create(
                agreement=row,
                document=paper,
                party=party,
                order=order,
                channel=signer["channel"],
                signer_name=party.signatory or party.name,
                signer_email=party.email,
                signer_phone=party.phone,
                state="open" if order == 1 else "waiting",
                opened_at=self._moment(self.plan.ago(4)) if order == 1 else None,
                due=self.plan.ahead(7),
            )

    def _submit(self, row: Agreement) -> None:
        route = ApprovalRoute.objects.filter(record_type=type_key(row)).order_by("pk").first()
        sheet = sheet_for(type_key(row))
        if route is None:
            return
        sent = self._moment(self.plan.ago(4))
        case = ApprovalCase(
            record_type=type_key(row),
            record_id=row.pk,
            label=str(row)[:200],
            url=sheet.url("detail", row.pk) if sheet else "",
            unit_id=row.unit_id,
            route_name=route.name,
            snapshot=snapshot(row),
            submitted_by=self.world.users.get(row.owner_id or 0),
            submitted_at=sent,
        )
        insert(self.plan, [case])
        ApprovalStation.objects.bulk_create(
            ApprovalStation(
                case=case,
                order=order,
                role=station["role"],
                unit_id=row.unit_id if station["at"] == "own" else None,
                idle_days=station["idle_days"],
                escalate_role=station.get("escalate", ""),
                state=ApprovalStation.State.PENDING if order == 1 else ApprovalStation.State.WAITING,
                reached_at=sent if order == 1 else None,
            )
            for order, station in enumerate(route.stations, 1)
        )


def _back(last: date, months: int) -> date:
    """The first day of a term of so many months whose last day is given."""
    after = last + timedelta(days=1)
    month = after.year * 12 + after.month - 1 - months
    return date(month // 12, month % 12 + 1, min(after.day, 28))
