"""Accounts: keys, Connect, and that nothing crosses between two accounts."""

from typing import Any

import pytest
import stripe

from config.devstack.stripe_stand_in import API_VERSION, StandIn, account_of_key
from tests.stripe_stand_in.payer import OWN, Payer


def test_two_accounts_see_nothing_of_each_other(stand_in: StandIn, clients: Any) -> None:
    one, two = (Payer(clients(stand_in.url, account=f"acct_{n}")) for n in ("one", "two"))
    invoice = one.pay()
    for call in (two.api.invoices.retrieve, two.api.invoices.pay, two.api.invoices.void_invoice):
        with pytest.raises(stripe.InvalidRequestError, match="No such invoice"):
            call(invoice.id)
    assert two.api.invoices.list().data == []
    assert two.api.events.list({"type": "invoice.*"}).data == []
    assert two.api.balance.retrieve().pending == []
    assert len(stand_in.charges_succeeded("acct_one")) == 1
    assert stand_in.charges_succeeded("acct_two") == stand_in.charges_succeeded(OWN) == []


def test_a_customer_of_another_account_cannot_be_invoiced(stand_in: StandIn, clients: Any) -> None:
    one = Payer(clients(stand_in.url, account="acct_one"))
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        clients(stand_in.url, account="acct_two").v1.invoices.create({"customer": one.id})


def test_every_key_is_an_account_of_its_own(stand_in: StandIn, clients: Any) -> None:
    Payer(clients(stand_in.url, key="sk_test_one"))
    assert clients(stand_in.url, key="sk_test_two").v1.customers.list().data == []
    assert len(stand_in.objects(account_of_key("sk_test_one"), "customer")) == 1


@pytest.mark.parametrize("key", ["sk_live_1", "pk_test_1", "nonsense"])
def test_only_secret_test_keys_are_taken(stand_in: StandIn, clients: Any, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        clients(stand_in.url, key=key).v1.customers.list()


def test_a_strange_account_is_refused(stand_in: StandIn, clients: Any) -> None:
    with pytest.raises(stripe.PermissionError, match="does not have access"):
        clients(stand_in.url, account="acct_stranger").v1.customers.list()


def test_a_connected_account_belongs_to_its_platform(stand_in: StandIn, clients: Any) -> None:
    platform = clients(stand_in.url)
    made = platform.v1.accounts.create(
        {
            "country": "SE",
            "email": "el@example.se",
            "controller": {"fees": {"payer": "account"}, "losses": {"payments": "stripe"}},
            "capabilities": {"card_payments": {"requested": True}},
        }
    )
    assert (made.charges_enabled, made.default_currency) == (True, "sek")
    assert platform.v1.accounts.retrieve(made.id).email == "el@example.se"
    assert Payer(clients(stand_in.url, account=made.id)).pay().status == "paid"
    with pytest.raises(stripe.PermissionError):
        clients(stand_in.url, key="sk_test_other", account=made.id).v1.customers.list()
    with pytest.raises(stripe.PermissionError):
        clients(stand_in.url, key="sk_test_other").v1.accounts.retrieve(made.id)


def test_the_platform_takes_its_share(stand_in: StandIn, clients: Any) -> None:
    payer = Payer(clients(stand_in.url, account="acct_one"))
    payer.pay(application_fee_amount=500)
    [movement] = payer.api.balance_transactions.list().data
    assert [(fee.type, fee.amount) for fee in movement.fee_details] == [
        ("stripe_fee", 368),
        ("application_fee", 500),
    ]
    assert movement.net == 12_500 - 368 - 500


def test_no_share_is_taken_of_ones_own_money(payer: Payer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="application_fee_amount"):
        payer.draft(application_fee_amount=500)


def test_the_reply_names_version_and_request(payer: Payer, stand_in: StandIn) -> None:
    response = payer.api.customers.retrieve(payer.id).last_response
    assert response is not None
    assert response.headers["Stripe-Version"] == API_VERSION
    assert response.request_id == stand_in.requests[-1].request_id
    assert {seen.api_version for seen in stand_in.requests} == {API_VERSION}


def test_another_version_is_refused(payer: Payer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="API version"):
        payer.api.customers.list({}, {"stripe_version": "2020-08-27"})


def test_the_sdk_pins_the_version_the_stand_in_speaks() -> None:
    assert stripe.api_version == API_VERSION


def test_an_account_shows_itself(client: stripe.StripeClient) -> None:
    assert client.v1.accounts.retrieve_current().id == OWN
