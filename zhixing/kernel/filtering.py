"""Filters of a list, all in the address: choices, relations, dates, numbers, search over names and codes, order, columns."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.forms import PickerField, candidates
from zhixing.kernel.scope import Actor, is_many
from zhixing.kernel.sheet import Sheet, resolve
from zhixing.kernel.typed import whole


def _filter_for(sheet: Sheet, path: str, actor: Actor) -> dict[str, django_filters.Filter]:
    if path in sheet.computed:
        return {path: _CountedFilter(expression=sheet.computed[path].expression, label=sheet.computed[path].label)}
    field = resolve(sheet.model, path)
    if field is None:
        raise FieldDoesNotExist(f"{sheet.key}: no filter path {path}")
    label = field.verbose_name
    if field.choices:
        return {path: _ChoicesFilter(field_name=path, choices=field.choices, label=label)}
    if field.is_relation:
        rows = candidates(field.related_model, actor)  # type: ignore[arg-type]
        if getattr(field.related_model, "picked", False):
            return {path: _PickedFilter(field_name=path, queryset=rows, label=label)}
        return {path: _RecordsFilter(field_name=path, queryset=rows, label=label)}
    if isinstance(field, models.DateField):
        widget = forms.DateInput(attrs={"type": "date"})
        return {
            f"{path}_from": django_filters.DateFilter(
                field_name=path, lookup_expr="gte", label=_("%(field)s from") % {"field": label}, widget=widget
            ),
            f"{path}_to": django_filters.DateFilter(
                field_name=path, lookup_expr="lte", label=_("%(field)s to") % {"field": label}, widget=widget
            ),
        }
    if isinstance(field, models.BooleanField):
        return {path: django_filters.BooleanFilter(field_name=path, label=label)}
    if isinstance(field, (models.IntegerField, models.DecimalField)):
        return {
            f"{path}_from": django_filters.NumberFilter(
                field_name=path, lookup_expr="gte", label=_("%(field)s from") % {"field": label}
            ),
            f"{path}_to": django_filters.NumberFilter(
                field_name=path, lookup_expr="lte", label=_("%(field)s to") % {"field": label}
            ),
        }
    return {path: django_filters.CharFilter(field_name=path, lookup_expr="icontains", label=label)}


def _any_of(rows: QuerySet, path: str, wanted: list[Any]) -> QuerySet:
    """Rows of which `path` is one of these. Never by DISTINCT, which would sort every column of every row."""
    match = Q(**{f"{path}__in": wanted})
    if is_many(rows.model, path):
        match = Q(pk__in=rows.model._base_manager.filter(match).order_by().values("pk"))
    return rows.filter(match)


class _ChoicesFilter(django_filters.MultipleChoiceFilter):
    """Any of the chosen values."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return _any_of(qs, self.field_name, value) if value else qs


class _CountedFilter(django_filters.BooleanFilter):
    """Yes or no of a computed column."""

    def __init__(self, *args: Any, expression: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.expression = expression

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs if value is None else qs.alias(_marked=self.expression).filter(_marked=value)


class _RecordsFilter(django_filters.ModelMultipleChoiceFilter):
    """Any of the chosen records."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return _any_of(qs, self.field_name, list(value)) if value else qs


class _IdOrName(PickerField):
    """An id from a link, or a typed code or name."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and (key := whole(value)) is not None:
            record = self.queryset.filter(pk=key).first()
            if record is not None:
                return record
        return super().to_python(value)


class _PickedFilter(django_filters.ModelChoiceFilter):
    """A relation to a large register."""

    field_class = _IdOrName


def filter_class(sheet: Sheet, actor: Actor, asked: Container[str] | None = None) -> type[django_filters.FilterSet]:
    """The filters of a list: all of them, or only those whose names are among `asked`."""
    filters: dict[str, django_filters.Filter] = {}
    for path in sheet.filters:
        if asked is None or path in asked or f"{path}_from" in asked or f"{path}_to" in asked:
            filters.update(_filter_for(sheet, path, actor))
    meta = type("Meta", (), {"model": sheet.model, "fields": []})
    return type("SheetFilter", (django_filters.FilterSet,), {**filters, "Meta": meta})


def search(rows: QuerySet, fields: tuple[str, ...], words: str) -> QuerySet:
    """Rows in which every word occurs in one of `fields`; fragments of two Chinese characters find too."""
    for word in words.split()[:6]:
        condition = Q()
        many = False
        for path in fields:
            condition |= Q(**{f"{path}__icontains": word})
            first = rows.model._meta.get_field(path.split("__")[0])
            many |= bool(first.one_to_many or first.many_to_many)
        if many:
            condition = Q(pk__in=rows.model._base_manager.filter(condition).order_by().values("pk"))
        rows = rows.filter(condition)
    return rows


@dataclass
class Listing:
    """The rows of a list as its address asks for them; the same object serves page, export and API, so that they agree."""

    sheet: Sheet
    actor: Actor
    query: QueryDict
    capability: str = "view"

    def __post_init__(self) -> None:
        base = self.sheet.rows(self.actor, self.capability)
        base = base.exclude(archived_at=None) if self.query.get("archived") else base.filter(archived_at=None)
        # Most lists are opened with few filters or none: the others are made only to draw their panel.
        asked = None if "filters" in self.query else self.query
        self.filterset = filter_class(self.sheet, self.actor, asked)(self.query, queryset=base)
        self.is_valid = self.filterset.is_valid()
        rows = self.filterset.qs
        self.words = self.query.get("q", "").strip()
        if self.words:
            rows = search(rows, self.sheet.search_fields, self.words)
        # What the tabs count: everything but the tab itself.
        self.before_tab = rows
        self.tab = self.query.get("tab", "")
        self.rows = rows.filter(**{self.sheet.tabs: self.tab}) if self.sheet.tabs and self.tab else rows

    def marked(self) -> dict[str, int]:
        """How many of the rows carry each of the type's marks, whatever tab is open; one query."""
        computed = self.sheet.computed
        numbers = {name: Count("pk", filter=Q(computed[name].expression)) for name in self.sheet.marks}
        return self.before_tab.order_by().aggregate(**numbers) if numbers else {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns on screen, as chosen in the address."""
        asked = [
            name for part in self.query.getlist("columns") for name in part.split(",") if self.sheet.has_column(name)
        ]
        return tuple(asked) or self.sheet.columns

    @property
    def order(self) -> tuple[str, ...]:
        """The order asked for, always ended by the key so that pages never overlap."""
        asked = []
        for name in self.query.get("sort", "").split(","):
            path = name.removeprefix("-")
            if path in self.sheet.computed or (
                path and resolve(self.sheet.model, path) is not None and path in self.sheet.all_columns
            ):
                field = self.sheet.field(path)
                if field is None or not field.many_to_many:
                    asked.append(name)
        default = tuple(self.sheet.model._meta.ordering or ())
        chosen = tuple(asked) or default
        return chosen if {"pk", "-pk", "id", "-id"} & set(chosen) else (*chosen, "pk")

    def fetch(self) -> QuerySet:
        """The rows with all that the columns show, in order: one query, with one more for each column of many."""
        return self.sheet.with_columns(self.rows, (*self.columns, *self._counted_order)).order_by(*self.order)

    def page(self, start: int, stop: int) -> QuerySet:
        """The same rows from `start` to before `stop`, in one query that finds them first and joins and counts for them alone."""
        keys = self.sheet.with_columns(self.rows, self._counted_order).order_by(*self.order).values("pk")[start:stop]
        rows = self.sheet.with_columns(
            self.rows.model._base_manager.filter(pk__in=keys), (*self.columns, *self._counted_order)
        )
        return rows.order_by(*self.order)

    def bare(self, *paths: str) -> QuerySet:
        """The same rows, in order, as tuples of the key and the bare values of these columns: relations as keys, choices as codes."""
        counted = {
            name: self.sheet.computed[name].expression
            for name in (*paths, *self._counted_order)
            if name in self.sheet.computed
        }
        return self.rows.annotate(**counted).order_by(*self.order).values_list("pk", *paths)

    @property
    def _counted_order(self) -> tuple[str, ...]:
        """Computed columns that the rows are sorted by."""
        return tuple(name.lstrip("-") for name in self.order if name.lstrip("-") in self.sheet.computed)

    def address(self, **changes: Any) -> str:
        """This list's query string with some keys replaced, or removed with None."""
        return address(self.query, **changes)


def address(query: QueryDict, **changes: Any) -> str:
    kept = query.copy()
    for key, value in changes.items():
        if value in (None, ""):
            kept.pop(key, None)
        else:
            kept[key] = value
    pairs = [(key, value) for key, values in kept.lists() for value in values if value != ""]
    return "?" + urlencode(pairs)
