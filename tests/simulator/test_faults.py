"""Each fault shows in the readings, and only the meter lies about energy."""

from __future__ import annotations

from itertools import pairwise

import pytest

from config.devstack.simulator.faults import Fault, FaultKind
from config.devstack.simulator.register import EnergyRegister
from tests.simulator.makers import make_model


def readings_with(kind: FaultKind, **size):
    model = make_model(10_000, faults=[Fault(kind, **size)], register=EnergyRegister(50_000))
    samples = list(model.samples(60))
    assert model.delivered_ws == 10_000 * 3600
    return samples


def steps(samples):
    return [after.register_wh - before.register_wh for before, after in pairwise(samples)]


def test_a_register_that_falls_back_does_so_once():
    samples = readings_with(FaultKind.REGISTER_BACKWARDS, size=2_000)
    assert sum(step < 0 for step in steps(samples)) == 1
    assert samples[-1].register_wh == 50_000 + 10_000 - 2_000


def test_a_register_that_jumps_does_so_once():
    samples = readings_with(FaultKind.REGISTER_JUMP)
    assert sum(step > 40_000 for step in steps(samples)) == 1
    assert samples[-1].register_wh == 50_000 + 10_000 + 50_000


def test_misreported_power_leaves_volts_amps_and_energy_alone():
    clean = list(make_model(10_000, register=EnergyRegister(50_000)).samples(60))
    samples = readings_with(FaultKind.POWER_MISREPORTED, size=200)
    assert [each.register_wh for each in samples] == [each.register_wh for each in clean]
    ratios = {
        round(a.power_w / b.power_w) for a, b in zip(samples, clean, strict=True) if b.power_w
    }
    assert ratios == {1, 2}


def test_zero_power_lasts_as_long_as_the_fault():
    samples = readings_with(FaultKind.ZERO_POWER, duration_s=600)
    dead = [each for each in samples[5:-1] if each.power_w == 0]
    assert 9 <= len(dead) <= 11
    assert {each.current_ma for each in dead} == {(0, 0, 0)}


def test_over_current_passes_what_the_outlet_offers():
    samples = readings_with(FaultKind.OVER_CURRENT, size=125)
    over = [each for each in samples if max(each.current_ma) > each.offered_ma * 1.03 + 1_000]
    assert len(over) >= 5


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_waits_for_its_share_of_the_energy(kind):
    clean = list(make_model(10_000).samples(60))
    faulty = list(make_model(10_000, faults=[Fault(kind, after_percent=50)]).samples(60))
    before = [each for each in clean if each.register_wh < 4_900]
    assert faulty[: len(before)] == before


def test_a_meter_refuses_to_count_backwards():
    with pytest.raises(ValueError, match="never counts backwards"):
        EnergyRegister().add(-1)


def test_a_meter_needs_a_resolution():
    with pytest.raises(ValueError, match="at least 1"):
        EnergyRegister(resolution_wh=0)
