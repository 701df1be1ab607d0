"""The servers and processes that tests rent are real ones."""

from __future__ import annotations

from http import HTTPStatus

import httpx
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from config.devstack.programs import worker_answers
from config.devstack.rented import WebProcess, WorkerProcess


@pytest.mark.django_db
def test_the_database_is_postgresql_15_or_newer() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 150_000


def test_the_broker_is_redis_or_valkey() -> None:
    info = redis.Redis.from_url(settings.REDIS_URL).info("server")
    assert int(info["redis_version"].split(".")[0]) >= 7


@pytest.mark.django_db(transaction=True)
def test_a_worker_can_be_killed_and_started_again(worker: WorkerProcess) -> None:
    worker.start()
    worker.kill()
    assert not worker_answers(worker.name)
    worker.start()
    assert worker_answers(worker.name)


@pytest.mark.django_db(transaction=True)
def test_the_web_server_works_on_the_test_database(web: WebProcess) -> None:
    web.start()
    assert httpx.get(f"{web.url}/readyz").json() == {"status": "ok", "down": []}
    assert str(connection.settings_dict["NAME"]).startswith("test_")


@pytest.mark.django_db(transaction=True)
def test_a_websocket_nobody_serves_is_refused(web: WebProcess) -> None:
    web.start()
    with pytest.raises(InvalidStatus) as refusal, connect(f"{web.websocket_url}/nothing/here"):
        pass
    assert refusal.value.response.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.django_db
def test_readiness_names_what_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["down"]) == (503, ["broker"])


def test_liveness_needs_no_server(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
