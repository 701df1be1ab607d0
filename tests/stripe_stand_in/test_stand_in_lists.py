"""Lists: cursors, filters, expansion."""

import pytest
import stripe

from config.devstack.stripe_stand_in import StandIn
from tests.stripe_stand_in.payer import OWN, Payer


@pytest.fixture
def many(client: stripe.StripeClient, stand_in: StandIn) -> list[str]:
    """Twenty-five customers, one a second, newest first."""
    ids = []
    for number in range(25):
        ids.append(client.v1.customers.create({"name": str(number)}).id)
        stand_in.advance(1)
    return ids[::-1]


def test_pages_follow_each_other(client: stripe.StripeClient, many: list[str]) -> None:
    first = client.v1.customers.list({"limit": 10})
    assert ([row.id for row in first.data], first.has_more) == (many[:10], True)
    every = [row.id for row in first.auto_paging_iter()]
    assert every[:25] == many


def test_pages_can_be_walked_backwards(client: stripe.StripeClient, many: list[str]) -> None:
    page = client.v1.customers.list({"limit": 10, "ending_before": many[20]})
    assert ([row.id for row in page.data], page.has_more) == (many[10:20], True)
    page = client.v1.customers.list({"limit": 10, "ending_before": many[4]})
    assert ([row.id for row in page.data], page.has_more) == (many[:4], False)


def test_a_page_starts_behind_its_cursor(client: stripe.StripeClient, many: list[str]) -> None:
    page = client.v1.customers.list({"limit": 3, "starting_after": many[1]})
    assert [row.id for row in page.data] == many[2:5]


def test_creation_bounds_are_kept(client: stripe.StripeClient, many: list[str]) -> None:
    at = client.v1.customers.retrieve(many[10]).created
    within = client.v1.customers.list({"created": {"gte": at, "lt": at + 3}}).data
    assert [row.id for row in within] == many[8:11]
    assert [row.id for row in client.v1.customers.list({"created": at}).data] == [many[10]]
    after = client.v1.customers.list({"created": {"gt": at, "lte": at + 1}}).data
    assert [row.id for row in after] == [many[9]]


def test_a_cursor_that_names_nothing_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.list({"starting_after": "cus_none"})


def test_invoices_are_filtered_by_customer_and_status(
    payer: Payer, client: stripe.StripeClient
) -> None:
    other = Payer(client)
    drafts = [payer.draft().id, payer.draft().id]
    other.draft()
    paid = payer.pay().id
    listed = client.v1.invoices.list({"customer": payer.id, "status": "draft"}).data
    assert [row.id for row in listed] == drafts[::-1]
    listed = client.v1.invoices.list({"customer": payer.id, "status": "paid"}).data
    assert [row.id for row in listed] == [paid]


def test_a_deleted_draft_leaves_the_list(payer: Payer) -> None:
    keep, gone = payer.draft().id, payer.draft().id
    payer.api.invoices.delete(gone)
    assert [row.id for row in payer.api.invoices.list({"customer": payer.id}).data] == [keep]


def test_events_are_filtered_and_shown_as_they_were(payer: Payer, stand_in: StandIn) -> None:
    invoice = payer.pay()
    drafted = payer.api.events.list({"type": "invoice.created"}).data
    assert [event.data.object["status"] for event in drafted] == ["draft"]
    types = ["invoice.paid", "invoice.finalized"]
    listed = payer.api.events.list({"types": types}).data
    assert [event.type for event in listed] == types
    assert listed[0].data.object["id"] == invoice.id
    assert payer.api.events.retrieve(listed[0].id).type == "invoice.paid"
    stand_in.advance(30 * 24 * 3600 + 1)
    assert payer.api.events.list().data == []


def test_ids_are_expanded_in_objects_and_lists(payer: Payer) -> None:
    invoice = payer.pay()
    shown = payer.api.invoices.retrieve(invoice.id, {"expand": ["customer"]})
    assert isinstance(shown.customer, stripe.Customer)
    [charge] = payer.api.charges.list(
        {"expand": ["data.balance_transaction", "data.payment_intent"]}
    ).data
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert isinstance(charge.payment_intent, stripe.PaymentIntent)
    assert payer.api.charges.retrieve(charge.id).balance_transaction is not None


@pytest.mark.parametrize("path", ["total", "nothing", "lines.data.amount", "a.b.c.d.e"])
def test_what_cannot_be_expanded_is_refused(payer: Payer, path: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        payer.api.invoices.retrieve(payer.draft().id, {"expand": [path]})


def test_customers_are_found_by_mail(payer: Payer) -> None:
    assert [row.id for row in payer.api.customers.list({"email": "anna@example.se"})] == [payer.id]
    assert payer.api.customers.list({"email": "bo@example.se"}).data == []


def test_metadata_is_merged_and_unset(payer: Payer, stand_in: StandIn) -> None:
    update = payer.api.customers.update
    update(payer.id, {"metadata": {"a": "1", "b": "2"}})
    changed = update(payer.id, {"metadata": {"b": "", "c": "3"}}).to_dict()
    assert changed["metadata"] == {"a": "1", "c": "3"}
    event = stand_in.events(OWN, "customer.updated")[-1]
    assert event["data"]["previous_attributes"] == {"metadata": {"a": "1", "b": "2"}}
    assert update(payer.id, {"metadata": ""}).to_dict()["metadata"] == {}
