"""What must be asked before an action on bases and what hangs on them; built with the record and the actor."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.bases import queries
from zhixing.bases.models import (
    LAST_PERIOD,
    BenefitStatement,
    Contribution,
    Level,
    PlaceCapacity,
    PracticeDemand,
    ResidentUnit,
    SafetyCheck,
    Use,
)
from zhixing.bases.series import Rhythm
from zhixing.bases.shares import quarter_before
from zhixing.kernel.forms import PickerField, candidates
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.org.models import AcademicYear, Cohort, Major, Term


def _day(label: Any, help_text: Any = "", required: bool = True) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, widget=widget, required=required)


def _text(label: Any, required: bool = False, rows: int = 4, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, widget=widget, help_text=help_text)


def _money(label: Any, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_digits=16, decimal_places=2, required=required)


class ActionForm(forms.Form):
    """A form about one record, for one actor; days propose today unless they say otherwise."""

    def __init__(self, *args: Any, record: Record, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.record, self.actor = record, actor
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField) and field.required:
                self.initial.setdefault(name, timezone.localdate())
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and what is already known; what the address proposes stays."""

    def propose(self, **values: Any) -> None:
        for name, value in values.items():
            self.initial.setdefault(name, value)

    def choose(self, name: str, model: type) -> None:
        """The choices of a field: what the actor may see."""
        self.fields[name].queryset = candidates(model, self.actor)  # type: ignore[attr-defined]


class OpenForm(ActionForm):
    starts_on = _day(pgettext_lazy("of a base", "in use since"))


class CloseForm(ActionForm):
    closed_on = _day(pgettext_lazy("of a base", "closed on"), _("The last day on which it is used."))


class UseForm(ActionForm):
    function = forms.ChoiceField(label=pgettext_lazy("of a base", "function"), choices=Use.choices)
    used_on = _day(_("date"))
    title = forms.CharField(label=_("title"), max_length=160)
    hours = forms.DecimalField(label=_("hours"), min_value=0, max_digits=8, decimal_places=1)
    people = forms.IntegerField(label=pgettext_lazy("a number", "people"), min_value=1, max_value=100_000)
    income = _money(_("income in yuan"), required=False)
    major = forms.ModelChoiceField(Major.objects.none(), label=_("major"), required=False)

    def prepare(self) -> None:
        self.choose("major", Major)


class DeliverForm(ActionForm):
    record: Contribution

    delivered_on = _day(_("delivered on"))
    delivered_value = _money(_("value delivered in yuan"))

    def prepare(self) -> None:
        self.propose(delivered_value=self.record.pledged_value)


class AcceptForm(ActionForm):
    accepted_on = _day(_("accepted on"))
    valued_by = forms.CharField(
        label=_("how it was valued"),
        max_length=200,
        required=False,
        help_text=_("An invoice, an expert's report, a list of prices."),
    )


class SettleForm(ActionForm):
    settled_on = _day(_("settled on"))
    settled_value = _money(_("value settled in yuan"), required=False)

    record: Contribution

    def prepare(self) -> None:
        self.propose(settled_value=queries.book_value(self.record, timezone.localdate()))


class ShareForm(ActionForm):
    """The period before this quarter, and the percent that was agreed, are proposed."""

    starts_on = _day(_("from"))
    ends_on = _day(_("until"))
    revenue = _money(pgettext_lazy("of a resident unit", "income to be shared, in yuan"))
    school_percent = forms.DecimalField(
        label=_("the school's share in percent"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    received_on = _day(_("received by the school on"), required=False)

    record: ResidentUnit

    def prepare(self) -> None:
        first, last = quarter_before(timezone.localdate())
        self.initial.update(starts_on=first, ends_on=last)
        self.propose(school_percent=self.record.school_percent)


class CheckForm(ActionForm):
    done_on = _day(_("done on"))
    checked_by = forms.CharField(label=_("checked by"), max_length=120)
    result = forms.ChoiceField(
        label=pgettext_lazy("of a safety check", "result"),
        choices=[choice for choice in SafetyCheck.Result.choices if choice[0]],
    )
    findings = _text(
        pgettext_lazy("of a safety check", "findings"), help_text=_("Required unless the check is passed.")
    )
    next_due = _day(_("next check due"), required=False)

    record: SafetyCheck

    def prepare(self) -> None:
        self.propose(next_due=timezone.localdate() + timedelta(days=182))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        passed = self.cleaned_data.get("result") == SafetyCheck.Result.PASSED
        if not passed and not self.cleaned_data.get("findings", "").strip():
            self.add_error("findings", _("Say what the check found wrong."))
        return cleaned


class MendForm(ActionForm):
    mended_on = _day(_("mended on"))


class ProofForm(ActionForm):
    proof = forms.CharField(label=pgettext_lazy("of a guide", "proof"), max_length=120)
    proof_number = forms.CharField(label=_("number of the proof"), max_length=60, required=False)
    proven_on = _day(_("proof issued on"))
    valid_until = _day(_("proof valid until"), required=False)


class EndForm(ActionForm):
    ends_on = _day(_("until"))


def _lesson(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=[(n, n) for n in range(1, LAST_PERIOD + 1)], coerce=int)


class BookForm(ActionForm):
    day = _day(_("date"))
    first_period = _lesson(_("first lesson"))
    last_period = _lesson(_("last lesson"))
    function = forms.ChoiceField(label=pgettext_lazy("of a base", "function"), choices=Use.choices)
    purpose = forms.CharField(label=_("purpose"), max_length=160)
    cohort = PickerField(Cohort.objects.none(), label=_("cohort"), required=False)
    major = forms.ModelChoiceField(Major.objects.none(), label=_("major"), required=False)
    people = forms.IntegerField(label=pgettext_lazy("a number", "people"), min_value=0, max_value=1000, required=False)

    def prepare(self) -> None:
        self.choose("cohort", Cohort)
        self.choose("major", Major)
        self.propose(first_period=1, last_period=2)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        first, last = self.cleaned_data.get("first_period"), self.cleaned_data.get("last_period")
        if first and last and last < first:
            self.add_error("last_period", _("The last lesson must not be before the first."))
        self.cleaned_data["people"] = self.cleaned_data.get("people") or 0
        return cleaned


class DaysField(forms.CharField):
    """Days with commas between them; a program may send a list."""

    def prepare_value(self, value: Any) -> Any:
        return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> Any:
        try:
            return [date.fromisoformat(day.strip()) for day in super().to_python(value).split(",") if day.strip()]
        except ValueError as error:
            raise forms.ValidationError(_("Write days like 2026-03-12, with commas between them."), "days") from error


class WeeklyForm(BookForm):
    """A weekday of a term's weeks; terms that are over are not offered."""

    day = None  # type: ignore[assignment]
    term = forms.ModelChoiceField(Term.objects.none(), label=_("term"))
    weekday = forms.TypedChoiceField(
        label=_("weekday"), choices=[(number + 1, name) for number, name in WEEKDAYS.items()], coerce=int
    )
    first_week = forms.IntegerField(label=_("from week"), min_value=1, max_value=40)
    last_week = forms.IntegerField(
        label=_("until week"), min_value=1, max_value=40, required=False, help_text=_("Left empty: to the term's end.")
    )
    rhythm = forms.ChoiceField(label=pgettext_lazy("of weeks", "which weeks"), choices=Rhythm.choices)
    without = DaysField(label=_("without these days"), required=False, widget=forms.HiddenInput)
    field_order = ("term", "weekday", "first_week", "last_week", "rhythm")

    def prepare(self) -> None:
        super().prepare()
        today = timezone.localdate()
        self.choose("term", Term)
        terms = self.fields["term"].queryset.filter(ends_on__gte=today).select_related("year").order_by("starts_on")  # type: ignore[attr-defined]
        self.fields["term"].queryset = terms  # type: ignore[attr-defined]
        self.propose(term=next(iter(queries.terms_from(today, 1)), None), weekday=today.isoweekday(), first_week=1)
        self.propose(rhythm=Rhythm.EVERY)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        first, last = self.cleaned_data.get("first_week"), self.cleaned_data.get("last_week")
        if first and last and last < first:
            self.add_error("last_week", _("The end must not be before the beginning."))
        return cleaned


class CopyPlacesForm(ActionForm):
    term = forms.ModelChoiceField(
        Term.objects.none(),
        label=_("term"),
        help_text=_("The places of the same term a year before are copied into it; they wait to be confirmed."),
    )

    def prepare(self) -> None:
        self.choose("term", Term)
        self.fields["term"].queryset = self.fields["term"].queryset.select_related("year")  # type: ignore[attr-defined]
        ahead = queries.terms_from(timezone.localdate(), 2)
        self.propose(term=ahead[-1] if ahead else None)


class ConfirmPlacesForm(ActionForm):
    places = forms.IntegerField(label=pgettext_lazy("of a base", "places"), min_value=0, max_value=100_000)
    confirmed_by = forms.CharField(label=pgettext_lazy("of places", "confirmed by"), max_length=80)

    record: PlaceCapacity

    def prepare(self) -> None:
        self.propose(places=self.record.places)


class DemandForm(ActionForm):
    students = forms.IntegerField(label=_("students due"), min_value=0, max_value=100_000)
    note = forms.CharField(label=_("note"), max_length=200, required=False)

    record: PracticeDemand

    def prepare(self) -> None:
        self.propose(students=self.record.students, note=self.record.note)


class FollowPlanForm(ActionForm):
    year = forms.ModelChoiceField(AcademicYear.objects.none(), label=_("academic year"))

    def prepare(self) -> None:
        self.choose("year", AcademicYear)


class StatementForm(ActionForm):
    year = forms.IntegerField(label=_("calendar year"), min_value=1990, max_value=2100)

    def prepare(self) -> None:
        today = timezone.localdate()
        self.propose(year=today.year if today.month >= 11 else today.year - 1)


class SendForm(ActionForm):
    """To whom of the firm the statement goes."""

    record: BenefitStatement

    name = forms.CharField(label=_("contact"), max_length=80)
    email = forms.EmailField(label=_("e-mail"), required=False, help_text=_("Left empty: send the link yourself."))
    days = forms.IntegerField(label=_("valid for days"), min_value=1, max_value=60, initial=14)

    def prepare(self) -> None:
        firm = self.record.base.organisation
        contact = firm.contacts.filter(archived_at=None).order_by("pk").first() if firm else None
        if contact is not None:
            self.propose(name=contact.name, email=contact.email)


class OnPaperForm(ActionForm):
    name = forms.CharField(label=_("confirmed for the firm by"), max_length=80)


class GrowForm(ActionForm):
    major = forms.ModelChoiceField(Major.objects.none(), label=_("major"))
    level = forms.ChoiceField(label=pgettext_lazy("of recognition", "level"), choices=Level.choices)
    target_on = _day(_("to be recognised by"), required=False)

    def prepare(self) -> None:
        self.choose("major", Major)
        self.propose(major=getattr(self.record, "primary_major_id", None))


class ExpertsForm(ActionForm):
    experts = _text(
        _("experts"), required=True, help_text=_("One a line: the name, a comma, the organisation. Three at least.")
    )


class ScoreForm(ActionForm):
    score = forms.DecimalField(label=_("score"), min_value=0, max_value=100, max_digits=5, decimal_places=1)
    opinion = _text(pgettext_lazy("of an expert", "opinion"))


class AskExpertForm(ActionForm):
    email = forms.EmailField(label=_("e-mail"), required=False, help_text=_("Left empty: send the link yourself."))
    days = forms.IntegerField(label=_("valid for days"), min_value=1, max_value=60, initial=14)


class PublishForm(ActionForm):
    public_from = _day(_("public from"))
    public_until = _day(_("public until"), required=True)

    def prepare(self) -> None:
        self.initial["public_until"] = timezone.localdate() + timedelta(days=6)


class RecogniseForm(ActionForm):
    recognised_on = _day(_("recognised on"))
    number = forms.CharField(label=_("number of the recognition"), max_length=80)
    plaque = forms.CharField(label=_("number of the plaque"), max_length=60, required=False)


class RecheckForm(ActionForm):
    rechecked_on = _day(_("last checked again on"))
