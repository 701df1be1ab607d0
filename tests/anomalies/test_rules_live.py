"""Every kind of the catalogue from what stations say to the incident, through the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from chargepoints.models import ChargePoint, Command, DeviceVariable
from sessions_app.types import Sample
from tests.anomalies.scenes import Charge, incidents, says_charging
from tests.anomalies.traces import START, ac, changed, dc, shifted

DAY = timedelta(days=1)
STEADY = ac([16] * 30)
DIRECT = dc([100] * 20)


def nothing(station: ChargePoint) -> None:
    """The station as it is."""


def direct_current(station: ChargePoint) -> None:
    station.connectors.update(
        current_type="dc", phases=1, max_current_ma=125_000, max_power_w=50_000
    )


def limited(amps: float) -> Callable[[ChargePoint], None]:
    """Our profile for the whole station, accepted an hour before."""

    def order(station: ChargePoint) -> None:
        period = {"startPeriod": 0, "limit": amps}
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
        profile = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        }
        Command.objects.create(
            charge_point=station,
            action="SetChargingProfile",
            payload={"connectorId": 0, "csChargingProfiles": profile},
            response={"status": "Accepted"},
            state=Command.State.ANSWERED,
            answered_at=START - timedelta(hours=1),
            expires_at=START,
        )

    return order


def asked_for_everything(station: ChargePoint) -> None:
    DeviceVariable.objects.create(
        charge_point=station,
        name="MeterValuesSampledData",
        value="Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage",
        reported_at=START,
    )


def hot(celsius: int) -> list[Sample]:
    return changed(STEADY, range(10, 30), extra={"Temperature": f"{celsius} Celsius"})


def unequal() -> list[Sample]:
    """16, 16 and 9 A, with the power that belongs to it."""
    return changed(STEADY, range(30), current_l3_ma=9_000, power_w=9_300)


def dead_phase() -> list[Sample]:
    return changed(STEADY, range(10, 30), current_l2_ma=0, power_w=7_260)


def high_voltage() -> list[Sample]:
    return changed(
        STEADY, range(30), voltage_l1_mv=262_000, voltage_l2_mv=262_000, voltage_l3_mv=262_000
    )


SCENES: dict[str, tuple[str, Callable[[ChargePoint], None], Sequence[Sample]]] = {
    "E1": ("power_high", nothing, changed(STEADY, range(10, 20), power_w=14_000)),
    "E2": ("high", nothing, high_voltage()),
    "E3": ("over_limit", nothing, ac([16] * 10 + [24] * 5 + [16] * 15)),
    "E4": ("current", limited(8), STEADY),
    "E5": ("limit_too_low", limited(4), ac([0] * 10)),
    "E6": ("current", nothing, dead_phase()),
    "E7": ("current", nothing, unequal()),
    "E8": ("no_energy", says_charging, ac([0] * 10)),
    "E9": ("no_power", says_charging, ac([16] * 10 + [0] * 10 + [16] * 10)),
    "E12": ("hunting", nothing, ac([16, 16, 8, 8] * 8)),
    "E13": ("too_hot", nothing, hot(95)),
    "E14": ("jump", direct_current, changed(DIRECT, range(10, 20), soc_pct=60)),
    "M1": ("lower", nothing, shifted(STEADY, 10, -2_000)),
    "M2": ("jump", nothing, shifted(STEADY, 10, 50_000)),
    "M3": ("stuck", nothing, changed(STEADY, range(10, 30), energy_wh=STEADY[9].energy_wh)),
    "M8": ("power_small", nothing, changed(STEADY, range(30), power_w=11)),
    "S11": (
        "missing",
        asked_for_everything,
        changed(STEADY, range(30), voltage_l1_mv=None, voltage_l2_mv=None, voltage_l3_mv=None),
    ),
}


class TestWhileItCharges:
    """Samples in, a scan, and the incident is there."""

    @pytest.mark.parametrize("kind", sorted(SCENES))
    def test_the_scan_opens_the_incident(self, outlet: ChargePoint, kind: str) -> None:
        cause, prepare, samples = SCENES[kind]
        prepare(outlet)
        charge = Charge(outlet)
        charge.says_at_once(samples)
        charge.scan()
        assert (kind, cause, "open") in incidents()

    @pytest.mark.parametrize("kind", sorted(SCENES))
    def test_the_check_of_the_complete_session_stands_by_it(
        self, outlet: ChargePoint, kind: str
    ) -> None:
        cause, prepare, samples = SCENES[kind]
        prepare(outlet)
        charge = Charge(outlet)
        charge.says_at_once(samples)
        charge.ends(samples[-1].energy_wh or 0)
        charge.check()
        assert (kind, cause, "open") in incidents()
