"""Tokens, keys and passwords never reach the message log."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoints.masking import masked

CASES: dict[str, tuple[Any, Any]] = {
    "a token of 1.6": ({"idTag": "AABBCC", "meterStart": 1}, {"idTag": "***", "meterStart": 1}),
    "a token of 2.0.1": (
        {"idToken": {"idToken": "AABBCC", "type": "ISO14443"}},
        {"idToken": {"idToken": "***", "type": "ISO14443"}},
    ),
    "a group": (
        {"idTagInfo": {"status": "Accepted", "parentIdTag": "G1"}},
        {"idTagInfo": {"status": "Accepted", "parentIdTag": "***"}},
    ),
    "a local list": (
        {"localAuthorizationList": [{"idTag": "A1"}]},
        {"localAuthorizationList": [{"idTag": "***"}]},
    ),
    "a key that is set": (
        {"key": "AuthorizationKey", "value": "s3cret"},
        {"key": "AuthorizationKey", "value": "***"},
    ),
    "a key that is reported": (
        {"configurationKey": [{"key": "authorizationkey", "readonly": False, "value": "s3cret"}]},
        {"configurationKey": [{"key": "authorizationkey", "readonly": False, "value": "***"}]},
    ),
    "an ordinary setting": (
        {"key": "HeartbeatInterval", "value": "300"},
        {"key": "HeartbeatInterval", "value": "300"},
    ),
    "a variable that is set": (
        {"setVariableData": [{"variable": {"name": "BasicAuthPassword"}, "attributeValue": "s"}]},
        {"setVariableData": [{"variable": {"name": "BasicAuthPassword"}, "attributeValue": "***"}]},
    ),
    "a variable that is reported": (
        [{"variable": {"name": "BasicAuthPassword"}, "variableAttribute": [{"value": "s"}]}],
        [{"variable": {"name": "BasicAuthPassword"}, "variableAttribute": [{"value": "***"}]}],
    ),
    "a password in an address": (
        {"location": "ftp://anna:pw@files.example/x"},
        {"location": "ftp://***@files.example/x"},
    ),
}


@pytest.mark.parametrize(("payload", "expected"), CASES.values(), ids=CASES.keys())
def test_what_is_masked(payload: Any, expected: Any) -> None:
    assert masked(payload) == expected


@given(
    st.recursive(
        st.integers() | st.text() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["idTag", "a"]), inner),
    )
)
def test_no_token_survives_wherever_it_stands(payload: Any) -> None:
    assert "SECRET" not in str(masked({"x": [payload, {"deep": [{"idTag": "SECRET"}]}]}))
