"""Task books year by year, their tasks with milestones, and how they were appraised."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from zhixing.governance.models import Committee, Milestone, Task, TaskAppraisal, TaskBook
from zhixing.kernel.approval import snapshot
from zhixing.kernel.models import ApprovalCase, ApprovalRoute, ApprovalStation
from zhixing.kernel.scope import type_key
from zhixing.kernel.sheet import sheet_for
from zhixing.sample import college_facts as facts
from zhixing.sample import governance_words as words
from zhixing.sample.governance import pick
from zhixing.sample.plan import Plan, insert, weekday_before
from zhixing.sample.world import World

_ROUTES = (
    ("governance.task_book", "任务书审批", [("dean", "own", "office"), ("office", "school", "leader")]),
    (
        "industry_colleges.industry_college",
        "产业学院设立审批",
        [("dean", "own", "office"), ("office", "school", "leader"), ("leader", "school", "")],
    ),
    (
        "industry_colleges.construction_plan",
        "产业学院建设方案审批",
        [("dean", "own", "office"), ("office", "school", "leader")],
    ),
    ("partners.industry_link", "行业组织联系审批", [("dean", "own", "office")]),
    ("cultivation.training_plan", "人才培养方案审批", [("dean", "own", "office"), ("office", "school", "leader")]),
    ("bases.base_plan", "基地建设规划审批", [("dean", "own", "office"), ("office", "school", "leader")]),
    ("policy.rule_version", "规则数值变更审批", [("office", "school", "leader"), ("leader", "school", "")]),
)


def make_routes(plan: Plan) -> None:
    """Who must agree: the college's dean, then the academic affairs office, then a school leader."""
    insert(
        plan,
        [
            ApprovalRoute(
                record_type=record_type,
                name=name,
                effective_from=plan.year_start(-3),
                stations=[{"role": role, "at": at, "idle_days": 3, "escalate": up} for role, at, up in stations],
            )
            for record_type, name, stations in _ROUTES
        ],
    )


def make_task_books(plan: Plan, world: World) -> None:
    """A book for each committee and year, approved in September; this year one is a draft and one in approval."""
    status = TaskBook.Status
    dice = plan.dice("task books")
    rows = []
    for code, committee in world.committees.items():
        for offset in (-3, -2, -1, 0):
            if plan.year_start(offset) > committee.ends_on:
                continue
            approved = weekday_before(plan.terms(offset)[0][0] + timedelta(days=dice.randint(12, 24)))
            state = status.APPROVED
            if offset == 0 and code == facts.BOOK_DRAFT:
                state = status.DRAFT
            elif offset == 0 and (code == facts.BOOK_SUBMITTED or approved >= plan.today):
                state = status.SUBMITTED if code == facts.BOOK_SUBMITTED else status.DRAFT
            rows.append(
                TaskBook(
                    committee=committee,
                    year=world.years[offset],
                    status=state,
                    approved_on=approved if state == status.APPROVED else None,
                )
            )
    rows = insert(plan, rows, lambda row: row.approved_on - timedelta(days=6) if row.approved_on else plan.ago(9))
    tasks = _make_tasks(plan, world, rows)
    _make_milestones(plan, tasks)
    _make_appraisals(plan, world, tasks)
    for row in rows:
        if row.status == status.SUBMITTED:
            _submit(plan, world, row)


def _due(plan: Plan, offset: int, month: int, day: int) -> date:
    year = plan.year + offset + (month < 9)
    return weekday_before(date(year, month, day))


def _make_tasks(plan: Plan, world: World, books: list[TaskBook]) -> list[Task]:
    dice = plan.dice("tasks")
    rows = []
    offsets = {year.pk: offset for offset, year in world.years.items()}
    for book in books:
        committee: Committee = book.committee
        assert committee.group is not None
        code = committee.group.code
        offset = offsets[book.year_id]
        people = world.faculty[committee.unit.code]
        for number, (title, deliverable, method, (month, day), _steps) in enumerate(words.TASKS):
            if (number + int(code[-2:])) % 8 == 7:
                continue  # seven of the eight in each book, another one left out in each
            starts = max(plan.terms(offset)[0][0] + timedelta(days=14), committee.starts_on)
            task = Task(
                title=title.format(group=committee.group.name.removesuffix("专业群")),
                book=book,
                unit=committee.unit,
                owner=committee.group.leader if number in (0, 2) else pick(dice, people),
                starts_on=starts,
                due=max(_due(plan, offset, month, day), starts + timedelta(days=10)),
                deliverable=deliverable,
                appraisal_method=method,
            )
            _progress(plan, task, code, offset, number)
            rows.append(task)
    return insert(plan, rows, lambda row: row.starts_on)


def _progress(plan: Plan, task: Task, code: str, offset: int, number: int) -> None:
    """Past years are done, a few days late here and there; this year's tasks are in order but for the story's."""
    dice = plan.dice(f"progress:{code}:{offset}:{number}")
    status = Task.Status
    assert task.due is not None and task.starts_on is not None
    if offset < 0:
        if offset == -1 and code == facts.LAST_YEAR_NONE and number == 5:
            # The activity that was never held: given up openly.
            task.status, task.progress = status.DROPPED, 0
            return
        late = dice.randint(1, 25) if dice.random() < 0.15 else -dice.randint(0, 20)
        last = min(plan.year_end(offset), plan.ago(2))
        task.status, task.progress = status.DONE, 100
        task.done_on = min(max(task.due + timedelta(days=late), task.starts_on + timedelta(days=1)), last)
        return
    if code in facts.TASKS_UNOWNED and number in (3, 4):
        task.owner = None
    behind = code in facts.TASKS_LATE and number in (0, 1)
    if behind:
        # Late whatever the day: due since a week or two.
        task.due = max(plan.ago(8 + 7 * number), task.starts_on)
        task.progress = 45 + 15 * number
    elif task.due < plan.ahead(2):
        task.status, task.progress = status.DONE, 100
        task.done_on = max(task.starts_on, min(task.due - timedelta(days=dice.randint(0, 6)), plan.ago(1)))
    else:
        spent = (plan.today - task.starts_on).days / max(1, (task.due - task.starts_on).days)
        task.progress = max(0, min(95, round(spent * dice.uniform(0.6, 1.1) * 20) * 5))


def _make_milestones(plan: Plan, tasks: list[Task]) -> None:
    dice = plan.dice("milestones")
    steps = {title: titles for title, _d, _m, _due, titles in words.TASKS}
    rows = []
    for task in tasks:
        assert (
            task.book is not None
            and task.book.committee.group is not None
            and task.due is not None
            and task.starts_on is not None
        )
        name = task.book.committee.group.name.removesuffix("专业群")
        titles = next(titles for title, titles in steps.items() if title.format(group=name) == task.title)
        span = (task.due - task.starts_on).days
        for number, title in enumerate(titles, 1):
            due = task.starts_on + timedelta(days=span * number // (len(titles) + 1))
            last = min(task.done_on or plan.ago(1), plan.ago(1))
            done = None
            if task.status == Task.Status.DONE or (due < plan.ago(10) and dice.random() < 0.85):
                done = min(max(due + timedelta(days=dice.randint(-5, 5)), task.starts_on), max(last, task.starts_on))
            rows.append(Milestone(task=task, title=title, due=due, done_on=done))
    insert(plan, rows, lambda row: row.task.starts_on or plan.ago(30))


def _make_appraisals(plan: Plan, world: World, tasks: list[Task]) -> None:
    """Each year's tasks were appraised in July: nine in ten, the late ones lower."""
    dice = plan.dice("appraisals")
    grade = TaskAppraisal.Grade
    office = world.cast["office"]
    rows = []
    for task in tasks:
        if task.status != Task.Status.DONE or task.done_on is None or task.due is None or dice.random() < 0.1:
            continue
        assert task.book is not None
        day = weekday_before(task.book.year.ends_on - timedelta(days=45))
        if day >= plan.today or day < task.done_on:
            continue
        late = (task.done_on - task.due).days
        score = dice.randint(84, 97) if late <= 0 else max(55, 84 - late - dice.randint(0, 6))
        mark = (
            grade.EXCELLENT if score >= 90 else grade.GOOD if score >= 80 else grade.PASS if score >= 60 else grade.FAIL
        )
        comment = f"逾期{late}天完成。" if late > 0 else "按期完成，成果齐全。"
        rows.append(
            TaskAppraisal(task=task, appraised_on=day, grade=mark, score=score, appraiser=office, comment=comment)
        )
    insert(plan, rows, lambda row: row.appraised_on)


def _submit(plan: Plan, world: World, book: TaskBook) -> None:
    """The book lies with the dean for five days now: longer than the route allows."""
    record_type = type_key(book)
    route = ApprovalRoute.objects.get(record_type=record_type)
    sheet = sheet_for(record_type)
    sent: datetime = plan.at(plan.ago(5))
    secretary = book.committee.secretary
    case = ApprovalCase(
        record_type=record_type,
        record_id=book.pk,
        label=str(book)[:200],
        url=sheet.url("detail", book.pk) if sheet else "",
        unit_id=book.committee.unit_id,
        route_name=route.name,
        snapshot=snapshot(book),
        submitted_by=world.users.get(secretary.pk) if secretary else None,
        submitted_at=sent,
    )
    insert(plan, [case])
    ApprovalStation.objects.bulk_create(
        ApprovalStation(
            case=case,
            order=order,
            role=station["role"],
            unit_id=book.committee.unit_id if station["at"] == "own" else None,
            idle_days=station["idle_days"],
            escalate_role=station["escalate"],
            state=ApprovalStation.State.PENDING if order == 1 else ApprovalStation.State.WAITING,
            reached_at=sent if order == 1 else None,
        )
        for order, station in enumerate(route.stations, 1)
    )
