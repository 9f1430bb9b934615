"""The yearly close and the recounts of closed years: what will be frozen, what was, and what today's records would say."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhixing.kernel import progress
from zhixing.kernel.scope import Actor
from zhixing.kernel.views import page_numbers
from zhixing.org.calendar import Period, academic_year_of_code
from zhixing.policy import closing, jobs, queries, recounting
from zhixing.policy.engine import AssessError
from zhixing.policy.models import Recount, Rule, Standing, State, YearClose
from zhixing.policy.views import actor_of, demand

PAGE = 50


def _crumbs(*more: tuple[str, str]) -> list[dict[str, str]]:
    start = {"label": _("Yearly close"), "url": reverse("year-closes") if more else ""}
    return [start, *({"label": label, "url": url} for label, url in more)]


@require_GET
def years(request: HttpRequest) -> HttpResponse:
    """Every academic year on record: running, over and open, half closed, or closed with its fingerprint."""
    actor = actor_of(request)
    demand(actor, YearClose)
    today = timezone.localdate()
    closes = {close.year: close for close in YearClose.objects.all()}
    rows = []
    for code in queries.years():
        period, close = academic_year_of_code(code), closes.get(code)
        rows.append(
            {
                "code": code,
                "period": period,
                "url": reverse("year-close", args=[code]),
                "close": close,
                "closed": close is not None and close.closed_at is not None,
                "over": period.ends_on < today,
            }
        )
    context = {"years": rows, "recounts": _recounts(Recount.objects.all(), actor), "crumbs": _crumbs()}
    return render(request, "policy/years.html", context)


def _recounts(rows: Any, actor: Actor) -> list[dict[str, Any]]:
    if not actor.can(Recount):
        return []
    return [
        {"recount": row, "url": reverse("recount", args=[row.pk])} for row in rows.visible_to(actor).defer("results")
    ]


def _period(code: str) -> Period:
    """The academic year an address names; 404 for what is none, or has no standings."""
    if code not in queries.years():
        raise Http404(_("There is no such academic year on record."))
    return academic_year_of_code(code)


@require_http_methods(["GET", "POST"])
def year(request: HttpRequest, year: str) -> HttpResponse:
    """One year: rule by rule what a close will freeze; once closed, its fingerprint and its recounts. POST closes it."""
    actor = actor_of(request)
    demand(actor, YearClose, "approve" if request.method == "POST" else "view")
    period = _period(year)
    over = period.ends_on < timezone.localdate()
    close = YearClose.objects.filter(year=year).first()
    closed = close is not None and close.closed_at is not None
    if request.method == "POST" and over and not closed:
        title = _("Closing the academic year %(year)s") % {"year": year}
        back = reverse("year-close", args=[year])
        row = progress.start(
            "close-year", title, actor.user_id, jobs.close_year_now, back=back, year=year, user=actor.user_id
        )
        return redirect(progress.next_page(row))
    rules, total = _frozen_by(period)
    later = Standing.objects.filter(year=year, period_ends_on__gt=period.ends_on).count()
    context = {
        "year": year,
        "period": period,
        "over": over,
        "close": close,
        "closed": closed,
        "states": [{"key": state.value, "label": state.label} for state in State],
        "rules": rules,
        "total": total,
        "later": later,
        "holds": closing.holds(year) if closed and request.GET.get("check") else None,
        "may_close": over and not closed and actor.can(YearClose, "approve"),
        "may_recount": closed and actor.can(Recount, "add"),
        "recounts": _recounts(Recount.objects.filter(year=year), actor),
        "rows_url": f"{reverse('duty-rows')}?{urlencode({'year': year})}",
        "crumbs": _crumbs((year, "")),
    }
    return render(request, "policy/year.html", context, status=409 if request.method == "POST" else 200)


def _frozen_by(period: Period) -> tuple[list[dict[str, Any]], int]:
    """How many standings of each rule and state belong to the year; those whose period runs on are closed with a later one."""
    rows = Standing.objects.filter(year=period.code, period_ends_on__lte=period.ends_on).order_by()
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for rule, state, number in rows.values_list("rule_id", "state").annotate(number=Count("pk")):
        counts[rule][state] = number
    rules = Rule.objects.filter(pk__in=counts).order_by("policy__issued_on", "order")
    listed = [
        {
            "rule": rule,
            "url": f"{reverse('rule', args=[rule.pk])}?{urlencode({'year': period.code})}",
            "cells": [counts[rule.pk].get(state, 0) for state in State],
            "total": sum(counts[rule.pk].values()),
        }
        for rule in rules
    ]
    return listed, sum(row["total"] for row in listed)


@require_POST
def recount(request: HttpRequest, year: str) -> HttpResponse:
    """Count a closed year anew under a name, as work that is watched."""
    actor = actor_of(request)
    demand(actor, Recount, "add")
    _period(year)
    back = reverse("year-close", args=[year])
    name = request.POST.get("name", "").strip()
    try:
        recounting.check(name, year)
    except AssessError as refused:
        messages.error(request, str(refused))
        return redirect(back)
    title = _("Counting %(year)s anew: %(name)s") % {"year": year, "name": name}
    row = progress.start(
        "recount", title, actor.user_id, jobs.recount_now, back=back, name=name, year=year, user=actor.user_id
    )
    return redirect(progress.next_page(row))


@require_GET
def recount_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What was frozen beside what today's records say, side by side; what differs first of all."""
    actor = actor_of(request)
    demand(actor, Recount)
    found = get_object_or_404(Recount.objects.visible_to(actor), pk=pk)
    pairs = recounting.compare(found, actor)
    counts = dict.fromkeys(("worse", "better", "other", "same"), 0)
    for pair in pairs:
        counts[pair.change] += 1
    asked = request.GET.get("change", "")
    shown = [pair for pair in pairs if (pair.change == asked if asked in counts else pair.change != "same")]
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    titles = dict(Rule.objects.values_list("code", "title"))
    labels = {
        "": _("What differs"),
        "worse": _("worse than closed"),
        "better": _("better than closed"),
        "other": _("changed otherwise"),
        "same": _("the same"),
    }
    context = {
        "recount": found,
        "rows": [
            {
                **{key: pair.either[key] for key in ("rule", "unit_name", "period")},
                "title": titles.get(pair.either["rule"]),
            }
            | {"closed": pair.closed, "anew": pair.anew, "change": pair.change}
            for pair in page
        ],
        "tabs": [
            {
                "label": label,
                "url": f"?{urlencode({'change': key})}" if key else "?",
                "count": counts[key] if key else len(pairs) - counts["same"],
                "active": key == asked or (not key and asked not in counts),
            }
            for key, label in labels.items()
        ],
        "page": page_numbers(page, request.GET),
        "crumbs": _crumbs((found.year, reverse("year-close", args=[found.year])), (found.name, "")),
    }
    return render(request, "policy/recount.html", context)
