"""The checks themselves: they see every planted mistake and nothing else."""

from importlib import import_module
from typing import Any

import pytest
import stripe

from tests.stripe_stand_in.conformance import (
    FIXTURES,
    Conformance,
    check_against_fixture,
    checked_stand_in,
    read_fixtures,
    read_registry,
    registry_size,
)
from tests.stripe_stand_in.payer import Payer
from tests.stripe_stand_in.reply_types import check_object, error_codes
from tests.stripe_stand_in.request_types import hints_of

INVOICES = "/v1/invoices"
LINES = "/v1/invoices/in_1/add_lines"
TAX = {
    "amount": "20",
    "taxable_amount": "80",
    "tax_rate_data": {"display_name": "Moms", "inclusive": "true", "percentage": "25.0"},
}


def problems(path: str, form: dict[str, Any]) -> list[str]:
    return Conformance().check_request("POST", path, form)


def test_the_sdk_is_read_in_full() -> None:
    assert registry_size() >= 600
    assert {method for method, _ in read_registry()} == {"GET", "POST", "DELETE"}
    assert len(error_codes()) > 150


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (INVOICES, {"customer": "cus_1", "auto_advance": "false", "metadata": {"a": "b"}}),
        (INVOICES, {"metadata": "", "collection_method": "send_invoice"}),
        (LINES, {"lines": {"0": {"amount": "100", "tax_amounts": {"0": TAX}}}}),
        (LINES, {"lines": {"0": {"quantity_decimal": "1.25"}}, "expand": {"0": "customer"}}),
        ("/v1/payment_intents", {"amount": "1", "currency": "sek", "off_session": "true"}),
        ("/v1/payment_intents", {"amount": "1", "currency": "sek", "off_session": "recurring"}),
    ],
)
def test_good_requests_conform(path: str, form: dict[str, Any]) -> None:
    assert problems(path, form) == []


@pytest.mark.parametrize(
    ("path", "form", "word"),
    [
        (INVOICES, {"colour": "red"}, "unknown"),
        (INVOICES, {"idempotency_key": "k"}, "unknown"),
        (INVOICES, {"stripe_account": "acct_1"}, "unknown"),
        (INVOICES, {"payment_intent": "pi_1"}, "unknown"),
        (INVOICES, {"collection_method": "cash"}, "none of"),
        (INVOICES, {"auto_advance": "1"}, "no bool"),
        (INVOICES, {"due_date": "12.5"}, "no int"),
        (INVOICES, {"customer": ""}, "no text"),
        (INVOICES, {"metadata": {"a": {"b": "c"}}}, "flat"),
        (INVOICES, {"automatic_tax": {}}, "missing"),
        (LINES, {}, "missing"),
        (LINES, {"lines": {"0": {"amount": "12.5"}}}, "no int"),
        (LINES, {"lines": {"0": {"amount": "1", "vat": "25"}}}, "unknown"),
        (LINES, {"lines": {"1": {"amount": "1"}}}, "no list"),
        (LINES, {"lines": {"0": {"tax_amounts": {"0": TAX | {"amount": "x"}}}}}, "no int"),
        (LINES, {"lines": {"0": {"tax_amounts": {"0": {"amount": "1"}}}}}, "missing"),
        ("/v1/payment_intents", {"currency": "sek"}, "missing"),
        ("/v1/usage_records", {}, "no such endpoint"),
    ],
)
def test_planted_mistakes_are_caught(path: str, form: dict[str, Any], word: str) -> None:
    assert word in " ".join(problems(path, form))


def find_hints(module: str, name: str) -> dict[str, Any]:
    return hints_of(getattr(import_module(module), name))


def test_every_parameter_type_of_the_sdk_resolves() -> None:
    entries = [entry for group in read_registry().values() for entry in group]
    assert all(isinstance(find_hints(module, name), dict) for _, module, name in entries)


def paid_invoice(payer: Payer) -> dict[str, Any]:
    response = payer.pay().last_response
    assert response is not None
    body: dict[str, Any] = response.data
    return body


def test_a_good_reply_conforms(payer: Payer) -> None:
    assert check_object(paid_invoice(payer), "") == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"colour": "red"}, "colour: extra"),
        ({"total": "12500"}, "total: '12500' is no int"),
        ({"total": 125.0}, "total: 125.0 is no int"),
        ({"total": True}, "total: True is no int"),
        ({"total": None}, "total: None is no int"),
        ({"status": "settled"}, "status: 'settled'"),
        ({"object": "bill"}, "no object named 'bill'"),
        ({"lines": []}, "lines: []"),
        ({"status_transitions": {"paid_on": 1}}, "paid_on: extra"),
        ({"payment_settings": {"payment_method_types": ["cash"]}}, "payment_method_types"),
    ],
)
def test_planted_mistakes_in_replies_are_caught(
    payer: Payer, change: dict[str, Any], word: str
) -> None:
    assert word in " ".join(check_object(paid_invoice(payer) | change, ""))


def test_a_missing_field_is_caught(payer: Payer) -> None:
    body = paid_invoice(payer)
    del body["total"]
    assert check_object(body, "") == ["invoice.total: missing"]


@pytest.mark.skipif(not FIXTURES.exists(), reason="Stripe's example objects are not at hand")
def test_stripes_own_examples_differ_where_they_are_older(payer: Payer) -> None:
    assert len(read_fixtures()) == 176
    body = paid_invoice(payer)
    assert check_against_fixture(body) == []
    assert check_against_fixture(body | {"total": "1"}) != []
    del body["footer"]
    assert check_against_fixture(body) == [
        "invoice.footer: in the example object, not in the reply"
    ]


def test_a_mistake_on_purpose_is_let_pass(clients: Any) -> None:
    with checked_stand_in() as stand_in:
        stand_in.conformance.tolerate("colour")
        with pytest.raises(stripe.InvalidRequestError):
            clients(stand_in.url).v1.customers.create({"colour": "red"})


def test_a_checked_stand_in_fails_the_test(clients: Any) -> None:
    with (
        pytest.raises(AssertionError, match="colour"),
        checked_stand_in() as stand_in,
        pytest.raises(stripe.InvalidRequestError),
    ):
        clients(stand_in.url).v1.customers.create({"colour": "red"})
