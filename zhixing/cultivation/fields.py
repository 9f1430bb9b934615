"""Form fields that several actions of cultivation ask with."""

from __future__ import annotations

from typing import Any

from django import forms


def long_text(label: Any, rows: int = 3, required: bool = False, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, help_text=help_text, widget=widget)
