"""One sheet per record type: what its list shows, how it is filtered, grouped, related, acted upon and imported. All pages come from it.

The vocabulary is closed (see `Sheet`); a page that needs more is a plain Django view in its domain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Model
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from zhixing.kernel.flow import Flow, step
from zhixing.kernel.scope import Actor, RecordQuerySet, type_key


@dataclass(frozen=True)
class Computed:
    """A column counted by the database: label and expression; it can be sorted and exported like a field."""

    label: Any
    expression: Any
    numeric: bool = True
    # Which rows the number stands for: the related type's list filtered to the record, e.g. ("partners.industry_link", "organisation").
    rows: tuple[str, str] | None = None
    # The colour of its badge on a record ("gold", "bad"); "" for plain words.
    tone: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class Handed:
    """What an action hands over and nobody can read again, such as a link for somebody outside: shown once, with what to do with it."""

    value: str
    words: str


@dataclass(frozen=True)
class Spelling:
    """How a structured field is written in one cell of a register, and read back: `read` raises ValidationError with a sentence."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


def anybody(record: Any, actor: Actor) -> bool:
    """Offered to everybody who holds the action's capability."""
    return True


@dataclass(frozen=True)
class Action:
    """Something a person may do with a record, from button, bulk, API or command alike: always this one function.

    `run(record, by=actor, comment=…, **fields)` does it and raises ValidationError when refused. `form` is a Django form class for what else
    must be asked (built with `record=` and `actor=`). What `run` returns says where to go on: the address of a page, or
    something `Handed` over. `offered` narrows to whom its button is shown; the refusal itself is `run`'s.
    """

    key: str
    label: Any
    run: Callable[..., Any]
    capability: str = "change"
    icon: str = "chevron-right"
    comment: str = "no"
    form: type | None = None
    primary: bool = False
    danger: bool = False
    bulk: bool = True
    available: Callable[[Any], bool] = field(default=lambda record: True)
    offered: Callable[[Any, Actor], bool] = anybody
    # A sentence above the button, and the page on which people take the action where it has one of its own.
    help: Any = ""
    page: Callable[[Any], str] | None = None


def flow_action(flow: Flow, key: str, run: Callable[..., Any] | None = None, **extra: Any) -> Action:
    """The button for one step of a flow; `run` replaces the bare change of state where the step has effects."""
    definition = flow[key]

    def bare(record: Any, *, by: Actor, comment: str = "") -> None:
        with step(record, key, by=by, comment=comment):
            pass

    def open_from(record: Any) -> bool:
        return getattr(record, flow.field) in definition.sources

    return Action(
        key=key,
        label=definition.label,
        run=run or bare,
        capability=definition.capability,
        icon=definition.icon,
        comment=definition.comment,
        primary=definition.primary,
        danger=definition.danger,
        available=open_from,
        **extra,
    )


class Sheet:
    """A record type as people meet it. Everything not said here is derived from the model."""

    model: ClassVar[type[Model]]
    icon: ClassVar[str] = "file"
    description: ClassVar[Any] = ""
    columns: ClassVar[tuple[str, ...]] = ()
    computed: ClassVar[dict[str, Computed]] = {}
    filters: ClassVar[tuple[str, ...]] = ()
    tabs: ClassVar[str] = ""
    # What steps write beside the state, such as the day of an acceptance: no form and no program sets it by itself, and a
    # register of the past brings it for new records alone.
    by_steps: ClassVar[frozenset[str]] = frozenset()
    # Computed columns of yes and no that stand beside the tabs, with their number, as ways to the rows that need a look.
    marks: ClassVar[tuple[str, ...]] = ()
    search: ClassVar[tuple[str, ...]] = ()
    groups: ClassVar[tuple[tuple[Any, tuple[str, ...]], ...]] = ()
    related: ClassVar[tuple[str, ...]] = ()
    actions: ClassVar[tuple[Action, ...]] = ()
    natural_key: ClassVar[tuple[str, ...]] = ()
    # By what a row of a register is recognised whose natural key is blank: a record that has no number yet.
    other_key: ClassVar[tuple[str, ...]] = ()
    synonyms: ClassVar[dict[str, tuple[str, ...]]] = {}
    # Structured fields that a cell of a register can say in words.
    spelled: ClassVar[dict[str, Spelling]] = {}
    # Why records of this type come from no register, though they can be added: one sentence for whoever would bring one.
    not_imported: ClassVar[Any] = ""
    depends: ClassVar[dict[str, dict[str, str]]] = {}
    panels: ClassVar[tuple[Callable[[Any, Actor], str], ...]] = ()
    # So many of the panels stand above the fields: what is to be done comes before what is known.
    first_panels: ClassVar[int] = 0
    # The form to build on, a `SheetForm`, where saving needs a question of its own.
    form_base: ClassVar[type | None] = None
    links: ClassVar[tuple[tuple[Any, str, str], ...]] = ()

    @cached_property
    def key(self) -> str:
        return type_key(self.model)

    @property
    def label(self) -> Any:
        return self.model._meta.verbose_name

    @property
    def label_plural(self) -> Any:
        return self.model._meta.verbose_name_plural

    @cached_property
    def flow(self) -> Flow | None:
        return getattr(self.model, "flow", None)

    def url(self, page: str, pk: int | None = None, **more: Any) -> str:
        """The address of one of this type's pages: list, add, detail, edit, delete, act, import, export …"""
        domain, name = self.key.split(".")
        arguments: dict[str, Any] = {"domain": domain, "name": name, **more}
        if pk is not None:
            arguments["pk"] = pk
        return reverse(page, kwargs=arguments)

    def addresses(self, page: str) -> Callable[[int], str] | None:
        """The addresses of many records' pages for the price of one; None where this type has no such page."""
        try:
            head, _mark, tail = self.url(page, 0).rpartition("/0/")
        except NoReverseMatch:
            return None
        return lambda pk: f"{head}/{pk}/{tail}"

    # Fields -----------------------------------------------------------------------------------------------------------------------------

    @cached_property
    def fields(self) -> dict[str, models.Field]:
        """What a person fills in, in the order of the groups."""
        editable = {
            f.name: f
            for f in (*self.model._meta.concrete_fields, *self.model._meta.many_to_many)
            if f.editable and not f.primary_key
        }
        if not self.groups:
            return editable
        names = [name for _label, group in self.groups for name in group]
        return {name: editable[name] for name in names if name in editable}

    @cached_property
    def stateful(self) -> frozenset[str]:
        """Fields that only steps may write: the state itself, and what `by_steps` names."""
        return self.by_steps | ({self.flow.field} if self.flow else frozenset())

    @cached_property
    def form_fields(self) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name not in self.stateful)

    @cached_property
    def import_fields(self) -> dict[str, models.Field]:
        """What a register may bring: its key, all form fields, the state and what is spelled, but no relation to many."""
        single = {name: f for name, f in self.fields.items() if not f.many_to_many}
        more = [name for name in (*self.key_fields, *self.spelled) if name not in single]
        return {**single, **{name: self.model._meta.get_field(name) for name in more}}  # type: ignore[misc]

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        """Every column that can be chosen: the default ones first. Structured fields and files have no words for a cell."""
        rest = [
            f.name
            for f in self.model._meta.concrete_fields
            if not f.primary_key
            and f.name not in {"archived_at", "person"}
            and type(f) is not models.JSONField
            and not isinstance(f, models.FileField)
        ]
        return tuple(dict.fromkeys((*self.columns, *self.computed, *rest, *self.spelled)))

    def parts(self) -> dict[str, models.Field]:
        """Columns within structured fields, by path (`details__places`), as the college's own data name them today."""
        return {}

    @property
    def register_fields(self) -> dict[str, models.Field]:
        """Everything that the columns of a register may bring."""
        return {**self.import_fields, **self.parts()}

    def has_column(self, path: str) -> bool:
        return path in self.all_columns or ("__" in path and path in self.parts())

    def field(self, path: str) -> models.Field | None:
        """The model field at the end of a path; None for a computed column."""
        if path in self.computed:
            return None
        found = resolve(self.model, path)
        return found if found is not None or "__" not in path else self.parts().get(path)

    def column_label(self, path: str) -> Any:
        if path in self.computed:
            return self.computed[path].label
        found = self.field(path)
        return found.verbose_name if found is not None else path

    @cached_property
    def search_fields(self) -> tuple[str, ...]:
        return self.search or tuple(getattr(self.model, "lookup", ()))

    @cached_property
    def key_fields(self) -> tuple[str, ...]:
        """What makes a row of a register the same record as one already here."""
        if self.natural_key:
            return self.natural_key
        unique = [f.name for f in self.model._meta.concrete_fields if f.unique and not f.primary_key]
        return tuple(unique[:1])

    # Rows -------------------------------------------------------------------------------------------------------------------------------

    def rows(self, actor: Actor, capability: str = "view") -> RecordQuerySet:
        """The rows an actor may see. Every page, export, API answer and choice starts here."""
        return self.model._default_manager.all().visible_to(actor, capability)  # type: ignore[attr-defined]

    def with_columns(self, rows: RecordQuerySet, columns: tuple[str, ...]) -> RecordQuerySet:
        """Fetch what `columns` show in one query: joins for relations, counts for computed columns."""
        joins, many = set(), set()
        for path in (*columns, *getattr(self.model, "title_needs", ())):
            if path in self.computed:
                continue
            found = self.field(path)
            if found is not None and found.many_to_many:
                many.add(path)
                continue
            joins.update(join_paths(self.model, path))
        counted = {name: self.computed[name].expression for name in columns if name in self.computed}
        rows = rows.select_related(*sorted(joins)) if joins else rows
        rows = rows.prefetch_related(*sorted(many)) if many else rows
        return rows.annotate(**counted) if counted else rows


def resolve(model: type[Model], path: str) -> models.Field | None:
    found: Any = None
    for name in path.split("__"):
        try:
            found = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        model = found.related_model or model
    return found


def relation_path(model: type[Model], path: str) -> str:
    """The part of a path that is a join to one record: `group__unit__name` → `group__unit`."""
    joined: list[str] = []
    for name in path.split("__"):
        found = model._meta.get_field(name)
        if not (found.many_to_one or found.one_to_one):
            break
        joined.append(name)
        model = found.related_model  # type: ignore[assignment]
    return "__".join(joined)


def join_paths(model: type[Model], path: str) -> set[str]:
    """The joins that show a path: the relations on it and those that the title of the record at its end needs."""
    relation = relation_path(model, path)
    if not relation:
        return set()
    joins = {relation}
    end = resolve(model, relation)
    if end is not None and end.related_model is not None and relation == path:
        joins.update(f"{path}__{need}" for need in getattr(end.related_model, "title_needs", ()))
    return joins


# The catalogue -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Domain:
    """One room of the house: its sheets in menu order, and pages of its own as (label, icon, URL name), with the record type
    that a reader must be allowed to see where the page is not for everybody."""

    key: str
    label: Any
    icon: str
    sheets: tuple[Sheet, ...]
    pages: tuple[tuple[Any, ...], ...] = ()
    # Types that have pages but no place in the menu: they are reached from their parent.
    minor: tuple[Sheet, ...] = ()
    # Operations of the API that no record type has: called with the domain's router.
    operations: Callable[[Any], None] | None = None


def domains() -> tuple[Domain, ...]:
    return import_module(settings.ZHIXING["catalog"]).DOMAINS


def sheets() -> Iterator[Sheet]:
    for domain in domains():
        yield from domain.sheets
        yield from domain.minor


_by_key: dict[str, Sheet] = {}


def sheet_for(key: str | type[Model]) -> Sheet | None:
    """The sheet of a record type, by `partners.organisation` or by model; None when it has none."""
    if not _by_key:
        _by_key.update({sheet.key: sheet for sheet in sheets()})
    return _by_key.get(key if isinstance(key, str) else type_key(key))


def sheet_or_404(key: str) -> Sheet:
    sheet = sheet_for(key)
    if sheet is None:
        raise Http404(_("There is no record type “%(key)s”.") % {"key": key})
    return sheet
