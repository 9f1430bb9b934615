"""What must be asked before an action on agreements; built with the record and the actor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.agreements.checks import in_language
from zhixing.agreements.models import Agreement, AgreementDocument, AgreementKind, AgreementParty, PartyRole
from zhixing.kernel.fields import UsccField
from zhixing.kernel.forms import SheetForm
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor


def day_field(label: Any, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


class ActionForm(forms.Form):
    """A form about one record, for one actor."""

    def __init__(self, *args: Any, record: Record, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.record, self.actor = record, actor
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and what is already known."""


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


class AgreementForm(SheetForm):
    """Adding and changing an agreement: its text is frozen once it left the editor's desk."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        status = self.instance.status
        frozen = {"kind", "unit", "counterparty", "student", "starts_on", "ends_on", "amount", "title"}
        if self.instance.pk and status not in {"draft", "confirming"}:
            moved = frozen & set(self.changed_data)
            for name in moved:
                self.add_error(
                    name, _("What was approved or signed is not changed here: return it, or make an amendment.")
                )
        return cleaned


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
        help_text=_("One a line: code：name：proposed wording. The code is what the template calls c.code."),
    )
    details = forms.CharField(
        label=_("named fields"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line: code：name：text, number, date or bool. The template calls it d.code."),
    )

    record: AgreementKind

    def prepare(self) -> None:
        kind = self.record
        self.initial.setdefault("roles", kind.roles)
        lines = [f"{s['code']}：{s['name']['zh-hans']}：{s.get('text', '')}".replace("\n", "／") for s in kind.contents]
        self.initial.setdefault("contents", "\n".join(lines))
        lines = [f"{s['code']}：{s['name']['zh-hans']}：{s['type']}" for s in kind.details]
        self.initial.setdefault("details", "\n".join(lines))

    def _lines(self, field: str) -> list[list[str]]:
        rows = []
        for line in filter(None, (line.strip() for line in self.cleaned_data[field].splitlines())):
            parts = [part.strip() for part in line.replace(":", "：").split("：", 2)]
            if len(parts) < 2 or not parts[0].isidentifier() or not parts[0].isascii():
                raise ValidationError(
                    _("“%(line)s” is not code：name：…, with a code of letters, digits and _."),
                    code="line",
                    params={"line": line},
                )
            rows.append([*parts, ""][:3])
        codes = [row[0] for row in rows]
        if len(codes) != len(set(codes)):
            raise ValidationError(_("A code stands twice."), code="twice")
        return rows

    def clean_contents(self) -> list[dict[str, Any]]:
        before = {spec["code"]: spec for spec in self.record.contents}
        return [
            {"code": code, "name": _names(before.get(code), name), "text": text.replace("／", "\n")}
            for code, name, text in self._lines("contents")
        ]

    def clean_details(self) -> list[dict[str, Any]]:
        before = {spec["code"]: spec for spec in self.record.details}
        rows = self._lines("details")
        for _code, _name, kind in rows:
            if kind not in {"text", "number", "date", "bool"}:
                raise ValidationError(_("A named field is text, number, date or bool."), code="type")
        return [{"code": code, "name": _names(before.get(code), name), "type": kind} for code, name, kind in rows]


def _names(before: dict[str, Any] | None, name: str) -> dict[str, str]:
    """The English name stays where the Chinese one did."""
    if before is not None and before["name"]["zh-hans"] == name:
        return before["name"]
    return {"zh-hans": name, "en": name}


class TemplateForm(forms.Form):
    """A new version of a kind's wording."""

    file = forms.FileField(label=_("Word file"), widget=forms.FileInput(attrs={"accept": ".docx"}))
    title = forms.CharField(label=_("title"), max_length=120)
    effective_from = day_field(_("in force from"))
    note = forms.CharField(label=_("what changed"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
