"""What must be asked before an action on an industry college; built with the record and the actor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.industry_colleges import queries
from zhixing.industry_colleges.area_models import is_address
from zhixing.industry_colleges.models import Area, Check, IndustryCollege
from zhixing.kernel.forms import candidates
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.org.models import AcademicYear


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class ActionForm(forms.Form):
    """A form about one record, for one actor."""

    def __init__(self, *args: Any, record: Record, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.record, self.actor = record, actor
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and what is already known; what the address proposes stays."""
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField):
                self.initial.setdefault(name, timezone.localdate())


class CheckForm(ActionForm):
    held_on = _day(_("date"))
    experts = forms.CharField(label=_("experts"), max_length=300)
    score = forms.DecimalField(
        label=_("score"), required=False, min_value=0, max_value=100, max_digits=5, decimal_places=1
    )
    verdict = forms.ChoiceField(label=_("verdict"), choices=Check.Verdict.choices)
    findings = forms.CharField(
        label=pgettext_lazy("of a check", "findings"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Required unless the check is passed."),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        verdict = self.cleaned_data.get("verdict")
        if verdict and verdict != Check.Verdict.PASSED and not self.cleaned_data.get("findings", "").strip():
            self.add_error("findings", _("Whoever does not pass is told why: write the findings."))
        return cleaned


class RecogniseForm(ActionForm):
    level = forms.ChoiceField(label=pgettext_lazy("of recognition", "level"), choices=IndustryCollege.Level.choices)
    recognised_on = _day(_("recognised on"))
    recognition_number = forms.CharField(label=_("number of the recognition"), max_length=80, required=False)


class CloseForm(ActionForm):
    closed_on = _day(pgettext_lazy("of an industry college", "closed on"), _("The last day on which it runs."))


class SignForm(ActionForm):
    signed_on = _day(_("signed on"))


class EndSeatForm(ActionForm):
    ends_on = _day(_("until"), _("The last day on which the seat counts."))


class FinishForm(ActionForm):
    done_on = _day(_("done on"))


class PlannedOutputForm(ActionForm):
    title = forms.CharField(label=_("title"), max_length=200)
    made_on = _day(_("date"))
    quantity = forms.IntegerField(label=_("quantity"), min_value=1, max_value=1_000_000, initial=1)
    measured_in = forms.CharField(label=_("measured in"), max_length=20, required=False)
    link = forms.CharField(
        label=_("address of the proof"),
        max_length=300,
        required=False,
        validators=[is_address],
        help_text=_("A page on the web (https://…) or a record kept here (/…). Files are added on the next page."),
    )


class OutputForm(PlannedOutputForm):
    area = forms.ModelChoiceField(Area.objects.none(), label=_("area of cooperation"))
    field_order = ("area",)

    def prepare(self) -> None:
        super().prepare()
        self.fields["area"].queryset = candidates(Area, self.actor)  # type: ignore[attr-defined]


class CopyPlansForm(ActionForm):
    year = forms.ModelChoiceField(
        AcademicYear.objects.none(),
        label=_("academic year"),
        help_text=_("The plans of the year before are copied into it."),
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["year"].queryset = candidates(AcademicYear, self.actor)  # type: ignore[attr-defined]
        self.initial.setdefault("year", queries.year_of(timezone.localdate()))
