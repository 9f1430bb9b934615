"""What must be said before a red line is let pass, and with which answer of the authority several are filed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.forms import candidates, day_field
from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor
from zhixing.practice.models import Filing, Finding


class LetPassForm(forms.Form):
    """Reason, filing and end of an override."""

    reason = forms.CharField(
        label=_("reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Inspectors read it.")
    )
    filing = forms.ModelChoiceField(
        Filing.objects.none(),
        label=_("filing"),
        required=False,
        help_text=_("Needed where the rule asks for a filing."),
    )
    ends_on = day_field(_("until"))
    whole_post = forms.BooleanField(label=_("for all students of this post"), required=False)

    def __init__(self, *args: Any, record: Record, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        finding = record if isinstance(record, Finding) else None
        rows = candidates(Filing, actor).order_by("-filed_on", "-pk")
        if finding is not None and finding.post is not None:
            fields["filing"].queryset = rows.filter(organisation=finding.post.organisation_id)
            self.initial.setdefault("ends_on", finding.plan.ends_on)
        if finding is None or finding.placement_id is None:
            del fields["whole_post"]


class BatchFilingForm(forms.Form):
    """The authority's answer that stands for several units at once."""

    number = forms.CharField(label=_("filing number"), max_length=70)
    authority = forms.CharField(label=_("filed with"), max_length=120)
    filed_on = day_field(_("filed on"))
    reason = forms.CharField(label=_("reason"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("filed_on", timezone.localdate())
