"""Who entered what and when, and who took which step: the timelines of the sample college."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from zhixing.governance.models import Committee, Meeting, Task, TaskBook
from zhixing.industry_colleges.models import AreaOutput, ConstructionPlan, IndustryCollege, PlanMilestone
from zhixing.kernel.models import Event, Record
from zhixing.kernel.scope import type_key
from zhixing.org.models import Person
from zhixing.partners.models import (
    Activity,
    DemandSurvey,
    GovernmentPolicy,
    IndustryLink,
    Need,
    Opportunity,
    Organisation,
    SupportGrant,
    TechnologyNote,
)
from zhixing.sample import college_facts as facts
from zhixing.sample.plan import Plan, insert
from zhixing.sample.world import World

Told = tuple[Record, str, datetime, Person, str]


class Story:
    """Goes through the registers once and tells each record's life."""

    def __init__(self, plan: Plan, world: World):
        self.plan, self.world = plan, world
        self.dice: random.Random = plan.dice("story")
        self.office = world.cast["office"]

    def write(self) -> None:
        parts = (self.partners(), self.links(), self.activities(), self.opportunities(), self.needs(), self.policies())
        told = [
            event
            for part in (*parts, self.papers(), self.bodies(), self.books(), self.industry_colleges())
            for event in part
        ]
        told.sort(key=lambda event: event[2])
        insert(self.plan, [self._event(*event) for event in told])

    def _event(self, record: Record, verb: str, at: datetime, who: Person, comment: str) -> Event:
        user = self.world.users.get(who.pk)
        return Event(
            record_type=type_key(record),
            record_id=record.pk,
            label=str(record)[:200],
            verb=verb,
            actor=user,
            actor_name=who.name,
            comment=comment,
            at=at,
        )

    def _day(self, day: date) -> datetime:
        return self.plan.at(day, self.dice)

    def _clerk(self, code: str | None) -> Person:
        """Who keeps the papers of a unit: a college's secretary, a department's first clerk."""
        if code in self.world.secretaries:
            return self.world.secretaries[code]
        return self.world.staff[code][2] if code in self.world.staff and code != "HZY" else self.office

    def partners(self) -> Iterator[Told]:
        status = Organisation.Status
        for row in Organisation.objects.select_related("keeper").order_by("pk"):
            clerk = self._clerk(row.keeper.code if row.keeper else None)
            yield row, "created", row.created_at, clerk, ""
            first = row.created_at.date() + timedelta(days=self.dice.randint(5, 60))
            if row.kind != Organisation.Kind.ENTERPRISE or row.status == status.LEAD or first >= self.plan.today:
                continue
            yield row, "activate", self._day(first), clerk, ""
            later = first + timedelta(days=self.dice.randint(200, 420))
            if row.status == status.DORMANT:
                yield row, "rest", self._day(later), clerk, row.status_reason
            elif row.status == status.BANNED:
                yield row, "ban", self._day(later), self.office, row.status_reason

    def links(self) -> Iterator[Told]:
        for row in IndustryLink.objects.select_related("group__unit", "organisation").order_by("pk"):
            code, entered = row.group.unit.code, row.created_at.date()
            yield row, "created", row.created_at, self._clerk(code), row.note
            if row.status == IndustryLink.Status.APPROVED:
                yield row, "submit", row.created_at + timedelta(hours=1), self._clerk(code), ""
                yield row, "approve", self._day(entered + timedelta(days=2)), self.world.deans[code], "同意。"

    def activities(self) -> Iterator[Told]:
        status = Activity.Status
        for row in Activity.objects.select_related("unit").order_by("pk"):
            clerk = self._clerk(row.unit.code)
            yield row, "created", row.created_at, clerk, ""
            if row.status == status.HELD and row.kind == Activity.Kind.ASSOCIATION:
                yield row, "hold", self._day(row.held_on + timedelta(days=2)), clerk, ""
            elif row.status == status.CANCELLED:
                yield (
                    row,
                    "cancel",
                    self._day(row.held_on - timedelta(days=2)),
                    clerk,
                    "企业接待人员临时出差，改期另约。",
                )

    def opportunities(self) -> Iterator[Told]:
        stage = Opportunity.Stage
        path = {stage.IMPLEMENT: 1, stage.SUPERVISE: 2, stage.FOLLOW: 3, stage.CLOSED: 0}
        for row in Opportunity.objects.select_related("owner").order_by("pk"):
            yield row, "created", row.created_at, row.owner, ""
            steps = ("implement", "supervise", "follow")[: path.get(Opportunity.Stage(row.stage), 0)]
            span = (row.stage_since - row.opened_on).days
            for number, verb in enumerate(steps, 1):
                yield row, verb, self._day(row.opened_on + timedelta(days=span * number // len(steps))), row.owner, ""
            if row.stage == stage.CLOSED:
                yield row, "close", self._day(row.stage_since), row.owner, row.note

    def needs(self) -> Iterator[Told]:
        status = Need.Status
        for row in Need.objects.select_related("claimed_by").order_by("pk"):
            yield row, "created", row.created_at, self._clerk(facts.EMPLOYMENT), ""
            claimed = row.raised_on + timedelta(days=self.dice.randint(2, 12))
            if row.claimed_by:
                yield row, "claim", self._day(claimed), row.claimed_by, ""
            if row.status == status.MET and row.claimed_by:
                yield (
                    row,
                    "meet",
                    self._day(claimed + timedelta(days=self.dice.randint(10, 60))),
                    row.claimed_by,
                    row.result,
                )
            elif row.status == status.CLOSED:
                yield row, "close", self._day(claimed + timedelta(days=20)), self.office, row.result

    def policies(self) -> Iterator[Told]:
        verbs = {GovernmentPolicy.Status.APPLIED: "apply", GovernmentPolicy.Status.IGNORED: "ignore"}
        for row in GovernmentPolicy.objects.order_by("pk"):
            yield row, "created", row.created_at, self.office, ""
            if row.decided_on:
                verb = verbs[GovernmentPolicy.Status(row.status)]
                yield row, verb, self._day(row.decided_on), self.office, row.decision_reason

    def papers(self) -> Iterator[Told]:
        for grant in SupportGrant.objects.select_related("unit").order_by("pk"):
            yield grant, "created", grant.created_at, self._clerk(grant.unit.code), ""
        for model in (DemandSurvey, TechnologyNote):
            for row in model._default_manager.select_related("author").order_by("pk"):
                yield row, "created", row.created_at, row.author, ""

    def bodies(self) -> Iterator[Told]:
        for row in Committee.objects.select_related("secretary").order_by("pk"):
            yield row, "created", row.created_at, row.secretary or self.office, ""
        for meeting in Meeting.objects.select_related("committee__secretary").order_by("pk"):
            clerk = meeting.committee.secretary or self.office
            yield meeting, "created", meeting.created_at, clerk, ""
            if meeting.status == Meeting.Status.HELD:
                yield meeting, "hold", self._day(meeting.held_on + timedelta(days=3)), clerk, ""

    def books(self) -> Iterator[Told]:
        status = TaskBook.Status
        for row in TaskBook.objects.select_related("committee__secretary", "committee__unit", "year").order_by("pk"):
            clerk = row.committee.secretary or self.office
            yield row, "created", row.created_at, clerk, ""
            if row.status == status.SUBMITTED:
                yield row, "submit", self.plan.at(self.plan.ago(5)), clerk, ""
            elif row.approved_on:
                yield row, "submit", self._day(row.approved_on - timedelta(days=4)), clerk, ""
                dean = self.world.deans[row.committee.unit.code]
                yield row, "station_approved", self._day(row.approved_on - timedelta(days=2)), dean, ""
                yield row, "approve", self._day(row.approved_on), self.office, "同意印发。"
        for task in Task.objects.select_related("owner", "unit").order_by("pk"):
            yield task, "created", task.created_at, self._clerk(task.unit.code), ""
            if task.done_on and task.owner:
                yield task, "finish", self._day(task.done_on), task.owner, ""
            elif task.status == Task.Status.DROPPED and task.due:
                yield (
                    task,
                    "drop",
                    self._day(task.due),
                    self.office,
                    "行业组织全年未安排活动，任务撤销，下学年另行安排。",
                )

    def industry_colleges(self) -> Iterator[Told]:
        for row in IndustryCollege.objects.select_related("unit").order_by("pk"):
            clerk, founded = self._clerk(row.unit.code), row.starts_on
            yield row, "created", row.created_at, clerk, ""
            yield row, "submit", self._day(founded - timedelta(days=9)), clerk, ""
            yield row, "station_approved", self._day(founded - timedelta(days=6)), self.world.deans[row.unit.code], ""
            yield row, "approve", self._day(founded), self.world.leaders[0], "同意设立。"
            if row.status != IndustryCollege.Status.APPROVED:
                yield row, "build", self._day(founded + timedelta(days=30)), clerk, ""
            for check in row.checks.order_by("held_on"):
                verb = "mid_check" if check.kind == "mid" else "accept"
                yield row, verb, self._day(check.held_on), self.office, check.findings
            if row.level == IndustryCollege.Level.PROVINCE and row.recognised_on:
                yield row, "recognise", self._day(row.recognised_on), self.office, row.recognition_number
        for plan in ConstructionPlan.objects.select_related("college__unit").order_by("pk"):
            clerk = self._clerk(plan.college.unit.code)
            yield plan, "created", plan.created_at, clerk, ""
            if plan.approved_on:
                yield plan, "submit", self._day(plan.approved_on - timedelta(days=4)), clerk, ""
                yield plan, "approve", self._day(plan.approved_on), self.office, "同意。"
        for milestone in PlanMilestone.objects.exclude(done_on=None).select_related("owner").order_by("pk"):
            if milestone.owner and milestone.done_on:
                yield milestone, "finish", self._day(milestone.done_on), milestone.owner, ""
        for output in AreaOutput.objects.select_related("recorded_by").order_by("pk"):
            yield output, "created", output.created_at, output.recorded_by or self.office, ""
