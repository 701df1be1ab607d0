"""A station that says what a detector's trace says, for tests of what is made of its findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from anomalies.models import Incident, SessionWatch
from anomalies.services import check_completed_session, scan_session
from chargepoints.models import ChargePoint, Connector, StatusRecord
from chargepoints.types import V16
from sessions_app.models import ChargingSession
from sessions_app.types import Sample
from tests.anomalies.traces import START, at
from tests.sessions_app.talk import Message, Talk

MEASURANDS = {
    "energy_wh": ("Energy.Active.Import.Register", None, 1),
    "power_w": ("Power.Active.Import", None, 1),
    "current_ma": ("Current.Import", None, 1000),
    "current_l1_ma": ("Current.Import", "L1", 1000),
    "current_l2_ma": ("Current.Import", "L2", 1000),
    "current_l3_ma": ("Current.Import", "L3", 1000),
    "voltage_mv": ("Voltage", None, 1000),
    "voltage_l1_mv": ("Voltage", "L1-N", 1000),
    "voltage_l2_mv": ("Voltage", "L2-N", 1000),
    "voltage_l3_mv": ("Voltage", "L3-N", 1000),
    "soc_pct": ("SoC", None, 1),
}
UNITS = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent"}
ENDS_S = 12 * 3600


class Charge:
    """One 1.6 session at connector 1: it begins, says samples, and ends."""

    def __init__(
        self,
        charge_point: ChargePoint,
        *,
        begins_at: datetime = START,
        start_wh: int = 1003,
        connector: int = 1,
        tag: str = "AABBCC",
    ) -> None:
        self.talk = Talk(charge_point, V16)
        self.begins_at, self.connector = begins_at, connector
        begin = {
            "connectorId": connector,
            "idTag": tag,
            "meterStart": start_wh,
            "timestamp": f"{begins_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        self.number = self.talk.say(("StartTransaction", begin))["transactionId"]
        self.session = ChargingSession.objects.get(transaction_ref=str(self.number))

    @property
    def shift(self) -> timedelta:
        """How much later than the trace it all happens."""
        return self.begins_at - START

    def message(self, sample: Sample) -> Message:
        """The MeterValues that carry a sample."""
        values = {
            "connectorId": self.connector,
            "transactionId": self.number,
            "meterValue": [meter_value(sample, self.shift)],
        }
        return "MeterValues", values

    def says(self, samples: Iterable[Sample]) -> None:
        """Its samples, one message each."""
        self.talk.say_all(*map(self.message, samples))

    def says_at_once(self, samples: Iterable[Sample]) -> None:
        """Its samples in one message."""
        values = [meter_value(sample, self.shift) for sample in samples]
        where = {"connectorId": self.connector, "transactionId": self.number}
        self.talk.say(("MeterValues", {**where, "meterValue": values}))

    def ends(self, stop_wh: int) -> None:
        """Its stop, long after; not checked yet."""
        ended_at = self.begins_at + timedelta(seconds=ENDS_S)
        stop = {
            "transactionId": self.number,
            "meterStop": stop_wh,
            "timestamp": f"{ended_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        self.talk.say(("StopTransaction", stop))

    def scan(self) -> int:
        """One scan."""
        return scan_session(session_id=self.session.id)

    def check(self) -> None:
        """The check of the complete session."""
        check_completed_session(session_id=self.session.id, now=at(ENDS_S) + self.shift)

    def goes(self, samples: Sequence[Sample]) -> None:
        """All of it: samples, stop at the last register, check."""
        self.says(samples)
        self.ends(samples[-1].energy_wh or 0)
        self.check()

    @property
    def gate(self) -> tuple[str, str]:
        """Whether billing may have it, and why not."""
        self.session.refresh_from_db()
        return self.session.gate, self.session.gate_reason

    @property
    def watermark(self) -> int:
        """How far the scans have read."""
        return SessionWatch.objects.get(session=self.session).watermark


def meter_value(sample: Sample, shift: timedelta) -> dict[str, Any]:
    """A sample as OCPP 1.6 carries it."""
    sampled = []
    for name, (measurand, phase, scale) in MEASURANDS.items():
        value = getattr(sample, name)
        if value is not None:
            text = str(value) if scale == 1 else f"{value / scale:.3f}"
            one = {"value": text, "measurand": measurand, "unit": UNITS[measurand.split(".")[0]]}
            sampled.append({**one, "phase": phase} if phase else one)
    for name, text in sample.extra.items():
        number, unit = text.split()
        sampled.append({"value": number, "measurand": name, "unit": unit})
    return {"timestamp": f"{sample.at + shift:%Y-%m-%dT%H:%M:%SZ}", "sampledValue": sampled}


def says_charging(charge_point: ChargePoint) -> None:
    """The connector has been charging ever since the trace began."""
    StatusRecord.objects.create(
        charge_point=charge_point,
        connector=Connector.objects.get(charge_point=charge_point, evse_id=1),
        status=Connector.Status.CHARGING,
        at=START,
    )


def incidents(**filters: Any) -> list[tuple[str, str, str]]:
    """Kind, cause and state of the incidents, oldest first."""
    rows = Incident.objects.filter(**filters).order_by("created_at", "id")
    return list(rows.values_list("kind", "cause", "state"))
