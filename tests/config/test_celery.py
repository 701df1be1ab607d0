"""Celery's queues, and what a dead broker may cost a request."""

from __future__ import annotations

import socket
import time

import pytest
import redis
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from config.celery import BEAT_SCHEDULE, app
from config.env import with_path


def app_on(broker_url: str) -> Celery:
    other = Celery("other", set_as_current=False)
    other.config_from_object("django.conf:settings", namespace="CELERY")
    other.conf.broker_url = broker_url
    return other


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("outbox.tasks.any", "outbox"),
        ("anomalies.tasks.any", "telemetry"),
        ("billing.tasks.any", "billing"),
        ("tenants.tasks.any", "default"),
    ],
)
def test_a_task_waits_in_its_own_queue_and_no_other(task: str, queue: str) -> None:
    url = with_path(settings.REDIS_URL, "15")  # where no worker listens
    broker = redis.Redis.from_url(url)
    broker.flushdb()
    app_on(url).send_task(task)
    queues = [each.name for each in settings.CELERY_TASK_QUEUES]
    assert {name: broker.llen(name) for name in queues if broker.llen(name)} == {queue: 1}


def test_a_closed_broker_refuses_at_once() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = app_on(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
        began_at = time.monotonic()
        with pytest.raises(OperationalError):
            dead.send_task("outbox.tasks.any", retry=False)
        assert time.monotonic() - began_at < 1.0


def test_a_silent_broker_holds_a_request_for_two_seconds_at_most() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        dead = app_on(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began_at = time.monotonic()
        with pytest.raises(OperationalError):
            dead.send_task("outbox.tasks.any", retry=False)
        assert time.monotonic() - began_at < 3.0


def test_everything_in_the_schedule_is_a_task_we_have() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} <= set(app.tasks)
