"""How often the public may do something, and where a visitor comes from."""

from __future__ import annotations

from ipaddress import ip_network
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisAway

from drivers.limits import Limit, may_go_on, visitor_address


def test_so_many_and_no_more_for_each() -> None:
    limit = Limit(f"test-{uuid4()}", 2, 60)
    assert [may_go_on(limit, "a") for _n in range(3)] == [True, True, False]
    assert may_go_on(limit, "b")


def test_without_redis_everybody_may(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_away(*_given: object, **_more: object) -> None:
        raise RedisAway

    monkeypatch.setattr(cache, "add", is_away)
    assert may_go_on(Limit("test", 0, 60), "a")


@pytest.mark.parametrize(("proxies", "address"), [([], "10.0.0.1"), (["10.0.0.0/8"], "192.0.2.7")])
def test_a_forwarded_address_counts_from_our_proxy_only(
    settings: Settings, proxies: list[str], address: str
) -> None:
    settings.OCPP_TRUSTED_PROXIES = [ip_network(one) for one in proxies]
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.7"
    )
    assert visitor_address(request) == address
