"""An app's first migration, quick on an empty database."""

from __future__ import annotations

from typing import Any

from django.db.migrations import CreateModel, Migration
from django.db.migrations.state import ProjectState

__all__ = ["FirstMigration"]


class FirstMigration(Migration):
    """Creates all tables of an app from one rendering of its models.

    Django renders every related model again after each operation, and all of ours relate to the
    tenant: the cost of an empty database would grow with the square of the tables.
    """

    def apply(
        self, project_state: ProjectState, schema_editor: Any, collect_sql: bool = False
    ) -> ProjectState:
        """Create the tables in order; anything but `CreateModel` is applied Django's way."""
        if not all(type(operation) is CreateModel for operation in self.operations):
            return super().apply(project_state, schema_editor, collect_sql)
        before = project_state.clone()
        project_state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, project_state)
        for operation in self.operations:
            operation.database_forwards(self.app_label, schema_editor, before, project_state)
        return project_state
