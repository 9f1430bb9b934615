"""Applying many schema changes at once.

Django renders every model anew after each operation. With some two hundred connected models, half of them histories, a first migration of a hundred
operations took minutes of pure rendering. `AtOnce` brings the state forward without rendering, renders it once, and makes the tables from the end state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, AlterField, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# What `create_model` already does for a table that is made from its end state.
_DONE_BY_CREATION = (CreateModel, AddField, AlterField, AddIndex, AddConstraint)


class AtOnce(Operation):
    """The given operations as one step. They must not build on each other's intermediate states: no two changes of the same field."""

    reversible = False

    def __init__(self, operations: Sequence[Operation]):
        self.operations = list(operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Without rendered models a change of state is a change of a dictionary.
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        made = {name for app, name in to_state.models if app == app_label and (app, name) not in from_state.models}
        for operation in self.operations:
            if isinstance(operation, CreateModel) and operation.name_lower in made:
                model = to_state.apps.get_model(app_label, operation.name)
                if self.allow_migrate_model(schema_editor.connection.alias, model):
                    schema_editor.create_model(model)
        for operation in self.operations:
            target = getattr(operation, "model_name", None) or getattr(operation, "name", "")
            if isinstance(operation, _DONE_BY_CREATION) and str(target).lower() in made:
                continue
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"{len(self.operations)} changes at once"
