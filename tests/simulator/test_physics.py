"""The charge as a physical process: energy is exact, values are possible, seeds decide."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.devstack.simulator.fleet import (
    AC_7,
    AC_22,
    CHARGERS,
    COMPACT,
    DC_50,
    DC_150,
    DC_350,
    FAMILY,
    HYBRID,
    PACK_400,
    PACK_800,
    SMALL_PACK,
    TRI_32,
    TRUCK,
    TWO_PHASE,
    AcCharger,
    cars_for,
)
from config.devstack.simulator.physics import RAMP_CELL_S, Reading
from config.devstack.simulator.register import EnergyRegister
from tests.simulator.makers import ARRIVAL, make_model

FITS = [(charger, car) for charger in CHARGERS for car in cars_for(charger)]
SEEDS = st.integers(0, 2**31)
AC_FITS = [(charger, car) for charger, car in FITS if isinstance(charger, AcCharger)]
ENERGIES = st.integers(0, 30_000)


def apparent_w(reading: Reading) -> float:
    phases = zip(reading.voltage_mv, reading.current_ma, strict=True)
    return sum(v * i for v, i in phases) / 1_000_000


@given(fit=st.sampled_from(FITS), energy_wh=ENERGIES, seed=SEEDS, fills=st.booleans())
@settings(deadline=None)
def test_every_model_delivers_exactly_the_energy_asked_for(fit, energy_wh, seed, fills):
    model = make_model(energy_wh, 200, charger=fit[0], car=fit[1], seed=seed, fills=fills)
    last = list(model.samples(600))[-1]
    assert model.delivered_ws == energy_wh * 3600
    assert last.register_wh == energy_wh


@given(
    resolution_wh=st.sampled_from([1, 10, 100]),
    start_wh=st.integers(0, 10**8),
    energies_wh=st.lists(st.integers(1, 5_000), min_size=1, max_size=5),
)
@settings(deadline=None)
def test_a_coarse_register_loses_nothing_over_many_charges(resolution_wh, start_wh, energies_wh):
    register = EnergyRegister(start_wh, resolution_wh=resolution_wh)
    for energy_wh in energies_wh:
        list(make_model(energy_wh, register=register).samples(60))
    total_wh = start_wh + sum(energies_wh)
    assert register.reading_wh == total_wh // resolution_wh * resolution_wh


@given(fit=st.sampled_from(FITS), seed=SEEDS, interval_s=st.integers(1, 900))
@settings(deadline=None)
def test_the_register_never_runs_backwards(fit, seed, interval_s):
    samples = list(make_model(3_000, charger=fit[0], car=fit[1], seed=seed).samples(interval_s))
    assert all(a.register_wh <= b.register_wh and a.at < b.at for a, b in pairwise(samples))


@given(fit=st.sampled_from(FITS), seed=SEEDS)
@settings(deadline=None)
def test_power_stays_within_the_measured_band_of_volts_times_amps(fit, seed):
    for reading in make_model(5_000, charger=fit[0], car=fit[1], seed=seed).samples(60):
        if reading.power_w > 500:
            assert 0.967 <= reading.power_w / apparent_w(reading) <= 1.006


@given(fit=st.sampled_from(FITS), seed=SEEDS)
@settings(deadline=None)
def test_the_register_counts_the_power_of_every_cell(fit, seed):
    samples = list(make_model(4_000, charger=fit[0], car=fit[1], seed=seed).samples(RAMP_CELL_S))
    for before, after in pairwise(samples[:-1]):
        expected_wh = before.power_w * RAMP_CELL_S / 3600
        counted_wh = after.register_wh - before.register_wh
        assert abs(counted_wh - expected_wh) <= expected_wh * 0.0025 + 1.01


@given(fit=st.sampled_from(AC_FITS), seed=SEEDS)
@settings(deadline=None)
def test_a_minute_of_energy_lies_between_the_powers_at_its_ends(fit, seed):
    samples = list(make_model(6_000, charger=fit[0], car=fit[1], seed=seed).samples(60))
    for before, after in pairwise(samples):
        low_w, high_w = sorted((before.power_w, after.power_w))
        seconds = (after.at - before.at).total_seconds()
        delivered_wh = after.register_wh - before.register_wh
        assert low_w * seconds * 0.965 / 3600 - 40 <= delivered_wh
        assert delivered_wh <= high_w * seconds * 1.035 / 3600 + 40


@given(seed=SEEDS, interval_s=st.sampled_from([7, 15, 60, 300]))
@settings(deadline=None, max_examples=25)
def test_how_often_one_looks_changes_nothing(seed, interval_s):
    looked, unlooked = make_model(seed=seed), make_model(seed=seed)
    for _ in looked.samples(interval_s):
        pass
    unlooked.advance_to(ARRIVAL + timedelta(hours=6))
    ended_at = list(make_model(seed=seed).samples(1_000_000))[-1].at
    assert looked.at == ended_at
    assert looked.delivered_ws == unlooked.delivered_ws


def test_the_same_seed_gives_the_same_readings():
    assert list(make_model(seed=3).samples(60)) == list(make_model(seed=3).samples(60))


def test_another_seed_gives_other_readings():
    assert list(make_model(seed=3).samples(60)) != list(make_model(seed=4).samples(60))


def test_a_car_that_leaves_early_takes_what_there_was_time_for():
    model = make_model(60_000, stay_h=1)
    samples = list(model.samples(60))
    assert samples[-1].at == ARRIVAL + timedelta(hours=1)
    assert 9_000 < samples[-1].register_wh < 11_000
    assert not model.is_complete


def test_after_the_energy_the_car_hangs_on_without_power():
    model = make_model(1_000)
    list(model.samples(60))
    idle = model.advance_to(ARRIVAL + timedelta(hours=5))
    assert (idle.register_wh, idle.power_w, idle.current_ma) == (1_000, 0, (0, 0, 0))
    assert idle.at == ARRIVAL + timedelta(hours=5)


@pytest.mark.parametrize(
    ("charger", "car", "phases", "amps"),
    [
        (AC_7, COMPACT, 1, 32),
        (AC_22, HYBRID, 1, 16),
        (AC_22, TWO_PHASE, 2, 16),
        (AC_22, FAMILY, 3, 16),
        (AC_22, TRI_32, 3, 32),
        (AC_7, FAMILY, 1, 32),
    ],
)
def test_the_car_and_the_outlet_decide_phases_and_current(charger, car, phases, amps):
    reading = list(make_model(8_000, charger=charger, car=car).samples(1_200))[1]
    assert len(reading.voltage_mv) == phases
    assert all(amps * 930 <= each <= amps * 1_005 for each in reading.current_ma)


def test_a_charge_wakes_up_and_ramps_before_it_is_at_full_power():
    powers = [reading.power_w for reading in make_model().samples(5)]
    assert powers[0] == 0
    assert max(powers) > 10_000
    assert any(0 < power < 8_000 for power in powers[:20])


def test_voltage_sags_under_load():
    idle, *_, loaded, _ = make_model().samples(60)
    assert all(a < b - 500 for a, b in zip(loaded.voltage_mv, idle.voltage_mv, strict=True))


def test_an_ac_charge_that_fills_the_battery_tapers_to_the_least_current():
    amps = [reading.current_ma[0] for reading in make_model(20_000, fills=True).samples(60)]
    assert max(amps) > 15_000
    assert 5_700 <= amps[-2] <= 6_100


@pytest.mark.parametrize(
    ("charger", "car"),
    [(DC_50, SMALL_PACK), (DC_150, PACK_400), (DC_350, PACK_800), (DC_350, TRUCK)],
)
def test_dc_voltage_rises_while_power_tapers(charger, car):
    energy_wh = car.battery_wh // 2
    samples = list(make_model(energy_wh, charger=charger, car=car, fills=True).samples(60))
    assert samples[0].voltage_mv < samples[-1].voltage_mv
    assert all(200_000 <= each.voltage_mv[0] <= 900_000 for each in samples)
    assert max(each.power_w for each in samples) > 5 * samples[-2].power_w
    assert samples[-1].soc_percent in (99, 100)


def test_dc_power_keeps_to_the_charger():
    samples = make_model(30_000, charger=DC_50, car=PACK_400).samples(60)
    assert all(each.power_w <= 50_500 and each.current_ma[0] <= 125_500 for each in samples)


def test_a_car_on_the_wrong_plug_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        make_model(charger=AC_7, car=PACK_400)
