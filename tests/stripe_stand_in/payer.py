"""A customer for tests: saves a card, is invoiced, pays."""

from typing import Any

import stripe

from config.devstack.stripe_stand_in import account_of_key

KEY = "sk_test_laddbok"
OWN = account_of_key(KEY)
VAT = {"display_name": "Moms", "inclusive": True, "percentage": 25.0, "country": "SE"}


def line_of(amount: int, **more: Any) -> dict[str, Any]:
    """An invoice line over an amount in öre with 25 % VAT inside."""
    vat = amount * 25 // 125
    tax = {"amount": vat, "taxable_amount": amount - vat, "tax_rate_data": VAT}
    tax["taxability_reason"] = "standard_rated"
    return {"amount": amount, "description": "Laddning", "tax_amounts": [tax]} | more


class Payer:
    """One customer of one account."""

    def __init__(self, client: stripe.StripeClient, card: str = "pm_card_visa") -> None:
        self.client = client
        self.api = client.v1
        self.id = self.api.customers.create({"email": "anna@example.se", "name": "Anna"}).id
        self.save(card)

    def save(self, card: str) -> str:
        """Attach a test card and make it the default; its id."""
        method = self.api.payment_methods.attach(card, {"customer": self.id})
        settings: Any = {"default_payment_method": method.id}
        self.api.customers.update(self.id, {"invoice_settings": settings})
        return method.id

    def draft(self, *lines: dict[str, Any], **more: Any) -> stripe.Invoice:
        """A draft with these lines."""
        made = self.api.invoices.create({"customer": self.id, "currency": "sek", **more})
        wanted: Any = list(lines) or [line_of(12_500)]
        return self.api.invoices.add_lines(made.id, {"lines": wanted})

    def invoice(self, *lines: dict[str, Any], **more: Any) -> stripe.Invoice:
        """An open invoice with these lines."""
        return self.api.invoices.finalize_invoice(self.draft(*lines, **more).id)

    def pay(self, *lines: dict[str, Any], **more: Any) -> stripe.Invoice:
        """A paid invoice with these lines."""
        return self.api.invoices.pay(self.invoice(*lines, **more).id, {"off_session": True})

    def hold(self, amount: int = 20_000, card: str = "pm_card_visa") -> stripe.PaymentIntent:
        """A hold on a stranger's card over an amount in öre."""
        return self.api.payment_intents.create(
            {
                "amount": amount,
                "currency": "sek",
                "capture_method": "manual",
                "payment_method": card,
                "confirm": True,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            }
        )
