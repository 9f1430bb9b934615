"""What must be asked before an action of governance; built with the record and the actor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.governance import minutes as reading
from zhixing.governance.models import Committee, Meeting, Resolution, Seat, Task, TaskAppraisal, TaskBook
from zhixing.kernel.forms import ActionForm, PickerField, candidates, day_field, find_named
from zhixing.org.models import Person, Unit


def _long(label: Any, rows: int = 4, required: bool = False, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, help_text=help_text, widget=forms.Textarea(attrs={"rows": rows})
    )


class HoldMeetingForm(ActionForm):
    held_on = day_field(_("date"))
    minutes = _long(_("minutes"), rows=12, required=True)
    attendees = forms.ModelMultipleChoiceField(
        Seat.objects.none(), label=_("attendance"), required=False, widget=forms.CheckboxSelectMultiple
    )

    record: Meeting

    def prepare(self) -> None:
        day = min(self.record.held_on, timezone.localdate())
        self.initial.update(held_on=day, minutes=self.record.minutes)
        held = Q(ends_on=None) | Q(ends_on__gte=day)
        seats = self.record.committee.seats.filter(held, starts_on__lte=day, archived_at=None)
        self.fields["attendees"].queryset = seats.visible_to(self.actor).select_related("person", "organisation")  # type: ignore[attr-defined]


class DecisionsForm(ActionForm):
    lines = _long(
        _("decisions"),
        rows=10,
        required=True,
        help_text=_(
            "One decision a line. To make a task of it at once, add owner and day: "
            "“Visit ten firms；责任人：name or staff number；完成时限：2026-06-30；成果：report”."
        ),
    )

    record: Meeting

    def prepare(self) -> None:
        self.initial["lines"] = "\n".join(reading.proposed(self.record.minutes))

    def clean_lines(self) -> list[reading.Line]:
        people = candidates(Person, self.actor).select_related("unit")
        read, faults = [], []
        for line in filter(None, (line.strip() for line in self.cleaned_data["lines"].splitlines())):
            try:
                read.append(reading.read_line(line, lambda words: find_named(people, words)))
            except ValueError as fault:
                faults.append(str(fault))
        if faults:
            raise ValidationError(faults)
        return read


class AssignForm(ActionForm):
    title = forms.CharField(label=_("title"), max_length=200)
    owner = PickerField(Person.objects.none(), label=_("owner"))
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("unit"), required=False, help_text=_("Left empty: the owner's unit.")
    )
    starts_on = day_field(_("start"))
    due = day_field(_("due"))
    deliverable = forms.CharField(label=_("deliverable"), max_length=200, required=False)
    appraisal_method = forms.CharField(label=_("how it is appraised"), max_length=200, required=False)
    book = forms.ModelChoiceField(
        TaskBook.objects.none(),
        label=_("task book"),
        required=False,
        help_text=_("Only a task book that is still a draft takes new tasks."),
    )

    record: Resolution

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        fields["owner"].queryset = candidates(Person, self.actor).select_related("unit")
        fields["unit"].queryset = candidates(Unit, self.actor)
        books = candidates(TaskBook, self.actor).select_related("committee", "year")
        fields["book"].queryset = books.filter(committee=self.record.meeting.committee_id, status=TaskBook.Status.DRAFT)
        self.initial.update(title=self.record.text[:200], starts_on=timezone.localdate())

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        start, due = self.cleaned_data.get("starts_on"), self.cleaned_data.get("due")
        if start and due and due < start:
            self.add_error("due", _("The end must not be before the beginning."))
        return cleaned


class FinishTaskForm(ActionForm):
    done_on = day_field(_("done on"))

    def prepare(self) -> None:
        self.initial["done_on"] = timezone.localdate()


class ProgressForm(ActionForm):
    progress = forms.IntegerField(label=_("progress in percent"), min_value=0, max_value=99)

    record: Task

    def prepare(self) -> None:
        self.initial["progress"] = self.record.progress


class AppraiseForm(ActionForm):
    appraised_on = day_field(_("appraised on"))
    grade = forms.ChoiceField(label=_("grade"), choices=TaskAppraisal.Grade.choices)
    score = forms.DecimalField(label=_("score"), min_value=0, max_value=100, max_digits=5, decimal_places=1)
    comment = _long(_("comment"))

    def prepare(self) -> None:
        self.initial["appraised_on"] = timezone.localdate()


class EndSeatForm(ActionForm):
    ends_on = day_field(_("until"), help_text=_("The last day on which the seat counts."))

    def prepare(self) -> None:
        self.initial["ends_on"] = timezone.localdate()


class RenewForm(ActionForm):
    starts_on = day_field(_("term from"))
    ends_on = day_field(_("term until"))

    record: Committee

    def prepare(self) -> None:
        old = self.record
        start = old.ends_on + timedelta(days=1)
        self.initial.update(starts_on=start, ends_on=start + (old.ends_on - old.starts_on))
