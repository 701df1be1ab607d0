"""How often the public may do what costs us or others something; counted for all processes."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from chargepoints.visit import visit_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within so many seconds, counted from the first."""

    name: str
    most: int
    within_s: int


# One household, one workplace or one phone network may share an address.
LINKS_TO_AN_ADDRESS: Final = Limit("link-to", 3, 900)
LINKS_FROM_A_VISITOR: Final = Limit("link-from", 20, 3600)
PAGES_OF_A_VISITOR: Final = Limit("pay-from", 30, 600)
PAGES_OF_A_CONNECTOR: Final = Limit("pay-at", 20, 600)
PORTAL_OF_A_DRIVER: Final = Limit("portal", 20, 3600)


def may_go_on(limit: Limit, whom: str) -> bool:
    """Count one more; False when it is too many. While Redis is away everybody may."""
    key = f"limit:{limit.name}:{hashlib.sha256(whom.encode()).hexdigest()}"
    try:
        cache.add(key, 0, timeout=limit.within_s)
        return cache.incr(key) <= limit.most
    except ValueError:
        # It ended between the two.
        return True
    except (RedisError, OSError) as error:
        log.warning("Redis away: %s is not limited: %r", limit.name, error)
        return True


def visitor_address(request: HttpRequest) -> str:
    """Where a request comes from; a proxy's word counts only from the proxies of the settings."""
    peer = (request.META.get("REMOTE_ADDR", ""), 0)
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    headers = [(b"x-forwarded-for", forwarded.encode("latin-1", "replace"))] if forwarded else []
    scope = {"client": peer, "headers": headers}
    return visit_of(scope, settings.OCPP_TRUSTED_PROXIES).address
