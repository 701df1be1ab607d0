"""Who gets a socket, in which version, and that there is only one of each."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import InvalidStatus

from chargepoints.models import ChargePoint
from chargepoints.services import disable_charge_point, rotate_key
from config.devstack.rented import WebProcess
from tests.chargepoints.conftest import Registered, elsewhere
from tests.station import OcppError, connect

HEARTBEAT: dict[str, str] = {}


async def beat(volt: Registered, url: str = "", key: str = "", user: str | None = None) -> bool:
    async with connect(url or volt.url, key or volt.key, user=user) as station:
        answer = await station.call("Heartbeat", HEARTBEAT)
    return not isinstance(answer, OcppError)


def refusal(volt: Registered, url: str = "", key: str = "", user: str | None = None) -> int:
    with pytest.raises(InvalidStatus) as caught:
        asyncio.run(beat(volt, url, key, user))
    return caught.value.response.status_code


def test_the_right_key_opens_the_socket(volt: Registered) -> None:
    async def talk() -> ChargePoint:
        async with volt.connect() as station:
            await station.call("Heartbeat", HEARTBEAT)
            return await elsewhere(ChargePoint.objects.get)

    row = asyncio.run(talk())
    assert row.socket_channel.startswith("ocpp.")
    assert (row.ocpp_version, row.socket_epoch) == ("1.6", 1)
    assert row.last_seen_at == row.connected_at


def test_a_wrong_key_is_refused(volt: Registered, web: WebProcess) -> None:
    assert refusal(volt, key="A" * 20) == 401
    assert "charge point refused" in web.log


def test_an_unknown_charge_point_is_refused_alike(volt: Registered) -> None:
    assert refusal(volt, url=volt.url.replace("CP-1", "CP-2")) == 401


def test_an_unknown_operator_is_refused_alike(volt: Registered) -> None:
    assert refusal(volt, url=volt.url.replace("volt", "nobody")) == 401


def test_no_key_at_all_is_refused(volt: Registered) -> None:
    async def knock() -> None:
        await connect_socket(volt.url, subprotocols=["ocpp1.6"], proxy=None)

    with pytest.raises(InvalidStatus, match="401"):
        asyncio.run(knock())


def test_another_user_name_is_refused(volt: Registered) -> None:
    assert refusal(volt, user="CP-2") == 401


def test_one_operators_charge_point_is_refused_on_anothers_url(
    volt: Registered, ampere: Registered
) -> None:
    assert refusal(volt, url=ampere.url) == 401


def test_a_charge_point_out_of_use_is_refused(volt: Registered) -> None:
    disable_charge_point(charge_point=volt.charge_point)
    assert refusal(volt) == 401


def test_a_new_key_makes_the_old_one_useless(volt: Registered) -> None:
    key = rotate_key(charge_point=volt.charge_point)
    assert refusal(volt) == 401
    assert asyncio.run(beat(volt, key=key))


def test_a_new_key_closes_the_socket_of_the_old_one(volt: Registered) -> None:
    async def talk() -> int | None:
        async with volt.connect() as station:
            await station.call("Heartbeat", HEARTBEAT)
            await elsewhere(rotate_key, charge_point=volt.charge_point)
            return await station.closed()

    assert asyncio.run(talk()) == 4001


@pytest.mark.parametrize("path", ["//ocpp//volt//CP-1", "/ocpp/volt/CP%2D1", "/ocpp/volt/CP-1/"])
def test_odd_ways_to_write_the_address_are_understood(volt: Registered, path: str) -> None:
    url = volt.url.replace("/ocpp/volt/CP-1", path)
    assert asyncio.run(beat(volt, url=url, user="CP-1"))


@pytest.mark.parametrize("path", ["/ocpp/volt", "/elsewhere", "/ocpp/volt/CP-1/more"])
def test_other_addresses_are_refused(volt: Registered, path: str) -> None:
    assert refusal(volt, url=volt.url.replace("/ocpp/volt/CP-1", path), user="CP-1") == 403


@pytest.mark.parametrize(
    ("offered", "picked"),
    [
        (["ocpp1.6"], "ocpp1.6"),
        (["ocpp2.1", "ocpp2.0.1", "ocpp1.6"], "ocpp2.1"),
        (["ocpp3.0", "ocpp2.0.1", "ocpp1.6"], "ocpp2.0.1"),
        (["ocpp1.6", "ocpp2.0.1"], "ocpp1.6"),
    ],
)
def test_the_first_version_we_speak_is_picked(
    volt: Registered, offered: list[str], picked: str
) -> None:
    assert asyncio.run(negotiate(volt, offered))[0] == picked


@pytest.mark.parametrize("offered", [["ocpp1.5"], None])
def test_no_version_in_common_closes_at_once(volt: Registered, offered: list[str] | None) -> None:
    assert asyncio.run(negotiate(volt, offered)) == (None, 1002)
    assert ChargePoint.objects.get().socket_epoch == 0


async def negotiate(volt: Registered, offered: list[str] | None) -> tuple[str | None, int | None]:
    socket = await connect_socket(
        volt.url.replace("ws://", f"ws://CP-1:{volt.key}@"), subprotocols=offered, proxy=None
    )
    if socket.subprotocol is None:
        await socket.wait_closed()
    await socket.close()
    return socket.subprotocol, socket.close_code
