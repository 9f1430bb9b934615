"""The database half of an import: cleaned rows in a temporary table, compared with the register set by set, never row by row."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import connection, models
from django.db.models import CheckConstraint, UniqueConstraint
from django.db.models.sql import Query
from django.utils.translation import gettext as _
from psycopg.sql import Literal as sql_literal

from zhixing.kernel.models import Record

STAGE = "zx_stage"


@dataclass
class Stage:
    """Cleaned rows of one register beside the table they are meant for.

    `given` are the fields that the file brought; every other column holds what the record already has, or the default of a new one.
    """

    model: type[models.Model]
    given: tuple[str, ...]
    key: tuple[str, ...]
    frozen: frozenset[str] = (
        frozenset()
    )  # fields that only steps may change: given for a new record, left alone on an old one
    # By what rows are recognised whose key is blank, and structured fields of which the file brings some parts.
    other: tuple[str, ...] = ()
    merged: frozenset[str] = frozenset()
    columns: list[models.Field] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = [
            f for f in self.model._meta.concrete_fields if not f.primary_key and not getattr(f, "generated", False)
        ]
        self.table = _q(self.model._meta.db_table)

    def column(self, name: str) -> str:
        return _q(self.model._meta.get_field(name).column)

    # Filling -------------------------------------------------------------------------------------------------------------------------------

    def fill(self, rows: Iterable[Sequence[Any]]) -> None:
        """Copy rows of (row number, value of each given field …) into a fresh temporary table and match them by natural key."""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {STAGE}")
            cursor.execute(
                f"CREATE TEMP TABLE {STAGE} ON COMMIT DROP AS SELECT 0::int AS rowno, t.*, false AS differs, false AS led FROM {self.table} t WITH NO DATA"
            )
            if defaults := self._defaults():
                cursor.execute(f"ALTER TABLE {STAGE} {', '.join(defaults)}")
            names = ", ".join(["rowno", *(self.column(name) for name in self.given)])
            with cursor.copy(f"COPY {STAGE} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows:
                    copy.write_row(row)
            keys = " AND ".join(self._same(name, self.key) for name in self.key)
            cursor.execute(f"CREATE INDEX ON {STAGE} ({', '.join(self.column(name) for name in self.key)})")
            cursor.execute(f"ANALYZE {STAGE}")
            cursor.execute(f"UPDATE {STAGE} s SET id = t.id FROM {self.table} t WHERE {keys}")
            self._by_other_key(cursor)
            self._lead_on(cursor)
            self._complete(cursor)

    def _by_other_key(self, cursor: Any) -> None:
        """Rows without the key are the records that agree in the other one, those without a key first; they keep theirs."""
        if not self.other:
            return
        parts = ", ".join(self.column(name) for name in self.other)
        numbered = ", ".join(f"{self.column(name)} IS NOT NULL" for name in self.key)
        blank = " AND ".join(f"coalesce(s.{self.column(name)}::text, '') = ''" for name in self.key)
        same = " AND ".join(self._same(name, self.other) for name in self.other)
        cursor.execute(
            f"UPDATE {STAGE} s SET id = t.id FROM (SELECT DISTINCT ON ({parts}) id, {parts} FROM {self.table} "
            f"ORDER BY {parts}, {numbered}, id DESC) t WHERE s.id IS NULL AND {blank} AND {same}"
        )
        kept = ", ".join(f"{self.column(name)} = t.{self.column(name)}" for name in self.key)
        cursor.execute(f"UPDATE {STAGE} s SET {kept} FROM {self.table} t WHERE s.id = t.id AND {blank}")

    def _same(self, name: str, key: tuple[str, ...]) -> str:
        """That two rows agree in one part of the key; a part that may be left out agrees with one left out."""
        column = self.column(name)
        if isinstance(self.model._meta.get_field(name), models.DateTimeField):
            return _same_moment(column)
        if optional_part(self.model._meta.get_field(name), key):
            return f"coalesce(s.{column}::text, '') = coalesce(t.{column}::text, '')"
        return f"s.{column} = t.{column}"

    def _lead_on(self, cursor: Any) -> None:
        """A row that names a merged record means the one that took its place, which keeps its own code and names."""
        successor = getattr(self.model, "successor", "")
        if not successor:
            return
        place = self.column(successor)
        moved = True
        while moved:
            cursor.execute(
                f"UPDATE {STAGE} s SET id = t.{place}, led = true FROM {self.table} t "
                f"WHERE s.id = t.id AND t.{place} IS NOT NULL"
            )
            moved = cursor.rowcount > 0
        known_by = {*self.key, *(name for name in self.model.lookup if "__" not in name)}  # type: ignore[attr-defined]
        own = ", ".join(f"{self.column(name)} = t.{self.column(name)}" for name in sorted(known_by & {*self.given}))
        cursor.execute(f"UPDATE {STAGE} s SET {own} FROM {self.table} t WHERE s.led AND s.id = t.id")

    def _defaults(self) -> list[str]:
        """What a new record has in the columns that the file did not bring: filled in by the copying itself."""
        found = []
        for f in self.columns:
            if f.name not in self.given:
                is_moment = getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)
                value = "now()" if is_moment else _literal(f.get_db_prep_save(_default(f), connection))
                found.append(f"ALTER {_q(f.column)} SET DEFAULT {value}")
        return found

    def _complete(self, cursor: Any) -> None:
        kept = [f for f in self.columns if f.name not in self.given or f.name in self.frozen]
        taken = ", ".join(f"{_q(f.column)} = t.{_q(f.column)}" for f in kept)
        cursor.execute(f"UPDATE {STAGE} s SET {taken} FROM {self.table} t WHERE s.id = t.id")
        for f in self.columns:
            if isinstance(f, models.DateTimeField) and f.name in self.given:
                column = _q(f.column)
                cursor.execute(
                    f"UPDATE {STAGE} s SET {column} = t.{column} FROM {self.table} t WHERE s.id = t.id AND {_same_moment(column)}"
                )
        for name in self.merged:
            column = self.column(name)
            cursor.execute(
                f"UPDATE {STAGE} s SET {column} = t.{column} || s.{column} FROM {self.table} t WHERE s.id = t.id"
            )
        # A blank cell in a text column is an empty text, never NULL; elsewhere it is the default.
        filled = [f for f in self.columns if f.name in self.given and not f.null]
        if filled:
            sets = ", ".join(f"{_q(f.column)} = coalesce({_q(f.column)}, %s)" for f in filled)
            blank = " OR ".join(f"{_q(f.column)} IS NULL" for f in filled)
            cursor.execute(
                f"UPDATE {STAGE} SET {sets} WHERE {blank}",
                [f.get_db_prep_save(_default(f), connection) for f in filled],
            )

    def drop(self, numbers: Iterable[int]) -> None:
        """Take faulty rows out."""
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {STAGE} WHERE rowno = ANY(%s)", [list(numbers)])

    # Faults that only the whole set can show -------------------------------------------------------------------------------------------------

    def faults(self) -> Iterator[tuple[int, str, str]]:
        """(row number, code, message) for every constraint of the model that a staged row would break; first check, then unique and overlap."""
        twice = _("It names a merged record, and another row names the record that took its place. Keep one.")
        yield from ((row, "duplicate", twice) for row in self._led_to_the_same())
        for constraint in self.model._meta.constraints:
            if isinstance(constraint, CheckConstraint):
                message = str(constraint.get_violation_error_message())
                yield from ((row, constraint.name, message) for row in self._breaking_check(constraint))
        for name, condition, pairs, message in self._clashes():
            yield from ((row, name, message) for row in self._clashing(condition, pairs))

    def refused(self) -> Iterator[tuple[int, str, str]]:
        """(row number, code, message) for every rule of the record type itself that a staged row breaks (`Record.refusals`)."""
        if self.model.refusals.__func__ is Record.refusals.__func__:  # type: ignore[attr-defined]
            return
        names = ", ".join(_q(f.column) for f in self.columns)
        rows = list(self.model._base_manager.raw(f"SELECT id, {names}, rowno FROM {STAGE} ORDER BY rowno"))
        for row, error in self.model.refusals(rows):  # type: ignore[attr-defined]
            yield row.rowno, getattr(error, "code", None) or "refused", "；".join(error.messages)

    def _led_to_the_same(self) -> list[int]:
        """Rows that were led on to a record which another row means too: the row with its present name counts, else the first."""
        return self._numbers(
            f"SELECT s.rowno FROM {STAGE} s WHERE s.led AND EXISTS (SELECT 1 FROM {STAGE} m WHERE m.id = s.id "
            f"AND m.rowno <> s.rowno AND (m.led IS NOT TRUE OR m.rowno < s.rowno))"
        )

    def _breaking_check(self, constraint: CheckConstraint) -> list[int]:
        return self._numbers(f"SELECT rowno FROM {STAGE} WHERE NOT ({_condition(self.model, constraint.condition)})")

    def _clashes(self) -> Iterator[tuple[str, str, list[tuple[str, str]], str]]:
        """(name, condition in SQL, [(expression, operator)], message) of every unique and exclusion constraint but the natural key itself."""
        taken = _("Another record already has this value.")
        for f in self.columns:
            if f.unique and (f.name,) != self.key:
                yield f"{f.name}_unique", "", [(_q(f.column), "=")], f"{f.verbose_name}：{taken}"
        for constraint in self.model._meta.constraints:
            if (
                isinstance(constraint, UniqueConstraint)
                and constraint.fields
                and set(constraint.fields) != set(self.key)
            ):
                nulls_meet = constraint.nulls_distinct is False
                pairs = [
                    (self.column(f.name), "IS NOT DISTINCT FROM" if nulls_meet and f.null else "=")
                    for f in map(self.model._meta.get_field, constraint.fields)
                ]
            elif isinstance(constraint, ExclusionConstraint):
                pairs = _exclusion_pairs(self.model, constraint)
            else:
                continue
            yield (
                constraint.name,
                _condition(self.model, constraint.condition),
                pairs,
                str(constraint.get_violation_error_message()),
            )

    def _clashing(self, condition: str, pairs: list[tuple[str, str]]) -> list[int]:
        shown = ", ".join(f"{expression} AS e{i}" for i, (expression, _operator) in enumerate(pairs))
        where = f"WHERE {condition}" if condition else ""
        # The plainest equalities first, so that the planner joins by hash and compares ranges only within.
        match = " AND ".join(f"s.e{i} {operator} t.e{i}" for i, (_expression, operator) in enumerate(pairs))
        staged = f"(SELECT rowno, id, {shown} FROM {STAGE} {where})"
        there = f"(SELECT id, {shown} FROM {self.table} {where})"
        return self._numbers(
            f"SELECT s.rowno FROM {staged} s JOIN {there} t ON {match} WHERE t.id IS DISTINCT FROM s.id "
            f"AND NOT EXISTS (SELECT 1 FROM {STAGE} m WHERE m.id = t.id) "
            f"UNION SELECT s.rowno FROM {staged} s JOIN {staged} t ON {match} AND s.rowno > t.rowno"
        )

    # Counting and writing ---------------------------------------------------------------------------------------------------------------------

    def compare(self) -> dict[str, int]:
        """Mark the rows that differ from their record; returns counts of new, changed and same."""
        names = [name for name in self.given if name not in self.frozen]
        differs = " OR ".join(f"s.{self.column(name)} IS DISTINCT FROM t.{self.column(name)}" for name in names)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {STAGE} s SET differs = ({differs}) FROM {self.table} t WHERE s.id = t.id")
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE id IS NULL), count(*) FILTER (WHERE differs), count(*) FROM {STAGE}"
            )
            new, changed, total = cursor.fetchone()
        return {"new": new, "changed": changed, "same": total - new - changed}

    def old_ciphertexts(self, names: Sequence[str]) -> dict[int, tuple[Any, ...]]:
        """What encrypted columns hold now, by row number: the same number encrypted twice looks different, so it is compared in the clear."""
        shown = ", ".join(f"t.{self.column(name)}" for name in names)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT s.rowno, {shown} FROM {STAGE} s JOIN {self.table} t ON t.id = s.id")
            return {row[0]: row[1:] for row in cursor.fetchall()}

    def put_back(self, name: str, values: Sequence[tuple[int, Any]]) -> None:
        """Use the stored cipher text again where the clear text is the same."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {STAGE} s SET {self.column(name)} = v.value FROM unnest(%s::int[], %s::text[]) AS v(rowno, value) WHERE s.rowno = v.rowno",
                [[number for number, _value in values], [value for _number, value in values]],
            )

    def write(self, run_id: int, record_type: str, user_id: int | None, user_name: str) -> tuple[list[int], list[int]]:
        """Insert the new, update the changed, note both for undo, log an event for each. Returns the keys of new and of changed records."""
        names = ", ".join(_q(f.column) for f in self.columns)
        changing = [f for f in self.columns if f.name in self.given and f.name not in self.frozen]
        label = " || ' ' || ".join(f"coalesce({self.column(name)}::text, '')" for name in (*self.key, *self._named))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO kernel_importchange (run_id, record_id, before) SELECT %s, t.id, to_jsonb(t) FROM {STAGE} s "
                f"JOIN {self.table} t ON t.id = s.id WHERE s.differs",
                [run_id],
            )
            sets = ", ".join(f"{_q(f.column)} = s.{_q(f.column)}" for f in changing)
            cursor.execute(
                f"UPDATE {self.table} t SET {sets}, updated_at = now() FROM {STAGE} s WHERE s.differs AND t.id = s.id RETURNING t.id"
            )
            changed = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                f"INSERT INTO {self.table} ({names}) SELECT {names} FROM {STAGE} WHERE id IS NULL ORDER BY rowno RETURNING id"
            )
            new = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                "INSERT INTO kernel_importchange (run_id, record_id, before) SELECT %s, unnest(%s::bigint[]), NULL",
                [run_id, new],
            )
            cursor.execute(
                f"INSERT INTO kernel_event (record_type, record_id, label, verb, actor_id, actor_name, comment, data, at) "
                f"SELECT %s, id, left({label}, 200), 'imported', %s, %s, '', jsonb_build_object('run', %s::bigint), now() FROM {self.table} "
                f"WHERE id = ANY(%s)",
                [record_type, user_id, user_name, run_id, [*new, *changed]],
            )
        return new, changed

    @property
    def _named(self) -> list[str]:
        """The words of the other key: what has no key yet is called by them."""
        return [name for name in self.other if isinstance(self.model._meta.get_field(name), models.CharField)]

    def _numbers(self, sql: str) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [row[0] for row in cursor.fetchall()]


def undo(model: type[Record], run_id: int) -> tuple[list[int], list[int], list[tuple[int, str]]]:
    """Take an import back where nothing has happened since. Returns (removed, restored, [(kept, why)])."""
    table = _q(model._meta.db_table)
    names = ", ".join(
        _q(f.column) for f in model._meta.concrete_fields if not f.primary_key and not getattr(f, "generated", False)
    )
    with connection.cursor() as cursor:
        mine = "FROM kernel_importchange c JOIN kernel_importrun r ON r.id = c.run_id WHERE c.run_id = %s"
        cursor.execute(
            f"SELECT c.record_id, c.before IS NULL, t.id IS NULL, t.updated_at IS DISTINCT FROM r.committed_at "
            f"FROM kernel_importchange c JOIN kernel_importrun r ON r.id = c.run_id LEFT JOIN {table} t ON t.id = c.record_id WHERE c.run_id = %s",
            [run_id],
        )
        kept: list[tuple[int, str]] = []
        fresh, old = [], []
        for key, was_new, gone, touched in cursor.fetchall():
            if gone:
                kept.append((key, _("no longer there")))
            elif touched:
                kept.append((key, _("changed since the import")))
            else:
                (fresh if was_new else old).append(key)
        stay = {row.pk: error for row, error in model.leavings(model._base_manager.filter(pk__in=[*fresh, *old]))}
        kept.extend((key, "；".join(error.messages)) for key, error in stay.items())
        fresh, old = ([key for key in keys if key not in stay] for keys in (fresh, old))
        for relation in model._meta.related_objects:
            target = relation.related_model
            if target is None or hasattr(target, "pgh_id"):
                continue
            through = relation.through._meta if relation.many_to_many else target._meta  # type: ignore[union-attr]
            column = relation.field.m2m_reverse_name() if relation.many_to_many else relation.field.column  # type: ignore[attr-defined]
            cursor.execute(
                f"SELECT DISTINCT {_q(column)} FROM {_q(through.db_table)} WHERE {_q(column)} = ANY(%s)", [fresh]
            )
            used = {row[0] for row in cursor.fetchall()}
            kept.extend(
                (key, _("in use by %(type)s") % {"type": target._meta.verbose_name_plural})
                for key in fresh
                if key in used
            )
            fresh = [key for key in fresh if key not in used]
        cursor.execute(
            f"UPDATE {table} t SET ({names}) = (SELECT {names} FROM jsonb_populate_record(NULL::{table}, c.before)) {mine} "
            f"AND t.id = c.record_id AND t.id = ANY(%s)",
            [run_id, old],
        )
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [fresh])
    return fresh, old, kept


def in_one(prepared: dict[str, list[Any]]) -> frozenset[str]:
    """Put the columns that are parts of one structured field together, as JSON with what the file brought; returns those fields."""
    parts: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    for path in [path for path in prepared if "__" in path]:
        name, _sep, code = path.partition("__")
        parts[name][code] = prepared.pop(path)
    for name, columns in parts.items():
        rows = zip(*columns.values(), strict=True)
        prepared[name] = [
            json.dumps(
                {code: value for code, value in zip(columns, row, strict=True) if value is not None and value != ""},
                ensure_ascii=False,
                default=str,
            )
            for row in rows
        ]
    return frozenset(parts)


def _same_moment(column: str) -> str:
    """Registers tell moments to the minute or second: within it they mean the very one that is kept."""
    return f"s.{column} IN (t.{column}, date_trunc('minute', t.{column}), date_trunc('second', t.{column}))"


def optional_part(field: models.Field, key: Sequence[str]) -> bool:
    """Whether a part of a natural key may be blank: its field allows it, and other parts are left to recognise the record by."""
    return len(key) > 1 and (field.null or field.blank)


def _q(name: str) -> str:
    return connection.ops.quote_name(name)


def _default(f: models.Field) -> Any:
    if f.has_default():
        return f.get_default()
    return None if f.null else "" if f.empty_strings_allowed and not f.is_relation else None


def _condition(model: type[models.Model], condition: models.Q | None) -> str:
    """A constraint's condition as SQL over bare column names, so that it can be asked of the staged rows."""
    if condition is None:
        return ""
    query = Query(model, alias_cols=False)
    sql, params = query.build_where(condition).as_sql(query.get_compiler(connection=connection), connection)
    return sql % tuple(_literal(value) for value in params)


def _literal(value: Any) -> str:
    with connection.cursor() as cursor:
        return sql_literal(value).as_string(cursor.connection)


def _exclusion_pairs(model: type[models.Model], constraint: ExclusionConstraint) -> list[tuple[str, str]]:
    query = Query(model, alias_cols=False)
    compiler = query.get_compiler(connection=connection)
    pairs = []
    for expression, operator in constraint.expressions:
        reference = models.F(expression) if isinstance(expression, str) else expression
        sql, params = compiler.compile(reference.resolve_expression(query))
        pairs.append((sql % tuple(_literal(value) for value in params), operator))
    # Equalities before ranges: the join then hashes on them.
    return sorted(pairs, key=lambda pair: pair[1] != "=")
