"""Stripe's stand-in for the drivers' pages, as billing's tests have it."""

from tests.billing.conftest import _no_bell, stand_in

__all__ = ["_no_bell", "stand_in"]
