"""Routes of approval as the office sets them: for which records, and who must agree in which order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.kernel.acting import changing
from zhixing.kernel.models import ApprovalRoute
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Action, Sheet, sheet_for
from zhixing.org.models import Role

MOST = 6
AT = (("own", gettext_lazy("of the record's own unit")), ("school", gettext_lazy("of the school")))


def sorts_of(route: ApprovalRoute) -> list[tuple[str, str]]:
    """The sorts that records of the route's type have, with their names; empty where the type has none."""
    sheet = sheet_for(route.record_type)
    found = getattr(sheet.model, "approval_sorts", None) if sheet else None
    return found() if found else []


def set_stations(
    route: ApprovalRoute, *, by: Actor, stations: list[dict[str, Any]], sorts: list[str], comment: str = ""
) -> None:
    """Set who must agree, in which order. What is already on its way keeps the route with which it was submitted."""
    if not stations:
        raise ValidationError(_("Name at least one who must agree."), code="no_station")
    with changing(route, "stations", by=by, comment=comment) as locked:
        locked.stations, locked.sorts = stations, sorts


class StationsForm(forms.Form):
    """Up to six who must agree, one after the other: role, where, after how many idle days it goes to whom above."""

    def __init__(self, *args: Any, record: ApprovalRoute, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        sorts = sorts_of(record)
        if sorts:
            self.fields["sorts"] = forms.MultipleChoiceField(
                label=_("only for"),
                choices=sorts,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("None ticked: for all that have no route of their own."),
            )
            self.initial.setdefault("sorts", record.sorts)
        roles = [("", "—"), *Role.choices]
        for place in range(1, MOST + 1):
            known = record.stations[place - 1] if place <= len(record.stations) else {}
            name = {"place": place}
            self.fields[f"role_{place}"] = forms.ChoiceField(
                label=_("%(place)s. who agrees") % name, choices=roles, required=False
            )
            self.fields[f"at_{place}"] = forms.ChoiceField(
                label=_("%(place)s. where") % name, choices=AT, required=False
            )
            self.fields[f"idle_{place}"] = forms.IntegerField(
                label=_("%(place)s. idle days") % name, min_value=1, max_value=60, required=False
            )
            self.fields[f"escalate_{place}"] = forms.ChoiceField(
                label=_("%(place)s. then also to") % name, choices=roles, required=False
            )
            for key, value in (
                ("role", known.get("role", "")),
                ("at", known.get("at", "own")),
                ("idle", known.get("idle_days", 3)),
                ("escalate", known.get("escalate", "")),
            ):
                self.initial.setdefault(f"{key}_{place}", value)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        stations = []
        for place in range(1, MOST + 1):
            role = given.get(f"role_{place}")
            if role:
                station = {
                    "role": role,
                    "at": given.get(f"at_{place}") or "own",
                    "idle_days": given.get(f"idle_{place}") or 3,
                }
                above = given.get(f"escalate_{place}")
                stations.append({**station, "escalate": above} if above else station)
        return {"stations": stations, "sorts": given.get("sorts", [])}


def stations_panel(route: ApprovalRoute, actor: Actor) -> str:
    """Who must agree, in order, and for which sorts of record alone."""
    names, places = dict(Role.choices), dict(AT)
    rows = format_html_join(
        "",
        "<li>{} · {} · {}</li>",
        (
            (
                names.get(station["role"], station["role"]),
                places.get(station.get("at", "own"), ""),
                _("%(days)s days") % {"days": station.get("idle_days", 3)}
                + (f" → {names.get(station['escalate'], '')}" if station.get("escalate") else ""),
            )
            for station in route.stations
        ),
    )
    sorts = "、".join(str(dict(sorts_of(route)).get(code, code)) for code in route.sorts)
    return format_html(
        '<section class="zx-card" id="stations"><div class="zx-card__head"><h2>{}</h2></div><div class="zx-card__body">'
        "{}<ol>{}</ol></div></section>",
        _("Who must agree"),
        format_html("<p>{}：{}</p>", _("only for"), sorts) if sorts else "",
        rows or format_html("<li>{}</li>", _("Nobody yet: the route is not in use until somebody is named.")),
    )


class ApprovalRouteSheet(Sheet):
    model = ApprovalRoute
    icon = "approve"
    description = gettext_lazy("Who must agree before a record counts, by type, sort and amount.")
    columns = ("name", "record_type", "amount_from", "effective_from", "effective_to")
    filters = ("record_type", "effective_from", "effective_to")
    search = ("name",)
    groups = (
        (
            gettext_lazy("Approval route"),
            ("name", "record_type", "amount_from", "effective_from", "effective_to"),
        ),
    )
    actions = (
        Action(
            "stations",
            gettext_lazy("Set who must agree"),
            set_stations,
            icon="users",
            form=StationsForm,
            primary=True,
            bulk=False,
            help=gettext_lazy("What is already on its way keeps the route with which it was submitted."),
        ),
    )
    panels = (stations_panel,)
    first_panels = 1
    natural_key = ("record_type", "name", "effective_from")
