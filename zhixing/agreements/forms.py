"""What must be asked before an action on agreements; built with the record and the actor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements import spelling
from zhixing.agreements.checks import in_language
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementKind, AgreementParty, PartyRole
from zhixing.kernel.fields import UsccField
from zhixing.kernel.forms import ActionForm, day_field


class ContentsForm(ActionForm):
    """What the text says, content by content, and the kind's named fields; proposed as the kind words it."""

    record: Agreement

    def prepare(self) -> None:
        from zhixing.agreements.actions import first_wording

        wording = first_wording(self.record)
        for spec in self.record.kind.contents:
            name = f"content_{spec['code']}"
            self.fields[name] = forms.CharField(
                label=in_language(spec["name"]), required=False, widget=forms.Textarea(attrs={"rows": 4})
            )
            self.initial.setdefault(name, wording.get(spec["code"], ""))
        for spec in self.record.kind.details:
            name = f"detail_{spec['code']}"
            self.fields[name] = _detail_field(spec)
            self.initial.setdefault(name, self.record.details.get(spec["code"]))


def _detail_field(spec: dict[str, Any]) -> forms.Field:
    label = in_language(spec["name"])
    match spec["type"]:
        case "number":
            return forms.DecimalField(label=label, required=False, min_value=0)
        case "bool":
            return forms.BooleanField(label=label, required=False)
        case "date":
            return day_field(label, required=False)
    return forms.CharField(label=label, required=False, max_length=200)


class SignedForm(ActionForm):
    signed_on = day_field(_("signed on"))

    def prepare(self) -> None:
        self.initial.setdefault("signed_on", timezone.localdate())


class RenewForm(ActionForm):
    starts_on = day_field(pgettext_lazy("of an agreement", "term from"))
    ends_on = day_field(pgettext_lazy("of an agreement", "term until"))

    record: Agreement

    def prepare(self) -> None:
        old = self.record
        first = old.ends_on + timedelta(days=1)
        self.initial.setdefault("starts_on", first)
        self.initial.setdefault("ends_on", first + (old.ends_on - old.starts_on))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        first, last = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The end must not be before the beginning."))
        return cleaned


class TerminateForm(ActionForm):
    ended_on = day_field(_("ended on"), help_text=_("The last day on which it binds."))

    def prepare(self) -> None:
        self.initial.setdefault("ended_on", timezone.localdate())


class FulfilForm(ActionForm):
    fulfilled_on = day_field(_("fulfilled on"))

    def prepare(self) -> None:
        self.initial.setdefault("fulfilled_on", timezone.localdate())


class DocumentForm(ActionForm):
    kind = forms.ChoiceField(
        label=_("kind"),
        choices=[choice for choice in AgreementDocument.Kind.choices if choice[0] in {"draft", "final"}],
    )
    format = forms.ChoiceField(label=_("format"), choices=AgreementDocument.Format.choices)


class ConfirmForm(forms.ModelForm):
    """What a firm sees by its link: its own data, to confirm or correct, and who says so."""

    confirmed_by = forms.CharField(label=_("your name"), max_length=80)

    class Meta:
        model = AgreementParty
        fields = ("name", "uscc", "address", "signatory", "signatory_position", "contact", "phone", "email")
        widgets = {"phone": forms.TextInput(attrs={"inputmode": "tel"})}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("uscc", "signatory", "contact"):
            self.fields[name].required = True
        # The registered name is what the agreement is made with; a wrong one goes back to the college.
        self.fields["name"].disabled = True

    def clean_uscc(self) -> str | None:
        given = UsccField().to_python(self.cleaned_data["uscc"])
        known = self.instance.organisation.uscc if self.instance.organisation else None
        if known and given != known:
            raise ValidationError(
                _("The register knows this organisation by another code. Ask your contact at the college."),
                code="other_code",
            )
        return given


class KindForm(ActionForm):
    """What a kind of agreement asks for, one a line."""

    roles = forms.MultipleChoiceField(
        label=_("parties"), choices=PartyRole.choices, widget=forms.CheckboxSelectMultiple
    )
    contents = forms.CharField(
        label=_("contents"),
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "One a line: code：name / English name：proposed wording; indent its further lines. The template calls it c.code."
        ),
    )
    details = forms.CharField(
        label=_("named fields"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line: code：name / English name：text, number, date or bool. The template calls it d.code."),
    )

    record: AgreementKind

    def prepare(self) -> None:
        for name in ("contents", "details"):
            self.initial.setdefault(name, spelling.KIND[name].write(getattr(self.record, name)))
        self.initial.setdefault("roles", self.record.roles)

    def clean_contents(self) -> list[dict[str, Any]]:
        return spelling.contents_from_words(self.cleaned_data["contents"])

    def clean_details(self) -> list[dict[str, Any]]:
        return spelling.details_from_words(self.cleaned_data["details"])


class TemplateForm(forms.Form):
    """A new version of a kind's wording."""

    file = forms.FileField(label=_("Word file"), widget=forms.FileInput(attrs={"accept": ".docx"}))
    title = forms.CharField(label=_("title"), max_length=120)
    effective_from = day_field(_("in force from"))
    note = forms.CharField(label=_("what changed"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
