"""Forms made from a sheet: choices only from what the actor may see, large registers by typing a code or a name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Cast, Length
from django.db.models.lookups import GreaterThan, IContains
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.fields import mask
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.sheet import Sheet

# Between the title and the code of a record written in a text box.
SEPARATOR = " · "


def candidates(model: type[models.Model], actor: Actor) -> QuerySet:
    """The records of a type that an actor may point to."""
    rows = model._default_manager.all()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(actor).current()
    return rows


def pickable(key: str) -> type[models.Model]:
    """The model that a picker's address names: a record type or a reference table with a `lookup`; 404 otherwise."""
    label = key.partition(".")[0]
    for model in apps.get_app_config(label).get_models() if label in apps.app_configs else ():
        if type_key(model) == key and getattr(model, "picked", False):
            return model
    raise Http404


def naming_words(record: models.Model) -> str:
    """How a picked record is written in a text box: its title and its code, by which it is found again."""
    code_field = getattr(record, "lookup", ("name",))[0]
    code: Any = record
    for part in code_field.split("__"):
        code = getattr(code, part, None)
    title = str(record)
    return f"{title}{SEPARATOR}{code}" if code and str(code) not in title else title


def find_named(rows: QuerySet, words: str) -> list[models.Model]:
    """Records that a person may mean by `words`: by code, by name, or by what `naming_words` wrote. At most six."""
    words = words.strip()
    # No name holds a zero byte, and the database cannot be asked for one.
    if not words or "\0" in words:
        return []
    title, _sep, code = words.rpartition(SEPARATOR)
    for attempt in filter(None, (code if title else "", words, title)):
        condition = Q()
        for path in getattr(rows.model, "lookup", ("name",)):
            condition |= Q(**{f"{path}__iexact": attempt})
        found = list(rows.filter(condition).distinct()[:6])
        if found:
            return found
    return _titled(rows, words)


def _titled(rows: QuerySet, words: str) -> list[models.Model]:
    """Records whose title `words` is, where it holds their code or name beside other words: “DD-2026-01-001 Agreement”."""
    within = Q()
    for path in getattr(rows.model, "lookup", ("name",)):
        code = Cast(F(path), models.TextField())
        # An empty code stands in every text.
        within |= Q(IContains(Value(words), code)) & Q(GreaterThan(Length(code), 0))
    needs = getattr(rows.model, "title_needs", ())
    near = rows.select_related(*needs) if needs else rows
    return [record for record in near.filter(within).distinct()[:200] if str(record).casefold() == words.casefold()][:6]


class _Suggesting:
    """Tells a widget's template where suggestions for its `model` come from."""

    model: type[models.Model]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)  # type: ignore[misc]
        domain, type_name = type_key(self.model).split(".")
        context["widget"]["pick_url"] = reverse("pick", kwargs={"domain": domain, "name": type_name})
        return context


class PickerWidget(_Suggesting, forms.TextInput):
    """A text box with suggestions from the server; without JavaScript a typed code or name does."""

    template_name = "kernel/widgets/picker.html"

    def __init__(self, model: type[models.Model]):
        super().__init__(attrs={"autocomplete": "off"})
        self.model = model


class PickerField(forms.ModelChoiceField):
    """A relation to a large register: accepts a code, a name, or the suggestion taken."""

    widget = forms.TextInput

    def __init__(self, queryset: QuerySet, **kwargs: Any):
        kwargs.pop("widget", None)
        super().__init__(queryset, widget=PickerWidget(queryset.model), **kwargs)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        found = find_named(self.queryset, str(value))
        if len(found) == 1:
            return found[0]
        label = self.queryset.model._meta.verbose_name
        if not found:
            raise ValidationError(
                _("No %(type)s is called “%(value)s”. Type a code or a full name."),
                code="unknown",
                params={"type": label, "value": value},
            )
        names = "；".join(naming_words(item) for item in found)
        raise ValidationError(
            _("“%(value)s” fits several: %(names)s. Type the code."),
            code="ambiguous",
            params={"value": value, "names": names},
        )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, models.Model):
            return naming_words(value)
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal() and len(value) < 7):
            record = self.queryset.model._default_manager.filter(pk=value).first()
            return naming_words(record) if record else value
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != data


class PickerManyWidget(_Suggesting, forms.Textarea):
    template_name = "kernel/widgets/picker_many.html"

    def __init__(self, model: type[models.Model]):
        super().__init__(attrs={"rows": 3})
        self.model = model


class PickerManyField(forms.ModelMultipleChoiceField):
    """Relations to a large register: one code or name a line."""

    def __init__(self, queryset: QuerySet, **kwargs: Any):
        kwargs.pop("widget", None)
        super().__init__(queryset, widget=PickerManyWidget(queryset.model), **kwargs)
        self._one = PickerField(queryset, required=False)

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in str(value or "").replace("；", "\n").splitlines() if line.strip()]
        if self.required and not lines:
            raise ValidationError(self.error_messages["required"], code="required")
        keys = {self._one.to_python(line).pk for line in lines}
        return self.queryset.model._default_manager.filter(pk__in=keys)

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        records = [item for item in value if isinstance(item, models.Model)]
        keys = [item for item in value if not isinstance(item, models.Model)]
        records += list(self.queryset.model._default_manager.filter(pk__in=keys))
        return "\n".join(naming_words(item) for item in records)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != (data or "")


def day_field(label: Any, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A day, picked or typed."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


class ActionForm(forms.Form):
    """What an act asks about one record, of one actor."""

    def __init__(self, *args: Any, record: models.Model, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.record: Any = record
        self.actor = actor
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and what is already known; what the address proposes stays."""

    def rows(self) -> list[dict[str, Any]]:
        """Fields that belong together, such as what is asked of each party: `label`, `note` and `fields` of each row."""
        return []

    def others(self) -> list[forms.BoundField]:
        """The fields that stand in no row."""
        placed = {field.name for row in self.rows() for field in row["fields"]}
        return [field for field in self if field.name not in placed]

    def propose(self, **values: Any) -> None:
        """Fill fields that the address has not filled."""
        self.initial.update({name: value for name, value in values.items() if name not in self.initial})


class SheetForm(forms.ModelForm):
    """The edit form of a record: knows who edits, and refuses to overwrite what somebody else saved meanwhile."""

    seen_version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sheet: Sheet, actor: Actor, **kwargs: Any):
        self.sheet, self.actor = sheet, actor
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.updated_at.isoformat()
        # Personal data stands masked in the form; sent back masked, it stays what it was.
        masked = (
            [name for name in self.fields if getattr(sheet.fields.get(name), "masked", False)]
            if self.instance.pk
            else []
        )
        self._hidden = {name: self.initial[name] for name in masked if self.initial.get(name)}
        self.initial.update({name: mask(value) for name, value in self._hidden.items()})

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, value in self._hidden.items():
            if self.cleaned_data.get(name) == mask(value):
                self.cleaned_data[name] = value
        seen = self.cleaned_data.get("seen_version")
        if self.instance.pk and seen:
            now = type(self.instance)._base_manager.values_list("updated_at", flat=True).get(pk=self.instance.pk)
            if now.isoformat() != seen:
                raise ValidationError(
                    _(
                        "Somebody else changed this record while you were editing. Open it again in another window, compare, and save once more."
                    ),
                    code="stale",
                )
        return cleaned

    def groups(self) -> list[dict[str, Any]]:
        """The fields under their headings."""
        shown = self.sheet.groups or ((self.sheet.label, self.sheet.form_fields),)
        groups = [
            {"label": label, "fields": [self[name] for name in names if name in self.fields]} for label, names in shown
        ]
        return [group for group in groups if group["fields"]]


def _within_reach(sheet: Sheet, field: models.Field, actor: Actor, rows: QuerySet) -> QuerySet:
    """Offer only units, or records of units, that the new row may belong to."""
    reach = actor.reach(sheet.model, "add") | actor.reach(sheet.model, "change")
    if reach.everything or reach.own or not reach.units:
        return rows
    for path in sheet.model.scope.units:
        first, _sep, rest = path.partition("__")
        if first == field.name:
            return rows.filter(**{f"{rest or 'pk'}__in": reach.units})
    return rows


def form_field(sheet: Sheet, field: models.Field, actor: Actor, **kwargs: Any) -> forms.Field | None:
    if isinstance(field, (models.ForeignKey, models.ManyToManyField)):
        target: type[models.Model] = field.related_model  # type: ignore[assignment]
        rows = _within_reach(sheet, field, actor, candidates(target, actor))
        many = isinstance(field, models.ManyToManyField)
        common = {"required": not field.blank, "label": field.verbose_name, "help_text": field.help_text}
        if getattr(target, "picked", False):
            return PickerManyField(rows, **common) if many else PickerField(rows, **common)
        return forms.ModelMultipleChoiceField(rows, **common) if many else forms.ModelChoiceField(rows, **common)
    if isinstance(field, ArrayField) and field.base_field.choices:
        return forms.TypedMultipleChoiceField(
            choices=field.base_field.choices,
            coerce=field.base_field.to_python,
            label=field.verbose_name,
            required=not field.blank,
            widget=forms.CheckboxSelectMultiple,
            help_text=field.help_text,
        )
    made = field.formfield(**kwargs)
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField) and made is not None:
        made.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    if isinstance(field, models.TextField) and made is not None and not getattr(field, "masked", False):
        made.widget.attrs["rows"] = 3
    if getattr(field, "masked", False) and made is not None:
        made.widget = forms.TextInput(attrs={"autocomplete": "off"})
    return made


def form_class(sheet: Sheet, actor: Actor) -> type[SheetForm]:
    return forms.modelform_factory(
        sheet.model,
        form=sheet.form_base or SheetForm,
        fields=list(sheet.form_fields),
        formfield_callback=lambda field, **kwargs: form_field(sheet, field, actor, **kwargs),
    )


def comment_field(required: bool) -> forms.Field:
    """The reason for a step."""
    return forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), required=required)
