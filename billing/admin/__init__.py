"""Admin pages of tariffs, invoices, the books and the calls owed to Stripe."""

from billing.admin import invoices, ledger, stripe_calls, tariffs

__all__ = ["invoices", "ledger", "stripe_calls", "tariffs"]
