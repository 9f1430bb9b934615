"""The cards of home page and overview: each asks one question of the records the reader may see, in one query."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import ExtractYear
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhixing.governance.models import Task
from zhixing.governance.queries import living_tasks
from zhixing.insights import figures
from zhixing.kernel import timeline
from zhixing.kernel.models import Event
from zhixing.kernel.scope import SYSTEM, Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.calendar import Period
from zhixing.partners.models import Opportunity, SupportGrant
from zhixing.partners.queries import stale_opportunities
from zhixing.policy.actions import standing_url
from zhixing.policy.models import Standing, State
from zhixing.policy.queries import scores

# How far the office looks ahead.
AHEAD_DAYS = 90
SHOWN = 8
# In cards that stand side by side.
FEW = 6
Block = dict[str, Any]
# Events that are no step of a flow and belong to no one record type's buttons.
_VERBS = {
    "closed": gettext_lazy("Academic year closed"),
    "report_made": gettext_lazy("Assessment report made"),
    "reminded": gettext_lazy("Holder reminded"),
    "acknowledged": gettext_lazy("Policy acknowledged"),
}


@dataclass
class Desk:
    """Whose page it is, on which day, in which academic year; `units` narrows it to some colleges."""

    actor: Actor
    today: date
    year: Period
    units: frozenset[int] | None = None
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def standings(self) -> QuerySet[Standing]:
        """The standings of the year that the reader may see, in the chosen units."""
        rows = Standing.objects.visible_to(self.actor).filter(year=self.year.code)
        return rows if self.units is None else rows.filter(unit_id__in=self.units)

    @property
    def past(self) -> bool:
        """Whether the year is over: then nothing looms any more."""
        return self.year.ends_on < self.today

    @property
    def single(self) -> QuerySet[Standing]:
        """Standings of the units that rules judge, without the roll-ups above them: each duty is counted once."""
        return self.standings().filter(unit_scope=F("rule__applies_to"))

    @cached_property
    def counts(self) -> dict[tuple[int, str], Counter[str]]:
        """(unit, its name) → how many standings are in which state: one query."""
        found: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        rows = self.single.order_by("unit__code").values_list("unit_id", "unit__short_name", "unit__name", "state")
        for unit, short, name, state, number in rows.annotate(number=Count("pk")):
            found[unit, short or name][state] += number
        return dict(found)

    @cached_property
    def totals(self) -> Counter[str]:
        return sum(self.counts.values(), Counter())

    @cached_property
    def looming(self) -> list[Standing]:
        """What is lost or will be within the days ahead, the nearest first: one query."""
        limit = self.today + timedelta(days=AHEAD_DAYS)
        near = Q(state__in=figures.RED)
        if not self.past:
            near |= Q(breaks_on__lte=limit, reached=True) | Q(state="on_track", due__lte=limit)
        rows = self.single.filter(near).exclude(state__in=("waived", "not_applicable", "no_data"))
        rows = rows.select_related("rule", "version", "holder", "unit").order_by("rule__order", "unit_code", "pk")[:400]
        return sorted(rows, key=lambda s: (day_of(s) is None, day_of(s) or date.max, figures.ORDER.index(s.state)))

    @cached_property
    def late(self) -> list[Any]:
        """Living tasks past their day, with the number of all in `all_`: one query."""
        rows = living_tasks(Task.objects.visible_to(self.actor)).filter(due__lt=self.today)
        rows = rows.filter(due__range=(self.year.starts_on, self.year.ends_on)) if self.past else rows
        rows = rows if self.units is None else rows.filter(unit_id__in=self.units)
        return list(rows.select_related("owner", "unit").annotate(all_=Window(Count("pk"))).order_by("due", "pk")[:FEW])

    @property
    def late_query(self) -> dict[str, Any]:
        """The filter of the task list that shows exactly these rows."""
        until = self.year.ends_on if self.past else self.today - timedelta(days=1)
        given = {"status": "open", "due_to": until.isoformat(), **self.unit_query}
        return {**given, "due_from": self.year.starts_on.isoformat()} if self.past else given

    @property
    def unit_query(self) -> dict[str, Any]:
        return {"unit": sorted(self.units)} if self.units is not None else {}

    @property
    def late_total(self) -> int:
        return self.late[0].all_ if self.late else 0


def day_of(standing: Standing) -> date | None:
    """The day that matters: when a met standing ends, by when a lack must be mended."""
    return standing.breaks_on if standing.reached and standing.breaks_on else standing.due


def listing(key: str, **given: Any) -> str:
    """The list of a record type with filters, empty where it has no pages: the rows behind a number."""
    sheet = sheet_for(key)
    if sheet is None:
        return ""
    return sheet.url("list") + (f"?{urlencode(given, doseq=True)}" if given else "")


def standings_url(desk: Desk, **given: Any) -> str:
    """The page that holds exactly the standings a number counts: those that rules judge, without the roll-ups."""
    return f"{reverse('duty-rows')}?{urlencode({'year': desk.year.code, **given}, doseq=True)}"


def card(
    title: str,
    rows: Iterable[dict[str, Any]],
    *,
    icon: str,
    empty: str,
    total: int = 0,
    more: str = "",
    more_label: str = "",
) -> Block:
    found = list(rows)
    return {
        "template": "insights/_rows.html",
        "title": title,
        "rows": found,
        "total": max(total, len(found)),
        "more": more,
        "more_label": more_label or _("All"),
        "icon": icon,
        "empty": empty,
    }


def row(title: Any, text: Any = "", url: str = "", **more: Any) -> dict[str, Any]:
    return {
        "title": str(title),
        "text": str(text),
        "url": url,
        "due": None,
        "state": "",
        "icon": "",
        "tag": "",
        "tone": "",
        **more,
    }


# Standings --------------------------------------------------------------------------------------------------------


def numbers(desk: Desk) -> Block:
    """The year in four numbers, each with its rows behind it."""
    totals = desk.totals
    judged = sum(totals[state] for state in ("met", "on_track", "at_risk", "unmet"))
    share = f"{round(100 * totals['met'] / judged)}%" if judged else ""

    def rows_of(state: str) -> str:
        return standings_url(desk, state=state, **desk.unit_query)

    tasks = listing("governance.task", **desk.late_query)
    kpis = [
        kpi(_("Not met"), totals["unmet"], "st-unmet", rows_of("unmet"), note=_spread(desk, "unmet"), tone="bad"),
        kpi(
            _("At risk"),
            totals["at_risk"],
            "st-at_risk",
            rows_of("at_risk"),
            note=_spread(desk, "at_risk"),
            tone="warn",
        ),
        kpi(_("Met"), totals["met"], "st-met", rows_of("met"), delta=share, note=_("of what was judged"), tone="ok"),
        kpi(_("Tasks overdue"), desk.late_total, "task", tasks, note=_longest(desk), tone="bad"),
    ]
    return {"template": "insights/_numbers.html", "kpis": kpis}


def _spread(desk: Desk, state: str) -> str:
    units = sum(1 for counts in desk.counts.values() if counts[state])
    return (
        ngettext("in %(count)s unit", "in %(count)s units", units) % {"count": units} if units else _("nothing to do")
    )


def _longest(desk: Desk) -> str:
    days = (desk.today - desk.late[0].due).days if desk.late else 0
    return (
        ngettext("the longest by %(count)s day", "the longest by %(count)s days", days) % {"count": days}
        if days
        else _("nothing to do")
    )


def kpi(
    label: str, value: int, icon: str, url: str, *, delta: str = "", note: str = "", tone: str = ""
) -> dict[str, Any]:
    """One number; a bad one is coloured only while there is something bad."""
    calm = tone in ("bad", "warn") and not value
    return {
        "label": label,
        "value": value,
        "icon": icon,
        "url": url,
        "delta": delta,
        "note": note,
        "tone": "calm" if calm else tone,
    }


def looming(desk: Desk, *, remind: bool = False, title: str = "") -> Block:
    """What will break and whom to remind."""
    shown = desk.looming
    people = len({standing.holder_id for standing in shown if standing.holder_id})
    return {
        "template": "insights/_looming.html",
        "title": title or _("What will break within %(days)s days") % {"days": AHEAD_DAYS},
        "rows": [standing_row(standing, desk) for standing in shown[:SHOWN]],
        "total": len(shown),
        "people": people,
        "remind_url": reverse("home-remind") if remind and people and desk.actor.can(Standing, "approve") else "",
        "more": standings_url(desk, near=1, **desk.unit_query),
    }


def standing_row(standing: Standing, desk: Desk) -> dict[str, Any]:
    who = standing.holder.name if standing.holder_id and standing.holder else _("no holder")
    day = day_of(standing)
    # How late something is today tells nothing of a year that is over.
    return row(
        f"{standing.rule.code} {standing.rule.title} · {standing.unit_name}",
        f"{who} · {figures.why(standing)}",
        standing_url(standing.pk),
        due=None if desk.past else day,
        tag=day.isoformat() if desk.past and day else "",
        state=standing.state,
    )


def duty_line(standing: Standing) -> dict[str, Any]:
    """A standing as one line of a table."""
    return {
        "rule": f"{standing.rule.code} {standing.rule.title}",
        "unit": standing.unit_name,
        "college": standing.unit.short_name or standing.unit.name,
        "value": f"{figures.value_words(standing)} / {figures.target_words(standing)}",
        "rows": standing.evidence_count,
        "state": standing.state,
        "holder": standing.holder.name if standing.holder else "",
        "due": day_of(standing),
        "url": standing_url(standing.pk),
    }


def heat(desk: Desk) -> Block:
    """Rule by college, from the colleges' own standings; each square opens its standing. One query."""
    rows = (
        desk.standings()
        .filter(unit_scope="college")
        .exclude(state="no_data")
        .select_related("rule", "unit", "version")
        .order_by("rule__policy__issued_on", "rule__order", "unit__code", "period_code")
    )
    units: dict[int, dict[str, str]] = {}
    cells: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    rules: dict[int, str] = {}
    for standing in rows:
        units.setdefault(
            standing.unit_id,
            {
                "code": standing.unit.code,
                "label": standing.unit.short_name or standing.unit.name,
                "title": standing.unit.name,
            },
        )
        rules.setdefault(standing.rule_id, f"{standing.rule.code} {standing.rule.title}")
        cells[standing.rule_id][standing.unit_id] = {
            "state": standing.state,
            "url": standing_url(standing.pk),
            "value": figures.value_words(standing),
        }
    order = sorted(units, key=lambda unit: units[unit]["code"])
    board = {
        "title": _("Where each college stands"),
        "corner": _("Rule"),
        "units": [units[unit] for unit in order],
        "rows": [
            {"label": label, "url": "", "cells": [cells[rule].get(unit, {"state": ""}) for unit in order]}
            for rule, label in rules.items()
        ],
    }
    return {"template": "insights/_heat.html", "heat": board, "more": reverse("clauses")}


def duties(desk: Desk) -> Block:
    """The colleges' own line of each rule with value, state and day: the dean's view of them. One query."""
    rows = (
        desk.standings()
        .filter(unit_scope="college")
        .exclude(state="no_data")
        .select_related("rule", "unit", "version")
        .order_by("due", "rule__order", "unit__code", "pk")
    )
    return {
        "template": "insights/_duties.html",
        "title": _("My college's duties and dates"),
        "rows": [
            {
                "rule": f"{s.rule.code} {s.rule.title}",
                "unit": s.unit_name,
                "value": figures.value_words(s),
                "state": s.state,
                "due": day_of(s),
                "url": standing_url(s.pk),
            }
            for s in rows
        ],
    }


def ranking(desk: Desk) -> Block:
    """The colleges by their weighted standing, the best first; each name opens the college's standings. One query."""
    found = scores(desk.year.code)
    names = dict(desk.counts)
    rows = [
        (unit, name, found[unit].percent) for unit, name in names if unit in found and found[unit].percent is not None
    ]
    rows.sort(key=lambda item: -(item[2] or 0))
    lines = [{"name": name, "percent": percent, "url": standings_url(desk, unit=unit)} for unit, name, percent in rows]
    return {"template": "insights/_ranking.html", "rows": lines}


# Charts -----------------------------------------------------------------------------------------------------------

_COLOURS = {"met": "$ok", "on_track": "$c2", "at_risk": "$c4", "unmet": "$bad"}


def colleges(desk: Desk) -> Block:
    """How the colleges compare: duties by state, each bar opening its rows."""
    rows = [
        (unit, name, counts) for (unit, name), counts in desk.counts.items() if any(counts[state] for state in _COLOURS)
    ]
    rows.reverse()  # a horizontal chart grows upwards
    series = [
        {
            "type": "bar",
            "stack": "all",
            "name": str(State(state).label),
            "itemStyle": {"color": colour, "borderRadius": 2},
            "barMaxWidth": 18,
            "data": [
                {"value": counts[state], "url": standings_url(desk, unit=unit, state=state)}
                for unit, _name, counts in rows
            ],
        }
        for state, colour in _COLOURS.items()
    ]
    chart = {
        "id": "colleges",
        "title": _("Duties by college and state"),
        "css": "zx-chart--tall" if len(rows) > 9 else "",
        "option": {
            "grid": {"left": 8, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
            "legend": {"top": 0, "right": 0},
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
            "xAxis": {"type": "value", "minInterval": 1},
            "yAxis": {"type": "category", "data": [name for _unit, name, _counts in rows]},
            "series": series,
        },
        "heads": [_("College"), *(str(State(state).label) for state in _COLOURS)],
        "rows": [[name, *(counts[state] for state in _COLOURS)] for _unit, name, counts in reversed(rows)],
    }
    return _chart(_("How the colleges compare"), chart, bool(rows), standings_url(desk))


def trend(desk: Desk) -> Block:
    """The school's share of units that reach each rule, year by year. One query."""
    rows = (
        Standing.objects.visible_to(desk.actor)
        .filter(unit_scope="school", value__isnull=False)
        .exclude(rule__applies_to="school")
        .order_by("year", "rule__order", "period_code")
        .select_related("rule")
    )
    values: dict[str, dict[str, Standing]] = defaultdict(dict)
    for standing in rows:
        values[f"{standing.rule.code} {standing.rule.title}"][standing.year] = standing
    years = sorted({year for found in values.values() for year in found})
    series = [
        {
            "type": "line",
            "name": name,
            "smooth": 0.3,
            "smoothMonotone": "x",
            "data": [
                {"value": round(float(found[y].value or 0) * 100, 1), "url": standing_url(found[y].pk)}
                if y in found
                else None
                for y in years
            ],
        }
        for name, found in values.items()
    ]
    chart = {
        "id": "trend",
        "title": _("Share of units that reach each rule, by academic year, in percent"),
        "css": "",
        "option": {
            "grid": {"left": 8, "right": 20, "top": 20, "bottom": 40, "containLabel": True},
            "legend": {"bottom": 0, "type": "scroll"},
            "tooltip": {"trigger": "axis"},
            "xAxis": {"type": "category", "data": years},
            "yAxis": {"type": "value", "max": 100, "axisLabel": {"formatter": "{value}%"}},
            "series": series,
        },
        "heads": [_("Rule"), *years],
        "rows": [
            [name, *(figures.percent(found[y].value) if y in found else "—" for y in years)]
            for name, found in values.items()
        ],
    }
    return _chart(_("Trend by rule"), chart, bool(series), listing("policy.standing", unit_scope="school"))


def money(desk: Desk) -> Block:
    """Support won, by calendar year; each bar opens its grants. One query."""
    rows = SupportGrant.objects.visible_to(desk.actor).filter(archived_at=None)
    rows = rows if desk.units is None else rows.filter(unit_id__in=desk.units)
    won = list(
        rows.annotate(won_in=ExtractYear("granted_on"))
        .order_by()
        .values("won_in")
        .annotate(sum=Sum("amount"), number=Count("pk"))
        .order_by("won_in")
    )[-6:]

    def rows_of(year: int) -> str:
        return listing("partners.support_grant", granted_on_from=f"{year}-01-01", granted_on_to=f"{year}-12-31")

    chart = {
        "id": "money",
        "title": _("Support won by year, in 10,000 yuan"),
        "css": "",
        "option": {
            "grid": {"left": 8, "right": 16, "top": 24, "bottom": 4, "containLabel": True},
            "xAxis": {"type": "category", "data": [str(item["won_in"]) for item in won]},
            "yAxis": {"type": "value"},
            "series": [
                {
                    "type": "bar",
                    "name": _("Support won"),
                    "label": {"show": True, "position": "top", "color": "$ink2"},
                    "itemStyle": {"color": "$c1", "borderRadius": [4, 4, 0, 0]},
                    "data": [
                        {"value": round(float(item["sum"]) / 10000, 1), "url": rows_of(item["won_in"])} for item in won
                    ],
                }
            ],
        },
        "heads": [_("Year"), _("10k yuan"), _("Grants")],
        "rows": [[item["won_in"], figures.plain_number(item["sum"] / 10000), item["number"]] for item in won],
    }
    return _chart(
        _("Money won"), chart, bool(won), listing("partners.support_grant"), _("No support is on record yet.")
    )


def _chart(title: str, chart: dict[str, Any], any_rows: bool, more: str, empty: str = "") -> Block:
    return {
        "template": "insights/_chart_card.html",
        "title": title,
        "chart": chart if any_rows else None,
        "more": more,
        "empty": empty or _("Nothing has been evaluated for this year yet."),
    }


# Work -------------------------------------------------------------------------------------------------------------


def late_tasks(desk: Desk) -> Block:
    url = listing("governance.task", **desk.late_query)
    sheet = sheet_for(Task)
    rows = [
        row(
            task.title,
            f"{task.owner.name if task.owner else _('no owner')} · {task.unit.short_name or task.unit.name}",
            sheet.url("detail", task.pk) if sheet else "",
            due=task.due,
            icon="task",
        )
        for task in desk.late
    ]
    return card(_("Tasks overdue"), rows, icon="task", empty=_("No task is overdue."), total=desk.late_total, more=url)


def ageing(desk: Desk) -> Block:
    """Cooperations that have stayed in their stage too long. One query."""
    visible = Opportunity.objects.visible_to(desk.actor)
    visible = visible if desk.units is None else visible.filter(unit_id__in=desk.units)
    stale = stale_opportunities(desk.today).filter(pk__in=visible.order_by().values("pk"))
    sheet = sheet_for(Opportunity)
    found = list(stale.select_related("organisation", "owner").annotate(all_=Window(Count("pk")))[:FEW])
    rows = []
    for item in found:
        days = _("%(stage)s: %(days)s days") % {
            "days": (desk.today - item.stage_since).days,
            "stage": item.get_stage_display(),
        }
        rows.append(
            row(
                item.title,
                f"{item.organisation} · {item.owner}",
                sheet.url("detail", item.pk) if sheet else "",
                icon="handshake",
                tag=days,
                tone="gold",
            )
        )
    return card(
        _("Opportunities that stand still"),
        rows,
        icon="handshake",
        empty=_("Every opportunity is moving."),
        total=found[0].all_ if found else 0,
        more=listing("partners.opportunity"),
    )


def recent(desk: Desk) -> Block:
    """What happened lately, for those who may see the log. One query."""
    events = Event.objects.order_by("-at", "-pk")[:FEW] if desk.actor.can("kernel.event") else []
    rows = []
    for event in events:
        sheet = sheet_for(event.record_type)
        what = _VERBS.get(event.verb) or (timeline.describe_verb(sheet, event.verb)[1] if sheet else event.verb)
        url = sheet.url("detail", event.record_id) if sheet and desk.actor.can(sheet.model) else ""
        icon = sheet.icon if sheet else "history"
        who = event.actor_name if event.actor_name not in ("", SYSTEM.name) else _("the system")
        rows.append(
            row(
                event.label,
                f"{who} · {what}",
                url,
                icon=icon,
                when=timezone.localtime(event.at),
            )
        )
    return card(_("What happened lately"), rows, icon="history", empty=_("Nothing has happened yet."))
