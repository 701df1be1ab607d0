"""The naive server; it makes its tables when it starts.

Run: DJANGO_SETTINGS_MODULE=bench.naive.settings uvicorn bench.naive.server:application
"""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import re_path  # noqa: E402
from ocpp.routing import on  # noqa: E402
from ocpp.v16 import ChargePoint as ChargePoint16  # noqa: E402
from ocpp.v16 import call_result as result16  # noqa: E402
from ocpp.v201 import ChargePoint as ChargePoint201  # noqa: E402
from ocpp.v201 import call_result as result201  # noqa: E402

from bench.naive.models import Session, Value  # noqa: E402

NUMBERS = itertools.count(1)

with connection.schema_editor() as editor:
    known = connection.introspection.table_names()
    for model in (Session, Value):
        if model._meta.db_table not in known:
            editor.create_model(model)


async def begin(reference: str, station: str) -> None:
    """Make the session's row."""
    await Session.objects.acreate(
        reference=reference, station=station, started_at=datetime.now(UTC)
    )


async def store(reference: str, meter_value: list[dict[str, Any]]) -> None:
    """A row for each value, and the session's energy."""
    session = await Session.objects.aget(reference=reference)
    for entry in meter_value:
        at = datetime.fromisoformat(entry["timestamp"])
        for sampled in entry["sampled_value"]:
            unit = sampled.get("unit") or sampled.get("unit_of_measure", {}).get("unit", "")
            await Value.objects.acreate(
                session=session,
                at=at,
                measurand=sampled["measurand"],
                value=str(sampled["value"]),
                unit=unit,
                phase=sampled.get("phase", ""),
                context=sampled["context"],
            )
            if sampled["measurand"] == "Energy.Active.Import.Register":
                session.energy_wh = float(sampled["value"])
    await session.asave()


class Station16(ChargePoint16):
    """OCPP 1.6 by the book."""

    @on("StartTransaction")
    async def on_start(self, **_payload: Any) -> Any:
        """A new transaction."""
        number = next(NUMBERS)
        await begin(str(number), self.id)
        return result16.StartTransaction(number, {"status": "Accepted"})

    @on("MeterValues")
    async def on_meter_values(self, transaction_id: int, meter_value: Any, **_more: Any) -> Any:
        """Values of a transaction."""
        await store(str(transaction_id), meter_value)
        return result16.MeterValues()


class Station201(ChargePoint201):
    """OCPP 2.0.1 by the book."""

    @on("TransactionEvent")
    async def on_event(
        self, event_type: str, transaction_info: Any, meter_value: Any = (), **_more: Any
    ) -> Any:
        """A new transaction, or values of one."""
        reference = transaction_info["transaction_id"]
        if event_type == "Started":
            await begin(reference, self.id)
        else:
            await store(reference, meter_value)
        return result201.TransactionEvent()


class Consumer(AsyncWebsocketConsumer):
    """A station's socket."""

    async def connect(self) -> None:
        """Take everybody."""
        self.messages: asyncio.Queue[str] = asyncio.Queue()
        offered = self.scope["subprotocols"][0]
        kind = Station16 if offered == "ocpp1.6" else Station201
        self.station = kind(self.scope["path"].rpartition("/")[2], self)
        await self.accept(offered)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Have the library answer."""
        await self.station.route_message(text_data)

    async def send(self, text_data: Any = None, *args: Any, **kwargs: Any) -> None:
        """What the library calls."""
        await super().send(text_data, *args, **kwargs)


application = ProtocolTypeRouter(
    {"websocket": URLRouter([re_path("", Consumer.as_asgi())])}  # type: ignore[no-untyped-call]
)
