"""A rule's page: its numbers through time, every unit's standing, the trend, what will break; and changing a number."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.kernel.scope import Actor
from zhixing.org.calendar import academic_year_of_code
from zhixing.policy import actions, models, queries
from zhixing.policy.stored import Rulebook
from zhixing.policy.views import actor_of, chosen_year, demand, list_url, record_link

# So many units are listed on the page; the list of standings has the rest.
_SHOWN = 100


def rule_of(actor: Actor, pk: int) -> models.Rule:
    rule = models.Rule.objects.visible_to(actor).select_related("policy", "duty__clause").filter(pk=pk).first()
    if rule is None:
        raise Http404(_("There is no such record, or it is not yours to see."))
    return rule


@require_GET
def rule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything there is to know of one rule in one academic year."""
    actor = actor_of(request)
    demand(actor, models.Rule)
    rule = rule_of(actor, pk)
    years = queries.years()
    year = chosen_year(request, years)
    rows = models.Standing.objects.filter(rule=rule, year=year, archived_at=None).visible_to(actor)
    standings = list(
        rows.select_related("rule", "unit", "holder").order_by("unit__code", "unit_code", "period_code", "pk")
    )
    parts = [standing for standing in standings if not standing.is_roll_up]
    whole = next((s for s in standings if s.unit_scope == "school"), None)
    versions = list(rule.versions.filter(archived_at=None).visible_to(actor).order_by("-starts_on", "-pk"))
    today = timezone.localdate()
    current = next(
        (
            v
            for v in versions
            if v.status == "approved" and v.starts_on <= today and (v.ends_on is None or v.ends_on >= today)
        ),
        None,
    )
    context = {
        "rule": rule,
        "year": year,
        "years": years,
        "current": current,
        "goal": goal_words(current),
        "versions": [
            {"version": version, "goal": goal_words(version), "url": version_url(version)} for version in versions
        ],
        "whole": whole,
        "colleges": [s for s in standings if s.unit_scope == "college" and s.is_roll_up],
        "parts": [{"standing": s, "url": actions.standing_url(s.pk)} for s in parts[:_SHOWN]],
        "parts_count": len(parts),
        "all_url": list_url("policy.standing", rule=rule.pk, year=year),
        "chart": trend_chart(whole, year),
        "breaks": sorted((s for s in parts if s.breaks_on), key=lambda s: (s.breaks_on, s.pk))[:10],
        "records": [record_link(key, actor) for key in rule.duty.records],
        "outdone": outdone_by(rule, today),
        "mends": [models.Words(mend["text"]) for mend in rule.mend],
        "edit_url": reverse("rule-numbers", args=[rule.pk]) if actor.can(models.Rule, "approve") else "",
        "may_remind": actor.can(models.Standing, "approve"),
        "crumbs": [
            {"label": _("Clauses and standings"), "url": reverse("clauses")},
            {"label": f"{rule.code} {rule.title}", "url": ""},
        ],
    }
    return render(request, "policy/rule.html", context)


def version_url(version: models.RuleVersion) -> str:
    return reverse("detail", kwargs={"domain": "policy", "name": "rule_version", "pk": version.pk})


def goal_words(version: models.RuleVersion | None) -> str:
    """A target as people say it."""
    if version is None:
        return ""
    goal = version.goal
    match goal.kind:
        case "at_least":
            return _("at least %(number)s") % {"number": f"{goal.value:g}"}
        case "at_most":
            return _("at most %(number)s") % {"number": f"{goal.value:g}"}
        case "all":
            return _("all in order")
    return _("at least %(number)s%% in order") % {"number": f"{goal.value * 100:g}"}


def outdone_by(rule: models.Rule, on: date) -> dict[str, Any] | None:
    """The stricter rule of another layer that applies in this one's stead, where there are several policies."""
    if models.Policy.objects.filter(archived_at=None).count() < 2:
        return None
    winner = Rulebook().outdone(on).get((rule.policy.code, rule.code))
    if winner is None:
        return None
    row = models.Rule.objects.select_related("policy").get(policy__code=winner.policy, code=winner.rule.id)
    return {"rule": row, "url": reverse("rule", args=[row.pk])}


def trend_chart(standing: models.Standing | None, year: str) -> dict[str, Any] | None:
    """How the school's standing moved over the academic year: a point for each day on which it did."""
    if standing is None:
        return None
    points = list(standing.changes.order_by("on"))
    if not points:
        return None
    period = academic_year_of_code(year)
    share = standing.is_roll_up
    scale = 100 if share else 1
    data = [
        [point.on.isoformat(), None if point.value is None else round(float(point.value) * scale, 2)]
        for point in points
    ]
    last = min(timezone.localdate(), period.ends_on)
    if points[-1].on < last:
        data.append([last.isoformat(), data[-1][1]])
    title = _("Share of units that reach the target, in percent") if share else _("Value")
    option = {
        "grid": {"left": 44, "right": 20, "top": 24, "bottom": 32},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "time", "min": period.starts_on.isoformat(), "max": period.ends_on.isoformat()},
        "yAxis": {"type": "value", "min": 0, **({"max": 100} if share else {})},
        "series": [{"type": "line", "step": "end", "name": title, "data": data, "areaStyle": {"opacity": 0.12}}],
    }
    rows = [
        [point.on.isoformat(), "—" if value is None else f"{value:g}", str(point.get_state_display())]
        for point, (_day, value) in zip(points, data, strict=False)
    ]
    return {
        "id": "trend",
        "title": title,
        "css": "",
        "option": option,
        "heads": [_("day"), title, _("state")],
        "rows": rows,
    }


# Changing a number ---------------------------------------------------------------------------------------------------


def _days(text: str) -> list[int]:
    parts = text.replace("，", ",").replace("、", ",").replace(" ", ",").split(",")
    return [int(part) for part in parts if part]


class NumbersForm(forms.Form):
    """The numbers of a rule from a day on; what the rule does not use is not asked."""

    starts_on = forms.DateField(
        label=gettext_lazy("in force from"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    target = forms.DecimalField(label=gettext_lazy("target"), min_value=0, max_digits=12, decimal_places=4)
    full_mark = forms.DecimalField(
        label=gettext_lazy("full mark"),
        min_value=0,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text=gettext_lazy("Empty: the target itself."),
    )
    weight = forms.DecimalField(
        label=gettext_lazy("weight"),
        min_value=0,
        max_value=100,
        max_digits=6,
        decimal_places=2,
        help_text=gettext_lazy("Points in the college's yearly appraisal."),
    )
    before_due_days = forms.CharField(label=gettext_lazy("remind so many days before the due day"), required=False)
    before_end_days = forms.CharField(
        label=gettext_lazy("remind so many days before something in force ends"), required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("reason for the change"), widget=forms.Textarea(attrs={"rows": 3}), max_length=500
    )

    def __init__(self, *args: Any, version: models.RuleVersion, **kwargs: Any):
        self.version = version
        goal, warn = version.goal, version.warn
        initial = {
            "starts_on": timezone.localdate(),
            "target": f"{goal.value:g}",
            "full_mark": None if version.full_mark is None else f"{version.full_mark.normalize():f}",
            "weight": f"{version.weight.normalize():f}",
            "before_due_days": "、".join(map(str, warn.get("before_due_days", []))),
            "before_end_days": "、".join(map(str, warn.get("before_end_days", []))),
        }
        super().__init__(*args, initial={**initial, **kwargs.pop("initial", {})}, **kwargs)
        if goal.kind == "all":
            del self.fields["target"]
        elif goal.kind == "share":
            self.fields["target"].help_text = _("A share between 0 and 1.")
            self.fields["target"].max_value = 1
        self.parameter_names = [name for name, value in version.parameters.items() if isinstance(value, int | float)]
        for name in self.parameter_names:
            self.fields[f"parameter_{name}"] = forms.DecimalField(
                label=name, min_value=0, initial=version.parameters[name], help_text=_("A parameter of the measure.")
            )
        self.order_fields([*(n for n in self.fields if n != "reason"), "reason"])

    def clean_before_due_days(self) -> list[int]:
        return self._clean_days("before_due_days")

    def clean_before_end_days(self) -> list[int]:
        return self._clean_days("before_end_days")

    def _clean_days(self, name: str) -> list[int]:
        try:
            days = _days(self.cleaned_data[name])
        except ValueError as error:
            raise ValidationError(_("Write numbers of days, such as 90、30、7.")) from error
        if any(day < 0 or day > 3660 for day in days):
            raise ValidationError(_("Write numbers of days, such as 90、30、7."))
        return sorted(set(days), reverse=True)

    def numbers(self) -> dict[str, Any]:
        """The new numbers, as a version keeps them."""
        data, version = self.cleaned_data, self.version
        warn = {key: value for key, value in version.warn.items() if key not in {"before_due_days", "before_end_days"}}
        for name in ("before_due_days", "before_end_days"):
            if data[name]:
                warn[name] = data[name]
        kind = version.goal.kind
        parameters = dict(version.parameters)
        for name in self.parameter_names:
            parameters[name] = _number(data[f"parameter_{name}"])
        return {
            "target": version.target if kind == "all" else {kind: _number(data["target"])},
            "full_mark": data["full_mark"],
            "weight": data["weight"],
            "warn": warn,
            "parameters": parameters,
        }


def _number(value: Any) -> int | float:
    return int(value) if value == int(value) else float(value)


@require_http_methods(["GET", "POST"])
def numbers(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose other numbers from a day on; they hold once they are approved, and what was judged before stays."""
    actor = actor_of(request)
    demand(actor, models.Rule, "approve")
    rule = rule_of(actor, pk)
    version = actions.version_on(rule, timezone.localdate())
    if version is None:
        raise Http404(_("This rule has no numbers yet."))
    form = NumbersForm(request.POST or None, version=version)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.propose_version(
                rule, by=actor, starts_on=data["starts_on"], reason=data["reason"], numbers=form.numbers()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The new numbers were sent for approval; until then the present ones hold."))
            return redirect("rule", pk=rule.pk)
    context = {
        "rule": rule,
        "form": form,
        "version": version,
        "goal": goal_words(version),
        "crumbs": [
            {"label": _("Clauses and standings"), "url": reverse("clauses")},
            {"label": f"{rule.code} {rule.title}", "url": reverse("rule", args=[rule.pk])},
            {"label": _("Change the numbers"), "url": ""},
        ],
    }
    return render(request, "policy/numbers.html", context, status=422 if form.errors else 200)
