"""The one door to Stripe: which account, which key, which error."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import stripe
from pytest_django import Settings

from billing.stripe_gateway import (
    CallFor,
    Declined,
    InvalidSignature,
    InvoiceLine,
    Json,
    KeyReused,
    NotAnEvent,
    NotFound,
    Rejected,
    RemoteInvoice,
    Retryable,
    StripeFailure,
    StripeGateway,
    WrongAccount,
    customer_body,
    lines_body,
    payment_body,
    verified_event,
)
from billing.stripe_gateway.errors import translated
from config.devstack.stripe_stand_in import API_VERSION, Fault, FaultKind, StandIn
from tests.billing.scenes import PLATFORM

DRIVER = customer_body(
    name="A Driver", email="driver@example.com", language="sv", metadata={"env": "test"}
)
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LINE = InvoiceLine(1, "Energi", 4_000, 3_200, 800, "25")


def platform(key: str = "") -> CallFor:
    return CallFor("", key)


def a_draft(gateway: StripeGateway, card: str = "pm_card_visa") -> RemoteInvoice:
    call = CallFor(gateway.account_ref, "customer")
    customer = gateway.create_customer(call, DRIVER)
    body: Json = {"customer": customer.ref}
    method = gateway.attach_payment_method(CallFor(gateway.account_ref, "attach"), card, body)
    settings = {"invoice_settings": {"default_payment_method": method.ref}}
    gateway.update_customer(CallFor(gateway.account_ref, "default"), customer.ref, settings)
    body = {"customer": customer.ref, "currency": "sek", "metadata": {"invoice": "7"}}
    draft = gateway.create_invoice(CallFor(gateway.account_ref, "draft"), body)
    return gateway.add_lines(CallFor(gateway.account_ref, "lines"), draft.ref, lines_body([LINE]))


def test_the_api_version_is_the_one_we_were_tested_with(stand_in: StandIn) -> None:
    StripeGateway("").create_customer(platform("k"), DRIVER)
    assert stand_in.requests[0].api_version == API_VERSION == "2026-10-28.endive"


def test_a_change_without_a_key_is_not_sent(stand_in: StandIn) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        StripeGateway("").create_customer(platform(), DRIVER)
    assert stand_in.requests == []


def test_a_row_of_another_account_is_not_sent(stand_in: StandIn) -> None:
    with pytest.raises(WrongAccount):
        StripeGateway("acct_volt").create_customer(CallFor("acct_other", "k"), DRIVER)
    assert stand_in.requests == []


def test_key_and_account_travel_as_headers_and_never_in_the_body(stand_in: StandIn) -> None:
    StripeGateway("acct_volt").create_customer(CallFor("acct_volt", "k"), DRIVER)
    [seen] = stand_in.requests
    assert (seen.account, seen.idempotency_key) == ("acct_volt", "k")
    assert set(seen.params) == {"name", "email", "preferred_locales", "metadata"}


def test_nothing_of_the_sdk_comes_out(stand_in: StandIn) -> None:
    gateway = StripeGateway("")
    draft = a_draft(gateway)
    assert gateway.fetch_invoice(platform(), draft.ref) == RemoteInvoice(
        draft.ref,
        {"invoice": "7"},
        status="draft",
        currency="SEK",
        total_minor=4_000,
        vat_minor=800,
        line_count=1,
        customer_ref=draft.customer_ref,
    )


def test_a_paid_invoice_says_how_much_and_when(stand_in: StandIn) -> None:
    gateway = StripeGateway("")
    draft = a_draft(gateway)
    gateway.finalize_invoice(platform("finalize"), draft.ref)
    paid = gateway.pay_invoice(platform("pay"), draft.ref, payment_body())
    assert (paid.is_paid, paid.amount_paid_minor) == (True, 4_000)
    assert paid.paid_at is not None
    assert datetime.now(UTC) - paid.paid_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("card", "needs_action"),
    [("pm_card_chargeCustomerFail", False), ("pm_card_authenticationRequired", True)],
)
def test_a_no_from_the_bank_says_whether_the_holder_can_help(
    stand_in: StandIn, card: str, needs_action: bool
) -> None:
    gateway = StripeGateway("")
    draft = a_draft(gateway, card)
    gateway.finalize_invoice(platform("finalize"), draft.ref)
    with pytest.raises(Declined) as refusal:
        gateway.pay_invoice(platform("pay"), draft.ref, payment_body())
    assert refusal.value.needs_action is needs_action


def test_an_unknown_invoice_is_not_found(stand_in: StandIn) -> None:
    with pytest.raises(NotFound):
        StripeGateway("").fetch_invoice(platform(), "in_gone")


def test_a_wrong_parameter_is_rejected(stand_in: StandIn) -> None:
    with pytest.raises(Rejected, match="unknown parameter"):
        StripeGateway("").create_customer(platform("k"), {"nickname": "x"})


def test_a_key_used_for_something_else_is_told_apart(stand_in: StandIn) -> None:
    StripeGateway("").create_customer(platform("k"), DRIVER)
    with pytest.raises(KeyReused):
        StripeGateway("").create_customer(platform("k"), {**DRIVER, "name": "Else"})


@pytest.mark.parametrize(
    ("kind", "times", "nothing_happened", "replayed", "requests"),
    [
        (FaultKind.LOST_REQUEST, 3, False, False, 3),
        (FaultKind.LOST_REPLY, 3, False, False, 3),
        (FaultKind.CONFLICT, 3, False, False, 3),
        (FaultKind.PASSING_SERVER_ERROR, 3, False, False, 3),
        (FaultKind.RATE_LIMITED, 1, True, False, 1),
        (FaultKind.SERVER_ERROR, 1, False, False, 1),
    ],
)
def test_what_may_be_tried_again_says_what_is_known(
    stand_in: StandIn,
    kind: FaultKind,
    times: int,
    nothing_happened: bool,
    replayed: bool,
    requests: int,
) -> None:
    stand_in.fail(Fault(kind, times=times))
    with pytest.raises(Retryable) as failure:
        StripeGateway("").create_customer(platform("k"), DRIVER)
    assert failure.value.nothing_happened is nothing_happened
    assert failure.value.replayed is replayed
    assert len(stand_in.requests) == requests


def test_a_kept_failure_is_known_as_replayed_the_second_time(stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.SERVER_ERROR))
    with pytest.raises(Retryable):
        StripeGateway("").create_customer(platform("k"), DRIVER)
    with pytest.raises(Retryable) as failure:
        StripeGateway("").create_customer(platform("k"), DRIVER)
    assert failure.value.replayed


def test_the_sdk_repeats_a_lost_call_under_the_same_key(stand_in: StandIn) -> None:
    stand_in.fail(Fault(FaultKind.LOST_REPLY, times=2))
    StripeGateway("").create_customer(platform("k"), DRIVER)
    assert [seen.idempotency_key for seen in stand_in.requests] == ["k"] * 3
    assert len(stand_in.objects(PLATFORM, "customer")) == 1


def test_a_server_that_is_away_is_worth_another_try(settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    with pytest.raises(Retryable):
        StripeGateway("").fetch_invoice(platform(), "in_1")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (stripe.AuthenticationError("no", http_status=401), Retryable),
        (stripe.PermissionError("no", http_status=403), Retryable),
        (stripe.APIError("?", http_status=500), Retryable),
        (stripe.APIError("not JSON", http_status=200), Retryable),
        (stripe.InvalidRequestError("no", None, http_status=400), Rejected),
        (stripe.IdempotencyError("no", http_status=400), KeyReused),
    ],
)
def test_every_error_of_the_sdk_is_one_of_ours(
    error: stripe.StripeError, kind: type[StripeFailure]
) -> None:
    assert type(translated(error)) is kind


def test_lists_are_read_to_the_end(stand_in: StandIn) -> None:
    gateway = StripeGateway("")
    for number in range(101):
        gateway.create_customer(platform(f"k{number}"), DRIVER)
    found = gateway.customers_since(platform(), datetime.now(UTC) - timedelta(minutes=5))
    assert len({customer.ref for customer in found}) == 101


def test_lists_begin_where_they_are_told_to(stand_in: StandIn) -> None:
    gateway = StripeGateway("")
    gateway.create_customer(platform("k"), DRIVER)
    assert gateway.customers_since(platform(), datetime.now(UTC) + timedelta(minutes=5)) == []


def test_events_come_oldest_first_and_one_by_one(stand_in: StandIn) -> None:
    gateway = StripeGateway("")
    draft = a_draft(gateway)
    events = gateway.events_since(platform(), datetime.now(UTC) - timedelta(minutes=5))
    assert events[0].type == "customer.created"
    assert events[-1].object_ref == draft.ref
    assert gateway.fetch_event(platform(), events[-1].ref).type == "invoice.updated"


def test_vat_is_sent_as_text_and_as_we_computed_it() -> None:
    [line] = lines_body([LINE])["lines"]
    assert (line["amount"], line["tax_amounts"][0]["amount"]) == (4_000, 800)
    assert line["tax_amounts"][0]["taxable_amount"] == 3_200
    assert line["tax_amounts"][0]["tax_rate_data"]["percentage"] == "25"
    assert json.loads(json.dumps(line)) == line


def signed(body: bytes, secret: str = "whsec_a", at: datetime = NOW) -> str:
    return stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, int(at.timestamp())
    )


EVENT: Json = {
    "id": "evt_1",
    "object": "event",
    "api_version": API_VERSION,
    "created": int(NOW.timestamp()),
    "account": "acct_volt",
    "type": "invoice.paid",
    "data": {"object": {"id": "in_1", "metadata": {"invoice": "7"}}},
}
BODY = json.dumps(EVENT).encode()


@pytest.mark.parametrize("secrets", [["whsec_a"], ["whsec_new", "whsec_a"]])
def test_any_secret_in_force_will_do(secrets: list[str]) -> None:
    event = verified_event(BODY, signed(BODY), secrets=secrets, now=NOW)
    assert (event.ref, event.account_ref, event.type) == ("evt_1", "acct_volt", "invoice.paid")
    assert (event.object_ref, event.occurred_at) == ("in_1", NOW)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "t=,v1=",
        f"t={int(NOW.timestamp())}",
        signed(BODY, "whsec_other"),
        signed(BODY + b" "),
        signed(BODY, at=NOW - timedelta(seconds=301)),
        signed(BODY, at=NOW + timedelta(seconds=301)),
    ],
)
def test_anything_else_is_refused(signature: str) -> None:
    with pytest.raises(InvalidSignature):
        verified_event(BODY, signature, secrets=["whsec_a"], now=NOW)


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        verified_event(b"\xff", signed(BODY), secrets=["whsec_a"], now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'"text"',
        b'{"id": "evt_1", "object": "v2.core.event", "type": "x", "created": "2026"}',
        b'{"id": "evt_1", "type": "x", "created": 1, "data": []}',
    ],
)
def test_a_signed_body_that_is_no_event_is_told_apart(body: bytes) -> None:
    with pytest.raises(NotAnEvent):
        verified_event(body, signed(body), secrets=["whsec_a"], now=NOW)


def test_a_rate_with_decimals_stays_exact() -> None:
    rate = f"{Decimal('12.50').normalize():f}"
    [line] = lines_body([InvoiceLine(1, "x", 1, 1, 0, rate)])["lines"]
    assert line["tax_amounts"][0]["tax_rate_data"]["percentage"] == "12.5"
