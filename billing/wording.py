"""The books, the calls to Stripe and the lines of a charge in words people use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import ChargeLine, Discrepancy, LedgerAccount
from billing.money import Money, format_decimal, format_money, format_price
from billing.types import PRICED_UNITS, Operation

ACCOUNTS: dict[str, str | Promise] = {
    "receivable": _("Accounts receivable"),
    "wallet": _("Prepaid balance"),
    "wallet_hold": _("Prepaid balance, reserved"),
    "stripe_pending": _("Paid, on its way from Stripe"),
    "stripe_balance": _("Balance at Stripe"),
    "bank": _("Bank"),
    "revenue:energy": _("Revenue, energy"),
    "revenue:time": _("Revenue, time"),
    "revenue:idle": _("Revenue, idle fees"),
    "revenue:fee": _("Revenue, fees"),
    "revenue:subscription": _("Revenue, subscriptions"),
    "vat_output": _("Output VAT"),
    "stripe_fees": _("Fees to Stripe"),
    "platform_fees": _("Platform fees"),
    "refunds": _("Refunds"),
    "disputes": _("Disputed payments"),
    "write_off": _("Bad debts"),
    "rounding": _("Rounding"),
}

OPERATIONS: dict[str, str | Promise] = {
    Operation.CREATE_CUSTOMER: _("Create customer"),
    Operation.ATTACH_PAYMENT_METHOD: _("Attach payment method"),
    Operation.SET_DEFAULT_METHOD: _("Choose payment method"),
    Operation.CREATE_INVOICE: _("Create invoice"),
    Operation.ADD_LINES: _("Add invoice lines"),
    Operation.FINALIZE_INVOICE: _("Finalise invoice"),
    Operation.PAY_INVOICE: _("Collect payment"),
    Operation.SEND_INVOICE: _("Send invoice"),
    Operation.DELETE_DRAFT: _("Delete draft invoice"),
    Operation.FETCH_INVOICE: _("Fetch invoice"),
    Operation.VOID_INVOICE: _("Withdraw invoice"),
    Operation.FETCH_PAYMENT: _("Fetch payment"),
    Operation.CREATE_CREDIT_NOTE: _("Give money back"),
    Operation.FETCH_REFUND: _("Fetch refund"),
    Operation.OPEN_CHECKOUT: _("Open payment page"),
    Operation.CLOSE_CHECKOUT: _("Close payment page"),
    Operation.FETCH_CHECKOUT: _("Fetch payment on the spot"),
    Operation.CAPTURE_HOLD: _("Capture the amount held"),
    Operation.RELEASE_HOLD: _("Release the amount held"),
    Operation.REFUND_PAYMENT: _("Give back of a payment on the spot"),
    Operation.CREATE_PORTAL: _("Set up the customer portal"),
}

DISCREPANCY_ADVICE: dict[str, str | Promise] = {
    Discrepancy.Kind.PAYMENT_NOT_BOOKED: _(
        "The payment's message was lost. It is fetched by itself; if it stays, look at the calls."
    ),
    Discrepancy.Kind.UNKNOWN_PAYMENT: _(
        "Somebody was charged outside of this platform. Find out who, and refund or book it."
    ),
    Discrepancy.Kind.WRONG_ACCOUNT: _(
        "The money is another seller's, or on another account of yours. Refund or transfer it."
    ),
    Discrepancy.Kind.CHARGED_TWICE: _("Refund the second payment in Stripe's dashboard."),
    Discrepancy.Kind.AMOUNT_DIFFERS: _(
        "Compare the document with Stripe's; refund or write off the difference."
    ),
    Discrepancy.Kind.CURRENCY_DIFFERS: _("Compare the document with Stripe's."),
    Discrepancy.Kind.REFUND_NOT_BOOKED: _(
        "Somebody refunded in Stripe's dashboard. Correct the session, or book the refund."
    ),
    Discrepancy.Kind.RETURN_NOT_BOOKED: _(
        "The card's bank sent a refund back. Give the money back in another way, then say so."
    ),
    Discrepancy.Kind.DISPUTE_NOT_BOOKED: _(
        "Answer the dispute at Stripe before its last day, and book what it moved."
    ),
    Discrepancy.Kind.NOT_AT_STRIPE: _(
        "Stripe never had this money. Find the payment, or book the entry back."
    ),
    Discrepancy.Kind.BOOKED_TWICE: _("Book the second entry back."),
    Discrepancy.Kind.FEE_DIFFERS: _("Compare Stripe's price with what was agreed."),
    Discrepancy.Kind.PAYOUT_DIFFERS: _("Ask Stripe for the payout's report."),
    Discrepancy.Kind.PAYOUT_FAILED: _("Mend the bank account in Stripe's dashboard."),
    Discrepancy.Kind.BALANCE_DIFFERS: _(
        "Something moved that no list says. Compare with Stripe's balance report."
    ),
    Discrepancy.Kind.OTHER_MOVEMENT: _("Look at Stripe what it is, and book it on its account."),
}

_HUNDREDTH = Decimal("0.01")
_SHOWN = {"kWh": Decimal("0.001"), "kW": Decimal("0.001")}


@dataclass(frozen=True, slots=True)
class LineInWords:
    """One line of a charge as it is shown; amounts with currency, prices with what they are for."""

    kind: str
    quantity: str
    price: str
    vat_rate: str
    gross: str


def money(amount_minor: int, currency: str) -> str:
    """An amount in the language in force."""
    return format_money(Money(amount_minor, currency), _language())


def price(major: Decimal, currency: str) -> str:
    """A price in the language in force; decimals beyond the currency's stay."""
    return format_price(major.normalize(), currency, _language())


def percent(rate: Decimal) -> str:
    """A rate in the language in force."""
    return f"{format_decimal(rate.normalize(), _language())} %"


def line_in_words(line: ChargeLine, currency: str) -> LineInWords:
    """For example "Energy", "11.528 kWh", "SEK 4.95/kWh", "25 %", "SEK 57.06"."""
    unit = PRICED_UNITS.get((line.unit, line.per), "")
    amount = (Decimal(line.quantity) / line.per).quantize(_SHOWN.get(unit, _HUNDREDTH))
    per = f"/{unit}" if unit else ""
    return LineInWords(
        kind=str(ChargeLine.Kind(line.kind).label),
        quantity=f"{format_decimal(amount, _language())} {unit}".strip(),
        price=f"{price(line.unit_price, currency)}{per}",
        vat_rate=percent(line.vat_rate),
        gross=money(line.gross_minor, currency),
    )


def account_name(account: LedgerAccount, owner_name: str | None) -> str:
    """An account's name, with its owner's where it has one."""
    name = str(ACCOUNTS.get(account.code, account.code))
    if not account.owner:
        return name
    return f"{name}: {owner_name or _t('Unknown')}"


def _language() -> str:
    return get_language() or "sv"
