"""Parameters: what Stripe refuses, refused in Stripe's words; nothing accepted that it has not."""

from typing import Any

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode

from config.devstack.stripe_stand_in import StandIn
from config.devstack.stripe_stand_in.errors import ParameterRefused
from config.devstack.stripe_stand_in.forms import FormMalformed, decode_form, nest_pairs
from config.devstack.stripe_stand_in.parameters import (
    Clearable,
    EitherOf,
    Field,
    ListOf,
    Record,
    Required,
)
from config.devstack.stripe_stand_in.routes import ENDPOINTS, Endpoint
from tests.stripe_stand_in.conformance import OPTIONS, find_params
from tests.stripe_stand_in.payer import Payer
from tests.stripe_stand_in.request_types import fields_within, hints_of

EVERY_ENDPOINT = [entry for entries in ENDPOINTS.values() for entry in entries]
NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
VALUES = st.recursive(
    st.text(max_size=8).filter(lambda text: "\x00" not in text),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


def as_groups(value: Any) -> Any:
    """Lists as groups with digits for keys, which is how they travel."""
    if isinstance(value, list):
        return {str(n): as_groups(inner) for n, inner in enumerate(value)}
    return {k: as_groups(v) for k, v in value.items()} if isinstance(value, dict) else value


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_the_sdk_encodes_is_decoded(params: dict[str, Any]) -> None:
    assert nest_pairs(list(_api_encode(params))) == as_groups(params)


@pytest.mark.parametrize("encoded", ["a=1&a[b]=2", "a[b]=2&a=1", "a[b]=1&a[b][c]=2"])
def test_a_name_is_a_value_or_a_group(encoded: str) -> None:
    with pytest.raises(FormMalformed):
        decode_form(encoded)


@pytest.mark.parametrize(
    ("params", "code", "named"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"payment_settings": {"colour": "red"}}, "parameter_unknown", "payment_settings[colour]"),
        ({"customer": ""}, "parameter_invalid_empty", "customer"),
        ({"days_until_due": "soon"}, "parameter_invalid_integer", "days_until_due"),
        ({"days_until_due": 1.5}, "parameter_invalid_integer", "days_until_due"),
        ({"days_until_due": -1}, "parameter_invalid_integer", "days_until_due"),
        ({"auto_advance": "yes"}, None, "auto_advance"),
        ({"collection_method": "cash"}, None, "collection_method"),
        ({"currency": "zzz"}, None, "currency"),
        ({"custom_fields": {"name": "x"}}, None, "custom_fields"),
        ({"metadata": {"x" * 41: "y"}}, None, f"metadata[{'x' * 41}]"),
    ],
)
def test_bad_parameters_are_named(
    lax_stand_in: StandIn, clients: Any, params: dict[str, Any], code: str | None, named: str
) -> None:
    payer = Payer(clients(lax_stand_in.url))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        payer.api.invoices.create({"customer": payer.id} | params)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.param) == (code, named)
    assert refused.value.http_status == 400


def test_a_missing_parameter_is_named(lax_stand_in: StandIn, clients: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: lines"):
        clients(lax_stand_in.url).v1.invoices.add_lines("in_1", {})


def test_the_old_way_of_passing_options_is_refused(lax_stand_in: StandIn, clients: Any) -> None:
    wanted = {"name": "Bo", "idempotency_key": "c-1"}
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: idempotency_key"):
        clients(lax_stand_in.url).v1.customers.create(wanted)


def test_an_unknown_address_is_refused(lax_stand_in: StandIn, clients: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        clients(lax_stand_in.url).v1.coupons.list()


@settings(deadline=None)
@given(st.text(max_size=20))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    for entry in EVERY_ENDPOINT:
        for name, field in entry.accepts.fields.items():
            try:
                field.read(name, text)
            except ParameterRefused:
                continue


def accepted(field: Field) -> dict[str, Field]:
    """The named fields inside a field."""
    match field:
        case Required(field=inner) | Clearable(field=inner) | ListOf(item=inner):
            return accepted(inner)
        case EitherOf(fields=fields):
            return {name: f for inner in fields for name, f in accepted(inner).items()}
        case Record(fields=inner_fields):
            return dict(inner_fields)
        case _:
            return {}


def strangers(fields: dict[str, Field], hints: dict[str, Any], where: str) -> list[str]:
    """Fields that are accepted here and unknown to the SDK."""
    found = [f"{where}.{name}" for name in fields if name not in hints]
    for name in fields.keys() & hints.keys():
        inner = accepted(fields[name])
        found += strangers(inner, fields_within(hints[name]), f"{where}.{name}") if inner else []
    return found


@pytest.mark.parametrize("entry", EVERY_ENDPOINT, ids=lambda e: f"{e.method} {e.pattern}")
def test_nothing_is_accepted_that_the_sdk_does_not_know(entry: Endpoint) -> None:
    params = find_params(entry.method, entry.pattern)
    assert params is not None
    hints = {name: hint for name, hint in hints_of(params).items() if name not in OPTIONS}
    assert strangers(dict(entry.accepts.fields), hints, "") == []
    missing = [
        name
        for name in params.__required_keys__  # type: ignore[attr-defined]
        if not isinstance(entry.accepts.fields[name], Required)
    ]
    assert missing == []
