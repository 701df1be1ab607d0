"""Payloads become plain values, and what means nothing is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.messages import (
    FieldRefused,
    read_event,
    read_readings,
    read_start,
    read_stop,
    token_uid,
    token_uid_201,
    trusted_time,
)
from tests.cast import NOON
from tests.sessions_app.talk import at, event, reading, start, stop, token, values, values_201


def test_a_start_is_read() -> None:
    message = read_start(start(minute=5, wh=7, tag=" aabbcc", connector=2)[1])
    assert (message.evse_id, message.token_uid) == (2, "AABBCC")
    assert (message.at, message.meter_start_wh) == (at(5), 7)


def test_a_bare_stop_is_local_and_of_nobody() -> None:
    message = read_stop(stop(17)[1])
    assert (message.transaction_ref, message.reason, message.token_uid) == ("17", "Local", "")
    assert list(message.meter_values) == []


def test_readings_of_both_versions_are_read() -> None:
    old, new = read_readings(values(17, 5, 1)[1]), read_readings(values_201(5, 1, evse=2)[1])
    assert (old.transaction_ref, old.evse_id, old.at) == ("17", 1, at(5))
    assert (new.transaction_ref, new.evse_id, new.at) == ("", 2, at(5))


def test_readings_are_as_old_as_the_oldest() -> None:
    told = [reading(9, 2), reading(5, 1)]
    assert read_readings(values(17, 0, 0, meterValue=told)[1]).at == at(5)


def test_an_event_is_read() -> None:
    message = read_event(event("Started", 0, 5)[1])
    assert (message.kind, message.sequence, message.at) == ("Started", 0, at(5))
    assert (message.evse_id, message.connector_id, message.token_uid) == (1, 1, "AABBCC")
    assert message.names_the_driver


@pytest.mark.parametrize(
    "message",
    [
        event("Updated", 1, 5),
        event("Ended", 1, 5, idToken=token()),
        event("Updated", 1, 5, idToken=token(), triggerReason="StopAuthorized"),
    ],
)
def test_who_stops_need_not_be_the_driver(message: tuple[str, dict[str, Any]]) -> None:
    assert not read_event(message[1]).names_the_driver


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (event("Started", 2**31, 0), "seqNo"),
        (event("Started", -1, 0), "seqNo"),
        (event("Started", 0, 0, evse={"id": 2**15}), "evse.id"),
        (event("Started", 0, 0, evse={"id": 1, "connectorId": -1}), "evse.connectorId"),
        (event("Started", 0, 0, timestamp="2026-W23-1"), "timestamp"),
        (event("Started", 0, 0, transactionInfo={"transactionId": ""}), "transactionInfo."),
    ],
)
def test_a_field_that_means_nothing_is_named(
    message: tuple[str, dict[str, Any]], field: str
) -> None:
    with pytest.raises(FieldRefused, match=f"^{field}"):
        read_event(message[1])


@given(st.text(max_size=36))
def test_a_token_fits_its_column_in_capitals(text: str) -> None:
    uid = token_uid(text)
    assert len(uid) <= 36
    assert token_uid(uid) == uid


def test_no_authorization_is_no_token() -> None:
    assert token_uid_201({"idToken": "X", "type": "NoAuthorization"}) == ""
    assert token_uid_201({}) == ""


@pytest.mark.parametrize(
    ("told", "trusted", "flags"),
    [
        (NOON - timedelta(days=3), NOON - timedelta(days=3), ()),
        (datetime(1970, 1, 1, tzinfo=UTC), NOON, ("clock_unset",)),
        (datetime(2000, 1, 1, tzinfo=UTC), NOON, ("clock_unset",)),
        (datetime(2036, 1, 1, tzinfo=UTC), NOON, ("clock_ahead",)),
    ],
)
def test_a_clock_that_is_plainly_wrong_gives_way_to_ours(
    told: datetime, trusted: datetime, flags: tuple[str, ...]
) -> None:
    assert trusted_time(told, NOON) == (trusted, flags)
