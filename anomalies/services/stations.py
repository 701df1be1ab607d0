"""What stations say besides readings, through the rules of stations (S3 S7 S10 E15 F5 F6)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from anomalies.detectors import (
    StationEvent,
    connector_from_json,
    connector_to_json,
    idle_register,
    station_from_json,
    station_step,
    station_to_json,
)
from anomalies.detectors.station import (
    Answered,
    Connected,
    Rejected,
    RemoteStarted,
    StateReported,
    TransactionNamed,
)
from anomalies.levels import token_key
from anomalies.selectors import maintenance_at
from anomalies.selectors.known import rules_of, thresholds_from
from anomalies.services.incidents import record_place_finding, resolve_place
from anomalies.services.memories import Subject, keep_memory, lock_memory
from anomalies.services.opening import Place
from chargepoints.models import ChargePoint, Command, Connector, OcppMessage
from sessions_app.messages import read_readings
from sessions_app.models import ChargingSession, ParkedMessage
from sessions_app.normalise import normalise

NO_LONGER_SAID: Final = "the station no longer says so"
SWEEP_KEY: Final = "sweep"
# What came before its transaction may still find it so much later.
MESSAGES_WAIT: Final = timedelta(minutes=10)
FIRST_LOOK_BACK: Final = timedelta(hours=1)
CHARGING_WITHOUT: Final = timedelta(minutes=2)
_MAC = re.compile(r"(VID:)?[0-9A-F]{12}")


def see_station(*, charge_point_id: UUID, event: StationEvent, evse_id: int = 0) -> None:
    """The next event of a station through its rules; what it shows becomes an incident there.

    `evse_id` 0 is the station itself. Under a lock on what is remembered of the station.
    """
    with transaction.atomic():
        station = ChargePoint.objects.filter(pk=charge_point_id).first()
        if station is None:
            return
        memory = lock_memory(Subject.STATION, str(charge_point_id))
        thresholds = thresholds_from(rules_of(station.profile_id))
        state, findings = station_step(station_from_json(memory.state), event, thresholds)
        keep_memory(memory, station_to_json(state))
        place = _place(station, evse_id)
        for finding in findings:
            record_place_finding(place=place, finding=finding)


def see_fault(
    *, charge_point_id: UUID, evse_id: int, error: str, vendor_error: str, at: datetime
) -> None:
    """A station says that it is broken (E15): an incident at once, unless somebody works there."""
    station = ChargePoint.objects.filter(pk=charge_point_id).first()
    if station is None:
        return
    is_muted = maintenance_at(place_of=_place(station, evse_id), now=at).exists()
    event = StateReported(
        at=at,
        connector=evse_id,
        is_charging=False,
        has_transaction=False,
        error=error,
        vendor_error=vendor_error,
        is_muted=is_muted,
    )
    see_station(charge_point_id=charge_point_id, event=event, evse_id=evse_id)


def end_fault(*, charge_point_id: UUID, evse_id: int, now: datetime) -> None:
    """A station no longer says that it is broken."""
    station = ChargePoint.objects.filter(pk=charge_point_id).first()
    if station is not None:
        place = _place(station, evse_id)
        resolve_place(place=place, kinds=("E15",), now=now, resolution=NO_LONGER_SAID)


def see_refusal(*, charge_point_id: UUID, evse_id: int, token: str, at: datetime) -> None:
    """A token was refused (S7)."""
    event = Rejected(at=at, connector=evse_id, token=token)
    see_station(charge_point_id=charge_point_id, event=event, evse_id=evse_id)


def see_start(*, session_id: UUID) -> None:
    """A session began: its token (F6), who asked for it, whether the boot was accepted (S10)."""
    session = (
        ChargingSession.objects.select_related("connector", "charge_point")
        .filter(pk=session_id)
        .first()
    )
    if session is None or session.started_at is None:
        return
    station, at = session.charge_point, session.started_at
    evse_id = 0 if session.connector is None else session.connector.evse_id
    events: list[StationEvent] = []
    if session.token_uid:
        kind = "MacAddress" if _MAC.fullmatch(session.token_uid) else ""
        events.append(Answered(at, evse_id, token_key(session.token_uid), kind))
    refused = (ChargePoint.BootState.PENDING, ChargePoint.BootState.REJECTED)
    if station.boot_state in refused:
        ref = session.transaction_ref
        events.append(TransactionNamed(at, evse_id, ref, True, is_start=True, was_booted=False))
    if not _is_asked_for(session):
        events.append(RemoteStarted(at, evse_id, token_key(session.token_uid), False))
    for event in events:
        see_station(charge_point_id=station.pk, event=event, evse_id=evse_id)


def sweep_stations(*, now: datetime) -> int:
    """Look at what came since the last sweep: connections, charging without a session, messages
    whose transaction nobody knows. One tenant; returns how many events there were."""
    with transaction.atomic():
        memory = lock_memory(Subject.STATION, SWEEP_KEY)
        since = memory.read_until or now - FIRST_LOOK_BACK
        seen = _see_connections(since, now) + _see_idle_charging(now)
        seen += _see_parked(since - MESSAGES_WAIT, now - MESSAGES_WAIT)
        memory.read_until = now
        memory.save(update_fields=("read_until",))
    return seen


def _see_connections(since: datetime, now: datetime) -> int:
    """Stations whose socket was opened anew; several times within one sweep count once."""
    rows = ChargePoint.objects.filter(
        connected_at__gt=since, connected_at__lte=now, socket_epoch__gt=1
    )
    connected = [(pk, at) for pk, at in rows.values_list("pk", "connected_at") if at is not None]
    for pk, at in sorted(connected):
        see_station(charge_point_id=pk, event=Connected(at))
    return len(connected)


def _see_idle_charging(now: datetime) -> int:
    """Connectors that say they charge for two minutes, and have no session (S10)."""
    under_way = ChargingSession.objects.filter(
        state=ChargingSession.State.OPEN, ended_at=None
    ).values("connector")
    long_ago = now - CHARGING_WITHOUT
    charging = Connector.objects.filter(
        status=Connector.Status.CHARGING, status_at__lte=long_ago, charge_point__enabled=True
    ).exclude(pk__in=under_way.exclude(connector=None))
    rows = list(charging.values_list("charge_point_id", "evse_id", "status_at"))
    for charge_point_id, evse_id, since_at in rows:
        for at in (since_at or long_ago, now):
            event = StateReported(at, evse_id, is_charging=True, has_transaction=False)
            see_station(charge_point_id=charge_point_id, event=event, evse_id=evse_id)
    _end_idle_charging([(row[0], row[1]) for row in rows], now)
    return len(rows)


def _end_idle_charging(charging: list[tuple[UUID, int]], now: datetime) -> None:
    """End what the connector no longer says, and let it be said again another time."""
    from_now_on = Connector.objects.filter(
        incidents__kind="S10", incidents__cause="charging_without", incidents__state="open"
    )
    for connector in from_now_on.select_related("charge_point").distinct():
        if (connector.charge_point_id, connector.evse_id) in charging:
            continue
        event = StateReported(now, connector.evse_id, is_charging=False, has_transaction=False)
        see_station(charge_point_id=connector.charge_point_id, event=event)
        place = Place(connector.charge_point_id, connector.pk)
        resolve_place(place=place, kinds=("S10",), now=now, resolution=NO_LONGER_SAID)


def _see_parked(since: datetime, until: datetime) -> int:
    """Messages that no session has claimed in time: unknown transactions (S10), and registers that
    move while nobody charges (F5)."""
    rows = ParkedMessage.objects.filter(
        session=None, received_at__gt=since, received_at__lte=until
    ).order_by("received_at", "id")
    parked = list(rows)
    for message in parked:
        if message.transaction_ref:
            evse_id = _evse_of(message.payload)
            event = TransactionNamed(
                message.received_at, evse_id, message.transaction_ref, is_known=False
            )
            see_station(charge_point_id=message.charge_point_id, event=event, evse_id=evse_id)
        elif message.action == "MeterValues":
            _see_idle_register(message)
    return len(parked)


def _see_idle_register(message: ParkedMessage) -> None:
    connector = Connector.objects.filter(
        charge_point_id=message.charge_point_id, evse_id=_evse_of(message.payload)
    ).first()
    if connector is None:
        return
    values = read_readings(message.payload).meter_values
    for sample in normalise(values, received_at=message.received_at).samples:
        if sample.energy_wh is None or _is_charging_at(connector, sample.at):
            continue
        memory = lock_memory(Subject.CONNECTOR, str(connector.pk))
        state, finding = idle_register(
            connector_from_json(memory.state), sample.at, sample.energy_wh
        )
        keep_memory(memory, connector_to_json(state))
        if finding is not None:
            place = Place(connector.charge_point_id, connector.pk)
            record_place_finding(place=place, finding=finding)


def _is_charging_at(connector: Connector, at: datetime) -> bool:
    return ChargingSession.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=at), connector=connector, started_at__lte=at
    ).exists()


def _is_asked_for(session: ChargingSession) -> bool:
    """Whether a session that the station says was started from afar was asked for by us.

    OCPP 2.0.1 names our request in the first event (F02.FR.01); 1.6 says nothing of it.
    """
    if session.started_at is None:
        return True
    began = OcppMessage.objects.filter(
        charge_point_id=session.charge_point_id,
        inbound=True,
        action="TransactionEvent",
        at__gt=session.created_at - MESSAGES_WAIT,
        payload__eventType="Started",
        payload__transactionInfo__transactionId=session.transaction_ref,
    ).first()
    info: dict[str, Any] = {} if began is None else (began.payload or {}).get("transactionInfo", {})
    number = info.get("remoteStartId")
    if number is None:
        return True
    return Command.objects.filter(
        charge_point_id=session.charge_point_id,
        action="RequestStartTransaction",
        payload__remoteStartId=number,
    ).exists()


def _evse_of(payload: dict[str, Any]) -> int:
    value = payload.get("connectorId", payload.get("evseId", payload.get("evse", {}).get("id", 0)))
    return value if isinstance(value, int) else 0


def _place(station: ChargePoint, evse_id: int) -> Place:
    connector = None
    if evse_id:
        connector = Connector.objects.filter(charge_point=station, evse_id=evse_id).first()
    return Place(station.pk, None if connector is None else connector.pk, station.site_id)
