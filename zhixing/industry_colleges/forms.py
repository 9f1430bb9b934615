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
from zhixing.kernel.forms import ActionForm, candidates, day_field
from zhixing.org.models import AcademicYear


class ActForm(ActionForm):
    """Days propose today."""

    def prepare(self) -> None:
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField):
                self.initial.setdefault(name, timezone.localdate())


class CheckForm(ActForm):
    held_on = day_field(_("date"))
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


class RecogniseForm(ActForm):
    level = forms.ChoiceField(label=pgettext_lazy("of recognition", "level"), choices=IndustryCollege.Level.choices)
    recognised_on = day_field(_("recognised on"))
    recognition_number = forms.CharField(label=_("number of the recognition"), max_length=80, required=False)


class CloseForm(ActForm):
    closed_on = day_field(pgettext_lazy("of an industry college", "closed on"), _("The last day on which it runs."))


class SignForm(ActForm):
    signed_on = day_field(_("signed on"))


class EndSeatForm(ActForm):
    ends_on = day_field(_("until"), _("The last day on which the seat counts."))


class FinishForm(ActForm):
    done_on = day_field(_("done on"))


class PlannedOutputForm(ActForm):
    title = forms.CharField(label=_("title"), max_length=200)
    made_on = day_field(_("date"))
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


class CopyPlansForm(ActForm):
    year = forms.ModelChoiceField(
        AcademicYear.objects.none(),
        label=_("academic year"),
        help_text=_("The plans of the year before are copied into it."),
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["year"].queryset = candidates(AcademicYear, self.actor)  # type: ignore[attr-defined]
        self.initial.setdefault("year", queries.year_of(timezone.localdate()))
