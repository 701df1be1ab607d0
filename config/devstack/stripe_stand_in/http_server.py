"""The loopback HTTP server: one thread per connection, none left when it stops."""

import logging
import socket
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from config.devstack.stripe_stand_in.api import Api, Reply, Request
from config.devstack.stripe_stand_in.control import Control
from config.devstack.stripe_stand_in.pages import Page, Pages

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
CONTROL_PREFIX = "/_stand_in/"
PAGES_PREFIX = "/_pages/"


class Handler(BaseHTTPRequestHandler):
    """Reads requests off one connection and writes replies to it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "LoopbackServer"

    def do_GET(self) -> None:
        """Answer one request; a reply of None drops the connection."""
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        reply = self.server.route(self.command, path, query, body, dict(self.headers.items()))
        if reply is None:
            self.close_connection = True
            break_off(self.connection)
            return
        self.write_reply(reply)

    do_POST = do_GET  # noqa: N815 (the name http.server looks for)
    do_DELETE = do_GET  # noqa: N815 (the name http.server looks for)

    def write_reply(self, reply: Reply | Page) -> None:
        """Send head and body in one piece, which keeps a call under a millisecond."""
        payload = reply.encode()
        headers = {
            "Content-Type": reply.content_type,
            "Content-Length": str(len(payload)),
            **reply.headers,
        }
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        """Say nothing: the stand-in keeps its own record of requests."""


class LoopbackServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only; `stop` closes every connection and waits for every thread."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, port: int, api: Api, control: Control | None) -> None:
        super().__init__((HOST, port), Handler)
        self.api = api
        self.control = control
        self.pages = Pages(api.world)
        self.open: set[socket.socket] = set()
        self.open_lock = threading.Lock()
        self.crashes: list[BaseException] = []
        self.stopping = False
        self.thread = threading.Thread(target=self.accept, name="stripe-stand-in")

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://{HOST}:{self.server_port}"

    def route(
        self, method: str, path: str, query: str, body: str, headers: dict[str, str]
    ) -> Reply | Page | None:
        """The reply to a request: a page's, the control path's or the API's."""
        if path.startswith(PAGES_PREFIX):
            return self.pages.answer(method, path.removeprefix(PAGES_PREFIX), body)
        if path.startswith(CONTROL_PREFIX):
            name = path.removeprefix(CONTROL_PREFIX)
            if self.control is None:
                return Reply(404, {"error": {"message": "The control path is not open."}})
            return self.control.answer(method, name, query, body)
        lower = {name.lower(): value for name, value in headers.items()}
        encoded = body if method == "POST" else query
        return self.api.answer(Request(method, path, encoded, lower))

    def start(self) -> None:
        """Begin to listen."""
        self.thread.start()

    def accept(self) -> None:
        """Take connections until told to stop, asleep in between."""
        while not self.stopping:
            self.handle_request()

    def stop(self) -> None:
        """Stop listening, close every connection, wait for every thread."""
        self.stopping = True
        socket.create_connection((HOST, self.server_port)).close()
        self.thread.join()
        with self.open_lock:
            for connection in self.open:
                break_off(connection)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection and remember it as open."""
        connection, address = super().get_request()
        with self.open_lock:
            self.open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that is done with, then close it."""
        with self.open_lock:
            self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up are no news; anything else is a fault of the stand-in itself."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.crashes.append(error)
            logger.error("The Stripe stand-in itself failed", exc_info=error)


def break_off(connection: socket.socket) -> None:
    """Close both directions at once; the other side may have done so already."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
