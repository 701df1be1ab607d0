"""Admin pages of tariffs, market prices, invoices, the books and the calls owed to Stripe."""

from billing.admin import (
    invoices,
    ledger,
    spot,
    stripe_calls,
    tariff_assignments,
    tariff_versions,
    tariffs,
)

__all__ = [
    "invoices",
    "ledger",
    "spot",
    "stripe_calls",
    "tariff_assignments",
    "tariff_versions",
    "tariffs",
]
