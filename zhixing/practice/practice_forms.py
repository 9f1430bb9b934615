"""What actions of plans, posts, placements and consents ask beside the record, and the forms of a student's own pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from stdnum.cn import uscc as social_code

from zhixing.kernel import filing
from zhixing.kernel.forms import ActionForm, PickerField, day_field
from zhixing.org.models import Division
from zhixing.practice import reminders
from zhixing.practice.models import Consent, Placement, PlanDuty, Post


class PaperForm(ActionForm):
    """A consent signed on paper: by whom, on which day, and its scan where there is one."""

    name = forms.CharField(label=pgettext_lazy("of a person", "name"), max_length=80)
    decided_on = day_field(_("decided on"))
    scan = forms.FileField(
        label=_("scan or photograph of the paper"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp"}),
    )

    def prepare(self) -> None:
        self.initial.setdefault("name", self.record.name)  # type: ignore[attr-defined]
        self.initial.setdefault("decided_on", timezone.localdate())

    def clean_scan(self) -> Any:
        scan = self.cleaned_data["scan"]
        if scan:
            filing.check(scan)
        return scan


class PaperPileForm(ActionForm):
    """A pile of consents signed on paper: whose, of which day, and the students' numbers."""

    party = forms.ChoiceField(label=_("given by"), choices=Consent.Party.choices, initial=Consent.Party.GUARDIAN)
    decided_on = day_field(_("decided on"))
    numbers = forms.CharField(
        label=_("student numbers"), widget=forms.Textarea(attrs={"rows": 8}), help_text=_("One a line.")
    )

    def prepare(self) -> None:
        self.initial.setdefault("decided_on", timezone.localdate())


class DutyForm(ActionForm):
    """A duty of a plan that the caller confirms by name: which, and how it is kept."""

    duty = forms.ChoiceField(label=pgettext_lazy("practice", "duty"), choices=PlanDuty.Duty.choices)
    statement = forms.CharField(
        label=_("how it is kept"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    phone = forms.CharField(
        label=_("telephone for complaints"),
        max_length=40,
        required=False,
        help_text=_("Shown to the students of the plan and their guardians."),
    )
    email = forms.EmailField(label=_("e-mail for complaints"), required=False)

    def prepare(self) -> None:
        """The duties that nobody has confirmed yet."""
        known = set(self.record.duties.filter(archived_at=None).values_list("duty", flat=True))  # type: ignore[attr-defined]
        self.fields["duty"].choices = [row for row in PlanDuty.Duty.choices if row[0] not in known]  # type: ignore[attr-defined]


class LivesForm(ActionForm):
    living = forms.ChoiceField(label=_("lives"), choices=Placement.Living.choices)

    def prepare(self) -> None:
        self.initial.setdefault("living", self.record.living)  # type: ignore[attr-defined]


class FirmLinkForm(ActionForm):
    """Who at the firm gets the link, and for how many days."""

    name = forms.CharField(label=_("contact"), max_length=80)
    days = forms.IntegerField(label=_("valid for days"), min_value=1, max_value=365, initial=reminders.FIRM_DAYS)

    def prepare(self) -> None:
        contact = reminders.firm_contact(self.record.organisation)  # type: ignore[attr-defined]
        if contact:
            self.initial.setdefault("name", contact[0])


class EnrolForm(ActionForm):
    """Who comes onto a policy's roster."""

    numbers = forms.CharField(
        label=_("student numbers"), widget=forms.Textarea(attrs={"rows": 6}), help_text=_("One a line.")
    )


class OfferForm(forms.ModelForm):
    """What a firm says of its post, on a phone."""

    class Meta:
        model = Post
        fields = (
            "title",
            "places",
            "tasks",
            "address",
            "hours_day",
            "hours_week",
            "pay",
            "night_shift",
            "rest_days",
            "housing",
            "meals",
        )
        widgets = {"tasks": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("tasks", "address", "hours_day", "hours_week"):
            self.fields[name].required = True


class ProposeForm(forms.Form):
    """A student's own unit: five lines are enough, what the student does not know the college asks."""

    firm = forms.CharField(label=_("full name of the unit"), max_length=200)
    uscc = forms.CharField(
        label=_("unified social credit code"), max_length=18, help_text=_("18 characters, on the business licence.")
    )
    title = forms.CharField(label=_("what you would do there"), max_length=120)
    address = forms.CharField(label=_("workplace"), max_length=200)
    # Whether it lies in another province decides what must be filed before anybody leaves (I-29).
    region = PickerField(
        Division.objects.all(),
        label=_("city or county of the workplace"),
        help_text=_("Type its name and take the one that is meant."),
    )
    hours_day = forms.DecimalField(
        label=_("hours a day"), min_value=0, max_value=24, max_digits=4, decimal_places=1, required=False
    )
    hours_week = forms.DecimalField(
        label=_("hours a week"), min_value=0, max_value=168, max_digits=4, decimal_places=1, required=False
    )
    contact = forms.CharField(label=_("contact at the unit"), max_length=80, required=False)
    phone = forms.CharField(label=_("phone"), max_length=20, required=False)
    pay = forms.DecimalField(
        label=_("pay in yuan a month"), min_value=0, max_digits=10, decimal_places=2, required=False
    )

    def clean_uscc(self) -> str:
        code = self.cleaned_data["uscc"].strip().upper()
        if not social_code.is_valid(code):
            raise forms.ValidationError(_("This is not a unified social credit code: check the 18 characters."))
        return code
