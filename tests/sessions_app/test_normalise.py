"""Meter values of real stations, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sessions_app.normalise import (
    Overrides,
    SampleKeysDiffer,
    TimestampMissing,
    TimestampUnreadable,
    clock_flags,
    merge,
    normalise,
    parse_timestamp,
)
from sessions_app.types import Batch, Sample, SampleContext

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
AT = datetime(2026, 5, 4, 11, 59, 30, tzinfo=UTC)
STAMP = "2026-05-04T11:59:30Z"


def read(*values: dict[str, Any], at: str | None = STAMP, **overrides: Any) -> Batch:
    entry: dict[str, Any] = {"sampledValue": list(values)}
    if at is not None:
        entry["timestamp"] = at
    return normalise([entry], received_at=NOW, overrides=Overrides(**overrides))


def only(batch: Batch) -> Sample:
    assert batch.rejected == ()
    (sample,) = batch.samples
    return sample


def power(value: Any, **rest: Any) -> dict[str, Any]:
    return {"value": value, "measurand": "Power.Active.Import", **rest}


def current(value: Any, **rest: Any) -> dict[str, Any]:
    return {"value": value, "measurand": "Current.Import", **rest}


def voltage(value: Any, **rest: Any) -> dict[str, Any]:
    return {"value": value, "measurand": "Voltage", **rest}


# --- units and numbers -------------------------------------------------------------------------


def test_a_bare_value_is_the_import_register_in_wh() -> None:
    assert only(read({"value": "1234"})) == Sample(at=AT, energy_wh=1234)


def test_kwh_and_wh_and_a_multiplier_say_the_same() -> None:
    readings = [
        read({"value": "1.234", "unit": "kWh"}),
        read({"value": 1234}),
        read({"value": 1.234, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}),
        read({"value": 1234.0, "unitOfMeasure": {"unit": "kwh", "multiplier": -3}}),
    ]
    assert {only(batch).energy_wh for batch in readings} == {1234}


@pytest.mark.parametrize(
    ("text", "wh"),
    [
        ("12345.678901234567", 12346),
        ("0.5", 1),
        ("1.5", 2),
        ("2.4999999999999999", 2),
        (" 7 ", 7),
        ("+8.", 8),
        ("1e3", 1000),
        ("00012", 12),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_odd_numeric_strings_are_exact_and_round_half_up(text: str, wh: int) -> None:
    assert only(read({"value": text})).energy_wh == wh


def test_large_and_small_units_are_known_by_their_exact_case() -> None:
    assert only(read({"value": "1.5", "unit": "MWh"})).energy_wh == 1_500_000
    assert only(read(power(0.15, unitOfMeasure={"unit": "MW"}))).power_w == 150_000
    assert only(read(current(400, unitOfMeasure={"unit": "ma"}))).current_ma == 400
    assert only(read(voltage(0.8, unitOfMeasure={"unit": "kV"}))).voltage_mv == 800_000
    assert read(power(150, unitOfMeasure={"unit": "mW"})).samples == ()


def test_a_float_does_not_lose_its_last_digit() -> None:
    assert only(read({"value": 0.285, "unitOfMeasure": {"unit": "kWh"}})).energy_wh == 285


@pytest.mark.parametrize(
    "value",
    [
        "",
        "NaN",
        "Infinity",
        "n/a",
        "1_000",
        "12,5",
        "\u0661\u0662",
        "1e",
        "--1",
        True,
        float("nan"),
    ],
)
def test_what_is_no_number_is_rejected_with_its_measurand(value: Any) -> None:
    batch = read(voltage(value))
    assert batch.samples == ()
    assert len(batch.rejected) == 1
    assert batch.rejected[0].startswith("Voltage: ")


@pytest.mark.parametrize(
    "value",
    ["9223372036854775808", 2**63, 10**5000, "1e300", 1e300, "9" * 101],
    ids=["text", "2**63", "10**5000", "1e300 text", "1e300", "101 digits"],
)
def test_a_register_beyond_64_bits_is_rejected(value: Any) -> None:
    batch = read({"value": value})
    assert (batch.samples, len(batch.rejected)) == ((), 1)
    assert batch.rejected[0].startswith("Energy.Active.Import.Register: ")


def test_power_beyond_what_the_column_holds_is_rejected() -> None:
    assert read(power("2147484", unit="kW")).samples == ()


@pytest.mark.parametrize(
    "multiplier", [10**9, -(10**9), 10**5000, 61], ids=["1e9", "-1e9", "1e5000", "61"]
)
def test_an_absurd_multiplier_costs_nothing_and_is_rejected(multiplier: int) -> None:
    batch = read({"value": 7, "unitOfMeasure": {"multiplier": multiplier}})
    assert (batch.samples, len(batch.rejected)) == ((), 1)


def test_power_without_unit_is_watts_and_kw_is_kw() -> None:
    assert only(read(power("7360"))).power_w == 7360
    assert only(read(power("7.36", unit="kW"))).power_w == 7360


def test_a_model_that_omits_kw_needs_an_override() -> None:
    assert only(read(power("11"), missing_units={"Power.Active.Import": "kW"})).power_w == 11_000
    assert only(read(power("11"))).power_w == 11


def test_a_wrong_unit_is_corrected_by_an_override_alone() -> None:
    labelled = {"value": "36000", "unit": "kWh"}
    forced = {"Energy.Active.Import.Register": "Wh"}
    assert only(read(labelled)).energy_wh == 36_000_000
    assert only(read(labelled, forced_units=forced)).energy_wh == 36_000


def test_an_ignored_measurand_leaves_no_trace() -> None:
    assert read(voltage("230"), ignored=frozenset({"Voltage"})) == Batch(())


def test_the_schema_default_wh_says_nothing_about_volts() -> None:
    sample = only(read(voltage(231.5, unitOfMeasure={"unit": "Wh"})))
    assert (sample.voltage_mv, sample.flags) == (231_500, ("unit_ignored",))


def test_a_unit_of_another_quantity_is_rejected() -> None:
    assert read({"value": "5", "unit": "A"}).rejected == (
        "Energy.Active.Import.Register: unit 'A'",
    )
    assert read(power("5", unit="kWh")).rejected == ("Power.Active.Import: unit 'kWh'",)


# --- phases and places -------------------------------------------------------------------------


def test_the_unphased_power_wins_over_the_phases() -> None:
    phases = [power("2300", phase=phase) for phase in ("L1", "L2", "L3")]
    assert only(read(*phases, power("6895"))).power_w == 6895


def test_phases_of_power_and_energy_are_summed() -> None:
    values = [power("2300", phase=phase) for phase in ("L1", "L2-N", "L3")]
    values += [{"value": "10.4", "unit": "kWh", "phase": phase} for phase in ("L1", "L2", "L3")]
    sample = only(read(*values))
    assert (sample.power_w, sample.energy_wh) == (6900, 31_200)


def test_a_sum_that_misses_a_loaded_phase_is_no_power() -> None:
    values = [power("2300", phase="L1"), power("2300", phase="L2")]
    currents = [current("10", phase=phase) for phase in ("L1", "L2", "L3")]
    sample = only(read(*values, *currents))
    assert (sample.power_w, sample.flags) == (None, ("phase_missing",))
    assert sample.extra["Power.Active.Import/L1"] == "2300"


def test_a_one_phase_car_on_three_phases_keeps_its_power() -> None:
    currents = [current(a, phase=p) for a, p in (("16", "L1"), ("0", "L2"), ("0.2", "L3"))]
    assert only(read(power("3680", phase="L1"), *currents)).power_w == 3680


def test_a_sum_beyond_the_bounds_is_rejected() -> None:
    values = [{"value": str(2**62), "phase": phase} for phase in ("L1", "L2", "L3")]
    batch = read(*values)
    assert batch.samples == ()
    assert batch.rejected == ("energy: the sum of the phases is too large",)


def test_currents_and_voltages_stay_per_phase() -> None:
    sample = only(
        read(
            current("15.97", phase="L1", unit="A"),
            current("15.5", phase="L2"),
            current("0", phase="L3"),
            current("48"),
            voltage("229.9", phase="L1-N"),
            voltage("231", phase="L2"),
        )
    )
    assert (sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma) == (15_970, 15_500, 0)
    assert (sample.current_ma, sample.voltage_l1_mv, sample.voltage_l2_mv) == (
        48_000,
        229_900,
        231_000,
    )
    assert (sample.voltage_l3_mv, sample.voltage_mv) == (None, None)


def test_neutral_current_and_line_to_line_voltage_are_extra() -> None:
    sample = only(
        read(
            current("10", phase="L1"),
            current("1.2", phase="N", unit="A"),
            voltage("400", phase="L1-L2"),
        )
    )
    assert (sample.current_ma, sample.voltage_l1_mv) == (None, None)
    assert sample.extra == {"Current.Import/N": "1.2 A", "Voltage/L1-L2": "400"}


def test_a_current_on_the_neutral_alone_is_the_current() -> None:
    """Injet Sonic reports its single phase as N (lbbrhzn/ocpp issue 1311)."""
    sample = only(read(current("15.6", phase="N", unit="A"), voltage("231.1", phase="L1-N")))
    assert (sample.current_ma, sample.flags) == (15_600, ("current_from_neutral",))


def test_the_outlet_is_nearer_than_the_inlet_and_the_car() -> None:
    sample = only(
        read(
            power("50000", location="Inlet"),
            power("48000"),
            power("47000", location="EV"),
        )
    )
    assert sample.power_w == 48_000
    assert sample.extra == {
        "Power.Active.Import@EV": "47000",
        "Power.Active.Import@Inlet": "50000",
    }


def test_a_model_that_calls_every_place_body_is_understood() -> None:
    assert only(read(current("6", phase="L2-N", location="Body"))).current_l2_ma == 6000


def test_offered_current_is_the_largest_phase_when_there_is_no_total() -> None:
    offered = [
        {"value": value, "measurand": "Current.Offered", "phase": phase}
        for value, phase in (("6", "L1"), ("16", "L2"))
    ]
    assert only(read(*offered)).current_offered_ma == 16_000


# --- what is not a plain quantity ---------------------------------------------------------------


def test_soc_is_rounded_and_zero_is_kept_with_a_flag() -> None:
    soc = {"measurand": "SoC", "unit": "Percent", "location": "EV"}
    assert only(read({"value": "55.5", **soc})).soc_pct == 56
    zero = only(read({"value": "0", **soc}))
    assert (zero.soc_pct, zero.flags) == (0, ("soc_zero",))
    assert read({"value": "101", **soc}).samples == ()


@pytest.mark.parametrize("value", [{"value": "-1"}, {"value": "-1", "unit": "kWh"}, {"value": -1}])
def test_a_register_of_minus_one_stays_minus_one_in_any_unit(value: dict[str, Any]) -> None:
    sample = only(read(value))
    assert (sample.energy_wh, sample.flags) == (-1, ("register_unknown",))


def test_another_negative_register_is_kept_and_flagged() -> None:
    sample = only(read({"value": "-2.5", "unit": "kWh"}))
    assert (sample.energy_wh, sample.flags) == (-2500, ("register_negative",))


def test_interval_export_and_reactive_energy_never_touch_the_register() -> None:
    names = [
        "Energy.Active.Import.Interval",
        "Energy.Active.Export.Register",
        "Energy.Reactive.Import.Register",
    ]
    sample = only(read(*({"value": "5", "measurand": name, "unit": "kWh"} for name in names)))
    assert sample.energy_wh is None
    assert sample.extra == dict.fromkeys(names, "5 kWh")


def test_negative_power_of_a_car_that_gives_back_is_kept() -> None:
    assert only(read(power("-5.5", unit="kW"))).power_w == -5500


def test_a_signed_value_of_1_6_is_kept_and_not_read_as_a_number() -> None:
    batch = read(
        {"value": "123456", "format": "SignedData", "context": "Transaction.End"},
        {"value": 'OCMF|{"FV":"1.0"}|{}', "context": "Transaction.Begin"},
    )
    assert [sample.energy_wh for sample in batch.samples] == [None, None]
    assert [sample.extra for sample in batch.samples] == [
        {"Signed.Energy.Active.Import.Register": 'OCMF|{"FV":"1.0"}|{}'},
        {"Signed.Energy.Active.Import.Register": "123456"},
    ]


def test_a_signed_value_of_2_0_1_stands_beside_its_number() -> None:
    signed = {
        "signedMeterData": "T0NNRg==",
        "signingMethod": "",
        "encodingMethod": "OCMF",
        "publicKey": "",
    }
    sample = only(read({"value": 12.5, "signedMeterValue": signed}))
    assert sample.energy_wh == 13
    assert sample.extra == {"Signed.Energy.Active.Import.Register": "T0NNRg=="}


def test_a_signed_value_survives_a_number_that_is_not_understood() -> None:
    batch = read({"value": 1e300, "signedMeterValue": {"signedMeterData": "T0NNRg=="}})
    assert len(batch.rejected) == 1
    assert batch.samples[0].extra == {"Signed.Energy.Active.Import.Register": "T0NNRg=="}


def test_text_that_postgres_can_not_store_is_cleaned() -> None:
    sample = only(read({"value": "O\x00\ud800K", "format": "SignedData"}))
    assert sample.extra == {"Signed.Energy.Active.Import.Register": "O?K"}


# --- contexts, order, duplicates ----------------------------------------------------------------


def test_a_begin_value_in_a_periodic_frame_is_a_sample_of_its_own() -> None:
    """Growatt THOR (lbbrhzn/ocpp issue 1838)."""
    batch = read(
        {"value": "5400", "context": "Sample.Periodic"},
        {"value": "1000", "context": "Transaction.Begin"},
    )
    assert [(s.context, s.energy_wh) for s in batch.samples] == [
        (SampleContext.BEGIN, 1000),
        (SampleContext.PERIODIC, 5400),
    ]


@pytest.mark.parametrize(
    ("ocpp", "ours"),
    [
        ("Sample.Clock", "clock"),
        ("Transaction.End", "end"),
        ("Interruption.Begin", "interruption"),
        ("Interruption.End", "interruption"),
        ("Trigger", "trigger"),
        ("Other", "other"),
    ],
)
def test_contexts_are_folded(ocpp: str, ours: str) -> None:
    assert only(read({"value": "1", "context": ocpp})).context == ours


def test_entries_of_one_time_and_context_are_one_sample() -> None:
    entries = [
        {"timestamp": STAMP, "sampledValue": [{"value": "5400"}]},
        {"timestamp": "2026-05-04T13:59:30.000+02:00", "sampledValue": [power("7")]},
        {"timestamp": STAMP, "sampledValue": [{"value": "5400"}]},
    ]
    assert only(normalise(entries, received_at=NOW)) == Sample(at=AT, energy_wh=5400, power_w=7)


def test_samples_come_out_in_time_order() -> None:
    times = ["2026-05-04T11:02:00Z", "2026-05-04T11:01:00Z", "2026-05-04T11:03:00Z"]
    entries = [{"timestamp": time, "sampledValue": [{"value": "1"}]} for time in times]
    samples = normalise(entries, received_at=NOW).samples
    assert [sample.at.minute for sample in samples] == [1, 2, 3]


def test_a_message_in_which_nothing_is_understood_has_no_samples() -> None:
    batch = read({"value": "?"}, voltage("x"))
    assert batch.samples == ()
    assert len(batch.rejected) == 2


def test_an_entry_without_values_is_nothing() -> None:
    assert read() == Batch(())


# --- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-04T11:59:30Z",
        "2026-05-04T11:59:30.000Z",
        "2026-05-04t11:59:30z",
        "2026-05-04 11:59:30",
        "2026-05-04T11:59:30.000000000",
        "2026-05-04T13:59:30+02:00",
        "2026-05-04T13:59:30+0200",
        "2026-05-04T13:59:30 +02",
        "2026-05-04T06:29:30-05:30",
    ],
)
def test_one_instant_in_many_spellings(text: str) -> None:
    assert parse_timestamp(text) == AT
    assert parse_timestamp(text).tzinfo is UTC


def test_seconds_may_be_absent() -> None:
    assert parse_timestamp("2026-05-04T12:00Z") == NOW


def test_fractions_are_kept_to_the_microsecond_and_a_leap_second_is_the_next() -> None:
    assert parse_timestamp("2026-05-04T11:59:30.1234567Z").microsecond == 123_456
    assert parse_timestamp("2026-05-04T11:59:60Z") == NOW


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "2026-13-01T00:00:00Z",
        "2026-05-04",
        "2026-05-04T25:00:00Z",
        "2026-05-04T11:59:61Z",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:60Z",
        "2026-05-04T11:59:30+99:00",
        "2026-05-04T11:59:30Z" + " " * 99,
        "\u0662026-05-04T11:59:30Z",
        1_777_888_999,
    ],
)
def test_a_text_that_is_no_instant_is_refused_with_a_reason(text: Any) -> None:
    with pytest.raises(TimestampUnreadable, match="timestamp"):
        parse_timestamp(text)


@pytest.mark.parametrize("text", [None, ""])
def test_no_timestamp_is_another_refusal(text: Any) -> None:
    with pytest.raises(TimestampMissing):
        parse_timestamp(text)


def test_without_a_time_the_reception_counts_and_is_flagged() -> None:
    missing, unreadable = only(read({"value": "1"}, at=None)), only(read({"value": "1"}, at="soon"))
    assert (missing.at, missing.flags) == (NOW, ("time_missing",))
    assert (unreadable.at, unreadable.flags) == (NOW, ("time_unreadable",))


def test_a_clock_that_was_never_set_is_flagged_and_kept() -> None:
    sample = only(read({"value": "1"}, at="1970-01-01T00:01:00Z"))
    assert (sample.at.year, sample.flags) == (1970, ("clock_unset",))


def test_a_clock_that_is_years_ahead_is_flagged() -> None:
    assert clock_flags(NOW + timedelta(days=800), NOW) == ("clock_ahead",)
    assert clock_flags(NOW + timedelta(days=200), NOW) == ()


# --- merging ------------------------------------------------------------------------------------


def test_two_reports_of_one_instant_complete_each_other() -> None:
    one = Sample(at=AT, energy_wh=0, power_w=-5, extra={"a": "1", "b": "2"}, flags=("y",))
    two = Sample(at=AT, energy_wh=54, soc_pct=7, extra={"b": "3"}, flags=("x", "y"))
    assert merge(one, two) == Sample(
        at=AT, energy_wh=54, power_w=-5, soc_pct=7, extra={"a": "1", "b": "3"}, flags=("x", "y")
    )


def test_samples_of_two_contexts_do_not_merge() -> None:
    with pytest.raises(SampleKeysDiffer):
        merge(Sample(at=AT), Sample(at=AT, context=SampleContext.END))
