"""Webhooks: signed, retried, and lost, doubled, late or out of order on demand."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from config.devstack.stripe_stand_in import API_VERSION, PostFault, PostKind, StandIn
from config.devstack.stripe_stand_in import deliveries as posting
from tests.stripe_stand_in.conformance import checked_stand_in
from tests.stripe_stand_in.payer import OWN, Payer
from tests.stripe_stand_in.receiver import SECRET, Receiver, running_receiver


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(posting, "FIRST_BACK_OFF_S", 0.01)
    with running_receiver() as running:
        yield running


@pytest.fixture
def stand_in(receiver: Receiver) -> Iterator[StandIn]:
    with checked_stand_in(
        webhook_url=receiver.url, webhook_secret=SECRET, connected=["acct_one"], seed=1
    ) as running:
        yield running


def test_every_event_arrives_in_order_and_signed(
    payer: Payer, stand_in: StandIn, receiver: Receiver
) -> None:
    payer.pay()
    assert stand_in.deliveries.wait_idle()
    assert receiver.types == [event["type"] for event in stand_in.events()]
    events = receiver.verify()
    assert {event.api_version for event in events} == {API_VERSION}
    assert not any("account" in event for event in receiver.events)


def test_a_forged_body_fails_the_signature(payer: Payer, stand_in: StandIn) -> None:
    body, signature = stand_in.sign(stand_in.events()[0])
    stripe.Webhook.construct_event(body, signature, SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, SECRET)


def test_an_event_names_the_connected_account_and_the_key(
    stand_in: StandIn, receiver: Receiver, clients: Any
) -> None:
    client = clients(stand_in.url, account="acct_one")
    client.v1.customers.create({"name": "Bo"}, {"idempotency_key": "c-1"})
    assert stand_in.deliveries.wait_idle()
    [event] = receiver.events
    assert (event["account"], event["request"]["idempotency_key"]) == ("acct_one", "c-1")
    assert event["request"]["id"] == stand_in.requests[-1].request_id


def test_a_failing_receiver_is_tried_again(
    payer: Payer, stand_in: StandIn, receiver: Receiver
) -> None:
    assert stand_in.deliveries.wait_idle()
    receiver.answers = [500, 503, 400]
    payer.api.customers.update(payer.id, {"name": "Bo"})
    assert stand_in.deliveries.wait_idle()
    assert [attempt.status for attempt in stand_in.attempts[-4:]] == [500, 503, 400, 200]
    assert receiver.types.count("customer.updated") == 2


def test_an_undelivered_event_is_known_as_such(
    stand_in: StandIn, receiver: Receiver, clients: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.deliveries.hold()
    payer = Payer(clients(stand_in.url))
    waiting = payer.api.events.list({"delivery_success": False}).data
    assert {event.pending_webhooks for event in waiting} == {1}
    stand_in.deliveries.release()
    assert stand_in.deliveries.wait_idle()
    assert payer.api.events.list({"delivery_success": False}).data == []


@pytest.mark.parametrize(("kind", "copies"), [(PostKind.LOSE, 0), (PostKind.DUPLICATE, 2)])
def test_events_are_lost_and_doubled_on_demand(
    payer: Payer, stand_in: StandIn, receiver: Receiver, kind: PostKind, copies: int
) -> None:
    stand_in.fail_post(PostFault(kind, event="invoice.paid"))
    payer.pay()
    assert stand_in.deliveries.wait_idle()
    assert receiver.types.count("invoice.paid") == copies
    assert len(stand_in.events(OWN, "invoice.paid")) == 1


def test_a_late_event_is_overtaken(payer: Payer, stand_in: StandIn, receiver: Receiver) -> None:
    stand_in.fail_post(PostFault(PostKind.DELAY, event="invoice.finalized", delay_s=0.2))
    payer.pay()
    assert stand_in.deliveries.wait_idle()
    assert receiver.types[-1] == "invoice.finalized"


@pytest.mark.parametrize("order", ["made", "reversed", "shuffled"])
def test_held_events_come_in_the_order_asked_for(
    payer: Payer, stand_in: StandIn, receiver: Receiver, order: str
) -> None:
    assert stand_in.deliveries.wait_idle()
    before = len(receiver.posts)
    stand_in.deliveries.hold()
    payer.pay()
    assert len(receiver.posts) == before
    stand_in.deliveries.release(order)
    assert stand_in.deliveries.wait_idle()
    made = [event["id"] for event in stand_in.events()][before:]
    got = [event["id"] for event in receiver.events][before:]
    assert sorted(got) == sorted(made)
    assert (got == made, got == made[::-1]) == (order == "made", order == "reversed")


def test_an_event_can_be_posted_again(payer: Payer, stand_in: StandIn, receiver: Receiver) -> None:
    [event] = stand_in.events(kind="customer.created")
    stand_in.resend(event["id"])
    assert stand_in.deliveries.wait_idle()
    assert receiver.types.count("customer.created") == 2


def test_own_endpoints_are_signed_with_their_own_secret(stand_in: StandIn, clients: Any) -> None:
    with running_receiver() as other:
        client = clients(stand_in.url)
        made = client.v1.webhook_endpoints.create(
            {"url": other.url, "enabled_events": ["customer.created"]}
        )
        payer = Payer(client)
        Payer(clients(stand_in.url, account="acct_one"))
        assert stand_in.deliveries.wait_idle()
        assert [event.data.object["id"] for event in other.verify(made.secret or "")] == [payer.id]
        client.v1.webhook_endpoints.delete(made.id)


def test_a_connect_endpoint_hears_of_connected_accounts_only(
    stand_in: StandIn, clients: Any
) -> None:
    with running_receiver() as other:
        client = clients(stand_in.url)
        client.v1.webhook_endpoints.create(
            {"url": other.url, "enabled_events": ["*"], "connect": True}
        )
        Payer(client)
        Payer(clients(stand_in.url, account="acct_one"))
        assert stand_in.deliveries.wait_idle()
        assert {event["account"] for event in other.events} == {"acct_one"}
