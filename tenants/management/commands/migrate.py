"""`migrate` as the login role, followed by the row-level policies."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as MigrateCommand

from tenants.postgresql.base import acting_as_owner
from tenants.row_security import apply_row_security
from tenants.scope import across_tenants


class Command(MigrateCommand):
    """Django's migrate; tables it made are closed to other tenants before it returns."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then apply row-level security."""
        with acting_as_owner(), across_tenants(reason="migrations"):
            super().handle(*args, **options)
        apply_row_security()
