"""What a signer, and the clerk who asks them, fill in."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements.models import Agreement, AgreementParty, SignatureRequest
from zhixing.agreements.signing import Signer, as_signer, signers_of
from zhixing.kernel.forms import ActionForm, day_field

Channel = SignatureRequest.Channel
_PHONE = re.compile(r"^\+?[0-9]{6,15}$")


def phone_of(text: str) -> str:
    """A telephone as the gateway takes it; ValidationError when it is none."""
    phone = re.sub(r"[\s\-()（）]", "", text)
    if phone and not _PHONE.match(phone):
        raise ValidationError(_("This is not a phone number."), code="phone")
    return phone


class SignersForm(ActionForm):
    """Who signs in which order and by which channel; proposed as the kind of agreement has it. Equal places sign side by side."""

    record: Agreement

    def prepare(self) -> None:
        self.parties = list(self.record.parties.filter(archived_at=None).select_related("person").order_by("order"))
        proposed = {signer.party.pk: signer for signer in signers_of(self.record)}
        self.required_parties = frozenset(proposed)
        for party in self.parties:
            signer = proposed.get(party.pk) or as_signer(party, Channel.LINK, 0)
            self._add(party, signer, required=party.pk in proposed)
        self.fields["due"] = day_field(_("to be signed by"), required=False)

    def _add(self, party: AgreementParty, signer: Signer, required: bool) -> None:
        self.fields[f"order_{party.pk}"] = forms.IntegerField(
            label=_("place in the order"),
            min_value=1,
            max_value=99,
            required=required,
            help_text="" if required else _("Empty: does not sign."),
        )
        self.fields[f"channel_{party.pk}"] = forms.ChoiceField(
            label=_("channel"), choices=Channel.choices, required=required
        )
        self.fields[f"name_{party.pk}"] = forms.CharField(label=_("signer"), max_length=80, required=required)
        self.fields[f"email_{party.pk}"] = forms.EmailField(label=_("e-mail"), required=False)
        self.fields[f"phone_{party.pk}"] = forms.CharField(label=_("phone"), max_length=20, required=False)
        for key, value in (
            ("order", signer.order or None),
            ("channel", signer.channel),
            ("name", signer.name),
            ("email", signer.email),
            ("phone", signer.phone),
        ):
            self.initial.setdefault(f"{key}_{party.pk}", value)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each party: as what it stands in the agreement, and how it signs."""
        keys = ("order", "channel", "name", "email", "phone")
        return [
            {
                "label": party.name,
                "note": party.get_role_display(),
                "fields": [self[f"{key}_{party.pk}"] for key in keys],
            }
            for party in self.parties
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        signers = []
        for party in self.parties:
            order = given.get(f"order_{party.pk}")
            if not order:
                continue
            try:
                phone = phone_of(given.get(f"phone_{party.pk}") or "")
            except ValidationError as refused:
                self.add_error(f"phone_{party.pk}", refused)
                continue
            channel = given.get(f"channel_{party.pk}") or Channel.LINK
            email = given.get(f"email_{party.pk}") or ""
            if channel == Channel.LINK and not (phone or email):
                self.add_error(
                    f"email_{party.pk}", _("Signing by link needs an e-mail address or a phone for the code.")
                )
            signers.append(Signer(party, channel, order, given.get(f"name_{party.pk}") or party.name, email, phone))
        return {"signers": signers, "due": given.get("due")}


class TypedForm(ActionForm):
    """The name as it stands in the request, and that the paper was read."""

    typed = forms.CharField(label=_("your name"), max_length=80)
    agree = forms.BooleanField(label=_("I have read the paper and agree"))


class DelegateForm(forms.Form):
    """To whom a signer hands the request on."""

    name = forms.CharField(label=pgettext_lazy("of a person", "name"), max_length=80)
    email = forms.EmailField(label=_("e-mail"), required=False)
    phone = forms.CharField(
        label=_("phone"), max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )

    def clean_phone(self) -> str:
        return phone_of(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not (given.get("email") or given.get("phone")):
            self.add_error("email", _("An e-mail address or a phone is needed for the link and the code."))
        return given


class ActDelegateForm(DelegateForm):
    """The same, asked of the clerk on the request's own page."""

    def __init__(self, *args: Any, record: SignatureRequest, actor: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)


class ChannelForm(ActionForm):
    """The way by which somebody signs."""

    channel = forms.ChoiceField(label=_("channel"), choices=Channel.choices)

    def prepare(self) -> None:
        self.initial.setdefault("channel", self.record.channel)  # type: ignore[attr-defined]


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files at once."""

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("widget", ManyFiles(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp"}))
        super().__init__(*args, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files]


class ScanForm(forms.Form):
    """Scans or photographs of signed papers, of one agreement or of many."""

    scans = FilesField(label=_("scans or photographs"))
    signed_on = day_field(_("signed on"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("signed_on", timezone.localdate())

    def clean_signed_on(self) -> Any:
        day = self.cleaned_data["signed_on"]
        if day > timezone.localdate():
            raise ValidationError(_("The day must not be in the future."), code="future")
        return day
