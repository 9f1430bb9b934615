"""What must be asked before an action on an order class, its roster and its hires."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.cultivation import queries
from zhixing.cultivation.fields import long_text
from zhixing.cultivation.models import FollowUp, Hire, OrderClass, RosterEntry
from zhixing.kernel.forms import ActionForm, PickerField, candidates, day_field
from zhixing.partners.models import Organisation


class MatchForm(ActionForm):
    """Says which classes go together before it is done."""

    record: OrderClass

    sure = forms.BooleanField(label=_("Match now and write the roster"))

    def prepare(self) -> None:
        others = OrderClass.objects.filter(pk__in=queries.joint_classes(self.record)).exclude(pk=self.record.pk)
        names = "、".join(others.order_by("code").values_list("name", flat=True))
        if names:
            self.fields["sure"].help_text = _("Matched in one go, since they share applicants: %(names)s.") % {
                "names": names
            }

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        # Asked of people only: the act itself takes no such word.
        self.cleaned_data.pop("sure", None)
        return self.cleaned_data


class RankForm(ActionForm):
    """The firm's ranking as it came on paper or by word of mouth: a place for each applicant; left empty: not wanted."""

    record: OrderClass

    ranked_by = forms.CharField(
        label=_("ranked by"),
        max_length=80,
        help_text=_("Below, give each applicant a place, 1 being the most wanted; left empty: not wanted."),
    )

    def prepare(self) -> None:
        self.waiting = list(queries.waiting(self.record))
        for row in self.waiting:
            kept = getattr(row, "firm_rank", None)
            self.fields[f"place_{row.pk}"] = forms.IntegerField(
                label=f"{row.student.name} {row.student.number}",
                min_value=1,
                required=False,
                initial=kept.rank if kept else None,
                help_text="、".join(choice.post.name for choice in row.choices.all()),
            )

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        places = {row.pk: self.cleaned_data.pop(f"place_{row.pk}", None) for row in self.waiting}
        wanted = sorted((pk for pk in places if places[pk]), key=lambda pk: places[pk] or 0)
        if len({places[pk] for pk in wanted}) != len(wanted):
            raise forms.ValidationError(_("Two applicants cannot share a place."))
        self.cleaned_data["ranking"] = wanted
        self.cleaned_data["declined"] = [pk for pk in places if not places[pk]]
        return self.cleaned_data


class FinishForm(ActionForm):
    ends_on = day_field(_("last day"))

    record: OrderClass

    def prepare(self) -> None:
        self.propose(ends_on=min(self.record.ends_on, timezone.localdate()))


class LeaveForm(ActionForm):
    left_on = day_field(_("left on"))
    reason = forms.CharField(label=_("reason for leaving"), max_length=200)

    def prepare(self) -> None:
        self.propose(left_on=timezone.localdate())


class HireForm(ActionForm):
    organisation = PickerField(Organisation.objects.none(), label=_("hired by"))
    position = forms.CharField(label=_("position"), max_length=80)
    hired_on = day_field(_("hired on"))
    wage = forms.DecimalField(
        label=_("monthly wage in yuan"), required=False, min_value=0, max_digits=12, decimal_places=2
    )

    record: RosterEntry

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        fields["organisation"].queryset = candidates(Organisation, self.actor)
        post = self.record.post
        self.propose(
            organisation=self.record.order_class.organisation,
            position=post.name if post else "",
            wage=post.wage if post else None,
            hired_on=timezone.localdate(),
        )


class FollowUpForm(ActionForm):
    month = forms.TypedChoiceField(
        label=pgettext_lazy("of a follow-up", "when"), choices=FollowUp.Month.choices, coerce=int
    )
    done_on = day_field(_("asked on"))
    still_there = forms.BooleanField(label=_("still there"), required=False)
    fit = forms.IntegerField(label=_("fit for the post, 1 to 5"), min_value=1, max_value=5, required=False)
    satisfaction = forms.IntegerField(label=_("firm's satisfaction, 1 to 5"), min_value=1, max_value=5, required=False)
    note = long_text(_("note"))

    record: Hire

    def prepare(self) -> None:
        made = set(self.record.follow_ups.values_list("month", flat=True))
        waiting = [month for month in FollowUp.Month.values if month not in made]
        self.propose(month=waiting[0] if waiting else None, done_on=timezone.localdate(), still_there=True)


class ChoicesForm(forms.Form):
    """The student's choices: up to five posts of classes that are open to them, and a few words."""

    NUMBER = 5
    ORDINALS = (_("First choice"), _("Second choice"), _("Third choice"), _("Fourth choice"), _("Fifth choice"))

    def __init__(self, *args: Any, classes: list[OrderClass], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.posts = {post.pk: post for row in classes for post in row.order_posts.all() if post.archived_at is None}
        groups = [
            (row.name, [(pk, post.name) for pk, post in self.posts.items() if post.order_class_id == row.pk])
            for row in classes
        ]
        self.places = min(self.NUMBER, len(self.posts))
        for place in range(self.places):
            self.fields[f"choice{place + 1}"] = forms.TypedChoiceField(
                label=self.ORDINALS[place],
                choices=[("", _("— none —")), *groups],
                coerce=int,
                required=place == 0,
                empty_value=None,
            )
        self.fields["statement"] = forms.CharField(
            label=_("What speaks for you"),
            widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
            max_length=500,
            required=False,
        )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        chosen = [self.cleaned_data.get(f"choice{place + 1}") for place in range(self.places)]
        self.chosen = [self.posts[pk] for pk in chosen if pk is not None]
        for place, pk in enumerate(chosen):
            if pk is not None and pk in chosen[:place]:
                self.add_error(f"choice{place + 1}", _("Choose each post once."))
        return cleaned


class AskForm(forms.Form):
    """To whom of the firm a link goes."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("organisation"))
    name = forms.CharField(label=_("contact"), max_length=80)
    email = forms.EmailField(label=_("e-mail"), required=False, help_text=_("Left empty: send the link yourself."))
    days = forms.IntegerField(label=_("valid for days"), min_value=1, max_value=60, initial=14)

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["organisation"].queryset = organisations
        fields["organisation"].empty_label = None
