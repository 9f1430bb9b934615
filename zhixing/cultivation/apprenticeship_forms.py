"""What must be asked before an action on apprenticeships, their people and their risks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.cultivation.apprenticeships import Apprentice, Apprenticeship, Candidate
from zhixing.cultivation.fields import long_text
from zhixing.cultivation.risks import Risk, Signal
from zhixing.kernel.forms import ActionForm, PickerField, SheetForm, candidates, day_field
from zhixing.org.models import Student, Term
from zhixing.partners.models import Contact


def score_field() -> forms.DecimalField:
    return forms.DecimalField(label=_("score"), min_value=0, max_value=100, max_digits=5, decimal_places=1)


class TestForm(ActionForm):
    tested_on = day_field(_("tested on"))
    score = score_field()

    def prepare(self) -> None:
        self.propose(tested_on=timezone.localdate())


class ContractForm(ActionForm):
    contracted_on = day_field(_("contract signed on"))
    student = PickerField(Student.objects.none(), label=_("student"))
    agreement = forms.ModelChoiceField(
        queryset=Student.objects.none(),
        label=_("agreement with the apprentice"),
        required=False,
        help_text=_("Needed when the apprentice is 16 or 17: the guardian is its fourth party."),
    )
    joined_on = day_field(_("joined on"), required=False)

    record: Candidate

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        fields["student"].queryset = candidates(Student, self.actor)
        model = Apprenticeship._meta.get_field("agreement").related_model
        programme = self.record.plan.programme
        rows = candidates(model, self.actor).filter(counterparty=programme.organisation_id)  # type: ignore[arg-type]
        fields["agreement"].queryset = rows.order_by("-starts_on", "-pk")
        self.propose(contracted_on=timezone.localdate(), student=self.record.student, joined_on=programme.starts_on)


class EndForm(ActionForm):
    ends_on = day_field(_("last day"))

    record: Apprenticeship

    def prepare(self) -> None:
        self.propose(ends_on=min(self.record.ends_on, timezone.localdate()))


class FinishApprenticeForm(ActionForm):
    left_on = day_field(_("finished on"))

    def prepare(self) -> None:
        self.propose(left_on=timezone.localdate())


class PairForm(ActionForm):
    master = forms.ModelChoiceField(Contact.objects.none(), label=_("master"))
    starts_on = day_field(_("from"))

    record: Apprentice

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        firm = self.record.programme.organisation_id
        fields["master"].queryset = candidates(Contact, self.actor).filter(organisation=firm).order_by("name")
        fields["master"].label_from_instance = lambda contact: f"{contact.name} {contact.position}".strip()
        self.propose(starts_on=timezone.localdate())


class RotateForm(ActionForm):
    post = forms.CharField(label=_("post"), max_length=80)
    workplace = forms.CharField(label=_("workplace"), max_length=120, required=False)
    starts_on = day_field(_("from"))

    def prepare(self) -> None:
        self.propose(starts_on=timezone.localdate())


class PlanReviewsForm(ActionForm):
    term = forms.ModelChoiceField(Term.objects.none(), label=_("term"))
    each = forms.BooleanField(label=_("of every apprentice, too"), required=False)

    record: Apprenticeship

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        terms = Term.objects.filter(ends_on__gte=self.record.starts_on, starts_on__lte=self.record.ends_on)
        fields["term"].queryset = terms.select_related("year")
        today = timezone.localdate()
        self.propose(term=terms.filter(starts_on__lte=today).order_by("-starts_on").first())


class ReviewForm(ActionForm):
    score = score_field()
    done_on = day_field(_("done on"))
    reviewer = forms.CharField(label=_("reviewer"), max_length=80, required=False)
    text = long_text(_("in words"), rows=4)

    def prepare(self) -> None:
        self.propose(done_on=timezone.localdate(), reviewer=self.actor.name)


class RiskForm(SheetForm):
    """What the records count is not typed: a risk that people enter is one that no record shows, and the count of any
    other is left to the daily run."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk is None:
            if self.cleaned_data.get("signal") not in (None, Signal.OTHER):
                self.add_error("signal", _("This signal is counted from the records every morning: choose “other”."))
        elif self.instance.signal != Signal.OTHER or "signal" in self.changed_data:
            counted = {"apprenticeship", "order_class", "signal", "title", "probability", "impact", "found_on"}
            for name in counted & set(self.changed_data):
                self.add_error(name, _("This is counted from the records and not typed."))
        return cleaned


class HandleForm(ActionForm):
    measures = long_text(_("measures"), rows=4, required=True)
    due = day_field(_("due"), required=False)

    record: Risk

    def prepare(self) -> None:
        self.propose(measures=self.record.measures, due=self.record.due)
