"""The pages Stripe would host, as a visitor's browser sees them."""

from typing import Any

import pytest
import requests
import stripe

from config.devstack.stripe_stand_in import StandIn
from tests.stripe_stand_in.payer import OWN, Payer


def open_page(client: stripe.StripeClient, name: str = "Laddning") -> stripe.checkout.Session:
    price = {"currency": "sek", "product_data": {"name": name}, "unit_amount": 30_000}
    wanted: Any = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": "http://127.0.0.1:1/klart?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:1/avbrutet?a='><script>",
    }
    return client.v1.checkout.sessions.create(wanted)


def test_a_visitor_pays_and_is_sent_on(client: stripe.StripeClient, stand_in: StandIn) -> None:
    session = open_page(client)
    assert "300.00 sek" in requests.get(session.url or "", timeout=5).text
    paid = requests.post(
        session.url or "", {"card": "pm_card_visa"}, timeout=5, allow_redirects=False
    )
    assert paid.status_code == 303
    assert paid.headers["Location"] == f"http://127.0.0.1:1/klart?session={session.id}"
    assert len(stand_in.charges_succeeded(OWN)) == 1


def test_a_declined_visitor_stays(client: stripe.StripeClient, stand_in: StandIn) -> None:
    session = open_page(client)
    reply = requests.post(session.url or "", {"card": "pm_card_chargeDeclined"}, timeout=5)
    assert (reply.status_code, "declined" in reply.text) == (402, True)
    assert "<form" in reply.text


def test_what_others_sent_is_escaped(client: stripe.StripeClient) -> None:
    assert "<script>" not in requests.get(open_page(client).url or "", timeout=5).text


def test_an_invoice_is_paid_on_its_page(payer: Payer) -> None:
    invoice = payer.invoice()
    page = invoice.hosted_invoice_url or ""
    requests.post(page, {"card": "pm_card_visa"}, timeout=5)
    assert payer.api.invoices.retrieve(invoice.id).status == "paid"
    assert "<form" not in requests.get(page, timeout=5).text


@pytest.mark.parametrize("path", ["checkout/cs_none", "nothing/x", ""])
def test_a_dead_link_leads_nowhere(stand_in: StandIn, path: str) -> None:
    assert requests.get(f"{stand_in.url}/_pages/{path}", timeout=5).status_code == 404


def test_portal_and_receipt_can_be_opened(payer: Payer) -> None:
    payer.pay()
    [charge] = payer.api.charges.list().data
    portal = payer.api.billing_portal.sessions.create(
        {"customer": payer.id, "return_url": "https://example.se/"}
    )
    assert "125.00 sek" in requests.get(charge.receipt_url or "", timeout=5).text
    assert "https://example.se/" in requests.get(portal.url, timeout=5).text
