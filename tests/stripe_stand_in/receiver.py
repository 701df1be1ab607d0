"""A webhook receiver for tests: keeps what it is sent and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import stripe

SECRET = "whsec_test"


class Receiver(ThreadingHTTPServer):
    """Answers 200, or the statuses in `answers` first."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.posts: list[tuple[bytes, str]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self.server_port}/webhooks/stripe/"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event received, in order."""
        return [orjson.loads(body) for body, _ in self.posts]

    @property
    def types(self) -> list[str]:
        """The types of every event received, in order."""
        return [event["type"] for event in self.events]

    def verify(self, secret: str = SECRET) -> list[stripe.Event]:
        """The events as the SDK reads them; raises for a bad signature."""
        return [stripe.Webhook.construct_event(body, sign, secret) for body, sign in self.posts]


class Handler(BaseHTTPRequestHandler):
    """Keeps a post and answers it."""

    server: Receiver

    def do_POST(self) -> None:
        """Keep the body and its signature."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.posts.append((body, self.headers["Stripe-Signature"]))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver on a free port, gone afterwards."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()
