"""What the acts on partners' records ask for, and the question that an organisation's form asks about its likes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.forms import PickerField, SheetForm, candidates
from zhixing.kernel.scope import Actor
from zhixing.kernel.values import link
from zhixing.org.models import Major, Person, Unit
from zhixing.partners import queries
from zhixing.partners.models import IndustryLink, Organisation


class OrganisationForm(SheetForm):
    """Asks before a second record of one organisation is made: lists those much alike, each with its page."""

    another = forms.BooleanField(label=_("It is another organisation than those listed above"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asks = False
        self.fields["another"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        name, uscc = self.cleaned_data.get("name", ""), self.cleaned_data.get("uscc")
        if self.instance.pk is None or {"name", "uscc"} & set(self.changed_data):
            found = queries.similar(name, uscc, exclude_pk=self.instance.pk)
            visible = set(
                Organisation.objects.visible_to(self.actor)  # type: ignore[attr-defined]
                .filter(pk__in=[item.organisation.pk for item in found])
                .values_list("pk", flat=True)
            )
            found = [item for item in found if item.organisation.pk in visible]
            self.asks = bool(found)
            if found:
                self.fields["another"].widget = forms.CheckboxInput()
            if found and not self.cleaned_data.get("another"):
                listed = format_html_join(
                    "；",
                    "{}（{}，{}%）",
                    ((link(item.organisation), item.reason, round(item.score * 100)) for item in found),
                )
                raise ValidationError(
                    format_html(
                        "{} {} {}",
                        _("This may be an organisation that is already in the register:"),
                        listed,
                        _("Open it instead, or tick the box at the end of the form and save once more."),
                    ),
                    code="similar",
                )
        return cleaned

    def groups(self) -> list[dict[str, Any]]:
        shown = super().groups()
        if self.asks:
            shown.append({"label": _("Check for duplicates"), "fields": [self["another"]]})
        return shown


def _date(**kwargs: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


def _text(rows: int = 4, **kwargs: Any) -> forms.CharField:
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class ActForm(forms.Form):
    """A form for one act on one record by one actor."""

    def __init__(self, *args: Any, record: Any, actor: Actor, **kwargs: Any):
        self.record, self.actor = record, actor
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on record and actor."""


class RenameForm(ActForm):
    name = forms.CharField(label=_("new name"), max_length=200)
    on = _date(label=_("from"), initial=timezone.localdate)


class MergeForm(ActForm):
    def prepare(self) -> None:
        rows = candidates(Organisation, self.actor).exclude(pk=self.record.pk)
        self.fields["into"] = PickerField(
            rows,
            label=_("merge into"),
            help_text=_("All that belongs to this record moves there. A merge can be undone."),
        )
        likeness = queries.similar(self.record.name, self.record.uscc, exclude_pk=self.record.pk, limit=1)
        if likeness:
            self.initial.setdefault("into", likeness[0].organisation)


class AbsorbForm(ActForm):
    def prepare(self) -> None:
        rows = candidates(Organisation, self.actor).exclude(pk=self.record.pk)
        self.fields["other"] = PickerField(
            rows,
            label=_("the record to be merged into this one"),
            help_text=_("All that belongs to it moves here. A merge can be undone."),
        )


class EndLinkForm(ActForm):
    ends_on = _date(label=_("last day"), initial=timezone.localdate)


class RenewLinkForm(ActForm):
    role = forms.ChoiceField(label=_("role"), choices=IndustryLink.Role.choices)
    starts_on = _date(label=_("from"))
    ends_on = _date(label=_("until"), required=False)

    def prepare(self) -> None:
        self.initial.setdefault("role", self.record.role)
        if self.record.ends_on:
            self.initial.setdefault("starts_on", self.record.ends_on + timedelta(days=1))


class HoldForm(ActForm):
    minutes = _text(
        rows=6, label=_("minutes"), required=False, help_text=_("Minutes, outcomes or a file make the activity count.")
    )
    outcomes = _text(label=_("outcomes"), required=False)
    follow_up = forms.CharField(label=_("follow-up"), max_length=200, required=False)

    def prepare(self) -> None:
        for name in ("minutes", "outcomes", "follow_up"):
            self.initial.setdefault(name, getattr(self.record, name))
        people = candidates(Person, self.actor)
        self.fields["follow_up_owner"] = PickerField(people, label=_("follow-up by"), required=False)
        self.fields["follow_up_due"] = _date(label=_("follow-up due"), required=False)
        self.initial.setdefault("follow_up_owner", self.record.follow_up_owner)
        self.initial.setdefault("follow_up_due", self.record.follow_up_due)


class FollowUpForm(ActForm):
    done_on = _date(label=_("done on"), initial=timezone.localdate)


class ImplementForm(ActForm):
    intent = _text(label=_("agreed intent"))

    def prepare(self) -> None:
        self.initial.setdefault("intent", self.record.intent)


class SuperviseForm(ActForm):
    agreement_number = forms.CharField(label=_("agreement number"), max_length=60)

    def prepare(self) -> None:
        self.initial.setdefault("agreement_number", self.record.agreement_number)


class FollowForm(ActForm):
    supervision = _text(label=_("supervision findings"))

    def prepare(self) -> None:
        self.initial.setdefault("supervision", self.record.supervision)


class ClaimForm(ActForm):
    """Who takes the need on; by default the one who asks, with the unit and majors that a proposal brought along."""

    def prepare(self) -> None:
        people = candidates(Person, self.actor)
        self.fields["person"] = PickerField(people, label=_("claimed by"))
        self.fields["unit"] = forms.ModelChoiceField(
            candidates(Unit, self.actor),
            label=_("claiming unit"),
            required=False,
            help_text=_("Left empty: the unit of that person."),
        )
        self.fields["majors"] = forms.ModelMultipleChoiceField(
            candidates(Major, self.actor).filter(Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())),
            label=_("for the majors"),
            required=False,
        )
        self.initial.setdefault("person", self.actor.person_id)


class MeetForm(ActForm):
    result = _text(label=_("result"), help_text=_("What the partner got, and when."))

    def prepare(self) -> None:
        self.initial.setdefault("result", self.record.result)


class DecisionForm(ActForm):
    decided_on = _date(label=_("decided on"), initial=timezone.localdate)
