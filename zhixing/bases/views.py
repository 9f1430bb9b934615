"""Places beside students with what-if, the firms worth a visit, and the calendar of rooms. All their filters stand in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.bases import actions, demand, planner, queries, visiting
from zhixing.bases.figures import rows_url
from zhixing.bases.models import Base, PlaceCapacity, PracticeDemand, PracticeKind
from zhixing.bases.planner import Board, Cell, WhatIf
from zhixing.kernel.forms import candidates
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Major, Term, Unit
from zhixing.partners.models import Organisation

AHEAD = 6


def crumbs_of(model: type, last: Any) -> list[dict[str, Any]]:
    """The way to a page from the register it belongs to."""
    sheet = sheet_for(model)
    return [
        {"label": capfirst(str(sheet.label_plural)) if sheet else "", "url": sheet.url("list") if sheet else ""},
        {"label": last, "url": ""},
    ]


class Filter(forms.Form):
    """A form in the address; choices only from what the actor may see."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.prepare()

    def prepare(self) -> None:
        """Fill the choices."""

    def choose(self, name: str, rows: QuerySet) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]


class PlannerFilter(Filter):
    """Whose places, of which kind; and what is supposed."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=gettext_lazy("unit"), required=False, empty_label=None)
    kind = forms.ChoiceField(
        label=gettext_lazy("kind of practice"),
        required=False,
        choices=[("", gettext_lazy("All")), *PracticeKind.choices],
    )
    lose = forms.ModelMultipleChoiceField(
        Base.objects.none(),
        label=gettext_lazy("bases lost"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    class_major = forms.ModelChoiceField(
        Major.objects.none(),
        label=gettext_lazy("a class more of"),
        required=False,
        empty_label=gettext_lazy("— none —"),
    )
    class_students = forms.IntegerField(label=gettext_lazy("its students"), required=False, min_value=1, max_value=2000)
    class_year = forms.IntegerField(label=gettext_lazy("entry year"), required=False, min_value=2000, max_value=2100)
    change_base = forms.ModelChoiceField(
        Base.objects.none(), label=gettext_lazy("other places at"), required=False, empty_label=gettext_lazy("— none —")
    )
    change_major = forms.ModelChoiceField(
        Major.objects.none(), label=gettext_lazy("for"), required=False, empty_label=gettext_lazy("— none —")
    )
    change_kind = forms.ChoiceField(
        label=gettext_lazy("kind of practice"),
        required=False,
        choices=[("", gettext_lazy("— none —")), *PracticeKind.choices],
    )
    change_places = forms.IntegerField(
        label=pgettext_lazy("of a base", "places"), required=False, min_value=0, max_value=10_000
    )

    SUPPOSED = (
        "lose",
        "class_major",
        "class_students",
        "class_year",
        "change_base",
        "change_major",
        "change_kind",
        "change_places",
    )

    def prepare(self) -> None:
        colleges = candidates(Unit, self.actor).filter(kind=Unit.Kind.COLLEGE, ends_on=None)
        self.choose("unit", colleges.order_by("code"))
        bases = candidates(Base, self.actor).filter(kind=Base.Kind.OFF_CAMPUS, status=Base.Status.IN_USE)
        majors = candidates(Major, self.actor).filter(ends_on=None)
        for name in ("lose", "change_base"):
            self.choose(name, bases)
        for name in ("class_major", "change_major"):
            self.choose(name, majors)

    def what_if(self, terms: list[Term]) -> WhatIf:
        """What the address supposes; parts that are not complete suppose nothing."""
        said = self.cleaned_data
        added = {}
        if said.get("class_major") and said.get("class_students"):
            entry = said.get("class_year") or (terms[0].year.starts_on.year + 1 if terms else 0)
            added = demand.new_class(said["class_major"], entry, said["class_students"], terms)
        places = {}
        if said.get("change_base") and said.get("change_major") and said.get("change_kind"):
            if said.get("change_places") is not None:
                key = said["change_base"].pk, said["change_major"].pk, said["change_kind"]
                places[key] = said["change_places"]
        return WhatIf(frozenset(base.pk for base in said.get("lose") or ()), added, places)


@dataclass(frozen=True)
class Square:
    """One cell as it is drawn."""

    cell: Cell
    url: str
    moved: int


@dataclass(frozen=True)
class Row:
    """One major and kind of practice over the terms."""

    major: Major
    kind: str
    kind_label: Any
    first: bool
    squares: list[Square]


def _rows(found: Board, majors: list[Major], kind: str) -> list[Row]:
    """Rows with students or places in some term; majors and kinds with neither are left out."""
    rows = []
    page = reverse("place-visits")
    for major in majors:
        first = True
        for key, label in planner.KINDS:
            if kind and key != kind:
                continue
            cells = [found.cell(major.pk, term.pk, key) for term in found.terms]
            if not any(cell.students for cell in cells):
                continue
            squares = [
                Square(
                    cell,
                    f"{page}?{urlencode({'major': major.pk, 'term': term.pk, 'kind': key})}",
                    found.moved(major.pk, term.pk, key),
                )
                for cell, term in zip(cells, found.terms, strict=True)
            ]
            rows.append(Row(major, key, label, first, squares))
            first = False
    return rows


def _own_college(actor: Actor) -> int | None:
    """The college somebody works in, where it is one; whoever works in several, or in none, begins with the first."""
    colleges = Unit.objects.filter(kind=Unit.Kind.COLLEGE, ends_on=None, pk__in=actor.unit_ids).order_by("code")
    return colleges.values_list("pk", flat=True).first()


@require_http_methods(["GET", "POST"])
def planner_page(request: HttpRequest) -> HttpResponse:
    """岗位余缺推演: six terms ahead by major and kind; POST counts the students due anew (D-40)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not (actor.can(PlaceCapacity) and actor.can(PracticeDemand)):
        raise PermissionDenied(_("Your role does not include this."))
    if request.method == "POST":
        if not actor.can(PracticeDemand, "add"):
            raise PermissionDenied(_("Your role does not include this."))
        moved = actions.compute_demand(by=actor)
        messages.success(
            request, _("Counted anew from the classes: %(number)s numbers have moved.") % {"number": moved}
        )
        return redirect(request.get_full_path())
    asked = request.GET.copy()
    if not asked.get("unit") and (own := _own_college(actor) or _first_college(actor)):
        asked["unit"] = str(own)
    form = PlannerFilter(asked, actor=actor)
    terms = queries.terms_from(timezone.localdate(), AHEAD)
    rows: list[Row] = []
    found = Board(terms, {}, {})
    what_if = WhatIf()
    if form.is_valid() and terms:
        unit = form.cleaned_data.get("unit")
        majors = list(Major.objects.all().visible_to(actor).filter(unit=unit, ends_on=None, archived_at=None))
        what_if = form.what_if(terms)
        found = planner.board(
            terms,
            [major.pk for major in majors],
            what_if,
            queries.capacities().visible_to(actor),
            PracticeDemand.objects.all().visible_to(actor),
        )
        lacking: dict[int, int] = {}
        for (major, _term, _kind), cell in found.short():
            lacking[major] = lacking.get(major, 0) + cell.gap
        # What is short stands first: nobody should have to look for it.
        majors.sort(key=lambda major: (lacking.get(major.pk, 0), major.code))
        rows = _rows(found, majors, form.cleaned_data.get("kind") or "")
    short = [square for row in rows for square in row.squares if square.cell.state == "unmet"]
    moving = [square for row in rows for square in row.squares if square.moved]
    context = {
        "form": form,
        "terms": terms,
        "rows": rows,
        "short": len(short),
        "lacking": -sum(square.cell.gap for square in short),
        "supposed": bool(what_if),
        "moved": len(moving),
        "worse": sum(min(square.moved, 0) for square in moving),
        "filters": [form[name] for name in ("unit", "kind")],
        "supposing": [form[name] for name in PlannerFilter.SUPPOSED],
        "may_count": actor.can(PracticeDemand, "add"),
        "plain_url": f"{request.path}?{urlencode({name: asked.get(name, '') for name in ('unit', 'kind') if asked.get(name)})}",
        "crumbs": crumbs_of(PlaceCapacity, _("Places and students")),
    }
    return render(request, "bases/planner.html", context)


def _first_college(actor: Actor) -> int | None:
    rows = candidates(Unit, actor).filter(kind=Unit.Kind.COLLEGE, ends_on=None).order_by("code")
    return rows.values_list("pk", flat=True).first()


class CellFilter(Filter):
    major = forms.ModelChoiceField(Major.objects.none())
    term = forms.ModelChoiceField(Term.objects.none())
    kind = forms.ChoiceField(choices=PracticeKind.choices)

    def prepare(self) -> None:
        self.choose("major", candidates(Major, self.actor))
        self.choose("term", candidates(Term, self.actor).select_related("year"))


@require_GET
def visits_page(request: HttpRequest) -> HttpResponse:
    """访企清单: what a cell of the planner rests on, and for a gap the firms worth a visit, each with its reasons."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not (actor.can(PlaceCapacity) and actor.can(PracticeDemand)):
        raise PermissionDenied(_("Your role does not include this."))
    form = CellFilter(request.GET, actor=actor)
    if not form.is_valid():
        return redirect("place-planner")
    major, term, kind = form.cleaned_data["major"], form.cleaned_data["term"], form.cleaned_data["kind"]
    found = planner.board(
        [term],
        [major.pk],
        None,
        queries.capacities().visible_to(actor),
        PracticeDemand.objects.all().visible_to(actor),
    )
    cell = found.cell(major.pk, term.pk, kind)
    wanted = max(0, round(cell.students * planner.SAFE) - cell.places)
    known = Organisation.objects.all().visible_to(actor)
    firms = visiting.firms_for(major, wanted, timezone.localdate(), known) if wanted else []
    organisations, activities = sheet_for("partners.organisation"), sheet_for("partners.activity")
    may_plan = activities is not None and actor.can(activities.model, "add")
    base_sheet = sheet_for(Base)
    visits = [
        {
            "visit": visit,
            "url": organisations.url("detail", visit.firm.pk) if organisations else "",
            "plan_url": f"{activities.url('add')}?{urlencode({'kind': 'visit', 'organisations': visit.firm.pk})}"
            if activities and may_plan
            else "",
        }
        for visit in firms
    ]
    context = {
        "major": major,
        "term": term,
        "kind": PracticeKind(kind).label,
        "cell": cell,
        "wanted": wanted,
        "visits": visits,
        "offered": sum(visit.places or 0 for visit in firms),
        "bases": [
            {
                "base": base,
                "places": places,
                "assumed": assumed,
                "url": base_sheet.url("detail", base.pk) if base_sheet else "",
            }
            for base, places, assumed in planner.bases_behind(
                major, term, kind, queries.capacities().visible_to(actor), Base.objects.all().visible_to(actor)
            )
        ],
        "students_url": rows_url(PracticeDemand, major=major.pk, term=term.pk, kind=kind),
        "places_url": rows_url(PlaceCapacity, major=major.pk, term=term.pk, kind=kind),
        "crumbs": [
            {"label": _("Places and students"), "url": f"{reverse('place-planner')}?unit={major.unit_id}"},
            {"label": _("Firms to visit"), "url": ""},
        ],
    }
    return render(request, "bases/visits.html", context)


def record_or_404(model: type, actor: Actor, pk: int) -> Any:
    """A record that the actor may see; 403 where the role has nothing to do with its type."""
    if not actor.can(model):
        raise PermissionDenied(_("Your role does not include this."))
    return get_object_or_404(model._default_manager.all().visible_to(actor), pk=pk)  # type: ignore[attr-defined]


def refused_words(refused: ValidationError) -> str:
    """Why something was refused, in one line."""
    return "；".join(refused.messages)
