"""`flush` as the login role: the application role may not truncate."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.flush import Command as FlushCommand

from tenants.postgresql.base import acting_as_owner
from tenants.scope import across_tenants


class Command(FlushCommand):
    """Django's flush with the rights it needs."""

    def handle(self, **options: Any) -> None:
        """Empty every table."""
        with acting_as_owner(), across_tenants(reason="flush"):
            super().handle(**options)
