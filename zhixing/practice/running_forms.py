"""What must be asked before an action while a placement runs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.forms import ActionForm, candidates, day_field
from zhixing.practice.placements import Placement
from zhixing.practice.posts import Post, offered_to
from zhixing.practice.running import SignalKind, Visit
from zhixing.practice.running_cases import Incident, Leave, PlacementChange, Severity
from zhixing.practice.running_results import Evaluation

# The signals that somebody of the school holds in hand; the others come by themselves.
HELD = (SignalKind.PAY, SignalKind.WORK, SignalKind.CALL)


def words(label: Any, rows: int = 3, required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=2000, widget=forms.Textarea(attrs={"rows": rows}))


class LeaveForm(ActionForm):
    kind = forms.ChoiceField(label=_("kind"), choices=Leave.Kind.choices)
    starts_on = day_field(_("from"))
    ends_on = day_field(_("until"))
    reason = forms.CharField(label=_("reason"), max_length=300)

    def prepare(self) -> None:
        self.propose(starts_on=timezone.localdate(), ends_on=timezone.localdate())


class ChangeForm(ActionForm):
    kind = forms.ChoiceField(label=_("kind"), choices=PlacementChange.Kind.choices)
    from_on = day_field(_("from"))
    new_post = forms.ModelChoiceField(
        Post.objects.none(),
        label=_("new post"),
        required=False,
        help_text=_("For a move; left empty for an early end."),
    )
    reason = words(_("reason"))

    record: Placement

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        of_plan = Post.objects.filter(offered_to([self.record.plan_id]), status=Post.Status.APPROVED, archived_at=None)
        # Whoever may see no register of posts still names one of the plan's.
        posts = candidates(Post, self.actor).filter(pk__in=of_plan.order_by().values("pk"))
        if not self.actor.can(Post, "change"):
            posts = of_plan
        fields["new_post"].queryset = (
            posts.exclude(pk=self.record.post_id).select_related("organisation").order_by("code")
        )
        self.propose(from_on=timezone.localdate())

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("kind") == PlacementChange.Kind.MOVE and not self.cleaned_data.get("new_post"):
            self.add_error("new_post", _("Name the new post."))
        return cleaned


class IncidentForm(ActionForm):
    kind = forms.ChoiceField(label=_("kind"), choices=Incident.Kind.choices)
    severity = forms.ChoiceField(
        label=_("gravity"),
        choices=Severity.choices,
        help_text=_(
            "Light: first aid. Serious: a doctor, or somebody out of contact. Grave: danger to life, or several hurt."
        ),
    )
    happened_at = forms.DateTimeField(
        label=_("happened at"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    place = forms.CharField(label=pgettext_lazy("spot", "place"), max_length=120, required=False)
    text = words(_("what happened"), rows=4)

    def prepare(self) -> None:
        self.propose(happened_at=timezone.localtime())


class TellForm(ActionForm):
    how = forms.CharField(
        label=_("told how"), max_length=160, help_text=_("For instance: by telephone to Ms Chen, 09:20.")
    )


class WorsenForm(ActionForm):
    severity = forms.ChoiceField(label=_("gravity"), choices=Severity.choices)

    record: Incident

    def prepare(self) -> None:
        self.propose(severity=self.record.severity)


class AnswerForm(ActionForm):
    answer = words(pgettext_lazy("complaint", "answer"), rows=5)


class VisitForm(ActionForm):
    mode = forms.ChoiceField(label=_("how"), choices=Visit.Mode.choices)
    minutes = forms.IntegerField(
        label=pgettext_lazy("duration", "minutes"), min_value=1, max_value=1440, required=False
    )
    findings = words(pgettext_lazy("visit", "what was found"), rows=4)
    problems = words(_("problems"), required=False)
    follow_up = forms.CharField(label=_("what follows"), max_length=300, required=False)
    follow_up_due = day_field(_("to be done by"), required=False)

    record: Visit

    def prepare(self) -> None:
        self.propose(mode=self.record.mode, minutes=self.record.minutes)


class SignalForm(ActionForm):
    kind = forms.ChoiceField(label=_("kind"), choices=[(kind.value, kind.label) for kind in HELD])
    day = day_field(_("day"))
    confirms = forms.BooleanField(label=_("speaks for it"), required=False, initial=True)
    note = forms.CharField(label=_("note"), max_length=300, required=False)

    def prepare(self) -> None:
        self.propose(day=timezone.localdate())


class EvaluateForm(ActionForm):
    """The supervisor's word: a mark for each of the four things that students learn at a firm (D-42)."""

    text = words(_("in words"), required=False)

    def prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        said = fields.pop("text")
        for name in Evaluation.SCALES:
            label = Evaluation._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            fields[name] = forms.IntegerField(label=label, min_value=0, max_value=100)
        fields["text"] = said


class EditGradeForm(ActionForm):
    score = forms.DecimalField(label=_("score"), min_value=0, max_value=100, max_digits=4, decimal_places=1)
    score_reason = forms.CharField(label=_("why the score differs"), max_length=300)

    record: Placement

    def prepare(self) -> None:
        from zhixing.practice.running_grades import compute

        self.propose(score=compute([self.record])[self.record.pk].score)


class LinkForm(ActionForm):
    name = forms.CharField(label=pgettext_lazy("of a person", "name"), max_length=80)
    days = forms.IntegerField(label=_("valid for days"), min_value=1, max_value=366, initial=180)

    record: Placement

    def prepare(self) -> None:
        self.propose(days=180)


class MentorLinkForm(LinkForm):
    def prepare(self) -> None:
        self.propose(name=self.record.mentor.name if self.record.mentor else "", days=180)


class EvaluationLinkForm(LinkForm):
    """For whoever has neither account nor mentor's link: one side's word, once."""

    def prepare(self) -> None:
        sides = [(side.value, side.label) for side in (Evaluation.Side.FIRM, Evaluation.Side.STUDENT)]
        rest = dict(self.fields)
        self.fields.clear()
        self.fields["side"] = forms.ChoiceField(label=_("side"), choices=sides)
        self.fields.update(rest)
        self.propose(name=self.record.mentor.name if self.record.mentor else "", days=30)


class GuardianLinkForm(LinkForm):
    def prepare(self) -> None:
        self.propose(name=self.record.student.guardian_name, days=180)
