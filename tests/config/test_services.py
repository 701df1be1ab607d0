"""The servers and processes that tests rent are real ones."""

from __future__ import annotations

import os

import pytest
import redis
from django.conf import settings
from django.db import connection

from config.devstack.rented import WebProcess, WorkerProcess


@pytest.mark.django_db
def test_the_database_is_postgresql_15_or_newer() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 150_000


def test_the_broker_is_redis_or_valkey() -> None:
    info = redis.Redis.from_url(settings.REDIS_URL).info("server")
    assert info["redis_version"] >= "7"
