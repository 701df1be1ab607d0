"""Feeds for tests: days of prices in every shape they come in, and a server that has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
QUARTER = timedelta(minutes=15)

# Local midnight in UTC and the number of quarter-hours, looked up in a calendar.
SPRING_DAY = (datetime(2026, 3, 28, 23, tzinfo=UTC), 92)
PLAIN_DAY = (datetime(2026, 6, 1, 22, tzinfo=UTC), 96)
AUTUMN_DAY = (datetime(2026, 10, 24, 22, tzinfo=UTC), 100)


def some_prices(count: int, first: int = 0) -> list[str]:
    """Different ones, some negative: 0.00001, -0.00001 and so on would be too alike."""
    return [str(Decimal((number * 7919) % 3000 - 500) / 1000) for number in range(first, count)]


def as_list(start_at: datetime, prices: list[str | None], *, step: timedelta = QUARTER) -> bytes:
    """The shape with a time and a price in each entry; numbers stand there as numbers."""
    entries = []
    for number, price in enumerate(prices):
        at = (start_at + number * step).astimezone(STOCKHOLM)
        end = (start_at + (number + 1) * step).astimezone(STOCKHOLM)
        entries.append(
            f'{{"SEK_per_kWh": {price or "null"}, "EUR_per_kWh": 0.01, "EXR": 11.2,'
            f' "time_start": "{at.isoformat()}", "time_end": "{end.isoformat()}"}}'
        )
    return f"[{', '.join(entries)}]".encode()


def as_compact(start_at: datetime, prices: list[str | None], unit: str = "SEK/kWh") -> bytes:
    """The shape with one start, seconds per slot, a unit and the prices."""
    numbers = ", ".join(price or "null" for price in prices)
    local = json.dumps(start_at.astimezone(STOCKHOLM).isoformat())
    return f'{{"t0": {local}, "s": 900, "u": {json.dumps(unit)}, "p": [{numbers}]}}'.encode()


def as_csv(start_at: datetime, prices: list[str | None], head: str = "time_start;price") -> bytes:
    """A table as a spreadsheet writes it in Swedish: semicolons and decimal commas."""
    lines = [head]
    for number, price in enumerate(prices):
        at = (start_at + number * QUARTER).astimezone(STOCKHOLM)
        lines.append(f"{at.isoformat()};{(price or '').replace('.', ',')}")
    return "\r\n".join(lines).encode("utf-8-sig")


Answer = Callable[[BaseHTTPRequestHandler], None]


def answer_with(body: bytes, status: int = 200) -> Answer:
    """Answer every question alike."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@contextmanager
def a_feed(answers: dict[str, Answer]) -> Iterator[str]:
    """A web server on loopback that answers by path, 404 to all others; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.get(self.path, answer_with(b"", 404))(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
