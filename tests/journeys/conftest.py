"""Web server, worker and Stripe's stand-in, once for all journeys; an empty database for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from config.devstack.programs import WEBHOOK_PATH
from config.devstack.rented import WebProcess, WorkerProcess
from tests.conftest import patiently
from tests.journeys.stage import (
    Operator,
    Platform,
    Prices,
    eventually,
)
from tests.stripe_stand_in.conformance import checked_stand_in

SETTLE_S = "1"
# Begun first, so that beside it there is time for the others.
LONGEST = "test_real_sessions.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last, since web server and worker run with settings of theirs from then on.

    The mark makes the test database; what a test itself writes is undone, and seen by no process.
    """
    for item in items:
        if _is_journey(item):
            item.add_marker(pytest.mark.django_db)
    items.sort(key=lambda item: (_is_journey(item), item.path.name != LONGEST))


def _is_journey(item: pytest.Item) -> bool:
    return "stage" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def platform(web: WebProcess, worker: WorkerProcess) -> Iterator[Platform]:
    """Everything running, whatever ran before with other settings."""
    webhook = f"{web.url}{WEBHOOK_PATH}"
    secret = settings.STRIPE_WEBHOOK_SECRETS[0]
    with checked_stand_in(webhook_url=webhook, webhook_secret=secret) as stripe:
        yield Platform(web, worker, stripe)
        worker.stop()
        web.stop()


@pytest.fixture(scope="module")
def stage(platform: Platform, django_db_blocker: DjangoDbBlocker) -> Iterator[Platform]:
    """The platform with an empty database, whose rows all tests of a module see."""
    environment = {"STRIPE_API_BASE": platform.stripe.url, "SESSION_SETTLE_S": SETTLE_S}
    with django_db_blocker.unblock():
        try:
            for process in (platform.web, platform.worker):
                process.start(environment)
            yield platform
            eventually(platform.is_at_rest)
        finally:
            patiently(
                lambda: call_command(
                    "flush", verbosity=0, interactive=False, inhibit_post_migrate=True
                )
            )


@pytest.fixture(scope="module")
def volt(stage: Platform) -> Iterator[Operator]:
    """An operator with three prices."""
    operator = Operator(stage, "volt", Prices())
    with operator.api:
        yield operator


@pytest.fixture(scope="module")
def ampere(stage: Platform) -> Iterator[Operator]:
    """Another one, that asks for energy only."""
    operator = Operator(stage, "ampere", Prices("3.90", "0", "0"))
    with operator.api:
        yield operator
