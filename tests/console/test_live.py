"""Open consoles hear of incidents at once, of their own organisation's alone, and lose none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from anomalies.models import Incident
from anomalies.services import Place, record_place_finding, resolve_place
from anomalies.types import Severity
from chargepoints.models import ChargePoint
from config.devstack.rented import WebProcess
from outbox.models import Event
from tenants.models import Member, Role, Tenant
from tenants.scope import tenant_scope
from tests.anomalies.test_incident_groups import gone
from tests.cast import a_charge_point, a_member, a_tenant

WITHIN_S = 20.0
T = TypeVar("T")


@pytest.fixture
def volt(transactional_db: None, web: WebProcess) -> Iterator[Tenant]:
    """An operator with a station; the test is in its scope."""
    web.start()
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        a_charge_point()
        yield tenant


def cookie_of(tenant: Tenant, role: Role = Role.VIEWER) -> str:
    with tenant_scope(tenant.id):
        user = a_member(role, f"{role}@{tenant.slug}.example")
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}; django_language=en"


def page(web: WebProcess, cookie: str, *, after: str = "") -> Any:
    return connect(
        f"{web.websocket_url}/admin/live/incidents/?after={after}",
        additional_headers={"Cookie": cookie},
        origin=web.url,  # type: ignore[arg-type]
    )


async def elsewhere(act: Callable[..., T], *args: Any, **more: Any) -> T:
    """In a thread, whose database connection ends with the call."""

    def run() -> T:
        try:
            return act(*args, **more)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


async def hears(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(WITHIN_S):
        told: dict[str, Any] = json.loads(await socket.recv())
    return told


def goes_silent(**more: Any) -> None:
    with transaction.atomic():
        station = Place(ChargePoint.objects.get().id)
        record_place_finding(place=station, finding=gone(timezone.now(), **more))


def comes_back() -> None:
    incident = Incident.objects.get()
    place = Place(incident.charge_point_id)
    resolve_place(place=place, kinds=["S3"], now=timezone.now(), resolution="heard of again")


def test_an_incident_is_told_when_it_opens_worsens_and_ends(volt: Tenant, web: WebProcess) -> None:
    async def scene() -> list[tuple[int, list[str]]]:
        seen = []
        async with page(web, await elsewhere(cookie_of, volt)) as socket:
            first = await hears(socket)
            assert (first["open"], first["events"]) == (0, [])
            worse = {"severity": Severity.SYSTEM}
            for act, more in ((goes_silent, {}), (goes_silent, worse), (comes_back, {})):
                await elsewhere(act, **more)
                news = await hears(socket)
                seen.append((news["open"], [one["what"] for one in news["events"]]))
        return seen

    assert asyncio.run(scene()) == [(1, ["opened"]), (1, ["worsened"]), (0, ["ended"])]


def test_who_was_away_catches_up_from_the_rows(volt: Tenant, web: WebProcess) -> None:
    cookie = cookie_of(volt)
    goes_silent()

    async def scene() -> tuple[dict[str, Any], dict[str, Any]]:
        async with page(web, cookie) as socket:
            first = await hears(socket)
        await elsewhere(comes_back)
        async with page(web, cookie, after=first["cursor"]) as socket:
            return first, await hears(socket)

    first, again = asyncio.run(scene())
    assert (first["open"], first["events"]) == (1, [])
    assert [one["what"] for one in again["events"]] == ["opened", "ended"]
    assert again["cursor"] == str(Event.objects.order_by("-id")[0].pk)


def test_another_operators_incidents_are_not_heard_of(volt: Tenant, web: WebProcess) -> None:
    cookie = cookie_of(a_tenant("ampere"))

    async def scene() -> dict[str, Any]:
        async with page(web, cookie, after="00000000-0000-7000-8000-000000000000") as socket:
            await elsewhere(goes_silent)
            return await hears(socket)

    told = asyncio.run(scene())
    assert (told["open"], told["rows"], told["events"]) == (0, [], [])


@pytest.mark.parametrize("who", ["a stranger", "a foreign page", "no page"])
def test_nobody_else_gets_in(volt: Tenant, web: WebProcess, who: str) -> None:
    cookie = "" if who == "a stranger" else cookie_of(volt)

    async def knock() -> int:
        said: Any = {"additional_headers": {"Cookie": cookie}}
        if who != "no page":
            said["origin"] = "https://evil.example" if who == "a foreign page" else web.url
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"{web.websocket_url}/admin/live/incidents/", **said)
        return refusal.value.response.status_code

    assert asyncio.run(knock()) == 403


def test_with_the_layer_lost_consoles_look_for_themselves(volt: Tenant, web: WebProcess) -> None:
    web.start({"CHANNEL_PREFIX": "elsewhere"})
    cookie = cookie_of(volt)

    async def scene() -> dict[str, Any]:
        async with page(web, cookie) as socket:
            await hears(socket)
            await elsewhere(goes_silent)
            return await hears(socket)

    assert asyncio.run(scene())["open"] == 1


def test_who_loses_their_place_is_shown_out(volt: Tenant, web: WebProcess) -> None:
    cookie = cookie_of(volt)

    async def scene() -> int:
        async with page(web, cookie) as socket:
            await hears(socket)
            await elsewhere(Member.objects.all().delete)
            with pytest.raises(ConnectionClosed) as end:
                await hears(socket)
        assert end.value.rcvd is not None
        return end.value.rcvd.code

    assert asyncio.run(scene()) == 4403


def test_a_browser_without_sockets_may_ask(db: None) -> None:
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        a_charge_point()
        goes_silent()
    path = "/admin/live/incidents/?after=00000000-0000-7000-8000-000000000000"
    assert Client().get(path).status_code == 403
    answer = Client(headers={"Cookie": cookie_of(tenant)}).get(path)
    told = answer.json()
    assert (told["open"], [one["what"] for one in told["events"]]) == (1, ["opened"])
    assert answer.headers["Cache-Control"] == "no-store"
