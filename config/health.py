"""Health of this process and of the servers it needs, for probes."""

from __future__ import annotations

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

log = logging.getLogger(__name__)


def report_alive(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


def report_ready(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer, 503 with the names of those that do not."""
    checks = {"database": database_answers(), "broker": broker_answers()}
    down = sorted(name for name, fine in checks.items() if not fine)
    body = {"status": "down" if down else "ok", "down": down}
    return JsonResponse(body, status=503 if down else 200)


def database_answers() -> bool:
    """Whether PostgreSQL answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.warning("database does not answer", exc_info=True)
        return False
    return True


def broker_answers() -> bool:
    """Whether Redis answers within a second."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0
    )
    try:
        client.ping()
    except redis.RedisError:
        log.warning("broker does not answer", exc_info=True)
        return False
    finally:
        client.close()
    return True
