"""Admin pages of tariffs, market prices, receipts, invoices, the books and calls to Stripe."""

from billing.admin import (
    corrections,
    credit_notes,
    invoices,
    invoicing,
    ledger,
    payments,
    proposals,
    receipts,
    reconciliation,
    spot,
    stripe_calls,
    tariff_assignments,
    tariff_versions,
    tariffs,
    what_if,
)

__all__ = [
    "corrections",
    "credit_notes",
    "invoices",
    "invoicing",
    "ledger",
    "payments",
    "proposals",
    "receipts",
    "reconciliation",
    "spot",
    "stripe_calls",
    "tariff_assignments",
    "tariff_versions",
    "tariffs",
    "what_if",
]
