"""Frames: whatever arrives becomes a message or a refusal, never an accident."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoints.errors import Fault, FrameRefused
from chargepoints.frames import (
    LONGEST_FRAME_BYTES,
    Call,
    CallError,
    CallResult,
    call_error_text,
    call_result_text,
    call_text,
    is_oversized,
    parse_frame,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
PLAIN = st.recursive(
    st.integers(-(2**63) + 1, 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.text() | ANYTHING.map(json.dumps) | st.lists(ANYTHING, max_size=5).map(json.dumps))
def test_any_text_is_a_message_or_refused(text: str) -> None:
    frame = None
    with suppress(FrameRefused):
        frame = parse_frame(text)
    assert frame is None or isinstance(frame, Call | CallResult | CallError)


@given(st.dictionaries(st.sampled_from(["a", "b"]), PLAIN))
def test_what_we_write_we_can_read(payload: dict[str, object]) -> None:
    assert parse_frame(call_text("7", "Reset", payload)) == Call("7", "Reset", payload)
    assert parse_frame(call_result_text("7", payload)) == CallResult("7", payload)


def test_an_error_of_a_station_may_lack_its_description() -> None:
    assert parse_frame('[4, "7", "GenericError"]') == CallError("7", "GenericError", "")
    assert parse_frame(call_error_text("7", "InternalError", "no")) == CallError(
        "7", "InternalError", "no"
    )


@pytest.mark.parametrize("frame", ['[3, "7"]', '[3, "7", []]', '[4, ""]', "[3, 7, {}]"])
def test_a_broken_answer_is_known_as_one(frame: str) -> None:
    with pytest.raises(FrameRefused) as caught:
        parse_frame(frame)
    assert caught.value.is_answer


@pytest.mark.parametrize("frame", ['{"a": 1}', '[2, "7", "Reset"]', '[9, "7"]', "nope"])
def test_what_is_no_answer_gets_one(frame: str) -> None:
    with pytest.raises(FrameRefused) as caught:
        parse_frame(frame)
    assert not caught.value.is_answer


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1])
def test_numbers_of_63_bits_are_taken(number: int) -> None:
    assert parse_frame(f'[2, "7", "Reset", {{"a": {number}}}]')


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**30])
def test_larger_numbers_are_not(number: int) -> None:
    with pytest.raises(FrameRefused, match="beyond 64 bits"):
        parse_frame(f'[2, "7", "Reset", {{"a": [{number}]}}]')


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert parse_frame(r'[2, "7", "Reset", {"a": "\\u0000"}]')
    with pytest.raises(FrameRefused, match="NUL"):
        parse_frame(r'[2, "7", "Reset", {"\u0000": 1}]')


def test_size_is_counted_in_bytes() -> None:
    assert not is_oversized("x" * LONGEST_FRAME_BYTES)
    assert is_oversized("x" * (LONGEST_FRAME_BYTES + 1))
    assert is_oversized("å" * (LONGEST_FRAME_BYTES // 2 + 1))
    assert not is_oversized("å" * (LONGEST_FRAME_BYTES // 2))


def test_every_fault_has_a_code_in_both_versions() -> None:
    assert len({(fault.code("1.6"), fault.code("2.0.1")) for fault in Fault}) == len(Fault)
    assert Fault.OCCURRENCE.code("1.6") == "OccurenceConstraintViolation"
    assert Fault.OCCURRENCE.code("2.0.1") == "OccurrenceConstraintViolation"
