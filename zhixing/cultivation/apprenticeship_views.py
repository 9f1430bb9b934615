"""The risk radar, the rows behind each of its squares, and the page that sends a master the link for reviews."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from zhixing.cultivation import apprenticeship_queries as queries
from zhixing.cultivation import radar, review_links, risk_signals
from zhixing.cultivation.apprenticeship_panels import opened
from zhixing.cultivation.apprenticeships import Apprenticeship, MasterPair
from zhixing.cultivation.panels import address, links_of
from zhixing.cultivation.risks import Grade, Risk
from zhixing.kernel import gateways, links
from zhixing.kernel.forms import candidates
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import Unit
from zhixing.partners.models import Contact


class RadarFilter(forms.Form):
    """Whose cooperation; choices only from what the actor may see."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=gettext_lazy("unit"), required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = candidates(Unit, actor).filter(kind=Unit.Kind.COLLEGE)


def _risks_crumb() -> dict[str, Any]:
    sheet = sheet_for(Risk)
    return {"label": capfirst(sheet.label_plural) if sheet else "", "url": sheet.url("list") if sheet else ""}


@require_GET
def radar_page(request: HttpRequest) -> HttpResponse:
    """Programmes and order classes by signal, the gravest first (四（三）2)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Risk):
        raise PermissionDenied(_("Your role does not include this."))
    form, today = RadarFilter(request.GET, actor=actor), timezone.localdate()
    unit = form.cleaned_data.get("unit") if form.is_valid() else None
    rows = radar.rows_of(radar.watched(actor, unit.pk if unit else None), today)
    context = {
        "form": form,
        "rows": rows,
        "signals": [signal.label for signal in radar.COUNTED],
        "high": sum(square.grade == Grade.HIGH for row in rows for square in row.squares),
        "late": sum(square.late for row in rows for square in row.squares),
        "grades": [{"code": grade.value, "label": grade.label} for grade in Grade],
        "crumbs": [_risks_crumb(), {"label": _("Risk radar"), "url": ""}],
    }
    return render(request, "cultivation/radar.html", context)


@require_GET
def risk_rows_page(request: HttpRequest, kind: str, pk: int, signal: str) -> HttpResponse:
    """One square of the radar: the count, the limits it is weighed by, the records counted, and the risk on file."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Risk):
        raise PermissionDenied(_("Your role does not include this."))
    model: Any = risk_signals.KINDS.get(kind)
    if model is None or signal not in risk_signals.COUNTS:
        raise Http404
    if not actor.can(model):
        raise PermissionDenied(_("Your role does not include this."))
    subject = get_object_or_404(model.objects.visible_to(actor).select_related("organisation", "major"), pk=pk)
    today = timezone.localdate()
    square = next(item for item in radar.row_of(subject, today).squares if item.signal == signal)
    limit = risk_signals.limits(today).signals[signal]
    context = {
        "subject": subject,
        "subject_url": address(subject, actor),
        "square": square,
        "levels": limit.levels,
        "limits": [
            {"from": level, "label": limit.grade(level).label if limit.grade(level) else ""}  # type: ignore[union-attr]
            for level in dict.fromkeys(limit.levels)
        ],
        "since": risk_signals.limits(today).starts_on,
        "rows": opened(risk_signals.rows(signal, subject, today), actor),
        "risk_url": address(square.risk, actor) if square.risk else "",
        "crumbs": [
            _risks_crumb(),
            {"label": _("Risk radar"), "url": reverse("risk-radar")},
            {"label": f"{subject} · {square.signal.label}", "url": ""},
        ],
    }
    return render(request, "cultivation/risk_rows.html", context)


class AskMasterForm(forms.Form):
    """Which master of the firm, or who for the firm as a whole, gets the link."""

    master = forms.ModelChoiceField(
        Contact.objects.none(),
        label=gettext_lazy("master"),
        required=False,
        empty_label=gettext_lazy("for the firm as a whole"),
    )
    name = forms.CharField(label=gettext_lazy("contact"), max_length=80, required=False)
    email = forms.EmailField(
        label=gettext_lazy("e-mail"), required=False, help_text=gettext_lazy("Left empty: send the link yourself.")
    )
    days = forms.IntegerField(label=gettext_lazy("valid for days"), min_value=1, max_value=60, initial=14)

    def __init__(self, *args: Any, programme: Apprenticeship, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        pairs = MasterPair.objects.filter(apprentice__programme=programme, archived_at=None)
        fields["master"].queryset = Contact.objects.filter(pk__in=pairs.values("master")).order_by("name")
        fields["master"].label_from_instance = lambda contact: contact.name

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.cleaned_data.get("master") and not self.cleaned_data.get("name"):
            self.add_error("name", _("Say who gets the link."))
        return cleaned


@require_http_methods(["GET", "POST"])
def ask_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link for a master to review the own apprentices, or for the firm to review them all."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Apprenticeship):
        raise PermissionDenied(_("Your role does not include this."))
    programme = get_object_or_404(Apprenticeship.objects.all().visible_to(actor), pk=pk)  # type: ignore[attr-defined]
    if not actor.can_on(programme, "change"):
        raise PermissionDenied(_("You may not change this record."))
    form, made = AskMasterForm(request.POST or None, programme=programme), ""
    heading = _("Please review the apprentices of “%(title)s”") % {"title": programme}
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        master = asked["master"]
        if not queries.awaited_of_firm(programme, master.pk if master else None).exists():
            form.add_error(None, _("There is nothing to review. Plan the term's reviews first."))
        else:
            name = asked["name"] or master.name
            email = asked["email"] or (master.email if master else "")
            made = links.issue(
                review_links.REVIEW,
                programme,
                name=name,
                by=actor,
                days=asked["days"],
                data={"master": master.pk} if master else {},
            )
            if email:
                text = _("Dear %(name)s,\n\n%(subject)s:\n%(link)s\n\nThe link is meant for you alone.")
                gateways.send(gateways.EMAIL, email, heading, text % {"name": name, "subject": heading, "link": made})
                messages.success(request, _("The link has gone to %(email)s.") % {"email": email})
    sheet = sheet_for(Apprenticeship)
    context = {
        "record": programme,
        "record_url": address(programme, actor),
        "form": form,
        "made": made,
        "links": links_of(programme, review_links.REVIEW),
        "heading": heading,
        "crumbs": [
            {"label": sheet.label_plural if sheet else "", "url": sheet.url("list") if sheet else ""},
            {"label": str(programme), "url": address(programme, actor)},
            {"label": _("Ask the firm"), "url": ""},
        ],
    }
    return render(request, "cultivation/ask.html", context, status=422 if form.is_bound and not made else 200)
