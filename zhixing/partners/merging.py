"""Two records of one organisation become one, and can become two again.

A merge notes every value it changes and every row it removes or makes, as the database holds them, and undoing plays
the notes backwards. What refers to an organisation is read from the models: a later record type needs nothing here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhixing.kernel import changes, events
from zhixing.kernel.constraints import days_of
from zhixing.kernel.flow import Flow, FlowError, step
from zhixing.kernel.models import ApprovalCase, File
from zhixing.kernel.scope import Actor, type_key
from zhixing.kernel.writing import readable
from zhixing.partners.models import MergeRecord, Organisation, OrganisationName

# What the kept record takes over where it knows nothing itself.
_TAKEN_OVER = (
    "uscc", "short_name", "nature", "size", "industry", "region", "address", "staff_count", "founded_on", "parent",
    "source", "keeper", "longitude", "latitude",
)  # fmt: skip
# An organisation that somebody works with stays one that somebody works with.
_STANDING = ("lead", "dormant", "active")
# What being merged changes in the merged record itself.
_RETIRED = ("status", "merged_into_id", "archived_at", "updated_at")


class _Notes:
    """The open notebook of one merge: does each change and writes it down."""

    def __init__(self) -> None:
        self.moves: list[dict[str, Any]] = []
        self.touched: dict[type[models.Model], set[int]] = defaultdict(set)

    def set(self, model: type[models.Model], key: int, **columns: Any) -> None:
        """Write columns of one row, past `save()` so that nothing else of the row changes."""
        old = _cells(model, key, columns)
        model._base_manager.filter(pk=key).update(**columns)
        self.note_set(model, key, old)

    def note_set(self, model: type[models.Model], key: int, old: dict[str, str]) -> None:
        """Write down that columns which held `old` hold something else now."""
        new = _cells(model, key, old)
        if old != new:
            self.moves.append({"do": "set", "table": model._meta.label, "key": key, "old": old, "new": new})
            self.touched[model].add(key)

    def drop(self, model: type[models.Model], key: int) -> None:
        self.moves.append({"do": "drop", "table": model._meta.label, "key": key, "row": _row(model, key)})
        self.touched[model].add(key)
        model._base_manager.filter(pk=key).delete()

    def add(self, record: models.Model) -> None:
        record.save(force_insert=True)
        model = type(record)
        self.moves.append({"do": "add", "table": model._meta.label, "key": record.pk, "row": _row(model, record.pk)})
        self.touched[model].add(record.pk)


def _columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields if field.column and not field.generated]


def _row(model: type[models.Model], key: int) -> str | None:
    """A row as JSON text written by the database: exact in its numbers, times and encrypted values; None when gone."""
    quote = connection.ops.quote_name
    wanted = ", ".join(quote(name) for name in _columns(model))
    table, pk = quote(model._meta.db_table), quote(model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row_to_json(r)::text FROM (SELECT {wanted} FROM {table} WHERE {pk} = %s) r", [key])
        found = cursor.fetchone()
    return found[0] if found else None


def _column(model: type[models.Model], name: str) -> str:
    return next(field.column for field in model._meta.concrete_fields if name in (field.attname, field.name))


def _cells(model: type[models.Model], key: int, names: Iterable[str]) -> dict[str, str]:
    """Values of a row, each as JSON text written by the database; nothing for a row that is gone."""
    quote = connection.ops.quote_name
    names = list(names)
    wanted = ", ".join(f"to_json({quote(_column(model, name))})::text" for name in names)
    table, pk = quote(model._meta.db_table), quote(model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {wanted} FROM {table} WHERE {pk} = %s", [key])
        found = cursor.fetchone()
    return {name: text or "null" for name, text in zip(names, found, strict=True)} if found else {}


def _restore_cells(model: type[models.Model], key: int, old: dict[str, str]) -> None:
    """All in one statement, for a rule may look at several columns; as text, or a number may lose a digit."""
    quote = connection.ops.quote_name
    columns = {_column(model, name): text for name, text in old.items()}
    table, pk = quote(model._meta.db_table), quote(model._meta.pk.column)
    values = ", ".join(f"{quote(column)} = given.{quote(column)}" for column in columns)
    row = "{" + ", ".join(f"{json.dumps(column)}: {text}" for column, text in columns.items()) + "}"
    sql = (
        f"UPDATE {table} SET {values} FROM json_populate_record(NULL::{table}, %s::json) given WHERE {table}.{pk} = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [row, key])


def _restore_row(model: type[models.Model], row: str) -> None:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(name) for name in _columns(model))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_record(NULL::{table}, %s::json)", [row]
        )


# What refers to a record --------------------------------------------------------------------------------------------


def _references(model: type[models.Model]) -> Iterator[models.ForeignKey]:
    """Every foreign key that points to `model`, those of many-to-many tables too; history and merge notes stay."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        holder: type[models.Model] = relation.related_model  # type: ignore[assignment]
        if hasattr(holder, "pgh_id") or holder is MergeRecord or relation.field.model is not holder:  # type: ignore[union-attr]
            continue
        yield relation.field  # type: ignore[union-attr]


def _twins(model: type[models.Model], row: models.Model, key: models.ForeignKey, target: int) -> list[models.Model]:
    """The rows with which `row` would collide if its `key` pointed to `target`: same unique values, or shared days."""
    others = model._base_manager.exclude(pk=row.pk)
    found: dict[int, models.Model] = {}
    for lookups, condition in _collisions(model, row, key, target):
        if condition is not None and not model._base_manager.filter(condition, pk=row.pk).exists():
            continue
        for twin in others.filter(*[condition] if condition else [], lookups).order_by("pk"):
            found[twin.pk] = twin
    return list(found.values())


def _collisions(
    model: type[models.Model], row: models.Model, key: models.ForeignKey, target: int
) -> Iterator[tuple[Q, Q | None]]:
    def same(names: Iterable[str]) -> Q | None:
        lookups = Q()
        for name in names:
            field = model._meta.get_field(name)
            value = target if field is key else getattr(row, field.attname)  # type: ignore[union-attr]
            if value is None:
                return None
            lookups &= Q(**{field.attname: value})  # type: ignore[union-attr]
        return lookups

    unique = [(tuple(names), None) for names in model._meta.unique_together]
    unique += [((key.name,), None)] if key.unique else []
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            unique.append((constraint.fields, constraint.condition))  # type: ignore[arg-type]
        elif isinstance(constraint, ExclusionConstraint):
            equal = [expression for expression, _operator in constraint.expressions if isinstance(expression, str)]
            days = days_of(constraint)
            lookups = same(equal) if key.name in equal else None
            if lookups is not None and days is not None:
                start, end = (getattr(row, name) for name in days)
                lookups &= Q(**{f"{days[1]}__isnull": True}) | Q(**{f"{days[1]}__gte": start})
                lookups &= Q(**{f"{days[0]}__lte": end}) if end else Q()
                yield lookups, constraint.condition
    for names, condition in unique:
        lookups = same(names) if key.name in names else None
        if lookups is not None:
            yield lookups, condition


def _further(flow: Flow | None, state: str, other: str) -> bool:
    """Whether `other` lies ahead of `state` in the flow and there is no way back."""

    def ahead(start: str) -> set[str]:
        seen, waiting = set(), [start]
        while waiting:
            here = waiting.pop()
            for item in flow.steps if flow else ():
                if here in item.sources and item.target not in seen:
                    seen.add(item.target)
                    waiting.append(item.target)
        return seen

    return flow is not None and other in ahead(state) and state not in ahead(other)


def _join(notes: _Notes, key: models.ForeignKey, target: int, rows: list[models.Model]) -> models.Model:
    """Let one of `rows` stand for all: its days cover theirs, what hangs on them hangs on it, they go.

    The first of `rows` is the newcomer; it is kept only when it has come further in its flow than every other.
    """
    model = key.model
    flow: Flow | None = getattr(model, "flow", None)
    newcomer, *twins = rows
    if flow and all(_further(flow, getattr(twin, flow.field), getattr(newcomer, flow.field)) for twin in twins):
        winner = newcomer
    else:
        winner = twins[0]
    losers = [row for row in rows if row is not winner]
    for loser in losers:
        if ApprovalCase.objects.filter(record_type=type_key(model), record_id=loser.pk, state="open").exists():
            raise FlowError(
                _("“%(record)s” is in approval and has a counterpart here. Decide on it before merging."),
                code="in_approval",
                params={"record": loser},
            )
    for loser in losers:
        loser_key = loser.pk
        _repoint(notes, model, loser_key, winner.pk)
        notes.drop(model, loser_key)
    # Only now is there room for the kept row at the target, and for the days of all.
    written: dict[str, Any] = {key.attname: target}
    for days in filter(None, map(days_of, model._meta.constraints)):
        ends = [getattr(row, days[1]) for row in rows]
        written[days[0]] = min(getattr(row, days[0]) for row in rows)
        written[days[1]] = None if None in ends else max(ends)
    notes.set(model, winner.pk, **written)
    return winner


def _repoint(notes: _Notes, model: type[models.Model], old: int, new: int) -> None:
    """Make everything that refers to row `old` of `model` refer to row `new`; rows that would collide become one."""
    for key in _references(model):
        holder = key.model
        for pk in list(holder._base_manager.filter(**{key.attname: old}).order_by("pk").values_list("pk", flat=True)):
            row = holder._base_manager.filter(pk=pk, **{key.attname: old}).first()
            if row is None:
                continue
            if holder is model and pk == new:
                # The kept record would refer to itself: branch of itself, introduced by itself.
                notes.set(holder, pk, **{key.attname: None})
                continue
            twins = _twins(holder, row, key, new)
            if twins:
                row = _join(notes, key, new, [row, *twins])
            else:
                notes.set(holder, pk, **{key.attname: new})
            if holder._meta.auto_created:
                _touch_owner(notes, holder, row)
    record_type = type_key(model)
    for pk in File.objects.filter(record_type=record_type, record_id=old).order_by("pk").values_list("pk", flat=True):
        notes.set(File, pk, record_id=new)


def _touch_owner(notes: _Notes, through: type[models.Model], row: models.Model) -> None:
    """A changed line of a many-to-many table changes the record that holds the list."""
    owner: type[models.Model] = through._meta.auto_created  # type: ignore[assignment]
    for field in through._meta.concrete_fields:
        if field.related_model is owner:
            notes.touched[owner].add(getattr(row, field.attname))


# The two acts -------------------------------------------------------------------------------------------------------


def merge(organisation: Organisation, *, by: Actor, into: Organisation, comment: str = "") -> MergeRecord:
    """Make `organisation` part of `into`: all that refers to it moves, its name and code stay findable as former ones.

    Rows that would collide become one (the one further on in its flow is kept, else the target's; days are joined);
    blanks of the target are filled. The merged record is put away with the state “merged”. One transaction. Raises
    FlowError when a state, a permission or a banned record forbids it.
    """
    if into.pk == organisation.pk:
        raise FlowError(_("An organisation cannot be merged into itself."), code="same")
    with transaction.atomic():
        # Both rows in the order of their keys, so that two merges never wait for each other.
        locked = {
            row.pk: row
            for row in Organisation.objects.select_for_update().filter(pk__in=[organisation.pk, into.pk]).order_by("pk")
        }
        if len(locked) < 2:
            raise FlowError(_("This record no longer exists."), code="gone")
        source, target = locked[organisation.pk], locked[into.pk]
        _check(source, target, by)
        notes = _Notes()
        before = _cells(Organisation, source.pk, _RETIRED)
        with step(organisation, "merge", by=by, comment=comment, into=target.pk) as row:
            row.merged_into = target
            row.archived_at = timezone.now()
        notes.note_set(Organisation, source.pk, before)
        _repoint(notes, Organisation, source.pk, target.pk)
        _complete(notes, source, target)
        record = MergeRecord.objects.create(
            source=source, target=target, moves=notes.moves, comment=comment, merged_by_id=by.user_id
        )
        events.log(target, "absorb", by=by, comment=comment, data={"merged": source.pk, "name": source.name})
        for model, keys in notes.touched.items():
            changes.touched(model, keys)
    organisation.refresh_from_db()
    into.refresh_from_db()
    return record


def _check(source: Organisation, target: Organisation, by: Actor) -> None:
    if not by.can_on(target, "approve"):
        raise FlowError(_("You may not merge anything into “%(target)s”."), code="forbidden", params={"target": target})
    if target.status == Organisation.Status.MERGED:
        raise FlowError(
            _("“%(target)s” was itself merged into “%(into)s”. Choose that one."),
            code="merged",
            params={"target": target, "into": target.merged_into},
        )
    if target.archived_at:
        raise FlowError(_("“%(target)s” is archived. Restore it first."), code="archived", params={"target": target})
    if source.status == Organisation.Status.BANNED and target.status != Organisation.Status.BANNED:
        raise FlowError(
            _("“%(source)s” is banned. Lift the ban first, or ban “%(target)s” too: a merge must not wash a ban away."),
            code="banned",
            params={"source": source, "target": target},
        )


def _complete(notes: _Notes, source: Organisation, target: Organisation) -> None:
    """Former name and code, and what the target did not know itself."""
    known = OrganisationName.objects.filter(organisation=target, name=source.name).first()
    differs = source.name != target.name or (source.uscc and target.uscc and source.uscc != target.uscc)
    if known is None and differs:
        code = source.uscc if target.uscc else None
        notes.add(OrganisationName(organisation=target, name=source.name, uscc=code))
    elif known is not None and source.uscc and target.uscc and not known.uscc:
        notes.set(OrganisationName, known.pk, uscc=source.uscc)
    taken: dict[str, Any] = {"updated_at": timezone.now()}
    for name in _TAKEN_OVER:
        field: Any = Organisation._meta.get_field(name)
        value, known_value = getattr(source, field.attname), getattr(target, field.attname)
        to_itself = field.related_model is Organisation and value == target.pk
        if value in (None, "") or known_value not in (None, "") or to_itself:
            continue
        if name == "uscc":
            # A code is unique: it leaves the put-away record for the one that lives on.
            notes.set(Organisation, source.pk, uscc=None)
        taken[field.attname] = value
    standing = {state: rank for rank, state in enumerate(_STANDING)}
    if standing.get(source.status, -1) > standing.get(target.status, len(_STANDING)):
        taken["status"] = source.status
    notes.set(Organisation, target.pk, **taken)


def undo_merge(merge_record: MergeRecord, *, by: Actor, comment: str = "") -> Organisation:
    """Take a merge back: every moved reference, value and removed row is as it was before. Returns the revived record.

    Refuses with FlowError, naming the records, when one of them was changed since in what the merge had set.
    """
    with transaction.atomic():
        record = MergeRecord.objects.select_for_update().get(pk=merge_record.pk)
        if record.undone_at:
            raise FlowError(_("This merge was already undone."), code="undone")
        pair = Organisation.objects.select_for_update().filter(pk__in=[record.source_id, record.target_id])
        source, target = sorted(pair.order_by("pk"), key=lambda row: row.pk != record.source_id)
        if not (by.can_on(source, "approve") and by.can_on(target, "approve")):
            raise FlowError(_("You may not undo this merge."), code="forbidden")
        clashes = _clashes(record)
        if clashes:
            raise FlowError(
                _("The merge cannot be undone, for these records were changed since: %(records)s"),
                code="changed_since",
                params={"records": "；".join(clashes)},
            )
        touched: dict[type[models.Model], set[int]] = defaultdict(set)
        try:
            with transaction.atomic():
                for note in reversed(record.moves):
                    model = apps.get_model(note["table"])
                    touched[model].add(note["key"])
                    _reverse(model, note)
                connection.check_constraints()
        except IntegrityError as error:
            raise readable(Organisation, error) from error
        record.undone_at, record.undone_by_id = timezone.now(), by.user_id
        record.save(update_fields=["undone_at", "undone_by"])
        source.refresh_from_db()
        target.refresh_from_db()
        events.log(source, "undo_merge", by=by, comment=comment, data={"from": target.pk})
        events.log(target, "undo_merge", by=by, comment=comment, data={"revived": source.pk})
        for model, keys in touched.items():
            changes.touched(model, keys)
    merge_record.undone_at = record.undone_at
    return source


def _reverse(model: type[models.Model], note: dict[str, Any]) -> None:
    key = note["key"]
    match note["do"]:
        case "set":
            old = dict(note["old"])
            if (
                "updated_at" in old
                and _cells(model, key, ["updated_at"]).get("updated_at") != note["new"]["updated_at"]
            ):
                # Something else of the row was changed since: the time of that change stays.
                del old["updated_at"]
            _restore_cells(model, key, old)
        case "drop":
            _restore_row(model, note["row"])
        case "add":
            model._base_manager.filter(pk=key).delete()


def _clashes(record: MergeRecord) -> list[str]:
    """The rows that no longer hold what the merge left in them, in words."""
    left: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    made: dict[tuple[str, int], str] = {}
    dropped: set[tuple[str, int]] = set()
    for note in record.moves:
        place = note["table"], note["key"]
        match note["do"]:
            case "set":
                left[place].update(note["new"])
            case "add":
                made[place] = note["row"]
            case "drop":
                dropped.add(place)
    found: dict[tuple[str, int], str] = {}
    for place in (*left, *made):
        table, key = place
        if place in dropped:
            continue
        model = apps.get_model(table)
        expected = {name: text for name, text in left[place].items() if name != "updated_at"}
        same = _cells(model, key, expected) == expected if expected else True
        if place in made:
            same = same and _row(model, key) == made[place]
        if not same:
            row = model._base_manager.filter(pk=key).first()
            name = str(row) if row is not None else _("number %(key)s, deleted") % {"key": key}
            found[place] = f"{model._meta.verbose_name} {name}"
    return list(found.values())


def last_merge(organisation: Organisation) -> MergeRecord:
    """The merge by which an organisation was put away; ValidationError when there is none to undo."""
    record = MergeRecord.objects.filter(source=organisation, undone_at=None).first()
    if record is None:
        raise ValidationError(_("There is no merge of this organisation to undo."), code="no_merge")
    return record
