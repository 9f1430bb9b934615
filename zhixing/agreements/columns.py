"""What agreements say and their named fields as columns of a register: those of all kinds, which are the college's data."""

from __future__ import annotations

from time import monotonic
from typing import Any

from django.core.validators import RegexValidator
from django.db.models import BooleanField, CharField, DateField, Field, Model, TextField
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from zhixing.agreements.checks import in_language
from zhixing.agreements.models import Agreement, AgreementKind

_NUMBER = RegexValidator(r"^\d+(\.\d+)?$", _("Write a number here."))
# So long they are remembered, and no longer than until a kind is changed here; another process learns of it then.
_SECONDS = 60


def _part(path: str, spec: dict[str, Any]) -> Field:
    """A content or named field of some kind as a column: numbers and days are kept as they were written."""
    name: Any = lazy(in_language, str)(spec["name"])
    match spec.get("type"):
        case None:
            field: Field = TextField(name, blank=True)
        case "bool":
            field = BooleanField(name, null=True, blank=True)
        case "date":
            field = DateField(name, null=True, blank=True)
        case "number":
            field = CharField(name, max_length=30, blank=True, validators=[_NUMBER])
        case _:
            field = CharField(name, max_length=200, blank=True)
    field.set_attributes_from_name(path)
    field.model = Agreement
    return field


class Parts:
    """The columns by path, `contents__goals` and `details__places`, as the kinds have them."""

    def __init__(self) -> None:
        self.asked_at, self.known = 0.0, dict[str, Field]()

    def forget(self, model: type[Model], keys: set[int]) -> None:
        """A kind was changed: its columns are asked anew."""
        if model is AgreementKind:
            self.known = {}

    def of_today(self) -> dict[str, Field]:
        """Each content and named field once, in the order of the kinds; two that are called alike show their codes."""
        if self.known and monotonic() - self.asked_at < _SECONDS:
            return self.known
        rows = AgreementKind.objects.filter(archived_at=None).order_by("order", "code")
        specs: dict[str, dict[str, Any]] = {}
        for contents, details in rows.values_list("contents", "details"):
            for spec in contents:
                specs.setdefault(f"contents__{spec['code']}", spec)
            for spec in details:
                specs.setdefault(f"details__{spec['code']}", spec)
        taken = {str(field.verbose_name) for field in Agreement._meta.concrete_fields}
        known: dict[str, Field] = {}
        for path, spec in specs.items():
            name = spec["name"]
            if in_language(name) in taken:
                name = {language: f"{words} ({spec['code']})" for language, words in name.items()}
            taken.add(in_language(name))
            known[path] = _part(path, {**spec, "name": name})
        self.asked_at, self.known = monotonic(), known
        return known


parts = Parts()
