"""How many random examples tests draw (HYPOTHESIS_PROFILE); what no test leaves to the next."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings

# An everyday run leaves the number to each test; rating draws 25 (tests.billing.rating_cases).
settings.register_profile("everyday", settings.default)
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


def pytest_runtest_teardown() -> None:
    """The language that a request chose is forgotten with its test."""
    translation.deactivate()


FLUSHES: Final = 10
_flush = TransactionTestCase._fixture_teardown


def patiently(flush: Callable[[], None]) -> None:
    """Empty the database although a server may still be ending a transaction.

    The two can wait for each other's tables; PostgreSQL then refuses one, and the next try meets
    a transaction that has ended. A database left full would fail every test that follows.
    """
    for attempt in range(1, FLUSHES + 1):
        try:
            return flush()
        except CommandError as error:
            if attempt == FLUSHES or not isinstance(error.__cause__, OperationalError):
                raise
    return None


def flush_patiently(test: TransactionTestCase) -> None:
    """What Django does after each test that commits."""
    patiently(lambda: _flush(test))


TransactionTestCase._fixture_teardown = flush_patiently  # type: ignore[method-assign]
