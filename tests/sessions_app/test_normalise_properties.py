"""Normalising never raises and never depends on order: generated messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ocpp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft6Validator

from sessions_app.normalise import merge, normalise
from sessions_app.normalise.measures import MEASURES
from sessions_app.normalise.messages import normalise_fully
from sessions_app.normalise.overrides import NO_OVERRIDES
from sessions_app.normalise.quick import normalise_quickly
from sessions_app.types import Batch, Sample, SampleContext

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SCHEMAS = Path(ocpp.__file__).parent
V16 = json.loads((SCHEMAS / "v16/schemas/MeterValues.json").read_text("utf-8-sig"))
V201 = json.loads((SCHEMAS / "v201/schemas/MeterValuesRequest.json").read_text("utf-8-sig"))
V16_VALUE = V16["properties"]["meterValue"]["items"]["properties"]["sampledValue"]["items"]
V201_TYPES = V201["definitions"]


def one_of(enum: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(enum)


NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -1, 2**63, -(2**63) - 1]),
)
TEXTS = st.one_of(
    st.text(),
    st.floats().map(repr),
    st.decimals(
        places=17, allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9
    ).map(str),
    st.sampled_from(["-1", "0", "OCMF|{}", "1e999", "sNaN", "-0", ".5", "\x00", "\ud800"]),
)
TIMES = st.one_of(
    st.datetimes().map(lambda at: at.isoformat() + "Z"), st.text(), st.just("2026-05-04T11:00:00Z")
)
CUSTOM = st.fixed_dictionaries({"vendorId": st.text(max_size=20)})
VALUE_16 = st.fixed_dictionaries(
    {"value": TEXTS},
    optional={
        name: one_of(V16_VALUE["properties"][name]["enum"])
        for name in ("context", "format", "measurand", "phase", "location", "unit")
    },
)
VALUE_201 = st.fixed_dictionaries(
    {"value": NUMBERS},
    optional={
        "context": one_of(V201_TYPES["ReadingContextEnumType"]["enum"]),
        "measurand": one_of(V201_TYPES["MeasurandEnumType"]["enum"]),
        "phase": one_of(V201_TYPES["PhaseEnumType"]["enum"]),
        "location": one_of(V201_TYPES["LocationEnumType"]["enum"]),
        "customData": CUSTOM,
        "unitOfMeasure": st.fixed_dictionaries(
            {},
            optional={
                "unit": st.one_of(
                    st.text(max_size=20), one_of(["Wh", "kWh", "W", "kW", "A", "V", "Percent"])
                ),
                "multiplier": st.one_of(
                    st.integers(), st.integers(-6, 6), st.sampled_from([3.0, 10**99])
                ),
            },
        ),
        "signedMeterValue": st.fixed_dictionaries(
            {
                key: st.text(max_size=50)
                for key in ("signedMeterData", "signingMethod", "encodingMethod", "publicKey")
            }
        ),
    },
)


def messages(value: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    entry = {"timestamp": TIMES, "sampledValue": st.lists(value, min_size=1, max_size=4)}
    return st.lists(st.fixed_dictionaries(entry), min_size=1, max_size=2)


def within(sample: Sample, name: str, bits: int) -> bool:
    value = getattr(sample, name)
    return value is None or -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def storable(batch: Batch) -> bool:
    """Every integer fits its column and every text is text that PostgreSQL takes."""
    numbers = [name for name in Sample.__slots__ if name.endswith(("_w", "_ma", "_mv", "_pct"))]
    texts = [text for s in batch.samples for pair in s.extra.items() for text in pair]
    assert len(numbers) == 11
    return (
        all(within(s, name, 32) for s in batch.samples for name in numbers)
        and all(within(s, "energy_wh", 64) for s in batch.samples)
        and "\x00" not in "".join([*texts, *batch.rejected])
        and "".join([*texts, *batch.rejected]).encode("utf-8") is not None
    )


def keys_of(batch: Batch) -> list[tuple[datetime, SampleContext]]:
    return [(sample.at, sample.context) for sample in batch.samples]


@pytest.mark.parametrize(
    ("value", "validator", "head"),
    [
        (VALUE_16, Draft4Validator(V16), {"connectorId": 1}),
        (VALUE_201, Draft6Validator(V201), {"evseId": 1}),
    ],
    ids=["1.6", "2.0.1"],
)
def test_no_message_the_schema_admits_raises(value: Any, validator: Any, head: Any) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(messages(value))
    def check(meter_values: list[dict[str, Any]]) -> None:
        assert validator.is_valid({**head, "meterValue": meter_values})
        batch = normalise(meter_values, received_at=NOW)
        assert storable(batch)
        keys = keys_of(batch)
        assert len(set(keys)) == len(keys)

    check()


@settings(max_examples=100, deadline=None)
@given(messages(VALUE_16), st.randoms(use_true_random=False))
def test_order_and_repetition_inside_a_message_change_nothing(
    meter_values: list[dict[str, Any]], random: Any
) -> None:
    shuffled = [*meter_values, *meter_values]
    random.shuffle(shuffled)
    first = normalise(meter_values, received_at=NOW).samples
    assert normalise(shuffled, received_at=NOW).samples == first


NUMBER = st.none() | st.integers(-5, 5)
SAMPLES = st.builds(
    Sample,
    at=st.just(NOW),
    context=st.just(SampleContext.PERIODIC),
    energy_wh=NUMBER,
    power_w=NUMBER,
    current_l2_ma=NUMBER,
    voltage_mv=NUMBER,
    soc_pct=NUMBER,
    extra=st.dictionaries(st.sampled_from("abc"), st.text(max_size=2)),
    flags=st.sets(st.sampled_from("xyz")).map(lambda flags: tuple(sorted(flags))),
)


@settings(deadline=None)
@given(SAMPLES, SAMPLES, SAMPLES)
def test_merging_is_commutative_associative_and_idempotent(a: Sample, b: Sample, c: Sample) -> None:
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a


PLAIN = st.fixed_dictionaries(
    {
        "value": st.one_of(
            st.decimals(-5, 10**7, places=2).map(str),
            st.integers(-1, 10**6).map(str),
            st.floats(0, 10**7),
            st.integers(0, 10**7),
            TEXTS,
        )
    },
    optional={
        "context": st.sampled_from(["Sample.Periodic", "Sample.Clock", "Other", ""]),
        "measurand": st.sampled_from([*MEASURES, "Frequency"]),
        "phase": st.sampled_from(["L1", "L2-N", "N"]),
        "location": st.sampled_from(["Outlet", "Inlet"]),
        "unit": st.sampled_from(["Wh", "kWh", "W", "kW", "A", "V", "Percent"]),
        "unitOfMeasure": st.fixed_dictionaries(
            {},
            optional={
                "unit": st.sampled_from(["Wh", "kWh", "A", "mA"]),
                "multiplier": st.sampled_from([0, 1, -2, 3, True]),
            },
        ),
    },
)
PLAIN_TIMES = st.sampled_from(
    [
        "2026-05-04T11:00:00Z",
        "2026-05-04T11:00:00.123Z",
        "2026-W19-1T11:00:00Z",
        "2026-05-04T23:59:60Z",
        "2026-05-04T11:00:00,5+01Z",
        "2019-12-31T23:59:59Z",
        "2028-01-01T00:00:00Z",
        "2026-05-04 11:00:00Z",
    ]
)


@settings(max_examples=400, deadline=None)
@given(PLAIN_TIMES, st.lists(PLAIN, max_size=4))
def test_the_quick_way_says_what_the_full_way_says(timestamp: str, values: list[Any]) -> None:
    message = [{"timestamp": timestamp, "sampledValue": values}]
    full = normalise_fully(message, received_at=NOW, overrides=NO_OVERRIDES)
    assert normalise(message, received_at=NOW) == full


def test_an_ordinary_message_goes_the_quick_way() -> None:
    values = [{"value": "1.5", "unit": "kWh"}, {"value": "230.1", "measurand": "Voltage"}]
    message = [{"timestamp": "2026-05-04T11:00:00Z", "sampledValue": values}]
    assert normalise_quickly(message, NOW.year) == normalise(message, received_at=NOW)
