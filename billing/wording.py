"""The books, the calls to Stripe and the lines of a charge in words people use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import ChargeLine, LedgerAccount
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
