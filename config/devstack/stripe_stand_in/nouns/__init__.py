"""The nouns of Stripe's API, one module each; importing the package registers every endpoint."""

from config.devstack.stripe_stand_in.nouns import (
    accounts,
    balance,
    charges,
    checkout_sessions,
    credit_notes,
    customers,
    events,
    invoice_lines,
    invoice_payments,
    invoices,
    payment_intents,
    payment_methods,
    portal_sessions,
    refunds,
    setup_intents,
    webhook_endpoints,
)

__all__ = [
    "accounts",
    "balance",
    "charges",
    "checkout_sessions",
    "credit_notes",
    "customers",
    "events",
    "invoice_lines",
    "invoice_payments",
    "invoices",
    "payment_intents",
    "payment_methods",
    "portal_sessions",
    "refunds",
    "setup_intents",
    "webhook_endpoints",
]
