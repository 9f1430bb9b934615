"""What `manage.py check` asks of the sheets: a mistyped path or a missing row of the role table is found before use.

The faults are warnings, so that no command of a running college is refused for one; the contract tests refuse them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as Fault
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F

from zhixing.kernel.models import Record
from zhixing.kernel.scope import role_table, type_key
from zhixing.kernel.sheet import Sheet, domains, resolve, sheets


def _exists(model: type[models.Model], path: str) -> bool:
    """Whether a path leads to a field, or to a key of a JSON field."""
    hops = path.split("__")
    ends = (resolve(model, "__".join(hops[:i])) for i in range(len(hops) - 1, 0, -1))
    return resolve(model, path) is not None or any(isinstance(field, models.JSONField) for field in ends)


def _unknown(sheet: Sheet, attribute: str, names: Iterable[str], known: Iterable[str]) -> Iterator[CheckMessage]:
    for name in names:
        if name not in known:
            yield Fault(f"{sheet.key}: {attribute} names {name!r}, which is not there.", id="zhixing.W001")


def _paths(sheet: Sheet) -> Iterator[CheckMessage]:
    model = sheet.model
    scope = getattr(model, "scope", None)
    asked = {
        "columns": (name for name in sheet.columns if name not in sheet.computed),
        "filters": (name for name in sheet.filters if name not in sheet.computed),
        "search": sheet.search_fields,
        "natural_key": sheet.natural_key,
        "tabs": (sheet.tabs,) if sheet.tabs else (),
        "title_needs": getattr(model, "title_needs", ()),
        "scope": (*scope.units, *scope.people) if scope else (),
    }
    for attribute, paths in asked.items():
        for path in paths:
            if not _exists(model, path):
                yield Fault(
                    f"{sheet.key}: {attribute} names {path!r}, which is no path of the model.", id="zhixing.W001"
                )
    editable = {
        f.name for f in (*model._meta.concrete_fields, *model._meta.many_to_many) if f.editable and not f.primary_key
    }
    yield from _unknown(sheet, "groups", (name for _label, names in sheet.groups for name in names), editable)
    yield from _unknown(sheet, "synonyms", [key.partition("=")[0] for key in sheet.synonyms], sheet.import_fields)
    yield from _unknown(sheet, "marks", sheet.marks, sheet.computed)
    yield from _unknown(sheet, "depends", sheet.depends, sheet.fields)
    for name, terms in sheet.depends.items():
        target = sheet.fields[name].related_model if name in sheet.fields else None
        for theirs, mine in terms.items():
            if target is None or resolve(target, theirs) is None or mine not in sheet.fields:  # type: ignore[arg-type]
                yield Fault(
                    f"{sheet.key}: depends of {name!r} names {theirs!r} or {mine!r}, which is not there.",
                    id="zhixing.W001",
                )
    for name in sheet.related:
        try:
            relation: Any = model._meta.get_field(name)
        except FieldDoesNotExist:
            relation = None
        if relation is None or relation.related_model is None:
            yield Fault(f"{sheet.key}: related names {name!r}, which is no relation of the model.", id="zhixing.W002")
    for name, column in sheet.computed.items():
        if column.rows is not None and not _opens(column.rows):
            yield Fault(
                f"{sheet.key}: the rows of {name!r}, {column.rows}, are no filter of that type's list.",
                id="zhixing.W003",
            )


def _opens(rows: tuple[str, str]) -> bool:
    """Whether a number's rows can be listed: the type has a sheet with that filter."""
    return any(sheet.key == rows[0] and rows[1] in sheet.filters for sheet in sheets())


def unique_sets(model: type[models.Model]) -> Iterator[frozenset[str]]:
    """The sets of fields that the database keeps unique, whatever the other fields say.

    An exclusion over a period counts as its equal fields and the beginning: two rows that begin together would overlap.
    """
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield frozenset({field.name})
    yield from (frozenset(names) for names in model._meta.unique_together)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            yield frozenset(constraint.fields)
        elif isinstance(constraint, ExclusionConstraint):
            equal = {expression for expression, _operator in constraint.expressions if isinstance(expression, str)}
            for expression, _operator in constraint.expressions:
                ends = [item.name for item in getattr(expression, "source_expressions", []) if isinstance(item, F)]
                if ends:
                    yield frozenset(equal | {ends[0]})


def _natural_key(sheet: Sheet) -> Iterator[CheckMessage]:
    key = set(sheet.key_fields)
    if not key:
        yield Fault(
            f"{sheet.key}: no natural key, so that a register brought twice would be doubled.", id="zhixing.W004"
        )
    elif not any(names <= key for names in unique_sets(sheet.model)):
        yield Fault(
            f"{sheet.key}: no unique constraint stands behind the natural key {sorted(key)}.", id="zhixing.W005"
        )


def _actions(sheet: Sheet) -> Iterator[CheckMessage]:
    keys = [action.key for action in sheet.actions]
    for key in {key for key in keys if keys.count(key) > 1}:
        yield Fault(f"{sheet.key}: two actions are called {key!r}.", id="zhixing.W006")
    if sheet.flow:
        states = {value for value, _label in sheet.model._meta.get_field(sheet.flow.field).flatchoices}
        for step in sheet.flow.steps:
            for state in {*step.sources, step.target} - states:
                yield Fault(
                    f"{sheet.key}: step {step.key!r} names the state {state!r}, which is not there.", id="zhixing.W007"
                )


def _role_rows() -> Iterator[CheckMessage]:
    rows, known = role_table().rows, {type_key(model) for model in apps.get_models()}
    # A page that shows no one type may have a row of its own.
    known |= {needs for domain in domains() for _label, _icon, _name, *more in domain.pages for needs in more}
    for key in rows:
        if key not in known:
            yield Fault(f"role table: there is no record type {key!r}.", id="zhixing.W009")
    for sheet in sheets():
        if sheet.key not in rows:
            yield Fault(f"role table: {sheet.key} has no row, so that nobody may see it.", id="zhixing.W010")


@register("zhixing")
def sheets_hold(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """All faults of all sheets and of the role table."""
    found: list[CheckMessage] = []
    seen: set[str] = set()
    for sheet in sheets():
        if not issubclass(sheet.model, Record):
            found.append(Fault(f"{sheet.key}: its model is no Record.", id="zhixing.W011"))
            continue
        if sheet.key in seen:
            found.append(Fault(f"{sheet.key}: the catalogue names it twice.", id="zhixing.W012"))
        seen.add(sheet.key)
        for check in (_paths, _natural_key, _actions):
            found += check(sheet)
    return [*found, *_role_rows()]
