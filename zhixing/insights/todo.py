"""What needs this person, by when, and the one click that does it: over all their hats, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, CharField, Count, DateField, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhixing.governance.models import Task
from zhixing.governance.queries import living_tasks
from zhixing.insights import figures
from zhixing.insights.mending import cheapest
from zhixing.kernel import approval
from zhixing.kernel.models import ImportRun, Notice
from zhixing.kernel.scope import Actor, role_table
from zhixing.kernel.sheet import sheet_for
from zhixing.org.calendar import monday_of
from zhixing.org.models import Student
from zhixing.partners.models import Activity, GovernmentPolicy, Need
from zhixing.policy.actions import standing_url
from zhixing.policy.models import Acknowledgement, Policy, Standing
from zhixing.practice import own
from zhixing.practice.models import IncidentReport, Leave, PlacementChange, WeekEntry
from zhixing.practice.running_queries import unread_of

# Nobody works off more than this from one page; the lists behind it hold the rest.
SHOWN = 8
LIMIT = 60


@dataclass(frozen=True)
class Item:
    """One line: what it is, where it is, and the click: `post` is done at once, `act` opens a page made ready."""

    key: str
    kind: str
    title: str
    text: str
    url: str
    icon: str
    due: date | None = None
    state: str = ""
    act: str = ""
    act_label: str = ""
    post: str = ""
    post_data: tuple[tuple[str, str], ...] = ()


def items(actor: Actor, year: str) -> list[Item]:
    """Everything that waits for `actor` in the running academic year, in a fixed number of queries, however much there is."""
    found = [
        *_approvals(actor),
        *_standings(actor, year),
        *_own(actor),
        *_policies(actor),
        *_practice(actor),
        *_notices(actor),
    ]
    return sorted(found, key=lambda item: (item.due is None, item.due or date.max, item.kind, item.key))


def _approvals(actor: Actor) -> list[Item]:
    found = []
    for station in approval.inbox(actor)[:LIMIT]:
        case, sheet = station.case, sheet_for(station.case.record_type)
        since = timezone.localtime(station.reached_at).date() if station.reached_at else None
        who = case.submitted_by.get_full_name() if case.submitted_by else ""
        found.append(
            Item(
                key=f"approval:{station.pk}",
                kind="1approval",
                title=case.label,
                text=" · ".join(filter(None, (_("Approval"), str(sheet.label) if sheet else "", who))),
                url=case.url,
                icon="approve",
                due=since + timedelta(days=station.idle_days) if since else None,
                post=reverse("decide", args=[station.pk]),
                post_data=(("decision", "approve"),),
                act_label=_("Approve"),
            )
        )
    return found


def _standings(actor: Actor, year: str) -> list[Item]:
    if not (actor.person_id and actor.can(Standing)):
        return []
    rows = (
        Standing.objects.visible_to(actor)
        .filter(holder_id=actor.person_id, state__in=figures.RED, year=year, unit_scope=F("rule__applies_to"))
        .select_related("rule", "version")
        .order_by("due", "rule__order", "unit_code", "pk")
    )
    found = []
    for standing in rows[:LIMIT]:
        mend = cheapest(standing, actor)
        due = standing.breaks_on if standing.reached and standing.breaks_on else standing.due
        found.append(
            Item(
                key=f"standing:{standing.pk}",
                kind="0standing",
                title=f"{standing.rule.code} {standing.rule.title} · {standing.unit_name}",
                text=" ".join(filter(None, (figures.why(standing), mend.text))),
                url=standing_url(standing.pk),
                icon="policy",
                due=due,
                state=standing.state,
                act=mend.url,
                act_label=mend.label,
            )
        )
    return found


def _row(rows: QuerySet, kind: str, title: str, text: Any, due: str | None, note: Any = None) -> QuerySet:
    """A row of any record type as the five columns that the union of them has."""
    return (
        rows.order_by()
        .annotate(
            kind_=Value(kind, output_field=CharField()),
            key_=Cast("pk", BigIntegerField()),
            title_=Cast(F(title), TextField()),
            text_=Cast(text, TextField()),
            due_=Cast(F(due) if due else Value(None), DateField()),
            note_=Cast(note if note is not None else Value(""), TextField()),
        )
        .values_list("kind_", "key_", "title_", "text_", "due_", "note_")
    )


def _own(actor: Actor) -> list[Item]:
    """Tasks, follow-ups, claimed needs, interns' leaves and reports, policies to decide, imports: one query over them all."""
    parts: list[QuerySet] = []
    person, empty = actor.person_id, Value("")
    if person and actor.can(Task):
        mine = living_tasks(Task.objects.visible_to(actor)).filter(owner_id=person)
        parts.append(_row(mine, "task", "title", F("deliverable"), "due", F("progress")))
    if person and actor.can(Activity):
        mine = (
            Activity.objects.visible_to(actor)
            .filter(follow_up_owner_id=person, follow_up_done_on=None, archived_at=None)
            .exclude(follow_up="")
        )
        parts.append(_row(mine, "follow_up", "follow_up", F("title"), "follow_up_due"))
    if person and actor.can(Need):
        mine = Need.objects.visible_to(actor).filter(claimed_by_id=person, status="claimed", archived_at=None)
        parts.append(_row(mine, "need", "title", F("organisation__name"), "due"))
    if person and actor.can(Leave, "approve"):
        # Of running internships what a supervisor alone can settle; the rest of the day has a page of its own.
        of = Q(placement__supervisor_id=person, archived_at=None)
        name = "placement__student__name"
        asked = Leave.objects.visible_to(actor, "approve").filter(of, status="asked")
        parts.append(_row(asked, "leave", name, F("reason"), "starts_on"))
        changes = PlacementChange.objects.visible_to(actor).filter(of, status="asked")
        parts.append(_row(changes, "placement_change", name, F("reason"), "from_on"))
        late = IncidentReport.objects.visible_to(actor).filter(
            incident__placement__supervisor_id=person, status="waiting", archived_at=None
        )
        parts.append(_row(late, "incident_report", f"incident__{name}", F("incident__text"), "due_at"))
    if actor.can(GovernmentPolicy, "change"):
        waiting = GovernmentPolicy.objects.visible_to(actor, "change").filter(status="open", archived_at=None)
        # What nobody owns falls to the office.
        whose = Q(owner_id=person) | Q(owner=None) if "office" in actor.roles else Q(owner_id=person or 0)
        parts.append(_row(waiting.filter(whose), "government_policy", "title", F("issuer__name"), "deadline"))
    if actor.user_id:
        runs = ImportRun.objects.filter(user_id=actor.user_id, state__in=("uploaded", "previewed"))
        parts.append(_row(runs, "import", "file_name", empty, None, F("record_type")))
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    rows = rows.order_by("due_", "kind_", "key_")[: 2 * LIMIT]
    return [_MAKERS[kind](actor, key, title, text, due, note) for kind, key, title, text, due, note in rows]


def _record_item(kind: str, type_key: str, label: Any, icon: str, act_key: str, capability: str, act_label: Any) -> Any:
    def make(actor: Actor, key: int, title: str, text: str, due: date | None, note: str) -> Item:
        sheet = sheet_for(type_key)
        url = sheet.url("detail", key) if sheet else ""
        # A step asks on its own page for whatever it needs: a result, a reason.
        known = sheet is not None and act_key in {action.key for action in sheet.actions}
        may = known and actor.can(sheet.model, capability)  # type: ignore[union-attr]
        return Item(
            key=f"{kind}:{key}",
            kind=f"2{kind}",
            title=title,
            text=" · ".join(filter(None, (str(label()), text, f"{note}%" if kind == "task" else ""))),
            url=url,
            icon=icon,
            due=due,
            act=sheet.url("act", key, key=act_key) if may else url,  # type: ignore[union-attr]
            act_label=str(act_label()) if may else _("Open"),
        )

    return make


def _import_item(actor: Actor, key: int, title: str, text: str, due: date | None, note: str) -> Item:
    sheet = sheet_for(note)
    words = _("Unfinished import") + (f" · {sheet.label_plural}" if sheet else "")
    url = reverse("import-run", args=[key])
    return Item(f"import:{key}", "3import", title, words, url, "upload", act=url, act_label=_("Go on"))


_MAKERS: dict[str, Any] = {
    "task": _record_item(
        "task", "governance.task", lambda: _("Task"), "task", "progress", "change", lambda: _("Report progress")
    ),
    "follow_up": _record_item(
        "follow_up",
        "partners.activity",
        lambda: _("Follow-up"),
        "flag",
        "finish_follow_up",
        "change",
        lambda: _("Done"),
    ),
    "need": _record_item(
        "need", "partners.need", lambda: _("Claimed need"), "target", "meet", "change", lambda: _("Record as met")
    ),
    "government_policy": _record_item(
        "government_policy",
        "partners.government_policy",
        lambda: _("Government policy to decide"),
        "scales",
        "apply",
        "change",
        lambda: _("Decide"),
    ),
    "leave": _record_item(
        "leave",
        "practice.leave",
        lambda: Leave._meta.verbose_name,
        "calendar",
        "grant",
        "approve",
        lambda: Leave.flow["grant"].label,
    ),
    "placement_change": _record_item(
        "placement_change",
        "practice.placement_change",
        lambda: PlacementChange._meta.verbose_name,
        "refresh",
        "support",
        "change",
        lambda: PlacementChange.flow["support"].label,
    ),
    "incident_report": _record_item(
        "incident_report",
        "practice.incident_report",
        lambda: IncidentReport._meta.verbose_name,
        "alert",
        "tell",
        "change",
        lambda: IncidentReport.flow["tell"].label,
    ),
    "import": _import_item,
}


def _policies(actor: Actor) -> list[Item]:
    """Policies that a unit of mine has not yet taken note of: one query."""
    may = {grant.role: role_table().extent("policy.acknowledgement", grant.role, "add") for grant in actor.grants}
    units = {grant.unit_id for grant in actor.grants if may[grant.role] and grant.unit_id}
    if not units:
        return []
    done = Acknowledgement.objects.filter(unit_id__in=units, archived_at=None)
    pairs = (
        Policy.objects.visible_to(actor)
        .filter(archived_at=None)
        .exclude(status=Policy.Status.REPEALED)
        .annotate(told=_acknowledged(done))
        .order_by("issued_on", "pk")
    )
    found = []
    for policy in pairs:
        for unit in sorted(units - set(policy.told or ())):
            url = reverse("policy", args=[policy.pk])
            found.append(
                Item(
                    key=f"policy:{policy.pk}:{unit}",
                    kind="3policy",
                    title=str(policy),
                    text=_("To be acknowledged for your unit"),
                    url=url,
                    icon="book",
                    post=reverse("acknowledge", args=[policy.pk]),
                    post_data=(("unit", str(unit)),),
                    act_label=_("Acknowledge"),
                )
            )
    return found


def _acknowledged(done: QuerySet) -> Any:
    return ArraySubquery(done.filter(policy=OuterRef("pk")).order_by("pk").values("unit_id"))


def _practice(actor: Actor) -> list[Item]:
    """Of practice: a student's one next step, and the journals that a supervisor has not read."""
    found = []
    if actor.person_id and actor.can(own.OWN, "add"):
        student = Student.objects.filter(person=actor.person_id, archived_at=None).select_related("cohort").first()
        mine = own.mine(student, actor) if student else None
        if mine is not None and mine.next.url and not _handed_in(mine):
            step, page = mine.next, reverse("my-practice")
            where = page if step.url.startswith("#") else step.url
            found.append(
                Item("practice", "0practice", step.title, step.text, page, "cap", act=where, act_label=step.label)
            )
    if actor.person_id and actor.can(WeekEntry, "approve"):
        unread = unread_of(actor).aggregate(number=Count("pk"))["number"]
        if unread:
            title = ngettext("%(n)s journal to read", "%(n)s journals to read", unread) % {"n": unread}
            page = reverse("practice-journals")
            found.append(Item("journals", "2journals", title, "", page, "book", act=page, act_label=_("Read them")))
    return found


def _handed_in(mine: own.Mine) -> bool:
    """Whether the week that is running is in already: then nothing is left to do until the next."""
    if mine.placement is None or mine.placement.status != "running":
        return False
    return mine.placement.weeks.filter(monday=monday_of(timezone.localdate()), archived_at=None).exists()


def _notices(actor: Actor) -> list[Item]:
    rows = Notice.objects.filter(user_id=actor.user_id or 0, read_at=None).order_by("-created_at", "-pk")[:5]
    return [
        Item(
            key=f"notice:{notice.pk:012d}",
            kind="4notice",
            title=notice.message,
            text=_("Notice"),
            url=reverse("notice", args=[notice.pk]) if notice.url else reverse("notices"),
            icon="bell",
        )
        for notice in rows
    ]
