"""Tariffs, charges, the ledger, invoices and what is owed to Stripe."""

from billing.models.charges import Charge, ChargeLine
from billing.models.corrections import (
    Correction,
    CorrectionKind,
    CorrectionRun,
    CorrectionTask,
    CreditNote,
    CreditNoteCounter,
)
from billing.models.documents import (
    ClosedPeriod,
    InvoiceAlarm,
    InvoicedLine,
    InvoiceLine,
    SellerDetails,
    WriteOff,
)
from billing.models.dunning import DunningTerms
from billing.models.invoices import BillingAccount, Invoice, InvoiceCounter, StripeAccount
from billing.models.ledger import JournalEntry, LedgerAccount, Posting
from billing.models.payments import AdHocTerms, Payment, PaymentRefund
from billing.models.portal import PortalConfiguration
from billing.models.proposals import CreditProposal
from billing.models.receipts import ReceiptLink
from billing.models.reconciliation import (
    Discrepancy,
    Reconciliation,
    StripeMovement,
    StripePayout,
)
from billing.models.settlements import Refund, Settlement, StripePayment
from billing.models.spot import SpotPrice
from billing.models.stripe import EventWatermark, StripeCommand, StripeEvent
from billing.models.tariffs import (
    SessionTariff,
    Tariff,
    TariffAssignment,
    TariffDraft,
    TariffLevel,
    TariffVersion,
)
from billing.models.what_if import WhatIfRun

__all__ = [
    "AdHocTerms",
    "BillingAccount",
    "Charge",
    "ChargeLine",
    "ClosedPeriod",
    "Correction",
    "CorrectionKind",
    "CorrectionRun",
    "CorrectionTask",
    "CreditNote",
    "CreditNoteCounter",
    "CreditProposal",
    "Discrepancy",
    "DunningTerms",
    "EventWatermark",
    "Invoice",
    "InvoiceAlarm",
    "InvoiceCounter",
    "InvoiceLine",
    "InvoicedLine",
    "JournalEntry",
    "LedgerAccount",
    "Payment",
    "PaymentRefund",
    "PortalConfiguration",
    "Posting",
    "ReceiptLink",
    "Reconciliation",
    "Refund",
    "SellerDetails",
    "SessionTariff",
    "Settlement",
    "SpotPrice",
    "StripeAccount",
    "StripeCommand",
    "StripeEvent",
    "StripeMovement",
    "StripePayment",
    "StripePayout",
    "Tariff",
    "TariffAssignment",
    "TariffDraft",
    "TariffLevel",
    "TariffVersion",
    "WhatIfRun",
    "WriteOff",
]
