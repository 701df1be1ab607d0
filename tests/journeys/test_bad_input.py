"""One station talks nonsense without end; its neighbours charge, and their drivers have paid."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chargepoints.models import ChargePoint, OcppMessage
from config.devstack.simulator.fleet import AC_22, TRI_32
from config.devstack.simulator.plan import Plan, SessionPlan, StationSpec, Summary
from config.devstack.simulator.runner import run_async
from outbox.models import Delivery
from sessions_app.models import ChargingSession
from tenants.scope import across_tenants, tenant_scope
from tests import station
from tests.chargepoints.test_bad_input import BAD_FRAMES_16
from tests.journeys.stage import Operator, Platform, eventually, nothing_is_owed

NOW = datetime.now(UTC).replace(microsecond=0)
LONG = "9" * 60
TIMES = ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "0001-01-01", ""]
VALUES = ["NaN", "1e999", "-1", "", "٣", "0x10", "1,5", LONG, "-" + LONG, "1e-400", "\u202e7"]
WORDS = ["AMPERE", "'; DROP TABLE tenants_tenant; --", "../../etc/passwd", "\u0000", "💥" * 9]
FLOOD = 200


def stamp(minutes_ago: int = 0) -> str:
    return f"{NOW - timedelta(minutes=minutes_ago):%Y-%m-%dT%H:%M:%SZ}"


def starts_16() -> Iterator[tuple[str, Any]]:
    """StartTransactions, Authorizes and statuses that only a program could mean."""
    base = {"connectorId": 1, "idTag": "X", "meterStart": 0, "timestamp": stamp()}
    for at in TIMES:
        yield "StartTransaction", {**base, "timestamp": at}
        yield "StatusNotification", status_16(timestamp=at)
    for word in WORDS:
        yield "StartTransaction", {**base, "idTag": word}
        yield "Authorize", {"idTag": word}
        yield "DataTransfer", {"vendorId": word, "data": word * 99}
    for number in (-1, 0, 99, 2**31, 2**63 - 1):
        yield "StartTransaction", {**base, "connectorId": number}
        yield "StartTransaction", {**base, "meterStart": number}
        yield "StatusNotification", status_16(connectorId=number)


def status_16(**more: Any) -> dict[str, Any]:
    return {"connectorId": 1, "errorCode": "NoError", "status": "Charging", **more}


def transactions_16(transaction_id: int) -> Iterator[tuple[str, Any]]:
    """Readings and stops of a transaction that make no sense, and of others that do not exist."""
    for value in VALUES:
        for measurand in ("Energy.Active.Import.Register", "Power.Active.Import", "SoC"):
            sampled = [{"value": value, "measurand": measurand}]
            yield "MeterValues", readings_16(transaction_id, sampled)
    for at in TIMES:
        yield "MeterValues", readings_16(transaction_id, [{"value": "5"}], at)
    many = [{"value": str(number), "phase": "L1"} for number in range(200)]
    yield "MeterValues", readings_16(transaction_id, many)
    stop = {"transactionId": transaction_id, "meterStop": -1, "timestamp": stamp(-3)}
    for number in (0, -1, 2**31 - 1, 2**63 - 1):
        yield "StopTransaction", {**stop, "transactionId": number}
    yield "StopTransaction", {**stop, "timestamp": TIMES[0], "meterStop": 2**62}
    yield "StopTransaction", {**stop, "transactionData": [{"timestamp": "", "sampledValue": []}]}


def readings_16(transaction_id: int, sampled: list[Any], at: str = "") -> dict[str, Any]:
    value = {"timestamp": at or stamp(), "sampledValue": sampled}
    return {"connectorId": 1, "transactionId": transaction_id, "meterValue": [value]}


def events_201() -> Iterator[tuple[str, Any]]:
    """TransactionEvents that fit the schema, or nearly, and nothing else."""
    for number, word in enumerate(WORDS):
        yield "TransactionEvent", event_201("Started", word[:36], number)
        yield "TransactionEvent", event_201("Ended", word[:36], number + 2**30)
        yield "Authorize", {"idToken": {"idToken": word[:36], "type": "Central"}}
    for at in TIMES:
        yield "TransactionEvent", event_201("Updated", "T", 1, timestamp=at)
    for value in (0, -1, 1e308, -1e308, 1e-308, 2**62):
        sampled = {"value": value, "unitOfMeasure": {"unit": "Wh", "multiplier": 9}}
        reading = [{"timestamp": stamp(), "sampledValue": [sampled]}]
        yield "TransactionEvent", event_201("Updated", "T", 2, meterValue=reading)
    for number in (-1, 2**31, 2**63 - 1):
        yield "TransactionEvent", event_201("Updated", "T", number)
        yield (
            "StatusNotification",
            {
                "timestamp": stamp(),
                "connectorStatus": "Occupied",
                "evseId": number,
                "connectorId": number,
            },
        )


def event_201(kind: str, transaction_id: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": stamp(),
        "triggerReason": "Trigger",
        "seqNo": number,
        "transactionInfo": {"transactionId": transaction_id, "chargingState": "SuspendedEVSE"},
        "evse": {"id": 1, "connectorId": 1},
        **more,
    }


class Vandal:
    """A station with a key of its own that says everything but what it should."""

    def __init__(self, platform: Platform, spec: StationSpec) -> None:
        self._url = f"{platform.sockets}/ocpp/{spec.tenant}/{spec.charge_point_id}"
        self._spec = spec
        self.rounds = 0
        self.answers: list[Any] = []

    async def rage(self, until: asyncio.Event) -> None:
        """Round after round, at least one whole round."""
        while not (until.is_set() and self.rounds):
            await self._say_nonsense()
            await self._send_rubbish()
            await self._send(" " * 100_000)
            await self._send(*["[3, 7"] * FLOOD)
            self.rounds += 1

    async def _say_nonsense(self) -> None:
        async with self._connect() as talk:
            if self._spec.version == "2.0.1":
                messages = list(events_201())
            else:
                begin = {"connectorId": 1, "idTag": "X", "meterStart": 0, "timestamp": stamp(9)}
                number = (await talk.call("StartTransaction", begin))["transactionId"]
                messages = [*starts_16(), *transactions_16(number)]
            for action, payload in messages:
                self.answers.append(await talk.call(action, payload))

    async def _send_rubbish(self) -> None:
        await self._send(*(text for text, *_ in BAD_FRAMES_16.values()))

    async def _send(self, *texts: str | bytes) -> None:
        """Send as fast as the line takes it, and hang up."""
        with suppress(ConnectionClosed):
            async with self._connect() as talk:
                for text in texts:
                    await talk.send_raw(text)
                await talk.call("Heartbeat", {})

    def _connect(self) -> Any:
        return station.connect(self._url, self._spec.key, self._spec.version)


@dataclass(frozen=True)
class Night:
    """What the vandals heard, and what the others charged."""

    vandals: list[Vandal]
    summary: Summary
    neighbours: dict[str, Operator]


def a_charge(spec: StationSpec) -> SessionPlan:
    arrival_at = NOW - timedelta(hours=2)
    return SessionPlan(
        charge_point_id=spec.charge_point_id,
        id_token=spec.charge_point_id,
        arrival_at=arrival_at,
        departure_at=arrival_at + timedelta(hours=1),
        energy_wh=9_000,
        charger=AC_22,
        car=TRI_32,
        seed=5,
    )


async def all_at_once(vandals: list[Vandal], plan: Plan) -> Summary:
    """The vandals rage until the last car has gone."""
    is_over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for vandal in vandals:
            group.create_task(vandal.rage(is_over))
        try:
            return await run_async(plan)
        finally:
            is_over.set()


@pytest.fixture(scope="module")
def night(stage: Platform, volt: Operator, ampere: Operator) -> Night:
    """Two vandals at Volt's; neighbours there and at Ampere's, in both versions."""
    vandals = [
        Vandal(stage, volt.station(f"VANDAL-{version}", version)) for version in ("1.6", "2.0.1")
    ]
    owners = {"NEXT-16": volt, "NEXT-201": volt, "AFAR-16": ampere, "AFAR-201": ampere}
    specs = []
    for name, owner in owners.items():
        owner.driver(name)
        specs.append(owner.station(name, {"16": "1.6", "201": "2.0.1"}[name.partition("-")[2]]))
    plan = Plan(stage.sockets, tuple(specs), tuple(map(a_charge, specs)))
    return Night(vandals, asyncio.run(all_at_once(vandals, plan)), owners)


@pytest.fixture
def everywhere() -> Iterator[None]:
    """The test reads all operators' rows."""
    with across_tenants(reason="the test looks at everything"):
        yield


def test_every_neighbours_session_is_paid(night: Night) -> None:
    assert night.summary.errors == []
    assert len(night.summary.results) == len(night.neighbours)
    for result in night.summary.results:
        session = night.neighbours[result.charge_point_id].paid(result.transaction_id)
        assert session["energy_wh"] == result.energy_wh == 9_000
        assert (session["gate"], session["flags"]) == ("cleared", [])


@pytest.mark.usefixtures("everywhere")
def test_no_neighbour_lost_its_connection(night: Night) -> None:
    epochs = dict(ChargePoint.objects.values_list("identity", "socket_epoch"))
    assert {name: epochs[name] for name in night.neighbours} == dict.fromkeys(night.neighbours, 1)
    assert all(epochs[name] > 3 for name in ("VANDAL-1.6", "VANDAL-2.0.1"))


@pytest.mark.usefixtures("everywhere")
def test_no_neighbours_message_was_refused(night: Night) -> None:
    refused = OcppMessage.objects.filter(charge_point__identity__in=night.neighbours)
    assert not refused.exclude(error_code="").exists()


@pytest.mark.usefixtures("everywhere")
def test_nonsense_is_refused_for_a_reason_and_never_by_accident(night: Night) -> None:
    rows = OcppMessage.objects.filter(charge_point__identity__startswith="VANDAL", inbound=True)
    refused = rows.exclude(error_code="")
    assert not refused.filter(reason="").exists()
    internal = refused.filter(error_code="InternalError")
    assert list(internal.values_list("action", "payload")) == []


def test_every_call_of_the_vandals_was_answered(night: Night) -> None:
    for vandal in night.vandals:
        assert vandal.rounds > 0
        assert len(vandal.answers) > 20 * vandal.rounds
        refusals = [each for each in vandal.answers if isinstance(each, station.OcppError)]
        assert 0 < len(refusals) < len(vandal.answers)


def test_what_they_said_is_carried_through_all_checks(night: Night, volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        waiting = ChargingSession.objects.filter(state="open", settle_at__isnull=False)
        eventually(lambda: not waiting.exists())
        eventually(nothing_is_owed)
        failed = Delivery.objects.exclude(last_error="")
        assert list(failed.values_list("subscriber", "last_error")) == []
        made = ChargingSession.objects.filter(charge_point__identity__startswith="VANDAL")
        assert made.filter(state="completed").count() > 3
        assert made.filter(state="completed", gate="unchecked").count() == 0


def test_neither_process_has_stumbled(night: Night, stage: Platform) -> None:
    assert "Traceback" not in stage.web.log
    assert "Traceback" not in stage.worker.log
    assert (stage.web.is_running, stage.worker.is_running) == (True, True)
