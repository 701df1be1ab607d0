"""Two operators with one of everything each."""

from __future__ import annotations

import pytest

from tests.operators import Operator


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt").goes_wrong()


@pytest.fixture
def ampere(db: None) -> Operator:
    return Operator("ampere").goes_wrong()
