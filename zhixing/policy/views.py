"""The clause tree with its heat map, and the page of one policy. Every row reaches the reader through `visible_to`."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.kernel.typed import whole
from zhixing.org.models import Unit
from zhixing.policy import actions, models, queries
from zhixing.policy.record_names import name_of


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def demand(actor: Actor, model: type[models.Record], capability: str = "view") -> None:
    """Stop with 403 unless the actor has a capability on a type at all."""
    if not actor.can(model, capability):
        raise PermissionDenied(_("Your role does not include this."))


def list_url(key: str, **filters: Any) -> str:
    """The address of a type's list, narrowed; empty when it has no sheet."""
    sheet = sheet_for(key)
    return f"{sheet.url('list')}?{urlencode(filters)}" if sheet else ""


def back(request: HttpRequest, fallback: str) -> HttpResponse:
    """To the page the button stood on."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return redirect(target if safe else fallback)


def chosen_year(request: HttpRequest, years: list[str]) -> str:
    asked = request.GET.get("year", "")
    return asked if asked in years else queries.current_year()


# The clause tree ----------------------------------------------------------------------------------------------------


@require_GET
def clauses(request: HttpRequest) -> HttpResponse:
    """Every clause and duty in our own words, with owner, records and rules, and where each college stands."""
    actor = actor_of(request)
    demand(actor, models.Policy)
    policies = list(models.Policy.objects.filter(archived_at=None).visible_to(actor).order_by("-issued_on", "code"))
    policy = next((p for p in policies if p.code == request.GET.get("policy")), policies[0] if policies else None)
    if policy is None:
        return render(request, "policy/clauses.html", {"policy": None, "policies": []})
    years = queries.years()
    year = chosen_year(request, years)
    board = _Board(actor, policy, year, request.GET.get("state", ""), request.GET.get("unit", ""))
    context = {
        "policy": policy,
        "policies": policies,
        "years": years,
        "year": year,
        "state": board.state,
        "unit": board.unit_code,
        "states": models.State.choices,
        "colleges": board.colleges,
        "heat": board.heat(),
        "tree": board.tree(),
        "kpis": board.kpis(),
        "lapsed": policy.lapsed(timezone.localdate()),
        "duty_count": len(board.duties),
        "rule_count": len(board.rules),
        "closed": models.YearClose.objects.filter(year=year, closed_at__isnull=False).first(),
        "may_remind": actor.can(models.Standing, "approve"),
        "policy_url": reverse("policy", args=[policy.pk]),
    }
    return render(request, "policy/clauses.html", context)


class _Board:
    """What the clause tree and its heat map show, read with a fixed number of queries."""

    def __init__(self, actor: Actor, policy: models.Policy, year: str, state: str, unit: str):
        self.actor, self.policy, self.year = actor, policy, year
        self.state = state if state in models.State.values else ""
        self.clauses = list(policy.clauses.filter(archived_at=None).visible_to(actor).order_by("order"))
        self.duties = list(policy.duties.filter(archived_at=None).visible_to(actor).order_by("order"))
        self.rules = list(
            policy.rules.filter(archived_at=None).visible_to(actor).select_related("duty__clause").order_by("order")
        )
        units = Unit.objects.filter(kind__in=["college", "school"], archived_at=None).visible_to(actor).order_by("code")
        self.units = list(units)
        colleges = [unit for unit in self.units if unit.kind == Unit.Kind.COLLEGE]
        self.schools = [unit for unit in self.units if unit.kind == Unit.Kind.SCHOOL]
        self.colleges = colleges
        self.unit_code = unit if any(one.code == unit for one in colleges) else ""
        self.shown = [one for one in colleges if self.unit_code in ("", one.code)]
        rows = models.Standing.objects.filter(
            rule__policy=policy, year=year, unit_scope__in=["college", "school"], archived_at=None
        ).visible_to(actor)
        self.cells: dict[tuple[int, int], models.Standing] = {}
        # A calendar year or term that ended earlier in the academic year gives way to the later one.
        for standing in rows.select_related("rule").order_by("period_starts_on", "pk"):
            self.cells[standing.rule_id, standing.unit_key] = standing
        self.by_code = {rule.code: rule for rule in self.rules}

    def _cell(self, rule: models.Rule, unit: Unit) -> dict[str, Any]:
        standing = self.cells.get((rule.pk, unit.pk))
        if standing is None:
            return {"state": ""}
        filters = {"rule": rule.pk, "year": self.year}
        if unit.kind == Unit.Kind.COLLEGE:
            filters["unit"] = unit.pk
        share = ""
        if standing.is_roll_up and standing.value is not None:
            share = f"{standing.percent}%"
        elif standing.value is not None:
            share = f"{float(standing.value):g}/{float(standing.target or 0):g}"
        return {
            "state": standing.state,
            "share": share,
            "label": f"{rule.code} · {unit.short_name or unit.name}",
            "url": list_url("policy.standing", **filters),
        }

    def heat(self) -> dict[str, Any]:
        """Rules down, colleges and the school across; only rules with the state asked for, if one is."""
        units = [*self.shown, *self.schools]
        rows = []
        for rule in self.rules:
            cells = [self._cell(rule, unit) for unit in units]
            if self.state and not any(cell["state"] == self.state for cell in cells):
                continue
            rows.append(
                {
                    "rule": rule,
                    "clause": rule.duty.clause.number,
                    "url": reverse("rule", args=[rule.pk]),
                    "cells": cells,
                }
            )
        labels = [{"label": unit.short_name or unit.name, "title": unit.name} for unit in units]
        return {"units": labels, "rows": rows}

    def tree(self) -> list[dict[str, Any]]:
        """Clauses in the order of the paper, each with its duties; a clause without duties still stands there."""
        duties: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for duty in self.duties:
            duties[duty.clause_id].append(self._duty(duty))
        depths: dict[int, int] = {}
        tree: list[dict[str, Any]] = []
        for clause in self.clauses:
            depth = depths[clause.pk] = 0 if clause.parent_id is None else depths.get(clause.parent_id, 0) + 1
            entry = {"clause": clause, "depth": depth, "duties": duties.get(clause.pk, []), "anchor": f"c{clause.pk}"}
            if depth == 0:
                tree.append({"top": entry, "parts": [entry]})
            elif tree:
                tree[-1]["parts"].append(entry)
        return tree

    def _duty(self, duty: models.Duty) -> dict[str, Any]:
        school = self.schools[0] if self.schools else None
        rules = []
        for code in duty.rule_codes:
            rule = self.by_code.get(code)
            if rule is None:
                continue
            standing = self.cells.get((rule.pk, school.pk)) if school else None
            rules.append(
                {"rule": rule, "url": reverse("rule", args=[rule.pk]), "state": standing.state if standing else ""}
            )
        return {
            "duty": duty,
            "owner": duty.get_owner_display(),
            "records": [record_link(key, self.actor) for key in duty.records],
            "rules": rules,
        }

    def kpis(self) -> list[dict[str, Any]]:
        """How many judged units are met, at risk, not met, not recorded."""
        counts = queries.counts(self.actor, self.year)
        kpis = []
        for state, icon in (("met", "check-circle"), ("at_risk", "alert"), ("unmet", "x-circle"), ("no_data", "info")):
            kpis.append(
                {
                    "icon": icon,
                    "label": models.State(state).label,
                    "value": counts[state],
                    "unit": _("standings"),
                    "delta": "",
                    "bad": False,
                    "note": "",
                    "trend": [],
                    # The register also holds the roll-ups; these are the very standings that were counted.
                    "url": f"{reverse('duty-rows')}?{urlencode({'state': state, 'year': self.year})}",
                }
            )
        return kpis


def record_link(key: str, actor: Actor) -> dict[str, Any]:
    """A record type as a duty names it: linked to its list where it has one that the reader may open."""
    sheet = sheet_for(key)
    if sheet is None:
        return {"label": name_of(key), "url": "", "kept": False}
    return {"label": sheet.label_plural, "url": sheet.url("list") if actor.can(sheet.model) else "", "kept": True}


@require_POST
def remind_all(request: HttpRequest) -> HttpResponse:
    """Remind the holders of everything not met or at risk, narrowed to the rule, state and college posted."""
    actor = actor_of(request)
    rows = queries.to_remind(actor, request.POST.get("year") or None)
    if (rule := whole(request.POST.get("rule"))) is not None:
        rows = rows.filter(rule_id=rule)
    if request.POST.get("state") in models.State.values:
        rows = rows.filter(state=request.POST["state"])
    if request.POST.get("unit"):
        rows = rows.filter(unit__code=request.POST["unit"])
    sent = actions.remind(rows, by=actor)
    words = ngettext("%(count)s reminder was sent.", "%(count)s reminders were sent.", sent) % {"count": sent}
    messages.success(request, words if sent else _("Everybody concerned was reminded today already."))
    return back(request, reverse("clauses"))


# One policy ---------------------------------------------------------------------------------------------------------


def policy_of(actor: Actor, pk: int) -> models.Policy:
    policy = models.Policy.objects.visible_to(actor).filter(pk=pk).first()
    if policy is None:
        raise Http404(_("There is no such record, or it is not yours to see."))
    return policy


@require_GET
def policy_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One policy: what it is and rests on, who has taken note of it, what it leaves open, and its rules."""
    actor = actor_of(request)
    demand(actor, models.Policy)
    policy = policy_of(actor, pk)
    today = timezone.localdate()
    noted = {
        row.unit_id: row
        for row in policy.acknowledgements.filter(archived_at=None)
        .visible_to(actor)
        .select_related("person")
        .order_by("pk")
    }
    reach = actor.reach(models.Acknowledgement, "add")
    units = []
    for unit in (
        Unit.objects.filter(archived_at=None, ends_on=None).visible_to(actor).exclude(kind="school").order_by("code")
    ):
        may = bool(actor.person_id) and (reach.everything or unit.pk in reach.units)
        units.append({"unit": unit, "noted": noted.get(unit.pk), "may": may and unit.pk not in noted})
    rules = policy.rules.filter(archived_at=None).visible_to(actor).select_related("duty__clause").order_by("order")
    context = {
        "policy": policy,
        "units": units,
        "noted_count": sum(1 for row in units if row["noted"]),
        "mine": [row for row in units if row["may"]],
        "upstream": [
            {**paper, **_words(paper), "lapsed": bool(paper["expires"]) and paper["expires"] < today.isoformat()}
            for paper in policy.upstream
        ],
        "lapsed": policy.lapsed(today),
        "questions": [{"id": question["id"], **_words(question)} for question in policy.questions],
        "rules": [{"rule": rule, "url": reverse("rule", args=[rule.pk])} for rule in rules],
        "layers": models.Policy.Level.choices,
        "crumbs": [{"label": _("Policies"), "url": list_url("policy.policy")}, {"label": policy.number, "url": ""}],
    }
    return render(request, "policy/policy.html", context)


def _words(data: dict[str, Any]) -> dict[str, Any]:
    """Bilingual texts inside a JSON column, as texts of the reader's language."""
    return {key: models.Words(value) for key, value in data.items() if isinstance(value, dict)}


@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit takes note of the policy."""
    actor = actor_of(request)
    policy = policy_of(actor, pk)
    unit = get_object_or_404(Unit.objects.visible_to(actor), pk=request.POST.get("unit") or 0)
    try:
        actions.acknowledge(policy, unit, by=actor)
        messages.success(request, _("%(unit)s has acknowledged the policy.") % {"unit": unit})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("policy", pk=pk)
