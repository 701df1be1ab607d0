"""Forms and examples of calls, made from OCPP's schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chargepoints.call_forms import CallForm, HandForm, as_initial
from chargepoints.call_shapes import (
    Kind,
    example_answer,
    example_call,
    fields_of,
    in_schema_order,
    payload_of,
    values_of,
)
from chargepoints.catalogue import commands_of
from chargepoints.schemas import check_answer, check_call
from tests.chargepoints.lines import NOW

EVERY_CALL = [(v, spec.action) for v in ("1.6", "2.0.1", "2.1") for spec in commands_of(v)]


def test_the_examples_of_every_call_and_answer_fit_its_schema() -> None:
    for version, action in EVERY_CALL:
        check_call(version, action, example_call(version, action, NOW))
        check_answer(version, action, example_answer(version, action, NOW))


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends for a form that shows these values."""
    return {k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in values.items()}


def test_the_form_of_every_call_sends_its_example() -> None:
    for version, action in EVERY_CALL:
        example = example_call(version, action, NOW)
        values = values_of(version, action, example)
        kinds = {field.path: field.kind for field in fields_of(version, action)}
        sent = typed({k: v for k, v in values.items() if kinds[k] is not Kind.CHOICES})
        sent |= {k: v for k, v in values.items() if kinds[k] is Kind.CHOICES}
        form = CallForm(version, action, as_initial(sent))
        assert form.is_valid(), (version, action, form.errors)
        assert form.payload == example, (version, action)


def test_fields_are_flat_and_lists_are_json() -> None:
    fields = {f.path: f for f in fields_of("2.0.1", "ReserveNow")}
    assert fields["idToken.idToken"].is_required
    assert fields["idToken.type"].kind is Kind.CHOICE
    assert fields["idToken.additionalInfo"].kind is Kind.JSON
    assert not fields["groupIdToken.idToken"].is_required
    assert fields["expiryDateTime"].kind is Kind.TIME


def test_empty_fields_are_left_out_and_zero_is_not() -> None:
    values = {"a": 0, "b.c": "", "b.d": "x", "e": None, "f": [], "g": False}
    assert payload_of(values) == {"a": 0, "b": {"d": "x"}, "g": False}


def test_a_form_names_the_field_that_is_wrong() -> None:
    form = CallForm("1.6", "ChangeAvailability", {"connectorId": "x", "type": "Operative"})
    assert list(form.errors) == ["connectorId"]


def test_half_an_optional_object_names_what_is_missing() -> None:
    sent = {"operationalStatus": "Operative", "evse.connectorId": "1"}
    form = CallForm("2.0.1", "ChangeAvailability", sent)
    assert list(form.errors) == ["evse.id"]


@pytest.mark.parametrize("text", ["[]", "{", '{"type": "Now"}'])
def test_json_that_is_no_such_call_is_refused(text: str) -> None:
    assert list(HandForm("1.6", "Reset", {"payload": text}).errors) == ["payload"]


def test_a_call_goes_out_in_the_order_of_its_schema() -> None:
    mixed = {"idTag": "A", "reservationId": 1, "expiryDate": "x", "connectorId": 1}
    ordered = in_schema_order("1.6", "ReserveNow", mixed)
    assert list(ordered) == ["connectorId", "expiryDate", "idTag", "reservationId"]
    assert ordered == mixed
