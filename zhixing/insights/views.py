"""The home page, the overview, and the two acts that start there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from zhixing.insights import blocks, figures, jobs, sections, todo
from zhixing.insights.blocks import Block, Desk
from zhixing.kernel import progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.typed import wholes
from zhixing.kernel.views import PAGE, page_numbers
from zhixing.org.calendar import academic_year, academic_year_of_code
from zhixing.org.models import Role
from zhixing.policy import actions
from zhixing.policy.models import Standing, State

_RANK = [role.value for role in Role]


def _desk(request: HttpRequest) -> Desk:
    today = timezone.localdate()
    return Desk(request.actor, today, academic_year(today))  # type: ignore[attr-defined]


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What needs me, by when, one click to act; below it what my role looks after. At most twenty queries."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    desk = _desk(request)
    hats = sorted(actor.roles & sections.SECTIONS.keys(), key=_RANK.index)
    chosen = request.GET.get("as", "")
    hat = chosen if chosen in hats else next(iter(hats), "")
    items = todo.items(actor, desk.year.code)
    context = {
        "items": items[: todo.SHOWN],
        "rest": items[todo.SHOWN :],
        "count": len(items),
        "lead": _lead(items, desk),
        "greeting": _greeting() % {"name": actor.name},
        "today": desk.today,
        "hats": [{"label": Role(role).label, "url": f"?as={role}", "active": role == hat} for role in hats]
        if len(hats) > 1
        else [],
        **_placed(sections.SECTIONS[hat](desk) if hat else []),
        "can_report": actor.can("insights.report"),
        "can_assess": actor.can(Standing, "approve"),
    }
    return render(request, "insights/home.html", context)


def _placed(found: list[Block]) -> dict[str, Any]:
    """The numbers above the to-do list, what will break beside it, everything else below."""
    top = [block for block in found if block["template"] == "insights/_numbers.html"]
    side = next((block for block in found if block["template"] == "insights/_looming.html"), None)
    return {"top": top, "side": side, "blocks": [block for block in found if block not in top and block is not side]}


def _greeting() -> str:
    hour = timezone.localtime().hour
    if hour < 5 or hour >= 22:
        return _("It is late, %(name)s")
    if hour < 11:
        return _("Good morning, %(name)s")
    if hour < 13:
        return _("Good noon, %(name)s")
    return _("Good afternoon, %(name)s") if hour < 18 else _("Good evening, %(name)s")


def _lead(items: list[todo.Item], desk: Desk) -> dict[str, Any]:
    """The one sentence of what matters: how much waits, and how much of it is overdue or red."""
    late = sum(1 for item in items if item.due is not None and item.due < desk.today)
    red = sum(1 for item in items if item.state == "unmet")
    return {"count": len(items), "late": late, "red": red}


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The leader's one page, for any academic year on record."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can("insights.report"):
        raise PermissionDenied(_("Your role does not include this."))
    desk = _desk(request)
    years = sections.overview_years(desk)
    asked = request.GET.get("year", "")
    if asked in years:
        desk = Desk(actor, desk.today, academic_year_of_code(asked))
    context = {
        "year": desk.year.code,
        "years": [{"label": year, "url": f"?year={year}", "active": year == desk.year.code} for year in years],
        "blocks": sections.leader(desk),
        "can_report": actor.can("insights.report"),
    }
    return render(request, "insights/overview.html", context)


@require_GET
def duty_rows(request: HttpRequest) -> HttpResponse:
    """The standings behind a number of home and overview: exactly those that it counted."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Standing):
        raise PermissionDenied(_("Your role does not include this."))
    desk = _desk(request)
    asked = request.GET.get("year", "")
    if asked and asked != desk.year.code:
        try:
            desk.year = academic_year_of_code(asked)
        except ValueError as error:
            raise Http404 from error
    units = wholes(request.GET.getlist("unit"))
    desk.units = frozenset(units) or None
    states = [state for state in request.GET.getlist("state") if state in State.values]
    if request.GET.get("near"):
        rows: Any = desk.looming
    else:
        found = desk.single.filter(state__in=states) if states else desk.single.exclude(state=State.NO_DATA)
        found = found.select_related("rule__duty__clause", "version", "holder", "unit")
        rows = found.order_by("rule__policy__issued_on", "rule__order", "unit_code", "period_code", "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    kept = {"unit": units, "year": desk.year.code}
    tabs = [("", _("All"))] + [(state, State(state).label) for state in figures.ORDER if state != State.NO_DATA]
    context = {
        "year": desk.year.code,
        "rows": [blocks.duty_line(standing) for standing in page],
        "page": page_numbers(page, request.GET),
        "near": bool(request.GET.get("near")),
        "tabs": [
            {
                "label": label,
                "url": f"?{urlencode({**kept, 'state': state} if state else kept, doseq=True)}",
                "active": not request.GET.get("near") and states == ([state] if state else []),
            }
            for state, label in tabs
        ],
        "register_url": blocks.listing("policy.standing", year=desk.year.code, state=states, unit=units),
    }
    return render(request, "insights/duty_rows.html", context)


@require_POST
def remind_all(request: HttpRequest) -> HttpResponse:
    """Remind the holder of everything that is lost or will be: each once a day, however often the button is pressed."""
    desk = _desk(request)
    sent = actions.remind(desk.looming, by=desk.actor)
    if sent:
        messages.success(
            request, ngettext("%(count)s reminder sent.", "%(count)s reminders sent.", sent) % {"count": sent}
        )
    else:
        messages.info(request, _("Everybody concerned has been reminded today already."))
    return redirect("home")


@require_POST
def assess_now(request: HttpRequest) -> HttpResponse:
    """Count every rule for every unit anew, watched on the page of the job."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Standing, "approve"):
        raise PermissionDenied(_("Your role does not include this."))
    row = progress.start("assess", _("Evaluate the policy"), actor.user_id, jobs.assess_now)
    return redirect(progress.url_of(row))
