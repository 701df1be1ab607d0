"""Typed readers of environment variables; a wrong value stops the start and names the variable."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


class _Required(Enum):
    REQUIRED = "required"


REQUIRED = _Required.REQUIRED

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
POSTGRESQL_SCHEMES = frozenset({"postgresql", "postgres"})
REDIS_SCHEMES = frozenset({"redis", "rediss"})
WEB_SCHEMES = frozenset({"https", "http"})


class WrongSetting(ImproperlyConfigured):
    """An environment variable is missing or cannot be understood."""


def text(name: str, default: str | _Required = REQUIRED) -> str:
    """The variable as it is; an empty one counts as not set."""
    return _read(name, str, default, os.environ.get(name, ""))


def flag(name: str, default: bool | _Required = REQUIRED) -> bool:
    """Yes or no, in the words 1/true/yes/on and 0/false/no/off."""
    return _read(name, _parse_flag, default, os.environ.get(name, ""))


def whole(
    name: str, default: int | _Required = REQUIRED, *, at_least: int = 0, at_most: int | None = None
) -> int:
    """A whole number inside its bounds (both included)."""

    def parse(raw: str) -> int:
        number = int(raw)
        if number < at_least or (at_most is not None and number > at_most):
            upper = "" if at_most is None else f" and at most {at_most}"
            raise ValueError(f"must be at least {at_least}{upper}")
        return number

    return _read(name, parse, default, os.environ.get(name, ""))


def words(name: str, default: list[str] | _Required = REQUIRED) -> list[str]:
    """A list separated by commas; blanks around the words are dropped."""
    return _read(name, split_words, default, os.environ.get(name, ""))


def networks(
    name: str, default: list[IPv4Network | IPv6Network] | _Required = REQUIRED
) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks separated by commas: 10.0.0.7, 192.168.0.0/16, fd00::/8."""
    return _read(
        name,
        lambda raw: [ip_network(w) for w in split_words(raw)],
        default,
        os.environ.get(name, ""),
    )


def secret(name: str, default: str | _Required = REQUIRED, *, at_least: int = 1) -> str:
    """A secret from NAME, or from the file that NAME_FILE points at (as container secrets do).

    Raises `WrongSetting` when both are set, when the file cannot be read, or when the value has
    fewer than `at_least` characters; the message never repeats the value.
    """

    def parse(raw: str) -> str:
        if len(raw) < at_least:
            raise ValueError(f"must have at least {at_least} characters")
        return raw

    return _read(name, parse, default, _secret_text(name), show=False)


def secrets(name: str, *, at_least: int = 1) -> list[str]:
    """Several secrets separated by commas, the one to use first; like `secret` otherwise."""

    def parse(raw: str) -> list[str]:
        found = split_words(raw)
        if not found or min(map(len, found)) < at_least:
            raise ValueError(f"each must have at least {at_least} characters")
        return found

    return _read(name, parse, REQUIRED, _secret_text(name), show=False)


def database(name: str, *, engine: str) -> dict[str, Any]:
    """Django's database settings from a URL `postgresql://user:password@host:port/name?option=x`.

    `?host=/folder` names a Unix socket; other options go to libpq as they are.
    """
    raw = _secret_text(name)
    return _read(name, lambda url: _parse_database(url, engine), REQUIRED, raw, show=False)


def redis_url(name: str) -> str:
    """A checked `redis://` or `rediss://` URL."""
    return _read(name, _parse_redis, REQUIRED, _secret_text(name), show=False)


def web_template(name: str, default: str, *, places: Sequence[str]) -> str:
    """An http(s) address with places to fill in: https://prices.example/{yyyy}/{area}.json."""

    def parse(raw: str) -> str:
        try:
            parts = urlsplit(raw.format(**dict.fromkeys(places, "1")))
        except (KeyError, IndexError, AttributeError):
            allowed = ", ".join(f"{{{place}}}" for place in places)
            raise ValueError(f"its places may be {allowed}") from None
        if parts.scheme not in WEB_SCHEMES or not parts.hostname:
            raise ValueError("must start with https:// or http:// and name a host")
        return raw

    return _read(name, parse, default, os.environ.get(name, ""))


def zone_name(name: str, default: str) -> str:
    """The name of a time zone that exists."""

    def parse(raw: str) -> str:
        try:
            return ZoneInfo(raw).key
        except ZoneInfoNotFoundError:
            raise ValueError("there is no such time zone") from None

    return _read(name, parse, default, os.environ.get(name, ""))


def split_words(raw: str) -> list[str]:
    """`"a, b,"` becomes `["a", "b"]`."""
    return [word.strip() for word in raw.split(",") if word.strip()]


def with_path(url: str, path: str) -> str:
    """The same URL with another path: another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def _read(
    name: str, parse: Callable[[str], T], default: T | _Required, raw: str, *, show: bool = True
) -> T:
    if raw == "":
        if isinstance(default, _Required):
            raise WrongSetting(f"{name} is not set")
        return default
    try:
        return parse(raw)
    except ValueError as error:
        shown = f"{name}={raw!r}" if show else name
        raise WrongSetting(f"{shown} is wrong: {error}") from None


def _secret_text(name: str) -> str:
    raw = os.environ.get(name, "")
    file_name = os.environ.get(f"{name}_FILE", "")
    if not file_name:
        return raw
    if raw:
        raise WrongSetting(f"{name} and {name}_FILE are both set")
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"{name}_FILE={file_name!r} cannot be read: {error}") from None


def _parse_flag(raw: str) -> bool:
    word = raw.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("must be one of 1, true, yes, on, 0, false, no, off")


def _parse_database(url: str, engine: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in POSTGRESQL_SCHEMES:
        raise ValueError("must start with postgresql://")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ValueError("must end with /<database name>")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": engine,
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or (parts.hostname or ""),
        "PORT": _port(parts),
        "OPTIONS": options,
    }


def _parse_redis(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in REDIS_SCHEMES:
        raise ValueError("must start with redis:// or rediss://")
    if not parts.hostname:
        raise ValueError("must name a host")
    _port(parts)
    return url


def _port(parts: SplitResult) -> str:
    # `SplitResult.port` raises ValueError for a port that is not a number below 65536.
    return "" if parts.port is None else str(parts.port)
