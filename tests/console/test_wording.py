"""Numbers, times and reasons as people read them, in both languages."""

from __future__ import annotations

import pytest
from django.utils import translation

from console.wording import duration, energy, power, remark, stop_reason
from sessions_app.energy import EnergyFlag
from sessions_app.flags import SessionFlag


@pytest.mark.parametrize(
    ("energy_wh", "swedish", "english"),
    [
        (0, "0,00 kWh", "0.00 kWh"),
        (19_107, "19,11 kWh", "19.11 kWh"),
        (5, "0,01 kWh", "0.01 kWh"),
        (1_234_567, "1\xa0234,57 kWh", "1,234.57 kWh"),
    ],
)
def test_energy_has_two_decimals(energy_wh: int, swedish: str, english: str) -> None:
    with translation.override("sv"):
        assert energy(energy_wh) == swedish
    with translation.override("en"):
        assert energy(energy_wh) == english


def test_power_has_one_decimal() -> None:
    with translation.override("sv"):
        assert power(20_397) == "20,4 kW"


def test_a_day_long_session_keeps_its_hours() -> None:
    assert duration(3 * 3600 + 5 * 60 + 7) == "3:05:07"


def test_every_remark_there_can_be_has_words() -> None:
    with translation.override("sv"):
        unsaid = [flag for flag in (*SessionFlag, *EnergyFlag) if remark(flag) == flag]
    assert unsaid == []


def test_a_reason_nobody_knows_is_shown_as_the_station_said_it() -> None:
    with translation.override("sv"):
        assert stop_reason("EVDisconnected") == "Kabeln drogs ur"
        assert stop_reason("VendorSpecial") == "VendorSpecial"
