"""A standing's page: why it is what it is, the very rows behind it, what would mend it, who must act and was told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from zhixing.kernel import values
from zhixing.kernel.models import Notice
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.policy import actions, evidence, models
from zhixing.policy.closing import thresholds
from zhixing.policy.record_names import name_of
from zhixing.policy.units import model_of
from zhixing.policy.views import actor_of, demand
from zhixing.policy.views_rule import goal_words

# So many rows are listed; more than that nobody reads on a page.
_SHOWN = 200
_OPEN = {models.State.ON_TRACK, models.State.AT_RISK, models.State.UNMET}


class WaiverForm(forms.Form):
    """What an excuse needs: until when, and why."""

    ends_on = forms.DateField(
        label=gettext_lazy("until"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    reason = forms.CharField(label=gettext_lazy("reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=500)


def standing_of(actor: Actor, pk: int) -> models.Standing:
    rows = models.Standing.objects.visible_to(actor).filter(pk=pk)
    found = rows.select_related("rule__policy", "rule__duty__clause", "version", "unit", "holder").first()
    if found is None:
        raise Http404(_("There is no such record, or it is not yours to see."))
    return found


@require_GET
def standing_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything behind one verdict."""
    actor = actor_of(request)
    demand(actor, models.Standing)
    standing = standing_of(actor, pk)
    rule = standing.rule
    rows, columns = evidence_table(standing, actor)
    open_ = standing.state in _OPEN and standing.frozen_at is None
    waivers = models.Waiver.objects.filter(rule=rule, unit_id=standing.unit_id, archived_at=None).visible_to(actor)
    waivers = waivers.filter(unit_key__in=[standing.unit_key]) | waivers.filter(unit_key=None)
    context = {
        "standing": standing,
        "rule": rule,
        "rule_url": reverse("rule", args=[rule.pk]),
        "goal": goal_words(standing.version),
        "why": why(standing),
        "rows": rows,
        "columns": columns,
        "rows_count": standing.evidence_count,
        "mends": mends(standing, actor) if open_ else [],
        "on_file": on_file(standing) if open_ else [],
        "reminders": list(
            Notice.objects.filter(key__startswith=f"standing:{standing.pk}:")
            .select_related("user__person")
            .order_by("-created_at")[:20]
        ),
        "trend": list(standing.changes.order_by("-on")[:30]),
        "waivers": [
            {"waiver": waiver, "url": reverse("detail", kwargs={"domain": "policy", "name": "waiver", "pk": waiver.pk})}
            for waiver in waivers.select_related("approver").order_by("-starts_on", "-pk")
        ],
        "may_remind": open_ and bool(standing.holder_id) and actor.can_on(standing, "approve"),
        "waiver_form": WaiverForm(initial={"ends_on": timezone.localdate() + timedelta(days=90)})
        if open_ and may_ask(standing, actor)
        else None,
        "thresholds": (standing.frozen or {}).get("thresholds") or thresholds(rule, standing.version),
        "crumbs": [
            {"label": _("Clauses and standings"), "url": reverse("clauses")},
            {"label": f"{rule.code} {rule.title}", "url": reverse("rule", args=[rule.pk])},
            {"label": standing.unit_name, "url": ""},
        ],
    }
    return render(request, "policy/standing.html", context)


def may_ask(standing: models.Standing, actor: Actor) -> bool:
    reach = actor.reach(models.Waiver, "add")
    return reach.everything or standing.unit_id in reach.units


def why(standing: models.Standing) -> str:
    """The verdict in one sentence: what was found, what is asked, and by when."""
    rule, state = standing.rule, standing.state
    if state == models.State.NO_DATA:
        return _("Nothing can be said yet: the records that this rule counts are not kept here.")
    if state == models.State.NOT_APPLICABLE:
        return _("The rule does not apply: there is nothing that it could count.")
    if state == models.State.WAIVED:
        return _("Excused by an approved waiver.")
    goal = goal_words(standing.version) if not standing.is_roll_up else _("all in order")
    if standing.is_roll_up or (standing.version and standing.version.goal.kind in {"all", "share"}):
        share = "—" if standing.value is None else f"{float(standing.value) * 100:.4g}%"
        found = _("Of %(count)s counted, %(share)s are in order; asked for: %(goal)s.") % {
            "count": standing.evidence_count,
            "share": share,
            "goal": goal,
        }
    else:
        number = "0" if standing.value is None else f"{float(standing.value):g}"
        found = _("Found %(number)s; asked for: %(goal)s.") % {"number": number, "goal": goal}
    return f"{found} {_outlook(standing, rule)}".strip()


def _outlook(standing: models.Standing, rule: models.Rule) -> str:
    if standing.reached:
        if standing.breaks_on:
            return _("This holds until %(day)s and breaks the day after unless something is done.") % {
                "day": standing.breaks_on
            }
        return ""
    if rule.due.get("at") == "found" and standing.found_on:
        return _("The lack was found on %(day)s; it is to be put right by %(due)s.") % {
            "day": standing.found_on,
            "due": standing.due or "—",
        }
    if standing.due and standing.state == models.State.UNMET:
        return _("The day for it was %(due)s.") % {"due": standing.due}
    if standing.due:
        return _("There is time until %(due)s.") % {"due": standing.due}
    return ""


def evidence_table(standing: models.Standing, actor: Actor) -> tuple[list[dict[str, Any]], list[Any]]:
    """The rows behind a standing with the first columns of their register; a row not open to the reader has no link."""
    if standing.frozen is not None:
        return _frozen_table(standing, actor), [_("record")]
    rows = evidence.rows_of(standing)
    if rows is None:
        return [], []
    model = rows.model
    sheet = sheet_for(model)
    visible = (
        None
        if actor.reach(model, "view").everything
        else set(model._default_manager.filter(pk__in=rows.values("pk")).visible_to(actor).values_list("pk", flat=True))
    )
    columns = tuple(name for name in (sheet.columns if sheet else ()) if sheet and name not in sheet.computed)[:5]
    if sheet and columns:
        rows = sheet.with_columns(rows, columns)
    table = []
    for row in rows[:_SHOWN]:
        open_ = visible is None or row.pk in visible
        cells = (
            [
                {
                    "html": values.escape(values.text(sheet, row, column) or str(row))
                    if i == 0
                    else values.html(sheet, row, column),
                    "label": sheet.column_label(column),
                }
                for i, column in enumerate(columns)
            ]
            if sheet and open_
            else [{"html": str(row), "label": _("record")}]
        )
        table.append(
            {
                "cells": cells,
                "url": sheet.url("detail", row.pk) if sheet and open_ else "",
                # What a roll-up counts are standings: those that reach their target are in order.
                "in_order": row.reached if isinstance(row, models.Standing) else getattr(row, "in_order", None),
            }
        )
    heads = [sheet.column_label(column) for column in columns] if sheet and columns else [_("record")]
    return table, heads


def _frozen_table(standing: models.Standing, actor: Actor) -> list[dict[str, Any]]:
    table = []
    for row in evidence.frozen_rows(standing)[:_SHOWN]:
        record: Model | None = row["record"]
        sheet = sheet_for(row["type"])
        url = (
            sheet.url("detail", record.pk)
            if sheet and record is not None and actor.reach(sheet.model).everything
            else ""
        )
        table.append({"cells": [{"html": row["label"], "label": _("record")}], "url": url, "in_order": None})
    return table


def mends(standing: models.Standing, actor: Actor) -> list[dict[str, Any]]:
    """What the rule says would mend a lack, each with a form already filled in where there is one to fill."""
    found = []
    unit_model = model_of(standing.unit_scope)
    for mend in standing.rule.mend:
        sheet = sheet_for(mend["add"])
        url = ""
        if sheet is not None and actor.can(sheet.model, "add") and not standing.is_roll_up:
            pointing = [
                f.name for f in sheet.fields.values() if unit_model is not None and f.related_model is unit_model
            ]
            # The college itself is proposed too, where the record wants one.
            proposed = dict.fromkeys(pointing[:1], standing.unit_key)
            if "unit" in sheet.fields and "unit" not in proposed:
                proposed["unit"] = standing.unit_id
            url = f"{sheet.url('add')}?{urlencode(proposed)}" if proposed else sheet.url("add")
        found.append({"text": models.Words(mend["text"]), "url": url, "label": sheet.label if sheet else ""})
    return found


def on_file(standing: models.Standing) -> list[dict[str, Any]]:
    """Records already on file that would mend the lack, the nearest first: the cheapest way."""
    found = []
    for row in standing.forecast.get("mend", []):
        sheet = sheet_for(row["type"])
        found.append(
            {
                **row,
                "url": sheet.url("detail", row["id"]) if sheet else "",
                "type_label": sheet.label if sheet else name_of(row["type"]),
            }
        )
    return found


@require_POST
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind the holder of one standing."""
    actor = actor_of(request)
    standing = standing_of(actor, pk)
    sent = actions.remind([standing], by=actor)
    messages.success(
        request,
        _("The holder was reminded.") if sent else _("The holder was reminded today already, or has no account."),
    )
    return redirect(actions.standing_url(pk))


@require_POST
def waiver(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that the unit be excused."""
    actor = actor_of(request)
    standing = standing_of(actor, pk)
    form = WaiverForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A waiver needs a last day and a reason."))
        return redirect(actions.standing_url(pk))
    try:
        made = actions.request_waiver(
            standing, by=actor, reason=form.cleaned_data["reason"], ends_on=form.cleaned_data["ends_on"]
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The waiver “%(waiver)s” was requested.") % {"waiver": made})
    return redirect(actions.standing_url(pk))
