"""Where messages may be posted to, and what the receivers get and answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from outbox.senders import SENDERS, OutcomeUnknown, Post, Refused, TryLater, web
from outbox.senders.web import ForbiddenAddress, check_address, post
from outbox.types import Channel


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it gets and answers with a status."""

    status: ClassVar[int] = 200
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        Receiver.got.append((dict(self.headers), self.rfile.read(length)))
        self.send_response(Receiver.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def receiver(settings: Settings) -> Iterator[str]:
    """The address of a server on loopback, where webhooks may go to now."""
    settings.WEBHOOKS_MAY_BE_PRIVATE = True
    Receiver.status, Receiver.got = 200, []
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook?x=1"
        server.shutdown()
        thread.join()


def a_post(where: str, **more: Any) -> Post:
    return Post(ref="r-1", recipient=where, text="Hej", subject="S", **more)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://user:pass@example.com/",
        "https://example.com/a b",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://0.0.0.0/",
        "https://example.com:99999/",
        "https://[broken/",
    ],
)
def test_addresses_that_lead_inside_are_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/services/T0/B0/x",
        "https://8.8.8.8:8443/",
        "https://[2606:4700::1]/",
    ],
)
def test_addresses_of_the_open_internet_are_taken(url: str) -> None:
    assert check_address(url).scheme == "https"


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.8", "::1", "169.254.169.254"])
def test_a_name_that_leads_inside_is_refused_when_it_is_used(
    monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    def look_up(*_args: Any, **_more: Any) -> list[Any]:
        return [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (inside, 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(ForbiddenAddress, match="private network"):
        post("https://rebound.example/", b"", {})


def test_a_webhook_gets_our_json_with_a_key_that_stays_the_same(receiver: str) -> None:
    SENDERS[Channel.HOOK].send(a_post(receiver, payload={"event": "incident.opened"}))
    headers, body = Receiver.got[0]
    assert headers["Idempotency-Key"] == "r-1"
    assert json.loads(body) == {
        "id": "r-1",
        "subject": "S",
        "text": "Hej",
        "event": "incident.opened",
    }


def test_a_chat_gets_text(receiver: str) -> None:
    SENDERS[Channel.CHAT].send(a_post(receiver))
    assert json.loads(Receiver.got[0][1]) == {"text": "Hej"}


@pytest.mark.parametrize(
    ("status", "expected"), [(302, Refused), (404, Refused), (429, TryLater), (503, TryLater)]
)
def test_an_answer_says_whether_to_try_again(
    receiver: str, status: int, expected: type[Exception]
) -> None:
    Receiver.status = status
    with pytest.raises(expected, match=str(status)):
        SENDERS[Channel.HOOK].send(a_post(receiver))
    assert len(Receiver.got) == 1


def test_nobody_there_is_for_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TryLater, match="was not reached"):
        post(f"http://127.0.0.1:{port}/", b"", {}, private=True)


def test_a_receiver_that_never_answers_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "WHOLE_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OutcomeUnknown):
        post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {}, private=True)


def test_an_sms_goes_to_the_gateway_in_its_own_words(receiver: str, settings: Settings) -> None:
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_SECRET = receiver, "geheim"
    SENDERS[Channel.SMS].send(a_post("+46700000000"))
    headers, body = Receiver.got[0]
    assert headers["Authorization"] == "Bearer geheim"
    assert body == b"from=Laddbok&to=%2B46700000000&message=Hej"


def test_without_a_gateway_the_reason_is_said() -> None:
    with pytest.raises(TryLater, match="SMS_GATEWAY_URL"):
        SENDERS[Channel.SMS].send(a_post("+46700000000"))
