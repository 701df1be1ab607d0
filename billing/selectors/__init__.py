"""Reading billing: revenue, payments, the audit of the books."""

from billing.selectors.audit import ledger_faults
from billing.selectors.payments import (
    SessionPayment,
    charges_not_invoiced,
    current_charge,
    invoices_unpaid,
    payment_state_of,
    payment_states,
    stuck_commands,
)
from billing.selectors.revenue import DayRevenue, revenue_by_day, revenue_today

__all__ = [
    "DayRevenue",
    "SessionPayment",
    "charges_not_invoiced",
    "current_charge",
    "invoices_unpaid",
    "ledger_faults",
    "payment_state_of",
    "payment_states",
    "revenue_by_day",
    "revenue_today",
    "stuck_commands",
]
