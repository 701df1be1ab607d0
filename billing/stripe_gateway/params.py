"""The bodies of our calls, made once, frozen on the command's row, and sent as they are.

Types are the SDK's own, so that the type checker knows every name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from billing.stripe_gateway.types import InvoiceLine, Json

if TYPE_CHECKING:
    from stripe.params import (
        CreditNoteCreateParams,
        CustomerCreateParams,
        CustomerUpdateParams,
        InvoiceAddLinesParams,
        InvoiceAddLinesParamsLine,
        InvoiceCreateParams,
        InvoicePayParams,
        PaymentIntentCancelParams,
        PaymentIntentCaptureParams,
        PaymentMethodAttachParams,
        RefundCreateParams,
    )
    from stripe.params.billing_portal import ConfigurationCreateParams
    from stripe.params.billing_portal import SessionCreateParams as PortalSessionCreateParams
    from stripe.params.checkout import SessionCreateParams


def customer_body(*, name: str, email: str, language: str, metadata: dict[str, str]) -> Json:
    """A new customer, written to in `language`; without an e-mail address not at all."""
    body: CustomerCreateParams = {
        "name": name,
        "preferred_locales": [language],
        "metadata": metadata,
    }
    if email:
        body["email"] = email
    return cast("Json", body)


def attachment_body(*, customer_ref: str) -> Json:
    """A payment method given to a customer."""
    body: PaymentMethodAttachParams = {"customer": customer_ref}
    return cast("Json", body)


def default_method_body(*, payment_method_ref: str) -> Json:
    """The payment method a customer's invoices are charged to."""
    body: CustomerUpdateParams = {
        "invoice_settings": {"default_payment_method": payment_method_ref}
    }
    return cast("Json", body)


def invoice_body(
    *,
    customer_ref: str,
    currency: str,
    number: str,
    number_name: str,
    is_own_series: bool,
    metadata: dict[str, str],
    days_until_due: int | None = None,
    payment_reference: str = "",
) -> Json:
    """An empty draft that stays one until we finalize it.

    Pending items are left out: two drafts for one customer would take each other's. On the
    seller's own account (`is_own_series`) the document has our number; on an account that sellers
    share, where Stripe wants numbers of its own, ours is printed beside it.
    """
    body: InvoiceCreateParams = {
        "customer": customer_ref,
        "currency": currency.lower(),
        "auto_advance": False,
        "collection_method": "charge_automatically",
        "pending_invoice_items_behavior": "exclude",
        "metadata": metadata,
    }
    if days_until_due is not None:
        body["collection_method"] = "send_invoice"
        body["days_until_due"] = days_until_due
    if is_own_series:
        body["number"] = number
        fields = []
    else:
        fields = [(number_name, number)]
    if payment_reference:
        fields.append(("OCR", payment_reference))
    if fields:
        body["custom_fields"] = [{"name": name, "value": value} for name, value in fields]
    return cast("Json", body)


def lines_body(lines: Iterable[InvoiceLine], *, country: str = "SE") -> Json:
    """All lines at once, each with the VAT we computed, so that Stripe prints the same amounts."""
    body: InvoiceAddLinesParams = {"lines": [_line(line, country) for line in lines]}
    return cast("Json", body)


def payment_body() -> Json:
    """The driver is not there; a bank that asks for them gets a no, and they get a link."""
    body: InvoicePayParams = {"off_session": True}
    return cast("Json", body)


def configuration_body(*, headline: str, return_url: str, metadata: dict[str, str]) -> Json:
    """What drivers may do at the portal: their cards, their address, their documents."""
    body: ConfigurationCreateParams = {
        "business_profile": {"headline": headline},
        "default_return_url": return_url,
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["address", "name", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
        },
        "metadata": metadata,
    }
    return cast("Json", body)


def portal_body(
    *, customer_ref: str, configuration_ref: str, return_url: str, language: str
) -> Json:
    """A visit to Stripe's customer portal, and where it leads back to."""
    body: PortalSessionCreateParams = {
        "customer": customer_ref,
        "configuration": configuration_ref,
        "return_url": return_url,
        "locale": "sv" if language == "sv" else "en",
    }
    return cast("Json", body)


def credit_note_body(
    *, invoice_ref: str, amount_minor: int, memo: str, metadata: dict[str, str]
) -> Json:
    """Part of a paid invoice taken back, and given back to the card it was paid with.

    No e-mail: the credit note the driver gets is the seller's own.
    """
    body: CreditNoteCreateParams = {
        "invoice": invoice_ref,
        "amount": amount_minor,
        "refund_amount": amount_minor,
        "reason": "order_change",
        "memo": memo,
        "email_type": "none",
        "metadata": metadata,
    }
    return cast("Json", body)


def checkout_body(
    *,
    hold_minor: int,
    currency: str,
    name: str,
    description: str,
    success_url: str,
    cancel_url: str,
    expires_at: int,
    language: str,
    metadata: dict[str, str],
) -> Json:
    """A page on which a stranger lets so much be held on a card; cards only, others cannot hold."""
    body: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "price_data": {
                    "currency": currency.lower(),
                    "unit_amount": hold_minor,
                    "product_data": {"name": name, "description": description},
                },
                "quantity": 1,
            }
        ],
        "payment_intent_data": {"capture_method": "manual", "metadata": metadata},
        "allowed_payment_method_types": ["card"],
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": expires_at,
        "locale": "sv" if language == "sv" else "en",
        "metadata": metadata,
    }
    return cast("Json", body)


def capture_body(*, amount_minor: int) -> Json:
    """So much of the hold is taken, the rest released."""
    body: PaymentIntentCaptureParams = {"amount_to_capture": amount_minor}
    return cast("Json", body)


def cancel_body() -> Json:
    """The hold is released; nothing was sold."""
    body: PaymentIntentCancelParams = {"cancellation_reason": "abandoned"}
    return cast("Json", body)


def refund_body(*, intent_ref: str, amount_minor: int, metadata: dict[str, str]) -> Json:
    """So much of a payment goes back to its card."""
    body: RefundCreateParams = {
        "payment_intent": intent_ref,
        "amount": amount_minor,
        "metadata": metadata,
    }
    return cast("Json", body)


def _line(line: InvoiceLine, country: str) -> InvoiceAddLinesParamsLine:
    if not line.vat_rate:
        return {
            "amount": line.gross_minor,
            "description": line.description,
            "discountable": False,
            "metadata": {"position": str(line.position)},
        }
    return {
        "amount": line.gross_minor,
        "description": line.description,
        "discountable": False,
        "metadata": {"position": str(line.position)},
        "tax_amounts": [
            {
                "amount": line.vat_minor,
                "taxable_amount": line.net_minor,
                "taxability_reason": "standard_rated" if line.vat_minor else "zero_rated",
                "tax_rate_data": {
                    "display_name": "Moms" if country == "SE" else "VAT",
                    # The SDK says float; the wire carries text, and ours is exact.
                    "percentage": cast("float", line.vat_rate),
                    "inclusive": True,
                    "country": country,
                    "tax_type": "vat",
                },
            }
        ],
    }
