"""`check_ledger`: prove the books of every tenant."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.selectors import ledger_faults
from tenants.scope import across_tenants


class Command(BaseCommand):
    """Exits 1 and names every fault when the books do not agree with themselves or with Stripe."""

    help = "Check that the ledger balances and agrees with charges, invoices and payments."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the faults."""
        with across_tenants(reason="ledger check"):
            faults = ledger_faults()
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"faults in the books: {len(faults)}")
        self.stdout.write(self.style.SUCCESS("The books balance."))
