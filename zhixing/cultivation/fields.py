"""Form fields that several actions of cultivation ask with, and the form about one record for one actor."""

from __future__ import annotations

from typing import Any

from django import forms

from zhixing.kernel.models import Record
from zhixing.kernel.scope import Actor


def day(label: Any, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


def long_text(label: Any, rows: int = 3, required: bool = False, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, help_text=help_text, widget=widget)


class ActionForm(forms.Form):
    """A form about one record, for one actor."""

    def __init__(self, *args: Any, record: Record, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.record, self.actor = record, actor
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and what is already known."""

    def propose(self, **values: Any) -> None:
        """Fill fields that the address has not filled."""
        self.initial.update({name: value for name, value in values.items() if name not in self.initial})
