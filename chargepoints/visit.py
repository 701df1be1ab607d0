"""From where and how somebody comes to the door; a proxy's word counts only from the proxy."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from urllib.parse import unquote_to_bytes

from chargepoints.types import PLAIN, TLS, TLS_WITH_CERTIFICATE, Visit

Networks = Sequence[IPv4Network | IPv6Network]

SECURE_SCHEMES = frozenset({"https", "wss"})
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")

FORWARDED_FOR = b"x-forwarded-for"
FORWARDED_PROTO = b"x-forwarded-proto"
CLIENT_VERIFY = b"x-client-verify"
CLIENT_CERTIFICATE = b"x-client-certificate"
CLIENT_SHA256 = b"x-client-certificate-sha256"


def visit_of(scope: Mapping[str, Any], proxies: Networks) -> Visit:
    """What is known of an opening request before anybody has signed in.

    Headers about address, TLS and client certificate are believed only when the request comes from
    one of the `proxies` itself, and only when each stands there once.
    """
    peer = (scope.get("client") or ("",))[0]
    if not _is_in(peer, proxies):
        return Visit(peer, TLS if scope.get("scheme") == "wss" else PLAIN)
    headers = scope["headers"]
    address = _first_outside(_all(headers, FORWARDED_FOR), proxies) or peer
    if _only(headers, FORWARDED_PROTO).lower() not in SECURE_SCHEMES:
        return Visit(address, PLAIN)
    fingerprint = _fingerprint(headers)
    if _only(headers, CLIENT_VERIFY) != "SUCCESS" or not fingerprint:
        return Visit(address, TLS)
    return Visit(address, TLS_WITH_CERTIFICATE, fingerprint)


def _fingerprint(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """SHA-256 of the certificate: of its PEM, or as the proxy says it (colons are dropped)."""
    pem = _PEM.search(unquote_to_bytes(_only(headers, CLIENT_CERTIFICATE)))
    if pem is not None:
        try:
            der = base64.b64decode(b"".join(pem[1].split()), validate=True)
        except binascii.Error:
            return ""
        return hashlib.sha256(der).hexdigest()
    said = _only(headers, CLIENT_SHA256).replace(":", "").lower()
    return said if _SHA256.fullmatch(said) else ""


def _all(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for name, value in headers if name.lower() == wanted]


def _only(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    values = _all(headers, wanted)
    return values[0] if len(values) == 1 else ""


def _first_outside(forwarded: Sequence[str], proxies: Networks) -> str:
    """The last address that none of our proxies has: what stands before it anybody may write."""
    for address in reversed([word.strip() for line in forwarded for word in line.split(",")]):
        if not _is_in(address, proxies):
            return address if _is_address(address) else ""
    return ""


def _is_in(address: str, networks: Networks) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
