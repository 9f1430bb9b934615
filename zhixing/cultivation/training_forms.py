"""What must be asked before an action on a training plan, and which edits a plan in force no longer takes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements.models import Agreement
from zhixing.cultivation.fields import long_text
from zhixing.cultivation.models import TrainingPlan
from zhixing.cultivation.training_actions import unsigned
from zhixing.kernel.forms import ActionForm, PickerField, SheetForm, candidates, day_field
from zhixing.partners.models import Organisation


class SignatureForm(ActionForm):
    organisation = PickerField(Organisation.objects.none(), label=_("organisation"))
    contact_name = forms.CharField(label=_("signed by"), max_length=80)
    signed_on = day_field(pgettext_lazy("of a co-signature", "signed on"))
    agreement = PickerField(Agreement.objects.none(), label=_("agreement"), required=False)
    opinion = long_text(_("opinion"))

    record: TrainingPlan

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        fields["organisation"].queryset = candidates(Organisation, self.actor)
        fields["agreement"].queryset = candidates(Agreement, self.actor)
        waiting = unsigned(self.record)
        self.propose(signed_on=timezone.localdate(), organisation=waiting[0] if waiting else None)


class CourseForm(SheetForm):
    """A course changes with its plan's draft only: what firms are reading or the college has approved stands."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        plan = self.cleaned_data.get("plan")
        before = self.initial.get("plan")
        plans = TrainingPlan.objects.filter(pk__in={getattr(plan, "pk", None), getattr(before, "pk", before)} - {None})
        if plans.exclude(status=TrainingPlan.Status.DRAFT).exists():
            raise ValidationError(
                _("Courses change only while their plan is a draft: take the plan back, or make a new version of it."),
                code="plan_stands",
            )
        return cleaned
