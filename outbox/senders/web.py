"""POST to an address somebody typed: only where it may go, within a time, nothing followed."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _t

from outbox.senders.base import OutcomeUnknown, Refused, TryLater

CONNECT_TIMEOUT_S: Final = 5
# Connecting, sending and the whole answer.
WHOLE_TIMEOUT_S: Final = 15
LARGEST_ANSWER_BYTES: Final = 20_000
# Gateways between IPv6 and IPv4 (RFC 6052): where they lead is in the last 32 bits.
_NAT64: Final = ip_network("64:ff9b::/96")


class ForbiddenAddress(Refused):
    """A message may not be sent to this address."""


class Answer(NamedTuple):
    """What the receiver said."""

    status: int
    text: str


def check_address(url: str, *, private: bool = False) -> SplitResult:
    """Return the parts of an address messages may be posted to; raises `ForbiddenAddress`.

    It must be https and name a public host; with `private` http and the own network are allowed.
    Where the name leads is checked again when it is used.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ForbiddenAddress(_t("This is not an address.")) from None
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise ForbiddenAddress(_t("The address must begin with https://."))
    if not parts.hostname or port == 0:
        raise ForbiddenAddress(_t("The address names no host."))
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddress(_t("The address must not contain a user or a password."))
    if not all("!" <= sign <= "~" for sign in url):
        raise ForbiddenAddress(_t("The address contains blanks or signs outside of ASCII."))
    literal = _literal(parts.hostname)
    if literal is not None and not private and not is_public(literal):
        raise ForbiddenAddress(_t("The address is inside a private network."))
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> Answer:
    """POST and return the answer, whatever its status.

    Raises `ForbiddenAddress`, `TryLater` when nothing was sent, `OutcomeUnknown` afterwards. The
    host is looked up once and connected to by the address that was checked, so that a name cannot
    lead elsewhere in between. Redirects are not followed.
    """
    parts = check_address(url, private=private)
    connection = _connect(parts, private)
    # The socket's own time-out is for each read: a receiver could trickle for ever.
    alarm = threading.Timer(WHOLE_TIMEOUT_S, _cut, (connection.sock,))
    alarm.daemon = True
    alarm.start()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        response = connection.getresponse()
        text = response.read(LARGEST_ANSWER_BYTES).decode(errors="replace")
        return Answer(response.status, text)
    except (OSError, http.client.HTTPException) as error:
        raise OutcomeUnknown(f"no answer from {parts.hostname}: {_words(error)}") from None
    finally:
        alarm.cancel()
        connection.close()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is an address of the open internet, and no way around to one that is not."""
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address.teredo:
            return False
        if inside is None and address in _NAT64:
            inside = IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(inside)
    return address.is_global and not address.is_multicast


def _connect(parts: SplitResult, private: bool) -> http.client.HTTPConnection:
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _look_up(host, port, private)
    try:
        plain = socket.create_connection((address, port), CONNECT_TIMEOUT_S)
    except OSError as error:
        raise TryLater(f"{host} was not reached: {_words(error)}") from None
    if parts.scheme == "http":
        connection = http.client.HTTPConnection(host, port)
        connection.sock = plain
        return connection
    connection = http.client.HTTPSConnection(host, port)
    try:
        context = ssl.create_default_context()
        connection.sock = context.wrap_socket(plain, server_hostname=host)
    except OSError as error:
        plain.close()
        raise TryLater(f"{host} was not reached safely: {_words(error)}") from None
    return connection


def _look_up(host: str, port: int, private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TryLater(f"{host} was not found: {_words(error)}") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not private and not all(is_public(ip_address(address)) for address in addresses):
        raise ForbiddenAddress(f"{host} is inside a private network")
    return addresses[0]


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _cut(sock: socket.socket) -> None:
    # Closing alone would not wake whoever reads. It may be closed already.
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()[:200]
