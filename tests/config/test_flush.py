"""Emptying the database between tests survives a transaction that is still under way."""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import TransactionTestCase

from tests import conftest


def failing_with(errors: list[Exception]) -> object:
    def flush(test: TransactionTestCase) -> None:
        if errors:
            raise CommandError("could not be flushed") from errors.pop()

    return flush


def test_a_deadlock_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[Exception] = [OperationalError("deadlock detected")] * 3
    monkeypatch.setattr(conftest, "_flush", failing_with(errors))
    conftest.flush_patiently(TransactionTestCase())
    assert errors == []


@pytest.mark.parametrize("error", [OperationalError("no such server"), ValueError("a bug")])
def test_anything_that_stays_is_told(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(conftest, "_flush", failing_with([error] * 99))
    with pytest.raises(CommandError):
        conftest.flush_patiently(TransactionTestCase())
