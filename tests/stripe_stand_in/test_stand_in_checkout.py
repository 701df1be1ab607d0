"""Checkout and the customer portal, with the customer's part played by the test."""

from typing import Any

import pytest
import stripe

from config.devstack.stripe_stand_in import StandIn
from config.devstack.stripe_stand_in.errors import CardRefused
from tests.stripe_stand_in.payer import OWN, Payer


def open_session(client: stripe.StripeClient, **more: Any) -> stripe.checkout.Session:
    price = {"currency": "sek", "product_data": {"name": "Laddning"}, "unit_amount": 30_000}
    wanted: Any = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_intent_data": {"capture_method": "manual", "metadata": {"session": "7"}},
        "success_url": "https://example.se/klart",
    }
    return client.v1.checkout.sessions.create(wanted | more)


def test_a_stranger_leaves_a_hold(client: stripe.StripeClient, stand_in: StandIn) -> None:
    session = open_session(client)
    assert (session.status, session.payment_intent, session.amount_total) == ("open", None, 30_000)
    stand_in.complete_checkout(OWN, session.id)
    shown = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (shown.status, shown.payment_status) == ("complete", "unpaid")
    assert isinstance(shown.payment_intent, stripe.PaymentIntent)
    assert shown.payment_intent.amount_capturable == 30_000
    assert shown.payment_intent.metadata["session"] == "7"
    assert [event["type"] for event in stand_in.events(OWN)][-3:] == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "checkout.session.completed",
    ]


def test_a_session_may_take_the_money_at_once(
    client: stripe.StripeClient, stand_in: StandIn
) -> None:
    session = open_session(client, payment_intent_data={})
    assert stand_in.complete_checkout(OWN, session.id)["payment_status"] == "paid"
    assert [row["amount"] for row in stand_in.charges_succeeded(OWN)] == [30_000]


def test_a_decline_leaves_the_page_open(client: stripe.StripeClient, stand_in: StandIn) -> None:
    session = open_session(client)
    with pytest.raises(CardRefused):
        stand_in.complete_checkout(OWN, session.id, "pm_card_chargeDeclined")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert stand_in.complete_checkout(OWN, session.id)["status"] == "complete"
    assert len(stand_in.objects(OWN, "payment_intent")) == 1


def test_a_session_ends_unpaid_after_a_day(client: stripe.StripeClient, stand_in: StandIn) -> None:
    session = open_session(client)
    stand_in.advance(24 * 3600)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert stand_in.events(OWN, "checkout.session.expired")


def test_a_session_can_be_closed(client: stripe.StripeClient) -> None:
    session = open_session(client)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        client.v1.checkout.sessions.expire(session.id)


def test_a_card_is_saved_on_a_page(payer: Payer, stand_in: StandIn) -> None:
    session = payer.api.checkout.sessions.create(
        {
            "mode": "setup",
            "currency": "sek",
            "customer": payer.id,
            "success_url": "https://example.se/klart",
        }
    )
    done = stand_in.complete_checkout(OWN, session.id, "pm_card_authenticationRequiredOnSetup")
    intent = payer.api.setup_intents.retrieve(done["setup_intent"])
    assert (intent.status, intent.customer) == ("succeeded", payer.id)
    payer.api.customers.update(
        payer.id, {"invoice_settings": {"default_payment_method": str(intent.payment_method)}}
    )
    assert payer.pay().status == "paid"


def test_a_page_may_make_a_customer(client: stripe.StripeClient, stand_in: StandIn) -> None:
    session = open_session(client, customer_creation="always", customer_email="gast@example.se")
    done = stand_in.complete_checkout(OWN, session.id)
    assert client.v1.customers.retrieve(done["customer"]).email == "gast@example.se"


def test_a_portal_link_is_made_per_click(payer: Payer) -> None:
    wanted: Any = {"customer": payer.id, "return_url": "https://example.se/min-laddning"}
    urls = {payer.api.billing_portal.sessions.create(wanted).url for _ in range(2)}
    assert len(urls) == 2
