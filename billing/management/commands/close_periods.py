"""`close_periods`: make the collective invoices of the week and the month that ended."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.services.closing import close_ended_periods


class Command(BaseCommand):
    """What the clock does every hour; running it again, or twice at once, changes nothing."""

    help = "Issue the collective invoices of the week and the month that ended, at every tenant."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many."""
        issued = close_ended_periods(now=timezone.now())
        self.stdout.write(self.style.SUCCESS(f"Collective invoices issued: {issued}"))
