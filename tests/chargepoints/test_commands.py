"""A command's life: owed, sent by whichever process holds the socket, answered or not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chargepoints.models import ChargePoint, Command, OcppMessage
from chargepoints.services import (
    CommandNotPossible,
    expire_commands,
    queue_command,
    request_remote_start,
    request_remote_stop,
)
from tests.cast import a_connector
from tests.chargepoints.conftest import Registered, elsewhere
from tests.station import Station

State = Command.State
ACCEPTED = {"status": "Accepted"}


async def order(volt: Registered, action: str = "ClearCache", **payload: Any) -> Command:
    """Queue a command from this process; the socket is in another."""
    return await elsewhere(
        queue_command,
        charge_point=volt.charge_point,
        action=action,
        payload=payload,
        requested_by="anna",
    )


async def settled(volt: Registered, station: Station) -> None:
    """Return when the last answer is stored: only then does the next command come."""
    await order(volt, "TriggerMessage", requestedMessage="Heartbeat")
    await station.recv_call("TriggerMessage")


def state_after(volt: Registered, answer: list[Any], action: str = "ClearCache") -> Command:
    """What becomes of a command that the station answers with this frame, less its id."""

    async def talk() -> None:
        async with volt.connect() as station:
            await order(volt, action)
            message_id, _ = await station.recv_call(action)
            await station.send([answer[0], message_id, *answer[1:]])
            await settled(volt, station)

    asyncio.run(talk())
    return Command.objects.get(action=action)


@pytest.mark.parametrize(
    ("version", "action", "payload"),
    [
        ("1.6", "RemoteStartTransaction", {"idTag": "AABBCC", "connectorId": 2}),
        (
            "2.0.1",
            "RequestStartTransaction",
            {"idToken": {"idToken": "AABBCC", "type": "Central"}, "evseId": 2},
        ),
    ],
)
def test_a_remote_start_reaches_the_socket_in_another_process(
    volt: Registered, version: str, action: str, payload: dict[str, Any]
) -> None:
    connector = a_connector(volt.charge_point, 2)

    async def talk() -> dict[str, Any]:
        async with volt.connect(version) as station:
            await elsewhere(
                request_remote_start,
                charge_point=volt.charge_point,
                connector=connector,
                token_uid="AABBCC",
                requested_by="anna",
            )
            message_id, sent = await station.recv_call(action)
            await station.answer(message_id, ACCEPTED)
            await settled(volt, station)
        return sent

    sent = asyncio.run(talk())
    sent.pop("remoteStartId", None)
    assert sent == payload
    command = Command.objects.get(action=action)
    assert (command.state, command.response) == (State.ANSWERED, ACCEPTED)
    assert command.created_at < command.sent_at < command.answered_at


@pytest.mark.parametrize(
    ("version", "reference", "payload"),
    [("1.6", "4711", {"transactionId": 4711}), ("2.0.1", "ab-1", {"transactionId": "ab-1"})],
)
def test_a_remote_stop_names_the_stations_transaction(
    volt: Registered, version: str, reference: str, payload: dict[str, Any]
) -> None:
    ChargePoint.objects.update(ocpp_version=version)
    command = request_remote_stop(
        charge_point=volt.charge_point, transaction_ref=reference, requested_by="anna"
    )
    assert command.payload == payload


def test_a_refused_command_says_so(volt: Registered) -> None:
    command = state_after(volt, [3, {"status": "Rejected"}])
    assert (command.state, command.error) == (State.FAILED, "Rejected")


def test_an_error_of_the_station_is_kept(volt: Registered) -> None:
    command = state_after(volt, [4, "NotSupported", "no cache here", {}])
    assert (command.state, command.error) == (State.FAILED, "NotSupported: no cache here")


def test_an_answer_that_breaks_the_schema_is_a_failure(volt: Registered) -> None:
    command = state_after(volt, [3, {"status": "Perhaps"}])
    assert command.state == State.FAILED
    assert command.error == "not a valid answer: status: is not one of the allowed values"


def test_a_second_command_waits_for_the_first_answer(volt: Registered) -> None:
    async def talk() -> Any:
        async with volt.connect() as station:
            await order(volt, "ClearCache")
            await order(volt, "GetLocalListVersion")
            first, _ = await station.recv_call("ClearCache")
            beat = await station.call("Heartbeat", {})
            await station.answer(first, ACCEPTED)
            await station.recv_call("GetLocalListVersion")
            return beat

    assert "currentTime" in asyncio.run(talk())


def test_a_station_without_a_socket_is_offline_at_once(volt: Registered) -> None:
    command = asyncio.run(order(volt))
    assert (command.state, command.error) == (State.OFFLINE, "the station is not connected")


def test_a_command_that_may_wait_is_sent_at_the_next_connection(volt: Registered) -> None:
    queue_command(
        charge_point=volt.charge_point,
        action="ClearCache",
        payload={},
        requested_by="anna",
        may_wait=True,
    )

    async def talk() -> None:
        async with volt.connect() as station:
            await station.recv_call("ClearCache")

    asyncio.run(talk())


def test_a_command_past_its_time_is_not_sent(volt: Registered) -> None:
    late = queue_command(
        charge_point=volt.charge_point,
        action="Reset",
        payload={"type": "Hard"},
        requested_by="anna",
        ttl_s=0,
        may_wait=True,
    )

    async def talk() -> str:
        async with volt.connect() as station:
            await order(volt)
            frame = await station.recv()
            return str(frame[2])

    assert asyncio.run(talk()) == "ClearCache"
    assert Command.objects.get(pk=late.pk).state == State.QUEUED


def test_a_connection_that_ends_leaves_no_answer(volt: Registered) -> None:
    async def talk() -> None:
        async with volt.connect() as station:
            await order(volt)
            await station.recv_call("ClearCache")
            await station.cut()
        async with volt.connect() as station:
            # The command is not sent a second time: nobody knows whether it was carried out.
            await order(volt, "GetLocalListVersion")
            assert (await station.recv())[2] == "GetLocalListVersion"

    asyncio.run(talk())
    command = Command.objects.get(action="ClearCache")
    assert command.state in {State.SENT, State.TIMED_OUT}


def test_the_sweep_ends_what_is_past_its_time(volt: Registered) -> None:
    now = timezone.now()
    for state in (State.QUEUED, State.SENT, State.ANSWERED):
        Command.objects.create(
            charge_point=volt.charge_point, action=state, state=state, expires_at=now
        )
    assert expire_commands(now=now) == 2
    assert dict(Command.objects.values_list("action", "state")) == {
        "queued": State.OFFLINE,
        "sent": State.TIMED_OUT,
        "answered": State.ANSWERED,
    }


def test_the_sweep_calls_again_for_a_command_whose_wake_up_was_lost(volt: Registered) -> None:
    async def talk() -> None:
        async with volt.connect() as station:
            await station.call("Heartbeat", {})
            await elsewhere(forgotten_command, volt=volt)
            await elsewhere(expire_commands, now=timezone.now() + timedelta(seconds=10))
            await station.recv_call("ClearCache")

    asyncio.run(talk())


def forgotten_command(volt: Registered) -> None:
    Command.objects.create(
        charge_point=volt.charge_point,
        action="ClearCache",
        expires_at=timezone.now() + timedelta(seconds=60),
    )


def test_content_the_schema_refuses_is_never_queued(volt: Registered) -> None:
    with pytest.raises(CommandNotPossible, match="Reset: type: is missing"):
        asyncio.run(order(volt, "Reset"))
    assert not Command.objects.exists()


def test_another_versions_command_is_never_queued(volt: Registered) -> None:
    with pytest.raises(CommandNotPossible, match="not part of this OCPP version"):
        asyncio.run(order(volt, "GetBaseReport"))


def test_both_directions_are_in_the_message_log(volt: Registered) -> None:
    command = state_after(volt, [3, ACCEPTED])
    rows = OcppMessage.objects.filter(message_id=str(command.pk)).order_by("id")
    assert [(row.inbound, row.action, row.payload) for row in rows] == [
        (False, "ClearCache", {}),
        (True, "ClearCache", ACCEPTED),
    ]
