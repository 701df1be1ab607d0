"""Where prices come from: the interface, and a provider that reads JSON over HTTP."""

from __future__ import annotations

import http.client
import time
from datetime import date
from typing import Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)
from zoneinfo import ZoneInfo

from billing.spot.days import day_of
from billing.spot.feeds import Wanted, read_prices
from billing.spot.slots import Slot, WrongSpotPrices
from billing.spot.units import Unit

LARGEST_ANSWER_BYTES: Final = 1_000_000
_CHUNK_BYTES: Final = 65_536
_NOT_PUBLISHED: Final = 404


class SpotFeedFailed(RuntimeError):
    """The feed could not be reached or did not answer as feeds do; a later try may go better."""


class SpotPriceProvider(Protocol):
    """A source of market prices, with the name it is recorded under."""

    @property
    def source(self) -> str:
        """What is stored with each price."""

    def fetch(self, area: str, day: date) -> list[Slot]:
        """Return the prices of a market day; none at all while they are not published.

        Raises `SpotFeedFailed` and `WrongSpotPrices`.
        """


class JsonFeed:
    """A JSON file per area and day, at an address made from a template.

    The template's places are {yyyy}, {mm}, {dd}, {area}, {area_lower}, {currency}. There is one
    try per call: the schedule is what repeats.
    """

    def __init__(
        self,
        template: str,
        *,
        currency: str,
        zone: ZoneInfo,
        unit: Unit | None = None,
        timeout_s: int = 10,
    ) -> None:
        """Nothing is asked yet; `timeout_s` bounds the whole answer."""
        self._template = template
        self._currency = currency
        self._zone = zone
        self._unit = unit
        self._timeout_s = timeout_s

    @property
    def source(self) -> str:
        """The feed's host."""
        return urlsplit(self._template).hostname or self._template

    def fetch(self, area: str, day: date) -> list[Slot]:
        """Return the prices the feed has for a day; see `SpotPriceProvider`."""
        answer = self._download(self.address(area, day))
        if answer is None:
            return []
        slots = read_prices(answer, Wanted(area, self._currency, self._zone, self._unit))
        for slot in slots:
            if day_of(slot.starts_at, self._zone) != day:
                raise WrongSpotPrices(f"{slot.place}: the feed was asked for {day}")
        return slots

    def address(self, area: str, day: date) -> str:
        """Return where the prices of a day are."""
        return self._template.format(
            yyyy=f"{day:%Y}",
            mm=f"{day:%m}",
            dd=f"{day:%d}",
            area=area,
            area_lower=area.lower(),
            currency=self._currency,
        )

    def _download(self, address: str) -> bytes | None:
        """Return the answer, None where there is nothing yet."""
        headers = {"Accept": "application/json", "User-Agent": "Laddbok"}
        # The opener below has no handler for anything but HTTP.
        request = Request(address, headers=headers)  # noqa: S310
        until_ns = time.monotonic_ns() + self._timeout_s * 1_000_000_000
        try:
            with _opener().open(request, timeout=self._timeout_s) as response:
                return _read_within(response, until_ns, address)
        except HTTPError as error:
            if error.code == _NOT_PUBLISHED:
                return None
            raise SpotFeedFailed(f"{address} answered with {error.code}") from None
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise SpotFeedFailed(f"{address}: {reason or type(error).__name__}") from None


def _opener() -> OpenerDirector:
    """Make an opener that knows HTTP and nothing else (no file:, no ftp:)."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _read_within(response: http.client.HTTPResponse, until_ns: int, address: str) -> bytes:
    """Read an answer as it trickles in, up to a size and a time."""
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_CHUNK_BYTES):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER_BYTES:
            raise SpotFeedFailed(f"{address} answers with more than {LARGEST_ANSWER_BYTES} bytes")
        if time.monotonic_ns() > until_ns:
            raise SpotFeedFailed(f"{address} took too long")
    return b"".join(parts)
