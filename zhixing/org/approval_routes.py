"""Routes of approval as the office sets them: for which records, and who must agree in which order."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhixing.kernel.acting import changing
from zhixing.kernel.cleaners import by_words
from zhixing.kernel.forms import ActionForm
from zhixing.kernel.models import ApprovalRoute
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import Action, Sheet, Spelling, sheet_for, sheets
from zhixing.org.models import Role

MOST = 6
IDLE_DAYS, MOST_DAYS = 3, 60
AT = (("own", gettext_lazy("of the record's own unit")), ("school", gettext_lazy("of the school")))


def sorts_of(route: ApprovalRoute) -> list[tuple[str, str]]:
    """The sorts that records of the route's type have, with their names; empty where the type has none."""
    sheet = sheet_for(route.record_type)
    return sheet.model.approval_sorts() if sheet else []


def set_stations(
    route: ApprovalRoute, *, by: Actor, stations: list[dict[str, Any]], sorts: list[str], comment: str = ""
) -> None:
    """Set who must agree, in which order. What is already on its way keeps the route with which it was submitted."""
    if not stations:
        raise ValidationError(_("Name at least one who must agree."), code="no_station")
    with changing(route, "stations", by=by, comment=comment) as locked:
        locked.stations, locked.sorts = stations, sorts


# Reading ------------------------------------------------------------------------------------------------------------------------

_MORE = re.compile(r"\s*(?:[（(](.*)[)）])?")
_DAYS = re.compile(r"(\d{1,3})\s*(?:天|日|个工作日|days?)?", re.IGNORECASE)
_ABOVE = re.compile(r"(?:逾期报|then(?: also)? to)\s*(.+)", re.IGNORECASE)


def stations_in_words(stations: list[dict[str, Any]]) -> str:
    """`college dean (of the record's own unit, 3 days, then to school leader); …`, in the reader's language."""
    return "；".join(map(_in_words, stations))


def _in_words(station: dict[str, Any]) -> str:
    names, places = dict(Role.choices), dict(AT)
    at = station.get("at", "own")
    said = [str(places.get(at, at)), _("%(days)s days") % {"days": station.get("idle_days", IDLE_DAYS)}]
    if station.get("escalate"):
        said.append(_("then to %(role)s") % {"role": names.get(station["escalate"], station["escalate"])})
    return f"{names.get(station['role'], station['role'])}（{'，'.join(said)}）"


def stations_from_words(text: str) -> list[dict[str, Any]]:
    """What `stations_in_words` wrote, or what an office writes like it; ValidationError says which part is not understood."""
    roles, places = by_words(Role.choices), by_words(AT)
    stations = []
    for part in filter(None, (part.strip() for part in re.split(r"[；;\n]", text))):
        # Names of roles may hold brackets themselves: the longest that fits is meant.
        names = (name for name in sorted(roles, key=len, reverse=True) if part.startswith(name))
        name, found = next(((name, more) for name in names if (more := _MORE.fullmatch(part, len(name)))), ("", None))
        if found is None:
            raise ValidationError(
                _("“%(part)s” does not begin with a role. Write such as: %(example)s"),
                code="station",
                params={"part": part, "example": stations_in_words([{"role": "dean", "escalate": "leader"}])},
            )
        station: dict[str, Any] = {"role": roles[name], "at": "own", "idle_days": IDLE_DAYS}
        for word in filter(None, (word.strip() for word in re.split(r"[，,、]", found[1] or ""))):
            if word in places:
                station["at"] = places[word]
            elif (days := _DAYS.fullmatch(word)) is not None and 1 <= int(days[1]) <= MOST_DAYS:
                station["idle_days"] = int(days[1])
            elif (above := _ABOVE.fullmatch(word)) is not None and above[1].strip() in roles:
                station["escalate"] = roles[above[1].strip()]
            else:
                raise ValidationError(
                    _("“%(word)s” in “%(part)s” is neither a place nor a number of days nor a role to go up to."),
                    code="station",
                    params={"word": word, "part": part},
                )
        stations.append(station)
    if len(stations) > MOST:
        raise ValidationError(_("At most %(most)s must agree one after the other."), code="many", params={"most": MOST})
    return stations


def _all_sorts() -> dict[str, str]:
    """The sorts of records of all types that go through approval, by code."""
    found: dict[str, str] = {}
    for sheet in sheets():
        found.update(sheet.model.approval_sorts())
    return found


def sorts_from_words(text: str) -> list[str]:
    """The codes of sorts that are named, by code or by name."""
    known = by_words(list(_all_sorts().items()))
    codes = []
    for word in filter(None, (word.strip() for word in re.split(r"[、，,；;\n]", text))):
        if word not in known:
            raise ValidationError(
                _("There is no sort “%(word)s” of records to approve."), code="sort", params={"word": word}
            )
        codes.append(known[word])
    return codes


class StationsForm(ActionForm):
    """Up to six who must agree, one after the other: role, where, after how many idle days it goes to whom above."""

    record: ApprovalRoute

    def prepare(self) -> None:
        record = self.record
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
            self.fields[f"role_{place}"] = forms.ChoiceField(label=_("who agrees"), choices=roles, required=False)
            self.fields[f"at_{place}"] = forms.ChoiceField(label=_("where"), choices=AT, required=False)
            self.fields[f"idle_{place}"] = forms.IntegerField(
                label=_("idle days"), min_value=1, max_value=MOST_DAYS, required=False
            )
            self.fields[f"escalate_{place}"] = forms.ChoiceField(label=_("then also to"), choices=roles, required=False)
            for key, value in (
                ("role", known.get("role", "")),
                ("at", known.get("at", "own")),
                ("idle", known.get("idle_days", IDLE_DAYS)),
                ("escalate", known.get("escalate", "")),
            ):
                self.initial.setdefault(f"{key}_{place}", value)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each place on the way."""
        keys = ("role", "at", "idle", "escalate")
        return [
            {"label": f"{place}.", "note": "", "fields": [self[f"{key}_{place}"] for key in keys]}
            for place in range(1, MOST + 1)
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        stations = []
        for place in range(1, MOST + 1):
            role = given.get(f"role_{place}")
            if role:
                station = {
                    "role": role,
                    "at": given.get(f"at_{place}") or "own",
                    "idle_days": given.get(f"idle_{place}") or IDLE_DAYS,
                }
                above = given.get(f"escalate_{place}")
                stations.append({**station, "escalate": above} if above else station)
        return {"stations": stations, "sorts": given.get("sorts", [])}


def stations_panel(route: ApprovalRoute, actor: Actor) -> str:
    """Who must agree, in order, and for which sorts of record alone."""
    rows = format_html_join("", "<li>{}</li>", ((_in_words(station),) for station in route.stations))
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
    spelled = {
        "stations": Spelling(stations_in_words, stations_from_words),
        "sorts": Spelling("、".join, sorts_from_words),
    }
    synonyms = {
        "name": ("流程名称", "名称"),
        "record_type": ("适用类型", "业务类型"),
        "amount_from": ("起始金额", "金额下限"),
        "effective_from": ("启用日期", "生效日期"),
        "effective_to": ("停用日期", "失效日期"),
        "stations": ("审批环节", "审批人"),
        "sorts": ("仅适用于", "适用类别"),
    }
