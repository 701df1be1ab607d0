"""A call that breaks the schema as real stations do is mended, or refused as ever."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoints.errors import CallRefused
from chargepoints.lenience import Mended, mend_call
from chargepoints.schemas import check_call
from sessions_app.normalise import normalise

AT = datetime(2026, 3, 4, 16, tzinfo=UTC)
START = {"connectorId": 1, "idTag": "CARD", "meterStart": 500, "timestamp": "2026-03-04T15:59:58Z"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
STOP = {"transactionId": 7, "meterStop": 900, "timestamp": "2026-03-04T17:00:00Z"}


def mend(action: str, payload: dict[str, Any], version: str = "1.6") -> Mended:
    return mend_call(version, action, payload, received_at=AT)


class TestMended:
    def test_a_call_that_fits_is_left_alone(self) -> None:
        assert mend("StartTransaction", START) == Mended(START, ())

    def test_numbers_sent_as_texts_are_read(self) -> None:
        mended = mend("StartTransaction", {**START, "connectorId": "1", "meterStart": "500.4"})
        assert mended.payload == START
        assert mended.notes == (
            "meterStart: is not of type integer",
            "connectorId: is not of type integer",
        )

    def test_texts_sent_as_numbers_are_read(self) -> None:
        assert mend("StartTransaction", {**START, "idTag": 4711}).payload["idTag"] == "4711"

    def test_unknown_fields_are_left_out(self) -> None:
        mended = mend("StartTransaction", {**START, "rssi": -70, "uptime": 3})
        assert mended.payload == START
        assert mended.summary == "rssi: is not a field of this message"

    def test_a_word_in_the_wrong_case_is_the_word(self) -> None:
        assert mend("StatusNotification", {**STATUS, "status": "suspended_EV"}).payload == {
            **STATUS,
            "status": "SuspendedEV",
        }

    def test_an_unknown_error_is_another_error_and_kept_as_the_vendors(self) -> None:
        assert mend("StatusNotification", {**STATUS, "errorCode": "RCD tripped"}).payload == {
            **STATUS,
            "errorCode": "OtherError",
            "vendorErrorCode": "RCD tripped",
        }

    def test_an_unknown_reason_to_stop_is_another_reason(self) -> None:
        assert mend("StopTransaction", {**STOP, "reason": "Bored"}).payload["reason"] == "Other"

    def test_a_stop_without_a_register_has_the_one_that_means_unknown(self) -> None:
        stop = {"transactionId": 7, "timestamp": "2026-03-04T17:00:00Z"}
        assert mend("StopTransaction", stop).payload == {**stop, "meterStop": -1}

    def test_a_time_that_is_none_becomes_ours_where_that_is_harmless(self) -> None:
        mended = mend("StatusNotification", {**STATUS, "timestamp": "yesterday"})
        assert mended.payload["timestamp"] == "2026-03-04T16:00:00+00:00"

    def test_a_null_is_a_field_that_is_not_there(self) -> None:
        assert mend("StatusNotification", {**STATUS, "info": None}).payload == STATUS

    def test_a_text_that_is_too_long_is_cut(self) -> None:
        mended = mend("StatusNotification", {**STATUS, "info": "x" * 60})
        assert mended.payload["info"] == "x" * 50

    def test_one_meter_value_instead_of_a_list_is_a_list_of_one(self) -> None:
        value = {"timestamp": "2026-03-04T16:00:00Z", "sampledValue": [{"value": "1"}]}
        mended = mend("MeterValues", {"connectorId": 1, "meterValue": value})
        assert mended.payload == {"connectorId": 1, "meterValue": [value]}


class TestMeterValues:
    def test_what_the_normaliser_can_read_is_left_to_it_and_noted(self) -> None:
        entry = {"timestamp": "late", "sampledValue": [{"value": "21", "unit": "Furlong"}]}
        mended = mend("MeterValues", {"connectorId": 1, "meterValue": [entry]})
        assert mended.payload["meterValue"] == [entry]
        assert mended.notes == (
            "meterValue.0.timestamp: is not a date and time",
            "meterValue.0.sampledValue.0.unit: is not one of the allowed values",
        )

    def test_numbers_become_the_texts_of_16_and_a_value_without_one_is_left_out(self) -> None:
        entry = {"timestamp": "2026-03-04T16:00:00Z", "sampledValue": [{}, {"value": 21.5}, {}, {}]}
        mended = mend("MeterValues", {"connectorId": 1, "meterValue": [entry]})
        assert mended.payload["meterValue"][0]["sampledValue"] == [{"value": "21.5"}]


class TestRefused:
    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            ({k: v for k, v in START.items() if k != "timestamp"}, "timestamp: is missing"),
            ({**START, "timestamp": "noon"}, "timestamp: is not a date and time"),
            ({k: v for k, v in START.items() if k != "meterStart"}, "meterStart: is missing"),
            ({**START, "meterStart": "many"}, "meterStart: is not of type integer"),
            ({**START, "idTag": "A" * 21}, "idTag: is too long"),
        ],
    )
    def test_who_when_and_how_much_are_never_guessed(
        self, payload: dict[str, Any], reason: str
    ) -> None:
        with pytest.raises(CallRefused, match=reason):
            mend("StartTransaction", payload)

    def test_a_status_nobody_knows_has_no_meaning(self) -> None:
        with pytest.raises(CallRefused, match="status: is not one of the allowed values"):
            mend("StatusNotification", {**STATUS, "status": "Dancing"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from([*START, *STATUS, *STOP, "meterValue", "sampledValue", "reason", "x"])
METER = st.fixed_dictionaries({}, optional={"timestamp": JSON, "sampledValue": st.lists(JSON)})


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["StartTransaction", "StopTransaction", "StatusNotification", "MeterValues"]),
    st.dictionaries(FIELDS, JSON | st.lists(METER)),
    st.sampled_from([START, STATUS, STOP, {"connectorId": 1}]),
)
def test_any_payload_is_mended_or_refused(
    action: str, wild: dict[str, Any], tame: dict[str, Any]
) -> None:
    before = repr(payload := {**tame, **wild})
    try:
        mended = mend(action, payload).payload
    except CallRefused:
        mended = None
    assert repr(payload) == before
    if mended is not None and not {"meterValue", "transactionData"} & set(mended):
        check_call("1.6", action, mended)
    if mended is not None:
        normalise(mended.get("meterValue", []), received_at=AT)
