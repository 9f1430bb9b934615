"""What each role's page holds besides the to-do list. A person with several hats chooses which one to look through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.apps import apps
from django.db.models import Count, F, Q, QuerySet, Window
from django.utils import timezone
from django.utils.translation import gettext as _

from zhixing.governance.models import Task
from zhixing.governance.queries import living_tasks
from zhixing.insights import blocks, figures
from zhixing.insights.blocks import Block, Desk, card, listing, row
from zhixing.insights.mending import cheapest, query
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import MajorGroup, Membership, Student, User
from zhixing.partners.models import Activity, Need, Opportunity, SupportGrant
from zhixing.policy.actions import standing_url
from zhixing.policy.models import Standing

SHOWN = blocks.SHOWN
SOON_DAYS = 30


def _pair(*cards: Block) -> Block:
    return {"template": "insights/_pair.html", "cards": cards}


def _page(key: str, record: Any) -> str:
    sheet = sheet_for(key)
    return sheet.url("detail", record.pk) if sheet else ""


# The school ---------------------------------------------------------------------------------------------------------


def office(desk: Desk) -> list[Block]:
    return [
        blocks.numbers(desk),
        blocks.looming(desk, remind=True),
        blocks.heat(desk),
        _pair(blocks.late_tasks(desk), blocks.ageing(desk), blocks.recent(desk)),
    ]


def leader(desk: Desk) -> list[Block]:
    return [
        blocks.numbers(desk),
        blocks.looming(desk, title=_("Red duties")),
        _pair(blocks.colleges(desk), blocks.ranking(desk)),
        _pair(blocks.trend(desk), blocks.money(desk)),
        blocks.heat(desk),
        blocks.late_tasks(desk),
    ]


def reviewer(desk: Desk) -> list[Block]:
    return [blocks.numbers(desk), blocks.looming(desk, title=_("Red duties")), blocks.heat(desk)]


def auditor(desk: Desk) -> list[Block]:
    return [blocks.numbers(desk), blocks.recent(desk), blocks.looming(desk, title=_("Red duties"))]


# A college ----------------------------------------------------------------------------------------------------------


def college(desk: Desk) -> list[Block]:
    """Dean and secretary: the same cards, for their own college alone."""
    own = frozenset(unit for grant in desk.actor.grants if grant.role in ("dean", "secretary") for unit in grant.units)
    mine = Desk(desk.actor, desk.today, desk.year, own)
    return [
        blocks.numbers(mine),
        blocks.duties(mine),
        blocks.looming(mine, title=_("What my college must mend or keep")),
        _pair(blocks.late_tasks(mine), blocks.ageing(mine)),
    ]


# A major group ------------------------------------------------------------------------------------------------------

# The quick buttons of a group's card: record type, words, icon, and what the form is told besides the group.
_QUICK: tuple[tuple[str, Any, str, dict[str, str]], ...] = (
    ("partners.activity", lambda: _("Log an activity"), "calendar", {"kind": "association"}),
    ("partners.industry_link", lambda: _("Add a link"), "link", {}),
    ("governance.meeting", lambda: _("Plan a meeting"), "committee", {}),
    ("partners.technology_note", lambda: _("Note a technical change"), "bulb", {}),
)


def group_leader(desk: Desk) -> list[Block]:
    groups = list(
        MajorGroup.objects.filter(leader_id=desk.actor.person_id or 0, archived_at=None)
        .filter(Q(ends_on=None) | Q(ends_on__gte=desk.today))
        .order_by("code")
    )
    return [_groups(desk, groups), _group_tasks(desk)]


def _groups(desk: Desk, groups: list[MajorGroup]) -> Block:
    """Each group with its duties: links, activity, committee, task book; red ones carry their way out. One query."""
    codes = {group.code: group for group in groups}
    rows = (
        desk.single.filter(unit_scope__in=("major_group", "committee"), unit_code__in=codes)
        .select_related("rule", "version")
        .order_by("rule__order", "period_code", "pk")
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for standing in rows:
        mend = cheapest(standing, desk.actor) if standing.state in (*figures.RED, "on_track") else None
        found[standing.unit_code].append(
            {
                "title": f"{standing.rule.code} {standing.rule.title}",
                "value": figures.value_words(standing),
                "target": figures.target_words(standing),
                "state": standing.state,
                "why": figures.why(standing),
                "due": blocks.day_of(standing),
                "url": standing_url(standing.pk),
                "mend": mend,
            }
        )
    cards = [
        {
            "name": group.name,
            "url": _page("org.major_group", group),
            "duties": found[group.code],
            "quick": _quick(desk, group),
        }
        for group in groups
    ]
    return {"template": "insights/_groups.html", "groups": cards}


def _quick(desk: Desk, group: MajorGroup) -> list[dict[str, str]]:
    buttons = []
    for key, label, icon, more in _QUICK:
        sheet = sheet_for(key)
        if sheet is None or not desk.actor.can(sheet.model, "add"):
            continue
        given = {"group": group.pk, "unit": group.unit_id, **more}
        url = listing_add(key, {name: value for name, value in given.items() if name in sheet.fields})
        buttons.append({"label": label(), "icon": icon, "url": url})
    return buttons


def listing_add(key: str, given: dict[str, Any]) -> str:
    """The form that adds a record, filled in."""
    sheet = sheet_for(key)
    return sheet.url("add") + query(given) if sheet else ""


def _group_tasks(desk: Desk) -> Block:
    """What the groups' committees have given out and is due. One query."""
    soon = desk.today + timedelta(days=SOON_DAYS)
    rows = living_tasks(Task.objects.visible_to(desk.actor)).filter(
        book__committee__group__leader_id=desk.actor.person_id or 0, due__lte=soon
    )
    rows = rows.select_related("owner").annotate(all_=Window(Count("pk"))).order_by("due", "pk")[:SHOWN]
    found = list(rows)
    lines = [
        row(
            task.title,
            task.owner.name if task.owner else _("no owner"),
            _page("governance.task", task),
            due=task.due,
            icon="task",
        )
        for task in found
    ]
    return card(
        _("Tasks of my groups due within %(days)s days") % {"days": SOON_DAYS},
        lines,
        icon="task",
        empty=_("No task of your groups is due soon."),
        total=found[0].all_ if found else 0,
        more=listing("governance.task", status="open"),
    )


# Teachers and offices -------------------------------------------------------------------------------------------------


def _needs(desk: Desk, kinds: tuple[str, ...], title: str, empty: str) -> Block:
    """Needs that nobody has taken on. One query."""
    rows = Need.objects.visible_to(desk.actor).filter(status="open", archived_at=None, kind__in=kinds)
    rows = (
        rows.select_related("organisation")
        .annotate(all_=Window(Count("pk")))
        .order_by(F("due").asc(nulls_last=True), "-raised_on", "pk")
    )
    found = list(rows[:SHOWN])
    sheet = sheet_for(Need)
    may_claim = (
        sheet is not None and desk.actor.can(Need, "add") and "claim" in {action.key for action in sheet.actions}
    )
    lines = [
        row(
            need.title,
            f"{need.organisation} · {need.get_kind_display()}" + (f" · {need.number}" if need.number else ""),
            _page("partners.need", need),
            due=need.due,
            icon="target",
            act=sheet.url("act", need.pk, key="claim") if may_claim and sheet else "",
            act_label=_("Claim"),
        )
        for need in found
    ]
    return card(
        title,
        lines,
        icon="target",
        empty=empty,
        total=found[0].all_ if found else 0,
        more=listing("partners.need", status="open", kind=list(kinds)),
    )


def _activities(desk: Desk, title: str, empty: str, **given: Any) -> Block:
    """Activities to come, the next first. One query."""
    rows = Activity.objects.visible_to(desk.actor).filter(
        status="planned", held_on__gte=desk.today, archived_at=None, **given
    )
    rows = rows.select_related("unit").order_by("held_on", "pk")[:SHOWN]
    lines = [
        row(
            item.title,
            " · ".join(filter(None, (item.get_kind_display(), item.place, str(item.unit)))),
            _page("partners.activity", item),
            icon="calendar",
            tag=item.held_on.isoformat(),
        )
        for item in rows
    ]
    return card(title, lines, icon="calendar", empty=empty, more=listing("partners.activity", status="planned"))


def teacher(desk: Desk) -> list[Block]:
    person = desk.actor.person_id or 0
    mine = Opportunity.objects.visible_to(desk.actor).filter(owner_id=person, archived_at=None).exclude(stage="closed")
    opportunities = [
        row(
            item.title,
            f"{item.organisation} · {item.get_stage_display()}",
            _page("partners.opportunity", item),
            icon="handshake",
        )
        for item in mine.select_related("organisation").order_by("stage_since", "pk")[:SHOWN]
    ]
    return [
        _pair(
            _needs(
                desk,
                ("technique", "training"),
                _("Technique and training that firms ask for"),
                _("No firm waits for an answer."),
            ),
            _activities(desk, _("Activities I take part in"), _("No activity is planned with you."), people=person),
            card(
                _("My opportunities"),
                opportunities,
                icon="handshake",
                empty=_("You keep no opportunity yet."),
                more=listing("partners.opportunity"),
            ),
        )
    ]


def hr(desk: Desk) -> list[Block]:
    """Roles that end soon, and who holds what. Two queries."""
    held = Membership.objects.visible_to(desk.actor).filter(archived_at=None, starts_on__lte=desk.today)
    ending = held.filter(ends_on__range=(desk.today, desk.today + timedelta(days=blocks.AHEAD_DAYS)))
    lines = [
        row(
            item.person,
            f"{item.get_role_display()} · {item.unit}",
            _page("org.membership", item),
            due=item.ends_on,
            icon="key",
        )
        for item in ending.select_related("person", "unit").order_by("ends_on", "pk")[:SHOWN]
    ]
    counts = (
        held.filter(Q(ends_on=None) | Q(ends_on__gte=desk.today))
        .order_by()
        .values("role")
        .annotate(number=Count("pk"))
        .order_by("-number", "role")
    )
    words = dict(Membership._meta.get_field("role").flatchoices)
    numbers = [
        row(
            words.get(item["role"], item["role"]),
            "",
            listing("org.membership", role=item["role"]),
            icon="users",
            tag=str(item["number"]),
        )
        for item in counts
    ]
    return [
        _pair(
            card(
                _("Roles that end within %(days)s days") % {"days": blocks.AHEAD_DAYS},
                lines,
                icon="key",
                empty=_("No role ends soon."),
                more=listing("org.membership"),
            ),
            card(
                _("Who holds what"),
                numbers,
                icon="users",
                empty=_("No role is recorded."),
                more=listing("org.membership"),
            ),
        )
    ]


def finance(desk: Desk) -> list[Block]:
    grants = (
        SupportGrant.objects.visible_to(desk.actor)
        .filter(archived_at=None)
        .select_related("grantor", "unit")
        .order_by("-granted_on", "-pk")[:SHOWN]
    )
    lines = [
        row(
            item.title,
            f"{item.grantor} · {item.unit}",
            _page("partners.support_grant", item),
            icon="money",
            # Land, posts and licences are support without a sum.
            tag=f"¥{item.amount:,.2f}" if item.amount else "",
            tone="ok",
        )
        for item in grants
    ]
    latest = card(
        _("Support won lately"),
        lines,
        icon="money",
        empty=_("No support is on record yet."),
        more=listing("partners.support_grant"),
    )
    return [_pair(blocks.money(desk), latest)]


def research(desk: Desk) -> list[Block]:
    return [
        _pair(
            _needs(desk, ("technique",), _("Technique that firms ask for"), _("No firm waits for an answer.")),
            _needs(desk, ("training",), _("Training that firms ask for"), _("No firm waits for an answer.")),
        )
    ]


def employment(desk: Desk) -> list[Block]:
    return [
        _pair(
            _needs(desk, ("talent",), _("People that firms look for"), _("No firm waits for an answer.")),
            _activities(desk, _("Visits planned"), _("No visit is planned."), kind="visit"),
        )
    ]


def student(desk: Desk) -> list[Block]:
    """Where am I: one's own record and nobody else's. One query."""
    found = (
        Student.objects.visible_to(desk.actor)
        .filter(person_id=desk.actor.person_id or 0)
        .select_related("cohort__major__unit", "cohort__major__group", "cohort__adviser")
        .first()
    )
    return [{"template": "insights/_student.html", "student": found}]


# Administrators -------------------------------------------------------------------------------------------------------


def system_admin(desk: Desk) -> list[Block]:
    """The health of the queue: jobs by state, workers that live, and what failed last. Three queries."""
    jobs = apps.get_model("procrastinate", "ProcrastinateJob").objects
    workers = apps.get_model("procrastinate", "ProcrastinateWorker").objects
    counts = dict(jobs.order_by().values_list("status").annotate(number=Count("pk")).order_by("status"))
    living = workers.filter(last_heartbeat__gt=timezone.now() - timedelta(minutes=1)).aggregate(number=Count("pk"))
    kpis = [
        blocks.kpi(
            _("Workers alive"),
            living["number"],
            "settings",
            "",
            note="" if living["number"] else _("start one with `make run`"),
            tone="ok" if living["number"] else "stop",
        ),
        blocks.kpi(_("Jobs waiting"), counts.get("todo", 0), "clock", ""),
        blocks.kpi(_("Jobs at work"), counts.get("doing", 0), "refresh", ""),
        blocks.kpi(_("Jobs failed"), counts.get("failed", 0), "alert", "", tone="bad"),
    ]
    failed = [
        row(
            job.task_name,
            _("attempt %(number)s") % {"number": job.attempts},
            icon="alert",
            tag=f"#{job.pk}",
            tone="bad",
        )
        for job in jobs.filter(status="failed").order_by("-pk")[:SHOWN]
    ]
    return [
        {"template": "insights/_numbers.html", "kpis": kpis},
        card(_("Jobs that failed"), failed, icon="check-circle", empty=_("No job has failed.")),
    ]


def security_admin(desk: Desk) -> list[Block]:
    """Who signed in lately, and who failed to. Two queries."""
    attempts: QuerySet[AccessAttempt] = AccessAttempt.objects.order_by("-attempt_time", "-pk")[:SHOWN]
    lines = [
        row(
            item.username or "—",
            item.ip_address or "",
            icon="lock",
            tag=_("%(count)s failures") % {"count": item.failures_since_start},
            tone="bad",
            when=timezone.localtime(item.attempt_time),
        )
        for item in attempts
    ]
    users = User.objects.filter(last_login__isnull=False).select_related("person").order_by("-last_login", "pk")[:SHOWN]
    logins = [
        row(user.get_full_name(), user.username, icon="user", when=timezone.localtime(user.last_login))
        for user in users
    ]
    return [
        _pair(
            card(_("Failed sign-ins"), lines, icon="shield", empty=_("Nobody failed to sign in.")),
            card(_("Latest sign-ins"), logins, icon="user", empty=_("Nobody has signed in yet.")),
        ),
        *([blocks.recent(desk)] if desk.actor.can("kernel.event") else []),
    ]


def audit_admin(desk: Desk) -> list[Block]:
    return [blocks.recent(desk)]


SECTIONS: dict[str, Callable[[Desk], list[Block]]] = {
    "office": office,
    "leader": leader,
    "dean": college,
    "secretary": college,
    "group_leader": group_leader,
    "teacher": teacher,
    "hr": hr,
    "finance": finance,
    "research": research,
    "employment": employment,
    "student": student,
    "reviewer": reviewer,
    "auditor": auditor,
    "system_admin": system_admin,
    "security_admin": security_admin,
    "audit_admin": audit_admin,
}


def overview_years(desk: Desk) -> list[str]:
    """The academic years that have standings, the latest first. One query."""
    rows = Standing.objects.visible_to(desk.actor).order_by("-year").values_list("year", flat=True).distinct()
    return list(rows)
