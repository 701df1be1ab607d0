"""A running stand-in that checks every exchange, and real SDK clients that talk to it."""

from collections.abc import Callable, Iterator

import pytest
import requests
import stripe

from config.devstack.stripe_stand_in import StandIn
from tests.stripe_stand_in.conformance import checked_stand_in
from tests.stripe_stand_in.payer import KEY, Payer

Clients = Callable[..., stripe.StripeClient]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK waits half a second before it tries again; nothing here needs that."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.0)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """Every request and reply is held against the SDK's types when the test is over."""
    with checked_stand_in(connected=["acct_one", "acct_two"], seed=1) as running:
        yield running


@pytest.fixture
def lax_stand_in() -> Iterator[StandIn]:
    """For tests that send what the SDK's types forbid."""
    with StandIn(connected=["acct_one"], seed=1) as running:
        yield running
    assert running.crashes == []


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Makes SDK clients and closes their connections."""
    sessions: list[requests.Session] = []

    def make(
        url: str,
        key: str = KEY,
        account: str | None = None,
        retries: int = 2,
        timeout_s: float = 10.0,
    ) -> stripe.StripeClient:
        sessions.append(requests.Session())
        return stripe.StripeClient(
            key,
            stripe_account=account,
            base_addresses={"api": url},
            http_client=stripe.RequestsClient(timeout=timeout_s, session=sessions[-1]),
            max_network_retries=retries,
        )

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def payer(stand_in: StandIn, clients: Clients) -> Payer:
    """A customer with a good card, on the key's own account."""
    return Payer(clients(stand_in.url))


@pytest.fixture
def client(payer: Payer) -> stripe.StripeClient:
    """The payer's client."""
    return payer.client
