"""Whatever happens to an invoice on its way, in whatever order: one document, one charge."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.services import stripe_commands
from config.devstack.stripe_stand_in import StandIn
from tests.billing.invoicing_life import (
    HARD_LIVES,
    STEPS_OF_LIFE,
    WRONG_WAYS,
    Claim,
    live,
    live_hard,
)

pytestmark = pytest.mark.usefixtures("tariff")


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.sampled_from(STEPS_OF_LIFE), min_size=4, max_size=14))
def test_every_invoice_is_collected_once(
    steps: list[str], volt: object, stand_in: StandIn, clock: time_machine.Traveller
) -> None:
    live(steps, stand_in, clock)


@pytest.mark.parametrize("steps", HARD_LIVES)
def test_the_right_way_survives_what_the_wrong_ones_do_not(
    steps: tuple[str, ...], stand_in: StandIn, clock: time_machine.Traveller
) -> None:
    live(steps, stand_in, clock)


@pytest.mark.parametrize("wrong", WRONG_WAYS, ids=lambda way: way.__name__)
def test_every_wrong_way_is_found_out(
    wrong: Callable[[Claim], None],
    stand_in: StandIn,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stripe_commands, "carry_out", wrong)
    with pytest.raises(AssertionError):
        live_hard(stand_in, clock)
